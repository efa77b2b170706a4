/* key_condition.h -- what a Query's KeyConditionExpression asks for.
 *
 * Purpose  Turns a bound key condition and a key schema into a partition and a range of blobs.
 * Source   Developer guide, "Key condition expressions for the Query operation"; texts by dynalite
 *          and Alternator.
 * Owner    Values are borrowed from the binding; blobs lie in the fault's arena. */
#ifndef EMULATORS_DYNAMODB_KEY_CONDITION_H
#define EMULATORS_DYNAMODB_KEY_CONDITION_H

#include "emulators/dynamodb/expression_context.h"
#include "emulators/dynamodb/key.h"

struct ddb_key_query {
    const cJSON *hash[DDB_KEY_PARTS_MAX];
    const cJSON *equals[DDB_KEY_PARTS_MAX]; /* leading sort key parts fixed by "=" */
    size_t equals_count;                    /* 0 for a table's single sort key: see sort */
    struct ddb_sort_condition sort;
    struct ddb_key_range range; /* [low, high) of what matches */
};

/* Also finds what ddb_key_condition_check() finds. */
MUST_USE bool ddb_key_condition_resolve(const struct ddb_binding *binding,
                                        const struct ddb_key_schema *schema,
                                        struct ddb_key_query *query, struct ddb_fault *fault);

/* What needs no schema: allowed operators, one key attribute in each condition. The context calls
 * it when it finishes: the service reports these after every other expression's faults. */
MUST_USE bool ddb_key_condition_check(const struct ddb_binding *binding, struct ddb_fault *fault);

#endif
