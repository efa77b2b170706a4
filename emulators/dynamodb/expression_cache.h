/* expression_cache.h -- parsed expressions by their text, for the requests that come again.
 *
 * Purpose  An application sends few different texts, very often. Parsed trees are immutable and
 *          keep placeholders as slots, so that one tree serves all requests with its text.
 * Owner    The cache owns the trees; a request that uses one holds it until its arena ends, even
 *          where the cache has dropped it meanwhile. The cache must outlive those arenas' users
 *          only in that: destroying it leaves held trees alone.
 * Limits   DDB_EXPRESSION_CACHE_MAX texts; the one not used for longest goes first. Texts with
 *          faults are not kept.
 * Errors   Those of ddb_expression_parse(). */
#ifndef EMULATORS_DYNAMODB_EXPRESSION_CACHE_H
#define EMULATORS_DYNAMODB_EXPRESSION_CACHE_H

#include "emulators/dynamodb/expression.h"

#define DDB_EXPRESSION_CACHE_MAX 256

struct ddb_expression_cache;

MUST_USE struct ddb_expression_cache *ddb_expression_cache_create(void);
void ddb_expression_cache_destroy(struct ddb_expression_cache *cache);

/* As ddb_expression_parse(); *expression is good as long as the arena. cache may be NULL. */
MUST_USE bool ddb_expression_cache_parse(struct ddb_expression_cache *cache,
                                         struct sim_arena *arena, enum ddb_expression_kind kind,
                                         const char *text, const struct ddb_expression **expression,
                                         struct ddb_fault *fault);
size_t ddb_expression_cache_count(const struct ddb_expression_cache *cache);

#endif
