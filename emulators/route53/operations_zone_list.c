/* operations_zone_list.c -- hosted zones by id and by name, in pages. */
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/route53_internal.h"

#define ZONES_A_PAGE 100

/* What a list leaves out. */
struct filter {
    const char *delegation_id; /* NULL: zones of any */
    bool wants_private;        /* and no others */
};

static bool is_listed(const struct r53_zone *zone, const struct filter *filter)
{
    if (filter->wants_private && !zone->is_private)
        return false;
    return filter->delegation_id == NULL || strcmp(zone->delegation_id, filter->delegation_id) == 0;
}

static size_t next_listed(const struct r53 *r53, const struct filter *filter, size_t at)
{
    while (at < r53->zones.count && !is_listed(r53->zones.by_id[at], filter))
        at++;
    return at;
}

/* False: the call has failed. */
static bool read_filter(struct r53 *r53, struct wire_call *call, struct filter *filter)
{
    const char *id = wire_text(call->input, "DelegationSetId");
    const struct r53_delegation *delegation = NULL;
    filter->wants_private = wire_text(call->input, "HostedZoneType") != NULL;
    if (id == NULL)
        return true;
    delegation = r53_need_delegation(r53, call, id);
    if (delegation == NULL)
        return false;
    filter->delegation_id = delegation->id;
    return true;
}

enum wire_progress r53_list_zones(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    const char *marker = wire_text(call->input, "Marker");
    struct filter filter = {.delegation_id = NULL};
    int64_t items = ZONES_A_PAGE;
    size_t at = 0;
    cJSON *output = NULL;
    cJSON *list = NULL;
    if (!r53_max_items(call, ZONES_A_PAGE, &items) || !read_filter(r53, call, &filter))
        return WIRE_DONE;
    if (marker != NULL)
        at = r53_zone_index_at(&r53->zones, r53_bare_id(marker));
    output = cJSON_CreateObject();
    list = cJSON_AddArrayToObject(output, "HostedZones");
    at = next_listed(r53, &filter, at);
    for (int64_t i = 0; i < items && at < r53->zones.count; i++) {
        cJSON_AddItemToArray(list, r53_zone_json(r53->zones.by_id[at]));
        at = next_listed(r53, &filter, at + 1);
    }
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
        cJSON_AddItemToArray(list, r53_zone_json(all[at++].zone));
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
