/* fixture_partiql.h -- PartiQL statements through dispatch, a row each.
 *
 * Statements stand as they are written; what is said comes back with single quotes for double ones
 * (fixture_world.h). */
#ifndef TESTS_UNIT_DYNAMODB_FIXTURE_PARTIQL_H
#define TESTS_UNIT_DYNAMODB_FIXTURE_PARTIQL_H

#include "tests/unit/dynamodb/fixture_world.h"

struct partiql_row {
    const char *name;      /* the claim */
    const char *statement; /* several, divided by "|": a batch or transaction */
    const char *more;      /* further members of the input, "'Limit':1"; or NULL */
    const char *wanted;    /* part of the answer */
};

/* Each row by ExecuteStatement, or another operation that takes a list of statements. */
void partiql_run(struct world *world, const char *operation, const struct partiql_row *rows,
                 size_t count);
/* One call; good until the next one. */
const char *partiql_say(struct world *world, const char *operation, const char *statement,
                        const char *more);

/* "plain" (pk S, sk S), "numbers" (pk N) and "music" (pk S, sk S with indexes g_all and g_inc on
 * gpk/gpk2, l_keys on lsk) with a few items. */
void partiql_make_tables(struct world *world);

#endif
