/* What clients saw, and whether the consistency that they were promised allows it.
 *
 * Simulated clients (two at home in each Region, two that roam) each do one operation after the
 * other on a few items; operations take time, so they overlap, and faults (partitions in one and in
 * both directions, Regions down, paused and slow replication, clocks apart) leave some of them
 * without an answer. Each operation is recorded with call, answer, result. Afterwards:
 *
 * Strong      All operations of an item by all clients are linearizable
 * (fixture_linearizability.h), an operation without an answer having happened or not. Refused ones
 * had no effect. Eventual    Convergence: all replicas hold the greatest of all acknowledged
 * versions. Sessions: clients that stay in one Region and read consistently read their writes, read
 * and write in order, and write after what they read, always. Roaming clients do not get that; the
 * run must show violations, else the checker would be blind. Nor is an eventual history
 * linearizable across Regions; this, too, must show. Operations of one Region are checked by the
 * same means as its own sessions.
 *
 * How many   300 seeds of each kind (20 in the sanitized build), with REGIONLAB_LONG=1 10,000.
 * Replay     REGIONLAB_SEED=n; a failure names it and prints the item's history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/property/dynamodb/fixture_linearizability.h"
#include "tests/property/dynamodb/fixture_trouble.h"

#ifdef SIM_SANITIZE
#define SEEDS 20
#else
#define SEEDS 300
#endif
#define SEEDS_LONG   10000
#define CLIENTS      8
#define ROAMERS_FROM 6 /* clients from this number on */
#define OPS_A_CLIENT 24
#define OPS_MAX      (CLIENTS * OPS_A_CLIENT)
#define KEYS         3
#define DELETED_KEY  (KEYS - 1)
#define WRITES_MAX   (OPS_MAX * 4)
#define THINK_US_MAX (UINT64_C(80) * SIM_US_PER_MS)
#define TIMEOUT_US   (UINT64_C(700) * SIM_US_PER_MS)
#define VALUE_STEP   1000 /* between two writes: room for counting */

_Static_assert(OPS_MAX <= LIN_OPS_MAX, "all operations may be of one item");

enum outcome { HAPPENED, NOT_HAPPENED, UNKNOWN };

struct operation {
    struct run *run;
    cJSON *input;
    size_t client;
    size_t region;
    size_t key;
    struct lin_op what;
    enum outcome outcome;
};

struct client {
    struct run *run;
    struct sim_random random;
    size_t number;
    size_t home;
    bool roams;
    size_t op_count;
    int64_t read[KEYS]; /* what it knows, for swaps */
};

struct written { /* an acknowledged or unknown write that is in a log: its version */
    size_t key;
    int64_t value;
    struct ddb_version version;
};

struct run {
    struct regions regions;
    struct sim_random random;
    struct trouble trouble;
    bool is_strong;
    struct client clients[CLIENTS];
    struct operation ops[OPS_MAX]; /* in the order of their calls */
    size_t op_count;
    size_t waiting_count;
    struct written written[WRITES_MAX];
    size_t written_count;
};

static struct totals {
    uint64_t ops;
    uint64_t unknown;
    uint64_t refused;
    uint64_t write_conflicts; /* ReplicatedWriteConflictException */
    uint64_t not_linearizable;
    uint64_t stale_own;   /* of roaming clients: a read that lacks an own write */
    uint64_t stale_reads; /* an older version than read before */
    uint64_t lost_order;  /* a write that does not follow what its client read or wrote */
} totals;

/* --- clients -------------------------------------------------------------------------------------
 */

static void next_operation(void *context);

static int64_t number_in(const cJSON *item)
{
    const char *text = wire_text(wire_member(item, "v"), "N");
    return text != NULL ? strtoll(text, NULL, 10) : LIN_ABSENT;
}

static enum outcome outcome_of(const struct regions_answer *answer)
{
    switch (answer->outcome) {
    case WIRE_OK:
        return HAPPENED;
    case WIRE_ERROR:
    case WIRE_REFUSED:
        return NOT_HAPPENED;
    case WIRE_RESET:
    case WIRE_TIMED_OUT:
        break;
    }
    return UNKNOWN;
}

