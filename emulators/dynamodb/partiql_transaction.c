/* ExecuteTransaction: up to 100 statements, all reads or all writes, all or nothing.
 *
 * What is wrong with a statement as such fails the call and says which one it was; what is wrong
 * with an item cancels the transaction with a reason for each statement. */
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/partiql_execute.h"
#include "emulators/dynamodb/partiql_write.h"
#include "emulators/dynamodb/throttle.h"
#include "emulators/dynamodb/transaction.h"
#include "emulators/dynamodb/transaction_claims.h"
#include "emulators/dynamodb/transaction_tokens.h"

struct member { /* one statement */
    const cJSON *request;
    struct ddb_partiql_parameters parameters;
    struct ddb_partiql statement;
    struct ddb_item_action action; /* of a SELECT only table and key */
};

struct transaction {
    struct ddb *ddb;
    struct wire_call *call;
    struct member *members;
    struct ddb_cancellation *reasons; /* by member */
    size_t count;
    bool is_read;
    bool is_cancelled;
    const char *token; /* NULL: none given */
    const char *body;
};

/* --- statements --------------------------------------------------------------------------------
 */

/* Says which statement a fault is about. */
static bool fail_member(size_t number, struct ddb_fault *fault)
{
    fault->message = sim_arena_printf(
        fault->arena, "Validation failed in TransactStatements[%zu]: %s", number, fault->message);
    return false;
}

static bool parse_members(struct transaction *transaction, struct ddb_fault *fault)
{
    const cJSON *list = wire_member(transaction->call->input, "TransactStatements");
    size_t count = (size_t)cJSON_GetArraySize(list);
    const cJSON *request = NULL;
    transaction->members =
        sim_arena_alloc_array(fault->arena, count + 1, sizeof *transaction->members);
    transaction->reasons =
        sim_arena_alloc_array(fault->arena, count + 1, sizeof *transaction->reasons);
    cJSON_ArrayForEach(request, list)
    {
        struct member *member = &transaction->members[transaction->count++];
        member->request = request;
        if (!ddb_partiql_read_parameters(wire_member(request, "Parameters"), &member->parameters,
                                         fault))
            return false;
    }
    for (size_t i = 0; i < transaction->count; i++) {
        struct member *member = &transaction->members[i];
        if (!ddb_partiql_parse(wire_text(member->request, "Statement"), &member->parameters,
                               &member->statement, fault))
            return fail_member(i, fault);
    }
    return true;
}

static bool check_kinds(struct transaction *transaction, struct ddb_fault *fault)
{
    size_t read_count = 0;
    for (size_t i = 0; i < transaction->count; i++)
        read_count += ddb_partiql_is_read(&transaction->members[i].statement) ? 1 : 0;
    transaction->is_read = read_count > 0;
    return read_count == 0 || read_count == transaction->count ||
           ddb_invalid(fault, "ExecuteTransaction API does not support both read and write "
                              "operations in the same request.");
}

static void cancel_member(struct transaction *transaction, size_t number,
                          const struct ddb_fault *fault)
{
    transaction->is_cancelled = true;
    transaction->reasons[number].code =
        ddb_partiql_short_code(transaction->call->arena, fault->code);
    transaction->reasons[number].message = fault->message;
}

/* --- what a statement may be in a transaction ----------------------------------------------------
 */

static bool check_read(struct member *member, struct ddb_fault *fault)
{
    struct ddb_partiql_plan plan;
    if (member->statement.index != NULL)
        return ddb_invalid(fault, "Reads on indices are not supported within transactions.");
    if (!ddb_partiql_plan_item(&member->statement, member->action.table->definition, &plan, fault))
        return false;
    member->action.item = cJSON_Duplicate(plan.exact_key, true);
    if (plan.exact_key == NULL)
        return ddb_invalid(fault, "Select statements within ExecuteTransaction must specify the "
                                  "primary key in the where clause.");
    ddb_defer_json(fault->arena, member->action.item);
    return true;
}

