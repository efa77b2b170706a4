/* Item operations as clients see them: each row is a call and what its answer must contain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/buffer.h"
#include "tests/unit/dynamodb/fixture_world.h"

struct step {
    const char *name;
    const char *operation;
    const char *input;  /* 'TableName':'tab' is put in front */
    const char *wanted; /* part of the answer */
};

static void run_steps(struct world *world, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        world_expect_in(steps[i].name, world_say(world, EAST, steps[i].operation, steps[i].input),
                        steps[i].wanted);
}

#define T    "'TableName':'tab'"
#define KEY  "'Key':{'pk':{'S':'a'},'sk':{'S':'1'}}"
#define ITEM "'Item':{'pk':{'S':'a'},'sk':{'S':'1'},'n':{'N':'1.0'}}"

static void test_single_items(void **state)
{
    static const struct step steps[] = {
        {"nothing is there at first", "GetItem", "{" T "," KEY "}", "{}"},
        {"a missing item costs half a unit", "GetItem",
         "{" T "," KEY ",'ReturnConsumedCapacity':'TOTAL'}",
         "{'ConsumedCapacity':{'TableName':'tab','CapacityUnits':0.5}}"},
        {"a put answers with nothing", "PutItem", "{" T "," ITEM "}", "{}"},
        {"numbers come back in the service's form", "GetItem", "{" T "," KEY "}",
         "{'Item':{'pk':{'S':'a'},'sk':{'S':'1'},'n':{'N':'1'}}}"},
        {"a projection takes parts", "GetItem", "{" T "," KEY ",'ProjectionExpression':'n'}",
         "{'Item':{'n':{'N':'1'}}}"},
        {"a strong read costs one", "GetItem",
         "{" T "," KEY ",'ConsistentRead':true,'ReturnConsumedCapacity':'INDEXES'}",
         "'ConsumedCapacity':{'TableName':'tab','CapacityUnits':1,'Table':{'CapacityUnits':1}}"},
        {"a condition that fails", "PutItem",
         "{" T "," ITEM ",'ConditionExpression':'attribute_not_exists(pk)'}",
         "ConditionalCheckFailedException: The conditional request failed"},
        {"with the item on request", "PutItem",
         "{" T "," ITEM ",'ConditionExpression':'attribute_not_exists(pk)',"
         "'ReturnValuesOnConditionCheckFailure':'ALL_OLD'}",
         "{'Item':{'pk':{'S':'a'},'sk':{'S':'1'},'n':{'N':'1'}}}"},
        {"an update counts", "UpdateItem",
         "{" T "," KEY ",'UpdateExpression':'SET n = n + :one','ExpressionAttributeValues':"
         "{':one':{'N':'1'}},'ReturnValues':'UPDATED_NEW'}",
         "{'Attributes':{'n':{'N':'2'}}}"},
        {"an update shows the old", "UpdateItem",
         "{" T "," KEY ",'UpdateExpression':'SET m = :one','ExpressionAttributeValues':"
         "{':one':{'N':'1'}},'ReturnValues':'ALL_OLD'}",
         "{'Attributes':{'pk':{'S':'a'},'sk':{'S':'1'},'n':{'N':'2'}}}"},
        {"an update shows the new", "UpdateItem",
         "{" T "," KEY ",'UpdateExpression':'REMOVE m','ReturnValues':'ALL_NEW'}",
         "{'Attributes':{'pk':{'S':'a'},'sk':{'S':'1'},'n':{'N':'2'}}}"},
        {"an update of a missing item makes it", "UpdateItem",
         "{" T ",'Key':{'pk':{'S':'a'},'sk':{'S':'2'}}}", "{}"},
        {"with only its key", "GetItem", "{" T ",'Key':{'pk':{'S':'a'},'sk':{'S':'2'}}}",
         "{'Item':{'pk':{'S':'a'},'sk':{'S':'2'}}}"},
        {"a delete shows what it took", "DeleteItem", "{" T "," KEY ",'ReturnValues':'ALL_OLD'}",
         "{'Attributes':{'pk':{'S':'a'},'sk':{'S':'1'},'n':{'N':'2'}}}"},
        {"a delete of nothing succeeds", "DeleteItem", "{" T "," KEY ",'ReturnValues':'ALL_OLD'}",
         "{}"},
        {"the item is gone", "GetItem", "{" T "," KEY "}", "{}"},
    };
    world_make_table(*state, EAST, "tab");
    run_steps(*state, steps, ARRAY_LEN(steps));
}

