/* types.h -- does a decoded input have the types that its shape asks for?
 *
 * Purpose  Turns a parsed document into the tree that handlers may rely on, in place. The protocol
 *          decoders and the callers inside the process (drills, topology files) use the same code.
 * After it Every structure is an object whose members are known to the model, under their member
 *          name (a differing wire name is renamed); unknown members and null members are gone;
 *          integers are whole and within their type's range; booleans are booleans; blobs are valid
 *          base64 text; no cJSON null is left anywhere (a null structure inside a list or map has
 *          become {}). Of a member or key that came several times the last is left.
 * Accepts  Boolean: also "true" "false" "1" "0" "yes" "no" in any case, as the services do.
 *          Integer, long: fractions are floored, out of range is clamped.
 *          Timestamp: seconds as a number; also ISO 8601 text ("2026-01-01T00:00:00Z"), which
 *          becomes that number.
 * Limits   Numbers are cJSON doubles: whole numbers above 2^53 lose digits.
 * Source   Texts: what DynamoDB answers, "X cannot be converted to Y"; the other services with the
 *          same front are given the same. */
#ifndef EMULATORS_WIRE_TYPES_H
#define EMULATORS_WIRE_TYPES_H

#include "emulators/wire/call.h"
#include "emulators/wire/model.h"

#define WIRE_DEPTH_MAX 1000 /* cJSON's own limit when parsing */

/* Converts value, which belongs to the caller, to shape. On false error holds a
 * SerializationException whose message (NULL: the service sends none) lives in arena; value may
 * then be half converted. Members that travel outside the body (URI, query, header) have the same
 * names in the tree: join them before or after, as long as all that is text on the wire
 * (a query's integer) has been parsed by wire_convert_text(). */
MUST_USE bool wire_convert(const struct wire_model *model, const struct wire_shape *shape,
                           cJSON *value, struct sim_arena *arena, struct wire_error *error);

/* The value of text that stands in a URI, query, header or XML element, by the shape's kind: a new
 * cJSON the caller owns. NULL (with error) where the text is no such value ("x" as an integer).
 * Only for scalar shapes. Timestamps: ISO 8601, RFC 822 or seconds. */
MUST_USE cJSON *wire_convert_text(const struct wire_shape *shape, const char *text,
                                  struct sim_arena *arena, struct wire_error *error);

/* "2026-01-01T00:00:00.250Z", "Thu, 01 Jan 2026 00:00:00 GMT" or seconds to µs since the epoch. */
MUST_USE bool wire_time_parse(const char *text, uint64_t *time_us);

#endif
