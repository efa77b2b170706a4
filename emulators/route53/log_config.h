/* log_config.h -- query logging configurations: which zone logs to which CloudWatch Logs group.
 *
 * Purpose  Settings only: there is no CloudWatch Logs here. At most one a zone.
 * Source   Route 53 API reference, CreateQueryLoggingConfig.
 * Owner    struct r53_log_configs owns its configurations. */
#ifndef EMULATORS_ROUTE53_LOG_CONFIG_H
#define EMULATORS_ROUTE53_LOG_CONFIG_H

#include "emulators/route53/zone.h"
#include "sim/core/random.h"

struct r53_log_config {
    char id[SIM_UUID_TEXT_BYTES];
    char zone_id[R53_ID_BYTES];
    char *group_arn;
};

struct r53_log_configs {
    struct r53_log_config *items; /* by id */
    size_t count;
};

void r53_log_configs_fini(struct r53_log_configs *logs);
/* Copies; the id is new. */
struct r53_log_config *r53_log_config_add(struct r53_log_configs *logs, const char *id,
                                          const char *zone_id, const char *group_arn);
void r53_log_config_remove(struct r53_log_configs *logs, struct r53_log_config *log);
struct r53_log_config *r53_log_config_find(const struct r53_log_configs *logs, const char *id);
struct r53_log_config *r53_log_config_of_zone(const struct r53_log_configs *logs,
                                              const char *zone_id);

#endif
