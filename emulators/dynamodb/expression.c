/* The parser's common ground: tokens, paths, placeholders, collected faults, projections. */
#include "emulators/dynamodb/expression.h"

#include <string.h>

#include "emulators/dynamodb/expression_parser.h"
#include "emulators/dynamodb/reserved_words.h"

static const char *const kind_names[DDB_EXPRESSION_KIND_COUNT] = {
    [DDB_EXPRESSION_CONDITION] = "ConditionExpression",
    [DDB_EXPRESSION_FILTER] = "FilterExpression",
    [DDB_EXPRESSION_UPDATE] = "UpdateExpression",
    [DDB_EXPRESSION_PROJECTION] = "ProjectionExpression",
    [DDB_EXPRESSION_KEY_CONDITION] = "KeyConditionExpression",
};

const char *ddb_expression_kind_name(enum ddb_expression_kind kind)
{
    PRE(kind < DDB_EXPRESSION_KIND_COUNT);
    return kind_names[kind];
}

const char *ddb_condition_kind_name(enum ddb_condition_kind kind)
{
    static const char *const names[] = {
        [DDB_CONDITION_AND] = "AND",
        [DDB_CONDITION_OR] = "OR",
        [DDB_CONDITION_NOT] = "NOT",
        [DDB_CONDITION_EQ] = "=",
        [DDB_CONDITION_NE] = "<>",
        [DDB_CONDITION_LT] = "<",
        [DDB_CONDITION_LE] = "<=",
        [DDB_CONDITION_GT] = ">",
        [DDB_CONDITION_GE] = ">=",
        [DDB_CONDITION_BETWEEN] = "BETWEEN",
        [DDB_CONDITION_IN] = "IN",
        [DDB_CONDITION_EXISTS] = "attribute_exists",
        [DDB_CONDITION_NOT_EXISTS] = "attribute_not_exists",
        [DDB_CONDITION_TYPE] = "attribute_type",
        [DDB_CONDITION_BEGINS_WITH] = "begins_with",
        [DDB_CONDITION_CONTAINS] = "contains",
    };
    PRE(kind < ARRAY_LEN(names));
    return names[kind];
}

/* --- the parser's steps ---------------------------------------------------------------------- */

void *ddb_list_grow(struct sim_arena *arena, void *items, size_t count, size_t item_bytes)
{
    bool is_full = count == 0 || (count >= 4 && (count & (count - 1)) == 0);
    if (!is_full)
        return items;
    size_t capacity = count < 4 ? 4 : count * 2;
    void *grown = sim_arena_alloc_array(arena, capacity, item_bytes);
    if (count > 0)
        memcpy(grown, items, count * item_bytes);
    return grown;
}

void ddb_parser_advance(struct ddb_parser *parser)
{
    parser->previous = parser->current;
    parser->current = parser->lookahead;
    parser->lookahead = ddb_token_next(&parser->at);
}

bool ddb_parser_is_at(const struct ddb_parser *parser, enum ddb_token_kind kind)
{
    return parser->current.kind == kind;
}

bool ddb_parser_is_at_word(const struct ddb_parser *parser, const char *word)
{
    return ddb_token_is_word(&parser->current, word);
}

static bool is_keyword(const struct ddb_parser *parser, const struct ddb_token *token)
{
    static const char *const condition_words[] = {"AND", "OR", "NOT", "IN", "BETWEEN", NULL};
    static const char *const update_words[] = {"SET", "REMOVE", "ADD", "DELETE", NULL};
    static const char *const no_words[] = {NULL};
    const char *const *words = parser->kind == DDB_EXPRESSION_UPDATE       ? update_words
                               : parser->kind == DDB_EXPRESSION_PROJECTION ? no_words
                                                                           : condition_words;
    for (; *words != NULL; words++)
        if (ddb_token_is_word(token, *words))
            return true;
    return false;
}

bool ddb_parser_is_at_function(const struct ddb_parser *parser)
{
    return parser->current.kind == DDB_TOKEN_NAME && parser->lookahead.kind == DDB_TOKEN_OPEN &&
           !is_keyword(parser, &parser->current);
}

