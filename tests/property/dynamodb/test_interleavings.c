/* Small worlds, exhaustively: in every order in which writes and deliveries can meet, global tables
 * do what last-writer-wins says.
 *
 * What is enumerated
 *   Up to 4 operations (put, delete, conditional put, counter; in the family of two items also a
 *   transaction over both) in 3 Regions, in every placement, each of them at a moment of its own;
 *   and every order of the deliveries. Only the order of what happens AT each Region can matter
 *   (partial-order reduction), so a world is one sequence of local operations and arrivals for each
 *   Region. An arrival comes after its operation, and after earlier ones of the same item from the
 *   same Region; nothing else binds it. Worlds that differ only in the arrival of a write that was
 *   never made (its condition failed) are played once. Regions' clocks stand apart as each family
 *   says: by whole slots, so that writes tie, and so that the later write has the earlier time.
 *
 * What is compared
 *   The real code, by dispatch on a virtual clock; the delay of each record is set so that it
 *   arrives in its place. After each step: exactly this delivery was decided, in the expected way;
 *   the Region stores the version and value that the oracle says (fixture_lww.h) and never an
 *   earlier one than before; the conflict told, if any, is the pair that did not see each other. In
 *   the end: every replica holds the greatest write of all, tombstones are gone, and each Region's
 *   stream is the oracle's list of changes, record for record.
 *
 * How many   printed by the run; the families are below. In the sanitized build only every 16th is
 *            played. REGIONLAB_LONG=1 plays the long families as well, all of them.
 * Replay     REGIONLAB_WORLD=FAMILY:NUMBER, as a failure prints it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/property/dynamodb/fixture_lww.h"
#include "tests/property/dynamodb/fixture_regions.h"

#define SLOT_US      (UINT64_C(100) * SIM_US_PER_MS) /* between two operations */
#define POSITION_US  (UINT64_C(5) * SIM_US_PER_MS)   /* between two arrivals at a Region */
#define REGION_US    SIM_US_PER_MS                   /* so that no two Regions act at one moment */
#define GAP_SLOTS    8                               /* between worlds: more than clocks differ */
#define WORLDS_A_RUN 4000                            /* then everything is made anew */
#define STREAM_BATCH 600
#define STEPS_MAX    (LWW_OPS + LWW_OPS * LWW_ITEMS * (LWW_REGIONS - 1))
#define CHOICES_MAX  5
#define SKEWS_MAX    6
#ifdef SIM_SANITIZE
#define PLAY_EVERY 16
#else
#define PLAY_EVERY 1
#endif

/* --- what is enumerated --------------------------------------------------------------------------
 */

struct family {
    const char *name;
    size_t op_count;
    size_t item_count;
    struct {
        enum lww_kind kind;
        size_t item;
    } choices[CHOICES_MAX];
    size_t choice_count;
    size_t both_max;                   /* transactions in one world */
    bool names_are_alike;              /* only one of placements that differ by Regions' names */
    int skews[SKEWS_MAX][LWW_REGIONS]; /* of the clocks, in slots */
    size_t skew_count;
    bool is_long;
};

/* clang-format off */
#define ONE_ITEM  {{LWW_PUT, 0}, {LWW_DELETE, 0}, {LWW_PUT_NEW, 0}, {LWW_ADD, 0}}, 4
#define PUT_OR_DELETE {{LWW_PUT, 0}, {LWW_DELETE, 0}}, 2
#define TWO_ITEMS {{LWW_PUT, 0}, {LWW_DELETE, 0}, {LWW_PUT, 1}, {LWW_PUT_BOTH, 0}}, 4
static const struct family families[] = {
    /* name         ops items choices  both  alike  clocks                            long */
    {"three",         3, 1, ONE_ITEM,      0, false, {{0, 0, 0}, {0, -1, -2}, {0, 1, -1}}, 3, false},
    {"four",          4, 1, PUT_OR_DELETE, 0, true,  {{0, 0, 0}, {-1, 1, 0}},              2, false},
    {"two-items",     2, 2, TWO_ITEMS,     2, false, {{0, 0, 0}},                          1, false},
    {"four-kinds",    4, 1, ONE_ITEM,      0, true,  {{0, 0, 0}, {0, -1, -2}, {0, 2, 1}},  3, true},
    {"three-clocks",  3, 1, ONE_ITEM,      0, false, {{0, -2, -1}, {-2, 0, -1}, {1, 0, 2}, {-3, 0, 3}, {-1, -1, 0}, {2, 2, 0}}, 6, true},
    {"three-and-both", 3, 2, TWO_ITEMS,    1, true,  {{0, 0, 0}},                          1, true},
};
/* clang-format on */

