/* vpc.h -- which VPCs a private hosted zone answers, and which VPC a DNS client asks from.
 *
 * Purpose  There are no VPCs here, only their ids: a list of them hangs on each private zone, and a
 *          table of networks tells in which VPC an address lies.
 * Source   Route 53 developer guide, "Working with private hosted zones".
 * Owner    _fini gives back what a list or table holds. */
#ifndef EMULATORS_ROUTE53_VPC_H
#define EMULATORS_ROUTE53_VPC_H

#include "emulators/route53/network.h"

#define R53_VPC_ID_BYTES          48
#define R53_VPC_REGION_BYTES      32
#define R53_ZONE_VPC_MAX          300  /* quota */
#define R53_VPC_AUTHORIZATION_MAX 1000 /* quota */

struct r53_vpc {
    char id[R53_VPC_ID_BYTES];
    char region[R53_VPC_REGION_BYTES];
};

struct r53_vpcs { /* sorted by id */
    struct r53_vpc *items;
    size_t count;
};

/* "vpc-" and at least one more letter or digit. */
bool r53_vpc_id_is_valid(const char *id);
/* False: an id or Region that none can be. */
MUST_USE bool r53_vpc_init(struct r53_vpc *vpc, const char *id, const char *region);
void r53_vpcs_fini(struct r53_vpcs *vpcs);
/* NULL: it is not there. */
const struct r53_vpc *r53_vpcs_find(const struct r53_vpcs *vpcs, const char *id);
void r53_vpcs_add(struct r53_vpcs *vpcs, const struct r53_vpc *vpc); /* twice is once */
void r53_vpcs_remove(struct r53_vpcs *vpcs, const char *id);

#endif
