/* PartiQL reads: grammar, conditions, keys, indexes, order, pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/buffer.h"
#include "tests/unit/dynamodb/fixture_partiql.h"

#define RUN(rows) partiql_run(*state, "ExecuteStatement", rows, ARRAY_LEN(rows))
#define MALFORMED "ValidationException: Statement wasn't well formed, can't be processed: "

static int setup(void **state)
{
    int failed = world_setup(state);
    if (failed == 0)
        partiql_make_tables(*state);
    return failed;
}

/* What stands after WHERE, and the sort keys that it finds. */
struct filter {
    const char *where;
    const char *wanted;
};

static void run_filters(void **state, const char *from, const struct filter *filters, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sim_buffer statement;
        sim_buffer_init(&statement);
        sim_buffer_printf(&statement, "SELECT sk FROM %s WHERE %s", from, filters[i].where);
        world_expect_in(filters[i].where,
                        partiql_say(*state, "ExecuteStatement", statement.data, NULL),
                        filters[i].wanted);
        sim_buffer_fini(&statement);
    }
}

#define K1   "{'Items':[{'sk':{'S':'1'}}]}"
#define K2   "{'Items':[{'sk':{'S':'2'}}]}"
#define K3   "{'Items':[{'sk':{'S':'3'}}]}"
#define K12  "{'Items':[{'sk':{'S':'1'}},{'sk':{'S':'2'}}]}"
#define K13  "{'Items':[{'sk':{'S':'1'}},{'sk':{'S':'3'}}]}"
#define K23  "{'Items':[{'sk':{'S':'2'}},{'sk':{'S':'3'}}]}"
#define K123 "{'Items':[{'sk':{'S':'1'}},{'sk':{'S':'2'}},{'sk':{'S':'3'}}]}"
#define NONE "{'Items':[]}"

static void test_conditions(void **state)
{
    static const struct filter filters[] = {
        {"pk = 'a' AND n = 2", K2},
        {"pk = 'a' AND 2 = n", K2},
        {"pk = 'a' AND n <> 2", K13},
        {"pk = 'a' AND n != 2", K13},
        {"pk = 'a' AND n >= 2 AND n < 3", K2},
        {"pk = 'a' AND n > -5 AND n <= +1", K1},
        {"pk = 'a' AND n = - - 2", K2},
        {"pk = 'a' AND n BETWEEN 2 AND 3", K23},
        {"pk = 'a' AND n NOT BETWEEN 2 AND 3", K1},
        {"pk = 'a' AND n IN [1, 3, 5]", K13},
        {"pk = 'a' AND n IN (1, 3, 5)", K13},
        {"pk = 'a' AND n NOT IN [1, 3]", K2},
        {"pk = 'a' AND begins_with(s, 'al')", K1},
        {"pk = 'a' AND NOT begins_with(\"s\", 'al')", K23},
        {"pk = 'a' AND CONTAINS(s, 'et')", K2},
        {"pk = 'a' AND contains(t, 'u')", K1},
        {"pk = 'a' AND size(s) = 5", K13},
        {"pk = 'a' AND 4 >= SIZE(s)", K2},
        {"pk = 'a' AND attribute_type(m, 'M')", K1},
        {"pk = 'a' AND attribute_exists(m.k[1])", K1},
        {"pk = 'a' AND ATTRIBUTE_NOT_EXISTS (m)", K23},
        {"pk = 'a' AND m IS MISSING", K23},
        {"pk = 'a' AND m IS NOT MISSING", K1},
        {"pk = 'a' AND z IS NULL", K1},
        {"pk = 'a' AND z IS NOT NULL", K23},
        {"pk = 'a' AND z = NULL", K1},
        {"pk = 'a' AND b = TRUE", K1},
        {"pk = 'a' AND t = <<'v','u'>>", K1},
        {"pk = 'a' AND l = ['x','y']", K1},
        {"pk = 'a' AND l = ['y','x']", NONE},
        {"pk = 'a' AND m = {'k':['c','d']}", K1},
        {"pk = 'a' AND m.k[0] = 'c'", K1},
        {"pk = 'a' AND m['k'][1] = 'd'", K1},
        {"pk = 'a' AND (n = 1 OR n = 3)", K13},
        {"pk = 'a' AND NOT (n = 1 OR s = 'beta')", K3},
        {"pk = 'a' AND begins_with(s, 'al') = false", K23},
        {"pk = 'a' AND true = begins_with(s, 'al')", K1},
        {"pk = 'a' AND attribute_exists(m) = b", K1},
        {"pk = 'a' AND attribute_exists(m) = attribute_exists(z)", K123},
        {"pk = 'a' AND attribute_exists(m) <> 1", K123},
        {"pk = 'a' AND attribute_exists(m) IN [true, 5]", K1},
        {"pk = 'b' AND s = 'it''s'", K1},
        {"pk = 'b' AND s = 'a -- b /* c */'", NONE},
    };
    run_filters(state, "plain", filters, ARRAY_LEN(filters));
}

