/* Applications: one instance a Region, behind the Region's address. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topology/world_internal.h"

static uint16_t port_of(const struct topo_world *world, size_t application)
{
    if (world->options.application_port != 0)
        return (uint16_t)(world->options.application_port + application);
    return (uint16_t)world->file->applications[application].port;
}

static enum sim_result make_instance(struct topo_world *world, size_t application,
                                     const char *region_name, struct sim_error *error)
{
    const struct topo_application_entry *entry = &world->file->applications[application];
    struct sim_region *region = sim_network_region_find(world->core.network, region_name);
    CHECK(region != NULL);
    struct topo_application_host host = {
        .core = &world->core,
        .dispatcher = world->dispatcher,
        .region = region->name,
        .parameters = entry->parameters,
        .is_live = world->options.is_live,
    };
    struct topo_instance *instance = &world->instances[world->instance_count];
    *instance = (struct topo_instance){
        .entry = entry, .region = region->name, .port = port_of(world, application)};
    snprintf(instance->address, sizeof instance->address, "%s", region->address);
    enum sim_result result = entry->application->create(&host, &instance->state, error);
    if (result != RESULT_OK)
        return result;
    world->instance_count++;
    result = sim_endpoint_add(world->core.endpoints, instance->address, instance->port, region,
                              entry->application->handle, instance->state, error);
    topo_names_add(world->names, instance->address, "application.%s.%s.address", entry->name,
                   instance->region);
    char place[32];
    snprintf(place, sizeof place, "%s:%u", instance->address, instance->port);
    topo_names_add(world->names, place, "application.%s.%s.endpoint", entry->name,
                   instance->region);
    char url[48];
    snprintf(url, sizeof url, "http://%s", place);
    topo_names_add(world->names, url, "application.%s.%s.url", entry->name, instance->region);
    return result;
}

enum sim_result world_make_applications(struct topo_world *world, struct sim_error *error)
{
    const struct topo_world_file *file = world->file;
    size_t count = 0;
    for (size_t i = 0; i < file->application_count; i++)
        count += file->applications[i].regions.count;
    CHECK(world->instances == NULL);
    world->instances = sim_alloc_array(count + 1, sizeof *world->instances);
    enum sim_result result = RESULT_OK;
    for (size_t i = 0; i < file->application_count && result == RESULT_OK; i++)
        for (size_t r = 0; r < file->applications[i].regions.count && result == RESULT_OK; r++)
            result = make_instance(world, i, file->applications[i].regions.values[r], error);
    return result;
}

void world_destroy_applications(struct topo_world *world)
{
    for (size_t i = 0; i < world->instance_count; i++)
        world->instances[i].entry->application->destroy(world->instances[i].state);
    free(world->instances);
    world->instances = NULL;
    world->instance_count = 0;
}

const struct topo_instance *topo_world_instance_find(const struct topo_world *world,
                                                     const char *application, const char *region)
{
    for (size_t i = 0; i < world->instance_count; i++) {
        const struct topo_instance *instance = &world->instances[i];
        if (strcmp(instance->entry->name, application) == 0 &&
            strcmp(instance->region, region) == 0)
            return instance;
    }
    return NULL;
}
