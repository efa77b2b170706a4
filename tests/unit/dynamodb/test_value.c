/* Attribute values: what clients may send, what becomes of it, what equals what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "emulators/dynamodb/base64.h"
#include "tests/unit/dynamodb/fixture_expression.h"

#define P "One or more parameter values were invalid: "

/* clang-format off */
static const struct { const char *value, *normal, *fault; } values[] = {
    {"{'S':''}", "{'S':''}", ""},
    {"{'N':'+1.50'}", "{'N':'1.5'}", ""},
    {"{'B':''}", "{'B':''}", ""},
    {"{'B':'AQID'}", "{'B':'AQID'}", ""},
    {"{'NULL':true}", "{'NULL':true}", ""},
    {"{'NULL':'Yes'}", "{'NULL':true}", ""},
    {"{'BOOL':'FALSE'}", "{'BOOL':false}", ""},
    {"{'SS':['b','a','','B']}", "{'SS':['','B','a','b']}", ""},
    {"{'NS':['10','2e0','1.0','-3','0.5']}", "{'NS':['-3','0.5','1','2','10']}", ""},
    {"{'BS':['/w==','AA==','']}", "{'BS':['','AA==','/w==']}", ""},
    {"{'L':[]}", "{'L':[]}", ""},
    {"{'M':{}}", "{'M':{}}", ""},
    {"{'L':[{'N':'01'},{'M':{'a':{'S':'x'}}}]}", "{'L':[{'N':'1'},{'M':{'a':{'S':'x'}}}]}", ""},
    {"{'S':'a','N':null}", "{'S':'a'}", ""},
    {"{'S':'a','Unknown':1}", "{'S':'a'}", ""},
    {"{'M':{'a':{'S':'1'},'b':{'S':'2'},'a':{'S':'3'}}}", "{'M':{'b':{'S':'2'},'a':{'S':'3'}}}", ""},
    {"{'M':{'a':null,'b':{'S':'2'}}}", "{'M':{'b':{'S':'2'}}}", ""},
    {"{}", NULL, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
    {"{'S':null}", NULL, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
    {"{'S':'a','N':'1'}", NULL, "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"},
    {"{'NULL':false}", NULL, P "Null attribute value types must have the value of true"},
    {"{'SS':[]}", NULL, P "An string set  may not be empty"},
    {"{'NS':[]}", NULL, P "An number set  may not be empty"},
    {"{'BS':[]}", NULL, P "Binary sets should not be empty"},
    {"{'SS':['a','a']}", NULL, P "Input collection [a, a] contains duplicates."},
    {"{'NS':['1','1.0']}", NULL, "Input collection contains duplicates"},
    {"{'BS':['AQ==','AQ==']}", NULL, P "Input collection [AQ==, AQ==]of type BS contains duplicates."},
    {"{'N':'x'}", NULL, "The parameter cannot be converted to a numeric value: x"},
    {"{'NS':['1','']}", NULL, "The parameter cannot be converted to a numeric value"},
    {"{'L':[{'S':'a'},{'L':[{}]}]}", NULL, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
    {"{'M':{'':{'S':'a'}}}", NULL, "Empty attribute name"},
    {"{'S':1}", NULL, "NUMBER_VALUE cannot be converted to String"},
    {"{'S':1.5}", NULL, "DECIMAL_VALUE cannot be converted to String"},
    {"{'N':true}", NULL, "TRUE_VALUE cannot be converted to String"},
    {"{'S':['a']}", NULL, "Unrecognized collection type class java.lang.String"},
    {"{'S':{}}", NULL, "Start of structure or map found where not expected"},
    {"{'SS':'a'}", NULL, "Unexpected field type"},
    {"{'SS':{}}", NULL, "Start of structure or map found where not expected"},
    {"{'L':'a'}", NULL, "Unexpected field type"},
    {"{'M':[]}", NULL, "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"},
    {"{'M':'a'}", NULL, "Unexpected field type"},
    {"{'BOOL':1}", NULL, "NUMBER_VALUE cannot be converted to Boolean"},
    {"{'BOOL':'maybe'}", NULL, "Unexpected token received from parser"},
    {"{'B':1}", NULL, "only base-64-encoded strings are convertible to bytes"},
    {"{'B':['AQ==']}", NULL, "Unrecognized collection type class java.nio.ByteBuffer"},
    {"{'B':'AQ='}", NULL, "Base64 encoded length is expected a multiple of 4 bytes but found: 3"},
    {"{'B':'AR=='}", NULL, "Invalid last non-pad Base64 character dectected"},
    {"{'B':'A==='}", NULL, "Invalid Base64 character: '='"},
    {"{'B':'A-BC'}", NULL, "Invalid Base64 character: '-'"},
    {"'text'", NULL, "Unexpected value type in payload"},
    {"[]", NULL, "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"},
};

static const struct { const char *a, *b; bool is_equal; } pairs[] = {
    {"{'S':'a'}", "{'S':'a'}", true},
    {"{'S':'1'}", "{'N':'1'}", false},
    {"{'N':'1.0'}", "{'N':'1e0'}", true},
    {"{'SS':['a','b']}", "{'SS':['b','a']}", true},
    {"{'SS':['a','b']}", "{'SS':['a','c']}", false},
    {"{'SS':['a','b']}", "{'SS':['a']}", false},
    {"{'NS':['1','2']}", "{'NS':['2.0','1']}", true},
    {"{'L':[{'S':'a'},{'S':'b'}]}", "{'L':[{'S':'b'},{'S':'a'}]}", false},
    {"{'L':[{'S':'a'}]}", "{'L':[{'S':'a'},{'S':'a'}]}", false},
    {"{'M':{'a':{'N':'1'},'b':{'L':[]}}}", "{'M':{'b':{'L':[]},'a':{'N':'1'}}}", true},
    {"{'M':{'a':{'N':'1'}}}", "{'M':{'b':{'N':'1'}}}", false},
    {"{'BOOL':true}", "{'BOOL':false}", false},
    {"{'NULL':true}", "{'NULL':true}", true},
};

static const struct { const char *a, *b; int order; } orders[] = {
    {"{'S':'a'}", "{'S':'b'}", -1},
    {"{'S':''}", "{'S':'a'}", -1},
    {"{'S':'Z'}", "{'S':'a'}", -1},
    {"{'S':'\xc3\xa9'}", "{'S':'z'}", 1}, /* by bytes of UTF-8 */
    {"{'N':'10'}", "{'N':'9'}", 1},
    {"{'N':'-10'}", "{'N':'-9'}", -1},
    {"{'B':'AA=='}", "{'B':'AAA='}", -1},   /* 00 before 00 00 */
    {"{'B':'/w=='}", "{'B':'AAAA'}", 1},    /* ff after 00 00 00 */
    {"{'B':'+w=='}", "{'B':'aw=='}", 1},    /* fb after 6b, though + comes before a */
    {"{'B':'AQ=='}", "{'B':'AQ=='}", 0},
};

static const struct { const char *text, *part; bool begins, contains; } binaries[] = {
    {"AQID", "", true, true},
    {"AQID", "AQ==", true, true},
    {"AQID", "AQI=", true, true},
    {"AQID", "AQID", true, true},
    {"AQID", "AQIDBA==", false, false},
    {"AQID", "Ag==", false, true},
    {"AvM=", "Ag==", true, true}, /* 02 in front of 02 f3: the sextets differ */
    {"AvM=", "Aw==", false, false},
    {"AQID", "AgM=", false, true},
    {"AQID", "AQM=", false, false},
    {"", "AQ==", false, false},
};
/* clang-format on */

static void test_values_are_checked_and_brought_to_normal_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        cJSON *value = fixture_json(&fixture, values[i].value);
        bool is_good = ddb_value_normalise(value, &fixture.fault);
        if (is_good != (values[i].normal != NULL))
            fail_msg("%s: %s", values[i].value, fixture_message(&fixture));
        if (is_good)
            assert_string_equal(fixture_print(&fixture, value), values[i].normal);
        assert_string_equal(fixture_message(&fixture), values[i].fault);
        expression_fixture_fini(&fixture);
    }
}

static void test_many_names_keep_their_last_values_too(void **state)
{
    (void)state;
    struct expression_fixture fixture;
    expression_fixture_init(&fixture);
    cJSON *item = fixture_json(&fixture, "{}");
    for (int i = 0; i < 100; i++) {
        char name[16];
        char text[16];
        snprintf(name, sizeof name, "n%d", i % 40);
        snprintf(text, sizeof text, "%d", i);
        cJSON_AddItemToObject(item, name, ddb_value_of_text(DDB_TYPE_S, text));
    }
    assert_true(ddb_item_normalise(item, &fixture.fault));
    assert_int_equal(cJSON_GetArraySize(item), 40);
    assert_string_equal(ddb_value_text(ddb_item_find(item, "n0")), "80");
    assert_string_equal(ddb_value_text(ddb_item_find(item, "n39")), "79");
    expression_fixture_fini(&fixture);
}

static cJSON *nested(unsigned depth)
{
    cJSON *value = ddb_value_of_text(DDB_TYPE_S, "deep");
    for (unsigned i = 0; i < depth; i++) {
        cJSON *list = ddb_value_empty(DDB_TYPE_L);
        cJSON_AddItemToArray(list->child, value);
        value = list;
    }
    return value;
}

/* Levels of an attribute: its lists and maps and the innermost value. A value that stands alone may
 * have one more in the older wording. */
static void test_nesting_ends_at_32_levels(void **state)
{
    static const struct {
        unsigned lists;
        bool is_attribute;
        enum ddb_wording wording;
        bool fits;
    } rows[] = {
        {31, true, DDB_WORDING_OLDER, true},    {32, true, DDB_WORDING_OLDER, false},
        {31, true, DDB_WORDING_CURRENT, true},  {32, true, DDB_WORDING_CURRENT, false},
        {32, false, DDB_WORDING_OLDER, true},   {33, false, DDB_WORDING_OLDER, false},
        {31, false, DDB_WORDING_CURRENT, true}, {32, false, DDB_WORDING_CURRENT, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        cJSON *item = cJSON_CreateObject();
        cJSON *value = nested(rows[i].lists);
        cJSON_AddItemToObject(item, "a", value);
        fixture.fault.wording = rows[i].wording;
        bool fits = rows[i].is_attribute ? ddb_item_normalise(item, &fixture.fault)
                                         : ddb_value_normalise(value, &fixture.fault);
        assert_int_equal(fits, rows[i].fits);
        if (!fits)
            assert_string_equal(fixture.fault.message, DDB_NESTING_TEXT);
        cJSON_Delete(item);
        expression_fixture_fini(&fixture);
    }
}

/* The members in order up to the first that comes again, then as sent. */
static void test_doubles_in_a_set_are_told_in_two_ways(void **state)
{
    static const struct {
        const char *set;
        const char *older;
        const char *current;
    } rows[] = {
        {"{'SS':['b','a','b']}", P "Input collection [b, a, b] contains duplicates.",
         P "Input collection [\"a\", \"b\", \"b\"] contains duplicates."},
        {"{'SS':['d','b','d','a','c']}", P "Input collection [d, b, d, a, c] contains duplicates.",
         P "Input collection [\"b\", \"d\", \"d\", \"a\", \"c\"] contains duplicates."},
        {"{'BS':['/w==','AA==','AA==']}",
         P "Input collection [/w==, AA==, AA==]of type BS contains duplicates.",
         P "Input collection [\"AA==\",\"/w==\",\"AA==\"]of type BS contains duplicates."},
        {"{'NS':['2','1','2.0']}", "Input collection contains duplicates",
         P "Input collection contains duplicates."},
    };
    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        fixture.fault.wording = i % 2 == 0 ? DDB_WORDING_OLDER : DDB_WORDING_CURRENT;
        assert_false(ddb_value_normalise(fixture_json(&fixture, rows[i / 2].set), &fixture.fault));
        assert_string_equal(fixture.fault.message,
                            i % 2 == 0 ? rows[i / 2].older : rows[i / 2].current);
        expression_fixture_fini(&fixture);
    }
}

static void test_equality_looks_through_order_of_sets_and_maps(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        cJSON *a = fixture_json(&fixture, pairs[i].a);
        cJSON *b = fixture_json(&fixture, pairs[i].b);
        assert_true(ddb_value_normalise(a, &fixture.fault));
        assert_true(ddb_value_normalise(b, &fixture.fault));
        if (ddb_value_equal(a, b) != pairs[i].is_equal ||
            ddb_value_equal(b, a) != pairs[i].is_equal)
            fail_msg("%s and %s", pairs[i].a, pairs[i].b);
        expression_fixture_fini(&fixture);
    }
}

