/* Last writer wins, and what is told about it.
 *
 * An incoming version stays if it is greater than the stored one (or than nothing); otherwise it is
 * dropped ("replication.superseded"). Either way the replica has seen both now, which it remembers
 * with the item: the next local write is then known to follow both.
 *
 * A stored version that loses without having been seen by the winner's writer is a lost write. It
 * is told as a conflict only in the Region that had acknowledged it. */
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/conflict_log.h"
#include "emulators/dynamodb/item_commit.h"
#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/planted_bugs.h"
#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/throttle.h"

#define KEY_TEXT_BYTES 128

struct arrival {
    struct ddb_link *link;
    const struct ddb_change *change;
    struct sim_arena *arena;
    struct ddb_row row; /* what is stored */
    bool has_row;
    struct ddb_seen incoming_seen;
    struct ddb_seen merged_seen;
};

/* --- what is told ------------------------------------------------------------------------------
 */

/* {"pk":{"S":"a"}} of the change's item. */
static cJSON *key_of(const struct arrival *arrival)
{
    const struct ddb_change *change = arrival->change;
    const char *text = change->new_item != NULL ? change->new_item : change->old_item;
    cJSON *item = cJSON_Parse(text);
    cJSON *key = ddb_key_extract(&arrival->link->to->definition->keys, item, NULL);
    cJSON_Delete(item);
    return key;
}

/* "a" or "a/b", cut where it gets long. */
static void format_key(const struct arrival *arrival, char text[KEY_TEXT_BYTES])
{
    cJSON *key = key_of(arrival);
    size_t length = 0;
    const cJSON *value = NULL;
    cJSON_ArrayForEach(value, key)
    {
        const char *part = ddb_value_text(value);
        if (length > 0 && length < KEY_TEXT_BYTES - 1)
            text[length++] = '/';
        for (size_t i = 0; part[i] != '\0' && length < KEY_TEXT_BYTES - 1; i++)
            text[length++] = part[i];
    }
    while (length > 0 && length == KEY_TEXT_BYTES - 1 &&
           ((unsigned char)text[length - 1] & 0xc0) == 0x80)
        length--; /* not in the middle of a character */
    text[length] = '\0';
    cJSON_Delete(key);
}

static const char *origin_name(const struct arrival *arrival, struct ddb_version version)
{
    struct sim_network *network = arrival->link->group->ddb->core->network;
    return sim_network_region_by_index(network, version.origin)->name;
}

static void tell(const struct arrival *arrival, const char *event)
{
    struct ddb *ddb = arrival->link->group->ddb;
    const struct ddb_change *change = arrival->change;
    char key[KEY_TEXT_BYTES] = "";
    if (sim_trace_is_read(ddb->core->trace))
        format_key(arrival, key);
    sim_trace_emit(ddb->core->trace, event, ddb_region_name(arrival->link->to),
                   FIELD_TEXT("table", arrival->link->to->name),
                   FIELD_TEXT("from", ddb_region_name(arrival->link->from)), FIELD_TEXT("key", key),
                   FIELD_NUMBER("lag_us", ddb_now_us(ddb) - change->committed_us),
                   FIELD_NUMBER("written_us", change->version.written_us));
}

static bool is_conflict_to_tell(const struct arrival *arrival)
{
    return arrival->has_row &&
           arrival->row.version.origin == arrival->link->to->home->place->index &&
           !ddb_seen_includes(&arrival->incoming_seen, arrival->row.version);
}

/* When and how the stored version that has just lost was committed here, while the log tells. */
static void find_commit(const struct arrival *arrival, struct ddb_conflict_side *loser)
{
    struct ddb_change change;
    bool found = false;
    if (arrival->row.sequence == 0 ||
        ddb_log_next(&arrival->link->to->log, arrival->row.sequence - 1, DDB_LOG_ALL,
                     arrival->arena, &change, &found, NULL) != RESULT_OK ||
        !found || change.sequence != arrival->row.sequence)
        return;
    loser->committed_us = change.committed_us;
    loser->is_expired = change.is_expired;
}

static void tell_conflict(const struct arrival *arrival)
{
    struct ddb *ddb = arrival->link->group->ddb;
    const struct ddb_change *change = arrival->change;
    struct ddb_version lost = arrival->row.version;
    char key[KEY_TEXT_BYTES];
    format_key(arrival, key);
    sim_trace_emit(ddb->core->trace, "replication.conflict", ddb_region_name(arrival->link->to),
                   FIELD_TEXT("table", arrival->link->to->name), FIELD_TEXT("key", key),
                   FIELD_TEXT("winner", origin_name(arrival, change->version)),
                   FIELD_NUMBER("winner_us", change->version.written_us),
                   FIELD_TEXT("loser", origin_name(arrival, lost)),
                   FIELD_NUMBER("loser_us", lost.written_us));
    cJSON *key_json = key_of(arrival);
    char *key_text = cJSON_PrintUnformatted(key_json);
    struct ddb_conflict conflict = {
        .at_us = ddb_now_us(ddb),
        .table = arrival->link->to->name,
        .region = ddb_region_name(arrival->link->to),
        .key = key_text,
        .winner = {.region = origin_name(arrival, change->version),
                   .written_us = change->version.written_us,
                   .committed_us = change->committed_us,
                   .is_expired = change->is_expired,
                   .item = change->new_item},
        .loser = {.region = origin_name(arrival, lost),
                  .written_us = lost.written_us,
                  .item = arrival->row.item},
    };
    find_commit(arrival, &conflict.loser);
    ddb_conflict_log_add(ddb->conflicts, &conflict);
    cJSON_free(key_text);
    cJSON_Delete(key_json);
}

