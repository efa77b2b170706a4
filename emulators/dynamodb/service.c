#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/backup.h"
#include "emulators/dynamodb/bucket_transfer.h"
#include "emulators/dynamodb/conflict_log.h"
#include "emulators/dynamodb/expression_cache.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/replica_access.h"
#include "emulators/dynamodb/restore.h"
#include "emulators/dynamodb/service_time.h"
#include "emulators/dynamodb/stream_shard.h"
#include "emulators/dynamodb/table_lag.h"
#include "emulators/dynamodb/table_save.h"
#include "emulators/dynamodb/time_to_live.h"
#include "emulators/dynamodb/transaction_claims.h"
#include "emulators/dynamodb/transaction_tokens.h"
#include "emulators/wire/dispatch.h"
#include "sim/core/buffer.h"

/* --- Regions -----------------------------------------------------------------------------------
 */

struct ddb_region *ddb_region_find(const struct ddb *ddb, const char *name)
{
    const struct sim_region *place = sim_network_region_find(ddb->core->network, name);
    return place != NULL ? ddb->regions[place->index] : NULL;
}

static enum sim_result open_store(const struct ddb *ddb, struct sim_store **store,
                                  struct sim_error *error)
{
    if (ddb->core->data == NULL)
        return sim_store_open(&(struct sim_store_options){.path = NULL}, store, error);
    *store = sim_data_store(ddb->core->data);
    return RESULT_OK;
}

enum sim_result ddb_region_open(struct ddb *ddb, const char *name, struct ddb_region **region,
                                struct sim_error *error)
{
    struct sim_region *place = sim_network_region_find(ddb->core->network, name);
    if (place == NULL)
        return sim_error_set(error, RESULT_NOT_FOUND, "no such Region: %s", name);
    if (ddb->regions[place->index] == NULL) {
        struct sim_store *store = NULL;
        enum sim_result result = open_store(ddb, &store, error);
        if (result != RESULT_OK)
            return result;
        struct ddb_region *fresh = sim_alloc(sizeof *fresh);
        fresh->ddb = ddb;
        fresh->place = place;
        fresh->store = store;
        fresh->tokens = ddb_tokens_create(ddb->core->data != NULL ? store : NULL, place->name);
        fresh->claims = ddb_claims_create();
        ddb->regions[place->index] = fresh;
    }
    *region = ddb->regions[place->index];
    return RESULT_OK;
}

static void close_region(struct ddb_region *region)
{
    if (region == NULL)
        return;
    while (region->table_count > 0)
        ddb_table_destroy(region->tables[region->table_count - 1], false);
    ddb_backups_destroy(region, false);
    while (region->retired_count > 0)
        ddb_table_destroy(region->retired[region->retired_count - 1], false);
    free(region->retired);
    free(region->tables);
    ddb_tokens_destroy(region->tokens);
    ddb_claims_destroy(region->claims);
    ddb_transfers_destroy(region);
    if (region->ddb->core->data == NULL)
        sim_store_close(region->store);
    free(region);
}

uint64_t ddb_now_us(const struct ddb *ddb)
{
    return sim_clock_now_us(ddb->core->clock);
}

uint64_t ddb_region_clock_us(const struct ddb_region *region)
{
    uint64_t now_us = ddb_now_us(region->ddb);
    int64_t skew_us = region->place->skew_us;
    uint64_t back_us = skew_us < 0 ? (uint64_t)0 - (uint64_t)skew_us : 0;
    if (skew_us >= 0)
        return now_us + (uint64_t)skew_us;
    return now_us > back_us ? now_us - back_us : 1;
}

enum wire_progress ddb_answer_fault(struct wire_call *call, const struct ddb_fault *fault)
{
    PRE(fault->code != NULL);
    if (fault->throttling_reason == NULL)
        return wire_fail(call, fault->code, "%s", fault->message);
    cJSON *members = cJSON_CreateObject();
    bool is_newer = strcmp(fault->code, "ThrottlingException") == 0;
    cJSON *list =
        cJSON_AddArrayToObject(members, is_newer ? "throttlingReasons" : "ThrottlingReasons");
    cJSON *reason = cJSON_CreateObject();
    cJSON_AddItemToArray(list, reason);
    cJSON_AddStringToObject(reason, "reason", fault->throttling_reason);
    cJSON_AddStringToObject(reason, "resource", fault->throttling_resource);
    return wire_fail_with(call, fault->code, members, "%s", fault->message);
}

/* --- the whole emulator ------------------------------------------------------------------------
 */

/* What was under way in a Region that died has come to nothing. */
static void hear_network(void *context, struct sim_region *region, struct sim_link *link UNUSED)
{
    const struct ddb *ddb = context;
    if (region != NULL && region->down_count > 0 && ddb->regions[region->index] != NULL)
        ddb_claims_end_all(ddb->regions[region->index]->claims);
    ddb_groups_refresh(context);
}

static void hear_fault(void *context, const struct sim_fault_spec *spec, bool began UNUSED)
{
    if (spec->kind == SIM_FAULT_DENY_REPLICATION)
        ddb_access_refresh(context);
    if (spec->kind == SIM_FAULT_PAUSE_REPLICATION || spec->kind == SIM_FAULT_DENY_REPLICATION)
        ddb_groups_refresh(context);
}

