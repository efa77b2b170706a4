/* Application Auto Scaling: its operations, and the object behind them. */
#include <stdlib.h>
#include <utlist.h>

#include "emulators/autoscaling/autoscaling_internal.h"

WIRE_EMBED(aas_api, "emulators/autoscaling/api.json");

/* clang-format off */
static const struct wire_operation operations[] = {
    {"DeleteScalingPolicy",          aas_delete_policy,       EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteScheduledAction",        aas_delete_scheduled,    EFFECT_WRITE, PLANE_CONTROL},
    {"DeregisterScalableTarget",     aas_deregister_target,   EFFECT_WRITE, PLANE_CONTROL},
    {"DescribeScalableTargets",      aas_describe_targets,    EFFECT_READ,  PLANE_CONTROL},
    {"DescribeScalingActivities",    aas_describe_activities, EFFECT_READ,  PLANE_CONTROL},
    {"DescribeScalingPolicies",      aas_describe_policies,   EFFECT_READ,  PLANE_CONTROL},
    {"DescribeScheduledActions",     aas_describe_scheduled,  EFFECT_READ,  PLANE_CONTROL},
    {"GetPredictiveScalingForecast", NULL,                    EFFECT_READ,  PLANE_CONTROL},
    {"ListTagsForResource",          aas_list_tags,           EFFECT_READ,  PLANE_CONTROL},
    {"PutScalingPolicy",             aas_put_policy,          EFFECT_WRITE, PLANE_CONTROL},
    {"PutScheduledAction",           aas_put_scheduled,       EFFECT_WRITE, PLANE_CONTROL},
    {"RegisterScalableTarget",       aas_register_target,     EFFECT_WRITE, PLANE_CONTROL},
    {"TagResource",                  aas_tag_resource,        EFFECT_WRITE, PLANE_CONTROL},
    {"UntagResource",                aas_untag_resource,      EFFECT_WRITE, PLANE_CONTROL},
};
/* clang-format on */

const struct wire_service aas_service = {
    .id = "application-autoscaling",
    .title = "Application Auto Scaling",
    .sdk_id = "APPLICATION_AUTO_SCALING",
    .scope = SCOPE_REGIONAL,
    .api_json = aas_api,
    .api_json_end = aas_api_end,
    .operations = operations,
    .operation_count = ARRAY_LEN(operations),
    .throttling_code = "ThrottlingException",
    .throttling_message = "Rate exceeded",
};

uint64_t aas_now_us(const struct aas *aas)
{
    return sim_clock_now_us(aas->host->core->clock);
}

static void start(struct aas *aas)
{
    sim_random_init(&aas->ids, aas->host->core->seed, "autoscaling/ids");
}

enum sim_result aas_create(const struct wire_host *host, struct aas **aas, struct sim_error *error)
{
    struct aas *created = sim_alloc(sizeof *created);
    created->host = host;
    start(created);
    *aas = created; /* the caller destroys it after an error as well */
    if (host->core->data == NULL)
        return RESULT_OK;
    sim_data_add_saver(host->core->data, aas_save, created);
    return aas_load(created, error);
}

static void remove_all(struct aas *aas)
{
    while (aas->targets != NULL)
        aas_target_remove(aas->targets);
    aas_activities_remove(aas);
}

void aas_destroy(struct aas *aas)
{
    if (aas == NULL)
        return;
    if (aas->host->core->data != NULL)
        sim_data_remove_saver(aas->host->core->data, aas);
    remove_all(aas);
    free(aas);
}

void aas_reset(struct aas *aas)
{
    remove_all(aas);
    start(aas);
}
