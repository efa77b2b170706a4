/* Global tables: states of replicas, and how writes reach the other Regions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/replica.h"
#include "emulators/wire/metrics.h"
#include "sim/core/buffer.h"
#include "tests/unit/dynamodb/fixture_world.h"

#define TAB "'TableName':'tab'"
#define KEY "'Key':{'pk':{'S':'a'},'sk':{'S':'1'}}"
#define GET "{" TAB "," KEY "}"

static const char *put(struct world *world, const char *region, const char *value)
{
    struct sim_buffer json;
    sim_buffer_init(&json);
    sim_buffer_printf(&json, "{" TAB ",'Item':{'pk':{'S':'a'},'sk':{'S':'1'},'v':{'S':'%s'}}}",
                      value);
    const char *said = world_say(world, region, "PutItem", json.data);
    sim_buffer_fini(&json);
    return said;
}

static void expect_item(struct world *world, const char *region, const char *value)
{
    world_expect_in(region, world_say(world, region, "GetItem", GET), value != NULL ? value : "{}");
}

static const char *const regions[] = {EAST, WEST, EU};

static void expect_item_everywhere(struct world *world, const char *value)
{
    for (size_t i = 0; i < ARRAY_LEN(regions); i++)
        expect_item(world, regions[i], value);
}

/* --- the trace as a story ------------------------------------------------------------------------
 */

struct story {
    struct sim_buffer text;
    const char *prefix; /* of the types of interest */
};

static void hear(void *context, const struct sim_trace_event *event)
{
    struct story *story = context;
    if (strncmp(event->type, story->prefix, strlen(story->prefix)) != 0)
        return;
    sim_buffer_printf(&story->text, "%s@%s", event->type, event->region);
    for (size_t i = 0; i < event->field_count; i++) {
        const struct sim_field *field = &event->fields[i];
        if (strstr(field->name, "_us") != NULL && strcmp(field->name, "lag_us") != 0)
            continue;
        if (field->kind == SIM_FIELD_TEXT)
            sim_buffer_printf(&story->text, " %s=%s", field->name, field->text);
        else
            sim_buffer_printf(&story->text, " %s=%lld", field->name, (long long)field->number);
    }
    sim_buffer_append_text(&story->text, "\n");
}

static void begin_story(struct world *world, struct story *story, const char *prefix)
{
    sim_buffer_init(&story->text);
    story->prefix = prefix;
    sim_trace_listen(world->core.trace, hear, story);
}

static void end_story(struct world *world, struct story *story, const char *wanted)
{
    sim_trace_unlisten(world->core.trace, hear, story);
    const char *told = story->text.data != NULL ? story->text.data : "";
    if (strcmp(told, wanted) != 0) {
        print_error("wanted:\n%s\n", wanted); /* a message of its own: cmocka cuts after 1 KB */
        fail_msg("got:\n%s", told);
    }
    sim_buffer_fini(&story->text);
}

/* --- becoming and ceasing to be a replica --------------------------------------------------------
 */

