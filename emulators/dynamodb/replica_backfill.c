/* A new replica is filled row by row in the order of the keys, tombstones included, while writes go
 * on: what changes behind the copying comes by the links, and versions settle which one stays. The
 * pace is that of a backlog: drain_per_s of the network link. A closed link holds it up. */
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/item_commit.h"
#include "emulators/dynamodb/replica.h"

#define ROWS_PER_STEP 200
#define RETRY_US      SIM_US_PER_S

struct ddb_backfill {
    struct ddb_table *source;
    struct ddb_table *table;
    sim_sched_fn *done;
    uint64_t event;    /* 0: waits for the link */
    uint8_t *last_key; /* of what was copied; NULL: nothing yet */
    size_t last_key_bytes;
};

static void run_step(void *context);

static void schedule_step(struct ddb_backfill *backfill, uint64_t delay_us)
{
    backfill->event =
        sim_sched_after(backfill->table->ddb->core->sched, delay_us, run_step, backfill);
}

static struct ddb_link *link_of(const struct ddb_backfill *backfill)
{
    return ddb_group_link_find(backfill->table->member.group, backfill->source, backfill->table);
}

static enum sim_result copy_row(struct ddb_backfill *backfill, struct ddb_commit *commit,
                                const struct ddb_key_blob *key, const struct ddb_row *row,
                                struct sim_error *error)
{
    struct ddb_row old;
    bool has_old = false;
    enum sim_result result =
        ddb_items_read(&backfill->table->items, key, commit->arena, &old, &has_old, error);
    if (result != RESULT_OK)
        return result;
    struct sim_network *network = backfill->table->ddb->core->network;
    if (has_old && ddb_version_compare(network, row->version, old.version) <= 0)
        return RESULT_OK; /* a link was faster */
    struct ddb_write write = {
        .table = backfill->table,
        .key = *key,
        .old_row = has_old ? &old : NULL,
        .new_text = row->item,
        .new_size_bytes = row->size_bytes,
        .origin = DDB_WRITE_COPIED,
        .version = row->version,
    };
    struct ddb_seen old_seen;
    ddb_seen_decode(&old_seen, old.seen, old.seen_bytes, old.version);
    ddb_seen_decode(&write.seen, row->seen, row->seen_bytes, row->version);
    ddb_seen_merge(&write.seen, &old_seen);
    return ddb_commit_write(commit, &write, NULL, error);
}

/* *last_key lies in the commit's arena. */
static enum sim_result copy_rows(struct ddb_backfill *backfill, struct ddb_commit *commit,
                                 struct ddb_key_blob *last_key, size_t *copied,
                                 struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    for (*copied = 0; *copied < ROWS_PER_STEP && result == RESULT_OK; (*copied)++) {
        struct ddb_key_blob key;
        struct ddb_row row;
        bool found = false;
        result =
            ddb_items_next_row(&backfill->source->items, last_key->bytes != NULL ? last_key : NULL,
                               commit->arena, &key, &row, &found, error);
        if (result != RESULT_OK || !found)
            return result;
        result = copy_row(backfill, commit, &key, &row, error);
        *last_key = key;
    }
    return result;
}

static enum sim_result copy_step(struct ddb_backfill *backfill, size_t *copied,
                                 struct sim_error *error)
{
    struct sim_arena *arena = sim_arena_create();
    struct ddb_key_blob last_key = {.bytes = backfill->last_key,
                                    .length_bytes = backfill->last_key_bytes};
    struct ddb_commit commit;
    enum sim_result result = ddb_commit_begin(&commit, backfill->table->home, arena, NULL, error);
    if (result == RESULT_OK) {
        result = copy_rows(backfill, &commit, &last_key, copied, error);
        result = ddb_commit_end(&commit, result, error);
    }
    if (result == RESULT_OK && last_key.bytes != backfill->last_key) {
        uint8_t *bytes = sim_alloc(last_key.length_bytes);
        memcpy(bytes, last_key.bytes, last_key.length_bytes);
        free(backfill->last_key);
        backfill->last_key = bytes;
        backfill->last_key_bytes = last_key.length_bytes;
    }
    sim_arena_destroy(arena);
    return result;
}

static void run_step(void *context)
{
    struct ddb_backfill *backfill = context;
    const struct ddb_link *link = link_of(backfill);
    backfill->event = 0;
    if (!link->is_open)
        return; /* ddb_backfill_refresh() goes on */
    size_t copied = 0;
    struct sim_error error;
    if (copy_step(backfill, &copied, &error) != RESULT_OK) {
        schedule_step(backfill, RETRY_US);
        return;
    }
    if (copied == ROWS_PER_STEP) {
        uint64_t rate = link->network_link->drain_per_s > 0 ? link->network_link->drain_per_s : 1;
        schedule_step(backfill, ROWS_PER_STEP * SIM_US_PER_S / rate);
        return;
    }
    struct ddb_table *table = backfill->table;
    sim_sched_fn *done = backfill->done;
    ddb_backfill_stop(table);
    done(table);
}

void ddb_backfill_start(struct ddb_table *source, struct ddb_table *table, sim_sched_fn *done)
{
    PRE(table->member.backfill == NULL);
    struct ddb_backfill *backfill = sim_alloc(sizeof *backfill);
    backfill->source = source;
    backfill->table = table;
    backfill->done = done;
    table->member.backfill = backfill;
    schedule_step(backfill, 0);
}

void ddb_backfill_refresh(struct ddb_table *table)
{
    struct ddb_backfill *backfill = table->member.backfill;
    if (backfill != NULL && backfill->event == 0 && link_of(backfill)->is_open)
        schedule_step(backfill, 0);
}

void ddb_backfill_stop(struct ddb_table *table)
{
    struct ddb_backfill *backfill = table->member.backfill;
    if (backfill == NULL)
        return;
    (void)sim_sched_cancel(table->ddb->core->sched, backfill->event);
    free(backfill->last_key);
    free(backfill);
    table->member.backfill = NULL;
}
