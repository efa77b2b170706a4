/* route53.c -- the service as a whole: create, reset, resolve. */
#include "emulators/route53/route53.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/route53/dns.h"
#include "emulators/route53/dns_rate.h"
#include "emulators/route53/query_log.h"
#include "emulators/route53/recursive.h"
#include "emulators/route53/route53_internal.h"
#include "emulators/route53/save.h"

static void seed_streams(struct r53 *r53)
{
    sim_random_init(&r53->ids, r53->core->seed, "route53/ids");
    sim_random_init(&r53->answers, r53->core->seed, "route53/answers");
    sim_random_init(&r53->health, r53->core->seed, "route53/health");
}

static void hear_health(void *context, const char *kind, const char *id)
{
    if (strcmp(kind, WIRE_HEALTH_ROUTING_CONTROL) == 0)
        r53_checks_hear_control(context, id);
    else if (strcmp(kind, WIRE_HEALTH_ALARM) == 0)
        r53_checks_hear_alarm(context, id);
}

static void visit_watchers(void *state, const char *kind, const char *id,
                           void (*visit)(void *context, const char *watcher_id), void *context)
{
    const struct r53 *r53 = state;
    if (strcmp(kind, WIRE_HEALTH_ROUTING_CONTROL) != 0)
        return;
    for (size_t i = 0; i < r53->checks.count; i++) {
        const struct r53_check *check = r53->checks.by_id[i];
        if (check->type->family == R53_CHECK_CONTROL &&
            strcmp(wire_text(check->config, "RoutingControlArn"), id) == 0)
            visit(context, check->id);
    }
}

/* Is there a name for a fault to hit? */
static bool name_exists(void *state, const struct sim_fault_spec *spec)
{
    struct r53 *r53 = state;
    struct r53_name name;
    struct r53_zone *zone = NULL;
    if (spec->resource == NULL || r53_name_parse(spec->resource, &name) != R53_NAME_OK)
        return false;
    zone = r53_zone_for_name(&r53->zones, &name, NULL);
    return zone != NULL && (r53_node_find(&zone->wanted, name.wire, name.length_bytes) != NULL ||
                            r53_node_find(&zone->served, name.wire, name.length_bytes) != NULL);
}

enum sim_result r53_create(const struct wire_host *host, struct r53 **r53, struct sim_error *error)
{
    struct r53 *made = sim_alloc(sizeof(*made));
    made->query_log = r53_query_log_create();
    made->host = *host;
    made->core = host->core;
    made->change_us = R53_CHANGE_DEFAULT_US;
    made->health_us = R53_HEALTH_DEFAULT_US;
    made->dns_rate = sim_alloc(sizeof(*made->dns_rate));
    made->dns_rate->per_second = R53_DNS_RATE_DEFAULT;
    made->result = sim_alloc(sizeof(*made->result));
    seed_streams(made);
    wire_health_listen(host->health, hear_health, made);
    wire_health_set_watchers(host->health, visit_watchers, made);
    wire_dispatcher_add_resources(host->dispatcher, name_exists, made);
    *r53 = made;
    if (made->core->data == NULL)
        return RESULT_OK;
    sim_data_add_saver(made->core->data, r53_save, made);
    return r53_load(made, error);
}

void r53_judge_anew(struct r53 *r53)
{
    r53_checks_judge_anew(&r53->checks);
}

static void clear(struct r53 *r53)
{
    r53_changes_fini(r53);
    r53_checks_clear(r53);
    r53_zones_fini(&r53->zones);
    r53_delegations_fini(&r53->delegations);
    r53_traffic_fini(&r53->traffic);
    r53_log_configs_fini(&r53->log_configs);
    r53_cidr_collections_fini(&r53->collections);
    r53_unsaved_clear(r53);
}

