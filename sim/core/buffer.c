#include "sim/core/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sim_buffer_init(struct sim_buffer *buffer)
{
    *buffer = (struct sim_buffer){0};
}

void sim_buffer_fini(struct sim_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct sim_buffer){0};
}

void sim_buffer_clear(struct sim_buffer *buffer)
{
    buffer->length_bytes = 0;
    if (buffer->data != NULL)
        buffer->data[0] = '\0';
}

void sim_buffer_reserve(struct sim_buffer *buffer, size_t additional_bytes)
{
    PRE(additional_bytes < SIZE_MAX / 4 && buffer->length_bytes < SIZE_MAX / 4);
    size_t wanted = buffer->length_bytes + additional_bytes + 1; /* the NUL */
    if (wanted <= buffer->capacity_bytes)
        return;
    size_t capacity = buffer->capacity_bytes > 0 ? buffer->capacity_bytes : 128;
    while (capacity < wanted)
        capacity *= 2;
    buffer->data = sim_realloc_array(buffer->data, capacity, 1);
    buffer->capacity_bytes = capacity;
}

void sim_buffer_append(struct sim_buffer *buffer, const void *data, size_t bytes)
{
    sim_buffer_reserve(buffer, bytes);
    if (bytes > 0)
        memcpy(buffer->data + buffer->length_bytes, data, bytes);
    buffer->length_bytes += bytes;
    buffer->data[buffer->length_bytes] = '\0';
}

void sim_buffer_append_text(struct sim_buffer *buffer, const char *text)
{
    sim_buffer_append(buffer, text, strlen(text));
}

void sim_buffer_printf(struct sim_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    sim_buffer_vprintf(buffer, format, arguments);
    va_end(arguments);
}

void sim_buffer_vprintf(struct sim_buffer *buffer, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    CHECK(length >= 0);
    sim_buffer_reserve(buffer, (size_t)length);
    vsnprintf(buffer->data + buffer->length_bytes, (size_t)length + 1, format, arguments);
    buffer->length_bytes += (size_t)length;
}

void sim_buffer_append_json_string(struct sim_buffer *buffer, const char *text)
{
    sim_buffer_append(buffer, "\"", 1);
    const char *run = text; /* start of what needs no escape */
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        sim_buffer_append(buffer, run, (size_t)(at - run));
        run = at + 1;
        if (byte == '"' || byte == '\\')
            sim_buffer_printf(buffer, "\\%c", byte);
        else if (byte == '\n')
            sim_buffer_append(buffer, "\\n", 2);
        else if (byte == '\r')
            sim_buffer_append(buffer, "\\r", 2);
        else if (byte == '\t')
            sim_buffer_append(buffer, "\\t", 2);
        else
            sim_buffer_printf(buffer, "\\u%04x", byte);
    }
    sim_buffer_append_text(buffer, run);
    sim_buffer_append(buffer, "\"", 1);
}

char *sim_buffer_take(struct sim_buffer *buffer)
{
    sim_buffer_reserve(buffer, 0);
    char *data = buffer->data;
    data[buffer->length_bytes] = '\0';
    *buffer = (struct sim_buffer){0};
    return data;
}
