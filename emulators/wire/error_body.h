/* error_body.h -- an error as the JSON protocols print it.
 *
 * Purpose  {"__type":"namespace#Name","message":"..."} with the namespace and the spelling of the
 *          text member that the service uses (front_traits.h); further members follow. */
#ifndef EMULATORS_WIRE_ERROR_BODY_H
#define EMULATORS_WIRE_ERROR_BODY_H

#include "emulators/wire/front_protocol.h"

/* JSON 1.0 and 1.1: with __type. */
void error_body_json(const struct front_exchange *exchange, const struct wire_error *error,
                     struct front_reply *reply);
/* REST-JSON: the name travels in a header. */
void error_body_rest_json(const struct front_exchange *exchange, const struct wire_error *error,
                          struct front_reply *reply);

#endif
