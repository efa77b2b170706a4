/* UpdateTable's ReplicaUpdates under way: adding and removing one replica a call.
 *
 * Adding    The table is UPDATING, and a global table without other replicas, at once. A third of
 *           the transient delay later the replica's table appears in its Region (CREATING) and is
 *           filled. Where there is anything to fill it with, the table is ACTIVE meanwhile and for
 *           another third, then UPDATING again. After the rest of the delay both are ACTIVE.
 * Failing   Where the replica's Region is down when its table is to be made, or the name has been
 *           taken there meanwhile, nothing is left of the attempt, and the table is ACTIVE.
 * Removing  The table is UPDATING for the delay, then the replica is DELETING for the delay and
 *           leaves the group; its table is gone a little later (table_operations.c).
 * Others    All other members are UPDATING for the delay.
 * Source    Recorded replies and timelines of the service (much longer there). */
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/auto_scaling.h"
#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/replica_override.h"
#include "emulators/dynamodb/replica_restore.h"
#include "emulators/dynamodb/stream.h"
#include "emulators/dynamodb/table_save.h"
#include "emulators/dynamodb/table_settings.h"
#include "emulators/dynamodb/time_to_live.h"

struct ddb_replica_job {
    struct ddb_table *table;  /* that was asked */
    struct ddb_table *target; /* once there is one */
    char *region_name;
    cJSON *action; /* its members */
    bool is_create;
    uint64_t event; /* 0: the replica is being filled */
};

/* --- the change under way ------------------------------------------------------------------------
 */

static void job_after(struct ddb_replica_job *job, uint64_t delay_us, sim_sched_fn *run)
{
    job->event = sim_sched_after(job->table->ddb->core->sched, delay_us, run, job);
}

void ddb_replica_job_stop(struct ddb_table *table)
{
    struct ddb_replica_job *job = table->member.job;
    if (job == NULL)
        return;
    (void)sim_sched_cancel(table->ddb->core->sched, job->event);
    free(job->region_name);
    cJSON_Delete(job->action);
    free(job);
    table->member.job = NULL;
    ddb_table_changed(table);
}

static void finish_create(void *context)
{
    struct ddb_replica_job *job = context;
    struct ddb_table *table = job->table;
    struct ddb_table *target = job->target;
    job->event = 0;
    ddb_replica_job_stop(table);
    ddb_table_become_active(target);
    ddb_table_become_active(table);
    ddb_replica_tell_state(target, "ACTIVE");
}

static void end_filling(void *context)
{
    struct ddb_replica_job *job = context;
    uint64_t delay_us = job->table->ddb->transient_delay_us;
    job->table->status = DDB_TABLE_UPDATING;
    ddb_table_changed(job->table);
    job_after(job, delay_us - delay_us / 3 * 2, finish_create);
}

static void hear_filled(void *context)
{
    struct ddb_table *target = context;
    struct ddb_table *source = target->member.source;
    struct ddb_replica_job *job = source->member.job;
    uint64_t delay_us = target->ddb->transient_delay_us;
    ddb_tombstones_restart(target->member.group);
    ddb_table_changed(target);
    CHECK(job != NULL && job->target == target);
    if (source->status == DDB_TABLE_ACTIVE)
        job_after(job, delay_us / 3, end_filling);
    else
        job_after(job, delay_us - delay_us / 3, finish_create);
}

enum sim_result ddb_replica_table_create(const struct ddb_table *table, const char *region_name,
                                         const char *account, struct ddb_table **replica,
                                         struct sim_error *error)
{
    struct ddb_region *region = NULL;
    struct sim_arena *arena = sim_arena_create();
    struct ddb_fault fault = {.arena = arena};
    struct ddb_table_options options = {.account = account, .name = table->name};
    enum sim_result result = ddb_region_open(table->ddb, region_name, &region, error);
    if (result == RESULT_OK &&
        !ddb_definition_create(table->definition->spec, &options.definition, &fault))
        result = sim_error_set(error, RESULT_INVALID, "%s", fault.message);
    if (result == RESULT_OK && region->place->down_count > 0)
        result = sim_error_set(error, RESULT_IO, "the Region cannot be reached");
    if (result == RESULT_OK && ddb_table_find(region, account, table->name) != NULL)
        result = sim_error_set(error, RESULT_CONFLICT, "the table appeared meanwhile");
    if (result == RESULT_OK)
        result = ddb_table_create(region, &options, replica, error);
    if (result != RESULT_OK)
        ddb_definition_destroy(options.definition);
    sim_arena_destroy(arena);
    return result;
}

/* A failure this late leaves no trace at the service: no entry, and the table is ACTIVE again. */
static void give_up_create(struct ddb_replica_job *job, const struct sim_error *error)
{
    struct ddb_table *table = job->table;
    sim_trace_emit(table->ddb->core->trace, "replica.failed", job->region_name,
                   FIELD_TEXT("table", table->name), FIELD_TEXT("error", error->message));
    ddb_replica_job_stop(table);
    if (table->member.group != NULL && table->member.group->member_count == 1)
        ddb_group_destroy(table->member.group);
    ddb_table_become_active(table);
}

