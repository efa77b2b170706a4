#include "tests/bench/floor_http/store.h"

#include <string.h>

#define COMMIT_REQUESTS 1000

static const char *const sql_texts[FLOOR_SQL_COUNT] = {
    [FLOOR_BEGIN] = "BEGIN",
    [FLOOR_SAVEPOINT] = "SAVEPOINT request",
    [FLOOR_RELEASE] = "RELEASE request",
    [FLOOR_COMMIT] = "COMMIT",
    [FLOOR_READ] = "SELECT item FROM items WHERE key=?1",
    [FLOOR_RANGE] = "SELECT key,item FROM items WHERE key>=?1 AND key<?2 ORDER BY key",
    [FLOOR_SCAN] = "SELECT key,item FROM items ORDER BY key",
    [FLOOR_UPSERT] =
        "INSERT INTO items VALUES(?1,?2) ON CONFLICT(key) DO UPDATE SET item=excluded.item",
    [FLOOR_LOG] = "INSERT INTO log(key,old,new,at_us) VALUES(?1,?2,?3,?4)",
};

bool floor_store_open(struct floor_store *store)
{
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (sqlite3_open(":memory:", &store->database) != SQLITE_OK)
        return false;
    const char *set_up = "PRAGMA journal_mode=MEMORY;PRAGMA synchronous=OFF;"
                         "PRAGMA secure_delete=OFF;"
                         "CREATE TABLE items(key BLOB PRIMARY KEY, item BLOB) WITHOUT ROWID;"
                         "CREATE TABLE log(id INTEGER PRIMARY KEY, key BLOB, old BLOB, new BLOB,"
                         " at_us INTEGER)";
    if (sqlite3_exec(store->database, set_up, NULL, NULL, NULL) != SQLITE_OK)
        return false;
    for (size_t i = 0; i < FLOOR_SQL_COUNT; i++)
        if (sqlite3_prepare_v3(store->database, sql_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &store->statements[i], NULL) != SQLITE_OK)
            return false;
    return true;
}

void floor_store_close(struct floor_store *store)
{
    for (size_t i = 0; i < FLOOR_SQL_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->database);
}

static bool run(struct floor_store *store, enum floor_sql sql)
{
    int code = sqlite3_step(store->statements[sql]);
    sqlite3_reset(store->statements[sql]);
    return code == SQLITE_DONE;
}

static void bind(sqlite3_stmt *statement, int index, const char *data, size_t bytes)
{
    sqlite3_bind_blob(statement, index, data, (int)bytes, SQLITE_STATIC);
}

bool floor_request_begin(struct floor_store *store)
{
    if (store->requests_since_commit == 0 && !run(store, FLOOR_BEGIN))
        return false;
    return run(store, FLOOR_SAVEPOINT);
}

bool floor_request_end(struct floor_store *store)
{
    if (!run(store, FLOOR_RELEASE))
        return false;
    if (++store->requests_since_commit < COMMIT_REQUESTS)
        return true;
    store->requests_since_commit = 0;
    return run(store, FLOOR_COMMIT);
}

struct floor_text floor_read(struct floor_store *store, const struct floor_key *key)
{
    sqlite3_stmt *read = store->statements[FLOOR_READ];
    sqlite3_reset(read);
    bind(read, 1, key->bytes, key->length_bytes);
    if (sqlite3_step(read) != SQLITE_ROW)
        return (struct floor_text){0};
    const char *data = sqlite3_column_blob(read, 0);
    return (struct floor_text){data, (size_t)sqlite3_column_bytes(read, 0)};
}

void floor_read_end(struct floor_store *store)
{
    sqlite3_reset(store->statements[FLOOR_READ]);
}

bool floor_write(struct floor_store *store, const struct floor_key *key, struct floor_text old,
                 struct floor_text item)
{
    sqlite3_stmt *log = store->statements[FLOOR_LOG];
    bind(log, 1, key->bytes, key->length_bytes);
    sqlite3_bind_blob(log, 2, old.data, (int)old.bytes, SQLITE_TRANSIENT);
    bind(log, 3, item.data, item.bytes);
    sqlite3_bind_int64(log, 4, store->change_count++);
    floor_read_end(store);
    sqlite3_stmt *upsert = store->statements[FLOOR_UPSERT];
    bind(upsert, 1, key->bytes, key->length_bytes);
    bind(upsert, 2, item.data, item.bytes);
    return run(store, FLOOR_UPSERT) && run(store, FLOOR_LOG);
}

static sqlite3_stmt *range_of(const struct floor_store *store, const struct floor_key *prefix)
{
    return store->statements[prefix != NULL ? FLOOR_RANGE : FLOOR_SCAN];
}

void floor_range_begin(struct floor_store *store, const struct floor_key *prefix)
{
    if (prefix == NULL)
        return;
    sqlite3_stmt *range = range_of(store, prefix);
    struct floor_key high = *prefix; /* a key's parts end in NUL: the next byte is above all */
    high.bytes[high.length_bytes - 1] = '\1';
    bind(range, 1, prefix->bytes, prefix->length_bytes);
    sqlite3_bind_blob(range, 2, high.bytes, (int)high.length_bytes, SQLITE_TRANSIENT);
}

bool floor_range_next(struct floor_store *store, const struct floor_key *prefix,
                      struct floor_text *item)
{
    sqlite3_stmt *range = range_of(store, prefix);
    if (sqlite3_step(range) != SQLITE_ROW)
        return false;
    item->data = sqlite3_column_blob(range, 1);
    item->bytes = (size_t)sqlite3_column_bytes(range, 1);
    return true;
}

void floor_range_end(struct floor_store *store, const struct floor_key *prefix)
{
    sqlite3_reset(range_of(store, prefix));
}
