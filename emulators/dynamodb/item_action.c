#include "emulators/dynamodb/item_action.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/condition.h"
#include "emulators/dynamodb/item_size.h"
#include "emulators/dynamodb/legacy.h"
#include "emulators/dynamodb/throttle.h"
#include "emulators/dynamodb/update.h"
#include "emulators/wire/json_print.h"

/* --- parse -------------------------------------------------------------------------------------
 */

static const enum ddb_legacy_call legacy_calls[] = {
    [DDB_ITEM_PUT] = DDB_LEGACY_PUT,
    [DDB_ITEM_UPDATE] = DDB_LEGACY_UPDATE,
    [DDB_ITEM_DELETE] = DDB_LEGACY_DELETE,
    [DDB_ITEM_CHECK] = DDB_LEGACY_DELETE, /* never a call of its own */
};

static bool check_return_values(const cJSON *input, enum ddb_item_action_kind kind,
                                struct ddb_fault *fault)
{
    const char *wanted = wire_text(input, "ReturnValues");
    if (kind == DDB_ITEM_UPDATE || wanted == NULL || strcmp(wanted, "NONE") == 0 ||
        strcmp(wanted, "ALL_OLD") == 0)
        return true;
    return ddb_invalid(fault, "ReturnValues can only be ALL_OLD or NONE");
}

static bool check_put_size(struct ddb_item_action *action, struct ddb_fault *fault)
{
    if (action->kind != DDB_ITEM_PUT)
        return true;
    action->new_size_bytes = ddb_item_size_bytes(action->item);
    return action->new_size_bytes <= DDB_ITEM_BYTES_MAX ||
           ddb_invalid(fault, "Item size has exceeded the maximum allowed size");
}

/* Calls of their own alone know the older parameters; none of them meets an expression here. */
static bool parse_legacy(struct ddb_item_action *action, struct ddb_fault *fault)
{
    return (action->kind != DDB_ITEM_UPDATE ||
            ddb_legacy_updates(action->input, &action->update, fault)) &&
           ddb_legacy_expected(action->input, &action->condition, fault);
}

static bool parse_item(struct ddb_item_action *action, struct ddb_fault *fault)
{
    const cJSON *map = wire_member(action->input, action->kind == DDB_ITEM_PUT ? "Item" : "Key");
    return action->is_single ? ddb_request_only_item(map, &action->item, fault)
                             : ddb_request_item(map, &action->item, fault);
}

/* What the request alone tells. All of it but the item's size is framed in calls of their own; in
 * transactions and batches the item comes last. */
static bool parse(struct ddb_item_action *action, bool is_single, struct ddb_fault *fault)
{
    const cJSON *input = action->input;
    enum ddb_legacy_call legacy = legacy_calls[action->kind];
    bool is_update = action->kind == DDB_ITEM_UPDATE;
    const char *condition = wire_text(input, "ConditionExpression");
    const char *update = is_update ? wire_text(input, "UpdateExpression") : NULL;
    struct ddb_expression_options options = {
        .names = wire_member(input, "ExpressionAttributeNames"),
        .values = wire_member(input, "ExpressionAttributeValues"),
        .is_single_write = is_single,
        .possible =
            is_update ? "UpdateExpression and ConditionExpression are" : "ConditionExpression is",
        .has_expression = condition != NULL || update != NULL,
    };
    struct ddb_expression_context context;
    return (!is_single || ddb_legacy_check_mixing(input, legacy, fault)) &&
           ddb_expression_context_init(&context, &options, fault) &&
           (!is_single || ddb_legacy_check_operator(input, legacy, fault)) &&
           (!is_single ||
            (parse_item(action, fault) && check_return_values(input, action->kind, fault) &&
             check_put_size(action, fault))) &&
           ddb_expression_context_bind(&context, DDB_EXPRESSION_UPDATE, update, &action->update,
                                       fault) &&
           ddb_expression_context_bind(&context, DDB_EXPRESSION_CONDITION, condition,
                                       &action->condition, fault) &&
           ddb_expression_context_finish(&context, fault) &&
           (is_single ? parse_legacy(action, fault)
                      : parse_item(action, fault) && check_put_size(action, fault));
}

