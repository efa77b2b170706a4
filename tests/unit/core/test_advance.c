#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/core/advance.h"

#define START_US UINT64_C(1000)

struct world {
    struct sim_clock *clock;
    struct sim_sched *sched;
    struct sim_advance *advance;
    unsigned ran;
    unsigned done_count;
    uint64_t events_ran;
    unsigned chain; /* so many further goals are set by done */
};

static int set_up(void **state)
{
    static struct world world;
    world = (struct world){0};
    world.clock = sim_clock_create(
        &(struct sim_clock_options){.mode = SIM_CLOCK_VIRTUAL, .start_us = START_US});
    world.sched = sim_sched_create(world.clock);
    world.advance = sim_advance_create(world.clock, world.sched);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    sim_advance_destroy(world->advance);
    sim_sched_destroy(world->sched);
    sim_clock_destroy(world->clock);
    return 0;
}

static void count(void *context)
{
    ((struct world *)context)->ran++;
}

static void count_and_hold(void *context)
{
    struct world *world = context;
    world->ran++;
    sim_hold_take(world->advance, "a process");
}

static void repeat(void *context)
{
    struct world *world = context;
    world->ran++;
    sim_sched_at_background(world->sched, sim_clock_now_us(world->clock) + 10, repeat, world);
}

static void done(void *context, uint64_t events_ran)
{
    struct world *world = context;
    world->done_count++;
    world->events_ran = events_ran;
    if (world->chain == 0)
        return;
    world->chain--;
    assert_int_equal(sim_advance_start(world->advance, SIM_ADVANCE_TO_TIME,
                                       sim_clock_now_us(world->clock) + 1, done, world, NULL),
                     RESULT_OK);
}

static void start(struct world *world, enum sim_advance_goal goal, uint64_t ahead_us)
{
    assert_int_equal(
        sim_advance_start(world->advance, goal, START_US + ahead_us, done, world, NULL), RESULT_OK);
}

static void test_to_a_time_runs_what_is_due_and_shows_that_time(void **state)
{
    struct world *world = *state;
    sim_sched_after(world->sched, 10, count, world);
    sim_sched_after(world->sched, 20, count, world);
    sim_sched_after(world->sched, 21, count, world);
    start(world, SIM_ADVANCE_TO_TIME, 20);
    assert_int_equal(world->done_count, 1);
    assert_int_equal(world->events_ran, 2);
    assert_int_equal(sim_clock_now_us(world->clock), START_US + 20);
    start(world, SIM_ADVANCE_TO_TIME, 20); /* where it is: nothing to do */
    assert_int_equal(world->done_count, 2);
    assert_int_equal(world->events_ran, 0);
}

static void test_to_idle_ignores_housekeeping(void **state)
{
    struct world *world = *state;
    sim_sched_at_background(world->sched, START_US + 10, repeat, world);
    sim_sched_after(world->sched, 35, count, world);
    start(world, SIM_ADVANCE_TO_IDLE, 1000);
    assert_int_equal(world->events_ran, 4); /* at 10, 20, 30 and 35 */
    assert_int_equal(sim_clock_now_us(world->clock), START_US + 35);
}

static void test_to_idle_stops_at_its_limit(void **state)
{
    struct world *world = *state;
    sim_sched_after(world->sched, 500, count, world);
    start(world, SIM_ADVANCE_TO_IDLE, 100);
    assert_int_equal(world->done_count, 1);
    assert_int_equal(world->ran, 0);
    assert_int_equal(sim_clock_now_us(world->clock), START_US + 100);
}

static void test_a_hold_keeps_time_still(void **state)
{
    struct world *world = *state;
    sim_sched_after(world->sched, 10, count_and_hold, world);
    sim_sched_after(world->sched, 20, count, world);
    start(world, SIM_ADVANCE_TO_TIME, 100);
    assert_int_equal(world->ran, 1);
    assert_int_equal(sim_hold_count(world->advance), 1);
    assert_string_equal(sim_hold_reason(world->advance), "a process");
    assert_false(sim_advance_continue(world->advance, 10));
    assert_int_equal(sim_clock_now_us(world->clock), START_US + 10);
    assert_true(sim_advance_is_running(world->advance));
    sim_hold_release(world->advance);
    assert_null(sim_hold_reason(world->advance));
    assert_false(sim_advance_continue(world->advance, 10));
    assert_int_equal(world->done_count, 1);
    assert_int_equal(world->events_ran, 2);
    assert_int_equal(sim_clock_now_us(world->clock), START_US + 100);
}

