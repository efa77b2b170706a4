/* conflict_log.h -- acknowledged writes that lost to a write whose author had not seen them.
 *
 * Purpose  The newest DDB_CONFLICTS_MAX of them, for people and drills; each is in the trace, too.
 * Owner    Everything is copied. */
#ifndef EMULATORS_DYNAMODB_CONFLICT_LOG_H
#define EMULATORS_DYNAMODB_CONFLICT_LOG_H

#include <cjson/cJSON.h>

#include "emulators/dynamodb/version.h"

#define DDB_CONFLICTS_MAX 10000

struct ddb_conflict_log;

struct ddb_conflict_side {
    const char *region; /* where it was written */
    uint64_t written_us;
    const char *item; /* JSON; NULL: a delete */
};

struct ddb_conflict {
    uint64_t at_us;
    const char *table;
    const char *region; /* where the winner replaced the loser */
    const char *key;    /* JSON */
    struct ddb_conflict_side winner;
    struct ddb_conflict_side loser;
};

MUST_USE struct ddb_conflict_log *ddb_conflict_log_create(void);
void ddb_conflict_log_destroy(struct ddb_conflict_log *log);
void ddb_conflict_log_add(struct ddb_conflict_log *log, const struct ddb_conflict *conflict);
size_t ddb_conflict_log_count(const struct ddb_conflict_log *log);
/* {"Conflicts":[...], "Count": how many there were in all}, oldest first; the caller owns it. */
MUST_USE cJSON *ddb_conflict_log_print(const struct ddb_conflict_log *log);

#endif