static void take_result(struct operation *op, const struct regions_answer *answer)
{
    op->outcome = outcome_of(answer);
    if (strcmp(answer->code, "ConditionalCheckFailedException") == 0) {
        op->outcome = HAPPENED;
        op->what.kind = LIN_NOT_SWAP;
    }
    if (strcmp(answer->code, "ReplicatedWriteConflictException") == 0)
        totals.write_conflicts++;
    if (op->outcome != HAPPENED)
        return;
    if (op->what.kind == LIN_READ)
        op->what.value = number_in(wire_member(answer->output, "Item"));
    else if (op->what.kind == LIN_ADD)
        op->what.value = number_in(wire_member(answer->output, "Attributes"));
    if (op->what.kind != LIN_NOT_SWAP)
        op->run->clients[op->client].read[op->key] = op->what.value;
}

static void answered(void *context, struct wire_call *call)
{
    struct operation *op = context;
    struct run *run = op->run;
    struct client *client = &run->clients[op->client];
    struct regions_answer answer;
    regions_take_answer(&answer, call);
    take_result(op, &answer);
    op->what.returned_us = regions_now_us(&run->regions);
    op->what.is_unknown = op->outcome == UNKNOWN;
    totals.unknown += op->outcome == UNKNOWN ? 1 : 0;
    totals.refused += op->outcome == NOT_HAPPENED ? 1 : 0;
    cJSON_Delete(answer.output);
    run->waiting_count--;
    if (client->op_count == OPS_A_CLIENT)
        return;
    (void)sim_sched_after(run->regions.core.sched, sim_random_below(&client->random, THINK_US_MAX),
                          next_operation, client);
}

static cJSON *make_input(struct operation *op, const char **operation)
{
    size_t key = op->key;
    long long value = (long long)op->what.value;
    switch (op->what.kind) {
    case LIN_READ:
        *operation = "GetItem";
        return regions_input("{'TableName':'tab','Key':{'pk':{'N':'%zu'}},'ConsistentRead':true}",
                             key);
    case LIN_ADD:
        *operation = "UpdateItem";
        return regions_input("{'TableName':'tab','Key':{'pk':{'N':'%zu'}},'UpdateExpression':"
                             "'ADD v :one','ExpressionAttributeValues':{':one':{'N':'1'}},"
                             "'ReturnValues':'UPDATED_NEW'}",
                             key);
    case LIN_SWAP:
        *operation = "PutItem";
        if (op->what.expected == LIN_ABSENT)
            return regions_input("{'TableName':'tab','Item':{'pk':{'N':'%zu'},'v':{'N':'%lld'}},"
                                 "'ConditionExpression':'attribute_not_exists(pk)'}",
                                 key, value);
        return regions_input("{'TableName':'tab','Item':{'pk':{'N':'%zu'},'v':{'N':'%lld'}},"
                             "'ConditionExpression':'v = :old','ExpressionAttributeValues':"
                             "{':old':{'N':'%lld'}}}",
                             key, value, (long long)op->what.expected);
    case LIN_WRITE:
    case LIN_NOT_SWAP:
        break;
    }
    *operation = op->what.value == LIN_ABSENT ? "DeleteItem" : "PutItem";
    if (op->what.value == LIN_ABSENT)
        return regions_input("{'TableName':'tab','Key':{'pk':{'N':'%zu'}}}", key);
    return regions_input("{'TableName':'tab','Item':{'pk':{'N':'%zu'},'v':{'N':'%lld'}}}", key,
                         value);
}

