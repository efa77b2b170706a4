/* Whatever happens between the Regions, in the end all replicas hold what last-writer-wins says.
 *
 * Random writes by random Regions, while links are cut and healed, Regions go down, replication is
 * paused, clocks are stepped, lags change and a replica joins late. The oracle keeps, for each
 * item, the greatest version that was ever acknowledged, compared by (time, Region name) right
 * here. After everything is healed and idle each replica must hold exactly that.
 *
 * REGIONLAB_SEED=n plays one seed; REGIONLAB_LONG=1 plays ten times as many; REGIONLAB_OPERATIONS=n
 * plays that many operations a seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/replica.h"
#include "emulators/wire/dispatch.h"
#include "sim/core/buffer.h"

#define SEEDS         100
#define OPERATIONS    1500
#define KEYS          12
#define FAULTS_MAX    6
#define REGIONS       3
#define JOINS_LATE_AT 400 /* operation at which the third replica joins */

static const char *const regions[REGIONS] = {"us-east-1", "us-west-2", "eu-west-1"};

struct truth { /* of one item */
    uint64_t written_us;
    size_t region;
    int value; /* -1: deleted, or never written */
};

struct run {
    uint64_t seed;
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct ddb *ddb;
    struct sim_random random;
    struct truth truths[KEYS];
    uint64_t faults[FAULTS_MAX];
    size_t fault_count;
    size_t acknowledged_count;
};

/* --- calls ---------------------------------------------------------------------------------------
 */

struct answer {
    enum wire_outcome outcome;
    cJSON *output;
    char code[64];
};

/* Items stand in answers as ready JSON text: as a client would, we read the whole anew. */
static cJSON *parsed_again(const cJSON *output)
{
    char *text = cJSON_PrintUnformatted(output);
    cJSON *parsed = cJSON_Parse(text);
    free(text);
    return parsed;
}

static void take_answer(void *context, struct wire_call *call)
{
    struct answer *answer = context;
    answer->outcome = call->outcome;
    if (call->outcome == WIRE_OK && call->output != NULL)
        answer->output = parsed_again(call->output);
    const char *code = call->error.code != NULL ? call->error.code : "";
    for (size_t i = 0; code[i] != '\0' && i < sizeof answer->code - 1; i++)
        answer->code[i] = code[i];
}

static struct answer ask(struct run *run, size_t region, const char *operation, const char *format,
                         ...) PRINTF_LIKE(4, 5);
static struct answer ask(struct run *run, size_t region, const char *operation, const char *format,
                         ...)
{
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
    if (input == NULL)
        fail_msg("seed %llu: bad JSON %s", (unsigned long long)run->seed, json.data);
    struct answer answer = {0};
    struct wire_request request = {
        .service = "dynamodb", .operation = operation, .region = regions[region], .input = input};
    wire_dispatch(run->dispatcher, &request, take_answer, &answer);
    cJSON_Delete(input);
    sim_buffer_fini(&json);
    return answer;
}

static void ignore_done(void *context, uint64_t events_ran)
{
    (void)context;
    (void)events_ran;
}

static void advance(struct run *run, enum sim_advance_goal goal, uint64_t us)
{
    struct sim_error error = {0};
    uint64_t at_us = sim_clock_now_us(run->core.clock) + us;
    if (sim_advance_start(run->core.advance, goal, at_us, ignore_done, NULL, &error) != RESULT_OK)
        fail_msg("seed %llu: %s", (unsigned long long)run->seed, error.message);
    while (sim_advance_continue(run->core.advance, 100000))
        ;
}

static uint64_t below(struct run *run, uint64_t bound)
{
    return sim_random_below(&run->random, bound);
}

/* --- writes and the oracle -----------------------------------------------------------------------
 */

static struct ddb_table *table_in(struct run *run, size_t region)
{
    return ddb_table_find(ddb_region_find(run->ddb, regions[region]), WIRE_ACCOUNT_DEFAULT, "tab");
}

/* The version that the Region stores now: the timestamp that an acknowledged write got. */
static struct ddb_version stored_version(struct run *run, size_t region, size_t key)
{
    struct ddb_table *table = table_in(run, region);
    struct ddb_version none = {0};
    if (table == NULL)
        return none;
    struct sim_arena *arena = sim_arena_create();
    struct ddb_fault fault = {.arena = arena};
    struct ddb_key_blob blob;
    struct ddb_row row;
    bool found = false;
    const char *text = sim_arena_printf(arena, "{\"pk\":{\"N\":\"%zu\"}}", key);
    cJSON *map = cJSON_Parse(text);
    assert_true(ddb_key_from_map(&table->definition->keys, map, &blob, &fault));
    assert_int_equal(ddb_items_read(&table->items, &blob, arena, &row, &found, NULL), RESULT_OK);
    cJSON_Delete(map);
    sim_arena_destroy(arena);
    return found ? row.version : none;
}

