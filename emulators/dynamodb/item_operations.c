#include <string.h>

#include "emulators/dynamodb/item_action.h"
#include "emulators/dynamodb/legacy.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/projection.h"
#include "emulators/dynamodb/throttle.h"
#include "emulators/dynamodb/transaction_claims.h"
#include "emulators/dynamodb/update.h"

/* --- GetItem -----------------------------------------------------------------------------------
 */

static const cJSON *get_names(const cJSON *input)
{
    return wire_member(input, "ExpressionAttributeNames");
}

static void add_read_item(cJSON *output, struct sim_arena *arena, const struct ddb_row *row,
                          const struct ddb_binding *projection)
{
    if (projection == NULL) {
        cJSON_AddItemToObject(output, "Item", ddb_raw_item(row->item));
        return;
    }
    cJSON *item = cJSON_Parse(row->item);
    ddb_defer_json(arena, item);
    cJSON_AddItemToObject(output, "Item", ddb_projection_build(projection, item));
}

enum wire_progress ddb_get_item(void *state, struct wire_call *call)
{
    struct ddb *ddb = state;
    struct ddb_fault fault = {
        .arena = call->arena, .expressions = ddb->expressions, .wording = DDB_WORDING_CURRENT};
    struct sim_error error;
    struct ddb_expression_context context;
    struct ddb_expression_options options = {
        .names = get_names(call->input),
        .possible = "ProjectionExpression is",
        .has_expression = wire_member(call->input, "ProjectionExpression") != NULL,
    };
    const struct ddb_binding *projection = NULL;
    cJSON *key_map = NULL;
    struct ddb_table *table = NULL;
    struct ddb_key_blob key;
    if (!ddb_legacy_check_mixing(call->input, DDB_LEGACY_GET, &fault) ||
        !ddb_expression_context_init(&context, &options, &fault) ||
        !ddb_request_only_item(wire_member(call->input, "Key"), &key_map, &fault) ||
        !ddb_request_projection(call->input, &context, &projection, &fault) ||
        !ddb_expression_context_finish(&context, &fault) ||
        !ddb_request_table(state, call, wire_text(call->input, "TableName"), &table, &fault) ||
        !ddb_key_from_map(&table->definition->keys, key_map, &key, &fault) ||
        !ddb_request_check_paths(table->definition, projection, &fault))
        return ddb_answer_fault(call, &fault);
    struct ddb_row row;
    bool found = false;
    if (ddb_items_read(&table->items, &key, call->arena, &row, &found, &error) != RESULT_OK)
        return wire_fail_internal(call, &error);
    struct ddb_capacity capacity;
    ddb_capacity_init(&capacity, call->arena);
    ddb_capacity_add(&capacity, table,
                     ddb_read_halves(found ? row.size_bytes : 0,
                                     wire_flag(call->input, "ConsistentRead", false)));
    if (!ddb_throttle_admit(&capacity, DDB_READ, &fault))
        return ddb_answer_fault(call, &fault);
    cJSON *output = cJSON_CreateObject();
    if (found && row.item != NULL)
        add_read_item(output, call->arena, &row, projection);
    ddb_capacity_report(&capacity, call->input, output, false, DDB_CAPACITY_PLAIN);
    return wire_succeed(call, output);
}

/* --- PutItem, UpdateItem, DeleteItem -------------------------------------------------------------
 */

/* ReturnValues, which may be missing: NONE. */
static const char *return_values(const cJSON *input)
{
    const char *wanted = wire_text(input, "ReturnValues");
    return wanted != NULL ? wanted : "NONE";
}

static void add_item(cJSON *output, cJSON *item)
{
    if (item != NULL)
        cJSON_AddItemToObject(output, "Attributes", item);
}

static void add_attributes(cJSON *output, const struct ddb_item_action *action)
{
    const char *wanted = return_values(action->input);
    const char *old_text = ddb_action_old_text(action);
    if (strcmp(wanted, "ALL_OLD") == 0 && old_text != NULL)
        add_item(output, ddb_raw_item(old_text));
    if (strcmp(wanted, "ALL_NEW") == 0 && action->new_text != NULL)
        add_item(output, ddb_raw_item(action->new_text));
    if (strcmp(wanted, "UPDATED_OLD") == 0 && action->update != NULL && action->old_item != NULL)
        add_item(output, ddb_update_touched(action->update, action->old_item));
    if (strcmp(wanted, "UPDATED_NEW") == 0 && action->update != NULL)
        add_item(output, ddb_update_touched(action->update, action->new_item));
}

