#include "emulators/dynamodb/backup.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/backup_save.h"
#include "emulators/dynamodb/recovery.h"
#include "sim/core/buffer.h"

#define CREATING_US (UINT64_C(50) * SIM_US_PER_MS) /* as observed, for small tables */
#define KEPT_US     (UINT64_C(35) * 24 * 3600 * SIM_US_PER_S)

/* --- the Region's sorted list --------------------------------------------------------------------
 */

/* Ids may be equal in theory; ARNs differ then by the table's name. */
static int compare(const struct ddb_backup *backup, const char *id, const char *arn)
{
    int by_id = strcmp(backup->id, id);
    return by_id != 0 ? by_id : strcmp(backup->arn, arn);
}

static void insert(struct ddb_backup *backup)
{
    struct ddb_region *region = backup->region;
    backup->id = strrchr(backup->arn, '/') + 1;
    if (region->backup_count == region->backup_capacity) {
        region->backup_capacity = region->backup_capacity * 2 + 8;
        region->backups =
            sim_realloc_array(region->backups, region->backup_capacity, sizeof *region->backups);
    }
    size_t at = region->backup_count++;
    for (; at > 0 && compare(region->backups[at - 1], backup->id, backup->arn) > 0; at--)
        region->backups[at] = region->backups[at - 1];
    region->backups[at] = backup;
}

static void take_out(const struct ddb_backup *backup)
{
    struct ddb_region *region = backup->region;
    size_t at = 0;
    while (region->backups[at] != backup)
        at++;
    region->backup_count--;
    memmove(&region->backups[at], &region->backups[at + 1],
            (region->backup_count - at) * sizeof *region->backups);
}

struct ddb_backup *ddb_backup_find(const struct ddb_region *region, const char *arn)
{
    const char *slash = strrchr(arn, '/');
    size_t low = 0;
    size_t high = region != NULL && slash != NULL ? region->backup_count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(region->backups[middle], slash + 1, arn) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (region == NULL || low == region->backup_count ||
        strcmp(region->backups[low]->arn, arn) != 0)
        return NULL;
    return region->backups[low];
}

/* --- making and ending ---------------------------------------------------------------------------
 */

static void tell(const struct ddb_backup *backup, const char *event)
{
    sim_trace_emit(backup->region->ddb->core->trace, event, backup->region->place->name,
                   FIELD_TEXT("table", backup->table_name), FIELD_TEXT("backup", backup->arn));
}

static void tell_store_error(const struct ddb_region *region, const char *table,
                             const struct sim_error *error)
{
    sim_trace_emit(region->ddb->core->trace, "store.error", region->place->name,
                   FIELD_TEXT("table", table), FIELD_TEXT("error", error->message));
}

static struct ddb_backup *make(struct ddb_table *table, enum ddb_backup_type type, const char *name)
{
    struct ddb *ddb = table->ddb;
    struct ddb_backup *backup = sim_alloc(sizeof *backup);
    char tail[9];
    sim_random_text(&ddb->backup_ids, "0123456789abcdef", tail, sizeof tail - 1);
    backup->region = table->home;
    backup->type = type;
    backup->account = sim_strdup(table->account);
    backup->table_name = sim_strdup(table->name);
    backup->name = sim_strdup(name);
    backup->created_us = ddb_now_us(ddb);
    struct sim_buffer arn;
    sim_buffer_init(&arn);
    sim_buffer_printf(&arn, "%s/backup/%013llu-%s", table->arn,
                      (unsigned long long)(backup->created_us / SIM_US_PER_MS), tail);
    backup->arn = sim_buffer_take(&arn);
    backup->size_bytes = table->size_bytes;
    backup->spec = cJSON_Duplicate(table->definition->spec, true);
    backup->source = ddb_backup_source_details(table);
    backup->features = ddb_backup_source_features(table);
    return backup;
}

static void release(struct ddb_backup *backup)
{
    ddb_items_fini(&backup->items);
    cJSON_Delete(backup->spec);
    cJSON_Delete(backup->source);
    cJSON_Delete(backup->features);
    free(backup->account);
    free(backup->table_name);
    free(backup->arn);
    free(backup->name);
    free(backup);
}

