/* ExportTableToPointInTime, DescribeExport, ListExports. There is no S3 here: an export is checked
 * and kept, is IN_PROGRESS for the transient delay, and fails as one does whose bucket does not
 * exist. */
#include <string.h>

#include "emulators/dynamodb/bucket_transfer.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/recovery.h"
#include "emulators/dynamodb/table_describe.h"
#include "emulators/dynamodb/table_setting.h"

#define PAGE_SIZE          25
#define INCREMENT_LEAST_MS (UINT64_C(15) * 60 * 1000) /* of an incremental export, documented */
#define INCREMENT_MOST_MS  (UINT64_C(24) * 3600 * 1000)

static const char *const request_members[] = {
    "ClientToken",
    "S3Bucket",
    "S3BucketOwner",
    "S3Prefix",
    "S3SseAlgorithm",
    "S3SseKmsKeyId",
    "IncrementalExportSpecification",
};

/* --- kept exports --------------------------------------------------------------------------------
 * {"Description": what was asked for, "ChangedUs": when} each, in the order of their making.
 */

static const cJSON *exports_of(const struct ddb_region *region)
{
    return region != NULL ? region->exports : NULL;
}

static const char *text_in(const cJSON *export, const char *member)
{
    return wire_text(wire_member(export, "Description"), member);
}

static const cJSON *find_export(const struct ddb_region *region, const char *member,
                                const char *text)
{
    const cJSON *export = NULL;
    cJSON_ArrayForEach(export, exports_of(region))
    {
        const char *known = text_in(export, member);
        if (text != NULL && known != NULL && strcmp(known, text) == 0)
            return export;
    }
    return NULL;
}

static cJSON *describe(const struct ddb *ddb, const cJSON *export)
{
    cJSON *description = cJSON_Duplicate(wire_member(export, "Description"), true);
    bool is_over = ddb_setting_is_over(ddb, export);
    cJSON_AddStringToObject(description, "ExportStatus", is_over ? "FAILED" : "IN_PROGRESS");
    if (!is_over)
        return description;
    cJSON_AddItemToObject(description, "EndTime",
                          cJSON_Duplicate(wire_member(description, "StartTime"), true));
    cJSON_AddStringToObject(description, "FailureCode", "S3NoSuchBucket");
    cJSON_AddStringToObject(description, "FailureMessage",
                            "The specified bucket does not exist: regionlab has no S3");
    return description;
}

/* --- making --------------------------------------------------------------------------------------
 */

static bool find_table(struct ddb *ddb, const struct wire_call *call, struct ddb_table **table,
                       struct ddb_fault *fault)
{
    const char *arn = wire_text(call->input, "TableArn");
    if (!ddb_recovery_request_table(ddb, call, arn, table, fault))
        return false;
    return ddb_recovery_is_enabled(*table) ||
           ddb_fail(fault, "PointInTimeRecoveryUnavailableException",
                    "Point in time recovery is not enabled for table '%s'", (*table)->name);
}

static bool check_time(const struct ddb_table *table, const char *member, const cJSON *time,
                       struct ddb_fault *fault)
{
    uint64_t time_ms = ddb_request_time_ms(time);
    uint64_t earliest_us = ddb_recovery_earliest_us(table);
    uint64_t now_us = ddb_now_us(table->ddb);
    if (time == NULL ||
        (time_ms >= earliest_us / SIM_US_PER_MS && time_ms <= now_us / SIM_US_PER_MS))
        return true;
    char texts[3][SIM_CLOCK_TEXT_BYTES];
    sim_clock_format(time_ms * SIM_US_PER_MS, texts[0]);
    sim_clock_format(earliest_us, texts[1]);
    sim_clock_format(now_us, texts[2]);
    return ddb_fail(fault, "InvalidExportTimeException",
                    "%s '%s' must be within EarliestRestorableDateTime '%s' and the current time "
                    "'%s'",
                    member, texts[0], texts[1], texts[2]);
}

static bool check_increment(const struct ddb_table *table, const cJSON *input,
                            struct ddb_fault *fault)
{
    const char *type = wire_text(input, "ExportType");
    const cJSON *increment = wire_member(input, "IncrementalExportSpecification");
    const cJSON *from = wire_member(increment, "ExportFromTime");
    const cJSON *to = wire_member(increment, "ExportToTime");
    bool is_incremental = type != NULL && strcmp(type, "INCREMENTAL_EXPORT") == 0;
    if (is_incremental != (increment != NULL))
        return ddb_invalid(fault, is_incremental
                                      ? "Invalid Request: IncrementalExportSpecification must be "
                                        "provided when ExportType is INCREMENTAL_EXPORT"
                                      : "Invalid Request: IncrementalExportSpecification cannot be "
                                        "provided when ExportType is FULL_EXPORT");
    if (!is_incremental)
        return true;
    uint64_t from_ms = ddb_request_time_ms(from);
    uint64_t to_ms = to != NULL ? ddb_request_time_ms(to) : ddb_now_us(table->ddb) / SIM_US_PER_MS;
    if (from == NULL || to_ms < from_ms + INCREMENT_LEAST_MS || to_ms > from_ms + INCREMENT_MOST_MS)
        return ddb_invalid(fault, "Invalid Request: The period of an incremental export must be "
                                  "between 15 minutes and 24 hours");
    return check_time(table, "ExportFromTime", from, fault) &&
           check_time(table, "ExportToTime", to, fault);
}

