/* The top of a world file: Regions, links, timings, client networks, applications. */
#include "topology/world_file.h"

#include <string.h>

#include "sim/core/duration.h"
#include "sim/core/network.h"
#include "topology/regions.h"
#include "topology/world_file_internal.h"

#define TRANSIENT_DEFAULT_US        (500 * SIM_US_PER_MS)
#define DNS_CHANGE_DEFAULT_US       (5 * SIM_US_PER_S)
#define DNS_HEALTH_DEFAULT_US       (5 * SIM_US_PER_S)
#define TIMING_MAX_US               (UINT64_C(3600) * SIM_US_PER_S)
#define DRAIN_MAX_PER_S             1000000
#define APPLICATION_PORT_DEFAULT    8080
#define CLIENT_NETWORK_CIDR_EXAMPLE "10.1.0.0/16"

static enum sim_result read_region(struct world_loader *loader, const struct topo_node *node,
                                   void *entry)
{
    struct topo_region_entry *region = entry;
    const struct topo_node *name = topo_node_find(node, "name");
    region->hosts_services = true;
    enum sim_result result = topo_read_text(name, &region->name, loader->error);
    if (result != RESULT_OK)
        return result;
    struct sim_error inner = {0};
    if (topo_region_name_check(region->name, &inner) != RESULT_OK)
        return topo_node_fail(name, loader->error, "%s", inner.message);
    const struct topo_world_file *file = loader->file;
    if (file->region_count == SIM_REGION_MAX)
        return topo_node_fail(node, loader->error, "a world has at most %d Regions",
                              SIM_REGION_MAX);
    result = world_check_unique(loader, name, "Region", file->regions, file->region_count,
                                sizeof file->regions[0]);
    if (result != RESULT_OK)
        return result;
    return topo_read_flag(topo_node_find(node, "services"), &region->hosts_services, loader->error);
}

static void fini_lag(void *lag)
{
    sim_lag_fini(lag);
}

enum sim_result world_read_lag(struct world_loader *loader, const struct topo_node *value,
                               const struct sim_lag **lag)
{
    if (value == NULL)
        return RESULT_OK;
    struct sim_lag read;
    enum sim_result result = topo_read_lag(value, &read, loader->error);
    if (result != RESULT_OK)
        return result;
    struct sim_lag *kept = sim_arena_memdup(loader->arena, &read, sizeof read);
    sim_arena_defer(loader->arena, fini_lag, kept);
    *lag = kept;
    return RESULT_OK;
}

static enum sim_result read_link(struct world_loader *loader, const struct topo_node *node,
                                 void *entry)
{
    struct topo_link_entry *link = entry;
    struct sim_error *error = loader->error;
    enum sim_result result =
        world_read_region(loader, topo_node_find(node, "from"), false, &link->from);
    if (result == RESULT_OK)
        result = world_read_region(loader, topo_node_find(node, "to"), false, &link->to);
    if (result == RESULT_OK)
        result = topo_read_flag(topo_node_find(node, "both_ways"), &link->both_ways, error);
    if (result == RESULT_OK)
        result = world_read_lag(loader, topo_node_find(node, "latency"), &link->latency);
    if (result == RESULT_OK)
        result = world_read_lag(loader, topo_node_find(node, "replication"), &link->replication);
    int64_t drain_per_s = 0;
    if (result == RESULT_OK)
        result = topo_read_integer(topo_node_find(node, "drain_per_s"), 1, DRAIN_MAX_PER_S,
                                   &drain_per_s, error);
    link->drain_per_s = (uint64_t)drain_per_s;
    if (result == RESULT_OK && strcmp(link->from, link->to) == 0 && link->replication != NULL)
        return topo_node_fail(topo_node_find(node, "replication"), error,
                              "a Region does not replicate to itself; 'from' and 'to' must differ");
    return result;
}

