/* The control API behind a real socket: what each route answers, and to what it says no. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "sim/console/control.h"

#define TURNS_MAX 400
#define TURN_US   5000

/* --- the built-in world on a virtual clock, with a program that only greets --- */

static enum sim_result greeter_create(const struct topo_application_host *host, void **instance,
                                      struct sim_error *error)
{
    (void)error;
    *instance = sim_strdup(host->region);
    return RESULT_OK;
}

static void greeter_handle(void *context, const struct sim_endpoint_request *request,
                           struct sim_endpoint_exchange *exchange)
{
    (void)request;
    sim_endpoint_answer(exchange, 200, "text/plain", context);
}

static const struct topo_application greeter = {
    .name = "orders", .create = greeter_create, .destroy = free, .handle = greeter_handle};
static const struct topo_application *const programs[] = {&greeter};

struct console {
    struct topo_world *world;
    struct control *control;
    struct sim_loop *loop;
    struct sim_http *http;
    struct sim_http_listener *listener;
    int resets;
    int status;
    char answer[65536];
    const char *body; /* in answer */
};

static void handle(void *context, struct sim_http_request *request)
{
    struct console *console = context;
    control_handle(console->control, request);
}

static void count_reset(void *context)
{
    struct console *console = context;
    console->resets++;
}

static int set_up(void **state)
{
    struct console *console = sim_alloc(sizeof *console);
    const struct topo_world_options options = {
        .seed = 7,
        .clock = {.mode = SIM_CLOCK_VIRTUAL},
        .world = TOPO_WORLD_DEFAULT,
        .registry = {programs, ARRAY_LEN(programs)},
    };
    struct sim_error error;
    if (topo_world_create(&options, &console->world, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    struct sim_core *core = &console->world->core;
    if (sim_loop_create(core->clock, core->sched, core->advance, &console->loop, &error) !=
            RESULT_OK ||
        sim_http_create(console->loop, &console->http, &error) != RESULT_OK ||
        sim_http_listen(console->http, "127.0.0.1", 0, handle, console, &console->listener,
                        &error) != RESULT_OK)
        fail_msg("%s", error.message);
    const struct control_options control = {.world = console->world,
                                            .version = "1.2.3",
                                            .after_reset = count_reset,
                                            .after_reset_context = console};
    console->control = control_create(&control);
    *state = console;
    return 0;
}

static int tear_down(void **state)
{
    struct console *console = *state;
    control_destroy(console->control);
    sim_http_destroy(console->http);
    sim_loop_destroy(console->loop);
    topo_world_destroy(console->world);
    free(console);
    return 0;
}

static int open_connection(const struct console *console, const char *method, const char *path,
                           const char *body)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(sim_http_listener_port(console->listener))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    char request[8192];
    int length = snprintf(request, sizeof request,
                          "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                          "Content-Length: %zu\r\n\r\n%s",
                          method, path, strlen(body), body);
    assert_int_equal(send(fd, request, (size_t)length, 0), length);
    return fd;
}

/* Turns the loop until the answer has come and the connection has ended. */
static void await_answer(struct console *console, int fd)
{
    size_t bytes = 0;
    ssize_t got = -1;
    for (int turn = 0; turn < TURNS_MAX && got != 0; turn++) {
        struct sim_error error;
        assert_int_equal(sim_loop_turn(console->loop, TURN_US, &error), RESULT_OK);
        got = recv(fd, console->answer + bytes, sizeof console->answer - 1 - bytes, MSG_DONTWAIT);
        bytes += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    console->answer[bytes] = '\0';
    const char *blank = strstr(console->answer, "\r\n\r\n");
    if (blank == NULL || sscanf(console->answer, "HTTP/1.1 %d", &console->status) != 1)
        fail_msg("no answer: %s", console->answer);
    console->body = blank + 4;
}

static void ask(struct console *console, const char *method, const char *path, const char *body)
{
    await_answer(console, open_connection(console, method, path, body));
}

struct row {
    const char *method, *path, *body;
    int status;
    const char *part; /* of the answer's body */
};

/* Every answer is JSON with either a summary or an error. */
static void play(struct console *console, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", rows[i].path[1] == '_' ? "" : "/_regionlab",
                 rows[i].path);
        ask(console, rows[i].method, path, rows[i].body);
        cJSON *json = cJSON_Parse(console->body);
        const char *key = rows[i].status == 200 ? "summary" : "error";
        if (console->status != rows[i].status || strstr(console->body, rows[i].part) == NULL ||
            !cJSON_IsString(cJSON_GetObjectItemCaseSensitive(json, key)))
            fail_msg("%s %s %s: %d %s", rows[i].method, path, rows[i].body, console->status,
                     console->body);
        cJSON_Delete(json);
    }
}

