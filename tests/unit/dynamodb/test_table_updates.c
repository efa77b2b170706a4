/* UpdateTable: indexes that come and go, throughput, settings, replicas' overrides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/buffer.h"
#include "tests/unit/dynamodb/fixture_world.h"

#define P  "One or more parameter values were invalid: "
#define S  SIM_US_PER_S
#define GK "'AttributeDefinitions':[{'AttributeName':'gk','AttributeType':'S'}]"
#define IDX(name)                                                                                  \
    "{'Create':{'IndexName':'" name "','KeySchema':[{'AttributeName':'gk','KeyType':'HASH'}],"     \
    "'Projection':{'ProjectionType':'ALL'}}}"
#define CREATE_IDX "{'TableName':'tab'," GK ",'GlobalSecondaryIndexUpdates':[" IDX("idx") "]}"
#define DELETE_IDX                                                                                 \
    "{'TableName':'tab','GlobalSecondaryIndexUpdates':[{'Delete':{'IndexName':'idx'}}]}"
#define NAME "{'TableName':'tab'}"
#define QUERY_IDX                                                                                  \
    "{'TableName':'tab','IndexName':'idx','KeyConditionExpression':'gk=:g',"                       \
    "'ExpressionAttributeValues':{':g':{'S':'x'}},'Select':'COUNT'}"

struct step {
    const char *region;
    const char *operation;
    const char *input;
    const char *wanted;
    uint64_t then_us;
};

static void play(struct world *world, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        world_expect_in(steps[i].wanted,
                        world_say(world, steps[i].region, steps[i].operation, steps[i].input),
                        steps[i].wanted);
        if (steps[i].then_us > 0)
            world_advance(world, steps[i].then_us);
    }
}

static void put(struct world *world, const char *region, size_t number, const char *attributes)
{
    struct sim_buffer json;
    sim_buffer_init(&json);
    sim_buffer_printf(&json, "{'TableName':'tab','Item':{'pk':{'S':'p%zu'},'sk':{'S':'s'}%s}}",
                      number, attributes);
    world_expect_in("put", world_say(world, region, "PutItem", json.data), "{}");
    sim_buffer_fini(&json);
}

static void test_an_index_is_filled_step_by_step(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    ddb_set_transient_delay(world->ddb, 5 * S);
    for (size_t i = 0; i < 450; i++)
        put(world, EAST, i, ",'gk':{'S':'x'}");
    put(world, EAST, 450, ",'gk':{'N':'1'}"); /* skipped silently */
    put(world, EAST, 451, "");
    static const struct step steps[] = {
        {EAST, "UpdateTable", CREATE_IDX, "'IndexStatus':'CREATING','Backfilling':false", 0},
        {EAST, "DescribeTable", NAME, "'TableStatus':'UPDATING'", 0},
        {EAST, "UpdateTable", DELETE_IDX,
         "ResourceInUseException: Attempt to change a resource which is still in use: Index "
         "creation is in resource allocation phase. Retry deletion during backfilling phase or "
         "when the index is active. Table: tab Index: idx",
         0},
        {EAST, "UpdateTable",
         "{'TableName':'tab'," GK ",'GlobalSecondaryIndexUpdates':[" IDX("two") "]}",
         "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or "
         "deleted simultaneously per table",
         0},
        {EAST, "Query", QUERY_IDX,
         "ValidationException: Cannot read from backfilling global secondary index: idx", 5 * S},
        {EAST, "DescribeTable", NAME, "'IndexStatus':'CREATING','Backfilling':true", 0},
        {EAST, "DescribeTable", NAME, "'TableStatus':'ACTIVE'", 0},
        {EAST, "DeleteTable", NAME,
         "ResourceInUseException: Attempt to change a resource which is still in use: Cannot "
         "delete table while indexes are being created, updated, or deleted.",
         0},
        {EAST, "UpdateTable",
         "{'TableName':'tab','BillingMode':'PROVISIONED',"
         "'ProvisionedThroughput':{'ReadCapacityUnits':1,'WriteCapacityUnits':1}}",
         "Can't change table IOPS when an index is being created. Table: tab Indexes: [idx]", 0},
        /* written, moved and deleted while the index is filled */
        {EAST, "PutItem",
         "{'TableName':'tab','Item':{'pk':{'S':'new'},'sk':{'S':'s'},'gk':{'S':'x'}}}", "{}", 0},
        {EAST, "PutItem", "{'TableName':'tab','Item':{'pk':{'S':'p7'},'sk':{'S':'s'}}}", "{}", 0},
        {EAST, "DeleteItem", "{'TableName':'tab','Key':{'pk':{'S':'p8'},'sk':{'S':'s'}}}", "{}", 0},
        {EAST, "PutItem",
         "{'TableName':'tab','Item':{'pk':{'S':'bad'},'sk':{'S':'s'},'gk':{'N':'1'}}}",
         "Type mismatch for Index Key gk", S},
        {EAST, "DescribeTable", NAME, "'IndexStatus':'ACTIVE'", 0},
        {EAST, "DescribeTable", NAME, "'ItemCount':449,'IndexArn'", 0},
        {EAST, "Query", QUERY_IDX, "{'Count':449,", 0},
        {EAST, "UpdateTable", CREATE_IDX,
         "ValidationException: Attempting to create an index which already exists", 0},
        {EAST, "UpdateTable", DELETE_IDX, "'IndexStatus':'DELETING'", 5 * S},
        {EAST, "DescribeTable", NAME,
         "{'Table':{'AttributeDefinitions':[{'AttributeName':'pk','AttributeType':'S'},"
         "{'AttributeName':'sk','AttributeType':'S'}]",
         0},
        {EAST, "Query", QUERY_IDX, "The table does not have the specified index: idx", 0},
        {EAST, "UpdateTable", CREATE_IDX, "'CREATING'", 10 * S},
        {EAST, "Query", QUERY_IDX, "{'Count':449,", 0},
    };
    play(world, steps, ARRAY_LEN(steps));
}

