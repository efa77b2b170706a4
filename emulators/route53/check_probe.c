/* check_probe.c -- the checkers at work: one probe after the other, each an event in the
 * background.
 *
 * A checker waits the interval from the end of one answer to its next request; checkers start at
 * phases of their own. An endpoint that is simulated is asked through the simulated network from
 * the checker's Region; any other by a real request to a loopback address of this machine.
 * Private and loopback addresses are allowed here, other than at AWS.
 *
 * On a virtual clock a real answer takes no simulated time: the clock is held. An endpoint that is
 * silent for a moment must not hold it for seconds, though: after GRACE_US of the machine's time
 * the simulation goes on, the next probes start beside this one, and only at the simulated moment
 * when the probe could first time out the clock is held again until the matter is settled. What
 * times out on the machine (after MACHINE_TIMEOUT_US) then counts as the service's own time-out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/route53_internal.h"
#include "sim/core/http_client.h"

#define CONNECT_TIMEOUT_US     (UINT64_C(4) * SIM_US_PER_S)
#define STATUS_TIMEOUT_US      (UINT64_C(2) * SIM_US_PER_S) /* after connecting */
#define BODY_TIMEOUT_US        (UINT64_C(2) * SIM_US_PER_S) /* after the status */
#define TCP_CONNECT_TIMEOUT_US (UINT64_C(10) * SIM_US_PER_S)
#define SEARCHED_BODY_BYTES    5120

#define GRACE_US           (UINT64_C(50) * SIM_US_PER_MS)
#define MACHINE_TIMEOUT_US (UINT64_C(1) * SIM_US_PER_S)
#define MACHINE_TIMEOUT_OF_SILENT_US                                                               \
    (UINT64_C(300) * SIM_US_PER_MS) /* its latest probe timed out */

static const char *const timed_out_text =
    "Failure: Connection timed out. The endpoint or the internet connection is down, or requests "
    "are being blocked by your firewall. See https://docs.aws.amazon.com/Route53/latest/"
    "DeveloperGuide/dns-failover-router-firewall-rules.html";

static const char *const no_answer_text =
    "Failure: The health checker could not establish a connection within the timeout limit.";

/* What a probe found, and how long after its beginning that is certain. */
struct finding {
    bool passed;
    bool is_timeout;
    uint64_t after_us; /* for a real endpoint on a virtual clock; else the clock itself tells */
    struct r53_latency latency;
    char status[R53_STATUS_BYTES];
};

/* One probe under way. It outlives its check when that is deleted meanwhile. */
struct r53_probe {
    struct r53 *r53;
    struct r53_checker *checker; /* NULL: nobody wants to know any more */
    bool is_real;
    bool is_slow; /* real, on a virtual clock: the simulation went on without it */
    bool holds_clock;
    bool by_name;
    bool is_connectable; /* simulated: the way there was open at the beginning */
    char address[46];
    uint64_t began_us;
    uint64_t event; /* the moment to hold the clock, or when the finding counts; 0: none */
    struct finding finding;
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
    probe->began_us = sim_clock_now_us(r53->core->clock);
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
    (void)sim_sched_cancel(probe->r53->core->sched, probe->event);
    if (probe->holds_clock)
        sim_hold_release(probe->r53->core->advance);
    free(probe);
}

/* Ends the probe: the checker counts what was found and waits for the next. */
static void end_probe(struct r53_probe *probe)
{
    struct r53_checker *checker = probe->checker;
    const struct finding finding = probe->finding;
    free_probe(probe);
    if (checker == NULL)
        return;
    checker->probe = NULL;
    schedule(checker, interval_us(checker->check));
    if (finding.latency.first_byte_us > 0 ||
        (checker->check->type->is_tcp && finding.passed && finding.latency.connect_us > 0))
        r53_metrics_record_latency(checker, &finding.latency);
    r53_checker_record(checker, finding.passed, finding.status);
}

static void find(struct r53_probe *probe, bool passed, const char *status)
{
    probe->finding.passed = passed;
    (void)snprintf(probe->finding.status, sizeof(probe->finding.status), "%s", status);
}

static void find_timeout(struct r53_probe *probe, uint64_t after_us, const char *status)
{
    find(probe, false, status);
    probe->finding.is_timeout = true;
    probe->finding.after_us = after_us;
}

