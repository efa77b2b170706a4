#include "emulators/dynamodb/conflict_log.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    cJSON *json;
    size_t bytes; /* of key and items */
    uint64_t at_us;
};

struct ddb_conflict_log {
    struct entry *entries; /* a ring; the oldest at first */
    size_t capacity;
    size_t first;
    size_t count;
    size_t bytes;
    uint64_t added_count;
};

struct ddb_conflict_log *ddb_conflict_log_create(void)
{
    return sim_alloc(sizeof(struct ddb_conflict_log));
}

size_t ddb_conflict_log_count(const struct ddb_conflict_log *log)
{
    return log->count;
}

static const struct entry *entry_at(const struct ddb_conflict_log *log, size_t index)
{
    return &log->entries[(log->first + index) % log->capacity];
}

static void drop_oldest(struct ddb_conflict_log *log)
{
    struct entry *oldest = &log->entries[log->first];
    log->bytes -= oldest->bytes;
    cJSON_Delete(oldest->json);
    log->first = (log->first + 1) % log->capacity;
    log->count--;
}

void ddb_conflict_log_destroy(struct ddb_conflict_log *log)
{
    if (log == NULL)
        return;
    while (log->count > 0)
        drop_oldest(log);
    free(log->entries);
    free(log);
}

/* --- what is told --------------------------------------------------------------------------------
 */

static void add_time(cJSON *object, const char *name, uint64_t time_us)
{
    if (time_us > 0)
        cJSON_AddNumberToObject(object, name, (double)time_us);
    else
        cJSON_AddNullToObject(object, name);
}

static cJSON *print_side(const struct ddb_conflict_side *side)
{
    cJSON *object = cJSON_CreateObject();
    const char *write = side->item != NULL ? "put" : side->is_expired ? "expiry" : "delete";
    cJSON_AddStringToObject(object, "region", side->region);
    cJSON_AddStringToObject(object, "write", write);
    cJSON_AddNumberToObject(object, "writtenUs", (double)side->written_us);
    add_time(object, "committedUs", side->committed_us);
    if (side->item != NULL)
        cJSON_AddItemToObject(object, "item", cJSON_CreateRaw(side->item));
    else
        cJSON_AddNullToObject(object, "item");
    return object;
}

/* The winner was made first in truth: only clocks that disagree can bring that about. */
static bool is_by_skew(const struct ddb_conflict *conflict)
{
    return conflict->loser.committed_us > 0 &&
           conflict->winner.committed_us < conflict->loser.committed_us;
}

static cJSON *print(const struct ddb_conflict *conflict)
{
    cJSON *object = cJSON_CreateObject();
    bool is_tie = conflict->winner.written_us == conflict->loser.written_us;
    cJSON_AddNumberToObject(object, "at", (double)conflict->at_us);
    cJSON_AddStringToObject(object, "table", conflict->table);
    cJSON_AddStringToObject(object, "region", conflict->region);
    cJSON_AddItemToObject(object, "key", cJSON_CreateRaw(conflict->key));
    cJSON_AddStringToObject(object, "reason", is_tie ? "region-name" : "later-time");
    cJSON_AddBoolToObject(object, "clockSkew", is_by_skew(conflict));
    cJSON_AddItemToObject(object, "winner", print_side(&conflict->winner));
    cJSON_AddItemToObject(object, "loser", print_side(&conflict->loser));
    return object;
}

/* --- adding --------------------------------------------------------------------------------------
 */

static size_t length_of(const char *text)
{
    return text != NULL ? strlen(text) : 0;
}

/* The oldest stands at the front again. */
static void grow(struct ddb_conflict_log *log)
{
    size_t wanted = log->capacity * 2 + 16;
    wanted = wanted < DDB_CONFLICTS_MAX ? wanted : DDB_CONFLICTS_MAX;
    struct entry *entries = sim_realloc_array(NULL, wanted, sizeof *entries);
    for (size_t i = 0; i < log->count; i++)
        entries[i] = *entry_at(log, i);
    free(log->entries);
    log->entries = entries;
    log->capacity = wanted;
    log->first = 0;
}

void ddb_conflict_log_add(struct ddb_conflict_log *log, const struct ddb_conflict *conflict)
{
    size_t bytes = length_of(conflict->key) + length_of(conflict->winner.item) +
                   length_of(conflict->loser.item);
    while (log->count > 0 &&
           (log->count == DDB_CONFLICTS_MAX || log->bytes + bytes > DDB_CONFLICTS_MAX_BYTES))
        drop_oldest(log);
    if (log->count == log->capacity)
        grow(log);
    log->entries[(log->first + log->count) % log->capacity] =
        (struct entry){.json = print(conflict), .bytes = bytes, .at_us = conflict->at_us};
    log->count++;
    log->bytes += bytes;
    log->added_count++;
}

/* --- asking --------------------------------------------------------------------------------------
 */

static bool has_text(const cJSON *object, const char *name, const char *wanted)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text != NULL && strcmp(text, wanted) == 0;
}

/* Any of the two Regions. */
static bool concerns_region(const cJSON *json, const char *region)
{
    return has_text(cJSON_GetObjectItemCaseSensitive(json, "winner"), "region", region) ||
           has_text(cJSON_GetObjectItemCaseSensitive(json, "loser"), "region", region);
}

static bool is_wanted(const struct entry *entry, const struct ddb_conflict_filter *filter)
{
    return entry->at_us >= filter->since_us &&
           (filter->table == NULL || has_text(entry->json, "table", filter->table)) &&
           (filter->region == NULL || concerns_region(entry->json, filter->region));
}

cJSON *ddb_conflict_log_print(const struct ddb_conflict_log *log,
                              const struct ddb_conflict_filter *filter)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(object, "Conflicts");
    for (size_t i = 0; i < log->count; i++) {
        const struct entry *entry = entry_at(log, i);
        if (is_wanted(entry, filter))
            cJSON_AddItemToArray(list, cJSON_Duplicate(entry->json, true));
    }
    cJSON_AddNumberToObject(object, "Count", (double)log->added_count);
    return object;
}
