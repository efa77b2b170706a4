#include "emulators/wire/metrics.h"

#include <stdlib.h>

struct listener {
    wire_metric_listener *listen; /* NULL: left while a datum was being told */
    void *context;
};

struct wire_metrics {
    struct listener *listeners;
    size_t listener_count;
    unsigned telling; /* calls of wire_metric_record under way */
};

struct wire_metrics *wire_metrics_create(void)
{
    return sim_alloc(sizeof(struct wire_metrics));
}

void wire_metrics_destroy(struct wire_metrics *metrics)
{
    if (metrics == NULL)
        return;
    free(metrics->listeners);
    free(metrics);
}

static void drop_left_listeners(struct wire_metrics *metrics)
{
    size_t kept = 0;
    for (size_t i = 0; i < metrics->listener_count; i++)
        if (metrics->listeners[i].listen != NULL)
            metrics->listeners[kept++] = metrics->listeners[i];
    metrics->listener_count = kept;
}

bool wire_metrics_is_heard(const struct wire_metrics *metrics)
{
    return metrics->listener_count > 0;
}

void wire_metric_record(struct wire_metrics *metrics, const struct wire_datum *datum)
{
    if (metrics->listener_count == 0)
        return;
    PRE(datum->dimension_count <= WIRE_DIMENSIONS_MAX);
    metrics->telling++;
    for (size_t i = 0; i < metrics->listener_count; i++) {
        struct listener listener = metrics->listeners[i];
        if (listener.listen != NULL)
            listener.listen(listener.context, datum);
    }
    metrics->telling--;
    if (metrics->telling == 0)
        drop_left_listeners(metrics);
}

void wire_metrics_listen(struct wire_metrics *metrics, wire_metric_listener *listener,
                         void *context)
{
    metrics->listeners =
        sim_realloc_array(metrics->listeners, metrics->listener_count + 1, sizeof(struct listener));
    metrics->listeners[metrics->listener_count++] = (struct listener){listener, context};
}

void wire_metrics_unlisten(struct wire_metrics *metrics, wire_metric_listener *listener,
                           void *context)
{
    for (size_t i = 0; i < metrics->listener_count; i++)
        if (metrics->listeners[i].listen == listener && metrics->listeners[i].context == context)
            metrics->listeners[i].listen = NULL;
    if (metrics->telling == 0)
        drop_left_listeners(metrics);
}
