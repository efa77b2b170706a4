#include "emulators/dynamodb/throttle.h"

#include <string.h>

#include "emulators/dynamodb/table_throughput.h"
#include "emulators/wire/metrics.h"

/* --- rates ---------------------------------------------------------------------------------------
 */

static uint64_t positive(int64_t units)
{
    return units > 0 ? (uint64_t)units : 0;
}

static void refresh(const struct ddb_table *table, const cJSON *spec, struct ddb_meters *meters)
{
    static const char *const provisioned_names[] = {"ReadCapacityUnits", "WriteCapacityUnits"};
    static const char *const maximum_names[] = {"MaxReadRequestUnits", "MaxWriteRequestUnits"};
    uint64_t now_us = ddb_now_us(table->ddb);
    struct ddb_warm_throughput warm = ddb_warm_throughput_of(table, spec);
    const int64_t warm_units[] = {warm.reads_per_s, warm.writes_per_s};
    const cJSON *provisioned = wire_member(spec, "ProvisionedThroughput");
    const cJSON *maximum = wire_member(spec, "OnDemandThroughput");
    for (size_t i = 0; i < DDB_THROUGHPUT_KIND_COUNT; i++) {
        if (ddb_table_is_on_demand(table))
            ddb_meter_on_demand(&meters->kinds[i], positive(warm_units[i]),
                                positive(wire_integer(maximum, maximum_names[i], 0)), now_us);
        else if (provisioned != NULL)
            ddb_meter_provision(&meters->kinds[i],
                                positive(wire_integer(provisioned, provisioned_names[i], 0)),
                                now_us);
    }
}

void ddb_throttle_refresh(struct ddb_table *table)
{
    const struct ddb_definition *definition = table->definition;
    refresh(table, definition->spec, &table->meters);
    for (size_t i = definition->local_index_count; i < definition->index_count; i++)
        refresh(table, definition->indexes[i].spec, &table->index_states[i].meters);
}

/* --- what a refusal says -------------------------------------------------------------------------
 */

#define ON_DEMAND_TEXT                                                                             \
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically "   \
    "scaling your table or index so please try again shortly. If exceptions persist, check if "    \
    "you have a hot key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"        \
    "bp-partition-key-design.html"

static const struct {
    const char *code;
    const char *reason; /* how a ThrottlingReason ends */
    const char *table_text;
    const char *index_text;
} refusals[] = {
    [DDB_LIMIT_NONE] = {0},
    [DDB_LIMIT_PROVISIONED] =
        {"ProvisionedThroughputExceededException", "ProvisionedThroughputExceeded",
         "The level of configured provisioned throughput for the table was exceeded. Consider "
         "increasing your provisioning level with the UpdateTable API.",
         "The level of configured provisioned throughput for one or more global secondary indexes "
         "of the table was exceeded. Consider increasing your provisioning level for the "
         "under-provisioned global secondary indexes with the UpdateTable API"},
    [DDB_LIMIT_MAXIMUM] =
        {"ThrottlingException", "MaxOnDemandThroughputExceeded",
         "Throughput exceeds the maximum OnDemandThroughput configured on table or index",
         "Throughput exceeds the maximum OnDemandThroughput configured on table or index"},
    [DDB_LIMIT_TRAFFIC] = {"ThrottlingException", "KeyRangeThroughputExceeded", ON_DEMAND_TEXT,
                           ON_DEMAND_TEXT},
    [DDB_LIMIT_QUOTA] =
        {"RequestLimitExceeded", "AccountLimitExceeded",
         "Throughput exceeds the current throughput limit for your account. To request a limit "
         "increase, contact AWS Support at https://aws.amazon.com/support.",
         "Throughput exceeds the current throughput limit for your account. To request a limit "
         "increase, contact AWS Support at https://aws.amazon.com/support."},
};

static const char *const kind_names[] = {[DDB_READ] = "Read", [DDB_WRITE] = "Write"};

const char *ddb_throttle_reason_code(const struct ddb_fault *fault)
{
    if (fault->throttling_reason == NULL)
        return NULL;
    return strcmp(fault->code, refusals[DDB_LIMIT_PROVISIONED].code) == 0
               ? "ProvisionedThroughputExceeded"
               : "ThrottlingError";
}

/* --- one meter -----------------------------------------------------------------------------------
 */

static struct ddb_meter *meter_of(struct ddb_table *table, size_t index,
                                  enum ddb_throughput_kind kind)
{
    return index == DDB_TABLE_ITSELF ? &table->meters.kinds[kind]
                                     : &table->index_states[index].meters.kinds[kind];
}

