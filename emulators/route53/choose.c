/* choose.c -- the routing policies: which set of a group answers. See resolve.h for how. */
#include <string.h>

#include "emulators/route53/query_log.h"
#include "emulators/route53/resolve.h"

#define GROUP_SETS_MAX 128 /* the service allows 100 */

/* A walk over one tree: the notes on groups are good for this walk only. */
struct walk {
    const struct r53_resolver *resolver;
    uint64_t number;
};

static bool group_has_healthy(const struct walk *walk, struct r53_group *group, size_t depth);

static struct r53_group *alias_target(const struct walk *walk, const struct r53_rrset *set)
{
    return r53_group_at_name(walk->resolver->records, &set->alias_name, set->type);
}

static bool set_is_healthy(const struct walk *walk, const struct r53_rrset *set, size_t depth)
{
    const struct r53_resolver *resolver = walk->resolver;
    struct r53_group *target = NULL;
    if (set->health_check_id != NULL &&
        !resolver->is_healthy(resolver->context, set->health_check_id))
        return false;
    if (!set->is_alias || !set->evaluates_target_health)
        return true;
    if (set->service != NULL)
        return true; /* an AWS service is there as long as its Region is named */
    target = alias_target(walk, set);
    return target != NULL && group_has_healthy(walk, target, depth + 1);
}

static bool group_has_healthy(const struct walk *walk, struct r53_group *group, size_t depth)
{
    bool found = false;
    if (group->noted_at == walk->number)
        return group->noted;
    if (depth > R53_ALIAS_DEPTH_MAX)
        return false;
    group->noted_at = walk->number; /* a loop finds itself unhealthy */
    group->noted = false;
    for (size_t i = 0; i < group->set_count && !found; i++)
        found = set_is_healthy(walk, group->sets[i], depth);
    group->noted = found;
    return found;
}

/* The sets among which a policy chooses. */
struct candidates {
    const struct r53_rrset *sets[GROUP_SETS_MAX];
    size_t count;
};

static const struct r53_rrset *choose_any(const struct r53_resolver *resolver,
                                          const struct candidates *from)
{
    return from->sets[from->count == 1 ? 0 : sim_random_below(resolver->random, from->count)];
}

/* Sets of weight 0 answer only when all are of weight 0 (or all others dropped out). */
static const struct r53_rrset *choose_weighted(const struct r53_resolver *resolver,
                                               const struct candidates *from)
{
    uint64_t total = 0;
    uint64_t point = 0;
    for (size_t i = 0; i < from->count; i++)
        total += from->sets[i]->weight;
    if (total == 0)
        return choose_any(resolver, from);
    point = from->count == 1 ? 0 : sim_random_below(resolver->random, total);
    for (size_t i = 0; i < from->count; i++) {
        if (point < from->sets[i]->weight)
            return from->sets[i];
        point -= from->sets[i]->weight;
    }
    CHECK(false);
    return NULL;
}

static const struct r53_rrset *choose_failover(const struct r53_resolver *resolver UNUSED,
                                               const struct candidates *from)
{
    for (size_t i = 0; i < from->count; i++)
        if (from->sets[i]->is_primary)
            return from->sets[i];
    return from->sets[0];
}

static const struct r53_rrset *choose_latency(const struct r53_resolver *resolver,
                                              const struct candidates *from)
{
    const struct r53_rrset *best = NULL;
    uint64_t best_us = 0;
    for (size_t i = 0; i < from->count; i++) {
        const struct r53_rrset *set = from->sets[i];
        uint64_t latency_us =
            resolver->latency_us(resolver->context, resolver->client.region, set->region);
        if (best == NULL || latency_us < best_us ||
            (latency_us == best_us && strcmp(set->region, best->region) < 0)) {
            best = set;
            best_us = latency_us;
        }
    }
    return best;
}

/* How small an area that contains the client: 3 subdivision, 2 country, 1 continent, 0 default, -1
 * does not contain it. */
static int location_rank(const struct r53_location *area, const struct r53_location *client)
{
    if (strcmp(area->country, "*") == 0)
        return 0;
    if (client == NULL)
        return -1;
    if (area->continent[0] != '\0')
        return strcmp(area->continent, client->continent) == 0 ? 1 : -1;
    if (strcmp(area->country, client->country) != 0)
        return -1;
    if (area->subdivision[0] == '\0')
        return 2;
    return strcmp(area->subdivision, client->subdivision) == 0 ? 3 : -1;
}

