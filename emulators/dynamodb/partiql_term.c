/* Terms: values, paths, functions, sums, and whatever stands in parentheses. */
#include <string.h>
#include <strings.h>

#include "emulators/dynamodb/partiql_parser.h"

/* --- operands ----------------------------------------------------------------------------------
 */

static const struct ddb_operand *keep(struct ddb_partiql_parser *parser, struct ddb_operand operand)
{
    return sim_arena_memdup(parser->arena, &operand, sizeof operand);
}

const struct ddb_operand *ddb_partiql_value_operand(struct ddb_partiql_parser *parser,
                                                    const cJSON *value)
{
    if (parser->value_count == parser->value_capacity) {
        size_t capacity = parser->value_capacity == 0 ? 8 : parser->value_capacity * 2;
        const cJSON **values = sim_arena_alloc_array(parser->arena, capacity, sizeof *values);
        for (size_t i = 0; i < parser->value_count; i++)
            values[i] = parser->values[i];
        parser->values = values;
        parser->value_capacity = capacity;
    }
    parser->values[parser->value_count] = value;
    return keep(parser, (struct ddb_operand){.kind = DDB_OPERAND_VALUE,
                                             .value_slot = (uint32_t)parser->value_count++});
}

/* --- functions ---------------------------------------------------------------------------------
 */

static const struct function {
    const char *name;
    size_t argument_count;
    bool is_condition;
    enum ddb_condition_kind condition_kind;
    enum ddb_operand_kind operand_kind;
} functions[] = {
    {"begins_with", 2, true, DDB_CONDITION_BEGINS_WITH, DDB_OPERAND_PATH},
    {"contains", 2, true, DDB_CONDITION_CONTAINS, DDB_OPERAND_PATH},
    {"attribute_type", 2, true, DDB_CONDITION_TYPE, DDB_OPERAND_PATH},
    {"attribute_exists", 1, true, DDB_CONDITION_EXISTS, DDB_OPERAND_PATH},
    {"attribute_not_exists", 1, true, DDB_CONDITION_NOT_EXISTS, DDB_OPERAND_PATH},
    {"size", 1, false, DDB_CONDITION_AND, DDB_OPERAND_SIZE},
    {"list_append", 2, false, DDB_CONDITION_AND, DDB_OPERAND_LIST_APPEND},
};

static bool fail_arguments(struct ddb_partiql_parser *parser, const struct function *function,
                           size_t count)
{
    return ddb_invalid(parser->fault,
                       "Incorrect number of operands for operator or function; operator or "
                       "function: %s, number of operands: %zu",
                       function->name, count);
}

static bool fail_misuse(struct ddb_partiql_parser *parser, const struct function *function)
{
    return ddb_invalid(parser->fault,
                       "The function is not allowed to be used this way in an expression; "
                       "function: %s",
                       function->name);
}

static bool fail_type(struct ddb_partiql_parser *parser, const char *function, const char *type)
{
    return ddb_invalid(parser->fault,
                       "Incorrect operand type for operator or function; operator or function: "
                       "%s, operand type: %s",
                       function, type);
}

