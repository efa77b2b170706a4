#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/replica_access.h"
#include "emulators/dynamodb/replica_override.h"
#include "emulators/dynamodb/replica_restore.h"
#include "emulators/dynamodb/strong.h"
#include "emulators/dynamodb/table_save.h"

/* --- links -------------------------------------------------------------------------------------
 */

struct ddb_link *ddb_group_link_find(struct ddb_group *group, const struct ddb_table *from,
                                     const struct ddb_table *to)
{
    for (size_t i = 0; i < group->link_count; i++) {
        if (group->links[i]->from == from && group->links[i]->to == to)
            return group->links[i];
    }
    return NULL;
}

static void add_link(struct ddb_group *group, struct ddb_link *link)
{
    if (group->link_count == group->link_capacity) {
        group->link_capacity = group->link_capacity * 2 + 4;
        group->links =
            sim_realloc_array(group->links, group->link_capacity, sizeof(struct ddb_link *));
    }
    group->links[group->link_count++] = link;
}

static void remove_links_of(struct ddb_group *group, const struct ddb_table *table)
{
    size_t kept = 0;
    for (size_t i = 0; i < group->link_count; i++) {
        struct ddb_link *link = group->links[i];
        if (link->from == table || link->to == table)
            ddb_link_destroy(link);
        else
            group->links[kept++] = link;
    }
    group->link_count = kept;
}

/* --- membership --------------------------------------------------------------------------------
 */

struct ddb_group *ddb_group_create(struct ddb_table *first)
{
    PRE(first->member.group == NULL);
    struct ddb *ddb = first->ddb;
    struct ddb_group *group = sim_alloc(sizeof *group);
    group->ddb = ddb;
    group->account = sim_strdup(first->account);
    group->name = sim_strdup(first->name);
    group->members[group->member_count++] = first;
    first->member.group = group;
    first->member.joined_us = ddb_now_us(ddb);
    group->new_tombstones = 1; /* the table may have some since it was alone in another group */
    ddb_table_changed(first);
    if (ddb->group_count == ddb->group_capacity) {
        ddb->group_capacity = ddb->group_capacity * 2 + 4;
        ddb->groups =
            sim_realloc_array(ddb->groups, ddb->group_capacity, sizeof(struct ddb_group *));
    }
    ddb->groups[ddb->group_count++] = group;
    return group;
}

/* What source had not got from a member when it began to be copied comes to the new member by its
 * own link: that one starts where the member's link to source stands. */
static struct ddb_link *link_to_new(struct ddb_group *group, struct ddb_table *member,
                                    struct ddb_table *table, const struct ddb_table *source)
{
    if (member == source)
        return ddb_link_create(group, member, table, source->log.last_sequence, 0);
    const struct ddb_link *like = ddb_group_link_find(group, member, source);
    return ddb_link_create(group, member, table, ddb_link_position(like),
                           ddb_link_count_behind(like));
}

void ddb_group_join(struct ddb_group *group, struct ddb_table *table, struct ddb_table *source)
{
    PRE(table->member.group == NULL);
    PRE(group->member_count < SIM_REGION_MAX);
    table->member.group = group;
    table->member.joined_us = ddb_now_us(group->ddb);
    table->member.source = source;
    for (size_t i = 0; i < group->member_count && group->strong == NULL; i++) {
        struct ddb_table *member = group->members[i];
        add_link(group, link_to_new(group, member, table, source));
        add_link(group, ddb_link_create(group, table, member, table->log.last_sequence, 0));
    }
    if (group->strong == NULL && table->forgotten_us < group->members[0]->forgotten_us)
        table->forgotten_us = group->members[0]->forgotten_us; /* it is the same for all */
    group->members[group->member_count++] = table;
    ddb_table_changed(table);
    if (group->strong != NULL) /* copies have no links of their own, nor tombstones */
        return;
    ddb_tombstones_restart(group);
    for (size_t i = 0; i < group->link_count; i++)
        ddb_link_refresh(group->links[i]);
}

static void forget_group(struct ddb *ddb, const struct ddb_group *group)
{
    size_t at = 0;
    while (at < ddb->group_count && ddb->groups[at] != group)
        at++;
    CHECK(at < ddb->group_count);
    ddb->group_count--;
    memmove(&ddb->groups[at], &ddb->groups[at + 1],
            (ddb->group_count - at) * sizeof(struct ddb_group *));
}

void ddb_group_destroy(struct ddb_group *group)
{
    if (group->member_count > 0)
        ddb_table_changed(group->members[0]);
    forget_group(group->ddb, group);
    for (size_t i = 0; i < group->link_count; i++)
        ddb_link_destroy(group->links[i]);
    for (size_t i = 0; i < group->member_count; i++) {
        struct ddb_table *member = group->members[i];
        ddb_backfill_stop(member);
        ddb_strong_stop(member);
        ddb_access_stop(member);
        ddb_override_end(member);
        member->member = (struct ddb_member){.job = member->member.job};
    }
    if (group->strong != NULL)
        ddb_strong_destroy(group);
    (void)sim_sched_cancel(group->ddb->core->sched, group->sweep_event);
    free(group->links);
    free(group->account);
    free(group->name);
    free(group);
}

