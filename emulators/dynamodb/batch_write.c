#include <string.h>

#include "emulators/dynamodb/item_action.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/throttle.h"
#include "emulators/dynamodb/transaction_claims.h"

#define BATCH_ITEMS_MAX 25

struct batch {
    struct wire_call *call;
    struct ddb_item_action actions[BATCH_ITEMS_MAX];
    bool
        is_held_back[BATCH_ITEMS_MAX]; /* by a transaction or for want of throughput: unprocessed */
    size_t count;
    size_t throttled_count;
};

static bool parse_request(struct batch *batch, const char *table_name, const cJSON *request,
                          struct ddb_fault *fault)
{
    const cJSON *put = wire_member(request, "PutRequest");
    const cJSON *delete = wire_member(request, "DeleteRequest");
    if ((put == NULL) == (delete == NULL)) /* the service takes its words from another check */
        return ddb_invalid(fault, "Supplied AttributeValue has more than one datatypes set, must "
                                  "contain exactly one of the supported datatypes");
    struct ddb_item_action *action = &batch->actions[batch->count++];
    bool is_parsed = ddb_action_parse(action, put != NULL ? DDB_ITEM_PUT : DDB_ITEM_DELETE,
                                      put != NULL ? put : delete, false, fault);
    action->table_name = table_name;
    return is_parsed;
}

static bool parse(struct batch *batch, struct ddb_fault *fault)
{
    const cJSON *tables = wire_member(batch->call->input, "RequestItems");
    size_t count = 0;
    const cJSON *requests = NULL;
    cJSON_ArrayForEach(requests, tables)
    {
        count += (size_t)cJSON_GetArraySize(requests);
    }
    if (count == 0)
        return ddb_invalid(fault, "1 validation error detected: Value at 'RequestItems' failed to "
                                  "satisfy constraint: Member must have length greater than or "
                                  "equal to 1");
    if (count > BATCH_ITEMS_MAX)
        return ddb_invalid(fault, "Too many items requested for the BatchWriteItem call");
    cJSON_ArrayForEach(requests, tables)
    {
        const cJSON *request = NULL;
        cJSON_ArrayForEach(request, requests)
        {
            if (!parse_request(batch, requests->string, request, fault))
                return false;
        }
    }
    return true;
}

static bool check_duplicates(const struct batch *batch, struct ddb_fault *fault)
{
    for (size_t i = 0; i < batch->count; i++) {
        for (size_t k = i + 1; k < batch->count; k++) {
            if (batch->actions[i].table == batch->actions[k].table &&
                ddb_key_compare(&batch->actions[i].key, &batch->actions[k].key) == 0)
                return ddb_invalid(fault, "Provided list of item keys contains duplicates");
        }
    }
    return true;
}

/* A put's key is checked as a delete's is, in the same words. */
static bool check_keys(struct ddb_item_action *action, struct ddb_fault *fault)
{
    if (action->kind == DDB_ITEM_PUT &&
        !ddb_key_schema_fits(&action->table->definition->keys, action->item))
        return ddb_invalid(fault, "The provided key element does not match the schema");
    return ddb_action_check_keys(action, fault);
}

static bool locate(struct batch *batch, struct ddb *ddb, struct ddb_fault *fault)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (!ddb_action_find_table(&batch->actions[i], ddb, batch->call, fault))
            return false;
    }
    for (size_t i = 0; i < batch->count; i++) {
        if (!check_keys(&batch->actions[i], fault))
            return false;
    }
    return check_duplicates(batch, fault);
}

static enum sim_result write_all(struct batch *batch, struct ddb_commit *commit,
                                 struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    for (size_t i = 0; i < batch->count && result == RESULT_OK; i++) {
        if (batch->is_held_back[i])
            continue;
        ddb_capacity_add(commit->capacity, batch->actions[i].table,
                         ddb_action_write_halves(&batch->actions[i]));
        result = ddb_action_write(&batch->actions[i], commit, error);
    }
    return result;
}

/* False: all of it is being modified in other Regions. */
static bool find_conflicts(struct batch *batch, struct ddb_fault *fault)
{
    size_t replicated_count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct ddb_item_action *action = &batch->actions[i];
        bool is_replicated = ddb_claims_conflict(batch->call, action->table, &action->key);
        replicated_count += is_replicated ? 1 : 0;
        batch->is_held_back[i] = is_replicated || ddb_claims_refuse(batch->call, DDB_CLAIM_WRITE,
                                                                    action->table, &action->key);
    }
    return replicated_count < batch->count ||
           ddb_fail(fault, "ReplicatedWriteConflictException", DDB_REPLICATED_CONFLICT_TEXT);
}

