#include "emulators/dynamodb/table_setting.h"

#include <stdlib.h>

#include "emulators/dynamodb/item_request.h"
#include "sim/core/buffer.h"

const cJSON *ddb_settings_of(const struct ddb_table *table, const char *kind)
{
    return wire_member(table->settings, kind);
}

const cJSON *ddb_setting_find(const struct ddb_table *table, const char *kind, const char *key)
{
    return wire_member(ddb_settings_of(table, kind), key);
}

void ddb_setting_put(struct ddb_table *table, const char *kind, const char *key, cJSON *value)
{
    if (table->settings == NULL)
        table->settings = cJSON_CreateObject();
    cJSON *kept = cJSON_GetObjectItemCaseSensitive(table->settings, kind);
    if (kept == NULL)
        kept = cJSON_AddObjectToObject(table->settings, kind);
    if (value == NULL)
        cJSON_DeleteItemFromObjectCaseSensitive(kept, key);
    else if (!cJSON_ReplaceItemInObjectCaseSensitive(kept, key, value))
        cJSON_AddItemToObject(kept, key, value);
}

/* As text: a JSON number has 53 bits. */
void ddb_setting_stamp(const struct ddb_table *table, cJSON *value)
{
    struct sim_buffer text;
    sim_buffer_init(&text);
    sim_buffer_printf(&text, "%llu", (unsigned long long)ddb_now_us(table->ddb));
    cJSON_DeleteItemFromObjectCaseSensitive(value, "ChangedUs");
    cJSON_AddStringToObject(value, "ChangedUs", text.data);
    sim_buffer_fini(&text);
}

bool ddb_setting_is_over(const struct ddb *ddb, const cJSON *value)
{
    uint64_t changed_us = strtoull(wire_text(value, "ChangedUs"), NULL, 10);
    return ddb_now_us(ddb) - changed_us >= ddb->transient_delay_us;
}

const char *ddb_setting_state(const struct ddb_table *table, const cJSON *value, const char *first,
                              const char *then)
{
    return ddb_setting_is_over(table->ddb, value) ? then : first;
}

bool ddb_request_settled_table(struct ddb *ddb, const struct wire_call *call,
                               struct ddb_table **table, struct ddb_fault *fault)
{
    const char *name = wire_text(call->input, "TableName");
    if (!ddb_request_table_control(ddb, call, name, table, fault))
        return false;
    if ((*table)->status == DDB_TABLE_CREATING || (*table)->status == DDB_TABLE_DELETING)
        return ddb_fail(fault, "ResourceNotFoundException",
                        "Requested resource not found: Table: %s not found", (*table)->name);
    return true;
}
