/* json_print.h -- prints a cJSON tree without blanks, as cJSON_PrintUnformatted() does, to the
 * byte.
 *
 * Purpose  cJSON prints into memory of its own, which it copies as it grows and once more at the
 *          end. This appends to a buffer, at a third of the cost.
 * Owner    The tree is borrowed. Raw nodes (cJSON_Raw) are copied as they are. */
#ifndef EMULATORS_WIRE_JSON_PRINT_H
#define EMULATORS_WIRE_JSON_PRINT_H

#include <cjson/cJSON.h>

#include "sim/core/arena.h"
#include "sim/core/buffer.h"

void wire_json_print(struct sim_buffer *buffer, const cJSON *json);
/* Into the arena; *bytes (may be NULL) gets the length without the NUL. */
char *wire_json_text(struct sim_arena *arena, const cJSON *json, size_t *bytes);

#endif