bool ddb_action_parse(struct ddb_item_action *action, enum ddb_item_action_kind kind,
                      const cJSON *input, bool is_single, struct ddb_fault *fault)
{
    *action = (struct ddb_item_action){.kind = kind,
                                       .is_single = is_single,
                                       .input = input,
                                       .table_name = wire_text(input, "TableName")};
    fault->wording = is_single ? DDB_WORDING_CURRENT : DDB_WORDING_OLDER;
    if (parse(action, is_single, fault))
        return true;
    bool is_too_large = action->new_size_bytes > DDB_ITEM_BYTES_MAX;
    return is_single && !is_too_large ? ddb_fault_frame(fault) : false;
}

/* --- locate ------------------------------------------------------------------------------------
 */

bool ddb_action_find_table(struct ddb_item_action *action, struct ddb *ddb,
                           const struct wire_call *call, struct ddb_fault *fault)
{
    return ddb_request_table(ddb, call, action->table_name, &action->table, fault);
}

/* Of several indexes that refuse the item, the service names the one whose name sorts first. */
static bool check_index_keys(const struct ddb_item_action *action, const cJSON *item,
                             enum ddb_index_check how, struct ddb_fault *fault)
{
    const struct ddb_definition *definition = action->table->definition;
    const char *told = NULL;
    struct ddb_fault first = *fault;
    for (size_t i = 0; i < definition->index_count; i++) {
        const struct ddb_index_definition *index = &definition->indexes[i];
        struct ddb_fault own = *fault;
        if (ddb_index_key_check(&index->keys, index->name, item, how, &own) ||
            (told != NULL && strcmp(told, index->name) < 0))
            continue;
        told = index->name;
        first = own;
    }
    *fault = first;
    return told == NULL;
}

/* A value of the type that a step of an update gives, as far as its text tells: of a constant, a
 * sum or a joined list. NULL when only an item can tell. The caller owns it. */
static cJSON *foreseeable_value(const struct ddb_binding *update, const struct ddb_action *step)
{
    if (step->operand == NULL || step->path.element_count > 1)
        return NULL;
    const cJSON *constant = NULL;
    switch (step->operand->kind) {
    case DDB_OPERAND_VALUE:
        constant = update->values[step->operand->value_slot];
        /* an empty one is left to the item's check, which has its own words for it */
        if (ddb_type_is_ordered(ddb_value_type(constant)) && ddb_value_text(constant)[0] == '\0')
            return NULL;
        return cJSON_Duplicate(constant, true);
    case DDB_OPERAND_PLUS:
    case DDB_OPERAND_MINUS:
        return ddb_value_of_text(DDB_TYPE_N, "0");
    case DDB_OPERAND_LIST_APPEND:
        return ddb_value_empty(DDB_TYPE_L);
    case DDB_OPERAND_PATH:
    case DDB_OPERAND_SIZE:
    case DDB_OPERAND_IF_NOT_EXISTS:
        break;
    }
    return NULL;
}

/* A type that an index key cannot have is told before any item is read. */
static bool check_index_types(const struct ddb_item_action *action, struct ddb_fault *fault)
{
    const struct ddb_binding *update = action->update;
    for (size_t i = 0; update != NULL && i < update->expression->action_count; i++) {
        const struct ddb_action *step = &update->expression->actions[i];
        cJSON *value = foreseeable_value(update, step);
        if (value == NULL)
            continue;
        cJSON *item = cJSON_CreateObject();
        cJSON_AddItemToObject(item, ddb_path_top(&step->path, update->names), value);
        bool is_good = check_index_keys(action, item, DDB_INDEX_CHECK_PUT, fault);
        cJSON_Delete(item);
        if (!is_good)
            return false;
    }
    return true;
}

bool ddb_action_check_keys(struct ddb_item_action *action, struct ddb_fault *fault)
{
    const struct ddb_key_schema *keys = &action->table->definition->keys;
    if (action->kind == DDB_ITEM_PUT)
        return ddb_key_from_item(keys, action->item, &action->key, fault) &&
               check_index_keys(action, action->item, DDB_INDEX_CHECK_PUT, fault) &&
               ddb_request_check_paths(action->table->definition, action->condition, fault);
    return ddb_key_from_map(keys, action->item, &action->key, fault) &&
           (action->update == NULL || ddb_update_check_keys(action->update, keys, fault)) &&
           (action->table->definition->index_count == 0 || check_index_types(action, fault)) &&
           ddb_request_check_paths(action->table->definition, action->update, fault) &&
           ddb_request_check_paths(action->table->definition, action->condition, fault);
}

/* --- read --------------------------------------------------------------------------------------
 */