static void test_a_replica_comes_and_goes(void **state)
{
    struct world *world = *state;
    struct story story;
    static const struct {
        const char *region;
        const char *operation;
        const char *input;
        const char *wanted;
        uint64_t then_us;
    } steps[] = {
        {EAST, "UpdateTable", "{" TAB ",'ReplicaUpdates':[{'Create':{'RegionName':'us-west-2'}}]}",
         "'TableStatus':'UPDATING'", 0},
        {EAST, "DescribeTable", "{" TAB "}", "'Replicas':[]", 2000000},
        {EAST, "DescribeTable", "{" TAB "}",
         "'Replicas':[{'RegionName':'us-west-2','ReplicaStatus':'CREATING'", 0},
        {WEST, "DescribeTable", "{" TAB "}", "'TableStatus':'CREATING'", 0},
        {WEST, "GetItem", GET, "ResourceNotFoundException", 0},
        {WEST, "DeleteTable", "{" TAB "}", "Table: tab is being used.", 0},
        {EAST, "UpdateTable", "{" TAB ",'BillingMode':'PAY_PER_REQUEST'}",
         "ResourceInUseException: The resource which you are attempting to change is in use.",
         7000000},
        {EAST, "DescribeTable", "{" TAB "}",
         "'Replicas':[{'RegionName':'us-west-2','ReplicaStatus':'ACTIVE'", 0},
        {WEST, "DescribeTable", "{" TAB "}", "'TableStatus':'ACTIVE'", 0},
        {WEST, "DescribeTable", "{" TAB "}",
         "'Replicas':[{'RegionName':'us-east-1','ReplicaStatus':'ACTIVE'", 0},
        {WEST, "GetItem", GET, "'v':{'S':'before'}", 0},
        {EAST, "DeleteTable", "{" TAB "}",
         "Replica cannot be deleted because it has acted as a source region for new replica(s) "
         "being added to the table in the last 24 hours.",
         0},
        {EAST, "UpdateTable", "{" TAB ",'StreamSpecification':{'StreamEnabled':false}}",
         "Disabling Stream is not allowed for a Global Table replica.", 0},
        {EAST, "UpdateTable", "{" TAB ",'ReplicaUpdates':[{'Delete':{'RegionName':'us-west-2'}}]}",
         "'TableStatus':'UPDATING'", 6000000},
        {EAST, "DescribeTable", "{" TAB "}", "'ReplicaStatus':'DELETING'", 6000000},
        {WEST, "DescribeTable", "{" TAB "}", "'TableStatus':'DELETING'", 0},
        {EAST, "UpdateTable", "{" TAB ",'ReplicaUpdates':[{'Create':{'RegionName':'us-west-2'}}]}",
         "Failed to create a the new replica", 2000000},
        {WEST, "DescribeTable", "{" TAB "}", "ResourceNotFoundException", 0},
        {EAST, "GetItem", GET, "'v':{'S':'before'}", 0},
    };
    world_make_table(world, EAST, "tab");
    assert_string_equal(put(world, EAST, "before"), "{}");
    ddb_set_transient_delay(world->ddb, 6 * SIM_US_PER_S);
    begin_story(world, &story, "replica.");
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        world_expect_in(steps[i].input,
                        world_say(world, steps[i].region, steps[i].operation, steps[i].input),
                        steps[i].wanted);
        world_advance(world, steps[i].then_us);
    }
    end_story(world, &story,
              "replica.state@us-west-2 table=tab state=CREATING\n"
              "replica.state@us-west-2 table=tab state=ACTIVE\n"
              "replica.state@us-west-2 table=tab state=DELETING\n");
    const char *described = world_say(world, EAST, "DescribeTable", "{" TAB "}");
    assert_null(strstr(described, "GlobalTableVersion"));
    assert_null(strstr(described, "Replicas"));
}

