/* The tables of a world file. */
#include <string.h>

#include "topology/world_file_internal.h"

static const char *const key_types[] = {"S", "N", "B"};

/* "OrderId", or {name: OrderId, type: N}. */
static enum sim_result read_key(struct world_loader *loader, const struct topo_node *value,
                                struct topo_key_attribute *key)
{
    if (value == NULL)
        return RESULT_OK;
    key->type = key_types[0];
    if (value->kind == TOPO_SCALAR)
        return topo_read_text(value, &key->name, loader->error);
    enum sim_result result = topo_check_section(value, &world_section_key, loader->error);
    if (result == RESULT_OK)
        result = topo_read_text(topo_node_find(value, "name"), &key->name, loader->error);
    size_t type = 0;
    if (result == RESULT_OK)
        result = topo_read_choice(topo_node_find(value, "type"), key_types, ARRAY_LEN(key_types),
                                  &type, loader->error);
    key->type = key_types[type];
    return result;
}

static enum sim_result read_table(struct world_loader *loader, const struct topo_node *node,
                                  void *entry)
{
    struct topo_table_entry *table = entry;
    const struct topo_node *name = topo_node_find(node, "name");
    const struct topo_node *sort_key = topo_node_find(node, "sort_key");
    enum sim_result result = topo_read_text(name, &table->name, loader->error);
    if (result == RESULT_OK)
        result = world_check_unique(loader, name, "table", loader->file->tables,
                                    loader->file->table_count, sizeof *table);
    if (result == RESULT_OK)
        result = read_key(loader, topo_node_find(node, "partition_key"), &table->partition_key);
    if (result == RESULT_OK)
        result = read_key(loader, sort_key, &table->sort_key);
    if (result == RESULT_OK && sort_key != NULL &&
        strcmp(table->sort_key.name, table->partition_key.name) == 0)
        result = topo_node_fail(sort_key, loader->error,
                                "'sort_key' must be another attribute than 'partition_key'");
    if (result == RESULT_OK)
        result = world_read_regions(loader, topo_node_find(node, "regions"), &table->regions);
    return result;
}

enum sim_result world_read_dynamodb(struct world_loader *loader, const struct topo_node *node)
{
    if (node == NULL)
        return RESULT_OK;
    enum sim_result result = topo_check_section(node, &world_section_dynamodb, loader->error);
    if (result != RESULT_OK)
        return result;
    struct topo_world_file *file = loader->file;
    result = topo_read_flag(topo_node_find(node, "throttling"), &file->throttles, loader->error);
    if (result != RESULT_OK)
        return result;
    const struct topo_node *tables = topo_node_find(node, "tables");
    file->tables = world_alloc_entries(loader, tables, sizeof *file->tables);
    return world_read_list(loader, tables, &world_section_table, sizeof *file->tables, read_table,
                           file->tables, &file->table_count);
}