const char *ddb_action_old_text(const struct ddb_item_action *action)
{
    return action->has_row ? action->row.item : NULL;
}

/* The bare put or delete is the fast way: nobody looks into the old item. */
static bool needs_old_item(const struct ddb_item_action *action)
{
    return action->condition != NULL || action->kind == DDB_ITEM_UPDATE ||
           action->table->definition->index_count > 0;
}

enum sim_result ddb_action_read(struct ddb_item_action *action, struct sim_arena *arena,
                                struct sim_error *error)
{
    enum sim_result result = ddb_items_read(&action->table->items, &action->key, arena,
                                            &action->row, &action->has_row, error);
    if (result != RESULT_OK || ddb_action_old_text(action) == NULL || !needs_old_item(action))
        return result;
    action->old_item = cJSON_Parse(action->row.item);
    if (action->old_item == NULL)
        return sim_error_set(error, RESULT_IO, "a stored item of table %s is not readable",
                             action->table->name);
    ddb_defer_json(arena, action->old_item);
    return RESULT_OK;
}

/* --- evaluate ----------------------------------------------------------------------------------
 */

/* An update makes a missing item, unless all it does is to take something away. */
static bool only_takes_away(const struct ddb_binding *update)
{
    if (update == NULL || update->expression->action_count == 0)
        return false;
    for (size_t i = 0; i < update->expression->action_count; i++) {
        enum ddb_action_kind kind = update->expression->actions[i].kind;
        if (kind != DDB_ACTION_REMOVE && kind != DDB_ACTION_DELETE)
            return false;
    }
    return true;
}

/* What an UpdateItem writes has the same limit as an item, and each step of it costs a few bytes of
 * that: so with a short key the limit ends below 400 KB. What the steps do not name, the key first
 * of all, costs nothing. As measured in us-east-1; transactions and PartiQL do not have the rule.
 */
#define UPDATE_BYTES    3
#define SET_BYTES       19
#define SET_INDEX_BYTES 20
#define REMOVE_BYTES    2

static size_t step_bytes(const struct ddb_action *step)
{
    const struct ddb_path_element *last = &step->path.elements[step->path.element_count - 1];
    if (step->kind == DDB_ACTION_REMOVE || step->kind == DDB_ACTION_DELETE)
        return REMOVE_BYTES;
    return last->kind == DDB_PATH_INDEX ? SET_INDEX_BYTES : SET_BYTES;
}

static bool is_written(const struct ddb_binding *update, const char *name)
{
    for (size_t i = 0; i < update->expression->action_count; i++)
        if (strcmp(ddb_path_top(&update->expression->actions[i].path, update->names), name) == 0)
            return true;
    return false;
}

static bool is_write_too_large(const struct ddb_item_action *action)
{
    const struct ddb_binding *update = action->update;
    size_t steps_bytes = UPDATE_BYTES;
    if (!action->is_single || update == NULL)
        return false;
    for (size_t i = 0; i < update->expression->action_count; i++)
        steps_bytes += step_bytes(&update->expression->actions[i]);
    if (action->new_size_bytes + steps_bytes <= DDB_ITEM_BYTES_MAX) /* as nearly always */
        return false;
    size_t written_bytes = steps_bytes;
    for (const cJSON *value = action->new_item->child; value != NULL; value = value->next)
        if (is_written(update, value->string))
            written_bytes += strlen(value->string) + ddb_value_size_bytes(value);
    return written_bytes > DDB_ITEM_BYTES_MAX;
}

static bool make_new_item(struct ddb_item_action *action, struct ddb_fault *fault)
{
    if (action->kind == DDB_ITEM_PUT) {
        action->new_item = action->item;
    } else {
        const cJSON *base = action->old_item != NULL ? action->old_item : action->item;
        action->new_item = cJSON_Duplicate(base, true);
        CHECK(action->new_item != NULL);
        ddb_defer_json(fault->arena, action->new_item);
        if (!ddb_update_apply(action->update, action->old_item, action->new_item, fault) ||
            !check_index_keys(action, action->new_item, DDB_INDEX_CHECK_UPDATE, fault))
            return false;
        action->new_size_bytes = ddb_item_size_bytes(action->new_item);
        if (action->new_size_bytes > DDB_ITEM_BYTES_MAX || is_write_too_large(action))
            return ddb_invalid(fault, "Item size to update has exceeded the maximum allowed size");
    }
    if (action->kind == DDB_ITEM_UPDATE && action->old_item == NULL &&
        only_takes_away(action->update)) {
        action->is_idle = true;
        action->new_item = NULL;
        action->new_size_bytes = 0;
        return true;
    }
    action->new_text = wire_json_text(fault->arena, action->new_item, NULL);
    return true;
}

