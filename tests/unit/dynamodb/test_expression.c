/* What is wrong with an expression: texts, their order, and placeholders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/dynamodb/fixture_expression.h"

#define CONDITION  DDB_EXPRESSION_CONDITION
#define FILTER     DDB_EXPRESSION_FILTER
#define UPDATE     DDB_EXPRESSION_UPDATE
#define PROJECTION DDB_EXPRESSION_PROJECTION
#define C          "Invalid ConditionExpression: "
#define U          "Invalid UpdateExpression: "
#define R          "Invalid ProjectionExpression: "
#define RESERVED   "Attribute name is a reserved keyword; reserved keyword: "
#define TYPE       "Incorrect operand type for operator or function; operator or function: "
#define COUNT      "Incorrect number of operands for operator or function; operator or function: "
#define NO_NAME                                                                                    \
    "An expression attribute name used in the document path is not defined; attribute name: "
#define NO_VALUE                                                                                   \
    "An expression attribute value used in expression is not defined; attribute value: "
#define MISUSED "The function is not allowed to be used this way in an expression; function: "
#define OVERLAP                                                                                    \
    "Two document paths overlap with each other; must remove or rewrite one of these paths; "
#define CONFLICT                                                                                   \
    "Two document paths conflict with each other; must remove or rewrite one of these paths; "
#define REDUNDANT "The expression has redundant parentheses;"

/* Known to all of them. */
#define NAMES "{'#n':'name','#a':'a','#b':'b','#dot':'x.y'}"
#define VALUES                                                                                     \
    "{':n':{'N':'1'},':m':{'N':'2'},':s':{'S':'a'},':t':{'S':'b'},':type':{'S':'SS'},"             \
    "':bool':{'BOOL':true},':l':{'L':[]},':ss':{'SS':['a']},':map':{'M':{}},':b':{'B':'AQ=='},"    \
    "':null':{'NULL':true}}"

