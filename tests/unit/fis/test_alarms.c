/* Stop conditions and asserted alarms, against a CloudWatch of three alarms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/fis/fis.h"
#include "emulators/wire/dispatch.h"

#define ALARM_ARN "arn:aws:cloudwatch:us-east-1:000000000000:alarm:"

struct lab {
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct fis *fis;
    const char *slow_state; /* of the alarm "slow" */
    struct wire_service monitoring;
};

/* --- a CloudWatch with one operation --- */

static const char monitoring_api[] =
    "{\"apiVersion\":\"1\",\"endpointPrefix\":\"monitoring\",\"jsonVersion\":\"1.0\","
    "\"protocol\":\"json\",\"service\":\"monitoring\",\"signingName\":\"monitoring\","
    "\"targetPrefix\":\"Watch\",\"operations\":{\"DescribeAlarms\":{\"method\":\"POST\","
    "\"uri\":\"/\",\"input\":\"DescribeAlarmsInput\",\"errors\":[]}},\"shapes\":{"
    "\"AlarmName\":{\"type\":\"string\"},"
    "\"AlarmNames\":{\"type\":\"list\",\"member\":{\"shape\":\"AlarmName\"}},"
    "\"DescribeAlarmsInput\":"
    "{\"type\":\"structure\",\"members\":[{\"name\":\"AlarmNames\",\"shape\":\"AlarmNames\"}]}}}";

static enum wire_progress describe_alarms(void *state, struct wire_call *call)
{
    const struct lab *lab = state;
    const char *name = cJSON_GetArrayItem(wire_member(call->input, "AlarmNames"), 0)->valuestring;
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, "MetricAlarms");
    const char *value = strcmp(name, "slow") == 0 ? lab->slow_state : NULL;
    if (strcmp(name, "fine") == 0)
        value = "OK";
    if (value == NULL)
        return wire_succeed(call, output);
    cJSON *alarm = cJSON_CreateObject();
    cJSON_AddStringToObject(alarm, "AlarmArn", sim_arena_printf(call->arena, ALARM_ARN "%s", name));
    cJSON_AddStringToObject(alarm, "StateValue", value);
    cJSON_AddItemToArray(list, alarm);
    return wire_succeed(call, output);
}

static const struct wire_operation monitoring_operations[] = {
    {"DescribeAlarms", describe_alarms, EFFECT_READ, PLANE_CONTROL},
};

