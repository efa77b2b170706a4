/* lag_internal.h -- the arithmetic of lag.c that its tests look at. */
#ifndef SIM_CORE_LAG_INTERNAL_H
#define SIM_CORE_LAG_INTERNAL_H

#include "sim/core/lag.h"

#define SIM_LAG_QUANTILE_STEPS 512
extern const uint32_t sim_lag_quantiles[SIM_LAG_QUANTILE_STEPS + 1];

/* log2(value) in parts of 2^24, value > 0. */
uint64_t sim_lag_log2(uint64_t value);
/* value * 2^(exponent / 2^24), rounded down, at most SIM_DURATION_MAX_US. */
uint64_t sim_lag_scale(uint64_t value, int64_t exponent);
/* Reads the samples of a trace file into lag: kind, trace_us, trace_count, trace_path. */
MUST_USE enum sim_result sim_lag_trace_read(const char *path, struct sim_lag *lag,
                                            struct sim_error *error);

#endif
