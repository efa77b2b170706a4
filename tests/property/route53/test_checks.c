/* test_checks.c -- random health checks and random probes against a slow oracle of the verdicts.
 *
 * The oracle keeps every probe of every checker and reads the rules of "How Route 53 determines
 * whether a health check is healthy" off them: no counters, no stored states.
 *
 * REGIONLAB_LONG=1 plays twenty times as many worlds; REGIONLAB_SEED=N one of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/route53/route53_internal.h"
#include "emulators/wire/dispatch.h"

#define WORLDS       300
#define STEPS        300
#define CHECKS       12
#define CONTROLS     4
#define PROBES_MAX   STEPS
#define CHILDREN_MAX 4

enum kind { ENDPOINT, CONTROL, CALCULATED };

/* One checker's life since it (last) began: each probe, and the threshold at its time. */
struct history {
    size_t count;
    bool passed[PROBES_MAX];
    uint32_t threshold[PROBES_MAX];
};

struct model {
    enum kind kind;
    char id[64];
    bool is_gone;
    bool is_inverted;
    bool is_disabled;
    uint32_t threshold; /* ENDPOINT */
    unsigned regions;   /* bits; ENDPOINT */
    size_t control;     /* CONTROL */
    size_t needed;      /* CALCULATED */
    size_t children[CHILDREN_MAX];
    size_t child_count;
    struct history checkers[R53_CHECKER_COUNT];
};

struct world {
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct r53 *r53;
    struct sim_random random;
    bool is_on[CONTROLS];
    struct model models[CHECKS];
    size_t count;
};

/* --- the oracle
 * --------------------------------------------------------------------------------------------
 */

/* Healthy at first; turned by the latest run of as many equal probes as the threshold says. */
static bool checker_is_healthy(const struct history *history)
{
    for (size_t end = history->count; end > 0; end--) {
        const uint32_t wanted = history->threshold[end - 1];
        size_t run = 1;
        while (run < end && history->passed[end - 1 - run] == history->passed[end - 1])
            run++;
        if (run >= wanted)
            return history->passed[end - 1];
    }
    return true;
}

static bool model_is_healthy(const struct world *world, const struct model *model);

static bool undisturbed(const struct world *world, const struct model *model)
{
    size_t reporting = 0;
    size_t healthy = 0;
    switch (model->kind) {
    case CONTROL:
        return world->is_on[model->control];
    case ENDPOINT:
        for (size_t i = 0; i < R53_CHECKER_COUNT; i++)
            if ((model->regions & (1u << (i / 2))) != 0 && model->checkers[i].count > 0) {
                reporting++;
                healthy += checker_is_healthy(&model->checkers[i]);
            }
        return reporting == 0 || (double)healthy / (double)reporting > 0.18;
    case CALCULATED:
        for (size_t i = 0; i < model->child_count; i++) {
            const struct model *child = &world->models[model->children[i]];
            healthy += !child->is_gone && model_is_healthy(world, child);
        }
        return healthy >= model->needed;
    }
    return false;
}

static bool model_is_healthy(const struct world *world, const struct model *model)
{
    return (model->is_disabled || undisturbed(world, model)) != model->is_inverted;
}

/* --- the world
 * --------------------------------------------------------------------------------------------
 */

static enum wire_health_status control_status(void *state, const char *id)
{
    const struct world *world = state;
    return world->is_on[id[0] - 'a'] ? WIRE_HEALTHY : WIRE_UNHEALTHY;
}

