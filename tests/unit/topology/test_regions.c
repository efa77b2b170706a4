/* Distances between Regions, and the lags that follow from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "topology/regions.h"

static void test_round_trips_are_symmetric_and_positive(void **state)
{
    (void)state;
    for (size_t a = 0; a < topo_region_name_count(); a++)
        for (size_t b = 0; b < topo_region_name_count(); b++) {
            const char *from = topo_region_name_at(a), *to = topo_region_name_at(b);
            uint64_t there = topo_round_trip_us(from, to);
            if (there != topo_round_trip_us(to, from) || there == 0 || there > SIM_US_PER_S)
                fail_msg("%s to %s: %llu us", from, to, (unsigned long long)there);
        }
}

static void test_round_trips_are_the_published_ones(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        uint64_t round_trip_us;
    } cases[] = {
        {"us-east-1", "us-west-2", 73000},
        {"us-east-1", "us-east-2", 11000},
        {"eu-west-1", "ap-southeast-2", 254000},
        {"us-east-1", "us-east-1", 200},
        {"ap-northeast-3", "ap-northeast-1", 9000},
        {"ap-northeast-3", "us-east-1", 161000}, /* by its neighbour */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (topo_round_trip_us(cases[i].from, cases[i].to) != cases[i].round_trip_us)
            fail_msg("%s to %s: %llu us", cases[i].from, cases[i].to,
                     (unsigned long long)topo_round_trip_us(cases[i].from, cases[i].to));
}

static int by_value(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void test_replication_is_typically_600_to_1200_ms(void **state)
{
    (void)state;
    static const char *const regions[] = {"us-east-1", "us-east-2", "us-west-1", "us-west-2"};
    enum { DRAWS = 10000 };
    uint64_t *draws = sim_alloc_array(DRAWS, sizeof *draws);
    for (size_t a = 0; a < ARRAY_LEN(regions); a++)
        for (size_t b = 0; b < ARRAY_LEN(regions); b++) {
            if (a == b)
                continue;
            struct sim_lag lag;
            struct sim_random random;
            topo_replication_default(regions[a], regions[b], &lag);
            sim_random_init(&random, 1, "test");
            for (size_t i = 0; i < DRAWS; i++)
                draws[i] = sim_lag_sample_us(&lag, &random);
            qsort(draws, DRAWS, sizeof *draws, by_value);
            uint64_t low = draws[DRAWS / 100], median = draws[DRAWS / 2],
                     high = draws[DRAWS / 100 * 99];
            if (low < 600000 || median < 700000 || median > 900000 || high > 1200000)
                fail_msg("%s to %s: p1 %llu p50 %llu p99 %llu us", regions[a], regions[b],
                         (unsigned long long)low, (unsigned long long)median,
                         (unsigned long long)high);
            sim_lag_fini(&lag);
        }
    free(draws);
}

static void test_latency_is_half_the_round_trip(void **state)
{
    (void)state;
    struct sim_lag lag;
    topo_latency_default("us-east-1", "us-west-2", &lag);
    assert_int_equal(lag.low_us, 36500);
    assert_int_equal(lag.high_us, 40350);
    topo_latency_default("us-east-1", "us-east-1", &lag);
    assert_int_equal(lag.low_us, 100);
}

static void test_what_is_no_region_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *message;
    } cases[] = {
        {"us-east1", "'us-east1' is no AWS Region; did you mean 'us-east-1'?"},
        {"US-WEST-2", "'US-WEST-2' is no AWS Region; did you mean 'us-west-2'?"},
        {"", "'' is no AWS Region; a Region is called, for example, 'us-east-1'"},
        {"atlantis", "'atlantis' is no AWS Region; a Region is called, for example, 'us-east-1'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_error error = {0};
        assert_int_equal(topo_region_name_check(cases[i].name, &error), RESULT_INVALID);
        assert_string_equal(error.message, cases[i].message);
    }
    assert_true(topo_region_name_exists("sa-east-1"));
    for (size_t i = 1; i < topo_region_name_count(); i++)
        assert_true(strcmp(topo_region_name_at(i - 1), topo_region_name_at(i)) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips_are_symmetric_and_positive),
        cmocka_unit_test(test_round_trips_are_the_published_ones),
        cmocka_unit_test(test_replication_is_typically_600_to_1200_ms),
        cmocka_unit_test(test_latency_is_half_the_round_trip),
        cmocka_unit_test(test_what_is_no_region_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
