/* change_log.h -- every committed write of a table in one Region, in order.
 *
 * Purpose  One record a write: key, images before and after, version, where it came from. Streams,
 *          replication, point-in-time recovery and copies under way (image_copy.h) are readers;
 *          none keeps records of its own. What every reader has passed is trimmed.
 * Owner    The log lies in the Region's store. A read record is copied into the caller's arena.
 * Units    sequence counts from 1 and never repeats; times in µs of the simulated clock.
 * Note     While a table has no reader at all (table.h, ddb_table_keeps_changes) nobody could ever
 *          ask for a record: then only the sequence moves on and no row is written. */
#ifndef EMULATORS_DYNAMODB_CHANGE_LOG_H
#define EMULATORS_DYNAMODB_CHANGE_LOG_H

#include "emulators/dynamodb/key.h"
#include "emulators/dynamodb/version.h"
#include "sim/core/store.h"

#define DDB_CHANGE_UNMARKED 0

struct ddb_change {
    uint64_t sequence;
    uint64_t committed_us; /* the simulation's time, without skew */
    struct ddb_version version;
    struct ddb_key_blob key;
    const char *old_item; /* DynamoDB JSON; NULL: there was none */
    const char *new_item; /* NULL: deleted */
    size_t new_size_bytes;
    const void *seen; /* version.h; of the replica after this write */
    size_t seen_bytes;
    bool is_replicated; /* arrived from another replica: not sent on */
    bool is_expired;    /* deleted by time to live */
    uint64_t shard;     /* of a stream with several; DDB_CHANGE_UNMARKED: none */
    bool is_unchanged;  /* both images are equal: no stream record */
};

#define DDB_CHANGE_RETENTION_US (UINT64_C(24) * 3600 * SIM_US_PER_S)

struct ddb_change_log {
    struct sim_store *store;
    uint64_t last_sequence;  /* of the newest record */
    uint64_t first_sequence; /* everything below is trimmed */
    char *append_sql;
    char *next_sql;
    char *next_local_sql;
    char *next_marked_sql;
    char *count_local_sql;
    char *previous_sql;
    char *trim_sql;
    char *drop_sql;
};

MUST_USE enum sim_result ddb_log_create(struct ddb_change_log *log, struct sim_store *store,
                                        uint64_t table_number, struct sim_error *error);
/* It is there already; first_sequence and last_sequence are the caller's to set. */
void ddb_log_open(struct ddb_change_log *log, struct sim_store *store, uint64_t table_number);
MUST_USE enum sim_result ddb_log_drop(struct ddb_change_log *log, struct sim_error *error);
void ddb_log_fini(struct ddb_change_log *log);

/* Inside the store's request. Takes the next sequence and puts it into change; keeps a row only if
 * is_kept. A request that fails afterwards calls ddb_log_rewind() with the old last_sequence. */
MUST_USE enum sim_result ddb_log_append(struct ddb_change_log *log, struct ddb_change *change,
                                        bool is_kept, struct sim_error *error);
/* Takes back the newest record, where no savepoint does. */
MUST_USE enum sim_result ddb_log_remove_last(struct ddb_change_log *log, struct sim_error *error);
void ddb_log_rewind(struct ddb_change_log *log, uint64_t last_sequence);

enum ddb_log_which { DDB_LOG_ALL, DDB_LOG_LOCAL }; /* LOCAL: without replicated ones */

/* The first record after a sequence; *found false at the end. */
MUST_USE enum sim_result ddb_log_next(struct ddb_change_log *log, uint64_t after_sequence,
                                      enum ddb_log_which which, struct sim_arena *arena,
                                      struct ddb_change *change, bool *found,
                                      struct sim_error *error);

/* How many local records there are after a sequence: reads them all. */
MUST_USE enum sim_result ddb_log_count_local(struct ddb_change_log *log, uint64_t after_sequence,
                                             uint64_t *count, struct sim_error *error);

/* ddb_log_next() among those marked with a shard. */
MUST_USE enum sim_result ddb_log_next_marked(struct ddb_change_log *log, uint64_t after_sequence,
                                             uint64_t shard, struct sim_arena *arena,
                                             struct ddb_change *change, bool *found,
                                             struct sim_error *error);

/* The last record before a sequence, whoever wrote it; *found false at the start. */
MUST_USE enum sim_result ddb_log_previous(struct ddb_change_log *log, uint64_t before_sequence,
                                          struct sim_arena *arena, struct ddb_change *change,
                                          bool *found, struct sim_error *error);

/* The sequence behind which all records were committed later than that time (and before which all
 * were committed by then): a binary search. */
MUST_USE enum sim_result ddb_log_sequence_at(struct ddb_change_log *log, uint64_t time_us,
                                             uint64_t *sequence, struct sim_error *error);

/* Removes records up to passed_sequence, and of these only such as were committed before
 * committed_before_us (UINT64_MAX: all). At most limit records a call. */
MUST_USE enum sim_result ddb_log_trim(struct ddb_change_log *log, uint64_t passed_sequence,
                                      uint64_t committed_before_us, size_t limit,
                                      struct sim_error *error);

#endif
