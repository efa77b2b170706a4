#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/item_action.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/throttle.h"
#include "emulators/dynamodb/transaction.h"
#include "emulators/dynamodb/transaction_claims.h"
#include "emulators/dynamodb/transaction_tokens.h"

struct transaction {
    struct wire_call *call;
    struct ddb_item_action *actions;
    struct ddb_cancellation *reasons; /* by action */
    size_t count;
    bool is_cancelled;
    const char *token; /* NULL: none given */
    const char *body;
};

static const struct {
    const char *member;
    enum ddb_item_action_kind kind;
} kinds[] = {
    {"ConditionCheck", DDB_ITEM_CHECK},
    {"Put", DDB_ITEM_PUT},
    {"Update", DDB_ITEM_UPDATE},
    {"Delete", DDB_ITEM_DELETE},
};

/* --- parse -------------------------------------------------------------------------------------
 */

static bool parse_element(struct transaction *transaction, const cJSON *element,
                          struct ddb_fault *fault)
{
    const cJSON *input = NULL;
    enum ddb_item_action_kind kind = DDB_ITEM_CHECK;
    int given = 0;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const cJSON *member = wire_member(element, kinds[i].member);
        if (member == NULL)
            continue;
        input = member;
        kind = kinds[i].kind;
        given++;
    }
    if (given != 1)
        return ddb_invalid(fault,
                           "TransactItems can only contain one of Check, Put, Update or Delete");
    return ddb_action_parse(&transaction->actions[transaction->count++], kind, input, false, fault);
}

static bool parse(struct transaction *transaction, struct ddb_fault *fault)
{
    const cJSON *items = wire_member(transaction->call->input, "TransactItems");
    if (!ddb_transaction_check_count(items, fault))
        return false;
    size_t count = (size_t)cJSON_GetArraySize(items);
    transaction->actions = sim_arena_alloc_array(fault->arena, count, sizeof *transaction->actions);
    transaction->reasons = sim_arena_alloc_array(fault->arena, count, sizeof *transaction->reasons);
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, items)
    {
        if (!parse_element(transaction, element, fault))
            return false;
    }
    return true;
}

static bool find_tables(struct transaction *transaction, struct ddb *ddb, struct ddb_fault *fault)
{
    for (size_t i = 0; i < transaction->count; i++) {
        if (!ddb_action_find_table(&transaction->actions[i], ddb, transaction->call, fault))
            return false;
    }
    return true;
}

/* --- tokens ------------------------------------------------------------------------------------
 */

static void read_token(struct transaction *transaction)
{
    struct wire_call *call = transaction->call;
    transaction->token = ddb_transaction_token(call);
    if (transaction->token == NULL)
        return;
    transaction->body = ddb_token_body(wire_member(call->input, "TransactItems"), call->arena);
}

static enum ddb_token_verdict ask_token(const struct transaction *transaction, struct ddb *ddb)
{
    struct ddb_region *region = ddb_region_find(ddb, transaction->call->region);
    if (transaction->token == NULL || region == NULL)
        return DDB_TOKEN_NEW;
    return ddb_tokens_ask(region->tokens, transaction->token, transaction->body, ddb_now_us(ddb));
}

/* The items as they are now: read units are all that a repeated call costs. */
static enum wire_progress answer_repeated(struct transaction *transaction)
{
    struct wire_call *call = transaction->call;
    struct ddb_capacity capacity;
    struct sim_error error;
    ddb_capacity_init(&capacity, call->arena);
    for (size_t i = 0; i < transaction->count; i++) {
        struct ddb_item_action *action = &transaction->actions[i];
        struct ddb_fault fault = {.arena = call->arena};
        if (!ddb_action_check_keys(action, &fault))
            return ddb_answer_fault(call, &fault);
        if (ddb_action_read(action, call->arena, &error) != RESULT_OK)
            return wire_fail_internal(call, &error);
        ddb_capacity_add(&capacity, action->table,
                         2 * ddb_read_halves(action->row.size_bytes, true));
    }
    struct ddb_fault throttled = {.arena = call->arena};
    if (!ddb_throttle_admit(&capacity, DDB_READ, &throttled))
        return ddb_answer_fault(call, &throttled);
    cJSON *output = cJSON_CreateObject();
    ddb_capacity_report(&capacity, call->input, output, true, DDB_CAPACITY_TRANSACT_READ);
    return wire_succeed(call, output);
}

/* --- evaluate ----------------------------------------------------------------------------------
 */

/* A key that does not fit its table cancels; the other actions are not looked at. An empty key
 * value is no reason to cancel: it fails the call. */
static bool check_keys(struct transaction *transaction, struct ddb_fault *call_fault)
{
    for (size_t i = 0; i < transaction->count && !transaction->is_cancelled; i++) {
        struct ddb_fault fault = {.arena = transaction->call->arena};
        if (ddb_action_check_keys(&transaction->actions[i], &fault))
            continue;
        if (fault.is_empty_key) {
            *call_fault = fault;
            return false;
        }
        ddb_cancellation_set(&transaction->reasons[i], &fault);
        transaction->is_cancelled = true;
    }
    return true;
}

static bool check_duplicates(const struct transaction *transaction, struct ddb_fault *fault)
{
    const struct ddb_item_action *actions = transaction->actions;
    for (size_t i = 0; i < transaction->count; i++) {
        for (size_t k = i + 1; k < transaction->count; k++) {
            if (actions[i].table == actions[k].table &&
                ddb_key_compare(&actions[i].key, &actions[k].key) == 0)
                return ddb_invalid(fault, "Transaction request cannot include multiple operations "
                                          "on one item");
        }
    }
    return true;
}

