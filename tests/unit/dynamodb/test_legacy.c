/* What data files cannot say well of the older parameters: names that come twice, members that are
 * null, indexes, and calls that do not have these parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/condition.h"
#include "emulators/dynamodb/legacy.h"
#include "emulators/dynamodb/update.h"
#include "tests/unit/dynamodb/fixture_expression.h"
#include "tests/unit/dynamodb/fixture_world.h"

/* --- trees ----------------------------------------------------------------------------------- */

static void test_parameters_become_trees(void **state)
{
    static const struct {
        const char *name;
        const char *input;
        const char *item;
        const char *wanted; /* "holds", "fails" or the fault */
    } cases[] = {
        {"of a name that comes twice the last counts",
         "{'Expected':{'a':{'Value':{'N':'1'}},'a':{'Value':{'N':'2'}}}}", "{'a':{'N':'2'}}",
         "holds"},
        {"and the first is not even looked at", "{'Expected':{'a':{},'a':{'Exists':false}}}", "{}",
         "holds"},
        {"a condition that is null is none", "{'Expected':{'a':null,'b':{'Exists':false}}}",
         "{'a':{'N':'1'}}", "holds"},
        {"members that are null are absent",
         "{'Expected':{'a':{'Value':null,'AttributeValueList':null,'Exists':false,"
         "'ComparisonOperator':null}}}",
         "{}", "holds"},
        {"a value between other members is the only argument",
         "{'Expected':{'a':{'Value':{'N':'1'},'Exists':true}}}", "{'a':{'N':'1.0'}}", "holds"},
        {"a second Value is no second argument",
         "{'Expected':{'a':{'ComparisonOperator':'BETWEEN','Value':{'N':'1'},'Value':{'N':'2'}}}}",
         "{}",
         "One or more parameter values were invalid: Invalid number of argument(s) for the BETWEEN "
         "ComparisonOperator"},
        {"many values for IN",
         "{'Expected':{'a':{'ComparisonOperator':'IN','AttributeValueList':["
         "{'N':'1'},{'N':'2'},{'N':'3'},{'N':'4'},{'N':'5'},{'N':'6'},{'N':'7'},{'N':'8'}]}}}",
         "{'a':{'N':'8'}}", "holds"},
        {"an operator that the wire would not let through",
         "{'Expected':{'a':{'ComparisonOperator':'LIKE','Value':{'N':'1'}}}}", "{}",
         "One or more parameter values were invalid: Unknown ComparisonOperator: LIKE"},
        {"base64 that is none", "{'Expected':{'a':{'Value':{'B':'a'}}}}", "{}",
         "Base64 encoded length is expected a multiple of 4 bytes but found: 1"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        const struct ddb_binding *binding = NULL;
        const char *got =
            !ddb_legacy_expected(fixture_json(&fixture, cases[i].input), &binding, &fixture.fault)
                ? fixture_message(&fixture)
            : ddb_condition_holds(binding, fixture_item(&fixture, cases[i].item)) ? "holds"
                                                                                  : "fails";
        if (strcmp(got, cases[i].wanted) != 0)
            fail_msg("%s: %s, not %s", cases[i].name, got, cases[i].wanted);
        expression_fixture_fini(&fixture);
    }
}

static void test_updates_of_one_attribute_do_not_meet(void **state)
{
    static const struct {
        const char *name;
        const char *updates;
        const char *wanted; /* of {'a':{'N':'1'}} */
    } cases[] = {
        {"of two removals one is made", "{'a':{'Action':'DELETE'},'a':{'Action':'DELETE'}}", "{}"},
        {"of two values the last is put", "{'a':{'Value':{'N':'2'}},'a':{'Value':{'N':'3'}}}",
         "{'a':{'N':'3'}}"},
        {"a faulty one that is not the last is not seen", "{'a':{},'a':{'Value':{'N':'3'}}}",
         "{'a':{'N':'3'}}"},
        {"an update that is null is none", "{'a':null}", "{'a':{'N':'1'}}"},
        {"a value that is null is none", "{'a':{'Action':'DELETE','Value':null}}", "{}"},
        {"an action that is null is PUT", "{'a':{'Action':null,'Value':{'N':'4'}}}",
         "{'a':{'N':'4'}}"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        cJSON *input = cJSON_CreateObject();
        cJSON_AddItemReferenceToObject(input, "AttributeUpdates",
                                       fixture_json(&fixture, cases[i].updates));
        const struct ddb_binding *binding = NULL;
        cJSON *old_item = fixture_item(&fixture, "{'a':{'N':'1'}}");
        cJSON *item = fixture_item(&fixture, "{'a':{'N':'1'}}");
        if (!ddb_legacy_updates(input, &binding, &fixture.fault) ||
            !ddb_update_apply(binding, old_item, item, &fixture.fault))
            fail_msg("%s: %s", cases[i].name, fixture_message(&fixture));
        const char *got = fixture_print(&fixture, item);
        if (strcmp(got, cases[i].wanted) != 0)
            fail_msg("%s: %s, not %s", cases[i].name, got, cases[i].wanted);
        cJSON_Delete(input);
        expression_fixture_fini(&fixture);
    }
}

/* --- calls ----------------------------------------------------------------------------------- */

struct step {
    const char *name;
    const char *operation;
    const char *input;
    const char *wanted; /* part of the answer */
};

static void run_steps(struct world *world, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        world_expect_in(steps[i].name, world_say(world, EAST, steps[i].operation, steps[i].input),
                        steps[i].wanted);
}

#define T     "'TableName':'tab'"
#define KEY   "'Key':{'pk':{'S':'a'},'sk':{'S':'1'}}"
#define EQ(x) "{'ComparisonOperator':'EQ','AttributeValueList':[" x "]}"

static const char two_indexes[] =
    "{" T ",'AttributeDefinitions':[{'AttributeName':'pk','AttributeType':'S'},"
    "{'AttributeName':'sk','AttributeType':'S'},{'AttributeName':'gk','AttributeType':'S'},"
    "{'AttributeName':'ls','AttributeType':'N'}],'KeySchema':[{'AttributeName':'pk',"
    "'KeyType':'HASH'},{'AttributeName':'sk','KeyType':'RANGE'}],'BillingMode':"
    "'PAY_PER_REQUEST','GlobalSecondaryIndexes':[{'IndexName':'gsi','KeySchema':["
    "{'AttributeName':'gk','KeyType':'HASH'}],'Projection':{'ProjectionType':'KEYS_ONLY'}}],"
    "'LocalSecondaryIndexes':[{'IndexName':'lsi','KeySchema':[{'AttributeName':'pk',"
    "'KeyType':'HASH'},{'AttributeName':'ls','KeyType':'RANGE'}],'Projection':"
    "{'ProjectionType':'KEYS_ONLY'}}]}";

static void test_indexes_are_read_by_key_conditions(void **state)
{
    static const struct step steps[] = {
        {"an item in both", "PutItem",
         "{" T ",'Item':{'pk':{'S':'a'},'sk':{'S':'1'},'gk':{'S':'g'},'ls':{'N':'5'},"
         "'v':{'N':'1'}}}",
         "{}"},
        {"a global index", "Query",
         "{" T
         ",'IndexName':'gsi','KeyConditions':{'gk':" EQ("{'S':'g'}") "},"
                                                                     "'AttributesToGet':['sk']}",
         "{'Items':[{'sk':{'S':'1'}}]"},
        {"a local index, with an attribute from the table", "Query",
         "{" T ",'IndexName':'lsi','KeyConditions':{'pk':" EQ(
             "{'S':'a'}") ",'ls':{"
                          "'ComparisonOperator':'BETWEEN','AttributeValueList':[{'N':'1'},{'N':'9'}"
                          "]}},"
                          "'AttributesToGet':['v']}",
         "{'Items':[{'v':{'N':'1'}}]"},
        {"a global index does not have all attributes", "Query",
         "{" T
         ",'IndexName':'gsi','KeyConditions':{'gk':" EQ("{'S':'g'}") "},"
                                                                     "'AttributesToGet':['v']}",
         "Global secondary index gsi does not project [v]"},
        {"a filter may name the table's key when an index is read", "Query",
         "{" T
         ",'IndexName':'gsi','KeyConditions':{'gk':" EQ("{'S':'g'}") "},'QueryFilter':{"
                                                                     "'pk':" EQ("{'S':'b'}") "}}",
         "{'Items':[],'Count':0,'ScannedCount':1}"},
        {"but not the index's", "Query",
         "{" T
         ",'IndexName':'gsi','KeyConditions':{'gk':" EQ("{'S':'g'}") "},'QueryFilter':{"
                                                                     "'gk':" EQ("{'S':'g'}") "}}",
         "QueryFilter can only contain non-primary key attributes: Primary key attribute: gk"},
        {"the table's key does not open an index", "Query",
         "{" T ",'IndexName':'gsi','KeyConditions':{'pk':" EQ("{'S':'a'}") "}}",
         "Query condition missed key schema element: gk"},
        {"an update that no index key can hold", "UpdateItem",
         "{" T "," KEY ",'AttributeUpdates':{'gk':{'Value':{'N':'1'}}}}",
         "One or more parameter values were invalid: Type mismatch for Index Key gk Expected: S "
         "Actual: N IndexName: gsi"},
        {"told before the condition is looked at", "UpdateItem",
         "{" T "," KEY ",'UpdateExpression':'SET gk = :n','ConditionExpression':'v = :n',"
         "'ExpressionAttributeValues':{':n':{'N':'9'}}}",
         "Type mismatch for Index Key gk Expected: S Actual: N IndexName: gsi"},
        {"a sum is a number whatever its parts", "UpdateItem",
         "{" T "," KEY ",'UpdateExpression':'SET gk = pk + :n','ExpressionAttributeValues':"
         "{':n':{'N':'9'}}}",
         "Type mismatch for Index Key gk Expected: S Actual: N IndexName: gsi"},
        {"what the item has is told later", "UpdateItem",
         "{" T "," KEY ",'UpdateExpression':'SET gk = v'}",
         "The update expression attempted to update the secondary index key to unsupported type"},
        {"an ADD that no index key can hold", "UpdateItem",
         "{" T "," KEY ",'AttributeUpdates':{'ls':{'Action':'ADD','Value':{'SS':['x']}}}}",
         "Type mismatch for Index Key ls Expected: N Actual: SS IndexName: lsi"},
        {"the index follows an update", "UpdateItem",
         "{" T "," KEY ",'AttributeUpdates':{'gk':{'Value':{'S':'h'}}}}", "{}"},
        {"to its new key", "Query",
         "{" T ",'IndexName':'gsi','KeyConditions':{'gk':" EQ("{'S':'h'}") "},'Select':'COUNT'}",
         "{'Count':1,'ScannedCount':1}"},
    };
    world_expect_in("a table with indexes", world_say(*state, EAST, "CreateTable", two_indexes),
                    "TableDescription");
    world_idle(*state);
    run_steps(*state, steps, ARRAY_LEN(steps));
}

static void test_batches_and_transactions_do_not_know_them(void **state)
{
    static const struct step steps[] = {
        {"a put with a condition", "PutItem",
         "{" T ",'Item':{'pk':{'S':'a'},'sk':{'S':'1'},'n':{'N':'1'}},"
         "'Expected':{'pk':{'Exists':false}}}",
         "{}"},
        {"that fails the second time", "PutItem",
         "{" T ",'Item':{'pk':{'S':'a'},'sk':{'S':'1'}},'Expected':{'pk':{'Exists':false}}}",
         "ConditionalCheckFailedException"},
        {"a transaction ignores it", "TransactWriteItems",
         "{'TransactItems':[{'Put':{" T ",'Item':{'pk':{'S':'a'},'sk':{'S':'1'},'n':{'N':'2'}},"
         "'Expected':{'pk':{'Exists':false}}}}]}",
         "{}"},
        {"so does a batch", "BatchWriteItem",
         "{'RequestItems':{'tab':[{'PutRequest':{'Item':{'pk':{'S':'a'},'sk':{'S':'1'},"
         "'n':{'N':'3'}},'Expected':{'pk':{}}}}]}}",
         "{'UnprocessedItems':{}}"},
        {"a batch reads AttributesToGet", "BatchGetItem",
         "{'RequestItems':{'tab':{'Keys':[{'pk':{'S':'a'},'sk':{'S':'1'}}],'AttributesToGet':"
         "['n','q']}}}",
         "{'Responses':{'tab':[{'n':{'N':'3'}}]},'UnprocessedKeys':{}}"},
        {"and GetItem does", "GetItem", "{" T "," KEY ",'AttributesToGet':['sk','q']}",
         "{'Item':{'sk':{'S':'1'}}}"},
        {"names are not for AttributesToGet", "BatchGetItem",
         "{'RequestItems':{'tab':{'Keys':[{'pk':{'S':'a'},'sk':{'S':'1'}}],'AttributesToGet':"
         "['n'],'ExpressionAttributeNames':{'#n':'n'}}}}",
         "ExpressionAttributeNames can only be specified when using expressions"},
        {"nor in GetItem", "GetItem",
         "{" T "," KEY ",'AttributesToGet':['n'],'ExpressionAttributeNames':{'#n':'n'}}",
         "ExpressionAttributeNames can only be specified when using expressions"},
        {"nor in a transaction's read", "TransactGetItems",
         "{'TransactItems':[{'Get':{" T "," KEY ",'ExpressionAttributeNames':{'#n':'n'}}}]}",
         "ExpressionAttributeNames can only be specified when using expressions"},
        {"values are not for a transaction's bare put", "TransactWriteItems",
         "{'TransactItems':[{'Put':{" T ",'Item':{'pk':{'S':'a'},'sk':{'S':'1'}},"
         "'ExpressionAttributeValues':{':n':{'S':'n'}}}}]}",
         "ExpressionAttributeValues can only be specified when using expressions"},
    };
    world_make_table(*state, EAST, "tab");
    run_steps(*state, steps, ARRAY_LEN(steps));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters_become_trees),
        cmocka_unit_test(test_updates_of_one_attribute_do_not_meet),
        cmocka_unit_test_setup_teardown(test_indexes_are_read_by_key_conditions, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_batches_and_transactions_do_not_know_them, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
