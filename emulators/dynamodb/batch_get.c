#include <string.h>

#include "emulators/dynamodb/capacity.h"
#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/legacy.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/projection.h"
#include "emulators/dynamodb/throttle.h"

#define BATCH_KEYS_MAX        100
#define BATCH_REPLY_BYTES_MAX ((size_t)16 * 1024 * 1024)

struct block { /* one table's part of the request */
    const cJSON *request;
    const char *name; /* as the client wrote it */
    const struct ddb_binding *projection;
    struct ddb_table *table;
    size_t key_count;
    cJSON **key_maps;
    struct ddb_key_blob *keys;
    bool is_consistent;
};

struct batch {
    struct wire_call *call;
    struct block *blocks;
    size_t block_count;
    struct ddb_capacity capacity;
    size_t bytes; /* of the items so far */
    size_t read_count;
    struct ddb_fault throttled; /* of the last key that throughput did not reach for */
};

static bool check_duplicates(const cJSON *keys, struct ddb_fault *fault)
{
    for (const cJSON *key = keys->child; key != NULL; key = key->next) {
        for (const cJSON *other = key->next; other != NULL; other = other->next) {
            if (cJSON_Compare(key, other, true))
                return ddb_invalid(fault, "Provided list of item keys contains duplicates");
        }
    }
    return true;
}

static bool parse_block(struct block *block, struct ddb_fault *fault)
{
    struct ddb_expression_context context;
    struct ddb_expression_options options = {
        .names = wire_member(block->request, "ExpressionAttributeNames"),
        .possible = "ProjectionExpression is",
        .has_expression = wire_member(block->request, "ProjectionExpression") != NULL,
    };
    const cJSON *keys = wire_member(block->request, "Keys");
    block->is_consistent = wire_flag(block->request, "ConsistentRead", false);
    block->key_count = (size_t)cJSON_GetArraySize(keys);
    block->key_maps = sim_arena_alloc_array(fault->arena, block->key_count + 1, sizeof(cJSON *));
    block->keys = sim_arena_alloc_array(fault->arena, block->key_count + 1, sizeof *block->keys);
    if (!ddb_expression_context_init(&context, &options, fault) ||
        !ddb_request_projection(block->request, &context, &block->projection, fault) ||
        !ddb_expression_context_finish(&context, fault))
        return false;
    size_t i = 0;
    const cJSON *key = NULL;
    cJSON_ArrayForEach(key, keys)
    {
        if (!ddb_request_item(key, &block->key_maps[i++], fault))
            return false;
    }
    return check_duplicates(keys, fault);
}

/* The older and the newer way to project do not mix, not even from one table to the next. */
static bool check_mixing(const cJSON *items, struct ddb_fault *fault)
{
    bool has_names = false;
    bool has_expression = false;
    const cJSON *request = NULL;
    cJSON_ArrayForEach(request, items)
    {
        has_names |= wire_member(request, "AttributesToGet") != NULL;
        has_expression |= wire_member(request, "ProjectionExpression") != NULL;
    }
    return !has_names || !has_expression ||
           ddb_invalid(fault, "Can not use both expression and non-expression parameters in the "
                              "same request: Non-expression parameters: {AttributesToGet} "
                              "Expression parameters: {ProjectionExpression}");
}

static bool parse(struct batch *batch, struct ddb_fault *fault)
{
    const cJSON *items = wire_member(batch->call->input, "RequestItems");
    batch->blocks = sim_arena_alloc_array(fault->arena, (size_t)cJSON_GetArraySize(items) + 1,
                                          sizeof *batch->blocks);
    size_t key_count = 0;
    const cJSON *request = NULL;
    cJSON_ArrayForEach(request, items)
    {
        struct block *block = &batch->blocks[batch->block_count++];
        *block = (struct block){.request = request, .name = request->string};
        key_count += (size_t)cJSON_GetArraySize(wire_member(request, "Keys"));
    }
    if (key_count > BATCH_KEYS_MAX)
        return ddb_invalid(fault, "Too many items requested for the BatchGetItem call");
    if (!check_mixing(items, fault))
        return false;
    for (size_t i = 0; i < batch->block_count; i++) {
        if (!parse_block(&batch->blocks[i], fault))
            return false;
    }
    return true;
}

