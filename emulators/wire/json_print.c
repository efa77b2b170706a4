#include "emulators/wire/json_print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES 64

static void append_byte(struct sim_buffer *buffer, char byte)
{
    sim_buffer_reserve(buffer, 1);
    buffer->data[buffer->length_bytes++] = byte;
    buffer->data[buffer->length_bytes] = '\0';
}

static bool needs_escape(unsigned char byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\';
}

static void append_escape(struct sim_buffer *buffer, unsigned char byte)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    char escape[2] = {'\\', (char)byte};
    if (byte < 0x20)
        escape[1] = letters[byte];
    if (escape[1] != '\0')
        sim_buffer_append(buffer, escape, 2);
    else
        sim_buffer_printf(buffer, "\\u%04x", byte);
}

/* How many bytes from here on stand for themselves. */
static size_t plain_bytes(const char *text)
{
    size_t count = 0;
    while (!needs_escape((unsigned char)text[count])) /* the NUL at the end does as well */
        count++;
    return count;
}

static void append_string(struct sim_buffer *buffer, const char *text)
{
    if (text == NULL)
        text = "";
    size_t plain = plain_bytes(text);
    sim_buffer_reserve(buffer, plain + 2);
    char *at = buffer->data + buffer->length_bytes;
    *at = '"';
    memcpy(at + 1, text, plain);
    buffer->length_bytes += plain + 1;
    while (text[plain] != '\0') {
        append_escape(buffer, (unsigned char)text[plain]);
        text += plain + 1;
        plain = plain_bytes(text);
        sim_buffer_append(buffer, text, plain);
    }
    append_byte(buffer, '"');
}

static void append_number(struct sim_buffer *buffer, const cJSON *json)
{
    char text[NUMBER_BYTES];
    size_t at = sizeof text;
    double number = json->valuedouble;
    if (!(number > 0 && number < 1e9 && number == floor(number))) {
        bool fits = cJSON_PrintPreallocated((cJSON *)(uintptr_t)json, text, sizeof text, false);
        CHECK(fits);
        sim_buffer_append_text(buffer, text);
        return;
    }
    for (uint32_t left = (uint32_t)number; left > 0; left /= 10)
        text[--at] = (char)('0' + left % 10);
    sim_buffer_append(buffer, text + at, sizeof text - at);
}

static void append_children(struct sim_buffer *buffer, const cJSON *json, bool is_object)
{
    append_byte(buffer, is_object ? '{' : '[');
    for (const cJSON *child = json->child; child != NULL; child = child->next) {
        if (is_object) {
            append_string(buffer, child->string);
            append_byte(buffer, ':');
        }
        wire_json_print(buffer, child);
        if (child->next != NULL)
            append_byte(buffer, ',');
    }
    append_byte(buffer, is_object ? '}' : ']');
}

void wire_json_print(struct sim_buffer *buffer, const cJSON *json)
{
    switch (json->type & 0xff) {
    case cJSON_String:
        append_string(buffer, json->valuestring);
        return;
    case cJSON_Object:
    case cJSON_Array:
        append_children(buffer, json, cJSON_IsObject(json));
        return;
    case cJSON_Number:
        append_number(buffer, json);
        return;
    case cJSON_Raw:
        sim_buffer_append_text(buffer, json->valuestring);
        return;
    case cJSON_True:
        sim_buffer_append(buffer, "true", 4);
        return;
    case cJSON_False:
        sim_buffer_append(buffer, "false", 5);
        return;
    default:
        sim_buffer_append(buffer, "null", 4);
        return;
    }
}

char *wire_json_text(struct sim_arena *arena, const cJSON *json, size_t *bytes)
{
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    sim_buffer_reserve(&buffer, 500);
    wire_json_print(&buffer, json);
    if (bytes != NULL)
        *bytes = buffer.length_bytes;
    char *text = sim_buffer_take(&buffer);
    sim_arena_defer(arena, free, text);
    return text;
}
