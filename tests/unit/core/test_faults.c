#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/core.h"

struct world {
    struct sim_core core;
    struct sim_region *east, *west, *third;
    FILE *file;
    char *text; /* the trace */
    size_t text_bytes;
};

static struct sim_region *add_region(struct world *world, const char *name)
{
    struct sim_region *region = NULL;
    assert_int_equal(sim_network_add_region(world->core.network, name, true, &region, NULL),
                     RESULT_OK);
    return region;
}

static int set_up(void **state)
{
    static struct world world;
    world = (struct world){0};
    sim_core_init(&world.core,
                  &(struct sim_core_options){.seed = 1, .clock = {.mode = SIM_CLOCK_VIRTUAL}});
    world.east = add_region(&world, "east");
    world.west = add_region(&world, "west");
    world.third = add_region(&world, "third");
    world.file = open_memstream(&world.text, &world.text_bytes);
    sim_trace_set_file(world.core.trace, world.file);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    sim_core_fini(&world->core);
    fclose(world->file);
    free(world->text);
    return 0;
}

static const char *story(struct world *world)
{
    fflush(world->file);
    return world->text;
}

static uint64_t add(struct world *world, struct sim_fault_spec spec)
{
    uint64_t id = 0;
    struct sim_error error;
    if (sim_faults_add(world->core.faults, &spec, &id, &error) != RESULT_OK)
        fail_msg("%s: %s", sim_fault_kind_name(spec.kind), error.message);
    return id;
}

static void take_away(struct world *world, uint64_t id)
{
    assert_int_equal(sim_faults_remove(world->core.faults, id, NULL), RESULT_OK);
}

static void test_kinds_have_names(void **state)
{
    (void)state;
    for (int kind = 0; kind < SIM_FAULT_KIND_COUNT; kind++)
        assert_int_equal(sim_fault_kind_by_name(sim_fault_kind_name((enum sim_fault_kind)kind)),
                         kind);
    assert_int_equal(sim_fault_kind_by_name("flood"), SIM_FAULT_KIND_COUNT);
    assert_int_equal(sim_fault_kind_by_name(""), SIM_FAULT_KIND_COUNT);
    assert_int_equal(sim_fault_kind_by_name(NULL), SIM_FAULT_KIND_COUNT);
}

