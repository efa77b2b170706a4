#include "emulators/dynamodb/replica_record.h"

#include <stdlib.h>
#include <string.h>

static const void *copy(char **at, const void *data, size_t bytes)
{
    char *start = *at;
    if (bytes > 0)
        memcpy(start, data, bytes);
    *at += bytes;
    return start;
}

struct ddb_record *ddb_record_create(const struct ddb_change *change, size_t *held_bytes)
{
    const char *item = change->new_item != NULL ? change->new_item : change->old_item;
    size_t item_bytes = item != NULL ? strlen(item) + 1 : 0;
    size_t bytes =
        sizeof(struct ddb_record) + item_bytes + change->key.length_bytes + change->seen_bytes;
    if (bytes > DDB_RECORDS_HELD_MAX_BYTES - *held_bytes)
        return NULL;
    struct ddb_record *record = sim_alloc(bytes);
    char *at = (char *)(record + 1);
    *record = (struct ddb_record){
        .change = *change, .held_bytes = held_bytes, .bytes = bytes, .holders = 1};
    const char *kept = item != NULL ? copy(&at, item, item_bytes) : NULL;
    record->change.new_item = change->new_item != NULL ? kept : NULL;
    record->change.old_item = change->new_item != NULL ? NULL : kept;
    record->change.key.bytes = copy(&at, change->key.bytes, change->key.length_bytes);
    record->change.seen = copy(&at, change->seen, change->seen_bytes);
    *held_bytes += bytes;
    return record;
}

struct ddb_record *ddb_record_take(struct ddb_record *record)
{
    if (record != NULL)
        record->holders++;
    return record;
}

void ddb_record_give(struct ddb_record *record)
{
    if (record == NULL || --record->holders > 0)
        return;
    *record->held_bytes -= record->bytes;
    free(record);
}
