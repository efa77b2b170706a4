/* legacy_tree.h -- building bound trees without an expression's text. Private to legacy*.c.
 *
 * Owner    Everything lies in the fault's arena. */
#ifndef EMULATORS_DYNAMODB_LEGACY_TREE_H
#define EMULATORS_DYNAMODB_LEGACY_TREE_H

#include "emulators/dynamodb/expression_context.h"

/* What a tree collects while it is built. */
struct ddb_legacy_tree {
    struct ddb_fault *fault;
    struct ddb_path *paths; /* one an attribute, in the request's order */
    size_t path_count;
    const cJSON **values; /* by slot, normal */
    size_t value_count;
};

/* Room for that many attributes and values. */
void ddb_legacy_tree_init(struct ddb_legacy_tree *tree, size_t path_count_max,
                          size_t value_count_max, struct ddb_fault *fault);
/* The attribute at the top of the item with this name, whatever characters it has. */
MUST_USE struct ddb_path ddb_legacy_tree_path(struct ddb_legacy_tree *tree, const char *attribute);
MUST_USE const struct ddb_operand *ddb_legacy_tree_path_operand(struct ddb_legacy_tree *tree,
                                                                struct ddb_path path);
/* A normal value; borrowed. */
MUST_USE const struct ddb_operand *ddb_legacy_tree_value(struct ddb_legacy_tree *tree,
                                                         const cJSON *value);
MUST_USE const struct ddb_operand *ddb_legacy_tree_pair(struct ddb_legacy_tree *tree,
                                                        enum ddb_operand_kind kind,
                                                        const struct ddb_operand *left,
                                                        const struct ddb_operand *right);
/* Completes expression, of which kind and content are set, and binds it. */
MUST_USE const struct ddb_binding *ddb_legacy_tree_bind(struct ddb_legacy_tree *tree,
                                                        struct ddb_expression expression);

/* A copy of a parameter's map without members that are null; of a name that comes twice only the
 * last stays, as with any reader of JSON that fills a map. The copy's values may be normalised in
 * place. */
MUST_USE cJSON *ddb_legacy_copy(const cJSON *map, struct sim_arena *arena);

#endif