/* Greater time wins, then the greater Region name: written down here once more on purpose. */
static bool beats(const struct truth *truth, uint64_t written_us, size_t region)
{
    if (truth->written_us != written_us)
        return written_us > truth->written_us;
    return strcmp(regions[region], regions[truth->region]) > 0;
}

static void acknowledge(struct run *run, size_t region, size_t key, int value)
{
    struct ddb_version version = stored_version(run, region, key);
    struct truth *truth = &run->truths[key];
    run->acknowledged_count++;
    if (beats(truth, version.written_us, region))
        *truth = (struct truth){.written_us = version.written_us, .region = region, .value = value};
}

static void write_one(struct run *run, size_t region, size_t key, int value)
{
    struct ddb_version before = stored_version(run, region, key);
    struct answer answer;
    uint64_t kind = below(run, 10);
    bool is_delete = kind < 3;
    if (is_delete)
        answer =
            ask(run, region, "DeleteItem", "{'TableName':'tab','Key':{'pk':{'N':'%zu'}}}", key);
    else if (kind < 6)
        answer = ask(run, region, "UpdateItem",
                     "{'TableName':'tab','Key':{'pk':{'N':'%zu'}},'UpdateExpression':'SET v = :v',"
                     "'ExpressionAttributeValues':{':v':{'N':'%d'}}}",
                     key, value);
    else
        answer = ask(run, region, "PutItem",
                     "{'TableName':'tab','Item':{'pk':{'N':'%zu'},'v':{'N':'%d'}}}", key, value);
    cJSON_Delete(answer.output);
    if (answer.outcome != WIRE_OK)
        return;
    struct ddb_version after = stored_version(run, region, key);
    if (is_delete && ddb_version_is_equal(before, after))
        return; /* nothing was there */
    if (after.written_us <= before.written_us)
        fail_msg("seed %llu: a write in %s did not supersede what it saw",
                 (unsigned long long)run->seed, regions[region]);
    acknowledge(run, region, key, is_delete ? -1 : value);
}

static void write_two(struct run *run, size_t region, int value)
{
    size_t key = below(run, KEYS);
    size_t other = (key + 1 + below(run, KEYS - 1)) % KEYS;
    struct answer answer = ask(
        run, region, "TransactWriteItems",
        "{'TransactItems':[{'Put':{'TableName':'tab','Item':{'pk':{'N':'%zu'},'v':{'N':'%d'}}}},"
        "{'Put':{'TableName':'tab','Item':{'pk':{'N':'%zu'},'v':{'N':'%d'}}}}]}",
        key, value, other, value);
    cJSON_Delete(answer.output);
    if (answer.outcome != WIRE_OK)
        return;
    acknowledge(run, region, key, value);
    acknowledge(run, region, other, value);
}

/* --- trouble -------------------------------------------------------------------------------------
 */

static void mend(struct run *run, size_t number)
{
    struct sim_error error = {0};
    if (sim_faults_remove(run->core.faults, run->faults[number], &error) != RESULT_OK)
        fail_msg("seed %llu: %s", (unsigned long long)run->seed, error.message);
    run->faults[number] = run->faults[--run->fault_count];
}

