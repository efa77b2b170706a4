/* ddb_error.h -- what was wrong with a request, in the service's own words.
 *
 * Purpose  Checks inside the emulator say code and message here; the handler that called them hands
 *          both to wire_fail().
 * Owner    The caller sets arena (struct ddb_fault fault = {.arena = call->arena}); messages live
 *          there. code stays NULL while nothing was wrong.
 * Errors   A function that takes a fault returns false exactly when it has set it. The first fault
 *          wins: who calls on after a failure would overwrite it, so nobody does. */
#ifndef EMULATORS_DYNAMODB_DDB_ERROR_H
#define EMULATORS_DYNAMODB_DDB_ERROR_H

#include "sim/core/arena.h"

/* The service words faults of values in two ways, and which one a caller hears depends on the
 * operation. DDB_WORDING_OLDER: BatchWriteItem, Scan, the transactions and PartiQL.
 * DDB_WORDING_CURRENT: GetItem, BatchGetItem, Query; inside ddb_fault_frame() PutItem, UpdateItem
 * and DeleteItem as well. Source: what the service in us-east-1 answers since 2026. */
enum ddb_wording {
    DDB_WORDING_OLDER,
    DDB_WORDING_CURRENT,
};

struct ddb_expression_cache;

struct ddb_fault {
    struct sim_arena *arena;
    const char *code;    /* "ValidationException" */
    const char *message; /* in arena */
    enum ddb_wording wording;
    bool is_empty_key; /* about an empty key value, which fails a transaction as a whole */
    struct ddb_expression_cache *expressions; /* given along with the arena: parsed texts that
                                                 requests share, or NULL */
    /* Of throttling alone (throttle.h), else NULL: why, and the ARN of what had no more. */
    const char *throttling_reason;
    const char *throttling_resource;
};

/* Both return false, so that "return ddb_invalid(...)" ends a check. */
bool ddb_fail(struct ddb_fault *fault, const char *code, const char *format, ...) PRINTF_LIKE(3, 4);
bool ddb_invalid(struct ddb_fault *fault, const char *format, ...) PRINTF_LIKE(2, 3);

/* A ValidationException's message gets the frame "1 validation error detected: "; other codes stay
 * as they are. Returns false. */
bool ddb_fault_frame(struct ddb_fault *fault);

/* How most messages about values begin. */
#define DDB_PARAMETER_TEXT "One or more parameter values were invalid: "

#endif
