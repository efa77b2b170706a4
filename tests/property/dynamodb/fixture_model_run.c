/* The world of a model run, and calls. */
#include "tests/property/dynamodb/fixture_model_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ANSWER_WAIT_US (10 * SIM_US_PER_S)

uint64_t model_below(struct model_run *run, uint64_t bound)
{
    return sim_random_below(&run->random, bound);
}

void model_fail(struct model_run *run, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fail_msg("seed %llu, operation %llu: %s\nlast call: %s\n(REGIONLAB_SEED=%llu repeats this)",
             (unsigned long long)run->seed, (unsigned long long)run->operation, text,
             run->last_call != NULL ? run->last_call : "none", (unsigned long long)run->seed);
}

static void ignore_done(void *context, uint64_t events_ran)
{
    (void)context;
    (void)events_ran;
}

void model_advance(struct model_run *run, uint64_t us)
{
    struct sim_error error = {0};
    uint64_t at_us = sim_clock_now_us(run->core.clock) + us;
    if (sim_advance_start(run->core.advance, SIM_ADVANCE_TO_TIME, at_us, ignore_done, NULL,
                          &error) != RESULT_OK)
        model_fail(run, "%s", error.message);
    while (sim_advance_continue(run->core.advance, 100000))
        ;
}

/* Items stand in answers as ready JSON text: as a client would, we read the whole anew. */
static void take_answer(void *context, struct wire_call *call)
{
    struct model_answer *answer = context;
    answer->is_there = true;
    answer->is_ok = call->outcome == WIRE_OK;
    if (answer->is_ok && call->output != NULL) {
        char *text = cJSON_PrintUnformatted(call->output);
        answer->output = cJSON_Parse(text);
        free(text);
    }
    if (!answer->is_ok) {
        (void)snprintf(answer->code, sizeof answer->code, "%s", call->error.code);
        (void)snprintf(answer->message, sizeof answer->message, "%s",
                       call->error.message != NULL ? call->error.message : "");
    }
}

void model_ask(struct model_run *run, const char *service, const char *operation,
               const struct sim_buffer *json, struct model_answer *answer)
{
    cJSON *input = cJSON_Parse(json->data);
    struct wire_request request = {
        .service = service, .operation = operation, .region = "us-east-1", .input = input};
    struct sim_buffer told;
    sim_buffer_init(&told);
    sim_buffer_printf(&told, "%s %s", operation, json->data);
    free(run->last_call);
    run->last_call = sim_buffer_take(&told);
    *answer = (struct model_answer){0};
    if (input == NULL)
        model_fail(run, "not JSON");
    wire_dispatch(run->dispatcher, &request, take_answer, answer);
    if (!answer->is_there)
        model_advance(run, ANSWER_WAIT_US);
    if (!answer->is_there)
        model_fail(run, "no answer");
    cJSON_Delete(input);
}

