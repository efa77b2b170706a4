/* Who overlaps whom: random calls that take time, beside a plain list of intervals.
 *
 * Transactions that write and read, and plain writes, of live clients with the service's times, in
 * a Region that dies now and then. The oracle knows when each call began and ended, and says from
 * that alone which items of which call were in conflict; in the end each item must hold what the
 * last write that went through put there.
 *
 * REGIONLAB_SEED=n plays one seed; REGIONLAB_LONG=1 plays ten times as many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/dynamodb.h"
#include "emulators/wire/dispatch.h"
#include "sim/core/buffer.h"

#define SEEDS     60
#define CALLS     600
#define KEYS      8
#define ITEMS_MAX 3
#define REGION    "us-east-1"

enum kind { WRITES, READS, PUT, KIND_COUNT };

struct call_log {
    struct run *run;
    enum kind kind;
    size_t number;
    size_t keys[ITEMS_MAX];
    size_t count;
    uint64_t began_us;
    uint64_t ended_us; /* UINT64_MAX: under way */
    enum wire_outcome outcome;
    char text[400];      /* an error's code and message */
    bool met[ITEMS_MAX]; /* in conflict when it began */
    bool has_met;
    bool is_open_question; /* it ended in the same microsecond as another call */
};

struct run {
    uint64_t seed;
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct ddb *ddb;
    struct sim_random random;
    struct call_log calls[CALLS];
    size_t count;
    size_t conflicts;
    size_t last_writer[KEYS]; /* call's number plus one */
};

static uint64_t now_us(const struct run *run)
{
    return sim_clock_now_us(run->core.clock);
}

static uint64_t below(struct run *run, uint64_t bound)
{
    return sim_random_below(&run->random, bound);
}

static void ignore_done(void *context, uint64_t events_ran)
{
    (void)context;
    (void)events_ran;
}

static void advance(struct run *run, uint64_t us)
{
    struct sim_error error = {0};
    assert_int_equal(sim_advance_start(run->core.advance, SIM_ADVANCE_TO_TIME, now_us(run) + us,
                                       ignore_done, NULL, &error),
                     RESULT_OK);
    while (sim_advance_continue(run->core.advance, 100000))
        ;
}

/* --- the oracle ----------------------------------------------------------------------------------
 */

static bool has_key(const struct call_log *call, size_t key)
{
    for (size_t i = 0; i < call->count; i++)
        if (call->keys[i] == key)
            return true;
    return false;
}

/* Does other stand in the way of a call of that kind, now? */
static bool stands_in_the_way(const struct call_log *other, enum kind kind, size_t key)
{
    if (other->ended_us != UINT64_MAX || !has_key(other, key))
        return false;
    return (other->kind == WRITES && !other->has_met) || (other->kind == PUT && kind == READS);
}

static bool meets(const struct call_log *call, size_t key)
{
    const struct run *run = call->run;
    for (size_t i = 0; i < run->count; i++)
        if (&run->calls[i] != call && stands_in_the_way(&run->calls[i], call->kind, key))
            return true;
    return false;
}

static void begin_oracle(struct call_log *call)
{
    for (size_t i = 0; i < call->count; i++) {
        call->met[i] = meets(call, call->keys[i]);
        call->has_met |= call->met[i];
    }
}

static bool ended_just_now(const struct call_log *call)
{
    for (size_t i = 0; i < call->run->count; i++)
        if (&call->run->calls[i] != call && call->run->calls[i].ended_us == now_us(call->run))
            return true;
    return false;
}

static void want(const struct call_log *call, const char *wanted)
{
    if (strstr(call->text, wanted) == NULL)
        fail_msg("seed %llu, call %zu: wanted \"%s\", got \"%s\"",
                 (unsigned long long)call->run->seed, call->number, wanted, call->text);
}

static void end_oracle(struct call_log *call)
{
    bool conflicts = call->has_met;
    char codes[200] = "[";
    for (size_t i = 0; i < call->count; i++) {
        bool is_met = call->met[i] || meets(call, call->keys[i]);
        conflicts |= is_met;
        size_t length = strlen(codes);
        snprintf(codes + length, sizeof codes - length, "%s%s", i > 0 ? ", " : "",
                 is_met ? "TransactionConflict" : "None");
    }
    if (call->is_open_question)
        return;
    call->run->conflicts += conflicts ? 1 : 0;
    if (!conflicts)
        want(call, "ok");
    else if (call->kind == PUT)
        want(call, "TransactionConflictException: Transaction is ongoing for the item");
    else
        want(call, codes);
}

