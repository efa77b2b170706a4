/* check_probe.c -- the checkers at work: one probe after the other, each an event in the
 * background.
 *
 * A checker waits the interval from the end of one answer to its next request; checkers start at
 * phases of their own. An endpoint that is simulated is asked through the simulated network from
 * the checker's Region; any other by a real request to a loopback address of this machine.
 * Private and loopback addresses are allowed here, other than at AWS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/route53_internal.h"
#include "sim/core/http_client.h"

#define CONNECT_TIMEOUT_US     (UINT64_C(4) * SIM_US_PER_S)
#define STATUS_TIMEOUT_US      (UINT64_C(2) * SIM_US_PER_S)
#define BODY_TIMEOUT_US        (UINT64_C(2) * SIM_US_PER_S)
#define TCP_CONNECT_TIMEOUT_US (UINT64_C(10) * SIM_US_PER_S)
#define SEARCHED_BODY_BYTES    5120

static const char *const timed_out_text =
    "Failure: Connection timed out. The endpoint or the internet connection is down, or requests "
    "are being blocked by your firewall. See https://docs.aws.amazon.com/Route53/latest/"
    "DeveloperGuide/dns-failover-router-firewall-rules.html";

/* One probe under way. It outlives its check when that is deleted meanwhile. */
struct r53_probe {
    struct r53 *r53;
    struct r53_checker *checker; /* NULL: nobody wants to know any more */
    bool holds_clock;
    bool by_name;
    char address[46];
    struct r53_probe *before;
    struct r53_probe *after;
};

static void begin_probe(void *context);

static void schedule(struct r53_checker *checker, uint64_t delay_us)
{
    const struct sim_core *core = checker->check->r53->core;
    checker->event = sim_sched_at_background(core->sched, sim_clock_now_us(core->clock) + delay_us,
                                             begin_probe, checker);
}

static uint64_t interval_us(const struct r53_check *check)
{
    return (uint64_t)wire_integer(check->config, "RequestInterval", 30) * SIM_US_PER_S;
}

static struct r53_probe *new_probe(struct r53_checker *checker)
{
    struct r53 *r53 = checker->check->r53;
    struct r53_probe *probe = sim_alloc(sizeof(*probe));
    probe->r53 = r53;
    probe->checker = checker;
    probe->after = r53->checks.probes;
    if (probe->after != NULL)
        probe->after->before = probe;
    r53->checks.probes = probe;
    checker->probe = probe;
    return probe;
}

static void free_probe(struct r53_probe *probe)
{
    if (probe->before != NULL)
        probe->before->after = probe->after;
    else
        probe->r53->checks.probes = probe->after;
    if (probe->after != NULL)
        probe->after->before = probe->before;
    if (probe->holds_clock)
        sim_hold_release(probe->r53->core->advance);
    free(probe);
}

/* Ends the probe: the checker counts it and waits for the next. */
static void end_probe(struct r53_probe *probe, bool passed, const char *status)
{
    struct r53_checker *checker = probe->checker;
    free_probe(probe);
    if (checker == NULL)
        return;
    checker->probe = NULL;
    schedule(checker, interval_us(checker->check));
    r53_checker_record(checker, passed, status);
}

/* --- what an answer means
 * -------------------------------------------------------------------------
 */

static const char *reason_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {{200, "OK"},
                   {201, "Created"},
                   {204, "No Content"},
                   {301, "Moved Permanently"},
                   {302, "Found"},
                   {304, "Not Modified"},
                   {400, "Bad Request"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {429, "Too Many Requests"},
                   {500, "Internal Server Error"},
                   {502, "Bad Gateway"},
                   {503, "Service Unavailable"},
                   {504, "Gateway Timeout"}};
    for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return status < 300 ? "OK" : "Unknown";
}

static bool body_matches(const struct r53_check *check, const char *body, size_t body_bytes)
{
    const char *search = wire_text(check->config, "SearchString");
    if (body == NULL || search == NULL)
        return false;
    if (body_bytes > SEARCHED_BODY_BYTES)
        body_bytes = SEARCHED_BODY_BYTES;
    return memmem(body, body_bytes, search, strlen(search)) != NULL;
}

