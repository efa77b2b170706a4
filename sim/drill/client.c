/* Simulated clients: each starts an iteration of its steps at a steady rate, whether or not the one
 * before has ended; every request goes through the client's resolver and the simulated network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/buffer.h"
#include "sim/drill/drill_internal.h"

#define VARIABLES_MAX 16

struct variable { /* values that "keep" collected, consumed one an iteration */
    const char *name;
    char **values;
    size_t count;
    size_t capacity;
    size_t next;
};

struct drill_client {
    struct drill *drill;
    size_t index;
    const struct drill_client_options *options;
    const struct sim_region *region;
    uint16_t port;
    struct drill_resolver resolver;
    struct sim_random random; /* stream "client/NAME" */
    struct variable variables[VARIABLES_MAX];
    size_t variable_count;
    int64_t started;             /* iterations */
    struct iteration *under_way; /* list, for the end */
};

struct iteration {
    struct drill_client *client;
    struct iteration *previous;
    struct iteration *next;
    const struct drill_step *steps;
    size_t step_count;
    size_t step;
    int64_t repeated; /* how often the step has run */
    bool is_prepare;
    char uuid[SIM_UUID_TEXT_BYTES];
    const char *values[VARIABLES_MAX]; /* taken from the client's variables; NULL = not yet */
    bool has_written;
    uint64_t began_us; /* of the request under way, since the drill began */
    char served_by[40];
};

static struct variable *variable_find(struct drill_client *client, const char *name, size_t length)
{
    for (size_t i = 0; i < client->variable_count; i++)
        if (strlen(client->variables[i].name) == length &&
            memcmp(client->variables[i].name, name, length) == 0)
            return &client->variables[i];
    return NULL;
}

static void variable_add_value(struct variable *variable, const char *value)
{
    if (variable->count == variable->capacity) {
        variable->capacity = variable->capacity > 0 ? variable->capacity * 2 : 64;
        variable->values =
            sim_realloc_array(variable->values, variable->capacity, sizeof *variable->values);
    }
    variable->values[variable->count++] = sim_strdup(value);
}

/* The value of a {name} in this iteration; NULL when the client has none left. */
static const char *iteration_value(struct iteration *iteration, const char *name, size_t length)
{
    struct drill_client *client = iteration->client;
    if (length == 4 && memcmp(name, "uuid", 4) == 0)
        return iteration->uuid;
    struct variable *variable = variable_find(client, name, length);
    if (variable == NULL)
        return NULL;
    const char **value = &iteration->values[variable - client->variables];
    if (*value == NULL && variable->next < variable->count)
        *value = variable->values[variable->next++];
    return *value;
}

/* Replaces {name}s; false when a value is missing. */
static bool iteration_expand(struct iteration *iteration, const char *text,
                             struct sim_buffer *expanded)
{
    sim_buffer_clear(expanded);
    for (const char *at = text; *at != '\0';) {
        const char *open = strchr(at, '{');
        const char *close = open != NULL ? strchr(open, '}') : NULL;
        if (close == NULL) {
            sim_buffer_append_text(expanded, at);
            return true;
        }
        sim_buffer_append(expanded, at, (size_t)(open - at));
        const char *value = iteration_value(iteration, open + 1, (size_t)(close - open - 1));
        if (value == NULL)
            return false;
        sim_buffer_append_text(expanded, value);
        at = close + 1;
    }
    return true;
}

static void step_run(struct iteration *iteration);

static void iteration_end(struct iteration *iteration)
{
    if (iteration->previous != NULL)
        iteration->previous->next = iteration->next;
    else
        iteration->client->under_way = iteration->next;
    if (iteration->next != NULL)
        iteration->next->previous = iteration->previous;
    free(iteration);
}

static void record(struct iteration *iteration, enum drill_request_outcome outcome,
                   const char *detail)
{
    struct drill *drill = iteration->client->drill;
    const struct drill_request_record request = {
        .began_us = iteration->began_us,
        .latency_us = drill_now_us(drill) - iteration->began_us,
        .region = iteration->served_by,
        .client = iteration->client->index,
        .outcome = outcome,
        .detail = detail,
    };
    drill_measure_request(&drill->measures, &request);
    sim_trace_emit(drill->world->core.trace, "client.request", iteration->client->options->region,
                   FIELD_TEXT("client", iteration->client->options->name),
                   FIELD_TEXT("served_by", iteration->served_by),
                   FIELD_NUMBER("latency_us", request.latency_us), FIELD_TEXT("outcome", detail));
}

