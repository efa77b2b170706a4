/* What updates make of items. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "emulators/dynamodb/update.h"
#include "tests/unit/dynamodb/fixture_expression.h"

#define NAMES "{'#id':'id','#dots':'x.y'}"
#define VALUES                                                                                     \
    "{':1':{'N':'1'},':5':{'N':'5'},':s':{'S':'s'},':t':{'S':'t'},':big':{'N':'1e50'},"            \
    "':l':{'L':[{'S':'p'},{'S':'q'}]},':empty':{'L':[]},':m':{'M':{'a':{'N':'9'}}},"               \
    "':ab':{'SS':['a','b']},':c':{'SS':['c']},':n12':{'NS':['1','2']},':max':{'N':'9e125'}}"

#define PATH    "The document path provided in the update expression is invalid for update"
#define TYPE    "An operand in the update expression has an incorrect data type"
#define MISSING "The provided expression refers to an attribute that does not exist in the item"
#define OVER                                                                                       \
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
#define LARGE "Item size to update has exceeded the maximum allowed size"

/* clang-format off */
static const struct { const char *item, *text, *result; } cases[] = {
    {"{'a':{'N':'1'}}", "SET a = :5", "{'a':{'N':'5'}}"},
    {"{'a':{'N':'1'}}", "SET b = :s", "{'a':{'N':'1'},'b':{'S':'s'}}"},
    {"{'a':{'N':'1'}}", "SET #dots = a", "{'a':{'N':'1'},'x.y':{'N':'1'}}"},
    {"{'a':{'N':'1'}}", "SET a = a + :5", "{'a':{'N':'6'}}"},
    {"{'a':{'N':'1'}}", "SET a = :5 - a", "{'a':{'N':'4'}}"},
    {"{'a':{'N':'1'}}", "SET a = a - a", "{'a':{'N':'0'}}"},
    {"{'a':{'N':'1'},'b':{'N':'2'}}", "SET a = b, b = a", "{'a':{'N':'2'},'b':{'N':'1'}}"},
    {"{'a':{'N':'1'}}", "SET b = a REMOVE a", "{'b':{'N':'1'}}"},
    {"{'a':{'N':'1'}}", "REMOVE a SET b = a ADD c :1", "{'b':{'N':'1'},'c':{'N':'1'}}"},
    {"{}", "SET a = if_not_exists(a, :5)", "{'a':{'N':'5'}}"},
    {"{'a':{'N':'1'}}", "SET a = if_not_exists(a, :5) + :1", "{'a':{'N':'2'}}"},
    {"{'b':{'S':'x'}}", "SET a = if_not_exists(a, if_not_exists(b, :5))", "{'b':{'S':'x'},'a':{'S':'x'}}"},
    {"{'l':{'L':[{'N':'1'}]}}", "SET l = list_append(l, :l)", "{'l':{'L':[{'N':'1'},{'S':'p'},{'S':'q'}]}}"},
    {"{'l':{'L':[{'N':'1'}]}}", "SET l = list_append(:l, l)", "{'l':{'L':[{'S':'p'},{'S':'q'},{'N':'1'}]}}"},
    {"{}", "SET l = list_append(if_not_exists(l, :empty), :l)", "{'l':{'L':[{'S':'p'},{'S':'q'}]}}"},
    {"{'l':{'L':[]}}", "SET l = list_append(l, l)", "{'l':{'L':[]}}"},
    {"{'m':{'M':{}}}", "SET m.a = :s, m.b = :5", "{'m':{'M':{'a':{'S':'s'},'b':{'N':'5'}}}}"},
    {"{'m':{'M':{'a':{'N':'1'},'b':{'N':'2'}}}}", "SET m.a = :s", "{'m':{'M':{'a':{'S':'s'},'b':{'N':'2'}}}}"},
    {"{'m':{'M':{'l':{'L':[{'S':'x'}]}}}}", "SET m.l[0] = :m", "{'m':{'M':{'l':{'L':[{'M':{'a':{'N':'9'}}}]}}}}"},
    {"{'l':{'L':[{'S':'x'},{'S':'y'}]}}", "SET l[1] = :s", "{'l':{'L':[{'S':'x'},{'S':'s'}]}}"},
    {"{'l':{'L':[{'S':'x'}]}}", "SET l[7] = :s", "{'l':{'L':[{'S':'x'},{'S':'s'}]}}"},
    {"{'l':{'L':[{'S':'x'}]}}", "SET l[9] = :s, l[7] = :t", "{'l':{'L':[{'S':'x'},{'S':'t'},{'S':'s'}]}}"},
    {"{'l':{'L':[{'S':'x'},{'S':'y'},{'S':'z'}]}}", "REMOVE l[0], l[1]", "{'l':{'L':[{'S':'z'}]}}"},
    {"{'l':{'L':[{'S':'x'},{'S':'y'},{'S':'z'}]}}", "REMOVE l[2], l[0] SET l[1] = :s", "{'l':{'L':[{'S':'s'}]}}"},
    {"{'l':{'L':[{'S':'x'}]}}", "REMOVE l[2] SET l[5] = :s", "{'l':{'L':[{'S':'x'},{'S':'s'}]}}"},
    {"{'l':{'L':[{'S':'x'}]}}", "REMOVE l[1] SET l[5] = :s, l[6] = :t", "{'l':{'L':[{'S':'x'},{'S':'s'},{'S':'t'}]}}"},
    {"{'a':{'N':'1'}}", "REMOVE b", "{'a':{'N':'1'}}"},
    {"{'m':{'M':{'a':{'N':'1'}}}}", "REMOVE m.a, m.b", "{'m':{'M':{}}}"},
    {"{}", "ADD a :5", "{'a':{'N':'5'}}"},
    {"{'a':{'N':'-5'}}", "ADD a :5", "{'a':{'N':'0'}}"},
    {"{}", "ADD a :ab", "{'a':{'SS':['a','b']}}"},
    {"{'a':{'SS':['b','x']}}", "ADD a :ab", "{'a':{'SS':['a','b','x']}}"},
    {"{'a':{'NS':['2','3']}}", "ADD a :n12", "{'a':{'NS':['1','2','3']}}"},
    {"{'m':{'M':{'n':{'N':'1'}}}}", "ADD m.n :5, m.o :1", "{'m':{'M':{'n':{'N':'6'},'o':{'N':'1'}}}}"},
    {"{'a':{'SS':['a','x']}}", "DELETE a :ab", "{'a':{'SS':['x']}}"},
    {"{'a':{'SS':['a']},'z':{'N':'1'}}", "DELETE a :ab", "{'z':{'N':'1'}}"},
    {"{'a':{'SS':['x']}}", "DELETE a :ab", "{'a':{'SS':['x']}}"},
    {"{}", "DELETE a :ab", "{}"},
    {"{'l':{'L':[{'SS':['a']},{'S':'y'}]}}", "DELETE l[0] :ab", "{'l':{'L':[{'S':'y'}]}}"},
    /* refused */
    {"{}", "SET a = b", MISSING},
    {"{}", "SET a = a + :1", MISSING},
    {"{}", "SET l = list_append(l, :l)", MISSING},
    {NULL, "SET a = b", MISSING},
    {"{'a':{'S':'x'}}", "SET a = a + :1", TYPE},
    {"{'a':{'S':'x'}}", "SET a = if_not_exists(a, :5) + :1", TYPE},
    {"{'a':{'S':'x'}}", "SET a = list_append(a, :l)", TYPE},
    {"{'a':{'S':'x'}}", "SET a = list_append(:l, a)", TYPE},
    {"{'a':{'S':'x'}}", "ADD a :5", TYPE},
    {"{'a':{'N':'1'}}", "ADD a :ab", TYPE},
    {"{'a':{'NS':['1']}}", "ADD a :ab", TYPE},
    {"{'a':{'NS':['1']}}", "DELETE a :ab", TYPE},
    {"{'a':{'S':'x'}}", "DELETE a :ab", TYPE},
    {"{}", "SET m.a = :s", PATH},
    {"{'m':{'S':'x'}}", "SET m.a = :s", PATH},
    {"{'m':{'M':{}}}", "SET m.a.b = :s", PATH},
    {"{'m':{'M':{}}}", "SET m[0] = :s", PATH},
    {"{'l':{'L':[]}}", "SET l.a = :s", PATH},
    {"{'l':{'L':[]}}", "SET l[0].a = :s", PATH},
    {"{'m':{'S':'x'}}", "REMOVE m.a", PATH},
    {"{}", "REMOVE m.a", PATH},
    {"{}", "ADD m.a :5", PATH},
    {"{'a':{'N':'1'}}", "SET a = a + :big", OVER},
    {"{'a':{'N':'9e125'}}", "ADD a :max", OVER},
};

