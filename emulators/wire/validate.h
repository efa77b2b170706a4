/* validate.h -- the constraints of the API model: required, length, value, pattern, enum.
 *
 * Purpose  Looks at an input whose types are right (types.h) and collects what fails into one error
 *          with the service's own texts: "2 validation errors detected: Value null at 'tableName'
 *          failed to satisfy constraint: Member must not be null; Value ...".
 * Limits   At most WIRE_VALIDATION_ERRORS_MAX are listed; the number told is of those listed.
 * Units    The length of a text counts UTF-16 units, as Java's String.length() does; of a blob its
 *          decoded bytes.
 * Cost     Only members with a constraint at or below them are looked at. */
#ifndef EMULATORS_WIRE_VALIDATE_H
#define EMULATORS_WIRE_VALIDATE_H

#include "emulators/wire/call.h"
#include "emulators/wire/model.h"

#define WIRE_VALIDATION_ERRORS_MAX 10

/* False: error holds code and message (in arena). */
MUST_USE bool wire_validate(const struct wire_model *model,
                            const struct wire_operation_fact *operation, const cJSON *input,
                            struct sim_arena *arena, struct wire_error *error);

#endif
