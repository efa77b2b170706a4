/* The HTTP server, seen by raw clients: whole requests in, answers now, later or never. The clients
 * share the loop's thread: each wait of theirs turns the loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/core/buffer.h"
#include "sim/core/http.h"

#define PATIENCE_US (5 * SIM_US_PER_S)
#define LATER_MAX   512

struct world {
    struct sim_clock *clock;
    struct sim_sched *sched;
    struct sim_advance *advance;
    struct sim_loop *loop;
    struct sim_http *http;
    struct sim_http_listener *listener;
    struct sim_http_request *later[LATER_MAX]; /* waiting for an answer */
    size_t later_count;
    unsigned handled;
    int peeked_fd;               /* of the client whose answer we look out for, or 0 */
    bool was_answered_at_commit; /* its answer had left when the commit's hook ran */
};

/* --- the server's side ----------------------------------------------------------------------- */

static void reply_text(struct sim_http_request *request, int status, const char *text)
{
    const struct sim_http_header headers[] = {
        {"Content-Type", "text/plain"},
        {"Content-Length", "9999"}, /* ours would be wrong: is left out */
        {"X-Broken", "a\r\nX-Injected: yes"},
    };
    sim_http_reply(request, &(struct sim_http_reply){
                                .status = status,
                                .headers = headers,
                                .header_count = ARRAY_LEN(headers),
                                .body = text,
                                .body_bytes = strlen(text),
                            });
}

static void add_header(void *context, const char *name, const char *value)
{
    sim_buffer_printf(context, " %s=%s", name, value);
}

static void tell_request(struct sim_http_request *request)
{
    struct sim_buffer text;
    sim_buffer_init(&text);
    sim_buffer_printf(&text, "%s %s ?%s body %zu:", request->method, request->path, request->query,
                      request->body_bytes);
    sim_buffer_append(&text, request->body, request->body_bytes < 64 ? request->body_bytes : 64);
    const char *name = sim_http_header_find(request, "x-name");
    sim_buffer_printf(&text, " name %s", name != NULL ? name : "none");
    if (strcmp(request->path, "/headers") == 0)
        sim_http_headers_visit(request, add_header, &text);
    if (strcmp(request->path, "/place") == 0)
        sim_buffer_printf(&text, " at %s from %s", request->local_address, request->peer_address);
    reply_text(request, 200, text.data);
    sim_buffer_fini(&text);
}

static void handle(void *context, struct sim_http_request *request)
{
    struct world *world = context;
    world->handled++;
    if (request->body_too_large) {
        assert_int_equal(request->body_bytes, 0);
        assert_string_equal(request->body, "");
        reply_text(request, 413, "too large");
    } else if (strcmp(request->path, "/later") == 0) {
        assert_true(world->later_count < LATER_MAX);
        world->later[world->later_count++] = request;
    } else if (strcmp(request->path, "/drop") == 0) {
        sim_http_drop(request);
    } else if (strncmp(request->path, "/status/", 8) == 0) {
        reply_text(request, atoi(request->path + 8), "");
    } else {
        tell_request(request);
    }
}

/* The hook of the first turn in which the request was handled. */
static void commit(void *context)
{
    struct world *world = context;
    char byte;
    if (world->peeked_fd == 0 || world->handled == 0)
        return;
    world->was_answered_at_commit = recv(world->peeked_fd, &byte, 1, MSG_PEEK) == 1;
    world->peeked_fd = 0;
}

static void listen_at(struct world *world, const char *address)
{
    struct sim_error error = {0};
    if (sim_http_listen(world->http, address, 0, handle, world, &world->listener, &error) !=
        RESULT_OK)
        fail_msg("%s", error.message);
}

static int set_up(void **state)
{
    struct world *world = sim_alloc(sizeof *world);
    world->clock = sim_clock_create(&(struct sim_clock_options){.mode = SIM_CLOCK_VIRTUAL});
    world->sched = sim_sched_create(world->clock);
    world->advance = sim_advance_create(world->clock, world->sched);
    assert_int_equal(
        sim_loop_create(world->clock, world->sched, world->advance, &world->loop, NULL), RESULT_OK);
    sim_loop_at_turn_end(world->loop, commit, world);
    assert_int_equal(sim_http_create(world->loop, &world->http, NULL), RESULT_OK);
    listen_at(world, "127.0.0.1");
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    sim_http_destroy(world->http);
    sim_loop_destroy(world->loop);
    sim_advance_destroy(world->advance);
    sim_sched_destroy(world->sched);
    sim_clock_destroy(world->clock);
    free(world);
    return 0;
}