static void world_init(struct world *world, uint64_t seed)
{
    const struct sim_core_options options = {.seed = seed, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    struct sim_region *region = NULL;
    sim_core_init(&world->core, &options);
    assert_int_equal(sim_network_add_region(world->core.network, "us-east-1", true, &region, NULL),
                     RESULT_OK);
    world->dispatcher = wire_dispatcher_create(&world->core);
    assert_int_equal(r53_create(wire_dispatcher_host(world->dispatcher), &world->r53, NULL),
                     RESULT_OK);
    wire_dispatcher_add(world->dispatcher, &r53_service, world->r53);
    wire_health_provide(wire_dispatcher_host(world->dispatcher)->health,
                        WIRE_HEALTH_ROUTING_CONTROL, control_status, world);
    r53_set_propagation(world->r53, 0, 0);
    sim_random_init(&world->random, seed, "checks");
    for (size_t i = 0; i < CONTROLS; i++)
        world->is_on[i] = true;
}

static void world_fini(struct world *world)
{
    r53_destroy(world->r53);
    wire_dispatcher_destroy(world->dispatcher);
    sim_core_fini(&world->core);
}

static cJSON *call(struct world *world, const char *operation, cJSON *input)
{
    const struct wire_request request = {
        .service = "route53", .operation = operation, .region = "us-east-1", .input = input};
    struct sim_error error = {0};
    cJSON *output = NULL;
    enum sim_result result = wire_dispatch_now(world->dispatcher, &request, &output, &error);
    if (result != RESULT_OK) {
        char *text = cJSON_PrintUnformatted(input);
        fail_msg("%s %s: %s", operation, text, error.message);
    }
    cJSON_Delete(input);
    return output;
}

static bool chance(struct world *world, unsigned percent)
{
    return sim_random_below(&world->random, 100) < percent;
}

/* At least three Regions. */
static unsigned draw_regions(struct world *world)
{
    unsigned regions = 0;
    while (__builtin_popcount(regions) < 3)
        regions = (unsigned)sim_random_below(&world->random, 1u << R53_CHECKER_REGION_COUNT);
    return regions;
}

static void add_regions(cJSON *config, unsigned regions)
{
    cJSON *list = cJSON_AddArrayToObject(config, "Regions");
    for (size_t i = 0; i < R53_CHECKER_REGION_COUNT; i++)
        if ((regions & (1u << i)) != 0)
            cJSON_AddItemToArray(list, cJSON_CreateString(r53_checker_regions[i]));
}

/* Any checks but calculated ones, each at most once. */
static void draw_children(struct world *world, struct model *model)
{
    model->child_count = 0;
    for (size_t i = 0; i < world->count && model->child_count < CHILDREN_MAX; i++)
        if (world->models[i].kind != CALCULATED && !world->models[i].is_gone && chance(world, 40))
            model->children[model->child_count++] = i;
    model->needed = (size_t)sim_random_below(&world->random, model->child_count + 2);
}

static void add_children(const struct world *world, const struct model *model, cJSON *config)
{
    cJSON *list = cJSON_AddArrayToObject(config, "ChildHealthChecks");
    for (size_t i = 0; i < model->child_count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(world->models[model->children[i]].id));
    cJSON_AddNumberToObject(config, "HealthThreshold", (double)model->needed);
}

static void describe(const struct world *world, const struct model *model, cJSON *config)
{
    const char control[2] = {(char)('a' + (int)model->control), '\0'};
    switch (model->kind) {
    case ENDPOINT:
        cJSON_AddStringToObject(config, "Type", "HTTP");
        cJSON_AddStringToObject(config, "IPAddress", "127.0.9.9");
        cJSON_AddNumberToObject(config, "FailureThreshold", model->threshold);
        add_regions(config, model->regions);
        break;
    case CONTROL:
        cJSON_AddStringToObject(config, "Type", "RECOVERY_CONTROL");
        cJSON_AddStringToObject(config, "RoutingControlArn", control);
        break;
    case CALCULATED:
        cJSON_AddStringToObject(config, "Type", "CALCULATED");
        add_children(world, model, config);
        break;
    }
    cJSON_AddBoolToObject(config, "Inverted", model->is_inverted);
    cJSON_AddBoolToObject(config, "Disabled", model->is_disabled);
}

static void create(struct world *world)
{
    struct model *model = &world->models[world->count];
    cJSON *input = cJSON_CreateObject();
    cJSON *output = NULL;
    char reference[16];
    *model = (struct model){.kind = (enum kind)sim_random_below(&world->random, 3)};
    model->is_inverted = chance(world, 25);
    model->is_disabled = chance(world, 10);
    model->threshold = 1 + (uint32_t)sim_random_below(&world->random, 4);
    model->regions = draw_regions(world);
    model->control = (size_t)sim_random_below(&world->random, CONTROLS);
    draw_children(world, model);
    (void)snprintf(reference, sizeof(reference), "%zu", world->count);
    cJSON_AddStringToObject(input, "CallerReference", reference);
    describe(world, model, cJSON_AddObjectToObject(input, "HealthCheckConfig"));
    output = call(world, "CreateHealthCheck", input);
    (void)snprintf(model->id, sizeof(model->id), "%s",
                   wire_text(wire_member(output, "HealthCheck"), "Id"));
    cJSON_Delete(output);
    world->count++;
}

static void update(struct world *world, struct model *model)
{
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "HealthCheckId", model->id);
    switch (sim_random_below(&world->random, 4)) {
    case 0:
        model->is_inverted = !model->is_inverted;
        cJSON_AddBoolToObject(input, "Inverted", model->is_inverted);
        break;
    case 1:
        model->is_disabled = !model->is_disabled;
        cJSON_AddBoolToObject(input, "Disabled", model->is_disabled);
        break;
    case 2:
        if (model->kind == CALCULATED) {
            draw_children(world, model);
            add_children(world, model, input);
        } else if (model->kind == ENDPOINT) {
            model->threshold = 1 + (uint32_t)sim_random_below(&world->random, 4);
            cJSON_AddNumberToObject(input, "FailureThreshold", model->threshold);
        }
        break;
    case 3:
        if (model->kind == ENDPOINT) {
            const unsigned before = model->regions;
            model->regions = draw_regions(world);
            add_regions(input, model->regions);
            for (size_t i = 0; i < R53_CHECKER_COUNT; i++)
                if ((model->regions & ~before & (1u << (i / 2))) != 0)
                    model->checkers[i].count = 0; /* a checker that comes (back) knows nothing */
        }
        break;
    }
    cJSON_Delete(call(world, "UpdateHealthCheck", input));
}

