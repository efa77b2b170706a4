/* condition.h -- whether a condition or filter holds for an item.
 *
 * Purpose  Evaluates a bound condition. Everything that can be wrong with it was found when it was
 *          bound, so evaluation cannot fail. A missing item (NULL) is an empty one.
 * Source   Developer guide, "Comparison operator and function reference". */
#ifndef EMULATORS_DYNAMODB_CONDITION_H
#define EMULATORS_DYNAMODB_CONDITION_H

#include "emulators/dynamodb/expression_context.h"

/* binding NULL (no condition): true. */
bool ddb_condition_holds(const struct ddb_binding *binding, const cJSON *item);

/* Called by the context: what depends on names and values (distinct operands, operand types). */
MUST_USE bool ddb_condition_check(const struct ddb_binding *binding, struct ddb_fault *fault);
/* The operands of those conditions that stand before the first whose value is not bound (NULL). */
MUST_USE bool ddb_condition_check_bound(const struct ddb_binding *binding, struct ddb_fault *fault);

#endif
