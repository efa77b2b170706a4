/* dns.h -- DNS messages and the sockets that carry them.
 *
 * Purpose  r53_dns_handle() is bytes in, bytes out: tests and the fuzzer call it without a socket.
 * Source   RFC 1034, 1035, 2308, 4592, 6891 (EDNS), 7766 (TCP), 7871 (client subnet). */
#ifndef EMULATORS_ROUTE53_DNS_H
#define EMULATORS_ROUTE53_DNS_H

#include "emulators/route53/network.h"
#include "emulators/route53/route53.h"

#define R53_DNS_MESSAGE_MAX 65535
#define R53_DNS_UDP_MAX     4096 /* what is offered and the most that is sent by UDP */

struct r53_dns_peer {
    struct r53_address address;
    bool is_tcp;
};

/* Writes the reply into reply (R53_DNS_MESSAGE_MAX bytes). 0: nothing is to be said. */
size_t r53_dns_handle(struct r53 *r53, const struct r53_dns_peer *peer, const uint8_t *query,
                      size_t query_bytes, uint8_t *reply);
/* "Come again by TCP": header and question of the query, TC set. 0: the query is not sound. */
size_t r53_dns_truncated(const uint8_t *query, size_t query_bytes, uint8_t *reply);
/* The Region a client address is in: by the table of networks, else by the Regions' loopback
 * addresses, else the first; NULL: there is none. */
const char *r53_client_region(struct r53 *r53, const struct r53_address *address);

void r53_dns_close(struct r53 *r53); /* stops serving; the loop must still live */

#endif
