/* test_probe.c -- what checkers see of simulated endpoints, from where, and what they publish. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/route53/route53_internal.h"
#include "tests/unit/route53/fixture_world.h"

#define REFUSED   "Failure: Connection refused"
#define TIMED_OUT "Failure: Connection timed out. The endpoint or"
#define NO_ANSWER                                                                                  \
    "Failure: The health checker could not establish a connection within the timeout limit."

struct server {
    bool hangs;
    uint64_t delay_us;
    struct sim_sched *sched;
    struct sim_endpoint_exchange *waiting;
};

static void answer_late(void *context)
{
    struct server *server = context;
    sim_endpoint_answer(server->waiting, 200, NULL, "all is fine");
}

static void serve(void *context, const struct sim_endpoint_request *request,
                  struct sim_endpoint_exchange *exchange)
{
    struct server *server = context;
    (void)request;
    if (server->hangs)
        return;
    if (server->delay_us == 0) {
        sim_endpoint_answer(exchange, 200, NULL, "all is fine");
        return;
    }
    server->waiting = exchange;
    (void)sim_sched_after(server->sched, server->delay_us, answer_late, server);
}

/* A server at 127.0.1.1:8080 in us-east-1 and a check of it. */
static struct r53_check *make(struct fixture *fixture, struct server *server, const char *more)
{
    struct sim_region *region = NULL;
    fixture_init(fixture);
    server->sched = fixture->core.sched;
    region = sim_network_region_find(fixture->core.network, "us-east-1");
    assert_int_equal(
        sim_endpoint_add(fixture->core.endpoints, "127.0.1.1", 8080, region, serve, server, NULL),
        RESULT_OK);
    assert_true(fixture_callf(fixture, "CreateHealthCheck",
                              "{\"CallerReference\":\"r\",\"HealthCheckConfig\":{\"Port\":8080,"
                              "\"IPAddress\":\"127.0.1.1\",\"RequestInterval\":10,%s}}",
                              more));
    return r53_check_find(&fixture->r53->checks, fixture_text(fixture, "HealthCheck.Id"));
}

static void add_fault(struct fixture *fixture, const struct sim_fault_spec *spec)
{
    uint64_t fault = 0;
    assert_int_equal(sim_faults_add(fixture->core.faults, spec, &fault, NULL), RESULT_OK);
}

/* The first checker in that Region. */
static const char *seen_from(const struct r53_check *check, const char *region)
{
    size_t i = 0;
    while (strcmp(r53_checker_regions[i], region) != 0)
        i++;
    return check->checkers[2 * i].last.status;
}

/* --- what is seen
 * ---------------------------------------------------------------------------------------------
 */

