/* Listening sockets and the connections that come in by them. We accept ourselves and hand each
 * connection to libmicrohttpd, so that a listener can be closed and opened on its own. */
#include "sim/core/http_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACCEPTS_MAX 64 /* in one call: others want to be served as well */
#define BACKLOG     1024

/* --- addresses ------------------------------------------------------------------------------- */

static bool parse_address(struct sim_http_listener *listener, const char *address, uint16_t port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&listener->socket_address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&listener->socket_address;
    if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        listener->socket_address_bytes = sizeof *v4;
        return true;
    }
    if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        listener->socket_address_bytes = sizeof *v6;
        return true;
    }
    return false;
}

static void format_address(const struct sockaddr_storage *address, char text[48], uint16_t *port)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    bool is_v6 = address->ss_family == AF_INET6;
    const void *bytes = is_v6 ? (const void *)&v6->sin6_addr : (const void *)&v4->sin_addr;
    if (inet_ntop(address->ss_family, bytes, text, 48) == NULL)
        text[0] = '\0';
    *port = ntohs(is_v6 ? v6->sin6_port : v4->sin_port);
}

/* --- connections ----------------------------------------------------------------------------- */

static void unlink_connection(struct http_connection **list, struct http_connection *connection)
{
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        *list = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    connection->previous = NULL;
    connection->next = NULL;
}

static void link_connection(struct http_connection **list, struct http_connection *connection)
{
    connection->next = *list;
    if (connection->next != NULL)
        connection->next->previous = connection;
    *list = connection;
}

static struct http_connection *find_arriving(struct sim_http *http, int fd)
{
    struct http_connection *connection = http->arriving;
    while (connection != NULL && connection->fd != fd)
        connection = connection->next;
    return connection;
}

static void forget_arriving(struct sim_http *http, int fd)
{
    struct http_connection *connection = find_arriving(http, fd);
    if (connection == NULL)
        return;
    unlink_connection(&http->arriving, connection);
    free(connection);
}

void http_connection_notify(void *context, struct MHD_Connection *connection, void **socket_context,
                            enum MHD_ConnectionNotificationCode code)
{
    struct sim_http *http = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct http_connection *started = find_arriving(http, info->connect_fd);
        CHECK(started != NULL); /* we are the only ones who add connections */
        unlink_connection(&http->arriving, started);
        link_connection(&started->listener->connections, started);
        http->connection_count++;
        *socket_context = started;
        return;
    }
    struct http_connection *closed = *socket_context;
    CHECK(closed->exchange == NULL);
    unlink_connection(&closed->listener->connections, closed);
    http->connection_count--;
    free(closed);
    *socket_context = NULL;
}

