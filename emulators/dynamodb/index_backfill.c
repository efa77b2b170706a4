#include "emulators/dynamodb/index_backfill.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/item_commit.h"
#include "emulators/dynamodb/table_save.h"
#include "emulators/dynamodb/table_walk.h"
#include "emulators/dynamodb/throttle.h"

struct ddb_index_backfill {
    struct ddb_table *table;
    char *index_name;
    struct ddb_walk *walk;
};

/* --- states ------------------------------------------------------------------------------------
 */

const char *ddb_index_status_name(enum ddb_index_status status)
{
    static const char *const names[] = {
        [DDB_INDEX_ACTIVE] = "ACTIVE",
        [DDB_INDEX_CREATING] = "CREATING",
        [DDB_INDEX_UPDATING] = "UPDATING",
        [DDB_INDEX_DELETING] = "DELETING",
    };
    return names[status];
}

const char *ddb_index_in_state(const struct ddb_table *table, enum ddb_index_status status)
{
    for (size_t i = 0; i < table->definition->index_count; i++) {
        if (table->index_states[i].status == status)
            return table->definition->indexes[i].name;
    }
    return NULL;
}

static size_t number_of(const struct ddb_table *table, const char *name)
{
    const struct ddb_index_definition *index = ddb_definition_index_find(table->definition, name);
    CHECK(index != NULL);
    return (size_t)(index - table->definition->indexes);
}

static void tell(const struct ddb_table *table, const char *event, const char *index)
{
    sim_trace_emit(table->ddb->core->trace, event, ddb_region_name(table),
                   FIELD_TEXT("table", table->name), FIELD_TEXT("index", index));
}

static void tell_store_error(const struct ddb_table *table, const struct sim_error *error)
{
    sim_trace_emit(table->ddb->core->trace, "store.error", ddb_region_name(table),
                   FIELD_TEXT("table", table->name), FIELD_TEXT("error", error->message));
}

/* --- specs -------------------------------------------------------------------------------------
 */

static bool schema_has(const cJSON *schema, const char *attribute)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, schema)
    {
        if (strcmp(wire_text(element, "AttributeName"), attribute) == 0)
            return true;
    }
    return false;
}

static bool is_used(const cJSON *spec, const char *attribute)
{
    static const char *const lists[] = {"LocalSecondaryIndexes", "GlobalSecondaryIndexes"};
    if (schema_has(wire_member(spec, "KeySchema"), attribute))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        const cJSON *index = NULL;
        cJSON_ArrayForEach(index, wire_member(spec, lists[i]))
        {
            if (schema_has(wire_member(index, "KeySchema"), attribute))
                return true;
        }
    }
    return false;
}

void ddb_index_prune_definitions(cJSON *spec)
{
    cJSON *definitions = cJSON_GetObjectItemCaseSensitive(spec, "AttributeDefinitions");
    cJSON *definition = definitions->child;
    while (definition != NULL) {
        cJSON *next = definition->next;
        if (!is_used(spec, wire_text(definition, "AttributeName")))
            cJSON_Delete(cJSON_DetachItemViaPointer(definitions, definition));
        definition = next;
    }
}

cJSON *ddb_index_spec_without(const struct ddb_definition *definition, const char *name)
{
    cJSON *spec = cJSON_Duplicate(definition->spec, true);
    cJSON *list = cJSON_GetObjectItemCaseSensitive(spec, "GlobalSecondaryIndexes");
    cJSON *index = NULL;
    cJSON_ArrayForEach(index, list)
    {
        if (strcmp(wire_text(index, "IndexName"), name) == 0)
            break;
    }
    CHECK(index != NULL);
    cJSON_Delete(cJSON_DetachItemViaPointer(list, index));
    if (cJSON_GetArraySize(list) == 0)
        cJSON_DeleteItemFromObjectCaseSensitive(spec, "GlobalSecondaryIndexes");
    ddb_index_prune_definitions(spec);
    return spec;
}

/* Definitions that nothing uses are passed over, unlike CreateTable's. */
cJSON *ddb_index_spec_with(const struct ddb_definition *definition, const cJSON *new_index,
                           const cJSON *more_definitions)
{
    cJSON *spec = cJSON_Duplicate(definition->spec, true);
    cJSON *list = cJSON_GetObjectItemCaseSensitive(spec, "GlobalSecondaryIndexes");
    cJSON *definitions = cJSON_GetObjectItemCaseSensitive(spec, "AttributeDefinitions");
    if (list == NULL)
        list = cJSON_AddArrayToObject(spec, "GlobalSecondaryIndexes");
    cJSON_AddItemToArray(list, cJSON_Duplicate(new_index, true));
    const cJSON *more = NULL;
    cJSON_ArrayForEach(more, more_definitions)
    {
        if (!schema_has(definitions, wire_text(more, "AttributeName")))
            cJSON_AddItemToArray(definitions, cJSON_Duplicate(more, true));
    }
    ddb_index_prune_definitions(spec);
    return spec;
}

