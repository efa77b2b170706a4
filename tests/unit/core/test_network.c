#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sim/core/network.h"

static struct sim_region *add(struct sim_network *network, const char *name)
{
    struct sim_region *region = NULL;
    assert_int_equal(sim_network_add_region(network, name, true, &region, NULL), RESULT_OK);
    return region;
}

static void test_regions_have_names_and_addresses(void **state)
{
    (void)state;
    struct sim_network *network = sim_network_create(1);
    struct sim_region *east = add(network, "us-east-1");
    struct sim_region *west = add(network, "us-west-2");
    assert_string_equal(east->address, "127.0.1.1");
    assert_string_equal(west->address, "127.0.2.1");
    assert_int_equal(west->index, 1);
    assert_int_equal(sim_network_region_count(network), 2);
    assert_ptr_equal(sim_network_region_find(network, "us-west-2"), west);
    assert_ptr_equal(sim_network_region_at_address(network, "127.0.2.1"), west);
    assert_ptr_equal(sim_network_region_by_index(network, 0), east);
    assert_null(sim_network_region_find(network, "us-west"));
    assert_null(sim_network_region_find(network, NULL));
    assert_null(sim_network_region_at_address(network, "127.0.3.1"));
    assert_null(sim_network_region_at_address(network, NULL));
    sim_network_destroy(network);
}

static void test_bad_names_are_refused(void **state)
{
    (void)state;
    char long_name[65];
    memset(long_name, 'a', 64);
    long_name[64] = '\0';
    const struct {
        const char *name, *says;
    } cases[] = {
        {"", "is not a Region name"},        {"US-EAST-1", "is not a Region name"},
        {"us east", "is not a Region name"}, {"-us", "is not a Region name"},
        {"us-", "is not a Region name"},     {"us/west", "is not a Region name"},
        {long_name, "is not a Region name"}, {"us-east-1", "exists already"},
    };
    struct sim_network *network = sim_network_create(1);
    add(network, "us-east-1");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_region *region = NULL;
        struct sim_error error;
        if (sim_network_add_region(network, cases[i].name, true, &region, &error) != RESULT_INVALID)
            fail_msg("\"%s\" was taken", cases[i].name);
        assert_non_null(strstr(error.message, cases[i].says));
        assert_null(region);
    }
    assert_int_equal(sim_network_region_count(network), 1);
    sim_network_destroy(network);
}

static void test_there_is_room_for_the_named_maximum_of_regions(void **state)
{
    (void)state;
    struct sim_network *network = sim_network_create(1);
    for (int i = 0; i < SIM_REGION_MAX; i++) {
        char name[32];
        snprintf(name, sizeof name, "region-%d", i);
        add(network, name);
    }
    struct sim_error error;
    assert_int_equal(sim_network_add_region(network, "one-more", true, NULL, &error), RESULT_LIMIT);
    sim_network_destroy(network);
}

static void test_links_join_all_pairs_with_defaults(void **state)
{
    (void)state;
    struct sim_network *network = sim_network_create(1);
    const char *const names[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++)
        add(network, names[i]);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++) {
            struct sim_region *from = sim_network_region_by_index(network, i);
            struct sim_region *to = sim_network_region_by_index(network, j);
            struct sim_link *link = sim_network_link_get(network, from, to);
            assert_ptr_equal(link->from, from);
            assert_ptr_equal(link->to, to);
            assert_int_equal(link->drain_per_s, 3000);
            assert_true(sim_network_is_reachable(network, from, to));
            assert_int_equal(sim_network_latency_us(network, from, to), i == j ? 200 : 30000);
            char text[SIM_LAG_TEXT_BYTES];
            sim_lag_format(&link->replication, text);
            assert_string_equal(text, "lognormal(800ms,1.2s)");
        }
    sim_network_destroy(network);
}

struct told {
    unsigned count;
    struct sim_region *region;
    struct sim_link *link;
    struct sim_network *network;
    bool leave;
};

static void hear(void *context, struct sim_region *region, struct sim_link *link)
{
    struct told *told = context;
    told->count++;
    told->region = region;
    told->link = link;
    if (told->leave)
        sim_network_unlisten(told->network, hear, told);
}

static void test_a_region_is_down_while_anything_holds_it_down(void **state)
{
    (void)state;
    struct sim_network *network = sim_network_create(1);
    struct sim_region *a = add(network, "a"), *b = add(network, "b");
    struct told told = {0};
    sim_network_listen(network, hear, &told);
    sim_network_set_region_down(network, a, true);
    assert_ptr_equal(told.region, a);
    assert_null(told.link);
    sim_network_set_region_down(network, a, true);
    assert_int_equal(told.count, 1); /* the second changed nothing */
    assert_false(sim_network_is_reachable(network, a, b));
    assert_false(sim_network_is_reachable(network, b, a));
    assert_false(sim_network_is_reachable(network, a, a));
    assert_true(sim_network_is_reachable(network, b, b));
    sim_network_set_region_down(network, a, false);
    assert_false(sim_network_is_reachable(network, a, b));
    sim_network_set_region_down(network, a, false);
    assert_true(sim_network_is_reachable(network, a, b));
    assert_int_equal(told.count, 2);
    sim_network_destroy(network);
}

