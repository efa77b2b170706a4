/* PartiQL writes: INSERT, UPDATE, DELETE, batches and transactions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/buffer.h"
#include "tests/unit/dynamodb/fixture_partiql.h"

#define RUN(rows)      partiql_run(*state, "ExecuteStatement", rows, ARRAY_LEN(rows))
#define BATCH(rows)    partiql_run(*state, "BatchExecuteStatement", rows, ARRAY_LEN(rows))
#define TRANSACT(rows) partiql_run(*state, "ExecuteTransaction", rows, ARRAY_LEN(rows))
#define MALFORMED      "Statement wasn't well formed, can't be processed: "
#define A1             " WHERE pk='a' AND sk='1'"
#define NOTHING        "{'Items':[]}"
#define FAILED         "ConditionalCheckFailedException: The conditional request failed"
#define NO_KEY                                                                                     \
    "ValidationException: Where clause does not contain a mandatory equality on all key "          \
    "attributes"

static int setup(void **state)
{
    int failed = world_setup(state);
    if (failed == 0)
        partiql_make_tables(*state);
    return failed;
}

static void test_inserts(void **state)
{
    static const struct partiql_row rows[] = {
        {"an insert answers with nothing",
         "INSERT INTO plain VALUE {'pk':'i','sk':'1','a':1E3,'b':-1.5e-3,'c':2.50,'d':-0,"
         "'q':'it''s','e':'','f':FALSE,'g':[],'h':{},'set':<<3,1.0>>}",
         NULL, NOTHING},
        {"values are kept in normal form", "SELECT * FROM plain WHERE pk='i' AND sk='1'", NULL,
         "'a':{'N':'1000'},'b':{'N':'-0.0015'},'c':{'N':'2.5'},'d':{'N':'0'},'q':{'S':'it's'},"
         "'e':{'S':''},'f':{'BOOL':false},'g':{'L':[]},'h':{'M':{}},'set':{'NS':['1','3']}"},
        {"a key that is there", "INSERT INTO plain VALUE {'pk':'i','sk':'1'}", NULL,
         "DuplicateItemException: Duplicate primary key exists in table"},
        {"parameters as attributes", "INSERT INTO plain value {'pk':?,'sk':?,'m':?}",
         "'Parameters':[{'S':'i'},{'S':'2'},{'M':{'x':{'NS':['1']}}}]", NOTHING},
        {"they are kept", "SELECT m FROM plain WHERE pk='i' AND sk='2'", NULL,
         "{'Items':[{'m':{'M':{'x':{'NS':['1']}}}}]}"},
        {"after a delete it can be there again", "DELETE FROM plain WHERE pk='i' AND sk='2'", NULL,
         NOTHING},
        {"once more", "INSERT INTO plain VALUE {'pk':'i','sk':'2'}", NULL, NOTHING},
        {"it costs write units", "INSERT INTO plain VALUE {'pk':'i','sk':'3'}",
         "'ReturnConsumedCapacity':'TOTAL'", "'CapacityUnits':1,'WriteCapacityUnits':1"},
        {"a missing key", "INSERT INTO plain VALUE {'pk':'i'}", NULL,
         "One or more parameter values were invalid: Missing the key sk in the item"},
        {"a key of the wrong type", "INSERT INTO plain VALUE {'pk':'i','sk':1}", NULL,
         "One or more parameter values were invalid: Type mismatch for key sk expected: S actual: "
         "N"},
        {"an index", "INSERT INTO plain.idx VALUE {'pk':'i','sk':'9'}", NULL,
         "ValidationException: FROM clause may only contain a single table name"},
        {"an alias is a token too many", "INSERT INTO plain t VALUE {'pk':'i','sk':'9'}", NULL,
         MALFORMED "Unexpected token after expression"},
        {"a token too many", "INSERT INTO plain VALUE {'pk':'i','sk':'9'} foo", NULL,
         MALFORMED "Unexpected token after expression"},
        {"no item", "INSERT INTO plain VALUE", NULL, MALFORMED "Unexpected term"},
        {"columns and values", "INSERT INTO plain (pk, sk) VALUES ('i','9')", NULL, MALFORMED},
        {"an empty set", "INSERT INTO plain VALUE {'pk':'i','sk':'9','s':<<>>}", NULL,
         "ValidationException: Empty bags are not supported"},
        {"a mixed set", "INSERT INTO plain VALUE {'pk':'i','sk':'9','s':<<1,'a'>>}", NULL,
         "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"},
        {"a text twice", "INSERT INTO plain VALUE {'pk':'i','sk':'9','s':<<'a','a'>>}", NULL,
         "Input collection [a, a] contains duplicates."},
        {"a number twice", "INSERT INTO plain VALUE {'pk':'i','sk':'9','s':<<2, 2.0>>}", NULL,
         "Input collection [2, 2.0] contains duplicates! under root"},
        {"a parameter in a tuple", "INSERT INTO plain VALUE {'pk':'i','sk':'9','m':{'k':?}}",
         "'Parameters':[{'S':'v'}]", "Unsupported data type: Parameter under key root.k at 1:53:1"},
        {"a great number in a tuple", "INSERT INTO plain VALUE {'pk':'i','sk':'9','m':{'x':1e126}}",
         NULL, "magnitude larger than supported range under root.x"},
        {"a great number in a list", "INSERT INTO plain VALUE {'pk':'i','sk':'9','l':[1,1e126]}",
         NULL, "magnitude larger than supported range under root[1]"},
        {"a table that is not there", "INSERT INTO nowhere VALUE {'pk':'i'}", NULL,
         "ResourceNotFoundException: Requested resource not found"},
        {"nothing of that was written", "SELECT * FROM plain WHERE pk='i' AND sk='9'", NULL,
         NOTHING},
    };
    RUN(rows);
}

static void test_updates(void **state)
{
    static const struct partiql_row rows[] = {
        {"an update answers with nothing", "UPDATE plain SET n = 5" A1, NULL, NOTHING},
        {"sums", "UPDATE plain SET n = n + 1 SET o = n - 2" A1 " RETURNING MODIFIED NEW *", NULL,
         "{'Items':[{'n':{'N':'6'},'o':{'N':'3'}}]}"},
        {"without blanks", "UPDATE plain SET n=n-1" A1 " RETURNING MODIFIED OLD *", NULL,
         "{'Items':[{'n':{'N':'6'}}]}"},
        {"a comma between assignments",
         "UPDATE plain SET l[1] = 'q', m.k[0] = 'r'" A1 " RETURNING MODIFIED NEW *", NULL,
         "{'Items':[{'l':{'L':[{'S':'q'}]},'m':{'M':{'k':{'L':[{'S':'r'}]}}}}]}"},
        {"removals", "UPDATE plain REMOVE o REMOVE l[0]" A1 " RETURNING MODIFIED OLD *", NULL,
         "{'Items':[{'l':{'L':[{'S':'x'}]},'o':{'N':'3'}}]}"},
        {"nothing left to show", "UPDATE plain REMOVE z" A1 " RETURNING MODIFIED NEW *", NULL,
         NOTHING},
        {"list_append in front",
         "UPDATE plain SET l = list_append(['f'], l)" A1 " RETURNING MODIFIED NEW *", NULL,
         "{'l':{'L':[{'S':'f'},{'S':'q'}]}}"},
        {"set_add", "UPDATE plain SET t = set_add(t, <<'w'>>)" A1 " RETURNING MODIFIED NEW *", NULL,
         "{'t':{'SS':['u','v','w']}}"},
        {"set_delete",
         "UPDATE plain SET t = SET_DELETE( t, <<'u','v'>>)" A1 " RETURNING MODIFIED NEW *", NULL,
         "{'t':{'SS':['w']}}"},
        {"the last member takes the set along",
         "UPDATE plain SET t = set_delete(t, <<'w'>>)" A1 " RETURNING MODIFIED NEW *", NULL,
         NOTHING},
        {"set_add makes a set", "UPDATE plain SET fresh = set_add(fresh, <<1>>)" A1, NULL, NOTHING},
        {"a parameter", "UPDATE plain SET p = ?" A1 " RETURNING MODIFIED NEW *",
         "'Parameters':[{'B':'AQI='}]", "{'Items':[{'p':{'B':'AQI='}}]}"},
        {"the whole item before",
         "UPDATE plain SET n = 7 WHERE pk='b' AND sk='2' RETURNING ALL OLD *", NULL,
         "{'Items':[{'pk':{'S':'b'},'sk':{'S':'2'},'n':{'N':'20'}}]}"},
        {"and after", "UPDATE plain SET n = 8 WHERE pk='b' AND sk='2' RETURNING ALL NEW *", NULL,
         "{'Items':[{'pk':{'S':'b'},'sk':{'S':'2'},'n':{'N':'8'}}]}"},
        {"FROM first", "FROM plain WHERE pk='b' AND sk='2' SET n = 9 RETURNING ALL NEW *", NULL,
         "'n':{'N':'9'}"},
        {"the key in parentheses", "UPDATE plain SET n = 10 WHERE (pk='b' AND sk='2') AND n = 9",
         NULL, NOTHING},
        {"the same key twice", "UPDATE plain SET n = 11 WHERE pk='b' AND sk='2' AND pk='b'", NULL,
         NOTHING},
        {"a condition that fails", "UPDATE plain SET n = 0 WHERE pk='b' AND sk='2' AND n = 1", NULL,
         FAILED},
        {"shows the item on request", "UPDATE plain SET n = 0 WHERE pk='b' AND sk='2' AND n = 1",
         "'ReturnValuesOnConditionCheckFailure':'ALL_OLD'",
         FAILED " {'Item':{'pk':{'S':'b'},'sk':{'S':'2'},'n':{'N':'11'}}}"},
        {"an update makes no item", "UPDATE plain SET n = 1 WHERE pk='ghost' AND sk='1'", NULL,
         FAILED},
        {"really none", "SELECT * FROM plain WHERE pk='ghost'", NULL, NOTHING},
    };
    RUN(rows);
}

static void test_refused_updates(void **state)
{
    static const struct partiql_row rows[] = {
        {"no condition", "UPDATE plain SET n = 1", NULL, NO_KEY},
        {"part of the key", "UPDATE plain SET n = 1 WHERE pk='a'", NULL, NO_KEY},
        {"no equality", "UPDATE plain SET n = 1 WHERE pk='a' AND sk > '0'", NULL, NO_KEY},
        {"IN is none", "UPDATE plain SET n = 1 WHERE pk IN ['a'] AND sk='1'", NULL, NO_KEY},
        {"FROM first without a condition", "FROM plain SET n = 1", NULL, NO_KEY},
        {"FROM first with it behind", "FROM plain SET n = 1" A1, NULL,
         MALFORMED "Unexpected token after expression"},
        {"two keys", "UPDATE plain SET n = 1" A1 " AND pk='b'", NULL,
         "Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported"},
        {"a key of the wrong type", "UPDATE plain SET n = 1 WHERE pk='a' AND sk=1", NULL,
         "The provided key element does not match the schema"},
        {"an index", "UPDATE plain.idx SET n = 1" A1, NULL,
         "ValidationException: This operation is not supported on an index"},
        {"an alias", "UPDATE plain t SET n = 1" A1, NULL, "Aliasing is not supported"},
        {"no clause", "UPDATE plain" A1, NULL, MALFORMED "Expected data manipulation"},
        {"nothing after SET", "UPDATE plain SET" A1, NULL, MALFORMED "Unexpected keyword"},
        {"nothing assigned", "UPDATE plain SET n =", NULL, MALFORMED "Unexpected term"},
        {"a key is not updated", "UPDATE plain SET sk = '2'" A1, NULL,
         "Cannot update attribute sk. This attribute is part of the key"},
        {"a path twice", "UPDATE plain SET m.x = 1 SET m = 2" A1, NULL,
         "Two document paths overlap with each other; must remove or rewrite one of these paths; "
         "path one: [m, x], path two: [m]"},
        {"a text is no summand", "UPDATE plain SET n = 'a' + 1" A1 " AND nope='x'", NULL,
         "ValidationException: Incorrect operand type for operator or function; operator or "
         "function: +, operand type: S"},
        {"nor is null", "UPDATE plain SET n = n - null" A1, NULL,
         "function: -, operand type: NULL"},
        {"one sum only", "UPDATE plain SET n = n + 1 + 1" A1, NULL,
         "This operator cannot be used in an update: +"},
        {"another attribute's set", "UPDATE plain SET x = set_add(t, <<'x'>>)" A1, NULL,
         "The first argument to SET_ADD must equal the assignment value at 1:22:7"},
        {"no set to add", "UPDATE plain\nSET t = set_add(t, 'x')" A1, NULL,
         "The second argument to SET_ADD must be a value with type SET at 2:17:1"},
        {"a set of another type", "UPDATE plain SET t = set_add(t, <<1>>)" A1, NULL,
         "An operand in the update expression has an incorrect data type"},
        {"no list there", "UPDATE plain SET x = list_append(x, [1])" A1, NULL,
         "The provided expression refers to an attribute that does not exist in the item"},
        {"no parent there", "UPDATE plain SET x[0] = 1" A1, NULL,
         "The document path provided in the update expression is invalid for update"},
        {"a condition is no value", "UPDATE plain SET x = (n = 1)" A1, NULL, "ValidationException"},
        {"a parameter in a list", "UPDATE plain SET x = [?]" A1, "'Parameters':[{'S':'v'}]",
         "Unsupported data type: Parameter under key root[0] at 1:23:1"},
        {"a returning clause of no kind", "UPDATE plain SET n = 1" A1 " RETURNING SOME *", NULL,
         MALFORMED},
        {"nothing changed", "SELECT n FROM plain" A1, NULL, "{'Items':[{'n':{'N':'1'}}]}"},
    };
    RUN(rows);
}

static void test_deletes(void **state)
{
    static const struct partiql_row rows[] = {
        {"no condition", "DELETE FROM plain", NULL, NO_KEY},
        {"no key", "DELETE FROM plain WHERE n = 1", NULL, NO_KEY},
        {"two keys", "DELETE FROM plain" A1 " AND pk='b'", NULL, "Multiple conditions on same key"},
        {"a condition that fails", "DELETE FROM plain" A1 " AND s = 'beta'", NULL, FAILED},
        {"negated", "DELETE FROM plain" A1 " AND NOT begins_with(s, 'al')", NULL, FAILED},
        {"an index", "DELETE FROM plain.idx" A1, NULL,
         "This operation is not supported on an index"},
        {"an alias", "DELETE FROM plain t" A1, NULL, "Aliasing is not supported"},
        {"an order", "DELETE FROM plain" A1 " ORDER BY pk", NULL,
         MALFORMED "Unexpected token after expression"},
        {"no table", "DELETE FROM;", NULL, MALFORMED "Expected identifier for simple path"},
        {"a keyword for a table", "DELETE FROM WHERE pk='a'", NULL,
         MALFORMED "Expected identifier for simple path"},
        {"another returning clause", "DELETE FROM plain" A1 " RETURNING MODIFIED OLD *", NULL,
         "ValidationException: Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING "
         "ALL OLD * is allowed in DELETE statements."},
        {"and a third", "DELETE FROM plain" A1 " RETURNING ALL NEW *", NULL,
         "Invalid returning clause: RETURNING ALL NEW *."},
        {"a condition that holds", "DELETE FROM plain WHERE pk='b' AND sk='2' AND n = 20", NULL,
         NOTHING},
        {"what was there", "DELETE FROM plain WHERE pk='a' AND sk='2' RETURNING ALL OLD *", NULL,
         "{'Items':[{'pk':{'S':'a'},'sk':{'S':'2'},'n':{'N':'2'},'s':{'S':'beta'}}]}"},
        {"what is gone", "DELETE FROM plain WHERE pk='a' AND sk='2' RETURNING ALL OLD *", NULL,
         NOTHING},
        {"no item meets no condition", "DELETE FROM plain WHERE pk='a' AND sk='2' AND n = 2", NULL,
         NOTHING},
    };
    RUN(rows);
}

static void test_batches(void **state)
{
    static const char read_refused[] =
        "'Code':'ValidationError','Message':'Select statements within BatchExecuteStatement must "
        "specify the primary key in the where clause.'";
    static const struct partiql_row rows[] = {
        {"reads in order", "SELECT n FROM plain" A1 "|SELECT n FROM plain WHERE pk='b' AND sk='1'",
         NULL,
         "{'Responses':[{'TableName':'plain','Item':{'n':{'N':'1'}}},{'TableName':'plain','Item':"
         "{'n':{'N':'10'}}}]}"},
        {"what is missing has no item", "SELECT n FROM plain WHERE pk='x' AND sk IN ['1']", NULL,
         "{'Responses':[{'TableName':'plain'}]}"},
        {"with parameters",
         "SELECT n FROM plain WHERE pk=? AND sk=?@'Parameters':[{'S':'a'},{'S':"
         "'2'}],'ConsistentRead':true",
         "'ReturnConsumedCapacity':'TOTAL'",
         "'ConsumedCapacity':[{'TableName':'plain',"
         "'CapacityUnits':1,"},
        {"one fails alone", "SELECT n FROM plain" A1 "|SELECT * FROM nowhere WHERE pk='x'", NULL,
         "{'TableName':'plain','Item':{'n':{'N':'1'}}},{'Error':{'Code':'ResourceNotFound',"
         "'Message':'Requested resource not found'}}"},
        {"a statement that is none", "SLECT n|SELECT n FROM plain" A1, NULL,
         "[{'Error':{'Code':'ValidationError','Message':'" MALFORMED "Expected data "
         "manipulation'}},{'TableName':'plain','Item'"},
        {"reads want the key", "SELECT * FROM plain WHERE pk='a'", NULL, read_refused},
        {"and nothing beside it", "SELECT * FROM plain" A1 " AND n = 1", NULL, read_refused},
        {"of the table", "SELECT * FROM music.g_all WHERE gpk='x'", NULL, read_refused},
        {"writes",
         "INSERT INTO plain VALUE {'pk':'w','sk':'1'}|UPDATE plain SET n = 2" A1
         " RETURNING MODIFIED NEW *|DELETE FROM plain WHERE pk='b' AND sk='1' RETURNING "
         "ALL OLD *",
         NULL,
         "{'Responses':[{'TableName':'plain'},{'TableName':'plain','Item':{'n':{'N':'2'}}},"
         "{'TableName':'plain','Item':{'pk':{'S':'b'}"},
        {"writes that fail alone",
         "INSERT INTO plain VALUE {'pk':'w','sk':'1'}|UPDATE plain SET n = 3" A1
         " AND n = 9@'ReturnValuesOnConditionCheckFailure':'ALL_OLD'|INSERT INTO plain VALUE "
         "{'pk':'w','sk':'2'}",
         NULL,
         "[{'Error':{'Code':'DuplicateItem','Message':'Duplicate primary key exists in table'},"
         "'TableName':'plain'},{'Error':{'Code':'ConditionalCheckFailed','Message':'The "
         "conditional request failed','Item':{'pk'"},
        {"the last of them was done", "SELECT sk FROM plain WHERE pk='w' AND sk='2'", NULL,
         "'Item':{'sk':{'S':'2'}}"},
        {"a bad parameter", "UPDATE plain SET n = ?" A1 "@'Parameters':[{'SS':[]}]", NULL,
         "'Code':'ValidationError','Message':'One or more parameter values were invalid: An string "
         "set  may not be empty'"},
        {"a bad returning clause", "DELETE FROM plain" A1 " RETURNING MODIFIED OLD *", NULL,
         "'Code':'ValidationError','Message':'Invalid returning clause"},
        {"no mixture", "SELECT n FROM plain" A1 "|DELETE FROM plain" A1, NULL,
         "ValidationException: BatchExecuteStatement API does not support both read and write "
         "operations in the same request."},
    };
    BATCH(rows);
    world_expect_in("no statements",
                    world_say(*state, EAST, "BatchExecuteStatement", "{'Statements':[]}"),
                    "at 'statements' failed to satisfy constraint: Member must have length greater "
                    "than or equal to 1");
}

#define CANCELLED                                                                                  \
    "TransactionCanceledException: Transaction cancelled, please refer cancellation "              \
    "reasons for specific reasons "
#define IN_0 "ValidationException: Validation failed in TransactStatements[0]: "

static void test_transactions(void **state)
{
    static const struct partiql_row rows[] = {
        {"writes take effect together",
         "INSERT INTO plain VALUE {'pk':'t','sk':'1','n':0}|UPDATE plain SET n = 9" A1
         "|DELETE FROM plain WHERE pk='b' AND sk='1'",
         "'ReturnConsumedCapacity':'TOTAL'",
         "'ConsumedCapacity':[{'TableName':'plain','CapacityUnits':6,'WriteCapacityUnits':6}]"},
        {"reads see them",
         "SELECT n FROM plain WHERE pk='t' AND sk='1'|SELECT n FROM plain" A1
         "|SELECT n FROM plain WHERE pk='b' AND sk='1'",
         "'ReturnConsumedCapacity':'TOTAL'",
         "{'Responses':[{'Item':{'n':{'N':'0'}}},{'Item':{'n':{'N':'9'}}},{}],'ConsumedCapacity':["
         "{'TableName':'plain','CapacityUnits':6,'ReadCapacityUnits':6}]}"},
        {"a duplicate cancels",
         "INSERT INTO plain VALUE {'pk':'t','sk':'1'}|INSERT INTO plain VALUE {'pk':'t','sk':'2'}",
         NULL,
         CANCELLED "[DuplicateItem, None] {'CancellationReasons':[{'Code':'DuplicateItem',"
                   "'Message':'Duplicate primary key exists in table'},{'Code':'None'}]}"},
        {"and nothing is kept", "SELECT * FROM plain WHERE pk='t' AND sk='2'", NULL,
         "{'Responses':[{}]}"},
        {"a condition cancels, with its item",
         "UPDATE plain SET n = 1" A1 " AND n = 1@'ReturnValuesOnConditionCheckFailure':'ALL_OLD'|"
         "UPDATE plain SET n = 1 WHERE pk='ghost' AND sk='1'",
         NULL,
         CANCELLED "[ConditionalCheckFailed, ConditionalCheckFailed] {'CancellationReasons':[{"
                   "'Code':'ConditionalCheckFailed','Message':'The conditional request failed',"
                   "'Item':{'pk'"},
        {"EXISTS checks",
         "EXISTS(SELECT * FROM plain" A1 " AND awards IS MISSING)|UPDATE plain SET n = 1 WHERE "
         "pk='t' AND sk='1'",
         NULL, "{'Responses':[]}"},
        {"and cancels",
         "EXISTS(SELECT * FROM plain" A1 " AND n IS MISSING)|UPDATE plain SET n = 2 WHERE "
         "pk='t' AND sk='1'",
         NULL, CANCELLED "[ConditionalCheckFailed, None]"},
        {"of a missing item, too",
         "EXISTS(SELECT * FROM plain WHERE pk='ghost' AND sk='1' AND attribute_exists(pk))|DELETE "
         "FROM plain WHERE pk='t' AND sk='1'",
         NULL, CANCELLED "[ConditionalCheckFailed, None]"},
        {"keys that do not fit are all reported",
         "UPDATE plain SET n=1 WHERE pk='a'|UPDATE plain SET n=1 WHERE pk IN ['a'] AND sk='1'|"
         "UPDATE plain SET n=1 WHERE pk='a' AND sk=1|UPDATE plain SET n=1" A1,
         NULL,
         CANCELLED "[ValidationError, ValidationError, ValidationError, None] "
                   "{'CancellationReasons':[{'Code':'ValidationError','Message':'The provided key "
                   "element does not match the schema'}"},
        {"an insert's as well", "INSERT INTO plain VALUE {'pk':'t'}", NULL,
         "'Message':'One or more parameter values were invalid: Missing the key sk in the item'"},
        {"a read's, too", "SELECT * FROM plain" A1 "|SELECT * FROM plain WHERE pk=1 AND sk='1'",
         NULL, CANCELLED "[None, ValidationError]"},
        {"a table that is not there cancels",
         "SELECT * FROM plain" A1 "|SELECT * FROM nowhere.idx WHERE pk='x'", NULL,
         CANCELLED "[None, ResourceNotFound] {'CancellationReasons':[{'Code':'None'},{'Code':"
                   "'ResourceNotFound','Message':'Requested resource not found'}]}"},
        {"an item that cannot be", "UPDATE plain SET s = s + 1" A1, NULL,
         CANCELLED "[ValidationError]"},
    };
    TRANSACT(rows);
}

static void test_refused_transactions(void **state)
{
    static const char key_refused[] =
        IN_0 "Select statements within ExecuteTransaction must specify the primary key in the "
             "where clause.";
    static const struct partiql_row rows[] = {
        {"no mixture", "SELECT * FROM plain" A1 "|DELETE FROM plain" A1, NULL,
         "ValidationException: ExecuteTransaction API does not support both read and write "
         "operations in the same request."},
        {"an item once", "SELECT * FROM plain" A1 "|SELECT n FROM plain WHERE sk='1' AND pk='a'",
         NULL,
         "ValidationException: Transaction request cannot include multiple operations on one "
         "item"},
        {"in writes, too", "UPDATE plain SET n = 2" A1 "|DELETE FROM plain" A1, NULL,
         "Transaction request cannot include multiple operations on one item"},
        {"a filter beside the key", "SELECT * FROM plain" A1 " AND n = 1", NULL, key_refused},
        {"two keys", "SELECT * FROM plain" A1 " AND pk='b'", NULL, key_refused},
        {"part of the key", "SELECT * FROM plain WHERE pk='a'", NULL, key_refused},
        {"several items", "SELECT * FROM plain WHERE pk IN ['a','b'] AND sk='1'", NULL,
         key_refused},
        {"one item twice", "SELECT * FROM plain WHERE pk IN ['a','a'] AND sk='1'", NULL,
         IN_0 "Overlapping conditions with range keys are not supported in where clause"},
        {"an index", "SELECT * FROM music.g_all WHERE gpk='x'", NULL,
         IN_0 "Reads on indices are not supported within transactions."},
        {"a returning clause", "UPDATE plain SET n = 1" A1 " RETURNING ALL NEW *", NULL,
         IN_0 "RETURNING clause is not supported in ExecuteTransaction."},
        {"wins over a missing table",
         "UPDATE nowhere SET n = 1" A1 "|UPDATE plain SET n = 1" A1 " RETURNING ALL NEW *", NULL,
         "Validation failed in TransactStatements[1]: RETURNING clause is not supported"},
        {"EXISTS of the key alone", "EXISTS(SELECT * FROM plain" A1 ")", NULL,
         IN_0 "EXISTS() must contain a single item read with additional condition"},
        {"EXISTS of several", "EXISTS(SELECT * FROM plain WHERE pk='a' AND n = 1)", NULL,
         IN_0 "EXISTS() must contain a single item read with additional condition"},
        {"a statement that is none", "SELECT * FROM plain WHERE", NULL,
         IN_0 MALFORMED "Unexpected term"},
        {"an index in a write", "UPDATE plain.idx SET n = 1" A1, NULL,
         IN_0 "This operation is not supported on an index"},
        {"a number of parameters", "SELECT * FROM plain WHERE pk=?", NULL,
         IN_0 "Number of parameters in request and statement don't match."},
        {"bad parameters come first",
         "SELEC|UPDATE plain SET n = ?" A1 "@'Parameters':[{'SS':['a','a']}]", NULL,
         "ValidationException: One or more parameter values were invalid: Input collection [a, a] "
         "contains duplicates."},
        {"nothing changed", "SELECT n FROM plain" A1, NULL,
         "{'Responses':[{'Item':{'n':{'N':'1'}}}]}"},
    };
    TRANSACT(rows);
}

static void test_transaction_tokens(void **state)
{
    static const char token[] = "'ClientRequestToken':'once','ReturnConsumedCapacity':'TOTAL'";
    static const char statement[] = "UPDATE plain SET n = n + 1" A1;
    world_expect_in("the first one writes",
                    partiql_say(*state, "ExecuteTransaction", statement, token),
                    "'WriteCapacityUnits':2");
    world_expect_in("the second one reads",
                    partiql_say(*state, "ExecuteTransaction", statement, token),
                    "'CapacityUnits':2,'ReadCapacityUnits':2");
    world_expect_in("it was done once",
                    partiql_say(*state, "ExecuteStatement", "SELECT n FROM plain" A1, NULL),
                    "{'N':'2'}");
    world_expect_in("another one may not use its token",
                    partiql_say(*state, "ExecuteTransaction", "DELETE FROM plain" A1, token),
                    "IdempotentParameterMismatchException");
    world_advance(*state, (uint64_t)11 * 60 * SIM_US_PER_S);
    world_expect_in("later it is forgotten",
                    partiql_say(*state, "ExecuteTransaction", statement, token),
                    "'WriteCapacityUnits':2");
}

/* A parameter of so many letters: what one insert of it says. */
static const char *insert_of_size(void **state, const char *operation, int letters)
{
    struct sim_buffer json;
    sim_buffer_init(&json);
    bool is_single = strcmp(operation, "ExecuteStatement") == 0;
    sim_buffer_printf(
        &json,
        "{%s'Statement':'INSERT INTO plain VALUE {\\u0027pk\\u0027:"
        "\\u0027big\\u0027,\\u0027sk\\u0027:?,\\u0027x\\u0027:?}','Parameters':[{'S':'%d'},"
        "{'S':'",
        is_single ? "" : "'TransactStatements':[{", letters);
    for (int i = 0; i < letters; i++)
        sim_buffer_append_text(&json, "x");
    sim_buffer_printf(&json, "'}]%s,'ReturnConsumedCapacity':'TOTAL'}", is_single ? "" : "}]");
    const char *said = world_say(*state, EAST, operation, json.data);
    sim_buffer_fini(&json);
    return said;
}

