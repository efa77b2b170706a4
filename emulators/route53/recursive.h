/* recursive.h -- a caching resolver in front of the authoritative answers: what clients really ask.
 *
 * Purpose  A failover is as quick as the caches between the record and the client let it be. This
 * is such a cache on the simulated clock, of several temperaments, for live clients. Works    A
 * question is asked once for each client network (EDNS client subnet, else the /24 or /56 of the
 * client), then answered from the cache with the time that is left. CNAMEs are followed through all
 * zones of the world. Nothing is asked outside of this process: what no zone here answers is
 * SERVFAIL. Source   RFC 1034, 2181 (TTL), 2308 (negative answers), 7871 (client subnet), 8767.
 * Raising and lowering of TTLs: cache-min-ttl, cache-max-ttl, cache-max-negative-ttl and prefetch
 * of Unbound's manual (prefetch: in the last tenth of the time); pinning for ever: the JVM's
 *          networkaddress.cache.ttl of -1.
 * Owner    r53_recursive_create() gives, r53_recursive_destroy() takes back. */
#ifndef EMULATORS_ROUTE53_RECURSIVE_H
#define EMULATORS_ROUTE53_RECURSIVE_H

#include "emulators/route53/dns.h"

#define R53_RECURSIVE_ENTRIES_MAX 10000 /* then the one that came first goes */

enum r53_recursive_ttl {
    R53_TTL_HONOURS,
    R53_TTL_IGNORES, /* nothing is kept */
    R53_TTL_PINS,    /* what was answered first stays for ever */
};

struct r53_recursive_policy {
    enum r53_recursive_ttl ttl;
    uint64_t minimum_us;          /* a shorter TTL is raised to this */
    uint64_t maximum_us;          /* a longer one is lowered to this; 0: no bound */
    uint64_t negative_maximum_us; /* the same for negative answers; 0: no bound */
    bool prefetches;
};

/* "honours", "ignores", "pins", "minimum=30s", "maximum=5m", "negative=15m", "prefetch", with
 * commas between. INVALID with a sentence. */
MUST_USE enum sim_result r53_recursive_policy_parse(const char *text,
                                                    struct r53_recursive_policy *policy,
                                                    struct sim_error *error);

struct r53_recursive;

MUST_USE struct r53_recursive *r53_recursive_create(struct r53 *r53,
                                                    const struct r53_recursive_policy *policy);
void r53_recursive_destroy(struct r53_recursive *recursive); /* NULL is allowed */
void r53_recursive_clear(struct r53_recursive *recursive);

/* As r53_dns_handle(). */
size_t r53_recursive_handle(struct r53_recursive *recursive, const struct r53_dns_peer *peer,
                            const uint8_t *query, size_t query_bytes, uint8_t *reply);

#endif