/* clang-format off */
static const struct { enum ddb_expression_kind kind; const char *text, *fault; } cases[] = {
    /* good ones */
    {CONDITION, "a = :n", ""},
    {CONDITION, " a\t=\r\n:n ", ""},
    {CONDITION, "a=:n and b<>:n OR not (c >= :n)", ""},
    {CONDITION, "(a = :n)", ""},
    {CONDITION, "(a) = (:n)", ""},
    {CONDITION, "((a = :n) AND b = :n)", ""},
    {CONDITION, "(size(a)) > :n", ""},
    {CONDITION, "(a.b)[0].c = :n", ""},
    {CONDITION, "NOT NOT NOT a = :n", ""},
    {CONDITION, "a BETWEEN :n AND :m AND b = :n", ""},
    {CONDITION, "a in (:n, b, size(c), (:s))", ""},
    {CONDITION, "attribute_exists(a.b[3].#n) OR attribute_not_exists(#dot)", ""},
    {CONDITION, "a IN (a)", ""},
    {CONDITION, "attribute_type(a, :type) AND begins_with(a, :s) AND contains(a, size(b))", ""},
    {CONDITION, "size(:s) = :n", ""},
    {UPDATE, "SET a = :n", ""},
    {UPDATE, "set a = :n, b = b + :n, c=(if_not_exists(d, :n)) - :m remove e, f[1] add g :n delete h :ss", ""},
    {UPDATE, "SET a = (b + :n)", ""},
    {UPDATE, "SET a = list_append(if_not_exists(a, :l), if_not_exists(b, :l))", ""},
    {UPDATE, "SET a[1] = :n, a[2] = :n, a[3].b = :n", ""},
    {UPDATE, "REMOVE a.b, a.c", ""},
    {PROJECTION, "a, b.c, d[0], #n.#dot", ""},
    {PROJECTION, "a[0], a[1]", ""},
    /* syntax */
    {CONDITION, "", C "The expression can not be empty;"},
    {UPDATE, " \t\n", U "The expression can not be empty;"},
    {PROJECTION, "", R "The expression can not be empty;"},
    {CONDITION, "a", C "Syntax error; token: \"<EOF>\", near: \"a\""},
    {CONDITION, "a =", C "Syntax error; token: \"<EOF>\", near: \"=\""},
    {CONDITION, "a == :n", C "Syntax error; token: \"=\", near: \"== :n\""},
    {CONDITION, "a > 4", C "Syntax error; token: \"4\", near: \"> 4\""},
    {CONDITION, "(size(a))[0] > a", C "Syntax error; token: \"[\", near: \")[0\""},
    {CONDITION, "things are not good", C "Syntax error; token: \"are\", near: \"things are not\""},
    {CONDITION, "a = :n AND", C "Syntax error; token: \"<EOF>\", near: \"AND\""},
    {CONDITION, "a = :n)", C "Syntax error; token: \")\", near: \":n)\""},
    {CONDITION, "(a = :n", C "Syntax error; token: \"<EOF>\", near: \":n\""},
    {CONDITION, "a = :n OR b", C "Syntax error; token: \"<EOF>\", near: \"b\""},
    {CONDITION, "NOT a", C "Syntax error; token: \"<EOF>\", near: \"a\""},
    {CONDITION, "_a = :n", C "Syntax error; token: \"_\", near: \"_a\""},
    {CONDITION, "a = :", C "Syntax error; token: \":\", near: \"= :\""},
    {CONDITION, "# = :n", C "Syntax error; token: \"#\", near: \"# =\""},
    {CONDITION, "a.0 = :n", C "Syntax error; token: \"0\", near: \".0 =\""},
    {CONDITION, "a[:n] = :n", C "Syntax error; token: \":n\", near: \"[:n]\""},
    {CONDITION, "a[0 = :n", C "Syntax error; token: \"=\", near: \"0 = :n\""},
    {CONDITION, "a BETWEEN :n OR :n", C "Syntax error; token: \"OR\", near: \":n OR :n\""},
    {CONDITION, "a IN :n", C "Syntax error; token: \":n\", near: \"IN :n\""},
    {CONDITION, "a IN ()", C "Syntax error; token: \")\", near: \"()\""},
    {CONDITION, "size() = :n", C "Syntax error; token: \")\", near: \"() =\""},
    {CONDITION, "contains(a, (b = :n))", C "Syntax error; token: \"=\", near: \"b = :n\""},
    {CONDITION, "and = :n", C "Syntax error; token: \"and\", near: \"and =\""},
    {CONDITION, "a = :n \xe2\x82\xac b", C "Syntax error; token: \"\xe2\x82\xac\", near: \":n \xe2\x82\xac b\""},
    {CONDITION, "a = b + c", C "Syntax error; token: \"+\", near: \"b + c\""},
    {UPDATE, "a = :n", U "Syntax error; token: \"a\", near: \"a =\""},
    {UPDATE, "SET", U "Syntax error; token: \"<EOF>\", near: \"SET\""},
    {UPDATE, "SET a", U "Syntax error; token: \"<EOF>\", near: \"a\""},
    {UPDATE, "SET a = :n,", U "Syntax error; token: \"<EOF>\", near: \",\""},
    {UPDATE, "SET a = :n b = :n", U "Syntax error; token: \"b\", near: \":n b =\""},
    {UPDATE, "SET a = b + c + d", U "Syntax error; token: \"+\", near: \"c + d\""},
    {UPDATE, "SET a = b + (c - d)", U "Syntax error; token: \"-\", near: \"c - d\""},
    {UPDATE, "SET a = if_not_exists(a, b + c)", U "Syntax error; token: \"+\", near: \"b + c\""},
    {UPDATE, "SET a = (b + c) - d", U "Syntax error; token: \"-\", near: \") - d\""},
    {UPDATE, "REMOVE a = :n", U "Syntax error; token: \"=\", near: \"a = :n\""},
    {UPDATE, "ADD a b", U "Syntax error; token: \"b\", near: \"a b\""},
    {UPDATE, "ADD a = :n", U "Syntax error; token: \"=\", near: \"a = :n\""},
    {UPDATE, "DELETE set :ss", U "Syntax error; token: \"set\", near: \"DELETE set :ss\""},
    {PROJECTION, "a b", R "Syntax error; token: \"b\", near: \"a b\""},
    {PROJECTION, "a,", R "Syntax error; token: \"<EOF>\", near: \",\""},
    {PROJECTION, "a-b", R "Syntax error; token: \"-\", near: \"a-b\""},
    {PROJECTION, ":n", R "Syntax error; token: \":n\", near: \":n\""},
    /* what is wrong with a condition that parses, in this order */
    {CONDITION, "((a = :n))", C REDUNDANT},
    {CONDITION, "((a)) = :n", C REDUNDANT},
    {CONDITION, "a = ((:n))", C REDUNDANT},
    {CONDITION, "((a = :n)) AND abort = :x AND foo(a) AND size(a)", C REDUNDANT},
    {CONDITION, "abort = :x AND foo(a) AND size(a)", C "Invalid function name; function: foo"},
    {CONDITION, "Size(a) = :n", C "Invalid function name; function: Size"},
    {CONDITION, "if_not_exists(a, :n) = :n", C "The function is not allowed in a condition expression; function: if_not_exists"},
    {FILTER, "list_append(a, :n) = :n", "Invalid FilterExpression: The function is not allowed in a condition expression; function: list_append"},
    {CONDITION, "abort = :x AND size(a)", C MISUSED "size"},
    {CONDITION, "NOT size(a)", C MISUSED "size"},
    {CONDITION, "attribute_exists(a) = :n", C MISUSED "attribute_exists"},
    {CONDITION, "a IN (b, contains(a, :s))", C MISUSED "contains"},
    {CONDITION, "size(begins_with(a, :s)) = :n", C MISUSED "begins_with"},
    {CONDITION, "abort = :x", C RESERVED "abort"},
    {CONDITION, "a.b.Data[0] = :x", C RESERVED "Data"},
    {CONDITION, "#x = :x", C NO_NAME "#x"},
    {CONDITION, "a.#x = :n", C NO_NAME "#x"},
    {CONDITION, "a = :x AND size(a, b) = :n", C NO_VALUE ":x"},
    {CONDITION, "size(a, b) = :n AND a = a", C COUNT "size, number of operands: 2"},
    {CONDITION, "contains(a)", C COUNT "contains, number of operands: 1"},
    {CONDITION, "attribute_exists(a, b)", C COUNT "attribute_exists, number of operands: 2"},
    {CONDITION, "a = a AND begins_with(a, :n)", C TYPE "begins_with, operand type: N"},
    {CONDITION, "a = a AND attribute_type(a, :s)", C "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a]"},
    {CONDITION, "a.b[1] < #a.#b[1]", C "The first operand must be distinct from the remaining operands for this operator or function; operator: <, first operand: [a, b, [1]]"},
    {CONDITION, "contains(a, #a)", C "The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [a]"},
    {CONDITION, "begins_with(a, :n)", C TYPE "begins_with, operand type: N"},
    {CONDITION, "begins_with(a, size(b))", C TYPE "begins_with, operand type: N"},
    {CONDITION, "attribute_exists(:n)", C "Operator or function requires a document path; operator or function: attribute_exists"},
    {CONDITION, "attribute_type(a, b)", C TYPE "attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"},
    {CONDITION, "attribute_type(a, :n)", C TYPE "attribute_type, operand type: N"},
    {CONDITION, "attribute_type(a, :s)", C "Invalid attribute type name found; type: a, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
    {CONDITION, "size(:n) = :n", C TYPE "size, operand type: N"},
    {CONDITION, "size(size(a)) = :n", C TYPE "size, operand type: N"},
    {CONDITION, "size(:null) = :n", C TYPE "size, operand type: NULL"},
    {CONDITION, "a < :bool", C TYPE "<, operand type: BOOL"},
    {CONDITION, ":l >= a", C TYPE ">=, operand type: L"},
    {CONDITION, "a BETWEEN :ss AND :n", C TYPE "BETWEEN, operand type: SS"},
    {CONDITION, "a BETWEEN :s AND :n", C "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {S:a}, upper bound operand: AttributeValue: {N:1}"},
    {CONDITION, "a BETWEEN :m AND :n", C "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"},
    {CONDITION, "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.a.b.c.d.e.f.g = :n", C "The document path has too many nesting levels; nesting levels: 33"},
    /* updates, in theirs */
    {UPDATE, "SET abort = foo(:x) SET b = :n", U RESERVED "abort"},
    {UPDATE, "SET a = foo(:x) SET b = :n", U "Invalid function name; function: foo"},
    {UPDATE, "SET a = list_append(:l, list_append(:l, b))", U MISUSED "list_append"},
    {UPDATE, "SET a = size(b)", U "The function is not allowed in an update expression; function: size"},
    {UPDATE, "SET #x = :x SET b = :n", U "The \"SET\" section can only be used once in an update expression;"},
    {UPDATE, "REMOVE a ADD b :n remove c", U "The \"REMOVE\" section can only be used once in an update expression;"},
    {UPDATE, "SET a = :x, #x = :n", U NO_NAME "#x"},
    {UPDATE, "SET a = :x, a = :n", U NO_VALUE ":x"},
    {UPDATE, "SET a = :n, b = :n, #a = :n", U OVERLAP "path one: [a], path two: [a]"},
    {UPDATE, "SET a.b = :n REMOVE a", U OVERLAP "path one: [a, b], path two: [a]"},
    {UPDATE, "SET a = :n, a.b[3] = :n", U OVERLAP "path one: [a], path two: [a, b, [3]]"},
    {UPDATE, "SET a.b = :n, a[0] = :n, c = :n, c.d = :n", U OVERLAP "path one: [c], path two: [c, d]"},
    {UPDATE, "SET a.b = :n, a[0] = :n", U CONFLICT "path one: [a, b], path two: [a, [0]]"},
    {UPDATE, "ADD a.c :n, a[7].b :n", U CONFLICT "path one: [a, c], path two: [a, [7], b]"},
    {UPDATE, "ADD a :s", U "Incorrect operand type for operator or function; operator: ADD, operand type: STRING"},
    {UPDATE, "ADD a :l", U "Incorrect operand type for operator or function; operator: ADD, operand type: LIST"},
    {UPDATE, "DELETE a :n", U "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER"},
    {UPDATE, "DELETE a :map", U "Incorrect operand type for operator or function; operator: DELETE, operand type: MAP"},
    {UPDATE, "SET a = if_not_exists(a)", U COUNT "if_not_exists, number of operands: 1"},
    {UPDATE, "SET a = list_append(a, b, c)", U COUNT "list_append, number of operands: 3"},
    {UPDATE, "SET a = if_not_exists(:n, :n)", U "Operator or function requires a document path; operator or function: if_not_exists"},
    {UPDATE, "SET a = list_append(:l, :n)", U TYPE "list_append, operand type: N"},
    {UPDATE, "SET a = b - :s", U TYPE "-, operand type: S"},
    {UPDATE, "SET a = :l + b", U TYPE "+, operand type: L"},
    /* projections */
    {PROJECTION, "a, abort, #x", R RESERVED "abort"},
    {PROJECTION, "a, #x, a", R NO_NAME "#x"},
    {PROJECTION, "a, b, a", R OVERLAP "path one: [a], path two: [a]"},
    {PROJECTION, "a.b, a.b.c", R OVERLAP "path one: [a, b], path two: [a, b, c]"},
    {PROJECTION, "a[1], a.b", R CONFLICT "path one: [a, [1]], path two: [a, b]"},
};

/* The placeholders of a request. names and values NULL: not given. */
static const struct {
    const char *names, *values, *condition, *projection;
    const char *fault; /* without the prefix of 2026 */
} placeholders[] = {
    {NULL, NULL, NULL, NULL, ""},
    {"{'#a':'a'}", "{':v':{'S':''}}", "#a = :v", NULL, ""},
    {"{'#a':'a'}", NULL, NULL, "#a", ""},
    {"{'#a':'a'}", NULL, NULL, NULL, "ExpressionAttributeNames can only be specified when using expressions"},
    {NULL, "{':v':{'S':''}}", NULL, NULL, "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"},
    {NULL, "{':v':{'S':''}}", NULL, "a", "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"},
    {"{}", NULL, "a = b", NULL, "ExpressionAttributeNames must not be empty"},
    {NULL, "{}", "a = b", NULL, "ExpressionAttributeValues must not be empty"},
    {"{'a':'a'}", "{}", "a = b", NULL, "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\""},
    {"{'#':'a'}", NULL, "a = b", NULL, "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#\""},
    {"{'#a-b':'a'}", NULL, "a = b", NULL, "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#a-b\""},
    {"{'#a':''}", NULL, "a = b", NULL, "ExpressionAttributeNames contains invalid value: Empty attribute name for key #a"},
    {NULL, "{'v':{'S':''}}", "a = b", NULL, "ExpressionAttributeValues contains invalid key: Syntax error; key: \"v\""},
    {NULL, "{':v':{'N':'x'}}", "a = b", NULL, "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for key :v"},
    {"{'#a':'a','#b':'b','#c':'c'}", NULL, "#b = a", NULL, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #c}"},
    {"{'#a':'a','#b':'b'}", NULL, "#b = a", "#a", ""},
    {NULL, "{':v':{'S':'a'},':w':{'S':'a'}}", "a = :v", NULL, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"},
};
/* clang-format on */

static void test_each_text_gets_its_fault(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        const struct ddb_binding *binding =
            fixture_bind(&fixture, cases[i].kind, cases[i].text, NAMES, VALUES);
        if ((binding != NULL) != (cases[i].fault[0] == '\0') ||
            strcmp(fixture_message(&fixture), cases[i].fault) != 0)
            fail_msg("%s\n  gives %s\n  not   %s", cases[i].text, fixture_message(&fixture),
                     cases[i].fault);
        expression_fixture_fini(&fixture);
    }
}

static bool bind_request(struct expression_fixture *fixture, size_t i)
{
    struct ddb_expression_options options = {
        .names = fixture_json(fixture, placeholders[i].names),
        .values = fixture_json(fixture, placeholders[i].values),
        .possible = "ConditionExpression is",
        .has_expression = placeholders[i].condition != NULL || placeholders[i].projection != NULL,
        .has_only_projection = placeholders[i].condition == NULL,
    };
    const struct ddb_binding *condition = NULL;
    const struct ddb_binding *projection = NULL;
    struct ddb_expression_context *context = &fixture->context;
    fixture->fault.code = NULL;
    return ddb_expression_context_init(context, &options, &fixture->fault) &&
           ddb_expression_context_bind(context, CONDITION, placeholders[i].condition, &condition,
                                       &fixture->fault) &&
           ddb_expression_context_bind(context, PROJECTION, placeholders[i].projection, &projection,
                                       &fixture->fault) &&
           ddb_expression_context_finish(context, &fixture->fault);
}

static void test_placeholders_are_checked_and_must_all_be_used(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(placeholders); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        bool is_good = bind_request(&fixture, i);
        if (is_good != (placeholders[i].fault[0] == '\0') ||
            strcmp(fixture_message(&fixture), placeholders[i].fault) != 0)
            fail_msg("row %zu gives %s\n  not %s", i, fixture_message(&fixture),
                     placeholders[i].fault);
        expression_fixture_fini(&fixture);
    }
}

static void test_values_lose_their_wrapper_in_the_current_wording(void **state)
{
    static const struct {
        const char *values;
        enum ddb_wording wording;
        const char *message;
    } rows[] = {
        {"{':v':{'SS':[]}}", DDB_WORDING_OLDER,
         "ExpressionAttributeValues contains invalid value: One or more parameter values were "
         "invalid: An string set  may not be empty for key :v"},
        {"{':v':{'SS':[]}}", DDB_WORDING_CURRENT,
         "One or more parameter values were invalid: An string set  may not be empty"},
        {"{':v':{'N':''}}", DDB_WORDING_OLDER,
         "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a "
         "numeric value for key :v"},
        {"{':v':{'N':''}}", DDB_WORDING_CURRENT,
         "The parameter cannot be converted to a numeric value: "},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        struct ddb_expression_options options = {.values = fixture_json(&fixture, rows[i].values),
                                                 .has_expression = true};
        fixture.fault.wording = rows[i].wording;
        assert_true(ddb_expression_context_init(&fixture.context, &options, &fixture.fault));
        assert_false(ddb_expression_context_finish(&fixture.context, &fixture.fault));
        assert_string_equal(fixture.fault.message, rows[i].message);
        expression_fixture_fini(&fixture);
    }
}

/* count copies of unit, separated; between first and last. */
static const char *repeat(struct expression_fixture *fixture, const char *first, const char *unit,
                          const char *separator, size_t count, const char *last)
{
    struct sim_buffer text;
    sim_buffer_init(&text);
    sim_buffer_append_text(&text, first);
    for (size_t i = 0; i < count; i++) {
        sim_buffer_append_text(&text, i == 0 ? "" : separator);
        sim_buffer_append_text(&text, unit);
    }
    sim_buffer_append_text(&text, last);
    char *copy = sim_arena_strdup(fixture->arena, text.data);
    sim_buffer_fini(&text);
    return copy;
}

/* clang-format off */
static const struct {
    const char *first, *unit, *separator; size_t count; const char *last, *fault;
} limits[] = {
    {"", "a=:n", " OR ", 150, "", ""}, /* 150 comparators and 149 ORs */
    {"NOT ", "a=:n", " OR ", 150, "", ""},
    {"NOT NOT ", "a=:n", " OR ", 150, "", C "The expression contains too many operators; operator count: 301"},
    {"", "a=:n", " AND ", 200, "", C "The expression contains too many operators; operator count: 399"},
    {"a IN (", ":n", ",", 99, ")", ""},
    {"a IN (", ":n", ",", 100, ")", C "The IN operator is provided with too many operands; number of operands: 101"},
    {"", "NOT ", "", 299, "a=:n", ""},
    {"", "NOT ", "", 1000, "a=:n", C "Too deep"},
    {"", "(", "", 3000, "a=:n", C REDUNDANT},
    {"a=:n ", " ", "", 4091, "", ""},
    {"a=:n ", " ", "", 4092, "", C "Expression size has exceeded the maximum allowed size; expression size: 4097"},
    {"a[", "9", "", 4000, "] = :n", ""},
    {"", "size(", "", 800, "a", C "Too deep"},
};
/* clang-format on */

static void test_limits_hold_and_depth_is_bounded(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        const char *text = repeat(&fixture, limits[i].first, limits[i].unit, limits[i].separator,
                                  limits[i].count, limits[i].last);
        fixture_bind(&fixture, CONDITION, text, NAMES, VALUES);
        const char *fault = fixture_message(&fixture);
        bool is_deep = strstr(limits[i].fault, "Too deep") != NULL;
        if (is_deep ? strstr(fault, "too many operators") == NULL
                    : strcmp(fault, limits[i].fault) != 0)
            fail_msg("%.40s...: %s", text, fault);
        expression_fixture_fini(&fixture);
    }
}

