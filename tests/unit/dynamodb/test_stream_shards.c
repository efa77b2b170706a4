/* Shards of a stream over time and load: who follows whom, and what becomes of a deleted table's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dynamodb/fixture_world.h"

#define STREAMS "dynamodbstreams"
#define HOUR_US (UINT64_C(3600) * SIM_US_PER_S)

static cJSON *ask(struct world *world, const char *operation, const char *format, ...)
    PRINTF_LIKE(3, 4);
static cJSON *ask(struct world *world, const char *operation, const char *format, ...)
{
    char json[2048];
    char error[WORLD_ERROR_BYTES] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(json, sizeof json, format, arguments);
    va_end(arguments);
    cJSON *output = world_call_service(world, STREAMS, EAST, operation, json, error);
    if (output == NULL)
        fail_msg("%s %s: %s", operation, json, error);
    return output;
}

static void make_table(struct world *world)
{
    world_expect_in("create",
                    world_say(world, EAST, "CreateTable",
                              "{'TableName':'tab','BillingMode':'PAY_PER_REQUEST',"
                              "'AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'}],"
                              "'KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],"
                              "'StreamSpecification':{'StreamEnabled':true,'StreamViewType':"
                              "'NEW_AND_OLD_IMAGES'}}"),
                    "LatestStreamArn");
    world_idle(world);
}

static void put(struct world *world, unsigned number)
{
    char json[128];
    snprintf(json, sizeof json, "{'TableName':'tab','Item':{'id':{'S':'i%u'},'v':{'N':'%u'}}}",
             number, number);
    assert_string_equal(world_say(world, EAST, "PutItem", json), "{}");
}

static void read_arn(struct world *world, char arn[256])
{
    cJSON *streams = ask(world, "ListStreams", "{'TableName':'tab'}");
    const cJSON *first = wire_member(streams, "Streams")->child;
    assert_non_null(first);
    snprintf(arn, 256, "%s", wire_text(first, "StreamArn"));
    cJSON_Delete(streams);
}

/* "Shards" of all pages of that size; the caller deletes it. */
static cJSON *list_shards(struct world *world, const char *arn, int limit)
{
    cJSON *all = cJSON_CreateArray();
    char after[128] = "";
    do {
        cJSON *output =
            after[0] == '\0'
                ? ask(world, "DescribeStream", "{'StreamArn':'%s','Limit':%d}", arn, limit)
                : ask(world, "DescribeStream",
                      "{'StreamArn':'%s','Limit':%d,'ExclusiveStartShardId':'%s'}", arn, limit,
                      after);
        const cJSON *description = wire_member(output, "StreamDescription");
        const char *last = wire_text(description, "LastEvaluatedShardId");
        snprintf(after, sizeof after, "%s", last != NULL ? last : "");
        cJSON *shards = cJSON_GetObjectItemCaseSensitive(description, "Shards");
        assert_true(cJSON_GetArraySize(shards) <= limit);
        while (shards->child != NULL)
            cJSON_AddItemToArray(all, cJSON_DetachItemFromArray(shards, 0));
        cJSON_Delete(output);
    } while (after[0] != '\0');
    return all;
}

/* How many records a shard gives from its start; -1 if it did not end although it is closed. */
static int count_records(struct world *world, const char *arn, const char *shard, bool *ends)
{
    char iterator[1024];
    int count = 0;
    cJSON *output =
        ask(world, "GetShardIterator",
            "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'TRIM_HORIZON'}", arn, shard);
    snprintf(iterator, sizeof iterator, "%s", wire_text(output, "ShardIterator"));
    cJSON_Delete(output);
    for (int page = 0;; page++) {
        output = ask(world, "GetRecords", "{'ShardIterator':'%s','Limit':7}", iterator);
        int got = cJSON_GetArraySize(wire_member(output, "Records"));
        const char *next = wire_text(output, "NextShardIterator");
        *ends = next == NULL;
        snprintf(iterator, sizeof iterator, "%s", next != NULL ? next : "");
        cJSON_Delete(output);
        count += got;
        if (*ends || got == 0)
            return count;
    }
}

static const char *range_end(const cJSON *shard, const char *name)
{
    return wire_text(wire_member(shard, "SequenceNumberRange"), name);
}

