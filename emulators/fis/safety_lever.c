/* The safety lever: one a Region and account. Engaged, it stops what runs and lets nothing begin.
 */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "emulators/fis/experiment_run.h"

static struct fis_lever *find(const struct fis *fis, const struct fis_place *place)
{
    struct fis_lever *lever;
    LL_FOREACH(fis->levers, lever)
    {
        if (strcmp(lever->place.region, place->region) == 0 &&
            strcmp(lever->place.account, place->account) == 0)
            return lever;
    }
    return NULL;
}

bool fis_lever_is_engaged(const struct fis *fis, const struct fis_place *place)
{
    const struct fis_lever *lever = find(fis, place);
    return lever != NULL && lever->is_engaged;
}

void fis_levers_remove(struct fis *fis)
{
    while (fis->levers != NULL) {
        struct fis_lever *lever = fis->levers;
        LL_DELETE(fis->levers, lever);
        free(lever->reason);
        free(lever);
    }
}

static enum wire_progress answer(const struct fis *fis, struct wire_call *call)
{
    const struct fis_place place = fis_place_of(call);
    const struct fis_lever *lever = find(fis, &place);
    bool is_engaged = lever != NULL && lever->is_engaged;
    cJSON *output = cJSON_CreateObject();
    cJSON *told = cJSON_AddObjectToObject(output, "safetyLever");
    cJSON_AddStringToObject(told, "id", "default");
    cJSON_AddStringToObject(told, "arn",
                            sim_arena_printf(call->arena, "arn:aws:fis:%s:%s:safety-lever/default",
                                             call->region, call->account));
    cJSON *state = cJSON_AddObjectToObject(told, "state");
    cJSON_AddStringToObject(state, "status", is_engaged ? "engaged" : "disengaged");
    cJSON_AddStringToObject(state, "reason", lever != NULL ? lever->reason : "");
    return wire_succeed(call, output);
}

static bool is_known(const struct wire_call *call)
{
    return strcmp(wire_text(call->input, "id"), "default") == 0;
}

enum wire_progress fis_get_safety_lever(void *state, struct wire_call *call)
{
    return is_known(call) ? answer(state, call)
                          : fis_not_found(call, "Safety lever", wire_text(call->input, "id"));
}

static void stop_all(struct fis *fis, const struct wire_call *call)
{
    struct fis_experiment *experiment;
    DL_FOREACH(fis->experiments, experiment)
    {
        if (fis_place_is(&experiment->place, call) &&
            (experiment->status == FIS_RUNNING || experiment->status == FIS_INITIATING))
            fis_experiment_stop(experiment, "Experiment stopped by the safety lever.");
    }
}

enum wire_progress fis_update_safety_lever(void *state, struct wire_call *call)
{
    struct fis *fis = state;
    const cJSON *wanted = wire_member(call->input, "state");
    const struct fis_place place = fis_place_of(call);
    if (!is_known(call))
        return fis_not_found(call, "Safety lever", wire_text(call->input, "id"));
    struct fis_lever *lever = find(fis, &place);
    if (lever == NULL) {
        lever = sim_alloc(sizeof *lever);
        lever->place = place;
        LL_PREPEND(fis->levers, lever);
    }
    free(lever->reason);
    lever->reason = sim_strdup(wire_text(wanted, "reason"));
    lever->is_engaged = strcmp(wire_text(wanted, "status"), "engaged") == 0;
    if (lever->is_engaged)
        stop_all(fis, call);
    return answer(fis, call);
}
