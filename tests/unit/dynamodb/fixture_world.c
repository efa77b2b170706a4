#include "tests/unit/dynamodb/fixture_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/buffer.h"
#include "sim/core/duration.h"

static void swap_quotes(char *text, char from, char to)
{
    for (; *text != '\0'; text++) {
        if (*text == from)
            *text = to;
    }
}

int world_setup(void **state)
{
    struct world *world = sim_alloc(sizeof *world);
    struct sim_core_options options = {.seed = 1, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    struct sim_error error;
    static const char *const names[] = {EAST, WEST, EU};
    sim_core_init(&world->core, &options);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct sim_region *region = NULL;
        assert_int_equal(
            sim_network_add_region(world->core.network, names[i], true, &region, &error),
            RESULT_OK);
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        for (size_t k = 0; k < ARRAY_LEN(names); k++) {
            struct sim_network *network = world->core.network;
            struct sim_link *link =
                sim_network_link_get(network, sim_network_region_by_index(network, i),
                                     sim_network_region_by_index(network, k));
            sim_lag_fini(&link->replication);
            sim_lag_init_constant(&link->replication, 800 * SIM_US_PER_MS);
        }
    }
    world->dispatcher = wire_dispatcher_create(&world->core);
    assert_int_equal(ddb_create(wire_dispatcher_host(world->dispatcher), &world->ddb, &error),
                     RESULT_OK);
    *state = world;
    return 0;
}

int world_teardown(void **state)
{
    struct world *world = *state;
    ddb_destroy(world->ddb);
    wire_dispatcher_destroy(world->dispatcher);
    sim_core_fini(&world->core);
    free(world->said);
    free(world);
    return 0;
}

struct answer {
    cJSON *output;
    char *error; /* "Code: message {members}" */
};

static void take_answer(void *context, struct wire_call *call)
{
    struct answer *answer = context;
    if (call->outcome == WIRE_OK) {
        answer->output =
            call->output != NULL ? cJSON_Duplicate(call->output, true) : cJSON_CreateObject();
        return;
    }
    struct sim_buffer text;
    sim_buffer_init(&text);
    sim_buffer_printf(&text, "%s: %s", call->error.code != NULL ? call->error.code : "(none)",
                      call->error.message != NULL ? call->error.message : "");
    if (call->error.members != NULL) {
        char *members = cJSON_PrintUnformatted(call->error.members);
        sim_buffer_printf(&text, " %s", members);
        free(members);
    }
    answer->error = sim_buffer_take(&text);
}

static struct answer ask(struct world *world, const char *service, const char *region,
                         const char *operation, const char *json)
{
    char *text = sim_strdup(json);
    swap_quotes(text, '\'', '"');
    cJSON *input = cJSON_Parse(text);
    if (input == NULL)
        fail_msg("the test's JSON is wrong: %s", json);
    free(text);
    struct answer answer = {0};
    struct wire_request request = {
        .service = service, .operation = operation, .region = region, .input = input};
    wire_dispatch(world->dispatcher, &request, take_answer, &answer);
    cJSON_Delete(input);
    return answer;
}

cJSON *world_call_service(struct world *world, const char *service, const char *region,
                          const char *operation, const char *json, char error[WORLD_ERROR_BYTES])
{
    struct answer answer = ask(world, service, region, operation, json);
    if (answer.error != NULL && error != NULL) {
        size_t length = strlen(answer.error);
        length = length < WORLD_ERROR_BYTES ? length : WORLD_ERROR_BYTES - 1;
        memcpy(error, answer.error, length);
        error[length] = '\0';
    }
    free(answer.error);
    return answer.output;
}

cJSON *world_call(struct world *world, const char *region, const char *operation, const char *json,
                  char error[WORLD_ERROR_BYTES])
{
    return world_call_service(world, "dynamodb", region, operation, json, error);
}

