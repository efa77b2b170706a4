#include "tests/unit/arc/fixture_arc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* "type@region name=value ..." a line, of the events that this folder writes. */
static void hear(void *context, const struct sim_trace_event *event)
{
    struct arc_lab *lab = context;
    if (strcmp(event->type, "arc.status") == 0) {
        size_t used = strlen(lab->statuses);
        snprintf(lab->statuses + used, sizeof lab->statuses - used, "%s %s\n",
                 sim_trace_field_find(event, "name")->text,
                 sim_trace_field_find(event, "status")->text);
        return;
    }
    if (strncmp(event->type, "control.", 8) != 0 && strncmp(event->type, "cluster.", 8) != 0)
        return;
    char line[512];
    int length = snprintf(line, sizeof line, "%s@%s", event->type,
                          event->region != NULL ? event->region : "");
    for (size_t i = 0; i < event->field_count; i++) {
        const struct sim_field *field = &event->fields[i];
        if (strcmp(field->name, "arn") == 0 || length < 0 || (size_t)length >= sizeof line)
            continue;
        length += field->kind == SIM_FIELD_TEXT
                      ? snprintf(line + length, sizeof line - (size_t)length, " %s=%s", field->name,
                                 field->text)
                      : snprintf(line + length, sizeof line - (size_t)length, " %s=%lld",
                                 field->name, (long long)field->number);
    }
    size_t used = strlen(lab->trace);
    snprintf(lab->trace + used, sizeof lab->trace - used, "%s\n", line);
}

static void told(void *context, const char *kind, const char *id)
{
    struct arc_lab *lab = context;
    assert_string_equal(kind, WIRE_HEALTH_ROUTING_CONTROL);
    size_t used = strlen(lab->told);
    snprintf(lab->told + used, sizeof lab->told - used, "%s\n", id);
}

