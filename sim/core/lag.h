/* lag.h -- how long something takes: a distribution to draw from.
 *
 * Purpose  Constant, uniform, lognormal (given by median and p99) or a trace file. Draws use
 *          integers only (a quantile table for the lognormal), so that every machine draws the
 * same. Owner    _init/_fini in place; a trace's samples belong to the struct. Units    µs. */
#ifndef SIM_CORE_LAG_H
#define SIM_CORE_LAG_H

#include "sim/core/error.h"
#include "sim/core/random.h"

enum sim_lag_kind { SIM_LAG_CONSTANT, SIM_LAG_UNIFORM, SIM_LAG_LOGNORMAL, SIM_LAG_TRACE };

struct sim_lag {
    enum sim_lag_kind kind;
    uint64_t low_us;    /* CONSTANT: the value; UNIFORM: lowest; LOGNORMAL: the median */
    uint64_t high_us;   /* UNIFORM: highest; LOGNORMAL: the 99th percentile */
    uint64_t base_us;   /* added to every draw */
    uint64_t *trace_us; /* TRACE: drawn in order, then from the start again */
    size_t trace_count;
    size_t trace_next;
    char *trace_path; /* TRACE: where the samples came from */
};

#define SIM_LAG_TRACE_MAX_SAMPLES 1000000
#define SIM_LAG_TRACE_MAX_BYTES   (16u * 1024 * 1024)

/* low_us <= high_us, 0 < median_us <= p99_us. All overwrite: _fini first what may hold a trace. */
void sim_lag_init_constant(struct sim_lag *lag, uint64_t value_us);
void sim_lag_init_uniform(struct sim_lag *lag, uint64_t low_us, uint64_t high_us);
void sim_lag_init_lognormal(struct sim_lag *lag, uint64_t median_us, uint64_t p99_us);
/* "800ms" | "600ms..1200ms" | "lognormal(800ms,1.5s)" (median, p99) | "trace(FILE)" (one duration a
 * line, '#' comments); each may be followed by "+DURATION", the base. */
MUST_USE enum sim_result sim_lag_parse(const char *text, struct sim_lag *lag,
                                       struct sim_error *error);
void sim_lag_copy(struct sim_lag *to, const struct sim_lag *from); /* deep */
void sim_lag_fini(struct sim_lag *lag);
uint64_t sim_lag_sample_us(struct sim_lag *lag, struct sim_random *random);
/* Without a draw: the value, the middle, the median, or a trace's first sample; with the base. */
uint64_t sim_lag_typical_us(const struct sim_lag *lag);
/* The form that sim_lag_parse reads; of a trace whose path is too long, only the path's end. */
#define SIM_LAG_TEXT_BYTES 128
void sim_lag_format(const struct sim_lag *lag, char text[SIM_LAG_TEXT_BYTES]);

#endif
