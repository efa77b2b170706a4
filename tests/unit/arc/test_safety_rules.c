/* Assertion and gating rules, wait periods, overrides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/arc/rule_evaluation.h"
#include "tests/unit/arc/fixture_arc.h"

#define CONTROLS 3

struct panel {
    char cluster[ARN_BYTES], arn[ARN_BYTES], controls[CONTROLS][ARN_BYTES];
    char all[CONTROLS * (ARN_BYTES + 3)]; /* quoted, for rules */
    char quoted[CONTROLS][ARN_BYTES + 2];
};

static void make_panel(struct arc_lab *lab, struct panel *panel)
{
    static const char *const names[CONTROLS] = {"a", "b", "gate"};
    arc_lab_cluster(lab, "c", panel->cluster);
    arc_lab_panel(lab, panel->cluster, "p", panel->arn);
    char control[CONTROLS][ARN_BYTES];
    for (int i = 0; i < CONTROLS; i++) {
        arc_lab_control(lab, panel->cluster, panel->arn, names[i], control[i]);
        snprintf(panel->controls[i], sizeof panel->controls[i], "%.255s", control[i]);
        snprintf(panel->quoted[i], sizeof panel->quoted[i], "\"%.255s\"", control[i]);
    }
    snprintf(panel->all, sizeof panel->all, "\"%s\",\"%s\"", control[0], control[1]);
}

/* Sets a and b at once (and the gate when gate is + or -); true if it was allowed. */
static bool set_both(struct arc_lab *lab, const struct panel *panel, const char *wanted)
{
    char entries[1024] = "";
    for (int i = 0; wanted[i] != '\0'; i++) {
        size_t used = strlen(entries);
        if (wanted[i] != '.')
            snprintf(entries + used, sizeof entries - used,
                     "%s{\"RoutingControlArn\":\"%s\",\"RoutingControlState\":\"%s\"}",
                     used > 0 ? "," : "", panel->controls[i], wanted[i] == '+' ? "On" : "Off");
    }
    arc_lab_run_for(lab, SIM_US_PER_S);
    return arc_lab_ask(lab, "us-east-1", "UpdateRoutingControlStates",
                       "{\"UpdateRoutingControlStateEntries\":[%s]}", entries) != NULL;
}

