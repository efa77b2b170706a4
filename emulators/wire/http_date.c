/* http_date.c -- dates without the locale. */
#include "emulators/wire/http_date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static int number_at(const char *text, size_t digits)
{
    int number = 0;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (text[i] - '0');
    return number;
}

static bool has_form(const char *text)
{
    static const char form[] = "aaa, 00 aaa 0000 00:00:00 GMT"; /* a: any letter; 0: any digit */
    if (strlen(text) != sizeof(form) - 1)
        return false;
    for (size_t i = 0; form[i] != '\0'; i++) {
        const bool is_digit = text[i] >= '0' && text[i] <= '9';
        const bool is_letter = (text[i] | 32) >= 'a' && (text[i] | 32) <= 'z';
        const bool fits = form[i] == '0'   ? is_digit
                          : form[i] == 'a' ? is_letter
                                           : text[i] == form[i];
        if (!fits)
            return false;
    }
    return true;
}

bool http_date_parse(const char *text, uint64_t *time_s)
{
    if (!has_form(text))
        return false;
    int month = 0;
    while (month < 12 && strncmp(months[month], text + 8, 3) != 0)
        month++;
    const struct tm wanted = {.tm_year = number_at(text + 12, 4) - 1900,
                              .tm_mon = month,
                              .tm_mday = number_at(text + 5, 2),
                              .tm_hour = number_at(text + 17, 2),
                              .tm_min = number_at(text + 20, 2),
                              .tm_sec = number_at(text + 23, 2)};
    struct tm normal = wanted;
    const time_t seconds = timegm(&normal);
    if (seconds < 0 || normal.tm_mon != wanted.tm_mon || normal.tm_mday != wanted.tm_mday ||
        normal.tm_hour != wanted.tm_hour || normal.tm_min != wanted.tm_min ||
        normal.tm_sec != wanted.tm_sec)
        return false;
    *time_s = (uint64_t)seconds;
    return true;
}

void http_date_format(uint64_t time_s, char text[HTTP_DATE_BYTES])
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    const uint64_t latest_s = UINT64_C(253402300799); /* the end of the year 9999 */
    const time_t time = (time_t)(time_s < latest_s ? time_s : latest_s);
    struct tm parts;
    gmtime_r(&time, &parts);
    (void)snprintf(text, HTTP_DATE_BYTES, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                   days[parts.tm_wday], parts.tm_mday % 100, months[parts.tm_mon],
                   (parts.tm_year + 1900) % 10000, parts.tm_hour % 100, parts.tm_min % 100,
                   parts.tm_sec % 100);
}
