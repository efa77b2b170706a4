/* How long each kind of resolver keeps an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/drill/resolver.h"
#include "topology/world.h"

#define S(n) ((uint64_t)(n)*SIM_US_PER_S)

static const char world_text[] =
    "world: w\nregions: [{name: us-east-1}]\n"
    "route53: {zones: [{name: example.com, records: [{name: api.example.com, type: A, ttl: 60s, "
    "values: [10.0.0.1]}]}]}\n";

static int set_up(void **state)
{
    const struct topo_world_options options = {
        .seed = 1, .clock = {.mode = SIM_CLOCK_VIRTUAL}, .world = "w", .text = world_text};
    struct topo_world *world = NULL;
    struct sim_error error;
    if (topo_world_create(&options, &world, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    topo_world_destroy(*state);
    return 0;
}

static struct drill_resolver make_resolver(const struct drill_resolver_options *options,
                                           const char *host, uint64_t seed)
{
    struct sim_random random;
    struct drill_resolver resolver;
    sim_random_init(&random, seed, "resolver/test");
    drill_resolver_init(&resolver, options, host, "us-east-1", &random);
    return resolver;
}

static void test_each_temperament_keeps_an_answer_for_its_time(void **state)
{
    struct topo_world *world = *state;
    static const struct {
        const char *claim;
        struct drill_resolver_options options;
        bool connected;                          /* the last connection to the address held */
        uint64_t last_kept_us, first_dropped_us; /* after the answer; 0: never */
    } rows[] = {
        {"honours the TTL of 60 s", {.ttl = DRILL_TTL_HONOURS}, true, S(60) - 1, S(60)},
        {"ignores it and asks each time", {.ttl = DRILL_TTL_IGNORES}, true, 0, 1},
        {"pins the first answer", {.ttl = DRILL_TTL_PINS}, false, S(86400), 0},
        {"raises it to a minimum", {.minimum_ttl_us = S(300)}, true, S(300) - 1, S(300)},
        {"leaves it above the minimum", {.minimum_ttl_us = S(30)}, true, S(60) - 1, S(60)},
        {"lowers it to a maximum", {.maximum_ttl_us = S(10)}, true, S(10) - 1, S(10)},
        {"leaves it below the maximum", {.maximum_ttl_us = S(90)}, true, S(60) - 1, S(60)},
        {"keeps to a connection that holds", {.keeps_connection = true}, true, S(86400), 0},
        {"asks again once it broke", {.keeps_connection = true}, false, S(60) - 1, S(60)},
        {"a pinned address survives a broken connection",
         {.ttl = DRILL_TTL_PINS, .keeps_connection = true},
         false,
         S(86400),
         0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct drill_resolver resolver = make_resolver(&rows[i].options, "api.example.com", i);
        assert_null(drill_resolver_cached(&resolver, S(1)));
        /* The first answer's age is drawn; the second is new. */
        assert_non_null(drill_resolver_ask(&resolver, world->r53, S(1)));
        const char *address = drill_resolver_ask(&resolver, world->r53, S(1000));
        assert_string_equal(address, "10.0.0.1");
        drill_resolver_note(&resolver, rows[i].connected);
        bool kept = rows[i].last_kept_us == 0 ||
                    drill_resolver_cached(&resolver, S(1000) + rows[i].last_kept_us) != NULL;
        bool dropped = rows[i].first_dropped_us == 0 ||
                       drill_resolver_cached(&resolver, S(1000) + rows[i].first_dropped_us) == NULL;
        if (!kept || !dropped)
            fail_msg("%s: kept %d, dropped %d", rows[i].claim, kept, dropped);
    }
}

static void test_the_first_answer_has_a_drawn_age(void **state)
{
    struct topo_world *world = *state;
    const struct drill_resolver_options options = {.ttl = DRILL_TTL_HONOURS};
    uint64_t least_us = UINT64_MAX, most_us = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct drill_resolver resolver = make_resolver(&options, "api.example.com", seed);
        struct drill_resolver again = make_resolver(&options, "api.example.com", seed);
        assert_non_null(drill_resolver_ask(&resolver, world->r53, S(1)));
        assert_non_null(drill_resolver_ask(&again, world->r53, S(1)));
        assert_int_equal(resolver.expires_us, again.expires_us);
        uint64_t left_us = resolver.expires_us - S(1);
        assert_true(left_us >= 1 && left_us <= S(60));
        least_us = left_us < least_us ? left_us : least_us;
        most_us = left_us > most_us ? left_us : most_us;
    }
    assert_true(least_us < S(10));
    assert_true(most_us > S(50));
}

static void test_a_name_without_an_answer_is_asked_again(void **state)
{
    struct topo_world *world = *state;
    const struct drill_resolver_options options = {.ttl = DRILL_TTL_PINS};
    struct drill_resolver resolver = make_resolver(&options, "none.example.com", 1);
    assert_null(drill_resolver_ask(&resolver, world->r53, S(1)));
    assert_null(drill_resolver_cached(&resolver, S(1)));
    assert_int_equal(resolver.question_count, 1);
}

static void test_that_a_name_does_not_exist_is_kept_within_a_bound(void **state)
{
    struct topo_world *world = *state;
    const struct drill_resolver_options options = {.negative_ttl_us = S(30)};
    struct drill_resolver resolver = make_resolver(&options, "none.example.com", 1);
    static const struct {
        uint64_t at_us;
        uint64_t question_count;
    } rows[] = {{S(1), 1}, {S(2), 1}, {S(31) - 1, 1}, {S(31), 2}, {S(60), 2}, {S(61), 3}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_null(drill_resolver_ask(&resolver, world->r53, rows[i].at_us));
        assert_int_equal(resolver.question_count, rows[i].question_count);
    }
}

static void test_prefetching_asks_in_the_last_tenth_only(void **state)
{
    struct topo_world *world = *state;
    static const struct {
        bool prefetches;
        uint64_t after_us;
        uint64_t question_count;
    } rows[] = {
        {true, S(30), 2}, {true, S(54), 2},  {true, S(54) + 1, 3},
        {true, S(59), 3}, {false, S(59), 2}, {true, S(60), 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct drill_resolver_options options = {.prefetches = rows[i].prefetches};
        struct drill_resolver resolver = make_resolver(&options, "api.example.com", i);
        assert_non_null(drill_resolver_ask(&resolver, world->r53, S(1)));
        assert_non_null(drill_resolver_ask(&resolver, world->r53, S(1000)));
        drill_resolver_prefetch(&resolver, world->r53, S(1000) + rows[i].after_us);
        assert_int_equal(resolver.question_count, rows[i].question_count);
        assert_string_equal(resolver.address, "10.0.0.1");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_temperament_keeps_an_answer_for_its_time, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_the_first_answer_has_a_drawn_age, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_name_without_an_answer_is_asked_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_that_a_name_does_not_exist_is_kept_within_a_bound,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_prefetching_asks_in_the_last_tenth_only, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
