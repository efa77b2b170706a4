/* dynamodb_internal.h -- the emulator's state: one struct ddb a world, one struct ddb_region a
 * Region that has ever had a table.
 *
 * Owner    service.c makes and ends both. Tables belong to their Region, global tables (groups) to
 *          the emulator. All arrays are sorted, so that no output depends on addresses. */
#ifndef EMULATORS_DYNAMODB_DYNAMODB_INTERNAL_H
#define EMULATORS_DYNAMODB_DYNAMODB_INTERNAL_H

#include "emulators/dynamodb/ddb_error.h"
#include "emulators/dynamodb/dynamodb.h"
#include "sim/core/store.h"

struct ddb_backup;
struct ddb_claims;
struct ddb_conflict_log;
struct ddb_group;
struct ddb_service_times;
struct ddb_table;
struct ddb_table_lag;
struct ddb_token_list;

struct ddb_region {
    struct ddb *ddb;
    struct sim_region *place;
    struct sim_store *store;   /* its own in memory; the data directory's is shared by all */
    struct ddb_table **tables; /* sorted by (account, name) */
    size_t table_count;
    size_t table_capacity;
    struct ddb_table **retired; /* deleted tables whose streams can be read, oldest first */
    size_t retired_count;
    size_t retired_capacity;
    struct ddb_token_list *tokens; /* of TransactWriteItems */
    struct ddb_claims *claims;     /* items that are part of calls under way */
    cJSON *imports;                /* array of descriptions; NULL: none */
    cJSON *exports;                /* the same */
    struct ddb_backup **backups;   /* in the order of their ids */
    size_t backup_count;
    size_t backup_capacity;
};

struct ddb {
    const struct wire_host *host;
    struct sim_core *core;
    uint64_t transient_delay_us;
    bool throttles;
    struct ddb_region *regions[SIM_REGION_MAX]; /* by the network's index; NULL: no table yet */
    uint64_t tables_made;                       /* names the next table's SQLite tables */
    struct ddb_table *unsaved;                  /* marked for the next commit (table_save.h) */
    struct ddb_group **groups;                  /* global tables, in the order of creation */
    size_t group_count;
    size_t group_capacity;
    size_t strong_count;              /* of the groups: those with strong consistency */
    struct sim_arena *spare_arena;    /* for the next delivery (replica_apply.c) */
    struct ddb_table_lag *table_lags; /* table_lag.h, in the order in which they were set */
    size_t table_lag_count;
    size_t record_bytes; /* of changes on their way to other replicas (replica_record.h) */
    struct ddb_conflict_log *conflicts;
    struct ddb_service_times *service_times;
    struct ddb_expression_cache *expressions;
    struct sim_random ids; /* table ids */
    struct ddb_shard_rules shard_rules;
    struct sim_random backup_ids;
    uint64_t expiry_least_us; /* time to live: how late an item goes */
    uint64_t expiry_most_us;
    struct sim_random expiry_delays;
};

/* NULL while the Region had no table. name must be a Region of the world, else NULL. */
struct ddb_region *ddb_region_find(const struct ddb *ddb, const char *name);
/* Opens the Region's store at the first call. */
MUST_USE enum sim_result ddb_region_open(struct ddb *ddb, const char *name,
                                         struct ddb_region **region, struct sim_error *error);
uint64_t ddb_now_us(const struct ddb *ddb);
/* What the Region's own clocks show: the simulation's time plus their skew. */
uint64_t ddb_region_clock_us(const struct ddb_region *region);

/* Ends the call with what a check found. */
enum wire_progress ddb_answer_fault(struct wire_call *call, const struct ddb_fault *fault);

#endif
