/* The small parts that replication stands on: versions, what was seen, the logs, service times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/change_log.h"
#include "emulators/dynamodb/conflict_log.h"
#include "emulators/dynamodb/service_time.h"
#include "emulators/dynamodb/transaction_tokens.h"
#include "emulators/dynamodb/version.h"
#include "tests/unit/dynamodb/fixture_world.h"

#define V(us, region) ((struct ddb_version){.written_us = (us), .origin = (region)})

static void test_the_later_version_wins_then_the_name(void **state)
{
    struct world *world = *state; /* 0 us-east-1, 1 us-west-2, 2 eu-west-1 */
    static const struct {
        struct ddb_version a, b;
        int wanted;
    } cases[] = {
        {{1, 0}, {2, 0}, -1}, {{2, 0}, {1, 1}, 1},  {{5, 0}, {5, 0}, 0},
        {{5, 0}, {5, 1}, -1}, {{5, 2}, {5, 0}, -1}, {{0, 0}, {0, 2}, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(ddb_version_compare(world->core.network, cases[i].a, cases[i].b),
                         cases[i].wanted);
        assert_int_equal(ddb_version_compare(world->core.network, cases[i].b, cases[i].a),
                         -cases[i].wanted);
    }
}

static void test_what_was_seen_survives_storing(void **state)
{
    (void)state;
    struct ddb_seen seen = {0};
    struct ddb_seen again;
    unsigned char bytes[DDB_SEEN_BYTES_MAX];
    ddb_seen_add(&seen, V(7, 2));
    assert_int_equal(ddb_seen_encode(&seen, V(7, 2), bytes), 0); /* its own version alone */
    ddb_seen_add(&seen, V(5, 0));
    ddb_seen_add(&seen, V(4, 0)); /* older: changes nothing */
    ddb_seen_add(&seen, V(0, 1)); /* none */
    size_t length = ddb_seen_encode(&seen, V(7, 2), bytes);
    assert_int_equal(length, DDB_SEEN_ENTRY_BYTES);
    ddb_seen_decode(&again, bytes, length, V(7, 2));
    static const struct {
        struct ddb_version version;
        bool wanted;
    } cases[] = {
        {{5, 0}, true},  {{4, 0}, true},  {{6, 0}, false}, {{7, 2}, true},
        {{8, 2}, false}, {{1, 1}, false}, {{0, 0}, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(ddb_seen_includes(&again, cases[i].version), cases[i].wanted);
    static const unsigned char foreign[] = {255, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    ddb_seen_decode(&again, foreign, sizeof foreign, V(0, 0));
    assert_int_equal(again.count, 0);
}

static void append(struct ddb_change_log *log, uint64_t at_us, bool is_replicated, bool is_kept)
{
    struct ddb_change change = {.committed_us = at_us,
                                .version = V(at_us, 0),
                                .key = {.bytes = (const uint8_t *)"k", .length_bytes = 1},
                                .new_item = "{}",
                                .seen = "",
                                .is_replicated = is_replicated};
    struct sim_error error = {0};
    if (ddb_log_append(log, &change, is_kept, &error) != RESULT_OK)
        fail_msg("%s", error.message);
}

static uint64_t next(struct ddb_change_log *log, uint64_t after, enum ddb_log_which which)
{
    struct sim_arena *arena = sim_arena_create();
    struct ddb_change change;
    bool found = false;
    assert_int_equal(ddb_log_next(log, after, which, arena, &change, &found, NULL), RESULT_OK);
    uint64_t sequence = found ? change.sequence : 0;
    sim_arena_destroy(arena);
    return sequence;
}

static void test_the_change_log_is_read_and_trimmed(void **state)
{
    (void)state;
    struct sim_store *store = NULL;
    struct ddb_change_log log = {0};
    assert_int_equal(sim_store_open(&(struct sim_store_options){.path = NULL}, &store, NULL),
                     RESULT_OK);
    assert_int_equal(ddb_log_create(&log, store, 1, NULL), RESULT_OK);
    append(&log, 10, false, false); /* 1: nobody reads yet */
    append(&log, 20, false, true);  /* 2 */
    append(&log, 30, true, true);   /* 3 */
    append(&log, 40, true, true);   /* 4 */
    append(&log, 50, false, true);  /* 5 */
    assert_int_equal(log.first_sequence, 2);
    assert_int_equal(next(&log, 0, DDB_LOG_ALL), 2);
    assert_int_equal(next(&log, 2, DDB_LOG_ALL), 3);
    assert_int_equal(next(&log, 2, DDB_LOG_LOCAL), 5);
    assert_int_equal(next(&log, 5, DDB_LOG_ALL), 0);
    assert_int_equal(ddb_log_trim(&log, 4, 35, 100, NULL), RESULT_OK); /* by time: 2 and 3 */
    assert_int_equal(next(&log, 0, DDB_LOG_ALL), 4);
    assert_int_equal(ddb_log_trim(&log, 5, UINT64_MAX, 1, NULL), RESULT_OK); /* by count: 4 */
    assert_int_equal(next(&log, 0, DDB_LOG_ALL), 5);
    assert_int_equal(ddb_log_trim(&log, 4, UINT64_MAX, 100, NULL), RESULT_OK); /* by reader */
    assert_int_equal(next(&log, 0, DDB_LOG_ALL), 5);
    assert_int_equal(ddb_log_trim(&log, 5, UINT64_MAX, 100, NULL), RESULT_OK);
    assert_int_equal(next(&log, 0, DDB_LOG_ALL), 0);
    assert_int_equal(log.first_sequence, 6);
    ddb_log_fini(&log);
    sim_store_close(store);
}

static void test_the_conflict_log_keeps_the_newest(void **state)
{
    (void)state;
    struct ddb_conflict_log *log = ddb_conflict_log_create();
    for (uint64_t i = 1; i <= DDB_CONFLICTS_MAX + 5; i++) {
        struct ddb_conflict conflict = {.at_us = i,
                                        .table = "tab",
                                        .region = EAST,
                                        .key = "{}",
                                        .winner = {.region = WEST, .written_us = i},
                                        .loser = {.region = EAST, .written_us = i, .item = "{}"}};
        ddb_conflict_log_add(log, &conflict);
    }
    assert_int_equal(ddb_conflict_log_count(log), DDB_CONFLICTS_MAX);
    cJSON *printed = ddb_conflict_log_print(log, &(struct ddb_conflict_filter){0});
    const cJSON *list = wire_member(printed, "Conflicts");
    assert_int_equal(cJSON_GetArraySize(list), DDB_CONFLICTS_MAX);
    assert_int_equal(wire_integer(list->child, "at", 0), 6);
    assert_int_equal(wire_integer(list->child->prev, "at", 0), DDB_CONFLICTS_MAX + 5);
    assert_int_equal(wire_integer(printed, "Count", 0), DDB_CONFLICTS_MAX + 5);
    cJSON_Delete(printed);
    ddb_conflict_log_destroy(log);
}

static void test_tokens_live_ten_minutes(void **state)
{
    (void)state;
    struct ddb_token_list *tokens = ddb_tokens_create(NULL, "us-east-1");
    assert_int_equal(ddb_tokens_ask(tokens, "a", "body", 0), DDB_TOKEN_NEW);
    ddb_tokens_add(tokens, "a", "body", 0);
    assert_int_equal(ddb_tokens_ask(tokens, "a", "body", DDB_TOKEN_LIFE_US - 1),
                     DDB_TOKEN_REPEATED);
    assert_int_equal(ddb_tokens_ask(tokens, "a", "other", DDB_TOKEN_LIFE_US - 1),
                     DDB_TOKEN_MISMATCH);
    assert_int_equal(ddb_tokens_ask(tokens, "b", "body", 1), DDB_TOKEN_NEW);
    assert_int_equal(ddb_tokens_ask(tokens, "a", "body", DDB_TOKEN_LIFE_US), DDB_TOKEN_NEW);
    ddb_tokens_destroy(tokens);
}

static void test_service_times_are_as_published(void **state)
{
    static const struct {
        const char *operation;
        uint64_t low_us, high_us; /* nine in ten lie between them */
    } cases[] = {
        {"GetItem", 2000, 6000},
        {"PutItem", 2000, 6000},
        {"Query", 2500, 7500},
        {"TransactWriteItems", 8000, 14000},
    };
    (void)state;
    struct ddb_service_times *times = ddb_service_times_create(1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct wire_operation *operation =
            wire_operation_find(&ddb_service, cases[i].operation);
        assert_non_null(operation);
        int inside = 0;
        for (int k = 0; k < 1000; k++) {
            uint64_t time_us = ddb_service_time_us(times, operation);
            inside += time_us >= cases[i].low_us && time_us <= cases[i].high_us ? 1 : 0;
        }
        assert_true(inside >= 900);
    }
    ddb_service_times_destroy(times);
}

static void test_every_operation_of_the_model_has_its_row(void **state)
{
    (void)state;
    assert_int_equal(ddb_service.operation_count, 57);
    assert_int_equal(ddb_streams_service.operation_count, 4);
    for (size_t i = 1; i < ddb_service.operation_count; i++)
        assert_true(strcmp(ddb_service.operations[i - 1].name, ddb_service.operations[i].name) < 0);
    for (size_t i = 0; i < ddb_service.operation_count; i++)
        assert_non_null(ddb_service.operations[i].handle); /* nothing is missing any more */
    (void)state;
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_the_later_version_wins_then_the_name),
        cmocka_unit_test(test_what_was_seen_survives_storing),
        cmocka_unit_test(test_the_change_log_is_read_and_trimmed),
        cmocka_unit_test(test_the_conflict_log_keeps_the_newest),
        cmocka_unit_test(test_tokens_live_ten_minutes),
        cmocka_unit_test(test_service_times_are_as_published),
        TEST(test_every_operation_of_the_model_has_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
