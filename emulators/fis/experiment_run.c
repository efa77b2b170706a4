#include "emulators/fis/experiment_run.h"

#include <string.h>

#include "emulators/fis/action_kind.h"
#include "emulators/fis/alarm.h"
#include "emulators/fis/target.h"

#define WATCH_INTERVAL_US (UINT64_C(5) * SIM_US_PER_S)

static struct sim_sched *sched_of(const struct fis_experiment *experiment)
{
    return experiment->fis->host->core->sched;
}

static uint64_t now_us(const struct fis_experiment *experiment)
{
    return sim_sched_now_us(sched_of(experiment));
}

static void set_status(struct fis_experiment *experiment, enum fis_status status,
                       const char *reason)
{
    experiment->status = status;
    experiment->reason = reason;
    if (fis_status_is_final(status))
        experiment->ended_us = now_us(experiment);
    sim_trace_emit(experiment->fis->host->core->trace, "fis.experiment", experiment->place.region,
                   FIELD_TEXT("id", experiment->id), FIELD_TEXT("status", fis_status_name(status)),
                   FIELD_TEXT("reason", reason));
}

static void set_action_status(struct fis_action *action, enum fis_status status, const char *reason)
{
    struct fis_experiment *experiment = action->experiment;
    action->status = status;
    action->reason = reason;
    if (fis_status_is_final(status))
        action->ended_us = now_us(experiment);
    sim_trace_emit(experiment->fis->host->core->trace, "fis.action", experiment->place.region,
                   FIELD_TEXT("experiment", experiment->id), FIELD_TEXT("action", action->name),
                   FIELD_TEXT("status", fis_status_name(status)), FIELD_TEXT("reason", reason));
}

/* --- ends --- */

static void end_action(struct fis_action *action, enum fis_status status, const char *reason)
{
    (void)sim_sched_cancel(sched_of(action->experiment), action->event);
    action->event = 0;
    fis_action_clear_faults(action);
    if (action->kind->end != NULL)
        action->kind->end(action);
    set_action_status(action, status, reason);
}

static void end_actions(struct fis_experiment *experiment, const char *reason)
{
    for (size_t i = 0; i < experiment->action_count; i++) {
        struct fis_action *action = &experiment->actions[i];
        if (action->status == FIS_RUNNING)
            end_action(action, FIS_STOPPED, reason);
        else if (action->status == FIS_PENDING)
            set_action_status(action, FIS_CANCELLED, "Action was cancelled.");
    }
}

static void stop_events(struct fis_experiment *experiment)
{
    (void)sim_sched_cancel(sched_of(experiment), experiment->event);
    (void)sim_sched_cancel(sched_of(experiment), experiment->watch_event);
    experiment->event = 0;
    experiment->watch_event = 0;
}

void fis_experiment_undo(struct fis_experiment *experiment)
{
    stop_events(experiment);
    end_actions(experiment, "Action was stopped.");
}

static void fail(struct fis_experiment *experiment, const char *reason, const char *code,
                 const char *location)
{
    stop_events(experiment);
    end_actions(experiment, "Action was stopped because the experiment failed.");
    experiment->error_code = code;
    experiment->error_location = location;
    set_status(experiment, FIS_FAILED, reason);
}

static void become_stopped(void *context)
{
    struct fis_experiment *experiment = context;
    experiment->event = 0;
    set_status(experiment, FIS_STOPPED, experiment->reason);
}

void fis_experiment_stop(struct fis_experiment *experiment, const char *reason)
{
    stop_events(experiment);
    set_status(experiment, FIS_STOPPING, reason);
    end_actions(experiment, "Action was stopped.");
    experiment->event = sim_sched_after(sched_of(experiment), experiment->fis->transient_delay_us,
                                        become_stopped, experiment);
}

/* --- stop conditions --- */

/* The ARN of an alarm in ALARM, NULL if there is none. */
static const char *raised_alarm(const struct fis_experiment *experiment)
{
    const cJSON *condition;
    cJSON_ArrayForEach(condition, wire_member(experiment->document, "stopConditions"))
    {
        const char *arn = wire_text(condition, "value");
        const char *state = arn != NULL ? fis_alarm_state(experiment, arn) : NULL;
        if (state != NULL && strcmp(state, "ALARM") == 0)
            return arn;
    }
    return NULL;
}

static bool has_stop_alarms(const struct fis_experiment *experiment)
{
    const cJSON *condition;
    cJSON_ArrayForEach(condition, wire_member(experiment->document, "stopConditions"))
    {
        if (wire_text(condition, "value") != NULL)
            return true;
    }
    return false;
}

static void watch(void *context)
{
    struct fis_experiment *experiment = context;
    experiment->watch_event = 0;
    if (raised_alarm(experiment) != NULL) {
        fis_experiment_stop(experiment, "Experiment halted by stop condition.");
        return;
    }
    experiment->watch_event = sim_sched_at_background(
        sched_of(experiment), now_us(experiment) + WATCH_INTERVAL_US, watch, experiment);
}

/* --- actions --- */

static void run_actions(struct fis_experiment *experiment);