/* What the answer holds for later iterations: {"customers": ["a", "b"]}. */
static void keep_values(struct drill_client *client, const struct drill_step *step,
                        const char *body)
{
    cJSON *json = cJSON_Parse(body != NULL ? body : "");
    for (size_t i = 0; i < step->keep_count; i++) {
        struct variable *variable =
            variable_find(client, step->keeps[i].variable, strlen(step->keeps[i].variable));
        const cJSON *value;
        cJSON_ArrayForEach(value, cJSON_GetObjectItemCaseSensitive(json, step->keeps[i].member))
        {
            if (variable != NULL && cJSON_IsString(value))
                variable_add_value(variable, value->valuestring);
        }
    }
    cJSON_Delete(json);
}

static enum sim_result expand_in_key(void *context, const char *text, const char **expanded,
                                     struct sim_error *error)
{
    struct iteration *iteration = context;
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    enum sim_result result = RESULT_OK;
    if (iteration_expand(iteration, text, &buffer))
        *expanded = sim_arena_strdup(iteration->client->drill->arena,
                                     buffer.data != NULL ? buffer.data : "");
    else
        result = sim_error_set(error, RESULT_INVALID, "no value for \"%s\" is left", text);
    sim_buffer_fini(&buffer);
    return result;
}

static void note_write(struct iteration *iteration, const struct drill_step *step)
{
    struct drill *drill = iteration->client->drill;
    cJSON *key = NULL;
    struct sim_error error;
    if (topo_node_to_json(step->write_key, expand_in_key, iteration, &key, &error) != RESULT_OK)
        return; /* a key that needs a value which the request did not have */
    char *text = cJSON_PrintUnformatted(key);
    cJSON_Delete(key);
    drill_measure_write(&drill->measures, step->write_table, text, drill_now_us(drill),
                        iteration->served_by);
    cJSON_free(text);
    iteration->has_written = true;
}

static void step_succeeded(struct iteration *iteration, const char *body)
{
    const struct drill_step *step = &iteration->steps[iteration->step];
    record(iteration, DRILL_REQUEST_OK, "ok");
    keep_values(iteration->client, step, body);
    if (step->write_table != NULL)
        note_write(iteration, step);
    if (++iteration->repeated >= step->times) {
        iteration->repeated = 0;
        iteration->step++;
    }
    if (iteration->step < iteration->step_count)
        step_run(iteration);
    else
        iteration_end(iteration);
}

static void answered(void *context, const struct sim_endpoint_reply *reply)
{
    static const char *const transports[] = {
        [SIM_TRANSPORT_OK] = "ok",
        [SIM_TRANSPORT_REFUSED] = "connection refused",
        [SIM_TRANSPORT_RESET] = "connection reset",
        [SIM_TRANSPORT_TIMED_OUT] = "timed out",
    };
    struct iteration *iteration = context;
    const struct drill_step *step = &iteration->steps[iteration->step];
    drill_resolver_note(&iteration->client->resolver, reply->transport == SIM_TRANSPORT_OK);
    if (reply->transport == SIM_TRANSPORT_OK && reply->status >= 200 && reply->status < 300) {
        step_succeeded(iteration, reply->body);
        return;
    }
    char detail[32];
    snprintf(detail, sizeof detail, "status %d", reply->status);
    if (reply->transport == SIM_TRANSPORT_OK && reply->status == 404 && step->reads_own_write &&
        iteration->has_written)
        record(iteration, DRILL_REQUEST_STALE, "stale read");
    else
        record(iteration, DRILL_REQUEST_FAILED,
               reply->transport == SIM_TRANSPORT_OK ? detail : transports[reply->transport]);
    iteration_end(iteration);
}