static void test_faults_that_make_no_sense_are_refused(void **state)
{
    struct world *world = *state;
    char long_name[SIM_FAULT_TEXT_MAX + 2];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    const struct {
        struct sim_fault_spec spec;
        const char *says;
    } cases[] = {
        {{.kind = (enum sim_fault_kind)99}, "unknown kind of fault; there are: region-down,"},
        {{.kind = (enum sim_fault_kind) - 1}, "unknown kind of fault"},
        {{.kind = SIM_FAULT_REGION_DOWN}, "region-down needs a region"},
        {{.kind = SIM_FAULT_REGION_DOWN, .region = ""}, "region-down needs a region"},
        {{.kind = SIM_FAULT_REGION_DOWN, .region = "mars"},
         "region: there is no Region \"mars\"; there are: east, west, third"},
        {{.kind = SIM_FAULT_REGION_DOWN, .region = "east", .service = "dynamodb"},
         "region-down takes no service"},
        {{.kind = SIM_FAULT_REGION_DOWN, .region = "east", .rate_ppm = 5}, "takes no rate"},
        {{.kind = SIM_FAULT_PARTITION}, "needs from and to"},
        {{.kind = SIM_FAULT_PARTITION, .from = "east"}, "needs from and to"},
        {{.kind = SIM_FAULT_PARTITION, .to = "east"}, "needs from and to"},
        {{.kind = SIM_FAULT_PARTITION, .region = "east", .to = "west"}, "needs from and to"},
        {{.kind = SIM_FAULT_PARTITION, .from = "east", .to = "east"}, "are both east"},
        {{.kind = SIM_FAULT_PARTITION, .from = "east", .to = "mars"}, "to: there is no Region"},
        {{.kind = SIM_FAULT_PARTITION, .from = "east", .to = "west", .resource = "orders"},
         "takes no resource"},
        {{.kind = SIM_FAULT_LATENCY}, "needs a latency above 0"},
        {{.kind = SIM_FAULT_LATENCY, .latency_us = UINT64_MAX}, "needs a latency"},
        {{.kind = SIM_FAULT_ERROR, .rate_ppm = SIM_PPM + 1}, "at most 100%"},
        {{.kind = SIM_FAULT_ERROR, .status = 404}, "is 500 to 599, not 404"},
        {{.kind = SIM_FAULT_ERROR, .status = 600}, "is 500 to 599, not 600"},
        {{.kind = SIM_FAULT_ERROR, .duration_us = UINT64_MAX}, "the duration of a fault"},
        {{.kind = SIM_FAULT_ERROR, .plane = (enum sim_fault_plane)7}, "control or data"},
        {{.kind = SIM_FAULT_ERROR, .service = long_name}, "service of a fault has at most 255"},
        {{.kind = SIM_FAULT_ERROR, .region = "mars"}, "there is no Region \"mars\""},
        {{.kind = SIM_FAULT_NO_NAME}, "needs the DNS name"},
        {{.kind = SIM_FAULT_CLOCK_SKEW, .region = "east"}, "needs a skew"},
        {{.kind = SIM_FAULT_CLOCK_SKEW, .skew_us = 5}, "needs a region"},
        {{.kind = SIM_FAULT_CLOCK_SKEW, .region = "east", .skew_us = INT64_MIN}, "needs a skew"},
        {{.kind = SIM_FAULT_CLOCK_SKEW, .region = "east", .skew_us = 1, .operation = "x"},
         "takes no operation"},
        {{.kind = SIM_FAULT_PAUSE_REPLICATION}, "needs from, to or resource"},
        {{.kind = SIM_FAULT_DENY_REPLICATION}, "needs a region"},
        {{.kind = SIM_FAULT_DENY_REPLICATION, .region = "east", .from = "west"}, "takes no from"},
        {{.kind = SIM_FAULT_PAUSE_REPLICATION, .from = "east", .rate_ppm = 1}, "takes no rate"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t id = 42;
        struct sim_error error = {0};
        if (sim_faults_add(world->core.faults, &cases[i].spec, &id, &error) != RESULT_INVALID)
            fail_msg("row %zu was taken (%s)", i, cases[i].says);
        if (strstr(error.message, cases[i].says) == NULL)
            fail_msg("row %zu: %s", i, error.message);
        assert_int_equal(id, 42);
    }
    assert_int_equal(sim_faults_count(world->core.faults), 0);
    assert_string_equal(story(world), "");
}

static enum sim_result no_such_table(void *context, const struct sim_fault_spec *spec,
                                     struct sim_error *error)
{
    (void)context;
    if (spec->resource != NULL && strcmp(spec->resource, "orders") != 0)
        return sim_error_set(error, RESULT_INVALID, "there is no table %s", spec->resource);
    return RESULT_OK;
}

static void test_upper_layers_refuse_what_can_hit_nothing(void **state)
{
    struct world *world = *state;
    struct sim_error error;
    sim_faults_set_checker(world->core.faults, no_such_table, NULL);
    assert_int_equal(
        sim_faults_add(world->core.faults,
                       &(struct sim_fault_spec){.kind = SIM_FAULT_ERROR, .resource = "odrers"},
                       NULL, &error),
        RESULT_INVALID);
    assert_string_equal(error.message, "there is no table odrers");
    add(world, (struct sim_fault_spec){.kind = SIM_FAULT_ERROR, .resource = "orders"});
}

static void test_there_is_a_named_maximum(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < SIM_FAULTS_MAX; i++)
        add(world, (struct sim_fault_spec){.kind = SIM_FAULT_REFUSE});
    assert_int_equal(sim_faults_add(world->core.faults,
                                    &(struct sim_fault_spec){.kind = SIM_FAULT_REFUSE}, NULL, NULL),
                     RESULT_LIMIT);
}

/* --- who is hit
 * ------------------------------------------------------------------------------------ */

#define PUT                                                                                        \
    {                                                                                              \
        .region = "east", .service = "dynamodb", .operation = "PutItem", .resource = "orders",     \
        .from = "west", .plane = SIM_PLANE_DATA                                                    \
    }
#define LIVE_PUT                                                                                   \
    {                                                                                              \
        .region = "east", .service = "dynamodb", .operation = "PutItem", .resource = "orders",     \
        .plane = SIM_PLANE_DATA                                                                    \
    }
#define DELIVERY                                                                                   \
    {                                                                                              \
        .from = "east", .to = "west", .resource = "orders"                                         \
    }