/* The token and its neighbours, as they stand in the text. */
bool ddb_parser_fail(struct ddb_parser *parser)
{
    const struct ddb_token *token = &parser->current;
    bool is_end = token->kind == DDB_TOKEN_END;
    const char *start = parser->previous.length_bytes > 0 ? parser->previous.start : token->start;
    const struct ddb_token *last = is_end                                ? &parser->previous
                                   : parser->lookahead.length_bytes == 0 ? token
                                                                         : &parser->lookahead;
    int near_bytes = last->start == NULL ? 0 : (int)(last->start + last->length_bytes - start);
    return ddb_invalid(parser->fault, "Invalid %s: Syntax error; token: \"%.*s\", near: \"%.*s\"",
                       kind_names[parser->kind], is_end ? 5 : (int)token->length_bytes,
                       is_end ? "<EOF>" : token->start, near_bytes, start);
}

bool ddb_parser_expect(struct ddb_parser *parser, enum ddb_token_kind kind)
{
    if (parser->current.kind != kind)
        return ddb_parser_fail(parser);
    ddb_parser_advance(parser);
    return true;
}

bool ddb_parser_enter(struct ddb_parser *parser)
{
    if (parser->nesting++ < DDB_EXPRESSION_NESTING_MAX)
        return true;
    if (parser->operator_count > DDB_EXPRESSION_OPERATORS_MAX)
        return ddb_invalid(
            parser->fault,
            "Invalid %s: The expression contains too many operators; operator count: %zu",
            kind_names[parser->kind], parser->operator_count);
    return ddb_invalid(parser->fault, "Invalid %s: The expression has redundant parentheses;",
                       kind_names[parser->kind]);
}

void ddb_parser_leave(struct ddb_parser *parser)
{
    PRE(parser->nesting > 0);
    parser->nesting--;
}

