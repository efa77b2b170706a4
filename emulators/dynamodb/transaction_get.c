#include "emulators/dynamodb/capacity.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/projection.h"
#include "emulators/dynamodb/throttle.h"
#include "emulators/dynamodb/transaction.h"
#include "emulators/dynamodb/transaction_claims.h"

struct get {
    const cJSON *input;
    const struct ddb_binding *projection;
    cJSON *key_map;
    struct ddb_table *table;
    struct ddb_key_blob key;
};

struct reads {
    struct wire_call *call;
    struct get *gets;
    size_t count;
};

static bool parse_get(struct get *get, const cJSON *element, struct ddb_fault *fault)
{
    struct ddb_expression_context context;
    get->input = wire_member(element, "Get");
    struct ddb_expression_options options = {
        .names = wire_member(get->input, "ExpressionAttributeNames"),
        .possible = "ProjectionExpression is",
        .has_expression = wire_member(get->input, "ProjectionExpression") != NULL,
    };
    return ddb_expression_context_init(&context, &options, fault) &&
           ddb_request_item(wire_member(get->input, "Key"), &get->key_map, fault) &&
           ddb_request_projection(get->input, &context, &get->projection, fault) &&
           ddb_expression_context_finish(&context, fault);
}

static bool parse(struct reads *reads, struct ddb *ddb, struct ddb_fault *fault)
{
    const cJSON *items = wire_member(reads->call->input, "TransactItems");
    if (!ddb_transaction_check_count(items, fault))
        return false;
    reads->gets =
        sim_arena_alloc_array(fault->arena, (size_t)cJSON_GetArraySize(items), sizeof *reads->gets);
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, items)
    {
        if (!parse_get(&reads->gets[reads->count++], element, fault))
            return false;
    }
    for (size_t i = 0; i < reads->count; i++) {
        struct get *get = &reads->gets[i];
        if (!ddb_request_table(ddb, reads->call, wire_text(get->input, "TableName"), &get->table,
                               fault))
            return false;
    }
    return true;
}

/* False: a key does not fit its table, which is why the transaction was cancelled. An empty key
 * value is no reason to cancel: it fails the call. */
static bool find_keys(struct reads *reads, struct ddb_cancellation *reasons,
                      struct ddb_fault *call_fault)
{
    for (size_t i = 0; i < reads->count; i++) {
        struct get *get = &reads->gets[i];
        struct ddb_fault fault = {.arena = reads->call->arena};
        if (ddb_key_from_map(&get->table->definition->keys, get->key_map, &get->key, &fault))
            continue;
        if (fault.is_empty_key)
            *call_fault = fault;
        ddb_cancellation_set(&reasons[i], &fault);
        return false;
    }
    return true;
}

static bool check_duplicates(const struct reads *reads, struct ddb_fault *fault)
{
    for (size_t i = 0; i < reads->count; i++) {
        for (size_t k = i + 1; k < reads->count; k++) {
            if (reads->gets[i].table == reads->gets[k].table &&
                ddb_key_compare(&reads->gets[i].key, &reads->gets[k].key) == 0)
                return ddb_invalid(fault, "Transaction request cannot include multiple operations "
                                          "on one item");
        }
    }
    return true;
}

/* False: some item is just being written. */
static bool find_conflicts(const struct reads *reads, struct ddb_cancellation *reasons)
{
    bool is_free = true;
    for (size_t i = 0; i < reads->count; i++) {
        const struct get *get = &reads->gets[i];
        if (!ddb_claims_refuse(reads->call, DDB_CLAIM_READ, get->table, &get->key))
            continue;
        ddb_cancellation_set_conflict(&reasons[i]);
        is_free = false;
    }
    return is_free;
}

static enum sim_result read_one(const struct reads *reads, const struct get *get, cJSON *responses,
                                struct ddb_capacity *capacity, struct ddb_cancellation *reason,
                                bool *is_throttled, struct sim_error *error)
{
    struct sim_arena *arena = reads->call->arena;
    struct ddb_row row;
    bool found = false;
    enum sim_result result =
        ddb_items_read(&get->table->items, &get->key, arena, &row, &found, error);
    if (result != RESULT_OK)
        return result;
    struct ddb_capacity own;
    struct ddb_fault fault = {.arena = arena};
    ddb_capacity_init(&own, arena);
    ddb_capacity_add(&own, get->table, 2 * ddb_read_halves(row.size_bytes, true));
    if (!ddb_throttle_try(&own, DDB_READ, &fault)) {
        ddb_cancellation_set(reason, &fault);
        *is_throttled = true;
        return RESULT_OK;
    }
    ddb_capacity_add_all(capacity, &own);
    cJSON *response = cJSON_CreateObject();
    cJSON_AddItemToArray(responses, response);
    if (!found || row.item == NULL)
        return RESULT_OK;
    if (get->projection == NULL) {
        cJSON_AddItemToObject(response, "Item", ddb_raw_item(row.item));
        return RESULT_OK;
    }
    cJSON *item = cJSON_Parse(row.item);
    ddb_defer_json(arena, item);
    cJSON_AddItemToObject(response, "Item", ddb_projection_build(get->projection, item));
    return RESULT_OK;
}

enum wire_progress ddb_transact_get(void *state, struct wire_call *call)
{
    struct ddb *ddb = state;
    struct ddb_fault fault = {.arena = call->arena, .expressions = ddb->expressions};
    struct sim_error error;
    struct reads reads = {.call = call};
    if (!parse(&reads, state, &fault))
        return ddb_answer_fault(call, &fault);
    struct ddb_cancellation *reasons =
        sim_arena_alloc_array(call->arena, reads.count, sizeof *reasons);
    if (!find_keys(&reads, reasons, &fault))
        return fault.is_empty_key ? ddb_answer_fault(call, &fault)
                                  : ddb_transaction_cancel(call, reasons, reads.count);
    if (!check_duplicates(&reads, &fault))
        return ddb_answer_fault(call, &fault);
    if (!find_conflicts(&reads, reasons))
        return ddb_transaction_cancel(call, reasons, reads.count);
    struct ddb_capacity capacity;
    bool is_throttled = false;
    ddb_capacity_init(&capacity, call->arena);
    cJSON *output = cJSON_CreateObject();
    cJSON *responses = cJSON_AddArrayToObject(output, "Responses");
    for (size_t i = 0; i < reads.count; i++) {
        if (read_one(&reads, &reads.gets[i], responses, &capacity, &reasons[i], &is_throttled,
                     &error) != RESULT_OK) {
            cJSON_Delete(output);
            return wire_fail_internal(call, &error);
        }
    }
    if (is_throttled) {
        ddb_throttle_give_back(&capacity, DDB_READ);
        cJSON_Delete(output);
        return ddb_transaction_cancel(call, reasons, reads.count);
    }
    ddb_throttle_tell(&capacity, DDB_READ);
    ddb_capacity_report(&capacity, call->input, output, true, DDB_CAPACITY_TRANSACT_READ);
    return wire_succeed(call, output);
}
