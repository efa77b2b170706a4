/* Time to live: the setting, and items that go some time after they expired. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/wire/metrics.h"
#include "sim/core/buffer.h"
#include "tests/unit/dynamodb/fixture_world.h"

#define S       SIM_US_PER_S
#define MINUTE  (60 * S)
#define NAME    "{'TableName':'tab'}"
#define START_S 1767225600 /* of the world's clock */
#define TTL(enabled, attribute)                                                                    \
    "{'TableName':'tab','TimeToLiveSpecification':{'Enabled':" enabled                             \
    ",'AttributeName':'" attribute "'}}"

static void put(struct world *world, const char *key, const char *value)
{
    struct sim_buffer json;
    sim_buffer_init(&json);
    sim_buffer_printf(&json, "{'TableName':'tab','Item':{'pk':{'S':'%s'},'sk':{'S':'s'},'ttl':%s}}",
                      key, value);
    world_expect_in("put", world_say(world, EAST, "PutItem", json.data), "{}");
    sim_buffer_fini(&json);
}

static void put_in(struct world *world, const char *key, long long seconds)
{
    struct sim_buffer value;
    sim_buffer_init(&value);
    sim_buffer_printf(&value, "{'N':'%lld'}", START_S + seconds);
    put(world, key, value.data);
    sim_buffer_fini(&value);
}

static void expect_count(struct world *world, const char *region, int count)
{
    struct sim_buffer wanted;
    sim_buffer_init(&wanted);
    sim_buffer_printf(&wanted, "{'Count':%d,", count);
    world_expect_in("count",
                    world_say(world, region, "Scan", "{'TableName':'tab','Select':'COUNT'}"),
                    wanted.data);
    sim_buffer_fini(&wanted);
}

static void test_setting(void **state)
{
    static const struct {
        const char *operation;
        const char *input;
        const char *wanted;
        uint64_t then_us;
    } steps[] = {
        {"DescribeTimeToLive", "{'TableName':'none'}",
         "ResourceNotFoundException: Requested resource not found: Table: none not found", 0},
        {"DescribeTimeToLive", NAME, "{'TimeToLiveDescription':{'TimeToLiveStatus':'DISABLED'}}",
         0},
        {"UpdateTimeToLive", TTL("false", "ttl"), "TimeToLive is already disabled", 0},
        {"UpdateTimeToLive", TTL("true", "ttl"),
         "{'TimeToLiveSpecification':{'Enabled':true,'AttributeName':'ttl'}}", 0},
        {"DescribeTimeToLive", NAME,
         "{'TimeToLiveDescription':{'TimeToLiveStatus':'ENABLED','AttributeName':'ttl'}}", 0},
        {"UpdateTimeToLive", TTL("true", "ttl"), "TimeToLive is already enabled", 0},
        {"UpdateTimeToLive", TTL("true", "other"),
         "TimeToLive is active on a different AttributeName: current AttributeName is ttl", 0},
        {"UpdateTimeToLive", TTL("false", "ttl"),
         "Time to live has been modified multiple times within a fixed interval", 31 * MINUTE},
        {"UpdateTimeToLive", TTL("false", "ttl"), "'Enabled':false", 31 * MINUTE},
        {"UpdateTimeToLive", TTL("true", "other"), "'Enabled':true", 0},
    };
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        world_expect_in(steps[i].wanted, world_say(world, EAST, steps[i].operation, steps[i].input),
                        steps[i].wanted);
        if (steps[i].then_us > 0)
            world_advance(world, steps[i].then_us);
    }
}

static void count_deleted(void *context, const struct wire_datum *datum)
{
    int64_t *total = context;
    if (strcmp(datum->metric, "TimeToLiveDeletedItemCount") == 0)
        *total += datum->value;
}

static void test_expired_items_go_later(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    put_in(world, "before", 60); /* before the setting */
    world_expect_in("on", world_say(world, EAST, "UpdateTimeToLive", TTL("true", "ttl")), "true");
    put_in(world, "soon", 60);
    put_in(world, "later", 7200);
    put_in(world, "kept", 60);
    put(world, "fraction", "{'N':'17672256.6001e2'}");
    put(world, "text", "{'S':'1767225660'}");
    put(world, "ancient", "{'N':'1500000000'}");
    put(world, "endless", "{'N':'1e100'}");
    put(world, "negative", "{'N':'-5'}");
    world_expect_in("extended",
                    world_say(world, EAST, "UpdateItem",
                              "{'TableName':'tab','Key':{'pk':{'S':'kept'},'sk':{'S':'s'}},"
                              "'UpdateExpression':'REMOVE #t','ExpressionAttributeNames':{'#t':"
                              "'ttl'}}"),
                    "{}");
    world_idle(world);
    world_advance(world, 10 * MINUTE);
    expect_count(world, EAST, 9); /* expired, and still there */
    world_advance(world, 21 * MINUTE);
    expect_count(world, EAST, 6);
    world_advance(world, 120 * MINUTE);
    expect_count(world, EAST, 5);
}

