#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/stream.h"
#include "emulators/dynamodb/stream_record.h"
#include "emulators/dynamodb/stream_shard.h"
#include "emulators/dynamodb/table_describe.h"

#define ITERATOR_LIFE_US (UINT64_C(15) * 60 * SIM_US_PER_S)
#define STREAMS_PER_PAGE 100
#define SHARDS_PER_PAGE  100
#define RECORDS_PER_PAGE 1000
#define CHANGES_PER_PAGE 5000 /* looked at, those that changed nothing included */
#define RECORD_BYTES_MAX ((size_t)1024 * 1024)

/* --- finding streams -----------------------------------------------------------------------------
 */

struct found_stream {
    struct ddb_table *table;
    struct ddb_stream *stream;
};

static struct ddb_stream *stream_of(const struct ddb_table *table, const char *arn)
{
    struct ddb_stream *stream = table->stream;
    while (stream != NULL && strcmp(stream->arn, arn) != 0)
        stream = stream->older;
    return stream != NULL && ddb_stream_is_readable(table, stream) ? stream : NULL;
}

/* Those of tables that were deleted under this name as well. */
static void look_for(const struct ddb_region *region, const struct wire_call *call, const char *arn,
                     const char *table_name, struct found_stream *found)
{
    found->table =
        ddb_table_find(ddb_region_find(region->ddb, call->region), call->account, table_name);
    found->stream = found->table != NULL ? stream_of(found->table, arn) : NULL;
    for (size_t i = 0; i < region->retired_count && found->stream == NULL; i++) {
        found->table = region->retired[i];
        if (strcmp(found->table->account, call->account) == 0)
            found->stream = stream_of(found->table, arn);
    }
}

static bool check_arn(const char *arn, struct ddb_fault *fault)
{
    return (strncmp(arn, "arn:aws:dynamodb:", strlen("arn:aws:dynamodb:")) == 0 &&
            strstr(arn, ":table/") != NULL && strstr(arn, "/stream/") != NULL) ||
           ddb_invalid(fault, "Invalid StreamArn");
}

static bool find_stream(struct ddb *ddb, const struct wire_call *call, const char *arn,
                        struct found_stream *found, struct ddb_fault *fault)
{
    const struct ddb_region *region = ddb_region_find(ddb, call->region);
    if (!check_arn(arn, fault))
        return false;
    *found = (struct found_stream){0};
    if (region != NULL)
        look_for(region, call, arn, ddb_table_name_of(fault->arena, arn), found);
    if (found->stream == NULL)
        return ddb_fail(fault, "ResourceNotFoundException",
                        "Requested resource not found: Stream: %s not found", arn);
    ddb_shards_advance(found->table, found->stream);
    return true;
}

