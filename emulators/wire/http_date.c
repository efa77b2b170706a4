/* http_date.c -- formats dates without the locale. */
#include "emulators/wire/http_date.h"

#include <stdio.h>
#include <time.h>

void http_date_format(uint64_t time_s, char text[HTTP_DATE_BYTES])
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const uint64_t latest_s = UINT64_C(253402300799); /* the end of the year 9999 */
    const time_t time = (time_t)(time_s < latest_s ? time_s : latest_s);
    struct tm parts;
    gmtime_r(&time, &parts);
    (void)snprintf(text, HTTP_DATE_BYTES, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                   days[parts.tm_wday], parts.tm_mday % 100, months[parts.tm_mon],
                   (parts.tm_year + 1900) % 10000, parts.tm_hour % 100, parts.tm_min % 100,
                   parts.tm_sec % 100);
}
