/* projection.h -- the part of an item that was asked for.
 *
 * Purpose  Builds a new item of a bound projection's paths; nested paths of one attribute merge,
 *          list elements keep their order and close up.
 * Owner    The caller owns the built item. */
#ifndef EMULATORS_DYNAMODB_PROJECTION_H
#define EMULATORS_DYNAMODB_PROJECTION_H

#include "emulators/dynamodb/expression_context.h"

/* An object, empty when no path leads anywhere. binding NULL: a copy of the whole item. */
MUST_USE cJSON *ddb_projection_build(const struct ddb_binding *binding, const cJSON *item);

/* Any paths (used for UPDATED_OLD and UPDATED_NEW as well). */
MUST_USE cJSON *ddb_projection_of_paths(const struct ddb_path *paths, size_t path_count,
                                        const char *const *names, const cJSON *item);

/* A binding of top-level attribute names, which are copied into the arena: AttributesToGet, and
 * what an index projects. */
MUST_USE const struct ddb_binding *ddb_projection_of_names(struct sim_arena *arena,
                                                           const char *const *attributes,
                                                           size_t attribute_count);

#endif
