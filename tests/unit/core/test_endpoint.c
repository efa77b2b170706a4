#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sim/core/core.h"

#define PLACE "127.0.1.1"
#define PORT  8080

/* One endpoint in east; its handler answers after service_us (NEVER: not at all; the test does). */
#define NEVER UINT64_MAX

struct world {
    struct sim_core core;
    struct sim_region *east, *west;
    uint64_t service_us;
    struct sim_endpoint_exchange *asked; /* what the handler has and owes an answer */
    unsigned asked_count;
    char seen[128]; /* the request as the handler saw it */
    char story[512];
};

static void answer(void *context)
{
    struct world *world = context;
    struct sim_endpoint_exchange *exchange = world->asked;
    world->asked = NULL;
    char type[] = "text/plain", body[] = "hello";
    sim_endpoint_answer(exchange, 201, type, body);
}

static void serve(void *context, const struct sim_endpoint_request *request,
                  struct sim_endpoint_exchange *exchange)
{
    struct world *world = context;
    world->asked_count++;
    world->asked = exchange;
    snprintf(world->seen, sizeof world->seen, "%s %s %s %s", request->method, request->target,
             request->host != NULL ? request->host : "-",
             request->body != NULL ? request->body : "-");
    if (world->service_us == 0)
        answer(world);
    else if (world->service_us != NEVER)
        sim_sched_after(world->core.sched, world->service_us, answer, world);
}

static void heard(void *context, const struct sim_endpoint_reply *reply)
{
    static const char *const names[] = {"ok", "refused", "reset", "timed out"};
    struct world *world = context;
    char line[128];
    uint64_t at_us = sim_clock_now_us(world->core.clock) - sim_trace_began_us(world->core.trace);
    snprintf(line, sizeof line, "%s%s@%d", *world->story != '\0' ? "; " : "",
             names[reply->transport], (int)at_us);
    strncat(world->story, line, sizeof world->story - strlen(world->story) - 1);
    if (reply->transport != SIM_TRANSPORT_OK) {
        assert_int_equal(reply->status, 0);
        return;
    }
    snprintf(line, sizeof line, " %d %s %s", reply->status,
             reply->content_type != NULL ? reply->content_type : "-",
             reply->body != NULL ? reply->body : "-");
    strncat(world->story, line, sizeof world->story - strlen(world->story) - 1);
}

static int set_up(void **state)
{
    static struct world world;
    world = (struct world){0};
    sim_core_init(&world.core,
                  &(struct sim_core_options){.seed = 1, .clock = {.mode = SIM_CLOCK_VIRTUAL}});
    struct sim_network *network = world.core.network;
    assert_int_equal(sim_network_add_region(network, "east", true, &world.east, NULL), RESULT_OK);
    assert_int_equal(sim_network_add_region(network, "west", true, &world.west, NULL), RESULT_OK);
    sim_lag_init_constant(&sim_network_link_get(network, world.west, world.east)->latency, 1000);
    sim_lag_init_constant(&sim_network_link_get(network, world.east, world.west)->latency, 100);
    assert_int_equal(
        sim_endpoint_add(world.core.endpoints, PLACE, PORT, world.east, serve, &world, NULL),
        RESULT_OK);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    sim_core_fini(&world->core);
    return 0;
}

static void call(struct world *world, const struct sim_region *from, uint64_t timeout_us)
{
    char target[] = "/orders?orderId=1";
    const struct sim_endpoint_request request = {
        .method = "GET", .target = target, .host = "orders.example.com"};
    sim_endpoint_call(world->core.endpoints, from, PLACE, PORT, &request, timeout_us, heard, world);
    target[0] = 'X'; /* requests are copied */
    assert_string_equal(world->story, "");
}

static void run(struct world *world)
{
    while (sim_sched_step(world->core.sched, UINT64_MAX))
        ;
}

static void run_until(struct world *world, uint64_t at_us)
{
    at_us += sim_trace_began_us(world->core.trace);
    while (sim_sched_step(world->core.sched, at_us))
        ;
    if (sim_clock_now_us(world->core.clock) < at_us)
        sim_clock_move_to(world->core.clock, at_us);
}

static uint64_t add_fault(struct world *world, struct sim_fault_spec spec)
{
    uint64_t id = 0;
    assert_int_equal(sim_faults_add(world->core.faults, &spec, &id, NULL), RESULT_OK);
    return id;
}

static void test_a_call_pays_both_ways_and_the_service_time(void **state)
{
    struct world *world = *state;
    world->service_us = 50;
    call(world, world->west, 0);
    run(world);
    assert_string_equal(world->seen, "GET /orders?orderId=1 orders.example.com -");
    assert_string_equal(world->story, "ok@1150 201 text/plain hello");
}

static void test_a_client_beside_the_endpoint_pays_no_way(void **state)
{
    struct world *world = *state;
    call(world, NULL, 0);
    run(world);
    assert_string_equal(world->story, "ok@0 201 text/plain hello");
}