static bool check_exists(const struct member *member, struct ddb_fault *fault)
{
    struct ddb_partiql_write_key key;
    if (member->statement.index != NULL)
        return ddb_invalid(fault, "Reads on indices are not supported within transactions.");
    ddb_partiql_find_write_key(&member->statement, &member->action.table->definition->keys,
                               fault->arena, &key);
    if (key.is_whole && key.condition_count > (size_t)cJSON_GetArraySize(key.map))
        return true;
    return ddb_invalid(fault, "EXISTS() must contain a single item read with additional condition");
}

static bool check_member(struct member *member, struct ddb_fault *fault)
{
    if (member->statement.returning != DDB_PARTIQL_RETURNING_NOTHING)
        return ddb_invalid(fault, "RETURNING clause is not supported in ExecuteTransaction.");
    if (member->statement.kind == DDB_PARTIQL_SELECT)
        return check_read(member, fault);
    return member->statement.kind != DDB_PARTIQL_EXISTS || check_exists(member, fault);
}

/* Finds tables; a statement on a table that is not there is cancelled, unless another one is wrong
 * as such. */
static bool locate(struct transaction *transaction, struct ddb_fault *fault)
{
    for (size_t i = 0; i < transaction->count; i++) {
        struct member *member = &transaction->members[i];
        struct ddb_fault missing = {.arena = fault->arena};
        ddb_partiql_action_begin(&member->statement, member->request, NULL, &member->action);
        if (!ddb_action_find_table(&member->action, transaction->ddb, transaction->call, &missing))
            cancel_member(transaction, i, &missing);
        else if (!check_member(member, fault))
            return fail_member(i, fault);
    }
    return true;
}

static bool find_key(const struct transaction *transaction, struct member *member,
                     struct ddb_fault *fault)
{
    struct ddb_item_action *action = &member->action;
    if (transaction->is_read)
        return ddb_key_from_map(&action->table->definition->keys, action->item, &action->key,
                                fault);
    return ddb_partiql_action_find_key(&member->statement, true, action, fault);
}

/* Every key that does not fit is reported. */
static void find_keys(struct transaction *transaction)
{
    for (size_t i = 0; i < transaction->count; i++) {
        struct ddb_fault fault = {.arena = transaction->call->arena};
        if (!find_key(transaction, &transaction->members[i], &fault))
            cancel_member(transaction, i, &fault);
    }
}

static bool check_duplicates(const struct transaction *transaction, struct ddb_fault *fault)
{
    const struct member *members = transaction->members;
    for (size_t i = 0; i < transaction->count; i++) {
        for (size_t k = i + 1; k < transaction->count; k++) {
            if (members[i].action.table == members[k].action.table &&
                ddb_key_compare(&members[i].action.key, &members[k].action.key) == 0)
                return ddb_invalid(fault, "Transaction request cannot include multiple operations "
                                          "on one item");
        }
    }
    return true;
}

static void find_conflicts(struct transaction *transaction)
{
    enum ddb_claim_kind kind = transaction->is_read ? DDB_CLAIM_READ : DDB_CLAIM_TRANSACTION;
    for (size_t i = 0; i < transaction->count; i++) {
        const struct ddb_item_action *action = &transaction->members[i].action;
        if (!ddb_claims_refuse(transaction->call, kind, action->table, &action->key))
            continue;
        transaction->is_cancelled = true;
        ddb_cancellation_set_conflict(&transaction->reasons[i]);
    }
}

static enum wire_progress cancel(struct transaction *transaction)
{
    for (size_t i = 0; i < transaction->count; i++) {
        cJSON *members = ddb_action_failure_members(&transaction->members[i].action);
        if (members == NULL)
            continue;
        transaction->reasons[i].item = cJSON_DetachItemFromObjectCaseSensitive(members, "Item");
        cJSON_Delete(members);
    }
    return ddb_transaction_cancel(transaction->call, transaction->reasons, transaction->count);
}

/* --- reads -------------------------------------------------------------------------------------
 */

