#include "emulators/wire/dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/wire/dispatch_internal.h"
#include "emulators/wire/health.h"
#include "emulators/wire/metrics.h"

static void region_changed(void *context, struct sim_region *region, struct sim_link *link)
{
    (void)link; /* a cut link matters when a request arrives or its answer leaves */
    if (region != NULL && region->down_count > 0)
        wire_flights_lose(context, region);
}

struct wire_dispatcher *wire_dispatcher_create(struct sim_core *core)
{
    struct wire_dispatcher *dispatcher = sim_alloc(sizeof(*dispatcher));
    dispatcher->host = (struct wire_host){.core = core,
                                          .dispatcher = dispatcher,
                                          .health = wire_health_create(),
                                          .metrics = wire_metrics_create()};
    sim_network_listen(core->network, region_changed, dispatcher);
    sim_faults_set_checker(core->faults, wire_fault_check, dispatcher);
    return dispatcher;
}

static void registered_destroy(struct wire_registered *registered)
{
    wire_model_destroy(registered->model);
    free(registered);
}

void wire_dispatcher_destroy(struct wire_dispatcher *dispatcher)
{
    if (dispatcher == NULL)
        return;
    wire_dispatcher_abandon(dispatcher);
    while (dispatcher->flights != NULL) /* those that a handler never gave back */
        wire_flight_destroy(dispatcher->flights);
    sim_faults_set_checker(dispatcher->host.core->faults, NULL, NULL);
    sim_network_unlisten(dispatcher->host.core->network, region_changed, dispatcher);
    for (size_t i = 0; i < dispatcher->spare_arena_count; i++)
        sim_arena_destroy(dispatcher->spare_arenas[i]);
    for (size_t i = 0; i < dispatcher->service_count; i++)
        registered_destroy(dispatcher->services[i]);
    free(dispatcher->services);
    free(dispatcher->resources);
    wire_metrics_destroy(dispatcher->host.metrics);
    wire_health_destroy(dispatcher->host.health);
    free(dispatcher);
}

/* The oldest whose client still waits; NULL when there is none. */
static struct wire_flight *oldest_waiting(struct wire_dispatcher *dispatcher)
{
    struct wire_flight *oldest = NULL;
    for (struct wire_flight *flight = dispatcher->flights; flight != NULL; flight = flight->next)
        if (flight->stage != STAGE_OVER && !flight->in_handler)
            oldest = flight;
    return oldest;
}

void wire_dispatcher_abandon(struct wire_dispatcher *dispatcher)
{
    struct wire_flight *flight;
    while ((flight = oldest_waiting(dispatcher)) != NULL)
        wire_flight_abandon(flight);
    dispatcher->request_ids_ready = false;
}

void wire_dispatcher_add(struct wire_dispatcher *dispatcher, const struct wire_service *service,
                         void *state)
{
    PRE(wire_service_find(dispatcher, service->id) == NULL);
    struct wire_registered *registered = sim_alloc(sizeof(*registered));
    registered->service = service;
    registered->state = state;
    dispatcher->services = sim_realloc_array(dispatcher->services, dispatcher->service_count + 1,
                                             sizeof(struct wire_registered *));
    dispatcher->services[dispatcher->service_count++] = registered;
}

const struct wire_host *wire_dispatcher_host(const struct wire_dispatcher *dispatcher)
{
    return &dispatcher->host;
}

struct wire_registered *wire_registered_find(const struct wire_dispatcher *dispatcher,
                                             const char *service_id)
{
    for (size_t i = 0; i < dispatcher->service_count; i++)
        if (strcmp(dispatcher->services[i]->service->id, service_id) == 0)
            return dispatcher->services[i];
    return NULL;
}

/* Facts are ours and tests load every one of them, so that a fault in them is a contract. */
struct wire_model *wire_registered_model(struct wire_registered *registered)
{
    if (registered->model == NULL) {
        struct sim_error error;
        enum sim_result result = wire_model_load(registered->service, &registered->model, &error);
        CHECK(result == RESULT_OK);
    }
    return registered->model;
}

