/* DynamoDB's side: what a table or index has, and giving it another capacity.
 *
 * Of a global table, write capacity is shared by all replicas; read capacity belongs to one, and is
 * changed by an override, which another replica must be asked for. */
#include <stdlib.h>
#include <string.h>

#include "emulators/autoscaling/autoscaling_internal.h"
#include "emulators/wire/dispatch.h"

static enum sim_result ask(const struct aas_target *target, const char *region,
                           const char *operation, const cJSON *input, cJSON **output,
                           struct sim_error *error)
{
    struct wire_request request = {
        .service = "dynamodb",
        .operation = operation,
        .region = region,
        .account = target->account,
        .caller = "application-autoscaling",
        .input = input,
    };
    return wire_dispatch_now(target->aas->host->dispatcher, &request, output, error);
}

static const cJSON *find_index(const cJSON *table, const char *name)
{
    const cJSON *index = NULL;
    cJSON_ArrayForEach(index, wire_member(table, "GlobalSecondaryIndexes"))
    {
        const char *index_name = wire_text(index, "IndexName");
        if (index_name != NULL && strcmp(index_name, name) == 0)
            return index;
    }
    return NULL;
}

static bool is_active(const cJSON *thing, const char *member)
{
    const char *status = wire_text(thing, member);
    return status == NULL || strcmp(status, "ACTIVE") == 0;
}

static void read_replica(const cJSON *table, struct aas_capacity *capacity)
{
    const cJSON *replica = cJSON_GetArrayItem(wire_member(table, "Replicas"), 0);
    const char *region = wire_text(replica, "RegionName");
    size_t length = region != NULL ? strlen(region) : 0;
    if (length > 0 && length < sizeof capacity->other_replica)
        memcpy(capacity->other_replica, region, length + 1);
}

static enum aas_capacity_answer read_table(const struct aas_target *target, const cJSON *table,
                                           struct aas_capacity *capacity)
{
    const cJSON *thing = table;
    const char *mode = wire_text(wire_member(table, "BillingModeSummary"), "BillingMode");
    if (target->index != NULL)
        thing = find_index(table, target->index);
    if (thing == NULL)
        return AAS_CAPACITY_NO_INDEX;
    const cJSON *units = wire_member(thing, "ProvisionedThroughput");
    *capacity = (struct aas_capacity){
        .reads = wire_integer(units, "ReadCapacityUnits", 0),
        .writes = wire_integer(units, "WriteCapacityUnits", 0),
        .is_active = is_active(table, "TableStatus") && is_active(thing, "IndexStatus"),
    };
    read_replica(table, capacity);
    return mode != NULL && strcmp(mode, "PAY_PER_REQUEST") == 0 ? AAS_CAPACITY_ON_DEMAND
                                                                : AAS_CAPACITY_OK;
}

enum aas_capacity_answer aas_capacity_read(const struct aas_target *target,
                                           struct aas_capacity *capacity)
{
    struct sim_error error;
    cJSON *output = NULL;
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "TableName", target->table);
    enum sim_result result = ask(target, target->region, "DescribeTable", input, &output, &error);
    cJSON_Delete(input);
    if (result != RESULT_OK)
        return strstr(error.message, "ResourceNotFoundException") != NULL
                   ? AAS_CAPACITY_NO_TABLE
                   : AAS_CAPACITY_UNREACHABLE;
    enum aas_capacity_answer answer = read_table(target, wire_member(output, "Table"), capacity);
    cJSON_Delete(output);
    return answer;
}

/* --- changing it ---------------------------------------------------------------------------------
 */

static void add_units(cJSON *object, const char *member, int64_t reads, int64_t writes)
{
    cJSON *units = cJSON_AddObjectToObject(object, member);
    cJSON_AddNumberToObject(units, "ReadCapacityUnits", (double)reads);
    if (writes > 0)
        cJSON_AddNumberToObject(units, "WriteCapacityUnits", (double)writes);
}

static cJSON *add_element(cJSON *object, const char *list, const char *kind)
{
    cJSON *element = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(object, list), element);
    return cJSON_AddObjectToObject(element, kind);
}

/* For one replica alone. */
static cJSON *override_input(const struct aas_target *target, int64_t units)
{
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "TableName", target->table);
    cJSON *update = add_element(input, "ReplicaUpdates", "Update");
    cJSON_AddStringToObject(update, "RegionName", target->region);
    if (target->index == NULL) {
        add_units(update, "ProvisionedThroughputOverride", units, 0);
        return input;
    }
    cJSON *index = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(update, "GlobalSecondaryIndexes"), index);
    cJSON_AddStringToObject(index, "IndexName", target->index);
    add_units(index, "ProvisionedThroughputOverride", units, 0);
    return input;
}

static cJSON *plain_input(const struct aas_target *target, const struct aas_capacity *capacity,
                          int64_t units)
{
    int64_t reads = target->is_write ? capacity->reads : units;
    int64_t writes = target->is_write ? units : capacity->writes;
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "TableName", target->table);
    if (target->index == NULL) {
        add_units(input, "ProvisionedThroughput", reads, writes);
        return input;
    }
    cJSON *update = add_element(input, "GlobalSecondaryIndexUpdates", "Update");
    cJSON_AddStringToObject(update, "IndexName", target->index);
    add_units(update, "ProvisionedThroughput", reads, writes);
    return input;
}

bool aas_scale(struct aas_target *target, const struct aas_capacity *capacity, int64_t units,
               const char *cause)
{
    struct sim_error error;
    struct sim_arena *arena = sim_arena_create();
    const char *kind = target->is_write ? "write" : "read";
    bool is_override = !target->is_write && capacity->other_replica[0] != '\0';
    cJSON *input =
        is_override ? override_input(target, units) : plain_input(target, capacity, units);
    enum sim_result result = ask(target, is_override ? capacity->other_replica : target->region,
                                 "UpdateTable", input, NULL, &error);
    cJSON_Delete(input);
    const char *description =
        sim_arena_printf(arena, "Setting %s capacity units to %lld.", kind, (long long)units);
    if (result == RESULT_OK)
        aas_activity_add(target, description, cause, "Successful",
                         sim_arena_printf(arena,
                                          "Successfully set %s capacity units to %lld. Change "
                                          "successfully fulfilled by dynamodb.",
                                          kind, (long long)units));
    else
        aas_activity_add(target, description, cause, "Failed",
                         sim_arena_printf(arena,
                                          "Failed to set %s capacity units to %lld. Reason: %s",
                                          kind, (long long)units, error.message));
    sim_arena_destroy(arena);
    return result == RESULT_OK;
}
