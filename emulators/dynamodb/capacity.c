#include "emulators/dynamodb/capacity.h"

#include <string.h>

static uint64_t units(size_t bytes, size_t unit_bytes)
{
    return bytes == 0 ? 1 : (bytes + unit_bytes - 1) / unit_bytes;
}

uint64_t ddb_read_halves(size_t bytes, bool is_consistent)
{
    return units(bytes, DDB_READ_UNIT_BYTES) * (is_consistent ? 2 : 1);
}

uint64_t ddb_write_halves(size_t bytes)
{
    return units(bytes, DDB_WRITE_UNIT_BYTES) * 2;
}

void ddb_capacity_init(struct ddb_capacity *capacity, struct sim_arena *arena)
{
    *capacity = (struct ddb_capacity){.arena = arena};
}

static struct ddb_table_capacity *entry_of(struct ddb_capacity *capacity, struct ddb_table *table)
{
    struct ddb_table_capacity **place = &capacity->first;
    while (*place != NULL && (*place)->table != table)
        place = &(*place)->next;
    if (*place == NULL) {
        struct ddb_table_capacity *fresh = sim_arena_alloc(capacity->arena, sizeof *fresh);
        fresh->table = table;
        fresh->index_halves = sim_arena_alloc_array(
            capacity->arena, table->definition->index_count + 1, sizeof(uint64_t));
        *place = fresh;
    }
    return *place;
}

void ddb_capacity_add(struct ddb_capacity *capacity, struct ddb_table *table, uint64_t halves)
{
    entry_of(capacity, table)->table_halves += halves;
}

void ddb_capacity_add_index(struct ddb_capacity *capacity, struct ddb_table *table, size_t index,
                            uint64_t halves)
{
    PRE(index < table->definition->index_count);
    entry_of(capacity, table)->index_halves[index] += halves;
}

void ddb_capacity_add_all(struct ddb_capacity *capacity, struct ddb_capacity *other)
{
    if (capacity->first == NULL) {
        capacity->first = other->first;
        return;
    }
    for (const struct ddb_table_capacity *from = other->first; from != NULL; from = from->next) {
        struct ddb_table_capacity *to = entry_of(capacity, from->table);
        to->table_halves += from->table_halves;
        for (size_t i = 0; i < from->table->definition->index_count; i++)
            to->index_halves[i] += from->index_halves[i];
    }
}

/* Display only: halves are exact in a double. */
static void add_units(cJSON *object, const char *name, uint64_t halves)
{
    cJSON_AddNumberToObject(object, name, (double)halves / 2.0);
}

static void add_units_with_form(cJSON *object, uint64_t halves, enum ddb_capacity_form form)
{
    add_units(object, "CapacityUnits", halves);
    if (form == DDB_CAPACITY_TRANSACT_READ)
        add_units(object, "ReadCapacityUnits", halves);
    if (form == DDB_CAPACITY_TRANSACT_WRITE)
        add_units(object, "WriteCapacityUnits", halves);
}

static void add_indexes(const struct ddb_table_capacity *entry, cJSON *object, bool is_global,
                        enum ddb_capacity_form form)
{
    const struct ddb_definition *definition = entry->table->definition;
    cJSON *list = NULL;
    for (size_t i = 0; i < definition->index_count; i++) {
        if (definition->indexes[i].is_global != is_global || entry->index_halves[i] == 0)
            continue;
        if (list == NULL)
            list = cJSON_AddObjectToObject(object, is_global ? "GlobalSecondaryIndexes"
                                                             : "LocalSecondaryIndexes");
        cJSON *index = cJSON_AddObjectToObject(list, definition->indexes[i].name);
        add_units_with_form(index, entry->index_halves[i], form);
    }
}

static cJSON *print_entry(const struct ddb_table_capacity *entry, bool has_indexes,
                          enum ddb_capacity_form form)
{
    uint64_t total = entry->table_halves;
    for (size_t i = 0; i < entry->table->definition->index_count; i++)
        total += entry->index_halves[i];
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "TableName", entry->table->name);
    add_units_with_form(object, total, form);
    if (!has_indexes)
        return object;
    add_units_with_form(cJSON_AddObjectToObject(object, "Table"), entry->table_halves, form);
    add_indexes(entry, object, false, form);
    add_indexes(entry, object, true, form);
    return object;
}

void ddb_capacity_report(const struct ddb_capacity *capacity, const cJSON *input, cJSON *output,
                         bool is_list, enum ddb_capacity_form form)
{
    const char *wanted = wire_text(input, "ReturnConsumedCapacity");
    if (wanted == NULL || strcmp(wanted, "NONE") == 0)
        return;
    bool has_indexes = strcmp(wanted, "INDEXES") == 0;
    if (!is_list) {
        if (capacity->first != NULL)
            cJSON_AddItemToObject(output, "ConsumedCapacity",
                                  print_entry(capacity->first, has_indexes, form));
        return;
    }
    cJSON *list = cJSON_AddArrayToObject(output, "ConsumedCapacity");
    for (const struct ddb_table_capacity *entry = capacity->first; entry != NULL;
         entry = entry->next)
        cJSON_AddItemToArray(list, print_entry(entry, has_indexes, form));
}
