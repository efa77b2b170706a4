/* What can be wrong with an update once its placeholders are known: paths that get in each other's
 * way, and constants of a type that an action or function does not take. */
#include <string.h>

#include "emulators/dynamodb/update.h"

#define PREFIX "Invalid UpdateExpression: "

/* ADD and DELETE call types by their long names. */
static const char *const long_names[DDB_TYPE_COUNT] = {
    [DDB_TYPE_S] = "STRING",  [DDB_TYPE_N] = "NUMBER", [DDB_TYPE_B] = "BINARY",
    [DDB_TYPE_M] = "MAP",     [DDB_TYPE_L] = "LIST",   [DDB_TYPE_BOOL] = "BOOLEAN",
    [DDB_TYPE_NULL] = "NULL",
};

static bool check_paths(const struct ddb_binding *binding, struct ddb_fault *fault)
{
    const struct ddb_expression *expression = binding->expression;
    struct ddb_path *paths =
        sim_arena_alloc_array(fault->arena, expression->action_count, sizeof *paths);
    for (size_t i = 0; i < expression->action_count; i++)
        paths[i] = expression->actions[i].path;
    return ddb_path_check_overlap(paths, expression->action_count, binding->names, PREFIX, fault);
}

static bool check_action(const struct ddb_binding *binding, const struct ddb_action *action,
                         struct ddb_fault *fault)
{
    if (action->kind != DDB_ACTION_ADD && action->kind != DDB_ACTION_DELETE)
        return true;
    enum ddb_type type = ddb_value_type(binding->values[action->operand->value_slot]);
    if (ddb_type_is_set(type) || (action->kind == DDB_ACTION_ADD && type == DDB_TYPE_N))
        return true;
    return ddb_invalid(fault,
                       PREFIX "Incorrect operand type for operator or function; operator: %s, "
                              "operand type: %s",
                       action->kind == DDB_ACTION_ADD ? "ADD" : "DELETE", long_names[type]);
}

static bool check_constant(const struct ddb_binding *binding, const struct ddb_operand *operand,
                           const char *function, enum ddb_type wanted, struct ddb_fault *fault)
{
    if (operand->kind != DDB_OPERAND_VALUE)
        return true;
    enum ddb_type type = ddb_value_type(binding->values[operand->value_slot]);
    return type == wanted ||
           ddb_invalid(fault,
                       PREFIX "Incorrect operand type for operator or function; operator or "
                              "function: %s, operand type: %s",
                       function, ddb_type_name(type));
}

/* Depth is what the parser allowed. */
static bool check_operand(const struct ddb_binding *binding, const struct ddb_operand *operand,
                          struct ddb_fault *fault)
{
    if (operand->left == NULL) /* a path or a value */
        return true;
    if (!check_operand(binding, operand->left, fault) ||
        !check_operand(binding, operand->right, fault))
        return false;
    if (operand->kind == DDB_OPERAND_IF_NOT_EXISTS)
        return operand->left->kind == DDB_OPERAND_PATH ||
               ddb_invalid(fault, PREFIX "Operator or function requires a document path; operator "
                                         "or function: if_not_exists");
    bool is_list = operand->kind == DDB_OPERAND_LIST_APPEND;
    const char *name = is_list ? "list_append" : operand->kind == DDB_OPERAND_PLUS ? "+" : "-";
    enum ddb_type wanted = is_list ? DDB_TYPE_L : DDB_TYPE_N;
    return check_constant(binding, operand->left, name, wanted, fault) &&
           check_constant(binding, operand->right, name, wanted, fault);
}

bool ddb_update_check(const struct ddb_binding *binding, struct ddb_fault *fault)
{
    const struct ddb_expression *expression = binding->expression;
    if (!check_paths(binding, fault))
        return false;
    for (size_t i = 0; i < expression->action_count; i++)
        if (!check_action(binding, &expression->actions[i], fault))
            return false;
    if (expression->operand_fault != NULL)
        return ddb_invalid(fault, PREFIX "%s", expression->operand_fault);
    for (size_t i = 0; i < expression->action_count; i++)
        if (expression->actions[i].kind == DDB_ACTION_SET &&
            !check_operand(binding, expression->actions[i].operand, fault))
            return false;
    return true;
}

bool ddb_update_check_keys(const struct ddb_binding *binding, const struct ddb_key_schema *schema,
                           struct ddb_fault *fault)
{
    for (size_t i = 0; binding != NULL && i < binding->expression->action_count; i++) {
        const char *top = ddb_path_top(&binding->expression->actions[i].path, binding->names);
        if (ddb_key_schema_has(schema, top))
            return ddb_invalid(fault,
                               DDB_PARAMETER_TEXT
                               "Cannot update attribute %s. This attribute is part of the key",
                               top);
    }
    return true;
}
