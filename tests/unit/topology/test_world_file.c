/* What a world file may say, and what each mistake gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "topology/world_file.h"

static const struct topo_key shop_keys[] = {{"size", false}};
static const struct topo_section shop_parameters = TOPO_SECTION("parameters", shop_keys);
static const struct topo_application shop = {.name = "shop", .parameters = &shop_parameters};
static const struct topo_application plain = {.name = "plain"};
static const struct topo_application *const programs[] = {&shop, &plain};
static const struct topo_registry registry = {programs, ARRAY_LEN(programs)};

static enum sim_result read_text(struct sim_arena *arena, const char *text,
                                 const struct topo_world_file **file, struct sim_error *error)
{
    const struct topo_node *root = NULL;
    enum sim_result result = topo_yaml_parse(arena, "world.yaml", text, strlen(text), &root, error);
    if (result != RESULT_OK)
        return result;
    return topo_world_file_read(arena, root, &registry, file, error);
}

#define TWO "world: w\nregions:\n- name: us-east-1\n- {name: eu-west-1, services: false}\n"
#define FIVE                                                                                       \
    "world: w\nregions: [{name: us-east-1}, {name: us-west-2}, {name: eu-west-1}, "                \
    "{name: ap-northeast-1}, {name: ap-southeast-2}]\n"
#define SHOP TWO "applications:\n- {name: shop, regions: [us-east-1]}\n"
#define PANEL                                                                                      \
    FIVE "arc:\n  clusters:\n  - name: c\n    control_panels:\n    - name: p\n"                    \
         "      routing_controls: [{name: a}, {name: b}]\n"
#define ZONE SHOP "route53:\n  zones:\n  - name: example.com\n    records:\n"

/* clang-format off */
static const struct {
    const char *name, *text, *message;
} bad_worlds[] = {
    {"an empty file", "", "world.yaml:1:1: the file is empty; a mapping of keys is expected"},
    {"a list at the top", "- a\n",
     "world.yaml:1:1: the file must be a mapping of keys (lines of 'key: value'), not a list"},
    {"no name", "regions: [{name: us-east-1}]\n", "world.yaml:1:1: the key 'world' is missing in 'world'"},
    {"no Regions", "world: w\n", "world.yaml:1:1: the key 'regions' is missing in 'world'"},
    {"an empty list of Regions", "world: w\nregions: []\n",
     "world.yaml:2:10: a world needs at least one Region"},
    {"a mistyped key", TWO "dynamdb: {}\n",
     "world.yaml:5:1: unknown key 'dynamdb' in 'world'; did you mean 'dynamodb'?"},
    {"a foreign key", TWO "s3: {}\n",
     "world.yaml:5:1: unknown key 's3' in 'world'; allowed: 'world', 'description', 'regions', "
     "'links', 'timings', 'client_networks', 'applications', 'dynamodb', 'arc', 'route53' and "
     "'access_keys'"},
    {"an access key without a secret", TWO "access_keys:\n- id: AKIA\n",
     "world.yaml:6:3: the key 'secret' is missing in 'access_key'"},
    {"an access key twice", TWO "access_keys:\n- {id: AKIA, secret: a}\n- {id: AKIA, secret: b}\n",
     "world.yaml:7:8: the access key 'AKIA' is already defined in line 6; each needs a name of its "
     "own"},
    {"an access key that would break a scope", TWO "access_keys:\n- {id: AK/IA, secret: a}\n",
     "world.yaml:6:8: 'id' is at most 128 letters, digits, '_' and '-', such as AKIAEXAMPLE"},
    {"an account of eleven digits", TWO "access_keys:\n- {id: AKIA, secret: a, account: 12345678901}\n",
     "world.yaml:6:34: 'account' is twelve digits, such as \"111122223333\", not '12345678901'"},
    {"a key twice", TWO "world: v\n",
     "world.yaml:5:1: 'world' stands here for the second time; the first is in line 1"},
    {"a name that is a list", "world: [w]\nregions: []\n",
     "world.yaml:1:8: 'world' must be text, not a list"},
    {"a name that stands empty", "world:\nregions: []\n",
     "world.yaml:1:7: 'world' must be text, but stands empty"},
    {"an unknown Region", "world: w\nregions:\n- name: us-esat-1\n",
     "world.yaml:3:9: 'us-esat-1' is no AWS Region; did you mean 'us-east-1'?"},
    {"a Region far from any", "world: w\nregions:\n- name: mars\n",
     "world.yaml:3:9: 'mars' is no AWS Region; a Region is called, for example, 'us-east-1'"},
    {"a Region twice", "world: w\nregions:\n- name: us-east-1\n- name: us-east-1\n",
     "world.yaml:4:9: the Region 'us-east-1' is already defined in line 3; each needs a name of "
     "its own"},
    {"a Region as plain text", "world: w\nregions:\n- us-east-1\n",
     "world.yaml:3:3: each element of 'regions' must be a mapping of keys (lines of 'key: value'), "
     "not a single value"},
    {"a flag in words", "world: w\nregions:\n- {name: us-east-1, services: yes}\n",
     "world.yaml:3:31: 'services' must be true or false, not 'yes'"},
    {"a link to nowhere", TWO "links:\n- {from: us-east-1, to: us-west-2}\n",
     "world.yaml:6:25: there is no Region in this world called 'us-west-2'; known: 'us-east-1' and "
     "'eu-west-1'"},
    {"a link that drains nothing",
     TWO "links:\n- {from: us-east-1, to: eu-west-1, drain_per_s: 0}\n",
     "world.yaml:6:49: 'drain_per_s' must be a whole number from 1 to 1000000, not '0'"},
    {"a Region that replicates to itself",
     TWO "links:\n- {from: us-east-1, to: us-east-1, replication: 1s}\n",
     "world.yaml:6:49: a Region does not replicate to itself; 'from' and 'to' must differ"},
    {"an expiry that ends before it begins", TWO "timings: {expiry: 2h..1h}\n",
     "world.yaml:5:19: '2h..1h' begins with the longer duration; write it as 10m..30m"},
    {"an expiry that is none", TWO "timings: {expiry: soon}\n", "world.yaml:5:19: \"soon\" is not a duration: write \"250us\", \"800ms\", \"1.2s\", \"5m\", \"2h\" "
     "or \"1h30m\", in whole microseconds, at most 876000h"},
    {"service times that are no flag", TWO "timings: {service_times: 3}\n",
     "world.yaml:5:26: 'service_times' must be true or false, not '3'"},
    {"a timing beyond an hour", TWO "timings: {dns_change: 2h}\n",
     "world.yaml:5:23: 'dns_change' must be a duration from 0s to 1h, not '2h'"},
    {"an unknown timing", TWO "timings: {dns_chang: 2s}\n",
     "world.yaml:5:11: unknown key 'dns_chang' in 'timings'; did you mean 'dns_change'?"},
    {"a network without a prefix", TWO "client_networks:\n- {cidr: 10.0.0.0, region: us-east-1}\n",
     "world.yaml:6:10: 'cidr' must be a network such as 10.1.0.0/16, not '10.0.0.0'"},
    {"an unknown application", TWO "applications:\n- {name: shp, regions: [us-east-1]}\n",
     "world.yaml:6:10: there is no application built into this program called 'shp'; did you mean "
     "'shop'?"},
    {"an application where nothing runs",
     TWO "applications:\n- {name: shop, regions: [eu-west-1]}\n",
     "world.yaml:6:26: the Region 'eu-west-1' has 'services: false' in line 4, so nothing can run "
     "there"},
    {"an application in a Region twice",
     TWO "applications:\n- {name: shop, regions: [us-east-1, us-east-1]}\n",
     "world.yaml:6:37: the Region 'us-east-1' stands in this list twice"},
    {"a port out of range",
     TWO "applications:\n- {name: shop, regions: [us-east-1], port: 65536}\n",
     "world.yaml:6:44: 'port' must be a whole number from 1 to 65535, not '65536'"},
    {"one port for two",
     TWO "applications:\n- {name: shop, regions: [us-east-1]}\n"
         "- {name: plain, regions: [us-east-1]}\n",
     "world.yaml:7:3: the application 'plain' has the port 8080 of 'shop'; each needs its own"},
    {"an unknown parameter",
     TWO "applications:\n- {name: shop, regions: [us-east-1], parameters: {sise: 1}}\n",
     "world.yaml:6:51: unknown key 'sise' in 'parameters'; did you mean 'size'?"},
    {"a parameter where none is known",
     TWO "applications:\n- {name: plain, regions: [us-east-1], parameters: {size: 1}}\n",
     "world.yaml:6:52: unknown key 'size' in 'parameters'; none is allowed there"},
    {"a table without a key", TWO "dynamodb:\n  tables:\n  - {name: t, regions: [us-east-1]}\n",
     "world.yaml:7:5: the key 'partition_key' is missing in 'table'"},
    {"a table twice",
     TWO "dynamodb:\n  tables:\n  - {name: t, partition_key: k, regions: [us-east-1]}\n"
         "  - {name: t, partition_key: k, regions: [us-east-1]}\n",
     "world.yaml:8:12: the table 't' is already defined in line 7; each needs a name of its own"},
    {"a key of no type",
     TWO "dynamodb:\n  tables:\n"
         "  - {name: t, partition_key: {name: k, type: L}, regions: [us-east-1]}\n",
     "world.yaml:7:46: 'type' must be one of 'S', 'N' and 'B', not 'L'"},
    {"one attribute for both keys",
     TWO "dynamodb:\n  tables:\n"
         "  - {name: t, partition_key: k, sort_key: k, regions: [us-east-1]}\n",
     "world.yaml:7:43: 'sort_key' must be another attribute than 'partition_key'"},
    {"a table nowhere", TWO "dynamodb:\n  tables:\n  - {name: t, partition_key: k, regions: []}\n",
     "world.yaml:7:42: 'regions' must have at least one element"},
    {"a table's link without a lag",
     FIVE "dynamodb:\n  tables:\n  - {name: t, partition_key: k, regions: [us-east-1, us-west-2], links: [{from: us-east-1, to: us-west-2}]}\n",
     "world.yaml:5:74: the key 'replication' is missing in 'table_link'"},
    {"a table's link to where it is not",
     FIVE "dynamodb:\n  tables:\n  - {name: t, partition_key: k, regions: [us-east-1], links: [{from: us-east-1, to: us-west-2, replication: 2s}]}\n",
     "world.yaml:5:63: the table 't' has no replica in us-west-2; name two of its 'regions'"},
    {"a table's link to itself",
     FIVE "dynamodb:\n  tables:\n  - {name: t, partition_key: k, regions: [us-east-1], links: [{from: us-east-1, to: us-east-1, replication: 2s}]}\n",
     "world.yaml:5:85: a Region does not replicate to itself; 'from' and 'to' must differ"},
    {"a cluster without its Regions", TWO "arc:\n  clusters:\n  - {name: c}\n",
     "world.yaml:7:5: a cluster has endpoints in five Regions, and 'us-west-2' is not in this "
     "world; add {name: us-west-2, services: false} to 'regions'"},
    {"a control twice", PANEL "    - name: q\n      routing_controls: [{name: b}]\n",
     "world.yaml:10:33: the routing control 'b' is already defined in line 8; each needs a name of "
     "its own"},
    {"a state that YAML takes for true",
     FIVE "arc:\n  clusters:\n  - name: c\n    control_panels:\n    - name: p\n"
          "      routing_controls: [{name: a, state: true}]\n",
     "world.yaml:8:43: 'state' must be one of 'Off' and 'On', not 'true'"},
    {"a rule over an unknown control",
     PANEL "      safety_rules: [{name: r, type: OR, controls: [a, c]}]\n",
     "world.yaml:9:56: there is no routing control in this control panel called 'c'; known: 'a' "
     "and 'b'"},
    {"a rule of both kinds",
     PANEL "      safety_rules: [{name: r, type: OR, controls: [a], gating_controls: [b]}]\n",
     "world.yaml:9:22: a safety_rule needs either 'controls' (an assertion rule) or both "
     "'gating_controls' and 'target_controls' (a gating rule)"},
    {"a gate without targets",
     PANEL "      safety_rules: [{name: r, type: OR, gating_controls: [b]}]\n",
     "world.yaml:9:22: a safety_rule needs either 'controls' (an assertion rule) or both "
     "'gating_controls' and 'target_controls' (a gating rule)"},
    {"a health check of nothing", TWO "route53:\n  health_checks:\n  - {name: h}\n",
     "world.yaml:7:5: a health_check needs exactly one of 'routing_control', 'endpoint' and "
     "'children'"},
    {"a health check of an unknown control",
     PANEL "route53:\n  health_checks:\n  - {name: h, routing_control: d}\n",
     "world.yaml:11:32: there is no routing control 'd'; known: 'a' and 'b'"},
    {"an interval that no checker has",
     SHOP "route53:\n  health_checks:\n"
          "  - {name: h, endpoint: {application: shop, region: us-east-1}, interval: 20s}\n",
     "world.yaml:9:75: 'interval' must be 10s or 30s, not '20s'"},
    {"a path for a control", PANEL "route53:\n  health_checks:\n"
                                   "  - {name: h, routing_control: a, path: /}\n",
     "world.yaml:11:35: 'path' is for a health_check with 'endpoint' only"},
    {"a child that comes later",
     PANEL "route53:\n  health_checks:\n  - {name: h, children: [i]}\n"
           "  - {name: i, routing_control: a}\n",
     "world.yaml:11:26: there is no earlier health check 'i'; none is defined"},
    {"an instance that is not there",
     TWO "applications:\n- {name: shop, regions: [us-east-1]}\n"
         "- {name: plain, port: 1, regions: [us-east-1]}\n"
         "route53:\n  health_checks:\n"
         "  - {name: h, endpoint: {application: shp, region: us-east-1}}\n",
     "world.yaml:10:39: there is no application 'shp'; did you mean 'shop'?"},
    {"a record of no kind", ZONE "    - {name: a.example.com, type: A, ttl: 60s}\n",
     "world.yaml:11:7: a record needs exactly one of 'values', 'endpoint' and 'alias'"},
    {"a record without a TTL", ZONE "    - {name: a.example.com, type: A, values: [1.2.3.4]}\n",
     "world.yaml:11:7: a record needs the key 'ttl', as in 'ttl: 60s'"},
    {"a TTL in parts of a second",
     ZONE "    - {name: a.example.com, type: A, ttl: 500ms, values: [1.2.3.4]}\n",
     "world.yaml:11:43: 'ttl' must be whole seconds, not '500ms'"},
    {"an alias with a TTL",
     ZONE "    - {name: a.example.com, type: A, ttl: 5s, alias: {name: b.example.com}}\n",
     "world.yaml:11:38: an alias has no 'ttl' of its own; it takes its target's"},
    {"a private zone for a VPC without clients",
     TWO "client_networks:\n- {cidr: 10.0.0.0/8, region: us-east-1, vpc: vpc-1}\n"
         "route53:\n  zones:\n  - name: a.test\n    vpcs: [vpc-2]\n",
     "world.yaml:10:11: no client network is in the VPC 'vpc-2'; give one 'vpc: vpc-2'"},
    {"a record of another zone",
     ZONE "    - {name: a.example.org, type: A, ttl: 5s, values: [1.2.3.4]}\n",
     "world.yaml:11:14: 'a.example.org' is not inside the zone 'example.com'"},
    {"a record of a longer zone",
     ZONE "    - {name: anexample.com, type: A, ttl: 5s, values: [1.2.3.4]}\n",
     "world.yaml:11:14: 'anexample.com' is not inside the zone 'example.com'"},
    {"a policy without a set",
     ZONE "    - {name: a.example.com, type: A, ttl: 5s, weight: 1, values: [1.2.3.4]}\n",
     "world.yaml:11:7: 'set' names one of several records that share a name: it goes with "
     "'weight', 'region' or 'failover', and each of them needs it"},
    {"two policies",
     ZONE "    - {name: a.example.com, type: A, ttl: 5s, set: s, weight: 1, region: us-east-1, "
          "values: [1.2.3.4]}\n",
     "world.yaml:11:7: a record has at most one of 'weight', 'region' and 'failover'"},
    {"an address for a text record",
     ZONE "    - {name: a.example.com, type: TXT, ttl: 5s, endpoint: {application: shop, region: "
          "us-east-1}}\n",
     "world.yaml:11:59: 'endpoint' gives an IPv4 address, so 'type' must be A"},
    {"an unknown health check",
     ZONE "    - {name: a.example.com, type: A, ttl: 5s, values: [1.2.3.4], health_check: h}\n",
     "world.yaml:11:80: there is no health check 'h'; none is defined"},
};
/* clang-format on */

