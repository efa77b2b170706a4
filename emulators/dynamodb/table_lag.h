/* table_lag.h -- tables whose replication takes another time than their network link's.
 *
 * Purpose  By default a record's lag is drawn from the link between the two Regions (network.h).
 *          An entry here replaces that for one table and direction, whether the table exists yet
 *          or not, and whenever it is made again. Entries go with a reset.
 * Owner    Lags are copied. An entry stays where it is until it is taken away.
 * Note     Each entry has a random stream of its own: setting one shifts no draw elsewhere. */
#ifndef EMULATORS_DYNAMODB_TABLE_LAG_H
#define EMULATORS_DYNAMODB_TABLE_LAG_H

#include "emulators/dynamodb/replica.h"

struct ddb_table_lag {
    struct ddb_table_lag *next;
    char *table;
    const struct sim_region *from;
    const struct sim_region *to;
    struct sim_lag lag;
    struct sim_random random; /* stream "lag/FROM/TO/TABLE" */
};

/* NULL: there is none, the network link's counts. */
struct ddb_table_lag *ddb_table_lag_find(const struct ddb *ddb, const char *table,
                                         const struct sim_region *from,
                                         const struct sim_region *to);
/* One draw for a record of the link. */
uint64_t ddb_link_lag_us(struct ddb_link *link);
void ddb_table_lags_destroy(struct ddb *ddb);

#endif
