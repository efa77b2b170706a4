/* recovery.h -- point-in-time recovery of a table: how far back its change log can take it.
 *
 * Purpose  The third reader of the change log. While recovery is on, records are kept for as many
 *          days as were asked for (1 to 35), and the table can be restored to any moment between
 *          the earliest and the latest restorable time.
 * Scope    One table in one Region: replicas of a global table have their own.
 * Source   Developer guide, "Point-in-time backups for DynamoDB"; recorded texts of the service.
 * Units    µs of the simulated clock. Clients name times in milliseconds. */
#ifndef EMULATORS_DYNAMODB_RECOVERY_H
#define EMULATORS_DYNAMODB_RECOVERY_H

#include "emulators/dynamodb/table.h"

#define DDB_RECOVERY_DAYS_MAX 35

bool ddb_recovery_is_enabled(const struct ddb_table *table);
/* On: the days take effect at once; time that was forgotten does not come back. */
void ddb_recovery_enable(struct ddb_table *table, uint32_t period_days);
void ddb_recovery_disable(struct ddb_table *table);

/* It must be enabled. The latest lies five minutes back, but not before it was enabled. */
uint64_t ddb_recovery_earliest_us(const struct ddb_table *table);
uint64_t ddb_recovery_latest_us(const struct ddb_table *table);

/* The table that a call on continuous backups names: TableNotFoundException unless it is there
 * and settled. */
MUST_USE bool ddb_recovery_request_table(struct ddb *ddb, const struct wire_call *call,
                                         const char *name_or_arn, struct ddb_table **table,
                                         struct ddb_fault *fault);
/* Right after its creation a table has no continuous backups yet. */
bool ddb_recovery_is_available(const struct ddb_table *table);
MUST_USE bool ddb_recovery_check_available(const struct ddb_table *table, struct ddb_fault *fault);

/* A time that a client sent (seconds, perhaps with a fraction), in whole milliseconds. */
uint64_t ddb_request_time_ms(const cJSON *time);

/* For the data directory; NULL: off. The caller owns it. */
MUST_USE cJSON *ddb_recovery_save(const struct ddb_table *table);
MUST_USE enum sim_result ddb_recovery_load(struct ddb_table *table, const cJSON *saved,
                                           struct sim_error *error);

#endif