/* In eventual runs a version is told from its value: no counters there, and deletes of one item. */
static void choose(struct client *client, struct operation *op)
{
    uint64_t choice = sim_random_below(&client->random, 10);
    struct lin_op *what = &op->what;
    op->key = sim_random_below(&client->random, KEYS);
    what->value = (int64_t)(client->run->op_count * VALUE_STEP);
    what->expected = client->read[op->key];
    if (choice < 4)
        what->kind = LIN_READ;
    else if (choice < 6)
        what->kind = LIN_SWAP;
    else if (choice < 7 && client->run->is_strong)
        what->kind = LIN_ADD;
    else
        what->kind = LIN_WRITE;
    if (choice == 7 && (client->run->is_strong || op->key == DELETED_KEY))
        what->value = LIN_ABSENT;
}

static void next_operation(void *context)
{
    struct client *client = context;
    struct run *run = client->run;
    struct operation *op = &run->ops[run->op_count++];
    const char *operation = NULL;
    *op = (struct operation){.run = run, .client = client->number, .region = client->home};
    if (client->roams)
        op->region = sim_random_below(&client->random, REGIONS_MAX);
    choose(client, op);
    op->what.called_us = regions_now_us(&run->regions);
    op->input = make_input(op, &operation);
    const struct wire_request request = {.service = "dynamodb",
                                         .operation = operation,
                                         .region = run->regions.names[op->region],
                                         .input = op->input,
                                         .client_region = run->regions.names[client->home],
                                         .timeout_us = TIMEOUT_US};
    client->op_count++;
    run->waiting_count++;
    totals.ops++;
    wire_dispatch(run->regions.dispatcher, &request, answered, op);
}

/* --- a run ---------------------------------------------------------------------------------------
 */

static void set_latencies(struct run *run)
{
    struct sim_network *network = run->regions.core.network;
    for (size_t a = 0; a < REGIONS_MAX; a++)
        for (size_t b = 0; b < REGIONS_MAX; b++) {
            struct sim_link *link =
                sim_network_link_get(network, sim_network_region_by_index(network, a),
                                     sim_network_region_by_index(network, b));
            if (a != b)
                sim_lag_init_uniform(&link->latency, 5 * SIM_US_PER_MS,
                                     (10 + 20 * (a + b)) * SIM_US_PER_MS);
        }
}

static void begin(struct run *run, uint64_t seed, bool is_strong)
{
    *run = (struct run){.is_strong = is_strong};
    struct regions *regions = &run->regions;
    regions_begin(regions, seed, is_strong ? regions_strong : regions_eventual);
    sim_random_init(&run->random, seed, "histories");
    run->trouble = (struct trouble){.regions = regions, .random = &run->random};
    sim_trace_set_hashing(regions->core.trace, false);
    regions_create_table(regions, true); /* a stream keeps the log */
    if (is_strong) {
        regions_make_strong(regions, false);
    } else {
        regions_join(regions, 1);
        regions_join(regions, 2);
    }
    set_latencies(run);
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *client = &run->clients[i];
        char name[32];
        *client = (struct client){
            .run = run, .number = i, .home = i % REGIONS_MAX, .roams = i >= ROAMERS_FROM};
        snprintf(name, sizeof name, "client-%zu", i);
        sim_random_init(&client->random, seed, name);
        for (size_t key = 0; key < KEYS; key++)
            client->read[key] = LIN_ABSENT;
        (void)sim_sched_after(regions->core.sched, sim_random_below(&client->random, THINK_US_MAX),
                              next_operation, client);
    }
}

static bool is_over(const struct run *run)
{
    return run->op_count == OPS_MAX && run->waiting_count == 0;
}

static void play(struct run *run)
{
    while (!is_over(run)) {
        uint64_t choice = sim_random_below(&run->random, 10);
        if (choice < 2)
            trouble_stir(&run->trouble);
        else if (choice == 2)
            trouble_change_lag(&run->trouble);
        regions_advance_to(&run->regions, regions_now_us(&run->regions) +
                                              sim_random_below(&run->random, 200 * SIM_US_PER_MS));
    }
    trouble_end(&run->trouble);
    regions_advance_to_idle(&run->regions);
}

