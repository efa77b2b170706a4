/* store_items.h -- a table's items and index entries in SQLite.
 *
 * Purpose  The only place with SQL for items. A row holds the item as its DynamoDB JSON text, so
 *          that a read without projection is a copy; NULL text is a tombstone: the item was deleted
 *          and its version must be remembered until every replica has passed it.
 * Owner    Rows read are copied into the caller's arena.
 * Errors   The store's; inside a request nothing is kept then. */
#ifndef EMULATORS_DYNAMODB_STORE_ITEMS_H
#define EMULATORS_DYNAMODB_STORE_ITEMS_H

#include "emulators/dynamodb/key.h"
#include "emulators/dynamodb/version.h"
#include "sim/core/store.h"

struct ddb_row {
    const char *item;  /* NULL: a tombstone */
    size_t size_bytes; /* of the item, 0 for a tombstone */
    struct ddb_version version;
    const void *seen; /* version.h */
    size_t seen_bytes;
    uint64_t sequence; /* of the change that wrote it, in this Region's log */
};

struct ddb_index_sql {
    size_t number; /* in the name of its SQLite table: never used again */
    char *write_sql;
    char *erase_sql;
    char *forward_sql;
    char *backward_sql;
};

struct ddb_items { /* the SQL of one table in one Region, and of its indexes */
    struct sim_store *store;
    uint64_t table_number;
    char *read_sql;
    char *write_sql;
    char *rewrite_sql; /* of a row that exists */
    char *erase_sql;
    char *forward_sql;
    char *backward_sql;
    char *rows_sql; /* tombstones as well: for back-filling */
    char *note_tombstone_sql;
    char *next_tombstone_sql;
    char *forget_tombstone_sql;
    struct ddb_index_sql *indexes;
    size_t index_count;
    size_t indexes_made;
};

/* Makes the SQLite tables. */
MUST_USE enum sim_result ddb_items_create(struct ddb_items *items, struct sim_store *store,
                                          uint64_t table_number, size_t index_count,
                                          struct sim_error *error);
/* They are there already. index_numbers: of the indexes' SQLite tables. */
void ddb_items_open(struct ddb_items *items, struct sim_store *store, uint64_t table_number,
                    const size_t *index_numbers, size_t index_count);
MUST_USE enum sim_result ddb_items_drop(struct ddb_items *items, struct sim_error *error);
void ddb_items_fini(struct ddb_items *items);

/* An index more, empty, behind the others; one less. Requests of their own: call them outside. */
MUST_USE enum sim_result ddb_items_add_index(struct ddb_items *items, struct sim_error *error);
MUST_USE enum sim_result ddb_items_remove_index(struct ddb_items *items, size_t index,
                                                struct sim_error *error);
/* Counts all entries of an index. */
MUST_USE enum sim_result ddb_items_count_index(struct ddb_items *items, size_t index,
                                               int64_t *item_count, int64_t *size_bytes,
                                               struct sim_error *error);

/* *found: there is a row, be it a tombstone. */
MUST_USE enum sim_result ddb_items_read(struct ddb_items *items, const struct ddb_key_blob *key,
                                        struct sim_arena *arena, struct ddb_row *row, bool *found,
                                        struct sim_error *error);
MUST_USE enum sim_result ddb_items_write(struct ddb_items *items, const struct ddb_key_blob *key,
                                         const struct ddb_row *row, struct sim_error *error);
/* The same, a little cheaper, for a row that has been read. */
MUST_USE enum sim_result ddb_items_rewrite(struct ddb_items *items, const struct ddb_key_blob *key,
                                           const struct ddb_row *row, struct sim_error *error);
MUST_USE enum sim_result ddb_items_erase(struct ddb_items *items, const struct ddb_key_blob *key,
                                         struct sim_error *error);
MUST_USE enum sim_result ddb_index_write(struct ddb_items *items, size_t index,
                                         const struct ddb_key_blob *key, const char *item,
                                         size_t size_bytes, struct sim_error *error);
MUST_USE enum sim_result ddb_index_erase(struct ddb_items *items, size_t index,
                                         const struct ddb_key_blob *key, struct sim_error *error);

#define DDB_TABLE_ITSELF SIZE_MAX

/* Reading a range in order; tombstones are left out. Text and key are good until the next step. */
struct ddb_cursor {
    struct sim_statement *statement;
    struct ddb_key_blob key;
    const char *item;
    size_t size_bytes;
};

/* range: low <= key < high. index: DDB_TABLE_ITSELF or an index's number. */
MUST_USE enum sim_result ddb_cursor_open(struct ddb_items *items, size_t index,
                                         const struct ddb_key_range *range, bool is_forward,
                                         struct ddb_cursor *cursor, struct sim_error *error);
MUST_USE enum sim_result ddb_cursor_next(struct ddb_cursor *cursor, bool *found,
                                         struct sim_error *error);
void ddb_cursor_close(struct ddb_cursor *cursor);

/* For copying a table: the first row (tombstones too) after a key (NULL: from the start). */
MUST_USE enum sim_result ddb_items_next_row(struct ddb_items *items,
                                            const struct ddb_key_blob *after,
                                            struct sim_arena *arena, struct ddb_key_blob *key,
                                            struct ddb_row *row, bool *found,
                                            struct sim_error *error);

/* Tombstones written up to last_sequence of this Region's log go; at most limit of them (*purged
 * tells how many were looked at). *newest_us becomes the greatest time among them if it was less.
 */
MUST_USE enum sim_result ddb_items_purge(struct ddb_items *items, uint64_t last_sequence,
                                         size_t limit, uint64_t *newest_us, size_t *purged,
                                         struct sim_error *error);

#endif
