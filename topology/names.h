/* names.h -- what a world's names stand for: ids and ARNs that exist only once it was made.
 *
 * Purpose  A drill or a person writes ${control.us-east-1.arn}; the API wants the ARN.
 * Owner    The table copies names and values; what find returns is borrowed until clear or destroy.
 *
 *   region.REGION.address            127.0.1.1
 *   table.TABLE.name                 the table's name
 *   cluster.CLUSTER.arn              cluster.arn when there is one cluster only
 *   cluster.CLUSTER.endpoint.REGION  name of the data-plane endpoint (its Region);
 *                                    cluster.endpoint.REGION when there is one cluster only
 *   control_panel.PANEL.arn          control_panel.arn when there is one only
 *   control.CONTROL.arn
 *   safety_rule.RULE.arn             safety_rule.arn when there is one only
 *   health_check.CHECK.id
 *   zone.ZONE.id                     zone.id when there is one only
 *   application.NAME.REGION.address  127.0.1.1
 *   application.NAME.REGION.url      http://127.0.1.1:8080
 *   application.NAME.REGION.endpoint 127.0.1.1:8080, as fault scopes name it
 *   account                          000000000000 */
#ifndef TOPOLOGY_NAMES_H
#define TOPOLOGY_NAMES_H

#include "sim/core/arena.h"
#include "sim/core/error.h"

struct topo_names;

MUST_USE struct topo_names *topo_names_create(void);
void topo_names_destroy(struct topo_names *names);
void topo_names_clear(struct topo_names *names);

/* The first of equal names wins. */
void topo_names_add(struct topo_names *names, const char *value, const char *name_format, ...)
    PRINTF_LIKE(3, 4);
const char *topo_names_find(const struct topo_names *names, const char *name);
size_t topo_names_count(const struct topo_names *names);
/* In sorted order. */
void topo_names_at(struct topo_names *names, size_t index, const char **name, const char **value);

/* Replaces each ${NAME} in text; "$${" stands for "${". Without any, *expanded is text itself, else
 * it lives in the arena. INVALID for an unknown name (with the nearest) or a missing brace. */
MUST_USE enum sim_result topo_names_expand(struct topo_names *names, struct sim_arena *arena,
                                           const char *text, const char **expanded,
                                           struct sim_error *error);

#endif
