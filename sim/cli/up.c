/* regionlab up: a world for real clients. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/cli/options.h"
#include "sim/cli/server.h"
#include "sim/core/duration.h"

#define SCALE_MAX UINT64_C(100000)

static const char help_text[] =
    "usage: regionlab up [OPTION...]\n"
    "\n"
    "Serves a world to real clients (AWS CLI, SDKs, Terraform, dig) until SIGINT or SIGTERM. "
    "Prints\n"
    "what listens where, the lines to export, and last the line \"Ready.\".\n"
    "\n"
    "  --world NAME|FILE     built-in world or a world file (default two-region-orders)\n"
    "  --port N              AWS API (default 4566); 0 takes free ports for everything\n"
    "  --dns-port N          DNS, UDP and TCP (default 5300)\n"
    "  --dns-rate N          DNS answers a second to one client network by UDP, 0: no bound\n"
    "                        (default 200000)\n"
    "  --resolver N          a caching resolver on this port, in front of the DNS\n"
    "  --resolver-policy P   honours (default), ignores or pins TTLs, minimum=30s, maximum=5m,\n"
    "                        negative=15m, prefetch: as many as wanted, with commas between\n"
    "  --app-port N          applications, on each Region's address (default 8080)\n"
    "  --cluster-port N      the first of the five cluster endpoints (default 4571)\n"
    "  --listen ADDRESS      instead of the loopbacks 127.0.0.1 and ::1\n"
    "  --clock real|virtual  virtual: time moves only by \"regionlab ctl clock advance\"\n"
    "  --scale N             simulated time runs N times as fast\n"
    "  --data DIR            keep everything in this directory, and find it there again; what was\n"
    "                        answered survives kill -9\n"
    "  --durability LEVEL    full: survives a power failure as well, normal (default): the last\n"
    "                        moments may be missing after one, off: one may damage the files\n"
    "  --seed N              ids, lags and choices repeat for a seed (default: a fresh one)\n"
    "  --transient-delay D   how long CREATING, UPDATING, DELETING last (default: the world's, 0s\n"
    "                        on a virtual clock, else 500ms)\n"
    "  --expiry-delay D..D   how long after its time an expired item goes (default 10m..30m)\n"
    "  --service-times       requests take the service's time, so that transactions can overlap\n"
    "  --verify-signatures   refuse unknown access keys and wrong signatures; without it any key\n"
    "                        works. Known are the world file's access_keys, and test/test\n"
    "  --no-throttling       tables never refuse what exceeds their throughput\n"
    "  --trace FILE          write every event as a JSON line\n"
    "  --ready-file FILE     written once everything listens: KEY=VALUE lines with the ports\n"
    "\n"
    "Exit codes: 0 ended by a signal, 1 a port or the data directory is taken, or a socket or\n"
    "the disk failed, 2 bad usage or a bad\n"
    "world file.\n";

struct up_arguments {
    struct server_options server;
    const char *clock;
    uint64_t scale;
    bool has_scale, has_seed, has_dns_port, has_application_port, has_cluster_port;
    const char *transient_delay; /* NULL: not given */
    const char *expiry_delay;
    const char *ready_path;
    const char *trace_path;
    const char *durability;
    const char *resolver_policy;
    struct cli_operands operands;
    bool help;
};

