/* http_internal.h -- what http.c (daemon, answers), http_listener.c (sockets, connections) and
 * http_request.c (one exchange from its first byte to its end) share.
 *
 * Words    A listener is our socket; a connection is one client at it, known to libmicrohttpd; an
 *          exchange is one request on a connection and its answer.
 * Owner    sim_http owns listeners, connections and exchanges. An exchange outlives its connection
 *          where the handler still has to answer: it is then freed by the answer. */
#ifndef SIM_CORE_HTTP_INTERNAL_H
#define SIM_CORE_HTTP_INTERNAL_H

#include <microhttpd.h>
#include <sys/socket.h>

#include "sim/core/buffer.h"
#include "sim/core/http.h"

struct http_connection {
    struct sim_http_listener *listener;
    int fd;
    struct http_exchange *exchange; /* under way on it, or NULL */
    char local_address[48];
    uint16_t local_port;
    char peer_address[48];
    struct http_connection *previous; /* of its listener */
    struct http_connection *next;
};

struct sim_http_listener {
    struct sim_http *http;
    char address[48];
    struct sockaddr_storage socket_address;
    socklen_t socket_address_bytes;
    uint16_t port;
    int fd; /* -1: closed */
    struct sim_watch *watch;
    sim_http_handler *handler;
    void *context;
    struct http_connection *connections;
    struct sim_http_listener *next;
};

enum exchange_stage {
    STAGE_HEADERS,  /* the request line was seen */
    STAGE_BODY,     /* the body is coming in */
    STAGE_HANDLER,  /* the handler has it and owes an answer */
    STAGE_ANSWERED, /* response is set */
    STAGE_DROPPED,  /* ends without an answer */
};

struct http_exchange {
    struct sim_http_request request; /* first: the handler knows only this */
    struct sim_http *http;
    struct MHD_Connection *connection; /* NULL: the client is gone */
    struct http_connection *client;    /* NULL with it */
    enum exchange_stage stage;
    bool is_in_handler;
    bool is_cut; /* the connection was ended by us while the handler had the request */
    bool is_waking;
    struct sim_buffer body;
    struct MHD_Response *response;
    int status;
    struct sim_http_header *headers; /* kept when the client left before the answer */
    size_t header_count;
    struct http_exchange *next_waking;
    struct http_exchange *previous;
    struct http_exchange *next;
};

#define SPARE_ARENAS_MAX 32

struct sim_http {
    struct sim_loop *loop;
    struct MHD_Daemon *daemon;
    struct sim_watch *watch;
    struct sim_http_listener *listeners;
    struct http_connection *arriving; /* handed to libmicrohttpd, not yet announced by it */
    size_t connection_count;
    uint64_t sweep_at_us; /* by the machine's clock: look for half-closed connections */
    struct http_exchange *exchanges;
    struct http_exchange *waking; /* suspended ones that go on at the end of the turn */
    struct sim_arena *spare_arenas[SPARE_ARENAS_MAX]; /* a fresh one costs a slow malloc */
    size_t spare_arena_count;
    size_t open_requests;
    size_t body_bytes; /* held by all exchanges */
    bool holds_answers;
    bool is_ending; /* no handler is called any more */
    int reserve_fd; /* given up to turn a client away when there are no descriptors left */
};

/* http.c */
void http_wake(struct http_exchange *exchange); /* suspended: goes on at the end of the turn */
void http_reset_socket(int fd);                 /* the client sees a reset, libmicrohttpd an end */

/* http_listener.c */
void http_listeners_destroy(struct sim_http *http);
void http_end_half_closed(struct sim_http *http);
void http_connection_notify(void *context, struct MHD_Connection *connection, void **socket_context,
                            enum MHD_ConnectionNotificationCode code);

/* http_request.c: libmicrohttpd's callbacks, and the end of an exchange. */
void *http_exchange_begin(void *context, const char *uri, struct MHD_Connection *connection);
enum MHD_Result http_exchange_go_on(void *context, struct MHD_Connection *connection,
                                    const char *url, const char *method, const char *version,
                                    const char *upload_data, size_t *upload_bytes,
                                    void **exchange_slot);
void http_exchange_completed(void *context, struct MHD_Connection *connection, void **exchange_slot,
                             enum MHD_RequestTerminationCode code);
void http_exchange_destroy(struct http_exchange *exchange);

#endif