/* Only tables with local indexes have item collections to measure. */
static void add_collection_metrics(cJSON *output, const struct ddb_item_action *action)
{
    const char *wanted = wire_text(action->input, "ReturnItemCollectionMetrics");
    const struct ddb_definition *definition = action->table->definition;
    if (wanted == NULL || strcmp(wanted, "SIZE") != 0 || definition->local_index_count == 0)
        return;
    struct ddb_key_schema hash = definition->keys;
    hash.range_count = 0;
    cJSON *metrics = cJSON_AddObjectToObject(output, "ItemCollectionMetrics");
    cJSON_AddItemToObject(metrics, "ItemCollectionKey", ddb_key_extract(&hash, action->item, NULL));
    cJSON *range = cJSON_AddArrayToObject(metrics, "SizeEstimateRangeGB");
    cJSON_AddItemToArray(range, cJSON_CreateNumber(0));
    cJSON_AddItemToArray(range, cJSON_CreateNumber(1));
}

static enum wire_progress fail_action(struct wire_call *call, const struct ddb_item_action *action,
                                      const struct ddb_fault *fault)
{
    cJSON *members = ddb_action_failure_members(action);
    if (members == NULL)
        return ddb_answer_fault(call, fault);
    return wire_fail_with(call, fault->code, members, "%s", fault->message);
}

static enum wire_progress run_action(struct ddb *ddb, struct wire_call *call,
                                     enum ddb_item_action_kind kind)
{
    struct ddb_fault fault = {.arena = call->arena, .expressions = ddb->expressions};
    struct sim_error error;
    struct ddb_item_action action;
    if (!ddb_action_parse(&action, kind, call->input, true, &fault) ||
        !ddb_action_find_table(&action, ddb, call, &fault) ||
        !ddb_action_check_keys(&action, &fault))
        return ddb_answer_fault(call, &fault);
    if (ddb_claims_refuse(call, DDB_CLAIM_WRITE, action.table, &action.key))
        return wire_fail(call, "TransactionConflictException", DDB_TRANSACTION_CONFLICT_TEXT);
    if (ddb_claims_conflict(call, action.table, &action.key))
        return wire_fail(call, "ReplicatedWriteConflictException", DDB_REPLICATED_CONFLICT_TEXT);
    if (ddb_action_read(&action, call->arena, &error) != RESULT_OK)
        return wire_fail_internal(call, &error);
    if (!ddb_action_evaluate(&action, &fault)) {
        struct ddb_fault throttled = {.arena = call->arena};
        if (!ddb_action_pay_failure(&action, &throttled))
            return ddb_answer_fault(call, &throttled);
        return fail_action(call, &action, &fault);
    }
    struct ddb_capacity capacity;
    ddb_capacity_init(&capacity, call->arena);
    enum sim_result result = ddb_action_commit(&action, &capacity, &fault, &error);
    if (fault.code != NULL)
        return ddb_answer_fault(call, &fault);
    if (result != RESULT_OK)
        return wire_fail_internal(call, &error);
    cJSON *output = cJSON_CreateObject();
    add_attributes(output, &action);
    ddb_capacity_report(&capacity, call->input, output, false, DDB_CAPACITY_PLAIN);
    add_collection_metrics(output, &action);
    return wire_succeed(call, output);
}

static enum wire_progress write_item(struct ddb *ddb, struct wire_call *call,
                                     enum ddb_item_action_kind kind)
{
    enum wire_progress progress = run_action(ddb, call, kind);
    ddb_claim_end(call->begun);
    return progress;
}

enum wire_progress ddb_put_item(void *state, struct wire_call *call)
{
    return write_item(state, call, DDB_ITEM_PUT);
}

enum wire_progress ddb_update_item(void *state, struct wire_call *call)
{
    return write_item(state, call, DDB_ITEM_UPDATE);
}

enum wire_progress ddb_delete_item(void *state, struct wire_call *call)
{
    return write_item(state, call, DDB_ITEM_DELETE);
}