#define NAME                                                                                       \
    {                                                                                              \
        .resource = "Orders.example.com."                                                          \
    }
#define MISS SIM_FAULT_KIND_COUNT

static const struct {
    const char *name;
    struct sim_fault_spec spec;
    struct sim_fault_point point;
    enum sim_fault_kind effect; /* MISS: none */
} matches[] = {
    {"no scope hits every request", {.kind = SIM_FAULT_RESET}, PUT, SIM_FAULT_RESET},
    {"no scope hits no delivery", {.kind = SIM_FAULT_RESET}, DELIVERY, MISS},
    {"no scope hits no name", {.kind = SIM_FAULT_RESET}, NAME, MISS},
    {"region", {.kind = SIM_FAULT_ERROR, .region = "east"}, PUT, SIM_FAULT_ERROR},
    {"other region", {.kind = SIM_FAULT_ERROR, .region = "west"}, PUT, MISS},
    {"service", {.kind = SIM_FAULT_ERROR, .service = "dynamodb"}, PUT, SIM_FAULT_ERROR},
    {"other service", {.kind = SIM_FAULT_ERROR, .service = "route53"}, PUT, MISS},
    {"operation", {.kind = SIM_FAULT_THROTTLE, .operation = "PutItem"}, PUT, SIM_FAULT_THROTTLE},
    {"other operation", {.kind = SIM_FAULT_THROTTLE, .operation = "GetItem"}, PUT, MISS},
    {"no part of a name", {.kind = SIM_FAULT_THROTTLE, .operation = "Put"}, PUT, MISS},
    {"resource", {.kind = SIM_FAULT_REFUSE, .resource = "orders"}, PUT, SIM_FAULT_REFUSE},
    {"other resource", {.kind = SIM_FAULT_REFUSE, .resource = "Orders"}, PUT, MISS},
    {"plane", {.kind = SIM_FAULT_ERROR, .plane = SIM_PLANE_DATA}, PUT, SIM_FAULT_ERROR},
    {"other plane", {.kind = SIM_FAULT_ERROR, .plane = SIM_PLANE_CONTROL}, PUT, MISS},
    {"caller", {.kind = SIM_FAULT_ERROR, .from = "west"}, PUT, SIM_FAULT_ERROR},
    {"other caller", {.kind = SIM_FAULT_ERROR, .from = "third"}, PUT, MISS},
    {"a live caller is nowhere", {.kind = SIM_FAULT_ERROR, .from = "west"}, LIVE_PUT, MISS},
    {"caller and callee",
     {.kind = SIM_FAULT_BLACK_HOLE, .from = "west", .to = "east"},
     PUT,
     SIM_FAULT_BLACK_HOLE},
    {"the other direction",
     {.kind = SIM_FAULT_BLACK_HOLE, .from = "east", .to = "west"},
     PUT,
     MISS},
    {"a link scope hits no delivery either",
     {.kind = SIM_FAULT_LATENCY, .from = "east", .latency_us = 5},
     DELIVERY,
     MISS},
    {"all but one fit",
     {.kind = SIM_FAULT_ERROR, .region = "east", .service = "dynamodb", .operation = "GetItem"},
     PUT,
     MISS},
    {"region down, towards",
     {.kind = SIM_FAULT_REGION_DOWN, .region = "east"},
     PUT,
     SIM_FAULT_REFUSE},
    {"region down, live",
     {.kind = SIM_FAULT_REGION_DOWN, .region = "east"},
     LIVE_PUT,
     SIM_FAULT_REFUSE},
    {"region down, from",
     {.kind = SIM_FAULT_REGION_DOWN, .region = "west"},
     PUT,
     SIM_FAULT_BLACK_HOLE},
    {"region down, elsewhere", {.kind = SIM_FAULT_REGION_DOWN, .region = "third"}, PUT, MISS},
    {"region down, delivery",
     {.kind = SIM_FAULT_REGION_DOWN, .region = "west"},
     DELIVERY,
     SIM_FAULT_REFUSE},
    {"partition, its direction",
     {.kind = SIM_FAULT_PARTITION, .from = "west", .to = "east"},
     PUT,
     SIM_FAULT_BLACK_HOLE},
    {"partition, back", {.kind = SIM_FAULT_PARTITION, .from = "east", .to = "west"}, PUT, MISS},
    {"partition, delivery",
     {.kind = SIM_FAULT_PARTITION, .from = "east", .to = "west"},
     DELIVERY,
     SIM_FAULT_BLACK_HOLE},
    {"partition of a region",
     {.kind = SIM_FAULT_PARTITION, .region = "east"},
     PUT,
     SIM_FAULT_BLACK_HOLE},
    {"partition, from inside",
     {.kind = SIM_FAULT_PARTITION, .region = "west"},
     PUT,
     SIM_FAULT_BLACK_HOLE},
    {"partition, elsewhere", {.kind = SIM_FAULT_PARTITION, .region = "third"}, PUT, MISS},
    {"partition, live", {.kind = SIM_FAULT_PARTITION, .region = "east"}, LIVE_PUT, MISS},
    {"pause, by source",
     {.kind = SIM_FAULT_PAUSE_REPLICATION, .from = "east"},
     DELIVERY,
     SIM_FAULT_PAUSE_REPLICATION},
    {"pause, by table",
     {.kind = SIM_FAULT_PAUSE_REPLICATION, .resource = "orders"},
     DELIVERY,
     SIM_FAULT_PAUSE_REPLICATION},
    {"pause, other table",
     {.kind = SIM_FAULT_PAUSE_REPLICATION, .resource = "users"},
     DELIVERY,
     MISS},
    {"denial, its source",
     {.kind = SIM_FAULT_DENY_REPLICATION, .region = "east", .resource = "orders"},
     DELIVERY,
     SIM_FAULT_DENY_REPLICATION},
    {"denial, its destination",
     {.kind = SIM_FAULT_DENY_REPLICATION, .region = "west"},
     DELIVERY,
     SIM_FAULT_DENY_REPLICATION},
    {"denial, other table",
     {.kind = SIM_FAULT_DENY_REPLICATION, .region = "east", .resource = "users"},
     DELIVERY,
     MISS},
    {"pause, other source", {.kind = SIM_FAULT_PAUSE_REPLICATION, .from = "west"}, DELIVERY, MISS},
    {"pause hits no request",
     {.kind = SIM_FAULT_PAUSE_REPLICATION, .resource = "orders"},
     PUT,
     MISS},
    {"name, whatever its case and dot",
     {.kind = SIM_FAULT_NO_NAME, .resource = "orders.EXAMPLE.com"},
     NAME,
     SIM_FAULT_NO_NAME},
    {"other name", {.kind = SIM_FAULT_NO_NAME, .resource = "example.com"}, NAME, MISS},
    {"skew acts elsewhere",
     {.kind = SIM_FAULT_CLOCK_SKEW, .region = "east", .skew_us = 5},
     PUT,
     MISS},
};

