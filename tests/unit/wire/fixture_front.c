/* fixture_front.c -- the world of fixture_front.h. */
#include "fixture_front.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct front_world {
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    const struct front_access *access;
    char *output;
    char *error_code, *error_message, *error_members;
    struct front_answer answer;
    struct sim_arena *arena; /* of the answer */
    unsigned char *facts[8];
    struct wire_service services[8];
    size_t service_count;
};

static enum wire_progress handle(void *state, struct wire_call *call)
{
    struct front_world *world = state;
    struct front_answer *answer = &world->answer;
    char *input = cJSON_PrintUnformatted(call->input);
    answer->input = sim_arena_strdup(world->arena, input);
    cJSON_free(input);
    answer->service = call->service->id;
    answer->operation = call->operation->name;
    answer->region = sim_arena_strdup(world->arena, call->region);
    answer->account = sim_arena_strdup(world->arena, call->account);
    answer->caller = sim_arena_strdup(world->arena, call->caller);
    if (world->error_code == NULL)
        return wire_succeed(call, world->output == NULL ? NULL : cJSON_Parse(world->output));
    cJSON *members = world->error_members == NULL ? NULL : cJSON_Parse(world->error_members);
    if (world->error_message == NULL) {
        call->outcome = WIRE_ERROR;
        call->error = (struct wire_error){.code = world->error_code, .members = members};
        return WIRE_DONE;
    }
    return wire_fail_with(call, world->error_code, members, "%s", world->error_message);
}

#define ROW(name)                                                                                  \
    {                                                                                              \
        name, handle, EFFECT_READ, PLANE_DATA                                                      \
    }
static const struct wire_operation dynamodb_rows[] = {ROW("CreateTable"), ROW("GetItem"),
                                                      ROW("PutItem"), ROW("TagResource")};
static const struct wire_operation streams_rows[] = {ROW("ListStreams")};
static const struct wire_operation route53_rows[] = {
    ROW("ChangeResourceRecordSets"), ROW("CreateHealthCheck"), ROW("CreateHostedZone"),
    ROW("GetHostedZone"), ROW("ListResourceRecordSets")};
static const struct wire_operation config_rows[] = {ROW("CreateCluster"), ROW("DescribeCluster"),
                                                    ROW("ListClusters"), ROW("ListSafetyRules"),
                                                    ROW("UntagResource")};
static const struct wire_operation cluster_rows[] = {ROW("GetRoutingControlState"),
                                                     ROW("UpdateRoutingControlState")};

static const struct {
    const char *id, *path;
    enum wire_scope scope;
    const char *control_region;
    const struct wire_operation *rows;
    size_t row_count;
} kinds[] = {
    {"dynamodb", "emulators/dynamodb/api.json", SCOPE_REGIONAL, NULL, dynamodb_rows,
     ARRAY_LEN(dynamodb_rows)},
    {"dynamodbstreams", "emulators/dynamodb/api_streams.json", SCOPE_REGIONAL, NULL, streams_rows,
     ARRAY_LEN(streams_rows)},
    {"route53", "emulators/route53/api.json", SCOPE_GLOBAL, "us-east-1", route53_rows,
     ARRAY_LEN(route53_rows)},
    {"route53-recovery-control-config", "emulators/arc/api_config.json", SCOPE_GLOBAL, "us-west-2",
     config_rows, ARRAY_LEN(config_rows)},
    {"route53-recovery-cluster", "emulators/arc/api_cluster.json", SCOPE_GLOBAL, NULL, cluster_rows,
     ARRAY_LEN(cluster_rows)},
};

/* The whole file, NUL-terminated. */
static unsigned char *read_facts(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        (void)fprintf(stderr, "%s: run tests from the top folder\n", path);
        exit(1);
    }
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    char chunk[4096];
    size_t got;
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
        sim_buffer_append(&buffer, chunk, got);
    (void)fclose(file);
    *bytes = buffer.length_bytes;
    return (unsigned char *)sim_buffer_take(&buffer);
}

