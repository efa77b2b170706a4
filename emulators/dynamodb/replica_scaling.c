/* Auto scaling settings of a global table's replicas: kept and told. Write settings are shared by
 * all replicas, read settings belong to one. */
#include <string.h>

#include "emulators/dynamodb/index_backfill.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/table_save.h"
#include "emulators/dynamodb/table_setting.h"

#define WRITE_KEY "Write"
#define READ_KEY  "Read"

/* An update's members in the form of a description. */
static cJSON *settings_of(const cJSON *update)
{
    static const char *const members[] = {"MinimumUnits", "MaximumUnits", "AutoScalingDisabled",
                                          "AutoScalingRoleArn"};
    const cJSON *policy = wire_member(update, "ScalingPolicyUpdate");
    cJSON *settings = cJSON_CreateObject();
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const cJSON *value = wire_member(update, members[i]);
        if (value != NULL)
            cJSON_AddItemToObject(settings, members[i], cJSON_Duplicate(value, true));
    }
    if (policy != NULL)
        cJSON_AddItemToArray(cJSON_AddArrayToObject(settings, "ScalingPolicies"),
                             cJSON_Duplicate(policy, true));
    return settings;
}

static void keep(struct ddb_table *table, const char *key, const cJSON *update)
{
    if (update != NULL)
        ddb_setting_put(table, DDB_SETTING_SCALING, key, settings_of(update));
}

/* "Write", or "Write/index". */
static const char *index_key(struct sim_arena *arena, const char *kind, const char *index)
{
    return sim_arena_printf(arena, "%s/%s", kind, index);
}

static void add_settings(cJSON *object, const struct ddb_table *table, const char *member,
                         const char *key)
{
    const cJSON *kept = ddb_setting_find(table, DDB_SETTING_SCALING, key);
    cJSON_AddItemToObject(object, member,
                          kept != NULL ? cJSON_Duplicate(kept, true) : cJSON_CreateObject());
}

static void describe_replica(cJSON *object, const struct ddb_table *table, struct sim_arena *arena)
{
    const struct ddb_definition *definition = table->definition;
    cJSON_AddStringToObject(object, "RegionName", ddb_region_name(table));
    cJSON *indexes = cJSON_AddArrayToObject(object, "GlobalSecondaryIndexes");
    for (size_t i = definition->local_index_count; i < definition->index_count; i++) {
        const char *name = definition->indexes[i].name;
        cJSON *index = cJSON_CreateObject();
        cJSON_AddItemToArray(indexes, index);
        cJSON_AddStringToObject(index, "IndexName", name);
        cJSON_AddStringToObject(index, "IndexStatus",
                                ddb_index_status_name(table->index_states[i].status));
        add_settings(index, table, "ProvisionedReadCapacityAutoScalingSettings",
                     index_key(arena, READ_KEY, name));
        add_settings(index, table, "ProvisionedWriteCapacityAutoScalingSettings",
                     index_key(arena, WRITE_KEY, name));
    }
    add_settings(object, table, "ReplicaProvisionedReadCapacityAutoScalingSettings", READ_KEY);
    add_settings(object, table, "ReplicaProvisionedWriteCapacityAutoScalingSettings", WRITE_KEY);
    cJSON_AddStringToObject(object, "ReplicaStatus", ddb_table_status_name(table->status));
}

static enum wire_progress describe(struct wire_call *call, const struct ddb_table *table)
{
    const struct ddb_group *group = table->member.group;
    cJSON *output = cJSON_CreateObject();
    cJSON *description = cJSON_AddObjectToObject(output, "TableAutoScalingDescription");
    cJSON_AddStringToObject(description, "TableName", table->name);
    cJSON_AddStringToObject(description, "TableStatus", ddb_table_status_name(table->status));
    cJSON *replicas = cJSON_AddArrayToObject(description, "Replicas");
    for (size_t i = 0; i < group->member_count; i++) {
        cJSON *replica = cJSON_CreateObject();
        cJSON_AddItemToArray(replicas, replica);
        describe_replica(replica, group->members[i], call->arena);
    }
    return wire_succeed(call, output);
}

static bool find_member(struct ddb *ddb, const struct wire_call *call, struct ddb_table **table,
                        struct ddb_fault *fault)
{
    const char *name = ddb_table_name_of(call->arena, wire_text(call->input, "TableName"));
    *table = ddb_table_find(ddb_region_find(ddb, call->region), call->account, name);
    if (*table != NULL)
        ddb_table_changed(*table);
    if (*table != NULL && (*table)->member.group != NULL)
        return true;
    return ddb_fail(fault, "ResourceNotFoundException",
                    "Global table with name: '%s' does not exist.", name);
}

enum wire_progress ddb_describe_replica_scaling(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    if (!find_member(state, call, &table, &fault))
        return ddb_answer_fault(call, &fault);
    return describe(call, table);
}

static struct ddb_table *member_in(const struct ddb_group *group, const char *region)
{
    for (size_t i = 0; i < group->member_count; i++) {
        if (strcmp(ddb_region_name(group->members[i]), region) == 0)
            return group->members[i];
    }
    return NULL;
}

static bool check_update(const struct ddb_table *table, const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *element = NULL;
    if (ddb_table_is_on_demand(table))
        return ddb_invalid(fault, "Auto scaling settings cannot be changed while BillingMode is "
                                  "PAY_PER_REQUEST");
    cJSON_ArrayForEach(element, wire_member(input, "ReplicaUpdates"))
    {
        const char *region = wire_text(element, "RegionName");
        if (member_in(table->member.group, region) == NULL)
            return ddb_invalid(fault,
                               "Update global table operation failed because one or more replicas "
                               "were not part of the global table. Please retry the request "
                               "without these replicas: [%s].",
                               region);
    }
    return true;
}

static void update_writes(struct ddb_table *table, const cJSON *input, struct sim_arena *arena)
{
    const cJSON *index = NULL;
    keep(table, WRITE_KEY, wire_member(input, "ProvisionedWriteCapacityAutoScalingUpdate"));
    cJSON_ArrayForEach(index, wire_member(input, "GlobalSecondaryIndexUpdates"))
    {
        keep(table, index_key(arena, WRITE_KEY, wire_text(index, "IndexName")),
             wire_member(index, "ProvisionedWriteCapacityAutoScalingUpdate"));
    }
}

static void update_reads(struct ddb_table *table, const cJSON *update, struct sim_arena *arena)
{
    const cJSON *index = NULL;
    keep(table, READ_KEY, wire_member(update, "ReplicaProvisionedReadCapacityAutoScalingUpdate"));
    cJSON_ArrayForEach(index, wire_member(update, "ReplicaGlobalSecondaryIndexUpdates"))
    {
        keep(table, index_key(arena, READ_KEY, wire_text(index, "IndexName")),
             wire_member(index, "ProvisionedReadCapacityAutoScalingUpdate"));
    }
}

enum wire_progress ddb_update_replica_scaling(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    if (!find_member(state, call, &table, &fault) || !check_update(table, call->input, &fault))
        return ddb_answer_fault(call, &fault);
    struct ddb_group *group = table->member.group;
    for (size_t i = 0; i < group->member_count; i++)
        update_writes(group->members[i], call->input, call->arena);
    const cJSON *update = NULL;
    cJSON_ArrayForEach(update, wire_member(call->input, "ReplicaUpdates"))
    {
        update_reads(member_in(group, wire_text(update, "RegionName")), update, call->arena);
    }
    return describe(call, table);
}
