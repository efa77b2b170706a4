/* A save that runs before there is a table makes it. Whether there is one is asked of SQLite each
 * time: a request that was undone takes the table back with it. */
#include "sim/core/documents.h"

static const char make_sql[] = "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, "
                               "text TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID";
static const char has_sql[] = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND "
                              "name = 'documents'";

static enum sim_result has_documents(struct sim_store *store, bool *has, struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result = sim_store_prepare(store, has_sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    result = sim_store_step(statement, has, error);
    sim_store_done(statement);
    return result;
}

enum sim_result sim_documents_save(struct sim_store *store, const char *kind, const char *key,
                                   const char *text, struct sim_error *error)
{
    PRE(kind != NULL && key != NULL && text != NULL);
    bool has = false;
    enum sim_result result = has_documents(store, &has, error);
    if (result == RESULT_OK && !has)
        result = sim_store_execute(store, make_sql, error);
    struct sim_statement *statement = NULL;
    if (result == RESULT_OK)
        result = sim_store_prepare(store, "INSERT OR REPLACE INTO documents VALUES (?1, ?2, ?3)",
                                   &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_text(statement, 1, kind);
    sim_bind_text(statement, 2, key);
    sim_bind_text(statement, 3, text);
    return sim_store_run(statement, error);
}

/* *statement: NULL where there are no documents at all. */
static enum sim_result prepare(struct sim_store *store, const char *sql, const char *kind,
                               struct sim_statement **statement, struct sim_error *error)
{
    bool has = false;
    *statement = NULL;
    enum sim_result result = has_documents(store, &has, error);
    if (result == RESULT_OK && has)
        result = sim_store_prepare(store, sql, statement, error);
    if (result == RESULT_OK && has)
        sim_bind_text(*statement, 1, kind);
    return result;
}

enum sim_result sim_documents_erase(struct sim_store *store, const char *kind, const char *key,
                                    struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result = prepare(store, "DELETE FROM documents WHERE kind = ?1 AND key = ?2",
                                     kind, &statement, error);
    if (result != RESULT_OK || statement == NULL)
        return result;
    sim_bind_text(statement, 2, key);
    return sim_store_run(statement, error);
}

enum sim_result sim_documents_find(struct sim_store *store, const char *kind, const char *key,
                                   struct sim_arena *arena, const char **text,
                                   struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    bool found = false;
    *text = NULL;
    enum sim_result result = prepare(
        store, "SELECT text FROM documents WHERE kind = ?1 AND key = ?2", kind, &statement, error);
    if (result != RESULT_OK || statement == NULL)
        return result;
    sim_bind_text(statement, 2, key);
    result = sim_store_step(statement, &found, error);
    if (result == RESULT_OK && found)
        *text = sim_arena_strdup(arena, sim_column_text(statement, 0));
    sim_store_done(statement);
    return result;
}

enum sim_result sim_documents_each(struct sim_store *store, const char *kind, sim_document_fn *fn,
                                   void *context, struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    bool found = true;
    enum sim_result result =
        prepare(store, "SELECT key, text FROM documents WHERE kind = ?1 ORDER BY key", kind,
                &statement, error);
    if (result != RESULT_OK || statement == NULL)
        return result;
    while (result == RESULT_OK && found) {
        result = sim_store_step(statement, &found, error);
        if (result == RESULT_OK && found)
            result =
                fn(context, sim_column_text(statement, 0), sim_column_text(statement, 1), error);
    }
    sim_store_done(statement);
    return result;
}
