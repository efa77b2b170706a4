#include "emulators/route53/rrset.h"

#include <stdlib.h>
#include <string.h>

static const char *const policy_names[] = {
    [R53_POLICY_SIMPLE] = "simple",
    [R53_POLICY_WEIGHTED] = "weighted",
    [R53_POLICY_LATENCY] = "latency",
    [R53_POLICY_FAILOVER] = "failover",
    [R53_POLICY_GEOLOCATION] = "geolocation",
    [R53_POLICY_MULTIVALUE] = "multivalue answer",
    [R53_POLICY_GEOPROXIMITY] = "geoproximity",
    [R53_POLICY_CIDR] = "cidr",
};

const char *r53_policy_name(enum r53_policy policy)
{
    return policy_names[policy];
}

struct r53_rrset *r53_rrset_create(void)
{
    struct r53_rrset *set = sim_alloc(sizeof(*set));
    set->use_count = 1;
    return set;
}

struct r53_rrset *r53_rrset_use(struct r53_rrset *set)
{
    PRE(set->use_count > 0);
    set->use_count++;
    return set;
}

void r53_rrset_drop(struct r53_rrset *set)
{
    if (set == NULL)
        return;
    PRE(set->use_count > 0);
    if (--set->use_count > 0)
        return;
    for (size_t i = 0; i < set->value_count; i++)
        r53_value_fini(&set->values[i]);
    free(set->values);
    free(set->set_identifier);
    free(set->region);
    free(set->health_check_id);
    free(set->policy_instance_id);
    for (size_t i = 0; i < set->tree_count; i++)
        r53_rrset_drop(set->tree[i]);
    free(set->tree);
    free(set);
}

static bool is_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool r53_rrset_has_key_of(const struct r53_rrset *a, const struct r53_rrset *b)
{
    return a->type == b->type && r53_name_is_equal(&a->name, &b->name) &&
           is_same_text(a->set_identifier, b->set_identifier);
}

static bool has_value(const struct r53_rrset *set, const char *text)
{
    for (size_t i = 0; i < set->value_count; i++)
        if (strcmp(set->values[i].text, text) == 0)
            return true;
    return false;
}

static bool has_same_values(const struct r53_rrset *a, const struct r53_rrset *b)
{
    if (a->value_count != b->value_count)
        return false;
    for (size_t i = 0; i < a->value_count; i++)
        if (!has_value(b, a->values[i].text) || !has_value(a, b->values[i].text))
            return false;
    return true;
}

static bool has_same_proximity(const struct r53_proximity *a, const struct r53_proximity *b)
{
    return a->kind == b->kind && a->bias == b->bias && strcmp(a->place, b->place) == 0 &&
           a->point.latitude_cdeg == b->point.latitude_cdeg &&
           a->point.longitude_cdeg == b->point.longitude_cdeg;
}

static bool has_same_routing(const struct r53_rrset *a, const struct r53_rrset *b)
{
    return a->policy == b->policy && a->weight == b->weight && is_same_text(a->region, b->region) &&
           a->is_primary == b->is_primary &&
           strcmp(a->location.continent, b->location.continent) == 0 &&
           strcmp(a->location.country, b->location.country) == 0 &&
           strcmp(a->location.subdivision, b->location.subdivision) == 0 &&
           has_same_proximity(&a->proximity, &b->proximity) &&
           strcmp(a->cidr.collection_id, b->cidr.collection_id) == 0 &&
           strcmp(a->cidr.location, b->cidr.location) == 0;
}

bool r53_rrset_is_equal(const struct r53_rrset *a, const struct r53_rrset *b)
{
    if (a->policy_instance_id != NULL || b->policy_instance_id != NULL)
        return r53_rrset_has_key_of(a, b) &&
               is_same_text(a->policy_instance_id, b->policy_instance_id);
    return r53_rrset_has_key_of(a, b) && has_same_routing(a, b) && a->is_alias == b->is_alias &&
           is_same_text(a->health_check_id, b->health_check_id) &&
           (a->is_alias ? strcmp(a->alias_zone_id, b->alias_zone_id) == 0 &&
                              r53_name_is_equal(&a->alias_name, &b->alias_name) &&
                              a->evaluates_target_health == b->evaluates_target_health
                        : a->ttl_s == b->ttl_s && has_same_values(a, b));
}

static const struct {
    const char *name;
    ldns_rr_type type;
} types[] = {
    {"A", LDNS_RR_TYPE_A},         {"AAAA", LDNS_RR_TYPE_AAAA},   {"CAA", LDNS_RR_TYPE_CAA},
    {"CNAME", LDNS_RR_TYPE_CNAME}, {"DS", LDNS_RR_TYPE_DS},       {"HTTPS", LDNS_RR_TYPE_HTTPS},
    {"MX", LDNS_RR_TYPE_MX},       {"NAPTR", LDNS_RR_TYPE_NAPTR}, {"NS", LDNS_RR_TYPE_NS},
    {"PTR", LDNS_RR_TYPE_PTR},     {"SOA", LDNS_RR_TYPE_SOA},     {"SPF", LDNS_RR_TYPE_SPF},
    {"SRV", LDNS_RR_TYPE_SRV},     {"SSHFP", LDNS_RR_TYPE_SSHFP}, {"SVCB", LDNS_RR_TYPE_SVCB},
    {"TLSA", LDNS_RR_TYPE_TLSA},   {"TXT", LDNS_RR_TYPE_TXT},
};

ldns_rr_type r53_type_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    return (ldns_rr_type)0;
}

const char *r53_type_name(ldns_rr_type type)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (types[i].type == type)
            return types[i].name;
    return type == LDNS_RR_TYPE_ANY ? "ANY" : "OTHER";
}
