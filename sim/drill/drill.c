/* A drill from its file to its end: world, clients, timeline, then the sum of what happened. */
#include "sim/drill/drill.h"

#include <stdlib.h>
#include <string.h>

#include "sim/drill/drill_internal.h"

/* After the clients have stopped the world may go on for this long, so that what was under way
 * (replication of a backlog, last answers) comes to its end. */
#define SETTLE_MAX_US (UINT64_C(3600) * SIM_US_PER_S)

uint64_t drill_now_us(const struct drill *drill)
{
    return sim_clock_now_us(drill->world->core.clock) - drill->began_us;
}

enum sim_result drill_load(const struct drill_options *options, struct drill **drill,
                           struct sim_error *error)
{
    struct drill *loaded = sim_alloc(sizeof *loaded);
    loaded->arena = sim_arena_create();
    loaded->options = *options;
    enum sim_result result = drill_file_load(loaded->arena, options->path, &loaded->file, error);
    if (result != RESULT_OK) {
        drill_destroy(loaded);
        return result;
    }
    loaded->seed = options->has_seed ? options->seed : loaded->file->seed;
    size_t entries = loaded->file->timeline_count;
    loaded->verdicts = sim_arena_alloc_array(loaded->arena, entries + 1, sizeof *loaded->verdicts);
    loaded->fault_ids =
        sim_arena_alloc_array(loaded->arena, entries + 1, sizeof *loaded->fault_ids);
    *drill = loaded;
    return RESULT_OK;
}

void drill_destroy(struct drill *drill)
{
    if (drill == NULL)
        return;
    drill->is_ended = true;
    topo_world_destroy(drill->world); /* first: calls under way are answered by it */
    drill_clients_destroy(drill);
    drill_measures_fini(&drill->measures);
    sim_arena_destroy(drill->arena);
    free(drill);
}

/* A built-in world by its name, a file beside the drill by its path. */
static const char *world_path(const struct drill *drill)
{
    const char *world = drill->file->world;
    const char *slash = strrchr(drill->file->path, '/');
    bool is_file = strchr(world, '/') != NULL || strchr(world, '.') != NULL;
    if (!is_file || world[0] == '/' || slash == NULL)
        return world;
    return sim_arena_printf(drill->arena, "%.*s/%s", (int)(slash - drill->file->path),
                            drill->file->path, world);
}

static enum sim_result create_world(struct drill *drill, struct sim_error *error)
{
    const struct topo_world_options options = {
        .world = world_path(drill),
        .seed = drill->seed,
        .clock = {.mode = SIM_CLOCK_VIRTUAL},
        .registry = *drill->options.registry,
    };
    struct sim_error why;
    enum sim_result result = topo_world_create(&options, &drill->world, &why);
    if (result == RESULT_NOT_FOUND) /* other refusals name their own place, in the world's file */
        return topo_node_fail(drill->file->world_at, error, "%s", why.message);
    if (result != RESULT_OK)
        *error = why;
    return result;
}

/* Runs to the given time since the drill began; background events included. */
static void run_until(struct drill *drill, uint64_t until_us)
{
    struct sim_sched *sched = drill->world->core.sched;
    while (!drill->has_failed && sim_sched_step(sched, drill->began_us + until_us))
        drill->events_ran++;
}

/* Lets what is under way come to its end; what repeats for ever does not count. */
static void settle(struct drill *drill)
{
    struct sim_sched *sched = drill->world->core.sched;
    uint64_t limit_us = drill->began_us + drill->file->duration_us + SETTLE_MAX_US;
    while (!drill->has_failed && sim_sched_foreground_count(sched) > 0 &&
           sim_sched_step(sched, limit_us))
        drill->events_ran++;
}

static void at_incident(void *context)
{
    struct drill *drill = context;
    drill_writes_check_incident(drill);
}

enum sim_result drill_run(struct drill *drill, struct sim_error *error)
{
    PRE(drill->world == NULL);
    enum sim_result result = create_world(drill, error);
    if (result != RESULT_OK)
        return result;
    struct sim_core *core = &drill->world->core;
    drill->began_us = sim_clock_now_us(core->clock);
    drill->error = error;
    sim_random_init(&drill->operator_random, drill->seed, "operator");
    drill_measures_init(&drill->measures, drill->file, drill->began_us);
    result = drill_timeline_check(drill, error);
    if (result != RESULT_OK)
        return result;
    sim_trace_set_file(core->trace, drill->options.trace);
    sim_trace_listen(core->trace, drill_measure_trace, &drill->measures);
    sim_sched_at(core->sched, drill->began_us + drill->file->incident_us, at_incident, drill);
    drill_timeline_start(drill);
    result = drill_clients_start(drill, error);
    if (result != RESULT_OK)
        return result;

    run_until(drill, drill->file->duration_us);
    drill->is_over = true;
    settle(drill);
    if (drill->has_failed)
        return error->result;
    drill_writes_check_end(drill);
    drill_measures_sum_up(&drill->measures);
    sim_trace_hash(core->trace, drill->trace_hash);
    drill->trace_count = sim_trace_count(core->trace);
    sim_trace_unlisten(core->trace, drill_measure_trace, &drill->measures);
    sim_trace_set_file(core->trace, NULL);
    return RESULT_OK;
}

bool drill_objective_is_met(const struct drill *drill, enum drill_measure measure)
{
    const struct drill_objective *objective = &drill->file->objectives[measure];
    const struct drill_measures *measures = &drill->measures;
    return !objective->is_set ||
           (measures->is_known[measure] && measures->values[measure] >= objective->low &&
            measures->values[measure] <= objective->high &&
            measures->values[measure] != UINT64_MAX);
}

bool drill_passed(const struct drill *drill)
{
    for (size_t i = 0; i < drill->file->timeline_count; i++)
        if (!drill->verdicts[i].held)
            return false;
    for (size_t i = 0; i < DRILL_MEASURE_COUNT; i++)
        if (!drill_objective_is_met(drill, (enum drill_measure)i))
            return false;
    return true;
}
