/* The statements: SELECT, INSERT, UPDATE (also with FROM first), DELETE, EXISTS(SELECT). */
#include <string.h>

#include "emulators/dynamodb/condition.h"
#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/partiql_parser.h"
#include "emulators/dynamodb/update.h"

#define LEFTOVER_TEXT "Unexpected token after expression"

/* --- tokens ------------------------------------------------------------------------------------
 */

bool ddb_partiql_malformed(struct ddb_partiql_parser *parser, const char *what)
{
    return ddb_invalid(parser->fault, "Statement wasn't well formed, can't be processed: %s", what);
}

static bool is_any_word(const struct ddb_partiql_token *token, const char *const *words,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ddb_partiql_token_is_word(token, words[i]))
            return true;
    return false;
}

static bool is_operator(const struct ddb_partiql_token *token)
{
    static const char *const words[] = {"IS", "LIKE", "IN", "BETWEEN", "AND", "OR"};
    static const char *const signs[] = {"=",  "<>", "!=", "<",  "<=", ">",
                                        ">=", "*",  "/",  "||", "%",  "+"};
    for (size_t i = 0; i < ARRAY_LEN(signs); i++)
        if (ddb_partiql_token_is_sign(token, signs[i]))
            return true;
    return is_any_word(token, words, ARRAY_LEN(words));
}

bool ddb_partiql_token_is_keyword(const struct ddb_partiql_token *token)
{
    static const char *const words[] = {
        "SELECT", "FROM",  "WHERE",   "ORDER",  "GROUP",  "HAVING",    "LIMIT", "SET",  "REMOVE",
        "INSERT", "INTO",  "VALUES",  "UPDATE", "DELETE", "RETURNING", "AS",    "AND",  "OR",
        "NOT",    "IN",    "BETWEEN", "IS",     "LIKE",   "TRUE",      "FALSE", "NULL", "MISSING",
        "INNER",  "OUTER", "LEFT",    "RIGHT",  "FULL",   "CROSS",     "JOIN",  "ON"};
    return is_any_word(token, words, ARRAY_LEN(words));
}

bool ddb_partiql_unexpected(struct ddb_partiql_parser *parser)
{
    if (is_operator(parser->token))
        return ddb_partiql_malformed(parser, "Unexpected operator");
    return ddb_partiql_malformed(parser, ddb_partiql_token_is_keyword(parser->token)
                                             ? "Unexpected keyword"
                                             : "Unexpected term");
}

bool ddb_partiql_fail_at(struct ddb_partiql_parser *parser, const struct ddb_partiql_token *token,
                         const char *what)
{
    return ddb_invalid(parser->fault, "%s at %u:%u:%u", what, token->line, token->column,
                       token->length_bytes);
}

