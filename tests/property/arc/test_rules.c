/* Random panels, rules and batches against an oracle that knows nothing of the code's structures:
 * states are bits, a rule is two masks and a predicate over a count.
 *
 * REGIONLAB_LONG=1 plays ten times as many batches; REGIONLAB_SEED=N another sequence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/arc/arc_internal.h"
#include "emulators/arc/rule_evaluation.h"
#include "emulators/wire/dispatch.h"

#define SEED_DEFAULT   1
#define WORLDS         60
#define BATCHES        1000 /* a world, through dispatch */
#define BATCHES_PURE   100000
#define PANELS         2
#define CONTROLS       7 /* a panel */
#define RULES_MAX      5
#define CONTROLS_TOTAL (PANELS * CONTROLS)

struct oracle_rule {
    uint32_t counted; /* asserted or gating controls */
    uint32_t guarded; /* asserted or target controls */
    bool is_gating;
    int type; /* 0 ATLEAST, 1 AND, 2 OR */
    int threshold;
    bool inverted;
    uint64_t wait_us;
    uint64_t quiet_until_us;
    char arn[ARC_ARN_MAX];
    bool was_violated; /* from its start, or by an override since */
};

struct lab {
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct arc *arc;
    struct sim_random random;
    char controls[CONTROLS_TOTAL][ARC_ARN_MAX];
    struct oracle_rule rules[PANELS * RULES_MAX];
    size_t rule_count;
    uint32_t states; /* as the oracle holds them */
    unsigned updates;
    uint64_t second;
    uint64_t accepted, refused;
};

struct batch {
    uint32_t named, wanted;
    uint32_t overridden; /* bit a rule */
};

/* --- the oracle --- */

static bool criterion_holds(const struct oracle_rule *rule, uint32_t states)
{
    int on = __builtin_popcount(states & rule->counted);
    int all = __builtin_popcount(rule->counted);
    int needed = rule->type == 0 ? rule->threshold : rule->type == 1 ? all : 1;
    return (on >= needed) == !rule->inverted;
}

/* Index of the rule that refuses, or -1. */
static int oracle_refuses(const struct lab *lab, const struct batch *batch, uint64_t now_us)
{
    uint32_t after = (lab->states & ~batch->named) | (batch->wanted & batch->named);
    for (size_t i = 0; i < lab->rule_count; i++) {
        const struct oracle_rule *rule = &lab->rules[i];
        if ((rule->guarded & batch->named) == 0 || (batch->overridden >> i & 1) != 0)
            continue;
        if (now_us < rule->quiet_until_us ||
            !criterion_holds(rule, rule->is_gating ? lab->states : after))
            return (int)i;
    }
    return -1;
}

static void oracle_commit(struct lab *lab, const struct batch *batch, uint64_t now_us)
{
    uint32_t after = (lab->states & ~batch->named) | (batch->wanted & batch->named);
    uint32_t changed = after ^ lab->states;
    lab->states = after;
    for (size_t i = 0; i < lab->rule_count; i++) {
        struct oracle_rule *rule = &lab->rules[i];
        if ((rule->guarded & changed) != 0)
            rule->quiet_until_us = now_us + rule->wait_us;
        if (rule->is_gating)
            continue;
        if (criterion_holds(rule, after))
            rule->was_violated = false;
        else if ((batch->overridden >> i & 1) != 0 && (rule->guarded & changed) != 0)
            rule->was_violated = true;
    }
}

/* --- the service --- */

static void call(struct lab *lab, const char *service, const char *operation, cJSON *input,
                 cJSON **output)
{
    struct sim_error error;
    const struct wire_request request = {.service = service,
                                         .operation = operation,
                                         .region = "us-west-2",
                                         .endpoint = "us-west-2",
                                         .input = input};
    if (wire_dispatch_now(lab->dispatcher, &request, output, &error) != RESULT_OK)
        fail_msg("%s: %s", operation, error.message);
    cJSON_Delete(input);
    while (sim_sched_foreground_count(lab->core.sched) > 0)
        sim_sched_step(lab->core.sched, UINT64_MAX);
}

static void create(struct lab *lab, const char *operation, cJSON *input, const char *object,
                   const char *member, char *arn)
{
    cJSON *output = NULL;
    call(lab, arc_config_service.id, operation, input, &output);
    snprintf(arn, ARC_ARN_MAX, "%s", wire_text(wire_member(output, object), member));
    cJSON_Delete(output);
}

static cJSON *text_members(const char *first, const char *first_value, const char *second,
                           const char *second_value)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, first, first_value);
    if (second != NULL)
        cJSON_AddStringToObject(object, second, second_value);
    return object;
}

