/* test_check.c -- health checks: what a client may say, and what happens over time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/route53/route53_internal.h"
#include "tests/unit/route53/fixture_world.h"

#define ZONE "example.com"

/* --- configuration
 * --------------------------------------------------------------------------------
 */

static void test_configurations_are_checked(void **state)
{
    static const struct {
        const char *claim, *config, *code, *message;
    } cases[] = {
        {"HTTP by address", "'Type':'HTTP','IPAddress':'127.0.1.1'", "", ""},
        {"HTTP by name", "'Type':'HTTP','FullyQualifiedDomainName':'a.b'", "", ""},
        {"HTTP by neither", "'Type':'HTTP'", "InvalidInput",
         "Invalid parameter : Basic health checks must have an IP address or a fully qualified "
         "domain "
         "name specified."},
        {"an address that is none", "'Type':'HTTP','IPAddress':'1.2.3'", "InvalidInput", NULL},
        {"an alarm on HTTP",
         "'Type':'HTTP','IPAddress':'127.0.1.1','AlarmIdentifier':{'Region':'us-east-1','Name':'a'"
         "}",
         "InvalidInput",
         "Invalid parameter : Basic health checks must not have an metric region specified."},
        {"children on HTTP", "'Type':'HTTP','IPAddress':'127.0.1.1','ChildHealthChecks':['x']",
         "InvalidInput",
         "Invalid parameter : HTTP health checks must not have ChildHealthChecks specified."},
        {"TCP by address and name",
         "'Type':'TCP','Port':1,'IPAddress':'127.0.1.1','FullyQualifiedDomainName':'a.b'",
         "InvalidInput",
         "TCP health checks that have IP address must not have a fully qualified domain name "
         "specified."},
        {"TCP without a port", "'Type':'TCP','IPAddress':'127.0.1.1'", "InvalidInput", NULL},
        {"TCP", "'Type':'TCP','IPAddress':'127.0.1.1','Port':80", "", ""},
        {"a search without a string", "'Type':'HTTP_STR_MATCH','IPAddress':'127.0.1.1'",
         "InvalidInput", NULL},
        {"a string without a search", "'Type':'HTTP','IPAddress':'127.0.1.1','SearchString':'x'",
         "InvalidInput", NULL},
        {"a search", "'Type':'HTTP_STR_MATCH','IPAddress':'127.0.1.1','SearchString':'x'", "", ""},
        {"an interval of 20", "'Type':'HTTP','IPAddress':'127.0.1.1','RequestInterval':20",
         "InvalidInput", "Invalid parameter : The request interval must be 10 or 30 seconds."},
        {"a threshold of 11", "'Type':'HTTP','IPAddress':'127.0.1.1','FailureThreshold':11",
         "InvalidInput", NULL},
        {"two Regions", "'Type':'HTTP','IPAddress':'127.0.1.1','Regions':['us-east-1','us-west-1']",
         "InvalidInput", NULL},
        {"CALCULATED without a threshold", "'Type':'CALCULATED'", "InvalidInput", NULL},
        {"CALCULATED without children", "'Type':'CALCULATED','HealthThreshold':0", "", ""},
        {"CALCULATED with a stranger",
         "'Type':'CALCULATED','HealthThreshold':1,'ChildHealthChecks':['no-such']", "InvalidInput",
         "Invalid parameter : The child health check no-such does not exist."},
        {"RECOVERY_CONTROL without a control", "'Type':'RECOVERY_CONTROL'", "InvalidInput", NULL},
        {"RECOVERY_CONTROL with an interval",
         "'Type':'RECOVERY_CONTROL','RoutingControlArn':'x','RequestInterval':10", "InvalidInput",
         "Invalid parameter : RECOVERY_CONTROL health checks must not have RequestInterval "
         "specified."},
        {"a metric without an alarm", "'Type':'CLOUDWATCH_METRIC'", "InvalidInput",
         "Invalid parameter : CLOUDWATCH_METRIC health checks must have an alarm identifier "
         "specified."},
        {"an alarm that is not there (yet)",
         "'Type':'CLOUDWATCH_METRIC','AlarmIdentifier':{'Region':'us-east-1','Name':'a'}", "", ""},
        {"an alarm with an interval",
         "'Type':'CLOUDWATCH_METRIC','RequestInterval':10,'AlarmIdentifier':{'Region':'us-east-1',"
         "'Name':'a'}",
         "InvalidInput",
         "Invalid parameter : CLOUDWATCH_METRIC health checks must not have RequestInterval "
         "specified."},
        {"an alarm in no Region",
         "'Type':'CLOUDWATCH_METRIC','AlarmIdentifier':{'Region':'x','Name':'a'}", "InvalidInput",
         NULL},
        {"an alarm without a name",
         "'Type':'CLOUDWATCH_METRIC','AlarmIdentifier':{'Region':'us-east-1'}", "InvalidInput",
         NULL},
        {"a status for insufficient data on HTTP",
         "'Type':'HTTP','IPAddress':'127.0.1.1','InsufficientDataHealthStatus':'Healthy'",
         "InvalidInput",
         "Invalid parameter : HTTP health checks must not have InsufficientDataHealthStatus "
         "specified."},
        {"a threshold of 0", "'Type':'HTTP','IPAddress':'127.0.1.1','FailureThreshold':0",
         "InvalidInput", NULL},
        {"a checker Region that is none",
         "'Type':'HTTP','IPAddress':'127.0.1.1','Regions':['us-east-1','us-west-1','us-east-2']",
         "InvalidInput", NULL},
        {"a path on TCP", "'Type':'TCP','IPAddress':'127.0.1.1','Port':80,'ResourcePath':'/a'",
         "InvalidInput",
         "Invalid parameter : TCP health checks must not have a resource path specified."},
        {"a health threshold of 257", "'Type':'CALCULATED','HealthThreshold':257", "InvalidInput",
         NULL},
        {"no type", "'IPAddress':'127.0.1.1'", "InvalidInput", NULL},
    };
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char config[512];
        bool succeeded = false;
        (void)snprintf(config, sizeof(config), "%s", cases[i].config);
        for (char *c = config; *c != '\0'; c++)
            *c = *c == '\'' ? '"' : *c;
        succeeded =
            fixture_callf(&fixture, "CreateHealthCheck",
                          "{\"CallerReference\":\"r%zu\",\"HealthCheckConfig\":{%s}}", i, config);
        if (succeeded != (cases[i].code[0] == '\0') || strcmp(fixture.code, cases[i].code) != 0 ||
            (cases[i].message != NULL && strcmp(fixture.message, cases[i].message) != 0))
            fail_msg("%s: got %s %s", cases[i].claim, fixture.code, fixture.message);
    }
    fixture_fini(&fixture);
}

