#include "emulators/dynamodb/stream_shard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/saved_json.h"
#include "emulators/dynamodb/table_save.h"

#define FORGET_EVERY 256 /* shards, while a long time is caught up with */

static bool is_open(const struct ddb_shard *shard)
{
    return shard->closed_us == 0;
}

static size_t count_open(const struct ddb_stream *stream)
{
    size_t count = 0;
    for (size_t i = 0; i < stream->shard_count; i++)
        count += is_open(&stream->shards[i]) ? 1 : 0;
    return count;
}

/* --- opening and closing -------------------------------------------------------------------------
 */

/* Ids sort in the order of creation and are the same in every run. */
static void make_id(struct ddb_stream *stream, struct ddb_shard *shard)
{
    uint64_t ms = shard->opened_us / SIM_US_PER_MS;
    if (ms <= stream->last_shard_ms)
        ms = stream->last_shard_ms + 1;
    stream->last_shard_ms = ms;
    uint32_t tail = UINT32_C(2166136261);
    for (const char *c = stream->arn; *c != '\0'; c++)
        tail = (tail ^ (unsigned char)*c) * UINT32_C(16777619);
    tail = (tail ^ (uint32_t)shard->number) * UINT32_C(16777619);
    (void)snprintf(shard->id, sizeof shard->id, "shardId-%020" PRIu64 "-%08" PRIx32, ms, tail);
}

/* parent: its index, or SIZE_MAX. */
static void open_shard(struct ddb_table *table, struct ddb_stream *stream, size_t parent,
                       uint32_t hash_first, uint32_t hash_last, uint64_t at_us)
{
    if (stream->shard_count == stream->shard_capacity) {
        stream->shard_capacity = stream->shard_capacity * 2 + 4;
        stream->shards =
            sim_realloc_array(stream->shards, stream->shard_capacity, sizeof *stream->shards);
    }
    struct ddb_shard *shard = &stream->shards[stream->shard_count++];
    *shard = (struct ddb_shard){
        .number = ++table->shards_made,
        .is_alone = !stream->is_split,
        .hash_first = hash_first,
        .hash_last = hash_last,
        .first_sequence = table->log.last_sequence + 1,
        .opened_us = at_us,
        .window_us = at_us,
    };
    if (parent != SIZE_MAX)
        memcpy(shard->parent_id, stream->shards[parent].id, sizeof shard->parent_id);
    make_id(stream, shard);
}

/* The sequences stay without gaps: replication counts on that. */
static void close_shard(const struct ddb_table *table, struct ddb_shard *shard, uint64_t at_us)
{
    shard->last_sequence = table->log.last_sequence;
    shard->closed_us = at_us;
}

static void roll_over(struct ddb_table *table, struct ddb_stream *stream, size_t at, uint64_t at_us)
{
    close_shard(table, &stream->shards[at], at_us);
    open_shard(table, stream, at, stream->shards[at].hash_first, stream->shards[at].hash_last,
               at_us);
}

static void split(struct ddb_table *table, struct ddb_stream *stream, size_t at, uint64_t at_us)
{
    uint32_t first = stream->shards[at].hash_first;
    uint32_t last = stream->shards[at].hash_last;
    uint32_t middle = first + (last - first) / 2;
    stream->is_split = true;
    close_shard(table, &stream->shards[at], at_us);
    open_shard(table, stream, at, first, middle, at_us);
    open_shard(table, stream, at, middle + 1, last, at_us);
}

void ddb_shards_open(struct ddb_table *table, struct ddb_stream *stream)
{
    uint64_t count = table->ddb->shard_rules.first_count;
    uint64_t hashes = (uint64_t)UINT32_MAX + 1;
    stream->is_split = count > 1;
    for (uint64_t i = 0; i < count; i++)
        open_shard(table, stream, SIZE_MAX, (uint32_t)(hashes * i / count),
                   (uint32_t)(hashes * (i + 1) / count - 1), ddb_now_us(table->ddb));
}

void ddb_shards_close(struct ddb_table *table, struct ddb_stream *stream)
{
    ddb_shards_advance(table, stream);
    for (size_t i = 0; i < stream->shard_count; i++)
        if (is_open(&stream->shards[i]))
            close_shard(table, &stream->shards[i], ddb_now_us(table->ddb));
}

