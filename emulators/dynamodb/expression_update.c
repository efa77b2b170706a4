/* The grammar of update expressions. */
#include <string.h>

#include "emulators/dynamodb/expression_parser.h"

static bool parse_term(struct ddb_parser *parser, bool may_sum, const struct ddb_operand **operand);

static void note_function(struct ddb_parser *parser, const char *name)
{
    static const char *const of_conditions[] = {"attribute_exists", "attribute_not_exists",
                                                "attribute_type",   "begins_with",
                                                "contains",         "size"};
    for (size_t i = 0; i < ARRAY_LEN(of_conditions); i++)
        if (strcmp(of_conditions[i], name) == 0)
            ddb_parser_note(parser, DDB_DEFECT_UNKNOWN_FUNCTION,
                            "The function is not allowed in an update expression; function: %s",
                            name);
    ddb_parser_note(parser, DDB_DEFECT_UNKNOWN_FUNCTION, "Invalid function name; function: %s",
                    name);
}

static bool parse_function(struct ddb_parser *parser, const struct ddb_operand **operand)
{
    struct ddb_operand made = {.kind = DDB_OPERAND_LIST_APPEND};
    const struct ddb_operand *arguments[2] = {NULL, NULL};
    size_t count = 0;
    const char *name =
        sim_arena_strndup(parser->arena, parser->current.start, parser->current.length_bytes);
    ddb_parser_advance(parser);
    parser->operator_count++;
    if (!ddb_parser_enter(parser) || !ddb_parser_expect(parser, DDB_TOKEN_OPEN))
        return false;
    do {
        if (count > 0)
            ddb_parser_advance(parser); /* the comma */
        const struct ddb_operand *argument = NULL;
        if (!parse_term(parser, false, &argument))
            return false;
        if (count < ARRAY_LEN(arguments))
            arguments[count] = argument;
        count++;
    } while (ddb_parser_is_at(parser, DDB_TOKEN_COMMA));
    ddb_parser_leave(parser);
    if (!ddb_parser_expect(parser, DDB_TOKEN_CLOSE))
        return false;
    if (strcmp(name, "if_not_exists") == 0)
        made.kind = DDB_OPERAND_IF_NOT_EXISTS;
    else if (strcmp(name, "list_append") != 0)
        note_function(parser, name);
    if (count != ARRAY_LEN(arguments))
        ddb_parser_note_operand_count(parser, name, count);
    for (size_t i = 0; made.kind == DDB_OPERAND_LIST_APPEND && i < ARRAY_LEN(arguments); i++)
        if (arguments[i] != NULL && arguments[i]->kind == DDB_OPERAND_LIST_APPEND)
            ddb_parser_note(parser, DDB_DEFECT_MISUSED_FUNCTION,
                            "The function is not allowed to be used this way in an expression; "
                            "function: %s",
                            name);
    made.left = arguments[0];
    made.right = arguments[1];
    *operand = ddb_parser_operand(parser, made);
    return true;
}

/* One + or -; what it joins holds no further one, and neither do functions. */
static bool parse_sum(struct ddb_parser *parser, const struct ddb_operand **operand)
{
    if (!parse_term(parser, true, operand))
        return false;
    bool is_plus = ddb_parser_is_at(parser, DDB_TOKEN_PLUS);
    if (!is_plus && !ddb_parser_is_at(parser, DDB_TOKEN_MINUS))
        return true;
    if ((*operand)->kind == DDB_OPERAND_PLUS || (*operand)->kind == DDB_OPERAND_MINUS)
        return ddb_parser_fail(parser);
    struct ddb_operand sum = {.kind = is_plus ? DDB_OPERAND_PLUS : DDB_OPERAND_MINUS,
                              .left = *operand};
    ddb_parser_advance(parser);
    parser->operator_count++;
    if (!parse_term(parser, false, &sum.right))
        return false;
    *operand = ddb_parser_operand(parser, sum);
    return true;
}

