/* aws:cloudwatch:assert-alarm-state, and the states of alarms for stop conditions. */
#include <string.h>

#include "emulators/fis/action_kind.h"
#include "emulators/fis/alarm.h"
#include "emulators/fis/target.h"

#define ALARMS_MAX 5

static const char *known_state(const char *value)
{
    static const char *const states[] = {"OK", "ALARM", "INSUFFICIENT_DATA"};
    for (size_t i = 0; value != NULL && i < ARRAY_LEN(states); i++)
        if (strcmp(states[i], value) == 0)
            return states[i];
    return NULL;
}

const char *fis_alarm_state(const struct fis_experiment *experiment, const char *alarm_arn)
{
    static const char *const lists[] = {"MetricAlarms", "CompositeAlarms"};
    const char *name = strstr(alarm_arn, ":alarm:");
    if (name == NULL)
        return NULL;
    cJSON *input = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(input, "AlarmNames"),
                         cJSON_CreateString(name + strlen(":alarm:")));
    cJSON *types = cJSON_AddArrayToObject(input, "AlarmTypes");
    cJSON_AddItemToArray(types, cJSON_CreateString("MetricAlarm"));
    cJSON_AddItemToArray(types, cJSON_CreateString("CompositeAlarm"));
    cJSON *output = fis_ask(experiment, "monitoring", "DescribeAlarms", input);
    const char *state = NULL;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        const cJSON *alarm;
        cJSON_ArrayForEach(alarm, wire_member(output, lists[i]))
        {
            const char *value = wire_text(alarm, "StateValue");
            if (strcmp(wire_text(alarm, "AlarmArn"), alarm_arn) == 0)
                state = known_state(value);
        }
    }
    cJSON_Delete(output);
    return state;
}

/* The word that *list begins with, up to the next comma; *list moves behind it. */
static const char *next_word(const char **list, struct sim_arena *arena)
{
    *list += strspn(*list, ", ");
    size_t length = strcspn(*list, ", ");
    const char *word = length > 0 ? sim_arena_strndup(arena, *list, length) : NULL;
    *list += length;
    return word;
}

static bool is_listed(const char *list, const char *wanted, struct sim_arena *arena)
{
    for (const char *word = next_word(&list, arena); word != NULL; word = next_word(&list, arena))
        if (strcmp(word, wanted) == 0)
            return true;
    return false;
}

bool fis_begin_assert_alarm_state(struct fis_action *action, const char **reason)
{
    struct fis_experiment *experiment = action->experiment;
    const char *arns = fis_action_parameter(action, "alarmArns");
    const char *states = fis_action_parameter(action, "alarmStates");
    size_t count = 0;
    const char *arn = next_word(&arns, experiment->arena);
    for (; arn != NULL; arn = next_word(&arns, experiment->arena)) {
        const char *state = count++ < ALARMS_MAX ? fis_alarm_state(experiment, arn) : NULL;
        if (state != NULL && is_listed(states, state, experiment->arena))
            continue;
        *reason = sim_arena_printf(experiment->arena, "The alarm %s is in the state %s.", arn,
                                   state != NULL ? state : "unknown");
        return false;
    }
    return true;
}
