/* The five endpoints: who serves, what a batch does, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/arc/fixture_arc.h"

#define CONTROLS 12

/* A cluster with one panel of twelve controls. */
struct panel {
    char cluster[ARN_BYTES], arn[ARN_BYTES], controls[CONTROLS][ARN_BYTES];
};

static void make_panel(struct arc_lab *lab, struct panel *panel)
{
    char name[16];
    arc_lab_cluster(lab, "c", panel->cluster);
    arc_lab_panel(lab, panel->cluster, "p", panel->arn);
    for (int i = 0; i < CONTROLS; i++) {
        snprintf(name, sizeof name, "r%d", i);
        arc_lab_control(lab, panel->cluster, panel->arn, name, panel->controls[i]);
    }
}

/* A batch from text: "0+ 1-" is control 0 On and control 1 Off; 'x' is an unknown one. */
static const cJSON *ask_batch(struct arc_lab *lab, const struct panel *panel, const char *endpoint,
                              const char *batch)
{
    char entries[16384] = "";
    for (const char *at = batch; *at != '\0';) {
        int index = -1;
        int length = 0;
        char sign = 0;
        if (sscanf(at, "%d%c%n", &index, &sign, &length) < 2)
            assert_int_equal(sscanf(at, "x%c%n", &sign, &length), 1);
        size_t used = strlen(entries);
        snprintf(entries + used, sizeof entries - used,
                 "%s{\"RoutingControlArn\":\"%s\",\"RoutingControlState\":\"%s\"}",
                 used > 0 ? "," : "", index >= 0 ? panel->controls[index] : "arn:none",
                 sign == '+' ? "On" : "Off");
        at += length;
        at += strspn(at, " ");
    }
    arc_lab_run_for(lab, SIM_US_PER_S);
    return arc_lab_ask(lab, endpoint, "UpdateRoutingControlStates",
                       "{\"UpdateRoutingControlStateEntries\":[%s]}", entries);
}

/* "100..." one digit a control, as the endpoint lists them. */
static void states(struct arc_lab *lab, const struct panel *panel, const char *endpoint,
                   char text[CONTROLS + 1])
{
    const cJSON *output = arc_lab_do(lab, endpoint, "ListRoutingControls",
                                     "{\"ControlPanelArn\":\"%s\"}", panel->arn);
    int count = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, wire_member(output, "RoutingControls"))
    {
        assert_string_equal(wire_text(item, "ControlPanelArn"), panel->arn);
        assert_string_equal(wire_text(item, "ControlPanelName"), "p");
        assert_string_equal(wire_text(item, "Owner"), WIRE_ACCOUNT_DEFAULT);
        assert_true(count < CONTROLS);
        text[count++] = strcmp(wire_text(item, "RoutingControlState"), "On") == 0 ? '1' : '0';
    }
    text[count] = '\0';
}

static void test_a_change_by_one_endpoint_shows_at_all_five(void **state)
{
    struct arc_lab *lab = *state;
    struct panel panel;
    make_panel(lab, &panel);
    for (int i = 0; i < ARC_ENDPOINT_COUNT; i++) {
        char text[CONTROLS + 1], batch[16];
        snprintf(batch, sizeof batch, "%d+", i);
        assert_non_null(ask_batch(lab, &panel, arc_endpoint_regions[i], batch));
        for (int j = 0; j < ARC_ENDPOINT_COUNT; j++) {
            states(lab, &panel, arc_endpoint_regions[j], text);
            assert_int_equal(text[i], '1');
            assert_int_equal(text[i + 1], '0');
        }
    }
}

static void test_a_batch_happens_whole_or_not_at_all(void **state)
{
    struct arc_lab *lab = *state;
    struct panel panel;
    static const struct {
        const char *claim, *batch, *code, *after;
    } rows[] = {
        {"two at once", "0+ 1+", "", "110000000000"},
        {"an unknown one stops all", "2+ x+ 3+", "ResourceNotFoundException", "110000000000"},
        {"ten are allowed", "0- 1- 2+ 3+ 4+ 5+ 6+ 7+ 8+ 9+", "", "001111111100"},
        {"eleven are too many", "0+ 1+ 2- 3- 4- 5- 6- 7- 8- 9- 10+",
         "ServiceLimitExceededException", "001111111100"},
        {"the present state again", "2+ 0-", "", "001111111100"},
        {"named twice: the last counts", "2- 2+ 3+ 3-", "", "001011111100"},
    };
    make_panel(lab, &panel);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[CONTROLS + 1];
        bool succeeded = ask_batch(lab, &panel, "eu-west-1", rows[i].batch) != NULL;
        bool expected = rows[i].code[0] == '\0';
        if (succeeded != expected || strcmp(lab->code, rows[i].code) != 0)
            fail_msg("%s: outcome %d %s: %s", rows[i].claim, (int)lab->outcome, lab->code,
                     lab->message);
        states(lab, &panel, "eu-west-1", text);
        if (strcmp(text, rows[i].after) != 0)
            fail_msg("%s: %s", rows[i].claim, text);
    }
}

