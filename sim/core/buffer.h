/* buffer.h -- bytes that grow: the one way in which text is built.
 *
 * Purpose  Append bytes, formatted text, and JSON strings. data is always NUL-terminated once
 *          something was appended; length_bytes does not count that NUL.
 * Owner    _init/_fini; _take hands data (malloc'ed) to the caller and leaves the buffer empty. */
#ifndef SIM_CORE_BUFFER_H
#define SIM_CORE_BUFFER_H

#include <stdarg.h>

#include "sim/core/base.h"

struct sim_buffer {
    char *data; /* NULL while empty and never used */
    size_t length_bytes;
    size_t capacity_bytes;
};

void sim_buffer_init(struct sim_buffer *buffer);
void sim_buffer_fini(struct sim_buffer *buffer);
void sim_buffer_clear(struct sim_buffer *buffer); /* keeps the memory */
void sim_buffer_reserve(struct sim_buffer *buffer, size_t additional_bytes);
void sim_buffer_append(struct sim_buffer *buffer, const void *data, size_t bytes);
void sim_buffer_append_text(struct sim_buffer *buffer, const char *text);
void sim_buffer_printf(struct sim_buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
void sim_buffer_vprintf(struct sim_buffer *buffer, const char *format, va_list arguments);
/* Appends text as a JSON string with its quotes: control characters, quote and backslash escaped.
 */
void sim_buffer_append_json_string(struct sim_buffer *buffer, const char *text);
MUST_USE char *sim_buffer_take(struct sim_buffer *buffer);

#endif
