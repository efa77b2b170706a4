#include "sim/core/duration.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct unit {
    const char *name;
    uint64_t size_us;
    bool fraction; /* written with decimals: "1.2s", but "90m" rather than "1.5h" */
} units[] = {
    /* The largest first: parts of "1h30m" come in this order. */
    {"h", 3600 * SIM_US_PER_S, false},
    {"m", 60 * SIM_US_PER_S, false},
    {"s", SIM_US_PER_S, true},
    {"ms", SIM_US_PER_MS, true},
    {"us", 1, false},
};

/* Reads "12" or "12.5" as value * one; returns what follows, or NULL if there is no number or it
 * does not come out exactly. */
static const char *read_decimal(const char *text, uint64_t one, uint64_t *value)
{
    const char *at = text;
    uint64_t sum = 0;
    for (; isdigit((unsigned char)*at); at++)
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(*at - '0'), &sum))
            return NULL;
    if (at == text || __builtin_mul_overflow(sum, one, &sum))
        return NULL;
    if (*at != '.') {
        *value = sum;
        return at;
    }
    const char *decimals = ++at;
    uint64_t place = one;
    for (; isdigit((unsigned char)*at); at++) {
        if (*at == '0' && place % 10 != 0)
            continue; /* zeros behind the last exact place say nothing */
        if (place % 10 != 0)
            return NULL;
        place /= 10;
        if (__builtin_add_overflow(sum, place * (uint64_t)(*at - '0'), &sum))
            return NULL;
    }
    if (at == decimals)
        return NULL;
    *value = sum;
    return at;
}

/* The unit that text begins with, at the earliest units[from]; ARRAY_LEN(units) if none. */
static size_t unit_at(const char *text, size_t from)
{
    size_t letters = 0;
    while (isalpha((unsigned char)text[letters]))
        letters++;
    for (size_t i = from; i < ARRAY_LEN(units); i++)
        if (strlen(units[i].name) == letters && strncmp(text, units[i].name, letters) == 0)
            return i;
    return ARRAY_LEN(units);
}

static bool read_duration(const char *text, uint64_t *duration_us)
{
    if (strcmp(text, "0") == 0) {
        *duration_us = 0;
        return true;
    }
    uint64_t sum_us = 0;
    size_t next_unit = 0;
    const char *at = text;
    do {
        size_t digits = strspn(at, "0123456789.");
        size_t unit = unit_at(at + digits, next_unit);
        if (unit == ARRAY_LEN(units))
            return false;
        uint64_t part_us;
        if (read_decimal(at, units[unit].size_us, &part_us) != at + digits ||
            __builtin_add_overflow(sum_us, part_us, &sum_us))
            return false;
        at += digits + strlen(units[unit].name);
        next_unit = unit + 1;
    } while (*at != '\0');
    if (sum_us > SIM_DURATION_MAX_US)
        return false;
    *duration_us = sum_us;
    return true;
}

enum sim_result sim_duration_parse(const char *text, uint64_t *duration_us, struct sim_error *error)
{
    PRE(text != NULL);
    if (read_duration(text, duration_us))
        return RESULT_OK;
    return sim_error_set(error, RESULT_INVALID,
                         "\"%.64s\" is not a duration: write \"250us\", \"800ms\", \"1.2s\", "
                         "\"5m\", \"2h\" or \"1h30m\", in whole microseconds, at most 876000h",
                         text);
}

/* The shortest of the units that give it exactly; of two equally short ones the larger unit. */
void sim_duration_format(uint64_t duration_us, char *text)
{
    size_t shortest = SIZE_MAX;
    snprintf(text, SIM_DURATION_TEXT_BYTES, "0s");
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        uint64_t size_us = units[i].size_us;
        uint64_t rest = duration_us % size_us;
        if (duration_us < size_us || (rest != 0 && !units[i].fraction))
            continue;
        int places = 0;
        if (rest != 0) /* size_us is 10^3 or 10^6: as many places, less the zeros at the end */
            for (places = size_us == SIM_US_PER_S ? 6 : 3; rest % 10 == 0; places--)
                rest /= 10;
        char candidate[2 * SIM_DURATION_TEXT_BYTES];
        int length = places == 0
                         ? snprintf(candidate, sizeof candidate, "%" PRIu64 "%s",
                                    duration_us / size_us, units[i].name)
                         : snprintf(candidate, sizeof candidate, "%" PRIu64 ".%0*" PRIu64 "%s",
                                    duration_us / size_us, places, rest, units[i].name);
        CHECK(length > 0 && length < SIM_DURATION_TEXT_BYTES);
        if ((size_t)length < shortest) {
            shortest = (size_t)length;
            memcpy(text, candidate, shortest + 1);
        }
    }
}

enum sim_result sim_rate_parse(const char *text, uint64_t *rate_ppm, struct sim_error *error)
{
    PRE(text != NULL);
    uint64_t value = 0;
    const char *end = read_decimal(text, SIM_PPM, &value);
    if (end != NULL && *end == '\0' && value <= SIM_PPM) {
        *rate_ppm = value;
        return RESULT_OK;
    }
    end = read_decimal(text, SIM_PPM / 100, &value);
    if (end != NULL && strcmp(end, "%") == 0 && value <= SIM_PPM) {
        *rate_ppm = value;
        return RESULT_OK;
    }
    return sim_error_set(error, RESULT_INVALID,
                         "\"%.64s\" is not a rate: write \"20%%\", \"0.2%%\" or a fraction from "
                         "0 to 1, in steps of 0.0001%%",
                         text);
}

enum sim_result sim_duration_range_parse(const char *text, uint64_t *least_us, uint64_t *most_us,
                                         struct sim_error *error)
{
    const char *dots = strstr(text, "..");
    if (dots == NULL) {
        enum sim_result result = sim_duration_parse(text, least_us, error);
        *most_us = *least_us;
        return result;
    }
    char least[SIM_DURATION_TEXT_BYTES * 2];
    size_t length = (size_t)(dots - text);
    if (length >= sizeof least)
        return sim_error_set(error, RESULT_INVALID, "'%.64s' is not a range such as 10m..30m",
                             text);
    memcpy(least, text, length);
    least[length] = '\0';
    enum sim_result result = sim_duration_parse(least, least_us, error);
    if (result == RESULT_OK)
        result = sim_duration_parse(dots + 2, most_us, error);
    if (result == RESULT_OK && *least_us > *most_us)
        result =
            sim_error_set(error, RESULT_INVALID,
                          "'%.64s' begins with the longer duration; write it as 10m..30m", text);
    return result;
}
