#include "emulators/wire/health.h"

#include <stdlib.h>
#include <string.h>

struct provider {
    char *kind;
    wire_health_provider *provide;
    void *state;
};

struct listener {
    wire_health_listener *listen;
    void *context;
};

struct wire_health {
    struct provider *providers;
    size_t provider_count;
    struct listener *listeners;
    size_t listener_count;
    wire_health_watchers *watchers;
    void *watchers_state;
};

struct wire_health *wire_health_create(void)
{
    return sim_alloc(sizeof(struct wire_health));
}

void wire_health_destroy(struct wire_health *health)
{
    if (health == NULL)
        return;
    for (size_t i = 0; i < health->provider_count; i++)
        free(health->providers[i].kind);
    free(health->providers);
    free(health->listeners);
    free(health);
}

static struct provider *provider_find(const struct wire_health *health, const char *kind)
{
    for (size_t i = 0; i < health->provider_count; i++)
        if (strcmp(health->providers[i].kind, kind) == 0)
            return &health->providers[i];
    return NULL;
}

/* The later provider of a kind replaces the earlier. */
void wire_health_provide(struct wire_health *health, const char *kind,
                         wire_health_provider *provider, void *state)
{
    struct provider *row = provider_find(health, kind);
    if (row == NULL) {
        health->providers = sim_realloc_array(health->providers, health->provider_count + 1,
                                              sizeof(struct provider));
        row = &health->providers[health->provider_count++];
        row->kind = sim_strdup(kind);
    }
    row->provide = provider;
    row->state = state;
}

enum wire_health_status wire_health_ask(struct wire_health *health, const char *kind,
                                        const char *id)
{
    const struct provider *row = provider_find(health, kind);
    return row == NULL ? WIRE_HEALTH_UNKNOWN : row->provide(row->state, id);
}

void wire_health_listen(struct wire_health *health, wire_health_listener *listener, void *context)
{
    health->listeners =
        sim_realloc_array(health->listeners, health->listener_count + 1, sizeof(struct listener));
    health->listeners[health->listener_count++] = (struct listener){listener, context};
}

/* By index: a listener may add another, which then hears this change too. */
void wire_health_tell_changed(struct wire_health *health, const char *kind, const char *id)
{
    for (size_t i = 0; i < health->listener_count; i++) {
        struct listener listener = health->listeners[i];
        listener.listen(listener.context, kind, id);
    }
}

void wire_health_set_watchers(struct wire_health *health, wire_health_watchers *watchers,
                              void *state)
{
    health->watchers = watchers;
    health->watchers_state = state;
}

void wire_health_visit_watchers(struct wire_health *health, const char *kind, const char *id,
                                void (*visit)(void *context, const char *watcher_id), void *context)
{
    if (health->watchers != NULL)
        health->watchers(health->watchers_state, kind, id, visit, context);
}
