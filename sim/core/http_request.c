/* One exchange: libmicrohttpd calls in as the request arrives, the handler gets it whole.
 *
 *   request line   http_exchange_begin      STAGE_HEADERS
 *   headers        http_exchange_go_on      STAGE_BODY
 *   body, parts    http_exchange_go_on
 *   body's end     http_exchange_go_on      STAGE_HANDLER: the handler is called
 *   answer         sim_http_reply, _drop    STAGE_ANSWERED, STAGE_DROPPED
 *   all sent, or the client is gone         http_exchange_completed */
#include "sim/core/http_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Headers and cookies: libmicrohttpd notes each in some 64 bytes of the connection's memory, which
 * must have room left for the answer's headers. */
#define VALUES_MAX            200
#define BODY_ROOM_FIRST_BYTES ((size_t)64 * 1024)            /* no more on a client's word alone */
#define BODIES_MAX_BYTES      (32 * SIM_HTTP_BODY_MAX_BYTES) /* of all clients together */

/* --- beginning and end ----------------------------------------------------------------------- */

/* "http://host/path" is allowed as well: the path begins behind the host. */
static const char *path_of(const char *uri)
{
    if (strncasecmp(uri, "http://", 7) != 0 && strncasecmp(uri, "https://", 8) != 0)
        return uri;
    const char *host = strstr(uri, "//") + 2;
    const char *path = host + strcspn(host, "/?");
    return *path != '\0' ? path : "/";
}

static struct sim_arena *take_arena(struct sim_http *http)
{
    if (http->spare_arena_count == 0)
        return sim_arena_create();
    return http->spare_arenas[--http->spare_arena_count];
}

static void give_arena(struct sim_http *http, struct sim_arena *arena)
{
    if (http->spare_arena_count == SPARE_ARENAS_MAX) {
        sim_arena_destroy(arena);
        return;
    }
    sim_arena_clear(arena);
    http->spare_arenas[http->spare_arena_count++] = arena;
}

/* libmicrohttpd must not see the query: it would note each parameter in the connection's memory,
 * and when that is full (0.9.75) the request hangs without an answer. The text lies in its own
 * buffer, which it parses behind this call. */
static void hide_query(const char *uri)
{
    char *query = strchr((char *)(uintptr_t)uri, '?');
    if (query != NULL)
        memset(query, '\0', strlen(query));
}

void *http_exchange_begin(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct sim_http *http = context;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_connection *client = info->socket_context;
    struct http_exchange *exchange = sim_alloc(sizeof *exchange);
    struct sim_arena *arena = take_arena(http);
    const char *path = path_of(uri);
    size_t path_bytes = strcspn(path, "?");
    struct sim_http_request *request = &exchange->request;
    request->arena = arena;
    request->method = "";
    request->path = path_bytes > 0 ? sim_arena_strndup(arena, path, path_bytes) : "/";
    request->query = path[path_bytes] == '?' ? sim_arena_strdup(arena, path + path_bytes + 1) : "";
    hide_query(uri);
    request->listener = client->listener;
    memcpy(request->local_address, client->local_address, sizeof request->local_address);
    memcpy(request->peer_address, client->peer_address, sizeof request->peer_address);
    request->local_port = client->local_port;

    exchange->http = http;
    exchange->connection = connection;
    exchange->client = client;
    client->exchange = exchange;
    exchange->next = http->exchanges;
    if (exchange->next != NULL)
        exchange->next->previous = exchange;
    http->exchanges = exchange;
    return exchange;
}

static void forget_body(struct http_exchange *exchange)
{
    exchange->http->body_bytes -= exchange->body.length_bytes;
    sim_buffer_fini(&exchange->body);
}

