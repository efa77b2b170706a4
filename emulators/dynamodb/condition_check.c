/* What can be wrong with a condition once its placeholders are known: operands that are the same,
 * and constants of a type that an operator or function does not take. */
#include "emulators/dynamodb/condition.h"

#include <string.h>

/* A condition's operand with what the checks need. */
struct check {
    const struct ddb_binding *binding;
    const char *kind_name;
    struct ddb_fault *fault;
};

/* Type of a constant; size() is an N; a path has none. */
static enum ddb_type operand_type(const struct check *check, const struct ddb_operand *operand)
{
    if (operand->kind == DDB_OPERAND_VALUE)
        return ddb_value_type(check->binding->values[operand->value_slot]);
    return operand->kind == DDB_OPERAND_SIZE ? DDB_TYPE_N : DDB_TYPE_COUNT;
}

static bool fail_type(const struct check *check, const char *function, const char *type)
{
    return ddb_invalid(check->fault,
                       "Invalid %s: Incorrect operand type for operator or function; operator or "
                       "function: %s, operand type: %s",
                       check->kind_name, function, type);
}

/* types: BIT() of those that are refused. */
static bool refuse_types(const struct check *check, const struct ddb_operand *operand,
                         const char *function, unsigned types)
{
    enum ddb_type type = operand_type(check, operand);
    if (type == DDB_TYPE_COUNT || (types & BIT(type)) == 0)
        return true;
    return fail_type(check, function, ddb_type_name(type));
}

#define ALL_TYPES (BIT(DDB_TYPE_COUNT) - 1u)
#define ORDERED   (BIT(DDB_TYPE_S) | BIT(DDB_TYPE_N) | BIT(DDB_TYPE_B))
#define TEXTS     (BIT(DDB_TYPE_S) | BIT(DDB_TYPE_B))
#define SIZELESS  (BIT(DDB_TYPE_N) | BIT(DDB_TYPE_BOOL) | BIT(DDB_TYPE_NULL))

static bool check_size(const struct check *check, const struct ddb_operand *operand)
{
    /* size(size(a)) ends here: bounded by the parser's nesting all the same */
    return operand->kind != DDB_OPERAND_SIZE ||
           refuse_types(check, operand->left, "size", SIZELESS);
}

static bool fail_between(const struct check *check, const char *problem, const cJSON *low,
                         const cJSON *high)
{
    return ddb_invalid(check->fault,
                       "Invalid %s: The BETWEEN operator requires %s; lower bound operand: "
                       "AttributeValue: {%s:%s}, upper bound operand: AttributeValue: {%s:%s}",
                       check->kind_name, problem, ddb_type_name(ddb_value_type(low)),
                       ddb_value_text(low), ddb_type_name(ddb_value_type(high)),
                       ddb_value_text(high));
}

/* Bounds that are both constants. */
static bool check_bounds(const struct check *check, const struct ddb_condition *condition)
{
    const struct ddb_operand *low = condition->operands[1];
    const struct ddb_operand *high = condition->operands[2];
    if (low->kind != DDB_OPERAND_VALUE || high->kind != DDB_OPERAND_VALUE)
        return true;
    const cJSON *low_value = check->binding->values[low->value_slot];
    const cJSON *high_value = check->binding->values[high->value_slot];
    if (ddb_value_type(low_value) != ddb_value_type(high_value))
        return fail_between(check, "same data type for lower and upper bounds", low_value,
                            high_value);
    if (ddb_value_compare(low_value, high_value) > 0)
        return fail_between(check, "upper bound to be greater than or equal to lower bound",
                            low_value, high_value);
    return true;
}

