/* operations_vpc.c -- private hosted zones and their VPCs: associate, authorize, list. */
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/save.h"

#define VPCS_A_PAGE  50
#define ZONES_A_PAGE 100

cJSON *r53_vpc_json(const struct r53_vpc *vpc)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "VPCRegion", vpc->region);
    cJSON_AddStringToObject(json, "VPCId", vpc->id);
    return json;
}

bool r53_read_vpc(struct wire_call *call, const cJSON *json, struct r53_vpc *vpc)
{
    const char *id = wire_text(json, "VPCId");
    const char *region = wire_text(json, "VPCRegion");
    if (id == NULL || !r53_vpc_id_is_valid(id))
        (void)wire_fail(call, "InvalidVPCId", "The VPC ID is invalid.");
    else if (region == NULL || !r53_vpc_init(vpc, id, region))
        (void)wire_fail(call, "InvalidInput", "Invalid parameter : A VPC needs a VPCRegion.");
    else
        return true;
    return false;
}

bool r53_check_vpc_is_free(struct r53 *r53, struct wire_call *call, const struct r53_name *name,
                           const struct r53_vpc *vpc)
{
    for (size_t i = 0; i < r53->zones.count; i++) {
        const struct r53_zone *zone = r53->zones.by_id[i];
        if (!r53_name_is_equal(&zone->name, name) || r53_vpcs_find(&zone->vpcs, vpc->id) == NULL)
            continue;
        (void)wire_fail(call, "ConflictingDomainExists",
                        "The VPC %s in region %s has already been associated with the hosted zone "
                        "%s with the same domain name.",
                        vpc->id, vpc->region, zone->id);
        return false;
    }
    return true;
}

/* The zone and VPC of a call; NULL: it has failed. */
static struct r53_zone *need_zone_and_vpc(struct r53 *r53, struct wire_call *call,
                                          struct r53_vpc *vpc)
{
    struct r53_zone *zone = r53_need_zone(r53, call, wire_text(call->input, "HostedZoneId"));
    if (zone == NULL || !r53_read_vpc(call, wire_member(call->input, "VPC"), vpc))
        return NULL;
    if (zone->is_private)
        return zone;
    (void)wire_fail(call, "PublicZoneVPCAssociation",
                    "You're trying to associate a VPC with a public hosted zone. Amazon Route 53 "
                    "doesn't support associating a VPC with a public hosted zone.");
    return NULL;
}

static enum wire_progress succeed_with_change(struct r53 *r53, struct wire_call *call,
                                              struct r53_zone *zone)
{
    const struct r53_change *change =
        r53_change_submit(r53, zone, NULL, 0, wire_text(call->input, "Comment"));
    cJSON *output = cJSON_CreateObject();
    r53_zone_changed(r53, zone);
    cJSON_AddItemToObject(output, "ChangeInfo", r53_pending_json(change));
    return wire_succeed(call, output);
}

enum wire_progress r53_associate_vpc(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct r53_vpc vpc;
    struct r53_zone *zone = need_zone_and_vpc(r53, call, &vpc);
    if (zone == NULL || !r53_check_vpc_is_free(r53, call, &zone->name, &vpc))
        return WIRE_DONE;
    if (zone->vpcs.count == R53_ZONE_VPC_MAX)
        return wire_fail(call, "LimitsExceeded",
                         "Limits Exceeded: MAX_VPCS_ASSOCIATED_BY_ZONE - Cannot associate more "
                         "than %d VPCs with a hosted zone.",
                         R53_ZONE_VPC_MAX);
    if (!r53_changes_make_room(&r53->changes))
        return wire_fail(call, "Throttling", "Rate exceeded");
    r53_vpcs_add(&zone->vpcs, &vpc); /* DNS follows with the call: a simplification */
    return succeed_with_change(r53, call, zone);
}

enum wire_progress r53_disassociate_vpc(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct r53_vpc vpc;
    struct r53_zone *zone = need_zone_and_vpc(r53, call, &vpc);
    if (zone == NULL)
        return WIRE_DONE;
    if (r53_vpcs_find(&zone->vpcs, vpc.id) == NULL)
        return wire_fail(call, "VPCAssociationNotFound",
                         "The VPC: %s is not associated with the hosted zone: %s", vpc.id,
                         zone->id);
    if (zone->vpcs.count == 1)
        return wire_fail(call, "LastVPCAssociation",
                         "The VPC that you're trying to disassociate from the private hosted zone "
                         "is the last VPC that is associated with the hosted zone. Amazon Route 53 "
                         "doesn't support disassociating the last VPC from a hosted zone.");
    if (!r53_changes_make_room(&r53->changes))
        return wire_fail(call, "Throttling", "Rate exceeded");
    r53_vpcs_remove(&zone->vpcs, vpc.id);
    return succeed_with_change(r53, call, zone);
}

/* --- authorizations: for VPCs of another account
 * --------------------------------------------------
 */

