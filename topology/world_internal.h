/* world_internal.h -- what the makers of a world's parts share. */
#ifndef TOPOLOGY_WORLD_INTERNAL_H
#define TOPOLOGY_WORLD_INTERNAL_H

#include "topology/world.h"

struct world_call {
    const struct topo_node *at; /* the entry that asks for it, for messages */
    const char *service;
    const char *operation;
    const char *region;
    const char *endpoint; /* NULL: the common one */
};
/* Calls a service now, then runs what became due. input is taken; *output (when not NULL) is the
 * caller's to delete. */
MUST_USE enum sim_result world_call(struct topo_world *world, const struct world_call *call,
                                    cJSON *input, cJSON **output, struct sim_error *error);
/* Runs the events that are due now. */
void world_run_due(struct topo_world *world);
/* One more event, if the clock is virtual and one is pending: for what takes time by itself. */
bool world_step(struct topo_world *world);

/* Regions, links, their lags. */
MUST_USE enum sim_result world_lay_ground(struct topo_world *world, struct sim_error *error);

/* Each makes its section of the file and names what it made. */
MUST_USE enum sim_result world_make_tables(struct topo_world *world, struct sim_error *error);
MUST_USE enum sim_result world_make_clusters(struct topo_world *world, struct sim_error *error);
MUST_USE enum sim_result world_make_dns(struct topo_world *world, struct sim_error *error);
MUST_USE enum sim_result world_make_applications(struct topo_world *world, struct sim_error *error);
void world_destroy_applications(struct topo_world *world);

/* A list of texts as a JSON array. */
MUST_USE cJSON *world_json_texts(const struct topo_texts *texts);

#endif
