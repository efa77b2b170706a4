/* operations_zone.c -- hosted zones: create, get, comment, delete. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/save.h"

cJSON *r53_zone_json(const struct r53_zone *zone)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *config = NULL;
    char text[R53_NAME_TEXT_BYTES];
    (void)snprintf(text, sizeof(text), "/hostedzone/%s", zone->id);
    cJSON_AddStringToObject(json, "Id", text);
    r53_name_text(zone->name.wire, text);
    cJSON_AddStringToObject(json, "Name", text);
    cJSON_AddStringToObject(json, "CallerReference", zone->caller_reference);
    config = cJSON_AddObjectToObject(json, "Config");
    if (zone->comment != NULL)
        cJSON_AddStringToObject(config, "Comment", zone->comment);
    cJSON_AddBoolToObject(config, "PrivateZone", zone->is_private);
    cJSON_AddNumberToObject(json, "ResourceRecordSetCount", (double)zone->wanted.set_count);
    return json;
}

/* The name servers of a public zone, the VPCs of a private one. */
static void add_place(cJSON *output, struct r53_zone *zone)
{
    if (!zone->is_private) {
        cJSON_AddItemToObject(output, "DelegationSet",
                              r53_delegation_json(zone->delegation_id, NULL, zone->name_servers));
        return;
    }
    cJSON *list = cJSON_AddArrayToObject(output, "VPCs");
    for (size_t i = 0; i < zone->vpcs.count; i++)
        cJSON_AddItemToArray(list, r53_vpc_json(&zone->vpcs.items[i]));
}

/* --- create
 * ---------------------------------------------------------------------------------------
 */

/* Top-level domains are nobody's to host. Names that exist on no public network are allowed. */
static bool is_top_level(const struct r53_name *name)
{
    static const char *const top[] = {"app",  "arpa", "biz", "cloud", "com",  "dev", "edu", "gov",
                                      "info", "int",  "mil", "mobi",  "name", "net", "org", "pro"};
    char text[R53_NAME_TEXT_BYTES];
    if (r53_name_label_count(name->wire) != 1)
        return r53_name_label_count(name->wire) == 0;
    r53_name_text(name->wire, text);
    if (strlen(text) == 3) /* a country's two letters and the dot */
        return true;
    for (size_t i = 0; i < ARRAY_LEN(top); i++)
        if (strncmp(text, top[i], strlen(text) - 1) == 0 && strlen(top[i]) == strlen(text) - 1)
            return true;
    return false;
}

static bool has_reference(const struct r53 *r53, const char *reference)
{
    for (size_t i = 0; i < r53->zones.count; i++)
        if (strcmp(r53->zones.by_id[i]->caller_reference, reference) == 0)
            return true;
    return false;
}

/* What a private zone's NS set says; its resolver stands inside the VPC. */
static const char *const private_servers[R53_NAME_SERVER_COUNT] = {
    "ns-0.awsdns-00.com", "ns-512.awsdns-00.net", "ns-1024.awsdns-00.org",
    "ns-1536.awsdns-00.co.uk"};

static void fill_name_servers(struct r53 *r53, struct r53_zone *zone,
                              const struct r53_delegation *delegation)
{
    if (delegation != NULL) {
        memcpy(zone->delegation_id, delegation->id, sizeof(zone->delegation_id));
        memcpy(zone->name_servers, delegation->name_servers, sizeof(zone->name_servers));
    } else if (zone->is_private) {
        for (size_t i = 0; i < R53_NAME_SERVER_COUNT; i++)
            (void)snprintf(zone->name_servers[i], R53_NAME_SERVER_BYTES, "%s", private_servers[i]);
    } else {
        r53_draw_name_servers(&r53->ids, zone->name_servers);
    }
}

static struct r53_rrset *apex_set(const struct r53_zone *zone, ldns_rr_type type, uint32_t ttl_s,
                                  size_t value_count)
{
    struct r53_rrset *set = r53_rrset_create();
    set->name = zone->name;
    set->type = type;
    set->ttl_s = ttl_s;
    set->values = sim_alloc_array(value_count, sizeof(set->values[0]));
    return set;
}

static void add_value(struct r53_rrset *set, const char *text)
{
    char fault[R53_FAULT_BYTES];
    bool is_good = r53_value_init(&set->values[set->value_count++], set->type, text, fault);
    CHECK(is_good);
}

