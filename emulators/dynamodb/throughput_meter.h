/* throughput_meter.h -- how much of its throughput a table or index has left: a token bucket.
 *
 * Purpose  Units come in at the rate that is allowed and go out with each request; what is not used
 *          stays for up to 300 seconds (burst capacity). On demand the rate itself follows the
 *          traffic: double the greatest consumption of a second, as it was half an hour ago.
 * Source   Developer guide, "Burst and adaptive capacity", "DynamoDB on-demand capacity mode".
 * Units    Levels and costs in millionths of a capacity unit, so that a rate in units a second
 * times µs is exact; times in µs. Every function costs the same whatever time has passed. */
#ifndef EMULATORS_DYNAMODB_THROUGHPUT_METER_H
#define EMULATORS_DYNAMODB_THROUGHPUT_METER_H

#include "sim/core/base.h"

#define DDB_BURST_S         UINT64_C(300)
#define DDB_RATE_MAX        UINT64_C(1000000000) /* units a second; a greater limit limits nothing */
#define DDB_HALF_UNIT       INT64_C(500000)
#define DDB_PEAK_WINDOW_US  (UINT64_C(1800) * SIM_US_PER_S)
#define DDB_TABLE_UNITS_MAX 40000 /* the account's quota for one table or index */

enum ddb_throughput_kind { DDB_READ, DDB_WRITE, DDB_THROUGHPUT_KIND_COUNT };

enum ddb_limit {                 /* what sets the rate */
                 DDB_LIMIT_NONE, /* not set up yet: nothing is refused */
                 DDB_LIMIT_PROVISIONED,
                 DDB_LIMIT_MAXIMUM, /* on demand, with a maximum that the owner gave */
                 DDB_LIMIT_TRAFFIC, /* on demand: double the previous peak */
                 DDB_LIMIT_QUOTA,   /* on demand: the account's quota for a table */
};

struct ddb_peak { /* of the units consumed in a second */
    uint64_t second;
    uint64_t second_level; /* consumed in that second, millionths */
    uint64_t units;        /* the greatest of this window */
    uint64_t window_began_us;
    uint64_t previous_units; /* the greatest of all windows before */
};

struct ddb_meter {
    enum ddb_limit limit;
    uint64_t units_per_s;
    int64_t level; /* negative: in debt */
    uint64_t filled_us;
    uint64_t warm_units_per_s;    /* on demand: what it takes at once */
    uint64_t maximum_units_per_s; /* on demand: 0 for none */
    struct ddb_peak peak;
};

/* A meter whose kind of limit changes starts full; otherwise what is left stays, up to the new
 * burst. */
void ddb_meter_provision(struct ddb_meter *meter, uint64_t units_per_s, uint64_t now_us);
void ddb_meter_on_demand(struct ddb_meter *meter, uint64_t warm_units_per_s,
                         uint64_t maximum_units_per_s, uint64_t now_us);

/* Enough is left for cost, or as much as there can be. */
MUST_USE bool ddb_meter_allows(struct ddb_meter *meter, int64_t cost, uint64_t now_us);
/* For requests whose cost shows only afterwards, which may go into debt. */
MUST_USE bool ddb_meter_has_any(struct ddb_meter *meter, uint64_t now_us);
/* Strictly enough for cost. */
MUST_USE bool ddb_meter_has_room(struct ddb_meter *meter, int64_t cost, uint64_t now_us);
void ddb_meter_take(struct ddb_meter *meter, int64_t cost, uint64_t now_us);
/* In the same moment as the take. */
void ddb_meter_give_back(struct ddb_meter *meter, int64_t cost);
/* How long until something is left; 0: now. */
uint64_t ddb_meter_wait_us(struct ddb_meter *meter, uint64_t now_us);

struct ddb_meters { /* of a table or a global index */
    struct ddb_meter kinds[DDB_THROUGHPUT_KIND_COUNT];
};

bool ddb_meter_is_consistent(const struct ddb_meter *meter);

#endif
