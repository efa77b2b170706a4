#include "emulators/dynamodb/store_expiry.h"

#include <stdlib.h>

#include "sim/core/buffer.h"

static char *sql_for(const char *before, uint64_t table_number, uint64_t generation,
                     const char *after)
{
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    sim_buffer_printf(&buffer, "%sexpiry_%llu_%llu%s", before, (unsigned long long)table_number,
                      (unsigned long long)generation, after);
    return sim_buffer_take(&buffer);
}

static enum sim_result execute_alone(struct sim_store *store, const char *text,
                                     struct sim_error *error)
{
    enum sim_result result = sim_store_begin(store, error);
    if (result != RESULT_OK)
        return result;
    result = sim_store_execute(store, text, error);
    return sim_store_end(store, result, error);
}

enum sim_result ddb_expiry_create(struct ddb_expiry_index *index, struct sim_store *store,
                                  uint64_t table_number, uint64_t generation,
                                  struct sim_error *error)
{
    uint64_t n = table_number;
    uint64_t g = generation;
    char *table_sql = sql_for("CREATE TABLE ", n, g,
                              " (key BLOB PRIMARY KEY, expires_s INTEGER) WITHOUT ROWID; ");
    char *order_sql = sql_for("CREATE INDEX by_", n, g, " ON ");
    char *on_sql = sql_for("", n, g, " (expires_s)");
    struct sim_buffer text;
    sim_buffer_init(&text);
    sim_buffer_printf(&text, "%s%s%s", table_sql, order_sql, on_sql);
    enum sim_result result = execute_alone(store, text.data, error);
    sim_buffer_fini(&text);
    free(table_sql);
    free(order_sql);
    free(on_sql);
    if (result == RESULT_OK)
        ddb_expiry_open(index, store, table_number, generation);
    return result;
}

void ddb_expiry_open(struct ddb_expiry_index *index, struct sim_store *store, uint64_t table_number,
                     uint64_t generation)
{
    uint64_t n = table_number;
    uint64_t g = generation;
    *index = (struct ddb_expiry_index){
        .store = store,
        .write_sql = sql_for("INSERT OR REPLACE INTO ", n, g, " (key, expires_s) VALUES (?1, ?2)"),
        .erase_sql = sql_for("DELETE FROM ", n, g, " WHERE key = ?1"),
        .next_sql = sql_for("SELECT expires_s, key FROM ", n, g,
                            " WHERE expires_s > ?1 ORDER BY expires_s, key LIMIT 1"),
        .drop_sql = sql_for("DROP TABLE ", n, g, ""),
    };
}

enum sim_result ddb_expiry_drop(struct ddb_expiry_index *index, struct sim_error *error)
{
    sim_store_forget_statements(index->store);
    return execute_alone(index->store, index->drop_sql, error);
}

void ddb_expiry_fini(struct ddb_expiry_index *index)
{
    free(index->write_sql);
    free(index->erase_sql);
    free(index->next_sql);
    free(index->drop_sql);
    *index = (struct ddb_expiry_index){0};
}

enum sim_result ddb_expiry_write(struct ddb_expiry_index *index, const struct ddb_key_blob *key,
                                 int64_t expires_s, struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result = sim_store_prepare(index->store, index->write_sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_blob(statement, 1, key->bytes, key->length_bytes);
    sim_bind_int(statement, 2, expires_s);
    return sim_store_run(statement, error);
}

enum sim_result ddb_expiry_erase(struct ddb_expiry_index *index, const struct ddb_key_blob *key,
                                 struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result = sim_store_prepare(index->store, index->erase_sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_blob(statement, 1, key->bytes, key->length_bytes);
    return sim_store_run(statement, error);
}

enum sim_result ddb_expiry_next(struct ddb_expiry_index *index, int64_t after_s,
                                struct sim_arena *arena, struct ddb_key_blob *key,
                                int64_t *expires_s, bool *found, struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    *found = false;
    enum sim_result result = sim_store_prepare(index->store, index->next_sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_int(statement, 1, after_s);
    result = sim_store_step(statement, found, error);
    if (result == RESULT_OK && *found) {
        size_t length_bytes = 0;
        const void *bytes = sim_column_blob(statement, 1, &length_bytes);
        *expires_s = sim_column_int(statement, 0);
        key->bytes = sim_arena_memdup(arena, bytes, length_bytes);
        key->length_bytes = length_bytes;
    }
    sim_store_done(statement);
    return result;
}
