/* store.h -- SQLite, thinly: one database per Region.
 *
 * Purpose  Statement cache, one open write transaction with a savepoint per request, error mapping.
 *          No SQL outside the module that owns the table.
 * Owner    The store owns cached statements; one got by sim_store_prepare() is borrowed until
 *          sim_store_done(). Column values are borrowed until the next step or done.
 * Errors   IO with SQLite's sentence; LIMIT when the disk is full; CONFLICT on a broken constraint.
 * Cost     A commit costs more than an upsert: begin opens one transaction that stays open until
 *          sim_store_commit(), which the loop calls at the end of a turn (file mode) or every
 *          SIM_STORE_COMMIT_WRITES requests (memory mode). In a file every other write belongs to
 *          that transaction as well: nothing is kept before the commit. */
#ifndef SIM_CORE_STORE_H
#define SIM_CORE_STORE_H

#include "sim/core/error.h"

struct sim_store;
struct sim_statement;

/* What a commit survives, of a store in a file. */
enum sim_durability {
    SIM_DURABILITY_NORMAL, /* the end of the process by whatever means; after a power failure the
                              last commits may be missing, and the rest is whole */
    SIM_DURABILITY_FULL,   /* power failure as well: each commit is synced */
    SIM_DURABILITY_OFF,    /* the end of the process; a power failure may damage the file */
};

struct sim_store_options {
    const char *path; /* NULL: in memory */
    enum sim_durability durability;
};

MUST_USE enum sim_result sim_store_open(const struct sim_store_options *options,
                                        struct sim_store **store, struct sim_error *error);
void sim_store_close(struct sim_store *store); /* commits what is open */

/* Statements that return nothing; several may stand in one text. */
MUST_USE enum sim_result sim_store_execute(struct sim_store *store, const char *sql,
                                           struct sim_error *error);
/* sql must be a string that lives as long as the store or an equal text each time: the cache is
 * keyed by its contents. */
MUST_USE enum sim_result sim_store_prepare(struct sim_store *store, const char *sql,
                                           struct sim_statement **statement,
                                           struct sim_error *error);
void sim_store_done(struct sim_statement *statement); /* resets and gives back; NULL is allowed */
/* Drops cached statements: before DROP TABLE. */
void sim_store_forget_statements(struct sim_store *store);

/* Indexes of parameters start at 1, of columns at 0. Blobs and texts are borrowed until done. */
void sim_bind_int(struct sim_statement *statement, int index, int64_t value);
void sim_bind_text(struct sim_statement *statement, int index, const char *text);
void sim_bind_blob(struct sim_statement *statement, int index, const void *data, size_t bytes);
void sim_bind_null(struct sim_statement *statement, int index);

/* *row: true if a row stands ready. */
MUST_USE enum sim_result sim_store_step(struct sim_statement *statement, bool *row,
                                        struct sim_error *error);
/* Step once, expect no row, done. */
MUST_USE enum sim_result sim_store_run(struct sim_statement *statement, struct sim_error *error);

int64_t sim_column_int(struct sim_statement *statement, int index);
const char *sim_column_text(struct sim_statement *statement, int index); /* NULL for SQL NULL */
const void *sim_column_blob(struct sim_statement *statement, int index, size_t *bytes);
bool sim_column_is_null(struct sim_statement *statement, int index);
int64_t sim_store_last_id(const struct sim_store *store);
int64_t sim_store_changes(const struct sim_store *store);

/* A request's writes: all or none. Nested calls are a contract violation. */
MUST_USE enum sim_result sim_store_begin(struct sim_store *store, struct sim_error *error);
/* Keeps the writes when result is RESULT_OK, else rolls them back; returns result, or IO. */
MUST_USE enum sim_result sim_store_end(struct sim_store *store, enum sim_result result,
                                       struct sim_error *error);
/* The same without a savepoint, which costs as much as a write: for a request that writes with one
 * statement (that is all or nothing by itself), or takes back by itself what it wrote when a later
 * one fails. Where even that fails it calls sim_store_give_up() before the end. */
MUST_USE enum sim_result sim_store_begin_light(struct sim_store *store, struct sim_error *error);
/* Undoes everything since the last commit; the next commit tells it. */
void sim_store_give_up(struct sim_store *store);
#define SIM_STORE_COMMIT_WRITES 100 /* more, and the journal leaves the processor's caches */
/* Commits the open transaction if there is one. */
MUST_USE enum sim_result sim_store_commit(struct sim_store *store, struct sim_error *error);
/* Undoes what was written since the last commit: after a commit that failed, before closing. */
void sim_store_rollback(struct sim_store *store);
/* Drops every table, in the open transaction. */
MUST_USE enum sim_result sim_store_clear(struct sim_store *store, struct sim_error *error);
/* Something waits for a commit by the caller. In memory nothing does: no commit makes it safer. */
bool sim_store_is_dirty(const struct sim_store *store);

/* For tests: the n-th next write (a writing statement, execute, or commit of an open transaction)
 * fails with IO (1 = the next), 0 turns it off. */
void sim_store_fail_after(struct sim_store *store, unsigned n);

#endif
