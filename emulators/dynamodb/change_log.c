#include "emulators/dynamodb/change_log.h"

#include <stdlib.h>
#include <string.h>

#include "sim/core/buffer.h"

#define COLUMNS                                                                                    \
    "sequence, committed_us, written_us, origin, key, old_item, new_item, seen, is_replicated, "   \
    "is_unchanged, is_expired, new_size, shard"

static char *sql_for(uint64_t table_number, const char *before, const char *after)
{
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    sim_buffer_printf(&buffer, "%slog_%llu%s", before, (unsigned long long)table_number, after);
    return sim_buffer_take(&buffer);
}

/* Only records of streams with several shards are marked, so the index costs others nothing. */
static char *index_sql_for(uint64_t table_number)
{
    unsigned long long number = (unsigned long long)table_number;
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    sim_buffer_printf(&buffer,
                      "CREATE INDEX log_%llu_by_shard ON log_%llu (shard, sequence) "
                      "WHERE shard IS NOT NULL",
                      number, number);
    return sim_buffer_take(&buffer);
}

enum sim_result ddb_log_create(struct ddb_change_log *log, struct sim_store *store,
                               uint64_t table_number, struct sim_error *error)
{
    char *create_sql =
        sql_for(table_number, "CREATE TABLE ",
                " (sequence INTEGER PRIMARY KEY, committed_us INTEGER, written_us INTEGER, origin "
                "INTEGER, key BLOB, old_item TEXT, new_item TEXT, seen BLOB, is_replicated "
                "INTEGER, is_unchanged INTEGER, is_expired INTEGER, new_size INTEGER, shard "
                "INTEGER)");
    char *index_sql = index_sql_for(table_number);
    enum sim_result result = sim_store_execute(store, create_sql, error);
    if (result == RESULT_OK)
        result = sim_store_execute(store, index_sql, error);
    free(create_sql);
    free(index_sql);
    if (result == RESULT_OK)
        ddb_log_open(log, store, table_number);
    return result;
}