struct event { /* at one Region */
    int op;
    int write; /* -1: the operation itself runs here */
};

struct step {
    uint64_t after_us; /* since the world began */
    size_t region;
    struct event event;
};

struct world { /* one of the enumerated */
    const struct family *family;
    int64_t skews_us[LWW_REGIONS];
    struct lww_op ops[LWW_OPS];
    struct event order[LWW_REGIONS][STEPS_MAX];
    size_t order_count[LWW_REGIONS];
    struct step steps[STEPS_MAX * LWW_REGIONS];
    size_t step_count;
};

/* --- the real thing ------------------------------------------------------------------------------
 */

struct told { /* by the trace, since the last step */
    unsigned applied;
    unsigned superseded;
    unsigned conflicts;
    char region[32];
    uint64_t key;
    uint64_t written_us;
    uint64_t winner_us;
    uint64_t loser_us;
};

struct change { /* that a stream must show */
    uint64_t key;
    struct lww_step step;
};

struct bench {
    struct regions regions;
    bool is_begun;
    uint64_t skew_faults[LWW_REGIONS];
    uint64_t played; /* in this run of it */
    struct told told;
    struct change changes[LWW_REGIONS][STREAM_BATCH + STEPS_MAX];
    size_t change_count[LWW_REGIONS];
    char iterators[LWW_REGIONS][512];

    uint64_t number; /* of the world in its family */
    uint64_t only;   /* play only this one; 0: all */
    uint64_t worlds; /* played in the family */
    uint64_t steps;
    uint64_t lost; /* writes */
};

static const struct world *described;

static const char *describe(const struct bench *bench, const struct world *world)
{
    static const char *const kinds[] = {"put", "delete", "put-new", "add", "put-both"};
    static char text[1024];
    int length = snprintf(text, sizeof text, "world %s:%llu [", world->family->name,
                          (unsigned long long)bench->number);
    for (size_t i = 0; i < world->family->op_count; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, " %zu=%s item %zu in %s;",
                           i, kinds[world->ops[i].kind], world->ops[i].item,
                           regions_eventual[world->ops[i].region]);
    for (size_t r = 0; r < LWW_REGIONS; r++) {
        length +=
            snprintf(text + length, sizeof text - (size_t)length, " %s:", regions_eventual[r]);
        for (size_t i = 0; i < world->order_count[r]; i++)
            length +=
                snprintf(text + length, sizeof text - (size_t)length,
                         world->order[r][i].write < 0 ? " %d" : " (%d)", world->order[r][i].op);
    }
    snprintf(text + length, sizeof text - (size_t)length, " ]; REGIONLAB_WORLD=%s:%llu repeats it",
             world->family->name, (unsigned long long)bench->number);
    return text;
}

#define FAIL(bench, format, ...) fail_msg("%s: " format, describe((bench), described), __VA_ARGS__)

static int64_t field_number(const struct sim_trace_event *event, const char *name)
{
    const struct sim_field *field = sim_trace_field_find(event, name);
    return field != NULL ? field->number : 0;
}

static void listen(void *context, const struct sim_trace_event *event)
{
    struct bench *bench = context;
    struct told *told = &bench->told;
    if (strncmp(event->type, "replication.", 12) != 0)
        return;
    const char *what = event->type + 12;
    if (strcmp(what, "applied") == 0 || strcmp(what, "superseded") == 0) {
        *(*what == 'a' ? &told->applied : &told->superseded) += 1;
        snprintf(told->region, sizeof told->region, "%s", event->region);
        const struct sim_field *key = sim_trace_field_find(event, "key");
        told->key = strtoull(key->text, NULL, 10);
        told->written_us = (uint64_t)field_number(event, "written_us");
    } else if (strcmp(what, "conflict") == 0) {
        told->conflicts++;
        told->winner_us = (uint64_t)field_number(event, "winner_us");
        told->loser_us = (uint64_t)field_number(event, "loser_us");
    }
}

