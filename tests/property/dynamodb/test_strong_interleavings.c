/* Small worlds with multi-Region strong consistency, exhaustively: one register that all Regions
 * share, as long as two of the three copies reach each other.
 *
 * What is enumerated
 *   Up to 4 operations on one item (put, conditional put, counter, strongly and eventually
 *   consistent read) in every placement over the replicas of a group of three, and of one of two
 *   and a witness; and one fault (a Region cut off from both others, a Region down, one direction
 *   of one link cut) that begins before any operation and ends before any later one or after all.
 *   The operations come 1 ms apart, so that the third copy never has the write before, or 1 s
 *   apart, so that it always has. Nothing else can make a difference: a live call acts at one
 *   moment.
 *
 * What is compared
 *   A strong operation of a Region in the majority acts upon the latest state; that of one that is
 *   cut off is refused and does nothing (while it catches up after a close heal either may be). An
 *   eventually consistent read gives a state that the Region could have, and never an earlier one
 *   than the Region gave before. In the end all copies have the same log, all replicas the latest
 *   state.
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

#include "emulators/dynamodb/strong.h"
#include "tests/property/dynamodb/fixture_regions.h"

#define OPS_MAX      4
#define KINDS_MAX    5
#define WORLDS_A_RUN 4000
#define TIGHT_US     SIM_US_PER_MS
#define LOOSE_US     SIM_US_PER_S
#define NEVER        (-1)
#ifdef SIM_SANITIZE
#define PLAY_EVERY 16
#else
#define PLAY_EVERY 1
#endif

enum kind { PUT, PUT_NEW, ADD, READ, READ_LOCAL };
static const char *const kind_names[] = {"put", "put-new", "add", "read", "read-local"};

static const struct fault {
    const char *name;
    enum sim_fault_kind kind;
    int region; /* cut off or down; NEVER: a link */
    int from, to;
} faults[] = {
    {"no fault", SIM_FAULT_KIND_COUNT, NEVER, 0, 0},
    {"0 cut off", SIM_FAULT_PARTITION, 0, 0, 0},
    {"1 cut off", SIM_FAULT_PARTITION, 1, 0, 0},
    {"2 cut off", SIM_FAULT_PARTITION, 2, 0, 0},
    {"0 down", SIM_FAULT_REGION_DOWN, 0, 0, 0},
    {"1 down", SIM_FAULT_REGION_DOWN, 1, 0, 0},
    {"2 down", SIM_FAULT_REGION_DOWN, 2, 0, 0},
    {"0 to 1 cut", SIM_FAULT_PARTITION, NEVER, 0, 1},
    {"1 to 0 cut", SIM_FAULT_PARTITION, NEVER, 1, 0},
    {"0 to 2 cut", SIM_FAULT_PARTITION, NEVER, 0, 2},
    {"2 to 1 cut", SIM_FAULT_PARTITION, NEVER, 2, 1},
};

struct family {
    const char *name;
    size_t op_count;
    bool has_witness;
    enum kind kinds[KINDS_MAX];
    size_t kind_count;
    size_t fault_count; /* the first of them */
    bool is_long;
};

/* clang-format off */
static const struct family families[] = {
    /* name          ops witness kinds                                   faults long */
    {"three",          3, false, {PUT, READ, READ_LOCAL, ADD}, 4,              4, false},
    {"witness",        3, true,  {PUT, READ, READ_LOCAL, ADD}, 4,              7, false},
    {"links",          2, false, {PUT, PUT_NEW, ADD, READ, READ_LOCAL}, 5, ARRAY_LEN(faults), false},
    {"three-faults",   3, false, {PUT, PUT_NEW, ADD, READ, READ_LOCAL}, 5, ARRAY_LEN(faults), true},
    {"witness-faults", 3, true,  {PUT, PUT_NEW, ADD, READ, READ_LOCAL}, 5, ARRAY_LEN(faults), true},
    {"four",           4, false, {PUT, ADD, READ, READ_LOCAL}, 4,              4, true},
};
/* clang-format on */

