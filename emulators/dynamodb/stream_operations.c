#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/stream.h"
#include "emulators/dynamodb/stream_record.h"
#include "emulators/dynamodb/table_describe.h"

#define ITERATOR_LIFE_US (UINT64_C(15) * 60 * SIM_US_PER_S)
#define STREAMS_PER_PAGE 100
#define SHARDS_PER_PAGE  100
#define RECORDS_PER_PAGE 1000
#define RECORD_BYTES_MAX ((size_t)1024 * 1024)

/* --- finding streams -----------------------------------------------------------------------------
 */

static bool is_listed(const struct ddb_table *table, const struct ddb_stream *stream)
{
    return stream->disabled_us == 0 ||
           ddb_now_us(table->ddb) - stream->disabled_us < DDB_CHANGE_RETENTION_US;
}

struct found_stream {
    struct ddb_table *table;
    struct ddb_stream *stream;
};

static bool find_stream(struct ddb *ddb, const struct wire_call *call, const char *arn,
                        struct found_stream *found, struct ddb_fault *fault)
{
    if (strncmp(arn, "arn:aws:dynamodb:", strlen("arn:aws:dynamodb:")) != 0 ||
        strstr(arn, ":table/") == NULL || strstr(arn, "/stream/") == NULL)
        return ddb_invalid(fault, "Invalid StreamArn");
    found->table = ddb_table_find(ddb_region_find(ddb, call->region), call->account,
                                  ddb_table_name_of(fault->arena, arn));
    found->stream = found->table != NULL ? found->table->stream : NULL;
    while (found->stream != NULL && strcmp(found->stream->arn, arn) != 0)
        found->stream = found->stream->older;
    if (found->stream != NULL && is_listed(found->table, found->stream))
        return true;
    return ddb_fail(fault, "ResourceNotFoundException",
                    "Requested resource not found: Stream: %s not found", arn);
}

/* --- ListStreams, DescribeStream -----------------------------------------------------------------
 */

struct listing {
    cJSON *list;
    const char *after; /* ExclusiveStartStreamArn, until it was met; NULL: take all */
    int64_t left;
    const char *last_arn;
    bool is_cut;
};

static void list_stream(struct listing *listing, const struct ddb_table *table,
                        const struct ddb_stream *stream)
{
    if (listing->after != NULL) {
        if (strcmp(listing->after, stream->arn) == 0)
            listing->after = NULL;
        return;
    }
    if (listing->left == 0) {
        listing->is_cut = true;
        return;
    }
    listing->left--;
    listing->last_arn = stream->arn;
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddItemToArray(listing->list, entry);
    cJSON_AddStringToObject(entry, "StreamArn", stream->arn);
    cJSON_AddStringToObject(entry, "TableName", table->name);
    cJSON_AddStringToObject(entry, "StreamLabel", stream->label);
}

/* The model has the lower bound only. */
static bool check_limit(const cJSON *input, int64_t most, struct ddb_fault *fault)
{
    int64_t limit = wire_integer(input, "Limit", 1);
    return limit <= most ||
           ddb_invalid(fault,
                       "1 validation error detected: Value '%lld' at 'limit' failed to satisfy "
                       "constraint: Member must have value less than or equal to %lld",
                       (long long)limit, (long long)most);
}

enum wire_progress ddb_list_streams(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    if (!check_limit(call->input, STREAMS_PER_PAGE, &fault))
        return ddb_answer_fault(call, &fault);
    const struct ddb_region *region = ddb_region_find(state, call->region);
    const char *only = wire_text(call->input, "TableName");
    cJSON *output = cJSON_CreateObject();
    struct listing listing = {
        .list = cJSON_AddArrayToObject(output, "Streams"),
        .after = wire_text(call->input, "ExclusiveStartStreamArn"),
        .left = wire_integer(call->input, "Limit", STREAMS_PER_PAGE),
    };
    if (only != NULL)
        only = ddb_table_name_of(call->arena, only);
    for (size_t i = 0; region != NULL && i < region->table_count; i++) {
        const struct ddb_table *table = region->tables[i];
        if (strcmp(table->account, call->account) != 0 ||
            (only != NULL && strcmp(table->name, only) != 0))
            continue;
        for (const struct ddb_stream *stream = table->stream; stream != NULL;
             stream = stream->older) {
            if (is_listed(table, stream))
                list_stream(&listing, table, stream);
        }
    }
    if (listing.is_cut)
        cJSON_AddStringToObject(output, "LastEvaluatedStreamArn", listing.last_arn);
    return wire_succeed(call, output);
}

