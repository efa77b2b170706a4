#include "emulators/dynamodb/throughput_meter.h"

#define MILLIONTHS UINT64_C(1000000)

static int64_t burst_of(const struct ddb_meter *meter)
{
    return (int64_t)(meter->units_per_s * DDB_BURST_S * MILLIONTHS);
}

bool ddb_meter_is_consistent(const struct ddb_meter *meter)
{
    return meter->units_per_s <= DDB_RATE_MAX &&
           (meter->limit == DDB_LIMIT_NONE || meter->level <= burst_of(meter));
}

/* What came in since the last time; the comparison keeps the product within the burst. */
static void fill(struct ddb_meter *meter, uint64_t now_us)
{
    if (meter->units_per_s == 0 || now_us <= meter->filled_us)
        return;
    uint64_t elapsed_us = now_us - meter->filled_us;
    uint64_t missing = (uint64_t)(burst_of(meter) - meter->level);
    if (elapsed_us > missing / meter->units_per_s)
        meter->level += (int64_t)missing;
    else
        meter->level += (int64_t)(elapsed_us * meter->units_per_s);
    meter->filled_us = now_us;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t greatest(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void set_rate(struct ddb_meter *meter, enum ddb_limit limit, uint64_t units_per_s,
                     bool starts_full, uint64_t now_us)
{
    if (!starts_full)
        fill(meter, now_us);
    meter->limit = limit;
    meter->units_per_s = least(units_per_s, DDB_RATE_MAX);
    meter->filled_us = now_us;
    if (starts_full || meter->level > burst_of(meter))
        meter->level = burst_of(meter);
    POST(ddb_meter_is_consistent(meter));
}

void ddb_meter_provision(struct ddb_meter *meter, uint64_t units_per_s, uint64_t now_us)
{
    bool is_new = meter->limit != DDB_LIMIT_PROVISIONED;
    if (is_new)
        meter->peak = (struct ddb_peak){0};
    set_rate(meter, DDB_LIMIT_PROVISIONED, units_per_s, is_new, now_us);
}

/* The least of what traffic, quota and the owner's maximum allow. */
static void follow_traffic(struct ddb_meter *meter, bool starts_full, uint64_t now_us)
{
    uint64_t units_per_s = greatest(meter->warm_units_per_s, 2 * meter->peak.previous_units);
    enum ddb_limit limit = DDB_LIMIT_TRAFFIC;
    uint64_t quota = greatest(DDB_TABLE_UNITS_MAX, meter->warm_units_per_s);
    if (units_per_s >= quota) {
        units_per_s = quota;
        limit = DDB_LIMIT_QUOTA;
    }
    if (meter->maximum_units_per_s > 0 && meter->maximum_units_per_s <= units_per_s) {
        units_per_s = meter->maximum_units_per_s;
        limit = DDB_LIMIT_MAXIMUM;
    }
    set_rate(meter, limit, units_per_s, starts_full, now_us);
}

void ddb_meter_on_demand(struct ddb_meter *meter, uint64_t warm_units_per_s,
                         uint64_t maximum_units_per_s, uint64_t now_us)
{
    bool is_new = meter->limit == DDB_LIMIT_NONE || meter->limit == DDB_LIMIT_PROVISIONED;
    if (is_new)
        meter->peak = (struct ddb_peak){.window_began_us = now_us};
    meter->warm_units_per_s = least(warm_units_per_s, DDB_RATE_MAX);
    meter->maximum_units_per_s = least(maximum_units_per_s, DDB_RATE_MAX);
    follow_traffic(meter, is_new, now_us);
}

/* Half an hour after the last look the peak of that time counts. */
static void look_at_window(struct ddb_meter *meter, uint64_t now_us)
{
    struct ddb_peak *peak = &meter->peak;
    if (meter->limit < DDB_LIMIT_MAXIMUM || now_us < peak->window_began_us + DDB_PEAK_WINDOW_US)
        return;
    peak->window_began_us = now_us;
    if (peak->units > peak->previous_units) {
        peak->previous_units = peak->units;
        follow_traffic(meter, false, now_us);
    }
    peak->units = 0;
}

static void note_peak(struct ddb_meter *meter, int64_t cost, uint64_t now_us)
{
    struct ddb_peak *peak = &meter->peak;
    uint64_t second = now_us / SIM_US_PER_S;
    if (peak->second != second) {
        peak->second = second;
        peak->second_level = 0;
    }
    peak->second_level += (uint64_t)cost;
    peak->units = greatest(peak->units, peak->second_level / MILLIONTHS);
}

bool ddb_meter_has_room(struct ddb_meter *meter, int64_t cost, uint64_t now_us)
{
    if (meter->limit == DDB_LIMIT_NONE)
        return true;
    look_at_window(meter, now_us);
    fill(meter, now_us);
    return meter->level >= cost;
}

bool ddb_meter_allows(struct ddb_meter *meter, int64_t cost, uint64_t now_us)
{
    return ddb_meter_has_room(meter, cost, now_us) ||
           (meter->units_per_s > 0 && meter->level == burst_of(meter));
}

bool ddb_meter_has_any(struct ddb_meter *meter, uint64_t now_us)
{
    return ddb_meter_has_room(meter, 1, now_us);
}

void ddb_meter_take(struct ddb_meter *meter, int64_t cost, uint64_t now_us)
{
    if (meter->limit == DDB_LIMIT_NONE)
        return;
    fill(meter, now_us);
    meter->level -= cost;
    if (meter->limit >= DDB_LIMIT_MAXIMUM)
        note_peak(meter, cost, now_us);
}

void ddb_meter_give_back(struct ddb_meter *meter, int64_t cost)
{
    if (meter->limit == DDB_LIMIT_NONE)
        return;
    meter->level += cost;
    if (meter->level > burst_of(meter)) /* the rate changed in between */
        meter->level = burst_of(meter);
}

uint64_t ddb_meter_wait_us(struct ddb_meter *meter, uint64_t now_us)
{
    if (ddb_meter_has_any(meter, now_us) || meter->units_per_s == 0)
        return 0;
    uint64_t missing = (uint64_t)(1 - meter->level);
    return (missing + meter->units_per_s - 1) / meter->units_per_s;
}