static void test_each_mistake_gets_a_sentence_and_changes_nothing(void **state)
{
    static const struct row rows[] = {
        {"GET", "/nothing", "", 404, "there is no GET"},
        {"GET", "/_localstack/nothing", "", 404, "there is no GET"},
        {"POST", "/health", "", 405, "there is no POST"},
        {"POST", "/clock/advance", "x", 400, "no JSON object"},
        {"POST", "/clock/advance", "[]", 400, "no JSON object"},
        {"POST", "/clock/advance", "{\"by\":\"1s\"} {}", 400, "no JSON object"},
        {"POST", "/clock/advance", "\"\xff\"", 400, "no JSON object"},
        {"POST", "/clock/advance", "{\"bye\":\"1s\"}", 400, "allowed: by, to, until, limit"},
        {"POST", "/clock/advance", "{}", 400, "exactly one of"},
        {"POST", "/clock/advance", "{\"by\":\"1s\",\"to\":\"1\"}", 400, "exactly one of"},
        {"POST", "/clock/advance", "{\"by\":\"-1s\"}", 400, "is not a duration"},
        {"POST", "/clock/advance", "{\"by\":true}", 400, "'by' is text or a number"},
        {"POST", "/clock/advance", "{\"by\":{\"s\":1}}", 400, "'by' is text or a number"},
        {"POST", "/clock/advance", "{\"to\":\"1970-01-01T00:00:00Z\"}", 400, "into the past"},
        {"POST", "/clock/advance", "{\"to\":\"tomorrow\"}", 400, "is no time"},
        {"POST", "/clock/advance", "{\"until\":\"late\"}", 400, "only be"},
        {"POST", "/clock/mode", "{\"mode\":\"fast\"}", 400, "one of real, virtual, scaled"},
        {"POST", "/clock/mode", "{\"mode\":\"scaled\"}", 400, "'scale' is a number"},
        {"POST", "/clock/mode", "{\"mode\":\"scaled\",\"scale\":1e9}", 400, "'scale' is a number"},
        {"POST", "/clock/mode", "{\"mode\":\"scaled\",\"scale\":\"nan\"}", 400, "'scale'"},
        {"POST", "/regions/down", "{}", 400, "'region' is missing"},
        {"POST", "/regions/down", "{\"region\":\"mars\"}", 404, "no Region 'mars'"},
        {"POST", "/regions/down", "{\"region\":[\"us-east-1\"]}", 400, "text or a number"},
        {"POST", "/regions/up", "{\"region\":\"us-east-1\"}", 409, "is up already"},
        {"POST", "/links", "{\"from\":\"us-east-1\",\"to\":\"us-east-1\"}", 400, "the same Region"},
        {"POST", "/links", "{\"from\":\"us-east-1\",\"to\":\"us-west-2\",\"lag\":\"x\"}", 400, ""},
        {"POST", "/links", "{\"from\":\"us-east-1\",\"to\":\"us-west-2\",\"drain_per_s\":0}", 400,
         "'drain_per_s'"},
        {"POST", "/links/partition",
         "{\"from\":\"us-east-1\",\"to\":\"us-west-2\",\"both\":\"yes\"}", 400,
         "'both' is true or false"},
        {"POST", "/links/heal", "{\"from\":\"us-east-1\",\"to\":\"us-west-2\"}", 409, "is not cut"},
        {"POST", "/faults", "{}", 400, "'kind' is one of region-down"},
        {"POST", "/faults", "{\"kind\":\"refuse\",\"rate\":0}", 400, "can hit nothing"},
        {"POST", "/faults", "{\"kind\":\"refuse\",\"rate\":2}", 400, "is not a rate"},
        {"POST", "/faults", "{\"kind\":\"error\",\"status\":404}", 400, "from 500 to 599"},
        {"POST", "/faults", "{\"kind\":\"refuse\",\"plane\":\"all\"}", 400, "'plane' is one of"},
        {"POST", "/faults", "{\"kind\":\"refuse\",\"service\":\"s4\"}", 400, "s4"},
        {"POST", "/faults", "{\"kind\":\"clock-skew\",\"region\":\"us-east-1\",\"skew\":\"--1s\"}",
         400, "is not a duration"},
        {"DELETE", "/faults", "{\"id\":\"x\"}", 400, "'id' is a fault's number"},
        {"DELETE", "/faults", "{\"id\":99}", 404, "no fault 99"},
        {"POST", "/probe", "{}", 400, "give 'table' and 'key'"},
        {"POST", "/probe", "{\"table\":\"none\",\"key\":{\"a\":{\"S\":\"1\"}}}", 404, "none"},
        {"POST", "/probe", "{\"table\":\"resilientdynamo-Order\",\"key\":{\"a\":1}}", 404, ""},
        {"POST", "/probe", "{\"table\":\"resilientdynamo-Order\",\"key\":\"{\"}", 400, "'key'"},
        {"POST", "/wait", "{\"for\":\"godot\"}", 400, "one of dns, replication"},
        {"POST", "/wait", "{\"for\":\"dns\",\"name\":\"a\"}", 400, "needs 'name'"},
        {"POST", "/wait", "{\"for\":\"dns\",\"name\":\"a\",\"type\":\"X\",\"value\":\"1\"}", 400,
         "'type'"},
        {"POST", "/wait", "{\"for\":\"replication\",\"table\":\"none\"}", 404, "no table 'none'"},
        {"GET", "/faults", "", 200, "no faults"},
        {"GET", "/clock", "", 200, "virtual"},
    };
    struct console *console = *state;
    uint64_t before_us = sim_clock_now_us(console->world->core.clock);
    play(console, rows, ARRAY_LEN(rows));
    assert_int_equal(sim_clock_now_us(console->world->core.clock), before_us);
}

