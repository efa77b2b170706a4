#include "emulators/dynamodb/table_throughput.h"

#include <string.h>
#include <time.h>

#include "emulators/dynamodb/auto_scaling.h"
#include "emulators/dynamodb/table_checks.h"

#define P     DDB_PARAMETER_TEXT
#define LIMIT "LimitExceededException"
#define REFER                                                                                      \
    " Refer to the Amazon DynamoDB Developer Guide for current limits and how to "                 \
    "request higher limits."
#define DAY_US                 (UINT64_C(86400) * SIM_US_PER_S)
#define FREE_DECREASES_A_DAY   4
#define BETWEEN_DECREASES_US   (UINT64_C(3600) * SIM_US_PER_S)
#define ON_DEMAND_READS_PER_S  12000 /* a new on-demand table's warm throughput */
#define ON_DEMAND_WRITES_PER_S 4000
#define DATE_BYTES             80

struct units {
    int64_t reads;
    int64_t writes;
};

static struct units units_of(const cJSON *spec)
{
    const cJSON *throughput = wire_member(spec, "ProvisionedThroughput");
    return (struct units){wire_integer(throughput, "ReadCapacityUnits", 0),
                          wire_integer(throughput, "WriteCapacityUnits", 0)};
}

static bool is_on_demand_after(const struct ddb_table *table, const cJSON *input)
{
    const char *mode = wire_text(input, "BillingMode");
    return mode != NULL ? strcmp(mode, "PAY_PER_REQUEST") == 0 : ddb_table_is_on_demand(table);
}

/* --- decreases -----------------------------------------------------------------------------------
 */

uint64_t ddb_decreases_today(const struct ddb_decreases *decreases, uint64_t now_us)
{
    return decreases->day == now_us / DAY_US ? decreases->count : 0;
}

static void format_date(uint64_t time_us, char text[DATE_BYTES])
{
    time_t seconds = (time_t)(time_us / SIM_US_PER_S);
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(text, DATE_BYTES, "%A, %B %d, %Y at %I:%M:%S %p Coordinated Universal Time",
                 &parts) == 0)
        text[0] = '\0';
}

static bool check_decrease(const struct ddb_decreases *decreases, struct units old,
                           struct units new, uint64_t now_us, struct ddb_fault *fault)
{
    if (new.reads >= old.reads &&new.writes >= old.writes)
        return true;
    uint64_t count = ddb_decreases_today(decreases, now_us);
    uint64_t next_us = decreases->last_us + BETWEEN_DECREASES_US;
    if (count < FREE_DECREASES_A_DAY || now_us >= next_us)
        return true;
    char last[DATE_BYTES];
    char next[DATE_BYTES];
    format_date(decreases->last_us, last);
    format_date(next_us, next);
    return ddb_fail(fault, LIMIT,
                    "Subscriber limit exceeded: Provisioned throughput decreases are limited "
                    "within a given UTC day. After the first %d decreases, each subsequent "
                    "decrease in the same UTC day can be performed at most once every 3600 "
                    "seconds. Number of decreases today: %llu. Last decrease at %s. Next decrease "
                    "can be made at %s",
                    FREE_DECREASES_A_DAY, (unsigned long long)count, last, next);
}

static void note_change(struct ddb_decreases *decreases, struct units old, struct units new,
                        uint64_t now_us)
{
    if (new.reads > old.reads || new.writes > old.writes)
        decreases->increased_us = now_us;
    if (new.reads >= old.reads &&new.writes >= old.writes)
        return;
    decreases->count = ddb_decreases_today(decreases, now_us) + 1;
    decreases->day = now_us / DAY_US;
    decreases->last_us = now_us;
}

/* --- provisioned ---------------------------------------------------------------------------------
 */

/* what: "table", or "index <name>". */
static bool check_same(const char *what, struct units old, struct units new,
                       struct ddb_fault *fault)
{
    if (old.reads != new.reads || old.writes != new.writes)
        return true;
    return ddb_invalid(fault,
                       "The provisioned throughput for the %s will not change. The requested value "
                       "equals the current value. Current ReadCapacityUnits provisioned for the "
                       "%s: %lld. Requested ReadCapacityUnits: %lld. Current WriteCapacityUnits "
                       "provisioned for the %s: %lld. Requested WriteCapacityUnits: %lld." REFER,
                       what, what, (long long)old.reads, (long long)new.reads, what,
                       (long long)old.writes, (long long)new.writes);
}

