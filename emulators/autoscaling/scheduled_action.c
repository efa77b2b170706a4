/* Scheduled actions: other bounds at a time, which then move the capacity. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "emulators/autoscaling/autoscaling_internal.h"

/* --- acting --------------------------------------------------------------------------------------
 */

static void run(void *context);

/* At the next time of its schedule that lies between start and end. */
static void plan(struct aas_scheduled *scheduled)
{
    struct aas *aas = scheduled->target->aas;
    uint64_t now_us = aas_now_us(aas);
    uint64_t from_us = scheduled->start_us > 0 ? scheduled->start_us : scheduled->created_us;
    uint64_t after_us = now_us;
    uint64_t at_us = 0;
    (void)sim_sched_cancel(aas->host->core->sched, scheduled->event);
    scheduled->event = 0;
    if (scheduled->start_us > now_us)
        after_us = scheduled->start_us - 1;
    if (!aas_schedule_next(&scheduled->schedule, from_us, after_us, &at_us) ||
        (scheduled->end_us > 0 && at_us > scheduled->end_us))
        return;
    scheduled->event = sim_sched_at_background(aas->host->core->sched, at_us, run, scheduled);
}

/* What is not given stays, as far as the other bound allows. */
static void set_bounds(struct aas_target *target, const cJSON *action)
{
    bool has_min = wire_member(action, "MinCapacity") != NULL;
    bool has_max = wire_member(action, "MaxCapacity") != NULL;
    target->min = wire_integer(action, "MinCapacity", target->min);
    target->max = wire_integer(action, "MaxCapacity", target->max);
    if (target->max >= target->min)
        return;
    if (has_min && !has_max)
        target->max = target->min;
    else
        target->min = target->max;
}

static void run(void *context)
{
    struct aas_scheduled *scheduled = context;
    struct aas_target *target = scheduled->target;
    scheduled->event = 0;
    if (!target->is_schedule_suspended) {
        struct sim_arena *arena = sim_arena_create();
        set_bounds(target, scheduled->action);
        const char *bounds =
            sim_arena_printf(arena, "min capacity to %lld and max capacity to %lld",
                             (long long)target->min, (long long)target->max);
        aas_activity_add(
            target, sim_arena_printf(arena, "Setting %s", bounds),
            sim_arena_printf(arena, "scheduled action name %s was triggered", scheduled->name),
            "Successful", sim_arena_printf(arena, "Successfully set %s", bounds));
        sim_arena_destroy(arena);
        aas_target_keep_bounds(target);
    }
    plan(scheduled);
}

/* --- making and ending ---------------------------------------------------------------------------
 */

void aas_scheduled_remove(struct aas_scheduled *scheduled)
{
    struct aas_target *target = scheduled->target;
    (void)sim_sched_cancel(target->aas->host->core->sched, scheduled->event);
    DL_DELETE(target->scheduled, scheduled);
    free(scheduled->name);
    free(scheduled->arn);
    free(scheduled->expression);
    free(scheduled->time_zone);
    cJSON_Delete(scheduled->action);
    free(scheduled);
}

static struct aas_scheduled *find_scheduled(struct aas_target *target, const char *name)
{
    struct aas_scheduled *scheduled;
    DL_FOREACH(target->scheduled, scheduled)
    {
        if (strcmp(scheduled->name, name) == 0)
            return scheduled;
    }
    return NULL;
}

static struct aas_scheduled *add_scheduled(struct aas_target *target, const char *name,
                                           const char *arn, uint64_t created_us)
{
    struct aas_scheduled *scheduled = sim_alloc(sizeof *scheduled);
    scheduled->target = target;
    scheduled->name = sim_strdup(name);
    scheduled->arn = sim_strdup(arn);
    scheduled->created_us = created_us;
    DL_APPEND(target->scheduled, scheduled);
    return scheduled;
}

static struct aas_scheduled *make_scheduled(struct aas_target *target, const struct wire_call *call)
{
    const char *name = wire_text(call->input, "ScheduledActionName");
    char id[SIM_UUID_TEXT_BYTES];
    sim_random_uuid(&target->aas->ids, id);
    const char *arn =
        sim_arena_printf(call->arena,
                         "arn:aws:autoscaling:%s:%s:scheduledAction:%s:resource/"
                         "dynamodb/%s:scheduledActionName/%s",
                         target->region, target->account, id, target->resource_id, name);
    return add_scheduled(target, name, arn, aas_now_us(target->aas));
}

