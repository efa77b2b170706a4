/* Evaluating conditions: three-valued where an attribute is missing, never failing. */
#include "emulators/dynamodb/condition.h"

#include <stdio.h>
#include <string.h>

#include "emulators/dynamodb/base64.h"

/* An operand's value. */
struct resolved {
    const cJSON *value; /* NULL: missing */
    cJSON *made;        /* what size() gave; to be deleted */
    bool is_unsized;    /* size() of what has none: every comparison is false */
};

static bool measure(const cJSON *value, size_t *size)
{
    const cJSON *payload = ddb_value_payload(value);
    switch (ddb_value_type(value)) {
    case DDB_TYPE_S:
        *size = strlen(payload->valuestring); /* bytes; AWS does not say what it counts */
        return true;
    case DDB_TYPE_B:
        *size = ddb_base64_decoded_bytes(payload->valuestring);
        return true;
    case DDB_TYPE_SS:
    case DDB_TYPE_NS:
    case DDB_TYPE_BS:
    case DDB_TYPE_L:
    case DDB_TYPE_M:
        *size = (size_t)cJSON_GetArraySize(payload);
        return true;
    case DDB_TYPE_N:
    case DDB_TYPE_BOOL:
    case DDB_TYPE_NULL:
    case DDB_TYPE_COUNT:
        break;
    }
    return false;
}

static const cJSON *plain_value(const struct ddb_binding *binding,
                                const struct ddb_operand *operand, const cJSON *item)
{
    return operand->kind == DDB_OPERAND_VALUE ? binding->values[operand->value_slot]
                                              : ddb_path_find(&operand->path, binding->names, item);
}

static struct resolved resolve(const struct ddb_binding *binding, const struct ddb_operand *operand,
                               const cJSON *item)
{
    struct resolved resolved = {0};
    if (operand->kind != DDB_OPERAND_SIZE) {
        resolved.value = plain_value(binding, operand, item);
        return resolved;
    }
    const cJSON *measured = plain_value(binding, operand->left, item);
    size_t size = 0;
    char text[24];
    if (measured == NULL)
        return resolved;
    if (!measure(measured, &size)) {
        resolved.is_unsized = true;
        return resolved;
    }
    snprintf(text, sizeof text, "%zu", size);
    resolved.made = ddb_value_of_text(DDB_TYPE_N, text);
    resolved.value = resolved.made;
    return resolved;
}

static bool are_ordered(const cJSON *a, const cJSON *b)
{
    return a != NULL && b != NULL && ddb_value_type(a) == ddb_value_type(b) &&
           ddb_type_is_ordered(ddb_value_type(a));
}

static bool compares(enum ddb_condition_kind kind, const cJSON *a, const cJSON *b)
{
    bool is_equal = a != NULL && b != NULL && ddb_value_equal(a, b);
    if (kind == DDB_CONDITION_EQ)
        return is_equal;
    if (kind == DDB_CONDITION_NE)
        return !is_equal; /* two missing operands differ, too */
    if (!are_ordered(a, b))
        return false;
    int order = ddb_value_compare(a, b);
    if (order == 0)
        return kind == DDB_CONDITION_LE || kind == DDB_CONDITION_GE;
    return (order < 0) == (kind == DDB_CONDITION_LT || kind == DDB_CONDITION_LE);
}

static bool begins_with(const cJSON *value, const cJSON *prefix)
{
    if (!are_ordered(value, prefix))
        return false;
    const char *text = ddb_value_text(value);
    const char *wanted = ddb_value_text(prefix);
    if (ddb_value_type(value) == DDB_TYPE_S)
        return strncmp(text, wanted, strlen(wanted)) == 0;
    return ddb_value_type(value) == DDB_TYPE_B && ddb_base64_begins_with(text, wanted);
}

static bool set_contains(const cJSON *set, enum ddb_type element_type, const cJSON *wanted)
{
    if (ddb_value_type(wanted) != element_type)
        return false;
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, ddb_value_payload(set))
    {
        if (strcmp(member->valuestring, ddb_value_text(wanted)) == 0)
            return true;
    }
    return false;
}

