/* ExclusiveStartKey: its values are looked at before the table is known, its shape when it is, and
 * what remains once the key condition has been found good. A Scan of the table itself has one text
 * for all that does not fit. */
#include <string.h>

#include "emulators/dynamodb/page.h"

#define START_TEXT "The provided starting key is invalid"

static bool prefix_fault(struct ddb_fault *fault)
{
    fault->message = sim_arena_printf(fault->arena, START_TEXT ": %s", fault->message);
    return false;
}

bool ddb_page_parse_start(struct ddb_page *page, struct ddb_fault *fault)
{
    const cJSON *map = wire_member(page->call->input, "ExclusiveStartKey");
    page->has_start = map != NULL;
    if (map == NULL || ddb_request_item(map, &page->start_map, fault))
        return true;
    return fault->wording == DDB_WORDING_OLDER ? prefix_fault(fault) : false;
}

/* All of the table's and the index's key attributes, each once. */
static size_t count_key_attributes(const struct ddb_page *page)
{
    const struct ddb_key_schema *table_keys = &page->table->definition->keys;
    size_t count = table_keys->hash_count + table_keys->range_count;
    if (page->index == NULL)
        return count;
    for (size_t i = 0; i < page->keys->hash_count; i++)
        count += ddb_key_schema_has(table_keys, page->keys->hash[i].name) ? 0 : 1;
    for (size_t i = 0; i < page->keys->range_count; i++)
        count += ddb_key_schema_has(table_keys, page->keys->range[i].name) ? 0 : 1;
    return count;
}

static bool check_attribute(const struct ddb_page *page, const struct ddb_key_attribute *attribute,
                            struct ddb_fault *fault)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(page->start_map, attribute->name);
    if (value == NULL)
        return ddb_invalid(fault, START_TEXT);
    return ddb_value_type(value) == attribute->type ||
           ddb_invalid(fault, "The provided key element does not match the schema");
}

static bool is_table_scan(const struct ddb_page *page)
{
    return !page->is_query && page->index == NULL;
}

bool ddb_page_check_start(const struct ddb_page *page, struct ddb_fault *fault)
{
    if (!page->has_start || is_table_scan(page))
        return true;
    if ((size_t)cJSON_GetArraySize(page->start_map) != count_key_attributes(page))
        return ddb_invalid(fault, START_TEXT);
    for (size_t i = 0; i < page->keys->hash_count; i++) {
        if (!check_attribute(page, &page->keys->hash[i], fault))
            return false;
    }
    return true;
}

static bool read_index_start(struct ddb_page *page, struct ddb_fault *fault)
{
    const struct ddb_key_schema *table_keys = &page->table->definition->keys;
    struct ddb_key_blob table_key;
    cJSON *table_map = ddb_key_extract(table_keys, page->start_map, NULL);
    ddb_defer_json(fault->arena, table_map);
    if (!ddb_key_from_map(table_keys, table_map, &table_key, fault))
        return prefix_fault(fault);
    return ddb_index_key_encode(fault->arena, page->keys, page->start_map, &table_key,
                                &page->start) ||
           ddb_invalid(fault, START_TEXT);
}

bool ddb_page_read_start(struct ddb_page *page, struct ddb_fault *fault)
{
    if (!page->has_start)
        return true;
    for (size_t i = 0; i < page->keys->range_count && !is_table_scan(page); i++) {
        if (!check_attribute(page, &page->keys->range[i], fault))
            return false;
    }
    if (page->index != NULL)
        return read_index_start(page, fault);
    return ddb_key_from_map(page->keys, page->start_map, &page->start, fault) ||
           prefix_fault(fault);
}