struct world {
    const struct family *family;
    size_t regions[OPS_MAX];
    enum kind kinds[OPS_MAX];
    const struct fault *fault;
    size_t begins; /* before this operation */
    size_t ends;   /* before this one; op_count: after all */
    bool is_tight;
};

struct value {
    bool exists;
    int put;
    int counter;
};

struct bench {
    struct regions regions;
    bool is_begun;
    uint64_t played;
    uint64_t number;
    uint64_t only;
    uint64_t worlds;
    uint64_t refused;
    uint64_t stale; /* eventually consistent reads of an earlier state */
};

struct play {
    struct bench *bench;
    const struct world *world;
    uint64_t key;
    uint64_t fault;
    struct value states[OPS_MAX + 1];
    size_t latest;             /* index of a state */
    size_t least[REGIONS_MAX]; /* what the Region has shown to have */
    int cut_off;               /* Region; NEVER: none */
    int returning;             /* Region that may still be catching up */
};

/* --- the real thing ------------------------------------------------------------------------------
 */

static void fail_in(const struct play *play, const char *what, size_t number)
{
    const struct world *world = play->world;
    char text[512];
    int length = 0;
    for (size_t i = 0; i < world->family->op_count; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, " %zu=%s in %zu;", i,
                           kind_names[world->kinds[i]], world->regions[i]);
    fail_msg("operation %zu: %s [%s %s from %zu to %zu, %s ]; REGIONLAB_WORLD=%s:%llu repeats it",
             number, what, text, world->fault->name, world->begins, world->ends,
             world->is_tight ? "tight" : "loose", world->family->name,
             (unsigned long long)play->bench->number);
}

static void set_latency(const struct bench *bench, size_t a, size_t b, uint64_t latency_us)
{
    struct sim_network *network = bench->regions.core.network;
    const struct sim_region *one = sim_network_region_by_index(network, a);
    const struct sim_region *other = sim_network_region_by_index(network, b);
    sim_lag_init_constant(&sim_network_link_get(network, one, other)->latency, latency_us);
    sim_lag_init_constant(&sim_network_link_get(network, other, one)->latency, latency_us);
}

static void begin(struct bench *bench, const struct family *family)
{
    regions_begin(&bench->regions, 1, regions_strong);
    sim_trace_set_hashing(bench->regions.core.trace, false);
    ddb_set_throttling(bench->regions.ddb, false);
    set_latency(bench, 0, 1, 30 * SIM_US_PER_MS);
    set_latency(bench, 0, 2, 6 * SIM_US_PER_MS);
    set_latency(bench, 1, 2, 25 * SIM_US_PER_MS);
    regions_create_table(&bench->regions, false);
    regions_make_strong(&bench->regions, family->has_witness);
    bench->played = 0;
    bench->is_begun = true;
}

static struct regions_answer call(const struct play *play, size_t number)
{
    struct regions *regions = &play->bench->regions;
    size_t region = play->world->regions[number];
    enum kind kind = play->world->kinds[number];
    unsigned long long key = play->key;
    switch (kind) {
    case PUT:
    case PUT_NEW:
        return regions_ask(
            regions, region, "dynamodb", "PutItem",
            "{'TableName':'tab','Item':{'pk':{'N':'%llu'},'v':{'N':'%zu'}}%s}", key, number,
            kind == PUT_NEW ? ",'ConditionExpression':'attribute_not_exists(pk)'" : "");
    case ADD:
        return regions_ask(regions, region, "dynamodb", "UpdateItem",
                           "{'TableName':'tab','Key':{'pk':{'N':'%llu'}},'UpdateExpression':"
                           "'ADD n :one','ExpressionAttributeValues':{':one':{'N':'1'}}}",
                           key);
    case READ:
    case READ_LOCAL:
        break;
    }
    return regions_ask(regions, region, "dynamodb", "GetItem",
                       "{'TableName':'tab','Key':{'pk':{'N':'%llu'}},'ConsistentRead':%s}", key,
                       kind == READ ? "true" : "false");
}

/* --- the oracle ----------------------------------------------------------------------------------
 */

static int number_of(const cJSON *item, const char *attribute, int absent)
{
    const char *text = wire_text(wire_member(item, attribute), "N");
    return text != NULL ? (int)strtol(text, NULL, 10) : absent;
}

