#include "emulators/route53/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void destroy_version(struct r53_policy_version *version)
{
    free(version->document);
    free(version->comment);
}

static void destroy_policy(struct r53_traffic_policy *policy)
{
    for (size_t i = 0; i < policy->version_count; i++)
        destroy_version(&policy->versions[i]);
    free(policy->versions);
    free(policy->name);
    free(policy);
}

void r53_traffic_fini(struct r53_traffic *traffic)
{
    for (size_t i = 0; i < traffic->policy_count; i++)
        destroy_policy(traffic->policies[i]);
    for (size_t i = 0; i < traffic->instance_count; i++)
        free(traffic->instances[i]);
    *traffic = (struct r53_traffic){0};
}

static void copy_id(char to[SIM_UUID_TEXT_BYTES], const char *id)
{
    PRE(strlen(id) < SIM_UUID_TEXT_BYTES);
    memcpy(to, id, strlen(id) + 1);
}

struct r53_traffic_policy *r53_policy_add(struct r53_traffic *traffic, const char *id)
{
    struct r53_traffic_policy *made = sim_alloc(sizeof(*made));
    PRE(traffic->policy_count < R53_POLICY_MAX);
    copy_id(made->id, id);
    traffic->policies[traffic->policy_count++] = made;
    return made;
}

void r53_policy_remove(struct r53_traffic *traffic, struct r53_traffic_policy *policy)
{
    size_t at = 0;
    while (traffic->policies[at] != policy)
        at++;
    traffic->policy_count--;
    memmove(&traffic->policies[at], &traffic->policies[at + 1],
            (traffic->policy_count - at) * sizeof(traffic->policies[0]));
    destroy_policy(policy);
}

struct r53_traffic_policy *r53_policy_find(const struct r53_traffic *traffic, const char *id)
{
    for (size_t i = 0; i < traffic->policy_count; i++)
        if (strcmp(traffic->policies[i]->id, id) == 0)
            return traffic->policies[i];
    return NULL;
}

struct r53_policy_version *r53_policy_version_add(struct r53_traffic_policy *policy, int64_t number,
                                                  const char *document, const char *comment)
{
    struct r53_policy_version *made = NULL;
    policy->versions =
        sim_realloc_array(policy->versions, policy->version_count + 1, sizeof(policy->versions[0]));
    made = &policy->versions[policy->version_count++];
    *made = (struct r53_policy_version){.number = number,
                                        .document = sim_strdup(document),
                                        .comment = comment == NULL ? NULL : sim_strdup(comment)};
    if (policy->last_number < number)
        policy->last_number = number;
    return made;
}

void r53_policy_version_remove(struct r53_traffic_policy *policy,
                               struct r53_policy_version *version)
{
    size_t at = (size_t)(version - policy->versions);
    destroy_version(version);
    policy->version_count--;
    memmove(&policy->versions[at], &policy->versions[at + 1],
            (policy->version_count - at) * sizeof(policy->versions[0]));
}

struct r53_policy_version *r53_policy_version_find(const struct r53_traffic_policy *policy,
                                                   int64_t number)
{
    for (size_t i = 0; i < policy->version_count; i++)
        if (policy->versions[i].number == number)
            return &policy->versions[i];
    return NULL;
}

struct r53_traffic_instance *r53_instance_add(struct r53_traffic *traffic, const char *id)
{
    struct r53_traffic_instance *made = sim_alloc(sizeof(*made));
    PRE(traffic->instance_count < R53_POLICY_INSTANCE_MAX);
    copy_id(made->id, id);
    traffic->instances[traffic->instance_count++] = made;
    return made;
}

void r53_instance_remove(struct r53_traffic *traffic, struct r53_traffic_instance *instance)
{
    size_t at = 0;
    while (traffic->instances[at] != instance)
        at++;
    traffic->instance_count--;
    memmove(&traffic->instances[at], &traffic->instances[at + 1],
            (traffic->instance_count - at) * sizeof(traffic->instances[0]));
    free(instance);
}

struct r53_traffic_instance *r53_instance_find(const struct r53_traffic *traffic, const char *id)
{
    for (size_t i = 0; i < traffic->instance_count; i++)
        if (strcmp(traffic->instances[i]->id, id) == 0)
            return traffic->instances[i];
    return NULL;
}
