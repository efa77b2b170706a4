/* What conditions say about items. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "emulators/dynamodb/condition.h"
#include "tests/unit/dynamodb/fixture_expression.h"

#define ITEM                                                                                       \
    "{'s':{'S':'hello'},'e':{'S':''},'n':{'N':'5'},'neg':{'N':'-5'},'b':{'B':'AQID'},"             \
    "'t':{'BOOL':true},'nil':{'NULL':true},'ss':{'SS':['a','b']},'ns':{'NS':['1','2']},"           \
    "'bs':{'BS':['AQ==']},'l':{'L':[{'S':'x'},{'N':'5'},{'M':{'k':{'S':'v'}}},{'SS':['b','a']}]}," \
    "'m':{'M':{'a':{'N':'1'},'l':{'L':[{'S':'deep'}]}}},'x.y':{'S':'dots'},'five':{'N':'5'}}"
#define NAMES "{'#dots':'x.y','#m':'m'}"
#define VALUES                                                                                     \
    "{':5':{'N':'5.0'},':4':{'N':'4'},':6':{'N':'6'},':1':{'N':'1'},':3':{'N':'3'},"               \
    "':hello':{'S':'hello'},':he':{'S':'he'},':ell':{'S':'ell'},':empty':{'S':''},"                \
    "':z':{'S':'z'},':a':{'S':'a'},':x':{'S':'x'},':b12':{'B':'AQI='},':b23':{'B':'AgM='},"        \
    "':b1':{'B':'AQ=='},':true':{'BOOL':true},':false':{'BOOL':false},':null':{'NULL':true},"      \
    "':ba':{'SS':['b','a']},':l':{'L':[{'S':'x'}]},':mk':{'M':{'k':{'S':'v'}}},"                   \
    "':tS':{'S':'S'},':tN':{'S':'N'},':tM':{'S':'M'},':tNULL':{'S':'NULL'},':tSS':{'S':'SS'}}"

/* clang-format off */
static const struct { const char *text; bool holds; } cases[] = {
    {"s = :hello", true},
    {"s = :he", false},
    {"s <> :he", true},
    {"s = :5", false},
    {"s <> :5", true},
    {":5 = n", true},
    {"n = five", true},
    {"n < :6 AND n <= :5 AND n > :4 AND n >= :5", true},
    {"neg < :4", true},
    {"n < s", false},
    {"n > s", false},
    {"s > :he AND s < :z", true},
    {"b > :b1 AND b < :b23", true},
    {"t = :true AND t <> :false", true},
    {"t < n", false},
    {"nil = :null", true},
    {"ss = :ba", true},
    {"ss < :z", false},
    {"l[3] = :ba", true},
    {"l[2] = :mk", true},
    {"m.l = :l", false},
    {"#m.a = :1", true},
    {"m.l[0] <> :x", true},
    {"l[2].k = :x", false},
    {"#dots = :x", false},
    {"attribute_exists(#dots)", true},
    /* what is missing */
    {"gone = :5", false},
    {"gone <> :5", true},
    {"gone < :5", false},
    {"gone >= :5", false},
    {"gone = away", false},
    {"gone <> away", true},
    {"NOT gone = :5", true},
    {"gone BETWEEN :4 AND :6", false},
    {"n BETWEEN gone AND :6", false},
    {"gone IN (:5, :4)", false},
    {"n IN (gone, :5)", true},
    {"begins_with(gone, :he)", false},
    {"contains(gone, :he)", false},
    {"contains(s, gone)", false},
    {"attribute_type(gone, :tS)", false},
    {"size(gone) = :5", false},
    {"size(gone) <> :5", true},
    {"l[9] = :5", false},
    {"m[0] = :5", false},
    {"l.k = :5", false},
    {"s.k = :5", false},
    {"attribute_exists(gone)", false},
    {"attribute_not_exists(gone)", true},
    {"attribute_exists(e)", true},
    {"attribute_not_exists(nil)", false},
    {"attribute_exists(l[2].k)", true},
    {"attribute_exists(l[4])", false},
    {"attribute_exists(m.l[0].x)", false},
    /* BETWEEN and IN */
    {"n BETWEEN :5 AND :5", true},
    {"n BETWEEN :4 AND :6", true},
    {"n BETWEEN :1 AND :4", false},
    {"s BETWEEN :4 AND :6", false},
    {"s BETWEEN :he AND :z", true},
    {"n BETWEEN s AND :6", false},
    {"s IN (:he, :z)", false},
    {"s IN (:he, :5, :hello)", true},
    {"l IN (:l)", false},
    {"l[2] IN (:5, :mk)", true},
    /* functions */
    {"attribute_type(s, :tS)", true},
    {"attribute_type(n, :tS)", false},
    {"attribute_type(m, :tM)", true},
    {"attribute_type(nil, :tNULL)", true},
    {"attribute_type(l[3], :tSS)", true},
    {"begins_with(s, :he)", true},
    {"begins_with(s, :empty)", true},
    {"begins_with(s, :ell)", false},
    {"begins_with(e, :he)", false},
    {"begins_with(b, :b12)", true},
    {"begins_with(b, :b23)", false},
    {"begins_with(n, :he)", false},
    {"begins_with(b, :he)", false},
    {"contains(s, :ell)", true},
    {"contains(s, :z)", false},
    {"contains(s, :5)", false},
    {"contains(b, :b23)", true},
    {"contains(ss, :a)", true},
    {"contains(ss, :z)", false},
    {"contains(ns, :1)", true},
    {"contains(ns, :a)", false},
    {"contains(bs, :b1)", true},
    {"contains(l, :x)", true},
    {"contains(l, :5)", true},
    {"contains(l, :mk)", true},
    {"contains(l, :ba)", true},
    {"contains(l, :6)", false},
    {"contains(m, :1)", false},
    {"contains(n, :5)", false},
    {"size(s) = :5", true},
    {"size(e) < :1", true},
    {"size(b) = :3", true},
    {"size(ss) < size(s)", true},
    {"size(l) = :4", true},
    {"size(m) BETWEEN :1 AND :3", true},
    {"size(:hello) = n", true},
    {"n IN (size(b), size(s))", true},
    {"size(s) = s", false},
    {"size(n) = :1", false},
    {"size(n) <> :1", false},
    {"size(t) >= :1", false},
    {"contains(l, size(s))", true},
    /* logic */
    {"s = :z OR n = :5", true},
    {"s = :z OR n = :5 AND t = :false", false},
    {"(s = :z OR n = :5) AND t = :true", true},
    {"NOT s = :z AND n = :5", true},
    {"NOT (s = :z OR n = :5)", false},
    {"NOT NOT n = :5", true},
    {"n = :5 AND s = :hello AND t = :true AND nil = :null", true},
    {"n = :4 OR s = :he OR t = :true", true},
    {"NOT n = :5 OR NOT s = :hello", false},
};
/* clang-format on */

