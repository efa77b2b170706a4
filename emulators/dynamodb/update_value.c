/* Sums, lists and sets that updates make. */
#include "emulators/dynamodb/update_value.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/item_size.h"
#include "emulators/dynamodb/number.h"
#include "emulators/dynamodb/value_set.h"

static cJSON *fail_type(struct ddb_update_reader *reader)
{
    ddb_invalid(reader->fault, reader->binding->expression->is_legacy
                                   ? "Type mismatch for attribute to update"
                                   : "An operand in the update expression has an incorrect data "
                                     "type");
    return NULL;
}

static cJSON *copy(struct ddb_update_reader *reader, const cJSON *value)
{
    reader->copied_bytes += ddb_value_size_bytes(value);
    if (reader->copied_bytes > DDB_ITEM_BYTES_MAX) {
        ddb_invalid(reader->fault, "Item size to update has exceeded the maximum allowed size");
        return NULL;
    }
    cJSON *made = cJSON_Duplicate(value, true);
    if ((made->type & cJSON_StringIsConst) == 0)
        cJSON_free(made->string); /* the name that it had where it was */
    made->string = NULL;
    made->type &= ~cJSON_StringIsConst;
    return made;
}

static cJSON *calculate(struct ddb_update_reader *reader, const cJSON *left, const cJSON *right,
                        bool is_plus)
{
    struct ddb_number a;
    struct ddb_number b;
    struct ddb_number result;
    char text[DDB_NUMBER_TEXT_BYTES];
    if (ddb_value_type(left) != DDB_TYPE_N || ddb_value_type(right) != DDB_TYPE_N)
        return fail_type(reader);
    if (!ddb_number_parse(ddb_value_text(left), &a, reader->fault) ||
        !ddb_number_parse(ddb_value_text(right), &b, reader->fault))
        return NULL;
    if (is_plus ? !ddb_number_add(&a, &b, &result, reader->fault)
                : !ddb_number_subtract(&a, &b, &result, reader->fault))
        return NULL;
    ddb_number_format(&result, text);
    return ddb_value_of_text(DDB_TYPE_N, text);
}

/* Moves right's elements to left's end. */
static cJSON *join(struct ddb_update_reader *reader, cJSON *left, cJSON *right)
{
    if (ddb_value_type(left) != DDB_TYPE_L || ddb_value_type(right) != DDB_TYPE_L)
        return fail_type(reader);
    cJSON *next = NULL;
    for (cJSON *element = right->child->child; element != NULL; element = next) {
        next = element->next;
        cJSON_DetachItemViaPointer(right->child, element);
        cJSON_AddItemToArray(left->child, element);
    }
    return left;
}

static cJSON *evaluate_pair(struct ddb_update_reader *reader, const struct ddb_operand *operand)
{
    cJSON *left = ddb_update_evaluate(reader, operand->left);
    cJSON *right = left == NULL ? NULL : ddb_update_evaluate(reader, operand->right);
    cJSON *made = NULL;
    if (right != NULL)
        made = operand->kind == DDB_OPERAND_LIST_APPEND
                   ? join(reader, left, right)
                   : calculate(reader, left, right, operand->kind == DDB_OPERAND_PLUS);
    if (made != left)
        cJSON_Delete(left);
    cJSON_Delete(right);
    return made;
}

cJSON *ddb_update_evaluate(struct ddb_update_reader *reader, const struct ddb_operand *operand)
{
    const struct ddb_binding *binding = reader->binding;
    const cJSON *found = NULL;
    switch (operand->kind) {
    case DDB_OPERAND_VALUE:
        return copy(reader, binding->values[operand->value_slot]);
    case DDB_OPERAND_PATH:
        found = ddb_path_find(&operand->path, binding->names, reader->old_item);
        if (found != NULL)
            return copy(reader, found);
        ddb_invalid(reader->fault, "The provided expression refers to an attribute that does not "
                                   "exist in the item");
        return NULL;
    case DDB_OPERAND_IF_NOT_EXISTS:
        found = ddb_path_find(&operand->left->path, binding->names, reader->old_item);
        return found != NULL ? copy(reader, found) : ddb_update_evaluate(reader, operand->right);
    case DDB_OPERAND_LIST_APPEND:
    case DDB_OPERAND_PLUS:
    case DDB_OPERAND_MINUS:
        return evaluate_pair(reader, operand);
    case DDB_OPERAND_SIZE: /* no part of the update grammar */
        break;
    }
    return fail_type(reader);
}

/* --- sets ------------------------------------------------------------------------------------ */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct texts {
    const char **sorted;
    size_t count;
};

static struct texts sort_members(const cJSON *set)
{
    size_t count = (size_t)cJSON_GetArraySize(set);
    struct texts texts = {sim_alloc_array(count + 1, sizeof(const char *)), 0};
    for (const cJSON *member = set->child; member != NULL; member = member->next)
        texts.sorted[texts.count++] = member->valuestring;
    if (count > 1)
        qsort(texts.sorted, count, sizeof(const char *), by_text);
    return texts;
}

static bool has_text(const struct texts *texts, const char *text)
{
    return texts->count > 0 &&
           bsearch(&text, texts->sorted, texts->count, sizeof(const char *), by_text) != NULL;
}

/* Adds to made the members of from that are not in the set without. */
static void append_members(cJSON *made, const cJSON *from, const cJSON *without)
{
    struct texts texts = sort_members(without);
    for (const cJSON *member = from->child; member != NULL; member = member->next)
        if (!has_text(&texts, member->valuestring))
            cJSON_AddItemToArray(made, cJSON_CreateString(member->valuestring));
    free(texts.sorted);
}

cJSON *ddb_update_add(struct ddb_update_reader *reader, const cJSON *old_value,
                      const cJSON *operand)
{
    if (old_value == NULL)
        return copy(reader, operand);
    enum ddb_type type = ddb_value_type(old_value);
    if (type != ddb_value_type(operand))
        return fail_type(reader);
    if (type == DDB_TYPE_N)
        return calculate(reader, old_value, operand, true);
    cJSON *made = copy(reader, old_value);
    if (made != NULL) {
        append_members(made->child, operand->child, old_value->child);
        ddb_set_sort(made->child, type);
    }
    return made;
}

cJSON *ddb_update_subtract_set(struct ddb_update_reader *reader, const cJSON *old_value,
                               const cJSON *operand)
{
    enum ddb_type type = ddb_value_type(old_value);
    if (type != ddb_value_type(operand))
        return fail_type(reader);
    cJSON *made = ddb_value_empty(type);
    append_members(made->child, old_value->child, operand->child);
    return made;
}
