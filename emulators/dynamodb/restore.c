#include "emulators/dynamodb/restore.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/saved_json.h"
#include "emulators/dynamodb/table_describe.h"
#include "emulators/dynamodb/table_save.h"

struct ddb_restore {
    struct ddb_table *table;
    struct ddb_backup *backup; /* held as long as it is read; or NULL */
    char *backup_arn;          /* NULL: of a table */
    char *source_arn;
    uint64_t time_us;
    uint64_t sequence; /* of the table's log */
    bool is_copied;
    struct ddb_image *image; /* NULL: all is there */
    uint64_t event;          /* the end of the least time; 0: over */
};

/* --- items ---------------------------------------------------------------------------------------
 */

/* Written now and here, as far as replicas to come are concerned. */
static enum sim_result put_item(void *context, struct ddb_commit *commit,
                                const struct ddb_key_blob *key, const char *item, size_t size_bytes,
                                struct sim_error *error)
{
    struct ddb_restore *restore = context;
    struct ddb_table *table = restore->table;
    struct ddb_row old;
    bool has_old = false;
    enum sim_result result =
        ddb_items_read(&table->items, key, commit->arena, &old, &has_old, error);
    if (result != RESULT_OK || (!has_old && item == NULL))
        return result;
    struct ddb_write write = {
        .table = table,
        .key = *key,
        .old_row = has_old ? &old : NULL,
        .new_text = item,
        .new_size_bytes = size_bytes,
        .origin = DDB_WRITE_COPIED,
        .version = {.written_us = ddb_region_clock_us(table->home),
                    .origin = table->home->place->index},
    };
    return ddb_commit_write(commit, &write, NULL, error);
}

/* --- the end -------------------------------------------------------------------------------------
 */

static void let_backup_go(struct ddb_restore *restore)
{
    if (restore->backup != NULL)
        restore->backup->restore_count--;
    restore->backup = NULL;
}

void ddb_restore_stop(struct ddb_table *table)
{
    struct ddb_restore *restore = table->restore;
    if (restore == NULL)
        return;
    ddb_image_stop(restore->image);
    (void)sim_sched_cancel(table->ddb->core->sched, restore->event);
    let_backup_go(restore);
    free(restore->backup_arn);
    free(restore->source_arn);
    free(restore);
    table->restore = NULL;
}

static void finish(struct ddb_restore *restore)
{
    struct ddb_table *table = restore->table;
    if (restore->image != NULL || restore->event != 0)
        return;
    sim_trace_emit(table->ddb->core->trace, "table.restored", ddb_region_name(table),
                   FIELD_TEXT("table", table->name), FIELD_NUMBER("items", table->item_count));
    ddb_restore_stop(table);
    ddb_table_become_active(table);
}

static void end_copy(void *context)
{
    struct ddb_restore *restore = context;
    restore->image = NULL;
    restore->is_copied = true;
    ddb_table_changed(restore->table);
    let_backup_go(restore);
    finish(restore);
}

static void end_wait(void *context)
{
    struct ddb_restore *restore = context;
    restore->event = 0;
    finish(restore);
}

/* --- the start -----------------------------------------------------------------------------------
 */

static void run(struct ddb_restore *restore, struct ddb_backup *backup, struct ddb_table *source)
{
    const struct ddb *ddb = restore->table->ddb;
    restore->event = sim_sched_after(ddb->core->sched, ddb->transient_delay_us, end_wait, restore);
    if (restore->is_copied)
        return;
    restore->backup = backup;
    if (backup != NULL)
        backup->restore_count++;
    restore->image = ddb_image_start(&(struct ddb_image_options){
        .table = source,
        .sequence = restore->sequence,
        .items = source != NULL ? &source->items : &backup->items,
        .from = source != NULL ? source->home : backup->region,
        .to = restore->table->home,
        .put = put_item,
        .done = end_copy,
        .context = restore,
    });
}

enum sim_result ddb_restore_start(struct ddb_region *region,
                                  const struct ddb_restore_options *options,
                                  struct ddb_table **table, struct sim_error *error)
{
    PRE((options->backup != NULL) != (options->source != NULL));
    struct ddb_table *fresh = NULL;
    enum sim_result result = ddb_table_create(region, &options->table, &fresh, error);
    if (result != RESULT_OK)
        return result;
    struct ddb_restore *restore = sim_alloc(sizeof *restore);
    restore->table = fresh;
    restore->source_arn = sim_strdup(options->source_arn);
    restore->time_us = options->time_us;
    restore->sequence = options->sequence;
    if (options->backup != NULL)
        restore->backup_arn = sim_strdup(options->backup->arn);
    if (fresh->definition->is_on_demand)
        fresh->last_on_demand_us = fresh->created_us;
    fresh->restore = restore;
    sim_trace_emit(region->ddb->core->trace, "table.restoring", region->place->name,
                   FIELD_TEXT("table", fresh->name), FIELD_TEXT("from", ddb_restore_origin(fresh)));
    run(restore, options->backup, options->source);
    *table = fresh;
    return RESULT_OK;
}

