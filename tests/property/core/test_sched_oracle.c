#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The scheduler against a list that is searched from end to end: random schedules, cancels, steps
 * and clears, from outside and from within events. REGIONLAB_SEED repeats one run. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/core/random.h"
#include "sim/core/sched.h"

#define PENDING_MAX 4096
#define START_US    UINT64_C(1000000)

struct expected {
    uint64_t at_us;
    uint64_t order; /* of scheduling */
    uint64_t id;
    struct token *token; /* the event frees it, or whoever cancels it */
    bool background;
};

struct world {
    struct sim_clock *clock;
    struct sim_sched *sched;
    struct sim_random random;
    uint64_t seed;
    uint64_t operation;
    uint64_t order;
    struct expected pending[PENDING_MAX];
    size_t count;
    uint64_t gone[64]; /* ids that ran or were cancelled: they must mean nothing */
    size_t gone_count;
    uint64_t ran_count;
    bool in_event;
    uint64_t ran_order; /* of the event that ran last */
};

struct token { /* an event's context: which one it is */
    struct world *world;
    uint64_t order;
};

static void fail_at(const struct world *world, const char *what)
{
    fail_msg("seed %" PRIu64 ", operation %" PRIu64 ": %s", world->seed, world->operation, what);
}

static void operate(struct world *world);

static void event(void *context)
{
    struct token *token = context;
    struct world *world = token->world;
    world->ran_order = token->order;
    free(token);
    world->in_event = true;
    while (sim_random_chance(&world->random, SIM_PPM / 3))
        operate(world);
    world->in_event = false;
}

static size_t earliest(const struct world *world)
{
    size_t best = 0;
    for (size_t i = 1; i < world->count; i++) {
        const struct expected *a = &world->pending[i], *b = &world->pending[best];
        if (a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order))
            best = i;
    }
    return best;
}

static void forget(struct world *world, size_t index)
{
    world->gone[world->gone_count++ % ARRAY_LEN(world->gone)] = world->pending[index].id;
    world->pending[index] = world->pending[--world->count];
}

static void schedule(struct world *world)
{
    if (world->count == PENDING_MAX)
        return;
    uint64_t now_us = sim_clock_now_us(world->clock);
    /* Few distinct times, so that many are equal; some lie in the past. */
    uint64_t at_us = now_us + sim_random_below(&world->random, 40) - 4;
    struct token *token = sim_alloc(sizeof *token);
    *token = (struct token){.world = world, .order = ++world->order};
    struct expected *expected = &world->pending[world->count++];
    expected->order = token->order;
    expected->token = token;
    expected->background = sim_random_chance(&world->random, SIM_PPM / 4);
    expected->at_us = at_us > now_us ? at_us : now_us;
    if (expected->background)
        expected->id = sim_sched_at_background(world->sched, at_us, event, token);
    else if (at_us >= now_us && sim_random_chance(&world->random, SIM_PPM / 2))
        expected->id = sim_sched_after(world->sched, at_us - now_us, event, token);
    else
        expected->id = sim_sched_at(world->sched, at_us, event, token);
    if (expected->id == 0)
        fail_at(world, "an id is 0");
    for (size_t i = 0; i + 1 < world->count; i++)
        if (world->pending[i].id == expected->id)
            fail_at(world, "an id is used twice");
}

static void cancel(struct world *world)
{
    if (world->gone_count > 0) {
        size_t known =
            world->gone_count < ARRAY_LEN(world->gone) ? world->gone_count : ARRAY_LEN(world->gone);
        if (sim_sched_cancel(world->sched, world->gone[sim_random_below(&world->random, known)]))
            fail_at(world, "an event that is gone was cancelled");
    }
    if (world->count == 0)
        return;
    size_t index = sim_random_below(&world->random, world->count);
    if (!sim_sched_cancel(world->sched, world->pending[index].id))
        fail_at(world, "a pending event could not be cancelled");
    free(world->pending[index].token);
    forget(world, index);
}

static void step(struct world *world)
{
    if (world->in_event)
        return;
    uint64_t limit_us = sim_clock_now_us(world->clock) + sim_random_below(&world->random, 20);
    struct expected next = {0};
    bool due = false;
    if (world->count > 0) {
        size_t index = earliest(world);
        next = world->pending[index];
        due = next.at_us <= limit_us;
        uint64_t at_us = 0;
        if (!sim_sched_next_at(world->sched, &at_us) || at_us != next.at_us)
            fail_at(world, "next_at is wrong");
        if (due)
            forget(world, index);
    }
    world->ran_order = 0;
    if (sim_sched_step(world->sched, limit_us) != due)
        fail_at(world, due ? "nothing ran" : "something ran");
    world->ran_count += due;
    if (world->ran_order != next.order && due)
        fail_at(world, "another event ran");
    if (due && sim_clock_now_us(world->clock) != next.at_us)
        fail_at(world, "the clock shows another time");
}

static void check_counts(struct world *world)
{
    size_t foreground = 0;
    for (size_t i = 0; i < world->count; i++)
        foreground += !world->pending[i].background;
    if (sim_sched_pending_count(world->sched) != world->count ||
        sim_sched_foreground_count(world->sched) != foreground ||
        sim_sched_ran_count(world->sched) != world->ran_count)
        fail_at(world, "a count is wrong");
    if (!sim_sched_is_consistent(world->sched))
        fail_at(world, "not consistent");
}

static void drop_all(struct world *world)
{
    while (world->count > 0) {
        free(world->pending[world->count - 1].token);
        forget(world, world->count - 1);
    }
}

static void operate(struct world *world)
{
    world->operation++;
    uint64_t dice = sim_random_below(&world->random, 1000);
    if (dice < 430 + 25 * (world->seed % 4)) /* short queues and long ones */
        schedule(world);
    else if (dice < 650)
        cancel(world);
    else if (dice < 999 || world->in_event || world->operation % 10 != 0)
        step(world);
    else {
        sim_sched_clear(world->sched);
        drop_all(world);
        world->ran_count = 0;
    }
}

static void run(uint64_t seed, uint64_t operations)
{
    struct world *world = sim_alloc(sizeof *world);
    world->seed = seed;
    sim_random_init(&world->random, seed, "test/sched");
    world->clock = sim_clock_create(
        &(struct sim_clock_options){.mode = SIM_CLOCK_VIRTUAL, .start_us = START_US});
    world->sched = sim_sched_create(world->clock);
    while (world->operation < operations) {
        operate(world);
        if (world->operation % 16 == 0)
            check_counts(world);
    }
    check_counts(world);
    drop_all(world);
    sim_sched_destroy(world->sched);
    sim_clock_destroy(world->clock);
    free(world);
}

static void test_the_scheduler_does_what_a_sorted_list_would(void **state)
{
    (void)state;
    const char *wanted = getenv("REGIONLAB_SEED");
    uint64_t seeds = getenv("REGIONLAB_LONG") != NULL ? 200 : 10;
    if (wanted != NULL) {
        run(strtoull(wanted, NULL, 10), 20000);
        return;
    }
    printf("seeds 1 to %" PRIu64 ", 20000 operations each\n", seeds);
    for (uint64_t seed = 1; seed <= seeds; seed++)
        run(seed, 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_scheduler_does_what_a_sorted_list_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
