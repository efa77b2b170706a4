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
    const struct ddb_conflict_filter all = {0};
    return ddb_conflict_log_print(ddb->conflicts, &all);
}

cJSON *ddb_conflicts_of(const struct ddb *ddb, const struct ddb_conflict_filter *filter)
{
    return ddb_conflict_log_print(ddb->conflicts, filter);
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

typedef cJSON *print_row(const struct ddb_table *table, const struct ddb_row *row);

static cJSON *print_item(const struct ddb_table *table UNUSED, const struct ddb_row *row)
{
    return row->item != NULL ? cJSON_Parse(row->item) : NULL;
}

static cJSON *print_version(const struct ddb_table *table, const struct ddb_row *row)
{
    struct sim_network *network = table->ddb->core->network;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "origin",
                            sim_network_region_by_index(network, row->version.origin)->name);
    cJSON_AddNumberToObject(object, "writtenUs", (double)row->version.written_us);
    cJSON_AddBoolToObject(object, "deleted", row->item == NULL);
    return object;
}

/* What is printed of the row, null where there is none; NULL if the key does not fit. */
static cJSON *probe_table(struct ddb_table *table, const cJSON *key_map, print_row *print)
{
    struct sim_arena *arena = sim_arena_create();
    struct ddb_fault fault = {.arena = arena};
    struct sim_error error;
    struct ddb_key_blob key;
    struct ddb_row row;
    bool found = false;
    cJSON *normal = NULL;
    cJSON *printed = NULL;
    bool fits = ddb_request_item(key_map, &normal, &fault) &&
                ddb_key_from_map(&table->definition->keys, normal, &key, &fault);
    if (fits && ddb_items_read(&table->items, &key, arena, &row, &found, &error) == RESULT_OK &&
        found)
        printed = print(table, &row);
    sim_arena_destroy(arena);
    return !fits ? NULL : printed != NULL ? printed : cJSON_CreateNull();
}

static cJSON *probe(struct ddb *ddb, const char *table, const cJSON *key, print_row *print)
{
    cJSON *output = NULL;
    for (size_t i = 0; i < SIM_REGION_MAX; i++) {
        struct ddb_region *region = ddb->regions[i];
        for (size_t k = 0; region != NULL && k < region->table_count; k++) {
            if (strcmp(region->tables[k]->name, table) != 0 || ddb_is_witness(region->tables[k]))
                continue;
            cJSON *printed = probe_table(region->tables[k], key, print);
            if (printed == NULL)
                continue;
            if (output == NULL)
                output = cJSON_CreateObject();
            cJSON_AddItemToObject(output, region->place->name, printed);
        }
    }
    return output;
}

cJSON *ddb_probe(struct ddb *ddb, const char *table, const cJSON *key)
{
    return probe(ddb, table, key, print_item);
}

cJSON *ddb_probe_versions(struct ddb *ddb, const char *table, const cJSON *key)
{
    return probe(ddb, table, key, print_version);
}
