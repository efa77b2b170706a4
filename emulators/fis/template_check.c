/* What the constraints of the API model do not say. The texts are ours: none are published. */
#include "emulators/fis/template_check.h"

#include <string.h>

#include "emulators/fis/action_kind.h"
#include "emulators/fis/iso_duration.h"
#include "emulators/fis/target.h"

#define MINUTE_US (UINT64_C(60) * SIM_US_PER_S)

static bool refuse(enum wire_progress done UNUSED)
{
    return false;
}

/* --- targets --- */

static bool check_target(struct wire_call *call, const cJSON *target)
{
    const char *resource_type = wire_text(target, "resourceType");
    const char *mode = wire_text(target, "selectionMode");
    bool has_arns = cJSON_GetArraySize(wire_member(target, "resourceArns")) > 0;
    bool has_tags = cJSON_GetArraySize(wire_member(target, "resourceTags")) > 0;
    bool has_filters = cJSON_GetArraySize(wire_member(target, "filters")) > 0;
    if (fis_target_kind_find(resource_type) == NULL)
        return refuse(fis_invalid(call,
                                  "Target %s has the resource type %s, which is not supported.",
                                  target->string, resource_type));
    if (!fis_selection_is_valid(mode))
        return refuse(
            fis_invalid(call,
                        "Target %s has the selection mode %s. It must be ALL, COUNT(n) or "
                        "PERCENT(n).",
                        target->string, mode));
    if (has_arns == has_tags)
        return refuse(fis_invalid(call, "Target %s must have either resourceArns or resourceTags.",
                                  target->string));
    if (has_arns && has_filters)
        return refuse(fis_invalid(call, "Target %s cannot have both resourceArns and filters.",
                                  target->string));
    if (has_tags && strcmp(resource_type, "aws:ec2:subnet") == 0)
        return refuse(fis_invalid(call,
                                  "Target %s: subnets have no tags in this emulator. Use "
                                  "resourceArns.",
                                  target->string));
    return true;
}

/* --- actions --- */

static bool check_parameter(struct wire_call *call, const cJSON *action,
                            const struct fis_parameter *parameter)
{
    const char *value = wire_text(wire_member(action, "parameters"), parameter->name);
    uint64_t duration_us = 0;
    if (value == NULL)
        return !parameter->is_required ||
               refuse(fis_invalid(call, "Action %s needs the parameter %s.", action->string,
                                  parameter->name));
    if (strcmp(parameter->name, "duration") == 0)
        return (fis_duration_parse(value, &duration_us) && duration_us >= MINUTE_US &&
                duration_us <= FIS_DURATION_MAX_US) ||
               refuse(fis_invalid(call,
                                  "Action %s has the duration %s. It must be from PT1M to PT12H.",
                                  action->string, value));
    for (size_t i = 0; parameter->allowed != NULL; i++) {
        if (parameter->allowed[i] == NULL)
            return refuse(fis_invalid(call,
                                      "Action %s has the value %s for %s, which is not "
                                      "supported.",
                                      action->string, value, parameter->name));
        if (strcmp(parameter->allowed[i], value) == 0)
            return true;
    }
    return true;
}

static bool check_parameters(struct wire_call *call, const cJSON *action,
                             const struct fis_action_kind *kind)
{
    size_t count = 0;
    while (count < FIS_PARAMETERS_MAX && kind->parameters[count].name != NULL)
        count++;
    for (size_t i = 0; i < count; i++)
        if (!check_parameter(call, action, &kind->parameters[i]))
            return false;
    const cJSON *given;
    cJSON_ArrayForEach(given, wire_member(action, "parameters"))
    {
        size_t i = 0;
        while (i < count && strcmp(kind->parameters[i].name, given->string) != 0)
            i++;
        if (i == count)
            return refuse(fis_invalid(call,
                                      "Action %s has the parameter %s, which %s does not have.",
                                      action->string, given->string, kind->id));
    }
    return true;
}

static bool check_action_targets(struct wire_call *call, const cJSON *document, const cJSON *action,
                                 const struct fis_action_kind *kind)
{
    const cJSON *given = wire_member(action, "targets");
    if (kind->target_key == NULL)
        return cJSON_GetArraySize(given) == 0 ||
               refuse(fis_invalid(call, "Action %s takes no targets.", action->string));
    const char *name = wire_text(given, kind->target_key);
    if (name == NULL || cJSON_GetArraySize(given) != 1)
        return refuse(fis_invalid(call, "Action %s needs one target, named %s.", action->string,
                                  kind->target_key));
    const cJSON *target = wire_member(wire_member(document, "targets"), name);
    if (target == NULL)
        return refuse(fis_invalid(call,
                                  "Action %s has the target %s, which is not in the template.",
                                  action->string, name));
    if (strcmp(wire_text(target, "resourceType"), kind->target->resource_type) != 0)
        return refuse(fis_invalid(call, "Action %s needs a target of the resource type %s.",
                                  action->string, kind->target->resource_type));
    return true;
}

