/* Applying an update.
 *
 * First every action computes its value from the old item; then values are put into the new one, in
 * the order of their paths, so that elements set behind a list's end are appended in the order of
 * their indexes; last come removals, highest index first, so that each meets the position that its
 * path had in the old item. No two paths overlap (the check saw to that), so steps do not disturb
 * each other otherwise. */
#include "emulators/dynamodb/update.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/projection.h"
#include "emulators/dynamodb/update_value.h"

/* What an action comes down to. */
struct change {
    cJSON *value;    /* to be put, or NULL */
    bool is_removal; /* neither: nothing happens */
};

static bool fail_path(struct ddb_fault *fault)
{
    return ddb_invalid(fault,
                       "The document path provided in the update expression is invalid for update");
}

/* --- computing ------------------------------------------------------------------------------- */

static bool compute_delete(struct ddb_update_reader *reader, const cJSON *old_value,
                           const cJSON *operand, struct change *change)
{
    if (old_value == NULL)
        return true;
    change->value = ddb_update_subtract_set(reader, old_value, operand);
    if (change->value == NULL)
        return false;
    if (change->value->child->child != NULL)
        return true;
    cJSON_Delete(change->value);
    *change = (struct change){.is_removal = true}; /* a set is never empty */
    return true;
}

static bool compute(struct ddb_update_reader *reader, const struct ddb_action *action,
                    struct change *change)
{
    const struct ddb_binding *binding = reader->binding;
    const cJSON *old_value = ddb_path_find(&action->path, binding->names, reader->old_item);
    switch (action->kind) {
    case DDB_ACTION_SET:
        change->value = ddb_update_evaluate(reader, action->operand);
        return change->value != NULL;
    case DDB_ACTION_REMOVE:
        change->is_removal = true;
        return true;
    case DDB_ACTION_ADD:
        change->value =
            ddb_update_add(reader, old_value, binding->values[action->operand->value_slot]);
        return change->value != NULL;
    case DDB_ACTION_DELETE:
        return compute_delete(reader, old_value, binding->values[action->operand->value_slot],
                              change);
    }
    return false;
}

/* --- changing the new item -------------------------------------------------------------------- */

/* The map or list that holds the path's last element: its members. NULL: there is no such. */
static cJSON *find_container(const struct ddb_path *path, const char *const *names, cJSON *item)
{
    if (path->element_count == 1)
        return item;
    struct ddb_path parent = {path->elements, path->element_count - 1};
    const cJSON *value = ddb_path_find(&parent, names, item);
    bool is_index = path->elements[path->element_count - 1].kind == DDB_PATH_INDEX;
    if (value == NULL || ddb_value_type(value) != (is_index ? DDB_TYPE_L : DDB_TYPE_M))
        return NULL;
    return value->child;
}

static const struct ddb_path_element *last_element(const struct ddb_path *path)
{
    return &path->elements[path->element_count - 1];
}

/* The container's member at the path's last element, or NULL. */
static cJSON *find_member(const struct ddb_path *path, const char *const *names, cJSON *container)
{
    const struct ddb_path_element *element = last_element(path);
    cJSON *member = container->child;
    const char *name = ddb_path_element_name(element, names);
    if (name != NULL) {
        while (member != NULL && strcmp(member->string, name) != 0)
            member = member->next;
        return member;
    }
    for (uint32_t i = 0; member != NULL && i < element->number; i++)
        member = member->next;
    return member;
}

