/* The look-ups that serve the control API and drills; they change nothing. */
#include <string.h>

#include "emulators/dynamodb/conflict_log.h"
#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/strong.h"

static bool is_any_or(const char *wanted, const char *name)
{
    return wanted == NULL || strcmp(wanted, name) == 0;
}

uint64_t ddb_backlog(const struct ddb *ddb, const char *table, const char *from, const char *to)
{
    uint64_t count = 0;
    for (size_t i = 0; i < ddb->group_count; i++) {
        const struct ddb_group *group = ddb->groups[i];
        if (group->strong != NULL && is_any_or(table, group->name) && from == NULL)
            count += ddb_strong_backlog(group, to);
        for (size_t k = 0; is_any_or(table, group->name) && k < group->link_count; k++) {
            const struct ddb_link *link = group->links[k];
            if (is_any_or(from, ddb_region_name(link->from)) &&
                is_any_or(to, ddb_region_name(link->to)))
                count += link->pending_count;
        }
    }
    return count;
}

cJSON *ddb_conflicts(const struct ddb *ddb)
{
    return ddb_conflict_log_print(ddb->conflicts);
}

bool ddb_has_table(const struct ddb *ddb, const char *table)
{
    for (size_t i = 0; i < SIM_REGION_MAX; i++) {
        const struct ddb_region *region = ddb->regions[i];
        for (size_t k = 0; region != NULL && k < region->table_count; k++)
            if (strcmp(region->tables[k]->name, table) == 0)
                return true;
    }
    return false;
}

/* The item as parsed JSON, null where there is none; NULL if the key does not fit. */
static cJSON *probe_table(struct ddb_table *table, const cJSON *key_map)
{
    struct sim_arena *arena = sim_arena_create();
    struct ddb_fault fault = {.arena = arena};
    struct sim_error error;
    struct ddb_key_blob key;
    struct ddb_row row;
    bool found = false;
    cJSON *normal = NULL;
    cJSON *item = NULL;
    bool fits = ddb_request_item(key_map, &normal, &fault) &&
                ddb_key_from_map(&table->definition->keys, normal, &key, &fault);
    if (fits && ddb_items_read(&table->items, &key, arena, &row, &found, &error) == RESULT_OK &&
        found && row.item != NULL)
        item = cJSON_Parse(row.item);
    sim_arena_destroy(arena);
    return !fits ? NULL : item != NULL ? item : cJSON_CreateNull();
}

cJSON *ddb_probe(struct ddb *ddb, const char *table, const cJSON *key)
{
    cJSON *output = NULL;
    for (size_t i = 0; i < SIM_REGION_MAX; i++) {
        struct ddb_region *region = ddb->regions[i];
        for (size_t k = 0; region != NULL && k < region->table_count; k++) {
            if (strcmp(region->tables[k]->name, table) != 0 || ddb_is_witness(region->tables[k]))
                continue;
            cJSON *item = probe_table(region->tables[k], key);
            if (item == NULL)
                continue;
            if (output == NULL)
                output = cJSON_CreateObject();
            cJSON_AddItemToObject(output, region->place->name, item);
        }
    }
    return output;
}
