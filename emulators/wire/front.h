/* front.h -- from an HTTP request to dispatch and back: the real AWS protocols.
 *
 * Purpose  Tells service, Region and operation from the credential scope, the host name, the local
 *          address, the target header and the path (front_route.h says in which order); decodes
 * JSON 1.0/1.1, REST-JSON and REST-XML by the facts in api.json; encodes answers and errors as the
 * service does. Replies are not compressed. Order    Checks in the order of the real services:
 * HTTP, body parse, target, authentication, types, the Region's existence, constraints. */
#ifndef EMULATORS_WIRE_FRONT_H
#define EMULATORS_WIRE_FRONT_H

#include "emulators/wire/dispatch.h"
#include "emulators/wire/signature_keys.h"
#include "sim/core/http.h"

struct wire_front;

/* What a listener fixes about its requests; all may be NULL. */
struct wire_listener {
    const char *region;   /* requests by this listener are for this Region */
    const char *service;  /* only this service ("route53-recovery-cluster") */
    const char *endpoint; /* becomes call->endpoint */
};

MUST_USE struct wire_front *wire_front_create(struct wire_dispatcher *dispatcher);
void wire_front_destroy(struct wire_front *front);

/* Makes a key of an account known (copied); one of the same id goes. */
void wire_front_add_access_key(struct wire_front *front, const struct wire_access_key *key);
/* From now on requests need a known key and a signature that fits. Before, any key works, and those
 * not known belong to the account that their twelve digits are, or to the default one. */
void wire_front_verify_signatures(struct wire_front *front);

/* From now on requests take the service's time as those of simulated clients do. */
void wire_front_take_time(struct wire_front *front);

/* Answers the request, now or later. Paths under /_ are not ours: the caller looks at those first.
 */
void wire_front_handle(struct wire_front *front, const struct wire_listener *listener,
                       struct sim_http_request *request);

#endif