static int arguments_parse(int argument_count, char **values, struct up_arguments *arguments)
{
    struct server_options *server = &arguments->server;
    const struct cli_option options[] = {
        {.name = "world", .kind = CLI_TEXT, .target = &server->world},
        {.name = "port", .kind = CLI_NUMBER, .max = 65535, .target = &server->port},
        {"dns-port", CLI_NUMBER, 65535, &server->dns_port, &arguments->has_dns_port},
        {"dns-rate", CLI_NUMBER, 10000000, &server->dns_rate, &server->has_dns_rate},
        {"resolver", CLI_NUMBER, 65535, &server->resolver_port, &server->has_resolver},
        {.name = "resolver-policy", .kind = CLI_TEXT, .target = &arguments->resolver_policy},
        {"app-port", CLI_NUMBER, 65535, &server->application_port,
         &arguments->has_application_port},
        {"cluster-port", CLI_NUMBER, 65531, &server->cluster_port, &arguments->has_cluster_port},
        {.name = "listen", .kind = CLI_TEXT, .target = &server->listen},
        {.name = "clock", .kind = CLI_TEXT, .target = &arguments->clock},
        {"scale", CLI_NUMBER, SCALE_MAX, &arguments->scale, &arguments->has_scale},
        {.name = "data", .kind = CLI_TEXT, .target = &server->data.directory},
        {.name = "durability", .kind = CLI_TEXT, .target = &arguments->durability},
        {"seed", CLI_NUMBER, UINT64_MAX, &server->seed, &arguments->has_seed},
        {.name = "transient-delay", .kind = CLI_TEXT, .target = &arguments->transient_delay},
        {.name = "expiry-delay", .kind = CLI_TEXT, .target = &arguments->expiry_delay},
        {.name = "service-times", .kind = CLI_FLAG, .target = &server->timings.service_times},
        {.name = "verify-signatures", .kind = CLI_FLAG, .target = &server->verifies_signatures},
        {.name = "no-throttling", .kind = CLI_FLAG, .target = &server->never_throttles},
        {.name = "trace", .kind = CLI_TEXT, .target = &arguments->trace_path},
        {.name = "ready-file", .kind = CLI_TEXT, .target = &arguments->ready_path},
    };
    return cli_options_parse(&cli_up, argument_count, values, options, ARRAY_LEN(options),
                             &arguments->operands, &arguments->help);
}

static int clock_choose(struct up_arguments *arguments)
{
    struct sim_clock_options *clock = &arguments->server.clock;
    if (strcmp(arguments->clock, "virtual") == 0)
        clock->mode = SIM_CLOCK_VIRTUAL;
    else if (strcmp(arguments->clock, "real") != 0)
        return cli_usage_error(&cli_up, "--clock is real or virtual, not \"%s\"", arguments->clock);
    if (!arguments->has_scale)
        return CLI_EXIT_OK;
    if (clock->mode == SIM_CLOCK_VIRTUAL || arguments->scale == 0)
        return cli_usage_error(&cli_up, "--scale is 1 to 100000, and not for a virtual clock");
    clock->mode = SIM_CLOCK_SCALED;
    clock->scale_ppm = arguments->scale * SIM_PPM;
    return CLI_EXIT_OK;
}

static int timings_choose(struct up_arguments *arguments)
{
    struct topo_timing_choices *timings = &arguments->server.timings;
    struct sim_error error;
    timings->has_transient = arguments->transient_delay != NULL;
    timings->has_expiry = arguments->expiry_delay != NULL;
    if (timings->has_transient &&
        sim_duration_parse(arguments->transient_delay, &timings->transient_us, &error) != RESULT_OK)
        return cli_usage_error(&cli_up, "--transient-delay: %s", error.message);
    if (timings->has_expiry &&
        sim_duration_range_parse(arguments->expiry_delay, &timings->expiry_least_us,
                                 &timings->expiry_most_us, &error) != RESULT_OK)
        return cli_usage_error(&cli_up, "--expiry-delay: %s", error.message);
    return CLI_EXIT_OK;
}

static int durability_choose(struct up_arguments *arguments)
{
    static const struct {
        const char *name;
        enum sim_durability level;
    } levels[] = {
        {"full", SIM_DURABILITY_FULL},
        {"normal", SIM_DURABILITY_NORMAL},
        {"off", SIM_DURABILITY_OFF},
    };
    const char *wanted = arguments->durability;
    if (arguments->server.data.directory != NULL && arguments->server.data.directory[0] == '\0')
        return cli_usage_error(&cli_up, "--data needs the name of a directory");
    if (wanted == NULL)
        return CLI_EXIT_OK;
    if (arguments->server.data.directory == NULL)
        return cli_usage_error(&cli_up, "--durability needs --data");
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        if (strcmp(levels[i].name, wanted) == 0) {
            arguments->server.data.durability = levels[i].level;
            return CLI_EXIT_OK;
        }
    }
    return cli_usage_error(&cli_up, "--durability is full, normal or off, not \"%s\"", wanted);
}

