/* State: health, backlog, trace, reset. */
#include <inttypes.h>

#include "sim/console/control_internal.h"

static cJSON *services_json(const struct control_exchange *exchange)
{
    cJSON *services = cJSON_CreateObject();
    const struct wire_dispatcher *dispatcher = exchange->world->dispatcher;
    for (size_t i = 0; i < wire_service_count(dispatcher); i++)
        cJSON_AddStringToObject(services, wire_service_at(dispatcher, i)->id, "running");
    return services;
}

void control_health(struct control_exchange *exchange)
{
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "status", "running");
    cJSON_AddItemToObject(answer, "services", services_json(exchange));
    cJSON_AddStringToObject(answer, "edition", "regionlab");
    cJSON_AddStringToObject(answer, "version", exchange->control->options.version);
    control_reply(exchange, answer, "running, version %s", exchange->control->options.version);
}

void control_info(struct control_exchange *exchange)
{
    const struct topo_world *world = exchange->world;
    char now[SIM_CLOCK_TEXT_BYTES];
    sim_clock_format(sim_clock_now_us(world->core.clock), now);
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "version", exchange->control->options.version);
    cJSON_AddStringToObject(answer, "edition", "regionlab");
    cJSON_AddBoolToObject(answer, "is_license_activated", true);
    cJSON_AddStringToObject(answer, "world", world->file->name);
    cJSON_AddStringToObject(answer, "server_time_utc", now);
    cJSON_AddNumberToObject(
        answer, "uptime",
        (double)((sim_clock_now_us(world->core.clock) - sim_trace_began_us(world->core.trace)) /
                 SIM_US_PER_S));
    cJSON_AddNumberToObject(answer, "seed", (double)world->options.seed);
    control_reply(exchange, answer, "world %s, seed %" PRIu64 ", %s", world->file->name,
                  world->options.seed, now);
}

void control_backlog(struct control_exchange *exchange)
{
    struct sim_network *network = exchange->world->core.network;
    cJSON *answer = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(answer, "links");
    const char *lines = "";
    size_t count = sim_network_region_count(network);
    for (size_t i = 0; i < count * count; i++) {
        const char *from = sim_network_region_by_index(network, i / count)->name;
        const char *to = sim_network_region_by_index(network, i % count)->name;
        uint64_t backlog =
            i / count != i % count ? ddb_backlog(exchange->world->ddb, NULL, from, to) : 0;
        if (backlog == 0)
            continue;
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "from", from);
        cJSON_AddStringToObject(object, "to", to);
        cJSON_AddNumberToObject(object, "records", (double)backlog);
        cJSON_AddItemToArray(list, object);
        lines = sim_arena_printf(exchange->arena, "%s%s%s -> %s: %" PRIu64 " records", lines,
                                 lines[0] != '\0' ? "\n" : "", from, to, backlog);
    }
    control_reply(exchange, answer, "%s", lines[0] != '\0' ? lines : "nothing waits");
}

void control_trace(struct control_exchange *exchange)
{
    const struct sim_trace *trace = exchange->world->core.trace;
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddNumberToObject(answer, "events", (double)sim_trace_count(trace));
    if (!exchange->control->options.trace_is_hashed) {
        control_reply(exchange, answer, "%" PRIu64 " events; hashed only on a virtual clock",
                      sim_trace_count(trace));
        return;
    }
    char hash[SIM_TRACE_HASH_TEXT_BYTES];
    sim_trace_hash(trace, hash);
    cJSON_AddStringToObject(answer, "sha256", hash);
    control_reply(exchange, answer, "%" PRIu64 " events, sha256 %s", sim_trace_count(trace), hash);
}

void control_reset(struct control_exchange *exchange)
{
    struct topo_world *world = exchange->world;
    struct sim_error error;
    uint64_t began_us = sim_clock_machine_us();
    control_waits_drop(exchange->control, "the world was reset");
    sim_advance_abandon(world->core.advance);
    if (topo_world_reset(world, world->options.seed, &error) != RESULT_OK) {
        control_fail_with(exchange, &error);
        return;
    }
    if (exchange->control->options.after_reset != NULL)
        exchange->control->options.after_reset(exchange->control->options.after_reset_context);
    uint64_t took_us = sim_clock_machine_us() - began_us;
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddNumberToObject(answer, "took_us", (double)took_us);
    control_reply(exchange, answer, "reset in %" PRIu64 ".%02" PRIu64 " ms", took_us / 1000,
                  took_us % 1000 / 10);
}