static void test_nothing_there_is_refused_after_a_round_trip(void **state)
{
    struct world *world = *state;
    const struct sim_endpoint_request request = {.method = "GET", .target = "/"};
    sim_endpoint_call(world->core.endpoints, world->west, PLACE, PORT + 1, &request, 0, heard,
                      world);
    run(world);
    assert_string_equal(world->story, "refused@1100");
    world->story[0] = '\0';
    sim_endpoint_call(world->core.endpoints, world->west, "10.9.9.9", PORT, &request, 0, heard,
                      world);
    run(world);
    assert_string_equal(world->story, "refused@1100"); /* nowhere: no way to pay */
}

static void test_what_a_client_sees_of_a_fault(void **state)
{
    static const struct {
        const char *name;
        struct sim_fault_spec spec;
        uint64_t timeout_us;
        const char *story;
        unsigned asked_count;
    } cases[] = {
        {"down", {.kind = SIM_FAULT_REGION_DOWN, .region = "east"}, 5000, "refused@1100", 0},
        {"client down",
         {.kind = SIM_FAULT_REGION_DOWN, .region = "west"},
         5000,
         "timed out@5000",
         0},
        {"cut there",
         {.kind = SIM_FAULT_PARTITION, .from = "west", .to = "east"},
         5000,
         "timed out@5000",
         0},
        {"cut there, a patient client",
         {.kind = SIM_FAULT_PARTITION, .from = "west", .to = "east"},
         0,
         "timed out@127001000",
         0},
        {"cut back: done, but not heard",
         {.kind = SIM_FAULT_PARTITION, .from = "east", .to = "west"},
         5000,
         "timed out@5000",
         1},
        {"refuse", {.kind = SIM_FAULT_REFUSE}, 5000, "refused@1100", 0},
        {"reset", {.kind = SIM_FAULT_RESET, .service = "endpoint"}, 5000, "reset@1100", 1},
        {"black hole",
         {.kind = SIM_FAULT_BLACK_HOLE, .resource = PLACE ":8080"},
         5000,
         "timed out@5000",
         0},
        {"error",
         {.kind = SIM_FAULT_ERROR, .status = 503, .plane = SIM_PLANE_DATA},
         5000,
         "ok@1100 503 - {\"message\":\"injected fault\"}",
         0},
        {"throttle",
         {.kind = SIM_FAULT_THROTTLE, .operation = "request"},
         5000,
         "ok@1100 429 - {\"message\":\"Too Many Requests\"}",
         0},
        {"latency",
         {.kind = SIM_FAULT_LATENCY, .latency_us = 700},
         5000,
         "ok@1800 201 text/plain hello",
         1},
        {"latency beyond patience",
         {.kind = SIM_FAULT_LATENCY, .latency_us = 7000},
         5000,
         "timed out@5000",
         0},
        {"another endpoint's",
         {.kind = SIM_FAULT_REFUSE, .resource = PLACE ":80"},
         5000,
         "ok@1100 201 text/plain hello",
         1},
        {"another client's",
         {.kind = SIM_FAULT_REFUSE, .from = "east"},
         5000,
         "ok@1100 201 text/plain hello",
         1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        set_up(state);
        struct world *world = *state;
        add_fault(world, cases[i].spec);
        call(world, world->west, cases[i].timeout_us);
        run(world);
        if (strcmp(world->story, cases[i].story) != 0)
            fail_msg("%s: %s", cases[i].name, world->story);
        if (world->asked_count != cases[i].asked_count)
            fail_msg("%s: the handler ran %u times", cases[i].name, world->asked_count);
        struct sim_fault_view view;
        sim_faults_view(world->core.faults, 0, &view);
        bool hit = strstr(cases[i].name, "another") == NULL;
        if (view.hit_count != hit)
            fail_msg("%s: %d hits", cases[i].name, (int)view.hit_count);
        tear_down(state);
    }
}

static void test_a_region_that_dies_under_way_answers_nothing(void **state)
{
    static const struct {
        const char *name;
        const char *region;
        uint64_t dies_us, back_us;
        const char *story;
    } cases[] = {
        {"before it arrives", "east", 500, 2000, "refused@1100"},
        {"before it arrives, and is back", "east", 500, 900, "ok@1150 201 text/plain hello"},
        {"in the handler", "east", 1020, 9000, "timed out@5000"},
        {"in the handler, and is back before the answer", "east", 1020, 1030, "timed out@5000"},
        {"when the answer has left", "east", 1060, 9000, "ok@1150 201 text/plain hello"},
        {"the client's, on the way", "west", 500, 600, "timed out@5000"},
        {"the client's, on the way back", "west", 1100, 1110, "timed out@5000"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        set_up(state);
        struct world *world = *state;
        world->service_us = 50;
        call(world, world->west, 5000);
        run_until(world, cases[i].dies_us);
        uint64_t id = add_fault(world, (struct sim_fault_spec){.kind = SIM_FAULT_REGION_DOWN,
                                                               .region = cases[i].region});
        run_until(world, cases[i].back_us);
        assert_int_equal(sim_faults_remove(world->core.faults, id, NULL), RESULT_OK);
        run(world);
        if (strcmp(world->story, cases[i].story) != 0)
            fail_msg("%s: %s", cases[i].name, world->story);
        tear_down(state);
    }
}

static void test_an_answer_after_the_time_out_is_harmless(void **state)
{
    struct world *world = *state;
    world->service_us = 10000;
    call(world, world->west, 5000);
    run(world);
    assert_string_equal(world->story, "timed out@5000");
    assert_int_equal(world->asked_count, 1);
    assert_null(world->asked);
}

static void test_a_time_out_wins_against_an_answer_at_the_same_time(void **state)
{
    struct world *world = *state;
    call(world, world->west, 1100);
    run(world);
    assert_string_equal(world->story, "timed out@1100");
}

static void test_a_live_request_is_served_at_once(void **state)
{
    struct world *world = *state;
    const struct sim_endpoint_request request = {.method = "POST", .target = "/", .body = "{}"};
    add_fault(world, (struct sim_fault_spec){.kind = SIM_FAULT_REFUSE});
    sim_endpoint_serve(world->core.endpoints, PLACE, PORT, &request, heard, world);
    assert_string_equal(world->seen, "POST / - {}");
    assert_string_equal(world->story, "ok@0 201 text/plain hello");
    world->story[0] = '\0';
    sim_endpoint_serve(world->core.endpoints, PLACE, PORT + 1, &request, heard, world);
    assert_string_equal(world->story, "refused@0");
    world->story[0] = '\0';
    world->service_us = 70;
    sim_endpoint_serve(world->core.endpoints, PLACE, PORT, &request, heard, world);
    assert_string_equal(world->story, "");
    run(world);
    assert_string_equal(world->story, "ok@70 201 text/plain hello");
}

static void test_the_table_knows_its_places(void **state)
{
    struct world *world = *state;
    struct sim_endpoints *endpoints = world->core.endpoints;
    assert_true(sim_endpoint_exists(endpoints, PLACE, PORT));
    assert_false(sim_endpoint_exists(endpoints, PLACE, PORT + 1));
    assert_false(sim_endpoint_exists(endpoints, "127.0.2.1", PORT));
    assert_ptr_equal(sim_endpoint_region(endpoints, PLACE, PORT), world->east);
    assert_null(sim_endpoint_region(endpoints, "127.0.2.1", PORT));
    static const struct {
        const char *address;
        uint16_t port;
        enum sim_result result;
    } cases[] = {
        {PLACE, PORT, RESULT_CONFLICT},
        {PLACE, 0, RESULT_INVALID},
        {"", PORT, RESULT_INVALID},
        {"1234567890123456789012345678901234567890123456", PORT, RESULT_INVALID},
        {PLACE, PORT + 1, RESULT_OK},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(sim_endpoint_add(endpoints, cases[i].address, cases[i].port, world->west,
                                          serve, world, NULL),
                         cases[i].result);
    sim_endpoints_clear(endpoints);
    assert_false(sim_endpoint_exists(endpoints, PLACE, PORT));
}

static void test_abandon_ends_every_call_and_lets_handlers_answer(void **state)
{
    struct world *world = *state;
    world->service_us = NEVER;
    call(world, world->west, 5000);
    run_until(world, 2000); /* the handler has it */
    call(world, world->west, 5000);
    sim_endpoints_abandon(world->core.endpoints);
    assert_string_equal(world->story, "reset@2000; reset@2000");
    sim_endpoints_abandon(world->core.endpoints);
    answer(world); /* late */
    run(world);
    assert_string_equal(world->story, "reset@2000; reset@2000");
    assert_int_equal(world->asked_count, 1);
}

static void test_clear_forgets_calls_without_a_word(void **state)
{
    struct world *world = *state; /* the leak check of the Sanitize build looks on */
    world->service_us = NEVER;
    call(world, world->west, 0);
    run_until(world, 2000);
    call(world, world->west, 5000);
    sim_endpoints_clear(world->core.endpoints);
    assert_int_equal(sim_sched_pending_count(world->core.sched), 0);
    assert_string_equal(world->story, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_call_pays_both_ways_and_the_service_time),
        TEST(test_a_client_beside_the_endpoint_pays_no_way),
        TEST(test_nothing_there_is_refused_after_a_round_trip),
        cmocka_unit_test(test_what_a_client_sees_of_a_fault),
        cmocka_unit_test(test_a_region_that_dies_under_way_answers_nothing),
        TEST(test_an_answer_after_the_time_out_is_harmless),
        TEST(test_a_time_out_wins_against_an_answer_at_the_same_time),
        TEST(test_a_live_request_is_served_at_once),
        TEST(test_the_table_knows_its_places),
        TEST(test_abandon_ends_every_call_and_lets_handlers_answer),
        TEST(test_clear_forgets_calls_without_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