/* --- calls ---------------------------------------------------------------------------------------
 */

static void take_answer(void *context, struct wire_call *wire)
{
    struct call_log *call = context;
    struct run *run = call->run;
    call->outcome = wire->outcome;
    call->is_open_question = ended_just_now(call);
    snprintf(call->text, sizeof call->text, "%s: %s",
             wire->outcome == WIRE_OK   ? "ok"
             : wire->error.code != NULL ? wire->error.code
                                        : "?",
             wire->error.message != NULL ? wire->error.message : "");
    bool was_lost = wire->outcome == WIRE_RESET || wire->outcome == WIRE_REFUSED;
    if (!was_lost)
        end_oracle(call);
    if (call->ended_us == UINT64_MAX)
        call->ended_us = now_us(run);
    for (size_t i = 0; wire->outcome == WIRE_OK && call->kind != READS && i < call->count; i++)
        run->last_writer[call->keys[i]] = call->number + 1;
}

static void choose_keys(struct run *run, struct call_log *call)
{
    call->count = call->kind == PUT ? 1 : 1 + below(run, ITEMS_MAX);
    size_t first = below(run, KEYS);
    for (size_t i = 0; i < call->count; i++)
        call->keys[i] = (first + i * 3) % KEYS; /* 3 and 8 have no common divisor */
}

static void print_input(const struct call_log *call, struct sim_buffer *json)
{
    if (call->kind == PUT) {
        sim_buffer_printf(json,
                          "{\"TableName\":\"tab\",\"Item\":{\"pk\":{\"N\":\"%zu\"},"
                          "\"v\":{\"N\":\"%zu\"}}}",
                          call->keys[0], call->number);
        return;
    }
    sim_buffer_printf(json, "{\"TransactItems\":[");
    for (size_t i = 0; i < call->count; i++) {
        const char *comma = i > 0 ? "," : "";
        if (call->kind == READS)
            sim_buffer_printf(
                json, "%s{\"Get\":{\"TableName\":\"tab\",\"Key\":{\"pk\":{\"N\":\"%zu\"}}}}", comma,
                call->keys[i]);
        else
            sim_buffer_printf(json,
                              "%s{\"Put\":{\"TableName\":\"tab\",\"Item\":{\"pk\":{\"N\":\"%zu\"},"
                              "\"v\":{\"N\":\"%zu\"}}}}",
                              comma, call->keys[i], call->number);
    }
    sim_buffer_printf(json, "]}");
}

static void begin_call(struct run *run)
{
    static const char *const operations[] = {"TransactWriteItems", "TransactGetItems", "PutItem"};
    struct call_log *call = &run->calls[run->count];
    *call = (struct call_log){.run = run,
                              .kind = (enum kind)below(run, KIND_COUNT),
                              .number = run->count,
                              .began_us = now_us(run),
                              .ended_us = UINT64_MAX};
    choose_keys(run, call);
    begin_oracle(call);
    run->count++;
    struct sim_buffer json;
    sim_buffer_init(&json);
    print_input(call, &json);
    cJSON *input = cJSON_Parse(json.data);
    struct wire_request request = {.service = "dynamodb",
                                   .operation = operations[call->kind],
                                   .region = REGION,
                                   .input = input,
                                   .takes_time = true};
    wire_dispatch(run->dispatcher, &request, take_answer, call);
    cJSON_Delete(input);
    sim_buffer_fini(&json);
}

/* What is under way comes to nothing. */
static void let_region_die(struct run *run)
{
    struct sim_error error;
    uint64_t fault = 0;
    const struct sim_fault_spec spec = {.kind = SIM_FAULT_REGION_DOWN, .region = REGION};
    assert_int_equal(sim_faults_add(run->core.faults, &spec, &fault, &error), RESULT_OK);
    for (size_t i = 0; i < run->count; i++)
        if (run->calls[i].ended_us == UINT64_MAX)
            run->calls[i].ended_us = now_us(run);
    advance(run, below(run, 2000));
    assert_int_equal(sim_faults_remove(run->core.faults, fault, &error), RESULT_OK);
}

