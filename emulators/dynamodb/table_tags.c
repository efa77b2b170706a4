#include "emulators/dynamodb/table_tags.h"

#include <ctype.h>
#include <string.h>

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

static bool find_by_arn(struct ddb *ddb, struct wire_call *call, struct ddb_table **table,
                        struct ddb_fault *fault)
{
    const char *arn = wire_text(call->input, "ResourceArn");
    if (strncmp(arn, "arn:", 4) != 0)
        return ddb_invalid(fault, DDB_PARAMETER_TEXT "ARNs must start with 'arn:': %s", arn);
    if (strstr(arn, ":dynamodb:") == NULL)
        return ddb_invalid(
            fault, DDB_PARAMETER_TEXT "Provided Arn is not a DynamoDB resource arn: %s", arn);
    if (strstr(arn, ":table/") == NULL)
        return ddb_invalid(fault,
                           DDB_PARAMETER_TEXT "Invalid resource arn provided, only table or stream "
                                              "is accepted. Provided resource arn: %s",
                           arn);
    const char *prefix = sim_arena_printf(fault->arena, "arn:aws:dynamodb:%s:", call->region);
    if (strncmp(arn, prefix, strlen(prefix)) != 0)
        return ddb_invalid(fault, "Invalid TableArn: Invalid ResourceArn provided as input %s",
                           arn);
    *table = ddb_table_find(ddb_region_find(ddb, call->region), call->account,
                            ddb_table_name_of(fault->arena, arn));
    if (*table == NULL || (*table)->status == DDB_TABLE_CREATING ||
        (*table)->status == DDB_TABLE_DELETING)
        return ddb_fail(fault, "ResourceNotFoundException",
                        "Requested resource not found: ResourceArn: %s not found", arn);
    return true;
}

enum wire_progress ddb_tag_resource(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    const cJSON *tags = wire_member(call->input, "Tags");
    bool is_given = cJSON_GetArraySize(tags) > 0 ||
                    ddb_invalid(&fault, "Atleast one Tag needs to be provided as Input.");
    if (!is_given || !ddb_tags_check(tags, &fault) || !find_by_arn(state, call, &table, &fault) ||
        !ddb_tags_set(table, tags, &fault))
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
    if (!is_given || !find_by_arn(state, call, &table, &fault))
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
    if (!find_by_arn(state, call, &table, &fault))
        return ddb_answer_fault(call, &fault);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "Tags", cJSON_Duplicate(table->tags, true));
    return wire_succeed(call, output);
}
