/* Experiments: started from a template, told, stopped, listed, forgotten. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "emulators/fis/action_kind.h"
#include "emulators/fis/experiment_run.h"

/* --- names of states --- */

static const struct {
    const char *name;
    bool is_final;
} statuses[] = {
    [FIS_PENDING] = {"pending", false},   [FIS_INITIATING] = {"initiating", false},
    [FIS_RUNNING] = {"running", false},   [FIS_COMPLETED] = {"completed", true},
    [FIS_STOPPING] = {"stopping", false}, [FIS_STOPPED] = {"stopped", true},
    [FIS_FAILED] = {"failed", true},      [FIS_CANCELLED] = {"cancelled", true},
    [FIS_SKIPPED] = {"skipped", true},
};

const char *fis_status_name(enum fis_status status)
{
    return statuses[status].name;
}

bool fis_status_is_final(enum fis_status status)
{
    return statuses[status].is_final;
}

/* --- finding and forgetting --- */

struct fis_experiment *fis_experiment_find(struct fis *fis, const struct wire_call *call,
                                           const char *id)
{
    struct fis_experiment *found;
    DL_FOREACH(fis->experiments, found)
    {
        if (strcmp(found->id, id) == 0 && fis_place_is(&found->place, call))
            return found;
    }
    return NULL;
}

void fis_experiment_remove(struct fis_experiment *experiment)
{
    DL_DELETE(experiment->fis->experiments, experiment);
    cJSON_Delete(experiment->document);
    cJSON_Delete(experiment->accounts);
    cJSON_Delete(experiment->resolved);
    sim_arena_destroy(experiment->arena);
    free(experiment->actions);
    free(experiment->client_token);
    free(experiment->template_id);
    free(experiment);
}

/* Finished experiments are told for 120 days; beyond FIS_EXPERIMENTS_MAX the oldest go early. */
static void forget_old(struct fis *fis)
{
    uint64_t now_us = sim_sched_now_us(fis->host->core->sched);
    struct fis_experiment *experiment;
    struct fis_experiment *next;
    size_t count = 0;
    DL_COUNT(fis->experiments, experiment, count);
    DL_FOREACH_SAFE(fis->experiments, experiment, next)
    {
        bool is_old = now_us - experiment->ended_us > FIS_RETENTION_US;
        if (fis_status_is_final(experiment->status) && (is_old || count >= FIS_EXPERIMENTS_MAX)) {
            fis_experiment_remove(experiment);
            count--;
        }
    }
}

/* --- telling --- */

static cJSON *describe_state(enum fis_status status, const char *reason)
{
    cJSON *state = cJSON_CreateObject();
    cJSON_AddStringToObject(state, "status", fis_status_name(status));
    if (reason != NULL)
        cJSON_AddStringToObject(state, "reason", reason);
    return state;
}

static cJSON *describe_experiment_state(const struct fis_experiment *experiment)
{
    cJSON *state = describe_state(experiment->status, experiment->reason);
    if (experiment->error_code == NULL)
        return state;
    cJSON *error = cJSON_AddObjectToObject(state, "error");
    cJSON_AddStringToObject(error, "accountId", experiment->place.account);
    cJSON_AddStringToObject(error, "code", experiment->error_code);
    cJSON_AddStringToObject(error, "location", experiment->error_location);
    return state;
}

static void describe_actions(const struct fis_experiment *experiment, cJSON *document)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(document, "actions");
    for (size_t i = 0; i < experiment->action_count; i++) {
        const struct fis_action *action = &experiment->actions[i];
        cJSON *told = cJSON_GetObjectItemCaseSensitive(list, action->name);
        cJSON_AddItemToObject(told, "state", describe_state(action->status, action->reason));
        if (action->started_us > 0)
            fis_add_time(told, "startTime", action->started_us);
        if (action->ended_us > 0)
            fis_add_time(told, "endTime", action->ended_us);
    }
}

