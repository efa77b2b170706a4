/* What key conditions ask for, and what they may not say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "emulators/dynamodb/key_condition.h"
#include "tests/unit/dynamodb/fixture_expression.h"

#define VALUES                                                                                     \
    "{':p':{'S':'part'},':s':{'N':'5'},':t':{'N':'7'},':x':{'S':'x'},':y':{'S':'y'},"              \
    "':empty':{'S':''},':bool':{'BOOL':true}}"
#define K "Invalid KeyConditionExpression: "
#define P "One or more parameter values were invalid: "
#define I "Invalid condition in KeyConditionExpression: "
#define O "Invalid operator used in KeyConditionExpression: "

static const struct ddb_key_schema hash_only = {.hash = {{"p", DDB_TYPE_S}}, .hash_count = 1};
static const struct ddb_key_schema with_number = {
    .hash = {{"p", DDB_TYPE_S}}, .hash_count = 1, .range = {{"s", DDB_TYPE_N}}, .range_count = 1};
static const struct ddb_key_schema with_string = {
    .hash = {{"p", DDB_TYPE_S}}, .hash_count = 1, .range = {{"s", DDB_TYPE_S}}, .range_count = 1};
static const struct ddb_key_schema many = {
    .hash = {{"p", DDB_TYPE_S}, {"q", DDB_TYPE_S}},
    .hash_count = 2,
    .range = {{"r1", DDB_TYPE_N}, {"r2", DDB_TYPE_N}, {"r3", DDB_TYPE_S}},
    .range_count = 3,
};

/* clang-format off */
static const struct {
    const struct ddb_key_schema *schema;
    const char *text, *fault;
    enum ddb_sort_operator operation;
    size_t equals_count;
} cases[] = {
    {&hash_only, "p = :p", "", DDB_SORT_ANY, 0},
    {&hash_only, ":p = p", "", DDB_SORT_ANY, 0},
    {&hash_only, "(p = :p)", "", DDB_SORT_ANY, 0},
    {&with_number, "p = :p", "", DDB_SORT_ANY, 0},
    {&with_number, "p = :p AND s = :s", "", DDB_SORT_EQ, 0},
    {&with_number, "s < :s and #p = :p", "", DDB_SORT_LT, 0},
    {&with_number, "(p = :p) AND (s <= :s)", "", DDB_SORT_LE, 0},
    {&with_number, "p = :p AND :s < s", "", DDB_SORT_GT, 0},
    {&with_number, "p = :p AND :s >= s", "", DDB_SORT_LE, 0},
    {&with_number, "p = :p AND s >= :s", "", DDB_SORT_GE, 0},
    {&with_number, "p = :p AND s BETWEEN :s AND :t", "", DDB_SORT_BETWEEN, 0},
    {&with_string, "p = :p AND begins_with(s, :x)", "", DDB_SORT_BEGINS_WITH, 0},
    {&many, "p = :p AND q = :x", "", DDB_SORT_ANY, 0},
    {&many, "q = :p AND p = :x AND r1 > :s", "", DDB_SORT_GT, 0},
    {&many, "q = :p AND p = :x AND r1 = :s AND r2 = :t AND begins_with(r3, :x)", "", DDB_SORT_BEGINS_WITH, 2},
    /* operators and shapes, before any schema */
    {&with_number, "p = :p OR s = :s", O "OR", 0, 0},
    {&with_number, "NOT p = :p", O "NOT", 0, 0},
    {&with_number, "p IN (:p, s)", O "IN", 0, 0},
    {&with_number, "p <> :p", O "<>", 0, 0},
    {&with_number, "attribute_exists(p)", O "attribute_exists", 0, 0},
    {&with_number, "attribute_not_exists(p)", O "attribute_not_exists", 0, 0},
    {&with_number, "contains(p.d, :p)", O "contains", 0, 0},
    {&with_number, "p > q AND size(q) > c OR a > c", O "OR", 0, 0},
    {&with_number, ":p BETWEEN size(b) AND size(a) AND b > :x", I "BETWEEN operator must have the key attribute as its first operand", 0, 0},
    {&with_number, "begins_with(:p, b) AND a > :p", I "begins_with operator must have the key attribute as its first operand", 0, 0},
    {&with_number, "size(b) > a AND a.b > b AND b > c", "KeyConditionExpressions cannot contain nested operations", 0, 0},
    {&with_number, "a > size(b.d)", "KeyConditionExpressions cannot contain nested operations", 0, 0},
    {&with_number, "p > a.b", I "Multiple attribute names used in one condition", 0, 0},
    {&with_number, "begins_with(a, b)", I "Multiple attribute names used in one condition", 0, 0},
    {&with_number, "b.d > a AND c.d > e.f", "KeyConditionExpressions cannot have conditions on nested attributes", 0, 0},
    {&with_number, "b[0] > a", "KeyConditionExpressions cannot have conditions on nested attributes", 0, 0},
    {&with_number, ":p > :x AND a < :x", I "No key attribute specified", 0, 0},
    {&with_number, "b > :p AND b < :p AND c = :p AND d = :p", "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key", 0, 0},
    {&with_number, "(a > :p AND b > :p) AND (b > :p AND c > :p)", "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key", 0, 0},
    {&with_number, "a BETWEEN :t AND :s", K "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:7}, upper bound operand: AttributeValue: {N:5}", 0, 0},
    {&with_number, "p = :p AND begins_with(s, :s)", K "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N", 0, 0},
    {&with_number, "", K "The expression can not be empty;", 0, 0},
    /* against the schema */
    {&with_number, "a = :p AND b = :p AND c = :p", "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)", 0, 0},
    {&with_number, "s = :s", "Query condition missed key schema element: p", 0, 0},
    {&with_number, "x = :s AND y = :s", "Query condition missed key schema element: p", 0, 0},
    {&with_number, "p = :p AND x = :x", "Query condition missed key schema element: s", 0, 0},
    {&hash_only, "p = :p AND x = :x", "Query key condition not supported", 0, 0},
    {&hash_only, "p > :p", "Query key condition not supported", 0, 0},
    {&with_number, "begins_with(p, :p) AND s = :s", "Query key condition not supported", 0, 0},
    {&hash_only, "p = :s", P "Condition parameter type does not match schema type", 0, 0},
    {&with_number, "p = :p AND s = :x", P "Condition parameter type does not match schema type", 0, 0},
    {&with_string, "p = :p AND s BETWEEN :s AND :t", P "Condition parameter type does not match schema type", 0, 0},
    {&hash_only, "p = :bool", P "Condition parameter type does not match schema type", 0, 0},
    {&hash_only, "p = :empty", "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p", 0, 0},
    {&many, "p = :p", "Query condition missed key schema element: q", 0, 0},
    {&many, "p = :p AND q = :x AND r2 = :s", "RANGE key attributes r1 must have equality conditions specified in the query because a condition is present on key attribute r2", 0, 0},
    {&many, "p = :p AND q = :x AND r1 > :s AND r2 = :s", "RANGE key attributes r1 must have equality conditions specified in the query because a condition is present on key attribute r2", 0, 0},
};
/* clang-format on */

