/* Fetches from real sockets of this machine, and from nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/core/http.h"
#include "sim/core/http_client.h"

struct world {
    struct sim_clock *clock;
    struct sim_sched *sched;
    struct sim_advance *advance;
    struct sim_loop *loop;
    struct sim_http *http;
    struct sim_http_listener *listener;
    struct sim_http_client *client;
    unsigned served;
    char url[128];
};

struct outcome {
    struct world *world;
    unsigned calls;
    unsigned slow_calls;
    enum sim_fetch_outcome outcome;
    int status;
    char body[64];
    char detail[300];
    uint64_t connect_us, first_byte_us;
    const char *then; /* fetched next, from inside the call */
};

static void answer(void *context, struct sim_http_request *request)
{
    struct world *world = context;
    world->served++;
    const char *host = sim_http_header_find(request, "Host");
    const char *agent = sim_http_header_find(request, "User-Agent");
    struct sim_http_header headers[] = {{"Location", "http://127.0.0.1:1/elsewhere"}};
    struct sim_http_reply reply = {.status = 200, .headers = headers, .header_count = 1};
    if (strcmp(request->path, "/silent") == 0)
        return;
    if (strcmp(request->path, "/drop") == 0) {
        sim_http_drop(request);
        return;
    }
    if (strcmp(request->path, "/moved") == 0)
        reply.status = 301;
    if (strcmp(request->path, "/down") == 0)
        reply.status = 503;
    if (strcmp(request->path, "/large") == 0) {
        reply.body_bytes = 100000;
        char *large = sim_arena_alloc(request->arena, reply.body_bytes);
        memset(large, 'x', reply.body_bytes);
        reply.body = large;
    } else if (strcmp(request->path, "/who") == 0) {
        reply.body = sim_arena_printf(request->arena, "%s %s %s", request->method, host,
                                      agent != NULL ? agent : "-");
        reply.body_bytes = strlen(reply.body);
    } else {
        reply.body = "fine";
        reply.body_bytes = 4;
    }
    sim_http_reply(request, &reply);
}

static int set_up(void **state)
{
    struct world *world = sim_alloc(sizeof *world);
    world->clock = sim_clock_create(&(struct sim_clock_options){.mode = SIM_CLOCK_VIRTUAL});
    world->sched = sim_sched_create(world->clock);
    world->advance = sim_advance_create(world->clock, world->sched);
    assert_int_equal(
        sim_loop_create(world->clock, world->sched, world->advance, &world->loop, NULL), RESULT_OK);
    assert_int_equal(sim_http_create(world->loop, &world->http, NULL), RESULT_OK);
    assert_int_equal(
        sim_http_listen(world->http, "127.0.0.1", 0, answer, world, &world->listener, NULL),
        RESULT_OK);
    assert_int_equal(sim_http_client_create(world->loop, &world->client, NULL), RESULT_OK);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    sim_http_client_destroy(world->client);
    sim_http_destroy(world->http);
    sim_loop_destroy(world->loop);
    sim_advance_destroy(world->advance);
    sim_sched_destroy(world->sched);
    sim_clock_destroy(world->clock);
    free(world);
    return 0;
}

static struct sim_fetch_options options_for(const char *url)
{
    return (struct sim_fetch_options){
        .url = url,
        .connect_timeout_us = 2 * SIM_US_PER_S,
        .total_timeout_us = 4 * SIM_US_PER_S,
        .body_max_bytes = 20,
    };
}

static void note(void *context, const struct sim_fetch_result *result)
{
    struct outcome *outcome = context;
    outcome->calls++;
    outcome->outcome = result->outcome;
    outcome->status = result->status;
    outcome->connect_us = result->connect_us;
    outcome->first_byte_us = result->first_byte_us;
    assert_int_equal(result->body[result->body_bytes], '\0');
    snprintf(outcome->body, sizeof outcome->body, "%s", result->body);
    snprintf(outcome->detail, sizeof outcome->detail, "%s", result->detail);
    sim_http_client_forget(outcome->world->client, context); /* too late to matter */
    if (outcome->then != NULL) {
        struct sim_fetch_options options = options_for(outcome->then);
        outcome->then = NULL;
        sim_http_client_fetch(outcome->world->client, &options, note, outcome);
    }
}

