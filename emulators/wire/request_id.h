/* request_id.h -- the id that an answer carries.
 *
 * Purpose  52 digits and capitals for the JSON protocols, a UUID for the REST protocols, as the
 *          services themselves do it.
 * Owner    The text lies in the arena. random is the caller's, a named stream of its own. */
#ifndef EMULATORS_WIRE_REQUEST_ID_H
#define EMULATORS_WIRE_REQUEST_ID_H

#include "emulators/wire/model.h"
#include "sim/core/arena.h"
#include "sim/core/random.h"

/* model NULL: of a service that is not known. */
char *wire_request_id(struct sim_random *random, struct sim_arena *arena,
                      const struct wire_model *model);

#endif