static void test_routes_do_what_they_say(void **state)
{
    static const struct row rows[] = {
        {"GET", "/_localstack/health", "", 200, "\"dynamodb\":\"running\""},
        {"GET", "/_localstack/info", "", 200, "\"version\":\"1.2.3\""},
        {"POST", "/clock/advance", "{\"by\":\"800ms\"}", 200, "\"advanced_us\":800000"},
        {"POST", "/clock/advance", "{\"until\":\"idle\"}", 200, "advanced by"},
        {"GET", "/regions", "", 200, "us-east-2"},
        {"POST", "/regions/down", "{\"region\":\"us-east-1\"}", 200, "\"up\":false"},
        {"GET", "/faults", "", 200, "1 region-down region=us-east-1: 0 hits"},
        {"POST", "/regions/up", "{\"region\":\"us-east-1\"}", 200, "\"up\":true"},
        {"POST", "/links/partition", "{\"from\":\"us-east-1\",\"to\":\"us-west-2\",\"both\":true}",
         200, "<->"},
        {"GET", "/links", "", 200, "CUT"},
        {"POST", "/links/heal", "{\"from\":\"us-east-1\",\"to\":\"us-west-2\",\"both\":true}", 200,
         "whole again"},
        {"POST", "/links",
         "{\"from\":\"us-east-1\",\"to\":\"us-west-2\",\"lag\":\"700ms\",\"drain_per_s\":10}", 200,
         "\"lag\":\"700ms\""},
        {"POST", "/faults",
         "{\"kind\":\"error\",\"service\":\"dynamodb\",\"region\":\"us-east-1\",\"status\":503,"
         "\"rate\":\"20%\",\"duration\":\"5s\"}",
         200, "\"rate_ppm\":200000"},
        {"POST", "/clock/advance", "{\"by\":\"5s\"}", 200, ""},
        {"GET", "/faults", "", 200, "no faults"}, /* its time is up */
        {"POST", "/probe",
         "{\"table\":\"resilientdynamo-Order\",\"key\":{\"OrderId\":{\"S\":\"1\"}}}", 200,
         "\"replicas\":{\"us-east-1\":null,\"us-west-2\":null}"},
        {"GET", "/backlog", "", 200, "nothing waits"},
        {"GET", "/conflicts", "", 200, "no conflicts"},
    };
    play(*state, rows, ARRAY_LEN(rows));
}

/* On a virtual clock a wait moves time itself: no longer than until it holds or its time is up. */
static void test_a_wait_advances_a_virtual_clock(void **state)
{
    struct console *console = *state;
    uint64_t before_us = sim_clock_now_us(console->world->core.clock);
    ask(console, "POST", "/_regionlab/wait",
        "{\"for\":\"dns\",\"name\":\"api.orders.example.com\",\"type\":\"A\","
        "\"value\":\"127.0.9.9\",\"timeout\":\"2s\"}");
    assert_int_equal(console->status, 408);
    assert_int_equal(sim_clock_now_us(console->world->core.clock) - before_us, 2 * SIM_US_PER_S);
    ask(console, "POST", "/_regionlab/wait", "{\"for\":\"replication\"}");
    assert_int_equal(console->status, 200);
    assert_non_null(strstr(console->body, "\"waited_us\":0"));
}

