/* partiql_execute.h -- one statement on its own: what ExecuteStatement and each part of
 * BatchExecuteStatement do.
 *
 * Owner    Everything but items and last_key lies in the call's arena; those two are the caller's.
 * Errors   The fault carries the service's code and text; failure_item is what a failed condition
 *          asks to see (the caller's) or NULL. The store's errors come separately. */
#ifndef EMULATORS_DYNAMODB_PARTIQL_EXECUTE_H
#define EMULATORS_DYNAMODB_PARTIQL_EXECUTE_H

#include "emulators/dynamodb/partiql_select.h"

struct ddb_partiql_run {
    struct ddb *ddb;
    struct wire_call *call;
    const cJSON *request; /* Statement, Parameters, ConsistentRead, ... */
    bool is_batch;        /* a SELECT must name one item */
    struct ddb_capacity *capacity;
    struct ddb_partiql statement;
    struct ddb_table *table; /* once it is found */

    cJSON *items; /* array */
    cJSON *last_key;
    const char *next_token;
    cJSON *failure_item;
};

/* Reads Parameters and Statement. */
MUST_USE bool ddb_partiql_run_parse(struct ddb_partiql_run *run, struct ddb_fault *fault);
/* Runs what was parsed. *result is RESULT_OK unless the store failed, which makes a fault as well.
 */
MUST_USE bool ddb_partiql_run_statement(struct ddb_partiql_run *run, struct ddb_fault *fault,
                                        enum sim_result *result, struct sim_error *error);

/* PartiQL's answers tell read and write units apart. */
enum ddb_capacity_form ddb_partiql_capacity_form(bool is_read);
/* An exception as batches and cancellations call it: "ConditionalCheckFailed", "ValidationError".
 */
const char *ddb_partiql_short_code(struct sim_arena *arena, const char *code);

#endif
