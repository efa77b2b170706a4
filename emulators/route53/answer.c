/* answer.c -- one zone's answer to a question: delegations, wildcards, CNAME chains, negatives. */
#include <string.h>

#include "emulators/route53/resolve.h"

uint32_t r53_negative_ttl_s(const struct r53_rrset *soa)
{
    uint32_t minimum = 0;
    if (soa == NULL || soa->value_count == 0)
        return 0;
    minimum = ldns_rdf2native_int32(ldns_rr_rdf(soa->values[0].record, 6));
    return soa->ttl_s < minimum ? soa->ttl_s : minimum;
}

static const struct r53_rrset *apex_set(const struct r53_resolver *resolver, ldns_rr_type type)
{
    const struct r53_group *group =
        r53_group_at_name(resolver->records, &resolver->records->apex, type);
    return group == NULL ? NULL : group->sets[0];
}

/* The suffix of name with that many bytes of wire. */
static const uint8_t *suffix_of(const struct r53_name *name, size_t bytes)
{
    return name->wire + (name->length_bytes - bytes);
}

/* NS set of the highest delegation on the way from the apex to name, or NULL. The name of the
 * delegation itself counts, except for DS, which the parent answers. */
static const struct r53_rrset *find_delegation(const struct r53_resolver *resolver,
                                               const struct r53_name *name, ldns_rr_type type)
{
    const struct r53_records *records = resolver->records;
    const struct r53_rrset *found = NULL;
    const uint8_t *wire = name->wire;
    size_t left = name->length_bytes;
    while (left > records->apex.length_bytes) {
        const struct r53_node *node = r53_node_find(records, wire, left);
        const struct r53_group *cut = node == NULL ? NULL : r53_group_find(node, LDNS_RR_TYPE_NS);
        if (cut != NULL && !(left == name->length_bytes && type == LDNS_RR_TYPE_DS))
            found = cut->sets[0]; /* go on: one nearer to the apex wins */
        left -= 1u + wire[0];
        wire += 1 + wire[0];
    }
    return found;
}

/* The node that answers for name: its own, or the wildcard at the closest encloser; NULL: the name
 * does not exist. */
static const struct r53_node *find_node(const struct r53_resolver *resolver,
                                        const struct r53_name *name)
{
    const struct r53_records *records = resolver->records;
    const struct r53_node *node = r53_node_find(records, name->wire, name->length_bytes);
    struct r53_name star;
    size_t left = name->length_bytes;
    while (node == NULL && left > records->apex.length_bytes) {
        left -= 1u + suffix_of(name, left)[0];
        if (r53_node_find(records, suffix_of(name, left), left) == NULL)
            continue;
        if (!r53_name_wildcard(suffix_of(name, left), &star))
            return NULL;
        return r53_node_find(records, star.wire, star.length_bytes);
    }
    return node;
}

static void shuffle(struct sim_random *random, const struct r53_value **values, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = sim_random_below(random, i);
        const struct r53_value *kept = values[i - 1];
        values[i - 1] = values[other];
        values[other] = kept;
    }
}

/* Adds what the group chooses as one RRset of owner; false if that is nothing. */
static bool add_pick(const struct r53_resolver *resolver, struct r53_group *group,
                     const struct r53_name *owner, struct r53_result *result)
{
    struct r53_choice choice = {.why = result->why};
    struct r53_pick pick = {.owner = owner, .type = group->type, .first = result->value_count};
    r53_group_choose(resolver, group, &choice);
    for (size_t i = 0; i < choice.leaf_count; i++) {
        const struct r53_rrset *leaf = choice.leaves[i];
        if (i == 0 || leaf->ttl_s < pick.ttl_s)
            pick.ttl_s = leaf->ttl_s;
        for (size_t v = 0; v < leaf->value_count; v++)
            if (result->value_count < R53_RESULT_VALUES_MAX)
                result->values[result->value_count++] = &leaf->values[v];
    }
    result->depends_on_client = result->depends_on_client || choice.depends_on_client;
    pick.count = result->value_count - pick.first;
    if (pick.count == 0)
        return false;
    shuffle(resolver->random, &result->values[pick.first], pick.count);
    result->picks[result->pick_count++] = pick;
    return true;
}

static void answer_negative(const struct r53_resolver *resolver, int rcode,
                            struct r53_result *result)
{
    result->rcode = rcode;
    result->soa = apex_set(resolver, LDNS_RR_TYPE_SOA);
}

/* One name of the chain. True: a CNAME leads on to result->chain[*chain_count - 1]. */
static bool answer_name(const struct r53_resolver *resolver, const struct r53_name *name,
                        const struct r53_name *owner, ldns_rr_type type, size_t *chain_count,
                        struct r53_result *result)
{
    const struct r53_rrset *cut = find_delegation(resolver, name, type);
    const struct r53_node *node = NULL;
    struct r53_group *group = NULL;
    if (cut != NULL) {
        result->referral = cut;
        result->is_authoritative = result->pick_count > 0;
        return false;
    }
    node = find_node(resolver, name);
    if (node == NULL) {
        answer_negative(resolver, LDNS_RCODE_NXDOMAIN, result);
        return false;
    }
    if (type == LDNS_RR_TYPE_ANY && r53_node_group_count(node) > 0)
        group = r53_node_group_at(node, 0);
    else
        group = r53_group_find(node, type);
    if (group != NULL) {
        if (!add_pick(resolver, group, owner, result))
            answer_negative(resolver, LDNS_RCODE_NOERROR, result);
        return false;
    }
    group = r53_group_find(node, LDNS_RR_TYPE_CNAME);
    if (group == NULL || !add_pick(resolver, group, owner, result)) {
        answer_negative(resolver, LDNS_RCODE_NOERROR, result);
        return false;
    }
    if (*chain_count == R53_CHAIN_MAX)
        return false;
    if (!r53_value_target(result->values[result->value_count - 1], &result->chain[*chain_count]))
        return false;
    if (!r53_name_is_within(&result->chain[*chain_count], &resolver->records->apex))
        return false;
    (*chain_count)++;
    return true;
}

void r53_resolver_answer(const struct r53_resolver *resolver, const struct r53_name *name,
                         ldns_rr_type type, struct r53_result *result)
{
    const struct r53_name *at = name;
    size_t chain_count = 0;
    PRE(r53_name_is_within(name, &resolver->records->apex));
    result->rcode = LDNS_RCODE_NOERROR;
    result->is_authoritative = true;
    result->is_silent = false;
    result->pick_count = 0;
    result->value_count = 0;
    result->soa = NULL;
    result->referral = NULL;
    result->depends_on_client = false;
    result->why[0] = '\0';
    while (answer_name(resolver, at, at == name ? NULL : at, type, &chain_count, result)) {
        at = &result->chain[chain_count - 1];
        if (result->pick_count == R53_CHAIN_MAX)
            break;
    }
    POST(result->pick_count <= R53_CHAIN_MAX + 1);
}
