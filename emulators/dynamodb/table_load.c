/* Tables of an earlier run: all documents first, then what they say about each other, then what was
 * under way goes on. Copying (a new replica, a new index) begins again at the first item: what is
 * there already is only looked at. */
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/backup_save.h"
#include "emulators/dynamodb/bucket_transfer.h"
#include "emulators/dynamodb/index_backfill.h"
#include "emulators/dynamodb/replica_restore.h"
#include "emulators/dynamodb/restore.h"
#include "emulators/dynamodb/saved_json.h"
#include "emulators/dynamodb/table_document.h"
#include "emulators/dynamodb/table_save.h"
#include "emulators/dynamodb/throttle.h"
#include "emulators/dynamodb/time_to_live.h"
#include "emulators/dynamodb/transaction_tokens.h"
#include "sim/core/documents.h"

struct loading {
    struct ddb *ddb;
    struct ddb_loaded *tables; /* in the order of creation */
    size_t count;
    size_t capacity;
};

/* --- documents ----------------------------------------------------------------------------------
 */

static enum sim_result load_table(void *context, const char *key, const char *text,
                                  struct sim_error *error)
{
    struct loading *loading = context;
    struct sim_error reason = {.message = "it is no JSON"};
    if (loading->count == loading->capacity) {
        loading->capacity = loading->capacity * 2 + 16;
        loading->tables =
            sim_realloc_array(loading->tables, loading->capacity, sizeof *loading->tables);
    }
    struct ddb_loaded *loaded = &loading->tables[loading->count];
    *loaded = (struct ddb_loaded){.document = cJSON_Parse(text)};
    enum sim_result result = RESULT_INVALID;
    if (loaded->document != NULL)
        result = ddb_table_from_document(loading->ddb, loaded->document, &loaded->table, &reason);
    if (result == RESULT_OK) {
        loading->count++;
        return RESULT_OK;
    }
    const char *name = wire_text(loaded->document, "Name");
    sim_error_set(error, result, "table %s (%s) of the data directory: %s",
                  name != NULL ? name : "without a name", key, reason.message);
    cJSON_Delete(loaded->document);
    return result;
}

/* --- counters -----------------------------------------------------------------------------------
 */

static void read_totals(struct ddb_table *table, const char *text)
{
    char *at = NULL;
    for (size_t i = 0; text != NULL && i < table->definition->index_count; i++) {
        table->index_totals[i].item_count = strtoll(text, &at, 10);
        table->index_totals[i].size_bytes = strtoll(at, &at, 10);
        text = at;
    }
}

/* "REGION SEQUENCE/COUNT ", or without the count, as earlier versions wrote it. */
static void read_positions(struct ddb_loaded *loaded, const char *text)
{
    const struct ddb *ddb = loaded->table->ddb;
    for (size_t i = 0; i < SIM_REGION_MAX; i++)
        loaded->pending_counts[i] = DDB_PENDING_UNKNOWN;
    while (text != NULL && *text != '\0') {
        char name[64] = "";
        size_t length = strcspn(text, " ");
        if (length >= sizeof name)
            return;
        memcpy(name, text, length);
        char *end = NULL;
        uint64_t position = strtoull(text + length, &end, 10);
        uint64_t pending_count = DDB_PENDING_UNKNOWN;
        if (*end == '/')
            pending_count = strtoull(end + 1, &end, 10);
        const struct sim_region *place = sim_network_region_find(ddb->core->network, name);
        if (place != NULL) {
            loaded->positions[place->index] = position;
            loaded->pending_counts[place->index] = pending_count;
        }
        text = *end == ' ' ? end + 1 : end;
        if (length == 0)
            return; /* not ours */
    }
}

