/* Scaling policies: target tracking on the utilization of provisioned throughput. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "emulators/autoscaling/autoscaling_internal.h"

#define TARGET_VALUE_MIN 20.0 /* per cent; API reference, TargetValue */
#define TARGET_VALUE_MAX 90.0
#define ARN_KIND         "scalingPolicy:"
#define CONFIGURATION    "TargetTrackingScalingPolicyConfiguration"

const char *aas_alarm_name(struct sim_arena *arena, const struct aas_target *target,
                           const struct aas_policy *policy, const char *kind)
{
    return sim_arena_printf(arena, "TargetTracking-%s-%s-%s", target->resource_id, kind,
                            policy->id);
}

void aas_policy_remove(struct aas_target *target, struct aas_policy *policy)
{
    DL_DELETE(target->policies, policy);
    free(policy->name);
    free(policy->arn);
    cJSON_Delete(policy->configuration);
    free(policy);
    aas_tracking_refresh(target);
}

static struct aas_policy *find_policy(struct aas_target *target, const char *name)
{
    struct aas_policy *policy;
    DL_FOREACH(target->policies, policy)
    {
        if (strcmp(policy->name, name) == 0)
            return policy;
    }
    return NULL;
}

/* --- PutScalingPolicy ----------------------------------------------------------------------------
 */

static bool fail(struct wire_call *call, const char *message)
{
    (void)wire_fail(call, "ValidationException", "%s", message);
    return false;
}

static bool check_type(struct wire_call *call)
{
    const char *type = wire_text(call->input, "PolicyType");
    bool has_steps = wire_member(call->input, "StepScalingPolicyConfiguration") != NULL;
    bool is_tracking = type != NULL ? strcmp(type, "TargetTrackingScaling") == 0
                                    : !has_steps && wire_member(call->input, CONFIGURATION) != NULL;
    if (!is_tracking)
        return fail(call, "DynamoDB is scaled by policies of type TargetTrackingScaling only");
    if (has_steps || wire_member(call->input, "PredictiveScalingPolicyConfiguration") != NULL)
        return fail(call, "A policy has the configuration of its own type only");
    return true;
}

static bool check_metric(struct wire_call *call, const struct aas_target *target,
                         const cJSON *configuration)
{
    const cJSON *predefined = wire_member(configuration, "PredefinedMetricSpecification");
    const char *wanted =
        target->is_write ? "DynamoDBWriteCapacityUtilization" : "DynamoDBReadCapacityUtilization";
    if (wire_member(configuration, "CustomizedMetricSpecification") != NULL)
        return fail(call, "regionlab does not serve customized metrics yet; use "
                          "PredefinedMetricSpecification");
    if (predefined == NULL)
        return fail(call, "One of PredefinedMetricSpecification and CustomizedMetricSpecification "
                          "is required");
    const char *metric = wire_text(predefined, "PredefinedMetricType");
    if (metric == NULL || strcmp(metric, wanted) != 0)
        return fail(call, sim_arena_printf(call->arena,
                                           "The metric of this scalable dimension is %s", wanted));
    return true;
}

static bool check_numbers(struct wire_call *call, const cJSON *configuration)
{
    const cJSON *value = wire_member(configuration, "TargetValue");
    if (!cJSON_IsNumber(value) || !(value->valuedouble >= TARGET_VALUE_MIN) ||
        !(value->valuedouble <= TARGET_VALUE_MAX))
        return fail(call, "Target value must be between 20 and 90");
    if (wire_integer(configuration, "ScaleOutCooldown", 0) < 0 ||
        wire_integer(configuration, "ScaleInCooldown", 0) < 0)
        return fail(call, "Cooldowns must not be negative");
    return true;
}

static bool check_room(struct wire_call *call, const struct aas_target *target)
{
    if (target->policies == NULL)
        return true;
    return fail(call, "Only one TargetTrackingScaling policy for a given metric specification is "
                      "allowed.");
}

