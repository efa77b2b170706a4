/* libcurl tells which sockets to watch and when to call it again; the loop does both. libcurl
 * starts at the first fetch: until then a client costs nothing. Results are handed out between
 * libcurl's calls, never inside one, so that a done function may fetch again or forget others. */
#include "sim/core/http_client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/core/buffer.h"
#include "sim/core/clock.h"

struct fetch {
    struct sim_http_client *client;
    CURL *easy; /* NULL: refused before libcurl heard of it */
    struct curl_slist *headers;
    sim_fetch_done *done;
    void *context;
    struct sim_buffer body;
    size_t body_max_bytes;
    bool is_finished;  /* its done is being called: cannot be forgotten any more */
    bool is_body_full; /* the rest is not wanted: the transfer was ended */
    char detail[CURL_ERROR_SIZE];
    struct fetch *previous;
    struct fetch *next;
};

struct sim_http_client {
    struct sim_loop *loop;
    CURLM *multi; /* NULL until the first fetch */
    struct fetch *fetches;
    uint64_t call_at_us; /* by the machine's clock: when libcurl wants to be called */
    bool has_refused;    /* some fetch ends without libcurl */
};

/* --- only this machine ------------------------------------------------------------------------ */

static bool is_loopback_v4(const struct in_addr *address)
{
    return ntohl(address->s_addr) >> 24 == 127;
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return is_loopback_v4(&((const struct sockaddr_in *)(const void *)address)->sin_addr);
    if (address->sa_family != AF_INET6)
        return false;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/* Names are not looked up ("localhost" is known without), so that no DNS packet leaves either. */
static bool is_loopback_host(const char *host)
{
    struct in_addr v4;
    if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, host, &v4) == 1 && is_loopback_v4(&v4);
}

static bool is_allowed_url(const char *text)
{
    char *scheme = NULL;
    char *host = NULL;
    CURLU *url = curl_url();
    bool is_allowed = url != NULL && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
                      curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                      (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
                      curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                      is_loopback_host(host);
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(url);
    return is_allowed;
}

/* The second lock on the same door: whatever the URL said, this is where the packets would go. */
static curl_socket_t open_loopback_socket(void *context, curlsocktype purpose,
                                          struct curl_sockaddr *address)
{
    (void)context;
    (void)purpose;
    if (!is_loopback(&address->addr))
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  address->protocol);
}

/* --- results --------------------------------------------------------------------------------- */

static void destroy_fetch(struct fetch *fetch)
{
    struct sim_http_client *client = fetch->client;
    if (fetch->previous != NULL)
        fetch->previous->next = fetch->next;
    else
        client->fetches = fetch->next;
    if (fetch->next != NULL)
        fetch->next->previous = fetch->previous;
    if (fetch->easy != NULL) {
        (void)curl_multi_remove_handle(client->multi, fetch->easy);
        curl_easy_cleanup(fetch->easy);
    }
    curl_slist_free_all(fetch->headers);
    sim_buffer_fini(&fetch->body);
    free(fetch);
}

static uint64_t time_info_us(CURL *easy, CURLINFO info)
{
    curl_off_t time_us = 0;
    if (curl_easy_getinfo(easy, info, &time_us) != CURLE_OK || time_us < 0)
        return 0;
    return (uint64_t)time_us;
}

static enum sim_fetch_outcome outcome_of(const struct fetch *fetch, CURLcode code,
                                         uint64_t connect_us)
{
    switch ((int)code) {
    case CURLE_OK:
        return SIM_FETCH_OK;
    case CURLE_COULDNT_CONNECT:
        return SIM_FETCH_REFUSED;
    case CURLE_OPERATION_TIMEDOUT:
        return connect_us == 0 ? SIM_FETCH_CONNECT_TIMED_OUT : SIM_FETCH_TIMED_OUT;
    case CURLE_WRITE_ERROR:
        return fetch->is_body_full ? SIM_FETCH_OK : SIM_FETCH_FAILED;
    default:
        return SIM_FETCH_FAILED;
    }
}

static void finish(struct fetch *fetch, CURLcode code)
{
    long status = 0;
    (void)curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
    struct sim_fetch_result result = {
        .status = (int)status,
        .body = fetch->body.length_bytes > 0 ? fetch->body.data : "",
        .body_bytes = fetch->body.length_bytes,
        .connect_us = time_info_us(fetch->easy, CURLINFO_CONNECT_TIME_T),
        .first_byte_us = time_info_us(fetch->easy, CURLINFO_STARTTRANSFER_TIME_T),
        .detail = fetch->detail[0] != '\0' ? fetch->detail : curl_easy_strerror(code),
    };
    result.outcome = outcome_of(fetch, code, result.connect_us);
    if (result.outcome == SIM_FETCH_OK)
        result.detail = "";
    fetch->is_finished = true;
    fetch->done(fetch->context, &result);
    destroy_fetch(fetch);
}