/* --- an earlier run ------------------------------------------------------------------------------
 */

cJSON *ddb_restore_save(const struct ddb_table *table)
{
    const struct ddb_restore *restore = table->restore;
    if (restore == NULL)
        return NULL;
    cJSON *saved = cJSON_CreateObject();
    if (restore->backup_arn != NULL)
        cJSON_AddStringToObject(saved, "Backup", restore->backup_arn);
    cJSON_AddStringToObject(saved, "Source", restore->source_arn);
    ddb_saved_add_number(saved, "Time", restore->time_us);
    ddb_saved_add_number(saved, "Moment", restore->sequence);
    cJSON_AddBoolToObject(saved, "IsCopied", restore->is_copied);
    return saved;
}

enum sim_result ddb_restore_load(struct ddb_table *table, const cJSON *saved,
                                 struct sim_error *error)
{
    const char *backup_arn = wire_text(saved, "Backup");
    const char *source_arn = wire_text(saved, "Source");
    if (saved == NULL)
        return RESULT_OK;
    if (source_arn == NULL)
        return sim_error_set(error, RESULT_INVALID, "what it is restored from");
    struct ddb_restore *restore = sim_alloc(sizeof *restore);
    restore->table = table;
    restore->backup_arn = backup_arn != NULL ? sim_strdup(backup_arn) : NULL;
    restore->source_arn = sim_strdup(source_arn);
    restore->time_us = ddb_saved_number(saved, "Time");
    restore->sequence = ddb_saved_number(saved, "Moment");
    restore->is_copied = wire_flag(saved, "IsCopied", false);
    table->restore = restore;
    return RESULT_OK;
}

static struct ddb_backup *find_backup(const struct ddb *ddb, const char *arn)
{
    struct ddb_backup *backup = NULL;
    for (size_t i = 0; arn != NULL && i < SIM_REGION_MAX && backup == NULL; i++)
        backup = ddb_backup_find(ddb->regions[i], arn);
    return backup;
}

static struct ddb_table *find_table(const struct ddb *ddb, const char *arn)
{
    for (size_t i = 0; i < SIM_REGION_MAX; i++) {
        const struct ddb_region *region = ddb->regions[i];
        for (size_t k = 0; region != NULL && k < region->table_count; k++) {
            if (strcmp(region->tables[k]->arn, arn) == 0)
                return region->tables[k];
        }
    }
    return NULL;
}

void ddb_restore_resume(struct ddb_table *table)
{
    struct ddb_restore *restore = table->restore;
    bool is_of_backup = restore->backup_arn != NULL;
    struct ddb_backup *backup = find_backup(table->ddb, restore->backup_arn);
    struct ddb_table *source = is_of_backup ? NULL : find_table(table->ddb, restore->source_arn);
    if (restore->is_copied || backup != NULL || source != NULL) {
        run(restore, backup, source);
        return;
    }
    ddb_restore_stop(table);
    ddb_table_start_deletion(table);
}

/* --- telling -------------------------------------------------------------------------------------
 */

const char *ddb_restore_origin(const struct ddb_table *table)
{
    const struct ddb_restore *restore = table->restore;
    return restore->backup_arn != NULL ? restore->backup_arn : restore->source_arn;
}

void ddb_restore_describe(cJSON *object, const struct ddb_table *table)
{
    const struct ddb_restore *restore = table->restore;
    if (restore == NULL)
        return;
    cJSON *summary = cJSON_AddObjectToObject(object, "RestoreSummary");
    if (restore->backup_arn != NULL)
        cJSON_AddStringToObject(summary, "SourceBackupArn", restore->backup_arn);
    cJSON_AddStringToObject(summary, "SourceTableArn", restore->source_arn);
    cJSON_AddNumberToObject(summary, "RestoreDateTime", ddb_json_time(restore->time_us));
    cJSON_AddBoolToObject(summary, "RestoreInProgress", true);
}
