#include "emulators/dynamodb/stream.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/stream_shard.h"
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

static uint64_t later_than(const struct ddb_table *table, uint64_t time_us)
{
    uint64_t least_us = table->stream != NULL ? table->stream->created_us + SIM_US_PER_MS : 0;
    return time_us > least_us ? time_us : least_us;
}

/* Labels must differ, also from those of a deleted table of this name: a stream that follows within
 * a millisecond is labelled later. */
static uint64_t label_time_us(const struct ddb_table *table)
{
    const struct ddb_region *region = table->home;
    uint64_t time_us = later_than(table, ddb_now_us(table->ddb));
    for (size_t i = 0; i < region->retired_count; i++)
        if (strcmp(region->retired[i]->arn, table->arn) == 0)
            time_us = later_than(region->retired[i], time_us);
    return time_us;
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
    ddb_shards_open(table, stream);
    stream->older = table->stream;
    table->stream = stream;
}

void ddb_stream_disable(struct ddb_table *table)
{
    PRE(ddb_stream_is_enabled(table));
    ddb_shards_close(table, table->stream);
    table->stream->disabled_us = ddb_now_us(table->ddb);
}

bool ddb_stream_is_readable(const struct ddb_table *table, const struct ddb_stream *stream)
{
    return stream->disabled_us == 0 ||
           ddb_now_us(table->ddb) - stream->disabled_us < DDB_CHANGE_RETENTION_US;
}

void ddb_stream_destroy(struct ddb_stream *stream)
{
    while (stream != NULL) {
        struct ddb_stream *older = stream->older;
        free(stream->arn);
        free(stream->shards);
        free(stream);
        stream = older;
    }
}