static void check_case(struct expression_fixture *fixture, size_t i)
{
    struct ddb_key_query query = {0};
    const struct ddb_binding *binding =
        fixture_bind(fixture, DDB_EXPRESSION_KEY_CONDITION, cases[i].text, "{'#p':'p'}", VALUES);
    bool is_good = binding != NULL &&
                   ddb_key_condition_resolve(binding, cases[i].schema, &query, &fixture->fault);
    if (is_good != (cases[i].fault[0] == '\0') ||
        strcmp(fixture_message(fixture), cases[i].fault) != 0)
        fail_msg("%s\n  gives %s\n  not   %s", cases[i].text, fixture_message(fixture),
                 cases[i].fault);
    if (!is_good)
        return;
    assert_int_equal(query.sort.operation, cases[i].operation);
    assert_int_equal(query.equals_count, cases[i].equals_count);
    assert_true(query.range.low.length_bytes > 0);
    assert_true(query.range.high.length_bytes > 0);
    assert_true(ddb_key_compare(&query.range.low, &query.range.high) < 0);
}

static void test_key_conditions_resolve_or_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        check_case(&fixture, i);
        expression_fixture_fini(&fixture);
    }
}

static void test_the_range_holds_the_items_that_match(void **state)
{
    (void)state;
    struct expression_fixture fixture;
    struct ddb_key_query query;
    struct ddb_key_blob key;
    unsigned inside = 0;
    expression_fixture_init(&fixture);
    const struct ddb_binding *binding = fixture_bind(
        &fixture, DDB_EXPRESSION_KEY_CONDITION, "p = :p AND s BETWEEN :s AND :t", NULL, VALUES);
    assert_true(ddb_key_condition_resolve(binding, &with_number, &query, &fixture.fault));
    for (int s = 0; s < 10; s++) {
        const char *text =
            sim_arena_printf(fixture.arena, "{'p':{'S':'part'},'s':{'N':'%d.5'}}", s);
        assert_true(
            ddb_key_from_map(&with_number, fixture_item(&fixture, text), &key, &fixture.fault));
        inside += ddb_key_range_contains(&query.range, &key);
    }
    assert_int_equal(inside, 2); /* 5.5 and 6.5 */
    expression_fixture_fini(&fixture);
}

/* clang-format off */
static const struct { const char *key, *filter, *fault; } orders[] = {
    {"p = :p OR s = :p", "a <", "Invalid FilterExpression: Syntax error; token: \"<EOF>\", near: \"<\""},
    {"p = :p OR s = :p", NULL, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}"},
    {"p = :p OR s = :x", NULL, O "OR"},
    {"p = :p", "a = :x", ""},
};
/* clang-format on */

static void test_shape_is_checked_after_all_other_expressions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        struct expression_fixture fixture;
        const struct ddb_binding *filter = NULL;
        expression_fixture_init(&fixture);
        const struct ddb_binding *key =
            fixture_bind(&fixture, DDB_EXPRESSION_KEY_CONDITION, orders[i].key, NULL,
                         "{':p':{'S':'a'},':x':{'S':'b'}}");
        bool is_good = key != NULL &&
                       ddb_expression_context_bind(&fixture.context, DDB_EXPRESSION_FILTER,
                                                   orders[i].filter, &filter, &fixture.fault) &&
                       ddb_expression_context_finish(&fixture.context, &fixture.fault);
        assert_int_equal(is_good, orders[i].fault[0] == '\0');
        assert_string_equal(fixture_message(&fixture), orders[i].fault);
        expression_fixture_fini(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_conditions_resolve_or_are_refused),
        cmocka_unit_test(test_shape_is_checked_after_all_other_expressions),
        cmocka_unit_test(test_the_range_holds_the_items_that_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