static void test_deep_updates_are_bounded(void **state)
{
    (void)state;
    struct expression_fixture fixture;
    expression_fixture_init(&fixture);
    const char *functions = repeat(&fixture, "SET a=", "if_not_exists(a,", "", 250, ":n");
    const char *groups = repeat(&fixture, "SET a=", "(", "", 4000, ":n");
    assert_null(fixture_bind(&fixture, UPDATE, functions, NULL, VALUES));
    assert_null(fixture_bind(&fixture, UPDATE, groups, NULL, VALUES));
    assert_string_equal(fixture_message(&fixture), U REDUNDANT);
    expression_fixture_fini(&fixture);
}

static void test_the_tree_points_nowhere_into_the_request(void **state)
{
    (void)state;
    struct expression_fixture fixture;
    expression_fixture_init(&fixture);
    char text[] = "alpha.#n[2] = :n";
    const struct ddb_expression *expression = NULL;
    assert_true(ddb_expression_parse(fixture.arena, CONDITION, text, &expression, &fixture.fault));
    memset(text, 'x', sizeof text);
    assert_int_equal(expression->path_count, 1);
    assert_string_equal(expression->paths[0].elements[0].text, "alpha");
    assert_int_equal(expression->paths[0].elements[1].kind, DDB_PATH_PLACEHOLDER);
    assert_int_equal(expression->paths[0].elements[2].number, 2);
    assert_string_equal(expression->names[0], "#n");
    assert_string_equal(expression->values[0], ":n");
    expression_fixture_fini(&fixture);
}

