/* An item as a client's JSON: what PutItem takes comes back from GetItem, Scan, an index and
 * DeleteItem with the same values and size, and in a normal form that normalising leaves alone.
 * What cannot be made normal is refused.
 *
 * The world and its table are kept over the inputs; each input leaves the table empty. */
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/dynamodb.h"
#include "emulators/dynamodb/item_size.h"
#include "emulators/dynamodb/value.h"
#include "emulators/wire/dispatch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUTS_A_WORLD 20000 /* then the logs of the kept one are cut by a new one */

static const char table_json[] =
    "{\"TableName\":\"tab\",\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":["
    "{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"},{\"AttributeName\":\"g\","
    "\"AttributeType\":\"N\"},{\"AttributeName\":\"b\",\"AttributeType\":\"B\"}],\"KeySchema\":["
    "{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"}],\"GlobalSecondaryIndexes\":[{"
    "\"IndexName\":\"idx\",\"KeySchema\":[{\"AttributeName\":\"g\",\"KeyType\":\"HASH\"},{"
    "\"AttributeName\":\"b\",\"KeyType\":\"RANGE\"}],\"Projection\":{\"ProjectionType\":\"ALL\"}}"
    "]}";

struct world {
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct ddb *ddb;
    uint64_t input_count;
};

struct answer {
    bool is_ok;
    cJSON *output;
};

/* Items stand in answers as ready JSON text: as a client would, we read the whole anew. */
static void take_answer(void *context, struct wire_call *call)
{
    struct answer *answer = context;
    answer->is_ok = call->outcome == WIRE_OK;
    if (!answer->is_ok || call->output == NULL)
        return;
    char *text = cJSON_PrintUnformatted(call->output);
    answer->output = cJSON_Parse(text);
    CHECK(answer->output != NULL);
    free(text);
}

static struct answer ask(struct world *world, const char *operation, const cJSON *input)
{
    struct answer answer = {0};
    struct wire_request request = {
        .service = "dynamodb", .operation = operation, .region = "us-east-1", .input = input};
    wire_dispatch(world->dispatcher, &request, take_answer, &answer);
    return answer;
}

static void ignore_done(void *context, uint64_t events_ran)
{
    (void)context;
    (void)events_ran;
}

static void make_table(struct world *world)
{
    cJSON *input = cJSON_Parse(table_json);
    struct answer answer = ask(world, "CreateTable", input);
    CHECK(answer.is_ok);
    cJSON_Delete(answer.output);
    cJSON_Delete(input);
    uint64_t at_us = sim_clock_now_us(world->core.clock) + 60 * SIM_US_PER_S;
    enum sim_result result =
        sim_advance_start(world->core.advance, SIM_ADVANCE_TO_IDLE, at_us, ignore_done, NULL, NULL);
    CHECK(result == RESULT_OK);
    while (sim_advance_continue(world->core.advance, 1000))
        ;
}

static struct world *kept_world(void)
{
    static struct world *world; /* for the whole process */
    static const struct sim_core_options options = {.seed = 1,
                                                    .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    if (world != NULL && ++world->input_count < INPUTS_A_WORLD)
        return world;
    enum sim_result result = RESULT_OK;
    if (world == NULL) {
        world = sim_alloc(sizeof *world);
        sim_core_init(&world->core, &options);
        sim_trace_set_hashing(world->core.trace, false);
        world->dispatcher = wire_dispatcher_create(&world->core);
        result = ddb_create(wire_dispatcher_host(world->dispatcher), &world->ddb, NULL);
    } else {
        result = ddb_reset(world->ddb, NULL);
        sim_core_reset(&world->core, &options);
    }
    CHECK(result == RESULT_OK);
    world->input_count = 0;
    struct sim_region *region = NULL;
    result = sim_network_add_region(world->core.network, "us-east-1", true, &region, NULL);
    CHECK(result == RESULT_OK);
    make_table(world);
    return world;
}

static void check_same(const cJSON *found, const cJSON *normal, struct ddb_fault *fault)
{
    CHECK(found != NULL);
    cJSON *again = cJSON_Duplicate(found, true);
    bool is_normal = ddb_item_normalise(again, fault);
    CHECK(is_normal);
    CHECK(ddb_item_equal(again, found));
    CHECK(ddb_item_equal(found, normal));
    CHECK(ddb_item_size_bytes(found) == ddb_item_size_bytes(normal));
    cJSON_Delete(again);
}

/* The only item that a Scan finds. */
static void check_scan(struct world *world, const char *index, const cJSON *normal, int expected,
                       struct ddb_fault *fault)
{
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "TableName", "tab");
    if (index != NULL)
        cJSON_AddStringToObject(input, "IndexName", index);
    struct answer answer = ask(world, "Scan", input);
    CHECK(answer.is_ok);
    const cJSON *items = cJSON_GetObjectItemCaseSensitive(answer.output, "Items");
    CHECK(cJSON_GetArraySize(items) == expected);
    if (expected == 1)
        check_same(items->child, normal, fault);
    cJSON_Delete(answer.output);
    cJSON_Delete(input);
}