static void end_with_status(struct r53_probe *probe, int status, const char *body,
                            size_t body_bytes)
{
    const struct r53_check *check = probe->checker->check;
    bool passed = status >= 200 && status <= 399;
    const char *verdict = passed ? "Success" : "Failure";
    char text[R53_STATUS_BYTES];
    if (check->type->is_tcp) {
        end_probe(probe, true, "Success: Connection established");
        return;
    }
    if (passed && check->type->searches && !body_matches(check, body, body_bytes)) {
        end_probe(probe, false, "Failure: The search string was not found in the response body");
        return;
    }
    if (probe->by_name)
        (void)snprintf(text, sizeof(text), "%s: HTTP Status Code: %d. Resolved IP: %s. %s", verdict,
                       status, probe->address, reason_phrase(status));
    else
        (void)snprintf(text, sizeof(text), "%s: HTTP Status Code %d, %s", verdict, status,
                       reason_phrase(status));
    end_probe(probe, passed, text);
}

static void simulated_done(void *context, const struct sim_endpoint_reply *reply)
{
    struct r53_probe *probe = context;
    if (probe->checker == NULL) {
        end_probe(probe, false, "");
        return;
    }
    switch (reply->transport) {
    case SIM_TRANSPORT_OK:
        end_with_status(probe, reply->status, reply->body,
                        reply->body == NULL ? 0 : strlen(reply->body));
        return;
    case SIM_TRANSPORT_REFUSED:
        end_probe(probe, false, "Failure: Connection refused");
        return;
    case SIM_TRANSPORT_RESET:
        end_probe(probe, false, "Failure: The connection was reset by the endpoint");
        return;
    case SIM_TRANSPORT_TIMED_OUT:
        end_probe(probe, false, timed_out_text);
        return;
    }
}

static void real_done(void *context, const struct sim_fetch_result *result)
{
    struct r53_probe *probe = context;
    if (probe->checker == NULL) {
        end_probe(probe, false, "");
        return;
    }
    switch (result->outcome) {
    case SIM_FETCH_OK:
        end_with_status(probe, result->status, result->body, result->body_bytes);
        return;
    case SIM_FETCH_REFUSED:
        end_probe(probe, false, "Failure: Connection refused");
        return;
    case SIM_FETCH_CONNECT_TIMED_OUT:
        end_probe(probe, false, timed_out_text);
        return;
    case SIM_FETCH_TIMED_OUT:
        end_probe(probe, false,
                  "Failure: The health checker could not establish a connection within the timeout "
                  "limit.");
        return;
    case SIM_FETCH_FAILED:
        end_probe(probe, false,
                  probe->checker->check->type->is_tls
                      ? "Failure: SSL alert handshake_failure"
                      : "Failure: The endpoint did not answer with valid HTTP");
        return;
    }
}

/* --- asking
 * ---------------------------------------------------------------------------------------
 */

/* The address to probe; false: the name has none. */
static bool find_address(struct r53_probe *probe)
{
    const struct r53_checker *checker = probe->checker;
    const cJSON *config = checker->check->config;
    const char *address = wire_text(config, "IPAddress");
    const char *name = wire_text(config, "FullyQualifiedDomainName");
    struct r53_answer answer;
    struct r53_address literal;
    if (address != NULL) {
        (void)snprintf(probe->address, sizeof(probe->address), "%s", address);
        return true;
    }
    if (r53_address_parse(name, &literal)) {
        (void)snprintf(probe->address, sizeof(probe->address), "%s", name);
        return true;
    }
    probe->by_name = true;
    if (strcmp(name, "localhost") == 0) {
        (void)snprintf(probe->address, sizeof(probe->address), "127.0.0.1");
        return true;
    }
    r53_resolve_quietly(probe->r53, name, "A", r53_checker_regions[checker->index / 2], &answer);
    for (size_t i = answer.value_count; i-- > 0;) /* the last: an address behind any CNAMEs */
        if (r53_address_parse(answer.values[i], &literal)) {
            (void)snprintf(probe->address, sizeof(probe->address), "%.45s", answer.values[i]);
            return true;
        }
    return false;
}

static uint64_t total_timeout_us(const struct r53_check_type *type)
{
    if (type->is_tcp)
        return TCP_CONNECT_TIMEOUT_US;
    return CONNECT_TIMEOUT_US + STATUS_TIMEOUT_US + (type->searches ? BODY_TIMEOUT_US : 0);
}

