/* fis.h -- AWS Fault Injection Service, as the layers above see it.
 *
 * Purpose  Experiment templates and experiments. What an action breaks, it breaks through the one
 *          fault registry of the core, like everybody else.
 * Owner    fis_create() gives, fis_destroy() takes back.
 * Source   FIS user guide and API reference, version 2020-12-01. */
#ifndef EMULATORS_FIS_FIS_H
#define EMULATORS_FIS_FIS_H

#include "emulators/wire/call.h"

struct fis;

extern const struct wire_service fis_service; /* "fis" */

MUST_USE enum sim_result fis_create(const struct wire_host *host, struct fis **fis,
                                    struct sim_error *error);
void fis_destroy(struct fis *fis);
void fis_reset(struct fis *fis); /* as just created; the scheduler is cleared by the caller */

/* How long "pending" with "initiating", and "stopping", last. */
void fis_set_transient_delay(struct fis *fis, uint64_t delay_us);

#endif
