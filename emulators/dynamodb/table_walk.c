#include "emulators/dynamodb/table_walk.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/item_request.h"

#define STEP_US  (DDB_WALK_ROWS * SIM_US_PER_S / DDB_WALK_ROWS_PER_S)
#define RETRY_US SIM_US_PER_S

struct ddb_walk {
    struct ddb_table *table;
    ddb_walk_visit *visit;
    sim_sched_fn *done;
    void *context;
    uint64_t event;
    uint8_t *last_key; /* of the last row visited; NULL: none yet */
    size_t last_key_bytes;
};

static enum sim_result visit_row(struct ddb_walk *walk, const struct ddb_key_blob *key,
                                 const struct ddb_row *row, struct sim_arena *arena,
                                 struct sim_error *error)
{
    if (row->item == NULL)
        return RESULT_OK;
    cJSON *item = cJSON_Parse(row->item);
    if (item == NULL)
        return sim_error_set(error, RESULT_IO, "a stored item of table %s is not readable",
                             walk->table->name);
    ddb_defer_json(arena, item);
    return walk->visit(walk->context, key, item, arena, error);
}

/* *last_key lies in the arena. */
static enum sim_result visit_rows(struct ddb_walk *walk, struct ddb_key_blob *last_key,
                                  size_t *visited, struct sim_arena *arena, struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    for (*visited = 0; *visited < DDB_WALK_ROWS && result == RESULT_OK; (*visited)++) {
        struct ddb_key_blob key;
        struct ddb_row row;
        bool found = false;
        result = ddb_items_next_row(&walk->table->items, last_key->bytes != NULL ? last_key : NULL,
                                    arena, &key, &row, &found, error);
        if (result != RESULT_OK || !found)
            return result;
        result = visit_row(walk, &key, &row, arena, error);
        *last_key = key;
    }
    return result;
}

static enum sim_result take_step(struct ddb_walk *walk, size_t *visited, struct sim_error *error)
{
    struct sim_store *store = walk->table->home->store;
    struct sim_arena *arena = sim_arena_create();
    struct ddb_key_blob last_key = {.bytes = walk->last_key, .length_bytes = walk->last_key_bytes};
    enum sim_result result = sim_store_begin(store, error);
    if (result == RESULT_OK) {
        result = visit_rows(walk, &last_key, visited, arena, error);
        result = sim_store_end(store, result, error);
    }
    if (result == RESULT_OK && last_key.bytes != walk->last_key) {
        uint8_t *bytes = sim_alloc(last_key.length_bytes);
        memcpy(bytes, last_key.bytes, last_key.length_bytes);
        free(walk->last_key);
        walk->last_key = bytes;
        walk->last_key_bytes = last_key.length_bytes;
    }
    sim_arena_destroy(arena);
    return result;
}

static void run_step(void *context)
{
    struct ddb_walk *walk = context;
    struct sim_sched *sched = walk->table->ddb->core->sched;
    size_t visited = 0;
    struct sim_error error;
    if (take_step(walk, &visited, &error) != RESULT_OK) {
        walk->event = sim_sched_after(sched, RETRY_US, run_step, walk);
        return;
    }
    if (visited == DDB_WALK_ROWS) {
        walk->event = sim_sched_after(sched, STEP_US, run_step, walk);
        return;
    }
    sim_sched_fn *done = walk->done;
    void *done_context = walk->context;
    walk->event = 0;
    ddb_walk_stop(walk);
    done(done_context);
}

struct ddb_walk *ddb_walk_start(struct ddb_table *table, ddb_walk_visit *visit, sim_sched_fn *done,
                                void *context)
{
    struct ddb_walk *walk = sim_alloc(sizeof *walk);
    walk->table = table;
    walk->visit = visit;
    walk->done = done;
    walk->context = context;
    walk->event = sim_sched_after(table->ddb->core->sched, 0, run_step, walk);
    return walk;
}

void ddb_walk_stop(struct ddb_walk *walk)
{
    if (walk == NULL)
        return;
    (void)sim_sched_cancel(walk->table->ddb->core->sched, walk->event);
    free(walk->last_key);
    free(walk);
}
