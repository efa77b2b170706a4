/* Whole drills against the orders application: green, red, refused, cut short, repeated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <libxml/parser.h>

#include "examples/orders/orders.h"
#include "sim/drill/drill_internal.h"

static const struct topo_application *const programs[] = {&orders_application};
static const struct topo_registry registry = {programs, ARRAY_LEN(programs)};

/* Two clients, an order a second each, traffic leaves us-east-1 after half a minute. */
#define HEAD_OF(seed)                                                                              \
    "drill: tiny\nkind: recovery\nworld: two-region-orders\nseed: " seed "\nduration: 2m30s\n"     \
    "incident: 30s\nleaves: us-east-1\nclients:\n"
#define HEAD HEAD_OF("3")
#define CLIENT(name, region, resolver)                                                             \
    "- name: " name "\n  region: " region "\n  application: orders\n"                              \
    "  host: api.orders.example.com\n  resolver: {" resolver "}\n  timeout: 2s\n"                  \
    "  starts: 5s\n  every: 1s\n  iterations: 130\n"                                               \
    "  prepare:\n  - {request: \"POST /fill?cust=25&order=0&product=25\", times: 8, "              \
    "keep: {customer: customers, product: products}}\n"                                            \
    "  each:\n"                                                                                    \
    "  - {request: \"POST /orders?customerId={customer}&productId={product}&orderId={uuid}\", "    \
    "writes: {table: resilientdynamo-Order, key: {OrderId: {S: \"{uuid}\"}}}}\n"                   \
    "  - {request: \"GET /orders?orderId={uuid}&productId={product}\", reads_own_write: true}\n"
#define CLIENTS CLIENT("east", "us-east-1", "ttl: honours") CLIENT("west", "us-west-2", "")
/* Nobody in a Region that is down reaches anything: this client sits beside it. */
#define BESIDE CLIENT("east", "us-east-2", "ttl: honours") CLIENT("west", "us-west-2", "")
#define SWITCH_OFF                                                                                 \
    "- {at: 30s, name: \"evacuate <east> & \\\"all\\\"\", call: {from: us-east-2, service: "       \
    "route53-recovery-cluster, operation: UpdateRoutingControlState, endpoints: any, input: "      \
    "{RoutingControlArn: \"${control.us-east-1.arn}\", RoutingControlState: \"Off\"}}}\n"
#define EAST_DOWN "- {at: 30s, fault: {kind: region-down, region: us-east-1}}\n"

/* A drill from text, by a file of its own; the caller destroys it. */
static enum sim_result load(const char *text, struct drill **drill, struct sim_error *error)
{
    char path[] = "/tmp/regionlab-drill-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    const struct drill_options options = {.path = path, .registry = &registry};
    enum sim_result result = drill_load(&options, drill, error);
    unlink(path);
    return result;
}

