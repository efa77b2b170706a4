/* A request's way: sent -> (link) -> arrive: faults decide -> handle -> answer -> (link) ->
 * deliver. Whatever stops it on the way leaves it to its time-out. An exchange is freed when its
 * client has heard something and its handler owes no answer; until then it is in the list. */
#include "sim/core/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/faults.h"

#define ADDRESS_MAX_BYTES 45 /* the longest IPv6 address */
#define ENDPOINTS_MAX     4096
#define PLACE_BYTES       (ADDRESS_MAX_BYTES + sizeof ":65535")

struct endpoint {
    char address[ADDRESS_MAX_BYTES + 1];
    uint16_t port;
    struct sim_region *region;
    sim_endpoint_handler *handler;
    void *context;
};

enum stage { THERE, AT_ENDPOINT, BACK };

struct sim_endpoint_exchange {
    struct sim_endpoints *endpoints;
    struct sim_endpoint_exchange *previous, *next;
    uint64_t number;
    enum stage stage;
    struct endpoint *endpoint;     /* NULL: nothing there */
    const struct sim_region *from; /* NULL: no network between */
    struct sim_region *to;         /* NULL: an address of no Region */
    struct sim_endpoint_request request;
    sim_endpoint_done *done;
    void *context;
    uint64_t timeout_event;
    uint64_t step_event; /* its next stop */
    bool live;           /* by sim_endpoint_serve() */
    bool handler_owes;   /* the handler has it and has not answered */
    bool finished;       /* done was called */
    bool reset;          /* a fault breaks the connection once the request was acted on */
    bool lost;           /* a Region died while it was under way: no answer comes through */
    struct sim_endpoint_reply reply;
    char *reply_content_type; /* what reply points to */
    char *reply_body;
    char strings[]; /* what request points to */
};

struct sim_endpoints {
    struct sim_sched *sched;
    struct sim_network *network;
    struct sim_faults *faults;
    struct endpoint **table;
    size_t count;
    struct sim_endpoint_exchange *first, *last; /* in order of their numbers */
    uint64_t last_number;
};

/* --- the table
 * -------------------------------------------------------------------------------------- */

static void on_network_change(void *context, struct sim_region *region, struct sim_link *link);

struct sim_endpoints *sim_endpoints_create(struct sim_sched *sched, struct sim_network *network,
                                           struct sim_faults *faults)
{
    PRE(sched != NULL);
    PRE(network != NULL);
    PRE(faults != NULL);
    struct sim_endpoints *endpoints = sim_alloc(sizeof *endpoints);
    endpoints->sched = sched;
    endpoints->network = network;
    endpoints->faults = faults;
    sim_network_listen(network, on_network_change, endpoints);
    return endpoints;
}

void sim_endpoints_destroy(struct sim_endpoints *endpoints)
{
    if (endpoints == NULL)
        return;
    sim_network_unlisten(endpoints->network, on_network_change, endpoints);
    sim_endpoints_clear(endpoints);
    free(endpoints->table);
    free(endpoints);
}

static struct endpoint *find(const struct sim_endpoints *endpoints, const char *address,
                             uint16_t port)
{
    for (size_t i = 0; i < endpoints->count; i++)
        if (endpoints->table[i]->port == port && strcmp(endpoints->table[i]->address, address) == 0)
            return endpoints->table[i];
    return NULL;
}

enum sim_result sim_endpoint_add(struct sim_endpoints *endpoints, const char *address,
                                 uint16_t port, struct sim_region *region,
                                 sim_endpoint_handler *handler, void *context,
                                 struct sim_error *error)
{
    PRE(region != NULL);
    PRE(handler != NULL);
    size_t length = strlen(address);
    if (length == 0 || length > ADDRESS_MAX_BYTES || port == 0)
        return sim_error_set(error, RESULT_INVALID,
                             "\"%.64s\" port %u is no place for an endpoint: give an address and a "
                             "port from 1 to 65535",
                             address, port);
    if (find(endpoints, address, port) != NULL)
        return sim_error_set(error, RESULT_CONFLICT, "there is an endpoint at %s:%u already",
                             address, port);
    if (endpoints->count == ENDPOINTS_MAX)
        return sim_error_set(error, RESULT_LIMIT, "at most %d endpoints", ENDPOINTS_MAX);
    struct endpoint *endpoint = sim_alloc(sizeof *endpoint);
    memcpy(endpoint->address, address, length + 1);
    endpoint->port = port;
    endpoint->region = region;
    endpoint->handler = handler;
    endpoint->context = context;
    endpoints->table = sim_realloc_array(endpoints->table, endpoints->count + 1, sizeof endpoint);
    endpoints->table[endpoints->count++] = endpoint;
    return RESULT_OK;
}

