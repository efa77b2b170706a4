#include "emulators/dynamodb/table_definition.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/projection.h"
#include "emulators/dynamodb/table_checks.h"
#include "emulators/wire/call.h"

static enum ddb_type type_of(const cJSON *definitions, const char *name)
{
    const cJSON *definition = NULL;
    cJSON_ArrayForEach(definition, definitions)
    {
        const char *defined = wire_text(definition, "AttributeName");
        if (defined != NULL && strcmp(defined, name) == 0)
            return ddb_type_find(wire_text(definition, "AttributeType"));
    }
    return DDB_TYPE_COUNT;
}

/* The schema has been checked: roles in order, counts within limits, every name defined. */
static void read_keys(struct sim_arena *arena, const cJSON *definitions, const cJSON *schema,
                      struct ddb_key_schema *keys)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, schema)
    {
        const char *name = sim_arena_strdup(arena, wire_text(element, "AttributeName"));
        struct ddb_key_attribute attribute = {.name = name, .type = type_of(definitions, name)};
        if (strcmp(wire_text(element, "KeyType"), "HASH") == 0)
            keys->hash[keys->hash_count++] = attribute;
        else
            keys->range[keys->range_count++] = attribute;
    }
}

static size_t add_key_names(const struct ddb_key_schema *keys, const char **names, size_t count)
{
    for (size_t i = 0; i < keys->hash_count; i++)
        names[count++] = keys->hash[i].name;
    for (size_t i = 0; i < keys->range_count; i++)
        names[count++] = keys->range[i].name;
    return count;
}

static const struct ddb_binding *projected_attributes(struct sim_arena *arena,
                                                      const struct ddb_key_schema *table,
                                                      const struct ddb_key_schema *index,
                                                      const cJSON *included)
{
    size_t capacity = 4 * DDB_KEY_PARTS_MAX + (size_t)cJSON_GetArraySize(included);
    const char **names = sim_arena_alloc_array(arena, capacity, sizeof *names);
    size_t count = add_key_names(index, names, add_key_names(table, names, 0));
    const cJSON *name = NULL;
    cJSON_ArrayForEach(name, included)
    {
        names[count++] = cJSON_GetStringValue(name);
    }
    size_t kept = 0; /* each name once: a path must not be projected twice */
    for (size_t i = 0; i < count; i++) {
        bool is_known = false;
        for (size_t k = 0; k < kept && !is_known; k++)
            is_known = strcmp(names[k], names[i]) == 0;
        if (!is_known)
            names[kept++] = names[i];
    }
    return ddb_projection_of_names(arena, names, kept);
}

static void read_index(struct ddb_definition *definition, const cJSON *spec, bool is_global)
{
    struct sim_arena *arena = definition->arena;
    struct ddb_index_definition *index = &definition->indexes[definition->index_count++];
    const cJSON *projection = wire_member(spec, "Projection");
    const char *type = wire_text(projection, "ProjectionType");
    index->name = sim_arena_strdup(arena, wire_text(spec, "IndexName"));
    index->is_global = is_global;
    index->spec = spec;
    read_keys(arena, wire_member(definition->spec, "AttributeDefinitions"),
              wire_member(spec, "KeySchema"), &index->keys);
    index->projection = strcmp(type, "ALL") == 0       ? DDB_PROJECT_ALL
                        : strcmp(type, "INCLUDE") == 0 ? DDB_PROJECT_INCLUDE
                                                       : DDB_PROJECT_KEYS_ONLY;
    if (index->projection != DDB_PROJECT_ALL)
        index->projected = projected_attributes(arena, &definition->keys, &index->keys,
                                                wire_member(projection, "NonKeyAttributes"));
}

static void read_indexes(struct ddb_definition *definition)
{
    const cJSON *local = wire_member(definition->spec, "LocalSecondaryIndexes");
    const cJSON *global = wire_member(definition->spec, "GlobalSecondaryIndexes");
    size_t count = (size_t)cJSON_GetArraySize(local) + (size_t)cJSON_GetArraySize(global);
    definition->indexes =
        sim_arena_alloc_array(definition->arena, count + 1, sizeof *definition->indexes);
    const cJSON *index = NULL;
    cJSON_ArrayForEach(index, local)
    {
        read_index(definition, index, false);
    }
    definition->local_index_count = definition->index_count;
    cJSON_ArrayForEach(index, global)
    {
        read_index(definition, index, true);
    }
}