/* --- time ----------------------------------------------------------------------------------------
 */

/* Records in a shard were committed before it closed. */
static void forget_old(struct ddb_stream *stream, uint64_t now_us)
{
    size_t kept = 0;
    for (size_t i = 0; i < stream->shard_count; i++) {
        const struct ddb_shard *shard = &stream->shards[i];
        if (!is_open(shard) && now_us >= shard->closed_us &&
            now_us - shard->closed_us >= DDB_CHANGE_RETENTION_US)
            continue;
        if (kept != i)
            stream->shards[kept] = *shard;
        kept++;
    }
    stream->shard_count = kept;
}

/* The open shard that has lived longest; false when none has lived for its time. */
static bool find_due(const struct ddb_stream *stream, uint64_t life_us, uint64_t now_us,
                     size_t *due)
{
    bool found = false;
    for (size_t i = 0; i < stream->shard_count; i++) {
        const struct ddb_shard *shard = &stream->shards[i];
        if (!is_open(shard) || now_us < shard->opened_us + life_us ||
            (found && stream->shards[*due].opened_us <= shard->opened_us))
            continue;
        *due = i;
        found = true;
    }
    return found;
}

static bool is_overloaded(const struct ddb_shard *shard, const struct ddb_shard_rules *rules,
                          uint64_t now_us)
{
    return is_open(shard) && shard->hash_first < shard->hash_last &&
           shard->window_count > rules->window_records &&
           now_us >= shard->window_us + rules->window_us;
}

static void split_overloaded(struct ddb_table *table, struct ddb_stream *stream, uint64_t now_us)
{
    size_t count = stream->shard_count; /* without the children */
    for (size_t i = 0; i < count; i++)
        if (is_overloaded(&stream->shards[i], &table->ddb->shard_rules, now_us) &&
            count_open(stream) < DDB_SHARDS_OPEN_MAX)
            split(table, stream, i, now_us);
}

static bool has_work(const struct ddb_stream *stream, const struct ddb_shard_rules *rules,
                     uint64_t now_us)
{
    for (size_t i = 0; i < stream->shard_count; i++) {
        const struct ddb_shard *shard = &stream->shards[i];
        if (is_open(shard)
                ? now_us >= shard->opened_us + rules->life_us || is_overloaded(shard, rules, now_us)
                : now_us >= shard->closed_us + DDB_CHANGE_RETENTION_US)
            return true;
    }
    return false;
}

void ddb_shards_advance(struct ddb_table *table, struct ddb_stream *stream)
{
    const struct ddb_shard_rules *rules = &table->ddb->shard_rules;
    uint64_t now_us = ddb_now_us(table->ddb);
    if (!has_work(stream, rules, now_us))
        return;
    size_t due = 0;
    ddb_table_changed(table);
    split_overloaded(table, stream, now_us);
    while (find_due(stream, rules->life_us, now_us, &due)) {
        roll_over(table, stream, due, stream->shards[due].opened_us + rules->life_us);
        if (stream->shard_count % FORGET_EVERY == 0)
            forget_old(stream, now_us);
    }
    forget_old(stream, now_us);
}

/* --- writing and reading -------------------------------------------------------------------------
 */

static uint32_t hash_of(const struct ddb_key_blob *key)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < DDB_KEY_HASH_BYTES; i++)
        hash = hash << 8 | key->bytes[i];
    return hash;
}

uint64_t ddb_shards_note(struct ddb_table *table, const struct ddb_key_blob *key)
{
    struct ddb_stream *stream = table->stream;
    uint64_t now_us = ddb_now_us(table->ddb);
    uint32_t hash = hash_of(key);
    for (size_t i = stream->shard_count; i > 0; i--) { /* open ones are the youngest */
        struct ddb_shard *shard = &stream->shards[i - 1];
        if (!is_open(shard) || hash < shard->hash_first || hash > shard->hash_last)
            continue;
        if (now_us >= shard->window_us + table->ddb->shard_rules.window_us) {
            shard->window_us = now_us;
            shard->window_count = 0;
        }
        shard->window_count++;
        return shard->is_alone ? DDB_CHANGE_UNMARKED : shard->number;
    }
    return DDB_CHANGE_UNMARKED;
}

