#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/wire/dispatch.h"
#include "emulators/wire/model.h"

#define MS(n) ((uint64_t)(n)*SIM_US_PER_MS)

static const char fake_json[] =
    "{\"protocol\":\"json\",\"jsonVersion\":\"1.0\",\"signingName\":\"fake\",\"operations\":{"
    "\"Command\":{\"method\":\"POST\",\"uri\":\"/\"},"
    "\"Echo\":{\"method\":\"POST\",\"uri\":\"/\",\"input\":\"In\",\"output\":\"In\"},"
    "\"Fail\":{\"method\":\"POST\",\"uri\":\"/\",\"errors\":[\"Gone\"]},"
    "\"Later\":{\"method\":\"POST\",\"uri\":\"/\"},"
    "\"NotYet\":{\"method\":\"POST\",\"uri\":\"/\"}},\"shapes\":{"
    "\"Broken\":{\"type\":\"structure\",\"exception\":true,\"fault\":true},"
    "\"Gone\":{\"type\":\"structure\",\"exception\":true,\"status\":404},"
    "\"In\":{\"type\":\"structure\",\"required\":[\"Text\"],\"members\":["
    "{\"name\":\"Text\",\"shape\":\"Text\"},{\"name\":\"Count\",\"shape\":\"Number\"}]},"
    "\"Number\":{\"type\":\"integer\"},"
    "\"Slow\":{\"type\":\"structure\",\"exception\":true,\"status\":429},"
    "\"Text\":{\"type\":\"string\",\"max\":5}}}";

/* What the fake service keeps. */
struct fake {
    unsigned runs;
    uint64_t ran_at_us;
    uint64_t service_time_us;
    struct wire_call *held;
    char request_id[64];
};

static enum wire_progress echo(void *state, struct wire_call *call)
{
    struct fake *fake = state;
    fake->runs++;
    fake->ran_at_us = wire_now_us(call);
    snprintf(fake->request_id, sizeof(fake->request_id), "%s", call->request_id);
    return wire_succeed(call, cJSON_Duplicate(call->input, true));
}

static enum wire_progress be_gone(void *state, struct wire_call *call)
{
    struct fake *fake = state;
    fake->runs++;
    return wire_fail(call, "Gone", "%s is gone", "it");
}

static enum wire_progress later(void *state, struct wire_call *call)
{
    struct fake *fake = state;
    fake->runs++;
    fake->held = call;
    return WIRE_LATER;
}

static uint64_t service_time(void *state, const struct wire_call *call)
{
    (void)call;
    return ((struct fake *)state)->service_time_us;
}

static const struct wire_operation fake_operations[] = {
    {"Command", echo, EFFECT_WRITE, PLANE_CONTROL}, {"Echo", echo, EFFECT_READ, PLANE_DATA},
    {"Fail", be_gone, EFFECT_READ, PLANE_DATA},     {"Later", later, EFFECT_READ, PLANE_DATA},
    {"NotYet", NULL, EFFECT_READ, PLANE_DATA},
};

static const struct wire_service regional = {
    .id = "fake",
    .title = "Fake",
    .sdk_id = "FAKE",
    .scope = SCOPE_REGIONAL,
    .api_json = (const unsigned char *)fake_json,
    .api_json_end = (const unsigned char *)fake_json + sizeof(fake_json) - 1,
    .operations = fake_operations,
    .operation_count = ARRAY_LEN(fake_operations),
    .service_time_us = service_time,
    .throttling_code = "Slow",
    .throttling_message = "Too fast",
};

/* A world of two Regions 10 ms apart, a third one where only clients are, and what came back. */
struct lab {
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct wire_service global;
    struct fake fake;
    unsigned answers;
    enum wire_outcome outcome;
    char code[64], message[256], text[64];
    int status;
    bool is_server_fault;
    uint64_t answered_at_us;
    char trace[1024];
};

static void hear(void *context, const struct sim_trace_event *event)
{
    struct lab *lab = context;
    if (strcmp(event->type, "request") != 0)
        return;
    size_t used = strlen(lab->trace);
    snprintf(lab->trace + used, sizeof(lab->trace) - used, "%s.%s %s %lld\n",
             sim_trace_field_find(event, "service")->text,
             sim_trace_field_find(event, "operation")->text,
             sim_trace_field_find(event, "outcome")->text,
             (long long)sim_trace_field_find(event, "latency_us")->number);
}