static bool check_action(struct wire_call *call, const cJSON *document, const cJSON *action)
{
    const char *id = wire_text(action, "actionId");
    const struct fis_action_kind *kind = fis_action_kind_find(id);
    if (kind == NULL)
        return refuse(fis_invalid(call, "Action %s has the action id %s, which is not supported.",
                                  action->string, id));
    const cJSON *earlier;
    cJSON_ArrayForEach(earlier, wire_member(action, "startAfter"))
    {
        if (wire_member(wire_member(document, "actions"), earlier->valuestring) == NULL)
            return refuse(fis_invalid(call,
                                      "Action %s starts after %s, which is not in the template.",
                                      action->string, earlier->valuestring));
    }
    return check_parameters(call, action, kind) &&
           check_action_targets(call, document, action, kind);
}

/* --- the order of actions --- */

struct order {
    const char *names[FIS_ACTIONS_MAX];
    size_t count;
};

static bool is_done(const struct order *order, const char *name)
{
    for (size_t i = 0; i < order->count; i++)
        if (strcmp(order->names[i], name) == 0)
            return true;
    return false;
}

static bool can_start(const struct order *order, const cJSON *action)
{
    const cJSON *earlier;
    cJSON_ArrayForEach(earlier, wire_member(action, "startAfter"))
    {
        if (!is_done(order, earlier->valuestring))
            return false;
    }
    return true;
}

/* Starts whatever can start until nothing more can; what is left waits for itself. */
static bool check_order(struct wire_call *call, const cJSON *actions)
{
    struct order order = {.count = 0};
    size_t before;
    do {
        before = order.count;
        for (const cJSON *action = actions->child; action != NULL; action = action->next)
            if (!is_done(&order, action->string) && can_start(&order, action))
                order.names[order.count++] = action->string;
    } while (order.count > before);
    for (const cJSON *action = actions->child; action != NULL; action = action->next)
        if (!is_done(&order, action->string))
            return refuse(
                fis_invalid(call, "Action %s would wait for itself to end.", action->string));
    return true;
}

/* --- stop conditions --- */

static bool check_stop_condition(struct wire_call *call, const cJSON *condition)
{
    const char *source = wire_text(condition, "source");
    const char *value = wire_text(condition, "value");
    if (strcmp(source, "none") == 0)
        return value == NULL || refuse(fis_invalid(call, "The stop condition none has no value."));
    if (strcmp(source, "aws:cloudwatch:alarm") != 0)
        return refuse(fis_invalid(call, "The stop condition source %s is not supported.", source));
    if (value == NULL || strstr(value, ":alarm:") == NULL)
        return refuse(
            fis_invalid(call, "A stop condition needs the ARN of an alarm as its value."));
    return true;
}

bool fis_template_check(struct wire_call *call, const cJSON *document)
{
    const cJSON *actions = wire_member(document, "actions");
    const cJSON *conditions = wire_member(document, "stopConditions");
    int action_count = cJSON_GetArraySize(actions);
    const cJSON *entry;
    if (action_count == 0)
        return refuse(fis_invalid(call, "The template has no actions."));
    if (action_count > FIS_ACTIONS_MAX)
        return refuse(wire_fail(call, "ServiceQuotaExceededException",
                                "A template can have at most %d actions.", FIS_ACTIONS_MAX));
    if (cJSON_GetArraySize(conditions) == 0)
        return refuse(fis_invalid(call, "The template needs a stop condition; none is one."));
    if (cJSON_GetArraySize(conditions) > FIS_STOP_CONDITIONS_MAX)
        return refuse(wire_fail(call, "ServiceQuotaExceededException",
                                "A template can have at most %d stop conditions.",
                                FIS_STOP_CONDITIONS_MAX));
    cJSON_ArrayForEach(entry, conditions)
    {
        if (!check_stop_condition(call, entry))
            return false;
    }
    cJSON_ArrayForEach(entry, wire_member(document, "targets"))
    {
        if (!check_target(call, entry))
            return false;
    }
    cJSON_ArrayForEach(entry, actions)
    {
        if (!check_action(call, document, entry))
            return false;
    }
    return check_order(call, actions);
}