bool sim_endpoint_exists(const struct sim_endpoints *endpoints, const char *address, uint16_t port)
{
    return find(endpoints, address, port) != NULL;
}

struct sim_region *sim_endpoint_region(const struct sim_endpoints *endpoints, const char *address,
                                       uint16_t port)
{
    const struct endpoint *endpoint = find(endpoints, address, port);
    return endpoint != NULL ? endpoint->region : NULL;
}

/* --- exchanges
 * -------------------------------------------------------------------------------------- */

/* Copies text (may be NULL) to *to and moves *to behind it. */
static const char *pack(char **to, const char *text)
{
    if (text == NULL)
        return NULL;
    char *copy = *to;
    size_t bytes = strlen(text) + 1;
    memcpy(copy, text, bytes);
    *to += bytes;
    return copy;
}

static size_t packed_bytes(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 0;
}

static struct sim_endpoint_exchange *create_exchange(struct sim_endpoints *endpoints,
                                                     const struct sim_endpoint_request *request,
                                                     sim_endpoint_done *done, void *context)
{
    PRE(request->method != NULL);
    PRE(request->target != NULL);
    PRE(done != NULL);
    struct sim_endpoint_exchange *exchange =
        sim_alloc(sizeof *exchange + packed_bytes(request->method) + packed_bytes(request->target) +
                  packed_bytes(request->host) + packed_bytes(request->body));
    char *to = exchange->strings;
    exchange->request.method = pack(&to, request->method);
    exchange->request.target = pack(&to, request->target);
    exchange->request.host = pack(&to, request->host);
    exchange->request.body = pack(&to, request->body);
    exchange->endpoints = endpoints;
    exchange->done = done;
    exchange->context = context;
    exchange->number = ++endpoints->last_number;
    exchange->previous = endpoints->last;
    if (endpoints->last != NULL)
        endpoints->last->next = exchange;
    else
        endpoints->first = exchange;
    endpoints->last = exchange;
    return exchange;
}

static void destroy_exchange(struct sim_endpoint_exchange *exchange)
{
    struct sim_endpoints *endpoints = exchange->endpoints;
    sim_sched_cancel(endpoints->sched, exchange->timeout_event);
    sim_sched_cancel(endpoints->sched, exchange->step_event);
    if (exchange->previous != NULL)
        exchange->previous->next = exchange->next;
    else
        endpoints->first = exchange->next;
    if (exchange->next != NULL)
        exchange->next->previous = exchange->previous;
    else
        endpoints->last = exchange->previous;
    free(exchange->reply_content_type);
    free(exchange->reply_body);
    free(exchange);
}

/* Tells the client, once. Nothing of the exchange may be touched afterwards. */
static void finish(struct sim_endpoint_exchange *exchange, const struct sim_endpoint_reply *reply)
{
    PRE(!exchange->finished);
    sim_endpoint_done *done = exchange->done;
    void *context = exchange->context;
    sim_sched_cancel(exchange->endpoints->sched, exchange->timeout_event);
    sim_sched_cancel(exchange->endpoints->sched, exchange->step_event);
    exchange->finished = true;
    bool over = !exchange->handler_owes; /* else the late answer ends it */
    if (!over) {
        done(context, reply);
        return;
    }
    struct sim_endpoint_reply last = *reply; /* may point into the exchange, so that goes last */
    char *content_type = exchange->reply_content_type;
    char *body = exchange->reply_body;
    exchange->reply_content_type = NULL;
    exchange->reply_body = NULL;
    destroy_exchange(exchange);
    done(context, &last);
    free(content_type);
    free(body);
}

static void time_out(void *context)
{
    struct sim_endpoint_exchange *exchange = context;
    exchange->timeout_event = 0;
    finish(exchange, &(struct sim_endpoint_reply){.transport = SIM_TRANSPORT_TIMED_OUT});
}

/* No answer can come any more: what remains is the client's patience. */
static void lose(struct sim_endpoint_exchange *exchange)
{
    exchange->lost = true;
    if (exchange->timeout_event == 0 && !exchange->finished)
        exchange->timeout_event = sim_sched_after(exchange->endpoints->sched,
                                                  SIM_ENDPOINT_GIVE_UP_US, time_out, exchange);
}

/* What a Region works on when it dies is gone, and stays so when it comes back; a client in a dead
 * Region hears nothing either. A request on its way finds out when it arrives, and an answer that
 * left before travels on. */
