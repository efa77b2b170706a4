#include "sim/cli/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/cli/application_socket.h"
#include "sim/cli/registry.h"

#define SOCKETS_MAX ((size_t)512)

/* A number that is free on every address of this machine, both loopbacks and each Region's: what
 * the kernel gives for one address may be taken on another. */
static bool find_free_port(int family, const struct sockaddr *any, socklen_t length, uint16_t *port)
{
    struct sockaddr_storage bound = {0};
    socklen_t bound_length = sizeof bound;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    int no = 0;
    if (family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    bool is_bound = bind(fd, any, length) == 0 &&
                    getsockname(fd, (struct sockaddr *)&bound, &bound_length) == 0;
    close(fd);
    if (!is_bound)
        return false;
    *port = ntohs(family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                     : ((struct sockaddr_in *)&bound)->sin_port);
    return true;
}

/* Applications have one port for all their Regions, and the world is made before the sockets are.
 */
uint64_t server_free_port(void)
{
    const struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    const struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_addr = {INADDR_ANY}};
    uint16_t port = SERVER_APPLICATION_PORT_DEFAULT;
    if (!find_free_port(AF_INET6, (const struct sockaddr *)&any6, sizeof any6, &port))
        (void)find_free_port(AF_INET, (const struct sockaddr *)&any4, sizeof any4, &port);
    return port;
}

const struct topo_instance *server_instance(const struct server_socket *socket)
{
    PRE(socket->kind == SOCKET_APPLICATION);
    return &socket->server->world->instances[socket->instance];
}

static void handle(void *context, struct sim_http_request *request)
{
    struct server_socket *entry = context;
    struct server *server = entry->server;
    if (entry->kind == SOCKET_APPLICATION)
        application_socket_handle(server->world, server_instance(entry), request);
    else if (entry->kind != SOCKET_CLUSTER && control_owns(request->path))
        control_handle(server->control, request);
    else
        wire_front_handle(server->front, &entry->wire, request);
}

static enum sim_result socket_open(struct server *server, const struct server_socket *wanted,
                                   const char *address, uint16_t port, struct sim_error *error)
{
    if (server->socket_count == SOCKETS_MAX)
        return sim_error_set(error, RESULT_LIMIT, "more than %zu sockets", SOCKETS_MAX);
    struct server_socket *entry = &server->sockets[server->socket_count];
    *entry = *wanted;
    entry->server = server;
    enum sim_result result =
        sim_http_listen(server->http, address, port, handle, entry, &entry->listener, error);
    if (result == RESULT_OK)
        server->socket_count++;
    return result;
}

/* The common port, the same number on both loopbacks; a machine without IPv6 has one only. */
static enum sim_result open_common(struct server *server, const struct server_options *options,
                                   uint16_t *port, struct sim_error *error)
{
    const struct server_socket common = {.kind = SOCKET_COMMON};
    const char *address = options->listen != NULL ? options->listen : "127.0.0.1";
    enum sim_result result = socket_open(server, &common, address, *port, error);
    if (result != RESULT_OK)
        return result;
    *port = sim_http_listener_port(server->sockets[0].listener);
    struct sim_error no_ipv6;
    if (options->listen == NULL &&
        socket_open(server, &common, "::1", *port, &no_ipv6) == RESULT_CONFLICT)
        return sim_error_set(error, RESULT_CONFLICT, "%s", no_ipv6.message);
    return RESULT_OK;
}

