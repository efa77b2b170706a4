/* DynamoDB Streams: what a reader of a table's changes gets, and when it gets nothing more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/buffer.h"
#include "tests/unit/dynamodb/fixture_world.h"

#define STREAMS "dynamodbstreams"
#define TAB     "'TableName':'tab'"
#define HOUR_US (UINT64_C(3600) * SIM_US_PER_S)

struct reader {
    char arn[256];
    char shard[80];
    char iterator[512];
};

static void copy(char *to, size_t bytes, const char *from)
{
    assert_non_null(from);
    size_t length = strlen(from);
    assert_true(length < bytes);
    memcpy(to, from, length + 1);
}

static cJSON *call(struct world *world, const char *operation, const char *format, ...)
    PRINTF_LIKE(3, 4);
static cJSON *call(struct world *world, const char *operation, const char *format, ...)
{
    struct sim_buffer json;
    char error[WORLD_ERROR_BYTES] = "";
    va_list arguments;
    sim_buffer_init(&json);
    va_start(arguments, format);
    sim_buffer_vprintf(&json, format, arguments);
    va_end(arguments);
    cJSON *output = world_call_service(world, STREAMS, EAST, operation, json.data, error);
    if (output == NULL)
        fail_msg("%s %s: %s", operation, json.data, error);
    sim_buffer_fini(&json);
    return output;
}

static void make_streamed_table(struct world *world, const char *view)
{
    struct sim_buffer json;
    sim_buffer_init(&json);
    sim_buffer_printf(&json,
                      "{" TAB ",'BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':[{"
                      "'AttributeName':'id','AttributeType':'S'}],'KeySchema':[{'AttributeName':"
                      "'id','KeyType':'HASH'}],'StreamSpecification':{'StreamEnabled':true,"
                      "'StreamViewType':'%s'}}",
                      view);
    world_expect_in("create", world_say(world, EAST, "CreateTable", json.data), "LatestStreamArn");
    sim_buffer_fini(&json);
    world_idle(world);
}

static void open_reader(struct world *world, struct reader *reader, const char *type)
{
    cJSON *streams = call(world, "ListStreams", "{" TAB "}");
    const cJSON *stream = wire_member(streams, "Streams")->child;
    copy(reader->arn, sizeof reader->arn, wire_text(stream, "StreamArn"));
    cJSON_Delete(streams);
    cJSON *description = call(world, "DescribeStream", "{'StreamArn':'%s'}", reader->arn);
    const cJSON *shards = wire_member(wire_member(description, "StreamDescription"), "Shards");
    copy(reader->shard, sizeof reader->shard, wire_text(shards->child, "ShardId"));
    cJSON_Delete(description);
    cJSON *iterator = call(world, "GetShardIterator",
                           "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'%s'}",
                           reader->arn, reader->shard, type);
    copy(reader->iterator, sizeof reader->iterator, wire_text(iterator, "ShardIterator"));
    cJSON_Delete(iterator);
}

/* The answer of GetRecords; the reader moves on. */
static const char *read_on(struct world *world, struct reader *reader, int limit)
{
    struct sim_buffer json;
    sim_buffer_init(&json);
    sim_buffer_printf(&json, "{'ShardIterator':'%s','Limit':%d}", reader->iterator, limit);
    const char *said = world_say_stream(world, EAST, "GetRecords", json.data);
    sim_buffer_fini(&json);
    const char *next = strstr(said, "'NextShardIterator':'");
    reader->iterator[0] = '\0';
    if (next != NULL) {
        next += strlen("'NextShardIterator':'");
        size_t length = strcspn(next, "'");
        assert_true(length < sizeof reader->iterator);
        memcpy(reader->iterator, next, length);
        reader->iterator[length] = '\0';
    }
    return said;
}

static void put(struct world *world, const char *id)
{
    struct sim_buffer json;
    sim_buffer_init(&json);
    sim_buffer_printf(&json, "{" TAB ",'Item':{'id':{'S':'%s'}}}", id);
    assert_string_equal(world_say(world, EAST, "PutItem", json.data), "{}");
    sim_buffer_fini(&json);
}