void model_ask_text(struct model_run *run, const char *operation, struct model_answer *answer,
                    const char *format, ...)
{
    struct sim_buffer json;
    va_list arguments;
    sim_buffer_init(&json);
    va_start(arguments, format);
    sim_buffer_vprintf(&json, format, arguments);
    va_end(arguments);
    for (char *c = json.data; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    model_ask(run, "dynamodb", operation, &json, answer);
    sim_buffer_fini(&json);
}

void model_answer_fini(struct model_answer *answer)
{
    cJSON_Delete(answer->output);
    *answer = (struct model_answer){0};
}

void model_expect(struct model_run *run, const struct model_answer *answer, const char *code)
{
    const char *got = answer->is_ok ? "an answer" : answer->code;
    const char *wanted = code == NULL ? "an answer" : code;
    if (strcmp(got, wanted) != 0)
        model_fail(run, "expected %s, got %s: %s", wanted, got, answer->message);
}

static char *printed(unsigned key, const struct thing *thing)
{
    struct sim_buffer text;
    sim_buffer_init(&text);
    if (thing->exists)
        thing_print(&text, key, thing, false);
    else
        sim_buffer_append_text(&text, "no item");
    return sim_buffer_take(&text);
}

void model_expect_item(struct model_run *run, const cJSON *item, unsigned key,
                       const struct thing *expected)
{
    unsigned found_key = key;
    struct thing found = thing_none;
    bool is_read = item == NULL || thing_read(item, &found_key, &found);
    if (is_read && found_key == key && thing_equal(&found, expected))
        return;
    char *wanted = printed(key, expected);
    char *got = item == NULL ? NULL : cJSON_PrintUnformatted(item);
    model_fail(run, "expected %s, found %s", wanted, got == NULL ? "no item" : got);
}

static const char table_json[] =
    "{'TableName':'tab','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':["
    "{'AttributeName':'pk','AttributeType':'S'},{'AttributeName':'sk','AttributeType':'N'},"
    "{'AttributeName':'g','AttributeType':'S'},{'AttributeName':'h','AttributeType':'S'},"
    "{'AttributeName':'t','AttributeType':'S'},{'AttributeName':'n','AttributeType':'N'}],"
    "'KeySchema':[{'AttributeName':'pk','KeyType':'HASH'},{'AttributeName':'sk','KeyType':'RANGE'}"
    "],'GlobalSecondaryIndexes':[{'IndexName':'by-g','KeySchema':[{'AttributeName':'g','KeyType':"
    "'HASH'},{'AttributeName':'n','KeyType':'RANGE'}],'Projection':{'ProjectionType':'ALL'}},"
    "{'IndexName':'by-many','KeySchema':[{'AttributeName':'g','KeyType':'HASH'},{'AttributeName':"
    "'h','KeyType':'HASH'},{'AttributeName':'n','KeyType':'RANGE'},{'AttributeName':'t','KeyType':"
    "'RANGE'}],'Projection':{'ProjectionType':'KEYS_ONLY'}}],'LocalSecondaryIndexes':[{'IndexName'"
    ":'by-t','KeySchema':[{'AttributeName':'pk','KeyType':'HASH'},{'AttributeName':'t','KeyType':"
    "'RANGE'}],'Projection':{'ProjectionType':'INCLUDE','NonKeyAttributes':['n','s']}}],"
    "'StreamSpecification':{'StreamEnabled':true,'StreamViewType':'NEW_AND_OLD_IMAGES'}}";

void model_run_init(struct model_run *run, uint64_t seed)
{
    struct sim_core_options options = {.seed = seed, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    struct sim_error error;
    struct sim_region *region = NULL;
    struct model_answer answer;
    *run = (struct model_run){.seed = seed};
    sim_random_init(&run->random, seed, "model");
    sim_core_init(&run->core, &options);
    sim_trace_set_hashing(run->core.trace, false);
    assert_int_equal(sim_network_add_region(run->core.network, "us-east-1", true, &region, &error),
                     RESULT_OK);
    run->dispatcher = wire_dispatcher_create(&run->core);
    assert_int_equal(ddb_create(wire_dispatcher_host(run->dispatcher), &run->ddb, &error),
                     RESULT_OK);
    for (unsigned key = 0; key < THING_KEYS; key++)
        run->things[key] = thing_none;
    model_ask_text(run, "CreateTable", &answer, "%s", table_json);
    model_expect(run, &answer, NULL);
    model_answer_fini(&answer);
    model_advance(run, 60 * SIM_US_PER_S);
    model_ask_text(run, "UpdateContinuousBackups", &answer,
                   "{'TableName':'tab','PointInTimeRecoverySpecification':"
                   "{'PointInTimeRecoveryEnabled':true}}");
    model_expect(run, &answer, NULL);
    model_answer_fini(&answer);
    model_advance(run, 60 * SIM_US_PER_S);
}

void model_run_fini(struct model_run *run)
{
    ddb_destroy(run->ddb);
    wire_dispatcher_destroy(run->dispatcher);
    sim_core_fini(&run->core);
    free(run->last_call);
}
