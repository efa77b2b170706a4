/* The grammar of conditions: also filters and key conditions.
 *
 * What stands in parentheses may turn out an operand or a condition, and a function may turn out
 * either, so the parser works on nodes that decide late. */
#include <string.h>

#include "emulators/dynamodb/expression_parser.h"

enum node_kind { NODE_OPERAND, NODE_CONDITION, NODE_FUNCTION };

struct node {
    enum node_kind kind;
    struct ddb_operand operand;
    const struct ddb_condition *condition;
    const char *function; /* its name, and what it was called with */
    const struct ddb_operand **arguments;
    size_t argument_count;
    bool is_grouped; /* nothing but one pair of parentheses and what is in it */
};

static const struct function {
    const char *name;
    size_t operand_count;
    enum ddb_condition_kind condition;
    bool is_size; /* the one that is an operand */
} functions[] = {
    {"attribute_exists", 1, DDB_CONDITION_EXISTS, false},
    {"attribute_not_exists", 1, DDB_CONDITION_NOT_EXISTS, false},
    {"attribute_type", 2, DDB_CONDITION_TYPE, false},
    {"begins_with", 2, DDB_CONDITION_BEGINS_WITH, false},
    {"contains", 2, DDB_CONDITION_CONTAINS, false},
    {"size", 1, DDB_CONDITION_AND, true},
};

static const struct {
    enum ddb_token_kind token;
    enum ddb_condition_kind condition;
} comparators[] = {
    {DDB_TOKEN_EQ, DDB_CONDITION_EQ}, {DDB_TOKEN_NE, DDB_CONDITION_NE},
    {DDB_TOKEN_LT, DDB_CONDITION_LT}, {DDB_TOKEN_LE, DDB_CONDITION_LE},
    {DDB_TOKEN_GT, DDB_CONDITION_GT}, {DDB_TOKEN_GE, DDB_CONDITION_GE},
};

static bool parse_or(struct ddb_parser *parser, struct node *node);
static bool parse_argument(struct ddb_parser *parser, const struct ddb_operand **operand,
                           bool *is_grouped);

static const struct function *find_function(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(functions); i++)
        if (strcmp(functions[i].name, name) == 0)
            return &functions[i];
    return NULL;
}

static void note_unknown_function(struct ddb_parser *parser, const char *name)
{
    if (strcmp(name, "if_not_exists") == 0 || strcmp(name, "list_append") == 0)
        ddb_parser_note(parser, DDB_DEFECT_UNKNOWN_FUNCTION,
                        "The function is not allowed in a condition expression; function: %s",
                        name);
    else
        ddb_parser_note(parser, DDB_DEFECT_UNKNOWN_FUNCTION, "Invalid function name; function: %s",
                        name);
}

static void note_misused_function(struct ddb_parser *parser, const char *name)
{
    ddb_parser_note(parser, DDB_DEFECT_MISUSED_FUNCTION,
                    "The function is not allowed to be used this way in an expression; function: "
                    "%s",
                    name);
}

static const struct ddb_condition *make_condition(struct ddb_parser *parser,
                                                  struct ddb_condition condition)
{
    return sim_arena_memdup(parser->arena, &condition, sizeof condition);
}

/* --- nodes decide --------------------------------------------------------------------------- */

/* A node where an operand is wanted. */
static const struct ddb_operand *as_operand(struct ddb_parser *parser, const struct node *node)
{
    PRE(node->kind != NODE_CONDITION);
    if (node->kind == NODE_OPERAND)
        return ddb_parser_operand(parser, node->operand);
    const struct function *function = find_function(node->function);
    if (function != NULL && !function->is_size)
        note_misused_function(parser, node->function);
    struct ddb_operand size = {.kind = DDB_OPERAND_SIZE, .left = node->arguments[0]};
    return ddb_parser_operand(parser, size);
}

/* A node where a condition is wanted; false after a syntax error. */
static bool as_condition(struct ddb_parser *parser, const struct node *node,
                         const struct ddb_condition **condition)
{
    struct ddb_condition made = {.kind = DDB_CONDITION_EXISTS};
    if (node->kind == NODE_OPERAND)
        return ddb_parser_fail(parser);
    if (node->kind == NODE_CONDITION) {
        *condition = node->condition;
        return true;
    }
    const struct function *function = find_function(node->function);
    if (function != NULL && function->is_size)
        note_misused_function(parser, node->function);
    else if (function != NULL)
        made.kind = function->condition;
    made.operands = node->arguments;
    made.operand_count = node->argument_count;
    *condition = make_condition(parser, made);
    return true;
}

/* --- operands ------------------------------------------------------------------------------- */