/* --- deciding ----------------------------------------------------------------------------------
 */

static size_t greatest_size(const struct arrival *arrival, const struct ddb_write *write)
{
    size_t old_bytes = arrival->has_row ? arrival->row.size_bytes : 0;
    return old_bytes > write->new_size_bytes ? old_bytes : write->new_size_bytes;
}

static enum sim_result replace(const struct arrival *arrival, struct sim_error *error)
{
    struct ddb_table *table = arrival->link->to;
    const struct ddb_change *change = arrival->change;
    struct ddb_write write = {
        .table = table,
        .key = change->key,
        .old_row = arrival->has_row ? &arrival->row : NULL,
        .new_text = change->new_item,
        .new_size_bytes = change->new_size_bytes,
        .origin = DDB_WRITE_REPLICATED,
        .version = change->version,
        .seen = arrival->merged_seen,
    };
    struct ddb_capacity capacity; /* the link has waited until there was some (replica_link.c) */
    ddb_capacity_init(&capacity, arrival->arena);
    ddb_capacity_add(&capacity, table, ddb_write_halves(greatest_size(arrival, &write)));
    enum sim_result result = ddb_commit_one(&write, arrival->arena, &capacity, error);
    if (result == RESULT_OK)
        ddb_throttle_charge_replicated(&capacity);
    return result;
}

/* The stored item stays, but this replica has seen the other one as well. */
static enum sim_result remember(struct arrival *arrival, struct sim_error *error)
{
    struct ddb_table *table = arrival->link->to;
    unsigned char bytes[DDB_SEEN_BYTES_MAX];
    size_t length = ddb_seen_encode(&arrival->merged_seen, arrival->row.version, bytes);
    if (length == arrival->row.seen_bytes && memcmp(bytes, arrival->row.seen, length) == 0)
        return RESULT_OK;
    struct ddb_row row = arrival->row;
    row.seen = bytes;
    row.seen_bytes = length;
    enum sim_result result = sim_store_begin(table->home->store, error);
    if (result != RESULT_OK)
        return result;
    result = ddb_items_rewrite(&table->items, &arrival->change->key, &row, error);
    return sim_store_end(table->home->store, result, error);
}

static enum sim_result decide(struct arrival *arrival, struct sim_error *error)
{
    struct sim_network *network = arrival->link->group->ddb->core->network;
    struct ddb_version incoming = arrival->change->version;
    if (arrival->has_row && ddb_version_is_equal(incoming, arrival->row.version))
        return RESULT_OK; /* it came with the back-fill */
    if (arrival->has_row && ddb_version_compare(network, incoming, arrival->row.version) < 0 &&
        !DDB_IS_PLANTED(DDB_PLANT_OUT_OF_ORDER)) {
        enum sim_result result = remember(arrival, error);
        if (result == RESULT_OK) {
            arrival->link->superseded_count++;
            tell(arrival, "replication.superseded");
        }
        return result;
    }
    enum sim_result result = replace(arrival, error);
    if (result != RESULT_OK)
        return result;
    arrival->link->applied_count++;
    if (is_conflict_to_tell(arrival))
        tell_conflict(arrival);
    tell(arrival, "replication.applied");
    return RESULT_OK;
}

/* One is enough: a delivery never waits for anything. */
static struct sim_arena *take_arena(struct ddb *ddb)
{
    struct sim_arena *arena = ddb->spare_arena;
    ddb->spare_arena = NULL;
    return arena != NULL ? arena : sim_arena_create();
}

static void give_arena(struct ddb *ddb, struct sim_arena *arena)
{
    PRE(ddb->spare_arena == NULL);
    sim_arena_clear(arena);
    ddb->spare_arena = arena;
}

bool ddb_replica_apply(struct ddb_link *link, const struct ddb_change *change)
{
    struct sim_error error;
    struct arrival arrival = {
        .link = link, .change = change, .arena = take_arena(link->group->ddb)};
    enum sim_result result = ddb_items_read(&link->to->items, &change->key, arrival.arena,
                                            &arrival.row, &arrival.has_row, &error);
    if (result == RESULT_OK) {
        ddb_seen_decode(&arrival.incoming_seen, change->seen, change->seen_bytes, change->version);
        ddb_seen_decode(&arrival.merged_seen, arrival.row.seen, arrival.row.seen_bytes,
                        arrival.row.version);
        ddb_seen_merge(&arrival.merged_seen, &arrival.incoming_seen);
        result = decide(&arrival, &error);
    }
    give_arena(link->group->ddb, arrival.arena);
    if (result != RESULT_OK)
        sim_trace_emit(link->group->ddb->core->trace, "store.error", ddb_region_name(link->to),
                       FIELD_TEXT("table", link->to->name), FIELD_TEXT("error", error.message));
    return result == RESULT_OK;
}
