/* FIS: its operations, and the object behind them. */
#include <stdlib.h>

#include "emulators/fis/fis_internal.h"

WIRE_EMBED(fis_api, "emulators/fis/api.json");

/* clang-format off */
static const struct wire_operation operations[] = {
    {"CreateExperimentTemplate",                  fis_create_template,          EFFECT_WRITE, PLANE_CONTROL},
    {"CreateTargetAccountConfiguration",          fis_create_account,           EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteExperimentTemplate",                  fis_delete_template,          EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteTargetAccountConfiguration",          fis_delete_account,           EFFECT_WRITE, PLANE_CONTROL},
    {"GetAction",                                 fis_get_action,               EFFECT_READ,  PLANE_CONTROL},
    {"GetExperiment",                             fis_get_experiment,           EFFECT_READ,  PLANE_CONTROL},
    {"GetExperimentTargetAccountConfiguration",   fis_get_experiment_account,   EFFECT_READ,  PLANE_CONTROL},
    {"GetExperimentTemplate",                     fis_get_template,             EFFECT_READ,  PLANE_CONTROL},
    {"GetSafetyLever",                            fis_get_safety_lever,         EFFECT_READ,  PLANE_CONTROL},
    {"GetTargetAccountConfiguration",             fis_get_account,              EFFECT_READ,  PLANE_CONTROL},
    {"GetTargetResourceType",                     fis_get_target_type,          EFFECT_READ,  PLANE_CONTROL},
    {"ListActions",                               fis_list_actions,             EFFECT_READ,  PLANE_CONTROL},
    {"ListExperimentResolvedTargets",             fis_list_resolved_targets,    EFFECT_READ,  PLANE_CONTROL},
    {"ListExperimentTargetAccountConfigurations", fis_list_experiment_accounts, EFFECT_READ,  PLANE_CONTROL},
    {"ListExperimentTemplates",                   fis_list_templates,           EFFECT_READ,  PLANE_CONTROL},
    {"ListExperiments",                           fis_list_experiments,         EFFECT_READ,  PLANE_CONTROL},
    {"ListTagsForResource",                       fis_list_tags,                EFFECT_READ,  PLANE_CONTROL},
    {"ListTargetAccountConfigurations",           fis_list_accounts,            EFFECT_READ,  PLANE_CONTROL},
    {"ListTargetResourceTypes",                   fis_list_target_types,        EFFECT_READ,  PLANE_CONTROL},
    {"StartExperiment",                           fis_start_experiment,         EFFECT_WRITE, PLANE_CONTROL},
    {"StopExperiment",                            fis_stop_experiment,          EFFECT_WRITE, PLANE_CONTROL},
    {"TagResource",                               fis_tag_resource,             EFFECT_WRITE, PLANE_CONTROL},
    {"UntagResource",                             fis_untag_resource,           EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateExperimentTemplate",                  fis_update_template,          EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateSafetyLeverState",                    fis_update_safety_lever,      EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateTargetAccountConfiguration",          fis_update_account,           EFFECT_WRITE, PLANE_CONTROL},
};
/* clang-format on */

const struct wire_service fis_service = {
    .id = "fis",
    .title = "Fault Injection Service",
    .sdk_id = "FIS",
    .scope = SCOPE_REGIONAL,
    .api_json = fis_api,
    .api_json_end = fis_api_end,
    .operations = operations,
    .operation_count = ARRAY_LEN(operations),
    .throttling_code = "ThrottlingException",
    .throttling_message = "Rate exceeded",
};

static void start(struct fis *fis)
{
    sim_random_init(&fis->ids, fis->host->core->seed, "fis/ids");
    sim_random_init(&fis->choices, fis->host->core->seed, "fis/targets");
}

enum sim_result fis_create(const struct wire_host *host, struct fis **fis,
                           struct sim_error *error UNUSED)
{
    struct fis *created = sim_alloc(sizeof *created);
    created->host = host;
    start(created);
    *fis = created;
    return RESULT_OK;
}

static void remove_all(struct fis *fis)
{
    while (fis->experiments != NULL)
        fis_experiment_remove(fis->experiments);
    while (fis->templates != NULL)
        fis_template_remove(fis, fis->templates);
    fis_levers_remove(fis);
}

void fis_destroy(struct fis *fis)
{
    if (fis == NULL)
        return;
    remove_all(fis);
    free(fis);
}

void fis_reset(struct fis *fis)
{
    remove_all(fis);
    start(fis);
}

void fis_set_transient_delay(struct fis *fis, uint64_t delay_us)
{
    fis->transient_delay_us = delay_us;
}