static void test_a_shard_rolls_over_every_four_hours(void **state)
{
    struct world *world = *state;
    char arn[256];
    make_table(world);
    read_arn(world, arn);
    for (unsigned hour = 0; hour < 11; hour++) {
        put(world, hour);
        world_advance(world, HOUR_US);
    }
    cJSON *shards = list_shards(world, arn, 2);
    assert_int_equal(cJSON_GetArraySize(shards), 3);
    const cJSON *previous = NULL;
    const cJSON *shard = NULL;
    const int counts[] = {4, 4, 3};
    int at = 0;
    cJSON_ArrayForEach(shard, shards)
    {
        bool ends = false;
        const char *id = wire_text(shard, "ShardId");
        assert_int_equal(count_records(world, arn, id, &ends), counts[at]);
        assert_int_equal(ends, at < 2);
        assert_int_equal(range_end(shard, "EndingSequenceNumber") != NULL, at < 2);
        if (previous == NULL) {
            assert_null(wire_text(shard, "ParentShardId"));
        } else {
            assert_string_equal(wire_text(shard, "ParentShardId"), wire_text(previous, "ShardId"));
            assert_true(strcmp(wire_text(previous, "ShardId"), id) < 0);
            assert_true(strcmp(range_end(previous, "EndingSequenceNumber"),
                               range_end(shard, "StartingSequenceNumber")) < 0);
        }
        previous = shard;
        at++;
    }
    cJSON_Delete(shards);
}

static void test_an_unused_stream_keeps_the_shards_of_a_day(void **state)
{
    struct world *world = *state;
    char arn[256];
    make_table(world);
    read_arn(world, arn);
    world_advance(world, 400 * 24 * HOUR_US + HOUR_US);
    cJSON *shards = list_shards(world, arn, 100);
    assert_int_equal(cJSON_GetArraySize(shards), 7); /* six were closed within the last day */
    const cJSON *shard = NULL;
    cJSON_ArrayForEach(shard, shards)
    {
        bool ends = false;
        const char *end = range_end(shard, "EndingSequenceNumber");
        assert_int_equal(count_records(world, arn, wire_text(shard, "ShardId"), &ends), 0);
        assert_non_null(wire_text(shard, "ParentShardId"));
        if (end != NULL)
            assert_true(strcmp(range_end(shard, "StartingSequenceNumber"), end) <= 0);
        assert_int_equal(ends, end != NULL);
    }
    cJSON_Delete(shards);
}

static void test_a_loaded_shard_is_split(void **state)
{
    struct world *world = *state;
    char arn[256];
    const struct ddb_shard_rules rules = {.life_us = 4 * HOUR_US,
                                          .window_us = 60 * SIM_US_PER_S,
                                          .window_records = 50,
                                          .first_count = 1};
    ddb_set_shard_rules(world->ddb, &rules);
    make_table(world);
    read_arn(world, arn);
    for (unsigned i = 0; i < 50; i++) /* as many as allowed */
        put(world, i);
    world_advance(world, 61 * SIM_US_PER_S);
    cJSON *shards = list_shards(world, arn, 100);
    assert_int_equal(cJSON_GetArraySize(shards), 1);
    cJSON_Delete(shards);
    for (unsigned i = 0; i < 51; i++)
        put(world, 100 + i);
    world_advance(world, 61 * SIM_US_PER_S);
    for (unsigned i = 0; i < 40; i++)
        put(world, 200 + i);
    shards = list_shards(world, arn, 100);
    assert_int_equal(cJSON_GetArraySize(shards), 3);
    const char *parent = wire_text(shards->child, "ShardId");
    int total = 0;
    for (int i = 0; i < 3; i++) {
        bool ends = false;
        const cJSON *shard = cJSON_GetArrayItem(shards, i);
        int count = count_records(world, arn, wire_text(shard, "ShardId"), &ends);
        assert_int_equal(ends, i == 0);
        total += count;
        if (i > 0)
            assert_string_equal(wire_text(shard, "ParentShardId"), parent);
    }
    assert_int_equal(total, 50 + 51 + 40);
    cJSON *children =
        ask(world, "DescribeStream",
            "{'StreamArn':'%s','ShardFilter':{'Type':'CHILD_SHARDS','ShardId':'%s'}}", arn, parent);
    assert_int_equal(
        cJSON_GetArraySize(wire_member(wire_member(children, "StreamDescription"), "Shards")), 2);
    cJSON_Delete(children);
    cJSON_Delete(shards);
}

static void test_a_deleted_tables_stream_is_read_for_a_day(void **state)
{
    struct world *world = *state;
    char arn[256];
    char again[256];
    make_table(world);
    read_arn(world, arn);
    put(world, 1);
    world_expect_in("delete", world_say(world, EAST, "DeleteTable", "{'TableName':'tab'}"),
                    "DELETING");
    world_advance(world, SIM_US_PER_S);
    world_expect_in("gone", world_say(world, EAST, "DescribeTable", "{'TableName':'tab'}"),
                    "ResourceNotFoundException");
    read_arn(world, again);
    assert_string_equal(arn, again);
    bool ends = false;
    cJSON *shards = list_shards(world, arn, 100);
    assert_int_equal(cJSON_GetArraySize(shards), 1);
    assert_int_equal(count_records(world, arn, wire_text(shards->child, "ShardId"), &ends), 1);
    assert_true(ends);
    cJSON_Delete(shards);
    make_table(world); /* of the same name, with a stream of its own */
    cJSON *streams = ask(world, "ListStreams", "{'TableName':'tab'}");
    assert_int_equal(cJSON_GetArraySize(wire_member(streams, "Streams")), 2);
    cJSON_Delete(streams);
    world_advance(world, 24 * HOUR_US);
    streams = ask(world, "ListStreams", "{'TableName':'tab'}");
    assert_int_equal(cJSON_GetArraySize(wire_member(streams, "Streams")), 1);
    assert_string_not_equal(wire_text(wire_member(streams, "Streams")->child, "StreamArn"), arn);
    cJSON_Delete(streams);
}

