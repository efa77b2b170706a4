/* Answers that come late or never, crowds of connections, listeners that close and open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/core/fixture_http.h"

/* --- late, missing and dropped answers ------------------------------------------------------- */

static const char later[] = "GET /later HTTP/1.1\r\nHost: x\r\nX-Name: patience\r\n\r\n";

static void test_an_answer_may_come_later(void **state)
{
    struct world *world = *state;
    char answer[1024];
    int fd = client_connect(world);
    for (size_t i = 1; i <= 3; i++) { /* on one connection */
        client_send(world, fd, later);
        serve_until_later(world, i);
        serve_turn(world);
        assert_int_equal(recv(fd, answer, 1, 0), -1);
        assert_int_equal(sim_http_open_requests(world->http), 1);
        serve_told(world->later[i - 1]);
        assert_int_equal(sim_http_open_requests(world->http), 0);
        assert_int_equal(client_receive(world, fd, true, answer, sizeof answer), COMPLETE);
        assert_non_null(strstr(answer, "name patience"));
    }
    close(fd);
}

static void test_late_answers_may_come_in_any_order(void **state)
{
    struct world *world = *state;
    int fds[5];
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        char request[64];
        fds[i] = client_connect(world);
        snprintf(request, sizeof request, "GET /later?%zu HTTP/1.1\r\nHost: x\r\n\r\n", i);
        client_send(world, fds[i], request);
        serve_until_later(world, i + 1);
    }
    static const size_t order[] = {3, 0, 4, 1, 2};
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        char answer[1024];
        char expected[16];
        snprintf(expected, sizeof expected, "?%zu", order[i]);
        serve_told(world->later[order[i]]);
        assert_int_equal(client_receive(world, fds[order[i]], true, answer, sizeof answer),
                         COMPLETE);
        assert_non_null(strstr(answer, expected));
        close(fds[order[i]]);
    }
}

static void test_a_dropped_request_gets_no_answer(void **state)
{
    struct world *world = *state;
    char answer[1024];
    assert_int_equal(
        client_ask(world, "GET /drop HTTP/1.1\r\nHost: x\r\n\r\n", answer, sizeof answer), RESET);
    assert_string_equal(answer, "");
    int fd = client_connect(world);
    client_send(world, fd, later);
    serve_until_later(world, 1);
    sim_http_drop(world->later[0]);
    assert_int_equal(client_receive(world, fd, true, answer, sizeof answer), RESET);
    assert_string_equal(answer, "");
    close(fd);
    assert_int_equal(sim_http_open_requests(world->http), 0);
}

static void test_answering_a_client_that_left_does_no_harm(void **state)
{
    struct world *world = *state;
    static const bool drops[] = {false, true};
    for (size_t i = 0; i < ARRAY_LEN(drops); i++) {
        int fd = client_connect(world);
        client_send(world, fd, later);
        serve_until_later(world, i + 1);
        const struct linger reset = {.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
        serve_turn(world);
        if (drops[i])
            sim_http_drop(world->later[i]);
        else
            serve_told(world->later[i]);
        serve_turn(world);
    }
    client_assert(world, "GET /after HTTP/1.1\r\nHost: x\r\n\r\n", "GET /after");
}

/* "printf ... | nc -N": the client's half is closed before the server has read a byte. */
static void test_a_half_closed_connection_is_answered_and_ended(void **state)
{
    static const struct {
        const char *name, *request;
        bool is_answered;
    } cases[] = {
        {"nothing", "", false},
        {"half a head", "GET / HT", false},
        {"half a body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab", false},
        {"a whole request", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", true},
        {"a late answer", later, true},
    };
    struct world *world = *state;
    int fds[ARRAY_LEN(cases)];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        fds[i] = client_connect(world);
        client_send(world, fds[i], cases[i].request);
        assert_int_equal(shutdown(fds[i], SHUT_WR), 0);
    }
    serve_until_later(world, 1);
    for (uint64_t began_us = sim_clock_machine_us();
         sim_clock_machine_us() - began_us < SIM_US_PER_S + SIM_US_PER_S / 4;)
        serve_turn(world); /* a sweep passes while the answer is owed */
    serve_told(world->later[0]);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char answer[1024];
        if (cases[i].is_answered &&
            client_receive(world, fds[i], true, answer, sizeof answer) != COMPLETE)
            fail_msg("%s: no answer", cases[i].name);
        if (client_receive(world, fds[i], true, answer, sizeof answer) != CLOSED)
            fail_msg("%s: \"%s\"", cases[i].name, answer);
        close(fds[i]);
    }
}