/* clang-format off */
static const struct { const char *text, *used, *fault; } key_paths[] = {
    {"x = :n", NULL, ""},
    {"x = :n AND a = :n", "a", ""},
    {"a.b = :n", "a", "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: a"},
    {"size(#b[0]) = :n", "b", "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: b"},
};
/* clang-format on */

static void test_key_attributes_are_found_in_paths(void **state)
{
    static const struct ddb_key_schema schema = {.hash = {{"a", DDB_TYPE_S}},
                                                 .hash_count = 1,
                                                 .range = {{"b", DDB_TYPE_S}},
                                                 .range_count = 1};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(key_paths); i++) {
        struct expression_fixture fixture;
        const char *used = NULL;
        expression_fixture_init(&fixture);
        const struct ddb_binding *binding =
            fixture_bind(&fixture, FILTER, key_paths[i].text, NAMES, VALUES);
        assert_non_null(binding);
        bool uses = ddb_binding_uses_key(binding, &schema, &used);
        assert_int_equal(uses, key_paths[i].used != NULL);
        if (uses)
            assert_string_equal(used, key_paths[i].used);
        bool is_good = ddb_binding_check_key_paths(binding, &schema, NULL, &fixture.fault);
        assert_int_equal(is_good, key_paths[i].fault[0] == '\0');
        assert_string_equal(fixture_message(&fixture), key_paths[i].fault);
        expression_fixture_fini(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_text_gets_its_fault),
        cmocka_unit_test(test_placeholders_are_checked_and_must_all_be_used),
        cmocka_unit_test(test_values_lose_their_wrapper_in_the_current_wording),
        cmocka_unit_test(test_limits_hold_and_depth_is_bounded),
        cmocka_unit_test(test_deep_updates_are_bounded),
        cmocka_unit_test(test_the_tree_points_nowhere_into_the_request),
        cmocka_unit_test(test_key_attributes_are_found_in_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
