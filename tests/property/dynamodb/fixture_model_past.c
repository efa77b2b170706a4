/* The stream, record by record, and restores. */
#include "tests/property/dynamodb/fixture_model_past.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "emulators/wire/call.h"
#include "tests/property/dynamodb/fixture_model_reads.h"

#define PAUSE_US            SIM_US_PER_S
#define RESTORABLE_AFTER_US (600 * SIM_US_PER_S)
#define RESTORED_AFTER_US   (3600 * SIM_US_PER_S)

static void ask_streams(struct model_run *run, const char *operation, struct model_answer *answer,
                        const char *format, ...) PRINTF_LIKE(4, 5);
static void ask_streams(struct model_run *run, const char *operation, struct model_answer *answer,
                        const char *format, ...)
{
    struct sim_buffer json;
    va_list arguments;
    sim_buffer_init(&json);
    va_start(arguments, format);
    sim_buffer_vprintf(&json, format, arguments);
    va_end(arguments);
    model_ask(run, "dynamodbstreams", operation, &json, answer);
    model_expect(run, answer, NULL);
    sim_buffer_fini(&json);
}

void model_past_init(struct model_past *past, struct model_run *run)
{
    struct model_answer answer;
    *past = (struct model_past){0};
    for (unsigned key = 0; key < THING_KEYS; key++)
        past->mirror[key] = thing_none;
    ask_streams(run, "ListStreams", &answer, "{\"TableName\":\"tab\"}");
    const cJSON *stream = wire_member(answer.output, "Streams")->child;
    (void)snprintf(past->stream, sizeof past->stream, "%s", wire_text(stream, "StreamArn"));
    model_answer_fini(&answer);
}

/* --- the stream --- */

static void find_shards(struct model_past *past, struct model_run *run)
{
    char after[128] = "";
    do {
        struct model_answer answer;
        ask_streams(run, "DescribeStream", &answer, "{\"StreamArn\":\"%s\"%s}", past->stream,
                    after);
        const cJSON *description = wire_member(answer.output, "StreamDescription");
        const cJSON *shard = wire_member(description, "Shards")->child;
        for (; shard != NULL; shard = shard->next) {
            size_t i = 0;
            const char *id = wire_text(shard, "ShardId");
            while (i < past->shard_count && strcmp(past->shards[i].id, id) != 0)
                i++;
            if (i == MODEL_SHARDS)
                model_fail(run, "too many shards");
            if (i == past->shard_count)
                (void)snprintf(past->shards[past->shard_count++].id, sizeof past->shards[0].id,
                               "%s", id);
        }
        const char *last = wire_text(description, "LastEvaluatedShardId");
        after[0] = '\0';
        if (last != NULL)
            (void)snprintf(after, sizeof after, ",\"ExclusiveStartShardId\":\"%s\"", last);
        model_answer_fini(&answer);
    } while (after[0] != '\0');
}

static void take_record(struct model_past *past, struct model_run *run, const cJSON *record)
{
    const cJSON *change = wire_member(record, "dynamodb");
    const cJSON *image = wire_member(change, "NewImage");
    const char *event = wire_text(record, "eventName");
    struct thing now = thing_none;
    unsigned key = 0;
    unsigned new_key = 0;
    if (!thing_read_key(wire_member(change, "Keys"), &key))
        model_fail(run, "a record without its key");
    struct thing *mirror = &past->mirror[key];
    model_expect_item(run, wire_member(change, "OldImage"), key, mirror);
    if (image != NULL && (!thing_read(image, &new_key, &now) || new_key != key))
        model_fail(run, "item %u: not an image of it", key);
    if (thing_equal(mirror, &now))
        model_fail(run, "item %u: a record of no change", key);
    const char *expected = !mirror->exists ? "INSERT" : now.exists ? "MODIFY" : "REMOVE";
    if (strcmp(event, expected) != 0)
        model_fail(run, "item %u: %s instead of %s", key, event, expected);
    *mirror = now;
    past->record_count++;
}

static void read_shard(struct model_past *past, struct model_run *run, struct model_shard *shard)
{
    struct model_answer answer;
    char iterator[2048];
    if (shard->last[0] == '\0')
        ask_streams(run, "GetShardIterator", &answer,
                    "{\"StreamArn\":\"%s\",\"ShardId\":\"%s\",\"ShardIteratorType\":"
                    "\"TRIM_HORIZON\"}",
                    past->stream, shard->id);
    else
        ask_streams(run, "GetShardIterator", &answer,
                    "{\"StreamArn\":\"%s\",\"ShardId\":\"%s\",\"ShardIteratorType\":"
                    "\"AFTER_SEQUENCE_NUMBER\",\"SequenceNumber\":\"%s\"}",
                    past->stream, shard->id, shard->last);
    (void)snprintf(iterator, sizeof iterator, "%s", wire_text(answer.output, "ShardIterator"));
    model_answer_fini(&answer);
    bool is_at_end = false;
    while (!is_at_end) {
        ask_streams(run, "GetRecords", &answer, "{\"ShardIterator\":\"%s\"}", iterator);
        const cJSON *record = wire_member(answer.output, "Records")->child;
        is_at_end = record == NULL;
        for (; record != NULL; record = record->next) {
            take_record(past, run, record);
            (void)snprintf(shard->last, sizeof shard->last, "%s",
                           wire_text(wire_member(record, "dynamodb"), "SequenceNumber"));
        }
        const char *next = wire_text(answer.output, "NextShardIterator");
        shard->is_done = next == NULL;
        is_at_end = is_at_end || shard->is_done;
        if (next != NULL)
            (void)snprintf(iterator, sizeof iterator, "%s", next);
        model_answer_fini(&answer);
    }
}

void model_past_follow(struct model_past *past, struct model_run *run)
{
    find_shards(past, run);
    for (size_t i = 0; i < past->shard_count; i++) /* parents stand before their children */
        if (!past->shards[i].is_done)
            read_shard(past, run, &past->shards[i]);
    for (unsigned key = 0; key < THING_KEYS; key++)
        if (!thing_equal(&past->mirror[key], &run->things[key]))
            model_fail(run, "item %u of the stream is not the table's", key);
}

/* --- restores --- */

void model_past_snapshot(struct model_past *past, struct model_run *run)
{
    if (past->snapshot_count == MODEL_SNAPSHOTS)
        return;
    struct model_snapshot *snapshot = &past->snapshots[past->snapshot_count++];
    model_advance(run, PAUSE_US); /* moments are asked for in milliseconds */
    snapshot->at_us = sim_clock_now_us(run->core.clock);
    memcpy(snapshot->things, run->things, sizeof snapshot->things);
    model_advance(run, PAUSE_US);
}

void model_past_restore(struct model_past *past, struct model_run *run)
{
    struct model_answer answer;
    char name[32];
    model_advance(run, RESTORABLE_AFTER_US);
    for (size_t i = 0; i < past->snapshot_count; i++) {
        uint64_t at_ms = past->snapshots[i].at_us / 1000 + 1;
        model_ask_text(run, "RestoreTableToPointInTime", &answer,
                       "{'SourceTableName':'tab','TargetTableName':'restored%zu',"
                       "'RestoreDateTime':%llu.%03llu}",
                       i, (unsigned long long)(at_ms / 1000), (unsigned long long)(at_ms % 1000));
        model_expect(run, &answer, NULL);
        model_answer_fini(&answer);
    }
    model_advance(run, RESTORED_AFTER_US);
    for (size_t i = 0; i < past->snapshot_count; i++) {
        (void)snprintf(name, sizeof name, "restored%zu", i);
        model_compare_all(run, name, past->snapshots[i].things);
    }
}
