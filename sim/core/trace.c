#include "sim/core/trace.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/buffer.h"

#define HASH_BATCH_BYTES ((size_t)8 * 1024) /* a call of the digest costs more than a line */

struct listener {
    sim_trace_listener *run;
    void *context;
};

struct sim_trace {
    struct sim_clock *clock;
    uint64_t began_us;
    uint64_t count;
    bool hashing;
    FILE *file;
    EVP_MD_CTX *digest;
    struct sim_buffer pending; /* lines that the digest has not seen yet */
    struct sim_buffer line;
    struct listener *listeners;
    size_t listener_count;
};

struct sim_trace *sim_trace_create(struct sim_clock *clock)
{
    PRE(clock != NULL);
    struct sim_trace *trace = sim_alloc(sizeof *trace);
    trace->clock = clock;
    trace->hashing = true;
    trace->digest = EVP_MD_CTX_new();
    CHECK(trace->digest != NULL);
    sim_buffer_init(&trace->pending);
    sim_buffer_init(&trace->line);
    sim_trace_restart(trace);
    return trace;
}

void sim_trace_destroy(struct sim_trace *trace)
{
    if (trace == NULL)
        return;
    EVP_MD_CTX_free(trace->digest);
    sim_buffer_fini(&trace->pending);
    sim_buffer_fini(&trace->line);
    free(trace->listeners);
    free(trace);
}

void sim_trace_restart(struct sim_trace *trace)
{
    trace->began_us = sim_clock_now_us(trace->clock);
    trace->count = 0;
    sim_buffer_clear(&trace->pending);
    CHECK(EVP_DigestInit_ex(trace->digest, EVP_sha256(), NULL) == 1);
}

/* Decimal digits by hand: printf would cost more than the rest of the line. */
static void append_number(struct sim_buffer *line, int64_t number)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do
        digits[--at] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (number < 0)
        digits[--at] = '-';
    sim_buffer_append(line, digits + at, sizeof digits - at);
}

static void append_text(struct sim_buffer *line, const char *text)
{
    if (text == NULL)
        sim_buffer_append(line, "null", 4);
    else
        sim_buffer_append_json_string(line, text);
}

static void append_field(struct sim_buffer *line, const struct sim_field *field)
{
    sim_buffer_append(line, ",", 1);
    sim_buffer_append_json_string(line, field->name);
    sim_buffer_append(line, ":", 1);
    switch (field->kind) {
    case SIM_FIELD_TEXT:
        append_text(line, field->text);
        break;
    case SIM_FIELD_NUMBER:
        append_number(line, field->number);
        break;
    case SIM_FIELD_FLAG:
        sim_buffer_append_text(line, field->number != 0 ? "true" : "false");
        break;
    }
}

static void format_line(struct sim_buffer *line, const struct sim_trace_event *event,
                        uint64_t began_us)
{
    sim_buffer_clear(line);
    sim_buffer_append(line, "{\"t\":", 5);
    append_number(line, (int64_t)(event->at_us - began_us));
    sim_buffer_append(line, ",\"e\":", 5);
    append_text(line, event->type);
    sim_buffer_append(line, ",\"r\":", 5);
    append_text(line, event->region);
    for (size_t i = 0; i < event->field_count; i++)
        append_field(line, &event->fields[i]);
    sim_buffer_append(line, "}\n", 2);
}

static void hash_pending(EVP_MD_CTX *digest, const struct sim_buffer *pending)
{
    if (pending->length_bytes > 0)
        CHECK(EVP_DigestUpdate(digest, pending->data, pending->length_bytes) == 1);
}

static void keep_line(struct sim_trace *trace, const struct sim_trace_event *event)
{
    struct sim_buffer *line = &trace->line;
    format_line(line, event, trace->began_us);
    if (trace->file != NULL) /* whoever gave the file asks ferror() */
        (void)fwrite(line->data, 1, line->length_bytes, trace->file);
    if (!trace->hashing)
        return;
    sim_buffer_append(&trace->pending, line->data, line->length_bytes);
    if (trace->pending.length_bytes >= HASH_BATCH_BYTES) {
        hash_pending(trace->digest, &trace->pending);
        sim_buffer_clear(&trace->pending);
    }
}

/* A listener may write to the trace and take itself off the list while it is called. */
static void tell(struct sim_trace *trace, const struct sim_trace_event *event)
{
    for (size_t i = 0; i < trace->listener_count;) {
        struct listener told = trace->listeners[i];
        told.run(told.context, event);
        if (i < trace->listener_count && trace->listeners[i].run == told.run &&
            trace->listeners[i].context == told.context)
            i++;
    }
}

bool sim_trace_is_read(const struct sim_trace *trace)
{
    return trace->hashing || trace->file != NULL || trace->listener_count > 0;
}

void sim_trace_write(struct sim_trace *trace, const char *type, const char *region,
                     const struct sim_field *fields, size_t field_count)
{
    PRE(type != NULL);
    trace->count++;
    bool has_line = trace->hashing || trace->file != NULL;
    if (!has_line && trace->listener_count == 0)
        return;
    const struct sim_trace_event event = {
        .at_us = sim_clock_now_us(trace->clock),
        .type = type,
        .region = region,
        .fields = fields,
        .field_count = field_count,
        .sequence = trace->count,
    };
    if (has_line)
        keep_line(trace, &event);
    tell(trace, &event);
}

void sim_trace_listen(struct sim_trace *trace, sim_trace_listener *listener, void *context)
{
    PRE(listener != NULL);
    trace->listeners =
        sim_realloc_array(trace->listeners, trace->listener_count + 1, sizeof *trace->listeners);
    trace->listeners[trace->listener_count++] =
        (struct listener){.run = listener, .context = context};
}

void sim_trace_unlisten(struct sim_trace *trace, sim_trace_listener *listener, void *context)
{
    for (size_t i = 0; i < trace->listener_count; i++) {
        struct listener *at = &trace->listeners[i];
        if (at->run != listener || at->context != context)
            continue;
        trace->listener_count--;
        memmove(at, at + 1, (trace->listener_count - i) * sizeof *at);
        return;
    }
}

void sim_trace_set_hashing(struct sim_trace *trace, bool on)
{
    trace->hashing = on;
}

void sim_trace_set_file(struct sim_trace *trace, FILE *file)
{
    trace->file = file;
}

void sim_trace_hash(const struct sim_trace *trace, char text[SIM_TRACE_HASH_TEXT_BYTES])
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    CHECK(copy != NULL);
    CHECK(EVP_MD_CTX_copy_ex(copy, trace->digest) == 1);
    hash_pending(copy, &trace->pending);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned hash_bytes = 0;
    CHECK(EVP_DigestFinal_ex(copy, hash, &hash_bytes) == 1);
    EVP_MD_CTX_free(copy);
    CHECK(hash_bytes * 2 + 1 == SIM_TRACE_HASH_TEXT_BYTES);
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < hash_bytes; i++) {
        text[2 * i] = digits[hash[i] >> 4];
        text[2 * i + 1] = digits[hash[i] & 15];
    }
    text[2 * hash_bytes] = '\0';
}

uint64_t sim_trace_count(const struct sim_trace *trace)
{
    return trace->count;
}

uint64_t sim_trace_began_us(const struct sim_trace *trace)
{
    return trace->began_us;
}

const struct sim_field *sim_trace_field_find(const struct sim_trace_event *event, const char *name)
{
    for (size_t i = 0; i < event->field_count; i++)
        if (strcmp(event->fields[i].name, name) == 0)
            return &event->fields[i];
    return NULL;
}