const char *ddb_partiql_lower(struct ddb_partiql_parser *parser, const char *name)
{
    char *lower = sim_arena_strdup(parser->arena, name);
    for (char *at = lower; *at != '\0'; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    return lower;
}

bool ddb_partiql_at_word(const struct ddb_partiql_parser *parser, const char *word)
{
    return ddb_partiql_token_is_word(parser->token, word);
}

bool ddb_partiql_at_sign(const struct ddb_partiql_parser *parser, const char *sign)
{
    return ddb_partiql_token_is_sign(parser->token, sign);
}

bool ddb_partiql_take_word(struct ddb_partiql_parser *parser, const char *word)
{
    bool is_there = ddb_partiql_at_word(parser, word);
    parser->token += is_there ? 1 : 0;
    return is_there;
}

bool ddb_partiql_take_sign(struct ddb_partiql_parser *parser, const char *sign)
{
    bool is_there = ddb_partiql_at_sign(parser, sign);
    parser->token += is_there ? 1 : 0;
    return is_there;
}

bool ddb_partiql_want_sign(struct ddb_partiql_parser *parser, const char *sign)
{
    return ddb_partiql_take_sign(parser, sign) || ddb_partiql_unexpected(parser);
}

bool ddb_partiql_at_end(const struct ddb_partiql_parser *parser)
{
    return parser->token->kind == DDB_PARTIQL_END || ddb_partiql_at_sign(parser, ";");
}

bool ddb_partiql_enter(struct ddb_partiql_parser *parser)
{
    if (parser->nesting == DDB_PARTIQL_NESTING_MAX)
        return ddb_invalid(parser->fault, "The expression has too many nesting levels");
    parser->nesting++;
    return true;
}

void ddb_partiql_leave(struct ddb_partiql_parser *parser)
{
    parser->nesting--;
}

/* --- bindings ----------------------------------------------------------------------------------
 */

static void begin_part(struct ddb_partiql_parser *parser)
{
    parser->paths = NULL;
    parser->path_count = parser->path_capacity = 0;
}

/* The values are filled in when all are known. */
static struct ddb_binding *bind(struct ddb_partiql_parser *parser, struct ddb_expression expression)
{
    struct ddb_binding *binding = sim_arena_alloc(parser->arena, sizeof *binding);
    expression.paths = parser->paths;
    expression.path_count = parser->path_count;
    binding->expression = sim_arena_memdup(parser->arena, &expression, sizeof expression);
    return binding;
}

/* The expressions' checks name the parameter that they came from; a statement has none. */
static bool strip_kind(const struct ddb_binding *binding, struct ddb_fault *fault)
{
    const char *prefix = sim_arena_printf(
        fault->arena, "Invalid %s: ", ddb_expression_kind_name(binding->expression->kind));
    if (strncmp(fault->message, prefix, strlen(prefix)) == 0)
        fault->message += strlen(prefix);
    return false;
}

static bool finish_binding(struct ddb_partiql_parser *parser, struct ddb_binding *binding)
{
    if (binding == NULL)
        return true;
    binding->values = parser->values;
    bool is_good = binding->expression->kind == DDB_EXPRESSION_UPDATE
                       ? ddb_update_check(binding, parser->fault)
                       : ddb_condition_check(binding, parser->fault);
    return is_good || strip_kind(binding, parser->fault);
}

/* --- parts of statements -----------------------------------------------------------------------
 */

struct draft {
    struct ddb_partiql *statement;
    struct ddb_binding *where;
    struct ddb_binding *update;
    size_t table_part_count;
};

static bool is_identifier(const struct ddb_partiql_token *token)
{
    return token->kind == DDB_PARTIQL_QUOTED ||
           (token->kind == DDB_PARTIQL_NAME && !ddb_partiql_token_is_keyword(token));
}

/* "table" or "table"."index" */
static bool parse_table(struct ddb_partiql_parser *parser, struct draft *draft)
{
    const char *parts[2] = {NULL, NULL};
    do {
        if (!is_identifier(parser->token))
            return ddb_partiql_malformed(parser, "Expected identifier for simple path");
        if (draft->table_part_count < ARRAY_LEN(parts))
            parts[draft->table_part_count] = parser->token->text;
        if (parser->token->text[0] == '\0')
            return ddb_invalid(parser->fault, "Path component cannot be an empty string");
        draft->table_part_count++;
        parser->token++;
    } while (ddb_partiql_take_sign(parser, "."));
    draft->statement->table = parts[0];
    draft->statement->index = parts[1];
    return true;
}

static bool refuse_alias(struct ddb_partiql_parser *parser)
{
    if (!ddb_partiql_at_word(parser, "AS") && !is_identifier(parser->token))
        return true;
    return ddb_invalid(parser->fault, "Aliasing is not supported");
}

static bool refuse_index(struct ddb_partiql_parser *parser, const struct draft *draft)
{
    return draft->table_part_count == 1 ||
           ddb_invalid(parser->fault, "This operation is not supported on an index");
}

static bool parse_where(struct ddb_partiql_parser *parser, enum ddb_expression_kind kind,
                        struct draft *draft)
{
    struct ddb_expression expression = {.kind = kind};
    if (!ddb_partiql_take_word(parser, "WHERE"))
        return true;
    begin_part(parser);
    if (!ddb_partiql_parse_condition(parser, &expression.condition))
        return false;
    draft->where = bind(parser, expression);
    return true;
}

static bool want_where(struct ddb_partiql_parser *parser, const struct draft *draft)
{
    return draft->where != NULL || ddb_invalid(parser->fault, DDB_PARTIQL_NO_KEY_TEXT);
}

static bool parse_returning(struct ddb_partiql_parser *parser, struct draft *draft)
{
    static const struct {
        const char *which;
        const char *when;
        enum ddb_partiql_returning returning;
    } forms[] = {
        {"ALL", "OLD", DDB_PARTIQL_RETURNING_ALL_OLD},
        {"ALL", "NEW", DDB_PARTIQL_RETURNING_ALL_NEW},
        {"MODIFIED", "OLD", DDB_PARTIQL_RETURNING_MODIFIED_OLD},
        {"MODIFIED", "NEW", DDB_PARTIQL_RETURNING_MODIFIED_NEW},
    };
    if (!ddb_partiql_take_word(parser, "RETURNING"))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if (!ddb_partiql_at_word(parser, forms[i].which) ||
            !ddb_partiql_token_is_word(parser->token + 1, forms[i].when))
            continue;
        parser->token += 2;
        draft->statement->returning = forms[i].returning;
        if (draft->statement->kind == DDB_PARTIQL_DELETE && i > 0)
            return ddb_invalid(parser->fault,
                               "Invalid returning clause: RETURNING %s %s *. Only RETURNING ALL "
                               "OLD * is allowed in DELETE statements.",
                               forms[i].which, forms[i].when);
        return ddb_partiql_want_sign(parser, "*");
    }
    return ddb_partiql_malformed(parser, "Expected ALL or MODIFIED in a returning clause.");
}

