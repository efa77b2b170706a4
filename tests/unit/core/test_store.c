/* The store: requests are all or nothing, commits are batched, errors are mapped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/core/store.h"

static struct sim_store *open_memory(void)
{
    struct sim_store *store = NULL;
    struct sim_error error;
    assert_int_equal(sim_store_open(&(struct sim_store_options){0}, &store, &error), RESULT_OK);
    assert_int_equal(
        sim_store_execute(store, "CREATE TABLE t(k INTEGER PRIMARY KEY, v BLOB)", NULL), RESULT_OK);
    return store;
}

static int set_up(void **state)
{
    *state = open_memory();
    return 0;
}

static int tear_down(void **state)
{
    sim_store_close(*state);
    return 0;
}

static enum sim_result put(struct sim_store *store, int64_t key, const char *value,
                           struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result =
        sim_store_prepare(store, "INSERT INTO t VALUES(?1, ?2)", &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_int(statement, 1, key);
    sim_bind_text(statement, 2, value);
    return sim_store_run(statement, error);
}

static int64_t count(struct sim_store *store)
{
    struct sim_statement *statement = NULL;
    bool row = false;
    assert_int_equal(sim_store_prepare(store, "SELECT count(*) FROM t", &statement, NULL),
                     RESULT_OK);
    assert_int_equal(sim_store_step(statement, &row, NULL), RESULT_OK);
    assert_true(row);
    int64_t rows = sim_column_int(statement, 0);
    sim_store_done(statement);
    return rows;
}

/* --- requests -------------------------------------------------------------------------------- */

static void test_a_request_keeps_all_or_nothing(void **state)
{
    static const struct {
        const char *name;
        enum sim_result result;
        int64_t rows_after;
    } cases[] = {
        {"ok keeps both rows", RESULT_OK, 2},
        {"a failed condition keeps none", RESULT_CONFLICT, 2},
        {"bad input keeps none", RESULT_INVALID, 2},
        {"an I/O error keeps none", RESULT_IO, 2},
        {"ok after failures keeps both", RESULT_OK, 4},
    };
    struct sim_store *store = *state;
    int64_t key = 0;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_error error = {0};
        assert_int_equal(sim_store_begin(store, &error), RESULT_OK);
        assert_int_equal(put(store, ++key, "a", &error), RESULT_OK);
        assert_int_equal(put(store, ++key, "b", &error), RESULT_OK);
        enum sim_result result = sim_store_end(store, cases[i].result, &error);
        if (result != cases[i].result || count(store) != cases[i].rows_after)
            fail_msg("%s: result %d, %d rows", cases[i].name, (int)result, (int)count(store));
    }
}

static void test_a_failed_request_does_not_undo_the_one_before(void **state)
{
    struct sim_store *store = *state;
    assert_int_equal(sim_store_begin(store, NULL), RESULT_OK);
    assert_int_equal(put(store, 1, "kept", NULL), RESULT_OK);
    assert_int_equal(sim_store_end(store, RESULT_OK, NULL), RESULT_OK);
    assert_int_equal(sim_store_begin(store, NULL), RESULT_OK);
    assert_int_equal(put(store, 2, "undone", NULL), RESULT_OK);
    assert_int_equal(sim_store_end(store, RESULT_INVALID, NULL), RESULT_INVALID);
    assert_int_equal(sim_store_commit(store, NULL), RESULT_OK);
    assert_int_equal(count(store), 1);
}

static void test_an_open_read_survives_the_undoing_of_a_request(void **state)
{
    struct sim_store *store = *state;
    for (int64_t key = 1; key <= 3; key++)
        assert_int_equal(put(store, key, "x", NULL), RESULT_OK);
    struct sim_statement *read = NULL;
    bool row = false;
    assert_int_equal(sim_store_prepare(store, "SELECT k FROM t ORDER BY k", &read, NULL),
                     RESULT_OK);
    assert_int_equal(sim_store_step(read, &row, NULL), RESULT_OK);
    assert_int_equal(sim_store_begin(store, NULL), RESULT_OK);
    assert_int_equal(put(store, 9, "x", NULL), RESULT_OK);
    assert_int_equal(sim_store_end(store, RESULT_CONFLICT, NULL), RESULT_CONFLICT);
    assert_int_equal(sim_store_step(read, &row, NULL), RESULT_OK);
    assert_true(row);
    assert_int_equal(sim_column_int(read, 0), 2);
    sim_store_done(read);
}

