/* operations_delegation.c -- reusable delegation sets: create, get, list, delete, limit. */
#include <stdio.h>
#include <string.h>

#include "emulators/route53/save.h"

#define SETS_A_PAGE 100

cJSON *r53_delegation_json(const char *id, const char *caller_reference,
                           char servers[R53_NAME_SERVER_COUNT][R53_NAME_SERVER_BYTES])
{
    cJSON *json = cJSON_CreateObject();
    cJSON *list = NULL;
    char text[R53_ID_BYTES + 16];
    if (id != NULL && id[0] != '\0') {
        (void)snprintf(text, sizeof(text), "/delegationset/%s", id);
        cJSON_AddStringToObject(json, "Id", text);
    }
    if (caller_reference != NULL)
        cJSON_AddStringToObject(json, "CallerReference", caller_reference);
    list = cJSON_AddArrayToObject(json, "NameServers");
    for (size_t i = 0; i < R53_NAME_SERVER_COUNT; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(servers[i]));
    return json;
}

static cJSON *delegation_json(struct r53_delegation *delegation)
{
    return r53_delegation_json(delegation->id, delegation->caller_reference,
                               delegation->name_servers);
}

struct r53_delegation *r53_need_delegation(struct r53 *r53, struct wire_call *call, const char *id)
{
    struct r53_delegation *delegation = r53_delegation_find(&r53->delegations, id);
    if (delegation == NULL)
        (void)wire_fail(call, "NoSuchDelegationSet",
                        "The specified delegation set %s does not exist.", r53_bare_id(id));
    return delegation;
}

static bool has_reference(const struct r53 *r53, const char *reference)
{
    for (size_t i = 0; i < r53->delegations.count; i++)
        if (strcmp(r53->delegations.by_id[i]->caller_reference, reference) == 0)
            return true;
    return false;
}

/* The zone whose servers become reusable; false: the call has failed. */
static bool find_source(struct r53 *r53, struct wire_call *call, struct r53_zone **zone)
{
    const char *id = wire_text(call->input, "HostedZoneId");
    *zone = id == NULL ? NULL : r53_zone_find(&r53->zones, id);
    if (id == NULL)
        return true;
    if (*zone == NULL)
        (void)wire_fail(call, "HostedZoneNotFound", "The specified HostedZone can't be found.");
    else if ((*zone)->is_private)
        (void)wire_fail(call, "InvalidInput",
                        "Invalid parameter : A private hosted zone has no delegation set.");
    else if ((*zone)->delegation_id[0] != '\0')
        (void)wire_fail(call, "DelegationSetAlreadyReusable",
                        "The specified delegation set has already been marked as reusable.");
    else
        return true;
    return false;
}

enum wire_progress r53_create_delegation(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    const char *reference = wire_text(call->input, "CallerReference");
    struct r53_delegation *made = NULL;
    struct r53_zone *zone = NULL;
    cJSON *output = NULL;
    char id[R53_ID_BYTES] = "";
    if (!find_source(r53, call, &zone))
        return WIRE_DONE;
    if (has_reference(r53, reference))
        return wire_fail(call, "DelegationSetAlreadyCreated",
                         "A delegation set with the same owner and caller reference combination "
                         "has already been created.");
    if (r53->delegations.count == R53_DELEGATION_MAX)
        return wire_fail(call, "LimitsExceeded",
                         "Limits Exceeded: MAX_REUSABLE_DELEGATION_SETS_BY_OWNER - Cannot create "
                         "more than %d reusable delegation sets.",
                         R53_DELEGATION_MAX);
    r53_draw_id(r53, 'N', id);
    made = r53_delegation_add(&r53->delegations, id);
    made->caller_reference = sim_strdup(reference);
    if (zone != NULL) {
        memcpy(made->name_servers, zone->name_servers, sizeof(made->name_servers));
        memcpy(zone->delegation_id, made->id, sizeof(zone->delegation_id));
        r53_zone_changed(r53, zone);
    } else {
        r53_draw_name_servers(&r53->ids, made->name_servers);
    }
    r53_changed(r53, R53_SAVED_DELEGATION, made->id);
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "DelegationSet", delegation_json(made));
    cJSON_AddStringToObject(
        output, "Location",
        sim_arena_printf(call->arena, "https://route53.amazonaws.com/2013-04-01/delegationset/%s",
                         made->id));
    return wire_succeed(call, output);
}

enum wire_progress r53_get_delegation(void *state, struct wire_call *call)
{
    struct r53_delegation *delegation =
        r53_need_delegation(state, call, wire_text(call->input, "Id"));
    cJSON *output = NULL;
    if (delegation == NULL)
        return WIRE_DONE;
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "DelegationSet", delegation_json(delegation));
    return wire_succeed(call, output);
}

enum wire_progress r53_delete_delegation(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct r53_delegation *delegation =
        r53_need_delegation(r53, call, wire_text(call->input, "Id"));
    if (delegation == NULL)
        return WIRE_DONE;
    if (r53_delegation_zone_count(&r53->zones, delegation->id) > 0)
        return wire_fail(call, "DelegationSetInUse",
                         "The specified delegation contains associated hosted zones which must be "
                         "deleted before the reusable delegation set can be deleted.");
    r53_changed(r53, R53_SAVED_DELEGATION, delegation->id);
    r53_delegation_remove(&r53->delegations, delegation);
    return wire_succeed(call, NULL);
}

enum wire_progress r53_list_delegations(void *state, struct wire_call *call)
{
    const struct r53_delegations *all = &((const struct r53 *)state)->delegations;
    const char *marker = wire_text(call->input, "Marker");
    int64_t items = SETS_A_PAGE;
    size_t at = 0;
    cJSON *output = NULL;
    cJSON *list = NULL;
    if (!r53_max_items(call, SETS_A_PAGE, &items))
        return WIRE_DONE;
    while (marker != NULL && at < all->count && strcmp(all->by_id[at]->id, r53_bare_id(marker)) < 0)
        at++;
    output = cJSON_CreateObject();
    list = cJSON_AddArrayToObject(output, "DelegationSets");
    for (int64_t i = 0; i < items && at < all->count; i++)
        cJSON_AddItemToArray(list, delegation_json(all->by_id[at++]));
    cJSON_AddStringToObject(output, "Marker", marker == NULL ? "" : marker);
    cJSON_AddBoolToObject(output, "IsTruncated", at < all->count);
    if (at < all->count)
        cJSON_AddStringToObject(output, "NextMarker", all->by_id[at]->id);
    cJSON_AddStringToObject(output, "MaxItems",
                            sim_arena_printf(call->arena, "%lld", (long long)items));
    return wire_succeed(call, output);
}

enum wire_progress r53_get_delegation_limit(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    const char *type = wire_text(call->input, "Type");
    const struct r53_delegation *delegation =
        r53_need_delegation(r53, call, wire_text(call->input, "DelegationSetId"));
    if (delegation == NULL)
        return WIRE_DONE;
    return r53_succeed_with_limit(call, type, R53_DELEGATION_ZONE_MAX,
                                  r53_delegation_zone_count(&r53->zones, delegation->id));
}
