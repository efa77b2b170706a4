#include "tests/unit/dynamodb/fixture_fill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/buffer.h"

#define KEPT "$kept:"

static char *fill_text(const char *text, int count)
{
    struct sim_buffer out;
    sim_buffer_init(&out);
    for (const char *mark; count >= 0 && (mark = strstr(text, "%i")) != NULL; text = mark + 2) {
        sim_buffer_append(&out, text, (size_t)(mark - text));
        sim_buffer_printf(&out, "%d", count);
    }
    sim_buffer_append(&out, text, strlen(text));
    return sim_buffer_take(&out);
}

static cJSON *take_text(char *text)
{
    cJSON *json = cJSON_CreateString(text);
    free(text);
    return json;
}

static int argument_number(const cJSON *arguments, int at)
{
    const cJSON *number = cJSON_GetArrayItem(arguments, at);
    if (!cJSON_IsNumber(number))
        fail_msg("a short form lacks its number");
    return number->valueint;
}

static cJSON *fill_repeated(const cJSON *arguments)
{
    const char *part = cJSON_GetStringValue(cJSON_GetArrayItem(arguments, 1));
    const char *end = cJSON_GetStringValue(cJSON_GetArrayItem(arguments, 2));
    struct sim_buffer text;
    sim_buffer_init(&text);
    for (int i = 0; i < argument_number(arguments, 0); i++)
        sim_buffer_append(&text, part, strlen(part));
    sim_buffer_append(&text, end != NULL ? end : "", end != NULL ? strlen(end) : 0);
    return take_text(sim_buffer_take(&text));
}

static cJSON *fill_joined(const cJSON *parts, const cJSON *kept, int count)
{
    struct sim_buffer text;
    sim_buffer_init(&text);
    sim_buffer_append(&text, "", 0);
    for (const cJSON *part = parts->child; part != NULL; part = part->next) {
        cJSON *filled = json_fill(part, kept, count);
        if (!cJSON_IsString(filled))
            fail_msg("$join takes texts");
        sim_buffer_append(&text, filled->valuestring, strlen(filled->valuestring));
        cJSON_Delete(filled);
    }
    return take_text(sim_buffer_take(&text));
}

static cJSON *fill_list(const cJSON *arguments, const cJSON *kept)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < argument_number(arguments, 0); i++)
        cJSON_AddItemToArray(list, json_fill(cJSON_GetArrayItem(arguments, 1), kept, i));
    return list;
}

static cJSON *fill_map(const cJSON *arguments, const cJSON *kept)
{
    cJSON *map = cJSON_CreateObject();
    for (int i = 0; i < argument_number(arguments, 0); i++) {
        cJSON *name = json_fill(cJSON_GetArrayItem(arguments, 1), kept, i);
        cJSON_AddItemToObject(map, name->valuestring,
                              json_fill(cJSON_GetArrayItem(arguments, 2), kept, i));
        cJSON_Delete(name);
    }
    return map;
}

static cJSON *fill_nested(const cJSON *arguments, const cJSON *kept, int count)
{
    cJSON *inner = json_fill(cJSON_GetArrayItem(arguments, 2), kept, count);
    for (int i = 0; i < argument_number(arguments, 0); i++) {
        cJSON *wrapping = cJSON_Duplicate(cJSON_GetArrayItem(arguments, 1), true);
        cJSON *at = wrapping;
        while (at->child != NULL && !cJSON_IsString(at->child))
            at = at->child;
        if (at->child == NULL)
            fail_msg("$nest has no place for \"$in\"");
        if (cJSON_IsArray(at)) {
            cJSON_ReplaceItemInArray(at, 0, inner);
        } else {
            char *name = strdup(at->child->string);
            cJSON_ReplaceItemInObjectCaseSensitive(at, name, inner);
            free(name);
        }
        inner = wrapping;
    }
    return inner;
}

static cJSON *fill_short_form(const cJSON *form, const cJSON *kept, int count)
{
    if (strcmp(form->string, "$text") == 0)
        return fill_repeated(form);
    if (strcmp(form->string, "$join") == 0)
        return fill_joined(form, kept, count);
    if (strcmp(form->string, "$list") == 0)
        return fill_list(form, kept);
    if (strcmp(form->string, "$map") == 0)
        return fill_map(form, kept);
    if (strcmp(form->string, "$nest") == 0)
        return fill_nested(form, kept, count);
    return NULL;
}

static cJSON *fill_string(const cJSON *json, const cJSON *kept, int count)
{
    if (strncmp(json->valuestring, KEPT, strlen(KEPT)) != 0)
        return take_text(fill_text(json->valuestring, count));
    const char *name = json->valuestring + strlen(KEPT);
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(kept, name);
    if (value == NULL)
        fail_msg("nothing was kept as %s", name);
    return cJSON_Duplicate(value, true);
}

cJSON *json_fill(const cJSON *json, const cJSON *kept, int count)
{
    if (cJSON_IsString(json))
        return fill_string(json, kept, count);
    if (!cJSON_IsObject(json) && !cJSON_IsArray(json))
        return cJSON_Duplicate(json, true);
    if (cJSON_IsObject(json) && json->child != NULL && json->child->next == NULL &&
        json->child->string[0] == '$') {
        cJSON *filled = fill_short_form(json->child, kept, count);
        if (filled != NULL)
            return filled;
    }
    cJSON *out = cJSON_IsArray(json) ? cJSON_CreateArray() : cJSON_CreateObject();
    for (const cJSON *child = json->child; child != NULL; child = child->next) {
        cJSON *filled = json_fill(child, kept, count);
        if (cJSON_IsArray(json)) {
            cJSON_AddItemToArray(out, filled);
        } else {
            char *name = fill_text(child->string, count);
            cJSON_AddItemToObject(out, name, filled);
            free(name);
        }
    }
    return out;
}
