/* Keys: what is refused, and that blobs order and bound as the service does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "emulators/dynamodb/key.h"
#include "emulators/dynamodb/scan_hash.h"
#include "tests/unit/dynamodb/fixture_expression.h"

#define P     "One or more parameter values were invalid: "
#define MATCH "The provided key element does not match the schema"
#define EMPTY                                                                                      \
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "   \
    "contain an empty "

static const struct ddb_key_schema string_number = {
    .hash = {{"p", DDB_TYPE_S}}, .hash_count = 1, .range = {{"s", DDB_TYPE_N}}, .range_count = 1};
static const struct ddb_key_schema binary_only = {.hash = {{"p", DDB_TYPE_B}}, .hash_count = 1};
static const struct ddb_key_schema string_string = {
    .hash = {{"p", DDB_TYPE_S}}, .hash_count = 1, .range = {{"s", DDB_TYPE_S}}, .range_count = 1};

/* clang-format off */
static const struct {
    const struct ddb_key_schema *schema;
    const char *item, *item_fault, *map_fault;
} checks[] = {
    {&string_number, "{'p':{'S':'a'},'s':{'N':'1'}}", "", ""},
    {&string_number, "{'p':{'S':'a'},'s':{'N':'1'},'x':{'S':'more'}}", "", MATCH},
    {&string_number, "{'p':{'S':'a'}}", P "Missing the key s in the item", MATCH},
    {&string_number, "{'s':{'N':'1'},'q':{'N':'1'}}", P "Missing the key p in the item", MATCH},
    {&string_number, "{'p':{'N':'1'},'s':{'N':'1'}}", P "Type mismatch for key p expected: S actual: N", MATCH},
    {&string_number, "{'p':{'S':'a'},'s':{'BOOL':true}}", P "Type mismatch for key s expected: N actual: BOOL", MATCH},
    {&string_number, "{'p':{'S':''},'s':{'N':'1'}}", EMPTY "string value. Key: p", EMPTY "string value. Key: p"},
    {&binary_only, "{'p':{'B':''}}", EMPTY "binary value. Key: p", EMPTY "binary value. Key: p"},
    {&binary_only, "{'p':{'B':'AQ=='}}", "", ""},
    {&binary_only, "{}", P "Missing the key p in the item", MATCH},
};

static const struct { const char *item, *put_fault, *update_fault; bool has_entry; } index_checks[] = {
    {"{'p':{'S':'a'},'s':{'N':'1'}}", "", "", true},
    {"{'p':{'S':'a'}}", "", "", false},
    {"{}", "", "", false},
    {"{'p':{'S':'a'},'s':{'S':'1'}}", P "Type mismatch for Index Key s Expected: N Actual: S IndexName: i",
     "The update expression attempted to update the secondary index key to unsupported type", false},
    {"{'p':{'S':''},'s':{'N':'1'}}",
     "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: i, IndexKey: p",
     "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value.", false},
};

/* Sort keys in ascending order: S with bytes that the escape has to survive. */
static const char *const sort_keys[] = {
    "{'S':'\x01'}", "{'S':'\x01\x01'}", "{'S':'a'}", "{'S':'a\x01'}", "{'S':'aa'}", "{'S':'ab'}",
    "{'S':'b'}", "{'S':'\xc3\xa9'}", "{'S':'\xf0\x9f\x98\x80'}",
};
static const char *const binary_keys[] = { /* 00, 00 00, 00 01, 00 ff, 01, fe, ff, ff ff */
    "{'B':'AA=='}", "{'B':'AAA='}", "{'B':'AAE='}", "{'B':'AP8='}", "{'B':'AQ=='}", "{'B':'/g=='}",
    "{'B':'/w=='}", "{'B':'//8='}",
};

static const struct {
    enum ddb_sort_operator operation; const char *low, *high, *inside; /* indexes into sort_keys */
} ranges[] = {
    {DDB_SORT_ANY, NULL, NULL, "012345678"},
    {DDB_SORT_EQ, "{'S':'aa'}", NULL, "4"},
    {DDB_SORT_LT, "{'S':'aa'}", NULL, "0123"},
    {DDB_SORT_LE, "{'S':'aa'}", NULL, "01234"},
    {DDB_SORT_GT, "{'S':'aa'}", NULL, "5678"},
    {DDB_SORT_GE, "{'S':'aa'}", NULL, "45678"},
    {DDB_SORT_BETWEEN, "{'S':'a'}", "{'S':'ab'}", "2345"},
    {DDB_SORT_BETWEEN, "{'S':'a'}", "{'S':'a'}", "2"},
    {DDB_SORT_BEGINS_WITH, "{'S':'a'}", NULL, "2345"},
    {DDB_SORT_BEGINS_WITH, "{'S':'\x01'}", NULL, "01"},
    {DDB_SORT_BEGINS_WITH, "{'S':'c'}", NULL, ""},
};
/* clang-format on */

