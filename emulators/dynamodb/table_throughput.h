/* table_throughput.h -- what UpdateTable may do to provisioned and on-demand throughput, of a table
 * and of its global indexes.
 *
 * Source   Recorded texts of the service; quotas of the developer guide (decreases a day).
 * Units    Capacity units a second; times in µs. */
#ifndef EMULATORS_DYNAMODB_TABLE_THROUGHPUT_H
#define EMULATORS_DYNAMODB_TABLE_THROUGHPUT_H

#include "emulators/dynamodb/table.h"

/* ProvisionedThroughput and WarmThroughput of a CreateTable whose definition is good. */
MUST_USE bool ddb_throughput_check_new(const cJSON *input, const char *region,
                                       struct ddb_fault *fault);
/* BillingMode, ProvisionedThroughput, OnDemandThroughput and WarmThroughput of an UpdateTable. */
MUST_USE bool ddb_throughput_check_table(const struct ddb_table *table, const cJSON *input,
                                         struct ddb_fault *fault);
/* One GlobalSecondaryIndexUpdate.Update of the same input. */
MUST_USE bool ddb_throughput_check_index(const struct ddb_table *table,
                                         const struct ddb_index_definition *index,
                                         const struct ddb_decreases *decreases, const cJSON *update,
                                         const cJSON *input, struct ddb_fault *fault);
/* Puts a change's members into the spec of a table or an index, and counts a decrease. */
void ddb_throughput_change(cJSON *spec, const cJSON *change, struct ddb_decreases *decreases,
                           uint64_t now_us);
void ddb_on_demand_change(cJSON *spec, const cJSON *maximum);

/* Of the day that now lies in. */
uint64_t ddb_decreases_today(const struct ddb_decreases *decreases, uint64_t now_us);

/* What a table (or an index, by its spec) takes at once. */
struct ddb_warm_throughput {
    int64_t reads_per_s;
    int64_t writes_per_s;
};
struct ddb_warm_throughput ddb_warm_throughput_of(const struct ddb_table *table, const cJSON *spec);

#endif
