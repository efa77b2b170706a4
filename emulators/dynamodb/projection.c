/* Building the part of an item that sorted paths lead to: paths that share their beginning stand
 * together, so each container is built once. */
#include "emulators/dynamodb/projection.h"

#include <stdlib.h>
#include <string.h>

/* Sorted entries that agree in their first depth elements. */
struct group {
    const struct ddb_path_entry *entries;
    size_t count;
    size_t depth;
};

static cJSON *build_value(const cJSON *value, struct group group);

static const struct ddb_path_element *element_of(struct group group, size_t i)
{
    return &group.entries[i].path->elements[group.depth];
}

/* The entries at the front that agree in one more element; the rest stays in *group. */
static struct group take_front(struct group *group)
{
    struct group front = {group->entries, 1, group->depth + 1};
    const char *const *names = group->entries[0].names;
    while (front.count < group->count &&
           ddb_path_element_compare(element_of(*group, 0), element_of(*group, front.count),
                                    names) == 0)
        front.count++;
    group->entries += front.count;
    group->count -= front.count;
    return front;
}

static void build_members(const cJSON *members, struct group group, cJSON *into)
{
    while (group.count > 0) {
        const struct ddb_path_element *element = element_of(group, 0);
        const char *name = ddb_path_element_name(element, group.entries[0].names);
        struct group front = take_front(&group);
        const cJSON *member = name == NULL ? NULL : ddb_item_find(members, name);
        cJSON *built = member == NULL ? NULL : build_value(member, front);
        if (built != NULL)
            cJSON_AddItemToObject(into, name, built);
    }
}

/* Indexes ascend, so one walk over the list serves them all. */
static void build_elements(const cJSON *list, struct group group, cJSON *into)
{
    const cJSON *element = list->child;
    uint32_t index = 0;
    while (group.count > 0 && element != NULL) {
        const struct ddb_path_element *wanted = element_of(group, 0);
        if (wanted->kind != DDB_PATH_INDEX) {
            take_front(&group);
            continue;
        }
        for (; element != NULL && index < wanted->number; index++)
            element = element->next;
        struct group front = take_front(&group);
        cJSON *built = element == NULL ? NULL : build_value(element, front);
        if (built != NULL)
            cJSON_AddItemToArray(into, built);
    }
}

/* NULL when none of the paths leads anywhere. Depth: 32, the longest path. */
static cJSON *build_value(const cJSON *value, struct group group)
{
    if (group.entries[0].path->element_count == group.depth) /* the shortest comes first */
        return cJSON_Duplicate(value, true);
    enum ddb_type type = ddb_value_type(value);
    if (type != DDB_TYPE_M && type != DDB_TYPE_L)
        return NULL;
    cJSON *built = ddb_value_empty(type);
    if (type == DDB_TYPE_M)
        build_members(value->child, group, built->child);
    else
        build_elements(value->child, group, built->child);
    if (built->child->child != NULL)
        return built;
    cJSON_Delete(built);
    return NULL;
}

static cJSON *build_sorted(struct ddb_path_entry *entries, size_t entry_count, const cJSON *item)
{
    cJSON *built = cJSON_CreateObject();
    ddb_path_sort(entries, entry_count);
    if (item != NULL)
        build_members(item, (struct group){entries, entry_count, 0}, built);
    return built;
}

cJSON *ddb_projection_of_paths(const struct ddb_path *paths, size_t path_count,
                               const char *const *names, const cJSON *item)
{
    struct ddb_path_entry *entries = sim_alloc_array(path_count + 1, sizeof *entries);
    for (size_t i = 0; i < path_count; i++)
        entries[i] = (struct ddb_path_entry){&paths[i], names, i};
    cJSON *built = build_sorted(entries, path_count, item);
    free(entries);
    return built;
}

cJSON *ddb_projection_build(const struct ddb_binding *binding, const cJSON *item)
{
    if (binding == NULL)
        return item == NULL ? cJSON_CreateObject() : cJSON_Duplicate(item, true);
    return ddb_projection_of_paths(binding->expression->paths, binding->expression->path_count,
                                   binding->names, item);
}

const struct ddb_binding *ddb_projection_of_names(struct sim_arena *arena,
                                                  const char *const *attributes,
                                                  size_t attribute_count)
{
    struct ddb_path *paths = sim_arena_alloc_array(arena, attribute_count, sizeof *paths);
    struct ddb_path_element *elements =
        sim_arena_alloc_array(arena, attribute_count, sizeof *elements);
    for (size_t i = 0; i < attribute_count; i++) {
        elements[i] =
            (struct ddb_path_element){DDB_PATH_NAME, sim_arena_strdup(arena, attributes[i]), 0};
        paths[i] = (struct ddb_path){&elements[i], 1};
    }
    struct ddb_expression *expression = sim_arena_alloc(arena, sizeof *expression);
    *expression = (struct ddb_expression){
        .kind = DDB_EXPRESSION_PROJECTION, .paths = paths, .path_count = attribute_count};
    struct ddb_binding *binding = sim_arena_alloc(arena, sizeof *binding);
    *binding = (struct ddb_binding){.expression = expression};
    return binding;
}
