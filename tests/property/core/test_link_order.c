#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Messages on random links at random times, against a sort: they arrive by (send time + lag, order
 * of sending), where the oracle draws each link's lags on their own, link after link. So neither
 * the traffic of other links nor faults that come and go shift a link's draws, and equal arrival
 * times keep the order of sending. REGIONLAB_SEED repeats one run. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/core/core.h"

#define REGIONS  4
#define MESSAGES 20000

struct message {
    struct world *world;
    size_t from, to;
    uint64_t sent_us;
    uint64_t arrives_us; /* by the oracle */
    uint64_t number;     /* order of sending */
};

struct world {
    struct sim_core core;
    struct sim_random random;
    struct message messages[MESSAGES];
    size_t sent_count;
    uint64_t arrived[MESSAGES]; /* numbers */
    uint64_t arrived_us[MESSAGES];
    size_t arrived_count;
    size_t cut_changes;
};

static const char *const names[REGIONS] = {"us-east-1", "us-west-2", "eu-west-1", "sa-east-1"};
static const char *const lags[] = {"5ms", "1ms..9ms", "lognormal(5ms,8ms)", "0..3us",
                                   "lognormal(800ms,1.2s)+1ms"};

static void add_regions(struct sim_network *network, uint64_t seed)
{
    struct sim_random random;
    sim_random_init(&random, seed, "test/lags");
    for (size_t i = 0; i < REGIONS; i++)
        assert_int_equal(sim_network_add_region(network, names[i], true, NULL, NULL), RESULT_OK);
    for (size_t from = 0; from < REGIONS; from++)
        for (size_t to = 0; to < REGIONS; to++) {
            struct sim_link *link =
                sim_network_link_get(network, sim_network_region_by_index(network, from),
                                     sim_network_region_by_index(network, to));
            const char *text = lags[sim_random_below(&random, ARRAY_LEN(lags))];
            assert_int_equal(sim_lag_parse(text, &link->replication, NULL), RESULT_OK);
        }
}

static struct sim_link *link_of(struct sim_network *network, const struct message *message)
{
    return sim_network_link_get(network, sim_network_region_by_index(network, message->from),
                                sim_network_region_by_index(network, message->to));
}

static void arrive(void *context)
{
    struct message *message = context;
    struct world *world = message->world;
    world->arrived_us[world->arrived_count] = sim_clock_now_us(world->core.clock);
    world->arrived[world->arrived_count++] = message->number;
}

static void count_cut(void *context, struct sim_region *region, struct sim_link *link)
{
    (void)region;
    (void)link;
    ((struct world *)context)->cut_changes++;
}

/* Noise that must not matter: faults that come and go, and draws of latency. */
static void make_noise(struct world *world)
{
    struct sim_network *network = world->core.network;
    struct sim_region *from =
        sim_network_region_by_index(network, sim_random_below(&world->random, REGIONS));
    struct sim_region *to =
        sim_network_region_by_index(network, sim_random_below(&world->random, REGIONS));
    (void)sim_network_latency_us(network, from, to);
    if (from != to && sim_random_chance(&world->random, SIM_PPM / 10))
        assert_int_equal(
            sim_faults_add(
                world->core.faults,
                &(struct sim_fault_spec){.kind = SIM_FAULT_PARTITION,
                                         .from = from->name,
                                         .to = to->name,
                                         .duration_us = 1 + sim_random_below(&world->random, 5000)},
                NULL, NULL),
            RESULT_OK);
}

static void send_all(struct world *world)
{
    for (size_t i = 0; i < MESSAGES; i++) {
        struct message *message = &world->messages[i];
        *message = (struct message){.world = world,
                                    .from = sim_random_below(&world->random, REGIONS),
                                    .to = sim_random_below(&world->random, REGIONS),
                                    .sent_us = sim_clock_now_us(world->core.clock),
                                    .number = i};
        struct sim_link *link = link_of(world->core.network, message);
        uint64_t lag_us = sim_lag_sample_us(&link->replication, &link->replication_random);
        sim_sched_after(world->core.sched, lag_us, arrive, message);
        make_noise(world);
        uint64_t until_us = message->sent_us + sim_random_below(&world->random, 300);
        while (sim_random_chance(&world->random, SIM_PPM / 2) &&
               sim_sched_step(world->core.sched, until_us))
            ;
    }
    while (sim_sched_step(world->core.sched, UINT64_MAX))
        ;
}

static int compare(const void *a, const void *b)
{
    const struct message *x = a, *y = b;
    if (x->arrives_us != y->arrives_us)
        return x->arrives_us < y->arrives_us ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Link after link on a network of its own, then sorted. */
static void predict(struct world *world, uint64_t seed)
{
    struct sim_network *network = sim_network_create(seed);
    add_regions(network, seed);
    for (size_t link_index = 0; link_index < REGIONS * REGIONS; link_index++)
        for (size_t i = 0; i < MESSAGES; i++) {
            struct message *message = &world->messages[i];
            if (message->from * REGIONS + message->to != link_index)
                continue;
            struct sim_link *link = link_of(network, message);
            message->arrives_us =
                message->sent_us + sim_lag_sample_us(&link->replication, &link->replication_random);
        }
    qsort(world->messages, MESSAGES, sizeof world->messages[0], compare);
    sim_network_destroy(network);
}

/* How often a cut began or ended: the noise. */
static size_t run(uint64_t seed)
{
    struct world *world = sim_alloc(sizeof *world);
    sim_core_init(&world->core,
                  &(struct sim_core_options){.seed = seed, .clock = {.mode = SIM_CLOCK_VIRTUAL}});
    sim_random_init(&world->random, seed, "test/link");
    sim_network_listen(world->core.network, count_cut, world);
    add_regions(world->core.network, seed);
    send_all(world);
    predict(world, seed);
    if (world->arrived_count != MESSAGES)
        fail_msg("seed %" PRIu64 ": %zu arrived", seed, world->arrived_count);
    for (size_t i = 0; i < MESSAGES; i++)
        if (world->arrived[i] != world->messages[i].number ||
            world->arrived_us[i] != world->messages[i].arrives_us)
            fail_msg("seed %" PRIu64 ": arrival %zu is message %" PRIu64 ", not %" PRIu64, seed, i,
                     world->arrived[i], world->messages[i].number);
    size_t cut_changes = world->cut_changes;
    assert_true(cut_changes > 0);
    assert_int_equal(sim_faults_count(world->core.faults), 0);
    for (size_t from = 0; from < REGIONS; from++) /* and each cut was undone */
        for (size_t to = 0; to < REGIONS; to++)
            assert_true(sim_network_is_reachable(
                world->core.network, sim_network_region_by_index(world->core.network, from),
                sim_network_region_by_index(world->core.network, to)));
    sim_core_fini(&world->core);
    free(world);
    return cut_changes;
}

static void test_messages_arrive_in_the_order_of_a_sort(void **state)
{
    (void)state;
    const char *wanted = getenv("REGIONLAB_SEED");
    if (wanted != NULL) {
        (void)run(strtoull(wanted, NULL, 10));
        return;
    }
    uint64_t seeds = getenv("REGIONLAB_LONG") != NULL ? 200 : 6;
    printf("seeds 1 to %" PRIu64 ", %d messages each\n", seeds, MESSAGES);
    size_t cut_changes = 0;
    for (uint64_t seed = 1; seed <= seeds; seed++)
        cut_changes += run(seed);
    assert_true(cut_changes > 100 * seeds); /* a seed may be quiet, all of them together are not */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_arrive_in_the_order_of_a_sort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
