/* A backlog from its beginning to its end: what waits, for how long, and what the latency says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/latency_window.h"
#include "emulators/wire/metrics.h"
#include "sim/core/buffer.h"
#include "tests/unit/dynamodb/fixture_world.h"

#define TAB          "'TableName':'tab'"
#define LAG_S        INT64_C(1)
#define WRITES_PER_S 20
#define DRAIN_PER_S  100
#define CUT_S        60
#define SECONDS_MAX  200
#define GAP_US       ((int64_t)SIM_US_PER_S / WRITES_PER_S)
#define UNDER_WAY    (WRITES_PER_S * LAG_S - 1) /* at the end of a second: the first has arrived */

/* --- the shape of an outage ----------------------------------------------------------------------
 */

struct record { /* ReplicationLatency from EAST to WEST, second by second */
    int64_t began_us;
    int64_t count[SECONDS_MAX];
    int64_t most_us[SECONDS_MAX];
};

static void hear(void *context, const struct wire_datum *datum)
{
    struct record *record = context;
    if (strcmp(datum->metric, "ReplicationLatency") != 0 || strcmp(datum->region, EAST) != 0 ||
        strcmp(datum->dimensions[1].value, WEST) != 0)
        return;
    int64_t second = ((int64_t)datum->at_us - record->began_us - 1) / (int64_t)SIM_US_PER_S;
    assert_in_range(second, 0, SECONDS_MAX - 1);
    record->count[second]++;
    if (datum->value > record->most_us[second])
        record->most_us[second] = datum->value;
}

/* A member of what ddb_replication() tells of EAST -> WEST; -1: it is not there. */
static int64_t told(struct world *world, const char *name)
{
    cJSON *links = ddb_replication(world->ddb, "tab");
    int64_t value = -1;
    const cJSON *link = NULL;
    cJSON_ArrayForEach(link, links)
    {
        if (strcmp(wire_text(link, "from"), EAST) == 0 && strcmp(wire_text(link, "to"), WEST) == 0)
            value = wire_integer(link, name, -1);
    }
    cJSON_Delete(links);
    return value;
}

static void write_for_a_second(struct world *world, int second)
{
    for (int i = 0; i < WRITES_PER_S; i++) {
        struct sim_buffer json;
        sim_buffer_init(&json);
        sim_buffer_printf(&json, "{" TAB ",'Item':{'pk':{'S':'a'},'sk':{'S':'%d-%d'}}}", second, i);
        assert_string_equal(world_say(world, EAST, "PutItem", json.data), "{}");
        sim_buffer_fini(&json);
        world_advance(world, SIM_US_PER_S / WRITES_PER_S);
    }
}

static void set_link(struct world *world)
{
    struct sim_network *network = world->core.network;
    struct sim_link *link = sim_network_link_get(network, sim_network_region_find(network, EAST),
                                                 sim_network_region_find(network, WEST));
    sim_lag_init_constant(&link->replication, (uint64_t)LAG_S * SIM_US_PER_S);
    link->drain_per_s = DRAIN_PER_S;
}

