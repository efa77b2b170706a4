#include "emulators/dynamodb/table_document.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/recovery.h"
#include "emulators/dynamodb/replica_restore.h"
#include "emulators/dynamodb/restore.h"
#include "emulators/dynamodb/saved_json.h"
#include "emulators/dynamodb/stream.h"
#include "emulators/dynamodb/time_to_live.h"

/* --- plain fields -------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    size_t offset;
} fields[] = {
    /* uint64_t */
    {"Created", offsetof(struct ddb_table, created_us)},
    {"Active", offsetof(struct ddb_table, active_us)},
    {"Decreases.Day", offsetof(struct ddb_table, decreases.day)},
    {"Decreases.Count", offsetof(struct ddb_table, decreases.count)},
    {"Decreases.Last", offsetof(struct ddb_table, decreases.last_us)},
    {"Decreases.Increased", offsetof(struct ddb_table, decreases.increased_us)},
    {"Active", offsetof(struct ddb_table, active_us)},
    {"ShardsMade", offsetof(struct ddb_table, shards_made)},
    {"LastOnDemand", offsetof(struct ddb_table, last_on_demand_us)},
    {"ClassChange.0", offsetof(struct ddb_table, class_changes_us[0])},
    {"ClassChange.1", offsetof(struct ddb_table, class_changes_us[1])},
    {"EncryptionChange.0", offsetof(struct ddb_table, encryption_changes_us[0])},
    {"EncryptionChange.1", offsetof(struct ddb_table, encryption_changes_us[1])},
    {"EncryptionChange.2", offsetof(struct ddb_table, encryption_changes_us[2])},
    {"EncryptionChange.3", offsetof(struct ddb_table, encryption_changes_us[3])},
};

static const struct {
    const char *name;
    size_t offset;
} trees[] = {
    /* cJSON *, may be NULL */
    {"Settings", offsetof(struct ddb_table, settings)},
    {"Overrides", offsetof(struct ddb_table, overrides)},
    {"Tags", offsetof(struct ddb_table, tags)},
    {"Pending", offsetof(struct ddb_table, pending)},
};

static uint64_t number_at(const struct ddb_table *table, size_t offset)
{
    uint64_t number = 0;
    memcpy(&number, (const char *)table + offset, sizeof number);
    return number;
}

static cJSON *tree_at(const struct ddb_table *table, size_t offset)
{
    cJSON *tree = NULL;
    memcpy(&tree, (const char *)table + offset, sizeof(cJSON *));
    return tree;
}

static void save_plain(const struct ddb_table *table, cJSON *document)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        ddb_saved_add_number(document, fields[i].name, number_at(table, fields[i].offset));
    for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
        cJSON *tree = tree_at(table, trees[i].offset);
        if (tree != NULL)
            cJSON_AddItemReferenceToObject(document, trees[i].name, tree);
    }
    cJSON_AddBoolToObject(document, "IsProtected", table->is_protected);
}

static void load_plain(struct ddb_table *table, const cJSON *document)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        uint64_t number = ddb_saved_number(document, fields[i].name);
        memcpy((char *)table + fields[i].offset, &number, sizeof number);
    }
    for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
        const cJSON *tree = wire_member(document, trees[i].name);
        if (tree == NULL)
            continue;
        cJSON_Delete(tree_at(table, trees[i].offset));
        cJSON *copy = cJSON_Duplicate(tree, true);
        memcpy((char *)table + trees[i].offset, &copy, sizeof(cJSON *));
    }
    table->is_protected = wire_flag(document, "IsProtected", false);
}

/* --- indexes ------------------------------------------------------------------------------------
 */

static cJSON *save_indexes(const struct ddb_table *table)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < table->definition->index_count; i++) {
        const struct ddb_index_state *state = &table->index_states[i];
        cJSON *index = cJSON_CreateObject();
        if (!table->is_retired)
            ddb_saved_add_number(index, "Number", table->items.indexes[i].number);
        cJSON_AddBoolToObject(index, "IsFilling", state->backfill != NULL);
        ddb_saved_add_number(index, "Status", (uint64_t)state->status);
        ddb_saved_add_number(index, "Day", state->decreases.day);
        ddb_saved_add_number(index, "Count", state->decreases.count);
        ddb_saved_add_number(index, "Last", state->decreases.last_us);
        ddb_saved_add_number(index, "Increased", state->decreases.increased_us);
        cJSON_AddItemToArray(list, index);
    }
    return list;
}

static enum sim_result load_indexes(struct ddb_table *table, const cJSON *list,
                                    struct sim_error *error)
{
    size_t i = 0;
    const cJSON *index = NULL;
    cJSON_ArrayForEach(index, list)
    {
        struct ddb_index_state *state = &table->index_states[i];
        uint64_t status = ddb_saved_number(index, "Status");
        if (i == table->definition->index_count || status > DDB_INDEX_DELETING)
            return sim_error_set(error, RESULT_INVALID, "its list of indexes");
        *state = (struct ddb_index_state){
            .status = (enum ddb_index_status)status,
            .decreases = {.day = ddb_saved_number(index, "Day"),
                          .count = ddb_saved_number(index, "Count"),
                          .last_us = ddb_saved_number(index, "Last"),
                          .increased_us = ddb_saved_number(index, "Increased")},
        };
        i++;
    }
    return RESULT_OK;
}

