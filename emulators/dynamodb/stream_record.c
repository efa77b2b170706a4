#include "emulators/dynamodb/stream_record.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/item_size.h"

#define SEQUENCE_DIGITS 21

void ddb_sequence_format(uint64_t sequence, char text[DDB_SEQUENCE_TEXT_BYTES])
{
    (void)snprintf(text, DDB_SEQUENCE_TEXT_BYTES, "1%020llu", (unsigned long long)sequence);
}

bool ddb_sequence_parse(const char *text, uint64_t *sequence)
{
    if (strlen(text) != SEQUENCE_DIGITS || text[0] != '1')
        return false;
    for (size_t i = 0; i < SEQUENCE_DIGITS; i++) {
        if (!isdigit((unsigned char)text[i]))
            return false;
    }
    *sequence = strtoull(text + 1, NULL, 10);
    return true;
}

/* 32 hex digits that are the same in every run: two FNV-1a hashes over stream and sequence. */
static const char *event_id(struct sim_arena *arena, const struct ddb_stream *stream,
                            uint64_t sequence)
{
    uint64_t halves[2] = {UINT64_C(14695981039346656037), UINT64_C(1099511628211) ^ sequence};
    for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
        for (const char *c = stream->arn; *c != '\0'; c++)
            halves[i] = (halves[i] ^ (unsigned char)*c) * UINT64_C(1099511628211);
        halves[i] = (halves[i] ^ sequence) * UINT64_C(1099511628211);
    }
    return sim_arena_printf(arena, "%016llx%016llx", (unsigned long long)halves[0],
                            (unsigned long long)halves[1]);
}

static size_t add_image(cJSON *object, const char *name, const char *text, const cJSON *item)
{
    if (text == NULL)
        return 0;
    cJSON_AddItemToObject(object, name, ddb_raw_item(text));
    return ddb_item_size_bytes(item);
}

static cJSON *parse(struct sim_arena *arena, const char *text)
{
    if (text == NULL)
        return NULL;
    cJSON *item = cJSON_Parse(text);
    ddb_defer_json(arena, item);
    return item;
}

cJSON *ddb_stream_record(const struct ddb_table *table, const struct ddb_stream *stream,
                         const struct ddb_change *change, struct sim_arena *arena, size_t *bytes)
{
    const cJSON *old_item = parse(arena, change->old_item);
    const cJSON *new_item = parse(arena, change->new_item);
    const char *event = old_item == NULL ? "INSERT" : new_item == NULL ? "REMOVE" : "MODIFY";
    bool has_new =
        stream->view == DDB_STREAM_NEW_IMAGE || stream->view == DDB_STREAM_NEW_AND_OLD_IMAGES;
    bool has_old =
        stream->view == DDB_STREAM_OLD_IMAGE || stream->view == DDB_STREAM_NEW_AND_OLD_IMAGES;
    char number[DDB_SEQUENCE_TEXT_BYTES];
    ddb_sequence_format(change->sequence, number);

    cJSON *record = cJSON_CreateObject();
    cJSON_AddStringToObject(record, "eventID", event_id(arena, stream, change->sequence));
    cJSON_AddStringToObject(record, "eventName", event);
    cJSON_AddStringToObject(record, "eventVersion", "1.1");
    cJSON_AddStringToObject(record, "eventSource", "aws:dynamodb");
    cJSON_AddStringToObject(record, "awsRegion", ddb_region_name(table));
    cJSON *body = cJSON_AddObjectToObject(record, "dynamodb");
    cJSON_AddNumberToObject(body, "ApproximateCreationDateTime",
                            (double)(change->committed_us / SIM_US_PER_S));
    cJSON *keys =
        ddb_key_extract(&table->definition->keys, new_item != NULL ? new_item : old_item, NULL);
    cJSON_AddItemToObject(body, "Keys", keys);
    *bytes = ddb_item_size_bytes(keys);
    if (has_new)
        *bytes += add_image(body, "NewImage", change->new_item, new_item);
    if (has_old)
        *bytes += add_image(body, "OldImage", change->old_item, old_item);
    cJSON_AddStringToObject(body, "SequenceNumber", number);
    cJSON_AddNumberToObject(body, "SizeBytes", (double)*bytes);
    cJSON_AddStringToObject(body, "StreamViewType", ddb_stream_view_name(stream->view));
    if (change->is_expired) {
        cJSON *identity = cJSON_AddObjectToObject(record, "userIdentity");
        cJSON_AddStringToObject(identity, "PrincipalId", "dynamodb.amazonaws.com");
        cJSON_AddStringToObject(identity, "Type", "Service");
    }
    return record;
}
