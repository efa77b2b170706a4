/* table_setting.h -- settings of a table that are kept and told, and that nothing here acts on:
 * resource policies, contributor insights, Kinesis destinations.
 *
 * Form     One tree a table, with an object for each kind, keyed by what the setting belongs to.
 * Owner    The table. */
#ifndef EMULATORS_DYNAMODB_TABLE_SETTING_H
#define EMULATORS_DYNAMODB_TABLE_SETTING_H

#include "emulators/dynamodb/table.h"

#define DDB_SETTING_POLICIES "Policies"
#define DDB_SETTING_INSIGHTS "Insights"
#define DDB_SETTING_KINESIS  "Kinesis"

/* NULL: never set. */
const cJSON *ddb_setting_find(const struct ddb_table *table, const char *kind, const char *key);
/* All of a kind, in the order in which they were first set; NULL: none. */
const cJSON *ddb_settings_of(const struct ddb_table *table, const char *kind);
/* value becomes the table's; NULL removes. */
void ddb_setting_put(struct ddb_table *table, const char *kind, const char *key, cJSON *value);

/* A state that is on its way since value's "ChangedUs": the first text until the transient delay is
 * over, then the second. */
const char *ddb_setting_state(const struct ddb_table *table, const cJSON *value, const char *first,
                              const char *then);
/* The transient delay since ChangedUs is over. */
bool ddb_setting_is_over(const struct ddb *ddb, const cJSON *value);
/* Notes now as ChangedUs. */
void ddb_setting_stamp(const struct ddb_table *table, cJSON *value);

/* A control-plane call on a table that is there and not being created or deleted. */
MUST_USE bool ddb_request_settled_table(struct ddb *ddb, const struct wire_call *call,
                                        struct ddb_table **table, struct ddb_fault *fault);

/* resource_policy.c: keeps a policy's text for a resource; returns its revision (the arena's). */
const char *ddb_policy_keep(struct ddb_table *table, const char *arn, const char *text,
                            struct sim_arena *arena);
MUST_USE bool ddb_policy_check(const char *text, struct ddb_fault *fault);

#endif
