/* core.h -- the parts of the deterministic core, bundled for whoever needs several of them.
 *
 * Purpose  One struct to hand down. Everything but loop and http_client exists in every world;
 * those two are NULL where nothing real is served (drills, most tests). Owner    sim_core_init()
 * fills it, sim_core_fini() takes it back; loop and http_client belong to the command line and are
 * only borrowed here. */
#ifndef SIM_CORE_CORE_H
#define SIM_CORE_CORE_H

#include "sim/core/advance.h"
#include "sim/core/clock.h"
#include "sim/core/data.h"
#include "sim/core/endpoint.h"
#include "sim/core/faults.h"
#include "sim/core/network.h"
#include "sim/core/random.h"
#include "sim/core/sched.h"
#include "sim/core/trace.h"

struct sim_loop;
struct sim_http_client;

struct sim_core {
    uint64_t seed; /* with a data directory: mixed with the number of the run */
    struct sim_clock *clock;
    struct sim_sched *sched;
    struct sim_advance *advance;
    struct sim_network *network;
    struct sim_faults *faults;
    struct sim_trace *trace;
    struct sim_endpoints *endpoints;
    struct sim_loop *loop;               /* NULL: nothing real */
    struct sim_http_client *http_client; /* NULL: nothing real */
    struct sim_data *data;               /* NULL: everything is in memory; borrowed */
};

struct sim_core_options {
    uint64_t seed;
    struct sim_clock_options clock;
    struct sim_data *data; /* a virtual or scaled clock does not start before its last time */
};

void sim_core_init(struct sim_core *core, const struct sim_core_options *options);
void sim_core_fini(struct sim_core *core);
/* Everything as after sim_core_init() with the same options (a virtual clock starts again; a real
 * one goes on); Regions, faults, events, endpoints are gone, listeners registered by others stay.
 */
void sim_core_reset(struct sim_core *core, const struct sim_core_options *options);

#endif