static void host_header(const struct r53_probe *probe, uint16_t port, char *text, size_t bytes)
{
    const struct r53_check *check = probe->checker->check;
    const char *name = wire_text(check->config, "FullyQualifiedDomainName");
    const char *host = name != NULL ? name : probe->address;
    if (port == (check->type->is_tls ? 443 : 80))
        (void)snprintf(text, bytes, "%s", host);
    else
        (void)snprintf(text, bytes, "%s:%u", host, (unsigned)port);
}

static void ask_really(struct r53_probe *probe, uint16_t port, const char *path, const char *host)
{
    struct r53 *r53 = probe->r53;
    const struct r53_check *check = probe->checker->check;
    const bool is_v6 = strchr(probe->address, ':') != NULL;
    char url[512];
    char agent[160];
    struct sim_fetch_options options = {.url = url,
                                        .host_header = host,
                                        .user_agent = agent,
                                        .connect_timeout_us = CONNECT_TIMEOUT_US,
                                        .total_timeout_us = total_timeout_us(check->type),
                                        .body_max_bytes = SEARCHED_BODY_BYTES,
                                        .tcp_only = check->type->is_tcp};
    if (check->type->is_tcp)
        options.connect_timeout_us = TCP_CONNECT_TIMEOUT_US;
    (void)snprintf(url, sizeof(url), "%s://%s%s%s:%u%s", check->type->is_tls ? "https" : "http",
                   is_v6 ? "[" : "", probe->address, is_v6 ? "]" : "", (unsigned)port, path);
    (void)snprintf(agent, sizeof(agent),
                   "Amazon-Route53-Health-Check-Service (ref %s; report http://amzn.to/1vsZADi)",
                   check->id);
    if (sim_clock_mode(r53->core->clock) == SIM_CLOCK_VIRTUAL) {
        probe->holds_clock = true; /* what is outside takes no simulated time */
        sim_hold_take(r53->core->advance, "health check of a real endpoint");
    }
    sim_http_client_fetch(r53->core->http_client, &options, real_done, probe);
}

static void begin_probe(void *context)
{
    struct r53_checker *checker = context;
    struct r53_check *check = checker->check;
    const struct sim_core *core = check->r53->core;
    struct r53_probe *probe = new_probe(checker);
    const char *path = wire_text(check->config, "ResourcePath");
    uint16_t port = (uint16_t)wire_integer(check->config, "Port", 80);
    char host[320];
    struct sim_endpoint_request request = {.method = "GET", .host = host};
    checker->event = 0;
    if (!find_address(probe)) {
        char text[R53_STATUS_BYTES];
        (void)snprintf(text, sizeof(text), "Failure: DNS resolution failed: %.200s has no A record",
                       wire_text(check->config, "FullyQualifiedDomainName"));
        end_probe(probe, false, text);
        return;
    }
    host_header(probe, port, host, sizeof(host));
    request.target = path == NULL ? "/" : path;
    if (sim_endpoint_exists(core->endpoints, probe->address, port))
        sim_endpoint_call(core->endpoints, r53_checker_place(checker), probe->address, port,
                          &request, total_timeout_us(check->type), simulated_done, probe);
    else if (core->http_client != NULL)
        ask_really(probe, port, request.target, host);
    else
        end_probe(probe, false, "Failure: Connection refused");
}

/* --- starting and stopping
 * ------------------------------------------------------------------------
 */

void r53_check_start_probes(struct r53_check *check)
{
    if (check->type->family != R53_CHECK_ENDPOINT || wire_flag(check->config, "Disabled", false))
        return;
    for (size_t i = 0; i < R53_CHECKER_COUNT; i++)
        if (check->checkers[i].is_used)
            schedule(&check->checkers[i],
                     sim_random_below(&check->r53->health, interval_us(check)));
}

void r53_check_stop_probes(struct r53_check *check)
{
    for (size_t i = 0; i < R53_CHECKER_COUNT; i++) {
        struct r53_checker *checker = &check->checkers[i];
        (void)sim_sched_cancel(check->r53->core->sched, checker->event);
        checker->event = 0;
        if (checker->probe != NULL)
            checker->probe->checker = NULL;
        checker->probe = NULL;
    }
}

void r53_probes_destroy(struct r53 *r53)
{
    while (r53->checks.probes != NULL) {
        struct r53_probe *probe = r53->checks.probes;
        if (r53->core->http_client != NULL)
            sim_http_client_forget(r53->core->http_client, probe);
        free_probe(probe);
    }
}