static struct sim_link *link_between(const struct bench *bench, size_t from, size_t to)
{
    struct sim_network *network = bench->regions.core.network;
    return sim_network_link_get(network, sim_network_region_by_index(network, from),
                                sim_network_region_by_index(network, to));
}

/* Room for the delays of the records of one commit. */
static void prepare_links(struct bench *bench)
{
    for (size_t from = 0; from < LWW_REGIONS; from++)
        for (size_t to = 0; to < LWW_REGIONS; to++) {
            struct sim_lag *lag = &link_between(bench, from, to)->replication;
            sim_lag_fini(lag);
            *lag = (struct sim_lag){.kind = SIM_LAG_TRACE,
                                    .trace_us = calloc(LWW_ITEMS, sizeof *lag->trace_us),
                                    .trace_count = LWW_ITEMS};
        }
}

static void open_stream(struct bench *bench, size_t region)
{
    struct regions *regions = &bench->regions;
    struct regions_answer table =
        regions_ask(regions, region, "dynamodb", "DescribeTable", "{'TableName':'tab'}");
    const char *arn = wire_text(wire_member(table.output, "Table"), "LatestStreamArn");
    struct regions_answer stream = regions_ask(regions, region, "dynamodbstreams", "DescribeStream",
                                               "{'StreamArn':'%s'}", arn);
    const cJSON *shards = wire_member(wire_member(stream.output, "StreamDescription"), "Shards");
    assert_int_equal(cJSON_GetArraySize(shards), 1);
    struct regions_answer iterator =
        regions_ask(regions, region, "dynamodbstreams", "GetShardIterator",
                    "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'TRIM_HORIZON'}", arn,
                    wire_text(cJSON_GetArrayItem(shards, 0), "ShardId"));
    snprintf(bench->iterators[region], sizeof bench->iterators[0], "%s",
             wire_text(iterator.output, "ShardIterator"));
    cJSON_Delete(table.output);
    cJSON_Delete(stream.output);
    cJSON_Delete(iterator.output);
}

static void begin(struct bench *bench, const struct world *world)
{
    const struct ddb_shard_rules one_shard = {.life_us = UINT64_C(3600) * 24 * 365 * SIM_US_PER_S,
                                              .window_us = SIM_US_PER_S,
                                              .window_records = UINT64_MAX,
                                              .first_count = 1};
    struct regions *regions = &bench->regions;
    regions_begin(regions, 1, regions_eventual);
    sim_trace_set_hashing(regions->core.trace, false);
    ddb_set_shard_rules(regions->ddb, &one_shard);
    ddb_set_throttling(regions->ddb, false);
    regions_create_table(regions, true);
    for (size_t region = 1; region < LWW_REGIONS; region++)
        regions_join(regions, region);
    sim_trace_listen(regions->core.trace, listen, bench);
    prepare_links(bench);
    for (size_t region = 0; region < LWW_REGIONS; region++) {
        open_stream(bench, region);
        bench->change_count[region] = 0;
        if (world->skews_us[region] != 0)
            (void)regions_break(regions,
                                &(struct sim_fault_spec){.kind = SIM_FAULT_CLOCK_SKEW,
                                                         .region = regions_eventual[region],
                                                         .skew_us = world->skews_us[region]});
    }
    bench->played = 0;
    bench->is_begun = true;
}

/* --- values and streams --------------------------------------------------------------------------
 */

static int number_of(const cJSON *item, const char *attribute, int absent)
{
    const char *text = wire_text(wire_member(item, attribute), "N");
    return text != NULL ? (int)strtol(text, NULL, 10) : absent;
}

static bool is_value(const cJSON *item, struct lww_value value)
{
    if (item == NULL || !value.exists)
        return (item == NULL) == !value.exists;
    return number_of(item, "v", -1) == value.put && number_of(item, "n", 0) == value.counter;
}

