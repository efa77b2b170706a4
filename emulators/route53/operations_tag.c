/* operations_tag.c -- tags of hosted zones and health checks. */
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/save.h"

/* The tags of a resource; NULL: the call has failed. */
static struct r53_tags *need_tags(struct r53 *r53, struct wire_call *call, const char *type,
                                  const char *id)
{
    if (strcmp(type, "hostedzone") == 0) {
        struct r53_zone *zone = r53_need_zone(r53, call, id);
        return zone == NULL ? NULL : &zone->tags;
    }
    struct r53_check *check = r53_check_find(&r53->checks, id);
    if (check == NULL)
        (void)wire_fail(call, "NoSuchHealthCheck", "A health check with id %s does not exist.", id);
    return check == NULL ? NULL : &check->tags;
}

static size_t tag_index(const struct r53_tags *tags, const char *key)
{
    size_t at = 0;
    while (at < tags->count && strcmp(tags->items[at].key, key) != 0)
        at++;
    return at;
}

static void remove_tag(struct r53_tags *tags, const char *key)
{
    size_t at = tag_index(tags, key);
    if (at == tags->count)
        return;
    free(tags->items[at].key);
    free(tags->items[at].value);
    tags->count--;
    memmove(&tags->items[at], &tags->items[at + 1], (tags->count - at) * sizeof(tags->items[0]));
}

static const char *tag_value(const cJSON *item)
{
    const char *value = wire_text(item, "Value");
    return value == NULL ? "" : value;
}

/* How many tags there would be; a key counts once. */
static size_t count_after(const struct r53_tags *tags, const cJSON *add, const cJSON *removed)
{
    size_t count = tags->count;
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, removed) if (tag_index(tags, item->valuestring) < tags->count) count--;
    cJSON_ArrayForEach(item, add) if (tag_index(tags, wire_text(item, "Key")) == tags->count)
        count++;
    return count;
}

static void tell_changed(struct r53 *r53, const char *type, const char *id)
{
    if (strcmp(type, "hostedzone") == 0)
        r53_zone_changed(r53, r53_zone_find(&r53->zones, id));
    else
        r53_changed(r53, R53_SAVED_CHECK, id);
}

enum wire_progress r53_change_tags(void *state, struct wire_call *call)
{
    const cJSON *add = wire_member(call->input, "AddTags");
    const cJSON *removed = wire_member(call->input, "RemoveTagKeys");
    const cJSON *item = NULL;
    struct r53_tags *tags = need_tags(state, call, wire_text(call->input, "ResourceType"),
                                      wire_text(call->input, "ResourceId"));
    if (tags == NULL)
        return WIRE_DONE;
    cJSON_ArrayForEach(
        item, add) if (wire_text(item, "Key") == NULL ||
                       wire_text(item, "Key")[0] ==
                           '\0') return wire_fail(call, "InvalidInput",
                                                  "Invalid parameter : A tag must have a key.");
    if (count_after(tags, add, removed) > R53_TAG_MAX)
        return wire_fail(call, "InvalidInput",
                         "Invalid parameter : A resource can have at most %d tags.", R53_TAG_MAX);
    cJSON_ArrayForEach(item, removed) remove_tag(tags, item->valuestring);
    cJSON_ArrayForEach(item, add)
    {
        remove_tag(tags, wire_text(item, "Key"));
        if (tags->count == R53_TAG_MAX)
            break; /* the same key twice in one request cannot overrun */
        tags->items[tags->count].key = sim_strdup(wire_text(item, "Key"));
        tags->items[tags->count++].value = sim_strdup(tag_value(item));
    }
    tell_changed(state, wire_text(call->input, "ResourceType"),
                 wire_text(call->input, "ResourceId"));
    return wire_succeed(call, NULL);
}

static cJSON *tags_json(const struct r53_tags *tags, const char *type, const char *id)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *list = NULL;
    cJSON_AddStringToObject(json, "ResourceType", type);
    cJSON_AddStringToObject(json, "ResourceId", id);
    list = cJSON_AddArrayToObject(json, "Tags");
    for (size_t i = 0; i < tags->count; i++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "Key", tags->items[i].key);
        cJSON_AddStringToObject(item, "Value", tags->items[i].value);
        cJSON_AddItemToArray(list, item);
    }
    return json;
}

enum wire_progress r53_list_tags(void *state, struct wire_call *call)
{
    const char *type = wire_text(call->input, "ResourceType");
    const char *id = wire_text(call->input, "ResourceId");
    const struct r53_tags *tags = need_tags(state, call, type, id);
    cJSON *output = NULL;
    if (tags == NULL)
        return WIRE_DONE;
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "ResourceTagSet", tags_json(tags, type, r53_bare_id(id)));
    return wire_succeed(call, output);
}

enum wire_progress r53_list_tags_of_several(void *state, struct wire_call *call)
{
    const char *type = wire_text(call->input, "ResourceType");
    const cJSON *item = NULL;
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, "ResourceTagSets");
    cJSON_ArrayForEach(item, wire_member(call->input, "ResourceIds"))
    {
        const struct r53_tags *tags = need_tags(state, call, type, item->valuestring);
        if (tags == NULL) {
            cJSON_Delete(output);
            return WIRE_DONE;
        }
        cJSON_AddItemToArray(list, tags_json(tags, type, r53_bare_id(item->valuestring)));
    }
    return wire_succeed(call, output);
}