static bool find_shard(const struct found_stream *found, const char *id,
                       const struct ddb_shard **shard, struct ddb_fault *fault)
{
    *shard = ddb_shard_find(found->stream, id);
    return *shard != NULL ||
           ddb_fail(fault, "ResourceNotFoundException",
                    "Requested resource not found: Shard: %s in Stream: %s not found", id,
                    found->stream->arn);
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

static void list_table(struct listing *listing, const struct wire_call *call, const char *only,
                       const struct ddb_table *table)
{
    if (strcmp(table->account, call->account) != 0 ||
        (only != NULL && strcmp(table->name, only) != 0))
        return;
    for (const struct ddb_stream *stream = table->stream; stream != NULL; stream = stream->older) {
        if (ddb_stream_is_readable(table, stream))
            list_stream(listing, table, stream);
    }
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
    const char *after = wire_text(call->input, "ExclusiveStartStreamArn");
    if (!check_limit(call->input, STREAMS_PER_PAGE, &fault) ||
        (after != NULL && !check_arn(after, &fault)))
        return ddb_answer_fault(call, &fault);
    const struct ddb_region *region = ddb_region_find(state, call->region);
    const char *only = wire_text(call->input, "TableName");
    cJSON *output = cJSON_CreateObject();
    struct listing listing = {
        .list = cJSON_AddArrayToObject(output, "Streams"),
        .after = after,
        .left = wire_integer(call->input, "Limit", STREAMS_PER_PAGE),
    };
    if (only != NULL)
        only = ddb_table_name_of(call->arena, only);
    for (size_t i = 0; region != NULL && i < region->table_count; i++)
        list_table(&listing, call, only, region->tables[i]);
    for (size_t i = 0; region != NULL && i < region->retired_count; i++)
        list_table(&listing, call, only, region->retired[i]);
    if (listing.is_cut)
        cJSON_AddStringToObject(output, "LastEvaluatedStreamArn", listing.last_arn);
    return wire_succeed(call, output);
}

static void add_shard(cJSON *shards, const struct ddb_shard *shard)
{
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddItemToArray(shards, entry);
    cJSON_AddStringToObject(entry, "ShardId", shard->id);
    cJSON *range = cJSON_AddObjectToObject(entry, "SequenceNumberRange");
    char number[DDB_SEQUENCE_TEXT_BYTES];
    ddb_sequence_format(shard->first_sequence, number);
    cJSON_AddStringToObject(range, "StartingSequenceNumber", number);
    if (shard->closed_us != 0) {
        ddb_sequence_format(ddb_shard_ending(shard), number);
        cJSON_AddStringToObject(range, "EndingSequenceNumber", number);
    }
    if (shard->parent_id[0] != '\0')
        cJSON_AddStringToObject(entry, "ParentShardId", shard->parent_id);
}

/* A page of the shards behind ExclusiveStartShardId, in the order of their ids; with a filter only
 * the children of one. */
static void add_shards(cJSON *description, const cJSON *input, const struct ddb_stream *stream)
{
    cJSON *shards = cJSON_AddArrayToObject(description, "Shards");
    const char *after = wire_text(input, "ExclusiveStartShardId");
    const char *parent = wire_text(wire_member(input, "ShardFilter"), "ShardId");
    int64_t left = wire_integer(input, "Limit", SHARDS_PER_PAGE);
    const char *last_id = NULL;
    for (size_t i = 0; i < stream->shard_count; i++) {
        const struct ddb_shard *shard = &stream->shards[i];
        if ((after != NULL && strcmp(shard->id, after) <= 0) ||
            (parent != NULL && strcmp(shard->parent_id, parent) != 0))
            continue;
        if (left-- == 0) {
            cJSON_AddStringToObject(description, "LastEvaluatedShardId", last_id);
            return;
        }
        add_shard(shards, shard);
        last_id = shard->id;
    }
}

static bool check_filter(const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *filter = wire_member(input, "ShardFilter");
    if (filter == NULL)
        return true;
    if (wire_text(filter, "Type") == NULL)
        return ddb_invalid(fault, "Type must be specified in ShardFilter");
    return wire_text(filter, "ShardId") != NULL ||
           ddb_invalid(fault, "ShardId must be specified for ShardFilterType CHILD_SHARDS");
}

enum wire_progress ddb_describe_stream(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct found_stream found;
    if (!check_limit(call->input, SHARDS_PER_PAGE, &fault) || !check_filter(call->input, &fault) ||
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

/* "<stream ARN>|2|<H or S>|<shard's number>|<next sequence>|<issued, µs>": H may skip what is
 * trimmed. */
struct iterator {
    const char *arn;
    bool is_horizon;
    uint64_t shard;
    uint64_t next_sequence;
    uint64_t issued_us;
};

static const char *print_iterator(struct sim_arena *arena, const struct iterator *iterator)
{
    return sim_arena_printf(arena, "%s|2|%c|%llu|%llu|%llu", iterator->arn,
                            iterator->is_horizon ? 'H' : 'S', (unsigned long long)iterator->shard,
                            (unsigned long long)iterator->next_sequence,
                            (unsigned long long)iterator->issued_us);
}

/* Digits up to end, which is passed. */
static bool parse_number(const char **text, char end, uint64_t *number)
{
    char *after = NULL;
    if (**text < '0' || **text > '9')
        return false;
    *number = strtoull(*text, &after, 10);
    if (*after != end)
        return false;
    *text = after + (end != '\0' ? 1 : 0);
    return true;
}

static bool parse_iterator(const char *text, struct iterator *iterator, struct ddb_fault *fault)
{
    const char *bar = strchr(text, '|');
    const char *mark = bar != NULL ? bar + strlen("|2|") : NULL;
    if (bar == NULL || strncmp(bar, "|2|", 3) != 0 || (*mark != 'H' && *mark != 'S') ||
        mark[1] != '|')
        return ddb_invalid(fault, "Invalid ShardIterator");
    iterator->arn = sim_arena_strndup(fault->arena, text, (size_t)(bar - text));
    iterator->is_horizon = *mark == 'H';
    const char *rest = mark + 2;
    return (parse_number(&rest, '|', &iterator->shard) &&
            parse_number(&rest, '|', &iterator->next_sequence) &&
            parse_number(&rest, '\0', &iterator->issued_us)) ||
           ddb_invalid(fault, "Invalid ShardIterator");
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

/* The last sequence whose record is too old to be read, with all before it. Another reader of the
 * log may keep such records for weeks. */
static enum sim_result find_trim_point(struct ddb_table *table, uint64_t *sequence,
                                       struct sim_error *error)
{
    uint64_t now_us = ddb_now_us(table->ddb);
    uint64_t old_us = now_us > DDB_CHANGE_RETENTION_US ? now_us - DDB_CHANGE_RETENTION_US : 0;
    return ddb_log_sequence_at(&table->log, old_us, sequence, error);
}

/* An open one reaches to the number that its next record may get. */
static bool is_in_shard(const struct ddb_table *table, const struct ddb_shard *shard,
                        uint64_t sequence)
{
    uint64_t last = shard->closed_us == 0 ? table->log.last_sequence + 1 : ddb_shard_ending(shard);
    return sequence >= shard->first_sequence && sequence <= last;
}

static enum wire_progress answer_trimmed(struct wire_call *call)
{
    return wire_fail(call, "TrimmedDataAccessException",
                     "The operation attempted to read past the oldest stream record in a shard.");
}

static enum wire_progress answer_iterator(struct wire_call *call, const struct iterator *iterator)
{
    cJSON *output = cJSON_CreateObject();
    cJSON_AddStringToObject(output, "ShardIterator", print_iterator(call->arena, iterator));
    return wire_succeed(call, output);
}

/* At or after a sequence number that the client names. */
static enum wire_progress iterate_from(struct wire_call *call, const struct found_stream *found,
                                       const struct ddb_shard *shard, uint64_t sequence,
                                       struct iterator *iterator)
{
    struct sim_error error;
    uint64_t trim_point = 0;
    if (!is_in_shard(found->table, shard, sequence))
        return wire_fail(call, "ValidationException", "Invalid SequenceNumber: %s",
                         wire_text(call->input, "SequenceNumber"));
    if (find_trim_point(found->table, &trim_point, &error) != RESULT_OK)
        return wire_fail_internal(call, &error);
    if (sequence <= trim_point)
        return answer_trimmed(call);
    bool is_at = strcmp(wire_text(call->input, "ShardIteratorType"), "AT_SEQUENCE_NUMBER") == 0;
    iterator->next_sequence = is_at ? sequence : sequence + 1;
    return answer_iterator(call, iterator);
}

enum wire_progress ddb_get_shard_iterator(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct found_stream found;
    const struct ddb_shard *shard = NULL;
    uint64_t sequence = 0;
    const char *type = wire_text(call->input, "ShardIteratorType");
    const char *arn = wire_text(call->input, "StreamArn");
    if (!read_sequence(call->input, type, &sequence, &fault) ||
        !find_stream(state, call, arn, &found, &fault) ||
        !find_shard(&found, wire_text(call->input, "ShardId"), &shard, &fault))
        return ddb_answer_fault(call, &fault);
    struct iterator iterator = {.arn = arn,
                                .shard = shard->number,
                                .issued_us = wire_now_us(call),
                                .next_sequence = shard->first_sequence};
    if (wire_member(call->input, "SequenceNumber") != NULL)
        return iterate_from(call, &found, shard, sequence, &iterator);
    iterator.is_horizon = strcmp(type, "TRIM_HORIZON") == 0;
    if (!iterator.is_horizon)
        iterator.next_sequence =
            (shard->closed_us != 0 ? shard->last_sequence : found.table->log.last_sequence) + 1;
    return answer_iterator(call, &iterator);
}

/* --- GetRecords ----------------------------------------------------------------------------------
 */

struct reading {
    struct found_stream found;
    const struct ddb_shard *shard;
    struct iterator *iterator;
    cJSON *records;
    int64_t left;
    size_t bytes;
    size_t looked_at;
    bool is_trimmed; /* what the iterator points to is no longer kept */
    bool is_at_end;  /* of what the shard holds now */
};

/* False at the end of the page. */
static bool take_change(struct reading *reading, const struct ddb_change *change,
                        struct sim_arena *arena)
{
    struct iterator *iterator = reading->iterator;
    if (reading->left == 0 || reading->bytes >= RECORD_BYTES_MAX ||
        ++reading->looked_at > CHANGES_PER_PAGE)
        return false;
    if (!change->is_unchanged) {
        size_t bytes = 0;
        cJSON_AddItemToArray(
            reading->records,
            ddb_stream_record(reading->found.table, reading->found.stream, change, arena, &bytes));
        reading->bytes += bytes;
        reading->left--;
    }
    iterator->next_sequence = change->sequence + 1;
    return true;
}

/* What is too old is skipped, or refused to who asked for it by number. */
static enum sim_result pass_trimmed(struct reading *reading, struct sim_error *error)
{
    struct iterator *iterator = reading->iterator;
    uint64_t trim_point = 0;
    enum sim_result result = find_trim_point(reading->found.table, &trim_point, error);
    if (result != RESULT_OK || iterator->next_sequence > trim_point)
        return result;
    reading->is_trimmed = !iterator->is_horizon;
    iterator->next_sequence = trim_point + 1;
    return RESULT_OK;
}

static enum sim_result read_records(struct reading *reading, struct sim_error *error)
{
    enum sim_result result = pass_trimmed(reading, error);
    bool goes_on = !reading->is_trimmed;
    while (result == RESULT_OK && goes_on) {
        struct sim_arena *arena = sim_arena_create();
        struct ddb_change change;
        bool found = false;
        uint64_t after = reading->iterator->next_sequence;
        result = ddb_shard_next(reading->found.table, reading->shard, after > 0 ? after - 1 : 0,
                                arena, &change, &found, error);
        reading->is_at_end = result == RESULT_OK && !found;
        goes_on = found && take_change(reading, &change, arena);
        sim_arena_destroy(arena);
    }
    return result;
}

/* A closed shard has nothing behind its last record. */
static bool has_more(const struct reading *reading)
{
    const struct ddb_shard *shard = reading->shard;
    return shard->closed_us == 0 ||
           (!reading->is_at_end && reading->iterator->next_sequence <= shard->last_sequence);
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
    if (wire_now_us(call) > iterator.issued_us &&
        wire_now_us(call) - iterator.issued_us > ITERATOR_LIFE_US)
        return wire_fail(call, "ExpiredIteratorException",
                         "Iterator expired. The iterator was "
                         "created at a time more than 15 "
                         "minutes ago.");
    reading.shard = ddb_shard_find_number(reading.found.stream, iterator.shard);
    if (reading.shard == NULL)
        return answer_trimmed(call);
    cJSON *output = cJSON_CreateObject();
    reading.records = cJSON_AddArrayToObject(output, "Records");
    enum sim_result result = read_records(&reading, &error);
    if (result != RESULT_OK || reading.is_trimmed) {
        cJSON_Delete(output);
        return result != RESULT_OK ? wire_fail_internal(call, &error) : answer_trimmed(call);
    }
    iterator.issued_us = wire_now_us(call);
    if (has_more(&reading))
        cJSON_AddStringToObject(output, "NextShardIterator",
                                print_iterator(call->arena, &iterator));
    return wire_succeed(call, output);
}
