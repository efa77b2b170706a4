#include "sim/core/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES        63
#define INNER_LATENCY_US      UINT64_C(200)
#define OUTER_LATENCY_US      (30 * SIM_US_PER_MS)
#define REPLICATION_MEDIAN_US (800 * SIM_US_PER_MS)
#define REPLICATION_P99_US    (1200 * SIM_US_PER_MS)
#define DRAIN_PER_S           UINT64_C(3000)
#define LINK_COUNT            ((size_t)SIM_REGION_MAX * SIM_REGION_MAX)

struct listener {
    sim_network_listener *run;
    void *context;
};

struct sim_network {
    uint64_t seed;
    size_t region_count;
    struct sim_region *regions[SIM_REGION_MAX];
    struct sim_link *links[LINK_COUNT]; /* [from * SIM_REGION_MAX + to] */
    struct listener *listeners;
    size_t listener_count;
};

static struct sim_link **link_place(struct sim_network *network, size_t from, size_t to)
{
    return &network->links[from * SIM_REGION_MAX + to];
}

struct sim_network *sim_network_create(uint64_t seed)
{
    struct sim_network *network = sim_alloc(sizeof *network);
    network->seed = seed;
    return network;
}

void sim_network_clear(struct sim_network *network, uint64_t seed)
{
    for (size_t i = 0; i < LINK_COUNT; i++) {
        struct sim_link *link = network->links[i];
        if (link == NULL)
            continue;
        sim_lag_fini(&link->latency);
        sim_lag_fini(&link->replication);
        free(link);
        network->links[i] = NULL;
    }
    for (size_t i = 0; i < network->region_count; i++) {
        free((char *)network->regions[i]->name);
        free(network->regions[i]);
        network->regions[i] = NULL;
    }
    network->region_count = 0;
    network->seed = seed;
}

void sim_network_destroy(struct sim_network *network)
{
    if (network == NULL)
        return;
    sim_network_clear(network, 0);
    free(network->listeners);
    free(network);
}

