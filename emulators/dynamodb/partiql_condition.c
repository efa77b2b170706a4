/* Conditions: OR, AND, NOT, comparisons, BETWEEN, IN, IS. */
#include <string.h>

#include "emulators/dynamodb/partiql_parser.h"

static bool parse_or(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term);

/* --- nodes -------------------------------------------------------------------------------------
 */

const struct ddb_condition *ddb_partiql_leaf(struct ddb_partiql_parser *parser,
                                             enum ddb_condition_kind kind,
                                             const struct ddb_operand *const *operands,
                                             size_t operand_count)
{
    struct ddb_condition leaf = {
        .kind = kind,
        .operands = sim_arena_memdup(parser->arena, operands, operand_count * sizeof(operands[0])),
        .operand_count = operand_count,
    };
    return sim_arena_memdup(parser->arena, &leaf, sizeof leaf);
}

const struct ddb_condition *ddb_partiql_node(struct ddb_partiql_parser *parser,
                                             enum ddb_condition_kind kind,
                                             const struct ddb_condition *const *children,
                                             size_t child_count)
{
    struct ddb_condition node = {
        .kind = kind,
        .children = sim_arena_memdup(parser->arena, children, child_count * sizeof(children[0])),
        .child_count = child_count,
    };
    return sim_arena_memdup(parser->arena, &node, sizeof node);
}

static const struct ddb_condition *negate(struct ddb_partiql_parser *parser,
                                          const struct ddb_condition *condition)
{
    return ddb_partiql_node(parser, DDB_CONDITION_NOT, &condition, 1);
}

static bool must_follow(struct ddb_partiql_parser *parser)
{
    if (!ddb_partiql_at_end(parser))
        return true;
    return ddb_partiql_malformed(parser, "Missing right-hand side expression of infix operator");
}

/* An attribute alone is no condition, not even one that holds a Boolean. */
static bool want_condition(struct ddb_partiql_parser *parser, const struct ddb_partiql_term *term)
{
    if (term->condition != NULL)
        return true;
    if (term->operand->kind == DDB_OPERAND_SIZE)
        return ddb_invalid(parser->fault, "The function is not allowed to be used this way in an "
                                          "expression; function: size");
    return ddb_invalid(parser->fault, "Unsupported operation in where clause: a condition must "
                                      "compare or call a function");
}

/* --- after a term ------------------------------------------------------------------------------
 */

static bool parse_between(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term)
{
    struct ddb_partiql_term bounds[2];
    if (!must_follow(parser) || !ddb_partiql_parse_term(parser, &bounds[0]))
        return false;
    if (!ddb_partiql_take_word(parser, "AND"))
        return ddb_partiql_unexpected(parser);
    if (!must_follow(parser) || !ddb_partiql_parse_term(parser, &bounds[1]))
        return false;
    const struct ddb_operand *operands[3] = {term->operand, bounds[0].operand, bounds[1].operand};
    if (!ddb_partiql_want_operand(parser, term, "BETWEEN") ||
        !ddb_partiql_want_operand(parser, &bounds[0], "BETWEEN") ||
        !ddb_partiql_want_operand(parser, &bounds[1], "BETWEEN"))
        return false;
    *term = (struct ddb_partiql_term){
        .condition = ddb_partiql_leaf(parser, DDB_CONDITION_BETWEEN, operands, 3)};
    return true;
}

/* A condition among Booleans: one comparison after another. */
static bool make_condition_in(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term,
                              const struct ddb_partiql_term *choices, size_t count)
{
    const struct ddb_condition **parts =
        sim_arena_alloc_array(parser->arena, count, sizeof(const struct ddb_condition *));
    for (size_t i = 0; i < count; i++)
        if (!ddb_partiql_compare(parser, DDB_CONDITION_EQ, term, &choices[i], &parts[i]))
            return false;
    term->condition = ddb_partiql_node(parser, DDB_CONDITION_OR, parts, count);
    return true;
}

static bool parse_in(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term)
{
    const char *closing = ddb_partiql_at_sign(parser, "[") ? "]" : ")";
    struct ddb_partiql_term *choices = NULL;
    size_t count = 0;
    if (!must_follow(parser))
        return false;
    if (!ddb_partiql_at_sign(parser, "[") && !ddb_partiql_at_sign(parser, "("))
        return ddb_partiql_unexpected(parser);
    parser->token++;
    if (!ddb_partiql_parse_terms(parser, closing, &choices, &count))
        return false;
    if (count == 0)
        return ddb_partiql_unexpected(parser);
    if (count > DDB_EXPRESSION_IN_MAX)
        return ddb_invalid(parser->fault,
                           "The IN operator is provided with too many operands; number of "
                           "operands: %zu",
                           count);
    if (term->condition != NULL)
        return make_condition_in(parser, term, choices, count);
    const struct ddb_operand **operands =
        sim_arena_alloc_array(parser->arena, count + 1, sizeof(const struct ddb_operand *));
    if (!ddb_partiql_want_operand(parser, term, "IN"))
        return false;
    operands[0] = term->operand;
    for (size_t i = 0; i < count; i++) {
        if (!ddb_partiql_want_operand(parser, &choices[i], "IN"))
            return false;
        operands[i + 1] = choices[i].operand;
    }
    *term = (struct ddb_partiql_term){
        .condition = ddb_partiql_leaf(parser, DDB_CONDITION_IN, operands, count + 1)};
    return true;
}

