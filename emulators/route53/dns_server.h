/* dns_server.h -- the sockets of one address: UDP, one that listens for TCP, its connections. */
#ifndef EMULATORS_ROUTE53_DNS_SERVER_H
#define EMULATORS_ROUTE53_DNS_SERVER_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "emulators/route53/dns.h"
#include "sim/core/loop.h"

#define R53_TCP_CONNECTIONS_MAX 256
#define R53_TCP_IDLE_US         (UINT64_C(10) * SIM_US_PER_S) /* of the machine's time */
#define R53_TCP_UNSENT_MAX      (4 * R53_DNS_MESSAGE_MAX)

struct r53_tcp_connection;
struct r53_recursive;

struct r53_dns_server {
    struct r53 *r53;
    struct r53_recursive *recursive; /* answers from its cache; NULL: authoritative */
    struct r53_dns_server *next;     /* at the next address */
    struct sim_loop *loop;
    uint16_t port;
    int udp_fd;
    struct sim_watch *udp_watch;
    struct r53_udp_batch *batch; /* packets of one turn */
    int tcp_fd;
    struct sim_watch *tcp_watch;
    struct r53_tcp_connection *connections; /* the latest to be used first */
    struct r53_tcp_connection *connections_end;
    size_t connection_count;
};

size_t r53_server_answer(struct r53_dns_server *server, const struct r53_dns_peer *peer,
                         const uint8_t *query, size_t query_bytes, uint8_t *reply);
struct r53_dns_peer r53_peer_of(const struct sockaddr_storage *address, bool is_tcp);
void r53_udp_ready(void *context, int fd, unsigned events);
void r53_tcp_accept(void *context, int fd, unsigned events);
void r53_tcp_close_all(struct r53_dns_server *server);
/* Closes what was idle too long; how long until the next is. For sim_loop_limit_wait(). */
uint64_t r53_tcp_sweep(struct r53_dns_server *server);

#endif
