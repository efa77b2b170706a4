/* Clusters, panels, controls and rules as the control plane keeps them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/arc/fixture_arc.h"

#define MS(n) ((uint64_t)(n)*SIM_US_PER_MS)

/* Does text fit, where 'x' stands for a hexadecimal digit and all else for itself? */
static bool fits(const char *text, const char *form)
{
    for (; *form != '\0'; form++, text++)
        if (*form == 'x' ? *text == '\0' || strchr("0123456789abcdef", *text) == NULL
                         : *text != *form)
            return false;
    return *text == '\0';
}

static void test_a_cluster_is_pending_then_deployed_then_gone(void **state)
{
    struct arc_lab *lab = *state;
    char arn[ARN_BYTES];
    arc_set_transient_delay(lab->arc, MS(500));
    const cJSON *output = arc_lab_do(lab, NULL, "CreateCluster", "{\"ClusterName\":\"c\"}");
    snprintf(arn, sizeof arn, "%s", arc_lab_text(lab, "Cluster", "ClusterArn"));
    assert_string_equal(arc_lab_text(lab, "Cluster", "Status"), "PENDING");
    assert_string_equal(arc_lab_text(lab, "Cluster", "NetworkType"), "IPV4");
    assert_string_equal(arc_lab_text(lab, "Cluster", "Owner"), WIRE_ACCOUNT_DEFAULT);
    assert_int_equal(
        cJSON_GetArraySize(wire_member(wire_member(output, "Cluster"), "ClusterEndpoints")), 0);

    arc_lab_run_for(lab, MS(499));
    arc_lab_do(lab, NULL, "DescribeCluster", "{\"ClusterArn\":\"%s\"}", arn);
    assert_string_equal(arc_lab_text(lab, "Cluster", "Status"), "PENDING");
    arc_lab_run_for(lab, MS(1));
    arc_lab_do(lab, NULL, "DescribeCluster", "{\"ClusterArn\":\"%s\"}", arn);
    assert_string_equal(arc_lab_text(lab, "Cluster", "Status"), "DEPLOYED");

    arc_lab_do(lab, NULL, "DeleteCluster", "{\"ClusterArn\":\"%s\"}", arn);
    arc_lab_do(lab, NULL, "DescribeCluster", "{\"ClusterArn\":\"%s\"}", arn);
    assert_string_equal(arc_lab_text(lab, "Cluster", "Status"), "PENDING_DELETION");
    arc_lab_run_for(lab, MS(500));
    arc_lab_ask(lab, NULL, "DescribeCluster", "{\"ClusterArn\":\"%s\"}", arn);
    arc_lab_expect_error(lab, "ResourceNotFoundException", 404, arn);
    assert_string_equal(lab->statuses, "DefaultControlPanel PENDING\nc PENDING\n"
                                       "DefaultControlPanel DEPLOYED\nc DEPLOYED\n"
                                       "c PENDING_DELETION\nc DELETED\n");
    arc_lab_do(lab, NULL, "ListControlPanels", "{}");
    assert_int_equal(cJSON_GetArraySize(wire_member(lab->output, "ControlPanels")), 0);
}

static void test_a_deployed_cluster_tells_its_five_endpoints(void **state)
{
    struct arc_lab *lab = *state;
    char arn[ARN_BYTES];
    arc_set_endpoint_url(lab->arc, "eu-west-1", "http://127.0.1.3:40001/v1");
    arc_lab_cluster(lab, "c", arn);
    const cJSON *output = arc_lab_do(lab, NULL, "DescribeCluster", "{\"ClusterArn\":\"%s\"}", arn);
    const cJSON *endpoints = wire_member(wire_member(output, "Cluster"), "ClusterEndpoints");
    assert_int_equal(cJSON_GetArraySize(endpoints), ARC_ENDPOINT_COUNT);
    for (int i = 0; i < ARC_ENDPOINT_COUNT; i++) {
        const cJSON *endpoint = cJSON_GetArrayItem(endpoints, i);
        const char *region = arc_endpoint_regions[i];
        char form[160] = "http://127.0.1.3:40001/v1";
        if (strcmp(region, "eu-west-1") != 0)
            snprintf(form, sizeof form,
                     "https://xxxxxxxx.route53-recovery-cluster.%s.amazonaws.com/v1", region);
        assert_string_equal(wire_text(endpoint, "Region"), region);
        if (!fits(wire_text(endpoint, "Endpoint"), form))
            fail_msg("%s is not of the form %s", wire_text(endpoint, "Endpoint"), form);
    }
}

