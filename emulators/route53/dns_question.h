/* dns_question.h -- what a query asks, for whoever answers it otherwise than r53_dns_handle().
 *
 * Owner    The record belongs to the reader: ldns_rr_free(). */
#ifndef EMULATORS_ROUTE53_DNS_QUESTION_H
#define EMULATORS_ROUTE53_DNS_QUESTION_H

#include <ldns/ldns.h>

#include "emulators/route53/dns.h"
#include "emulators/route53/name.h"

#define R53_SUBNET_OPTION_MAX 24

struct r53_dns_question {
    uint16_t id;
    bool is_recursion_wanted;
    struct r53_name name; /* in lower case */
    ldns_rr *record;      /* as it was asked */
    unsigned type;
    size_t limit_bytes; /* of the reply */
    bool has_edns;
    uint8_t subnet[R53_SUBNET_OPTION_MAX]; /* the client subnet option as it came */
    size_t subnet_bytes;                   /* 0: none */
};

/* False for everything but a sound, plain question of class IN; nothing is to be freed then. */
MUST_USE bool r53_dns_question_read(const struct r53_dns_peer *peer, const uint8_t *query,
                                    size_t query_bytes, struct r53_dns_question *question);
/* Gives a query of ours that client subnet option. */
void r53_dns_set_subnet(ldns_pkt *query, const uint8_t *subnet, size_t subnet_bytes);

#endif
