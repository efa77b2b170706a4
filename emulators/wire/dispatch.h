/* dispatch.h -- the one way to call an operation: for HTTP, drills, canaries and other emulators.
 *
 * Purpose  Finds service and operation, checks the input against the facts, asks the faults, lets
 *          simulated time pass (network there, service time, network back) and runs the handler.
 * Owner    The dispatcher borrows services and states. A request is copied except input, which is
 *          borrowed until done; the call given to done lives during that call only.
 * Time     With client_region NULL the handler runs at once (a live client; injected latency still
 *          delays). Otherwise the request arrives after the link's latency, the handler runs after
 *          the service time (so that an operation occupies an interval), and done runs after the
 * way back. A Region that dies while a request is under way answers nothing: TIMED_OUT (a live
 *          client sees RESET). An operation whose client timed out still runs.
 * Place    SCOPE_REGIONAL: the request's Region. SCOPE_GLOBAL: control-plane operations in the
 *          service's control_region; others in the Region that endpoint names, or nowhere (then no
 *          Region's fate matters to them). */
#ifndef EMULATORS_WIRE_DISPATCH_H
#define EMULATORS_WIRE_DISPATCH_H

#include "emulators/wire/call.h"

#define WIRE_ACCOUNT_DEFAULT    "000000000000"
#define WIRE_TIMEOUT_DEFAULT_US (UINT64_C(60) * SIM_US_PER_S)

struct wire_request {
    const char *service; /* "dynamodb" */
    const char *operation;
    const char *region;        /* where the service is */
    const char *account;       /* NULL: WIRE_ACCOUNT_DEFAULT */
    const char *caller;        /* NULL: "internal" */
    const char *endpoint;      /* NULL: "" */
    const char *endpoint_host; /* NULL: "localhost" */
    const cJSON *input;        /* NULL: {}; borrowed until done */
    const char *client_region; /* NULL: live, no network time */
    uint64_t timeout_us;       /* simulated clients; 0: WIRE_TIMEOUT_DEFAULT_US. Live clients: 0:
                                  a call that is never answered ends by abandon only */
    bool takes_time;           /* live only: it takes the service time nevertheless */
    bool types_are_checked;    /* live only: input went through wire_convert(); else a copy does */
};

/* call->outcome, ->output, ->error are set. Exactly once. */
typedef void wire_done(void *context, struct wire_call *call);

MUST_USE struct wire_dispatcher *wire_dispatcher_create(struct sim_core *core);
void wire_dispatcher_destroy(struct wire_dispatcher *dispatcher);
/* Ends every call under way (outcome RESET): for reset, before the scheduler is cleared. */
void wire_dispatcher_abandon(struct wire_dispatcher *dispatcher);

void wire_dispatcher_add(struct wire_dispatcher *dispatcher, const struct wire_service *service,
                         void *state);
const struct wire_host *wire_dispatcher_host(const struct wire_dispatcher *dispatcher);
/* health and metrics are created with the dispatcher and live as long. */

void wire_dispatch(struct wire_dispatcher *dispatcher, const struct wire_request *request,
                   wire_done *done, void *context);

/* For callers that need the answer now (topology loader, tests): live, must not answer LATER.
 * On an error: INVALID (the code and message in error). *output, when not NULL, is then the
 * caller's to cJSON_Delete. */
MUST_USE enum sim_result wire_dispatch_now(struct wire_dispatcher *dispatcher,
                                           const struct wire_request *request, cJSON **output,
                                           struct sim_error *error);

const struct wire_service *wire_service_find(const struct wire_dispatcher *dispatcher,
                                             const char *id);
size_t wire_service_count(const struct wire_dispatcher *dispatcher);
const struct wire_service *wire_service_at(const struct wire_dispatcher *dispatcher, size_t index);
const struct wire_operation *wire_operation_find(const struct wire_service *service,
                                                 const char *name);

/* A sim_fault_checker: refuses faults that name an unknown Region, service or operation. */
enum sim_result wire_fault_check(void *dispatcher, const struct sim_fault_spec *spec,
                                 struct sim_error *error);
/* Services add what they know: does this table or DNS name exist? Asked for resource scopes. */
typedef bool wire_resource_exists(void *state, const struct sim_fault_spec *spec);
void wire_dispatcher_add_resources(struct wire_dispatcher *dispatcher, wire_resource_exists *exists,
                                   void *state);

#endif
