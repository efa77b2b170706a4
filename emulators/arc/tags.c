/* Tags of clusters, control panels and safety rules, and the (absent) resource policies. */
#include "emulators/arc/save.h"

#define TAGS_MAX 50

void arc_tags_set(struct arc_resource *resource, const cJSON *tags)
{
    const cJSON *tag;
    arc_resource_changed(resource);
    cJSON_ArrayForEach(tag, tags)
    {
        cJSON_DeleteItemFromObjectCaseSensitive(resource->tags, tag->string);
        cJSON_AddStringToObject(resource->tags, tag->string, cJSON_GetStringValue(tag));
    }
}

bool arc_tags_are_too_many(const struct arc_resource *resource, const cJSON *tags)
{
    const cJSON *present = resource != NULL ? resource->tags : NULL;
    int count = cJSON_GetArraySize(present);
    const cJSON *tag;
    cJSON_ArrayForEach(tag, tags)
    {
        if (cJSON_GetObjectItemCaseSensitive(present, tag->string) == NULL)
            count++;
    }
    return count > TAGS_MAX;
}

enum wire_progress arc_fail_too_many_tags(struct wire_call *call)
{
    return wire_fail(call, "ValidationException", "A resource can have at most %d tags.", TAGS_MAX);
}

static struct arc_resource *taggable_find(struct arc *arc, const char *arn)
{
    static const enum arc_kind kinds[] = {ARC_CLUSTER, ARC_PANEL, ARC_RULE};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct arc_resource *resource = arc_resource_find(arc, kinds[i], arn);
        if (resource != NULL)
            return resource;
    }
    return NULL;
}

enum wire_progress arc_list_tags(void *state, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "ResourceArn");
    struct arc_resource *resource = taggable_find(state, arn);
    if (resource == NULL)
        return arc_not_found(call, "Resource", arn);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "Tags", cJSON_Duplicate(resource->tags, true));
    return wire_succeed(call, output);
}

enum wire_progress arc_tag_resource(void *state, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "ResourceArn");
    const cJSON *tags = wire_member(call->input, "Tags");
    struct arc_resource *resource = taggable_find(state, arn);
    if (resource == NULL)
        return arc_not_found(call, "Resource", arn);
    if (arc_tags_are_too_many(resource, tags))
        return arc_fail_too_many_tags(call);
    arc_tags_set(resource, tags);
    return wire_succeed(call, NULL);
}

enum wire_progress arc_untag_resource(void *state, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "ResourceArn");
    struct arc_resource *resource = taggable_find(state, arn);
    if (resource == NULL)
        return arc_not_found(call, "Resource", arn);
    const cJSON *key;
    arc_resource_changed(resource);
    cJSON_ArrayForEach(key, wire_member(call->input, "TagKeys"))
    {
        cJSON_DeleteItemFromObjectCaseSensitive(resource->tags, key->valuestring);
    }
    return wire_succeed(call, NULL);
}

/* Policies come from sharing a cluster between accounts; there is none to tell here. */
enum wire_progress arc_get_resource_policy(void *state, struct wire_call *call)
{
    (void)state;
    return arc_not_found(call, "Resource policy of", wire_text(call->input, "ResourceArn"));
}
