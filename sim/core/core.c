/* Each part borrows those made before it, so they are made in one order and go in the reverse. */
#include "sim/core/core.h"

void sim_core_init(struct sim_core *core, const struct sim_core_options *options)
{
    PRE(core != NULL);
    PRE(options != NULL);
    *core = (struct sim_core){.seed = options->seed, .data_directory = options->data_directory};
    core->clock = sim_clock_create(&options->clock);
    core->sched = sim_sched_create(core->clock);
    core->advance = sim_advance_create(core->clock, core->sched);
    core->network = sim_network_create(options->seed);
    core->trace = sim_trace_create(core->clock);
    core->faults = sim_faults_create(core->sched, core->network, core->trace, options->seed);
    core->endpoints = sim_endpoints_create(core->sched, core->network, core->faults);
}

void sim_core_fini(struct sim_core *core)
{
    sim_endpoints_destroy(core->endpoints);
    sim_faults_destroy(core->faults);
    sim_trace_destroy(core->trace);
    sim_network_destroy(core->network);
    sim_advance_destroy(core->advance);
    sim_sched_destroy(core->sched);
    sim_clock_destroy(core->clock);
    *core = (struct sim_core){0};
}

void sim_core_reset(struct sim_core *core, const struct sim_core_options *options)
{
    core->seed = options->seed;
    core->data_directory = options->data_directory;
    sim_advance_abandon(core->advance);
    sim_endpoints_clear(core->endpoints); /* before the Regions it points to */
    sim_faults_clear_all(core->faults, options->seed);
    sim_sched_clear(core->sched);
    sim_network_clear(core->network, options->seed);
    if (sim_clock_mode(core->clock) != options->clock.mode ||
        options->clock.mode == SIM_CLOCK_SCALED)
        sim_clock_set_mode(core->clock, options->clock.mode, options->clock.scale_ppm);
    if (options->clock.mode == SIM_CLOCK_VIRTUAL)
        sim_clock_restart(core->clock, options->clock.start_us);
    sim_trace_restart(core->trace); /* last: time zero is the clock's new time */
}
