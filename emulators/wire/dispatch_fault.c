/* dispatch_fault.c -- faults and calls: what hits a call, and which faults could hit anything. */
#include <string.h>

#include "emulators/wire/dispatch_internal.h"
#include "sim/core/buffer.h"

#define SERVICE_UNAVAILABLE 503
#define PROGRAMS            "endpoint" /* the service of requests to a world's own programs */

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* --- what happens to one call --- */

static enum wire_fault_verdict answer_error(struct wire_flight *flight, const char *code,
                                            const char *message, int status)
{
    struct wire_call *call = &flight->call;
    call->outcome = WIRE_ERROR;
    call->error = (struct wire_error){.code = code, .message = message, .status = status};
    return VERDICT_ANSWER;
}

static enum wire_fault_verdict answer_server_error(struct wire_flight *flight, int status)
{
    if (status == SERVICE_UNAVAILABLE)
        return answer_error(flight, "ServiceUnavailable", "Service is temporarily unavailable",
                            status);
    const struct wire_model *model = wire_registered_model(flight->registered);
    return answer_error(flight, model->internal_code, "Internal server error",
                        status == 0 ? 500 : status);
}

static enum wire_fault_verdict answer_throttling(struct wire_flight *flight)
{
    const struct wire_service *service = flight->call.service;
    return answer_error(
        flight, service->throttling_code == NULL ? "ThrottlingException" : service->throttling_code,
        service->throttling_message == NULL ? "Rate exceeded" : service->throttling_message, 0);
}

void wire_flight_count_refused(const struct wire_flight *flight)
{
    const struct sim_fault_point point = {
        .region = flight->place->name,
        .service = flight->call.service->id,
        .operation = flight->fact->name,
        .from = flight->client == NULL ? NULL : flight->client->name,
    };
    sim_faults_count_lost(flight->call.host->core->faults, &point);
}

enum wire_fault_verdict wire_flight_ask_faults(struct wire_flight *flight)
{
    struct wire_call *call = &flight->call;
    const struct wire_service *service = call->service;
    if (sim_faults_count(call->host->core->faults) == 0)
        return VERDICT_GO_ON;
    enum wire_plane plane = call->operation == NULL ? PLANE_CONTROL : call->operation->plane;
    struct sim_fault_point point = {
        .region = flight->place == NULL ? call->region : flight->place->name,
        .service = service->id,
        .operation = flight->fact->name,
        .resources = service->resources != NULL ? service->resources(call) : NULL,
        .from = flight->client == NULL ? NULL : flight->client->name,
        .plane = plane == PLANE_CONTROL ? SIM_PLANE_CONTROL : SIM_PLANE_DATA,
    };
    struct sim_fault_effect effect = {0};
    sim_faults_apply(call->host->core->faults, &point, &effect);
    if (!effect.hit)
        return VERDICT_GO_ON;
    flight->extra_us = effect.latency_us;
    switch (effect.kind) {
    case SIM_FAULT_REFUSE:
        call->outcome = WIRE_REFUSED;
        return VERDICT_ANSWER;
    case SIM_FAULT_RESET:
        flight->is_answer_lost = true;
        return VERDICT_GO_ON;
    case SIM_FAULT_BLACK_HOLE:
        return VERDICT_SILENCE;
    case SIM_FAULT_ERROR:
        return answer_server_error(flight, effect.status);
    case SIM_FAULT_THROTTLE:
        return answer_throttling(flight);
    case SIM_FAULT_REGION_DOWN: /* these act on the network or elsewhere */
    case SIM_FAULT_PARTITION:
    case SIM_FAULT_LATENCY:
    case SIM_FAULT_NO_NAME:
    case SIM_FAULT_CLOCK_SKEW:
    case SIM_FAULT_PAUSE_REPLICATION:
    case SIM_FAULT_DENY_REPLICATION:
    case SIM_FAULT_KIND_COUNT:
        break;
    }
    return VERDICT_GO_ON;
}

/* --- which faults are worth having --- */