static void add_shards(cJSON *description, const cJSON *input, const struct ddb_stream *stream)
{
    cJSON *shards = cJSON_AddArrayToObject(description, "Shards");
    const char *after = wire_text(input, "ExclusiveStartShardId");
    bool wants_children = wire_member(input, "ShardFilter") != NULL; /* our shards have none */
    if (wants_children || (after != NULL && strcmp(after, stream->shard_id) >= 0))
        return;
    cJSON *shard = cJSON_CreateObject();
    cJSON_AddItemToArray(shards, shard);
    cJSON_AddStringToObject(shard, "ShardId", stream->shard_id);
    cJSON *range = cJSON_AddObjectToObject(shard, "SequenceNumberRange");
    char number[DDB_SEQUENCE_TEXT_BYTES];
    ddb_sequence_format(stream->first_sequence, number);
    cJSON_AddStringToObject(range, "StartingSequenceNumber", number);
    if (stream->disabled_us != 0) {
        ddb_sequence_format(stream->last_sequence, number);
        cJSON_AddStringToObject(range, "EndingSequenceNumber", number);
    }
}

enum wire_progress ddb_describe_stream(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct found_stream found;
    if (!check_limit(call->input, SHARDS_PER_PAGE, &fault) ||
        !find_stream(state, call, wire_text(call->input, "StreamArn"), &found, &fault))
        return ddb_answer_fault(call, &fault);
    const struct ddb_stream *stream = found.stream;
    cJSON *output = cJSON_CreateObject();
    cJSON *description = cJSON_AddObjectToObject(output, "StreamDescription");
    cJSON_AddStringToObject(description, "StreamArn", stream->arn);
    cJSON_AddStringToObject(description, "StreamLabel", stream->label);
    cJSON_AddStringToObject(description, "StreamStatus",
                            stream->disabled_us == 0 ? "ENABLED" : "DISABLED");
    cJSON_AddStringToObject(description, "StreamViewType", ddb_stream_view_name(stream->view));
    cJSON_AddNumberToObject(description, "CreationRequestDateTime",
                            ddb_json_time(stream->created_us));
    cJSON_AddStringToObject(description, "TableName", found.table->name);
    cJSON_AddItemToObject(
        description, "KeySchema",
        cJSON_Duplicate(wire_member(found.table->definition->spec, "KeySchema"), true));
    add_shards(description, call->input, stream);
    return wire_succeed(call, output);
}

/* --- iterators -----------------------------------------------------------------------------------
 */

/* "<stream ARN>|1|<H or S>|<next sequence>|<issued, µs>": H may skip what is trimmed. */
struct iterator {
    const char *arn;
    bool is_horizon;
    uint64_t next_sequence;
    uint64_t issued_us;
};

static const char *print_iterator(struct sim_arena *arena, const struct iterator *iterator)
{
    return sim_arena_printf(
        arena, "%s|1|%c|%llu|%llu", iterator->arn, iterator->is_horizon ? 'H' : 'S',
        (unsigned long long)iterator->next_sequence, (unsigned long long)iterator->issued_us);
}