static void test_an_index_that_is_being_filled_can_be_deleted(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    ddb_set_transient_delay(world->ddb, 5 * S);
    for (size_t i = 0; i < 450; i++)
        put(world, EAST, i, ",'gk':{'S':'x'}");
    static const struct step steps[] = {
        {EAST, "UpdateTable", CREATE_IDX, "'CREATING'", 5 * S},
        {EAST, "DescribeTable", NAME, "'Backfilling':true", 0},
        {EAST, "UpdateTable", DELETE_IDX, "'IndexStatus':'DELETING'", 5 * S},
        {EAST, "UpdateTable", DELETE_IDX, "Index: idx for table: tab", 0},
        {EAST, "DeleteTable", NAME, "'DELETING'", 0},
    };
    play(world, steps, ARRAY_LEN(steps));
}

static void test_every_replica_gets_an_index(void **state)
{
    struct world *world = *state;
    world_make_global(world, "tab");
    for (size_t i = 0; i < 20; i++)
        put(world, EAST, i, ",'gk':{'S':'x'}");
    world_idle(world);
    static const struct step before[] = {
        {WEST, "UpdateTable", CREATE_IDX, "'CREATING'", 0},
        {EU, "DescribeTable", NAME, "'TableStatus':'UPDATING'", 0},
        {EU, "UpdateTable", DELETE_IDX,
         "ResourceInUseException: The resource which you are attempting to change is in use.", 0},
    };
    static const struct step after[] = {
        {EU, "DescribeTable", NAME, "'IndexStatus':'ACTIVE'", 0},
        {EAST, "Query", QUERY_IDX, "{'Count':20,", 0},
        {EU, "Query", QUERY_IDX, "{'Count':20,", 0},
        {EU, "UpdateTable", DELETE_IDX, "'DELETING'", 0},
    };
    static const struct step gone[] = {
        {EAST, "Query", QUERY_IDX, "does not have the specified index", 0},
        {WEST, "DescribeTable", NAME, "'TableStatus':'ACTIVE'", 0},
    };
    play(world, before, ARRAY_LEN(before));
    world_idle(world);
    play(world, after, ARRAY_LEN(after));
    world_idle(world);
    play(world, gone, ARRAY_LEN(gone));
}

