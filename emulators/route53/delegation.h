/* delegation.h -- reusable delegation sets: four name servers that several zones share.
 *
 * Source   Route 53 API reference, CreateReusableDelegationSet; quota page.
 * Owner    struct r53_delegations owns its sets. */
#ifndef EMULATORS_ROUTE53_DELEGATION_H
#define EMULATORS_ROUTE53_DELEGATION_H

#include "emulators/route53/zone.h"
#include "sim/core/random.h"

#define R53_DELEGATION_MAX      100 /* quota */
#define R53_DELEGATION_ZONE_MAX 100 /* quota */

struct r53_delegation {
    char id[R53_ID_BYTES];
    char *caller_reference;
    char name_servers[R53_NAME_SERVER_COUNT][R53_NAME_SERVER_BYTES];
};

struct r53_delegations {
    struct r53_delegation **by_id; /* sorted */
    size_t count;
};

void r53_delegations_fini(struct r53_delegations *delegations);
/* All zero but the id; the caller fills the rest. */
struct r53_delegation *r53_delegation_add(struct r53_delegations *delegations, const char *id);
void r53_delegation_remove(struct r53_delegations *delegations, struct r53_delegation *delegation);
/* id with or without "/delegationset/"; NULL: none. */
struct r53_delegation *r53_delegation_find(const struct r53_delegations *delegations,
                                           const char *id);
/* One server in each of four top-level domains: 2,048 in all, eight to a number. */
void r53_draw_name_servers(struct sim_random *random,
                           char servers[R53_NAME_SERVER_COUNT][R53_NAME_SERVER_BYTES]);
size_t r53_delegation_zone_count(const struct r53_zones *zones, const char *id);

#endif