static void break_something(struct run *run)
{
    if (run->fault_count == FAULTS_MAX || (run->fault_count > 0 && below(run, 2) == 0)) {
        mend(run, below(run, run->fault_count));
        return;
    }
    size_t from = below(run, REGIONS);
    size_t to = (from + 1 + below(run, REGIONS - 1)) % REGIONS;
    struct sim_fault_spec spec = {0};
    switch (below(run, 5)) {
    case 0:
        spec.kind = SIM_FAULT_PARTITION;
        spec.from = regions[from];
        spec.to = regions[to];
        break;
    case 1:
        spec.kind = SIM_FAULT_PARTITION;
        spec.region = regions[from];
        break;
    case 2:
        spec.kind = SIM_FAULT_REGION_DOWN;
        spec.region = regions[from];
        break;
    case 3:
        spec.kind = SIM_FAULT_PAUSE_REPLICATION;
        spec.from = below(run, 2) == 0 ? regions[from] : NULL;
        spec.to = regions[to];
        break;
    default:
        spec.kind = SIM_FAULT_CLOCK_SKEW;
        spec.region = regions[from];
        spec.skew_us = (int64_t)sim_random_between(&run->random, 1, 20 * SIM_US_PER_S) -
                       (int64_t)(10 * SIM_US_PER_S);
        if (spec.skew_us == 0)
            spec.skew_us = 1;
        break;
    }
    struct sim_error error = {0};
    uint64_t id = 0;
    if (sim_faults_add(run->core.faults, &spec, &id, &error) != RESULT_OK)
        return; /* a second skew of one Region and the like */
    run->faults[run->fault_count++] = id;
}

static void change_lag(struct run *run)
{
    struct sim_network *network = run->core.network;
    struct sim_link *link =
        sim_network_link_get(network, sim_network_region_by_index(network, below(run, REGIONS)),
                             sim_network_region_by_index(network, below(run, REGIONS)));
    uint64_t low_us = below(run, SIM_US_PER_S);
    sim_lag_fini(&link->replication);
    sim_lag_init_uniform(&link->replication, low_us, low_us + below(run, 5 * SIM_US_PER_S));
    link->drain_per_s = 1 + below(run, 5000);
}

static void add_replica(struct run *run, size_t region)
{
    struct answer answer = ask(
        run, 0, "UpdateTable",
        "{'TableName':'tab','ReplicaUpdates':[{'Create':{'RegionName':'%s'}}]}", regions[region]);
    cJSON_Delete(answer.output);
}

static void operate(struct run *run, int number)
{
    uint64_t choice = below(run, 100);
    size_t region = below(run, REGIONS);
    if (number % JOINS_LATE_AT == 0)
        add_replica(run, 2);
    if (choice < 4)
        break_something(run);
    else if (choice < 6)
        change_lag(run);
    if (choice < 15)
        write_two(run, region, number);
    else
        write_one(run, region, below(run, KEYS), number);
    uint64_t pause_us = below(run, 20) == 0 ? below(run, 3 * SIM_US_PER_S) : below(run, 50000);
    if (below(run, 3) != 0)
        advance(run, SIM_ADVANCE_TO_TIME, pause_us);
}

/* --- a run ---------------------------------------------------------------------------------------
 */