static void test_keys(void **state)
{
    static const struct filter filters[] = {
        {"pk = 'a' AND sk = '2'", K2},
        {"'2' = sk AND 'a' = pk", K2},
        {"pk = 'a'", K123},
        {"pk = 'a' AND sk > '1'", K23},
        {"pk = 'a' AND '1' < sk", K23},
        {"pk = 'a' AND sk BETWEEN '2' AND '9'", K23},
        {"pk = 'a' AND begins_with(sk, '3')", K3},
        {"pk = 'a' AND sk IN ['1','3']", K13},
        {"pk = 'a' AND (sk = '3' OR sk = '1')", K13},
        {"pk = 'a' AND (sk < '2' OR sk > '2' OR sk = '2')", K123},
        {"pk = 'a' AND NOT sk = '1'", K23},
        {"pk = 'a' AND sk <> '1'", K23},
        {"pk = 'a' AND sk = '1' AND sk > '0'", K1},
        {"pk = 'a' AND sk = '1' AND sk > '1'", NONE},
        {"pk = 'a' AND pk = 'b'", NONE},
        {"pk IN ['a','b'] AND n = 20", K2},
        {"pk IN ['b','a'] AND sk = '1'", "{'Items':[{'sk':{'S':'1'}},{'sk':{'S':'1'}}]}"},
        {"(pk = 'a' AND sk = '1') OR (pk = 'b' AND sk = '2')", K12},
        {"pk = 'a' AND NOT sk = '1' OR pk = 'a' AND sk = '2'", K23},
        {"pk = 'a' OR pk = 'a' AND NOT sk = '1'", K123},
        {"n = 20", K2},
        {"pk > 'a' AND n = 20", K2},
        {"pk > 1", NONE},
        {"pk = 'a' AND attribute_exists(sk) AND n = 3", K3},
        {"pk = 'none'", NONE},
    };
    run_filters(state, "plain", filters, ARRAY_LEN(filters));
}

