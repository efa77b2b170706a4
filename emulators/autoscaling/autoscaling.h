/* autoscaling.h -- Application Auto Scaling, as the layers above see it.
 *
 * Purpose  Scalable targets, target tracking and scheduled actions for DynamoDB's provisioned
 *          throughput. It changes tables by dispatch, like any other client, and hears what they
 *          consumed through metrics. Without a scaling policy it hears nothing and schedules
 * nothing; what it schedules is background work. Owner    aas_create() gives, aas_destroy() takes
 * back. Source   Application Auto Scaling user guide and API reference, version 2016-02-06;
 * DynamoDB developer guide, "Managing throughput capacity automatically". */
#ifndef EMULATORS_AUTOSCALING_AUTOSCALING_H
#define EMULATORS_AUTOSCALING_AUTOSCALING_H

#include "emulators/wire/call.h"

struct aas;

extern const struct wire_service aas_service; /* "application-autoscaling" */

MUST_USE enum sim_result aas_create(const struct wire_host *host, struct aas **aas,
                                    struct sim_error *error);
void aas_destroy(struct aas *aas);
void aas_reset(struct aas *aas); /* as just created */

#endif
