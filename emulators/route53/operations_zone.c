/* operations_zone.c -- hosted zones: create, get, list, comment, delete. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/route53_internal.h"

#define ZONES_A_PAGE 100

static cJSON *zone_json(const struct r53_zone *zone)
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
    cJSON_AddBoolToObject(config, "PrivateZone", false);
    cJSON_AddNumberToObject(json, "ResourceRecordSetCount", (double)zone->wanted.set_count);
    return json;
}

static cJSON *delegation_json(const struct r53_zone *zone)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *servers = cJSON_AddArrayToObject(json, "NameServers");
    for (size_t i = 0; i < R53_NAME_SERVER_COUNT; i++)
        cJSON_AddItemToArray(servers, cJSON_CreateString(zone->name_servers[i]));
    return json;
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

/* One server in each of four top-level domains: 2,048 in all, eight to a number. */
static void draw_name_servers(struct r53 *r53, struct r53_zone *zone)
{
    static const char *const ends[R53_NAME_SERVER_COUNT] = {"com", "net", "org", "co.uk"};
    size_t first = sim_random_below(&r53->ids, R53_NAME_SERVER_COUNT);
    for (size_t i = 0; i < R53_NAME_SERVER_COUNT; i++) {
        size_t end = (first + i) % R53_NAME_SERVER_COUNT;
        unsigned number = (unsigned)sim_random_below(&r53->ids, 512);
        (void)snprintf(zone->name_servers[i], R53_NAME_SERVER_BYTES, "ns-%u.awsdns-%02u.%s",
                       (unsigned)end * 512 + number, number / 8, ends[end]);
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

/* False: the call has failed. */
static bool check_creation(struct r53 *r53, struct wire_call *call, struct r53_name *name)
{
    const char *text = wire_text(call->input, "Name");
    const cJSON *config = wire_member(call->input, "HostedZoneConfig");
    const char *delegation = wire_text(call->input, "DelegationSetId");
    enum r53_name_fault fault = r53_name_parse(text, name);
    if (fault != R53_NAME_OK)
        (void)wire_fail(call, "InvalidDomainName", "%s '%s'", r53_name_fault_text(fault), text);
    else if (is_top_level(name) || (name->wire[0] == 1 && name->wire[1] == '*'))
        (void)wire_fail(call, "InvalidDomainName", "The domain name %s is not valid.", text);
    else if (wire_member(call->input, "VPC") != NULL || wire_flag(config, "PrivateZone", false))
        (void)r53_fail_not_here(call, "private hosted zones are not implemented");
    else if (delegation != NULL)
        (void)wire_fail(call, "NoSuchDelegationSet",
                        "The specified delegation set %s does not exist.", r53_bare_id(delegation));
    else if (has_reference(r53, wire_text(call->input, "CallerReference")))
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

enum wire_progress r53_create_zone(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    const char *comment = NULL;
    struct r53_name name;
    struct r53_zone *zone = NULL;
    struct r53_delta *deltas = NULL;
    struct r53_change *change = NULL;
    cJSON *output = NULL;
    char id[R53_ID_BYTES];
    if (!check_creation(r53, call, &name))
        return WIRE_DONE;
    r53_draw_id(r53, 'Z', id);
    zone = r53_zone_create(&name, id);
    zone->caller_reference = sim_strdup(wire_text(call->input, "CallerReference"));
    comment = wire_text(wire_member(call->input, "HostedZoneConfig"), "Comment");
    zone->comment = comment == NULL ? NULL : sim_strdup(comment);
    draw_name_servers(r53, zone);
    r53_zones_add(&r53->zones, zone);
    deltas = make_apex(zone);
    r53_delta_apply(&deltas[0], &zone->wanted);
    r53_delta_apply(&deltas[1], &zone->wanted);
    change = r53_change_submit(r53, zone, deltas, 2, NULL);
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "HostedZone", zone_json(zone));
    cJSON_AddItemToObject(output, "ChangeInfo", r53_pending_json(change));
    cJSON_AddItemToObject(output, "DelegationSet", delegation_json(zone));
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
    const struct r53_zone *zone = r53_need_zone(state, call, wire_text(call->input, "Id"));
    cJSON *output = NULL;
    if (zone == NULL)
        return WIRE_DONE;
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "HostedZone", zone_json(zone));
    cJSON_AddItemToObject(output, "DelegationSet", delegation_json(zone));
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
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "HostedZone", zone_json(zone));
    return wire_succeed(call, output);
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
    r53_zones_remove(&r53->zones, zone); /* DNS stops with the API: a simplification */
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "ChangeInfo", r53_pending_json(change));
    return wire_succeed(call, output);
}

/* --- lists
 * ----------------------------------------------------------------------------------------
 */

