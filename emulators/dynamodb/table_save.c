#include "emulators/dynamodb/table_save.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/table_document.h"
#include "emulators/dynamodb/transaction_tokens.h"
#include "sim/core/buffer.h"
#include "sim/core/documents.h"

/* --- marks --------------------------------------------------------------------------------------
 */

static void put_on_list(struct ddb_table *table)
{
    struct ddb_saving *saving = &table->saving;
    if (saving->is_listed)
        return;
    saving->is_listed = true;
    saving->next = table->ddb->unsaved;
    table->ddb->unsaved = table;
}

static void mark(struct ddb_table *table)
{
    table->saving.is_changed = true;
    put_on_list(table);
}

void ddb_table_changed(struct ddb_table *table)
{
    const struct ddb_group *group = table->member.group;
    if (table->ddb->core->data == NULL)
        return;
    mark(table);
    for (size_t i = 0; group != NULL && i < group->member_count; i++)
        mark(group->members[i]);
}

void ddb_table_counted(struct ddb_table *table)
{
    if (table->ddb->core->data == NULL)
        return;
    table->saving.is_counted = true;
    put_on_list(table);
}

void ddb_table_unmark(struct ddb_table *table)
{
    struct ddb_table **place = &table->ddb->unsaved;
    while (*place != NULL && *place != table)
        place = &(*place)->saving.next;
    if (*place == table)
        *place = table->saving.next;
    table->saving = (struct ddb_saving){0};
}

/* --- documents ----------------------------------------------------------------------------------
 */

static void document_key(const struct ddb_table *table, char key[32])
{
    snprintf(key, 32, "%020" PRIu64, table->number); /* in the order of creation */
}

/* FNV-1a */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash;
}

static enum sim_result save_document(struct ddb_table *table, struct sim_error *error)
{
    char key[32];
    char *text = ddb_table_document(table);
    uint64_t hash = hash_text(text);
    enum sim_result result = RESULT_OK;
    document_key(table, key);
    if (hash != table->saving.hash)
        result = sim_documents_save(table->home->store, DDB_TABLE_KIND, key, text, error);
    cJSON_free(text);
    if (result == RESULT_OK)
        table->saving.hash = hash;
    return result;
}

/* --- counters -----------------------------------------------------------------------------------
 */

/* "ITEMS BYTES " for each index. */
static void print_totals(const struct ddb_table *table, struct sim_buffer *text)
{
    for (size_t i = 0; i < table->definition->index_count; i++)
        sim_buffer_printf(text, "%" PRId64 " %" PRId64 " ", table->index_totals[i].item_count,
                          table->index_totals[i].size_bytes);
}

/* "REGION SEQUENCE/COUNT " for each link away from the table. */
static void print_positions(const struct ddb_table *table, struct sim_buffer *text)
{
    const struct ddb_group *group = table->member.group;
    for (size_t i = 0; group != NULL && i < group->link_count; i++) {
        const struct ddb_link *link = group->links[i];
        if (link->from == table)
            sim_buffer_printf(text, "%s %" PRIu64 "/%" PRIu64 " ", ddb_region_name(link->to),
                              ddb_link_position(link), ddb_link_count_behind(link));
    }
}

static enum sim_result save_counters(const struct ddb_table *table, struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result = sim_store_prepare(
        table->home->store,
        "INSERT OR REPLACE INTO counters (number, item_count, size_bytes, first_sequence, "
        "last_sequence, forgotten_us, totals, positions) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        &statement, error);
    if (result != RESULT_OK)
        return result;
    struct sim_buffer totals;
    struct sim_buffer positions;
    sim_buffer_init(&totals);
    sim_buffer_init(&positions);
    print_totals(table, &totals);
    print_positions(table, &positions);
    sim_bind_int(statement, 1, (int64_t)table->number);
    sim_bind_int(statement, 2, table->item_count);
    sim_bind_int(statement, 3, table->size_bytes);
    sim_bind_int(statement, 4, (int64_t)table->log.first_sequence);
    sim_bind_int(statement, 5, (int64_t)table->log.last_sequence);
    sim_bind_int(statement, 6, (int64_t)table->forgotten_us);
    sim_bind_text(statement, 7, totals.data != NULL ? totals.data : "");
    sim_bind_text(statement, 8, positions.data != NULL ? positions.data : "");
    result = sim_store_run(statement, error);
    sim_buffer_fini(&totals);
    sim_buffer_fini(&positions);
    return result;
}

static enum sim_result erase_counters(const struct ddb_table *table, struct sim_error *error)
{
    struct sim_statement *statement = NULL;
    enum sim_result result = sim_store_prepare(
        table->home->store, "DELETE FROM counters WHERE number = ?1", &statement, error);
    if (result != RESULT_OK)
        return result;
    sim_bind_int(statement, 1, (int64_t)table->number);
    return sim_store_run(statement, error);
}

/* --- at the commit ------------------------------------------------------------------------------
 */

enum sim_result ddb_table_unsave(struct ddb_table *table, struct sim_error *error)
{
    char key[32];
    if (table->ddb->core->data == NULL)
        return RESULT_OK;
    document_key(table, key);
    enum sim_result result = sim_documents_erase(table->home->store, DDB_TABLE_KIND, key, error);
    return result == RESULT_OK ? erase_counters(table, error) : result;
}

/* The links' positions stand in the counters, and change with the members. */
static enum sim_result save(struct ddb_table *table, struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    if (table->saving.is_changed)
        result = save_document(table, error);
    return result == RESULT_OK ? save_counters(table, error) : result;
}

enum sim_result ddb_tables_save(void *context, struct sim_error *error)
{
    struct ddb *ddb = context;
    enum sim_result result = RESULT_OK;
    while (ddb->unsaved != NULL && result == RESULT_OK) {
        struct ddb_table *table = ddb->unsaved;
        result = save(table, error);
        ddb->unsaved = table->saving.next;
        table->saving = (struct ddb_saving){.hash = table->saving.hash};
    }
    for (size_t i = 0; i < SIM_REGION_MAX && result == RESULT_OK; i++) {
        if (ddb->regions[i] != NULL)
            result = ddb_tokens_result(ddb->regions[i]->tokens, error);
    }
    return result;
}
