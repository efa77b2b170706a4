#include "emulators/route53/delegation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void destroy(struct r53_delegation *delegation)
{
    free(delegation->caller_reference);
    free(delegation);
}

void r53_delegations_fini(struct r53_delegations *delegations)
{
    for (size_t i = 0; i < delegations->count; i++)
        destroy(delegations->by_id[i]);
    free(delegations->by_id);
    *delegations = (struct r53_delegations){0};
}

static size_t index_at(const struct r53_delegations *delegations, const char *id)
{
    size_t at = 0;
    while (at < delegations->count && strcmp(delegations->by_id[at]->id, id) < 0)
        at++;
    return at;
}

struct r53_delegation *r53_delegation_add(struct r53_delegations *delegations, const char *id)
{
    struct r53_delegation *made = sim_alloc(sizeof(*made));
    size_t at = index_at(delegations, id);
    (void)snprintf(made->id, sizeof(made->id), "%s", id);
    delegations->by_id = sim_realloc_array(delegations->by_id, delegations->count + 1,
                                           sizeof(delegations->by_id[0]));
    memmove(&delegations->by_id[at + 1], &delegations->by_id[at],
            (delegations->count - at) * sizeof(delegations->by_id[0]));
    delegations->by_id[at] = made;
    delegations->count++;
    return made;
}

void r53_delegation_remove(struct r53_delegations *delegations, struct r53_delegation *delegation)
{
    size_t at = index_at(delegations, delegation->id);
    PRE(at < delegations->count && delegations->by_id[at] == delegation);
    delegations->count--;
    memmove(&delegations->by_id[at], &delegations->by_id[at + 1],
            (delegations->count - at) * sizeof(delegations->by_id[0]));
    destroy(delegation);
}

struct r53_delegation *r53_delegation_find(const struct r53_delegations *delegations,
                                           const char *id)
{
    const char *bare = r53_bare_id(id);
    size_t at = index_at(delegations, bare);
    if (at == delegations->count || strcmp(delegations->by_id[at]->id, bare) != 0)
        return NULL;
    return delegations->by_id[at];
}

void r53_draw_name_servers(struct sim_random *random,
                           char servers[R53_NAME_SERVER_COUNT][R53_NAME_SERVER_BYTES])
{
    static const char *const ends[R53_NAME_SERVER_COUNT] = {"com", "net", "org", "co.uk"};
    size_t first = sim_random_below(random, R53_NAME_SERVER_COUNT);
    for (size_t i = 0; i < R53_NAME_SERVER_COUNT; i++) {
        size_t end = (first + i) % R53_NAME_SERVER_COUNT;
        unsigned number = (unsigned)sim_random_below(random, 512);
        (void)snprintf(servers[i], R53_NAME_SERVER_BYTES, "ns-%u.awsdns-%02u.%s",
                       (unsigned)end * 512 + number, number / 8, ends[end]);
    }
}

size_t r53_delegation_zone_count(const struct r53_zones *zones, const char *id)
{
    size_t count = 0;
    for (size_t i = 0; i < zones->count; i++)
        count += strcmp(zones->by_id[i]->delegation_id, id) == 0 ? 1 : 0;
    return count;
}
