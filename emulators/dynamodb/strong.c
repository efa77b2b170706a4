#include "emulators/dynamodb/strong.h"

#include <string.h>

#include "emulators/dynamodb/item_commit.h"
#include "emulators/dynamodb/item_size.h"
#include "emulators/dynamodb/planted_bugs.h"
#include "emulators/wire/metrics.h"

#define CATCH_UP_STEP_US (UINT64_C(10) * SIM_US_PER_MS)

bool ddb_is_strong(const struct ddb_table *table)
{
    return table->member.group != NULL && table->member.group->strong != NULL;
}

bool ddb_is_witness(const struct ddb_table *table)
{
    return ddb_is_strong(table) && table->member.group->strong->witness == table;
}

/* --- the copies --------------------------------------------------------------------------------
 */

/* The number-th copy: the replicas, then the witness. NULL behind the last. */
static struct ddb_table *copy_at(const struct ddb_group *group, size_t number)
{
    if (number < group->member_count)
        return group->members[number];
    return number == group->member_count ? group->strong->witness : NULL;
}

static bool is_paused(const struct ddb_table *from, const struct ddb_table *to)
{
    const struct sim_fault_point point = {
        .service = "dynamodb",
        .resource = from->name,
        .from = ddb_region_name(from),
        .to = ddb_region_name(to),
        .plane = SIM_PLANE_DATA,
    };
    const struct sim_faults *faults = from->ddb->core->faults;
    return sim_faults_is_set(faults, SIM_FAULT_PAUSE_REPLICATION, &point) ||
           sim_faults_is_set(faults, SIM_FAULT_DENY_REPLICATION, &point);
}

/* In both directions, and nobody has paused the replication. */
static bool reaches(const struct ddb_table *table, const struct ddb_table *other)
{
    struct sim_network *network = table->ddb->core->network;
    const struct sim_region *here = table->home->place;
    const struct sim_region *there = other->home->place;
    return other->status != DDB_TABLE_DELETING && other->status != DDB_TABLE_ARCHIVED &&
           sim_network_is_reachable(network, here, there) &&
           sim_network_is_reachable(network, there, here) && !is_paused(table, other) &&
           !is_paused(other, table);
}

static uint64_t distance_us(const struct ddb_table *from, const struct ddb_table *to)
{
    struct sim_network *network = from->ddb->core->network;
    const struct sim_region *here = from->home->place;
    const struct sim_region *there = to->home->place;
    return sim_lag_typical_us(&sim_network_link_get(network, here, there)->latency) +
           sim_lag_typical_us(&sim_network_link_get(network, there, here)->latency);
}

/* The nearest copy that makes a quorum with the table; NULL: there is none. */
static struct ddb_table *nearest_partner(const struct ddb_table *table)
{
    const struct ddb_group *group = table->member.group;
    struct ddb_table *nearest = NULL;
    struct ddb_table *copy = NULL;
    for (size_t i = 0; (copy = copy_at(group, i)) != NULL; i++) {
        if (copy == table || copy->member.is_behind || !reaches(table, copy))
            continue;
        if (nearest == NULL || distance_us(table, copy) < distance_us(table, nearest))
            nearest = copy;
    }
    return nearest;
}

/* Who of the table and the copies that it reaches has the most. */
static struct ddb_table *most_advanced(struct ddb_table *table)
{
    const struct ddb_group *group = table->member.group;
    struct ddb_table *best = table;
    struct ddb_table *copy = NULL;
    for (size_t i = 0; (copy = copy_at(group, i)) != NULL; i++) {
        if (copy != table && copy->log.last_sequence > best->log.last_sequence &&
            reaches(table, copy))
            best = copy;
    }
    return best;
}

/* --- taking records over -----------------------------------------------------------------------
 */

static size_t size_of_text(const char *text)
{
    if (text == NULL)
        return 0;
    cJSON *item = cJSON_Parse(text);
    size_t bytes = ddb_item_size_bytes(item);
    cJSON_Delete(item);
    return bytes;
}

static enum sim_result write_record(struct ddb_table *table, const struct ddb_change *change,
                                    struct sim_arena *arena, struct sim_error *error)
{
    struct ddb_row row;
    bool has_row = false;
    enum sim_result result =
        ddb_items_read(&table->items, &change->key, arena, &row, &has_row, error);
    if (result != RESULT_OK)
        return result;
    const struct ddb_write write = {
        .table = table,
        .key = change->key,
        .old_row = has_row ? &row : NULL,
        .new_text = change->new_item,
        .new_size_bytes = size_of_text(change->new_item),
        .origin = DDB_WRITE_REPLICATED,
        .version = change->version,
    };
    struct ddb_commit commit;
    result = ddb_commit_begin(&commit, table->home, arena, NULL, error);
    if (result != RESULT_OK)
        return result;
    result = ddb_commit_write(&commit, &write, NULL, error);
    return ddb_commit_end(&commit, result, error);
}

