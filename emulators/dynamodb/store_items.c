#include "emulators/dynamodb/store_items.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/buffer.h"

/* --- SQL texts ---------------------------------------------------------------------------------
 */

static char *sql(const char *format, ...) PRINTF_LIKE(1, 2);
static char *sql(const char *format, ...)
{
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    va_list arguments;
    va_start(arguments, format);
    sim_buffer_vprintf(&buffer, format, arguments);
    va_end(arguments);
    return sim_buffer_take(&buffer);
}

static char *range_sql(const char *table, const char *where, const char *order)
{
    return sql("SELECT key, item, size_bytes FROM %s WHERE key >= ?1 AND key < ?2%s ORDER BY key "
               "%s",
               table, where, order);
}

static void prepare_index_texts(struct ddb_index_sql *index, unsigned long long n, size_t number)
{
    char *table = sql("index_%llu_%zu", n, number);
    index->number = number;
    index->write_sql = sql("INSERT INTO %s (key, item, size_bytes) VALUES (?1, ?2, ?3) ON "
                           "CONFLICT (key) DO UPDATE SET item = ?2, size_bytes = ?3",
                           table);
    index->erase_sql = sql("DELETE FROM %s WHERE key = ?1", table);
    index->forward_sql = range_sql(table, "", "ASC");
    index->backward_sql = range_sql(table, "", "DESC");
    free(table);
}

static void prepare_item_texts(struct ddb_items *items, unsigned long long n)
{
    char *table = sql("items_%llu", n);
    items->read_sql = sql("SELECT item, size_bytes, written_us, origin, seen, sequence FROM %s "
                          "WHERE key = ?1",
                          table);
    items->write_sql =
        sql("INSERT INTO %s (key, item, size_bytes, written_us, origin, seen, sequence) VALUES "
            "(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (key) DO UPDATE SET item = ?2, size_bytes = "
            "?3, written_us = ?4, origin = ?5, seen = ?6, sequence = ?7",
            table);
    items->rewrite_sql = sql("UPDATE %s SET item = ?2, size_bytes = ?3, written_us = ?4, origin = "
                             "?5, seen = ?6, sequence = ?7 WHERE key = ?1",
                             table);
    items->erase_sql = sql("DELETE FROM %s WHERE key = ?1", table);
    items->forward_sql = range_sql(table, " AND item IS NOT NULL", "ASC");
    items->backward_sql = range_sql(table, " AND item IS NOT NULL", "DESC");
    items->rows_sql = sql("SELECT key, item, size_bytes, written_us, origin, seen, sequence FROM "
                          "%s WHERE key > ?1 ORDER BY key LIMIT 1",
                          table);
    items->note_tombstone_sql =
        sql("INSERT OR REPLACE INTO tombstones_%llu (sequence, key) VALUES (?1, ?2)", n);
    items->next_tombstone_sql =
        sql("SELECT sequence, key FROM tombstones_%llu WHERE sequence <= ?1 ORDER BY sequence "
            "LIMIT 1",
            n);
    items->forget_tombstone_sql = sql("DELETE FROM tombstones_%llu WHERE sequence = ?1", n);
    free(table);
}

static enum sim_result execute(struct sim_store *store, char *text, struct sim_error *error)
{
    enum sim_result result = sim_store_execute(store, text, error);
    free(text);
    return result;
}

static enum sim_result create_index_table(struct sim_store *store, unsigned long long n,
                                          size_t number, struct sim_error *error)
{
    return execute(store,
                   sql("CREATE TABLE index_%llu_%zu (key BLOB PRIMARY KEY, item TEXT, size_bytes "
                       "INTEGER) WITHOUT ROWID",
                       n, number),
                   error);
}

enum sim_result ddb_items_create(struct ddb_items *items, struct sim_store *store,
                                 uint64_t table_number, size_t index_count, struct sim_error *error)
{
    unsigned long long n = table_number;
    enum sim_result result =
        execute(store,
                sql("CREATE TABLE items_%llu (key BLOB PRIMARY KEY, item TEXT, size_bytes INTEGER, "
                    "written_us INTEGER, origin INTEGER, seen BLOB, sequence INTEGER) WITHOUT "
                    "ROWID; CREATE TABLE tombstones_%llu (sequence INTEGER PRIMARY KEY, key BLOB)",
                    n, n),
                error);
    for (size_t i = 0; i < index_count && result == RESULT_OK; i++)
        result = create_index_table(store, n, i, error);
    if (result != RESULT_OK)
        return result;
    size_t *numbers = sim_alloc_array(index_count + 1, sizeof *numbers);
    for (size_t i = 0; i < index_count; i++)
        numbers[i] = i;
    ddb_items_open(items, store, table_number, numbers, index_count);
    free(numbers);
    return RESULT_OK;
}