static bool list_contains(const cJSON *list, const cJSON *wanted)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, ddb_value_payload(list))
    {
        if (ddb_value_equal(element, wanted))
            return true;
    }
    return false;
}

static bool contains(const cJSON *value, const cJSON *wanted)
{
    if (value == NULL || wanted == NULL)
        return false;
    enum ddb_type type = ddb_value_type(value);
    bool is_same = type == ddb_value_type(wanted);
    switch (type) {
    case DDB_TYPE_S:
        return is_same && strstr(ddb_value_text(value), ddb_value_text(wanted)) != NULL;
    case DDB_TYPE_B:
        return is_same && ddb_base64_contains(ddb_value_text(value), ddb_value_text(wanted));
    case DDB_TYPE_SS:
        return set_contains(value, DDB_TYPE_S, wanted);
    case DDB_TYPE_NS:
        return set_contains(value, DDB_TYPE_N, wanted);
    case DDB_TYPE_BS:
        return set_contains(value, DDB_TYPE_B, wanted);
    case DDB_TYPE_L:
        return list_contains(value, wanted);
    case DDB_TYPE_N:
    case DDB_TYPE_M:
    case DDB_TYPE_BOOL:
    case DDB_TYPE_NULL:
    case DDB_TYPE_COUNT:
        break;
    }
    return false;
}

/* A leaf with two operands. */
static bool pair_holds(enum ddb_condition_kind kind, const cJSON *a, const cJSON *b)
{
    if (kind == DDB_CONDITION_TYPE)
        return a != NULL && strcmp(ddb_type_name(ddb_value_type(a)), ddb_value_text(b)) == 0;
    if (kind == DDB_CONDITION_BEGINS_WITH)
        return begins_with(a, b);
    if (kind == DDB_CONDITION_CONTAINS)
        return contains(a, b);
    return compares(kind, a, b);
}

static bool leaf_holds(const struct ddb_binding *binding, const struct ddb_condition *condition,
                       const cJSON *item)
{
    struct resolved first = resolve(binding, condition->operands[0], item);
    bool holds = condition->kind == DDB_CONDITION_BETWEEN;
    for (size_t i = 1; i < condition->operand_count; i++) {
        struct resolved other = resolve(binding, condition->operands[i], item);
        enum ddb_condition_kind kind = condition->kind;
        if (kind == DDB_CONDITION_BETWEEN)
            kind = i == 1 ? DDB_CONDITION_GE : DDB_CONDITION_LE;
        if (kind == DDB_CONDITION_IN)
            kind = DDB_CONDITION_EQ;
        bool is_pair =
            !first.is_unsized && !other.is_unsized && pair_holds(kind, first.value, other.value);
        holds = condition->kind == DDB_CONDITION_BETWEEN ? holds && is_pair : holds || is_pair;
        cJSON_Delete(other.made);
    }
    if (condition->operand_count == 1)
        holds = (first.value != NULL) == (condition->kind == DDB_CONDITION_EXISTS);
    cJSON_Delete(first.made);
    return holds;
}

/* Depth is what the parser allowed. */
static bool holds(const struct ddb_binding *binding, const struct ddb_condition *condition,
                  const cJSON *item)
{
    if (condition->child_count == 0)
        return leaf_holds(binding, condition, item);
    if (condition->kind == DDB_CONDITION_NOT)
        return !holds(binding, condition->children[0], item);
    bool is_or = condition->kind == DDB_CONDITION_OR;
    for (size_t i = 0; i < condition->child_count; i++) /* the first that decides */
        if (holds(binding, condition->children[i], item) == is_or)
            return is_or;
    return !is_or;
}

bool ddb_condition_holds(const struct ddb_binding *binding, const cJSON *item)
{
    return binding == NULL || holds(binding, binding->expression->condition, item);
}
