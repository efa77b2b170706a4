/* The loop: descriptors, simulated time, hooks and signals in one thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/core/loop.h"

struct world {
    struct sim_clock *clock;
    struct sim_sched *sched;
    struct sim_advance *advance;
    struct sim_loop *loop;
    char story[512]; /* what happened, in order */
    uint64_t limit_us;
    unsigned limit_calls;
};

static void tell(struct world *world, const char *what)
{
    size_t used = strlen(world->story);
    snprintf(world->story + used, sizeof world->story - used, "%s%s", used > 0 ? " " : "", what);
}

static void start(struct world *world, enum sim_clock_mode mode)
{
    *world = (struct world){.limit_us = UINT64_MAX};
    world->clock =
        sim_clock_create(&(struct sim_clock_options){.mode = mode, .scale_ppm = SIM_PPM});
    world->sched = sim_sched_create(world->clock);
    world->advance = sim_advance_create(world->clock, world->sched);
    assert_int_equal(
        sim_loop_create(world->clock, world->sched, world->advance, &world->loop, NULL), RESULT_OK);
}

static void end(struct world *world)
{
    sim_loop_destroy(world->loop);
    sim_advance_destroy(world->advance);
    sim_sched_destroy(world->sched);
    sim_clock_destroy(world->clock);
}

static void turn(struct world *world, uint64_t max_wait_us)
{
    assert_int_equal(sim_loop_turn(world->loop, max_wait_us, NULL), RESULT_OK);
}

static void make_pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

/* --- descriptors ----------------------------------------------------------------------------- */

static void tell_events(void *context, int fd, unsigned events)
{
    (void)fd;
    static const char *const names[] = {"none", "read", "write", "read+write"};
    tell(context, names[events & 3]);
}

static void test_a_watch_is_told_what_is_ready(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned wanted;
        bool has_input, is_hung_up;
        const char *story;
    } cases[] = {
        {"nothing to read", SIM_LOOP_READ, false, false, ""},
        {"input", SIM_LOOP_READ, true, false, "read"},
        {"room", SIM_LOOP_WRITE, true, false, "write"},
        {"both", SIM_LOOP_READ | SIM_LOOP_WRITE, true, false, "read+write"},
        {"hang-up is both", SIM_LOOP_READ, false, true, "read+write"},
        {"hang-up is told to whoever wants nothing", 0, false, true, "read+write"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world world;
        start(&world, SIM_CLOCK_REAL);
        int fds[2];
        make_pair(fds);
        struct sim_watch *watch = NULL;
        assert_int_equal(sim_loop_watch(world.loop, fds[0], 0, tell_events, &world, &watch, NULL),
                         RESULT_OK);
        sim_loop_rewatch(world.loop, watch, cases[i].wanted);
        if (cases[i].has_input)
            assert_int_equal(write(fds[1], "x", 1), 1);
        if (cases[i].is_hung_up)
            close(fds[1]);
        turn(&world, 0);
        if (strcmp(world.story, cases[i].story) != 0)
            fail_msg("%s: \"%s\"", cases[i].name, world.story);
        sim_loop_unwatch(world.loop, watch);
        turn(&world, 0);
        assert_string_equal(world.story, cases[i].story);
        if (!cases[i].is_hung_up)
            close(fds[1]);
        close(fds[0]);
        end(&world);
    }
}

static void test_a_descriptor_that_cannot_be_watched_is_an_error(void **state)
{
    (void)state;
    struct world world;
    start(&world, SIM_CLOCK_REAL);
    struct sim_watch *watch = NULL;
    struct sim_error error = {0};
    assert_int_equal(
        sim_loop_watch(world.loop, -1, SIM_LOOP_READ, tell_events, &world, &watch, &error),
        RESULT_IO);
    assert_non_null(strstr(error.message, "epoll_ctl"));
    assert_null(watch);
    sim_loop_unwatch(world.loop, NULL);
    end(&world);
}

/* Each of two ready watches takes both away: whichever is called first, the other is not. */
struct rivals {
    struct world *world;
    struct sim_watch *watches[2];
};