/* "10m..30m" */
static enum sim_result read_expiry(struct world_loader *loader, const struct topo_node *node,
                                   struct topo_timings *timings)
{
    const char *text = NULL;
    enum sim_result result = topo_read_text(node, &text, loader->error);
    if (result != RESULT_OK || text == NULL)
        return result;
    struct sim_error inner = {0};
    if (sim_duration_range_parse(text, &timings->expiry_least_us, &timings->expiry_most_us,
                                 &inner) != RESULT_OK)
        return topo_node_fail(node, loader->error, "%s", inner.message);
    timings->has_expiry = true;
    return RESULT_OK;
}

static enum sim_result read_timings(struct world_loader *loader, const struct topo_node *node)
{
    struct topo_timings *timings = &loader->file->timings;
    *timings = (struct topo_timings){
        .transient_us = TRANSIENT_DEFAULT_US,
        .dns_change_us = DNS_CHANGE_DEFAULT_US,
        .dns_health_us = DNS_HEALTH_DEFAULT_US,
    };
    if (node == NULL)
        return RESULT_OK;
    enum sim_result result = topo_check_section(node, &world_section_timings, loader->error);
    const struct {
        const char *key;
        uint64_t *value_us;
    } rows[] = {
        {"transient", &timings->transient_us},
        {"dns_change", &timings->dns_change_us},
        {"dns_health", &timings->dns_health_us},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows) && result == RESULT_OK; i++)
        result = topo_read_duration(topo_node_find(node, rows[i].key), 0, TIMING_MAX_US,
                                    rows[i].value_us, loader->error);
    timings->has_transient = topo_node_find(node, "transient") != NULL;
    if (result == RESULT_OK)
        result = read_expiry(loader, topo_node_find(node, "expiry"), timings);
    if (result == RESULT_OK)
        result = topo_read_flag(topo_node_find(node, "service_times"), &timings->service_times,
                                loader->error);
    return result;
}

static enum sim_result read_client_network(struct world_loader *loader,
                                           const struct topo_node *node, void *entry)
{
    struct topo_client_network_entry *network = entry;
    enum sim_result result =
        topo_read_text(topo_node_find(node, "cidr"), &network->cidr, loader->error);
    if (result == RESULT_OK && strchr(network->cidr, '/') == NULL)
        return topo_node_fail(topo_node_find(node, "cidr"), loader->error,
                              "'cidr' must be a network such as %s, not '%.64s'",
                              CLIENT_NETWORK_CIDR_EXAMPLE, network->cidr);
    if (result != RESULT_OK)
        return result;
    result = topo_read_text(topo_node_find(node, "vpc"), &network->vpc, loader->error);
    if (result != RESULT_OK)
        return result;
    return world_read_region(loader, topo_node_find(node, "region"), false, &network->region);
}

static enum sim_result find_application(struct world_loader *loader, const struct topo_node *name,
                                        const struct topo_application **application)
{
    const char *names[32];
    size_t count = 0;
    for (size_t i = 0; i < loader->registry->count; i++) {
        const struct topo_application *candidate = loader->registry->applications[i];
        if (strcmp(candidate->name, name->text) == 0) {
            *application = candidate;
            return RESULT_OK;
        }
        if (count < ARRAY_LEN(names))
            names[count++] = candidate->name;
    }
    return topo_fail_unknown(name, "application built into this program called", names, count,
                             loader->error);
}

static const struct topo_section no_parameters = {"parameters", NULL, 0};

static enum sim_result read_application(struct world_loader *loader, const struct topo_node *node,
                                        void *entry)
{
    struct topo_application_entry *application = entry;
    struct sim_error *error = loader->error;
    const struct topo_node *name = topo_node_find(node, "name");
    enum sim_result result = topo_read_text(name, &application->name, error);
    if (result == RESULT_OK)
        result = world_check_unique(loader, name, "application", loader->file->applications,
                                    loader->file->application_count, sizeof *application);
    if (result == RESULT_OK)
        result = find_application(loader, name, &application->application);
    if (result == RESULT_OK)
        result = world_read_regions(loader, topo_node_find(node, "regions"), &application->regions);
    application->port = APPLICATION_PORT_DEFAULT;
    if (result == RESULT_OK)
        result =
            topo_read_integer(topo_node_find(node, "port"), 1, 65535, &application->port, error);
    application->parameters = topo_node_find(node, "parameters");
    if (result != RESULT_OK || application->parameters == NULL)
        return result;
    const struct topo_section *allowed = application->application->parameters;
    return topo_check_section(application->parameters, allowed != NULL ? allowed : &no_parameters,
                              error);
}