static const char *say(struct world *world, const char *service, const char *region,
                       const char *operation, const char *json)
{
    struct answer answer = ask(world, service, region, operation, json);
    free(world->said);
    world->said = answer.error;
    if (answer.output != NULL) {
        world->said = cJSON_PrintUnformatted(answer.output);
        cJSON_Delete(answer.output);
    }
    swap_quotes(world->said, '"', '\'');
    return world->said;
}

const char *world_say(struct world *world, const char *region, const char *operation,
                      const char *json)
{
    return say(world, "dynamodb", region, operation, json);
}

const char *world_say_stream(struct world *world, const char *region, const char *operation,
                             const char *json)
{
    return say(world, "dynamodbstreams", region, operation, json);
}

static void ignore_done(void *context, uint64_t events_ran)
{
    (void)context;
    (void)events_ran;
}

void world_keep_shards(struct world *world)
{
    const struct ddb_shard_rules rules = {.life_us = SIM_DURATION_MAX_US,
                                          .window_us = SIM_US_PER_S,
                                          .window_records = UINT64_MAX,
                                          .first_count = 1};
    ddb_set_shard_rules(world->ddb, &rules);
}

void world_advance(struct world *world, uint64_t us)
{
    struct sim_error error = {0};
    uint64_t at_us = sim_clock_now_us(world->core.clock) + us;
    if (sim_advance_start(world->core.advance, SIM_ADVANCE_TO_TIME, at_us, ignore_done, NULL,
                          &error) != RESULT_OK)
        fail_msg("advance: %s", error.message);
    while (sim_advance_continue(world->core.advance, 100000))
        ;
}

void world_idle(struct world *world)
{
    struct sim_error error = {0};
    uint64_t at_us = sim_clock_now_us(world->core.clock) + 365 * 86400 * SIM_US_PER_S;
    if (sim_advance_start(world->core.advance, SIM_ADVANCE_TO_IDLE, at_us, ignore_done, NULL,
                          &error) != RESULT_OK)
        fail_msg("advance to idle: %s", error.message);
    while (sim_advance_continue(world->core.advance, 100000))
        ;
}

void world_make_table(struct world *world, const char *region, const char *name)
{
    struct sim_buffer json;
    sim_buffer_init(&json);
    sim_buffer_printf(&json,
                      "{'TableName':'%s','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':"
                      "[{'AttributeName':'pk','AttributeType':'S'},{'AttributeName':'sk',"
                      "'AttributeType':'S'}],'KeySchema':[{'AttributeName':'pk','KeyType':'HASH'},"
                      "{'AttributeName':'sk','KeyType':'RANGE'}]}",
                      name);
    world_expect_in("CreateTable", world_say(world, region, "CreateTable", json.data), "CREATING");
    sim_buffer_fini(&json);
    world_idle(world);
}

void world_make_global(struct world *world, const char *name)
{
    static const char *const others[] = {WEST, EU};
    world_make_table(world, EAST, name);
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct sim_buffer json;
        sim_buffer_init(&json);
        sim_buffer_printf(&json,
                          "{'TableName':'%s','ReplicaUpdates':[{'Create':{'RegionName':'%s'}}]}",
                          name, others[i]);
        world_expect_in("UpdateTable", world_say(world, EAST, "UpdateTable", json.data),
                        "UPDATING");
        sim_buffer_fini(&json);
        world_idle(world);
    }
}

uint64_t world_break(struct world *world, const struct sim_fault_spec *spec)
{
    uint64_t id = 0;
    struct sim_error error = {0};
    if (sim_faults_add(world->core.faults, spec, &id, &error) != RESULT_OK)
        fail_msg("fault: %s", error.message);
    return id;
}

void world_mend(struct world *world, uint64_t fault_id)
{
    struct sim_error error = {0};
    if (sim_faults_remove(world->core.faults, fault_id, &error) != RESULT_OK)
        fail_msg("fault: %s", error.message);
}

void world_expect_in(const char *name, const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("%s\n  wanted: %s\n  got:    %s", name, part, text);
}
