/* rest_output.h -- what the REST protocols share when they write an answer.
 *
 * Purpose  Status and headers from the output's members; JSON bodies with wire names and the
 *          timestamp form of each shape; texts of scalar values. */
#ifndef EMULATORS_WIRE_REST_OUTPUT_H
#define EMULATORS_WIRE_REST_OUTPUT_H

#include "emulators/wire/front_protocol.h"

/* Sets the status and adds the headers that output's members ask for. */
void rest_output_outside(const struct front_exchange *exchange, const cJSON *output,
                         struct front_reply *reply);
/* Appends value as JSON, by its shape: members outside the body are left out. NULL prints {}. */
void rest_output_json(struct sim_buffer *buffer, const struct wire_shape *shape,
                      const cJSON *value);
/* A scalar as text outside JSON: "true", "12", ISO 8601 for timestamps unless the shape says
 * otherwise. NULL for what is no scalar. */
const char *rest_output_text(struct sim_arena *arena, const struct wire_shape *shape,
                             const cJSON *value);

#endif
