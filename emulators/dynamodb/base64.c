/* Canonical base64: compared and measured as text, decoded only where bytes are needed. */
#include "emulators/dynamodb/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

static size_t unpadded_length(const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '=')
        length--;
    return length;
}

bool ddb_base64_check(const char *text, struct ddb_fault *fault)
{
    size_t length = strlen(text);
    size_t unpadded = unpadded_length(text);
    if (length % 4 != 0)
        return ddb_fail(fault, "SerializationException",
                        "Base64 encoded length is expected a multiple of 4 bytes but found: %zu",
                        length);
    for (size_t i = 0; i < unpadded; i++)
        if (sextet(text[i]) < 0)
            return ddb_fail(fault, "SerializationException", "Invalid Base64 character: '%c'",
                            text[i] < ' ' || text[i] > '~' ? '?' : text[i]);
    size_t padding = length - unpadded;
    if (padding > 2)
        return ddb_fail(fault, "SerializationException", "Invalid Base64 character: '='");
    int unused = padding == 2 ? 0x0f : padding == 1 ? 0x03 : 0;
    if (padding > 0 && (sextet(text[unpadded - 1]) & unused) != 0)
        return ddb_fail(fault, "SerializationException",
                        "Invalid last non-pad Base64 character dectected"); /* sic */
    return true;
}

size_t ddb_base64_decoded_bytes(const char *text)
{
    return unpadded_length(text) * 3 / 4;
}

uint8_t *ddb_base64_decode(struct sim_arena *arena, const char *text, size_t *length_bytes)
{
    size_t unpadded = unpadded_length(text);
    *length_bytes = unpadded * 3 / 4;
    uint8_t *bytes = sim_arena_alloc(arena, *length_bytes + 1);
    uint32_t bits = 0;
    size_t used = 0;
    for (size_t i = 0; i < unpadded; i++) {
        bits = bits << 6 | (uint32_t)sextet(text[i]);
        if (i % 4 > 0) /* the 2nd, 3rd and 4th of four complete a byte each */
            bytes[used++] = (uint8_t)(bits >> (6 - i % 4 * 2));
    }
    return bytes;
}

char *ddb_base64_encode(struct sim_arena *arena, const uint8_t *bytes, size_t length_bytes)
{
    PRE(length_bytes < SIZE_MAX / 2);
    char *text = sim_arena_alloc(arena, (length_bytes + 2) / 3 * 4 + 1);
    char *at = text;
    for (size_t i = 0; i < length_bytes; i += 3) {
        size_t left = length_bytes - i;
        uint32_t bits = (uint32_t)bytes[i] << 16;
        bits |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)bytes[i + 2] : 0;
        *at++ = alphabet[bits >> 18];
        *at++ = alphabet[bits >> 12 & 63];
        *at++ = left > 1 ? alphabet[bits >> 6 & 63] : '=';
        *at++ = left > 2 ? alphabet[bits & 63] : '=';
    }
    *at = '\0';
    return text;
}

/* Unused bits are 0, so the order of six-bit groups is the order of bytes, the end sorting first:
 * padding counts as -1. */
int ddb_base64_compare(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    int left = sextet(*a);
    int right = sextet(*b);
    return (left > right) - (left < right);
}

bool ddb_base64_begins_with(const char *text, const char *prefix)
{
    size_t length = unpadded_length(prefix);
    if (unpadded_length(text) < length)
        return false;
    size_t same = length % 4 == 0 ? length : length - 1; /* the last one may be cut in two */
    if (memcmp(text, prefix, same) != 0)
        return false;
    int unused = length % 4 == 2 ? 0x0f : length % 4 == 3 ? 0x03 : 0;
    return same == length || (sextet(text[same]) & ~unused) == sextet(prefix[same]);
}

bool ddb_base64_contains(const char *text, const char *part)
{
    struct sim_arena *arena = sim_arena_create();
    size_t text_bytes = 0;
    size_t part_bytes = 0;
    const uint8_t *whole = ddb_base64_decode(arena, text, &text_bytes);
    const uint8_t *wanted = ddb_base64_decode(arena, part, &part_bytes);
    bool is_found = part_bytes == 0 || memmem(whole, text_bytes, wanted, part_bytes) != NULL;
    sim_arena_destroy(arena);
    return is_found;
}