static void test_items_and_key_maps_are_checked_against_the_schema(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        struct expression_fixture fixture;
        struct ddb_key_blob from_item = {0};
        struct ddb_key_blob from_map = {0};
        expression_fixture_init(&fixture);
        cJSON *item = fixture_item(&fixture, checks[i].item);
        bool is_item = ddb_key_from_item(checks[i].schema, item, &from_item, &fixture.fault);
        assert_string_equal(fixture_message(&fixture), checks[i].item_fault);
        fixture.fault.code = NULL;
        bool is_map = ddb_key_from_map(checks[i].schema, item, &from_map, &fixture.fault);
        assert_string_equal(fixture_message(&fixture), checks[i].map_fault);
        if (is_item && is_map)
            assert_int_equal(ddb_key_compare(&from_item, &from_map), 0);
        expression_fixture_fini(&fixture);
    }
}

static void check_size(const char *attribute, size_t value_bytes, const char *fault)
{
    struct expression_fixture fixture;
    struct ddb_key_blob key;
    expression_fixture_init(&fixture);
    char *text = sim_arena_alloc(fixture.arena, value_bytes + 1);
    memset(text, 'x', value_bytes);
    cJSON *item = fixture_item(&fixture, "{'p':{'S':'a'},'s':{'S':'a'}}");
    cJSON_ReplaceItemInObject(item, attribute, ddb_value_of_text(DDB_TYPE_S, text));
    bool is_good = ddb_key_from_item(&string_string, item, &key, &fixture.fault);
    assert_int_equal(is_good, fault[0] == '\0');
    assert_string_equal(fixture_message(&fixture), fault);
    expression_fixture_fini(&fixture);
}

static void test_sizes_end_at_2048_and_1024_bytes(void **state)
{
    (void)state;
    check_size("p", 2048, "");
    check_size("p", 2049, P "Size of hashkey has exceeded the maximum size limit of2048 bytes");
    check_size("s", 1024, "");
    check_size("s", 1025,
               P "Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
}

static void test_index_keys_are_checked_as_far_as_they_are_there(void **state)
{
    (void)state;
    const struct ddb_key_blob table_key = {(const uint8_t *)"key", 3};
    for (size_t i = 0; i < ARRAY_LEN(index_checks); i++) {
        struct expression_fixture fixture;
        struct ddb_key_blob entry;
        expression_fixture_init(&fixture);
        cJSON *item = fixture_item(&fixture, index_checks[i].item);
        assert_int_equal(
            ddb_index_key_check(&string_number, "i", item, DDB_INDEX_CHECK_PUT, &fixture.fault),
            index_checks[i].put_fault[0] == '\0');
        assert_string_equal(fixture_message(&fixture), index_checks[i].put_fault);
        fixture.fault.code = NULL;
        assert_int_equal(
            ddb_index_key_check(&string_number, "i", item, DDB_INDEX_CHECK_UPDATE, &fixture.fault),
            index_checks[i].update_fault[0] == '\0');
        assert_string_equal(fixture_message(&fixture), index_checks[i].update_fault);
        bool has_entry =
            ddb_index_key_encode(fixture.arena, &string_number, item, &table_key, &entry);
        assert_int_equal(has_entry, index_checks[i].has_entry);
        if (has_entry)
            assert_memory_equal(entry.bytes + entry.length_bytes - 3, "key", 3);
        expression_fixture_fini(&fixture);
    }
}

static struct ddb_key_blob blob_of(struct expression_fixture *fixture, enum ddb_type type,
                                   const char *partition, const char *sort)
{
    struct ddb_key_schema schema = string_string;
    struct ddb_key_blob key = {0};
    schema.range[0].type = type;
    cJSON *item = fixture_json(fixture, "{}");
    cJSON_AddItemToObject(item, "p", ddb_value_of_text(DDB_TYPE_S, partition));
    cJSON_AddItemToObject(item, "s", cJSON_Duplicate(fixture_json(fixture, sort), true));
    bool is_good = ddb_key_from_item(&schema, item, &key, &fixture->fault);
    assert_true(is_good);
    return key;
}

static void check_ascending(enum ddb_type type, const char *const *keys, size_t count)
{
    struct expression_fixture fixture;
    expression_fixture_init(&fixture);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            struct ddb_key_blob a = blob_of(&fixture, type, "p", keys[i]);
            struct ddb_key_blob b = blob_of(&fixture, type, "p", keys[j]);
            int order = ddb_key_compare(&a, &b);
            if ((order > 0) - (order < 0) != (i > j) - (i < j))
                fail_msg("%s against %s", keys[i], keys[j]);
        }
    expression_fixture_fini(&fixture);
}

static void test_blobs_follow_the_order_of_sort_keys(void **state)
{
    (void)state;
    check_ascending(DDB_TYPE_S, sort_keys, ARRAY_LEN(sort_keys));
    check_ascending(DDB_TYPE_B, binary_keys, ARRAY_LEN(binary_keys));
}