/* "what X is unknown; there are a, b and c" with the names that are allowed. */
static enum sim_result unknown_name(struct sim_error *error, const char *what, const char *name,
                                    struct sim_buffer *allowed)
{
    enum sim_result result =
        sim_error_set(error, RESULT_INVALID, "fault: %s \"%s\" is unknown; there is %s", what, name,
                      allowed->length_bytes == 0 ? "none" : allowed->data);
    sim_buffer_fini(allowed);
    return result;
}

static void add_name(struct sim_buffer *names, const char *name)
{
    sim_buffer_printf(names, "%s%s", names->length_bytes == 0 ? "" : ", ", name);
}

static enum sim_result check_region(const struct wire_dispatcher *dispatcher, const char *name,
                                    struct sim_error *error)
{
    struct sim_network *network = dispatcher->host.core->network;
    if (!is_given(name) || sim_network_region_find(network, name) != NULL)
        return RESULT_OK;
    struct sim_buffer names;
    sim_buffer_init(&names);
    for (size_t i = 0; i < sim_network_region_count(network); i++)
        add_name(&names, sim_network_region_by_index(network, i)->name);
    return unknown_name(error, "region", name, &names);
}

static enum sim_result check_service(const struct wire_dispatcher *dispatcher, const char *name,
                                     struct sim_error *error)
{
    if (!is_given(name) || strcmp(name, PROGRAMS) == 0 ||
        wire_service_find(dispatcher, name) != NULL)
        return RESULT_OK;
    struct sim_buffer names;
    sim_buffer_init(&names);
    for (size_t i = 0; i < dispatcher->service_count; i++)
        add_name(&names, dispatcher->services[i]->service->id);
    add_name(&names, PROGRAMS);
    return unknown_name(error, "service", name, &names);
}

static bool handles(const struct wire_service *service, const char *operation)
{
    const struct wire_operation *row = wire_operation_find(service, operation);
    return row != NULL && row->handle != NULL;
}

/* The operation of the named service, or of any service when none is named. */
static enum sim_result check_operation(const struct wire_dispatcher *dispatcher,
                                       const struct sim_fault_spec *spec, struct sim_error *error)
{
    struct sim_buffer names;
    if (!is_given(spec->operation))
        return RESULT_OK;
    sim_buffer_init(&names);
    for (size_t i = 0; i < dispatcher->service_count; i++) {
        const struct wire_service *service = dispatcher->services[i]->service;
        if (is_given(spec->service) && strcmp(service->id, spec->service) != 0)
            continue;
        if (handles(service, spec->operation)) {
            sim_buffer_fini(&names);
            return RESULT_OK;
        }
        for (size_t k = 0; k < service->operation_count; k++)
            if (service->operations[k].handle != NULL)
                add_name(&names, service->operations[k].name);
    }
    return unknown_name(error, "operation", spec->operation, &names);
}

static enum sim_result check_resource(const struct wire_dispatcher *dispatcher,
                                      const struct sim_fault_spec *spec, struct sim_error *error)
{
    if (!is_given(spec->resource))
        return RESULT_OK;
    for (size_t i = 0; i < dispatcher->resource_count; i++)
        if (dispatcher->resources[i].exists(dispatcher->resources[i].state, spec))
            return RESULT_OK;
    return sim_error_set(error, RESULT_INVALID,
                         "fault: nothing is called \"%s\" (a table, an endpoint address:port or a "
                         "DNS name that exists)",
                         spec->resource);
}

enum sim_result wire_fault_check(void *context, const struct sim_fault_spec *spec,
                                 struct sim_error *error)
{
    const struct wire_dispatcher *dispatcher = context;
    const char *const regions[] = {spec->region, spec->from, spec->to};
    for (size_t i = 0; i < ARRAY_LEN(regions); i++) {
        enum sim_result result = check_region(dispatcher, regions[i], error);
        if (result != RESULT_OK)
            return result;
    }
    enum sim_result result = check_service(dispatcher, spec->service, error);
    if (result != RESULT_OK)
        return result;
    result = check_operation(dispatcher, spec, error);
    if (result != RESULT_OK)
        return result;
    return check_resource(dispatcher, spec, error);
}
