/* Pages of Describe calls, and times. */
#include <stdlib.h>
#include <string.h>

#include "emulators/autoscaling/autoscaling_internal.h"

#define PAGE_MAX        50
#define TOKEN_CHARS_MAX 6

bool aas_page(struct wire_call *call, cJSON *output, const char *list_name)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(output, list_name);
    const char *token = wire_text(call->input, "NextToken");
    int64_t size = wire_integer(call->input, "MaxResults", PAGE_MAX);
    unsigned long skip = token != NULL ? strtoul(token, NULL, 10) : 0;
    if (token != NULL &&
        (strspn(token, "0123456789") != strlen(token) || strlen(token) > TOKEN_CHARS_MAX)) {
        cJSON_Delete(output);
        (void)wire_fail(call, "InvalidNextTokenException", "The next token is not valid.");
        return false;
    }
    if (size < 1 || size > PAGE_MAX) {
        cJSON_Delete(output);
        (void)wire_fail(call, "ValidationException", "MaxResults must be between 1 and %d",
                        PAGE_MAX);
        return false;
    }
    for (unsigned long i = 0; i < skip && list->child != NULL; i++)
        cJSON_DeleteItemFromArray(list, 0);
    if (cJSON_GetArraySize(list) <= size)
        return true;
    while (cJSON_GetArraySize(list) > size)
        cJSON_DeleteItemFromArray(list, cJSON_GetArraySize(list) - 1);
    cJSON_AddStringToObject(output, "NextToken",
                            sim_arena_printf(call->arena, "%lu", skip + (unsigned long)size));
    return true;
}

void aas_add_time(cJSON *object, const char *name, uint64_t time_us)
{
    cJSON_AddNumberToObject(object, name, (double)(time_us / SIM_US_PER_MS) / 1000.0);
}

uint64_t aas_time_us(const cJSON *object, const char *name)
{
    const cJSON *value = wire_member(object, name);
    if (!cJSON_IsNumber(value) || !(value->valuedouble > 0))
        return 0;
    double us = value->valuedouble * 1000000.0 + 0.5;
    return us < (double)SIM_CLOCK_MAX_US ? (uint64_t)us : SIM_CLOCK_MAX_US;
}
