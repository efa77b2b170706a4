/* Percentiles, and the measures from what was collected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/drill/measure.h"

#define S(n)     ((uint64_t)(n)*SIM_US_PER_S)
#define MS(n)    ((uint64_t)(n)*SIM_US_PER_MS)
#define INCIDENT S(100)

/* Two clients, ten minutes, the incident after 100 s, traffic leaves us-east-1. */
static void begin(struct drill_measures *measures)
{
    const struct drill_file file = {
        .duration_us = S(600), .incident_us = INCIDENT, .leaves = "us-east-1", .client_count = 2};
    drill_measures_init(measures, &file, S(1000000));
}

static void request(struct drill_measures *measures, size_t client, uint64_t began_us,
                    uint64_t latency_us, const char *region, enum drill_request_outcome outcome,
                    const char *detail)
{
    const struct drill_request_record record = {.began_us = began_us,
                                                .latency_us = latency_us,
                                                .region = region,
                                                .client = client,
                                                .outcome = outcome,
                                                .detail = detail};
    drill_measure_request(measures, &record);
}

static void test_percentiles_are_of_the_nearest_rank(void **state)
{
    (void)state;
    static const struct {
        size_t count; /* values count, count - 1 ... 1 */
        unsigned percent;
        uint64_t value;
    } rows[] = {{0, 50, 0},    {1, 1, 1},     {1, 100, 1},    {2, 50, 1},      {2, 51, 2},
                {100, 50, 50}, {100, 99, 99}, {101, 99, 100}, {1000, 99, 990}, {1000, 100, 1000}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t values[1000];
        for (size_t j = 0; j < rows[i].count; j++)
            values[j] = rows[i].count - j;
        struct drill_latencies latencies = {.values_us = values, .count = rows[i].count};
        uint64_t value = drill_latencies_percentile_us(&latencies, rows[i].percent);
        if (value != rows[i].value)
            fail_msg("p%u of %zu: %llu", rows[i].percent, rows[i].count, (unsigned long long)value);
    }
}