static void test_forms(void **state)
{
    static const struct partiql_row rows[] = {
        {"a star gives whole items", "SELECT * FROM plain WHERE pk = 'b' AND sk = '2'", NULL,
         "{'Items':[{'pk':{'S':'b'},'sk':{'S':'2'},'n':{'N':'20'}}]}"},
        {"a path is named by its leaf",
         "SELECT m.k, l[1], m.k[0] FROM plain WHERE pk='a' AND sk='1'", NULL,
         "{'k':{'L':[{'S':'c'},{'S':'d'}]},'l[1]':{'S':'y'},'k[0]':{'S':'c'}}"},
        {"what is missing is left out", "SELECT nope, n FROM plain WHERE pk='a' AND sk='1'", NULL,
         "{'Items':[{'n':{'N':'1'}}]}"},
        {"words in any case, a semicolon", "select n from \"plain\" where pk='a' and sk='1';", NULL,
         "{'Items':[{'n':{'N':'1'}}]}"},
        {"comments are blanks", "SELECT/**/n FROM plain -- here\nWHERE pk/* k */='a' AND sk='1' --",
         NULL, "{'Items':[{'n':{'N':'1'}}]}"},
        {"-0 is an index", "SELECT l[-0] FROM plain WHERE pk='a' AND sk='1'", NULL,
         "{'l[0]':{'S':'x'}}"},
        {"parameters in order", "SELECT sk FROM plain WHERE pk = ? AND n IN [?, ?]",
         "'Parameters':[{'S':'a'},{'N':'1'},{'N':'3.0'}]", K13},
        {"a question mark in a string is text", "SELECT sk FROM plain WHERE pk='a' AND s='?'", NULL,
         NONE},
        {"an exponent", "SELECT tag FROM numbers WHERE pk = 7.31e6", NULL, "'big'"},
        {"a negative one", "SELECT tag FROM numbers WHERE pk = 73100000E-1", NULL, "'big'"},
        {"no leading digit", "SELECT tag FROM numbers WHERE pk = .73e1", NULL, "'small'"},
        {"the table's ARN",
         "SELECT n FROM \"arn:aws:dynamodb:us-east-1:000000000000:table/plain\" WHERE pk='a' AND "
         "sk='1'",
         NULL, "{'Items':[{'n':{'N':'1'}}]}"},
        {"a get costs half", "SELECT * FROM plain WHERE pk='a' AND sk='1'",
         "'ReturnConsumedCapacity':'TOTAL'", "'CapacityUnits':0.5"},
        {"a strong one costs one", "SELECT * FROM plain WHERE pk='a' AND sk='1'",
         "'ReturnConsumedCapacity':'TOTAL','ConsistentRead':true", "'CapacityUnits':1,"},
        {"several reads cost each", "SELECT * FROM plain WHERE pk IN ['a','b']",
         "'ReturnConsumedCapacity':'TOTAL'", "'CapacityUnits':1,"},
        {"descending", "SELECT sk FROM plain WHERE pk='a' ORDER BY sk DESC", NULL,
         "[{'sk':{'S':'3'}},{'sk':{'S':'2'}},{'sk':{'S':'1'}}]"},
        {"ascending", "SELECT sk FROM plain WHERE pk='a' ORDER BY sk ASC", NULL, K123},
        {"by the partition alone runs backwards", "SELECT n FROM plain WHERE pk='a' ORDER BY pk",
         NULL, "[{'n':{'N':'3'}},{'n':{'N':'2'}},{'n':{'N':'1'}}]"},
        {"by both", "SELECT n FROM plain WHERE pk IN ['a','b'] ORDER BY pk DESC, sk ASC", NULL,
         "[{'n':{'N':'10'}},{'n':{'N':'20'}},{'n':{'N':'1'}},{'n':{'N':'2'}},{'n':{'N':'3'}}]"},
    };
    RUN(rows);
}

static void test_malformed(void **state)
{
    static const struct partiql_row rows[] = {
        {"no statement's word", "SLECT * FROM plain", NULL, MALFORMED "Expected data manipulation"},
        {"no quotes around a dash", "UPDATE pl-ain SET n=1 WHERE pk='a'", NULL,
         MALFORMED "Expected data manipulation"},
        {"a token too many", "SELECT * FROM plain WHERE pk='a' foo", NULL,
         MALFORMED "Unexpected token after expression"},
        {"an exponent apart", "SELECT * FROM numbers WHERE pk = 1 e5", NULL,
         MALFORMED "Unexpected token after expression"},
        {"a parenthesis too many", "SELECT * FROM plain WHERE pk='a')", NULL,
         MALFORMED "Unexpected token after expression"},
        {"ORDER BY before WHERE", "SELECT * FROM plain ORDER BY sk WHERE pk='a'", NULL,
         MALFORMED "Unexpected token after expression"},
        {"an open string", "SELECT * FROM plain WHERE pk='a", NULL, MALFORMED},
        {"an open comment", "SELECT * FROM plain /* x", NULL, MALFORMED},
        {"a hash", "SELECT * FROM plain # x", NULL, MALFORMED},
        {"an exponent beyond 32 bits", "SELECT * FROM numbers WHERE pk = 1e2147483648", NULL,
         MALFORMED},
        {"a scale beyond 32 bits", "SELECT * FROM numbers WHERE pk = 1.5e-2147483647", NULL,
         MALFORMED},
        {"nothing after WHERE", "SELECT * FROM plain WHERE", NULL, MALFORMED "Unexpected term"},
        {"nothing after NOT", "SELECT * FROM plain WHERE NOT", NULL, MALFORMED "Unexpected term"},
        {"nothing in parentheses", "SELECT * FROM plain WHERE (", NULL,
         MALFORMED "Unexpected term"},
        {"nothing after AND", "SELECT * FROM plain WHERE pk='a' AND", NULL,
         MALFORMED "Missing right-hand side expression of infix operator"},
        {"nothing after OR", "SELECT * FROM plain WHERE pk='a' OR;", NULL,
         MALFORMED "Missing right-hand side expression of infix operator"},
        {"a keyword after WHERE", "SELECT * FROM plain WHERE ORDER BY pk", NULL,
         MALFORMED "Unexpected keyword"},
        {"an operator after WHERE", "SELECT * FROM plain WHERE IS NULL", NULL,
         MALFORMED "Unexpected operator"},
        {"an operator as operand", "SELECT * FROM plain WHERE pk = LIKE", NULL,
         MALFORMED "Unexpected operator"},
        {"no such type", "SELECT * FROM plain WHERE pk='a' AND x IS FOO", NULL,
         MALFORMED "Expected type name"},
        {"a test for a type of no value", "x IS TIMESTAMP", NULL,
         "ValidationException: Unsupported operation: IsType"},
        {"no table", "SELECT * FROM", NULL, MALFORMED "Unexpected term"},
        {"no columns", "SELECT FROM plain", NULL, MALFORMED "Unexpected keyword"},
        {"an alias", "SELECT * FROM plain t WHERE pk='a'", NULL,
         "ValidationException: Aliasing is not supported"},
        {"an AS alias", "SELECT * FROM plain AS t", NULL,
         "ValidationException: Aliasing is not supported"},
        {"three parts", "SELECT * FROM music.g_all.x", NULL,
         "ValidationException: A path may contain at most 2 components in the FROM clause"},
        {"an empty part", "SELECT * FROM \"music\".\"\"", NULL,
         "ValidationException: Path component cannot be an empty string"},
        {"an empty table", "SELECT * FROM \"\" WHERE pk='a'", NULL,
         "ValidationException: Path component cannot be an empty string"},
        {"an index below zero", "SELECT l[-1] FROM plain WHERE pk='a' AND sk='1'", NULL,
         "ValidationException: List index is not within the allowable range; index: [-1] at "
         "1:11:1"},
        {"an index beyond 31 bits", "SELECT l[2147483648] FROM plain WHERE pk='a'", NULL,
         "List index is not within the allowable range; index: [2147483648] at 1:10:10"},
        {"a star and more", "SELECT *, n FROM plain", NULL,
         "After SELECT stands either '*' or a list, not both."},
        {"a column twice", "SELECT m.k, k FROM plain", NULL, "The list after SELECT names k twice"},
        {"no limit in the text", "SELECT * FROM plain WHERE pk='a' LIMIT 1", NULL,
         "Unsupported clause: LIMIT at 1:34:5"},
    };
    RUN(rows);
}

