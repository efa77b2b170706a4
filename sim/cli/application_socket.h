/* application_socket.h -- a real client's request to an application of the world.
 *
 * Purpose  Asks the fault registry as the simulated network would, then runs the same handler. */
#ifndef SIM_CLI_APPLICATION_SOCKET_H
#define SIM_CLI_APPLICATION_SOCKET_H

#include "sim/core/http.h"
#include "topology/world.h"

void application_socket_handle(struct topo_world *world, const struct topo_instance *instance,
                               struct sim_http_request *request);

#endif