static cJSON *describe(const struct fis_experiment *experiment)
{
    cJSON *document = cJSON_Duplicate(experiment->document, true);
    describe_actions(experiment, document);
    cJSON_AddItemToObject(document, "state", describe_experiment_state(experiment));
    if (experiment->started_us > 0)
        fis_add_time(document, "startTime", experiment->started_us);
    if (experiment->ended_us > 0)
        fis_add_time(document, "endTime", experiment->ended_us);
    int account_count = cJSON_GetArraySize(experiment->accounts);
    if (account_count > 0)
        cJSON_AddNumberToObject(document, "targetAccountConfigurationsCount", account_count);
    return document;
}

static enum wire_progress answer(struct wire_call *call, const struct fis_experiment *experiment)
{
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "experiment", describe(experiment));
    return wire_succeed(call, output);
}

/* --- starting --- */

static struct fis_experiment *find_by_token(struct fis *fis, const struct wire_call *call)
{
    const char *token = wire_text(call->input, "clientToken");
    struct fis_experiment *found;
    DL_FOREACH(fis->experiments, found)
    {
        if (token != NULL && strcmp(found->client_token, token) == 0 &&
            fis_place_is(&found->place, call))
            return found;
    }
    return NULL;
}

static size_t count_active(const struct fis *fis, const struct wire_call *call)
{
    size_t count = 0;
    const struct fis_experiment *found;
    DL_FOREACH(fis->experiments, found)
    {
        count += fis_place_is(&found->place, call) && !fis_status_is_final(found->status) ? 1 : 0;
    }
    return count;
}

/* What GetExperiment tells beside the states. */
static cJSON *make_document(const struct fis_experiment *experiment,
                            const struct fis_template *from, const struct wire_call *call)
{
    static const char *const copied[] = {"roleArn",
                                         "targets",
                                         "actions",
                                         "stopConditions",
                                         "logConfiguration",
                                         "experimentOptions",
                                         "experimentReportConfiguration"};
    cJSON *document = cJSON_CreateObject();
    const cJSON *tags = wire_member(call->input, "tags");
    cJSON_AddStringToObject(document, "id", experiment->id);
    cJSON_AddStringToObject(document, "arn", experiment->arn);
    cJSON_AddStringToObject(document, "experimentTemplateId", from->id);
    for (size_t i = 0; i < ARRAY_LEN(copied); i++) {
        const cJSON *member = wire_member(from->document, copied[i]);
        if (member != NULL)
            cJSON_AddItemToObject(document, copied[i], cJSON_Duplicate(member, true));
    }
    cJSON *options = cJSON_GetObjectItemCaseSensitive(document, "experimentOptions");
    cJSON_AddStringToObject(options, "actionsMode", experiment->skips_all ? "skip-all" : "run-all");
    cJSON_AddItemToObject(document, "tags",
                          tags != NULL ? cJSON_Duplicate(tags, true) : cJSON_CreateObject());
    fis_add_time(document, "creationTime", experiment->created_us);
    return document;
}

static void make_actions(struct fis_experiment *experiment)
{
    const cJSON *facts = wire_member(experiment->document, "actions");
    experiment->action_count = (size_t)cJSON_GetArraySize(facts);
    experiment->actions = sim_alloc_array(experiment->action_count, sizeof *experiment->actions);
    facts = facts->child;
    for (size_t i = 0; i < experiment->action_count; i++, facts = facts->next) {
        struct fis_action *action = &experiment->actions[i];
        action->experiment = experiment;
        action->name = facts->string;
        action->facts = facts;
        action->kind = fis_action_kind_find(wire_text(facts, "actionId"));
        action->status = FIS_PENDING;
        action->reason = "Initial state";
    }
}

static struct fis_experiment *make_experiment(struct fis *fis, const struct fis_template *from,
                                              const struct wire_call *call)
{
    struct fis_experiment *experiment = sim_alloc(sizeof *experiment);
    const char *mode = wire_text(wire_member(call->input, "experimentOptions"), "actionsMode");
    const char *token = wire_text(call->input, "clientToken");
    experiment->fis = fis;
    experiment->arena = sim_arena_create();
    experiment->place = fis_place_of(call);
    experiment->client_token = sim_strdup(token != NULL ? token : call->request_id);
    experiment->template_id = sim_strdup(from->id);
    experiment->skips_all = mode != NULL && strcmp(mode, "skip-all") == 0;
    experiment->created_us = wire_now_us(call);
    fis_identify(fis, &experiment->place, "EXP", "experiment", experiment->id, experiment->arn);
    experiment->document = make_document(experiment, from, call);
    experiment->accounts = cJSON_Duplicate(from->accounts, true);
    make_actions(experiment);
    DL_APPEND(fis->experiments, experiment);
    return experiment;
}