static void test_refused_conditions(void **state)
{
    static const struct partiql_row rows[] = {
        {"too few parameters", "SELECT * FROM plain WHERE pk=?", NULL,
         "ValidationException: Number of parameters in request and statement don't match."},
        {"too many parameters", "SELECT * FROM plain WHERE pk=?",
         "'Parameters':[{'S':'a'},{'S':'b'}]",
         "ValidationException: Number of parameters in request and statement don't match."},
        {"no parameters at all", "SELECT * FROM plain WHERE pk='a'", "'Parameters':[]",
         "1 validation error detected: Value '[]' at 'parameters' failed to satisfy constraint: "
         "Member must have length greater than or equal to 1"},
        {"a bad parameter comes before the statement", "SELECT", "'Parameters':[{'SS':['a','a']}]",
         "One or more parameter values were invalid: Input collection [a, a] contains duplicates."},
        {"an operand without order", "SELECT pk FROM nowhere WHERE pk=? AND v < ?",
         "'Parameters':[{'S':'x'},{'BOOL':true}]",
         "ValidationException: Incorrect operand type for operator or function; operator or "
         "function: <, operand type: BOOL"},
        {"nor in BETWEEN", "SELECT pk FROM plain WHERE pk='x' AND v BETWEEN ? AND ?",
         "'Parameters':[{'BOOL':true},{'BOOL':true}]", "operator or function: BETWEEN"},
        {"no number where a type's name stands",
         "SELECT pk FROM plain WHERE pk='x' AND attribute_type(l, 1)", NULL,
         "Incorrect operand type for operator or function; operator or function: attribute_type, "
         "operand type: N"},
        {"no such type's name", "SELECT pk FROM plain WHERE pk='x' AND attribute_type(l, 'X')",
         NULL,
         "Invalid attribute type name found; type: X, valid types: "
         "{N,BS,L,B,NULL,M,S,SS,NS,BOOL}"},
        {"no text where a path stands", "SELECT pk FROM plain WHERE attribute_exists('m')", NULL,
         "Operator or function requires a document path"},
        {"a condition has no order", "SELECT pk FROM plain WHERE attribute_exists(n) > false", NULL,
         "Incorrect operand type for operator or function; operator or function: >, operand type: "
         "BOOL"},
        {"an unknown function", "SELECT pk FROM plain WHERE foo(n)", NULL,
         "Unrecognized function: foo at 1:28:3"},
        {"a function's operands", "SELECT pk FROM plain WHERE size(n, s) > 1", NULL,
         "Incorrect number of operands for operator or function; operator or function: size, "
         "number of operands: 2"},
        {"an attribute alone", "SELECT pk FROM plain WHERE b", NULL, "ValidationException"},
        {"no sums in conditions", "SELECT pk FROM plain WHERE n = 1 + 1", NULL,
         "This operator cannot be used in a condition: ="},
        {"nor among a condition's choices",
         "SELECT pk FROM plain WHERE attribute_exists(n) IN [true, n - s]", NULL,
         "This operator cannot be used in a condition: ="},
        {"no LIKE", "SELECT pk FROM plain WHERE s LIKE 'a%'", NULL,
         "This operator cannot be used in a condition: LIKE"},
        {"the same on both sides", "SELECT pk FROM plain WHERE n = n", NULL,
         "The first operand must be distinct from the remaining operands for this operator or "
         "function; operator: =, first operand: [n]"},
        {"a minus before an attribute", "SELECT pk FROM plain WHERE n > -n", NULL,
         "ValidationException"},
        {"a minus before a parameter", "SELECT pk FROM plain WHERE n > -?",
         "'Parameters':[{'N':'1'}]", "ValidationException"},
        {"a number too great", "SELECT * FROM numbers WHERE pk = 1e126", NULL,
         "Number overflow. Attempting to store a number with magnitude larger than supported "
         "range under root"},
        {"a number too small", "SELECT * FROM numbers WHERE pk = 1e-131", NULL,
         "Number underflow. Attempting to store a number with magnitude smaller than supported "
         "range under root"},
        {"too many digits",
         "SELECT * FROM numbers WHERE pk = 123456789012345678901234567890123456789", NULL,
         "Attempting to store more than 38 significant digits in a Number under root"},
        {"a set with a member twice", "SELECT * FROM plain WHERE pk='a' AND s = <<'a','a'>>", NULL,
         "One or more parameter values were invalid: Input collection [a, a] contains duplicates."},
        {"no such table", "SELECT * FROM nowhere WHERE pk='a'", NULL,
         "ResourceNotFoundException: Requested resource not found"},
        {"EXISTS alone", "EXISTS(SELECT * FROM plain WHERE pk='a' AND sk='1' AND n=1)", NULL,
         "ValidationException: EXISTS can only be used in ExecuteTransaction write requests."},
    };
    RUN(rows);
}

