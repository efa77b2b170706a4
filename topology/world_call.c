/* Calls and time while a world is being made. */
#include "topology/world_internal.h"

/* Set-up events make few others; far beyond this something schedules itself without end. */
#define DUE_EVENTS_MAX ((size_t)1000000)

void world_run_due(struct topo_world *world)
{
    size_t ran = 0;
    while (ran < DUE_EVENTS_MAX) {
        size_t now = sim_sched_run_due(world->core.sched, 1000);
        if (now == 0)
            return;
        ran += now;
    }
}

bool world_step(struct topo_world *world)
{
    if (sim_clock_mode(world->core.clock) != SIM_CLOCK_VIRTUAL)
        return false;
    return sim_sched_step(world->core.sched, UINT64_MAX);
}

enum sim_result world_call(struct topo_world *world, const struct world_call *call, cJSON *input,
                           cJSON **output, struct sim_error *error)
{
    struct wire_request request = {
        .service = call->service,
        .operation = call->operation,
        .region = call->region,
        .endpoint = call->endpoint,
        .caller = "world",
        .input = input,
    };
    struct sim_error inner = {0};
    enum sim_result result = wire_dispatch_now(world->dispatcher, &request, output, &inner);
    cJSON_Delete(input);
    if (result != RESULT_OK)
        return topo_node_fail(call->at, error, "%s in %s answered: %.600s", call->operation,
                              call->region, inner.message);
    world_run_due(world);
    return RESULT_OK;
}

cJSON *world_json_texts(const struct topo_texts *texts)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < texts->count; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(texts->values[i]));
    return array;
}
