/* What a drill file may say, and what each mistake gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/drill/drill_file.h"

static enum sim_result read_text(struct sim_arena *arena, const char *text,
                                 const struct drill_file **file, struct sim_error *error)
{
    const struct topo_node *root = NULL;
    enum sim_result result = topo_yaml_parse(arena, "d.yaml", text, strlen(text), &root, error);
    return result == RESULT_OK ? drill_file_read(arena, root, file, error) : result;
}

/* Five lines; what a row adds begins in line 6. */
#define HEAD "drill: d\nworld: w\nduration: 1m\n"
#define CLIENT                                                                                     \
    "clients:\n- {name: a, region: r, application: o, host: h, every: 1s, iterations: 1, each: "   \
    "[{request: GET /}]}\n"
#define GOOD                HEAD CLIENT
#define ONE_CLIENT(members) HEAD "clients:\n- {region: r, application: o, host: h, " members "}\n"
#define REST                "every: 1s, iterations: 1, each: [{request: GET /}]"
#define TIMELINE(entry)     GOOD "timeline:\n- {" entry "}\n"
#define OBJECTIVE(text)     GOOD "objectives: {" text "}\n"

/* clang-format off */
static const struct { const char *text, *message; } mistakes[] = {
    {"", "d.yaml:1:1: the file is empty; a mapping of keys is expected"},
    {"- 1\n", "d.yaml:1:1: the file must be a mapping of keys (lines of 'key: value'), not a list"},
    {"drill: d\n", "d.yaml:1:1: the key 'world' is missing in 'drill'"},
    {GOOD "kinds: x\n", "d.yaml:6:1: unknown key 'kinds' in 'drill'; did you mean 'kind'?"},
    {GOOD "kind: x\n", "d.yaml:6:7: 'kind' must be one of 'isolation' and 'recovery', not 'x'"},
    {GOOD "seed: -1\n", "d.yaml:6:7: 'seed' must be a whole number from 0 to 9223372036854775807, not '-1'"},
    {GOOD "incident: 2m\n", "d.yaml:6:11: 'incident' lies behind the drill's duration"},
    {GOOD "incident: soon\n", "d.yaml:6:11: 'incident': \"soon\" is not a duration: write \"250us\", \"800ms\", \"1.2s\", \"5m\", \"2h\" or \"1h30m\", in whole microseconds, at most 876000h"},
    {"drill: d\nworld: w\nduration: 1ms\nclients: []\n", "d.yaml:3:11: 'duration' must be a duration from 1s to 720h, not '1ms'"},
    {HEAD "clients: []\n", "d.yaml:4:10: a drill needs at least one client"},
    {HEAD "clients: x\n", "d.yaml:4:10: 'clients' must be a list (lines that begin with '-', or [a, b]), not a single value"},
    {HEAD "clients: [x]\n", "d.yaml:4:11: each element of 'clients' must be a mapping of keys (lines of 'key: value'), not a single value"},
    {ONE_CLIENT(REST), "d.yaml:5:3: the key 'name' is missing in 'client'"},
    {ONE_CLIENT("name: a, every: 0s, iterations: 1, each: []"), "d.yaml:5:56: 'every' must be a duration from 1ms to 720h, not '0s'"},
    {ONE_CLIENT("name: a, every: 1s, iterations: 0, each: []"), "d.yaml:5:72: 'iterations' must be a whole number from 1 to 10000000, not '0'"},
    {ONE_CLIENT("name: a, every: 1s, iterations: 1, each: []"), "d.yaml:5:3: a client needs at least one step under 'each'"},
    {ONE_CLIENT("name: a, every: 1s, iterations: 1, each: [{request: GET}]"), "d.yaml:5:92: a request is METHOD and path, for example \"GET /orders?orderId={uuid}\""},
    {ONE_CLIENT("name: a, every: 1s, iterations: 1, each: [{request: GET x}]"), "d.yaml:5:92: a request is METHOD and path, for example \"GET /orders?orderId={uuid}\""},
    {ONE_CLIENT("name: a, every: 1s, iterations: 1, each: [{request: GET /, keep: {v: m}}]"), "d.yaml:5:105: 'keep' belongs to 'prepare'"},
    {ONE_CLIENT("name: a, prepare: [{request: GET /, keep: {a: m, b: m, c: m, d: m, e: m, f: m, g: m, h: m, i: m}}], " REST), "d.yaml:5:82: a step keeps at most 8 variables"},
    {ONE_CLIENT("name: a, prepare: [{request: GET /, times: 0}], " REST), "d.yaml:5:83: 'times' must be a whole number from 1 to 100000, not '0'"},
    {ONE_CLIENT("name: a, every: 1s, iterations: 1, each: [{request: GET /, writes: {table: t}}]"), "d.yaml:5:107: the key 'key' is missing in 'writes'"},
    {ONE_CLIENT("name: a, every: 1s, iterations: 1, each: [{request: GET /, writes: {table: t, key: k}}]"), "d.yaml:5:123: 'key' must be a mapping of keys (lines of 'key: value'), not a single value"},
    {ONE_CLIENT("name: a, resolver: {ttl: obeys}, " REST), "d.yaml:5:65: 'ttl' must be one of 'honours', 'ignores' and 'pins', not 'obeys'"},
    {ONE_CLIENT("name: a, resolver: {keeps_connection: 1}, " REST), "d.yaml:5:78: 'keeps_connection' must be true or false, not '1'"},
    {GOOD "- {name: a, region: r, application: o, host: h, " REST "}\n", "d.yaml:6:3: two clients have the same name"},
    {TIMELINE("at: 1s"), "d.yaml:7:3: a timeline entry has exactly one of 'call', 'fault', 'clear', 'expect'"},
    {TIMELINE("at: 1s, clear: x, call: {service: s, operation: o}"), "d.yaml:7:3: a timeline entry has exactly one of 'call', 'fault', 'clear', 'expect'"},
    {TIMELINE("at: 2m, call: {service: s, operation: o}"), "d.yaml:7:3: 'at' lies behind the drill's duration"},
    {TIMELINE("at: 1s, clear: x"), "d.yaml:7:3: 'clear' names no fault that began before"},
    {GOOD "timeline:\n- {at: 1s, clear: x}\n- {at: 2s, fault: {kind: partition, name: x}}\n", "d.yaml:7:3: 'clear' names no fault that began before"},
    {TIMELINE("at: 1s, call: {service: s}"), "d.yaml:7:18: the key 'operation' is missing in 'call'"},
    {TIMELINE("at: 1s, call: {service: s, operation: o, endpoints: all}"), "d.yaml:7:56: 'endpoints' must be one of 'any', not 'all'"},
    {TIMELINE("at: 1s, call: {service: s, operation: o, input: [1]}"), "d.yaml:7:52: 'input' must be a mapping of keys (lines of 'key: value'), not a list"},
    {TIMELINE("at: 1s, fault: {kind: refuse, status: 200}"), "d.yaml:7:42: 'status' must be a whole number from 500 to 599, not '200'"},
    {TIMELINE("at: 1s, fault: {kind: refuse, rate: 0}"), "d.yaml:7:40: a rate of 0 can hit nothing; leave it out for always"},
    {TIMELINE("at: 1s, fault: {kind: refuse, plane: both}"), "d.yaml:7:41: 'plane' must be one of 'any', 'control' and 'data', not 'both'"},
    {TIMELINE("at: 1s, expect: {dns: a, client: b}"), "d.yaml:7:20: an expectation has either 'dns' with 'answers', or 'client' with 'served_by'"},
    {TIMELINE("at: 1s, expect: {dns: a}"), "d.yaml:7:20: 'dns' needs 'answers'"},
    {TIMELINE("at: 1s, expect: {client: a}"), "d.yaml:7:20: 'client' needs 'served_by'"},
    {TIMELINE("at: 1s, expect: {dns: a, answers: b, served_by: c}"), "d.yaml:7:52: 'answers' and 'from' belong to 'dns', 'served_by' to 'client'"},
    {TIMELINE("at: 1s, expect: {client: a, served_by: b, from: c}"), "d.yaml:7:52: 'answers' and 'from' belong to 'dns', 'served_by' to 'client'"},
    {OBJECTIVE("recovery: 1s"), "d.yaml:6:14: unknown key 'recovery' in 'objectives'; allowed: 'recovery_time', 'recovery_point', 'missing_at_incident', 'lost_writes', 'failed_requests', 'stale_reads', 'conflicts', 'availability', 'replication_latency_p50', 'replication_latency_p99', 'operation_latency_p50' and 'operation_latency_p99'"},
    {OBJECTIVE("lost_writes: none"), "d.yaml:6:27: \"none\" is no count; allowed: 0, 1, 2 ..."},
    {OBJECTIVE("lost_writes: 99999999999999999999999"), "d.yaml:6:27: \"99999999999999999999999\" is no count; allowed: 0, 1, 2 ..."},
    {OBJECTIVE("recovery_time: 3s..2s"), "d.yaml:6:29: the lower bound is above the upper one"},
    {OBJECTIVE("availability: 101%"), "d.yaml:6:28: \"101%\" is not a rate: write \"20%\", \"0.2%\" or a fraction from 0 to 1, in steps of 0.0001%"},
};
/* clang-format on */

