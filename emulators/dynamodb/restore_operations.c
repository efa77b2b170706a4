/* RestoreTableFromBackup and RestoreTableToPointInTime. Order of checks, as recorded: the shape of
 * the request, recovery is enabled, the time, the target; then what depends on the source. */
#include <string.h>

#include "emulators/dynamodb/backup_request.h"
#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/recovery.h"
#include "emulators/dynamodb/restore.h"
#include "emulators/dynamodb/table_describe.h"

#define INVALID      "Invalid Request: "
#define RESTORES_MAX 50 /* of one account, at a time */

/* --- the new table -------------------------------------------------------------------------------
 */

static bool check_target(const struct ddb *ddb, const struct wire_call *call, const char *name,
                         struct ddb_fault *fault)
{
    struct ddb_region *region = ddb_region_find(ddb, call->region);
    const struct ddb_table *existing = ddb_table_find(region, call->account, name);
    size_t restores = 0;
    if (existing != NULL && existing->restore != NULL)
        return ddb_fail(fault, "TableInUseException",
                        "Table: %s is already being restored from backup: %s", name,
                        ddb_restore_origin(existing));
    if (existing != NULL)
        return ddb_fail(fault, "TableAlreadyExistsException", "Table already exists: %s", name);
    for (size_t i = 0; region != NULL && i < region->table_count; i++) {
        const struct ddb_table *table = region->tables[i];
        if (table->restore != NULL && strcmp(table->account, call->account) == 0)
            restores++;
    }
    return restores < RESTORES_MAX ||
           ddb_fail(fault, "LimitExceededException",
                    "Subscriber limit exceeded: Only %d restore operations can be done "
                    "simultaneously",
                    RESTORES_MAX);
}

static bool check_encryption(const struct wire_call *call, const char *source_arn,
                             struct ddb_fault *fault)
{
    const char *here = sim_arena_printf(call->arena, "arn:aws:dynamodb:%s:", call->region);
    if (strncmp(source_arn, here, strlen(here)) == 0 ||
        wire_member(call->input, "SSESpecificationOverride") != NULL)
        return true;
    return ddb_invalid(fault, INVALID "sseSpecificationOverride must be provided for cross-region "
                                      "restores");
}

static enum wire_progress start(struct ddb *ddb, struct wire_call *call, const cJSON *spec,
                                struct ddb_restore_options *options)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct sim_error error;
    struct ddb_region *region = NULL;
    struct ddb_table *table = NULL;
    options->table.account = call->account;
    options->table.name = wire_text(call->input, "TargetTableName");
    if (!ddb_restore_define(spec, call->input, &options->table.definition, &fault))
        return ddb_answer_fault(call, &fault);
    enum sim_result result = ddb_region_open(ddb, call->region, &region, &error);
    if (result == RESULT_OK)
        result = ddb_restore_start(region, options, &table, &error);
    if (result != RESULT_OK) {
        ddb_definition_destroy(options->table.definition);
        return wire_fail_internal(call, &error);
    }
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "TableDescription",
                          ddb_table_describe(table, DDB_DESCRIBE_CREATED));
    return wire_succeed(call, output);
}

/* --- from a backup -------------------------------------------------------------------------------
 */

static bool check_backup(const struct ddb_backup *backup, struct ddb_fault *fault)
{
    static const char *const in_use = "BackupInUseException";
    if (!backup->is_available)
        return ddb_fail(fault, in_use, "Backup is being created: %s", backup->arn);
    if (backup->restore_count > 0)
        return ddb_fail(fault, in_use, "Backup is being used to restore another table: %s",
                        backup->arn);
    return true;
}

enum wire_progress ddb_restore_from_backup(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_backup *backup = NULL;
    const char *arn = wire_text(call->input, "BackupArn");
    if (!ddb_restore_check_overrides(call->input, &fault) ||
        !ddb_backup_request(state, call, arn, true, &backup, &fault) ||
        !check_encryption(call, arn, &fault) ||
        !check_target(state, call, wire_text(call->input, "TargetTableName"), &fault) ||
        !check_backup(backup, &fault))
        return ddb_answer_fault(call, &fault);
    struct ddb_restore_options options = {
        .backup = backup,
        .source_arn = wire_text(backup->source, "TableArn"),
        .time_us = backup->created_us,
    };
    return start(state, call, backup->spec, &options);
}

/* --- to a point in time --------------------------------------------------------------------------
 */