static bool check_put(struct wire_call *call, struct aas_target *target, bool is_new)
{
    const cJSON *configuration = wire_member(call->input, CONFIGURATION);
    if (!check_type(call))
        return false;
    if (configuration == NULL)
        return fail(call, CONFIGURATION " is required");
    return check_metric(call, target, configuration) && check_numbers(call, configuration) &&
           (!is_new || check_room(call, target));
}

static struct aas_policy *add_policy(struct aas_target *target, const char *name, const char *arn,
                                     uint64_t created_us)
{
    struct aas_policy *policy = sim_alloc(sizeof *policy);
    policy->name = sim_strdup(name);
    policy->arn = sim_strdup(arn);
    policy->created_us = created_us;
    DL_APPEND(target->policies, policy);
    aas_tracking_refresh(target);
    return policy;
}

static struct aas_policy *make_policy(struct aas_target *target, const struct wire_call *call)
{
    const char *name = wire_text(call->input, "PolicyName");
    char id[SIM_UUID_TEXT_BYTES];
    sim_random_uuid(&target->aas->ids, id);
    const char *arn = sim_arena_printf(
        call->arena, "arn:aws:autoscaling:%s:%s:" ARN_KIND "%s:resource/dynamodb/%s:policyName/%s",
        target->region, target->account, id, target->resource_id, name);
    struct aas_policy *policy = add_policy(target, name, arn, aas_now_us(target->aas));
    memcpy(policy->id, id, sizeof id);
    return policy;
}

static uint64_t cooldown_us(const cJSON *configuration, const char *member)
{
    return (uint64_t)wire_integer(configuration, member, 0) * SIM_US_PER_S;
}

static void configure(struct aas_policy *policy, const cJSON *configuration)
{
    cJSON_Delete(policy->configuration);
    policy->configuration = cJSON_Duplicate(configuration, true);
    policy->target_value =
        (int64_t)(wire_member(configuration, "TargetValue")->valuedouble * 1000.0 + 0.5);
    policy->scale_out_cooldown_us = cooldown_us(configuration, "ScaleOutCooldown");
    policy->scale_in_cooldown_us = cooldown_us(configuration, "ScaleInCooldown");
    policy->never_scales_in = wire_flag(configuration, "DisableScaleIn", false);
    policy->minutes_above = 0;
    policy->minutes_below = 0;
}

static void add_alarms(cJSON *object, struct sim_arena *arena, const struct aas_target *target,
                       const struct aas_policy *policy)
{
    static const char *const kinds[] = {"AlarmHigh", "AlarmLow", "ProvisionedCapacityHigh",
                                        "ProvisionedCapacityLow"};
    cJSON *list = cJSON_AddArrayToObject(object, "Alarms");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const char *name = aas_alarm_name(arena, target, policy, kinds[i]);
        cJSON *alarm = cJSON_CreateObject();
        cJSON_AddItemToArray(list, alarm);
        cJSON_AddStringToObject(alarm, "AlarmName", name);
        cJSON_AddStringToObject(alarm, "AlarmARN",
                                sim_arena_printf(arena, "arn:aws:cloudwatch:%s:%s:alarm:%s",
                                                 target->region, target->account, name));
    }
}

/* The id is a part of the ARN. */
bool aas_policy_restore(struct aas_target *target, const cJSON *saved)
{
    const char *name = wire_text(saved, "PolicyName");
    const char *arn = wire_text(saved, "PolicyARN");
    const char *id = arn != NULL ? strstr(arn, ARN_KIND) : NULL;
    const cJSON *configuration = wire_member(saved, CONFIGURATION);
    if (name == NULL || id == NULL || strlen(id) < strlen(ARN_KIND) + SIM_UUID_TEXT_BYTES ||
        !cJSON_IsNumber(wire_member(configuration, "TargetValue")))
        return false;
    struct aas_policy *policy = add_policy(target, name, arn, aas_time_us(saved, "CreationTime"));
    memcpy(policy->id, id + strlen(ARN_KIND), SIM_UUID_TEXT_BYTES - 1);
    configure(policy, configuration);
    return policy->target_value > 0;
}

