/* at, rate and cron expressions, and when they come next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/autoscaling/schedule.h"
#include "sim/core/clock.h"

#define BEGIN_US (UINT64_C(1767225600) * SIM_US_PER_S) /* 2026-01-01T00:00:00Z, a Thursday */

static void test_the_next_time_is_the_expressions(void **state)
{
    static const struct {
        const char *name, *expression, *first, *second;
    } cases[] = {
        {"at: once", "at(2026-03-01T10:30:15)", "2026-03-01T10:30:15.000Z", ""},
        {"at: the past is over", "at(2025-12-31T23:59:59)", "", ""},
        {"rate: one minute", "rate(1 minute)", "2026-01-01T00:01:00.000Z",
         "2026-01-01T00:02:00.000Z"},
        {"rate: six hours", "rate(6 hours)", "2026-01-01T06:00:00.000Z",
         "2026-01-01T12:00:00.000Z"},
        {"rate: two days", "rate(2 days)", "2026-01-03T00:00:00.000Z", "2026-01-05T00:00:00.000Z"},
        {"cron: every five minutes", "cron(0/5 * * * ? *)", "2026-01-01T00:05:00.000Z",
         "2026-01-01T00:10:00.000Z"},
        {"cron: the same minute does not come again", "cron(0 0 * * ? *)",
         "2026-01-02T00:00:00.000Z", "2026-01-03T00:00:00.000Z"},
        {"cron: weekdays", "cron(0 18 ? * MON-FRI *)", "2026-01-01T18:00:00.000Z",
         "2026-01-02T18:00:00.000Z"},
        {"cron: over a weekend", "cron(15 9 ? * 2,6 *)", "2026-01-02T09:15:00.000Z",
         "2026-01-05T09:15:00.000Z"},
        {"cron: the first of a month", "cron(0 8 1 * ? *)", "2026-01-01T08:00:00.000Z",
         "2026-02-01T08:00:00.000Z"},
        {"cron: the last of a month", "cron(0 8 L * ? *)", "2026-01-31T08:00:00.000Z",
         "2026-02-28T08:00:00.000Z"},
        {"cron: two before the last", "cron(0 8 L-2 * ? *)", "2026-01-29T08:00:00.000Z",
         "2026-02-26T08:00:00.000Z"},
        {"cron: a leap day", "cron(0 0 29 2 ? *)", "2028-02-29T00:00:00.000Z",
         "2032-02-29T00:00:00.000Z"},
        {"cron: the weekday nearest to the first", "cron(0 0 1W FEB-MAR ? *)",
         "2026-02-02T00:00:00.000Z", "2026-03-02T00:00:00.000Z"},
        {"cron: the last weekday", "cron(0 0 LW 1,5 ? *)", "2026-01-30T00:00:00.000Z",
         "2026-05-29T00:00:00.000Z"},
        {"cron: the third Friday", "cron(0 12 ? * 6#3 *)", "2026-01-16T12:00:00.000Z",
         "2026-02-20T12:00:00.000Z"},
        {"cron: the last Monday", "cron(0 12 ? * 2L *)", "2026-01-26T12:00:00.000Z",
         "2026-02-23T12:00:00.000Z"},
        {"cron: a year", "cron(0 0 1 1 ? 2030)", "2030-01-01T00:00:00.000Z", ""},
        {"cron: years with a step", "cron(0 0 1 1 ? 2027/2)", "2027-01-01T00:00:00.000Z",
         "2029-01-01T00:00:00.000Z"},
        {"cron: a year that is over", "cron(0 0 1 1 ? 2020)", "", ""},
        {"cron: a day that no month has", "cron(0 0 31 2 ? *)", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct aas_schedule schedule;
        const char *wanted[] = {cases[i].first, cases[i].second};
        uint64_t at_us = BEGIN_US;
        if (!aas_schedule_parse(cases[i].expression, &schedule))
            fail_msg("%s: %s was refused", cases[i].name, cases[i].expression);
        for (size_t k = 0; k < ARRAY_LEN(wanted); k++) {
            char text[SIM_CLOCK_TEXT_BYTES] = "";
            if (aas_schedule_next(&schedule, BEGIN_US, at_us, &at_us))
                sim_clock_format(at_us, text);
            if (strcmp(text, wanted[k]) != 0)
                fail_msg("%s: time %zu of %s is \"%s\", wanted \"%s\"", cases[i].name, k,
                         cases[i].expression, text, wanted[k]);
        }
    }
}

static void test_what_is_no_expression_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "at()",
        "at(2026-02-30T00:00:00)",
        "at(2026-01-01T24:00:00)",
        "at(2026-01-01 00:00:00)",
        "at(2026-01-01T00:00:00",
        "rate(0 minutes)",
        "rate(1 minutes)",
        "rate(2 minute)",
        "rate(5 weeks)",
        "rate(99999999 days)",
        "rate(-1 days)",
        "every(5 minutes)",
        "cron(* * * * * *)",
        "cron(0 0 ? * ? *)",
        "cron(0 0 * * ?)",
        "cron(0 0 * * ? * *)",
        "cron(60 0 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 0 0 * ? *)",
        "cron(0 0 32 * ? *)",
        "cron(0 0 1 13 ? *)",
        "cron(0 0 1 JANUARY ? *)",
        "cron(0 0 ? * 8 *)",
        "cron(0 0 ? * 6#6 *)",
        "cron(0 0 ? * 6#0 *)",
        "cron(0 0 L-31 * ? *)",
        "cron(0 0 1 1 ? 1969)",
        "cron(0 0 1 1 ? 2200)",
        "cron(5-1 0 1 1 ? *)",
        "cron(0/0 0 1 1 ? *)",
        "cron(1, 0 1 1 ? *)",
        "cron(,1 0 1 1 ? *)",
        "cron",
        "(",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct aas_schedule schedule;
        if (aas_schedule_parse(texts[i], &schedule))
            fail_msg("\"%s\" was taken", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_next_time_is_the_expressions),
        cmocka_unit_test(test_what_is_no_expression_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
