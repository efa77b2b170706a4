/* UpdateTable's ReplicaUpdates: adding and removing one replica a call.
 *
 * Adding    The table is UPDATING, and a global table without other replicas, at once. A third of
 * the transient delay later the replica's table appears in its Region (CREATING) and is filled;
 *           when that is done and the rest of the delay has passed, both are ACTIVE.
 * Removing  The table is UPDATING for the delay, then the replica is DELETING for the delay and
 * gone. Source    Recorded replies and timelines of the service (much longer there). */
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/auto_scaling.h"
#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/replica_override.h"
#include "emulators/dynamodb/replica_restore.h"
#include "emulators/dynamodb/stream.h"
#include "emulators/dynamodb/table_save.h"
#include "emulators/dynamodb/time_to_live.h"
#include "sim/core/buffer.h"

#define IN_USE_TEXT "The resource which you are attempting to change is in use."

struct ddb_replica_job {
    struct ddb_table *table;  /* that was asked */
    struct ddb_table *target; /* once there is one */
    char *region_name;
    cJSON *action; /* its members */
    bool is_create;
    uint64_t event;
};

/* --- checks of the list alone --------------------------------------------------------------------
 */

static const char *const action_names[] = {"Create", "Update", "Delete"};

static const cJSON *action_of(const cJSON *element, const char **name)
{
    for (size_t i = 0; i < ARRAY_LEN(action_names); i++) {
        const cJSON *action = wire_member(element, action_names[i]);
        if (action != NULL) {
            *name = action_names[i];
            return action;
        }
    }
    return NULL;
}

static bool check_element(const cJSON *element, struct ddb_fault *fault)
{
    int given = 0;
    for (size_t i = 0; i < ARRAY_LEN(action_names); i++)
        given += wire_member(element, action_names[i]) != NULL ? 1 : 0;
    const cJSON *update = wire_member(element, "Update");
    if (given == 0 || (update != NULL && given == 1 && !ddb_override_is_given(update)))
        return ddb_invalid(fault, "There are no actions specified in the Replica Update Action of "
                                  "the request.");
    if (given > 1)
        return ddb_invalid(fault, "Update table operation with more than one type of replica "
                                  "actions not allowed.");
    return true;
}

bool ddb_replica_check_updates(const cJSON *updates, struct ddb_fault *fault)
{
    const cJSON *first = updates->child;
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, updates)
    {
        if (!check_element(element, fault))
            return false;
    }
    if (first == NULL)
        return ddb_invalid(fault, "1 validation error detected: Value '[]' at 'replicaUpdates' "
                                  "failed to satisfy constraint: Member must have length greater "
                                  "than or equal to 1");
    const char *first_name = NULL;
    const cJSON *first_action = action_of(first, &first_name);
    for (element = first->next; element != NULL; element = element->next) {
        const char *name = NULL;
        const cJSON *action = action_of(element, &name);
        bool is_same_region =
            strcmp(wire_text(first_action, "RegionName"), wire_text(action, "RegionName")) == 0;
        if (strcmp(first_name, name) != 0 && is_same_region)
            return ddb_invalid(fault, "Cannot target multiple regions with the same action");
        if (strcmp(first_name, name) != 0)
            return ddb_invalid(fault, "Update table operation with more than one type of replica "
                                      "actions not allowed.");
        if (!is_same_region) /* equal ones count once */
            return ddb_invalid(fault, "Update table operation with more than one create or delete "
                                      "replica actions not allowed");
    }
    return true;
}

/* --- checks against tables and Regions -----------------------------------------------------------
 */

static bool check_region(const struct ddb *ddb, const char *name, struct ddb_fault *fault)
{
    struct sim_network *network = ddb->core->network;
    const struct sim_region *region = sim_network_region_find(network, name);
    if (name[0] == '\0')
        return ddb_fail(fault, "AccessDeniedException", "Access is denied");
    if (region != NULL && region->hosts_services)
        return true;
    struct sim_buffer names;
    sim_buffer_init(&names);
    size_t count = sim_network_region_count(network);
    for (size_t i = 0; i < count; i++) {
        region = sim_network_region_by_index(network, i);
        if (region->hosts_services)
            sim_buffer_printf(&names, "%s%s", names.length_bytes > 0 ? ", " : "", region->name);
    }
    (void)ddb_invalid(fault,
                      "Region %s is not supported. The latest version of global tables are only "
                      "supported in the following regions: [%s]",
                      name, names.data != NULL ? names.data : "");
    sim_buffer_fini(&names);
    return false;
}

bool ddb_replica_check_state(const struct ddb_table *table, struct ddb_fault *fault)
{
    const struct ddb_group *group = table->member.group;
    static const char *const in_use = "ResourceInUseException";
    if (group != NULL && table->status == DDB_TABLE_CREATING)
        return ddb_invalid(fault,
                           "Create/Update/Delete of replica is not allowed while the replica is "
                           "being added to table with name: \u2018%s\u2019 in region: "
                           "\u2018%s\u2019.",
                           table->name, ddb_region_name(table));
    if (group == NULL && table->status == DDB_TABLE_CREATING)
        return ddb_fail(fault, in_use,
                        "Attempt to change a resource which is still in use: Table is being "
                        "created: %s",
                        table->name);
    if (table->status != DDB_TABLE_ACTIVE || table->pending != NULL ||
        (group != NULL && ddb_group_is_busy(group)))
        return ddb_fail(fault, in_use, IN_USE_TEXT);
    return true;
}

