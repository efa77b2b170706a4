#include "emulators/dynamodb/legacy_tree.h"

#include <stdlib.h>
#include <string.h>

void ddb_legacy_tree_init(struct ddb_legacy_tree *tree, size_t path_count_max,
                          size_t value_count_max, struct ddb_fault *fault)
{
    *tree = (struct ddb_legacy_tree){.fault = fault};
    tree->paths = sim_arena_alloc_array(fault->arena, path_count_max + 1, sizeof *tree->paths);
    tree->values = sim_arena_alloc_array(fault->arena, value_count_max + 1, sizeof(const cJSON *));
}

struct ddb_path ddb_legacy_tree_path(struct ddb_legacy_tree *tree, const char *attribute)
{
    struct ddb_path_element *element = sim_arena_alloc(tree->fault->arena, sizeof *element);
    *element = (struct ddb_path_element){.kind = DDB_PATH_NAME, .text = attribute};
    struct ddb_path path = {element, 1};
    tree->paths[tree->path_count++] = path;
    return path;
}

static const struct ddb_operand *keep_operand(struct ddb_legacy_tree *tree,
                                              struct ddb_operand operand)
{
    struct ddb_operand *kept = sim_arena_alloc(tree->fault->arena, sizeof *kept);
    *kept = operand;
    return kept;
}

const struct ddb_operand *ddb_legacy_tree_path_operand(struct ddb_legacy_tree *tree,
                                                       struct ddb_path path)
{
    return keep_operand(tree, (struct ddb_operand){.kind = DDB_OPERAND_PATH, .path = path});
}

const struct ddb_operand *ddb_legacy_tree_value(struct ddb_legacy_tree *tree, const cJSON *value)
{
    uint32_t slot = (uint32_t)tree->value_count;
    tree->values[tree->value_count++] = value;
    return keep_operand(tree, (struct ddb_operand){.kind = DDB_OPERAND_VALUE, .value_slot = slot});
}

const struct ddb_operand *ddb_legacy_tree_pair(struct ddb_legacy_tree *tree,
                                               enum ddb_operand_kind kind,
                                               const struct ddb_operand *left,
                                               const struct ddb_operand *right)
{
    return keep_operand(tree, (struct ddb_operand){.kind = kind, .left = left, .right = right});
}

const struct ddb_binding *ddb_legacy_tree_bind(struct ddb_legacy_tree *tree,
                                               struct ddb_expression expression)
{
    struct ddb_expression *kept = sim_arena_alloc(tree->fault->arena, sizeof *kept);
    struct ddb_binding *binding = sim_arena_alloc(tree->fault->arena, sizeof *binding);
    *kept = expression;
    kept->is_legacy = true;
    kept->paths = tree->paths;
    kept->path_count = tree->path_count;
    kept->value_count = tree->value_count;
    *binding = (struct ddb_binding){.expression = kept, .values = tree->values};
    return binding;
}

/* --- the request's maps ---------------------------------------------------------------------- */

struct member {
    cJSON *json;
    size_t position;
};

static int by_name_then_position(const void *a, const void *b)
{
    const struct member *left = a;
    const struct member *right = b;
    int order = strcmp(left->json->string, right->json->string);
    if (order != 0)
        return order;
    return left->position < right->position ? -1 : left->position > right->position;
}

static void delete_json(void *json)
{
    cJSON_Delete(json);
}

cJSON *ddb_legacy_copy(const cJSON *map, struct sim_arena *arena)
{
    cJSON *copy = cJSON_Duplicate(map, true);
    CHECK(copy != NULL);
    sim_arena_defer(arena, delete_json, copy);
    size_t count = (size_t)cJSON_GetArraySize(copy);
    struct member *members = sim_arena_alloc_array(arena, count + 1, sizeof *members);
    size_t used = 0;
    for (cJSON *json = copy->child; json != NULL; json = json->next, used++)
        members[used] = (struct member){json, used};
    qsort(members, used, sizeof *members, by_name_then_position);
    for (size_t i = 0; i < used; i++) { /* looks ahead only: what stood before may be gone */
        bool is_repeated =
            i + 1 < used && strcmp(members[i].json->string, members[i + 1].json->string) == 0;
        if (is_repeated || cJSON_IsNull(members[i].json))
            cJSON_Delete(cJSON_DetachItemViaPointer(copy, members[i].json));
    }
    return copy;
}
