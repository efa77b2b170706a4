/* Tables as clients see them: states, descriptions, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/buffer.h"
#include "tests/unit/dynamodb/fixture_world.h"

#define P         "One or more parameter values were invalid: "
#define ON_DEMAND "'BillingMode':'PAY_PER_REQUEST'"
#define PK        "{'AttributeName':'pk','AttributeType':'S'}"
#define SK        "{'AttributeName':'sk','AttributeType':'S'}"
#define GK        "{'AttributeName':'gk','AttributeType':'S'}"
#define HASH      "{'AttributeName':'pk','KeyType':'HASH'}"
#define RANGE     "{'AttributeName':'sk','KeyType':'RANGE'}"
#define GHASH     "{'AttributeName':'gk','KeyType':'HASH'}"
#define ALL       "'Projection':{'ProjectionType':'ALL'}"

static void test_create_table_refuses(void **state)
{
    static const struct {
        const char *name;
        const char *members; /* after TableName */
        const char *wanted;
    } cases[] = {
        {"on demand with throughput",
         ON_DEMAND ",'AttributeDefinitions':[" PK "],'KeySchema':[" HASH
                   "],'ProvisionedThroughput':{'ReadCapacityUnits':1,'WriteCapacityUnits':1}",
         P "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
           "PAY_PER_REQUEST"},
        {"provisioned without", "'AttributeDefinitions':[" PK "],'KeySchema':[" HASH "]",
         P "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
           "PROVISIONED"},
        {"a key without a definition",
         ON_DEMAND ",'AttributeDefinitions':[" PK "],'KeySchema':[" HASH "," RANGE "]",
         "Invalid KeySchema: Some index key attribute have no definition"},
        {"a definition without a key",
         ON_DEMAND ",'AttributeDefinitions':[" PK "," SK "],'KeySchema':[" HASH "]",
         P "Number of attributes in KeySchema does not exactly match number of attributes defined "
           "in AttributeDefinitions"},
        {"a definition twice",
         ON_DEMAND ",'AttributeDefinitions':[" PK "," PK "],'KeySchema':[" HASH "]",
         "Attribute Name is duplicated: pk"},
        {"range first",
         ON_DEMAND ",'AttributeDefinitions':[" PK "," SK "],'KeySchema':[" RANGE "," HASH "]",
         "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"},
        {"hash twice", ON_DEMAND ",'AttributeDefinitions':[" PK "],'KeySchema':[" HASH "," HASH "]",
         "Invalid KeySchema: Some index key attribute have no definition"},
        {"an index on an undefined attribute",
         ON_DEMAND ",'AttributeDefinitions':[" PK "],'KeySchema':[" HASH
                   "],'GlobalSecondaryIndexes':[{'IndexName':'idx','KeySchema':[" GHASH "]," ALL
                   "}]",
         P "Some index key attributes are not defined in AttributeDefinitions. Keys: [pk, gk], "
           "AttributeDefinitions: [pk]"},
        {"an empty index list",
         ON_DEMAND ",'AttributeDefinitions':[" PK "],'KeySchema':[" HASH
                   "],'GlobalSecondaryIndexes':[]",
         "GlobalSecondaryIndexes"},
        {"a local index without a sort key in the table",
         ON_DEMAND ",'AttributeDefinitions':[" PK "," SK "],'KeySchema':[" HASH
                   "],'LocalSecondaryIndexes':[{'IndexName':'idx','KeySchema':[" HASH "," RANGE
                   "]," ALL "}]",
         P "Table KeySchema does not have a range key, which is required when specifying a "
           "LocalSecondaryIndex"},
        {"a projection without its attributes",
         ON_DEMAND ",'AttributeDefinitions':[" PK "," GK "],'KeySchema':[" HASH
                   "],'GlobalSecondaryIndexes':[{'IndexName':'idx','KeySchema':[" GHASH
                   "],'Projection':{'ProjectionType':'INCLUDE'}}]",
         P "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"},
        {"an index name twice",
         ON_DEMAND ",'AttributeDefinitions':[" PK "," GK "],'KeySchema':[" HASH
                   "],'GlobalSecondaryIndexes':[{'IndexName':'idx','KeySchema':[" GHASH "]," ALL
                   "},{'IndexName':'idx','KeySchema':[" GHASH "]," ALL "}]",
         P "Duplicate index name: idx"},
        {"a stream without a view",
         ON_DEMAND ",'AttributeDefinitions':[" PK "],'KeySchema':[" HASH
                   "],'StreamSpecification':{'StreamEnabled':true}",
         P "Table is being created with a stream enabled, UpdateViewType is required"},
        {"an aws: tag",
         ON_DEMAND ",'AttributeDefinitions':[" PK "],'KeySchema':[" HASH
                   "],'Tags':[{'Key':'aws:x','Value':'y'}]",
         "Tag Key cannot be prefixed with aws:, Key: aws:x"},
    };
    struct world *world = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_buffer json;
        sim_buffer_init(&json);
        sim_buffer_printf(&json, "{'TableName':'tab',%s}", cases[i].members);
        world_expect_in(cases[i].name, world_say(world, EAST, "CreateTable", json.data),
                        cases[i].wanted);
        sim_buffer_fini(&json);
    }
    world_expect_in("none was made", world_say(world, EAST, "ListTables", "{}"),
                    "{'TableNames':[]}");
}

