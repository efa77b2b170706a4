/* test_alarm.c -- health checks that follow an alarm, against a CloudWatch of one alarm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/route53/route53_internal.h"
#include "tests/unit/route53/fixture_world.h"

#define ALARM "arn:aws:cloudwatch:us-east-1:000000000000:alarm:orders-errors"

/* --- a CloudWatch with one operation
 * --------------------------------------------------------------------
 */

struct cloudwatch {
    const char *alarm; /* JSON of "orders-errors" without its state; NULL: there is none */
    const char *state; /* NULL: by the data, see below */
    const struct sim_clock *clock;
    uint64_t failing_since_us;
    uint64_t periods; /* minutes of failures that make it ALARM */
    unsigned asked;
    struct wire_service service;
};

static const char monitoring_api[] =
    "{\"apiVersion\":\"1\",\"endpointPrefix\":\"monitoring\",\"jsonVersion\":\"1.0\","
    "\"protocol\":\"json\",\"service\":\"monitoring\",\"signingName\":\"monitoring\","
    "\"targetPrefix\":\"Watch\",\"operations\":{\"DescribeAlarms\":{\"method\":\"POST\","
    "\"uri\":\"/\",\"input\":\"DescribeAlarmsInput\",\"errors\":[]}},\"shapes\":{"
    "\"AlarmName\":{\"type\":\"string\"},"
    "\"AlarmNames\":{\"type\":\"list\",\"member\":{\"shape\":\"AlarmName\"}},"
    "\"DescribeAlarmsInput\":"
    "{\"type\":\"structure\",\"members\":[{\"name\":\"AlarmNames\",\"shape\":\"AlarmNames\"}]}}}";

/* A metric that fails has a bad datum in each minute, also in the one in which that begins; a datum
 * is there when its minute is over. */
static const char *state_by_data(const struct cloudwatch *cloudwatch)
{
    const uint64_t minute_us = 60 * SIM_US_PER_S;
    const uint64_t now_us = sim_clock_now_us(cloudwatch->clock);
    const uint64_t bad = now_us / minute_us - cloudwatch->failing_since_us / minute_us;
    return now_us >= cloudwatch->failing_since_us && bad >= cloudwatch->periods ? "ALARM" : "OK";
}

static enum wire_progress describe_alarms(void *state, struct wire_call *call)
{
    struct cloudwatch *cloudwatch = state;
    const char *name = cJSON_GetArrayItem(wire_member(call->input, "AlarmNames"), 0)->valuestring;
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, "MetricAlarms");
    cloudwatch->asked++;
    if (cloudwatch->alarm != NULL && strcmp(name, "orders-errors") == 0) {
        cJSON *alarm = cJSON_Parse(cloudwatch->alarm);
        assert_non_null(alarm);
        cJSON_AddStringToObject(alarm, "AlarmName", name);
        cJSON_AddStringToObject(alarm, "AlarmArn", ALARM);
        cJSON_AddStringToObject(alarm, "StateValue",
                                cloudwatch->state != NULL ? cloudwatch->state
                                                          : state_by_data(cloudwatch));
        cJSON_AddItemToArray(list, alarm);
    }
    return wire_succeed(call, output);
}

static const struct wire_operation monitoring_operations[] = {
    {"DescribeAlarms", describe_alarms, EFFECT_READ, PLANE_CONTROL},
};

#define PLAIN                                                                                      \
    "{\"EvaluationPeriods\":2,\"Threshold\":5,\"ComparisonOperator\":"                             \
    "\"GreaterThanThreshold\",\"Period\":60,\"MetricName\":\"Errors\",\"Namespace\":\"Orders\","   \
    "\"Statistic\":\"Sum\",\"Dimensions\":[{\"Name\":\"Stage\",\"Value\":\"live\"}]}"

struct lab {
    struct fixture fixture;
    struct cloudwatch cloudwatch;
    char id[64];
};

static int set_up(void **state)
{
    struct lab *lab = calloc(1, sizeof *lab);
    fixture_init(&lab->fixture);
    lab->cloudwatch = (struct cloudwatch){
        .alarm = PLAIN,
        .state = "OK",
        .service = {.id = "monitoring",
                    .title = "CloudWatch",
                    .sdk_id = "CLOUDWATCH",
                    .api_json = (const unsigned char *)monitoring_api,
                    .api_json_end = (const unsigned char *)monitoring_api + strlen(monitoring_api),
                    .operations = monitoring_operations,
                    .operation_count = ARRAY_LEN(monitoring_operations)}};
    wire_dispatcher_add(lab->fixture.dispatcher, &lab->cloudwatch.service, &lab->cloudwatch);
    *state = lab;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *lab = *state;
    fixture_fini(&lab->fixture);
    free(lab);
    return 0;
}

