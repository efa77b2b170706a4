/* A table and its index admit exactly what a token bucket admits.
 *
 * Random puts and gets of random sizes at random moments, with the throughput changed now and then.
 * The oracle knows items by their sizes alone and keeps each bucket as one exact number that is
 * moved on by plain multiplication. Each answer must be the one it expects, and in the end each
 * item must have the size of the last put that was admitted.
 *
 * REGIONLAB_SEED=n plays one seed; REGIONLAB_LONG=1 plays ten times as many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/dynamodb.h"
#include "emulators/wire/dispatch.h"
#include "sim/core/buffer.h"
#include "tests/property/dynamodb/fixture_model.h"

#define SEEDS      30
#define OPERATIONS 1500
#define KEYS       10
#define SIZE_MAX_B 9000
#define BURST_S    300

struct bucket { /* millionths of a unit */
    int64_t level;
    uint64_t rate;
};

enum { TABLE_READ, TABLE_WRITE, INDEX_WRITE, BUCKETS };

struct item {
    uint64_t bytes; /* 0: none */
    bool has_index_key;
};

struct run {
    uint64_t seed;
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct ddb *ddb;
    struct sim_random random;
    struct bucket buckets[BUCKETS];
    struct item items[KEYS];
    uint64_t bucket_us;
    unsigned admitted, refused;
};

/* --- calls ---------------------------------------------------------------------------------------
 */

static void take_code(void *context, struct wire_call *call)
{
    char *code = context;
    strcpy(code, "OK");
    if (call->error.code != NULL)
        strcpy(code, call->error.code);
}

/* "OK" or the error's code. */
static const char *ask(struct run *run, const char *operation, const char *format, ...)
    PRINTF_LIKE(3, 4);
static const char *ask(struct run *run, const char *operation, const char *format, ...)
{
    static char code[128];
    struct sim_buffer json;
    va_list arguments;
    sim_buffer_init(&json);
    va_start(arguments, format);
    sim_buffer_vprintf(&json, format, arguments);
    va_end(arguments);
    for (char *c = json.data; *c != '\0'; c++) {
        if (*c == '\'')
            *c = '"';
    }
    cJSON *input = cJSON_Parse(json.data);
    assert_non_null(input);
    struct wire_request request = {
        .service = "dynamodb", .operation = operation, .region = "us-east-1", .input = input};
    wire_dispatch(run->dispatcher, &request, take_code, code);
    cJSON_Delete(input);
    sim_buffer_fini(&json);
    return code;
}

static void settle(struct run *run)
{
    while (sim_sched_foreground_count(run->core.sched) > 0)
        if (!sim_sched_step(run->core.sched, UINT64_MAX))
            return;
}

/* --- the oracle ----------------------------------------------------------------------------------
 */

static int64_t burst(const struct bucket *bucket)
{
    return (int64_t)bucket->rate * BURST_S * 1000000;
}

static void pass(struct run *run, uint64_t us)
{
    run->bucket_us += us;
    for (size_t i = 0; i < BUCKETS; i++) {
        struct bucket *bucket = &run->buckets[i];
        bucket->level += (int64_t)(bucket->rate * us); /* both are small here */
        if (bucket->level > burst(bucket))
            bucket->level = burst(bucket);
    }
}

static uint64_t units(uint64_t bytes, uint64_t unit_bytes)
{
    return bytes == 0 ? 1 : (bytes + unit_bytes - 1) / unit_bytes;
}

static uint64_t greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static bool admits(const struct bucket *bucket, int64_t cost)
{
    return cost == 0 || bucket->level >= cost || bucket->level == burst(bucket);
}

static uint64_t index_units(struct item old, struct item new)
{
    bool was_in = old.bytes > 0 && old.has_index_key;
    if (was_in && new.has_index_key)
        return old.bytes == new.bytes ? 0 : units(greater(old.bytes, new.bytes), 1024);
    if (was_in || new.has_index_key)
        return units(was_in ? old.bytes : new.bytes, 1024);
    return 0;
}

