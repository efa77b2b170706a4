#include "emulators/dynamodb/replica_access.h"

#include <string.h>

#include "emulators/dynamodb/replica_restore.h"
#include "emulators/dynamodb/strong.h"
#include "emulators/dynamodb/table_save.h"

bool ddb_access_is_denied(const struct ddb_table *replica)
{
    const struct sim_fault_point point = {
        .service = "dynamodb",
        .resource = replica->name,
        .from = ddb_region_name(replica),
        .to = ddb_region_name(replica),
        .plane = SIM_PLANE_DATA,
    };
    return sim_faults_is_set(replica->ddb->core->faults, SIM_FAULT_DENY_REPLICATION, &point);
}

static void settle(struct ddb_table *table)
{
    if (table->status == DDB_TABLE_UPDATING && table->pending == NULL &&
        table->member.job == NULL && !ddb_member_is_changed_by_another(table))
        ddb_table_settle(table);
}

/* Whoever was waiting for a change on the other side waits no longer. */
static void leave(struct ddb_table *replica)
{
    const struct ddb_group *group = replica->member.group;
    struct ddb_table *members[SIM_REGION_MAX];
    size_t count = group->member_count;
    memcpy(members, group->members, count * sizeof members[0]);
    ddb_group_leave(replica);
    for (size_t i = 0; i < count; i++)
        settle(members[i]);
}

/* Too late: what happens now is not undone by anything. */
static void run_out(void *context)
{
    struct ddb_table *replica = context;
    replica->member.access_event = 0;
    ddb_table_changed(replica);
    if (ddb_is_strong(replica)) {
        ddb_strong_stop(replica);
        replica->status = DDB_TABLE_ARCHIVED;
        ddb_replica_tell_state(replica, "ARCHIVED");
        return;
    }
    if (ddb_replica_job_abandon(replica))
        return;
    ddb_replica_tell_state(replica, "DETACHED");
    if (replica->member.group != NULL)
        leave(replica);
}

static void take_away(struct ddb_table *replica)
{
    struct ddb *ddb = replica->ddb;
    uint64_t delay_us = ddb_is_strong(replica) ? DDB_ARCHIVE_AFTER_US : DDB_DETACH_AFTER_US;
    replica->member.denied_us = ddb_now_us(ddb);
    replica->member.access_event = sim_sched_after(ddb->core->sched, delay_us, run_out, replica);
    ddb_replica_tell_state(replica, "REPLICATION_NOT_AUTHORIZED");
}

void ddb_access_stop(struct ddb_table *replica)
{
    (void)sim_sched_cancel(replica->ddb->core->sched, replica->member.access_event);
    replica->member.access_event = 0;
    replica->member.denied_us = 0;
}

void ddb_access_refresh(struct ddb *ddb)
{
    for (size_t i = 0; i < ddb->group_count; i++) {
        const struct ddb_group *group = ddb->groups[i];
        for (size_t k = 0; k < group->member_count; k++) {
            struct ddb_table *replica = group->members[k];
            bool is_denied = ddb_access_is_denied(replica);
            if (replica->status == DDB_TABLE_ARCHIVED)
                continue;
            if (is_denied && replica->member.denied_us == 0) {
                take_away(replica);
            } else if (!is_denied && replica->member.denied_us != 0) {
                ddb_access_stop(replica);
                ddb_replica_tell_state(replica, "ACTIVE");
            }
        }
    }
}
