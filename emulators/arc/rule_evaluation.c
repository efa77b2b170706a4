#include "emulators/arc/rule_evaluation.h"
#include "emulators/arc/save.h"

#include "emulators/arc/arc_internal.h"

bool arc_criterion_holds(const struct arc_rule *rule, size_t on_count)
{
    bool holds = false;
    switch (rule->criterion) {
    case ARC_ATLEAST:
        holds = (int64_t)on_count >= rule->threshold;
        break;
    case ARC_AND:
        holds = on_count == rule->control_count;
        break;
    case ARC_OR:
        holds = on_count >= 1;
        break;
    }
    return holds != rule->is_inverted;
}

/* The state of a control after the change, or its committed one if the change leaves it alone. */
static bool state_after(const struct arc_change *change, const struct arc_resource *control)
{
    bool is_on = control->is_on;
    for (size_t i = 0; i < change->count; i++)
        if (change->controls[i] == control)
            is_on = change->is_on[i];
    return is_on;
}

/* The controls whose change a rule restricts: asserted, or the targets of a gate. */
static struct arc_resource *const *guarded_controls(const struct arc_rule *rule, size_t *count)
{
    *count = rule->is_gating ? rule->target_count : rule->control_count;
    return rule->is_gating ? rule->targets : rule->controls;
}

static bool names_guarded_control(const struct arc_change *change, const struct arc_rule *rule)
{
    size_t count;
    struct arc_resource *const *guarded = guarded_controls(rule, &count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < change->count; j++)
            if (guarded[i] == change->controls[j])
                return true;
    return false;
}

static bool is_overridden(const struct arc_change *change, const struct arc_resource *rule)
{
    for (size_t i = 0; i < change->overridden_count; i++)
        if (change->overridden[i] == rule)
            return true;
    return false;
}

static bool forbids(const struct arc_rule *rule, const struct arc_change *change, uint64_t now_us)
{
    if (now_us < rule->quiet_until_us)
        return true;
    size_t on_count = 0;
    for (size_t i = 0; i < rule->control_count; i++)
        if (rule->is_gating ? rule->controls[i]->is_on : state_after(change, rule->controls[i]))
            on_count++;
    return !arc_criterion_holds(rule, on_count);
}

struct arc_resource *arc_rule_blocking(struct arc *arc, const struct arc_change *change,
                                       uint64_t now_us)
{
    struct arc_resource *rule = NULL;
    while ((rule = arc_resource_next(arc, ARC_RULE, NULL, rule)) != NULL)
        if (rule->status == ARC_DEPLOYED && names_guarded_control(change, &rule->rule) &&
            !is_overridden(change, rule) && forbids(&rule->rule, change, now_us))
            return rule;
    return NULL;
}

void arc_rules_start_waiting(struct arc *arc, const struct arc_change *change, uint64_t now_us)
{
    struct arc_resource *rule = NULL;
    while ((rule = arc_resource_next(arc, ARC_RULE, NULL, rule)) != NULL)
        if (names_guarded_control(change, &rule->rule)) {
            rule->rule.quiet_until_us = now_us + rule->rule.wait_us;
            arc_resource_changed(rule);
        }
}