static bool is_state(const cJSON *item, struct value value)
{
    if (item == NULL || !value.exists)
        return (item == NULL) == !value.exists;
    return number_of(item, "v", -1) == value.put && number_of(item, "n", 0) == value.counter;
}

/* What a write makes of the latest state; false: its condition fails. */
static bool write_state(struct play *play, size_t number)
{
    struct value next = play->states[play->latest];
    enum kind kind = play->world->kinds[number];
    if (kind == PUT_NEW && next.exists)
        return false;
    if (kind == ADD)
        next.counter++;
    else
        next = (struct value){.put = (int)number};
    next.exists = true;
    play->states[++play->latest] = next;
    return true;
}

static void check_local_read(struct play *play, size_t number, const struct regions_answer *answer)
{
    size_t region = play->world->regions[number];
    const cJSON *item = wire_member(answer->output, "Item");
    size_t state = play->least[region];
    if (answer->outcome != WIRE_OK)
        fail_in(play, answer->code, number);
    while (state <= play->latest && !is_state(item, play->states[state]))
        state++;
    if (state > play->latest)
        fail_in(play, "reads what the Region cannot have, or an earlier state than before", number);
    bool is_up_to_date = !play->world->is_tight && play->cut_off != (int)region;
    if (is_up_to_date && state != play->latest)
        fail_in(play, "reads an old state after a long time", number);
    play->bench->stale += state < play->latest ? 1 : 0;
    play->least[region] = state;
}

static void check_strong(struct play *play, size_t number, const struct regions_answer *answer)
{
    size_t region = play->world->regions[number];
    bool is_refused = strcmp(answer->code, "InternalServerError") == 0;
    if (play->cut_off == (int)region) {
        if (!is_refused)
            fail_in(play, "a Region that is cut off serves a strong operation", number);
        play->bench->refused++;
        return;
    }
    if (is_refused && play->returning == (int)region && play->world->is_tight)
        return;
    bool succeeds = true;
    if (play->world->kinds[number] == READ) {
        if (answer->outcome == WIRE_OK &&
            !is_state(wire_member(answer->output, "Item"), play->states[play->latest]))
            fail_in(play, "a strong read does not give the latest state", number);
    } else {
        succeeds = write_state(play, number);
    }
    if (strcmp(answer->code, succeeds ? "" : "ConditionalCheckFailedException") != 0)
        fail_in(play, answer->code[0] != '\0' ? answer->code : "its condition should fail", number);
    play->least[region] = play->latest;
}

static void run_operation(struct play *play, size_t number)
{
    size_t region = play->world->regions[number];
    struct regions_answer answer = call(play, number);
    if (play->world->fault->kind == SIM_FAULT_REGION_DOWN && play->cut_off == (int)region) {
        if (answer.outcome == WIRE_OK || answer.outcome == WIRE_ERROR)
            fail_in(play, "a Region that is down answers", number);
    } else if (play->world->kinds[number] == READ_LOCAL) {
        check_local_read(play, number, &answer);
    } else {
        check_strong(play, number, &answer);
    }
    cJSON_Delete(answer.output);
}

/* --- playing a world -----------------------------------------------------------------------------
 */

static void break_and_mend(struct play *play, size_t number)
{
    const struct world *world = play->world;
    const struct fault *fault = world->fault;
    struct regions *regions = &play->bench->regions;
    if (fault->kind == SIM_FAULT_KIND_COUNT)
        return;
    if (number == world->begins) {
        struct sim_fault_spec spec = {.kind = fault->kind};
        if (fault->region != NEVER) {
            spec.region = regions_strong[fault->region];
        } else {
            spec.from = regions_strong[fault->from];
            spec.to = regions_strong[fault->to];
        }
        play->fault = regions_break(regions, &spec);
        play->cut_off = fault->region;
    } else if (number == world->ends) {
        regions_mend(regions, play->fault);
        play->returning = play->cut_off;
        play->cut_off = NEVER;
        if (!world->is_tight)
            regions_advance_to(regions, regions_now_us(regions) + LOOSE_US);
    }
}

