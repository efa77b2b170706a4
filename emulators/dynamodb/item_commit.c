#include "emulators/dynamodb/item_commit.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/item_size.h"
#include "emulators/dynamodb/planted_bugs.h"
#include "emulators/dynamodb/projection.h"
#include "emulators/dynamodb/stream.h"
#include "emulators/dynamodb/stream_shard.h"
#include "emulators/dynamodb/strong.h"
#include "emulators/dynamodb/table_save.h"
#include "emulators/dynamodb/time_to_live.h"
#include "emulators/wire/json_print.h"

#define TRIM_EVERY_RECORDS 64

struct ddb_committed {
    struct ddb_table *table;
    struct ddb_change change;
    enum ddb_write_origin origin;
    int64_t count_change;
    int64_t size_change;
    struct ddb_index_totals *index_changes; /* by index number, or NULL */
    uint64_t previous_sequence;
    bool is_tombstone;
    bool is_logged; /* its record is a row of the change log */
    struct ddb_committed *next;
};

enum sim_result ddb_commit_begin(struct ddb_commit *commit, struct ddb_region *region,
                                 struct sim_arena *arena, struct ddb_capacity *capacity,
                                 struct sim_error *error)
{
    *commit = (struct ddb_commit){
        .region = region, .arena = arena, .capacity = capacity, .unit_factor = 1};
    return sim_store_begin(region->store, error);
}

/* --- versions ----------------------------------------------------------------------------------
 */

/* A local write is always later than what it replaces, even where another Region's clock runs
 * ahead: whoever saw a version can overwrite it. */
static struct ddb_version next_version(const struct ddb_table *table, const struct ddb_row *old_row)
{
    uint64_t written_us = ddb_region_clock_us(table->home);
    uint64_t least_us = old_row != NULL ? old_row->version.written_us : table->forgotten_us;
    if (written_us <= least_us)
        written_us = least_us + 1;
    return (struct ddb_version){.written_us = written_us, .origin = table->home->place->index};
}

static void stamp(const struct ddb_write *write, struct ddb_row *row, struct sim_arena *arena)
{
    struct ddb_seen seen = write->seen;
    if (write->origin == DDB_WRITE_LOCAL) {
        seen.count = 0;
        if (write->old_row != NULL)
            ddb_seen_decode(&seen, write->old_row->seen, write->old_row->seen_bytes,
                            write->old_row->version);
        row->version = next_version(write->table, write->old_row);
        ddb_seen_add(&seen, row->version);
    } else {
        row->version = write->version;
    }
    unsigned char bytes[DDB_SEEN_BYTES_MAX];
    row->seen_bytes = ddb_seen_encode(&seen, row->version, bytes);
    row->seen = row->seen_bytes > 0 ? sim_arena_memdup(arena, bytes, row->seen_bytes) : "";
}

/* --- indexes -----------------------------------------------------------------------------------
 */

struct entry { /* an item's entry in one index */
    bool exists;
    struct ddb_key_blob key;
    const char *text;
    size_t size_bytes;
};

static void delete_json(void *json)
{
    cJSON_Delete(json);
}

static const char *print_json(struct sim_arena *arena, const cJSON *json)
{
    return wire_json_text(arena, json, NULL);
}

static struct entry make_entry(struct sim_arena *arena, const struct ddb_index_definition *index,
                               const struct ddb_key_blob *table_key, const cJSON *item)
{
    struct entry entry = {0};
    if (item == NULL || !ddb_index_key_encode(arena, &index->keys, item, table_key, &entry.key))
        return entry;
    entry.exists = true;
    if (index->projected == NULL) {
        entry.text = print_json(arena, item);
        entry.size_bytes = ddb_item_size_bytes(item);
        return entry;
    }
    cJSON *projected = ddb_projection_build(index->projected, item);
    sim_arena_defer(arena, delete_json, projected);
    entry.text = print_json(arena, projected);
    entry.size_bytes = ddb_item_size_bytes(projected);
    return entry;
}