static bool check_maximum(const char *region, struct units units, struct ddb_fault *fault)
{
    bool is_read = units.reads > DDB_TABLE_UNITS_MAX;
    if (!is_read && units.writes <= DDB_TABLE_UNITS_MAX)
        return true;
    return ddb_fail(fault, LIMIT,
                    "The requested %s, %lld, is above the per table maximum for the account in "
                    "%s. Per table maximum: %d." REFER,
                    is_read ? "ReadCapacityUnits" : "WriteCapacityUnits",
                    (long long)(is_read ? units.reads : units.writes), region, DDB_TABLE_UNITS_MAX);
}

/* of the table or an index, whose spec is the one in force. */
static bool check_provisioned(const struct ddb_table *table, const char *what, const cJSON *spec,
                              const struct ddb_decreases *decreases, const cJSON *change,
                              struct ddb_fault *fault)
{
    const cJSON *throughput = wire_member(change, "ProvisionedThroughput");
    struct units old = units_of(spec);
    struct units new = units_of(change);
    if (throughput == NULL)
        return true;
    if (!ddb_table_check_throughput(throughput, fault) ||
        !check_maximum(ddb_region_name(table), new, fault))
        return false;
    if (ddb_table_is_on_demand(table))
        return true;
    return check_same(what, old, new, fault) &&
           check_decrease(decreases, old, new, ddb_now_us(table->ddb), fault);
}

/* From on demand to provisioned, every index needs its throughput. */
static bool check_indexes_provisioned(const struct ddb_table *table, const cJSON *input,
                                      struct ddb_fault *fault)
{
    const struct ddb_definition *definition = table->definition;
    for (size_t i = definition->local_index_count; i < definition->index_count; i++) {
        bool is_given = false;
        const cJSON *element = NULL;
        cJSON_ArrayForEach(element, wire_member(input, "GlobalSecondaryIndexUpdates"))
        {
            const cJSON *update = wire_member(element, "Update");
            const char *name = wire_text(update, "IndexName");
            if (name != NULL && strcmp(name, definition->indexes[i].name) == 0)
                is_given = wire_member(update, "ProvisionedThroughput") != NULL;
        }
        if (!is_given)
            return ddb_invalid(fault, P "ProvisionedThroughput must be specified for index: %s",
                               definition->indexes[i].name);
    }
    return true;
}

/* --- on demand -----------------------------------------------------------------------------------
 */

static const char *const maximum_names[] = {"MaxReadRequestUnits", "MaxWriteRequestUnits"};

void ddb_on_demand_change(cJSON *spec, const cJSON *maximum)
{
    if (maximum == NULL)
        return;
    cJSON *kept = cJSON_GetObjectItemCaseSensitive(spec, "OnDemandThroughput");
    if (kept == NULL)
        kept = cJSON_AddObjectToObject(spec, "OnDemandThroughput");
    for (size_t i = 0; i < ARRAY_LEN(maximum_names); i++) {
        const cJSON *units = wire_member(maximum, maximum_names[i]);
        if (units == NULL)
            continue;
        cJSON_DeleteItemFromObjectCaseSensitive(kept, maximum_names[i]);
        if (wire_integer(maximum, maximum_names[i], -1) != -1)
            cJSON_AddItemToObject(kept, maximum_names[i], cJSON_Duplicate(units, true));
    }
    if (cJSON_GetArraySize(kept) == 0)
        cJSON_DeleteItemFromObjectCaseSensitive(spec, "OnDemandThroughput");
}

static bool check_on_demand(const struct ddb_table *table, const cJSON *change, const cJSON *input,
                            struct ddb_fault *fault)
{
    const cJSON *maximum = wire_member(change, "OnDemandThroughput");
    if (maximum == NULL)
        return true;
    if (!is_on_demand_after(table, input))
        return ddb_invalid(fault, P "MaxReadRequestUnits for OnDemandThroughput cannot be "
                                    "specified when the table BillingMode is PROVISIONED");
    return ddb_table_check_on_demand(maximum, fault);
}

