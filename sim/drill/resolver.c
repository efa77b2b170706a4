#include "sim/drill/resolver.h"

#include <stdio.h>
#include <string.h>

void drill_resolver_init(struct drill_resolver *resolver,
                         const struct drill_resolver_options *options, const char *host,
                         const char *client_region, const struct sim_random *random)
{
    *resolver = (struct drill_resolver){
        .options = options, .host = host, .client_region = client_region, .random = *random};
}

const char *drill_resolver_cached(const struct drill_resolver *resolver, uint64_t now_us)
{
    if (resolver->address[0] == '\0')
        return NULL;
    bool is_fresh = resolver->options->ttl == DRILL_TTL_PINS || now_us < resolver->expires_us;
    return is_fresh || resolver->is_connected ? resolver->address : NULL;
}

static uint64_t lifetime_us(const struct drill_resolver_options *options, uint32_t ttl_s)
{
    uint64_t ttl_us = (uint64_t)ttl_s * SIM_US_PER_S;
    if (options->ttl == DRILL_TTL_IGNORES)
        return 0;
    if (ttl_us < options->minimum_ttl_us)
        ttl_us = options->minimum_ttl_us;
    if (options->maximum_ttl_us > 0 && ttl_us > options->maximum_ttl_us)
        ttl_us = options->maximum_ttl_us;
    return ttl_us;
}

/* RFC 2308: kept for the time that the SOA tells, within the resolver's own bound. */
static void keep_negative(struct drill_resolver *resolver, const struct r53_answer *answer,
                          uint64_t now_us)
{
    uint64_t ttl_us = (uint64_t)answer->ttl_s * SIM_US_PER_S;
    uint64_t most_us = resolver->options->negative_ttl_us;
    bool is_denial = answer->rcode == 3 || answer->rcode == 0; /* not a failure of the servers */
    if (is_denial && most_us > 0)
        resolver->negative_until_us = now_us + (ttl_us < most_us ? ttl_us : most_us);
}

const char *drill_resolver_ask(struct drill_resolver *resolver, struct r53 *r53, uint64_t now_us)
{
    struct r53_answer answer;
    resolver->address[0] = '\0';
    if (now_us < resolver->negative_until_us)
        return NULL;
    r53_resolve(r53, resolver->host, "A", resolver->client_region, &answer);
    bool is_first = resolver->question_count++ == 0;
    if (answer.rcode != 0 || answer.value_count == 0) {
        keep_negative(resolver, &answer, now_us);
        return NULL;
    }
    snprintf(resolver->address, sizeof resolver->address, "%.63s", answer.values[0]);
    uint64_t left_us = lifetime_us(resolver->options, answer.ttl_s);
    /* A shared resolver has cached the name for others already: what is left of it is anybody's
     * guess. */
    if (is_first && left_us > 0)
        left_us = 1 + sim_random_below(&resolver->random, left_us);
    resolver->asked_us = now_us;
    resolver->expires_us = now_us + left_us;
    return resolver->address;
}

void drill_resolver_prefetch(struct drill_resolver *resolver, struct r53 *r53, uint64_t now_us)
{
    uint64_t whole_us = resolver->expires_us - resolver->asked_us;
    char used[sizeof resolver->address];
    if (!resolver->options->prefetches || resolver->options->ttl != DRILL_TTL_HONOURS ||
        now_us >= resolver->expires_us || resolver->expires_us - now_us >= whole_us / 10)
        return;
    memcpy(used, resolver->address, sizeof used);
    if (drill_resolver_ask(resolver, r53, now_us) == NULL) /* then the old one for its time */
        memcpy(resolver->address, used, sizeof used);
}

void drill_resolver_note(struct drill_resolver *resolver, bool connected)
{
    resolver->is_connected = connected && resolver->options->keeps_connection;
}