static void test_what_a_file_says_is_looked_at(void **state)
{
    static const struct {
        const char *config;
        bool is_sound;
    } cases[] = {
        {"{'Type':'HTTP','IPAddress':'127.0.0.1','Port':80,'RequestInterval':10}", true},
        {"{'Type':'HTTP'}", false},
        {"{'Type':'HTTP','IPAddress':7}", false},
        {"{'Type':'HTTP','IPAddress':'127.0.0.1','RequestInterval':0}", false},
        {"{'Type':'HTTP','IPAddress':'127.0.0.1','FailureThreshold':0}", false},
        {"{'Type':'HTTP','IPAddress':'127.0.0.1','Port':65536}", false},
        {"{'Type':'HTTP','IPAddress':'127.0.0.1','Regions':[1]}", false},
        {"{'Type':'HTTP','IPAddress':'127.0.0.1','Regions':'us-east-1'}", false},
        {"{'Type':'CALCULATED','ChildHealthChecks':['a']}", true},
        {"{'Type':'CALCULATED','ChildHealthChecks':[{}]}", false},
        {"{'Type':'RECOVERY_CONTROL','RoutingControlArn':'a'}", true},
        {"{'Type':'RECOVERY_CONTROL'}", false},
        {"{'Type':'CLOUDWATCH_METRIC','AlarmIdentifier':{'Region':'r','Name':'n'}}", true},
        {"{'Type':'CLOUDWATCH_METRIC','AlarmIdentifier':{'Region':'r'}}", false},
        {"{'Type':'CLOUDWATCH_METRIC'}", false},
        {"{'Type':'PING'}", false},
        {"{}", false},
        {"[]", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[256];
        cJSON *config = NULL;
        (void)snprintf(text, sizeof(text), "%s", cases[i].config);
        for (char *c = text; *c != '\0'; c++)
            *c = *c == '\'' ? '"' : *c;
        config = cJSON_Parse(text);
        assert_non_null(config);
        if (r53_check_config_is_sound(config) != cases[i].is_sound)
            fail_msg("%s", cases[i].config);
        cJSON_Delete(config);
    }
}

#define HTTP_CHECK(reference, more)                                                                \
    "{\"CallerReference\":\"" reference                                                            \
    "\",\"HealthCheckConfig\":{\"Type\":\"HTTP\",\"IPAddress\":"                                   \
    "\"127.0.1.1\",\"Port\":8080" more "}}"

static void test_defaults_are_filled_in(void **state)
{
    struct fixture fixture;
    char *text = NULL;
    (void)state;
    fixture_init(&fixture);
    assert_true(fixture_call(&fixture, "CreateHealthCheck",
                             HTTP_CHECK("r", ",\"ResourcePath\":\"health\"")));
    text = cJSON_PrintUnformatted(
        wire_member(wire_member(fixture.output, "HealthCheck"), "HealthCheckConfig"));
    assert_string_equal(text, "{\"IPAddress\":\"127.0.1.1\",\"Port\":8080,\"Type\":\"HTTP\","
                              "\"ResourcePath\":\"/health\",\"RequestInterval\":30,"
                              "\"FailureThreshold\":3,\"MeasureLatency\":false,\"Inverted\":false,"
                              "\"Disabled\":false,\"EnableSNI\":false}");
    free(text);
    fixture_fini(&fixture);
}

static void test_a_caller_reference_names_one_check(void **state)
{
    struct fixture fixture;
    char id[64];
    (void)state;
    fixture_init(&fixture);
    assert_true(fixture_call(&fixture, "CreateHealthCheck", HTTP_CHECK("r", "")));
    (void)snprintf(id, sizeof(id), "%s", fixture_text(&fixture, "HealthCheck.Id"));
    assert_true(fixture_call(&fixture, "CreateHealthCheck", HTTP_CHECK("r", "")));
    assert_string_equal(fixture_text(&fixture, "HealthCheck.Id"), id);
    assert_false(
        fixture_call(&fixture, "CreateHealthCheck", HTTP_CHECK("r", ",\"Inverted\":true")));
    assert_string_equal(fixture.code, "HealthCheckAlreadyExists");
    assert_true(fixture_call(&fixture, "GetHealthCheckCount", "{}"));
    assert_int_equal(wire_integer(fixture.output, "HealthCheckCount", -1), 1);
    assert_true(fixture_callf(&fixture, "DeleteHealthCheck", "{\"HealthCheckId\":\"%s\"}", id));
    assert_false(fixture_call(&fixture, "CreateHealthCheck", HTTP_CHECK("r", "")));
    assert_string_equal(fixture.code, "HealthCheckAlreadyExists");
    assert_false(fixture_callf(&fixture, "GetHealthCheck", "{\"HealthCheckId\":\"%s\"}", id));
    assert_string_equal(fixture.code, "NoSuchHealthCheck");
    fixture_fini(&fixture);
}

static void test_updates_count_versions_and_change_what_they_name(void **state)
{
    struct fixture fixture;
    char id[64];
    (void)state;
    fixture_init(&fixture);
    assert_true(
        fixture_call(&fixture, "CreateHealthCheck", HTTP_CHECK("r", ",\"ResourcePath\":\"/a\"")));
    (void)snprintf(id, sizeof(id), "%s", fixture_text(&fixture, "HealthCheck.Id"));
    assert_true(fixture_callf(&fixture, "UpdateHealthCheck",
                              "{\"HealthCheckId\":\"%s\",\"HealthCheckVersion\":1,\"Port\":81}",
                              id));
    assert_int_equal(
        wire_integer(wire_member(fixture.output, "HealthCheck"), "HealthCheckVersion", 0), 2);
    assert_string_equal(fixture_text(&fixture, "HealthCheck.HealthCheckConfig.ResourcePath"), "/a");
    assert_false(fixture_callf(&fixture, "UpdateHealthCheck",
                               "{\"HealthCheckId\":\"%s\",\"HealthCheckVersion\":1,\"Port\":82}",
                               id));
    assert_string_equal(fixture.code, "HealthCheckVersionMismatch");
    assert_true(fixture_callf(&fixture, "UpdateHealthCheck",
                              "{\"HealthCheckId\":\"%s\",\"ResetElements\":[\"ResourcePath\"]}",
                              id));
    assert_string_equal(fixture_text(&fixture, "HealthCheck.HealthCheckConfig.ResourcePath"), "");
    assert_false(fixture_callf(&fixture, "UpdateHealthCheck",
                               "{\"HealthCheckId\":\"%s\",\"IPAddress\":\"x\"}", id));
    assert_string_equal(fixture.code, "InvalidInput");
    fixture_fini(&fixture);
}

/* --- routing controls
 * -----------------------------------------------------------------------------
 */

struct story {
    struct sim_trace *trace;
    char text[4096];
};

static void note_event(void *context, const struct sim_trace_event *event)
{
    struct story *story = context;
    size_t used = strlen(story->text);
    const struct sim_field *status = sim_trace_field_find(event, "status");
    const struct sim_field *cause = sim_trace_field_find(event, "cause");
    if (strncmp(event->type, "health.", 7) != 0)
        return;
    (void)snprintf(story->text + used, sizeof(story->text) - used, "%llu ms %s %s (%s)\n",
                   (unsigned long long)((event->at_us - sim_trace_began_us(story->trace)) / 1000),
                   event->type, status->text, cause->text);
}

static void test_a_routing_control_reaches_dns_after_the_delay(void **state)
{
    struct fixture fixture;
    struct story story = {.text = ""};
    char answer[256];
    uint64_t began_us = 0;
    (void)state;
    fixture_init(&fixture);
    r53_set_propagation(fixture.r53, 0, 5 * SIM_US_PER_S);
    fixture_make_zone(&fixture, ZONE);
    fixture_add_records(&fixture, ZONE,
                        "w A f:p=PRIMARY 1.1.1.1 hc:a;w A f:s=SECONDARY 1.1.1.2 hc:b");
    story.trace = fixture.core.trace;
    sim_trace_listen(fixture.core.trace, note_event, &story);
    began_us = sim_clock_now_us(fixture.core.clock);
    fixture_turn(&fixture, "a", false);
    fixture_advance(&fixture, 3 * SIM_US_PER_S - 1);
    fixture_ask(&fixture, "w." ZONE, "A", NULL, answer, sizeof(answer));
    assert_string_equal(answer, "1.1.1.1"); /* 60 percent of the delay at the earliest */
    fixture_advance(&fixture, 4 * SIM_US_PER_S + 1);
    fixture_ask(&fixture, "w." ZONE, "A", NULL, answer, sizeof(answer));
    assert_string_equal(answer, "1.1.1.2"); /* 140 percent at the latest */
    fixture_turn(&fixture, "a", true);
    fixture_turn(&fixture, "a", false);
    fixture_turn(&fixture, "a", true);
    fixture_advance(&fixture, 7 * SIM_US_PER_S);
    fixture_ask(&fixture, "w." ZONE, "A", NULL, answer, sizeof(answer));
    assert_string_equal(answer, "1.1.1.1"); /* the last word wins, whatever the delays drawn */
    assert_non_null(strstr(story.text, "0 ms health.change Unhealthy (routing control)\n"));
    assert_non_null(strstr(story.text, "health.served Unhealthy (propagation)\n"));
    assert_true(sim_clock_now_us(fixture.core.clock) == began_us + 14 * SIM_US_PER_S);
    fixture_fini(&fixture);
}

static void collect(void *context, const char *id)
{
    char *text = context;
    (void)strcat(strcat(text, id), " ");
}

static void test_watchers_of_a_control_are_told_in_order(void **state)
{
    struct fixture fixture;
    char seen[512] = "";
    char first[64];
    (void)state;
    fixture_init(&fixture);
    (void)snprintf(first, sizeof(first), "%s", fixture_check(&fixture, "a"));
    assert_true(fixture_call(&fixture, "CreateHealthCheck",
                             "{\"CallerReference\":\"second\",\"HealthCheckConfig\":{\"Type\":"
                             "\"RECOVERY_CONTROL\",\"RoutingControlArn\":\"a\"}}"));
    wire_health_visit_watchers(wire_dispatcher_host(fixture.dispatcher)->health,
                               WIRE_HEALTH_ROUTING_CONTROL, "a", collect, seen);
    assert_int_equal(strlen(seen), 74);
    assert_true(strncmp(seen, seen + 37, 36) < 0);
    assert_non_null(strstr(seen, first));
    fixture_fini(&fixture);
}

static void test_a_control_that_is_unknown_is_not_on(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_true(fixture_call(&fixture, "CreateHealthCheck",
                             "{\"CallerReference\":\"r\",\"HealthCheckConfig\":{\"Type\":"
                             "\"RECOVERY_CONTROL\",\"RoutingControlArn\":\"nobody\"}}"));
    assert_true(fixture_callf(&fixture, "GetHealthCheckStatus", "{\"HealthCheckId\":\"%s\"}",
                              fixture_text(&fixture, "HealthCheck.Id")));
    assert_string_equal(fixture_text(&fixture, "HealthCheckObservations.0.StatusReport.Status"),
                        "Failure: Routing control is Off");
    fixture_fini(&fixture);
}

/* --- calculated, inverted, disabled: through DNS
 * --------------------------------------------------
 */

static void make_calculated(struct fixture *fixture, int threshold, const char *more)
{
    char a[64], b[64], c[64];
    (void)snprintf(a, sizeof(a), "%s", fixture_check(fixture, "a"));
    (void)snprintf(b, sizeof(b), "%s", fixture_check(fixture, "b"));
    (void)snprintf(c, sizeof(c), "%s", fixture_check(fixture, "c"));
    assert_true(fixture_callf(fixture, "CreateHealthCheck",
                              "{\"CallerReference\":\"sum\",\"HealthCheckConfig\":{\"Type\":"
                              "\"CALCULATED\",\"HealthThreshold\":%d,\"ChildHealthChecks\":[\"%s\","
                              "\"%s\",\"%s\"]%s}}",
                              threshold, a, b, c, more));
    fixture->control_count++; /* under the name "sum" in the short form of records */
    (void)snprintf(fixture->controls[3].name, sizeof(fixture->controls[3].name), "sum");
    (void)snprintf(fixture->controls[3].check_id, sizeof(fixture->controls[3].check_id), "%s",
                   fixture_text(fixture, "HealthCheck.Id"));
}

static void test_calculated_checks_count_their_children(void **state)
{
    static const struct {
        const char *claim;
        int threshold;
        const char *more, *off;
        bool healthy;
    } cases[] = {
        {"all of three", 3, "", "", true},
        {"one missing of three", 3, "", "b", false},
        {"two of three suffice", 2, "", "b", true},
        {"one of two needed", 2, "", "a b", false},
        {"none needed", 0, "", "a b c", true},
        {"more than there are", 4, "", "", false},
        {"inverted", 2, ",\"Inverted\":true", "a b", true},
        {"inverted while children are well", 2, ",\"Inverted\":true", "", false},
        {"disabled counts as healthy", 3, ",\"Disabled\":true", "a b c", true},
        {"disabled and inverted", 3, ",\"Disabled\":true,\"Inverted\":true", "", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture fixture;
        char answer[64];
        fixture_init(&fixture);
        make_calculated(&fixture, cases[i].threshold, cases[i].more);
        fixture_make_zone(&fixture, ZONE);
        fixture_add_records(&fixture, ZONE,
                            "w A f:p=PRIMARY 1.1.1.1 hc:sum;w A f:s=SECONDARY 1.1.1.2");
        for (const char *c = cases[i].off; *c != '\0'; c++)
            if (*c != ' ')
                fixture_turn(&fixture, (char[]){*c, '\0'}, false);
        fixture_ask(&fixture, "w." ZONE, "A", NULL, answer, sizeof(answer));
        if ((strcmp(answer, "1.1.1.1") == 0) != cases[i].healthy)
            fail_msg("%s: %s", cases[i].claim, answer);
        fixture_fini(&fixture);
    }
}

static void test_a_deleted_check_makes_nothing_unhealthy(void **state)
{
    struct fixture fixture;
    char answer[64];
    (void)state;
    fixture_init(&fixture);
    fixture_make_zone(&fixture, ZONE);
    fixture_add_records(&fixture, ZONE, "w A f:p=PRIMARY 1.1.1.1 hc:a;w A f:s=SECONDARY 1.1.1.2");
    fixture_turn(&fixture, "a", false);
    fixture_ask(&fixture, "w." ZONE, "A", NULL, answer, sizeof(answer));
    assert_string_equal(answer, "1.1.1.2");
    assert_true(fixture_callf(&fixture, "DeleteHealthCheck", "{\"HealthCheckId\":\"%s\"}",
                              fixture_check(&fixture, "a")));
    fixture_ask(&fixture, "w." ZONE, "A", NULL, answer, sizeof(answer));
    assert_string_equal(answer, "1.1.1.1");
    fixture_fini(&fixture);
}

/* --- endpoints, in virtual time
 * -------------------------------------------------------------------
 */

struct server {
    int status;
    const char *body;
    bool hangs;
    unsigned count;
};

static void serve(void *context, const struct sim_endpoint_request *request,
                  struct sim_endpoint_exchange *exchange)
{
    struct server *server = context;
    (void)request;
    server->count++;
    if (!server->hangs)
        sim_endpoint_answer(exchange, server->status, NULL, server->body);
}

/* A world with a server at 127.0.1.1:8080 and a check of it; the check's id. */
static const char *make_endpoint(struct fixture *fixture, struct server *server, const char *more)
{
    struct sim_region *region = NULL;
    fixture_init(fixture);
    region = sim_network_region_find(fixture->core.network, "us-east-1");
    assert_int_equal(
        sim_endpoint_add(fixture->core.endpoints, "127.0.1.1", 8080, region, serve, server, NULL),
        RESULT_OK);
    assert_true(fixture_callf(
        fixture, "CreateHealthCheck",
        "{\"CallerReference\":\"r\",\"HealthCheckConfig\":{\"Port\":8080,%s}}", more));
    fixture->control_count = 1;
    (void)snprintf(fixture->controls[0].name, sizeof(fixture->controls[0].name), "e");
    (void)snprintf(fixture->controls[0].check_id, sizeof(fixture->controls[0].check_id), "%s",
                   fixture_text(fixture, "HealthCheck.Id"));
    fixture_make_zone(fixture, ZONE);
    fixture_add_records(fixture, ZONE, "w A f:p=PRIMARY 1.1.1.1 hc:e;w A f:s=SECONDARY 1.1.1.2");
    return fixture->controls[0].check_id;
}

static bool is_healthy(struct fixture *fixture)
{
    char answer[64];
    fixture_ask(fixture, "w." ZONE, "A", NULL, answer, sizeof(answer));
    return strcmp(answer, "1.1.1.1") == 0;
}

#define HTTP_10 "\"Type\":\"HTTP\",\"IPAddress\":\"127.0.1.1\",\"RequestInterval\":10"

static void test_sixteen_checkers_probe_at_the_interval(void **state)
{
    struct fixture fixture;
    struct server server = {.status = 200};
    (void)state;
    make_endpoint(&fixture, &server, HTTP_10);
    fixture_advance(&fixture, 10 * SIM_US_PER_S);
    assert_in_range(server.count, 15, 16);
    server.count = 0;
    fixture_advance(&fixture, 600 * SIM_US_PER_S);
    assert_in_range(server.count, 900, 960); /* 60 each, less what the way takes */
    assert_true(is_healthy(&fixture));
    fixture_fini(&fixture);
}

static void test_a_failing_endpoint_is_out_after_its_threshold(void **state)
{
    static const struct {
        const char *claim, *config;
        int status;
        bool hangs;
        uint64_t earliest_s, latest_s; /* of the failover after the failure */
    } cases[] = {
        {"10 s, 3 failures", HTTP_10, 503, false, 20, 33},
        {"10 s, 1 failure", HTTP_10 ",\"FailureThreshold\":1", 503, false, 1, 12},
        {"30 s, 3 failures", "\"Type\":\"HTTP\",\"IPAddress\":\"127.0.1.1\"", 404, false, 60, 95},
        {"10 s, 3 time-outs", HTTP_10, 200, true, 30, 55},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture fixture;
        struct server server = {.status = 200};
        uint64_t seconds = 0;
        make_endpoint(&fixture, &server, cases[i].config);
        fixture_advance(&fixture, 300 * SIM_US_PER_S);
        assert_true(is_healthy(&fixture));
        server.status = cases[i].status;
        server.hangs = cases[i].hangs;
        while (is_healthy(&fixture) && seconds < 600) {
            fixture_advance(&fixture, SIM_US_PER_S);
            seconds++;
        }
        if (seconds < cases[i].earliest_s || seconds > cases[i].latest_s)
            fail_msg("%s: failed over after %llu s", cases[i].claim, (unsigned long long)seconds);
        server.status = 200;
        server.hangs = false;
        for (seconds = 0; !is_healthy(&fixture) && seconds < 600; seconds++)
            fixture_advance(&fixture, SIM_US_PER_S);
        if (seconds > cases[i].latest_s)
            fail_msg("%s: came back after %llu s", cases[i].claim, (unsigned long long)seconds);
        fixture_fini(&fixture);
    }
}

static void test_statuses_are_told_with_the_services_words(void **state)
{
    static const struct {
        const char *claim, *config;
        int status;
        const char *body, *expect;
    } cases[] = {
        {"200", HTTP_10, 200, "", "Success: HTTP Status Code 200, OK"},
        {"a redirect is healthy", HTTP_10, 302, "", "Success: HTTP Status Code 302, Found"},
        {"503", HTTP_10, 503, "", "Failure: HTTP Status Code 503, Service Unavailable"},
        {"by name", "\"Type\":\"HTTP\",\"FullyQualifiedDomainName\":\"localhost\"", 200, "",
         "Failure: Connection refused"},
        {"a name that is not there", "\"Type\":\"HTTP\",\"FullyQualifiedDomainName\":\"no.such\"",
         200, "", "Failure: DNS resolution failed: no.such has no A record"},
        {"nobody listens", "\"Type\":\"HTTP\",\"IPAddress\":\"127.0.2.1\"", 200, "",
         "Failure: Connection refused"},
        {"TCP", "\"Type\":\"TCP\",\"IPAddress\":\"127.0.1.1\"", 500, "",
         "Success: Connection established"},
        {"a search that finds",
         "\"Type\":\"HTTP_STR_MATCH\",\"IPAddress\":\"127.0.1.1\",\"SearchString\":\"fine\"", 200,
         "all is fine", "Success: HTTP Status Code 200, OK"},
        {"a search in vain",
         "\"Type\":\"HTTP_STR_MATCH\",\"IPAddress\":\"127.0.1.1\",\"SearchString\":\"Fine\"", 200,
         "all is fine", "Failure: The search string was not found in the response body"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture fixture;
        struct server server = {.status = cases[i].status, .body = cases[i].body};
        const char *id = make_endpoint(&fixture, &server, cases[i].config);
        const char *seen = NULL;
        fixture_advance(&fixture, 40 * SIM_US_PER_S);
        assert_true(
            fixture_callf(&fixture, "GetHealthCheckStatus", "{\"HealthCheckId\":\"%s\"}", id));
        seen = fixture_text(&fixture, "HealthCheckObservations.0.StatusReport.Status");
        if (strcmp(seen, cases[i].expect) != 0)
            fail_msg("%s: %s", cases[i].claim, seen);
        assert_int_equal(cJSON_GetArraySize(wire_member(fixture.output, "HealthCheckObservations")),
                         16);
        assert_string_equal(fixture_text(&fixture, "HealthCheckObservations.15.Region"),
                            "sa-east-1");
        assert_true(fixture_callf(&fixture, "GetHealthCheckLastFailureReason",
                                  "{\"HealthCheckId\":\"%s\"}", id));
        assert_int_equal(cJSON_GetArraySize(wire_member(fixture.output, "HealthCheckObservations")),
                         cases[i].expect[0] == 'F' ? 16 : 0);
        fixture_fini(&fixture);
    }
}

static void test_more_than_18_percent_of_the_checkers_decide(void **state)
{
    static const struct {
        const char *claim, *regions;
        size_t healthy, of;
        bool verdict;
    } cases[] = {
        {"3 of 16 is healthy", "", 3, 16, true},
        {"2 of 16 is not", "", 2, 16, false},
        {"1 of 6 is not", ",\"Regions\":[\"us-east-1\",\"us-west-1\",\"us-west-2\"]", 1, 6, false},
        {"2 of 6 is healthy", ",\"Regions\":[\"us-east-1\",\"us-west-1\",\"us-west-2\"]", 2, 6,
         true},
        {"none", "", 0, 16, false},
        {"a sixth of those that report", "", 1, 5, true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture fixture;
        struct server server = {.status = 200};
        char config[256];
        struct r53_check *check = NULL;
        (void)snprintf(config, sizeof(config), HTTP_10 ",\"FailureThreshold\":1%s",
                       cases[i].regions);
        make_endpoint(&fixture, &server, config);
        check = r53_check_find(&fixture.r53->checks, fixture.controls[0].check_id);
        for (size_t c = 0; c < cases[i].of; c++)
            r53_checker_record(&check->checkers[c], c < cases[i].healthy, "as the test says");
        if (is_healthy(&fixture) != cases[i].verdict)
            fail_msg("%s", cases[i].claim);
        fixture_fini(&fixture);
    }
}

static void test_disabling_stops_the_probes_and_counts_as_healthy(void **state)
{
    struct fixture fixture;
    struct server server = {.status = 500};
    const char *id = NULL;
    unsigned before = 0;
    (void)state;
    id = make_endpoint(&fixture, &server, HTTP_10);
    fixture_advance(&fixture, 60 * SIM_US_PER_S);
    assert_false(is_healthy(&fixture));
    assert_true(fixture_callf(&fixture, "UpdateHealthCheck",
                              "{\"HealthCheckId\":\"%s\",\"Disabled\":true}", id));
    assert_true(is_healthy(&fixture));
    fixture_advance(&fixture, SIM_US_PER_S); /* what was on its way */
    before = server.count;
    fixture_advance(&fixture, 60 * SIM_US_PER_S);
    assert_int_equal(server.count, before);
    assert_true(fixture_callf(&fixture, "UpdateHealthCheck",
                              "{\"HealthCheckId\":\"%s\",\"Disabled\":false}", id));
    fixture_advance(&fixture, 60 * SIM_US_PER_S);
    assert_false(is_healthy(&fixture));
    fixture_fini(&fixture);
}

static void test_deleting_a_check_forgets_its_probes_under_way(void **state)
{
    struct fixture fixture;
    struct server server = {.hangs = true};
    const char *id = NULL;
    unsigned before = 0;
    (void)state;
    id = make_endpoint(&fixture, &server, HTTP_10);
    fixture_advance(&fixture, 5 * SIM_US_PER_S);
    assert_true(server.count > 0);
    assert_true(fixture_callf(&fixture, "DeleteHealthCheck", "{\"HealthCheckId\":\"%s\"}", id));
    before = server.count;
    fixture_advance(&fixture, 60 * SIM_US_PER_S);
    assert_in_range(server.count, before, before + 2); /* requests that were on the way there */
    assert_true(is_healthy(&fixture));
    fixture_fini(&fixture);
}

static void test_a_region_that_is_down_fails_its_endpoint(void **state)
{
    struct fixture fixture;
    struct server server = {.status = 200};
    uint64_t fault = 0;
    const struct sim_fault_spec spec = {.kind = SIM_FAULT_REGION_DOWN, .region = "us-east-1"};
    (void)state;
    make_endpoint(&fixture, &server, HTTP_10);
    fixture_advance(&fixture, 60 * SIM_US_PER_S);
    assert_true(is_healthy(&fixture));
    assert_int_equal(sim_faults_add(fixture.core.faults, &spec, &fault, NULL), RESULT_OK);
    fixture_advance(&fixture, 60 * SIM_US_PER_S);
    assert_false(is_healthy(&fixture));
    assert_int_equal(sim_faults_remove(fixture.core.faults, fault, NULL), RESULT_OK);
    fixture_advance(&fixture, 60 * SIM_US_PER_S);
    assert_true(is_healthy(&fixture));
    fixture_fini(&fixture);
}

static void test_probes_are_background_and_never_keep_a_world_busy(void **state)
{
    struct fixture fixture;
    struct server server = {.status = 200};
    (void)state;
    make_endpoint(&fixture, &server, HTTP_10);
    assert_int_equal(sim_sched_foreground_count(fixture.core.sched), 0);
    fixture_fini(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_configurations_are_checked),
        cmocka_unit_test(test_what_a_file_says_is_looked_at),
        cmocka_unit_test(test_defaults_are_filled_in),
        cmocka_unit_test(test_a_caller_reference_names_one_check),
        cmocka_unit_test(test_updates_count_versions_and_change_what_they_name),
        cmocka_unit_test(test_a_routing_control_reaches_dns_after_the_delay),
        cmocka_unit_test(test_watchers_of_a_control_are_told_in_order),
        cmocka_unit_test(test_a_control_that_is_unknown_is_not_on),
        cmocka_unit_test(test_calculated_checks_count_their_children),
        cmocka_unit_test(test_a_deleted_check_makes_nothing_unhealthy),
        cmocka_unit_test(test_sixteen_checkers_probe_at_the_interval),
        cmocka_unit_test(test_a_failing_endpoint_is_out_after_its_threshold),
        cmocka_unit_test(test_statuses_are_told_with_the_services_words),
        cmocka_unit_test(test_more_than_18_percent_of_the_checkers_decide),
        cmocka_unit_test(test_disabling_stops_the_probes_and_counts_as_healthy),
        cmocka_unit_test(test_deleting_a_check_forgets_its_probes_under_way),
        cmocka_unit_test(test_a_region_that_is_down_fails_its_endpoint),
        cmocka_unit_test(test_probes_are_background_and_never_keep_a_world_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
