/* service_time.h -- how long an operation takes inside DynamoDB, for simulated clients.
 *
 * Source   Published: item operations in single-digit milliseconds; an application's reads 5 to 10
 * ms and its transactions 10 to 20 ms, network in the Region included. The distributions here are
 * chosen to land there. Owner    create gives, destroy takes back. Draws come from the stream
 * "dynamodb/service-time". */
#ifndef EMULATORS_DYNAMODB_SERVICE_TIME_H
#define EMULATORS_DYNAMODB_SERVICE_TIME_H

#include "emulators/wire/call.h"

struct ddb_service_times;

MUST_USE struct ddb_service_times *ddb_service_times_create(uint64_t seed);
void ddb_service_times_destroy(struct ddb_service_times *times);
uint64_t ddb_service_time_us(struct ddb_service_times *times,
                             const struct wire_operation *operation);

#endif
