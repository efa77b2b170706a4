/* test_resolver.c -- the resolver against slow oracles, on random zones.
 *
 * REGIONLAB_SEED=N repeats one zone; REGIONLAB_LONG=1 plays ten times as many. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/route53/resolve.h"
#include "emulators/route53/service_zone.h"

#define ZONES       100000
#define NAMES       10
#define SETS        6 /* at most, of a name */
#define CHECKS      5
#define OPTIONS_MAX 512
#define DRAWS       3
#define DRAWS_SOME  240 /* in one zone of fifty: every likely answer must come up */
#define LIKELY      0.12

static const char *const regions[] = {"us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1"};
static const uint64_t distance[4][4] = {
    {1, 60, 70, 150}, {60, 1, 130, 100}, {70, 130, 1, 220}, {150, 100, 220, 1}};

/* --- a random world
 * -------------------------------------------------------------------------------
 */

struct plan_set {
    int leaf;        /* id of its value; -1: alias to another name */
    bool is_service; /* an alias to an AWS service that answers with leaf */
    int target;
    bool evaluates;
    int check; /* -1: none */
    uint32_t weight;
    int region; /* index */
    bool is_primary;
    struct r53_location location;
    struct r53_point point;
    int bias;
    int cidr; /* index into cidrs */
};

struct plan {
    enum r53_policy policy[NAMES];
    struct plan_set sets[NAMES][SETS];
    int counts[NAMES];
    bool up[CHECKS];
    int client; /* Region index */
    int client_cidr;
    struct r53_rrset *service_answers[64]; /* by leaf */
};

/* The last one is a default; the one before it no client is in. */
static const char *const cidrs[] = {"l0", "l1", "l2", "l3", "l4", "*"};

static const struct r53_location places[] = {{"", "US", "OR"}, {"", "US", ""}, {"NA", "", ""},
                                             {"EU", "", ""},   {"", "*", ""},  {"", "JP", ""}};

static void plan_name(struct sim_random *random, struct plan *plan, int name, int *leaf)
{
    enum r53_policy policy = (enum r53_policy)sim_random_below(random, 8);
    int most = policy == R53_POLICY_SIMPLE     ? 1
               : policy == R53_POLICY_FAILOVER ? 2
               : policy == R53_POLICY_LATENCY  ? 4
                                               : SETS;
    int first = (int)sim_random_below(random, 6);
    plan->policy[name] = policy;
    plan->counts[name] = 1 + (int)sim_random_below(random, (uint64_t)most);
    for (int i = 0; i < plan->counts[name]; i++) {
        struct plan_set *set = &plan->sets[name][i];
        bool is_alias =
            name > 0 && policy != R53_POLICY_MULTIVALUE && sim_random_chance(random, 500000);
        *set = (struct plan_set){.leaf = is_alias ? -1 : (*leaf)++};
        set->is_service =
            !is_alias && policy != R53_POLICY_MULTIVALUE && sim_random_chance(random, 150000);
        set->target = is_alias ? (int)sim_random_below(random, (uint64_t)name) : -1;
        set->evaluates = sim_random_chance(random, 700000);
        set->check = sim_random_chance(random, 600000) ? (int)sim_random_below(random, CHECKS) : -1;
        set->weight = (uint32_t)sim_random_below(random, 4);
        set->region = (first + i) % 4;
        set->is_primary = plan->counts[name] == 2 ? i == 0 : first % 2 == 0;
        set->location = places[(first + i) % 6];
        set->point.latitude_cdeg = (int32_t)sim_random_below(random, 18001) - 9000;
        set->point.longitude_cdeg = (int32_t)sim_random_below(random, 36001) - 18000;
        set->bias = sim_random_chance(random, 500000) ? (int)sim_random_below(random, 199) - 99 : 0;
        set->cidr = (first + i) % 6;
    }
}

static void make_plan(struct sim_random *random, struct plan *plan)
{
    int leaf = 0;
    for (int name = 0; name < NAMES; name++)
        plan_name(random, plan, name, &leaf);
    for (int i = 0; i < CHECKS; i++)
        plan->up[i] = sim_random_chance(random, 500000);
    plan->client = (int)sim_random_below(random, 4);
    plan->client_cidr = (int)sim_random_below(random, 5) - 1;
}

