/* Whoever reads parents before children gets every change once, an item's changes in order.
 *
 * Random writes, transactions, pauses from nothing to two days, streams switched off and on, and
 * tables deleted and made again, with shards that roll over and split often. A consumer of the kind
 * that applications use (an iterator for each shard, children after their parents, lost iterators
 * made anew behind the last record) reads now and then. The oracle is a plain list of the changes.
 *
 * REGIONLAB_SEED=n plays one seed; REGIONLAB_LONG=1 plays ten times as many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/dynamodb.h"
#include "emulators/wire/dispatch.h"
#include "sim/core/buffer.h"

#define SEEDS       30
#define OPERATIONS  700
#define KEYS        25
#define CHANGES_MAX 20000
#define STREAMS_MAX 256
#define SHARDS_MAX  20000
#define REGION      "us-east-1"
#define MINUTE_US   (UINT64_C(60) * SIM_US_PER_S)
#define HOUR_US     (60 * MINUTE_US)
#define DAY_US      (24 * HOUR_US)

enum event { INSERT, MODIFY, REMOVE };
static const char *const event_names[] = {"INSERT", "MODIFY", "REMOVE"};

struct change { /* value tells changes apart: no two puts have the same */
    uint64_t at_us;
    size_t key;
    uint64_t value;
    enum event event;
    size_t stream;
    bool is_read;
};

struct shard {
    char id[80];
    char parent[80];
    char start[40];
    char end[40];  /* "": open */
    char last[40]; /* the last record's number */
    char iterator[512];
    size_t stream;
    bool is_begun;
    bool is_finished;
};

struct run {
    uint64_t seed;
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct ddb *ddb;
    struct sim_random random;
    uint64_t values[KEYS]; /* 0: no item */
    uint64_t last_value;
    bool is_streaming;
    char streams[STREAMS_MAX][160];
    size_t stream_count;
    struct change changes[CHANGES_MAX];
    size_t change_count;
    struct shard shards[SHARDS_MAX]; /* that the consumer knows */
    size_t shard_count;
    size_t newest_read[STREAMS_MAX][KEYS]; /* index of a change, plus one */
    size_t records_read;
    size_t splits_seen;
};

/* --- calls ---------------------------------------------------------------------------------------
 */

struct answer {
    cJSON *output; /* NULL: an error */
    char code[64];
};

static void take_answer(void *context, struct wire_call *call)
{
    struct answer *answer = context;
    if (call->outcome == WIRE_OK && call->output != NULL) {
        char *text = cJSON_PrintUnformatted(call->output); /* items are ready text in it */
        answer->output = cJSON_Parse(text);
        free(text);
    }
    if (call->outcome != WIRE_OK)
        snprintf(answer->code, sizeof answer->code, "%s",
                 call->error.code != NULL ? call->error.code : "?");
}

static struct answer ask(struct run *run, const char *service, const char *operation,
                         const char *format, ...) PRINTF_LIKE(4, 5);
