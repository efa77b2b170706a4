/* Thousands of small random worlds under random faults: in none of them replicas end up different.
 *
 * A seed makes one world: three Regions, in three of four worlds a global table with eventual
 * consistency, else one with strong consistency (three replicas, or two and a witness). Some 60
 * operations on a few items, while links are cut, slow or paused, Regions are down, clocks stand
 * apart, replicas lose their permission, join, leave, and join again; beside it a stream and, in
 * every fourth world, point-in-time recovery read the same log.
 *
 * Oracles  Eventual: for each item the greatest acknowledged version, by (time, Region name),
 *          compared right here; no item's records may overtake each other on a link; no tombstone
 *          stays. Strong: a register for each item, which every strong read gives; a Region that
 *          reaches another must not refuse. Both: in the end each replica holds what the oracle
 *          says, and so does an array that was kept by the stream alone; a table restored to a
 *          moment on the way holds what Region 0 held then.
 *
 * How many   1,000 seeds (100 in the sanitized build), with REGIONLAB_LONG=1 10,000, with a line of
 *            progress for each 1,000. REGIONLAB_SEEDS=5001-6000 plays those.
 * Replay     REGIONLAB_SEED=n plays one; a failure names it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/property/dynamodb/fixture_trouble.h"

#ifdef SIM_SANITIZE
#define SEEDS 100
#else
#define SEEDS 1000
#endif
#define SEEDS_LONG 10000
#define OPERATIONS 60
#define KEYS       5
#define SETTLED_US (UINT64_C(20) * SIM_US_PER_S) /* after which a healed copy has caught up */
#define NOTHING    (-1)

struct truth { /* of one item */
    uint64_t written_us;
    size_t region;
    int value;
};

struct snapshot { /* of Region 0, for the restore */
    uint64_t at_us;
    int values[KEYS];
};

struct world {
    struct regions regions;
    struct sim_random random;
    bool is_strong;
    bool has_witness;
    bool keeps_past;
    struct truth truths[KEYS];
    struct snapshot snapshot;
    struct trouble trouble;
    uint64_t latest_us[REGIONS_MAX][REGIONS_MAX][KEYS]; /* decided, by to and from */
};

static struct totals {
    uint64_t seeds;
    uint64_t writes;
    uint64_t faults;
    uint64_t joins;
    uint64_t leaves;
    uint64_t conflicts;
    uint64_t refusals;
    uint64_t restores;
} totals;

#define FAIL(world, format, ...)                                                                   \
    fail_msg("seed %llu: " format " (REGIONLAB_SEED=%llu repeats this)",                           \
             (unsigned long long)(world)->regions.seed, __VA_ARGS__,                               \
             (unsigned long long)(world)->regions.seed)

static uint64_t below(struct world *world, uint64_t bound)
{
    return sim_random_below(&world->random, bound);
}

static void advance(struct world *world, uint64_t us)
{
    regions_advance_to(&world->regions, regions_now_us(&world->regions) + us);
}

/* --- what the trace must not show ----------------------------------------------------------------
 */

static size_t region_named(const struct world *world, const char *name)
{
    size_t region = 0;
    while (strcmp(world->regions.names[region], name) != 0)
        region++;
    return region;
}

static void listen(void *context, const struct sim_trace_event *event)
{
    struct world *world = context;
    if (strcmp(event->type, "replication.conflict") == 0)
        totals.conflicts++;
    if (strcmp(event->type, "replication.applied") != 0 &&
        strcmp(event->type, "replication.superseded") != 0)
        return;
    size_t from = region_named(world, sim_trace_field_find(event, "from")->text);
    size_t key = strtoul(sim_trace_field_find(event, "key")->text, NULL, 10);
    uint64_t written_us = (uint64_t)sim_trace_field_find(event, "written_us")->number;
    uint64_t *latest_us = &world->latest_us[region_named(world, event->region)][from][key];
    if (written_us <= *latest_us)
        FAIL(world, "records of item %zu from %s overtook each other on the way to %s", key,
             world->regions.names[from], event->region);
    *latest_us = written_us;
}

/* --- eventually consistent worlds ----------------------------------------------------------------
 */

