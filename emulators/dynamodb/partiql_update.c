/* UPDATE's clauses: SET path = value [, ...] and REMOVE path [, ...], in any number and order. */
#include <string.h>
#include <strings.h>

#include "emulators/dynamodb/partiql_parser.h"

struct link {
    struct ddb_action action;
    struct link *next;
};

struct links {
    struct link *first;
    struct link *last;
    size_t count;
};

static void append(struct ddb_partiql_parser *parser, struct links *links, struct ddb_action action)
{
    struct link *link = sim_arena_alloc(parser->arena, sizeof *link);
    link->action = action;
    if (links->last == NULL)
        links->first = link;
    else
        links->last->next = link;
    links->last = link;
    links->count++;
}

/* --- set_add(path, <<...>>), set_delete(path, <<...>>) ------------------------------------------
 */

static const struct set_function {
    const char *name;
    const char *printed;
    enum ddb_action_kind kind;
} set_functions[] = {{"set_add", "SET_ADD", DDB_ACTION_ADD},
                     {"set_delete", "SET_DELETE", DDB_ACTION_DELETE}};

static const struct set_function *find_set_function(const struct ddb_partiql_parser *parser)
{
    const struct ddb_partiql_token *token = parser->token;
    if (token->kind != DDB_PARTIQL_NAME || !ddb_partiql_token_is_sign(token + 1, "("))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(set_functions); i++)
        if (strcasecmp(token->text, set_functions[i].name) == 0)
            return &set_functions[i];
    return NULL;
}

static bool fail_argument(struct ddb_partiql_parser *parser, const char *which,
                          const struct set_function *function, const char *what,
                          const struct ddb_partiql_token *token)
{
    return ddb_invalid(parser->fault, "The %s argument to %s must %s at %u:%u:%u", which,
                       function->printed, what, token->line, token->column, token->length_bytes);
}

static bool is_target(const struct ddb_partiql_term *argument, const struct ddb_path *path)
{
    return argument->operand != NULL && argument->operand->kind == DDB_OPERAND_PATH &&
           ddb_path_equal(&argument->operand->path, path, NULL);
}

static bool is_set(const struct ddb_partiql_parser *parser, const struct ddb_partiql_term *argument)
{
    const struct ddb_operand *operand = argument->operand;
    return operand != NULL && operand->kind == DDB_OPERAND_VALUE &&
           ddb_type_is_set(ddb_value_type(parser->values[operand->value_slot]));
}

static bool parse_set_function(struct ddb_partiql_parser *parser,
                               const struct set_function *function, struct ddb_action *action)
{
    const struct ddb_partiql_token *name = parser->token;
    struct ddb_partiql_term *arguments = NULL;
    size_t count = 0;
    parser->token += 2;
    if (!ddb_partiql_parse_terms(parser, ")", &arguments, &count))
        return false;
    if (count != 2)
        return ddb_partiql_fail_at(parser, name,
                                   sim_arena_printf(parser->arena,
                                                    "%s must have exactly two arguments",
                                                    function->printed));
    if (!is_target(&arguments[0], &action->path))
        return fail_argument(parser, "first", function, "equal the assignment value", name);
    if (!is_set(parser, &arguments[1]))
        return fail_argument(parser, "second", function, "be a value with type SET", name + 2);
    action->kind = function->kind;
    action->operand = arguments[1].operand;
    return true;
}

/* --- clauses -----------------------------------------------------------------------------------
 */

static bool parse_assignment(struct ddb_partiql_parser *parser, struct links *links)
{
    struct ddb_action action = {.kind = DDB_ACTION_SET};
    struct ddb_partiql_term term;
    if (!ddb_partiql_parse_path(parser, &action.path) || !ddb_partiql_want_sign(parser, "="))
        return false;
    const struct set_function *function = find_set_function(parser);
    if (function != NULL) {
        if (!parse_set_function(parser, function, &action))
            return false;
        append(parser, links, action);
        return true;
    }
    if (ddb_partiql_at_end(parser))
        return ddb_partiql_unexpected(parser);
    if (!ddb_partiql_parse_term(parser, &term))
        return false;
    if (term.operand == NULL || term.operand->kind == DDB_OPERAND_SIZE)
        return ddb_invalid(parser->fault, "Unsupported operation in SET clause: only values, "
                                          "attributes, sums and update functions can be assigned");
    action.operand = term.operand;
    append(parser, links, action);
    return true;
}

static bool parse_removal(struct ddb_partiql_parser *parser, struct links *links)
{
    struct ddb_action action = {.kind = DDB_ACTION_REMOVE};
    if (!ddb_partiql_parse_path(parser, &action.path))
        return false;
    append(parser, links, action);
    return true;
}

bool ddb_partiql_parse_update(struct ddb_partiql_parser *parser, const struct ddb_action **actions,
                              size_t *action_count)
{
    struct links links = {0};
    for (;;) {
        bool is_set_clause = ddb_partiql_take_word(parser, "SET");
        if (!is_set_clause && !ddb_partiql_take_word(parser, "REMOVE"))
            break;
        do {
            if (is_set_clause ? !parse_assignment(parser, &links) : !parse_removal(parser, &links))
                return false;
        } while (ddb_partiql_take_sign(parser, ","));
    }
    if (links.count == 0)
        return ddb_partiql_malformed(parser, "Expected data manipulation");
    struct ddb_action *made = sim_arena_alloc_array(parser->arena, links.count, sizeof *made);
    for (const struct link *link = links.first; link != NULL; link = link->next)
        made[(*action_count)++] = link->action;
    *actions = made;
    return true;
}