/* What fell due while nobody was there does not happen any more. */
bool aas_scheduled_restore(struct aas_target *target, const cJSON *saved)
{
    const char *name = wire_text(saved, "ScheduledActionName");
    const char *arn = wire_text(saved, "ScheduledActionARN");
    const char *expression = wire_text(saved, "Schedule");
    const char *zone = wire_text(saved, "Timezone");
    struct aas_schedule schedule;
    if (name == NULL || arn == NULL || expression == NULL ||
        !aas_schedule_parse(expression, &schedule))
        return false;
    struct aas_scheduled *scheduled =
        add_scheduled(target, name, arn, aas_time_us(saved, "CreationTime"));
    scheduled->expression = sim_strdup(expression);
    scheduled->time_zone = zone != NULL ? sim_strdup(zone) : NULL;
    scheduled->schedule = schedule;
    scheduled->action = cJSON_Duplicate(wire_member(saved, "ScalableTargetAction"), true);
    scheduled->start_us = aas_time_us(saved, "StartTime");
    scheduled->end_us = aas_time_us(saved, "EndTime");
    plan(scheduled);
    return true;
}

/* --- PutScheduledAction --------------------------------------------------------------------------
 */

static bool fail(struct wire_call *call, const char *message)
{
    (void)wire_fail(call, "ValidationException", "%s", message);
    return false;
}

static bool check_name(struct wire_call *call)
{
    const char *name = wire_text(call->input, "ScheduledActionName");
    bool is_good = strpbrk(name, ":/|") == NULL && name[0] != ' ' && name[strlen(name) - 1] != ' ';
    for (const char *c = name; *c != '\0'; c++)
        is_good = is_good && (unsigned char)*c >= ' ' && *c != 127;
    return is_good || fail(call, "ScheduledActionName must not contain colons, slashes, bars or "
                                 "control characters, nor begin or end with a space");
}

static bool check_action(struct wire_call *call, const cJSON *action)
{
    int64_t min = wire_integer(action, "MinCapacity", 1);
    int64_t max = wire_integer(action, "MaxCapacity", INT64_MAX);
    if (cJSON_GetArraySize(action) == 0)
        return fail(call, "ScalableTargetAction must have MinCapacity or MaxCapacity");
    if (min < 1 || max < 1)
        return fail(call, "The capacity of a DynamoDB table or index must be at least 1");
    return min <= max || fail(call, "Maximum capacity cannot be less than minimum capacity");
}

static bool check_time_zone(struct wire_call *call)
{
    static const char *const same[] = {"UTC", "Etc/UTC", "GMT", "Etc/GMT", "UCT", "Zulu"};
    const char *zone = wire_text(call->input, "Timezone");
    for (size_t i = 0; zone != NULL && i < ARRAY_LEN(same); i++) {
        if (strcmp(zone, same[i]) == 0)
            return true;
    }
    return zone == NULL || fail(call, "regionlab knows the time zone UTC only");
}

static bool check_put(struct wire_call *call, const struct aas_target *target,
                      const struct aas_scheduled *known, struct aas_schedule *schedule)
{
    const char *expression = wire_text(call->input, "Schedule");
    const cJSON *action = wire_member(call->input, "ScalableTargetAction");
    uint64_t start_us = aas_time_us(call->input, "StartTime");
    uint64_t end_us = aas_time_us(call->input, "EndTime");
    size_t count = 0;
    const struct aas_scheduled *other;
    DL_COUNT(target->scheduled, other, count);
    if (known == NULL && (expression == NULL || action == NULL))
        return fail(call, "Schedule and ScalableTargetAction are required for a new scheduled "
                          "action");
    if (known == NULL && count >= AAS_SCHEDULED_ACTIONS_MAX) {
        (void)wire_fail(call, "LimitExceededException",
                        "Maximum number of scheduled actions exceeded. Limit: %d",
                        AAS_SCHEDULED_ACTIONS_MAX);
        return false;
    }
    if (expression != NULL && !aas_schedule_parse(expression, schedule))
        return fail(
            call, sim_arena_printf(call->arena, "Schedule expression %s is not valid", expression));
    if (start_us > 0 && end_us > 0 && end_us <= start_us)
        return fail(call, "EndTime must be later than StartTime");
    return check_time_zone(call) && (action == NULL || check_action(call, action));
}

static void replace_text(char **text, const char *with)
{
    if (with == NULL)
        return;
    free(*text);
    *text = sim_strdup(with);
}