static void test_item_errors(void **state)
{
    static const struct step steps[] = {
        {"a missing table", "GetItem", "{'TableName':'nope'," KEY "}",
         "ResourceNotFoundException: Requested resource not found"},
        {"a table of another Region", "PutItem", "{'TableName':'far'," ITEM "}",
         "ResourceNotFoundException: Requested resource not found"},
        {"a key without its sort key", "GetItem", "{" T ",'Key':{'pk':{'S':'a'}}}",
         "ValidationException: The provided key element does not match the schema"},
        {"a key of the wrong type", "DeleteItem", "{" T ",'Key':{'pk':{'N':'1'},'sk':{'S':'1'}}}",
         "ValidationException: The provided key element does not match the schema"},
        {"a put without a key", "PutItem", "{" T ",'Item':{'pk':{'S':'a'}}}",
         "One or more parameter values were invalid: Missing the key sk in the item"},
        {"a put with an empty key", "PutItem", "{" T ",'Item':{'pk':{'S':''},'sk':{'S':'1'}}}",
         "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"},
        {"the table is looked at after the expressions", "PutItem",
         "{'TableName':'nope'," ITEM ",'ConditionExpression':'a ='}", "ValidationException"},
        {"an update of the key", "UpdateItem",
         "{" T "," KEY ",'UpdateExpression':'SET sk = :v','ExpressionAttributeValues':{':v':"
         "{'S':'x'}}}",
         "Cannot update attribute sk. This attribute is part of the key"},
        {"ReturnValues of a put", "PutItem", "{" T "," ITEM ",'ReturnValues':'ALL_NEW'}",
         "ReturnValues can only be ALL_OLD or NONE"},
        {"an unused value", "PutItem",
         "{" T "," ITEM ",'ConditionExpression':'attribute_exists(pk)',"
         "'ExpressionAttributeValues':{':x':{'S':'x'}}}",
         "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}"},
        {"an older parameter is not ignored", "PutItem",
         "{" T "," ITEM ",'Expected':{'n':{'Value':{'N':'1'}}}}", "ConditionalCheckFailed"},
        {"a bad number", "PutItem", "{" T ",'Item':{'pk':{'S':'a'},'sk':{'S':'1'},'n':{'N':'x'}}}",
         "The parameter cannot be converted to a numeric value: x"},
        {"nothing of all this was kept", "Scan", "{" T ",'Select':'COUNT'}",
         "{'Count':0,'ScannedCount':0}"},
    };
    world_make_table(*state, EAST, "tab");
    world_make_table(*state, WEST, "far");
    run_steps(*state, steps, ARRAY_LEN(steps));
}

static void put(struct world *world, const char *pk, const char *sk, const char *more)
{
    struct sim_buffer json;
    sim_buffer_init(&json);
    sim_buffer_printf(&json, "{" T ",'Item':{'pk':{'S':'%s'},'sk':{'S':'%s'}%s}}", pk, sk, more);
    assert_string_equal(world_say(world, EAST, "PutItem", json.data), "{}");
    sim_buffer_fini(&json);
}

#define KEYS_OF_A "'KeyConditionExpression':'pk = :p','ExpressionAttributeValues':{':p':{'S':'a'}}"

