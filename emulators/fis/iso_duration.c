#include "emulators/fis/iso_duration.h"

#include <ctype.h>

#define DURATION_MAX_S UINT64_C(8640000)

static const struct unit {
    char letter;
    bool is_time; /* behind the T */
    uint64_t seconds;
} units[] = {{'D', false, 86400}, {'H', true, 3600}, {'M', true, 60}, {'S', true, 1}};

/* "15" of "15M..."; false without digits or when it is beyond any use. */
static bool parse_number(const char **text, uint64_t *number)
{
    const char *digit = *text;
    *number = 0;
    for (; isdigit((unsigned char)*digit); digit++) {
        *number = *number * 10 + (uint64_t)(*digit - '0');
        if (*number > DURATION_MAX_S)
            return false;
    }
    bool has_digits = digit != *text;
    *text = digit;
    return has_digits;
}

bool fis_duration_parse(const char *text, uint64_t *duration_us)
{
    size_t next_unit = 0; /* units come in order, each at most once */
    bool is_time = false;
    uint64_t total_s = 0;
    if (text == NULL || *text++ != 'P' || *text == '\0')
        return false;
    while (*text != '\0') {
        uint64_t number = 0;
        if (*text == 'T' && !is_time) {
            is_time = true;
            text++;
        }
        if (!parse_number(&text, &number))
            return false;
        while (next_unit < ARRAY_LEN(units) && units[next_unit].letter != *text)
            next_unit++;
        if (next_unit == ARRAY_LEN(units) || units[next_unit].is_time != is_time)
            return false;
        total_s += number * units[next_unit].seconds;
        if (total_s > DURATION_MAX_S)
            return false;
        next_unit++;
        text++;
    }
    *duration_us = total_s * SIM_US_PER_S;
    return true;
}
