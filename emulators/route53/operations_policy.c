/* operations_policy.c -- traffic policies and their versions. */
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/save.h"

#define POLICIES_A_PAGE 100

static cJSON *policy_json(const struct r53_traffic_policy *policy,
                          const struct r53_policy_version *version)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "Id", policy->id);
    cJSON_AddNumberToObject(json, "Version", (double)version->number);
    cJSON_AddStringToObject(json, "Name", policy->name);
    cJSON_AddStringToObject(json, "Type", policy->type);
    cJSON_AddStringToObject(json, "Document", version->document);
    if (version->comment != NULL)
        cJSON_AddStringToObject(json, "Comment", version->comment);
    return json;
}

struct r53_policy_version *r53_need_policy_version(struct r53 *r53, struct wire_call *call,
                                                   const char *id, int64_t number,
                                                   struct r53_traffic_policy **policy)
{
    struct r53_policy_version *version = NULL;
    *policy = r53_policy_find(&r53->traffic, id);
    if (*policy != NULL)
        version = r53_policy_version_find(*policy, number);
    if (version == NULL)
        (void)wire_fail(call, "NoSuchTrafficPolicy",
                        "No traffic policy exists with Id %s and version %lld.", id,
                        (long long)number);
    return version;
}

/* NULL: the call has failed. */
static struct r53_traffic_policy *need_policy(struct r53 *r53, struct wire_call *call)
{
    const char *id = wire_text(call->input, "Id");
    struct r53_traffic_policy *policy = r53_policy_find(&r53->traffic, id);
    if (policy == NULL)
        (void)wire_fail(call, "NoSuchTrafficPolicy", "No traffic policy exists with Id %s.", id);
    return policy;
}

/* False: the call has failed. */
static bool read_document(struct wire_call *call, char type[16])
{
    char fault[R53_POLICY_FAULT_BYTES] = "";
    if (r53_document_check(wire_text(call->input, "Document"), type, fault))
        return true;
    (void)wire_fail(call, "InvalidTrafficPolicyDocument",
                    "The traffic policy document is not valid: %s", fault);
    return false;
}

static enum wire_progress succeed_created(struct wire_call *call,
                                          const struct r53_traffic_policy *policy,
                                          const struct r53_policy_version *version)
{
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "TrafficPolicy", policy_json(policy, version));
    cJSON_AddStringToObject(
        output, "Location",
        sim_arena_printf(call->arena,
                         "https://route53.amazonaws.com/2013-04-01/trafficpolicy/%s/%lld",
                         policy->id, (long long)version->number));
    return wire_succeed(call, output);
}

enum wire_progress r53_create_policy(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    const char *name = wire_text(call->input, "Name");
    struct r53_traffic_policy *policy = NULL;
    char type[16] = "";
    char id[SIM_UUID_TEXT_BYTES];
    if (!read_document(call, type))
        return WIRE_DONE;
    for (size_t i = 0; i < r53->traffic.policy_count; i++)
        if (strcmp(r53->traffic.policies[i]->name, name) == 0)
            return wire_fail(call, "TrafficPolicyAlreadyExists",
                             "A traffic policy that has the same value for Name already exists.");
    if (r53->traffic.policy_count == R53_POLICY_MAX)
        return wire_fail(call, "TooManyTrafficPolicies",
                         "Limits Exceeded: MAX_TRAFFIC_POLICIES_BY_OWNER - Cannot create more than "
                         "%d traffic policies.",
                         R53_POLICY_MAX);
    sim_random_uuid(&r53->ids, id);
    policy = r53_policy_add(&r53->traffic, id);
    policy->number = ++r53->made_count;
    policy->name = sim_strdup(name);
    memcpy(policy->type, type, sizeof(policy->type));
    (void)r53_policy_version_add(policy, 1, wire_text(call->input, "Document"),
                                 wire_text(call->input, "Comment"));
    r53_policy_changed(r53, policy);
    return succeed_created(call, policy, &policy->versions[0]);
}

enum wire_progress r53_create_policy_version(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct r53_traffic_policy *policy = need_policy(r53, call);
    const struct r53_policy_version *version = NULL;
    char type[16] = "";
    if (policy == NULL || !read_document(call, type))
        return WIRE_DONE;
    if (strcmp(type, policy->type) != 0)
        return wire_fail(call, "InvalidTrafficPolicyDocument",
                         "The traffic policy document is not valid: RecordType must be %s, as in "
                         "the first version.",
                         policy->type);
    if (policy->last_number == R53_POLICY_VERSION_MAX)
        return wire_fail(call, "TooManyTrafficPolicyVersionsForCurrentPolicy",
                         "This traffic policy version can't be created because you've reached the "
                         "limit of %d on the number of versions that you can create for the "
                         "current traffic policy.",
                         R53_POLICY_VERSION_MAX);
    version =
        r53_policy_version_add(policy, policy->last_number + 1, wire_text(call->input, "Document"),
                               wire_text(call->input, "Comment"));
    r53_policy_changed(r53, policy);
    return succeed_created(call, policy, version);
}

