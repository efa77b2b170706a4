#include "emulators/dynamodb/table.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/image_copy.h"
#include "emulators/dynamodb/index_backfill.h"
#include "emulators/dynamodb/recovery.h"
#include "emulators/dynamodb/replica_access.h"
#include "emulators/dynamodb/restore.h"
#include "emulators/dynamodb/stream.h"
#include "emulators/dynamodb/strong.h"
#include "emulators/dynamodb/table_save.h"
#include "emulators/dynamodb/throttle.h"
#include "emulators/dynamodb/time_to_live.h"
#include "sim/core/buffer.h"

#define LOG_TRIM_RECORDS 128 /* at most a call */

/* --- the Region's sorted list ------------------------------------------------------------------
 */

static int compare(const struct ddb_table *table, const char *account, const char *name)
{
    int by_account = strcmp(table->account, account);
    return by_account != 0 ? by_account : strcmp(table->name, name);
}

/* Where the table is, or would stand. */
static size_t position_of(const struct ddb_region *region, const char *account, const char *name)
{
    size_t low = 0;
    size_t high = region->table_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(region->tables[middle], account, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct ddb_table *ddb_table_find(struct ddb_region *region, const char *account, const char *name)
{
    if (region == NULL)
        return NULL;
    size_t at = position_of(region, account, name);
    if (at == region->table_count || compare(region->tables[at], account, name) != 0)
        return NULL;
    return region->tables[at];
}

static void insert(struct ddb_region *region, struct ddb_table *table)
{
    if (region->table_count == region->table_capacity) {
        region->table_capacity = region->table_capacity * 2 + 8;
        region->tables =
            sim_realloc_array(region->tables, region->table_capacity, sizeof(struct ddb_table *));
    }
    size_t at = position_of(region, table->account, table->name);
    memmove(&region->tables[at + 1], &region->tables[at],
            (region->table_count - at) * sizeof(struct ddb_table *));
    region->tables[at] = table;
    region->table_count++;
}

static void take_out(struct ddb_region *region, const struct ddb_table *table)
{
    size_t at = position_of(region, table->account, table->name);
    CHECK(at < region->table_count && region->tables[at] == table);
    region->table_count--;
    memmove(&region->tables[at], &region->tables[at + 1],
            (region->table_count - at) * sizeof(struct ddb_table *));
}

/* --- making and ending -------------------------------------------------------------------------
 */

static char *table_arn(const struct ddb_region *region, const char *account, const char *name)
{
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    sim_buffer_printf(&buffer, "arn:aws:dynamodb:%s:%s:table/%s", region->place->name, account,
                      name);
    return sim_buffer_take(&buffer);
}

static enum sim_result create_data(struct ddb_region *region, struct ddb_table *table,
                                   size_t index_count, struct sim_error *error)
{
    enum sim_result result = sim_store_begin(region->store, error);
    if (result != RESULT_OK)
        return result;
    uint64_t number = region->ddb->tables_made + 1;
    struct ddb_items items = {0};
    struct ddb_change_log log = {0};
    result = ddb_items_create(&items, region->store, number, index_count, error);
    if (result == RESULT_OK)
        result = ddb_log_create(&log, region->store, number, error);
    result = sim_store_end(region->store, result, error);
    if (result != RESULT_OK) {
        ddb_items_fini(&items);
        ddb_log_fini(&log);
        return result;
    }
    region->ddb->tables_made = number;
    table->items = items;
    table->log = log;
    return RESULT_OK;
}

/* Everything but what makes it new. */
static void fill_in(struct ddb_region *region, const struct ddb_table_options *options,
                    struct ddb_table *table)
{
    size_t index_count = options->definition->index_count;
    table->ddb = region->ddb;
    table->home = region;
    table->account = sim_strdup(options->account);
    table->name = sim_strdup(options->name);
    table->arn = table_arn(region, options->account, options->name);
    table->definition = options->definition;
    table->tags = cJSON_CreateArray();
    table->index_totals = sim_alloc_array(index_count + 1, sizeof *table->index_totals);
    table->index_states = sim_alloc_array(index_count + 1, sizeof *table->index_states);
}

enum sim_result ddb_table_create(struct ddb_region *region, const struct ddb_table_options *options,
                                 struct ddb_table **table, struct sim_error *error)
{
    PRE(ddb_table_find(region, options->account, options->name) == NULL);
    struct ddb_table *fresh = sim_alloc(sizeof *fresh);
    enum sim_result result = create_data(region, fresh, options->definition->index_count, error);
    if (result != RESULT_OK) {
        free(fresh);
        return result;
    }
    fill_in(region, options, fresh);
    insert(region, fresh);
    fresh->number = fresh->items.table_number;
    sim_random_uuid(&region->ddb->ids, fresh->id);
    fresh->created_us = ddb_now_us(region->ddb);
    fresh->status = DDB_TABLE_CREATING;
    ddb_throttle_refresh(fresh);
    ddb_table_changed(fresh);
    *table = fresh;
    return RESULT_OK;
}

static void retire(struct ddb_region *region, struct ddb_table *table)
{
    if (region->retired_count == region->retired_capacity) {
        region->retired_capacity = region->retired_capacity * 2 + 4;
        region->retired = sim_realloc_array(region->retired, region->retired_capacity,
                                            sizeof(struct ddb_table *));
    }
    region->retired[region->retired_count++] = table;
    table->is_retired = true;
}

static void take_out_retired(struct ddb_region *region, const struct ddb_table *table)
{
    size_t at = 0;
    while (at < region->retired_count && region->retired[at] != table)
        at++;
    CHECK(at < region->retired_count);
    region->retired_count--;
    memmove(&region->retired[at], &region->retired[at + 1],
            (region->retired_count - at) * sizeof(struct ddb_table *));
}

static void tell_store_error(const struct ddb_table *table, const struct sim_error *error)
{
    sim_trace_emit(table->ddb->core->trace, "store.error", ddb_region_name(table),
                   FIELD_TEXT("table", table->name), FIELD_TEXT("error", error->message));
}

struct ddb_table *ddb_table_restore(struct ddb_region *region,
                                    const struct ddb_table_options *options, uint64_t number,
                                    const size_t *index_numbers, size_t indexes_made)
{
    PRE(options->is_retired || ddb_table_find(region, options->account, options->name) == NULL);
    struct ddb_table *table = sim_alloc(sizeof *table);
    if (!options->is_retired) {
        ddb_items_open(&table->items, region->store, number, index_numbers,
                       options->definition->index_count);
        table->items.indexes_made = indexes_made;
    }
    ddb_log_open(&table->log, region->store, number);
    fill_in(region, options, table);
    if (options->is_retired)
        retire(region, table);
    else
        insert(region, table);
    table->number = number;
    table->status = DDB_TABLE_ACTIVE;
    if (region->ddb->tables_made < number)
        region->ddb->tables_made = number;
    return table;
}

/* A store that cannot drop keeps an unreachable SQLite table; nothing else depends on it. */
static void drop_data(struct ddb_table *table)
{
    struct sim_error error;
    if (sim_store_begin(table->home->store, &error) != RESULT_OK)
        return;
    enum sim_result result = RESULT_OK;
    if (table->items.store != NULL) /* a backup may have taken them */
        result = ddb_items_drop(&table->items, &error);
    if (result == RESULT_OK)
        result = ddb_log_drop(&table->log, &error);
    if (result == RESULT_OK)
        result = ddb_table_unsave(table, &error);
    result = sim_store_end(table->home->store, result, &error);
    if (result != RESULT_OK)
        tell_store_error(table, &error);
}

static void stop_work(struct ddb_table *table, bool drops_data)
{
    (void)sim_sched_cancel(table->ddb->core->sched, table->status_event);
    table->status_event = 0;
    PRE(table->images == NULL);
    ddb_restore_stop(table);
    ddb_backfill_stop(table);
    ddb_strong_stop(table);
    ddb_access_stop(table);
    ddb_replica_job_stop(table);
    ddb_index_backfill_stop_all(table);
    ddb_time_to_live_destroy(table, drops_data);
    cJSON_Delete(table->pending);
    table->pending = NULL;
}

void ddb_table_destroy(struct ddb_table *table, bool drops_data)
{
    if (table == NULL)
        return;
    stop_work(table, drops_data);
    if (drops_data)
        drop_data(table);
    ddb_table_unmark(table);
    if (table->is_retired)
        take_out_retired(table->home, table);
    else
        take_out(table->home, table);
    ddb_stream_destroy(table->stream);
    ddb_items_fini(&table->items);
    ddb_log_fini(&table->log);
    ddb_definition_destroy(table->definition);
    cJSON_Delete(table->tags);
    cJSON_Delete(table->overrides);
    cJSON_Delete(table->settings);
    free(table->index_totals);
    free(table->index_states);
    free(table->account);
    free(table->name);
    free(table->arn);
    free(table);
}

static void end_retired(void *context)
{
    struct ddb_table *table = context;
    table->status_event = 0;
    ddb_table_destroy(table, true);
}

/* As drop_data() has it: what cannot be dropped is only unreachable. */
static void drop_items(struct ddb_table *table)
{
    struct sim_error error;
    if (table->items.store == NULL || sim_store_begin(table->home->store, &error) != RESULT_OK)
        return;
    enum sim_result result = ddb_items_drop(&table->items, &error);
    result = sim_store_end(table->home->store, result, &error);
    if (result != RESULT_OK)
        tell_store_error(table, &error);
}

void ddb_table_resume_retired(struct ddb_table *table)
{
    uint64_t end_us = table->stream != NULL ? table->stream->disabled_us : 0;
    table->status_event = sim_sched_at_background(
        table->ddb->core->sched, end_us + DDB_CHANGE_RETENTION_US, end_retired, table);
}

void ddb_table_retire(struct ddb_table *table)
{
    if (table->stream == NULL || !ddb_stream_is_readable(table, table->stream)) {
        ddb_table_destroy(table, true);
        return;
    }
    struct ddb *ddb = table->ddb;
    stop_work(table, true);
    if (ddb_stream_is_enabled(table))
        ddb_stream_disable(table);
    drop_items(table);
    ddb_items_fini(&table->items);
    table->items = (struct ddb_items){0};
    take_out(table->home, table);
    retire(table->home, table);
    ddb_table_changed(table);
    table->status_event = sim_sched_at_background(
        ddb->core->sched, ddb_now_us(ddb) + DDB_CHANGE_RETENTION_US, end_retired, table);
}

/* --- states ------------------------------------------------------------------------------------
 */

const char *ddb_table_status_name(enum ddb_table_status status)
{
    static const char *const names[] = {
        [DDB_TABLE_CREATING] = "CREATING", [DDB_TABLE_ACTIVE] = "ACTIVE",
        [DDB_TABLE_UPDATING] = "UPDATING", [DDB_TABLE_DELETING] = "DELETING",
        [DDB_TABLE_ARCHIVED] = "ARCHIVED",
    };
    return names[status];
}

void ddb_table_after_delay(struct ddb_table *table, sim_sched_fn *run)
{
    struct sim_sched *sched = table->ddb->core->sched;
    ddb_table_changed(table);
    (void)sim_sched_cancel(sched, table->status_event);
    table->status_event = sim_sched_after(sched, table->ddb->transient_delay_us, run, table);
}

void ddb_table_become_active(struct ddb_table *table)
{
    table->status = DDB_TABLE_ACTIVE;
    if (table->active_us == 0)
        table->active_us = ddb_now_us(table->ddb);
    ddb_table_changed(table);
    sim_trace_emit(table->ddb->core->trace, "table.active", ddb_region_name(table),
                   FIELD_TEXT("table", table->name));
}

static void become_active(void *context)
{
    struct ddb_table *table = context;
    table->status_event = 0;
    ddb_table_become_active(table);
}

void ddb_table_settle(struct ddb_table *table)
{
    ddb_table_after_delay(table, become_active);
}

bool ddb_table_is_on_demand(const struct ddb_table *table)
{
    return table->definition->is_on_demand;
}

const char *ddb_region_name(const struct ddb_table *table)
{
    return table->home->place->name;
}

/* --- the change log's readers ------------------------------------------------------------------
 */

bool ddb_table_keeps_changes(const struct ddb_table *table)
{
    return table->stream != NULL || table->member.group != NULL || ddb_recovery_is_enabled(table) ||
           table->images != NULL;
}

/* The least position of all links away from the table, and of the copies of it. */
static uint64_t replicated_up_to(const struct ddb_table *table)
{
    uint64_t least = table->log.last_sequence;
    const struct ddb_group *group = table->member.group;
    if (ddb_is_strong(table))
        return ddb_strong_passed_sequence(group);
    for (size_t i = 0; group != NULL && i < group->link_count; i++) {
        if (group->links[i]->from != table)
            continue;
        uint64_t position = ddb_link_position(group->links[i]);
        if (position < least)
            least = position;
    }
    uint64_t wanted_after = ddb_image_least_sequence(table);
    return wanted_after < least ? wanted_after : least;
}

void ddb_table_trim_log(struct ddb_table *table)
{
    uint64_t now_us = ddb_now_us(table->ddb);
    uint64_t before_us = UINT64_MAX;
    if (table->stream != NULL)
        before_us = now_us > DDB_CHANGE_RETENTION_US ? now_us - DDB_CHANGE_RETENTION_US : 0;
    if (ddb_recovery_is_enabled(table) && ddb_recovery_earliest_us(table) < before_us)
        before_us = ddb_recovery_earliest_us(table);
    struct sim_error error;
    ddb_table_counted(table);
    enum sim_result result =
        ddb_log_trim(&table->log, replicated_up_to(table), before_us, LOG_TRIM_RECORDS, &error);
    if (result != RESULT_OK) /* they stay until the next call */
        tell_store_error(table, &error);
}

const char *ddb_table_name_of(struct sim_arena *arena, const char *name_or_arn)
{
    if (strncmp(name_or_arn, "arn:", 4) != 0)
        return name_or_arn;
    const char *table = strstr(name_or_arn, ":table/");
    if (table == NULL)
        return name_or_arn;
    table += strlen(":table/");
    return sim_arena_strndup(arena, table, strcspn(table, "/"));
}
