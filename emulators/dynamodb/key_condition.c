/* Key conditions: a chain of ANDs, one condition on each key attribute. */
#include "emulators/dynamodb/key_condition.h"

#include <string.h>

#define CONDITIONS_MAX ((size_t)(2 * DDB_KEY_PARTS_MAX))

/* One condition, turned so that the attribute stands on the left. */
struct part {
    const char *attribute;
    enum ddb_condition_kind kind;
    const cJSON *low;
    const cJSON *high;
};

struct parts {
    struct part items[CONDITIONS_MAX];
    size_t count; /* may be above what fits; then only the count is right */
};

static const struct {
    enum ddb_condition_kind kind;
    enum ddb_condition_kind turned; /* with its operands exchanged */
    enum ddb_sort_operator sort;
} operators[] = {
    {DDB_CONDITION_EQ, DDB_CONDITION_EQ, DDB_SORT_EQ},
    {DDB_CONDITION_LT, DDB_CONDITION_GT, DDB_SORT_LT},
    {DDB_CONDITION_LE, DDB_CONDITION_GE, DDB_SORT_LE},
    {DDB_CONDITION_GT, DDB_CONDITION_LT, DDB_SORT_GT},
    {DDB_CONDITION_GE, DDB_CONDITION_LE, DDB_SORT_GE},
    {DDB_CONDITION_BETWEEN, DDB_CONDITION_BETWEEN, DDB_SORT_BETWEEN},
    {DDB_CONDITION_BEGINS_WITH, DDB_CONDITION_BEGINS_WITH, DDB_SORT_BEGINS_WITH},
};

static bool is_allowed(enum ddb_condition_kind kind)
{
    for (size_t i = 0; i < ARRAY_LEN(operators); i++)
        if (operators[i].kind == kind)
            return true;
    return false;
}

static bool needs_attribute_first(enum ddb_condition_kind kind)
{
    return kind == DDB_CONDITION_BETWEEN || kind == DDB_CONDITION_BEGINS_WITH;
}

/* --- reading one condition ------------------------------------------------------------------- */

static bool read_operands(const struct ddb_binding *binding, const struct ddb_condition *condition,
                          struct part *part, size_t *attribute_at, struct ddb_fault *fault)
{
    const cJSON **values[] = {&part->low, &part->high};
    size_t value_count = 0;
    for (size_t i = 0; i < condition->operand_count; i++) {
        const struct ddb_operand *operand = condition->operands[i];
        if (operand->kind == DDB_OPERAND_SIZE)
            return ddb_invalid(fault, "KeyConditionExpressions cannot contain nested operations");
        if (operand->kind == DDB_OPERAND_VALUE) {
            if (value_count < ARRAY_LEN(values))
                *values[value_count++] = binding->values[operand->value_slot];
            continue;
        }
        if (part->attribute != NULL)
            return ddb_invalid(fault, "Invalid condition in KeyConditionExpression: Multiple "
                                      "attribute names used in one condition");
        if (operand->path.element_count > 1)
            return ddb_invalid(
                fault, "KeyConditionExpressions cannot have conditions on nested attributes");
        part->attribute = ddb_path_top(&operand->path, binding->names);
        *attribute_at = i;
    }
    if (part->attribute == NULL)
        return ddb_invalid(
            fault, "Invalid condition in KeyConditionExpression: No key attribute specified");
    return true;
}

static bool read_part(const struct ddb_binding *binding, const struct ddb_condition *condition,
                      struct part *part, struct ddb_fault *fault)
{
    const char *name = ddb_condition_kind_name(condition->kind);
    size_t attribute_at = 0;
    *part = (struct part){.kind = condition->kind};
    if (!is_allowed(condition->kind) && !binding->expression->is_legacy)
        return ddb_invalid(fault, "Invalid operator used in KeyConditionExpression: %s", name);
    if (needs_attribute_first(condition->kind) && condition->operands[0]->kind != DDB_OPERAND_PATH)
        return ddb_invalid(fault,
                           "Invalid condition in KeyConditionExpression: %s operator must have the "
                           "key attribute as its first operand",
                           name);
    if (!read_operands(binding, condition, part, &attribute_at, fault))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(operators) && attribute_at == 1; i++) {
        if (operators[i].kind != condition->kind)
            continue;
        part->kind = operators[i].turned;
        break;
    }
    return true;
}

static bool is_repeated(const struct parts *parts, const char *attribute)
{
    size_t known = parts->count < CONDITIONS_MAX ? parts->count : CONDITIONS_MAX;
    for (size_t i = 0; i < known; i++)
        if (strcmp(parts->items[i].attribute, attribute) == 0)
            return true;
    return false;
}

/* Depth is what the parser allowed. */
static bool read_parts(const struct ddb_binding *binding, const struct ddb_condition *condition,
                       struct parts *parts, struct ddb_fault *fault)
{
    if (condition->kind == DDB_CONDITION_AND) {
        for (size_t i = 0; i < condition->child_count; i++)
            if (!read_parts(binding, condition->children[i], parts, fault))
                return false;
        return true;
    }
    struct part part;
    if (!read_part(binding, condition, &part, fault))
        return false;
    if (is_repeated(parts, part.attribute))
        return ddb_invalid(
            fault, "%sKeyConditionExpressions must only contain one condition per key",
            binding->expression->is_legacy ? "" : "Invalid KeyConditionExpression: ");
    if (parts->count < CONDITIONS_MAX)
        parts->items[parts->count] = part;
    parts->count++;
    return true;
}

static bool fail_count(struct ddb_fault *fault)
{
    return ddb_invalid(fault, "Conditions can be of length 1 or 2 only");
}

