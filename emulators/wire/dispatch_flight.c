/* dispatch_flight.c -- one call from its client to its handler and back.
 *
 *     start ── there ──► arrive ── service time ──► serve ── (held) ──► send back ── back ──►
 * deliver │                     │                                   │ └────── cut link, black hole,
 * Region that died: silent ───┘──► time-out
 *
 * A simulated client takes each arrow as an event; a live one runs through in one go unless latency
 * is injected or the handler answers later. When a client's time-out comes first, its operation
 * still goes on to serve: that it may have run is what makes a time-out different from an error. */
#include <stdlib.h>
#include <string.h>

#include "emulators/wire/dispatch_internal.h"
#include "emulators/wire/request_id.h"
#include "emulators/wire/types.h"
#include "emulators/wire/validate.h"

#define REQUEST_ID_STREAM "request-ids"

static void arrive(void *context);
static void serve(void *context);
static void send_back(struct wire_flight *flight);
static void deliver(void *context);

static struct sim_core *core_of(const struct wire_flight *flight)
{
    return flight->call.host->core;
}

static uint64_t now_us(const struct wire_flight *flight)
{
    return sim_clock_now_us(core_of(flight)->clock);
}

static bool is_live(const struct wire_flight *flight)
{
    return flight->client == NULL;
}

static bool is_place_down(const struct wire_flight *flight)
{
    return flight->place != NULL && flight->place->down_count > 0;
}

/* --- making and freeing --- */

static struct sim_arena *take_arena(struct wire_dispatcher *dispatcher)
{
    if (dispatcher->spare_arena_count == 0)
        return sim_arena_create();
    return dispatcher->spare_arenas[--dispatcher->spare_arena_count];
}

static void give_arena(struct wire_dispatcher *dispatcher, struct sim_arena *arena)
{
    if (dispatcher->spare_arena_count == WIRE_SPARE_ARENAS_MAX) {
        sim_arena_destroy(arena);
        return;
    }
    sim_arena_clear(arena);
    dispatcher->spare_arenas[dispatcher->spare_arena_count++] = arena;
}

static char *make_request_id(struct wire_dispatcher *dispatcher, struct sim_arena *arena,
                             const struct wire_model *model)
{
    struct sim_random *random = &dispatcher->request_ids;
    if (!dispatcher->request_ids_ready) {
        sim_random_init(random, dispatcher->host.core->seed, REQUEST_ID_STREAM);
        dispatcher->request_ids_ready = true;
    }
    return wire_request_id(random, arena, model);
}

static const char *copy_or(struct sim_arena *arena, const char *text, const char *fallback)
{
    return text == NULL ? fallback : sim_arena_strdup(arena, text);
}

static void link_flight(struct wire_flight *flight)
{
    struct wire_dispatcher *dispatcher = flight->dispatcher;
    flight->next = dispatcher->flights;
    if (flight->next != NULL)
        flight->next->previous = flight;
    dispatcher->flights = flight;
}

static void unlink_flight(struct wire_flight *flight)
{
    if (flight->previous == NULL)
        flight->dispatcher->flights = flight->next;
    else
        flight->previous->next = flight->next;
    if (flight->next != NULL)
        flight->next->previous = flight->previous;
}

static uint64_t find_deadline_us(const struct wire_request *request, uint64_t started_us)
{
    uint64_t timeout_us = request->timeout_us;
    if (timeout_us == 0 && request->client_region == NULL)
        return UINT64_MAX;
    return started_us + (timeout_us == 0 ? WIRE_TIMEOUT_DEFAULT_US : timeout_us);
}

static void take_input(struct wire_flight *flight, const struct wire_request *request)
{
    if (is_live(flight) && request->types_are_checked && request->input != NULL) {
        flight->call.input = request->input;
        flight->types_are_checked = true;
        return;
    }
    flight->own_input =
        request->input == NULL ? cJSON_CreateObject() : cJSON_Duplicate(request->input, true);
    flight->call.input = flight->own_input;
    flight->types_are_checked = request->types_are_checked && request->input != NULL;
}

