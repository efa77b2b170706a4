#include "emulators/route53/name.h"

#include <string.h>

#define LABEL_MAX 63

static const char *const fault_texts[] = {
    [R53_NAME_OK] = "",
    [R53_NAME_EMPTY] = "FATAL problem: DomainNameEmpty (Domain name is empty) encountered with",
    [R53_NAME_LABEL_EMPTY] =
        "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with",
    [R53_NAME_LABEL_TOO_LONG] =
        "FATAL problem: DomainLabelTooLong (Domain label is too long) encountered with",
    [R53_NAME_TOO_LONG] =
        "FATAL problem: DomainNameTooLong (Domain name is too long) encountered with",
    [R53_NAME_UNSUPPORTED] = ("FATAL problem: UnsupportedCharacter (Value contains unsupported "
                              "characters) encountered with"),
};

const char *r53_name_fault_text(enum r53_name_fault fault)
{
    return fault_texts[fault];
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte;
}

/* One byte of a label from text, escapes undone; returns the characters used, 0 for a bad one. */
static size_t take_byte(const char *text, uint8_t *byte)
{
    if (text[0] != '\\') {
        if (text[0] <= ' ' || text[0] > '~')
            return 0;
        *byte = lower((uint8_t)text[0]);
        return 1;
    }
    if (!(text[1] >= '0' && text[1] <= '3') || !is_octal(text[2]) || !is_octal(text[3]))
        return 0;
    *byte = lower((uint8_t)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0')));
    return 4;
}

enum r53_name_fault r53_name_parse(const char *text, struct r53_name *name)
{
    struct r53_name made = {0};
    size_t used = 0;
    size_t label_at = 0;
    PRE(text != NULL);
    if (text[0] == '\0')
        return R53_NAME_EMPTY;
    if (strcmp(text, ".") == 0) {
        *name = (struct r53_name){.length_bytes = 1};
        return R53_NAME_OK;
    }
    used = 1; /* the first label's length byte */
    while (*text != '\0') {
        if (*text == '.') {
            size_t label_bytes = used - label_at - 1;
            if (label_bytes == 0)
                return R53_NAME_LABEL_EMPTY;
            made.wire[label_at] = (uint8_t)label_bytes;
            label_at = used++;
            text++;
            if (used > R53_NAME_WIRE_MAX)
                return R53_NAME_TOO_LONG;
            continue;
        }
        uint8_t byte = 0;
        size_t characters = take_byte(text, &byte);
        if (characters == 0)
            return R53_NAME_UNSUPPORTED;
        if (used - label_at - 1 == LABEL_MAX)
            return R53_NAME_LABEL_TOO_LONG;
        if (used + 1 >= R53_NAME_WIRE_MAX)
            return R53_NAME_TOO_LONG;
        made.wire[used++] = byte;
        text += characters;
    }
    if (used - label_at > 1) { /* no trailing dot: close the last label, add the root */
        made.wire[label_at] = (uint8_t)(used - label_at - 1);
        made.wire[used++] = 0;
    }
    made.length_bytes = (uint8_t)used;
    *name = made;
    return R53_NAME_OK;
}

bool r53_name_from_wire(const uint8_t *wire, size_t bytes, struct r53_name *name)
{
    size_t at = 0;
    struct r53_name made = {0};
    while (at < bytes && wire[at] != 0) {
        size_t next = at + 1 + wire[at];
        if (wire[at] > LABEL_MAX || next >= bytes || next >= R53_NAME_WIRE_MAX)
            return false;
        made.wire[at] = wire[at];
        for (size_t i = at + 1; i < next; i++)
            made.wire[i] = lower(wire[i]);
        at = next;
    }
    if (at >= bytes)
        return false;
    made.wire[at] = 0;
    made.length_bytes = (uint8_t)(at + 1);
    *name = made;
    return true;
}

static size_t put_label(const uint8_t *label, char *text)
{
    size_t used = 0;
    for (size_t i = 1; i <= label[0]; i++) {
        uint8_t c = label[i];
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
            text[used++] = (char)c;
            continue;
        }
        text[used++] = '\\';
        text[used++] = (char)('0' + (c >> 6));
        text[used++] = (char)('0' + ((c >> 3) & 7));
        text[used++] = (char)('0' + (c & 7));
    }
    text[used++] = '.';
    return used;
}

void r53_name_text(const uint8_t *wire, char text[R53_NAME_TEXT_BYTES])
{
    size_t used = 0;
    if (wire[0] == 0)
        text[used++] = '.';
    for (; wire[0] != 0; wire += 1 + wire[0])
        used += put_label(wire, text + used);
    text[used] = '\0';
}

void r53_name_list_key(const uint8_t *wire, char text[R53_NAME_TEXT_BYTES])
{
    const uint8_t *labels[128];
    size_t count = 0;
    size_t used = 0;
    for (; wire[0] != 0 && count < ARRAY_LEN(labels); wire += 1 + wire[0])
        labels[count++] = wire;
    while (count > 0)
        used += put_label(labels[--count], text + used);
    text[used] = '\0';
}

bool r53_name_is_equal(const struct r53_name *a, const struct r53_name *b)
{
    return a->length_bytes == b->length_bytes && memcmp(a->wire, b->wire, a->length_bytes) == 0;
}

bool r53_name_is_within(const struct r53_name *name, const struct r53_name *zone)
{
    const uint8_t *wire = name->wire;
    size_t left = name->length_bytes;
    while (left > zone->length_bytes) {
        left -= 1u + wire[0];
        wire += 1 + wire[0];
    }
    return left == zone->length_bytes && memcmp(wire, zone->wire, left) == 0;
}

size_t r53_name_label_count(const uint8_t *wire)
{
    size_t count = 0;
    for (; wire[0] != 0; wire += 1 + wire[0])
        count++;
    return count;
}

size_t r53_name_wire_bytes(const uint8_t *wire)
{
    const uint8_t *at = wire;
    while (*at != 0)
        at += 1 + *at;
    return (size_t)(at - wire) + 1;
}

bool r53_name_wildcard(const uint8_t *suffix, struct r53_name *name)
{
    size_t bytes = r53_name_wire_bytes(suffix);
    if (bytes + 2 > R53_NAME_WIRE_MAX)
        return false;
    name->wire[0] = 1;
    name->wire[1] = '*';
    memcpy(name->wire + 2, suffix, bytes);
    name->length_bytes = (uint8_t)(bytes + 2);
    return true;
}