static bool has_hung_up(int fd)
{
    char byte;
    ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/* A suspended connection is not watched: its client may have left long ago (a black hole). */
static void reclaim_hung_up(struct sim_http *http)
{
    for (struct http_exchange *exchange = http->exchanges; exchange != NULL;
         exchange = exchange->next)
        if (exchange->stage == STAGE_HANDLER && !exchange->is_in_handler &&
            exchange->connection != NULL && has_hung_up(exchange->client->fd)) {
            exchange->is_cut = true;
            http_wake(exchange);
        }
}

/* libmicrohttpd (0.9.75) misses the end of a client's stream when it comes together with data: the
 * connection would stay until it times out. Whoever waits for an answer may have closed its half.
 */
void http_end_half_closed(struct sim_http *http)
{
    for (struct sim_http_listener *listener = http->listeners; listener != NULL;
         listener = listener->next)
        for (struct http_connection *connection = listener->connections; connection != NULL;
             connection = connection->next) {
            const struct http_exchange *exchange = connection->exchange;
            bool is_answering = exchange != NULL && exchange->stage >= STAGE_HANDLER;
            if (!is_answering && has_hung_up(connection->fd))
                (void)shutdown(connection->fd, SHUT_RDWR); /* this it notices */
        }
}

static void add_connection(struct sim_http_listener *listener, int fd,
                           const struct sockaddr_storage *peer, socklen_t peer_bytes)
{
    struct sim_http *http = listener->http;
    struct http_connection *connection = sim_alloc(sizeof *connection);
    struct sockaddr_storage local = {0};
    socklen_t local_bytes = sizeof local;
    uint16_t peer_port = 0;
    (void)getsockname(fd, (struct sockaddr *)&local, &local_bytes);
    format_address(&local, connection->local_address, &connection->local_port);
    format_address(peer, connection->peer_address, &peer_port);
    connection->listener = listener;
    connection->fd = fd;
    forget_arriving(http, fd); /* one that libmicrohttpd gave up without a word */
    link_connection(&http->arriving, connection);
    if (MHD_add_connection(http->daemon, fd, (const struct sockaddr *)peer, peer_bytes) != MHD_YES)
        forget_arriving(http, fd); /* closed by libmicrohttpd */
}

/* No descriptor is left: takes the client with the one in reserve and turns it away, since it
 * would keep the listener ready, and the loop spinning, for ever. */
static void turn_away(struct sim_http_listener *listener)
{
    struct sim_http *http = listener->http;
    close(http->reserve_fd);
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    http->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void accept_clients(void *context, int fd, unsigned events)
{
    (void)events;
    struct sim_http_listener *listener = context;
    struct sim_http *http = listener->http;
    for (int i = 0; i < ACCEPTS_MAX && listener->fd == fd; i++) {
        struct sockaddr_storage peer = {0};
        socklen_t peer_bytes = sizeof peer;
        int client =
            accept4(fd, (struct sockaddr *)&peer, &peer_bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0) {
            add_connection(listener, client, &peer, peer_bytes);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE) {
            reclaim_hung_up(http);
            turn_away(listener);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            break;
        }
    }
    if (http->connection_count >= SIM_HTTP_CONNECTIONS_MAX)
        reclaim_hung_up(http);
}

/* --- listeners ------------------------------------------------------------------------------- */

static enum sim_result fail(const struct sim_http_listener *listener, const char *doing,
                            struct sim_error *error)
{
    switch (errno) {
    case EADDRINUSE:
        if (listener->port == 0)
            return sim_error_set(error, RESULT_CONFLICT, "http: no port at address %s is free",
                                 listener->address);
        return sim_error_set(error, RESULT_CONFLICT,
                             "http: port %u at address %s is already in use by another program",
                             listener->port, listener->address);
    case EADDRNOTAVAIL:
        return sim_error_set(error, RESULT_INVALID, "http: %s is not an address of this machine",
                             listener->address);
    default:
        return sim_error_set(error, RESULT_IO, "http: cannot %s at %s port %u: %s", doing,
                             listener->address, listener->port, strerror(errno));
    }
}

static enum sim_result bind_socket(struct sim_http_listener *listener, int fd,
                                   struct sim_error *error)
{
    const int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (listener->socket_address.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    struct sockaddr *address = (struct sockaddr *)&listener->socket_address;
    if (bind(fd, address, listener->socket_address_bytes) != 0)
        return fail(listener, "bind", error);
    if (listen(fd, BACKLOG) != 0)
        return fail(listener, "listen", error);
    socklen_t bytes = listener->socket_address_bytes; /* keeps the port that 0 gave us */
    if (getsockname(fd, address, &bytes) != 0)
        return fail(listener, "getsockname", error);
    char text[48];
    format_address(&listener->socket_address, text, &listener->port);
    return RESULT_OK;
}

static enum sim_result open_socket(struct sim_http_listener *listener, struct sim_error *error)
{
    int fd =
        socket(listener->socket_address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail(listener, "open a socket", error);
    enum sim_result result = bind_socket(listener, fd, error);
    if (result == RESULT_OK)
        result = sim_loop_watch(listener->http->loop, fd, SIM_LOOP_READ, accept_clients, listener,
                                &listener->watch, error);
    if (result != RESULT_OK) {
        close(fd);
        return result;
    }
    listener->fd = fd;
    return RESULT_OK;
}

static void close_socket(struct sim_http_listener *listener)
{
    if (listener->fd < 0)
        return;
    sim_loop_unwatch(listener->http->loop, listener->watch);
    close(listener->fd);
    listener->watch = NULL;
    listener->fd = -1;
}

/* Suspended ones must be woken to notice; the handler may still answer, to nobody. */
static void cut_connections(struct sim_http_listener *listener)
{
    for (struct http_connection *connection = listener->connections; connection != NULL;
         connection = connection->next) {
        http_reset_socket(connection->fd);
        struct http_exchange *exchange = connection->exchange;
        if (exchange == NULL || exchange->stage != STAGE_HANDLER)
            continue;
        exchange->is_cut = true;
        if (!exchange->is_in_handler)
            http_wake(exchange);
    }
}

enum sim_result sim_http_listen(struct sim_http *http, const char *address, uint16_t port,
                                sim_http_handler *handler, void *context,
                                struct sim_http_listener **listener, struct sim_error *error)
{
    PRE(http != NULL && address != NULL && handler != NULL && listener != NULL);
    struct sim_http_listener *fresh = sim_alloc(sizeof *fresh);
    fresh->http = http;
    fresh->fd = -1;
    fresh->port = port;
    fresh->handler = handler;
    fresh->context = context;
    snprintf(fresh->address, sizeof fresh->address, "%s", address);
    enum sim_result result = RESULT_OK;
    if (!parse_address(fresh, address, port))
        result = sim_error_set(error, RESULT_INVALID, "http: \"%s\" is not an IPv4 or IPv6 address",
                               address);
    else
        result = open_socket(fresh, error);
    if (result != RESULT_OK) {
        free(fresh);
        return result;
    }
    fresh->next = http->listeners;
    http->listeners = fresh;
    *listener = fresh;
    return RESULT_OK;
}

uint16_t sim_http_listener_port(const struct sim_http_listener *listener)
{
    return listener->port;
}

const char *sim_http_listener_address(const struct sim_http_listener *listener)
{
    return listener->address;
}

void *sim_http_listener_context(const struct sim_http_listener *listener)
{
    return listener->context;
}

enum sim_result sim_http_listener_set_open(struct sim_http_listener *listener, bool open,
                                           struct sim_error *error)
{
    if (open)
        return listener->fd >= 0 ? RESULT_OK : open_socket(listener, error);
    close_socket(listener);
    cut_connections(listener);
    return RESULT_OK;
}

void http_listeners_destroy(struct sim_http *http)
{
    while (http->arriving != NULL)
        forget_arriving(http, http->arriving->fd);
    while (http->listeners != NULL) {
        struct sim_http_listener *listener = http->listeners;
        http->listeners = listener->next;
        close_socket(listener);
        CHECK(listener->connections == NULL);
        free(listener);
    }
}
