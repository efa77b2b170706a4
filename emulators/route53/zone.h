/* zone.h -- hosted zones: what the API edits (wanted) and what DNS answers from (served).
 *
 * Purpose  Two versions of a zone's contents. A change goes into the wanted one at once and into
 *          the served one when it turns INSYNC.
 * Owner    struct r53_zones owns its zones. */
#ifndef EMULATORS_ROUTE53_ZONE_H
#define EMULATORS_ROUTE53_ZONE_H

#include <uthash.h>

#include "emulators/route53/records.h"
#include "emulators/route53/vpc.h"

#define R53_ZONE_MAX          500 /* quota */
#define R53_ZONE_SET_MAX      10000
#define R53_NAME_SERVER_COUNT 4
#define R53_NAME_SERVER_BYTES 64
#define R53_TAG_MAX           10

struct r53_tags {
    struct r53_tag {
        char *key;
        char *value;
    } items[R53_TAG_MAX];
    size_t count;
};
void r53_tags_fini(struct r53_tags *tags);

struct r53_zone {
    char id[R53_ID_BYTES];
    uint64_t number; /* counts what was made: zones of one name are found in this order */
    struct r53_name name;
    char *caller_reference;
    char *comment; /* NULL: none */
    char name_servers[R53_NAME_SERVER_COUNT][R53_NAME_SERVER_BYTES];
    char delegation_id[R53_ID_BYTES]; /* of the reusable set; "": its own four servers */
    bool is_private;                  /* answers inside its VPCs only */
    struct r53_vpcs vpcs;
    struct r53_vpcs authorized; /* may be associated by another account */
    struct r53_records wanted;
    struct r53_records served;
    bool is_served;          /* its creation has reached DNS */
    uint64_t last_insync_us; /* when its latest change turns INSYNC */
    size_t pending_count;    /* changes that are PENDING */
    struct r53_tags tags;
    struct r53_zone *next_of_name; /* zones of one name in the order of their creation */
    UT_hash_handle hh;
};

struct r53_zones {
    struct r53_zone **by_id; /* sorted */
    size_t count;
    struct r53_zone *by_name; /* the first of each name */
};

void r53_zones_fini(struct r53_zones *zones);
struct r53_zone *r53_zone_create(const struct r53_name *name, const char *id);
void r53_zones_add(struct r53_zones *zones, struct r53_zone *zone);    /* takes it */
void r53_zones_remove(struct r53_zones *zones, struct r53_zone *zone); /* and destroys it */
/* id with or without "/hostedzone/". */
struct r53_zone *r53_zone_find(const struct r53_zones *zones, const char *id);
size_t r53_zone_index_at(const struct r53_zones *zones, const char *id); /* first with id >= id */
/* The zone that DNS answers a name from: the longest match that is served. A client inside a VPC
 * (vpc_id; NULL: it is in none) is answered from that VPC's private zones before all public ones.
 * NULL: none. */
struct r53_zone *r53_zone_for_name(const struct r53_zones *zones, const struct r53_name *name,
                                   const char *vpc_id);
/* What stands behind the last slash: ids come with and without their prefix. */
const char *r53_bare_id(const char *id);

#endif