static void run_requests(struct sim_store *store, int64_t first_key, int64_t request_count)
{
    for (int64_t key = first_key; key < first_key + request_count; key++) {
        assert_int_equal(sim_store_begin(store, NULL), RESULT_OK);
        assert_int_equal(put(store, key, "x", NULL), RESULT_OK);
        assert_int_equal(sim_store_end(store, RESULT_OK, NULL), RESULT_OK);
    }
}

/* A conflict that rolls back all that is not committed shows how much was. */
static int64_t count_committed(struct sim_store *store)
{
    assert_int_equal(
        sim_store_execute(store, "INSERT OR ROLLBACK INTO t SELECT k, 'again' FROM t", NULL),
        RESULT_CONFLICT);
    return count(store);
}

static void test_memory_mode_commits_every_so_many_requests(void **state)
{
    struct sim_store *store = *state;
    run_requests(store, 1, SIM_STORE_COMMIT_WRITES + 7);
    assert_false(sim_store_is_dirty(store)); /* nobody has to commit */
    assert_int_equal(count_committed(store), SIM_STORE_COMMIT_WRITES);
}

static void test_memory_mode_does_not_commit_under_an_open_statement(void **state)
{
    struct sim_store *store = *state;
    assert_int_equal(put(store, 0, "x", NULL), RESULT_OK);
    struct sim_statement *read = NULL;
    bool row = false;
    assert_int_equal(sim_store_prepare(store, "SELECT k FROM t", &read, NULL), RESULT_OK);
    assert_int_equal(sim_store_step(read, &row, NULL), RESULT_OK);
    run_requests(store, 1, SIM_STORE_COMMIT_WRITES + 2);
    sim_store_done(read);
    run_requests(store, 9000, 1); /* now it can */
    run_requests(store, 9001, 4);
    assert_int_equal(count_committed(store), 1 + SIM_STORE_COMMIT_WRITES + 2 + 1);
}

/* --- values and statements ------------------------------------------------------------------- */

static void test_values_come_back_as_they_went_in(void **state)
{
    struct sim_store *store = *state;
    assert_int_equal(sim_store_execute(store, "CREATE TABLE u(i, a, b, c, d)", NULL), RESULT_OK);
    struct sim_statement *write = NULL;
    assert_int_equal(sim_store_prepare(store, "INSERT INTO u VALUES(?1,?2,?3,?4,?5)", &write, NULL),
                     RESULT_OK);
    sim_bind_int(write, 1, INT64_MIN);
    sim_bind_text(write, 2, "h\xc3\xa9");
    sim_bind_blob(write, 3, "\0\1\0", 3);
    sim_bind_blob(write, 4, NULL, 0);
    sim_bind_null(write, 5);
    assert_int_equal(sim_store_run(write, NULL), RESULT_OK);
    assert_int_equal(sim_store_last_id(store), 1);
    assert_int_equal(sim_store_changes(store), 1);

    struct sim_statement *read = NULL;
    bool row = false;
    size_t bytes = 99;
    assert_int_equal(sim_store_prepare(store, "SELECT i,a,b,c,d FROM u", &read, NULL), RESULT_OK);
    assert_int_equal(sim_store_step(read, &row, NULL), RESULT_OK);
    assert_true(sim_column_int(read, 0) == INT64_MIN);
    assert_string_equal(sim_column_text(read, 1), "h\xc3\xa9");
    assert_memory_equal(sim_column_blob(read, 2, &bytes), "\0\1\0", 3);
    assert_int_equal(bytes, 3);
    assert_non_null(sim_column_blob(read, 3, &bytes));
    assert_int_equal(bytes, 0);
    assert_false(sim_column_is_null(read, 3));
    assert_null(sim_column_blob(read, 4, &bytes));
    assert_true(sim_column_is_null(read, 4));
    assert_int_equal(sim_store_step(read, &row, NULL), RESULT_OK);
    assert_false(row);
    sim_store_done(read);
}

static void test_the_cache_gives_the_same_statement_for_an_equal_text(void **state)
{
    struct sim_store *store = *state;
    char text_a[] = "SELECT k FROM t WHERE k = ?1";
    char text_b[] = "SELECT k FROM t WHERE k = ?1";
    struct sim_statement *first = NULL;
    struct sim_statement *second = NULL;
    assert_int_equal(sim_store_prepare(store, text_a, &first, NULL), RESULT_OK);
    assert_int_equal(sim_store_prepare(store, text_b, &second, NULL), RESULT_OK);
    assert_ptr_not_equal(first, second); /* both are in use */
    struct sim_statement *was = first;
    sim_store_done(first);
    assert_int_equal(sim_store_prepare(store, text_b, &first, NULL), RESULT_OK);
    assert_ptr_equal(first, was);
    sim_store_done(first);
    sim_store_done(second);
    sim_store_done(NULL);
}

