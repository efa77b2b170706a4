/* When a tombstone may go.
 *
 * A tombstone (a delete with version V) is needed as long as an older write of the item may still
 * be under way to a replica: without it that write would bring the item back. The sweep finds out
 * in two rounds:
 *
 *   FIRST   Notes where each member's log ends (sweep_head) and waits until every link has passed
 * the end of its source's log. Then every delete that any member had when the round began is known
 * to all members. SECOND  The same again. A member that knows the delete writes the item only with
 * a later version, so what was older left its source before the second round began, and has arrived
 * when it ends. PURGE   Each member drops the tombstones that its own log held at the beginning of
 * FIRST, some at a time.
 *
 * A purged tombstone's time remains as forgotten_us of all members: a Region whose clock was set
 * back must not write the item with an earlier time than other replicas may still remember. While a
 * link is closed nothing passes it, so tombstones stay. */
#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/table_save.h"

#define PURGE_PER_STEP 200

static void next_phase(struct ddb_group *group);

static void wait_for_links(struct ddb_group *group)
{
    group->sweep_waits = 0;
    for (size_t i = 0; i < group->link_count; i++) {
        struct ddb_link *link = group->links[i];
        uint64_t end = link->from->log.last_sequence;
        link->sweep_target = ddb_link_position(link) < end ? end : 0;
        group->sweep_waits += link->sweep_target != 0 ? 1 : 0;
    }
}

static void run_next_phase(void *context)
{
    struct ddb_group *group = context;
    group->sweep_event = 0;
    next_phase(group);
}

/* By an event: this is called in the middle of commits and deliveries. */
static void schedule_phase(struct ddb_group *group, uint64_t delay_us)
{
    if (group->sweep_event == 0)
        group->sweep_event =
            sim_sched_after(group->ddb->core->sched, delay_us, run_next_phase, group);
}

static void begin_round(struct ddb_group *group, enum ddb_sweep_phase phase)
{
    group->sweep_phase = phase;
    wait_for_links(group);
    if (group->sweep_waits == 0)
        schedule_phase(group, 0);
}

/* A member that is being filled may not have heard of a delete yet. */
static bool is_filling(const struct ddb_group *group)
{
    for (size_t i = 0; i < group->member_count; i++) {
        if (group->members[i]->member.backfill != NULL)
            return true;
    }
    return false;
}

static void begin_sweep(struct ddb_group *group)
{
    if (is_filling(group))
        return; /* its end restarts us */
    group->new_tombstones = 0;
    for (size_t i = 0; i < group->member_count; i++)
        group->sweep_head[i] = group->members[i]->log.last_sequence;
    begin_round(group, DDB_SWEEP_FIRST);
}

/* True when the member has no more of them. */
static bool purge_some(struct ddb_group *group, size_t member, struct sim_error *error)
{
    struct ddb_table *table = group->members[member];
    struct sim_store *store = table->home->store;
    uint64_t newest_us = table->forgotten_us;
    size_t purged = 0;
    if (sim_store_begin(store, error) != RESULT_OK)
        return false;
    enum sim_result result = ddb_items_purge(&table->items, group->sweep_head[member],
                                             PURGE_PER_STEP, &newest_us, &purged, error);
    result = sim_store_end(store, result, error);
    if (result != RESULT_OK)
        return false; /* tried again with the next step */
    table->forgotten_us = newest_us;
    ddb_table_counted(table);
    return purged < PURGE_PER_STEP;
}

/* A replica that joined after a delete never had the tombstone, but must not write before it. */
static void share_forgotten(struct ddb_group *group)
{
    uint64_t newest_us = 0;
    for (size_t i = 0; i < group->member_count; i++)
        if (group->members[i]->forgotten_us > newest_us)
            newest_us = group->members[i]->forgotten_us;
    for (size_t i = 0; i < group->member_count; i++) {
        if (group->members[i]->forgotten_us == newest_us)
            continue;
        group->members[i]->forgotten_us = newest_us;
        ddb_table_counted(group->members[i]);
    }
}

static void purge(struct ddb_group *group)
{
    struct sim_error error;
    for (size_t i = 0; i < group->member_count; i++) {
        if (!purge_some(group, i, &error)) {
            schedule_phase(group, SIM_US_PER_MS);
            return;
        }
    }
    share_forgotten(group);
    group->sweep_phase = DDB_SWEEP_IDLE;
    if (group->new_tombstones > 0)
        begin_sweep(group);
}

static void next_phase(struct ddb_group *group)
{
    switch (group->sweep_phase) {
    case DDB_SWEEP_IDLE:
        begin_sweep(group);
        break;
    case DDB_SWEEP_FIRST:
        begin_round(group, DDB_SWEEP_SECOND);
        break;
    case DDB_SWEEP_SECOND:
        group->sweep_phase = DDB_SWEEP_PURGE;
        purge(group);
        break;
    case DDB_SWEEP_PURGE:
        purge(group);
        break;
    }
}

void ddb_tombstone_noted(struct ddb_group *group)
{
    group->new_tombstones++;
    if (group->sweep_phase == DDB_SWEEP_IDLE)
        schedule_phase(group, 0);
}

void ddb_tombstone_link_moved(struct ddb_link *link)
{
    struct ddb_group *group = link->group;
    if (link->sweep_target == 0 || ddb_link_position(link) < link->sweep_target)
        return;
    link->sweep_target = 0;
    CHECK(group->sweep_waits > 0);
    if (--group->sweep_waits == 0)
        schedule_phase(group, 0);
}

void ddb_tombstones_restart(struct ddb_group *group)
{
    (void)sim_sched_cancel(group->ddb->core->sched, group->sweep_event);
    group->sweep_event = 0;
    if (group->sweep_phase != DDB_SWEEP_IDLE)
        group->new_tombstones++; /* those that were being looked after */
    group->sweep_phase = DDB_SWEEP_IDLE;
    group->sweep_waits = 0;
    for (size_t i = 0; i < group->link_count; i++)
        group->links[i]->sweep_target = 0;
    if (group->new_tombstones > 0)
        schedule_phase(group, 0);
}