static void test_errors_carry_the_members_that_clients_read(void **state)
{
    struct arc_lab *lab = *state;
    struct panel panel;
    make_panel(lab, &panel);
    arc_lab_ask(lab, "us-east-1", "GetRoutingControlState", "{\"RoutingControlArn\":\"arn:none\"}");
    arc_lab_expect_error(lab, "ResourceNotFoundException", 400, "arn:none");
    assert_string_equal(wire_text(lab->members, "resourceId"), "arn:none");
    assert_string_equal(wire_text(lab->members, "resourceType"), "RoutingControl");
    arc_lab_ask(lab, "us-east-1", "ListRoutingControls", "{\"ControlPanelArn\":\"%s\"}",
                panel.cluster);
    arc_lab_expect_error(lab, "ResourceNotFoundException", 400, panel.cluster);
    assert_string_equal(wire_text(lab->members, "resourceType"), "ControlPanel");
    arc_lab_ask(lab, "us-east-1", "UpdateRoutingControlState",
                "{\"RoutingControlArn\":\"%s\",\"RoutingControlState\":\"On\","
                "\"SafetyRulesToOverride\":[\"arn:none\"]}",
                panel.controls[0]);
    arc_lab_expect_error(lab, "ResourceNotFoundException", 400, "Safety rule");
    assert_string_equal(wire_text(lab->members, "resourceType"), "SafetyRule");
    ask_batch(lab, &panel, "us-east-1", "0+ 1+ 2+ 3+ 4+ 5+ 6+ 7+ 8+ 9+ 10+");
    arc_lab_expect_error(lab, "ServiceLimitExceededException", 400, "10");
    assert_string_equal(wire_text(lab->members, "serviceCode"), "route53-recovery-cluster");
    assert_non_null(wire_text(lab->members, "limitCode"));
    arc_lab_ask(lab, "us-east-1", "UpdateRoutingControlState",
                "{\"RoutingControlArn\":\"%s\",\"RoutingControlState\":\"ON\"}", panel.controls[0]);
    arc_lab_expect_error(lab, "ValidationException", 400, "");
    assert_false(arc_lab_is_on(lab, "us-east-1", panel.controls[0]));
}

static void set_down(struct arc_lab *lab, const char *region, bool down)
{
    struct sim_error error;
    assert_int_equal(arc_set_endpoint_down(lab->arc, region, down, &error), RESULT_OK);
}

/* Each way to lose an endpoint, and what a caller of that very endpoint sees. */
static void test_an_endpoint_out_of_service_leaves_the_others(void **state)
{
    struct arc_lab *lab = *state;
    struct panel panel;
    static const struct {
        const char *claim;
        struct sim_fault_spec fault; /* region NULL: taken out on its own */
        enum wire_outcome outcome;
    } rows[] = {
        {"on its own", {.region = NULL}, WIRE_ERROR},
        {"its Region is down",
         {.kind = SIM_FAULT_REGION_DOWN, .region = "us-west-2"},
         WIRE_REFUSED},
        {"its service refuses",
         {.kind = SIM_FAULT_REFUSE, .region = "us-west-2", .service = "route53-recovery-cluster"},
         WIRE_REFUSED},
    };
    make_panel(lab, &panel);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t fault = 0;
        if (rows[i].fault.region == NULL)
            set_down(lab, "us-west-2", true);
        else
            fault = arc_lab_add_fault(lab, &rows[i].fault);
        ask_batch(lab, &panel, "us-west-2", "0+");
        if (lab->outcome != rows[i].outcome)
            fail_msg("%s: outcome %d", rows[i].claim, (int)lab->outcome);
        if (lab->outcome == WIRE_ERROR)
            arc_lab_expect_error(lab, "EndpointTemporarilyUnavailableException", 400,
                                 "The cluster endpoint isn't available. Try another cluster "
                                 "endpoint.");
        if (ask_batch(lab, &panel, "us-east-1", "0+") == NULL)
            fail_msg("%s: the others do not serve: %s", rows[i].claim, lab->message);
        if (rows[i].fault.region == NULL)
            set_down(lab, "us-west-2", false);
        else
            arc_lab_remove_fault(lab, fault);
        if (!arc_lab_is_on(lab, "us-west-2", panel.controls[0]))
            fail_msg("%s: back, but with an old state", rows[i].claim);
        assert_non_null(ask_batch(lab, &panel, "us-west-2", "0-"));
    }
    struct sim_error error;
    assert_int_equal(arc_set_endpoint_down(lab->arc, "eu-central-1", true, &error),
                     RESULT_NOT_FOUND);
}