static void test_each_checker_sees_what_its_region_sees(void **state)
{
    static const struct sim_fault_spec east_down = {.kind = SIM_FAULT_REGION_DOWN,
                                                    .region = "us-east-1"};
    static const struct sim_fault_spec west_down = {.kind = SIM_FAULT_REGION_DOWN,
                                                    .region = "us-west-2"};
    static const struct sim_fault_spec west_cut = {.kind = SIM_FAULT_PARTITION,
                                                   .region = "us-west-2"};
    static const struct {
        const char *claim, *config;
        const struct sim_fault_spec *fault;
        bool hangs;
        const char *from_east, *from_west, *from_ireland;
    } cases[] = {
        {"HTTP, all is well", "\"Type\":\"HTTP\"", NULL, false, "Success", "Success", "Success"},
        {"HTTP, it hangs", "\"Type\":\"HTTP\"", NULL, true, NO_ANSWER, NO_ANSWER, NO_ANSWER},
        {"TCP, it hangs", "\"Type\":\"TCP\"", NULL, true, "Success", "Success", "Success"},
        {"HTTP, its Region is down", "\"Type\":\"HTTP\"", &east_down, false, "Failure", REFUSED,
         REFUSED},
        {"TCP, its Region is down", "\"Type\":\"TCP\"", &east_down, false, "Failure", REFUSED,
         REFUSED},
        {"HTTP, a checker's Region is down", "\"Type\":\"HTTP\"", &west_down, false, "Success",
         TIMED_OUT, "Success"},
        {"HTTP, a checker's Region is cut off", "\"Type\":\"HTTP\"", &west_cut, false, "Success",
         TIMED_OUT, "Success"},
        {"TCP, a checker's Region is cut off", "\"Type\":\"TCP\"", &west_cut, false, "Success",
         TIMED_OUT, "Success"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture fixture;
        struct server server = {.hangs = cases[i].hangs};
        const struct r53_check *check = make(&fixture, &server, cases[i].config);
        const struct {
            const char *region, *expected;
        } views[] = {{"us-east-1", cases[i].from_east},
                     {"us-west-2", cases[i].from_west},
                     {"eu-west-1", cases[i].from_ireland}};
        if (cases[i].fault != NULL)
            add_fault(&fixture, cases[i].fault);
        fixture_advance(&fixture, 30 * SIM_US_PER_S);
        for (size_t v = 0; v < ARRAY_LEN(views); v++)
            if (strncmp(seen_from(check, views[v].region), views[v].expected,
                        strlen(views[v].expected)) != 0)
                fail_msg("%s: %s sees %s", cases[i].claim, views[v].region,
                         seen_from(check, views[v].region));
        fixture_fini(&fixture);
    }
}

static void test_an_answer_has_two_seconds_and_a_search_two_more(void **state)
{
    static const struct {
        const char *claim, *config;
        uint64_t delay_ms;
        const char *expected;
    } cases[] = {
        {"in time", "\"Type\":\"HTTP\"", 1900, "Success"},
        {"too late", "\"Type\":\"HTTP\"", 2100, NO_ANSWER},
        {"a search has longer", "\"Type\":\"HTTP_STR_MATCH\",\"SearchString\":\"fine\"", 3900,
         "Success"},
        {"but not for ever", "\"Type\":\"HTTP_STR_MATCH\",\"SearchString\":\"fine\"", 4100,
         NO_ANSWER},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture fixture;
        struct server server = {.delay_us = cases[i].delay_ms * SIM_US_PER_MS};
        char config[256];
        struct r53_check *check = NULL;
        (void)snprintf(config, sizeof(config),
                       "%s,\"Regions\":[\"us-east-1\",\"us-west-1\","
                       "\"eu-west-1\"]",
                       cases[i].config);
        check = make(&fixture, &server, config);
        for (size_t c = 1; c < R53_CHECKER_COUNT;
             c++) { /* one at a time: the others are silenced */
            (void)sim_sched_cancel(fixture.core.sched, check->checkers[c].event);
            check->checkers[c].event = 0;
        }
        fixture_advance(&fixture, 30 * SIM_US_PER_S);
        if (strncmp(check->checkers[0].last.status, cases[i].expected, strlen(cases[i].expected)) !=
            0)
            fail_msg("%s: %s", cases[i].claim, check->checkers[0].last.status);
        fixture_fini(&fixture);
    }
}

static void test_a_checker_whose_region_is_not_there_asks_from_the_nearest(void **state)
{
    static const struct {
        const char *checker, *place;
    } cases[] = {
        {"us-east-1", "us-east-1"},      {"us-west-1", "us-west-2"},
        {"us-west-2", "us-west-2"},      {"eu-west-1", "eu-west-1"},
        {"sa-east-1", "us-east-1"},      {"ap-northeast-1", "us-west-2"},
        {"ap-southeast-2", "us-west-2"},
    };
    struct fixture fixture;
    struct server server = {.hangs = false};
    const struct r53_check *check = make(&fixture, &server, "\"Type\":\"HTTP\"");
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t c = 0; c < R53_CHECKER_COUNT; c++)
            if (strcmp(r53_checker_regions[c / 2], cases[i].checker) == 0)
                assert_string_equal(r53_checker_place(&check->checkers[c])->name, cases[i].place);
    fixture_fini(&fixture);
}

/* --- metrics
 * ---------------------------------------------------------------------------------------------
 */

struct ledger {
    size_t count;
    char text[16384]; /* "HealthCheckStatus=1 None;" */
};

static void note(void *context, const struct wire_datum *datum)
{
    struct ledger *ledger = context;
    size_t used = strlen(ledger->text);
    assert_string_equal(datum->region, "us-east-1");
    assert_string_equal(datum->name_space, "AWS/Route53");
    assert_string_equal(datum->dimensions[0].name, "HealthCheckId");
    ledger->count++;
    (void)snprintf(ledger->text + used, sizeof(ledger->text) - used, "%s=%lld %s%s%s;",
                   datum->metric, (long long)datum->value, datum->unit,
                   datum->dimension_count > 1 ? " " : "",
                   datum->dimension_count > 1 ? datum->dimensions[1].value : "");
}

