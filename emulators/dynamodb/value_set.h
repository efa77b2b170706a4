/* value_set.h -- the order in which a set's members come back.
 *
 * Purpose  Whatever order a client sends, an item has its sets in the service's own: texts and
 *          binaries by their bytes, numbers by value.
 * Source   Answers of GetItem in 2026; no page of AWS promises an order.
 * Owner    Works on the caller's tree; members stay where they are in memory. */
#ifndef EMULATORS_DYNAMODB_VALUE_SET_H
#define EMULATORS_DYNAMODB_VALUE_SET_H

#include "emulators/dynamodb/value.h"

/* set: the list behind SS, NS or BS, whose members are normal. */
void ddb_set_sort(cJSON *set, enum ddb_type type);

#endif
