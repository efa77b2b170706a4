/* The lognormal without exp or log. With a standard normal z, a sample is
 *     median * (p99 / median) ^ (z / z99)  =  median * 2 ^ (log2(p99 / median) * z / z99),
 * where z / z99 comes from a table of quantiles, and log2 and 2^x are computed bit by bit in
 * integers. So a draw is one random number and some shifts, alike on every machine. */
#include "sim/core/lag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/duration.h"
#include "sim/core/lag_internal.h"

#define FRACTION_BITS 24 /* of logarithms */

void sim_lag_init_constant(struct sim_lag *lag, uint64_t value_us)
{
    *lag = (struct sim_lag){.kind = SIM_LAG_CONSTANT, .low_us = value_us};
}

void sim_lag_init_uniform(struct sim_lag *lag, uint64_t low_us, uint64_t high_us)
{
    PRE(low_us <= high_us);
    *lag = (struct sim_lag){.kind = SIM_LAG_UNIFORM, .low_us = low_us, .high_us = high_us};
}

void sim_lag_init_lognormal(struct sim_lag *lag, uint64_t median_us, uint64_t p99_us)
{
    PRE(median_us > 0);
    PRE(median_us <= p99_us);
    *lag = (struct sim_lag){.kind = SIM_LAG_LOGNORMAL, .low_us = median_us, .high_us = p99_us};
}

void sim_lag_copy(struct sim_lag *to, const struct sim_lag *from)
{
    struct sim_lag copy = *from;
    if (from->kind == SIM_LAG_TRACE) {
        copy.trace_us = sim_alloc_array(from->trace_count, sizeof *copy.trace_us);
        memcpy(copy.trace_us, from->trace_us, from->trace_count * sizeof *copy.trace_us);
        copy.trace_path = sim_strdup(from->trace_path);
    }
    *to = copy;
}

void sim_lag_fini(struct sim_lag *lag)
{
    free(lag->trace_us);
    free(lag->trace_path);
    *lag = (struct sim_lag){0};
}

uint64_t sim_lag_log2(uint64_t value)
{
    PRE(value > 0);
    unsigned whole = 63u - (unsigned)__builtin_clzll(value);
    /* The mantissa in [1, 2) with 31 bits behind the point. Squaring it doubles its logarithm:
     * whenever it reaches 2, the next bit of the logarithm is 1. */
    uint64_t mantissa = whole >= 31 ? value >> (whole - 31) : value << (31 - whole);
    uint64_t logarithm = whole;
    for (int i = 0; i < FRACTION_BITS; i++) {
        mantissa = mantissa * mantissa >> 31;
        uint64_t bit = mantissa >> 32;
        mantissa >>= bit;
        logarithm = logarithm << 1 | bit;
    }
    return logarithm;
}

uint64_t sim_lag_scale(uint64_t value, int64_t exponent)
{
    static const uint32_t roots[FRACTION_BITS] = {
        /* 2^(2^-1), 2^(2^-2), ... with 31 bits behind the point */
        3037000500u, 2553802834u, 2341847524u, 2242560872u, 2194507417u, 2170868212u,
        2159144272u, 2153306067u, 2150392887u, 2148937775u, 2148210589u, 2147847087u,
        2147665360u, 2147574502u, 2147529075u, 2147506361u, 2147495005u, 2147489326u,
        2147486487u, 2147485068u, 2147484358u, 2147484003u, 2147483825u, 2147483737u,
    };
    PRE(value <= SIM_DURATION_MAX_US);
    const int64_t one = INT64_C(1) << FRACTION_BITS;
    int64_t fraction = ((exponent % one) + one) % one;
    int64_t whole = (exponent - fraction) / one;
    uint64_t mantissa = UINT64_C(1) << 31;
    for (int i = 0; i < FRACTION_BITS; i++)
        if (fraction >> (FRACTION_BITS - 1 - i) & 1)
            mantissa = mantissa * roots[i] >> 31;
    /* value * mantissa / 2^31 in two halves that fit. */
    uint64_t scaled = ((value >> 32) * mantissa << 1) + ((value & UINT32_MAX) * mantissa >> 31);
    if (whole < 0)
        return whole > -64 ? scaled >> -whole : 0;
    if (scaled == 0)
        return 0;
    if (whole >= 63 || scaled > SIM_DURATION_MAX_US >> whole)
        return SIM_DURATION_MAX_US;
    return scaled << whole;
}

static uint64_t sample_lognormal(const struct sim_lag *lag, struct sim_random *random)
{
    /* One draw: a sign, a step of the quantile table, and 16 bits between it and the next. */
    uint64_t drawn = sim_random_next(random);
    size_t step = drawn >> 48 & (SIM_LAG_QUANTILE_STEPS - 1);
    int64_t between = (int64_t)(drawn >> 32 & 0xffff);
    int64_t low = sim_lag_quantiles[step];
    int64_t high = sim_lag_quantiles[step + 1];
    int64_t quantile = low + ((high - low) * between >> 16); /* z / z99 in parts of 2^16 */
    int64_t ratio = (int64_t)(sim_lag_log2(lag->high_us) - sim_lag_log2(lag->low_us));
    int64_t exponent = ratio * quantile >> 16;
    return sim_lag_scale(lag->low_us, drawn >> 63 ? -exponent : exponent);
}

static uint64_t sample_next(struct sim_lag *lag)
{
    uint64_t sample_us = lag->trace_us[lag->trace_next];
    lag->trace_next = (lag->trace_next + 1) % lag->trace_count;
    return sample_us;
}

uint64_t sim_lag_sample_us(struct sim_lag *lag, struct sim_random *random)
{
    switch (lag->kind) {
    case SIM_LAG_CONSTANT:
        return lag->base_us + lag->low_us;
    case SIM_LAG_UNIFORM:
        return lag->base_us + sim_random_between(random, lag->low_us, lag->high_us);
    case SIM_LAG_LOGNORMAL:
        return lag->base_us + sample_lognormal(lag, random);
    case SIM_LAG_TRACE:
        return lag->base_us + sample_next(lag);
    }
    CHECK(false);
    return 0;
}

uint64_t sim_lag_typical_us(const struct sim_lag *lag)
{
    uint64_t typical_us = lag->low_us; /* CONSTANT, LOGNORMAL */
    if (lag->kind == SIM_LAG_UNIFORM)
        typical_us = lag->low_us + (lag->high_us - lag->low_us) / 2;
    if (lag->kind == SIM_LAG_TRACE)
        typical_us = lag->trace_count > 0 ? lag->trace_us[0] : 0;
    return lag->base_us + typical_us;
}