static void test_views_show_what_they_promise(void **state)
{
    static const struct {
        const char *view;
        const char *wanted; /* of the second change */
    } cases[] = {
        {"KEYS_ONLY", "'Keys':{'id':{'S':'a'}},'SequenceNumber':'100000000000000000002',"
                      "'SizeBytes':3,'StreamViewType':'KEYS_ONLY'}"},
        {"NEW_IMAGE", "'Keys':{'id':{'S':'a'}},'NewImage':{'id':{'S':'a'},'v':{'N':'2'}},"
                      "'SequenceNumber':'100000000000000000002','SizeBytes':9"},
        {"OLD_IMAGE", "'Keys':{'id':{'S':'a'}},'OldImage':{'id':{'S':'a'}},"
                      "'SequenceNumber':'100000000000000000002','SizeBytes':6"},
        {"NEW_AND_OLD_IMAGES",
         "'NewImage':{'id':{'S':'a'},'v':{'N':'2'}},'OldImage':{'id':{'S':'a'}}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct reader reader;
        void *own = NULL;
        world_setup(&own);
        make_streamed_table(own, cases[i].view);
        open_reader(own, &reader, "TRIM_HORIZON");
        put(own, "a");
        world_expect_in("update",
                        world_say(own, EAST, "UpdateItem",
                                  "{" TAB ",'Key':{'id':{'S':'a'}},'UpdateExpression':'SET v = :v',"
                                  "'ExpressionAttributeValues':{':v':{'N':'2'}}}"),
                        "{}");
        world_expect_in("insert", read_on(own, &reader, 1),
                        "'eventName':'INSERT','eventVersion':'1.1','eventSource':'aws:dynamodb',"
                        "'awsRegion':'us-east-1','dynamodb':{'ApproximateCreationDateTime':");
        const char *said = read_on(own, &reader, 1);
        world_expect_in(cases[i].view, said, "'eventName':'MODIFY'");
        world_expect_in(cases[i].view, said, cases[i].wanted);
        world_expect_in("nothing more", read_on(own, &reader, 10), "{'Records':[]");
        world_teardown(&own);
    }
    (void)state;
}

static void test_positions(void **state)
{
    struct world *world = *state;
    struct reader reader;
    make_streamed_table(world, "KEYS_ONLY");
    put(world, "one");
    put(world, "two");
    open_reader(world, &reader, "LATEST");
    put(world, "three");
    world_expect_in("LATEST", read_on(world, &reader, 10), "'three'");
    static const struct {
        const char *type;
        const char *wanted;
    } cases[] = {
        {"AT_SEQUENCE_NUMBER", "{'Records':[{'eventID'"},
        {"AFTER_SEQUENCE_NUMBER", "'three'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cJSON *iterator = call(world, "GetShardIterator",
                               "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'%s',"
                               "'SequenceNumber':'100000000000000000002'}",
                               reader.arn, reader.shard, cases[i].type);
        copy(reader.iterator, sizeof reader.iterator, wire_text(iterator, "ShardIterator"));
        cJSON_Delete(iterator);
        const char *said = read_on(world, &reader, 10);
        world_expect_in(cases[i].type, said, cases[i].wanted);
        assert_true((strstr(said, "'two'") != NULL) == (i == 0));
    }
}

static void test_what_is_refused(void **state)
{
    static const struct {
        const char *name;
        const char *operation;
        const char *format; /* with the stream's ARN */
        const char *wanted;
    } cases[] = {
        {"not an ARN", "DescribeStream", "{'StreamArn':'%.0sthis-is-not-a-stream-arn-but-long'}",
         "ValidationException"},
        {"an unknown stream", "DescribeStream", "{'StreamArn':'%sx'}",
         "ResourceNotFoundException: Requested resource not found: Stream: "},
        {"an unknown shard", "GetShardIterator",
         "{'StreamArn':'%s','ShardId':'shardId-00000000000000000000-aaaa','ShardIteratorType':"
         "'LATEST'}",
         "ResourceNotFoundException"},
        {"a position without its number", "GetShardIterator",
         "{'StreamArn':'%s','ShardId':'shardId-00000000000000000000-aaaa','ShardIteratorType':"
         "'AT_SEQUENCE_NUMBER'}",
         "ValidationException"},
        {"a number without a position", "GetShardIterator",
         "{'StreamArn':'%s','ShardId':'shardId-00000000000000000000-aaaa','ShardIteratorType':"
         "'LATEST','SequenceNumber':'100000000000000000002'}",
         "ValidationException"},
        {"a bad iterator", "GetRecords", "{'ShardIterator':'%s|1|X|1|1'}", "ValidationException"},
        {"a cut iterator", "GetRecords", "{'ShardIterator':'%s|1|H|1'}", "ValidationException"},
        {"a limit of 0", "GetRecords", "{'ShardIterator':'%s|1|H|1|1','Limit':0}",
         "ValidationException"},
    };
    struct world *world = *state;
    struct reader reader;
    make_streamed_table(world, "KEYS_ONLY");
    open_reader(world, &reader, "LATEST");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_buffer json;
        sim_buffer_init(&json);
        const char *place = strstr(cases[i].format, "%s");
        if (place != NULL)
            sim_buffer_printf(&json, "%.*s%s%s", (int)(place - cases[i].format), cases[i].format,
                              reader.arn, place + 2);
        else
            sim_buffer_append_text(&json,
                                   "{'StreamArn':'this-is-not-a-stream-arn-but-it-is-long'}");
        world_expect_in(cases[i].name, world_say_stream(world, EAST, cases[i].operation, json.data),
                        cases[i].wanted);
        sim_buffer_fini(&json);
    }
}