static enum sim_result write_index(struct ddb_commit *commit, const struct ddb_write *write,
                                   const cJSON *old_item, size_t number,
                                   struct ddb_index_totals *change, struct sim_error *error)
{
    struct ddb_table *table = write->table;
    const struct ddb_index_definition *index = &table->definition->indexes[number];
    struct entry old = make_entry(commit->arena, index, &write->key, old_item);
    struct entry new = make_entry(commit->arena, index, &write->key, write->new_item);
    bool is_same_key = old.exists && new.exists &&ddb_key_compare(&old.key, &new.key) == 0;
    if (is_same_key && strcmp(old.text, new.text) == 0)
        return RESULT_OK;
    uint64_t halves = 0;
    enum sim_result result = RESULT_OK;
    if (old.exists && !is_same_key) {
        result = ddb_index_erase(&table->items, number, &old.key, error);
        halves += ddb_write_halves(old.size_bytes);
    }
    if (new.exists && result == RESULT_OK) {
        result = ddb_index_write(&table->items, number, &new.key, new.text, new.size_bytes, error);
        halves += ddb_write_halves(is_same_key && old.size_bytes > new.size_bytes ? old.size_bytes
                                                                                  : new.size_bytes);
    }
    change->item_count = (int64_t) new.exists - (int64_t)old.exists;
    change->size_bytes = (int64_t) new.size_bytes - (int64_t)old.size_bytes;
    if (commit->capacity != NULL && halves > 0)
        ddb_capacity_add_index(commit->capacity, table, number, halves * commit->unit_factor);
    return result;
}

enum sim_result ddb_commit_fill_index(struct ddb_table *table, size_t number,
                                      const struct ddb_key_blob *key, const cJSON *item,
                                      struct sim_arena *arena, struct sim_error *error)
{
    struct entry entry = make_entry(arena, &table->definition->indexes[number], key, item);
    if (!entry.exists)
        return RESULT_OK;
    return ddb_index_write(&table->items, number, &entry.key, entry.text, entry.size_bytes, error);
}

static const cJSON *parse_old(struct ddb_commit *commit, const struct ddb_write *write)
{
    if (write->old_item != NULL || write->old_row == NULL || write->old_row->item == NULL)
        return write->old_item;
    cJSON *item = cJSON_Parse(write->old_row->item);
    sim_arena_defer(commit->arena, delete_json, item);
    return item;
}

static enum sim_result write_indexes(struct ddb_commit *commit, const struct ddb_write *write,
                                     struct ddb_committed *entry, struct sim_error *error)
{
    size_t count = write->table->definition->index_count;
    if (count == 0)
        return RESULT_OK;
    struct ddb_write parsed = *write;
    if (parsed.new_item == NULL && parsed.new_text != NULL) {
        cJSON *item = cJSON_Parse(parsed.new_text);
        sim_arena_defer(commit->arena, delete_json, item);
        parsed.new_item = item;
    }
    const cJSON *old_item = parse_old(commit, write);
    entry->index_changes =
        sim_arena_alloc_array(commit->arena, count, sizeof *entry->index_changes);
    enum sim_result result = RESULT_OK;
    for (size_t i = 0; i < count && result == RESULT_OK; i++)
        result = write_index(commit, &parsed, old_item, i, &entry->index_changes[i], error);
    return result;
}

static enum sim_result note_expiry(struct ddb_commit *commit, const struct ddb_write *write,
                                   struct sim_error *error)
{
    const cJSON *item = write->new_item;
    if (item == NULL && write->new_text != NULL) {
        cJSON *parsed = cJSON_Parse(write->new_text);
        sim_arena_defer(commit->arena, delete_json, parsed);
        item = parsed;
    }
    return ddb_time_to_live_note(write->table, &write->key, item, error);
}

/* --- one write ---------------------------------------------------------------------------------
 */