static bool parse_iterator(const char *text, struct iterator *iterator, struct ddb_fault *fault)
{
    const char *bar = strchr(text, '|');
    const char *mark = bar != NULL ? bar + strlen("|1|") : NULL;
    if (bar == NULL || strncmp(bar, "|1|", 3) != 0 || (*mark != 'H' && *mark != 'S') ||
        mark[1] != '|')
        return ddb_invalid(fault, "Invalid ShardIterator");
    char *end = NULL;
    iterator->arn = sim_arena_strndup(fault->arena, text, (size_t)(bar - text));
    iterator->is_horizon = *mark == 'H';
    iterator->next_sequence = strtoull(mark + 2, &end, 10);
    if (*end != '|')
        return ddb_invalid(fault, "Invalid ShardIterator");
    iterator->issued_us = strtoull(end + 1, &end, 10);
    return *end == '\0' || ddb_invalid(fault, "Invalid ShardIterator");
}

static bool read_sequence(const cJSON *input, const char *type, uint64_t *sequence,
                          struct ddb_fault *fault)
{
    const char *text = wire_text(input, "SequenceNumber");
    bool needs_one =
        strcmp(type, "AT_SEQUENCE_NUMBER") == 0 || strcmp(type, "AFTER_SEQUENCE_NUMBER") == 0;
    if (needs_one && text == NULL)
        return ddb_invalid(fault, "SequenceNumber must be specified for ShardIteratorType %s",
                           type);
    if (!needs_one && text != NULL)
        return ddb_invalid(fault, "SequenceNumber must not be specified for ShardIteratorType %s",
                           type);
    return text == NULL || ddb_sequence_parse(text, sequence) ||
           ddb_invalid(fault, "Invalid SequenceNumber: %s", text);
}

enum wire_progress ddb_get_shard_iterator(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct found_stream found;
    uint64_t sequence = 0;
    const char *type = wire_text(call->input, "ShardIteratorType");
    const char *arn = wire_text(call->input, "StreamArn");
    const char *shard_id = wire_text(call->input, "ShardId");
    if (!read_sequence(call->input, type, &sequence, &fault) ||
        !find_stream(state, call, arn, &found, &fault))
        return ddb_answer_fault(call, &fault);
    if (strcmp(shard_id, found.stream->shard_id) != 0)
        return wire_fail(call, "ResourceNotFoundException",
                         "Requested resource not found: Shard: %s in Stream: %s not found",
                         shard_id, arn);
    struct iterator iterator = {.arn = arn, .issued_us = wire_now_us(call)};
    if (strcmp(type, "TRIM_HORIZON") == 0) {
        iterator.is_horizon = true;
        iterator.next_sequence = found.stream->first_sequence;
    } else if (strcmp(type, "LATEST") == 0) {
        iterator.next_sequence = found.table->log.last_sequence + 1;
    } else {
        iterator.next_sequence = strcmp(type, "AT_SEQUENCE_NUMBER") == 0 ? sequence : sequence + 1;
    }
    cJSON *output = cJSON_CreateObject();
    cJSON_AddStringToObject(output, "ShardIterator", print_iterator(call->arena, &iterator));
    return wire_succeed(call, output);
}

/* --- GetRecords ----------------------------------------------------------------------------------
 */

struct reading {
    struct found_stream found;
    struct iterator *iterator;
    cJSON *records;
    int64_t left;
    size_t bytes;
    bool is_trimmed; /* what the iterator points to is no longer kept */
};

static bool is_expired(const struct ddb_table *table, const struct ddb_change *change)
{
    return ddb_now_us(table->ddb) - change->committed_us >= DDB_CHANGE_RETENTION_US;
}

/* False at the end of the page. */
static bool take_change(struct reading *reading, const struct ddb_change *change,
                        struct sim_arena *arena)
{
    const struct ddb_stream *stream = reading->found.stream;
    struct iterator *iterator = reading->iterator;
    if (stream->disabled_us != 0 && change->sequence > stream->last_sequence)
        return false;
    bool is_old = is_expired(reading->found.table, change);
    if (is_old && !iterator->is_horizon) {
        reading->is_trimmed = true;
        return false;
    }
    if (!is_old && !change->is_unchanged) {
        if (reading->left == 0 || reading->bytes >= RECORD_BYTES_MAX)
            return false;
        size_t bytes = 0;
        cJSON_AddItemToArray(reading->records, ddb_stream_record(reading->found.table, stream,
                                                                 change, arena, &bytes));
        reading->bytes += bytes;
        reading->left--;
    }
    iterator->next_sequence = change->sequence + 1;
    return true;
}

