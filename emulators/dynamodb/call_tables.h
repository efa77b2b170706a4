/* call_tables.h -- which tables a call is about, for faults that name one.
 *
 * Purpose  The names in TableName and the like, as names or within ARNs; those of batches and
 *          transactions; those that a PartiQL statement reads or writes.
 * Owner    The list and its names lie in the call's arena.
 * Note     The input may be anything that is JSON: what does not fit names nothing. */
#ifndef EMULATORS_DYNAMODB_CALL_TABLES_H
#define EMULATORS_DYNAMODB_CALL_TABLES_H

#include "emulators/wire/call.h"

/* Ends with NULL; a table may be in it twice. */
const char *const *ddb_call_tables(const struct wire_call *call);

#endif
