/* The HTTP server, seen by raw clients: whole requests in, answers out, limits kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/core/buffer.h"
#include "tests/unit/core/fixture_http.h"

/* --- requests -------------------------------------------------------------------------------- */

static void test_requests_reach_the_handler_as_they_were_sent(void **state)
{
    static const struct {
        const char *name, *request, *answer;
    } cases[] = {
        {"GET", "GET /a/b HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a/b ? body 0: name none"},
        {"escapes stay", "GET /a%20b%2F+?c=%20+&d HTTP/1.1\r\nHost: x\r\n\r\n",
         "GET /a%20b%2F+ ?c=%20+&d body"},
        {"an empty query", "GET /a? HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a ? body"},
        {"a second question mark", "GET /a?b?c HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a ?b?c body"},
        {"absolute form", "GET http://h:1/p?q HTTP/1.1\r\nHost: x\r\n\r\n", "GET /p ?q body"},
        {"absolute form without a path", "GET http://h?q HTTP/1.1\r\nHost: x\r\n\r\n",
         "GET / ?q body"},
        {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS * ? body"},
        {"POST", "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
         "POST /p ? body 5:hello"},
        {"a chunked body",
         "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
         "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
         "POST /p ? body 5:hello"},
        {"any method", "PATCH /p HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nz",
         "PATCH /p ? body 1:z"},
        {"a method nobody knows", "BREW /p HTTP/1.1\r\nHost: x\r\n\r\n", "BREW /p ? body 0"},
        {"header names by any case", "GET / HTTP/1.1\r\nHost: x\r\nX-NAME: v\r\nx-name: w\r\n\r\n",
         "name v"},
        {"headers in order", "GET /headers HTTP/1.1\r\nHost: x\r\nB: 2\r\nA: 1\r\nE:\r\n\r\n",
         "Host=x B=2 A=1 E="},
        {"HTTP/1.0", "GET /old HTTP/1.0\r\n\r\n", "GET /old ?"},
        {"the client's place", "GET /place HTTP/1.1\r\nHost: x\r\n\r\n",
         "at 127.0.0.1 from 127.0.0.1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char answer[2048];
        enum ending ending = client_ask(*state, cases[i].request, answer, sizeof answer);
        if (ending != COMPLETE || strstr(answer, "HTTP/1.1 200 OK\r\n") != answer ||
            strstr(answer, cases[i].answer) == NULL)
            fail_msg("%s: %d \"%s\"", cases[i].name, (int)ending, answer);
        assert_null(strstr(answer, "9999"));
        assert_null(strstr(answer, "X-Injected"));
        assert_null(strcasestr(answer, "\r\nDate:")); /* upper layers tell the simulated time */
    }
}

static void test_broken_requests_never_reach_the_handler(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *name, *request;
        const char *status; /* NULL: the connection just ends */
    } cases[] = {
        {"no version", "GET /\r\n\r\n", NULL},
        {"rubbish", "\x01\x02\x03\xff\xfe rubbish\r\n\r\n", NULL},
        {"a length that is no number", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
         "400"},
        {"a negative length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400"},
        {"a length beyond 64 bits",
         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", "413"},
        {"a chunk of no size",
         "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
        {"a header without a colon", "GET / HTTP/1.1\r\nHost x\r\n\r\n", "400"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char answer[4096];
        int fd = client_connect(world);
        client_send(world, fd, cases[i].request);
        shutdown(fd, SHUT_WR); /* a server that still waits for more sees that none comes */
        enum ending ending = client_receive(world, fd, true, answer, sizeof answer);
        close(fd);
        bool fits = cases[i].status != NULL
                        ? ending == COMPLETE && strncmp(answer + 9, cases[i].status, 3) == 0
                        : strncmp(answer, "HTTP/1.1 200", 12) != 0;
        if (!fits || world->handled != 0)
            fail_msg("%s: handled %u, ending %d \"%s\"", cases[i].name, world->handled, (int)ending,
                     answer);
    }
    client_assert(world, "GET /after HTTP/1.1\r\nHost: x\r\n\r\n", "GET /after");
}

/* One long header, many short ones, a long path, many query parameters: each kind of "too much". */
static void test_headers_have_a_limit(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *name, *begin, *repeat;
        size_t total_bytes;
        bool fits;
    } cases[] = {
        {"one long header fits", "GET / HTTP/1.1\r\nHost: x\r\nX-Long: ", "v", 15000, true},
        {"a long path fits", "GET /", "p", 7000, true},
        {"one header too long", "GET / HTTP/1.1\r\nHost: x\r\nX-Long: ", "v", 60000, false},
        {"too many headers", "GET / HTTP/1.1\r\nHost: x\r\n", "A: b\r\n", 60000, false},
        {"a path too long", "GET /", "p", 60000, false},
        {"many parameters", "GET /?", "a&", 12000, true},
        {"too many parameters", "GET /?", "a&", 30000, false},
        {"headers that leave no room for the answer", "GET / HTTP/1.1\r\nHost: x\r\n", "A: b\r\n",
         2780, false},
        {"cookies that leave no room", "GET / HTTP/1.1\r\nHost: x\r\nCookie: ", "a=b; ", 2220,
         false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_buffer text;
        sim_buffer_init(&text);
        sim_buffer_append_text(&text, cases[i].begin);
        while (text.length_bytes < cases[i].total_bytes)
            sim_buffer_append_text(&text, cases[i].repeat);
        bool in_first_line = strchr(cases[i].begin, '\n') == NULL;
        sim_buffer_append_text(&text, in_first_line ? " HTTP/1.1\r\nHost: x\r\n\r\n" : "\r\n\r\n");
        char *answer = sim_alloc(64 * 1024);
        unsigned handled_before = world->handled;
        enum ending ending = client_ask(world, text.data, answer, 64 * 1024);
        /* where not even an error fits any more, the connection just ends */
        bool is_error = ending != COMPLETE || answer[9] == '4';
        if (cases[i].fits ? is_error || world->handled == handled_before
                          : !is_error || world->handled != handled_before)
            fail_msg("%s: handled %u, ending %d \"%.80s\"", cases[i].name, world->handled,
                     (int)ending, answer);
        free(answer);
        sim_buffer_fini(&text);
    }
    client_assert(world, "GET /after HTTP/1.1\r\nHost: x\r\n\r\n", "GET /after");
}

static void send_body(struct world *world, int fd, size_t bytes, bool expects)
{
    char head[256];
    snprintf(head, sizeof head, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n%s\r\n",
             bytes, expects ? "Expect: 100-continue\r\n" : "");
    client_send(world, fd, head);
    if (expects) {
        char answer[256];
        assert_int_equal(client_receive(world, fd, false, answer, sizeof answer), COMPLETE);
        assert_non_null(strstr(answer, "HTTP/1.1 100"));
    }
    char *body = sim_alloc(bytes + 1);
    memset(body, 'b', bytes);
    client_send_bytes(world, fd, body, bytes);
    free(body);
}

static void test_bodies_have_a_limit(void **state)
{
    static const struct {
        const char *name;
        size_t bytes;
        bool expects;
        const char *answer;
    } cases[] = {
        {"small, continued", 3, true, "body 3:bbb"},
        {"larger than a connection's memory", 100000, false, "body 100000:b"},
        {"as large as allowed", SIM_HTTP_BODY_MAX_BYTES, false, "body 16777216:b"},
        {"one byte more", SIM_HTTP_BODY_MAX_BYTES + 1, false, "413"},
        {"one byte more, continued", SIM_HTTP_BODY_MAX_BYTES + 1, true, "413"},
        {"twice as much", SIM_HTTP_BODY_MAX_BYTES * 2, false, "413"},
    };
    struct world *world = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int fd = client_connect(world);
        char answer[1024];
        send_body(world, fd, cases[i].bytes, cases[i].expects);
        enum ending ending = client_receive(world, fd, true, answer, sizeof answer);
        if (ending != COMPLETE || strstr(answer, cases[i].answer) == NULL)
            fail_msg("%s: ending %d \"%s\"", cases[i].name, (int)ending, answer);
        close(fd);
    }
}

static void test_a_connection_serves_many_requests(void **state)
{
    struct world *world = *state;
    char answer[1024];
    int fd = client_connect(world);
    for (int i = 0; i < 5; i++) {
        client_send(world, fd, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok");
        assert_int_equal(client_receive(world, fd, true, answer, sizeof answer), COMPLETE);
        assert_non_null(strstr(answer, "body 2:ok"));
    }
    client_send(world, fd,
                "HEAD /head HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n"
                "Connection: close\r\n\r\n"); /* two at once */
    assert_int_equal(client_receive(world, fd, false, answer, sizeof answer), COMPLETE);
    assert_non_null(strcasestr(answer, "content-length: 30\r\n")); /* of what GET would give */
    assert_non_null(strstr(answer, "text/plain"));
    assert_int_equal(client_receive(world, fd, true, answer, sizeof answer), COMPLETE);
    assert_non_null(strstr(answer, "GET /next"));
    assert_int_equal(client_receive(world, fd, true, answer, sizeof answer), CLOSED);
    close(fd);
}

static void test_statuses_are_sent_as_given(void **state)
{
    static const char *const statuses[] = {"200", "204", "304", "400", "503", "599"};
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        char request[128];
        char begin[32];
        snprintf(request, sizeof request, "GET /status/%s HTTP/1.1\r\nHost: x\r\n\r\n",
                 statuses[i]);
        snprintf(begin, sizeof begin, "HTTP/1.1 %s", statuses[i]);
        client_assert(*state, request, begin);
    }
}
int main(void)
{
#define SERVED(test) cmocka_unit_test_setup_teardown(test, serve_set_up, serve_tear_down)
    const struct CMUnitTest tests[] = {
        SERVED(test_requests_reach_the_handler_as_they_were_sent),
        SERVED(test_broken_requests_never_reach_the_handler),
        SERVED(test_headers_have_a_limit),
        SERVED(test_bodies_have_a_limit),
        SERVED(test_a_connection_serves_many_requests),
        SERVED(test_statuses_are_sent_as_given),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