enum wire_progress r53_get_policy(void *state, struct wire_call *call)
{
    struct r53_traffic_policy *policy = NULL;
    const struct r53_policy_version *version =
        r53_need_policy_version(state, call, wire_text(call->input, "Id"),
                                wire_integer(call->input, "Version", 0), &policy);
    cJSON *output = NULL;
    if (version == NULL)
        return WIRE_DONE;
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "TrafficPolicy", policy_json(policy, version));
    return wire_succeed(call, output);
}

enum wire_progress r53_update_policy_comment(void *state, struct wire_call *call)
{
    struct r53_traffic_policy *policy = NULL;
    struct r53_policy_version *version =
        r53_need_policy_version(state, call, wire_text(call->input, "Id"),
                                wire_integer(call->input, "Version", 0), &policy);
    cJSON *output = NULL;
    if (version == NULL)
        return WIRE_DONE;
    free(version->comment);
    version->comment = sim_strdup(wire_text(call->input, "Comment"));
    r53_policy_changed(state, policy);
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "TrafficPolicy", policy_json(policy, version));
    return wire_succeed(call, output);
}

enum wire_progress r53_delete_policy(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct r53_traffic_policy *policy = NULL;
    struct r53_policy_version *version = r53_need_policy_version(
        r53, call, wire_text(call->input, "Id"), wire_integer(call->input, "Version", 0), &policy);
    if (version == NULL)
        return WIRE_DONE;
    for (size_t i = 0; i < r53->traffic.instance_count; i++) {
        const struct r53_traffic_instance *instance = r53->traffic.instances[i];
        if (strcmp(instance->policy_id, policy->id) == 0 &&
            instance->policy_version == version->number)
            return wire_fail(call, "TrafficPolicyInUse",
                             "One or more traffic policy instances were created by using the "
                             "specified traffic policy.");
    }
    r53_policy_version_remove(policy, version);
    r53_policy_changed(r53, policy);
    if (policy->version_count == 0)
        r53_policy_remove(&r53->traffic, policy);
    return wire_succeed(call, NULL);
}

/* --- lists
 * ----------------------------------------------------------------------------------------
 */

enum wire_progress r53_list_policies(void *state, struct wire_call *call)
{
    const struct r53_traffic *traffic = &((const struct r53 *)state)->traffic;
    const char *marker = wire_text(call->input, "TrafficPolicyIdMarker");
    int64_t items = POLICIES_A_PAGE;
    size_t at = 0;
    cJSON *output = NULL;
    cJSON *list = NULL;
    if (!r53_max_items(call, POLICIES_A_PAGE, &items))
        return WIRE_DONE;
    while (marker != NULL && at < traffic->policy_count &&
           strcmp(traffic->policies[at]->id, marker) != 0)
        at++;
    output = cJSON_CreateObject();
    list = cJSON_AddArrayToObject(output, "TrafficPolicySummaries");
    for (int64_t i = 0; i < items && at < traffic->policy_count; i++, at++) {
        const struct r53_traffic_policy *policy = traffic->policies[at];
        cJSON *json = cJSON_CreateObject();
        cJSON_AddStringToObject(json, "Id", policy->id);
        cJSON_AddStringToObject(json, "Name", policy->name);
        cJSON_AddStringToObject(json, "Type", policy->type);
        cJSON_AddNumberToObject(json, "LatestVersion",
                                (double)policy->versions[policy->version_count - 1].number);
        cJSON_AddNumberToObject(json, "TrafficPolicyCount", (double)policy->version_count);
        cJSON_AddItemToArray(list, json);
    }
    cJSON_AddBoolToObject(output, "IsTruncated", at < traffic->policy_count);
    cJSON_AddStringToObject(output, "TrafficPolicyIdMarker",
                            at < traffic->policy_count ? traffic->policies[at]->id : "");
    cJSON_AddStringToObject(output, "MaxItems",
                            sim_arena_printf(call->arena, "%lld", (long long)items));
    return wire_succeed(call, output);
}

enum wire_progress r53_list_policy_versions(void *state, struct wire_call *call)
{
    const struct r53_traffic_policy *policy = need_policy(state, call);
    const char *marker = wire_text(call->input, "TrafficPolicyVersionMarker");
    const int64_t first = marker == NULL ? 0 : strtoll(marker, NULL, 10);
    int64_t items = POLICIES_A_PAGE;
    size_t at = 0;
    cJSON *output = NULL;
    cJSON *list = NULL;
    if (policy == NULL || !r53_max_items(call, POLICIES_A_PAGE, &items))
        return WIRE_DONE;
    while (at < policy->version_count && policy->versions[at].number < first)
        at++;
    output = cJSON_CreateObject();
    list = cJSON_AddArrayToObject(output, "TrafficPolicies");
    for (int64_t i = 0; i < items && at < policy->version_count; i++)
        cJSON_AddItemToArray(list, policy_json(policy, &policy->versions[at++]));
    cJSON_AddBoolToObject(output, "IsTruncated", at < policy->version_count);
    cJSON_AddStringToObject(
        output, "TrafficPolicyVersionMarker",
        at < policy->version_count
            ? sim_arena_printf(call->arena, "%lld", (long long)policy->versions[at].number)
            : "");
    cJSON_AddStringToObject(output, "MaxItems",
                            sim_arena_printf(call->arena, "%lld", (long long)items));
    return wire_succeed(call, output);
}