/* The NS and SOA sets that every zone begins with. */
static struct r53_delta *make_apex(const struct r53_zone *zone)
{
    struct r53_delta *deltas = sim_alloc_array(2, sizeof(*deltas));
    char text[256];
    deltas[0].new = apex_set(zone, LDNS_RR_TYPE_NS, 172800, R53_NAME_SERVER_COUNT);
    for (size_t i = 0; i < R53_NAME_SERVER_COUNT; i++) {
        (void)snprintf(text, sizeof(text), "%s.", zone->name_servers[i]);
        add_value(deltas[0].new, text);
    }
    deltas[1].new = apex_set(zone, LDNS_RR_TYPE_SOA, 900, 1);
    (void)snprintf(text, sizeof(text), "%s. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400",
                   zone->name_servers[0]);
    add_value(deltas[1].new, text);
    return deltas;
}

/* What CreateHostedZone asks for. */
struct creation {
    struct r53_name name;
    bool is_private;
    struct r53_vpc vpc;
    struct r53_delegation *delegation; /* NULL: servers of its own */
};

/* False: the call has failed. */
static bool read_vpc(struct r53 *r53, struct wire_call *call, struct creation *creation)
{
    const cJSON *vpc = wire_member(call->input, "VPC");
    const cJSON *config = wire_member(call->input, "HostedZoneConfig");
    creation->is_private = vpc != NULL;
    if (creation->is_private)
        return r53_read_vpc(call, vpc, &creation->vpc) &&
               r53_check_vpc_is_free(r53, call, &creation->name, &creation->vpc);
    if (!wire_flag(config, "PrivateZone", false))
        return true;
    (void)wire_fail(call, "InvalidInput",
                    "Invalid parameter : A private hosted zone must be associated with a VPC.");
    return false;
}

static bool is_related(const struct r53_name *a, const struct r53_name *b)
{
    return r53_name_is_within(a, b) || r53_name_is_within(b, a);
}

/* False: the call has failed. */
static bool read_delegation(struct r53 *r53, struct wire_call *call, struct creation *creation)
{
    const char *id = wire_text(call->input, "DelegationSetId");
    char name[R53_NAME_TEXT_BYTES];
    if (id == NULL)
        return true;
    if (creation->is_private) {
        (void)wire_fail(call, "InvalidInput",
                        "Invalid parameter : A private hosted zone cannot have a delegation set.");
        return false;
    }
    creation->delegation = r53_need_delegation(r53, call, id);
    if (creation->delegation == NULL)
        return false;
    if (r53_delegation_zone_count(&r53->zones, creation->delegation->id) ==
        R53_DELEGATION_ZONE_MAX) {
        (void)wire_fail(call, "TooManyHostedZones",
                        "Limits Exceeded: MAX_ZONES_BY_REUSABLE_DELEGATION_SET - Cannot create "
                        "more than %d hosted zones.",
                        R53_DELEGATION_ZONE_MAX);
        return false;
    }
    for (size_t i = 0; i < r53->zones.count; i++) {
        const struct r53_zone *zone = r53->zones.by_id[i];
        if (strcmp(zone->delegation_id, creation->delegation->id) != 0 ||
            !is_related(&zone->name, &creation->name))
            continue;
        r53_name_text(creation->name.wire, name);
        (void)wire_fail(call, "ConflictingDomainExists",
                        "Cannot create hosted zone with DelegationSetId DelegationSetId:%s as the "
                        "DNSName%s conflicts with existing ones sharing the delegation set",
                        creation->delegation->id, name);
        return false;
    }
    return true;
}

/* False: the call has failed. */
static bool read_creation(struct r53 *r53, struct wire_call *call, struct creation *creation)
{
    const char *text = wire_text(call->input, "Name");
    const struct r53_name *name = &creation->name;
    enum r53_name_fault fault = r53_name_parse(text, &creation->name);
    if (fault != R53_NAME_OK) {
        (void)wire_fail(call, "InvalidDomainName", "%s '%s'", r53_name_fault_text(fault), text);
        return false;
    }
    if ((is_top_level(name) && wire_member(call->input, "VPC") == NULL) || name->wire[0] == 0 ||
        (name->wire[0] == 1 && name->wire[1] == '*')) {
        (void)wire_fail(call, "InvalidDomainName", "The domain name %s is not valid.", text);
        return false;
    }
    return read_vpc(r53, call, creation) && read_delegation(r53, call, creation);
}

/* False: the call has failed. */
static bool check_room(struct r53 *r53, struct wire_call *call)
{
    if (has_reference(r53, wire_text(call->input, "CallerReference")))
        (void)wire_fail(
            call, "HostedZoneAlreadyExists",
            "A hosted zone has already been created with the specified caller reference.");
    else if (r53->zones.count == R53_ZONE_MAX)
        (void)wire_fail(call, "TooManyHostedZones",
                        "Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - Cannot create more than %d "
                        "hosted zones.",
                        R53_ZONE_MAX);
    else if (!r53_changes_make_room(&r53->changes))
        (void)wire_fail(call, "Throttling", "Rate exceeded");
    else
        return true;
    return false;
}

