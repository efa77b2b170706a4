/* What each limit says when it is exceeded, and what is told as consumed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/table.h"
#include "emulators/wire/metrics.h"
#include "sim/core/buffer.h"
#include "tests/unit/dynamodb/fixture_world.h"

#define PUT "{'TableName':'tab','Item':{'pk':{'S':'a'},'g':{'S':'b'}}}"
#define GET "{'TableName':'tab','Key':{'pk':{'S':'a'}}}"
#define QUERY                                                                                      \
    "{'TableName':'tab','IndexName':'by-g','KeyConditionExpression':'g = "                         \
    ":g','ExpressionAttributeValues':{':g':{'S':'b'}}}"
#define ARN "arn:aws:dynamodb:us-east-1:000000000000:table/tab"

static struct ddb_table *make_table(struct world *world, const char *billing)
{
    char json[1024];
    snprintf(json, sizeof json,
             "{'TableName':'tab','KeySchema':[{'AttributeName':'pk','KeyType':'HASH'}],"
             "'AttributeDefinitions':[{'AttributeName':'pk','AttributeType':'S'},{'AttributeName':"
             "'g','AttributeType':'S'}],%s,'GlobalSecondaryIndexes':[{'IndexName':'by-g',"
             "'KeySchema':[{'AttributeName':'g','KeyType':'HASH'}],'Projection':{'ProjectionType':"
             "'ALL'}}]}",
             billing);
    world_expect_in("the table", world_say(world, EAST, "CreateTable", json), "TableDescription");
    world_idle(world);
    return ddb_table_find(ddb_region_find(world->ddb, EAST), WIRE_ACCOUNT_DEFAULT, "tab");
}

/* Leaves nothing under that limit. */
static void exhaust(struct ddb_meter *meter, enum ddb_limit limit)
{
    meter->limit = limit;
    meter->level = -1000 * 2 * DDB_HALF_UNIT;
}

static void test_each_limit_has_its_words(void **state)
{
    static const struct {
        const char *name;
        bool is_index;
        enum ddb_throughput_kind kind;
        enum ddb_limit limit;
        const char *operation, *input;
        const char *code, *reasons;
    } cases[] = {
        {"traffic: a write", false, DDB_WRITE, DDB_LIMIT_TRAFFIC, "PutItem", PUT,
         "ThrottlingException: Throughput exceeds the current capacity of your table or index. "
         "DynamoDB is automatically scaling your table or index so please try again shortly. If "
         "exceptions persist, check if you have a hot key: https://docs.aws.amazon.com/"
         "amazondynamodb/latest/developerguide/bp-partition-key-design.html",
         "'throttlingReasons':[{'reason':'TableWriteKeyRangeThroughputExceeded','resource':'" ARN
         "'}]"},
        {"traffic: a read", false, DDB_READ, DDB_LIMIT_TRAFFIC, "GetItem", GET,
         "ThrottlingException: ",
         "'reason':'TableReadKeyRangeThroughputExceeded','resource':'" ARN "'"},
        {"traffic: an index", true, DDB_WRITE, DDB_LIMIT_TRAFFIC, "PutItem", PUT,
         "ThrottlingException: ",
         "'reason':'IndexWriteKeyRangeThroughputExceeded','resource':'" ARN "/index/by-g'"},
        {"quota: a write", false, DDB_WRITE, DDB_LIMIT_QUOTA, "PutItem", PUT,
         "RequestLimitExceeded: Throughput exceeds the current throughput limit for your account. "
         "To request a limit increase, contact AWS Support at https://aws.amazon.com/support.",
         "'ThrottlingReasons':[{'reason':'TableWriteAccountLimitExceeded','resource':'" ARN "'}]"},
        {"quota: a query of an index", true, DDB_READ, DDB_LIMIT_QUOTA, "Query", QUERY,
         "RequestLimitExceeded: ",
         "'reason':'IndexReadAccountLimitExceeded','resource':'" ARN "/index/by-g'"},
        {"maximum: an index", true, DDB_WRITE, DDB_LIMIT_MAXIMUM, "PutItem", PUT,
         "ThrottlingException: Throughput exceeds the maximum OnDemandThroughput configured on "
         "table or index",
         "'reason':'IndexWriteMaxOnDemandThroughputExceeded','resource':'" ARN "/index/by-g'"},
    };
    struct world *world = *state;
    struct ddb_table *table = make_table(world, "'BillingMode':'PAY_PER_REQUEST'");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ddb_meters before = table->meters;
        struct ddb_meters index_before = table->index_states[0].meters;
        exhaust(cases[i].is_index ? &table->index_states[0].meters.kinds[cases[i].kind]
                                  : &table->meters.kinds[cases[i].kind],
                cases[i].limit);
        const char *said = world_say(world, EAST, cases[i].operation, cases[i].input);
        world_expect_in(cases[i].name, said, cases[i].code);
        world_expect_in(cases[i].name, said, cases[i].reasons);
        table->meters = before;
        table->index_states[0].meters = index_before;
    }
}

