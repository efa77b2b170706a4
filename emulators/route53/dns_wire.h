/* dns_wire.h -- a reply's bytes, with names compressed.
 *
 * Purpose  ldns_pkt2wire() keeps a tree of every suffix of every name, which costs more than all
 * the rest of an answer. Here names are looked up in a short list of offsets. Source   RFC
 * 1035 4.1.4; names within rdata are compressed for the types of RFC 1035 only (RFC 3597). */
#ifndef EMULATORS_ROUTE53_DNS_WIRE_H
#define EMULATORS_ROUTE53_DNS_WIRE_H

#include <ldns/ldns.h>

#include "sim/core/base.h"

/* Writes at most limit bytes; 0: it takes more. */
size_t r53_dns_wire(const ldns_pkt *packet, uint8_t *bytes, size_t limit);

#endif
