/* backup_request.h -- the backup that a call names by its ARN. */
#ifndef EMULATORS_DYNAMODB_BACKUP_REQUEST_H
#define EMULATORS_DYNAMODB_BACKUP_REQUEST_H

#include "emulators/dynamodb/backup.h"

/* any_region: one of another Region will do, as for a restore. */
MUST_USE bool ddb_backup_request(struct ddb *ddb, const struct wire_call *call, const char *arn,
                                 bool any_region, struct ddb_backup **backup,
                                 struct ddb_fault *fault);

#endif
