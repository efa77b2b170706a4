#include "topology/world.h"

#include <stdlib.h>
#include <string.h>

#include "topology/builtin.h"
#include "topology/spelling.h"
#include "topology/world_internal.h"

#define SETTLE_MAX_US                                                                              \
    (UINT64_C(300) * SIM_US_PER_S) /* simulated; then set-up goes on regardless                    \
                                    */

static struct sim_core_options core_options(const struct topo_world *world)
{
    return (struct sim_core_options){
        .seed = world->options.seed,
        .clock = world->options.clock,
        .data = world->options.data,
    };
}

static enum sim_result fail_no_such_world(const char *name, struct sim_error *error)
{
    const char *names[16];
    size_t count = 0;
    for (size_t i = 0; i < topo_builtin_count() && count < ARRAY_LEN(names); i++) {
        struct topo_builtin builtin;
        topo_builtin_get(i, &builtin);
        names[count++] = builtin.name;
    }
    const char *nearest = topo_spelling_nearest(name, names, count);
    if (nearest != NULL)
        return sim_error_set(error, RESULT_NOT_FOUND,
                             "there is no world file '%.200s'; did you mean the built-in '%s'?",
                             name, nearest);
    return sim_error_set(error, RESULT_NOT_FOUND,
                         "there is no world '%.200s'; name a file, or a built-in world such as "
                         "'%s'",
                         name, names[0]);
}

static enum sim_result read_description(struct topo_world *world, struct sim_error *error)
{
    const char *name = world->options.world;
    const char *text = world->options.text;
    const struct topo_node *root = NULL;
    struct topo_builtin builtin;
    enum sim_result result = RESULT_OK;
    if (text != NULL) {
        result = topo_yaml_parse(world->arena, name, text, strlen(text), &root, error);
    } else if (topo_builtin_find(name, &builtin)) {
        result = topo_yaml_parse(world->arena, builtin.name, builtin.text, builtin.text_bytes,
                                 &root, error);
    } else {
        result = topo_yaml_load(world->arena, name, &root, error);
        if (result == RESULT_NOT_FOUND)
            return fail_no_such_world(name, error);
    }
    if (result != RESULT_OK)
        return result;
    result =
        topo_world_file_read(world->arena, root, &world->options.registry, &world->file, error);
    if (result == RESULT_OK &&
        world->options.application_port + world->file->application_count > (size_t)UINT16_MAX + 1)
        result = sim_error_set(error, RESULT_INVALID,
                               "the applications' ports begin at %u; %zu of them do not fit below "
                               "65536",
                               world->options.application_port, world->file->application_count);
    return result;
}

/* Faults that name an application's "address:port" can hit something. */
static bool endpoint_exists(void *state, const struct sim_fault_spec *spec)
{
    const struct topo_world *world = state;
    for (size_t i = 0; spec->resource != NULL && i < world->instance_count; i++) {
        const struct topo_instance *instance = &world->instances[i];
        size_t length = strlen(instance->address);
        if (strncmp(spec->resource, instance->address, length) == 0 &&
            spec->resource[length] == ':' &&
            strtol(spec->resource + length + 1, NULL, 10) == instance->port)
            return true;
    }
    return false;
}

static void add_service(struct topo_world *world, const struct wire_service *service, void *state)
{
    if (wire_service_find(world->dispatcher, service->id) == NULL) /* some add themselves */
        wire_dispatcher_add(world->dispatcher, service, state);
}

static enum sim_result create_services(struct topo_world *world, struct sim_error *error)
{
    const struct wire_host *host = wire_dispatcher_host(world->dispatcher);
    enum sim_result result = ddb_create(host, &world->ddb, error);
    if (result == RESULT_OK)
        result = r53_create(host, &world->r53, error);
    if (result == RESULT_OK)
        result = arc_create(host, &world->arc, error);
    if (result == RESULT_OK)
        result = fis_create(host, &world->fis, error);
    if (result == RESULT_OK)
        result = aas_create(host, &world->aas, error);
    if (result != RESULT_OK)
        return result;
    add_service(world, &ddb_service, world->ddb);
    add_service(world, &ddb_streams_service, world->ddb);
    add_service(world, &r53_service, world->r53);
    add_service(world, &arc_config_service, world->arc);
    add_service(world, &arc_cluster_service, world->arc);
    add_service(world, &fis_service, world->fis);
    add_service(world, &aas_service, world->aas);
    r53_judge_anew(world->r53);
    wire_dispatcher_add_resources(world->dispatcher, endpoint_exists, world);
    return RESULT_OK;
}

/* The file's timings, what the caller wants instead, and what depends on the clock. */
static struct topo_timings choose_timings(const struct topo_world *world)
{
    const struct topo_timing_choices *choices = &world->options.timings;
    struct topo_timings timings = world->file->timings;
    if (choices->has_transient)
        timings.transient_us = choices->transient_us;
    else if (!timings.has_transient && sim_clock_mode(world->core.clock) == SIM_CLOCK_VIRTUAL)
        timings.transient_us = 0;
    if (choices->has_expiry) {
        timings.has_expiry = true;
        timings.expiry_least_us = choices->expiry_least_us;
        timings.expiry_most_us = choices->expiry_most_us;
    }
    return timings;
}