/* --- warm throughput -----------------------------------------------------------------------------
 */

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct ddb_warm_throughput ddb_warm_throughput_of(const struct ddb_table *table, const cJSON *spec)
{
    const cJSON *asked = wire_member(spec, "WarmThroughput");
    struct units units = units_of(spec);
    struct ddb_warm_throughput warm = {
        greater(units.reads, wire_integer(asked, "ReadUnitsPerSecond", 0)),
        greater(units.writes, wire_integer(asked, "WriteUnitsPerSecond", 0)),
    };
    if (ddb_table_is_on_demand(table) || table->last_on_demand_us != 0) {
        warm.reads_per_s = greater(warm.reads_per_s, ON_DEMAND_READS_PER_S);
        warm.writes_per_s = greater(warm.writes_per_s, ON_DEMAND_WRITES_PER_S);
    }
    return warm;
}

/* what: "table", or "index <name>". */
static bool check_warm(const struct ddb_table *table, const char *what, const cJSON *spec,
                       const cJSON *change, struct ddb_fault *fault)
{
    const cJSON *asked = wire_member(change, "WarmThroughput");
    struct ddb_warm_throughput warm = ddb_warm_throughput_of(table, spec);
    const char *lower = NULL;
    if (asked == NULL)
        return true;
    if (cJSON_GetArraySize(asked) == 0) /* the service's own answer */
        return ddb_fail(fault, "InternalServerError", "Internal server error");
    if (wire_integer(asked, "ReadUnitsPerSecond", warm.reads_per_s) < warm.reads_per_s)
        lower = "ReadUnitsPerSecond";
    else if (wire_integer(asked, "WriteUnitsPerSecond", warm.writes_per_s) < warm.writes_per_s)
        lower = "WriteUnitsPerSecond";
    if (lower == NULL)
        return true;
    return ddb_invalid(fault,
                       P "Requested %s for WarmThroughput for %s is lower than current "
                         "WarmThroughput, decreasing WarmThroughput is not supported",
                       lower, what);
}

/* --- the checks of a call ------------------------------------------------------------------------
 */

/* A new table or index is at least as warm as what it was made with. spec: its description;
 * what: "table", "index g". */
static bool check_first_warm(const cJSON *spec, const char *what, bool is_on_demand,
                             struct ddb_fault *fault)
{
    const cJSON *asked = wire_member(spec, "WarmThroughput");
    struct units units = units_of(spec);
    struct {
        const char *member;
        const char *units_name;
        int64_t least;
    } rows[] = {
        {"ReadUnitsPerSecond", "ReadCapacityUnits",
         is_on_demand ? ON_DEMAND_READS_PER_S : units.reads},
        {"WriteUnitsPerSecond", "WriteCapacityUnits",
         is_on_demand ? ON_DEMAND_WRITES_PER_S : units.writes},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (wire_integer(asked, rows[i].member, rows[i].least) >= rows[i].least)
            continue;
        if (is_on_demand)
            return ddb_invalid(fault,
                               P "Requested %s for WarmThroughput for %s is lower than initial "
                                 "throughput for OnDemand. See: https://docs.aws.amazon.com/"
                                 "amazondynamodb/latest/developerguide/warm-throughput.html",
                               rows[i].member, what);
        return ddb_invalid(fault,
                           P "Requested %s for WarmThroughput for %s is lower than %s of "
                             "ProvisionedThroughput",
                           rows[i].member, what, rows[i].units_name);
    }
    return true;
}

bool ddb_throughput_check_new(const cJSON *input, const char *region, struct ddb_fault *fault)
{
    const char *mode = wire_text(input, "BillingMode");
    bool is_on_demand = mode != NULL && strcmp(mode, "PAY_PER_REQUEST") == 0;
    if (!check_first_warm(input, "table", is_on_demand, fault))
        return false;
    const cJSON *index = NULL;
    cJSON_ArrayForEach(index, wire_member(input, "GlobalSecondaryIndexes"))
    {
        const char *name = wire_text(index, "IndexName");
        const char *what = sim_arena_printf(fault->arena, "index %s", name);
        if (!check_first_warm(index, what, is_on_demand, fault))
            return false;
    }
    return check_maximum(region, units_of(input), fault);
}