bool ddb_group_has_to_send(const struct ddb_table *table)
{
    const struct ddb_group *group = table->member.group;
    for (size_t i = 0; group != NULL && i < group->link_count; i++) {
        const struct ddb_link *link = group->links[i];
        if (link->from == table && link->is_open && link->pending_count > 0)
            return true;
    }
    return false;
}

void ddb_group_leave(struct ddb_table *table)
{
    struct ddb_group *group = table->member.group;
    PRE(group != NULL);
    size_t at = 0;
    for (size_t i = 0; i < group->member_count; i++) {
        ddb_table_changed(group->members[i]); /* their places */
        if (group->members[i] == table)
            at = i;
        else if (group->members[i]->member.source == table)
            group->members[i]->member.source = NULL;
    }
    ddb_backfill_stop(table);
    ddb_strong_stop(table);
    ddb_access_stop(table);
    remove_links_of(group, table);
    group->member_count--;
    memmove(&group->members[at], &group->members[at + 1],
            (group->member_count - at) * sizeof(struct ddb_table *));
    ddb_override_end(table);
    table->member = (struct ddb_member){.job = table->member.job};
    if (group->member_count == 1) /* the survivor is a table of its Region alone */
        ddb_group_destroy(group);
    else if (group->strong == NULL)
        ddb_tombstones_restart(group);
}

/* --- the data directory --------------------------------------------------------------------------
 */

static struct ddb_link *restore_link(struct ddb_group *group, const struct ddb_loaded *from,
                                     const struct ddb_loaded *to)
{
    size_t index = to->table->home->place->index;
    uint64_t last_sequence = from->table->log.last_sequence;
    if (from->positions[index] >= last_sequence)
        return ddb_link_create(group, from->table, to->table, last_sequence, 0);
    uint64_t pending_count = from->pending_counts[index];
    if (pending_count > last_sequence - from->positions[index])
        pending_count = DDB_PENDING_UNKNOWN;
    return ddb_link_create(group, from->table, to->table, from->positions[index], pending_count);
}

void ddb_group_restore(struct ddb *ddb, const struct ddb_loaded *const *members, size_t count)
{
    PRE(count > 0 && count <= SIM_REGION_MAX);
    struct ddb_group *group = ddb_group_create(members[0]->table);
    bool is_strong = ddb_strong_is_saved(members[0]->document);
    for (size_t i = 1; i < count; i++) {
        members[i]->table->member.group = group;
        for (size_t k = 0; k < i && !is_strong; k++) {
            add_link(group, restore_link(group, members[k], members[i]));
            add_link(group, restore_link(group, members[i], members[k]));
        }
        group->members[group->member_count++] = members[i]->table;
    }
    for (size_t i = 0; i < group->link_count; i++)
        ddb_link_refresh(group->links[i]);
    if (!is_strong)
        ddb_tombstone_noted(group); /* there may be some: the sweep finds out */
    CHECK(group->ddb == ddb);
}

/* --- reachability ------------------------------------------------------------------------------
 */

void ddb_groups_refresh(struct ddb *ddb)
{
    for (size_t i = 0; i < ddb->group_count; i++) {
        struct ddb_group *group = ddb->groups[i];
        if (group->strong != NULL)
            ddb_strong_refresh(group);
        for (size_t k = 0; k < group->link_count; k++)
            ddb_link_refresh(group->links[k]);
        for (size_t k = 0; k < group->member_count; k++)
            ddb_backfill_refresh(group->members[k]);
    }
}

bool ddb_group_is_busy(const struct ddb_group *group)
{
    for (size_t i = 0; i < group->member_count; i++) {
        enum ddb_table_status status = group->members[i]->status;
        if (status != DDB_TABLE_ACTIVE && status != DDB_TABLE_ARCHIVED)
            return true;
    }
    return false;
}

void ddb_group_stir(const struct ddb_table *table)
{
    const struct ddb_group *group = table->member.group;
    for (size_t i = 0; group != NULL && i < group->member_count; i++) {
        struct ddb_table *other = group->members[i];
        if (other == table || other->status != DDB_TABLE_ACTIVE || other->pending != NULL)
            continue;
        other->status = DDB_TABLE_UPDATING;
        ddb_table_settle(other);
    }
}

bool ddb_replica_is_being_added(const struct ddb_table *table)
{
    return table->member.group != NULL && table->status == DDB_TABLE_CREATING;
}

void ddb_replica_tell_state(const struct ddb_table *table, const char *state)
{
    sim_trace_emit(table->ddb->core->trace, "replica.state", ddb_region_name(table),
                   FIELD_TEXT("table", table->name), FIELD_TEXT("state", state));
}
