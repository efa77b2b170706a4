#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/wire/types.h"
#include "tests/unit/wire/fixture_facts.h"

struct row {
    const char *shape, *input;
    const char *output;  /* NULL: an error */
    const char *message; /* NULL: the error has none */
};

#define JAVA "com.amazonaws.dynamodb.v20120810."
#define ITEM "PutItemInputAttributeMap"

static const struct row rows[] = {
    /* --- what is dropped --- */
    {"GetItemInput", "{}", "{}", NULL},
    {"GetItemInput", "{\"TableName\":\"a\",\"NoSuch\":{\"x\":1}}", "{\"TableName\":\"a\"}", NULL},
    {"GetItemInput", "{\"TableName\":null}", "{}", NULL},
    {"GetItemInput", "{\"tableName\":\"a\"}", "{}", NULL},
    {"GetItemInput", "{\"TableName\":\"a\",\"TableName\":\"b\"}", "{\"TableName\":\"b\"}", NULL},
    {"GetItemInput", "{\"TableName\":\"a\",\"TableName\":\"b\",\"TableName\":\"c\"}",
     "{\"TableName\":\"c\"}", NULL},
    {ITEM, "{\"a\":{\"S\":\"1\"},\"b\":{\"S\":\"2\"},\"a\":{\"S\":\"3\"}}",
     "{\"b\":{\"S\":\"2\"},\"a\":{\"S\":\"3\"}}", NULL},
    {ITEM, "{\"a\":{\"S\":\"1\",\"S\":\"2\"}}", "{\"a\":{\"S\":\"2\"}}", NULL},
    {ITEM, "{\"a\":{\"X\":\"1\"}}", "{\"a\":{}}", NULL},
    {ITEM, "{\"a\":null}", "{\"a\":{}}", NULL},
    {"KeyList", "[null]", NULL, "NULL_VALUE cannot be converted to a collection"},
    {"AttributeNameList", "[null]", NULL, "NULL_VALUE cannot be converted to String"},
    /* --- strings --- */
    {"GetItemInput", "{\"TableName\":23}", NULL, "NUMBER_VALUE cannot be converted to String"},
    {"GetItemInput", "{\"TableName\":-2.5}", NULL, "DECIMAL_VALUE cannot be converted to String"},
    {"GetItemInput", "{\"TableName\":true}", NULL, "TRUE_VALUE cannot be converted to String"},
    {"GetItemInput", "{\"TableName\":false}", NULL, "FALSE_VALUE cannot be converted to String"},
    {"GetItemInput", "{\"TableName\":[]}", NULL,
     "Unrecognized collection type class java.lang.String"},
    {"GetItemInput", "{\"TableName\":{}}", NULL,
     "Start of structure or map found where not expected"},
    {ITEM, "{\"a\":{\"N\":1}}", NULL, "NUMBER_VALUE cannot be converted to String"},
    /* --- numbers --- */
    {"ListTablesInput", "{\"Limit\":2.9}", "{\"Limit\":2}", NULL},
    {"ListTablesInput", "{\"Limit\":-2.1}", "{\"Limit\":-3}", NULL},
    {"ListTablesInput", "{\"Limit\":99999999999}", "{\"Limit\":2147483647}", NULL},
    {"ListTablesInput", "{\"Limit\":-1e999}", "{\"Limit\":-2147483648}", NULL},
    {"ListTablesInput", "{\"Limit\":\"1\"}", NULL, "STRING_VALUE cannot be converted to Integer"},
    {"ListTablesInput", "{\"Limit\":true}", NULL, "TRUE_VALUE cannot be converted to Integer"},
    {"ListTablesInput", "{\"Limit\":[]}", NULL,
     "Unrecognized collection type class java.lang.Integer"},
    {"ProvisionedThroughput", "{\"ReadCapacityUnits\":\"1\"}", NULL,
     "STRING_VALUE cannot be converted to Long"},
    /* --- booleans --- */
    {"GetItemInput", "{\"ConsistentRead\":true}", "{\"ConsistentRead\":true}", NULL},
    {"GetItemInput", "{\"ConsistentRead\":\"YES\"}", "{\"ConsistentRead\":true}", NULL},
    {"GetItemInput", "{\"ConsistentRead\":\"0\"}", "{\"ConsistentRead\":false}", NULL},
    {"GetItemInput", "{\"ConsistentRead\":\"maybe\"}", NULL,
     "Unexpected token received from parser"},
    {"GetItemInput", "{\"ConsistentRead\":1}", NULL, "NUMBER_VALUE cannot be converted to Boolean"},
    {ITEM, "{\"a\":{\"BOOL\":\"true\"}}", "{\"a\":{\"BOOL\":true}}", NULL},
    /* --- blobs --- */
    {ITEM, "{\"a\":{\"B\":\"YWJj\"}}", "{\"a\":{\"B\":\"YWJj\"}}", NULL},
    {ITEM, "{\"a\":{\"B\":\"\"}}", "{\"a\":{\"B\":\"\"}}", NULL},
    {ITEM, "{\"a\":{\"B\":1}}", NULL, "only base-64-encoded strings are convertible to bytes"},
    {ITEM, "{\"a\":{\"B\":\"YWJ\"}}", NULL,
     "Base64 encoded length is expected a multiple of 4 bytes but found: 3"},
    {ITEM, "{\"a\":{\"B\":\"YWJ=\"}}", NULL, "Invalid last non-pad Base64 character dectected"},
    {ITEM, "{\"a\":{\"B\":\"YI==\"}}", NULL, "Invalid last non-pad Base64 character dectected"},
    {ITEM, "{\"a\":{\"B\":\"YQ==\"}}", "{\"a\":{\"B\":\"YQ==\"}}", NULL},
    {ITEM, "{\"a\":{\"B\":\"YW*j\"}}", NULL, "Invalid Base64 character: '*'"},
    {ITEM, "{\"a\":{\"B\":\"====\"}}", NULL, "Invalid last non-pad Base64 character dectected"},
    {ITEM, "{\"a\":{\"B\":[]}}", NULL, "Unrecognized collection type class java.nio.ByteBuffer"},
    /* --- lists, maps, structures --- */
    {"GetItemInput", "{\"AttributesToGet\":\"a\"}", NULL, "Unexpected field type"},
    {"GetItemInput", "{\"AttributesToGet\":{}}", NULL,
     "Start of structure or map found where not expected"},
    {"GetItemInput", "{\"AttributesToGet\":[1]}", NULL,
     "NUMBER_VALUE cannot be converted to String"},
    {"GetItemInput", "{\"Key\":\"a\"}", NULL, "Unexpected field type"},
    {"GetItemInput", "{\"Key\":[]}", NULL,
     "Unrecognized collection type java.util.Map<java.lang.String, " JAVA "AttributeValue>"},
    {"GetItemInput", "{\"Key\":{\"a\":\"x\"}}", NULL, "Unexpected value type in payload"},
    {"GetItemInput", "{\"Key\":{\"a\":[]}}", NULL,
     "Unrecognized collection type class " JAVA "AttributeValue"},
    {"BatchWriteItemInput", "{\"RequestItems\":[]}", NULL,
     "Unrecognized collection type java.util.Map<java.lang.String, java.util.List<" JAVA
     "WriteRequest>>"},
    {"CreateTableInput", "{\"KeySchema\":[1]}", NULL, "Unexpected value type in payload"},
    {"CreateTableInput", "{\"ProvisionedThroughput\":[]}", NULL,
     "Unrecognized collection type class " JAVA "ProvisionedThroughput"},
    {ITEM, "{\"a\":{\"L\":[{\"M\":{\"b\":{\"SS\":[\"x\"]}}}]}}",
     "{\"a\":{\"L\":[{\"M\":{\"b\":{\"SS\":[\"x\"]}}}]}}", NULL},
    {ITEM, "{\"a\":{\"L\":[{\"M\":{\"b\":{\"SS\":[true]}}}]}}", NULL,
     "TRUE_VALUE cannot be converted to String"},
    /* --- times --- */
    {"ExportTableToPointInTimeInput", "{\"ExportTime\":1767225600.25}",
     "{\"ExportTime\":1767225600.25}", NULL},
    {"ExportTableToPointInTimeInput", "{\"ExportTime\":\"2026-01-01T00:00:00.250Z\"}",
     "{\"ExportTime\":1767225600.25}", NULL},
    {"ExportTableToPointInTimeInput", "{\"ExportTime\":\"yesterday\"}", NULL,
     "STRING_VALUE cannot be converted to Date"},
};

