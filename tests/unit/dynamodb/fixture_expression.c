/* Shared by the tests of expressions. */
#include "tests/unit/dynamodb/fixture_expression.h"

#include <string.h>

static void delete_json(void *json)
{
    cJSON_Delete(json);
}

void expression_fixture_init(struct expression_fixture *fixture)
{
    *fixture = (struct expression_fixture){.arena = sim_arena_create()};
    fixture->fault.arena = fixture->arena;
}

void expression_fixture_fini(struct expression_fixture *fixture)
{
    sim_arena_destroy(fixture->arena);
}

static void exchange(char *text, char from, char to)
{
    for (; *text != '\0'; text++)
        if (*text == from)
            *text = to;
}

cJSON *fixture_json(struct expression_fixture *fixture, const char *text)
{
    if (text == NULL)
        return NULL;
    char *quoted = sim_arena_strdup(fixture->arena, text);
    exchange(quoted, '\'', '"');
    cJSON *json = cJSON_Parse(quoted);
    CHECK(json != NULL);
    sim_arena_defer(fixture->arena, delete_json, json);
    return json;
}

cJSON *fixture_item(struct expression_fixture *fixture, const char *text)
{
    cJSON *item = fixture_json(fixture, text);
    bool is_normal = item == NULL || ddb_item_normalise(item, &fixture->fault);
    CHECK(is_normal);
    return item;
}

const struct ddb_binding *fixture_bind(struct expression_fixture *fixture,
                                       enum ddb_expression_kind kind, const char *text,
                                       const char *names, const char *values)
{
    struct ddb_expression_options options = {
        .names = fixture_json(fixture, names),
        .values = fixture_json(fixture, values),
        .has_expression = true,
    };
    const struct ddb_binding *binding = NULL;
    fixture->fault.code = NULL;
    fixture->fault.message = NULL;
    if (!ddb_expression_context_init(&fixture->context, &options, &fixture->fault) ||
        !ddb_expression_context_bind(&fixture->context, kind, text, &binding, &fixture->fault))
        return NULL;
    return binding;
}

const char *fixture_message(const struct expression_fixture *fixture)
{
    return fixture->fault.code == NULL ? "" : fixture->fault.message;
}

const char *fixture_print(struct expression_fixture *fixture, const cJSON *json)
{
    if (json == NULL)
        return "NULL";
    char *printed = cJSON_PrintUnformatted(json);
    char *text = sim_arena_strdup(fixture->arena, printed);
    cJSON_free(printed);
    exchange(text, '"', '\'');
    return text;
}
