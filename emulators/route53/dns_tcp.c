/* dns_tcp.c -- DNS over TCP: many queries a connection, bounded in number, memory and time.
 *
 * Connections stand in a list by their last use: the end is the one to close when there are too
 * many, and the first to be idle too long. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emulators/route53/dns_server.h"
#include "sim/core/buffer.h"
#include "sim/core/clock.h"

#define READ_BYTES     4096
#define ACCEPTS_A_TURN 64

struct r53_tcp_connection {
    struct r53_dns_server *server;
    int fd;
    struct sim_watch *watch;
    struct r53_dns_peer peer;
    struct sim_buffer in;  /* at most one message and one read beyond it */
    struct sim_buffer out; /* behind sent_bytes: not sent yet */
    size_t sent_bytes;
    uint64_t used_machine_us;
    struct r53_tcp_connection *before; /* used later */
    struct r53_tcp_connection *after;  /* used earlier */
};

static void unlink_connection(struct r53_tcp_connection *connection)
{
    struct r53_dns_server *server = connection->server;
    if (connection->before != NULL)
        connection->before->after = connection->after;
    else
        server->connections = connection->after;
    if (connection->after != NULL)
        connection->after->before = connection->before;
    else
        server->connections_end = connection->before;
    server->connection_count--;
}

static void link_first(struct r53_tcp_connection *connection)
{
    struct r53_dns_server *server = connection->server;
    connection->before = NULL;
    connection->after = server->connections;
    if (connection->after != NULL)
        connection->after->before = connection;
    else
        server->connections_end = connection;
    server->connections = connection;
    server->connection_count++;
}

static void close_connection(struct r53_tcp_connection *connection)
{
    unlink_connection(connection);
    sim_loop_unwatch(connection->server->loop, connection->watch);
    (void)close(connection->fd);
    sim_buffer_fini(&connection->in);
    sim_buffer_fini(&connection->out);
    free(connection);
}

void r53_tcp_close_all(struct r53_dns_server *server)
{
    while (server->connections != NULL)
        close_connection(server->connections);
}

uint64_t r53_tcp_sweep(struct r53_dns_server *server)
{
    uint64_t now_us = 0;
    if (server->connections_end == NULL)
        return UINT64_MAX;
    now_us = sim_clock_machine_us();
    while (server->connections_end != NULL) {
        uint64_t idle_us = now_us - server->connections_end->used_machine_us;
        if (idle_us < R53_TCP_IDLE_US)
            return R53_TCP_IDLE_US - idle_us;
        close_connection(server->connections_end);
    }
    return UINT64_MAX;
}

static size_t unsent_bytes(const struct r53_tcp_connection *connection)
{
    return connection->out.length_bytes - connection->sent_bytes;
}

/* Answers the whole messages that are in, until too much is unsent. */
static void answer_messages(struct r53_tcp_connection *connection)
{
    struct sim_buffer *in = &connection->in;
    uint8_t *reply = NULL;
    size_t at = 0;
    while (in->length_bytes - at >= 2 && unsent_bytes(connection) < R53_TCP_UNSENT_MAX) {
        const uint8_t *bytes = (const uint8_t *)in->data + at;
        size_t message_bytes = (size_t)bytes[0] << 8 | bytes[1];
        uint8_t length[2];
        size_t reply_bytes = 0;
        if (in->length_bytes - at - 2 < message_bytes)
            break;
        if (reply == NULL)
            reply = sim_alloc(R53_DNS_MESSAGE_MAX);
        reply_bytes = r53_server_answer(connection->server, &connection->peer, bytes + 2,
                                        message_bytes, reply);
        at += 2 + message_bytes;
        if (reply_bytes == 0)
            continue;
        length[0] = (uint8_t)(reply_bytes >> 8);
        length[1] = (uint8_t)reply_bytes;
        sim_buffer_append(&connection->out, length, sizeof(length));
        sim_buffer_append(&connection->out, reply, reply_bytes);
    }
    free(reply);
    if (at > 0) {
        memmove(in->data, in->data + at, in->length_bytes - at);
        in->length_bytes -= at;
    }
}

/* False: the peer is gone. */
static bool send_pending(struct r53_tcp_connection *connection)
{
    while (unsent_bytes(connection) > 0) {
        ssize_t sent = send(connection->fd, connection->out.data + connection->sent_bytes,
                            unsent_bytes(connection), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0)
            return errno == EAGAIN || errno == EINTR;
        connection->sent_bytes += (size_t)sent;
    }
    sim_buffer_clear(&connection->out);
    connection->sent_bytes = 0;
    return true;
}

/* False: end of the stream or an error. */
static bool receive(struct r53_tcp_connection *connection)
{
    char bytes[READ_BYTES];
    ssize_t count = recv(connection->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (count < 0)
        return errno == EAGAIN || errno == EINTR;
    if (count == 0)
        return false;
    sim_buffer_append(&connection->in, bytes, (size_t)count);
    return true;
}

static void connection_ready(void *context, int fd UNUSED, unsigned events)
{
    struct r53_tcp_connection *connection = context;
    bool is_good = true;
    unlink_connection(connection);
    link_first(connection);
    connection->used_machine_us = sim_clock_machine_us();
    /* A peer that does not take its answers is not listened to meanwhile. */
    if ((events & SIM_LOOP_READ) != 0 && unsent_bytes(connection) == 0)
        is_good = receive(connection);
    is_good = is_good && send_pending(connection);
    while (is_good && unsent_bytes(connection) == 0) {
        size_t before_bytes = connection->in.length_bytes;
        answer_messages(connection);
        is_good = send_pending(connection);
        if (connection->in.length_bytes == before_bytes)
            break;
    }
    if (!is_good) {
        close_connection(connection);
        return;
    }
    sim_loop_rewatch(connection->server->loop, connection->watch,
                     unsent_bytes(connection) > 0 ? SIM_LOOP_WRITE : SIM_LOOP_READ);
}

static bool accept_one(struct r53_dns_server *server, int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t bytes = sizeof(address);
    struct r53_tcp_connection *connection = NULL;
    int accepted = accept4(fd, (struct sockaddr *)&address, &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0)
        return false;
    if (server->connection_count == R53_TCP_CONNECTIONS_MAX)
        close_connection(server->connections_end);
    connection = sim_alloc(sizeof(*connection));
    connection->server = server;
    connection->fd = accepted;
    connection->peer = r53_peer_of(&address, true);
    connection->used_machine_us = sim_clock_machine_us();
    sim_buffer_init(&connection->in);
    sim_buffer_init(&connection->out);
    if (sim_loop_watch(server->loop, accepted, SIM_LOOP_READ, connection_ready, connection,
                       &connection->watch, NULL) != RESULT_OK) {
        (void)close(accepted);
        free(connection);
        return true;
    }
    link_first(connection);
    return true;
}

void r53_tcp_accept(void *context, int fd, unsigned events UNUSED)
{
    struct r53_dns_server *server = context;
    for (int i = 0; i < ACCEPTS_A_TURN; i++)
        if (!accept_one(server, fd))
            return;
}
