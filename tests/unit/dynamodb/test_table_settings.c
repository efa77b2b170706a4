/* Settings for services that are elsewhere: kept, told, with their states and refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dynamodb/fixture_world.h"

#define P      "One or more parameter values were invalid: "
#define S      SIM_US_PER_S
#define NAME   "{'TableName':'tab'}"
#define ARN    "arn:aws:dynamodb:us-east-1:000000000000:table/tab"
#define BY_ARN "{'ResourceArn':'" ARN "'}"
#define STREAM "arn:aws:kinesis:us-east-1:000000000000:stream/one"

struct step {
    const char *operation;
    const char *input;
    const char *wanted;
    uint64_t then_us;
};

static void play(struct world *world, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        world_expect_in(steps[i].wanted, world_say(world, EAST, steps[i].operation, steps[i].input),
                        steps[i].wanted);
        if (steps[i].then_us > 0)
            world_advance(world, steps[i].then_us);
    }
}

static void test_resource_policies(void **state)
{
    static const struct step steps[] = {
        {"GetResourcePolicy", BY_ARN, "PolicyNotFoundException: ", 0},
        {"GetResourcePolicy", "{'ResourceArn':'arn:aws:dynamodb:us-east-1:000000000000:table/no'}",
         "ResourceNotFoundException: Requested resource not found: Table: no", 0},
        {"PutResourcePolicy", "{'ResourceArn':'" ARN "','Policy':'nonsense'}",
         "ValidationException: Invalid policy document", 0},
        {"PutResourcePolicy",
         "{'ResourceArn':'" ARN "','Policy':'{\\\"Statement\\\":[]}','ExpectedRevisionId':'1'}",
         "PolicyNotFoundException: ", 0},
        {"PutResourcePolicy",
         "{'ResourceArn':'" ARN "','Policy':'{\\\"Statement\\\":[]}','ExpectedRevisionId':"
         "'NO_POLICY'}",
         "{'RevisionId':'17672256", 0},
        {"GetResourcePolicy", BY_ARN, "{'Policy':'{", 0},
        {"PutResourcePolicy",
         "{'ResourceArn':'" ARN "','Policy':'{\\\"Statement\\\":[1]}','ExpectedRevisionId':"
         "'NO_POLICY'}",
         "PolicyNotFoundException: ", 0},
        {"DeleteResourcePolicy", BY_ARN, "{'RevisionId':'17672256", 0},
        {"DeleteResourcePolicy", BY_ARN, "{}", 0},
        {"GetResourcePolicy", BY_ARN, "PolicyNotFoundException: ", 0},
    };
    world_make_table(*state, EAST, "tab");
    play(*state, steps, ARRAY_LEN(steps));
}

static void test_contributor_insights(void **state)
{
    static const struct step steps[] = {
        {"DescribeContributorInsights", NAME,
         "{'TableName':'tab','ContributorInsightsStatus':'DISABLED'}", 0},
        {"DescribeContributorInsights", "{'TableName':'none'}",
         "ResourceNotFoundException: Requested resource not found: Table: none not found", 0},
        {"DescribeContributorInsights", "{'TableName':'tab','IndexName':'idx'}",
         "ResourceNotFoundException", 0},
        {"UpdateContributorInsights", "{'TableName':'tab','ContributorInsightsAction':'ENABLE'}",
         "'ContributorInsightsStatus':'ENABLING'", 0},
        {"DescribeContributorInsights", NAME, "'ENABLING'", 5 * S},
        {"DescribeContributorInsights", NAME,
         "'ContributorInsightsRuleList':['DynamoDBContributorInsights-PKC-tab-", 0},
        {"ListContributorInsights", "{}",
         "{'ContributorInsightsSummaries':[{'TableName':'tab','ContributorInsightsStatus':"
         "'ENABLED','ContributorInsightsMode':'ACCESSED_AND_THROTTLED_KEYS'}]}",
         0},
        {"ListContributorInsights", "{'TableName':'none'}", "ResourceNotFoundException", 0},
        {"UpdateContributorInsights", "{'TableName':'tab','ContributorInsightsAction':'DISABLE'}",
         "'DISABLING'", 5 * S},
        {"DescribeContributorInsights", NAME, "'ContributorInsightsStatus':'DISABLED'", 0},
    };
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    ddb_set_transient_delay(world->ddb, 5 * S);
    play(world, steps, ARRAY_LEN(steps));
}

static void test_kinesis_destinations(void **state)
{
#define DESTINATION "{'TableName':'tab','StreamArn':'" STREAM "'}"
#define PRECISION(value)                                                                           \
    "{'TableName':'tab','StreamArn':'" STREAM "','UpdateKinesisStreamingConfiguration':{"          \
    "'ApproximateCreationDateTimePrecision':'" value "'}}"
    static const struct step steps[] = {
        {"DescribeKinesisStreamingDestination", NAME,
         "{'TableName':'tab','KinesisDataStreamDestinations':[]}", 0},
        {"DisableKinesisStreamingDestination", DESTINATION,
         "ValidationException: Table is not in a valid state to disable", 0},
        {"EnableKinesisStreamingDestination", DESTINATION, "'DestinationStatus':'ENABLING'", 0},
        {"EnableKinesisStreamingDestination", DESTINATION,
         "ValidationException: Table is not in a valid state to enable", 5 * S},
        {"DescribeKinesisStreamingDestination", NAME, "'DestinationStatus':'ACTIVE'", 0},
        {"UpdateKinesisStreamingDestination", PRECISION("MILLISECOND"),
         "ValidationException: Invalid Request: Precision is already set", 0},
        {"UpdateKinesisStreamingDestination", DESTINATION, "ValidationException: Streaming", 0},
        {"UpdateKinesisStreamingDestination", PRECISION("MICROSECOND"), "'UPDATING'", 5 * S},
        {"DescribeKinesisStreamingDestination", NAME, "'MICROSECOND'", 0},
        {"DisableKinesisStreamingDestination", DESTINATION, "'DISABLING'", 5 * S},
        {"DescribeKinesisStreamingDestination", NAME, "'DestinationStatus':'DISABLED'", 0},
    };
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    ddb_set_transient_delay(world->ddb, 5 * S);
    play(world, steps, ARRAY_LEN(steps));
}

static void test_the_old_global_tables(void **state)
{
#define OLD "{'GlobalTableName':'tab','ReplicationGroup':[{'RegionName':'us-east-1'}]}"
    static const struct step steps[] = {
        {"CreateGlobalTable", OLD,
         "ValidationException: " P "DynamoDB global tables version 2017.11.29 is not supported. We "
         "recommend using DynamoDB global tables version 2019.11.21, instead of version "
         "2017.11.29 (Legacy).",
         0},
        {"CreateGlobalTable",
         "{'GlobalTableName':'tab','ReplicationGroup':[{'RegionName':'eu-north-1'}]}",
         "not supported in this region 'eu-north-1', supported regions are : [eu-west-2,", 0},
        {"UpdateGlobalTable",
         "{'GlobalTableName':'tab','ReplicaUpdates':[{'Create':{'RegionName':'us-east-1'}}]}",
         "version 2017.11.29 is not supported", 0},
        {"UpdateGlobalTable",
         "{'GlobalTableName':'tab','ReplicaUpdates':[{'Delete':{'RegionName':'us-east-1'}}]}",
         "GlobalTableNotFoundException: Global table with name: 'tab' does not exist.", 0},
        {"UpdateGlobalTable", "{'GlobalTableName':'tab','ReplicaUpdates':[]}",
         "One or more parameter values were invalid", 0},
        {"DescribeGlobalTable", "{'GlobalTableName':'tab'}",
         "GlobalTableNotFoundException: Global table not found: Global table with name: 'tab' does "
         "not exist.",
         0},
        {"DescribeGlobalTableSettings", "{'GlobalTableName':'tab'}",
         "GlobalTableNotFoundException: Global table with name: 'tab' does not exist.", 0},
        {"UpdateGlobalTableSettings", "{'GlobalTableName':'tab'}",
         "GlobalTableNotFoundException: Global table with name: 'tab' does not exist.", 0},
        {"ListGlobalTables", "{}", "{'GlobalTables':[]}", 0},
        {"ListGlobalTables", "{'RegionName':'nowhere-1'}", "InternalServerError", 0},
    };
    play(*state, steps, ARRAY_LEN(steps));
}

static void test_imports_and_exports(void **state)
{
#define IMPORT(name, token)                                                                        \
    "{'ClientToken':'" token "','S3BucketSource':{'S3Bucket':'bucket'},'InputFormat':"             \
    "'DYNAMODB_JSON','TableCreationParameters':{'TableName':'" name "','AttributeDefinitions':[{"  \
    "'AttributeName':'pk','AttributeType':'S'}],'KeySchema':[{'AttributeName':'pk','KeyType':"     \
    "'HASH'}],'BillingMode':'PAY_PER_REQUEST'}}"
    static const struct step steps[] = {
        {"ListImports", "{}", "{'ImportSummaryList':[]}", 0},
        {"ImportTable", IMPORT("tab", "one"), "ResourceInUseException: Table already exists: tab",
         0},
        {"ImportTable", IMPORT("new", "one"), "'ImportStatus':'FAILED'", 0},
        {"ImportTable", IMPORT("new", "one"), "'FailureCode':'S3NoSuchBucket'", 0},
        {"ImportTable", IMPORT("new", "two"), "'FAILED'", 0},
        {"ListImports", "{'PageSize':1}", "'NextToken':'arn:aws:dynamodb:us-east-1:", 0},
        {"DescribeImport", "{'ImportArn':'" ARN "/import/01234567890123-abc'}",
         "ImportNotFoundException", 0},
        {"DescribeContinuousBackups", NAME,
         "{'ContinuousBackupsDescription':{'ContinuousBackupsStatus':'ENABLED',"
         "'PointInTimeRecoveryDescription':{'PointInTimeRecoveryStatus':'DISABLED'}}}",
         0},
        {"DescribeContinuousBackups", "{'TableName':'none'}",
         "TableNotFoundException: Table not found: none", 0},
        {"ListExports", "{}", "{'ExportSummaries':[]}", 0},
        {"DescribeExport", "{'ExportArn':'" ARN "/export/01234567890123-abc'}",
         "ExportNotFoundException", 0},
        {"ExportTableToPointInTime", "{'TableArn':'" ARN "','S3Bucket':'bucket'}",
         "PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for table "
         "'tab'",
         0},
        {"ExportTableToPointInTime",
         "{'TableArn':'arn:aws:dynamodb:us-east-1:000000000000:table/no','S3Bucket':'bucket'}",
         "TableNotFoundException: Table not found: no", 0},
    };
    world_make_table(*state, EAST, "tab");
    play(*state, steps, ARRAY_LEN(steps));
}

static void test_scaling_of_replicas(void **state)
{
    struct world *world = *state;
    static const char unknown[] =
        "ResourceNotFoundException: Global table with name: 'tab' does not exist.";
    static const struct step alone[] = {
        {"DescribeTableReplicaAutoScaling", NAME, unknown, 0},
        {"UpdateTableReplicaAutoScaling", NAME, unknown, 0},
    };
    static const struct step shared[] = {
        {"DescribeTableReplicaAutoScaling", "{'TableName':'all'}",
         "{'TableAutoScalingDescription':{'TableName':'all','TableStatus':'ACTIVE','Replicas':[{"
         "'RegionName':'us-east-1'",
         0},
    };
    world_make_table(world, EAST, "tab");
    play(world, alone, ARRAY_LEN(alone));
    world_make_global(world, "all");
    play(world, shared, ARRAY_LEN(shared));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_resource_policies),    TEST(test_contributor_insights),
        TEST(test_kinesis_destinations), TEST(test_the_old_global_tables),
        TEST(test_imports_and_exports),  TEST(test_scaling_of_replicas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
