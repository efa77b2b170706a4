/* replica_record.h -- changes kept in memory while they are on their way to other replicas.
 *
 * Purpose  Each link would read the record of a delivery from the change log again. Most arrive
 *          soon after their commit, and so the links share one copy of what they will need.
 * Owner    Whoever takes one gives it back; the last one frees it.
 * Limits   DDB_RECORDS_HELD_MAX_BYTES of all tables together: above that nothing is kept, and links
 *          read the log as for records that are older than they themselves. */
#ifndef EMULATORS_DYNAMODB_REPLICA_RECORD_H
#define EMULATORS_DYNAMODB_REPLICA_RECORD_H

#include "emulators/dynamodb/change_log.h"

#define DDB_RECORDS_HELD_MAX_BYTES ((size_t)32 * 1024 * 1024)

struct ddb_record {
    struct ddb_change change; /* without the old image, unless the item was deleted */
    size_t *held_bytes;       /* where all of them are counted */
    size_t bytes;
    size_t holders;
};

/* A copy with one holder; NULL when there is no room. */
MUST_USE struct ddb_record *ddb_record_create(const struct ddb_change *change, size_t *held_bytes);
struct ddb_record *ddb_record_take(struct ddb_record *record); /* NULL stays NULL */
void ddb_record_give(struct ddb_record *record);

#endif