void ddb_items_open(struct ddb_items *items, struct sim_store *store, uint64_t table_number,
                    const size_t *index_numbers, size_t index_count)
{
    *items = (struct ddb_items){
        .store = store,
        .table_number = table_number,
        .indexes = sim_alloc_array(index_count + 1, sizeof *items->indexes),
        .index_count = index_count,
        .indexes_made = index_count,
    };
    prepare_item_texts(items, table_number);
    for (size_t i = 0; i < index_count; i++)
        prepare_index_texts(&items->indexes[i], table_number, index_numbers[i]);
}

enum sim_result ddb_items_drop(struct ddb_items *items, struct sim_error *error)
{
    unsigned long long n = items->table_number;
    sim_store_forget_statements(items->store);
    enum sim_result result = execute(
        items->store, sql("DROP TABLE items_%llu; DROP TABLE tombstones_%llu", n, n), error);
    for (size_t i = 0; i < items->index_count && result == RESULT_OK; i++)
        result = execute(items->store,
                         sql("DROP TABLE index_%llu_%zu", n, items->indexes[i].number), error);
    return result;
}

static void free_index_texts(struct ddb_index_sql *index)
{
    free(index->write_sql);
    free(index->erase_sql);
    free(index->forward_sql);
    free(index->backward_sql);
}

void ddb_items_fini(struct ddb_items *items)
{
    free(items->read_sql);
    free(items->write_sql);
    free(items->rewrite_sql);
    free(items->erase_sql);
    free(items->forward_sql);
    free(items->backward_sql);
    free(items->rows_sql);
    free(items->note_tombstone_sql);
    free(items->next_tombstone_sql);
    free(items->forget_tombstone_sql);
    for (size_t i = 0; i < items->index_count; i++)
        free_index_texts(&items->indexes[i]);
    free(items->indexes);
}

/* --- indexes that come and go --------------------------------------------------------------------
 */

enum sim_result ddb_items_add_index(struct ddb_items *items, struct sim_error *error)
{
    unsigned long long n = items->table_number;
    enum sim_result result = sim_store_begin(items->store, error);
    if (result != RESULT_OK)
        return result;
    result = create_index_table(items->store, n, items->indexes_made, error);
    result = sim_store_end(items->store, result, error);
    if (result != RESULT_OK)
        return result;
    items->indexes =
        sim_realloc_array(items->indexes, items->index_count + 1, sizeof *items->indexes);
    prepare_index_texts(&items->indexes[items->index_count], n, items->indexes_made);
    items->index_count++;
    items->indexes_made++;
    return RESULT_OK;
}

enum sim_result ddb_items_remove_index(struct ddb_items *items, size_t index,
                                       struct sim_error *error)
{
    PRE(index < items->index_count);
    unsigned long long n = items->table_number;
    enum sim_result result = sim_store_begin(items->store, error);
    if (result != RESULT_OK)
        return result;
    sim_store_forget_statements(items->store);
    result = execute(items->store,
                     sql("DROP TABLE index_%llu_%zu", n, items->indexes[index].number), error);
    result = sim_store_end(items->store, result, error);
    if (result != RESULT_OK)
        return result;
    free_index_texts(&items->indexes[index]);
    items->index_count--;
    memmove(&items->indexes[index], &items->indexes[index + 1],
            (items->index_count - index) * sizeof *items->indexes);
    return RESULT_OK;
}

enum sim_result ddb_items_count_index(struct ddb_items *items, size_t index, int64_t *item_count,
                                      int64_t *size_bytes, struct sim_error *error)
{
    PRE(index < items->index_count);
    char *text = sql("SELECT COUNT(*), TOTAL(size_bytes) FROM index_%llu_%zu",
                     (unsigned long long)items->table_number, items->indexes[index].number);
    struct sim_statement *statement = NULL;
    enum sim_result result = sim_store_prepare(items->store, text, &statement, error);
    bool found = false;
    if (result == RESULT_OK)
        result = sim_store_step(statement, &found, error);
    if (result == RESULT_OK && found) {
        *item_count = sim_column_int(statement, 0);
        *size_bytes = sim_column_int(statement, 1);
    }
    sim_store_done(statement);
    free(text);
    return result;
}

/* --- single rows -------------------------------------------------------------------------------
 */

/* item, size_bytes, written_us, origin, seen, sequence from column on */
static void read_row(struct sim_statement *statement, int column, struct sim_arena *arena,
                     struct ddb_row *row)
{
    const char *item = sim_column_text(statement, column);
    size_t seen_bytes = 0;
    const void *seen = sim_column_blob(statement, column + 4, &seen_bytes);
    *row = (struct ddb_row){
        .item = item != NULL ? sim_arena_strdup(arena, item) : NULL,
        .size_bytes = (size_t)sim_column_int(statement, column + 1),
        .version = {.written_us = (uint64_t)sim_column_int(statement, column + 2),
                    .origin = (size_t)sim_column_int(statement, column + 3)},
        .seen = seen_bytes > 0 ? sim_arena_memdup(arena, seen, seen_bytes) : "",
        .seen_bytes = seen_bytes,
        .sequence = (uint64_t)sim_column_int(statement, column + 5),
    };
}