/* --- SELECT ------------------------------------------------------------------------------------
 */

static bool check_column_names(struct ddb_partiql_parser *parser,
                               const struct ddb_partiql_column *columns, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(columns[i].name, columns[k].name) == 0)
                return ddb_invalid(parser->fault, "The list after SELECT names %s twice",
                                   columns[i].name);
    return true;
}

/* A name that is no keyword: before a bracket, a function's. */
static bool is_word(const struct ddb_partiql_token *token)
{
    return token->kind == DDB_PARTIQL_NAME && !ddb_partiql_token_is_keyword(token);
}

static bool parse_columns(struct ddb_partiql_parser *parser, struct ddb_partiql *statement)
{
    size_t capacity = 8;
    struct ddb_partiql_column *columns =
        sim_arena_alloc_array(parser->arena, capacity, sizeof *columns);
    bool has_star = ddb_partiql_take_sign(parser, "*");
    if (has_star && !ddb_partiql_at_sign(parser, ","))
        return true;
    if (has_star)
        return ddb_invalid(parser->fault, "After SELECT stands either '*' or a list, not both.");
    do {
        if (statement->column_count == capacity) {
            struct ddb_partiql_column *more =
                sim_arena_alloc_array(parser->arena, capacity * 2, sizeof *more);
            memcpy(more, columns, capacity * sizeof *more);
            columns = more;
            capacity *= 2;
        }
        struct ddb_partiql_column *column = &columns[statement->column_count];
        if (ddb_partiql_token_is_sign(parser->token + 1, "(") && is_word(parser->token))
            return ddb_partiql_fail_at(parser, parser->token, "Unexpected path component");
        if (!ddb_partiql_parse_path(parser, &column->path))
            return false;
        column->name = ddb_partiql_column_name(parser->arena, &column->path);
        statement->column_count++;
    } while (ddb_partiql_take_sign(parser, ","));
    statement->columns = columns;
    return check_column_names(parser, columns, statement->column_count);
}

static bool parse_order(struct ddb_partiql_parser *parser, struct ddb_partiql *statement)
{
    struct ddb_partiql_order orders[2 * DDB_KEY_PARTS_MAX];
    if (!ddb_partiql_take_word(parser, "ORDER"))
        return true;
    if (!ddb_partiql_take_word(parser, "BY"))
        return ddb_partiql_unexpected(parser);
    if (statement->kind == DDB_PARTIQL_EXISTS)
        return ddb_partiql_unexpected(parser);
    do {
        if (!is_identifier(parser->token))
            return ddb_partiql_unexpected(parser);
        if (statement->order_count == ARRAY_LEN(orders))
            return ddb_invalid(parser->fault,
                               "Attribute %s in ORDER BY clause must be part of the primary key",
                               parser->token->text);
        struct ddb_partiql_order *order = &orders[statement->order_count++];
        *order = (struct ddb_partiql_order){.attribute = parser->token->text};
        parser->token++;
        order->is_descending = ddb_partiql_take_word(parser, "DESC");
        if (!order->is_descending)
            (void)ddb_partiql_take_word(parser, "ASC");
    } while (ddb_partiql_take_sign(parser, ","));
    statement->orders =
        sim_arena_memdup(parser->arena, orders, statement->order_count * sizeof orders[0]);
    return true;
}

