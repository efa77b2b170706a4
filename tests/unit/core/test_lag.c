#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/core/duration.h"
#include "sim/core/lag.h"
#include "sim/core/lag_internal.h"

static void test_lags_are_read_and_written_back(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct sim_lag lag;
        const char *written;
    } cases[] = {
        {"800ms", {.kind = SIM_LAG_CONSTANT, .low_us = 800000}, "800ms"},
        {"0", {.kind = SIM_LAG_CONSTANT}, "0s"},
        {" 800ms ", {.kind = SIM_LAG_CONSTANT, .low_us = 800000}, "800ms"},
        {"800ms+1s", {.kind = SIM_LAG_CONSTANT, .low_us = 800000, .base_us = 1000000}, "800ms+1s"},
        {"600ms..1200ms",
         {.kind = SIM_LAG_UNIFORM, .low_us = 600000, .high_us = 1200000},
         "600ms..1.2s"},
        {"1.5s .. 1.5s + 1m",
         {.kind = SIM_LAG_UNIFORM, .low_us = 1500000, .high_us = 1500000, .base_us = 60000000},
         "1.5s..1.5s+1m"},
        {"lognormal(800ms,1.5s)",
         {.kind = SIM_LAG_LOGNORMAL, .low_us = 800000, .high_us = 1500000},
         "lognormal(800ms,1.5s)"},
        {"lognormal( 1us , 1us )+5ms",
         {.kind = SIM_LAG_LOGNORMAL, .low_us = 1, .high_us = 1, .base_us = 5000},
         "lognormal(1us,1us)+5ms"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_lag lag;
        struct sim_error error;
        if (sim_lag_parse(cases[i].text, &lag, &error) != RESULT_OK)
            fail_msg("%s: %s", cases[i].text, error.message);
        if (lag.kind != cases[i].lag.kind || lag.low_us != cases[i].lag.low_us ||
            lag.high_us != cases[i].lag.high_us || lag.base_us != cases[i].lag.base_us)
            fail_msg("%s was read wrongly", cases[i].text);
        char text[SIM_LAG_TEXT_BYTES];
        sim_lag_format(&lag, text);
        assert_string_equal(text, cases[i].written);
        sim_lag_fini(&lag);
    }
}

static void test_other_texts_are_refused_and_say_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"", "is not a lag: write \"800ms\""},
        {"fast", "\"fast\" is not a lag"},
        {"normal(1s,2s)", "is not a lag"},
        {"800", "is not a lag"},
        {"-1s", "is not a lag"},
        {"800ms+", "\"\" is not a duration"},
        {"800ms+fast", "\"fast\" is not a duration"},
        {"+5ms", "is not a lag"},
        {"1s..", "is not a duration"},
        {"..1s", "is not a duration"},
        {"2s..1s", "\"2s..1s\" ends before it begins"},
        {"lognormal", "is not a lag"},
        {"lognormal()", "needs a median and a 99th percentile"},
        {"lognormal(800ms)", "needs a median and a 99th percentile"},
        {"lognormal(800ms,1s", "is not a lag"},
        {"lognormal(1s,800ms)", "not below it"},
        {"lognormal(0s,1s)", "a median above 0"},
        {"lognormal(1s,2s,3s)", "\"2s,3s\" is not a duration"},
        {"trace()", "cannot open the lag trace"},
        {"trace(/nonexistent/file)", "cannot open the lag trace /nonexistent/file: No such file"},
        {"trace(/dev/zero)", "is not a regular file"},
        {"trace(/)", "is not a regular file"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_lag lag = {.low_us = 42};
        struct sim_error error = {0};
        if (sim_lag_parse(cases[i].text, &lag, &error) == RESULT_OK)
            fail_msg("\"%s\" was taken", cases[i].text);
        if (strstr(error.message, cases[i].says) == NULL)
            fail_msg("\"%s\": %s", cases[i].text, error.message);
        assert_int_equal(lag.low_us, 42);
    }
    char *long_text = malloc(5001);
    memset(long_text, '1', 5000);
    long_text[5000] = '\0';
    struct sim_lag lag;
    assert_int_equal(sim_lag_parse(long_text, &lag, NULL), RESULT_LIMIT);
    free(long_text);
}

