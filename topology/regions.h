/* regions.h -- the AWS Regions, and how far apart they are.
 *
 * Purpose  Default latency and replication lag of every link, so that a world without numbers is
 *          already realistic.
 * Source   Round-trip times: the full mesh of 19 Regions measured by ping between EC2 hosts in June
 *          2020 and published with the fantoch simulator (latency_aws/2020_06_05). Regions that it
 *          lacks count as their nearest measured neighbour plus a distance: published in a few
 *          cases, our estimate in the others (regions.c says which).
 *          Replication: DynamoDB's guide says "usually within a second"; the published run of the
 *          orders sample shows a ReplicationLatency of 600 to 1,200 ms.
 * Units    µs. */
#ifndef TOPOLOGY_REGIONS_H
#define TOPOLOGY_REGIONS_H

#include "sim/core/lag.h"

size_t topo_region_name_count(void);
const char *topo_region_name_at(size_t index); /* sorted */
bool topo_region_name_exists(const char *name);
/* INVALID with the nearest name for one that is none. */
MUST_USE enum sim_result topo_region_name_check(const char *name, struct sim_error *error);

/* There and back; both names must exist. A Region to itself: 200 µs. */
uint64_t topo_round_trip_us(const char *from, const char *to);

/* One way: half the round trip as the median, a tenth more plus 200 µs as the 99th percentile. */
void topo_latency_default(const char *from, const char *to, struct sim_lag *lag);
/* From commit to delivery: a pipeline of 620 ms, half the round trip, and a right-skewed wait of
 * median 120 ms and 99th percentile 460 ms. us-east-1 to us-west-2: median 777 ms, 99 % below
 * 1,117 ms. */
void topo_replication_default(const char *from, const char *to, struct sim_lag *lag);

#endif