static struct drill *play(const char *text)
{
    struct drill *drill = NULL;
    struct sim_error error;
    if (load(text, &drill, &error) != RESULT_OK || drill_run(drill, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    return drill;
}

static void dump(struct drill *drill)
{
    drill_report_text(drill, stderr, 120, false);
}

static uint64_t value_of(const struct drill *drill, enum drill_measure measure)
{
    assert_true(drill->measures.is_known[measure]);
    return drill->measures.values[measure];
}

static void test_an_isolation_that_is_switched_over_is_green(void **state)
{
    (void)state;
    struct drill *drill =
        play(HEAD CLIENTS "timeline:\n" SWITCH_OFF
                          "- {at: 2m, expect: {client: east, served_by: us-west-2}}\n"
                          "- {at: 30s, expect: {dns: api.orders.example.com, from: us-east-1, "
                          "answers: \"${region.us-west-2.address}\", within: 20s}}\n"
                          "objectives: {recovery_time: 90s, recovery_point: 3s, lost_writes: 0, "
                          "failed_requests: 0, stale_reads: 2, replication_latency_p50: 2s, "
                          "operation_latency_p99: 50ms, availability: 100%}\n");
    if (!drill_passed(drill)) {
        dump(drill);
        fail_msg("red");
    }
    assert_true(value_of(drill, DRILL_RECOVERY_TIME) > 0);
    assert_int_equal(drill->measures.clients[0].requests, 8 + 2 * 130);
    assert_int_equal(drill->measures.write_count, 2 * 130);
    drill_destroy(drill);
}

/* Nobody switches: the client of the dead Region goes on asking it. */
static void test_a_region_that_dies_without_a_switch_is_red(void **state)
{
    (void)state;
    struct drill *drill =
        play(HEAD CLIENTS "timeline:\n" EAST_DOWN
                          "- {at: 2m, expect: {client: east, served_by: us-west-2}}\n"
                          "objectives: {recovery_time: 90s, failed_requests: 0}\n");
    assert_false(drill_passed(drill));
    assert_false(drill_objective_is_met(drill, DRILL_RECOVERY_TIME));
    assert_false(drill_objective_is_met(drill, DRILL_FAILED_REQUESTS));
    assert_true(drill->measures.clients[0].failures > 100);
    assert_int_equal(value_of(drill, DRILL_RECOVERY_TIME), UINT64_MAX);
    assert_int_equal(drill->measures.clients[1].failures, 0);
    drill_destroy(drill);
}

static void test_a_region_that_dies_with_a_switch_recovers(void **state)
{
    (void)state;
    struct drill *drill =
        play(HEAD_OF("6") BESIDE "timeline:\n" EAST_DOWN SWITCH_OFF
                                 "- {at: 2m15s, expect: {client: east, served_by: us-west-2}}\n"
                                 "objectives: {recovery_time: 1s..95s, recovery_point: 1ms..3s, "
                                 "failed_requests: 1..100}\n");
    if (!drill_passed(drill)) {
        dump(drill);
        fail_msg("red");
    }
    /* What us-east-1 had not sent yet is in no Region that is up. */
    assert_true(value_of(drill, DRILL_LOST_WRITES) > 0);
    assert_true(value_of(drill, DRILL_LOST_WRITES) <= value_of(drill, DRILL_MISSING_AT_INCIDENT));
    drill_destroy(drill);
}

static void test_one_missed_objective_or_expectation_is_red(void **state)
{
    (void)state;
    static const struct {
        const char *claim, *end;
    } rows[] = {
        {"an objective that cannot be met", "objectives: {recovery_time: 1ms}\n"},
        {"a lower bound that is not reached", "objectives: {lost_writes: 5..9}\n"},
        {"an expectation that does not hold",
         "- {at: 2m, expect: {client: west, served_by: us-east-1}}\n"},
        {"DNS that answers otherwise",
         "- {at: 1m, expect: {dns: api.orders.example.com, answers: 10.9.9.9, within: 2s}}\n"},
        {"a call that fails",
         "- {at: 1m, call: {service: dynamodb, operation: DescribeTable, input: {TableName: "
         "none}}}\n"},
        {"a call that should have failed",
         "- {at: 1m, call: {service: dynamodb, operation: ListTables, fails_with: "
         "ValidationException}}\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[8192];
        snprintf(text, sizeof text, "%s%s", HEAD CLIENTS "timeline:\n" SWITCH_OFF, rows[i].end);
        struct drill *drill = play(text);
        if (drill_passed(drill))
            fail_msg("%s: green", rows[i].claim);
        drill_destroy(drill);
    }
}

static void test_what_only_the_world_can_refuse_names_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *message; /* one replacement in a good drill */
    } rows[] = {
        {"world: two-region-orders", "world: two-region-order",
         ":3:8: there is no world file 'two-region-order'; did you mean the built-in "
         "'two-region-orders'?"},
        {"leaves: us-east-1", "leaves: us-north-1",
         ":7:9: the world has no Region 'us-north-1' to leave"},
        {"region: us-east-1\n", "region: mars\n", ":10:11: the world has no Region 'mars'"},
        {"application: orders", "application: order",
         ":11:16: the world runs no application 'order'"},
        {"customerId={customer}", "customerId={nobody}",
         ":21:15: {nobody} is no variable; allowed: {uuid} and what 'prepare' keeps"},
        {"S: \"{uuid}\"", "S: \"{id}\"",
         ":21:146: {id} is no variable; allowed: {uuid} and what 'prepare' keeps"},
        {"table: resilientdynamo-Order", "table: Orders",
         ":21:104: the world has no table 'Orders'"},
        {"service: route53-recovery-cluster", "service: s4", ": there is no service 's4'"},
        {"operation: UpdateRoutingControlState", "operation: Fly",
         ": route53-recovery-cluster has no operation 'Fly' here"},
        {"from: us-east-2", "from: mars", ": the world has no Region 'mars'"},
        {"${control.us-east-1.arn}", "${control.east.arn}",
         "this world has nothing called '${control.east.arn}'"},
        {"leaves: us-east-1\n", "leaves: us-east-1\nobjectives: {}\n", ""},
    };
    size_t wrong = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *good = HEAD CLIENTS "timeline:\n" SWITCH_OFF;
        const char *at = strstr(good, rows[i].from);
        assert_non_null(at);
        char text[8192];
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, rows[i].to,
                 at + strlen(rows[i].from));
        struct drill *drill = NULL;
        struct sim_error error = {0};
        if (load(text, &drill, &error) != RESULT_OK)
            fail_msg("%s", error.message);
        enum sim_result result = drill_run(drill, &error);
        const char *place = strstr(error.message, rows[i].message);
        if ((result == RESULT_OK) != (rows[i].message[0] == '\0') || place == NULL)
            print_error("%s -> %s\nwanted %s\ngot    %s\n", rows[i].from, rows[i].to,
                        rows[i].message, error.message);
        if (strstr(error.message + 1, "/tmp/regionlab-drill-") != NULL)
            fail_msg("two places: %s", error.message);
        wrong += place == NULL || (result == RESULT_OK) != (rows[i].message[0] == '\0');
        drill_destroy(drill);
    }
    assert_int_equal(wrong, 0);
}

