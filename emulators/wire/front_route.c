/* front_route.c -- decides service, Region and account. */
#include "emulators/wire/front_route.h"

#include <string.h>

#include "emulators/wire/front_uri.h"
#include "sim/core/buffer.h"

static bool has_target_prefix(struct wire_dispatcher *dispatcher,
                              const struct wire_service *service, const char *target)
{
    const char *prefix = wire_model_of(dispatcher, service)->target_prefix;
    if (prefix == NULL)
        return false;
    const size_t bytes = strlen(prefix);
    return strncmp(prefix, target, bytes) == 0 && target[bytes] == '.';
}

/* The service of the scope is asked first: it nearly always fits, and no other model is loaded. */
static const struct wire_service *service_of_target(struct wire_dispatcher *dispatcher,
                                                    const struct wire_service *scoped,
                                                    const char *target)
{
    if (scoped != NULL && has_target_prefix(dispatcher, scoped, target))
        return scoped;
    for (size_t i = 0; i < wire_service_count(dispatcher); i++) {
        const struct wire_service *service = wire_service_at(dispatcher, i);
        if (service != scoped && has_target_prefix(dispatcher, service, target))
            return service;
    }
    return NULL;
}

static bool is_rest(const struct wire_model *model)
{
    return model->protocol == PROTOCOL_REST_JSON || model->protocol == PROTOCOL_REST_XML;
}

/* "/2013-04-01/..." belongs to the REST service of that version even where no operation fits. */
static bool is_under_version(const struct wire_model *model, const char *path)
{
    const size_t bytes = model->api_version == NULL ? 0 : strlen(model->api_version);
    return model->protocol == PROTOCOL_REST_XML && bytes > 0 && path[0] == '/' &&
           strncmp(path + 1, model->api_version, bytes) == 0 && path[bytes + 1] == '/';
}

static const struct wire_service *service_of_path(struct wire_dispatcher *dispatcher,
                                                  const struct front_message *message)
{
    for (size_t i = 0; i < wire_service_count(dispatcher); i++) {
        const struct wire_service *service = wire_service_at(dispatcher, i);
        const struct wire_model *model = wire_model_of(dispatcher, service);
        struct front_uri uri;
        if (is_rest(model) &&
            (is_under_version(model, message->path) || front_uri_match(model, message, &uri)))
            return service;
    }
    return NULL;
}

static const struct wire_service *service_of_nameless(struct wire_dispatcher *dispatcher)
{
    for (size_t i = 0; i < wire_service_count(dispatcher); i++) {
        const struct wire_service *service = wire_service_at(dispatcher, i);
        if (front_traits_of(service->id)->answers_nameless)
            return service;
    }
    return NULL;
}

static const struct wire_service *find_service(struct wire_dispatcher *dispatcher,
                                               const struct wire_listener *listener,
                                               const struct front_message *message,
                                               const struct credential *credential,
                                               const struct front_host *host)
{
    if (listener->service != NULL)
        return wire_service_find(dispatcher, listener->service);
    const struct wire_service *scoped =
        credential->service == NULL ? NULL : wire_service_find(dispatcher, credential->service);
    const char *target = message->known[FRONT_AMZ_TARGET];
    const struct wire_service *service =
        target == NULL ? NULL : service_of_target(dispatcher, scoped, target);
    if (service != NULL || scoped != NULL)
        return service != NULL ? service : scoped;
    if (credential->service != NULL && credential->service[0] != '\0')
        return NULL; /* named, but not here */
    if (host->service != NULL)
        return host->service;
    if (strcmp(message->path, "/") != 0)
        return service_of_path(dispatcher, message);
    return target == NULL ? service_of_nameless(dispatcher) : NULL;
}