static bool check_shape(const cJSON *input, struct ddb_fault *fault)
{
    const char *name = wire_text(input, "SourceTableName");
    const char *arn = wire_text(input, "SourceTableArn");
    bool has_time = wire_member(input, "RestoreDateTime") != NULL;
    bool wants_latest = wire_flag(input, "UseLatestRestorableTime", false);
    if (name != NULL && arn != NULL)
        return ddb_invalid(fault, INVALID "Must provide exactly one of: sourceTableArn, "
                                          "sourceTableName");
    if (name == NULL && arn == NULL)
        return ddb_invalid(fault, "The parameter 'TableName' is required but was not present in "
                                  "the request");
    if (has_time && wants_latest)
        return ddb_invalid(fault, INVALID "Both RestoreDateTime and UseLatestRestorableTime cannot "
                                          "be set for point-in-time restore request. Please set "
                                          "one of them.");
    if (!has_time && !wants_latest)
        return ddb_invalid(fault, INVALID "Either one of RestoreDateTime or "
                                          "UseLatestRestorableTime must be specified, but not "
                                          "both");
    return ddb_restore_check_overrides(input, fault);
}

/* "arn:aws:dynamodb:<region>:<account>:table/<name>", perhaps of another Region. */
static bool find_source(struct ddb *ddb, const struct wire_call *call, struct ddb_table **table,
                        struct ddb_fault *fault)
{
    const char *name = wire_text(call->input, "SourceTableName");
    const char *arn = wire_text(call->input, "SourceTableArn");
    const char *start = "arn:aws:dynamodb:";
    const char *region = call->region;
    if (arn != NULL) {
        if (strncmp(arn, start, strlen(start)) != 0 || strstr(arn, ":table/") == NULL)
            return ddb_invalid(fault, "Invalid TableArn: Invalid ResourceArn provided as input %s",
                               arn);
        const char *place = arn + strlen(start);
        size_t place_bytes = strcspn(place, ":");
        region = sim_arena_strndup(fault->arena, place, place_bytes);
        const char *owner = sim_arena_printf(fault->arena, ":%s:table/", call->account);
        if (strncmp(place + place_bytes, owner, strlen(owner)) != 0)
            return ddb_fail(fault, "AccessDeniedException", "Access is denied");
        name = ddb_table_name_of(fault->arena, arn);
        if (!check_encryption(call, arn, fault))
            return false;
    }
    *table = ddb_table_find(ddb_region_find(ddb, region), call->account, name);
    if (*table == NULL || (*table)->status == DDB_TABLE_CREATING ||
        (*table)->status == DDB_TABLE_DELETING)
        return ddb_fail(fault, "TableNotFoundException", "Table not found: %s", name);
    if (!ddb_recovery_is_enabled(*table))
        return ddb_fail(fault, "PointInTimeRecoveryUnavailableException",
                        "Point in time recovery is not enabled for table '%s'", name);
    return true;
}

static bool read_time(const struct wire_call *call, const struct ddb_table *table,
                      uint64_t *time_us, struct ddb_fault *fault)
{
    const cJSON *wanted = wire_member(call->input, "RestoreDateTime");
    uint64_t earliest_us = ddb_recovery_earliest_us(table);
    uint64_t latest_us = ddb_recovery_latest_us(table);
    *time_us = latest_us;
    if (wanted == NULL)
        return true;
    uint64_t time_ms = ddb_request_time_ms(wanted);
    *time_us = time_ms * SIM_US_PER_MS;
    if (time_ms >= earliest_us / SIM_US_PER_MS && time_ms <= latest_us / SIM_US_PER_MS)
        return true;
    char texts[3][SIM_CLOCK_TEXT_BYTES];
    sim_clock_format(*time_us, texts[0]);
    sim_clock_format(earliest_us, texts[1]);
    sim_clock_format(latest_us, texts[2]);
    return ddb_fail(fault, "InvalidRestoreTimeException",
                    "RestoreDateTime '%s' must be within EarliestRestorableDateTime '%s' and "
                    "LatestRestorableDateTime '%s'",
                    texts[0], texts[1], texts[2]);
}

enum wire_progress ddb_restore_to_time(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct sim_error error;
    struct ddb_table *source = NULL;
    struct ddb_restore_options options = {0};
    if (!check_shape(call->input, &fault) || !find_source(state, call, &source, &fault) ||
        !read_time(call, source, &options.time_us, &fault) ||
        !check_target(state, call, wire_text(call->input, "TargetTableName"), &fault))
        return ddb_answer_fault(call, &fault);
    /* whatever was committed in that millisecond belongs to it */
    uint64_t until_us = options.time_us / SIM_US_PER_MS * SIM_US_PER_MS + SIM_US_PER_MS - 1;
    if (ddb_log_sequence_at(&source->log, until_us, &options.sequence, &error) != RESULT_OK)
        return wire_fail_internal(call, &error);
    options.source = source;
    options.source_arn = source->arn;
    return start(state, call, source->definition->spec, &options);
}