static void count(struct run *run, bool is_admitted, const char *code, const char *what)
{
    const char *wanted = is_admitted ? "OK" : "ProvisionedThroughputExceededException";
    run->admitted += is_admitted ? 1 : 0;
    run->refused += is_admitted ? 0 : 1;
    if (strcmp(code, wanted) != 0)
        fail_msg("seed %llu at %llu us: %s answered %s, wanted %s", (unsigned long long)run->seed,
                 (unsigned long long)run->bucket_us, what, code, wanted);
}

/* --- operations ----------------------------------------------------------------------------------
 */

static void put(struct run *run)
{
    size_t key = sim_random_below(&run->random, KEYS);
    size_t filling = sim_random_below(&run->random, SIZE_MAX_B);
    struct item old = run->items[key];
    struct item new = {.has_index_key = sim_random_below(&run->random, 2) == 0};
    char *text = calloc(filling + 1, 1);
    memset(text, 'x', filling);
    const char *code =
        ask(run, "PutItem", "{'TableName':'tab','Item':{'pk':{'S':'%zu'},%s'b':{'S':'%s'}}}", key,
            new.has_index_key ? "'g':{'S':'g'}," : "", text);
    free(text);
    new.bytes = strlen("pk") + 1 + strlen("b") + filling + (new.has_index_key ? 2 : 0);
    int64_t table_cost = (int64_t)units(greater(old.bytes, new.bytes), 1024) * 1000000;
    int64_t index_cost = (int64_t)index_units(old, new) * 1000000;
    bool is_admitted = admits(&run->buckets[TABLE_WRITE], table_cost) &&
                       admits(&run->buckets[INDEX_WRITE], index_cost);
    count(run, is_admitted, code, "a put");
    if (!is_admitted)
        return;
    run->buckets[TABLE_WRITE].level -= table_cost;
    run->buckets[INDEX_WRITE].level -= index_cost;
    run->items[key] = new;
}

static void get(struct run *run)
{
    size_t key = sim_random_below(&run->random, KEYS);
    bool is_consistent = sim_random_below(&run->random, 2) == 0;
    const char *code =
        ask(run, "GetItem", "{'TableName':'tab','Key':{'pk':{'S':'%zu'}},'ConsistentRead':%s}", key,
            is_consistent ? "true" : "false");
    int64_t cost = (int64_t)units(run->items[key].bytes, 4096) * (is_consistent ? 1000000 : 500000);
    bool is_admitted = admits(&run->buckets[TABLE_READ], cost);
    count(run, is_admitted, code, "a get");
    if (is_admitted)
        run->buckets[TABLE_READ].level -= cost;
}

static void wait_a_while(struct run *run)
{
    static const uint64_t most_us[] = {1000, 1000000, 5000000, 20000000};
    bool is_long = sim_random_below(&run->random, 60) == 0;
    uint64_t us = sim_random_below(
        &run->random, is_long ? 500000000 : most_us[sim_random_below(&run->random, 4)]);
    sim_clock_move_to(run->core.clock, sim_clock_now_us(run->core.clock) + us);
    pass(run, us);
}

static void change_throughput(struct run *run)
{
    uint64_t reads = 1 + sim_random_below(&run->random, 6);
    uint64_t writes = 1 + sim_random_below(&run->random, 6);
    const char *code = ask(run, "UpdateTable",
                           "{'TableName':'tab','ProvisionedThroughput':{'ReadCapacityUnits':%llu,"
                           "'WriteCapacityUnits':%llu}}",
                           (unsigned long long)reads, (unsigned long long)writes);
    settle(run);
    if (strcmp(code, "OK") != 0)
        return; /* as before, or one decrease too many */
    run->buckets[TABLE_READ].rate = reads;
    run->buckets[TABLE_WRITE].rate = writes;
    pass(run, 0); /* the new burst */
}

/* --- a run ---------------------------------------------------------------------------------------
 */