static void test_a_fault_hits_what_its_scope_names(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < ARRAY_LEN(matches); i++) {
        uint64_t id = add(world, matches[i].spec);
        bool is_set =
            sim_faults_is_set(world->core.faults, matches[i].spec.kind, &matches[i].point);
        struct sim_fault_effect effect;
        sim_faults_apply(world->core.faults, &matches[i].point, &effect);
        bool wanted = matches[i].effect != MISS;
        if (effect.hit != wanted || is_set != wanted)
            fail_msg("%s: %s", matches[i].name, wanted ? "not hit" : "hit");
        if (wanted && (effect.kind != matches[i].effect || effect.fault_id != id))
            fail_msg("%s: %s", matches[i].name, sim_fault_kind_name(effect.kind));
        take_away(world, id);
    }
}

static void test_the_first_that_ends_decides_and_latencies_add_up(void **state)
{
    struct world *world = *state;
    const struct sim_fault_point put = PUT;
    struct sim_fault_effect effect;
    sim_faults_apply(world->core.faults, &put, &effect);
    assert_false(effect.hit);
    uint64_t first =
        add(world, (struct sim_fault_spec){.kind = SIM_FAULT_LATENCY, .latency_us = 100});
    sim_faults_apply(world->core.faults, &put, &effect);
    assert_int_equal(effect.kind, SIM_FAULT_LATENCY);
    assert_int_equal(effect.fault_id, first);
    uint64_t ends = add(world, (struct sim_fault_spec){.kind = SIM_FAULT_ERROR, .status = 503});
    add(world, (struct sim_fault_spec){.kind = SIM_FAULT_REFUSE});
    add(world, (struct sim_fault_spec){.kind = SIM_FAULT_LATENCY, .latency_us = 11});
    sim_faults_apply(world->core.faults, &put, &effect);
    assert_true(effect.hit);
    assert_int_equal(effect.kind, SIM_FAULT_ERROR);
    assert_int_equal(effect.status, 503);
    assert_int_equal(effect.fault_id, ends);
    assert_int_equal(effect.latency_us, 111);
    static const uint64_t hits[] = {2, 1, 0, 1}; /* REFUSE had nothing left to end */
    for (size_t i = 0; i < ARRAY_LEN(hits); i++) {
        struct sim_fault_view view;
        sim_faults_view(world->core.faults, i, &view);
        assert_int_equal(view.id, i + 1);
        assert_int_equal(view.hit_count, hits[i]);
    }
}