static void test_replica_updates_are_refused(void **state)
{
#define UPDATE(updates) "{" TAB ",'ReplicaUpdates':[" updates "]}"
    static const struct {
        const char *input;
        const char *wanted;
    } cases[] = {
        {UPDATE("{}"),
         "There are no actions specified in the Replica Update Action of the request."},
        {UPDATE("{'Create':{'RegionName':'us-west-2'},'Delete':{'RegionName':'us-west-2'}}"),
         "Update table operation with more than one type of replica actions not allowed."},
        {UPDATE("{'Create':{'RegionName':'us-west-2'}},{'Create':{'RegionName':'eu-west-1'}}"),
         "Update table operation with more than one create or delete replica actions not allowed"},
        {UPDATE("{'Create':{'RegionName':'us-west-2'}},{'Delete':{'RegionName':'us-west-2'}}"),
         "Cannot target multiple regions with the same action"},
        {UPDATE("{'Create':{'RegionName':'us-east-1'}}"),
         "Cannot add or delete the local region through ReplicaUpdates."},
        {UPDATE("{'Create':{'RegionName':'US-WEST-2'}}"),
         "Region US-WEST-2 is not supported. The latest version of global tables are only "
         "supported in the following regions: [us-east-1, us-west-2, eu-west-1]"},
        {UPDATE("{'Create':{'RegionName':'eu-west-1'}}"),
         "Failed to create a the new replica of table with name: \u2018tab\u2019 because one or "
         "more replicas already existed as tables."},
        {UPDATE("{'Delete':{'RegionName':'us-west-2'}}"),
         "Please retry the request without these replicas: [us-west-2]."},
        {"{'TableName':'nope','ReplicaUpdates':[{'Create':{'RegionName':'us-west-2'}}]}",
         "ResourceNotFoundException: Requested resource not found: Table: nope not found"},
        {"{" TAB ",'BillingMode':'PAY_PER_REQUEST','ReplicaUpdates':[{'Create':{'RegionName':"
         "'us-west-2'}}]}",
         "Replica modification must be the only operation in the request"},
        {"{'TableName':'prov','ReplicaUpdates':[{'Create':{'RegionName':'us-west-2'}}]}",
         "Table write capacity should either be Pay-Per-Request or AutoScaled."},
    };
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    world_make_table(world, EU, "tab");
    world_expect_in("provisioned",
                    world_say(world, EAST, "CreateTable",
                              "{'TableName':'prov','AttributeDefinitions':[{'AttributeName':'pk',"
                              "'AttributeType':'S'}],'KeySchema':[{'AttributeName':'pk','KeyType':"
                              "'HASH'}],'ProvisionedThroughput':{'ReadCapacityUnits':1,"
                              "'WriteCapacityUnits':1}}"),
                    "CREATING");
    world_idle(world);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        world_expect_in(cases[i].input, world_say(world, EAST, "UpdateTable", cases[i].input),
                        cases[i].wanted);
}

/* --- a write on its way --------------------------------------------------------------------------
 */

static void test_a_write_arrives_after_the_lag(void **state)
{
    struct world *world = *state;
    struct story story;
    world_make_global(world, "tab");
    begin_story(world, &story, "replication.");
    assert_string_equal(put(world, WEST, "one"), "{}");
    expect_item(world, WEST, "'v':{'S':'one'}");
    world_advance(world, 799999);
    expect_item(world, EAST, NULL);
    assert_int_equal(ddb_backlog(world->ddb, "tab", WEST, NULL), 2);
    world_advance(world, 1);
    expect_item_everywhere(world, "'v':{'S':'one'}");
    assert_int_equal(ddb_backlog(world->ddb, NULL, NULL, NULL), 0);
    world_idle(world);
    end_story(world, &story,
              "replication.applied@us-east-1 table=tab from=us-west-2 key=a/1 lag_us=800000\n"
              "replication.applied@eu-west-1 table=tab from=us-west-2 key=a/1 lag_us=800000\n");
}

static void test_a_delete_arrives_and_is_forgotten(void **state)
{
    struct world *world = *state;
    world_make_global(world, "tab");
    put(world, EAST, "one");
    world_idle(world);
    assert_string_equal(world_say(world, EU, "DeleteItem", GET), "{}");
    expect_item(world, EAST, "'v':{'S':'one'}");
    world_idle(world);
    expect_item_everywhere(world, NULL);
    /* No row is left, not even a tombstone. */
    for (size_t i = 0; i < ARRAY_LEN(regions); i++) {
        struct ddb_table *table =
            ddb_table_find(ddb_region_find(world->ddb, regions[i]), WIRE_ACCOUNT_DEFAULT, "tab");
        struct sim_arena *arena = sim_arena_create();
        struct ddb_key_blob key;
        struct ddb_row row;
        bool found = true;
        assert_int_equal(ddb_items_next_row(&table->items, NULL, arena, &key, &row, &found, NULL),
                         RESULT_OK);
        assert_false(found);
        assert_true(table->log.first_sequence > 0);
        assert_int_equal(table->item_count, 0);
        assert_int_equal(table->size_bytes, 0);
        sim_arena_destroy(arena);
    }
}

