/* CreateBackup, DescribeBackup, DeleteBackup, ListBackups. */
#include <string.h>

#include "emulators/dynamodb/backup_request.h"
#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/recovery.h"

#define BACKUPS_PER_PAGE 100

/* --- ARNs ----------------------------------------------------------------------------------------
 */

#define ARN_START     "arn:aws:dynamodb:"
#define ACCOUNT_CHARS 12

/* "<region>:<account>:table/<table>/backup/<id>" behind ARN_START. */
static bool read_arn(struct sim_arena *arena, const char *arn, const char **region,
                     const char **account)
{
    if (strncmp(arn, ARN_START, strlen(ARN_START)) != 0)
        return false;
    const char *place = arn + strlen(ARN_START);
    size_t place_bytes = strcspn(place, ":");
    const char *owner = place + place_bytes + (place[place_bytes] != '\0' ? 1 : 0);
    size_t owner_bytes = strcspn(owner, ":");
    const char *table = owner + owner_bytes;
    if (place_bytes == 0 || owner_bytes != ACCOUNT_CHARS ||
        strncmp(table, ":table/", strlen(":table/")) != 0)
        return false;
    table += strlen(":table/");
    size_t table_bytes = strcspn(table, "/");
    const char *rest = table + table_bytes;
    if (table_bytes == 0 || strncmp(rest, "/backup/", strlen("/backup/")) != 0 ||
        rest[strlen("/backup/")] == '\0' || strchr(rest + strlen("/backup/"), '/') != NULL)
        return false;
    *region = sim_arena_strndup(arena, place, place_bytes);
    *account = sim_arena_strndup(arena, owner, owner_bytes);
    return true;
}

bool ddb_backup_request(struct ddb *ddb, const struct wire_call *call, const char *arn,
                        bool any_region, struct ddb_backup **backup, struct ddb_fault *fault)
{
    const char *region = NULL;
    const char *account = NULL;
    if (!read_arn(fault->arena, arn, &region, &account))
        return ddb_invalid(fault, "Invalid Backup ARN");
    if (strcmp(account, call->account) != 0)
        return ddb_fail(fault, "AccessDeniedException", "Access is denied");
    bool is_here = strcmp(region, call->region) == 0;
    *backup = is_here || any_region ? ddb_backup_find(ddb_region_find(ddb, region), arn) : NULL;
    if (*backup == NULL)
        return ddb_fail(fault, "BackupNotFoundException", "Backup not found: %s", arn);
    return true;
}

/* --- one backup ----------------------------------------------------------------------------------
 */

enum wire_progress ddb_create_backup(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct sim_error error;
    struct ddb_table *table = NULL;
    struct ddb_backup *backup = NULL;
    if (!ddb_recovery_request_table(state, call, wire_text(call->input, "TableName"), &table,
                                    &fault) ||
        !ddb_recovery_check_available(table, &fault))
        return ddb_answer_fault(call, &fault);
    if (ddb_backup_create(table, wire_text(call->input, "BackupName"), &backup, &error) !=
        RESULT_OK)
        return wire_fail_internal(call, &error);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "BackupDetails", ddb_backup_details(backup, NULL));
    return wire_succeed(call, output);
}

enum wire_progress ddb_describe_backup(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_backup *backup = NULL;
    if (!ddb_backup_request(state, call, wire_text(call->input, "BackupArn"), false, &backup,
                            &fault))
        return ddb_answer_fault(call, &fault);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "BackupDescription", ddb_backup_description(backup, NULL));
    return wire_succeed(call, output);
}

static bool check_deletable(const struct ddb_backup *backup, struct ddb_fault *fault)
{
    static const char *const in_use = "BackupInUseException";
    if (backup->type == DDB_BACKUP_SYSTEM) {
        char expiry[SIM_CLOCK_TEXT_BYTES];
        sim_clock_format(backup->expires_us, expiry);
        return ddb_invalid(fault,
                           "Invalid Request: User is not allowed to delete the system backup with "
                           "arn %s. It will automatically expire on %s",
                           backup->arn, expiry);
    }
    if (!backup->is_available)
        return ddb_fail(fault, in_use, "Backup is being created: %s", backup->arn);
    if (backup->restore_count > 0)
        return ddb_fail(fault, in_use, "Backup is being used to restore table: %s", backup->arn);
    return true;
}