static void take_both_away(void *context, int fd, unsigned events)
{
    (void)fd;
    (void)events;
    struct rivals *rivals = context;
    tell(rivals->world, "called");
    sim_loop_unwatch(rivals->world->loop, rivals->watches[0]);
    sim_loop_unwatch(rivals->world->loop, rivals->watches[1]);
}

static void test_a_watch_given_up_in_the_same_turn_is_not_called(void **state)
{
    (void)state;
    struct world world;
    start(&world, SIM_CLOCK_REAL);
    struct rivals rivals = {.world = &world};
    int fds[2][2];
    for (size_t i = 0; i < 2; i++) {
        make_pair(fds[i]);
        assert_int_equal(sim_loop_watch(world.loop, fds[i][0], SIM_LOOP_WRITE, take_both_away,
                                        &rivals, &rivals.watches[i], NULL),
                         RESULT_OK);
    }
    turn(&world, 0);
    turn(&world, 0);
    assert_string_equal(world.story, "called");
    for (size_t i = 0; i < 2; i++) {
        close(fds[i][0]);
        close(fds[i][1]);
    }
    end(&world);
}

/* --- simulated time -------------------------------------------------------------------------- */

struct note {
    struct world *world;
    const char *what;
};

static void tell_note(void *context)
{
    struct note *note = context;
    tell(note->world, note->what);
}

static void test_events_run_when_they_are_due_by_the_real_clock(void **state)
{
    (void)state;
    struct world world;
    start(&world, SIM_CLOCK_REAL);
    struct note late = {&world, "late"};
    struct note early = {&world, "early"};
    struct note never = {&world, "never"};
    uint64_t began_us = sim_clock_machine_us();
    sim_sched_after(world.sched, 6000, tell_note, &late);
    sim_sched_after(world.sched, 2000, tell_note, &early);
    sim_sched_after(world.sched, 86400 * SIM_US_PER_S, tell_note, &never);
    while (strstr(world.story, "late") == NULL)
        turn(&world, UINT64_MAX);
    assert_string_equal(world.story, "early late");
    assert_in_range(sim_clock_machine_us() - began_us, 5000, 2 * SIM_US_PER_S);
    end(&world);
}

static void test_a_turn_waits_no_longer_than_asked(void **state)
{
    (void)state;
    struct world world;
    start(&world, SIM_CLOCK_REAL);
    uint64_t began_us = sim_clock_machine_us();
    turn(&world, 3000);
    assert_in_range(sim_clock_machine_us() - began_us, 2500, 2 * SIM_US_PER_S);
    end(&world);
}

static void note_done(void *context, uint64_t events_ran)
{
    (void)events_ran;
    tell(context, "done");
}

static void test_on_a_virtual_clock_what_is_due_runs_and_time_moves_only_by_advancing(void **state)
{
    (void)state;
    struct world world;
    start(&world, SIM_CLOCK_VIRTUAL);
    struct note event = {&world, "event"};
    uint64_t start_us = sim_clock_now_us(world.clock);
    sim_sched_at(world.sched, start_us, tell_note, &event);
    sim_sched_after(world.sched, SIM_US_PER_S, tell_note, &event);
    turn(&world, 1000);
    assert_string_equal(world.story, "event");
    assert_true(sim_clock_now_us(world.clock) == start_us);

    sim_hold_take(world.advance, "a handler runs");
    assert_int_equal(sim_advance_start(world.advance, SIM_ADVANCE_TO_TIME,
                                       start_us + 2 * SIM_US_PER_S, note_done, &world, NULL),
                     RESULT_OK);
    turn(&world, 1000);
    assert_string_equal(world.story, "event");
    assert_true(sim_clock_now_us(world.clock) == start_us);

    sim_hold_release(world.advance);
    for (int i = 0; i < 3; i++)
        turn(&world, 0);
    assert_string_equal(world.story, "event event done");
    assert_true(sim_clock_now_us(world.clock) == start_us + 2 * SIM_US_PER_S);
    end(&world);
}

struct flood {
    struct world *world;
    unsigned ran;
    unsigned ran_at_call[4];
    unsigned calls;
};

static void count_event(void *context)
{
    ((struct flood *)context)->ran++;
}

static void note_call(void *context, int fd, unsigned events)
{
    (void)fd;
    (void)events;
    struct flood *flood = context;
    if (flood->calls < ARRAY_LEN(flood->ran_at_call))
        flood->ran_at_call[flood->calls++] = flood->ran;
}