static void end_failed(struct r53_probe *probe, const char *status)
{
    find(probe, false, status);
    end_probe(probe);
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

static void find_status(struct r53_probe *probe, int status, const char *body, size_t body_bytes)
{
    const struct r53_check *check = probe->checker->check;
    bool passed = status >= 200 && status <= 399;
    const char *verdict = passed ? "Success" : "Failure";
    char text[R53_STATUS_BYTES];
    if (check->type->is_tcp) {
        find(probe, true, "Success: Connection established");
        return;
    }
    if (passed && check->type->searches && !body_matches(check, body, body_bytes)) {
        find(probe, false, "Failure: The search string was not found in the response body");
        return;
    }
    if (probe->by_name)
        (void)snprintf(text, sizeof(text), "%s: HTTP Status Code: %d. Resolved IP: %s. %s", verdict,
                       status, probe->address, reason_phrase(status));
    else
        (void)snprintf(text, sizeof(text), "%s: HTTP Status Code %d, %s", verdict, status,
                       reason_phrase(status));
    find(probe, passed, text);
}

/* --- a simulated endpoint's answer
 * ---------------------------------------------------------------------------------------
 */

static void simulated_done(void *context, const struct sim_endpoint_reply *reply)
{
    struct r53_probe *probe = context;
    uint64_t took_us = sim_clock_now_us(probe->r53->core->clock) - probe->began_us;
    if (probe->checker == NULL) {
        end_probe(probe);
        return;
    }
    switch (reply->transport) {
    case SIM_TRANSPORT_OK:
        probe->finding.latency.first_byte_us = took_us;
        find_status(probe, reply->status, reply->body,
                    reply->body == NULL ? 0 : strlen(reply->body));
        break;
    case SIM_TRANSPORT_REFUSED:
        find(probe, false, "Failure: Connection refused");
        break;
    case SIM_TRANSPORT_RESET:
        find(probe, false, "Failure: The connection was reset by the endpoint");
        break;
    case SIM_TRANSPORT_TIMED_OUT:
        find(probe, false, probe->is_connectable ? no_answer_text : timed_out_text);
        break;
    }
    end_probe(probe);
}

/* --- a real endpoint's answer
 * ---------------------------------------------------------------------------------------
 */

static void find_real(struct r53_probe *probe, const struct sim_fetch_result *result)
{
    const struct r53_check_type *type = probe->checker->check->type;
    const bool is_virtual = sim_clock_mode(probe->r53->core->clock) == SIM_CLOCK_VIRTUAL;
    switch (result->outcome) {
    case SIM_FETCH_OK:
        find_status(probe, result->status, result->body, result->body_bytes);
        if (!is_virtual) /* there it took no time at all */
            probe->finding.latency = (struct r53_latency){.connect_us = result->connect_us,
                                                          .handshake_us = result->handshake_us,
                                                          .first_byte_us = result->first_byte_us};
        return;
    case SIM_FETCH_REFUSED:
        find(probe, false, "Failure: Connection refused");
        return;
    case SIM_FETCH_CONNECT_TIMED_OUT:
        find_timeout(probe, type->is_tcp ? TCP_CONNECT_TIMEOUT_US : CONNECT_TIMEOUT_US,
                     timed_out_text);
        return;
    case SIM_FETCH_TIMED_OUT:
        find_timeout(probe, STATUS_TIMEOUT_US + (result->status != 0 ? BODY_TIMEOUT_US : 0),
                     no_answer_text);
        return;
    case SIM_FETCH_FAILED:
        find(probe, false,
             type->is_tls ? "Failure: SSL alert handshake_failure"
                          : "Failure: The endpoint did not answer with valid HTTP");
        return;
    }
}

/* The first simulated moment at which a silent endpoint can have timed out. */
static uint64_t first_timeout_us(const struct r53_probe *probe)
{
    return probe->checker->check->type->is_tcp ? TCP_CONNECT_TIMEOUT_US : STATUS_TIMEOUT_US;
}

static void settle_event(void *context)
{
    struct r53_probe *probe = context;
    probe->event = 0;
    end_probe(probe);
}

/* The clock may go on until the finding counts. */
static void settle_later(struct r53_probe *probe)
{
    const struct sim_core *core = probe->r53->core;
    const uint64_t due_us = probe->began_us + probe->finding.after_us;
    if (due_us <= sim_clock_now_us(core->clock)) {
        end_probe(probe);
        return;
    }
    (void)sim_sched_cancel(core->sched, probe->event);
    probe->event = sim_sched_at_background(core->sched, due_us, settle_event, probe);
    if (probe->holds_clock)
        sim_hold_release(core->advance);
    probe->holds_clock = false;
}

static void real_done(void *context, const struct sim_fetch_result *result)
{
    struct r53_probe *probe = context;
    CHECK(probe->checker != NULL); /* stopped probes are forgotten */
    find_real(probe, result);
    probe->checker->check->is_silent = probe->finding.is_timeout;
    if (probe->is_slow && !probe->finding.is_timeout)
        probe->finding.after_us = first_timeout_us(probe);
    if (sim_clock_mode(probe->r53->core->clock) == SIM_CLOCK_VIRTUAL)
        settle_later(probe);
    else
        end_probe(probe);
}

static void hold_clock(struct r53_probe *probe)
{
    probe->holds_clock = true;
    sim_hold_take(probe->r53->core->advance, "health check of a real endpoint");
}

static void hold_again(void *context)
{
    struct r53_probe *probe = context;
    probe->event = 0;
    hold_clock(probe);
}

static void real_slow(void *context)
{
    struct r53_probe *probe = context;
    const struct sim_core *core = probe->r53->core;
    probe->is_slow = true;
    probe->event = sim_sched_at_background(core->sched, probe->began_us + first_timeout_us(probe),
                                           hold_again, probe);
    probe->holds_clock = false;
    sim_hold_release(core->advance);
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

/* The service's own time-outs; on a virtual clock the machine's. */
static void set_timeouts(struct sim_fetch_options *options, const struct r53_check *check,
                         bool is_virtual)
{
    const uint64_t machine_us =
        check->is_silent ? MACHINE_TIMEOUT_OF_SILENT_US : MACHINE_TIMEOUT_US;
    const uint64_t connect_us = check->type->is_tcp ? TCP_CONNECT_TIMEOUT_US : CONNECT_TIMEOUT_US;
    options->connect_timeout_us = is_virtual ? machine_us : connect_us;
    options->answer_timeout_us = is_virtual ? machine_us : STATUS_TIMEOUT_US;
    options->body_timeout_us = is_virtual ? machine_us : BODY_TIMEOUT_US;
    options->total_timeout_us =
        options->connect_timeout_us + options->answer_timeout_us + options->body_timeout_us;
    if (is_virtual) {
        options->slow = real_slow;
        options->slow_after_us = GRACE_US;
    }
}

static void ask_really(struct r53_probe *probe, uint16_t port, const char *path, const char *host)
{
    struct r53 *r53 = probe->r53;
    const struct r53_check *check = probe->checker->check;
    const bool is_v6 = strchr(probe->address, ':') != NULL;
    const bool is_virtual = sim_clock_mode(r53->core->clock) == SIM_CLOCK_VIRTUAL;
    char url[512];
    char agent[160];
    struct sim_fetch_options options = {.url = url,
                                        .host_header = host,
                                        .user_agent = agent,
                                        .body_max_bytes =
                                            check->type->searches ? SEARCHED_BODY_BYTES : 0,
                                        .tcp_only = check->type->is_tcp};
    set_timeouts(&options, check, is_virtual);
    if (check->type->is_tls && wire_flag(check->config, "EnableSNI", false))
        options.server_name = wire_text(check->config, "FullyQualifiedDomainName");
    (void)snprintf(url, sizeof(url), "%s://%s%s%s:%u%s", check->type->is_tls ? "https" : "http",
                   is_v6 ? "[" : "", probe->address, is_v6 ? "]" : "", (unsigned)port, path);
    (void)snprintf(agent, sizeof(agent),
                   "Amazon-Route53-Health-Check-Service (ref %s; report http://amzn.to/1vsZADi)",
                   check->id);
    probe->is_real = true;
    if (is_virtual)
        hold_clock(probe);
    sim_http_client_fetch(r53->core->http_client, &options, real_done, probe);
}

/* Only a connection: no request that anybody would have to answer. */
static void connect_simulated(struct r53_probe *probe, const struct sim_region *from,
                              const struct sim_region *to)
{
    const struct sim_core *core = probe->r53->core;
    uint64_t after_us = TCP_CONNECT_TIMEOUT_US;
    if (from == NULL || to == NULL) {
        find(probe, true, "Success: Connection established");
        after_us = 0;
    } else if (probe->is_connectable || (from->down_count == 0 && to->down_count > 0)) {
        after_us = sim_network_latency_us(core->network, from, to) +
                   sim_network_latency_us(core->network, to, from);
        probe->finding.latency.connect_us = after_us;
        find(probe, probe->is_connectable,
             probe->is_connectable ? "Success: Connection established"
                                   : "Failure: Connection refused");
    }
    if (after_us >= TCP_CONNECT_TIMEOUT_US) {
        after_us = TCP_CONNECT_TIMEOUT_US;
        find(probe, false, timed_out_text);
    }
    probe->event =
        sim_sched_at_background(core->sched, probe->began_us + after_us, settle_event, probe);
}

static uint64_t round_trip_us(struct sim_network *network, const struct sim_region *from,
                              const struct sim_region *to)
{
    return sim_lag_typical_us(&sim_network_link_get(network, from, to)->latency) +
           sim_lag_typical_us(&sim_network_link_get(network, to, from)->latency);
}

/* Whether the way is open, and what connecting takes. */
static void look_at_the_way(struct r53_probe *probe, const struct sim_region *from,
                            const struct sim_region *to)
{
    struct sim_network *network = probe->r53->core->network;
    probe->is_connectable = true;
    if (from == NULL || to == NULL)
        return;
    probe->finding.latency.connect_us = round_trip_us(network, from, to);
    probe->is_connectable = sim_network_is_reachable(network, from, to) &&
                            sim_network_is_reachable(network, to, from) &&
                            (probe->checker->check->type->is_tcp ||
                             probe->finding.latency.connect_us < CONNECT_TIMEOUT_US);
}

static void ask_simulated(struct r53_probe *probe, uint16_t port,
                          const struct sim_endpoint_request *request)
{
    const struct sim_core *core = probe->r53->core;
    const struct r53_check_type *type = probe->checker->check->type;
    const struct sim_region *from = r53_checker_place(probe->checker);
    const struct sim_region *to = sim_endpoint_region(core->endpoints, probe->address, port);
    uint64_t timeout_us = CONNECT_TIMEOUT_US;
    look_at_the_way(probe, from, to);
    if (probe->is_connectable)
        timeout_us = STATUS_TIMEOUT_US + (type->searches ? BODY_TIMEOUT_US : 0);
    if (type->is_tcp)
        connect_simulated(probe, from, to);
    else
        sim_endpoint_call(core->endpoints, from, probe->address, port, request, timeout_us,
                          simulated_done, probe);
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
        end_failed(probe, text);
        return;
    }
    host_header(probe, port, host, sizeof(host));
    request.target = path == NULL ? "/" : path;
    if (sim_endpoint_exists(core->endpoints, probe->address, port))
        ask_simulated(probe, port, &request);
    else if (core->http_client != NULL)
        ask_really(probe, port, request.target, host);
    else
        end_failed(probe, "Failure: Connection refused");
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

/* Nobody wants to know. What the simulated network still carries ends by itself. */
static void leave_probe(struct r53_probe *probe)
{
    const struct sim_core *core = probe->r53->core;
    const bool is_carried = !probe->is_real && !probe->checker->check->type->is_tcp;
    probe->checker = NULL;
    if (is_carried)
        return;
    if (probe->is_real && core->http_client != NULL)
        sim_http_client_forget(core->http_client, probe);
    free_probe(probe);
}

void r53_check_stop_probes(struct r53_check *check)
{
    for (size_t i = 0; i < R53_CHECKER_COUNT; i++) {
        struct r53_checker *checker = &check->checkers[i];
        (void)sim_sched_cancel(check->r53->core->sched, checker->event);
        checker->event = 0;
        if (checker->probe != NULL)
            leave_probe(checker->probe);
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
