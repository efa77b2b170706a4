/* backup_save.h -- backups in the data directory: a document each, beside their rows.
 *
 * Note     Without a data directory saving does nothing. A backup that was being made when the
 *          process ended is made anew, of the same moment: the table's log still has all after it.
 */
#ifndef EMULATORS_DYNAMODB_BACKUP_SAVE_H
#define EMULATORS_DYNAMODB_BACKUP_SAVE_H

#include "emulators/dynamodb/backup.h"

/* As it is now. */
MUST_USE enum sim_result ddb_backup_save(const struct ddb_backup *backup, struct sim_error *error);
MUST_USE enum sim_result ddb_backup_unsave(const struct ddb_backup *backup,
                                           struct sim_error *error);
/* All of an earlier run, into their Regions; tables must be there already. */
MUST_USE enum sim_result ddb_backups_load(struct ddb *ddb, struct sim_error *error);

#endif