static void probe(struct world *world, struct model *model)
{
    struct r53_check *check = r53_check_find(&world->r53->checks, model->id);
    const bool is_mood_good = chance(world, 50);
    for (size_t i = 0; i < R53_CHECKER_COUNT; i++) {
        struct history *history = &model->checkers[i];
        const bool passed = chance(world, 85) == is_mood_good;
        if ((model->regions & (1u << (i / 2))) == 0 || chance(world, 30))
            continue;
        history->passed[history->count] = passed;
        history->threshold[history->count++] = model->threshold;
        r53_checker_record(&check->checkers[i], passed, "");
    }
}

static void step(struct world *world)
{
    struct model *model = NULL;
    if (world->count < CHECKS && (world->count == 0 || chance(world, 10))) {
        create(world);
        return;
    }
    model = &world->models[sim_random_below(&world->random, world->count)];
    if (chance(world, 15)) {
        const char id[2] = {(char)('a' + (int)model->control), '\0'};
        world->is_on[model->control] = !world->is_on[model->control];
        wire_health_tell_changed(wire_dispatcher_host(world->dispatcher)->health,
                                 WIRE_HEALTH_ROUTING_CONTROL, id);
    } else if (model->is_gone) {
        return;
    } else if (chance(world, 1)) {
        cJSON *input = cJSON_CreateObject();
        cJSON_AddStringToObject(input, "HealthCheckId", model->id);
        cJSON_Delete(call(world, "DeleteHealthCheck", input));
        model->is_gone = true;
    } else if (chance(world, 15)) {
        update(world, model);
    } else if (model->kind == ENDPOINT) {
        probe(world, model);
    }
}

static void compare(const struct world *world, uint64_t seed, int at)
{
    for (size_t i = 0; i < world->count; i++) {
        const struct model *model = &world->models[i];
        const struct r53_check *check = r53_check_find(&world->r53->checks, model->id);
        if ((check == NULL) != model->is_gone)
            fail_msg("seed %llu step %d: check %zu is gone or not", (unsigned long long)seed, at,
                     i);
        if (check == NULL)
            continue;
        if (check->verdict != model_is_healthy(world, model) || check->served != check->verdict)
            fail_msg("seed %llu step %d: check %zu (kind %d) says %d and serves %d",
                     (unsigned long long)seed, at, i, (int)model->kind, check->verdict,
                     check->served);
    }
}

static size_t flips; /* so that worlds in which nothing moves are seen */

static void play(struct world *world, uint64_t seed)
{
    bool before[CHECKS] = {false};
    memset(world, 0, sizeof(*world));
    world_init(world, seed);
    for (int at = 0; at < STEPS; at++) {
        step(world);
        compare(world, seed, at);
        for (size_t i = 0; i < world->count; i++) {
            const bool now = model_is_healthy(world, &world->models[i]);
            flips += now != before[i];
            before[i] = now;
        }
    }
    world_fini(world);
}

static void test_random_checks_say_what_the_oracle_says(void **state)
{
    struct world *world = sim_alloc(sizeof(*world));
    const char *one = getenv("REGIONLAB_SEED");
    const uint64_t worlds = getenv("REGIONLAB_LONG") != NULL ? 20 * WORLDS : WORLDS;
    (void)state;
    if (one != NULL)
        play(world, strtoull(one, NULL, 10));
    for (uint64_t seed = 1; one == NULL && seed <= worlds; seed++)
        play(world, seed);
    if (one == NULL)
        assert_true(flips > worlds * 30);
    free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_checks_say_what_the_oracle_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
