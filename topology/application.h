/* application.h -- a program that runs inside a world: one instance a Region, behind its own port.
 *
 * Purpose  The same handler answers a drill's clients through the simulated network and real
 *          clients on the Region's loopback address.
 * Owner    A struct topo_application is a constant. create() gives an instance, destroy() takes it
 *          back, with whatever it has under way: requests not yet answered are answered then. Its
 *          calls through the dispatcher have ended (wire_dispatcher_abandon) before that.
 * Errors   create: INVALID for bad parameters, by topo_node_fail() with their place. */
#ifndef TOPOLOGY_APPLICATION_H
#define TOPOLOGY_APPLICATION_H

#include "emulators/wire/dispatch.h"
#include "topology/yaml_read.h"

/* What an instance gets; borrowed for its lifetime. */
struct topo_application_host {
    struct sim_core *core;
    struct wire_dispatcher *dispatcher;
    const char *region;
    const struct topo_node *parameters; /* the file's mapping, checked against the section */
    bool is_live; /* calls take no simulated time: the world runs on the real clock for real
                     clients. Else the instance calls as a client in its own Region. */
};

struct topo_application {
    const char *name;                      /* "orders" */
    const char *summary;                   /* one line for people */
    const struct topo_section *parameters; /* what a world file may set; NULL: nothing */
    enum sim_result (*create)(const struct topo_application_host *host, void **instance,
                              struct sim_error *error);
    void (*destroy)(void *instance);
    sim_endpoint_handler *handle; /* its context is the instance */
};

#endif