static int set_up(void **state)
{
    static const char *const names[] = {"us-east-1", "us-west-2", "eu-west-1"};
    struct lab *lab = calloc(1, sizeof(*lab));
    const struct sim_core_options options = {.seed = 7, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    sim_core_init(&lab->core, &options);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct sim_region *region;
        assert_int_equal(sim_network_add_region(lab->core.network, names[i], i < 2, &region, NULL),
                         RESULT_OK);
    }
    for (size_t from = 0; from < ARRAY_LEN(names); from++)
        for (size_t to = 0; to < ARRAY_LEN(names); to++) {
            struct sim_link *link = sim_network_link_get(
                lab->core.network, sim_network_region_by_index(lab->core.network, from),
                sim_network_region_by_index(lab->core.network, to));
            sim_lag_fini(&link->latency);
            sim_lag_init_constant(&link->latency, from == to ? MS(1) : MS(10));
        }
    lab->dispatcher = wire_dispatcher_create(&lab->core);
    wire_dispatcher_add(lab->dispatcher, &regional, &lab->fake);
    lab->global = regional;
    lab->global.id = "world";
    lab->global.scope = SCOPE_GLOBAL;
    lab->global.control_region = "us-east-1";
    wire_dispatcher_add(lab->dispatcher, &lab->global, &lab->fake);
    sim_trace_listen(lab->core.trace, hear, lab);
    *state = lab;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *lab = *state;
    wire_dispatcher_destroy(lab->dispatcher);
    sim_core_fini(&lab->core);
    free(lab);
    return 0;
}

static void answer(void *context, struct wire_call *call)
{
    struct lab *lab = context;
    lab->answers++;
    lab->outcome = call->outcome;
    lab->answered_at_us = sim_clock_now_us(lab->core.clock);
    snprintf(lab->code, sizeof(lab->code), "%s", call->error.code == NULL ? "" : call->error.code);
    snprintf(lab->message, sizeof(lab->message), "%s",
             call->error.message == NULL ? "" : call->error.message);
    const char *text = call->output == NULL ? NULL : wire_text(call->output, "Text");
    snprintf(lab->text, sizeof(lab->text), "%s", text == NULL ? "" : text);
    lab->status = call->error.status;
    lab->is_server_fault = call->error.is_server_fault;
}

static void send_from(struct lab *lab, const char *client, const char *service,
                      const char *operation, const char *region, const char *input,
                      uint64_t timeout_us)
{
    cJSON *tree = input == NULL ? NULL : cJSON_Parse(input);
    const struct wire_request request = {.service = service,
                                         .operation = operation,
                                         .region = region,
                                         .input = tree,
                                         .client_region = client,
                                         .timeout_us = timeout_us};
    wire_dispatch(lab->dispatcher, &request, answer, lab);
    while (sim_sched_step(lab->core.sched, UINT64_MAX))
        continue;
    cJSON_Delete(tree);
}

static uint64_t elapsed_us(const struct lab *lab)
{
    return lab->answered_at_us - sim_trace_began_us(lab->core.trace);
}