/* How many lists and maps are in each other at most, the value itself included. */
static size_t depth_of(const cJSON *value)
{
    enum ddb_type type = ddb_value_type(value);
    size_t deepest = 0;
    if (type != DDB_TYPE_L && type != DDB_TYPE_M)
        return 0;
    for (const cJSON *child = value->child->child; child != NULL; child = child->next) {
        size_t depth = depth_of(child);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

/* Takes the value. */
static bool put(const struct ddb_path *path, const char *const *names, cJSON *item, cJSON *value,
                struct ddb_fault *fault)
{
    cJSON *container = find_container(path, names, item);
    if (container == NULL) {
        cJSON_Delete(value);
        return fail_path(fault);
    }
    if (path->element_count - 1 + depth_of(value) >= DDB_NESTING_MAX) {
        cJSON_Delete(value);
        return ddb_invalid(fault, DDB_NESTING_TEXT);
    }
    cJSON *member = find_member(path, names, container);
    const char *name = ddb_path_element_name(last_element(path), names);
    if (member != NULL) {
        value->string = member->string; /* the new one takes over name and place */
        value->type |= member->type & cJSON_StringIsConst;
        member->string = NULL;
        cJSON_ReplaceItemViaPointer(container, member, value);
    } else if (name != NULL) {
        cJSON_AddItemToObject(container, name, value);
    } else {
        cJSON_AddItemToArray(container, value);
    }
    return true;
}

/* Whether an element was there before is the old item's word: appended ones may stand there now. */
static bool take_away(const struct ddb_path *path, const char *const *names, const cJSON *old_item,
                      cJSON *item, struct ddb_fault *fault)
{
    cJSON *container = find_container(path, names, item);
    if (old_item == NULL) /* of an item that is not there, any path may be removed */
        return true;
    if (container == NULL)
        return fail_path(fault);
    if (ddb_path_find(path, names, old_item) == NULL)
        return true;
    cJSON *member = find_member(path, names, container);
    CHECK(member != NULL);
    cJSON_Delete(cJSON_DetachItemViaPointer(container, member));
    return true;
}

static bool apply(const struct ddb_binding *binding, const cJSON *old_item, cJSON *item,
                  struct change *changes, const struct ddb_path_entry *sorted,
                  struct ddb_fault *fault)
{
    size_t count = binding->expression->action_count;
    for (size_t i = 0; i < count; i++) {
        struct change *change = &changes[sorted[i].position];
        cJSON *value = change->value;
        change->value = NULL;
        if (value != NULL && !put(sorted[i].path, binding->names, item, value, fault))
            return false;
    }
    for (size_t i = count; i-- > 0;)
        if (changes[sorted[i].position].is_removal &&
            !take_away(sorted[i].path, binding->names, old_item, item, fault))
            return false;
    return true;
}

bool ddb_update_apply(const struct ddb_binding *binding, const cJSON *old_item, cJSON *new_item,
                      struct ddb_fault *fault)
{
    if (binding == NULL)
        return true;
    const struct ddb_expression *expression = binding->expression;
    size_t count = expression->action_count;
    struct change *changes = sim_arena_alloc_array(fault->arena, count, sizeof *changes);
    struct ddb_path_entry *sorted = sim_arena_alloc_array(fault->arena, count, sizeof *sorted);
    struct ddb_update_reader reader = {binding, old_item, 0, fault};
    bool is_good = true;
    for (size_t i = 0; i < count && is_good; i++) {
        sorted[i] = (struct ddb_path_entry){&expression->actions[i].path, binding->names, i};
        is_good = compute(&reader, &expression->actions[i], &changes[i]);
    }
    if (is_good) {
        ddb_path_sort(sorted, count);
        is_good = apply(binding, old_item, new_item, changes, sorted, fault);
    }
    for (size_t i = 0; i < count; i++)
        cJSON_Delete(changes[i].value);
    return is_good;
}

cJSON *ddb_update_touched(const struct ddb_binding *binding, const cJSON *item)
{
    if (binding == NULL || item == NULL)
        return NULL;
    const struct ddb_expression *expression = binding->expression;
    struct ddb_path *paths = sim_alloc_array(expression->action_count + 1, sizeof *paths);
    for (size_t i = 0; i < expression->action_count; i++)
        paths[i] = expression->actions[i].path;
    cJSON *touched = ddb_projection_of_paths(paths, expression->action_count, binding->names, item);
    free(paths);
    if (touched->child != NULL)
        return touched;
    cJSON_Delete(touched);
    return NULL;
}