enum wire_progress r53_authorize_vpc(void *state, struct wire_call *call)
{
    struct r53_vpc vpc;
    struct r53_zone *zone = need_zone_and_vpc(state, call, &vpc);
    cJSON *output = NULL;
    if (zone == NULL)
        return WIRE_DONE;
    if (zone->authorized.count == R53_VPC_AUTHORIZATION_MAX)
        return wire_fail(call, "TooManyVPCAssociationAuthorizations",
                         "You've created the maximum number of authorizations that can be created "
                         "for the specified hosted zone.");
    r53_vpcs_add(&zone->authorized, &vpc);
    r53_zone_changed(state, zone);
    output = cJSON_CreateObject();
    cJSON_AddStringToObject(output, "HostedZoneId", zone->id);
    cJSON_AddItemToObject(output, "VPC", r53_vpc_json(&vpc));
    return wire_succeed(call, output);
}

enum wire_progress r53_deauthorize_vpc(void *state, struct wire_call *call)
{
    struct r53_vpc vpc;
    struct r53_zone *zone = need_zone_and_vpc(state, call, &vpc);
    if (zone == NULL)
        return WIRE_DONE;
    if (r53_vpcs_find(&zone->authorized, vpc.id) == NULL)
        return wire_fail(call, "VPCAssociationAuthorizationNotFound",
                         "The VPC that you specified is not authorized to be associated with the "
                         "hosted zone.");
    r53_vpcs_remove(&zone->authorized, vpc.id);
    r53_zone_changed(state, zone);
    return wire_succeed(call, NULL);
}

bool r53_max_results(struct wire_call *call, const char *member, int64_t most, int64_t *items)
{
    const char *text = wire_text(call->input, member);
    char *end = NULL;
    long value = 0;
    *items = most;
    if (text == NULL)
        return true;
    value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || value < 1) {
        (void)wire_fail(call, "InvalidInput",
                        "Invalid parameter : %s must be a number greater than 0.", member);
        return false;
    }
    *items = value < most ? value : most;
    return true;
}

static enum wire_progress fail_token(struct wire_call *call)
{
    return wire_fail(call, "InvalidPaginationToken",
                     "The value that you specified to get the second or subsequent page of results "
                     "is invalid.");
}

enum wire_progress r53_list_vpc_authorizations(void *state, struct wire_call *call)
{
    struct r53_zone *zone = r53_need_zone(state, call, wire_text(call->input, "HostedZoneId"));
    const char *token = wire_text(call->input, "NextToken");
    int64_t items = 0;
    size_t at = 0;
    cJSON *output = NULL;
    cJSON *list = NULL;
    if (zone == NULL || !r53_max_results(call, "MaxResults", VPCS_A_PAGE, &items))
        return WIRE_DONE;
    if (token != NULL && !r53_vpc_id_is_valid(token))
        return fail_token(call);
    while (token != NULL && at < zone->authorized.count &&
           strcmp(zone->authorized.items[at].id, token) < 0)
        at++;
    output = cJSON_CreateObject();
    cJSON_AddStringToObject(output, "HostedZoneId", zone->id);
    list = cJSON_CreateArray();
    for (int64_t i = 0; i < items && at < zone->authorized.count; i++)
        cJSON_AddItemToArray(list, r53_vpc_json(&zone->authorized.items[at++]));
    if (at < zone->authorized.count)
        cJSON_AddStringToObject(output, "NextToken", zone->authorized.items[at].id);
    cJSON_AddItemToObject(output, "VPCs", list);
    return wire_succeed(call, output);
}

static cJSON *summary_json(const struct r53_zone *zone, const char *account)
{
    cJSON *json = cJSON_CreateObject();
    char text[R53_NAME_TEXT_BYTES];
    r53_name_text(zone->name.wire, text);
    cJSON_AddStringToObject(json, "HostedZoneId", zone->id);
    cJSON_AddStringToObject(json, "Name", text);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(json, "Owner"), "OwningAccount", account);
    return json;
}

enum wire_progress r53_list_zones_by_vpc(void *state, struct wire_call *call)
{
    const struct r53 *r53 = state;
    const char *token = wire_text(call->input, "NextToken");
    struct r53_vpc vpc;
    int64_t items = 0;
    int64_t listed = 0;
    size_t at = 0;
    const struct r53_zone *next = NULL;
    cJSON *output = NULL;
    cJSON *list = NULL;
    if (!r53_read_vpc(call, call->input, &vpc) ||
        !r53_max_results(call, "MaxItems", ZONES_A_PAGE, &items))
        return WIRE_DONE;
    if (token != NULL && token[0] != 'Z')
        return fail_token(call);
    at = token == NULL ? 0 : r53_zone_index_at(&r53->zones, token);
    output = cJSON_CreateObject();
    list = cJSON_AddArrayToObject(output, "HostedZoneSummaries");
    for (; at < r53->zones.count && next == NULL; at++) {
        const struct r53_zone *zone = r53->zones.by_id[at];
        const struct r53_vpc *found = r53_vpcs_find(&zone->vpcs, vpc.id);
        if (found == NULL || strcmp(found->region, vpc.region) != 0)
            continue;
        if (listed++ == items)
            next = zone;
        else
            cJSON_AddItemToArray(list, summary_json(zone, call->account));
    }
    cJSON_AddStringToObject(output, "MaxItems",
                            sim_arena_printf(call->arena, "%lld", (long long)items));
    if (next != NULL)
        cJSON_AddStringToObject(output, "NextToken", next->id);
    return wire_succeed(call, output);
}