/* Writes go on all the time, also while the backlog drains. */
static void test_latency_rises_and_falls_with_an_outage(void **state)
{
    struct world *world = *state;
    world_make_global(world, "tab");
    set_link(world);
    struct record record = {.began_us = (int64_t)sim_clock_now_us(world->core.clock)};
    struct wire_metrics *metrics = wire_dispatcher_host(world->dispatcher)->metrics;
    wire_metrics_listen(metrics, hear, &record);
    struct sim_fault_spec cut = {.kind = SIM_FAULT_PARTITION, .from = EAST, .to = WEST};
    int second = 0;
    for (; second < 5; second++)
        write_for_a_second(world, second);
    assert_int_equal(told(world, "pending"), UNDER_WAY);

    uint64_t fault = world_break(world, &cut);
    for (int gone = 1; gone <= CUT_S; gone++, second++) {
        write_for_a_second(world, second);
        assert_int_equal(told(world, "pending"), UNDER_WAY + WRITES_PER_S * gone);
        assert_int_equal(told(world, "oldest_us"), (LAG_S + gone) * (int64_t)SIM_US_PER_S - GAP_US);
        assert_int_equal(record.count[second], 0); /* nothing arrives, so nothing is measured */
    }
    int64_t pending = told(world, "pending");

    world_mend(world, fault);
    int healed = second;
    for (; told(world, "pending") > UNDER_WAY; second++) {
        write_for_a_second(world, second);
        assert_true(second - healed < CUT_S);
        int64_t left = told(world, "pending");
        if (left > UNDER_WAY) { /* what drains, less what comes */
            assert_in_range(pending - left, DRAIN_PER_S - WRITES_PER_S - 2,
                            DRAIN_PER_S - WRITES_PER_S + 2);
            assert_in_range(record.count[second], DRAIN_PER_S - 1, DRAIN_PER_S + 1);
        }
        pending = left;
    }
    /* each second the drain takes DRAIN_PER_S / WRITES_PER_S seconds of writes */
    assert_in_range(record.most_us[healed], CUT_S * SIM_US_PER_S,
                    (CUT_S + 1 + LAG_S) * SIM_US_PER_S);
    int64_t fall_us = (DRAIN_PER_S / WRITES_PER_S - 1) * (int64_t)SIM_US_PER_S;
    for (int i = healed + 1; i < second - 1; i++)
        assert_in_range(record.most_us[i - 1] - record.most_us[i], fall_us - 100000,
                        fall_us + 100000);
    assert_in_range(second - healed, CUT_S * WRITES_PER_S / (DRAIN_PER_S - WRITES_PER_S),
                    CUT_S * WRITES_PER_S / (DRAIN_PER_S - WRITES_PER_S) + 1);

    for (int i = 0; i < 3; i++, second++)
        write_for_a_second(world, second);
    assert_int_equal(record.most_us[second - 1], LAG_S * (int64_t)SIM_US_PER_S);
    assert_int_equal(record.count[second - 1], WRITES_PER_S);
    assert_int_equal(told(world, "applied"), second * WRITES_PER_S - UNDER_WAY);
    wire_metrics_unlisten(metrics, hear, &record);
}

/* --- why nothing arrives -------------------------------------------------------------------------
 */

static void expect_told(struct world *world, const char *wanted)
{
    cJSON *links = ddb_replication(world->ddb, "tab");
    char *text = cJSON_PrintUnformatted(cJSON_GetArrayItem(links, 0));
    for (char *at = text; *at != '\0'; at++)
        *at = *at == '"' ? '\'' : *at;
    world_expect_in("told", text, wanted);
    cJSON_free(text);
    cJSON_Delete(links);
}

static void test_a_closed_link_names_what_closes_it(void **state)
{
    static const struct {
        struct sim_fault_spec spec;
        const char *wanted;
    } cases[] = {
        {{.kind = SIM_FAULT_PARTITION, .from = EAST, .to = WEST},
         "'state':'paused','reason':'partition','fault':1"},
        {{.kind = SIM_FAULT_PARTITION, .region = WEST},
         "'state':'paused','reason':'partition','fault':2"},
        {{.kind = SIM_FAULT_PARTITION, .from = WEST, .to = EAST}, "'state':'open','pending'"},
        {{.kind = SIM_FAULT_REGION_DOWN, .region = EAST},
         "'state':'paused','reason':'region-down','fault':4"},
        {{.kind = SIM_FAULT_PAUSE_REPLICATION, .resource = "tab"},
         "'state':'paused','reason':'pause-replication','fault':5"},
        {{.kind = SIM_FAULT_PAUSE_REPLICATION, .to = EU}, "'state':'open','pending'"},
        {{.kind = SIM_FAULT_LATENCY, .region = WEST, .latency_us = 5}, "'state':'open','pending'"},
    };
    struct world *world = *state;
    world_make_global(world, "tab");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t fault = world_break(world, &cases[i].spec);
        expect_told(world, cases[i].wanted);
        world_mend(world, fault);
        expect_told(world, "'state':'open','pending':0,'applied'");
    }
}

/* --- lags of tables ------------------------------------------------------------------------------
 */

static void set_lag(struct world *world, const char *table, uint64_t lag_us)
{
    struct sim_network *network = world->core.network;
    struct sim_lag lag;
    struct sim_error error;
    sim_lag_init_constant(&lag, lag_us);
    assert_int_equal(ddb_set_table_lag(world->ddb, table, sim_network_region_find(network, EAST),
                                       sim_network_region_find(network, WEST), &lag, &error),
                     RESULT_OK);
}

