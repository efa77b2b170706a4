#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <string.h>

#include "sim/core/duration.h"

static const struct {
    const char *text;
    uint64_t duration_us;
    const char *shortest; /* how it is written back */
} durations[] = {
    {"0", 0, "0s"},
    {"0s", 0, "0s"},
    {"250us", 250, "250us"},
    {"800ms", 800000, "800ms"},
    {"0.8s", 800000, "800ms"},
    {"1.2s", 1200000, "1.2s"},
    {"1200ms", 1200000, "1.2s"},
    {"1.5ms", 1500, "1.5ms"},
    {"1.000001s", 1000001, "1.000001s"},
    {"1.2000000000s", 1200000, "1.2s"},
    {"5m", UINT64_C(300) * 1000000, "5m"},
    {"60s", UINT64_C(60) * 1000000, "1m"},
    {"90s", UINT64_C(90) * 1000000, "90s"},
    {"0.5h", UINT64_C(1800) * 1000000, "30m"},
    {"2h", UINT64_C(7200) * 1000000, "2h"},
    {"1h30m", UINT64_C(5400) * 1000000, "90m"},
    {"1h1m1s1ms1us", UINT64_C(3661001001), "3661.001001s"},
    {"876000h", SIM_DURATION_MAX_US, "876000h"},
};

static void test_durations_are_read_and_written_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(durations); i++) {
        uint64_t duration_us = 1;
        struct sim_error error;
        if (sim_duration_parse(durations[i].text, &duration_us, &error) != RESULT_OK)
            fail_msg("%s: %s", durations[i].text, error.message);
        if (duration_us != durations[i].duration_us)
            fail_msg("%s: %" PRIu64, durations[i].text, duration_us);
        char text[SIM_DURATION_TEXT_BYTES];
        sim_duration_format(duration_us, text);
        if (strcmp(text, durations[i].shortest) != 0)
            fail_msg("%s is written %s", durations[i].text, text);
    }
}

static void test_any_number_can_be_written(void **state)
{
    (void)state;
    char text[SIM_DURATION_TEXT_BYTES];
    sim_duration_format(UINT64_MAX, text);
    assert_string_equal(text, "18446744073709.551615s");
}

static void test_other_texts_are_no_durations(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "5",
        "s",
        "-5s",
        "+5s",
        "5 s",
        "5x",
        "5S",
        "1.s",
        ".5s",
        "1..2s",
        "1.5us",
        "0.0001ms",
        "1m1h",
        "1s1s",
        "1h30",
        "5m ",
        " 5m",
        "1e3s",
        "0x5s",
        "876001h",
        "5m,",
        "1.2.3s",
        "nan",
        "∞",
        "99999999999999999999s",
        "18446744073709551616us",
        "1.00000000000000000001s",
        "10h 5m",
        "ms",
        "1d",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        uint64_t duration_us = 42;
        struct sim_error error;
        if (sim_duration_parse(texts[i], &duration_us, &error) != RESULT_INVALID)
            fail_msg("\"%s\" was taken", texts[i]);
        if (duration_us != 42)
            fail_msg("\"%s\" was refused, but changed the output", texts[i]);
        if (strstr(error.message, texts[i]) == NULL || strstr(error.message, "1h30m") == NULL)
            fail_msg("\"%s\": %s", texts[i], error.message);
    }
}

static void test_rates_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t rate_ppm;
    } rates[] = {
        {"0", 0},        {"1", 1000000},  {"1.0", 1000000},  {"0.5", 500000},
        {"0.000001", 1}, {"20%", 200000}, {"0.2%", 2000},    {"100%", 1000000},
        {"0%", 0},       {"0.0001%", 1},  {"12.5%", 125000}, {"100.0000%", 1000000},
    };
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        uint64_t rate_ppm = 42;
        if (sim_rate_parse(rates[i].text, &rate_ppm, NULL) != RESULT_OK ||
            rate_ppm != rates[i].rate_ppm)
            fail_msg("%s: %" PRIu64, rates[i].text, rate_ppm);
    }
}

static void test_other_texts_are_no_rates(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "%",
        "-1",
        "1.1",
        "2",
        "101%",
        "100.1%",
        "20 %",
        "20%%",
        "0.0000001",
        "0.00001%",
        "half",
        ".5",
        "5.",
        "1e-3",
        "99999999999999999999",
        "99999999999999999999%",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        uint64_t rate_ppm = 42;
        struct sim_error error;
        if (sim_rate_parse(texts[i], &rate_ppm, &error) != RESULT_INVALID)
            fail_msg("\"%s\" was taken", texts[i]);
        assert_int_equal(rate_ppm, 42);
        if (strstr(error.message, "20%") == NULL)
            fail_msg("\"%s\": %s", texts[i], error.message);
    }
}

static void test_ranges_are_read(void **state)
{
    static const struct {
        const char *text;
        bool is_good;
        uint64_t least_us, most_us;
    } cases[] = {
        {"10m..30m", true, UINT64_C(600) * 1000000, UINT64_C(1800) * 1000000},
        {"5s", true, 5000000, 5000000},
        {"0..0", true, 0, 0},
        {"30m..10m", false, 0, 0},
        {"..10m", false, 0, 0},
        {"10m..", false, 0, 0},
        {"1s..2s..3s", false, 0, 0},
        {"", false, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t least_us = 0;
        uint64_t most_us = 0;
        struct sim_error error;
        bool is_good =
            sim_duration_range_parse(cases[i].text, &least_us, &most_us, &error) == RESULT_OK;
        assert_int_equal(is_good, cases[i].is_good);
        if (is_good) {
            assert_int_equal(least_us, cases[i].least_us);
            assert_int_equal(most_us, cases[i].most_us);
        }
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations_are_read_and_written_back),
        cmocka_unit_test(test_any_number_can_be_written),
        cmocka_unit_test(test_other_texts_are_no_durations),
        cmocka_unit_test(test_ranges_are_read),
        cmocka_unit_test(test_rates_are_read),
        cmocka_unit_test(test_other_texts_are_no_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
