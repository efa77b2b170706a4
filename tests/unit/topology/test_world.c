/* A description becomes a world: made, settled, found by name, and made again the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topology/world.h"

/* --- an application that only greets ------------------------------------------------------------
 */

static enum sim_result greeter_create(const struct topo_application_host *host, void **instance,
                                      struct sim_error *error)
{
    const struct topo_node *fails = topo_node_find(host->parameters, "fails");
    if (fails != NULL)
        return topo_node_fail(fails, error, "greeting is not possible");
    *instance = sim_strdup(host->region);
    return RESULT_OK;
}

static void greeter_destroy(void *instance)
{
    free(instance);
}

static void greeter_handle(void *context, const struct sim_endpoint_request *request,
                           struct sim_endpoint_exchange *exchange)
{
    (void)request;
    sim_endpoint_answer(exchange, 200, "text/plain", context);
}

static const struct topo_key greeter_keys[] = {{"fails", false}};
static const struct topo_section greeter_parameters = TOPO_SECTION("parameters", greeter_keys);

/* Under the name of the application that the built-in world runs. */
static const struct topo_application greeter = {
    .name = "orders",
    .parameters = &greeter_parameters,
    .create = greeter_create,
    .destroy = greeter_destroy,
    .handle = greeter_handle,
};
static const struct topo_application *const programs[] = {&greeter};

static struct topo_world_options options_of(uint64_t seed, const char *world, const char *text)
{
    return (struct topo_world_options){
        .seed = seed,
        .clock = {.mode = SIM_CLOCK_VIRTUAL},
        .world = world,
        .text = text,
        .registry = {programs, ARRAY_LEN(programs)},
    };
}