/* Failed conditions and conflicts are all reported; an invalid item ends the evaluation, and an
 * empty value for an index key the call. */
static enum sim_result evaluate(struct transaction *transaction, struct ddb_fault *call_fault,
                                struct sim_error *error)
{
    for (size_t i = 0; i < transaction->count; i++) {
        struct ddb_item_action *action = &transaction->actions[i];
        struct ddb_fault fault = {.arena = transaction->call->arena};
        if (ddb_claims_refuse(transaction->call, DDB_CLAIM_TRANSACTION, action->table,
                              &action->key)) {
            transaction->is_cancelled = true;
            ddb_cancellation_set_conflict(&transaction->reasons[i]);
            continue;
        }
        enum sim_result result = ddb_action_read(action, fault.arena, error);
        if (result != RESULT_OK)
            return result;
        if (ddb_action_evaluate(action, &fault))
            continue;
        if (fault.is_empty_key) {
            *call_fault = fault;
            return RESULT_OK;
        }
        transaction->is_cancelled = true;
        ddb_cancellation_set(&transaction->reasons[i], &fault);
        if (!action->has_failed_condition)
            return RESULT_OK;
    }
    return RESULT_OK;
}

/* The items that the failed conditions ask to see; made last, because the answer owns them. */
static enum wire_progress cancel(struct transaction *transaction)
{
    for (size_t i = 0; i < transaction->count; i++) {
        cJSON *members = ddb_action_failure_members(&transaction->actions[i]);
        if (members == NULL)
            continue;
        transaction->reasons[i].item = cJSON_DetachItemFromObjectCaseSensitive(members, "Item");
        cJSON_Delete(members);
    }
    return ddb_transaction_cancel(transaction->call, transaction->reasons, transaction->count);
}

static bool check_size(const struct transaction *transaction, struct ddb_fault *fault)
{
    size_t bytes = 0;
    for (size_t i = 0; i < transaction->count; i++)
        bytes += transaction->actions[i].new_size_bytes;
    if (bytes <= DDB_TRANSACTION_BYTES_MAX)
        return true;
    return ddb_invalid(fault, "Transaction request size cannot exceed %zu bytes",
                       DDB_TRANSACTION_BYTES_MAX);
}

/* --- write -------------------------------------------------------------------------------------
 */

static enum sim_result write_all(struct transaction *transaction, struct ddb_commit *commit,
                                 struct ddb_capacity *capacity, struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    for (size_t i = 0; i < transaction->count && result == RESULT_OK; i++)
        result = ddb_transaction_write(&transaction->actions[i], commit, capacity,
                                       &transaction->reasons[i], &transaction->is_cancelled, error);
    return result;
}

static enum wire_progress apply(struct transaction *transaction, struct ddb *ddb)
{
    struct wire_call *call = transaction->call;
    struct ddb_region *region = transaction->actions[0].table->home;
    struct sim_error error;
    struct ddb_capacity capacity;
    struct ddb_commit commit;
    ddb_capacity_init(&capacity, call->arena);
    enum sim_result result = ddb_commit_begin(&commit, region, call->arena, NULL, &error);
    if (result == RESULT_OK) {
        result = write_all(transaction, &commit, &capacity, &error);
        result = ddb_transaction_end(&commit, &capacity, transaction->is_cancelled, result, &error);
    }
    if (result != RESULT_OK)
        return wire_fail_internal(call, &error);
    if (transaction->is_cancelled)
        return cancel(transaction);
    if (transaction->token != NULL)
        ddb_tokens_add(region->tokens, transaction->token, transaction->body, ddb_now_us(ddb));
    cJSON *output = cJSON_CreateObject();
    ddb_capacity_report(&capacity, call->input, output, true, DDB_CAPACITY_TRANSACT_WRITE);
    return wire_succeed(call, output);
}

static enum wire_progress run(struct ddb *ddb, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena, .expressions = ddb->expressions};
    struct sim_error error;
    struct transaction transaction = {.call = call};
    if (!parse(&transaction, &fault) || !find_tables(&transaction, ddb, &fault))
        return ddb_answer_fault(call, &fault);
    read_token(&transaction);
    if (ddb_claims_token_is_busy(call, ddb_region_find(ddb, call->region), transaction.token))
        return ddb_transaction_answer_busy(call);
    enum ddb_token_verdict verdict = ask_token(&transaction, ddb);
    if (verdict == DDB_TOKEN_MISMATCH)
        return wire_fail(call, "IdempotentParameterMismatchException",
                         "Request parameters do not match the original request for this client "
                         "token");
    if (verdict == DDB_TOKEN_REPEATED)
        return answer_repeated(&transaction);
    if (!check_keys(&transaction, &fault))
        return ddb_answer_fault(call, &fault);
    if (transaction.is_cancelled)
        return cancel(&transaction);
    if (!check_duplicates(&transaction, &fault))
        return ddb_answer_fault(call, &fault);
    if (evaluate(&transaction, &fault, &error) != RESULT_OK)
        return wire_fail_internal(call, &error);
    if (fault.code != NULL)
        return ddb_answer_fault(call, &fault);
    if (transaction.is_cancelled)
        return cancel(&transaction);
    if (!check_size(&transaction, &fault))
        return ddb_answer_fault(call, &fault);
    return apply(&transaction, ddb);
}

enum wire_progress ddb_transact_write(void *state, struct wire_call *call)
{
    enum wire_progress progress = run(state, call);
    ddb_claim_end(call->begun);
    return progress;
}
