/* measure.h -- what happened in a drill, as numbers: collected while it runs, summed up at its end.
 *
 * Purpose  Requests by Region and minute, writes that were acknowledged, latencies, replication,
 * and the trace events that a reader of the report wants to see. Owner    _init/_fini; names are
 * copied. Units    µs; times are since the drill began. */
#ifndef SIM_DRILL_MEASURE_H
#define SIM_DRILL_MEASURE_H

#include "sim/core/core.h"
#include "sim/drill/drill_file.h"

#define DRILL_BUCKET_US  (UINT64_C(60) * SIM_US_PER_S)
#define DRILL_EVENTS_MAX ((size_t)200)

enum drill_request_outcome {
    DRILL_REQUEST_OK,
    DRILL_REQUEST_STALE,  /* a client did not see its own acknowledged write */
    DRILL_REQUEST_FAILED, /* transport, 4xx, 5xx, no address, nothing left to send */
};

struct drill_request_record {
    uint64_t began_us;
    uint64_t latency_us;
    const char *region; /* where it was served, or meant to be; "" when no address was found */
    size_t client;
    enum drill_request_outcome outcome;
    const char *detail; /* of a failure: "refused", "timed out", "503" */
};

struct drill_latencies { /* a growing list; sorted when asked */
    uint64_t *values_us;
    size_t count;
    size_t capacity;
    bool is_sorted;
};

struct drill_bucket {
    uint64_t requests;
    uint64_t failures;
    uint64_t stale_reads;
    struct drill_latencies latencies;
};

struct drill_region_measure {
    char name[40];
    struct drill_bucket *buckets; /* one a minute */
    size_t bucket_count;
    struct drill_bucket total;
    struct drill_latencies operations; /* DynamoDB operations called from inside the Region */
};

struct drill_link_measure {
    char from[40];
    char to[40];
    struct drill_latencies latencies;
};

struct drill_write {
    char *table;
    char *key; /* DynamoDB JSON */
    uint64_t acknowledged_us;
    char region[40];
    bool is_missing_at_incident;
    bool is_lost;
};

struct drill_event {
    uint64_t at_us;
    char text[200];
};

struct drill_failure { /* the first of its kind and how many followed */
    char detail[80];
    uint64_t count;
    uint64_t first_us;
    uint64_t last_us;
};
#define DRILL_FAILURES_MAX ((size_t)32)

struct drill_client_measure {
    uint64_t requests;
    uint64_t failures;
    uint64_t stale_reads;
    uint64_t requests_since; /* that ended at the incident or later */
    uint64_t
        last_bad_us; /* end of its last request that failed or that the left Region served; 0 */
    char last_region[40]; /* that served its last success */
    bool is_last_bad;     /* it ended on a bad one */
};

struct drill_measures {
    uint64_t began_us; /* simulated, since the epoch */
    uint64_t duration_us;
    uint64_t incident_us;
    const char *leaves;
    struct drill_region_measure *regions;
    size_t region_count;
    struct drill_link_measure *links;
    size_t link_count;
    struct drill_client_measure *clients;
    size_t client_count;
    struct drill_write *writes;
    size_t write_count;
    size_t write_capacity;
    struct drill_event *events;
    size_t event_count;
    uint64_t events_left_out; /* beyond DRILL_EVENTS_MAX; the trace has them */
    struct drill_failure failures[DRILL_FAILURES_MAX];
    size_t failure_count;
    uint64_t conflict_count;
    uint64_t values[DRILL_MEASURE_COUNT]; /* after _sum_up */
    bool is_known[DRILL_MEASURE_COUNT];   /* false: nothing to measure it by */
    bool has_recovered;
};

void drill_measures_init(struct drill_measures *measures, const struct drill_file *file,
                         uint64_t began_us);
void drill_measures_fini(struct drill_measures *measures);

void drill_measure_request(struct drill_measures *measures,
                           const struct drill_request_record *record);
void drill_measure_write(struct drill_measures *measures, const char *table, const char *key,
                         uint64_t acknowledged_us, const char *region);
/* A sim_trace_listener; context is the measures. */
void drill_measure_trace(void *measures, const struct sim_trace_event *event);
/* A line for the report's list of events. */
void drill_measure_note(struct drill_measures *measures, uint64_t at_us, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* Fills values from what was collected. */
void drill_measures_sum_up(struct drill_measures *measures);

/* Copies as much as fits, in whole characters (UTF-8), so that no report is broken by half a one.
 */
void drill_text_copy(char *to, size_t to_bytes, const char *from);
/* Takes away a character at the end of which a part was cut off. */
void drill_text_trim(char *text);

/* percent of the values are at most this; 0 for an empty list. */
uint64_t drill_latencies_percentile_us(struct drill_latencies *latencies, unsigned percent);

#endif
