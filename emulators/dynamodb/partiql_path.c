/* Document paths: a.b[0]."c d"['e']. */
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/partiql_parser.h"
#include "sim/core/buffer.h"

struct elements {
    struct ddb_path_element items[DDB_PATH_ELEMENTS_MAX];
    size_t count;
};

static bool add(struct ddb_partiql_parser *parser, struct elements *elements,
                struct ddb_path_element element)
{
    if (elements->count == DDB_PATH_ELEMENTS_MAX)
        return ddb_invalid(parser->fault,
                           "The document path has too many nesting levels; nesting levels: %d",
                           DDB_PATH_ELEMENTS_MAX + 1);
    elements->items[elements->count++] = element;
    return true;
}

static bool add_name(struct ddb_partiql_parser *parser, struct elements *elements)
{
    const char *text = parser->token->text;
    parser->token++;
    if (text[0] == '\0')
        return ddb_invalid(parser->fault, "Path component cannot be an empty string");
    return add(parser, elements, (struct ddb_path_element){DDB_PATH_NAME, text, 0});
}

static bool fail_index(struct ddb_partiql_parser *parser, bool is_negative)
{
    const struct ddb_partiql_token *token = parser->token;
    return ddb_invalid(
        parser->fault, "List index is not within the allowable range; index: [%s%s] at %u:%u:%u",
        is_negative ? "-" : "", token->text, token->line, token->column, token->length_bytes);
}

static bool add_index(struct ddb_partiql_parser *parser, struct elements *elements)
{
    bool is_negative = ddb_partiql_take_sign(parser, "-");
    const char *text = parser->token->text;
    if (parser->token->kind != DDB_PARTIQL_NUMBER || strspn(text, "0123456789") != strlen(text))
        return ddb_invalid(parser->fault, "The path has a step that is not allowed here");
    unsigned long long index = strtoull(text, NULL, 10);
    if (index > INT32_MAX || (is_negative && index > 0))
        return fail_index(parser, is_negative);
    parser->token++;
    return add(parser, elements, (struct ddb_path_element){DDB_PATH_INDEX, NULL, (uint32_t)index});
}

static bool add_bracket(struct ddb_partiql_parser *parser, struct elements *elements)
{
    bool is_good = parser->token->kind == DDB_PARTIQL_STRING ? add_name(parser, elements)
                                                             : add_index(parser, elements);
    return is_good && ddb_partiql_want_sign(parser, "]");
}

static bool is_name(const struct ddb_partiql_token *token)
{
    return token->kind == DDB_PARTIQL_QUOTED || token->kind == DDB_PARTIQL_NAME;
}

static void note_path(struct ddb_partiql_parser *parser, struct ddb_path path)
{
    if (parser->path_count == parser->path_capacity) {
        size_t capacity = parser->path_capacity == 0 ? 8 : parser->path_capacity * 2;
        struct ddb_path *paths =
            sim_arena_alloc_array(parser->arena, capacity, sizeof *parser->paths);
        for (size_t i = 0; i < parser->path_count; i++)
            paths[i] = parser->paths[i];
        parser->paths = paths;
        parser->path_capacity = capacity;
    }
    parser->paths[parser->path_count++] = path;
}

bool ddb_partiql_parse_path(struct ddb_partiql_parser *parser, struct ddb_path *path)
{
    struct elements elements = {.count = 0};
    if (!is_name(parser->token) || ddb_partiql_token_is_keyword(parser->token))
        return ddb_partiql_unexpected(parser);
    if (!add_name(parser, &elements))
        return false;
    for (;;) {
        bool is_good = true;
        if (ddb_partiql_take_sign(parser, "."))
            is_good = is_name(parser->token) && !ddb_partiql_token_is_keyword(parser->token)
                          ? add_name(parser, &elements)
                          : ddb_partiql_malformed(parser, "Invalid path dot component");
        else if (ddb_partiql_take_sign(parser, "["))
            is_good = add_bracket(parser, &elements);
        else
            break;
        if (!is_good)
            return false;
    }
    path->elements =
        sim_arena_memdup(parser->arena, elements.items, elements.count * sizeof elements.items[0]);
    path->element_count = elements.count;
    note_path(parser, *path);
    return true;
}

const char *ddb_partiql_column_name(struct sim_arena *arena, const struct ddb_path *path)
{
    size_t first = path->element_count - 1;
    while (path->elements[first].kind == DDB_PATH_INDEX)
        first--;
    struct sim_buffer text;
    sim_buffer_init(&text);
    sim_buffer_append_text(&text, path->elements[first].text);
    for (size_t i = first + 1; i < path->element_count; i++)
        sim_buffer_printf(&text, "[%u]", path->elements[i].number);
    const char *name = sim_arena_strdup(arena, text.data);
    sim_buffer_fini(&text);
    return name;
}
