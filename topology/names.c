#include "topology/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/buffer.h"
#include "topology/spelling.h"

struct name {
    const char *name;
    const char *value;
    size_t order; /* in which it came */
};

struct topo_names {
    struct sim_arena *arena;
    struct name *entries;
    size_t count;
    size_t capacity;
    bool is_sorted;
};

struct topo_names *topo_names_create(void)
{
    struct topo_names *names = sim_alloc(sizeof *names);
    names->arena = sim_arena_create();
    names->is_sorted = true;
    return names;
}

void topo_names_destroy(struct topo_names *names)
{
    if (names == NULL)
        return;
    sim_arena_destroy(names->arena);
    free(names->entries);
    free(names);
}

void topo_names_clear(struct topo_names *names)
{
    sim_arena_destroy(names->arena);
    names->arena = sim_arena_create();
    names->count = 0;
    names->is_sorted = true;
}

const char *topo_names_find(const struct topo_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->entries[i].name, name) == 0)
            return names->entries[i].value;
    return NULL;
}

void topo_names_add(struct topo_names *names, const char *value, const char *name_format, ...)
{
    PRE(value != NULL);
    va_list arguments;
    va_start(arguments, name_format);
    const char *name = sim_arena_vprintf(names->arena, name_format, arguments);
    va_end(arguments);
    if (topo_names_find(names, name) != NULL)
        return;
    if (names->count == names->capacity) {
        names->capacity = names->capacity > 0 ? names->capacity * 2 : 64;
        names->entries = sim_realloc_array(names->entries, names->capacity, sizeof *names->entries);
    }
    names->entries[names->count] =
        (struct name){name, sim_arena_strdup(names->arena, value), names->count};
    names->count++;
    names->is_sorted = false;
}

size_t topo_names_count(const struct topo_names *names)
{
    return names->count;
}

static int by_name(const void *left, const void *right)
{
    const struct name *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

static void sort_names(struct topo_names *names)
{
    if (!names->is_sorted)
        qsort(names->entries, names->count, sizeof *names->entries, by_name);
    names->is_sorted = true;
}

void topo_names_at(struct topo_names *names, size_t index, const char **name, const char **value)
{
    PRE(index < names->count);
    sort_names(names);
    *name = names->entries[index].name;
    *value = names->entries[index].value;
}

static enum sim_result fail_unknown(struct topo_names *names, const char *wanted,
                                    struct sim_error *error)
{
    sort_names(names);
    const char **known = sim_alloc_array(names->count + 1, sizeof *known);
    for (size_t i = 0; i < names->count; i++)
        known[i] = names->entries[i].name;
    const char *nearest = topo_spelling_nearest(wanted, known, names->count);
    free(known);
    if (nearest != NULL)
        return sim_error_set(error, RESULT_INVALID,
                             "this world has nothing called '${%.100s}'; did you mean '${%s}'?",
                             wanted, nearest);
    return sim_error_set(error, RESULT_INVALID,
                         "this world has nothing called '${%.100s}'; names look like "
                         "'${control.NAME.arn}' or '${zone.NAME.id}'",
                         wanted);
}

enum sim_result topo_names_expand(struct topo_names *names, struct sim_arena *arena,
                                  const char *text, const char **expanded, struct sim_error *error)
{
    if (strstr(text, "${") == NULL) {
        *expanded = text;
        return RESULT_OK;
    }
    struct sim_buffer made;
    sim_buffer_init(&made);
    enum sim_result result = RESULT_OK;
    const char *at = text;
    for (const char *mark = strstr(at, "${"); mark != NULL && result == RESULT_OK;
         mark = strstr(at, "${")) {
        sim_buffer_append(&made, at, (size_t)(mark - at));
        const char *end = strchr(mark, '}');
        if (mark > at && mark[-1] == '$') { /* $${ : the first dollar is out already */
            sim_buffer_append_text(&made, "{");
            at = mark + 2;
            continue;
        }
        if (end == NULL) {
            result =
                sim_error_set(error, RESULT_INVALID, "'%.100s' lacks the '}' that ends it", mark);
            break;
        }
        const char *name = sim_arena_strndup(arena, mark + 2, (size_t)(end - mark - 2));
        const char *value = topo_names_find(names, name);
        if (value != NULL)
            sim_buffer_append_text(&made, value);
        else
            result = fail_unknown(names, name, error);
        at = end + 1;
    }
    if (result == RESULT_OK) {
        sim_buffer_append_text(&made, at);
        *expanded = sim_arena_strdup(arena, made.data);
    }
    sim_buffer_fini(&made);
    return result;
}