static void test_each_mistake_is_told_with_its_place(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
        struct sim_arena *arena = sim_arena_create();
        const struct drill_file *file = NULL;
        struct sim_error error = {0};
        if (read_text(arena, mistakes[i].text, &file, &error) == RESULT_OK ||
            strcmp(error.message, mistakes[i].message) != 0) {
            print_error("%s----\nwanted %s\ngot    %s\n", mistakes[i].text, mistakes[i].message,
                        file != NULL ? "no error" : error.message);
            wrong++;
        }
        assert_true(file == NULL || error.message[0] == '\0');
        sim_arena_destroy(arena);
    }
    assert_int_equal(wrong, 0);
}

static void test_what_is_left_out_has_its_default(void **state)
{
    (void)state;
    struct sim_arena *arena = sim_arena_create();
    const struct drill_file *file = NULL;
    struct sim_error error;
    assert_int_equal(read_text(arena, GOOD, &file, &error), RESULT_OK);
    assert_int_equal(file->kind, DRILL_ISOLATION);
    assert_int_equal(file->seed, 1);
    assert_int_equal(file->incident_us, 0);
    assert_null(file->leaves);
    assert_int_equal(file->timeline_count, 0);
    assert_int_equal(file->client_count, 1);
    const struct drill_client_options *client = &file->clients[0];
    assert_int_equal(client->timeout_us, 5 * SIM_US_PER_S);
    assert_int_equal(client->resolver.ttl, DRILL_TTL_HONOURS);
    assert_int_equal(client->resolver.lookup_us, 2 * SIM_US_PER_MS);
    assert_false(client->resolver.keeps_connection);
    assert_string_equal(client->each[0].method, "GET");
    assert_string_equal(client->each[0].target, "/");
    for (size_t i = 0; i < DRILL_MEASURE_COUNT; i++)
        assert_false(file->objectives[i].is_set);
    sim_arena_destroy(arena);
}