static enum sim_result read_all(struct transaction *transaction, struct ddb_capacity *capacity,
                                cJSON *responses, struct sim_error *error)
{
    struct wire_call *call = transaction->call;
    enum sim_result result = RESULT_OK;
    for (size_t i = 0; i < transaction->count && result == RESULT_OK; i++) {
        struct member *member = &transaction->members[i];
        struct ddb_item_action *action = &member->action;
        result = ddb_items_read(&action->table->items, &action->key, call->arena, &action->row,
                                &action->has_row, error);
        struct ddb_fault fault = {.arena = call->arena};
        struct ddb_capacity own;
        ddb_capacity_init(&own, call->arena);
        ddb_capacity_add(&own, action->table, 2 * ddb_read_halves(action->row.size_bytes, true));
        if (ddb_throttle_try(&own, DDB_READ, &fault))
            ddb_capacity_add_all(capacity, &own);
        else
            cancel_member(transaction, i, &fault);
        if (responses == NULL)
            continue;
        cJSON *response = cJSON_CreateObject();
        cJSON_AddItemToArray(responses, response);
        const char *text = ddb_action_old_text(action);
        if (text != NULL)
            cJSON_AddItemToObject(response, "Item", ddb_partiql_project(&member->statement, text));
    }
    return result;
}

/* A repeated write also only reads: its items as they are now are all that it costs. */
static enum wire_progress answer_reads(struct transaction *transaction, bool has_items)
{
    struct wire_call *call = transaction->call;
    struct ddb_capacity capacity;
    struct sim_error error;
    cJSON *output = cJSON_CreateObject();
    cJSON *responses = cJSON_AddArrayToObject(output, "Responses");
    ddb_capacity_init(&capacity, call->arena);
    if (read_all(transaction, &capacity, has_items ? responses : NULL, &error) != RESULT_OK) {
        cJSON_Delete(output);
        return wire_fail_internal(call, &error);
    }
    if (transaction->is_cancelled) {
        ddb_throttle_give_back(&capacity, DDB_READ);
        cJSON_Delete(output);
        return cancel(transaction);
    }
    ddb_throttle_tell(&capacity, DDB_READ);
    ddb_capacity_report(&capacity, call->input, output, true, DDB_CAPACITY_TRANSACT_READ);
    return wire_succeed(call, output);
}

/* --- writes ------------------------------------------------------------------------------------
 */

static void read_token(struct transaction *transaction)
{
    struct wire_call *call = transaction->call;
    if (!transaction->is_read)
        transaction->token = ddb_transaction_token(call);
    if (transaction->token == NULL)
        return;
    transaction->body = ddb_token_body(wire_member(call->input, "TransactStatements"), call->arena);
}

static enum ddb_token_verdict ask_token(const struct transaction *transaction)
{
    struct ddb_region *region = ddb_region_find(transaction->ddb, transaction->call->region);
    if (transaction->token == NULL || region == NULL)
        return DDB_TOKEN_NEW;
    return ddb_tokens_ask(region->tokens, transaction->token, transaction->body,
                          ddb_now_us(transaction->ddb));
}

/* Failed conditions and duplicates are all reported; an invalid item ends the evaluation. */
static enum sim_result evaluate(struct transaction *transaction, struct sim_error *error)
{
    for (size_t i = 0; i < transaction->count; i++) {
        struct member *member = &transaction->members[i];
        struct ddb_fault fault = {.arena = transaction->call->arena};
        if (transaction->reasons[i].code != NULL)
            continue;
        enum sim_result result = ddb_action_read(&member->action, fault.arena, error);
        if (result != RESULT_OK)
            return result;
        if (ddb_partiql_action_evaluate(&member->statement, &member->action, &fault))
            continue;
        cancel_member(transaction, i, &fault);
        if (strcmp(fault.code, "ValidationException") == 0)
            return RESULT_OK;
    }
    return RESULT_OK;
}

static bool check_size(const struct transaction *transaction, struct ddb_fault *fault)
{
    size_t bytes = 0;
    for (size_t i = 0; i < transaction->count; i++)
        bytes += transaction->members[i].action.new_size_bytes;
    return bytes <= DDB_TRANSACTION_BYTES_MAX ||
           ddb_invalid(fault, "Transaction request size cannot exceed %zu bytes",
                       DDB_TRANSACTION_BYTES_MAX);
}

