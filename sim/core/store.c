/* How writes are kept: one outer transaction stays open over many requests, because a commit costs
 * more than an upsert; each request is a savepoint inside it, so that it alone can be undone. The
 * outer one is committed by sim_store_commit(), in memory mode also every SIM_STORE_COMMIT_WRITES
 * requests, which keeps SQLite's rollback journal short.
 *
 * SQLite may roll the whole outer transaction back on its own (disk full, I/O error). Then requests
 * that were told "kept" but were not committed are gone, so the next commit reports IO once. */
#include "sim/core/store.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "sim/core/store_pages.h"

#define CACHED_STATEMENTS_MAX 1024 /* above this all idle ones go: their texts are not reused */
#define RECENT_TEXTS          64   /* a power of two */

struct cached_sql { /* all statements of one text; idle ones wait here */
    struct sim_statement *idle;
    UT_hash_handle hh;
    char sql[]; /* the key */
};

struct sim_statement {
    struct sim_store *store;
    struct cached_sql *home;
    sqlite3_stmt *handle;
    struct sim_statement *next_idle;
    unsigned generation; /* older than the store's: is not cached again */
    bool is_write;
    bool is_stepped;
    int bind_code; /* the first bind that failed, told by the next step */
};

enum control { /* SQL that the store runs on its own */
               CONTROL_BEGIN,
               CONTROL_COMMIT,
               CONTROL_SAVEPOINT,
               CONTROL_RELEASE,
               CONTROL_ROLLBACK,
               CONTROL_COUNT,
};

static const char *const control_sql[CONTROL_COUNT] = {
    [CONTROL_BEGIN] = "BEGIN",
    [CONTROL_COMMIT] = "COMMIT",
    [CONTROL_SAVEPOINT] = "SAVEPOINT request",
    [CONTROL_RELEASE] = "RELEASE request",
    [CONTROL_ROLLBACK] = "ROLLBACK TO request",
};

struct sim_store {
    sqlite3 *database;
    bool is_file;
    struct cached_sql *cache;
    struct cached_sql *recent[RECENT_TEXTS]; /* by the address of the caller's text: a guess */
    size_t cached_count;                     /* idle and borrowed statements */
    size_t open_count;                       /* borrowed statements */
    unsigned generation;
    sqlite3_stmt *control[CONTROL_COUNT];
    bool has_transaction;
    bool is_in_request;
    bool is_light;        /* the request has no savepoint */
    bool has_lost_writes; /* SQLite undid the transaction; the next commit says so */
    unsigned requests_since_commit;
    unsigned fail_after;
};

/* --- errors ---------------------------------------------------------------------------------- */

static const struct {
    int code;
    enum sim_result result;
} results_of_codes[] = {
    {SQLITE_FULL, RESULT_LIMIT},
    {SQLITE_TOOBIG, RESULT_LIMIT},
    {SQLITE_CONSTRAINT, RESULT_CONFLICT},
    {SQLITE_NOMEM, RESULT_NO_MEMORY},
};

static enum sim_result result_of_code(int code)
{
    for (size_t i = 0; i < ARRAY_LEN(results_of_codes); i++)
        if (results_of_codes[i].code == (code & 0xff))
            return results_of_codes[i].result;
    return RESULT_IO;
}

static enum sim_result fail(const struct sim_store *store, int code, const char *doing,
                            struct sim_error *error)
{
    return sim_error_set(error, result_of_code(code), "store: %s: %s", doing,
                         sqlite3_errmsg(store->database));
}

/* True when the test's countdown says that this write fails. */
static bool fails_by_countdown(struct sim_store *store)
{
    return store->fail_after > 0 && --store->fail_after == 0;
}

static enum sim_result fail_on_purpose(struct sim_error *error)
{
    return sim_error_set(error, RESULT_IO, "store: write: failed as asked by the test");
}

/* --- opening and closing --------------------------------------------------------------------- */

/* Process-wide, and only possible before SQLite's first use: later calls are refused by SQLite,
 * which then is set up already. */
static void configure_sqlite(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)sqlite3_config(SQLITE_CONFIG_PCACHE2, &sim_store_page_methods);
}

static const char memory_setup[] = "PRAGMA journal_mode=MEMORY;"
                                   "PRAGMA synchronous=OFF;";