static void begin_create(void *context)
{
    struct ddb_replica_job *job = context;
    struct ddb_table *table = job->table;
    struct sim_error error;
    job->event = 0;
    if (ddb_replica_table_create(table, job->region_name, table->account, &job->target, &error) !=
        RESULT_OK) {
        give_up_create(job, &error);
        return;
    }
    struct ddb_table *target = job->target;
    if (ddb_table_is_on_demand(target))
        target->last_on_demand_us = target->created_us;
    else
        ddb_scaling_copy_writes(table, target);
    ddb_encryption_set_replica_key(target, wire_text(job->action, "KMSMasterKeyId"));
    ddb_stream_enable(target, table->stream->view);
    ddb_override_apply(table, target, job->action);
    ddb_time_to_live_copy(table, target);
    if (table->member.group == NULL) /* the other members were deleted meanwhile */
        (void)ddb_group_create(table);
    ddb_group_join(table->member.group, target, table);
    ddb_replica_tell_state(target, "CREATING");
    if (table->item_count > 0) /* the filling takes its time */
        ddb_table_become_active(table);
    ddb_backfill_start(table, target, hear_filled);
}

static void begin_delete(void *context)
{
    struct ddb_replica_job *job = context;
    struct ddb_table *table = job->table;
    struct ddb_table *target = ddb_replica_in(table, job->region_name);
    ddb_replica_job_stop(table);
    ddb_table_become_active(table);
    if (target == NULL || target->member.group == NULL ||
        target->member.group != table->member.group || target->status == DDB_TABLE_DELETING)
        return; /* deleted in its own Region meanwhile, or a table of that Region alone by now */
    ddb_replica_tell_state(target, "DELETING");
    ddb_table_start_deletion(target);
}

bool ddb_replica_job_abandon(struct ddb_table *member)
{
    struct ddb_group *group = member->member.group;
    for (size_t i = 0; group != NULL && i < group->member_count; i++) {
        struct ddb_table *table = group->members[i];
        struct ddb_replica_job *job = table->member.job;
        if (job == NULL || (table != member && job->target != member))
            continue;
        struct ddb_table *target = job->target;
        struct sim_error error = {.message =
                                      "the permission to replicate was missing for too long"};
        if (target != NULL) {
            ddb_group_leave(target);
            ddb_table_retire(target);
        }
        give_up_create(job, &error);
        return target == member;
    }
    return false;
}

static void start_job(struct ddb_table *table, const cJSON *action, bool is_create)
{
    PRE(table->member.job == NULL);
    struct ddb_replica_job *job = sim_alloc(sizeof *job);
    uint64_t delay_us = table->ddb->transient_delay_us;
    job->table = table;
    job->region_name = sim_strdup(wire_text(action, "RegionName"));
    job->action = cJSON_Duplicate(action, true);
    job->is_create = is_create;
    table->member.job = job;
    table->status = DDB_TABLE_UPDATING;
    ddb_table_changed(table);
    ddb_group_stir(table);
    if (!is_create) {
        job_after(job, delay_us, begin_delete);
        return;
    }
    if (!ddb_stream_is_enabled(table))
        ddb_stream_enable(table, DDB_STREAM_NEW_AND_OLD_IMAGES);
    if (table->member.group == NULL)
        (void)ddb_group_create(table);
    job_after(job, delay_us / 3, begin_create);
}

cJSON *ddb_replica_job_save(const struct ddb_table *table)
{
    const struct ddb_replica_job *job = table->member.job;
    if (job == NULL)
        return NULL;
    cJSON *saved = cJSON_CreateObject();
    cJSON_AddBoolToObject(saved, "IsCreate", job->is_create);
    cJSON_AddItemReferenceToObject(saved, "Action", job->action);
    cJSON_AddBoolToObject(saved, "HasTarget", job->target != NULL);
    cJSON_AddBoolToObject(saved, "IsFilling",
                          job->target != NULL && job->target->member.backfill != NULL);
    return saved;
}

void ddb_replica_job_resume(struct ddb_table *table, const cJSON *saved)
{
    const cJSON *action = wire_member(saved, "Action");
    if (wire_text(action, "RegionName") == NULL) { /* damaged: as if it had failed */
        ddb_table_settle(table);
        return;
    }
    enum ddb_table_status status = table->status;
    start_job(table, action, wire_flag(saved, "IsCreate", false));
    struct ddb_replica_job *job = table->member.job;
    struct ddb_table *target = ddb_replica_in(table, job->region_name);
    if (!job->is_create || !wire_flag(saved, "HasTarget", false) || target == NULL ||
        target->member.source != table)
        return;
    (void)sim_sched_cancel(table->ddb->core->sched, job->event);
    job->event = 0;
    job->target = target;
    table->status = status;
    if (wire_flag(saved, "IsFilling", false))
        ddb_backfill_start(table, target, hear_filled);
    else
        job_after(job, 0, finish_create);
}

enum ddb_replica_change ddb_replica_update(struct ddb_table *table, const cJSON *updates,
                                           struct ddb_fault *fault)
{
    const char *name = NULL;
    if (!ddb_replica_check(table, updates, fault))
        return DDB_REPLICA_REFUSED;
    const cJSON *action = ddb_replica_action_of(updates->child, &name);
    if (strcmp(name, "Update") == 0)
        return DDB_REPLICA_OVERRIDES;
    start_job(table, action, strcmp(name, "Create") == 0);
    return DDB_REPLICA_STARTED;
}

void ddb_replica_override(struct ddb_table *table, const cJSON *updates)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, updates)
    {
        const cJSON *action = wire_member(element, "Update");
        struct ddb_table *target =
            action != NULL ? ddb_replica_in(table, wire_text(action, "RegionName")) : NULL;
        if (target != NULL && target->member.group == table->member.group)
            ddb_override_apply(table, target, action);
    }
}
