/* path.h -- document paths: a.b[3].#c, symbolic and resolved.
 *
 * Purpose  A parsed path keeps its placeholders as slots, so that the parsed form can be cached;
 *          with a binding's names it can be followed through an item.
 * Owner    Paths lie in the arena that parsed them. */
#ifndef EMULATORS_DYNAMODB_PATH_H
#define EMULATORS_DYNAMODB_PATH_H

#include "emulators/dynamodb/value.h"
#include "sim/core/buffer.h"

#define DDB_PATH_ELEMENTS_MAX 32

enum ddb_path_element_kind {
    DDB_PATH_NAME,        /* text */
    DDB_PATH_PLACEHOLDER, /* names[number]; text is "#x" */
    DDB_PATH_INDEX,       /* [number] */
};

struct ddb_path_element {
    enum ddb_path_element_kind kind;
    const char *text;
    uint32_t number;
};

struct ddb_path {
    const struct ddb_path_element *elements;
    size_t element_count; /* at least 1; the first is never an index */
};

/* What an element stands for; names are a binding's. NULL for an index. */
const char *ddb_path_element_name(const struct ddb_path_element *element, const char *const *names);
/* The attribute at the top of the path. */
const char *ddb_path_top(const struct ddb_path *path, const char *const *names);
/* The value there, or NULL; item may be NULL. */
const cJSON *ddb_path_find(const struct ddb_path *path, const char *const *names,
                           const cJSON *item);
bool ddb_path_equal(const struct ddb_path *a, const struct ddb_path *b, const char *const *names);
/* "[a, b, [0]]", as error texts print it. */
void ddb_path_print(const struct ddb_path *path, const char *const *names,
                    struct sim_buffer *buffer);

/* A path among others, for sorting. */
struct ddb_path_entry {
    const struct ddb_path *path;
    const char *const *names;
    size_t position; /* breaks ties */
};

/* Names before indexes; within a kind by text or number. */
int ddb_path_element_compare(const struct ddb_path_element *a, const struct ddb_path_element *b,
                             const char *const *names);
/* Element by element, a path before those that it leads to. */
void ddb_path_sort(struct ddb_path_entry *entries, size_t entry_count);

/* Refuses two paths of which one leads to or through the other (overlap), or that want a map and a
 * list at one place (conflict). prefix: "Invalid UpdateExpression: " or the like. n log n. */
MUST_USE bool ddb_path_check_overlap(const struct ddb_path *paths, size_t path_count,
                                     const char *const *names, const char *prefix,
                                     struct ddb_fault *fault);

#endif