/* --- the oracle: every answer that may come, with its probability
 * ---------------------------------
 */

struct option {
    uint64_t leaves; /* a bit each */
    double probability;
};

struct options {
    struct option items[OPTIONS_MAX];
    size_t count;
};

static bool oracle_group_healthy(const struct plan *plan, int name);

static bool oracle_healthy(const struct plan *plan, const struct plan_set *set)
{
    if (set->check >= 0 && !plan->up[set->check])
        return false;
    return set->leaf >= 0 || !set->evaluates || oracle_group_healthy(plan, set->target);
}

static bool oracle_group_healthy(const struct plan *plan, int name)
{
    for (int i = 0; i < plan->counts[name]; i++)
        if (oracle_healthy(plan, &plan->sets[name][i]))
            return true;
    return false;
}

static int area_size(const struct r53_location *area, int client)
{
    static const struct {
        const char *continent, *country, *subdivision;
    } at[4] = {{"NA", "US", "VA"}, {"NA", "US", "OR"}, {"EU", "IE", ""}, {"AS", "JP", ""}};
    if (strcmp(area->country, "*") == 0)
        return 4;
    if (area->continent[0] != '\0')
        return strcmp(area->continent, at[client].continent) == 0 ? 3 : 0;
    if (strcmp(area->country, at[client].country) != 0)
        return 0;
    if (area->subdivision[0] == '\0')
        return 2;
    return strcmp(area->subdivision, at[client].subdivision) == 0 ? 1 : 0;
}

/* By the usual formula with doubles; resolver and oracle share nothing but the coordinates. */
static double biased_km(const struct plan *plan, const struct plan_set *set)
{
    static const double at[4][2] = {
        {38.94, -77.45}, {45.83, -119.70}, {53.34, -6.26}, {35.68, 139.76}};
    const double degree = 3.14159265358979323846 / 180;
    const double latitude = set->point.latitude_cdeg / 100.0;
    const double longitude = set->point.longitude_cdeg / 100.0;
    const double *client = at[plan->client];
    double cosine =
        sin(client[0] * degree) * sin(latitude * degree) +
        cos(client[0] * degree) * cos(latitude * degree) * cos((client[1] - longitude) * degree);
    double km = 6371.0088 * acos(cosine > 1 ? 1 : cosine < -1 ? -1 : cosine);
    return set->bias >= 0 ? km * (1 - set->bias / 100.0) : km / (1 + set->bias / 100.0);
}

/* A rank among sets: lower answers first, 0 never answers. Equal ranks share by share[]. */
static void rank_set(const struct plan *plan, int name, int i, bool last_resort, uint64_t *rank,
                     double *share)
{
    const struct plan_set *set = &plan->sets[name][i];
    bool healthy = last_resort || oracle_healthy(plan, set);
    *share = 1;
    *rank = 0;
    if (!healthy && plan->policy[name] != R53_POLICY_SIMPLE)
        return;
    switch (plan->policy[name]) {
    case R53_POLICY_SIMPLE:
        *rank = 1;
        return;
    case R53_POLICY_WEIGHTED:
        *rank = set->weight > 0 ? 1 : 2;
        *share = set->weight > 0 ? set->weight : 1;
        return;
    case R53_POLICY_LATENCY:
        *rank = distance[plan->client][set->region];
        return;
    case R53_POLICY_FAILOVER:
        *rank = set->is_primary ? 1 : 2;
        return;
    case R53_POLICY_GEOLOCATION:
        *rank = (uint64_t)area_size(&set->location, plan->client);
        return;
    case R53_POLICY_MULTIVALUE:
        *rank = 1;
        return;
    case R53_POLICY_GEOPROXIMITY:
        *rank = 1 + (uint64_t)(biased_km(plan, set) * 1000);
        return;
    case R53_POLICY_CIDR:
        *rank = set->cidr == plan->client_cidr ? 1 : strcmp(cidrs[set->cidr], "*") == 0 ? 2 : 0;
        return;
    }
}