static void test_refused_keys(void **state)
{
    static const char overlap[] =
        "Overlapping conditions with range keys are not supported in where clause";
    static const struct partiql_row rows[] = {
        {"a partition twice", "SELECT * FROM plain WHERE pk IN ['a','a']", NULL, overlap},
        {"by OR", "SELECT * FROM plain WHERE pk='a' OR pk='a'", NULL, overlap},
        {"ranges that meet", "SELECT * FROM plain WHERE pk='a' AND (sk > '0' OR sk < '5')", NULL,
         overlap},
        {"a range and the whole", "SELECT * FROM plain WHERE pk='a' AND (sk='1' OR s='x')", NULL,
         overlap},
        {"a filter makes no range",
         "SELECT * FROM plain WHERE pk='a' AND s <> 'x' OR pk='a' AND sk='2'", NULL, overlap},
        {"the partition key's type", "SELECT * FROM plain WHERE pk = 1 OR pk = 'a'", NULL,
         "Key attribute's data type should match its data type in table's schema: Key pk"},
        {"the sort key's type", "SELECT * FROM plain WHERE pk = 'a' AND sk IN ['1', 2]", NULL,
         "Key attribute's data type should match its data type in table's schema: Key sk"},
        {"an empty key", "SELECT * FROM plain WHERE pk = ''", NULL,
         "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"},
        {"an order without a condition", "SELECT * FROM plain ORDER BY sk", NULL,
         "Must have WHERE clause in the statement when using ORDER BY clause."},
        {"an order by no key", "SELECT * FROM plain WHERE pk='a' ORDER BY n DESC", NULL,
         "Attribute n in ORDER BY clause must be part of the primary key"},
        {"an order of a scan", "SELECT * FROM plain WHERE pk > 'a' ORDER BY sk", NULL,
         "Must have at least one non-optional hash key condition in WHERE clause when using ORDER "
         "BY clause."},
        {"an order of several partitions", "SELECT * FROM plain WHERE pk IN ['a','b'] ORDER BY sk",
         NULL,
         "Must have hash key in ORDER BY clause when more than one hash key condition specified "
         "in WHERE clause."},
        {"values without an order", "SELECT * FROM plain WHERE pk IN [[1],[2]] ORDER BY pk", NULL,
         "Key attribute's data type should match its data type in table's schema: Key pk"},
    };
    RUN(rows);
}