/* Equal texts say it at once; sets in another order need a look. */
static bool is_unchanged(const char *old_text, const char *new_text)
{
    if (old_text == NULL || new_text == NULL)
        return old_text == new_text;
    size_t length = strlen(old_text);
    if (length != strlen(new_text))
        return false;
    if (memcmp(old_text, new_text, length) == 0)
        return true;
    cJSON *old_item = cJSON_Parse(old_text);
    cJSON *new_item = cJSON_Parse(new_text);
    bool is_equal = ddb_item_equal(old_item, new_item);
    cJSON_Delete(old_item);
    cJSON_Delete(new_item);
    return is_equal;
}

static void append_entry(struct ddb_commit *commit, struct ddb_committed *entry)
{
    if (commit->last == NULL)
        commit->first = entry;
    else
        commit->last->next = entry;
    commit->last = entry;
}

static enum sim_result log_change(struct ddb_committed *entry, struct sim_error *error)
{
    struct ddb_table *table = entry->table;
    entry->change.committed_us = ddb_now_us(table->ddb);
    bool is_kept = entry->origin != DDB_WRITE_COPIED && ddb_table_keeps_changes(table);
    if (is_kept && table->stream != NULL)
        entry->change.is_unchanged = is_unchanged(entry->change.old_item, entry->change.new_item);
    entry->is_logged = is_kept;
    if (is_kept && ddb_stream_is_enabled(table) && !entry->change.is_unchanged)
        entry->change.shard = ddb_shards_note(table, &entry->change.key);
    return ddb_log_append(&table->log, &entry->change, is_kept, error);
}

/* Copies of a strong group take every write in the same order: nothing late can come. */
static bool keeps_tombstones(const struct ddb_table *table)
{
    if (DDB_IS_PLANTED(DDB_PLANT_DROP_TOMBSTONE))
        return false;
    return table->member.group != NULL && table->member.group->strong == NULL;
}

static enum sim_result store_row(const struct ddb_write *write, const struct ddb_row *row,
                                 struct ddb_committed *entry, struct sim_error *error)
{
    struct ddb_table *table = write->table;
    if (row->item == NULL && !keeps_tombstones(table))
        return ddb_items_erase(&table->items, &write->key, error);
    entry->is_tombstone = row->item == NULL;
    return write->old_row != NULL ? ddb_items_rewrite(&table->items, &write->key, row, error)
                                  : ddb_items_write(&table->items, &write->key, row, error);
}

/* Without a savepoint; the row's statement has left nothing behind. */
static void take_back_record(const struct ddb_committed *entry)
{
    struct ddb_table *table = entry->table;
    if (entry->is_logged && ddb_log_remove_last(&table->log, NULL) != RESULT_OK)
        sim_store_give_up(table->home->store);
}

enum sim_result ddb_commit_write(struct ddb_commit *commit, const struct ddb_write *write,
                                 struct ddb_version *version, struct sim_error *error)
{
    PRE(write->table->home == commit->region);
    const struct ddb_row *old = write->old_row;
    const char *old_text = old != NULL ? old->item : NULL;
    struct ddb_row row = {.item = write->new_text, .size_bytes = write->new_size_bytes};
    if (row.item == NULL && write->new_item != NULL)
        row.item = print_json(commit->arena, write->new_item);
    stamp(write, &row, commit->arena);

    if (ddb_stream_is_enabled(write->table)) /* before the log's position is noted */
        ddb_shards_advance(write->table, write->table->stream);
    struct ddb_committed *entry = sim_arena_alloc(commit->arena, sizeof *entry);
    *entry = (struct ddb_committed){
        .table = write->table,
        .origin = write->origin,
        .previous_sequence = write->table->log.last_sequence,
        .count_change = (row.item != NULL ? 1 : 0) - (old_text != NULL ? 1 : 0),
        .size_change = (int64_t)row.size_bytes - (old != NULL ? (int64_t)old->size_bytes : 0),
        .change = {.version = row.version,
                   .key = write->key,
                   .old_item = old_text,
                   .new_item = row.item,
                   .new_size_bytes = row.size_bytes,
                   .seen = row.seen,
                   .seen_bytes = row.seen_bytes,
                   .is_replicated = write->origin != DDB_WRITE_LOCAL,
                   .is_expired = write->is_expired},
    };
    append_entry(commit, entry); /* first: a failure below must be rewound as well */
    enum sim_result result = log_change(entry, error);
    row.sequence = entry->change.sequence;
    if (result == RESULT_OK) {
        result = store_row(write, &row, entry, error);
        if (result != RESULT_OK && commit->is_light)
            take_back_record(entry);
    }
    if (result == RESULT_OK)
        result = write_indexes(commit, write, entry, error);
    if (result == RESULT_OK && ddb_time_to_live_is_enabled(write->table))
        result = note_expiry(commit, write, error);
    if (result == RESULT_OK && version != NULL)
        *version = row.version;
    return result;
}