static void test_requests_may_stay_unanswered_until_the_end(void **state)
{
    struct world *world = *state;
    int fds[3];
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        fds[i] = client_connect(world);
        client_send(world, fds[i], later);
    }
    serve_until_later(world, ARRAY_LEN(fds));
    close(fds[0]);
    serve_told(world->later[1]); /* answered, but the turn does not end any more */
    sim_http_destroy(world->http);
    char answer[1024];
    assert_int_equal(recv(fds[2], answer, sizeof answer, 0), -1);
    assert_int_equal(errno, ECONNRESET);
    close(fds[1]);
    close(fds[2]);
    assert_int_equal(sim_http_create(world->loop, &world->http, NULL), RESULT_OK);
}

static void test_held_answers_leave_after_the_commit(void **state)
{
    struct world *world = *state;
    static const bool holds[] = {false, true};
    int fd = client_connect(world);
    serve_turn(world);
    for (size_t i = 0; i < ARRAY_LEN(holds); i++) {
        char answer[1024];
        sim_http_hold_answers(world->http, holds[i]);
        world->handled = 0;
        world->peeked_fd = fd;
        client_send(world, fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_int_equal(client_receive(world, fd, true, answer, sizeof answer), COMPLETE);
        assert_int_equal(world->peeked_fd, 0);
        if (world->was_answered_at_commit == holds[i])
            fail_msg("holding %d: answered before the commit %d", holds[i],
                     world->was_answered_at_commit);
    }
    close(fd);
}

static void test_held_answers_are_dropped_when_the_commit_fails(void **state)
{
    struct world *world = *state;
    char answer[1024];
    sim_http_hold_answers(world->http, true);
    world->commit_fails = true;
    assert_int_equal(client_ask(world, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", answer, sizeof answer),
                     RESET);
    assert_string_equal(answer, "");
    assert_int_equal(world->handled, 1);
    world->commit_fails = false;
    client_assert(world, "GET /after HTTP/1.1\r\nHost: x\r\n\r\n", "GET /after");
}

/* --- many connections ------------------------------------------------------------------------ */

/* libmicrohttpd's own waits stall when exactly 128*k connections are ready at once. */
static void serve_crowd(struct world *world, size_t count, const char *request, bool answers_late)
{
    int fds[300];
    char answer[1024];
    for (size_t i = 0; i < count; i++)
        fds[i] = client_connect(world);
    for (int round = 0; round < 5; round++) {
        uint64_t began_us = sim_clock_machine_us();
        world->later_count = 0;
        for (size_t i = 0; i < count; i++) /* all are ready before the loop turns */
            assert_int_equal(send(fds[i], request, strlen(request), 0), strlen(request));
        if (answers_late) {
            serve_until_later(world, count);
            for (size_t i = 0; i < count; i++)
                serve_told(world->later[i]);
        }
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(client_receive(world, fds[i], true, answer, sizeof answer), COMPLETE);
            assert_non_null(strstr(answer, "HTTP/1.1 200"));
        }
        if (sim_clock_machine_us() - began_us > 2 * SIM_US_PER_S)
            fail_msg("%zu connections took %u ms", count,
                     (unsigned)((sim_clock_machine_us() - began_us) / SIM_US_PER_MS));
    }
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

static void test_any_number_of_connections_is_served_without_a_stall(void **state)
{
    static const size_t counts[] = {1, 127, 128, 129, 256, 257};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        serve_crowd(*state, counts[i], "GET /now HTTP/1.1\r\nHost: x\r\n\r\n", false);
        serve_crowd(*state, counts[i], later, true);
    }
    sim_http_hold_answers(((struct world *)*state)->http, true);
    serve_crowd(*state, 128, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n", false);
}

static void test_running_out_of_descriptors_turns_clients_away(void **state)
{
    struct world *world = *state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int fds[8];
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        fds[i] = client_connect(world); /* in the backlog */
    struct rlimit low = before;
    low.rlim_cur = (rlim_t)fds[ARRAY_LEN(fds) - 1] + 3; /* room for two */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    for (int i = 0; i < 20; i++)
        serve_turn(world);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    unsigned turned_away = 0;
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        char byte;
        ssize_t got = recv(fds[i], &byte, 1, 0);
        turned_away += got == 0 || (got < 0 && errno == ECONNRESET);
        close(fds[i]);
    }
    assert_in_range(turned_away, 5, 7);
    client_assert(world, "GET /after HTTP/1.1\r\nHost: x\r\n\r\n", "GET /after");
}

/* --- listeners ------------------------------------------------------------------------------- */

static void test_a_closed_listener_refuses_and_ends_its_connections(void **state)
{
    struct world *world = *state;
    struct sim_http_listener *other = world->listener;
    serve_at(world, "127.0.0.1");
    uint16_t port = sim_http_listener_port(world->listener);
    assert_int_not_equal(port, sim_http_listener_port(other));
    char answer[1024];
    int idle = client_connect(world);
    int pending = client_connect(world);
    int elsewhere = client_connect_to("127.0.0.1", sim_http_listener_port(other));
    client_send(world, idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(client_receive(world, idle, true, answer, sizeof answer), COMPLETE);
    client_send(world, pending, later);
    serve_until_later(world, 1);

    assert_int_equal(sim_http_listener_set_open(world->listener, false, NULL), RESULT_OK);
    assert_int_equal(sim_http_listener_set_open(world->listener, false, NULL), RESULT_OK);
    assert_int_equal(client_connect_to("127.0.0.1", port), -1);
    assert_int_equal(errno, ECONNREFUSED);
    assert_int_not_equal(client_receive(world, idle, true, answer, sizeof answer), COMPLETE);
    assert_int_not_equal(client_receive(world, pending, true, answer, sizeof answer), COMPLETE);
    serve_turn(world);
    assert_string_equal(sim_http_header_find(world->later[0], "X-NAME"), "patience");
    assert_null(sim_http_header_find(world->later[0], "X-Other"));
    assert_int_equal(sim_http_open_requests(world->http), 1);
    serve_told(world->later[0]); /* nobody hears it */
    assert_int_equal(sim_http_open_requests(world->http), 0);
    client_send(world, elsewhere, "GET /else HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(client_receive(world, elsewhere, true, answer, sizeof answer), COMPLETE);

    assert_int_equal(sim_http_listener_set_open(world->listener, true, NULL), RESULT_OK);
    assert_int_equal(sim_http_listener_set_open(world->listener, true, NULL), RESULT_OK);
    assert_int_equal(sim_http_listener_port(world->listener), port);
    client_assert(world, "GET /again HTTP/1.1\r\nHost: x\r\n\r\n", "GET /again");
    assert_ptr_equal(sim_http_listener_context(world->listener), world);
    close(idle);
    close(pending);
    close(elsewhere);
}

static void test_each_loopback_address_is_a_place_of_its_own(void **state)
{
    struct world *world = *state;
    static const char *const addresses[] = {"127.0.1.1", "127.0.2.1", "::1"};
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        char expected[64];
        if (strcmp(addresses[i], "::1") == 0) { /* not every container has it */
            struct sim_http_listener *probe = NULL;
            if (sim_http_listen(world->http, "::1", 0, serve_request, world, &probe, NULL) !=
                RESULT_OK)
                continue;
        }
        serve_at(world, addresses[i]);
        assert_string_equal(sim_http_listener_address(world->listener), addresses[i]);
        snprintf(expected, sizeof expected, "at %s from ", addresses[i]);
        client_assert(world, "GET /place HTTP/1.1\r\nHost: x\r\n\r\n", expected);
    }
}

static void test_a_listener_that_cannot_be_opened_says_why(void **state)
{
    struct world *world = *state;
    uint16_t taken = sim_http_listener_port(world->listener);
    const struct {
        const char *name, *address;
        uint16_t port;
        enum sim_result result;
        const char *sentence;
    } cases[] = {
        {"a taken port", "127.0.0.1", taken, RESULT_CONFLICT, "already in use"},
        {"no address", "localhost", 0, RESULT_INVALID, "\"localhost\" is not"},
        {"an empty address", "", 0, RESULT_INVALID, "\"\" is not"},
        {"somebody else's address", "192.0.2.1", 0, RESULT_INVALID, "192.0.2.1 is not an address"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_http_listener *listener = NULL;
        struct sim_error error = {0};
        enum sim_result result = sim_http_listen(world->http, cases[i].address, cases[i].port,
                                                 serve_request, world, &listener, &error);
        if (result != cases[i].result || strstr(error.message, cases[i].sentence) == NULL ||
            listener != NULL)
            fail_msg("%s: %d \"%s\"", cases[i].name, (int)result, error.message);
    }
}
int main(void)
{
#define SERVED(test) cmocka_unit_test_setup_teardown(test, serve_set_up, serve_tear_down)
    const struct CMUnitTest tests[] = {
        SERVED(test_an_answer_may_come_later),
        SERVED(test_late_answers_may_come_in_any_order),
        SERVED(test_a_dropped_request_gets_no_answer),
        SERVED(test_answering_a_client_that_left_does_no_harm),
        SERVED(test_a_half_closed_connection_is_answered_and_ended),
        SERVED(test_requests_may_stay_unanswered_until_the_end),
        SERVED(test_held_answers_leave_after_the_commit),
        SERVED(test_held_answers_are_dropped_when_the_commit_fails),
        SERVED(test_any_number_of_connections_is_served_without_a_stall),
        SERVED(test_running_out_of_descriptors_turns_clients_away),
        SERVED(test_a_closed_listener_refuses_and_ends_its_connections),
        SERVED(test_each_loopback_address_is_a_place_of_its_own),
        SERVED(test_a_listener_that_cannot_be_opened_says_why),
    };
    return cmocka_run_group_tests_name("http_connections", tests, NULL, NULL);
}
