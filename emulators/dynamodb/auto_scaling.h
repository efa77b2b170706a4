/* auto_scaling.h -- what Application Auto Scaling does for a table, asked and told by dispatch.
 *
 * Purpose  Replicas with provisioned capacity need auto scaling of their writes, and
 *          UpdateTableReplicaAutoScaling sets it. The settings live in that service alone.
 * Note     index: a global index's name, or NULL for the table. Where the service cannot be asked,
 *          nothing is scaled. */
#ifndef EMULATORS_DYNAMODB_AUTO_SCALING_H
#define EMULATORS_DYNAMODB_AUTO_SCALING_H

#include "emulators/dynamodb/table.h"

/* A scalable target with a scaling policy. */
bool ddb_scaling_is_on(const struct ddb_table *table, const char *index, bool is_write);
/* The writes of a table and all its global indexes; else the fault of a call that needs them. */
MUST_USE bool ddb_scaling_check_writes(const struct ddb_table *table, struct ddb_fault *fault);
/* An AutoScalingSettingsDescription, empty where there is no target. The caller owns it. */
MUST_USE cJSON *ddb_scaling_describe(const struct ddb_table *table, const char *index,
                                     bool is_write);
/* What of an AutoScalingSettingsUpdate can be told to be wrong before anything is changed. */
MUST_USE bool ddb_scaling_check_update(const cJSON *update, struct ddb_fault *fault);
MUST_USE bool ddb_scaling_update(const struct ddb_table *table, const char *index, bool is_write,
                                 const cJSON *update, struct ddb_fault *fault);
/* A new replica gets the writes' settings of the one that it is filled from. */
void ddb_scaling_copy_writes(const struct ddb_table *from, const struct ddb_table *to);

#endif
