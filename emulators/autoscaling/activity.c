/* What was done to targets: kept for six weeks. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "emulators/autoscaling/autoscaling_internal.h"

static void drop(struct aas *aas, struct aas_activity *activity)
{
    DL_DELETE(aas->activities, activity);
    aas->activity_count--;
    free(activity->region);
    free(activity->account);
    free(activity->resource_id);
    free(activity->description);
    free(activity->cause);
    free(activity->status);
    free(activity->message);
    free(activity);
}

void aas_activities_remove(struct aas *aas)
{
    while (aas->activities != NULL)
        drop(aas, aas->activities);
}

/* The oldest is the head's predecessor. */
static void forget_old(struct aas *aas)
{
    uint64_t now_us = aas_now_us(aas);
    while (aas->activities != NULL &&
           (aas->activity_count > AAS_ACTIVITIES_MAX ||
            aas->activities->prev->at_us + AAS_ACTIVITIES_KEPT_US < now_us))
        drop(aas, aas->activities->prev);
}

void aas_activity_add(const struct aas_target *target, const char *description, const char *cause,
                      const char *status, const char *message)
{
    struct aas *aas = target->aas;
    aas->is_changed = true; /* the target's bounds, or when it was scaled */
    struct aas_activity *activity = sim_alloc(sizeof *activity);
    sim_random_uuid(&aas->ids, activity->id);
    activity->region = sim_strdup(target->region);
    activity->account = sim_strdup(target->account);
    activity->resource_id = sim_strdup(target->resource_id);
    activity->is_index = target->index != NULL;
    activity->is_write = target->is_write;
    activity->description = sim_strdup(description);
    activity->cause = sim_strdup(cause);
    activity->status = sim_strdup(status);
    activity->message = sim_strdup(message);
    activity->at_us = aas_now_us(aas);
    DL_PREPEND(aas->activities, activity);
    aas->activity_count++;
    forget_old(aas);
    sim_trace_emit(
        aas->host->core->trace, "autoscaling.activity", target->region,
        FIELD_TEXT("resource", target->resource_id),
        FIELD_TEXT("dimension", aas_dimension_name(target->index != NULL, target->is_write)),
        FIELD_TEXT("status", status), FIELD_TEXT("description", description),
        FIELD_TEXT("cause", cause));
}

static cJSON *describe(const struct aas_activity *activity)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "ActivityId", activity->id);
    cJSON_AddStringToObject(object, "ServiceNamespace", "dynamodb");
    cJSON_AddStringToObject(object, "ResourceId", activity->resource_id);
    cJSON_AddStringToObject(object, "ScalableDimension",
                            aas_dimension_name(activity->is_index, activity->is_write));
    cJSON_AddStringToObject(object, "Description", activity->description);
    cJSON_AddStringToObject(object, "Cause", activity->cause);
    aas_add_time(object, "StartTime", activity->at_us);
    aas_add_time(object, "EndTime", activity->at_us);
    cJSON_AddStringToObject(object, "StatusCode", activity->status);
    cJSON_AddStringToObject(object, "StatusMessage", activity->message);
    return object;
}

enum wire_progress aas_describe_activities(void *state, struct wire_call *call)
{
    struct aas *aas = state;
    if (!aas_check_namespace(call))
        return WIRE_DONE;
    forget_old(aas);
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, "ScalingActivities");
    struct aas_activity *activity;
    DL_FOREACH(aas->activities, activity)
    {
        if (aas_is_asked_for(call, activity->region, activity->account, activity->resource_id,
                             aas_dimension_name(activity->is_index, activity->is_write)))
            cJSON_AddItemToArray(list, describe(activity));
    }
    return aas_page(call, output, "ScalingActivities") ? wire_succeed(call, output) : WIRE_DONE;
}
