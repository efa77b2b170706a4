#include "emulators/dynamodb/conflict_log.h"

#include <stdlib.h>

struct ddb_conflict_log {
    cJSON **entries; /* a ring */
    size_t capacity;
    uint64_t added_count;
};

struct ddb_conflict_log *ddb_conflict_log_create(void)
{
    return sim_alloc(sizeof(struct ddb_conflict_log));
}

size_t ddb_conflict_log_count(const struct ddb_conflict_log *log)
{
    return log->added_count < DDB_CONFLICTS_MAX ? (size_t)log->added_count : DDB_CONFLICTS_MAX;
}

void ddb_conflict_log_destroy(struct ddb_conflict_log *log)
{
    if (log == NULL)
        return;
    size_t count = ddb_conflict_log_count(log);
    for (size_t i = 0; i < count; i++)
        cJSON_Delete(log->entries[i]);
    free(log->entries);
    free(log);
}

static cJSON *print_side(const struct ddb_conflict_side *side)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "region", side->region);
    cJSON_AddNumberToObject(object, "writtenUs", (double)side->written_us);
    if (side->item != NULL)
        cJSON_AddItemToObject(object, "item", cJSON_CreateRaw(side->item));
    else
        cJSON_AddNullToObject(object, "item");
    return object;
}

static cJSON *print(const struct ddb_conflict *conflict)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "at", (double)conflict->at_us);
    cJSON_AddStringToObject(object, "table", conflict->table);
    cJSON_AddStringToObject(object, "region", conflict->region);
    cJSON_AddItemToObject(object, "key", cJSON_CreateRaw(conflict->key));
    cJSON_AddItemToObject(object, "winner", print_side(&conflict->winner));
    cJSON_AddItemToObject(object, "loser", print_side(&conflict->loser));
    return object;
}

void ddb_conflict_log_add(struct ddb_conflict_log *log, const struct ddb_conflict *conflict)
{
    if (log->added_count == log->capacity && log->capacity < DDB_CONFLICTS_MAX) {
        size_t wanted = log->capacity * 2 + 16;
        log->capacity = wanted < DDB_CONFLICTS_MAX ? wanted : DDB_CONFLICTS_MAX;
        log->entries = sim_realloc_array(log->entries, log->capacity, sizeof(cJSON *));
    }
    size_t at = (size_t)(log->added_count % DDB_CONFLICTS_MAX);
    if (log->added_count >= DDB_CONFLICTS_MAX)
        cJSON_Delete(log->entries[at]);
    log->entries[at] = print(conflict);
    log->added_count++;
}

cJSON *ddb_conflict_log_print(const struct ddb_conflict_log *log)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(object, "Conflicts");
    size_t count = ddb_conflict_log_count(log);
    for (uint64_t i = log->added_count - count; i < log->added_count; i++)
        cJSON_AddItemToArray(list, cJSON_Duplicate(log->entries[i % DDB_CONFLICTS_MAX], true));
    cJSON_AddNumberToObject(object, "Count", (double)log->added_count);
    return object;
}