static void stop(struct ddb_backup *backup)
{
    ddb_image_stop(backup->image);
    backup->image = NULL;
    (void)sim_sched_cancel(backup->region->ddb->core->sched, backup->event);
    backup->event = 0;
}

void ddb_backup_destroy(struct ddb_backup *backup, bool drops_data)
{
    struct sim_store *store = backup->region->store;
    struct sim_error error;
    stop(backup);
    if (drops_data) {
        enum sim_result result = sim_store_begin(store, &error);
        if (result == RESULT_OK) {
            result = ddb_items_drop(&backup->items, &error);
            if (result == RESULT_OK)
                result = ddb_backup_unsave(backup, &error);
            result = sim_store_end(store, result, &error);
        }
        if (result != RESULT_OK) /* an unreachable SQLite table stays */
            tell_store_error(backup->region, backup->table_name, &error);
    }
    take_out(backup);
    release(backup);
}

/* --- the image -----------------------------------------------------------------------------------
 */

static enum sim_result put_row(void *context, struct ddb_commit *commit UNUSED,
                               const struct ddb_key_blob *key, const char *item, size_t size_bytes,
                               struct sim_error *error)
{
    struct ddb_backup *backup = context;
    struct ddb_row row = {.item = item, .size_bytes = size_bytes, .seen = ""};
    if (item == NULL)
        return ddb_items_erase(&backup->items, key, error);
    return ddb_items_write(&backup->items, key, &row, error);
}

static enum sim_result keep(const struct ddb_backup *backup, struct sim_error *error)
{
    enum sim_result result = sim_store_begin(backup->region->store, error);
    if (result != RESULT_OK)
        return result;
    result = ddb_backup_save(backup, error);
    return sim_store_end(backup->region->store, result, error);
}

/* Both the copying and the least time must be over. */
static void become_available(struct ddb_backup *backup)
{
    if (backup->image != NULL || backup->event != 0)
        return;
    struct sim_error error;
    backup->is_available = true;
    if (keep(backup, &error) != RESULT_OK)
        tell_store_error(backup->region, backup->table_name, &error);
    tell(backup, "backup.available");
}

static void end_copy(void *context)
{
    struct ddb_backup *backup = context;
    backup->image = NULL;
    become_available(backup);
}

static void end_wait(void *context)
{
    struct ddb_backup *backup = context;
    backup->event = 0;
    become_available(backup);
}

static enum sim_result create_rows(struct ddb_region *region, struct ddb_items *items,
                                   struct sim_error *error)
{
    enum sim_result result = sim_store_begin(region->store, error);
    if (result != RESULT_OK)
        return result;
    uint64_t number = region->ddb->tables_made + 1;
    result = ddb_items_create(items, region->store, number, 0, error);
    result = sim_store_end(region->store, result, error);
    if (result == RESULT_OK)
        region->ddb->tables_made = number;
    else
        ddb_items_fini(items);
    return result;
}

static void start_image(struct ddb_backup *backup, struct ddb_table *table)
{
    struct ddb *ddb = table->ddb;
    uint64_t delay_us =
        ddb->transient_delay_us < CREATING_US ? ddb->transient_delay_us : CREATING_US;
    backup->event = sim_sched_after(ddb->core->sched, delay_us, end_wait, backup);
    backup->image = ddb_image_start(&(struct ddb_image_options){
        .table = table,
        .sequence = backup->sequence,
        .items = &table->items,
        .from = table->home,
        .to = table->home,
        .put = put_row,
        .done = end_copy,
        .context = backup,
    });
}

