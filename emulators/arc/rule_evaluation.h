/* rule_evaluation.h -- whether a change of routing controls is allowed by the safety rules.
 *
 * Purpose  Pure semantics over one proposed change of a whole batch; the data plane applies it.
 * Source   ARC developer guide, "Safety rules": an assertion rule looks at the states that would
 *          hold after the change; a gating rule at the committed states of its gating controls.
 *          Where the guide is silent (wait period start, batch with gate and target)
 *          docs/differences.md says what we chose.
 */
#ifndef EMULATORS_ARC_RULE_EVALUATION_H
#define EMULATORS_ARC_RULE_EVALUATION_H

#include "emulators/arc/resource.h"

#define ARC_BATCH_MAX 10

struct arc_change {
    struct arc_resource *controls[ARC_BATCH_MAX];
    bool is_on[ARC_BATCH_MAX]; /* the wanted states */
    size_t count;
    const struct arc_resource *const *overridden; /* rules to skip */
    size_t overridden_count;
};

/* n of total controls are On: does the criterion hold? */
bool arc_criterion_holds(const struct arc_rule *rule, size_t on_count);
/* The first rule (in order of creation) that forbids the change at now_us, or NULL. */
struct arc_resource *arc_rule_blocking(struct arc *arc, const struct arc_change *change,
                                       uint64_t now_us);
/* After the change was committed: starts the wait periods of the rules whose controls changed. */
void arc_rules_start_waiting(struct arc *arc, const struct arc_change *change, uint64_t now_us);

#endif
