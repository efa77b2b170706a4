#include "emulators/fis/action_kind.h"

#include <string.h>

#include "emulators/fis/iso_duration.h"

/* --- the catalogue ---
 * Sorted by id, as ListActions tells them. */

static const struct fis_target_kind target_kinds[] = {
    {"aws:dynamodb:global-table", "A DynamoDB global table replica in the experiment's Region"},
    {"aws:ec2:subnet", "A subnet: here all programs and clients of the world in its Region"},
};
#define GLOBAL_TABLE (&target_kinds[0])
#define SUBNET       (&target_kinds[1])

#define DURATION                                                                                   \
    {                                                                                              \
        "duration", "The duration, from one minute to 12 hours, in ISO 8601 format: PT5M.", true,  \
            NULL                                                                                   \
    }

static const char *const scopes[] = {"all", "dynamodb", NULL};

static const struct fis_action_kind kinds[] = {
    {"aws:cloudwatch:assert-alarm-state",
     "Fails unless the alarms are in one of the given states.",
     NULL,
     NULL,
     {{"alarmArns", "The ARNs of the alarms, separated by commas: five at most.", true, NULL},
      {"alarmStates", "OK, ALARM, INSUFFICIENT_DATA, separated by commas.", true, NULL}},
     fis_begin_assert_alarm_state,
     NULL},
    {"aws:dynamodb:global-table-pause-replication",
     "Pauses the replication into and out of the target replicas.",
     "Tables",
     GLOBAL_TABLE,
     {DURATION},
     fis_begin_pause_replication,
     fis_end_pause_replication},
    {"aws:fis:wait", "Waits.", NULL, NULL, {DURATION}, NULL, NULL},
    {"aws:network:disrupt-connectivity",
     "Denies traffic to and from the target subnets.",
     "Subnets",
     SUBNET,
     {DURATION,
      {"scope", "The traffic to deny: all, or dynamodb (the Region's endpoint).", true, scopes}},
     fis_begin_disrupt_connectivity,
     NULL},
    {"aws:network:route-table-disrupt-cross-region-connectivity",
     "Blocks traffic from the target subnets to another Region.",
     "Subnets",
     SUBNET,
     {DURATION, {"region", "The Region to isolate from.", true, NULL}},
     fis_begin_disrupt_cross_region,
     NULL},
};

const struct fis_action_kind *fis_action_kind_find(const char *id)
{
    for (size_t i = 0; id != NULL && i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].id, id) == 0)
            return &kinds[i];
    return NULL;
}

const struct fis_target_kind *fis_target_kind_find(const char *resource_type)
{
    for (size_t i = 0; resource_type != NULL && i < ARRAY_LEN(target_kinds); i++)
        if (strcmp(target_kinds[i].resource_type, resource_type) == 0)
            return &target_kinds[i];
    return NULL;
}

const char *fis_action_parameter(const struct fis_action *action, const char *name)
{
    return wire_text(wire_member(action->facts, "parameters"), name);
}

uint64_t fis_action_duration_us(const struct fis_action *action)
{
    uint64_t duration_us = 0;
    return fis_duration_parse(fis_action_parameter(action, "duration"), &duration_us) ? duration_us
                                                                                      : 0;
}

/* --- telling it --- */

static cJSON *describe_kind(const struct wire_call *call, const struct fis_action_kind *kind,
                            bool is_whole)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", kind->id);
    cJSON_AddStringToObject(object, "arn",
                            sim_arena_printf(call->arena, "arn:aws:fis:%s:%s:action/%s",
                                             call->region, call->account, kind->id));
    cJSON_AddStringToObject(object, "description", kind->description);
    if (is_whole && kind->parameters[0].name != NULL) {
        cJSON *parameters = cJSON_AddObjectToObject(object, "parameters");
        for (size_t i = 0; i < FIS_PARAMETERS_MAX && kind->parameters[i].name != NULL; i++) {
            const struct fis_parameter *parameter = &kind->parameters[i];
            cJSON *facts = cJSON_AddObjectToObject(parameters, parameter->name);
            cJSON_AddStringToObject(facts, "description", parameter->description);
            cJSON_AddBoolToObject(facts, "required", parameter->is_required);
        }
    }
    if (kind->target_key != NULL) {
        cJSON *targets = cJSON_AddObjectToObject(object, "targets");
        cJSON *target = cJSON_AddObjectToObject(targets, kind->target_key);
        cJSON_AddStringToObject(target, "resourceType", kind->target->resource_type);
    }
    cJSON_AddObjectToObject(object, "tags");
    return object;
}

enum wire_progress fis_list_actions(void *state UNUSED, struct wire_call *call)
{
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, "actions");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        cJSON_AddItemToArray(list, describe_kind(call, &kinds[i], false));
    return fis_page(call, output, "actions") ? wire_succeed(call, output) : WIRE_DONE;
}

enum wire_progress fis_get_action(void *state UNUSED, struct wire_call *call)
{
    const char *id = wire_text(call->input, "id");
    const struct fis_action_kind *kind = fis_action_kind_find(id);
    if (kind == NULL)
        return fis_not_found(call, "Action", id);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "action", describe_kind(call, kind, true));
    return wire_succeed(call, output);
}

static cJSON *describe_target(const struct fis_target_kind *target)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "resourceType", target->resource_type);
    cJSON_AddStringToObject(object, "description", target->description);
    return object;
}

enum wire_progress fis_list_target_types(void *state UNUSED, struct wire_call *call)
{
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, "targetResourceTypes");
    for (size_t i = 0; i < ARRAY_LEN(target_kinds); i++)
        cJSON_AddItemToArray(list, describe_target(&target_kinds[i]));
    return fis_page(call, output, "targetResourceTypes") ? wire_succeed(call, output) : WIRE_DONE;
}

enum wire_progress fis_get_target_type(void *state UNUSED, struct wire_call *call)
{
    const char *resource_type = wire_text(call->input, "resourceType");
    const struct fis_target_kind *target = fis_target_kind_find(resource_type);
    if (target == NULL)
        return fis_not_found(call, "Target resource type", resource_type);
    cJSON *output = cJSON_CreateObject();
    cJSON *object = describe_target(target);
    cJSON_AddObjectToObject(object, "parameters");
    cJSON_AddItemToObject(output, "targetResourceType", object);
    return wire_succeed(call, output);
}
