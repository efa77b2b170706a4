#include "emulators/dynamodb/transaction.h"

#include <string.h>

#include "emulators/dynamodb/throttle.h"
#include "emulators/dynamodb/transaction_claims.h"
#include "sim/core/buffer.h"

bool ddb_transaction_check_count(const cJSON *items, struct ddb_fault *fault)
{
    int count = cJSON_GetArraySize(items);
    if (count >= 1 && count <= DDB_TRANSACTION_ACTIONS_MAX)
        return true;
    return ddb_invalid(fault,
                       "1 validation error detected: Value '[%d items]' at 'transactItems' failed "
                       "to satisfy constraint: Member must have length %s than or equal to %d",
                       count, count < 1 ? "greater" : "less",
                       count < 1 ? 1 : DDB_TRANSACTION_ACTIONS_MAX);
}

const char *ddb_transaction_token(const struct wire_call *call)
{
    const char *token = wire_text(call->input, "ClientRequestToken");
    return token == NULL ? NULL : sim_arena_printf(call->arena, "%s/%s", call->account, token);
}

void ddb_cancellation_set_conflict(struct ddb_cancellation *reason)
{
    reason->code = "TransactionConflict";
    reason->message = DDB_TRANSACTION_CONFLICT_TEXT;
}

enum wire_progress ddb_transaction_answer_busy(struct wire_call *call)
{
    return wire_fail(call, "TransactionInProgressException",
                     "The transaction with the given request token is already in progress.");
}

void ddb_cancellation_set(struct ddb_cancellation *reason, const struct ddb_fault *fault)
{
    bool is_condition = strcmp(fault->code, "ConditionalCheckFailedException") == 0;
    const char *throttled = ddb_throttle_reason_code(fault);
    reason->code = is_condition        ? "ConditionalCheckFailed"
                   : throttled != NULL ? throttled
                                       : "ValidationError";
    reason->message = fault->message;
}

enum sim_result ddb_transaction_write(struct ddb_item_action *action, struct ddb_commit *commit,
                                      struct ddb_capacity *total, struct ddb_cancellation *reason,
                                      bool *is_throttled, struct sim_error *error)
{
    struct ddb_fault fault = {.arena = commit->arena};
    struct ddb_capacity own;
    ddb_capacity_init(&own, commit->arena);
    ddb_capacity_add(&own, action->table, 2 * ddb_action_write_halves(action));
    commit->capacity = &own;
    commit->unit_factor = 2;
    enum sim_result result = ddb_action_write(action, commit, error);
    commit->capacity = NULL;
    if (result != RESULT_OK)
        return result;
    if (ddb_throttle_try(&own, DDB_WRITE, &fault)) {
        ddb_capacity_add_all(total, &own);
    } else {
        ddb_cancellation_set(reason, &fault);
        *is_throttled = true;
    }
    return RESULT_OK;
}

enum sim_result ddb_transaction_end(struct ddb_commit *commit, const struct ddb_capacity *total,
                                    bool is_throttled, enum sim_result result,
                                    struct sim_error *error)
{
    bool is_dropped = is_throttled && result == RESULT_OK;
    if (is_dropped)
        result = sim_error_set(error, RESULT_LIMIT, "throttled");
    result = ddb_commit_end(commit, result, error);
    if (result == RESULT_OK)
        ddb_throttle_tell(total, DDB_WRITE);
    else
        ddb_throttle_give_back(total, DDB_WRITE);
    return is_dropped ? RESULT_OK : result;
}

enum wire_progress ddb_transaction_cancel(struct wire_call *call,
                                          const struct ddb_cancellation *reasons, size_t count)
{
    struct sim_buffer codes;
    sim_buffer_init(&codes);
    cJSON *members = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(members, "CancellationReasons");
    for (size_t i = 0; i < count; i++) {
        const char *code = reasons[i].code != NULL ? reasons[i].code : "None";
        cJSON *reason = cJSON_CreateObject();
        cJSON_AddItemToArray(list, reason);
        cJSON_AddStringToObject(reason, "Code", code);
        if (reasons[i].message != NULL)
            cJSON_AddStringToObject(reason, "Message", reasons[i].message);
        if (reasons[i].item != NULL)
            cJSON_AddItemToObject(reason, "Item", reasons[i].item);
        sim_buffer_printf(&codes, "%s%s", i > 0 ? ", " : "", code);
    }
    enum wire_progress progress = wire_fail_with(
        call, "TransactionCanceledException", members,
        "Transaction cancelled, please refer cancellation reasons for specific reasons [%s]",
        codes.data != NULL ? codes.data : "");
    sim_buffer_fini(&codes);
    return progress;
}