static bool create(struct lab *lab, const char *reference, const char *more)
{
    bool made = fixture_callf(&lab->fixture, "CreateHealthCheck",
                              "{\"CallerReference\":\"%s\",\"HealthCheckConfig\":{\"Type\":"
                              "\"CLOUDWATCH_METRIC\",\"AlarmIdentifier\":{\"Region\":\"us-east-1\","
                              "\"Name\":\"orders-errors\"}%s}}",
                              reference, more);
    if (made)
        (void)snprintf(lab->id, sizeof(lab->id), "%s",
                       fixture_text(&lab->fixture, "HealthCheck.Id"));
    return made;
}

static bool verdict(const struct lab *lab)
{
    return r53_check_find(&lab->fixture.r53->checks, lab->id)->verdict;
}

static void test_the_alarms_state_decides_and_insufficient_data_as_configured(void **state)
{
    static const struct {
        const char *claim, *more;
        const char *states; /* one after the other, ten seconds each; - for no such alarm */
        bool healthy;
    } cases[] = {
        {"OK", "", "O", true},
        {"ALARM", "", "A", false},
        {"back to OK", "", "AO", true},
        {"insufficient at first", "", "I", true},
        {"insufficient after OK", "", "OI", true},
        {"insufficient after ALARM", "", "AI", false},
        {"last known status, said aloud", ",\"InsufficientDataHealthStatus\":\"LastKnownStatus\"",
         "AI", false},
        {"counts as healthy", ",\"InsufficientDataHealthStatus\":\"Healthy\"", "AI", true},
        {"counts as unhealthy", ",\"InsufficientDataHealthStatus\":\"Unhealthy\"", "OI", false},
        {"no such alarm", ",\"InsufficientDataHealthStatus\":\"Unhealthy\"", "-", false},
        {"an alarm that was deleted", "", "A-", false},
        {"an alarm that comes later", "", "-A", false},
        {"inverted", ",\"Inverted\":true", "A", true},
        {"inverted and OK", ",\"Inverted\":true", "O", false},
        {"disabled", ",\"Disabled\":true", "A", true},
        {"disabled and inverted", ",\"Disabled\":true,\"Inverted\":true", "O", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct lab *lab = *state;
        char reference[16];
        (void)snprintf(reference, sizeof(reference), "r%zu", i);
        for (const char *c = cases[i].states; *c != '\0'; c++) {
            lab->cloudwatch.alarm = *c == '-' ? NULL : PLAIN;
            lab->cloudwatch.state = *c == 'O' ? "OK" : *c == 'A' ? "ALARM" : "INSUFFICIENT_DATA";
            if (c == cases[i].states)
                assert_true(create(lab, reference, cases[i].more));
            fixture_advance(&lab->fixture, 10 * SIM_US_PER_S);
        }
        if (verdict(lab) != cases[i].healthy)
            fail_msg("%s: %d", cases[i].claim, verdict(lab));
    }
}

static void test_the_alarm_is_asked_every_ten_seconds_while_the_check_is_enabled(void **state)
{
    struct lab *lab = *state;
    assert_true(create(lab, "r", ""));
    lab->cloudwatch.asked = 0;
    fixture_advance(&lab->fixture, 60 * SIM_US_PER_S);
    assert_int_equal(lab->cloudwatch.asked, 6);
    assert_int_equal(sim_sched_foreground_count(lab->fixture.core.sched), 0);
    assert_true(fixture_callf(&lab->fixture, "UpdateHealthCheck",
                              "{\"HealthCheckId\":\"%s\",\"Disabled\":true}", lab->id));
    lab->cloudwatch.asked = 0;
    fixture_advance(&lab->fixture, 60 * SIM_US_PER_S);
    assert_int_equal(lab->cloudwatch.asked, 0);
    assert_true(
        fixture_callf(&lab->fixture, "DeleteHealthCheck", "{\"HealthCheckId\":\"%s\"}", lab->id));
}

static void test_a_change_that_is_told_counts_at_once(void **state)
{
    static const struct {
        const char *claim, *arn;
        bool is_heard;
    } cases[] = {
        {"another alarm", "arn:aws:cloudwatch:us-east-1:000000000000:alarm:others", false},
        {"another Region", "arn:aws:cloudwatch:us-west-2:000000000000:alarm:orders-errors", false},
        {"no alarm's ARN", "orders-errors", false},
        {"this alarm", ALARM, true},
    };
    struct lab *lab = *state;
    assert_true(create(lab, "r", ""));
    lab->cloudwatch.state = "ALARM";
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        wire_health_tell_changed(wire_dispatcher_host(lab->fixture.dispatcher)->health,
                                 WIRE_HEALTH_ALARM, cases[i].arn);
        if (verdict(lab) == cases[i].is_heard)
            fail_msg("%s", cases[i].claim);
    }
}