enum wire_progress fis_start_experiment(void *state, struct wire_call *call)
{
    struct fis *fis = state;
    const char *id = wire_text(call->input, "experimentTemplateId");
    const struct fis_experiment *same = find_by_token(fis, call);
    if (same != NULL)
        return answer(call, same);
    const struct fis_template *from = fis_template_find(fis, call, id);
    if (from == NULL)
        return fis_not_found(call, "Experiment template", id);
    if (count_active(fis, call) >= FIS_ACTIVE_MAX)
        return wire_fail(call, "ServiceQuotaExceededException",
                         "A Region can have at most %d active experiments.", FIS_ACTIVE_MAX);
    forget_old(fis);
    struct fis_experiment *experiment = make_experiment(fis, from, call);
    fis_experiment_begin(experiment);
    return answer(call, experiment);
}

/* --- the other operations --- */

enum wire_progress fis_get_experiment(void *state, struct wire_call *call)
{
    const char *id = wire_text(call->input, "id");
    const struct fis_experiment *experiment = fis_experiment_find(state, call, id);
    return experiment != NULL ? answer(call, experiment) : fis_not_found(call, "Experiment", id);
}

enum wire_progress fis_stop_experiment(void *state, struct wire_call *call)
{
    const char *id = wire_text(call->input, "id");
    struct fis_experiment *experiment = fis_experiment_find(state, call, id);
    if (experiment == NULL)
        return fis_not_found(call, "Experiment", id);
    if (fis_status_is_final(experiment->status))
        return fis_invalid(call, "Experiment %s is %s and cannot be stopped.", id,
                           fis_status_name(experiment->status));
    if (experiment->status != FIS_STOPPING)
        fis_experiment_stop(experiment, "Experiment stopped by user.");
    return answer(call, experiment);
}

static cJSON *summarise(const struct fis_experiment *experiment)
{
    static const char *const told[] = {"id",           "arn",  "experimentTemplateId",
                                       "creationTime", "tags", "experimentOptions"};
    cJSON *summary = cJSON_CreateObject();
    for (size_t i = 0; i < ARRAY_LEN(told); i++)
        cJSON_AddItemToObject(summary, told[i],
                              cJSON_Duplicate(wire_member(experiment->document, told[i]), true));
    cJSON_AddItemToObject(summary, "state", describe_experiment_state(experiment));
    return summary;
}

enum wire_progress fis_list_experiments(void *state, struct wire_call *call)
{
    struct fis *fis = state;
    const char *template_id = wire_text(call->input, "experimentTemplateId");
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, "experiments");
    const struct fis_experiment *experiment;
    DL_FOREACH(fis->experiments, experiment)
    {
        if (fis_place_is(&experiment->place, call) &&
            (template_id == NULL || strcmp(template_id, experiment->template_id) == 0))
            cJSON_AddItemToArray(list, summarise(experiment));
    }
    return fis_page(call, output, "experiments") ? wire_succeed(call, output) : WIRE_DONE;
}

enum wire_progress fis_list_resolved_targets(void *state, struct wire_call *call)
{
    const char *id = wire_text(call->input, "experimentId");
    const char *target_name = wire_text(call->input, "targetName");
    const struct fis_experiment *experiment = fis_experiment_find(state, call, id);
    if (experiment == NULL)
        return fis_not_found(call, "Experiment", id);
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, "resolvedTargets");
    const cJSON *entry;
    cJSON_ArrayForEach(entry, experiment->resolved)
    {
        if (target_name == NULL || strcmp(target_name, wire_text(entry, "targetName")) == 0)
            cJSON_AddItemToArray(list, cJSON_Duplicate(entry, true));
    }
    return fis_page(call, output, "resolvedTargets") ? wire_succeed(call, output) : WIRE_DONE;
}