static void check_record(struct bench *bench, size_t region, const cJSON *record,
                         const struct change *change)
{
    static const char *const names[] = {"", "INSERT", "MODIFY", "REMOVE"};
    const cJSON *body = wire_member(record, "dynamodb");
    const char *name = wire_text(record, "eventName");
    if (strcmp(name, names[change->step.event]) != 0 ||
        (uint64_t)number_of(wire_member(body, "Keys"), "pk", -1) != change->key ||
        !is_value(wire_member(body, "OldImage"), change->step.before) ||
        !is_value(wire_member(body, "NewImage"), change->step.after)) {
        char *text = cJSON_PrintUnformatted(record);
        FAIL(bench,
             "(or one shortly before) the stream of %s says %s where %s of item %llu belongs",
             regions_eventual[region], text, names[change->step.event],
             (unsigned long long)change->key);
    }
}

static void check_stream(struct bench *bench, size_t region)
{
    struct regions_answer answer =
        regions_ask(&bench->regions, region, "dynamodbstreams", "GetRecords",
                    "{'ShardIterator':'%s'}", bench->iterators[region]);
    if (answer.outcome != WIRE_OK)
        FAIL(bench, "GetRecords: %s", answer.code);
    const cJSON *record = wire_member(answer.output, "Records")->child;
    for (size_t i = 0; i < bench->change_count[region]; i++, record = record->next) {
        if (record == NULL)
            FAIL(bench, "the stream of %s lacks a record", regions_eventual[region]);
        check_record(bench, region, record, &bench->changes[region][i]);
    }
    if (record != NULL)
        FAIL(bench, "the stream of %s has a record too many: %s", regions_eventual[region],
             wire_text(record, "eventName"));
    snprintf(bench->iterators[region], sizeof bench->iterators[0], "%s",
             wire_text(answer.output, "NextShardIterator"));
    bench->change_count[region] = 0;
    cJSON_Delete(answer.output);
}

static void check_streams(struct bench *bench)
{
    for (size_t region = 0; region < LWW_REGIONS; region++)
        check_stream(bench, region);
}

/* Between worlds, as long as an answer and our memory take them all. */
static void check_long_streams(struct bench *bench)
{
    for (size_t region = 0; region < LWW_REGIONS; region++)
        if (bench->change_count[region] >= STREAM_BATCH)
            check_streams(bench);
}

static void expect_change(struct bench *bench, size_t region, uint64_t key,
                          const struct lww_step *step)
{
    if (step->event == LWW_NOTHING)
        return;
    assert_true(bench->change_count[region] < ARRAY_LEN(bench->changes[region]));
    bench->changes[region][bench->change_count[region]++] =
        (struct change){.key = key, .step = *step};
}

/* --- playing a world -----------------------------------------------------------------------------
 */

struct play {
    struct bench *bench;
    const struct world *world;
    struct lww_world oracle;
    uint64_t began_us;
    uint64_t keys[LWW_ITEMS];
    struct ddb_version seen[LWW_REGIONS][LWW_ITEMS]; /* what a Region stored last */
};

/* The Region stores what the oracle says; nothing else than a forgotten tombstone may be absent. */
static void check_stored(struct play *play, size_t region, size_t item)
{
    int current = play->oracle.replicas[region][item].current;
    struct lww_value value = lww_value(&play->oracle, region, item);
    cJSON *stored = NULL;
    struct ddb_version version =
        regions_stored(&play->bench->regions, region, play->keys[item], &stored);
    struct ddb_version *seen = &play->seen[region][item];
    if (!is_value(stored, value))
        FAIL(play->bench, "%s stores another value of item %zu", regions_eventual[region], item);
    cJSON_Delete(stored);
    if (version.written_us == 0 && !value.exists)
        return;
    if (current < 0 || version.written_us != play->oracle.writes[current].written_us ||
        version.origin != play->oracle.writes[current].region)
        FAIL(play->bench, "%s stores another version of item %zu", regions_eventual[region], item);
    if (ddb_version_is_equal(version, *seen))
        return;
    bool is_later = version.written_us > seen->written_us ||
                    (version.written_us == seen->written_us &&
                     strcmp(regions_eventual[version.origin], regions_eventual[seen->origin]) > 0);
    if (!is_later)
        FAIL(play->bench, "%s went back to an earlier version of item %zu",
             regions_eventual[region], item);
    *seen = version;
}

