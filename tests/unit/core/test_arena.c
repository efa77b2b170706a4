#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "sim/core/arena.h"

static void test_blocks_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 3, 16, 100, 2047, 2048, 2049, 8192, 100000};
    struct sim_arena *arena = sim_arena_create();
    unsigned char *blocks[ARRAY_LEN(sizes)];
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        blocks[i] = sim_arena_alloc(arena, sizes[i]);
        if ((uintptr_t)blocks[i] % alignof(max_align_t) != 0)
            fail_msg("%zu bytes: not aligned", sizes[i]);
        for (size_t at = 0; at < sizes[i]; at++)
            if (blocks[i][at] != 0)
                fail_msg("%zu bytes: not zero at %zu", sizes[i], at);
        memset(blocks[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        for (size_t at = 0; at < sizes[i]; at++)
            if (blocks[i][at] != i + 1)
                fail_msg("%zu bytes: overwritten at %zu", sizes[i], at);
    sim_arena_destroy(arena);
}

static void test_many_small_blocks_keep_their_contents(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static char *texts[COUNT];
    struct sim_arena *arena = sim_arena_create();
    for (int i = 0; i < COUNT; i++)
        texts[i] = sim_arena_printf(arena, "item %d", i);
    for (int i = 0; i < COUNT; i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "item %d", i);
        assert_string_equal(texts[i], expected);
    }
    sim_arena_destroy(arena);
}

static void test_copies_are_exact(void **state)
{
    (void)state;
    struct sim_arena *arena = sim_arena_create();
    assert_string_equal(sim_arena_strdup(arena, ""), "");
    assert_string_equal(sim_arena_strndup(arena, "us-east-1/x", 9), "us-east-1");
    assert_memory_equal(sim_arena_memdup(arena, "a\0b", 3), "a\0b", 3);
    assert_non_null(sim_arena_memdup(arena, "", 0));
    const uint32_t *numbers = sim_arena_alloc_array(arena, 3, sizeof *numbers);
    assert_int_equal(numbers[2], 0);
    char long_text[6000];
    memset(long_text, 'y', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    assert_string_equal(sim_arena_printf(arena, "%s!", long_text) + sizeof long_text - 2, "y!");
    sim_arena_destroy(arena);
}

struct order {
    char text[8];
};

static void append_a(void *order)
{
    strncat(((struct order *)order)->text, "a", 2);
}

static void append_b(void *order)
{
    strncat(((struct order *)order)->text, "b", 2);
}

static void test_deferred_releases_run_last_first(void **state)
{
    (void)state;
    struct order order = {""};
    struct sim_arena *arena = sim_arena_create();
    sim_arena_defer(arena, append_a, &order);
    sim_arena_defer(arena, append_b, &order);
    assert_string_equal(order.text, "");
    sim_arena_destroy(arena);
    assert_string_equal(order.text, "ba");
}

static void test_a_cleared_arena_is_like_a_new_one(void **state)
{
    (void)state;
    struct order order = {""};
    struct sim_arena *arena = sim_arena_create();
    sim_arena_defer(arena, append_a, &order);
    for (int round = 0; round < 3; round++) {
        for (size_t bytes = 1; bytes < 20000; bytes = bytes * 3 + 1) {
            unsigned char *block = sim_arena_alloc(arena, bytes);
            for (size_t at = 0; at < bytes; at++)
                if (block[at] != 0)
                    fail_msg("round %d: %zu bytes: not zero at %zu", round, bytes, at);
            memset(block, 0xff, bytes);
        }
        sim_arena_clear(arena);
        assert_string_equal(order.text, "a"); /* once */
    }
    sim_arena_destroy(arena);
    assert_string_equal(order.text, "a");
}

static void test_destroying_nothing_is_allowed(void **state)
{
    (void)state;
    sim_arena_destroy(NULL);
    sim_arena_destroy(sim_arena_create());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_are_zeroed_aligned_and_apart),
        cmocka_unit_test(test_many_small_blocks_keep_their_contents),
        cmocka_unit_test(test_copies_are_exact),
        cmocka_unit_test(test_deferred_releases_run_last_first),
        cmocka_unit_test(test_a_cleared_arena_is_like_a_new_one),
        cmocka_unit_test(test_destroying_nothing_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