static int resolver_choose(struct up_arguments *arguments)
{
    struct sim_error error;
    if (arguments->resolver_policy == NULL)
        return CLI_EXIT_OK;
    if (!arguments->server.has_resolver)
        return cli_usage_error(&cli_up, "--resolver-policy needs --resolver");
    if (r53_recursive_policy_parse(arguments->resolver_policy, &arguments->server.resolver_policy,
                                   &error) != RESULT_OK)
        return cli_usage_error(&cli_up, "--resolver-policy: %s", error.message);
    return CLI_EXIT_OK;
}

/* --port 0 asks for free ports; so do the others then, unless they were given. */
static void ports_choose(struct up_arguments *arguments)
{
    struct server_options *server = &arguments->server;
    bool is_free = server->port == 0;
    if (!arguments->has_dns_port)
        server->dns_port = is_free ? 0 : SERVER_DNS_PORT_DEFAULT;
    if (!arguments->has_cluster_port)
        server->cluster_port = is_free ? 0 : SERVER_CLUSTER_PORT_DEFAULT;
    if (!arguments->has_application_port)
        server->application_port = is_free ? 0 : SERVER_APPLICATION_PORT_DEFAULT;
    if (server->application_port == 0)
        server->application_port = server_free_port();
}

static void print_sockets(const struct server *server)
{
    static const char *const titles[] = {
        [SOCKET_COMMON] = "AWS API, all Regions",
        [SOCKET_REGION] = "AWS API of one Region",
        [SOCKET_CLUSTER] = "ARC cluster endpoint",
        [SOCKET_APPLICATION] = "application ",
    };
    for (size_t i = 0; i < server->socket_count; i++) {
        const struct server_socket *entry = &server->sockets[i];
        const char *address = sim_http_listener_address(entry->listener);
        bool is_ipv6 = strchr(address, ':') != NULL;
        printf("  http://%s%s%s:%u%s  %s%s%s%s\n", is_ipv6 ? "[" : "", address, is_ipv6 ? "]" : "",
               sim_http_listener_port(entry->listener), entry->kind == SOCKET_CLUSTER ? "/v1" : "",
               titles[entry->kind],
               entry->kind == SOCKET_APPLICATION ? server_instance(entry)->entry->name : "",
               entry->region != NULL ? " in " : "", entry->region != NULL ? entry->region : "");
    }
    printf("  dns://%s:%u  DNS, UDP and TCP\n", server->dns_address,
           r53_dns_port(server->world->r53));
    if (server->dns_has_ipv6)
        printf("  dns://[::1]:%u  DNS, UDP and TCP\n", r53_dns_port(server->world->r53));
    if (r53_recursive_port(server->world->r53) != 0)
        printf("  dns://%s:%u  caching resolver, UDP and TCP\n", server->dns_address,
               r53_recursive_port(server->world->r53));
}

static const char *endpoint_url(const struct server *server, char *url, size_t url_bytes)
{
    const struct sim_http_listener *common = server->sockets[0].listener;
    snprintf(url, url_bytes, "http://%s:%u", sim_http_listener_address(common),
             sim_http_listener_port(common));
    return url;
}

/* The first Region with services. */
static const char *first_region(const struct server *server)
{
    for (size_t i = 0; i < server->socket_count; i++)
        if (server->sockets[i].kind == SOCKET_REGION)
            return server->sockets[i].region;
    return "us-east-1";
}

static void print_ready(const struct server *server)
{
    char url[96];
    printf("regionlab " REGIONLAB_VERSION ", world %s, seed %" PRIu64 "\n",
           server->world->file->name, server->world->options.seed);
    print_sockets(server);
    printf("\n  export AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test "
           "AWS_DEFAULT_REGION=%s\n\nReady.\n",
           endpoint_url(server, url, sizeof url), first_region(server));
    fflush(stdout);
}

