/* control.h -- the control API of a running world: /_regionlab/... over HTTP.
 *
 * Purpose  What "regionlab ctl" and the tests of users talk to: clock, Regions, links, faults,
 * state.
 *          /_localstack/health and /_localstack/info answer as well, for compose files that poll
 * them. Form     JSON in, JSON out. An answer has a "summary" for people; an error is {"error":
 * sentence}. Owner    control_create() gives, control_destroy() takes back. The world is borrowed.
 */
#ifndef SIM_CONSOLE_CONTROL_H
#define SIM_CONSOLE_CONTROL_H

#include "sim/core/http.h"
#include "topology/world.h"

struct control;

struct control_options {
    struct topo_world *world;
    const char *version;
    bool trace_is_hashed; /* live runs are not repeatable: their hash would say nothing */
    void (*after_reset)(void *context); /* NULL: nothing more to do */
    void *after_reset_context;
};

MUST_USE struct control *control_create(const struct control_options *options);
void control_destroy(struct control *control); /* waiting requests are dropped */

/* Is the path one of ours? Everything below /_regionlab and /_localstack. */
bool control_owns(const char *path);
void control_handle(struct control *control, struct sim_http_request *request);

#endif
