/* latency_window.h -- how long things took lately: median, 99th percentile and greatest.
 *
 * Purpose  A histogram for each of the last few spans of time; the oldest is reused. Noting and
 *          summing up cost the same whatever was noted. Percentiles are off by at most 1/32, and
 *          never outside of what was noted.
 * Owner    The window is made by the first note; the caller frees it.
 * Units    µs of the simulated clock. */
#ifndef EMULATORS_DYNAMODB_LATENCY_WINDOW_H
#define EMULATORS_DYNAMODB_LATENCY_WINDOW_H

#include "sim/core/base.h"

#define DDB_LATENCY_SPANS   6
#define DDB_LATENCY_SPAN_US (10 * SIM_US_PER_S) /* so: of the last 50 to 60 seconds */

struct ddb_latency_window;

struct ddb_latency_summary {
    uint64_t count; /* 0: the others say nothing */
    uint64_t p50_us;
    uint64_t p99_us;
    uint64_t max_us;
};

void ddb_latency_note(struct ddb_latency_window **window, uint64_t now_us, uint64_t latency_us);
/* window may be NULL. */
void ddb_latency_sum_up(const struct ddb_latency_window *window, uint64_t now_us,
                        struct ddb_latency_summary *summary);

#endif