const struct ddb_shard *ddb_shard_find(const struct ddb_stream *stream, const char *id)
{
    for (size_t i = 0; i < stream->shard_count; i++)
        if (strcmp(stream->shards[i].id, id) == 0)
            return &stream->shards[i];
    return NULL;
}

uint64_t ddb_shard_ending(const struct ddb_shard *shard)
{
    return shard->last_sequence < shard->first_sequence ? shard->first_sequence
                                                        : shard->last_sequence;
}

const struct ddb_shard *ddb_shard_find_number(const struct ddb_stream *stream, uint64_t number)
{
    for (size_t i = 0; i < stream->shard_count; i++)
        if (stream->shards[i].number == number)
            return &stream->shards[i];
    return NULL;
}

enum sim_result ddb_shard_next(struct ddb_table *table, const struct ddb_shard *shard,
                               uint64_t after_sequence, struct sim_arena *arena,
                               struct ddb_change *change, bool *found, struct sim_error *error)
{
    if (after_sequence + 1 < shard->first_sequence)
        after_sequence = shard->first_sequence - 1;
    enum sim_result result =
        shard->is_alone
            ? ddb_log_next(&table->log, after_sequence, DDB_LOG_ALL, arena, change, found, error)
            : ddb_log_next_marked(&table->log, after_sequence, shard->number, arena, change, found,
                                  error);
    if (*found && !is_open(shard) && change->sequence > shard->last_sequence)
        *found = false;
    return result;
}

/* --- the data directory --------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    size_t offset;
} numbers[] = {
    {"Number", offsetof(struct ddb_shard, number)},
    {"First", offsetof(struct ddb_shard, first_sequence)},
    {"Last", offsetof(struct ddb_shard, last_sequence)},
    {"Opened", offsetof(struct ddb_shard, opened_us)},
    {"Closed", offsetof(struct ddb_shard, closed_us)},
    {"Window", offsetof(struct ddb_shard, window_us)},
    {"Count", offsetof(struct ddb_shard, window_count)},
};

cJSON *ddb_shards_save(const struct ddb_stream *stream)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < stream->shard_count; i++) {
        const struct ddb_shard *shard = &stream->shards[i];
        cJSON *saved = cJSON_CreateObject();
        cJSON_AddStringToObject(saved, "Id", shard->id);
        cJSON_AddStringToObject(saved, "Parent", shard->parent_id);
        cJSON_AddBoolToObject(saved, "IsAlone", shard->is_alone);
        ddb_saved_add_number(saved, "HashFirst", shard->hash_first);
        ddb_saved_add_number(saved, "HashLast", shard->hash_last);
        for (size_t k = 0; k < ARRAY_LEN(numbers); k++) {
            uint64_t number = 0;
            memcpy(&number, (const char *)shard + numbers[k].offset, sizeof number);
            ddb_saved_add_number(saved, numbers[k].name, number);
        }
        cJSON_AddItemToArray(list, saved);
    }
    return list;
}

static void load_shard(struct ddb_shard *shard, const cJSON *saved)
{
    const char *id = wire_text(saved, "Id");
    const char *parent_id = wire_text(saved, "Parent");
    *shard = (struct ddb_shard){
        .is_alone = wire_flag(saved, "IsAlone", true),
        .hash_first = (uint32_t)ddb_saved_number(saved, "HashFirst"),
        .hash_last = (uint32_t)ddb_saved_number(saved, "HashLast"),
    };
    (void)snprintf(shard->id, sizeof shard->id, "%s", id != NULL ? id : "");
    (void)snprintf(shard->parent_id, sizeof shard->parent_id, "%s",
                   parent_id != NULL ? parent_id : "");
    for (size_t k = 0; k < ARRAY_LEN(numbers); k++) {
        uint64_t number = ddb_saved_number(saved, numbers[k].name);
        memcpy((char *)shard + numbers[k].offset, &number, sizeof number);
    }
}

void ddb_shards_load(struct ddb_stream *stream, const cJSON *saved)
{
    size_t count = (size_t)cJSON_GetArraySize(saved);
    size_t i = 0;
    const cJSON *element = NULL;
    stream->shards = sim_alloc_array(count + 1, sizeof *stream->shards);
    stream->shard_capacity = count + 1;
    cJSON_ArrayForEach(element, saved)
    {
        load_shard(&stream->shards[i++], element);
    }
    stream->shard_count = i;
}