static bool name_is_valid(const char *name)
{
    size_t length = strlen(name);
    return length >= 1 && length <= NAME_MAX_BYTES && name[0] != '-' && name[length - 1] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static void open_stream(struct sim_random *random, uint64_t seed, const char *what,
                        const struct sim_link *link)
{
    char name[2 * NAME_MAX_BYTES + 16];
    snprintf(name, sizeof name, "%s/%s/%s", what, link->from->name, link->to->name);
    sim_random_init(random, seed, name);
}

static void add_link(struct sim_network *network, struct sim_region *from, struct sim_region *to)
{
    struct sim_link *link = sim_alloc(sizeof *link);
    link->from = from;
    link->to = to;
    sim_lag_init_constant(&link->latency, from == to ? INNER_LATENCY_US : OUTER_LATENCY_US);
    sim_lag_init_lognormal(&link->replication, REPLICATION_MEDIAN_US, REPLICATION_P99_US);
    link->drain_per_s = DRAIN_PER_S;
    open_stream(&link->latency_random, network->seed, "latency", link);
    open_stream(&link->replication_random, network->seed, "lag", link);
    *link_place(network, from->index, to->index) = link;
}

enum sim_result sim_network_add_region(struct sim_network *network, const char *name,
                                       bool hosts_services, struct sim_region **region,
                                       struct sim_error *error)
{
    PRE(name != NULL);
    if (!name_is_valid(name))
        return sim_error_set(error, RESULT_INVALID,
                             "\"%.64s\" is not a Region name: 1 to %d characters of a-z, 0-9 and "
                             "'-', with no '-' at either end",
                             name, NAME_MAX_BYTES);
    if (sim_network_region_find(network, name) != NULL)
        return sim_error_set(error, RESULT_INVALID, "the Region %s exists already", name);
    if (network->region_count == SIM_REGION_MAX)
        return sim_error_set(error, RESULT_LIMIT, "no room for the Region %s: at most %d Regions",
                             name, SIM_REGION_MAX);
    struct sim_region *added = sim_alloc(sizeof *added);
    added->name = sim_strdup(name);
    added->index = network->region_count;
    added->hosts_services = hosts_services;
    snprintf(added->address, sizeof added->address, "127.0.%zu.1", added->index + 1);
    network->regions[network->region_count++] = added;
    for (size_t i = 0; i < network->region_count; i++) {
        add_link(network, added, network->regions[i]);
        if (network->regions[i] != added)
            add_link(network, network->regions[i], added);
    }
    if (region != NULL)
        *region = added;
    return RESULT_OK;
}

struct sim_region *sim_network_region_find(struct sim_network *network, const char *name)
{
    if (name == NULL)
        return NULL;
    for (size_t i = 0; i < network->region_count; i++)
        if (strcmp(network->regions[i]->name, name) == 0)
            return network->regions[i];
    return NULL;
}

struct sim_region *sim_network_region_at_address(struct sim_network *network, const char *address)
{
    if (address == NULL)
        return NULL;
    for (size_t i = 0; i < network->region_count; i++)
        if (strcmp(network->regions[i]->address, address) == 0)
            return network->regions[i];
    return NULL;
}

size_t sim_network_region_count(const struct sim_network *network)
{
    return network->region_count;
}

struct sim_region *sim_network_region_by_index(struct sim_network *network, size_t index)
{
    PRE(index < network->region_count);
    return network->regions[index];
}

struct sim_link *sim_network_link_get(struct sim_network *network, const struct sim_region *from,
                                      const struct sim_region *to)
{
    PRE(from != NULL);
    PRE(to != NULL);
    struct sim_link *link = *link_place(network, from->index, to->index);
    POST(link != NULL);
    return link;
}

bool sim_network_is_reachable(struct sim_network *network, const struct sim_region *from,
                              const struct sim_region *to)
{
    return from->down_count == 0 && to->down_count == 0 &&
           sim_network_link_get(network, from, to)->cut_count == 0;
}

uint64_t sim_network_latency_us(struct sim_network *network, const struct sim_region *from,
                                const struct sim_region *to)
{
    struct sim_link *link = sim_network_link_get(network, from, to);
    return sim_lag_sample_us(&link->latency, &link->latency_random);
}

/* A listener may take itself off the list while it is called. */
static void tell(struct sim_network *network, struct sim_region *region, struct sim_link *link)
{
    for (size_t i = 0; i < network->listener_count;) {
        struct listener told = network->listeners[i];
        told.run(told.context, region, link);
        if (i < network->listener_count && network->listeners[i].run == told.run &&
            network->listeners[i].context == told.context)
            i++;
    }
}

/* Counts how many faults hold; true if that changed anything. */
static bool count(unsigned *held, bool on)
{
    PRE(on || *held > 0);
    *held = on ? *held + 1 : *held - 1;
    return on ? *held == 1 : *held == 0;
}

void sim_network_set_region_down(struct sim_network *network, struct sim_region *region, bool down)
{
    if (count(&region->down_count, down))
        tell(network, region, NULL);
}

void sim_network_set_link_cut(struct sim_network *network, struct sim_link *link, bool cut)
{
    if (count(&link->cut_count, cut))
        tell(network, NULL, link);
}

void sim_network_set_skew(struct sim_network *network, struct sim_region *region, int64_t skew_us)
{
    if (region->skew_us == skew_us)
        return;
    region->skew_us = skew_us;
    tell(network, region, NULL);
}

void sim_network_listen(struct sim_network *network, sim_network_listener *listener, void *context)
{
    PRE(listener != NULL);
    network->listeners = sim_realloc_array(network->listeners, network->listener_count + 1,
                                           sizeof *network->listeners);
    network->listeners[network->listener_count++] =
        (struct listener){.run = listener, .context = context};
}

void sim_network_unlisten(struct sim_network *network, sim_network_listener *listener,
                          void *context)
{
    for (size_t i = 0; i < network->listener_count; i++) {
        struct listener *at = &network->listeners[i];
        if (at->run != listener || at->context != context)
            continue;
        network->listener_count--;
        memmove(at, at + 1, (network->listener_count - i) * sizeof *at);
        return;
    }
}