static void test_the_timeline_is_sorted_by_time_then_place(void **state)
{
    (void)state;
    struct sim_arena *arena = sim_arena_create();
    const struct drill_file *file = NULL;
    struct sim_error error;
    assert_int_equal(read_text(arena,
                               GOOD "timeline:\n"
                                    "- {at: 3s, name: d, fault: {kind: refuse}}\n"
                                    "- {at: 1s, name: a, fault: {kind: refuse}}\n"
                                    "- {at: 2s, name: b, fault: {kind: refuse}}\n"
                                    "- {at: 2s, name: c, fault: {kind: refuse}}\n",
                               &file, &error),
                     RESULT_OK);
    char order[5] = "";
    assert_int_equal(file->timeline_count, 4);
    for (size_t i = 0; i < 4; i++)
        order[i] = file->timeline[i].name[0];
    assert_string_equal(order, "abcd");
    sim_arena_destroy(arena);
}

static void test_objectives_are_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum drill_measure measure;
        uint64_t low, high;
    } rows[] = {
        {"recovery_time: 90s", DRILL_RECOVERY_TIME, 0, 90 * SIM_US_PER_S},
        {"recovery_time: 1s..90s", DRILL_RECOVERY_TIME, SIM_US_PER_S, 90 * SIM_US_PER_S},
        {"lost_writes: 0", DRILL_LOST_WRITES, 0, 0},
        {"stale_reads: 1..5", DRILL_STALE_READS, 1, 5},
        {"availability: 99.9%", DRILL_AVAILABILITY, 999000, UINT64_MAX},
        {"availability: 0.5..0.9", DRILL_AVAILABILITY, 500000, 900000},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sim_arena *arena = sim_arena_create();
        const struct drill_file *file = NULL;
        struct sim_error error;
        char text[512] = GOOD "objectives: {";
        strncat(text, rows[i].text, 100);
        strncat(text, "}\n", 3);
        if (read_text(arena, text, &file, &error) != RESULT_OK)
            fail_msg("%s", error.message);
        const struct drill_objective *objective = &file->objectives[rows[i].measure];
        if (!objective->is_set || objective->low != rows[i].low || objective->high != rows[i].high)
            fail_msg("%s: %llu to %llu", rows[i].text, (unsigned long long)objective->low,
                     (unsigned long long)objective->high);
        sim_arena_destroy(arena);
    }
}

static void test_the_example_loads(void **state)
{
    (void)state;
    struct sim_arena *arena = sim_arena_create();
    const struct drill_file *file = NULL;
    struct sim_error error;
    if (drill_file_load(arena, "examples/orders/failover.yaml", &file, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    assert_string_equal(file->path, "examples/orders/failover.yaml");
    assert_int_equal(drill_file_load(arena, "examples/orders/none.yaml", &file, &error),
                     RESULT_NOT_FOUND);
    sim_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_mistake_is_told_with_its_place),
        cmocka_unit_test(test_what_is_left_out_has_its_default),
        cmocka_unit_test(test_the_timeline_is_sorted_by_time_then_place),
        cmocka_unit_test(test_objectives_are_bounds),
        cmocka_unit_test(test_the_example_loads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