static int set_up(void **state)
{
    struct lab *lab = calloc(1, sizeof *lab);
    const struct sim_core_options options = {.seed = 7, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    struct sim_region *region;
    sim_core_init(&lab->core, &options);
    assert_int_equal(sim_network_add_region(lab->core.network, "us-east-1", true, &region, NULL),
                     RESULT_OK);
    lab->dispatcher = wire_dispatcher_create(&lab->core);
    assert_int_equal(fis_create(wire_dispatcher_host(lab->dispatcher), &lab->fis, NULL), RESULT_OK);
    wire_dispatcher_add(lab->dispatcher, &fis_service, lab->fis);
    lab->slow_state = "OK";
    lab->monitoring = (struct wire_service){
        .id = "monitoring",
        .title = "CloudWatch",
        .sdk_id = "CLOUDWATCH",
        .api_json = (const unsigned char *)monitoring_api,
        .api_json_end = (const unsigned char *)monitoring_api + strlen(monitoring_api),
        .operations = monitoring_operations,
        .operation_count = ARRAY_LEN(monitoring_operations),
    };
    wire_dispatcher_add(lab->dispatcher, &lab->monitoring, lab);
    *state = lab;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *lab = *state;
    fis_destroy(lab->fis);
    wire_dispatcher_destroy(lab->dispatcher);
    sim_core_fini(&lab->core);
    free(lab);
    return 0;
}

static cJSON *ask(struct lab *lab, const char *operation, const char *input_text)
{
    cJSON *input = cJSON_Parse(input_text);
    assert_non_null(input);
    const struct wire_request request = {
        .service = "fis", .operation = operation, .region = "us-east-1", .input = input};
    struct sim_error error = {0};
    cJSON *output = NULL;
    enum sim_result result = wire_dispatch_now(lab->dispatcher, &request, &output, &error);
    cJSON_Delete(input);
    if (result != RESULT_OK)
        fail_msg("%s: %s", operation, error.message);
    return output;
}

/* Starts an experiment of these actions and stop conditions; its id. */
static void start(struct lab *lab, const char *actions, const char *stop_conditions, char id[64])
{
    char text[2048];
    snprintf(text, sizeof text,
             "{\"clientToken\":\"t\",\"description\":\"d\",\"roleArn\":\"arn:aws:iam::1:role/"
             "fault\",\"actions\":%s,\"stopConditions\":%s}",
             actions, stop_conditions);
    cJSON *made = ask(lab, "CreateExperimentTemplate", text);
    snprintf(text, sizeof text, "{\"clientToken\":\"t\",\"experimentTemplateId\":\"%s\"}",
             wire_text(wire_member(made, "experimentTemplate"), "id"));
    cJSON *started = ask(lab, "StartExperiment", text);
    snprintf(id, 64, "%s", wire_text(wire_member(started, "experiment"), "id"));
    cJSON_Delete(made);
    cJSON_Delete(started);
}

static void expect_state(struct lab *lab, const char *id, const char *status, const char *reason)
{
    char text[128];
    snprintf(text, sizeof text, "{\"id\":\"%s\"}", id);
    cJSON *told = ask(lab, "GetExperiment", text);
    const cJSON *state = wire_member(wire_member(told, "experiment"), "state");
    assert_string_equal(wire_text(state, "status"), status);
    assert_non_null(strstr(wire_text(state, "reason"), reason));
    cJSON_Delete(told);
}

static void run_for(struct lab *lab, uint64_t duration_us)
{
    uint64_t until_us = sim_sched_now_us(lab->core.sched) + duration_us;
    while (sim_sched_step(lab->core.sched, until_us))
        continue;
    sim_clock_move_to(lab->core.clock, until_us);
}

#define WAIT "{\"w\":{\"actionId\":\"aws:fis:wait\",\"parameters\":{\"duration\":\"PT5M\"}}}"
#define STOP_AT_SLOW                                                                               \
    "[{\"source\":\"aws:cloudwatch:alarm\",\"value\":\"" ALARM_ARN "fine\"},"                      \
    "{\"source\":\"aws:cloudwatch:alarm\",\"value\":\"" ALARM_ARN "slow\"}]"

static void test_an_alarm_that_goes_off_stops_the_experiment(void **state)
{
    struct lab *lab = *state;
    char id[64];
    start(lab, WAIT, STOP_AT_SLOW, id);
    run_for(lab, 60 * SIM_US_PER_S);
    expect_state(lab, id, "running", "running");
    lab->slow_state = "INSUFFICIENT_DATA";
    run_for(lab, 60 * SIM_US_PER_S);
    expect_state(lab, id, "running", "running");
    lab->slow_state = "ALARM";
    run_for(lab, 10 * SIM_US_PER_S);
    expect_state(lab, id, "stopped", "stop condition");
}

static void test_an_alarm_that_is_off_already_lets_nothing_begin(void **state)
{
    struct lab *lab = *state;
    char id[64];
    lab->slow_state = "ALARM";
    start(lab, WAIT, STOP_AT_SLOW, id);
    run_for(lab, SIM_US_PER_S);
    expect_state(lab, id, "stopped", "stop condition");
}

static void test_without_an_alarm_the_experiment_is_completed(void **state)
{
    struct lab *lab = *state;
    char id[64];
    start(lab, WAIT, STOP_AT_SLOW, id);
    run_for(lab, 301 * SIM_US_PER_S);
    expect_state(lab, id, "completed", "completed");
}

static void test_an_assertion_holds_or_fails_by_the_state_of_each_alarm(void **state)
{
    static const struct {
        const char *arns;
        const char *states;
        const char *slow_state;
        const char *status;
    } cases[] = {
        {ALARM_ARN "fine", "OK", "OK", "completed"},
        {ALARM_ARN "fine," ALARM_ARN "slow", "OK", "OK", "completed"},
        {ALARM_ARN "fine," ALARM_ARN "slow", "OK,ALARM", "ALARM", "completed"},
        {ALARM_ARN "fine," ALARM_ARN "slow", "OK", "ALARM", "failed"},
        {ALARM_ARN "slow", "ALARM", "INSUFFICIENT_DATA", "failed"},
        {ALARM_ARN "none", "OK,ALARM,INSUFFICIENT_DATA", "OK", "failed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct lab *lab = *state;
        char actions[1024];
        char id[64];
        lab->slow_state = cases[i].slow_state;
        fis_reset(lab->fis);
        snprintf(actions, sizeof actions,
                 "{\"a\":{\"actionId\":\"aws:cloudwatch:assert-alarm-state\",\"parameters\":"
                 "{\"alarmArns\":\"%s\",\"alarmStates\":\"%s\"}}}",
                 cases[i].arns, cases[i].states);
        start(lab, actions, "[{\"source\":\"none\"}]", id);
        run_for(lab, SIM_US_PER_S);
        expect_state(lab, id, cases[i].status, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_alarm_that_goes_off_stops_the_experiment, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_an_alarm_that_is_off_already_lets_nothing_begin,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_an_alarm_the_experiment_is_completed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_an_assertion_holds_or_fails_by_the_state_of_each_alarm,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