void ddb_parser_note(struct ddb_parser *parser, enum ddb_expression_defect defect,
                     const char *format, ...)
{
    if (parser->defects[defect] != NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    parser->defects[defect] = sim_arena_vprintf(parser->arena, format, arguments);
    va_end(arguments);
}

void ddb_parser_note_redundant_parentheses(struct ddb_parser *parser)
{
    ddb_parser_note(parser, DDB_DEFECT_PARENTHESES, "The expression has redundant parentheses;");
}

void ddb_parser_note_operand_count(struct ddb_parser *parser, const char *function,
                                   size_t operand_count)
{
    ddb_parser_note(parser, DDB_DEFECT_OPERAND_COUNT,
                    "Incorrect number of operands for operator or function; operator or function: "
                    "%s, number of operands: %zu",
                    function, operand_count);
}

/* --- placeholders and paths ------------------------------------------------------------------ */

static uint32_t slot_of(struct ddb_parser *parser, const char ***list, size_t *count,
                        const struct ddb_token *token)
{
    for (size_t i = 0; i < *count; i++)
        if (strlen((*list)[i]) == token->length_bytes &&
            memcmp((*list)[i], token->start, token->length_bytes) == 0)
            return (uint32_t)i;
    *list = ddb_list_grow(parser->arena, (void *)*list, *count, sizeof **list);
    (*list)[*count] = sim_arena_strndup(parser->arena, token->start, token->length_bytes);
    return (uint32_t)(*count)++;
}

bool ddb_parser_value(struct ddb_parser *parser, uint32_t *value_slot)
{
    if (!ddb_parser_is_at(parser, DDB_TOKEN_VALUE_PLACEHOLDER))
        return ddb_parser_fail(parser);
    size_t known_count = parser->value_count;
    *value_slot = slot_of(parser, &parser->values, &parser->value_count, &parser->current);
    if (parser->value_count > known_count) {
        parser->names_before = ddb_list_grow(parser->arena, parser->names_before, known_count,
                                             sizeof *parser->names_before);
        parser->names_before[known_count] = (uint32_t)parser->name_count;
    }
    ddb_parser_advance(parser);
    return true;
}

static bool parse_name(struct ddb_parser *parser, struct ddb_path_element *element)
{
    const struct ddb_token *token = &parser->current;
    if (token->kind == DDB_TOKEN_NAME_PLACEHOLDER) {
        uint32_t slot = slot_of(parser, &parser->names, &parser->name_count, token);
        *element = (struct ddb_path_element){DDB_PATH_PLACEHOLDER, parser->names[slot], slot};
    } else if (token->kind == DDB_TOKEN_NAME && !is_keyword(parser, token)) {
        const char *text = sim_arena_strndup(parser->arena, token->start, token->length_bytes);
        if (ddb_is_reserved_word(text))
            ddb_parser_note(parser, DDB_DEFECT_RESERVED_WORD,
                            "Attribute name is a reserved keyword; reserved keyword: %s", text);
        *element = (struct ddb_path_element){DDB_PATH_NAME, text, 0};
    } else {
        return ddb_parser_fail(parser);
    }
    ddb_parser_advance(parser);
    return true;
}

static bool parse_index(struct ddb_parser *parser, struct ddb_path_element *element)
{
    uint64_t number = 0;
    if (!ddb_parser_is_at(parser, DDB_TOKEN_DIGITS))
        return ddb_parser_fail(parser);
    for (size_t i = 0; i < parser->current.length_bytes && number <= UINT32_MAX; i++)
        number = number * 10 + (uint64_t)(parser->current.start[i] - '0');
    *element = (struct ddb_path_element){DDB_PATH_INDEX, NULL,
                                         number > UINT32_MAX ? UINT32_MAX : (uint32_t)number};
    ddb_parser_advance(parser);
    return ddb_parser_expect(parser, DDB_TOKEN_CLOSE_BRACKET);
}

/* Remembers the path among the expression's paths. */
static void keep_path(struct ddb_parser *parser, const struct ddb_path *path)
{
    if (path->element_count > DDB_PATH_ELEMENTS_MAX)
        ddb_parser_note(parser, DDB_DEFECT_PATH_DEPTH,
                        "The document path has too many nesting levels; nesting levels: %zu",
                        path->element_count);
    parser->paths =
        ddb_list_grow(parser->arena, parser->paths, parser->path_count, sizeof *parser->paths);
    parser->paths[parser->path_count++] = *path;
}

static bool parse_steps(struct ddb_parser *parser, struct ddb_path_element *elements, size_t count,
                        struct ddb_path *path)
{
    while (ddb_parser_is_at(parser, DDB_TOKEN_DOT) ||
           ddb_parser_is_at(parser, DDB_TOKEN_OPEN_BRACKET)) {
        bool is_index = ddb_parser_is_at(parser, DDB_TOKEN_OPEN_BRACKET);
        ddb_parser_advance(parser);
        elements = ddb_list_grow(parser->arena, elements, count, sizeof *elements);
        if (is_index ? !parse_index(parser, &elements[count])
                     : !parse_name(parser, &elements[count]))
            return false;
        count++;
    }
    *path = (struct ddb_path){elements, count};
    keep_path(parser, path);
    return true;
}

bool ddb_parser_path(struct ddb_parser *parser, struct ddb_path *path)
{
    struct ddb_path_element *elements = ddb_list_grow(parser->arena, NULL, 0, sizeof *elements);
    return parse_name(parser, &elements[0]) && parse_steps(parser, elements, 1, path);
}

bool ddb_parser_path_tail(struct ddb_parser *parser, struct ddb_path *path)
{
    struct ddb_path_element *elements = NULL;
    for (size_t i = 0; i < path->element_count; i++) {
        elements = ddb_list_grow(parser->arena, elements, i, sizeof *elements);
        elements[i] = path->elements[i];
    }
    parser->path_count--; /* the longer one replaces the one just kept */
    return parse_steps(parser, elements, path->element_count, path);
}

const struct ddb_operand *ddb_parser_operand(struct ddb_parser *parser, struct ddb_operand operand)
{
    return sim_arena_memdup(parser->arena, &operand, sizeof operand);
}

/* --- the whole ------------------------------------------------------------------------------- */

static bool parse_projection(struct ddb_parser *parser)
{
    struct ddb_path path;
    if (!ddb_parser_path(parser, &path))
        return false;
    while (ddb_parser_is_at(parser, DDB_TOKEN_COMMA)) {
        ddb_parser_advance(parser);
        if (!ddb_parser_path(parser, &path))
            return false;
    }
    return true;
}

static bool report_defects(struct ddb_parser *parser)
{
    static const enum ddb_expression_defect condition_order[] = {
        DDB_DEFECT_PARENTHESES,   DDB_DEFECT_UNKNOWN_FUNCTION, DDB_DEFECT_MISUSED_FUNCTION,
        DDB_DEFECT_RESERVED_WORD, DDB_DEFECT_SECTION,          DDB_DEFECT_PATH_DEPTH};
    static const enum ddb_expression_defect update_order[] = {
        DDB_DEFECT_PARENTHESES,      DDB_DEFECT_RESERVED_WORD, DDB_DEFECT_UNKNOWN_FUNCTION,
        DDB_DEFECT_MISUSED_FUNCTION, DDB_DEFECT_SECTION,       DDB_DEFECT_PATH_DEPTH};
    bool is_update = parser->kind == DDB_EXPRESSION_UPDATE;
    const enum ddb_expression_defect *order = is_update ? update_order : condition_order;
    _Static_assert(ARRAY_LEN(condition_order) == ARRAY_LEN(update_order), "one length for both");
    for (size_t i = 0; i < ARRAY_LEN(update_order); i++)
        if (parser->defects[order[i]] != NULL)
            return ddb_invalid(parser->fault, "Invalid %s: %s", kind_names[parser->kind],
                               parser->defects[order[i]]);
    if (parser->operator_count > DDB_EXPRESSION_OPERATORS_MAX)
        return ddb_invalid(
            parser->fault,
            "Invalid %s: The expression contains too many operators; operator count: %zu",
            kind_names[parser->kind], parser->operator_count);
    return true;
}

static bool parse_kind(struct ddb_parser *parser, struct ddb_expression *expression)
{
    struct ddb_action *actions = NULL;
    bool is_good = false;
    switch (parser->kind) {
    case DDB_EXPRESSION_CONDITION:
    case DDB_EXPRESSION_FILTER:
    case DDB_EXPRESSION_KEY_CONDITION:
        is_good = ddb_parse_condition(parser, &expression->condition);
        break;
    case DDB_EXPRESSION_UPDATE:
        is_good = ddb_parse_update(parser, &actions, &expression->action_count);
        expression->actions = actions;
        break;
    case DDB_EXPRESSION_PROJECTION:
        is_good = parse_projection(parser);
        break;
    case DDB_EXPRESSION_KIND_COUNT:
        break;
    }
    return is_good && ddb_parser_expect(parser, DDB_TOKEN_END) && report_defects(parser);
}

static bool check_text(enum ddb_expression_kind kind, const char *text, struct ddb_fault *fault)
{
    size_t text_bytes = strlen(text);
    if (text_bytes > DDB_EXPRESSION_BYTES_MAX && kind == DDB_EXPRESSION_UPDATE)
        return ddb_invalid(fault, "Invalid UpdateExpression: Expression size has exceeded the "
                                  "maximum allowed size;");
    if (text_bytes > DDB_EXPRESSION_BYTES_MAX)
        return ddb_invalid(fault,
                           "Invalid %s: Expression size has exceeded the maximum allowed size; "
                           "expression size: %zu",
                           kind_names[kind], text_bytes);
    const char *at = text;
    if (ddb_token_next(&at).kind == DDB_TOKEN_END)
        return ddb_invalid(fault, "Invalid %s: The expression can not be empty;", kind_names[kind]);
    return true;
}

bool ddb_expression_parse(struct sim_arena *arena, enum ddb_expression_kind kind, const char *text,
                          const struct ddb_expression **expression, struct ddb_fault *fault)
{
    PRE(kind < DDB_EXPRESSION_KIND_COUNT);
    if (!check_text(kind, text, fault))
        return false;
    struct ddb_parser parser = {.arena = arena, .kind = kind, .at = text, .fault = fault};
    parser.lookahead = ddb_token_next(&parser.at);
    parser.current.start = text;
    ddb_parser_advance(&parser);
    parser.previous.length_bytes = 0;
    struct ddb_expression *made = sim_arena_alloc(arena, sizeof *made);
    if (!parse_kind(&parser, made))
        return false;
    made->kind = kind;
    made->names = parser.names;
    made->name_count = parser.name_count;
    made->values = parser.values;
    made->names_before = parser.names_before;
    made->value_count = parser.value_count;
    made->paths = parser.paths;
    made->path_count = parser.path_count;
    made->operand_fault = parser.defects[DDB_DEFECT_OPERAND_COUNT];
    *expression = made;
    return true;
}
