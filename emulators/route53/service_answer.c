#include "emulators/route53/service_answer.h"

#include <stdlib.h>

#include "emulators/route53/route53_internal.h"
#include "emulators/route53/service_zone.h"

void r53_service_answers_fini(struct r53_service_answers *answers)
{
    for (size_t i = 0; i < answers->count; i++)
        r53_rrset_drop(answers->by_region[i]);
    free(answers->by_region);
    *answers = (struct r53_service_answers){0};
}

static struct r53_rrset *make_answer(const struct sim_region *region)
{
    struct r53_rrset *set = r53_rrset_create();
    char fault[R53_FAULT_BYTES];
    set->type = LDNS_RR_TYPE_A;
    set->ttl_s = R53_SERVICE_TTL_S;
    set->values = sim_alloc_array(1, sizeof(set->values[0]));
    if (r53_value_init(&set->values[0], set->type, region->address, fault))
        set->value_count = 1;
    return set;
}

static const struct r53_rrset *answer_of(struct r53 *r53, const struct sim_region *region)
{
    struct r53_service_answers *answers = &r53->service_answers;
    const size_t wanted = region->index + 1;
    if (answers->count < wanted) {
        answers->by_region =
            sim_realloc_array(answers->by_region, wanted, sizeof(answers->by_region[0]));
        while (answers->count < wanted)
            answers->by_region[answers->count++] = NULL;
    }
    if (answers->by_region[region->index] == NULL)
        answers->by_region[region->index] = make_answer(region);
    return answers->by_region[region->index];
}

/* By round trip from the client, then by name; a Region that is down is not gone to. */
static const struct sim_region *nearest_host(const struct r53 *r53, const struct r53_client *client)
{
    struct sim_network *network = r53->core->network;
    const struct sim_region *best = NULL;
    uint64_t best_us = 0;
    for (size_t i = 0; i < sim_network_region_count(network); i++) {
        const struct sim_region *region = sim_network_region_by_index(network, i);
        uint64_t latency_us = 0;
        if (!region->hosts_services || region->down_count > 0 ||
            (r53->hosts != NULL && !r53->hosts(r53->hosts_context, region->name)))
            continue;
        latency_us = r53_latency_us(r53, client->region, region->name);
        if (best == NULL || latency_us < best_us) {
            best = region;
            best_us = latency_us;
        }
    }
    return best;
}

const struct r53_rrset *r53_service_answer(struct r53 *r53, const struct r53_rrset *alias,
                                           const struct r53_client *client)
{
    const struct sim_region *region =
        alias->service_region[0] == '\0'
            ? nearest_host(r53, client)
            : sim_network_region_find(r53->core->network, alias->service_region);
    return region == NULL || alias->type != LDNS_RR_TYPE_A ? NULL : answer_of(r53, region);
}