static void refuse(struct fetch *fetch)
{
    const struct sim_fetch_result result = {
        .outcome = SIM_FETCH_REFUSED,
        .body = "",
        .detail = fetch->detail,
    };
    fetch->is_finished = true;
    fetch->done(fetch->context, &result);
    destroy_fetch(fetch);
}

/* done() may add and remove fetches, so each look starts from the front. */
static void hand_out_refused(struct sim_http_client *client)
{
    while (client->has_refused) {
        struct fetch *fetch = client->fetches;
        while (fetch != NULL && fetch->easy != NULL)
            fetch = fetch->next;
        client->has_refused = fetch != NULL;
        if (fetch != NULL)
            refuse(fetch);
    }
}

static void hand_out_finished(struct sim_http_client *client)
{
    int left = 0;
    CURLMsg *message = NULL;
    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        char *owner = NULL;
        CURLcode code = message->data.result;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
        finish((struct fetch *)(void *)owner, code);
    }
}

/* --- between libcurl and the loop ------------------------------------------------------------ */

static void serve_socket(void *context, int fd, unsigned events)
{
    struct sim_http_client *client = context;
    int running = 0;
    int ready = (events & SIM_LOOP_READ ? CURL_CSELECT_IN : 0) |
                (events & SIM_LOOP_WRITE ? CURL_CSELECT_OUT : 0);
    (void)curl_multi_socket_action(client->multi, fd, ready, &running);
    hand_out_finished(client);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int wanted, void *context, void *slot)
{
    (void)easy;
    struct sim_http_client *client = context;
    struct sim_watch *watch = slot;
    if (wanted == CURL_POLL_REMOVE) {
        sim_loop_unwatch(client->loop, watch);
        (void)curl_multi_assign(client->multi, fd, NULL);
        return 0;
    }
    unsigned events =
        (wanted & CURL_POLL_IN ? SIM_LOOP_READ : 0) | (wanted & CURL_POLL_OUT ? SIM_LOOP_WRITE : 0);
    if (watch != NULL) {
        sim_loop_rewatch(client->loop, watch, events);
        return 0;
    }
    if (sim_loop_watch(client->loop, fd, events, serve_socket, client, &watch, NULL) != RESULT_OK)
        return -1; /* the transfer fails */
    (void)curl_multi_assign(client->multi, fd, watch);
    return 0;
}

static int set_timer(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    struct sim_http_client *client = context;
    client->call_at_us =
        timeout_ms < 0 ? UINT64_MAX : sim_clock_machine_us() + (uint64_t)timeout_ms * SIM_US_PER_MS;
    return 0;
}

static uint64_t limit_wait(void *context)
{
    const struct sim_http_client *client = context;
    if (client->has_refused)
        return 0;
    if (client->call_at_us == UINT64_MAX)
        return UINT64_MAX;
    uint64_t now_us = sim_clock_machine_us();
    return client->call_at_us > now_us ? client->call_at_us - now_us : 0;
}

static void end_turn(void *context)
{
    struct sim_http_client *client = context;
    hand_out_refused(client);
    if (client->call_at_us == UINT64_MAX || client->call_at_us > sim_clock_machine_us())
        return;
    int running = 0;
    client->call_at_us = UINT64_MAX;
    (void)curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    hand_out_finished(client);
}

/* --- fetching -------------------------------------------------------------------------------- */

static size_t keep_body(char *data, size_t size, size_t count, void *context)
{
    struct fetch *fetch = context;
    size_t bytes = size * count;
    size_t room_bytes = fetch->body_max_bytes - fetch->body.length_bytes;
    size_t kept_bytes = bytes < room_bytes ? bytes : room_bytes;
    sim_buffer_append(&fetch->body, data, kept_bytes);
    fetch->is_body_full = kept_bytes < bytes;
    return kept_bytes;
}

static long timeout_ms(uint64_t timeout_us)
{
    uint64_t rounded_ms = timeout_us / SIM_US_PER_MS + (timeout_us % SIM_US_PER_MS != 0);
    return rounded_ms < INT32_MAX ? (long)rounded_ms : INT32_MAX;
}

/* A line break would smuggle in headers of its own. */
static bool is_one_line(const char *text)
{
    return text == NULL || text[strcspn(text, "\r\n")] == '\0';
}

/* Each option is accepted by the libcurl that we are built against: only memory can fail it. */
#define SET(option, value) failed |= curl_easy_setopt(easy, option, value) != CURLE_OK