static void expect_lag(struct world *world, const char *table, uint64_t lag_us)
{
    static int writes = 0;
    struct sim_buffer put, get;
    sim_buffer_init(&put);
    sim_buffer_init(&get);
    writes++;
    sim_buffer_printf(&put, "{'TableName':'%s','Item':{'pk':{'S':'a'},'sk':{'S':'%d'}}}", table,
                      writes);
    sim_buffer_printf(&get, "{'TableName':'%s','Key':{'pk':{'S':'a'},'sk':{'S':'%d'}}}", table,
                      writes);
    assert_string_equal(world_say(world, EAST, "PutItem", put.data), "{}");
    world_advance(world, lag_us - 1);
    assert_string_equal(world_say(world, WEST, "GetItem", get.data), "{}");
    world_advance(world, 1);
    world_expect_in(table, world_say(world, WEST, "GetItem", get.data), "'Item'");
    sim_buffer_fini(&put);
    sim_buffer_fini(&get);
}

static void test_a_table_may_have_a_lag_of_its_own(void **state)
{
    struct world *world = *state;
    struct sim_network *network = world->core.network;
    const struct sim_region *east = sim_network_region_find(network, EAST);
    const struct sim_region *west = sim_network_region_find(network, WEST);
    struct ddb_table_lag_view view;
    set_lag(world, "slow", 5 * SIM_US_PER_S); /* before there is such a table */
    world_make_global(world, "slow");
    world_make_global(world, "tab");
    expect_lag(world, "slow", 5 * SIM_US_PER_S);
    expect_lag(world, "tab", 800 * SIM_US_PER_MS);
    set_lag(world, "tab", 2 * SIM_US_PER_S);
    set_lag(world, "slow", 7 * SIM_US_PER_S);
    expect_lag(world, "slow", 7 * SIM_US_PER_S);
    expect_lag(world, "tab", 2 * SIM_US_PER_S);
    assert_true(ddb_table_lag_at(world->ddb, 1, &view));
    assert_string_equal(view.table, "tab");
    assert_false(ddb_table_lag_at(world->ddb, 2, &view));
    assert_true(ddb_clear_table_lag(world->ddb, "slow", east, west));
    assert_false(ddb_clear_table_lag(world->ddb, "slow", east, west));
    assert_false(ddb_clear_table_lag(world->ddb, "tab", west, east));
    expect_lag(world, "slow", 800 * SIM_US_PER_MS);
    expect_lag(world, "tab", 2 * SIM_US_PER_S);
    struct sim_error error;
    assert_int_equal(ddb_reset(world->ddb, &error), RESULT_OK);
    assert_false(ddb_table_lag_at(world->ddb, 0, &view));
}

/* --- the window ----------------------------------------------------------------------------------
 */

static void test_percentiles_are_close_and_forget(void **state UNUSED)
{
    struct ddb_latency_window *window = NULL;
    struct ddb_latency_summary summary;
    ddb_latency_sum_up(window, 0, &summary);
    assert_int_equal(summary.count, 0);
    for (uint64_t i = 1; i <= 1000; i++)
        ddb_latency_note(&window, 5, i * 1000);
    ddb_latency_sum_up(window, 6, &summary);
    assert_int_equal(summary.count, 1000);
    assert_int_equal(summary.max_us, 1000000);
    assert_in_range(summary.p50_us, 500000 * 31 / 32, 500000 * 33 / 32);
    assert_in_range(summary.p99_us, 990000 * 31 / 32, 1000000);
    uint64_t later_us = DDB_LATENCY_SPANS * DDB_LATENCY_SPAN_US;
    ddb_latency_sum_up(window, later_us - 1, &summary);
    assert_int_equal(summary.count, 1000);
    ddb_latency_sum_up(window, later_us, &summary);
    assert_int_equal(summary.count, 0);
    ddb_latency_note(&window, later_us, 0); /* the span is used again */
    ddb_latency_note(&window, later_us, UINT64_MAX);
    ddb_latency_sum_up(window, later_us, &summary);
    assert_int_equal(summary.count, 2);
    assert_int_equal(summary.p50_us, 0);
    assert_int_equal(summary.max_us, UINT64_MAX);
    free(window);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_latency_rises_and_falls_with_an_outage),
        TEST(test_a_closed_link_names_what_closes_it),
        TEST(test_a_table_may_have_a_lag_of_its_own),
        cmocka_unit_test(test_percentiles_are_close_and_forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
