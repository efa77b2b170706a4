#include "emulators/dynamodb/time_to_live.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/item_commit.h"
#include "emulators/dynamodb/number.h"
#include "emulators/dynamodb/saved_json.h"
#include "emulators/dynamodb/store_expiry.h"
#include "emulators/dynamodb/table_save.h"
#include "emulators/dynamodb/table_walk.h"
#include "emulators/dynamodb/time_to_live_state.h"
#include "emulators/wire/metrics.h"

#define TOO_OLD_S     (INT64_C(5) * 366 * 86400) /* older values are taken for mistakes */
#define ITEMS_A_SWEEP 100
#define BETWEEN_US    (10 * SIM_US_PER_MS) /* sweeps while more has expired */
#define RETRY_US      (60 * SIM_US_PER_S)  /* the Region is down, or its store failed */
#define INT64_DIGITS  18

static void sweep(void *context);

static int64_t now_s(const struct ddb_table *table)
{
    return (int64_t)(ddb_now_us(table->ddb) / SIM_US_PER_S);
}

bool ddb_time_to_live_is_enabled(const struct ddb_table *table)
{
    return table->time_to_live != NULL && table->time_to_live->attribute != NULL;
}

/* --- reading the attribute -----------------------------------------------------------------------
 */

/* Whole seconds of a number; false where it is too great for any clock. */
static bool read_seconds(const char *text, int64_t *seconds)
{
    struct ddb_number number;
    char plain[DDB_NUMBER_TEXT_BYTES];
    if (!ddb_number_parse(text, &number, NULL) || number.is_negative ||
        ddb_number_magnitude(&number) >= INT64_DIGITS)
        return false;
    (void)ddb_number_format(&number, plain);
    *seconds = strtoll(plain, NULL, 10); /* stops at the point */
    return true;
}

static bool read_expiry(const struct ddb_table *table, const cJSON *item, int64_t *expires_s)
{
    const cJSON *value = item != NULL ? ddb_item_find(item, table->time_to_live->attribute) : NULL;
    return value != NULL && ddb_value_type(value) == DDB_TYPE_N &&
           read_seconds(ddb_value_text(value), expires_s) && *expires_s > now_s(table) - TOO_OLD_S;
}

/* --- when to sweep -------------------------------------------------------------------------------
 */

static void sweep_at(struct ddb_time_to_live *setting, uint64_t at_us)
{
    struct sim_sched *sched = setting->table->ddb->core->sched;
    (void)sim_sched_cancel(sched, setting->event);
    setting->event_us = at_us;
    setting->event = sim_sched_at_background(sched, at_us, sweep, setting);
}

/* For an item that expires then: unless a sweep is due before its latest time anyway. */
static void expect_expiry(struct ddb_time_to_live *setting, int64_t expires_s)
{
    struct ddb *ddb = setting->table->ddb;
    uint64_t expires_us = (uint64_t)expires_s > UINT64_MAX / SIM_US_PER_S / 2
                              ? UINT64_MAX / 2
                              : (uint64_t)expires_s * SIM_US_PER_S;
    uint64_t spread_us = ddb->expiry_most_us - ddb->expiry_least_us;
    uint64_t now_us = ddb_now_us(ddb);
    if (expires_us < now_us)
        expires_us = now_us;
    if (setting->event != 0 && setting->event_us <= expires_us + ddb->expiry_most_us)
        return;
    uint64_t drawn_us = spread_us > 0 ? sim_random_below(&ddb->expiry_delays, spread_us + 1) : 0;
    sweep_at(setting, expires_us + ddb->expiry_least_us + drawn_us);
}

enum sim_result ddb_time_to_live_note(struct ddb_table *table, const struct ddb_key_blob *key,
                                      const cJSON *item, struct sim_error *error)
{
    struct ddb_time_to_live *setting = table->time_to_live;
    int64_t expires_s = 0;
    if (!ddb_time_to_live_is_enabled(table))
        return RESULT_OK;
    if (!read_expiry(table, item, &expires_s))
        return ddb_expiry_erase(&setting->index, key, error);
    expect_expiry(setting, expires_s);
    return ddb_expiry_write(&setting->index, key, expires_s, error);
}

/* --- sweeping ------------------------------------------------------------------------------------
 */

