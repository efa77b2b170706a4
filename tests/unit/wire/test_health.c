#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/wire/health.h"
#include "emulators/wire/metrics.h"

/* Healthy is what the state says, for the one id it knows. */
static enum wire_health_status only_one(void *state, const char *id)
{
    return strcmp(id, state) == 0 ? WIRE_HEALTHY : WIRE_UNHEALTHY;
}

static void test_a_provider_answers_for_its_kind(void **state)
{
    (void)state;
    struct wire_health *health = wire_health_create();
    char good[] = "control-1";
    char other[] = "control-2";
    assert_int_equal(wire_health_ask(health, WIRE_HEALTH_ROUTING_CONTROL, good),
                     WIRE_HEALTH_UNKNOWN);
    wire_health_provide(health, WIRE_HEALTH_ROUTING_CONTROL, only_one, good);
    assert_int_equal(wire_health_ask(health, WIRE_HEALTH_ROUTING_CONTROL, good), WIRE_HEALTHY);
    assert_int_equal(wire_health_ask(health, WIRE_HEALTH_ROUTING_CONTROL, other), WIRE_UNHEALTHY);
    assert_int_equal(wire_health_ask(health, "alarm", good), WIRE_HEALTH_UNKNOWN);
    wire_health_provide(health, WIRE_HEALTH_ROUTING_CONTROL, only_one, other); /* replaces */
    assert_int_equal(wire_health_ask(health, WIRE_HEALTH_ROUTING_CONTROL, other), WIRE_HEALTHY);
    wire_health_destroy(health);
}

static void note_change(void *context, const char *kind, const char *id)
{
    size_t used = strlen(context);
    snprintf((char *)context + used, 64 - used, "%s/%s ", kind, id);
}

static void note_watcher(void *context, const char *watcher_id)
{
    note_change(context, "watcher", watcher_id);
}

static void two_watchers(void *state, const char *kind, const char *id,
                         void (*visit)(void *context, const char *watcher_id), void *context)
{
    (void)state;
    (void)kind;
    if (strcmp(id, "control-1") != 0)
        return;
    visit(context, "a");
    visit(context, "b");
}

static void test_changes_reach_all_listeners_and_watchers_are_asked(void **state)
{
    (void)state;
    struct wire_health *health = wire_health_create();
    char first[64] = "";
    char second[64] = "";
    wire_health_tell_changed(health, "k", "nobody listens");
    wire_health_listen(health, note_change, first);
    wire_health_listen(health, note_change, second);
    wire_health_tell_changed(health, "k", "1");
    assert_string_equal(first, "k/1 ");
    assert_string_equal(second, "k/1 ");
    char seen[64] = "";
    wire_health_visit_watchers(health, "k", "control-1", note_watcher, seen);
    assert_string_equal(seen, "");
    wire_health_set_watchers(health, two_watchers, NULL);
    wire_health_visit_watchers(health, "k", "control-1", note_watcher, seen);
    assert_string_equal(seen, "watcher/a watcher/b ");
    wire_health_visit_watchers(health, "k", "control-2", note_watcher, seen);
    assert_string_equal(seen, "watcher/a watcher/b ");
    wire_health_destroy(health);
}

/* --- metrics --- */

struct sink {
    struct wire_metrics *metrics;
    int64_t sum;
    bool leaves; /* at the first datum */
};

static void add_up(void *context, const struct wire_datum *datum)
{
    struct sink *sink = context;
    sink->sum += datum->value;
    if (sink->leaves)
        wire_metrics_unlisten(sink->metrics, add_up, sink);
}

static void test_a_datum_reaches_who_listens(void **state)
{
    (void)state;
    struct wire_metrics *metrics = wire_metrics_create();
    struct sink stays = {.metrics = metrics};
    struct sink leaves = {.metrics = metrics, .leaves = true};
    const struct wire_datum datum = {.region = "us-east-1",
                                     .name_space = "AWS/DynamoDB",
                                     .metric = "ReplicationLatency",
                                     .value = 5,
                                     .unit = "Microseconds"};
    wire_metric_record(metrics, &datum);
    wire_metrics_listen(metrics, add_up, &leaves);
    wire_metrics_listen(metrics, add_up, &stays);
    wire_metric_record(metrics, &datum);
    wire_metric_record(metrics, &datum);
    assert_int_equal(leaves.sum, 5);
    assert_int_equal(stays.sum, 10);
    wire_metrics_unlisten(metrics, add_up, &stays);
    wire_metrics_unlisten(metrics, add_up, &stays); /* twice does no harm */
    wire_metric_record(metrics, &datum);
    assert_int_equal(stays.sum, 10);
    wire_metrics_destroy(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_provider_answers_for_its_kind),
        cmocka_unit_test(test_changes_reach_all_listeners_and_watchers_are_asked),
        cmocka_unit_test(test_a_datum_reaches_who_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
