/* index_update.h -- UpdateTable's GlobalSecondaryIndexUpdates: creating, deleting and changing
 * global indexes, on every replica of a global table.
 *
 * Source   Recorded replies of the service; developer guide, "Managing Global Secondary Indexes".
 */
#ifndef EMULATORS_DYNAMODB_INDEX_UPDATE_H
#define EMULATORS_DYNAMODB_INDEX_UPDATE_H

#include "emulators/dynamodb/table.h"

/* Checks that need no table. */
MUST_USE bool ddb_index_updates_check(const cJSON *input, struct ddb_fault *fault);
MUST_USE bool ddb_index_updates_check_table(const struct ddb_table *table, const cJSON *input,
                                            struct ddb_fault *fault);
/* New indexes appear, others become UPDATING or DELETING: in all replicas, or nowhere. */
MUST_USE bool ddb_index_updates_begin(struct ddb_table *table, const cJSON *input,
                                      struct ddb_fault *fault);
/* When the table stops being UPDATING: new indexes begin to be filled, the rest takes effect. */
void ddb_index_updates_finish(struct ddb_table *table, const cJSON *updates);

/* What a table whose indexes are changing refuses; deleting says "Cannot delete table ...". */
MUST_USE bool ddb_index_check_not_changing(const struct ddb_table *table, struct ddb_fault *fault);

#endif