static struct ddb_table *find_target(const struct ddb_table *table, const char *region_name)
{
    return ddb_table_find(ddb_region_find(table->ddb, region_name), table->account, table->name);
}

bool ddb_replica_check_capacity(const struct ddb_table *table, struct ddb_fault *fault)
{
    return ddb_table_is_on_demand(table) || ddb_scaling_check_writes(table, fault);
}

static bool check_create(const struct ddb_table *table, const char *region_name,
                         const cJSON *action, struct ddb_fault *fault)
{
    if (find_target(table, region_name) != NULL)
        return ddb_invalid(fault,
                           "Failed to create a the new replica of table with name: "
                           "\u2018%s\u2019 because one or more replicas already existed as tables.",
                           table->name);
    return ddb_replica_check_capacity(table, fault) &&
           ddb_override_check(table, action, true, fault);
}

/* The replica in that Region. */
static bool find_member(const struct ddb_table *table, const char *region_name,
                        const struct ddb_table **member, struct ddb_fault *fault)
{
    const struct ddb_table *target = find_target(table, region_name);
    *member = target;
    if (target == NULL || target->member.group == NULL ||
        target->member.group != table->member.group)
        return ddb_invalid(fault,
                           "Update global table operation failed because one or more replicas were "
                           "not part of the global table. Please retry the request without these "
                           "replicas: [%s].",
                           region_name);
    return true;
}

static bool check_update(const struct ddb_table *table, const char *region_name,
                         const cJSON *action, struct ddb_fault *fault)
{
    const struct ddb_table *target = NULL;
    return find_member(table, region_name, &target, fault) &&
           ddb_override_check(target, action, false, fault);
}

static bool check_delete(const struct ddb_table *table, const char *region_name,
                         const cJSON *action UNUSED, struct ddb_fault *fault)
{
    const struct ddb_table *target = NULL;
    if (!find_member(table, region_name, &target, fault))
        return false;
    if (target->is_protected)
        return ddb_invalid(fault,
                           "Cannot delete table %s in region %s because it has deletion protection "
                           "enabled. Disable deletion protection first.",
                           table->name, region_name);
    return ddb_table_check_not_source(target, fault);
}

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
    ddb_replica_job_stop(table);
    ddb_table_become_active(target);
    ddb_table_become_active(table);
    ddb_replica_tell_state(target, "ACTIVE");
}

static void hear_filled(void *context)
{
    struct ddb_table *target = context;
    struct ddb_replica_job *job = target->member.source->member.job;
    uint64_t delay_us = target->ddb->transient_delay_us;
    ddb_tombstones_restart(target->member.group);
    ddb_table_changed(target);
    CHECK(job != NULL && job->target == target);
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
    ddb_stream_enable(target, table->stream->view);
    ddb_override_apply(table, target, job->action);
    ddb_time_to_live_copy(table, target);
    if (table->member.group == NULL) /* the other members were deleted meanwhile */
        (void)ddb_group_create(table);
    ddb_group_join(table->member.group, target, table);
    ddb_replica_tell_state(target, "CREATING");
    ddb_backfill_start(table, target, hear_filled);
}

static void begin_delete(void *context)
{
    struct ddb_replica_job *job = context;
    struct ddb_table *table = job->table;
    struct ddb_table *target = find_target(table, job->region_name);
    ddb_replica_job_stop(table);
    ddb_table_become_active(table);
    if (target == NULL || target->status == DDB_TABLE_DELETING)
        return; /* deleted in its own Region meanwhile */
    ddb_replica_tell_state(target, "DELETING");
    ddb_table_start_deletion(target);
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
    start_job(table, action, wire_flag(saved, "IsCreate", false));
    struct ddb_replica_job *job = table->member.job;
    struct ddb_table *target = find_target(table, job->region_name);
    if (!job->is_create || !wire_flag(saved, "HasTarget", false) || target == NULL ||
        target->member.source != table)
        return;
    (void)sim_sched_cancel(table->ddb->core->sched, job->event);
    job->event = 0;
    job->target = target;
    if (wire_flag(saved, "IsFilling", false))
        ddb_backfill_start(table, target, hear_filled);
    else
        job_after(job, 0, finish_create);
}

enum ddb_replica_change ddb_replica_update(struct ddb_table *table, const cJSON *updates,
                                           struct ddb_fault *fault)
{
    static const struct {
        const char *name;
        bool (*check)(const struct ddb_table *table, const char *region_name, const cJSON *action,
                      struct ddb_fault *fault);
    } kinds[] = {{"Create", check_create}, {"Update", check_update}, {"Delete", check_delete}};
    const char *name = NULL;
    const cJSON *action = action_of(updates->child, &name);
    const char *region_name = wire_text(action, "RegionName");
    bool is_local = strcmp(region_name, ddb_region_name(table)) == 0;
    if (!check_region(table->ddb, region_name, fault))
        return DDB_REPLICA_REFUSED;
    if (is_local) {
        (void)ddb_invalid(fault, "Cannot add or delete the local region through ReplicaUpdates. "
                                 "Use CreateTable, DeleteTable, or UpdateTable as required.");
        return DDB_REPLICA_REFUSED;
    }
    if (!ddb_replica_check_state(table, fault))
        return DDB_REPLICA_REFUSED;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0 && !kinds[i].check(table, region_name, action, fault))
            return DDB_REPLICA_REFUSED;
    }
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
            action != NULL ? find_target(table, wire_text(action, "RegionName")) : NULL;
        if (target != NULL && target->member.group == table->member.group)
            ddb_override_apply(table, target, action);
    }
}
