/* front_json.c -- a request's body as a cJSON tree, bounded before it is built. */
#include "emulators/wire/front_message.h"

#include <string.h>

/* Length of the UTF-8 sequence that starts at text (RFC 3629: no surrogates, no overlong forms,
 * nothing above U+10FFFF); 0 if there is none. */
static size_t sequence_bytes(const unsigned char *text, size_t left_bytes)
{
    const unsigned char first = text[0];
    size_t length = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
    } else if (first >= 0xE0 && first <= 0xEF) {
        length = 3;
        low = first == 0xE0 ? 0xA0 : 0x80;
        high = first == 0xED ? 0x9F : 0xBF;
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        low = first == 0xF0 ? 0x90 : 0x80;
        high = first == 0xF4 ? 0x8F : 0xBF;
    }
    if (length == 0 || length > left_bytes || text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (text[i] < 0x80 || text[i] > 0xBF)
            return 0;
    return length;
}

bool front_is_utf8(const char *body, size_t bytes)
{
    const unsigned char *text = (const unsigned char *)body;
    size_t at = 0;
    while (at < bytes) {
        uint64_t word;
        if (bytes - at >= sizeof(word)) { /* eight at once while all is ASCII */
            memcpy(&word, text + at, sizeof(word));
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                at += sizeof(word);
                continue;
            }
        }
        if (text[at] < 0x80) {
            at++;
            continue;
        }
        const size_t length = sequence_bytes(text + at, bytes - at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

/* Is there an escape \u0000 in a string? Backslashes pair up, so "\\u0000" is none. */
static bool has_escaped_nul(const char *body, size_t bytes)
{
    const char *end = body + bytes;
    const char *at = body;
    while ((at = memchr(at, '\\', (size_t)(end - at))) != NULL) {
        if (end - at >= 6 && memcmp(at, "\\u0000", 6) == 0)
            return true;
        at += 2;
        if (at >= end)
            return false;
    }
    return false;
}

/* How many values a parse would make, at the most: one more than the commas, brackets and braces
 * outside strings. Only a large body is worth the look, since a value takes at least two bytes. */
static bool has_too_many_values(const char *body, size_t bytes)
{
    if (bytes / 2 < FRONT_JSON_VALUES_MAX)
        return false;
    size_t count = 1;
    bool in_string = false;
    for (size_t i = 0; i < bytes; i++) {
        if (in_string && body[i] == '\\')
            i++;
        else if (body[i] == '"')
            in_string = !in_string;
        else if (!in_string && (body[i] == ',' || body[i] == '[' || body[i] == '{'))
            count++;
    }
    return count > FRONT_JSON_VALUES_MAX;
}

static void delete_json(void *json)
{
    cJSON_Delete(json);
}

cJSON *front_keep_json(struct sim_arena *arena, cJSON *json)
{
    if (json != NULL)
        sim_arena_defer(arena, delete_json, json);
    return json;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

enum sim_result front_message_json(const struct front_message *message, cJSON **json,
                                   struct sim_error *error)
{
    const char *body = message->body;
    size_t bytes = message->body_bytes;
    while (bytes > 0 && is_blank(body[bytes - 1]))
        bytes--;
    if (bytes == 0)
        return sim_error_set(error, RESULT_INVALID, "the body is empty");
    if (has_too_many_values(body, bytes))
        return sim_error_set(error, RESULT_LIMIT, "the body holds more than %zu JSON values",
                             FRONT_JSON_VALUES_MAX);
    if (!front_is_utf8(body, bytes))
        return sim_error_set(error, RESULT_INVALID, "the body is not UTF-8");
    if (memchr(body, '\0', bytes) != NULL || has_escaped_nul(body, bytes))
        return sim_error_set(error, RESULT_INVALID, "NUL characters are not supported");
    const char *end = NULL;
    cJSON *tree = cJSON_ParseWithLengthOpts(body, bytes, &end, false);
    if (tree == NULL || end != body + bytes) {
        cJSON_Delete(tree);
        return sim_error_set(error, RESULT_INVALID, "the body is not one JSON value");
    }
    *json = front_keep_json(message->arena, tree);
    return RESULT_OK;
}