static struct wire_flight *create_flight(struct wire_dispatcher *dispatcher,
                                         const struct wire_request *request, wire_done *done,
                                         void *context)
{
    struct sim_arena *arena = take_arena(dispatcher);
    struct wire_flight *flight = sim_arena_alloc(arena, sizeof(*flight));
    struct wire_call *call = &flight->call;
    flight->dispatcher = dispatcher;
    flight->done = done;
    flight->context = context;
    if (request->client_region != NULL)
        flight->client =
            sim_network_region_find(dispatcher->host.core->network, request->client_region);
    call->arena = arena;
    call->host = &dispatcher->host;
    call->region = copy_or(arena, request->region, "");
    call->account = copy_or(arena, request->account, WIRE_ACCOUNT_DEFAULT);
    call->caller = copy_or(arena, request->caller, "internal");
    call->endpoint = copy_or(arena, request->endpoint, "");
    call->endpoint_host = copy_or(arena, request->endpoint_host, "localhost");
    call->is_simulated = request->client_region != NULL;
    flight->takes_time = call->is_simulated || request->takes_time;
    flight->started_us = now_us(flight);
    flight->deadline_us = find_deadline_us(request, flight->started_us);
    take_input(flight, request);
    link_flight(flight);
    return flight;
}

void wire_flight_destroy(struct wire_flight *flight)
{
    struct sim_sched *sched = core_of(flight)->sched;
    sim_sched_cancel(sched, flight->step_event);
    sim_sched_cancel(sched, flight->timeout_event);
    unlink_flight(flight);
    cJSON_Delete(flight->own_input);
    cJSON_Delete(flight->call.output);
    cJSON_Delete(flight->call.error.members);
    give_arena(flight->dispatcher, flight->call.arena);
}

/* --- telling the client --- */

static const char *const outcome_words[] = {
    [WIRE_OK] = "ok",       [WIRE_ERROR] = "error",         [WIRE_REFUSED] = "refused",
    [WIRE_RESET] = "reset", [WIRE_TIMED_OUT] = "timed-out",
};

static void report(struct wire_flight *flight)
{
    const struct wire_call *call = &flight->call;
    wire_done *done = flight->done;
    flight->done = NULL;
    sim_sched_cancel(core_of(flight)->sched, flight->timeout_event);
    flight->timeout_event = 0;
    if (done == NULL)
        return;
    if (call->service != NULL)
        sim_trace_emit(core_of(flight)->trace, "request", call->region,
                       FIELD_TEXT("service", call->service->id),
                       FIELD_TEXT("operation", flight->fact == NULL ? "?" : flight->fact->name),
                       FIELD_TEXT("client", is_live(flight) ? NULL : flight->client->name),
                       FIELD_TEXT("outcome", call->outcome == WIRE_ERROR
                                                 ? call->error.code
                                                 : outcome_words[call->outcome]),
                       FIELD_NUMBER("latency_us", now_us(flight) - flight->started_us));
    done(flight->context, &flight->call);
}

/* For an operation that goes on although its client, who lent the input, does not wait. */
static void keep_input(struct wire_flight *flight)
{
    if (flight->own_input != NULL)
        return;
    flight->own_input = cJSON_Duplicate(flight->call.input, true);
    flight->call.input = flight->own_input;
}

void wire_flight_leave(struct wire_flight *flight)
{
    flight->done = NULL;
    keep_input(flight);
}

/* Drops what the client will never see. */
static void drop_answer(struct wire_call *call, enum wire_outcome outcome)
{
    cJSON_Delete(call->output);
    cJSON_Delete(call->error.members);
    call->output = NULL;
    call->error = (struct wire_error){0};
    call->outcome = outcome;
}

void wire_flight_abandon(struct wire_flight *flight)
{
    bool is_held = flight->stage == STAGE_HELD;
    struct sim_sched *sched = core_of(flight)->sched;
    flight->stage = STAGE_OVER;
    sim_sched_cancel(sched, flight->step_event);
    flight->step_event = 0;
    drop_answer(&flight->call, WIRE_RESET);
    if (is_held)
        keep_input(flight); /* its handler may still look at it */
    report(flight);
    if (!is_held)
        wire_flight_destroy(flight);
}

static void time_out(void *context)
{
    struct wire_flight *flight = context;
    flight->timeout_event = 0;
    bool goes_on = flight->stage == STAGE_THERE || flight->stage == STAGE_SERVING ||
                   flight->stage == STAGE_HELD;
    if (goes_on)
        keep_input(flight);
    else
        flight->stage = STAGE_OVER;
    drop_answer(&flight->call, WIRE_TIMED_OUT);
    report(flight);
    if (!goes_on)
        wire_flight_destroy(flight);
}

static void arm_timeout(struct wire_flight *flight)
{
    if (flight->timeout_event == 0 && flight->done != NULL && flight->deadline_us != UINT64_MAX)
        flight->timeout_event =
            sim_sched_at(core_of(flight)->sched, flight->deadline_us, time_out, flight);
}

/* The time-out is an event only where it can come first. */
static void step_after(struct wire_flight *flight, enum wire_stage stage, uint64_t delay_us,
                       sim_sched_fn *run)
{
    uint64_t at_us = now_us(flight) + delay_us;
    flight->stage = stage;
    if (at_us > flight->deadline_us)
        arm_timeout(flight);
    flight->step_event = sim_sched_at(core_of(flight)->sched, at_us, run, flight);
}