static void turn(struct world *world)
{
    assert_int_equal(sim_loop_turn(world->loop, 2000, NULL), RESULT_OK);
}

/* --- the client's side ----------------------------------------------------------------------- */

static int try_connect(const char *address, uint16_t port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    bool is_v6 = inet_pton(AF_INET, address, &v4.sin_addr) != 1;
    if (is_v6)
        assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
    int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr *to = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    if (connect(fd, to, is_v6 ? sizeof v6 : sizeof v4) != 0) {
        close(fd);
        return -1;
    }
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static int client(struct world *world)
{
    int fd = try_connect(sim_http_listener_address(world->listener),
                         sim_http_listener_port(world->listener));
    assert_true(fd >= 0);
    return fd;
}

static void send_bytes(struct world *world, int fd, const char *data, size_t bytes)
{
    uint64_t began_us = sim_clock_machine_us();
    for (size_t sent = 0; sent < bytes;) {
        ssize_t got = send(fd, data + sent, bytes - sent, MSG_NOSIGNAL);
        if (got > 0)
            sent += (size_t)got;
        else if (errno == EAGAIN)
            turn(world);
        else
            return; /* the server ended it: what it says is read next */
        assert_true(sim_clock_machine_us() - began_us < PATIENCE_US);
    }
}

static void send_text(struct world *world, int fd, const char *text)
{
    send_bytes(world, fd, text, strlen(text));
}

enum ending { COMPLETE, CLOSED, RESET };

static bool is_complete(const char *text, bool has_body)
{
    const char *body = strstr(text, "\r\n\r\n");
    if (body == NULL)
        return false;
    const char *length = strcasestr(text, "\r\ncontent-length:");
    size_t wanted = length != NULL && has_body ? strtoul(length + 17, NULL, 10) : 0;
    return strlen(body + 4) >= wanted;
}

/* Reads one answer (the buffer must be empty) or up to the end of the connection. */
static enum ending receive(struct world *world, int fd, bool has_body, char *text, size_t room)
{
    uint64_t began_us = sim_clock_machine_us();
    size_t used = 0;
    text[0] = '\0';
    while (!is_complete(text, has_body)) {
        ssize_t got = recv(fd, text + used, 1, 0); /* one: leaves a pipelined answer in place */
        if (got == 0)
            return CLOSED;
        if (got < 0 && errno != EAGAIN)
            return RESET;
        if (got < 0)
            turn(world);
        else
            text[++used] = '\0';
        assert_true(used + 2 < room);
        if (sim_clock_machine_us() - began_us > PATIENCE_US)
            fail_msg("no answer in time; so far \"%s\"", text);
    }
    return COMPLETE;
}

/* One request on a connection of its own. */
static enum ending ask(struct world *world, const char *request, char *answer, size_t room)
{
    int fd = client(world);
    send_text(world, fd, request);
    enum ending ending = receive(world, fd, strncmp(request, "HEAD", 4) != 0, answer, room);
    close(fd);
    return ending;
}

static void assert_answers(struct world *world, const char *request, const char *expected)
{
    char answer[8192];
    if (ask(world, request, answer, sizeof answer) != COMPLETE || strstr(answer, expected) == NULL)
        fail_msg("\"%s\" was answered by \"%s\"", request, answer);
}

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
        enum ending ending = ask(*state, cases[i].request, answer, sizeof answer);
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
        int fd = client(world);
        send_text(world, fd, cases[i].request);
        shutdown(fd, SHUT_WR); /* a server that still waits for more sees that none comes */
        enum ending ending = receive(world, fd, true, answer, sizeof answer);
        close(fd);
        bool fits = cases[i].status != NULL
                        ? ending == COMPLETE && strncmp(answer + 9, cases[i].status, 3) == 0
                        : strncmp(answer, "HTTP/1.1 200", 12) != 0;
        if (!fits || world->handled != 0)
            fail_msg("%s: handled %u, ending %d \"%s\"", cases[i].name, world->handled, (int)ending,
                     answer);
    }
    assert_answers(world, "GET /after HTTP/1.1\r\nHost: x\r\n\r\n", "GET /after");
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
        enum ending ending = ask(world, text.data, answer, 64 * 1024);
        /* where not even an error fits any more, the connection just ends */
        bool is_error = ending != COMPLETE || answer[9] == '4';
        if (cases[i].fits ? is_error || world->handled == handled_before
                          : !is_error || world->handled != handled_before)
            fail_msg("%s: handled %u, ending %d \"%.80s\"", cases[i].name, world->handled,
                     (int)ending, answer);
        free(answer);
        sim_buffer_fini(&text);
    }
    assert_answers(world, "GET /after HTTP/1.1\r\nHost: x\r\n\r\n", "GET /after");
}