void r53_destroy(struct r53 *r53)
{
    if (r53 == NULL)
        return;
    r53_dns_close(r53);
    r53_recursive_destroy(r53->recursive);
    if (r53->core->data != NULL)
        sim_data_remove_saver(r53->core->data, r53);
    r53_query_log_destroy(r53->query_log);
    clear(r53);
    r53_checks_destroy(r53);
    r53_networks_fini(&r53->networks);
    r53_networks_fini(&r53->vpc_networks);
    r53_service_answers_fini(&r53->service_answers);
    free(r53->dns_rate);
    free(r53->result);
    free(r53);
}

void r53_reset(struct r53 *r53)
{
    if (r53->recursive != NULL)
        r53_recursive_clear(r53->recursive);
    r53_query_log_clear(r53->query_log);
    clear(r53);
    r53_networks_fini(&r53->networks);
    r53_networks_fini(&r53->vpc_networks);
    r53_service_answers_fini(&r53->service_answers);
    r53->made_count = 0;
    r53->change_us = R53_CHANGE_DEFAULT_US;
    r53->health_us = R53_HEALTH_DEFAULT_US;
    seed_streams(r53);
}

void r53_set_propagation(struct r53 *r53, uint64_t change_us, uint64_t health_us)
{
    r53->change_us = change_us;
    r53->health_us = health_us;
}

void r53_set_latency(struct r53 *r53, r53_latency_fn *latency, void *context)
{
    r53->latency = latency;
    r53->latency_context = context;
}

void r53_dns_set_rate(struct r53 *r53, uint32_t per_second)
{
    r53->dns_rate->per_second = per_second;
}

void r53_set_hosts(struct r53 *r53, r53_hosts_fn *hosts, void *context)
{
    r53->hosts = hosts;
    r53->hosts_context = context;
}

enum sim_result r53_add_client_network(struct r53 *r53, const char *cidr, const char *region,
                                       struct sim_error *error)
{
    return r53_networks_add(&r53->networks, cidr, region, error);
}

enum sim_result r53_add_vpc_network(struct r53 *r53, const char *cidr, const char *vpc_id,
                                    struct sim_error *error)
{
    if (!r53_vpc_id_is_valid(vpc_id))
        return sim_error_set(error, RESULT_INVALID,
                             "\"%.64s\" is no VPC id: want \"vpc-\" and small letters or digits",
                             vpc_id);
    return r53_networks_add(&r53->vpc_networks, cidr, vpc_id, error);
}

void r53_draw_id(struct r53 *r53, char prefix, char id[R53_ID_BYTES])
{
    id[0] = prefix;
    /* With its prefix ("/hostedzone/", "/delegationset/") an id still is no longer than the 32 that
     * the service takes. */
    sim_random_text(&r53->ids, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", id + 1,
                    prefix == 'N' ? 16 : 19);
}

/* --- resolving
 * ------------------------------------------------------------------------------------
 */

static bool is_healthy(void *context, const char *check_id)
{
    const struct r53 *r53 = context;
    return r53_check_is_served_healthy(&r53->checks, check_id);
}

/* What a distribution gives typically. */
static uint64_t typical_us(const struct sim_lag *lag)
{
    switch (lag->kind) {
    case SIM_LAG_CONSTANT:
    case SIM_LAG_LOGNORMAL:
        return lag->base_us + lag->low_us;
    case SIM_LAG_UNIFORM:
        return lag->base_us + (lag->low_us + lag->high_us) / 2;
    case SIM_LAG_TRACE:
        return lag->base_us + (lag->trace_count > 0 ? lag->trace_us[0] : 0);
    }
    return 0;
}

/* A Region that the world does not know is farther than all that it knows. */
uint64_t r53_latency_us(const struct r53 *r53, const char *client_region, const char *record_region)
{
    struct sim_network *network = r53->core->network;
    const struct sim_region *from = NULL;
    const struct sim_region *to = NULL;
    if (client_region == NULL)
        return UINT64_MAX;
    if (r53->latency != NULL)
        return r53->latency(r53->latency_context, client_region, record_region);
    if (strcmp(client_region, record_region) == 0)
        return 0;
    from = sim_network_region_find(network, client_region);
    to = sim_network_region_find(network, record_region);
    if (from == NULL || to == NULL)
        return UINT64_MAX;
    return typical_us(&sim_network_link_get(network, from, to)->latency) +
           typical_us(&sim_network_link_get(network, to, from)->latency);
}

