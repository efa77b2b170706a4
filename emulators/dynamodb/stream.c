#include "emulators/dynamodb/stream.h"

#include <stdlib.h>
#include <string.h>

#include "sim/core/buffer.h"

static const char *const view_names[] = {
    [DDB_STREAM_KEYS_ONLY] = "KEYS_ONLY",
    [DDB_STREAM_NEW_IMAGE] = "NEW_IMAGE",
    [DDB_STREAM_OLD_IMAGE] = "OLD_IMAGE",
    [DDB_STREAM_NEW_AND_OLD_IMAGES] = "NEW_AND_OLD_IMAGES",
};

const char *ddb_stream_view_name(enum ddb_stream_view view)
{
    return view_names[view];
}

enum ddb_stream_view ddb_stream_view_find(const char *name)
{
    for (size_t i = 0; name != NULL && i < ARRAY_LEN(view_names); i++) {
        if (strcmp(view_names[i], name) == 0)
            return (enum ddb_stream_view)i;
    }
    return DDB_STREAM_VIEW_COUNT;
}

bool ddb_stream_is_enabled(const struct ddb_table *table)
{
    return table->stream != NULL && table->stream->disabled_us == 0;
}

/* "shardId-", the time in ms with 20 digits, "-", 8 hex digits: ids sort in order of creation. */
static char *shard_id(struct ddb_table *table)
{
    char tail[9];
    sim_random_text(&table->ddb->stream_ids, "0123456789abcdef", tail, sizeof tail - 1);
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    sim_buffer_printf(&buffer, "shardId-%020llu-%s",
                      (unsigned long long)(ddb_now_us(table->ddb) / SIM_US_PER_MS), tail);
    return sim_buffer_take(&buffer);
}

/* Labels of one table must differ: a stream that follows within a millisecond is labelled later. */
static uint64_t label_time_us(const struct ddb_table *table)
{
    uint64_t now_us = ddb_now_us(table->ddb);
    uint64_t least_us = table->stream != NULL ? table->stream->created_us + SIM_US_PER_MS : 0;
    return now_us > least_us ? now_us : least_us;
}

void ddb_stream_enable(struct ddb_table *table, enum ddb_stream_view view)
{
    PRE(!ddb_stream_is_enabled(table));
    PRE(view < DDB_STREAM_VIEW_COUNT);
    struct ddb_stream *stream = sim_alloc(sizeof *stream);
    stream->view = view;
    stream->created_us = label_time_us(table);
    sim_clock_format(stream->created_us, stream->label);
    stream->label[strlen("2026-01-01T00:00:00.000")] = '\0'; /* without the zone */
    struct sim_buffer arn;
    sim_buffer_init(&arn);
    sim_buffer_printf(&arn, "%s/stream/%s", table->arn, stream->label);
    stream->arn = sim_buffer_take(&arn);
    stream->shard_id = shard_id(table);
    stream->first_sequence = table->log.last_sequence + 1;
    stream->older = table->stream;
    table->stream = stream;
}

void ddb_stream_disable(struct ddb_table *table)
{
    PRE(ddb_stream_is_enabled(table));
    table->stream->last_sequence = table->log.last_sequence;
    table->stream->disabled_us = ddb_now_us(table->ddb);
}

void ddb_stream_destroy(struct ddb_stream *stream)
{
    while (stream != NULL) {
        struct ddb_stream *older = stream->older;
        free(stream->arn);
        free(stream->shard_id);
        free(stream);
        stream = older;
    }
}
