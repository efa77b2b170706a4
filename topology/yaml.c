#include "topology/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "sim/core/buffer.h"

struct reader {
    yaml_parser_t parser;
    struct sim_arena *arena;
    const char *file;
    size_t node_count;
    struct sim_error *error;
};

static enum sim_result fail_at(struct reader *reader, const yaml_mark_t *mark, const char *format,
                               ...) PRINTF_LIKE(3, 4);

static enum sim_result fail_at(struct reader *reader, const yaml_mark_t *mark, const char *format,
                               ...)
{
    char sentence[768];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return sim_error_set(reader->error, RESULT_INVALID, "%s:%zu:%zu: %s", reader->file,
                         mark->line + 1, mark->column + 1, sentence);
}

enum sim_result topo_node_fail(const struct topo_node *node, struct sim_error *error,
                               const char *format, ...)
{
    char sentence[768];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return sim_error_set(error, RESULT_INVALID, "%s:%zu:%zu: %s", node->file, node->line,
                         node->column, sentence);
}

/* libyaml's own complaint, with its context where it has one. */
static enum sim_result fail_syntax(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    yaml_mark_t mark = parser->problem_mark;
    if (parser->error == YAML_READER_ERROR)
        mark = parser->mark;
    const char *problem = parser->problem != NULL ? parser->problem : "out of memory";
    const char *context = parser->context != NULL ? parser->context : "";
    return fail_at(reader, &mark, "this is neither YAML nor JSON: %s%s%s", problem,
                   context[0] != '\0' ? " " : "", context);
}

static enum sim_result next_event(struct reader *reader, yaml_event_t *event)
{
    if (yaml_parser_parse(&reader->parser, event) == 1)
        return RESULT_OK;
    return fail_syntax(reader);
}

/* Anchors and tags would make a file mean more than it shows. */
static enum sim_result refuse_decoration(struct reader *reader, const yaml_event_t *event,
                                         const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL)
        return fail_at(reader, &event->start_mark,
                       "the anchor '&%s' is not supported; write the value where it is needed",
                       (const char *)anchor);
    if (tag != NULL)
        return fail_at(reader, &event->start_mark,
                       "the tag '%s' is not supported; quotes make a value text",
                       (const char *)tag);
    return RESULT_OK;
}

static enum sim_result create_node(struct reader *reader, const yaml_event_t *event,
                                   enum topo_node_kind kind, struct topo_node **node)
{
    if (++reader->node_count > TOPO_YAML_MAX_NODES) {
        fail_at(reader, &event->start_mark, "too many values; at most %zu are allowed",
                TOPO_YAML_MAX_NODES);
        return RESULT_INVALID;
    }
    struct topo_node *made = sim_arena_alloc(reader->arena, sizeof *made);
    made->kind = kind;
    made->file = reader->file;
    made->line = event->start_mark.line + 1;
    made->column = event->start_mark.column + 1;
    *node = made;
    return RESULT_OK;
}

static enum sim_result read_scalar(struct reader *reader, const yaml_event_t *event,
                                   struct topo_node **node)
{
    enum sim_result result =
        refuse_decoration(reader, event, event->data.scalar.anchor, event->data.scalar.tag);
    if (result != RESULT_OK)
        return result;
    const char *value = (const char *)event->data.scalar.value;
    if (strlen(value) != event->data.scalar.length)
        return fail_at(reader, &event->start_mark, "text must not contain a NUL character");
    struct topo_node *made = NULL;
    result = create_node(reader, event, TOPO_SCALAR, &made);
    if (result != RESULT_OK)
        return result;
    made->text = sim_arena_strdup(reader->arena, value);
    made->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    *node = made;
    return RESULT_OK;
}

static enum sim_result read_node(struct reader *reader, const yaml_event_t *event, unsigned depth,
                                 struct topo_node **node);

static enum sim_result read_sequence(struct reader *reader, const yaml_event_t *start,
                                     unsigned depth, struct topo_node **node)
{
    struct topo_node *sequence = NULL;
    enum sim_result result = create_node(reader, start, TOPO_SEQUENCE, &sequence);
    const struct topo_node **tail = result == RESULT_OK ? &sequence->first : NULL;
    bool ended = false;
    while (result == RESULT_OK && !ended) {
        yaml_event_t event;
        result = next_event(reader, &event);
        if (result != RESULT_OK)
            return result;
        ended = event.type == YAML_SEQUENCE_END_EVENT;
        struct topo_node *child = NULL;
        if (!ended)
            result = read_node(reader, &event, depth + 1, &child);
        yaml_event_delete(&event);
        if (child != NULL) {
            child->parent = sequence;
            *tail = child;
            tail = &child->next;
            sequence->count++;
        }
    }
    if (result == RESULT_OK)
        *node = sequence;
    return result;
}

