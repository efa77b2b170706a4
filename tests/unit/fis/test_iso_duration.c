/* ISO 8601 durations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "emulators/fis/iso_duration.h"

#define WRONG UINT64_MAX

static void test_durations_are_days_hours_minutes_and_seconds_in_order(void **state UNUSED)
{
    static const struct {
        const char *text;
        uint64_t seconds;
    } cases[] = {
        {"PT1M", 60},
        {"PT5M", 300},
        {"PT12H", 43200},
        {"PT1H30M", 5400},
        {"PT1H0M1S", 3601},
        {"P1D", 86400},
        {"P1DT1S", 86401},
        {"PT0S", 0},
        {"P100D", 8640000},
        {"P101D", WRONG},
        {"PT99999999999999999999S", WRONG},
        {"", WRONG},
        {"P", WRONG},
        {"PT", WRONG},
        {"P1DT", WRONG},
        {"PT5", WRONG},
        {"PTM", WRONG},
        {"PT5M5M", WRONG},
        {"PT5M1H", WRONG},
        {"P5M", WRONG},
        {"PT1D", WRONG},
        {"P1W", WRONG},
        {"P1Y", WRONG},
        {"PT1.5M", WRONG},
        {"PT-1M", WRONG},
        {"pt5m", WRONG},
        {"5m", WRONG},
        {"PT5M ", WRONG},
        {"PTT5M", WRONG},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t duration_us = 0;
        bool is_valid = fis_duration_parse(cases[i].text, &duration_us);
        if (is_valid != (cases[i].seconds != WRONG) ||
            (is_valid && duration_us != cases[i].seconds * SIM_US_PER_S))
            fail_msg("\"%s\": %d, %llu us", cases[i].text, is_valid,
                     (unsigned long long)duration_us);
    }
    assert_false(fis_duration_parse(NULL, &(uint64_t){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations_are_days_hours_minutes_and_seconds_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