/* Written down once more on purpose. */
static bool beats(const struct world *world, const struct truth *a, const struct truth *b)
{
    if (a->written_us != b->written_us)
        return a->written_us > b->written_us;
    return strcmp(world->regions.names[a->region], world->regions.names[b->region]) > 0;
}

static void acknowledge(struct world *world, size_t region, size_t key, int value)
{
    const struct truth written = {.written_us =
                                      regions_stored(&world->regions, region, key, NULL).written_us,
                                  .region = region,
                                  .value = value};
    bool is_alone = regions_table(&world->regions, region)->member.group == NULL;
    totals.writes++;
    if (is_alone || beats(world, &written, &world->truths[key]))
        world->truths[key] = written;
}

static struct regions_answer write_item(struct world *world, size_t region, size_t key, int value,
                                        bool is_delete)
{
    if (is_delete)
        return regions_ask(&world->regions, region, "dynamodb", "DeleteItem",
                           "{'TableName':'tab','Key':{'pk':{'N':'%zu'}}}", key);
    if (value % 2 == 0)
        return regions_ask(&world->regions, region, "dynamodb", "UpdateItem",
                           "{'TableName':'tab','Key':{'pk':{'N':'%zu'}},'UpdateExpression':"
                           "'SET v = :v','ExpressionAttributeValues':{':v':{'N':'%d'}}}",
                           key, value);
    return regions_ask(&world->regions, region, "dynamodb", "PutItem",
                       "{'TableName':'tab','Item':{'pk':{'N':'%zu'},'v':{'N':'%d'}}}", key, value);
}

static void write_one(struct world *world, size_t region, int value)
{
    size_t key = below(world, KEYS);
    bool is_delete = below(world, 3) == 0;
    struct ddb_version before = regions_stored(&world->regions, region, key, NULL);
    struct regions_answer answer = write_item(world, region, key, value, is_delete);
    cJSON_Delete(answer.output);
    if (answer.outcome != WIRE_OK)
        return;
    struct ddb_version after = regions_stored(&world->regions, region, key, NULL);
    if (is_delete && ddb_version_is_equal(before, after))
        return; /* nothing was there */
    if (!is_delete && after.written_us <= before.written_us)
        FAIL(world, "a write in %s did not supersede what it saw", world->regions.names[region]);
    acknowledge(world, region, key, is_delete ? NOTHING : value);
}

static void write_two(struct world *world, size_t region, int value)
{
    size_t key = below(world, KEYS);
    size_t other = (key + 1 + below(world, KEYS - 1)) % KEYS;
    struct regions_answer answer = regions_ask(
        &world->regions, region, "dynamodb", "TransactWriteItems",
        "{'TransactItems':[{'Put':{'TableName':'tab','Item':{'pk':{'N':'%zu'},'v':{'N':'%d'}}}},"
        "{'Put':{'TableName':'tab','Item':{'pk':{'N':'%zu'},'v':{'N':'%d'}}}}]}",
        key, value, other, value);
    cJSON_Delete(answer.output);
    if (answer.outcome != WIRE_OK)
        return;
    acknowledge(world, region, key, value);
    acknowledge(world, region, other, value);
}

/* By Region 0, which stays. */
static bool change_replica(struct world *world, const char *action, size_t region)
{
    struct regions_answer answer =
        regions_ask(&world->regions, 0, "dynamodb", "UpdateTable",
                    "{'TableName':'tab','ReplicaUpdates':[{'%s':{'RegionName':'%s'}}]}", action,
                    world->regions.names[region]);
    cJSON_Delete(answer.output);
    return answer.outcome == WIRE_OK;
}

/* A replica leaves, with records under way, while others write. What a closed link keeps would go
 * with it, so the links are open. */
static void leave(struct world *world, size_t region, int value)
{
    trouble_end(&world->trouble);
    if (!change_replica(world, "Delete", region))
        return;
    size_t other = region == 1 ? 2 : 1;
    for (int i = 0; i < 4; i++) {
        write_one(world, i % 2 == 0 || regions_table(&world->regions, other) == NULL ? 0 : other,
                  value + i);
        advance(world, below(world, 400 * SIM_US_PER_MS));
    }
    regions_advance_to_idle(&world->regions);
    memset(world->latest_us, 0, sizeof world->latest_us);
    totals.leaves++;
}

