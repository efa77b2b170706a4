/* metrics.h -- the narrow way to record a metric datum, for CloudWatch, drills and the console.
 *
 * Purpose  Every emulator records what really happened under the service's own names; whoever
 * listens keeps what it needs. Without a listener recording costs one comparison. Owner    All
 * strings are borrowed during the call. */
#ifndef EMULATORS_WIRE_METRICS_H
#define EMULATORS_WIRE_METRICS_H

#include "sim/core/base.h"

#define WIRE_DIMENSIONS_MAX 6

struct wire_dimension {
    const char *name;
    const char *value;
};

struct wire_datum {
    const char *region;
    const char *account;    /* NULL: of no one's in particular */
    const char *name_space; /* "AWS/DynamoDB" */
    const char *metric;     /* "ReplicationLatency" */
    struct wire_dimension dimensions[WIRE_DIMENSIONS_MAX];
    size_t dimension_count;
    int64_t value;    /* in unit; times in µs with unit "Microseconds" */
    const char *unit; /* "Count", "Microseconds", "HalfCount" (halves of a unit) */
    uint64_t at_us;
};

struct wire_metrics;
typedef void wire_metric_listener(void *context, const struct wire_datum *datum);

MUST_USE struct wire_metrics *wire_metrics_create(void);
void wire_metrics_destroy(struct wire_metrics *metrics);
void wire_metric_record(struct wire_metrics *metrics, const struct wire_datum *datum);
/* Whether anybody would hear of a datum: where making one costs more than asking. */
bool wire_metrics_is_heard(const struct wire_metrics *metrics);
void wire_metrics_listen(struct wire_metrics *metrics, wire_metric_listener *listener,
                         void *context);
void wire_metrics_unlisten(struct wire_metrics *metrics, wire_metric_listener *listener,
                           void *context);

#endif