static void test_keys_of_several_attributes(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    put(world, EAST, 1, ",'a':{'S':'x'},'b':{'N':'1'},'c':{'S':'k'},'d':{'N':'5'}");
    put(world, EAST, 2, ",'a':{'S':'x'},'b':{'N':'1'},'c':{'S':'k'},'d':{'N':'7'}");
    put(world, EAST, 3, ",'a':{'S':'x'},'b':{'N':'2'},'c':{'S':'k'},'d':{'N':'7'}");
    put(world, EAST, 4, ",'a':{'S':'x'},'b':{'N':'1'},'c':{'S':'k'}");
#define ATTRIBUTE(name, type) "{'AttributeName':'" name "','AttributeType':'" type "'}"
#define KEY(name, role)       "{'AttributeName':'" name "','KeyType':'" role "'}"
#define DEFINITIONS                                                                                \
    "'AttributeDefinitions':[" ATTRIBUTE("a", "S") "," ATTRIBUTE("b", "N") "," ATTRIBUTE(          \
        "c", "S") "," ATTRIBUTE("d", "N") "]"
    static const struct step create[] = {
        {EAST, "UpdateTable",
         "{'TableName':'tab'," DEFINITIONS ",'GlobalSecondaryIndexUpdates':[{'Create':{"
         "'IndexName':'idx','Projection':{'ProjectionType':'ALL'},'KeySchema':[" KEY(
             "a", "HASH") "," KEY("c", "RANGE") "," KEY("b", "HASH") "," KEY("d", "RANGE") "]}}]}",
         P "All HASH key attributes must precede RANGE key attributes in the KeySchema", 0},
        {EAST, "UpdateTable",
         "{'TableName':'tab'," DEFINITIONS ",'GlobalSecondaryIndexUpdates':[{'Create':{"
         "'IndexName':'idx','Projection':{'ProjectionType':'ALL'},'KeySchema':[" KEY(
             "a", "HASH") "," KEY("b", "HASH") "," KEY("c", "RANGE") "," KEY("d", "RANGE") "]}}]}",
         "'CREATING'", 0},
    };
    static const struct step query[] = {
        {EAST, "Query",
         "{'TableName':'tab','IndexName':'idx','Select':'COUNT','KeyConditionExpression':"
         "'a=:a and b=:b and c=:c and d>:d','ExpressionAttributeValues':{':a':{'S':'x'},':b':"
         "{'N':'1'},':c':{'S':'k'},':d':{'N':'5'}}}",
         "{'Count':1,", 0},
        {EAST, "Query",
         "{'TableName':'tab','IndexName':'idx','Select':'COUNT','KeyConditionExpression':"
         "'a=:a and b=:b','ExpressionAttributeValues':{':a':{'S':'x'},':b':{'N':'1'}}}",
         "{'Count':2,", 0},
        {EAST, "Query",
         "{'TableName':'tab','IndexName':'idx','KeyConditionExpression':'a=:a and b=:b and d=:d',"
         "'ExpressionAttributeValues':{':a':{'S':'x'},':b':{'N':'1'},':d':{'N':'5'}}}",
         "RANGE key attributes c must have equality conditions specified in the query because a "
         "condition is present on key attribute d",
         0},
        {EAST, "Query",
         "{'TableName':'tab','IndexName':'idx','KeyConditionExpression':'a=:a',"
         "'ExpressionAttributeValues':{':a':{'S':'x'}}}",
         "Query condition missed key schema element: b", 0},
    };
    play(world, create, ARRAY_LEN(create));
    world_idle(world);
    play(world, query, ARRAY_LEN(query));
}