/* --- the end -----------------------------------------------------------------------------------
 */

static void count(const struct ddb_committed *entry)
{
    struct ddb_table *table = entry->table;
    ddb_table_counted(table);
    table->item_count += entry->count_change;
    table->size_bytes += entry->size_change;
    POST(table->item_count >= 0);
    for (size_t i = 0; entry->index_changes != NULL && i < table->definition->index_count; i++) {
        table->index_totals[i].item_count += entry->index_changes[i].item_count;
        table->index_totals[i].size_bytes += entry->index_changes[i].size_bytes;
    }
}

static void publish(const struct ddb_committed *entry)
{
    struct ddb_table *table = entry->table;
    count(entry);
    struct ddb_group *group = table->member.group;
    struct ddb_record *record = NULL;
    for (size_t i = 0; group != NULL && i < group->link_count; i++) {
        if (group->links[i]->from == table)
            ddb_link_notice(group->links[i], &entry->change, &record);
    }
    ddb_record_give(record);
    if (group != NULL && entry->is_tombstone)
        ddb_tombstone_noted(group);
    if (table->log.last_sequence % TRIM_EVERY_RECORDS == 0)
        ddb_table_trim_log(table);
}

/* A table's first entry knows where its log stood; the others find it rewound already. */
static void rewind_logs(const struct ddb_commit *commit)
{
    for (const struct ddb_committed *entry = commit->first; entry != NULL; entry = entry->next) {
        if (entry->table->log.last_sequence > entry->previous_sequence)
            ddb_log_rewind(&entry->table->log, entry->previous_sequence);
    }
}

enum sim_result ddb_commit_end(struct ddb_commit *commit, enum sim_result result,
                               struct sim_error *error)
{
    result = sim_store_end(commit->region->store, result, error);
    if (result != RESULT_OK) {
        rewind_logs(commit);
        return result;
    }
    for (const struct ddb_committed *entry = commit->first; entry != NULL; entry = entry->next)
        publish(entry);
    for (const struct ddb_committed *entry = commit->first; entry != NULL; entry = entry->next)
        if (entry->origin == DDB_WRITE_LOCAL && ddb_is_strong(entry->table))
            ddb_strong_spread(entry->table);
    return RESULT_OK;
}

bool ddb_commit_is_one_row(const struct ddb_write *write)
{
    const struct ddb_table *table = write->table;
    bool leaves_tombstone =
        write->new_item == NULL && write->new_text == NULL && table->member.group != NULL;
    return table->definition->index_count == 0 && !ddb_time_to_live_is_enabled(table) &&
           !leaves_tombstone;
}

enum sim_result ddb_commit_one(const struct ddb_write *write, struct sim_arena *arena,
                               struct ddb_capacity *capacity, struct sim_error *error)
{
    struct ddb_region *region = write->table->home;
    struct ddb_commit commit = {
        .region = region,
        .arena = arena,
        .capacity = capacity,
        .unit_factor = 1,
        .is_light = ddb_commit_is_one_row(write),
    };
    enum sim_result result = commit.is_light ? sim_store_begin_light(region->store, error)
                                             : sim_store_begin(region->store, error);
    if (result != RESULT_OK)
        return result;
    result = ddb_commit_write(&commit, write, NULL, error);
    return ddb_commit_end(&commit, result, error);
}