static void check_end(struct play *play)
{
    struct regions *regions = &play->bench->regions;
    const struct ddb_group *group = regions_table(regions, 0)->member.group;
    size_t replicas = play->world->family->has_witness ? 2 : 3;
    uint64_t last_sequence = regions_table(regions, 0)->log.last_sequence;
    assert_int_equal(group->member_count, replicas);
    for (size_t region = 0; region < replicas; region++) {
        cJSON *item = NULL;
        (void)regions_stored(regions, region, play->key, &item);
        if (!is_state(item, play->states[play->latest]))
            fail_in(play, "a replica does not hold the latest state in the end", region);
        cJSON_Delete(item);
        if (regions_table(regions, region)->log.last_sequence != last_sequence)
            fail_in(play, "a log is of another length", region);
    }
    if (group->strong->witness != NULL &&
        group->strong->witness->log.last_sequence != last_sequence)
        fail_in(play, "the witness's log is of another length", replicas);
}

static void play_world(struct bench *bench, const struct world *world)
{
    if (bench->is_begun && bench->played == WORLDS_A_RUN) {
        regions_end(&bench->regions);
        bench->is_begun = false;
    }
    if (!bench->is_begun)
        begin(bench, world->family);
    struct play play = {.bench = bench,
                        .world = world,
                        .key = bench->played,
                        .states = {{.put = -1}},
                        .cut_off = NEVER,
                        .returning = NEVER};
    size_t count = world->family->op_count;
    for (size_t i = 0; i <= count; i++) {
        break_and_mend(&play, i);
        if (i < count)
            run_operation(&play, i);
        regions_advance_to(&bench->regions, regions_now_us(&bench->regions) +
                                                (world->is_tight ? TIGHT_US : LOOSE_US));
    }
    regions_advance_to_idle(&bench->regions);
    check_end(&play);
    bench->played++;
    bench->worlds++;
}

/* --- enumeration ---------------------------------------------------------------------------------
 */

static void take_world(struct bench *bench, const struct world *world)
{
    bench->number++;
    if (bench->only != 0 ? bench->number == bench->only : bench->number % PLAY_EVERY == 0)
        play_world(bench, world);
}

static void choose_fault(struct bench *bench, struct world *world)
{
    const struct family *family = world->family;
    for (size_t i = 0; i < family->fault_count; i++) {
        world->fault = &faults[i];
        size_t windows = faults[i].kind == SIM_FAULT_KIND_COUNT ? 1 : family->op_count;
        for (world->begins = 0; world->begins < windows; world->begins++) {
            size_t last = windows == 1 ? 1 : family->op_count;
            for (world->ends = world->begins + 1; world->ends <= last; world->ends++)
                for (int tight = 0; tight < 2; tight++) {
                    world->is_tight = tight != 0;
                    take_world(bench, world);
                }
        }
    }
}

static void place_operations(struct bench *bench, struct world *world, size_t number, bool writes)
{
    const struct family *family = world->family;
    if (number == family->op_count) {
        if (writes) /* else there is nothing to see */
            choose_fault(bench, world);
        return;
    }
    size_t replicas = family->has_witness ? 2 : 3;
    for (size_t region = 0; region < replicas; region++)
        for (size_t i = 0; i < family->kind_count; i++) {
            world->regions[number] = region;
            world->kinds[number] = family->kinds[i];
            place_operations(bench, world, number + 1, writes || family->kinds[i] <= ADD);
        }
}

static void test_three_copies_are_one_register(void **state)
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
        struct world world = {.family = family};
        *bench = (struct bench){.only = is_wanted ? strtoull(wanted + length + 1, NULL, 10) : 0};
        place_operations(bench, &world, 0, false);
        if (bench->is_begun)
            regions_end(&bench->regions);
        print_message("%s: %llu of %llu worlds, %llu operations refused, %llu stale reads\n",
                      family->name, (unsigned long long)bench->worlds,
                      (unsigned long long)bench->number, (unsigned long long)bench->refused,
                      (unsigned long long)bench->stale);
        assert_true(bench->only != 0 ? bench->worlds == 1 : bench->refused > 0 && bench->stale > 0);
    }
    free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_copies_are_one_register),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