/* What the service gives back sorted by name. */
static int compare_names(const void *a, const void *b)
{
    const cJSON *const *left = a;
    const cJSON *const *right = b;
    return strcmp(wire_text(*left, "AttributeName"), wire_text(*right, "AttributeName"));
}

static void sort_definitions(cJSON *definitions)
{
    size_t count = (size_t)cJSON_GetArraySize(definitions);
    cJSON **elements = sim_alloc_array(count + 1, sizeof(cJSON *));
    for (size_t i = 0; i < count; i++)
        elements[i] = cJSON_DetachItemFromArray(definitions, 0);
    qsort(elements, count, sizeof(cJSON *), compare_names);
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(definitions, elements[i]);
    free(elements);
}

static cJSON *reduce_to_spec(const cJSON *input)
{
    static const char *const members[] = {
        "AttributeDefinitions",   "KeySchema",      "LocalSecondaryIndexes",
        "GlobalSecondaryIndexes", "BillingMode",    "ProvisionedThroughput",
        "OnDemandThroughput",     "TableClass",     "StreamSpecification",
        "SSESpecification",       "WarmThroughput",
    };
    cJSON *spec = cJSON_CreateObject();
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const cJSON *member = wire_member(input, members[i]);
        if (member != NULL)
            cJSON_AddItemToObject(spec, members[i], cJSON_Duplicate(member, true));
    }
    return spec;
}

bool ddb_definition_create(const cJSON *input, struct ddb_definition **definition,
                           struct ddb_fault *fault)
{
    if (!ddb_table_check_billing(input, fault) || !ddb_table_check_schema(input, fault) ||
        !ddb_table_check_settings(input, fault))
        return false;
    struct ddb_definition *fresh = sim_alloc(sizeof *fresh);
    fresh->arena = sim_arena_create();
    fresh->spec = reduce_to_spec(input);
    sort_definitions(cJSON_GetObjectItemCaseSensitive(fresh->spec, "AttributeDefinitions"));
    read_keys(fresh->arena, wire_member(fresh->spec, "AttributeDefinitions"),
              wire_member(fresh->spec, "KeySchema"), &fresh->keys);
    read_indexes(fresh);
    const char *mode = wire_text(fresh->spec, "BillingMode");
    fresh->is_on_demand = mode != NULL && strcmp(mode, "PAY_PER_REQUEST") == 0;
    *definition = fresh;
    return true;
}

void ddb_definition_destroy(struct ddb_definition *definition)
{
    if (definition == NULL)
        return;
    cJSON_Delete(definition->spec);
    sim_arena_destroy(definition->arena);
    free(definition);
}

const struct ddb_index_definition *
ddb_definition_index_find(const struct ddb_definition *definition, const char *name)
{
    for (size_t i = 0; i < definition->index_count; i++) {
        if (strcmp(definition->indexes[i].name, name) == 0)
            return &definition->indexes[i];
    }
    return NULL;
}

bool ddb_index_has_attribute(const struct ddb_definition *definition,
                             const struct ddb_index_definition *index, const char *attribute)
{
    if (index->projection == DDB_PROJECT_ALL || ddb_key_schema_has(&index->keys, attribute) ||
        ddb_key_schema_has(&definition->keys, attribute))
        return true;
    const cJSON *name = NULL;
    cJSON_ArrayForEach(name,
                       wire_member(wire_member(index->spec, "Projection"), "NonKeyAttributes"))
    {
        if (strcmp(cJSON_GetStringValue(name), attribute) == 0)
            return true;
    }
    return false;
}

void ddb_definition_set(struct ddb_definition *definition, const char *member, cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(definition->spec, member);
    if (value != NULL)
        cJSON_AddItemToObject(definition->spec, member, value);
    const char *mode = wire_text(definition->spec, "BillingMode");
    definition->is_on_demand = mode != NULL && strcmp(mode, "PAY_PER_REQUEST") == 0;
}

void ddb_definition_drop_index_throughput(struct ddb_definition *definition)
{
    cJSON *index = NULL;
    cJSON_ArrayForEach(index,
                       cJSON_GetObjectItemCaseSensitive(definition->spec, "GlobalSecondaryIndexes"))
    {
        cJSON_DeleteItemFromObjectCaseSensitive(index, "ProvisionedThroughput");
    }
}
