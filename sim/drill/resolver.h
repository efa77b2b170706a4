/* resolver.h -- a simulated client's caching resolver, of several temperaments.
 *
 * Purpose  Which address a client uses now: from its cache, its open connection, or a new question
 * to the authoritative servers. Source   Temperaments as measured in public studies of DNS-based
 * redirection, and the JVM's networkaddress.cache.ttl: honours the TTL, raises or lowers it,
 * ignores it, pins for ever. Negative answers: RFC 2308. Prefetching: Unbound's manual. Owner    In
 * place; strings are borrowed. */
#ifndef SIM_DRILL_RESOLVER_H
#define SIM_DRILL_RESOLVER_H

#include "emulators/route53/route53.h"
#include "sim/drill/drill_file.h"

struct drill_resolver {
    const struct drill_resolver_options *options;
    const char *host;
    const char *client_region;
    char address[64];  /* "" while nothing is cached */
    uint64_t asked_us; /* simulated time since the epoch, like those below */
    uint64_t expires_us;
    uint64_t negative_until_us; /* the name is known not to exist until then */
    bool is_connected;          /* a connection to address is open and kept */
    uint64_t question_count;
    struct sim_random random; /* the first answer's age: drawn, for others asked before us */
};

void drill_resolver_init(struct drill_resolver *resolver,
                         const struct drill_resolver_options *options, const char *host,
                         const char *client_region, const struct sim_random *random);
/* The address if no question is needed now, else NULL. */
const char *drill_resolver_cached(const struct drill_resolver *resolver, uint64_t now_us);
/* Asks, unless the name is known not to exist; the address (also cached), or NULL when the name has
 * none. */
const char *drill_resolver_ask(struct drill_resolver *resolver, struct r53 *r53, uint64_t now_us);
/* The cached address was used: asks anew for the next time, where the resolver does so. */
void drill_resolver_prefetch(struct drill_resolver *resolver, struct r53 *r53, uint64_t now_us);
/* How the last request to the address went, for those who keep connections. */
void drill_resolver_note(struct drill_resolver *resolver, bool connected);

#endif
