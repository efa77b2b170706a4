/* Each part borrows those made before it, so they are made in one order and go in the reverse. */
#include "sim/core/core.h"

static uint64_t seed_of(const struct sim_core_options *options)
{
    return options->data != NULL ? sim_data_mix_seed(options->data, options->seed) : options->seed;
}

static struct sim_clock_options clock_of(const struct sim_core_options *options)
{
    struct sim_clock_options clock = options->clock;
    uint64_t last_us = options->data != NULL ? sim_data_last_us(options->data) : 0;
    if (last_us > clock.start_us && clock.mode == SIM_CLOCK_VIRTUAL)
        clock.start_us = last_us;
    return clock;
}

/* A scaled clock has run ahead of the machine's. */
static void catch_up(struct sim_clock *clock, const struct sim_core_options *options)
{
    uint64_t last_us = options->data != NULL ? sim_data_last_us(options->data) : 0;
    if (sim_clock_mode(clock) != SIM_CLOCK_SCALED || sim_clock_now_us(clock) >= last_us)
        return;
    sim_clock_set_mode(clock, SIM_CLOCK_VIRTUAL, 0);
    sim_clock_move_to(clock, last_us);
    sim_clock_set_mode(clock, SIM_CLOCK_SCALED, options->clock.scale_ppm);
}

void sim_core_init(struct sim_core *core, const struct sim_core_options *options)
{
    PRE(core != NULL);
    PRE(options != NULL);
    *core = (struct sim_core){.seed = seed_of(options), .data = options->data};
    struct sim_clock_options clock = clock_of(options);
    core->clock = sim_clock_create(&clock);
    catch_up(core->clock, options);
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
    core->seed = seed_of(options);
    core->data = options->data;
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