/* The text of a wrong type's name lists the types in another order than the expressions' does. */
static bool check_type_name(struct ddb_partiql_parser *parser, const struct ddb_operand *operand)
{
    if (operand->kind != DDB_OPERAND_VALUE)
        return fail_type(parser, "attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
    const cJSON *value = parser->values[operand->value_slot];
    if (ddb_value_type(value) != DDB_TYPE_S)
        return fail_type(parser, "attribute_type", ddb_type_name(ddb_value_type(value)));
    const char *name = ddb_value_text(value);
    return ddb_type_find(name) != DDB_TYPE_COUNT ||
           ddb_invalid(parser->fault,
                       "Invalid attribute type name found; type: %s, valid types: "
                       "{N,BS,L,B,NULL,M,S,SS,NS,BOOL}",
                       name);
}

static bool check_operands(struct ddb_partiql_parser *parser, const struct function *function,
                           const struct ddb_partiql_term *arguments)
{
    for (size_t i = 0; i < function->argument_count; i++) {
        const struct ddb_operand *operand = arguments[i].operand;
        bool is_plain = operand != NULL &&
                        (operand->kind == DDB_OPERAND_PATH || operand->kind == DDB_OPERAND_VALUE);
        bool is_nested = operand != NULL && operand->kind == DDB_OPERAND_LIST_APPEND &&
                         function->operand_kind == DDB_OPERAND_LIST_APPEND;
        bool is_size = operand != NULL && operand->kind == DDB_OPERAND_SIZE &&
                       function->condition_kind == DDB_CONDITION_CONTAINS && i == 1;
        if (!is_plain && !is_nested && !is_size)
            return fail_misuse(parser, function);
    }
    if (function->condition_kind != DDB_CONDITION_TYPE)
        return true;
    return check_type_name(parser, arguments[1].operand);
}

static void make_function(struct ddb_partiql_parser *parser, const struct function *function,
                          const struct ddb_partiql_term *arguments, struct ddb_partiql_term *term)
{
    const struct ddb_operand *operands[2] = {
        arguments[0].operand, function->argument_count > 1 ? arguments[1].operand : NULL};
    if (function->is_condition)
        term->condition =
            ddb_partiql_leaf(parser, function->condition_kind, operands, function->argument_count);
    else
        term->operand = keep(parser, (struct ddb_operand){.kind = function->operand_kind,
                                                          .left = operands[0],
                                                          .right = operands[1]});
}

static bool parse_function(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term)
{
    const struct function *function = NULL;
    const char *name = parser->token->text;
    for (size_t i = 0; i < ARRAY_LEN(functions) && function == NULL; i++)
        function = strcasecmp(functions[i].name, name) == 0 ? &functions[i] : NULL;
    if (function == NULL)
        return ddb_partiql_fail_at(parser, parser->token,
                                   sim_arena_printf(parser->arena, "Unrecognized function: %s",
                                                    ddb_partiql_lower(parser, name)));
    struct ddb_partiql_term *arguments = NULL;
    size_t count = 0;
    parser->token += 2;
    if (!ddb_partiql_parse_terms(parser, ")", &arguments, &count))
        return false;
    if (count != function->argument_count)
        return fail_arguments(parser, function, count);
    if (!check_operands(parser, function, arguments))
        return false;
    make_function(parser, function, arguments, term);
    return true;
}

/* --- terms -------------------------------------------------------------------------------------
 */

bool ddb_partiql_parse_terms(struct ddb_partiql_parser *parser, const char *closing,
                             struct ddb_partiql_term **terms, size_t *term_count)
{
    size_t capacity = 4;
    *terms = sim_arena_alloc_array(parser->arena, capacity, sizeof **terms);
    *term_count = 0;
    if (ddb_partiql_take_sign(parser, closing))
        return true;
    do {
        if (*term_count == capacity) {
            struct ddb_partiql_term *more =
                sim_arena_alloc_array(parser->arena, capacity * 2, sizeof *more);
            memcpy(more, *terms, capacity * sizeof *more);
            *terms = more;
            capacity *= 2;
        }
        struct ddb_partiql_term *term = &(*terms)[*term_count];
        *term = (struct ddb_partiql_term){0};
        if (!ddb_partiql_parse_expression(parser, term))
            return false;
        ++*term_count;
    } while (ddb_partiql_take_sign(parser, ","));
    return ddb_partiql_want_sign(parser, closing);
}

static bool parse_parentheses(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term)
{
    parser->token++;
    if (!ddb_partiql_parse_expression(parser, term))
        return false;
    return ddb_partiql_want_sign(parser, ")");
}

static bool parse_primary(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term)
{
    *term = (struct ddb_partiql_term){0};
    if (ddb_partiql_at_sign(parser, "("))
        return parse_parentheses(parser, term);
    if (ddb_partiql_at_value(parser)) {
        const cJSON *value = NULL;
        if (!ddb_partiql_parse_value(parser, &value))
            return false;
        term->operand = ddb_partiql_value_operand(parser, value);
        return true;
    }
    if (parser->token->kind == DDB_PARTIQL_NAME && !ddb_partiql_token_is_keyword(parser->token) &&
        ddb_partiql_token_is_sign(parser->token + 1, "("))
        return parse_function(parser, term);
    struct ddb_operand operand = {.kind = DDB_OPERAND_PATH};
    if (!ddb_partiql_parse_path(parser, &operand.path))
        return false;
    term->operand = keep(parser, operand);
    return true;
}

/* + and - once, as in the update grammar; list_append() and set functions are no summands. */
static bool parse_sum(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term)
{
    bool is_plus = ddb_partiql_at_sign(parser, "+");
    if (!is_plus && !ddb_partiql_at_sign(parser, "-"))
        return true;
    struct ddb_partiql_term right;
    parser->token++;
    if (ddb_partiql_at_end(parser))
        return ddb_partiql_malformed(parser,
                                     "Missing right-hand side expression of infix operator");
    if (!parse_primary(parser, &right))
        return false;
    const struct ddb_operand *operands[2] = {term->operand, right.operand};
    for (size_t i = 0; i < ARRAY_LEN(operands); i++)
        if (operands[i] == NULL ||
            (operands[i]->kind != DDB_OPERAND_PATH && operands[i]->kind != DDB_OPERAND_VALUE))
            return ddb_invalid(parser->fault, "This operator cannot be used in an update: %s",
                               is_plus ? "+" : "-");
    term->operand =
        keep(parser, (struct ddb_operand){.kind = is_plus ? DDB_OPERAND_PLUS : DDB_OPERAND_MINUS,
                                          .left = operands[0],
                                          .right = operands[1]});
    return parse_sum(parser, term); /* a second one is refused there */
}

bool ddb_partiql_parse_term(struct ddb_partiql_parser *parser, struct ddb_partiql_term *term)
{
    if (!ddb_partiql_enter(parser))
        return false;
    bool is_good = parse_primary(parser, term) && parse_sum(parser, term);
    ddb_partiql_leave(parser);
    return is_good;
}
