/* route53.h -- Route 53 as the layers above see it: zones, health checks, and the DNS they give.
 *
 * Purpose  The API edits zones through dispatch; one resolver walks record trees for the DNS
 *          sockets, for TestDNSAnswer and for simulated clients.
 * Errors   r53_create() fails when the data directory is damaged; then *r53 is to be destroyed.
 * Owner    r53_create() gives, r53_destroy() takes back. Once DNS is served, the loop must outlive
 *          the r53, and must not turn after it is destroyed.
 * Trace    route53.change (zone, id, status), health.change (id, status, cause: a check's verdict),
 *          health.served (the same: DNS goes by it from now), dns.answer (name, type, rcode, values
 *          with blanks between, why: the set identifiers chosen from the top down, "/" between;
 *          its region is the client's). */
#ifndef EMULATORS_ROUTE53_ROUTE53_H
#define EMULATORS_ROUTE53_ROUTE53_H

#include "emulators/wire/call.h"

struct r53;

extern const struct wire_service r53_service; /* "route53" */

MUST_USE enum sim_result r53_create(const struct wire_host *host, struct r53 **r53,
                                    struct sim_error *error);
/* Once all services are there: what was found in the data directory asks them for its health. */
void r53_judge_anew(struct r53 *r53);
void r53_destroy(struct r53 *r53);
void r53_reset(struct r53 *r53); /* as just created; DNS sockets stay */

/* How long a change stays PENDING (default 20 s), and how long a health verdict takes to reach DNS
 * (default 5 s; each is drawn from 60 to 140 percent of it). 0: at once. */
void r53_set_propagation(struct r53 *r53, uint64_t change_us, uint64_t health_us);
/* Latency routing: round trip in µs between a client Region and a record's Region; the topology
 * gives it. The default asks the network's links. */
typedef uint64_t r53_latency_fn(void *context, const char *client_region,
                                const char *record_region);
void r53_set_latency(struct r53 *r53, r53_latency_fn *latency, void *context);

/* Which Regions host the application that global endpoints (CloudFront, Global Accelerator) lead
 * to; by default all that host services. */
typedef bool r53_hosts_fn(void *context, const char *region);
void r53_set_hosts(struct r53 *r53, r53_hosts_fn *hosts, void *context);

/* Which Region a client address is in (longest prefix wins): for latency routing by DNS and ECS. */
MUST_USE enum sim_result r53_add_client_network(struct r53 *r53, const char *cidr,
                                                const char *region, struct sim_error *error);

/* Addresses inside a VPC: their DNS questions are answered from its private zones first. */
MUST_USE enum sim_result r53_add_vpc_network(struct r53 *r53, const char *cidr, const char *vpc_id,
                                             struct sim_error *error);

#define R53_ANSWER_VALUES_MAX 16
struct r53_answer {
    int rcode; /* 0 NOERROR, 3 NXDOMAIN, 5 REFUSED (no zone), 2 SERVFAIL (an injected fault), 1 (a
                  name or type that is none) */
    uint32_t ttl_s; /* smallest of the answer; of the SOA's minimum when empty */
    size_t value_count;
    char values[R53_ANSWER_VALUES_MAX]
               [256]; /* rdata as text; CNAME chains inside the zone followed */
};
/* What the authoritative servers answer now to a resolver in client_region (NULL: nobody knows
 * where). */
void r53_resolve(struct r53 *r53, const char *name, const char *type, const char *client_region,
                 struct r53_answer *answer);

/* Serves DNS on UDP and TCP at one more address. Port 0 takes a free one (the same for both).
 * r53_dns_port() tells that of the first address; 0 while nothing is served. IO when the port is
 * taken, with address and port. */
MUST_USE enum sim_result r53_dns_listen(struct r53 *r53, struct sim_loop *loop, const char *address,
                                        uint16_t port, struct sim_error *error);
/* How many answers a second a client network may have by UDP (dns_rate.h); 0: no bound. */
void r53_dns_set_rate(struct r53 *r53, uint32_t per_second);
uint16_t r53_dns_port(const struct r53 *r53);
/* {"queries": [{at, client, client_region, transport, name, type, status, ttl_s, answer, steps}],
 * "count"}: what came by sockets, oldest first, at most the latest 1,000; of one name (NULL: all)
 * and the last so many (0: all). The caller deletes it. */
MUST_USE cJSON *r53_queries(const struct r53 *r53, const char *name, size_t last);
/* A caching resolver (recursive.h) at one more address; the first call's policy counts. Its port; 0
 * while none is served. Serve the authoritative side first. */
struct r53_recursive_policy;
MUST_USE enum sim_result r53_recursive_listen(struct r53 *r53,
                                              const struct r53_recursive_policy *policy,
                                              struct sim_loop *loop, const char *address,
                                              uint16_t port, struct sim_error *error);
uint16_t r53_recursive_port(const struct r53 *r53);

#endif