static void test_the_order_of_an_item_is_kept(void **state)
{
    struct world *world = *state;
    world_make_global(world, "tab");
    struct sim_network *network = world->core.network;
    struct sim_link *link = sim_network_link_get(network, sim_network_region_find(network, EAST),
                                                 sim_network_region_find(network, WEST));
    sim_lag_init_uniform(&link->replication, 0, 10 * SIM_US_PER_S);
    struct story story;
    begin_story(world, &story, "replication.superseded");
    for (int i = 0; i < 50; i++) {
        char value[16];
        value[0] = 'v';
        value[1] = (char)('0' + i / 10);
        value[2] = (char)('0' + i % 10);
        value[3] = '\0';
        put(world, EAST, value);
        world_advance(world, 1000);
    }
    world_idle(world);
    expect_item_everywhere(world, "'v':{'S':'v49'}");
    end_story(world, &story, "");
}

/* --- partitions ----------------------------------------------------------------------------------
 */

static void test_the_later_write_wins_after_a_partition(void **state)
{
    struct world *world = *state;
    struct story story;
    world_make_global(world, "tab");
    put(world, EAST, "old");
    world_idle(world);
    begin_story(world, &story, "replication.");
    struct sim_fault_spec cut = {.kind = SIM_FAULT_PARTITION, .region = WEST};
    uint64_t fault = world_break(world, &cut);
    put(world, WEST, "west");
    world_advance(world, 1000);
    put(world, EAST, "east");
    world_advance(world, 60 * SIM_US_PER_S);
    expect_item(world, WEST, "'v':{'S':'west'}");
    expect_item(world, EU, "'v':{'S':'east'}");
    assert_int_equal(ddb_backlog(world->ddb, "tab", NULL, WEST), 1);
    assert_int_equal(ddb_backlog(world->ddb, "tab", WEST, NULL), 2);
    world_mend(world, fault);
    world_idle(world);
    expect_item_everywhere(world, "'v':{'S':'east'}");
    end_story(world, &story,
              "replication.backlog@us-east-1 table=tab from=us-west-2 records=1\n"
              "replication.backlog@eu-west-1 table=tab from=us-west-2 records=1\n"
              "replication.backlog@us-west-2 table=tab from=us-east-1 records=1\n"
              "replication.applied@eu-west-1 table=tab from=us-east-1 key=a/1 lag_us=800000\n"
              "replication.superseded@us-east-1 table=tab from=us-west-2 key=a/1 "
              "lag_us=60001000\n"
              "replication.conflict@us-west-2 table=tab key=a/1 winner=us-east-1 "
              "loser=us-west-2\n"
              "replication.applied@us-west-2 table=tab from=us-east-1 key=a/1 lag_us=60000000\n"
              "replication.superseded@eu-west-1 table=tab from=us-west-2 key=a/1 "
              "lag_us=60001000\n"
              "replication.drained@us-east-1 table=tab from=us-west-2 records=0\n"
              "replication.drained@us-west-2 table=tab from=us-east-1 records=0\n"
              "replication.drained@eu-west-1 table=tab from=us-west-2 records=0\n");
    cJSON *conflicts = ddb_conflicts(world->ddb);
    char *text = cJSON_PrintUnformatted(conflicts);
    world_expect_in("the conflict log", text, "\"winner\":{\"region\":\"us-east-1\"");
    world_expect_in("the conflict log", text, "\"v\":{\"S\":\"west\"}");
    assert_int_equal(cJSON_GetArraySize(wire_member(conflicts, "Conflicts")), 1);
    free(text);
    cJSON_Delete(conflicts);
}