static const struct { const char *item, *text, *touched_old, *touched_new; } touched[] = {
    {"{'a':{'N':'1'},'z':{'S':'z'}}", "SET a = :5", "{'a':{'N':'1'}}", "{'a':{'N':'5'}}"},
    {"{'z':{'S':'z'}}", "SET a = :5", "NULL", "{'a':{'N':'5'}}"},
    {"{'a':{'N':'1'}}", "REMOVE a", "{'a':{'N':'1'}}", "NULL"},
    {"{'m':{'M':{'a':{'N':'1'},'b':{'N':'2'}}}}", "SET m.b = :5", "{'m':{'M':{'b':{'N':'2'}}}}", "{'m':{'M':{'b':{'N':'5'}}}}"},
    {"{'l':{'L':[{'S':'x'},{'S':'y'}]}}", "SET l[1] = :5", "{'l':{'L':[{'S':'y'}]}}", "{'l':{'L':[{'N':'5'}]}}"},
    {"{'z':{'S':'z'}}", "REMOVE a", "NULL", "NULL"},
};
/* clang-format on */

static const struct ddb_binding *bind(struct expression_fixture *fixture, const char *text)
{
    const struct ddb_binding *binding =
        fixture_bind(fixture, DDB_EXPRESSION_UPDATE, text, NAMES, VALUES);
    if (binding == NULL)
        fail_msg("%s: %s", text, fixture_message(fixture));
    return binding;
}