enum wire_progress r53_list_zones(void *state, struct wire_call *call)
{
    const struct r53 *r53 = state;
    const char *marker = wire_text(call->input, "Marker");
    size_t at = marker == NULL ? 0 : r53_zone_index_at(&r53->zones, r53_bare_id(marker));
    int64_t items = ZONES_A_PAGE;
    cJSON *output = NULL;
    cJSON *list = NULL;
    if (!r53_max_items(call, ZONES_A_PAGE, &items))
        return WIRE_DONE;
    if (wire_text(call->input, "HostedZoneType") != NULL)
        at = r53->zones.count; /* there are no private ones */
    output = cJSON_CreateObject();
    list = cJSON_AddArrayToObject(output, "HostedZones");
    for (int64_t i = 0; i < items && at < r53->zones.count; i++)
        cJSON_AddItemToArray(list, zone_json(r53->zones.by_id[at++]));
    cJSON_AddStringToObject(output, "Marker", marker == NULL ? "" : marker);
    cJSON_AddBoolToObject(output, "IsTruncated", at < r53->zones.count);
    if (at < r53->zones.count)
        cJSON_AddStringToObject(output, "NextMarker", r53->zones.by_id[at]->id);
    cJSON_AddStringToObject(output, "MaxItems",
                            sim_arena_printf(call->arena, "%lld", (long long)items));
    return wire_succeed(call, output);
}

struct listed {
    const struct r53_zone *zone;
    char key[R53_NAME_TEXT_BYTES];
};

static int compare_listed(const void *left, const void *right)
{
    const struct listed *a = left;
    const struct listed *b = right;
    int order = strcmp(a->key, b->key);
    return order != 0 ? order : strcmp(a->zone->id, b->zone->id);
}

/* All zones by reversed name, then id. */
static struct listed *sort_by_name(const struct r53 *r53, struct sim_arena *arena)
{
    struct listed *all = sim_arena_alloc_array(arena, r53->zones.count + 1, sizeof(*all));
    for (size_t i = 0; i < r53->zones.count; i++) {
        all[i].zone = r53->zones.by_id[i];
        r53_name_list_key(all[i].zone->name.wire, all[i].key);
    }
    qsort(all, r53->zones.count, sizeof(*all), compare_listed);
    return all;
}

/* Where the page begins; false: the call has failed. */
static bool find_start(const struct r53 *r53, struct wire_call *call, const struct listed *all,
                       size_t *start)
{
    const char *name_text = wire_text(call->input, "DNSName");
    const char *id = wire_text(call->input, "HostedZoneId");
    struct r53_name name;
    char key[R53_NAME_TEXT_BYTES];
    enum r53_name_fault fault = R53_NAME_OK;
    if (name_text == NULL && id != NULL) {
        (void)wire_fail(call, "InvalidInput",
                        "Invalid parameter : A hosted zone ID needs a DNS name beside it.");
        return false;
    }
    if (name_text == NULL)
        return true;
    fault = r53_name_parse(name_text, &name);
    if (fault != R53_NAME_OK) {
        (void)wire_fail(call, "InvalidDomainName", "%s '%s'", r53_name_fault_text(fault),
                        name_text);
        return false;
    }
    r53_name_list_key(name.wire, key);
    while (*start < r53->zones.count) {
        int order = strcmp(all[*start].key, key);
        if (order > 0 ||
            (order == 0 && (id == NULL || strcmp(all[*start].zone->id, r53_bare_id(id)) >= 0)))
            break;
        (*start)++;
    }
    return true;
}

enum wire_progress r53_list_zones_by_name(void *state, struct wire_call *call)
{
    const struct r53 *r53 = state;
    const struct listed *all = sort_by_name(r53, call->arena);
    int64_t items = ZONES_A_PAGE;
    size_t at = 0;
    cJSON *output = NULL;
    cJSON *list = NULL;
    char text[R53_NAME_TEXT_BYTES];
    if (!r53_max_items(call, ZONES_A_PAGE, &items) || !find_start(r53, call, all, &at))
        return WIRE_DONE;
    output = cJSON_CreateObject();
    list = cJSON_AddArrayToObject(output, "HostedZones");
    for (int64_t i = 0; i < items && at < r53->zones.count; i++)
        cJSON_AddItemToArray(list, zone_json(all[at++].zone));
    if (wire_text(call->input, "DNSName") != NULL)
        cJSON_AddStringToObject(output, "DNSName", wire_text(call->input, "DNSName"));
    if (wire_text(call->input, "HostedZoneId") != NULL)
        cJSON_AddStringToObject(output, "HostedZoneId", wire_text(call->input, "HostedZoneId"));
    cJSON_AddBoolToObject(output, "IsTruncated", at < r53->zones.count);
    if (at < r53->zones.count) {
        r53_name_text(all[at].zone->name.wire, text);
        cJSON_AddStringToObject(output, "NextDNSName", text);
        cJSON_AddStringToObject(output, "NextHostedZoneId", all[at].zone->id);
    }
    cJSON_AddStringToObject(output, "MaxItems",
                            sim_arena_printf(call->arena, "%lld", (long long)items));
    return wire_succeed(call, output);
}