enum sim_result ddb_backup_create(struct ddb_table *table, const char *name,
                                  struct ddb_backup **backup, struct sim_error *error)
{
    struct ddb_items items = {0};
    enum sim_result result = create_rows(table->home, &items, error);
    if (result != RESULT_OK)
        return result;
    struct ddb_backup *fresh = make(table, DDB_BACKUP_USER, name);
    fresh->items = items;
    fresh->sequence = table->log.last_sequence;
    insert(fresh);
    result = keep(fresh, error);
    if (result != RESULT_OK) {
        ddb_backup_destroy(fresh, true);
        return result;
    }
    start_image(fresh, table);
    tell(fresh, "backup.created");
    *backup = fresh;
    return RESULT_OK;
}

/* --- deleted tables ------------------------------------------------------------------------------
 */

static void expire(void *context)
{
    struct ddb_backup *backup = context;
    struct sim_sched *sched = backup->region->ddb->core->sched;
    backup->event = 0;
    if (backup->restore_count > 0) {
        backup->event = sim_sched_at_background(
            sched, ddb_now_us(backup->region->ddb) + SIM_US_PER_S, expire, backup);
        return;
    }
    tell(backup, "backup.expired");
    ddb_backup_destroy(backup, true);
}

/* The rows change hands, so that it costs nothing; what remains of the table has no rows to drop.
 */
void ddb_backup_keep_deleted(struct ddb_table *table)
{
    struct sim_error error;
    if (!ddb_recovery_is_enabled(table))
        return;
    struct sim_buffer name;
    sim_buffer_init(&name);
    sim_buffer_printf(&name, "%s$DeletedTableBackup", table->name);
    struct ddb_backup *backup = make(table, DDB_BACKUP_SYSTEM, name.data);
    sim_buffer_fini(&name);
    while (table->items.index_count > 0) {
        if (ddb_items_remove_index(&table->items, table->items.index_count - 1, &error) !=
            RESULT_OK) { /* everything is dropped then */
            tell_store_error(table->home, table->name, &error);
            release(backup);
            return;
        }
    }
    backup->items = table->items;
    table->items = (struct ddb_items){0};
    backup->is_available = true;
    backup->expires_us = backup->created_us + KEPT_US;
    backup->event =
        sim_sched_at_background(table->ddb->core->sched, backup->expires_us, expire, backup);
    insert(backup);
    if (keep(backup, &error) != RESULT_OK)
        tell_store_error(backup->region, backup->table_name, &error);
    tell(backup, "backup.created");
}

/* --- an earlier run ------------------------------------------------------------------------------
 */

static void give_up(void *context)
{
    struct ddb_backup *backup = context;
    backup->event = 0;
    ddb_backup_destroy(backup, true);
}

/* A table that is being backed up cannot go; one that did all the same leaves half a backup. */
void ddb_backup_resume(struct ddb_backup *backup)
{
    struct sim_sched *sched = backup->region->ddb->core->sched;
    struct ddb_table *table = ddb_table_find(backup->region, backup->account, backup->table_name);
    insert(backup);
    if (backup->is_available && backup->expires_us != 0)
        backup->event = sim_sched_at_background(sched, backup->expires_us, expire, backup);
    else if (!backup->is_available && table != NULL)
        start_image(backup, table);
    else if (!backup->is_available)
        backup->event = sim_sched_after(sched, 0, give_up, backup);
}

/* --- all of a Region -----------------------------------------------------------------------------
 */

bool ddb_backup_is_being_made(const struct ddb_table *table)
{
    const struct ddb_region *region = table->home;
    for (size_t i = 0; table->images != NULL && i < region->backup_count; i++) {
        const struct ddb_backup *backup = region->backups[i];
        if (!backup->is_available && strcmp(backup->account, table->account) == 0 &&
            strcmp(backup->table_name, table->name) == 0)
            return true;
    }
    return false;
}

void ddb_backups_stop(struct ddb_region *region)
{
    for (size_t i = 0; i < region->backup_count; i++)
        stop(region->backups[i]);
}

void ddb_backups_destroy(struct ddb_region *region, bool drops_data)
{
    while (region->backup_count > 0)
        ddb_backup_destroy(region->backups[region->backup_count - 1], drops_data);
    free(region->backups);
    region->backups = NULL;
    region->backup_capacity = 0;
}