static void test_updates_change_items_or_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        const struct ddb_binding *binding = bind(&fixture, cases[i].text);
        const cJSON *old_item = fixture_item(&fixture, cases[i].item);
        cJSON *new_item = old_item == NULL ? cJSON_CreateObject() : cJSON_Duplicate(old_item, true);
        const char *before = fixture_print(&fixture, old_item);
        bool is_good = ddb_update_apply(binding, old_item, new_item, &fixture.fault);
        const char *result =
            is_good ? fixture_print(&fixture, new_item) : fixture_message(&fixture);
        if (strcmp(result, cases[i].result) != 0)
            fail_msg("%s\n  %s\n  gives %s\n  not   %s", cases[i].item, cases[i].text, result,
                     cases[i].result);
        assert_string_equal(fixture_print(&fixture, old_item), before);
        cJSON_Delete(new_item);
        expression_fixture_fini(&fixture);
    }
}

static void test_touched_paths_are_told_as_they_were_and_as_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(touched); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        const struct ddb_binding *binding = bind(&fixture, touched[i].text);
        const cJSON *old_item = fixture_item(&fixture, touched[i].item);
        cJSON *new_item = cJSON_Duplicate(old_item, true);
        assert_true(ddb_update_apply(binding, old_item, new_item, &fixture.fault));
        cJSON *was = ddb_update_touched(binding, old_item);
        cJSON *is = ddb_update_touched(binding, new_item);
        assert_string_equal(fixture_print(&fixture, was), touched[i].touched_old);
        assert_string_equal(fixture_print(&fixture, is), touched[i].touched_new);
        cJSON_Delete(was);
        cJSON_Delete(is);
        cJSON_Delete(new_item);
        expression_fixture_fini(&fixture);
    }
}