static void change(struct aas_scheduled *scheduled, const struct wire_call *call,
                   const struct aas_schedule *schedule)
{
    const cJSON *action = wire_member(call->input, "ScalableTargetAction");
    if (wire_text(call->input, "Schedule") != NULL)
        scheduled->schedule = *schedule;
    replace_text(&scheduled->expression, wire_text(call->input, "Schedule"));
    replace_text(&scheduled->time_zone, wire_text(call->input, "Timezone"));
    if (action != NULL) {
        cJSON_Delete(scheduled->action);
        scheduled->action = cJSON_Duplicate(action, true);
    }
    if (wire_member(call->input, "StartTime") != NULL)
        scheduled->start_us = aas_time_us(call->input, "StartTime");
    if (wire_member(call->input, "EndTime") != NULL)
        scheduled->end_us = aas_time_us(call->input, "EndTime");
    plan(scheduled);
}

enum wire_progress aas_put_scheduled(void *state, struct wire_call *call)
{
    struct aas *aas = state;
    aas->is_changed = true;
    struct aas_schedule schedule;
    if (!aas_check_namespace(call) || !check_name(call))
        return WIRE_DONE;
    struct aas_target *target = aas_target_find(aas, call);
    if (target == NULL)
        return wire_fail(call, "ObjectNotFoundException", "No scalable target registered for %s",
                         aas_call_place(call));
    struct aas_scheduled *scheduled =
        find_scheduled(target, wire_text(call->input, "ScheduledActionName"));
    if (!check_put(call, target, scheduled, &schedule))
        return WIRE_DONE;
    if (scheduled == NULL)
        scheduled = make_scheduled(target, call);
    change(scheduled, call, &schedule);
    return wire_succeed(call, cJSON_CreateObject());
}

/* --- the other operations ------------------------------------------------------------------------
 */

enum wire_progress aas_delete_scheduled(void *state, struct wire_call *call)
{
    struct aas *aas = state;
    aas->is_changed = true;
    const char *name = wire_text(call->input, "ScheduledActionName");
    if (!aas_check_namespace(call))
        return WIRE_DONE;
    struct aas_target *target = aas_target_find(aas, call);
    struct aas_scheduled *scheduled = target != NULL ? find_scheduled(target, name) : NULL;
    if (scheduled == NULL)
        return wire_fail(call, "ObjectNotFoundException",
                         "No scheduled action found for %s, scheduled action name: %s",
                         aas_call_place(call), name);
    aas_scheduled_remove(scheduled);
    return wire_succeed(call, cJSON_CreateObject());
}

cJSON *aas_scheduled_describe(const struct aas_scheduled *scheduled)
{
    const struct aas_target *target = scheduled->target;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "ScheduledActionName", scheduled->name);
    cJSON_AddStringToObject(object, "ScheduledActionARN", scheduled->arn);
    cJSON_AddStringToObject(object, "ServiceNamespace", "dynamodb");
    cJSON_AddStringToObject(object, "Schedule", scheduled->expression);
    if (scheduled->time_zone != NULL)
        cJSON_AddStringToObject(object, "Timezone", scheduled->time_zone);
    cJSON_AddStringToObject(object, "ResourceId", target->resource_id);
    cJSON_AddStringToObject(object, "ScalableDimension",
                            aas_dimension_name(target->index != NULL, target->is_write));
    if (scheduled->start_us > 0)
        aas_add_time(object, "StartTime", scheduled->start_us);
    if (scheduled->end_us > 0)
        aas_add_time(object, "EndTime", scheduled->end_us);
    cJSON_AddItemToObject(object, "ScalableTargetAction", cJSON_Duplicate(scheduled->action, true));
    aas_add_time(object, "CreationTime", scheduled->created_us);
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

enum wire_progress aas_describe_scheduled(void *state, struct wire_call *call)
{
    struct aas *aas = state;
    if (!aas_check_namespace(call))
        return WIRE_DONE;
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, "ScheduledActions");
    const struct aas_target *target;
    DL_FOREACH(aas->targets, target)
    {
        if (!aas_is_asked_for(call, target->region, target->account, target->resource_id,
                              aas_dimension_name(target->index != NULL, target->is_write)))
            continue;
        const struct aas_scheduled *scheduled;
        DL_FOREACH(target->scheduled, scheduled)
        {
            if (is_named(wire_member(call->input, "ScheduledActionNames"), scheduled->name))
                cJSON_AddItemToArray(list, aas_scheduled_describe(scheduled));
        }
    }
    return aas_page(call, output, "ScheduledActions") ? wire_succeed(call, output) : WIRE_DONE;
}
