/* What we print is what cJSON prints, to the byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/wire/json_print.h"
#include "sim/core/random.h"

static void expect_same(const cJSON *json)
{
    struct sim_arena *arena = sim_arena_create();
    size_t bytes = 0;
    char *wanted = cJSON_PrintUnformatted(json);
    const char *got = wire_json_text(arena, json, &bytes);
    assert_non_null(wanted);
    assert_string_equal(got, wanted);
    assert_int_equal(bytes, strlen(wanted));
    cJSON_free(wanted);
    sim_arena_destroy(arena);
}

static void test_prints_as_cjson_does(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "null",
        "true",
        "false",
        "{}",
        "[]",
        "\"\"",
        "0",
        "-0",
        "1",
        "-1",
        "999999999",
        "1000000000",
        "4294967296",
        "1.5",
        "1e300",
        "-2.5e-7",
        "123456789012345678",
        "0.1",
        "\"plain\"",
        "\"a\\\"b\\\\c\\/d\"",
        "\"\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\"",
        "\"\\n\"",
        "\"x\\ny\\n\"",
        "\"\\\\\"",
        "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"",
        "{\"\":1,\"a\\nb\":[1,[2,{}],null],\"c\":{\"d\":[true,false]}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cJSON *json = cJSON_Parse(cases[i]);
        if (json == NULL)
            fail_msg("%s: not JSON", cases[i]);
        expect_same(json);
        cJSON_Delete(json);
    }
}

static void test_copies_raw_text(void **state)
{
    (void)state;
    cJSON *json = cJSON_CreateObject();
    cJSON_AddItemToObject(json, "Item", cJSON_CreateRaw("{\"a\": {\"S\":\"\\u0041\"}}"));
    expect_same(json);
    cJSON_Delete(json);
}

/* Numbers of all magnitudes and texts of all bytes. */
static void test_prints_random_values(void **state)
{
    (void)state;
    struct sim_random random;
    sim_random_init(&random, 11, "json-print");
    for (unsigned i = 0; i < 20000; i++) {
        cJSON *json = cJSON_CreateArray();
        char text[40];
        size_t length = (size_t)sim_random_below(&random, sizeof text);
        for (size_t k = 0; k < length; k++)
            text[k] = (char)(1 + sim_random_below(&random, 127));
        text[length] = '\0';
        double number = (double)(int64_t)sim_random_below(&random, UINT64_MAX);
        for (uint64_t k = sim_random_below(&random, 24); k > 0; k--)
            number /= 10;
        cJSON_AddItemToArray(json, cJSON_CreateString(text));
        cJSON_AddItemToArray(json, cJSON_CreateNumber(number));
        cJSON_AddItemToArray(json, cJSON_CreateNumber((double)(int64_t)number));
        expect_same(json);
        cJSON_Delete(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prints_as_cjson_does),
        cmocka_unit_test(test_copies_raw_text),
        cmocka_unit_test(test_prints_random_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