/* Clauses of the grammar that the service does not serve. */
static bool refuse_clauses(struct ddb_partiql_parser *parser)
{
    static const char *const words[] = {"LIMIT", "GROUP", "HAVING"};
    const struct ddb_partiql_token *token = parser->token;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (ddb_partiql_at_word(parser, words[i]))
            return ddb_invalid(parser->fault, "Unsupported clause: %s at %u:%u:%u", words[i],
                               token->line, token->column, token->length_bytes);
    return true;
}

static bool parse_select(struct ddb_partiql_parser *parser, struct draft *draft)
{
    struct ddb_partiql *statement = draft->statement;
    if (!parse_columns(parser, statement))
        return false;
    if (!ddb_partiql_take_word(parser, "FROM"))
        return ddb_partiql_unexpected(parser);
    if (!is_identifier(parser->token))
        return ddb_partiql_unexpected(parser);
    if (!parse_table(parser, draft))
        return false;
    if (draft->table_part_count > 2)
        return ddb_invalid(parser->fault,
                           "A path may contain at most 2 components in the FROM clause");
    return refuse_alias(parser) && parse_where(parser, DDB_EXPRESSION_FILTER, draft) &&
           parse_order(parser, statement) && refuse_clauses(parser);
}

static bool parse_exists(struct ddb_partiql_parser *parser, struct draft *draft)
{
    draft->statement->kind = DDB_PARTIQL_EXISTS;
    if (!ddb_partiql_want_sign(parser, "("))
        return false;
    if (!ddb_partiql_take_word(parser, "SELECT"))
        return ddb_partiql_unexpected(parser);
    return parse_select(parser, draft) && ddb_partiql_want_sign(parser, ")");
}

/* --- INSERT, UPDATE, DELETE ----------------------------------------------------------------------
 */

static bool parse_insert(struct ddb_partiql_parser *parser, struct draft *draft)
{
    draft->statement->kind = DDB_PARTIQL_INSERT;
    if (!ddb_partiql_take_word(parser, "INTO"))
        return ddb_partiql_unexpected(parser);
    if (!parse_table(parser, draft))
        return false;
    if (draft->table_part_count > 1)
        return ddb_invalid(parser->fault, "FROM clause may only contain a single table name");
    if (!ddb_partiql_take_word(parser, "VALUE"))
        return is_identifier(parser->token) ? ddb_partiql_malformed(parser, LEFTOVER_TEXT)
                                            : ddb_partiql_unexpected(parser);
    return ddb_partiql_parse_item(parser, &draft->statement->item);
}

static bool parse_clauses(struct ddb_partiql_parser *parser, struct draft *draft)
{
    struct ddb_expression expression = {.kind = DDB_EXPRESSION_UPDATE};
    begin_part(parser);
    if (!ddb_partiql_parse_update(parser, &expression.actions, &expression.action_count))
        return false;
    draft->update = bind(parser, expression);
    return true;
}

static bool parse_update(struct ddb_partiql_parser *parser, struct draft *draft)
{
    draft->statement->kind = DDB_PARTIQL_UPDATE;
    return parse_table(parser, draft) && refuse_alias(parser) && parse_clauses(parser, draft) &&
           parse_where(parser, DDB_EXPRESSION_CONDITION, draft) && parse_returning(parser, draft) &&
           refuse_index(parser, draft);
}

/* FROM table WHERE condition SET ...: the same with its parts in another order. */
static bool parse_from_update(struct ddb_partiql_parser *parser, struct draft *draft)
{
    draft->statement->kind = DDB_PARTIQL_UPDATE;
    return parse_table(parser, draft) && refuse_alias(parser) &&
           parse_where(parser, DDB_EXPRESSION_CONDITION, draft) && parse_clauses(parser, draft) &&
           parse_returning(parser, draft) && refuse_index(parser, draft);
}

