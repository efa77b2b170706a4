/* health.h -- the narrow way to ask another service whether something is healthy.
 *
 * Purpose  A Route 53 health check asks for a routing control's state without knowing ARC. A
 * provider answers for a kind of thing; it tells when an answer changed; listeners hear it. Owner
 * Providers and listeners are borrowed. */
#ifndef EMULATORS_WIRE_HEALTH_H
#define EMULATORS_WIRE_HEALTH_H

#include "sim/core/base.h"

enum wire_health_status { WIRE_HEALTHY, WIRE_UNHEALTHY, WIRE_HEALTH_UNKNOWN };

#define WIRE_HEALTH_ROUTING_CONTROL "routing-control" /* id: routing control ARN; On = healthy */
#define WIRE_HEALTH_ALARM                                                                          \
    "alarm" /* id: alarm ARN. Changes only: the state is asked by DescribeAlarms */

struct wire_health;

typedef enum wire_health_status wire_health_provider(void *state, const char *id);
typedef void wire_health_listener(void *context, const char *kind, const char *id);

MUST_USE struct wire_health *wire_health_create(void);
void wire_health_destroy(struct wire_health *health);
void wire_health_provide(struct wire_health *health, const char *kind,
                         wire_health_provider *provider, void *state);
enum wire_health_status wire_health_ask(struct wire_health *health, const char *kind,
                                        const char *id); /* UNKNOWN without a provider */
void wire_health_listen(struct wire_health *health, wire_health_listener *listener, void *context);
void wire_health_tell_changed(struct wire_health *health, const char *kind, const char *id);

/* Who watches a thing: Route 53 answers with the health check ids that follow a routing control,
 * for ListAssociatedRoute53HealthChecks. visit is called for each id in sorted order. */
typedef void wire_health_watchers(void *state, const char *kind, const char *id,
                                  void (*visit)(void *context, const char *watcher_id),
                                  void *context);
void wire_health_set_watchers(struct wire_health *health, wire_health_watchers *watchers,
                              void *state);
void wire_health_visit_watchers(struct wire_health *health, const char *kind, const char *id,
                                void (*visit)(void *context, const char *watcher_id),
                                void *context);

#endif