static void test_many_items_expire_at_once(void **state)
{
    struct world *world = *state;
    char key[16];
    world_make_table(world, EAST, "tab");
    world_expect_in("on", world_say(world, EAST, "UpdateTimeToLive", TTL("true", "ttl")), "true");
    for (int i = 0; i < 350; i++) {
        (void)snprintf(key, sizeof key, "p%d", i);
        put_in(world, key, 5);
    }
    world_advance(world, 40 * MINUTE);
    expect_count(world, EAST, 0);
}

static void test_the_delay_is_settable(void **state)
{
    struct world *world = *state;
    ddb_set_expiry_delay(world->ddb, 0, 0);
    world_make_table(world, EAST, "tab");
    world_expect_in("on", world_say(world, EAST, "UpdateTimeToLive", TTL("true", "ttl")), "true");
    put_in(world, "a", 10);
    put_in(world, "b", 20);
    world_advance(world, 9 * S);
    expect_count(world, EAST, 2);
    world_advance(world, 1 * S);
    expect_count(world, EAST, 1);
    world_advance(world, 10 * S);
    expect_count(world, EAST, 0);
}

static const char *read_stream(struct world *world, const char *region)
{
    struct sim_buffer json;
    char text[512];
    sim_buffer_init(&json);
    cJSON *table = world_call(world, region, "DescribeTable", "{'TableName':'tab'}", NULL);
    const cJSON *arn = cJSON_GetObjectItem(cJSON_GetObjectItem(table, "Table"), "LatestStreamArn");
    sim_buffer_printf(&json, "{'StreamArn':'%s'}", cJSON_GetStringValue(arn));
    cJSON *stream =
        world_call_service(world, "dynamodbstreams", region, "DescribeStream", json.data, NULL);
    const cJSON *shards =
        cJSON_GetObjectItem(cJSON_GetObjectItem(stream, "StreamDescription"), "Shards");
    const cJSON *shard = cJSON_GetObjectItem(cJSON_GetArrayItem(shards, 0), "ShardId");
    (void)snprintf(text, sizeof text,
                   "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'TRIM_HORIZON'}",
                   cJSON_GetStringValue(arn), cJSON_GetStringValue(shard));
    cJSON *iterator =
        world_call_service(world, "dynamodbstreams", region, "GetShardIterator", text, NULL);
    sim_buffer_fini(&json);
    sim_buffer_init(&json);
    sim_buffer_printf(&json, "{'ShardIterator':'%s'}",
                      cJSON_GetStringValue(cJSON_GetObjectItem(iterator, "ShardIterator")));
    const char *said = world_say_stream(world, region, "GetRecords", json.data);
    sim_buffer_fini(&json);
    cJSON_Delete(table);
    cJSON_Delete(stream);
    cJSON_Delete(iterator);
    return said;
}

#define IDENTITY "'userIdentity':{'PrincipalId':'dynamodb.amazonaws.com','Type':'Service'}"

static void test_one_region_deletes_for_all(void **state)
{
    struct world *world = *state;
    static const char *const regions[] = {EAST, WEST, EU};
    int64_t deleted = 0;
    world_make_global(world, "tab");
    wire_metrics_listen(wire_dispatcher_host(world->dispatcher)->metrics, count_deleted, &deleted);
    world_expect_in("on", world_say(world, WEST, "UpdateTimeToLive", TTL("true", "ttl")), "true");
    world_expect_in("everywhere", world_say(world, EU, "DescribeTimeToLive", NAME), "'ENABLED'");
    put_in(world, "a", 5);
    world_idle(world);
    world_advance(world, 40 * MINUTE);
    world_idle(world);
    int identities = 0;
    for (size_t i = 0; i < ARRAY_LEN(regions); i++) {
        expect_count(world, regions[i], 0);
        const char *said = read_stream(world, regions[i]);
        world_expect_in("removed", said, "'eventName':'REMOVE'");
        identities += strstr(said, IDENTITY) != NULL ? 1 : 0;
    }
    wire_metrics_unlisten(wire_dispatcher_host(world->dispatcher)->metrics, count_deleted,
                          &deleted);
    assert_int_equal(identities, 1);
    assert_int_equal(deleted, 1);
}

static void test_a_new_replica_takes_the_setting(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    world_expect_in("on", world_say(world, EAST, "UpdateTimeToLive", TTL("true", "ttl")), "true");
    put_in(world, "a", 5);
    world_expect_in("add",
                    world_say(world, EAST, "UpdateTable",
                              "{'TableName':'tab','ReplicaUpdates':[{'Create':{'RegionName':"
                              "'us-west-2'}}]}"),
                    "'UPDATING'");
    world_idle(world);
    world_expect_in("same", world_say(world, WEST, "DescribeTimeToLive", NAME), "'ENABLED'");
    expect_count(world, WEST, 1);
    world_advance(world, 40 * MINUTE);
    expect_count(world, WEST, 0);
    expect_count(world, EAST, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_setting),
        TEST(test_expired_items_go_later),
        TEST(test_many_items_expire_at_once),
        TEST(test_the_delay_is_settable),
        TEST(test_one_region_deletes_for_all),
        TEST(test_a_new_replica_takes_the_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
