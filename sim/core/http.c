/* The daemon and the answers. libmicrohttpd never waits: its epoll descriptor is watched by our
 * loop, and MHD_run() serves whatever is ready. (Its own waits stall when exactly 128*k connections
 * are ready at once.)
 *
 * An answer given while the handler runs leaves at once. Otherwise the connection is suspended, and
 * goes on in our hook at the end of the turn in which the answer came. */
#include "sim/core/http_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* A connection's memory in libmicrohttpd: the request's headers, what it notes about each, and the
 * answer's headers. Below 32 KiB it comes from malloc, from there on from mmap. */
#define CONNECTION_MEMORY_BYTES (SIM_HTTP_HEADERS_MAX_BYTES * 2 - 64)
#define IDLE_TIMEOUT_S          180
#define SWEEP_US                SIM_US_PER_S
#define DESCRIPTORS_WANTED      (SIM_HTTP_CONNECTIONS_MAX + 1024)

void http_reset_socket(int fd)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    if (connect(fd, &nobody, sizeof nobody) != 0) /* Linux: sends a reset to the peer */
        (void)shutdown(fd, SHUT_RDWR);
}

/* --- running --------------------------------------------------------------------------------- */

static void run_daemon(struct sim_http *http)
{
    (void)MHD_run(http->daemon);
}

static void serve(void *context, int fd, unsigned events)
{
    (void)fd;
    (void)events;
    run_daemon(context);
}

static bool wait_ms(struct sim_http *http, unsigned long long *timeout_ms)
{
    return MHD_get_timeout(http->daemon, timeout_ms) == MHD_YES;
}

static uint64_t limit_wait(void *context)
{
    struct sim_http *http = context;
    unsigned long long timeout_ms = 0;
    if (http->waking != NULL)
        return 0;
    uint64_t wait_us = wait_ms(http, &timeout_ms) ? timeout_ms * SIM_US_PER_MS : UINT64_MAX;
    if (http->connection_count == 0)
        return wait_us;
    uint64_t now_us = sim_clock_machine_us();
    uint64_t sweep_us = http->sweep_at_us > now_us ? http->sweep_at_us - now_us : 0;
    return sweep_us < wait_us ? sweep_us : wait_us;
}

void http_wake(struct http_exchange *exchange)
{
    if (exchange->is_waking)
        return;
    exchange->is_waking = true;
    exchange->next_waking = exchange->http->waking;
    exchange->http->waking = exchange;
}

/* Those that were answered first go on first: the list is newest first, so it is turned round. */
static bool resume_waking(struct sim_http *http)
{
    struct http_exchange *oldest = NULL;
    while (http->waking != NULL) {
        struct http_exchange *exchange = http->waking;
        http->waking = exchange->next_waking;
        exchange->next_waking = oldest;
        oldest = exchange;
    }
    bool any = oldest != NULL;
    while (oldest != NULL) {
        struct http_exchange *exchange = oldest;
        oldest = exchange->next_waking;
        exchange->is_waking = false;
        exchange->next_waking = NULL;
        MHD_resume_connection(exchange->connection);
    }
    return any;
}

static void end_turn(void *context)
{
    struct sim_http *http = context;
    unsigned long long timeout_ms = 0;
    uint64_t now_us = sim_clock_machine_us();
    if (now_us >= http->sweep_at_us) {
        http->sweep_at_us = now_us + SWEEP_US;
        http_end_half_closed(http);
    }
    bool any = resume_waking(http);
    if (any || (wait_ms(http, &timeout_ms) && timeout_ms == 0))
        run_daemon(http);
}

/* --- life ------------------------------------------------------------------------------------ */

/* Each client needs a descriptor; the usual soft limit of 1024 is below our named maximum. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS_WANTED)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* with fewer, clients are turned away earlier */
}

/* Paths and queries stay as the client wrote them. */
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static struct MHD_Daemon *start_daemon(struct sim_http *http)
{
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
                     MHD_USE_SUPPRESS_DATE_NO_CLOCK;
    return MHD_start_daemon(flags, 0, NULL, NULL, http_exchange_go_on, http,                     //
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)SIM_HTTP_CONNECTIONS_MAX,     //
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES, //
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,             //
                            MHD_OPTION_URI_LOG_CALLBACK, http_exchange_begin, http,              //
                            MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,                    //
                            MHD_OPTION_NOTIFY_COMPLETED, http_exchange_completed, http,          //
                            MHD_OPTION_NOTIFY_CONNECTION, http_connection_notify, http,
                            MHD_OPTION_END);
}