static struct answer ask(struct run *run, const char *service, const char *operation,
                         const char *format, ...)
{
    struct sim_buffer json;
    va_list arguments;
    sim_buffer_init(&json);
    va_start(arguments, format);
    sim_buffer_vprintf(&json, format, arguments);
    va_end(arguments);
    for (char *c = json.data; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    cJSON *input = cJSON_Parse(json.data);
    if (input == NULL)
        fail_msg("seed %llu: bad JSON %s", (unsigned long long)run->seed, json.data);
    struct answer answer = {0};
    struct wire_request request = {
        .service = service, .operation = operation, .region = REGION, .input = input};
    wire_dispatch(run->dispatcher, &request, take_answer, &answer);
    cJSON_Delete(input);
    sim_buffer_fini(&json);
    return answer;
}

static void must(struct run *run, const char *what, struct answer answer)
{
    if (answer.code[0] != '\0')
        fail_msg("seed %llu: %s: %s", (unsigned long long)run->seed, what, answer.code);
    cJSON_Delete(answer.output);
}

static void ignore_done(void *context, uint64_t events_ran)
{
    (void)context;
    (void)events_ran;
}

static void advance(struct run *run, uint64_t us)
{
    struct sim_error error = {0};
    uint64_t at_us = sim_clock_now_us(run->core.clock) + us;
    if (sim_advance_start(run->core.advance, SIM_ADVANCE_TO_TIME, at_us, ignore_done, NULL,
                          &error) != RESULT_OK)
        fail_msg("seed %llu: %s", (unsigned long long)run->seed, error.message);
    while (sim_advance_continue(run->core.advance, 100000))
        ;
}

static uint64_t below(struct run *run, uint64_t bound)
{
    return sim_random_below(&run->random, bound);
}

/* --- what happens --------------------------------------------------------------------------------
 */

static void note(struct run *run, size_t key, uint64_t value, enum event event)
{
    if (!run->is_streaming)
        return;
    assert_true(run->change_count < CHANGES_MAX);
    run->changes[run->change_count++] = (struct change){.at_us = sim_clock_now_us(run->core.clock),
                                                        .key = key,
                                                        .value = value,
                                                        .event = event,
                                                        .stream = run->stream_count - 1};
}

static void note_put(struct run *run, size_t key)
{
    uint64_t value = ++run->last_value;
    note(run, key, value, run->values[key] == 0 ? INSERT : MODIFY);
    run->values[key] = value;
}

static void put(struct run *run, size_t key)
{
    must(run, "put",
         ask(run, "dynamodb", "PutItem",
             "{'TableName':'tab','Item':{'pk':{'N':'%zu'},'v':{'N':'%llu'}}}", key,
             (unsigned long long)(run->last_value + 1)));
    note_put(run, key);
}

static void put_the_same(struct run *run, size_t key)
{
    if (run->values[key] != 0)
        must(run, "put the same",
             ask(run, "dynamodb", "PutItem",
                 "{'TableName':'tab','Item':{'pk':{'N':'%zu'},'v':{'N':'%llu'}}}", key,
                 (unsigned long long)run->values[key]));
}

static void delete (struct run *run, size_t key)
{
    must(run, "delete",
         ask(run, "dynamodb", "DeleteItem", "{'TableName':'tab','Key':{'pk':{'N':'%zu'}}}", key));
    if (run->values[key] != 0)
        note(run, key, run->values[key], REMOVE);
    run->values[key] = 0;
}

/* Two items at once; every third time the second one's condition fails, and nothing happens. */
static void transact(struct run *run, size_t key)
{
    size_t other = (key + 1 + below(run, KEYS - 1)) % KEYS;
    bool fails = below(run, 3) == 0;
    struct answer answer =
        ask(run, "dynamodb", "TransactWriteItems",
            "{'TransactItems':[{'Put':{'TableName':'tab','Item':{'pk':{'N':'%zu'},'v':{'N':'%llu'}}"
            "}},{'Put':{'TableName':'tab','Item':{'pk':{'N':'%zu'},'v':{'N':'%llu'}}%s}}]}",
            key, (unsigned long long)(run->last_value + 1), other,
            (unsigned long long)(run->last_value + 2),
            fails ? ",'ConditionExpression':'attribute_exists(zz)'" : "");
    cJSON_Delete(answer.output);
    assert_int_equal(answer.code[0] != '\0', fails);
    if (fails)
        return;
    note_put(run, key);
    note_put(run, other);
}

static void learn_stream(struct run *run)
{
    struct answer answer = ask(run, "dynamodb", "DescribeTable", "{'TableName':'tab'}");
    assert_non_null(answer.output);
    assert_true(run->stream_count < STREAMS_MAX);
    snprintf(run->streams[run->stream_count], sizeof run->streams[0], "%s",
             wire_text(wire_member(answer.output, "Table"), "LatestStreamArn"));
    for (size_t i = 0; i < run->stream_count; i++)
        assert_string_not_equal(run->streams[i], run->streams[run->stream_count]);
    run->stream_count++;
    run->is_streaming = true;
    cJSON_Delete(answer.output);
}

static void create_table(struct run *run)
{
    must(run, "create",
         ask(run, "dynamodb", "CreateTable",
             "{'TableName':'tab','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':[{"
             "'AttributeName':'pk','AttributeType':'N'}],'KeySchema':[{'AttributeName':'pk',"
             "'KeyType':'HASH'}],'StreamSpecification':{'StreamEnabled':true,'StreamViewType':"
             "'NEW_AND_OLD_IMAGES'}}"));
    advance(run, SIM_US_PER_S);
    memset(run->values, 0, sizeof run->values);
    learn_stream(run);
}

static void delete_table(struct run *run)
{
    must(run, "delete table", ask(run, "dynamodb", "DeleteTable", "{'TableName':'tab'}"));
    run->is_streaming = false;
    advance(run, below(run, 2) * SIM_US_PER_S);
    advance(run, 0);
    create_table(run);
}

static void toggle_stream(struct run *run)
{
    if (run->is_streaming) {
        must(run, "disable",
             ask(run, "dynamodb", "UpdateTable",
                 "{'TableName':'tab','StreamSpecification':{'StreamEnabled':false}}"));
        run->is_streaming = false;
    } else {
        must(run, "enable",
             ask(run, "dynamodb", "UpdateTable",
                 "{'TableName':'tab','StreamSpecification':{'StreamEnabled':true,"
                 "'StreamViewType':'NEW_AND_OLD_IMAGES'}}"));
        learn_stream(run);
    }
    advance(run, SIM_US_PER_S);
}

/* --- the consumer --------------------------------------------------------------------------------
 */

static struct shard *find_shard(struct run *run, size_t stream, const char *id)
{
    for (size_t i = 0; i < run->shard_count; i++)
        if (run->shards[i].stream == stream && strcmp(run->shards[i].id, id) == 0)
            return &run->shards[i];
    return NULL;
}

static void learn_shard(struct run *run, size_t stream, const cJSON *entry)
{
    const cJSON *range = wire_member(entry, "SequenceNumberRange");
    const char *end = wire_text(range, "EndingSequenceNumber");
    const char *parent = wire_text(entry, "ParentShardId");
    struct shard *shard = find_shard(run, stream, wire_text(entry, "ShardId"));
    if (shard == NULL) {
        assert_true(run->shard_count < SHARDS_MAX);
        shard = &run->shards[run->shard_count++];
        *shard = (struct shard){.stream = stream};
        snprintf(shard->id, sizeof shard->id, "%s", wire_text(entry, "ShardId"));
        snprintf(shard->parent, sizeof shard->parent, "%s", parent != NULL ? parent : "");
        snprintf(shard->start, sizeof shard->start, "%s",
                 wire_text(range, "StartingSequenceNumber"));
    }
    snprintf(shard->end, sizeof shard->end, "%s", end != NULL ? end : "");
    assert_true(end == NULL || strcmp(shard->start, end) <= 0);
    const struct shard *known = parent != NULL ? find_shard(run, stream, parent) : NULL;
    if (known != NULL && known->end[0] != '\0') { /* an empty parent has its child's first number */
        bool is_empty = strcmp(known->start, known->end) == 0;
        int order = strcmp(known->end, shard->start);
        assert_true(order < 0 || (is_empty && order == 0));
    }
}

/* All shards of a stream, by pages; false when it is gone. */
static bool discover(struct run *run, size_t stream)
{
    char after[100] = "";
    char previous[80] = "";
    unsigned limit = 1 + (unsigned)below(run, 5);
    do {
        struct answer answer =
            after[0] == '\0' ? ask(run, "dynamodbstreams", "DescribeStream",
                                   "{'StreamArn':'%s','Limit':%u}", run->streams[stream], limit)
                             : ask(run, "dynamodbstreams", "DescribeStream",
                                   "{'StreamArn':'%s','Limit':%u,'ExclusiveStartShardId':'%s'}",
                                   run->streams[stream], limit, after);
        if (answer.output == NULL)
            return false;
        const cJSON *description = wire_member(answer.output, "StreamDescription");
        const cJSON *entry = NULL;
        cJSON_ArrayForEach(entry, wire_member(description, "Shards"))
        {
            assert_true(strcmp(previous, wire_text(entry, "ShardId")) < 0);
            snprintf(previous, sizeof previous, "%s", wire_text(entry, "ShardId"));
            learn_shard(run, stream, entry);
        }
        const char *last = wire_text(description, "LastEvaluatedShardId");
        snprintf(after, sizeof after, "%s", last != NULL ? last : "");
        cJSON_Delete(answer.output);
    } while (after[0] != '\0');
    return true;
}

static void check_record(struct run *run, struct shard *shard, const cJSON *record)
{
    const cJSON *body = wire_member(record, "dynamodb");
    const char *number = wire_text(body, "SequenceNumber");
    bool is_removal = strcmp(wire_text(record, "eventName"), "REMOVE") == 0;
    const cJSON *image = wire_member(body, is_removal ? "OldImage" : "NewImage");
    uint64_t value = strtoull(wire_text(wire_member(image, "v"), "N"), NULL, 10);
    size_t key =
        (size_t)strtoull(wire_text(wire_member(wire_member(body, "Keys"), "pk"), "N"), NULL, 10);
    assert_true(strcmp(shard->start, number) <= 0 && strcmp(shard->last, number) < 0);
    assert_true(shard->end[0] == '\0' || strcmp(number, shard->end) <= 0);
    snprintf(shard->last, sizeof shard->last, "%s", number);
    size_t at = 0;
    while (at < run->change_count &&
           (run->changes[at].value != value || (run->changes[at].event == REMOVE) != is_removal))
        at++;
    assert_true(at < run->change_count);
    struct change *change = &run->changes[at];
    assert_int_equal(change->key, key);
    assert_int_equal(change->stream, shard->stream);
    assert_string_equal(wire_text(record, "eventName"), event_names[change->event]);
    assert_false(change->is_read);
    assert_true(sim_clock_now_us(run->core.clock) - change->at_us < DAY_US);
    assert_true(run->newest_read[shard->stream][key] < at + 1);
    run->newest_read[shard->stream][key] = at + 1;
    change->is_read = true;
    run->records_read++;
}

/* At the shard's start, or behind the last record that was read. False when it is gone. */
static bool open_iterator(struct run *run, struct shard *shard)
{
    bool is_resumed = shard->last[0] != '\0';
    struct answer answer = {0};
    if (is_resumed)
        answer = ask(run, "dynamodbstreams", "GetShardIterator",
                     "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':"
                     "'AFTER_SEQUENCE_NUMBER','SequenceNumber':'%s'}",
                     run->streams[shard->stream], shard->id, shard->last);
    if (!is_resumed || strcmp(answer.code, "TrimmedDataAccessException") == 0)
        answer = ask(run, "dynamodbstreams", "GetShardIterator",
                     "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'TRIM_HORIZON'}",
                     run->streams[shard->stream], shard->id);
    if (answer.output == NULL) {
        assert_string_equal(answer.code, "ResourceNotFoundException");
        return false;
    }
    snprintf(shard->iterator, sizeof shard->iterator, "%s",
             wire_text(answer.output, "ShardIterator"));
    cJSON_Delete(answer.output);
    return true;
}

/* One page; true when there may be more at once. */
static bool read_page(struct run *run, struct shard *shard)
{
    struct answer answer =
        ask(run, "dynamodbstreams", "GetRecords", "{'ShardIterator':'%s','Limit':%u}",
            shard->iterator, 1 + (unsigned)below(run, 12));
    if (answer.output == NULL) {
        if (strcmp(answer.code, "ExpiredIteratorException") != 0 &&
            strcmp(answer.code, "ResourceNotFoundException") != 0)
            assert_string_equal(answer.code, "TrimmedDataAccessException");
        shard->is_finished = !open_iterator(run, shard);
        return !shard->is_finished;
    }
    const cJSON *record = NULL;
    const cJSON *records = wire_member(answer.output, "Records");
    bool has_records = cJSON_GetArraySize(records) > 0;
    cJSON_ArrayForEach(record, records)
    {
        check_record(run, shard, record);
    }
    const char *next = wire_text(answer.output, "NextShardIterator");
    assert_true(next != NULL || shard->end[0] != '\0'); /* an open one never ends */
    shard->is_finished = next == NULL;
    snprintf(shard->iterator, sizeof shard->iterator, "%s", next != NULL ? next : "");
    cJSON_Delete(answer.output);
    return has_records && !shard->is_finished;
}

static bool is_ready(struct run *run, const struct shard *shard)
{
    const struct shard *parent = find_shard(run, shard->stream, shard->parent);
    return !shard->is_finished && (parent == NULL || parent->is_finished);
}

/* True: it moved on. */
static bool read_shard(struct run *run, struct shard *shard, bool is_patient)
{
    if (!is_ready(run, shard))
        return false;
    size_t read_before = run->records_read;
    if (!shard->is_begun)
        shard->is_finished = !open_iterator(run, shard);
    shard->is_begun = true;
    while (!shard->is_finished && read_page(run, shard) && is_patient)
        ;
    /* an empty page of a closed shard may be followed by its end */
    for (int i = 0; is_patient && shard->end[0] != '\0' && !shard->is_finished && i < 3; i++)
        (void)read_page(run, shard);
    return run->records_read > read_before || shard->is_finished;
}

static void count_splits(struct run *run)
{
    for (size_t i = 1; i < run->shard_count; i++)
        if (run->shards[i].parent[0] != '\0' &&
            run->shards[i].stream == run->shards[i - 1].stream &&
            strcmp(run->shards[i].parent, run->shards[i - 1].parent) == 0)
            run->splits_seen++;
}

/* is_patient: until nothing more comes; then every change that is still kept was read. */
static void consume(struct run *run, bool is_patient)
{
    bool moves = true;
    for (size_t i = 0; i < run->stream_count; i++) {
        bool is_there = discover(run, i);
        for (size_t k = 0; !is_there && k < run->shard_count; k++)
            run->shards[k].is_finished |= run->shards[k].stream == i;
    }
    while (moves) {
        moves = false;
        for (size_t i = 0; i < run->shard_count; i++)
            moves |= read_shard(run, &run->shards[i], is_patient) && is_patient;
    }
    for (size_t i = 0; is_patient && i < run->change_count; i++) {
        const struct change *change = &run->changes[i];
        bool is_kept = sim_clock_now_us(run->core.clock) - change->at_us < DAY_US;
        if (is_kept && !change->is_read)
            fail_msg("seed %llu: change %zu of item %zu in stream %zu was never told",
                     (unsigned long long)run->seed, i, change->key, change->stream);
    }
}

/* Another consumer, which knows nothing yet. */
static void forget_consumer(struct run *run)
{
    run->shard_count = 0;
    memset(run->newest_read, 0, sizeof run->newest_read);
    for (size_t i = 0; i < run->change_count; i++)
        run->changes[i].is_read = false;
}

/* --- the whole -----------------------------------------------------------------------------------
 */

static void pause_a_while(struct run *run)
{
    static const uint64_t longest_us[] = {MINUTE_US,   2 * MINUTE_US, 2 * MINUTE_US, 30 * MINUTE_US,
                                          5 * HOUR_US, 12 * HOUR_US,  2 * DAY_US};
    advance(run, below(run, longest_us[below(run, ARRAY_LEN(longest_us))]));
}

static void act(struct run *run)
{
    size_t key = below(run, KEYS);
    uint64_t dice = below(run, 1000);
    if (dice < 560)
        put(run, key);
    else if (dice < 660)
        delete (run, key);
    else if (dice < 710)
        put_the_same(run, key);
    else if (dice < 790)
        transact(run, key);
    else if (dice < 920)
        pause_a_while(run);
    else if (dice < 960)
        consume(run, false);
    else if (dice < 980)
        consume(run, true);
    else if (dice < 994)
        toggle_stream(run);
    else
        delete_table(run);
}

static void setup(struct run *run)
{
    struct sim_core_options options = {.seed = run->seed, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    struct sim_error error;
    struct sim_region *region = NULL;
    sim_core_init(&run->core, &options);
    assert_int_equal(sim_network_add_region(run->core.network, REGION, true, &region, &error),
                     RESULT_OK);
    run->dispatcher = wire_dispatcher_create(&run->core);
    assert_int_equal(ddb_create(wire_dispatcher_host(run->dispatcher), &run->ddb, &error),
                     RESULT_OK);
    sim_random_init(&run->random, run->seed, "test/stream-shards");
    const struct ddb_shard_rules rules = {.life_us = HOUR_US + below(run, 4 * HOUR_US),
                                          .window_us = MINUTE_US,
                                          .window_records = 3 + below(run, 8),
                                          .first_count = 1 + below(run, 3)};
    ddb_set_shard_rules(run->ddb, &rules);
}

static void play(uint64_t seed, size_t *records, size_t *splits)
{
    struct run *run = sim_alloc(sizeof *run);
    run->seed = seed;
    setup(run);
    create_table(run);
    for (size_t i = 0; i < OPERATIONS; i++)
        act(run);
    consume(run, true);
    *records += run->records_read;
    count_splits(run);
    *splits += run->splits_seen;
    forget_consumer(run);
    consume(run, true);
    ddb_destroy(run->ddb);
    wire_dispatcher_destroy(run->dispatcher);
    sim_core_fini(&run->core);
    free(run);
}

static void test_a_consumer_reads_every_change_once(void **state)
{
    const char *one = getenv("REGIONLAB_SEED");
    size_t seeds = getenv("REGIONLAB_LONG") != NULL ? 10 * SEEDS : SEEDS;
    size_t records = 0;
    size_t splits = 0;
    if (one != NULL) {
        play(strtoull(one, NULL, 10), &records, &splits);
        return;
    }
    for (size_t i = 0; i < seeds; i++)
        play(i + 1, &records, &splits);
    printf("%zu records, %zu splits\n", records, splits);
    assert_true(records > 100 * seeds); /* else the play has lost its point */
    assert_true(splits > seeds);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_consumer_reads_every_change_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
