/* AttributeUpdates as an update's actions. Values are put by SET; what has no exact counterpart is
 * ADD of a list, which is list_append to what is there, or to an empty list. */
#include <string.h>

#include "emulators/dynamodb/legacy.h"
#include "emulators/dynamodb/legacy_tree.h"
#include "emulators/wire/call.h"

#define ADDABLE                                                                                    \
    (BIT(DDB_TYPE_N) | BIT(DDB_TYPE_L) | BIT(DDB_TYPE_SS) | BIT(DDB_TYPE_NS) | BIT(DDB_TYPE_BS))

/* value: normal, or NULL. */
static bool check_update(const char *action, const cJSON *value, struct ddb_fault *fault)
{
    bool is_delete = strcmp(action, "DELETE") == 0;
    if (value == NULL)
        return is_delete || ddb_invalid(fault, DDB_PARAMETER_TEXT
                                        "Only DELETE action is allowed when no attribute value is "
                                        "specified");
    enum ddb_type type = ddb_value_type(value);
    if (is_delete && !ddb_type_is_set(type))
        return ddb_invalid(fault,
                           DDB_PARAMETER_TEXT "DELETE action with value is not supported for the "
                                              "type %s",
                           ddb_type_name(type));
    if (strcmp(action, "ADD") == 0 && (ADDABLE & BIT(type)) == 0)
        return ddb_invalid(fault, DDB_PARAMETER_TEXT "ADD action is not supported for the type %s",
                           ddb_type_name(type));
    return true;
}

/* list_append(if_not_exists(a, []), value) */
static const struct ddb_operand *append_operand(struct ddb_legacy_tree *tree, struct ddb_path path,
                                                const struct ddb_operand *value,
                                                const struct ddb_operand *empty)
{
    const struct ddb_operand *old = ddb_legacy_tree_pair(
        tree, DDB_OPERAND_IF_NOT_EXISTS, ddb_legacy_tree_path_operand(tree, path), empty);
    return ddb_legacy_tree_pair(tree, DDB_OPERAND_LIST_APPEND, old, value);
}

static struct ddb_action make_action(struct ddb_legacy_tree *tree, const char *attribute,
                                     const char *name, const cJSON *value,
                                     const struct ddb_operand *empty)
{
    struct ddb_action action = {.kind = DDB_ACTION_REMOVE,
                                .path = ddb_legacy_tree_path(tree, attribute)};
    if (value == NULL)
        return action;
    action.operand = ddb_legacy_tree_value(tree, value);
    action.kind = DDB_ACTION_SET;
    if (strcmp(name, "DELETE") == 0)
        action.kind = DDB_ACTION_DELETE;
    if (strcmp(name, "ADD") != 0)
        return action;
    if (ddb_value_type(value) == DDB_TYPE_L)
        action.operand = append_operand(tree, action.path, action.operand, empty);
    else
        action.kind = DDB_ACTION_ADD;
    return action;
}

static void delete_json(void *json)
{
    cJSON_Delete(json);
}

bool ddb_legacy_updates(const cJSON *input, const struct ddb_binding **binding,
                        struct ddb_fault *fault)
{
    const cJSON *member = wire_member(input, "AttributeUpdates");
    if (member == NULL)
        return true;
    cJSON *updates = ddb_legacy_copy(member, fault->arena);
    size_t count = (size_t)cJSON_GetArraySize(updates);
    struct ddb_action *actions = sim_arena_alloc_array(fault->arena, count + 1, sizeof *actions);
    struct ddb_legacy_tree tree;
    ddb_legacy_tree_init(&tree, count, count + 1, fault);
    cJSON *empty_list = ddb_value_empty(DDB_TYPE_L);
    sim_arena_defer(fault->arena, delete_json, empty_list);
    const struct ddb_operand *empty = ddb_legacy_tree_value(&tree, empty_list);
    size_t action_count = 0;
    for (cJSON *update = updates->child; update != NULL; update = update->next) {
        const char *action = wire_text(update, "Action");
        cJSON *value = cJSON_GetObjectItemCaseSensitive(update, "Value");
        if (cJSON_IsNull(value))
            value = NULL;
        action = action != NULL ? action : "PUT";
        if (!ddb_value_check_name(update->string, fault) ||
            (value != NULL && !ddb_value_normalise(value, fault)) ||
            !check_update(action, value, fault))
            return false;
        actions[action_count++] = make_action(&tree, update->string, action, value, empty);
    }
    *binding =
        count == 0
            ? NULL
            : ddb_legacy_tree_bind(&tree, (struct ddb_expression){.kind = DDB_EXPRESSION_UPDATE,
                                                                  .actions = actions,
                                                                  .action_count = action_count});
    return true;
}
