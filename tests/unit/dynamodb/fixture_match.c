#include "tests/unit/dynamodb/fixture_match.h"

#include <stdio.h>
#include <string.h>

#include "sim/core/base.h"

#define ANY      "$any"
#define ABSENT   "$absent"
#define KEEP     "$keep:"
#define CONTAINS "$contains:"
#define OPEN     "..."

static bool differs(char *where, const char *what)
{
    size_t length = strlen(where);
    (void)snprintf(where + length, MATCH_WHERE_BYTES - length, ": %s", what);
    return false;
}

static bool is_text(const cJSON *json, const char *text)
{
    return cJSON_IsString(json) && strcmp(json->valuestring, text) == 0;
}

static bool starts(const cJSON *json, const char *text)
{
    return cJSON_IsString(json) && strncmp(json->valuestring, text, strlen(text)) == 0;
}

static bool match_under(const cJSON *wanted, const cJSON *got, cJSON *kept, char *where,
                        const char *step)
{
    char inner[MATCH_WHERE_BYTES];
    (void)snprintf(inner, sizeof inner, "%.300s%s", where, step);
    if (json_match(wanted, got, kept, inner))
        return true;
    (void)snprintf(where, MATCH_WHERE_BYTES, "%s", inner);
    return false;
}

static bool match_array(const cJSON *wanted, const cJSON *got, cJSON *kept, char *where)
{
    if (!cJSON_IsArray(got))
        return differs(where, "not a list");
    if (cJSON_GetArraySize(wanted) != cJSON_GetArraySize(got))
        return differs(where, "a list of another length");
    const cJSON *theirs = got->child;
    int i = 0;
    for (const cJSON *ours = wanted->child; ours != NULL; ours = ours->next, i++) {
        char step[24];
        (void)snprintf(step, sizeof step, "[%d]", i);
        if (!match_under(ours, theirs, kept, where, step))
            return false;
        theirs = theirs->next;
    }
    return true;
}

static bool match_unordered(const cJSON *wanted, const cJSON *got, cJSON *kept, char *where)
{
    if (!cJSON_IsArray(got))
        return differs(where, "not a list");
    if (cJSON_GetArraySize(wanted) != cJSON_GetArraySize(got))
        return differs(where, "a list of another length");
    cJSON *rest = cJSON_Duplicate(got, true);
    bool is_found = true;
    for (const cJSON *ours = wanted->child; ours != NULL && is_found; ours = ours->next) {
        cJSON *theirs = rest->child;
        char ignored[MATCH_WHERE_BYTES] = "";
        while (theirs != NULL && !json_match(ours, theirs, kept, ignored))
            theirs = theirs->next;
        is_found = theirs != NULL;
        cJSON_Delete(cJSON_DetachItemViaPointer(rest, theirs));
    }
    cJSON_Delete(rest);
    return is_found || differs(where, "a wanted element is missing");
}

/* The members of got that wanted does not name. */
static bool match_rest(const cJSON *wanted, const cJSON *got, char *where)
{
    if (cJSON_GetObjectItemCaseSensitive(wanted, OPEN) != NULL)
        return true;
    for (const cJSON *theirs = got->child; theirs != NULL; theirs = theirs->next) {
        if (cJSON_GetObjectItemCaseSensitive(wanted, theirs->string) == NULL) {
            (void)snprintf(where + strlen(where), MATCH_WHERE_BYTES - strlen(where), ".%.80s",
                           theirs->string);
            return differs(where, "not wanted");
        }
    }
    return true;
}

static bool match_object(const cJSON *wanted, const cJSON *got, cJSON *kept, char *where)
{
    const cJSON *length = cJSON_GetObjectItemCaseSensitive(wanted, "$length");
    const cJSON *unordered = cJSON_GetObjectItemCaseSensitive(wanted, "$unordered");
    if (unordered != NULL)
        return match_unordered(unordered, got, kept, where);
    if (length != NULL)
        return (cJSON_IsArray(got) && cJSON_GetArraySize(got) == length->valueint) ||
               differs(where, "not a list of the wanted length");
    if (!cJSON_IsObject(got))
        return differs(where, "not an object");
    for (const cJSON *ours = wanted->child; ours != NULL; ours = ours->next) {
        const cJSON *theirs = cJSON_GetObjectItemCaseSensitive(got, ours->string);
        char step[128];
        (void)snprintf(step, sizeof step, ".%.100s", ours->string);
        if (strcmp(ours->string, OPEN) == 0 || (is_text(ours, ABSENT) && theirs == NULL))
            continue;
        if (!match_under(ours, theirs, kept, where, step))
            return false;
    }
    return match_rest(wanted, got, where);
}

static bool match_text(const cJSON *wanted, const cJSON *got, cJSON *kept, char *where)
{
    if (is_text(wanted, ANY))
        return true;
    if (starts(wanted, KEEP)) {
        const char *name = wanted->valuestring + strlen(KEEP);
        cJSON_DeleteItemFromObjectCaseSensitive(kept, name);
        cJSON_AddItemToObject(kept, name, cJSON_Duplicate(got, true));
        return true;
    }
    if (!cJSON_IsString(got))
        return differs(where, "not a text");
    if (starts(wanted, CONTAINS))
        return strstr(got->valuestring, wanted->valuestring + strlen(CONTAINS)) != NULL ||
               differs(where, "a text without the wanted part");
    return strcmp(wanted->valuestring, got->valuestring) == 0 || differs(where, "another text");
}

bool json_match(const cJSON *wanted, const cJSON *got, cJSON *kept, char where[MATCH_WHERE_BYTES])
{
    if (got == NULL)
        return differs(where, "missing");
    if (cJSON_IsObject(wanted))
        return match_object(wanted, got, kept, where);
    if (cJSON_IsArray(wanted))
        return match_array(wanted, got, kept, where);
    if (cJSON_IsString(wanted))
        return match_text(wanted, got, kept, where);
    return cJSON_Compare(wanted, got, true) || differs(where, "another value");
}
