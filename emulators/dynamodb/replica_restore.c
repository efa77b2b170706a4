#include "emulators/dynamodb/replica_restore.h"

#include <string.h>

#include "emulators/dynamodb/saved_json.h"
#include "emulators/dynamodb/strong.h"

/* --- saving -------------------------------------------------------------------------------------
 */

static uint64_t position_of(const struct ddb_group *group, const struct ddb_table *table)
{
    uint64_t position = 0;
    while (position < group->member_count && group->members[position] != table)
        position++;
    return position;
}

void ddb_member_save(const struct ddb_table *table, cJSON *document)
{
    const struct ddb_member *member = &table->member;
    cJSON *job = ddb_replica_job_save(table);
    if (job != NULL)
        cJSON_AddItemToObject(document, "ReplicaJob", job);
    if (member->group == NULL)
        return;
    cJSON *saved = cJSON_AddObjectToObject(document, "Member");
    ddb_saved_add_number(saved, "Position", position_of(member->group, table));
    ddb_saved_add_number(saved, "Joined", member->joined_us);
    cJSON_AddStringToObject(saved, "First", ddb_region_name(member->group->members[0]));
    ddb_strong_save(table, saved);
    if (member->source != NULL)
        cJSON_AddStringToObject(saved, "Source", ddb_region_name(member->source));
}

/* --- restoring ----------------------------------------------------------------------------------
 */

static const cJSON *member_of(const struct ddb_loaded *loaded)
{
    return wire_member(loaded->document, "Member");
}

/* There may be several groups of one name: each has its own first member. */
static bool is_same_group(const cJSON *a, const cJSON *b)
{
    const char *first_of_a = wire_text(a, "First");
    const char *first_of_b = wire_text(b, "First");
    return first_of_a == NULL || first_of_b == NULL || strcmp(first_of_a, first_of_b) == 0;
}

static bool belongs_together(const struct ddb_loaded *a, const struct ddb_loaded *b)
{
    return is_same_group(member_of(a), member_of(b)) &&
           !wire_flag(member_of(b), "IsWitness", false) &&
           strcmp(a->table->name, b->table->name) == 0 &&
           strcmp(a->table->account, b->table->account) == 0;
}

/* By the position in the group. */
static size_t insert_member(const struct ddb_loaded **members, size_t count,
                            const struct ddb_loaded *fresh)
{
    size_t at = count;
    uint64_t position = ddb_saved_number(member_of(fresh), "Position");
    while (at > 0 && ddb_saved_number(member_of(members[at - 1]), "Position") > position) {
        members[at] = members[at - 1];
        at--;
    }
    members[at] = fresh;
    return count + 1;
}

static void restore_member(const struct ddb_loaded *loaded)
{
    struct ddb_table *table = loaded->table;
    const char *source = wire_text(member_of(loaded), "Source");
    table->member.joined_us = ddb_saved_number(member_of(loaded), "Joined");
    if (source == NULL)
        return;
    struct ddb_table *found =
        ddb_table_find(ddb_region_find(table->ddb, source), table->account, table->name);
    if (found != NULL && found != table && found->member.group == table->member.group)
        table->member.source = found;
}

void ddb_groups_restore(struct ddb *ddb, const struct ddb_loaded *tables, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct ddb_loaded *members[SIM_REGION_MAX];
        size_t member_count = 0;
        if (member_of(&tables[i]) == NULL || tables[i].table->member.group != NULL ||
            wire_flag(member_of(&tables[i]), "IsWitness", false))
            continue;
        for (size_t k = i; k < count; k++) {
            if (member_of(&tables[k]) != NULL && belongs_together(&tables[i], &tables[k]))
                member_count = insert_member(members, member_count, &tables[k]);
        }
        ddb_group_restore(ddb, members, member_count);
        ddb_strong_restore(members[0]->table->member.group, tables, count);
        for (size_t k = 0; k < member_count; k++)
            restore_member(members[k]);
    }
}

/* --- going on -----------------------------------------------------------------------------------
 */

bool ddb_member_resume(struct ddb_table *table, const cJSON *document)
{
    if (ddb_strong_resume(table))
        return true;
    const cJSON *job = wire_member(document, "ReplicaJob");
    if (job == NULL)
        return false;
    ddb_replica_job_resume(table, job);
    return true;
}

bool ddb_member_is_changed_by_another(const struct ddb_table *table)
{
    const struct ddb_group *group = table->member.group;
    for (size_t i = 0; group != NULL && i < group->member_count; i++) {
        if (group->members[i] != table && group->members[i]->pending != NULL)
            return true;
    }
    return false;
}
