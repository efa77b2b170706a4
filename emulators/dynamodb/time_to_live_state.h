/* time_to_live_state.h -- a table's time to live as time_to_live.c keeps it and
 * time_to_live_operations.c changes it. */
#ifndef EMULATORS_DYNAMODB_TIME_TO_LIVE_STATE_H
#define EMULATORS_DYNAMODB_TIME_TO_LIVE_STATE_H

#include "emulators/dynamodb/store_expiry.h"
#include "emulators/dynamodb/table.h"

struct ddb_walk;

struct ddb_time_to_live {
    struct ddb_table *table;
    char *attribute;     /* NULL: disabled */
    uint64_t changed_us; /* when it was last enabled or disabled */
    struct ddb_expiry_index index;
    uint64_t generations;  /* of the index */
    struct ddb_walk *walk; /* finds the items that were there before; or NULL */
    bool was_walking;      /* as loaded: it begins again */
    uint64_t event;        /* the next sweep; 0: nothing will expire */
    uint64_t event_us;
};

/* It must be disabled. */
MUST_USE enum sim_result ddb_time_to_live_enable(struct ddb_table *table, const char *attribute,
                                                 struct sim_error *error);
void ddb_time_to_live_disable(struct ddb_table *table, bool drops_data);

#endif
