/* operations.c -- the service's table of operations, and what its handlers share. */
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/route53_internal.h"

WIRE_EMBED(r53_api_json, "emulators/route53/api.json");

/* clang-format off */
static const struct wire_operation operations[] = {
    /* name                                 handler                  effect        plane */
    {"ActivateKeySigningKey",                 NULL,                    EFFECT_WRITE, PLANE_CONTROL},
    {"AssociateVPCWithHostedZone",            r53_associate_vpc,       EFFECT_WRITE, PLANE_CONTROL},
    {"ChangeCidrCollection",                  r53_change_cidr_collection, EFFECT_WRITE, PLANE_CONTROL},
    {"ChangeResourceRecordSets",              r53_change_record_sets,  EFFECT_WRITE, PLANE_CONTROL},
    {"ChangeTagsForResource",                 r53_change_tags,         EFFECT_WRITE, PLANE_CONTROL},
    {"CreateCidrCollection",                  r53_create_cidr_collection, EFFECT_WRITE, PLANE_CONTROL},
    {"CreateHealthCheck",                     r53_create_check,        EFFECT_WRITE, PLANE_CONTROL},
    {"CreateHostedZone",                      r53_create_zone,         EFFECT_WRITE, PLANE_CONTROL},
    {"CreateKeySigningKey",                   NULL,                    EFFECT_WRITE, PLANE_CONTROL},
    {"CreateQueryLoggingConfig",              r53_create_query_log,    EFFECT_WRITE, PLANE_CONTROL},
    {"CreateReusableDelegationSet",           r53_create_delegation,   EFFECT_WRITE, PLANE_CONTROL},
    {"CreateTrafficPolicy",                   r53_create_policy,       EFFECT_WRITE, PLANE_CONTROL},
    {"CreateTrafficPolicyInstance",           r53_create_instance,     EFFECT_WRITE, PLANE_CONTROL},
    {"CreateTrafficPolicyVersion",            r53_create_policy_version, EFFECT_WRITE, PLANE_CONTROL},
    {"CreateVPCAssociationAuthorization",     r53_authorize_vpc,       EFFECT_WRITE, PLANE_CONTROL},
    {"DeactivateKeySigningKey",               NULL,                    EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteCidrCollection",                  r53_delete_cidr_collection, EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteHealthCheck",                     r53_delete_check,        EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteHostedZone",                      r53_delete_zone,         EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteKeySigningKey",                   NULL,                    EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteQueryLoggingConfig",              r53_delete_query_log,    EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteReusableDelegationSet",           r53_delete_delegation,   EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteTrafficPolicy",                   r53_delete_policy,       EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteTrafficPolicyInstance",           r53_delete_instance,     EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteVPCAssociationAuthorization",     r53_deauthorize_vpc,     EFFECT_WRITE, PLANE_CONTROL},
    {"DisableHostedZoneDNSSEC",               NULL,                    EFFECT_WRITE, PLANE_CONTROL},
    {"DisassociateVPCFromHostedZone",         r53_disassociate_vpc,    EFFECT_WRITE, PLANE_CONTROL},
    {"EnableHostedZoneDNSSEC",                NULL,                    EFFECT_WRITE, PLANE_CONTROL},
    {"GetAccountLimit",                       r53_get_account_limit,   EFFECT_READ,  PLANE_CONTROL},
    {"GetChange",                             r53_get_change,          EFFECT_READ,  PLANE_CONTROL},
    {"GetCheckerIpRanges",                    r53_get_checker_ranges,  EFFECT_READ,  PLANE_CONTROL},
    {"GetDNSSEC",                             NULL,                    EFFECT_READ,  PLANE_CONTROL},
    {"GetGeoLocation",                        NULL,                    EFFECT_READ,  PLANE_CONTROL},
    {"GetHealthCheck",                        r53_get_check,           EFFECT_READ,  PLANE_CONTROL},
    {"GetHealthCheckCount",                   r53_get_check_count,     EFFECT_READ,  PLANE_CONTROL},
    {"GetHealthCheckLastFailureReason",       r53_get_check_failure,   EFFECT_READ,  PLANE_CONTROL},
    {"GetHealthCheckStatus",                  r53_get_check_status,    EFFECT_READ,  PLANE_CONTROL},
    {"GetHostedZone",                         r53_get_zone,            EFFECT_READ,  PLANE_CONTROL},
    {"GetHostedZoneCount",                    r53_get_zone_count,      EFFECT_READ,  PLANE_CONTROL},
    {"GetHostedZoneLimit",                    r53_get_zone_limit,      EFFECT_READ,  PLANE_CONTROL},
    {"GetQueryLoggingConfig",                 r53_get_query_log,       EFFECT_READ,  PLANE_CONTROL},
    {"GetReusableDelegationSet",              r53_get_delegation,      EFFECT_READ,  PLANE_CONTROL},
    {"GetReusableDelegationSetLimit",         r53_get_delegation_limit, EFFECT_READ,  PLANE_CONTROL},
    {"GetTrafficPolicy",                      r53_get_policy,          EFFECT_READ,  PLANE_CONTROL},
    {"GetTrafficPolicyInstance",              r53_get_instance,        EFFECT_READ,  PLANE_CONTROL},
    {"GetTrafficPolicyInstanceCount",         r53_get_instance_count,  EFFECT_READ,  PLANE_CONTROL},
    {"ListCidrBlocks",                        r53_list_cidr_blocks, EFFECT_READ,  PLANE_CONTROL},
    {"ListCidrCollections",                   r53_list_cidr_collections, EFFECT_READ,  PLANE_CONTROL},
    {"ListCidrLocations",                     r53_list_cidr_locations, EFFECT_READ,  PLANE_CONTROL},
    {"ListGeoLocations",                      NULL,                    EFFECT_READ,  PLANE_CONTROL},
    {"ListHealthChecks",                      r53_list_checks,         EFFECT_READ,  PLANE_CONTROL},
    {"ListHostedZones",                       r53_list_zones,          EFFECT_READ,  PLANE_CONTROL},
    {"ListHostedZonesByName",                 r53_list_zones_by_name,  EFFECT_READ,  PLANE_CONTROL},
    {"ListHostedZonesByVPC",                  r53_list_zones_by_vpc,   EFFECT_READ,  PLANE_CONTROL},
    {"ListQueryLoggingConfigs",               r53_list_query_logs,     EFFECT_READ,  PLANE_CONTROL},
    {"ListResourceRecordSets",                r53_list_record_sets,    EFFECT_READ,  PLANE_CONTROL},
    {"ListReusableDelegationSets",            r53_list_delegations,    EFFECT_READ,  PLANE_CONTROL},
    {"ListTagsForResource",                   r53_list_tags,           EFFECT_READ,  PLANE_CONTROL},
    {"ListTagsForResources",                  r53_list_tags_of_several, EFFECT_READ,  PLANE_CONTROL},
    {"ListTrafficPolicies",                   r53_list_policies,       EFFECT_READ,  PLANE_CONTROL},
    {"ListTrafficPolicyInstances",            r53_list_instances,      EFFECT_READ,  PLANE_CONTROL},
    {"ListTrafficPolicyInstancesByHostedZone", r53_list_instances_of_zone, EFFECT_READ,  PLANE_CONTROL},
    {"ListTrafficPolicyInstancesByPolicy",    r53_list_instances_of_policy, EFFECT_READ,  PLANE_CONTROL},
    {"ListTrafficPolicyVersions",             r53_list_policy_versions, EFFECT_READ,  PLANE_CONTROL},
    {"ListVPCAssociationAuthorizations",      r53_list_vpc_authorizations, EFFECT_READ,  PLANE_CONTROL},
    {"TestDNSAnswer",                         r53_test_dns_answer,     EFFECT_READ,  PLANE_CONTROL},
    {"UpdateHealthCheck",                     r53_update_check,        EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateHostedZoneComment",               r53_update_zone_comment, EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateHostedZoneFeatures",              NULL,                    EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateTrafficPolicyComment",            r53_update_policy_comment, EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateTrafficPolicyInstance",           r53_update_instance,     EFFECT_WRITE, PLANE_CONTROL},
};
/* clang-format on */

const struct wire_service r53_service = {
    .id = "route53",
    .title = "Route 53",
    .sdk_id = "ROUTE_53",
    .scope = SCOPE_GLOBAL,
    .control_region = "us-east-1",
    .api_json = r53_api_json,
    .api_json_end = r53_api_json_end,
    .operations = operations,
    .operation_count = ARRAY_LEN(operations),
    .throttling_code = "Throttling",
    .throttling_message = "Rate exceeded",
};

enum wire_progress r53_fail_not_here(struct wire_call *call, const char *what)
{
    (void)wire_fail(call, "NotImplemented", "%s", what);
    call->error.status = 501;
    return WIRE_DONE;
}

double r53_seconds(uint64_t time_us)
{
    return (double)(time_us / SIM_US_PER_MS) / 1000.0;
}

bool r53_max_items(struct wire_call *call, int64_t most, int64_t *items)
{
    const char *text = wire_text(call->input, "MaxItems");
    char *end = NULL;
    long value = 0;
    if (text == NULL)
        return true;
    value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || value < 1) {
        (void)wire_fail(call, "InvalidInput",
                        "Invalid parameter : MaxItems must be a number greater than 0.");
        return false;
    }
    *items = value < most ? value : most;
    return true;
}

struct r53_zone *r53_need_zone(struct r53 *r53, struct wire_call *call, const char *id)
{
    struct r53_zone *zone = r53_zone_find(&r53->zones, id);
    if (zone == NULL)
        (void)wire_fail(call, "NoSuchHostedZone", "No hosted zone found with ID: %s",
                        r53_bare_id(id));
    return zone;
}

static cJSON *change_json(const struct r53_change *change, bool is_insync)
{
    cJSON *json = cJSON_CreateObject();
    char id[R53_ID_BYTES + 16];
    (void)snprintf(id, sizeof(id), "/change/%s", change->id);
    cJSON_AddStringToObject(json, "Id", id);
    cJSON_AddStringToObject(json, "Status", is_insync ? "INSYNC" : "PENDING");
    cJSON_AddNumberToObject(json, "SubmittedAt", r53_seconds(change->submitted_us));
    if (change->comment != NULL)
        cJSON_AddStringToObject(json, "Comment", change->comment);
    return json;
}

cJSON *r53_change_json(const struct r53_change *change)
{
    return change_json(change, change->is_insync);
}

cJSON *r53_pending_json(const struct r53_change *change)
{
    return change_json(change, false);
}