static void test_an_alarm_that_cannot_be_asked_is_insufficient_data(void **state)
{
    struct lab *lab = *state;
    const struct sim_fault_spec spec = {.kind = SIM_FAULT_REGION_DOWN, .region = "us-east-1"};
    uint64_t fault = 0;
    assert_true(create(lab, "r", ",\"InsufficientDataHealthStatus\":\"Unhealthy\""));
    assert_true(verdict(lab));
    assert_int_equal(sim_faults_add(lab->fixture.core.faults, &spec, &fault, NULL), RESULT_OK);
    fixture_advance(&lab->fixture, 10 * SIM_US_PER_S);
    assert_false(verdict(lab));
    assert_int_equal(sim_faults_remove(lab->fixture.core.faults, fault, NULL), RESULT_OK);
    fixture_advance(&lab->fixture, 10 * SIM_US_PER_S);
    assert_true(verdict(lab));
}

static void test_the_alarms_configuration_is_copied_when_the_check_changes(void **state)
{
    struct lab *lab = *state;
    assert_true(create(lab, "r", ""));
    assert_string_equal(
        fixture_text(&lab->fixture, "HealthCheck.CloudWatchAlarmConfiguration.MetricName"),
        "Errors");
    lab->cloudwatch.alarm = "{\"EvaluationPeriods\":2,\"Threshold\":5,\"ComparisonOperator\":"
                            "\"GreaterThanThreshold\",\"Period\":60,\"MetricName\":\"Faults\","
                            "\"Namespace\":\"Orders\",\"Statistic\":\"Sum\"}";
    fixture_advance(&lab->fixture, 60 * SIM_US_PER_S);
    assert_true(
        fixture_callf(&lab->fixture, "GetHealthCheck", "{\"HealthCheckId\":\"%s\"}", lab->id));
    assert_string_equal(
        fixture_text(&lab->fixture, "HealthCheck.CloudWatchAlarmConfiguration.MetricName"),
        "Errors");
    assert_true(fixture_callf(&lab->fixture, "UpdateHealthCheck",
                              "{\"HealthCheckId\":\"%s\",\"Inverted\":false}", lab->id));
    assert_string_equal(
        fixture_text(&lab->fixture, "HealthCheck.CloudWatchAlarmConfiguration.MetricName"),
        "Faults");
}

static void test_some_alarms_cannot_be_followed(void **state)
{
    static const struct {
        const char *claim, *alarm, *message;
    } cases[] = {
        {"metric math", "{\"Metrics\":[],\"EvaluationPeriods\":1}",
         "Invalid parameter : Health checks do not support alarms that use metric math."},
        {"percentiles",
         "{\"MetricName\":\"m\",\"EvaluationPeriods\":1,\"ExtendedStatistic\":\"p99\"}",
         "Invalid parameter : Health checks do not support alarms with another statistic than "
         "Average, Minimum, Maximum, Sum or SampleCount."},
        {"M out of N",
         "{\"MetricName\":\"m\",\"Statistic\":\"Sum\",\"EvaluationPeriods\":3,"
         "\"DatapointsToAlarm\":2}",
         "Invalid parameter : Health checks do not support alarms that are triggered by M out of N "
         "datapoints."},
        {"high resolution",
         "{\"MetricName\":\"m\",\"Statistic\":\"Sum\",\"EvaluationPeriods\":3,\"Period\":10}",
         "Invalid parameter : Health checks do not support alarms of high-resolution metrics."},
        {"N of N is fine",
         "{\"MetricName\":\"m\",\"Statistic\":\"Sum\",\"EvaluationPeriods\":3,"
         "\"DatapointsToAlarm\":3}",
         ""},
    };
    struct lab *lab = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char reference[16];
        (void)snprintf(reference, sizeof(reference), "r%zu", i);
        lab->cloudwatch.alarm = cases[i].alarm;
        if (create(lab, reference, "") != (cases[i].message[0] == '\0') ||
            strcmp(lab->fixture.message, cases[i].message) != 0)
            fail_msg("%s: %s", cases[i].claim, lab->fixture.message);
    }
}