/* Written beside and renamed, so that whoever waits for it never sees half of it. */
static bool ready_file_write(const struct server *server, const char *path)
{
    char temporary[4096];
    char url[96];
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.new", path) >= sizeof temporary)
        return false;
    FILE *file = fopen(temporary, "w");
    if (file == NULL)
        return false;
    fprintf(file, "endpoint=%s\n", endpoint_url(server, url, sizeof url));
    fprintf(file, "dns_port=%u\n", r53_dns_port(server->world->r53));
    if (r53_recursive_port(server->world->r53) != 0)
        fprintf(file, "resolver_port=%u\n", r53_recursive_port(server->world->r53));
    for (size_t i = 0; i < server->socket_count; i++) {
        const struct server_socket *entry = &server->sockets[i];
        const char *address = sim_http_listener_address(entry->listener);
        unsigned port = sim_http_listener_port(entry->listener);
        if (entry->kind == SOCKET_REGION)
            fprintf(file, "region.%s=http://%s:%u\n", entry->region, address, port);
        else if (entry->kind == SOCKET_CLUSTER)
            fprintf(file, "cluster.%s=http://%s:%u/v1\n", entry->region, address, port);
        else if (entry->kind == SOCKET_APPLICATION)
            fprintf(file, "application.%s.%s=http://%s:%u\n", server_instance(entry)->entry->name,
                    entry->region, address, port);
    }
    bool written = fclose(file) == 0;
    return written && rename(temporary, path) == 0;
}

static int serve(const struct up_arguments *arguments)
{
    struct server *server = NULL;
    struct sim_error error;
    enum sim_result result = server_open(&arguments->server, &server, &error);
    if (result != RESULT_OK)
        return cli_failure(&cli_up,
                           result == RESULT_CONFLICT || result == RESULT_IO ||
                                   result == RESULT_LIMIT
                               ? CLI_EXIT_FAILED
                               : CLI_EXIT_USAGE,
                           "%s", error.message);
    int exit_code = CLI_EXIT_OK;
    if (arguments->ready_path != NULL && !ready_file_write(server, arguments->ready_path)) {
        exit_code = cli_failure(&cli_up, CLI_EXIT_USAGE, "cannot write %s: %s",
                                arguments->ready_path, strerror(errno));
    } else {
        print_ready(server);
        if (server_run(server, &error) != RESULT_OK)
            exit_code = cli_failure(&cli_up, CLI_EXIT_FAILED, "%s", error.message);
    }
    server_close(server);
    return exit_code;
}

static int run(int argument_count, char **values)
{
    struct up_arguments arguments = {
        .server = {.world = TOPO_WORLD_DEFAULT, .port = SERVER_PORT_DEFAULT},
        .clock = "real",
    };
    int exit_code = arguments_parse(argument_count, values, &arguments);
    if (exit_code != CLI_EXIT_OK)
        return exit_code;
    if (arguments.help) {
        fputs(help_text, stdout);
        return CLI_EXIT_OK;
    }
    if (arguments.operands.count > 0)
        return cli_usage_error(&cli_up, "takes no arguments, got \"%s\"",
                               arguments.operands.values[0]);
    exit_code = clock_choose(&arguments);
    if (exit_code == CLI_EXIT_OK)
        exit_code = timings_choose(&arguments);
    if (exit_code == CLI_EXIT_OK)
        exit_code = durability_choose(&arguments);
    if (exit_code == CLI_EXIT_OK)
        exit_code = resolver_choose(&arguments);
    if (exit_code != CLI_EXIT_OK)
        return exit_code;
    ports_choose(&arguments);
    if (!arguments.has_seed)
        arguments.server.seed = sim_random_fresh_seed();
    if (arguments.trace_path != NULL) {
        arguments.server.trace = fopen(arguments.trace_path, "w");
        if (arguments.server.trace == NULL)
            return cli_failure(&cli_up, CLI_EXIT_USAGE, "cannot write %s: %s", arguments.trace_path,
                               strerror(errno));
    }
    exit_code = serve(&arguments);
    if (arguments.server.trace != NULL)
        fclose(arguments.server.trace);
    return exit_code;
}

const struct cli_command cli_up = {
    .name = "up",
    .summary = "serve a world to real clients",
    .help = help_text,
    .run = run,
};