static unsigned count_hits(struct world *world, unsigned points)
{
    const struct sim_fault_point put = PUT;
    unsigned hits = 0;
    for (unsigned i = 0; i < points; i++) {
        struct sim_fault_effect effect;
        sim_faults_apply(world->core.faults, &put, &effect);
        hits += effect.hit;
    }
    return hits;
}

static void test_a_rate_is_drawn_from_the_faults_own_stream(void **state)
{
    struct world *world = *state;
    sim_trace_set_file(world->core.trace, NULL);
    add(world, (struct sim_fault_spec){.kind = SIM_FAULT_ERROR, .rate_ppm = SIM_PPM / 5});
    unsigned alone = count_hits(world, 10000);
    assert_in_range(alone, 1850, 2150);
    sim_faults_clear_all(world->core.faults, 1);
    add(world, (struct sim_fault_spec){.kind = SIM_FAULT_ERROR, .rate_ppm = SIM_PPM / 5});
    assert_int_equal(count_hits(world, 10000), alone); /* the same again */
    sim_faults_clear_all(world->core.faults, 1);
    add(world, (struct sim_fault_spec){.kind = SIM_FAULT_ERROR, .rate_ppm = SIM_PPM / 5});
    add(world, (struct sim_fault_spec){
                   .kind = SIM_FAULT_ERROR, .region = "west", .rate_ppm = SIM_PPM / 2});
    assert_int_equal(count_hits(world, 10000), alone); /* whatever else there is */
}

static void test_what_the_network_swallowed_counts_as_a_hit(void **state)
{
    struct world *world = *state;
    static const struct {
        struct sim_fault_spec spec;
        uint64_t hits;
    } cases[] = {
        {{.kind = SIM_FAULT_PARTITION, .from = "east", .to = "west"}, 1},
        {{.kind = SIM_FAULT_PARTITION, .from = "west", .to = "east"}, 0},
        {{.kind = SIM_FAULT_PARTITION, .region = "west"}, 1},
        {{.kind = SIM_FAULT_REGION_DOWN, .region = "west"}, 1},
        {{.kind = SIM_FAULT_REGION_DOWN, .region = "third"}, 0},
        {{.kind = SIM_FAULT_PAUSE_REPLICATION, .from = "east"}, 0},
        {{.kind = SIM_FAULT_BLACK_HOLE}, 0},
    };
    const struct sim_fault_point delivery = DELIVERY;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t id = add(world, cases[i].spec);
        sim_faults_count_lost(world->core.faults, &delivery);
        struct sim_fault_view view;
        sim_faults_view(world->core.faults, 0, &view);
        if (view.hit_count != cases[i].hits)
            fail_msg("row %zu", i);
        take_away(world, id);
    }
}

/* --- what faults do to the network
 * ------------------------------------------------------------------ */

static bool reaches(struct world *world, struct sim_region *from, struct sim_region *to)
{
    return sim_network_is_reachable(world->core.network, from, to);
}

