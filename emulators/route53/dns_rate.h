/* dns_rate.h -- how many answers a client network may have a second, by UDP.
 *
 * Purpose  A server that answers spoofed questions without bound is a weapon against others, and
 *          one client must not take what all share. A token bucket a network (/24, /56), that holds
 *          one second's answers; networks that fall together in the table share one. Past it every
 *          second question gets an empty answer with TC set, so that a real client comes again by
 *          TCP, and the others get none.
 * Units    Time is the machine's: the bound protects the machine. */
#ifndef EMULATORS_ROUTE53_DNS_RATE_H
#define EMULATORS_ROUTE53_DNS_RATE_H

#include "emulators/route53/network.h"

#define R53_DNS_RATE_DEFAULT 200000 /* answers a second and network */
#define R53_DNS_RATE_MAX     10000000
#define R53_DNS_BUCKETS      1024

struct r53_dns_rate {
    uint32_t per_second; /* 0: no bound */
    struct r53_dns_bucket {
        uint64_t filled_us; /* when it was last filled up; 0: never used */
        uint64_t tokens;    /* millionths of an answer */
        bool has_slipped;   /* the last one past the bound was told to come by TCP */
    } buckets[R53_DNS_BUCKETS];
};

enum r53_dns_verdict { R53_DNS_ANSWER, R53_DNS_SLIP, R53_DNS_DROP };
enum r53_dns_verdict r53_dns_rate_take(struct r53_dns_rate *rate, const struct r53_address *client,
                                       uint64_t now_us);

#endif