/* PartiQL's names of types, and which type of DynamoDB's each is; DDB_TYPE_COUNT: of none. */
static const struct {
    const char *name;
    enum ddb_type type;
} type_names[] = {
    {"BOOL", DDB_TYPE_BOOL},    {"BOOLEAN", DDB_TYPE_BOOL}, {"SMALLINT", DDB_TYPE_N},
    {"INT", DDB_TYPE_N},        {"INT2", DDB_TYPE_N},       {"INT4", DDB_TYPE_N},
    {"INT8", DDB_TYPE_N},       {"INTEGER", DDB_TYPE_N},    {"INTEGER2", DDB_TYPE_N},
    {"INTEGER4", DDB_TYPE_N},   {"INTEGER8", DDB_TYPE_N},   {"BIGINT", DDB_TYPE_N},
    {"FLOAT", DDB_TYPE_N},      {"REAL", DDB_TYPE_N},       {"DOUBLE", DDB_TYPE_N},
    {"DECIMAL", DDB_TYPE_N},    {"NUMERIC", DDB_TYPE_N},    {"TIMESTAMP", DDB_TYPE_COUNT},
    {"DATE", DDB_TYPE_COUNT},   {"TIME", DDB_TYPE_COUNT},   {"CHAR", DDB_TYPE_S},
    {"CHARACTER", DDB_TYPE_S},  {"VARCHAR", DDB_TYPE_S},    {"STRING", DDB_TYPE_S},
    {"SYMBOL", DDB_TYPE_COUNT}, {"BLOB", DDB_TYPE_B},       {"CLOB", DDB_TYPE_COUNT},
    {"STRUCT", DDB_TYPE_M},     {"TUPLE", DDB_TYPE_M},      {"LIST", DDB_TYPE_L},
    {"SEXP", DDB_TYPE_COUNT},   {"BAG", DDB_TYPE_COUNT},    {"ANY", DDB_TYPE_COUNT},
};

/* The type after IS; false when there is none. */
static bool find_type(const struct ddb_partiql_token *token, enum ddb_type *type)
{
    *type = DDB_TYPE_NULL;
    if (ddb_partiql_token_is_word(token, "NULL"))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(type_names); i++) {
        if (!ddb_partiql_token_is_word(token, type_names[i].name))
            continue;
        *type = type_names[i].type;
        return true;
    }
    return false;
}

static bool parse_is(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term)
{
    bool is_negated = ddb_partiql_take_word(parser, "NOT");
    const struct ddb_condition *condition = NULL;
    bool is_missing = ddb_partiql_at_word(parser, "MISSING");
    enum ddb_type type = DDB_TYPE_NULL;
    if (!is_missing && !find_type(parser->token, &type))
        return ddb_partiql_malformed(parser, "Expected type name");
    if (type == DDB_TYPE_COUNT)
        return ddb_invalid(parser->fault, "Unsupported operation: IsType");
    parser->token++;
    if (!ddb_partiql_want_operand(parser, term, "IS"))
        return false;
    if (is_missing) {
        enum ddb_condition_kind kind = is_negated ? DDB_CONDITION_EXISTS : DDB_CONDITION_NOT_EXISTS;
        condition = ddb_partiql_leaf(parser, kind, &term->operand, 1);
    } else {
        cJSON *name = ddb_value_of_text(DDB_TYPE_S, ddb_type_name(type));
        cJSON_AddItemToArray(parser->holder, name);
        const struct ddb_operand *operands[2] = {term->operand,
                                                 ddb_partiql_value_operand(parser, name)};
        condition = ddb_partiql_leaf(parser, DDB_CONDITION_TYPE, operands, 2);
        condition = is_negated ? negate(parser, condition) : condition;
    }
    *term = (struct ddb_partiql_term){.condition = condition};
    return true;
}

/* --- comparisons -------------------------------------------------------------------------------
 */