static void add_service(struct front_world *world, size_t kind)
{
    size_t bytes = 0;
    const size_t i = world->service_count++;
    world->facts[i] = read_facts(kinds[kind].path, &bytes);
    world->services[i] = (struct wire_service){
        .id = kinds[kind].id,
        .title = kinds[kind].id,
        .sdk_id = kinds[kind].id,
        .scope = kinds[kind].scope,
        .control_region = kinds[kind].control_region,
        .api_json = world->facts[i],
        .api_json_end = world->facts[i] + bytes,
        .operations = kinds[kind].rows,
        .operation_count = kinds[kind].row_count,
        .throttling_code = "ThrottlingException",
        .throttling_message = "Rate exceeded",
    };
    wire_dispatcher_add(world->dispatcher, &world->services[i], world);
}

struct front_world *front_world_create(void)
{
    static const struct {
        const char *name;
        bool hosts_services;
    } regions[] = {{"us-east-1", true}, {"us-west-2", true}, {"eu-west-1", false}};
    struct front_world *world = sim_alloc(sizeof(*world));
    const struct sim_core_options options = {.seed = 1, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    sim_core_init(&world->core, &options);
    for (size_t i = 0; i < ARRAY_LEN(regions); i++) {
        struct sim_region *region;
        struct sim_error error;
        const enum sim_result result = sim_network_add_region(
            world->core.network, regions[i].name, regions[i].hosts_services, &region, &error);
        CHECK(result == RESULT_OK);
    }
    world->arena = sim_arena_create();
    world->dispatcher = wire_dispatcher_create(&world->core);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        add_service(world, i);
    return world;
}

void front_world_destroy(struct front_world *world)
{
    wire_dispatcher_destroy(world->dispatcher);
    sim_core_fini(&world->core);
    sim_arena_destroy(world->arena);
    for (size_t i = 0; i < world->service_count; i++)
        free(world->facts[i]);
    front_world_set_error(world, NULL, NULL, NULL);
    free(world->output);
    free(world);
}

struct wire_dispatcher *front_world_dispatcher(struct front_world *world)
{
    return world->dispatcher;
}

struct sim_core *front_world_core(struct front_world *world)
{
    return &world->core;
}

void front_world_set_access(struct front_world *world, const struct front_access *access)
{
    world->access = access;
}

static void replace(char **place, const char *text)
{
    free(*place);
    *place = text == NULL ? NULL : sim_strdup(text);
}

void front_world_set_output(struct front_world *world, const char *json)
{
    front_world_set_error(world, NULL, NULL, NULL);
    replace(&world->output, json);
}

void front_world_set_error(struct front_world *world, const char *code, const char *message,
                           const char *members)
{
    replace(&world->error_code, code);
    replace(&world->error_message, message);
    replace(&world->error_members, members);
}

/* The next line without its end; NULL after the last. */
static char *take_line(char **at)
{
    char *line = *at;
    if (line == NULL || *line == '\0')
        return NULL;
    char *end = strchr(line, '\n');
    *at = end == NULL ? NULL : end + 1;
    if (end != NULL)
        *end = '\0';
    return line;
}

void front_message_from_text(struct front_message *message, struct sim_arena *arena,
                             const char *text, const char *body, size_t body_bytes)
{
    enum { HEADERS_MAX = 40 };
    struct sim_http_header *headers = sim_arena_alloc_array(arena, HEADERS_MAX, sizeof(*headers));
    char *at = sim_arena_strdup(arena, text);
    *message = (struct front_message){
        .method = "GET", .path = "/", .query = "", .headers = headers, .arena = arena};
    char *line = take_line(&at);
    char *space = line == NULL ? NULL : strchr(line, ' ');
    if (space != NULL) {
        *space = '\0';
        message->method = line;
        message->path = space + 1;
        char *query = strchr(space + 1, '?');
        if (query != NULL) {
            *query = '\0';
            message->query = query + 1;
        }
    }
    while ((line = take_line(&at)) != NULL && message->header_count < HEADERS_MAX) {
        char *colon = strchr(line, ':');
        if (colon == NULL)
            continue;
        *colon = '\0';
        const char *value = colon + 1 + strspn(colon + 1, " ");
        headers[message->header_count++] = (struct sim_http_header){line, value};
    }
    message->body = sim_arena_strndup(arena, body, 0); /* an exact copy, so that overruns show */
    if (body_bytes > 0) {
        char *copy = sim_arena_alloc(arena, body_bytes + 1);
        memcpy(copy, body, body_bytes);
        message->body = copy;
    }
    message->body_bytes = body_bytes;
    front_message_index(message);
}

struct played {
    struct front_exchange *exchange;
    struct front_answer *answer;
};

static void copy_reply(struct front_answer *answer, const struct front_exchange *exchange,
                       const struct wire_call *call)
{
    front_exchange_encode(exchange, call, &answer->reply);
    /* What a reply borrows from the call ends with it. */
    for (size_t i = 0; i < answer->reply.header_count; i++)
        answer->reply.headers[i].value =
            sim_arena_strdup(answer->arena, answer->reply.headers[i].value);
}

static void finish(void *context, struct wire_call *call)
{
    struct played *played = context;
    CHECK(call->outcome == WIRE_OK || call->outcome == WIRE_ERROR);
    played->exchange->request_id = "req";
    copy_reply(played->answer, played->exchange, call);
}

const struct front_answer *front_world_play_body(struct front_world *world,
                                                 const struct wire_listener *listener,
                                                 const char *local_address, const char *text,
                                                 const char *body, size_t body_bytes)
{
    static const struct wire_listener common = {0};
    sim_arena_destroy(world->arena);
    world->arena = sim_arena_create();
    world->answer = (struct front_answer){.arena = world->arena};
    struct front_exchange *exchange = sim_arena_alloc(world->arena, sizeof(*exchange));
    front_message_from_text(&exchange->message, world->arena, text, body, body_bytes);
    exchange->message.local_address = local_address == NULL ? "127.0.0.1" : local_address;
    exchange->request_id = "req";
    exchange->access = world->access;
    struct wire_error error = {0};
    cJSON *input = NULL;
    enum front_decoded decoded = FRONT_REFUSED;
    struct played played = {exchange, &world->answer};
    if (front_route_find(world->dispatcher, listener == NULL ? &common : listener,
                         &exchange->message, &exchange->route, &error))
        decoded = front_exchange_decode(exchange, &input, &world->answer.reply, &error);
    if (decoded == FRONT_DECODED) {
        const struct wire_request request = {
            .service = exchange->route.service->id,
            .operation = exchange->operation->name,
            .region = exchange->route.region,
            .account = exchange->route.account,
            .caller = exchange->route.credential.access_key,
            .input = input,
            .types_are_checked = true,
        };
        wire_dispatch(world->dispatcher, &request, finish, &played);
    } else if (decoded == FRONT_REFUSED) {
        front_exchange_encode_error(exchange, &error, &world->answer.reply);
    }
    return &world->answer;
}

const struct front_answer *front_world_play(struct front_world *world,
                                            const struct wire_listener *listener,
                                            const char *local_address, const char *text)
{
    const char *blank = strstr(text, "\n\n");
    const char *body = blank == NULL ? "" : blank + 2;
    char *head = blank == NULL ? sim_strdup(text) : strndup(text, (size_t)(blank + 1 - text));
    const struct front_answer *answer =
        front_world_play_body(world, listener, local_address, head, body, strlen(body));
    free(head);
    return answer;
}

const char *front_answer_header(const struct front_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->reply.header_count; i++)
        if (strcmp(answer->reply.headers[i].name, name) == 0)
            return answer->reply.headers[i].value;
    return NULL;
}
