#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sim/core/sched.h"

#define START_US UINT64_C(1000)

/* A world of one clock and one scheduler; each event appends "letter@time " to the story. */
struct world {
    struct sim_clock *clock;
    struct sim_sched *sched;
    char story[512];
};

struct actor {
    struct world *world;
    char letter;
    void (*also)(struct actor *actor);
    uint64_t id;
    struct actor *other;
};

static int set_up(void **state)
{
    static struct world world;
    world = (struct world){0};
    world.clock = sim_clock_create(
        &(struct sim_clock_options){.mode = SIM_CLOCK_VIRTUAL, .start_us = START_US});
    world.sched = sim_sched_create(world.clock);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    assert_true(sim_sched_is_consistent(world->sched));
    sim_sched_destroy(world->sched);
    sim_clock_destroy(world->clock);
    return 0;
}

static void act(void *context)
{
    struct actor *actor = context;
    struct world *world = actor->world;
    char line[32];
    snprintf(line, sizeof line, "%c@%d ", actor->letter,
             (int)(sim_clock_now_us(world->clock) - START_US));
    strncat(world->story, line, sizeof world->story - strlen(world->story) - 1);
    if (actor->also != NULL)
        actor->also(actor);
}

static void run_all(struct world *world)
{
    while (sim_sched_step(world->sched, UINT64_MAX))
        assert_true(sim_sched_is_consistent(world->sched));
}

static void test_earlier_first_and_equal_times_in_scheduling_order(void **state)
{
    struct world *world = *state;
    struct actor a = {world, 'a', NULL, 0, NULL}, b = {world, 'b', NULL, 0, NULL};
    struct actor c = {world, 'c', NULL, 0, NULL}, d = {world, 'd', NULL, 0, NULL};
    sim_sched_at(world->sched, START_US + 20, act, &c);
    sim_sched_after(world->sched, 10, act, &a);
    sim_sched_at_background(world->sched, START_US + 10, act, &b);
    sim_sched_at(world->sched, START_US - 500, act, &d); /* in the past: now */
    run_all(world);
    assert_string_equal(world->story, "d@0 a@10 b@10 c@20 ");
    assert_int_equal(sim_sched_ran_count(world->sched), 4);
}

static void test_a_step_stops_at_its_limit(void **state)
{
    struct world *world = *state;
    struct actor a = {world, 'a', NULL, 0, NULL};
    sim_sched_after(world->sched, 10, act, &a);
    assert_false(sim_sched_step(world->sched, START_US + 9));
    assert_int_equal(sim_clock_now_us(world->clock), START_US);
    assert_true(sim_sched_step(world->sched, START_US + 10));
    assert_false(sim_sched_step(world->sched, UINT64_MAX));
    assert_string_equal(world->story, "a@10 ");
}

static void test_cancelled_events_do_not_run(void **state)
{
    struct world *world = *state;
    struct actor a = {world, 'a', NULL, 0, NULL}, b = {world, 'b', NULL, 0, NULL};
    uint64_t first = sim_sched_after(world->sched, 1, act, &a);
    uint64_t second = sim_sched_after(world->sched, 2, act, &b);
    assert_true(first != 0 && second != 0 && first != second);
    assert_true(sim_sched_cancel(world->sched, first));
    assert_false(sim_sched_cancel(world->sched, first));
    assert_false(sim_sched_cancel(world->sched, 0));
    assert_false(sim_sched_cancel(world->sched, UINT64_MAX));
    assert_false(sim_sched_cancel(world->sched, second + 1)); /* a slot nobody has */
    run_all(world);
    assert_false(sim_sched_cancel(world->sched, second));
    assert_string_equal(world->story, "b@2 ");
}

static void test_an_id_is_never_used_again(void **state)
{
    struct world *world = *state;
    struct actor a = {world, 'a', NULL, 0, NULL};
    uint64_t before = sim_sched_after(world->sched, 1, act, &a);
    sim_sched_clear(world->sched);
    uint64_t after = sim_sched_after(world->sched, 1, act, &a); /* the same slot */
    assert_true(before != after);
    assert_false(sim_sched_cancel(world->sched, before));
    assert_int_equal(sim_sched_pending_count(world->sched), 1);
}

static void test_clear_drops_what_is_pending_and_the_count(void **state)
{
    struct world *world = *state;
    struct actor a = {world, 'a', NULL, 0, NULL};
    sim_sched_after(world->sched, 1, act, &a);
    sim_sched_at_background(world->sched, START_US + 5, act, &a);
    assert_int_equal(sim_sched_pending_count(world->sched), 2);
    assert_int_equal(sim_sched_foreground_count(world->sched), 1);
    sim_sched_step(world->sched, UINT64_MAX);
    assert_int_equal(sim_sched_foreground_count(world->sched), 0);
    sim_sched_clear(world->sched);
    uint64_t at_us = 42;
    assert_false(sim_sched_next_at(world->sched, &at_us));
    assert_int_equal(at_us, 42);
    assert_int_equal(sim_sched_pending_count(world->sched), 0);
    assert_int_equal(sim_sched_ran_count(world->sched), 0);
}

