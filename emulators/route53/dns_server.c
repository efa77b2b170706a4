/* dns_server.c -- opening and closing the sockets, and UDP: many packets a turn. */
#include "emulators/route53/dns_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emulators/route53/dns_rate.h"
#include "emulators/route53/recursive.h"
#include "emulators/route53/route53_internal.h"
#include "sim/core/clock.h"

#define BATCH_PACKETS 32
#define BATCHES_TURN  8 /* then the rest of the loop gets its turn */
#define PORT_ATTEMPTS 64

struct r53_udp_batch {
    struct mmsghdr received[BATCH_PACKETS];
    struct mmsghdr sent[BATCH_PACKETS];
    struct iovec in[BATCH_PACKETS];
    struct iovec out[BATCH_PACKETS];
    struct sockaddr_storage peers[BATCH_PACKETS];
    uint8_t queries[BATCH_PACKETS][R53_DNS_UDP_MAX];
    uint8_t replies[BATCH_PACKETS][R53_DNS_UDP_MAX];
    uint8_t reply[R53_DNS_MESSAGE_MAX];
};

struct r53_dns_peer r53_peer_of(const struct sockaddr_storage *address, bool is_tcp)
{
    struct r53_dns_peer peer = {.is_tcp = is_tcp};
    if (address->ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        memcpy(peer.address.bytes, &v4.sin_addr, 4);
        peer.address.byte_count = 4;
    } else if (address->ss_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        memcpy(peer.address.bytes, &v6.sin6_addr, 16);
        peer.address.byte_count = 16;
    }
    return peer;
}

size_t r53_server_answer(struct r53_dns_server *server, const struct r53_dns_peer *peer,
                         const uint8_t *query, size_t query_bytes, uint8_t *reply)
{
    return server->recursive != NULL
               ? r53_recursive_handle(server->recursive, peer, query, query_bytes, reply)
               : r53_dns_handle(server->r53, peer, query, query_bytes, reply);
}

/* --- UDP
 * ------------------------------------------------------------------------------------------
 */

static void send_all(int fd, struct mmsghdr *messages, unsigned count)
{
    while (count > 0) {
        int sent = sendmmsg(fd, messages, count, MSG_DONTWAIT);
        if (sent <= 0) {
            if (errno == EAGAIN || errno == EINTR)
                return; /* a full socket buffer loses datagrams, as networks do */
            sent = 1;   /* one peer that cannot be reached must not cost the others */
        }
        messages += sent;
        count -= (unsigned)sent;
    }
}

static int receive(struct r53_udp_batch *batch, int fd)
{
    for (size_t i = 0; i < BATCH_PACKETS; i++) {
        batch->in[i] = (struct iovec){batch->queries[i], sizeof(batch->queries[i])};
        batch->received[i] = (struct mmsghdr){0};
        batch->received[i].msg_hdr.msg_name = &batch->peers[i];
        batch->received[i].msg_hdr.msg_namelen = sizeof(batch->peers[i]);
        batch->received[i].msg_hdr.msg_iov = &batch->in[i];
        batch->received[i].msg_hdr.msg_iovlen = 1;
    }
    return recvmmsg(fd, batch->received, BATCH_PACKETS, MSG_DONTWAIT, NULL);
}

/* What goes back for one packet, within the bound of its sender's network; 0: nothing. */
static size_t answer_packet(struct r53_dns_server *server, const struct r53_dns_peer *peer,
                            const uint8_t *query, size_t query_bytes, uint64_t now_us)
{
    uint8_t *reply = server->batch->reply;
    switch (r53_dns_rate_take(server->r53->dns_rate, &peer->address, now_us)) {
    case R53_DNS_ANSWER:
        return r53_server_answer(server, peer, query, query_bytes, reply);
    case R53_DNS_SLIP:
        return r53_dns_truncated(query, query_bytes, reply);
    case R53_DNS_DROP:
        break;
    }
    return 0;
}

void r53_udp_ready(void *context, int fd, unsigned events UNUSED)
{
    struct r53_dns_server *server = context;
    struct r53_udp_batch *batch = server->batch;
    for (size_t turn = 0; turn < BATCHES_TURN; turn++) {
        int count = receive(batch, fd);
        const uint64_t now_us = sim_clock_machine_us();
        unsigned answered = 0;
        for (int i = 0; i < count; i++) {
            const struct r53_dns_peer peer = r53_peer_of(&batch->peers[i], false);
            size_t bytes =
                answer_packet(server, &peer, batch->queries[i], batch->received[i].msg_len, now_us);
            if (bytes == 0 || bytes > R53_DNS_UDP_MAX)
                continue;
            memcpy(batch->replies[answered], batch->reply, bytes);
            batch->out[answered] = (struct iovec){batch->replies[answered], bytes};
            batch->sent[answered] = (struct mmsghdr){0};
            batch->sent[answered].msg_hdr.msg_name = &batch->peers[i];
            batch->sent[answered].msg_hdr.msg_namelen = batch->received[i].msg_hdr.msg_namelen;
            batch->sent[answered].msg_hdr.msg_iov = &batch->out[answered];
            batch->sent[answered].msg_hdr.msg_iovlen = 1;
            answered++;
        }
        send_all(fd, batch->sent, answered);
        if (count < BATCH_PACKETS)
            return;
    }
}

/* --- opening and closing
 * --------------------------------------------------------------------------
 */