static void test_a_fast_clock_wins(void **state)
{
    struct world *world = *state;
    world_make_global(world, "tab");
    struct sim_fault_spec skew = {
        .kind = SIM_FAULT_CLOCK_SKEW, .region = WEST, .skew_us = 5 * (int64_t)SIM_US_PER_S};
    (void)world_break(world, &skew);
    put(world, WEST, "west");
    world_advance(world, 100 * SIM_US_PER_MS);
    put(world, EAST, "east"); /* later, but with an earlier time */
    world_idle(world);
    expect_item_everywhere(world, "'v':{'S':'west'}");
    put(world, EAST, "seen"); /* whoever saw a version can overwrite it */
    world_idle(world);
    expect_item_everywhere(world, "'v':{'S':'seen'}");
}

static void test_a_succession_is_no_conflict(void **state)
{
    struct world *world = *state;
    struct story story;
    world_make_global(world, "tab");
    struct sim_network *network = world->core.network;
    struct sim_link *slow = sim_network_link_get(network, sim_network_region_find(network, EAST),
                                                 sim_network_region_find(network, EU));
    sim_lag_init_constant(&slow->replication, 10 * SIM_US_PER_S);
    put(world, EAST, "first");
    world_advance(world, SIM_US_PER_S); /* in the west, not yet in Europe */
    begin_story(world, &story, "replication.");
    put(world, WEST, "second");
    world_idle(world);
    expect_item_everywhere(world, "'v':{'S':'second'}");
    end_story(world, &story,
              "replication.applied@us-east-1 table=tab from=us-west-2 key=a/1 lag_us=800000\n"
              "replication.applied@eu-west-1 table=tab from=us-west-2 key=a/1 lag_us=800000\n"
              "replication.superseded@eu-west-1 table=tab from=us-east-1 key=a/1 "
              "lag_us=10000000\n");
}

static void test_a_late_write_does_not_bring_back_the_deleted(void **state)
{
    struct world *world = *state;
    world_make_global(world, "tab");
    put(world, EAST, "old");
    world_idle(world);
    struct sim_fault_spec cut = {.kind = SIM_FAULT_PARTITION, .region = WEST};
    uint64_t fault = world_break(world, &cut);
    put(world, WEST, "late");
    world_advance(world, 1000);
    assert_string_equal(world_say(world, EAST, "DeleteItem", GET), "{}");
    world_advance(world, 7 * UINT64_C(86400) * SIM_US_PER_S);
    world_mend(world, fault);
    world_idle(world);
    expect_item_everywhere(world, NULL);
}

static void put_many(struct world *world, int count)
{
    for (int i = 0; i < count; i++) {
        struct sim_buffer json;
        sim_buffer_init(&json);
        sim_buffer_printf(&json, "{" TAB ",'Item':{'pk':{'S':'many'},'sk':{'S':'%d'}}}", i);
        assert_string_equal(world_say(world, EAST, "PutItem", json.data), "{}");
        sim_buffer_fini(&json);
    }
}

static int count_items(struct world *world, const char *region)
{
    cJSON *output = world_call(world, region, "Scan", "{" TAB ",'Select':'COUNT'}", NULL);
    int count = (int)wire_integer(output, "Count", -1);
    cJSON_Delete(output);
    return count;
}

static void test_a_backlog_drains_at_its_rate(void **state)
{
    struct world *world = *state;
    world_make_global(world, "tab");
    struct sim_fault_spec pause = {
        .kind = SIM_FAULT_PAUSE_REPLICATION, .to = WEST, .resource = "tab"};
    uint64_t fault = world_break(world, &pause);
    put_many(world, 3000);
    world_advance(world, 60 * SIM_US_PER_S);
    assert_int_equal(count_items(world, WEST), 0);
    assert_int_equal(count_items(world, EU), 3000); /* other links do not notice */
    assert_int_equal(ddb_backlog(world->ddb, "tab", EAST, WEST), 3000);
    struct sim_fault_view view;
    sim_faults_view(world->core.faults, 0, &view);
    assert_int_equal(view.hit_count, 3000);
    world_mend(world, fault);
    world_advance(world, 500 * SIM_US_PER_MS);
    int half = count_items(world, WEST);
    assert_in_range(half, 1499, 1502); /* 3000 records a second */
    world_advance(world, 500 * SIM_US_PER_MS);
    assert_int_equal(count_items(world, WEST), 3000);
    struct ddb_table *table =
        ddb_table_find(ddb_region_find(world->ddb, EAST), WIRE_ACCOUNT_DEFAULT, "tab");
    struct ddb_link *link = ddb_group_link_find(
        table->member.group, table,
        ddb_table_find(ddb_region_find(world->ddb, WEST), WIRE_ACCOUNT_DEFAULT, "tab"));
    assert_false(link->is_draining);
    assert_int_equal(link->in_flight_count, 0);
}