static void move_replica(struct world *world, int value)
{
    size_t region = 1 + below(world, 2);
    if (regions_table(&world->regions, region) != NULL) {
        if (below(world, 2) == 0)
            leave(world, region, value);
    } else if (change_replica(world, "Create", region)) {
        totals.joins++;
    }
}

static void operate(struct world *world, int number)
{
    size_t region = below(world, REGIONS_MAX);
    int value = number * 10; /* room for what happens inside of one operation */
    switch (below(world, 16)) {
    case 0:
        move_replica(world, value);
        break;
    case 1:
    case 2:
        trouble_stir(&world->trouble);
        break;
    case 3:
        trouble_change_lag(&world->trouble);
        break;
    case 4:
        write_two(world, region, value);
        break;
    default:
        write_one(world, region, value + (int)below(world, 2));
        break;
    }
}

/* --- strongly consistent worlds ------------------------------------------------------------------
 */

static int value_in(const struct regions_answer *answer)
{
    const char *text = wire_text(wire_member(wire_member(answer->output, "Item"), "v"), "N");
    return text != NULL ? (int)strtol(text, NULL, 10) : NOTHING;
}

static struct regions_answer read_item(struct world *world, size_t region, size_t key)
{
    return regions_ask(&world->regions, region, "dynamodb", "GetItem",
                       "{'TableName':'tab','Key':{'pk':{'N':'%zu'}},'ConsistentRead':true}", key);
}

static void operate_strongly(struct world *world, int number)
{
    size_t region = below(world, world->has_witness ? 2 : 3);
    size_t key = below(world, KEYS);
    int *value = &world->truths[key].value;
    if (below(world, 6) == 0) {
        trouble_stir(&world->trouble);
        return;
    }
    bool is_settled = world->trouble.fault_count == 0 &&
                      regions_now_us(&world->regions) > world->trouble.healed_us + SETTLED_US;
    bool is_delete = below(world, 4) == 0;
    bool is_read = below(world, 3) == 0;
    struct regions_answer answer =
        is_read ? read_item(world, region, key) : write_item(world, region, key, number, is_delete);
    if (answer.outcome != WIRE_OK) {
        if (is_settled)
            FAIL(world, "%s refuses, and nothing is broken", world->regions.names[region]);
        totals.refusals++;
    } else if (is_read && value_in(&answer) != *value) {
        FAIL(world, "a strong read in %s gives %d, the last write was %d",
             world->regions.names[region], value_in(&answer), *value);
    } else if (!is_read) {
        *value = is_delete ? NOTHING : number;
        totals.writes++;
    }
    cJSON_Delete(answer.output);
}

/* --- what must hold in the end -------------------------------------------------------------------
 */

static void check_replica(struct world *world, size_t region)
{
    for (size_t key = 0; key < KEYS; key++) {
        struct regions_answer answer = read_item(world, region, key);
        if (answer.outcome != WIRE_OK || value_in(&answer) != world->truths[key].value)
            FAIL(world, "item %zu in %s is %d %s, the last writer (%s) left %d", key,
                 world->regions.names[region], value_in(&answer), answer.code,
                 world->regions.names[world->truths[key].region], world->truths[key].value);
        cJSON_Delete(answer.output);
        bool is_alone = regions_table(&world->regions, region)->member.group == NULL;
        if (world->truths[key].value == NOTHING && !is_alone && /* the next replica ends those */
            regions_stored(&world->regions, region, key, NULL).written_us != 0)
            FAIL(world, "a tombstone of item %zu stayed in %s", key, world->regions.names[region]);
    }
    size_t items = 0;
    for (size_t key = 0; key < KEYS; key++)
        items += world->truths[key].value != NOTHING ? 1 : 0;
    if (regions_table(&world->regions, region)->item_count != (int64_t)items)
        FAIL(world, "%s counts other items than it has", world->regions.names[region]);
}

