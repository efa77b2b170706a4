/* What templates, experiments and levers have in common: place, identity, times, pages, errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/fis/fis_internal.h"

#define ID_LETTERS "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
#define ID_DRAWN   15
#define PAGE_MAX   100

struct fis_place fis_place_of(const struct wire_call *call)
{
    struct fis_place place;
    snprintf(place.region, sizeof place.region, "%s", call->region);
    snprintf(place.account, sizeof place.account, "%s", call->account);
    return place;
}

bool fis_place_is(const struct fis_place *place, const struct wire_call *call)
{
    return strcmp(place->region, call->region) == 0 && strcmp(place->account, call->account) == 0;
}

void fis_identify(struct fis *fis, const struct fis_place *place, const char *prefix,
                  const char *kind, char id[FIS_ID_MAX], char arn[FIS_ARN_MAX])
{
    char drawn[ID_DRAWN + 1];
    sim_random_text(&fis->ids, ID_LETTERS, drawn, ID_DRAWN);
    snprintf(id, FIS_ID_MAX, "%s%s", prefix, drawn);
    snprintf(arn, FIS_ARN_MAX, "arn:aws:fis:%s:%s:%s/%s", place->region, place->account, kind, id);
}

void fis_add_time(cJSON *object, const char *name, uint64_t time_us)
{
    cJSON_AddNumberToObject(object, name, (double)(time_us / SIM_US_PER_MS) / 1000.0);
}

bool fis_page(struct wire_call *call, cJSON *output, const char *list_name)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(output, list_name);
    const char *token = wire_text(call->input, "nextToken");
    int64_t page_size = wire_integer(call->input, "maxResults", PAGE_MAX);
    char *end = NULL;
    unsigned long skip = token != NULL ? strtoul(token, &end, 10) : 0;
    if (token != NULL && (strspn(token, "0123456789") != strlen(token) || strlen(token) > 6)) {
        cJSON_Delete(output);
        (void)fis_invalid(call, "The nextToken is not valid.");
        return false;
    }
    for (unsigned long i = 0; i < skip && list->child != NULL; i++)
        cJSON_DeleteItemFromArray(list, 0);
    bool has_more = cJSON_GetArraySize(list) > page_size;
    while (cJSON_GetArraySize(list) > page_size)
        cJSON_DeleteItemFromArray(list, cJSON_GetArraySize(list) - 1);
    if (has_more)
        cJSON_AddStringToObject(
            output, "nextToken",
            sim_arena_printf(call->arena, "%lu", skip + (unsigned long)page_size));
    return true;
}

enum wire_progress fis_invalid(struct wire_call *call, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *message = sim_arena_vprintf(call->arena, format, arguments);
    va_end(arguments);
    return wire_fail(call, "ValidationException", "%s", message);
}

enum wire_progress fis_not_found(struct wire_call *call, const char *what, const char *id)
{
    return wire_fail(call, "ResourceNotFoundException", "%s %s not found.", what, id);
}
