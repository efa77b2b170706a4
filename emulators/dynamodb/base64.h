/* base64.h -- binary values, kept as canonical base64 text.
 *
 * Purpose  Check, measure, decode, encode, and compare by the bytes behind the text.
 * Units    Lengths in bytes. All but the check want canonical text (padded, unused bits 0). */
#ifndef EMULATORS_DYNAMODB_BASE64_H
#define EMULATORS_DYNAMODB_BASE64_H

#include "emulators/dynamodb/ddb_error.h"

/* SerializationException with the service's text when text is not canonical base64. */
MUST_USE bool ddb_base64_check(const char *text, struct ddb_fault *fault);
size_t ddb_base64_decoded_bytes(const char *text);
/* Decodes into the arena; *length_bytes gets the size. */
MUST_USE uint8_t *ddb_base64_decode(struct sim_arena *arena, const char *text,
                                    size_t *length_bytes);
MUST_USE char *ddb_base64_encode(struct sim_arena *arena, const uint8_t *bytes,
                                 size_t length_bytes);
/* Order of the bytes, unsigned; without decoding. */
int ddb_base64_compare(const char *a, const char *b);
bool ddb_base64_begins_with(const char *text, const char *prefix);
bool ddb_base64_contains(const char *text, const char *part);

#endif
