#include "sim/cli/application_socket.h"

#include <string.h>

struct exchange {
    struct topo_world *world;
    const struct topo_instance *instance;
    struct sim_http_request *request;
};

static void send_reply(struct sim_http_request *request, int status, const char *content_type,
                       const char *body)
{
    const struct sim_http_header headers[] = {
        {"Content-Type", content_type != NULL ? content_type : "application/json"}};
    const struct sim_http_reply reply = {.status = status,
                                         .headers = headers,
                                         .header_count = ARRAY_LEN(headers),
                                         .body = body != NULL ? body : "",
                                         .body_bytes = body != NULL ? strlen(body) : 0};
    sim_http_reply(request, &reply);
}

static void answered(void *context, const struct sim_endpoint_reply *reply)
{
    const struct exchange *exchange = context;
    if (reply->transport == SIM_TRANSPORT_OK)
        send_reply(exchange->request, reply->status, reply->content_type, reply->body);
    else
        sim_http_drop(exchange->request);
}

static void serve(void *context)
{
    struct exchange *exchange = context;
    struct sim_http_request *request = exchange->request;
    const struct sim_endpoint_request simulated = {
        .method = request->method,
        .target = request->query[0] != '\0'
                      ? sim_arena_printf(request->arena, "%s?%s", request->path, request->query)
                      : request->path,
        .host = sim_http_header_find(request, "Host"),
        .body = request->body_bytes > 0 ? request->body : NULL,
    };
    sim_endpoint_serve(exchange->world->core.endpoints, exchange->instance->address,
                       exchange->instance->port, &simulated, answered, exchange);
}

/* The faults that would end or delay a simulated client's request; true if the request goes on. */
static bool passes_faults(struct exchange *exchange, uint64_t *latency_us)
{
    const struct topo_instance *instance = exchange->instance;
    const struct sim_fault_point point = {
        .region = instance->region,
        .service = "endpoint",
        .operation = "request",
        .resource =
            sim_arena_printf(exchange->request->arena, "%s:%u", instance->address, instance->port),
        .plane = SIM_PLANE_DATA,
    };
    struct sim_fault_effect effect;
    sim_faults_apply(exchange->world->core.faults, &point, &effect);
    *latency_us = effect.latency_us;
    if (!effect.hit || effect.kind == SIM_FAULT_LATENCY)
        return true;
    if (effect.kind == SIM_FAULT_ERROR || effect.kind == SIM_FAULT_THROTTLE)
        send_reply(exchange->request, effect.kind == SIM_FAULT_THROTTLE ? 429 : effect.status, NULL,
                   "{\"message\":\"injected fault\"}");
    else if (effect.kind != SIM_FAULT_BLACK_HOLE) /* which leaves the client without an answer */
        sim_http_drop(exchange->request);
    return false;
}

void application_socket_handle(struct topo_world *world, const struct topo_instance *instance,
                               struct sim_http_request *request)
{
    if (request->body_too_large) {
        send_reply(request, 413, NULL, "{\"message\":\"the body is too large\"}");
        return;
    }
    struct exchange *exchange = sim_arena_alloc(request->arena, sizeof *exchange);
    *exchange = (struct exchange){.world = world, .instance = instance, .request = request};
    uint64_t latency_us = 0;
    if (!passes_faults(exchange, &latency_us))
        return;
    if (latency_us > 0)
        sim_sched_after(world->core.sched, latency_us, serve, exchange);
    else
        serve(exchange);
}