/* NULL: no area contains the client and there is no default. */
static const struct r53_rrset *choose_geolocation(const struct r53_resolver *resolver,
                                                  const struct candidates *from)
{
    const struct r53_location *client = r53_region_location(resolver->client.region);
    const struct r53_rrset *best = NULL;
    int best_rank = -1;
    for (size_t i = 0; i < from->count; i++) {
        int rank = location_rank(&from->sets[i]->location, client);
        if (rank > best_rank) {
            best = from->sets[i];
            best_rank = rank;
        }
    }
    return best;
}

/* The smallest biased distance; a client nowhere is as far from all. */
static const struct r53_rrset *choose_geoproximity(const struct r53_resolver *resolver,
                                                   const struct candidates *from)
{
    const struct r53_rrset *best = NULL;
    struct r53_point client;
    uint64_t best_mm = 0;
    if (!r53_region_point(resolver->client.region, &client))
        return from->sets[0];
    for (size_t i = 0; i < from->count; i++) {
        const struct r53_proximity *place = &from->sets[i]->proximity;
        const uint64_t distance_mm =
            r53_biased_distance_mm(r53_distance_m(&client, &place->point), place->bias);
        if (best == NULL || distance_mm < best_mm) {
            best = from->sets[i];
            best_mm = distance_mm;
        }
    }
    return best;
}

/* The set of the client's location, else the default; NULL: neither is there. */
static const struct r53_rrset *choose_cidr(const struct r53_resolver *resolver,
                                           const struct candidates *from)
{
    const char *location = resolver->cidr_location(
        resolver->context, from->sets[0]->cidr.collection_id, &resolver->client);
    const struct r53_rrset *fallback = NULL;
    for (size_t i = 0; i < from->count; i++) {
        const char *own = from->sets[i]->cidr.location;
        if (location != NULL && strcmp(own, location) == 0)
            return from->sets[i];
        if (strcmp(own, "*") == 0)
            fallback = from->sets[i];
    }
    return fallback;
}

typedef const struct r53_rrset *chooser(const struct r53_resolver *resolver,
                                        const struct candidates *from);
static chooser *const choosers[] = {
    [R53_POLICY_SIMPLE] = choose_any,
    [R53_POLICY_WEIGHTED] = choose_weighted,
    [R53_POLICY_LATENCY] = choose_latency,
    [R53_POLICY_FAILOVER] = choose_failover,
    [R53_POLICY_GEOLOCATION] = choose_geolocation,
    [R53_POLICY_MULTIVALUE] = choose_any,
    [R53_POLICY_GEOPROXIMITY] = choose_geoproximity,
    [R53_POLICY_CIDR] = choose_cidr,
};

/* Is a candidate never chosen because the client is not within it? */
static bool is_by_area(enum r53_policy policy)
{
    return policy == R53_POLICY_GEOLOCATION || policy == R53_POLICY_CIDR;
}

static bool is_by_client(enum r53_policy policy)
{
    return is_by_area(policy) || policy == R53_POLICY_LATENCY || policy == R53_POLICY_GEOPROXIMITY;
}

static void append_why(struct r53_choice *choice, const char *text)
{
    size_t used = strlen(choice->why);
    size_t bytes = strlen(text);
    if (used + bytes + 2 > R53_WHY_BYTES)
        return;
    if (used > 0)
        choice->why[used++] = '/';
    memcpy(choice->why + used, text, bytes + 1);
}

/* Healthy sets; weighted ones of weight 0 only if no other is healthy. */
static void gather_healthy(const struct walk *walk, const struct r53_group *group,
                           struct candidates *healthy)
{
    bool some_weigh = false;
    for (size_t i = 0; i < group->set_count && healthy->count < GROUP_SETS_MAX; i++)
        if (set_is_healthy(walk, group->sets[i], 0)) {
            healthy->sets[healthy->count++] = group->sets[i];
            some_weigh = some_weigh || group->sets[i]->weight > 0;
        }
    if (group->sets[0]->policy == R53_POLICY_WEIGHTED && some_weigh) {
        size_t kept = 0;
        for (size_t i = 0; i < healthy->count; i++)
            if (healthy->sets[i]->weight > 0)
                healthy->sets[kept++] = healthy->sets[i];
        healthy->count = kept;
    }
}

static void gather_all(const struct r53_group *group, struct candidates *all)
{
    for (all->count = 0; all->count < group->set_count && all->count < GROUP_SETS_MAX; all->count++)
        all->sets[all->count] = group->sets[all->count];
}

/* Up to 8 at random, each once. */
static void choose_several(const struct r53_resolver *resolver, struct candidates *from,
                           struct r53_choice *choice)
{
    for (size_t i = 0; i < from->count && i < R53_MULTIVALUE_MAX; i++) {
        size_t at = from->count <= R53_MULTIVALUE_MAX
                        ? i
                        : i + sim_random_below(resolver->random, from->count - i);
        choice->leaves[choice->leaf_count++] = from->sets[at];
        append_why(choice, from->sets[at]->set_identifier);
        from->sets[at] = from->sets[i];
    }
}

