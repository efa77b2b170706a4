/* xml_write.c -- writes values by their shapes. */
#include "emulators/wire/xml_write.h"

#include <string.h>

#include "emulators/wire/front_message.h"
#include "emulators/wire/rest_output.h"

struct writer {
    struct sim_buffer *buffer;
    struct sim_arena *arena;
};

static const char *escape_of(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\r':
        return "&#xD;";
    default:
        return NULL;
    }
}

/* How many bytes at at XML 1.0 cannot carry: control characters, U+FFFE and U+FFFF, and in a text
 * that is not UTF-8 whatever is not ASCII. */
static size_t unspeakable_bytes(const char *at, bool is_utf8)
{
    const unsigned char byte = (unsigned char)*at;
    if (byte < 0x20)
        return byte == '\t' || byte == '\n' ? 0 : 1;
    if (byte < 0x80)
        return 0;
    if (!is_utf8)
        return 1;
    return memcmp(at, "\xEF\xBF", 2) == 0 && (unsigned char)at[2] >= 0xBE ? 3 : 0;
}

void xml_write_text(struct sim_buffer *buffer, const char *text)
{
    const bool is_utf8 = front_is_utf8(text, strlen(text));
    const char *run = text; /* start of what needs no escape */
    const char *at = text;
    while (*at != '\0') {
        const char *escape = escape_of(*at);
        const size_t bytes = escape != NULL ? 1 : unspeakable_bytes(at, is_utf8);
        if (bytes == 0) {
            at++;
            continue;
        }
        sim_buffer_append(buffer, run, (size_t)(at - run));
        sim_buffer_append_text(buffer, escape != NULL ? escape : "?");
        at += bytes;
        run = at;
    }
    sim_buffer_append_text(buffer, run);
}

static void open_tag(struct sim_buffer *buffer, const char *name)
{
    sim_buffer_append(buffer, "<", 1);
    sim_buffer_append_text(buffer, name);
}

static void close_tag(struct sim_buffer *buffer, const char *name)
{
    sim_buffer_append(buffer, "</", 2);
    sim_buffer_append_text(buffer, name);
    sim_buffer_append(buffer, ">", 1);
}

void xml_write_element(struct sim_buffer *buffer, const char *name, const char *text)
{
    open_tag(buffer, name);
    sim_buffer_append(buffer, ">", 1);
    xml_write_text(buffer, text);
    close_tag(buffer, name);
}

static void write_value(struct writer *writer, const char *name, const struct wire_shape *shape,
                        const cJSON *value);

static void write_attributes(struct writer *writer, const struct wire_shape *shape,
                             const cJSON *value)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct wire_member_fact *member = &shape->members[i];
        const cJSON *attribute = member->is_xml_attribute ? wire_member(value, member->name) : NULL;
        const char *text =
            attribute == NULL ? NULL : rest_output_text(writer->arena, member->shape, attribute);
        if (text == NULL)
            continue;
        sim_buffer_printf(writer->buffer, " %s=\"", member->wire_name);
        xml_write_text(writer->buffer, text);
        sim_buffer_append(writer->buffer, "\"", 1);
    }
}

static void write_member(struct writer *writer, const struct wire_member_fact *member,
                         const cJSON *value)
{
    const bool is_flat =
        member->shape->kind == SHAPE_LIST && (member->is_flattened || member->shape->is_flattened);
    if (!is_flat) {
        write_value(writer, member->wire_name, member->shape, value);
        return;
    }
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, value)
    {
        write_value(writer, member->wire_name, member->shape->element, element);
    }
}

static void write_members(struct writer *writer, const struct wire_shape *shape, const cJSON *value)
{
    for (size_t i = 0; value != NULL && i < shape->member_count; i++) {
        const struct wire_member_fact *member = &shape->members[i];
        if (member->location != IN_BODY || member->is_xml_attribute)
            continue;
        const cJSON *child = wire_member(value, member->name);
        if (child != NULL && !cJSON_IsNull(child))
            write_member(writer, member, child);
    }
}

static void write_elements(struct writer *writer, const struct wire_shape *shape,
                           const cJSON *value)
{
    const char *name = shape->element_name == NULL ? "member" : shape->element_name;
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, value)
    {
        write_value(writer, name, shape->element, element);
    }
}

static void write_entries(struct writer *writer, const struct wire_shape *shape, const cJSON *value)
{
    const cJSON *entry = NULL;
    cJSON_ArrayForEach(entry, value)
    {
        sim_buffer_append_text(writer->buffer, "<entry>");
        xml_write_element(writer->buffer, "key", entry->string);
        write_value(writer, "value", shape->value, entry);
        sim_buffer_append_text(writer->buffer, "</entry>");
    }
}

static void write_value(struct writer *writer, const char *name, const struct wire_shape *shape,
                        const cJSON *value)
{
    const bool is_structure = shape->kind == SHAPE_STRUCTURE;
    open_tag(writer->buffer, name);
    if (is_structure)
        write_attributes(writer, shape, value);
    sim_buffer_append(writer->buffer, ">", 1);
    if (is_structure) {
        write_members(writer, shape, value);
    } else if (shape->kind == SHAPE_LIST) {
        write_elements(writer, shape, value);
    } else if (shape->kind == SHAPE_MAP) {
        write_entries(writer, shape, value);
    } else {
        const char *text = rest_output_text(writer->arena, shape, value);
        xml_write_text(writer->buffer, text == NULL ? "" : text);
    }
    close_tag(writer->buffer, name);
}

void xml_write_document(struct sim_buffer *buffer, struct sim_arena *arena, const char *root,
                        const char *name_space, const struct wire_shape *shape, const cJSON *value)
{
    struct writer writer = {buffer, arena};
    sim_buffer_append_text(buffer, XML_WRITE_PROLOG);
    open_tag(buffer, root);
    if (name_space != NULL) {
        sim_buffer_append_text(buffer, " xmlns=\"");
        xml_write_text(buffer, name_space);
        sim_buffer_append(buffer, "\"", 1);
    }
    sim_buffer_append(buffer, ">", 1);
    write_members(&writer, shape, value);
    close_tag(buffer, root);
}
