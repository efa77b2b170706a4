/* UpdateContinuousBackups and DescribeContinuousBackups. Continuous backups are on for every table;
 * point-in-time recovery is what a client switches. */
#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/recovery.h"
#include "emulators/dynamodb/table_describe.h"

static enum wire_progress answer(struct wire_call *call, const struct ddb_table *table)
{
    cJSON *output = cJSON_CreateObject();
    cJSON *description = cJSON_AddObjectToObject(output, "ContinuousBackupsDescription");
    cJSON_AddStringToObject(description, "ContinuousBackupsStatus",
                            ddb_recovery_is_available(table) ? "ENABLED" : "DISABLED");
    cJSON *recovery = cJSON_AddObjectToObject(description, "PointInTimeRecoveryDescription");
    bool is_enabled = ddb_recovery_is_enabled(table);
    cJSON_AddStringToObject(recovery, "PointInTimeRecoveryStatus",
                            is_enabled ? "ENABLED" : "DISABLED");
    if (is_enabled) {
        cJSON_AddNumberToObject(recovery, "RecoveryPeriodInDays",
                                (double)table->recovery.period_days);
        cJSON_AddNumberToObject(recovery, "EarliestRestorableDateTime",
                                ddb_json_time(ddb_recovery_earliest_us(table)));
        cJSON_AddNumberToObject(recovery, "LatestRestorableDateTime",
                                ddb_json_time(ddb_recovery_latest_us(table)));
    }
    return wire_succeed(call, output);
}

enum wire_progress ddb_describe_continuous_backups(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    if (!ddb_recovery_request_table(state, call, wire_text(call->input, "TableName"), &table,
                                    &fault))
        return ddb_answer_fault(call, &fault);
    return answer(call, table);
}

static void tell(const struct ddb_table *table)
{
    sim_trace_emit(table->ddb->core->trace, "table.recovery", ddb_region_name(table),
                   FIELD_TEXT("table", table->name),
                   FIELD_TEXT("state", ddb_recovery_is_enabled(table) ? "ENABLED" : "DISABLED"),
                   FIELD_NUMBER("days", table->recovery.period_days));
}

enum wire_progress ddb_update_continuous_backups(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    const cJSON *wanted = wire_member(call->input, "PointInTimeRecoverySpecification");
    bool is_wanted = wire_flag(wanted, "PointInTimeRecoveryEnabled", false);
    int64_t days = wire_integer(wanted, "RecoveryPeriodInDays", 0);
    if (!is_wanted && days != 0) {
        (void)ddb_invalid(&fault, "Invalid Request: Cannot specify RecoveryPeriodInDays when "
                                  "disabling point-in-time recovery.");
        return ddb_answer_fault(call, &fault);
    }
    if (!ddb_recovery_request_table(state, call, wire_text(call->input, "TableName"), &table,
                                    &fault) ||
        !ddb_recovery_check_available(table, &fault))
        return ddb_answer_fault(call, &fault);
    if (is_wanted && days == 0) /* on already: the days stay as they are */
        days = ddb_recovery_is_enabled(table) ? table->recovery.period_days : DDB_RECOVERY_DAYS_MAX;
    bool changes = is_wanted
                       ? !ddb_recovery_is_enabled(table) || table->recovery.period_days != days
                       : ddb_recovery_is_enabled(table);
    if (changes && is_wanted)
        ddb_recovery_enable(table, (uint32_t)days);
    else if (changes)
        ddb_recovery_disable(table);
    if (changes)
        tell(table);
    return answer(call, table);
}