static void test_what_update_table_refuses(void **state)
{
    static const struct {
        const char *members;
        const char *wanted;
    } cases[] = {
        {"'GlobalSecondaryIndexUpdates':[]", "At least one of ProvisionedThroughput"},
        {"'GlobalSecondaryIndexUpdates':[{}]",
         P "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
           "GlobalSecondaryIndexUpdate.Delete must not be null"},
        {"'GlobalSecondaryIndexUpdates':[{'Delete':{'IndexName':'idx'},'Update':{'IndexName':"
         "'idx'}}]",
         P "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate "
           "object"},
        {GK ",'GlobalSecondaryIndexUpdates':[" IDX("idx") ",{'Delete':{'IndexName':'idx'}}]",
         P "Only one global secondary index update per index is allowed simultaneously. Index: "
           "idx"},
        {"'GlobalSecondaryIndexUpdates':[" IDX("idx") "]",
         P "AttributeDefinitions is not specified for index: idx"},
        {"'AttributeDefinitions':[{'AttributeName':'zz','AttributeType':'S'}],"
         "'GlobalSecondaryIndexUpdates':[" IDX("idx") "]",
         P "Some index key attributes are not defined in AttributeDefinitions."},
        {GK ",'GlobalSecondaryIndexUpdates':[" IDX("one") "," IDX("two") "]",
         "Only 1 online index can be created or deleted simultaneously per table"},
        {GK ",'GlobalSecondaryIndexUpdates':[" IDX("idx") "],'StreamSpecification':"
                                                          "{'StreamEnabled':false}",
         P "You cannot create or delete index while changing stream status"},
        {GK ",'GlobalSecondaryIndexUpdates':[" IDX(
             "idx") "],'ProvisionedThroughput':"
                    "{'ReadCapacityUnits':1,'WriteCapacityUnits':1}",
         P "You cannot create or delete index while updating table IOPS"},
        {GK ",'GlobalSecondaryIndexUpdates':[" IDX("idx") "],'WarmThroughput':"
                                                          "{'ReadUnitsPerSecond':20000}",
         P "Create global secondary index cannot be specified when updating WarmThroughput"},
        {"'WarmThroughput':{'ReadUnitsPerSecond':1},'TableClass':'STANDARD'",
         P "TableClass modification must be the only operation in the request"},
        {"'WarmThroughput':{'ReadUnitsPerSecond':1},'BillingMode':'PAY_PER_REQUEST'",
         P "WarmThroughput must be the only operation in the request"},
        {"'WarmThroughput':{'ReadUnitsPerSecond':1}",
         P "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current "
           "WarmThroughput, decreasing WarmThroughput is not supported"},
        {"'WarmThroughput':{}", "InternalServerError"},
        {"'OnDemandThroughput':{'MaxReadRequestUnits':5},'StreamSpecification':{'StreamEnabled':"
         "false}",
         P "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"},
        {"'OnDemandThroughput':{'MaxReadRequestUnits':0}",
         P "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid "
           "range"},
        {"'SSESpecification':{'Enabled':false}", P "Table is already encrypted by default"},
        {"'SSESpecification':{'Enabled':true,'SSEType':'AES256'}",
         P "SSEType AES256 is not supported"},
        {"'SSESpecification':{'Enabled':true},'TableClass':'STANDARD'",
         P "Server-Side Encryption modification must be the only operation in the request"},
        {"'BillingMode':'PROVISIONED','ProvisionedThroughput':{'ReadCapacityUnits':40001,"
         "'WriteCapacityUnits':1}",
         "LimitExceededException: The requested ReadCapacityUnits, 40001, is above the per table "
         "maximum for the account in us-east-1. Per table maximum: 40000."},
    };
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_buffer json;
        sim_buffer_init(&json);
        sim_buffer_printf(&json, "{'TableName':'tab',%s}", cases[i].members);
        world_expect_in(cases[i].wanted, world_say(world, EAST, "UpdateTable", json.data),
                        cases[i].wanted);
        sim_buffer_fini(&json);
    }
    world_expect_in("nothing changed", world_say(world, EAST, "DescribeTable", NAME),
                    "'TableStatus':'ACTIVE'");
}

