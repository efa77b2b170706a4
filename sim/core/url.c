/* Percent-encoding and query strings. */
#include <string.h>

#include "sim/core/http.h"

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

char *sim_url_decode(struct sim_arena *arena, const char *text, size_t length_bytes, bool in_query)
{
    char *decoded = sim_arena_strndup(arena, text, length_bytes);
    size_t out = 0;
    for (size_t in = 0; in < length_bytes; in++) {
        char byte = text[in];
        if (byte == '%') {
            int high = length_bytes - in > 2 ? hex_value(text[in + 1]) : -1;
            int low = high >= 0 ? hex_value(text[in + 2]) : -1;
            if (low < 0 || (high == 0 && low == 0)) /* a NUL would cut the text short */
                return NULL;
            byte = (char)(high * 16 + low);
            in += 2;
        } else if (byte == '+' && in_query) {
            byte = ' ';
        }
        decoded[out++] = byte;
    }
    decoded[out] = '\0';
    return decoded;
}

char *sim_query_find(struct sim_arena *arena, const char *query, const char *name)
{
    const char *at = query;
    while (*at != '\0') {
        size_t pair_bytes = strcspn(at, "&");
        const char *equals = memchr(at, '=', pair_bytes);
        size_t name_bytes = equals != NULL ? (size_t)(equals - at) : pair_bytes;
        const char *found = sim_url_decode(arena, at, name_bytes, true);
        if (found != NULL && strcmp(found, name) == 0) {
            if (equals == NULL)
                return sim_arena_strdup(arena, "");
            return sim_url_decode(arena, equals + 1, pair_bytes - name_bytes - 1, true);
        }
        at += pair_bytes;
        at += *at == '&';
    }
    return NULL;
}