/* The usual case: there is throughput for all, and one commit holds them. *is_written tells whether
 * that was so. */
static enum sim_result write_together(struct batch *batch, struct ddb_capacity *capacity,
                                      bool *is_written, struct sim_error *error)
{
    struct ddb_commit commit;
    enum sim_result result = ddb_commit_begin(&commit, batch->actions[0].table->home,
                                              batch->call->arena, capacity, error);
    if (result != RESULT_OK)
        return result;
    result = write_all(batch, &commit, error);
    *is_written = result == RESULT_OK && ddb_throttle_admit_batch(capacity, DDB_WRITE);
    bool is_dropped = result == RESULT_OK && !*is_written;
    if (is_dropped)
        result = sim_error_set(error, RESULT_LIMIT, "throttled");
    result = ddb_commit_end(&commit, result, error);
    return is_dropped ? RESULT_OK : result;
}

/* Each on its own, as far as throughput goes; the fault is of the last that was throttled. */
static enum sim_result write_apart(struct batch *batch, struct ddb_capacity *capacity,
                                   struct ddb_fault *fault, struct sim_error *error)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->is_held_back[i])
            continue;
        struct ddb_fault throttled = {.arena = batch->call->arena};
        enum sim_result result = ddb_action_commit(&batch->actions[i], capacity, &throttled, error);
        if (result == RESULT_OK)
            continue;
        if (throttled.code == NULL)
            return result;
        batch->is_held_back[i] = true;
        batch->throttled_count++;
        *fault = throttled;
    }
    return RESULT_OK;
}

/* What was held back, as it was asked for. */
static void add_unprocessed(const struct batch *batch, cJSON *output)
{
    cJSON *tables = cJSON_AddObjectToObject(output, "UnprocessedItems");
    for (size_t i = 0; i < batch->count; i++) {
        const struct ddb_item_action *action = &batch->actions[i];
        if (!batch->is_held_back[i])
            continue;
        cJSON *list = cJSON_GetObjectItemCaseSensitive(tables, action->table_name);
        if (list == NULL)
            list = cJSON_AddArrayToObject(tables, action->table_name);
        cJSON *request = cJSON_CreateObject();
        cJSON_AddItemToArray(list, request);
        cJSON_AddItemToObject(request,
                              action->kind == DDB_ITEM_PUT ? "PutRequest" : "DeleteRequest",
                              cJSON_Duplicate(action->input, true));
    }
}

static enum wire_progress answer(const struct batch *batch, const struct ddb_capacity *capacity)
{
    cJSON *output = cJSON_CreateObject();
    add_unprocessed(batch, output);
    ddb_capacity_report(capacity, batch->call->input, output, true, DDB_CAPACITY_PLAIN);
    return wire_succeed(batch->call, output);
}

static enum wire_progress run(struct ddb *ddb, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct sim_error error;
    struct batch *batch = sim_arena_alloc(call->arena, sizeof *batch);
    batch->call = call;
    if (!parse(batch, &fault) || !locate(batch, ddb, &fault))
        return ddb_answer_fault(call, &fault);
    if (!find_conflicts(batch, &fault))
        return ddb_answer_fault(call, &fault);
    for (size_t i = 0; i < batch->count; i++) {
        if (ddb_action_read(&batch->actions[i], call->arena, &error) != RESULT_OK)
            return wire_fail_internal(call, &error);
        if (!ddb_action_evaluate(&batch->actions[i], &fault)) /* too big: the whole call */
            return ddb_answer_fault(call, &fault);
    }
    struct ddb_capacity capacity;
    bool is_written = false;
    ddb_capacity_init(&capacity, call->arena);
    enum sim_result result = write_together(batch, &capacity, &is_written, &error);
    if (result == RESULT_OK && !is_written) {
        ddb_capacity_init(&capacity, call->arena);
        result = write_apart(batch, &capacity, &fault, &error);
    }
    if (result != RESULT_OK)
        return wire_fail_internal(call, &error);
    if (batch->throttled_count == batch->count)
        return ddb_answer_fault(call, &fault);
    return answer(batch, &capacity);
}

enum wire_progress ddb_batch_write(void *state, struct wire_call *call)
{
    enum wire_progress progress = run(state, call);
    ddb_claim_end(call->begun);
    return progress;
}
