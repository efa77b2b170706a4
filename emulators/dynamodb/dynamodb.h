/* dynamodb.h -- DynamoDB and its global tables, as the layers above see them.
 *
 * Purpose  Create, register with the dispatcher, reset. Everything else goes through dispatch; the
 *          three look-ups at the end serve the control API and drills (conflicts, backlog, one item
 * on all replicas) without changing anything. Owner    ddb_create() gives, ddb_destroy() takes
 * back.
 * Note     In the outputs of reads, whole items stand as cJSON_Raw (their stored JSON text), so
 * that answering is nearly a copy; an internal caller that looks into an item parses that text. */
#ifndef EMULATORS_DYNAMODB_DYNAMODB_H
#define EMULATORS_DYNAMODB_DYNAMODB_H

#include "emulators/wire/call.h"

struct ddb;

extern const struct wire_service ddb_service;         /* "dynamodb" */
extern const struct wire_service ddb_streams_service; /* "dynamodbstreams" (signed as dynamodb) */

MUST_USE enum sim_result ddb_create(const struct wire_host *host, struct ddb **ddb,
                                    struct sim_error *error);
void ddb_destroy(struct ddb *ddb);
MUST_USE enum sim_result ddb_reset(struct ddb *ddb, struct sim_error *error); /* as just created */
/* Commits what the turn wrote, before the answers go out; with a data directory sim_data_commit()
 * does. */
void ddb_commit(struct ddb *ddb);

/* How long CREATING, UPDATING, DELETING last; 0 means the next event. */
void ddb_set_transient_delay(struct ddb *ddb, uint64_t delay_us);
/* Whether tables and indexes refuse what exceeds their throughput; true unless told otherwise. What
 * is consumed counts in either case. */
void ddb_set_throttling(struct ddb *ddb, bool throttles);
/* An expired item (time to live) is deleted this long after its time: drawn between the two. */
void ddb_set_expiry_delay(struct ddb *ddb, uint64_t least_us, uint64_t most_us);

/* How the shards of streams come and go. */
struct ddb_shard_rules {
    uint64_t life_us;        /* then a shard closes and its child goes on */
    uint64_t window_us;      /* a shard that takes more than window_records ... */
    uint64_t window_records; /* ... in such a time is split */
    uint64_t first_count;    /* how many a new stream has; 1 at least */
};
void ddb_set_shard_rules(struct ddb *ddb, const struct ddb_shard_rules *rules);

/* Replication of a table between two Regions takes this long instead of what the link between them
 * says, from the next record on; whether the table is there or not, until it is cleared or reset.
 * lag is copied. LIMIT. */
#define DDB_TABLE_LAGS_MAX 1000
MUST_USE enum sim_result ddb_set_table_lag(struct ddb *ddb, const char *table,
                                           const struct sim_region *from,
                                           const struct sim_region *to, const struct sim_lag *lag,
                                           struct sim_error *error);
/* False: it had none. */
bool ddb_clear_table_lag(struct ddb *ddb, const char *table, const struct sim_region *from,
                         const struct sim_region *to);
struct ddb_table_lag_view { /* borrowed until the next change */
    const char *table;
    const struct sim_region *from;
    const struct sim_region *to;
    const struct sim_lag *lag;
};
/* In the order in which they were first set; false behind the last. */
bool ddb_table_lag_at(const struct ddb *ddb, size_t index, struct ddb_table_lag_view *view);

/* Records committed in from and not yet applied (or found superseded) in to; NULL names mean all.
 */
uint64_t ddb_backlog(const struct ddb *ddb, const char *table, const char *from, const char *to);
/* [{table, account, from, to, lag, state, reason, fault, pending, oldest_us, applied, superseded,
 * latency{count, p50_us, p99_us, max_us}}...]: each way between replicas of a table (NULL: of all)
 * with eventual consistency. The caller deletes it. */
MUST_USE cJSON *ddb_replication(const struct ddb *ddb, const char *table);
bool ddb_has_table(const struct ddb *ddb, const char *table); /* in any Region */
/* {"Conflicts":[{at, table, key, winner{...}, loser{...}, region}...]}: overwritten writes in the
 * order in which they lost. The caller deletes it. */
MUST_USE cJSON *ddb_conflicts(const struct ddb *ddb);
struct ddb_conflict_filter { /* NULL and 0: any */
    const char *table;
    const char *region; /* of the winner or the loser */
    uint64_t since_us;  /* when the loser was replaced */
};
MUST_USE cJSON *ddb_conflicts_of(const struct ddb *ddb, const struct ddb_conflict_filter *filter);
/* {"Region": item or null, ...} of one key in every replica, read-only. key: DynamoDB JSON. The
 * caller deletes it. NULL when no such table exists or the key does not fit it. */
MUST_USE cJSON *ddb_probe(struct ddb *ddb, const char *table, const cJSON *key);
/* The same with what stands beside the items: {"Region": {origin, writtenUs, deleted}, ...}; null
 * where the replica has never had the item, or forgotten its delete. */
MUST_USE cJSON *ddb_probe_versions(struct ddb *ddb, const char *table, const cJSON *key);

#endif