static void send_to(struct iteration *iteration, const char *address)
{
    struct drill_client *client = iteration->client;
    const struct drill_step *step = &iteration->steps[iteration->step];
    struct sim_endpoints *endpoints = client->drill->world->core.endpoints;
    const struct sim_region *region = sim_endpoint_region(endpoints, address, client->port);
    snprintf(iteration->served_by, sizeof iteration->served_by, "%s",
             region != NULL ? region->name : "");
    struct sim_buffer target;
    sim_buffer_init(&target);
    if (iteration_expand(iteration, step->target, &target)) {
        const struct sim_endpoint_request request = {
            .method = step->method, .target = target.data, .host = client->options->host};
        sim_endpoint_call(endpoints, client->region, address, client->port, &request,
                          client->options->timeout_us, answered, iteration);
    } else {
        record(iteration, DRILL_REQUEST_FAILED, "nothing left to send (was the preparation done?)");
        iteration_end(iteration);
    }
    sim_buffer_fini(&target);
}

static void looked_up(void *context)
{
    struct iteration *iteration = context;
    struct drill *drill = iteration->client->drill;
    const char *address = drill_resolver_ask(&iteration->client->resolver, drill->world->r53,
                                             sim_clock_now_us(drill->world->core.clock));
    if (address != NULL) {
        send_to(iteration, address);
        return;
    }
    record(iteration, DRILL_REQUEST_FAILED, "name not resolved");
    iteration_end(iteration);
}

static void step_run(struct iteration *iteration)
{
    struct drill_client *client = iteration->client;
    struct drill *drill = client->drill;
    iteration->began_us = drill_now_us(drill);
    iteration->served_by[0] = '\0';
    uint64_t now_us = sim_clock_now_us(drill->world->core.clock);
    const char *address = drill_resolver_cached(&client->resolver, now_us);
    if (address != NULL) {
        char used[sizeof client->resolver.address];
        memcpy(used, address, sizeof used);
        drill_resolver_prefetch(&client->resolver, drill->world->r53, now_us);
        send_to(iteration, used);
    } else {
        sim_sched_after(drill->world->core.sched, client->options->resolver.lookup_us, looked_up,
                        iteration);
    }
}

static void iteration_start(struct drill_client *client, const struct drill_step *steps,
                            size_t step_count)
{
    struct iteration *iteration = sim_alloc(sizeof *iteration);
    iteration->client = client;
    iteration->steps = steps;
    iteration->step_count = step_count;
    sim_random_uuid(&client->random, iteration->uuid);
    iteration->next = client->under_way;
    if (client->under_way != NULL)
        client->under_way->previous = iteration;
    client->under_way = iteration;
    step_run(iteration);
}

static void begin_prepare(void *context)
{
    struct drill_client *client = context;
    iteration_start(client, client->options->prepare, client->options->prepare_count);
}

static void begin_iteration(void *context);

/* One iteration in each slot of every_us, at a drawn moment of it: a client in step with the TTL of
 * its answers would see the same race at every renewal. */
static void schedule_iteration(struct drill_client *client)
{
    const struct drill_client_options *options = client->options;
    uint64_t slot_us = options->starts_us + (uint64_t)client->started * options->every_us;
    uint64_t within_us = sim_random_below(&client->random, options->every_us);
    sim_sched_at(client->drill->world->core.sched, client->drill->began_us + slot_us + within_us,
                 begin_iteration, client);
}

static void begin_iteration(void *context)
{
    struct drill_client *client = context;
    if (client->drill->is_over)
        return;
    if (++client->started < client->options->iterations)
        schedule_iteration(client);
    iteration_start(client, client->options->each, client->options->each_count);
}

/* Variables are what the preparation keeps; a {name} that is none of them is a mistake. */
static enum sim_result check_text(struct drill_client *client, const struct topo_node *node,
                                  const char *text, struct sim_error *error)
{
    for (const char *at = strchr(text, '{'); at != NULL; at = strchr(at + 1, '{')) {
        const char *close = strchr(at, '}');
        size_t length = close != NULL ? (size_t)(close - at - 1) : strlen(at + 1);
        bool is_uuid = length == 4 && memcmp(at + 1, "uuid", 4) == 0;
        if (close == NULL || (!is_uuid && variable_find(client, at + 1, length) == NULL))
            return topo_node_fail(node, error,
                                  "{%.*s} is no variable; allowed: {uuid} and what 'prepare' keeps",
                                  (int)length, at + 1);
    }
    return RESULT_OK;
}

static enum sim_result check_key(struct drill_client *client, const struct topo_node *node,
                                 struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    if (node->kind == TOPO_SCALAR)
        return check_text(client, node, node->text, error);
    for (const struct topo_node *child = node->first; child != NULL && result == RESULT_OK;
         child = child->next)
        result = check_key(client, child, error);
    return result;
}