const struct wire_model *wire_model_of(struct wire_dispatcher *dispatcher,
                                       const struct wire_service *service)
{
    struct wire_registered *registered = wire_registered_find(dispatcher, service->id);
    PRE(registered != NULL);
    return wire_registered_model(registered);
}

const struct wire_service *wire_service_find(const struct wire_dispatcher *dispatcher,
                                             const char *id)
{
    const struct wire_registered *registered = wire_registered_find(dispatcher, id);
    return registered == NULL ? NULL : registered->service;
}

size_t wire_service_count(const struct wire_dispatcher *dispatcher)
{
    return dispatcher->service_count;
}

const struct wire_service *wire_service_at(const struct wire_dispatcher *dispatcher, size_t index)
{
    PRE(index < dispatcher->service_count);
    return dispatcher->services[index]->service;
}

static int compare_operation(const void *name, const void *operation)
{
    return strcmp(name, ((const struct wire_operation *)operation)->name);
}

const struct wire_operation *wire_operation_find(const struct wire_service *service,
                                                 const char *name)
{
    if (service->operation_count == 0)
        return NULL;
    return bsearch(name, service->operations, service->operation_count,
                   sizeof(*service->operations), compare_operation);
}

void wire_dispatcher_add_resources(struct wire_dispatcher *dispatcher, wire_resource_exists *exists,
                                   void *state)
{
    dispatcher->resources = sim_realloc_array(dispatcher->resources, dispatcher->resource_count + 1,
                                              sizeof(struct wire_resources));
    dispatcher->resources[dispatcher->resource_count++] = (struct wire_resources){exists, state};
}

void wire_dispatch(struct wire_dispatcher *dispatcher, const struct wire_request *request,
                   wire_done *done, void *context)
{
    struct wire_flight *flight;
    PRE(done != NULL);
    wire_flight_start(dispatcher, request, done, context, &flight);
}

/* --- an answer now --- */

struct answer_now {
    bool is_there;
    enum sim_result result;
    cJSON *output;
    struct sim_error *error;
};

static const char *const outcome_sentences[] = {
    [WIRE_OK] = "",
    [WIRE_ERROR] = "",
    [WIRE_REFUSED] = "connection refused",
    [WIRE_RESET] = "connection reset",
    [WIRE_TIMED_OUT] = "no answer in time",
};

static void take_answer(void *context, struct wire_call *call)
{
    struct answer_now *answer = context;
    answer->is_there = true;
    if (call->outcome == WIRE_OK) {
        answer->output = call->output;
        call->output = NULL;
    } else if (call->outcome == WIRE_ERROR) {
        answer->result = sim_error_set(answer->error, RESULT_INVALID, "%s: %s", call->error.code,
                                       call->error.message == NULL ? "" : call->error.message);
    } else {
        answer->result =
            sim_error_set(answer->error, RESULT_IO, "%s", outcome_sentences[call->outcome]);
    }
}

enum sim_result wire_dispatch_now(struct wire_dispatcher *dispatcher,
                                  const struct wire_request *request, cJSON **output,
                                  struct sim_error *error)
{
    PRE(request->client_region == NULL);
    struct answer_now answer = {.result = RESULT_OK, .error = error};
    struct wire_flight *flight;
    wire_flight_start(dispatcher, request, take_answer, &answer, &flight);
    if (!answer.is_there) {
        wire_flight_leave(flight);
        return sim_error_set(error, RESULT_CONFLICT, "%s %s does not answer at once",
                             request->service, request->operation);
    }
    if (answer.result != RESULT_OK)
        return answer.result;
    if (output == NULL) {
        cJSON_Delete(answer.output);
        return RESULT_OK;
    }
    *output = answer.output != NULL ? answer.output : cJSON_CreateObject();
    return RESULT_OK;
}