static void tell(const struct ddb_table *table, const struct ddb_change *change)
{
    const struct ddb *ddb = table->ddb;
    const struct sim_region *origin =
        sim_network_region_by_index(ddb->core->network, change->version.origin);
    sim_trace_emit(ddb->core->trace, "strong.applied", ddb_region_name(table),
                   FIELD_TEXT("table", table->name), FIELD_TEXT("from", origin->name),
                   FIELD_NUMBER("sequence", change->sequence),
                   FIELD_NUMBER("lag_us", ddb_now_us(ddb) - change->committed_us));
}

/* The next record of source that the table lacks. False: there is none, or a store failed. */
static bool take_one(struct ddb_table *table, struct ddb_table *source)
{
    struct sim_arena *arena = sim_arena_create();
    struct ddb_change change;
    struct sim_error error;
    bool found = false;
    enum sim_result result = ddb_log_next(&source->log, table->log.last_sequence, DDB_LOG_ALL,
                                          arena, &change, &found, &error);
    if (result == RESULT_OK && found) {
        CHECK(change.sequence == table->log.last_sequence + 1); /* the logs are aligned */
        result = write_record(table, &change, arena, &error);
    }
    if (result == RESULT_OK && found)
        tell(table, &change);
    sim_arena_destroy(arena);
    if (result != RESULT_OK)
        sim_trace_emit(table->ddb->core->trace, "store.error", ddb_region_name(table),
                       FIELD_TEXT("table", table->name), FIELD_TEXT("error", error.message));
    return result == RESULT_OK && found;
}

/* Up to a sequence that source has, at most limit records. True: the table has them all. */
static bool take_over(struct ddb_table *table, struct ddb_table *source, uint64_t up_to_sequence,
                      uint64_t limit)
{
    while (table->log.last_sequence < up_to_sequence && limit > 0) {
        if (!take_one(table, source))
            return false;
        limit--;
    }
    return table->log.last_sequence >= up_to_sequence;
}

/* --- strong operations -------------------------------------------------------------------------
 */

enum kind { KIND_NONE, KIND_WRITE, KIND_READ, KIND_BATCH_READ, KIND_TRANSACTION };

static const struct {
    const char *operation;
    enum kind kind;
} kinds[] = {
    {"BatchGetItem", KIND_BATCH_READ},
    {"BatchWriteItem", KIND_WRITE},
    {"DeleteItem", KIND_WRITE},
    {"ExecuteTransaction", KIND_TRANSACTION},
    {"GetItem", KIND_READ},
    {"PutItem", KIND_WRITE},
    {"Query", KIND_READ},
    {"Scan", KIND_READ},
    {"TransactGetItems", KIND_TRANSACTION},
    {"TransactWriteItems", KIND_TRANSACTION},
    {"UpdateItem", KIND_WRITE},
};

static enum kind kind_of(const struct wire_call *call)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].operation, call->operation->name) == 0)
            return kinds[i].kind;
    return KIND_NONE;
}

static bool is_consistent(const cJSON *request)
{
    return wire_flag(request, "ConsistentRead", false);
}

/* Does the call need the latest state of the table? */
static bool is_strong_call(const struct wire_call *call, enum kind kind, const char *table_name)
{
    const cJSON *requests = NULL;
    switch (kind) {
    case KIND_WRITE:
        return true;
    case KIND_READ:
        return is_consistent(call->input);
    case KIND_BATCH_READ:
        cJSON_ArrayForEach(requests, wire_member(call->input, "RequestItems"))
        {
            if (strcmp(ddb_table_name_of(call->arena, requests->string), table_name) == 0 &&
                is_consistent(requests))
                return true;
        }
        return false;
    case KIND_NONE:
    case KIND_TRANSACTION:
        break;
    }
    return false;
}