static void begin(struct run *run, uint64_t seed)
{
    *run = (struct run){.seed = seed};
    struct sim_error error;
    struct sim_core_options options = {.seed = seed, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    sim_core_init(&run->core, &options);
    struct sim_region *region = NULL;
    assert_int_equal(sim_network_add_region(run->core.network, "us-east-1", true, &region, &error),
                     RESULT_OK);
    run->dispatcher = wire_dispatcher_create(&run->core);
    assert_int_equal(ddb_create(wire_dispatcher_host(run->dispatcher), &run->ddb, &error),
                     RESULT_OK);
    sim_random_init(&run->random, seed, "test/throttling");
    assert_string_equal(
        ask(run, "CreateTable",
            "{'TableName':'tab','KeySchema':[{'AttributeName':'pk','KeyType':'HASH'}],"
            "'AttributeDefinitions':[{'AttributeName':'pk','AttributeType':'S'},{'AttributeName':"
            "'g','AttributeType':'S'}],'ProvisionedThroughput':{'ReadCapacityUnits':1,"
            "'WriteCapacityUnits':3},'GlobalSecondaryIndexes':[{'IndexName':'ind','KeySchema':[{"
            "'AttributeName':'g','KeyType':'HASH'}],'Projection':{'ProjectionType':'ALL'},"
            "'ProvisionedThroughput':{'ReadCapacityUnits':1,'WriteCapacityUnits':2}}]}"),
        "OK");
    settle(run);
    static const uint64_t rates[BUCKETS] = {1, 3, 2};
    for (size_t i = 0; i < BUCKETS; i++) {
        run->buckets[i].rate = rates[i];
        run->buckets[i].level = burst(&run->buckets[i]);
    }
}

/* A put that was refused left no trace. */
static void check_sizes(struct run *run)
{
    ddb_set_throttling(run->ddb, false);
    for (size_t key = 0; key < KEYS; key++) {
        struct item item = run->items[key];
        const char *code = NULL;
        if (item.bytes == 0)
            code = ask(run, "DeleteItem",
                       "{'TableName':'tab','Key':{'pk':{'S':'%zu'}},'ConditionExpression':"
                       "'attribute_not_exists(pk)'}",
                       key);
        else
            code = ask(run, "DeleteItem",
                       "{'TableName':'tab','Key':{'pk':{'S':'%zu'}},'ConditionExpression':"
                       "'size(b) = :n','ExpressionAttributeValues':{':n':{'N':'%llu'}}}",
                       key, (unsigned long long)(item.bytes - 4 - (item.has_index_key ? 2 : 0)));
        if (strcmp(code, "OK") != 0)
            fail_msg("seed %llu: item %zu is not as the last admitted put left it: %s",
                     (unsigned long long)run->seed, key, code);
    }
}

static void end(struct run *run)
{
    check_sizes(run);
    ddb_destroy(run->ddb);
    wire_dispatcher_destroy(run->dispatcher);
    sim_core_fini(&run->core);
}

static void play(uint64_t seed, unsigned *admitted, unsigned *refused)
{
    struct run run;
    begin(&run, seed);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        uint64_t dice = sim_random_below(&run.random, 100);
        if (dice < 50)
            put(&run);
        else if (dice < 90)
            get(&run);
        else if (dice < 99)
            wait_a_while(&run);
        else
            change_throughput(&run);
    }
    *admitted += run.admitted;
    *refused += run.refused;
    end(&run);
}

static void test_admission_is_that_of_a_token_bucket(void **state)
{
    (void)state;
    unsigned admitted = 0;
    unsigned refused = 0;
    unsigned runs = model_run_count(SEEDS);
    for (unsigned i = 0; i < runs; i++)
        play(model_seed() + i, &admitted, &refused);
    print_message("%u admitted, %u refused\n", admitted, refused);
    assert_true(admitted > refused / 20);
    assert_true(refused > admitted / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_admission_is_that_of_a_token_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