static bool parse_delete(struct ddb_partiql_parser *parser, struct draft *draft)
{
    draft->statement->kind = DDB_PARTIQL_DELETE;
    if (!ddb_partiql_take_word(parser, "FROM"))
        return ddb_partiql_unexpected(parser);
    return parse_table(parser, draft) && refuse_alias(parser) &&
           parse_where(parser, DDB_EXPRESSION_CONDITION, draft) && parse_returning(parser, draft) &&
           refuse_index(parser, draft);
}

/* What begins with no statement's word is read as an expression, which has no use alone. */
static bool refuse_expression(struct ddb_partiql_parser *parser)
{
    struct ddb_partiql_term term;
    if (!is_identifier(parser->token) || !ddb_partiql_token_is_word(parser->token + 1, "IS"))
        return ddb_partiql_malformed(parser, "Expected data manipulation");
    if (!ddb_partiql_parse_expression(parser, &term))
        return false;
    return ddb_invalid(parser->fault, "Unsupported operation: Is");
}

static bool parse_any(struct ddb_partiql_parser *parser, struct draft *draft)
{
    static const struct {
        const char *word;
        bool (*parse)(struct ddb_partiql_parser *parser, struct draft *draft);
    } statements[] = {{"SELECT", parse_select},    {"INSERT", parse_insert},
                      {"UPDATE", parse_update},    {"DELETE", parse_delete},
                      {"FROM", parse_from_update}, {"EXISTS", parse_exists}};
    for (size_t i = 0; i < ARRAY_LEN(statements); i++)
        if (ddb_partiql_take_word(parser, statements[i].word))
            return statements[i].parse(parser, draft);
    return refuse_expression(parser);
}

/* --- the whole ---------------------------------------------------------------------------------
 */

bool ddb_partiql_is_read(const struct ddb_partiql *statement)
{
    return statement->kind == DDB_PARTIQL_SELECT;
}

bool ddb_partiql_read_parameters(const cJSON *list, struct ddb_partiql_parameters *parameters,
                                 struct ddb_fault *fault)
{
    *parameters = (struct ddb_partiql_parameters){0};
    if (list == NULL)
        return true;
    cJSON *copy = cJSON_Duplicate(list, true);
    CHECK(copy != NULL);
    ddb_defer_json(fault->arena, copy);
    parameters->values = sim_arena_alloc_array(fault->arena, (size_t)cJSON_GetArraySize(copy) + 1,
                                               sizeof(const cJSON *));
    for (cJSON *value = copy->child; value != NULL; value = value->next) {
        if (!ddb_value_normalise(value, fault))
            return false;
        parameters->values[parameters->count++] = value;
    }
    return true;
}

static bool finish(struct ddb_partiql_parser *parser, struct draft *draft)
{
    (void)ddb_partiql_take_sign(parser, ";");
    if (parser->token->kind != DDB_PARTIQL_END)
        return ddb_partiql_malformed(parser, LEFTOVER_TEXT);
    if (parser->parameters_used != parser->parameters->count)
        return ddb_invalid(parser->fault,
                           "Number of parameters in request and statement don't match.");
    bool is_change = draft->statement->kind == DDB_PARTIQL_UPDATE ||
                     draft->statement->kind == DDB_PARTIQL_DELETE;
    if (!finish_binding(parser, draft->update) || !finish_binding(parser, draft->where) ||
        (is_change && !want_where(parser, draft)))
        return false;
    draft->statement->where = draft->where;
    draft->statement->update = draft->update;
    return true;
}

bool ddb_partiql_parse(const char *text, const struct ddb_partiql_parameters *parameters,
                       struct ddb_partiql *statement, struct ddb_fault *fault)
{
    struct ddb_partiql_parser parser = {
        .arena = fault->arena, .parameters = parameters, .fault = fault};
    struct draft draft = {.statement = statement};
    size_t token_count = 0;
    *statement = (struct ddb_partiql){0};
    if (!ddb_partiql_lex(parser.arena, text, &parser.token, &token_count))
        return ddb_partiql_malformed(&parser, "");
    parser.holder = cJSON_CreateArray();
    ddb_defer_json(parser.arena, parser.holder);
    return parse_any(&parser, &draft) && finish(&parser, &draft);
}
