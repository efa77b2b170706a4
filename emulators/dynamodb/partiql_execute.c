#include "emulators/dynamodb/partiql_execute.h"

#include <string.h>

#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/partiql_write.h"
#include "emulators/dynamodb/strong.h"
#include "emulators/dynamodb/throttle.h"
#include "emulators/dynamodb/transaction_claims.h"

/* --- SELECT ------------------------------------------------------------------------------------
 */

static bool check_names_item(const struct ddb_partiql_run *run, struct ddb_fault *fault)
{
    struct ddb_partiql_plan plan = {0};
    bool is_plannable = run->statement.index == NULL;
    const struct ddb_index_definition *index =
        is_plannable ? NULL
                     : ddb_definition_index_find(run->table->definition, run->statement.index);
    if (index != NULL && !ddb_partiql_check_index(index, fault))
        return false;
    if (is_plannable &&
        !ddb_partiql_plan_item(&run->statement, run->table->definition, &plan, fault))
        return false;
    return plan.exact_key != NULL ||
           ddb_invalid(fault, "Select statements within BatchExecuteStatement must specify the "
                              "primary key in the where clause.");
}

static bool may_read(const struct ddb_partiql_select *select, struct ddb_fault *fault)
{
    size_t place = select->index == NULL
                       ? DDB_TABLE_ITSELF
                       : (size_t)(select->index - select->table->definition->indexes);
    return ddb_throttle_may_read(select->table, place, fault);
}

static bool run_select(struct ddb_partiql_run *run, struct ddb_fault *fault,
                       enum sim_result *result, struct sim_error *error)
{
    const cJSON *request = run->request;
    int64_t limit = wire_integer(request, "Limit", 0);
    const char *token = wire_text(request, "NextToken");
    struct ddb_partiql_request bound = {.account = run->call->account,
                                        .region = run->call->region,
                                        .statement = wire_text(request, "Statement"),
                                        .parameters = wire_member(request, "Parameters")};
    struct ddb_partiql_select select = {.statement = &run->statement,
                                        .table = run->table,
                                        .is_consistent =
                                            wire_flag(request, "ConsistentRead", false),
                                        .limit = limit > 0 ? (size_t)limit : SIZE_MAX};
    if ((run->is_batch && !check_names_item(run, fault)) ||
        (token != NULL && !ddb_partiql_token_read(token, &bound, &select.position, fault)) ||
        !ddb_partiql_select_prepare(&select, fault) || !may_read(&select, fault))
        return false;
    *result = ddb_partiql_select_read(&select, run->call->arena, run->capacity, error);
    run->items = select.items;
    run->last_key = select.last_key;
    if (*result == RESULT_OK && select.has_more)
        run->next_token = ddb_partiql_token_make(run->call->arena, &bound, &select.position);
    return *result == RESULT_OK;
}

/* --- INSERT, UPDATE, DELETE ----------------------------------------------------------------------
 */

/* Throttled, it is a fault and no error of the store. */
static bool commit(struct ddb_partiql_run *run, struct ddb_item_action *action,
                   struct ddb_fault *fault, enum sim_result *result, struct sim_error *error)
{
    enum sim_result committed = ddb_action_commit(action, run->capacity, fault, error);
    *result = fault->code == NULL ? committed : RESULT_OK;
    return committed == RESULT_OK;
}

static void keep_failure(struct ddb_partiql_run *run, const struct ddb_item_action *action)
{
    cJSON *members = ddb_action_failure_members(action);
    if (members == NULL)
        return;
    run->failure_item = cJSON_DetachItemFromObjectCaseSensitive(members, "Item");
    cJSON_Delete(members);
}