static void test_continue_keeps_to_its_share(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 5; i++)
        sim_sched_after(world->sched, 10, count, world);
    sim_hold_take(world->advance, "test");
    start(world, SIM_ADVANCE_TO_TIME, 100);
    sim_hold_release(world->advance);
    assert_true(sim_advance_continue(world->advance, 2));
    assert_int_equal(world->ran, 2);
    assert_true(sim_advance_continue(world->advance, 3));
    assert_false(sim_advance_continue(world->advance, 1));
    assert_int_equal(world->events_ran, 5);
}

static void test_a_goal_set_by_done_nests_nothing(void **state)
{
    struct world *world = *state;
    world->chain = 1000000; /* as many nested calls would overflow the stack */
    start(world, SIM_ADVANCE_TO_TIME, 1);
    assert_int_equal(world->done_count, 1000001);
    assert_int_equal(sim_clock_now_us(world->clock), START_US + 1000001);
}

static void start_another(void *context)
{
    struct world *world = context;
    struct sim_error error;
    assert_int_equal(
        sim_advance_start(world->advance, SIM_ADVANCE_TO_TIME, START_US + 50, NULL, NULL, &error),
        RESULT_CONFLICT);
    world->ran++;
}

static void test_wrong_goals_are_refused(void **state)
{
    struct world *world = *state;
    struct sim_error error;
    assert_int_equal(
        sim_advance_start(world->advance, SIM_ADVANCE_TO_TIME, START_US - 1, done, world, &error),
        RESULT_INVALID);
    assert_string_equal(error.message, "cannot advance into the past");
    sim_sched_after(world->sched, 5, start_another, world);
    start(world, SIM_ADVANCE_TO_TIME, 10);
    assert_int_equal(world->ran, 1);
    sim_clock_set_mode(world->clock, SIM_CLOCK_REAL, 0);
    assert_int_equal(
        sim_advance_start(world->advance, SIM_ADVANCE_TO_TIME, UINT64_MAX, done, world, &error),
        RESULT_INVALID);
    assert_int_equal(world->done_count, 1);
}

static void test_abandon_says_what_ran(void **state)
{
    struct world *world = *state;
    sim_advance_abandon(world->advance); /* nothing under way */
    sim_sched_after(world->sched, 10, count_and_hold, world);
    start(world, SIM_ADVANCE_TO_TIME, 100);
    sim_advance_abandon(world->advance);
    assert_int_equal(world->done_count, 1);
    assert_int_equal(world->events_ran, 1);
    assert_false(sim_advance_is_running(world->advance));
    sim_hold_release(world->advance);
    assert_false(sim_advance_continue(world->advance, 10));
    assert_int_equal(world->done_count, 1);
}

static void test_a_goal_ends_when_time_becomes_real(void **state)
{
    struct world *world = *state;
    sim_sched_after(world->sched, 10, count_and_hold, world);
    start(world, SIM_ADVANCE_TO_TIME, 100);
    sim_clock_set_mode(world->clock, SIM_CLOCK_REAL, 0);
    sim_hold_release(world->advance);
    assert_false(sim_advance_continue(world->advance, 10));
    assert_int_equal(world->done_count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_to_a_time_runs_what_is_due_and_shows_that_time),
        TEST(test_to_idle_ignores_housekeeping),
        TEST(test_to_idle_stops_at_its_limit),
        TEST(test_a_hold_keeps_time_still),
        TEST(test_continue_keeps_to_its_share),
        TEST(test_a_goal_set_by_done_nests_nothing),
        TEST(test_wrong_goals_are_refused),
        TEST(test_abandon_says_what_ran),
        TEST(test_a_goal_ends_when_time_becomes_real),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