static void hear(void *context, const struct wire_datum *datum)
{
    struct sim_buffer *text = context;
    sim_buffer_printf(text, "%s %s%s%s %lld %s\n", datum->metric, datum->dimensions[0].value,
                      datum->dimension_count > 1 ? "/" : "",
                      datum->dimension_count > 1 ? datum->dimensions[1].value : "",
                      (long long)datum->value, datum->unit);
}

static void hear_region(void *context, const struct wire_datum *datum)
{
    struct sim_buffer *text = context;
    if (strcmp(datum->metric, "ConsumedWriteCapacityUnits") != 0)
        return;
    sim_buffer_printf(text, "%s", datum->region);
    for (size_t i = 0; i < datum->dimension_count; i++)
        sim_buffer_printf(text, " %s=%s", datum->dimensions[i].name, datum->dimensions[i].value);
    sim_buffer_printf(text, " %lld\n", (long long)datum->value);
}

static void test_what_is_consumed_is_told(void **state)
{
    struct world *world = *state;
    struct wire_metrics *metrics = wire_dispatcher_host(world->dispatcher)->metrics;
    struct sim_buffer text;
    struct ddb_table *table = make_table(world, "'BillingMode':'PAY_PER_REQUEST'");
    sim_buffer_init(&text);
    wire_metrics_listen(metrics, hear, &text);
    (void)world_say(world, EAST, "PutItem", PUT);
    (void)world_say(world, EAST, "GetItem", GET);
    (void)world_say(world, EAST, "Query", QUERY);
    (void)world_say(world, EAST, "TransactWriteItems",
                    "{'TransactItems':[{'Delete':" GET "},{'Put':{'TableName':'tab','Item':{'pk':{"
                    "'S':'z'}}}}]}");
    exhaust(&table->meters.kinds[DDB_WRITE], DDB_LIMIT_TRAFFIC);
    (void)world_say(world, EAST, "PutItem", PUT);
    ddb_set_throttling(world->ddb, false); /* nothing is refused, and all is counted */
    (void)world_say(world, EAST, "PutItem", "{'TableName':'tab','Item':{'pk':{'S':'y'}}}");
    wire_metrics_unlisten(metrics, hear, &text);
    assert_string_equal(text.data, "ConsumedWriteCapacityUnits tab 2 HalfCount\n"
                                   "ConsumedWriteCapacityUnits tab/by-g 2 HalfCount\n"
                                   "ConsumedReadCapacityUnits tab 1 HalfCount\n"
                                   "ConsumedReadCapacityUnits tab/by-g 1 HalfCount\n"
                                   "ConsumedWriteCapacityUnits tab 8 HalfCount\n"
                                   "ConsumedWriteCapacityUnits tab/by-g 4 HalfCount\n"
                                   "WriteThrottleEvents tab 1 Count\n"
                                   "ConsumedWriteCapacityUnits tab 2 HalfCount\n");
    sim_buffer_fini(&text);
}

/* Of a replica: the destination pays for the item and its index, and says whose write it was. */
static void test_replicated_writes_consume_at_the_destination(void **state)
{
    struct world *world = *state;
    struct wire_metrics *metrics = wire_dispatcher_host(world->dispatcher)->metrics;
    struct sim_buffer text;
    (void)make_table(world, "'BillingMode':'PAY_PER_REQUEST'");
    world_expect_in("replica",
                    world_say(world, EAST, "UpdateTable",
                              "{'TableName':'tab','ReplicaUpdates':[{'Create':{'RegionName':"
                              "'us-west-2'}}]}"),
                    "UPDATING");
    world_idle(world);
    sim_buffer_init(&text);
    wire_metrics_listen(metrics, hear_region, &text);
    (void)world_say(world, EAST, "PutItem", PUT);
    world_idle(world);
    wire_metrics_unlisten(metrics, hear_region, &text);
    assert_string_equal(text.data, "us-east-1 TableName=tab 2\n"
                                   "us-east-1 TableName=tab GlobalSecondaryIndexName=by-g 2\n"
                                   "us-east-1 TableName=tab Source=Customer 2\n"
                                   "us-east-1 TableName=tab GlobalSecondaryIndexName=by-g "
                                   "Source=Customer 2\n"
                                   "us-west-2 TableName=tab 2\n"
                                   "us-west-2 TableName=tab GlobalSecondaryIndexName=by-g 2\n"
                                   "us-west-2 TableName=tab Source=GlobalTable 2\n"
                                   "us-west-2 TableName=tab GlobalSecondaryIndexName=by-g "
                                   "Source=GlobalTable 2\n");
    sim_buffer_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_limit_has_its_words, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_consumed_is_told, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_replicated_writes_consume_at_the_destination,
                                        world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