static int by_key_then_place(const void *left, const void *right)
{
    const struct topo_node *a = *(const struct topo_node *const *)left;
    const struct topo_node *b = *(const struct topo_node *const *)right;
    int order = strcmp(a->key->text, b->key->text);
    if (order != 0)
        return order;
    if (a->key->line != b->key->line)
        return a->key->line < b->key->line ? -1 : 1;
    return a->key->column < b->key->column ? -1 : a->key->column > b->key->column;
}

/* Sorted, because a file may bring tens of thousands of keys. */
static enum sim_result refuse_duplicate_keys(struct reader *reader, const struct topo_node *mapping)
{
    if (mapping->count < 2)
        return RESULT_OK;
    const struct topo_node **children = sim_alloc_array(mapping->count, sizeof *children);
    size_t count = 0;
    for (const struct topo_node *child = mapping->first; child != NULL; child = child->next)
        children[count++] = child;
    qsort(children, count, sizeof *children, by_key_then_place);
    enum sim_result result = RESULT_OK;
    for (size_t i = 1; i < count && result == RESULT_OK; i++) {
        const struct topo_node *first = children[i - 1]->key;
        const struct topo_node *second = children[i]->key;
        if (strcmp(first->text, second->text) == 0)
            result =
                topo_node_fail(second, reader->error,
                               "'%s' stands here for the second time; the first is in line %zu",
                               second->text, first->line);
    }
    free(children);
    return result;
}

/* One "key: value"; event holds the key. */
static enum sim_result read_pair(struct reader *reader, const yaml_event_t *event, unsigned depth,
                                 struct topo_node *mapping, struct topo_node **value)
{
    if (event->type != YAML_SCALAR_EVENT && event->type != YAML_ALIAS_EVENT)
        return fail_at(reader, &event->start_mark, "a key must be text");
    struct topo_node *key = NULL;
    enum sim_result result = read_node(reader, event, depth + 1, &key);
    if (result != RESULT_OK)
        return result;
    yaml_event_t value_event;
    result = next_event(reader, &value_event);
    if (result != RESULT_OK)
        return result;
    struct topo_node *made = NULL;
    result = read_node(reader, &value_event, depth + 1, &made);
    yaml_event_delete(&value_event);
    if (result != RESULT_OK)
        return result;
    key->parent = mapping;
    made->parent = mapping;
    made->key = key;
    *value = made;
    return RESULT_OK;
}

static enum sim_result read_mapping(struct reader *reader, const yaml_event_t *start,
                                    unsigned depth, struct topo_node **node)
{
    struct topo_node *mapping = NULL;
    enum sim_result result = create_node(reader, start, TOPO_MAPPING, &mapping);
    const struct topo_node **tail = result == RESULT_OK ? &mapping->first : NULL;
    bool ended = false;
    while (result == RESULT_OK && !ended) {
        yaml_event_t event;
        result = next_event(reader, &event);
        if (result != RESULT_OK)
            return result;
        ended = event.type == YAML_MAPPING_END_EVENT;
        struct topo_node *child = NULL;
        if (!ended)
            result = read_pair(reader, &event, depth, mapping, &child);
        yaml_event_delete(&event);
        if (child != NULL) {
            *tail = child;
            tail = &child->next;
            mapping->count++;
        }
    }
    if (result == RESULT_OK)
        result = refuse_duplicate_keys(reader, mapping);
    if (result == RESULT_OK)
        *node = mapping;
    return result;
}

static enum sim_result read_node(struct reader *reader, const yaml_event_t *event, unsigned depth,
                                 struct topo_node **node)
{
    if (depth > TOPO_YAML_MAX_DEPTH) {
        fail_at(reader, &event->start_mark, "nested too deeply; at most %d levels are allowed",
                TOPO_YAML_MAX_DEPTH);
        return RESULT_INVALID;
    }
    if (event->type == YAML_SCALAR_EVENT)
        return read_scalar(reader, event, node);
    if (event->type == YAML_ALIAS_EVENT)
        return fail_at(reader, &event->start_mark,
                       "the alias '*%s' is not supported; write the value where it is needed",
                       (const char *)event->data.alias.anchor);
    bool is_sequence = event->type == YAML_SEQUENCE_START_EVENT;
    if (!is_sequence && event->type != YAML_MAPPING_START_EVENT)
        return fail_at(reader, &event->start_mark, "a value is missing here");
    enum sim_result result = refuse_decoration(
        reader, event,
        is_sequence ? event->data.sequence_start.anchor : event->data.mapping_start.anchor,
        is_sequence ? event->data.sequence_start.tag : event->data.mapping_start.tag);
    if (result != RESULT_OK)
        return result;
    return is_sequence ? read_sequence(reader, event, depth, node)
                       : read_mapping(reader, event, depth, node);
}