static void oracle_options(const struct plan *plan, int name, double probability,
                           struct options *options);

static void add_set(const struct plan *plan, const struct plan_set *set, double probability,
                    struct options *options)
{
    if (set->leaf < 0) {
        oracle_options(plan, set->target, probability, options);
        return;
    }
    assert_true(options->count < OPTIONS_MAX);
    options->items[options->count++] = (struct option){UINT64_C(1) << set->leaf, probability};
}

static void oracle_options(const struct plan *plan, int name, double probability,
                           struct options *options)
{
    for (int pass = 0; pass < 2; pass++) {
        uint64_t ranks[SETS], best = 0;
        double shares[SETS], total = 0;
        uint64_t all = 0;
        for (int i = 0; i < plan->counts[name]; i++) {
            rank_set(plan, name, i, pass == 1, &ranks[i], &shares[i]);
            if (ranks[i] > 0 && (best == 0 || ranks[i] < best))
                best = ranks[i];
        }
        if (plan->policy[name] == R53_POLICY_GEOPROXIMITY)
            for (int i = 0; i < plan->counts[name]; i++)
                if (ranks[i] > 0 && ranks[i] - best <= best / 20000 + 20)
                    ranks[i] = best; /* too near to tell with whole metres */
        if (best == 0)
            continue; /* nothing healthy applies: once more as if all were healthy */
        for (int i = 0; i < plan->counts[name]; i++)
            total += ranks[i] == best ? shares[i] : 0;
        for (int i = 0; i < plan->counts[name]; i++) {
            if (ranks[i] != best)
                continue;
            if (plan->policy[name] == R53_POLICY_MULTIVALUE)
                all |= UINT64_C(1) << plan->sets[name][i].leaf;
            else
                add_set(plan, &plan->sets[name][i], probability * shares[i] / total, options);
        }
        if (plan->policy[name] == R53_POLICY_MULTIVALUE)
            options->items[options->count++] = (struct option){all, probability};
        return;
    }
    assert_true(options->count < OPTIONS_MAX);
    options->items[options->count++] = (struct option){0, probability};
}

/* --- the same world for the resolver
 * --------------------------------------------------------------
 */

static void parse(const char *text, struct r53_name *name)
{
    assert_int_equal(r53_name_parse(text, name), R53_NAME_OK);
}

static void name_of(int index, struct r53_name *name)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "n%d.example.com", index);
    parse(text, name);
}

static const struct r53_service_zone service = {"Z", R53_SERVICE_CLOUDFRONT, ""};

static struct r53_rrset *make_set(const struct plan *plan, int name, int i)
{
    const struct plan_set *from = &plan->sets[name][i];
    struct r53_rrset *set = r53_rrset_create();
    char text[16];
    name_of(name, &set->name);
    set->type = LDNS_RR_TYPE_A;
    set->policy = plan->policy[name];
    (void)snprintf(text, sizeof(text), "s%d", i);
    set->set_identifier = set->policy == R53_POLICY_SIMPLE ? NULL : sim_strdup(text);
    set->weight = set->policy == R53_POLICY_WEIGHTED ? from->weight : 0;
    set->region = sim_strdup(regions[from->region]);
    set->is_primary = from->is_primary;
    set->location = from->location;
    set->proximity.point = from->point;
    set->proximity.bias = from->bias;
    (void)snprintf(set->cidr.location, sizeof(set->cidr.location), "%s", cidrs[from->cidr]);
    (void)snprintf(text, sizeof(text), "%d", from->check);
    set->health_check_id = from->check < 0 ? NULL : sim_strdup(text);
    set->is_alias = from->leaf < 0 || from->is_service;
    set->evaluates_target_health = from->evaluates;
    if (from->is_service) {
        set->service = &service;
        set->ttl_s = (uint32_t)from->leaf; /* tells service_answer() which */
        return set;
    }
    if (set->is_alias) {
        name_of(from->target, &set->alias_name);
        return set;
    }
    (void)snprintf(text, sizeof(text), "%d", from->leaf);
    set->values = sim_alloc_array(1, sizeof(set->values[0]));
    set->values[set->value_count++].text = sim_strdup(text);
    return set;
}

