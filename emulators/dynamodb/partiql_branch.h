/* partiql_branch.h -- a WHERE taken apart into branches. Private to partiql_keys.c. */
#ifndef EMULATORS_DYNAMODB_PARTIQL_BRANCH_H
#define EMULATORS_DYNAMODB_PARTIQL_BRANCH_H

#include "emulators/dynamodb/partiql_keys.h"

struct ddb_partiql_leaf { /* one condition of a branch's chain */
    const struct ddb_condition *condition;
    bool is_sort; /* on a sort key part, of a kind that makes a range */
    size_t part;
    enum ddb_sort_operator operation;
    const cJSON *low;
    const cJSON *high;
    const struct ddb_partiql_leaf *next;
};

struct ddb_partiql_branch {
    const cJSON *hash[DDB_KEY_PARTS_MAX]; /* NULL: not fixed */
    bool is_contradictory;                /* a part is to equal two values: nothing matches */
    bool has_loose_sort;                  /* says of a sort key what makes no range: NOT, <> */
    const struct ddb_partiql_leaf *leaves;
};

/* Every branch of the condition (NULL: one that says nothing). */
void ddb_partiql_find_branches(const struct ddb_binding *where, const struct ddb_key_schema *schema,
                               struct sim_arena *arena, struct ddb_partiql_branches *branches);

/* attribute kind value, either way round: *attribute is NULL when it is nothing of the kind. IN and
 * BETWEEN have their values in the operands from 1 on. */
struct ddb_partiql_comparison {
    const char *attribute;
    enum ddb_condition_kind kind;
    const cJSON *low;
    const cJSON *high;
};
struct ddb_partiql_comparison ddb_partiql_read_comparison(const struct ddb_binding *binding,
                                                          const struct ddb_condition *condition);

#endif