static void test_order_is_by_bytes_and_by_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        int order = ddb_value_compare(fixture_json(&fixture, orders[i].a),
                                      fixture_json(&fixture, orders[i].b));
        if ((order > 0) - (order < 0) != orders[i].order)
            fail_msg("%s and %s: %d", orders[i].a, orders[i].b, order);
        expression_fixture_fini(&fixture);
    }
}

static void test_binaries_begin_and_contain_by_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(binaries); i++)
        if (ddb_base64_begins_with(binaries[i].text, binaries[i].part) != binaries[i].begins ||
            ddb_base64_contains(binaries[i].text, binaries[i].part) != binaries[i].contains)
            fail_msg("%s, %s", binaries[i].text, binaries[i].part);
}

static void test_base64_survives_the_way_to_bytes_and_back(void **state)
{
    (void)state;
    struct sim_arena *arena = sim_arena_create();
    for (size_t length = 0; length < 50; length++) {
        uint8_t bytes[50];
        size_t decoded_bytes = 0;
        for (size_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)(i * 37 + length * 11);
        const char *text = ddb_base64_encode(arena, bytes, length);
        assert_true(ddb_base64_check(text, NULL));
        assert_int_equal(ddb_base64_decoded_bytes(text), length);
        const uint8_t *decoded = ddb_base64_decode(arena, text, &decoded_bytes);
        assert_int_equal(decoded_bytes, length);
        assert_memory_equal(decoded, bytes, length);
    }
    sim_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_checked_and_brought_to_normal_form),
        cmocka_unit_test(test_many_names_keep_their_last_values_too),
        cmocka_unit_test(test_nesting_ends_at_32_levels),
        cmocka_unit_test(test_doubles_in_a_set_are_told_in_two_ways),
        cmocka_unit_test(test_equality_looks_through_order_of_sets_and_maps),
        cmocka_unit_test(test_order_is_by_bytes_and_by_number),
        cmocka_unit_test(test_binaries_begin_and_contain_by_bytes),
        cmocka_unit_test(test_base64_survives_the_way_to_bytes_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
