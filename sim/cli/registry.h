/* registry.h -- the applications that worlds may run in this binary. */
#ifndef SIM_CLI_REGISTRY_H
#define SIM_CLI_REGISTRY_H

#include "topology/world_file.h"

extern const struct topo_registry cli_registry;

#endif