static void test_a_link_holds_a_bounded_number(void **state)
{
    struct world *world = *state;
    world_make_global(world, "tab");
    put_many(world, DDB_LINK_WINDOW + 500);
    struct ddb_table *table =
        ddb_table_find(ddb_region_find(world->ddb, EAST), WIRE_ACCOUNT_DEFAULT, "tab");
    for (size_t i = 0; i < table->member.group->link_count; i++)
        assert_true(table->member.group->links[i]->in_flight_count <= DDB_LINK_WINDOW);
    world_idle(world);
    assert_int_equal(count_items(world, WEST), DDB_LINK_WINDOW + 500);
    assert_int_equal(ddb_backlog(world->ddb, NULL, NULL, NULL), 0);
}

static void test_a_replica_is_filled_while_writes_go_on(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    put_many(world, 1000);
    world_expect_in("add",
                    world_say(world, EAST, "UpdateTable",
                              "{" TAB ",'ReplicaUpdates':[{'Create':{'RegionName':'eu-west-1'}}]}"),
                    "UPDATING");
    world_advance(world, 100 * SIM_US_PER_MS); /* copying */
    put(world, EAST, "meanwhile");
    assert_string_equal(
        world_say(world, EAST, "DeleteItem", "{" TAB ",'Key':{'pk':{'S':'many'},'sk':{'S':'5'}}}"),
        "{}");
    world_idle(world);
    assert_int_equal(count_items(world, EU), 1000);
    expect_item(world, EU, "meanwhile");
    world_expect_in(
        "gone",
        world_say(world, EU, "GetItem", "{" TAB ",'Key':{'pk':{'S':'many'},'sk':{'S':'5'}}}"),
        "{}");
}

/* --- what else hears of it -----------------------------------------------------------------------
 */

static void hear_metric(void *context, const struct wire_datum *datum)
{
    struct sim_buffer *text = context;
    if (strcmp(datum->metric, "ReplicationLatency") != 0)
        return;
    sim_buffer_printf(text, "%s %s %s=%s %s=%s %lld %s\n", datum->region, datum->name_space,
                      datum->dimensions[0].name, datum->dimensions[0].value,
                      datum->dimensions[1].name, datum->dimensions[1].value,
                      (long long)datum->value, datum->unit);
}

static void test_latency_is_measured(void **state)
{
    struct world *world = *state;
    struct sim_buffer text;
    sim_buffer_init(&text);
    world_make_global(world, "tab");
    struct wire_metrics *metrics = wire_dispatcher_host(world->dispatcher)->metrics;
    wire_metrics_listen(metrics, hear_metric, &text);
    put(world, EU, "x");
    world_idle(world);
    wire_metrics_unlisten(metrics, hear_metric, &text);
    assert_string_equal(text.data,
                        "eu-west-1 AWS/DynamoDB TableName=tab ReceivingRegion=us-east-1 800000 "
                        "Microseconds\n"
                        "eu-west-1 AWS/DynamoDB TableName=tab ReceivingRegion=us-west-2 800000 "
                        "Microseconds\n");
    sim_buffer_fini(&text);
}