/* Exclusive: a second process on the same folder is refused rather than mixed in. */
static const char file_setup[] = "PRAGMA locking_mode=EXCLUSIVE;"
                                 "PRAGMA journal_mode=WAL;";

static const char *const synchronous[] = {
    [SIM_DURABILITY_NORMAL] = "PRAGMA synchronous=NORMAL;",
    [SIM_DURABILITY_FULL] = "PRAGMA synchronous=FULL;",
    [SIM_DURABILITY_OFF] = "PRAGMA synchronous=OFF;",
};

static enum sim_result set_up(struct sim_store *store, const struct sim_store_options *options,
                              struct sim_error *error)
{
    (void)sqlite3_extended_result_codes(store->database, 1);
    (void)sqlite3_db_config(store->database, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(store->database, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    const char *const steps[] = {
        "PRAGMA secure_delete=OFF;PRAGMA temp_store=MEMORY;",
        store->is_file ? file_setup : memory_setup,
        store->is_file ? synchronous[options->durability] : "",
        store->is_file ? "BEGIN EXCLUSIVE;COMMIT;" : "", /* takes the lock now, not at a request */
    };
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        int code = sqlite3_exec(store->database, steps[i], NULL, NULL, NULL);
        if (code != SQLITE_OK)
            return sim_error_set(error, result_of_code(code), "store: cannot open %s: %s",
                                 store->is_file ? options->path : "memory",
                                 (code & 0xff) == SQLITE_BUSY ? "another process has it open"
                                                              : sqlite3_errmsg(store->database));
    }
    for (size_t i = 0; i < CONTROL_COUNT; i++) {
        int code = sqlite3_prepare_v3(store->database, control_sql[i], -1,
                                      SQLITE_PREPARE_PERSISTENT, &store->control[i], NULL);
        if (code != SQLITE_OK)
            return fail(store, code, control_sql[i], error);
    }
    return RESULT_OK;
}

static void release(struct sim_store *store)
{
    for (size_t i = 0; i < CONTROL_COUNT; i++)
        (void)sqlite3_finalize(store->control[i]);
    (void)sqlite3_close(store->database);
    free(store);
}

enum sim_result sim_store_open(const struct sim_store_options *options, struct sim_store **store,
                               struct sim_error *error)
{
    PRE(options != NULL && store != NULL);
    configure_sqlite();
    struct sim_store *fresh = sim_alloc(sizeof *fresh);
    fresh->is_file = options->path != NULL;
    const char *path = fresh->is_file ? options->path : ":memory:";
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_PRIVATECACHE;
    int code = sqlite3_open_v2(path, &fresh->database, flags, NULL);
    enum sim_result result = RESULT_OK;
    if (code != SQLITE_OK)
        result = sim_error_set(error, result_of_code(code), "store: cannot open %s: %s", path,
                               sqlite3_errstr(code));
    else
        result = set_up(fresh, options, error);
    if (result != RESULT_OK) {
        release(fresh);
        return result;
    }
    *store = fresh;
    return RESULT_OK;
}

void sim_store_close(struct sim_store *store)
{
    if (store == NULL)
        return;
    PRE(!store->is_in_request);
    PRE(store->open_count == 0);
    store->fail_after = 0;
    if (sim_store_commit(store, NULL) != RESULT_OK)
        store->has_transaction = false; /* closing undoes it; nobody is left who could be told */
    sim_store_forget_statements(store);
    CHECK(store->cached_count == 0);
    release(store);
}

/* --- statements ------------------------------------------------------------------------------ */

static void destroy_statement(struct sim_statement *statement)
{
    statement->store->cached_count--;
    (void)sqlite3_finalize(statement->handle);
    free(statement);
}

/* Idle statements go at once; borrowed ones when they come back. */
void sim_store_forget_statements(struct sim_store *store)
{
    store->generation++;
    struct cached_sql *entry = NULL;
    struct cached_sql *next = NULL;
    HASH_ITER(hh, store->cache, entry, next)
    {
        while (entry->idle != NULL) {
            struct sim_statement *statement = entry->idle;
            entry->idle = statement->next_idle;
            destroy_statement(statement);
        }
        HASH_DEL(store->cache, entry);
        free(entry);
    }
    memset(store->recent, 0, sizeof store->recent);
}

/* Callers keep their texts, so that the address nearly always leads to the entry; the comparison
 * is far cheaper than hashing the text. */
static struct cached_sql *find_entry(struct sim_store *store, const char *sql)
{
    struct cached_sql **recent = &store->recent[(uintptr_t)sql / 16 % RECENT_TEXTS];
    if (*recent != NULL && strcmp((*recent)->sql, sql) == 0)
        return *recent;
    struct cached_sql *entry = NULL;
    HASH_FIND(hh, store->cache, sql, strlen(sql), entry);
    if (entry != NULL)
        *recent = entry;
    return entry;
}

static struct cached_sql *get_or_add_entry(struct sim_store *store, const char *sql)
{
    struct cached_sql *entry = find_entry(store, sql);
    if (entry != NULL)
        return entry;
    size_t length_bytes = strlen(sql);
    entry = sim_alloc(sizeof *entry + length_bytes + 1);
    memcpy(entry->sql, sql, length_bytes);
    HASH_ADD_KEYPTR(hh, store->cache, entry->sql, length_bytes, entry);
    return entry;
}

enum sim_result sim_store_prepare(struct sim_store *store, const char *sql,
                                  struct sim_statement **statement, struct sim_error *error)
{
    struct cached_sql *entry = find_entry(store, sql);
    struct sim_statement *found = entry != NULL ? entry->idle : NULL;
    if (found != NULL) {
        entry->idle = found->next_idle;
        found->next_idle = NULL;
        store->open_count++;
        *statement = found;
        return RESULT_OK;
    }
    if (store->cached_count >= CACHED_STATEMENTS_MAX)
        sim_store_forget_statements(store);
    sqlite3_stmt *handle = NULL;
    int code =
        sqlite3_prepare_v3(store->database, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL);
    if (code != SQLITE_OK)
        return fail(store, code, sql, error);
    PRE(handle != NULL); /* an empty text is our own mistake */
    found = sim_alloc(sizeof *found);
    *found = (struct sim_statement){
        .store = store,
        .home = get_or_add_entry(store, sql),
        .handle = handle,
        .generation = store->generation,
        .is_write = sqlite3_stmt_readonly(handle) == 0,
    };
    store->cached_count++;
    store->open_count++;
    *statement = found;
    return RESULT_OK;
}

void sim_store_done(struct sim_statement *statement)
{
    if (statement == NULL)
        return;
    struct sim_store *store = statement->store;
    CHECK(store->open_count > 0);
    store->open_count--;
    if (statement->generation != store->generation) { /* its home is gone */
        destroy_statement(statement);
        return;
    }
    (void)sqlite3_reset(statement->handle); /* repeats the code of the last step, told already */
    (void)sqlite3_clear_bindings(statement->handle); /* they point to what the caller owns */
    statement->is_stepped = false;
    statement->bind_code = SQLITE_OK;
    statement->next_idle = statement->home->idle;
    statement->home->idle = statement;
}

/* --- parameters and columns ------------------------------------------------------------------ */

static void note_bind(struct sim_statement *statement, int code)
{
    PRE(code != SQLITE_RANGE);  /* no such parameter */
    PRE(code != SQLITE_MISUSE); /* bound after a step */
    if (statement->bind_code == SQLITE_OK)
        statement->bind_code = code;
}

void sim_bind_int(struct sim_statement *statement, int index, int64_t value)
{
    note_bind(statement, sqlite3_bind_int64(statement->handle, index, value));
}

void sim_bind_text(struct sim_statement *statement, int index, const char *text)
{
    note_bind(statement, sqlite3_bind_text(statement->handle, index, text, -1, SQLITE_STATIC));
}

void sim_bind_blob(struct sim_statement *statement, int index, const void *data, size_t bytes)
{
    PRE(data != NULL || bytes == 0);
    const void *start = data != NULL ? data : ""; /* NULL would bind SQL NULL */
    note_bind(statement,
              sqlite3_bind_blob64(statement->handle, index, start, bytes, SQLITE_STATIC));
}

void sim_bind_null(struct sim_statement *statement, int index)
{
    note_bind(statement, sqlite3_bind_null(statement->handle, index));
}

int64_t sim_column_int(struct sim_statement *statement, int index)
{
    return sqlite3_column_int64(statement->handle, index);
}

const char *sim_column_text(struct sim_statement *statement, int index)
{
    return (const char *)sqlite3_column_text(statement->handle, index);
}

const void *sim_column_blob(struct sim_statement *statement, int index, size_t *bytes)
{
    const void *data = sqlite3_column_blob(statement->handle, index);
    *bytes = (size_t)sqlite3_column_bytes(statement->handle, index);
    if (data == NULL && !sim_column_is_null(statement, index))
        return ""; /* an empty blob is not NULL */
    return data;
}

bool sim_column_is_null(struct sim_statement *statement, int index)
{
    return sqlite3_column_type(statement->handle, index) == SQLITE_NULL;
}

int64_t sim_store_last_id(const struct sim_store *store)
{
    return sqlite3_last_insert_rowid(store->database);
}

int64_t sim_store_changes(const struct sim_store *store)
{
    return sqlite3_changes64(store->database);
}

/* --- running --------------------------------------------------------------------------------- */

/* SQLite undid the open transaction by itself: nothing of it will ever be committed. */
static void notice_lost_transaction(struct sim_store *store)
{
    if (!store->has_transaction || sqlite3_get_autocommit(store->database) == 0)
        return;
    store->has_transaction = false;
    store->has_lost_writes = true;
    store->requests_since_commit = 0;
}

static enum sim_result run_control(struct sim_store *store, enum control control,
                                   struct sim_error *error)
{
    int code = sqlite3_step(store->control[control]);
    enum sim_result result = RESULT_OK;
    if (code != SQLITE_DONE)
        result = fail(store, code, control_sql[control], error);
    (void)sqlite3_reset(store->control[control]);
    return result;
}

static enum sim_result open_transaction(struct sim_store *store, struct sim_error *error)
{
    if (store->has_transaction)
        return RESULT_OK;
    enum sim_result result = run_control(store, CONTROL_BEGIN, error);
    store->has_transaction = result == RESULT_OK;
    return result;
}

/* A write outside of a request: in a file it is kept with the others of the turn. */
static enum sim_result prepare_write(struct sim_store *store, struct sim_error *error)
{
    return store->is_file ? open_transaction(store, error) : RESULT_OK;
}

enum sim_result sim_store_execute(struct sim_store *store, const char *sql, struct sim_error *error)
{
    if (fails_by_countdown(store))
        return fail_on_purpose(error);
    enum sim_result opened = prepare_write(store, error);
    if (opened != RESULT_OK)
        return opened;
    int code = sqlite3_exec(store->database, sql, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        return RESULT_OK;
    enum sim_result result = fail(store, code, "execute", error);
    notice_lost_transaction(store);
    return result;
}

enum sim_result sim_store_step(struct sim_statement *statement, bool *row, struct sim_error *error)
{
    struct sim_store *store = statement->store;
    if (statement->bind_code != SQLITE_OK)
        return sim_error_set(error, result_of_code(statement->bind_code), "store: bind: %s",
                             sqlite3_errstr(statement->bind_code));
    if (statement->is_write && !statement->is_stepped && fails_by_countdown(store))
        return fail_on_purpose(error);
    if (statement->is_write && !statement->is_stepped) {
        enum sim_result opened = prepare_write(store, error);
        if (opened != RESULT_OK)
            return opened;
    }
    statement->is_stepped = true;
    int code = sqlite3_step(statement->handle);
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
        *row = code == SQLITE_ROW;
        return RESULT_OK;
    }
    enum sim_result result = fail(store, code, statement->is_write ? "write" : "read", error);
    notice_lost_transaction(store);
    return result;
}

enum sim_result sim_store_run(struct sim_statement *statement, struct sim_error *error)
{
    bool row = false;
    enum sim_result result = sim_store_step(statement, &row, error);
    CHECK(result != RESULT_OK || !row);
    sim_store_done(statement);
    return result;
}

/* --- requests and commits -------------------------------------------------------------------- */

enum sim_result sim_store_begin_light(struct sim_store *store, struct sim_error *error)
{
    PRE(!store->is_in_request);
    enum sim_result result = open_transaction(store, error);
    if (result != RESULT_OK)
        return result;
    store->is_in_request = true;
    store->is_light = true;
    return RESULT_OK;
}

enum sim_result sim_store_begin(struct sim_store *store, struct sim_error *error)
{
    enum sim_result result = sim_store_begin_light(store, error);
    if (result != RESULT_OK)
        return result;
    result = run_control(store, CONTROL_SAVEPOINT, error);
    store->is_in_request = result == RESULT_OK;
    store->is_light = false;
    return result;
}

/* In memory nobody waits for the commit. One that fails is tried again after the next request. */
static void commit_when_long(struct sim_store *store)
{
    store->requests_since_commit++;
    if (store->is_file || store->open_count > 0 ||
        store->requests_since_commit < SIM_STORE_COMMIT_WRITES)
        return;
    if (run_control(store, CONTROL_COMMIT, NULL) == RESULT_OK) {
        store->has_transaction = false;
        store->requests_since_commit = 0;
    }
}

void sim_store_give_up(struct sim_store *store)
{
    (void)sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
    notice_lost_transaction(store);
}

/* Where the request alone cannot be undone (no memory, I/O error), everything since the last commit
 * is: half a request must not stay. */
static void undo_request(struct sim_store *store)
{
    if (run_control(store, CONTROL_ROLLBACK, NULL) == RESULT_OK &&
        run_control(store, CONTROL_RELEASE, NULL) == RESULT_OK)
        return;
    sim_store_give_up(store);
}

enum sim_result sim_store_end(struct sim_store *store, enum sim_result result,
                              struct sim_error *error)
{
    PRE(store->is_in_request);
    store->is_in_request = false;
    if (!store->has_transaction) { /* SQLite has rolled everything back already */
        if (result == RESULT_OK)
            return sim_error_set(error, RESULT_IO, "store: the transaction was rolled back");
        return result;
    }
    if (result != RESULT_OK) {
        if (!store->is_light)
            undo_request(store);
        return result;
    }
    if (!store->is_light)
        result = run_control(store, CONTROL_RELEASE, error);
    if (result == RESULT_OK)
        commit_when_long(store);
    else
        notice_lost_transaction(store);
    return result == RESULT_OK ? RESULT_OK : RESULT_IO;
}

static enum sim_result commit_open_transaction(struct sim_store *store, struct sim_error *error)
{
    if (!store->has_transaction)
        return RESULT_OK;
    if (fails_by_countdown(store))
        return fail_on_purpose(error);
    enum sim_result result = run_control(store, CONTROL_COMMIT, error);
    if (result == RESULT_OK) {
        store->has_transaction = false;
        store->requests_since_commit = 0;
    }
    notice_lost_transaction(store);
    return result;
}

enum sim_result sim_store_commit(struct sim_store *store, struct sim_error *error)
{
    PRE(!store->is_in_request);
    enum sim_result result = commit_open_transaction(store, error);
    if (result == RESULT_OK && store->has_lost_writes)
        result = sim_error_set(error, RESULT_IO, "store: writes since the last commit were lost");
    store->has_lost_writes = false; /* this call told it */
    return result;
}

void sim_store_rollback(struct sim_store *store)
{
    PRE(!store->is_in_request);
    if (sqlite3_get_autocommit(store->database) == 0)
        (void)sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
    store->has_transaction = false;
    store->has_lost_writes = false;
    store->requests_since_commit = 0;
}

/* One at a time: a list of names must not be read while its tables go. */
static enum sim_result drop_next_table(struct sim_store *store, bool *found,
                                       struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    char *sql = NULL;
    enum sim_result result = sim_store_prepare(
        store, "SELECT name FROM sqlite_master WHERE type = 'table' LIMIT 1", &statement, error);
    if (result != RESULT_OK)
        return result;
    result = sim_store_step(statement, found, error);
    if (result == RESULT_OK && *found)
        sql = sqlite3_mprintf("DROP TABLE \"%w\"", sim_column_text(statement, 0));
    sim_store_done(statement);
    if (result == RESULT_OK && *found)
        result = sql != NULL ? sim_store_execute(store, sql, error)
                             : sim_error_set(error, RESULT_NO_MEMORY, "store: no memory");
    sqlite3_free(sql);
    return result;
}

enum sim_result sim_store_clear(struct sim_store *store, struct sim_error *error)
{
    PRE(!store->is_in_request);
    bool found = true;
    enum sim_result result = RESULT_OK;
    sim_store_forget_statements(store);
    while (result == RESULT_OK && found)
        result = drop_next_table(store, &found, error);
    return result;
}

bool sim_store_is_dirty(const struct sim_store *store)
{
    return (store->is_file && store->has_transaction) || store->has_lost_writes;
}

void sim_store_fail_after(struct sim_store *store, unsigned n)
{
    store->fail_after = n;
}
