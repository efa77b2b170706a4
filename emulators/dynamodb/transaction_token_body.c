/* A request's text, the same for all orders of its members and sets: some clients send them in
 * another order each time. */
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/transaction_tokens.h"

static int by_name(const void *a, const void *b)
{
    return strcmp((*(cJSON *const *)a)->string, (*(cJSON *const *)b)->string);
}

static int by_text(const void *a, const void *b)
{
    return strcmp((*(cJSON *const *)a)->valuestring, (*(cJSON *const *)b)->valuestring);
}

static void sort_children(cJSON *parent, int (*order)(const void *, const void *),
                          struct sim_arena *arena)
{
    size_t count = (size_t)cJSON_GetArraySize(parent);
    size_t used = 0;
    cJSON **children = sim_arena_alloc_array(arena, count + 1, sizeof(cJSON *));
    while (parent->child != NULL)
        children[used++] = cJSON_DetachItemViaPointer(parent, parent->child);
    qsort(children, count, sizeof(cJSON *), order);
    for (size_t i = 0; i < count; i++) {
        if (cJSON_IsObject(parent)) {
            char *name = children[i]->string; /* cJSON would copy it */
            children[i]->string = NULL;
            cJSON_AddItemToArray(parent, children[i]);
            children[i]->string = name;
        } else {
            cJSON_AddItemToArray(parent, children[i]);
        }
    }
}

static bool is_set(const cJSON *value)
{
    const char *type = value->string;
    if (!cJSON_IsArray(value) || type == NULL ||
        (strcmp(type, "SS") != 0 && strcmp(type, "NS") != 0 && strcmp(type, "BS") != 0))
        return false;
    for (const cJSON *member = value->child; member != NULL; member = member->next)
        if (!cJSON_IsString(member))
            return false;
    return true;
}

/* As deep as the request is, which its parser bounds. */
static void order(cJSON *value, struct sim_arena *arena)
{
    for (cJSON *member = value->child; member != NULL; member = member->next)
        order(member, arena);
    if (cJSON_IsObject(value))
        sort_children(value, by_name, arena);
    else if (is_set(value))
        sort_children(value, by_text, arena);
}

const char *ddb_token_body(const cJSON *request, struct sim_arena *arena)
{
    cJSON *copy = cJSON_Duplicate(request, true);
    CHECK(copy != NULL);
    order(copy, arena);
    char *body = cJSON_PrintUnformatted(copy);
    CHECK(body != NULL);
    sim_arena_defer(arena, cJSON_free, body);
    cJSON_Delete(copy);
    return body;
}
