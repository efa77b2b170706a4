/* signature_date.c -- compares times in ISO 8601's basic format. */
#include "emulators/wire/signature_date.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SKEW_S        (UINT64_C(15) * 60)
#define EXPIRES_MAX_S (UINT64_C(7) * 24 * 3600)

static int digits(const char *text, size_t count)
{
    int number = 0;
    for (size_t i = 0; i < count; i++)
        number = number * 10 + (text[i] - '0');
    return number;
}

bool signature_date_parse(const char *text, uint64_t *time_s)
{
    if (strlen(text) != SIGNATURE_DATE_BYTES - 1 || text[8] != 'T' || text[15] != 'Z' ||
        strspn(text, "0123456789") != 8 || strspn(text + 9, "0123456789") != 6)
        return false;
    const struct tm wanted = {.tm_year = digits(text, 4) - 1900,
                              .tm_mon = digits(text + 4, 2) - 1,
                              .tm_mday = digits(text + 6, 2),
                              .tm_hour = digits(text + 9, 2),
                              .tm_min = digits(text + 11, 2),
                              .tm_sec = digits(text + 13, 2)};
    struct tm normal = wanted;
    const time_t seconds = timegm(&normal);
    if (seconds < 0 || normal.tm_mon != wanted.tm_mon || normal.tm_mday != wanted.tm_mday ||
        normal.tm_hour != wanted.tm_hour || normal.tm_min != wanted.tm_min ||
        normal.tm_sec != wanted.tm_sec)
        return false;
    *time_s = (uint64_t)seconds;
    return true;
}

void signature_date_format(uint64_t time_s, char text[SIGNATURE_DATE_BYTES])
{
    const uint64_t latest_s = UINT64_C(253402300799); /* the end of the year 9999 */
    const time_t seconds = (time_t)(time_s < latest_s ? time_s : latest_s);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    (void)snprintf(text, SIGNATURE_DATE_BYTES, "%04u%02u%02uT%02u%02u%02uZ",
                   (unsigned)(parts.tm_year + 1900) % 10000, (unsigned)(parts.tm_mon + 1) % 100,
                   (unsigned)parts.tm_mday % 100, (unsigned)parts.tm_hour % 100,
                   (unsigned)parts.tm_min % 100, (unsigned)parts.tm_sec % 100);
}

static bool refuse(struct wire_error *error, const char *code, const char *message)
{
    *error = (struct wire_error){.code = code, .message = message};
    return false;
}

bool signature_date_refuse(struct sim_arena *arena, const char *date, struct wire_error *error)
{
    return refuse(error, "IncompleteSignatureException",
                  sim_arena_printf(arena,
                                   "Date must be in ISO-8601 'basic format'. Got '%s'. See "
                                   "http://en.wikipedia.org/wiki/ISO_8601",
                                   date));
}

/* How long a presigned query is good, in S3's words: other services print none that are known. */
static bool read_expires(const char *text, uint64_t *window_s, struct wire_error *error)
{
    const size_t length = strlen(text);
    if (length == 0 || strspn(text, "0123456789") != length)
        return refuse(error, "IncompleteSignatureException", "X-Amz-Expires should be a number");
    uint64_t seconds = 0;
    for (size_t i = 0; i < length && seconds <= EXPIRES_MAX_S; i++)
        seconds = seconds * 10 + (uint64_t)(text[i] - '0');
    if (seconds > EXPIRES_MAX_S)
        return refuse(error, "IncompleteSignatureException",
                      "X-Amz-Expires must be less than a week (in seconds) that is, the given "
                      "X-Amz-Expires must be less than 604800 seconds");
    *window_s = seconds;
    return true;
}

static const char *window_text(struct sim_arena *arena, uint64_t window_s)
{
    const bool is_minutes = window_s % 60 == 0;
    return sim_arena_printf(arena, "%" PRIu64 " %s.", is_minutes ? window_s / 60 : window_s,
                            is_minutes ? "min" : "sec");
}

bool signature_date_check(struct sim_arena *arena, const char *date, const char *expires,
                          uint64_t now_us, struct wire_error *error)
{
    uint64_t date_s = 0;
    if (!signature_date_parse(date, &date_s))
        return signature_date_refuse(arena, date, error);
    uint64_t window_s = SKEW_S;
    if (expires != NULL && !read_expires(expires, &window_s, error))
        return false;
    const uint64_t now_s = now_us / SIM_US_PER_S;
    char now[SIGNATURE_DATE_BYTES];
    char edge[SIGNATURE_DATE_BYTES];
    signature_date_format(now_s, now);
    if (date_s + window_s < now_s) {
        signature_date_format(now_s - window_s, edge);
        return refuse(error, "InvalidSignatureException",
                      sim_arena_printf(arena,
                                       "Signature expired: %s is now earlier than %s (%s - %s)",
                                       date, edge, now, window_text(arena, window_s)));
    }
    if (date_s > now_s + SKEW_S) {
        signature_date_format(now_s + SKEW_S, edge);
        return refuse(error, "InvalidSignatureException",
                      sim_arena_printf(arena,
                                       "Signature not yet current: %s is still later than %s (%s + "
                                       "%s)",
                                       date, edge, now, window_text(arena, SKEW_S)));
    }
    return true;
}