/* Requests as text: one a line "CLIENT BEGAN_S LATENCY_S REGION OUTCOME". */
static void test_recovery_time_ends_with_the_last_bad_request(void **state)
{
    (void)state;
    static const struct {
        const char *claim, *requests;
        uint64_t recovery_us;
        bool known;
    } rows[] = {
        {"nobody asked after the incident", "0 50 0 us-east-1 ok\n", 0, false},
        {"all good from the start", "0 101 0 us-west-2 ok\n1 101 0 us-west-2 ok\n", 0, true},
        {"served by the Region that is left", "0 130 1 us-east-1 ok\n0 132 0 us-west-2 ok\n", S(31),
         true},
        {"failures count wherever", "0 110 5 us-west-2 bad\n0 120 0 us-west-2 ok\n", S(15), true},
        {"under way at the incident and failed", "0 99 5 us-east-1 bad\n0 101 0 us-west-2 ok\n",
         S(4), true},
        {"under way at the incident and served", "0 99 2 us-east-1 ok\n0 102 0 us-west-2 ok\n", 0,
         true},
        {"the slower client decides",
         "0 110 0 us-east-1 ok\n1 160 0 us-east-1 ok\n0 111 0 us-west-2 ok\n"
         "1 161 0 us-west-2 ok\n",
         S(60), true},
        {"a stale read is no failure", "0 110 0 us-west-2 stale\n", 0, true},
        {"one that ends on a bad request has not recovered",
         "0 110 0 us-west-2 ok\n1 110 0 us-east-1 ok\n", UINT64_MAX, true},
        {"bad before the incident does not count", "0 20 5 us-east-1 bad\n0 101 0 us-west-2 ok\n",
         0, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct drill_measures measures;
        begin(&measures);
        const char *at = rows[i].requests;
        unsigned client, began_s, latency_s;
        char region[16], outcome[8];
        int length;
        while (sscanf(at, "%u %u %u %15s %7s\n%n", &client, &began_s, &latency_s, region, outcome,
                      &length) == 5) {
            request(&measures, client, S(began_s), S(latency_s), region,
                    strcmp(outcome, "ok") == 0      ? DRILL_REQUEST_OK
                    : strcmp(outcome, "stale") == 0 ? DRILL_REQUEST_STALE
                                                    : DRILL_REQUEST_FAILED,
                    outcome);
            at += length;
        }
        drill_measures_sum_up(&measures);
        if (measures.is_known[DRILL_RECOVERY_TIME] != rows[i].known ||
            measures.values[DRILL_RECOVERY_TIME] != rows[i].recovery_us)
            fail_msg("%s: %d %llu", rows[i].claim, measures.is_known[DRILL_RECOVERY_TIME],
                     (unsigned long long)measures.values[DRILL_RECOVERY_TIME]);
        drill_measures_fini(&measures);
    }
}

static void test_writes_give_recovery_point_and_loss(void **state)
{
    (void)state;
    struct drill_measures measures;
    begin(&measures);
    for (uint64_t i = 0; i < 300; i++) /* more than the list holds at first */
        drill_measure_write(&measures, "t", "{}", S(1) + MS(i * 100), "us-east-1");
    drill_measures_sum_up(&measures);
    assert_int_equal(measures.values[DRILL_RECOVERY_POINT], 0);
    assert_int_equal(measures.values[DRILL_MISSING_AT_INCIDENT], 0);
    assert_int_equal(measures.values[DRILL_LOST_WRITES], 0);
    measures.writes[10].is_missing_at_incident = true; /* acknowledged at 2 s */
    measures.writes[299].is_missing_at_incident = true;
    measures.writes[299].is_lost = true;
    drill_measures_sum_up(&measures);
    assert_int_equal(measures.values[DRILL_RECOVERY_POINT], S(98));
    assert_int_equal(measures.values[DRILL_MISSING_AT_INCIDENT], 2);
    assert_int_equal(measures.values[DRILL_LOST_WRITES], 1);
    drill_measures_fini(&measures);
}

static void test_requests_are_counted_by_region_minute_and_kind(void **state)
{
    (void)state;
    struct drill_measures measures;
    begin(&measures);
    request(&measures, 0, S(10), MS(5), "us-west-2", DRILL_REQUEST_OK, "ok");
    request(&measures, 0, S(59), MS(7), "us-east-1", DRILL_REQUEST_FAILED, "timed out");
    request(&measures, 1, S(60), MS(9), "us-east-1", DRILL_REQUEST_STALE, "stale read");
    request(&measures, 1, S(61), MS(1), "", DRILL_REQUEST_FAILED, "name not resolved");
    request(&measures, 1, S(62), MS(1), "us-east-1", DRILL_REQUEST_FAILED, "timed out");
    request(&measures, 1, S(601), MS(1), "us-east-1", DRILL_REQUEST_OK, "ok"); /* behind the end */
    drill_measures_sum_up(&measures);
    static const char *const names[] = {"", "us-east-1", "us-west-2"};
    assert_int_equal(measures.region_count, ARRAY_LEN(names));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_string_equal(measures.regions[i].name, names[i]);
    const struct drill_region_measure *east = &measures.regions[1];
    assert_int_equal(east->bucket_count, 10);
    assert_int_equal(east->buckets[0].requests, 1);
    assert_int_equal(east->buckets[0].failures, 1);
    assert_int_equal(east->buckets[1].requests, 2);
    assert_int_equal(east->buckets[1].stale_reads, 1);
    assert_int_equal(east->total.requests, 4);
    assert_int_equal(measures.values[DRILL_FAILED_REQUESTS], 3);
    assert_int_equal(measures.values[DRILL_STALE_READS], 1);
    assert_int_equal(measures.values[DRILL_AVAILABILITY], 500000);
    assert_int_equal(measures.failure_count, 2);
    assert_string_equal(measures.failures[0].detail, "timed out");
    assert_int_equal(measures.failures[0].count, 2);
    assert_int_equal(measures.failures[0].first_us, S(59));
    assert_int_equal(measures.failures[0].last_us, S(62));
    assert_string_equal(measures.clients[0].last_region, "us-west-2");
    drill_measures_fini(&measures);
}

static void tell(struct drill_measures *measures, const char *type, const char *region,
                 const struct sim_field *fields, size_t field_count)
{
    const struct sim_trace_event event = {.at_us = S(1000001),
                                          .type = type,
                                          .region = region,
                                          .fields = fields,
                                          .field_count = field_count};
    drill_measure_trace(measures, &event);
}

static void test_the_trace_gives_latencies_conflicts_and_events(void **state)
{
    (void)state;
    struct drill_measures measures;
    begin(&measures);
    for (int i = 1; i <= 100; i++) {
        const struct sim_field lag[] = {FIELD_TEXT("from", "us-east-1"), FIELD_NUMBER("lag_us", i)};
        const struct sim_field call[] = {FIELD_TEXT("service", "dynamodb"),
                                         FIELD_NUMBER("latency_us", 1000 * i)};
        const struct sim_field other[] = {FIELD_TEXT("service", "route53"),
                                          FIELD_NUMBER("latency_us", S(9))};
        tell(&measures, "replication.applied", i % 2 == 0 ? "us-west-2" : "eu-west-1", lag, 2);
        tell(&measures, "request", "us-east-1", call, 2);
        tell(&measures, "request", "us-east-1", other, 2);
    }
    tell(&measures, "replication.conflict", "us-west-2", NULL, 0);
    const struct sim_field control[] = {FIELD_TEXT("control", "east"), FIELD_TEXT("arn", "long"),
                                        FIELD_TEXT("state", "Off")};
    for (size_t i = 0; i < DRILL_EVENTS_MAX + 3; i++)
        tell(&measures, "control.changed", "us-west-2", control, 3);
    drill_measures_sum_up(&measures);
    assert_int_equal(measures.link_count, 2);
    assert_string_equal(measures.links[0].to, "eu-west-1"); /* sorted */
    assert_int_equal(measures.values[DRILL_REPLICATION_P50], 50);
    assert_int_equal(measures.values[DRILL_REPLICATION_P99], 99);
    assert_int_equal(measures.values[DRILL_OPERATION_P50], 50000);
    assert_int_equal(measures.values[DRILL_OPERATION_P99], 99000);
    assert_int_equal(measures.values[DRILL_CONFLICTS], 1);
    assert_false(measures.is_known[DRILL_AVAILABILITY]); /* no requests of clients */
    assert_int_equal(measures.event_count, DRILL_EVENTS_MAX);
    assert_int_equal(measures.events_left_out, 3);
    assert_int_equal(measures.events[0].at_us, S(1));
    assert_string_equal(measures.events[0].text,
                        "control.changed in us-west-2 control=east state=Off");
    drill_measures_fini(&measures);
}

static void test_text_is_cut_at_whole_characters(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        size_t bytes;
        const char *kept;
    } rows[] = {
        {"abc", 8, "abc"},
        {"abc", 3, "ab"},
        {"", 1, ""},
        {"a\xc3\xa9z", 8, "a\xc3\xa9z"},
        {"a\xc3\xa9z", 3, "a"},
        {"a\xc3\xa9z", 4, "a\xc3\xa9"},
        {"\xe2\x9c\x93", 3, ""},
        {"\xe2\x9c\x93", 4, "\xe2\x9c\x93"},
        {"\xf0\x9f\x98\x80!", 4, ""},
        {"\xf0\x9f\x98\x80!", 5, "\xf0\x9f\x98\x80"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[16];
        drill_text_copy(text, rows[i].bytes, rows[i].from);
        assert_string_equal(text, rows[i].kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percentiles_are_of_the_nearest_rank),
        cmocka_unit_test(test_recovery_time_ends_with_the_last_bad_request),
        cmocka_unit_test(test_writes_give_recovery_point_and_loss),
        cmocka_unit_test(test_requests_are_counted_by_region_minute_and_kind),
        cmocka_unit_test(test_the_trace_gives_latencies_conflicts_and_events),
        cmocka_unit_test(test_text_is_cut_at_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
