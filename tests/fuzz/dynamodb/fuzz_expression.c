/* A request's expressions, a line each: what kind, the text, names, values and an item as JSON.
 * Lines that are missing or no JSON have defaults. Whatever is bound must evaluate, and an update's
 * result must be in normal form. */
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/condition.h"
#include "emulators/dynamodb/item_size.h"
#include "emulators/dynamodb/key_condition.h"
#include "emulators/dynamodb/projection.h"
#include "emulators/dynamodb/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum line { LINE_KIND, LINE_TEXT, LINE_NAMES, LINE_VALUES, LINE_ITEM, LINE_COUNT };

static const char default_names[] = "{\"#a\":\"a\",\"#b\":\"b\",\"#c\":\"x.y\"}";
static const char default_values[] = "{\":n\":{\"N\":\"1\"},\":m\":{\"N\":\"2\"},\":s\":{\"S\":"
                                     "\"a\"},\":l\":{\"L\":[{\"S\":\"x\"}]},"
                                     "\":t\":{\"SS\":[\"a\",\"b\"]},\":b\":{\"B\":\"AQI=\"},\":y\":"
                                     "{\"S\":\"SS\"},\":z\":{\"BOOL\":true}}";
static const char default_item[] = "{\"a\":{\"S\":\"abc\"},\"b\":{\"N\":\"5\"},\"c\":{\"L\":[{"
                                   "\"M\":{\"d\":{\"SS\":[\"a\",\"c\"]}}},{\"N\":"
                                   "\"1\"}]},\"d\":{\"M\":{\"e\":{\"L\":[]},\"f\":{\"B\":\"AQID\"}}"
                                   "},\"e\":{\"SS\":[\"a\"]},\"x.y\":{\"NULL\":true}}";

static void delete_json(void *json)
{
    cJSON_Delete(json);
}

/* The line as an object, or the default. */
static cJSON *object_of(struct sim_arena *arena, const char *line, const char *fallback)
{
    cJSON *json = line == NULL ? NULL : cJSON_Parse(line);
    if (!cJSON_IsObject(json)) {
        cJSON_Delete(json);
        json = cJSON_Parse(fallback);
    }
    CHECK(json != NULL);
    sim_arena_defer(arena, delete_json, json);
    return json;
}

static void run_update(struct sim_arena *arena, const struct ddb_binding *binding,
                       const cJSON *item)
{
    struct ddb_fault fault = {.arena = arena};
    cJSON *new_item = cJSON_Duplicate(item, true);
    if (ddb_update_apply(binding, item, new_item, &fault)) {
        cJSON *again = cJSON_Duplicate(new_item, true);
        bool is_normal = ddb_item_normalise(again, &fault);
        CHECK(is_normal);
        CHECK(ddb_item_equal(again, new_item));
        CHECK(ddb_item_size_bytes(again) == ddb_item_size_bytes(new_item));
        cJSON_Delete(ddb_update_touched(binding, new_item));
        cJSON_Delete(again);
    } else {
        CHECK(fault.code != NULL);
    }
    cJSON_Delete(new_item);
}

static void run_key_condition(struct sim_arena *arena, const struct ddb_binding *binding)
{
    static const struct ddb_key_schema schema = {.hash = {{"a", DDB_TYPE_S}},
                                                 .hash_count = 1,
                                                 .range = {{"b", DDB_TYPE_N}},
                                                 .range_count = 1};
    struct ddb_fault fault = {.arena = arena};
    struct ddb_key_query query;
    if (ddb_key_condition_resolve(binding, &schema, &query, &fault))
        CHECK(query.range.high.length_bytes > 0);
}

static void run(struct sim_arena *arena, const struct ddb_binding *binding, const cJSON *item)
{
    switch (binding->expression->kind) {
    case DDB_EXPRESSION_CONDITION:
    case DDB_EXPRESSION_FILTER:
        (void)ddb_condition_holds(binding, item);
        (void)ddb_condition_holds(binding, NULL);
        break;
    case DDB_EXPRESSION_KEY_CONDITION:
        run_key_condition(arena, binding);
        break;
    case DDB_EXPRESSION_UPDATE:
        run_update(arena, binding, item);
        break;
    case DDB_EXPRESSION_PROJECTION:
        cJSON_Delete(ddb_projection_build(binding, item));
        break;
    case DDB_EXPRESSION_KIND_COUNT:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sim_arena *arena = sim_arena_create();
    struct ddb_fault fault = {.arena = arena};
    char *rest = sim_arena_strndup(arena, (const char *)data, size);
    const char *lines[LINE_COUNT] = {NULL};
    for (unsigned i = 0; i < LINE_COUNT && rest != NULL; i++)
        lines[i] = strsep(&rest, "\n");
    unsigned kind = lines[LINE_KIND] == NULL ? 0 : (unsigned char)lines[LINE_KIND][0];
    cJSON *item = object_of(arena, lines[LINE_ITEM], default_item);
    struct ddb_expression_options options = {
        .names = object_of(arena, lines[LINE_NAMES], default_names),
        .values = object_of(arena, lines[LINE_VALUES], default_values),
        .is_single_write = kind % 2 == 0,
        .has_expression = true,
    };
    struct ddb_expression_context context;
    const struct ddb_binding *binding = NULL;
    bool is_good = ddb_item_normalise(item, &fault) &&
                   ddb_expression_context_init(&context, &options, &fault) &&
                   ddb_expression_context_bind(
                       &context, (enum ddb_expression_kind)(kind % DDB_EXPRESSION_KIND_COUNT),
                       lines[LINE_TEXT], &binding, &fault);
    CHECK(is_good == (fault.code == NULL));
    CHECK(is_good || fault.message != NULL);
    if (is_good && binding != NULL)
        run(arena, binding, item);
    sim_arena_destroy(arena);
    return 0;
}