static void end(struct run *run)
{
    for (size_t i = 0; i < run->op_count; i++)
        cJSON_Delete(run->ops[i].input);
    regions_end(&run->regions);
}

/* --- checks --------------------------------------------------------------------------------------
 */

static void print_history(const struct run *run, size_t key)
{
    static const char *const kinds[] = {"read", "write", "swap", "no swap", "add"};
    for (size_t i = 0; i < run->op_count; i++) {
        const struct operation *op = &run->ops[i];
        if (op->key == key && op->outcome != NOT_HAPPENED)
            print_message("client %zu in %s: %s %lld (expected %lld) from %llu to %llu%s\n",
                          op->client, run->regions.names[op->region], kinds[op->what.kind],
                          (long long)op->what.value, (long long)op->what.expected,
                          (unsigned long long)op->what.called_us,
                          (unsigned long long)op->what.returned_us,
                          op->outcome == UNKNOWN ? ", perhaps" : "");
    }
}

static bool is_linearizable(const struct run *run, size_t key)
{
    struct lin_op ops[LIN_OPS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < run->op_count; i++) {
        const struct operation *op = &run->ops[i];
        bool counts =
            op->outcome == HAPPENED || (op->outcome == UNKNOWN && op->what.kind != LIN_READ);
        if (op->key == key && counts)
            ops[count++] = op->what;
    }
    return lin_check(ops, count);
}

#define FAIL(run, format, ...)                                                                     \
    fail_msg("seed %llu: " format " (REGIONLAB_SEED=%llu repeats this)",                           \
             (unsigned long long)(run)->regions.seed, __VA_ARGS__,                                 \
             (unsigned long long)(run)->regions.seed)

/* Every write that reached a log, with its version. */
static void read_logs(struct run *run)
{
    for (size_t region = 0; region < REGIONS_MAX; region++) {
        struct ddb_table *table = regions_table(&run->regions, region);
        struct sim_arena *arena = sim_arena_create();
        struct ddb_change change = {0};
        bool found = true;
        while (ddb_log_next(&table->log, change.sequence, DDB_LOG_LOCAL, arena, &change, &found,
                            NULL) == RESULT_OK &&
               found) {
            bool is_delete = change.new_item == NULL;
            cJSON *item = cJSON_Parse(is_delete ? change.old_item : change.new_item);
            assert_true(run->written_count < WRITES_MAX);
            run->written[run->written_count++] =
                (struct written){.key = strtoul(wire_text(wire_member(item, "pk"), "N"), NULL, 10),
                                 .value = is_delete ? LIN_ABSENT : number_in(item),
                                 .version = change.version};
            cJSON_Delete(item);
        }
        sim_arena_destroy(arena);
    }
}

/* NULL: none, which precedes all. */
static const struct written *find_written(const struct run *run, size_t key, int64_t value)
{
    for (size_t i = 0; i < run->written_count; i++)
        if (run->written[i].key == key && run->written[i].value == value)
            return &run->written[i];
    return NULL;
}

/* Written down once more on purpose. */
static bool precedes(const struct run *run, const struct written *a, const struct written *b)
{
    if (a == NULL || b == NULL)
        return a == NULL && b != NULL;
    if (a->version.written_us != b->version.written_us)
        return a->version.written_us < b->version.written_us;
    return strcmp(run->regions.names[a->version.origin], run->regions.names[b->version.origin]) < 0;
}

static void check_convergence(struct run *run)
{
    for (size_t key = 0; key < KEYS; key++) {
        const struct written *last = NULL;
        for (size_t i = 0; i < run->written_count; i++)
            if (run->written[i].key == key && precedes(run, last, &run->written[i]))
                last = &run->written[i];
        for (size_t region = 0; region < REGIONS_MAX; region++) {
            cJSON *item = NULL;
            (void)regions_stored(&run->regions, region, key, &item);
            int64_t value = number_in(item);
            cJSON_Delete(item);
            if (value != (last != NULL ? last->value : LIN_ABSENT))
                FAIL(run, "item %zu in %s is not the last write", key, run->regions.names[region]);
        }
    }
}