enum wire_progress aas_put_policy(void *state, struct wire_call *call)
{
    struct aas *aas = state;
    aas->is_changed = true;
    if (!aas_check_namespace(call))
        return WIRE_DONE;
    struct aas_target *target = aas_target_find(aas, call);
    if (target == NULL)
        return wire_fail(call, "ObjectNotFoundException", "No scalable target registered for %s",
                         aas_call_place(call));
    struct aas_policy *policy = find_policy(target, wire_text(call->input, "PolicyName"));
    if (!check_put(call, target, policy == NULL))
        return WIRE_DONE;
    if (policy == NULL)
        policy = make_policy(target, call);
    configure(policy, wire_member(call->input, CONFIGURATION));
    aas_target_keep_bounds(target);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddStringToObject(output, "PolicyARN", policy->arn);
    add_alarms(output, call->arena, target, policy);
    return wire_succeed(call, output);
}

/* --- the other operations ------------------------------------------------------------------------
 */

enum wire_progress aas_delete_policy(void *state, struct wire_call *call)
{
    struct aas *aas = state;
    aas->is_changed = true;
    const char *name = wire_text(call->input, "PolicyName");
    if (!aas_check_namespace(call))
        return WIRE_DONE;
    struct aas_target *target = aas_target_find(aas, call);
    struct aas_policy *policy = target != NULL ? find_policy(target, name) : NULL;
    if (policy == NULL)
        return wire_fail(call, "ObjectNotFoundException",
                         "No scaling policy found for %s, policy name: %s", aas_call_place(call),
                         name);
    aas_policy_remove(target, policy);
    return wire_succeed(call, cJSON_CreateObject());
}

cJSON *aas_policy_describe(const struct aas_target *target, const struct aas_policy *policy)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "PolicyARN", policy->arn);
    cJSON_AddStringToObject(object, "PolicyName", policy->name);
    cJSON_AddStringToObject(object, "ServiceNamespace", "dynamodb");
    cJSON_AddStringToObject(object, "ResourceId", target->resource_id);
    cJSON_AddStringToObject(object, "ScalableDimension",
                            aas_dimension_name(target->index != NULL, target->is_write));
    cJSON_AddStringToObject(object, "PolicyType", "TargetTrackingScaling");
    cJSON_AddItemToObject(object, CONFIGURATION, cJSON_Duplicate(policy->configuration, true));
    aas_add_time(object, "CreationTime", policy->created_us);
    return object;
}

static bool is_named(const cJSON *names, const char *name)
{
    const cJSON *wanted = NULL;
    cJSON_ArrayForEach(wanted, names)
    {
        if (strcmp(cJSON_GetStringValue(wanted), name) == 0)
            return true;
    }
    return cJSON_GetArraySize(names) == 0;
}

enum wire_progress aas_describe_policies(void *state, struct wire_call *call)
{
    struct aas *aas = state;
    if (!aas_check_namespace(call))
        return WIRE_DONE;
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, "ScalingPolicies");
    const struct aas_target *target;
    DL_FOREACH(aas->targets, target)
    {
        if (!aas_is_asked_for(call, target->region, target->account, target->resource_id,
                              aas_dimension_name(target->index != NULL, target->is_write)))
            continue;
        const struct aas_policy *policy;
        DL_FOREACH(target->policies, policy)
        {
            if (!is_named(wire_member(call->input, "PolicyNames"), policy->name))
                continue;
            cJSON *described = aas_policy_describe(target, policy);
            cJSON_AddItemToArray(list, described);
            add_alarms(described, call->arena, target, policy);
        }
    }
    return aas_page(call, output, "ScalingPolicies") ? wire_succeed(call, output) : WIRE_DONE;
}