int arc_lab_set_up(void **state)
{
    struct arc_lab *lab = calloc(1, sizeof *lab);
    const struct sim_core_options options = {.seed = 7, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    struct sim_region *region;
    sim_core_init(&lab->core, &options);
    for (size_t i = 0; i < ARC_ENDPOINT_COUNT; i++)
        assert_int_equal(sim_network_add_region(lab->core.network, arc_endpoint_regions[i], i < 2,
                                                &region, NULL),
                         RESULT_OK);
    assert_int_equal(sim_network_add_region(lab->core.network, "eu-central-1", true, &region, NULL),
                     RESULT_OK);
    lab->dispatcher = wire_dispatcher_create(&lab->core);
    const struct wire_host *host = wire_dispatcher_host(lab->dispatcher);
    assert_int_equal(arc_create(host, &lab->arc, NULL), RESULT_OK);
    wire_dispatcher_add(lab->dispatcher, &arc_config_service, lab->arc);
    wire_dispatcher_add(lab->dispatcher, &arc_cluster_service, lab->arc);
    wire_health_listen(host->health, told, lab);
    sim_trace_listen(lab->core.trace, hear, lab);
    *state = lab;
    return 0;
}

int arc_lab_tear_down(void **state)
{
    struct arc_lab *lab = *state;
    cJSON_Delete(lab->output);
    cJSON_Delete(lab->members);
    arc_destroy(lab->arc);
    wire_dispatcher_destroy(lab->dispatcher);
    sim_core_fini(&lab->core);
    free(lab);
    return 0;
}

static void answered(void *context, struct wire_call *call)
{
    struct arc_lab *lab = context;
    lab->outcome = call->outcome;
    snprintf(lab->code, sizeof lab->code, "%s", call->error.code != NULL ? call->error.code : "");
    snprintf(lab->message, sizeof lab->message, "%s",
             call->error.message != NULL ? call->error.message : "");
    lab->status = call->error.status;
    lab->members = cJSON_Duplicate(call->error.members, true);
    if (call->outcome == WIRE_OK)
        lab->output =
            call->output != NULL ? cJSON_Duplicate(call->output, true) : cJSON_CreateObject();
}

static const cJSON *ask(struct arc_lab *lab, const char *endpoint, const char *operation,
                        const char *format, va_list arguments)
{
    char *text = NULL;
    assert_true(vasprintf(&text, format, arguments) >= 0);
    cJSON *input = cJSON_Parse(text);
    if (input == NULL)
        fail_msg("no JSON: %s", text);
    free(text);
    cJSON_Delete(lab->output);
    cJSON_Delete(lab->members);
    lab->output = NULL;
    lab->members = NULL;
    lab->outcome = WIRE_TIMED_OUT;
    const struct wire_request request = {
        .service = endpoint != NULL ? arc_cluster_service.id : arc_config_service.id,
        .operation = operation,
        .region = endpoint != NULL ? endpoint : "us-west-2",
        .endpoint = endpoint,
        .caller = "tester",
        .input = input,
    };
    wire_dispatch(lab->dispatcher, &request, answered, lab);
    cJSON_Delete(input);
    return lab->output;
}

const cJSON *arc_lab_ask(struct arc_lab *lab, const char *endpoint, const char *operation,
                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const cJSON *output = ask(lab, endpoint, operation, format, arguments);
    va_end(arguments);
    return output;
}

const cJSON *arc_lab_do(struct arc_lab *lab, const char *endpoint, const char *operation,
                        const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const cJSON *output = ask(lab, endpoint, operation, format, arguments);
    va_end(arguments);
    if (output == NULL)
        fail_msg("%s: outcome %d, %s: %s", operation, (int)lab->outcome, lab->code, lab->message);
    return output;
}

void arc_lab_expect_error(const struct arc_lab *lab, const char *code, int status, const char *part)
{
    if (lab->outcome != WIRE_ERROR || strcmp(lab->code, code) != 0 || lab->status != status ||
        strstr(lab->message, part) == NULL)
        fail_msg("wanted %d %s \"%s\", got outcome %d, %d %s \"%s\"", status, code, part,
                 (int)lab->outcome, lab->status, lab->code, lab->message);
}

void arc_lab_run_for(struct arc_lab *lab, uint64_t duration_us)
{
    struct sim_error error;
    uint64_t until_us = sim_clock_now_us(lab->core.clock) + duration_us;
    assert_int_equal(
        sim_advance_start(lab->core.advance, SIM_ADVANCE_TO_TIME, until_us, NULL, NULL, &error),
        RESULT_OK);
}

uint64_t arc_lab_add_fault(struct arc_lab *lab, const struct sim_fault_spec *spec)
{
    uint64_t id = 0;
    struct sim_error error;
    if (sim_faults_add(lab->core.faults, spec, &id, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    return id;
}

void arc_lab_remove_fault(struct arc_lab *lab, uint64_t id)
{
    struct sim_error error;
    assert_int_equal(sim_faults_remove(lab->core.faults, id, &error), RESULT_OK);
}

const char *arc_lab_text(const struct arc_lab *lab, const char *object, const char *member)
{
    return wire_text(wire_member(lab->output, object), member);
}

/* The ARN of what the last call made; then until it is DEPLOYED. */
static void keep_arn(struct arc_lab *lab, const char *object, const char *member, char *arn)
{
    snprintf(arn, ARN_BYTES, "%s", arc_lab_text(lab, object, member));
    arc_lab_run_for(lab, SIM_US_PER_S);
}

void arc_lab_cluster(struct arc_lab *lab, const char *name, char *arn)
{
    arc_lab_do(lab, NULL, "CreateCluster", "{\"ClusterName\":\"%s\"}", name);
    keep_arn(lab, "Cluster", "ClusterArn", arn);
}

void arc_lab_default_panel(struct arc_lab *lab, const char *cluster, char *arn)
{
    const cJSON *output =
        arc_lab_do(lab, NULL, "ListControlPanels", "{\"ClusterArn\":\"%s\"}", cluster);
    const cJSON *panel = cJSON_GetArrayItem(wire_member(output, "ControlPanels"), 0);
    snprintf(arn, ARN_BYTES, "%s", wire_text(panel, "ControlPanelArn"));
}

void arc_lab_panel(struct arc_lab *lab, const char *cluster, const char *name, char *arn)
{
    arc_lab_do(lab, NULL, "CreateControlPanel",
               "{\"ClusterArn\":\"%s\",\"ControlPanelName\":\"%s\"}", cluster, name);
    keep_arn(lab, "ControlPanel", "ControlPanelArn", arn);
}

void arc_lab_control(struct arc_lab *lab, const char *cluster, const char *panel, const char *name,
                     char *arn)
{
    arc_lab_do(lab, NULL, "CreateRoutingControl",
               "{\"ClusterArn\":\"%s\",\"ControlPanelArn\":\"%s\",\"RoutingControlName\":\"%s\"}",
               cluster, panel, name);
    keep_arn(lab, "RoutingControl", "RoutingControlArn", arn);
}

void arc_lab_rule(struct arc_lab *lab, const struct arc_lab_rule *rule, char *arn)
{
    bool gating = rule->targets != NULL;
    arc_lab_do(lab, NULL, "CreateSafetyRule",
               "{\"%s\":{\"ControlPanelArn\":\"%s\",\"Name\":\"%s\",\"%s\":[%s],%s%s%s"
               "\"WaitPeriodMs\":%d,"
               "\"RuleConfig\":{\"Type\":\"%s\",\"Threshold\":%d,\"Inverted\":%s}}}",
               gating ? "GatingRule" : "AssertionRule", rule->panel, rule->name,
               gating ? "GatingControls" : "AssertedControls", rule->controls,
               gating ? "\"TargetControls\":[" : "", gating ? rule->targets : "",
               gating ? "]," : "", rule->wait_ms, rule->type, rule->threshold,
               rule->inverted ? "true" : "false");
    keep_arn(lab, gating ? "GatingRule" : "AssertionRule", "SafetyRuleArn", arn);
}

const cJSON *arc_lab_switch(struct arc_lab *lab, const char *control, bool on)
{
    arc_lab_run_for(lab, SIM_US_PER_S);
    return arc_lab_ask(lab, "us-east-1", "UpdateRoutingControlState",
                       "{\"RoutingControlArn\":\"%s\",\"RoutingControlState\":\"%s\"}", control,
                       on ? "On" : "Off");
}

bool arc_lab_is_on(struct arc_lab *lab, const char *endpoint, const char *control)
{
    const cJSON *output = arc_lab_do(lab, endpoint, "GetRoutingControlState",
                                     "{\"RoutingControlArn\":\"%s\"}", control);
    return strcmp(wire_text(output, "RoutingControlState"), "On") == 0;
}