static void cancel_other_and_self(struct actor *actor)
{
    assert_false(sim_sched_cancel(actor->world->sched, actor->id)); /* it runs already */
    assert_true(sim_sched_cancel(actor->world->sched, actor->other->id));
}

static void again(struct actor *actor)
{
    actor->also = NULL;
    sim_sched_after(actor->world->sched, 0, act, actor);
    sim_sched_after(actor->world->sched, 7, act, actor);
}

static void test_an_event_may_schedule_and_cancel(void **state)
{
    struct world *world = *state;
    struct actor b = {world, 'b', NULL, 0, NULL};
    struct actor a = {world, 'a', cancel_other_and_self, 0, &b};
    struct actor c = {world, 'c', again, 0, NULL};
    a.id = sim_sched_after(world->sched, 1, act, &a);
    b.id = sim_sched_after(world->sched, 1, act, &b);
    c.id = sim_sched_after(world->sched, 1, act, &c);
    run_all(world);
    assert_string_equal(world->story, "a@1 c@1 c@1 c@8 ");
}

static void clear_all(struct actor *actor)
{
    sim_sched_clear(actor->world->sched);
}

static void test_an_event_may_clear_the_scheduler(void **state)
{
    struct world *world = *state;
    struct actor a = {world, 'a', clear_all, 0, NULL}, b = {world, 'b', NULL, 0, NULL};
    sim_sched_after(world->sched, 1, act, &a);
    sim_sched_after(world->sched, 2, act, &b);
    run_all(world);
    assert_string_equal(world->story, "a@1 ");
}

static void test_run_due_runs_only_what_is_due(void **state)
{
    struct world *world = *state;
    struct actor a = {world, 'a', NULL, 0, NULL};
    for (int i = 0; i < 5; i++)
        sim_sched_after(world->sched, 0, act, &a);
    sim_sched_after(world->sched, 1, act, &a);
    assert_int_equal(sim_sched_run_due(world->sched, 3), 3);
    assert_int_equal(sim_sched_run_due(world->sched, 3), 2);
    assert_int_equal(sim_sched_run_due(world->sched, 3), 0);
    assert_int_equal(sim_sched_pending_count(world->sched), 1);
}

static void test_on_the_real_clock_nothing_runs_early(void **state)
{
    struct world *world = *state;
    struct actor a = {world, 'a', NULL, 0, NULL};
    sim_clock_set_mode(world->clock, SIM_CLOCK_REAL, 0);
    sim_sched_after(world->sched, 3600 * SIM_US_PER_S, act, &a);
    sim_sched_after(world->sched, 0, act, &a);
    assert_int_equal(sim_sched_run_due(world->sched, 10), 1);
    assert_int_equal(sim_sched_pending_count(world->sched), 1);
}

static void test_what_is_overdue_when_time_becomes_virtual_runs_at_once(void **state)
{
    struct world *world = *state;
    struct actor a = {world, 'a', NULL, 0, NULL};
    sim_clock_set_mode(world->clock, SIM_CLOCK_SCALED, SIM_CLOCK_SCALE_MAX_PPM);
    sim_sched_after(world->sched, 1, act, &a);
    uint64_t at_us = 0;
    assert_true(sim_sched_next_at(world->sched, &at_us));
    while (sim_clock_now_us(world->clock) <= at_us)
        ;
    sim_clock_set_mode(world->clock, SIM_CLOCK_VIRTUAL, 0);
    uint64_t now_us = sim_clock_now_us(world->clock);
    assert_true(sim_sched_step(world->sched, now_us));
    assert_int_equal(sim_clock_now_us(world->clock), now_us);
}

static void test_the_end_of_time_is_a_time(void **state)
{
    struct world *world = *state;
    struct actor a = {world, 'a', NULL, 0, NULL};
    sim_sched_after(world->sched, UINT64_MAX, act, &a);
    uint64_t at_us = 0;
    assert_true(sim_sched_next_at(world->sched, &at_us));
    assert_true(at_us == UINT64_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_earlier_first_and_equal_times_in_scheduling_order),
        TEST(test_a_step_stops_at_its_limit),
        TEST(test_cancelled_events_do_not_run),
        TEST(test_an_id_is_never_used_again),
        TEST(test_clear_drops_what_is_pending_and_the_count),
        TEST(test_an_event_may_schedule_and_cancel),
        TEST(test_an_event_may_clear_the_scheduler),
        TEST(test_run_due_runs_only_what_is_due),
        TEST(test_on_the_real_clock_nothing_runs_early),
        TEST(test_what_is_overdue_when_time_becomes_virtual_runs_at_once),
        TEST(test_the_end_of_time_is_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
