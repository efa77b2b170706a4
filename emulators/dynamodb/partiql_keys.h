/* partiql_keys.h -- what a WHERE says about keys: which ranges to read, which item to write.
 *
 * Purpose  A condition is taken apart into branches, joined by OR, each a chain of ANDs. A branch
 *          that fixes the partition key is a range of blobs; when every branch does so, the reads
 *          are those ranges, else the whole table or index. The condition still filters what is
 *          read: a range only has to hold everything that can match.
 * Source   Developer guide, "PartiQL select statements"; limits and refusals as conformance suites
 *          recorded them.
 * Owner    Everything lies in the fault's arena.
 * Errors   ValidationException with the service's text. */
#ifndef EMULATORS_DYNAMODB_PARTIQL_KEYS_H
#define EMULATORS_DYNAMODB_PARTIQL_KEYS_H

#include "emulators/dynamodb/partiql.h"
#include "emulators/dynamodb/table_definition.h"

#define DDB_PARTIQL_READS_MAX 50

struct ddb_partiql_branch; /* partiql_branch.c */

struct ddb_partiql_branches {
    struct ddb_partiql_branch *items;
    size_t count;
    bool has_overflow; /* more than anyone could read */
};

struct ddb_partiql_range {
    struct ddb_key_range range;
    const cJSON *const *hash; /* the partition, as values */
    bool is_item;             /* holds one item at most */
};

struct ddb_partiql_plan {
    struct ddb_partiql_range *ranges; /* in the order of reading; one without hash: everything */
    size_t range_count;
    bool is_keyed;
    bool is_forward;
    bool is_exact;          /* the ranges hold what matches and nothing else */
    const cJSON *exact_key; /* the statement names one item by its whole key alone: its Key map, of
                               which types are not checked; else NULL */
};

/* schema: the index's or the table's keys; index NULL: the table itself. */
MUST_USE bool ddb_partiql_plan_reads(const struct ddb_partiql *statement,
                                     const struct ddb_definition *definition,
                                     const struct ddb_index_definition *index,
                                     struct ddb_partiql_plan *plan, struct ddb_fault *fault);

/* As above, for statements that must name one item: stops after what is wrong with the branches as
 * such, before types are looked at. */
MUST_USE bool ddb_partiql_plan_item(const struct ddb_partiql *statement,
                                    const struct ddb_definition *definition,
                                    struct ddb_partiql_plan *plan, struct ddb_fault *fault);

/* The key that a write's WHERE fixes by equality in its outermost chain of ANDs. */
struct ddb_partiql_write_key {
    cJSON *map;             /* Key map; attributes that were not fixed are missing */
    bool is_whole;          /* all of them are there */
    const char *repeated;   /* an attribute that is to equal two different values; or NULL */
    size_t condition_count; /* in that chain, keys included */
};
void ddb_partiql_find_write_key(const struct ddb_partiql *statement,
                                const struct ddb_key_schema *schema, struct sim_arena *arena,
                                struct ddb_partiql_write_key *key);

#endif
