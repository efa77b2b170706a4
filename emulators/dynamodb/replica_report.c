/* What is on its way between replicas, table by table and pair by pair; it changes nothing. */
#include <string.h>

#include "emulators/dynamodb/dynamodb_internal.h"
#include "emulators/dynamodb/latency_window.h"
#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/strong.h"
#include "emulators/dynamodb/table_lag.h"
#include "emulators/dynamodb/throttle.h"

/* When the oldest record that waits was committed; false: none does, or the log could not be read.
 * The first one in flight is the oldest: what is done at the front is gone. */
static bool find_oldest(const struct ddb_link *link, uint64_t *committed_us)
{
    if (link->pending_count == 0)
        return false;
    const struct ddb_delivery *first = link->first;
    if (first != NULL && first->record != NULL) {
        *committed_us = first->record->change.committed_us;
        return true;
    }
    uint64_t after = first != NULL ? first->sequence - 1 : link->read_sequence;
    struct sim_arena *arena = sim_arena_create();
    struct ddb_change change = {0};
    bool found = false;
    if (ddb_log_next(&link->from->log, after, DDB_LOG_LOCAL, arena, &change, &found, NULL) !=
        RESULT_OK)
        found = false;
    *committed_us = change.committed_us;
    sim_arena_destroy(arena);
    return found;
}

/* The fault that keeps it closed, or that its replica's write capacity is used up. */
static void tell_reason(cJSON *object, const struct ddb_link *link)
{
    const struct sim_faults *faults = link->group->ddb->core->faults;
    struct sim_fault_point point = ddb_link_fault_point(link);
    struct sim_fault_view view;
    if (!link->is_open && sim_faults_find(faults, &point, &view)) {
        cJSON_AddStringToObject(object, "reason", sim_fault_kind_name(view.spec->kind));
        cJSON_AddNumberToObject(object, "fault", (double)view.id);
    } else if (link->is_draining && ddb_throttle_replication_wait_us(link->to) > 0) {
        cJSON_AddStringToObject(object, "reason", "write-capacity");
    }
}

static void tell_latency(cJSON *object, const struct ddb_link *link)
{
    struct ddb_latency_summary summary;
    ddb_latency_sum_up(link->latency, ddb_now_us(link->group->ddb), &summary);
    cJSON *latency = cJSON_AddObjectToObject(object, "latency");
    cJSON_AddNumberToObject(latency, "count", (double)summary.count);
    if (summary.count == 0)
        return;
    cJSON_AddNumberToObject(latency, "p50_us", (double)summary.p50_us);
    cJSON_AddNumberToObject(latency, "p99_us", (double)summary.p99_us);
    cJSON_AddNumberToObject(latency, "max_us", (double)summary.max_us);
}

static const char *state_of(const struct ddb_link *link)
{
    return !link->is_open ? "paused" : link->is_draining ? "draining" : "open";
}

static cJSON *print_link(const struct ddb_link *link)
{
    const struct sim_lag *lag =
        link->own_lag != NULL ? &link->own_lag->lag : &link->network_link->replication;
    char lag_text[SIM_LAG_TEXT_BYTES];
    sim_lag_format(lag, lag_text);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "table", link->from->name);
    cJSON_AddStringToObject(object, "account", link->from->account);
    cJSON_AddStringToObject(object, "from", ddb_region_name(link->from));
    cJSON_AddStringToObject(object, "to", ddb_region_name(link->to));
    cJSON_AddStringToObject(object, "lag", lag_text);
    cJSON_AddStringToObject(object, "state", state_of(link));
    tell_reason(object, link);
    cJSON_AddNumberToObject(object, "pending", (double)link->pending_count);
    uint64_t committed_us = 0;
    if (find_oldest(link, &committed_us))
        cJSON_AddNumberToObject(object, "oldest_us",
                                (double)(ddb_now_us(link->group->ddb) - committed_us));
    cJSON_AddNumberToObject(object, "applied", (double)link->applied_count);
    cJSON_AddNumberToObject(object, "superseded", (double)link->superseded_count);
    tell_latency(object, link);
    return object;
}

static bool is_wanted(const char *wanted, const char *name)
{
    return wanted == NULL || strcmp(wanted, name) == 0;
}

cJSON *ddb_replication(const struct ddb *ddb, const char *table)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < ddb->group_count; i++) {
        const struct ddb_group *group = ddb->groups[i];
        for (size_t k = 0; is_wanted(table, group->name) && k < group->link_count; k++)
            cJSON_AddItemToArray(list, print_link(group->links[k]));
    }
    return list;
}