/* Whatever cuts the table off counts this as a hit; a paused replication is an injected error. */
static bool refuse(const struct wire_call *call, const struct ddb_table *table,
                   struct ddb_fault *fault)
{
    const struct ddb_group *group = table->member.group;
    bool is_injected = false;
    const struct ddb_table *copy = NULL;
    for (size_t i = 0; (copy = copy_at(group, i)) != NULL; i++) {
        const struct sim_fault_point point = {.service = "dynamodb",
                                              .resource = table->name,
                                              .from = ddb_region_name(table),
                                              .to = ddb_region_name(copy),
                                              .plane = SIM_PLANE_DATA};
        struct sim_fault_effect effect;
        if (copy == table)
            continue;
        is_injected = is_injected || is_paused(table, copy) || is_paused(copy, table);
        sim_faults_count_lost(table->ddb->core->faults, &point);
        sim_faults_apply(table->ddb->core->faults, &point, &effect); /* counts a pause's hit */
    }
    if (is_injected)
        wire_metric_record(
            call->host->metrics,
            &(struct wire_datum){
                .region = ddb_region_name(table),
                .name_space = "AWS/DynamoDB",
                .metric = "FaultInjectionServiceInducedErrors",
                .dimensions = {{"TableName", table->name}, {"Operation", call->operation->name}},
                .dimension_count = 2,
                .value = 1,
                .unit = "Count",
                .at_us = wire_now_us(call)});
    sim_trace_emit(table->ddb->core->trace, "strong.refused", ddb_region_name(table),
                   FIELD_TEXT("table", table->name),
                   FIELD_TEXT("operation", call->operation->name));
    return ddb_fail(fault, "InternalServerError", "Internal server error");
}

bool ddb_strong_need_quorum(const struct wire_call *call, struct ddb_table *table,
                            struct ddb_fault *fault)
{
    if (!ddb_is_strong(table) || table->member.group->strong->is_dissolving)
        return true;
    if (table->member.is_behind || nearest_partner(table) == NULL)
        return refuse(call, table, fault);
    struct ddb_table *source = most_advanced(table);
    if (!take_over(table, source, source->log.last_sequence, UINT64_MAX))
        return refuse(call, table, fault);
    return true;
}

bool ddb_strong_enter(const struct wire_call *call, struct ddb_table *table,
                      struct ddb_fault *fault)
{
    if (!ddb_is_strong(table))
        return true;
    enum kind kind = kind_of(call);
    if (kind == KIND_TRANSACTION)
        return ddb_invalid(fault, "Transactional operations are not supported on a global table "
                                  "with MultiRegionConsistency set to STRONG.");
    return !is_strong_call(call, kind, table->name) || ddb_strong_need_quorum(call, table, fault);
}

/* --- the way to the other copies ---------------------------------------------------------------
 */

static void arrive(void *context);

/* A copy that is up to date but for what is under way gets it after the way's latency. */
static void schedule_arrival(struct ddb_table *copy, struct ddb_table *source)
{
    struct ddb *ddb = copy->ddb;
    if (copy->member.arrival_event != 0 || copy->member.is_behind || !reaches(copy, source))
        return;
    uint64_t latency_us =
        sim_network_latency_us(ddb->core->network, source->home->place, copy->home->place);
    copy->member.arrival_sequence = source->log.last_sequence;
    copy->member.arrival_event = sim_sched_after(ddb->core->sched, latency_us, arrive, copy);
}

static void arrive(void *context)
{
    struct ddb_table *copy = context;
    copy->member.arrival_event = 0;
    struct ddb_table *source = most_advanced(copy);
    uint64_t up_to = copy->member.arrival_sequence;
    if (source == copy || copy->member.is_behind)
        return;
    if (up_to > source->log.last_sequence)
        up_to = source->log.last_sequence;
    (void)take_over(copy, source, up_to, UINT64_MAX);
    if (copy->log.last_sequence < source->log.last_sequence)
        schedule_arrival(copy, source);
}

void ddb_strong_spread(struct ddb_table *table)
{
    struct ddb_group *group = table->member.group;
    if (group->strong->is_dissolving)
        return;
    struct ddb_table *partner = nearest_partner(table);
    CHECK(partner != NULL); /* entered with a quorum in this same moment */
    if (DDB_IS_PLANTED(DDB_PLANT_EARLY_ACKNOWLEDGE))
        partner = NULL;
    else
        (void)take_over(partner, table, table->log.last_sequence, UINT64_MAX);
    struct ddb_table *copy = NULL;
    for (size_t i = 0; (copy = copy_at(group, i)) != NULL; i++)
        if (copy != table && copy != partner) /* where the way is cut, by way of the partner */
            schedule_arrival(copy, partner == NULL || reaches(copy, table) ? table : partner);
}

