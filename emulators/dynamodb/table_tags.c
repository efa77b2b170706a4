#include "emulators/dynamodb/table_tags.h"

#include <ctype.h>
#include <string.h>

#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/operations.h"

static const cJSON *find_tag(const cJSON *tags, const char *key)
{
    const cJSON *tag = NULL;
    cJSON_ArrayForEach(tag, tags)
    {
        if (strcmp(wire_text(tag, "Key"), key) == 0)
            return tag;
    }
    return NULL;
}

/* Letters of any script, digits, blanks and a few signs. */
static bool is_tag_text(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x80 && !isalnum(c) && strchr(" _.:/=+-@", c) == NULL)
            return false;
    }
    return true;
}

bool ddb_tags_check(const cJSON *tags, struct ddb_fault *fault)
{
    const cJSON *tag = NULL;
    cJSON_ArrayForEach(tag, tags)
    {
        const char *key = wire_text(tag, "Key");
        if (strncmp(key, "aws:", 4) == 0)
            return ddb_invalid(fault, "Tag Key cannot be prefixed with aws:, Key: %s", key);
        if (!is_tag_text(key))
            return ddb_invalid(fault, "The Tag Key provided is invalid, Key: %s", key);
        const char *value = wire_text(tag, "Value");
        if (!is_tag_text(value))
            return ddb_invalid(fault, "The Tag Value provided is invalid, Value: %s", value);
        const cJSON *first = find_tag(tags, key);
        if (first != tag)
            return ddb_invalid(
                fault, "Duplicate Tag Keys provided as input: Duplicate Tag Key found %s", key);
    }
    return true;
}

bool ddb_tags_set(struct ddb_table *table, const cJSON *tags, struct ddb_fault *fault)
{
    int added = 0;
    const cJSON *tag = NULL;
    cJSON_ArrayForEach(tag, tags)
    {
        added += find_tag(table->tags, wire_text(tag, "Key")) == NULL ? 1 : 0;
    }
    if (cJSON_GetArraySize(table->tags) + added > DDB_TAGS_MAX)
        return ddb_invalid(fault,
                           "Number of Tags exceed the current limit for the provided ResourceArn");
    cJSON_ArrayForEach(tag, tags)
    {
        const cJSON *old = find_tag(table->tags, wire_text(tag, "Key"));
        cJSON *copy = cJSON_Duplicate(tag, true);
        if (old != NULL)
            cJSON_ReplaceItemViaPointer(table->tags, (cJSON *)(uintptr_t)old, copy);
        else
            cJSON_AddItemToArray(table->tags, copy);
    }
    return true;
}

/* --- operations on an ARN ----------------------------------------------------------------------
 */

enum wire_progress ddb_tag_resource(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    const cJSON *tags = wire_member(call->input, "Tags");
    bool is_given = cJSON_GetArraySize(tags) > 0 ||
                    ddb_invalid(&fault, "Atleast one Tag needs to be provided as Input.");
    if (!is_given || !ddb_tags_check(tags, &fault) ||
        !ddb_request_resource(state, call, &table, &fault) || !ddb_tags_set(table, tags, &fault))
        return ddb_answer_fault(call, &fault);
    return wire_succeed(call, NULL);
}

enum wire_progress ddb_untag_resource(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    const cJSON *keys = wire_member(call->input, "TagKeys");
    bool is_given = cJSON_GetArraySize(keys) > 0 ||
                    ddb_invalid(&fault, "Atleast one Tag Key needs to be provided as Input.");
    if (!is_given || !ddb_request_resource(state, call, &table, &fault))
        return ddb_answer_fault(call, &fault);
    const cJSON *key = NULL;
    cJSON_ArrayForEach(key, keys)
    {
        const cJSON *tag = find_tag(table->tags, cJSON_GetStringValue(key));
        if (tag != NULL)
            cJSON_Delete(cJSON_DetachItemViaPointer(table->tags, (cJSON *)(uintptr_t)tag));
    }
    return wire_succeed(call, NULL);
}

enum wire_progress ddb_list_tags(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    if (!ddb_request_resource(state, call, &table, &fault))
        return ddb_answer_fault(call, &fault);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "Tags", cJSON_Duplicate(table->tags, true));
    return wire_succeed(call, output);
}