static enum sim_result check_step(struct drill_client *client, const struct drill_step *step,
                                  struct sim_error *error)
{
    enum sim_result result =
        check_text(client, topo_node_find(step->at, "request"), step->target, error);
    if (result != RESULT_OK || step->write_table == NULL)
        return result;
    const struct topo_node *writes = topo_node_find(step->at, "writes");
    if (!ddb_has_table(client->drill->world->ddb, step->write_table))
        return topo_node_fail(topo_node_find(writes, "table"), error, "the world has no table '%s'",
                              step->write_table);
    return check_key(client, step->write_key, error);
}

static enum sim_result collect_variables(struct drill_client *client, struct sim_error *error)
{
    for (size_t i = 0; i < client->options->prepare_count; i++) {
        const struct drill_step *step = &client->options->prepare[i];
        for (size_t j = 0; j < step->keep_count; j++) {
            const char *name = step->keeps[j].variable;
            if (variable_find(client, name, strlen(name)) != NULL)
                continue;
            if (client->variable_count == VARIABLES_MAX)
                return topo_node_fail(step->at, error, "a client keeps at most %d variables",
                                      VARIABLES_MAX);
            client->variables[client->variable_count++].name = name;
        }
    }
    return RESULT_OK;
}

/* An application listens on the same port in each of its Regions. */
static bool application_port(const struct topo_world *world, const char *application,
                             uint16_t *port)
{
    for (size_t i = 0; i < world->instance_count; i++) {
        if (strcmp(world->instances[i].entry->name, application) != 0)
            continue;
        *port = world->instances[i].port;
        return true;
    }
    return false;
}

static enum sim_result client_init(struct drill *drill, size_t index, struct sim_error *error)
{
    struct drill_client *client = &drill->clients[index];
    const struct drill_client_options *options = &drill->file->clients[index];
    client->drill = drill;
    client->index = index;
    client->options = options;
    client->region = sim_network_region_find(drill->world->core.network, options->region);
    if (client->region == NULL)
        return topo_node_fail(topo_node_find(options->at, "region"), error,
                              "the world has no Region '%s'", options->region);
    if (!application_port(drill->world, options->application, &client->port))
        return topo_node_fail(topo_node_find(options->at, "application"), error,
                              "the world runs no application '%s'", options->application);
    char stream[128];
    struct sim_random resolver_random;
    snprintf(stream, sizeof stream, "resolver/%s", options->name);
    sim_random_init(&resolver_random, drill->seed, stream);
    drill_resolver_init(&client->resolver, &options->resolver, options->host, options->region,
                        &resolver_random);
    snprintf(stream, sizeof stream, "client/%s", options->name);
    sim_random_init(&client->random, drill->seed, stream);
    enum sim_result result = collect_variables(client, error);
    for (size_t i = 0; i < options->prepare_count && result == RESULT_OK; i++)
        result = check_step(client, &options->prepare[i], error);
    for (size_t i = 0; i < options->each_count && result == RESULT_OK; i++)
        result = check_step(client, &options->each[i], error);
    return result;
}

enum sim_result drill_clients_start(struct drill *drill, struct sim_error *error)
{
    drill->clients = sim_alloc_array(drill->file->client_count, sizeof *drill->clients);
    for (size_t i = 0; i < drill->file->client_count; i++) {
        enum sim_result result = client_init(drill, i, error);
        if (result != RESULT_OK)
            return result;
    }
    for (size_t i = 0; i < drill->file->client_count; i++) {
        struct drill_client *client = &drill->clients[i];
        struct sim_sched *sched = drill->world->core.sched;
        if (client->options->prepare_count > 0)
            sim_sched_at(sched, drill->began_us, begin_prepare, client);
        schedule_iteration(client);
    }
    return RESULT_OK;
}

void drill_clients_destroy(struct drill *drill)
{
    if (drill->clients == NULL)
        return;
    for (size_t i = 0; i < drill->file->client_count; i++) {
        struct drill_client *client = &drill->clients[i];
        while (client->under_way != NULL)
            iteration_end(client->under_way);
        for (size_t j = 0; j < client->variable_count; j++) {
            for (size_t k = 0; k < client->variables[j].count; k++)
                free(client->variables[j].values[k]);
            free(client->variables[j].values);
        }
    }
    free(drill->clients);
    drill->clients = NULL;
}