static void go_silent(struct wire_flight *flight)
{
    flight->stage = STAGE_SILENT;
    if (flight->done == NULL) {
        wire_flight_destroy(flight);
        return;
    }
    if (flight->is_place_lost && is_live(flight)) {
        drop_answer(&flight->call, WIRE_RESET);
        deliver(flight);
        return;
    }
    arm_timeout(flight);
}

/* --- finding the way --- */

static void fail_now(struct wire_flight *flight, const char *code, int status, const char *message)
{
    flight->call.outcome = WIRE_ERROR;
    flight->call.error = (struct wire_error){.code = code, .message = message, .status = status};
}

/* Whose fate the call shares. */
static struct sim_region *find_place(const struct wire_flight *flight)
{
    const struct wire_call *call = &flight->call;
    struct sim_network *network = core_of(flight)->network;
    if (call->service->scope == SCOPE_REGIONAL)
        return sim_network_region_find(network, call->region);
    bool is_control = call->operation == NULL || call->operation->plane == PLANE_CONTROL;
    if (is_control && call->service->control_region != NULL)
        return sim_network_region_find(network, call->service->control_region);
    return call->endpoint[0] == '\0' ? NULL : sim_network_region_find(network, call->endpoint);
}

/* Sets service, operation and place; false with an error when one of them does not exist. */
static bool find_target(struct wire_flight *flight, const struct wire_request *request)
{
    struct wire_dispatcher *dispatcher = flight->dispatcher;
    struct wire_call *call = &flight->call;
    flight->registered = wire_registered_find(dispatcher, request->service);
    if (flight->registered == NULL) {
        call->request_id = make_request_id(dispatcher, call->arena, NULL);
        fail_now(
            flight, "UnknownService", 0,
            sim_arena_printf(call->arena, "%s is not a service of this world", request->service));
        return false;
    }
    const struct wire_model *model = wire_registered_model(flight->registered);
    call->service = flight->registered->service;
    call->request_id = make_request_id(dispatcher, call->arena, model);
    flight->fact = wire_operation_fact_find(model, request->operation);
    if (flight->fact == NULL) {
        fail_now(flight, "UnknownOperationException", 0, NULL);
        return false;
    }
    if (call->is_simulated && flight->client == NULL) {
        fail_now(flight, "UnknownRegion", 0,
                 sim_arena_printf(call->arena, "a client cannot be in %s: no such Region",
                                  request->client_region));
        return false;
    }
    call->operation = wire_operation_find(call->service, request->operation);
    flight->place = find_place(flight);
    if (call->service->scope == SCOPE_REGIONAL &&
        (flight->place == NULL || !flight->place->hosts_services)) {
        fail_now(flight, "UnknownRegion", 0,
                 sim_arena_printf(call->arena, "%s is not a Region of this world that has services",
                                  call->region));
        return false;
    }
    return true;
}

static uint64_t one_way_us(const struct wire_flight *flight, bool is_back)
{
    if (is_live(flight))
        return 0;
    const struct sim_region *far = flight->place == NULL ? flight->client : flight->place;
    return sim_network_latency_us(core_of(flight)->network, is_back ? far : flight->client,
                                  is_back ? flight->client : far);
}

static bool is_link_whole(const struct wire_flight *flight, bool is_back)
{
    if (is_live(flight) || flight->place == NULL || flight->place == flight->client)
        return true;
    const struct sim_link *link =
        sim_network_link_get(core_of(flight)->network, is_back ? flight->place : flight->client,
                             is_back ? flight->client : flight->place);
    return link->cut_count == 0;
}

/* --- the stages --- */

static void set_off(struct wire_flight *flight)
{
    if (!is_link_whole(flight, false)) {
        go_silent(flight);
        return;
    }
    if (is_live(flight)) {
        arrive(flight);
        return;
    }
    step_after(flight, STAGE_THERE, one_way_us(flight, false), arrive);
}

static bool check_input(struct wire_flight *flight)
{
    struct wire_call *call = &flight->call;
    const struct wire_model *model = flight->registered->model;
    struct wire_error error = {0};
    bool is_good =
        (flight->types_are_checked ||
         wire_convert(model, flight->fact->input, flight->own_input, call->arena, &error)) &&
        wire_validate(model, flight->fact, call->input, call->arena, &error);
    flight->types_are_checked = true;
    if (is_good)
        return true;
    call->outcome = WIRE_ERROR;
    call->error = error;
    return false;
}