static void test_three_of_five_are_a_quorum(void **state)
{
    struct arc_lab *lab = *state;
    struct panel panel;
    make_panel(lab, &panel);
    set_down(lab, "ap-northeast-1", true);
    arc_lab_add_fault(
        lab, &(struct sim_fault_spec){.kind = SIM_FAULT_REGION_DOWN, .region = "ap-southeast-2"});
    assert_non_null(ask_batch(lab, &panel, "eu-west-1", "0+"));
    assert_true(arc_lab_is_on(lab, "us-east-1", panel.controls[0]));
    uint64_t third =
        arc_lab_add_fault(lab, &(struct sim_fault_spec){.kind = SIM_FAULT_REFUSE,
                                                        .region = "us-west-2",
                                                        .service = "route53-recovery-cluster"});
    assert_null(ask_batch(lab, &panel, "eu-west-1", "0-"));
    arc_lab_expect_error(lab, "EndpointTemporarilyUnavailableException", 400, "");
    arc_lab_ask(lab, "us-east-1", "GetRoutingControlState", "{\"RoutingControlArn\":\"%s\"}",
                panel.controls[0]);
    arc_lab_expect_error(lab, "EndpointTemporarilyUnavailableException", 400, "");
    arc_lab_remove_fault(lab, third);
    assert_true(arc_lab_is_on(lab, "eu-west-1", panel.controls[0]));
}

/* Cut in one direction only is cut: a quorum needs question and answer. */
static void test_the_smaller_side_of_a_partition_has_no_quorum(void **state)
{
    struct arc_lab *lab = *state;
    struct panel panel;
    static const char *const few[] = {"us-east-1", "us-west-2"};
    static const char *const many[] = {"eu-west-1", "ap-northeast-1", "ap-southeast-2"};
    make_panel(lab, &panel);
    for (int outward = 0; outward < 2; outward++) {
        uint64_t faults[ARRAY_LEN(few) * ARRAY_LEN(many)];
        for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
            const char *a = few[i % ARRAY_LEN(few)];
            const char *b = many[i / ARRAY_LEN(few)];
            faults[i] = arc_lab_add_fault(lab, &(struct sim_fault_spec){.kind = SIM_FAULT_PARTITION,
                                                                        .from = outward ? a : b,
                                                                        .to = outward ? b : a});
        }
        for (size_t i = 0; i < ARRAY_LEN(few); i++) {
            assert_null(ask_batch(lab, &panel, few[i], "0+"));
            arc_lab_expect_error(lab, "EndpointTemporarilyUnavailableException", 400, "");
        }
        for (size_t j = 0; j < ARRAY_LEN(many); j++)
            assert_non_null(ask_batch(lab, &panel, many[j], "0+"));
        for (size_t i = 0; i < ARRAY_LEN(faults); i++)
            arc_lab_remove_fault(lab, faults[i]);
        assert_non_null(ask_batch(lab, &panel, few[0], "0-"));
    }
}

static void test_a_region_without_an_endpoint_serves_no_cluster(void **state)
{
    struct arc_lab *lab = *state;
    arc_lab_ask(lab, "eu-central-1", "ListRoutingControls", "{}");
    arc_lab_expect_error(lab, "EndpointTemporarilyUnavailableException", 400, "The five are");
}