bool ddb_throughput_check_table(const struct ddb_table *table, const cJSON *input,
                                struct ddb_fault *fault)
{
    const cJSON *throughput = wire_member(input, "ProvisionedThroughput");
    const cJSON *spec = table->definition->spec;
    bool was_on_demand = ddb_table_is_on_demand(table);
    bool is_on_demand = is_on_demand_after(table, input);
    bool is_about_it = throughput != NULL || wire_member(input, "BillingMode") != NULL;
    if (is_on_demand && throughput != NULL)
        return ddb_invalid(fault, P "ProvisionedThroughput cannot be specified when BillingMode is "
                                    "PAY_PER_REQUEST");
    if (!is_on_demand && was_on_demand && throughput == NULL)
        return ddb_invalid(fault, P "ProvisionedThroughput must be specified when BillingMode is "
                                    "PROVISIONED");
    if (!is_on_demand && was_on_demand && !check_indexes_provisioned(table, input, fault))
        return false;
    if (is_about_it && !is_on_demand && table->member.group != NULL &&
        !ddb_scaling_check_writes(table, fault))
        return false;
    return check_provisioned(table, "table", spec, &table->decreases, input, fault) &&
           check_on_demand(table, input, input, fault) &&
           check_warm(table, "table", spec, input, fault);
}

bool ddb_throughput_check_index(const struct ddb_table *table,
                                const struct ddb_index_definition *index,
                                const struct ddb_decreases *decreases, const cJSON *update,
                                const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *throughput = wire_member(update, "ProvisionedThroughput");
    const char *what = sim_arena_printf(fault->arena, "index %s", index->name);
    if (!index->is_global)
        return ddb_fail(fault, "ResourceNotFoundException",
                        "Requested resource not found: Index: %s for table: %s", index->name,
                        table->name);
    if (is_on_demand_after(table, input) && throughput != NULL)
        return ddb_invalid(fault,
                           P "ProvisionedThroughput should not be specified for index: %s when "
                             "BillingMode is PAY_PER_REQUEST",
                           index->name);
    if (throughput == NULL && wire_member(update, "OnDemandThroughput") == NULL &&
        wire_member(update, "WarmThroughput") == NULL)
        return ddb_invalid(fault, P "ProvisionedThroughput must be specified for index: %s",
                           index->name);
    return check_provisioned(table, what, index->spec, decreases, update, fault) &&
           check_on_demand(table, update, input, fault) &&
           check_warm(table, what, index->spec, update, fault);
}

/* --- taking effect -------------------------------------------------------------------------------
 */

static void replace_member(cJSON *spec, const char *member, const cJSON *value)
{
    if (value == NULL)
        return;
    cJSON_DeleteItemFromObjectCaseSensitive(spec, member);
    cJSON_AddItemToObject(spec, member, cJSON_Duplicate(value, true));
}

/* What was provisioned once stays warm. */
static void keep_warm(cJSON *spec)
{
    const cJSON *asked = wire_member(spec, "WarmThroughput");
    struct units units = units_of(spec);
    int64_t reads = greater(units.reads, wire_integer(asked, "ReadUnitsPerSecond", 0));
    int64_t writes = greater(units.writes, wire_integer(asked, "WriteUnitsPerSecond", 0));
    if (wire_member(spec, "ProvisionedThroughput") == NULL)
        return;
    cJSON_DeleteItemFromObjectCaseSensitive(spec, "WarmThroughput");
    cJSON *warm = cJSON_AddObjectToObject(spec, "WarmThroughput");
    cJSON_AddNumberToObject(warm, "ReadUnitsPerSecond", (double)reads);
    cJSON_AddNumberToObject(warm, "WriteUnitsPerSecond", (double)writes);
}

void ddb_throughput_change(cJSON *spec, const cJSON *change, struct ddb_decreases *decreases,
                           uint64_t now_us)
{
    const cJSON *throughput = wire_member(change, "ProvisionedThroughput");
    if (throughput != NULL && wire_member(spec, "ProvisionedThroughput") != NULL)
        note_change(decreases, units_of(spec), units_of(change), now_us);
    if (throughput != NULL)
        keep_warm(spec);
    replace_member(spec, "ProvisionedThroughput", throughput);
    replace_member(spec, "WarmThroughput", wire_member(change, "WarmThroughput"));
    ddb_on_demand_change(spec, wire_member(change, "OnDemandThroughput"));
}