/* Same token, same request: the same export; else a conflict. */
static bool check_token(const cJSON *known, const cJSON *input, struct ddb_fault *fault)
{
    static const char *const members[] = {"TableArn", "S3Bucket", "S3Prefix", "ExportFormat",
                                          "ExportType"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const char *wanted = wire_text(input, members[i]);
        const char *have = text_in(known, members[i]);
        if (wanted != NULL && (have == NULL || strcmp(wanted, have) != 0))
            return ddb_fail(fault, "ExportConflictException",
                            "Export with the same client token is already in progress or finished "
                            "with other parameters");
    }
    return true;
}

static const char *text_or(const cJSON *input, const char *member, const char *fallback)
{
    const char *text = wire_text(input, member);
    return text != NULL ? text : fallback;
}

static cJSON *make_export(struct ddb_table *table, struct wire_call *call)
{
    struct ddb *ddb = table->ddb;
    const cJSON *input = call->input;
    char tail[9];
    sim_random_text(&ddb->backup_ids, "0123456789abcdef", tail, sizeof tail - 1);
    double now = ddb_json_time(ddb_now_us(ddb));
    const cJSON *time = wire_member(input, "ExportTime");
    cJSON *export = cJSON_CreateObject();
    cJSON *description = cJSON_AddObjectToObject(export, "Description");
    cJSON_AddStringToObject(description, "ExportArn",
                            sim_arena_printf(call->arena, "%s/export/%013llu-%s", table->arn,
                                             (unsigned long long)(ddb_now_us(ddb) / SIM_US_PER_MS),
                                             tail));
    cJSON_AddNumberToObject(description, "StartTime", now);
    cJSON_AddStringToObject(description, "TableArn", table->arn);
    cJSON_AddStringToObject(description, "TableId", table->id);
    cJSON_AddNumberToObject(description, "ExportTime", time != NULL ? time->valuedouble : now);
    cJSON_AddStringToObject(description, "ExportFormat",
                            text_or(input, "ExportFormat", "DYNAMODB_JSON"));
    cJSON_AddStringToObject(description, "ExportType", text_or(input, "ExportType", "FULL_EXPORT"));
    for (size_t i = 0; i < ARRAY_LEN(request_members); i++) {
        const cJSON *value = wire_member(input, request_members[i]);
        if (value != NULL)
            cJSON_AddItemToObject(description, request_members[i], cJSON_Duplicate(value, true));
    }
    if (wire_member(description, "S3SseAlgorithm") == NULL)
        cJSON_AddStringToObject(description, "S3SseAlgorithm", "AES256");
    ddb_setting_stamp(table, export);
    return export;
}

enum wire_progress ddb_export_table(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct sim_error error;
    struct ddb_table *table = NULL;
    const char *token = wire_text(call->input, "ClientToken");
    if (!find_table(state, call, &table, &fault) || !check_increment(table, call->input, &fault) ||
        !check_time(table, "ExportTime", wire_member(call->input, "ExportTime"), &fault))
        return ddb_answer_fault(call, &fault);
    struct ddb_region *region = table->home;
    const cJSON *export = find_export(region, "ClientToken", token);
    if (export != NULL && !check_token(export, call->input, &fault))
        return ddb_answer_fault(call, &fault);
    if (export == NULL) {
        cJSON *fresh = make_export(table, call);
        if (region->exports == NULL)
            region->exports = cJSON_CreateArray();
        cJSON_AddItemToArray(region->exports, fresh);
        export = fresh;
        if (ddb_transfers_save(region, &error) != RESULT_OK)
            return wire_fail_internal(call, &error);
    }
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "ExportDescription", describe(state, export));
    return wire_succeed(call, output);
}

/* --- reading -------------------------------------------------------------------------------------
 */

enum wire_progress ddb_describe_export(void *state, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "ExportArn");
    const cJSON *export = find_export(ddb_region_find(state, call->region), "ExportArn", arn);
    if (export == NULL)
        return wire_fail(call, "ExportNotFoundException", "Export not found: %s", arn);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "ExportDescription", describe(state, export));
    return wire_succeed(call, output);
}

static void add_summary(cJSON *list, const struct ddb *ddb, const cJSON *export)
{
    cJSON *summary = cJSON_CreateObject();
    cJSON_AddItemToArray(list, summary);
    cJSON_AddStringToObject(summary, "ExportArn", text_in(export, "ExportArn"));
    cJSON_AddStringToObject(summary, "ExportStatus",
                            ddb_setting_is_over(ddb, export) ? "FAILED" : "IN_PROGRESS");
    cJSON_AddStringToObject(summary, "ExportType", text_in(export, "ExportType"));
}

/* Of one account, and of one table where it is named; a page ends with the ARN to go on from. */
enum wire_progress ddb_list_exports(void *state, struct wire_call *call)
{
    const struct ddb_region *region = ddb_region_find(state, call->region);
    const char *only = wire_text(call->input, "TableArn");
    const char *after = wire_text(call->input, "NextToken");
    int64_t left = wire_integer(call->input, "MaxResults", PAGE_SIZE);
    const char *account = sim_arena_printf(call->arena, ":%s:table/", call->account);
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, "ExportSummaries");
    const char *last = NULL;
    const cJSON *export = NULL;
    cJSON_ArrayForEach(export, exports_of(region))
    {
        const char *arn = text_in(export, "ExportArn");
        if (after != NULL) {
            after = strcmp(arn, after) == 0 ? NULL : after;
            continue;
        }
        if (strstr(arn, account) == NULL ||
            (only != NULL && strcmp(text_in(export, "TableArn"), only) != 0))
            continue;
        if (left-- == 0) {
            cJSON_AddStringToObject(output, "NextToken", last);
            break;
        }
        add_summary(list, state, export);
        last = arn;
    }
    return wire_succeed(call, output);
}