static void test_a_fourth_update_in_a_second_is_throttled(void **state)
{
    struct arc_lab *lab = *state;
    struct panel panel;
    make_panel(lab, &panel);
    arc_lab_run_for(lab, SIM_US_PER_S - sim_clock_now_us(lab->core.clock) % SIM_US_PER_S);
    const char *format = "{\"RoutingControlArn\":\"%s\",\"RoutingControlState\":\"%s\"}";
    char on[512], off[512];
    snprintf(on, sizeof on, format, panel.controls[0], "On");
    snprintf(off, sizeof off, format, panel.controls[0], "Off");
    for (int i = 0; i < 3; i++)
        arc_lab_do(lab, "us-east-1", "UpdateRoutingControlState", "%s", on);
    assert_null(arc_lab_ask(lab, "us-east-1", "UpdateRoutingControlState", "%s", off));
    arc_lab_expect_error(lab, "ThrottlingException", 400, "Rate exceeded");
    assert_int_equal(wire_integer(lab->members, "retryAfterSeconds", 0), 1);
    /* Reads are free, other endpoints count on their own, and the next second is another. */
    assert_true(arc_lab_is_on(lab, "us-east-1", panel.controls[0]));
    arc_lab_do(lab, "us-west-2", "UpdateRoutingControlState", "%s", on);
    arc_lab_run_for(lab, SIM_US_PER_S);
    arc_lab_do(lab, "us-east-1", "UpdateRoutingControlState", "%s", off);
}

static void test_a_change_is_traced_and_told_once(void **state)
{
    struct arc_lab *lab = *state;
    struct wire_health *health = wire_dispatcher_host(lab->dispatcher)->health;
    struct panel panel;
    make_panel(lab, &panel);
    assert_int_equal(wire_health_ask(health, WIRE_HEALTH_ROUTING_CONTROL, panel.controls[0]),
                     WIRE_UNHEALTHY);
    assert_non_null(ask_batch(lab, &panel, "eu-west-1", "0+ 1-")); /* 1 is Off already */
    assert_string_equal(lab->trace,
                        "control.changed@eu-west-1 control=r0 state=On caller=tester\n");
    char wanted[ARN_BYTES + 1];
    snprintf(wanted, sizeof wanted, "%s\n", panel.controls[0]);
    assert_string_equal(lab->told, wanted);
    assert_int_equal(wire_health_ask(health, WIRE_HEALTH_ROUTING_CONTROL, panel.controls[0]),
                     WIRE_HEALTHY);
    assert_int_equal(wire_health_ask(health, WIRE_HEALTH_ROUTING_CONTROL, "arn:none"),
                     WIRE_HEALTH_UNKNOWN);
}

static void test_a_list_without_a_panel_covers_the_cluster_in_pages(void **state)
{
    struct arc_lab *lab = *state;
    struct panel panel;
    make_panel(lab, &panel);
    char first[ARN_BYTES], control[ARN_BYTES];
    arc_lab_default_panel(lab, panel.cluster, first);
    arc_lab_control(lab, panel.cluster, first, "other", control);
    const cJSON *output = arc_lab_do(lab, "us-east-1", "ListRoutingControls", "{}");
    assert_int_equal(cJSON_GetArraySize(wire_member(output, "RoutingControls")), CONTROLS + 1);
    output = arc_lab_do(lab, "us-east-1", "ListRoutingControls", "{\"MaxResults\":%d}", CONTROLS);
    assert_int_equal(cJSON_GetArraySize(wire_member(output, "RoutingControls")), CONTROLS);
    char token[32];
    snprintf(token, sizeof token, "%s", wire_text(output, "NextToken"));
    output = arc_lab_do(lab, "us-east-1", "ListRoutingControls", "{\"NextToken\":\"%s\"}", token);
    assert_int_equal(cJSON_GetArraySize(wire_member(output, "RoutingControls")), 1);
    assert_null(wire_text(output, "NextToken"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, arc_lab_set_up, arc_lab_tear_down)
        TEST(test_a_change_by_one_endpoint_shows_at_all_five),
        TEST(test_a_batch_happens_whole_or_not_at_all),
        TEST(test_errors_carry_the_members_that_clients_read),
        TEST(test_an_endpoint_out_of_service_leaves_the_others),
        TEST(test_three_of_five_are_a_quorum),
        TEST(test_the_smaller_side_of_a_partition_has_no_quorum),
        TEST(test_a_region_without_an_endpoint_serves_no_cluster),
        TEST(test_a_fourth_update_in_a_second_is_throttled),
        TEST(test_a_change_is_traced_and_told_once),
        TEST(test_a_list_without_a_panel_covers_the_cluster_in_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