static void test_key_attributes_stay(void **state)
{
    static const struct ddb_key_schema schema = {.hash = {{"id", DDB_TYPE_S}},
                                                 .hash_count = 1,
                                                 .range = {{"sk", DDB_TYPE_N}},
                                                 .range_count = 1};
    static const struct {
        const char *text, *attribute; /* NULL: allowed */
    } rows[] = {
        {"SET a = id", NULL}, {"SET a = :s, #id = :s", "id"}, {"REMOVE b, sk", "sk"},
        {"ADD sk :1", "sk"},  {"DELETE id :ab", "id"},        {"SET id.a = :s", "id"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        const struct ddb_binding *binding = bind(&fixture, rows[i].text);
        assert_int_equal(ddb_update_check_keys(binding, &schema, &fixture.fault),
                         rows[i].attribute == NULL);
        if (rows[i].attribute != NULL)
            assert_string_equal(fixture.fault.message,
                                sim_arena_printf(fixture.arena,
                                                 "One or more parameter values were invalid: "
                                                 "Cannot update attribute %s. This attribute is "
                                                 "part of the key",
                                                 rows[i].attribute));
        expression_fixture_fini(&fixture);
    }
}

static void test_copies_beyond_an_items_size_are_refused_early(void **state)
{
    (void)state;
    struct expression_fixture fixture;
    expression_fixture_init(&fixture);
    char *text = sim_arena_alloc(fixture.arena, 150001);
    memset(text, 'x', 150000);
    cJSON *item = fixture_json(&fixture, "{}");
    cJSON_AddItemToObject(item, "a", ddb_value_of_text(DDB_TYPE_S, text));
    cJSON *new_item = cJSON_Duplicate(item, true);
    const struct ddb_binding *two = bind(&fixture, "SET b = a, c = a");
    const struct ddb_binding *three = bind(&fixture, "SET b = a, c = a, d = a");
    assert_true(ddb_update_apply(two, item, new_item, &fixture.fault));
    assert_false(ddb_update_apply(three, item, new_item, &fixture.fault));
    assert_string_equal(fixture.fault.message, LARGE);
    cJSON_Delete(new_item);
    expression_fixture_fini(&fixture);
}

static void test_nesting_by_steps_ends_at_32_as_well(void **state)
{
    (void)state;
    struct expression_fixture fixture;
    expression_fixture_init(&fixture);
    cJSON *item = fixture_item(&fixture, "{'m':{'M':{}}}");
    struct sim_buffer text;
    sim_buffer_init(&text);
    sim_buffer_append_text(&text, "SET m");
    for (unsigned depth = 1; depth < DDB_NESTING_MAX; depth++) {
        sim_buffer_append_text(&text, ".a");
        const char *step = sim_arena_printf(fixture.arena, "%s = :m", text.data);
        const struct ddb_binding *binding =
            fixture_bind(&fixture, DDB_EXPRESSION_UPDATE, step, NULL, "{':m':{'M':{}}}");
        assert_non_null(binding);
        assert_int_equal(ddb_update_apply(binding, item, item, &fixture.fault),
                         depth < DDB_NESTING_MAX - 1);
    }
    sim_buffer_fini(&text);
    assert_true(ddb_item_normalise(item, &fixture.fault));
    const struct ddb_binding *deep =
        fixture_bind(&fixture, DDB_EXPRESSION_UPDATE, "SET m.a.a.b = :deep", NULL,
                     "{':deep':{'L':[{'L':[{'L':[]}]}]}}");
    assert_true(ddb_update_apply(deep, item, item, &fixture.fault));
    const cJSON *m = ddb_item_find(item, "m");
    const struct ddb_binding *deeper =
        fixture_bind(&fixture, DDB_EXPRESSION_UPDATE, "SET m.a.a.a.b = m", NULL, VALUES);
    assert_non_null(m);
    assert_false(ddb_update_apply(deeper, item, item, &fixture.fault));
    assert_string_equal(fixture.fault.message, DDB_NESTING_TEXT);
    expression_fixture_fini(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_updates_change_items_or_are_refused),
        cmocka_unit_test(test_touched_paths_are_told_as_they_were_and_as_they_are),
        cmocka_unit_test(test_key_attributes_stay),
        cmocka_unit_test(test_copies_beyond_an_items_size_are_refused_early),
        cmocka_unit_test(test_nesting_by_steps_ends_at_32_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