static void test_network_faults_act_and_are_undone(void **state)
{
    struct world *world = *state;
    uint64_t down =
        add(world, (struct sim_fault_spec){.kind = SIM_FAULT_REGION_DOWN, .region = "east"});
    uint64_t again =
        add(world, (struct sim_fault_spec){.kind = SIM_FAULT_REGION_DOWN, .region = "east"});
    take_away(world, down);
    assert_false(reaches(world, world->west, world->east));
    take_away(world, again);
    assert_true(reaches(world, world->west, world->east));

    uint64_t cut = add(
        world, (struct sim_fault_spec){.kind = SIM_FAULT_PARTITION, .from = "east", .to = "west"});
    assert_false(reaches(world, world->east, world->west));
    assert_true(reaches(world, world->west, world->east));
    uint64_t alone =
        add(world, (struct sim_fault_spec){.kind = SIM_FAULT_PARTITION, .region = "east"});
    assert_false(reaches(world, world->west, world->east));
    assert_false(reaches(world, world->east, world->third));
    assert_true(reaches(world, world->east, world->east));
    assert_true(reaches(world, world->third, world->west));
    struct sim_region *late = add_region(world, "late"); /* after the fault: not cut by it */
    assert_true(reaches(world, world->east, late));
    add(world, (struct sim_fault_spec){.kind = SIM_FAULT_PARTITION, .from = "east", .to = "late"});
    take_away(world, alone);
    assert_false(reaches(world, world->east, late)); /* nor healed by its end */
    assert_true(reaches(world, world->west, world->east));
    assert_false(reaches(world, world->east, world->west));
    take_away(world, cut);
    assert_true(reaches(world, world->east, world->west));

    uint64_t skew = add(world, (struct sim_fault_spec){
                                   .kind = SIM_FAULT_CLOCK_SKEW, .region = "west", .skew_us = 500});
    add(world,
        (struct sim_fault_spec){.kind = SIM_FAULT_CLOCK_SKEW, .region = "west", .skew_us = -20});
    assert_true(world->west->skew_us == 480);
    take_away(world, skew);
    assert_true(world->west->skew_us == -20);
    sim_faults_clear_all(world->core.faults, 1);
    assert_true(world->west->skew_us == 0);
}

static void test_an_expiring_fault_ends_by_itself(void **state)
{
    struct world *world = *state;
    add(world, (struct sim_fault_spec){
                   .kind = SIM_FAULT_REGION_DOWN, .region = "east", .duration_us = 100});
    uint64_t early = add(
        world, (struct sim_fault_spec){
                   .kind = SIM_FAULT_PARTITION, .from = "east", .to = "west", .duration_us = 50});
    take_away(world, early); /* and its event must not fire any more */
    struct sim_fault_view view;
    sim_faults_view(world->core.faults, 0, &view);
    assert_true(view.ends_us == view.began_us + 100);
    while (sim_sched_step(world->core.sched, UINT64_MAX))
        ;
    assert_true(sim_clock_now_us(world->core.clock) == view.began_us + 100);
    assert_int_equal(sim_faults_count(world->core.faults), 0);
    assert_true(reaches(world, world->west, world->east));
}

/* --- what is told
 * ----------------------------------------------------------------------------------- */

static void test_the_trace_tells_the_story(void **state)
{
    struct world *world = *state;
    const struct sim_fault_point put = PUT, delivery = DELIVERY;
    struct sim_fault_effect effect;
    add(world, (struct sim_fault_spec){.kind = SIM_FAULT_ERROR,
                                       .region = "east",
                                       .service = "dynamodb",
                                       .plane = SIM_PLANE_DATA,
                                       .rate_ppm = 999999,
                                       .duration_us = 1000});
    sim_faults_apply(world->core.faults, &put, &effect);
    add(world, (struct sim_fault_spec){.kind = SIM_FAULT_PAUSE_REPLICATION, .to = "west"});
    sim_faults_apply(world->core.faults, &delivery, &effect);
    add(world,
        (struct sim_fault_spec){.kind = SIM_FAULT_CLOCK_SKEW, .region = "west", .skew_us = -7});
    while (sim_sched_step(world->core.sched, UINT64_MAX))
        ;
    take_away(world, 2);
    struct sim_error error;
    assert_int_equal(sim_faults_remove(world->core.faults, 2, &error), RESULT_NOT_FOUND);
    assert_string_equal(error.message, "there is no fault 2");
    assert_string_equal(
        story(world),
        "{\"t\":0,\"e\":\"fault.began\",\"r\":\"east\",\"fault\":1,\"kind\":\"error\","
        "\"region\":\"east\",\"service\":\"dynamodb\",\"plane\":\"data\",\"rate_ppm\":999999,"
        "\"duration_us\":1000,\"status\":500}\n"
        "{\"t\":0,\"e\":\"fault.hit\",\"r\":\"east\",\"fault\":1,\"kind\":\"error\","
        "\"what\":\"dynamodb.PutItem on orders in east from west\"}\n"
        "{\"t\":0,\"e\":\"fault.began\",\"r\":null,\"fault\":2,\"kind\":\"pause-replication\","
        "\"to\":\"west\"}\n"
        "{\"t\":0,\"e\":\"fault.hit\",\"r\":null,\"fault\":2,\"kind\":\"pause-replication\","
        "\"what\":\"replication on orders from east to west\"}\n"
        "{\"t\":0,\"e\":\"fault.began\",\"r\":\"west\",\"fault\":3,\"kind\":\"clock-skew\","
        "\"region\":\"west\",\"skew_us\":-7}\n"
        "{\"t\":0,\"e\":\"fault.hit\",\"r\":\"west\",\"fault\":3,\"kind\":\"clock-skew\","
        "\"what\":\"the clock of the Region\"}\n"
        "{\"t\":1000,\"e\":\"fault.ended\",\"r\":\"east\",\"fault\":1,\"kind\":\"error\","
        "\"hits\":1}\n"
        "{\"t\":1000,\"e\":\"fault.ended\",\"r\":null,\"fault\":2,\"kind\":\"pause-replication\","
        "\"hits\":1}\n");
}