static void test_ranges_hold_what_the_condition_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
        struct expression_fixture fixture;
        struct ddb_key_range range;
        char inside[ARRAY_LEN(sort_keys) + 1] = "";
        expression_fixture_init(&fixture);
        const cJSON *hash = fixture_json(&fixture, "{'S':'p'}");
        struct ddb_sort_condition sort = {ranges[i].operation,
                                          fixture_json(&fixture, ranges[i].low),
                                          fixture_json(&fixture, ranges[i].high)};
        ddb_key_partition_range(fixture.arena, &hash, 1, NULL, 0, &sort, &range);
        for (size_t j = 0; j < ARRAY_LEN(sort_keys); j++) {
            struct ddb_key_blob here = blob_of(&fixture, DDB_TYPE_S, "p", sort_keys[j]);
            struct ddb_key_blob elsewhere = blob_of(&fixture, DDB_TYPE_S, "q", sort_keys[j]);
            if (ddb_key_range_contains(&range, &here))
                inside[strlen(inside)] = (char)('0' + (int)j);
            assert_false(ddb_key_range_contains(&range, &elsewhere));
        }
        if (strcmp(inside, ranges[i].inside) != 0)
            fail_msg("range %zu holds %s, not %s", i, inside, ranges[i].inside);
        expression_fixture_fini(&fixture);
    }
}

static void test_a_begins_with_on_bytes_of_ff_still_has_an_upper_bound(void **state)
{
    (void)state;
    struct expression_fixture fixture;
    struct ddb_key_range range;
    expression_fixture_init(&fixture);
    const cJSON *hash = fixture_json(&fixture, "{'S':'p'}");
    struct ddb_sort_condition sort = {DDB_SORT_BEGINS_WITH, fixture_json(&fixture, "{'B':'/w=='}"),
                                      NULL};
    ddb_key_partition_range(fixture.arena, &hash, 1, NULL, 0, &sort, &range);
    for (size_t j = 0; j < ARRAY_LEN(binary_keys); j++) {
        struct ddb_key_blob key = blob_of(&fixture, DDB_TYPE_B, "p", binary_keys[j]);
        assert_int_equal(ddb_key_range_contains(&range, &key), j >= 6);
    }
    expression_fixture_fini(&fixture);
}

static void test_a_zero_byte_does_not_end_a_key(void **state)
{
    (void)state;
    struct expression_fixture fixture;
    expression_fixture_init(&fixture);
    const cJSON *hash = fixture_json(&fixture, "{'S':'p'}");
    for (size_t i = 0; i < ARRAY_LEN(binary_keys); i++) {
        struct ddb_key_range range;
        struct ddb_sort_condition sort = {DDB_SORT_EQ, fixture_json(&fixture, binary_keys[i]),
                                          NULL};
        ddb_key_partition_range(fixture.arena, &hash, 1, NULL, 0, &sort, &range);
        for (size_t j = 0; j < ARRAY_LEN(binary_keys); j++) {
            struct ddb_key_blob key = blob_of(&fixture, DDB_TYPE_B, "p", binary_keys[j]);
            assert_int_equal(ddb_key_range_contains(&range, &key), i == j);
        }
    }
    expression_fixture_fini(&fixture);
}

static void test_segments_share_all_hashes_among_them(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 2, 3, 7};
    struct expression_fixture fixture;
    expression_fixture_init(&fixture);
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        for (int key = 0; key < 20; key++) {
            char text[16];
            snprintf(text, sizeof text, "key %d", key);
            struct ddb_key_blob blob = blob_of(&fixture, DDB_TYPE_S, text, "{'S':'a'}");
            unsigned owners = 0;
            for (uint32_t segment = 0; segment < counts[i]; segment++) {
                struct ddb_key_range range;
                ddb_key_segment_range(fixture.arena, segment, counts[i], &range);
                owners += ddb_key_range_contains(&range, &blob);
            }
            assert_int_equal(owners, 1);
        }
    expression_fixture_fini(&fixture);
}

static void test_the_hash_is_md5_of_a_prefix_and_the_key(void **state)
{
    /* computed with md5sum: the first four bytes for "Outliers" and what follows */
    static const struct {
        const char *key;
        uint32_t hash;
    } cases[] = {
        {"", 0x65a4c052},
        {"a", 0xf6558e51},
        {"12345678901234567890123456789012345678901234567", 0x0fb81e9a},
        {"123456789012345678901234567890123456789012345678", 0xab0b897d},
        {"12345678901234567890123456789012345678901234567890123456", 0x3dc3c1cf},
        {"1234567890123456789012345678901234567890123456789012345678901234567890", 0xc6425e41},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(ddb_scan_hash((const uint8_t *)cases[i].key, strlen(cases[i].key)),
                         cases[i].hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_and_key_maps_are_checked_against_the_schema),
        cmocka_unit_test(test_sizes_end_at_2048_and_1024_bytes),
        cmocka_unit_test(test_index_keys_are_checked_as_far_as_they_are_there),
        cmocka_unit_test(test_blobs_follow_the_order_of_sort_keys),
        cmocka_unit_test(test_ranges_hold_what_the_condition_says),
        cmocka_unit_test(test_a_begins_with_on_bytes_of_ff_still_has_an_upper_bound),
        cmocka_unit_test(test_a_zero_byte_does_not_end_a_key),
        cmocka_unit_test(test_segments_share_all_hashes_among_them),
        cmocka_unit_test(test_the_hash_is_md5_of_a_prefix_and_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
