/* Auto scaling settings of a global table's replicas, which Application Auto Scaling keeps and acts
 * on. Write settings are shared by all replicas, read settings belong to one. */
#include <string.h>

#include "emulators/dynamodb/auto_scaling.h"
#include "emulators/dynamodb/index_backfill.h"
#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/replica.h"

static void describe_replica(cJSON *object, const struct ddb_table *table)
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
        cJSON_AddItemToObject(index, "ProvisionedReadCapacityAutoScalingSettings",
                              ddb_scaling_describe(table, name, false));
        cJSON_AddItemToObject(index, "ProvisionedWriteCapacityAutoScalingSettings",
                              ddb_scaling_describe(table, name, true));
    }
    cJSON_AddItemToObject(object, "ReplicaProvisionedReadCapacityAutoScalingSettings",
                          ddb_scaling_describe(table, NULL, false));
    cJSON_AddItemToObject(object, "ReplicaProvisionedWriteCapacityAutoScalingSettings",
                          ddb_scaling_describe(table, NULL, true));
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
        describe_replica(replica, group->members[i]);
    }
    return wire_succeed(call, output);
}

static bool find_member(struct ddb *ddb, const struct wire_call *call, struct ddb_table **table,
                        struct ddb_fault *fault)
{
    const char *name = ddb_table_name_of(call->arena, wire_text(call->input, "TableName"));
    *table = ddb_table_find(ddb_region_find(ddb, call->region), call->account, name);
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

static bool check_index(const struct ddb_table *table, const char *name, struct ddb_fault *fault)
{
    const struct ddb_index_definition *index =
        name != NULL ? ddb_definition_index_find(table->definition, name) : NULL;
    if (index != NULL && index->is_global)
        return true;
    return ddb_fail(fault, "ResourceNotFoundException",
                    "Requested resource not found: Index: %s for table: %s",
                    name != NULL ? name : "", table->name);
}

static bool check_replica(const struct ddb_table *table, const cJSON *replica,
                          struct ddb_fault *fault)
{
    const char *region = wire_text(replica, "RegionName");
    const cJSON *index = NULL;
    if (member_in(table->member.group, region) == NULL)
        return ddb_invalid(fault,
                           "Update global table operation failed because one or more replicas "
                           "were not part of the global table. Please retry the request "
                           "without these replicas: [%s].",
                           region);
    cJSON_ArrayForEach(index, wire_member(replica, "ReplicaGlobalSecondaryIndexUpdates"))
    {
        if (!check_index(table, wire_text(index, "IndexName"), fault) ||
            !ddb_scaling_check_update(
                wire_member(index, "ProvisionedReadCapacityAutoScalingUpdate"), fault))
            return false;
    }
    return ddb_scaling_check_update(
        wire_member(replica, "ReplicaProvisionedReadCapacityAutoScalingUpdate"), fault);
}

static bool check_update(const struct ddb_table *table, const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *element = NULL;
    if (ddb_table_is_on_demand(table))
        return ddb_invalid(fault, "Auto scaling settings cannot be changed while BillingMode is "
                                  "PAY_PER_REQUEST");
    cJSON_ArrayForEach(element, wire_member(input, "ReplicaUpdates"))
    {
        if (!check_replica(table, element, fault))
            return false;
    }
    cJSON_ArrayForEach(element, wire_member(input, "GlobalSecondaryIndexUpdates"))
    {
        if (!check_index(table, wire_text(element, "IndexName"), fault) ||
            !ddb_scaling_check_update(
                wire_member(element, "ProvisionedWriteCapacityAutoScalingUpdate"), fault))
            return false;
    }
    return ddb_scaling_check_update(wire_member(input, "ProvisionedWriteCapacityAutoScalingUpdate"),
                                    fault);
}

static bool update_writes(const struct ddb_table *table, const cJSON *input,
                          struct ddb_fault *fault)
{
    const cJSON *index = NULL;
    cJSON_ArrayForEach(index, wire_member(input, "GlobalSecondaryIndexUpdates"))
    {
        if (!ddb_scaling_update(table, wire_text(index, "IndexName"), true,
                                wire_member(index, "ProvisionedWriteCapacityAutoScalingUpdate"),
                                fault))
            return false;
    }
    return ddb_scaling_update(
        table, NULL, true, wire_member(input, "ProvisionedWriteCapacityAutoScalingUpdate"), fault);
}

static bool update_reads(const struct ddb_table *table, const cJSON *update,
                         struct ddb_fault *fault)
{
    const cJSON *index = NULL;
    cJSON_ArrayForEach(index, wire_member(update, "ReplicaGlobalSecondaryIndexUpdates"))
    {
        if (!ddb_scaling_update(table, wire_text(index, "IndexName"), false,
                                wire_member(index, "ProvisionedReadCapacityAutoScalingUpdate"),
                                fault))
            return false;
    }
    return ddb_scaling_update(
        table, NULL, false, wire_member(update, "ReplicaProvisionedReadCapacityAutoScalingUpdate"),
        fault);
}

enum wire_progress ddb_update_replica_scaling(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    if (!find_member(state, call, &table, &fault) || !check_update(table, call->input, &fault))
        return ddb_answer_fault(call, &fault);
    struct ddb_group *group = table->member.group;
    for (size_t i = 0; i < group->member_count; i++) {
        if (!update_writes(group->members[i], call->input, &fault))
            return ddb_answer_fault(call, &fault);
    }
    const cJSON *update = NULL;
    cJSON_ArrayForEach(update, wire_member(call->input, "ReplicaUpdates"))
    {
        if (!update_reads(member_in(group, wire_text(update, "RegionName")), update, &fault))
            return ddb_answer_fault(call, &fault);
    }
    return describe(call, table);
}
