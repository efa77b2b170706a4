/* Calls as they come out of a client's JSON, a line each: "Region-number Operation {input}".
 * Whatever they say, the emulator answers or refuses each; afterwards the world runs until it is
 * idle, and then nothing waits for delivery.
 *
 * Making a world costs more than a call, so one is kept and reset for each input, as POST
 * /_regionlab/reset does. */
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/dynamodb.h"
#include "emulators/wire/dispatch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CALLS_MAX 12

struct world {
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct ddb *ddb;
};

static const char *const regions[] = {"us-east-1", "us-west-2"};
static const struct sim_core_options options = {.seed = 1, .clock = {.mode = SIM_CLOCK_VIRTUAL}};

static void ignore_answer(void *context, struct wire_call *call)
{
    size_t *answer_count = context;
    (*answer_count)++;
    if (call->outcome == WIRE_OK && call->output != NULL) {
        char *text = cJSON_PrintUnformatted(call->output);
        cJSON *again = cJSON_Parse(text); /* stored items are put in as they are */
        CHECK(again != NULL);
        cJSON_Delete(again);
        free(text);
    }
}

static void call(struct world *world, size_t region, const char *operation, const cJSON *input)
{
    size_t answer_count = 0;
    bool is_stream = wire_operation_find(&ddb_streams_service, operation) != NULL;
    struct wire_request request = {.service = is_stream ? "dynamodbstreams" : "dynamodb",
                                   .operation = operation,
                                   .region = regions[region],
                                   .input = input};
    wire_dispatch(world->dispatcher, &request, ignore_answer, &answer_count);
    CHECK(answer_count == 1);
}

static void play_line(struct world *world, char *line)
{
    size_t region = line[0] == '1' ? 1 : 0;
    char *operation = strchr(line, ' ');
    char *json = operation != NULL ? strchr(operation + 1, ' ') : NULL;
    if (json == NULL)
        return;
    *json++ = '\0';
    cJSON *input = cJSON_Parse(json);
    if (cJSON_IsObject(input))
        call(world, region, operation + 1, input);
    cJSON_Delete(input);
}

static void ignore_done(void *context, uint64_t events_ran)
{
    (void)context;
    (void)events_ran;
}

static void idle(struct world *world)
{
    uint64_t at_us = sim_clock_now_us(world->core.clock) + 86400 * SIM_US_PER_S;
    enum sim_result result =
        sim_advance_start(world->core.advance, SIM_ADVANCE_TO_IDLE, at_us, ignore_done, NULL, NULL);
    CHECK(result == RESULT_OK);
    while (sim_advance_continue(world->core.advance, 100000))
        ;
}

static void add_regions(struct world *world)
{
    for (size_t i = 0; i < ARRAY_LEN(regions); i++) {
        struct sim_region *region = NULL;
        enum sim_result result =
            sim_network_add_region(world->core.network, regions[i], true, &region, NULL);
        CHECK(result == RESULT_OK);
    }
}

static struct world *fresh_world(void)
{
    static struct world *world; /* for the whole process */
    if (world == NULL) {
        world = sim_alloc(sizeof *world);
        sim_core_init(&world->core, &options);
        sim_trace_set_hashing(world->core.trace, false);
        world->dispatcher = wire_dispatcher_create(&world->core);
        enum sim_result result =
            ddb_create(wire_dispatcher_host(world->dispatcher), &world->ddb, NULL);
        CHECK(result == RESULT_OK);
    } else {
        enum sim_result result = ddb_reset(world->ddb, NULL);
        CHECK(result == RESULT_OK);
        sim_core_reset(&world->core, &options);
    }
    add_regions(world);
    return world;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = sim_alloc(size + 1);
    if (size > 0)
        memcpy(text, data, size);
    struct world *world = fresh_world();
    char *line = text;
    for (int i = 0; i < CALLS_MAX && line != NULL; i++) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end++ = '\0';
        play_line(world, line);
        idle(world);
        line = end;
    }
    CHECK(ddb_backlog(world->ddb, NULL, NULL, NULL) == 0);
    free(text);
    return 0;
}