static void test_each_mistake_is_named_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_worlds); i++) {
        struct sim_arena *arena = sim_arena_create();
        const struct topo_world_file *file = NULL;
        struct sim_error error = {0};
        enum sim_result result = read_text(arena, bad_worlds[i].text, &file, &error);
        sim_arena_destroy(arena);
        if (result != RESULT_INVALID || file != NULL)
            fail_msg("%s: was not refused as invalid (result %d)", bad_worlds[i].name, result);
        if (strcmp(error.message, bad_worlds[i].message) != 0)
            fail_msg("%s:\n  said     %s\n  expected %s", bad_worlds[i].name, error.message,
                     bad_worlds[i].message);
    }
}

static void test_what_a_file_leaves_out_has_defaults(void **state)
{
    (void)state;
    struct sim_arena *arena = sim_arena_create();
    const struct topo_world_file *file = NULL;
    struct sim_error error = {0};
    static const char text[] =
        PANEL "applications:\n- {name: shop, regions: [us-east-1]}\n"
              "route53:\n  health_checks:\n"
              "  - {name: h, endpoint: {application: shop, region: us-east-1}}\n"
              "  zones: [{name: example.com.}]\n";
    if (read_text(arena, text, &file, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    assert_true(file->regions[0].hosts_services);
    assert_int_equal(file->timings.transient_us, 500 * SIM_US_PER_MS);
    assert_int_equal(file->timings.dns_change_us, 5 * SIM_US_PER_S);
    assert_int_equal(file->applications[0].port, 8080);
    assert_ptr_equal(file->applications[0].application, &shop);
    assert_false(file->clusters[0].panels[0].controls[0].is_on);
    assert_int_equal(file->health_checks[0].interval_s, 30);
    assert_int_equal(file->health_checks[0].failure_threshold, 3);
    assert_string_equal(file->health_checks[0].path, "/");
    assert_string_equal(file->zones[0].name, "example.com");
    sim_arena_destroy(arena);
}

static void test_links_keep_what_they_say(void **state)
{
    (void)state;
    struct sim_arena *arena = sim_arena_create();
    const struct topo_world_file *file = NULL;
    struct sim_error error = {0};
    static const char text[] =
        TWO "links:\n- {from: us-east-1, to: eu-west-1, both_ways: true, latency: 40ms,\n"
            "   replication: \"lognormal(800ms,1.2s)\", drain_per_s: 50}\n";
    if (read_text(arena, text, &file, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(file->link_count, 1);
    assert_true(file->links[0].both_ways);
    assert_int_equal(file->links[0].latency->low_us, 40 * SIM_US_PER_MS);
    assert_int_equal(file->links[0].replication->kind, SIM_LAG_LOGNORMAL);
    assert_int_equal(file->links[0].drain_per_s, 50);
    sim_arena_destroy(arena);
}

static void test_access_keys_are_of_an_account_or_the_default_one(void **state)
{
    (void)state;
    struct sim_arena *arena = sim_arena_create();
    const struct topo_world_file *file = NULL;
    struct sim_error error = {0};
    static const char text[] =
        TWO "access_keys:\n- {id: AKIA, secret: s/+=, account: 000011112222}\n"
            "- {id: test, secret: other}\n";
    if (read_text(arena, text, &file, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(file->access_key_count, 2);
    assert_string_equal(file->access_keys[0].secret, "s/+=");
    assert_string_equal(file->access_keys[0].account, "000011112222");
    assert_string_equal(file->access_keys[1].id, "test");
    assert_null(file->access_keys[1].account);
    sim_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_access_keys_are_of_an_account_or_the_default_one),
        cmocka_unit_test(test_each_mistake_is_named_with_its_place),
        cmocka_unit_test(test_what_a_file_leaves_out_has_defaults),
        cmocka_unit_test(test_links_keep_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
