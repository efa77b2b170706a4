/* target.h -- which resources an experiment acts on.
 *
 * Purpose  All targets are resolved once, before any action starts, and stay fixed: by ARN, or by
 *          tags and filters, then thinned out by COUNT(n) or PERCENT(n).
 * Source   FIS user guide, "Targets for AWS FIS". */
#ifndef EMULATORS_FIS_TARGET_H
#define EMULATORS_FIS_TARGET_H

#include "emulators/fis/fis_internal.h"

/* Fills experiment->resolved. False: *code and *reason say what is wrong. */
MUST_USE bool fis_targets_resolve(struct fis_experiment *experiment, const char **code,
                                  const char **reason, const char **location);
/* The ARNs that a target resolved to, in a JSON array of texts; the caller deletes it. */
MUST_USE cJSON *fis_target_arns(const struct fis_experiment *experiment, const char *target_name);
/* "ALL", "COUNT(n)" or "PERCENT(n)" with a number that makes sense. */
bool fis_selection_is_valid(const char *mode);
/* Calls another service in the experiment's place; NULL on any error. The caller deletes it. */
MUST_USE cJSON *fis_ask(const struct fis_experiment *experiment, const char *service,
                        const char *operation, cJSON *input);
/* The last part of an ARN ("table/orders" gives "orders"), if it is one of this Region and
 * account with that beginning ("arn:aws:dynamodb:<region>:<account>:table/"); else NULL. */
const char *fis_arn_name(const struct fis_experiment *experiment, const char *arn,
                         const char *service, const char *kind);

#endif