/* A trace file with these contents; text is then the lag that names it. */
static void write_trace(const char *contents, char path[64], char text[128])
{
    snprintf(path, 64, "/tmp/regionlab-lag+XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    size_t bytes = strlen(contents);
    assert_int_equal(write(fd, contents, bytes), bytes);
    close(fd);
    snprintf(text, 128, "trace(%s)+1ms", path);
}

static void test_a_trace_is_drawn_in_order_and_begins_again(void **state)
{
    (void)state;
    char path[64], text[128], written[SIM_LAG_TEXT_BYTES];
    write_trace("# measured\n800ms\n\n  1.2s  # slow\r\n0", path, text);
    struct sim_lag lag, copy;
    struct sim_error error;
    if (sim_lag_parse(text, &lag, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    unlink(path);
    assert_int_equal(lag.trace_count, 3);
    static const uint64_t expected_us[] = {801000, 1201000, 1000, 801000, 1201000};
    for (size_t i = 0; i < ARRAY_LEN(expected_us); i++)
        assert_int_equal(sim_lag_sample_us(&lag, NULL), expected_us[i]);
    sim_lag_format(&lag, written);
    assert_string_equal(written, text);
    sim_lag_copy(&copy, &lag);
    sim_lag_fini(&lag);
    assert_int_equal(sim_lag_sample_us(&copy, NULL), 1000); /* where the original stood */
    sim_lag_fini(&copy);
}

static void test_bad_traces_are_refused_by_line(void **state)
{
    (void)state;
    static const struct {
        const char *contents;
        const char *says;
    } cases[] = {
        {"", "needs at least one duration"},
        {"# nothing\n\n", "needs at least one duration"},
        {"800ms\nsoon\n", ":2: not a line of a lag trace"},
        {"800ms,900ms\n", ":1: not a line of a lag trace"},
        {"-1s\n", ":1: not a line of a lag trace"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char path[64], text[128];
        write_trace(cases[i].contents, path, text);
        struct sim_lag lag;
        struct sim_error error;
        enum sim_result result = sim_lag_parse(text, &lag, &error);
        unlink(path);
        assert_int_equal(result, RESULT_INVALID);
        if (strstr(error.message, cases[i].says) == NULL)
            fail_msg("%zu: %s", i, error.message);
    }
}

static void test_traces_are_bounded(void **state)
{
    (void)state;
    char path[64], text[128];
    write_trace("1s\n", path, text);
    assert_int_equal(truncate(path, SIM_LAG_TRACE_MAX_BYTES + 1), 0);
    struct sim_lag lag;
    struct sim_error error;
    assert_int_equal(sim_lag_parse(text, &lag, &error), RESULT_LIMIT);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i <= SIM_LAG_TRACE_MAX_SAMPLES; i++)
        fputs("1s\n", file);
    fclose(file);
    assert_int_equal(sim_lag_parse(text, &lag, &error), RESULT_LIMIT);
    assert_non_null(strstr(error.message, ":1000001: more than 1000000 samples"));
    unlink(path);
}

/* --- the arithmetic, against the C library's
 * ------------------------------------------------------- */

static void test_the_quantile_table_is_the_normal_distribution(void **state)
{
    (void)state;
    const double z99 = 2.3263478740408408;
    for (int i = 0; i < SIM_LAG_QUANTILE_STEPS; i++) {
        double z = sim_lag_quantiles[i] / 65536.0 * z99;
        double p = 0.5 * erfc(-z / sqrt(2));
        if (fabs(p - (0.5 + i / 1024.0)) > 1e-5)
            fail_msg("row %d: %f", i, p);
    }
    assert_true(sim_lag_quantiles[SIM_LAG_QUANTILE_STEPS] >
                sim_lag_quantiles[SIM_LAG_QUANTILE_STEPS - 1]);
}

static void test_integer_logarithms_are_those_of_libm(void **state)
{
    (void)state;
    static const uint64_t values[] = {
        1, 2, 3, 10, 800000, 1200000, 999999, UINT64_C(1) << 40, SIM_DURATION_MAX_US, 1234567};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        double got = (double)sim_lag_log2(values[i]) / (1 << 24);
        if (fabs(got - log2((double)values[i])) > 1e-6)
            fail_msg("log2(%" PRIu64 "): %f", values[i], got);
    }
}

static void test_integer_powers_are_those_of_libm(void **state)
{
    (void)state;
    static const double exponents[] = {0, 1, -1, 0.5, -0.5, 0.001, -0.001, 7.25, -7.25, 3.999};
    const uint64_t value = UINT64_C(1000000000);
    for (size_t i = 0; i < ARRAY_LEN(exponents); i++) {
        uint64_t got = sim_lag_scale(value, llround(exponents[i] * (1 << 24)));
        double expected = (double)value * exp2(exponents[i]);
        if (fabs((double)got - expected) > expected * 1e-6 + 1)
            fail_msg("2^%f: %" PRIu64, exponents[i], got);
    }
    assert_int_equal(sim_lag_scale(1000, -64 * (INT64_C(1) << 24)), 0);
    assert_int_equal(sim_lag_scale(1000, -1000 * (INT64_C(1) << 24)), 0);
    assert_int_equal(sim_lag_scale(0, INT64_C(1000) << 24), 0);
    assert_int_equal(sim_lag_scale(1000, INT64_C(1000) << 24), SIM_DURATION_MAX_US);
    assert_int_equal(sim_lag_scale(1, INT64_C(63) << 24), SIM_DURATION_MAX_US);
}

/* --- what is drawn
 * --------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void assert_near(const char *what, uint64_t got, uint64_t wanted)
{
    uint64_t slack = wanted / 50 + 1; /* 2 % */
    if (got + slack < wanted || got > wanted + slack)
        fail_msg("%s is %" PRIu64 ", not %" PRIu64, what, got, wanted);
}

static void test_a_lognormal_has_its_median_and_p99(void **state)
{
    (void)state;
    static const struct {
        uint64_t median_us, p99_us;
    } cases[] = {{800000, 1200000}, {800000, 1500000}, {200, 200}, {1000, 1000000}, {7000, 20000}};
    enum { COUNT = 100000 };
    uint64_t *drawn = calloc(COUNT, sizeof *drawn);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_lag lag;
        struct sim_random random;
        sim_lag_init_lognormal(&lag, cases[i].median_us, cases[i].p99_us);
        sim_random_init(&random, 1, "lag/test");
        for (size_t n = 0; n < COUNT; n++)
            drawn[n] = sim_lag_sample_us(&lag, &random);
        qsort(drawn, COUNT, sizeof *drawn, compare);
        assert_near("the median", drawn[COUNT / 2], cases[i].median_us);
        if (cases[i].p99_us < 10 * cases[i].median_us)
            assert_near("the 99th percentile", drawn[COUNT / 100 * 99], cases[i].p99_us);
        /* Symmetric in the logarithm: median^2 / p99 is the first percentile. */
        assert_near("the 1st percentile", drawn[COUNT / 100],
                    cases[i].median_us * cases[i].median_us / cases[i].p99_us);
    }
    free(drawn);
}