static struct topo_world *make_world(uint64_t seed)
{
    struct topo_world_options options = options_of(seed, TOPO_WORLD_DEFAULT, NULL);
    struct topo_world *world = NULL;
    struct sim_error error = {0};
    if (topo_world_create(&options, &world, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    return world;
}

/* Calls an operation live; the output is the caller's to delete. */
static cJSON *call(struct topo_world *world, const char *service, const char *operation,
                   const char *region, const char *input)
{
    cJSON *parsed = cJSON_Parse(input);
    assert_non_null(parsed);
    struct wire_request request = {.service = service,
                                   .operation = operation,
                                   .region = region,
                                   .endpoint = strstr(service, "cluster") ? region : NULL,
                                   .input = parsed};
    cJSON *output = NULL;
    struct sim_error error = {0};
    if (wire_dispatch_now(world->dispatcher, &request, &output, &error) != RESULT_OK)
        fail_msg("%s: %s", operation, error.message);
    cJSON_Delete(parsed);
    return output;
}

static char *resolve(struct topo_world *world, const char *client_region)
{
    static const char name[] = "api.orders.example.com";
    struct r53_answer answer;
    r53_resolve(world->r53, name, "A", client_region, &answer);
    return sim_strdup(answer.value_count > 0 ? answer.values[0] : "");
}

/* --- the built-in world -------------------------------------------------------------------------
 */

static void test_tables_are_active_everywhere(void **state)
{
    (void)state;
    static const char *const tables[] = {"Customers", "Product", "Order"};
    static const char *const regions[] = {"us-east-1", "us-west-2"};
    struct topo_world *world = make_world(1);
    for (size_t i = 0; i < ARRAY_LEN(tables) * ARRAY_LEN(regions); i++) {
        char input[80];
        snprintf(input, sizeof input, "{\"TableName\":\"resilientdynamo-%s\"}", tables[i / 2]);
        cJSON *output = call(world, "dynamodb", "DescribeTable", regions[i % 2], input);
        const cJSON *table = wire_member(output, "Table");
        assert_string_equal(wire_text(table, "TableStatus"), "ACTIVE");
        const cJSON *replicas = wire_member(table, "Replicas");
        assert_int_equal(cJSON_GetArraySize(replicas), 1);
        const cJSON *replica = cJSON_GetArrayItem(replicas, 0);
        assert_string_equal(wire_text(replica, "RegionName"), regions[1 - i % 2]);
        assert_string_equal(wire_text(replica, "ReplicaStatus"), "ACTIVE");
        cJSON_Delete(output);
    }
    topo_world_destroy(world);
}

static void test_controls_are_on_and_the_rule_stands(void **state)
{
    (void)state;
    struct topo_world *world = make_world(1);
    cJSON *output =
        call(world, "route53-recovery-cluster", "ListRoutingControls", "eu-west-1", "{}");
    const cJSON *controls = wire_member(output, "RoutingControls");
    assert_int_equal(cJSON_GetArraySize(controls), 2);
    for (int i = 0; i < 2; i++)
        assert_string_equal(wire_text(cJSON_GetArrayItem(controls, i), "RoutingControlState"),
                            "On");
    cJSON_Delete(output);
    char input[300];
    snprintf(input, sizeof input, "{\"SafetyRuleArn\":\"%s\"}",
             topo_world_find(world, "safety_rule.arn"));
    output =
        call(world, "route53-recovery-control-config", "DescribeSafetyRule", "us-west-2", input);
    const cJSON *rule = wire_member(output, "AssertionRule");
    assert_int_equal(wire_integer(rule, "WaitPeriodMs", 0), 5000);
    assert_int_equal(cJSON_GetArraySize(wire_member(rule, "AssertedControls")), 2);
    cJSON_Delete(output);
    topo_world_destroy(world);
}

static void test_clients_are_led_to_the_nearer_region(void **state)
{
    (void)state;
    static const struct {
        const char *client, *address;
    } cases[] = {
        {"us-east-1", "127.0.1.1"}, {"us-west-2", "127.0.2.1"},      {"us-east-2", "127.0.1.1"},
        {"eu-west-1", "127.0.1.1"}, {"ap-southeast-2", "127.0.2.1"},
    };
    struct topo_world *world = make_world(1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *address = resolve(world, cases[i].client);
        if (strcmp(address, cases[i].address) != 0)
            fail_msg("a client in %s gets '%s'", cases[i].client, address);
        free(address);
    }
    topo_world_destroy(world);
}

static void test_a_control_that_goes_off_moves_clients_after_the_health_delay(void **state)
{
    (void)state;
    struct topo_world *world = make_world(1);
    char input[400];
    snprintf(input, sizeof input, "{\"RoutingControlArn\":\"%s\",\"RoutingControlState\":\"Off\"}",
             topo_world_find(world, "control.us-east-1.arn"));
    cJSON_Delete(
        call(world, "route53-recovery-cluster", "UpdateRoutingControlState", "us-west-2", input));
    char *before = resolve(world, "us-east-1");
    assert_string_equal(before, "127.0.1.1");
    free(before);
    uint64_t then_us = sim_clock_now_us(world->core.clock) + 60 * SIM_US_PER_S;
    while (sim_sched_step(world->core.sched, then_us))
        continue;
    char *after = resolve(world, "us-east-1");
    assert_string_equal(after, "127.0.2.1");
    free(after);
    topo_world_destroy(world);
}

static void test_references_lead_to_what_was_made(void **state)
{
    (void)state;
    static const struct {
        const char *name, *begins;
    } cases[] = {
        {"account", "000000000000"},
        {"region.us-west-2.address", "127.0.2.1"},
        {"table.resilientdynamo-Order.name", "resilientdynamo-Order"},
        {"cluster.orders.arn", "arn:aws:route53-recovery-control::000000000000:cluster/"},
        {"cluster.arn", "arn:aws:route53-recovery-control::000000000000:cluster/"},
        {"cluster.endpoint.eu-west-1", "eu-west-1"},
        {"control_panel.arn", "arn:aws:route53-recovery-control::000000000000:controlpanel/"},
        {"control.us-east-1.arn", "arn:aws:route53-recovery-control::000000000000:controlpanel/"},
        {"safety_rule.at-least-one-region.arn", "arn:aws:route53-recovery-control::"},
        {"health_check.us-west-2.id", ""},
        {"zone.orders.example.com.id", "Z"},
        {"zone.id", "Z"},
        {"application.orders.us-west-2.url", "http://127.0.2.1:8080"},
        {"application.orders.us-east-1.endpoint", "127.0.1.1:8080"},
    };
    struct topo_world *world = make_world(1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *value = topo_world_find(world, cases[i].name);
        if (value == NULL || strncmp(value, cases[i].begins, strlen(cases[i].begins)) != 0)
            fail_msg("${%s} is %s", cases[i].name, value != NULL ? value : "unknown");
    }
    assert_null(topo_world_find(world, "control.eu-west-1.arn"));
    assert_null(topo_world_find(world, "zone"));
    topo_world_destroy(world);
}

static void keep_answer(void *context, const struct sim_endpoint_reply *reply)
{
    char *text = context;
    snprintf(text, 32, "%d %s", reply->status, reply->body != NULL ? reply->body : "");
}

static void test_applications_answer_at_their_regions_address(void **state)
{
    (void)state;
    struct topo_world *world = make_world(1);
    assert_int_equal(world->instance_count, 2);
    const struct topo_instance *west = topo_world_instance_find(world, "orders", "us-west-2");
    assert_non_null(west);
    assert_null(topo_world_instance_find(world, "orders", "us-east-2"));
    char answer[32] = "";
    struct sim_endpoint_request request = {.method = "GET", .target = "/"};
    sim_endpoint_serve(world->core.endpoints, west->address, west->port, &request, keep_answer,
                       answer);
    assert_string_equal(answer, "200 us-west-2");
    topo_world_destroy(world);
}

/* --- the same again -----------------------------------------------------------------------------
 */

/* A bit of everything, then the hash of what happened. */
static void live_a_little(struct topo_world *world, char hash[SIM_TRACE_HASH_TEXT_BYTES])
{
    for (int i = 0; i < 5; i++) {
        char input[200];
        snprintf(input, sizeof input,
                 "{\"TableName\":\"resilientdynamo-Order\",\"Item\":{\"OrderId\":{\"S\":\"%d\"}}}",
                 i);
        cJSON_Delete(call(world, "dynamodb", "PutItem", i % 2 ? "us-east-1" : "us-west-2", input));
    }
    uint64_t until_us = sim_clock_now_us(world->core.clock) + 30 * SIM_US_PER_S;
    while (sim_sched_step(world->core.sched, until_us))
        continue;
    sim_trace_hash(world->core.trace, hash);
}

static void test_the_trace_begins_when_the_world_is_settled(void **state)
{
    (void)state;
    struct topo_world *world = make_world(1);
    assert_int_equal(sim_trace_count(world->core.trace), 0);
    assert_int_equal(sim_sched_foreground_count(world->core.sched), 0);
    assert_int_equal(sim_trace_began_us(world->core.trace), sim_clock_now_us(world->core.clock));
    topo_world_destroy(world);
}

static void test_a_reset_world_is_as_a_new_one(void **state)
{
    (void)state;
    char first[SIM_TRACE_HASH_TEXT_BYTES], again[SIM_TRACE_HASH_TEXT_BYTES],
        other[SIM_TRACE_HASH_TEXT_BYTES], back[SIM_TRACE_HASH_TEXT_BYTES];
    struct topo_world *world = make_world(7);
    char *control = sim_strdup(topo_world_find(world, "control.us-east-1.arn"));
    live_a_little(world, first);
    assert_true(sim_trace_count(world->core.trace) > 0);
    struct sim_error error = {0};
    uint64_t began_us = sim_clock_machine_us();
    if (topo_world_reset(world, 7, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    print_message("           a reset takes %" PRIu64 " us\n", sim_clock_machine_us() - began_us);
    assert_int_equal(sim_trace_count(world->core.trace), 0);
    assert_string_equal(topo_world_find(world, "control.us-east-1.arn"), control);
    live_a_little(world, again);
    assert_string_equal(first, again);
    assert_int_equal(topo_world_reset(world, 8, &error), RESULT_OK);
    assert_string_not_equal(topo_world_find(world, "control.us-east-1.arn"), control);
    live_a_little(world, other);
    assert_string_not_equal(first, other);
    assert_int_equal(topo_world_reset(world, 7, &error), RESULT_OK);
    live_a_little(world, back);
    assert_string_equal(first, back);
    free(control);
    topo_world_destroy(world);
}

static void test_two_worlds_do_not_notice_each_other(void **state)
{
    (void)state;
    char alone[SIM_TRACE_HASH_TEXT_BYTES], beside[SIM_TRACE_HASH_TEXT_BYTES],
        twin[SIM_TRACE_HASH_TEXT_BYTES];
    struct topo_world *world = make_world(3);
    live_a_little(world, alone);
    topo_world_destroy(world);
    struct topo_world *a = make_world(3);
    struct topo_world *b = make_world(4);
    live_a_little(b, twin);
    cJSON_Delete(
        call(b, "dynamodb", "DeleteItem", "us-east-1",
             "{\"TableName\":\"resilientdynamo-Order\",\"Key\":{\"OrderId\":{\"S\":\"1\"}}}"));
    live_a_little(a, beside);
    assert_string_equal(alone, beside);
    topo_world_destroy(b);
    cJSON *output =
        call(a, "dynamodb", "GetItem", "us-east-1",
             "{\"TableName\":\"resilientdynamo-Order\",\"Key\":{\"OrderId\":{\"S\":\"1\"}}}");
    assert_non_null(wire_member(output, "Item"));
    cJSON_Delete(output);
    topo_world_destroy(a);
}

static void test_a_real_clock_settles_at_once(void **state)
{
    (void)state;
    struct topo_world_options options = options_of(1, TOPO_WORLD_DEFAULT, NULL);
    options.clock.mode = SIM_CLOCK_REAL;
    struct topo_world *world = NULL;
    struct sim_error error = {0};
    uint64_t began_us = sim_clock_machine_us();
    if (topo_world_create(&options, &world, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    print_message("           a world takes %" PRIu64 " us\n", sim_clock_machine_us() - began_us);
    char *address = resolve(world, "us-west-2");
    assert_string_equal(address, "127.0.2.1");
    free(address);
    assert_int_equal(topo_world_reset(world, 1, &error), RESULT_OK);
    topo_world_destroy(world);
}

/* --- worlds of other people ---------------------------------------------------------------------
 */

static void test_links_and_lags_are_as_written_or_as_published(void **state)
{
    (void)state;
    static const char text[] = "world: w\n"
                               "regions: [{name: us-east-1}, {name: us-west-2}]\n"
                               "links:\n"
                               "- {from: us-east-1, to: us-west-2, replication: 2s}\n";
    struct topo_world_options options = options_of(1, "w.yaml", text);
    struct topo_world *world = NULL;
    struct sim_error error = {0};
    if (topo_world_create(&options, &world, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    struct sim_network *network = world->core.network;
    struct sim_region *east = sim_network_region_find(network, "us-east-1");
    struct sim_region *west = sim_network_region_find(network, "us-west-2");
    const struct sim_link *there = sim_network_link_get(network, east, west);
    const struct sim_link *back = sim_network_link_get(network, west, east);
    assert_int_equal(there->replication.kind, SIM_LAG_CONSTANT);
    assert_int_equal(there->replication.low_us, 2 * SIM_US_PER_S);
    assert_int_equal(there->latency.low_us, 36500);
    assert_int_equal(back->replication.kind, SIM_LAG_LOGNORMAL);
    assert_int_equal(back->replication.base_us, 656500);
    topo_world_destroy(world);
}

#define ONE "world: w\nregions: [{name: us-east-1}]\n"

static void test_what_a_service_refuses_is_told_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *begins;
    } cases[] = {
        {"a table name that DynamoDB refuses",
         ONE "dynamodb:\n  tables:\n  - {name: a, partition_key: k, regions: [us-east-1]}\n",
         "w.yaml:5:5: CreateTable in us-east-1 answered: "},
        {"a record value that Route 53 refuses",
         ONE "route53:\n  zones:\n  - name: example.com\n    records:\n"
             "    - {name: a.example.com, type: A, ttl: 5s, values: [one.two]}\n",
         "w.yaml:7:7: ChangeResourceRecordSets in us-east-1 answered: "},
        {"a network that is none",
         ONE "client_networks:\n- {cidr: 300.0.0.0/8, region: us-east-1}\n", "w.yaml:4:3: "},
        {"a VPC id that is none",
         ONE "client_networks:\n- {cidr: 10.0.0.0/8, region: us-east-1, vpc: net}\n",
         "w.yaml:4:3: \"net\" is no VPC id"},
        {"an application that does not start",
         ONE "applications:\n"
             "- {name: orders, regions: [us-east-1], parameters: {fails: yes}}\n",
         "w.yaml:4:60: greeting is not possible"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct topo_world_options options = options_of(1, "w.yaml", cases[i].text);
        struct topo_world *world = NULL;
        struct sim_error error = {0};
        enum sim_result result = topo_world_create(&options, &world, &error);
        if (result != RESULT_INVALID || world != NULL ||
            strncmp(error.message, cases[i].begins, strlen(cases[i].begins)) != 0)
            fail_msg("%s: said '%s'", cases[i].name, error.message);
    }
}

static void test_ports_can_be_moved(void **state)
{
    (void)state;
    struct topo_world_options options = options_of(1, TOPO_WORLD_DEFAULT, NULL);
    options.application_port = 65535;
    struct topo_world *world = NULL;
    struct sim_error error = {0};
    if (topo_world_create(&options, &world, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    assert_string_equal(topo_world_find(world, "application.orders.us-east-1.url"),
                        "http://127.0.1.1:65535");
    topo_world_destroy(world);
    static const char two[] = "world: w\nregions: [{name: us-east-1}]\napplications:\n"
                              "- {name: orders, regions: [us-east-1]}\n"
                              "- {name: twin, regions: [us-east-1], port: 1}\n";
    static const struct topo_application twin = {.name = "twin",
                                                 .create = greeter_create,
                                                 .destroy = greeter_destroy,
                                                 .handle = greeter_handle};
    static const struct topo_application *const both[] = {&greeter, &twin};
    options.registry = (struct topo_registry){both, ARRAY_LEN(both)};
    options.text = two;
    world = NULL;
    assert_int_equal(topo_world_create(&options, &world, &error), RESULT_INVALID);
    assert_string_equal(error.message, "the applications' ports begin at 65535; 2 of them do not "
                                       "fit below 65536");
    options.application_port = 65534;
    if (topo_world_create(&options, &world, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    assert_string_equal(topo_world_find(world, "application.twin.us-east-1.endpoint"),
                        "127.0.1.1:65535");
    topo_world_destroy(world);
}

static void test_unknown_worlds_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *world, *message;
    } cases[] = {
        {"two-region-order", "there is no world file 'two-region-order'; did you mean the built-in "
                             "'two-region-orders'?"},
        {"no/such.yaml", "there is no world 'no/such.yaml'; name a file, or a built-in world such "
                         "as 'two-region-orders'"},
        {"topology", "topology: cannot be read: Is a directory"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct topo_world_options options = options_of(1, cases[i].world, NULL);
        struct topo_world *world = NULL;
        struct sim_error error = {0};
        assert_int_not_equal(topo_world_create(&options, &world, &error), RESULT_OK);
        assert_string_equal(error.message, cases[i].message);
    }
}

static void test_other_kinds_of_records_and_checks_are_made(void **state)
{
    (void)state;
    static const char text[] =
        "world: w\n"
        "regions: [{name: us-east-1}, {name: us-west-2}]\n"
        "applications: [{name: orders, regions: [us-east-1, us-west-2], port: 9000}]\n"
        "dynamodb:\n"
        "  tables:\n"
        "  - {name: notes, partition_key: k, sort_key: {name: n, type: N}, regions: [us-west-2]}\n"
        "route53:\n"
        "  health_checks:\n"
        "  - {name: east, endpoint: {application: orders, region: us-east-1}, path: /health,\n"
        "     interval: 10s}\n"
        "  - {name: none, children: [east], inverted: true}\n"
        "  zones:\n"
        "  - name: example.com\n"
        "    records:\n"
        "    - {name: www.example.com, type: A, alias: {name: app.example.com}}\n"
        "    - {name: app.example.com, type: A, ttl: 10s, set: first, failover: PRIMARY,\n"
        "       endpoint: {application: orders, region: us-east-1}, health_check: east}\n"
        "    - {name: app.example.com, type: A, ttl: 10s, set: second, failover: SECONDARY,\n"
        "       values: [192.0.2.7]}\n"
        "    - {name: txt.example.com, type: TXT, ttl: 1m, values: ['\"hello\"']}\n";
    struct topo_world_options options = options_of(1, "w.yaml", text);
    struct topo_world *world = NULL;
    struct sim_error error = {0};
    if (topo_world_create(&options, &world, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    struct r53_answer answer;
    r53_resolve(world->r53, "www.example.com", "A", "us-east-1", &answer);
    assert_int_equal(answer.value_count, 1);
    assert_string_equal(answer.values[0], "127.0.1.1");
    r53_resolve(world->r53, "txt.example.com", "TXT", "us-east-1", &answer);
    assert_int_equal(answer.ttl_s, 60);
    assert_non_null(topo_world_find(world, "health_check.none.id"));
    assert_string_equal(topo_world_find(world, "application.orders.us-west-2.url"),
                        "http://127.0.2.1:9000");
    topo_world_destroy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_are_active_everywhere),
        cmocka_unit_test(test_controls_are_on_and_the_rule_stands),
        cmocka_unit_test(test_clients_are_led_to_the_nearer_region),
        cmocka_unit_test(test_a_control_that_goes_off_moves_clients_after_the_health_delay),
        cmocka_unit_test(test_references_lead_to_what_was_made),
        cmocka_unit_test(test_applications_answer_at_their_regions_address),
        cmocka_unit_test(test_the_trace_begins_when_the_world_is_settled),
        cmocka_unit_test(test_a_reset_world_is_as_a_new_one),
        cmocka_unit_test(test_two_worlds_do_not_notice_each_other),
        cmocka_unit_test(test_a_real_clock_settles_at_once),
        cmocka_unit_test(test_links_and_lags_are_as_written_or_as_published),
        cmocka_unit_test(test_what_a_service_refuses_is_told_with_its_place),
        cmocka_unit_test(test_ports_can_be_moved),
        cmocka_unit_test(test_unknown_worlds_are_refused),
        cmocka_unit_test(test_other_kinds_of_records_and_checks_are_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
