/* update_value.h -- the values that an update computes. Private to update.c.
 *
 * Purpose  Right-hand sides of SET, and what ADD and DELETE make of an attribute; all read the old
 *          item and give new trees to the caller.
 * Errors   ValidationException; nothing is then given. */
#ifndef EMULATORS_DYNAMODB_UPDATE_VALUE_H
#define EMULATORS_DYNAMODB_UPDATE_VALUE_H

#include "emulators/dynamodb/expression_context.h"

struct ddb_update_reader {
    const struct ddb_binding *binding;
    const cJSON *old_item;
    /* Bytes copied so far: all of it ends up in the new item, so more than an item's maximum is
     * refused before the memory is spent. */
    size_t copied_bytes;
    struct ddb_fault *fault;
};

/* NULL after a fault. */
MUST_USE cJSON *ddb_update_evaluate(struct ddb_update_reader *reader,
                                    const struct ddb_operand *operand);
MUST_USE cJSON *ddb_update_add(struct ddb_update_reader *reader, const cJSON *old_value,
                               const cJSON *operand);
/* May also give an empty set: then the attribute goes. */
MUST_USE cJSON *ddb_update_subtract_set(struct ddb_update_reader *reader, const cJSON *old_value,
                                        const cJSON *operand);

#endif
