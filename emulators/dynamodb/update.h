/* update.h -- update expressions: SET, REMOVE, ADD, DELETE.
 *
 * Purpose  Applies a bound update to a copy of the item. Every right-hand side reads the old item,
 *          so the order of the actions does not matter.
 * Source   Developer guide, "Update expressions"; Alternator's recordings for list positions.
 * Owner    The caller owns both items. After a failure the new item is half changed: delete it.
 * Errors   ValidationException with the service's text. Size and index keys are left to the caller.
 */
#ifndef EMULATORS_DYNAMODB_UPDATE_H
#define EMULATORS_DYNAMODB_UPDATE_H

#include "emulators/dynamodb/expression_context.h"
#include "emulators/dynamodb/key.h"

/* Refuses an update of a key attribute: "... Cannot update attribute a. This attribute is part of
 * the key". */
MUST_USE bool ddb_update_check_keys(const struct ddb_binding *binding,
                                    const struct ddb_key_schema *schema, struct ddb_fault *fault);

/* old_item: as it was, or NULL; new_item: a copy of it (for NULL an object with the key's
 * attributes), changed in place. binding NULL changes nothing. */
MUST_USE bool ddb_update_apply(const struct ddb_binding *binding, const cJSON *old_item,
                               cJSON *new_item, struct ddb_fault *fault);

/* UPDATED_OLD (of the old item) and UPDATED_NEW (of the new one): the touched paths alone; NULL
 * when nothing is there. The caller owns it. */
MUST_USE cJSON *ddb_update_touched(const struct ddb_binding *binding, const cJSON *item);

/* Called by the context: operand types and functions that constants decide. */
MUST_USE bool ddb_update_check(const struct ddb_binding *binding, struct ddb_fault *fault);

#endif