void ddb_log_open(struct ddb_change_log *log, struct sim_store *store, uint64_t table_number)
{
    *log = (struct ddb_change_log){
        .store = store,
        .first_sequence = 1,
        .append_sql = sql_for(table_number, "INSERT INTO ",
                              " (" COLUMNS
                              ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"),
        .next_sql = sql_for(table_number, "SELECT " COLUMNS " FROM ",
                            " WHERE sequence > ?1 ORDER BY sequence LIMIT 1"),
        .next_local_sql =
            sql_for(table_number, "SELECT " COLUMNS " FROM ",
                    " WHERE sequence > ?1 AND is_replicated = 0 ORDER BY sequence LIMIT 1"),
        .next_marked_sql = sql_for(table_number, "SELECT " COLUMNS " FROM ",
                                   " WHERE shard = ?2 AND sequence > ?1 ORDER BY sequence LIMIT 1"),
        .count_local_sql = sql_for(table_number, "SELECT count(*) FROM ",
                                   " WHERE sequence > ?1 AND is_replicated = 0"),
        .previous_sql = sql_for(table_number, "SELECT " COLUMNS " FROM ",
                                " WHERE sequence < ?1 ORDER BY sequence DESC LIMIT 1"),
        .trim_sql = sql_for(table_number, "DELETE FROM ", " WHERE sequence = ?1"),
        .drop_sql = sql_for(table_number, "DROP TABLE ", ""),
    };
}

enum sim_result ddb_log_drop(struct ddb_change_log *log, struct sim_error *error)
{
    return sim_store_execute(log->store, log->drop_sql, error);
}

void ddb_log_fini(struct ddb_change_log *log)
{
    free(log->append_sql);
    free(log->next_sql);
    free(log->next_local_sql);
    free(log->next_marked_sql);
    free(log->count_local_sql);
    free(log->previous_sql);
    free(log->trim_sql);
    free(log->drop_sql);
}

static void bind_text_or_null(struct sim_statement *statement, int index, const char *text)
{
    if (text != NULL)
        sim_bind_text(statement, index, text);
    else
        sim_bind_null(statement, index);
}

static enum sim_result insert(struct ddb_change_log *log, const struct ddb_change *change,
                              struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result = sim_store_prepare(log->store, log->append_sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_int(statement, 1, (int64_t)change->sequence);
    sim_bind_int(statement, 2, (int64_t)change->committed_us);
    sim_bind_int(statement, 3, (int64_t)change->version.written_us);
    sim_bind_int(statement, 4, (int64_t)change->version.origin);
    sim_bind_blob(statement, 5, change->key.bytes, change->key.length_bytes);
    bind_text_or_null(statement, 6, change->old_item);
    bind_text_or_null(statement, 7, change->new_item);
    sim_bind_blob(statement, 8, change->seen, change->seen_bytes);
    sim_bind_int(statement, 9, change->is_replicated);
    sim_bind_int(statement, 10, change->is_unchanged);
    sim_bind_int(statement, 11, change->is_expired);
    sim_bind_int(statement, 12, (int64_t)change->new_size_bytes);
    if (change->shard != DDB_CHANGE_UNMARKED)
        sim_bind_int(statement, 13, (int64_t)change->shard);
    else
        sim_bind_null(statement, 13);
    return sim_store_run(statement, error);
}

enum sim_result ddb_log_append(struct ddb_change_log *log, struct ddb_change *change, bool is_kept,
                               struct sim_error *error)
{
    change->sequence = log->last_sequence + 1;
    if (is_kept) {
        enum sim_result result = insert(log, change, error);
        if (result != RESULT_OK)
            return result;
    } else if (log->first_sequence == change->sequence) {
        log->first_sequence++;
    }
    log->last_sequence++;
    return RESULT_OK;
}

void ddb_log_rewind(struct ddb_change_log *log, uint64_t last_sequence)
{
    log->last_sequence = last_sequence;
    if (log->first_sequence > last_sequence + 1)
        log->first_sequence = last_sequence + 1;
}

static const char *copy_text(struct sim_arena *arena, struct sim_statement *statement, int column)
{
    const char *text = sim_column_text(statement, column);
    return text != NULL ? sim_arena_strdup(arena, text) : NULL;
}

static const void *copy_blob(struct sim_arena *arena, struct sim_statement *statement, int column,
                             size_t *bytes)
{
    const void *data = sim_column_blob(statement, column, bytes);
    return *bytes > 0 ? sim_arena_memdup(arena, data, *bytes) : "";
}

static void read_row(struct sim_statement *statement, struct sim_arena *arena,
                     struct ddb_change *change)
{
    *change = (struct ddb_change){
        .sequence = (uint64_t)sim_column_int(statement, 0),
        .committed_us = (uint64_t)sim_column_int(statement, 1),
        .version = {.written_us = (uint64_t)sim_column_int(statement, 2),
                    .origin = (size_t)sim_column_int(statement, 3)},
        .old_item = copy_text(arena, statement, 5),
        .new_item = copy_text(arena, statement, 6),
        .is_replicated = sim_column_int(statement, 8) != 0,
        .is_unchanged = sim_column_int(statement, 9) != 0,
        .is_expired = sim_column_int(statement, 10) != 0,
        .new_size_bytes = (size_t)sim_column_int(statement, 11),
        .shard = (uint64_t)sim_column_int(statement, 12), /* NULL reads as 0 */
    };
    change->key.bytes = copy_blob(arena, statement, 4, &change->key.length_bytes);
    change->seen = copy_blob(arena, statement, 7, &change->seen_bytes);
}

static enum sim_result read_one(struct ddb_change_log *log, const char *sql, uint64_t sequence,
                                struct sim_arena *arena, struct ddb_change *change, bool *found,
                                struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result = sim_store_prepare(log->store, sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_int(statement, 1, (int64_t)sequence);
    result = sim_store_step(statement, found, error);
    if (result == RESULT_OK && *found)
        read_row(statement, arena, change);
    sim_store_done(statement);
    return result;
}

enum sim_result ddb_log_next(struct ddb_change_log *log, uint64_t after_sequence,
                             enum ddb_log_which which, struct sim_arena *arena,
                             struct ddb_change *change, bool *found, struct sim_error *error)
{
    *found = false;
    if (after_sequence >= log->last_sequence)
        return RESULT_OK;
    const char *sql = which == DDB_LOG_LOCAL ? log->next_local_sql : log->next_sql;
    return read_one(log, sql, after_sequence, arena, change, found, error);
}

enum sim_result ddb_log_count_local(struct ddb_change_log *log, uint64_t after_sequence,
                                    uint64_t *count, struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    bool found = false;
    *count = 0;
    if (after_sequence >= log->last_sequence)
        return RESULT_OK;
    enum sim_result result = sim_store_prepare(log->store, log->count_local_sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_int(statement, 1, (int64_t)after_sequence);
    result = sim_store_step(statement, &found, error);
    if (result == RESULT_OK && found)
        *count = (uint64_t)sim_column_int(statement, 0);
    sim_store_done(statement);
    return result;
}

enum sim_result ddb_log_previous(struct ddb_change_log *log, uint64_t before_sequence,
                                 struct sim_arena *arena, struct ddb_change *change, bool *found,
                                 struct sim_error *error)
{
    *found = false;
    return read_one(log, log->previous_sql, before_sequence, arena, change, found, error);
}

enum sim_result ddb_log_next_marked(struct ddb_change_log *log, uint64_t after_sequence,
                                    uint64_t shard, struct sim_arena *arena,
                                    struct ddb_change *change, bool *found, struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    *found = false;
    if (after_sequence >= log->last_sequence)
        return RESULT_OK;
    enum sim_result result = sim_store_prepare(log->store, log->next_marked_sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_int(statement, 1, (int64_t)after_sequence);
    sim_bind_int(statement, 2, (int64_t)shard);
    result = sim_store_step(statement, found, error);
    if (result == RESULT_OK && *found)
        read_row(statement, arena, change);
    sim_store_done(statement);
    return result;
}

/* Of the first record from a sequence on; beyond the last: UINT64_MAX. */
static enum sim_result commit_time_from(struct ddb_change_log *log, uint64_t from_sequence,
                                        uint64_t *sequence, uint64_t *committed_us,
                                        struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result = sim_store_prepare(log->store, log->next_sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_int(statement, 1, (int64_t)from_sequence - 1);
    bool found = false;
    result = sim_store_step(statement, &found, error);
    if (result == RESULT_OK) {
        *sequence = found ? (uint64_t)sim_column_int(statement, 0) : log->last_sequence + 1;
        *committed_us = found ? (uint64_t)sim_column_int(statement, 1) : UINT64_MAX;
    }
    sim_store_done(statement);
    return result;
}

/* Records without a row (nobody kept them) count like the next one that has one. */
enum sim_result ddb_log_sequence_at(struct ddb_change_log *log, uint64_t time_us,
                                    uint64_t *sequence, struct sim_error *error)
{
    uint64_t low = log->first_sequence;
    uint64_t high = log->last_sequence + 1;
    while (low < high) { /* the first that was committed later lies in low..high */
        uint64_t middle = low + (high - low) / 2;
        uint64_t found = 0;
        uint64_t committed_us = 0;
        enum sim_result result = commit_time_from(log, middle, &found, &committed_us, error);
        if (result != RESULT_OK)
            return result;
        if (committed_us > time_us)
            high = middle;
        else
            low = found + 1;
    }
    *sequence = low - 1;
    return RESULT_OK;
}

static enum sim_result remove_record(struct ddb_change_log *log, uint64_t sequence,
                                     struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result = sim_store_prepare(log->store, log->trim_sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_int(statement, 1, (int64_t)sequence);
    return sim_store_run(statement, error);
}

enum sim_result ddb_log_remove_last(struct ddb_change_log *log, struct sim_error *error)
{
    return remove_record(log, log->last_sequence, error);
}

enum sim_result ddb_log_trim(struct ddb_change_log *log, uint64_t passed_sequence,
                             uint64_t committed_before_us, size_t limit, struct sim_error *error)
{
    for (size_t i = 0; i < limit && log->first_sequence <= passed_sequence; i++) {
        uint64_t sequence = 0;
        uint64_t committed_us = 0;
        enum sim_result result =
            commit_time_from(log, log->first_sequence, &sequence, &committed_us, error);
        if (result != RESULT_OK)
            return result;
        if (sequence > passed_sequence) {
            log->first_sequence = passed_sequence + 1; /* nothing is kept below */
            return RESULT_OK;
        }
        if (committed_us >= committed_before_us)
            return RESULT_OK;
        result = remove_record(log, sequence, error);
        if (result != RESULT_OK)
            return result;
        log->first_sequence = sequence + 1;
    }
    return RESULT_OK;
}