/* Each record that the operation may leave gets the delay that brings it to its place. */
static void set_delays(const struct play *play, int number, uint64_t now_after_us)
{
    size_t from = play->world->ops[number].region;
    for (size_t to = 0; to < LWW_REGIONS; to++) {
        if (to == from)
            continue;
        struct sim_lag *lag = &link_between(play->bench, from, to)->replication;
        size_t count = 0;
        for (size_t item = 0; item < LWW_ITEMS; item++)
            for (size_t i = 0; i < play->world->step_count; i++) {
                const struct step *step = &play->world->steps[i];
                if (step->region == to && step->event.write == lww_index(number, item))
                    lag->trace_us[count++] = step->after_us - now_after_us;
            }
        lag->trace_count = count;
        lag->trace_next = 0;
    }
}

static struct regions_answer call(struct play *play, int number)
{
    const struct lww_op *op = &play->world->ops[number];
    struct regions *regions = &play->bench->regions;
    unsigned long long key = play->keys[op->item];
    switch (op->kind) {
    case LWW_PUT:
    case LWW_PUT_NEW:
        return regions_ask(
            regions, op->region, "dynamodb", "PutItem",
            "{'TableName':'tab','Item':{'pk':{'N':'%llu'},'v':{'N':'%d'}}%s}", key, number,
            op->kind == LWW_PUT_NEW ? ",'ConditionExpression':'attribute_not_exists(pk)'" : "");
    case LWW_DELETE:
        return regions_ask(regions, op->region, "dynamodb", "DeleteItem",
                           "{'TableName':'tab','Key':{'pk':{'N':'%llu'}}}", key);
    case LWW_ADD:
        return regions_ask(regions, op->region, "dynamodb", "UpdateItem",
                           "{'TableName':'tab','Key':{'pk':{'N':'%llu'}},'UpdateExpression':"
                           "'ADD n :one','ExpressionAttributeValues':{':one':{'N':'1'}}}",
                           key);
    case LWW_PUT_BOTH:
        break;
    }
    return regions_ask(
        regions, op->region, "dynamodb", "TransactWriteItems",
        "{'TransactItems':[{'Put':{'TableName':'tab','Item':{'pk':{'N':'%llu'},'v':{'N':'%d'}}}},"
        "{'Put':{'TableName':'tab','Item':{'pk':{'N':'%llu'},'v':{'N':'%d'}}}}]}",
        (unsigned long long)play->keys[0], number, (unsigned long long)play->keys[1], number);
}

static void run_operation(struct play *play, const struct step *step)
{
    int number = step->event.op;
    struct lww_step steps[LWW_ITEMS];
    set_delays(play, number, step->after_us);
    struct regions_answer answer = call(play, number);
    cJSON_Delete(answer.output);
    const char *expected = lww_run(&play->oracle, &play->world->ops[number], number,
                                   play->began_us + step->after_us, steps)
                               ? ""
                               : "ConditionalCheckFailedException";
    if (strcmp(answer.code, expected) != 0)
        FAIL(play->bench, "operation %d: \"%s\" instead of \"%s\"", number, answer.code, expected);
    for (size_t item = 0; item < LWW_ITEMS; item++)
        expect_change(play->bench, step->region, play->keys[item], &steps[item]);
}

static void run_arrival(struct play *play, const struct step *step)
{
    const struct told *told = &play->bench->told;
    int write = step->event.write;
    const struct lww_write *arrived = &play->oracle.writes[write];
    uint64_t key = play->keys[(size_t)write % LWW_ITEMS];
    struct lww_step expected = lww_arrive(&play->oracle, step->region, write);
    if (told->applied != (expected.is_replaced ? 1U : 0U) ||
        told->superseded != (expected.is_replaced ? 0U : 1U) || told->key != key ||
        told->written_us != arrived->written_us ||
        strcmp(told->region, regions_eventual[step->region]) != 0)
        FAIL(play->bench,
             "write of operation %d should be %s in %s now; told were %u applied, %u superseded, "
             "the last in %s",
             step->event.op, expected.is_replaced ? "applied" : "superseded",
             regions_eventual[step->region], told->applied, told->superseded, told->region);
    if (told->conflicts != (expected.lost >= 0 ? 1U : 0U))
        FAIL(play->bench, "%u conflicts told when the write of operation %d came to %s",
             told->conflicts, step->event.op, regions_eventual[step->region]);
    if (expected.lost >= 0 && (told->winner_us != arrived->written_us ||
                               told->loser_us != play->oracle.writes[expected.lost].written_us))
        FAIL(play->bench, "another conflict was told in %s", regions_eventual[step->region]);
    play->bench->lost += expected.lost >= 0 ? 1 : 0;
    expect_change(play->bench, step->region, key, &expected);
}