static void test_table_life(void **state)
{
    struct world *world = *state;
    static const char create[] =
        "{'TableName':'tab'," ON_DEMAND ",'AttributeDefinitions':[" PK "],'KeySchema':[" HASH "]}";
    static const char name[] = "{'TableName':'tab'}";
    ddb_set_transient_delay(world->ddb, 5 * SIM_US_PER_S);
    static const struct {
        const char *operation;
        const char *input;
        const char *wanted;
        uint64_t then_us;
    } steps[] = {
        {"DescribeTable", name,
         "ResourceNotFoundException: Requested resource not found: Table: tab not found", 0},
        {"CreateTable", create, "'TableStatus':'CREATING'", 4999999},
        {"CreateTable", create, "still in use: Table is being created: tab", 0},
        {"DescribeTable", name, "'TableStatus':'CREATING'", 0},
        {"DeleteTable", name, "still in use: Table is being created: tab", 0},
        {"GetItem", "{'TableName':'tab','Key':{'pk':{'S':'a'}}}",
         "ResourceNotFoundException: Requested resource not found", 1},
        {"DescribeTable", name,
         "'BillingModeSummary':{'BillingMode':'PAY_PER_REQUEST',"
         "'LastUpdateToPayPerRequestDateTime':1767225600},'TableName':'tab','TableStatus':"
         "'ACTIVE','ProvisionedThroughput':{'NumberOfDecreasesToday':0,'ReadCapacityUnits':0,"
         "'WriteCapacityUnits':0},'TableSizeBytes':0,'ItemCount':0,'TableArn':"
         "'arn:aws:dynamodb:us-east-1:000000000000:table/tab'",
         0},
        {"DescribeTable", "{'TableName':'arn:aws:dynamodb:us-east-1:000000000000:table/tab'}",
         "'ACTIVE'", 0},
        {"CreateTable", create, "ResourceInUseException: Table already exists: tab", 0},
        {"PutItem", "{'TableName':'tab','Item':{'pk':{'S':'a'},'v':{'S':'xyz'}}}", "{}", 0},
        {"DescribeTable", name, "'TableSizeBytes':7,'ItemCount':1", 0},
        {"UpdateTable", "{'TableName':'tab','DeletionProtectionEnabled':true}",
         "'DeletionProtectionEnabled':true", 0},
        {"DeleteTable", name, "currently protected against deletion", 0},
        {"UpdateTable", "{'TableName':'tab','DeletionProtectionEnabled':false}", "'ACTIVE'", 0},
        {"DeleteTable", name, "'TableStatus':'DELETING'", 0},
        {"DeleteTable", name, "still in use: Table is being deleted: tab", 5000000},
        {"DescribeTable", name, "ResourceNotFoundException", 0},
        {"CreateTable", create, "'TableStatus':'CREATING'", 5000000},
        {"Scan", name, "{'Items':[],'Count':0,'ScannedCount':0}", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        world_expect_in(steps[i].operation,
                        world_say(world, EAST, steps[i].operation, steps[i].input),
                        steps[i].wanted);
        world_advance(world, steps[i].then_us);
    }
}

static void test_list_tables_pages_in_order(void **state)
{
    struct world *world = *state;
    static const char *const names[] = {"bbb", "Aaa", "ccc"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        world_make_table(world, EAST, names[i]);
    static const struct {
        const char *input;
        const char *wanted;
    } cases[] = {
        {"{}", "{'TableNames':['Aaa','bbb','ccc']}"},
        {"{'Limit':2}", "{'TableNames':['Aaa','bbb'],'LastEvaluatedTableName':'bbb'}"},
        {"{'Limit':2,'ExclusiveStartTableName':'bbb'}", "{'TableNames':['ccc']}"},
        {"{'ExclusiveStartTableName':'bbc'}", "{'TableNames':['ccc']}"},
        {"{'Limit':101}", "ValidationException"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        world_expect_in(cases[i].input, world_say(world, EAST, "ListTables", cases[i].input),
                        cases[i].wanted);
    world_expect_in("another Region", world_say(world, WEST, "ListTables", "{}"),
                    "{'TableNames':[]}");
}

static void test_update_table_refuses(void **state)
{
    static const struct {
        const char *members;
        const char *wanted;
    } cases[] = {
        {"", "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled"},
        {",'DeletionProtectionEnabled':true,'BillingMode':'PAY_PER_REQUEST'",
         P "DeletionProtection modification must be the only operation in the request"},
        {",'StreamSpecification':{'StreamEnabled':false}",
         "Table has no stream to disable: TableName: tab"},
        {",'StreamSpecification':{'StreamEnabled':true}",
         P "If stream is being enabled then UpdateViewType is required"},
        {",'BillingMode':'PROVISIONED'",
         P "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"},
        {",'GlobalSecondaryIndexUpdates':[{'Delete':{'IndexName':'idx'}}]",
         "ResourceNotFoundException: Requested resource not found: Index: idx for table: tab"},
    };
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_buffer json;
        sim_buffer_init(&json);
        sim_buffer_printf(&json, "{'TableName':'tab'%s}", cases[i].members);
        world_expect_in(cases[i].wanted, world_say(world, EAST, "UpdateTable", json.data),
                        cases[i].wanted);
        sim_buffer_fini(&json);
    }
}

static void test_indexes_follow_items(void **state)
{
    struct world *world = *state;
    static const char create[] =
        "{'TableName':'tab'," ON_DEMAND ",'AttributeDefinitions':[" PK "," SK "," GK
        ",{'AttributeName':'ln','AttributeType':'N'}],'KeySchema':[" HASH "," RANGE
        "],'GlobalSecondaryIndexes':[{'IndexName':'gsi','KeySchema':[" GHASH
        "],'Projection':{'ProjectionType':'INCLUDE','NonKeyAttributes':['inc']}}],"
        "'LocalSecondaryIndexes':[{'IndexName':'lsi','KeySchema':[" HASH
        ",{'AttributeName':'ln','KeyType':'RANGE'}],'Projection':{'ProjectionType':"
        "'KEYS_ONLY'}}]}";
#define BY_GK                                                                                      \
    "{'TableName':'tab','IndexName':'gsi','KeyConditionExpression':'gk = :g',"                     \
    "'ExpressionAttributeValues':{':g':{'S':'g'}}"
#define BY_LN                                                                                      \
    "{'TableName':'tab','IndexName':'lsi','KeyConditionExpression':'pk = :p AND ln > :n',"         \
    "'ExpressionAttributeValues':{':p':{'S':'a'},':n':{'N':'1'}}"
    static const struct {
        const char *operation;
        const char *input;
        const char *wanted;
    } steps[] = {
        {"PutItem",
         "{'TableName':'tab','Item':{'pk':{'S':'a'},'sk':{'S':'1'},'gk':{'S':'g'},'ln':{'N':'5'},"
         "'inc':{'S':'i'},'out':{'S':'o'}},'ReturnConsumedCapacity':'INDEXES'}",
         "{'ConsumedCapacity':{'TableName':'tab','CapacityUnits':3,'Table':{'CapacityUnits':1},"
         "'LocalSecondaryIndexes':{'lsi':{'CapacityUnits':1}},'GlobalSecondaryIndexes':{'gsi':"
         "{'CapacityUnits':1}}}}"},
        {"PutItem", "{'TableName':'tab','Item':{'pk':{'S':'a'},'sk':{'S':'2'}}}", "{}"},
        {"Query", BY_GK "}",
         "{'Items':[{'gk':{'S':'g'},'inc':{'S':'i'},'pk':{'S':'a'},'sk':{'S':'1'}}],'Count':1"},
        {"Query", BY_GK ",'Select':'ALL_ATTRIBUTES'}",
         "Select type ALL_ATTRIBUTES is not supported for global secondary index gsi because its "
         "projection type is not ALL"},
        {"Query", BY_GK ",'ConsistentRead':true}",
         "Consistent reads are not supported on global secondary indexes"},
        {"Query", BY_LN "}", "{'Items':[{'ln':{'N':'5'},'pk':{'S':'a'},'sk':{'S':'1'}}],'Count':1"},
        {"Query", BY_LN ",'Select':'ALL_ATTRIBUTES'}", "'out':{'S':'o'}"},
        {"Query", BY_GK ",'Limit':1,'Select':'COUNT'}",
         "'LastEvaluatedKey':{'pk':{'S':'a'},'sk':{'S':'1'},'gk':{'S':'g'}}"},
        {"Query", BY_GK ",'ExclusiveStartKey':{'pk':{'S':'a'},'sk':{'S':'1'},'gk':{'S':'g'}}}",
         "{'Items':[],'Count':0"},
        {"Scan", "{'TableName':'tab','IndexName':'gsi','Select':'COUNT'}", "{'Count':1"},
        {"PutItem", "{'TableName':'tab','Item':{'pk':{'S':'a'},'sk':{'S':'3'},'gk':{'N':'1'}}}",
         P "Type mismatch for Index Key gk Expected: S Actual: N IndexName: gsi"},
        {"UpdateItem",
         "{'TableName':'tab','Key':{'pk':{'S':'a'},'sk':{'S':'1'}},'UpdateExpression':"
         "'REMOVE gk'}",
         "{}"},
        {"Query", BY_GK "}", "{'Items':[],'Count':0"},
        {"DescribeTable", "{'TableName':'tab'}",
         "'IndexName':'lsi','KeySchema':[{'AttributeName':'pk','KeyType':'HASH'},"
         "{'AttributeName':'ln','KeyType':'RANGE'}],'Projection':{'ProjectionType':'KEYS_ONLY'},"
         "'IndexSizeBytes':10,'ItemCount':1"},
    };
    world_expect_in("create", world_say(world, EAST, "CreateTable", create), "CREATING");
    world_idle(world);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        world_expect_in(steps[i].input, world_say(world, EAST, steps[i].operation, steps[i].input),
                        steps[i].wanted);
}

static void test_tags(void **state)
{
#define ARN "'ResourceArn':'arn:aws:dynamodb:us-east-1:000000000000:table/tab'"
    static const struct {
        const char *operation;
        const char *input;
        const char *wanted;
    } steps[] = {
        {"TagResource", "{" ARN ",'Tags':[{'Key':'a','Value':'1'},{'Key':'b','Value':'2'}]}", "{}"},
        {"TagResource", "{" ARN ",'Tags':[{'Key':'a','Value':'3'}]}", "{}"},
        {"ListTagsOfResource", "{" ARN "}",
         "{'Tags':[{'Key':'a','Value':'3'},{'Key':'b','Value':'2'}]}"},
        {"UntagResource", "{" ARN ",'TagKeys':['a','zzz']}", "{}"},
        {"ListTagsOfResource", "{" ARN "}", "{'Tags':[{'Key':'b','Value':'2'}]}"},
        {"ListTagsOfResource", "{'ResourceArn':'nonsense'}", "ARNs must start with 'arn:'"},
        {"ListTagsOfResource",
         "{'ResourceArn':'arn:aws:dynamodb:us-east-1:000000000000:table/none'}",
         "ResourceNotFoundException: Requested resource not found: ResourceArn"},
    };
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        world_expect_in(steps[i].input, world_say(world, EAST, steps[i].operation, steps[i].input),
                        steps[i].wanted);
}

static void test_reset_forgets_everything(void **state)
{
    struct world *world = *state;
    struct sim_error error;
    world_make_global(world, "tab");
    assert_string_equal(world_say(world, EAST, "PutItem",
                                  "{'TableName':'tab','Item':{'pk':{'S':'a'},'sk':{'S':'1'}}}"),
                        "{}");
    assert_int_equal(ddb_reset(world->ddb, &error), RESULT_OK);
    assert_int_equal(ddb_backlog(world->ddb, NULL, NULL, NULL), 0);
    world_expect_in("no table", world_say(world, EAST, "ListTables", "{}"), "{'TableNames':[]}");
    world_idle(world);
    world_make_global(world, "tab");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_create_table_refuses, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_table_life, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_list_tables_pages_in_order, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_update_table_refuses, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_indexes_follow_items, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_tags, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_reset_forgets_everything, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
