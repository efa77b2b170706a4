/* rest_output.c -- values on their way out. */
#include "emulators/wire/rest_output.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "emulators/wire/http_date.h"

static const struct wire_member_fact *find_by_name(const struct wire_shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->member_count; i++)
        if (strcmp(shape->members[i].name, name) == 0)
            return &shape->members[i];
    return NULL;
}

/* Whole numbers print as such; the rest as cJSON prints them. */
static const char *number_text(struct sim_arena *arena, const cJSON *value)
{
    const double number = value->valuedouble;
    if (number >= -9007199254740992.0 && number <= 9007199254740992.0 && floor(number) == number)
        return sim_arena_printf(arena, "%lld", (long long)number);
    char text[64];
    if (!cJSON_PrintPreallocated((cJSON *)(uintptr_t)value, text, sizeof(text), false))
        return "0"; /* cannot be: a number needs 26 characters */
    return sim_arena_strdup(arena, text);
}

static const char *timestamp_text(struct sim_arena *arena, const struct wire_shape *shape,
                                  const cJSON *value)
{
    const double seconds = value->valuedouble;
    const double latest = 253402300799.0; /* the end of the year 9999 */
    const uint64_t time_us =
        seconds > 0 ? (uint64_t)((seconds < latest ? seconds : latest) * 1e6 + 0.5) : 0;
    switch (shape->timestamp) {
    case TIMESTAMP_UNIX:
        return number_text(arena, value);
    case TIMESTAMP_RFC822: {
        char *text = sim_arena_alloc(arena, HTTP_DATE_BYTES);
        http_date_format(time_us / SIM_US_PER_S, text);
        return text;
    }
    case TIMESTAMP_DEFAULT:
    case TIMESTAMP_ISO8601:
        break;
    }
    char *text = sim_arena_alloc(arena, SIM_CLOCK_TEXT_BYTES);
    sim_clock_format(time_us, text);
    return text;
}

const char *rest_output_text(struct sim_arena *arena, const struct wire_shape *shape,
                             const cJSON *value)
{
    if (cJSON_IsString(value) || cJSON_IsRaw(value))
        return value->valuestring;
    if (cJSON_IsBool(value))
        return cJSON_IsTrue(value) ? "true" : "false";
    if (!cJSON_IsNumber(value))
        return NULL;
    if (shape != NULL && shape->kind == SHAPE_TIMESTAMP)
        return timestamp_text(arena, shape, value);
    return number_text(arena, value);
}

void rest_output_outside(const struct front_exchange *exchange, const cJSON *output,
                         struct front_reply *reply)
{
    const struct wire_shape *shape = exchange->operation->output;
    reply->status = exchange->operation->status != 0 ? exchange->operation->status : 200;
    for (size_t i = 0; output != NULL && i < shape->member_count; i++) {
        const struct wire_member_fact *member = &shape->members[i];
        const cJSON *value = wire_member(output, member->name);
        if (value == NULL || member->location == IN_BODY)
            continue;
        if (member->location == IN_STATUS_CODE && cJSON_IsNumber(value)) {
            reply->status = value->valueint;
            continue;
        }
        const char *text = rest_output_text(exchange->message.arena, member->shape, value);
        /* A text with a line break would be another header. */
        if (member->location == IN_HEADER && text != NULL && strpbrk(text, "\r\n") == NULL)
            front_reply_add(reply, member->wire_name, text);
    }
}

static void append_plain(struct sim_buffer *buffer, const cJSON *value)
{
    char *text = cJSON_PrintUnformatted(value);
    CHECK(text != NULL);
    sim_buffer_append_text(buffer, text);
    cJSON_free(text);
}

static void append_structure(struct sim_buffer *buffer, const struct wire_shape *shape,
                             const cJSON *value)
{
    size_t count = 0;
    const cJSON *child = NULL;
    sim_buffer_append(buffer, "{", 1);
    cJSON_ArrayForEach(child, value)
    {
        const struct wire_member_fact *member = find_by_name(shape, child->string);
        if (member != NULL && member->location != IN_BODY)
            continue;
        if (count++ > 0)
            sim_buffer_append(buffer, ",", 1);
        sim_buffer_append_json_string(buffer, member != NULL ? member->wire_name : child->string);
        sim_buffer_append(buffer, ":", 1);
        if (member != NULL)
            rest_output_json(buffer, member->shape, child);
        else
            append_plain(buffer, child);
    }
    sim_buffer_append(buffer, "}", 1);
}

static void append_items(struct sim_buffer *buffer, const struct wire_shape *shape,
                         const cJSON *value)
{
    const bool is_map = shape->kind == SHAPE_MAP;
    const cJSON *child = NULL;
    sim_buffer_append(buffer, is_map ? "{" : "[", 1);
    cJSON_ArrayForEach(child, value)
    {
        if (child != value->child)
            sim_buffer_append(buffer, ",", 1);
        if (is_map) {
            sim_buffer_append_json_string(buffer, child->string);
            sim_buffer_append(buffer, ":", 1);
        }
        rest_output_json(buffer, is_map ? shape->value : shape->element, child);
    }
    sim_buffer_append(buffer, is_map ? "}" : "]", 1);
}

static void append_timestamp(struct sim_buffer *buffer, const struct wire_shape *shape,
                             const cJSON *value)
{
    if (shape->timestamp == TIMESTAMP_DEFAULT || shape->timestamp == TIMESTAMP_UNIX) {
        append_plain(buffer, value);
        return;
    }
    struct sim_arena *arena = sim_arena_create();
    sim_buffer_append_json_string(buffer, timestamp_text(arena, shape, value));
    sim_arena_destroy(arena);
}

void rest_output_json(struct sim_buffer *buffer, const struct wire_shape *shape, const cJSON *value)
{
    if (value == NULL)
        sim_buffer_append(buffer, "{}", 2);
    else if (shape->kind == SHAPE_STRUCTURE && cJSON_IsObject(value))
        append_structure(buffer, shape, value);
    else if ((shape->kind == SHAPE_LIST && cJSON_IsArray(value)) ||
             (shape->kind == SHAPE_MAP && cJSON_IsObject(value)))
        append_items(buffer, shape, value);
    else if (shape->kind == SHAPE_TIMESTAMP && cJSON_IsNumber(value))
        append_timestamp(buffer, shape, value);
    else
        append_plain(buffer, value);
}
