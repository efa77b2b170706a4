/* route53_internal.h -- what the folder's files share: the service's state and its handlers. */
#ifndef EMULATORS_ROUTE53_ROUTE53_INTERNAL_H
#define EMULATORS_ROUTE53_ROUTE53_INTERNAL_H

#include "emulators/route53/change.h"
#include "emulators/route53/check.h"
#include "emulators/route53/delegation.h"
#include "emulators/route53/log_config.h"
#include "emulators/route53/network.h"
#include "emulators/route53/resolve.h"
#include "emulators/route53/route53.h"
#include "emulators/route53/service_answer.h"
#include "emulators/route53/traffic.h"
#include "emulators/wire/dispatch.h"
#include "emulators/wire/health.h"
#include "emulators/wire/metrics.h"

#define R53_CHANGE_DEFAULT_US (UINT64_C(20) * SIM_US_PER_S) /* "usually within 60 seconds" */
#define R53_HEALTH_DEFAULT_US (UINT64_C(5) * SIM_US_PER_S)

struct r53_dns_server;
struct r53_dns_rate;
struct r53_query_log;
struct r53_recursive;
struct r53_steps;

struct r53 {
    struct wire_host host;
    struct sim_core *core;
    struct sim_random ids;       /* stream "route53/ids" */
    struct sim_random answers;   /* stream "route53/answers" */
    struct sim_random health;    /* stream "route53/health" */
    uint64_t made_count;         /* zones and changes ever made */
    struct r53_unsaved *unsaved; /* save.h */
    struct r53_zones zones;
    struct r53_changes changes;
    struct r53_checks checks;
    struct r53_delegations delegations;
    struct r53_traffic traffic;
    struct r53_log_configs log_configs;
    struct r53_networks networks;
    struct r53_networks vpc_networks; /* the same table, with VPC ids for Regions */
    struct r53_cidr_collections collections;
    struct r53_service_answers service_answers;
    r53_hosts_fn *hosts;
    void *hosts_context;
    uint64_t change_us;
    uint64_t health_us;
    r53_latency_fn *latency;
    void *latency_context;
    struct r53_query_log *query_log;
    struct r53_steps *steps; /* of the question under way, where somebody wants to know why */
    struct r53_recursive *recursive; /* the caching resolver; NULL: none is served */
    struct r53_dns_rate *dns_rate;
    struct r53_dns_server *dns; /* one an address, the first one first; NULL: not listening */
    struct r53_result *result;  /* the resolver's work space: one answer at a time */
};

/* "Z", "C" or "N" and upper-case letters and digits; id must be all zero before. */
void r53_draw_id(struct r53 *r53, char prefix, char id[R53_ID_BYTES]);
/* The whole way of a question: zone, faults, resolver, trace. NULL: no zone (REFUSED). */
struct r53_zone *r53_query(struct r53 *r53, const struct r53_name *name, ldns_rr_type type,
                           const struct r53_client *client, struct r53_result *result);
struct r53_resolver r53_resolver_for(struct r53 *r53, struct r53_zone *zone,
                                     const struct r53_client *client);
/* A client somewhere in the Region (NULL: nobody knows where): in its first network, else at its
 * loopback address. */
struct r53_client r53_client_in(const struct r53 *r53, const char *region);
/* The round trip between two Regions; UINT64_MAX: not known. */
uint64_t r53_latency_us(const struct r53 *r53, const char *client_region,
                        const char *record_region);
/* r53_resolve() without a trace event or faults: for checkers. */
void r53_resolve_quietly(struct r53 *r53, const char *name, const char *type,
                         const char *client_region, struct r53_answer *answer);
/* A value as an answer shows it: names in their listed form, the rest as it was written. */
void r53_value_text(const struct r53_value *value, char *text, size_t bytes);

/* MaxItems is text. False: the call has failed. */
MUST_USE bool r53_max_items(struct wire_call *call, int64_t most, int64_t *items);
/* The same for the other members that count what a page holds. */
MUST_USE bool r53_max_results(struct wire_call *call, const char *member, int64_t most,
                              int64_t *items);