/* --- the whole -----------------------------------------------------------------------------------
 */

static void ignore_answer(void *context, struct wire_call *call)
{
    (void)context;
    assert_int_equal(call->outcome, WIRE_OK);
}

static void create_table(struct run *run)
{
    cJSON *input = cJSON_Parse(
        "{\"TableName\":\"tab\",\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":[{"
        "\"AttributeName\":\"pk\",\"AttributeType\":\"N\"}],\"KeySchema\":[{\"AttributeName\":"
        "\"pk\",\"KeyType\":\"HASH\"}]}");
    struct wire_request request = {
        .service = "dynamodb", .operation = "CreateTable", .region = REGION, .input = input};
    wire_dispatch(run->dispatcher, &request, ignore_answer, NULL);
    cJSON_Delete(input);
    advance(run, SIM_US_PER_S);
}

static void setup(struct run *run)
{
    struct sim_core_options options = {.seed = run->seed, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    struct sim_error error;
    struct sim_region *region = NULL;
    sim_core_init(&run->core, &options);
    assert_int_equal(sim_network_add_region(run->core.network, REGION, true, &region, &error),
                     RESULT_OK);
    run->dispatcher = wire_dispatcher_create(&run->core);
    assert_int_equal(ddb_create(wire_dispatcher_host(run->dispatcher), &run->ddb, &error),
                     RESULT_OK);
    sim_random_init(&run->random, run->seed, "test/transaction-conflicts");
    create_table(run);
}

static void check_items(struct run *run)
{
    for (size_t key = 0; key < KEYS; key++) {
        char json[64];
        snprintf(json, sizeof json, "{\"pk\":{\"N\":\"%zu\"}}", key);
        cJSON *map = cJSON_Parse(json);
        cJSON *probe = ddb_probe(run->ddb, "tab", map);
        const cJSON *item = wire_member(probe, REGION);
        char *text = cJSON_PrintUnformatted(item);
        char wanted[64] = "null";
        if (run->last_writer[key] > 0)
            snprintf(wanted, sizeof wanted, "\"v\":{\"N\":\"%zu\"}", run->last_writer[key] - 1);
        if (strstr(text, wanted) == NULL)
            fail_msg("seed %llu: item %zu is %s, wanted %s", (unsigned long long)run->seed, key,
                     text, wanted);
        free(text);
        cJSON_Delete(probe);
        cJSON_Delete(map);
    }
}

static void play(uint64_t seed, size_t *conflicts, size_t *successes)
{
    struct run *run = sim_alloc(sizeof *run);
    run->seed = seed;
    setup(run);
    while (run->count < CALLS) {
        begin_call(run);
        advance(run, below(run, 8) == 0 ? below(run, 40 * SIM_US_PER_MS) : below(run, 4000));
        if (below(run, 60) == 0)
            let_region_die(run);
    }
    advance(run, 60 * SIM_US_PER_S);
    for (size_t i = 0; i < run->count; i++) {
        assert_true(run->calls[i].text[0] != '\0'); /* each was answered */
        *successes += run->calls[i].outcome == WIRE_OK ? 1 : 0;
    }
    check_items(run);
    *conflicts += run->conflicts;
    ddb_destroy(run->ddb);
    wire_dispatcher_destroy(run->dispatcher);
    sim_core_fini(&run->core);
    free(run);
}

static void test_conflicts_are_those_of_the_intervals(void **state)
{
    const char *one = getenv("REGIONLAB_SEED");
    size_t seeds = getenv("REGIONLAB_LONG") != NULL ? 10 * SEEDS : SEEDS;
    size_t conflicts = 0;
    size_t successes = 0;
    if (one != NULL) {
        play(strtoull(one, NULL, 10), &conflicts, &successes);
        return;
    }
    for (size_t i = 0; i < seeds; i++)
        play(i + 1, &conflicts, &successes);
    printf("%zu conflicts, %zu successes\n", conflicts, successes);
    assert_true(conflicts > 30 * seeds && successes > 100 * seeds);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_conflicts_are_those_of_the_intervals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
