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
    struct curl_slist *connect_to; /* where packets go, whatever name the URL has */
    void (*slow)(void *context);   /* NULL: not wanted, or told already */
    uint64_t slow_at_us;           /* machine time, as the next */
    uint64_t deadline_us;          /* of the phase it is in; UINT64_MAX: libcurl's own alone */
    uint64_t answer_timeout_us;
    uint64_t body_timeout_us;
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
    uint64_t look_at_us; /* no later than the first deadline or slow call of any fetch */
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
    curl_slist_free_all(fetch->connect_to);
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

static uint64_t handshake_us(const struct fetch *fetch)
{
    uint64_t connect_us = time_info_us(fetch->easy, CURLINFO_CONNECT_TIME_T);
    uint64_t stands_us = time_info_us(fetch->easy, CURLINFO_APPCONNECT_TIME_T);
    return stands_us > connect_us ? stands_us - connect_us : 0;
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
        .handshake_us = handshake_us(fetch),
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
    uint64_t at_us =
        client->call_at_us < client->look_at_us ? client->call_at_us : client->look_at_us;
    if (client->has_refused)
        return 0;
    if (at_us == UINT64_MAX)
        return UINT64_MAX;
    uint64_t now_us = sim_clock_machine_us();
    return at_us > now_us ? at_us - now_us : 0;
}

/* One fetch whose time is up is dealt with: what it calls may add and remove others. */
static bool deal_with_one(struct sim_http_client *client, uint64_t now_us)
{
    for (struct fetch *fetch = client->fetches; fetch != NULL; fetch = fetch->next) {
        if (fetch->easy == NULL || fetch->is_finished)
            continue;
        if (fetch->deadline_us <= now_us) {
            finish(fetch, CURLE_OPERATION_TIMEDOUT);
            return true;
        }
        if (fetch->slow != NULL && fetch->slow_at_us <= now_us) {
            void (*slow)(void *) = fetch->slow;
            fetch->slow = NULL;
            slow(fetch->context);
            return true;
        }
    }
    return false;
}

static void look_at_deadlines(struct sim_http_client *client)
{
    uint64_t now_us = sim_clock_machine_us();
    if (client->look_at_us > now_us)
        return;
    while (deal_with_one(client, now_us))
        continue;
    client->look_at_us = UINT64_MAX;
    for (const struct fetch *fetch = client->fetches; fetch != NULL; fetch = fetch->next) {
        if (fetch->deadline_us < client->look_at_us)
            client->look_at_us = fetch->deadline_us;
        if (fetch->slow != NULL && fetch->slow_at_us < client->look_at_us)
            client->look_at_us = fetch->slow_at_us;
    }
}

static void end_turn(void *context)
{
    struct sim_http_client *client = context;
    hand_out_refused(client);
    look_at_deadlines(client);
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

static void set_deadline(struct fetch *fetch, uint64_t timeout_us)
{
    fetch->deadline_us = timeout_us == 0 ? UINT64_MAX : sim_clock_machine_us() + timeout_us;
    if (fetch->deadline_us < fetch->client->look_at_us)
        fetch->client->look_at_us = fetch->deadline_us;
}

/* Connected: the request goes out now. */
static int note_connected(void *context, char *to, char *from, int to_port, int from_port)
{
    struct fetch *fetch = context;
    (void)to, (void)from, (void)to_port, (void)from_port;
    set_deadline(fetch, fetch->answer_timeout_us);
    return CURL_PREREQFUNC_OK;
}

/* Ends the transfer behind the headers if nobody wants a body. */
static size_t note_header(char *line, size_t size, size_t count, void *context)
{
    struct fetch *fetch = context;
    long status = 0;
    size_t bytes = size * count;
    const bool is_last = bytes <= 2 && (line[0] == '\r' || line[0] == '\n');
    (void)curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
    if (!is_last || status < 200)
        return bytes;
    set_deadline(fetch, fetch->body_timeout_us);
    fetch->is_body_full = fetch->body_max_bytes == 0;
    return fetch->is_body_full ? 0 : bytes;
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

/* The name goes into the handshake; the packets go to the URL's address all the same. */
static bool set_server_name(struct fetch *fetch, const struct sim_fetch_options *options)
{
    CURL *easy = fetch->easy;
    CURLU *url = curl_url();
    char *host = NULL;
    char *text = NULL;
    char to[160];
    bool failed = url == NULL || curl_url_set(url, CURLUPART_URL, options->url, 0) != CURLUE_OK ||
                  curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
                  curl_url_set(url, CURLUPART_HOST, options->server_name, 0) != CURLUE_OK ||
                  curl_url_get(url, CURLUPART_URL, &text, 0) != CURLUE_OK;
    if (!failed) {
        (void)snprintf(to, sizeof to, "::%.128s:", host);
        fetch->connect_to = curl_slist_append(NULL, to);
        failed |= fetch->connect_to == NULL;
        SET(CURLOPT_CONNECT_TO, fetch->connect_to);
        SET(CURLOPT_URL, text);
    }
    curl_free(host);
    curl_free(text);
    curl_url_cleanup(url);
    return !failed;
}

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
    if (!options->tcp_only) {
        SET(CURLOPT_PREREQFUNCTION, note_connected);
        SET(CURLOPT_PREREQDATA, (void *)fetch);
        SET(CURLOPT_HEADERFUNCTION, note_header);
        SET(CURLOPT_HEADERDATA, (void *)fetch);
    }
    if (options->server_name != NULL)
        failed |= !set_server_name(fetch, options);
    if (options->user_agent != NULL)
        SET(CURLOPT_USERAGENT, options->user_agent);
    if (options->body_max_bytes > 0) { /* what is compressed unasked is unpacked all the same */
        SET(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
        fetch->headers = curl_slist_append(NULL, "Accept-Encoding:");
        failed |= fetch->headers == NULL;
        SET(CURLOPT_HTTPHEADER, fetch->headers);
    }
    if (options->host_header != NULL) {
        char header[512];
        int length = snprintf(header, sizeof header, "Host: %s", options->host_header);
        struct curl_slist *longer = curl_slist_append(fetch->headers, header);
        failed |= longer == NULL || length < 0 || (size_t)length >= sizeof header;
        fetch->headers = longer != NULL ? longer : fetch->headers;
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
    fetch->deadline_us = UINT64_MAX;
    fetch->answer_timeout_us = options->answer_timeout_us;
    fetch->body_timeout_us = options->body_timeout_us;
    if (options->slow != NULL) {
        fetch->slow = options->slow;
        fetch->slow_at_us = sim_clock_machine_us() + options->slow_after_us;
        if (fetch->slow_at_us < client->look_at_us)
            client->look_at_us = fetch->slow_at_us;
    }
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
    fresh->look_at_us = UINT64_MAX;
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