static void on_network_change(void *context, struct sim_region *region, struct sim_link *link)
{
    struct sim_endpoints *endpoints = context;
    if (link != NULL || region == NULL || region->down_count == 0)
        return;
    for (struct sim_endpoint_exchange *e = endpoints->first; e != NULL; e = e->next) {
        bool hit = e->from == region || (e->to == region && e->stage == AT_ENDPOINT);
        if (hit && !e->live && !e->lost && !e->finished)
            lose(e);
    }
}

static void deliver(void *context)
{
    struct sim_endpoint_exchange *exchange = context;
    exchange->step_event = 0;
    if (!exchange->lost)
        finish(exchange, &exchange->reply);
}

static uint64_t latency_us(const struct sim_endpoint_exchange *exchange,
                           const struct sim_region *from, const struct sim_region *to)
{
    if (exchange->from == NULL || exchange->to == NULL)
        return 0;
    return sim_network_latency_us(exchange->endpoints->network, from, to);
}

/* Sends exchange->reply on its way back after delay_us. */
static void send_back(struct sim_endpoint_exchange *exchange, uint64_t delay_us)
{
    exchange->stage = BACK;
    delay_us += latency_us(exchange, exchange->to, exchange->from);
    exchange->step_event = sim_sched_after(exchange->endpoints->sched, delay_us, deliver, exchange);
}

static void send_back_transport(struct sim_endpoint_exchange *exchange,
                                enum sim_transport transport, uint64_t delay_us)
{
    exchange->reply = (struct sim_endpoint_reply){.transport = transport};
    send_back(exchange, delay_us);
}

static void handle(void *context)
{
    struct sim_endpoint_exchange *exchange = context;
    exchange->step_event = 0;
    if (exchange->lost)
        return;
    exchange->handler_owes = true;
    exchange->endpoint->handler(exchange->endpoint->context, &exchange->request, exchange);
}

/* Between the two ends: false if the network lets nothing through. */
static bool is_passable(const struct sim_endpoint_exchange *exchange, const struct sim_region *from,
                        const struct sim_region *to)
{
    return exchange->from == NULL || exchange->to == NULL ||
           sim_network_is_reachable(exchange->endpoints->network, from, to);
}

static void send_back_error(struct sim_endpoint_exchange *exchange, int status, const char *body,
                            uint64_t delay_us)
{
    exchange->reply =
        (struct sim_endpoint_reply){.transport = SIM_TRANSPORT_OK, .status = status, .body = body};
    send_back(exchange, delay_us);
}

/* What the faults make of a request that has arrived. */
static void suffer(struct sim_endpoint_exchange *exchange, const struct sim_fault_effect *effect)
{
    switch (effect->kind) {
    case SIM_FAULT_REFUSE:
        send_back_transport(exchange, SIM_TRANSPORT_REFUSED, effect->latency_us);
        return;
    case SIM_FAULT_RESET:
        exchange->reset = true;
        exchange->step_event =
            sim_sched_after(exchange->endpoints->sched, effect->latency_us, handle, exchange);
        return;
    case SIM_FAULT_BLACK_HOLE:
        lose(exchange);
        return;
    case SIM_FAULT_ERROR:
        send_back_error(exchange, effect->status, "{\"message\":\"injected fault\"}",
                        effect->latency_us);
        return;
    case SIM_FAULT_THROTTLE:
        send_back_error(exchange, 429, "{\"message\":\"Too Many Requests\"}", effect->latency_us);
        return;
    case SIM_FAULT_LATENCY:
        exchange->step_event =
            sim_sched_after(exchange->endpoints->sched, effect->latency_us, handle, exchange);
        return;
    case SIM_FAULT_REGION_DOWN: /* comes as REFUSE or BLACK_HOLE */
    case SIM_FAULT_PARTITION:
    case SIM_FAULT_NO_NAME: /* of other layers */
    case SIM_FAULT_CLOCK_SKEW:
    case SIM_FAULT_PAUSE_REPLICATION:
    case SIM_FAULT_DENY_REPLICATION:
    case SIM_FAULT_KIND_COUNT:
        break;
    }
    handle(exchange);
}

