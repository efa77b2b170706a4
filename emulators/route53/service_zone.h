/* service_zone.h -- the hosted zones that AWS services keep for their endpoints: what an alias may
 * target beside the records of its own zone.
 *
 * Purpose  Recognises a target by the service's published hosted zone id and the form of its name.
 * Source   AWS General Reference, "Service endpoints and quotas" of each service; Route 53 API
 *          reference, AliasTarget. Ids of VPC endpoints are not published: the name decides. */
#ifndef EMULATORS_ROUTE53_SERVICE_ZONE_H
#define EMULATORS_ROUTE53_SERVICE_ZONE_H

#include "emulators/route53/rrset.h"

#define R53_SERVICE_TTL_S 60 /* of an alias to an AWS resource */

enum r53_service_kind {
    R53_SERVICE_API_GATEWAY,
    R53_SERVICE_CLOUDFRONT,
    R53_SERVICE_ACCELERATOR,
    R53_SERVICE_LOAD_BALANCER, /* classic and application */
    R53_SERVICE_NETWORK_BALANCER,
    R53_SERVICE_WEBSITE,
    R53_SERVICE_BEANSTALK,
    R53_SERVICE_VPC_ENDPOINT,
};

struct r53_service_zone {
    const char *id;
    enum r53_service_kind kind;
    const char *region; /* "": a global service */
};

enum r53_service_match {
    R53_SERVICE_NONE,    /* not a service's zone: a hosted zone of the account, or nothing */
    R53_SERVICE_FOREIGN, /* a service's zone, in which such a name does not lie */
    R53_SERVICE_FOUND,
};

/* name as text, with or without the last dot, in any case. */
enum r53_service_match r53_service_zone_match(const char *zone_id, const char *name,
                                              const struct r53_service_zone **zone,
                                              char region[R53_REGION_BYTES]);
/* The hosted zone id of the service in whose zone a name lies; NULL: it is no such name. */
const char *r53_service_zone_id_of(const char *name);
/* Does the service answer for that type? */
bool r53_service_has_type(const struct r53_service_zone *zone, ldns_rr_type type);

#endif