static void tell_deleted(const struct ddb_table *table, size_t count)
{
    struct wire_datum datum = {
        .region = ddb_region_name(table),
        .name_space = "AWS/DynamoDB",
        .metric = "TimeToLiveDeletedItemCount",
        .dimensions = {{"TableName", table->name}},
        .dimension_count = 1,
        .value = (int64_t)count,
        .unit = "Count",
        .at_us = ddb_now_us(table->ddb),
    };
    if (count == 0)
        return;
    wire_metric_record(table->ddb->host->metrics, &datum);
    sim_trace_emit(table->ddb->core->trace, "item.expired", ddb_region_name(table),
                   FIELD_TEXT("table", table->name), FIELD_NUMBER("count", count));
}

static enum sim_result delete_item(struct ddb_table *table, const struct ddb_key_blob *key,
                                   struct sim_arena *arena, struct sim_error *error)
{
    struct ddb_row row;
    bool found = false;
    enum sim_result result = ddb_items_read(&table->items, key, arena, &row, &found, error);
    if (result != RESULT_OK)
        return result;
    struct ddb_commit commit;
    result = ddb_commit_begin(&commit, table->home, arena, NULL, error);
    if (result != RESULT_OK)
        return result;
    if (found && row.item != NULL) {
        struct ddb_write write = {.table = table,
                                  .key = *key,
                                  .old_row = &row,
                                  .origin = DDB_WRITE_LOCAL,
                                  .is_expired = true};
        result = ddb_commit_write(&commit, &write, NULL, error);
    } else { /* an entry that outlived its item */
        result = ddb_expiry_erase(&table->time_to_live->index, key, error);
    }
    return ddb_commit_end(&commit, result, error);
}

/* *next_s: when the first item that stays expires; INT64_MAX: none. */
static enum sim_result delete_expired(struct ddb_table *table, size_t *deleted, int64_t *next_s,
                                      struct sim_error *error)
{
    uint64_t now_us = ddb_now_us(table->ddb);
    uint64_t least_us = table->ddb->expiry_least_us;
    int64_t until_s = now_us > least_us ? (int64_t)((now_us - least_us) / SIM_US_PER_S) : 0;
    struct sim_arena *arena = sim_arena_create();
    enum sim_result result = RESULT_OK;
    *next_s = INT64_MAX;
    while (result == RESULT_OK) {
        struct ddb_key_blob key;
        int64_t expires_s = 0;
        bool found = false;
        result = ddb_expiry_next(&table->time_to_live->index, now_s(table) - TOO_OLD_S, arena, &key,
                                 &expires_s, &found, error);
        if (result != RESULT_OK || !found)
            break;
        *next_s = expires_s;
        if (expires_s > until_s || *deleted == ITEMS_A_SWEEP)
            break;
        *next_s = INT64_MAX;
        result = delete_item(table, &key, arena, error);
        *deleted += result == RESULT_OK ? 1 : 0;
    }
    sim_arena_destroy(arena);
    return result;
}

static void sweep(void *context)
{
    struct ddb_time_to_live *setting = context;
    struct ddb_table *table = setting->table;
    uint64_t now_us = ddb_now_us(table->ddb);
    setting->event = 0;
    if (table->home->place->down_count > 0) {
        sweep_at(setting, now_us + RETRY_US);
        return;
    }
    size_t deleted = 0;
    int64_t next_s = 0;
    struct sim_error error;
    enum sim_result result = delete_expired(table, &deleted, &next_s, &error);
    tell_deleted(table, deleted);
    if (result != RESULT_OK) {
        sim_trace_emit(table->ddb->core->trace, "store.error", ddb_region_name(table),
                       FIELD_TEXT("table", table->name), FIELD_TEXT("error", error.message));
        sweep_at(setting, now_us + RETRY_US);
    } else if (deleted == ITEMS_A_SWEEP) {
        sweep_at(setting, now_us + BETWEEN_US);
    } else if (next_s != INT64_MAX) {
        expect_expiry(setting, next_s);
    }
}

/* --- the setting ---------------------------------------------------------------------------------
 */

static enum sim_result find_expiry(void *context, const struct ddb_key_blob *key, const cJSON *item,
                                   struct sim_arena *arena UNUSED, struct sim_error *error)
{
    const struct ddb_time_to_live *setting = context;
    return ddb_time_to_live_note(setting->table, key, item, error);
}

static void end_walk(void *context)
{
    struct ddb_time_to_live *setting = context;
    setting->walk = NULL;
    ddb_table_changed(setting->table);
}