static void test_a_reset_starts_the_world_again(void **state)
{
    struct console *console = *state;
    uint64_t began_us = sim_clock_now_us(console->world->core.clock);
    ask(console, "POST", "/_regionlab/regions/down", "{\"region\":\"us-east-1\"}");
    ask(console, "POST", "/_regionlab/clock/advance", "{\"by\":\"1h\"}");
    ask(console, "POST", "/_localstack/state/reset", "{}");
    assert_int_equal(console->status, 200);
    assert_int_equal(console->resets, 1);
    assert_int_equal(sim_clock_now_us(console->world->core.clock), began_us);
    ask(console, "GET", "/_regionlab/faults", "");
    assert_non_null(strstr(console->body, "no faults"));
}

/* Requests that wait for a hold to be released are answered when the world starts again or ends. */
static void test_those_who_wait_hear_of_a_reset_and_of_the_end(void **state)
{
    struct console *console = *state;
    sim_hold_take(console->world->core.advance, "a function runs");
    const char *wait =
        "{\"for\":\"dns\",\"name\":\"a.example.com\",\"type\":\"A\",\"value\":\"1\"}";
    struct sim_error error;
    int waiting = open_connection(console, "POST", "/_regionlab/wait", wait);
    for (int turn = 0; turn < 5; turn++)
        assert_int_equal(sim_loop_turn(console->loop, TURN_US, &error), RESULT_OK);
    ask(console, "POST", "/_regionlab/reset", "{}");
    assert_int_equal(console->status, 200);
    await_answer(console, waiting);
    assert_int_equal(console->status, 409);
    assert_non_null(strstr(console->body, "reset"));
    waiting = open_connection(console, "POST", "/_regionlab/wait", wait);
    for (int turn = 0; turn < 5; turn++)
        assert_int_equal(sim_loop_turn(console->loop, TURN_US, &error), RESULT_OK);
    close(waiting); /* and tear_down() ends the world with it under way */
}

static void turn(struct console *console, int times)
{
    struct sim_error error;
    while (times-- > 0)
        assert_int_equal(sim_loop_turn(console->loop, TURN_US, &error), RESULT_OK);
}

/* Two waits and an advance take their turns at the clock, and none stops another's. */
static void test_who_moves_the_clock_is_settled_in_turn(void **state)
{
    struct console *console = *state;
    const char *wait = "{\"for\":\"dns\",\"name\":\"a.example.com\",\"type\":\"A\",\"value\":\"1\","
                       "\"timeout\":\"%s\"}";
    static const char *const timeouts[] = {"1s", "30s"};
    int waiting[ARRAY_LEN(timeouts)];
    struct sim_core *core = &console->world->core;
    uint64_t began_us = sim_clock_now_us(core->clock);
    sim_hold_take(core->advance, "a function runs");
    for (size_t i = 0; i < ARRAY_LEN(timeouts); i++) {
        char body[256];
        snprintf(body, sizeof body, wait, timeouts[i]);
        waiting[i] = open_connection(console, "POST", "/_regionlab/wait", body);
        turn(console, 4);
    }
    ask(console, "POST", "/_regionlab/clock/mode", "{\"mode\":\"virtual\"}"); /* stops them */
    int advancing =
        open_connection(console, "POST", "/_regionlab/clock/advance", "{\"by\":\"10s\"}");
    turn(console, 4);
    sim_hold_release(core->advance);
    await_answer(console, advancing);
    assert_non_null(strstr(console->body, "\"advanced_us\":10000000"));
    for (size_t i = 0; i < ARRAY_LEN(timeouts); i++) {
        await_answer(console, waiting[i]);
        assert_int_equal(console->status, 408);
    }
    assert_int_equal(sim_clock_now_us(core->clock) - began_us, 30 * SIM_US_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_each_mistake_gets_a_sentence_and_changes_nothing),
        TEST(test_routes_do_what_they_say),
        TEST(test_a_wait_advances_a_virtual_clock),
        TEST(test_a_reset_starts_the_world_again),
        TEST(test_those_who_wait_hear_of_a_reset_and_of_the_end),
        TEST(test_who_moves_the_clock_is_settled_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