/* "'v0','v1',..." */
static void expect_in(void **state, const char *before, int count, const char *after,
                      const char *wanted)
{
    struct sim_buffer text;
    sim_buffer_init(&text);
    sim_buffer_printf(&text, "SELECT sk FROM plain WHERE %s [", before);
    for (int i = 0; i < count; i++)
        sim_buffer_printf(&text, "%s'v%d'", i > 0 ? "," : "", i);
    sim_buffer_printf(&text, "]%s", after);
    world_expect_in(text.data, partiql_say(*state, "ExecuteStatement", text.data, NULL), wanted);
    sim_buffer_fini(&text);
}

static void test_in_limits(void **state)
{
    static const char reads[] = "Too many decomposed read operations for a given query.";
    expect_in(state, "pk IN", 50, "", NONE);
    expect_in(state, "pk IN", 51, "", reads);
    expect_in(state, "pk='a' AND sk IN", 51, "", reads);
    expect_in(state, "sk IN ['1','2'] AND pk IN", 26, "", reads);
    expect_in(state, "pk IN", 51, " OR n = 20", K2);
    expect_in(state, "pk='a' AND s IN", 100, "", NONE);
    expect_in(state, "pk='a' AND s IN", 101, "",
              "The IN operator is provided with too many operands; number of operands: 101");
}

static void test_nesting(void **state)
{
    struct sim_buffer text;
    sim_buffer_init(&text);
    sim_buffer_append_text(&text, "SELECT * FROM plain WHERE ");
    for (int i = 0; i < 2000; i++)
        sim_buffer_append_text(&text, "(");
    world_expect_in("parentheses", partiql_say(*state, "ExecuteStatement", text.data, NULL),
                    "The expression has too many nesting levels");
    sim_buffer_clear(&text);
    sim_buffer_append_text(&text, "SELECT * FROM plain WHERE pk = ");
    for (int i = 0; i < 2000; i++)
        sim_buffer_append_text(&text, "[");
    world_expect_in("lists", partiql_say(*state, "ExecuteStatement", text.data, NULL),
                    "Nesting Levels have exceeded supported limits under root[0][0]");
    sim_buffer_fini(&text);
}