/* NULL: the call has failed with NoSuchHostedZone. */
struct r53_zone *r53_need_zone(struct r53 *r53, struct wire_call *call, const char *id);
/* NULL: the call has failed with NoSuchTrafficPolicy. */
struct r53_policy_version *r53_need_policy_version(struct r53 *r53, struct wire_call *call,
                                                   const char *id, int64_t number,
                                                   struct r53_traffic_policy **policy);
/* NULL: the call has failed with NoSuchDelegationSet. */
struct r53_delegation *r53_need_delegation(struct r53 *r53, struct wire_call *call, const char *id);
/* id and caller_reference may be NULL. */
cJSON *r53_delegation_json(const char *id, const char *caller_reference,
                           char servers[R53_NAME_SERVER_COUNT][R53_NAME_SERVER_BYTES]);
/* The members VPCId and VPCRegion. False: the call has failed. */
MUST_USE bool r53_read_vpc(struct wire_call *call, const cJSON *json, struct r53_vpc *vpc);
cJSON *r53_vpc_json(const struct r53_vpc *vpc);
/* False: another zone of that name has the VPC; the call has failed. */
MUST_USE bool r53_check_vpc_is_free(struct r53 *r53, struct wire_call *call,
                                    const struct r53_name *name, const struct r53_vpc *vpc);
enum wire_progress r53_succeed_with_limit(struct wire_call *call, const char *type, size_t limit,
                                          size_t count);
cJSON *r53_change_json(const struct r53_change *change);
/* As the answer to the change itself: always PENDING, also where the delay is 0. */
cJSON *r53_pending_json(const struct r53_change *change);
cJSON *r53_zone_json(const struct r53_zone *zone);
cJSON *r53_rrset_json(const struct r53_rrset *set);
/* "NotImplemented", 501: exists at AWS, not here. */
enum wire_progress r53_fail_not_here(struct wire_call *call, const char *what);
double r53_seconds(uint64_t time_us); /* timestamps as the wire wants them */

wire_handler r53_change_record_sets, r53_list_record_sets, r53_get_change;
wire_handler r53_create_zone, r53_get_zone, r53_delete_zone, r53_update_zone_comment;
wire_handler r53_list_zones, r53_list_zones_by_name;
wire_handler r53_get_zone_count, r53_get_check_count, r53_get_zone_limit, r53_get_account_limit;
wire_handler r53_change_tags, r53_list_tags, r53_list_tags_of_several;
wire_handler r53_create_check, r53_get_check, r53_list_checks, r53_update_check, r53_delete_check;
wire_handler r53_get_check_status, r53_get_check_failure, r53_get_checker_ranges;
wire_handler r53_create_delegation, r53_get_delegation, r53_delete_delegation;
wire_handler r53_list_delegations, r53_get_delegation_limit;
wire_handler r53_associate_vpc, r53_disassociate_vpc, r53_authorize_vpc, r53_deauthorize_vpc;
wire_handler r53_list_vpc_authorizations, r53_list_zones_by_vpc;
wire_handler r53_create_policy, r53_create_policy_version, r53_get_policy, r53_delete_policy;
wire_handler r53_update_policy_comment, r53_list_policies, r53_list_policy_versions;
wire_handler r53_create_instance, r53_update_instance, r53_delete_instance, r53_get_instance;
wire_handler r53_get_instance_count, r53_list_instances, r53_list_instances_of_zone;
wire_handler r53_list_instances_of_policy;
wire_handler r53_create_query_log, r53_get_query_log, r53_delete_query_log, r53_list_query_logs;
wire_handler r53_test_dns_answer;
wire_handler r53_create_cidr_collection, r53_change_cidr_collection, r53_delete_cidr_collection;
wire_handler r53_list_cidr_collections, r53_list_cidr_locations, r53_list_cidr_blocks;

#endif