static void test_inputs_become_what_their_shapes_ask_for(void **state)
{
    (void)state;
    struct facts facts;
    facts_open(&facts, "dynamodb", "emulators/dynamodb/api.json");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sim_arena *arena = sim_arena_create();
        struct wire_error error = {0};
        cJSON *value = cJSON_Parse(rows[i].input);
        const struct wire_shape *shape = wire_shape_find(facts.model, rows[i].shape);
        assert_non_null(value);
        assert_non_null(shape);
        bool is_good = wire_convert(facts.model, shape, value, arena, &error);
        if (is_good != (rows[i].output != NULL))
            fail_msg("%s %s: %s", rows[i].shape, rows[i].input, error.message);
        if (is_good) {
            char *text = cJSON_PrintUnformatted(value);
            assert_string_equal(text, rows[i].output);
            free(text);
        } else {
            assert_string_equal(error.code, "SerializationException");
            assert_int_equal(error.status, 400);
            if (strcmp(error.message, rows[i].message) != 0)
                fail_msg("%s %s: %s", rows[i].shape, rows[i].input, error.message);
        }
        cJSON_Delete(value);
        sim_arena_destroy(arena);
    }
    facts_close(&facts);
}

static void test_a_member_takes_its_own_name(void **state)
{
    (void)state;
    struct facts facts;
    facts_open(&facts, "arc", "emulators/arc/api_config.json");
    struct sim_arena *arena = sim_arena_create();
    struct wire_error error;
    cJSON *value = cJSON_Parse("{\"message\":\"x\"}");
    assert_true(wire_convert(facts.model, wire_shape_find(facts.model, "ConflictException"), value,
                             arena, &error));
    assert_string_equal(wire_text(value, "Message"), "x");
    cJSON_Delete(value);
    sim_arena_destroy(arena);
    facts_close(&facts);
}