bool ddb_key_condition_check(const struct ddb_binding *binding, struct ddb_fault *fault)
{
    struct parts parts = {.count = 0};
    if (!read_parts(binding, binding->expression->condition, &parts, fault))
        return false;
    return parts.count <= CONDITIONS_MAX || fail_count(fault);
}

/* --- against a schema ------------------------------------------------------------------------ */

static const struct part *find_part(const struct parts *parts, const char *attribute)
{
    for (size_t i = 0; i < parts->count; i++)
        if (strcmp(parts->items[i].attribute, attribute) == 0)
            return &parts->items[i];
    return NULL;
}

static bool check_value(const struct ddb_key_attribute *attribute, const cJSON *value,
                        struct ddb_fault *fault)
{
    if (value == NULL)
        return true;
    if (ddb_value_type(value) != attribute->type)
        return ddb_invalid(fault, DDB_PARAMETER_TEXT
                           "Condition parameter type does not match schema type");
    if (attribute->type != DDB_TYPE_N && ddb_value_text(value)[0] == '\0')
        return ddb_invalid(fault,
                           "One or more parameter values are not valid. The AttributeValue for a "
                           "key attribute cannot contain an empty %s value. Key: %s",
                           attribute->type == DDB_TYPE_B ? "binary" : "string", attribute->name);
    return true;
}

static bool check_part(const struct ddb_key_attribute *attribute, const struct part *part,
                       struct ddb_fault *fault)
{
    if (!is_allowed(part->kind)) /* only KeyConditions comes this far */
        return ddb_invalid(fault, "Attempted conditional constraint is not an indexable operation");
    return check_value(attribute, part->low, fault) && check_value(attribute, part->high, fault);
}

static bool resolve_hash(const struct parts *parts, const struct ddb_key_schema *schema,
                         struct ddb_key_query *query, struct ddb_fault *fault)
{
    for (size_t i = 0; i < schema->hash_count; i++) {
        const struct part *part = find_part(parts, schema->hash[i].name);
        if (part == NULL)
            return ddb_invalid(fault, "Query condition missed key schema element: %s",
                               schema->hash[i].name);
        if (!check_part(&schema->hash[i], part, fault))
            return false;
        if (part->kind != DDB_CONDITION_EQ)
            return ddb_invalid(fault, "Query key condition not supported");
        query->hash[i] = part->low;
    }
    return true;
}

static bool fail_gap(const struct ddb_key_attribute *before, const struct ddb_key_attribute *later,
                     struct ddb_fault *fault)
{
    return ddb_invalid(fault,
                       "RANGE key attributes %s must have equality conditions specified in the "
                       "query because a condition is present on key attribute %s",
                       before->name, later->name);
}

/* Sort key parts from left to right: equalities, and anything on the last one used. */
static bool resolve_range(const struct parts *parts, const struct ddb_key_schema *schema,
                          struct ddb_key_query *query, struct ddb_fault *fault)
{
    const struct part *last = NULL;
    size_t last_at = 0;
    for (size_t i = 0; i < schema->range_count; i++) {
        const struct part *part = find_part(parts, schema->range[i].name);
        if (part == NULL)
            continue;
        if (!check_part(&schema->range[i], part, fault))
            return false;
        if (i > 0 && (last == NULL || last_at != i - 1 || last->kind != DDB_CONDITION_EQ))
            return fail_gap(&schema->range[i - 1], &schema->range[i], fault);
        if (last != NULL)
            query->equals[query->equals_count++] = last->low;
        last = part;
        last_at = i;
    }
    for (size_t i = 0; last != NULL && i < ARRAY_LEN(operators); i++)
        if (operators[i].kind == last->kind)
            query->sort = (struct ddb_sort_condition){operators[i].sort, last->low, last->high};
    return true;
}

static bool check_count(const struct parts *parts, const struct ddb_key_schema *schema,
                        bool is_legacy, struct ddb_fault *fault)
{
    size_t most = schema->hash_count + schema->range_count;
    if (parts->count > 2 && parts->count > most && is_legacy)
        return fail_count(fault);
    if (parts->count > 2 && parts->count > most)
        return ddb_invalid(fault,
                           "The number of query conditions (%zu) exceeds the number of key "
                           "attributes defined in the schema (%zu)",
                           parts->count, most);
    return parts->count <= most || ddb_invalid(fault, "Query key condition not supported");
}

/* Conditions on what is no key, once those on the partition key are good. */
static bool check_attributes(const struct parts *parts, const struct ddb_key_schema *schema,
                             struct ddb_fault *fault)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (ddb_key_schema_has(schema, parts->items[i].attribute))
            continue;
        if (schema->range_count == 0)
            return ddb_invalid(fault, "Query key condition not supported");
        return ddb_invalid(fault, "Query condition missed key schema element: %s",
                           schema->range[0].name);
    }
    return true;
}

bool ddb_key_condition_resolve(const struct ddb_binding *binding,
                               const struct ddb_key_schema *schema, struct ddb_key_query *query,
                               struct ddb_fault *fault)
{
    struct parts parts = {.count = 0};
    struct ddb_key_query made = {.sort = {.operation = DDB_SORT_ANY}};
    if (!read_parts(binding, binding->expression->condition, &parts, fault))
        return false;
    if (parts.count > CONDITIONS_MAX)
        return fail_count(fault);
    if (!check_count(&parts, schema, binding->expression->is_legacy, fault) ||
        !resolve_hash(&parts, schema, &made, fault) || !check_attributes(&parts, schema, fault) ||
        !resolve_range(&parts, schema, &made, fault))
        return false;
    ddb_key_partition_range(fault->arena, made.hash, schema->hash_count, made.equals,
                            made.equals_count, &made.sort, &made.range);
    *query = made;
    return true;
}
