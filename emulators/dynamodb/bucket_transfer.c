/* Imports from S3. There is no S3 here: an import is kept and fails as one does whose bucket does
 * not exist. */
#include <string.h>

#include "emulators/dynamodb/bucket_transfer.h"
#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/table_describe.h"

#define PAGE_SIZE 25

/* --- imports -------------------------------------------------------------------------------------
 */

static const cJSON *imports_of(const struct ddb_region *region)
{
    return region != NULL ? region->imports : NULL;
}

static const cJSON *find_import(const struct ddb_region *region, const char *arn)
{
    const cJSON *import = NULL;
    cJSON_ArrayForEach(import, imports_of(region))
    {
        if (strcmp(wire_text(import, "ImportArn"), arn) == 0)
            return import;
    }
    return NULL;
}

static const cJSON *find_import_by_token(const struct ddb_region *region, const char *token)
{
    const cJSON *import = NULL;
    cJSON_ArrayForEach(import, region->imports)
    {
        const char *known = wire_text(import, "ClientToken");
        if (token != NULL && known != NULL && strcmp(known, token) == 0)
            return import;
    }
    return NULL;
}

static void copy_members(cJSON *to, const cJSON *from, const char *const *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const cJSON *value = wire_member(from, members[i]);
        if (value != NULL)
            cJSON_AddItemToObject(to, members[i], cJSON_Duplicate(value, true));
    }
}

static cJSON *make_import(struct ddb_region *region, const struct wire_call *call)
{
    static const char *const members[] = {
        "ClientToken",        "S3BucketSource",       "InputFormat",
        "InputFormatOptions", "InputCompressionType", "TableCreationParameters",
    };
    const char *table = wire_text(wire_member(call->input, "TableCreationParameters"), "TableName");
    double now = ddb_json_time(ddb_now_us(region->ddb));
    char id[SIM_UUID_TEXT_BYTES];
    sim_random_uuid(&region->ddb->ids, id);
    const char *table_arn = sim_arena_printf(call->arena, "arn:aws:dynamodb:%s:%s:table/%s",
                                             region->place->name, call->account, table);
    cJSON *import = cJSON_CreateObject();
    cJSON_AddStringToObject(import, "ImportArn",
                            sim_arena_printf(call->arena, "%s/import/%s", table_arn, id));
    cJSON_AddStringToObject(import, "ImportStatus", "FAILED");
    cJSON_AddStringToObject(import, "TableArn", table_arn);
    copy_members(import, call->input, members, ARRAY_LEN(members));
    cJSON_AddNumberToObject(import, "ErrorCount", 0);
    cJSON_AddNumberToObject(import, "StartTime", now);
    cJSON_AddNumberToObject(import, "EndTime", now);
    cJSON_AddNumberToObject(import, "ProcessedSizeBytes", 0);
    cJSON_AddNumberToObject(import, "ProcessedItemCount", 0);
    cJSON_AddNumberToObject(import, "ImportedItemCount", 0);
    cJSON_AddStringToObject(import, "FailureCode", "S3NoSuchBucket");
    cJSON_AddStringToObject(import, "FailureMessage",
                            "The specified bucket does not exist: regionlab has no S3");
    return import;
}

enum wire_progress ddb_import_table(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct sim_error error;
    struct ddb_region *region = NULL;
    const char *name = wire_text(wire_member(call->input, "TableCreationParameters"), "TableName");
    if (ddb_region_open(state, call->region, &region, &error) != RESULT_OK)
        return wire_fail_internal(call, &error);
    const cJSON *import = find_import_by_token(region, wire_text(call->input, "ClientToken"));
    if (import == NULL && ddb_table_find(region, call->account, name) != NULL) {
        (void)ddb_fail(&fault, "ResourceInUseException", "Table already exists: %s", name);
        return ddb_answer_fault(call, &fault);
    }
    if (import == NULL) {
        cJSON *fresh = make_import(region, call);
        if (region->imports == NULL)
            region->imports = cJSON_CreateArray();
        cJSON_AddItemToArray(region->imports, fresh);
        import = fresh;
        if (ddb_transfers_save(region, &error) != RESULT_OK)
            return wire_fail_internal(call, &error);
    }
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "ImportTableDescription", cJSON_Duplicate(import, true));
    return wire_succeed(call, output);
}

enum wire_progress ddb_describe_import(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    const char *arn = wire_text(call->input, "ImportArn");
    const cJSON *import = find_import(ddb_region_find(state, call->region), arn);
    if (import == NULL) {
        (void)ddb_fail(&fault, "ImportNotFoundException", "Import not found: %s", arn);
        return ddb_answer_fault(call, &fault);
    }
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "ImportTableDescription", cJSON_Duplicate(import, true));
    return wire_succeed(call, output);
}

/* Of one account, and of one table where it is named; a page ends with the ARN to go on from. */
enum wire_progress ddb_list_imports(void *state, struct wire_call *call)
{
    static const char *const members[] = {"ImportArn",      "ImportStatus", "TableArn",
                                          "S3BucketSource", "InputFormat",  "StartTime",
                                          "EndTime"};
    const struct ddb_region *region = ddb_region_find(state, call->region);
    const char *only = wire_text(call->input, "TableArn");
    const char *after = wire_text(call->input, "NextToken");
    int64_t left = wire_integer(call->input, "PageSize", PAGE_SIZE);
    const char *account = sim_arena_printf(call->arena, ":%s:table/", call->account);
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, "ImportSummaryList");
    const char *last = NULL;
    const cJSON *import = NULL;
    cJSON_ArrayForEach(import, imports_of(region))
    {
        const char *arn = wire_text(import, "ImportArn");
        if (after != NULL) {
            after = strcmp(arn, after) == 0 ? NULL : after;
            continue;
        }
        if (strstr(arn, account) == NULL ||
            (only != NULL && strcmp(wire_text(import, "TableArn"), only) != 0))
            continue;
        if (left-- == 0) {
            cJSON_AddStringToObject(output, "NextToken", last);
            break;
        }
        cJSON *summary = cJSON_CreateObject();
        copy_members(summary, import, members, ARRAY_LEN(members));
        cJSON_AddItemToArray(list, summary);
        last = arn;
    }
    return wire_succeed(call, output);
}
