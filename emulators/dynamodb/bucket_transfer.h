/* bucket_transfer.h -- imports from S3 and exports to it, as far as they are kept. */
#ifndef EMULATORS_DYNAMODB_BUCKET_TRANSFER_H
#define EMULATORS_DYNAMODB_BUCKET_TRANSFER_H

#include "emulators/dynamodb/dynamodb_internal.h"

/* From the data directory. */
MUST_USE enum sim_result ddb_imports_load(struct ddb *ddb, struct sim_error *error);
void ddb_transfers_destroy(struct ddb_region *region);

#endif