static void test_arns_have_the_published_forms(void **state)
{
    struct arc_lab *lab = *state;
    char cluster[ARN_BYTES], panel[ARN_BYTES], control[ARN_BYTES], rule[ARN_BYTES];
    char quoted[ARN_BYTES + 2];
    arc_lab_cluster(lab, "c", cluster);
    arc_lab_panel(lab, cluster, "p", panel);
    arc_lab_control(lab, cluster, panel, "east", control);
    snprintf(quoted, sizeof quoted, "\"%s\"", control);
    arc_lab_rule(
        lab, &(struct arc_lab_rule){.panel = panel, .name = "r", .type = "OR", .controls = quoted},
        rule);
    const struct {
        const char *what, *arn, *form;
    } rows[] = {
        {"cluster", cluster,
         "arn:aws:route53-recovery-control::000000000000:cluster/"
         "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"},
        {"control panel", panel,
         "arn:aws:route53-recovery-control::000000000000:controlpanel/"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
        {"routing control", control,
         "arn:aws:route53-recovery-control::000000000000:controlpanel/"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx/routingcontrol/xxxxxxxxxxxxxxxx"},
        {"safety rule", rule,
         "arn:aws:route53-recovery-control::000000000000:controlpanel/"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx/safetyrule/xxxxxxxxxxxxxxxx"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!fits(rows[i].arn, rows[i].form))
            fail_msg("%s: %s", rows[i].what, rows[i].arn);
    assert_int_equal(strncmp(control, panel, strlen(panel)), 0);
    assert_int_equal(strncmp(rule, panel, strlen(panel)), 0);
}

static void test_a_cluster_comes_with_its_default_panel(void **state)
{
    struct arc_lab *lab = *state;
    char cluster[ARN_BYTES], panel[ARN_BYTES];
    arc_lab_cluster(lab, "c", cluster);
    arc_lab_default_panel(lab, cluster, panel);
    arc_lab_do(lab, NULL, "DescribeControlPanel", "{\"ControlPanelArn\":\"%s\"}", panel);
    assert_string_equal(arc_lab_text(lab, "ControlPanel", "Name"), "DefaultControlPanel");
    assert_string_equal(arc_lab_text(lab, "ControlPanel", "ClusterArn"), cluster);
    assert_true(wire_flag(wire_member(lab->output, "ControlPanel"), "DefaultControlPanel", false));
    /* A control that names no panel goes there. */
    arc_lab_do(lab, NULL, "CreateRoutingControl",
               "{\"ClusterArn\":\"%s\",\"RoutingControlName\":\"east\"}", cluster);
    assert_string_equal(arc_lab_text(lab, "RoutingControl", "ControlPanelArn"), panel);
    arc_lab_do(lab, NULL, "DescribeControlPanel", "{\"ControlPanelArn\":\"%s\"}", panel);
    assert_int_equal(
        wire_integer(wire_member(lab->output, "ControlPanel"), "RoutingControlCount", -1), 1);
    arc_lab_ask(lab, NULL, "DeleteControlPanel", "{\"ControlPanelArn\":\"%s\"}", panel);
    arc_lab_expect_error(lab, "ValidationException", 400, "default control panel");
}

static void test_what_is_in_use_cannot_be_deleted(void **state)
{
    struct arc_lab *lab = *state;
    char cluster[ARN_BYTES], panel[ARN_BYTES], control[ARN_BYTES], rule[ARN_BYTES];
    char quoted[ARN_BYTES + 2];
    arc_lab_cluster(lab, "c", cluster);
    arc_lab_panel(lab, cluster, "p", panel);
    arc_lab_control(lab, cluster, panel, "east", control);
    snprintf(quoted, sizeof quoted, "\"%s\"", control);
    arc_lab_rule(
        lab, &(struct arc_lab_rule){.panel = panel, .name = "r", .type = "OR", .controls = quoted},
        rule);
    /* Each row refuses for what the next row's resource still is; from the end all goes. */
    const struct {
        const char *operation, *member, *arn, *why;
    } rows[] = {
        {"DeleteCluster", "ClusterArn", cluster, "still has control panels"},
        {"DeleteControlPanel", "ControlPanelArn", panel, "still has routing controls"},
        {"DeleteRoutingControl", "RoutingControlArn", control, "used by the safety rule"},
        {"DeleteSafetyRule", "SafetyRuleArn", rule, ""},
    };
    for (size_t i = 0; i + 1 < ARRAY_LEN(rows); i++) {
        arc_lab_ask(lab, NULL, rows[i].operation, "{\"%s\":\"%s\"}", rows[i].member, rows[i].arn);
        arc_lab_expect_error(lab, "ConflictException", 409, rows[i].why);
    }
    for (size_t i = ARRAY_LEN(rows); i-- > 0;) {
        arc_lab_do(lab, NULL, rows[i].operation, "{\"%s\":\"%s\"}", rows[i].member, rows[i].arn);
        arc_lab_run_for(lab, 0);
        arc_lab_ask(lab, NULL, rows[i].operation, "{\"%s\":\"%s\"}", rows[i].member, rows[i].arn);
        arc_lab_expect_error(lab, "ResourceNotFoundException", 404, "does not exist");
    }
}

/* Otherwise the child would outlive its parent. */
static void test_nothing_new_begins_in_what_is_being_deleted(void **state)
{
    struct arc_lab *lab = *state;
    char cluster[ARN_BYTES], other[ARN_BYTES], panel[ARN_BYTES], inner[ARN_BYTES];
    char control[ARN_BYTES], going[ARN_BYTES];
    arc_lab_cluster(lab, "c", cluster);
    arc_lab_cluster(lab, "other", other);
    arc_lab_panel(lab, cluster, "p", panel);
    arc_lab_panel(lab, cluster, "q", inner);
    arc_lab_control(lab, cluster, inner, "stays", control);
    arc_lab_control(lab, cluster, inner, "goes", going);
    arc_set_transient_delay(lab->arc, MS(500));
    arc_lab_do(lab, NULL, "DeleteCluster", "{\"ClusterArn\":\"%s\"}", other);
    arc_lab_do(lab, NULL, "DeleteControlPanel", "{\"ControlPanelArn\":\"%s\"}", panel);
    arc_lab_do(lab, NULL, "DeleteRoutingControl", "{\"RoutingControlArn\":\"%s\"}", going);

    arc_lab_ask(lab, NULL, "CreateControlPanel",
                "{\"ClusterArn\":\"%s\",\"ControlPanelName\":\"late\"}", other);
    arc_lab_expect_error(lab, "ConflictException", 409, "at the same time");
    arc_lab_ask(lab, NULL, "CreateRoutingControl",
                "{\"ClusterArn\":\"%s\",\"RoutingControlName\":\"late\"}", other);
    arc_lab_expect_error(lab, "ConflictException", 409, "at the same time");
    arc_lab_ask(lab, NULL, "CreateRoutingControl",
                "{\"ClusterArn\":\"%s\",\"ControlPanelArn\":\"%s\","
                "\"RoutingControlName\":\"late\"}",
                cluster, panel);
    arc_lab_expect_error(lab, "ConflictException", 409, "at the same time");
    const struct {
        const char *panel, *control, *why;
    } rows[] = {{panel, control, "at the same time"}, {inner, going, "does not exist in"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        arc_lab_ask(lab, NULL, "CreateSafetyRule",
                    "{\"AssertionRule\":{\"ControlPanelArn\":\"%s\",\"Name\":\"late\","
                    "\"AssertedControls\":[\"%s\"],\"WaitPeriodMs\":0,\"RuleConfig\":"
                    "{\"Type\":\"OR\",\"Threshold\":0,\"Inverted\":false}}}",
                    rows[i].panel, rows[i].control);
        arc_lab_expect_error(lab, "ValidationException", 400, rows[i].why);
    }
    arc_lab_run_for(lab, SIM_US_PER_S);
    arc_lab_do(lab, NULL, "ListControlPanels", "{}");
    assert_int_equal(cJSON_GetArraySize(wire_member(lab->output, "ControlPanels")), 2);
}

static void test_deleting_a_control_tells_those_who_follow_it(void **state)
{
    struct arc_lab *lab = *state;
    struct wire_health *health = wire_dispatcher_host(lab->dispatcher)->health;
    char cluster[ARN_BYTES], panel[ARN_BYTES], control[ARN_BYTES];
    arc_lab_cluster(lab, "c", cluster);
    arc_lab_default_panel(lab, cluster, panel);
    arc_lab_control(lab, cluster, panel, "east", control);
    assert_int_equal(wire_health_ask(health, WIRE_HEALTH_ROUTING_CONTROL, control), WIRE_UNHEALTHY);
    arc_lab_do(lab, NULL, "DeleteRoutingControl", "{\"RoutingControlArn\":\"%s\"}", control);
    arc_lab_run_for(lab, 0);
    assert_non_null(strstr(lab->told, control));
    assert_int_equal(wire_health_ask(health, WIRE_HEALTH_ROUTING_CONTROL, control),
                     WIRE_HEALTH_UNKNOWN);
}

static void test_a_second_change_while_one_is_under_way_conflicts(void **state)
{
    struct arc_lab *lab = *state;
    char cluster[ARN_BYTES];
    arc_lab_cluster(lab, "c", cluster);
    arc_set_transient_delay(lab->arc, MS(500));
    arc_lab_do(lab, NULL, "UpdateCluster", "{\"ClusterArn\":\"%s\",\"NetworkType\":\"DUALSTACK\"}",
               cluster);
    assert_string_equal(arc_lab_text(lab, "Cluster", "Status"), "PENDING");
    assert_string_equal(arc_lab_text(lab, "Cluster", "NetworkType"), "DUALSTACK");
    arc_lab_ask(lab, NULL, "UpdateCluster", "{\"ClusterArn\":\"%s\",\"NetworkType\":\"IPV4\"}",
                cluster);
    arc_lab_expect_error(lab, "ConflictException", 409,
                         "Conflict occurred while attempting to change the same resource by "
                         "multiple requests at the same time. Please retry.");
    arc_lab_ask(lab, NULL, "DeleteCluster", "{\"ClusterArn\":\"%s\"}", cluster);
    arc_lab_expect_error(lab, "ConflictException", 409, "Please retry");
    arc_lab_run_for(lab, MS(500));
    arc_lab_do(lab, NULL, "DescribeCluster", "{\"ClusterArn\":\"%s\"}", cluster);
    assert_string_equal(arc_lab_text(lab, "Cluster", "Status"), "DEPLOYED");
}

static void test_bad_requests_say_why(void **state)
{
    struct arc_lab *lab = *state;
    char cluster[ARN_BYTES], panel[ARN_BYTES], control[ARN_BYTES];
    arc_lab_cluster(lab, "c", cluster);
    arc_lab_panel(lab, cluster, "p", panel);
    arc_lab_control(lab, cluster, panel, "east", control);
#define NONE   "arn:aws:route53-recovery-control::000000000000:controlpanel/none"
#define CONFIG "\"RuleConfig\":{\"Type\":\"OR\",\"Threshold\":0,\"Inverted\":false}"
    /* $C, $P, $R stand for cluster, panel, routing control */
    static const struct {
        const char *operation, *input, *code, *part;
        int status;
    } rows[] = {
        {"CreateCluster", "{}", "ValidationException", "", 400},
        {"CreateCluster", "{\"ClusterName\":\"a b\"}", "ValidationException", "", 400},
        {"CreateCluster", "{\"ClusterName\":\"c\"}", "ConflictException", "already exists", 409},
        {"CreateControlPanel", "{\"ClusterArn\":\"$P\",\"ControlPanelName\":\"x\"}",
         "ResourceNotFoundException", "Cluster ", 404},
        {"CreateControlPanel", "{\"ClusterArn\":\"$C\",\"ControlPanelName\":\"p\"}",
         "ConflictException", "already exists", 409},
        {"UpdateControlPanel",
         "{\"ControlPanelArn\":\"$P\",\"ControlPanelName\":\"DefaultControlPanel\"}",
         "ConflictException", "already exists", 409},
        {"ListControlPanels", "{\"ClusterArn\":\"$P\"}", "ResourceNotFoundException", "", 404},
        {"ListClusters", "{\"NextToken\":\"x\"}", "ValidationException", "NextToken", 400},
        {"ListClusters", "{\"MaxResults\":0}", "ValidationException", "", 400},
        {"CreateRoutingControl",
         "{\"ClusterArn\":\"$C\",\"ControlPanelArn\":\"" NONE "\",\"RoutingControlName\":\"x\"}",
         "ResourceNotFoundException", "Control panel", 404},
        {"CreateRoutingControl",
         "{\"ClusterArn\":\"$C\",\"ControlPanelArn\":\"$P\",\"RoutingControlName\":\"east\"}",
         "ConflictException", "already exists", 409},
        {"CreateSafetyRule", "{}", "ValidationException", "Exactly one of", 400},
        {"CreateSafetyRule",
         "{\"AssertionRule\":{\"ControlPanelArn\":\"$P\",\"Name\":\"r\",\"AssertedControls\":[],"
         "\"WaitPeriodMs\":0," CONFIG "}}",
         "ValidationException", "at least one routing control", 400},
        {"CreateSafetyRule",
         "{\"AssertionRule\":{\"ControlPanelArn\":\"$P\",\"Name\":\"r\",\"AssertedControls\":"
         "[\"$P\"],\"WaitPeriodMs\":0," CONFIG "}}",
         "ValidationException", "does not exist in control panel", 400},
        {"CreateSafetyRule",
         "{\"AssertionRule\":{\"ControlPanelArn\":\"$P\",\"Name\":\"r\",\"AssertedControls\":"
         "[\"$R\"],\"WaitPeriodMs\":-1," CONFIG "}}",
         "ValidationException", "WaitPeriodMs must not be negative", 400},
        {"CreateSafetyRule",
         "{\"AssertionRule\":{\"ControlPanelArn\":\"" NONE "\",\"Name\":\"r\","
         "\"AssertedControls\":[\"$R\"],\"WaitPeriodMs\":0," CONFIG "}}",
         "ValidationException", "Control panel", 400},
        {"CreateSafetyRule",
         "{\"GatingRule\":{\"ControlPanelArn\":\"$P\",\"Name\":\"r\",\"GatingControls\":[\"$R\"],"
         "\"TargetControls\":[],\"WaitPeriodMs\":0," CONFIG "}}",
         "ValidationException", "at least one target control", 400},
        {"CreateSafetyRule",
         "{\"AssertionRule\":{\"ControlPanelArn\":\"$P\",\"Name\":\"r\",\"AssertedControls\":"
         "[\"$R\"],\"WaitPeriodMs\":0,\"RuleConfig\":{\"Type\":\"SOME\",\"Threshold\":0,"
         "\"Inverted\":false}}}",
         "ValidationException", "", 400},
        {"UpdateSafetyRule",
         "{\"AssertionRuleUpdate\":{\"SafetyRuleArn\":\"$R\",\"Name\":\"r\",\"WaitPeriodMs\":0}}",
         "ResourceNotFoundException", "Safety rule", 404},
        {"DescribeSafetyRule", "{\"SafetyRuleArn\":\"$R\"}", "ResourceNotFoundException", "", 404},
        {"GetResourcePolicy", "{\"ResourceArn\":\"$C\"}", "ResourceNotFoundException", "", 404},
        {"ListTagsForResource", "{\"ResourceArn\":\"$R\"}", "ResourceNotFoundException", "", 404},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char input[2048];
        size_t length = 0;
        for (const char *at = rows[i].input; *at != '\0'; at++) {
            const char *arn = at[0] != '$'   ? NULL
                              : at[1] == 'C' ? cluster
                              : at[1] == 'P' ? panel
                                             : control;
            length += (size_t)snprintf(input + length, sizeof input - length, "%.*s",
                                       arn != NULL ? ARN_BYTES : 1, arn != NULL ? arn : at);
            at += arn != NULL;
        }
        arc_lab_ask(lab, NULL, rows[i].operation, "%s", input);
        if (lab->outcome != WIRE_ERROR || strcmp(lab->code, rows[i].code) != 0 ||
            lab->status != rows[i].status || strstr(lab->message, rows[i].part) == NULL)
            fail_msg("%s %s: outcome %d, %d %s: %s", rows[i].operation, input, (int)lab->outcome,
                     lab->status, lab->code, lab->message);
    }
}

static void test_the_same_token_makes_one_resource(void **state)
{
    struct arc_lab *lab = *state;
    char cluster[ARN_BYTES], panel[ARN_BYTES];
    arc_lab_do(lab, NULL, "CreateCluster", "{\"ClusterName\":\"c\",\"ClientToken\":\"t1\"}");
    snprintf(cluster, sizeof cluster, "%s", arc_lab_text(lab, "Cluster", "ClusterArn"));
    arc_lab_do(lab, NULL, "CreateCluster", "{\"ClusterName\":\"c\",\"ClientToken\":\"t1\"}");
    assert_string_equal(arc_lab_text(lab, "Cluster", "ClusterArn"), cluster);
    arc_lab_ask(lab, NULL, "CreateCluster", "{\"ClusterName\":\"d\",\"ClientToken\":\"t1\"}");
    arc_lab_expect_error(lab, "ConflictException", 409, "");
    arc_lab_run_for(lab, 0);
    const char *input = "{\"ClusterArn\":\"%s\",\"ControlPanelName\":\"p\",\"ClientToken\":\"t1\"}";
    char text[512];
    snprintf(text, sizeof text, input, cluster);
    arc_lab_do(lab, NULL, "CreateControlPanel", "%s", text);
    snprintf(panel, sizeof panel, "%s", arc_lab_text(lab, "ControlPanel", "ControlPanelArn"));
    arc_lab_do(lab, NULL, "CreateControlPanel", "%s", text);
    assert_string_equal(arc_lab_text(lab, "ControlPanel", "ControlPanelArn"), panel);
}

static void test_names_can_change_and_stay_unique(void **state)
{
    struct arc_lab *lab = *state;
    char cluster[ARN_BYTES], panel[ARN_BYTES], east[ARN_BYTES], west[ARN_BYTES];
    arc_lab_cluster(lab, "c", cluster);
    arc_lab_panel(lab, cluster, "p", panel);
    arc_lab_control(lab, cluster, panel, "east", east);
    arc_lab_control(lab, cluster, panel, "west", west);
    arc_lab_ask(lab, NULL, "UpdateRoutingControl",
                "{\"RoutingControlArn\":\"%s\",\"RoutingControlName\":\"west\"}", east);
    arc_lab_expect_error(lab, "ConflictException", 409, "west");
    arc_lab_do(lab, NULL, "UpdateRoutingControl",
               "{\"RoutingControlArn\":\"%s\",\"RoutingControlName\":\"east\"}", east);
    arc_lab_do(lab, NULL, "UpdateRoutingControl",
               "{\"RoutingControlArn\":\"%s\",\"RoutingControlName\":\"first\"}", east);
    assert_string_equal(arc_lab_text(lab, "RoutingControl", "Name"), "first");
    arc_lab_do(lab, NULL, "DescribeRoutingControl", "{\"RoutingControlArn\":\"%s\"}", east);
    assert_string_equal(arc_lab_text(lab, "RoutingControl", "Name"), "first");
    /* The same name in another panel is another control. */
    arc_lab_panel(lab, cluster, "q", panel);
    arc_lab_control(lab, cluster, panel, "west", west);
}

static void test_quotas_are_those_of_the_service(void **state)
{
    struct arc_lab *lab = *state;
    char clusters[2][ARN_BYTES], panels[3][ARN_BYTES], control[ARN_BYTES], rule[ARN_BYTES];
    char name[16], quoted[ARN_BYTES + 2];
    arc_lab_cluster(lab, "c0", clusters[0]);
    arc_lab_cluster(lab, "c1", clusters[1]);
    arc_lab_ask(lab, NULL, "CreateCluster", "{\"ClusterName\":\"c2\"}");
    arc_lab_expect_error(lab, "ServiceQuotaExceededException", 402, "2 clusters");
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "p%zu", i);
        arc_lab_panel(lab, clusters[0], name, panels[i]);
        for (int j = 0; j < 100; j++) {
            snprintf(name, sizeof name, "r%d", j);
            arc_lab_control(lab, clusters[0], panels[i], name, control);
        }
    }
    arc_lab_ask(lab, NULL, "CreateRoutingControl",
                "{\"ClusterArn\":\"%s\",\"ControlPanelArn\":\"%s\",\"RoutingControlName\":\"x\"}",
                clusters[0], panels[0]);
    arc_lab_expect_error(lab, "ServiceQuotaExceededException", 402, "100 routing controls");
    arc_lab_ask(lab, NULL, "CreateRoutingControl",
                "{\"ClusterArn\":\"%s\",\"RoutingControlName\":\"x\"}", clusters[0]);
    arc_lab_expect_error(lab, "ServiceQuotaExceededException", 402, "300 routing controls");
    snprintf(quoted, sizeof quoted, "\"%s\"", control);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "rule%d", i);
        arc_lab_rule(lab,
                     &(struct arc_lab_rule){
                         .panel = panels[2], .name = name, .type = "OR", .controls = quoted},
                     rule);
    }
    arc_lab_ask(lab, NULL, "CreateSafetyRule",
                "{\"AssertionRule\":{\"ControlPanelArn\":\"%s\",\"Name\":\"x\","
                "\"AssertedControls\":[%s],\"WaitPeriodMs\":0," CONFIG "}}",
                panels[2], quoted);
    arc_lab_expect_error(lab, "ValidationException", 400, "20 safety rules");
    for (int i = 4; i < 50; i++) { /* the default one and three are there */
        snprintf(name, sizeof name, "p%d", i);
        arc_lab_panel(lab, clusters[0], name, panels[0]);
    }
    arc_lab_ask(lab, NULL, "CreateControlPanel",
                "{\"ClusterArn\":\"%s\",\"ControlPanelName\":\"x\"}", clusters[0]);
    arc_lab_expect_error(lab, "ServiceQuotaExceededException", 402, "50 control panels");
}

static void test_a_list_comes_in_pages_in_order_of_creation(void **state)
{
    struct arc_lab *lab = *state;
    char cluster[ARN_BYTES], panel[ARN_BYTES], control[ARN_BYTES], name[16];
    arc_lab_cluster(lab, "c", cluster);
    arc_lab_panel(lab, cluster, "p", panel);
    for (int i = 0; i < 7; i++) {
        snprintf(name, sizeof name, "r%d", i);
        arc_lab_control(lab, cluster, panel, name, control);
    }
    char seen[64] = "";
    char token[64] = "";
    int pages = 0;
    do {
        char next[128] = "";
        if (token[0] != '\0')
            snprintf(next, sizeof next, ",\"NextToken\":\"%s\"", token);
        const cJSON *output =
            arc_lab_do(lab, NULL, "ListRoutingControls",
                       "{\"ControlPanelArn\":\"%s\",\"MaxResults\":3%s}", panel, next);
        const cJSON *item;
        cJSON_ArrayForEach(item, wire_member(output, "RoutingControls"))
        {
            size_t used = strlen(seen);
            snprintf(seen + used, sizeof seen - used, "%s ", wire_text(item, "Name"));
        }
        const char *given = wire_text(output, "NextToken");
        snprintf(token, sizeof token, "%s", given != NULL ? given : "");
        pages++;
    } while (token[0] != '\0' && pages < 10);
    assert_int_equal(pages, 3);
    assert_string_equal(seen, "r0 r1 r2 r3 r4 r5 r6 ");
}

static void test_tags_come_and_go(void **state)
{
    struct arc_lab *lab = *state;
    char cluster[ARN_BYTES];
    arc_lab_do(lab, NULL, "CreateCluster",
               "{\"ClusterName\":\"c\",\"Tags\":{\"team\":\"a\",\"cost\":\"1\"}}");
    snprintf(cluster, sizeof cluster, "%s", arc_lab_text(lab, "Cluster", "ClusterArn"));
    arc_lab_do(lab, NULL, "TagResource",
               "{\"ResourceArn\":\"%s\",\"Tags\":{\"team\":\"b\",\"env\":\"x\"}}", cluster);
    arc_lab_do(lab, NULL, "UntagResource",
               "{\"ResourceArn\":\"%s\",\"TagKeys\":[\"cost\",\"none\"]}", cluster);
    arc_lab_do(lab, NULL, "ListTagsForResource", "{\"ResourceArn\":\"%s\"}", cluster);
    const cJSON *tags = wire_member(lab->output, "Tags");
    assert_int_equal(cJSON_GetArraySize(tags), 2);
    assert_string_equal(wire_text(tags, "team"), "b");
    assert_string_equal(wire_text(tags, "env"), "x");
    char many[4096] = "{";
    for (int i = 0; i < 51; i++) {
        size_t used = strlen(many);
        snprintf(many + used, sizeof many - used, "%s\"k%d\":\"v\"", i > 0 ? "," : "", i);
    }
    arc_lab_ask(lab, NULL, "TagResource", "{\"ResourceArn\":\"%s\",\"Tags\":%s}}", cluster, many);
    arc_lab_expect_error(lab, "ValidationException", 400, "50 tags");
    arc_lab_ask(lab, NULL, "CreateCluster", "{\"ClusterName\":\"d\",\"Tags\":%s}}", many);
    arc_lab_expect_error(lab, "ValidationException", 400, "50 tags");
}

static void test_a_reset_forgets_all_and_repeats_the_arns(void **state)
{
    struct arc_lab *lab = *state;
    char first[ARN_BYTES], again[ARN_BYTES];
    arc_set_transient_delay(lab->arc, MS(500));
    arc_lab_cluster(lab, "c", first);
    arc_lab_do(lab, NULL, "DeleteCluster", "{\"ClusterArn\":\"%s\"}", first); /* under way */
    arc_reset(lab->arc);
    arc_lab_run_for(lab, SIM_US_PER_S);
    arc_lab_do(lab, NULL, "ListClusters", "{}");
    assert_int_equal(cJSON_GetArraySize(wire_member(lab->output, "Clusters")), 0);
    arc_lab_cluster(lab, "c", again);
    assert_string_equal(again, first);
}

static void test_the_control_plane_falls_with_us_west_2(void **state)
{
    struct arc_lab *lab = *state;
    char cluster[ARN_BYTES], panel[ARN_BYTES], control[ARN_BYTES];
    arc_lab_cluster(lab, "c", cluster);
    arc_lab_default_panel(lab, cluster, panel);
    arc_lab_control(lab, cluster, panel, "east", control);
    arc_lab_add_fault(
        lab, &(struct sim_fault_spec){.kind = SIM_FAULT_REGION_DOWN, .region = "us-west-2"});
    assert_null(arc_lab_ask(lab, NULL, "ListClusters", "{}"));
    assert_int_equal(lab->outcome, WIRE_REFUSED);
    assert_non_null(arc_lab_switch(lab, control, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, arc_lab_set_up, arc_lab_tear_down)
        TEST(test_a_cluster_is_pending_then_deployed_then_gone),
        TEST(test_a_deployed_cluster_tells_its_five_endpoints),
        TEST(test_arns_have_the_published_forms),
        TEST(test_a_cluster_comes_with_its_default_panel),
        TEST(test_what_is_in_use_cannot_be_deleted),
        TEST(test_nothing_new_begins_in_what_is_being_deleted),
        TEST(test_deleting_a_control_tells_those_who_follow_it),
        TEST(test_a_second_change_while_one_is_under_way_conflicts),
        TEST(test_bad_requests_say_why),
        TEST(test_the_same_token_makes_one_resource),
        TEST(test_names_can_change_and_stay_unique),
        TEST(test_quotas_are_those_of_the_service),
        TEST(test_a_list_comes_in_pages_in_order_of_creation),
        TEST(test_tags_come_and_go),
        TEST(test_a_reset_forgets_all_and_repeats_the_arns),
        TEST(test_the_control_plane_falls_with_us_west_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
