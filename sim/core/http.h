/* http.h -- the HTTP server: libmicrohttpd in external-poll mode behind our own listeners.
 *
 * Purpose  One daemon, many listening sockets (each Region's loopback address, each cluster
 *          endpoint): we accept and hand over the connection, so that a listener can be closed,
 *          opened again, or made silent on its own. Answers may come later (suspend, resume).
 * Owner    A request lives from the handler's call until sim_http_reply()/_drop(); its strings are
 *          borrowed until then. Its arena is the place for all that the answer needs.
 * Limits   SIM_HTTP_HEADERS_MAX_BYTES for request line and headers (431),
 *          SIM_HTTP_BODY_MAX_BYTES (the handler answers 413). */
#ifndef SIM_CORE_HTTP_H
#define SIM_CORE_HTTP_H

#include "sim/core/arena.h"
#include "sim/core/loop.h"

#define SIM_HTTP_HEADERS_MAX_BYTES ((size_t)16 * 1024)
#define SIM_HTTP_BODY_MAX_BYTES    ((size_t)16 * 1024 * 1024)
#define SIM_HTTP_CONNECTIONS_MAX   4096
#define SIM_HTTP_REPLY_HEADERS_MAX 24

struct sim_http;
struct sim_http_listener;

struct sim_http_request {
    const char *method;
    const char *path;  /* still percent-encoded, without the query */
    const char *query; /* still percent-encoded, without '?'; "" if there is none */
    const char *body;  /* NUL-terminated behind body_bytes; "" if there is none */
    size_t body_bytes;
    bool body_too_large;    /* body was over the limit and was thrown away: answer 413 */
    char local_address[48]; /* the address the client connected to */
    uint16_t local_port;
    char peer_address[48];
    struct sim_http_listener *listener;
    struct sim_arena *arena;
};

struct sim_http_header {
    const char *name;
    const char *value;
};

struct sim_http_reply {
    int status;
    const struct sim_http_header *headers;
    size_t header_count;
    const void *body;
    size_t body_bytes;
    bool is_lasting; /* the body lies in the request's arena or is constant: it is not copied */
};

typedef void sim_http_handler(void *context, struct sim_http_request *request);

MUST_USE enum sim_result sim_http_create(struct sim_loop *loop, struct sim_http **http,
                                         struct sim_error *error);
void sim_http_destroy(struct sim_http *http); /* requests still under way are dropped */

/* port 0 takes a free one, told in *listener. CONFLICT when the port is taken, with a sentence that
 * names address and port. */
MUST_USE enum sim_result sim_http_listen(struct sim_http *http, const char *address, uint16_t port,
                                         sim_http_handler *handler, void *context,
                                         struct sim_http_listener **listener,
                                         struct sim_error *error);
uint16_t sim_http_listener_port(const struct sim_http_listener *listener);
const char *sim_http_listener_address(const struct sim_http_listener *listener);
void *sim_http_listener_context(const struct sim_http_listener *listener);
/* Closed: connections are refused, and open ones to it end. Opening again takes the same port. */
MUST_USE enum sim_result sim_http_listener_set_open(struct sim_http_listener *listener, bool open,
                                                    struct sim_error *error);

/* Header look-up is by name, without regard to case; the first of several; NULL if absent. */
const char *sim_http_header_find(const struct sim_http_request *request, const char *name);
/* Calls visit for each request header, in the order received. */
void sim_http_headers_visit(const struct sim_http_request *request,
                            void (*visit)(void *context, const char *name, const char *value),
                            void *context);

/* Each request gets exactly one of these, at once or later. Body and headers are copied. */
void sim_http_reply(struct sim_http_request *request, const struct sim_http_reply *reply);
void sim_http_drop(struct sim_http_request *request); /* closes the connection without an answer */

/* On: no answer leaves before the end of its turn, so that the commit's hook, added to the loop
 * before sim_http_create(), comes first (file mode). Off (default): answers leave at once. */
void sim_http_hold_answers(struct sim_http *http, bool on);
/* The commit failed: those whose answers are held see their connections end instead. */
void sim_http_drop_held(struct sim_http *http);

size_t sim_http_open_requests(const struct sim_http *http); /* neither answered nor dropped yet */

/* "a%20b+c" decoded in the arena; plus is a blank only in queries. NULL for a bad escape. */
char *sim_url_decode(struct sim_arena *arena, const char *text, size_t length_bytes, bool in_query);
/* Value of a query parameter, decoded; NULL if absent. "flag" without '=' gives "". */
char *sim_query_find(struct sim_arena *arena, const char *query, const char *name);

#endif