static void test_a_uniform_lag_stays_within_its_ends(void **state)
{
    (void)state;
    struct sim_lag lag;
    struct sim_random random;
    sim_random_init(&random, 1, "lag/test");
    sim_lag_init_uniform(&lag, 10, 12);
    lag.base_us = 100;
    unsigned seen = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t us = sim_lag_sample_us(&lag, &random);
        assert_in_range(us, 110, 112);
        seen |= BIT(us - 110);
    }
    assert_int_equal(seen, 7);
}

/* The same on every machine, for ever. */
static void test_the_draws_are_golden(void **state)
{
    (void)state;
    static const uint64_t expected_us[] = {759561, 1078121, 749793, 671941,
                                           716611, 667648,  801451, 961278};
    struct sim_lag lag;
    struct sim_random random;
    sim_lag_init_lognormal(&lag, 800000, 1200000);
    sim_random_init(&random, 1, "lag/us-east-1/us-west-2");
    for (size_t i = 0; i < ARRAY_LEN(expected_us); i++)
        if (sim_lag_sample_us(&lag, &random) != expected_us[i])
            fail_msg("draw %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lags_are_read_and_written_back),
        cmocka_unit_test(test_other_texts_are_refused_and_say_what_is_allowed),
        cmocka_unit_test(test_a_trace_is_drawn_in_order_and_begins_again),
        cmocka_unit_test(test_bad_traces_are_refused_by_line),
        cmocka_unit_test(test_traces_are_bounded),
        cmocka_unit_test(test_the_quantile_table_is_the_normal_distribution),
        cmocka_unit_test(test_integer_logarithms_are_those_of_libm),
        cmocka_unit_test(test_integer_powers_are_those_of_libm),
        cmocka_unit_test(test_a_lognormal_has_its_median_and_p99),
        cmocka_unit_test(test_a_uniform_lag_stays_within_its_ends),
        cmocka_unit_test(test_the_draws_are_golden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