uint64_t ddb_strong_wait_us(struct ddb *ddb, const struct wire_call *call)
{
    enum kind kind = kind_of(call);
    const char *name = wire_text(call->input, "TableName");
    struct ddb_region *region = ddb_region_find(ddb, call->region);
    const cJSON *requests = wire_member(call->input, "RequestItems");
    if (ddb->strong_count == 0 || region == NULL || kind == KIND_NONE || kind == KIND_TRANSACTION)
        return 0;
    if (name == NULL && requests != NULL && requests->child != NULL)
        name = requests->child->string;
    if (name == NULL)
        return 0;
    const struct ddb_table *table =
        ddb_table_find(region, call->account, ddb_table_name_of(call->arena, name));
    if (table == NULL || !ddb_is_strong(table) || !is_strong_call(call, kind, table->name))
        return 0;
    const struct ddb_table *partner = nearest_partner(table);
    if (partner == NULL)
        return 0;
    struct sim_network *network = ddb->core->network;
    return sim_network_latency_us(network, table->home->place, partner->home->place) +
           sim_network_latency_us(network, partner->home->place, table->home->place);
}

/* --- being cut off, and coming back ------------------------------------------------------------
 */

static void catch_up(void *context);

static void schedule_catch_up(struct ddb_table *copy)
{
    if (copy->member.arrival_event == 0)
        copy->member.arrival_event =
            sim_sched_after(copy->ddb->core->sched, CATCH_UP_STEP_US, catch_up, copy);
}

static bool reaches_any(const struct ddb_table *table)
{
    const struct ddb_group *group = table->member.group;
    const struct ddb_table *copy = NULL;
    for (size_t i = 0; (copy = copy_at(group, i)) != NULL; i++)
        if (copy != table && reaches(table, copy))
            return true;
    return false;
}

static void tell_behind(struct ddb_table *copy, bool is_behind)
{
    copy->member.is_behind = is_behind;
    sim_trace_emit(copy->ddb->core->trace, is_behind ? "strong.isolated" : "strong.rejoined",
                   ddb_region_name(copy), FIELD_TEXT("table", copy->name));
}

static void catch_up(void *context)
{
    struct ddb_table *copy = context;
    copy->member.arrival_event = 0;
    if (!reaches_any(copy))
        return; /* cut off again */
    struct ddb_table *source = most_advanced(copy);
    const struct sim_link *link =
        sim_network_link_get(copy->ddb->core->network, source->home->place, copy->home->place);
    uint64_t step = link->drain_per_s * CATCH_UP_STEP_US / SIM_US_PER_S;
    if (take_over(copy, source, source->log.last_sequence, step > 0 ? step : 1))
        tell_behind(copy, false);
    else
        schedule_catch_up(copy);
}

static void refresh_copy(struct ddb_table *copy)
{
    bool is_cut_off = !reaches_any(copy);
    if (is_cut_off && !copy->member.is_behind) {
        ddb_strong_stop(copy);
        tell_behind(copy, true);
    } else if (!is_cut_off && copy->member.is_behind) {
        if (copy->log.last_sequence == most_advanced(copy)->log.last_sequence)
            tell_behind(copy, false);
        else
            schedule_catch_up(copy);
    } else if (!is_cut_off) {
        struct ddb_table *source = most_advanced(copy);
        if (source != copy) /* a way that was closed is open again */
            schedule_arrival(copy, source);
    }
}

void ddb_strong_refresh(struct ddb_group *group)
{
    struct ddb_table *copy = NULL;
    if (group->strong->is_dissolving)
        return;
    for (size_t i = 0; (copy = copy_at(group, i)) != NULL; i++)
        refresh_copy(copy);
}

void ddb_strong_stop(struct ddb_table *table)
{
    (void)sim_sched_cancel(table->ddb->core->sched, table->member.arrival_event);
    table->member.arrival_event = 0;
}

/* --- questions ---------------------------------------------------------------------------------
 */

uint64_t ddb_strong_passed_sequence(const struct ddb_group *group)
{
    uint64_t least = UINT64_MAX;
    const struct ddb_table *copy = NULL;
    for (size_t i = 0; (copy = copy_at(group, i)) != NULL; i++)
        if (copy->log.last_sequence < least)
            least = copy->log.last_sequence;
    return least;
}

uint64_t ddb_strong_backlog(const struct ddb_group *group, const char *to)
{
    uint64_t head = 0;
    uint64_t count = 0;
    const struct ddb_table *copy = NULL;
    for (size_t i = 0; (copy = copy_at(group, i)) != NULL; i++)
        if (copy->log.last_sequence > head)
            head = copy->log.last_sequence;
    for (size_t i = 0; i < group->member_count; i++) {
        copy = group->members[i];
        if (to == NULL || strcmp(to, ddb_region_name(copy)) == 0)
            count += head - copy->log.last_sequence;
    }
    return count;
}