/* --- whatever else has structure ----------------------------------------------------------------
 */

static const struct {
    const char *name;
    cJSON *(*save)(const struct ddb_table *table); /* NULL: there is nothing to say */
    enum sim_result (*load)(struct ddb_table *table, const cJSON *saved, struct sim_error *error);
} parts[] = {
    {"Indexes", save_indexes, load_indexes},
    {"Streams", ddb_streams_save, ddb_streams_load},
    {"Recovery", ddb_recovery_save, ddb_recovery_load},
    {"Restore", ddb_restore_save, ddb_restore_load},
    {"TimeToLive", ddb_time_to_live_save, ddb_time_to_live_load},
};

char *ddb_table_document(const struct ddb_table *table)
{
    cJSON *document = cJSON_CreateObject();
    cJSON_AddStringToObject(document, "Account", table->account);
    cJSON_AddStringToObject(document, "Name", table->name);
    cJSON_AddStringToObject(document, "Region", ddb_region_name(table));
    cJSON_AddStringToObject(document, "Id", table->id);
    ddb_saved_add_number(document, "Number", table->number);
    ddb_saved_add_number(document, "IndexesMade", table->items.indexes_made);
    ddb_saved_add_number(document, "Status", (uint64_t)table->status);
    if (table->is_retired)
        cJSON_AddTrueToObject(document, "IsRetired");
    cJSON_AddItemReferenceToObject(document, "Spec", table->definition->spec);
    save_plain(table, document);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        cJSON *saved = parts[i].save(table);
        if (saved != NULL)
            cJSON_AddItemToObject(document, parts[i].name, saved);
    }
    ddb_member_save(table, document);
    char *text = cJSON_PrintUnformatted(document);
    CHECK(text != NULL);
    cJSON_Delete(document);
    return text;
}

/* --- back ---------------------------------------------------------------------------------------
 */

static bool is_text(const cJSON *document, const char *name)
{
    return wire_text(document, name) != NULL;
}

static enum sim_result define(const cJSON *document, struct ddb_definition **definition,
                              struct sim_error *error)
{
    struct sim_arena *arena = sim_arena_create();
    struct ddb_fault fault = {.arena = arena};
    enum sim_result result = RESULT_OK;
    if (!ddb_definition_create(wire_member(document, "Spec"), definition, &fault))
        result = sim_error_set(error, RESULT_INVALID, "%s", fault.message);
    sim_arena_destroy(arena);
    return result;
}

static size_t *numbers_of(const cJSON *document, size_t count)
{
    size_t *numbers = sim_alloc_array(count + 1, sizeof *numbers);
    size_t i = 0;
    const cJSON *index = NULL;
    cJSON_ArrayForEach(index, wire_member(document, "Indexes"))
    {
        if (i < count)
            numbers[i++] = (size_t)ddb_saved_number(index, "Number");
    }
    return numbers;
}

static enum sim_result make(struct ddb_region *region, const cJSON *document,
                            struct ddb_definition *definition, struct ddb_table **table,
                            struct sim_error *error)
{
    const struct ddb_table_options options = {.account = wire_text(document, "Account"),
                                              .name = wire_text(document, "Name"),
                                              .definition = definition,
                                              .is_retired =
                                                  wire_flag(document, "IsRetired", false)};
    if (!options.is_retired && ddb_table_find(region, options.account, options.name) != NULL) {
        ddb_definition_destroy(definition);
        return sim_error_set(error, RESULT_INVALID, "it is there twice");
    }
    size_t *numbers = numbers_of(document, definition->index_count);
    struct ddb_table *made =
        ddb_table_restore(region, &options, ddb_saved_number(document, "Number"), numbers,
                          (size_t)ddb_saved_number(document, "IndexesMade"));
    free(numbers);
    strncpy(made->id, wire_text(document, "Id"), sizeof made->id - 1);
    made->status = (enum ddb_table_status)ddb_saved_number(document, "Status");
    load_plain(made, document);
    enum sim_result result = RESULT_OK;
    for (size_t i = 0; i < ARRAY_LEN(parts) && result == RESULT_OK; i++) {
        const cJSON *saved = wire_member(document, parts[i].name);
        if (saved != NULL)
            result = parts[i].load(made, saved, error);
    }
    *table = made; /* its Region's even after an error */
    return result;
}

enum sim_result ddb_table_from_document(struct ddb *ddb, const cJSON *document,
                                        struct ddb_table **table, struct sim_error *error)
{
    struct ddb_region *region = NULL;
    struct ddb_definition *definition = NULL;
    if (!is_text(document, "Account") || !is_text(document, "Name") ||
        !is_text(document, "Region") || !is_text(document, "Id") ||
        !cJSON_IsObject(wire_member(document, "Spec")) ||
        ddb_saved_number(document, "Number") == 0 ||
        ddb_saved_number(document, "Status") > DDB_TABLE_DELETING)
        return sim_error_set(error, RESULT_INVALID, "a member is missing or not readable");
    enum sim_result result = ddb_region_open(ddb, wire_text(document, "Region"), &region, error);
    if (result == RESULT_OK)
        result = define(document, &definition, error);
    return result == RESULT_OK ? make(region, document, definition, table, error) : result;
}