static void turn(struct world *world, uint64_t max_wait_us)
{
    assert_int_equal(sim_loop_turn(world->loop, max_wait_us, NULL), RESULT_OK);
}

static void wait_for_calls(struct world *world, const struct outcome *outcome, unsigned calls)
{
    uint64_t began_us = sim_clock_machine_us();
    while (outcome->calls < calls) {
        turn(world, 20000);
        assert_true(sim_clock_machine_us() - began_us < 8 * SIM_US_PER_S);
    }
}

static struct outcome fetch(struct world *world, const struct sim_fetch_options *options)
{
    struct outcome outcome = {.world = world};
    sim_http_client_fetch(world->client, options, note, &outcome);
    assert_int_equal(outcome.calls, 0); /* never from inside the call */
    wait_for_calls(world, &outcome, 1);
    turn(world, 0);
    assert_int_equal(outcome.calls, 1);
    return outcome;
}

/* Borrowed until the next call. */
static const char *url_of(struct world *world, const char *path)
{
    snprintf(world->url, sizeof world->url, "http://127.0.0.1:%u%s",
             sim_http_listener_port(world->listener), path);
    return world->url;
}

/* --- what a server may do -------------------------------------------------------------------- */

static void test_answers_are_told_as_they_are(void **state)
{
    static const struct {
        const char *name, *path;
        enum sim_fetch_outcome outcome;
        int status;
        const char *body;
    } cases[] = {
        {"healthy", "/", SIM_FETCH_OK, 200, "fine"},
        {"an error is an answer", "/down", SIM_FETCH_OK, 503, "fine"},
        {"redirects are not followed", "/moved", SIM_FETCH_OK, 301, "fine"},
        {"the body is bounded", "/large", SIM_FETCH_OK, 200, "xxxxxxxxxxxxxxxxxxxx"},
        {"reset", "/drop", SIM_FETCH_FAILED, 0, ""},
    };
    struct world *world = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_fetch_options options = options_for(url_of(world, cases[i].path));
        struct outcome outcome = fetch(world, &options);
        if (outcome.outcome != cases[i].outcome || outcome.status != cases[i].status ||
            strcmp(outcome.body, cases[i].body) != 0)
            fail_msg("%s: outcome %d status %d \"%s\" %s", cases[i].name, (int)outcome.outcome,
                     outcome.status, outcome.body, outcome.detail);
        if (outcome.outcome == SIM_FETCH_OK)
            assert_true(outcome.connect_us > 0 && outcome.first_byte_us >= outcome.connect_us);
        else
            assert_true(outcome.detail[0] != '\0');
    }
    assert_int_equal(world->served, ARRAY_LEN(cases));
}

static void test_host_and_agent_are_sent_as_asked(void **state)
{
    struct world *world = *state;
    struct sim_fetch_options options = options_for(url_of(world, "/who"));
    options.body_max_bytes = 60;
    options.host_header = "app.example.com";
    options.user_agent = "checker/1";
    assert_string_equal(fetch(world, &options).body, "GET app.example.com checker/1");
    options.host_header = "a\r\nX-Injected: 1";
    struct outcome outcome = fetch(world, &options);
    assert_int_equal(outcome.outcome, SIM_FETCH_REFUSED);
    assert_int_equal(world->served, 1);
}

static void test_time_outs_are_told_apart(void **state)
{
    struct world *world = *state;
    struct sim_fetch_options options = options_for(url_of(world, "/silent"));
    options.total_timeout_us = 30 * SIM_US_PER_MS;
    assert_int_equal(fetch(world, &options).outcome, SIM_FETCH_TIMED_OUT);

    /* a socket whose queue is full answers no connection at all */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in place = {.sin_family = AF_INET};
    socklen_t bytes = sizeof place;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&place, sizeof place), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&place, &bytes), 0);
    int fillers[3];
    for (size_t i = 0; i < ARRAY_LEN(fillers); i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(fillers[i], (struct sockaddr *)&place, sizeof place);
    }
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(place.sin_port));
    options = options_for(url);
    options.connect_timeout_us = 30 * SIM_US_PER_MS;
    assert_int_equal(fetch(world, &options).outcome, SIM_FETCH_CONNECT_TIMED_OUT);
    for (size_t i = 0; i < ARRAY_LEN(fillers); i++)
        close(fillers[i]);
    close(fd);
}