static bool is_implemented(struct wire_flight *flight)
{
    struct wire_call *call = &flight->call;
    if (call->operation != NULL && call->operation->handle != NULL)
        return true;
    fail_now(flight, "NotImplemented", 501,
             sim_arena_printf(call->arena,
                              "%s %s exists at AWS but is not implemented here yet; see "
                              "docs/reference/coverage.md",
                              call->service->title, flight->fact->name));
    call->error.is_server_fault = true;
    return false;
}

static void arrive(void *context)
{
    struct wire_flight *flight = context;
    flight->step_event = 0;
    flight->stage = STAGE_SERVING;
    if (is_place_down(flight)) {
        wire_flight_count_refused(flight);
        flight->call.outcome = WIRE_REFUSED;
        send_back(flight);
        return;
    }
    switch (wire_flight_ask_faults(flight)) {
    case VERDICT_ANSWER:
        send_back(flight);
        return;
    case VERDICT_SILENCE:
        go_silent(flight);
        return;
    case VERDICT_GO_ON:
        break;
    }
    if (!is_implemented(flight) || !check_input(flight)) {
        send_back(flight);
        return;
    }
    const struct wire_service *service = flight->call.service;
    uint64_t delay_us = flight->extra_us;
    if (flight->takes_time && service->service_time_us != NULL)
        delay_us += service->service_time_us(flight->registered->state, &flight->call);
    if (delay_us == 0 && is_live(flight)) {
        serve(flight);
        return;
    }
    if (service->begin != NULL)
        service->begin(flight->registered->state, &flight->call);
    step_after(flight, STAGE_SERVING, delay_us, serve);
}

static void serve(void *context)
{
    struct wire_flight *flight = context;
    flight->step_event = 0;
    if (flight->is_place_lost) {
        go_silent(flight);
        return;
    }
    flight->stage = STAGE_HELD;
    flight->in_handler = true;
    enum wire_progress progress =
        flight->call.operation->handle(flight->registered->state, &flight->call);
    flight->in_handler = false;
    if (progress == WIRE_DONE || flight->stage == STAGE_BACK)
        send_back(flight);
    else
        arm_timeout(flight);
}

void wire_call_finish(struct wire_call *call)
{
    struct wire_flight *flight = (struct wire_flight *)call;
    if (flight->stage == STAGE_OVER) { /* abandoned meanwhile */
        wire_flight_destroy(flight);
        return;
    }
    PRE(flight->stage == STAGE_HELD);
    if (flight->in_handler)
        flight->stage = STAGE_BACK; /* serve() sends it */
    else
        send_back(flight);
}

/* The status that the facts give to an error whose handler named none. */
static void complete_error(const struct wire_flight *flight, struct wire_error *error)
{
    if (error->status == 0 && flight->registered != NULL) {
        const struct wire_shape *shape =
            wire_error_shape_find(flight->registered->model, error->code);
        if (shape != NULL) {
            error->status = shape->error_status;
            error->is_server_fault |= shape->is_server_fault;
        }
    }
    if (error->status == 0)
        error->status = error->is_server_fault ? 500 : 400;
    error->is_server_fault |= error->status >= 500;
}

static void send_back(struct wire_flight *flight)
{
    struct wire_call *call = &flight->call;
    flight->stage = STAGE_BACK;
    if (flight->done == NULL) {
        wire_flight_destroy(flight);
        return;
    }
    if (flight->is_answer_lost)
        drop_answer(call, WIRE_RESET);
    if (call->outcome == WIRE_ERROR)
        complete_error(flight, &call->error);
    bool is_cut = !is_link_whole(flight, true);
    if (is_cut || flight->is_place_lost) {
        go_silent(flight);
        return;
    }
    if (is_live(flight))
        deliver(flight);
    else
        step_after(flight, STAGE_BACK, one_way_us(flight, true), deliver);
}

static void deliver(void *context)
{
    struct wire_flight *flight = context;
    flight->step_event = 0;
    flight->stage = STAGE_OVER;
    report(flight);
    wire_flight_destroy(flight);
}

void wire_flight_start(struct wire_dispatcher *dispatcher, const struct wire_request *request,
                       wire_done *done, void *context, struct wire_flight **flight)
{
    struct wire_flight *started = create_flight(dispatcher, request, done, context);
    *flight = started;
    if (find_target(started, request))
        set_off(started);
    else
        send_back(started);
}

void wire_flights_lose(struct wire_dispatcher *dispatcher, const struct sim_region *region)
{
    for (struct wire_flight *flight = dispatcher->flights; flight != NULL; flight = flight->next)
        if (flight->place == region && !flight->in_handler &&
            (flight->stage == STAGE_SERVING || flight->stage == STAGE_HELD))
            flight->is_place_lost = true;
}