static void test_the_status_tells_the_alarms_state(void **state)
{
    struct lab *lab = *state;
    lab->cloudwatch.state = "ALARM";
    assert_true(create(lab, "r", ""));
    assert_true(fixture_callf(&lab->fixture, "GetHealthCheckStatus", "{\"HealthCheckId\":\"%s\"}",
                              lab->id));
    assert_string_equal(
        fixture_text(&lab->fixture, "HealthCheckObservations.0.StatusReport.Status"),
        "Failure: The alarm is in the state ALARM");
}

struct story {
    uint64_t from_us;
    char text[1024];
};

static void note_event(void *context, const struct sim_trace_event *event)
{
    struct story *story = context;
    size_t used = strlen(story->text);
    if (strncmp(event->type, "health.", 7) == 0)
        (void)snprintf(story->text + used, sizeof(story->text) - used, "%llu.%llu s %s %s\n",
                       (unsigned long long)((event->at_us - story->from_us) / SIM_US_PER_S),
                       (unsigned long long)((event->at_us - story->from_us) / 100000 % 10),
                       event->type, sim_trace_field_find(event, "status")->text);
}

/* docs/lessons/dns-failover.md shows these lines. */
static void test_a_failover_by_an_alarm_takes_the_minutes_of_its_metric(void **state)
{
    static const struct {
        const char *claim;
        uint64_t periods, fails_s; /* seconds into a minute */
        const char *story;
    } cases[] = {
        {"one period", 1, 20, "40.0 s health.change Unhealthy\n45.7 s health.served Unhealthy\n"},
        {"three periods", 3, 20,
         "160.0 s health.change Unhealthy\n165.7 s health.served Unhealthy\n"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        void *own = NULL;
        struct lab *lab = NULL;
        struct story story = {.text = ""};
        set_up(&own);
        lab = own;
        r53_set_propagation(lab->fixture.r53, 0, 5 * SIM_US_PER_S);
        lab->cloudwatch.clock = lab->fixture.core.clock;
        lab->cloudwatch.periods = cases[i].periods;
        lab->cloudwatch.failing_since_us = UINT64_MAX;
        fixture_advance(&lab->fixture,
                        120 * SIM_US_PER_S -
                            sim_clock_now_us(lab->fixture.core.clock) % (60 * SIM_US_PER_S));
        lab->cloudwatch.state = NULL;
        assert_true(create(lab, "r", ""));
        fixture_advance(&lab->fixture, (60 + cases[i].fails_s) * SIM_US_PER_S);
        story.from_us = sim_clock_now_us(lab->fixture.core.clock);
        lab->cloudwatch.failing_since_us = story.from_us;
        sim_trace_listen(lab->fixture.core.trace, note_event, &story);
        fixture_advance(&lab->fixture, 300 * SIM_US_PER_S);
        if (strcmp(story.text, cases[i].story) != 0)
            fail_msg("%s: %s", cases[i].claim, story.text);
        tear_down(&own);
    }
}

int main(void)
{
#define WITH_LAB(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_LAB(test_the_alarms_state_decides_and_insufficient_data_as_configured),
        WITH_LAB(test_the_alarm_is_asked_every_ten_seconds_while_the_check_is_enabled),
        WITH_LAB(test_a_change_that_is_told_counts_at_once),
        WITH_LAB(test_an_alarm_that_cannot_be_asked_is_insufficient_data),
        WITH_LAB(test_the_alarms_configuration_is_copied_when_the_check_changes),
        WITH_LAB(test_some_alarms_cannot_be_followed),
        WITH_LAB(test_the_status_tells_the_alarms_state),
        cmocka_unit_test(test_a_failover_by_an_alarm_takes_the_minutes_of_its_metric),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
