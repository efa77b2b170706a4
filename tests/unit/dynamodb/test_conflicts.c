/* Lost writes: who won, why, and how many of them are remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/conflict_log.h"
#include "sim/core/buffer.h"
#include "tests/unit/dynamodb/fixture_world.h"

#define TAB "'TableName':'tab'"

/* --- two writes that do not know of each other ---------------------------------------------------
 */

struct write {
    const char *region; /* NULL: none */
    bool is_delete;
};

static void write(struct world *world, const struct write *write)
{
    struct sim_buffer json;
    sim_buffer_init(&json);
    if (write->is_delete)
        sim_buffer_append_text(&json, "{" TAB ",'Key':{'pk':{'S':'a'},'sk':{'S':'1'}}}");
    else
        sim_buffer_printf(&json, "{" TAB ",'Item':{'pk':{'S':'a'},'sk':{'S':'1'},'by':{'S':'%s'}}}",
                          write->region);
    assert_string_equal(
        world_say(world, write->region, write->is_delete ? "DeleteItem" : "PutItem", json.data),
        "{}");
    sim_buffer_fini(&json);
}

static char *conflicts(struct world *world, const struct ddb_conflict_filter *filter)
{
    cJSON *answer = ddb_conflicts_of(world->ddb, filter);
    cJSON *list = cJSON_DetachItemFromObject(answer, "Conflicts");
    char *text = cJSON_PrintUnformatted(list);
    cJSON_Delete(list);
    cJSON_Delete(answer);
    for (char *at = text; *at != '\0'; at++)
        *at = *at == '"' ? '\'' : *at;
    return text;
}

static const struct {
    const char *name;
    int64_t east_skew_us;
    struct write first;
    uint64_t gap_us;
    struct write second;
    const char *wanted[4];
} cases[] = {
    {"the later time wins",
     0,
     {EAST, false},
     1000,
     {WEST, false},
     {"'reason':'later-time','clockSkew':false,'winner':{'region':'us-west-2','write':'put'",
      "'loser':{'region':'us-east-1','write':'put'", "'region':'us-east-1','key'"}},
    {"a tie goes to the later name",
     0,
     {WEST, false},
     0,
     {EAST, false},
     {"'reason':'region-name','clockSkew':false,'winner':{'region':'us-west-2'"}},
    {"a delete wins like a put",
     0,
     {EAST, false},
     1,
     {WEST, true},
     {"'winner':{'region':'us-west-2','write':'delete'", "'item':null},'loser'",
      "'by':{'S':'us-east-1'}"}},
    {"a delete is lost like a put",
     0,
     {EAST, true},
     1,
     {WEST, false},
     {"'loser':{'region':'us-east-1','write':'delete'", "'item':null}}"}},
    {"a fast clock wins against the truth",
     60000000,
     {EAST, false},
     500000,
     {WEST, false},
     {"'reason':'later-time','clockSkew':true,'winner':{'region':'us-east-1'"}},
    {"a fast clock may win rightly",
     60000000,
     {WEST, false},
     1000,
     {EAST, false},
     {"'reason':'later-time','clockSkew':false,'winner':{'region':'us-east-1'"}},
    {"a slow clock may bring about a tie",
     -1000,
     {WEST, false},
     1000,
     {EAST, false},
     {"'reason':'region-name','clockSkew':true,'winner':{'region':'us-west-2'"}},
};

static void test_each_lost_write_says_why(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world *world = *state;
        world_make_global(world, "tab");
        write(world, &(struct write){EU, false}); /* so that there is something to delete */
        world_idle(world);
        struct sim_fault_spec skew = {
            .kind = SIM_FAULT_CLOCK_SKEW, .region = EAST, .skew_us = cases[i].east_skew_us};
        if (skew.skew_us != 0)
            (void)world_break(world, &skew);
        write(world, &cases[i].first);
        world_advance(world, cases[i].gap_us);
        write(world, &cases[i].second);
        world_idle(world);
        const struct ddb_conflict_filter all = {0};
        char *told = conflicts(world, &all);
        for (size_t k = 0; k < ARRAY_LEN(cases[i].wanted) && cases[i].wanted[k] != NULL; k++)
            world_expect_in(cases[i].name, told, cases[i].wanted[k]);
        cJSON_free(told);
        assert_int_equal(world_teardown(state), 0);
        assert_int_equal(world_setup(state), 0);
    }
}

/* --- the filter ----------------------------------------------------------------------------------
 */

static size_t count(struct world *world, const char *table, const char *region, uint64_t since_us)
{
    const struct ddb_conflict_filter filter = {table, region, since_us};
    cJSON *answer = ddb_conflicts_of(world->ddb, &filter);
    int size = cJSON_GetArraySize(cJSON_GetObjectItem(answer, "Conflicts"));
    cJSON_Delete(answer);
    return (size_t)size;
}

static void test_conflicts_are_found_by_table_region_and_time(void **state)
{
    struct world *world = *state;
    world_make_global(world, "tab");
    for (int i = 0; i < 2; i++) {
        write(world, &(struct write){EAST, false});
        world_advance(world, 10);
        write(world, &(struct write){WEST, false});
        world_advance(world, 10 * SIM_US_PER_S);
    }
    uint64_t now_us = sim_clock_now_us(world->core.clock);
    assert_int_equal(count(world, NULL, NULL, 0), 2);
    assert_int_equal(count(world, "tab", EAST, 0), 2);
    assert_int_equal(count(world, "tab", WEST, 0), 2);
    assert_int_equal(count(world, "other", NULL, 0), 0);
    assert_int_equal(count(world, NULL, EU, 0), 0);
    assert_int_equal(count(world, NULL, NULL, now_us - 10 * SIM_US_PER_S), 1);
    assert_int_equal(count(world, NULL, NULL, now_us), 0);
}

/* --- what is remembered --------------------------------------------------------------------------
 */

static void test_the_log_is_bounded_in_number_and_bytes(void **state UNUSED)
{
    struct ddb_conflict_log *log = ddb_conflict_log_create();
    struct ddb_conflict conflict = {.table = "tab",
                                    .region = EAST,
                                    .key = "{}",
                                    .winner = {.region = WEST, .item = "{}"},
                                    .loser = {.region = EAST}};
    const struct ddb_conflict_filter last = {.since_us = DDB_CONFLICTS_MAX + 99};
    for (uint64_t i = 0; i < DDB_CONFLICTS_MAX + 100; i++) {
        conflict.at_us = i;
        ddb_conflict_log_add(log, &conflict);
    }
    assert_int_equal(ddb_conflict_log_count(log), DDB_CONFLICTS_MAX);
    cJSON *answer = ddb_conflict_log_print(log, &last);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(answer, "Conflicts")), 1);
    assert_int_equal(cJSON_GetObjectItem(answer, "Count")->valueint, DDB_CONFLICTS_MAX + 100);
    cJSON_Delete(answer);
    size_t bytes = (size_t)1024 * 1024;
    char *item = sim_alloc(bytes + 1);
    memset(item, '1', bytes);
    conflict.winner.item = item;
    for (size_t i = 0; i < 2 * DDB_CONFLICTS_MAX_BYTES / bytes; i++)
        ddb_conflict_log_add(log, &conflict);
    assert_in_range(ddb_conflict_log_count(log), 2, DDB_CONFLICTS_MAX_BYTES / bytes);
    free(item);
    ddb_conflict_log_destroy(log);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_lost_write_says_why),
        TEST(test_conflicts_are_found_by_table_region_and_time),
        cmocka_unit_test(test_the_log_is_bounded_in_number_and_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