static bool is_up(void *context, const char *id)
{
    const struct plan *plan = context;
    return plan->up[atoi(id)];
}

static const char *cidr_of(void *context, const char *collection_id,
                           const struct r53_client *client)
{
    const struct plan *plan = context;
    (void)collection_id;
    (void)client;
    return plan->client_cidr < 0 ? NULL : cidrs[plan->client_cidr];
}

static const struct r53_rrset *answer_of_service(void *context, const struct r53_rrset *alias,
                                                 const struct r53_client *client)
{
    struct plan *plan = context;
    struct r53_rrset **answer = &plan->service_answers[alias->ttl_s];
    char text[16];
    (void)client;
    if (*answer != NULL)
        return *answer;
    *answer = r53_rrset_create();
    (void)snprintf(text, sizeof(text), "%u", alias->ttl_s);
    (*answer)->values = sim_alloc_array(1, sizeof((*answer)->values[0]));
    (*answer)->values[(*answer)->value_count++].text = sim_strdup(text);
    return *answer;
}

static uint64_t latency(void *context, const char *client, const char *record)
{
    size_t from = 0;
    size_t to = 0;
    (void)context;
    while (strcmp(regions[from], client) != 0)
        from++;
    while (strcmp(regions[to], record) != 0)
        to++;
    return distance[from][to];
}

static uint64_t ask(const struct r53_resolver *resolver, int index, struct r53_result *result)
{
    struct r53_name name;
    uint64_t leaves = 0;
    name_of(index, &name);
    r53_resolver_answer(resolver, &name, LDNS_RR_TYPE_A, result);
    assert_int_equal(result->rcode, 0);
    for (size_t i = 0; i < result->value_count; i++)
        leaves |= UINT64_C(1) << atoi(result->values[i]->text);
    return leaves;
}

static double probability_of(const struct options *options, uint64_t leaves)
{
    double sum = 0;
    for (size_t i = 0; i < options->count; i++)
        sum += options->items[i].leaves == leaves ? options->items[i].probability : 0;
    return sum;
}

static void compare_name(const struct plan *plan, const struct r53_resolver *resolver, int name,
                         int draws, struct r53_result *result, uint64_t seed)
{
    struct options options = {.count = 0};
    unsigned seen[OPTIONS_MAX] = {0};
    oracle_options(plan, name, 1, &options);
    for (int draw = 0; draw < draws; draw++) {
        uint64_t leaves = ask(resolver, name, result);
        bool is_allowed = false;
        for (size_t i = 0; i < options.count; i++)
            if (options.items[i].leaves == leaves && options.items[i].probability > 0) {
                is_allowed = true;
                seen[i]++;
            }
        if (!is_allowed)
            fail_msg("seed %llu: n%d answered leaves %llx", (unsigned long long)seed, name,
                     (unsigned long long)leaves);
    }
    for (size_t i = 0; i < options.count && draws == DRAWS_SOME; i++)
        if (seen[i] == 0 && probability_of(&options, options.items[i].leaves) > LIKELY)
            fail_msg("seed %llu: n%d never answered leaves %llx", (unsigned long long)seed, name,
                     (unsigned long long)options.items[i].leaves);
}

static void play_zone(uint64_t seed, struct r53_result *result)
{
    struct sim_random random;
    struct sim_random draws;
    struct plan plan = {.client = 0};
    struct r53_records records;
    struct r53_name apex;
    sim_random_init(&random, seed, "plan");
    sim_random_init(&draws, seed, "draws");
    make_plan(&random, &plan);
    parse("example.com", &apex);
    r53_records_init(&records, &apex);
    for (int name = 0; name < NAMES; name++)
        for (int i = 0; i < plan.counts[name]; i++) {
            struct r53_rrset *set = make_set(&plan, name, i);
            assert_null(r53_records_put(&records, set));
            r53_rrset_drop(set);
        }
    assert_true(r53_records_is_consistent(&records));
    const struct r53_resolver resolver = {.records = &records,
                                          .is_healthy = is_up,
                                          .latency_us = latency,
                                          .cidr_location = cidr_of,
                                          .service_answer = answer_of_service,
                                          .context = &plan,
                                          .random = &draws,
                                          .client = {.region = regions[plan.client]}};
    for (int name = 0; name < NAMES; name++)
        compare_name(&plan, &resolver, name, seed % 50 == 0 ? DRAWS_SOME : DRAWS, result, seed);
    r53_records_fini(&records);
    for (size_t i = 0; i < ARRAY_LEN(plan.service_answers); i++)
        r53_rrset_drop(plan.service_answers[i]);
}

