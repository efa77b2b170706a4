/* The five Regional endpoints of a cluster and the quorum between them.
 *
 * An endpoint is live when its Region is up, nothing refuses its service there, and it was not
 * taken out on its own. A read or an update needs ARC_QUORUM live endpoints that the one asked can
 * reach: ARC propagates an update to a quorum, and a read gives the consensus view (ARC developer
 * guide, "Routing control"). What an endpoint without a quorum answers is not published; that it is
 * EndpointTemporarilyUnavailableException is our reading. */
#include "emulators/arc/arc_internal.h"

#include <stdio.h>
#include <string.h>

const char *const arc_endpoint_regions[ARC_ENDPOINT_COUNT] = {
    "us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1", "ap-southeast-2",
};

size_t arc_endpoint_index(const char *region)
{
    size_t index = 0;
    while (index < ARC_ENDPOINT_COUNT && strcmp(arc_endpoint_regions[index], region) != 0)
        index++;
    return index;
}

bool arc_endpoint_is_live(const struct arc *arc, size_t index)
{
    const struct sim_core *core = arc->host->core;
    const char *name = arc_endpoint_regions[index];
    if (arc->endpoints[index].is_down)
        return false;
    const struct sim_region *region = sim_network_region_find(core->network, name);
    if (region != NULL && region->down_count > 0)
        return false;
    const struct sim_fault_point point = {
        .region = name, .service = arc_cluster_service.id, .plane = SIM_PLANE_DATA};
    return !sim_faults_is_set(core->faults, SIM_FAULT_REFUSE, &point) &&
           !sim_faults_is_set(core->faults, SIM_FAULT_BLACK_HOLE, &point);
}

/* Two endpoints outside the world's network always reach each other. */
static bool is_connected(const struct arc *arc, size_t from, size_t to)
{
    struct sim_network *network = arc->host->core->network;
    const struct sim_region *a = sim_network_region_find(network, arc_endpoint_regions[from]);
    const struct sim_region *b = sim_network_region_find(network, arc_endpoint_regions[to]);
    if (from == to || a == NULL || b == NULL)
        return true;
    return sim_network_is_reachable(network, a, b) && sim_network_is_reachable(network, b, a);
}

size_t arc_endpoint_reachable_count(const struct arc *arc, size_t index)
{
    size_t count = 0;
    for (size_t i = 0; i < ARC_ENDPOINT_COUNT; i++)
        if (arc_endpoint_is_live(arc, i) && is_connected(arc, index, i))
            count++;
    return count;
}

void arc_endpoints_draw_urls(struct arc *arc)
{
    for (size_t i = 0; i < ARC_ENDPOINT_COUNT; i++) {
        struct arc_endpoint *endpoint = &arc->endpoints[i];
        char label[9];
        sim_random_text(&arc->random, "0123456789abcdef", label, 8);
        if (!endpoint->is_url_set)
            snprintf(endpoint->url, sizeof endpoint->url,
                     "https://%s.route53-recovery-cluster.%s.amazonaws.com/v1", label,
                     arc_endpoint_regions[i]);
    }
}

void arc_set_endpoint_url(struct arc *arc, const char *region, const char *url)
{
    size_t index = arc_endpoint_index(region);
    PRE(index < ARC_ENDPOINT_COUNT);
    PRE(strlen(url) <= ARC_ENDPOINT_URL_MAX);
    snprintf(arc->endpoints[index].url, sizeof arc->endpoints[index].url, "%s", url);
    arc->endpoints[index].is_url_set = true;
}

enum sim_result arc_set_endpoint_down(struct arc *arc, const char *region, bool down,
                                      struct sim_error *error)
{
    size_t index = arc_endpoint_index(region);
    if (index == ARC_ENDPOINT_COUNT)
        return sim_error_set(error, RESULT_NOT_FOUND,
                             "%s has no cluster endpoint; the five are us-east-1, us-west-2, "
                             "eu-west-1, ap-northeast-1, ap-southeast-2",
                             region);
    arc->endpoints[index].is_down = down;
    sim_trace_emit(arc->host->core->trace, "cluster.endpoint", region, FIELD_FLAG("down", down));
    return RESULT_OK;
}