static void test_probe_shows_every_replica(void **state)
{
    struct world *world = *state;
    world_make_global(world, "tab");
    put(world, EAST, "x");
    cJSON *key = cJSON_Parse("{\"pk\":{\"S\":\"a\"},\"sk\":{\"S\":\"1\"}}");
    cJSON *probe = ddb_probe(world->ddb, "tab", key);
    char *text = cJSON_PrintUnformatted(probe);
    assert_string_equal(text, "{\"us-east-1\":{\"pk\":{\"S\":\"a\"},\"sk\":{\"S\":\"1\"},\"v\":"
                              "{\"S\":\"x\"}},\"us-west-2\":null,\"eu-west-1\":null}");
    assert_null(ddb_probe(world->ddb, "nope", key));
    free(text);
    cJSON_Delete(probe);
    cJSON_Delete(key);
}

static void test_a_stream_tells_what_was_applied(void **state)
{
    struct world *world = *state;
    world_make_global(world, "tab");
    put(world, EAST, "one");
    put(world, EAST, "one"); /* equal: no record */
    put(world, EAST, "two");
    world_idle(world);
    assert_string_equal(world_say(world, WEST, "DeleteItem", GET), "{}");
    world_idle(world);
    for (size_t i = 0; i < ARRAY_LEN(regions); i++) {
        cJSON *streams = world_call_service(world, "dynamodbstreams", regions[i], "ListStreams",
                                            "{" TAB "}", NULL);
        const cJSON *stream = wire_member(streams, "Streams")->child;
        struct sim_buffer json;
        sim_buffer_init(&json);
        sim_buffer_printf(&json, "{'StreamArn':'%s'}", wire_text(stream, "StreamArn"));
        cJSON *description = world_call_service(world, "dynamodbstreams", regions[i],
                                                "DescribeStream", json.data, NULL);
        const cJSON *shard = wire_member(wire_member(description, "StreamDescription"), "Shards");
        sim_buffer_clear(&json);
        sim_buffer_printf(&json,
                          "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'TRIM_HORIZON'}",
                          wire_text(stream, "StreamArn"), wire_text(shard->child, "ShardId"));
        cJSON *iterator = world_call_service(world, "dynamodbstreams", regions[i],
                                             "GetShardIterator", json.data, NULL);
        sim_buffer_clear(&json);
        sim_buffer_printf(&json, "{'ShardIterator':'%s'}", wire_text(iterator, "ShardIterator"));
        const char *said = world_say_stream(world, regions[i], "GetRecords", json.data);
        world_expect_in(regions[i], said, "'eventName':'INSERT'");
        world_expect_in(regions[i], said, "'eventName':'MODIFY'");
        world_expect_in(regions[i], said, "'eventName':'REMOVE'");
        world_expect_in(regions[i], said,
                        "'OldImage':{'pk':{'S':'a'},'sk':{'S':'1'},'v':{'S':'two'}}");
        world_expect_in(regions[i], said, "'NextShardIterator'");
        int records = 0;
        for (const char *at = said; (at = strstr(at, "eventName")) != NULL; at++)
            records++;
        assert_int_equal(records, 3);
        sim_buffer_fini(&json);
        cJSON_Delete(iterator);
        cJSON_Delete(description);
        cJSON_Delete(streams);
    }
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_replica_comes_and_goes),
        TEST(test_replica_updates_are_refused),
        TEST(test_a_write_arrives_after_the_lag),
        TEST(test_a_delete_arrives_and_is_forgotten),
        TEST(test_the_order_of_an_item_is_kept),
        TEST(test_the_later_write_wins_after_a_partition),
        TEST(test_a_fast_clock_wins),
        TEST(test_a_succession_is_no_conflict),
        TEST(test_a_late_write_does_not_bring_back_the_deleted),
        TEST(test_a_backlog_drains_at_its_rate),
        TEST(test_a_link_holds_a_bounded_number),
        TEST(test_a_replica_is_filled_while_writes_go_on),
        TEST(test_latency_is_measured),
        TEST(test_probe_shows_every_replica),
        TEST(test_a_stream_tells_what_was_applied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
