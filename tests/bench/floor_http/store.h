/* store.h -- the floor's storage: what any server that keeps items in SQLite must ask of it.
 *
 * Purpose  One table of items by key, one change log with both images, in one held transaction that
 *          is committed every 1000 requests; a request that writes is a savepoint in it.
 * Owner    Texts read are borrowed until the next call with the same statement, or
 * floor_read_end(). Errors   false; the floor then answers 500. */
#ifndef TESTS_BENCH_FLOOR_HTTP_STORE_H
#define TESTS_BENCH_FLOOR_HTTP_STORE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOOR_KEY_MAX_BYTES 256

struct floor_key {
    size_t length_bytes;
    char bytes[FLOOR_KEY_MAX_BYTES];
};

struct floor_text { /* borrowed; NULL: there is no such item */
    const char *data;
    size_t bytes;
};

enum floor_sql {
    FLOOR_BEGIN,
    FLOOR_SAVEPOINT,
    FLOOR_RELEASE,
    FLOOR_COMMIT,
    FLOOR_READ,
    FLOOR_RANGE,
    FLOOR_SCAN,
    FLOOR_UPSERT,
    FLOOR_LOG,
    FLOOR_SQL_COUNT
};

struct floor_store {
    sqlite3 *database;
    sqlite3_stmt *statements[FLOOR_SQL_COUNT];
    unsigned requests_since_commit;
    int64_t change_count;
};

bool floor_store_open(struct floor_store *store);
void floor_store_close(struct floor_store *store);

bool floor_request_begin(struct floor_store *store);
bool floor_request_end(struct floor_store *store);

struct floor_text floor_read(struct floor_store *store, const struct floor_key *key);
void floor_read_end(struct floor_store *store);
/* Inside a request: upserts and appends to the change log. old may be borrowed from floor_read().
 */
bool floor_write(struct floor_store *store, const struct floor_key *key, struct floor_text old,
                 struct floor_text item);

/* Items whose key begins with prefix (NULL: all), in order; false when there is none left. */
void floor_range_begin(struct floor_store *store, const struct floor_key *prefix);
bool floor_range_next(struct floor_store *store, const struct floor_key *prefix,
                      struct floor_text *item);
void floor_range_end(struct floor_store *store, const struct floor_key *prefix);

#endif