static uint64_t add_fault(struct lab *lab, const struct sim_fault_spec *spec)
{
    uint64_t id = 0;
    struct sim_error error;
    if (sim_faults_add(lab->core.faults, spec, &id, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    return id;
}

#define ECHO "{\"Text\":\"hi\"}"

/* --- live --- */

static void test_a_live_call_is_answered_at_once(void **state)
{
    struct lab *lab = *state;
    send_from(lab, NULL, "fake", "Echo", "us-east-1", ECHO, 0);
    assert_int_equal(lab->answers, 1);
    assert_int_equal(lab->outcome, WIRE_OK);
    assert_string_equal(lab->text, "hi");
    assert_int_equal(elapsed_us(lab), 0);
    assert_string_equal(lab->trace, "fake.Echo ok 0\n");
    assert_int_equal(strlen(lab->fake.request_id), 52);
    assert_int_equal(strspn(lab->fake.request_id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 52);
}

static void test_what_cannot_be_called_says_why(void **state)
{
    static const struct {
        const char *service, *operation, *region, *input;
        const char *code, *message;
        int status;
    } rows[] = {
        {"moon", "Echo", "us-east-1", NULL, "UnknownService", "moon is not a service of this world",
         400},
        {"fake", "Fly", "us-east-1", NULL, "UnknownOperationException", "", 400},
        {"fake", "echo", "us-east-1", NULL, "UnknownOperationException", "", 400},
        {"fake", "NotYet", "us-east-1", NULL, "NotImplemented",
         "Fake NotYet exists at AWS but is not implemented here yet; see "
         "docs/reference/coverage.md",
         501},
        {"fake", "Echo", "mars-1", ECHO, "UnknownRegion",
         "mars-1 is not a Region of this world that has services", 400},
        {"fake", "Echo", "eu-west-1", ECHO, "UnknownRegion",
         "eu-west-1 is not a Region of this world that has services", 400},
        {"fake", "Echo", "us-east-1", NULL, "ValidationException",
         "1 validation error detected: Value null at 'text' failed to satisfy constraint: Member "
         "must not be null",
         400},
        {"fake", "Echo", "us-east-1", "{\"Text\":7}", "SerializationException",
         "NUMBER_VALUE cannot be converted to String", 400},
        {"fake", "Echo", "us-east-1", "[]", "SerializationException", "", 400},
        {"fake", "Fail", "us-east-1", NULL, "Gone", "it is gone", 404},
    };
    struct lab *lab = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        send_from(lab, NULL, rows[i].service, rows[i].operation, rows[i].region, rows[i].input, 0);
        assert_int_equal(lab->answers, i + 1);
        assert_int_equal(lab->outcome, WIRE_ERROR);
        assert_string_equal(lab->code, rows[i].code);
        if (i != 8)
            assert_string_equal(lab->message, rows[i].message);
        assert_int_equal(lab->status, rows[i].status);
        assert_int_equal(lab->is_server_fault, rows[i].status >= 500);
    }
}

static void test_a_held_call_is_answered_when_its_handler_finishes(void **state)
{
    struct lab *lab = *state;
    send_from(lab, NULL, "fake", "Later", "us-east-1", NULL, 0);
    assert_int_equal(lab->answers, 0);
    assert_non_null(lab->fake.held);
    wire_succeed(lab->fake.held, NULL);
    wire_call_finish(lab->fake.held);
    assert_int_equal(lab->answers, 1);
    assert_int_equal(lab->outcome, WIRE_OK);
}

static void test_dispatch_now_gives_the_output_or_the_error(void **state)
{
    struct lab *lab = *state;
    cJSON *input = cJSON_Parse(ECHO);
    cJSON *output = NULL;
    struct sim_error error;
    struct wire_request request = {
        .service = "fake", .operation = "Echo", .region = "us-east-1", .input = input};
    assert_int_equal(wire_dispatch_now(lab->dispatcher, &request, &output, &error), RESULT_OK);
    assert_string_equal(wire_text(output, "Text"), "hi");
    cJSON_Delete(output);
    output = NULL;
    assert_int_equal(wire_dispatch_now(lab->dispatcher, &request, NULL, &error), RESULT_OK);
    request.operation = "Fail";
    assert_int_equal(wire_dispatch_now(lab->dispatcher, &request, &output, &error), RESULT_INVALID);
    assert_null(output);
    assert_string_equal(error.message, "Gone: it is gone");
    request.operation = "Later";
    assert_int_equal(wire_dispatch_now(lab->dispatcher, &request, &output, &error),
                     RESULT_CONFLICT);
    assert_string_equal(error.message, "fake Later does not answer at once");
    cJSON_Delete(input);
    wire_call_finish(lab->fake.held); /* its input was kept for it; nobody waits */
}

/* --- simulated --- */

static void test_a_simulated_call_takes_the_way_and_its_service_time(void **state)
{
    static const struct {
        const char *client;
        uint64_t service_us, ran_us, answered_us;
    } rows[] = {
        {"us-west-2", 0, MS(10), MS(20)},
        {"us-west-2", MS(5), MS(15), MS(25)},
        {"us-east-1", MS(5), MS(6), MS(7)},
        {"eu-west-1", MS(5), MS(15), MS(25)},
    };
    struct lab *lab = *state;
    uint64_t start_us = sim_clock_now_us(lab->core.clock);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        lab->fake.service_time_us = rows[i].service_us;
        send_from(lab, rows[i].client, "fake", "Echo", "us-east-1", ECHO, 0);
        assert_int_equal(lab->outcome, WIRE_OK);
        assert_int_equal(lab->fake.ran_at_us - start_us, rows[i].ran_us);
        assert_int_equal(lab->answered_at_us - start_us, rows[i].answered_us);
        start_us = lab->answered_at_us;
    }
    assert_int_equal(lab->answers, ARRAY_LEN(rows));
}

static void test_a_bad_input_costs_the_way_but_no_service_time(void **state)
{
    struct lab *lab = *state;
    lab->fake.service_time_us = MS(500);
    send_from(lab, "us-west-2", "fake", "Echo", "us-east-1", "{\"Text\":\"too long\"}", 0);
    assert_string_equal(lab->code, "ValidationException");
    assert_int_equal(elapsed_us(lab), MS(20));
    assert_int_equal(lab->fake.runs, 0);
}

static void test_a_time_out_ends_the_wait_but_not_the_operation(void **state)
{
    struct lab *lab = *state;
    lab->fake.service_time_us = MS(500);
    send_from(lab, "us-west-2", "fake", "Echo", "us-east-1", ECHO, MS(100));
    assert_int_equal(lab->answers, 1);
    assert_int_equal(lab->outcome, WIRE_TIMED_OUT);
    assert_int_equal(elapsed_us(lab), MS(100));
    assert_int_equal(lab->fake.runs, 1);
    assert_string_equal(lab->trace, "fake.Echo timed-out 100000\n");
}

static void test_an_answer_on_its_way_may_come_too_late(void **state)
{
    struct lab *lab = *state;
    send_from(lab, "us-west-2", "fake", "Echo", "us-east-1", ECHO, MS(15));
    assert_int_equal(lab->answers, 1);
    assert_int_equal(lab->outcome, WIRE_TIMED_OUT);
    assert_int_equal(lab->fake.runs, 1);
    lab->answers = 0;
    send_from(lab, "us-west-2", "fake", "Echo", "us-east-1", ECHO, MS(20)); /* just in time */
    assert_int_equal(lab->answers, 1);
    assert_int_equal(lab->outcome, WIRE_OK);
}

static void test_a_held_simulated_call_times_out_and_its_handler_may_still_finish(void **state)
{
    struct lab *lab = *state;
    send_from(lab, "us-west-2", "fake", "Later", "us-east-1", NULL, 0);
    assert_int_equal(lab->outcome, WIRE_TIMED_OUT);
    assert_int_equal(elapsed_us(lab), WIRE_TIMEOUT_DEFAULT_US);
    wire_fail(lab->fake.held, "Gone", "late");
    wire_call_finish(lab->fake.held);
    assert_int_equal(lab->answers, 1);
}

/* --- faults --- */

static const struct fault_row {
    const char *name;
    struct sim_fault_spec spec;
    enum wire_outcome outcome;
    const char *code, *message;
    int status;
    uint64_t answered_us;
    unsigned runs;
} fault_rows[] = {
    {"a refused connection costs the way",
     {.kind = SIM_FAULT_REFUSE, .service = "fake"},
     WIRE_REFUSED,
     "",
     "",
     0,
     MS(20),
     0},
    {"a reset comes after the operation ran",
     {.kind = SIM_FAULT_RESET, .operation = "Echo"},
     WIRE_RESET,
     "",
     "",
     0,
     MS(20),
     1},
    {"a black hole lasts until the client gives up",
     {.kind = SIM_FAULT_BLACK_HOLE, .region = "us-east-1"},
     WIRE_TIMED_OUT,
     "",
     "",
     0,
     MS(1000),
     0},
    {"an error is the service's own",
     {.kind = SIM_FAULT_ERROR, .service = "fake"},
     WIRE_ERROR,
     "Broken",
     "Internal server error",
     500,
     MS(20),
     0},
    {"a 503 is unavailability",
     {.kind = SIM_FAULT_ERROR, .service = "fake", .status = 503},
     WIRE_ERROR,
     "ServiceUnavailable",
     "Service is temporarily unavailable",
     503,
     MS(20),
     0},
    {"throttling has the service's code and status",
     {.kind = SIM_FAULT_THROTTLE, .service = "fake"},
     WIRE_ERROR,
     "Slow",
     "Too fast",
     429,
     MS(20),
     0},
    {"latency is added to the service time",
     {.kind = SIM_FAULT_LATENCY, .service = "fake", .latency_us = MS(300)},
     WIRE_OK,
     "",
     "",
     0,
     MS(320),
     1},
    {"a fault of another operation does nothing",
     {.kind = SIM_FAULT_REFUSE, .operation = "Fail"},
     WIRE_OK,
     "",
     "",
     0,
     MS(20),
     1},
    {"a fault of the other plane does nothing",
     {.kind = SIM_FAULT_REFUSE, .service = "fake", .plane = SIM_PLANE_CONTROL},
     WIRE_OK,
     "",
     "",
     0,
     MS(20),
     1},
    {"a Region that is down refuses",
     {.kind = SIM_FAULT_REGION_DOWN, .region = "us-east-1"},
     WIRE_REFUSED,
     "",
     "",
     0,
     MS(20),
     0},
    {"a cut link is silent",
     {.kind = SIM_FAULT_PARTITION, .from = "us-west-2", .to = "us-east-1"},
     WIRE_TIMED_OUT,
     "",
     "",
     0,
     MS(1000),
     0},
    {"a link cut for answers is silent after the operation ran",
     {.kind = SIM_FAULT_PARTITION, .from = "us-east-1", .to = "us-west-2"},
     WIRE_TIMED_OUT,
     "",
     "",
     0,
     MS(1000),
     1},
};

static void test_faults_hit_calls(void **state)
{
    struct lab *lab = *state;
    for (size_t i = 0; i < ARRAY_LEN(fault_rows); i++) {
        const struct fault_row *row = &fault_rows[i];
        uint64_t id = add_fault(lab, &row->spec);
        uint64_t start_us = sim_clock_now_us(lab->core.clock);
        lab->answers = 0;
        lab->fake.runs = 0;
        send_from(lab, "us-west-2", "fake", "Echo", "us-east-1", ECHO, MS(1000));
        assert_int_equal(lab->answers, 1);
        if (lab->outcome != row->outcome || lab->answered_at_us - start_us != row->answered_us ||
            lab->fake.runs != row->runs || lab->status != row->status)
            fail_msg("%s: outcome %d after %llu us, %u runs, status %d", row->name,
                     (int)lab->outcome, (unsigned long long)(lab->answered_at_us - start_us),
                     lab->fake.runs, lab->status);
        assert_string_equal(lab->code, row->code);
        assert_string_equal(lab->message, row->message);
        assert_int_equal(sim_faults_remove(lab->core.faults, id, NULL), RESULT_OK);
    }
}

static void test_faults_hit_live_calls_without_simulated_time(void **state)
{
    static const struct {
        struct sim_fault_spec spec;
        unsigned answers;
        enum wire_outcome outcome;
    } rows[] = {
        {{.kind = SIM_FAULT_REFUSE, .service = "fake"}, 1, WIRE_REFUSED},
        {{.kind = SIM_FAULT_RESET, .service = "fake"}, 1, WIRE_RESET},
        {{.kind = SIM_FAULT_REGION_DOWN, .region = "us-east-1"}, 1, WIRE_REFUSED},
        {{.kind = SIM_FAULT_LATENCY, .service = "fake", .latency_us = MS(50)}, 1, WIRE_OK},
        {{.kind = SIM_FAULT_BLACK_HOLE, .service = "fake"}, 0, WIRE_OK},
    };
    struct lab *lab = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t id = add_fault(lab, &rows[i].spec);
        uint64_t start_us = sim_clock_now_us(lab->core.clock);
        lab->answers = 0;
        send_from(lab, NULL, "fake", "Echo", "us-east-1", ECHO, 0);
        assert_int_equal(lab->answers, rows[i].answers);
        if (lab->answers > 0) {
            assert_int_equal(lab->outcome, rows[i].outcome);
            assert_int_equal(lab->answered_at_us - start_us, rows[i].spec.latency_us);
        }
        assert_int_equal(sim_faults_remove(lab->core.faults, id, NULL), RESULT_OK);
    }
    lab->answers = 0;
    wire_dispatcher_abandon(lab->dispatcher); /* the black hole still has one */
    assert_int_equal(lab->answers, 1);
    assert_int_equal(lab->outcome, WIRE_RESET);
}

