/* What a call that takes time claims when it arrives. A call that turns out to be wrong claims
 * nothing: its handler will say so at the end of its time. */
#include <string.h>

#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/transaction.h"
#include "emulators/dynamodb/transaction_claims.h"
#include "emulators/dynamodb/transaction_tokens.h"

struct collection {
    struct ddb *ddb;
    struct wire_call *call;
    struct ddb_claim_item *items;
    size_t count;
    bool is_read;
};

/* map is the Item (is_item) or Key. */
static bool collect_map(struct collection *collection, const char *table_name, const cJSON *map,
                        bool is_item)
{
    struct ddb_fault fault = {.arena = collection->call->arena};
    struct ddb_table *table = NULL;
    cJSON *normal = NULL;
    struct ddb_claim_item *item = &collection->items[collection->count];
    if (table_name == NULL || map == NULL || !ddb_request_item(map, &normal, &fault) ||
        !ddb_request_table_found(collection->ddb, collection->call, table_name, &table, &fault))
        return false;
    const struct ddb_key_schema *keys = &table->definition->keys;
    bool is_good = is_item ? ddb_key_from_item(keys, normal, &item->key, &fault)
                           : ddb_key_from_map(keys, normal, &item->key, &fault);
    if (!is_good)
        return false;
    item->table = table;
    collection->count++;
    return true;
}

static bool collect_action(struct collection *collection, const cJSON *action)
{
    const cJSON *item = wire_member(action, "Item");
    return collect_map(collection, wire_text(action, "TableName"),
                       item != NULL ? item : wire_member(action, "Key"), item != NULL);
}

static void reserve(struct collection *collection, size_t count)
{
    collection->items =
        sim_arena_alloc_array(collection->call->arena, count + 1, sizeof *collection->items);
}

static bool collect_single(struct collection *collection)
{
    reserve(collection, 1);
    return collect_action(collection, collection->call->input);
}

/* Each element holds one action or Get, whatever its name. */
static bool collect_elements(struct collection *collection)
{
    const cJSON *elements = wire_member(collection->call->input, "TransactItems");
    int count = cJSON_GetArraySize(elements);
    if (count > DDB_TRANSACTION_ACTIONS_MAX)
        return false;
    reserve(collection, (size_t)count);
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, elements)
    {
        if (element->child == NULL || !collect_action(collection, element->child))
            return false;
    }
    return true;
}

static bool collect_batch(struct collection *collection)
{
    const cJSON *tables = wire_member(collection->call->input, "RequestItems");
    const cJSON *requests = NULL;
    size_t count = 0;
    cJSON_ArrayForEach(requests, tables)
    {
        count += (size_t)cJSON_GetArraySize(requests);
    }
    reserve(collection, count);
    cJSON_ArrayForEach(requests, tables)
    {
        const cJSON *request = NULL;
        cJSON_ArrayForEach(request, requests)
        {
            const cJSON *item = wire_member(wire_member(request, "PutRequest"), "Item");
            const cJSON *key = wire_member(wire_member(request, "DeleteRequest"), "Key");
            if (!collect_map(collection, requests->string, item != NULL ? item : key, item != NULL))
                return false;
        }
    }
    return true;
}

static bool collect_statements(struct collection *collection)
{
    return ddb_partiql_transaction_items(collection->ddb, collection->call, &collection->items,
                                         &collection->count, &collection->is_read);
}

static const struct {
    const char *operation;
    enum ddb_claim_kind kind;
    bool (*collect)(struct collection *collection);
} rows[] = {
    {"BatchWriteItem", DDB_CLAIM_WRITE, collect_batch},
    {"DeleteItem", DDB_CLAIM_WRITE, collect_single},
    {"ExecuteTransaction", DDB_CLAIM_TRANSACTION, collect_statements},
    {"PutItem", DDB_CLAIM_WRITE, collect_single},
    {"TransactGetItems", DDB_CLAIM_READ, collect_elements},
    {"TransactWriteItems", DDB_CLAIM_TRANSACTION, collect_elements},
    {"UpdateItem", DDB_CLAIM_WRITE, collect_single},
};

void ddb_claims_begin_call(void *ddb, struct wire_call *call)
{
    struct ddb_region *region = ddb_region_find(ddb, call->region);
    for (size_t i = 0; region != NULL && i < ARRAY_LEN(rows); i++) {
        if (strcmp(rows[i].operation, call->operation->name) != 0)
            continue;
        struct collection collection = {.ddb = ddb, .call = call};
        if (!rows[i].collect(&collection) || collection.count == 0)
            return;
        const char *token = rows[i].kind == DDB_CLAIM_TRANSACTION && !collection.is_read
                                ? ddb_transaction_token(call)
                                : NULL;
        if (token != NULL &&
            ddb_tokens_ask(region->tokens, token, "", ddb_now_us(ddb)) != DDB_TOKEN_NEW)
            return; /* done before: it will only read */
        call->begun = ddb_claim_begin(region->claims, call->arena,
                                      collection.is_read ? DDB_CLAIM_READ : rows[i].kind,
                                      collection.items, collection.count, token);
    }
}
