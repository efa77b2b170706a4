/* table_checks.h -- what CreateTable refuses, in the service's words and order.
 *
 * Purpose  Pure checks over the input; table_definition.c calls them before it keeps anything.
 * Source   Recorded replies of the service to malformed CreateTable calls (dynalite, 2026 probes).
 */
#ifndef EMULATORS_DYNAMODB_TABLE_CHECKS_H
#define EMULATORS_DYNAMODB_TABLE_CHECKS_H

#include <cjson/cJSON.h>

#include "emulators/dynamodb/ddb_error.h"

MUST_USE bool ddb_table_check_billing(const cJSON *input, struct ddb_fault *fault);
/* Key schema, attribute definitions, indexes. */
MUST_USE bool ddb_table_check_schema(const cJSON *input, struct ddb_fault *fault);
/* An SSESpecification by itself. */
MUST_USE bool ddb_table_check_encryption(const cJSON *encryption, struct ddb_fault *fault);
MUST_USE bool ddb_table_check_settings(const cJSON *input, struct ddb_fault *fault);
/* NULL: not given. */
MUST_USE bool ddb_table_check_class(const char *table_class, struct ddb_fault *fault);
/* {ReadCapacityUnits, WriteCapacityUnits} within bounds. */
MUST_USE bool ddb_table_check_throughput(const cJSON *throughput, struct ddb_fault *fault);

/* {MaxReadRequestUnits, MaxWriteRequestUnits}, of which -1 clears one. */
MUST_USE bool ddb_table_check_on_demand(const cJSON *maximum, struct ddb_fault *fault);

/* GlobalTableSettingsReplicationMode of a table that is no replica. */
MUST_USE bool ddb_table_check_settings_mode(const cJSON *input, struct ddb_fault *fault);

#endif