void http_exchange_destroy(struct http_exchange *exchange)
{
    PRE(!exchange->is_waking);
    struct sim_http *http = exchange->http;
    if (exchange->client != NULL)
        exchange->client->exchange = NULL;
    if (exchange->previous != NULL)
        exchange->previous->next = exchange->next;
    else
        http->exchanges = exchange->next;
    if (exchange->next != NULL)
        exchange->next->previous = exchange->previous;
    if (exchange->response != NULL)
        MHD_destroy_response(exchange->response);
    forget_body(exchange);
    give_arena(http, exchange->request.arena);
    free(exchange);
}

/* --- headers --------------------------------------------------------------------------------- */

struct header_visit {
    void (*visit)(void *context, const char *name, const char *value);
    void *context;
};

static enum MHD_Result visit_header(void *context, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    (void)kind;
    struct header_visit *visit = context;
    visit->visit(visit->context, name, value != NULL ? value : "");
    return MHD_YES;
}

void sim_http_headers_visit(const struct sim_http_request *request,
                            void (*visit)(void *context, const char *name, const char *value),
                            void *context)
{
    const struct http_exchange *exchange = (const struct http_exchange *)request;
    struct header_visit visiting = {visit, context};
    if (exchange->connection != NULL)
        (void)MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, visit_header,
                                        &visiting);
    for (size_t i = 0; i < exchange->header_count; i++)
        visit(context, exchange->headers[i].name, exchange->headers[i].value);
}

const char *sim_http_header_find(const struct sim_http_request *request, const char *name)
{
    const struct http_exchange *exchange = (const struct http_exchange *)request;
    if (exchange->connection != NULL)
        return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
    for (size_t i = 0; i < exchange->header_count; i++)
        if (strcasecmp(exchange->headers[i].name, name) == 0)
            return exchange->headers[i].value;
    return NULL;
}

static void count_header(void *context, const char *name, const char *value)
{
    (void)name;
    (void)value;
    (*(size_t *)context)++;
}

static void keep_header(void *context, const char *name, const char *value)
{
    struct http_exchange *exchange = context;
    struct sim_arena *arena = exchange->request.arena;
    exchange->headers[exchange->header_count++] =
        (struct sim_http_header){sim_arena_strdup(arena, name), sim_arena_strdup(arena, value)};
}

/* The handler may still read the headers of a request whose connection is about to be freed. */
static void keep_headers(struct http_exchange *exchange)
{
    size_t count = 0;
    sim_http_headers_visit(&exchange->request, count_header, &count);
    exchange->headers =
        sim_arena_alloc_array(exchange->request.arena, count, sizeof *exchange->headers);
    struct header_visit visiting = {keep_header, exchange};
    (void)MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, visit_header, &visiting);
}

struct header_sum {
    size_t bytes;
    size_t count;
};

static enum MHD_Result add_to_sum(void *context, enum MHD_ValueKind kind, const char *name,
                                  size_t name_bytes, const char *value, size_t value_bytes)
{
    (void)name;
    (void)value;
    struct header_sum *sum = context;
    sum->count++;
    if (kind == MHD_HEADER_KIND) /* a cookie stands in its header */
        sum->bytes += name_bytes + value_bytes + strlen(": \r\n");
    return MHD_YES;
}

static bool has_too_large_headers(const struct http_exchange *exchange)
{
    const struct sim_http_request *request = &exchange->request;
    struct header_sum sum = {.bytes = strlen(request->path) + strlen(request->query)};
    (void)MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND | MHD_COOKIE_KIND,
                                      add_to_sum, &sum);
    return sum.bytes > SIM_HTTP_HEADERS_MAX_BYTES || sum.count > VALUES_MAX;
}

/* --- body ------------------------------------------------------------------------------------ */

