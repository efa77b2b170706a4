/* store_expiry.h -- when the items of a table expire, in SQLite.
 *
 * Purpose  A row for each item that has a time to live: finding what has expired costs what it
 *          deletes, whatever the table's size.
 * Units    Seconds since the epoch, as the attribute has them.
 * Errors   The store's; writes belong to the request that is open. */
#ifndef EMULATORS_DYNAMODB_STORE_EXPIRY_H
#define EMULATORS_DYNAMODB_STORE_EXPIRY_H

#include "emulators/dynamodb/key.h"
#include "sim/core/store.h"

struct ddb_expiry_index {
    struct sim_store *store;
    char *write_sql;
    char *erase_sql;
    char *next_sql;
    char *drop_sql;
};

/* generation: of this table's indexes, each name is used once. A request of its own. */
MUST_USE enum sim_result ddb_expiry_create(struct ddb_expiry_index *index, struct sim_store *store,
                                           uint64_t table_number, uint64_t generation,
                                           struct sim_error *error);
/* It is there already. */
void ddb_expiry_open(struct ddb_expiry_index *index, struct sim_store *store, uint64_t table_number,
                     uint64_t generation);
/* A request of its own. */
MUST_USE enum sim_result ddb_expiry_drop(struct ddb_expiry_index *index, struct sim_error *error);
void ddb_expiry_fini(struct ddb_expiry_index *index);

MUST_USE enum sim_result ddb_expiry_write(struct ddb_expiry_index *index,
                                          const struct ddb_key_blob *key, int64_t expires_s,
                                          struct sim_error *error);
MUST_USE enum sim_result ddb_expiry_erase(struct ddb_expiry_index *index,
                                          const struct ddb_key_blob *key, struct sim_error *error);
/* The item that expires first after after_s. */
MUST_USE enum sim_result ddb_expiry_next(struct ddb_expiry_index *index, int64_t after_s,
                                         struct sim_arena *arena, struct ddb_key_blob *key,
                                         int64_t *expires_s, bool *found, struct sim_error *error);

#endif