static void add_arns(const struct lab *lab, cJSON *object, const char *name, uint32_t mask)
{
    cJSON *list = cJSON_AddArrayToObject(object, name);
    for (size_t i = 0; i < CONTROLS_TOTAL; i++)
        if ((mask >> i & 1) != 0)
            cJSON_AddItemToArray(list, cJSON_CreateString(lab->controls[i]));
}

static uint32_t some_of_panel(struct lab *lab, size_t panel)
{
    uint32_t mask = (uint32_t)sim_random_between(&lab->random, 1, (1u << CONTROLS) - 1);
    return mask << (panel * CONTROLS);
}

static void create_rule(struct lab *lab, size_t panel, const char *panel_arn)
{
    static const char *const types[] = {"ATLEAST", "AND", "OR"};
    static const uint64_t waits_ms[] = {0, 0, 0, 700, 5000};
    struct oracle_rule *rule = &lab->rules[lab->rule_count];
    rule->is_gating = sim_random_chance(&lab->random, SIM_PPM / 3);
    rule->counted = some_of_panel(lab, panel);
    rule->guarded = rule->is_gating ? some_of_panel(lab, panel) : rule->counted;
    rule->type = (int)sim_random_below(&lab->random, 3);
    rule->threshold = (int)sim_random_below(&lab->random, CONTROLS);
    rule->inverted = sim_random_chance(&lab->random, SIM_PPM / 4);
    rule->wait_us = waits_ms[sim_random_below(&lab->random, ARRAY_LEN(waits_ms))] * SIM_US_PER_MS;
    rule->was_violated = !criterion_holds(rule, lab->states);

    char name[16];
    snprintf(name, sizeof name, "rule%zu", lab->rule_count);
    cJSON *input = cJSON_CreateObject();
    cJSON *inner = cJSON_AddObjectToObject(input, rule->is_gating ? "GatingRule" : "AssertionRule");
    cJSON_AddStringToObject(inner, "ControlPanelArn", panel_arn);
    cJSON_AddStringToObject(inner, "Name", name);
    add_arns(lab, inner, rule->is_gating ? "GatingControls" : "AssertedControls", rule->counted);
    if (rule->is_gating)
        add_arns(lab, inner, "TargetControls", rule->guarded);
    cJSON_AddNumberToObject(inner, "WaitPeriodMs", (double)(rule->wait_us / SIM_US_PER_MS));
    cJSON *config = cJSON_AddObjectToObject(inner, "RuleConfig");
    cJSON_AddStringToObject(config, "Type", types[rule->type]);
    cJSON_AddNumberToObject(config, "Threshold", rule->threshold);
    cJSON_AddBoolToObject(config, "Inverted", rule->inverted);
    create(lab, "CreateSafetyRule", input, rule->is_gating ? "GatingRule" : "AssertionRule",
           "SafetyRuleArn", rule->arn);
    lab->rule_count++;
}