/* --- coming and going ----------------------------------------------------------------------------
 */

enum sim_result ddb_index_add(struct ddb_table *table, struct ddb_definition *definition,
                              struct sim_error *error)
{
    size_t number = table->definition->index_count;
    PRE(definition->index_count == number + 1);
    enum sim_result result = ddb_items_add_index(&table->items, error);
    if (result != RESULT_OK)
        return result;
    table->index_totals =
        sim_realloc_array(table->index_totals, number + 2, sizeof *table->index_totals);
    table->index_states =
        sim_realloc_array(table->index_states, number + 2, sizeof *table->index_states);
    table->index_totals[number] = (struct ddb_index_totals){0};
    table->index_states[number] = (struct ddb_index_state){.status = DDB_INDEX_CREATING};
    ddb_definition_destroy(table->definition);
    table->definition = definition;
    ddb_throttle_refresh(table);
    ddb_table_changed(table);
    return RESULT_OK;
}

static void stop(struct ddb_table *table, size_t number)
{
    struct ddb_index_backfill *backfill = table->index_states[number].backfill;
    if (backfill == NULL)
        return;
    ddb_walk_stop(backfill->walk);
    free(backfill->index_name);
    free(backfill);
    table->index_states[number].backfill = NULL;
}

void ddb_index_backfill_stop_all(struct ddb_table *table)
{
    for (size_t i = 0; i < table->definition->index_count; i++)
        stop(table, i);
}

void ddb_index_remove(struct ddb_table *table, size_t number)
{
    struct sim_arena *arena = sim_arena_create();
    struct ddb_fault fault = {.arena = arena};
    struct sim_error error;
    const char *name = table->definition->indexes[number].name;
    cJSON *spec = ddb_index_spec_without(table->definition, name);
    struct ddb_definition *definition = NULL;
    bool is_valid = ddb_definition_create(spec, &definition, &fault);
    CHECK(is_valid);
    stop(table, number);
    ddb_table_changed(table);
    if (ddb_items_remove_index(&table->items, number, &error) == RESULT_OK) {
        size_t behind = table->definition->index_count - number - 1;
        tell(table, "index.deleted", name);
        memmove(&table->index_totals[number], &table->index_totals[number + 1],
                behind * sizeof *table->index_totals);
        memmove(&table->index_states[number], &table->index_states[number + 1],
                behind * sizeof *table->index_states);
        ddb_definition_destroy(table->definition);
        table->definition = definition;
    } else {
        tell_store_error(table, &error);
        table->index_states[number].status = DDB_INDEX_ACTIVE;
        ddb_definition_destroy(definition);
    }
    cJSON_Delete(spec);
    sim_arena_destroy(arena);
}

/* --- filling -----------------------------------------------------------------------------------
 */

static enum sim_result fill_entry(void *context, const struct ddb_key_blob *key, const cJSON *item,
                                  struct sim_arena *arena, struct sim_error *error)
{
    const struct ddb_index_backfill *backfill = context;
    size_t number = number_of(backfill->table, backfill->index_name);
    return ddb_commit_fill_index(backfill->table, number, key, item, arena, error);
}

/* Writes during the filling counted entries that were not there yet: only now is it known. */
static void finish(void *context)
{
    struct ddb_index_backfill *backfill = context;
    struct ddb_table *table = backfill->table;
    size_t number = number_of(table, backfill->index_name);
    struct ddb_index_totals totals = {0};
    struct sim_error error;
    backfill->walk = NULL;
    if (ddb_items_count_index(&table->items, number, &totals.item_count, &totals.size_bytes,
                              &error) != RESULT_OK)
        tell_store_error(table, &error);
    ddb_table_changed(table);
    table->index_totals[number] = totals;
    table->index_states[number].status = DDB_INDEX_ACTIVE;
    tell(table, "index.active", backfill->index_name);
    stop(table, number);
}

void ddb_index_backfill_start(struct ddb_table *table, size_t number)
{
    PRE(table->index_states[number].backfill == NULL);
    struct ddb_index_backfill *backfill = sim_alloc(sizeof *backfill);
    backfill->table = table;
    backfill->index_name = sim_strdup(table->definition->indexes[number].name);
    backfill->walk = ddb_walk_start(table, fill_entry, finish, backfill);
    table->index_states[number].backfill = backfill;
    ddb_table_changed(table);
}