enum sim_result sim_http_create(struct sim_loop *loop, struct sim_http **http,
                                struct sim_error *error)
{
    PRE(loop != NULL && http != NULL);
    raise_descriptor_limit();
    struct sim_http *fresh = sim_alloc(sizeof *fresh);
    fresh->loop = loop;
    fresh->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    fresh->daemon = start_daemon(fresh);
    enum sim_result result = RESULT_OK;
    if (fresh->daemon == NULL || fresh->reserve_fd < 0) {
        result = sim_error_set(error, RESULT_IO, "http: cannot start: %s", strerror(errno));
    } else {
        const union MHD_DaemonInfo *info =
            MHD_get_daemon_info(fresh->daemon, MHD_DAEMON_INFO_EPOLL_FD);
        result =
            sim_loop_watch(loop, info->epoll_fd, SIM_LOOP_READ, serve, fresh, &fresh->watch, error);
    }
    if (result != RESULT_OK) {
        if (fresh->daemon != NULL)
            MHD_stop_daemon(fresh->daemon);
        if (fresh->reserve_fd >= 0)
            close(fresh->reserve_fd);
        free(fresh);
        return result;
    }
    sim_loop_limit_wait(loop, limit_wait, fresh);
    sim_loop_at_turn_end(loop, end_turn, fresh);
    *http = fresh;
    return RESULT_OK;
}

/* libmicrohttpd must not be stopped while connections are suspended. */
static void drop_open_requests(struct sim_http *http)
{
    for (struct http_exchange *exchange = http->exchanges; exchange != NULL;
         exchange = exchange->next) {
        if (exchange->stage != STAGE_HANDLER)
            continue;
        exchange->stage = STAGE_DROPPED;
        if (exchange->connection != NULL) {
            http_reset_socket(exchange->client->fd);
            http_wake(exchange);
        }
    }
    if (resume_waking(http))
        run_daemon(http);
}

void sim_http_destroy(struct sim_http *http)
{
    if (http == NULL)
        return;
    http->is_ending = true;
    sim_loop_forget(http->loop, http);
    drop_open_requests(http);
    sim_loop_unwatch(http->loop, http->watch);
    MHD_stop_daemon(http->daemon);
    while (http->exchanges != NULL)
        http_exchange_destroy(http->exchanges);
    http_listeners_destroy(http);
    while (http->spare_arena_count > 0)
        sim_arena_destroy(http->spare_arenas[--http->spare_arena_count]);
    close(http->reserve_fd);
    free(http);
}

void sim_http_hold_answers(struct sim_http *http, bool on)
{
    http->holds_answers = on;
}

void sim_http_drop_held(struct sim_http *http)
{
    for (struct http_exchange *exchange = http->waking; exchange != NULL;
         exchange = exchange->next_waking) {
        if (exchange->stage != STAGE_ANSWERED)
            continue;
        exchange->stage = STAGE_DROPPED;
        http_reset_socket(exchange->client->fd);
    }
}

size_t sim_http_open_requests(const struct sim_http *http)
{
    return http->open_requests;
}

/* --- answers --------------------------------------------------------------------------------- */

/* Set by libmicrohttpd from the body it is given. */
static bool is_framing(const char *name)
{
    return strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0 ||
           strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0;
}

static struct MHD_Response *make_response(const struct sim_http_reply *reply)
{
    void *body = (void *)(uintptr_t)(reply->body != NULL ? reply->body : "");
    struct MHD_Response *response = MHD_create_response_from_buffer(
        reply->body_bytes, body,
        reply->is_lasting ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return NULL;
    for (size_t i = 0; i < reply->header_count; i++)
        if (!is_framing(reply->headers[i].name)) /* one with a line break is refused, rightly */
            (void)MHD_add_response_header(response, reply->headers[i].name,
                                          reply->headers[i].value);
    return response;
}

static struct http_exchange *get_open_exchange(struct sim_http_request *request)
{
    struct http_exchange *exchange = (struct http_exchange *)request;
    PRE(exchange->stage == STAGE_HANDLER); /* answered once */
    return exchange;
}

/* The handler has given its verdict; where the client is gone nobody hears it. */
static void leave_handler(struct http_exchange *exchange, enum exchange_stage stage)
{
    exchange->stage = stage;
    exchange->http->open_requests--;
    if (exchange->connection == NULL)
        http_exchange_destroy(exchange);
    else if (!exchange->is_in_handler)
        http_wake(exchange);
}

void sim_http_reply(struct sim_http_request *request, const struct sim_http_reply *reply)
{
    struct http_exchange *exchange = get_open_exchange(request);
    PRE(reply->status >= 200 && reply->status <= 599);
    PRE(reply->header_count <= SIM_HTTP_REPLY_HEADERS_MAX);
    PRE(reply->body != NULL || reply->body_bytes == 0);
    if (exchange->connection != NULL)
        exchange->response = make_response(reply);
    exchange->status = reply->status;
    leave_handler(exchange, exchange->response != NULL ? STAGE_ANSWERED : STAGE_DROPPED);
}

void sim_http_drop(struct sim_http_request *request)
{
    struct http_exchange *exchange = get_open_exchange(request);
    if (exchange->connection != NULL)
        http_reset_socket(exchange->client->fd);
    leave_handler(exchange, STAGE_DROPPED);
}
