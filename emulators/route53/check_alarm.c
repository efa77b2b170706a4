/* check_alarm.c -- CLOUDWATCH_METRIC: a check that follows an alarm.
 *
 * CloudWatch is another service: its alarms are asked through dispatch, DescribeAlarms in the
 * alarm's Region, every ten seconds, and at once when the service tells that an alarm changed.
 * Nobody there, no such alarm, or no answer is insufficient data. AWS evaluates the alarm's metric
 * stream itself; here the alarm's state stands for it, so a check is never ahead of its alarm. */
#include <string.h>

#include "emulators/route53/route53_internal.h"

#define POLL_US      (UINT64_C(10) * SIM_US_PER_S)
#define SERVICE      "monitoring"
#define PERIOD_MIN_S 60 /* standard resolution */

/* NULL: there is none, or nobody can be asked. The caller deletes it. */
static cJSON *describe_alarm(const struct r53 *r53, const cJSON *config)
{
    struct wire_dispatcher *dispatcher = r53->host.dispatcher;
    const cJSON *identifier = wire_member(config, "AlarmIdentifier");
    cJSON *input = cJSON_CreateObject();
    const struct wire_request request = {.service = SERVICE,
                                         .operation = "DescribeAlarms",
                                         .region = wire_text(identifier, "Region"),
                                         .caller = "route53",
                                         .input = input};
    const char *name = wire_text(identifier, "Name");
    struct sim_error error;
    cJSON *output = NULL;
    cJSON *found = NULL;
    cJSON *alarm = NULL;
    cJSON_AddItemToArray(cJSON_AddArrayToObject(input, "AlarmNames"), cJSON_CreateString(name));
    if (wire_service_find(dispatcher, SERVICE) != NULL &&
        sim_network_region_find(r53->core->network, request.region) != NULL &&
        wire_dispatch_now(dispatcher, &request, &output, &error) == RESULT_OK)
        cJSON_ArrayForEach(alarm, wire_member(output, "MetricAlarms"))
        {
            const char *its_name = wire_text(alarm, "AlarmName");
            if (its_name != NULL && strcmp(its_name, name) == 0)
                found = alarm;
        }
    found = found == NULL ? NULL : cJSON_Duplicate(found, true);
    cJSON_Delete(output);
    cJSON_Delete(input);
    return found;
}

const char *r53_alarm_fault(const struct r53 *r53, const cJSON *config)
{
    static const char *const statistics[] = {"Average", "Minimum", "Maximum", "Sum", "SampleCount"};
    cJSON *alarm = describe_alarm(r53, config);
    const char *statistic = wire_text(alarm, "Statistic");
    const int64_t periods = wire_integer(alarm, "EvaluationPeriods", 1);
    const char *fault = NULL;
    bool is_known = false;
    for (size_t i = 0; statistic != NULL && i < ARRAY_LEN(statistics); i++)
        is_known = is_known || strcmp(statistic, statistics[i]) == 0;
    if (alarm == NULL)
        return NULL;
    if (wire_member(alarm, "Metrics") != NULL || wire_member(alarm, "MetricName") == NULL)
        fault = "alarms that use metric math";
    else if (!is_known)
        fault = "alarms with another statistic than Average, Minimum, Maximum, Sum or SampleCount";
    else if (wire_integer(alarm, "DatapointsToAlarm", periods) != periods)
        fault = "alarms that are triggered by M out of N datapoints";
    else if (wire_integer(alarm, "Period", PERIOD_MIN_S) < PERIOD_MIN_S)
        fault = "alarms of high-resolution metrics";
    cJSON_Delete(alarm);
    return fault;
}

/* In the order of the answer. */
static cJSON *configuration_of(const cJSON *alarm)
{
    static const char *const members[] = {
        "EvaluationPeriods", "Threshold", "ComparisonOperator", "Period",
        "MetricName",        "Namespace", "Statistic",          "Dimensions"};
    cJSON *configuration = cJSON_CreateObject();
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const cJSON *member = wire_member(alarm, members[i]);
        if (member != NULL)
            cJSON_AddItemToObject(configuration, members[i], cJSON_Duplicate(member, true));
    }
    return configuration;
}

