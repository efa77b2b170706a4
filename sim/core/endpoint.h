/* endpoint.h -- simulated servers: something at an address and port that answers HTTP requests.
 *
 * Purpose  Drill clients call the application, and health checkers probe it, through the simulated
 *          network: the link's latency both ways, the faults of the Region, time-outs. The same
 *          handler also serves the live socket.
 * Owner    The table borrows handler contexts. A request's strings are borrowed during the call of
 *          the handler; a reply's strings are borrowed during the call of done.
 * Note     No AWS knowledge: an endpoint is a place, a port and a handler. */
#ifndef SIM_CORE_ENDPOINT_H
#define SIM_CORE_ENDPOINT_H

#include "sim/core/network.h"
#include "sim/core/sched.h"

struct sim_endpoints;
struct sim_endpoint_exchange; /* one request under way, to be answered once */
struct sim_faults;

enum sim_transport { /* what a client sees of the connection itself */
                     SIM_TRANSPORT_OK,
                     SIM_TRANSPORT_REFUSED,
                     SIM_TRANSPORT_RESET,
                     SIM_TRANSPORT_TIMED_OUT,
};

struct sim_endpoint_request {
    const char *method; /* "GET" */
    const char *target; /* path and query: "/orders?orderId=1" */
    const char *host;   /* Host header, or NULL */
    const char *body;   /* NUL-terminated, or NULL */
};

struct sim_endpoint_reply {
    enum sim_transport transport;
    int status;               /* 0 unless transport is OK */
    const char *content_type; /* NULL: application/json */
    const char *body;         /* NULL: empty */
};

/* Answers now or later, exactly once, by sim_endpoint_answer(). The request is borrowed until then.
 */
typedef void sim_endpoint_handler(void *context, const struct sim_endpoint_request *request,
                                  struct sim_endpoint_exchange *exchange);
typedef void sim_endpoint_done(void *context, const struct sim_endpoint_reply *reply);

MUST_USE struct sim_endpoints *sim_endpoints_create(struct sim_sched *sched,
                                                    struct sim_network *network,
                                                    struct sim_faults *faults);
void sim_endpoints_destroy(struct sim_endpoints *endpoints);
/* Ends every call under way (transport RESET): for reset, while the contexts of done still live and
 * before the scheduler is cleared. Handlers may still answer; nobody hears it. */
void sim_endpoints_abandon(struct sim_endpoints *endpoints);
/* Forgets endpoints and calls under way, without calling done; nobody may answer afterwards. */
void sim_endpoints_clear(struct sim_endpoints *endpoints);

MUST_USE enum sim_result sim_endpoint_add(struct sim_endpoints *endpoints, const char *address,
                                          uint16_t port, struct sim_region *region,
                                          sim_endpoint_handler *handler, void *context,
                                          struct sim_error *error);
bool sim_endpoint_exists(const struct sim_endpoints *endpoints, const char *address, uint16_t port);
struct sim_region *sim_endpoint_region(const struct sim_endpoints *endpoints, const char *address,
                                       uint16_t port); /* NULL: none there */

/* A client in from (NULL: beside the endpoint, no latency) sends a request; done is called exactly
 * once, by an event, after the answer's way back or after timeout_us. Request strings are copied.
 * Nothing at the address, or its Region down: REFUSED after a round trip. A cut link, or a Region
 * that dies while the request is under way: TIMED_OUT; with timeout_us 0 (none) at least after
 * SIM_ENDPOINT_GIVE_UP_US from when it became certain, as long as Linux tries to connect. */
#define SIM_ENDPOINT_GIVE_UP_US (127 * SIM_US_PER_S)
void sim_endpoint_call(struct sim_endpoints *endpoints, const struct sim_region *from,
                       const char *address, uint16_t port,
                       const struct sim_endpoint_request *request, uint64_t timeout_us,
                       sim_endpoint_done *done, void *context);
/* Runs the handler at once without network or faults: for a request that came by a real socket.
 * done is called from within the handler's answer; REFUSED at once where there is no endpoint. */
void sim_endpoint_serve(struct sim_endpoints *endpoints, const char *address, uint16_t port,
                        const struct sim_endpoint_request *request, sim_endpoint_done *done,
                        void *context);
void sim_endpoint_answer(struct sim_endpoint_exchange *exchange, int status,
                         const char *content_type, const char *body);

#endif