static void count_and_repeat(void *context)
{
    struct flood *flood = context;
    flood->ran++;
    sim_sched_after(flood->world->sched, SIM_US_PER_MS, count_and_repeat, flood);
}

static void test_an_advance_over_years_does_not_keep_sockets_waiting(void **state)
{
    (void)state;
    struct world world;
    start(&world, SIM_CLOCK_VIRTUAL);
    struct flood flood = {.world = &world};
    int fds[2];
    make_pair(fds);
    struct sim_watch *watch = NULL;
    assert_int_equal(
        sim_loop_watch(world.loop, fds[0], SIM_LOOP_WRITE, note_call, &flood, &watch, NULL),
        RESULT_OK);
    count_and_repeat(&flood);
    assert_int_equal(
        sim_advance_start(world.advance, SIM_ADVANCE_TO_TIME,
                          sim_clock_now_us(world.clock) + UINT64_C(10) * 365 * 86400 * SIM_US_PER_S,
                          note_done, &world, NULL),
        RESULT_OK);
    assert_true(sim_advance_is_running(world.advance)); /* 3 * 10^11 events are ahead */
    turn(&world, 0);
    turn(&world, 0);
    assert_int_equal(flood.calls, 2);
    assert_in_range(flood.ran, 1000, 5000);
    sim_advance_abandon(world.advance);
    assert_string_equal(world.story, "done");
    sim_loop_unwatch(world.loop, watch);
    close(fds[0]);
    close(fds[1]);
    end(&world);
}

static void test_sockets_are_served_between_batches_of_events(void **state)
{
    (void)state;
    static const enum sim_clock_mode modes[] = {SIM_CLOCK_REAL, SIM_CLOCK_VIRTUAL};
    for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
        struct world world;
        start(&world, modes[m]);
        struct flood flood = {.world = &world};
        int fds[2];
        make_pair(fds);
        struct sim_watch *watch = NULL;
        assert_int_equal(
            sim_loop_watch(world.loop, fds[0], SIM_LOOP_WRITE, note_call, &flood, &watch, NULL),
            RESULT_OK);
        sim_hold_take(world.advance, "not yet");
        for (int i = 0; i < 2500; i++)
            sim_sched_after(world.sched, 0, count_event, &flood);
        if (modes[m] == SIM_CLOCK_VIRTUAL)
            assert_int_equal(sim_advance_start(world.advance, SIM_ADVANCE_TO_IDLE,
                                               sim_clock_now_us(world.clock) + SIM_US_PER_S,
                                               note_done, &world, NULL),
                             RESULT_OK);
        /* the release runs nothing itself, or at most a batch: sockets come in between */
        sim_hold_release(world.advance);
        unsigned ran_first = flood.ran;
        for (int i = 0; i < 4; i++)
            turn(&world, 0);
        assert_true(ran_first < 2500);
        assert_int_equal(flood.ran, 2500);
        assert_true(flood.ran_at_call[1] < 2500);
        sim_loop_unwatch(world.loop, watch);
        close(fds[0]);
        close(fds[1]);
        end(&world);
    }
}

/* --- hooks ----------------------------------------------------------------------------------- */

static uint64_t give_limit(void *context)
{
    struct world *world = context;
    world->limit_calls++;
    return world->limit_us;
}

static void test_hooks_run_in_order_at_the_end_of_turns_that_did_something(void **state)
{
    (void)state;
    struct world world;
    start(&world, SIM_CLOCK_REAL);
    struct note commit = {&world, "commit"};
    struct note answer = {&world, "answer"};
    struct note event = {&world, "event"};
    sim_loop_at_turn_end(world.loop, tell_note, &commit);
    sim_loop_at_turn_end(world.loop, tell_note, &answer);
    turn(&world, 0);
    assert_string_equal(world.story, "");
    sim_sched_after(world.sched, 0, tell_note, &event);
    turn(&world, 1000);
    assert_string_equal(world.story, "event commit answer");
    sim_loop_forget(world.loop, &commit);
    sim_sched_after(world.sched, 0, tell_note, &event);
    turn(&world, 1000);
    assert_string_equal(world.story, "event commit answer event answer");
    end(&world);
}