static enum sim_result open_regions(struct server *server, uint16_t port, struct sim_error *error)
{
    struct sim_network *network = server->world->core.network;
    for (size_t i = 0; i < sim_network_region_count(network); i++) {
        struct sim_region *region = sim_network_region_by_index(network, i);
        if (!region->hosts_services)
            continue;
        const char *name = sim_arena_strdup(server->arena, region->name);
        const struct server_socket front = {
            .kind = SOCKET_REGION, .wire = {.region = name}, .region = name};
        enum sim_result result = socket_open(server, &front, region->address, port, error);
        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

static enum sim_result open_cluster_endpoints(struct server *server, uint64_t first_port,
                                              struct sim_error *error)
{
    struct topo_world *world = server->world;
    for (size_t i = 0; i < ARC_ENDPOINT_COUNT; i++) {
        const char *name = arc_endpoint_regions[i];
        /* All five always: a URL in the service's form would lead a client off this machine. */
        const struct sim_region *region = sim_network_region_find(world->core.network, name);
        const char *address = region != NULL ? region->address : "127.0.0.1";
        const struct server_socket endpoint = {
            .kind = SOCKET_CLUSTER,
            .wire = {.region = name, .service = arc_cluster_service.id, .endpoint = name},
            .region = name};
        uint16_t port = first_port > 0 ? (uint16_t)(first_port + i) : 0;
        enum sim_result result = socket_open(server, &endpoint, address, port, error);
        if (result != RESULT_OK)
            return result;
        char url[64];
        snprintf(url, sizeof url, "http://%s:%u/v1", address,
                 sim_http_listener_port(server->sockets[server->socket_count - 1].listener));
        arc_set_endpoint_url(world->arc, name, url);
    }
    return RESULT_OK;
}

static enum sim_result open_applications(struct server *server, struct sim_error *error)
{
    struct topo_world *world = server->world;
    for (size_t i = 0; i < world->instance_count; i++) {
        const struct topo_instance *instance = &world->instances[i];
        const struct server_socket application = {
            .kind = SOCKET_APPLICATION,
            .instance = i,
            .region = sim_arena_strdup(server->arena, instance->region)};
        enum sim_result result =
            socket_open(server, &application, instance->address, instance->port, error);
        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

/* The same port on both loopbacks; a machine without IPv6 has one only. */
static enum sim_result open_dns(struct server *server, const struct server_options *options,
                                struct sim_error *error)
{
    struct r53 *r53 = server->world->r53;
    server->dns_address = options->listen != NULL ? options->listen : "127.0.0.1";
    enum sim_result result = r53_dns_listen(
        r53, server->loop, server->dns_address,
        (uint16_t)(options->dns_port > 0 ? options->dns_port : server_free_port()), error);
    struct sim_error no_ipv6;
    if (result == RESULT_OK && options->listen == NULL &&
        r53_dns_listen(r53, server->loop, "::1", r53_dns_port(r53), &no_ipv6) == RESULT_OK)
        server->dns_has_ipv6 = true;
    if (options->has_dns_rate)
        r53_dns_set_rate(r53, (uint32_t)options->dns_rate);
    return result;
}

/* On both loopbacks as well. */
static enum sim_result open_resolver(struct server *server, const struct server_options *options,
                                     struct sim_error *error)
{
    struct r53 *r53 = server->world->r53;
    uint64_t port = options->resolver_port > 0 ? options->resolver_port : server_free_port();
    struct sim_error no_ipv6;
    if (!options->has_resolver)
        return RESULT_OK;
    enum sim_result result = r53_recursive_listen(r53, &options->resolver_policy, server->loop,
                                                  server->dns_address, (uint16_t)port, error);
    if (result == RESULT_OK && options->listen == NULL)
        (void)!r53_recursive_listen(r53, &options->resolver_policy, server->loop, "::1",
                                    (uint16_t)port, &no_ipv6);
    return result;
}

/* A Region's sockets close when it goes down and open again when it comes back. */
static void region_changed(void *context, struct sim_region *region, struct sim_link *link)
{
    struct server *server = context;
    (void)link;
    for (size_t i = 0; region != NULL && i < server->socket_count; i++) {
        struct server_socket *entry = &server->sockets[i];
        struct sim_error error;
        if (entry->region != NULL && strcmp(entry->region, region->name) == 0 &&
            sim_http_listener_set_open(entry->listener, region->down_count == 0, &error) !=
                RESULT_OK)
            fprintf(stderr, "regionlab: %s\n", error.message);
    }
}

/* A reset brings every Region back. */
static void world_reset(void *context)
{
    struct server *server = context;
    struct sim_network *network = server->world->core.network;
    for (size_t i = 0; i < sim_network_region_count(network); i++)
        region_changed(server, sim_network_region_by_index(network, i), NULL);
}

/* What could not be kept is not answered; memory and files differ then, so this is the end. */
static void commit(void *context)
{
    struct server *server = context;
    ddb_commit(server->world->ddb);
    if (server->data == NULL ||
        sim_data_commit(server->data, server->world->core.clock, &server->data_error) == RESULT_OK)
        return;
    sim_http_drop_held(server->http);
    server->data_failed = true;
    sim_loop_stop(server->loop);
}

static enum sim_result open_sockets(struct server *server, const struct server_options *options,
                                    struct sim_error *error)
{
    uint16_t port = (uint16_t)(options->port > 0 ? options->port : server_free_port());
    enum sim_result result = open_common(server, options, &port, error);
    if (result == RESULT_OK)
        result = open_regions(server, port, error);
    if (result == RESULT_OK)
        result = open_cluster_endpoints(server, options->cluster_port, error);
    if (result == RESULT_OK)
        result = open_applications(server, error);
    if (result == RESULT_OK)
        result = open_dns(server, options, error);
    if (result == RESULT_OK)
        result = open_resolver(server, options, error);
    return result;
}

static enum sim_result open_machinery(struct server *server, struct sim_error *error)
{
    struct sim_core *core = &server->world->core;
    enum sim_result result =
        sim_loop_create(core->clock, core->sched, core->advance, &server->loop, error);
    if (result == RESULT_OK)
        result = sim_loop_stop_on_signals(server->loop, error);
    if (result == RESULT_OK) {
        sim_loop_at_turn_end(server->loop, commit, server); /* before the answers go out */
        result = sim_http_create(server->loop, &server->http, error);
    }
    if (result == RESULT_OK)
        sim_http_hold_answers(server->http, server->data != NULL);
    if (result == RESULT_OK)
        result = sim_http_client_create(server->loop, &server->http_client, error);
    core->loop = server->loop;
    core->http_client = server->http_client;
    return result;
}

/* Who may call: the world's keys, and whether anybody else may. */
static void set_access(struct server *server, const struct server_options *options)
{
    const struct topo_world_file *file = server->world->file;
    for (size_t i = 0; i < file->access_key_count; i++) {
        const struct topo_access_key_entry *entry = &file->access_keys[i];
        const struct wire_access_key key = {entry->id, entry->secret, entry->account};
        wire_front_add_access_key(server->front, &key);
    }
    if (options->verifies_signatures)
        wire_front_verify_signatures(server->front);
}

/* A world that was on a virtual clock may be ahead of the machine's, and time must not go back. */
static enum sim_result check_time(const struct server *server, const struct server_options *options,
                                  struct sim_error *error)
{
    char last[SIM_CLOCK_TEXT_BYTES];
    struct sim_clock *clock = sim_clock_create(&(struct sim_clock_options){0});
    uint64_t now_us = sim_clock_now_us(clock);
    uint64_t last_us = sim_data_last_us(server->data);
    sim_clock_destroy(clock);
    if (options->clock.mode != SIM_CLOCK_REAL || last_us <= now_us)
        return RESULT_OK;
    sim_clock_format(last_us, last);
    return sim_error_set(
        error, RESULT_CONFLICT,
        "the data directory %s: its time is %s, which this machine's clock has not "
        "reached; start it with --clock virtual or --scale",
        options->data.directory, last);
}

/* What it made or found is kept before the first client comes. */
static enum sim_result create_world(struct server *server, const struct server_options *options,
                                    struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    if (options->data.directory != NULL)
        result = sim_data_open(&options->data, &server->data, error);
    if (result == RESULT_OK && server->data != NULL)
        result = check_time(server, options, error);
    if (result != RESULT_OK)
        return result;
    const struct topo_world_options world_options = {
        .world = options->world,
        .seed = options->seed,
        .clock = options->clock,
        .data = server->data,
        .registry = cli_registry,
        .never_throttles = options->never_throttles,
        .is_live = true,
        .timings = options->timings,
        .application_port = (uint16_t)options->application_port,
    };
    result = topo_world_create(&world_options, &server->world, error);
    if (result == RESULT_OK && server->data != NULL)
        result = sim_data_commit(server->data, server->world->core.clock, error);
    return result;
}

enum sim_result server_open(const struct server_options *options, struct server **server,
                            struct sim_error *error)
{
    struct server *opened = sim_alloc(sizeof *opened);
    opened->arena = sim_arena_create();
    opened->sockets = sim_alloc_array(SOCKETS_MAX, sizeof *opened->sockets);
    enum sim_result result = create_world(opened, options, error);
    if (result == RESULT_OK)
        result = open_machinery(opened, error);
    if (result == RESULT_OK) {
        const struct control_options control_options = {.world = opened->world,
                                                        .version = REGIONLAB_VERSION,
                                                        .trace_is_hashed = options->clock.mode ==
                                                                           SIM_CLOCK_VIRTUAL,
                                                        .after_reset = world_reset,
                                                        .after_reset_context = opened};
        opened->front = wire_front_create(opened->world->dispatcher);
        set_access(opened, options);
        if (topo_world_takes_time(opened->world))
            wire_front_take_time(opened->front);
        opened->control = control_create(&control_options);
        result = open_sockets(opened, options, error);
    }
    if (result != RESULT_OK) {
        server_close(opened);
        return result;
    }
    struct sim_core *core = &opened->world->core;
    sim_network_listen(core->network, region_changed, opened);
    /* Live runs are not repeatable, so that a hash over them says nothing. */
    sim_trace_set_hashing(core->trace, options->clock.mode == SIM_CLOCK_VIRTUAL);
    sim_trace_set_file(core->trace, options->trace);
    *server = opened;
    return RESULT_OK;
}

enum sim_result server_run(struct server *server, struct sim_error *error)
{
    enum sim_result result = sim_loop_run(server->loop, error);
    if (result == RESULT_OK && server->data_failed) {
        *error = server->data_error;
        return server->data_error.result;
    }
    if (result == RESULT_OK && server->data != NULL) /* what the last turn left */
        result = sim_data_commit(server->data, server->world->core.clock, error);
    return result;
}

void server_close(struct server *server)
{
    if (server == NULL)
        return;
    struct topo_world *world = server->world;
    if (world != NULL)
        sim_network_unlisten(world->core.network, region_changed, server);
    control_destroy(server->control);
    if (world != NULL)
        wire_dispatcher_abandon(world->dispatcher);
    wire_front_destroy(server->front);
    /* The world goes before the loop: its DNS sockets and probes are watched by it. */
    if (server->http != NULL)
        sim_http_destroy(server->http);
    topo_world_destroy(world);
    if (server->http_client != NULL)
        sim_http_client_destroy(server->http_client);
    if (server->loop != NULL)
        sim_loop_destroy(server->loop);
    sim_data_close(server->data);
    sim_arena_destroy(server->arena);
    free(server->sockets);
    free(server);
}