static enum r53_alarm_state state_of(const cJSON *alarm)
{
    const char *value = wire_text(alarm, "StateValue");
    if (value != NULL && strcmp(value, "OK") == 0)
        return R53_ALARM_OK;
    if (value != NULL && strcmp(value, "ALARM") == 0)
        return R53_ALARM_ALARM;
    return R53_ALARM_INSUFFICIENT_DATA;
}

static void take_state(struct r53_check *check, const cJSON *alarm)
{
    check->alarm.state = state_of(alarm);
    if (check->alarm.state != R53_ALARM_INSUFFICIENT_DATA)
        check->alarm.was_healthy = check->alarm.state == R53_ALARM_OK;
}

static void look(struct r53_check *check)
{
    cJSON *alarm = describe_alarm(check->r53, check->config);
    take_state(check, alarm);
    if (alarm != NULL && check->alarm.configuration == NULL) /* it came after the check */
        check->alarm.configuration = configuration_of(alarm);
    cJSON_Delete(alarm);
    r53_check_reconsider(check, "alarm");
}

static void poll_alarm(void *context)
{
    struct r53_check *check = context;
    struct sim_sched *sched = check->r53->core->sched;
    check->alarm.event =
        sim_sched_at_background(sched, sim_sched_now_us(sched) + POLL_US, poll_alarm, check);
    look(check);
}

void r53_alarm_begin(struct r53_check *check)
{
    struct sim_sched *sched = check->r53->core->sched;
    cJSON *alarm = NULL;
    r53_alarm_end(check);
    if (check->type->family != R53_CHECK_ALARM)
        return;
    alarm = describe_alarm(check->r53, check->config);
    take_state(check, alarm);
    if (alarm != NULL)
        check->alarm.configuration = configuration_of(alarm);
    cJSON_Delete(alarm);
    if (!wire_flag(check->config, "Disabled", false))
        check->alarm.event =
            sim_sched_at_background(sched, sim_sched_now_us(sched) + POLL_US, poll_alarm, check);
}

void r53_alarm_end(struct r53_check *check)
{
    (void)sim_sched_cancel(check->r53->core->sched, check->alarm.event);
    check->alarm.event = 0;
    cJSON_Delete(check->alarm.configuration);
    check->alarm.configuration = NULL;
}

bool r53_alarm_says_healthy(const struct r53_check *check)
{
    const char *status = wire_text(check->config, "InsufficientDataHealthStatus");
    if (check->alarm.state != R53_ALARM_INSUFFICIENT_DATA)
        return check->alarm.state == R53_ALARM_OK;
    if (status == NULL || strcmp(status, "LastKnownStatus") == 0)
        return check->alarm.was_healthy;
    return strcmp(status, "Healthy") == 0;
}

/* "arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME" */
static bool is_alarm_of(const struct r53_check *check, const char *arn)
{
    static const char prefix[] = "arn:aws:cloudwatch:";
    const cJSON *identifier = wire_member(check->config, "AlarmIdentifier");
    const char *region = wire_text(identifier, "Region");
    const char *name = strstr(arn, ":alarm:");
    const char *its_region = arn + strlen(prefix);
    return strncmp(arn, prefix, strlen(prefix)) == 0 && name != NULL &&
           strncmp(its_region, region, strlen(region)) == 0 && its_region[strlen(region)] == ':' &&
           strcmp(name + strlen(":alarm:"), wire_text(identifier, "Name")) == 0;
}

void r53_checks_hear_alarm(struct r53 *r53, const char *arn)
{
    for (size_t i = 0; i < r53->checks.count; i++) {
        struct r53_check *check = r53->checks.by_id[i];
        if (check->type->family == R53_CHECK_ALARM && is_alarm_of(check, arn) &&
            !wire_flag(check->config, "Disabled", false))
            look(check);
    }
}