static void test_a_limit_cuts_the_wait_and_counts_as_something(void **state)
{
    (void)state;
    struct world world;
    start(&world, SIM_CLOCK_VIRTUAL);
    struct note hook = {&world, "hook"};
    sim_loop_at_turn_end(world.loop, tell_note, &hook);
    sim_loop_limit_wait(world.loop, give_limit, &world);
    turn(&world, 0);
    assert_int_equal(world.limit_calls, 1);
    assert_string_equal(world.story, "");
    world.limit_us = 1000;
    turn(&world, UINT64_MAX); /* would wait for ever otherwise */
    assert_string_equal(world.story, "hook");
    sim_loop_forget(world.loop, &world);
    turn(&world, 0);
    assert_int_equal(world.limit_calls, 2);
    end(&world);
}

static void forget_all(void *context)
{
    struct world *world = context;
    tell(world, "last");
    sim_loop_forget(world->loop, world);
}

static void test_a_hook_may_forget_itself_and_later_ones(void **state)
{
    (void)state;
    struct world world;
    start(&world, SIM_CLOCK_REAL);
    sim_loop_limit_wait(world.loop, give_limit, &world);
    sim_loop_at_turn_end(world.loop, forget_all, &world);
    sim_loop_at_turn_end(world.loop, forget_all, &world);
    world.limit_us = 0;
    turn(&world, 0);
    turn(&world, 0);
    assert_string_equal(world.story, "last");
    assert_int_equal(world.limit_calls, 1);
    end(&world);
}

/* --- ending ---------------------------------------------------------------------------------- */

static void stop_loop(void *context)
{
    sim_loop_stop(((struct world *)context)->loop);
}

static void test_run_ends_when_stopped_and_can_run_again(void **state)
{
    (void)state;
    struct world world;
    start(&world, SIM_CLOCK_REAL);
    for (int i = 0; i < 2; i++) {
        sim_sched_after(world.sched, 100, stop_loop, &world);
        assert_int_equal(sim_loop_run(world.loop, NULL), RESULT_OK);
    }
    sim_loop_stop(world.loop);
    assert_int_equal(sim_loop_run(world.loop, NULL), RESULT_OK);
    assert_int_equal(sim_sched_pending_count(world.sched), 0);
    end(&world);
}

static void test_signals_end_the_run(void **state)
{
    (void)state;
    static const int signals[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        struct world world;
        sigset_t before;
        sigset_t after;
        sigprocmask(SIG_BLOCK, NULL, &before);
        start(&world, SIM_CLOCK_VIRTUAL);
        assert_int_equal(sim_loop_stop_on_signals(world.loop, NULL), RESULT_OK);
        raise(SIGPIPE); /* ignored */
        raise(signals[i]);
        assert_int_equal(sim_loop_run(world.loop, NULL), RESULT_OK);
        raise(signals[i]); /* once more while ending: must not kill */
        end(&world);
        sigprocmask(SIG_BLOCK, NULL, &after);
        assert_int_equal(sigismember(&after, signals[i]), sigismember(&before, signals[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_watch_is_told_what_is_ready),
        cmocka_unit_test(test_a_descriptor_that_cannot_be_watched_is_an_error),
        cmocka_unit_test(test_a_watch_given_up_in_the_same_turn_is_not_called),
        cmocka_unit_test(test_events_run_when_they_are_due_by_the_real_clock),
        cmocka_unit_test(test_a_turn_waits_no_longer_than_asked),
        cmocka_unit_test(test_on_a_virtual_clock_what_is_due_runs_and_time_moves_only_by_advancing),
        cmocka_unit_test(test_sockets_are_served_between_batches_of_events),
        cmocka_unit_test(test_an_advance_over_years_does_not_keep_sockets_waiting),
        cmocka_unit_test(test_hooks_run_in_order_at_the_end_of_turns_that_did_something),
        cmocka_unit_test(test_a_limit_cuts_the_wait_and_counts_as_something),
        cmocka_unit_test(test_a_hook_may_forget_itself_and_later_ones),
        cmocka_unit_test(test_run_ends_when_stopped_and_can_run_again),
        cmocka_unit_test(test_signals_end_the_run),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