/* --- Regions that die --- */

struct downfall {
    struct lab *lab;
    bool down;
};

static void change_region(void *context)
{
    struct downfall *change = context;
    struct sim_network *network = change->lab->core.network;
    sim_network_set_region_down(network, sim_network_region_find(network, "us-east-1"),
                                change->down);
}

static void test_a_region_that_dies_under_way_answers_nothing(void **state)
{
    static const struct {
        const char *name;
        uint64_t down_us, up_us; /* 0: stays down */
        enum wire_outcome outcome;
        unsigned runs;
    } rows[] = {
        {"while the request travels: refused", MS(5), 0, WIRE_REFUSED, 0},
        {"and is back when it arrives: nothing happened", MS(5), MS(8), WIRE_OK, 1},
        {"while it is served: silence, not run", MS(20), 0, WIRE_TIMED_OUT, 0},
        {"even if it is back soon", MS(20), MS(30), WIRE_TIMED_OUT, 0},
        {"while the answer travels: it still comes", MS(112), 0, WIRE_OK, 1},
    };
    struct lab *lab = *state;
    lab->fake.service_time_us = MS(100);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct downfall down = {lab, true};
        struct downfall up = {lab, false};
        lab->answers = 0;
        lab->fake.runs = 0;
        sim_sched_after(lab->core.sched, rows[i].down_us, change_region, &down);
        sim_sched_after(lab->core.sched, rows[i].up_us == 0 ? MS(5000) : rows[i].up_us,
                        change_region, &up);
        send_from(lab, "us-west-2", "fake", "Echo", "us-east-1", ECHO, MS(1000));
        assert_int_equal(lab->answers, 1);
        if (lab->outcome != rows[i].outcome || lab->fake.runs != rows[i].runs)
            fail_msg("%s: outcome %d, %u runs", rows[i].name, (int)lab->outcome, lab->fake.runs);
    }
}