static void test_iterators_expire_and_records_are_trimmed(void **state)
{
    struct world *world = *state;
    struct reader early;
    struct reader late;
    world_keep_shards(world);
    make_streamed_table(world, "KEYS_ONLY");
    put(world, "old");
    open_reader(world, &early, "TRIM_HORIZON");
    world_advance(world, 15 * 60 * SIM_US_PER_S + 1);
    world_expect_in("15 minutes later", read_on(world, &early, 10), "ExpiredIteratorException");
    world_advance(world, 24 * HOUR_US);
    put(world, "new");
    open_reader(world, &late, "TRIM_HORIZON");
    const char *said = read_on(world, &late, 10);
    world_expect_in("a day later", said, "'new'");
    assert_null(strstr(said, "'old'"));
    struct sim_buffer json;
    sim_buffer_init(&json);
    sim_buffer_printf(&json,
                      "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'AT_SEQUENCE_NUMBER',"
                      "'SequenceNumber':'100000000000000000001'}",
                      late.arn, late.shard);
    world_expect_in("a trimmed position",
                    world_say_stream(world, EAST, "GetShardIterator", json.data),
                    "TrimmedDataAccessException");
    sim_buffer_fini(&json);
}

static void test_a_disabled_stream_ends(void **state)
{
    struct world *world = *state;
    struct reader reader;
    make_streamed_table(world, "KEYS_ONLY");
    put(world, "in");
    open_reader(world, &reader, "TRIM_HORIZON");
    world_expect_in("disable",
                    world_say(world, EAST, "UpdateTable",
                              "{" TAB ",'StreamSpecification':{'StreamEnabled':false}}"),
                    "UPDATING");
    world_idle(world);
    put(world, "out");
    const char *said = read_on(world, &reader, 10);
    world_expect_in("what it had", said, "'in'");
    assert_null(strstr(said, "'out'"));
    assert_null(strstr(said, "NextShardIterator"));
    cJSON *description = call(world, "DescribeStream", "{'StreamArn':'%s'}", reader.arn);
    char *text = cJSON_PrintUnformatted(description);
    world_expect_in("closed", text, "\"EndingSequenceNumber\":\"100000000000000000001\"");
    world_expect_in("closed", text, "\"StreamStatus\":\"DISABLED\"");
    free(text);
    cJSON_Delete(description);
    world_expect_in("enable again",
                    world_say(world, EAST, "UpdateTable",
                              "{" TAB ",'StreamSpecification':{'StreamEnabled':true,"
                              "'StreamViewType':'NEW_IMAGE'}}"),
                    "UPDATING");
    cJSON *streams = call(world, "ListStreams", "{}");
    assert_int_equal(cJSON_GetArraySize(wire_member(streams, "Streams")), 2);
    cJSON_Delete(streams);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views_show_what_they_promise),
        TEST(test_positions),
        TEST(test_what_is_refused),
        TEST(test_iterators_expire_and_records_are_trimmed),
        TEST(test_a_disabled_stream_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
