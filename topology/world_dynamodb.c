/* Tables and their replicas. */
#include <string.h>

#include "topology/world_internal.h"

#define SERVICE "dynamodb"

static void add_key(cJSON *attributes, cJSON *schema, const struct topo_key_attribute *key,
                    const char *role)
{
    if (key->name == NULL)
        return;
    cJSON *attribute = cJSON_CreateObject();
    cJSON_AddStringToObject(attribute, "AttributeName", key->name);
    cJSON_AddStringToObject(attribute, "AttributeType", key->type);
    cJSON_AddItemToArray(attributes, attribute);
    cJSON *element = cJSON_CreateObject();
    cJSON_AddStringToObject(element, "AttributeName", key->name);
    cJSON_AddStringToObject(element, "KeyType", role);
    cJSON_AddItemToArray(schema, element);
}

static cJSON *create_table_input(const struct topo_table_entry *table)
{
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "TableName", table->name);
    cJSON *attributes = cJSON_AddArrayToObject(input, "AttributeDefinitions");
    cJSON *schema = cJSON_AddArrayToObject(input, "KeySchema");
    add_key(attributes, schema, &table->partition_key, "HASH");
    add_key(attributes, schema, &table->sort_key, "RANGE");
    cJSON_AddStringToObject(input, "BillingMode", "PAY_PER_REQUEST");
    cJSON *stream = cJSON_AddObjectToObject(input, "StreamSpecification");
    cJSON_AddTrueToObject(stream, "StreamEnabled");
    cJSON_AddStringToObject(stream, "StreamViewType", "NEW_AND_OLD_IMAGES");
    return input;
}

static cJSON *table_input(const struct topo_table_entry *table)
{
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "TableName", table->name);
    return input;
}

static enum sim_result describe(struct topo_world *world, const struct topo_table_entry *table,
                                const char *region, cJSON **output, struct sim_error *error)
{
    struct world_call call = {table->at, SERVICE, "DescribeTable", region, NULL};
    return world_call(world, &call, table_input(table), output, error);
}

/* The table is ACTIVE, and so are its replicas, count of them. */
static bool is_active(const cJSON *output, size_t replica_count)
{
    const cJSON *table = wire_member(output, "Table");
    const char *status = wire_text(table, "TableStatus");
    if (status == NULL || strcmp(status, "ACTIVE") != 0)
        return false;
    size_t active = 0;
    const cJSON *replica = NULL;
    cJSON_ArrayForEach(replica, wire_member(table, "Replicas"))
    {
        const char *replica_status = wire_text(replica, "ReplicaStatus");
        active += replica_status != NULL && strcmp(replica_status, "ACTIVE") == 0;
    }
    return active >= replica_count;
}

/* Set-up has no delays, so at most what the service itself takes time for is waited for. */
static enum sim_result await_active(struct topo_world *world, const struct topo_table_entry *table,
                                    const char *region, size_t replica_count,
                                    struct sim_error *error)
{
    do {
        cJSON *output = NULL;
        enum sim_result result = describe(world, table, region, &output, error);
        if (result != RESULT_OK)
            return result;
        bool active = is_active(output, replica_count);
        cJSON_Delete(output);
        if (active)
            return RESULT_OK;
    } while (world_step(world));
    return topo_node_fail(table->at, error, "the table '%s' does not become ACTIVE in %s",
                          table->name, region);
}

static enum sim_result add_replica(struct topo_world *world, const struct topo_table_entry *table,
                                   const char *region, struct sim_error *error)
{
    cJSON *input = table_input(table);
    cJSON *updates = cJSON_AddArrayToObject(input, "ReplicaUpdates");
    cJSON *update = cJSON_CreateObject();
    cJSON_AddItemToArray(updates, update);
    cJSON *create = cJSON_AddObjectToObject(update, "Create");
    cJSON_AddStringToObject(create, "RegionName", region);
    struct world_call call = {table->at, SERVICE, "UpdateTable", table->regions.values[0], NULL};
    return world_call(world, &call, input, NULL, error);
}

static enum sim_result make_table(struct topo_world *world, const struct topo_table_entry *table,
                                  struct sim_error *error)
{
    const char *home = table->regions.values[0];
    struct world_call call = {table->at, SERVICE, "CreateTable", home, NULL};
    enum sim_result result = world_call(world, &call, create_table_input(table), NULL, error);
    if (result == RESULT_OK)
        result = await_active(world, table, home, 0, error);
    for (size_t i = 1; i < table->regions.count && result == RESULT_OK; i++) {
        result = add_replica(world, table, table->regions.values[i], error);
        if (result == RESULT_OK)
            result = await_active(world, table, home, i, error);
        if (result == RESULT_OK)
            result = await_active(world, table, table->regions.values[i], i, error);
    }
    return result;
}

/* A world with a data folder finds its tables there when it starts again. */
static bool exists_already(struct topo_world *world, const struct topo_table_entry *table)
{
    if (world->options.data == NULL)
        return false;
    return describe(world, table, table->regions.values[0], NULL, NULL) == RESULT_OK;
}

static enum sim_result set_lag(struct topo_world *world, const struct topo_table_entry *table,
                               const struct topo_table_link_entry *link, bool is_back,
                               struct sim_error *error)
{
    struct sim_network *network = world->core.network;
    const struct sim_region *from =
        sim_network_region_find(network, is_back ? link->to : link->from);
    const struct sim_region *to = sim_network_region_find(network, is_back ? link->from : link->to);
    struct sim_error inner;
    if (ddb_set_table_lag(world->ddb, table->name, from, to, link->replication, &inner) ==
        RESULT_OK)
        return RESULT_OK;
    return topo_node_fail(link->at, error, "%s", inner.message);
}

static enum sim_result set_lags(struct topo_world *world, const struct topo_table_entry *table,
                                struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    for (size_t i = 0; i < table->link_count && result == RESULT_OK; i++) {
        result = set_lag(world, table, &table->links[i], false, error);
        if (result == RESULT_OK && table->links[i].both_ways)
            result = set_lag(world, table, &table->links[i], true, error);
    }
    return result;
}

enum sim_result world_make_tables(struct topo_world *world, struct sim_error *error)
{
    const struct topo_world_file *file = world->file;
    enum sim_result result = RESULT_OK;
    for (size_t i = 0; i < file->table_count && result == RESULT_OK; i++) {
        const struct topo_table_entry *table = &file->tables[i];
        result = set_lags(world, table, error);
        if (result == RESULT_OK && !exists_already(world, table))
            result = make_table(world, table, error);
        topo_names_add(world->names, table->name, "table.%s.name", table->name);
    }
    return result;
}
