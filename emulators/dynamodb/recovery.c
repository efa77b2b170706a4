#include "emulators/dynamodb/recovery.h"

#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/saved_json.h"

#define DAY_US         (UINT64_C(24) * 3600 * SIM_US_PER_S)
#define LATEST_BACK_US (UINT64_C(300) * SIM_US_PER_S)
#define ENABLING_US    (UINT64_C(3) * SIM_US_PER_S) /* after ACTIVE, as observed at the service */
#define TIME_MS_MAX    (SIM_CLOCK_MAX_US / 1000)

bool ddb_recovery_is_enabled(const struct ddb_table *table)
{
    return table->recovery.enabled_us != 0;
}

uint64_t ddb_recovery_earliest_us(const struct ddb_table *table)
{
    PRE(ddb_recovery_is_enabled(table));
    uint64_t now_us = ddb_now_us(table->ddb);
    uint64_t period_us = table->recovery.period_days * DAY_US;
    uint64_t earliest_us = now_us > period_us ? now_us - period_us : 0;
    return earliest_us > table->recovery.reaches_us ? earliest_us : table->recovery.reaches_us;
}

uint64_t ddb_recovery_latest_us(const struct ddb_table *table)
{
    PRE(ddb_recovery_is_enabled(table));
    uint64_t now_us = ddb_now_us(table->ddb);
    uint64_t enabled_us = table->recovery.enabled_us;
    return now_us > enabled_us + LATEST_BACK_US ? now_us - LATEST_BACK_US : enabled_us;
}

void ddb_recovery_enable(struct ddb_table *table, uint32_t period_days)
{
    PRE(period_days >= 1);
    PRE(period_days <= DDB_RECOVERY_DAYS_MAX);
    if (ddb_recovery_is_enabled(table)) {
        table->recovery.reaches_us = ddb_recovery_earliest_us(table);
    } else {
        table->recovery.enabled_us = ddb_now_us(table->ddb);
        table->recovery.reaches_us = table->recovery.enabled_us;
    }
    table->recovery.period_days = period_days;
}

void ddb_recovery_disable(struct ddb_table *table)
{
    table->recovery = (struct ddb_recovery){0};
}

/* --- requests ------------------------------------------------------------------------------------
 */

bool ddb_recovery_is_available(const struct ddb_table *table)
{
    uint64_t delay_us = table->ddb->transient_delay_us;
    if (delay_us > ENABLING_US)
        delay_us = ENABLING_US;
    return ddb_now_us(table->ddb) - table->active_us >= delay_us;
}

bool ddb_recovery_check_available(const struct ddb_table *table, struct ddb_fault *fault)
{
    return ddb_recovery_is_available(table) ||
           ddb_fail(fault, "ContinuousBackupsUnavailableException",
                    "Backups are being enabled for the table: %s. Please retry later", table->name);
}

bool ddb_recovery_request_table(struct ddb *ddb, const struct wire_call *call,
                                const char *name_or_arn, struct ddb_table **table,
                                struct ddb_fault *fault)
{
    struct ddb_fault missing = {.arena = call->arena};
    if (!ddb_request_table_control(ddb, call, name_or_arn, table, &missing) ||
        (*table)->status == DDB_TABLE_CREATING || (*table)->status == DDB_TABLE_DELETING)
        return ddb_fail(fault, "TableNotFoundException", "Table not found: %s",
                        ddb_table_name_of(call->arena, name_or_arn));
    return true;
}

uint64_t ddb_request_time_ms(const cJSON *time)
{
    double ms = time != NULL ? time->valuedouble * 1000.0 + 0.5 : 0.0;
    if (!(ms > 0.0)) /* not a number, too */
        return 0;
    return ms < (double)TIME_MS_MAX ? (uint64_t)ms : TIME_MS_MAX;
}

/* --- keeping -------------------------------------------------------------------------------------
 */

cJSON *ddb_recovery_save(const struct ddb_table *table)
{
    if (!ddb_recovery_is_enabled(table))
        return NULL;
    cJSON *saved = cJSON_CreateObject();
    ddb_saved_add_number(saved, "Enabled", table->recovery.enabled_us);
    ddb_saved_add_number(saved, "Reaches", table->recovery.reaches_us);
    ddb_saved_add_number(saved, "Days", table->recovery.period_days);
    return saved;
}

enum sim_result ddb_recovery_load(struct ddb_table *table, const cJSON *saved,
                                  struct sim_error *error)
{
    uint64_t enabled_us = ddb_saved_number(saved, "Enabled");
    uint64_t reaches_us = ddb_saved_number(saved, "Reaches");
    uint64_t days = ddb_saved_number(saved, "Days");
    if (saved == NULL)
        return RESULT_OK;
    if (enabled_us == 0 || enabled_us > SIM_CLOCK_MAX_US || reaches_us < enabled_us ||
        reaches_us > SIM_CLOCK_MAX_US || days < 1 || days > DDB_RECOVERY_DAYS_MAX)
        return sim_error_set(error, RESULT_INVALID, "its point-in-time recovery");
    table->recovery = (struct ddb_recovery){
        .enabled_us = enabled_us, .reaches_us = reaches_us, .period_days = (uint32_t)days};
    return RESULT_OK;
}