static struct lab *lab_create(uint64_t seed)
{
    struct lab *lab = sim_alloc(sizeof *lab);
    const struct sim_core_options options = {.seed = seed, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    sim_core_init(&lab->core, &options);
    sim_trace_set_hashing(lab->core.trace, false);
    sim_random_init(&lab->random, seed, "property/arc");
    lab->dispatcher = wire_dispatcher_create(&lab->core);
    assert_int_equal(arc_create(wire_dispatcher_host(lab->dispatcher), &lab->arc, NULL), RESULT_OK);
    wire_dispatcher_add(lab->dispatcher, &arc_config_service, lab->arc);
    wire_dispatcher_add(lab->dispatcher, &arc_cluster_service, lab->arc);
    char cluster[ARC_ARN_MAX], panels[PANELS][ARC_ARN_MAX], name[16];
    create(lab, "CreateCluster", text_members("ClusterName", "c", NULL, NULL), "Cluster",
           "ClusterArn", cluster);
    for (size_t i = 0; i < CONTROLS_TOTAL; i++) {
        size_t panel = i / CONTROLS;
        snprintf(name, sizeof name, "n%zu", i);
        if (i % CONTROLS == 0)
            create(lab, "CreateControlPanel",
                   text_members("ClusterArn", cluster, "ControlPanelName", name), "ControlPanel",
                   "ControlPanelArn", panels[panel]);
        cJSON *input = text_members("ClusterArn", cluster, "ControlPanelArn", panels[panel]);
        cJSON_AddStringToObject(input, "RoutingControlName", name);
        create(lab, "CreateRoutingControl", input, "RoutingControl", "RoutingControlArn",
               lab->controls[i]);
    }
    for (size_t panel = 0; panel < PANELS; panel++)
        for (uint64_t left = sim_random_below(&lab->random, RULES_MAX + 1); left > 0; left--)
            create_rule(lab, panel, panels[panel]);
    return lab;
}

static void lab_destroy(struct lab *lab)
{
    arc_destroy(lab->arc);
    wire_dispatcher_destroy(lab->dispatcher);
    sim_core_fini(&lab->core);
    free(lab);
}

static struct batch random_batch(struct lab *lab)
{
    struct batch batch = {.wanted = (uint32_t)sim_random_next(&lab->random)};
    uint64_t size =
        sim_random_chance(&lab->random, SIM_PPM / 2) ? 1 : sim_random_between(&lab->random, 2, 10);
    for (; size > 0; size--) /* fewer when it draws one twice */
        batch.named |= 1u << sim_random_below(&lab->random, CONTROLS_TOTAL);
    if (lab->rule_count > 0 && sim_random_chance(&lab->random, SIM_PPM / 10))
        batch.overridden = (uint32_t)sim_random_below(&lab->random, UINT64_C(1) << lab->rule_count);
    return batch;
}

/* "" if it was accepted, else the ARN of the rule that refused. */
struct verdict {
    char rule[ARC_ARN_MAX];
    char code[64];
};

static void note_answer(void *context, struct wire_call *answered)
{
    struct verdict *verdict = context;
    if (answered->outcome == WIRE_OK)
        return;
    snprintf(verdict->code, sizeof verdict->code, "%s",
             answered->error.code != NULL ? answered->error.code : "?");
    const char *rule = wire_text(answered->error.members, "resourceId");
    snprintf(verdict->rule, sizeof verdict->rule, "%s", rule != NULL ? rule : "");
}

static void send_batch(struct lab *lab, const struct batch *batch, struct verdict *verdict)
{
    cJSON *input = cJSON_CreateObject();
    cJSON *entries = cJSON_AddArrayToObject(input, "UpdateRoutingControlStateEntries");
    for (size_t i = 0; i < CONTROLS_TOTAL; i++)
        if ((batch->named >> i & 1) != 0)
            cJSON_AddItemToArray(
                entries, text_members("RoutingControlArn", lab->controls[i], "RoutingControlState",
                                      (batch->wanted >> i & 1) != 0 ? "On" : "Off"));
    cJSON *overrides = cJSON_AddArrayToObject(input, "SafetyRulesToOverride");
    for (size_t i = 0; i < lab->rule_count; i++)
        if ((batch->overridden >> i & 1) != 0)
            cJSON_AddItemToArray(overrides, cJSON_CreateString(lab->rules[i].arn));
    const struct wire_request request = {.service = arc_cluster_service.id,
                                         .operation = "UpdateRoutingControlStates",
                                         .region = "us-west-2",
                                         .endpoint = "us-west-2",
                                         .input = input};
    wire_dispatch(lab->dispatcher, &request, note_answer, verdict);
    cJSON_Delete(input);
}

/* Some time goes by; never more than three updates a second. */
static void pass_time(struct lab *lab)
{
    static const uint64_t steps_ms[] = {0, 0, 200, 400, 1000, 3000};
    uint64_t now_us = sim_clock_now_us(lab->core.clock) +
                      steps_ms[sim_random_below(&lab->random, ARRAY_LEN(steps_ms))] * SIM_US_PER_MS;
    if (now_us / SIM_US_PER_S != lab->second)
        lab->updates = 0;
    if (lab->updates == 3) {
        now_us = (now_us / SIM_US_PER_S + 1) * SIM_US_PER_S;
        lab->updates = 0;
    }
    lab->second = now_us / SIM_US_PER_S;
    lab->updates++;
    sim_clock_move_to(lab->core.clock, now_us);
}

static void compare_states(const struct lab *lab, const char *what)
{
    for (size_t i = 0; i < CONTROLS_TOTAL; i++) {
        const struct arc_resource *control =
            arc_resource_find(lab->arc, ARC_CONTROL, lab->controls[i]);
        if (control->is_on != ((lab->states >> i & 1) != 0))
            fail_msg("%s: control %zu is %s", what, i, control->is_on ? "On" : "Off");
    }
    for (size_t i = 0; i < lab->rule_count; i++) {
        const struct oracle_rule *rule = &lab->rules[i];
        if (!rule->is_gating && !rule->was_violated && !criterion_holds(rule, lab->states))
            fail_msg("%s: rule %zu is violated and nobody overrode it", what, i);
    }
}

static void check_verdict(struct lab *lab, const struct batch *batch, const char *what,
                          const char *code, const char *rule)
{
    uint64_t now_us = sim_clock_now_us(lab->core.clock);
    int refusing = oracle_refuses(lab, batch, now_us);
    const char *expected = refusing >= 0 ? lab->rules[refusing].arn : "";
    if (strcmp(rule, expected) != 0 || strcmp(code, refusing >= 0 ? "ConflictException" : "") != 0)
        fail_msg("%s: the oracle is refused by \"%s\", the service answers \"%s\" \"%s\"", what,
                 expected, code, rule);
    if (refusing < 0)
        oracle_commit(lab, batch, now_us);
    refusing < 0 ? lab->accepted++ : lab->refused++;
    compare_states(lab, what);
}

static uint64_t environment_number(const char *name, uint64_t fallback)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : fallback;
}