static void test_criteria(void **state)
{
    (void)state;
    static const struct {
        const char *claim;
        enum arc_criterion criterion;
        int64_t threshold;
        size_t total, on;
        bool inverted, holds;
    } rows[] = {
        {"at least 2 of 3, 2 on", ARC_ATLEAST, 2, 3, 2, false, true},
        {"at least 2 of 3, 1 on", ARC_ATLEAST, 2, 3, 1, false, false},
        {"at least 0 always holds", ARC_ATLEAST, 0, 3, 0, false, true},
        {"more than there are never holds", ARC_ATLEAST, 4, 3, 3, false, false},
        {"not at least 2: 1 on", ARC_ATLEAST, 2, 3, 1, true, true},
        {"not at least 2: 2 on", ARC_ATLEAST, 2, 3, 2, true, false},
        {"and: all on", ARC_AND, 0, 3, 3, false, true},
        {"and: one off", ARC_AND, 0, 3, 2, false, false},
        {"and ignores the threshold", ARC_AND, 1, 3, 1, false, false},
        {"not and: one off", ARC_AND, 0, 3, 2, true, true},
        {"or: one on", ARC_OR, 0, 3, 1, false, true},
        {"or: none on", ARC_OR, 0, 3, 0, false, false},
        {"or ignores the threshold", ARC_OR, 3, 3, 1, false, true},
        {"not or: none on", ARC_OR, 0, 3, 0, true, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct arc_rule rule = {.criterion = rows[i].criterion,
                                      .threshold = rows[i].threshold,
                                      .is_inverted = rows[i].inverted,
                                      .control_count = rows[i].total};
        if (arc_criterion_holds(&rule, rows[i].on) != rows[i].holds)
            fail_msg("%s", rows[i].claim);
    }
}

static void test_an_assertion_looks_at_the_states_after_the_change(void **state)
{
    struct arc_lab *lab = *state;
    struct panel panel;
    char rule[ARN_BYTES];
    /* Both are Off and violate the rule from the start; only later changes are checked. */
    static const struct {
        const char *claim, *wanted;
        bool allowed;
    } rows[] = {
        {"a control that the rule does not name", "..+", true},
        {"to a state that still violates it", "--", false},
        {"one on is enough", "+", true},
        {"the last one off", "-", false},
        {"over to the other in one batch", "-+", true},
        {"and one by one", "+", true},
        {"so that the other may go", ".-", true},
        {"both off", "--", false},
        {"the last one set to what it is", "+", true},
    };
    make_panel(lab, &panel);
    arc_lab_rule(lab,
                 &(struct arc_lab_rule){.panel = panel.arn,
                                        .name = "min",
                                        .type = "ATLEAST",
                                        .threshold = 1,
                                        .controls = panel.all},
                 rule);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (set_both(lab, &panel, rows[i].wanted) != rows[i].allowed)
            fail_msg("%s: %s %s", rows[i].claim, lab->code, lab->message);
    /* The same by the single update. */
    assert_null(arc_lab_switch(lab, panel.controls[0], false));
    arc_lab_expect_error(lab, "ConflictException", 400, "failed rule evaluation");
    assert_true(arc_lab_is_on(lab, "us-east-1", panel.controls[0]));
}

static void test_a_refusal_names_controls_and_rule(void **state)
{
    struct arc_lab *lab = *state;
    struct panel panel;
    char rule[ARN_BYTES], wanted[512];
    make_panel(lab, &panel);
    arc_lab_rule(lab,
                 &(struct arc_lab_rule){
                     .panel = panel.arn, .name = "min", .type = "OR", .controls = panel.all},
                 rule);
    assert_true(set_both(lab, &panel, "+"));
    assert_false(set_both(lab, &panel, "--"));
    const char *panel_id = strrchr(panel.arn, '/') + 1;
    snprintf(wanted, sizeof wanted,
             "Cannot modify control state for [%s %s, %s %s] due to failed rule evaluation %s%s",
             panel_id, strrchr(panel.controls[0], '/') + 1, panel_id,
             strrchr(panel.controls[1], '/') + 1, panel_id, strrchr(rule, '/') + 1);
    assert_string_equal(lab->message, wanted);
    assert_string_equal(wire_text(lab->members, "resourceId"), rule);
    assert_string_equal(wire_text(lab->members, "resourceType"), "SafetyRule");
    assert_string_equal(lab->trace, "control.changed@us-east-1 control=a state=On caller=tester\n"
                                    "control.refused@us-east-1 rule=min caller=tester\n");
}

static void test_an_inverted_rule_asserts_the_opposite(void **state)
{
    struct arc_lab *lab = *state;
    struct panel panel;
    char rule[ARN_BYTES];
    make_panel(lab, &panel);
    arc_lab_rule(lab,
                 &(struct arc_lab_rule){.panel = panel.arn,
                                        .name = "never-both",
                                        .type = "AND",
                                        .inverted = true,
                                        .controls = panel.all},
                 rule);
    assert_true(set_both(lab, &panel, "+-"));
    assert_false(set_both(lab, &panel, ".+"));
    assert_true(set_both(lab, &panel, "-+"));
}

static void test_a_gate_frees_and_freezes_its_targets(void **state)
{
    struct arc_lab *lab = *state;
    struct panel panel;
    char rule[ARN_BYTES];
    static const struct {
        const char *claim, *wanted;
        bool allowed;
    } rows[] = {
        {"the gate is Off: frozen", "+", false},
        {"even to the present state", "-", false},
        {"gate and target at once: the gate counts as it was", "+.+", false},
        {"the gate itself is free", "..+", true},
        {"now the targets move", "+-", true},
        {"closing the gate with a change: it was still open", "-.-", true},
        {"closed again", "+", false},
    };
    make_panel(lab, &panel);
    arc_lab_rule(lab,
                 &(struct arc_lab_rule){.panel = panel.arn,
                                        .name = "gate",
                                        .type = "OR",
                                        .controls = panel.quoted[2],
                                        .targets = panel.all},
                 rule);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (set_both(lab, &panel, rows[i].wanted) != rows[i].allowed)
            fail_msg("%s: %s %s", rows[i].claim, lab->code, lab->message);
}

static void test_a_wait_period_keeps_the_controls_quiet(void **state)
{
    struct arc_lab *lab = *state;
    struct panel panel;
    char rule[ARN_BYTES];
    make_panel(lab, &panel);
    arc_lab_rule(lab,
                 &(struct arc_lab_rule){.panel = panel.arn,
                                        .name = "slow",
                                        .type = "ATLEAST",
                                        .threshold = 0,
                                        .wait_ms = 5000,
                                        .controls = panel.all},
                 rule);
    assert_true(set_both(lab, &panel, "--")); /* changes nothing, starts nothing */
    assert_true(set_both(lab, &panel, "+"));
    assert_true(set_both(lab, &panel, "..+")); /* not the rule's */
    assert_false(set_both(lab, &panel, ".+"));
    arc_lab_expect_error(lab, "ConflictException", 400, "failed rule evaluation");
    arc_lab_run_for(lab, 2 * SIM_US_PER_S - 1); /* three seconds have gone by above */
    assert_null(arc_lab_ask(lab, "us-west-2", "UpdateRoutingControlState",
                            "{\"RoutingControlArn\":\"%s\",\"RoutingControlState\":\"On\"}",
                            panel.controls[1]));
    arc_lab_run_for(lab, SIM_US_PER_S + 1);
    arc_lab_do(lab, "us-west-2", "UpdateRoutingControlState",
               "{\"RoutingControlArn\":\"%s\",\"RoutingControlState\":\"On\"}", panel.controls[1]);
    /* A change of the rule shortens the next one. */
    arc_lab_do(lab, NULL, "UpdateSafetyRule",
               "{\"AssertionRuleUpdate\":{\"SafetyRuleArn\":\"%s\",\"Name\":\"quick\","
               "\"WaitPeriodMs\":0}}",
               rule);
    assert_string_equal(arc_lab_text(lab, "AssertionRule", "Name"), "quick");
    arc_lab_run_for(lab, 4 * SIM_US_PER_S);
    assert_true(set_both(lab, &panel, "-"));
    assert_true(set_both(lab, &panel, ".-"));
}

static void test_an_override_skips_only_the_rules_it_names(void **state)
{
    struct arc_lab *lab = *state;
    struct panel panel;
    char rules[2][ARN_BYTES];
    static const char *const names[] = {"first", "second"};
    make_panel(lab, &panel);
    for (int i = 0; i < 2; i++)
        arc_lab_rule(lab,
                     &(struct arc_lab_rule){
                         .panel = panel.arn, .name = names[i], .type = "OR", .controls = panel.all},
                     rules[i]);
    assert_true(set_both(lab, &panel, "+"));
    lab->trace[0] = '\0';
    const char *format = "{\"RoutingControlArn\":\"%s\",\"RoutingControlState\":\"Off\","
                         "\"SafetyRulesToOverride\":[%s]}";
    char one[1024], both[2048], list[2 * ARN_BYTES + 8];
    snprintf(list, sizeof list, "\"%s\"", rules[0]);
    snprintf(one, sizeof one, format, panel.controls[0], list);
    snprintf(list, sizeof list, "\"%s\",\"%s\"", rules[0], rules[1]);
    snprintf(both, sizeof both, format, panel.controls[0], list);
    arc_lab_ask(lab, "us-east-1", "UpdateRoutingControlState", "%s", one);
    arc_lab_expect_error(lab, "ConflictException", 400, "");
    assert_string_equal(wire_text(lab->members, "resourceId"), rules[1]);
    arc_lab_do(lab, "us-east-1", "UpdateRoutingControlState", "%s", both);
    assert_false(arc_lab_is_on(lab, "us-east-1", panel.controls[0]));
    assert_string_equal(lab->trace,
                        "control.refused@us-east-1 rule=second caller=tester\n"
                        "control.override@us-east-1 rule=first caller=tester\n"
                        "control.override@us-east-1 rule=second caller=tester\n"
                        "control.changed@us-east-1 control=a state=Off caller=tester\n");
    /* For that call only. */
    assert_false(set_both(lab, &panel, ".-"));
}

static void test_a_deleted_rule_guards_nothing(void **state)
{
    struct arc_lab *lab = *state;
    struct panel panel;
    char rule[ARN_BYTES];
    make_panel(lab, &panel);
    arc_lab_rule(lab,
                 &(struct arc_lab_rule){
                     .panel = panel.arn, .name = "min", .type = "OR", .controls = panel.all},
                 rule);
    arc_lab_do(lab, NULL, "ListSafetyRules", "{\"ControlPanelArn\":\"%s\"}", panel.arn);
    const cJSON *listed = cJSON_GetArrayItem(wire_member(lab->output, "SafetyRules"), 0);
    assert_string_equal(wire_text(wire_member(listed, "ASSERTION"), "SafetyRuleArn"), rule);
    assert_false(set_both(lab, &panel, "--"));
    arc_lab_do(lab, NULL, "DeleteSafetyRule", "{\"SafetyRuleArn\":\"%s\"}", rule);
    assert_true(set_both(lab, &panel, "--"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, arc_lab_set_up, arc_lab_tear_down)
        cmocka_unit_test(test_criteria),
        TEST(test_an_assertion_looks_at_the_states_after_the_change),
        TEST(test_a_refusal_names_controls_and_rule),
        TEST(test_an_inverted_rule_asserts_the_opposite),
        TEST(test_a_gate_frees_and_freezes_its_targets),
        TEST(test_a_wait_period_keeps_the_controls_quiet),
        TEST(test_an_override_skips_only_the_rules_it_names),
        TEST(test_a_deleted_rule_guards_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
