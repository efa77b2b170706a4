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

struct ddb_fault {
    struct sim_arena *arena;
    const char *code;    /* "ValidationException" */
    const char *message; /* in arena */
    /* Of throttling alone (throttle.h), else NULL: why, and the ARN of what had no more. */
    const char *throttling_reason;
    const char *throttling_resource;
};

/* Both return false, so that "return ddb_invalid(...)" ends a check. */
bool ddb_fail(struct ddb_fault *fault, const char *code, const char *format, ...) PRINTF_LIKE(3, 4);
bool ddb_invalid(struct ddb_fault *fault, const char *format, ...) PRINTF_LIKE(2, 3);

/* How most messages about values begin. */
#define DDB_PARAMETER_TEXT "One or more parameter values were invalid: "

#endif