static bool run_write(struct ddb_partiql_run *run, struct ddb_fault *fault, enum sim_result *result,
                      struct sim_error *error)
{
    struct ddb_item_action action;
    ddb_partiql_action_begin(&run->statement, run->request, run->table, &action);
    if (!ddb_partiql_action_find_key(&run->statement, false, &action, fault))
        return false;
    if (ddb_claims_refuse(run->call, DDB_CLAIM_WRITE, action.table, &action.key))
        return ddb_fail(fault, "TransactionConflictException", DDB_TRANSACTION_CONFLICT_TEXT);
    if (ddb_claims_conflict(run->call, action.table, &action.key))
        return ddb_fail(fault, "ReplicatedWriteConflictException", DDB_REPLICATED_CONFLICT_TEXT);
    *result = ddb_action_read(&action, run->call->arena, error);
    if (*result != RESULT_OK)
        return false;
    if (!ddb_partiql_action_evaluate(&run->statement, &action, fault)) {
        struct ddb_fault throttled = {.arena = fault->arena};
        if (ddb_action_pay_failure(&action, &throttled))
            keep_failure(run, &action);
        else
            *fault = throttled;
        return false;
    }
    if (!commit(run, &action, fault, result, error))
        return false;
    run->items = cJSON_CreateArray();
    cJSON *returned = ddb_partiql_action_returned(&run->statement, &action);
    if (returned != NULL)
        cJSON_AddItemToArray(run->items, returned);
    return true;
}

/* --- one statement -------------------------------------------------------------------------------
 */

bool ddb_partiql_run_parse(struct ddb_partiql_run *run, struct ddb_fault *fault)
{
    struct ddb_partiql_parameters parameters;
    return ddb_partiql_read_parameters(wire_member(run->request, "Parameters"), &parameters,
                                       fault) &&
           ddb_partiql_parse(wire_text(run->request, "Statement"), &parameters, &run->statement,
                             fault);
}

bool ddb_partiql_run_statement(struct ddb_partiql_run *run, struct ddb_fault *fault,
                               enum sim_result *result, struct sim_error *error)
{
    *result = RESULT_OK;
    if (run->statement.kind == DDB_PARTIQL_EXISTS)
        return ddb_invalid(fault, "EXISTS can only be used in ExecuteTransaction write requests.");
    if (!ddb_request_table(run->ddb, run->call, run->statement.table, &run->table, fault))
        return false;
    bool is_read = ddb_partiql_is_read(&run->statement);
    if ((!is_read || wire_flag(run->request, "ConsistentRead", false)) &&
        !ddb_strong_need_quorum(run->call, run->table, fault))
        return false;
    return is_read ? run_select(run, fault, result, error) : run_write(run, fault, result, error);
}

/* --- ExecuteStatement ----------------------------------------------------------------------------
 */

enum ddb_capacity_form ddb_partiql_capacity_form(bool is_read)
{
    return is_read ? DDB_CAPACITY_TRANSACT_READ : DDB_CAPACITY_TRANSACT_WRITE;
}

static enum wire_progress fail_statement(struct ddb_partiql_run *run, struct ddb_fault *fault)
{
    if (run->failure_item == NULL)
        return ddb_answer_fault(run->call, fault);
    cJSON *members = cJSON_CreateObject();
    cJSON_AddItemToObject(members, "Item", run->failure_item);
    return wire_fail_with(run->call, fault->code, members, "%s", fault->message);
}

enum wire_progress ddb_execute_statement(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct sim_error error;
    enum sim_result result = RESULT_OK;
    struct ddb_capacity capacity;
    struct ddb_partiql_run run = {
        .ddb = state, .call = call, .request = call->input, .capacity = &capacity};
    ddb_capacity_init(&capacity, call->arena);
    if (!ddb_partiql_run_parse(&run, &fault))
        return ddb_answer_fault(call, &fault);
    if (!ddb_partiql_run_statement(&run, &fault, &result, &error)) {
        cJSON_Delete(run.items);
        cJSON_Delete(run.last_key);
        return result != RESULT_OK ? wire_fail_internal(call, &error)
                                   : fail_statement(&run, &fault);
    }
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "Items", run.items);
    if (run.next_token != NULL)
        cJSON_AddStringToObject(output, "NextToken", run.next_token);
    if (run.last_key != NULL)
        cJSON_AddItemToObject(output, "LastEvaluatedKey", run.last_key);
    ddb_capacity_report(&capacity, call->input, output, false,
                        ddb_partiql_capacity_form(ddb_partiql_is_read(&run.statement)));
    return wire_succeed(call, output);
}
