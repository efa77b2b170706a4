/* server.h -- a world with its sockets: what "regionlab up" runs.
 *
 * Purpose  One loop, the common port on both loopbacks, each Region's front on its own loopback
 * address, the five cluster endpoints, the applications, DNS, and the control API. A Region that
 * goes down takes its sockets with it. Owner    server_open() gives, server_close() takes back.
 * Errors   CONFLICT for a taken port, INVALID for a bad world, IO. */
#ifndef SIM_CLI_SERVER_H
#define SIM_CLI_SERVER_H

#include "emulators/route53/recursive.h"
#include "emulators/wire/front.h"
#include "sim/console/control.h"
#include "sim/core/http.h"
#include "sim/core/http_client.h"
#include "topology/world.h"

#define SERVER_PORT_DEFAULT             4566
#define SERVER_DNS_PORT_DEFAULT         5300
#define SERVER_APPLICATION_PORT_DEFAULT 8080
#define SERVER_CLUSTER_PORT_DEFAULT     4571 /* and the next four */

struct server_options {
    const char *world;  /* built-in name or path */
    const char *listen; /* NULL: both loopbacks */
    uint64_t port;      /* 0: free ones for everything */
    uint64_t dns_port;
    bool has_resolver; /* a caching resolver in front of the DNS */
    uint64_t dns_rate; /* answers a second and client network; 0: no bound */
    bool has_dns_rate;
    uint64_t resolver_port;
    struct r53_recursive_policy resolver_policy;
    uint64_t application_port;
    uint64_t cluster_port;
    uint64_t seed;
    struct sim_clock_options clock;
    struct sim_data_options data; /* no directory: everything is in memory */
    bool verifies_signatures;     /* else any access key works */
    bool never_throttles;         /* else tables refuse what exceeds their throughput */
    struct topo_timing_choices timings;
    FILE *trace; /* NULL: none */
};

enum server_socket_kind { SOCKET_COMMON, SOCKET_REGION, SOCKET_CLUSTER, SOCKET_APPLICATION };

struct server;

struct server_socket {
    struct server *server;
    enum server_socket_kind kind;
    struct wire_listener wire; /* what it fixes about requests */
    size_t instance;           /* APPLICATION: index into the world's instances */
    const char *region;        /* it falls with this one; NULL: never */
    struct sim_http_listener *listener;
};

struct server {
    struct sim_data *data; /* NULL: everything is in memory */
    bool data_failed;      /* data_error: why nothing can be kept any more */
    struct sim_error data_error;
    struct topo_world *world;
    struct sim_loop *loop;
    struct sim_http *http;
    struct sim_http_client *http_client;
    struct wire_front *front;
    struct control *control;
    struct server_socket *sockets;
    size_t socket_count;
    struct sim_arena *arena; /* owns the names of Regions: those of the world go with a reset */
    const char *dns_address;
    bool dns_has_ipv6; /* [::1] answers DNS as well, on the same port */
};

/* A port that is free on the Regions' loopback addresses just now. */
uint64_t server_free_port(void);

MUST_USE enum sim_result server_open(const struct server_options *options, struct server **server,
                                     struct sim_error *error);
MUST_USE enum sim_result server_run(struct server *server, struct sim_error *error);
void server_close(struct server *server); /* NULL is allowed */

/* The instance behind an application's socket. */
const struct topo_instance *server_instance(const struct server_socket *socket);

#endif