static uint64_t latency_us(void *context, const char *client_region, const char *record_region)
{
    return r53_latency_us(context, client_region, record_region);
}

static const char *cidr_location(void *context, const char *collection_id,
                                 const struct r53_client *client)
{
    const struct r53 *r53 = context;
    const struct r53_cidr_collection *collection = r53_cidr_find(&r53->collections, collection_id);
    return collection == NULL ? NULL : r53_cidr_locate(&collection->served, client);
}

static const struct r53_rrset *service_answer(void *context, const struct r53_rrset *alias,
                                              const struct r53_client *client)
{
    return r53_service_answer(context, alias, client);
}

struct r53_client r53_client_in(const struct r53 *r53, const char *region)
{
    struct r53_client client = {.region = region};
    const struct sim_region *found = NULL;
    if (region == NULL || r53_networks_of_region(&r53->networks, region, &client))
        return client;
    found = sim_network_region_find(r53->core->network, region);
    if (found != NULL && r53_address_parse(found->address, &client.address))
        client.prefix_bits = 8 * client.address.byte_count;
    return client;
}

struct r53_resolver r53_resolver_for(struct r53 *r53, struct r53_zone *zone,
                                     const struct r53_client *client)
{
    return (struct r53_resolver){.records = &zone->served,
                                 .is_healthy = is_healthy,
                                 .latency_us = latency_us,
                                 .cidr_location = cidr_location,
                                 .service_answer = service_answer,
                                 .context = r53,
                                 .random = &r53->answers,
                                 .client = *client,
                                 .steps = r53->steps};
}

void r53_value_text(const struct r53_value *value, char *text, size_t bytes)
{
    struct r53_name target;
    char name[R53_NAME_TEXT_BYTES];
    if (ldns_rr_rd_count(value->record) == 1 && r53_value_target(value, &target)) {
        r53_name_text(target.wire, name);
        (void)snprintf(text, bytes, "%s", name);
    } else {
        (void)snprintf(text, bytes, "%s", value->text);
    }
}

static struct sim_fault_effect dns_fault(struct r53 *r53, const struct r53_name *name)
{
    struct sim_fault_effect effect = {.hit = false};
    char text[R53_NAME_TEXT_BYTES];
    struct sim_fault_point point = {
        .region = "global", /* the servers stand everywhere: no Region takes them along */
        .service = "route53",
        .resource = text,
        .plane = SIM_PLANE_DATA};
    if (sim_faults_count(r53->core->faults) == 0)
        return effect;
    r53_name_text(name->wire, text);
    sim_faults_apply(r53->core->faults, &point, &effect);
    return effect;
}

static void trace_answer(struct r53 *r53, const struct r53_name *name, ldns_rr_type type,
                         const char *client_region, const struct r53_result *result)
{
    char name_text[R53_NAME_TEXT_BYTES];
    char values[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < result->value_count && i < R53_ANSWER_VALUES_MAX; i++) {
        char value[256];
        r53_value_text(result->values[i], value, sizeof(value));
        if (used + strlen(value) + 2 > sizeof(values))
            break;
        used +=
            (size_t)snprintf(values + used, sizeof(values) - used, "%s%s", i > 0 ? " " : "", value);
    }
    r53_name_text(name->wire, name_text);
    sim_trace_emit(r53->core->trace, "dns.answer", client_region, FIELD_TEXT("name", name_text),
                   FIELD_TEXT("type", r53_type_name(type)), FIELD_NUMBER("rcode", result->rcode),
                   FIELD_TEXT("values", values), FIELD_TEXT("why", result->why));
}

static void fill_answer(const struct r53_result *result, struct r53_answer *answer)
{
    answer->rcode = result->rcode;
    answer->ttl_s = r53_negative_ttl_s(result->soa);
    for (size_t i = 0; i < result->pick_count; i++)
        if (i == 0 || result->picks[i].ttl_s < answer->ttl_s)
            answer->ttl_s = result->picks[i].ttl_s;
    for (size_t i = 0; i < result->value_count && i < R53_ANSWER_VALUES_MAX; i++)
        r53_value_text(result->values[i], answer->values[answer->value_count++],
                       sizeof(answer->values[0]));
}