static void test_a_held_live_call_is_reset_when_its_region_died(void **state)
{
    struct lab *lab = *state;
    send_from(lab, NULL, "fake", "Later", "us-east-1", NULL, 0);
    struct downfall down = {lab, true};
    change_region(&down);
    wire_succeed(lab->fake.held, NULL);
    wire_call_finish(lab->fake.held);
    assert_int_equal(lab->answers, 1);
    assert_int_equal(lab->outcome, WIRE_RESET);
}

static void test_a_global_service_lives_where_its_control_plane_is(void **state)
{
    static const struct {
        const char *operation, *client;
        bool is_down;
        enum wire_outcome outcome;
    } rows[] = {
        {"Command", NULL, false, WIRE_OK},
        {"Command", NULL, true, WIRE_REFUSED},
        {"Command", "us-west-2", true, WIRE_REFUSED},
        {"Echo", NULL, true, WIRE_OK},
        {"Echo", "us-west-2", true, WIRE_OK},
    };
    struct lab *lab = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct downfall change = {lab, true};
        if (rows[i].is_down)
            change_region(&change);
        send_from(lab, rows[i].client, "world", rows[i].operation, "mars-1", ECHO, 0);
        assert_int_equal(lab->answers, i + 1);
        assert_int_equal(lab->outcome, rows[i].outcome);
        if (rows[i].is_down) {
            change.down = false;
            change_region(&change);
        }
    }
}