static bool set_up_easy(struct fetch *fetch, const struct sim_fetch_options *options)
{
    CURL *easy = fetch->easy;
    bool failed = !is_one_line(options->host_header) || !is_one_line(options->user_agent);
    SET(CURLOPT_URL, options->url);
    SET(CURLOPT_PRIVATE, (void *)fetch);
    SET(CURLOPT_ERRORBUFFER, fetch->detail);
    SET(CURLOPT_WRITEFUNCTION, keep_body);
    SET(CURLOPT_WRITEDATA, (void *)fetch);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_loopback_socket);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_FRESH_CONNECT, 1L);
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_SSL_VERIFYPEER, 0L); /* a health check looks at the answer, not at its signature */
    SET(CURLOPT_SSL_VERIFYHOST, 0L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, timeout_ms(options->connect_timeout_us));
    SET(CURLOPT_TIMEOUT_MS, timeout_ms(options->total_timeout_us));
    SET(CURLOPT_CONNECT_ONLY, options->tcp_only ? 1L : 0L);
    if (options->user_agent != NULL)
        SET(CURLOPT_USERAGENT, options->user_agent);
    if (options->host_header != NULL) {
        char header[512];
        int length = snprintf(header, sizeof header, "Host: %s", options->host_header);
        fetch->headers = curl_slist_append(NULL, header);
        failed |= fetch->headers == NULL || length < 0 || (size_t)length >= sizeof header;
        SET(CURLOPT_HTTPHEADER, fetch->headers);
    }
    return !failed;
}

static bool start_curl(struct sim_http_client *client)
{
    if (client->multi != NULL)
        return true;
    if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
        return false;
    CURLM *multi = curl_multi_init();
    if (multi == NULL) {
        curl_global_cleanup();
        return false;
    }
    (void)curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    (void)curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, (void *)client);
    (void)curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    (void)curl_multi_setopt(multi, CURLMOPT_TIMERDATA, (void *)client);
    client->multi = multi;
    return true;
}

/* False: nothing is under way, and detail says why. */
static bool start_transfer(struct fetch *fetch, const struct sim_fetch_options *options)
{
    struct sim_http_client *client = fetch->client;
    if (!start_curl(client)) {
        snprintf(fetch->detail, sizeof fetch->detail, "libcurl cannot start");
        return false;
    }
    if (!is_allowed_url(options->url)) {
        snprintf(fetch->detail, sizeof fetch->detail,
                 "\"%.160s\" is not an http or https URL of a loopback address", options->url);
        return false;
    }
    fetch->easy = curl_easy_init();
    if (fetch->easy != NULL && set_up_easy(fetch, options) &&
        curl_multi_add_handle(client->multi, fetch->easy) == CURLM_OK)
        return true;
    curl_easy_cleanup(fetch->easy);
    fetch->easy = NULL;
    snprintf(fetch->detail, sizeof fetch->detail, "libcurl cannot fetch \"%.160s\"", options->url);
    return false;
}

void sim_http_client_fetch(struct sim_http_client *client, const struct sim_fetch_options *options,
                           sim_fetch_done *done, void *context)
{
    PRE(client != NULL && options != NULL && options->url != NULL && done != NULL);
    struct fetch *fetch = sim_alloc(sizeof *fetch);
    fetch->client = client;
    fetch->done = done;
    fetch->context = context;
    fetch->body_max_bytes = options->body_max_bytes;
    fetch->next = client->fetches;
    if (fetch->next != NULL)
        fetch->next->previous = fetch;
    client->fetches = fetch;
    if (!start_transfer(fetch, options))
        client->has_refused = true;
}

void sim_http_client_forget(struct sim_http_client *client, const void *context)
{
    struct fetch *fetch = client->fetches;
    while (fetch != NULL) {
        struct fetch *next = fetch->next;
        if (fetch->context == context && !fetch->is_finished)
            destroy_fetch(fetch);
        fetch = next;
    }
}

/* --- life ------------------------------------------------------------------------------------ */

enum sim_result sim_http_client_create(struct sim_loop *loop, struct sim_http_client **client,
                                       struct sim_error *error)
{
    (void)error; /* nothing is opened before the first fetch */
    PRE(loop != NULL && client != NULL);
    struct sim_http_client *fresh = sim_alloc(sizeof *fresh);
    fresh->loop = loop;
    fresh->call_at_us = UINT64_MAX;
    sim_loop_limit_wait(loop, limit_wait, fresh);
    sim_loop_at_turn_end(loop, end_turn, fresh);
    *client = fresh;
    return RESULT_OK;
}

void sim_http_client_destroy(struct sim_http_client *client)
{
    if (client == NULL)
        return;
    sim_loop_forget(client->loop, client);
    while (client->fetches != NULL)
        destroy_fetch(client->fetches);
    if (client->multi != NULL) {
        (void)curl_multi_cleanup(client->multi);
        curl_global_cleanup();
    }
    free(client);
}