/* source: "Customer", "GlobalTable", or NULL for all of it. */
static void record(const struct ddb_table *table, size_t index, const char *source,
                   const char *metric, int64_t value, const char *unit)
{
    struct wire_datum datum = {
        .region = ddb_region_name(table),
        .account = table->account,
        .name_space = "AWS/DynamoDB",
        .metric = metric,
        .dimensions = {{"TableName", table->name}},
        .dimension_count = 1,
        .value = value,
        .unit = unit,
        .at_us = ddb_now_us(table->ddb),
    };
    if (index != DDB_TABLE_ITSELF) {
        datum.dimensions[1] = (struct wire_dimension){"GlobalSecondaryIndexName",
                                                      table->definition->indexes[index].name};
        datum.dimension_count = 2;
    }
    if (source != NULL)
        datum.dimensions[datum.dimension_count++] = (struct wire_dimension){"Source", source};
    wire_metric_record(table->ddb->host->metrics, &datum);
}

static void take(struct ddb_table *table, size_t index, enum ddb_throughput_kind kind,
                 uint64_t halves)
{
    ddb_meter_take(meter_of(table, index, kind), (int64_t)halves * DDB_HALF_UNIT,
                   ddb_now_us(table->ddb));
}

static void tell(struct ddb_table *table, size_t index, enum ddb_throughput_kind kind,
                 uint64_t halves)
{
    if (wire_metrics_is_heard(table->ddb->host->metrics))
        record(table, index, NULL,
               kind == DDB_READ ? "ConsumedReadCapacityUnits" : "ConsumedWriteCapacityUnits",
               (int64_t)halves, "HalfCount");
}

/* Writes of a global table's replica are told apart by who made them as well. */
static void tell_source(const struct ddb_table *table, size_t index, const char *source,
                        uint64_t halves)
{
    record(table, index, source, "ConsumedWriteCapacityUnits", (int64_t)halves, "HalfCount");
}

static void tell_customer(struct ddb_table *table, size_t index,
                          enum ddb_throughput_kind kind UNUSED, uint64_t halves)
{
    if (table->member.group != NULL)
        tell_source(table, index, "Customer", halves);
}

static void tell_replicated(struct ddb_table *table, size_t index,
                            enum ddb_throughput_kind kind UNUSED, uint64_t halves)
{
    tell_source(table, index, "GlobalTable", halves);
}

/* Tells what the table or index lacks. */
static bool refuse(struct ddb_table *table, size_t index, enum ddb_throughput_kind kind,
                   struct ddb_fault *fault)
{
    bool is_table = index == DDB_TABLE_ITSELF;
    enum ddb_limit limit = meter_of(table, index, kind)->limit;
    if (wire_metrics_is_heard(table->ddb->host->metrics))
        record(table, index, NULL, kind == DDB_READ ? "ReadThrottleEvents" : "WriteThrottleEvents",
               1, "Count");
    fault->throttling_reason =
        sim_arena_printf(fault->arena, "%s%s%s", is_table ? "Table" : "Index", kind_names[kind],
                         refusals[limit].reason);
    fault->throttling_resource = is_table
                                     ? table->arn
                                     : sim_arena_printf(fault->arena, "%s/index/%s", table->arn,
                                                        table->definition->indexes[index].name);
    return ddb_fail(fault, refusals[limit].code, "%s",
                    is_table ? refusals[limit].table_text : refusals[limit].index_text);
}

/* --- a call's consumption ------------------------------------------------------------------------
 */

typedef bool meter_check(struct ddb_meter *meter, int64_t cost, uint64_t now_us);

/* What a table's own meter pays: local indexes live on its throughput. */
static uint64_t table_halves(const struct ddb_table_capacity *entry)
{
    uint64_t halves = entry->table_halves;
    for (size_t i = 0; i < entry->table->definition->local_index_count; i++)
        halves += entry->index_halves[i];
    return halves;
}

/* The first meter that fails the check, by index number (DDB_TABLE_ITSELF for the table). */
static bool find_lack(const struct ddb_table_capacity *entry, enum ddb_throughput_kind kind,
                      meter_check *check, size_t *index)
{
    struct ddb_table *table = entry->table;
    uint64_t now_us = ddb_now_us(table->ddb);
    uint64_t halves = table_halves(entry);
    if (!table->ddb->throttles)
        return false;
    *index = DDB_TABLE_ITSELF;
    if (halves > 0 && !check(&table->meters.kinds[kind], (int64_t)halves * DDB_HALF_UNIT, now_us))
        return true;
    const struct ddb_definition *definition = table->definition;
    for (*index = definition->local_index_count; *index < definition->index_count; (*index)++) {
        halves = entry->index_halves[*index];
        if (halves > 0 && !check(&table->index_states[*index].meters.kinds[kind],
                                 (int64_t)halves * DDB_HALF_UNIT, now_us))
            return true;
    }
    return false;
}

typedef void meter_change(struct ddb_table *table, size_t index, enum ddb_throughput_kind kind,
                          uint64_t halves);

