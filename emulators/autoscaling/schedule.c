#include "emulators/autoscaling/schedule.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MINUTE_US    (UINT64_C(60) * SIM_US_PER_S)
#define DAY_S        INT64_C(86400)
#define FIELD_MAX    256
#define LAST_WEEKDAY 32 /* "LW" */
#define LAST_OF_KIND 6  /* "6L" */

/* --- the calendar --------------------------------------------------------------------------------
 */

/* Days since the epoch, of the proleptic Gregorian calendar. */
static int64_t days_of_date(int64_t year, int64_t month, int64_t day)
{
    int64_t shifted = month <= 2 ? year - 1 : year;
    int64_t era = shifted / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static int64_t month_length(int64_t year, int64_t month)
{
    return month == 12 ? 31 : days_of_date(year, month + 1, 1) - days_of_date(year, month, 1);
}

/* 1 for Sunday to 7. */
static int64_t weekday_of(int64_t days)
{
    return (days + 4) % 7 + 1;
}

/* --- reading -------------------------------------------------------------------------------------
 */

struct range {
    unsigned low, high;
    const char *const *names; /* of low, low + 1 ...; NULL: none */
};

static const char *const month_names[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                          "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
static const char *const weekday_names[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

static bool read_digits(const char **text, unsigned *value)
{
    size_t length = strspn(*text, "0123456789");
    if (length == 0 || length > 5)
        return false;
    *value = (unsigned)strtoul(*text, NULL, 10);
    *text += length;
    return true;
}

static bool read_value(const struct range *range, const char **text, unsigned *value)
{
    for (unsigned i = 0; range->names != NULL && i <= range->high - range->low; i++) {
        if (strncasecmp(*text, range->names[i], 3) != 0)
            continue;
        *text += 3;
        *value = range->low + i;
        return true;
    }
    return read_digits(text, value) && *value >= range->low && *value <= range->high;
}

typedef void set_bit(void *set, unsigned value);

/* One of a list's parts: *, 5, 1-5, and any of them with /3. */
static bool read_part(const struct range *range, const char *text, set_bit *set, void *bits)
{
    unsigned low = range->low;
    unsigned high = range->high;
    unsigned step = 1;
    bool is_single = false;
    if (*text == '*') {
        text++;
    } else {
        if (!read_value(range, &text, &low))
            return false;
        high = low;
        is_single = true;
        if (*text == '-') {
            text++;
            is_single = false;
            if (!read_value(range, &text, &high) || high < low)
                return false;
        }
    }
    if (*text == '/') {
        text++;
        if (!read_digits(&text, &step) || step == 0)
            return false;
        if (is_single)
            high = range->high;
    }
    if (*text != '\0')
        return false;
    for (unsigned value = low; value <= high; value += step)
        set(bits, value);
    return true;
}

static bool read_list(const struct range *range, const char *field, set_bit *set, void *bits)
{
    char part[FIELD_MAX];
    while (true) {
        size_t length = strcspn(field, ",");
        if (length == 0 || length >= sizeof part)
            return false;
        memcpy(part, field, length);
        part[length] = '\0';
        if (!read_part(range, part, set, bits))
            return false;
        if (field[length] == '\0')
            return true;
        field += length + 1;
    }
}

static void set_64(void *set, unsigned value)
{
    *(uint64_t *)set |= UINT64_C(1) << value;
}

static void set_32(void *set, unsigned value)
{
    *(uint32_t *)set |= UINT32_C(1) << value;
}

static void set_16(void *set, unsigned value)
{
    *(uint16_t *)set = (uint16_t)(*(uint16_t *)set | (1U << value));
}

static void set_year(void *set, unsigned value)
{
    unsigned bit = value - AAS_YEAR_MIN;
    ((uint64_t *)set)[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static bool read_month_days(const char *field, struct aas_days *days)
{
    static const struct range range = {1, 31, NULL};
    unsigned value = 0;
    const char *rest = field;
    if (strcmp(field, "?") == 0)
        return days->is_any = true;
    if (strcmp(field, "LW") == 0) {
        days->nearest_weekday = LAST_WEEKDAY;
        return true;
    }
    if (field[0] == 'L') {
        days->is_last = true;
        rest++;
        if (*rest == '\0')
            return true;
        if (*rest++ != '-' || !read_digits(&rest, &value) || value > 30 || *rest != '\0')
            return false;
        days->before_last = (uint8_t)value;
        return true;
    }
    if (read_value(&range, &rest, &value) && strcmp(rest, "W") == 0) {
        days->nearest_weekday = (uint8_t)value;
        return true;
    }
    return read_list(&range, field, set_32, &days->set);
}

static bool read_week_days(const char *field, struct aas_days *days)
{
    static const struct range range = {1, 7, weekday_names};
    unsigned value = 0;
    unsigned number = 0;
    const char *rest = field;
    if (strcmp(field, "?") == 0)
        return days->is_any = true;
    if (strcmp(field, "L") == 0) /* Saturday */
        return read_list(&range, "7", set_32, &days->set);
    if (read_value(&range, &rest, &value)) {
        days->weekday = (uint8_t)value;
        if (strcmp(rest, "L") == 0) {
            days->weekday_number = LAST_OF_KIND;
            return true;
        }
        if (*rest == '#') {
            rest++;
            days->weekday_number = 1;
            if (!read_digits(&rest, &number) || number < 1 || number > 5 || *rest != '\0')
                return false;
            days->weekday_number = (uint8_t)number;
            return true;
        }
    }
    return read_list(&range, field, set_32, &days->set);
}

static bool read_cron(char *text, struct aas_schedule *schedule)
{
    static const struct range minutes = {0, 59, NULL};
    static const struct range hours = {0, 23, NULL};
    static const struct range months = {1, 12, month_names};
    static const struct range years = {AAS_YEAR_MIN, AAS_YEAR_MAX, NULL};
    char *fields[6] = {0};
    size_t count = 0;
    char *rest = NULL;
    for (char *field = strtok_r(text, " ", &rest); field != NULL;
         field = strtok_r(NULL, " ", &rest)) {
        if (count == ARRAY_LEN(fields))
            return false;
        fields[count++] = field;
    }
    schedule->kind = AAS_SCHEDULE_CRON;
    return count == ARRAY_LEN(fields) &&
           read_list(&minutes, fields[0], set_64, &schedule->minutes) &&
           read_list(&hours, fields[1], set_32, &schedule->hours) &&
           read_month_days(fields[2], &schedule->month_days) &&
           read_list(&months, fields[3], set_16, &schedule->months) &&
           read_week_days(fields[4], &schedule->week_days) &&
           (schedule->month_days.is_any != schedule->week_days.is_any) &&
           read_list(&years, fields[5], set_year, schedule->years);
}

/* "2026-01-01T10:00:00", seconds and all. */
static bool read_at(const char *text, struct aas_schedule *schedule)
{
    static const char form[] = "0000-00-00T00:00:00";
    if (strlen(text) != sizeof form - 1)
        return false;
    for (size_t i = 0; i < sizeof form - 1; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == '0' ? !is_digit : text[i] != form[i])
            return false;
    }
    int64_t year = strtol(text, NULL, 10);
    int64_t month = strtol(text + 5, NULL, 10);
    int64_t day = strtol(text + 8, NULL, 10);
    int64_t hour = strtol(text + 11, NULL, 10);
    int64_t minute = strtol(text + 14, NULL, 10);
    int64_t second = strtol(text + 17, NULL, 10);
    if (year < AAS_YEAR_MIN || year > AAS_YEAR_MAX || month < 1 || month > 12 || day < 1 ||
        day > month_length(year, month) || hour > 23 || minute > 59 || second > 59)
        return false;
    schedule->kind = AAS_SCHEDULE_AT;
    schedule->at_us =
        (uint64_t)(days_of_date(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second) *
        SIM_US_PER_S;
    return true;
}

static bool read_rate(const char *text, struct aas_schedule *schedule)
{
    static const struct {
        const char *one;
        const char *many;
        uint64_t us;
    } units[] = {
        {"minute", "minutes", MINUTE_US},
        {"hour", "hours", 60 * MINUTE_US},
        {"day", "days", 1440 * MINUTE_US},
    };
    unsigned count = 0;
    if (!read_digits(&text, &count) || count == 0 || *text++ != ' ')
        return false;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (strcmp(text, count == 1 ? units[i].one : units[i].many) != 0)
            continue;
        schedule->kind = AAS_SCHEDULE_RATE;
        schedule->every_us = count * units[i].us;
        return true;
    }
    return false;
}

bool aas_schedule_parse(const char *text, struct aas_schedule *schedule)
{
    char inside[FIELD_MAX];
    size_t length = strlen(text);
    size_t name = strcspn(text, "(");
    *schedule = (struct aas_schedule){0};
    if (length < 4 || name + 2 > length || text[length - 1] != ')' ||
        length - name - 2 >= sizeof inside)
        return false;
    memcpy(inside, text + name + 1, length - name - 2);
    inside[length - name - 2] = '\0';
    if (name == 2 && strncmp(text, "at", 2) == 0)
        return read_at(inside, schedule);
    if (name == 4 && strncmp(text, "rate", 4) == 0)
        return read_rate(inside, schedule);
    return name == 4 && strncmp(text, "cron", 4) == 0 && read_cron(inside, schedule);
}

/* --- the next time -------------------------------------------------------------------------------
 */

/* The weekday (Monday to Friday) that is nearest to a day, within its month. */
static int64_t nearest_weekday(int64_t year, int64_t month, int64_t day)
{
    int64_t weekday = weekday_of(days_of_date(year, month, day));
    if (weekday == 7)
        return day > 1 ? day - 1 : day + 2;
    if (weekday == 1)
        return day < month_length(year, month) ? day + 1 : day - 2;
    return day;
}

static int64_t last_weekday(int64_t year, int64_t month)
{
    int64_t day = month_length(year, month);
    int64_t weekday = weekday_of(days_of_date(year, month, day));
    return weekday == 7 ? day - 1 : weekday == 1 ? day - 2 : day;
}

static bool matches_day(const struct aas_schedule *schedule, int64_t year, int64_t month,
                        int64_t day)
{
    const struct aas_days *of_month = &schedule->month_days;
    const struct aas_days *of_week = &schedule->week_days;
    int64_t last = month_length(year, month);
    if (!of_month->is_any) {
        if (of_month->is_last)
            return day == last - of_month->before_last;
        if (of_month->nearest_weekday == LAST_WEEKDAY)
            return day == last_weekday(year, month);
        if (of_month->nearest_weekday > 0)
            return of_month->nearest_weekday <= last &&
                   day == nearest_weekday(year, month, of_month->nearest_weekday);
        return (of_month->set >> day & 1) != 0;
    }
    int64_t weekday = weekday_of(days_of_date(year, month, day));
    if (of_week->weekday_number == 0)
        return (of_week->set >> weekday & 1) != 0;
    if (weekday != of_week->weekday)
        return false;
    return of_week->weekday_number == LAST_OF_KIND ? day + 7 > last
                                                   : (day - 1) / 7 + 1 == of_week->weekday_number;
}

static bool has_year(const struct aas_schedule *schedule, int64_t year)
{
    int64_t bit = year - AAS_YEAR_MIN;
    return (schedule->years[bit / 64] >> (bit % 64) & 1) != 0;
}

/* The first minute of a day that matches, from first_minute on; -1: none. */
static int64_t minute_of_day(const struct aas_schedule *schedule, int64_t first_minute)
{
    for (int64_t minute = first_minute; minute < 1440; minute++) {
        if ((schedule->hours >> (minute / 60) & 1) == 0)
            minute += 59 - minute % 60;
        else if ((schedule->minutes >> (minute % 60) & 1) != 0)
            return minute;
    }
    return -1;
}

static bool next_in_month(const struct aas_schedule *schedule, int64_t year, int64_t month,
                          int64_t first_minute, uint64_t *at_us)
{
    for (int64_t day = 1; day <= month_length(year, month); day++) {
        int64_t begins = days_of_date(year, month, day) * 1440;
        if (begins + 1440 <= first_minute || !matches_day(schedule, year, month, day))
            continue;
        int64_t minute = minute_of_day(schedule, first_minute > begins ? first_minute - begins : 0);
        if (minute < 0)
            continue;
        *at_us = (uint64_t)(begins + minute) * MINUTE_US;
        return true;
    }
    return false;
}

static bool next_cron(const struct aas_schedule *schedule, uint64_t after_us, uint64_t *at_us)
{
    int64_t first_minute = (int64_t)(after_us / MINUTE_US) + 1;
    for (int64_t year = AAS_YEAR_MIN; year <= AAS_YEAR_MAX; year++) {
        if (!has_year(schedule, year) || days_of_date(year + 1, 1, 1) * 1440 <= first_minute)
            continue;
        for (int64_t month = 1; month <= 12; month++) {
            if ((schedule->months >> month & 1) != 0 &&
                next_in_month(schedule, year, month, first_minute, at_us))
                return true;
        }
    }
    return false;
}

bool aas_schedule_next(const struct aas_schedule *schedule, uint64_t from_us, uint64_t after_us,
                       uint64_t *at_us)
{
    switch (schedule->kind) {
    case AAS_SCHEDULE_AT:
        *at_us = schedule->at_us;
        return schedule->at_us > after_us;
    case AAS_SCHEDULE_RATE:
        *at_us = after_us < from_us ? from_us
                                    : from_us + ((after_us - from_us) / schedule->every_us + 1) *
                                                    schedule->every_us;
        return true;
    case AAS_SCHEDULE_CRON:
        return next_cron(schedule, after_us, at_us);
    }
    return false;
}