static void run_step(struct play *play, const struct step *step)
{
    bool is_arrival = step->event.write >= 0;
    if (is_arrival && !play->oracle.writes[step->event.write].is_made)
        return;
    play->bench->told = (struct told){0};
    regions_advance_to(&play->bench->regions, play->began_us + step->after_us);
    if (is_arrival)
        run_arrival(play, step);
    else
        run_operation(play, step);
    for (size_t item = 0; item < play->world->family->item_count; item++)
        check_stored(play, step->region, item);
    play->bench->steps++;
}

static void check_end(struct play *play)
{
    struct regions *regions = &play->bench->regions;
    if (ddb_backlog(regions->ddb, NULL, NULL, NULL) != 0)
        FAIL(play->bench, "%s", "a record was never delivered");
    for (size_t item = 0; item < play->world->family->item_count; item++) {
        int last = lww_last_writer(&play->oracle, item);
        struct lww_value value = {.put = -1};
        if (last >= 0)
            value = play->oracle.writes[last].value;
        for (size_t region = 0; region < LWW_REGIONS; region++) {
            struct regions_answer answer =
                regions_ask(regions, region, "dynamodb", "GetItem",
                            "{'TableName':'tab','Key':{'pk':{'N':'%llu'}},'ConsistentRead':true}",
                            (unsigned long long)play->keys[item]);
            if (answer.outcome != WIRE_OK || !is_value(wire_member(answer.output, "Item"), value))
                FAIL(play->bench, "in the end %s does not hold the last write of item %zu",
                     regions_eventual[region], item);
            cJSON_Delete(answer.output);
            if (!value.exists &&
                regions_stored(regions, region, play->keys[item], NULL).written_us != 0)
                FAIL(play->bench, "a tombstone stayed in %s", regions_eventual[region]);
        }
    }
}

static void play_world(struct bench *bench, const struct world *world)
{
    described = world;
    if (bench->is_begun && bench->played == WORLDS_A_RUN) {
        check_streams(bench);
        regions_end(&bench->regions);
        bench->is_begun = false;
    }
    if (!bench->is_begun)
        begin(bench, world);
    check_long_streams(bench);
    struct play play = {.bench = bench,
                        .world = world,
                        .began_us = regions_now_us(&bench->regions) + GAP_SLOTS * SLOT_US};
    for (size_t item = 0; item < LWW_ITEMS; item++)
        play.keys[item] = bench->played * LWW_ITEMS + item;
    lww_begin(&play.oracle, regions_eventual, world->skews_us);
    for (size_t i = 0; i < world->step_count; i++)
        run_step(&play, &world->steps[i]);
    regions_advance_to_idle(&bench->regions);
    check_end(&play);
    bench->played++;
    bench->worlds++;
}

/* --- enumeration ---------------------------------------------------------------------------------
 */

/* The order of each Region fixes when everything happens: an event is in the slot of the latest
 * operation that it or anything before it at this Region needs. */
static void make_steps(struct world *world)
{
    world->step_count = 0;
    for (size_t region = 0; region < LWW_REGIONS; region++) {
        int slot = 0;
        uint64_t position = 0;
        for (size_t i = 0; i < world->order_count[region]; i++) {
            struct event event = world->order[region][i];
            if (event.op > slot || event.write < 0) {
                slot = event.op;
                position = 0;
            }
            uint64_t after_us = (uint64_t)slot * SLOT_US;
            if (event.write >= 0)
                after_us += ++position * POSITION_US + region * REGION_US;
            size_t at = world->step_count++;
            for (; at > 0 && world->steps[at - 1].after_us > after_us; at--)
                world->steps[at] = world->steps[at - 1];
            world->steps[at] =
                (struct step){.after_us = after_us, .region = region, .event = event};
        }
    }
}

/* Must a come before b at this Region? */
static bool precedes(const struct world *world, struct event a, struct event b)
{
    if (a.write < 0)
        return a.op < b.op; /* an operation: before later ones and before what left after it */
    if (b.write < 0)
        return false; /* nothing has to arrive in time */
    return a.op < b.op && a.write % LWW_ITEMS == b.write % LWW_ITEMS &&
           world->ops[a.op].region == world->ops[b.op].region;
}

