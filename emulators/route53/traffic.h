/* traffic.h -- traffic policies, their versions, and their instances.
 *
 * Purpose  A policy is a document that describes a tree of routing rules; an instance is a record
 *          name in a hosted zone that is answered by that tree.
 * Works    An instance puts one record set without values into the zone, which the API lists. That
 *          set carries the tree as ordinary record sets, with aliases between its rules, under
 *          names that nobody else uses; DNS serves these.
 * Source   Route 53 API reference, "Traffic policy document format", CreateTrafficPolicyInstance.
 * Owner    struct r53_traffic owns policies and instances. */
#ifndef EMULATORS_ROUTE53_TRAFFIC_H
#define EMULATORS_ROUTE53_TRAFFIC_H

#include <cjson/cJSON.h>

#include "emulators/route53/zone.h"
#include "sim/core/random.h"

#define R53_POLICY_MAX           50   /* quota */
#define R53_POLICY_VERSION_MAX   1000 /* quota */
#define R53_POLICY_INSTANCE_MAX  5    /* quota */
#define R53_POLICY_RULE_MAX      100  /* of one document */
#define R53_POLICY_FAULT_BYTES   1024
#define R53_POLICY_MESSAGE_BYTES 1024

struct r53_policy_version {
    int64_t number;
    char *document;
    char *comment; /* NULL: none */
};

struct r53_traffic_policy {
    uint64_t number; /* counts what was made */
    char id[SIM_UUID_TEXT_BYTES];
    char *name;
    char type[16];                       /* "A" */
    struct r53_policy_version *versions; /* ascending; some may be deleted */
    size_t version_count;
    int64_t last_number; /* given out */
};

struct r53_traffic_instance {
    uint64_t number;
    bool was_updated;
    char id[SIM_UUID_TEXT_BYTES];
    char zone_id[R53_ID_BYTES];
    struct r53_name name;
    int64_t ttl_s;
    char policy_id[SIM_UUID_TEXT_BYTES];
    int64_t policy_version;
    char type[16];
    char change_id[R53_ID_BYTES];           /* its latest change */
    char message[R53_POLICY_MESSAGE_BYTES]; /* why it failed; "": it did not */
};

struct r53_traffic {
    struct r53_traffic_policy *policies[R53_POLICY_MAX]; /* in the order of their creation */
    size_t policy_count;
    struct r53_traffic_instance *instances[R53_POLICY_INSTANCE_MAX]; /* likewise */
    size_t instance_count;
};

void r53_traffic_fini(struct r53_traffic *traffic);
/* There must be room. All zero but the id. */
struct r53_traffic_policy *r53_policy_add(struct r53_traffic *traffic, const char *id);
void r53_policy_remove(struct r53_traffic *traffic, struct r53_traffic_policy *policy);
struct r53_traffic_policy *r53_policy_find(const struct r53_traffic *traffic, const char *id);
/* Copies document and comment (NULL is allowed). */
struct r53_policy_version *r53_policy_version_add(struct r53_traffic_policy *policy, int64_t number,
                                                  const char *document, const char *comment);
void r53_policy_version_remove(struct r53_traffic_policy *policy,
                               struct r53_policy_version *version);
struct r53_policy_version *r53_policy_version_find(const struct r53_traffic_policy *policy,
                                                   int64_t number);
struct r53_traffic_instance *r53_instance_add(struct r53_traffic *traffic, const char *id);
void r53_instance_remove(struct r53_traffic *traffic, struct r53_traffic_instance *instance);
struct r53_traffic_instance *r53_instance_find(const struct r53_traffic *traffic, const char *id);

/* --- documents: traffic_document.c
 * ----------------------------------------------------------------
 */

struct r53_tree_options {
    const struct r53_zone *zone;
    const char *name;        /* of the instance */
    const char *instance_id; /* makes the names of rules unique */
    int64_t ttl_s;
};

/* The record sets of a document as changes (JSON) with the action CREATE, those of the instance's
 * own name first. NULL: fault says why. */
cJSON *r53_tree_changes(const char *document, const struct r53_tree_options *options,
                        char fault[R53_POLICY_FAULT_BYTES]);
/* False: fault says why; else type is its DNS type. */
MUST_USE bool r53_document_check(const char *document, char type[16],
                                 char fault[R53_POLICY_FAULT_BYTES]);
/* The set to put into the zone, with its tree; NULL: fault. The caller's use. */
struct r53_rrset *r53_tree_set(const char *document, const struct r53_tree_options *options,
                               char fault[R53_POLICY_FAULT_BYTES]);

#endif