static void set_units(struct world *world, int reads, const char *wanted)
{
    struct sim_buffer json;
    sim_buffer_init(&json);
    sim_buffer_printf(&json,
                      "{'TableName':'tab','ProvisionedThroughput':{'ReadCapacityUnits':%d,"
                      "'WriteCapacityUnits':1}}",
                      reads);
    world_expect_in(wanted, world_say(world, EAST, "UpdateTable", json.data), wanted);
    sim_buffer_fini(&json);
    world_idle(world);
}

static void test_throughput_decreases_four_times_a_day(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    world_expect_in("provisioned",
                    world_say(world, EAST, "UpdateTable",
                              "{'TableName':'tab','BillingMode':'PROVISIONED',"
                              "'ProvisionedThroughput':{'ReadCapacityUnits':10,"
                              "'WriteCapacityUnits':1}}"),
                    "'TableStatus':'UPDATING'");
    world_idle(world);
    set_units(world, 10,
              "The provisioned throughput for the table will not change. The requested value "
              "equals the current value. Current ReadCapacityUnits provisioned for the table: 10.");
    for (int reads = 9; reads > 5; reads--)
        set_units(world, reads, "'UPDATING'");
    world_expect_in("counted", world_say(world, EAST, "DescribeTable", NAME),
                    "'NumberOfDecreasesToday':4,'ReadCapacityUnits':6");
    set_units(world, 5,
              "LimitExceededException: Subscriber limit exceeded: Provisioned throughput decreases "
              "are limited within a given UTC day. After the first 4 decreases, each subsequent "
              "decrease in the same UTC day can be performed at most once every 3600 seconds. "
              "Number of decreases today: 4. Last decrease at ");
    set_units(world, 20, "'UPDATING'");
    world_advance(world, UINT64_C(3600) * S);
    set_units(world, 5, "'UPDATING'");
    set_units(world, 4, "LimitExceededException");
    world_advance(world, UINT64_C(86400) * S);
    set_units(world, 4, "'UPDATING'");
    world_expect_in("a new day", world_say(world, EAST, "DescribeTable", NAME),
                    "'NumberOfDecreasesToday':1,");
}

static void test_an_index_comes_with_a_change_of_the_capacity_mode(void **state)
{
#define WITH_MODE(mode, index, units)                                                              \
    "{'TableName':'tab'," GK ",'BillingMode':'" mode "'" units ",'GlobalSecondaryIndexUpdates':"   \
    "[{'Create':{'IndexName':'" index "','KeySchema':[{'AttributeName':'gk','KeyType':'HASH'}],"   \
    "'Projection':{'ProjectionType':'ALL'}" units "}}]}"
#define UNITS ",'ProvisionedThroughput':{'ReadCapacityUnits':7,'WriteCapacityUnits':3}"
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    world_expect_in("without units",
                    world_say(world, EAST, "UpdateTable",
                              "{'TableName':'tab'," GK ",'BillingMode':'PROVISIONED'" UNITS
                              ",'GlobalSecondaryIndexUpdates':[" IDX("idx") "]}"),
                    P "ProvisionedThroughput is not specified for index: idx");
    world_expect_in("with",
                    world_say(world, EAST, "UpdateTable", WITH_MODE("PROVISIONED", "idx", UNITS)),
                    "'CREATING'");
    world_idle(world);
    world_expect_in("provisioned", world_say(world, EAST, "DescribeTable", NAME),
                    "'IndexStatus':'ACTIVE','ProvisionedThroughput':{'NumberOfDecreasesToday':0,"
                    "'ReadCapacityUnits':7,'WriteCapacityUnits':3}");
    world_expect_in("back",
                    world_say(world, EAST, "UpdateTable", WITH_MODE("PAY_PER_REQUEST", "two", "")),
                    "'CREATING'");
    world_idle(world);
    world_expect_in("on demand", world_say(world, EAST, "DescribeTable", NAME),
                    "'IndexName':'two'");
    world_expect_in("on demand", world_say(world, EAST, "DescribeTable", NAME),
                    "'IndexStatus':'ACTIVE','ProvisionedThroughput':{'NumberOfDecreasesToday':0,"
                    "'ReadCapacityUnits':0,'WriteCapacityUnits':0}");
}