static enum sim_result write_all(struct transaction *transaction, struct ddb_commit *commit,
                                 struct ddb_capacity *capacity, struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    for (size_t i = 0; i < transaction->count && result == RESULT_OK; i++)
        result = ddb_transaction_write(&transaction->members[i].action, commit, capacity,
                                       &transaction->reasons[i], &transaction->is_cancelled, error);
    return result;
}

static enum wire_progress apply(struct transaction *transaction)
{
    struct wire_call *call = transaction->call;
    struct ddb_region *region = transaction->members[0].action.table->home;
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
        ddb_tokens_add(region->tokens, transaction->token, transaction->body,
                       ddb_now_us(transaction->ddb));
    cJSON *output = cJSON_CreateObject();
    cJSON_AddArrayToObject(output, "Responses"); /* of reads alone */
    ddb_capacity_report(&capacity, call->input, output, true, DDB_CAPACITY_TRANSACT_WRITE);
    return wire_succeed(call, output);
}

static enum wire_progress run_writes(struct transaction *transaction)
{
    struct ddb_fault fault = {.arena = transaction->call->arena};
    struct sim_error error;
    if (evaluate(transaction, &error) != RESULT_OK)
        return wire_fail_internal(transaction->call, &error);
    if (transaction->is_cancelled)
        return cancel(transaction);
    if (!check_size(transaction, &fault))
        return ddb_answer_fault(transaction->call, &fault);
    return apply(transaction);
}

/* --- the whole ---------------------------------------------------------------------------------
 */

static enum wire_progress run(struct ddb *ddb, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct transaction transaction = {.ddb = ddb, .call = call};
    if (!parse_members(&transaction, &fault) || !check_kinds(&transaction, &fault) ||
        !locate(&transaction, &fault))
        return ddb_answer_fault(call, &fault);
    if (transaction.is_cancelled)
        return cancel(&transaction);
    read_token(&transaction);
    if (ddb_claims_token_is_busy(call, ddb_region_find(ddb, call->region), transaction.token))
        return ddb_transaction_answer_busy(call);
    enum ddb_token_verdict verdict = ask_token(&transaction);
    if (verdict == DDB_TOKEN_MISMATCH)
        return wire_fail(call, "IdempotentParameterMismatchException",
                         "Request parameters do not match the original request for this client "
                         "token");
    find_keys(&transaction);
    if (transaction.is_cancelled)
        return cancel(&transaction);
    if (verdict == DDB_TOKEN_REPEATED)
        return answer_reads(&transaction, false);
    if (!check_duplicates(&transaction, &fault))
        return ddb_answer_fault(call, &fault);
    find_conflicts(&transaction);
    if (transaction.is_cancelled && transaction.is_read)
        return cancel(&transaction);
    return transaction.is_read ? answer_reads(&transaction, true) : run_writes(&transaction);
}

enum wire_progress ddb_execute_transaction(void *state, struct wire_call *call)
{
    enum wire_progress progress = run(state, call);
    ddb_claim_end(call->begun);
    return progress;
}

bool ddb_partiql_transaction_items(struct ddb *ddb, struct wire_call *call,
                                   struct ddb_claim_item **items, size_t *count, bool *is_read)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct transaction transaction = {.ddb = ddb, .call = call};
    if (!parse_members(&transaction, &fault) || !check_kinds(&transaction, &fault) ||
        !locate(&transaction, &fault) || transaction.is_cancelled)
        return false;
    find_keys(&transaction);
    if (transaction.is_cancelled)
        return false;
    *items = sim_arena_alloc_array(call->arena, transaction.count + 1, sizeof **items);
    for (size_t i = 0; i < transaction.count; i++) {
        const struct ddb_item_action *action = &transaction.members[i].action;
        (*items)[i] = (struct ddb_claim_item){.table = action->table, .key = action->key};
    }
    *count = transaction.count;
    *is_read = transaction.is_read;
    return true;
}