bool ddb_action_evaluate(struct ddb_item_action *action, struct ddb_fault *fault)
{
    if (!ddb_condition_holds(action->condition, action->old_item)) {
        action->has_failed_condition = true;
        return ddb_fail(fault, "ConditionalCheckFailedException", "The conditional request failed");
    }
    if (action->kind == DDB_ITEM_PUT || action->kind == DDB_ITEM_UPDATE)
        return make_new_item(action, fault);
    action->is_idle = action->kind == DDB_ITEM_CHECK || ddb_action_old_text(action) == NULL;
    return true;
}

/* --- write -------------------------------------------------------------------------------------
 */

static struct ddb_write write_of(const struct ddb_item_action *action)
{
    return (struct ddb_write){
        .table = action->table,
        .key = action->key,
        .old_row = action->has_row ? &action->row : NULL,
        .old_item = action->old_item,
        .new_item = action->new_item,
        .new_text = action->new_text,
        .new_size_bytes = action->new_size_bytes,
        .origin = DDB_WRITE_LOCAL,
    };
}

enum sim_result ddb_action_write(struct ddb_item_action *action, struct ddb_commit *commit,
                                 struct sim_error *error)
{
    if (action->is_idle)
        return RESULT_OK;
    struct ddb_write write = write_of(action);
    return ddb_commit_write(commit, &write, NULL, error);
}

/* Its price is known before: the table's own units. */
static enum sim_result commit_one_row(const struct ddb_write *write, struct ddb_capacity *own,
                                      struct ddb_fault *fault, struct sim_error *error)
{
    if (!ddb_throttle_admit(own, DDB_WRITE, fault))
        return sim_error_set(error, RESULT_LIMIT, "throttled");
    return ddb_commit_one(write, fault->arena, own, error);
}

static enum sim_result commit_several(struct ddb_item_action *action, struct ddb_capacity *own,
                                      struct ddb_fault *fault, struct sim_error *error)
{
    struct ddb_commit commit;
    enum sim_result result =
        ddb_commit_begin(&commit, action->table->home, fault->arena, own, error);
    if (result != RESULT_OK)
        return result;
    result = ddb_action_write(action, &commit, error);
    if (result == RESULT_OK && !ddb_throttle_admit(own, DDB_WRITE, fault))
        result = sim_error_set(error, RESULT_LIMIT, "throttled");
    return ddb_commit_end(&commit, result, error);
}

enum sim_result ddb_action_commit(struct ddb_item_action *action, struct ddb_capacity *capacity,
                                  struct ddb_fault *fault, struct sim_error *error)
{
    struct ddb_capacity own;
    struct ddb_write write = write_of(action);
    ddb_capacity_init(&own, fault->arena);
    ddb_capacity_add(&own, action->table, ddb_action_write_halves(action));
    enum sim_result result = !action->is_idle && ddb_commit_is_one_row(&write)
                                 ? commit_one_row(&write, &own, fault, error)
                                 : commit_several(action, &own, fault, error);
    if (result == RESULT_OK)
        ddb_capacity_add_all(capacity, &own);
    return result;
}

bool ddb_action_pay_failure(const struct ddb_item_action *action, struct ddb_fault *fault)
{
    return !action->has_failed_condition ||
           ddb_throttle_admit_table(action->table, DDB_WRITE, ddb_action_write_halves(action),
                                    fault);
}

uint64_t ddb_action_write_halves(const struct ddb_item_action *action)
{
    size_t old_bytes = action->has_row ? action->row.size_bytes : 0;
    return ddb_write_halves(old_bytes > action->new_size_bytes ? old_bytes
                                                               : action->new_size_bytes);
}

cJSON *ddb_action_failure_members(const struct ddb_item_action *action)
{
    const char *wanted = wire_text(action->input, "ReturnValuesOnConditionCheckFailure");
    const char *old_text = ddb_action_old_text(action);
    if (!action->has_failed_condition || wanted == NULL || strcmp(wanted, "ALL_OLD") != 0 ||
        old_text == NULL)
        return NULL;
    cJSON *members = cJSON_CreateObject();
    cJSON_AddItemToObject(members, "Item", ddb_raw_item(old_text));
    return members;
}
