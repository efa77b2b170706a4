#include "emulators/dynamodb/auto_scaling.h"

#include <string.h>

#include "emulators/wire/dispatch.h"

#define POLICY_CONFIGURATION "TargetTrackingScalingPolicyConfiguration"

/* --- calls ---------------------------------------------------------------------------------------
 */

/* {ServiceNamespace, ResourceId, ScalableDimension} */
static cJSON *place_of(const struct ddb_table *table, const char *index, bool is_write)
{
    struct sim_arena *arena = sim_arena_create();
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "ServiceNamespace", "dynamodb");
    cJSON_AddStringToObject(input, "ResourceId",
                            index == NULL
                                ? sim_arena_printf(arena, "table/%s", table->name)
                                : sim_arena_printf(arena, "table/%s/index/%s", table->name, index));
    cJSON_AddStringToObject(input, "ScalableDimension",
                            sim_arena_printf(arena, "dynamodb:%s:%sCapacityUnits",
                                             index == NULL ? "table" : "index",
                                             is_write ? "Write" : "Read"));
    sim_arena_destroy(arena);
    return input;
}

/* Takes input. */
static enum sim_result ask(const struct ddb_table *table, const char *operation, cJSON *input,
                           cJSON **output, struct sim_error *error)
{
    struct wire_request request = {
        .service = "application-autoscaling",
        .operation = operation,
        .region = ddb_region_name(table),
        .account = table->account,
        .caller = "dynamodb",
        .input = input,
    };
    enum sim_result result =
        wire_service_find(table->ddb->host->dispatcher, request.service) == NULL
            ? sim_error_set(error, RESULT_NOT_FOUND, "there is no %s", request.service)
            : wire_dispatch_now(table->ddb->host->dispatcher, &request, output, error);
    cJSON_Delete(input);
    return result;
}

/* The first element of the list that a Describe answers, detached; NULL: none. */
static cJSON *first_of(const struct ddb_table *table, const char *index, bool is_write,
                       const char *operation, const char *list)
{
    struct sim_error error;
    cJSON *output = NULL;
    cJSON *input = place_of(table, index, is_write);
    if (strcmp(operation, "DescribeScalableTargets") == 0) {
        cJSON *ids = cJSON_CreateArray();
        cJSON_AddItemToArray(ids, cJSON_DetachItemFromObjectCaseSensitive(input, "ResourceId"));
        cJSON_AddItemToObject(input, "ResourceIds", ids);
    }
    if (ask(table, operation, input, &output, &error) != RESULT_OK)
        return NULL;
    cJSON *first = cJSON_DetachItemFromArray(cJSON_GetObjectItemCaseSensitive(output, list), 0);
    cJSON_Delete(output);
    return first;
}

static cJSON *find_target(const struct ddb_table *table, const char *index, bool is_write)
{
    return first_of(table, index, is_write, "DescribeScalableTargets", "ScalableTargets");
}

static cJSON *find_policy(const struct ddb_table *table, const char *index, bool is_write)
{
    return first_of(table, index, is_write, "DescribeScalingPolicies", "ScalingPolicies");
}

/* --- questions -----------------------------------------------------------------------------------
 */

bool ddb_scaling_is_on(const struct ddb_table *table, const char *index, bool is_write)
{
    cJSON *policy = find_policy(table, index, is_write); /* which has a target */
    bool is_on = policy != NULL;
    cJSON_Delete(policy);
    return is_on;
}

bool ddb_scaling_check_writes(const struct ddb_table *table, struct ddb_fault *fault)
{
    const struct ddb_definition *definition = table->definition;
    if (!ddb_scaling_is_on(table, NULL, true))
        return ddb_invalid(fault,
                           "Table write capacity should either be Pay-Per-Request or AutoScaled.");
    for (size_t i = definition->local_index_count; i < definition->index_count; i++) {
        if (!ddb_scaling_is_on(table, definition->indexes[i].name, true))
            return ddb_invalid(
                fault, "GSI write capacity should either be Pay-Per-Request or AutoScaled.");
    }
    return true;
}

static void copy_member(cJSON *to, const char *name, const cJSON *from, const char *from_name)
{
    const cJSON *value = wire_member(from, from_name);
    if (value != NULL)
        cJSON_AddItemToObject(to, name, cJSON_Duplicate(value, true));
}

static const char *const tracking_members[] = {"DisableScaleIn", "ScaleInCooldown",
                                               "ScaleOutCooldown", "TargetValue"};

cJSON *ddb_scaling_describe(const struct ddb_table *table, const char *index, bool is_write)
{
    cJSON *settings = cJSON_CreateObject();
    cJSON *target = find_target(table, index, is_write);
    if (target == NULL)
        return settings;
    copy_member(settings, "MinimumUnits", target, "MinCapacity");
    copy_member(settings, "MaximumUnits", target, "MaxCapacity");
    copy_member(settings, "AutoScalingRoleArn", target, "RoleARN");
    cJSON_Delete(target);
    cJSON *policy = find_policy(table, index, is_write);
    if (policy == NULL)
        return settings;
    cJSON *described = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(settings, "ScalingPolicies"), described);
    copy_member(described, "PolicyName", policy, "PolicyName");
    cJSON *tracking = cJSON_AddObjectToObject(described, POLICY_CONFIGURATION);
    for (size_t i = 0; i < ARRAY_LEN(tracking_members); i++)
        copy_member(tracking, tracking_members[i], wire_member(policy, POLICY_CONFIGURATION),
                    tracking_members[i]);
    cJSON_Delete(policy);
    return settings;
}

