/* check_metrics.c -- what the health checks publish: namespace AWS/Route53, in us-east-1 only.
 *
 * Source   Route 53 developer guide, "Monitoring health checks using CloudWatch". Once a minute,
 *          and nothing while us-east-1 is down. Latencies come with each probe. */
#include "emulators/route53/route53_internal.h"

#define METRICS_REGION "us-east-1"
#define MINUTE_US      (UINT64_C(60) * SIM_US_PER_S)

static bool is_published(const struct r53 *r53)
{
    const struct sim_region *region = sim_network_region_find(r53->core->network, METRICS_REGION);
    return wire_metrics_is_heard(r53->host.metrics) && (region == NULL || region->down_count == 0);
}

static void record(const struct r53_check *check, const char *metric, int64_t value,
                   const char *unit, const char *checker_region)
{
    const struct r53 *r53 = check->r53;
    struct wire_datum datum = {.region = METRICS_REGION,
                               .name_space = "AWS/Route53",
                               .metric = metric,
                               .dimensions = {{"HealthCheckId", check->id}},
                               .dimension_count = 1,
                               .value = value,
                               .unit = unit,
                               .at_us = sim_clock_now_us(r53->core->clock)};
    if (checker_region != NULL)
        datum.dimensions[datum.dimension_count++] =
            (struct wire_dimension){"Region", checker_region};
    wire_metric_record(r53->host.metrics, &datum);
}

static void record_check(const struct r53_check *check)
{
    const bool is_disabled = wire_flag(check->config, "Disabled", false);
    record(check, "HealthCheckStatus", check->verdict ? 1 : 0, "None", NULL);
    if (check->type->family == R53_CHECK_ENDPOINT && !is_disabled) {
        const struct r53_tally tally = r53_check_tally(check);
        if (tally.reporting > 0)
            record(check, "HealthCheckPercentageHealthy",
                   (int64_t)(tally.healthy * 100 / tally.reporting), "Percent", NULL);
    }
    if (check->type->family == R53_CHECK_CALCULATED)
        record(check, "ChildHealthCheckHealthyCount", (int64_t)r53_check_healthy_children(check),
               "Count", NULL);
}

static void publish(void *context)
{
    struct r53 *r53 = context;
    struct sim_sched *sched = r53->core->sched;
    r53->checks.metrics_event =
        sim_sched_at_background(sched, sim_sched_now_us(sched) + MINUTE_US, publish, r53);
    if (!is_published(r53))
        return;
    for (size_t i = 0; i < r53->checks.count; i++)
        record_check(r53->checks.by_id[i]);
}

void r53_metrics_begin(struct r53 *r53)
{
    struct sim_sched *sched = r53->core->sched;
    if (r53->checks.metrics_event == 0)
        r53->checks.metrics_event =
            sim_sched_at_background(sched, sim_sched_now_us(sched) + MINUTE_US, publish, r53);
}

void r53_metrics_end(struct r53 *r53)
{
    (void)sim_sched_cancel(r53->core->sched, r53->checks.metrics_event);
    r53->checks.metrics_event = 0;
}

void r53_metrics_record_latency(const struct r53_checker *checker,
                                const struct r53_latency *latency)
{
    const struct {
        const char *metric;
        uint64_t value_us;
        bool applies;
    } rows[] = {
        {"ConnectionTime", latency->connect_us, true},
        {"SSLHandshakeTime", latency->handshake_us, checker->check->type->is_tls},
        {"TimeToFirstByte", latency->first_byte_us, !checker->check->type->is_tcp},
    };
    if (!wire_flag(checker->check->config, "MeasureLatency", false) ||
        !is_published(checker->check->r53))
        return;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].applies) {
            record(checker->check, rows[i].metric, (int64_t)rows[i].value_us, "Microseconds", NULL);
            record(checker->check, rows[i].metric, (int64_t)rows[i].value_us, "Microseconds",
                   r53_checker_regions[checker->index / 2]);
        }
}