/* Another reader may keep records for weeks: what is too old for a stream is not walked through. */
static enum sim_result skip_old(struct reading *reading, struct sim_error *error)
{
    struct iterator *iterator = reading->iterator;
    struct ddb_table *table = reading->found.table;
    uint64_t now_us = ddb_now_us(table->ddb);
    uint64_t old_us = now_us > DDB_CHANGE_RETENTION_US ? now_us - DDB_CHANGE_RETENTION_US : 0;
    uint64_t old_sequence = 0;
    enum sim_result result = RESULT_OK;
    if (!iterator->is_horizon)
        return RESULT_OK;
    result = ddb_log_sequence_at(&table->log, old_us, &old_sequence, error);
    if (result == RESULT_OK && iterator->next_sequence <= old_sequence)
        iterator->next_sequence = old_sequence + 1;
    return result;
}

static enum sim_result read_records(struct reading *reading, struct sim_error *error)
{
    struct ddb_change_log *log = &reading->found.table->log;
    enum sim_result result = skip_old(reading, error);
    uint64_t first = reading->iterator->next_sequence;
    if (result != RESULT_OK)
        return result;
    if (first < log->first_sequence && first <= log->last_sequence &&
        !reading->iterator->is_horizon) {
        reading->is_trimmed = true;
        return RESULT_OK;
    }
    bool found = true;
    while (result == RESULT_OK && found) {
        struct sim_arena *arena = sim_arena_create();
        struct ddb_change change;
        uint64_t after = reading->iterator->next_sequence;
        result = ddb_log_next(log, after > 0 ? after - 1 : 0, DDB_LOG_ALL, arena, &change, &found,
                              error);
        if (result == RESULT_OK && found)
            found = take_change(reading, &change, arena);
        sim_arena_destroy(arena);
    }
    return result;
}

/* A closed shard has nothing behind its last record. */
static bool has_more(const struct reading *reading)
{
    const struct ddb_stream *stream = reading->found.stream;
    return stream->disabled_us == 0 || reading->iterator->next_sequence <= stream->last_sequence;
}

enum wire_progress ddb_get_records(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct sim_error error;
    struct iterator iterator;
    struct reading reading = {.iterator = &iterator,
                              .left = wire_integer(call->input, "Limit", RECORDS_PER_PAGE)};
    if (!check_limit(call->input, RECORDS_PER_PAGE, &fault) ||
        !parse_iterator(wire_text(call->input, "ShardIterator"), &iterator, &fault) ||
        !find_stream(state, call, iterator.arn, &reading.found, &fault))
        return ddb_answer_fault(call, &fault);
    if (wire_now_us(call) > iterator.issued_us + ITERATOR_LIFE_US)
        return wire_fail(call, "ExpiredIteratorException",
                         "Iterator expired. The iterator was "
                         "created at a time more than 15 "
                         "minutes ago.");
    cJSON *output = cJSON_CreateObject();
    reading.records = cJSON_AddArrayToObject(output, "Records");
    enum sim_result result = read_records(&reading, &error);
    if (result != RESULT_OK || reading.is_trimmed) {
        cJSON_Delete(output);
        if (result != RESULT_OK)
            return wire_fail_internal(call, &error);
        return wire_fail(call, "TrimmedDataAccessException",
                         "The operation attempted to read past the oldest stream record in a "
                         "shard.");
    }
    iterator.issued_us = wire_now_us(call);
    if (has_more(&reading))
        cJSON_AddStringToObject(output, "NextShardIterator",
                                print_iterator(call->arena, &iterator));
    return wire_succeed(call, output);
}