static uint64_t zone_count(void)
{
    return getenv("REGIONLAB_LONG") != NULL ? 10 * ZONES : ZONES;
}

static void test_random_trees_answer_as_the_oracle_says(void **state)
{
    struct r53_result *result = sim_alloc(sizeof(*result));
    const char *one = getenv("REGIONLAB_SEED");
    (void)state;
    if (one != NULL)
        play_zone(strtoull(one, NULL, 10), result);
    for (uint64_t seed = 1; one == NULL && seed <= zone_count(); seed++)
        play_zone(seed, result);
    free(result);
}

/* --- weights
 * --------------------------------------------------------------------------------------
 */

static void test_weights_are_met_in_the_long_run(void **state)
{
    static const uint32_t weights[] = {10, 20, 20, 0, 205};
    const uint64_t asked = 100000;
    struct r53_result *result = sim_alloc(sizeof(*result));
    struct plan plan = {.policy = {R53_POLICY_WEIGHTED}, .counts = {ARRAY_LEN(weights)}};
    struct r53_records records;
    struct r53_name apex;
    struct sim_random draws;
    uint64_t seen[ARRAY_LEN(weights)] = {0};
    (void)state;
    sim_random_init(&draws, 1, "draws");
    parse("example.com", &apex);
    r53_records_init(&records, &apex);
    for (int i = 0; i < (int)ARRAY_LEN(weights); i++) {
        struct r53_rrset *set = NULL;
        plan.sets[0][i] = (struct plan_set){.leaf = i, .check = -1, .weight = weights[i]};
        set = make_set(&plan, 0, i);
        assert_null(r53_records_put(&records, set));
        r53_rrset_drop(set);
    }
    const struct r53_resolver resolver = {.records = &records,
                                          .is_healthy = is_up,
                                          .latency_us = latency,
                                          .cidr_location = cidr_of,
                                          .service_answer = answer_of_service,
                                          .context = &plan,
                                          .random = &draws,
                                          .client = {.region = regions[0]}};
    for (uint64_t i = 0; i < asked; i++)
        seen[__builtin_ctzll(ask(&resolver, 0, result))]++;
    for (size_t i = 0; i < ARRAY_LEN(weights); i++) {
        uint64_t expected = asked * weights[i] / 255;
        uint64_t slack = weights[i] == 0 ? 0 : 6 * 160; /* six standard deviations of the largest */
        if (seen[i] + slack < expected || seen[i] > expected + slack)
            fail_msg("weight %u: %llu of %llu", weights[i], (unsigned long long)seen[i],
                     (unsigned long long)asked);
    }
    r53_records_fini(&records);
    free(result);
}

/* --- names: existence, wildcards, empty non-terminals
 * ---------------------------------------------
 */

#define OWNERS_MAX 12

static void draw_name(struct sim_random *random, bool may_be_star, char *text, size_t bytes)
{
    static const char *const labels[] = {"a", "b", "c"};
    size_t depth = 1 + sim_random_below(random, 4);
    size_t used = 0;
    for (size_t i = 0; i < depth; i++) {
        bool is_star = i == 0 && may_be_star && sim_random_chance(random, 350000);
        used += (size_t)snprintf(text + used, bytes - used, "%s.",
                                 is_star ? "*" : labels[sim_random_below(random, 3)]);
    }
    (void)snprintf(text + used, bytes - used, "z.");
}

static bool ends_with(const char *name, const char *end)
{
    size_t name_bytes = strlen(name);
    size_t end_bytes = strlen(end);
    return name_bytes >= end_bytes && strcmp(name + name_bytes - end_bytes, end) == 0 &&
           (name_bytes == end_bytes || name[name_bytes - end_bytes - 1] == '.');
}

