/* transaction_claims.h -- which items are part of calls under way, so that overlapping ones meet.
 *
 * Purpose  A call that takes simulated time claims its items from its arrival to its end: a
 *          transaction's writes and checks for itself alone, a plain write beside other plain
 *          writes, a transaction's reads not at all. Whoever comes upon a claimed item is refused:
 *
 *              comes            meets a writing transaction    meets a plain write
 *              plain write      TransactionConflictException   goes on
 *              write, in a transaction  cancelled              goes on (the plain write loses)
 *              read, in a transaction   cancelled              cancelled
 *
 *          In a strongly consistent global table a plain write also meets those of the item's other
 *          replicas: the one that came later is refused.
 *
 * Source   Developer guide, "Transaction conflict handling in DynamoDB".
 * Owner    A Region owns its claims; a claim lies in its call's arena and ends with it at the
 *          latest. A Region that dies ends all of its claims at once.
 * Cost     By the call's own items only. */
#ifndef EMULATORS_DYNAMODB_TRANSACTION_CLAIMS_H
#define EMULATORS_DYNAMODB_TRANSACTION_CLAIMS_H

#include "emulators/dynamodb/table.h"

#define DDB_TRANSACTION_CONFLICT_TEXT "Transaction is ongoing for the item"
#define DDB_REPLICATED_CONFLICT_TEXT                                                               \
    "One or more items in this request are being modified by a request in another Region."

enum ddb_claim_kind {
    DDB_CLAIM_TRANSACTION, /* writes and condition checks */
    DDB_CLAIM_WRITE,       /* PutItem and its relatives, each item of a batch */
    DDB_CLAIM_READ,        /* reads of a transaction */
};

struct ddb_claim_item {
    const struct ddb_table *table;
    struct ddb_key_blob key;
};

struct ddb_claims;
struct ddb_claim;

MUST_USE struct ddb_claims *ddb_claims_create(void);
void ddb_claims_destroy(struct ddb_claims *claims); /* claims still open end */
void ddb_claims_end_all(struct ddb_claims *claims);

/* The call has arrived. A transaction that meets another one takes nothing. token (account and
 * ClientRequestToken) may be NULL. What was met is remembered for the questions below. */
MUST_USE struct ddb_claim *ddb_claim_begin(struct ddb_claims *claims, struct sim_arena *arena,
                                           enum ddb_claim_kind kind,
                                           const struct ddb_claim_item *items, size_t count,
                                           const char *token);
void ddb_claim_end(struct ddb_claim *claim); /* NULL and a second time are allowed */

/* The call acts now: has it met another one over this item, when it came or now? Counts the metric
 * TransactionConflict. A call that takes no time has no claim and only meets. */
MUST_USE bool ddb_claims_refuse(const struct wire_call *call, enum ddb_claim_kind kind,
                                const struct ddb_table *table, const struct ddb_key_blob *key);
/* Was another Region modifying the item of a strongly consistent table when the call came? */
MUST_USE bool ddb_claims_conflict(const struct wire_call *call, const struct ddb_table *table,
                                  const struct ddb_key_blob *key);
/* Is (or was, when the call came) a transaction with this token under way? */
MUST_USE bool ddb_claims_token_is_busy(const struct wire_call *call,
                                       const struct ddb_region *region, const char *token);

/* The wire's begin: claims what the call is about, where it is one of those above. */
void ddb_claims_begin_call(void *ddb, struct wire_call *call);
/* The items of an ExecuteTransaction; false when its statements do not name any. */
MUST_USE bool ddb_partiql_transaction_items(struct ddb *ddb, struct wire_call *call,
                                            struct ddb_claim_item **items, size_t *count,
                                            bool *is_read);

#endif
