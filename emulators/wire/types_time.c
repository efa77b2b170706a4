/* types_time.c -- points in time as text: ISO 8601, the date form of HTTP, seconds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/wire/types.h"

#define SECONDS_PER_DAY 86400
#define YEAR_MAX        9999

struct date_time {
    unsigned year, month, day, hour, minute, second;
};

static bool is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static bool date_time_to_us(const struct date_time *at, uint64_t *time_us)
{
    if (at->year < 1970 || at->year > YEAR_MAX || at->month < 1 || at->month > 12 || at->day < 1 ||
        at->day > days_in_month(at->year, at->month) || at->hour > 23 || at->minute > 59 ||
        at->second > 60)
        return false;
    uint64_t days = at->day - 1;
    for (unsigned year = 1970; year < at->year; year++)
        days += is_leap(year) ? 366 : 365;
    for (unsigned month = 1; month < at->month; month++)
        days += days_in_month(at->year, month);
    uint64_t seconds =
        days * SECONDS_PER_DAY + at->hour * UINT64_C(3600) + at->minute * 60u + at->second;
    *time_us = seconds * SIM_US_PER_S;
    return true;
}

/* ".250" in µs; more than six digits are cut off. Moves *text behind it. */
static uint64_t read_fraction_us(const char **text)
{
    uint64_t us = 0;
    uint64_t digit_us = SIM_US_PER_S;
    if (**text != '.')
        return 0;
    for ((*text)++; **text >= '0' && **text <= '9'; (*text)++) {
        digit_us /= 10;
        us += digit_us * (uint64_t)(**text - '0');
    }
    return us;
}

static bool parse_iso8601(const char *text, uint64_t *time_us)
{
    struct date_time at;
    int read = 0;
    if (strlen(text) < 20 || strspn(text, "0123456789-T:.Z+") != strlen(text) ||
        sscanf(text, "%4u-%2u-%2uT%2u:%2u:%2u%n", &at.year, &at.month, &at.day, &at.hour,
               &at.minute, &at.second, &read) != 6 ||
        read != 19)
        return false;
    text += read;
    uint64_t fraction_us = read_fraction_us(&text);
    uint64_t whole_us;
    if (!date_time_to_us(&at, &whole_us))
        return false;
    unsigned hours = 0;
    unsigned minutes = 0;
    if (strcmp(text, "Z") != 0 &&
        ((*text != '+' && *text != '-') || strlen(text) != 6 ||
         sscanf(text + 1, "%2u:%2u%n", &hours, &minutes, &read) != 2 || read != 5 || hours > 23))
        return false;
    uint64_t offset_us = (hours * UINT64_C(60) + minutes) * 60 * SIM_US_PER_S;
    if (*text == '+' && offset_us > whole_us)
        return false;
    *time_us = fraction_us + (*text == '+' ? whole_us - offset_us : whole_us + offset_us);
    return true;
}

static bool parse_http_date(const char *text, uint64_t *time_us)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct date_time at;
    char month[4];
    int read = 0;
    const char *comma = strchr(text, ',');
    if (comma == NULL || sscanf(comma + 1, " %2u %3s %4u %2u:%2u:%2u GMT%n", &at.day, month,
                                &at.year, &at.hour, &at.minute, &at.second, &read) != 6)
        return false;
    const char *found = strlen(month) == 3 ? strstr(months, month) : NULL;
    if (found == NULL || (found - months) % 3 != 0 || read == 0 || comma[1 + read] != '\0')
        return false;
    at.month = (unsigned)(found - months) / 3 + 1;
    return date_time_to_us(&at, time_us);
}

static bool parse_seconds(const char *text, uint64_t *time_us)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 12)
        return false;
    uint64_t seconds = strtoull(text, NULL, 10);
    const char *rest = text + digits;
    uint64_t fraction_us = read_fraction_us(&rest);
    if (*rest != '\0')
        return false;
    *time_us = seconds * SIM_US_PER_S + fraction_us;
    return true;
}

bool wire_time_parse(const char *text, uint64_t *time_us)
{
    return parse_iso8601(text, time_us) || parse_http_date(text, time_us) ||
           parse_seconds(text, time_us);
}