/* An arrival comes after its operation, so before a local one only if that is later. */
static bool may_follow(const struct world *world, size_t region, size_t count, struct event event)
{
    if (event.write >= 0)
        return true;
    for (size_t i = 0; i < count; i++)
        if (world->order[region][i].op > event.op)
            return false;
    return true;
}

/* Of the worlds that differ only in arrivals of writes that were not made, is this the one in which
 * these stand as early as they may? */
static bool is_canonical(const struct world *world)
{
    struct lww_world oracle;
    struct lww_step steps[LWW_ITEMS];
    lww_begin(&oracle, regions_eventual, world->skews_us);
    for (size_t i = 0; i < world->step_count; i++) {
        const struct step *step = &world->steps[i];
        if (step->event.write < 0)
            (void)lww_run(&oracle, &world->ops[step->event.op], step->event.op,
                          GAP_SLOTS * SLOT_US + step->after_us, steps);
        else if (oracle.writes[step->event.write].is_made)
            (void)lww_arrive(&oracle, step->region, step->event.write);
    }
    for (size_t region = 0; region < LWW_REGIONS; region++)
        for (size_t i = 1; i < world->order_count[region]; i++) {
            struct event event = world->order[region][i];
            struct event before = world->order[region][i - 1];
            if (event.write < 0 || oracle.writes[event.write].is_made)
                continue;
            bool is_dead = before.write >= 0 && !oracle.writes[before.write].is_made;
            if (!precedes(world, before, event) && !(is_dead && before.write < event.write))
                return false;
        }
    return true;
}

static void take_world(struct bench *bench, struct world *world)
{
    make_steps(world);
    if (!is_canonical(world))
        return;
    bench->number++;
    if (bench->only != 0 ? bench->number == bench->only : bench->number % PLAY_EVERY == 0)
        play_world(bench, world);
}

/* Every order of what happens at this Region, and for each of these at the next ones. */
static void order_region(struct bench *bench, struct world *world, size_t region,
                         const struct event *events, size_t count, unsigned placed);

static void order_next_region(struct bench *bench, struct world *world, size_t region)
{
    if (region == LWW_REGIONS) {
        take_world(bench, world);
        return;
    }
    struct event events[STEPS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < world->family->op_count; i++) {
        const struct lww_op *op = &world->ops[i];
        if (op->region == region)
            events[count++] = (struct event){.op = (int)i, .write = -1};
        for (size_t item = 0; op->region != region && item < LWW_ITEMS; item++)
            if (item == op->item || op->kind == LWW_PUT_BOTH)
                events[count++] = (struct event){.op = (int)i, .write = lww_index((int)i, item)};
    }
    world->order_count[region] = count;
    order_region(bench, world, region, events, count, 0);
}

static void order_region(struct bench *bench, struct world *world, size_t region,
                         const struct event *events, size_t count, unsigned placed)
{
    size_t placed_count = (size_t)__builtin_popcount(placed);
    if (placed_count == count) {
        order_next_region(bench, world, region + 1);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        bool is_free =
            (placed & 1u << i) == 0 && may_follow(world, region, placed_count, events[i]);
        for (size_t k = 0; k < count && is_free; k++)
            is_free = k == i || (placed & 1u << k) != 0 || !precedes(world, events[k], events[i]);
        if (!is_free)
            continue;
        world->order[region][placed_count] = events[i];
        order_region(bench, world, region, events, count, placed | 1u << i);
    }
}

static void place_operations(struct bench *bench, struct world *world, size_t number,
                             size_t both_count, size_t region_count)
{
    const struct family *family = world->family;
    if (number == family->op_count) {
        order_next_region(bench, world, 0);
        return;
    }
    size_t regions =
        family->names_are_alike && region_count < LWW_REGIONS ? region_count + 1 : LWW_REGIONS;
    for (size_t region = 0; region < regions; region++)
        for (size_t i = 0; i < family->choice_count; i++) {
            bool is_both = family->choices[i].kind == LWW_PUT_BOTH;
            if (is_both && both_count == family->both_max)
                continue;
            world->ops[number] = (struct lww_op){
                .region = region, .kind = family->choices[i].kind, .item = family->choices[i].item};
            place_operations(bench, world, number + 1, both_count + (is_both ? 1 : 0),
                             region < region_count ? region_count : region_count + 1);
        }
}