static void count_slow(void *context)
{
    struct outcome *outcome = context;
    assert_int_equal(outcome->calls, 0);
    outcome->slow_calls++;
}

static void test_an_answer_has_its_own_time_and_slowness_is_told_once(void **state)
{
    struct world *world = *state;
    const uint64_t began_us = sim_clock_machine_us();
    struct sim_fetch_options options = options_for(url_of(world, "/silent"));
    options.answer_timeout_us = 60 * SIM_US_PER_MS;
    options.slow = count_slow;
    options.slow_after_us = 20 * SIM_US_PER_MS;
    struct outcome outcome = fetch(world, &options);
    assert_int_equal(outcome.outcome, SIM_FETCH_TIMED_OUT);
    assert_int_equal(outcome.status, 0);
    assert_int_equal(outcome.slow_calls, 1);
    assert_true(sim_clock_machine_us() - began_us < 2 * SIM_US_PER_S); /* of 4 s in all */
    options.url = url_of(world, "/");
    options.slow_after_us = SIM_US_PER_S;
    outcome = fetch(world, &options);
    assert_int_equal(outcome.outcome, SIM_FETCH_OK);
    assert_int_equal(outcome.slow_calls, 0);
}

static void test_without_a_wish_for_a_body_the_headers_suffice(void **state)
{
    struct world *world = *state;
    struct sim_fetch_options options = options_for(url_of(world, "/large"));
    options.body_max_bytes = 0;
    struct outcome outcome = fetch(world, &options);
    assert_int_equal(outcome.outcome, SIM_FETCH_OK);
    assert_int_equal(outcome.status, 200);
    assert_string_equal(outcome.body, "");
}

static void test_a_server_name_leads_nowhere_else(void **state)
{
    static const char *const names[] = {"shop.example.com", "192.0.2.1", "localhost"};
    struct world *world = *state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct sim_fetch_options options = options_for(url_of(world, "/"));
        options.server_name = names[i];
        assert_int_equal(fetch(world, &options).outcome, SIM_FETCH_OK);
    }
    assert_int_equal(world->served, ARRAY_LEN(names));
}

static void test_a_closed_port_refuses(void **state)
{
    struct world *world = *state;
    struct sim_fetch_options options = options_for(url_of(world, "/"));
    assert_int_equal(sim_http_listener_set_open(world->listener, false, NULL), RESULT_OK);
    assert_int_equal(fetch(world, &options).outcome, SIM_FETCH_REFUSED);
    options.tcp_only = true;
    assert_int_equal(fetch(world, &options).outcome, SIM_FETCH_REFUSED);
}

static void test_tcp_only_connects_and_asks_nothing(void **state)
{
    struct world *world = *state;
    struct sim_fetch_options options = options_for(url_of(world, "/"));
    options.tcp_only = true;
    struct outcome outcome = fetch(world, &options);
    assert_int_equal(outcome.outcome, SIM_FETCH_OK);
    assert_int_equal(outcome.status, 0);
    assert_int_equal(world->served, 0);
}

static void test_each_fetch_has_a_connection_of_its_own(void **state)
{
    struct world *world = *state;
    struct sim_fetch_options options = options_for(url_of(world, "/"));
    for (int i = 0; i < 3; i++)
        assert_int_equal(fetch(world, &options).outcome, SIM_FETCH_OK);
    for (int i = 0; i < 5; i++)
        turn(world, 1000);
    /* a reused one would go on being served by the closed listener's old connection */
    assert_int_equal(sim_http_listener_set_open(world->listener, false, NULL), RESULT_OK);
    assert_int_equal(fetch(world, &options).outcome, SIM_FETCH_REFUSED);
}

/* --- only this machine ----------------------------------------------------------------------- */

