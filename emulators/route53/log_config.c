#include "emulators/route53/log_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void r53_log_configs_fini(struct r53_log_configs *logs)
{
    for (size_t i = 0; i < logs->count; i++)
        free(logs->items[i].group_arn);
    free(logs->items);
    *logs = (struct r53_log_configs){0};
}

struct r53_log_config *r53_log_config_add(struct r53_log_configs *logs, const char *id,
                                          const char *zone_id, const char *group_arn)
{
    size_t at = 0;
    while (at < logs->count && strcmp(logs->items[at].id, id) < 0)
        at++;
    logs->items = sim_realloc_array(logs->items, logs->count + 1, sizeof(logs->items[0]));
    memmove(&logs->items[at + 1], &logs->items[at], (logs->count - at) * sizeof(logs->items[0]));
    logs->items[at] = (struct r53_log_config){.group_arn = sim_strdup(group_arn)};
    (void)snprintf(logs->items[at].id, sizeof(logs->items[at].id), "%s", id);
    (void)snprintf(logs->items[at].zone_id, sizeof(logs->items[at].zone_id), "%s", zone_id);
    logs->count++;
    return &logs->items[at];
}

void r53_log_config_remove(struct r53_log_configs *logs, struct r53_log_config *log)
{
    size_t at = (size_t)(log - logs->items);
    free(log->group_arn);
    logs->count--;
    memmove(&logs->items[at], &logs->items[at + 1], (logs->count - at) * sizeof(logs->items[0]));
}

struct r53_log_config *r53_log_config_find(const struct r53_log_configs *logs, const char *id)
{
    for (size_t i = 0; i < logs->count; i++)
        if (strcmp(logs->items[i].id, id) == 0)
            return &logs->items[i];
    return NULL;
}

struct r53_log_config *r53_log_config_of_zone(const struct r53_log_configs *logs,
                                              const char *zone_id)
{
    for (size_t i = 0; i < logs->count; i++)
        if (strcmp(logs->items[i].zone_id, zone_id) == 0)
            return &logs->items[i];
    return NULL;
}