static void test_query(void **state)
{
    static const struct step steps[] = {
        {"in the order of the sort key", "Query",
         "{" T "," KEYS_OF_A ",'ProjectionExpression':'sk'}",
         "{'Items':[{'sk':{'S':'1'}},{'sk':{'S':'2'}},{'sk':{'S':'3'}}],'Count':3,"
         "'ScannedCount':3}"},
        {"backwards", "Query",
         "{" T "," KEYS_OF_A ",'ProjectionExpression':'sk','ScanIndexForward':false,'Limit':2}",
         "{'Items':[{'sk':{'S':'3'}},{'sk':{'S':'2'}}],'Count':2,'ScannedCount':2,"
         "'LastEvaluatedKey':{'pk':{'S':'a'},'sk':{'S':'2'}}}"},
        {"from where the page ended", "Query",
         "{" T "," KEYS_OF_A ",'ProjectionExpression':'sk','ScanIndexForward':false,"
         "'ExclusiveStartKey':{'pk':{'S':'a'},'sk':{'S':'2'}}}",
         "{'Items':[{'sk':{'S':'1'}}],'Count':1,'ScannedCount':1}"},
        {"forward from a key", "Query",
         "{" T "," KEYS_OF_A ",'ProjectionExpression':'sk',"
         "'ExclusiveStartKey':{'pk':{'S':'a'},'sk':{'S':'1'}}}",
         "{'Items':[{'sk':{'S':'2'}},{'sk':{'S':'3'}}]"},
        {"a filter counts what it saw", "Query",
         "{" T ",'KeyConditionExpression':'pk = :p','FilterExpression':'n > :n',"
         "'ExpressionAttributeValues':{':p':{'S':'a'},':n':{'N':'1'}},'Select':'COUNT'}",
         "{'Count':2,'ScannedCount':3}"},
        {"a range", "Query",
         "{" T ",'KeyConditionExpression':'pk = :p AND sk BETWEEN :l AND :h',"
         "'ExpressionAttributeValues':{':p':{'S':'a'},':l':{'S':'2'},':h':{'S':'9'}},"
         "'Select':'COUNT'}",
         "{'Count':2,'ScannedCount':2}"},
        {"no key condition", "Query", "{" T "}",
         "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
         "request."},
        {"a filter on a key", "Query",
         "{" T ",'KeyConditionExpression':'pk = :p','FilterExpression':'sk > :p',"
         "'ExpressionAttributeValues':{':p':{'S':'a'}}}",
         "Filter Expression can only contain non-primary key attributes: Primary key attribute: "
         "sk"},
        {"a start in another partition", "Query",
         "{" T "," KEYS_OF_A ",'ExclusiveStartKey':{'pk':{'S':'b'},'sk':{'S':'2'}}}",
         "The provided starting key is outside query boundaries based on provided conditions"},
        {"a start of half a key", "Query",
         "{" T "," KEYS_OF_A ",'ExclusiveStartKey':{'pk':{'S':'a'}}}",
         "ValidationException: The provided starting key is invalid"},
        {"an unknown index", "Query", "{" T "," KEYS_OF_A ",'IndexName':'nix'}",
         "The table does not have the specified index: nix"},
        {"a count with a projection", "Query",
         "{" T "," KEYS_OF_A ",'ProjectionExpression':'sk','Select':'COUNT'}",
         "1 validation error detected: Cannot specify the ProjectionExpression when choosing to "
         "get only the Count"},
    };
    world_make_table(*state, EAST, "tab");
    put(*state, "a", "2", ",'n':{'N':'2'}");
    put(*state, "a", "1", ",'n':{'N':'1'}");
    put(*state, "a", "3", ",'n':{'N':'3'}");
    put(*state, "b", "1", "");
    run_steps(*state, steps, ARRAY_LEN(steps));
}

static void test_scan_reaches_each_item_once(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    for (int i = 0; i < 50; i++) {
        char pk[8];
        pk[0] = (char)('a' + i % 25);
        pk[1] = (char)('a' + i / 25);
        pk[2] = '\0';
        put(world, pk, "1", "");
    }
    static const struct step steps[] = {
        {"all", "Scan", "{" T ",'Select':'COUNT'}", "{'Count':50,'ScannedCount':50}"},
        {"a segment alone", "Scan", "{" T ",'Segment':1}", "TotalSegments parameter is required"},
        {"segments without one", "Scan", "{" T ",'TotalSegments':2}",
         "The Segment parameter is required"},
        {"a segment too high", "Scan", "{" T ",'Segment':2,'TotalSegments':2}",
         "zero-based and must be less than parameter TotalSegments"},
    };
    run_steps(world, steps, ARRAY_LEN(steps));
    int seen = 0;
    for (int segment = 0; segment < 4; segment++) {
        struct sim_buffer json;
        sim_buffer_init(&json);
        sim_buffer_printf(&json, "{" T ",'Segment':%d,'TotalSegments':4,'Limit':100}", segment);
        cJSON *output = world_call(world, EAST, "Scan", json.data, NULL);
        seen += (int)wire_integer(output, "Count", 0);
        cJSON_Delete(output);
        sim_buffer_fini(&json);
    }
    assert_int_equal(seen, 50);
}