static void test_conditions_hold_or_do_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        const cJSON *item = fixture_item(&fixture, ITEM);
        const struct ddb_binding *binding =
            fixture_bind(&fixture, DDB_EXPRESSION_CONDITION, cases[i].text, NAMES, VALUES);
        if (binding == NULL)
            fail_msg("%s: %s", cases[i].text, fixture_message(&fixture));
        if (ddb_condition_holds(binding, item) != cases[i].holds)
            fail_msg("%s is not %d", cases[i].text, cases[i].holds);
        expression_fixture_fini(&fixture);
    }
}

static void test_a_missing_item_is_an_empty_one(void **state)
{
    static const struct {
        const char *text;
        bool holds;
    } rows[] = {
        {"attribute_not_exists(s)", true},
        {"attribute_exists(s)", false},
        {"s = :hello", false},
        {"s <> :hello", true},
        {"NOT s = :hello", true},
        {"size(s) < :5", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        const struct ddb_binding *binding =
            fixture_bind(&fixture, DDB_EXPRESSION_CONDITION, rows[i].text, NAMES, VALUES);
        assert_int_equal(ddb_condition_holds(binding, NULL), rows[i].holds);
        expression_fixture_fini(&fixture);
    }
    assert_true(ddb_condition_holds(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditions_hold_or_do_not),
        cmocka_unit_test(test_a_missing_item_is_an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
