/* Parsed expressions are shared by their text, held while in use, and bounded in number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/expression_cache.h"

struct fixture {
    struct ddb_expression_cache *cache;
    struct sim_arena *arena;
    struct ddb_fault fault;
};

static int set_up(void **state)
{
    struct fixture *fixture = sim_alloc(sizeof *fixture);
    fixture->cache = ddb_expression_cache_create();
    fixture->arena = sim_arena_create();
    fixture->fault = (struct ddb_fault){.arena = fixture->arena};
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    ddb_expression_cache_destroy(fixture->cache);
    sim_arena_destroy(fixture->arena);
    free(fixture);
    return 0;
}

/* NULL: refused. */
static const struct ddb_expression *parse(struct fixture *fixture, struct sim_arena *arena,
                                          enum ddb_expression_kind kind, const char *text)
{
    const struct ddb_expression *expression = NULL;
    fixture->fault = (struct ddb_fault){.arena = fixture->arena};
    bool is_good =
        ddb_expression_cache_parse(fixture->cache, arena, kind, text, &expression, &fixture->fault);
    return is_good ? expression : NULL;
}

static void test_one_tree_serves_all_requests_with_its_text(void **state)
{
    struct fixture *fixture = *state;
    const char *text = "a = :a AND size(b) > :b";
    const struct ddb_expression *first =
        parse(fixture, fixture->arena, DDB_EXPRESSION_CONDITION, text);
    assert_non_null(first);
    assert_ptr_equal(first, parse(fixture, fixture->arena, DDB_EXPRESSION_CONDITION, text));
    const struct ddb_expression *filter =
        parse(fixture, fixture->arena, DDB_EXPRESSION_FILTER, text);
    assert_ptr_not_equal(first, filter); /* its faults have other words */
    assert_int_equal(filter->kind, DDB_EXPRESSION_FILTER);
    assert_int_equal(ddb_expression_cache_count(fixture->cache), 2);
}

static void test_faults_are_told_each_time(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 3; i++) {
        assert_null(parse(fixture, fixture->arena, DDB_EXPRESSION_UPDATE, "SET a"));
        assert_string_equal(fixture->fault.code, "ValidationException");
        assert_non_null(strstr(fixture->fault.message, "Syntax error"));
    }
    assert_int_equal(ddb_expression_cache_count(fixture->cache), 0);
}

static void test_a_held_tree_survives_its_eviction(void **state)
{
    struct fixture *fixture = *state;
    const struct ddb_expression *held =
        parse(fixture, fixture->arena, DDB_EXPRESSION_PROJECTION, "held.x[3]");
    for (unsigned i = 0; i < 2 * DDB_EXPRESSION_CACHE_MAX; i++) {
        struct sim_arena *request = sim_arena_create();
        char text[32];
        snprintf(text, sizeof text, "attribute%u", i);
        assert_non_null(parse(fixture, request, DDB_EXPRESSION_PROJECTION, text));
        sim_arena_destroy(request);
    }
    assert_int_equal(ddb_expression_cache_count(fixture->cache), DDB_EXPRESSION_CACHE_MAX);
    assert_int_equal(held->path_count, 1);
    assert_int_equal(held->paths[0].element_count, 3);
    assert_ptr_not_equal(held,
                         parse(fixture, fixture->arena, DDB_EXPRESSION_PROJECTION, "held.x[3]"));
}

static void test_what_is_used_stays(void **state)
{
    struct fixture *fixture = *state;
    const struct ddb_expression *used =
        parse(fixture, fixture->arena, DDB_EXPRESSION_PROJECTION, "used");
    for (unsigned i = 0; i < 2 * DDB_EXPRESSION_CACHE_MAX; i++) {
        char text[32];
        snprintf(text, sizeof text, "attribute%u", i);
        assert_non_null(parse(fixture, fixture->arena, DDB_EXPRESSION_PROJECTION, text));
        assert_ptr_equal(used, parse(fixture, fixture->arena, DDB_EXPRESSION_PROJECTION, "used"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_tree_serves_all_requests_with_its_text, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_faults_are_told_each_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_held_tree_survives_its_eviction, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_used_stays, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