static struct r53_zone *make_zone(struct r53 *r53, const struct wire_call *call,
                                  const struct creation *creation)
{
    const char *comment = wire_text(wire_member(call->input, "HostedZoneConfig"), "Comment");
    struct r53_zone *zone = NULL;
    char id[R53_ID_BYTES] = "";
    r53_draw_id(r53, 'Z', id);
    zone = r53_zone_create(&creation->name, id);
    zone->caller_reference = sim_strdup(wire_text(call->input, "CallerReference"));
    zone->comment = comment == NULL ? NULL : sim_strdup(comment);
    zone->is_private = creation->is_private;
    if (creation->is_private)
        r53_vpcs_add(&zone->vpcs, &creation->vpc);
    fill_name_servers(r53, zone, creation->delegation);
    zone->number = ++r53->made_count;
    r53_zones_add(&r53->zones, zone);
    r53_zone_changed(r53, zone);
    return zone;
}

enum wire_progress r53_create_zone(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct creation creation = {.is_private = false};
    struct r53_zone *zone = NULL;
    struct r53_delta *deltas = NULL;
    struct r53_change *change = NULL;
    cJSON *output = NULL;
    if (!read_creation(r53, call, &creation) || !check_room(r53, call))
        return WIRE_DONE;
    zone = make_zone(r53, call, &creation);
    deltas = make_apex(zone);
    r53_delta_apply(&deltas[0], &zone->wanted);
    r53_delta_apply(&deltas[1], &zone->wanted);
    change = r53_change_submit(r53, zone, deltas, 2, NULL);
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "HostedZone", r53_zone_json(zone));
    cJSON_AddItemToObject(output, "ChangeInfo", r53_pending_json(change));
    if (zone->is_private)
        cJSON_AddItemToObject(output, "VPC", r53_vpc_json(&creation.vpc));
    else
        add_place(output, zone);
    cJSON_AddStringToObject(
        output, "Location",
        sim_arena_printf(call->arena, "https://route53.amazonaws.com/2013-04-01/hostedzone/%s",
                         zone->id));
    return wire_succeed(call, output);
}

/* --- get, comment, delete
 * -------------------------------------------------------------------------
 */

enum wire_progress r53_get_zone(void *state, struct wire_call *call)
{
    struct r53_zone *zone = r53_need_zone(state, call, wire_text(call->input, "Id"));
    cJSON *output = NULL;
    if (zone == NULL)
        return WIRE_DONE;
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "HostedZone", r53_zone_json(zone));
    add_place(output, zone);
    return wire_succeed(call, output);
}

enum wire_progress r53_update_zone_comment(void *state, struct wire_call *call)
{
    struct r53_zone *zone = r53_need_zone(state, call, wire_text(call->input, "Id"));
    const char *comment = wire_text(call->input, "Comment");
    cJSON *output = NULL;
    if (zone == NULL)
        return WIRE_DONE;
    free(zone->comment);
    zone->comment = comment == NULL ? NULL : sim_strdup(comment);
    r53_zone_changed(state, zone);
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "HostedZone", r53_zone_json(zone));
    return wire_succeed(call, output);
}

static void forget_sets(struct r53 *r53, const struct r53_zone *zone, const struct r53_node *node)
{
    for (size_t g = 0; g < r53_node_group_count(node); g++) {
        const struct r53_group *group = r53_node_group_at(node, g);
        for (size_t s = 0; s < group->set_count; s++)
            r53_set_changed(r53, zone, group->sets[s]);
    }
}

enum wire_progress r53_delete_zone(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct r53_zone *zone = r53_need_zone(r53, call, wire_text(call->input, "Id"));
    struct r53_change *change = NULL;
    cJSON *output = NULL;
    if (zone == NULL)
        return WIRE_DONE;
    if (zone->wanted.set_count > 2)
        return wire_fail(call, "HostedZoneNotEmpty",
                         "The specified hosted zone contains non-required resource record sets and "
                         "so cannot be deleted.");
    if (!r53_changes_make_room(&r53->changes))
        return wire_fail(call, "Throttling", "Rate exceeded");
    change = r53_change_submit(r53, zone, NULL, 0, NULL);
    struct r53_log_config *log = r53_log_config_of_zone(&r53->log_configs, zone->id);
    if (log != NULL) { /* it goes with its zone */
        r53_changed(r53, R53_SAVED_QUERY_LOG, log->id);
        r53_log_config_remove(&r53->log_configs, log);
    }
    r53_zone_changed(r53, zone);
    for (size_t i = 0; i < zone->wanted.ordered_count; i++)
        forget_sets(r53, zone, zone->wanted.ordered[i]);
    r53_zones_remove(&r53->zones, zone); /* DNS stops with the API: a simplification */
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "ChangeInfo", r53_pending_json(change));
    return wire_succeed(call, output);
}
