/* dispatch_internal.h -- what the dispatcher's files share: the registry and one call's flight.
 *
 * dispatch.c keeps the registry, dispatch_flight.c carries one call from its client to its handler
 * and back, dispatch_fault.c asks the fault registry and checks what is put there. */
#ifndef EMULATORS_WIRE_DISPATCH_INTERNAL_H
#define EMULATORS_WIRE_DISPATCH_INTERNAL_H

#include "emulators/wire/dispatch.h"
#include "emulators/wire/model.h"

struct wire_registered {
    const struct wire_service *service;
    void *state;
    struct wire_model *model; /* NULL until first asked for */
};

struct wire_resources {
    wire_resource_exists *exists;
    void *state;
};

/* A flight waits in at most one of these places at a time. */
enum wire_stage {
    STAGE_THERE,   /* the request travels */
    STAGE_SERVING, /* it has arrived and waits for its service time */
    STAGE_HELD,    /* its handler answered LATER */
    STAGE_BACK,    /* the answer travels */
    STAGE_SILENT,  /* nothing will come: black hole, cut link, dead Region */
    STAGE_OVER,
};

/* One call under way, in its own arena. call comes first: wire_call_finish() gets only that. */
struct wire_flight {
    struct wire_call call;
    struct wire_dispatcher *dispatcher;
    struct wire_registered *registered;
    const struct wire_operation_fact *fact;
    wire_done *done; /* NULL: nobody waits any more */
    void *context;
    struct sim_region *client; /* NULL: live */
    struct sim_region *place;  /* NULL: nowhere in particular */
    cJSON *own_input;          /* call.input when it was converted here */
    bool types_are_checked;
    bool takes_time; /* the service time passes before the handler runs */
    bool in_handler;
    bool is_answer_lost; /* RESET: it runs, but the answer never leaves */
    bool is_place_lost;  /* its Region died meanwhile */
    enum wire_stage stage;
    uint64_t started_us;
    uint64_t deadline_us;   /* UINT64_MAX: none */
    uint64_t step_event;    /* the next stage, 0: none */
    uint64_t timeout_event; /* 0: none */
    uint64_t extra_us;      /* injected latency */
    struct wire_flight *next, *previous;
};

#define WIRE_SPARE_ARENAS_MAX 8

struct wire_dispatcher {
    struct wire_host host;
    struct wire_registered **services; /* in the order in which they were added */
    size_t service_count;
    struct wire_resources *resources;
    size_t resource_count;
    struct wire_flight *flights; /* newest first */
    struct sim_random request_ids;
    bool request_ids_ready; /* the stream starts again after abandon */
    struct sim_arena *spare_arenas[WIRE_SPARE_ARENAS_MAX]; /* cleared, for the next calls */
    size_t spare_arena_count;
};

struct wire_registered *wire_registered_find(const struct wire_dispatcher *dispatcher,
                                             const char *service_id);
struct wire_model *wire_registered_model(struct wire_registered *registered);

/* Starts a flight. *flight is good only when done was not called before this returns. */
void wire_flight_start(struct wire_dispatcher *dispatcher, const struct wire_request *request,
                       wire_done *done, void *context, struct wire_flight **flight);
/* Its client leaves: done will not be called, the input is copied if it is still needed. */
void wire_flight_leave(struct wire_flight *flight);
/* Ends it with RESET: done runs, the flight is freed unless its handler holds it. */
void wire_flight_abandon(struct wire_flight *flight);
void wire_flight_destroy(struct wire_flight *flight);
/* Told by the network: whatever is being served in a Region that is down is lost. */
void wire_flights_lose(struct wire_dispatcher *dispatcher, const struct sim_region *region);

/* The Region where the call arrives is down: a hit for the faults that hold it down. */
void wire_flight_count_refused(const struct wire_flight *flight);
/* What the fault registry wants to happen to the flight now. */
enum wire_fault_verdict {
    VERDICT_GO_ON,   /* perhaps with extra_us or is_answer_lost set */
    VERDICT_ANSWER,  /* outcome and error are set */
    VERDICT_SILENCE, /* black hole */
};
enum wire_fault_verdict wire_flight_ask_faults(struct wire_flight *flight);

#endif
