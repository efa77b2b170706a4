/* rrset.h -- one resource record set: immutable once made, shared by counting its users.
 *
 * Purpose  The same set stands in the zone as the API sees it and in the zone as DNS serves it, and
 *          in changes under way.
 * Owner    r53_rrset_create() gives one use; r53_rrset_use() adds one, r53_rrset_drop() ends one.
 */
#ifndef EMULATORS_ROUTE53_RRSET_H
#define EMULATORS_ROUTE53_RRSET_H

#include <ldns/ldns.h>

#include "emulators/route53/distance.h"
#include "emulators/route53/name.h"

#define R53_ID_BYTES     33 /* zone and change ids */
#define R53_REGION_BYTES 32

/* One value: the text as the client wrote it, and the record with a placeholder for its owner. */
struct r53_value {
    char *text;
    ldns_rr *record;
};

enum r53_policy {
    R53_POLICY_SIMPLE,
    R53_POLICY_WEIGHTED,
    R53_POLICY_LATENCY,
    R53_POLICY_FAILOVER,
    R53_POLICY_GEOLOCATION,
    R53_POLICY_MULTIVALUE,
    R53_POLICY_GEOPROXIMITY,
    R53_POLICY_CIDR, /* "IP-based" */
};
const char *r53_policy_name(enum r53_policy policy); /* "weighted", as in the error texts */

struct r53_location { /* empty texts: not given */
    char continent[3];
    char country[3]; /* "*": the default */
    char subdivision[4];
};

/* Where a geoproximity set is. */
enum r53_proximity_kind { R53_NEAR_REGION, R53_NEAR_LOCAL_ZONE, R53_NEAR_COORDINATES };
struct r53_proximity {
    enum r53_proximity_kind kind;
    char place[65];   /* the Region or the Local Zone group */
    char latitude[8]; /* as the client wrote them */
    char longitude[12];
    bool has_bias;
    int bias; /* -99 to 99 */
    struct r53_point point;
};

#define R53_COLLECTION_ID_BYTES 37
#define R53_CIDR_LOCATION_BYTES 17
struct r53_cidr_routing {
    char collection_id[R53_COLLECTION_ID_BYTES];
    char location[R53_CIDR_LOCATION_BYTES]; /* "*": the default */
};

struct r53_service_zone;

struct r53_rrset {
    size_t use_count;
    struct r53_name name;
    ldns_rr_type type;
    enum r53_policy policy;
    char *set_identifier; /* NULL: simple */
    uint32_t weight;
    char *region; /* LATENCY */
    bool is_primary;
    struct r53_location location;
    struct r53_proximity proximity;
    struct r53_cidr_routing cidr;
    uint32_t ttl_s;
    struct r53_value *values;
    size_t value_count;
    bool is_alias;
    char alias_zone_id[R53_ID_BYTES];
    struct r53_name alias_name;
    /* The AWS service whose endpoint is the target (service_zone.h); NULL: a record of the zone. */
    const struct r53_service_zone *service;
    char service_region[R53_REGION_BYTES]; /* "": a global service */
    bool evaluates_target_health;
    char *health_check_id; /* NULL: none */
    /* Stands for a traffic policy instance: the API shows the set without values, and DNS serves
     * the tree that the policy's document describes. */
    char *policy_instance_id; /* NULL: an ordinary set */
    struct r53_rrset **tree;  /* each with a use */
    size_t tree_count;
};

MUST_USE struct r53_rrset *r53_rrset_create(void); /* all zero, one use */
struct r53_rrset *r53_rrset_use(struct r53_rrset *set);
void r53_rrset_drop(struct r53_rrset *set); /* NULL is allowed */
/* The same name, type and set identifier. */
bool r53_rrset_has_key_of(const struct r53_rrset *a, const struct r53_rrset *b);
/* Everything equal; values in any order. */
bool r53_rrset_is_equal(const struct r53_rrset *a, const struct r53_rrset *b);

/* "A" and back; 0 for a type that Route 53 does not have. */
ldns_rr_type r53_type_by_name(const char *name);
const char *r53_type_name(ldns_rr_type type);

/* Fills value from the text of a client. False: fault has the service's sentence. */
#define R53_FAULT_BYTES 4400
MUST_USE bool r53_value_init(struct r53_value *value, ldns_rr_type type, const char *text,
                             char fault[R53_FAULT_BYTES]);
void r53_value_fini(struct r53_value *value);
/* The name that a CNAME, NS, PTR, MX or SRV value points to; false for other types. */
MUST_USE bool r53_value_target(const struct r53_value *value, struct r53_name *target);

#endif
