/* fuzz_input.c -- the first line names a DynamoDB operation, the rest is its input as JSON.
 *
 * Whatever comes in: conversion either fails with words or leaves a tree of the promised types,
 * which a second conversion does not change; the constraint check then says yes or why not. */
#include <math.h>
#include <string.h>

#include "emulators/wire/types.h"
#include "emulators/wire/validate.h"
#include "tests/unit/wire/fixture_facts.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static bool keeps_promise(const struct wire_shape *shape, const cJSON *value);

static bool structure_keeps_promise(const struct wire_shape *shape, const cJSON *value)
{
    for (const cJSON *child = value->child; child != NULL; child = child->next) {
        const struct wire_member_fact *member = wire_member_fact_named(shape, child->string);
        if (member == NULL || !keeps_promise(member->shape, child) ||
            cJSON_GetObjectItemCaseSensitive(value, child->string) != child)
            return false;
    }
    return true;
}

static bool children_keep_promise(const struct wire_shape *shape, const cJSON *value)
{
    for (const cJSON *child = value->child; child != NULL; child = child->next)
        if (!keeps_promise(shape, child))
            return false;
    return true;
}

static bool keeps_promise(const struct wire_shape *shape, const cJSON *value)
{
    switch (shape->kind) {
    case SHAPE_STRUCTURE:
        return cJSON_IsObject(value) && structure_keeps_promise(shape, value);
    case SHAPE_LIST:
        return cJSON_IsArray(value) && children_keep_promise(shape->element, value);
    case SHAPE_MAP:
        return cJSON_IsObject(value) && children_keep_promise(shape->value, value);
    case SHAPE_STRING:
    case SHAPE_BLOB:
        return cJSON_IsString(value);
    case SHAPE_BOOLEAN:
        return cJSON_IsBool(value);
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        return cJSON_IsNumber(value) && floor(value->valuedouble) == value->valuedouble &&
               fabs(value->valuedouble) <= 9223372036854775807.0;
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
    case SHAPE_TIMESTAMP:
        return cJSON_IsNumber(value);
    }
    return false;
}

static void check_input(const struct wire_model *model, const struct wire_operation_fact *operation,
                        cJSON *input)
{
    struct sim_arena *arena = sim_arena_create();
    struct wire_error error = {0};
    if (wire_convert(model, operation->input, input, arena, &error)) {
        CHECK(keeps_promise(operation->input, input));
        char *before = cJSON_PrintUnformatted(input);
        CHECK(wire_convert(model, operation->input, input, arena, &error));
        char *after = cJSON_PrintUnformatted(input);
        CHECK(strcmp(before, after) == 0);
        cJSON_free(before);
        cJSON_free(after);
        if (!wire_validate(model, operation, input, arena, &error))
            CHECK(error.message != NULL);
    }
    sim_arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct facts facts; /* loading them costs more than thousands of inputs */
    if (facts.model == NULL)
        facts_open(&facts, "dynamodb", "emulators/dynamodb/api.json");
    const uint8_t *end = bytes == 0 ? NULL : memchr(data, '\n', bytes);
    if (end == NULL)
        return 0;
    char *name = strndup((const char *)data, (size_t)(end - data));
    const struct wire_operation_fact *operation = wire_operation_fact_find(facts.model, name);
    if (operation == NULL) /* a mutated name: any operation will do */
        operation = &facts.model->operations[data[0] % facts.model->operation_count];
    free(name);
    cJSON *input = cJSON_ParseWithLength((const char *)end + 1, bytes - (size_t)(end + 1 - data));
    if (input != NULL)
        check_input(facts.model, operation, input);
    cJSON_Delete(input);
    return 0;
}