static void send_body(struct world *world, int fd, size_t bytes, bool expects)
{
    char head[256];
    snprintf(head, sizeof head, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n%s\r\n",
             bytes, expects ? "Expect: 100-continue\r\n" : "");
    send_text(world, fd, head);
    if (expects) {
        char answer[256];
        assert_int_equal(receive(world, fd, false, answer, sizeof answer), COMPLETE);
        assert_non_null(strstr(answer, "HTTP/1.1 100"));
    }
    char *body = sim_alloc(bytes + 1);
    memset(body, 'b', bytes);
    send_bytes(world, fd, body, bytes);
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
        int fd = client(world);
        char answer[1024];
        send_body(world, fd, cases[i].bytes, cases[i].expects);
        enum ending ending = receive(world, fd, true, answer, sizeof answer);
        if (ending != COMPLETE || strstr(answer, cases[i].answer) == NULL)
            fail_msg("%s: ending %d \"%s\"", cases[i].name, (int)ending, answer);
        close(fd);
    }
}

static void test_a_connection_serves_many_requests(void **state)
{
    struct world *world = *state;
    char answer[1024];
    int fd = client(world);
    for (int i = 0; i < 5; i++) {
        send_text(world, fd, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok");
        assert_int_equal(receive(world, fd, true, answer, sizeof answer), COMPLETE);
        assert_non_null(strstr(answer, "body 2:ok"));
    }
    send_text(world, fd,
              "HEAD /head HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n"
              "Connection: close\r\n\r\n"); /* two at once */
    assert_int_equal(receive(world, fd, false, answer, sizeof answer), COMPLETE);
    assert_non_null(strcasestr(answer, "content-length: 30\r\n")); /* of what GET would give */
    assert_non_null(strstr(answer, "text/plain"));
    assert_int_equal(receive(world, fd, true, answer, sizeof answer), COMPLETE);
    assert_non_null(strstr(answer, "GET /next"));
    assert_int_equal(receive(world, fd, true, answer, sizeof answer), CLOSED);
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
        assert_answers(*state, request, begin);
    }
}

/* --- late, missing and dropped answers ------------------------------------------------------- */

static const char later[] = "GET /later HTTP/1.1\r\nHost: x\r\nX-Name: patience\r\n\r\n";

static void wait_for_later(struct world *world, size_t count)
{
    uint64_t began_us = sim_clock_machine_us();
    while (world->later_count < count) {
        turn(world);
        assert_true(sim_clock_machine_us() - began_us < PATIENCE_US);
    }
}

static void test_an_answer_may_come_later(void **state)
{
    struct world *world = *state;
    char answer[1024];
    int fd = client(world);
    for (size_t i = 1; i <= 3; i++) { /* on one connection */
        send_text(world, fd, later);
        wait_for_later(world, i);
        turn(world);
        assert_int_equal(recv(fd, answer, 1, 0), -1);
        assert_int_equal(sim_http_open_requests(world->http), 1);
        tell_request(world->later[i - 1]);
        assert_int_equal(sim_http_open_requests(world->http), 0);
        assert_int_equal(receive(world, fd, true, answer, sizeof answer), COMPLETE);
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
        fds[i] = client(world);
        snprintf(request, sizeof request, "GET /later?%zu HTTP/1.1\r\nHost: x\r\n\r\n", i);
        send_text(world, fds[i], request);
        wait_for_later(world, i + 1);
    }
    static const size_t order[] = {3, 0, 4, 1, 2};
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        char answer[1024];
        char expected[16];
        snprintf(expected, sizeof expected, "?%zu", order[i]);
        tell_request(world->later[order[i]]);
        assert_int_equal(receive(world, fds[order[i]], true, answer, sizeof answer), COMPLETE);
        assert_non_null(strstr(answer, expected));
        close(fds[order[i]]);
    }
}

