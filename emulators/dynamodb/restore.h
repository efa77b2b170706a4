/* restore.h -- a new table made of a backup, or of another table as it was at some moment.
 *
 * Purpose  The table is CREATING, with a RestoreSummary, while its items are copied in steps
 *          (image_copy.h), and for the transient delay at least. Items are written like those of
 *          any table, so that indexes and totals are right.
 * Kept     Keys, indexes unless overridden, billing mode and on-demand maxima, encryption. Lost:
 *          stream, time to live, recovery, tags, protection, policies, table class, replicas.
 * Source   Developer guide, "Restoring a DynamoDB table"; recorded replies of the service.
 * Owner    The new table owns its restore. */
#ifndef EMULATORS_DYNAMODB_RESTORE_H
#define EMULATORS_DYNAMODB_RESTORE_H

#include "emulators/dynamodb/backup.h"

struct ddb_restore_options {
    struct ddb_table_options table;
    struct ddb_backup *backup; /* or NULL: */
    struct ddb_table *source;  /* as it was right after this change: */
    uint64_t sequence;
    const char *source_arn; /* of the table */
    uint64_t time_us;       /* of what is restored */
};

/* Makes the table and starts to fill it. */
MUST_USE enum sim_result ddb_restore_start(struct ddb_region *region,
                                           const struct ddb_restore_options *options,
                                           struct ddb_table **table, struct sim_error *error);
/* For the data directory; NULL: nothing is under way. */
MUST_USE cJSON *ddb_restore_save(const struct ddb_table *table);
MUST_USE enum sim_result ddb_restore_load(struct ddb_table *table, const cJSON *saved,
                                          struct sim_error *error);
/* Once all tables and backups are there. A table whose source is gone goes as well. */
void ddb_restore_resume(struct ddb_table *table);
/* The table stays CREATING for ever: before it is destroyed. Nothing under way: allowed. */
void ddb_restore_stop(struct ddb_table *table);
/* RestoreSummary, while it is under way. */
void ddb_restore_describe(cJSON *object, const struct ddb_table *table);
/* The backup it is made of, or else the table. It must be under way. */
const char *ddb_restore_origin(const struct ddb_table *table);

/* The definition of the new table: spec with the overrides of the request; the caller owns it. */
MUST_USE bool ddb_restore_define(const cJSON *spec, const cJSON *input,
                                 struct ddb_definition **definition, struct ddb_fault *fault);
/* What is wrong with the overrides by themselves. */
MUST_USE bool ddb_restore_check_overrides(const cJSON *input, struct ddb_fault *fault);

#endif