static void test_a_statement_comes_back_without_old_bindings(void **state)
{
    struct sim_store *store = *state;
    assert_int_equal(put(store, 1, "old", NULL), RESULT_OK);
    struct sim_statement *write = NULL;
    assert_int_equal(sim_store_prepare(store, "INSERT INTO t VALUES(?1, ?2)", &write, NULL),
                     RESULT_OK);
    sim_bind_int(write, 1, 2);
    assert_int_equal(sim_store_run(write, NULL), RESULT_OK);
    struct sim_statement *read = NULL;
    bool row = false;
    assert_int_equal(sim_store_prepare(store, "SELECT v FROM t WHERE k=2", &read, NULL), RESULT_OK);
    assert_int_equal(sim_store_step(read, &row, NULL), RESULT_OK);
    assert_null(sim_column_text(read, 0));
    sim_store_done(read);
}

static void test_a_table_can_go_after_its_statements_were_forgotten(void **state)
{
    struct sim_store *store = *state;
    assert_int_equal(put(store, 1, "x", NULL), RESULT_OK);
    struct sim_statement *borrowed = NULL;
    assert_int_equal(sim_store_prepare(store, "SELECT 1", &borrowed, NULL), RESULT_OK);
    sim_store_forget_statements(store);
    sim_store_done(borrowed); /* is not cached any more */
    assert_int_equal(sim_store_execute(store, "DROP TABLE t; CREATE TABLE t(k, v, w)", NULL),
                     RESULT_OK);
    struct sim_error error = {0};
    assert_int_equal(put(store, 1, "x", &error), RESULT_IO); /* has three columns now */
    assert_non_null(strstr(error.message, "3 columns"));
}

static void test_many_texts_do_not_fill_the_memory(void **state)
{
    struct sim_store *store = *state;
    struct sim_statement *held = NULL;
    assert_int_equal(sim_store_prepare(store, "SELECT 'held'", &held, NULL), RESULT_OK);
    for (int i = 0; i < 3000; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT %d", i);
        struct sim_statement *statement = NULL;
        bool row = false;
        assert_int_equal(sim_store_prepare(store, sql, &statement, NULL), RESULT_OK);
        assert_int_equal(sim_store_step(statement, &row, NULL), RESULT_OK);
        assert_int_equal(sim_column_int(statement, 0), i);
        sim_store_done(statement);
    }
    bool row = false;
    assert_int_equal(sim_store_step(held, &row, NULL), RESULT_OK);
    assert_string_equal(sim_column_text(held, 0), "held");
    sim_store_done(held);
}

/* --- errors ---------------------------------------------------------------------------------- */

static void test_errors_are_mapped(void **state)
{
    static const struct {
        const char *name, *sql;
        enum sim_result result;
        const char *sentence;
    } cases[] = {
        {"a broken constraint", "INSERT INTO t VALUES(1,'b')", RESULT_CONFLICT, "UNIQUE"},
        {"no such table", "INSERT INTO nowhere VALUES(1)", RESULT_IO, "nowhere"},
        {"not SQL", "HELLO", RESULT_IO, "HELLO"},
        {"a double-quoted text is no string", "SELECT \"nosuch\"", RESULT_IO, "nosuch"},
        {"disk full", "INSERT INTO t VALUES(2, zeroblob(900000))", RESULT_LIMIT, "full"},
        {"too big", "INSERT INTO t VALUES(2, zeroblob(2000000000))", RESULT_LIMIT, "big"},
    };
    struct sim_store *store = *state;
    assert_int_equal(put(store, 1, "a", NULL), RESULT_OK);
    assert_int_equal(sim_store_execute(store, "PRAGMA max_page_count=20", NULL), RESULT_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_error error = {0};
        enum sim_result result = sim_store_execute(store, cases[i].sql, &error);
        if (result != cases[i].result || error.result != result ||
            strstr(error.message, cases[i].sentence) == NULL)
            fail_msg("%s: %d \"%s\"", cases[i].name, (int)result, error.message);
    }
}

