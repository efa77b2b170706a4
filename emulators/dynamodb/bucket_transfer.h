/* bucket_transfer.h -- imports from S3 and exports to it, as far as they are kept. */
#ifndef EMULATORS_DYNAMODB_BUCKET_TRANSFER_H
#define EMULATORS_DYNAMODB_BUCKET_TRANSFER_H

#include "emulators/dynamodb/dynamodb_internal.h"

/* To the data directory, if there is one, and back. */
MUST_USE enum sim_result ddb_transfers_save(struct ddb_region *region, struct sim_error *error);
MUST_USE enum sim_result ddb_transfers_load(struct ddb *ddb, struct sim_error *error);
void ddb_transfers_destroy(struct ddb_region *region);

#endif
