/* Tags of templates and experiments. */
#include <string.h>
#include <utlist.h>

#include "emulators/fis/fis_internal.h"

/* The document that holds the tags of an ARN; NULL after an answer that it is unknown. */
static cJSON *find_document(struct fis *fis, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "resourceArn");
    struct fis_template *found;
    struct fis_experiment *experiment;
    DL_FOREACH(fis->templates, found)
    {
        if (strcmp(found->arn, arn) == 0)
            return found->document;
    }
    DL_FOREACH(fis->experiments, experiment)
    {
        if (strcmp(experiment->arn, arn) == 0)
            return experiment->document;
    }
    (void)fis_not_found(call, "Resource", arn);
    return NULL;
}

enum wire_progress fis_list_tags(void *state, struct wire_call *call)
{
    const cJSON *document = find_document(state, call);
    if (document == NULL)
        return WIRE_DONE;
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "tags", cJSON_Duplicate(wire_member(document, "tags"), true));
    return wire_succeed(call, output);
}

enum wire_progress fis_tag_resource(void *state, struct wire_call *call)
{
    cJSON *document = find_document(state, call);
    if (document == NULL)
        return WIRE_DONE;
    cJSON *tags = cJSON_Duplicate(wire_member(document, "tags"), true);
    const cJSON *tag;
    cJSON_ArrayForEach(tag, wire_member(call->input, "tags"))
    {
        cJSON_DeleteItemFromObjectCaseSensitive(tags, tag->string);
        cJSON_AddStringToObject(tags, tag->string, tag->valuestring);
    }
    if (cJSON_GetArraySize(tags) > FIS_TAGS_MAX) {
        cJSON_Delete(tags);
        return fis_invalid(call, "A resource can have at most %d tags.", FIS_TAGS_MAX);
    }
    cJSON_DeleteItemFromObjectCaseSensitive(document, "tags");
    cJSON_AddItemToObject(document, "tags", tags);
    return wire_succeed(call, NULL);
}

enum wire_progress fis_untag_resource(void *state, struct wire_call *call)
{
    cJSON *document = find_document(state, call);
    if (document == NULL)
        return WIRE_DONE;
    cJSON *tags = cJSON_GetObjectItemCaseSensitive(document, "tags");
    const cJSON *keys = wire_member(call->input, "tagKeys");
    const cJSON *key;
    if (keys == NULL) {
        while (tags->child != NULL)
            cJSON_Delete(cJSON_DetachItemViaPointer(tags, tags->child));
    }
    cJSON_ArrayForEach(key, keys)
    {
        cJSON_DeleteItemFromObjectCaseSensitive(tags, key->valuestring);
    }
    return wire_succeed(call, NULL);
}
