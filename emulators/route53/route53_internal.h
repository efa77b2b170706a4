/* route53_internal.h -- what the folder's files share: the service's state and its handlers. */
#ifndef EMULATORS_ROUTE53_ROUTE53_INTERNAL_H
#define EMULATORS_ROUTE53_ROUTE53_INTERNAL_H

#include "emulators/route53/change.h"
#include "emulators/route53/check.h"
#include "emulators/route53/network.h"
#include "emulators/route53/resolve.h"
#include "emulators/route53/route53.h"
#include "emulators/wire/dispatch.h"
#include "emulators/wire/health.h"
#include "emulators/wire/metrics.h"

#define R53_CHANGE_DEFAULT_US (UINT64_C(20) * SIM_US_PER_S) /* "usually within 60 seconds" */
#define R53_HEALTH_DEFAULT_US (UINT64_C(5) * SIM_US_PER_S)

struct r53_dns_server;

struct r53 {
    struct wire_host host;
    struct sim_core *core;
    struct sim_random ids;     /* stream "route53/ids" */
    struct sim_random answers; /* stream "route53/answers" */
    struct sim_random health;  /* stream "route53/health" */
    struct r53_zones zones;
    struct r53_changes changes;
    struct r53_checks checks;
    struct r53_networks networks;
    uint64_t change_us;
    uint64_t health_us;
    r53_latency_fn *latency;
    void *latency_context;
    struct r53_dns_server *dns; /* one an address, the first one first; NULL: not listening */
    struct r53_result *result;  /* the resolver's work space: one answer at a time */
};

/* "Z" or "C" and upper-case letters and digits. */
void r53_draw_id(struct r53 *r53, char prefix, char id[R53_ID_BYTES]);
/* The whole way of a question: zone, faults, resolver, trace. NULL: no zone (REFUSED). */
struct r53_zone *r53_query(struct r53 *r53, const struct r53_name *name, ldns_rr_type type,
                           const char *client_region, struct r53_result *result);
struct r53_resolver r53_resolver_for(struct r53 *r53, struct r53_zone *zone,
                                     const char *client_region);
/* r53_resolve() without a trace event or faults: for checkers. */
void r53_resolve_quietly(struct r53 *r53, const char *name, const char *type,
                         const char *client_region, struct r53_answer *answer);
/* A value as an answer shows it: names in their listed form, the rest as it was written. */
void r53_value_text(const struct r53_value *value, char *text, size_t bytes);

/* MaxItems is text. False: the call has failed. */
MUST_USE bool r53_max_items(struct wire_call *call, int64_t most, int64_t *items);
/* NULL: the call has failed with NoSuchHostedZone. */
struct r53_zone *r53_need_zone(struct r53 *r53, struct wire_call *call, const char *id);
cJSON *r53_change_json(const struct r53_change *change);
/* As the answer to the change itself: always PENDING, also where the delay is 0. */
cJSON *r53_pending_json(const struct r53_change *change);
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
wire_handler r53_get_check_status, r53_get_check_failure;
wire_handler r53_test_dns_answer;

#endif