static bool is_indexed(const cJSON *normal)
{
    return ddb_item_find(normal, "g") != NULL && ddb_item_find(normal, "b") != NULL;
}

static void check_stored(struct world *world, const cJSON *normal, struct ddb_fault *fault)
{
    cJSON *input = cJSON_CreateObject();
    cJSON *key = cJSON_AddObjectToObject(input, "Key");
    cJSON_AddStringToObject(input, "TableName", "tab");
    cJSON_AddItemToObject(key, "pk", cJSON_Duplicate(ddb_item_find(normal, "pk"), true));
    struct answer answer = ask(world, "GetItem", input);
    CHECK(answer.is_ok);
    check_same(cJSON_GetObjectItemCaseSensitive(answer.output, "Item"), normal, fault);
    cJSON_Delete(answer.output);
    check_scan(world, NULL, normal, 1, fault);
    check_scan(world, "idx", normal, is_indexed(normal) ? 1 : 0, fault);

    cJSON_AddStringToObject(input, "ReturnValues", "ALL_OLD");
    answer = ask(world, "DeleteItem", input);
    CHECK(answer.is_ok);
    check_same(cJSON_GetObjectItemCaseSensitive(answer.output, "Attributes"), normal, fault);
    cJSON_Delete(answer.output);
    cJSON_Delete(input);
}

/* Most inputs have no good key: they get one, so that the rest of them is looked at. */
static void give_key(cJSON *item)
{
    if (cJSON_GetObjectItemCaseSensitive(item, "pk") != NULL)
        return;
    cJSON *key = cJSON_AddObjectToObject(item, "pk");
    cJSON_AddStringToObject(key, "S", "a");
}

/* Of members with one name the last counts, as everywhere in requests. */
static void drop_doubles(cJSON *node)
{
    cJSON *next = NULL;
    for (cJSON *child = node->child; child != NULL; child = next) {
        bool is_double = false;
        next = child->next;
        for (const cJSON *later = next; cJSON_IsObject(node) && later != NULL; later = later->next)
            is_double = is_double || strcmp(later->string, child->string) == 0;
        if (is_double)
            cJSON_Delete(cJSON_DetachItemViaPointer(node, child));
        else
            drop_doubles(child);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = sim_alloc(size + 1);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    cJSON *item = cJSON_Parse(text);
    if (cJSON_IsObject(item)) {
        struct sim_arena *arena = sim_arena_create();
        struct ddb_fault fault = {.arena = arena};
        struct world *world = kept_world();
        drop_doubles(item);
        give_key(item);
        cJSON *input = cJSON_CreateObject();
        cJSON_AddStringToObject(input, "TableName", "tab");
        cJSON_AddItemReferenceToObject(input, "Item", item);
        struct answer answer = ask(world, "PutItem", input);
        cJSON *normal = cJSON_Duplicate(item, true);
        bool is_normal = ddb_item_normalise(normal, &fault);
        CHECK(is_normal || !answer.is_ok);
        if (answer.is_ok)
            check_stored(world, normal, &fault);
        else
            check_scan(world, NULL, normal, 0, &fault);
        cJSON_Delete(answer.output);
        cJSON_Delete(normal);
        cJSON_Delete(input);
        sim_arena_destroy(arena);
    }
    cJSON_Delete(item);
    free(text);
    return 0;
}