static void begin_body(struct http_exchange *exchange, const char *method)
{
    exchange->stage = STAGE_BODY;
    exchange->request.method = sim_arena_strdup(exchange->request.arena, method);
    const char *length = sim_http_header_find(&exchange->request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (length == NULL)
        return;
    unsigned long long announced_bytes = strtoull(length, NULL, 10);
    size_t room_bytes =
        announced_bytes < BODY_ROOM_FIRST_BYTES ? (size_t)announced_bytes : BODY_ROOM_FIRST_BYTES;
    sim_buffer_reserve(&exchange->body, room_bytes);
}

/* False when there is no room left for all clients' bodies: the connection ends. */
static bool collect_body(struct http_exchange *exchange, const char *data, size_t bytes)
{
    if (exchange->request.body_too_large)
        return true;
    if (bytes > SIM_HTTP_BODY_MAX_BYTES - exchange->body.length_bytes) {
        exchange->request.body_too_large = true;
        forget_body(exchange);
        return true;
    }
    if (exchange->http->body_bytes + bytes > BODIES_MAX_BYTES)
        return false;
    exchange->http->body_bytes += bytes;
    sim_buffer_append(&exchange->body, data, bytes);
    return true;
}

/* --- handler and answer ---------------------------------------------------------------------- */

static enum MHD_Result send_answer(struct http_exchange *exchange)
{
    return MHD_queue_response(exchange->connection, (unsigned)exchange->status, exchange->response);
}

static enum MHD_Result refuse_headers(struct http_exchange *exchange)
{
    exchange->status = MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
    exchange->response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    exchange->stage = STAGE_ANSWERED;
    return exchange->response != NULL ? send_answer(exchange) : MHD_NO;
}

static enum MHD_Result call_handler(struct http_exchange *exchange)
{
    struct sim_http *http = exchange->http;
    struct sim_http_request *request = &exchange->request;
    const struct sim_http_listener *listener = request->listener;
    if (http->is_ending)
        return MHD_NO;
    request->body = exchange->body.length_bytes > 0 ? exchange->body.data : "";
    request->body_bytes = exchange->body.length_bytes;
    exchange->stage = STAGE_HANDLER;
    http->open_requests++;
    exchange->is_in_handler = true;
    listener->handler(listener->context, request);
    exchange->is_in_handler = false;

    if (exchange->stage == STAGE_DROPPED)
        return MHD_NO;
    if (exchange->stage == STAGE_ANSWERED && !http->holds_answers)
        return send_answer(exchange);
    MHD_suspend_connection(exchange->connection);
    if (exchange->stage == STAGE_ANSWERED || exchange->is_cut)
        http_wake(exchange);
    return MHD_YES;
}

enum MHD_Result http_exchange_go_on(void *context, struct MHD_Connection *connection,
                                    const char *url, const char *method, const char *version,
                                    const char *upload_data, size_t *upload_bytes,
                                    void **exchange_slot)
{
    (void)context;
    (void)connection;
    (void)url; /* http_exchange_begin() has seen it whole */
    (void)version;
    struct http_exchange *exchange = *exchange_slot;
    switch (exchange->stage) {
    case STAGE_HEADERS:
        if (has_too_large_headers(exchange))
            return refuse_headers(exchange);
        begin_body(exchange, method);
        return MHD_YES;
    case STAGE_BODY:
        if (*upload_bytes == 0)
            return call_handler(exchange);
        if (!collect_body(exchange, upload_data, *upload_bytes))
            return MHD_NO;
        *upload_bytes = 0;
        return MHD_YES;
    case STAGE_ANSWERED:
        return send_answer(exchange);
    case STAGE_HANDLER: /* woken without an answer: its connection was cut */
    case STAGE_DROPPED:
        return MHD_NO;
    }
    return MHD_NO;
}

void http_exchange_completed(void *context, struct MHD_Connection *connection, void **exchange_slot,
                             enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    struct http_exchange *exchange = *exchange_slot;
    *exchange_slot = NULL;
    if (exchange == NULL)
        return;
    if (exchange->stage != STAGE_HANDLER) {
        http_exchange_destroy(exchange);
        return;
    }
    keep_headers(exchange); /* the handler will answer one day; the client will not hear it */
    exchange->client->exchange = NULL;
    exchange->client = NULL;
    exchange->connection = NULL;
}
