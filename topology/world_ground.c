/* What a world stands on: Regions, links and their lags. */
#include "topology/regions.h"
#include "topology/world_internal.h"

static void set_lag(struct sim_lag *lag, const struct sim_lag *wanted)
{
    sim_lag_fini(lag);
    sim_lag_copy(lag, wanted);
}

static void set_default_link(struct sim_network *network, const struct sim_region *from,
                             const struct sim_region *to)
{
    struct sim_link *link = sim_network_link_get(network, from, to);
    struct sim_lag lag;
    topo_latency_default(from->name, to->name, &lag);
    set_lag(&link->latency, &lag);
    if (from == to)
        return;
    topo_replication_default(from->name, to->name, &lag);
    set_lag(&link->replication, &lag);
}

static void set_link(struct sim_network *network, const struct topo_link_entry *entry,
                     const char *from, const char *to)
{
    struct sim_link *link = sim_network_link_get(network, sim_network_region_find(network, from),
                                                 sim_network_region_find(network, to));
    if (entry->latency != NULL)
        set_lag(&link->latency, entry->latency);
    if (entry->replication != NULL)
        set_lag(&link->replication, entry->replication);
    if (entry->drain_per_s > 0)
        link->drain_per_s = entry->drain_per_s;
}

enum sim_result world_lay_ground(struct topo_world *world, struct sim_error *error)
{
    const struct topo_world_file *file = world->file;
    struct sim_network *network = world->core.network;
    for (size_t i = 0; i < file->region_count; i++) {
        struct sim_region *region = NULL;
        enum sim_result result = sim_network_add_region(
            network, file->regions[i].name, file->regions[i].hosts_services, &region, error);
        if (result != RESULT_OK)
            return result;
        topo_names_add(world->names, region->address, "region.%s.address", region->name);
    }
    for (size_t from = 0; from < file->region_count; from++)
        for (size_t to = 0; to < file->region_count; to++)
            set_default_link(network, sim_network_region_by_index(network, from),
                             sim_network_region_by_index(network, to));
    for (size_t i = 0; i < file->link_count; i++) {
        const struct topo_link_entry *entry = &file->links[i];
        set_link(network, entry, entry->from, entry->to);
        if (entry->both_ways)
            set_link(network, entry, entry->to, entry->from);
    }
    topo_names_add(world->names, WIRE_ACCOUNT_DEFAULT, "account");
    return RESULT_OK;
}
