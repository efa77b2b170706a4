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

static bool is_among(const struct topo_texts *texts, const char *text)
{
    for (size_t i = 0; i < texts->count; i++)
        if (strcmp(texts->values[i], text) == 0)
            return true;
    return false;
}

static enum sim_result read_table_link(struct world_loader *loader, const struct topo_node *node,
                                       void *entry)
{
    struct topo_table_link_entry *link = entry;
    const struct topo_node *to = topo_node_find(node, "to");
    enum sim_result result =
        world_read_region(loader, topo_node_find(node, "from"), true, &link->from);
    if (result == RESULT_OK)
        result = world_read_region(loader, to, true, &link->to);
    if (result == RESULT_OK)
        result = topo_read_flag(topo_node_find(node, "both_ways"), &link->both_ways, loader->error);
    if (result == RESULT_OK)
        result = world_read_lag(loader, topo_node_find(node, "replication"), &link->replication);
    if (result == RESULT_OK && strcmp(link->from, link->to) == 0)
        return topo_node_fail(to, loader->error,
                              "a Region does not replicate to itself; 'from' and 'to' must differ");
    return result;
}

/* Between Regions that the table is in. */
static enum sim_result read_table_links(struct world_loader *loader, const struct topo_node *list,
                                        struct topo_table_entry *table)
{
    table->links = world_alloc_entries(loader, list, sizeof *table->links);
    enum sim_result result =
        world_read_list(loader, list, &world_section_table_link, sizeof *table->links,
                        read_table_link, table->links, &table->link_count);
    for (size_t i = 0; i < table->link_count && result == RESULT_OK; i++) {
        const struct topo_table_link_entry *link = &table->links[i];
        bool has_from = is_among(&table->regions, link->from);
        if (!has_from || !is_among(&table->regions, link->to))
            result = topo_node_fail(link->at, loader->error,
                                    "the table '%.64s' has no replica in %s; name two of its "
                                    "'regions'",
                                    table->name, has_from ? link->to : link->from);
    }
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
    if (result == RESULT_OK)
        result = read_table_links(loader, topo_node_find(node, "links"), table);
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
