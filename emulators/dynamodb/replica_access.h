/* replica_access.h -- replicas that are no longer allowed to replicate, and what becomes of them.
 *
 * Purpose  The fault deny-replication stands for what takes a replica's permission away: its Region
 *          disabled for the account, its KMS key out of reach, the replication role denied. Nothing
 *          is replicated into or out of it. What has its permission back in time catches up; after
 *          20 hours an eventually consistent replica is a table of its Region alone, for good;
 * after 7 days a strongly consistent one is archived: no call reaches its items any more. Source
 * Developer guide, "Security in global tables": replicas without access. */
#ifndef EMULATORS_DYNAMODB_REPLICA_ACCESS_H
#define EMULATORS_DYNAMODB_REPLICA_ACCESS_H

#include "emulators/dynamodb/replica.h"

#define DDB_DETACH_AFTER_US  (UINT64_C(20) * 3600 * SIM_US_PER_S)
#define DDB_ARCHIVE_AFTER_US (UINT64_C(7) * 86400 * SIM_US_PER_S)

bool ddb_access_is_denied(const struct ddb_table *replica);
/* Permissions or members may have changed. */
void ddb_access_refresh(struct ddb *ddb);
void ddb_access_stop(struct ddb_table *replica); /* it goes */

#endif