struct session {                /* of one client and item */
    const struct written *own;  /* its newest write */
    const struct written *read; /* the newest that it read */
};

/* What one operation says about the session guarantees. */
static void check_operation(struct run *run, const struct operation *op, struct session *session)
{
    if (op->outcome != HAPPENED || op->what.kind == LIN_NOT_SWAP)
        return;
    if (op->key == DELETED_KEY && op->what.value == LIN_ABSENT)
        return; /* which delete that was cannot be told */
    const struct written *seen = find_written(run, op->key, op->what.value);
    if (seen == NULL && op->what.value != LIN_ABSENT)
        FAIL(run, "client %zu saw %lld of item %zu, which nobody wrote", op->client,
             (long long)op->what.value, op->key);
    uint64_t *violations = NULL;
    if (op->what.kind == LIN_READ) {
        if (precedes(run, seen, session->own))
            violations = &totals.stale_own;
        else if (precedes(run, seen, session->read))
            violations = &totals.stale_reads;
        session->read = seen;
    } else {
        if (!precedes(run, session->read, seen) || !precedes(run, session->own, seen))
            violations = &totals.lost_order;
        session->own = seen;
    }
    if (violations == NULL)
        return;
    (*violations)++;
    if (!run->clients[op->client].roams) {
        print_history(run, op->key);
        FAIL(run,
             "client %zu stays in %s and reads consistently, but its session on item %zu is "
             "broken by %lld",
             op->client, run->regions.names[op->region], op->key, (long long)op->what.value);
    }
}

static void check_sessions(struct run *run)
{
    struct session sessions[CLIENTS][KEYS] = {{{NULL, NULL}}};
    for (size_t i = 0; i < run->op_count; i++)
        check_operation(run, &run->ops[i], &sessions[run->ops[i].client][run->ops[i].key]);
}

/* --- tests ---------------------------------------------------------------------------------------
 */

static void each_seed(bool is_strong, void (*check)(struct run *run))
{
    const char *one = getenv("REGIONLAB_SEED");
    uint64_t first = one != NULL ? strtoull(one, NULL, 10) : 1;
    uint64_t last = one != NULL ? first : (getenv("REGIONLAB_LONG") != NULL ? SEEDS_LONG : SEEDS);
    totals = (struct totals){0};
    struct run *run = malloc(sizeof *run);
    for (uint64_t seed = first; seed <= last; seed++) {
        begin(run, seed, is_strong);
        play(run);
        check(run);
        end(run);
    }
    free(run);
    print_message("%llu operations, %llu without an answer, %llu refused or failed, %llu write "
                  "conflicts; not linearizable items: %llu; roaming clients: %llu times without "
                  "an own write, %llu times an older read, %llu writes out of order\n",
                  (unsigned long long)totals.ops, (unsigned long long)totals.unknown,
                  (unsigned long long)totals.refused, (unsigned long long)totals.write_conflicts,
                  (unsigned long long)totals.not_linearizable, (unsigned long long)totals.stale_own,
                  (unsigned long long)totals.stale_reads, (unsigned long long)totals.lost_order);
}

static void check_strong_run(struct run *run)
{
    for (size_t key = 0; key < KEYS; key++)
        if (!is_linearizable(run, key)) {
            print_history(run, key);
            FAIL(run, "item %zu is not linearizable", key);
        }
}

static void test_strong_histories_are_linearizable(void **state)
{
    (void)state;
    each_seed(true, check_strong_run);
    if (getenv("REGIONLAB_SEED") == NULL) {
        assert_true(totals.unknown > 0);
        assert_true(totals.write_conflicts > 0);
    }
}

static void check_eventual_run(struct run *run)
{
    read_logs(run);
    check_convergence(run);
    check_sessions(run);
    for (size_t key = 0; key < KEYS; key++)
        totals.not_linearizable += is_linearizable(run, key) ? 0 : 1;
}

