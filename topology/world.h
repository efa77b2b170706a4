/* world.h -- a whole world: the core, the services, the applications, made from a description.
 *
 * Purpose  Reads a world file, creates what it says by ordinary API calls through the dispatcher,
 *          and waits until all of it is settled: tables ACTIVE with their replicas, controls in
 *          their states, records answered by DNS. The trace begins after that.
 * Owner    topo_world_create() gives, topo_world_destroy() takes back. The fields below are for
 *          reading; loop and http_client of the core belong to the caller, who may set them as soon
 *          as the world exists. Two worlds in one process do not notice each other.
 * Time     On a virtual clock set-up may take simulated time; on a real one nothing is waited for,
 *          because set-up runs with all the control planes' delays at zero.
 * Errors   INVALID, "FILE:LINE:COLUMN: sentence", for the description and for what a service
 *          answers to it; IO and NOT_FOUND for files. */
#ifndef TOPOLOGY_WORLD_H
#define TOPOLOGY_WORLD_H

#include "emulators/arc/arc.h"
#include "emulators/autoscaling/autoscaling.h"
#include "emulators/dynamodb/dynamodb.h"
#include "emulators/fis/fis.h"
#include "emulators/route53/route53.h"
#include "emulators/wire/dispatch.h"
#include "topology/names.h"
#include "topology/world_file.h"

#define TOPO_WORLD_DEFAULT "two-region-orders"

/* What the caller wants instead of what the file's timings say. */
struct topo_timing_choices {
    bool has_transient;
    uint64_t transient_us;
    bool has_expiry;
    uint64_t expiry_least_us;
    uint64_t expiry_most_us;
    bool service_times;
};

struct topo_world_options {
    uint64_t seed;
    struct sim_clock_options clock;
    struct sim_data *data; /* NULL: everything is in memory; borrowed for the world's life */
    const char *world;     /* name of a built-in world, or path of a file */
    const char *text;      /* not NULL: the description itself; world is its file name */
    struct topo_registry registry; /* the programs that worlds may run; borrowed for the life */
    struct topo_timing_choices timings;
    bool never_throttles;      /* whatever the file says */
    bool is_live;              /* applications serve real clients: see application.h */
    uint16_t application_port; /* not 0: the first application's port, whatever the file says;
                                  the n-th further one gets the n-th port behind it */
};

/* One application in one Region. */
struct topo_instance {
    const struct topo_application_entry *entry;
    const char *region;
    char address[16]; /* the Region's */
    uint16_t port;
    void *state; /* the application's own */
};

struct topo_world {
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct ddb *ddb;
    struct r53 *r53;
    struct arc *arc;
    struct fis *fis;
    struct aas *aas;
    const struct topo_world_file *file;
    struct topo_names *names;
    struct topo_instance *instances; /* in the file's order */
    size_t instance_count;
    struct topo_world_options options; /* strings borrowed, but for world */
    struct sim_arena *arena;           /* owns the description */
};

MUST_USE enum sim_result topo_world_create(const struct topo_world_options *options,
                                           struct topo_world **world, struct sim_error *error);
void topo_world_destroy(struct topo_world *world); /* NULL is allowed */

/* Everything as just created, with this seed; a virtual clock starts again. Calls under way end as
 * reset connections. Listeners of trace, network, metrics and the like stay. After an error only
 * topo_world_destroy() is left. */
MUST_USE enum sim_result topo_world_reset(struct topo_world *world, uint64_t seed,
                                          struct sim_error *error);

/* Do requests of real clients take the service's time? */
bool topo_world_takes_time(const struct topo_world *world);

/* What a name of names.h stands for; NULL if unknown. */
const char *topo_world_find(const struct topo_world *world, const char *name);
/* The instance of an application in a Region; NULL if there is none. */
const struct topo_instance *topo_world_instance_find(const struct topo_world *world,
                                                     const char *application, const char *region);

#endif