static void complete_action(void *context)
{
    struct fis_action *action = context;
    action->event = 0;
    end_action(action, FIS_COMPLETED, "Action was completed.");
    run_actions(action->experiment);
}

static struct fis_action *find_action(struct fis_experiment *experiment, const char *name)
{
    for (size_t i = 0; i < experiment->action_count; i++)
        if (strcmp(experiment->actions[i].name, name) == 0)
            return &experiment->actions[i];
    return NULL;
}

static bool is_over(const struct fis_action *action)
{
    return action->status == FIS_COMPLETED || action->status == FIS_SKIPPED;
}

static bool may_begin(const struct fis_action *action)
{
    const cJSON *earlier;
    if (action->status != FIS_PENDING)
        return false;
    cJSON_ArrayForEach(earlier, wire_member(action->facts, "startAfter"))
    {
        if (!is_over(find_action(action->experiment, earlier->valuestring)))
            return false;
    }
    return true;
}

static bool has_targets(const struct fis_action *action)
{
    if (action->kind->target_key == NULL)
        return true;
    cJSON *arns =
        fis_target_arns(action->experiment,
                        wire_text(wire_member(action->facts, "targets"), action->kind->target_key));
    bool has_some = arns->child != NULL;
    cJSON_Delete(arns);
    return has_some;
}

/* False: it failed, and the experiment with it. */
static bool begin_action(struct fis_action *action)
{
    struct fis_experiment *experiment = action->experiment;
    const char *reason = NULL;
    if (experiment->skips_all) {
        set_action_status(action, FIS_SKIPPED, "Action was skipped.");
        return true;
    }
    if (!has_targets(action)) {
        set_action_status(action, FIS_SKIPPED, "Action was skipped because it has no targets.");
        return true;
    }
    action->started_us = now_us(experiment);
    if (action->kind->begin != NULL && !action->kind->begin(action, &reason)) {
        fis_action_clear_faults(action);
        set_action_status(action, FIS_FAILED, reason);
        fail(experiment, "Experiment failed because an action failed.", "DependentServiceFailure",
             action->name);
        return false;
    }
    uint64_t duration_us = fis_action_duration_us(action);
    if (duration_us == 0) {
        set_action_status(action, FIS_COMPLETED, "Action was completed.");
        return true;
    }
    set_action_status(action, FIS_RUNNING, "Action is running.");
    action->event = sim_sched_after(sched_of(experiment), duration_us, complete_action, action);
    return true;
}

static size_t count_actions(const struct fis_experiment *experiment, enum fis_status status)
{
    size_t count = 0;
    for (size_t i = 0; i < experiment->action_count; i++)
        count += experiment->actions[i].status == status ? 1 : 0;
    return count;
}

/* Begins what can begin; what is over at once lets others begin. */
static void run_actions(struct fis_experiment *experiment)
{
    bool has_begun = true;
    while (has_begun) {
        has_begun = false;
        for (size_t i = 0; i < experiment->action_count; i++) {
            struct fis_action *action = &experiment->actions[i];
            if (!may_begin(action) || count_actions(experiment, FIS_RUNNING) >= FIS_PARALLEL_MAX)
                continue;
            if (!begin_action(action))
                return;
            has_begun = true;
        }
    }
    if (count_actions(experiment, FIS_RUNNING) == 0) {
        stop_events(experiment);
        set_status(experiment, FIS_COMPLETED, "Experiment completed.");
    }
}

/* --- from pending to running --- */

static void run(void *context)
{
    struct fis_experiment *experiment = context;
    const char *code = NULL;
    const char *reason = NULL;
    const char *location = NULL;
    experiment->event = 0;
    experiment->started_us = now_us(experiment);
    if (raised_alarm(experiment) != NULL) {
        fis_experiment_stop(experiment, "Experiment halted by stop condition.");
        return;
    }
    experiment->resolved = cJSON_CreateArray();
    if (!fis_targets_resolve(experiment, &code, &reason, &location)) {
        fail(experiment, reason, code, location);
        return;
    }
    set_status(experiment, FIS_RUNNING, "Experiment is running.");
    if (has_stop_alarms(experiment))
        experiment->watch_event = sim_sched_at_background(
            sched_of(experiment), now_us(experiment) + WATCH_INTERVAL_US, watch, experiment);
    run_actions(experiment);
}

static void initiate(void *context)
{
    struct fis_experiment *experiment = context;
    uint64_t delay_us = experiment->fis->transient_delay_us;
    if (fis_lever_is_engaged(experiment->fis, &experiment->place)) {
        experiment->event = 0;
        end_actions(experiment, "Action was cancelled.");
        set_status(experiment, FIS_CANCELLED, "Experiment was cancelled by the safety lever.");
        return;
    }
    set_status(experiment, FIS_INITIATING, "Experiment is initiating.");
    experiment->event =
        sim_sched_after(sched_of(experiment), delay_us - delay_us / 2, run, experiment);
}

void fis_experiment_begin(struct fis_experiment *experiment)
{
    set_status(experiment, FIS_PENDING, "Experiment is pending.");
    experiment->event = sim_sched_after(
        sched_of(experiment), experiment->fis->transient_delay_us / 2, initiate, experiment);
}