static void test_each_minute_the_checks_publish(void **state)
{
    struct fixture fixture;
    struct server server = {.hangs = false};
    struct ledger ledger = {.count = 0};
    struct wire_metrics *metrics = NULL;
    const struct r53_check *check = make(&fixture, &server, "\"Type\":\"HTTP\"");
    (void)state;
    metrics = wire_dispatcher_host(fixture.dispatcher)->metrics;
    assert_true(fixture_callf(&fixture, "CreateHealthCheck",
                              "{\"CallerReference\":\"sum\",\"HealthCheckConfig\":{\"Type\":"
                              "\"CALCULATED\",\"HealthThreshold\":1,\"ChildHealthChecks\":"
                              "[\"%s\"]}}",
                              check->id));
    wire_metrics_listen(metrics, note, &ledger);
    fixture_advance(&fixture, 59 * SIM_US_PER_S);
    assert_int_equal(ledger.count, 0);
    fixture_advance(&fixture, SIM_US_PER_S);
    assert_int_equal(ledger.count, 4);
    assert_non_null(strstr(ledger.text, "HealthCheckStatus=1 None;"));
    assert_non_null(strstr(ledger.text, "HealthCheckPercentageHealthy=100 Percent;"));
    assert_non_null(strstr(ledger.text, "ChildHealthCheckHealthyCount=1 Count;"));
    server.hangs = true;
    fixture_advance(&fixture, 60 * SIM_US_PER_S);
    assert_int_equal(ledger.count, 8);
    assert_non_null(strstr(ledger.text, "HealthCheckStatus=0 None;"));
    assert_non_null(strstr(ledger.text, "HealthCheckPercentageHealthy=0 Percent;"));
    assert_non_null(strstr(ledger.text, "ChildHealthCheckHealthyCount=0 Count;"));
    assert_true(fixture_callf(&fixture, "UpdateHealthCheck",
                              "{\"HealthCheckId\":\"%s\",\"Disabled\":true}", check->id));
    fixture_advance(&fixture, 60 * SIM_US_PER_S);
    assert_int_equal(ledger.count, 11); /* no percentage of a check that does not check */
    add_fault(&fixture,
              &(struct sim_fault_spec){.kind = SIM_FAULT_REGION_DOWN, .region = "us-east-1"});
    fixture_advance(&fixture, 600 * SIM_US_PER_S);
    assert_int_equal(ledger.count, 11);
    wire_metrics_unlisten(metrics, note, &ledger);
    fixture_fini(&fixture);
}

static void test_latencies_are_published_if_they_are_to_be_measured(void **state)
{
    static const struct {
        const char *claim, *config, *expect;
        size_t count; /* of data that all probes of ten seconds give */
    } cases[] = {
        {"not asked for", "\"Type\":\"HTTP\"", "", 0},
        {"HTTP", "\"Type\":\"HTTP\",\"MeasureLatency\":true", "TimeToFirstByte=", 16 * 4},
        {"TCP", "\"Type\":\"TCP\",\"MeasureLatency\":true", "Microseconds us-west-2;", 16 * 2},
        {"HTTPS", "\"Type\":\"HTTPS\",\"MeasureLatency\":true", "SSLHandshakeTime=", 16 * 6},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture fixture;
        struct server server = {.hangs = false};
        struct ledger ledger = {.count = 0};
        (void)make(&fixture, &server, cases[i].config);
        wire_metrics_listen(wire_dispatcher_host(fixture.dispatcher)->metrics, note, &ledger);
        fixture_advance(&fixture, 10 * SIM_US_PER_S + SIM_US_PER_S / 2);
        if (ledger.count < cases[i].count || ledger.count > cases[i].count + 12 ||
            (cases[i].count == 0 && ledger.count > 0) ||
            strstr(ledger.text, cases[i].expect) == NULL)
            fail_msg("%s: %zu data", cases[i].claim, ledger.count);
        fixture_fini(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_checker_sees_what_its_region_sees),
        cmocka_unit_test(test_an_answer_has_two_seconds_and_a_search_two_more),
        cmocka_unit_test(test_a_checker_whose_region_is_not_there_asks_from_the_nearest),
        cmocka_unit_test(test_each_minute_the_checks_publish),
        cmocka_unit_test(test_latencies_are_published_if_they_are_to_be_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