static void test_no_depth_is_too_much(void **state)
{
    (void)state;
    struct facts facts;
    facts_open(&facts, "dynamodb", "emulators/dynamodb/api.json");
    for (unsigned depth = 100; depth <= 1000; depth += 300) {
        cJSON *inner = cJSON_CreateObject();
        cJSON_AddStringToObject(inner, "S", "x");
        for (unsigned i = 0; i < depth; i++) {
            cJSON *list = cJSON_CreateArray();
            cJSON_AddItemToArray(list, inner);
            inner = cJSON_CreateObject();
            cJSON_AddItemToObject(inner, "L", list);
        }
        struct sim_arena *arena = sim_arena_create();
        struct wire_error error = {0};
        bool is_good = wire_convert(facts.model, wire_shape_find(facts.model, "AttributeValue"),
                                    inner, arena, &error);
        assert_int_equal(is_good, depth * 2 + 2 <= WIRE_DEPTH_MAX);
        cJSON_Delete(inner);
        sim_arena_destroy(arena);
    }
    facts_close(&facts);
}

static void test_a_map_of_many_equal_keys_is_read_quickly(void **state)
{
    (void)state;
    struct facts facts;
    facts_open(&facts, "dynamodb", "emulators/dynamodb/api.json");
    cJSON *map = cJSON_CreateObject();
    for (unsigned i = 0; i < 200000; i++) {
        cJSON *value = cJSON_CreateObject();
        cJSON_AddItemToObject(map, "same", value);
    }
    struct sim_arena *arena = sim_arena_create();
    struct wire_error error;
    assert_true(wire_convert(facts.model, wire_shape_find(facts.model, ITEM), map, arena, &error));
    assert_int_equal(cJSON_GetArraySize(map), 1);
    cJSON_Delete(map);
    sim_arena_destroy(arena);
    facts_close(&facts);
}