static void arrive(void *context)
{
    struct sim_endpoint_exchange *exchange = context;
    exchange->step_event = 0;
    exchange->stage = AT_ENDPOINT;
    if (exchange->lost)
        return;
    const struct endpoint *endpoint = exchange->endpoint;
    char place[PLACE_BYTES + 1] = "";
    if (endpoint != NULL)
        snprintf(place, sizeof place, "%s:%u", endpoint->address, endpoint->port);
    const struct sim_fault_point point = {
        .region = exchange->to != NULL ? exchange->to->name : NULL,
        .service = "endpoint",
        .operation = "request",
        .resource = place,
        .from = exchange->from != NULL ? exchange->from->name : NULL,
        .plane = SIM_PLANE_DATA,
    };
    struct sim_fault_effect effect;
    sim_faults_apply(exchange->endpoints->faults, &point, &effect);
    bool is_down = exchange->to != NULL && exchange->to->down_count > 0;
    if (effect.hit && (endpoint != NULL || effect.kind == SIM_FAULT_BLACK_HOLE))
        suffer(exchange, &effect);
    else if (exchange->from != NULL && exchange->from->down_count > 0)
        lose(exchange);
    else if (!is_down && !is_passable(exchange, exchange->from, exchange->to))
        lose(exchange);
    else if (endpoint == NULL || is_down)
        send_back_transport(exchange, SIM_TRANSPORT_REFUSED, 0);
    else
        handle(exchange);
}

void sim_endpoint_call(struct sim_endpoints *endpoints, const struct sim_region *from,
                       const char *address, uint16_t port,
                       const struct sim_endpoint_request *request, uint64_t timeout_us,
                       sim_endpoint_done *done, void *context)
{
    struct sim_endpoint_exchange *exchange = create_exchange(endpoints, request, done, context);
    exchange->endpoint = find(endpoints, address, port);
    exchange->from = from;
    exchange->to = exchange->endpoint != NULL
                       ? exchange->endpoint->region
                       : sim_network_region_at_address(endpoints->network, address);
    if (timeout_us > 0) /* first, so that it wins against an answer at the same time */
        exchange->timeout_event = sim_sched_after(endpoints->sched, timeout_us, time_out, exchange);
    exchange->step_event = sim_sched_after(
        endpoints->sched, latency_us(exchange, from, exchange->to), arrive, exchange);
}

void sim_endpoint_serve(struct sim_endpoints *endpoints, const char *address, uint16_t port,
                        const struct sim_endpoint_request *request, sim_endpoint_done *done,
                        void *context)
{
    struct endpoint *endpoint = find(endpoints, address, port);
    if (endpoint == NULL) {
        done(context, &(struct sim_endpoint_reply){.transport = SIM_TRANSPORT_REFUSED});
        return;
    }
    struct sim_endpoint_exchange *exchange = create_exchange(endpoints, request, done, context);
    exchange->live = true;
    exchange->stage = AT_ENDPOINT;
    exchange->endpoint = endpoint;
    exchange->to = endpoint->region;
    handle(exchange);
}

void sim_endpoint_answer(struct sim_endpoint_exchange *exchange, int status,
                         const char *content_type, const char *body)
{
    PRE(exchange->handler_owes);
    exchange->handler_owes = false;
    if (exchange->finished) { /* the client stopped waiting */
        destroy_exchange(exchange);
        return;
    }
    struct sim_endpoint_reply reply = {.transport = SIM_TRANSPORT_OK,
                                       .status = status,
                                       .content_type = content_type,
                                       .body = body};
    if (exchange->live) {
        finish(exchange, &reply);
        return;
    }
    if (exchange->lost)
        return; /* the time-out ends it */
    if (!is_passable(exchange, exchange->to, exchange->from)) {
        const struct sim_fault_point point = {.region = exchange->from->name,
                                              .service = "endpoint",
                                              .operation = "answer",
                                              .from = exchange->to->name};
        sim_faults_count_lost(exchange->endpoints->faults, &point);
        lose(exchange);
        return;
    }
    if (exchange->reset) {
        send_back_transport(exchange, SIM_TRANSPORT_RESET, 0);
        return;
    }
    exchange->reply_content_type = content_type != NULL ? sim_strdup(content_type) : NULL;
    exchange->reply_body = body != NULL ? sim_strdup(body) : NULL;
    reply.content_type = exchange->reply_content_type;
    reply.body = exchange->reply_body;
    exchange->reply = reply;
    send_back(exchange, 0);
}

void sim_endpoints_abandon(struct sim_endpoints *endpoints)
{
    /* done may make or end other exchanges: look anew each time, at none that came meanwhile. */
    uint64_t last_number = endpoints->last_number;
    struct sim_endpoint_exchange *exchange = endpoints->first;
    while (exchange != NULL && exchange->number <= last_number) {
        if (exchange->finished) { /* its handler still owes an answer */
            exchange = exchange->next;
            continue;
        }
        finish(exchange, &(struct sim_endpoint_reply){.transport = SIM_TRANSPORT_RESET});
        exchange = endpoints->first;
    }
}

void sim_endpoints_clear(struct sim_endpoints *endpoints)
{
    while (endpoints->first != NULL)
        destroy_exchange(endpoints->first);
    for (size_t i = 0; i < endpoints->count; i++)
        free(endpoints->table[i]);
    endpoints->count = 0;
}
