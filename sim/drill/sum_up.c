/* The measures of a drill from what was collected. */
#include <stdlib.h>
#include <string.h>

#include "sim/drill/measure.h"

static void set(struct drill_measures *measures, enum drill_measure measure, uint64_t value)
{
    measures->values[measure] = value;
    measures->is_known[measure] = true;
}

/* From the incident to the end of the last request that failed or that the left Region still
 * served. */
static void sum_up_recovery_time(struct drill_measures *measures)
{
    uint64_t last_bad_us = 0;
    uint64_t requests_since = 0;
    measures->has_recovered = true;
    for (size_t i = 0; i < measures->client_count; i++) {
        const struct drill_client_measure *client = &measures->clients[i];
        requests_since += client->requests_since;
        if (client->last_bad_us > last_bad_us)
            last_bad_us = client->last_bad_us;
        if (client->is_last_bad)
            measures->has_recovered = false;
    }
    if (requests_since == 0)
        return; /* nobody asked: not known, rather than recovered at once */
    uint64_t recovery_us =
        last_bad_us > measures->incident_us ? last_bad_us - measures->incident_us : 0;
    set(measures, DRILL_RECOVERY_TIME, measures->has_recovered ? recovery_us : UINT64_MAX);
}

static void sum_up_writes(struct drill_measures *measures)
{
    uint64_t oldest_us = 0;
    uint64_t missing = 0;
    uint64_t lost = 0;
    for (size_t i = 0; i < measures->write_count; i++) {
        const struct drill_write *write = &measures->writes[i];
        lost += write->is_lost;
        if (!write->is_missing_at_incident)
            continue;
        missing++;
        uint64_t age_us = measures->incident_us - write->acknowledged_us;
        if (age_us > oldest_us)
            oldest_us = age_us;
    }
    set(measures, DRILL_RECOVERY_POINT, oldest_us);
    set(measures, DRILL_MISSING_AT_INCIDENT, missing);
    set(measures, DRILL_LOST_WRITES, lost);
}

static void sum_up_requests(struct drill_measures *measures)
{
    uint64_t requests = 0;
    uint64_t failures = 0;
    uint64_t stale_reads = 0;
    for (size_t i = 0; i < measures->client_count; i++) {
        requests += measures->clients[i].requests;
        failures += measures->clients[i].failures;
        stale_reads += measures->clients[i].stale_reads;
    }
    set(measures, DRILL_FAILED_REQUESTS, failures);
    set(measures, DRILL_STALE_READS, stale_reads);
    set(measures, DRILL_CONFLICTS, measures->conflict_count);
    if (requests > 0)
        set(measures, DRILL_AVAILABILITY, (requests - failures) * SIM_PPM / requests);
}

/* p50 and p99 over several lists together. */
static void sum_up_percentiles(struct drill_measures *measures, enum drill_measure p50,
                               enum drill_measure p99, struct drill_latencies *const *lists,
                               size_t list_count)
{
    struct drill_latencies all = {0};
    for (size_t i = 0; i < list_count; i++)
        all.capacity += lists[i]->count;
    if (all.capacity == 0)
        return;
    all.values_us = sim_alloc_array(all.capacity, sizeof *all.values_us);
    for (size_t i = 0; i < list_count; i++) {
        if (lists[i]->count > 0)
            memcpy(all.values_us + all.count, lists[i]->values_us,
                   lists[i]->count * sizeof *all.values_us);
        all.count += lists[i]->count;
    }
    set(measures, p50, drill_latencies_percentile_us(&all, 50));
    set(measures, p99, drill_latencies_percentile_us(&all, 99));
    free(all.values_us);
}

void drill_measures_sum_up(struct drill_measures *measures)
{
    sum_up_recovery_time(measures);
    sum_up_writes(measures);
    sum_up_requests(measures);

    size_t most = measures->region_count > measures->link_count ? measures->region_count
                                                                : measures->link_count;
    struct drill_latencies **lists = sim_alloc_array(most + 1, sizeof *lists);
    for (size_t i = 0; i < measures->link_count; i++)
        lists[i] = &measures->links[i].latencies;
    sum_up_percentiles(measures, DRILL_REPLICATION_P50, DRILL_REPLICATION_P99, lists,
                       measures->link_count);
    for (size_t i = 0; i < measures->region_count; i++)
        lists[i] = &measures->regions[i].operations;
    sum_up_percentiles(measures, DRILL_OPERATION_P50, DRILL_OPERATION_P99, lists,
                       measures->region_count);
    free(lists);
}
