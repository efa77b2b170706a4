#include "emulators/dynamodb/restore.h"

#include <stdlib.h>

#include "emulators/dynamodb/table_describe.h"

struct ddb_restore {
    struct ddb_table *table;
    struct ddb_backup *backup; /* held as long as it is read; or NULL */
    char *backup_arn;          /* NULL: of a table */
    char *source_arn;
    uint64_t time_us;
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

static struct ddb_image *start_image(struct ddb_restore *restore,
                                     const struct ddb_restore_options *options)
{
    struct ddb_backup *backup = options->backup;
    struct ddb_table *source = options->source;
    return ddb_image_start(&(struct ddb_image_options){
        .table = source,
        .sequence = options->sequence,
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
    struct sim_sched *sched = region->ddb->core->sched;
    restore->table = fresh;
    restore->backup = options->backup;
    restore->source_arn = sim_strdup(options->source_arn);
    restore->time_us = options->time_us;
    if (options->backup != NULL) {
        restore->backup_arn = sim_strdup(options->backup->arn);
        options->backup->restore_count++;
    }
    if (fresh->definition->is_on_demand)
        fresh->last_on_demand_us = fresh->created_us;
    fresh->restore = restore;
    sim_trace_emit(region->ddb->core->trace, "table.restoring", region->place->name,
                   FIELD_TEXT("table", fresh->name), FIELD_TEXT("from", ddb_restore_origin(fresh)));
    restore->event = sim_sched_after(sched, region->ddb->transient_delay_us, end_wait, restore);
    restore->image = start_image(restore, options);
    *table = fresh;
    return RESULT_OK;
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