static void test_text_becomes_the_value_of_its_shape(void **state)
{
    (void)state;
    static const struct {
        enum wire_shape_kind kind;
        const char *text, *output; /* NULL: no such value */
    } cases[] = {
        {SHAPE_STRING, "a", "\"a\""},
        {SHAPE_STRING, "", "\"\""},
        {SHAPE_INTEGER, "12", "12"},
        {SHAPE_INTEGER, "-12", "-12"},
        {SHAPE_INTEGER, "99999999999", "2147483647"},
        {SHAPE_INTEGER, "", NULL},
        {SHAPE_INTEGER, " 1", NULL},
        {SHAPE_INTEGER, "1x", NULL},
        {SHAPE_INTEGER, "1.5", NULL},
        {SHAPE_LONG, "4294967296", "4294967296"},
        {SHAPE_DOUBLE, "1.5", "1.5"},
        {SHAPE_DOUBLE, "inf", NULL},
        {SHAPE_DOUBLE, "1,5", NULL},
        {SHAPE_BOOLEAN, "true", "true"},
        {SHAPE_BOOLEAN, "False", "false"},
        {SHAPE_BOOLEAN, "2", NULL},
        {SHAPE_TIMESTAMP, "1767225600", "1767225600"},
        {SHAPE_TIMESTAMP, "Thu, 01 Jan 2026 00:00:00 GMT", "1767225600"},
        {SHAPE_TIMESTAMP, "2026-13-01T00:00:00Z", NULL},
        {SHAPE_LIST, "x", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_arena *arena = sim_arena_create();
        const struct wire_shape shape = {.name = "X", .kind = cases[i].kind};
        struct wire_error error = {0};
        cJSON *value = wire_convert_text(&shape, cases[i].text, arena, &error);
        char *text = value == NULL ? NULL : cJSON_PrintUnformatted(value);
        if ((text == NULL) != (cases[i].output == NULL))
            fail_msg("%s: %s", cases[i].text, text == NULL ? error.message : text);
        if (text != NULL)
            assert_string_equal(text, cases[i].output);
        free(text);
        cJSON_Delete(value);
        sim_arena_destroy(arena);
    }
}

static void test_times_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t time_us; /* 0: none */
    } cases[] = {
        {"2026-01-01T00:00:00Z", UINT64_C(1767225600000000)},
        {"2026-01-01T00:00:00.000001Z", UINT64_C(1767225600000001)},
        {"2026-01-01T00:00:00.1234567Z", UINT64_C(1767225600123456)},
        {"2026-01-01T02:00:00+02:00", UINT64_C(1767225600000000)},
        {"2025-12-31T22:30:00-01:30", UINT64_C(1767225600000000)},
        {"2024-02-29T00:00:00Z", UINT64_C(1709164800000000)},
        {"2023-02-29T00:00:00Z", 0},
        {"2026-01-01T24:00:00Z", 0},
        {"2026-01-01T00:60:00Z", 0},
        {"2026-01-01 00:00:00Z", 0},
        {"2026-01-01T00:00:00", 0},
        {"2026-1-1T00:00:00.0Z", 0},
        {"2026-01-01T00:00:00+0200", 0},
        {"1970-01-01T00:00:00+01:00", 0},
        {"1969-12-31T23:59:59Z", 0},
        {"99999-01-01T00:00:00Z", 0},
        {"Thu, 01 Jan 2026 00:00:00 GMT", UINT64_C(1767225600000000)},
        {"Thu, 01 Jab 2026 00:00:00 GMT", 0},
        {"Thu, 01 Jan 2026 00:00:00", 0},
        {"1767225600.5", UINT64_C(1767225600500000)},
        {"1767225600x", 0},
        {"-1", 0},
        {"", 0},
        {"9999999999999999", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t time_us = 0;
        bool is_good = wire_time_parse(cases[i].text, &time_us);
        if (is_good != (cases[i].time_us != 0) || time_us != cases[i].time_us)
            fail_msg("\"%s\": %llu", cases[i].text, (unsigned long long)time_us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs_become_what_their_shapes_ask_for),
        cmocka_unit_test(test_a_member_takes_its_own_name),
        cmocka_unit_test(test_no_depth_is_too_much),
        cmocka_unit_test(test_a_map_of_many_equal_keys_is_read_quickly),
        cmocka_unit_test(test_text_becomes_the_value_of_its_shape),
        cmocka_unit_test(test_times_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