static void begin(struct run *run, uint64_t seed)
{
    struct sim_core_options options = {.seed = seed, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    struct sim_error error;
    *run = (struct run){.seed = seed};
    for (size_t i = 0; i < KEYS; i++)
        run->truths[i].value = -1;
    sim_random_init(&run->random, seed, "convergence");
    sim_core_init(&run->core, &options);
    for (size_t i = 0; i < REGIONS; i++) {
        struct sim_region *region = NULL;
        assert_int_equal(
            sim_network_add_region(run->core.network, regions[i], true, &region, &error),
            RESULT_OK);
    }
    run->dispatcher = wire_dispatcher_create(&run->core);
    assert_int_equal(ddb_create(wire_dispatcher_host(run->dispatcher), &run->ddb, &error),
                     RESULT_OK);
    struct answer answer =
        ask(run, 0, "CreateTable",
            "{'TableName':'tab','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':["
            "{'AttributeName':'pk','AttributeType':'N'}],'KeySchema':[{'AttributeName':'pk',"
            "'KeyType':'HASH'}]}");
    assert_int_equal(answer.outcome, WIRE_OK);
    cJSON_Delete(answer.output);
    advance(run, SIM_ADVANCE_TO_IDLE, SIM_US_PER_S);
    add_replica(run, 1);
    advance(run, SIM_ADVANCE_TO_IDLE, SIM_US_PER_S);
}

static void end(struct run *run)
{
    ddb_destroy(run->ddb);
    wire_dispatcher_destroy(run->dispatcher);
    sim_core_fini(&run->core);
}

static void check_item(struct run *run, size_t region, size_t key)
{
    const struct truth *truth = &run->truths[key];
    struct answer answer =
        ask(run, region, "GetItem", "{'TableName':'tab','Key':{'pk':{'N':'%zu'}}}", key);
    const char *text = wire_text(wire_member(wire_member(answer.output, "Item"), "v"), "N");
    long value = text != NULL ? strtol(text, NULL, 10) : -1;
    if (answer.outcome != WIRE_OK || value != truth->value)
        fail_msg("seed %llu: item %zu in %s is %ld %s, last writer (%s at %llu) left %d "
                 "(REGIONLAB_SEED=%llu repeats this)",
                 (unsigned long long)run->seed, key, regions[region], value, answer.code,
                 regions[truth->region], (unsigned long long)truth->written_us, truth->value,
                 (unsigned long long)run->seed);
    cJSON_Delete(answer.output);
}

/* Counters, tombstones and logs must be as clean as the contents. */
static void check_upkeep(struct run *run, size_t region)
{
    struct ddb_table *table = table_in(run, region);
    int64_t items = 0;
    int64_t bytes = 0;
    struct sim_arena *arena = sim_arena_create();
    struct ddb_key_blob key;
    struct ddb_row row;
    bool found = true;
    const struct ddb_key_blob *after = NULL;
    while (found) {
        assert_int_equal(ddb_items_next_row(&table->items, after, arena, &key, &row, &found, NULL),
                         RESULT_OK);
        after = &key;
        if (found && row.item == NULL)
            fail_msg("seed %llu: a tombstone stayed in %s", (unsigned long long)run->seed,
                     regions[region]);
        items += found ? 1 : 0;
        bytes += found ? (int64_t)row.size_bytes : 0;
    }
    sim_arena_destroy(arena);
    if (items != table->item_count || bytes != table->size_bytes)
        fail_msg("seed %llu: %s counts %lld items, holds %lld", (unsigned long long)run->seed,
                 regions[region], (long long)table->item_count, (long long)items);
}

struct totals {
    size_t acknowledged_count;
    size_t joined_count; /* runs in which the third replica came to be */
};

static void play(uint64_t seed, struct totals *totals, char hash[SIM_TRACE_HASH_TEXT_BYTES])
{
    struct run *run = sim_alloc(sizeof *run);
    begin(run, seed);
    const char *wanted = getenv("REGIONLAB_OPERATIONS");
    long operations = wanted != NULL ? strtol(wanted, NULL, 10) : OPERATIONS;
    for (int i = 1; i <= operations; i++)
        operate(run, i);
    while (run->fault_count > 0)
        mend(run, 0);
    advance(run, SIM_ADVANCE_TO_IDLE, UINT64_C(365) * 86400 * SIM_US_PER_S);
    if (ddb_backlog(run->ddb, NULL, NULL, NULL) != 0)
        fail_msg("seed %llu: idle with a backlog", (unsigned long long)seed);
    for (size_t region = 0; region < REGIONS; region++) {
        if (table_in(run, region) == NULL)
            continue; /* us-east-1 was down whenever the third replica was asked for */
        for (size_t key = 0; key < KEYS; key++)
            check_item(run, region, key);
        check_upkeep(run, region);
    }
    totals->acknowledged_count += run->acknowledged_count;
    totals->joined_count += table_in(run, 2) != NULL ? 1 : 0;
    sim_trace_hash(run->core.trace, hash);
    end(run);
    free(run);
}

static void test_replicas_converge_to_the_last_writer(void **state)
{
    (void)state;
    char hash[SIM_TRACE_HASH_TEXT_BYTES];
    struct totals totals = {0};
    const char *seed = getenv("REGIONLAB_SEED");
    if (seed != NULL) {
        play(strtoull(seed, NULL, 10), &totals, hash);
        return;
    }
    uint64_t seeds = getenv("REGIONLAB_LONG") != NULL ? SEEDS * 10 : SEEDS;
    for (uint64_t i = 1; i <= seeds; i++)
        play(i, &totals, hash);
    print_message("%zu acknowledged writes, %zu late replicas\n", totals.acknowledged_count,
                  totals.joined_count);
    assert_true(totals.acknowledged_count >= seeds * 1000);
    assert_true(totals.joined_count >= seeds / 2);
}

static void test_a_seed_repeats_itself(void **state)
{
    (void)state;
    char hashes[3][SIM_TRACE_HASH_TEXT_BYTES];
    struct totals totals = {0};
    play(7, &totals, hashes[0]);
    play(7, &totals, hashes[1]);
    play(8, &totals, hashes[2]);
    assert_string_equal(hashes[0], hashes[1]);
    assert_string_not_equal(hashes[0], hashes[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replicas_converge_to_the_last_writer),
        cmocka_unit_test(test_a_seed_repeats_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
