/* A statement, then (behind a line feed pair) its parameters as a JSON array. Whatever is parsed is
 * planned against a table with indexes, conditions and updates are evaluated, and what an INSERT
 * makes must be in normal form. */
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/condition.h"
#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/partiql_keys.h"
#include "emulators/dynamodb/partiql_token.h"
#include "emulators/dynamodb/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STATEMENT_BYTES_MAX 8192

static const char table_json[] =
    "{\"TableName\":\"t\",\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":["
    "{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"},{\"AttributeName\":\"sk\","
    "\"AttributeType\":\"N\"},{\"AttributeName\":\"g\",\"AttributeType\":\"B\"}],\"KeySchema\":["
    "{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"sk\",\"KeyType\":"
    "\"RANGE\"}],\"GlobalSecondaryIndexes\":[{\"IndexName\":\"idx\",\"KeySchema\":[{"
    "\"AttributeName\":\"g\",\"KeyType\":\"HASH\"}],\"Projection\":{\"ProjectionType\":"
    "\"KEYS_ONLY\"}}]}";
static const char item_json[] =
    "{\"pk\":{\"S\":\"a\"},\"sk\":{\"N\":\"1\"},\"n\":{\"N\":\"5\"},\"s\":{\"S\":\"alpha\"},"
    "\"m\":{\"M\":{\"k\":{\"L\":[{\"S\":\"c\"}]}}},\"l\":{\"L\":[{\"S\":\"x\"}]},\"t\":{\"SS\":["
    "\"u\",\"v\"]},\"z\":{\"NULL\":true},\"b\":{\"BOOL\":true}}";

static cJSON *parse(struct sim_arena *arena, const char *text)
{
    cJSON *json = cJSON_Parse(text);
    if (json != NULL)
        ddb_defer_json(arena, json);
    return json;
}

static void run_plan(const struct ddb_partiql *statement, const struct ddb_definition *definition,
                     struct sim_arena *arena)
{
    struct ddb_fault fault = {.arena = arena};
    struct ddb_partiql_plan plan;
    const struct ddb_index_definition *index =
        statement->index == NULL ? NULL : &definition->indexes[0];
    if (ddb_partiql_plan_reads(statement, definition, index, &plan, &fault))
        CHECK(plan.is_keyed || plan.range_count == 1);
    else
        CHECK(fault.code != NULL);
    fault.code = NULL;
    if (ddb_partiql_plan_item(statement, definition, &plan, &fault))
        CHECK(plan.exact_key == NULL || cJSON_GetArraySize(plan.exact_key) == 2);
    else
        CHECK(fault.code != NULL);
}

static void run_update(const struct ddb_partiql *statement, const cJSON *item,
                       struct sim_arena *arena)
{
    struct ddb_fault fault = {.arena = arena};
    cJSON *new_item = cJSON_Duplicate(item, true);
    ddb_defer_json(arena, new_item);
    if (ddb_update_apply(statement->update, item, new_item, &fault)) {
        bool is_normal = ddb_item_normalise(new_item, &fault);
        CHECK(is_normal);
        cJSON_Delete(ddb_update_touched(statement->update, new_item));
    } else {
        CHECK(fault.code != NULL);
    }
}

static void run_insert(const struct ddb_partiql *statement, struct sim_arena *arena)
{
    struct ddb_fault fault = {.arena = arena};
    cJSON *again = cJSON_Duplicate(statement->item, true);
    ddb_defer_json(arena, again);
    bool is_normal = ddb_item_normalise(again, &fault);
    CHECK(is_normal);
    CHECK(ddb_item_equal(again, statement->item));
}

static void run(const struct ddb_partiql *statement, const struct ddb_definition *definition,
                struct sim_arena *arena)
{
    struct ddb_partiql_write_key key;
    const cJSON *item = parse(arena, item_json);
    if (statement->where != NULL) {
        bool holds = ddb_condition_holds(statement->where, item);
        CHECK(holds == ddb_condition_holds(statement->where, item));
        (void)ddb_condition_holds(statement->where, NULL);
    }
    run_plan(statement, definition, arena);
    ddb_partiql_find_write_key(statement, &definition->keys, arena, &key);
    if (statement->update != NULL)
        run_update(statement, item, arena);
    if (statement->item != NULL)
        run_insert(statement, arena);
}

/* The text as a token: whatever it is, it is not one of ours. */
static void run_token(const char *text, struct sim_arena *arena)
{
    struct ddb_fault fault = {.arena = arena};
    struct ddb_partiql_request request = {"000000000000", "us-east-1", "SELECT", NULL};
    struct ddb_partiql_position position;
    if (!ddb_partiql_token_read(text, &request, &position, &fault))
        CHECK(fault.code != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > STATEMENT_BYTES_MAX)
        return 0;
    struct sim_arena *arena = sim_arena_create();
    struct ddb_fault fault = {.arena = arena};
    struct ddb_definition *definition = NULL;
    bool is_made = ddb_definition_create(parse(arena, table_json), &definition, &fault);
    CHECK(is_made);
    char *text = sim_arena_strndup(arena, (const char *)data, size);
    char *list = strstr(text, "\n\n");
    const cJSON *json = list == NULL ? NULL : parse(arena, list + 2);
    if (list != NULL)
        *list = '\0';
    struct ddb_partiql_parameters parameters;
    struct ddb_partiql statement;
    run_token(text, arena);
    if (ddb_partiql_read_parameters(cJSON_IsArray(json) ? json : NULL, &parameters, &fault)) {
        fault.code = NULL;
        if (ddb_partiql_parse(text, &parameters, &statement, &fault))
            run(&statement, definition, arena);
        else
            CHECK(fault.code != NULL);
    }
    ddb_definition_destroy(definition);
    sim_arena_destroy(arena);
    return 0;
}
