#include "emulators/route53/dns_rate.h"

#define TOKEN UINT64_C(1000000)

/* FNV-1a over the bytes that name the network. */
static size_t bucket_of(const struct r53_address *client)
{
    const size_t bytes = client->byte_count == 4 ? 3 : 7;
    uint32_t hash = 2166136261u ^ client->byte_count;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ client->bytes[i]) * 16777619u;
    return (hash ^ hash >> 16) % R53_DNS_BUCKETS;
}

enum r53_dns_verdict r53_dns_rate_take(struct r53_dns_rate *rate, const struct r53_address *client,
                                       uint64_t now_us)
{
    struct r53_dns_bucket *bucket = &rate->buckets[bucket_of(client)];
    const uint64_t full = rate->per_second * TOKEN;
    const uint64_t passed_us = now_us - bucket->filled_us;
    if (rate->per_second == 0)
        return R53_DNS_ANSWER;
    if (bucket->filled_us == 0 || passed_us >= SIM_US_PER_S)
        bucket->tokens = full;
    else
        bucket->tokens += passed_us * rate->per_second;
    if (bucket->tokens > full)
        bucket->tokens = full;
    bucket->filled_us = now_us;
    if (bucket->tokens >= TOKEN) {
        bucket->tokens -= TOKEN;
        return R53_DNS_ANSWER;
    }
    bucket->has_slipped = !bucket->has_slipped;
    return bucket->has_slipped ? R53_DNS_SLIP : R53_DNS_DROP;
}
