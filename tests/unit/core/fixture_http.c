#include "tests/unit/core/fixture_http.h"

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
#include <sys/socket.h>
#include <unistd.h>

#include "sim/core/buffer.h"

/* --- the server's side ----------------------------------------------------------------------- */

void serve_text(struct sim_http_request *request, int status, const char *text)
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

void serve_told(struct sim_http_request *request)
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
    serve_text(request, 200, text.data);
    sim_buffer_fini(&text);
}

void serve_request(void *context, struct sim_http_request *request)
{
    struct world *world = context;
    world->handled++;
    if (request->body_too_large) {
        assert_int_equal(request->body_bytes, 0);
        assert_string_equal(request->body, "");
        serve_text(request, 413, "too large");
    } else if (strcmp(request->path, "/later") == 0) {
        assert_true(world->later_count < LATER_MAX);
        world->later[world->later_count++] = request;
    } else if (strcmp(request->path, "/drop") == 0) {
        sim_http_drop(request);
    } else if (strncmp(request->path, "/status/", 8) == 0) {
        serve_text(request, (int)strtol(request->path + 8, NULL, 10), "");
    } else {
        serve_told(request);
    }
}

/* Notes what had left already in the first turn in which the request was handled. */
static void commit(void *context)
{
    struct world *world = context;
    char byte;
    if (world->commit_fails)
        sim_http_drop_held(world->http);
    if (world->peeked_fd == 0 || world->handled == 0)
        return;
    world->was_answered_at_commit = recv(world->peeked_fd, &byte, 1, MSG_PEEK) == 1;
    world->peeked_fd = 0;
}

void serve_at(struct world *world, const char *address)
{
    struct sim_error error = {0};
    if (sim_http_listen(world->http, address, 0, serve_request, world, &world->listener, &error) !=
        RESULT_OK)
        fail_msg("%s", error.message);
}

int serve_set_up(void **state)
{
    struct world *world = sim_alloc(sizeof *world);
    world->clock = sim_clock_create(&(struct sim_clock_options){.mode = SIM_CLOCK_VIRTUAL});
    world->sched = sim_sched_create(world->clock);
    world->advance = sim_advance_create(world->clock, world->sched);
    assert_int_equal(
        sim_loop_create(world->clock, world->sched, world->advance, &world->loop, NULL), RESULT_OK);
    sim_loop_at_turn_end(world->loop, commit, world);
    assert_int_equal(sim_http_create(world->loop, &world->http, NULL), RESULT_OK);
    serve_at(world, "127.0.0.1");
    *state = world;
    return 0;
}

int serve_tear_down(void **state)
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

void serve_turn(struct world *world)
{
    assert_int_equal(sim_loop_turn(world->loop, 2000, NULL), RESULT_OK);
}

void serve_until_later(struct world *world, size_t count)
{
    uint64_t began_us = sim_clock_machine_us();
    while (world->later_count < count) {
        serve_turn(world);
        assert_true(sim_clock_machine_us() - began_us < PATIENCE_US);
    }
}

/* --- the client's side ----------------------------------------------------------------------- */

int client_connect_to(const char *address, uint16_t port)
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

int client_connect(struct world *world)
{
    int fd = client_connect_to(sim_http_listener_address(world->listener),
                               sim_http_listener_port(world->listener));
    assert_true(fd >= 0);
    return fd;
}

void client_send_bytes(struct world *world, int fd, const char *data, size_t bytes)
{
    uint64_t began_us = sim_clock_machine_us();
    for (size_t sent = 0; sent < bytes;) {
        ssize_t got = send(fd, data + sent, bytes - sent, MSG_NOSIGNAL);
        if (got > 0)
            sent += (size_t)got;
        else if (errno == EAGAIN)
            serve_turn(world);
        else
            return; /* the server ended it: what it says is read next */
        assert_true(sim_clock_machine_us() - began_us < PATIENCE_US);
    }
}

void client_send(struct world *world, int fd, const char *text)
{
    client_send_bytes(world, fd, text, strlen(text));
}

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
enum ending client_receive(struct world *world, int fd, bool has_body, char *text, size_t room)
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
            serve_turn(world);
        else
            text[++used] = '\0';
        assert_true(used + 2 < room);
        if (sim_clock_machine_us() - began_us > PATIENCE_US)
            fail_msg("no answer in time; so far \"%s\"", text);
    }
    return COMPLETE;
}

/* One request on a connection of its own. */
enum ending client_ask(struct world *world, const char *request, char *answer, size_t room)
{
    int fd = client_connect(world);
    client_send(world, fd, request);
    enum ending ending = client_receive(world, fd, strncmp(request, "HEAD", 4) != 0, answer, room);
    close(fd);
    return ending;
}

void client_assert(struct world *world, const char *request, const char *expected)
{
    char answer[8192];
    if (client_ask(world, request, answer, sizeof answer) != COMPLETE ||
        strstr(answer, expected) == NULL)
        fail_msg("\"%s\" was answered by \"%s\"", request, answer);
}