static void play_record(const cJSON *record, int values[KEYS])
{
    const cJSON *body = wire_member(record, "dynamodb");
    size_t key = strtoul(wire_text(wire_member(wire_member(body, "Keys"), "pk"), "N"), NULL, 10);
    const char *text = wire_text(wire_member(wire_member(body, "NewImage"), "v"), "N");
    values[key] = text != NULL ? (int)strtol(text, NULL, 10) : NOTHING;
}

/* An array kept by the stream of Region 0 alone. */
static void check_stream(struct world *world)
{
    struct regions *regions = &world->regions;
    int values[KEYS];
    for (size_t key = 0; key < KEYS; key++)
        values[key] = NOTHING;
    struct regions_answer table =
        regions_ask(regions, 0, "dynamodb", "DescribeTable", "{'TableName':'tab'}");
    const char *arn = wire_text(wire_member(table.output, "Table"), "LatestStreamArn");
    struct regions_answer stream =
        regions_ask(regions, 0, "dynamodbstreams", "DescribeStream", "{'StreamArn':'%s'}", arn);
    const cJSON *shard = NULL;
    cJSON_ArrayForEach(shard,
                       wire_member(wire_member(stream.output, "StreamDescription"), "Shards"))
    {
        struct regions_answer iterator =
            regions_ask(regions, 0, "dynamodbstreams", "GetShardIterator",
                        "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'TRIM_HORIZON'}", arn,
                        wire_text(shard, "ShardId"));
        struct regions_answer records =
            regions_ask(regions, 0, "dynamodbstreams", "GetRecords", "{'ShardIterator':'%s'}",
                        wire_text(iterator.output, "ShardIterator"));
        const cJSON *record = NULL;
        cJSON_ArrayForEach(record, wire_member(records.output, "Records"))
            play_record(record, values);
        cJSON_Delete(iterator.output);
        cJSON_Delete(records.output);
    }
    cJSON_Delete(table.output);
    cJSON_Delete(stream.output);
    for (size_t key = 0; key < KEYS; key++)
        if (values[key] != world->truths[key].value)
            FAIL(world, "by the stream item %zu is %d, in the table %d", key, values[key],
                 world->truths[key].value);
}

static void take_snapshot(struct world *world)
{
    struct snapshot *snapshot = &world->snapshot;
    snapshot->at_us = (regions_now_us(&world->regions) / SIM_US_PER_S + 2) * SIM_US_PER_S;
    regions_advance_to(&world->regions, snapshot->at_us);
    for (size_t key = 0; key < KEYS; key++) {
        cJSON *item = NULL;
        (void)regions_stored(&world->regions, 0, key, &item);
        const char *text = wire_text(wire_member(item, "v"), "N");
        snapshot->values[key] = text != NULL ? (int)strtol(text, NULL, 10) : NOTHING;
        cJSON_Delete(item);
    }
    advance(world, SIM_US_PER_MS); /* times of restores are in milliseconds */
}

static void check_restored(struct world *world)
{
    struct regions *regions = &world->regions;
    advance(world, UINT64_C(600) * SIM_US_PER_S); /* what is restorable lags 5 minutes behind */
    struct regions_answer answer =
        regions_ask(regions, 0, "dynamodb", "RestoreTableToPointInTime",
                    "{'SourceTableName':'tab','TargetTableName':'past','RestoreDateTime':%llu}",
                    (unsigned long long)(world->snapshot.at_us / SIM_US_PER_S));
    if (answer.outcome != WIRE_OK)
        FAIL(world, "no restore: %s", answer.code);
    cJSON_Delete(answer.output);
    regions_advance_to_idle(regions);
    for (size_t key = 0; key < KEYS; key++) {
        answer = regions_ask(regions, 0, "dynamodb", "GetItem",
                             "{'TableName':'past','Key':{'pk':{'N':'%zu'}}}", key);
        if (answer.outcome != WIRE_OK || value_in(&answer) != world->snapshot.values[key])
            FAIL(world, "restored item %zu is %d %s, it was %d", key, value_in(&answer),
                 answer.code, world->snapshot.values[key]);
        cJSON_Delete(answer.output);
    }
    totals.restores++;
}

/* --- a world -------------------------------------------------------------------------------------
 */