/* Faults may name a table, in any Region and account. */
static bool resource_exists(void *state, const struct sim_fault_spec *spec)
{
    const struct ddb *ddb = state;
    for (size_t i = 0; i < SIM_REGION_MAX; i++) {
        const struct ddb_region *region = ddb->regions[i];
        for (size_t k = 0; region != NULL && k < region->table_count; k++) {
            if (strcmp(region->tables[k]->name, spec->resource) == 0)
                return true;
        }
    }
    return false;
}

static void start(struct ddb *ddb)
{
    ddb->tables_made = 0;
    ddb->conflicts = ddb_conflict_log_create();
    ddb->service_times = ddb_service_times_create(ddb->core->seed);
    ddb->expressions = ddb_expression_cache_create();
    sim_random_init(&ddb->ids, ddb->core->seed, "dynamodb/table-id");
    sim_random_init(&ddb->backup_ids, ddb->core->seed, "dynamodb/backup-id");
    sim_random_init(&ddb->expiry_delays, ddb->core->seed, "dynamodb/time-to-live");
}

/* What is under way from one table or backup to another one, which may be in another Region. */
static void stop_copies(struct ddb_region *region)
{
    for (size_t i = 0; region != NULL && i < region->table_count; i++)
        ddb_restore_stop(region->tables[i]);
    if (region != NULL)
        ddb_backups_stop(region);
}

/* Links and copies first: they refer to tables. */
static void stop(struct ddb *ddb)
{
    while (ddb->group_count > 0)
        ddb_group_destroy(ddb->groups[ddb->group_count - 1]);
    for (size_t i = 0; i < SIM_REGION_MAX; i++)
        stop_copies(ddb->regions[i]);
    for (size_t i = 0; i < SIM_REGION_MAX; i++) {
        close_region(ddb->regions[i]);
        ddb->regions[i] = NULL;
    }
    ddb_table_lags_destroy(ddb); /* after the links, which point to them */
    ddb_conflict_log_destroy(ddb->conflicts);
    ddb_service_times_destroy(ddb->service_times);
    ddb_expression_cache_destroy(ddb->expressions);
}

enum sim_result ddb_create(const struct wire_host *host, struct ddb **ddb, struct sim_error *error)
{
    struct ddb *fresh = sim_alloc(sizeof *fresh);
    fresh->host = host;
    fresh->core = host->core;
    fresh->throttles = true;
    ddb_set_expiry_delay(fresh, DDB_EXPIRY_LEAST_US, DDB_EXPIRY_MOST_US);
    fresh->shard_rules = (struct ddb_shard_rules)DDB_SHARD_RULES_DEFAULT;
    start(fresh);
    sim_network_listen(fresh->core->network, hear_network, fresh);
    sim_faults_listen(fresh->core->faults, hear_fault, fresh);
    wire_dispatcher_add(host->dispatcher, &ddb_service, fresh);
    wire_dispatcher_add(host->dispatcher, &ddb_streams_service, fresh);
    wire_dispatcher_add_resources(host->dispatcher, resource_exists, fresh);
    *ddb = fresh; /* the caller destroys it after an error as well */
    if (fresh->core->data == NULL)
        return RESULT_OK;
    sim_data_add_saver(fresh->core->data, ddb_tables_save, fresh);
    return ddb_tables_load(fresh, error);
}

void ddb_destroy(struct ddb *ddb)
{
    if (ddb == NULL)
        return;
    sim_network_unlisten(ddb->core->network, hear_network, ddb);
    sim_faults_unlisten(ddb->core->faults, hear_fault, ddb);
    if (ddb->core->data != NULL)
        sim_data_remove_saver(ddb->core->data, ddb);
    stop(ddb);
    sim_arena_destroy(ddb->spare_arena);
    free(ddb->groups);
    free(ddb);
}

/* What is in memory goes with its store; the data directory has been emptied. */
enum sim_result ddb_reset(struct ddb *ddb, struct sim_error *error)
{
    stop(ddb);
    start(ddb);
    return ddb->core->data != NULL ? ddb_tables_load(ddb, error) : RESULT_OK;
}

void ddb_commit(struct ddb *ddb)
{
    for (size_t i = 0; i < SIM_REGION_MAX; i++) {
        struct ddb_region *region = ddb->regions[i];
        struct sim_error error;
        if (region == NULL || ddb->core->data != NULL || !sim_store_is_dirty(region->store) ||
            sim_store_commit(region->store, &error) == RESULT_OK)
            continue;
        sim_trace_emit(ddb->core->trace, "store.error", region->place->name,
                       FIELD_TEXT("error", error.message));
    }
}

void ddb_set_transient_delay(struct ddb *ddb, uint64_t delay_us)
{
    ddb->transient_delay_us = delay_us;
}

void ddb_set_throttling(struct ddb *ddb, bool throttles)
{
    ddb->throttles = throttles;
}

void ddb_set_expiry_delay(struct ddb *ddb, uint64_t least_us, uint64_t most_us)
{
    PRE(least_us <= most_us);
    ddb->expiry_least_us = least_us;
    ddb->expiry_most_us = most_us;
}

void ddb_set_shard_rules(struct ddb *ddb, const struct ddb_shard_rules *rules)
{
    PRE(rules->life_us > 0 && rules->window_us > 0 && rules->first_count > 0);
    ddb->shard_rules = *rules;
}
