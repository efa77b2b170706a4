#include "emulators/dynamodb/stream.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/saved_json.h"
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

/* --- the data directory --------------------------------------------------------------------------
 */

cJSON *ddb_streams_save(const struct ddb_table *table)
{
    if (table->stream == NULL)
        return NULL;
    cJSON *list = cJSON_CreateArray();
    for (const struct ddb_stream *stream = table->stream; stream != NULL; stream = stream->older) {
        cJSON *saved = cJSON_CreateObject();
        cJSON_AddStringToObject(saved, "Label", stream->label);
        cJSON_AddStringToObject(saved, "Arn", stream->arn);
        cJSON_AddStringToObject(saved, "View", ddb_stream_view_name(stream->view));
        ddb_saved_add_number(saved, "Created", stream->created_us);
        ddb_saved_add_number(saved, "Disabled", stream->disabled_us);
        ddb_saved_add_number(saved, "LastShardMs", stream->last_shard_ms);
        cJSON_AddBoolToObject(saved, "IsSplit", stream->is_split);
        cJSON_AddItemToObject(saved, "Shards", ddb_shards_save(stream));
        cJSON_AddItemToArray(list, saved);
    }
    return list;
}

static struct ddb_stream *load_stream(const cJSON *saved)
{
    enum ddb_stream_view view = ddb_stream_view_find(wire_text(saved, "View"));
    const char *label = wire_text(saved, "Label");
    if (view == DDB_STREAM_VIEW_COUNT || label == NULL || wire_text(saved, "Arn") == NULL)
        return NULL;
    struct ddb_stream *stream = sim_alloc(sizeof *stream);
    stream->view = view;
    strncpy(stream->label, label, sizeof stream->label - 1);
    stream->arn = sim_strdup(wire_text(saved, "Arn"));
    stream->created_us = ddb_saved_number(saved, "Created");
    stream->disabled_us = ddb_saved_number(saved, "Disabled");
    stream->last_shard_ms = ddb_saved_number(saved, "LastShardMs");
    stream->is_split = wire_flag(saved, "IsSplit", false);
    ddb_shards_load(stream, wire_member(saved, "Shards"));
    return stream;
}

enum sim_result ddb_streams_load(struct ddb_table *table, const cJSON *saved,
                                 struct sim_error *error)
{
    struct ddb_stream **place = &table->stream;
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, saved)
    {
        *place = load_stream(element);
        if (*place == NULL)
            return sim_error_set(error, RESULT_INVALID, "one of its streams");
        place = &(*place)->older;
    }
    return RESULT_OK;
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