static void test_eventual_histories_keep_what_is_promised_and_no_more(void **state)
{
    (void)state;
    each_seed(false, check_eventual_run);
    if (getenv("REGIONLAB_SEED") != NULL)
        return;
    assert_true(totals.not_linearizable > 0);
    assert_true(totals.stale_own > 0);
    assert_true(totals.stale_reads > 0);
    assert_true(totals.lost_order > 0);
}

#define R(from, to, seen)                                                                          \
    {                                                                                              \
        LIN_READ, (seen), 0, (from), (to), false                                                   \
    }
#define W(from, to, written)                                                                       \
    {                                                                                              \
        LIN_WRITE, (written), 0, (from), (to), false                                               \
    }
#define MAYBE(from, written)                                                                       \
    {                                                                                              \
        LIN_WRITE, (written), 0, (from), 0, true                                                   \
    }
#define S(from, to, old, swap)                                                                     \
    {                                                                                              \
        LIN_SWAP, (swap), (old), (from), (to), false                                               \
    }
#define NS(from, to, old)                                                                          \
    {                                                                                              \
        LIN_NOT_SWAP, 0, (old), (from), (to), false                                                \
    }
#define A(from, to, sum)                                                                           \
    {                                                                                              \
        LIN_ADD, (sum), 0, (from), (to), false                                                     \
    }
static const struct {
    const char *name;
    bool is_linearizable;
    size_t count;
    struct lin_op ops[5];
} cases[] = {
    {"nothing", true, 0, {{0}}},
    {"a read after a write sees it", true, 2, {W(0, 1, 5), R(2, 3, 5)}},
    {"a read after a write must see it", false, 2, {W(0, 1, 5), R(2, 3, LIN_ABSENT)}},
    {"a read beside a write may see it", true, 2, {W(0, 9, 5), R(2, 3, 5)}},
    {"a read beside a write need not", true, 2, {W(0, 9, 5), R(2, 3, LIN_ABSENT)}},
    {"but then no later read may unsee it",
     false,
     3,
     {W(0, 9, 5), R(2, 3, 5), R(4, 5, LIN_ABSENT)}},
    {"two readers agree on an order",
     false,
     5,
     {W(0, 9, 1), W(0, 9, 2), R(10, 11, 1), R(12, 13, 2), R(14, 15, 1)}},
    {"a write without an answer may happen late",
     true,
     3,
     {MAYBE(0, 5), R(2, 3, LIN_ABSENT), R(8, 9, 5)}},
    {"or never", true, 2, {MAYBE(0, 5), R(8, 9, LIN_ABSENT)}},
    {"but not twice", false, 4, {MAYBE(0, 5), R(2, 3, 5), W(4, 5, 6), R(6, 7, 5)}},
    {"nor before its call", false, 2, {R(0, 1, 5), MAYBE(2, 5)}},
    {"one of two swaps", true, 3, {W(0, 1, 1), S(2, 9, 1, 2), NS(2, 9, 1)}},
    {"not both", false, 3, {W(0, 1, 1), S(2, 9, 1, 2), S(2, 9, 1, 3)}},
    {"a swap that fails without a reason", false, 2, {W(0, 1, 1), NS(2, 3, 1)}},
    {"a counter counts", true, 3, {A(0, 9, 2), A(0, 9, 1), A(0, 9, 3)}},
    {"and loses nothing", false, 2, {A(0, 9, 1), A(0, 9, 1)}},
    {"moments that touch overlap", true, 2, {W(0, 2, 5), R(2, 3, LIN_ABSENT)}},
};

static void test_the_checker_tells_what_is_linearizable(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (lin_check(cases[i].ops, cases[i].count) != cases[i].is_linearizable)
            fail_msg("%s", cases[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_checker_tells_what_is_linearizable),
        cmocka_unit_test(test_strong_histories_are_linearizable),
        cmocka_unit_test(test_eventual_histories_keep_what_is_promised_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