static bool make_address(const char *text, uint16_t port, struct sockaddr_storage *address,
                         socklen_t *bytes)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    memset(address, 0, sizeof(*address));
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(address, &v4, sizeof(v4));
        *bytes = sizeof(v4);
        return true;
    }
    if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
        memcpy(address, &v6, sizeof(v6));
        *bytes = sizeof(v6);
        return true;
    }
    return false;
}

/* A bound socket, or -1 with errno set. */
static int bind_socket(const char *text, uint16_t port, int type)
{
    struct sockaddr_storage address;
    socklen_t bytes = 0;
    int on = 1;
    int fd = -1;
    if (!make_address(text, port, &address, &bytes)) {
        errno = EINVAL;
        return -1;
    }
    fd = socket(address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (type == SOCK_STREAM)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    struct sockaddr *generic = (struct sockaddr *)&address;
    if (bind(fd, generic, bytes) == 0 && (type != SOCK_STREAM || listen(fd, SOMAXCONN) == 0))
        return fd;
    on = errno;
    (void)close(fd);
    errno = on;
    return -1;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in v4;
    socklen_t bytes = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &bytes) != 0)
        return 0;
    memcpy(&v4, &address, sizeof(v4)); /* the port stands at the same place in both families */
    return ntohs(v4.sin_port);
}

/* Both sockets on one port; with port 0 one is searched that is free for both. */
static bool bind_both(struct r53_dns_server *server, const char *address, uint16_t port)
{
    for (int i = 0; i < PORT_ATTEMPTS; i++) {
        server->tcp_fd = bind_socket(address, port, SOCK_STREAM);
        if (server->tcp_fd < 0)
            return false;
        server->port = port_of(server->tcp_fd);
        server->udp_fd = bind_socket(address, server->port, SOCK_DGRAM);
        if (server->udp_fd >= 0)
            return true;
        int problem = errno;
        (void)close(server->tcp_fd);
        server->tcp_fd = -1;
        errno = problem;
        if (port != 0 || problem != EADDRINUSE)
            return false;
    }
    return false;
}

static uint64_t sweep(void *context)
{
    const struct r53 *r53 = context;
    uint64_t wait_us = UINT64_MAX;
    for (struct r53_dns_server *server = r53->dns; server != NULL; server = server->next) {
        uint64_t server_us = r53_tcp_sweep(server);
        if (server_us < wait_us)
            wait_us = server_us;
    }
    return wait_us;
}

static void close_server(struct r53_dns_server *server)
{
    r53_tcp_close_all(server);
    if (server->udp_watch != NULL)
        sim_loop_unwatch(server->loop, server->udp_watch);
    if (server->tcp_watch != NULL)
        sim_loop_unwatch(server->loop, server->tcp_watch);
    if (server->udp_fd >= 0)
        (void)close(server->udp_fd);
    if (server->tcp_fd >= 0)
        (void)close(server->tcp_fd);
    free(server->batch);
    free(server);
}

static void append_server(struct r53 *r53, struct r53_dns_server *server)
{
    struct r53_dns_server **at = &r53->dns;
    while (*at != NULL)
        at = &(*at)->next;
    *at = server;
}

static enum sim_result listen_at(struct r53 *r53, struct r53_recursive *recursive,
                                 struct sim_loop *loop, const char *address, uint16_t port,
                                 struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    struct r53_dns_server *server = sim_alloc(sizeof(*server));
    server->r53 = r53;
    server->recursive = recursive;
    server->loop = loop;
    server->udp_fd = server->tcp_fd = -1;
    if (!bind_both(server, address, port))
        result = sim_error_set(error, RESULT_IO, "cannot serve DNS on %s port %u: %s", address,
                               (unsigned)port, strerror(errno));
    server->batch = sim_alloc(sizeof(*server->batch));
    if (result == RESULT_OK)
        result = sim_loop_watch(loop, server->udp_fd, SIM_LOOP_READ, r53_udp_ready, server,
                                &server->udp_watch, error);
    if (result == RESULT_OK)
        result = sim_loop_watch(loop, server->tcp_fd, SIM_LOOP_READ, r53_tcp_accept, server,
                                &server->tcp_watch, error);
    if (result != RESULT_OK) {
        close_server(server);
        return result;
    }
    if (r53->dns == NULL)
        sim_loop_limit_wait(loop, sweep, r53);
    append_server(r53, server);
    return RESULT_OK;
}

enum sim_result r53_dns_listen(struct r53 *r53, struct sim_loop *loop, const char *address,
                               uint16_t port, struct sim_error *error)
{
    return listen_at(r53, NULL, loop, address, port, error);
}

enum sim_result r53_recursive_listen(struct r53 *r53, const struct r53_recursive_policy *policy,
                                     struct sim_loop *loop, const char *address, uint16_t port,
                                     struct sim_error *error)
{
    if (r53->recursive == NULL)
        r53->recursive = r53_recursive_create(r53, policy);
    return listen_at(r53, r53->recursive, loop, address, port, error);
}

void r53_dns_close(struct r53 *r53)
{
    struct r53_dns_server *next = NULL;
    for (struct r53_dns_server *server = r53->dns; server != NULL; server = next) {
        next = server->next;
        close_server(server);
    }
    r53->dns = NULL;
}

uint16_t r53_recursive_port(const struct r53 *r53)
{
    for (const struct r53_dns_server *server = r53->dns; server != NULL; server = server->next)
        if (server->recursive != NULL)
            return server->port;
    return 0;
}

uint16_t r53_dns_port(const struct r53 *r53)
{
    return r53->dns == NULL ? 0 : r53->dns->port;
}
