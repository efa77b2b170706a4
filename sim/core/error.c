#include "sim/core/error.h"

#include <stdarg.h>
#include <stdio.h>

enum sim_result sim_error_set(struct sim_error *error, enum sim_result result, const char *format,
                              ...)
{
    PRE(result != RESULT_OK);
    if (error == NULL)
        return result;
    error->result = result;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return result;
}