/* For everything that was consumed. */
static void change_all(const struct ddb_capacity *capacity, enum ddb_throughput_kind kind,
                       meter_change *change)
{
    for (const struct ddb_table_capacity *entry = capacity->first; entry != NULL;
         entry = entry->next) {
        const struct ddb_definition *definition = entry->table->definition;
        uint64_t halves = table_halves(entry);
        if (halves > 0)
            change(entry->table, DDB_TABLE_ITSELF, kind, halves);
        for (size_t i = definition->local_index_count; i < definition->index_count; i++) {
            if (entry->index_halves[i] > 0)
                change(entry->table, i, kind, entry->index_halves[i]);
        }
    }
}

static bool is_heard(const struct ddb_capacity *capacity)
{
    return capacity->first != NULL &&
           wire_metrics_is_heard(capacity->first->table->ddb->host->metrics);
}

void ddb_throttle_tell(const struct ddb_capacity *capacity, enum ddb_throughput_kind kind)
{
    if (!is_heard(capacity))
        return;
    change_all(capacity, kind, tell);
    if (kind == DDB_WRITE)
        change_all(capacity, kind, tell_customer);
}

void ddb_throttle_charge_replicated(const struct ddb_capacity *capacity)
{
    change_all(capacity, DDB_WRITE, take);
    if (!is_heard(capacity))
        return;
    change_all(capacity, DDB_WRITE, tell);
    change_all(capacity, DDB_WRITE, tell_replicated);
}

void ddb_throttle_charge(const struct ddb_capacity *capacity, enum ddb_throughput_kind kind)
{
    change_all(capacity, kind, take);
    ddb_throttle_tell(capacity, kind);
}

bool ddb_throttle_try(const struct ddb_capacity *capacity, enum ddb_throughput_kind kind,
                      struct ddb_fault *fault)
{
    for (const struct ddb_table_capacity *entry = capacity->first; entry != NULL;
         entry = entry->next) {
        size_t index = 0;
        if (find_lack(entry, kind, ddb_meter_allows, &index))
            return refuse(entry->table, index, kind, fault);
    }
    change_all(capacity, kind, take);
    return true;
}

bool ddb_throttle_admit(const struct ddb_capacity *capacity, enum ddb_throughput_kind kind,
                        struct ddb_fault *fault)
{
    if (!ddb_throttle_try(capacity, kind, fault))
        return false;
    ddb_throttle_tell(capacity, kind);
    return true;
}

bool ddb_throttle_admit_batch(const struct ddb_capacity *capacity, enum ddb_throughput_kind kind)
{
    for (const struct ddb_table_capacity *entry = capacity->first; entry != NULL;
         entry = entry->next) {
        size_t index = 0;
        if (find_lack(entry, kind, ddb_meter_has_room, &index))
            return false;
    }
    ddb_throttle_charge(capacity, kind);
    return true;
}

static void give_back(struct ddb_table *table, size_t index, enum ddb_throughput_kind kind,
                      uint64_t halves)
{
    ddb_meter_give_back(meter_of(table, index, kind), (int64_t)halves * DDB_HALF_UNIT);
}

void ddb_throttle_give_back(const struct ddb_capacity *capacity, enum ddb_throughput_kind kind)
{
    change_all(capacity, kind, give_back);
}

bool ddb_throttle_admit_table(struct ddb_table *table, enum ddb_throughput_kind kind,
                              uint64_t halves, struct ddb_fault *fault)
{
    struct ddb_meter *meter = &table->meters.kinds[kind];
    if (table->ddb->throttles &&
        !ddb_meter_allows(meter, (int64_t)halves * DDB_HALF_UNIT, ddb_now_us(table->ddb)))
        return refuse(table, DDB_TABLE_ITSELF, kind, fault);
    take(table, DDB_TABLE_ITSELF, kind, halves);
    tell(table, DDB_TABLE_ITSELF, kind, halves);
    if (kind == DDB_WRITE && wire_metrics_is_heard(table->ddb->host->metrics))
        tell_customer(table, DDB_TABLE_ITSELF, kind, halves);
    return true;
}

bool ddb_throttle_may_read(struct ddb_table *table, size_t index, struct ddb_fault *fault)
{
    if (index != DDB_TABLE_ITSELF && index < table->definition->local_index_count)
        index = DDB_TABLE_ITSELF;
    if (!table->ddb->throttles ||
        ddb_meter_has_any(meter_of(table, index, DDB_READ), ddb_now_us(table->ddb)))
        return true;
    return refuse(table, index, DDB_READ, fault);
}

uint64_t ddb_throttle_replication_wait_us(struct ddb_table *table)
{
    const struct ddb_definition *definition = table->definition;
    uint64_t now_us = ddb_now_us(table->ddb);
    if (!table->ddb->throttles || ddb_table_is_on_demand(table))
        return 0;
    uint64_t wait_us = ddb_meter_wait_us(&table->meters.kinds[DDB_WRITE], now_us);
    for (size_t i = definition->local_index_count; i < definition->index_count; i++) {
        uint64_t index_us =
            ddb_meter_wait_us(&table->index_states[i].meters.kinds[DDB_WRITE], now_us);
        wait_us = index_us > wait_us ? index_us : wait_us;
    }
    return wait_us;
}
