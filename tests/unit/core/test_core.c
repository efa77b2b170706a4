#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "sim/core/core.h"

static const struct sim_core_options options = {.seed = 5, .clock = {.mode = SIM_CLOCK_VIRTUAL}};

static void write_draw(void *context)
{
    struct sim_core *core = context;
    struct sim_region *east = sim_network_region_find(core->network, "east");
    struct sim_region *west = sim_network_region_find(core->network, "west");
    const struct sim_fault_point point = {.region = "west", .from = "east", .service = "orders"};
    struct sim_fault_effect effect;
    sim_faults_apply(core->faults, &point, &effect);
    struct sim_link *link = sim_network_link_get(core->network, east, west);
    uint64_t lag_us = sim_lag_sample_us(&link->replication, &link->replication_random);
    sim_trace_emit(core->trace, "draw", "east", FIELD_NUMBER("lag_us", lag_us),
                   FIELD_FLAG("hit", effect.hit));
    sim_sched_after(core->sched, lag_us, write_draw, core);
}

/* A small life: Regions, a fault at a rate, draws for ten simulated minutes. */
static void begin(struct sim_core *core)
{
    assert_int_equal(sim_network_add_region(core->network, "east", true, NULL, NULL), RESULT_OK);
    assert_int_equal(sim_network_add_region(core->network, "west", true, NULL, NULL), RESULT_OK);
    assert_int_equal(
        sim_faults_add(core->faults,
                       &(struct sim_fault_spec){.kind = SIM_FAULT_ERROR, .rate_ppm = SIM_PPM / 3},
                       NULL, NULL),
        RESULT_OK);
    sim_sched_after(core->sched, 0, write_draw, core);
}

static void advance(struct sim_core *core, uint64_t by_us)
{
    assert_int_equal(sim_advance_start(core->advance, SIM_ADVANCE_TO_TIME,
                                       sim_clock_now_us(core->clock) + by_us, NULL, NULL, NULL),
                     RESULT_OK);
}

static void test_a_reset_world_lives_the_same_life_again(void **state)
{
    (void)state;
    struct sim_core core;
    char first[SIM_TRACE_HASH_TEXT_BYTES], second[SIM_TRACE_HASH_TEXT_BYTES];
    sim_core_init(&core, &options);
    assert_null(core.data);
    assert_null(core.loop);
    begin(&core);
    advance(&core, 600 * SIM_US_PER_S);
    sim_trace_hash(core.trace, first);
    assert_true(sim_trace_count(core.trace) > 500);
    sim_core_reset(&core, &options);
    assert_int_equal(sim_network_region_count(core.network), 0);
    assert_int_equal(sim_faults_count(core.faults), 0);
    assert_int_equal(sim_sched_pending_count(core.sched), 0);
    assert_int_equal(sim_sched_ran_count(core.sched), 0);
    begin(&core);
    advance(&core, 600 * SIM_US_PER_S);
    sim_trace_hash(core.trace, second);
    assert_string_equal(first, second);
    struct sim_core_options other = options;
    other.seed = 6;
    sim_core_reset(&core, &other);
    assert_int_equal(core.seed, 6);
    begin(&core);
    advance(&core, 600 * SIM_US_PER_S);
    sim_trace_hash(core.trace, second);
    assert_string_not_equal(first, second);
    sim_core_fini(&core);
}

static void test_two_worlds_in_one_process_do_not_notice_each_other(void **state)
{
    (void)state;
    struct sim_core alone, one, two;
    char expected[SIM_TRACE_HASH_TEXT_BYTES], hash[SIM_TRACE_HASH_TEXT_BYTES];
    sim_core_init(&alone, &options);
    begin(&alone);
    advance(&alone, 60 * SIM_US_PER_S);
    sim_trace_hash(alone.trace, expected);
    sim_core_init(&one, &options);
    struct sim_core_options other = options;
    other.seed = 6;
    sim_core_init(&two, &other);
    begin(&two);
    begin(&one);
    for (int i = 0; i < 60; i++) { /* side by side */
        advance(&two, 2 * SIM_US_PER_S);
        advance(&one, SIM_US_PER_S);
    }
    sim_trace_hash(one.trace, hash);
    assert_string_equal(hash, expected);
    sim_core_fini(&two);
    sim_core_fini(&one);
    sim_core_fini(&alone);
}

static void test_reset_takes_the_clock_back_to_its_options(void **state)
{
    (void)state;
    struct sim_core core;
    sim_core_init(&core, &options);
    uint64_t start_us = sim_clock_now_us(core.clock);
    sim_clock_set_mode(core.clock, SIM_CLOCK_SCALED, 1000 * SIM_PPM);
    sim_core_reset(&core, &options);
    assert_int_equal(sim_clock_mode(core.clock), SIM_CLOCK_VIRTUAL);
    assert_int_equal(sim_clock_now_us(core.clock), start_us);
    assert_int_equal(sim_trace_began_us(core.trace), start_us);
    const struct sim_core_options real = {.seed = 1, .clock = {.mode = SIM_CLOCK_REAL}};
    sim_core_reset(&core, &real);
    assert_int_equal(sim_clock_mode(core.clock), SIM_CLOCK_REAL);
    uint64_t now_us = sim_clock_now_us(core.clock);
    sim_core_reset(&core, &real); /* a real clock goes on */
    assert_true(sim_clock_now_us(core.clock) >= now_us);
    sim_core_fini(&core);
}

static void count(void *context, const struct sim_trace_event *event)
{
    (void)event;
    ++*(unsigned *)context;
}

static void test_reset_in_the_middle_of_things_keeps_listeners(void **state)
{
    (void)state;
    struct sim_core core;
    unsigned heard = 0;
    sim_core_init(&core, &options);
    sim_trace_listen(core.trace, count, &heard);
    begin(&core);
    assert_int_equal(sim_faults_add(core.faults,
                                    &(struct sim_fault_spec){.kind = SIM_FAULT_REGION_DOWN,
                                                             .region = "east",
                                                             .duration_us = 1000000000},
                                    NULL, NULL),
                     RESULT_OK);
    sim_hold_take(core.advance, "a process outside");
    advance(&core, 600 * SIM_US_PER_S); /* stays under way */
    assert_true(sim_advance_is_running(core.advance));
    sim_core_reset(&core, &options);
    assert_false(sim_advance_is_running(core.advance));
    sim_hold_release(core.advance);
    heard = 0;
    sim_trace_write(core.trace, "idle", NULL, NULL, 0);
    assert_int_equal(heard, 1);
    sim_core_fini(&core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reset_world_lives_the_same_life_again),
        cmocka_unit_test(test_two_worlds_in_one_process_do_not_notice_each_other),
        cmocka_unit_test(test_reset_takes_the_clock_back_to_its_options),
        cmocka_unit_test(test_reset_in_the_middle_of_things_keeps_listeners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