static void test_a_write_fails_on_purpose_at_each_place(void **state)
{
    struct sim_store *store = *state;
    for (unsigned n = 1; n <= 3; n++) {
        struct sim_error error = {0};
        sim_store_fail_after(store, n);
        assert_int_equal(sim_store_begin(store, &error), RESULT_OK);
        enum sim_result result = put(store, n * 10, "a", &error);
        if (result == RESULT_OK)
            result = put(store, n * 10 + 1, "b", &error);
        result = sim_store_end(store, result, &error);
        if (result == RESULT_OK)
            result = sim_store_commit(store, &error);
        assert_int_equal(result, RESULT_IO);
        assert_int_equal(count(store), n <= 2 ? 0 : 2);
        assert_int_equal(sim_store_commit(store, &error), RESULT_OK); /* only once */
    }
}

static void test_writes_that_sqlite_undid_are_reported_at_the_commit(void **state)
{
    struct sim_store *store = *state;
    struct sim_error error = {0};
    assert_int_equal(sim_store_begin(store, NULL), RESULT_OK);
    assert_int_equal(put(store, 1, "told as kept", NULL), RESULT_OK);
    assert_int_equal(sim_store_end(store, RESULT_OK, NULL), RESULT_OK);
    assert_int_equal(sim_store_begin(store, NULL), RESULT_OK);
    assert_int_equal(sim_store_execute(store, "INSERT OR ROLLBACK INTO t VALUES(1,'x')", &error),
                     RESULT_CONFLICT);
    assert_int_equal(sim_store_end(store, RESULT_CONFLICT, &error), RESULT_CONFLICT);
    assert_true(sim_store_is_dirty(store));
    assert_int_equal(sim_store_begin(store, NULL), RESULT_OK);
    assert_int_equal(put(store, 2, "after", NULL), RESULT_OK);
    assert_int_equal(sim_store_end(store, RESULT_OK, NULL), RESULT_OK);
    assert_int_equal(sim_store_commit(store, &error), RESULT_IO);
    assert_non_null(strstr(error.message, "lost"));
    assert_int_equal(sim_store_commit(store, &error), RESULT_OK);
    assert_int_equal(count(store), 1);
}

static void test_a_request_that_sqlite_undid_is_not_ok(void **state)
{
    struct sim_store *store = *state;
    assert_int_equal(put(store, 1, "a", NULL), RESULT_OK);
    assert_int_equal(sim_store_begin(store, NULL), RESULT_OK);
    assert_int_equal(sim_store_execute(store, "INSERT OR ROLLBACK INTO t VALUES(1,'x')", NULL),
                     RESULT_CONFLICT);
    assert_int_equal(sim_store_end(store, RESULT_OK, NULL), RESULT_IO);
}

/* --- files ----------------------------------------------------------------------------------- */

struct folder {
    char path[64];
    char file[96];
};

static void make_folder(struct folder *folder)
{
    snprintf(folder->path, sizeof folder->path, "/tmp/regionlab-store-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    snprintf(folder->file, sizeof folder->file, "%s/a.db", folder->path);
}

static void remove_folder(const struct folder *folder)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", folder->file, endings[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(folder->path), 0);
}

static void test_what_was_committed_survives_a_kill(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum sim_durability durability;
        bool commits;
        int64_t rows;
    } cases[] = {
        {"full, committed", SIM_DURABILITY_FULL, true, 1},
        {"full, not committed", SIM_DURABILITY_FULL, false, 0},
        {"normal, committed", SIM_DURABILITY_NORMAL, true, 1},
        {"normal, not committed", SIM_DURABILITY_NORMAL, false, 0},
        {"off, committed", SIM_DURABILITY_OFF, true, 1},
        {"off, not committed", SIM_DURABILITY_OFF, false, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct folder folder;
        make_folder(&folder);
        const struct sim_store_options options = {folder.file, cases[i].durability};
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct sim_store *store = NULL;
            bool ok = sim_store_open(&options, &store, NULL) == RESULT_OK &&
                      sim_store_execute(store, "CREATE TABLE t(k, v)", NULL) == RESULT_OK &&
                      sim_store_commit(store, NULL) == RESULT_OK &&
                      sim_store_begin(store, NULL) == RESULT_OK &&
                      put(store, 1, "x", NULL) == RESULT_OK &&
                      sim_store_end(store, RESULT_OK, NULL) == RESULT_OK &&
                      (!cases[i].commits || sim_store_commit(store, NULL) == RESULT_OK);
            if (ok)
                raise(SIGKILL);
            _exit(1);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        struct sim_store *store = NULL;
        assert_int_equal(sim_store_open(&options, &store, NULL), RESULT_OK);
        if (count(store) != cases[i].rows)
            fail_msg("%s: %d rows", cases[i].name, (int)count(store));
        sim_store_close(store);
        remove_folder(&folder);
    }
}

