#include "emulators/wire/validate_text.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

size_t wire_text_length(const char *text)
{
    size_t units = 0;
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if ((*at & 0xc0) != 0x80) /* the first byte of a character */
            units++;
        if (*at >= 0xf0) /* outside the basic plane: a surrogate pair */
            units++;
    }
    return units;
}

/* --- a value as Java's toString() shows it --- */

static void append_value(struct sim_buffer *text, const struct wire_shape *shape,
                         const cJSON *value, size_t limit);

static bool is_full(const struct sim_buffer *text, size_t limit)
{
    return text->length_bytes >= limit;
}

/* Whole characters only, as far as the limit lets. */
static void append_text(struct sim_buffer *text, const char *value, size_t limit)
{
    size_t length = strlen(value);
    size_t room = is_full(text, limit) ? 0 : limit - text->length_bytes;
    if (length > room) {
        length = room;
        while (length > 0 && ((unsigned char)value[length] & 0xc0) == 0x80)
            length--;
    }
    sim_buffer_append(text, value, length);
}

static void append_structure(struct sim_buffer *text, const struct wire_shape *shape,
                             const cJSON *value, size_t limit)
{
    const char *separator = "";
    append_text(text, shape->name, limit);
    append_text(text, "(", limit);
    for (size_t i = 0; i < shape->member_count && !is_full(text, limit); i++) {
        const struct wire_member_fact *member = &shape->members[i];
        const cJSON *child = cJSON_GetObjectItemCaseSensitive(value, member->name);
        if (child == NULL)
            continue;
        sim_buffer_printf(text, "%s%c%s=", separator, tolower((unsigned char)member->name[0]),
                          member->name + 1);
        append_value(text, member->shape, child, limit);
        separator = ", ";
    }
    append_text(text, ")", limit);
}

static void append_list(struct sim_buffer *text, const struct wire_shape *shape, const cJSON *value,
                        size_t limit)
{
    append_text(text, "[", limit);
    for (const cJSON *child = value->child; child != NULL && !is_full(text, limit);
         child = child->next) {
        append_value(text, shape->element, child, limit);
        append_text(text, child->next == NULL ? "" : ", ", limit);
    }
    append_text(text, "]", limit);
}

static void append_map(struct sim_buffer *text, const struct wire_shape *shape, const cJSON *value,
                       size_t limit)
{
    append_text(text, "{", limit);
    for (const cJSON *child = value->child; child != NULL && !is_full(text, limit);
         child = child->next) {
        append_text(text, child->string, limit);
        append_text(text, "=", limit);
        append_value(text, shape->value, child, limit);
        append_text(text, child->next == NULL ? "" : ", ", limit);
    }
    append_text(text, "}", limit);
}

static void append_value(struct sim_buffer *text, const struct wire_shape *shape,
                         const cJSON *value, size_t limit)
{
    if (shape->kind == SHAPE_STRUCTURE)
        append_structure(text, shape, value, limit);
    else if (shape->kind == SHAPE_LIST)
        append_list(text, shape, value, limit);
    else if (shape->kind == SHAPE_MAP)
        append_map(text, shape, value, limit);
    else if (cJSON_IsString(value))
        append_text(text, value->valuestring, limit);
    else if (cJSON_IsBool(value))
        append_text(text, cJSON_IsTrue(value) ? "true" : "false", limit);
    else if (value->valuedouble == floor(value->valuedouble))
        sim_buffer_printf(text, "%.0f", value->valuedouble);
    else
        sim_buffer_printf(text, "%.15g", value->valuedouble);
}

void wire_value_append(struct sim_buffer *text, const struct wire_shape *shape, const cJSON *value)
{
    append_value(text, shape, value, text->length_bytes + WIRE_VALUE_SHOWN_MAX);
}

/* --- constraints --- */

void wire_constraint_append(struct sim_buffer *text, const struct wire_shape *shape,
                            enum wire_constraint kind)
{
    switch (kind) {
    case CONSTRAINT_NOT_NULL:
        sim_buffer_append_text(text, "Member must not be null");
        return;
    case CONSTRAINT_ENUM:
        sim_buffer_append_text(text, "Member must satisfy enum value set: [");
        for (size_t i = 0; i < shape->value_count; i++)
            sim_buffer_printf(text, "%s%s", i == 0 ? "" : ", ", shape->values[i]);
        sim_buffer_append_text(text, "]");
        return;
    case CONSTRAINT_PATTERN:
        sim_buffer_printf(text, "Member must satisfy regular expression pattern: %s",
                          shape->pattern);
        return;
    case CONSTRAINT_LENGTH_MAX:
        sim_buffer_printf(text, "Member must have length less than or equal to %lld",
                          (long long)shape->max);
        return;
    case CONSTRAINT_LENGTH_MIN:
        sim_buffer_printf(text, "Member must have length greater than or equal to %lld",
                          (long long)shape->min);
        return;
    case CONSTRAINT_VALUE_MAX:
        sim_buffer_printf(text, "Member must have value less than or equal to %lld",
                          (long long)shape->max);
        return;
    case CONSTRAINT_VALUE_MIN:
        sim_buffer_printf(text, "Member must have value greater than or equal to %lld",
                          (long long)shape->min);
        return;
    }
}

static bool is_sized(const struct wire_shape *shape)
{
    return shape->kind == SHAPE_STRING || shape->kind == SHAPE_BLOB || shape->kind == SHAPE_LIST ||
           shape->kind == SHAPE_MAP;
}

void wire_constraints_append(struct sim_buffer *text, const char *lead,
                             const struct wire_shape *shape)
{
    const struct {
        bool applies;
        enum wire_constraint kind;
    } rows[] = {
        {shape->has_max && is_sized(shape), CONSTRAINT_LENGTH_MAX},
        {shape->has_min && is_sized(shape), CONSTRAINT_LENGTH_MIN},
        {shape->has_max && !is_sized(shape), CONSTRAINT_VALUE_MAX},
        {shape->has_min && !is_sized(shape), CONSTRAINT_VALUE_MIN},
        {shape->pattern != NULL, CONSTRAINT_PATTERN},
        {shape->value_count > 0, CONSTRAINT_ENUM},
    };
    const char *separator = "";
    sim_buffer_printf(text, "%s[", lead);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!rows[i].applies)
            continue;
        sim_buffer_append_text(text, separator);
        wire_constraint_append(text, shape, rows[i].kind);
        separator = ", ";
    }
    sim_buffer_append_text(text, "]");
}