static void test_indexes(void **state)
{
    static const char unprojected[] = "One or more parameter values were invalid: Secondary index "
                                      "g_inc does not project one or more filter attributes: ";
    static const struct partiql_row rows[] = {
        {"an index holds what has its key", "SELECT sk FROM music.g_all WHERE gpk='x'", NULL,
         "{'Items':[{'sk':{'S':'1'}},{'sk':{'S':'4'}}]}"},
        {"a star gives the projection", "SELECT * FROM \"music\".\"g_inc\" WHERE gpk='z'", NULL,
         "[{'gpk':{'S':'z'},'kept':{'S':'c2'},'pk':{'S':'p'},'sk':{'S':'2'}}]"},
        {"a local index fetches", "SELECT other FROM music.l_keys WHERE pk='p' AND lsk='k2'",
         "'ReturnConsumedCapacity':'INDEXES'", "{'Items':[{'other':{'S':'o2'}}]"},
        {"and charges the table for it", "SELECT other FROM music.l_keys WHERE pk='p'",
         "'ReturnConsumedCapacity':'INDEXES'", "'Table':{'CapacityUnits':1.5,"},
        {"a keyed read charges the index", "SELECT sk FROM music.g_all WHERE gpk='x'",
         "'ReturnConsumedCapacity':'INDEXES'",
         "'GlobalSecondaryIndexes':{'g_all':{'CapacityUnits':0.5,"},
        {"a scan sees what the index holds", "SELECT sk FROM music.g_inc WHERE NOT other='o1'",
         NULL, "{'S':'4'}"},
        {"and finds nothing by what it lacks", "SELECT sk FROM music.g_inc WHERE other='o1'", NULL,
         NONE},
        {"a keyed filter must be projected",
         "SELECT sk FROM music.g_inc WHERE gpk='x' AND other='o1'", NULL,
         "Secondary index g_inc does not project one or more filter attributes: [other]"},
        {"in a local index, too", "SELECT sk FROM music.l_keys WHERE pk='p' AND other='o1'", NULL,
         "Secondary index l_keys does not project one or more filter attributes: [other]"},
        {"inside NOT", "SELECT sk FROM music.g_inc WHERE gpk='x' AND NOT (other='1' OR kept='2')",
         NULL, "filter attributes: [other]"},
        {"listed as Java does", "SELECT sk FROM music.g_inc WHERE gpk='x' AND b='1' AND a='2'",
         NULL, "filter attributes: [a, b]"},
        {"equal buckets keep their order",
         "SELECT sk FROM music.g_inc WHERE gpk='x' AND (zz='1' OR aa='2' OR mm='3')", NULL,
         "filter attributes: [zz, aa, mm]"},
        {"IN is keyed", "SELECT sk FROM music.g_inc WHERE gpk IN ['x','z'] AND other='1'", NULL,
         unprojected},
        {"the last branch is complained of",
         "SELECT sk FROM music.g_inc WHERE (gpk='q' AND u1='1') OR (gpk='b' AND u2='1')", NULL,
         "filter attributes: [u1]"},
        {"one good branch is enough",
         "SELECT sk FROM music.g_inc WHERE (gpk='x' AND other='o1') OR gpk='z'", NULL, K2},
        {"a global index lacks a column", "SELECT zdrop, adrop FROM music.g_inc WHERE gpk='x'",
         NULL,
         "One or more parameter values were invalid: Global secondary index g_inc does not "
         "project [zdrop, adrop]"},
        {"no strong reads of global ones", "SELECT sk FROM music.g_all WHERE gpk='x'",
         "'ConsistentRead':true",
         "ValidationException: Strongly consistent read is not supported on Global Secondary "
         "Indexes"},
        {"of local ones", "SELECT lsk FROM music.l_keys WHERE pk='p'",
         "'ConsistentRead':true,'ReturnConsumedCapacity':'INDEXES'",
         "'LocalSecondaryIndexes':{'l_keys':{'CapacityUnits':1,"},
        {"no such index", "SELECT * FROM music.nope WHERE pk='p'", NULL,
         "ValidationException: The table does not have the specified index"},
        {"ordered by an index's key", "SELECT sk FROM music.l_keys WHERE pk='p' ORDER BY lsk DESC",
         NULL, "[{'sk':{'S':'4'}},{'sk':{'S':'2'}},{'sk':{'S':'1'}}]"},
    };
    RUN(rows);
}

static void test_index_that_is_being_filled(void **state)
{
    world_expect_in("an index more",
                    world_say(*state, EAST, "UpdateTable",
                              "{'TableName':'plain','AttributeDefinitions':[{'AttributeName':'pk',"
                              "'AttributeType':'S'},{'AttributeName':'sk','AttributeType':'S'},"
                              "{'AttributeName':'n','AttributeType':'N'}],"
                              "'GlobalSecondaryIndexUpdates':[{'Create':{'IndexName':'by_n',"
                              "'KeySchema':[{'AttributeName':'n','KeyType':'HASH'}],"
                              "'Projection':{'ProjectionType':'ALL'}}}]}"),
                    "'IndexStatus':'CREATING'");
    world_expect_in(
        "cannot be read yet",
        partiql_say(*state, "ExecuteStatement", "SELECT sk FROM plain.by_n WHERE n=3", NULL),
        "Cannot read from backfilling global secondary index: by_n");
    world_idle(*state);
    world_expect_in(
        "but when it is full",
        partiql_say(*state, "ExecuteStatement", "SELECT sk FROM plain.by_n WHERE n=3", NULL), K3);
}

/* The value of a member in what was said, as a copy. */
static char *copy_member(const char *said, const char *member)
{
    const char *at = strstr(said, member);
    if (at == NULL)
        fail_msg("no %s in %s", member, said);
    at += strlen(member) + 2; /* ': and the opening quote follow the name */
    size_t length = strcspn(at, "'");
    char *copy = sim_alloc(length + 1);
    memcpy(copy, at, length);
    return copy;
}

