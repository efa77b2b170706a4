/* operations_count.c -- counts and limits. */
#include <string.h>

#include "emulators/route53/route53_internal.h"

static enum wire_progress succeed_with_number(struct wire_call *call, const char *name,
                                              size_t number)
{
    cJSON *output = cJSON_CreateObject();
    cJSON_AddNumberToObject(output, name, (double)number);
    return wire_succeed(call, output);
}

enum wire_progress r53_get_zone_count(void *state, struct wire_call *call)
{
    const struct r53 *r53 = state;
    return succeed_with_number(call, "HostedZoneCount", r53->zones.count);
}

enum wire_progress r53_get_check_count(void *state, struct wire_call *call)
{
    const struct r53 *r53 = state;
    return succeed_with_number(call, "HealthCheckCount", r53->checks.count);
}

enum wire_progress r53_succeed_with_limit(struct wire_call *call, const char *type, size_t limit,
                                          size_t count)
{
    cJSON *output = cJSON_CreateObject();
    cJSON *json = cJSON_AddObjectToObject(output, "Limit");
    cJSON_AddStringToObject(json, "Type", type);
    cJSON_AddNumberToObject(json, "Value", (double)limit);
    cJSON_AddNumberToObject(output, "Count", (double)count);
    return wire_succeed(call, output);
}

enum wire_progress r53_get_zone_limit(void *state, struct wire_call *call)
{
    const char *type = wire_text(call->input, "Type");
    const struct r53_zone *zone =
        r53_need_zone(state, call, wire_text(call->input, "HostedZoneId"));
    if (zone == NULL)
        return WIRE_DONE;
    if (strcmp(type, "MAX_RRSETS_BY_ZONE") == 0)
        return r53_succeed_with_limit(call, type, R53_ZONE_SET_MAX, zone->wanted.set_count);
    if (zone->is_private)
        return r53_succeed_with_limit(call, type, R53_ZONE_VPC_MAX, zone->vpcs.count);
    return wire_fail(call, "HostedZoneNotPrivate",
                     "The specified hosted zone is a public hosted zone, not a private hosted "
                     "zone.");
}

enum wire_progress r53_get_account_limit(void *state, struct wire_call *call)
{
    const struct r53 *r53 = state;
    const char *type = wire_text(call->input, "Type");
    const struct {
        const char *type;
        size_t limit;
        size_t count;
    } limits[] = {
        {"MAX_HEALTH_CHECKS_BY_OWNER", R53_CHECK_MAX, r53->checks.count},
        {"MAX_HOSTED_ZONES_BY_OWNER", R53_ZONE_MAX, r53->zones.count},
        {"MAX_REUSABLE_DELEGATION_SETS_BY_OWNER", R53_DELEGATION_MAX, r53->delegations.count},
        {"MAX_TRAFFIC_POLICIES_BY_OWNER", R53_POLICY_MAX, r53->traffic.policy_count},
        {"MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER", R53_POLICY_INSTANCE_MAX,
         r53->traffic.instance_count},
    };
    for (size_t i = 0; i < ARRAY_LEN(limits); i++)
        if (strcmp(limits[i].type, type) == 0)
            return r53_succeed_with_limit(call, type, limits[i].limit, limits[i].count);
    return wire_fail(call, "InvalidInput", "Invalid parameter : %s is not a limit.", type);
}