static enum sim_result check_ports(struct world_loader *loader)
{
    const struct topo_world_file *file = loader->file;
    for (size_t i = 0; i < file->application_count; i++)
        for (size_t j = 0; j < i; j++)
            if (file->applications[i].port == file->applications[j].port)
                return topo_node_fail(file->applications[i].at, loader->error,
                                      "the application '%.64s' has the port %lld of '%.64s'; each "
                                      "needs its own",
                                      file->applications[i].name,
                                      (long long)file->applications[i].port,
                                      file->applications[j].name);
    return RESULT_OK;
}

/* The Regions and what lies between them. */
static enum sim_result read_ground(struct world_loader *loader, const struct topo_node *root)
{
    struct topo_world_file *file = loader->file;
    const struct topo_node *regions = topo_node_find(root, "regions");
    file->regions = world_alloc_entries(loader, regions, sizeof *file->regions);
    enum sim_result result =
        world_read_list(loader, regions, &world_section_region, sizeof *file->regions, read_region,
                        file->regions, &file->region_count);
    if (result == RESULT_OK && file->region_count == 0)
        result = topo_node_fail(regions, loader->error, "a world needs at least one Region");
    const struct topo_node *links = topo_node_find(root, "links");
    file->links = world_alloc_entries(loader, links, sizeof *file->links);
    if (result == RESULT_OK)
        result = world_read_list(loader, links, &world_section_link, sizeof *file->links, read_link,
                                 file->links, &file->link_count);
    if (result == RESULT_OK)
        result = read_timings(loader, topo_node_find(root, "timings"));
    const struct topo_node *networks = topo_node_find(root, "client_networks");
    file->client_networks = world_alloc_entries(loader, networks, sizeof *file->client_networks);
    if (result == RESULT_OK)
        result = world_read_list(loader, networks, &world_section_client_network,
                                 sizeof *file->client_networks, read_client_network,
                                 file->client_networks, &file->client_network_count);
    return result;
}

static enum sim_result read_applications(struct world_loader *loader, const struct topo_node *list)
{
    struct topo_world_file *file = loader->file;
    file->applications = world_alloc_entries(loader, list, sizeof *file->applications);
    enum sim_result result =
        world_read_list(loader, list, &world_section_application, sizeof *file->applications,
                        read_application, file->applications, &file->application_count);
    return result == RESULT_OK ? check_ports(loader) : result;
}

enum sim_result topo_world_file_read(struct sim_arena *arena, const struct topo_node *root,
                                     const struct topo_registry *registry,
                                     const struct topo_world_file **file, struct sim_error *error)
{
    PRE(root != NULL && registry != NULL);
    struct topo_world_file *read = sim_arena_alloc(arena, sizeof *read);
    struct world_loader loader = {arena, registry, read, error};
    read->file = root->file;
    read->throttles = true;
    enum sim_result result = topo_check_section(root, &world_section_world, error);
    if (result == RESULT_OK)
        result = topo_read_text(topo_node_find(root, "world"), &read->name, error);
    if (result == RESULT_OK)
        result = topo_read_text(topo_node_find(root, "description"), &read->description, error);
    if (result == RESULT_OK)
        result = read_ground(&loader, root);
    if (result == RESULT_OK)
        result = world_read_access_keys(&loader, topo_node_find(root, "access_keys"));
    /* Applications before what points at them; controls before the health checks that follow. */
    if (result == RESULT_OK)
        result = read_applications(&loader, topo_node_find(root, "applications"));
    if (result == RESULT_OK)
        result = world_read_dynamodb(&loader, topo_node_find(root, "dynamodb"));
    if (result == RESULT_OK)
        result = world_read_arc(&loader, topo_node_find(root, "arc"));
    if (result == RESULT_OK)
        result = world_read_route53(&loader, topo_node_find(root, "route53"));
    if (result == RESULT_OK)
        *file = read;
    return result;
}
