/* http_client.h -- requests from us to a real endpoint on this machine: libcurl's multi interface
 * on the loop, never blocking it.
 *
 * Purpose  Health checks of endpoints that are real sockets. Only loopback addresses are allowed
 *          (no outgoing packet leaves the machine): anything else fails as refused.
 * Owner    Options are copied; the result is borrowed during the call of done, which comes exactly
 *          once, unless the client is destroyed first. */
#ifndef SIM_CORE_HTTP_CLIENT_H
#define SIM_CORE_HTTP_CLIENT_H

#include "sim/core/loop.h"

struct sim_http_client;

struct sim_fetch_options {
    const char *url;         /* http://127.0.0.1:8080/path; the host must be a loopback address */
    const char *host_header; /* NULL: from the URL */
    const char *user_agent;
    const char *server_name;     /* for TLS: said in the handshake (SNI); NULL: nothing is said */
    uint64_t connect_timeout_us; /* until connected, with TLS until that stands */
    uint64_t answer_timeout_us;  /* from then to the end of the headers; 0: none of its own */
    uint64_t body_timeout_us;    /* from then to the end of what is kept of the body; 0: likewise */
    uint64_t total_timeout_us;
    size_t body_max_bytes; /* what is kept of the body; 0: the headers are all that is waited for */
    bool tcp_only;         /* only connect */
    /* Called once, with the context of done, when nothing has come after slow_after_us. NULL: not
     * wanted. It must not forget its own fetch. */
    void (*slow)(void *context);
    uint64_t slow_after_us;
};

enum sim_fetch_outcome {
    SIM_FETCH_OK,
    SIM_FETCH_REFUSED,
    SIM_FETCH_CONNECT_TIMED_OUT,
    SIM_FETCH_TIMED_OUT, /* status: what had come by then, or 0 */
    SIM_FETCH_FAILED,    /* anything else: TLS, bad HTTP, reset */
};

struct sim_fetch_result {
    enum sim_fetch_outcome outcome;
    int status;
    const char *body; /* NUL-terminated behind body_bytes */
    size_t body_bytes;
    uint64_t connect_us;   /* measured on the machine, from the start: for display only */
    uint64_t handshake_us; /* from connected until TLS stood; 0: no TLS */
    uint64_t first_byte_us;
    const char *detail; /* libcurl's sentence */
};

typedef void sim_fetch_done(void *context, const struct sim_fetch_result *result);

MUST_USE enum sim_result sim_http_client_create(struct sim_loop *loop,
                                                struct sim_http_client **client,
                                                struct sim_error *error);
void sim_http_client_destroy(struct sim_http_client *client);
void sim_http_client_fetch(struct sim_http_client *client, const struct sim_fetch_options *options,
                           sim_fetch_done *done, void *context);
/* Fetches under way with this context end without a call of done. */
void sim_http_client_forget(struct sim_http_client *client, const void *context);

#endif
