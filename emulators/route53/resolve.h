/* resolve.h -- from a question to an answer: the routing policies and the records of one zone.
 *
 * Purpose  One resolver for DNS sockets, TestDNSAnswer and simulated clients.
 * Works    A group (same name and type) chooses one of its sets by policy among those that are
 *          healthy; if none is, among all ("last resort"). An alias goes on in its target's group.
 *          With EvaluateTargetHealth a branch without a healthy leaf counts as unhealthy, so that
 *          the choice above it backs out; without it the branch is binding.
 * Source   Route 53 developer guide, "How Amazon Route 53 chooses records when health checking is
 *          configured", "How health checks work in complex configurations"; RFC 1034, 2308, 4592.
 * Owner    Results borrow from the records: good until these change. */
#ifndef EMULATORS_ROUTE53_RESOLVE_H
#define EMULATORS_ROUTE53_RESOLVE_H

#include "emulators/route53/network.h"
#include "emulators/route53/records.h"
#include "sim/core/random.h"

struct r53_resolver {
    struct r53_records *records; /* their notes are written */
    bool (*is_healthy)(void *context, const char *check_id);
    uint64_t (*latency_us)(void *context, const char *client_region, const char *record_region);
    /* The location of a CIDR collection that the client is in; NULL: none. */
    const char *(*cidr_location)(void *context, const char *collection_id,
                                 const struct r53_client *client);
    /* What the endpoint of an AWS service resolves to; NULL: nothing. */
    const struct r53_rrset *(*service_answer)(void *context, const struct r53_rrset *alias,
                                              const struct r53_client *client);
    void *context;
    struct sim_random *random; /* weights and the order of values */
    struct r53_client client;
    struct r53_steps *steps; /* query_log.h: why; NULL: nobody wants to know */
};

#define R53_CHAIN_MAX         9    /* CNAMEs followed within the zone */
#define R53_ALIAS_DEPTH_MAX   64   /* aliases followed in one tree */
#define R53_MULTIVALUE_MAX    8    /* sets in one multivalue answer */
#define R53_RESULT_VALUES_MAX 3300 /* 8 sets of 400 values, and a chain */
#define R53_WHY_BYTES         256

/* One RRset of an answer: values[first .. first + count). */
struct r53_pick {
    const struct r53_name *owner; /* NULL: the name asked for */
    ldns_rr_type type;
    uint32_t ttl_s;
    size_t first;
    size_t count;
};

struct r53_result {
    int rcode;
    bool is_authoritative;
    bool is_silent; /* a fault swallows question or answer */
    struct r53_pick picks[R53_CHAIN_MAX + 1];
    size_t pick_count;
    const struct r53_rrset *soa;      /* for the authority section of a negative answer */
    const struct r53_rrset *referral; /* NS set of a delegation */
    struct r53_name chain[R53_CHAIN_MAX];
    bool depends_on_client;  /* another client may get another answer */
    char why[R53_WHY_BYTES]; /* set identifiers chosen from the top down, "" for simple sets */
    size_t value_count;
    const struct r53_value *values[R53_RESULT_VALUES_MAX];
};

/* name must lie within the zone. type may be ANY: one RRset of the name then (RFC 8482). */
void r53_resolver_answer(const struct r53_resolver *resolver, const struct r53_name *name,
                         ldns_rr_type type, struct r53_result *result);
/* What TTL a negative answer has. */
uint32_t r53_negative_ttl_s(const struct r53_rrset *soa);

/* Leaves that a group's policy leads to: one, or up to 8 for multivalue. 0: no answer. */
struct r53_choice {
    const struct r53_rrset *leaves[R53_MULTIVALUE_MAX];
    size_t leaf_count;
    bool depends_on_client;
    char *why; /* R53_WHY_BYTES, appended to */
};
void r53_group_choose(const struct r53_resolver *resolver, struct r53_group *group,
                      struct r53_choice *choice);

/* Where a Region lies; NULL for one that is not known. */
const struct r53_location *r53_region_location(const char *region);
/* Its coordinates, and those of a Local Zone group such as "us-east-1-bos-1"; false: not known. */
MUST_USE bool r53_region_point(const char *region, struct r53_point *point);
MUST_USE bool r53_local_zone_point(const char *group, struct r53_point *point);
bool r53_is_continent(const char *code);
bool r53_is_country(const char *code);

#endif
