/* conflict_log.h -- acknowledged writes that lost to a write whose author had not seen them.
 *
 * Purpose  The newest of them, for people and drills; each is in the trace, too. At most
 *          DDB_CONFLICTS_MAX are kept, and DDB_CONFLICTS_MAX_BYTES of keys and items.
 * Owner    Everything is copied. */
#ifndef EMULATORS_DYNAMODB_CONFLICT_LOG_H
#define EMULATORS_DYNAMODB_CONFLICT_LOG_H

#include <cjson/cJSON.h>

#include "emulators/dynamodb/dynamodb.h"
#include "emulators/dynamodb/version.h"

#define DDB_CONFLICTS_MAX       10000
#define DDB_CONFLICTS_MAX_BYTES ((size_t)32 * 1024 * 1024)

struct ddb_conflict_log;

struct ddb_conflict_side {
    const char *region;    /* where it was written */
    uint64_t written_us;   /* by the clock of its Region: what decides */
    uint64_t committed_us; /* by the simulation's clock; 0: not known any more */
    const char *item;      /* JSON; NULL: a delete */
    bool is_expired;       /* a delete by time to live */
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
/* {"Conflicts":[...], "Count": how many there were in all}, oldest first, of those that the filter
 * (dynamodb.h) wants; the caller owns it. */
MUST_USE cJSON *ddb_conflict_log_print(const struct ddb_conflict_log *log,
                                       const struct ddb_conflict_filter *filter);

#endif