static void test_settings_change_and_are_limited(void **state)
{
#define SSE(more)   "{'TableName':'tab','SSESpecification':{" more "}}"
#define CLASS(name) "{'TableName':'tab','TableClass':'" name "'}"
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    ddb_set_transient_delay(world->ddb, 5 * S);
    static const struct step steps[] = {
        {EAST, "UpdateTable", SSE("'Enabled':true"),
         "'SSEDescription':{'Status':'UPDATING','SSEType':'KMS'}", 0},
        {EAST, "DescribeTable", NAME, "'TableStatus':'ACTIVE'", 0},
        {EAST, "DeleteTable", NAME, "Server-Side Encryption is still being updated", 0},
        {EAST, "UpdateTable", CLASS("STANDARD"), "Server-Side Encryption is still being updated",
         5 * S},
        {EAST, "DescribeTable", NAME, "'SSEDescription':{'Status':'ENABLED','SSEType':'KMS',", 0},
        {EAST, "UpdateTable", SSE("'Enabled':true"),
         P "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if "
           "you want to change Master Key",
         0},
        {EAST, "UpdateTable", SSE("'Enabled':false"), "'UPDATING'", 5 * S},
        {EAST, "UpdateTable", SSE("'Enabled':true"), "'UPDATING'", 5 * S},
        {EAST, "UpdateTable", SSE("'Enabled':false"), "'UPDATING'", 5 * S},
        {EAST, "UpdateTable", SSE("'Enabled':true"),
         "LimitExceededException: Subscriber limit exceeded: Encryption mode changes are limited "
         "in the 24h window",
         UINT64_C(6) * 3600 * S},
        {EAST, "UpdateTable", SSE("'Enabled':true"), "'UPDATING'", 5 * S},
        {EAST, "UpdateTable", CLASS("STANDARD_INFREQUENT_ACCESS"), "'TableStatus':'UPDATING'",
         5 * S},
        {EAST, "DescribeTable", NAME,
         "'TableClassSummary':{'TableClass':'STANDARD_INFREQUENT_ACCESS'", 0},
        {EAST, "UpdateTable", CLASS("STANDARD"), "'UPDATING'", 5 * S},
        {EAST, "UpdateTable", CLASS("STANDARD_INFREQUENT_ACCESS"),
         "LimitExceededException: Subscriber limit exceeded: Updates to TableClass are limited to "
         "2 times in 30 day(s).",
         0},
        {EAST, "UpdateTable",
         "{'TableName':'tab','OnDemandThroughput':{'MaxReadRequestUnits':9,"
         "'MaxWriteRequestUnits':8}}",
         "'OnDemandThroughput':{'MaxReadRequestUnits':9,'MaxWriteRequestUnits':8}", 0},
        {EAST, "UpdateTable", "{'TableName':'tab','OnDemandThroughput':{'MaxReadRequestUnits':-1}}",
         "'OnDemandThroughput':{'MaxWriteRequestUnits':8}", 0},
        {EAST, "UpdateTable", "{'TableName':'tab','WarmThroughput':{'ReadUnitsPerSecond':20000}}",
         "'TableStatus':'ACTIVE'", 0},
        {EAST, "DescribeTable", NAME,
         "'WarmThroughput':{'ReadUnitsPerSecond':12000,'WriteUnitsPerSecond':4000,'Status':"
         "'UPDATING'}",
         5 * S},
        {EAST, "DescribeTable", NAME,
         "'WarmThroughput':{'ReadUnitsPerSecond':20000,'WriteUnitsPerSecond':4000,'Status':"
         "'ACTIVE'}",
         0},
    };
    play(world, steps, ARRAY_LEN(steps));
}