static void begin(struct world *world, uint64_t seed)
{
    *world = (struct world){
        .is_strong = seed % 4 == 3, .has_witness = seed % 8 == 7, .keeps_past = seed % 4 == 2};
    struct regions *regions = &world->regions;
    world->trouble = (struct trouble){.regions = regions, .random = &world->random};
    regions_begin(regions, seed, world->is_strong ? regions_strong : regions_eventual);
    sim_random_init(&world->random, seed, "random-worlds");
    sim_trace_set_hashing(regions->core.trace, false);
    for (size_t key = 0; key < KEYS; key++)
        world->truths[key].value = NOTHING;
    regions_create_table(regions, true);
    if (world->is_strong)
        regions_make_strong(regions, world->has_witness);
    else
        regions_join(regions, 1);
    if (world->keeps_past) {
        struct regions_answer answer =
            regions_ask(regions, 0, "dynamodb", "UpdateContinuousBackups",
                        "{'TableName':'tab','PointInTimeRecoverySpecification':"
                        "{'PointInTimeRecoveryEnabled':true}}");
        assert_int_equal(answer.outcome, WIRE_OK);
        cJSON_Delete(answer.output);
        regions_advance_to_idle(regions);
    }
    sim_trace_listen(regions->core.trace, listen, world);
}

static void play(uint64_t seed)
{
    struct world *world = malloc(sizeof *world);
    begin(world, seed);
    for (int i = 1; i <= OPERATIONS; i++) {
        if (world->is_strong)
            operate_strongly(world, i);
        else
            operate(world, i);
        if (i == OPERATIONS / 2 && world->keeps_past)
            take_snapshot(world);
        if (below(world, 3) != 0) /* else at the same moment */
            advance(world, below(world, 20) == 0 ? below(world, 60 * SIM_US_PER_S)
                                                 : below(world, 200 * SIM_US_PER_MS));
    }
    trouble_end(&world->trouble);
    regions_advance_to_idle(&world->regions);
    if (ddb_backlog(world->regions.ddb, NULL, NULL, NULL) != 0)
        FAIL(world, "%s", "idle with a backlog");
    for (size_t region = 0; region < REGIONS_MAX; region++)
        if (regions_table(&world->regions, region) != NULL)
            check_replica(world, region);
    check_stream(world);
    if (world->keeps_past)
        check_restored(world);
    regions_end(&world->regions);
    totals.faults += world->trouble.began_count;
    totals.seeds++;
    free(world);
}

static void print_totals(void)
{
    print_message("%llu seeds: %llu acknowledged writes, %llu faults, %llu joins, %llu leaves, "
                  "%llu conflicts, %llu strong refusals, %llu restores\n",
                  (unsigned long long)totals.seeds, (unsigned long long)totals.writes,
                  (unsigned long long)totals.faults, (unsigned long long)totals.joins,
                  (unsigned long long)totals.leaves, (unsigned long long)totals.conflicts,
                  (unsigned long long)totals.refusals, (unsigned long long)totals.restores);
    fflush(stdout);
}

static void test_no_world_diverges(void **state)
{
    (void)state;
    uint64_t first = 1;
    uint64_t last = getenv("REGIONLAB_LONG") != NULL ? SEEDS_LONG : SEEDS;
    const char *one = getenv("REGIONLAB_SEED");
    const char *some = getenv("REGIONLAB_SEEDS");
    totals = (struct totals){0};
    if (one != NULL)
        first = last = strtoull(one, NULL, 10);
    else if (some != NULL && strchr(some, '-') != NULL) {
        first = strtoull(some, NULL, 10);
        last = strtoull(strchr(some, '-') + 1, NULL, 10);
    }
    for (uint64_t seed = first; seed <= last; seed++) {
        play(seed);
        if (totals.seeds % 1000 == 0)
            print_totals();
    }
    if (totals.seeds % 1000 != 0)
        print_totals();
    if (last - first < 99)
        return; /* too few to have seen everything */
    assert_true(totals.writes > totals.seeds * 10);
    assert_true(totals.joins > 0 && totals.leaves > 0 && totals.conflicts > 0);
    assert_true(totals.refusals > 0 && totals.restores > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_world_diverges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