/* The frame of a stream: one document with one value. */
static enum sim_result read_document(struct reader *reader, struct topo_node **root)
{
    size_t document_count = 0;
    for (;;) {
        yaml_event_t event;
        enum sim_result result = next_event(reader, &event);
        if (result != RESULT_OK)
            return result;
        bool ended = event.type == YAML_STREAM_END_EVENT;
        bool is_frame = ended || event.type == YAML_STREAM_START_EVENT ||
                        event.type == YAML_DOCUMENT_START_EVENT ||
                        event.type == YAML_DOCUMENT_END_EVENT;
        if (event.type == YAML_DOCUMENT_START_EVENT && ++document_count > 1)
            result = fail_at(reader, &event.start_mark,
                             "a second document begins here; only one is allowed");
        else if (!is_frame)
            result = read_node(reader, &event, 1, root);
        yaml_event_delete(&event);
        if (result != RESULT_OK || ended)
            return result;
    }
}

enum sim_result topo_yaml_parse(struct sim_arena *arena, const char *file, const char *text,
                                size_t text_bytes, const struct topo_node **root,
                                struct sim_error *error)
{
    PRE(arena != NULL && file != NULL && text != NULL);
    if (text_bytes > TOPO_YAML_MAX_BYTES)
        return sim_error_set(error, RESULT_INVALID,
                             "%s:1:1: the file has %zu bytes; at most %zu are allowed", file,
                             text_bytes, TOPO_YAML_MAX_BYTES);
    struct reader reader = {.arena = arena, .file = sim_arena_strdup(arena, file), .error = error};
    if (yaml_parser_initialize(&reader.parser) != 1)
        return sim_error_set(error, RESULT_NO_MEMORY, "%s:1:1: out of memory", file);
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, text_bytes);
    struct topo_node *read = NULL;
    enum sim_result result = read_document(&reader, &read);
    yaml_parser_delete(&reader.parser);
    if (result != RESULT_OK) {
        if (error != NULL)
            error->result = result;
        return result;
    }
    if (read == NULL)
        return sim_error_set(error, RESULT_INVALID,
                             "%s:1:1: the file is empty; a mapping of keys is expected", file);
    *root = read;
    return RESULT_OK;
}

/* Reads at most one byte more than is allowed, so that the parser can say it is too much. */
static enum sim_result read_stream(FILE *stream, const char *path, struct sim_buffer *text,
                                   struct sim_error *error)
{
    while (text->length_bytes <= TOPO_YAML_MAX_BYTES) {
        char block[16384];
        size_t got = fread(block, 1, sizeof block, stream);
        sim_buffer_append(text, block, got);
        if (got < sizeof block)
            break;
    }
    if (ferror(stream))
        return sim_error_set(error, RESULT_INVALID, "%s: cannot be read: %s", path,
                             strerror(errno));
    return RESULT_OK;
}

enum sim_result topo_yaml_load(struct sim_arena *arena, const char *path,
                               const struct topo_node **root, struct sim_error *error)
{
    FILE *stream = fopen(path, "rbe");
    if (stream == NULL)
        return sim_error_set(error, errno == ENOENT ? RESULT_NOT_FOUND : RESULT_INVALID,
                             "%s: cannot be opened: %s", path, strerror(errno));
    struct sim_buffer text;
    sim_buffer_init(&text);
    enum sim_result result = read_stream(stream, path, &text, error);
    fclose(stream);
    if (result == RESULT_OK)
        result = topo_yaml_parse(arena, path, text.data, text.length_bytes, root, error);
    sim_buffer_fini(&text);
    return result;
}

const struct topo_node *topo_node_find(const struct topo_node *mapping, const char *key)
{
    if (mapping == NULL || mapping->kind != TOPO_MAPPING)
        return NULL;
    for (const struct topo_node *child = mapping->first; child != NULL; child = child->next)
        if (strcmp(child->key->text, key) == 0)
            return child;
    return NULL;
}