static void test_closing_commits(void **state)
{
    (void)state;
    struct folder folder;
    make_folder(&folder);
    const struct sim_store_options options = {folder.file, false};
    struct sim_store *store = NULL;
    assert_int_equal(sim_store_open(&options, &store, NULL), RESULT_OK);
    assert_int_equal(sim_store_execute(store, "CREATE TABLE t(k, v)", NULL), RESULT_OK);
    assert_int_equal(sim_store_begin(store, NULL), RESULT_OK);
    assert_int_equal(put(store, 1, "x", NULL), RESULT_OK);
    assert_true(sim_store_is_dirty(store));
    assert_int_equal(sim_store_end(store, RESULT_OK, NULL), RESULT_OK);
    assert_int_equal(sim_store_commit(store, NULL), RESULT_OK);
    assert_false(sim_store_is_dirty(store));
    assert_int_equal(sim_store_begin(store, NULL), RESULT_OK);
    assert_int_equal(put(store, 2, "x", NULL), RESULT_OK);
    assert_int_equal(sim_store_end(store, RESULT_OK, NULL), RESULT_OK);
    assert_true(sim_store_is_dirty(store));
    sim_store_close(store);
    assert_int_equal(sim_store_open(&options, &store, NULL), RESULT_OK);
    assert_int_equal(count(store), 2);
    sim_store_close(store);
    remove_folder(&folder);
}

static void test_files_that_cannot_be_opened_are_named(void **state)
{
    (void)state;
    struct folder folder;
    make_folder(&folder);
    struct sim_store *store = NULL;
    struct sim_error error = {0};
    const struct sim_store_options nowhere = {"/nonexistent/folder/a.db", false};
    assert_int_equal(sim_store_open(&nowhere, &store, &error), RESULT_IO);
    assert_non_null(strstr(error.message, "/nonexistent/folder/a.db"));

    FILE *file = fopen(folder.file, "w");
    assert_non_null(file);
    for (int i = 0; i < 300; i++)
        fputs("this is not a database\n", file);
    fclose(file);
    const struct sim_store_options garbage = {folder.file, false};
    assert_int_equal(sim_store_open(&garbage, &store, &error), RESULT_IO);
    assert_non_null(strstr(error.message, "not a database"));
    assert_non_null(strstr(error.message, folder.file));
    assert_null(store);
    unlink(folder.file);

    const struct sim_store_options options = {folder.file, false};
    struct sim_store *second = NULL;
    assert_int_equal(sim_store_open(&options, &store, &error), RESULT_OK);
    assert_int_equal(sim_store_open(&options, &second, &error), RESULT_IO);
    assert_non_null(strstr(error.message, "another process has it open"));
    assert_null(second);
    sim_store_close(store);
    sim_store_close(NULL);
    remove_folder(&folder);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_a_request_keeps_all_or_nothing),
        WITH_STORE(test_a_failed_request_does_not_undo_the_one_before),
        WITH_STORE(test_an_open_read_survives_the_undoing_of_a_request),
        WITH_STORE(test_memory_mode_commits_every_so_many_requests),
        WITH_STORE(test_memory_mode_does_not_commit_under_an_open_statement),
        WITH_STORE(test_values_come_back_as_they_went_in),
        WITH_STORE(test_the_cache_gives_the_same_statement_for_an_equal_text),
        WITH_STORE(test_a_statement_comes_back_without_old_bindings),
        WITH_STORE(test_a_table_can_go_after_its_statements_were_forgotten),
        WITH_STORE(test_many_texts_do_not_fill_the_memory),
        WITH_STORE(test_errors_are_mapped),
        WITH_STORE(test_a_write_fails_on_purpose_at_each_place),
        WITH_STORE(test_writes_that_sqlite_undid_are_reported_at_the_commit),
        WITH_STORE(test_a_request_that_sqlite_undid_is_not_ok),
        cmocka_unit_test(test_what_was_committed_survives_a_kill),
        cmocka_unit_test(test_closing_commits),
        cmocka_unit_test(test_files_that_cannot_be_opened_are_named),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