static bool parse_group(struct ddb_parser *parser, bool may_sum, const struct ddb_operand **operand)
{
    ddb_parser_advance(parser);
    bool starts_group = ddb_parser_is_at(parser, DDB_TOKEN_OPEN);
    if (!ddb_parser_enter(parser))
        return false;
    if (may_sum ? !parse_sum(parser, operand) : !parse_term(parser, false, operand))
        return false;
    ddb_parser_leave(parser);
    bool ends_group = parser->previous.kind == DDB_TOKEN_CLOSE;
    bool is_sum = (*operand)->kind == DDB_OPERAND_PLUS || (*operand)->kind == DDB_OPERAND_MINUS;
    if (starts_group && ends_group && !is_sum)
        ddb_parser_note_redundant_parentheses(parser);
    return ddb_parser_expect(parser, DDB_TOKEN_CLOSE);
}

static bool parse_term(struct ddb_parser *parser, bool may_sum, const struct ddb_operand **operand)
{
    struct ddb_operand made = {.kind = DDB_OPERAND_VALUE};
    if (ddb_parser_is_at(parser, DDB_TOKEN_OPEN))
        return parse_group(parser, may_sum, operand);
    if (ddb_parser_is_at_function(parser))
        return parse_function(parser, operand);
    if (ddb_parser_is_at(parser, DDB_TOKEN_VALUE_PLACEHOLDER)) {
        if (!ddb_parser_value(parser, &made.value_slot))
            return false;
    } else {
        made.kind = DDB_OPERAND_PATH;
        if (!ddb_parser_path(parser, &made.path))
            return false;
    }
    *operand = ddb_parser_operand(parser, made);
    return true;
}

static bool parse_action(struct ddb_parser *parser, struct ddb_action *action)
{
    struct ddb_operand value = {.kind = DDB_OPERAND_VALUE};
    if (!ddb_parser_path(parser, &action->path))
        return false;
    switch (action->kind) {
    case DDB_ACTION_SET:
        return ddb_parser_expect(parser, DDB_TOKEN_EQ) && parse_sum(parser, &action->operand);
    case DDB_ACTION_REMOVE:
        return true;
    case DDB_ACTION_ADD:
    case DDB_ACTION_DELETE:
        if (!ddb_parser_value(parser, &value.value_slot))
            return false;
        action->operand = ddb_parser_operand(parser, value);
        return true;
    }
    return false;
}

struct sections {
    struct ddb_action *actions;
    size_t count;
    bool is_seen[DDB_ACTION_DELETE + 1];
};

static bool parse_section(struct ddb_parser *parser, enum ddb_action_kind kind, const char *word,
                          struct sections *sections)
{
    if (sections->is_seen[kind])
        ddb_parser_note(parser, DDB_DEFECT_SECTION,
                        "The \"%s\" section can only be used once in an update expression;", word);
    sections->is_seen[kind] = true;
    do {
        ddb_parser_advance(parser); /* the section's word, then commas */
        sections->actions = ddb_list_grow(parser->arena, sections->actions, sections->count,
                                          sizeof *sections->actions);
        struct ddb_action *action = &sections->actions[sections->count++];
        *action = (struct ddb_action){.kind = kind};
        if (!parse_action(parser, action))
            return false;
    } while (ddb_parser_is_at(parser, DDB_TOKEN_COMMA));
    return true;
}

bool ddb_parse_update(struct ddb_parser *parser, struct ddb_action **actions, size_t *action_count)
{
    static const char *const words[] = {[DDB_ACTION_SET] = "SET",
                                        [DDB_ACTION_REMOVE] = "REMOVE",
                                        [DDB_ACTION_ADD] = "ADD",
                                        [DDB_ACTION_DELETE] = "DELETE"};
    struct sections sections = {0};
    do {
        size_t kind = 0;
        while (kind < ARRAY_LEN(words) && !ddb_parser_is_at_word(parser, words[kind]))
            kind++;
        if (kind == ARRAY_LEN(words))
            return ddb_parser_fail(parser);
        if (!parse_section(parser, (enum ddb_action_kind)kind, words[kind], &sections))
            return false;
    } while (!ddb_parser_is_at(parser, DDB_TOKEN_END));
    *actions = sections.actions;
    *action_count = sections.count;
    return true;
}
