/* validate_text.h -- the words of constraint errors. Private to the constraint check.
 *
 * Purpose  What a constraint is called ("Member must have length greater than or equal to 3"), how
 *          a value is shown, how long a text is.
 * Source   Recorded answers of the services; the form is Java's toString(). */
#ifndef EMULATORS_WIRE_VALIDATE_TEXT_H
#define EMULATORS_WIRE_VALIDATE_TEXT_H

#include <cjson/cJSON.h>

#include "emulators/wire/model.h"
#include "sim/core/buffer.h"

enum wire_constraint {
    CONSTRAINT_NOT_NULL,
    CONSTRAINT_ENUM,
    CONSTRAINT_PATTERN,
    CONSTRAINT_LENGTH_MAX,
    CONSTRAINT_LENGTH_MIN,
    CONSTRAINT_VALUE_MAX,
    CONSTRAINT_VALUE_MIN,
};

/* A value of more bytes than this is shown in part. */
#define WIRE_VALUE_SHOWN_MAX 65536

void wire_value_append(struct sim_buffer *text, const struct wire_shape *shape, const cJSON *value);
void wire_constraint_append(struct sim_buffer *text, const struct wire_shape *shape,
                            enum wire_constraint kind);
/* lead, then all that shape asks for: "[Member must ..., Member must ...]". */
void wire_constraints_append(struct sim_buffer *text, const char *lead,
                             const struct wire_shape *shape);
/* In UTF-16 units. */
size_t wire_text_length(const char *text);

#endif