static void test_batches(void **state)
{
    static const struct step steps[] = {
        {"puts and deletes", "BatchWriteItem",
         "{'RequestItems':{'tab':[{'PutRequest':{'Item':{'pk':{'S':'a'},'sk':{'S':'1'}}}},"
         "{'PutRequest':{'Item':{'pk':{'S':'a'},'sk':{'S':'2'}}}},"
         "{'DeleteRequest':{'Key':{'pk':{'S':'a'},'sk':{'S':'3'}}}}]},"
         "'ReturnConsumedCapacity':'TOTAL'}",
         "{'UnprocessedItems':{},'ConsumedCapacity':[{'TableName':'tab','CapacityUnits':3}]}"},
        {"gets what is there", "BatchGetItem",
         "{'RequestItems':{'tab':{'Keys':[{'pk':{'S':'a'},'sk':{'S':'1'}},"
         "{'pk':{'S':'a'},'sk':{'S':'3'}}]}}}",
         "{'Responses':{'tab':[{'pk':{'S':'a'},'sk':{'S':'1'}}]},'UnprocessedKeys':{}}"},
        {"the same key twice to write", "BatchWriteItem",
         "{'RequestItems':{'tab':[{'PutRequest':{'Item':{'pk':{'S':'x'},'sk':{'S':'1'}}}},"
         "{'DeleteRequest':{'Key':{'pk':{'S':'x'},'sk':{'S':'1'}}}}]}}",
         "Provided list of item keys contains duplicates"},
        {"the same key twice to read", "BatchGetItem",
         "{'RequestItems':{'tab':{'Keys':[{'pk':{'S':'a'},'sk':{'S':'1'}},"
         "{'pk':{'S':'a'},'sk':{'S':'1'}}]}}}",
         "Provided list of item keys contains duplicates"},
        {"one missing table fails the call", "BatchWriteItem",
         "{'RequestItems':{'tab':[{'PutRequest':{'Item':{'pk':{'S':'y'},'sk':{'S':'1'}}}}],"
         "'nope':[{'PutRequest':{'Item':{'pk':{'S':'y'},'sk':{'S':'1'}}}}]}}",
         "ResourceNotFoundException: Requested resource not found"},
        {"and nothing of it was written", "Scan", "{" T ",'Select':'COUNT'}",
         "{'Count':2,'ScannedCount':2}"},
    };
    world_make_table(*state, EAST, "tab");
    run_steps(*state, steps, ARRAY_LEN(steps));
}

#define PUT_A "{'Put':{" T ",'Item':{'pk':{'S':'a'},'sk':{'S':'1'}}}}"
#define PUT_B "{'Put':{" T ",'Item':{'pk':{'S':'b'},'sk':{'S':'1'},'n':{'N':'7'}}}}"
#define ONLY_NEW_B                                                                                 \
    "{'Put':{" T ",'Item':{'pk':{'S':'b'},'sk':{'S':'1'}},'ConditionExpression':"                  \
    "'attribute_not_exists(pk)','ReturnValuesOnConditionCheckFailure':'ALL_OLD'}}"