static void test_views_show_what_was_asked_and_hit(void **state)
{
    struct world *world = *state;
    char table[] = "orders";
    add(world, (struct sim_fault_spec){.kind = SIM_FAULT_ERROR, .resource = table, .region = ""});
    table[0] = 'X'; /* specs are copied */
    struct sim_fault_view view;
    sim_faults_view(world->core.faults, 0, &view);
    assert_string_equal(view.spec->resource, "orders");
    assert_null(view.spec->region);
    assert_int_equal(view.spec->rate_ppm, SIM_PPM);
    assert_int_equal(view.spec->status, 500);
    assert_int_equal(view.ends_us, 0);
    assert_null(view.last_hit);
    const struct sim_fault_point put = PUT;
    struct sim_fault_effect effect;
    sim_faults_apply(world->core.faults, &put, &effect);
    sim_faults_view(world->core.faults, 0, &view);
    assert_string_equal(view.last_hit, "dynamodb.PutItem on orders in east from west");
}

struct told {
    unsigned began, ended;
    enum sim_fault_kind kind;
};

static void hear(void *context, const struct sim_fault_spec *spec, bool began)
{
    struct told *told = context;
    *(began ? &told->began : &told->ended) += 1;
    told->kind = spec->kind;
}

static void test_listeners_hear_begin_and_end_but_no_clear(void **state)
{
    struct world *world = *state;
    struct told told = {0};
    sim_faults_listen(world->core.faults, hear, &told);
    uint64_t id = add(world, (struct sim_fault_spec){.kind = SIM_FAULT_NO_NAME, .resource = "x."});
    assert_int_equal(told.kind, SIM_FAULT_NO_NAME);
    take_away(world, id);
    add(world,
        (struct sim_fault_spec){.kind = SIM_FAULT_REGION_DOWN, .region = "east", .duration_us = 5});
    size_t before = strlen(story(world));
    sim_faults_clear_all(world->core.faults, 1);
    assert_int_equal(strlen(story(world)), before);
    assert_int_equal(told.began, 2);
    assert_int_equal(told.ended, 1);
    assert_true(reaches(world, world->east, world->west));
    assert_int_equal(sim_sched_pending_count(world->core.sched), 0);
    sim_faults_unlisten(world->core.faults, hear, &told);
    assert_int_equal(add(world, (struct sim_fault_spec){.kind = SIM_FAULT_REFUSE}), 1);
    assert_int_equal(told.began, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_kinds_have_names),
        TEST(test_faults_that_make_no_sense_are_refused),
        TEST(test_upper_layers_refuse_what_can_hit_nothing),
        TEST(test_there_is_a_named_maximum),
        TEST(test_a_fault_hits_what_its_scope_names),
        TEST(test_the_first_that_ends_decides_and_latencies_add_up),
        TEST(test_a_rate_is_drawn_from_the_faults_own_stream),
        TEST(test_what_the_network_swallowed_counts_as_a_hit),
        TEST(test_network_faults_act_and_are_undone),
        TEST(test_an_expiring_fault_ends_by_itself),
        TEST(test_the_trace_tells_the_story),
        TEST(test_views_show_what_was_asked_and_hit),
        TEST(test_listeners_hear_begin_and_end_but_no_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
