/* item_commit.h -- writes that take effect together in one Region: the only way into a table.
 *
 * Purpose  Row, index entries and change-log record of each write are kept or dropped together;
 * after that counters, replication and trace hear of it. Client writes, transactions, replicated
 *          writes and back-filling all go this way.
 * Use      begin; any number of writes (each item at most once); end.
 * Owner    Everything lies in the arena, which must outlive the end. */
#ifndef EMULATORS_DYNAMODB_ITEM_COMMIT_H
#define EMULATORS_DYNAMODB_ITEM_COMMIT_H

#include "emulators/dynamodb/capacity.h"

enum ddb_write_origin {
    DDB_WRITE_LOCAL,      /* by a client of this Region: gets a new version */
    DDB_WRITE_REPLICATED, /* from another replica: keeps its version */
    DDB_WRITE_COPIED,     /* while a replica is filled: keeps its version, leaves no record */
};

struct ddb_write {
    struct ddb_table *table;
    struct ddb_key_blob key;
    const struct ddb_row *old_row; /* what is stored now, perhaps a tombstone; NULL: nothing */
    const cJSON *old_item;         /* old_row's item parsed, or NULL when nobody has done so */
    const cJSON *new_item;         /* NULL: delete, or only new_text is known */
    const char *new_text;          /* its JSON; NULL: made of new_item */
    size_t new_size_bytes;
    enum ddb_write_origin origin;
    bool is_expired;            /* deleted by time to live */
    struct ddb_version version; /* not LOCAL: given */
    struct ddb_seen seen;       /* not LOCAL: what this replica has seen of the item then */
};

struct ddb_committed; /* a write that waits for the end */

struct ddb_commit {
    struct ddb_region *region;
    struct sim_arena *arena;
    struct ddb_capacity *capacity; /* index upkeep is added here; NULL: nobody asks */
    uint64_t unit_factor;          /* 2 in transactions */
    bool is_light;                 /* no savepoint: a failed write takes back its record itself */
    struct ddb_committed *first;
    struct ddb_committed *last;
};

MUST_USE enum sim_result ddb_commit_begin(struct ddb_commit *commit, struct ddb_region *region,
                                          struct sim_arena *arena, struct ddb_capacity *capacity,
                                          struct sim_error *error);
/* *version, when not NULL, gets the version that the item has now. */
MUST_USE enum sim_result ddb_commit_write(struct ddb_commit *commit, const struct ddb_write *write,
                                          struct ddb_version *version, struct sim_error *error);
/* Keeps everything when result is RESULT_OK, else nothing; returns result or the store's error. */
MUST_USE enum sim_result ddb_commit_end(struct ddb_commit *commit, enum sim_result result,
                                        struct sim_error *error);

/* Does a write change nothing but its row and the change log? */
bool ddb_commit_is_one_row(const struct ddb_write *write);
/* A commit of one write: begin, write, end. Where that is one row it spares the store a savepoint.
 */
MUST_USE enum sim_result ddb_commit_one(const struct ddb_write *write, struct sim_arena *arena,
                                        struct ddb_capacity *capacity, struct sim_error *error);

/* Writes the entry of a stored item into one index, where it has one: for filling a new index,
 * inside the store's request. The index's totals are left alone. */
MUST_USE enum sim_result ddb_commit_fill_index(struct ddb_table *table, size_t number,
                                               const struct ddb_key_blob *key, const cJSON *item,
                                               struct sim_arena *arena, struct sim_error *error);

#endif