/* --- why ---------------------------------------------------------------------------------------
 */

#define STEP_SETS_MAX 12 /* that one step names */

static bool is_leaf_of(const struct r53_choice *choice, const struct r53_rrset *set)
{
    for (size_t i = 0; i < choice->leaf_count; i++)
        if (choice->leaves[i] == set)
            return true;
    return false;
}

/* What the sets of a group were when one of them was chosen. */
static void tell_step(const struct walk *walk, const struct r53_group *group,
                      const struct r53_choice *choice, const struct r53_rrset *chosen,
                      const char *remark)
{
    static const char *const policy_names[] = {
        [R53_POLICY_SIMPLE] = "simple",
        [R53_POLICY_WEIGHTED] = "weighted",
        [R53_POLICY_LATENCY] = "latency",
        [R53_POLICY_FAILOVER] = "failover",
        [R53_POLICY_GEOLOCATION] = "geolocation",
        [R53_POLICY_MULTIVALUE] = "multivalue",
        [R53_POLICY_GEOPROXIMITY] = "geoproximity",
        [R53_POLICY_CIDR] = "client network",
    };
    struct r53_steps *steps = walk->resolver->steps;
    if (steps == NULL)
        return;
    r53_steps_begin(steps, policy_names[group->sets[0]->policy]);
    for (size_t i = 0; i < group->set_count && i < STEP_SETS_MAX; i++) {
        const struct r53_rrset *set = group->sets[i];
        bool is_chosen = set == chosen || is_leaf_of(choice, set);
        bool is_healthy = set_is_healthy(walk, set, 0);
        r53_steps_set(steps, set->set_identifier,
                      is_chosen    ? "chosen"
                      : is_healthy ? "passed over"
                                   : "unhealthy");
    }
    r53_steps_end(steps, remark);
}

static void tell_alias(const struct walk *walk, const struct r53_rrset *set)
{
    struct r53_steps *steps = walk->resolver->steps;
    char name[R53_NAME_TEXT_BYTES];
    if (steps == NULL)
        return;
    r53_name_text(set->alias_name.wire, name);
    r53_steps_begin(steps, "alias");
    r53_steps_set(steps, "of", name);
}

/* One level: the set that answers, or NULL (none, or several that are leaves already). */
static const struct r53_rrset *
choose_in_group(const struct walk *walk, const struct r53_group *group, struct r53_choice *choice)
{
    const struct r53_resolver *resolver = walk->resolver;
    enum r53_policy policy = group->sets[0]->policy;
    struct candidates candidates = {.count = 0};
    const struct r53_rrset *chosen = NULL;
    if (policy == R53_POLICY_SIMPLE)
        return group->sets[0];
    choice->depends_on_client = choice->depends_on_client || is_by_client(policy);
    gather_healthy(walk, group, &candidates);
    if (candidates.count > 0 && policy != R53_POLICY_MULTIVALUE)
        chosen = choosers[policy](resolver, &candidates);
    const char *remark = NULL;
    if (candidates.count == 0 || (chosen == NULL && is_by_area(policy))) {
        gather_all(group, &candidates); /* nothing healthy applies: as if all were healthy */
        remark = "nothing healthy applies, so all count as healthy";
    }
    if (policy == R53_POLICY_MULTIVALUE) {
        choose_several(resolver, &candidates, choice);
        tell_step(walk, group, choice, NULL, remark);
        return NULL;
    }
    if (chosen == NULL)
        chosen = choosers[policy](resolver, &candidates);
    if (chosen != NULL)
        append_why(choice, chosen->set_identifier);
    tell_step(walk, group, choice, chosen, chosen != NULL ? remark : "the client is in no area");
    return chosen;
}

void r53_group_choose(const struct r53_resolver *resolver, struct r53_group *group,
                      struct r53_choice *choice)
{
    struct walk walk = {.resolver = resolver, .number = ++resolver->records->walk_count};
    choice->leaf_count = 0;
    for (size_t depth = 0; group != NULL && depth <= R53_ALIAS_DEPTH_MAX; depth++) {
        const struct r53_rrset *set = choose_in_group(&walk, group, choice);
        if (set == NULL)
            return;
        if (set->is_alias)
            tell_alias(&walk, set);
        if (set->is_alias && set->service != NULL) {
            choice->depends_on_client |= set->service_region[0] == '\0';
            set = resolver->service_answer(resolver->context, set, &resolver->client);
            if (set == NULL)
                return;
        }
        if (!set->is_alias) {
            choice->leaves[choice->leaf_count++] = set;
            return;
        }
        group = alias_target(&walk, set);
    }
}
