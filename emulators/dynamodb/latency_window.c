#include "emulators/dynamodb/latency_window.h"

/* Values below STEPS have a bucket each; above, each power of two has STEPS of them. */
#define STEPS        16u
#define STEP_BITS    4u
#define VALUE_BITS   48u /* greater values count as the greatest: nine years */
#define BUCKET_COUNT ((VALUE_BITS - STEP_BITS + 1) * STEPS)

struct span {
    uint64_t number; /* which span of time this is, from the clock's zero on */
    uint64_t count;
    uint64_t least_us;
    uint64_t most_us;
    uint32_t buckets[BUCKET_COUNT];
};

struct ddb_latency_window {
    struct span spans[DDB_LATENCY_SPANS];
};

static unsigned bit_length(uint64_t value)
{
    return 64u - (unsigned)__builtin_clzll(value);
}

static size_t bucket_of(uint64_t value_us)
{
    if (value_us < STEPS)
        return (size_t)value_us;
    if (value_us >> VALUE_BITS != 0)
        return BUCKET_COUNT - 1;
    unsigned shift = bit_length(value_us) - STEP_BITS - 1;
    return (shift + 1) * STEPS + (size_t)(value_us >> shift & (STEPS - 1));
}

/* The middle of what falls into a bucket. */
static uint64_t value_of(size_t bucket)
{
    if (bucket < STEPS)
        return bucket;
    unsigned shift = (unsigned)(bucket / STEPS) - 1;
    uint64_t low_us = (uint64_t)(STEPS + bucket % STEPS) << shift;
    return low_us + ((UINT64_C(1) << shift) - 1) / 2;
}

void ddb_latency_note(struct ddb_latency_window **window, uint64_t now_us, uint64_t latency_us)
{
    if (*window == NULL)
        *window = sim_alloc(sizeof **window);
    uint64_t number = now_us / DDB_LATENCY_SPAN_US;
    struct span *span = &(*window)->spans[number % DDB_LATENCY_SPANS];
    if (span->number != number || span->count == 0)
        *span = (struct span){.number = number, .least_us = latency_us};
    span->count++;
    span->buckets[bucket_of(latency_us)]++;
    if (latency_us < span->least_us)
        span->least_us = latency_us;
    if (latency_us > span->most_us)
        span->most_us = latency_us;
}

static bool is_recent(const struct span *span, uint64_t now_us)
{
    uint64_t number = now_us / DDB_LATENCY_SPAN_US;
    return span->count > 0 && span->number <= number && number - span->number < DDB_LATENCY_SPANS;
}

static uint64_t count_in(const struct ddb_latency_window *window, uint64_t now_us, size_t bucket)
{
    uint64_t count = 0;
    for (size_t i = 0; i < DDB_LATENCY_SPANS; i++)
        count += is_recent(&window->spans[i], now_us) ? window->spans[i].buckets[bucket] : 0;
    return count;
}

/* The value that at least this share of all does not exceed. */
static uint64_t percentile(const struct ddb_latency_window *window, uint64_t now_us, uint64_t count,
                           uint64_t percent)
{
    uint64_t wanted = (count * percent + 99) / 100;
    uint64_t below = 0;
    for (size_t bucket = 0; bucket < BUCKET_COUNT; bucket++) {
        below += count_in(window, now_us, bucket);
        if (below >= wanted)
            return value_of(bucket);
    }
    return UINT64_MAX;
}

static uint64_t clamp(uint64_t value, uint64_t least, uint64_t most)
{
    return value < least ? least : value > most ? most : value;
}

void ddb_latency_sum_up(const struct ddb_latency_window *window, uint64_t now_us,
                        struct ddb_latency_summary *summary)
{
    *summary = (struct ddb_latency_summary){0};
    uint64_t least_us = UINT64_MAX;
    for (size_t i = 0; window != NULL && i < DDB_LATENCY_SPANS; i++) {
        const struct span *span = &window->spans[i];
        if (!is_recent(span, now_us))
            continue;
        summary->count += span->count;
        least_us = span->least_us < least_us ? span->least_us : least_us;
        summary->max_us = span->most_us > summary->max_us ? span->most_us : summary->max_us;
    }
    if (summary->count == 0)
        return;
    summary->p50_us =
        clamp(percentile(window, now_us, summary->count, 50), least_us, summary->max_us);
    summary->p99_us =
        clamp(percentile(window, now_us, summary->count, 99), least_us, summary->max_us);
}