static void test_an_unknown_client_or_region_in_an_expectation_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *message;
    } rows[] = {
        {"- {at: 1m, expect: {client: north, served_by: us-east-1}}\n",
         "there is no client 'north'"},
        {"- {at: 1m, expect: {dns: a.example.com, from: mars, answers: x}}\n",
         "the world has no Region 'mars'"},
        {"- {at: 1m, expect: {dns: a.example.com, answers: \"${x}\"}}\n", "${x}"},
        {"- {at: 1m, fault: {kind: region-down, region: mars}}\n", "mars"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[8192];
        snprintf(text, sizeof text, "%s%s", HEAD CLIENTS "timeline:\n", rows[i].entry);
        struct drill *drill = NULL;
        struct sim_error error = {0};
        assert_int_equal(load(text, &drill, &error), RESULT_OK);
        if (drill_run(drill, &error) == RESULT_OK || strstr(error.message, rows[i].message) == NULL)
            fail_msg("%s: %s", rows[i].entry, error.message);
        drill_destroy(drill); /* with clients and checks under way */
    }
}

/* Names that were never given a value fail the request, not the program. */
static void test_without_preparation_there_is_nothing_to_send(void **state)
{
    (void)state;
    const char *good = HEAD CLIENT("east", "us-east-1", "");
    const char *at = strstr(good, "times: 8");
    char text[8192]; /* 25 values for 130 iterations */
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, "times: 1",
             at + strlen("times: 8"));
    struct drill *drill = play(text);
    assert_int_equal(drill->measures.failure_count, 1);
    assert_string_equal(drill->measures.failures[0].detail,
                        "nothing left to send (was the preparation done?)");
    assert_int_equal(drill->measures.failures[0].count, 130 - 25);
    drill_destroy(drill);
}

