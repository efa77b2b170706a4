/* strong.h -- global tables with multi-Region strong consistency (MRSC).
 *
 * How it works
 *   A strong group has three copies: three replicas, or two and a witness. All copies have the same
 *   change log, record for record: sequence n is the same write everywhere, because a group begins
 *   empty with its logs aligned and takes nothing but what is described here. So a copy's state is
 *   one number, the last sequence of its log.
 *
 *   A strong operation (any write, a strongly consistent read) at a replica needs a quorum: the
 *   replica itself and one more copy that it reaches in both directions and that is not behind. The
 *   head is the greatest last sequence among these; since every write is in two of three copies, it
 *   is the group's. The replica first takes over what it lacks up to the head, then does the
 *   operation locally, then (for a write) the nearest copy of the quorum takes the new records over
 *   at once: only now they are acknowledged. The third copy follows after the way's latency.
 *   Eventually consistent reads look at the local copy alone.
 *
 *   A copy that reaches no other is cut off: strong operations there fail, the others go on. When
 *   it can be reached again it is behind until it has caught up, at the network link's drain_per_s.
 *
 *   Simulated callers wait for the round trip to the nearest copy. Two writes of one item from
 *   different Regions whose times overlap conflict: the one that came later gets
 *   ReplicatedWriteConflictException (transaction_claims.h).
 *
 *   The witness is a table of an account that nobody can have, so that no call ever finds it.
 *
 * Source   Developer guide, "Multi-Region strong consistency (MRSC)". How AWS does it inside is not
 *          published; this is the simplest mechanism with the documented behaviour.
 * Cost     A strong operation: its own, and what the replica lacks (writes of the last few ms). */
#ifndef EMULATORS_DYNAMODB_STRONG_H
#define EMULATORS_DYNAMODB_STRONG_H

#include "emulators/dynamodb/replica.h"

#define DDB_STRONG_COPIES 3

struct ddb_strong { /* of a group that is strongly consistent */
    struct ddb_table *witness;
    bool is_dissolving; /* no quorum is asked for any more */
};

bool ddb_is_strong(const struct ddb_table *table);
bool ddb_is_witness(const struct ddb_table *table);

/* --- strong.c: quorum and copies ---------------------------------------------------------------
 */

/* Before an operation on a table, whatever kind it is: a strong one needs a quorum and the latest
 * state. True at once for tables that are not strong, and for eventually consistent reads. */
MUST_USE bool ddb_strong_enter(const struct wire_call *call, struct ddb_table *table,
                               struct ddb_fault *fault);
/* The same for a statement whose kind its caller knows. */
MUST_USE bool ddb_strong_need_quorum(const struct wire_call *call, struct ddb_table *table,
                                     struct ddb_fault *fault);
/* The table has committed records of its own: they go to the quorum now, to the others later. */
void ddb_strong_spread(struct ddb_table *table);
/* What a strong operation waits for besides its own work: the round trip to the nearest copy. */
uint64_t ddb_strong_wait_us(struct ddb *ddb, const struct wire_call *call);
/* Reachability may have changed. */
void ddb_strong_refresh(struct ddb_group *group);
/* Up to here every copy has the records. */
uint64_t ddb_strong_passed_sequence(const struct ddb_group *group);
/* Records that the table's copies in "to" (NULL: all) lack. */
uint64_t ddb_strong_backlog(const struct ddb_group *group, const char *to);
void ddb_strong_stop(struct ddb_table *table); /* nothing more comes to this copy */

/* --- strong_update.c: UpdateTable ---------------------------------------------------------------
 */

/* Is it about making or dissolving a strong group? Then it goes the way below. table may be NULL.
 */
bool ddb_strong_update_is_asked(const struct ddb_table *table, const cJSON *input);
/* Checks that need no table. */
MUST_USE bool ddb_strong_check_update(const cJSON *input, struct ddb_fault *fault);
MUST_USE bool ddb_strong_update(struct ddb_table *table, const cJSON *input,
                                struct ddb_fault *fault);
/* Members of a strong group are not deleted one by one. */
MUST_USE bool ddb_strong_check_deletable(const struct ddb_table *table, struct ddb_fault *fault);
/* The group is strong no longer: ends the witness. Its members have been stopped. */
void ddb_strong_destroy(struct ddb_group *group);
/* The account that a witness of this account's table belongs to; the caller frees it. */
MUST_USE char *ddb_strong_witness_account(const char *account);
/* For the data directory (replica_restore.h): what the table's document says under "Member". */
void ddb_strong_save(const struct ddb_table *table, cJSON *member);
bool ddb_strong_is_saved(const cJSON *document);
/* The group has its members again; among the loaded tables is its witness, if it has one. */
struct ddb_loaded;
void ddb_strong_restore(struct ddb_group *group, const struct ddb_loaded *tables, size_t count);
/* Goes on with making or dissolving; false: nothing of that is under way. */
bool ddb_strong_resume(struct ddb_table *table);
/* "MultiRegionConsistency", "GlobalTableWitnesses". */
void ddb_strong_describe(cJSON *object, const struct ddb_table *table);

#endif