static void test_a_dropped_request_gets_no_answer(void **state)
{
    struct world *world = *state;
    char answer[1024];
    assert_int_equal(ask(world, "GET /drop HTTP/1.1\r\nHost: x\r\n\r\n", answer, sizeof answer),
                     RESET);
    assert_string_equal(answer, "");
    int fd = client(world);
    send_text(world, fd, later);
    wait_for_later(world, 1);
    sim_http_drop(world->later[0]);
    assert_int_equal(receive(world, fd, true, answer, sizeof answer), RESET);
    assert_string_equal(answer, "");
    close(fd);
    assert_int_equal(sim_http_open_requests(world->http), 0);
}

static void test_answering_a_client_that_left_does_no_harm(void **state)
{
    struct world *world = *state;
    static const bool drops[] = {false, true};
    for (size_t i = 0; i < ARRAY_LEN(drops); i++) {
        int fd = client(world);
        send_text(world, fd, later);
        wait_for_later(world, i + 1);
        const struct linger reset = {.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
        turn(world);
        if (drops[i])
            sim_http_drop(world->later[i]);
        else
            tell_request(world->later[i]);
        turn(world);
    }
    assert_answers(world, "GET /after HTTP/1.1\r\nHost: x\r\n\r\n", "GET /after");
}

static void test_requests_may_stay_unanswered_until_the_end(void **state)
{
    struct world *world = *state;
    int fds[3];
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        fds[i] = client(world);
        send_text(world, fds[i], later);
    }
    wait_for_later(world, ARRAY_LEN(fds));
    close(fds[0]);
    tell_request(world->later[1]); /* answered, but the turn does not end any more */
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
    int fd = client(world);
    turn(world);
    for (size_t i = 0; i < ARRAY_LEN(holds); i++) {
        char answer[1024];
        sim_http_hold_answers(world->http, holds[i]);
        world->handled = 0;
        world->peeked_fd = fd;
        send_text(world, fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_int_equal(receive(world, fd, true, answer, sizeof answer), COMPLETE);
        assert_int_equal(world->peeked_fd, 0);
        if (world->was_answered_at_commit == holds[i])
            fail_msg("holding %d: answered before the commit %d", holds[i],
                     world->was_answered_at_commit);
    }
    close(fd);
}

/* --- many connections ------------------------------------------------------------------------ */

/* libmicrohttpd's own waits stall when exactly 128*k connections are ready at once. */
static void serve_crowd(struct world *world, size_t count, const char *request, bool answers_late)
{
    int fds[300];
    char answer[1024];
    for (size_t i = 0; i < count; i++)
        fds[i] = client(world);
    for (int round = 0; round < 5; round++) {
        uint64_t began_us = sim_clock_machine_us();
        world->later_count = 0;
        for (size_t i = 0; i < count; i++) /* all are ready before the loop turns */
            assert_int_equal(send(fds[i], request, strlen(request), 0), strlen(request));
        if (answers_late) {
            wait_for_later(world, count);
            for (size_t i = 0; i < count; i++)
                tell_request(world->later[i]);
        }
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(receive(world, fds[i], true, answer, sizeof answer), COMPLETE);
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
        fds[i] = client(world); /* in the backlog */
    struct rlimit low = before;
    low.rlim_cur = (rlim_t)fds[ARRAY_LEN(fds) - 1] + 3; /* room for two */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    for (int i = 0; i < 20; i++)
        turn(world);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    unsigned turned_away = 0;
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        char byte;
        ssize_t got = recv(fds[i], &byte, 1, 0);
        turned_away += got == 0 || (got < 0 && errno == ECONNRESET);
        close(fds[i]);
    }
    assert_in_range(turned_away, 5, 7);
    assert_answers(world, "GET /after HTTP/1.1\r\nHost: x\r\n\r\n", "GET /after");
}

/* --- listeners ------------------------------------------------------------------------------- */

static void test_a_closed_listener_refuses_and_ends_its_connections(void **state)
{
    struct world *world = *state;
    struct sim_http_listener *other = world->listener;
    listen_at(world, "127.0.0.1");
    uint16_t port = sim_http_listener_port(world->listener);
    assert_int_not_equal(port, sim_http_listener_port(other));
    char answer[1024];
    int idle = client(world);
    int pending = client(world);
    int elsewhere = try_connect("127.0.0.1", sim_http_listener_port(other));
    send_text(world, idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(receive(world, idle, true, answer, sizeof answer), COMPLETE);
    send_text(world, pending, later);
    wait_for_later(world, 1);

    assert_int_equal(sim_http_listener_set_open(world->listener, false, NULL), RESULT_OK);
    assert_int_equal(sim_http_listener_set_open(world->listener, false, NULL), RESULT_OK);
    assert_int_equal(try_connect("127.0.0.1", port), -1);
    assert_int_equal(errno, ECONNREFUSED);
    assert_int_not_equal(receive(world, idle, true, answer, sizeof answer), COMPLETE);
    assert_int_not_equal(receive(world, pending, true, answer, sizeof answer), COMPLETE);
    turn(world);
    assert_string_equal(sim_http_header_find(world->later[0], "X-NAME"), "patience");
    assert_null(sim_http_header_find(world->later[0], "X-Other"));
    assert_int_equal(sim_http_open_requests(world->http), 1);
    tell_request(world->later[0]); /* nobody hears it */
    assert_int_equal(sim_http_open_requests(world->http), 0);
    send_text(world, elsewhere, "GET /else HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(receive(world, elsewhere, true, answer, sizeof answer), COMPLETE);

    assert_int_equal(sim_http_listener_set_open(world->listener, true, NULL), RESULT_OK);
    assert_int_equal(sim_http_listener_set_open(world->listener, true, NULL), RESULT_OK);
    assert_int_equal(sim_http_listener_port(world->listener), port);
    assert_answers(world, "GET /again HTTP/1.1\r\nHost: x\r\n\r\n", "GET /again");
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
            if (sim_http_listen(world->http, "::1", 0, handle, world, &probe, NULL) != RESULT_OK)
                continue;
        }
        listen_at(world, addresses[i]);
        assert_string_equal(sim_http_listener_address(world->listener), addresses[i]);
        snprintf(expected, sizeof expected, "at %s from ", addresses[i]);
        assert_answers(world, "GET /place HTTP/1.1\r\nHost: x\r\n\r\n", expected);
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
                                                 handle, world, &listener, &error);
        if (result != cases[i].result || strstr(error.message, cases[i].sentence) == NULL ||
            listener != NULL)
            fail_msg("%s: %d \"%s\"", cases[i].name, (int)result, error.message);
    }
}

int main(void)
{
#define SERVED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SERVED(test_requests_reach_the_handler_as_they_were_sent),
        SERVED(test_broken_requests_never_reach_the_handler),
        SERVED(test_headers_have_a_limit),
        SERVED(test_bodies_have_a_limit),
        SERVED(test_a_connection_serves_many_requests),
        SERVED(test_statuses_are_sent_as_given),
        SERVED(test_an_answer_may_come_later),
        SERVED(test_late_answers_may_come_in_any_order),
        SERVED(test_a_dropped_request_gets_no_answer),
        SERVED(test_answering_a_client_that_left_does_no_harm),
        SERVED(test_requests_may_stay_unanswered_until_the_end),
        SERVED(test_held_answers_leave_after_the_commit),
        SERVED(test_any_number_of_connections_is_served_without_a_stall),
        SERVED(test_running_out_of_descriptors_turns_clients_away),
        SERVED(test_a_closed_listener_refuses_and_ends_its_connections),
        SERVED(test_each_loopback_address_is_a_place_of_its_own),
        SERVED(test_a_listener_that_cannot_be_opened_says_why),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