static void test_a_cut_has_one_direction(void **state)
{
    (void)state;
    struct sim_network *network = sim_network_create(1);
    struct sim_region *a = add(network, "a"), *b = add(network, "b");
    struct told told = {0};
    sim_network_listen(network, hear, &told);
    struct sim_link *link = sim_network_link_get(network, a, b);
    sim_network_set_link_cut(network, link, true);
    assert_ptr_equal(told.link, link);
    assert_false(sim_network_is_reachable(network, a, b));
    assert_true(sim_network_is_reachable(network, b, a));
    sim_network_set_link_cut(network, link, false);
    assert_true(sim_network_is_reachable(network, a, b));
    assert_int_equal(told.count, 2);
    sim_network_unlisten(network, hear, &told);
    sim_network_unlisten(network, hear, &told); /* no longer there: nothing */
    sim_network_set_link_cut(network, link, true);
    assert_int_equal(told.count, 2);
    sim_network_destroy(network);
}

static void test_a_listener_may_leave_while_it_is_called(void **state)
{
    (void)state;
    struct sim_network *network = sim_network_create(1);
    struct sim_region *a = add(network, "a");
    struct told first = {.network = network, .leave = true}, second = {0};
    sim_network_listen(network, hear, &first);
    sim_network_listen(network, hear, &second);
    sim_network_set_skew(network, a, 5);
    sim_network_set_skew(network, a, 5); /* no change */
    sim_network_set_skew(network, a, -5);
    assert_int_equal(first.count, 1);
    assert_int_equal(second.count, 2);
    assert_true(a->skew_us == -5);
    sim_network_destroy(network);
}

static uint64_t draw(struct sim_network *network)
{
    struct sim_region *from = sim_network_region_find(network, "a");
    struct sim_region *to = sim_network_region_find(network, "b");
    struct sim_link *link = sim_network_link_get(network, from, to);
    return sim_lag_sample_us(&link->replication, &link->replication_random);
}

static void test_each_link_draws_from_its_own_stream(void **state)
{
    (void)state;
    struct sim_network *plain = sim_network_create(7), *busy = sim_network_create(7);
    add(plain, "a");
    add(plain, "b");
    add(busy, "z"); /* other Regions, other order, other draws */
    struct sim_region *b = add(busy, "b");
    struct sim_region *a = add(busy, "a");
    struct sim_link *back = sim_network_link_get(busy, b, a);
    unsigned same = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t there_us = draw(busy);
        same += sim_lag_sample_us(&back->replication, &back->replication_random) == there_us;
        assert_int_equal(draw(plain), there_us);
    }
    assert_true(same < 3); /* the way back has draws of its own */
    sim_network_destroy(plain);
    sim_network_destroy(busy);
}

static void test_clear_begins_again_from_the_seed(void **state)
{
    (void)state;
    struct sim_network *network = sim_network_create(7);
    struct told told = {0};
    sim_network_listen(network, hear, &told);
    add(network, "a");
    add(network, "b");
    uint64_t first_us = draw(network), second_us = draw(network);
    assert_true(first_us != second_us);
    sim_network_clear(network, 7);
    assert_int_equal(sim_network_region_count(network), 0);
    assert_null(sim_network_region_find(network, "a"));
    struct sim_region *a = add(network, "a");
    assert_int_equal(a->index, 0);
    add(network, "b");
    assert_int_equal(draw(network), first_us);
    sim_network_set_region_down(network, a, true); /* listeners stay */
    assert_int_equal(told.count, 1);
    sim_network_clear(network, 8);
    add(network, "a");
    add(network, "b");
    assert_true(draw(network) != first_us);
    sim_network_destroy(network);
}

static void test_two_networks_do_not_notice_each_other(void **state)
{
    (void)state;
    struct sim_network *alone = sim_network_create(7);
    add(alone, "a");
    add(alone, "b");
    uint64_t expected_us[10];
    for (size_t i = 0; i < ARRAY_LEN(expected_us); i++)
        expected_us[i] = draw(alone);
    struct sim_network *one = sim_network_create(7), *two = sim_network_create(9);
    add(one, "a");
    add(two, "a");
    add(one, "b");
    add(two, "b");
    sim_network_set_region_down(two, sim_network_region_find(two, "a"), true);
    for (size_t i = 0; i < ARRAY_LEN(expected_us); i++) {
        draw(two);
        assert_int_equal(draw(one), expected_us[i]);
    }
    assert_int_equal(sim_network_region_find(one, "a")->down_count, 0);
    sim_network_destroy(alone);
    sim_network_destroy(one);
    sim_network_destroy(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regions_have_names_and_addresses),
        cmocka_unit_test(test_bad_names_are_refused),
        cmocka_unit_test(test_there_is_room_for_the_named_maximum_of_regions),
        cmocka_unit_test(test_links_join_all_pairs_with_defaults),
        cmocka_unit_test(test_a_region_is_down_while_anything_holds_it_down),
        cmocka_unit_test(test_a_cut_has_one_direction),
        cmocka_unit_test(test_a_listener_may_leave_while_it_is_called),
        cmocka_unit_test(test_each_link_draws_from_its_own_stream),
        cmocka_unit_test(test_clear_begins_again_from_the_seed),
        cmocka_unit_test(test_two_networks_do_not_notice_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