static enum sim_result load_counters(struct ddb_loaded *loaded, struct sim_error *error)
{
    struct ddb_table *table = loaded->table;
    struct sim_statement *statement = NULL;
    bool found = false;
    enum sim_result result = sim_store_prepare(
        table->home->store,
        "SELECT item_count, size_bytes, first_sequence, last_sequence, forgotten_us, totals, "
        "positions FROM counters WHERE number = ?1",
        &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_int(statement, 1, (int64_t)table->number);
    result = sim_store_step(statement, &found, error);
    if (result == RESULT_OK && !found)
        result =
            sim_error_set(error, RESULT_INVALID,
                          "table %s of the data directory: its counters are missing", table->name);
    if (result == RESULT_OK) {
        table->item_count = sim_column_int(statement, 0);
        table->size_bytes = sim_column_int(statement, 1);
        table->log.first_sequence = (uint64_t)sim_column_int(statement, 2);
        table->log.last_sequence = (uint64_t)sim_column_int(statement, 3);
        table->forgotten_us = (uint64_t)sim_column_int(statement, 4);
        read_totals(table, sim_column_text(statement, 5));
        read_positions(loaded, sim_column_text(statement, 6));
    }
    sim_store_done(statement);
    return result;
}

/* --- what was under way -------------------------------------------------------------------------
 */

static void resume_indexes(struct ddb_table *table, const cJSON *saved)
{
    size_t number = 0;
    const cJSON *index = NULL;
    cJSON_ArrayForEach(index, saved)
    {
        if (wire_flag(index, "IsFilling", false))
            ddb_index_backfill_start(table, number);
        number++;
    }
}

/* CREATING of a replica ends with its filling, UPDATING of one with the change of another. */
static void resume(struct ddb_loaded *loaded)
{
    struct ddb_table *table = loaded->table;
    bool is_alone = table->member.group == NULL;
    if (table->is_retired) {
        ddb_table_resume_retired(table);
        return;
    }
    ddb_throttle_refresh(table);
    ddb_time_to_live_resume(table);
    resume_indexes(table, wire_member(loaded->document, "Indexes"));
    if (table->status == DDB_TABLE_DELETING)
        ddb_table_start_deletion(table);
    else if (table->restore != NULL)
        ddb_restore_resume(table);
    else if (table->pending != NULL)
        ddb_table_resume_update(table);
    else if (ddb_member_resume(table, loaded->document))
        return;
    else if (table->status == DDB_TABLE_CREATING && is_alone)
        ddb_table_settle(table);
    else if (table->status == DDB_TABLE_UPDATING && !ddb_member_is_changed_by_another(table))
        ddb_table_settle(table);
}

/* --- all of it ----------------------------------------------------------------------------------
 */

/* Versions of items name a Region by its place in the world's list. */
static enum sim_result check_regions(const struct ddb *ddb, struct sim_error *error)
{
    struct sim_arena *arena = sim_arena_create();
    struct sim_store *store = sim_data_store(ddb->core->data);
    struct sim_network *network = ddb->core->network;
    const char *saved = NULL;
    char *now = sim_arena_strdup(arena, "");
    for (size_t i = 0; i < sim_network_region_count(network); i++)
        now = sim_arena_printf(arena, "%s%s ", now, sim_network_region_by_index(network, i)->name);
    enum sim_result result = sim_documents_find(store, "world", "regions", arena, &saved, error);
    if (result == RESULT_OK && saved != NULL && strncmp(now, saved, strlen(saved)) != 0)
        result = sim_error_set(error, RESULT_CONFLICT,
                               "the data directory was written by a world with the Regions %sin "
                               "this order; this world has %s(Regions may be added at the end)",
                               saved, now);
    if (result == RESULT_OK && (saved == NULL || strcmp(saved, now) != 0))
        result = sim_documents_save(store, "world", "regions", now, error);
    sim_arena_destroy(arena);
    return result;
}

static enum sim_result load_all(struct loading *loading, struct sim_error *error)
{
    struct ddb *ddb = loading->ddb;
    struct sim_store *store = sim_data_store(ddb->core->data);
    enum sim_result result = sim_store_execute(
        store,
        "CREATE TABLE IF NOT EXISTS counters (number INTEGER PRIMARY KEY, item_count INTEGER, "
        "size_bytes INTEGER, first_sequence INTEGER, last_sequence INTEGER, forgotten_us INTEGER, "
        "totals TEXT, positions TEXT)",
        error);
    if (result == RESULT_OK)
        result = check_regions(ddb, error);
    if (result == RESULT_OK)
        result = sim_documents_each(store, DDB_TABLE_KIND, load_table, loading, error);
    for (size_t i = 0; i < loading->count && result == RESULT_OK; i++)
        result = load_counters(&loading->tables[i], error);
    if (result == RESULT_OK)
        result = ddb_tokens_load(ddb, error);
    if (result == RESULT_OK)
        result = ddb_transfers_load(ddb, error);
    if (result == RESULT_OK)
        result = ddb_backups_load(ddb, error);
    if (result != RESULT_OK)
        return result;
    ddb_groups_restore(ddb, loading->tables, loading->count);
    for (size_t i = 0; i < loading->count; i++)
        resume(&loading->tables[i]);
    return RESULT_OK;
}

enum sim_result ddb_tables_load(struct ddb *ddb, struct sim_error *error)
{
    struct loading loading = {.ddb = ddb};
    PRE(ddb->core->data != NULL);
    enum sim_result result = load_all(&loading, error);
    for (size_t i = 0; i < loading.count; i++)
        cJSON_Delete(loading.tables[i].document);
    free(loading.tables);
    return result;
}
