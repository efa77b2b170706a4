/* arc.h -- Application Recovery Controller's routing control, as the layers above see it.
 *
 * Purpose  Two services: the control plane (route53-recovery-control-config) and the data plane on
 *          five Regional cluster endpoints (route53-recovery-cluster).
 * Owner    arc_create() gives, arc_destroy() takes back.
 */
#ifndef EMULATORS_ARC_ARC_H
#define EMULATORS_ARC_ARC_H

#include "emulators/wire/call.h"

struct arc;

extern const struct wire_service arc_config_service;  /* "route53-recovery-control-config" */
extern const struct wire_service arc_cluster_service; /* "route53-recovery-cluster" */

#define ARC_ENDPOINT_COUNT 5
extern const char *const arc_endpoint_regions[ARC_ENDPOINT_COUNT];

MUST_USE enum sim_result arc_create(const struct wire_host *host, struct arc **arc,
                                    struct sim_error *error);
void arc_destroy(struct arc *arc);
void arc_reset(struct arc *arc); /* as just created; endpoint URLs stay */

/* The URL that DescribeCluster tells for one of the five Regions ("http://127.0.1.1:40001/v1");
 * without one it is the service's form of name. */
void arc_set_endpoint_url(struct arc *arc, const char *region, const char *url);
/* How long PENDING and PENDING_DELETION last. */
void arc_set_transient_delay(struct arc *arc, uint64_t delay_us);
/* One of the five endpoints out of service on its own (maintenance), besides its Region's faults.
 */
MUST_USE enum sim_result arc_set_endpoint_down(struct arc *arc, const char *region, bool down,
                                               struct sim_error *error);

#endif