/* What a client sees of a broken data plane; true: the answer is that. */
static bool answer_by_fault(struct r53 *r53, const struct r53_name *name,
                            const struct r53_zone *zone, struct r53_result *result)
{
    const struct sim_fault_effect effect = dns_fault(r53, name);
    const struct r53_group *soa = NULL;
    if (!effect.hit || effect.kind == SIM_FAULT_LATENCY)
        return false;
    result->is_authoritative = true;
    result->is_silent = false;
    result->depends_on_client = false;
    result->rcode = LDNS_RCODE_NOERROR;
    result->pick_count = 0;
    result->value_count = 0;
    result->soa = NULL;
    result->referral = NULL;
    (void)snprintf(result->why, sizeof(result->why), "fault %llu",
                   (unsigned long long)effect.fault_id);
    if (effect.kind != SIM_FAULT_NO_NAME) {
        result->rcode = LDNS_RCODE_SERVFAIL;
        result->is_silent = effect.kind == SIM_FAULT_BLACK_HOLE || effect.kind == SIM_FAULT_RESET;
        return true;
    }
    /* The name is there and leads nowhere: as when a record was left without values. */
    soa = r53_group_at_name(&zone->served, &zone->name, LDNS_RR_TYPE_SOA);
    result->soa = soa == NULL ? NULL : soa->sets[0];
    return true;
}

struct r53_zone *r53_query(struct r53 *r53, const struct r53_name *name, ldns_rr_type type,
                           const struct r53_client *client, struct r53_result *result)
{
    struct r53_zone *zone = r53_zone_for_name(&r53->zones, name, client->vpc_id);
    struct r53_resolver resolver;
    if (zone == NULL) {
        result->rcode = LDNS_RCODE_REFUSED;
        result->is_authoritative = false;
        result->is_silent = false;
        result->depends_on_client = false;
        result->pick_count = 0;
        result->value_count = 0;
        result->soa = NULL;
        result->referral = NULL;
        result->why[0] = '\0';
        return NULL;
    }
    if (!answer_by_fault(r53, name, zone, result)) {
        resolver = r53_resolver_for(r53, zone, client);
        r53_resolver_answer(&resolver, name, type, result);
    }
    trace_answer(r53, name, type, client->region, result);
    return zone;
}

void r53_resolve(struct r53 *r53, const char *name, const char *type, const char *client_region,
                 struct r53_answer *answer)
{
    struct r53_name parsed;
    const ldns_rr_type wanted = r53_type_by_name(type);
    const struct r53_client client = r53_client_in(r53, client_region);
    *answer = (struct r53_answer){.rcode = LDNS_RCODE_FORMERR};
    if (r53_name_parse(name, &parsed) != R53_NAME_OK || wanted == (ldns_rr_type)0)
        return;
    (void)r53_query(r53, &parsed, wanted, &client, r53->result);
    fill_answer(r53->result, answer);
}

void r53_resolve_quietly(struct r53 *r53, const char *name, const char *type,
                         const char *client_region, struct r53_answer *answer)
{
    struct r53_name parsed;
    struct r53_zone *zone = NULL;
    struct r53_resolver resolver;
    const struct r53_client client = r53_client_in(r53, client_region);
    *answer = (struct r53_answer){.rcode = LDNS_RCODE_REFUSED};
    if (r53_name_parse(name, &parsed) != R53_NAME_OK)
        return;
    zone = r53_zone_for_name(&r53->zones, &parsed, NULL);
    if (zone == NULL)
        return;
    resolver = r53_resolver_for(r53, zone, &client);
    r53_resolver_answer(&resolver, &parsed, r53_type_by_name(type), r53->result);
    fill_answer(r53->result, answer);
}

cJSON *r53_queries(const struct r53 *r53, const char *name, size_t last)
{
    return r53_query_log_print(r53->query_log, name, last);
}