static void test_transactions(void **state)
{
    static const struct step steps[] = {
        {"all are written", "TransactWriteItems",
         "{'TransactItems':[" PUT_A "," PUT_B "],'ReturnConsumedCapacity':'TOTAL'}",
         "{'ConsumedCapacity':[{'TableName':'tab','CapacityUnits':4,'WriteCapacityUnits':4}]}"},
        {"all are read, in order", "TransactGetItems",
         "{'TransactItems':[{'Get':{" T ",'Key':{'pk':{'S':'b'},'sk':{'S':'1'}}}},"
         "{'Get':{" T ",'Key':{'pk':{'S':'z'},'sk':{'S':'1'}}}}]}",
         "{'Responses':[{'Item':{'pk':{'S':'b'},'sk':{'S':'1'},'n':{'N':'7'}}},{}]}"},
        {"one failed condition cancels all", "TransactWriteItems",
         "{'TransactItems':[{'Delete':{" T ",'Key':{'pk':{'S':'a'},'sk':{'S':'1'}}}}," ONLY_NEW_B
         "]}",
         "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons "
         "for specific reasons [None, ConditionalCheckFailed] {'CancellationReasons':[{'Code':"
         "'None'},{'Code':'ConditionalCheckFailed','Message':'The conditional request failed',"
         "'Item':{'pk':{'S':'b'},'sk':{'S':'1'},'n':{'N':'7'}}}]}"},
        {"and changes nothing", "GetItem", "{" T ",'Key':{'pk':{'S':'a'},'sk':{'S':'1'}}}",
         "{'Item':{'pk':{'S':'a'},'sk':{'S':'1'}}}"},
        {"a check alone", "TransactWriteItems",
         "{'TransactItems':[{'ConditionCheck':{" T ",'Key':{'pk':{'S':'b'},'sk':{'S':'1'}},"
         "'ConditionExpression':'n = :n','ExpressionAttributeValues':{':n':{'N':'8'}}}}]}",
         "[ConditionalCheckFailed]"},
        {"a wrong operand is a reason", "TransactWriteItems",
         "{'TransactItems':[{'Update':{" T ",'Key':{'pk':{'S':'b'},'sk':{'S':'1'}},"
         "'UpdateExpression':'SET n = n + absent'}}]}",
         "[ValidationError] {'CancellationReasons':[{'Code':'ValidationError','Message':'The "
         "provided expression refers to an attribute that does not exist in the item'}]}"},
        {"a wrong key is a reason", "TransactWriteItems",
         "{'TransactItems':[" PUT_A ",{'Delete':{" T ",'Key':{'pk':{'N':'1'},'sk':{'S':'1'}}}}]}",
         "[None, ValidationError]"},
        {"one item twice", "TransactWriteItems",
         "{'TransactItems':[" PUT_A ",{'Delete':{" T ",'Key':{'pk':{'S':'a'},'sk':{'S':'1'}}}}]}",
         "ValidationException: Transaction request cannot include multiple operations on one "
         "item"},
        {"two actions in one element", "TransactWriteItems",
         "{'TransactItems':[{'Put':{" T ",'Item':{'pk':{'S':'a'},'sk':{'S':'1'}}},"
         "'Delete':{" T ",'Key':{'pk':{'S':'a'},'sk':{'S':'1'}}}}]}",
         "TransactItems can only contain one of Check, Put, Update or Delete"},
        {"a bad expression fails the call", "TransactWriteItems",
         "{'TransactItems':[{'Delete':{" T ",'Key':{'pk':{'S':'a'},'sk':{'S':'1'}},"
         "'ConditionExpression':'a = :x'}}]}",
         "ValidationException: Invalid ConditionExpression: An expression attribute value used in "
         "expression is not defined; attribute value: :x"},
    };
    world_make_table(*state, EAST, "tab");
    run_steps(*state, steps, ARRAY_LEN(steps));
}

#define COUNT_UP                                                                                   \
    "{'Update':{" T ",'Key':{'pk':{'S':'c'},'sk':{'S':'1'}},'UpdateExpression':'ADD n :v',"        \
    "'ExpressionAttributeValues':{':v':{'N':'1'}}}}"

static void test_a_token_runs_once(void **state)
{
    struct world *world = *state;
    static const char call[] = "{'TransactItems':[" COUNT_UP "],'ClientRequestToken':'tok'}";
    static const char other[] = "{'TransactItems':[" PUT_A "],'ClientRequestToken':'tok'}";
    static const char get[] = "{" T ",'Key':{'pk':{'S':'c'},'sk':{'S':'1'}}}";
    world_make_table(world, EAST, "tab");
    world_expect_in("first", world_say(world, EAST, "TransactWriteItems", call), "{}");
    world_expect_in("again", world_say(world, EAST, "TransactWriteItems", call), "{}");
    world_expect_in("once", world_say(world, EAST, "GetItem", get), "'n':{'N':'1'}");
    world_expect_in("other parameters", world_say(world, EAST, "TransactWriteItems", other),
                    "IdempotentParameterMismatchException");
    world_advance(world, 10 * 60 * SIM_US_PER_S);
    world_expect_in("later", world_say(world, EAST, "TransactWriteItems", call), "{}");
    world_expect_in("twice", world_say(world, EAST, "GetItem", get), "'n':{'N':'2'}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_single_items, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_item_errors, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_query, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_scan_reaches_each_item_once, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_batches, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_transactions, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_token_runs_once, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