static void test_sizes(void **state)
{
    world_expect_in("two kilobytes cost two", insert_of_size(state, "ExecuteStatement", 1500),
                    "'WriteCapacityUnits':2");
    world_expect_in("and in a transaction four", insert_of_size(state, "ExecuteTransaction", 1501),
                    "'WriteCapacityUnits':4");
    world_expect_in("more than 400 KB are too much",
                    insert_of_size(state, "ExecuteStatement", 410000),
                    "ValidationException: Item size has exceeded the maximum allowed size");
    world_expect_in("and cancel a transaction", insert_of_size(state, "ExecuteTransaction", 410000),
                    "[ValidationError] {'CancellationReasons':[{'Code':'ValidationError','Message':"
                    "'Item size has exceeded the maximum allowed size'}]}");
    world_expect_in("what is read has its size",
                    partiql_say(*state, "ExecuteStatement",
                                "SELECT sk FROM plain WHERE pk='big' AND sk='1500'",
                                "'ReturnConsumedCapacity':'TOTAL','ConsistentRead':true"),
                    "{'Items':[{'sk':{'S':'1500'}}],'ConsumedCapacity':{'TableName':'plain',"
                    "'CapacityUnits':1,");
}

/* A PartiQL write is a write: indexes, streams and replicas hear of it. */
static void test_replication(void **state)
{
    world_make_global(*state, "world");
    world_expect_in("an insert",
                    partiql_say(*state, "ExecuteStatement",
                                "INSERT INTO world VALUE {'pk':'a','sk':'1','n':1}", NULL),
                    NOTHING);
    world_expect_in("a transaction",
                    partiql_say(*state, "ExecuteTransaction",
                                "UPDATE world SET n = n + 1" A1
                                "|INSERT INTO world VALUE {'pk':'a','sk':'2'}",
                                NULL),
                    "Responses");
    world_idle(*state);
    world_expect_in("arrive elsewhere", world_say(*state, EU, "Scan", "{'TableName':'world'}"),
                    "'Count':2");
    world_expect_in("with what was written last",
                    world_say(*state, WEST, "GetItem",
                              "{'TableName':'world','Key':{'pk':{'S':'a'},'sk':{'S':'1'}}}"),
                    "'n':{'N':'2'}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_inserts, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_updates, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_refused_updates, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_deletes, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_batches, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_transactions, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_refused_transactions, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_transaction_tokens, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_sizes, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_replication, setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
