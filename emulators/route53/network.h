/* network.h -- which Region a client address is in.
 *
 * Purpose  Latency and geolocation routing for DNS clients: a table of networks, longest prefix
 *          first.
 * Owner    _fini gives back what the table holds. */
#ifndef EMULATORS_ROUTE53_NETWORK_H
#define EMULATORS_ROUTE53_NETWORK_H

#include "sim/core/error.h"

#define R53_NETWORK_MAX 4096

struct r53_address {
    uint8_t bytes[16];
    uint8_t byte_count; /* 4 or 16; 0: not known */
};

/* Who asks, as far as answers depend on it. */
struct r53_client {
    const char *region;         /* NULL: nobody knows where */
    const char *vpc_id;         /* NULL: outside of all VPCs */
    struct r53_address address; /* of the client subnet, else of the resolver */
    uint8_t prefix_bits;        /* how much of the address is known */
};

struct r53_networks {
    struct r53_network {
        struct r53_address address;
        uint8_t prefix_bits;
        char *region;
    } * items;
    size_t count;
};

void r53_networks_fini(struct r53_networks *networks);
MUST_USE enum sim_result r53_networks_add(struct r53_networks *networks, const char *cidr,
                                          const char *region, struct sim_error *error);
/* The Region of the longest prefix that covers the address; NULL: none. */
const char *r53_networks_find(const struct r53_networks *networks,
                              const struct r53_address *address);
/* The first network of the Region; false: it has none. */
MUST_USE bool r53_networks_of_region(const struct r53_networks *networks, const char *region,
                                     struct r53_client *client);
/* Do the first bits bits of both agree? */
bool r53_address_has_prefix(const struct r53_address *address, const struct r53_address *prefix,
                            unsigned bits);
MUST_USE bool r53_address_parse(const char *text, struct r53_address *address);

#endif