static void test_batches_through_dispatch_agree_with_the_oracle(void **state)
{
    (void)state;
    uint64_t first = environment_number("REGIONLAB_SEED", SEED_DEFAULT);
    uint64_t worlds = WORLDS * (getenv("REGIONLAB_LONG") != NULL ? 10 : 1);
    uint64_t accepted = 0, refused = 0;
    for (uint64_t seed = first; seed < first + worlds; seed++) {
        struct lab *lab = lab_create(seed);
        for (int i = 0; i < BATCHES; i++) {
            char what[64];
            snprintf(what, sizeof what, "REGIONLAB_SEED=%llu batch %d", (unsigned long long)seed,
                     i);
            struct verdict verdict = {0};
            struct batch batch = random_batch(lab);
            pass_time(lab);
            send_batch(lab, &batch, &verdict);
            check_verdict(lab, &batch, what, verdict.code, verdict.rule);
        }
        accepted += lab->accepted;
        refused += lab->refused;
        lab_destroy(lab);
    }
    assert_true(accepted > worlds * BATCHES / 10); /* else the rules forbid all or nothing */
    assert_true(refused > worlds * BATCHES / 10);
}

/* The same straight at the semantics, so that many more batches fit. */
static void evaluate(struct lab *lab, const struct batch *batch, const char *what)
{
    struct arc_change change = {0}, changed = {0};
    const struct arc_resource *overridden[PANELS * RULES_MAX];
    for (size_t i = 0; i < CONTROLS_TOTAL; i++)
        if ((batch->named >> i & 1) != 0) {
            change.controls[change.count] =
                arc_resource_find(lab->arc, ARC_CONTROL, lab->controls[i]);
            change.is_on[change.count++] = (batch->wanted >> i & 1) != 0;
        }
    for (size_t i = 0; i < lab->rule_count; i++)
        if ((batch->overridden >> i & 1) != 0)
            overridden[change.overridden_count++] =
                arc_resource_find(lab->arc, ARC_RULE, lab->rules[i].arn);
    change.overridden = overridden;
    uint64_t now_us = sim_clock_now_us(lab->core.clock);
    const struct arc_resource *rule = arc_rule_blocking(lab->arc, &change, now_us);
    if (rule == NULL) {
        for (size_t i = 0; i < change.count; i++)
            if (change.controls[i]->is_on != change.is_on[i]) {
                change.controls[i]->is_on = change.is_on[i];
                changed.controls[changed.count++] = change.controls[i];
            }
        arc_rules_start_waiting(lab->arc, &changed, now_us);
    }
    check_verdict(lab, batch, what, rule != NULL ? "ConflictException" : "",
                  rule != NULL ? rule->arn : "");
}

static void test_batches_at_the_semantics_agree_with_the_oracle(void **state)
{
    (void)state;
    uint64_t seed = environment_number("REGIONLAB_SEED", SEED_DEFAULT);
    int batches = BATCHES_PURE * (getenv("REGIONLAB_LONG") != NULL ? 10 : 1);
    struct lab *lab = NULL;
    for (int i = 0; i < batches; i++) {
        char what[64];
        if (i % 500 == 0) {
            if (lab != NULL)
                lab_destroy(lab);
            lab = lab_create(seed + 1000000 + (uint64_t)i);
        }
        snprintf(what, sizeof what, "REGIONLAB_SEED=%llu batch %d", (unsigned long long)seed, i);
        struct batch batch = random_batch(lab);
        pass_time(lab);
        evaluate(lab, &batch, what);
    }
    lab_destroy(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches_through_dispatch_agree_with_the_oracle),
        cmocka_unit_test(test_batches_at_the_semantics_agree_with_the_oracle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