/* RFC 4592 by its words: 0 an answer from owners[*which], 1 NODATA, 3 NXDOMAIN. */
static int oracle_name(char owners[][64], size_t count, const char *asked, size_t *which)
{
    const char *encloser = asked;
    char star[80];
    for (size_t i = 0; i < count; i++)
        if (strcmp(owners[i], asked) == 0) {
            *which = i;
            return 0;
        }
    for (size_t i = 0; i < count; i++)
        if (ends_with(owners[i], asked))
            return 1; /* an empty non-terminal */
    while (true) {
        bool exists = strcmp(encloser, "z.") == 0;
        for (size_t i = 0; i < count; i++)
            exists = exists || ends_with(owners[i], encloser);
        if (exists)
            break;
        encloser = strchr(encloser, '.') + 1;
    }
    (void)snprintf(star, sizeof(star), "*.%s", encloser);
    for (size_t i = 0; i < count; i++)
        if (strcmp(owners[i], star) == 0) {
            *which = i;
            return 0;
        }
    for (size_t i = 0; i < count; i++)
        if (ends_with(owners[i], star))
            return 1;
    return 3;
}

static void put_owner(struct r53_records *records, const char *text, size_t index)
{
    struct r53_rrset *set = r53_rrset_create();
    char number[16];
    parse(text, &set->name);
    set->type = LDNS_RR_TYPE_A;
    (void)snprintf(number, sizeof(number), "%zu", index);
    set->values = sim_alloc_array(1, sizeof(set->values[0]));
    set->values[set->value_count++].text = sim_strdup(number);
    r53_rrset_drop(r53_records_put(records, set));
    r53_rrset_drop(set);
}

static void play_names(uint64_t seed, struct r53_result *result)
{
    struct sim_random random;
    struct r53_records records;
    struct r53_name apex;
    char owners[OWNERS_MAX][64];
    size_t count = 0;
    sim_random_init(&random, seed, "names");
    parse("z", &apex);
    r53_records_init(&records, &apex);
    const struct r53_resolver resolver = {.records = &records, .random = &random};
    for (int step = 0; step < 60; step++) {
        char asked[64];
        struct r53_name name;
        size_t which = 0;
        int expected = 0;
        if (count < OWNERS_MAX && sim_random_chance(&random, 400000)) {
            draw_name(&random, true, owners[count], sizeof(owners[count]));
            if (oracle_name(owners, count, owners[count], &which) != 0 ||
                strcmp(owners[which], owners[count]) != 0) {
                put_owner(&records, owners[count], count);
                count++;
            }
        } else if (count > 0 && sim_random_chance(&random, 200000)) {
            struct r53_rrset key = {.type = LDNS_RR_TYPE_A};
            parse(owners[--count], &key.name);
            r53_rrset_drop(r53_records_take(&records, &key));
        }
        assert_true(r53_records_is_consistent(&records));
        draw_name(&random, true, asked, sizeof(asked));
        parse(asked, &name);
        expected = oracle_name(owners, count, asked, &which);
        r53_resolver_answer(&resolver, &name, LDNS_RR_TYPE_A, result);
        if (result->rcode != (expected == 3 ? 3 : 0) ||
            result->value_count != (expected == 0 ? 1 : 0) ||
            (expected == 0 && (size_t)atoi(result->values[0]->text) != which))
            fail_msg("seed %llu: %s: rcode %d, %zu values", (unsigned long long)seed, asked,
                     result->rcode, result->value_count);
    }
    r53_records_fini(&records);
}

static void test_random_names_exist_as_rfc_4592_says(void **state)
{
    struct r53_result *result = sim_alloc(sizeof(*result));
    const char *one = getenv("REGIONLAB_SEED");
    (void)state;
    if (one != NULL)
        play_names(strtoull(one, NULL, 10), result);
    for (uint64_t seed = 1; one == NULL && seed <= zone_count() / 4; seed++)
        play_names(seed, result);
    free(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_trees_answer_as_the_oracle_says),
        cmocka_unit_test(test_weights_are_met_in_the_long_run),
        cmocka_unit_test(test_random_names_exist_as_rfc_4592_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