static bool check_type_operand(const struct check *check, const struct ddb_operand *operand)
{
    if (operand->kind == DDB_OPERAND_VALUE)
        return refuse_types(check, operand, "attribute_type", ALL_TYPES & ~BIT(DDB_TYPE_S));
    bool is_size = operand->kind == DDB_OPERAND_SIZE;
    return fail_type(check, "attribute_type", is_size ? "N" : "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
}

static bool check_type_name(const struct check *check, const struct ddb_operand *operand)
{
    const char *name = ddb_value_text(check->binding->values[operand->value_slot]);
    if (ddb_type_find(name) != DDB_TYPE_COUNT)
        return true;
    return ddb_invalid(check->fault,
                       "Invalid %s: Invalid attribute type name found; type: %s, valid types: "
                       "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
                       check->kind_name, name);
}

/* Whether each operand is of a kind and type that the operator takes. */
static bool check_operands(const struct check *check, const struct ddb_condition *condition)
{
    const char *name = ddb_condition_kind_name(condition->kind);
    unsigned refused = 0;
    switch (condition->kind) {
    case DDB_CONDITION_LT:
    case DDB_CONDITION_LE:
    case DDB_CONDITION_GT:
    case DDB_CONDITION_GE:
    case DDB_CONDITION_BETWEEN:
        refused = ALL_TYPES & ~ORDERED;
        break;
    case DDB_CONDITION_BEGINS_WITH:
        refused = ALL_TYPES & ~TEXTS;
        break;
    case DDB_CONDITION_EXISTS:
    case DDB_CONDITION_NOT_EXISTS:
    case DDB_CONDITION_TYPE:
    case DDB_CONDITION_AND:
    case DDB_CONDITION_OR:
    case DDB_CONDITION_NOT:
    case DDB_CONDITION_EQ:
    case DDB_CONDITION_NE:
    case DDB_CONDITION_IN:
    case DDB_CONDITION_CONTAINS:
        break;
    }
    for (size_t i = 0; i < condition->operand_count; i++)
        if (!check_size(check, condition->operands[i]) ||
            !refuse_types(check, condition->operands[i], name, refused))
            return false;
    if (condition->kind == DDB_CONDITION_TYPE)
        return check_type_operand(check, condition->operands[1]);
    bool wants_path =
        condition->kind == DDB_CONDITION_EXISTS || condition->kind == DDB_CONDITION_NOT_EXISTS;
    return !wants_path || condition->operands[0]->kind == DDB_OPERAND_PATH ||
           ddb_invalid(check->fault,
                       "Invalid %s: Operator or function requires a document path; operator or "
                       "function: %s",
                       check->kind_name, name);
}

/* What constants of the right type may still say wrong. */
static bool check_arguments(const struct check *check, const struct ddb_condition *condition)
{
    if (condition->kind == DDB_CONDITION_BETWEEN)
        return check_bounds(check, condition);
    return condition->kind != DDB_CONDITION_TYPE || check_type_name(check, condition->operands[1]);
}

static bool check_distinct(const struct check *check, const struct ddb_condition *condition)
{
    const struct ddb_operand *const *operands = condition->operands;
    if (condition->operand_count != 2 || condition->kind == DDB_CONDITION_IN ||
        operands[0]->kind != DDB_OPERAND_PATH || operands[1]->kind != DDB_OPERAND_PATH ||
        !ddb_path_equal(&operands[0]->path, &operands[1]->path, check->binding->names))
        return true;
    struct sim_buffer path;
    sim_buffer_init(&path);
    ddb_path_print(&operands[0]->path, check->binding->names, &path);
    ddb_invalid(check->fault,
                "Invalid %s: The first operand must be distinct from the remaining operands for "
                "this operator or function; operator: %s, first operand: %s",
                check->kind_name, ddb_condition_kind_name(condition->kind), path.data);
    sim_buffer_fini(&path);
    return false;
}

typedef bool check_function(const struct check *check, const struct ddb_condition *condition);

/* Depth is what the parser allowed. */
static bool check_tree(const struct check *check, const struct ddb_condition *condition,
                       check_function *check_leaf)
{
    if (condition->child_count == 0)
        return check_leaf(check, condition);
    for (size_t i = 0; i < condition->child_count; i++)
        if (!check_tree(check, condition->children[i], check_leaf))
            return false;
    return true;
}

static bool operand_is_bound(const struct ddb_binding *binding, const struct ddb_operand *operand)
{
    if (operand->kind == DDB_OPERAND_SIZE) /* bounded by the parser's nesting */
        return operand_is_bound(binding, operand->left);
    return operand->kind != DDB_OPERAND_VALUE || binding->values[operand->value_slot] != NULL;
}

static bool is_bound(const struct ddb_binding *binding, const struct ddb_condition *leaf)
{
    for (size_t i = 0; i < leaf->operand_count; i++)
        if (!operand_is_bound(binding, leaf->operands[i]))
            return false;
    return true;
}

/* Stops, with *is_over, at the first condition that has no value. */
static bool check_bound(const struct check *check, const struct ddb_condition *condition,
                        bool *is_over)
{
    if (condition->child_count == 0) {
        *is_over = !is_bound(check->binding, condition);
        return *is_over || check_operands(check, condition);
    }
    for (size_t i = 0; i < condition->child_count && !*is_over; i++)
        if (!check_bound(check, condition->children[i], is_over))
            return false;
    return true;
}

bool ddb_condition_check_bound(const struct ddb_binding *binding, struct ddb_fault *fault)
{
    struct check check = {binding, ddb_expression_kind_name(binding->expression->kind), fault};
    bool is_over = false;
    return check_bound(&check, binding->expression->condition, &is_over);
}

bool ddb_condition_check(const struct ddb_binding *binding, struct ddb_fault *fault)
{
    const struct ddb_expression *expression = binding->expression;
    struct check check = {binding, ddb_expression_kind_name(expression->kind), fault};
    if (expression->operand_fault != NULL)
        return ddb_invalid(fault, "Invalid %s: %s", check.kind_name, expression->operand_fault);
    return check_tree(&check, expression->condition, check_operands) &&
           check_tree(&check, expression->condition, check_distinct) &&
           check_tree(&check, expression->condition, check_arguments);
}
