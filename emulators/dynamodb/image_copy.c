#include "emulators/dynamodb/image_copy.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/item_size.h"
#include "emulators/dynamodb/table_walk.h"

#define STEP_US  (DDB_WALK_ROWS * SIM_US_PER_S / DDB_WALK_ROWS_PER_S)
#define RETRY_US SIM_US_PER_S

struct ddb_image {
    struct ddb_image_options options;
    struct ddb_image *next; /* of the same table */
    uint64_t event;
    bool is_undoing;
    uint64_t undo_before; /* changes from here on are undone or come after the copying */
    uint8_t *last_key;    /* of the last row copied; NULL: none yet */
    size_t last_key_bytes;
};

static void run_step(void *context);

static void schedule_step(struct ddb_image *image, uint64_t delay_us)
{
    image->event = sim_sched_after(image->options.to->ddb->core->sched, delay_us, run_step, image);
}

/* --- copying -------------------------------------------------------------------------------------
 */

/* *last_key lies in the commit's arena. */
static enum sim_result copy_rows(struct ddb_image *image, struct ddb_commit *commit,
                                 struct ddb_key_blob *last_key, size_t *copied,
                                 struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    for (*copied = 0; *copied < DDB_WALK_ROWS && result == RESULT_OK; (*copied)++) {
        struct ddb_key_blob key;
        struct ddb_row row;
        bool found = false;
        result = ddb_items_next_row(image->options.items, last_key->bytes != NULL ? last_key : NULL,
                                    commit->arena, &key, &row, &found, error);
        if (result != RESULT_OK || !found)
            return result;
        if (row.item != NULL)
            result = image->options.put(image->options.context, commit, &key, row.item,
                                        row.size_bytes, error);
        *last_key = key;
    }
    return result;
}

static enum sim_result copy_step(struct ddb_image *image, struct ddb_commit *commit, size_t *copied,
                                 struct sim_error *error)
{
    struct ddb_key_blob last_key = {.bytes = image->last_key,
                                    .length_bytes = image->last_key_bytes};
    enum sim_result result = copy_rows(image, commit, &last_key, copied, error);
    result = ddb_commit_end(commit, result, error);
    if (result == RESULT_OK && last_key.bytes != image->last_key) {
        uint8_t *bytes = sim_alloc(last_key.length_bytes);
        memcpy(bytes, last_key.bytes, last_key.length_bytes);
        free(image->last_key);
        image->last_key = bytes;
        image->last_key_bytes = last_key.length_bytes;
    }
    return result;
}

/* --- undoing -------------------------------------------------------------------------------------
 */

static size_t size_of_text(const char *text)
{
    if (text == NULL)
        return 0;
    cJSON *item = cJSON_Parse(text);
    size_t bytes = item != NULL ? ddb_item_size_bytes(item) : 0;
    cJSON_Delete(item);
    return bytes;
}

static enum sim_result undo_changes(const struct ddb_image *image, struct ddb_commit *commit,
                                    uint64_t *before, size_t *undone, struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    for (*undone = 0; *undone < DDB_WALK_ROWS && result == RESULT_OK; (*undone)++) {
        struct ddb_change change;
        bool found = false;
        result = ddb_log_previous(&image->options.table->log, *before, commit->arena, &change,
                                  &found, error);
        if (result != RESULT_OK || !found || change.sequence <= image->options.sequence)
            return result;
        result = image->options.put(image->options.context, commit, &change.key, change.old_item,
                                    size_of_text(change.old_item), error);
        *before = change.sequence;
    }
    return result;
}

static enum sim_result undo_step(struct ddb_image *image, struct ddb_commit *commit, size_t *undone,
                                 struct sim_error *error)
{
    uint64_t before = image->undo_before;
    enum sim_result result = undo_changes(image, commit, &before, undone, error);
    result = ddb_commit_end(commit, result, error);
    if (result == RESULT_OK)
        image->undo_before = before;
    return result;
}

/* --- steps ---------------------------------------------------------------------------------------
 */

static bool is_reachable(const struct ddb_image *image)
{
    const struct sim_region *from = image->options.from->place;
    const struct sim_region *to = image->options.to->place;
    return sim_network_is_reachable(image->options.to->ddb->core->network, from, to);
}

static enum sim_result take_step(struct ddb_image *image, size_t *taken, struct sim_error *error)
{
    struct sim_arena *arena = sim_arena_create();
    struct ddb_commit commit;
    enum sim_result result = ddb_commit_begin(&commit, image->options.to, arena, NULL, error);
    if (result == RESULT_OK && image->is_undoing)
        result = undo_step(image, &commit, taken, error);
    else if (result == RESULT_OK)
        result = copy_step(image, &commit, taken, error);
    sim_arena_destroy(arena);
    return result;
}

static void finish(struct ddb_image *image)
{
    sim_sched_fn *done = image->options.done;
    void *context = image->options.context;
    ddb_image_stop(image);
    done(context);
}

static void run_step(void *context)
{
    struct ddb_image *image = context;
    struct sim_error error;
    size_t taken = 0;
    image->event = 0;
    if (!is_reachable(image)) {
        schedule_step(image, RETRY_US);
        return;
    }
    if (take_step(image, &taken, &error) != RESULT_OK) {
        sim_trace_emit(image->options.to->ddb->core->trace, "store.error",
                       image->options.to->place->name, FIELD_TEXT("error", error.message));
        schedule_step(image, RETRY_US);
        return;
    }
    if (taken == DDB_WALK_ROWS) {
        schedule_step(image, STEP_US);
        return;
    }
    if (image->is_undoing || image->options.table == NULL) {
        finish(image);
        return;
    }
    image->is_undoing = true;
    image->undo_before = image->options.table->log.last_sequence + 1;
    if (image->options.table->log.last_sequence == image->options.sequence)
        finish(image);
    else
        schedule_step(image, 0);
}

struct ddb_image *ddb_image_start(const struct ddb_image_options *options)
{
    struct ddb_image *image = sim_alloc(sizeof *image);
    image->options = *options;
    if (options->table != NULL) {
        image->next = options->table->images;
        options->table->images = image;
    }
    schedule_step(image, 0);
    return image;
}

static void take_out(const struct ddb_image *image)
{
    struct ddb_image **place = &image->options.table->images;
    while (*place != image)
        place = &(*place)->next;
    *place = image->next;
}

void ddb_image_stop(struct ddb_image *image)
{
    if (image == NULL)
        return;
    (void)sim_sched_cancel(image->options.to->ddb->core->sched, image->event);
    if (image->options.table != NULL)
        take_out(image);
    free(image->last_key);
    free(image);
}

uint64_t ddb_image_least_sequence(const struct ddb_table *table)
{
    uint64_t least = UINT64_MAX;
    for (const struct ddb_image *image = table->images; image != NULL; image = image->next) {
        if (image->options.sequence < least)
            least = image->options.sequence;
    }
    return least;
}