static void test_tables_of_one_moment_have_streams_of_their_own(void **state)
{
    struct world *world = *state;
    char first[256];
    make_table(world);
    read_arn(world, first);
    world_expect_in("delete", world_say(world, EAST, "DeleteTable", "{'TableName':'tab'}"),
                    "DELETING");
    world_idle(world);
    make_table(world);
    cJSON *streams = ask(world, "ListStreams", "{'TableName':'tab'}");
    const cJSON *list = wire_member(streams, "Streams");
    assert_int_equal(cJSON_GetArraySize(list), 2);
    assert_string_not_equal(wire_text(list->child, "StreamArn"), first);
    cJSON_Delete(streams);
}

static void test_a_reset_forgets_deleted_tables(void **state)
{
    struct world *world = *state;
    struct sim_error error;
    make_table(world);
    put(world, 1);
    world_expect_in("delete", world_say(world, EAST, "DeleteTable", "{'TableName':'tab'}"),
                    "DELETING");
    world_idle(world);
    assert_int_equal(ddb_reset(world->ddb, &error), RESULT_OK);
    assert_string_equal(world_say_stream(world, EAST, "ListStreams", "{}"), "{'Streams':[]}");
}

static void test_what_is_refused(void **state)
{
    static const struct {
        const char *name;
        const char *operation;
        const char *format; /* with ARN and shard */
        const char *wanted;
    } cases[] = {
        {"a filter without its shard", "DescribeStream",
         "{'StreamArn':'%s','ShardFilter':{'Type':'CHILD_SHARDS'}}", "ValidationException"},
        {"a filter without its type", "DescribeStream",
         "{'StreamArn':'%s','ShardFilter':{'ShardId':'%s'}}", "ValidationException"},
        {"an unknown filter", "DescribeStream",
         "{'StreamArn':'%s','ShardFilter':{'Type':'PARENTS','ShardId':'%s'}}",
         "ValidationException"},
        {"a start behind the last shard", "DescribeStream",
         "{'StreamArn':'%s','ExclusiveStartShardId':'%s'}", "'Shards':[]"},
        {"a number before the shard", "GetShardIterator",
         "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'AT_SEQUENCE_NUMBER',"
         "'SequenceNumber':'100000000000000000000'}",
         "ValidationException: Invalid SequenceNumber: 100000000000000000000"},
        {"a number far behind the shard", "GetShardIterator",
         "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'AFTER_SEQUENCE_NUMBER',"
         "'SequenceNumber':'199999999999999999999'}",
         "ValidationException: Invalid SequenceNumber: 199999999999999999999"},
        {"the number that the first record will get", "GetShardIterator",
         "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'AT_SEQUENCE_NUMBER',"
         "'SequenceNumber':'100000000000000000001'}",
         "{'ShardIterator':'arn:"},
        {"101 shards a page", "DescribeStream", "{'StreamArn':'%s','Limit':101}",
         "ValidationException"},
        {"an iterator cut short", "GetRecords", "{'ShardIterator':'%s|2|H|1'}",
         "ValidationException: Invalid ShardIterator"},
        {"an iterator of another form", "GetRecords", "{'ShardIterator':'%s|1|H|1|1'}",
         "ValidationException: Invalid ShardIterator"},
        {"an iterator with a sign", "GetRecords", "{'ShardIterator':'%s|2|H|-1|1|1'}",
         "ValidationException: Invalid ShardIterator"},
        {"an iterator of a shard that is gone", "GetRecords",
         "{'ShardIterator':'%s|2|S|77|1|9999999999999999'}", "TrimmedDataAccessException"},
    };
    struct world *world = *state;
    char arn[256];
    make_table(world);
    read_arn(world, arn);
    cJSON *shards = list_shards(world, arn, 100);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char json[1024];
        char format[512];
        snprintf(format, sizeof format, "%s", cases[i].format);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(json, sizeof json, format, arn, wire_text(shards->child, "ShardId"));
#pragma GCC diagnostic pop
        world_expect_in(cases[i].name, world_say_stream(world, EAST, cases[i].operation, json),
                        cases[i].wanted);
    }
    cJSON_Delete(shards);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_shard_rolls_over_every_four_hours),
        TEST(test_an_unused_stream_keeps_the_shards_of_a_day),
        TEST(test_a_loaded_shard_is_split),
        TEST(test_a_deleted_tables_stream_is_read_for_a_day),
        TEST(test_tables_of_one_moment_have_streams_of_their_own),
        TEST(test_a_reset_forgets_deleted_tables),
        TEST(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