static void test_a_drill_can_end_with_all_under_way(void **state)
{
    (void)state;
    /* A black hole keeps requests, the operator's call and the expectation open at the end. */
    struct drill *drill = NULL;
    struct sim_error error;
    assert_int_equal(
        load("drill: d\nworld: two-region-orders\nduration: 3s\nclients:\n"
             "- {name: a, region: us-east-1, application: orders, host: api.orders.example.com, "
             "timeout: 720h, every: 100ms, iterations: 100, each: [{request: GET /health}]}\n"
             "timeline:\n"
             "- {at: 1s, fault: {kind: partition, from: us-east-1, to: us-west-2}}\n"
             "- {at: 1s, fault: {kind: black-hole, region: us-east-1}}\n"
             "- {at: 1s, expect: {client: a, served_by: mars, within: 720h}}\n"
             "- {at: 2999ms, call: {service: dynamodb, operation: ListTables, region: us-west-2, "
             "from: us-east-1}}\n",
             &drill, &error),
        RESULT_OK);
    if (drill_run(drill, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    assert_false(drill_passed(drill));
    drill_destroy(drill);
}

static char *printed(struct drill *drill, void (*print)(struct drill *, FILE *))
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    assert_non_null(stream);
    print(drill, stream);
    fclose(stream);
    return text;
}

static void print_text(struct drill *drill, FILE *stream)
{
    drill_report_text(drill, stream, 0, false);
}

static void print_junit(struct drill *drill, FILE *stream)
{
    drill_report_junit(drill, stream);
}

static void test_the_same_seed_gives_the_same_bytes(void **state)
{
    (void)state;
    void (*const prints[])(struct drill *, FILE *) = {print_text, drill_report_json};
    const char *text = HEAD CLIENTS "timeline:\n" EAST_DOWN SWITCH_OFF;
    struct drill *first = play(text);
    struct drill *again = play(text);
    assert_string_equal(first->trace_hash, again->trace_hash);
    for (size_t i = 0; i < ARRAY_LEN(prints); i++) {
        char *a = printed(first, prints[i]);
        char *b = printed(again, prints[i]);
        assert_string_equal(a, b);
        free(a);
        free(b);
    }
    drill_destroy(again);
    char *other = strdup(text);
    strstr(other, "seed: 3")[6] = '4';
    again = play(other);
    assert_string_not_equal(first->trace_hash, again->trace_hash);
    free(other);
    drill_destroy(first);
    drill_destroy(again);
}

static void test_reports_are_well_formed(void **state)
{
    (void)state;
    struct drill *drill =
        play(HEAD_OF("6") CLIENTS "timeline:\n" EAST_DOWN SWITCH_OFF
                                  "objectives: {recovery_time: 1ms, lost_writes: 0, "
                                  "availability: 10%, recovery_point: 1h}\n");
    char *json = printed(drill, drill_report_json);
    cJSON *report = cJSON_Parse(json);
    assert_non_null(report);
    assert_string_equal(wire_text(report, "schema"), "regionlab/drill-report/1");
    assert_string_equal(wire_text(report, "seed"), "6");
    assert_false(wire_flag(report, "passed", true));
    assert_int_equal(cJSON_GetArraySize(wire_member(report, "timeline")), 2);
    assert_string_equal(wire_text(wire_member(report, "trace"), "sha256"), drill->trace_hash);
    cJSON_Delete(report);
    free(json);

    char *junit = printed(drill, print_junit);
    xmlDocPtr document = xmlReadMemory(junit, (int)strlen(junit), "junit", NULL, XML_PARSE_NOERROR);
    if (document == NULL)
        fail_msg("no XML: %s", junit);
    xmlFreeDoc(document);
    xmlCleanupParser();
    assert_non_null(strstr(junit, "tests=\"5\" failures=\"2\""));
    assert_non_null(strstr(junit, "name=\"evacuate &lt;east&gt; &amp; &quot;all&quot;\""));
    assert_non_null(strstr(junit, "seed 6\nreplay: regionlab drill "));
    free(junit);

    char *text = printed(drill, print_text);
    assert_non_null(strstr(text, "FAILED"));
    assert_null(strchr(text, '\033')); /* no colour was asked for */
    free(text);
    drill_destroy(drill);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_isolation_that_is_switched_over_is_green),
        cmocka_unit_test(test_a_region_that_dies_without_a_switch_is_red),
        cmocka_unit_test(test_a_region_that_dies_with_a_switch_recovers),
        cmocka_unit_test(test_one_missed_objective_or_expectation_is_red),
        cmocka_unit_test(test_what_only_the_world_can_refuse_names_its_place),
        cmocka_unit_test(test_an_unknown_client_or_region_in_an_expectation_is_refused),
        cmocka_unit_test(test_without_preparation_there_is_nothing_to_send),
        cmocka_unit_test(test_a_drill_can_end_with_all_under_way),
        cmocka_unit_test(test_the_same_seed_gives_the_same_bytes),
        cmocka_unit_test(test_reports_are_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
