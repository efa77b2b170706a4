/* network.h -- Regions and the directed links between them.
 *
 * Purpose  Who can reach whom, and how long it takes. A link carries two lags: latency_us (one way,
 *          for a request or its answer) and replication (commit there to delivery here, for
 *          asynchronous replication). A cut link delivers nothing; after it heals, what waited
 *          drains at drain_per_s records a second.
 * Owner    The network owns Regions and links; pointers stay good until sim_network_destroy().
 * Note     Fault injection (faults.h) changes reachability; nobody else calls the _set_ functions
 *          marked "faults only". */
#ifndef SIM_CORE_NETWORK_H
#define SIM_CORE_NETWORK_H

#include "sim/core/lag.h"

#define SIM_REGION_MAX 40

struct sim_network;

struct sim_region {
    const char *name;    /* "us-east-1" */
    size_t index;        /* 0.. in the order in which they were added */
    char address[16];    /* its loopback address: "127.0.1.1" for index 0 */
    bool hosts_services; /* false: exists only as a place where clients, checkers or cluster
                            endpoints are */
    unsigned down_count; /* how many faults hold it down; 0 = up */
    int64_t skew_us;     /* its clocks run ahead of the simulation's by this */
};

struct sim_link {
    struct sim_region *from;
    struct sim_region *to;
    struct sim_lag latency;               /* one way */
    struct sim_lag replication;           /* commit to delivery */
    uint64_t drain_per_s;                 /* records a second after a heal; default 3000 */
    unsigned cut_count;                   /* how many faults cut it; 0 = whole */
    struct sim_random latency_random;     /* streams "latency/FROM/TO" */
    struct sim_random replication_random; /* and "lag/FROM/TO" */
};

MUST_USE struct sim_network *sim_network_create(uint64_t seed);
void sim_network_destroy(struct sim_network *network);
/* Removes all Regions and links; random streams start again from seed. Listeners stay. */
void sim_network_clear(struct sim_network *network, uint64_t seed);

/* Adds a Region and its links with every other (both directions and to itself). INVALID for a bad
 * or duplicate name, LIMIT above SIM_REGION_MAX. */
MUST_USE enum sim_result sim_network_add_region(struct sim_network *network, const char *name,
                                                bool hosts_services, struct sim_region **region,
                                                struct sim_error *error);
struct sim_region *sim_network_region_find(struct sim_network *network, const char *name);
struct sim_region *sim_network_region_at_address(struct sim_network *network, const char *address);
size_t sim_network_region_count(const struct sim_network *network);
struct sim_region *sim_network_region_by_index(struct sim_network *network, size_t index);
/* from == to is allowed: the Region's inner latency. */
struct sim_link *sim_network_link_get(struct sim_network *network, const struct sim_region *from,
                                      const struct sim_region *to);

/* A request from one Region can reach the other: both up and the link whole. */
bool sim_network_is_reachable(struct sim_network *network, const struct sim_region *from,
                              const struct sim_region *to);
/* One draw of the one-way latency. */
uint64_t sim_network_latency_us(struct sim_network *network, const struct sim_region *from,
                                const struct sim_region *to);

/* Faults only. Each change is told to every listener, after it took effect. */
void sim_network_set_region_down(struct sim_network *network, struct sim_region *region, bool down);
void sim_network_set_link_cut(struct sim_network *network, struct sim_link *link, bool cut);
void sim_network_set_skew(struct sim_network *network, struct sim_region *region, int64_t skew_us);

/* Called when reachability changed; region or link is NULL where it does not apply. */
typedef void sim_network_listener(void *context, struct sim_region *region, struct sim_link *link);
void sim_network_listen(struct sim_network *network, sim_network_listener *listener, void *context);
void sim_network_unlisten(struct sim_network *network, sim_network_listener *listener,
                          void *context);

#endif