enum sim_result ddb_items_read(struct ddb_items *items, const struct ddb_key_blob *key,
                               struct sim_arena *arena, struct ddb_row *row, bool *found,
                               struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result = sim_store_prepare(items->store, items->read_sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_blob(statement, 1, key->bytes, key->length_bytes);
    *row = (struct ddb_row){.seen = ""};
    result = sim_store_step(statement, found, error);
    if (result == RESULT_OK && *found)
        read_row(statement, 0, arena, row);
    sim_store_done(statement);
    return result;
}

static enum sim_result note_tombstone(struct ddb_items *items, const struct ddb_key_blob *key,
                                      uint64_t sequence, struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result =
        sim_store_prepare(items->store, items->note_tombstone_sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_int(statement, 1, (int64_t)sequence);
    sim_bind_blob(statement, 2, key->bytes, key->length_bytes);
    return sim_store_run(statement, error);
}

static enum sim_result write_row(struct ddb_items *items, const char *text,
                                 const struct ddb_key_blob *key, const struct ddb_row *row,
                                 struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result = sim_store_prepare(items->store, text, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_blob(statement, 1, key->bytes, key->length_bytes);
    if (row->item != NULL)
        sim_bind_text(statement, 2, row->item);
    else
        sim_bind_null(statement, 2);
    sim_bind_int(statement, 3, (int64_t)row->size_bytes);
    sim_bind_int(statement, 4, (int64_t)row->version.written_us);
    sim_bind_int(statement, 5, (int64_t)row->version.origin);
    sim_bind_blob(statement, 6, row->seen, row->seen_bytes);
    sim_bind_int(statement, 7, (int64_t)row->sequence);
    return sim_store_run(statement, error);
}

enum sim_result ddb_items_write(struct ddb_items *items, const struct ddb_key_blob *key,
                                const struct ddb_row *row, struct sim_error *error)
{
    enum sim_result result = write_row(items, items->write_sql, key, row, error);
    if (result != RESULT_OK || row->item != NULL)
        return result;
    return note_tombstone(items, key, row->sequence, error);
}

enum sim_result ddb_items_rewrite(struct ddb_items *items, const struct ddb_key_blob *key,
                                  const struct ddb_row *row, struct sim_error *error)
{
    enum sim_result result = write_row(items, items->rewrite_sql, key, row, error);
    if (result != RESULT_OK)
        return result;
    if (sim_store_changes(items->store) == 0) /* it was not there after all */
        return ddb_items_write(items, key, row, error);
    return row->item != NULL ? RESULT_OK : note_tombstone(items, key, row->sequence, error);
}

static enum sim_result run_with_key(struct sim_store *store, const char *text,
                                    const struct ddb_key_blob *key, struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result = sim_store_prepare(store, text, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_blob(statement, 1, key->bytes, key->length_bytes);
    return sim_store_run(statement, error);
}

enum sim_result ddb_items_erase(struct ddb_items *items, const struct ddb_key_blob *key,
                                struct sim_error *error)
{
    return run_with_key(items->store, items->erase_sql, key, error);
}

enum sim_result ddb_index_write(struct ddb_items *items, size_t index,
                                const struct ddb_key_blob *key, const char *item, size_t size_bytes,
                                struct sim_error *error)
{
    PRE(index < items->index_count);
    struct sim_statement *statement = NULL;
    enum sim_result result =
        sim_store_prepare(items->store, items->indexes[index].write_sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_blob(statement, 1, key->bytes, key->length_bytes);
    sim_bind_text(statement, 2, item);
    sim_bind_int(statement, 3, (int64_t)size_bytes);
    return sim_store_run(statement, error);
}

enum sim_result ddb_index_erase(struct ddb_items *items, size_t index,
                                const struct ddb_key_blob *key, struct sim_error *error)
{
    PRE(index < items->index_count);
    return run_with_key(items->store, items->indexes[index].erase_sql, key, error);
}

/* --- ranges ------------------------------------------------------------------------------------
 */

/* Above every key: a key has its type's letter after the four bytes of the hash. */
static const uint8_t above_all[DDB_KEY_HASH_BYTES + 1] = {0xff, 0xff, 0xff, 0xff, 0xff};

enum sim_result ddb_cursor_open(struct ddb_items *items, size_t index,
                                const struct ddb_key_range *range, bool is_forward,
                                struct ddb_cursor *cursor, struct sim_error *error)
{
    PRE(index == DDB_TABLE_ITSELF || index < items->index_count);
    const char *text = NULL;
    if (index == DDB_TABLE_ITSELF)
        text = is_forward ? items->forward_sql : items->backward_sql;
    else
        text = is_forward ? items->indexes[index].forward_sql : items->indexes[index].backward_sql;
    *cursor = (struct ddb_cursor){0};
    enum sim_result result = sim_store_prepare(items->store, text, &cursor->statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_blob(cursor->statement, 1, range->low.bytes, range->low.length_bytes);
    if (range->high.length_bytes > 0)
        sim_bind_blob(cursor->statement, 2, range->high.bytes, range->high.length_bytes);
    else
        sim_bind_blob(cursor->statement, 2, above_all, sizeof above_all);
    return RESULT_OK;
}

enum sim_result ddb_cursor_next(struct ddb_cursor *cursor, bool *found, struct sim_error *error)
{
    enum sim_result result = sim_store_step(cursor->statement, found, error);
    if (result != RESULT_OK || !*found)
        return result;
    cursor->key.bytes = sim_column_blob(cursor->statement, 0, &cursor->key.length_bytes);
    cursor->item = sim_column_text(cursor->statement, 1);
    cursor->size_bytes = (size_t)sim_column_int(cursor->statement, 2);
    return RESULT_OK;
}

void ddb_cursor_close(struct ddb_cursor *cursor)
{
    sim_store_done(cursor->statement);
    *cursor = (struct ddb_cursor){0};
}

enum sim_result ddb_items_next_row(struct ddb_items *items, const struct ddb_key_blob *after,
                                   struct sim_arena *arena, struct ddb_key_blob *key,
                                   struct ddb_row *row, bool *found, struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result = sim_store_prepare(items->store, items->rows_sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_blob(statement, 1, after != NULL ? after->bytes : NULL,
                  after != NULL ? after->length_bytes : 0);
    result = sim_store_step(statement, found, error);
    if (result == RESULT_OK && *found) {
        size_t length_bytes = 0;
        const void *bytes = sim_column_blob(statement, 0, &length_bytes);
        key->bytes = sim_arena_memdup(arena, bytes, length_bytes);
        key->length_bytes = length_bytes;
        read_row(statement, 1, arena, row);
    }
    sim_store_done(statement);
    return result;
}

/* --- tombstones --------------------------------------------------------------------------------
 */

/* The oldest note up to last_sequence; *found false when there is none. */
static enum sim_result next_tombstone(struct ddb_items *items, uint64_t last_sequence,
                                      struct sim_arena *arena, uint64_t *sequence,
                                      struct ddb_key_blob *key, bool *found,
                                      struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result =
        sim_store_prepare(items->store, items->next_tombstone_sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_int(statement, 1, (int64_t)last_sequence);
    result = sim_store_step(statement, found, error);
    if (result == RESULT_OK && *found) {
        size_t length_bytes = 0;
        const void *bytes = sim_column_blob(statement, 1, &length_bytes);
        *sequence = (uint64_t)sim_column_int(statement, 0);
        key->bytes = sim_arena_memdup(arena, bytes, length_bytes);
        key->length_bytes = length_bytes;
    }
    sim_store_done(statement);
    return result;
}

/* A note whose item was written again since is only forgotten. */
static enum sim_result purge_one(struct ddb_items *items, uint64_t sequence,
                                 const struct ddb_key_blob *key, struct sim_arena *arena,
                                 uint64_t *newest_us, struct sim_error *error)
{
    struct ddb_row row;
    bool found = false;
    enum sim_result result = ddb_items_read(items, key, arena, &row, &found, error);
    if (result == RESULT_OK && found && row.item == NULL && row.sequence == sequence) {
        result = ddb_items_erase(items, key, error);
        if (*newest_us < row.version.written_us)
            *newest_us = row.version.written_us;
    }
    if (result != RESULT_OK)
        return result;
    struct sim_statement *statement = NULL;
    result = sim_store_prepare(items->store, items->forget_tombstone_sql, &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_int(statement, 1, (int64_t)sequence);
    return sim_store_run(statement, error);
}

enum sim_result ddb_items_purge(struct ddb_items *items, uint64_t last_sequence, size_t limit,
                                uint64_t *newest_us, size_t *purged, struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    bool found = true;
    size_t count = 0;
    struct sim_arena *arena = sim_arena_create();
    while (result == RESULT_OK && found && count < limit) {
        struct ddb_key_blob key = {0};
        uint64_t sequence = 0;
        result = next_tombstone(items, last_sequence, arena, &sequence, &key, &found, error);
        if (result == RESULT_OK && found) {
            result = purge_one(items, sequence, &key, arena, newest_us, error);
            count++;
        }
    }
    sim_arena_destroy(arena);
    *purged = count;
    return result;
}