bool topo_world_takes_time(const struct topo_world *world)
{
    return world->options.timings.service_times || world->file->timings.service_times;
}

static void set_timings(struct topo_world *world, const struct topo_timings *timings)
{
    ddb_set_throttling(world->ddb, world->file->throttles && !world->options.never_throttles);
    if (timings->has_expiry)
        ddb_set_expiry_delay(world->ddb, timings->expiry_least_us, timings->expiry_most_us);
    ddb_set_transient_delay(world->ddb, timings->transient_us);
    arc_set_transient_delay(world->arc, timings->transient_us);
    fis_set_transient_delay(world->fis, timings->transient_us);
    r53_set_propagation(world->r53, timings->dns_change_us, timings->dns_health_us);
}

/* What set-up set in motion comes to rest; on a real clock that which takes time does so later. So
 * does what a data directory had under way: its time goes on when somebody moves it. */
static void settle(struct topo_world *world)
{
    world_run_due(world);
    if (world->core.data != NULL && sim_data_run(world->core.data) > 0)
        return;
    uint64_t limit_us = sim_clock_now_us(world->core.clock) + SETTLE_MAX_US;
    while (sim_clock_mode(world->core.clock) == SIM_CLOCK_VIRTUAL &&
           sim_sched_foreground_count(world->core.sched) > 0)
        if (!sim_sched_step(world->core.sched, limit_us))
            return;
}

/* Turns the description into calls, on fresh ground. */
static enum sim_result apply(struct topo_world *world, struct sim_error *error)
{
    static const struct topo_timings at_once = {0};
    const struct topo_timings chosen = choose_timings(world);
    set_timings(world, &at_once);
    enum sim_result result = world_make_applications(world, error);
    if (result == RESULT_OK)
        result = world_make_tables(world, error);
    if (result == RESULT_OK)
        result = world_make_clusters(world, error);
    if (result == RESULT_OK)
        result = world_make_dns(world, error);
    if (result != RESULT_OK)
        return result;
    settle(world);
    set_timings(world, &chosen);
    sim_trace_restart(world->core.trace);
    return RESULT_OK;
}

enum sim_result topo_world_create(const struct topo_world_options *options,
                                  struct topo_world **world, struct sim_error *error)
{
    PRE(options != NULL && options->world != NULL);
    struct topo_world *made = sim_alloc(sizeof *made);
    made->arena = sim_arena_create();
    made->options = *options;
    made->options.world = sim_arena_strdup(made->arena, options->world);
    made->names = topo_names_create();
    struct sim_core_options core = core_options(made);
    sim_core_init(&made->core, &core);
    made->dispatcher = wire_dispatcher_create(&made->core);
    enum sim_result result = read_description(made, error);
    made->options.text = NULL; /* read, and no longer the caller's to keep */
    if (result == RESULT_OK)
        result = world_lay_ground(made, error);
    if (result == RESULT_OK)
        result = create_services(made, error);
    if (result == RESULT_OK)
        result = apply(made, error);
    if (result != RESULT_OK) {
        topo_world_destroy(made);
        return result;
    }
    *world = made;
    return RESULT_OK;
}

/* Whoever waits hears that the connection broke; then nothing is under way any more. */
static void abandon_calls(struct topo_world *world)
{
    sim_endpoints_abandon(world->core.endpoints);
    wire_dispatcher_abandon(world->dispatcher);
    world_destroy_applications(world);
}

void topo_world_destroy(struct topo_world *world)
{
    if (world == NULL)
        return;
    abandon_calls(world);
    if (world->aas != NULL)
        aas_destroy(world->aas);
    if (world->fis != NULL)
        fis_destroy(world->fis);
    if (world->arc != NULL)
        arc_destroy(world->arc);
    if (world->r53 != NULL)
        r53_destroy(world->r53);
    if (world->ddb != NULL)
        ddb_destroy(world->ddb);
    wire_dispatcher_destroy(world->dispatcher);
    sim_core_fini(&world->core);
    topo_names_destroy(world->names);
    sim_arena_destroy(world->arena);
    free(world);
}

enum sim_result topo_world_reset(struct topo_world *world, uint64_t seed, struct sim_error *error)
{
    abandon_calls(world);
    topo_names_clear(world->names);
    /* The services first: they still point into the network. They take the new seed. */
    world->options.seed = seed;
    world->core.seed = seed;
    enum sim_result result =
        world->core.data != NULL ? sim_data_clear(world->core.data, error) : RESULT_OK;
    if (result == RESULT_OK)
        result = ddb_reset(world->ddb, error);
    if (result != RESULT_OK)
        return result;
    r53_reset(world->r53);
    arc_reset(world->arc);
    fis_reset(world->fis);
    aas_reset(world->aas);
    struct sim_core_options core = core_options(world);
    sim_core_reset(&world->core, &core);
    result = world_lay_ground(world, error);
    return result == RESULT_OK ? apply(world, error) : result;
}

const char *topo_world_find(const struct topo_world *world, const char *name)
{
    return topo_names_find(world->names, name);
}