/* --- reset --- */

static void test_abandon_resets_every_call_once_and_ids_start_again(void **state)
{
    struct lab *lab = *state;
    char first[64];
    send_from(lab, NULL, "fake", "Echo", "us-east-1", ECHO, 0);
    snprintf(first, sizeof(first), "%s", lab->fake.request_id);
    const struct wire_request request = {.service = "fake",
                                         .operation = "Later",
                                         .region = "us-east-1",
                                         .client_region = "us-west-2"};
    wire_dispatch(lab->dispatcher, &request, answer, lab); /* travels */
    send_from(lab, NULL, "fake", "Later", "us-east-1", NULL, 0);
    lab->answers = 0;
    wire_dispatcher_abandon(lab->dispatcher);
    assert_int_equal(lab->answers, 1); /* the other had timed out when the events ran */
    assert_int_equal(lab->outcome, WIRE_RESET);
    wire_call_finish(lab->fake.held); /* the handler comes late: only its memory goes */
    assert_int_equal(lab->answers, 1);
    send_from(lab, NULL, "fake", "Echo", "us-east-1", ECHO, 0);
    assert_string_equal(lab->fake.request_id, first);
}

/* --- which faults are allowed --- */

static bool only_orders_exists(void *state, const struct sim_fault_spec *spec)
{
    (void)state;
    return strcmp(spec->resource, "orders") == 0;
}

