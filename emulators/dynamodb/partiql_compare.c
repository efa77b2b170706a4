/* Comparisons in which a condition is an operand: contains(a, 'x') = TRUE.
 *
 * The evaluator knows conditions only as such, so what is compared with TRUE is the condition
 * itself, and with FALSE its negation. Against an attribute or another condition it must stand
 * twice, once for each value it may have; there may be few of those, because they multiply. */
#include "emulators/dynamodb/partiql_parser.h"

#define DOUBLED_MAX 8

static const struct ddb_operand *boolean(struct ddb_partiql_parser *parser, bool value)
{
    cJSON *made = cJSON_CreateObject();
    cJSON_AddBoolToObject(made, ddb_type_name(DDB_TYPE_BOOL), value);
    cJSON_AddItemToArray(parser->holder, made);
    return ddb_partiql_value_operand(parser, made);
}

static const struct ddb_condition *negate(struct ddb_partiql_parser *parser,
                                          const struct ddb_condition *condition)
{
    return ddb_partiql_node(parser, DDB_CONDITION_NOT, &condition, 1);
}

/* What is always true, or never. */
static const struct ddb_condition *constant(struct ddb_partiql_parser *parser, bool value)
{
    const struct ddb_operand *operands[2] = {boolean(parser, true), boolean(parser, value)};
    return ddb_partiql_leaf(parser, DDB_CONDITION_EQ, operands, 2);
}

static const struct ddb_condition *equals_value(struct ddb_partiql_parser *parser,
                                                const struct ddb_condition *condition,
                                                const cJSON *value)
{
    if (ddb_value_type(value) != DDB_TYPE_BOOL)
        return constant(parser, false);
    return cJSON_IsTrue(value->child) ? condition : negate(parser, condition);
}

/* (condition AND if_true) OR (NOT condition AND if_false) */
static const struct ddb_condition *choose(struct ddb_partiql_parser *parser,
                                          const struct ddb_condition *condition,
                                          const struct ddb_condition *if_true,
                                          const struct ddb_condition *if_false)
{
    const struct ddb_condition *when_true[2] = {condition, if_true};
    const struct ddb_condition *when_false[2] = {negate(parser, condition), if_false};
    const struct ddb_condition *either[2] = {
        ddb_partiql_node(parser, DDB_CONDITION_AND, when_true, 2),
        ddb_partiql_node(parser, DDB_CONDITION_AND, when_false, 2)};
    return ddb_partiql_node(parser, DDB_CONDITION_OR, either, 2);
}

static const struct ddb_condition *operand_is(struct ddb_partiql_parser *parser,
                                              const struct ddb_operand *operand, bool value)
{
    const struct ddb_operand *operands[2] = {operand, boolean(parser, value)};
    return ddb_partiql_leaf(parser, DDB_CONDITION_EQ, operands, 2);
}

static const struct ddb_condition *equals(struct ddb_partiql_parser *parser,
                                          const struct ddb_condition *condition,
                                          const struct ddb_partiql_term *other)
{
    if (other->condition != NULL)
        return choose(parser, condition, other->condition, negate(parser, other->condition));
    if (other->operand->kind == DDB_OPERAND_VALUE)
        return equals_value(parser, condition, parser->values[other->operand->value_slot]);
    return choose(parser, condition, operand_is(parser, other->operand, true),
                  operand_is(parser, other->operand, false));
}

static bool may_double(struct ddb_partiql_parser *parser, const struct ddb_partiql_term *other)
{
    if (other->operand != NULL && other->operand->kind == DDB_OPERAND_VALUE)
        return true;
    if (++parser->doubled_count <= DOUBLED_MAX)
        return true;
    return ddb_invalid(parser->fault,
                       "The expression contains too many operators; operator count: %u",
                       parser->doubled_count);
}

bool ddb_partiql_want_operand(struct ddb_partiql_parser *parser,
                              const struct ddb_partiql_term *term, const char *name)
{
    const struct ddb_operand *operand = term->operand;
    if (operand != NULL &&
        (operand->kind == DDB_OPERAND_PATH || operand->kind == DDB_OPERAND_VALUE ||
         operand->kind == DDB_OPERAND_SIZE))
        return true;
    return ddb_invalid(parser->fault, "This operator cannot be used in a condition: %s", name);
}

bool ddb_partiql_compare(struct ddb_partiql_parser *parser, enum ddb_condition_kind kind,
                         const struct ddb_partiql_term *left, const struct ddb_partiql_term *right,
                         const struct ddb_condition **condition)
{
    const struct ddb_operand *operands[2] = {left->operand, right->operand};
    const char *name = ddb_condition_kind_name(kind);
    if ((left->condition == NULL && !ddb_partiql_want_operand(parser, left, name)) ||
        (right->condition == NULL && !ddb_partiql_want_operand(parser, right, name)))
        return false;
    if (left->condition == NULL && right->condition == NULL) {
        *condition = ddb_partiql_leaf(parser, kind, operands, 2);
        return true;
    }
    if (kind != DDB_CONDITION_EQ && kind != DDB_CONDITION_NE)
        return ddb_invalid(parser->fault,
                           "Incorrect operand type for operator or function; operator or "
                           "function: %s, operand type: BOOL",
                           name);
    const struct ddb_partiql_term *first = left->condition != NULL ? left : right;
    const struct ddb_partiql_term *other = first == left ? right : left;
    if (!may_double(parser, other))
        return false;
    const struct ddb_condition *made = equals(parser, first->condition, other);
    *condition = kind == DDB_CONDITION_EQ ? made : negate(parser, made);
    return true;
}
