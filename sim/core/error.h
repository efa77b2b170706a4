/* error.h -- how a function that can fail says so.
 *
 * Purpose  The enum is for code that decides; the sentence is for whoever reads it. It is written
 *          where the problem is found: what, where, what is allowed.
 * Owner    struct sim_error lives with the caller; a NULL pointer is allowed everywhere.
 * Errors   Outputs of a failed call are untouched. errno, SQLite's codes and the like are
 * translated on the line where they appear and travel no further. */
#ifndef SIM_CORE_ERROR_H
#define SIM_CORE_ERROR_H

#include "sim/core/base.h"

enum sim_result {
    RESULT_OK = 0,
    RESULT_INVALID,   /* the input is wrong */
    RESULT_NOT_FOUND, /* the thing named does not exist */
    RESULT_CONFLICT,  /* it exists already, or its state forbids this */
    RESULT_LIMIT,     /* a named maximum would be exceeded */
    RESULT_NO_MEMORY,
    RESULT_IO,
};

struct sim_error {
    enum sim_result result;
    char message[1024];
};

/* Fills error (when not NULL) and returns result, so that a failure is one line. */
enum sim_result sim_error_set(struct sim_error *error, enum sim_result result, const char *format,
                              ...) PRINTF_LIKE(3, 4);

#endif