/* --- changes -------------------------------------------------------------------------------------
 */

bool ddb_scaling_check_update(const cJSON *update, struct ddb_fault *fault)
{
    const cJSON *policy = wire_member(update, "ScalingPolicyUpdate");
    const cJSON *value = wire_member(wire_member(policy, POLICY_CONFIGURATION), "TargetValue");
    if (wire_integer(update, "MaximumUnits", INT64_MAX) < wire_integer(update, "MinimumUnits", 1))
        return ddb_invalid(fault, "Maximum capacity cannot be less than minimum capacity");
    if (value != NULL && !(value->valuedouble >= 20.0 && value->valuedouble <= 90.0))
        return ddb_invalid(fault, "Target value must be between 20 and 90");
    return true;
}

/* A policy's name, the service's own where none is given. */
static cJSON *policy_input(const struct ddb_table *table, const char *index, bool is_write,
                           const cJSON *policy)
{
    struct sim_arena *arena = sim_arena_create();
    const char *metric =
        is_write ? "DynamoDBWriteCapacityUtilization" : "DynamoDBReadCapacityUtilization";
    const char *name = wire_text(policy, "PolicyName");
    cJSON *input = place_of(table, index, is_write);
    if (name == NULL)
        name = sim_arena_printf(arena, "%s:%s", metric, wire_text(input, "ResourceId"));
    cJSON_AddStringToObject(input, "PolicyName", name);
    cJSON_AddStringToObject(input, "PolicyType", "TargetTrackingScaling");
    cJSON *tracking = cJSON_AddObjectToObject(input, POLICY_CONFIGURATION);
    for (size_t i = 0; i < ARRAY_LEN(tracking_members); i++)
        copy_member(tracking, tracking_members[i], wire_member(policy, POLICY_CONFIGURATION),
                    tracking_members[i]);
    cJSON *predefined = cJSON_AddObjectToObject(tracking, "PredefinedMetricSpecification");
    cJSON_AddStringToObject(predefined, "PredefinedMetricType", metric);
    sim_arena_destroy(arena);
    return input;
}

static enum sim_result deregister(const struct ddb_table *table, const char *index, bool is_write,
                                  struct sim_error *error)
{
    cJSON *target = find_target(table, index, is_write);
    if (target == NULL)
        return RESULT_OK;
    cJSON_Delete(target);
    return ask(table, "DeregisterScalableTarget", place_of(table, index, is_write), NULL, error);
}

static enum sim_result apply(const struct ddb_table *table, const char *index, bool is_write,
                             const cJSON *update, struct sim_error *error)
{
    const cJSON *policy = wire_member(update, "ScalingPolicyUpdate");
    if (wire_flag(update, "AutoScalingDisabled", false))
        return deregister(table, index, is_write, error);
    cJSON *target = place_of(table, index, is_write);
    copy_member(target, "MinCapacity", update, "MinimumUnits");
    copy_member(target, "MaxCapacity", update, "MaximumUnits");
    copy_member(target, "RoleARN", update, "AutoScalingRoleArn");
    enum sim_result result = ask(table, "RegisterScalableTarget", target, NULL, error);
    if (result == RESULT_OK && policy != NULL)
        result = ask(table, "PutScalingPolicy", policy_input(table, index, is_write, policy), NULL,
                     error);
    return result;
}

bool ddb_scaling_update(const struct ddb_table *table, const char *index, bool is_write,
                        const cJSON *update, struct ddb_fault *fault)
{
    struct sim_error error;
    if (update == NULL || apply(table, index, is_write, update, &error) == RESULT_OK)
        return true;
    return ddb_invalid(fault, "%s", error.message);
}

static void copy_one(const struct ddb_table *from, const struct ddb_table *to, const char *index)
{
    struct sim_error error;
    cJSON *update = ddb_scaling_describe(from, index, true);
    cJSON *policies = cJSON_DetachItemFromObjectCaseSensitive(update, "ScalingPolicies");
    cJSON *policy = cJSON_DetachItemFromArray(policies, 0);
    if (policy != NULL)
        cJSON_AddItemToObject(update, "ScalingPolicyUpdate", policy);
    if (update->child != NULL && apply(to, index, true, update, &error) != RESULT_OK)
        sim_trace_emit(to->ddb->core->trace, "replica.unscaled", ddb_region_name(to),
                       FIELD_TEXT("table", to->name), FIELD_TEXT("error", error.message));
    cJSON_Delete(policies);
    cJSON_Delete(update);
}

void ddb_scaling_copy_writes(const struct ddb_table *from, const struct ddb_table *to)
{
    const struct ddb_definition *definition = from->definition;
    copy_one(from, to, NULL);
    for (size_t i = definition->local_index_count; i < definition->index_count; i++)
        copy_one(from, to, definition->indexes[i].name);
}