static bool locate(struct batch *batch, struct ddb *ddb, struct ddb_fault *fault)
{
    for (size_t i = 0; i < batch->block_count; i++) {
        if (!ddb_request_table(ddb, batch->call, batch->blocks[i].name, &batch->blocks[i].table,
                               fault))
            return false;
    }
    for (size_t i = 0; i < batch->block_count; i++) {
        struct block *block = &batch->blocks[i];
        for (size_t k = 0; k < block->key_count; k++) {
            if (!ddb_key_from_map(&block->table->definition->keys, block->key_maps[k],
                                  &block->keys[k], fault))
                return false;
        }
        if (!ddb_request_check_paths(block->table->definition, block->projection, fault))
            return false;
    }
    return true;
}

/* What did not fit goes back to the client: the block with that key of it. */
static void add_unprocessed(cJSON *output, const struct block *block, size_t number)
{
    cJSON *unprocessed = cJSON_GetObjectItemCaseSensitive(output, "UnprocessedKeys");
    cJSON *rest = cJSON_GetObjectItemCaseSensitive(unprocessed, block->name);
    if (rest == NULL) {
        rest = cJSON_Duplicate(block->request, true);
        cJSON_DeleteItemFromObjectCaseSensitive(rest, "Keys");
        cJSON_AddArrayToObject(rest, "Keys");
        cJSON_AddItemToObject(unprocessed, block->name, rest);
    }
    const cJSON *key = cJSON_GetArrayItem(wire_member(block->request, "Keys"), (int)number);
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(rest, "Keys"),
                         cJSON_Duplicate(key, true));
}

static void add_item(cJSON *list, struct sim_arena *arena, const struct block *block,
                     const char *text)
{
    if (block->projection == NULL) {
        cJSON_AddItemToArray(list, ddb_raw_item(text));
        return;
    }
    cJSON *item = cJSON_Parse(text);
    ddb_defer_json(arena, item);
    cJSON_AddItemToArray(list, ddb_projection_build(block->projection, item));
}

static enum sim_result read_block(struct batch *batch, const struct block *block, cJSON *output,
                                  struct sim_error *error)
{
    struct sim_arena *arena = batch->call->arena;
    cJSON *list =
        cJSON_AddArrayToObject(cJSON_GetObjectItemCaseSensitive(output, "Responses"), block->name);
    for (size_t i = 0; i < block->key_count; i++) {
        if (batch->bytes >= BATCH_REPLY_BYTES_MAX) {
            add_unprocessed(output, block, i);
            continue;
        }
        struct ddb_row row;
        bool found = false;
        enum sim_result result =
            ddb_items_read(&block->table->items, &block->keys[i], arena, &row, &found, error);
        if (result != RESULT_OK)
            return result;
        uint64_t halves = ddb_read_halves(row.size_bytes, block->is_consistent);
        if (!ddb_throttle_admit_table(block->table, DDB_READ, halves, &batch->throttled)) {
            add_unprocessed(output, block, i);
            continue;
        }
        ddb_capacity_add(&batch->capacity, block->table, halves);
        batch->read_count++;
        if (found && row.item != NULL)
            add_item(list, arena, block, row.item);
        batch->bytes += row.size_bytes;
    }
    return RESULT_OK;
}

enum wire_progress ddb_batch_get(void *state, struct wire_call *call)
{
    struct ddb *ddb = state;
    struct ddb_fault fault = {
        .arena = call->arena, .expressions = ddb->expressions, .wording = DDB_WORDING_CURRENT};
    struct sim_error error;
    struct batch batch = {.call = call, .throttled = {.arena = call->arena}};
    ddb_capacity_init(&batch.capacity, call->arena);
    if (!parse(&batch, &fault) || !locate(&batch, state, &fault))
        return ddb_answer_fault(call, &fault);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddObjectToObject(output, "Responses");
    cJSON_AddObjectToObject(output, "UnprocessedKeys");
    for (size_t i = 0; i < batch.block_count; i++) {
        if (read_block(&batch, &batch.blocks[i], output, &error) != RESULT_OK) {
            cJSON_Delete(output);
            return wire_fail_internal(call, &error);
        }
    }
    if (batch.read_count == 0 && batch.throttled.code != NULL) {
        cJSON_Delete(output);
        return ddb_answer_fault(call, &batch.throttled);
    }
    ddb_capacity_report(&batch.capacity, call->input, output, true, DDB_CAPACITY_PLAIN);
    return wire_succeed(call, output);
}
