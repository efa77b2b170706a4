/* schedule.h -- at, rate and cron expressions of scheduled actions, in UTC.
 *
 * Source   Application Auto Scaling user guide, "Schedule recurring scaling actions using cron
 *          expressions"; EventBridge Scheduler's page on cron fields, which have the same form:
 * minutes, hours, day of month, month, day of week, year; , - * / ? L W #. Units    µs since the
 * epoch. */
#ifndef EMULATORS_AUTOSCALING_SCHEDULE_H
#define EMULATORS_AUTOSCALING_SCHEDULE_H

#include "sim/core/base.h"

#define AAS_YEAR_MIN 1970
#define AAS_YEAR_MAX 2199

enum aas_schedule_kind { AAS_SCHEDULE_AT, AAS_SCHEDULE_RATE, AAS_SCHEDULE_CRON };

struct aas_days {            /* of the month, or of the week */
    uint32_t set;            /* bit n: day n (1..31, or 1..7 from Sunday) */
    bool is_any;             /* "?" */
    bool is_last;            /* "L": of the month */
    uint8_t before_last;     /* "L-3" */
    uint8_t nearest_weekday; /* "15W"; 32 for "LW" */
    uint8_t weekday;         /* "6L" and "6#3" */
    uint8_t weekday_number;  /* 1..5, or 6 for the last one; 0: none */
};

struct aas_schedule {
    enum aas_schedule_kind kind;
    uint64_t at_us;
    uint64_t every_us;
    uint64_t minutes; /* bit n */
    uint32_t hours;
    struct aas_days month_days;
    uint16_t months; /* bit 1..12 */
    struct aas_days week_days;
    uint64_t years[4]; /* bit n: AAS_YEAR_MIN + n */
};

/* False: not an expression. */
MUST_USE bool aas_schedule_parse(const char *text, struct aas_schedule *schedule);
/* The first time after after_us, counted (RATE) from from_us; false: there is none. */
MUST_USE bool aas_schedule_next(const struct aas_schedule *schedule, uint64_t from_us,
                                uint64_t after_us, uint64_t *at_us);

#endif
