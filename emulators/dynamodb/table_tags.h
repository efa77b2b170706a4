/* table_tags.h -- tags of tables, as TagResource and CreateTable take them. */
#ifndef EMULATORS_DYNAMODB_TABLE_TAGS_H
#define EMULATORS_DYNAMODB_TABLE_TAGS_H

#include "emulators/dynamodb/table.h"

#define DDB_TAGS_MAX 50

/* Refuses bad or repeated keys. tags may be NULL. */
MUST_USE bool ddb_tags_check(const cJSON *tags, struct ddb_fault *fault);
/* Adds or overwrites; refuses to go beyond the limit. */
MUST_USE bool ddb_tags_set(struct ddb_table *table, const cJSON *tags, struct ddb_fault *fault);

#endif