static bool parse_arguments(struct ddb_parser *parser, const struct ddb_operand ***arguments,
                            size_t *argument_count)
{
    if (!ddb_parser_expect(parser, DDB_TOKEN_OPEN))
        return false;
    const struct ddb_operand **list = *arguments;
    size_t count = *argument_count;
    bool is_grouped = false;
    do {
        if (ddb_parser_is_at(parser, DDB_TOKEN_COMMA))
            ddb_parser_advance(parser);
        list =
            ddb_list_grow(parser->arena, (void *)list, count, sizeof(const struct ddb_operand *));
        if (!parse_argument(parser, &list[count], &is_grouped))
            return false;
        count++;
    } while (ddb_parser_is_at(parser, DDB_TOKEN_COMMA));
    *arguments = list;
    *argument_count = count;
    return ddb_parser_expect(parser, DDB_TOKEN_CLOSE);
}

static bool parse_function(struct ddb_parser *parser, struct node *node)
{
    *node = (struct node){.kind = NODE_FUNCTION};
    node->function =
        sim_arena_strndup(parser->arena, parser->current.start, parser->current.length_bytes);
    const struct function *function = find_function(node->function);
    ddb_parser_advance(parser);
    parser->operator_count++;
    if (!ddb_parser_enter(parser) ||
        !parse_arguments(parser, &node->arguments, &node->argument_count))
        return false;
    ddb_parser_leave(parser);
    if (function == NULL)
        note_unknown_function(parser, node->function);
    else if (function->operand_count != node->argument_count)
        ddb_parser_note_operand_count(parser, node->function, node->argument_count);
    return true;
}

static bool parse_simple_operand(struct ddb_parser *parser, struct node *node)
{
    if (ddb_parser_is_at_function(parser))
        return parse_function(parser, node);
    *node = (struct node){.kind = NODE_OPERAND};
    if (ddb_parser_is_at(parser, DDB_TOKEN_VALUE_PLACEHOLDER)) {
        node->operand.kind = DDB_OPERAND_VALUE;
        return ddb_parser_value(parser, &node->operand.value_slot);
    }
    node->operand.kind = DDB_OPERAND_PATH;
    return ddb_parser_path(parser, &node->operand.path);
}

/* (a).b goes on behind the parentheses. */
static bool continue_path(struct ddb_parser *parser, struct node *node)
{
    bool goes_on =
        ddb_parser_is_at(parser, DDB_TOKEN_DOT) || ddb_parser_is_at(parser, DDB_TOKEN_OPEN_BRACKET);
    if (!goes_on || node->kind != NODE_OPERAND || node->operand.kind != DDB_OPERAND_PATH)
        return true;
    node->is_grouped = false;
    return ddb_parser_path_tail(parser, &node->operand.path);
}

/* An operand where no condition can stand. */
static bool parse_argument_node(struct ddb_parser *parser, struct node *node)
{
    if (!ddb_parser_is_at(parser, DDB_TOKEN_OPEN))
        return parse_simple_operand(parser, node);
    ddb_parser_advance(parser);
    if (!ddb_parser_enter(parser) || !parse_argument_node(parser, node))
        return false;
    ddb_parser_leave(parser);
    if (!ddb_parser_expect(parser, DDB_TOKEN_CLOSE))
        return false;
    if (node->is_grouped)
        ddb_parser_note_redundant_parentheses(parser);
    node->is_grouped = true;
    return continue_path(parser, node);
}

static bool parse_argument(struct ddb_parser *parser, const struct ddb_operand **operand,
                           bool *is_grouped)
{
    struct node node;
    if (!parse_argument_node(parser, &node))
        return false;
    *operand = as_operand(parser, &node);
    *is_grouped = node.is_grouped;
    return true;
}

/* --- comparisons ---------------------------------------------------------------------------- */

static void become_condition(struct ddb_parser *parser, struct node *node,
                             enum ddb_condition_kind kind, const struct ddb_operand **operands,
                             size_t operand_count)
{
    struct ddb_condition condition = {
        .kind = kind, .operands = operands, .operand_count = operand_count};
    *node = (struct node){.kind = NODE_CONDITION, .condition = make_condition(parser, condition)};
}

static bool parse_comparison(struct ddb_parser *parser, struct node *node,
                             enum ddb_condition_kind kind)
{
    const struct ddb_operand **operands =
        sim_arena_alloc_array(parser->arena, 2, sizeof(const struct ddb_operand *));
    bool is_grouped = false;
    ddb_parser_advance(parser);
    parser->operator_count++;
    operands[0] = as_operand(parser, node);
    if (!parse_argument(parser, &operands[1], &is_grouped))
        return false;
    become_condition(parser, node, kind, operands, 2);
    return true;
}

static bool parse_between(struct ddb_parser *parser, struct node *node)
{
    const struct ddb_operand **operands =
        sim_arena_alloc_array(parser->arena, 3, sizeof(const struct ddb_operand *));
    bool is_grouped = false;
    ddb_parser_advance(parser);
    parser->operator_count++;
    operands[0] = as_operand(parser, node);
    if (!parse_argument(parser, &operands[1], &is_grouped))
        return false;
    if (!ddb_parser_is_at_word(parser, "AND"))
        return ddb_parser_fail(parser);
    ddb_parser_advance(parser);
    if (!parse_argument(parser, &operands[2], &is_grouped))
        return false;
    become_condition(parser, node, DDB_CONDITION_BETWEEN, operands, 3);
    return true;
}