static void test_a_fault_that_can_hit_nothing_is_refused(void **state)
{
    static const struct {
        struct sim_fault_spec spec;
        const char *message; /* NULL: allowed */
    } rows[] = {
        {{.kind = SIM_FAULT_REFUSE, .service = "fake"}, NULL},
        {{.kind = SIM_FAULT_REFUSE, .operation = "Echo"}, NULL},
        {{.kind = SIM_FAULT_REFUSE, .service = ""}, NULL},
        {{.kind = SIM_FAULT_REFUSE, .resource = "orders"}, NULL},
        {{.kind = SIM_FAULT_REFUSE, .region = "mars-1"},
         "fault: region \"mars-1\" is unknown; there is us-east-1, us-west-2, eu-west-1"},
        {{.kind = SIM_FAULT_PARTITION, .from = "us-east-1", .to = "mars-1"},
         "fault: region \"mars-1\" is unknown; there is us-east-1, us-west-2, eu-west-1"},
        {{.kind = SIM_FAULT_REFUSE, .service = "moon"},
         "fault: service \"moon\" is unknown; there is fake, world, endpoint"},
        {{.kind = SIM_FAULT_REFUSE, .service = "fake", .operation = "Fly"},
         "fault: operation \"Fly\" is unknown; there is Command, Echo, Fail, Later"},
        {{.kind = SIM_FAULT_REFUSE, .service = "fake", .operation = "NotYet"},
         "fault: operation \"NotYet\" is unknown; there is Command, Echo, Fail, Later"},
        {{.kind = SIM_FAULT_REFUSE, .resource = "customers"},
         "fault: nothing is called \"customers\" (a table, an endpoint address:port or a DNS name "
         "that exists)"},
    };
    struct lab *lab = *state;
    wire_dispatcher_add_resources(lab->dispatcher, only_orders_exists, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sim_error error;
        enum sim_result result = wire_fault_check(lab->dispatcher, &rows[i].spec, &error);
        assert_int_equal(result, rows[i].message == NULL ? RESULT_OK : RESULT_INVALID);
        if (rows[i].message != NULL)
            assert_string_equal(error.message, rows[i].message);
    }
}

static void test_services_and_operations_are_found(void **state)
{
    struct lab *lab = *state;
    assert_int_equal(wire_service_count(lab->dispatcher), 2);
    assert_string_equal(wire_service_at(lab->dispatcher, 1)->id, "world");
    assert_ptr_equal(wire_service_find(lab->dispatcher, "fake"), &regional);
    assert_null(wire_service_find(lab->dispatcher, "moon"));
    assert_ptr_equal(wire_operation_find(&regional, "Fail"), &fake_operations[2]);
    assert_null(wire_operation_find(&regional, "fail"));
    assert_ptr_equal(wire_model_of(lab->dispatcher, &regional),
                     wire_model_of(lab->dispatcher, &regional));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_live_call_is_answered_at_once),
        TEST(test_what_cannot_be_called_says_why),
        TEST(test_a_held_call_is_answered_when_its_handler_finishes),
        TEST(test_dispatch_now_gives_the_output_or_the_error),
        TEST(test_a_simulated_call_takes_the_way_and_its_service_time),
        TEST(test_a_bad_input_costs_the_way_but_no_service_time),
        TEST(test_a_time_out_ends_the_wait_but_not_the_operation),
        TEST(test_an_answer_on_its_way_may_come_too_late),
        TEST(test_a_held_simulated_call_times_out_and_its_handler_may_still_finish),
        TEST(test_faults_hit_calls),
        TEST(test_faults_hit_live_calls_without_simulated_time),
        TEST(test_a_region_that_dies_under_way_answers_nothing),
        TEST(test_a_held_live_call_is_reset_when_its_region_died),
        TEST(test_a_global_service_lives_where_its_control_plane_is),
        TEST(test_abandon_resets_every_call_once_and_ids_start_again),
        TEST(test_a_fault_that_can_hit_nothing_is_refused),
        TEST(test_services_and_operations_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