static void test_only_loopback_addresses_are_fetched(void **state)
{
    static const char *const refused[] = {
        "http://192.0.2.1/",
        "http://example.com/",
        "http://localhost.example.com/",
        "http://127.0.0.1.example.com/",
        "http://128.0.0.1/",
        "http://[2001:db8::1]/",
        "http://[::ffff:192.0.2.1]/",
        "http://0.0.0.0/",
        "http://127.0.0.1@192.0.2.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "127.0.0.1/no/scheme\x01",
        "http://",
        "",
        "not a url at all",
    };
    struct world *world = *state;
    /* a proxy in the environment must not carry anything away */
    setenv("http_proxy", url_of(world, ""), 1);
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct sim_fetch_options options = options_for(refused[i]);
        struct outcome outcome = fetch(world, &options);
        if (outcome.outcome != SIM_FETCH_REFUSED || outcome.detail[0] == '\0')
            fail_msg("%s: %d %s", refused[i], (int)outcome.outcome, outcome.detail);
    }
    assert_int_equal(world->served, 0);
    char url[64];
    snprintf(url, sizeof url, "http://localhost:%u/", sim_http_listener_port(world->listener));
    struct sim_fetch_options options = options_for(url);
    assert_int_equal(fetch(world, &options).outcome, SIM_FETCH_OK);
    unsetenv("http_proxy");
}

/* --- several at once ------------------------------------------------------------------------- */

static void test_fetches_run_side_by_side(void **state)
{
    struct world *world = *state;
    struct outcome outcomes[40];
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
        struct sim_fetch_options options =
            options_for(i % 4 == 3 ? "http://192.0.2.1/" : url_of(world, "/"));
        outcomes[i] = (struct outcome){.world = world};
        sim_http_client_fetch(world->client, &options, note, &outcomes[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
        wait_for_calls(world, &outcomes[i], 1);
        assert_int_equal(outcomes[i].outcome, i % 4 == 3 ? SIM_FETCH_REFUSED : SIM_FETCH_OK);
    }
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++)
        assert_int_equal(outcomes[i].calls, 1);
}

static void test_a_done_function_may_fetch_again(void **state)
{
    struct world *world = *state;
    static const char *const firsts[] = {"/", NULL}; /* NULL: refused at once */
    for (size_t i = 0; i < ARRAY_LEN(firsts); i++) {
        struct outcome outcome = {.world = world, .then = "http://192.0.2.1/"};
        struct sim_fetch_options options =
            options_for(firsts[i] != NULL ? url_of(world, firsts[i]) : "http://");
        sim_http_client_fetch(world->client, &options, note, &outcome);
        wait_for_calls(world, &outcome, 2);
        assert_int_equal(outcome.outcome, SIM_FETCH_REFUSED);
    }
}

static void test_forgotten_fetches_are_not_told(void **state)
{
    struct world *world = *state;
    struct outcome forgotten = {.world = world};
    struct outcome kept = {.world = world};
    struct sim_fetch_options refused = options_for("http://192.0.2.1/");
    struct sim_fetch_options options = options_for(url_of(world, "/silent"));
    sim_http_client_fetch(world->client, &options, note, &forgotten);
    while (world->served == 0)
        turn(world, 1000);
    sim_http_client_fetch(world->client, &refused, note, &forgotten);
    options = options_for(url_of(world, "/"));
    sim_http_client_fetch(world->client, &options, note, &kept);
    sim_http_client_forget(world->client, &forgotten);
    wait_for_calls(world, &kept, 1);
    for (int i = 0; i < 5; i++)
        turn(world, 1000);
    assert_int_equal(forgotten.calls, 0);
    assert_int_equal(kept.outcome, SIM_FETCH_OK);
    sim_http_client_fetch(world->client, &options, note, &forgotten); /* ends with the client */
    sim_http_client_fetch(world->client, &refused, note, &forgotten);
}

int main(void)
{
#define SERVED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SERVED(test_answers_are_told_as_they_are),
        SERVED(test_host_and_agent_are_sent_as_asked),
        SERVED(test_time_outs_are_told_apart),
        SERVED(test_an_answer_has_its_own_time_and_slowness_is_told_once),
        SERVED(test_without_a_wish_for_a_body_the_headers_suffice),
        SERVED(test_a_server_name_leads_nowhere_else),
        SERVED(test_a_closed_port_refuses),
        SERVED(test_tcp_only_connects_and_asks_nothing),
        SERVED(test_each_fetch_has_a_connection_of_its_own),
        SERVED(test_only_loopback_addresses_are_fetched),
        SERVED(test_fetches_run_side_by_side),
        SERVED(test_a_done_function_may_fetch_again),
        SERVED(test_forgotten_fetches_are_not_told),
    };
    return cmocka_run_group_tests_name("http_client", tests, NULL, NULL);
}
