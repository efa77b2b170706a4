/* table_describe.h -- a table as DescribeTable and its relatives print it.
 *
 * Source   Recorded replies of the service. Owner The caller owns the trees. */
#ifndef EMULATORS_DYNAMODB_TABLE_DESCRIBE_H
#define EMULATORS_DYNAMODB_TABLE_DESCRIBE_H

#include "emulators/dynamodb/table.h"

enum ddb_describe_form {
    DDB_DESCRIBE_FULL,    /* DescribeTable */
    DDB_DESCRIBE_CREATED, /* CreateTable's reply */
    DDB_DESCRIBE_CHANGED, /* UpdateTable's reply */
    DDB_DESCRIBE_DELETED, /* DeleteTable's reply: what remains to be said */
};

MUST_USE cJSON *ddb_table_describe(const struct ddb_table *table, enum ddb_describe_form form);

/* A time as the protocol carries it: seconds since the epoch, whole milliseconds. */
double ddb_json_time(uint64_t time_us);

#endif
