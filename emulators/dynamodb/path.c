/* Following paths, printing them, and finding two that get in each other's way. */
#include "emulators/dynamodb/path.h"

#include <stdlib.h>
#include <string.h>

const char *ddb_path_element_name(const struct ddb_path_element *element, const char *const *names)
{
    switch (element->kind) {
    case DDB_PATH_NAME:
        return element->text;
    case DDB_PATH_PLACEHOLDER:
        return names[element->number];
    case DDB_PATH_INDEX:
        break;
    }
    return NULL;
}

const char *ddb_path_top(const struct ddb_path *path, const char *const *names)
{
    return ddb_path_element_name(&path->elements[0], names);
}

static const cJSON *step(const struct ddb_path_element *element, const char *const *names,
                         const cJSON *value)
{
    enum ddb_type type = ddb_value_type(value);
    if (element->kind != DDB_PATH_INDEX)
        return type != DDB_TYPE_M
                   ? NULL
                   : ddb_item_find(ddb_value_payload(value), ddb_path_element_name(element, names));
    if (type != DDB_TYPE_L)
        return NULL;
    const cJSON *child = ddb_value_payload(value)->child;
    for (uint32_t i = 0; child != NULL && i < element->number; i++)
        child = child->next;
    return child;
}

const cJSON *ddb_path_find(const struct ddb_path *path, const char *const *names, const cJSON *item)
{
    const cJSON *value = ddb_item_find(item, ddb_path_top(path, names));
    for (size_t i = 1; i < path->element_count && value != NULL; i++)
        value = step(&path->elements[i], names, value);
    return value;
}

int ddb_path_element_compare(const struct ddb_path_element *a, const struct ddb_path_element *b,
                             const char *const *names)
{
    bool a_is_index = a->kind == DDB_PATH_INDEX;
    bool b_is_index = b->kind == DDB_PATH_INDEX;
    if (a_is_index != b_is_index)
        return a_is_index ? 1 : -1;
    if (a_is_index)
        return (a->number > b->number) - (a->number < b->number);
    return strcmp(ddb_path_element_name(a, names), ddb_path_element_name(b, names));
}

bool ddb_path_equal(const struct ddb_path *a, const struct ddb_path *b, const char *const *names)
{
    if (a->element_count != b->element_count)
        return false;
    for (size_t i = 0; i < a->element_count; i++)
        if (ddb_path_element_compare(&a->elements[i], &b->elements[i], names) != 0)
            return false;
    return true;
}

void ddb_path_print(const struct ddb_path *path, const char *const *names,
                    struct sim_buffer *buffer)
{
    sim_buffer_append_text(buffer, "[");
    for (size_t i = 0; i < path->element_count; i++) {
        const struct ddb_path_element *element = &path->elements[i];
        sim_buffer_append_text(buffer, i == 0 ? "" : ", ");
        if (element->kind == DDB_PATH_INDEX)
            sim_buffer_printf(buffer, "[%u]", element->number);
        else
            sim_buffer_append_text(buffer, ddb_path_element_name(element, names));
    }
    sim_buffer_append_text(buffer, "]");
}

/* --- overlap and conflict -------------------------------------------------------------------- */

static size_t common_elements(const struct ddb_path_entry *a, const struct ddb_path_entry *b)
{
    size_t i = 0;
    while (i < a->path->element_count && i < b->path->element_count &&
           ddb_path_element_compare(&a->path->elements[i], &b->path->elements[i], a->names) == 0)
        i++;
    return i;
}

/* A path before those it leads to; ties by position. */
static int compare_entries(const void *a, const void *b)
{
    const struct ddb_path_entry *left = a;
    const struct ddb_path_entry *right = b;
    size_t common = common_elements(left, right);
    bool left_ends = common == left->path->element_count;
    bool right_ends = common == right->path->element_count;
    if (!left_ends && !right_ends)
        return ddb_path_element_compare(&left->path->elements[common],
                                        &right->path->elements[common], left->names);
    if (left_ends != right_ends)
        return left_ends ? -1 : 1;
    return left->position < right->position ? -1 : left->position > right->position;
}

void ddb_path_sort(struct ddb_path_entry *entries, size_t entry_count)
{
    if (entry_count > 1)
        qsort(entries, entry_count, sizeof *entries, compare_entries);
}

/* Two paths that collide, in the order of the text. */
struct collision {
    const struct ddb_path_entry *first;
    const struct ddb_path_entry *second;
};

/* Of several collisions the one that a reader of the text would meet first is told. */
static void note(struct collision *collision, const struct ddb_path_entry *a,
                 const struct ddb_path_entry *b)
{
    const struct ddb_path_entry *first = a->position < b->position ? a : b;
    const struct ddb_path_entry *second = first == a ? b : a;
    if (collision->second != NULL && collision->second->position <= second->position)
        return;
    *collision = (struct collision){first, second};
}

static bool fail_collision(const struct collision *collision, const char *what, const char *prefix,
                           struct ddb_fault *fault)
{
    struct sim_buffer one;
    struct sim_buffer two;
    sim_buffer_init(&one);
    sim_buffer_init(&two);
    ddb_path_print(collision->first->path, collision->first->names, &one);
    ddb_path_print(collision->second->path, collision->second->names, &two);
    ddb_invalid(fault,
                "%sTwo document paths %s with each other; must remove or rewrite one of these "
                "paths; path one: %s, path two: %s",
                prefix, what, one.data, two.data);
    sim_buffer_fini(&one);
    sim_buffer_fini(&two);
    return false;
}

/* In sorted order a path that leads to others stands directly before one of them, and where names
 * and indexes meet below one place, the last name stands directly before the first index. So
 * neighbours tell all. */
bool ddb_path_check_overlap(const struct ddb_path *paths, size_t path_count,
                            const char *const *names, const char *prefix, struct ddb_fault *fault)
{
    struct ddb_path_entry *entries =
        sim_arena_alloc_array(fault->arena, path_count, sizeof *entries);
    struct collision overlap = {0};
    struct collision conflict = {0};
    for (size_t i = 0; i < path_count; i++)
        entries[i] = (struct ddb_path_entry){&paths[i], names, i};
    ddb_path_sort(entries, path_count);
    for (size_t i = 1; i < path_count; i++) {
        const struct ddb_path_entry *a = &entries[i - 1];
        const struct ddb_path_entry *b = &entries[i];
        size_t common = common_elements(a, b);
        if (common == a->path->element_count)
            note(&overlap, a, b);
        else if (common > 0 && (a->path->elements[common].kind == DDB_PATH_INDEX) !=
                                   (b->path->elements[common].kind == DDB_PATH_INDEX))
            note(&conflict, a, b);
    }
    if (overlap.first != NULL)
        return fail_collision(&overlap, "overlap", prefix, fault);
    if (conflict.first != NULL)
        return fail_collision(&conflict, "conflict", prefix, fault);
    return true;
}