static void play_family(struct bench *bench, const struct family *family)
{
    struct world world = {.family = family};
    for (size_t i = 0; i < family->skew_count; i++) {
        for (size_t region = 0; region < LWW_REGIONS; region++)
            world.skews_us[region] = family->skews[i][region] * (int64_t)SLOT_US;
        place_operations(bench, &world, 0, 0, 0);
        if (bench->is_begun) {
            check_streams(bench);
            regions_end(&bench->regions);
            bench->is_begun = false;
        }
    }
}

static void test_every_order_ends_at_the_last_writer(void **state)
{
    (void)state;
    const char *wanted = getenv("REGIONLAB_WORLD");
    struct bench *bench = calloc(1, sizeof *bench);
    for (size_t i = 0; i < ARRAY_LEN(families); i++) {
        const struct family *family = &families[i];
        size_t length = strlen(family->name);
        bool is_wanted =
            wanted != NULL && strncmp(wanted, family->name, length) == 0 && wanted[length] == ':';
        if (wanted != NULL ? !is_wanted : family->is_long && getenv("REGIONLAB_LONG") == NULL)
            continue;
        *bench = (struct bench){.only = is_wanted ? strtoull(wanted + length + 1, NULL, 10) : 0};
        play_family(bench, family);
        print_message("%s: %llu of %llu worlds, %llu steps, %llu lost writes\n", family->name,
                      (unsigned long long)bench->worlds, (unsigned long long)bench->number,
                      (unsigned long long)bench->steps, (unsigned long long)bench->lost);
        assert_true(bench->only != 0 ? bench->worlds == 1 : bench->lost > 0);
    }
    free(bench);
}

/* --- an order that delays must not break ---------------------------------------------------------
 */

struct arrivals {
    uint64_t written_us[LWW_OPS];
    size_t count;
};

static void note_arrival(void *context, const struct sim_trace_event *event)
{
    struct arrivals *arrivals = context;
    bool is_arrival = strcmp(event->type, "replication.applied") == 0 ||
                      strcmp(event->type, "replication.superseded") == 0;
    if (is_arrival && arrivals->count < LWW_OPS)
        arrivals->written_us[arrivals->count++] = (uint64_t)field_number(event, "written_us");
}

/* Four writes of one item; the delay of each is drawn from 0 to 4 slots, in every combination. */
static void test_records_of_an_item_never_overtake_each_other(void **state)
{
    (void)state;
    struct arrivals arrivals;
    struct regions regions;
    regions_begin(&regions, 1, regions_eventual);
    regions_create_table(&regions, false);
    regions_join(&regions, 1);
    sim_trace_listen(regions.core.trace, note_arrival, &arrivals);
    struct sim_network *network = regions.core.network;
    struct sim_link *link = sim_network_link_get(network, sim_network_region_by_index(network, 0),
                                                 sim_network_region_by_index(network, 1));
    for (unsigned delays = 0; delays < 5 * 5 * 5 * 5; delays++) {
        arrivals.count = 0;
        for (unsigned i = 0, rest = delays; i < LWW_OPS; i++, rest /= 5) {
            sim_lag_fini(&link->replication);
            sim_lag_init_constant(&link->replication, rest % 5 * SLOT_US + SLOT_US / 2);
            struct regions_answer answer = regions_ask(
                &regions, 0, "dynamodb", "PutItem",
                "{'TableName':'tab','Item':{'pk':{'N':'%u'},'v':{'N':'%u'}}}", delays, i);
            assert_int_equal(answer.outcome, WIRE_OK);
            cJSON_Delete(answer.output);
            regions_advance_to(&regions, regions_now_us(&regions) + SLOT_US);
        }
        regions_advance_to_idle(&regions);
        assert_int_equal(arrivals.count, LWW_OPS);
        for (size_t i = 1; i < LWW_OPS; i++)
            if (arrivals.written_us[i] <= arrivals.written_us[i - 1])
                fail_msg("delays %u: write %zu came before an earlier one", delays, i);
    }
    regions_end(&regions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_of_an_item_never_overtake_each_other),
        cmocka_unit_test(test_every_order_ends_at_the_last_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