static bool parse_in(struct ddb_parser *parser, struct node *node)
{
    const struct ddb_operand **operands =
        ddb_list_grow(parser->arena, NULL, 0, sizeof(const struct ddb_operand *));
    size_t count = 1;
    ddb_parser_advance(parser);
    parser->operator_count++;
    operands[0] = as_operand(parser, node);
    if (!parse_arguments(parser, &operands, &count))
        return false;
    if (count > DDB_EXPRESSION_IN_MAX)
        ddb_parser_note(parser, DDB_DEFECT_OPERAND_COUNT,
                        "The IN operator is provided with too many operands; number of operands: "
                        "%zu",
                        count);
    become_condition(parser, node, DDB_CONDITION_IN, operands, count);
    return true;
}

static bool parse_behind_operand(struct ddb_parser *parser, struct node *node)
{
    for (size_t i = 0; i < ARRAY_LEN(comparators); i++)
        if (ddb_parser_is_at(parser, comparators[i].token))
            return parse_comparison(parser, node, comparators[i].condition);
    if (ddb_parser_is_at_word(parser, "BETWEEN"))
        return parse_between(parser, node);
    if (ddb_parser_is_at_word(parser, "IN"))
        return parse_in(parser, node);
    return true;
}

/* --- conditions ----------------------------------------------------------------------------- */

static bool parse_group(struct ddb_parser *parser, struct node *node)
{
    ddb_parser_advance(parser);
    if (!ddb_parser_enter(parser) || !parse_or(parser, node))
        return false;
    ddb_parser_leave(parser);
    if (!ddb_parser_expect(parser, DDB_TOKEN_CLOSE))
        return false;
    if (node->is_grouped)
        ddb_parser_note_redundant_parentheses(parser);
    node->is_grouped = true;
    return continue_path(parser, node);
}

static bool parse_primary(struct ddb_parser *parser, struct node *node)
{
    bool is_good = ddb_parser_is_at(parser, DDB_TOKEN_OPEN) ? parse_group(parser, node)
                                                            : parse_simple_operand(parser, node);
    if (!is_good)
        return false;
    return node->kind == NODE_CONDITION || parse_behind_operand(parser, node);
}

static bool parse_not(struct ddb_parser *parser, struct node *node)
{
    if (!ddb_parser_is_at_word(parser, "NOT"))
        return parse_primary(parser, node);
    ddb_parser_advance(parser);
    parser->operator_count++;
    const struct ddb_condition **child =
        sim_arena_alloc(parser->arena, sizeof(const struct ddb_condition *));
    if (!ddb_parser_enter(parser) || !parse_not(parser, node) || !as_condition(parser, node, child))
        return false;
    ddb_parser_leave(parser);
    struct ddb_condition made = {.kind = DDB_CONDITION_NOT, .children = child, .child_count = 1};
    *node = (struct node){.kind = NODE_CONDITION, .condition = make_condition(parser, made)};
    return true;
}

/* A chain of AND or OR becomes one node with many children, so that its depth stays one. */
static bool parse_chain(struct ddb_parser *parser, struct node *node, const char *word,
                        enum ddb_condition_kind kind,
                        bool (*parse_link)(struct ddb_parser *, struct node *))
{
    if (!parse_link(parser, node))
        return false;
    if (!ddb_parser_is_at_word(parser, word))
        return true;
    const struct ddb_condition **children = NULL;
    size_t count = 0;
    for (;;) {
        children = ddb_list_grow(parser->arena, (void *)children, count,
                                 sizeof(const struct ddb_condition *));
        if (!as_condition(parser, node, &children[count]))
            return false;
        count++;
        if (!ddb_parser_is_at_word(parser, word))
            break;
        ddb_parser_advance(parser);
        parser->operator_count++;
        if (!parse_link(parser, node))
            return false;
    }
    struct ddb_condition made = {.kind = kind, .children = children, .child_count = count};
    *node = (struct node){.kind = NODE_CONDITION, .condition = make_condition(parser, made)};
    return true;
}

static bool parse_and(struct ddb_parser *parser, struct node *node)
{
    return parse_chain(parser, node, "AND", DDB_CONDITION_AND, parse_not);
}

static bool parse_or(struct ddb_parser *parser, struct node *node)
{
    return parse_chain(parser, node, "OR", DDB_CONDITION_OR, parse_and);
}

bool ddb_parse_condition(struct ddb_parser *parser, const struct ddb_condition **condition)
{
    struct node node;
    return parse_or(parser, &node) && as_condition(parser, &node, condition);
}