static bool refuse_service(struct wire_dispatcher *dispatcher, const struct front_message *message,
                           const struct credential *credential, struct wire_error *error)
{
    struct sim_buffer names;
    sim_buffer_init(&names);
    for (size_t i = 0; i < wire_service_count(dispatcher); i++)
        sim_buffer_printf(&names, "%s%s", i == 0 ? "" : ", ", wire_service_at(dispatcher, i)->id);
    const char *target = message->known[FRONT_AMZ_TARGET];
    const bool by_scope = credential->service != NULL && credential->service[0] != '\0';
    *error = (struct wire_error){
        .code = "UnknownService",
        .status = 501,
        .is_server_fault = true,
        .message = sim_arena_printf(
            message->arena, "%s '%.80s' is not a service of this world; there are: %s.",
            by_scope ? "Credential scope" : (target ? "X-Amz-Target" : "Path"),
            by_scope ? credential->service : (target ? target : message->path),
            names.length_bytes > 0 ? names.data : "none"),
    };
    sim_buffer_fini(&names);
    return false;
}

static const char *first_hosting_region(struct sim_network *network)
{
    for (size_t i = 0; i < sim_network_region_count(network); i++) {
        const struct sim_region *region = sim_network_region_by_index(network, i);
        if (region->hosts_services)
            return region->name;
    }
    return NULL;
}

static void refuse_region(struct sim_network *network, const struct front_message *message,
                          struct front_route *route)
{
    struct sim_buffer names;
    sim_buffer_init(&names);
    for (size_t i = 0; i < sim_network_region_count(network); i++) {
        const struct sim_region *known = sim_network_region_by_index(network, i);
        if (known->hosts_services)
            sim_buffer_printf(&names, "%s%s", names.length_bytes == 0 ? "" : ", ", known->name);
    }
    route->region_error = (struct wire_error){
        .code = "UnknownRegion",
        .status = 400,
        .message =
            sim_arena_printf(message->arena,
                             "Region %.64s is not part of this world (%s); sign for one of "
                             "these, or add it to the topology",
                             route->region, names.length_bytes > 0 ? names.data : "it has none"),
    };
    sim_buffer_fini(&names);
}

static void find_region(struct wire_dispatcher *dispatcher, const struct wire_listener *listener,
                        const struct front_message *message, const struct front_host *host,
                        struct front_route *route)
{
    struct sim_network *network = wire_dispatcher_host(dispatcher)->core->network;
    const struct sim_region *at_address =
        message->local_address == NULL
            ? NULL
            : sim_network_region_at_address(network, message->local_address);
    const char *scoped = route->credential.region;
    const bool is_global = route->service->scope == SCOPE_GLOBAL;
    if (listener->region != NULL)
        route->region = listener->region;
    else if (is_global && route->service->control_region != NULL)
        route->region = route->service->control_region; /* there, whatever was signed */
    else if (at_address != NULL && at_address->hosts_services)
        route->region = at_address->name;
    else if (scoped != NULL && scoped[0] != '\0')
        route->region = scoped;
    else
        route->region = host->region != NULL ? host->region : first_hosting_region(network);
    if (route->region == NULL)
        route->region = "(none)";
    if (is_global)
        return;
    const struct sim_region *region = sim_network_region_find(network, route->region);
    if (region == NULL || !region->hosts_services)
        refuse_region(network, message, route);
}

bool front_route_find(struct wire_dispatcher *dispatcher, const struct wire_listener *listener,
                      const struct front_message *message, struct front_route *route,
                      struct wire_error *error)
{
    *route = (struct front_route){0};
    credential_read(message, &route->credential);
    struct front_host host = {0};
    if (route->credential.service == NULL || route->credential.region == NULL)
        front_host_read(dispatcher, message, &host);
    route->service = find_service(dispatcher, listener, message, &route->credential, &host);
    if (route->service == NULL)
        return refuse_service(dispatcher, message, &route->credential, error);
    route->model = wire_model_of(dispatcher, route->service);
    route->traits = front_traits_of(route->service->id);
    route->account = credential_account(&route->credential);
    if (route->account != route->credential.access_key && host.account != NULL)
        route->account = host.account;
    find_region(dispatcher, listener, message, &host, route);
    return true;
}
