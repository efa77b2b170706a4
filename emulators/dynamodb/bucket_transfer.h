/* bucket_transfer.h -- imports from S3 and exports to it, as far as they are kept. */
#ifndef EMULATORS_DYNAMODB_BUCKET_TRANSFER_H
#define EMULATORS_DYNAMODB_BUCKET_TRANSFER_H

#include "emulators/dynamodb/dynamodb_internal.h"

void ddb_transfers_destroy(struct ddb_region *region);

#endif