/* Reads page by page; the sort keys and partitions seen, in order. */
static void expect_pages(void **state, const char *statement, int limit, const char *wanted)
{
    struct sim_buffer seen;
    struct sim_buffer more;
    char *token = NULL;
    sim_buffer_init(&seen);
    sim_buffer_init(&more);
    for (int pages = 0; pages < 20; pages++) {
        sim_buffer_clear(&more);
        sim_buffer_printf(&more, "'Limit':%d", limit);
        if (token != NULL)
            sim_buffer_printf(&more, ",'NextToken':'%s'", token);
        free(token);
        token = NULL;
        const char *said = partiql_say(*state, "ExecuteStatement", statement, more.data);
        for (const char *at = said; (at = strstr(at, "'n':{'N':'")) != NULL; at++)
            sim_buffer_printf(&seen, "%.*s ", (int)strcspn(at + 10, "'"), at + 10);
        if (strstr(said, "'NextToken'") == NULL)
            break;
        world_expect_in("a token comes with the key", said, "'LastEvaluatedKey':{'pk'");
        token = copy_member(said, "'NextToken'");
    }
    free(token);
    if (strcmp(seen.data == NULL ? "" : seen.data, wanted) != 0)
        fail_msg("%s\n  wanted: %s\n  got:    %s", statement, wanted, seen.data);
    sim_buffer_fini(&seen);
    sim_buffer_fini(&more);
}

static void test_pages(void **state)
{
    expect_pages(state, "SELECT n FROM plain WHERE pk='a'", 1, "1 2 3 ");
    expect_pages(state, "SELECT n FROM plain WHERE pk='a'", 2, "1 2 3 ");
    expect_pages(state, "SELECT n FROM plain WHERE pk='a' ORDER BY sk DESC", 2, "3 2 1 ");
    expect_pages(state, "SELECT n FROM plain WHERE pk IN ['b','a']", 2, "1 2 3 10 20 ");
    expect_pages(state, "SELECT n FROM plain WHERE pk IN ['a','b'] ORDER BY pk DESC", 2,
                 "20 10 3 2 1 ");
    expect_pages(state, "SELECT n FROM plain WHERE pk IN ['a','b'] AND sk='1'", 1, "1 10 ");
    expect_pages(state, "SELECT n FROM plain WHERE pk='a' AND s='gamma'", 1, "3 ");
    expect_pages(state, "SELECT n FROM plain WHERE n >= 10", 2, "10 20 ");
}

static void test_tokens(void **state)
{
    static const char statement[] = "SELECT n FROM plain WHERE pk=?";
    struct sim_buffer more;
    char *token = copy_member(
        partiql_say(*state, "ExecuteStatement", statement, "'Limit':1,'Parameters':[{'S':'a'}]"),
        "'NextToken'");
    sim_buffer_init(&more);
    sim_buffer_printf(&more, "'Limit':5,'Parameters':[{'S':'a'}],'NextToken':'%s'", token);
    world_expect_in("another limit is all right",
                    partiql_say(*state, "ExecuteStatement", statement, more.data),
                    "{'Items':[{'n':{'N':'2'}},{'n':{'N':'3'}}]}");
    world_expect_in(
        "another statement is not",
        partiql_say(*state, "ExecuteStatement", "SELECT s FROM plain WHERE pk=?", more.data),
        "ValidationException: NextToken does not match request");
    sim_buffer_clear(&more);
    sim_buffer_printf(&more, "'Parameters':[{'S':'b'}],'NextToken':'%s'", token);
    world_expect_in("nor are other parameters",
                    partiql_say(*state, "ExecuteStatement", statement, more.data),
                    "ValidationException: NextToken does not match request");
    token[20] = token[20] == 'A' ? 'B' : 'A';
    sim_buffer_clear(&more);
    sim_buffer_printf(&more, "'Parameters':[{'S':'a'}],'NextToken':'%s'", token);
    world_expect_in("a changed token is none",
                    partiql_say(*state, "ExecuteStatement", statement, more.data),
                    "ValidationException: Invalid NextToken");
    world_expect_in("nor is any text",
                    partiql_say(*state, "ExecuteStatement", "SELECT n FROM plain WHERE pk='a'",
                                "'NextToken':'abc'"),
                    "ValidationException: Invalid NextToken");
    free(token);
    sim_buffer_fini(&more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_conditions, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_keys, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_forms, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_malformed, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_refused_conditions, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_refused_keys, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_in_limits, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_nesting, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_indexes, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_index_that_is_being_filled, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_pages, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_tokens, setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
