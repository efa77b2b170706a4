/* stream_shard.h -- the shards of a stream: views on the table's change log.
 *
 * Purpose  A shard is a range of partition key hashes during a range of sequences. It closes, and a
 *          child with the same range goes on, when it has lived for its time; one that took too
 *          many records for too long is split into two children. All changes of an item lie in one
 *          lineage: whoever reads parents before children sees them in order, each once.
 * Form     While a stream has never had more than one open shard at a time, a shard is a range of
 *          sequences and records are not marked. From the first split on each record carries its
 *          shard's number, by which the log has an index.
 * Source   Developer guide, "Change data capture for DynamoDB Streams": shards split with the
 *          table's partitions (1,000 writes a second each) and are rolled over; 24 hours are kept.
 * Time     Shards are brought up to date when somebody writes or looks: what they are depends on
 *          the clock and the writes alone, and an unused stream costs nothing.
 * Owner    The stream owns its shards; pointers are good until the next advance. */
#ifndef EMULATORS_DYNAMODB_STREAM_SHARD_H
#define EMULATORS_DYNAMODB_STREAM_SHARD_H

#include "emulators/dynamodb/table.h"

#define DDB_SHARD_ID_BYTES  40 /* "shardId-", 20 digits of ms, "-", 8 hex digits */
#define DDB_SHARDS_OPEN_MAX 64

struct ddb_shard {
    uint64_t number; /* counts over all streams of the table, from 1 */
    char id[DDB_SHARD_ID_BYTES];
    char parent_id[DDB_SHARD_ID_BYTES]; /* "": none */
    bool is_alone;                      /* no other was open beside it: its records are unmarked */
    uint32_t hash_first;
    uint32_t hash_last;
    uint64_t first_sequence;
    uint64_t last_sequence; /* once closed; of an empty one, before its first */
    uint64_t opened_us;
    uint64_t closed_us; /* 0: open */
    uint64_t window_us; /* when counting began */
    uint64_t window_count;
};

#define DDB_SHARD_RULES_DEFAULT                                                                    \
    {                                                                                              \
        .life_us = UINT64_C(4) * 3600 * SIM_US_PER_S, .window_us = 60 * SIM_US_PER_S,              \
        .window_records = 60 * 1000, .first_count = 1,                                             \
    }

/* The first shards of a stream that was just enabled. */
void ddb_shards_open(struct ddb_table *table, struct ddb_stream *stream);
/* Closes, splits and forgets what is due. Not between a write and the end of its request. */
void ddb_shards_advance(struct ddb_table *table, struct ddb_stream *stream);
/* A record of this key comes: the number to mark it with, DDB_CHANGE_UNMARKED for none. */
uint64_t ddb_shards_note(struct ddb_table *table, const struct ddb_key_blob *key);
/* The stream is disabled: no shard stays open. */
void ddb_shards_close(struct ddb_table *table, struct ddb_stream *stream);

/* NULL: unknown, or older than what is kept. */
const struct ddb_shard *ddb_shard_find(const struct ddb_stream *stream, const char *id);
const struct ddb_shard *ddb_shard_find_number(const struct ddb_stream *stream, uint64_t number);
/* What a closed shard's range is told to end with: an empty one has its first number at both ends,
 * which the first record of its child has, too. */
uint64_t ddb_shard_ending(const struct ddb_shard *shard);
/* The first record of a shard behind a sequence; *found false at its end. */
MUST_USE enum sim_result ddb_shard_next(struct ddb_table *table, const struct ddb_shard *shard,
                                        uint64_t after_sequence, struct sim_arena *arena,
                                        struct ddb_change *change, bool *found,
                                        struct sim_error *error);

/* For stream.c's documents. */
MUST_USE cJSON *ddb_shards_save(const struct ddb_stream *stream);
void ddb_shards_load(struct ddb_stream *stream, const cJSON *saved);

#endif