static bool find_comparator(const struct ddb_partiql_parser *parser, enum ddb_condition_kind *kind)
{
    static const struct {
        const char *sign;
        enum ddb_condition_kind kind;
    } comparators[] = {{"=", DDB_CONDITION_EQ}, {"<>", DDB_CONDITION_NE}, {"!=", DDB_CONDITION_NE},
                       {"<", DDB_CONDITION_LT}, {"<=", DDB_CONDITION_LE}, {">", DDB_CONDITION_GT},
                       {">=", DDB_CONDITION_GE}};
    for (size_t i = 0; i < ARRAY_LEN(comparators); i++) {
        if (!ddb_partiql_at_sign(parser, comparators[i].sign))
            continue;
        *kind = comparators[i].kind;
        return true;
    }
    return false;
}

static bool parse_comparator(struct ddb_partiql_parser *parser, enum ddb_condition_kind kind,
                             struct ddb_partiql_term *term)
{
    struct ddb_partiql_term right;
    const struct ddb_condition *condition = NULL;
    parser->token++;
    if (!must_follow(parser) || !ddb_partiql_parse_term(parser, &right))
        return false;
    if (!ddb_partiql_compare(parser, kind, term, &right, &condition))
        return false;
    *term = (struct ddb_partiql_term){.condition = condition};
    return true;
}

static bool parse_not_form(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term)
{
    bool is_good = ddb_partiql_take_word(parser, "BETWEEN") ? parse_between(parser, term)
                   : ddb_partiql_take_word(parser, "IN")    ? parse_in(parser, term)
                                                            : ddb_partiql_unexpected(parser);
    if (!is_good)
        return false;
    term->condition = negate(parser, term->condition);
    return true;
}

static bool parse_comparison(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term)
{
    enum ddb_condition_kind kind = DDB_CONDITION_EQ;
    if (!ddb_partiql_parse_term(parser, term))
        return false;
    if (find_comparator(parser, &kind))
        return parse_comparator(parser, kind, term);
    if (ddb_partiql_take_word(parser, "BETWEEN"))
        return parse_between(parser, term);
    if (ddb_partiql_take_word(parser, "IN"))
        return parse_in(parser, term);
    if (ddb_partiql_take_word(parser, "IS"))
        return parse_is(parser, term);
    if (ddb_partiql_take_word(parser, "NOT"))
        return parse_not_form(parser, term);
    if (ddb_partiql_at_word(parser, "LIKE"))
        return ddb_invalid(parser->fault, "This operator cannot be used in a condition: LIKE");
    return true;
}

/* --- NOT, AND, OR ------------------------------------------------------------------------------
 */

static bool parse_not(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term)
{
    if (!ddb_partiql_take_word(parser, "NOT"))
        return parse_comparison(parser, term);
    if (!ddb_partiql_enter(parser))
        return false;
    bool is_good = parse_not(parser, term) && want_condition(parser, term);
    ddb_partiql_leave(parser);
    if (is_good)
        term->condition = negate(parser, term->condition);
    return is_good;
}

typedef bool parse_part_fn(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term);

struct link {
    const struct ddb_condition *condition;
    struct link *next;
};

/* part [word part]...: one node over all of them. */
static bool parse_chain(struct ddb_partiql_parser *parser, const char *word,
                        enum ddb_condition_kind kind, parse_part_fn *part,
                        struct ddb_partiql_term *term)
{
    if (!part(parser, term))
        return false;
    if (!ddb_partiql_at_word(parser, word))
        return true;
    if (!want_condition(parser, term))
        return false;
    struct link first = {term->condition, NULL};
    struct link *last = &first;
    size_t count = 1;
    while (ddb_partiql_take_word(parser, word)) {
        struct ddb_partiql_term next;
        if (!must_follow(parser) || !part(parser, &next) || !want_condition(parser, &next))
            return false;
        last->next = sim_arena_alloc(parser->arena, sizeof *last);
        last = last->next;
        last->condition = next.condition;
        count++;
    }
    const struct ddb_condition **children =
        sim_arena_alloc_array(parser->arena, count, sizeof(const struct ddb_condition *));
    count = 0;
    for (const struct link *link = &first; link != NULL; link = link->next)
        children[count++] = link->condition;
    term->condition = ddb_partiql_node(parser, kind, children, count);
    return true;
}

static bool parse_and(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term)
{
    return parse_chain(parser, "AND", DDB_CONDITION_AND, parse_not, term);
}

static bool parse_or(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term)
{
    return parse_chain(parser, "OR", DDB_CONDITION_OR, parse_and, term);
}

bool ddb_partiql_parse_expression(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term)
{
    if (!ddb_partiql_enter(parser))
        return false;
    bool is_good = parse_or(parser, term);
    ddb_partiql_leave(parser);
    return is_good;
}

bool ddb_partiql_parse_condition(struct ddb_partiql_parser *parser,
                                 const struct ddb_condition **condition)
{
    struct ddb_partiql_term term;
    if (!ddb_partiql_parse_expression(parser, &term) || !want_condition(parser, &term))
        return false;
    *condition = term.condition;
    return true;
}