enum wire_progress ddb_delete_backup(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_backup *backup = NULL;
    if (!ddb_backup_request(state, call, wire_text(call->input, "BackupArn"), false, &backup,
                            &fault) ||
        !check_deletable(backup, &fault))
        return ddb_answer_fault(call, &fault);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "BackupDescription", ddb_backup_description(backup, "DELETED"));
    sim_trace_emit(backup->region->ddb->core->trace, "backup.deleted", call->region,
                   FIELD_TEXT("table", backup->table_name), FIELD_TEXT("backup", backup->arn));
    ddb_backup_destroy(backup, true);
    return wire_succeed(call, output);
}

/* --- ListBackups ---------------------------------------------------------------------------------
 */

struct filter {
    const char *account;
    const char *table;    /* NULL: all */
    const char *type;     /* "USER", "SYSTEM", "AWS_BACKUP", "ALL" */
    const char *after_id; /* NULL: from the start */
    const char *after_arn;
    bool has_lower;
    bool has_upper;
    uint64_t lower_ms; /* inclusive */
    uint64_t upper_ms; /* exclusive */
};

static bool read_filter(struct filter *filter, const struct wire_call *call,
                        struct ddb_fault *fault)
{
    const cJSON *lower = wire_member(call->input, "TimeRangeLowerBound");
    const cJSON *upper = wire_member(call->input, "TimeRangeUpperBound");
    const char *table = wire_text(call->input, "TableName");
    const char *type = wire_text(call->input, "BackupType");
    const char *after = wire_text(call->input, "ExclusiveStartBackupArn");
    *filter = (struct filter){
        .account = call->account,
        .table = table != NULL ? ddb_table_name_of(call->arena, table) : NULL,
        .type = type != NULL ? type : "USER",
        .after_arn = after,
        .has_lower = lower != NULL,
        .has_upper = upper != NULL,
        .lower_ms = ddb_request_time_ms(lower),
        .upper_ms = ddb_request_time_ms(upper),
    };
    if (lower != NULL && upper != NULL && filter->lower_ms > filter->upper_ms)
        return ddb_invalid(fault, DDB_PARAMETER_TEXT
                           "Time range lower bound must be less than or equal to upper bound");
    const char *region = NULL;
    const char *account = NULL;
    if (after == NULL)
        return true;
    if (!read_arn(fault->arena, after, &region, &account))
        return ddb_invalid(fault, "Invalid Request: BackupArn is not valid");
    if (strcmp(region, call->region) != 0)
        return ddb_invalid(fault, "Invalid Request: The supplied ExclusiveStartBackupArn does not "
                                  "match the region");
    if (strcmp(account, call->account) != 0)
        return ddb_fail(fault, "AccessDeniedException", "Access is denied");
    filter->after_id = strrchr(after, '/') + 1;
    return true;
}

static bool is_behind(const struct filter *filter, const struct ddb_backup *backup)
{
    if (filter->after_id == NULL)
        return true;
    int by_id = strcmp(backup->id, filter->after_id);
    return by_id > 0 || (by_id == 0 && strcmp(backup->arn, filter->after_arn) > 0);
}

static bool is_wanted(const struct filter *filter, const struct ddb_backup *backup)
{
    const char *type = backup->type == DDB_BACKUP_USER ? "USER" : "SYSTEM";
    uint64_t created_ms = backup->created_us / SIM_US_PER_MS;
    return strcmp(backup->account, filter->account) == 0 &&
           (filter->table == NULL || strcmp(backup->table_name, filter->table) == 0) &&
           (strcmp(filter->type, "ALL") == 0 || strcmp(filter->type, type) == 0) &&
           (!filter->has_lower || created_ms >= filter->lower_ms) &&
           (!filter->has_upper || created_ms < filter->upper_ms) && is_behind(filter, backup);
}

/* Oldest first. */
enum wire_progress ddb_list_backups(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    const struct ddb_region *region = ddb_region_find(state, call->region);
    struct filter filter;
    if (!read_filter(&filter, call, &fault))
        return ddb_answer_fault(call, &fault);
    int64_t left = wire_integer(call->input, "Limit", BACKUPS_PER_PAGE);
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, "BackupSummaries");
    const char *last = NULL;
    for (size_t i = 0; region != NULL && i < region->backup_count; i++) {
        const struct ddb_backup *backup = region->backups[i];
        if (!is_wanted(&filter, backup))
            continue;
        if (left-- == 0) {
            cJSON_AddStringToObject(output, "LastEvaluatedBackupArn", last);
            break;
        }
        cJSON_AddItemToArray(list, ddb_backup_summary(backup));
        last = backup->arn;
    }
    return wire_succeed(call, output);
}