enum sim_result ddb_time_to_live_enable(struct ddb_table *table, const char *attribute,
                                        struct sim_error *error)
{
    PRE(!ddb_time_to_live_is_enabled(table));
    if (table->time_to_live == NULL) {
        table->time_to_live = sim_alloc(sizeof *table->time_to_live);
        table->time_to_live->table = table;
    }
    struct ddb_time_to_live *setting = table->time_to_live;
    enum sim_result result =
        ddb_expiry_create(&setting->index, table->home->store, table->items.table_number,
                          setting->generations + 1, error);
    if (result != RESULT_OK)
        return result;
    setting->generations++;
    setting->attribute = sim_strdup(attribute);
    setting->changed_us = ddb_now_us(table->ddb);
    setting->walk = ddb_walk_start(table, find_expiry, end_walk, setting);
    return RESULT_OK;
}

/* What SQLite would not drop is never looked at again. */
void ddb_time_to_live_disable(struct ddb_table *table, bool drops_data)
{
    struct ddb_time_to_live *setting = table->time_to_live;
    struct sim_error error;
    if (!ddb_time_to_live_is_enabled(table))
        return;
    ddb_walk_stop(setting->walk);
    setting->walk = NULL;
    (void)sim_sched_cancel(table->ddb->core->sched, setting->event);
    setting->event = 0;
    if (drops_data && ddb_expiry_drop(&setting->index, &error) != RESULT_OK)
        sim_trace_emit(table->ddb->core->trace, "store.error", ddb_region_name(table),
                       FIELD_TEXT("table", table->name), FIELD_TEXT("error", error.message));
    ddb_expiry_fini(&setting->index);
    free(setting->attribute);
    setting->attribute = NULL;
    setting->changed_us = ddb_now_us(table->ddb);
}

/* --- the data directory --------------------------------------------------------------------------
 */

cJSON *ddb_time_to_live_save(const struct ddb_table *table)
{
    const struct ddb_time_to_live *setting = table->time_to_live;
    if (setting == NULL)
        return NULL;
    cJSON *saved = cJSON_CreateObject();
    if (setting->attribute != NULL)
        cJSON_AddStringToObject(saved, "Attribute", setting->attribute);
    ddb_saved_add_number(saved, "Changed", setting->changed_us);
    ddb_saved_add_number(saved, "Generations", setting->generations);
    cJSON_AddBoolToObject(saved, "IsWalking", setting->walk != NULL);
    return saved;
}

enum sim_result ddb_time_to_live_load(struct ddb_table *table, const cJSON *saved,
                                      struct sim_error *error UNUSED)
{
    const char *attribute = wire_text(saved, "Attribute");
    struct ddb_time_to_live *setting = sim_alloc(sizeof *setting);
    setting->table = table;
    setting->changed_us = ddb_saved_number(saved, "Changed");
    setting->generations = ddb_saved_number(saved, "Generations");
    setting->was_walking = wire_flag(saved, "IsWalking", false);
    if (attribute != NULL) {
        setting->attribute = sim_strdup(attribute);
        ddb_expiry_open(&setting->index, table->home->store, table->items.table_number,
                        setting->generations);
    }
    table->time_to_live = setting;
    return RESULT_OK;
}

void ddb_time_to_live_resume(struct ddb_table *table)
{
    struct ddb_time_to_live *setting = table->time_to_live;
    if (!ddb_time_to_live_is_enabled(table))
        return;
    if (setting->was_walking)
        setting->walk = ddb_walk_start(table, find_expiry, end_walk, setting);
    setting->was_walking = false;
    sweep_at(setting, ddb_now_us(table->ddb));
}

void ddb_time_to_live_copy(const struct ddb_table *from, struct ddb_table *to)
{
    struct sim_error error;
    if (ddb_time_to_live_is_enabled(from) &&
        ddb_time_to_live_enable(to, from->time_to_live->attribute, &error) != RESULT_OK)
        sim_trace_emit(to->ddb->core->trace, "store.error", ddb_region_name(to),
                       FIELD_TEXT("table", to->name), FIELD_TEXT("error", error.message));
}

void ddb_time_to_live_destroy(struct ddb_table *table, bool drops_data)
{
    ddb_time_to_live_disable(table, drops_data);
    free(table->time_to_live);
    table->time_to_live = NULL;
}
