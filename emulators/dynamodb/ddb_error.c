/* One way to say what was wrong. */
#include "emulators/dynamodb/ddb_error.h"

#include <string.h>

static void set(struct ddb_fault *fault, const char *code, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void set(struct ddb_fault *fault, const char *code, const char *format, va_list arguments)
{
    if (fault == NULL)
        return;
    fault->code = code;
    fault->message = sim_arena_vprintf(fault->arena, format, arguments);
}

bool ddb_fail(struct ddb_fault *fault, const char *code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set(fault, code, format, arguments);
    va_end(arguments);
    return false;
}

bool ddb_invalid(struct ddb_fault *fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set(fault, "ValidationException", format, arguments);
    va_end(arguments);
    return false;
}

bool ddb_fault_frame(struct ddb_fault *fault)
{
    if (strcmp(fault->code, "ValidationException") == 0)
        fault->message =
            sim_arena_printf(fault->arena, "1 validation error detected: %s", fault->message);
    return false;
}
