/* time_to_live.h -- items that delete themselves.
 *
 * Purpose  The setting of a table (shared by all replicas) and the deletion of what has expired: an
 *          attribute that is a number names the second. An item goes some time after that, as at
 *          the service; the delay is drawn between two bounds (ddb_set_expiry_delay()). Until then
 *          it is an item like others.
 * Cost     An entry in an index by expiry on each write; a sweep touches only what has expired.
 * Source   Developer guide, "Using time to live"; recorded texts of the service. */
#ifndef EMULATORS_DYNAMODB_TIME_TO_LIVE_H
#define EMULATORS_DYNAMODB_TIME_TO_LIVE_H

#include "emulators/dynamodb/table.h"

#define DDB_EXPIRY_LEAST_US (UINT64_C(600) * SIM_US_PER_S)
#define DDB_EXPIRY_MOST_US  (UINT64_C(1800) * SIM_US_PER_S)

bool ddb_time_to_live_is_enabled(const struct ddb_table *table);

/* A write inside a request: keeps the index by expiry. item is what the table holds from now on,
 * NULL: nothing. */
MUST_USE enum sim_result ddb_time_to_live_note(struct ddb_table *table,
                                               const struct ddb_key_blob *key, const cJSON *item,
                                               struct sim_error *error);

/* A new replica starts with the setting of its source. A store that fails leaves it without. */
void ddb_time_to_live_copy(const struct ddb_table *from, struct ddb_table *to);
/* For table_document.h. */
MUST_USE cJSON *ddb_time_to_live_save(const struct ddb_table *table);
MUST_USE enum sim_result ddb_time_to_live_load(struct ddb_table *table, const cJSON *saved,
                                               struct sim_error *error);
/* After loading: sweeps, and looks for what expires anew where that had not ended. */
void ddb_time_to_live_resume(struct ddb_table *table);
/* Ends what belongs to a table; its data goes when drops_data. */
void ddb_time_to_live_destroy(struct ddb_table *table, bool drops_data);

#endif