static void test_a_replica_overrides_settings(void **state)
{
#define OVERRIDE(region, more)                                                                     \
    "{'TableName':'tab','ReplicaUpdates':[{'Update':{'RegionName':'" region "'" more "}}]}"
    struct world *world = *state;
    world_make_global(world, "tab");
    static const struct step refused[] = {
        {EAST, "UpdateTable", OVERRIDE("us-west-2", ""),
         "There are no actions specified in the Replica Update Action of the request.", 0},
        {EAST, "UpdateTable",
         OVERRIDE("us-west-2", ",'ProvisionedThroughputOverride':{'ReadCapacityUnits':5}"),
         "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
         "PAY_PER_REQUEST",
         0},
        {EAST, "UpdateTable", OVERRIDE("us-east-1", ",'TableClassOverride':'STANDARD'"),
         "Cannot add or delete the local region through ReplicaUpdates.", 0},
        {EAST, "UpdateTable",
         OVERRIDE("us-west-2", ",'TableClassOverride':'STANDARD_INFREQUENT_ACCESS',"
                               "'OnDemandThroughputOverride':{'MaxReadRequestUnits':7}"),
         "'TableStatus':'UPDATING'", 0},
        {EU, "UpdateTable", OVERRIDE("us-west-2", ",'TableClassOverride':'STANDARD'"),
         "ResourceInUseException: The resource which you are attempting to change is in use.", 0},
    };
    static const struct step seen[] = {
        {EU, "DescribeTable", NAME,
         "'OnDemandThroughputOverride':{'MaxReadRequestUnits':7},'ReplicaTableClassSummary':"
         "{'TableClass':'STANDARD_INFREQUENT_ACCESS'}",
         0},
        {WEST, "DescribeTable", NAME,
         "'OnDemandThroughput':{'MaxReadRequestUnits':7},'TableClassSummary':{'TableClass':"
         "'STANDARD_INFREQUENT_ACCESS'",
         0},
        {EU, "UpdateTable", OVERRIDE("us-west-2", ",'TableClassOverride':'STANDARD'"), "'UPDATING'",
         0},
    };
    static const struct step cleared[] = {
        {EU, "DescribeTable", NAME,
         "'OnDemandThroughputOverride':{'MaxReadRequestUnits':7},"
         "'GlobalTableSettingsReplicationMode'",
         0},
        {WEST, "DescribeTable", NAME, "'TableStatus':'ACTIVE'", 0},
    };
    play(world, refused, ARRAY_LEN(refused));
    world_idle(world);
    play(world, seen, ARRAY_LEN(seen));
    world_idle(world);
    play(world, cleared, ARRAY_LEN(cleared));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_index_is_filled_step_by_step),
        TEST(test_an_index_that_is_being_filled_can_be_deleted),
        TEST(test_every_replica_gets_an_index),
        TEST(test_keys_of_several_attributes),
        TEST(test_what_update_table_refuses),
        TEST(test_throughput_decreases_four_times_a_day),
        TEST(test_an_index_comes_with_a_change_of_the_capacity_mode),
        TEST(test_settings_change_and_are_limited),
        TEST(test_a_replica_overrides_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
