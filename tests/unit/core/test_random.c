#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <string.h>

#include "sim/core/random.h"

/* Golden: the same on every machine, for ever. The first four draws of each stream. */
static const struct {
    uint64_t seed;
    const char *stream;
    uint64_t drawn[4];
} golden[] = {
    {0,
     "",
     {UINT64_C(0x1e28178eedbf0f30), UINT64_C(0x32dadb1a9e4a4d08), UINT64_C(0x4ef49088479a6d5c),
      UINT64_C(0x03b90a6cd230303e)}},
    {1,
     "lag/us-east-1/us-west-2",
     {UINT64_C(0x9477d05940e78e79), UINT64_C(0x45d37e6e20ec25df), UINT64_C(0xf4947dafeed1761c),
      UINT64_C(0xc95dc0591dafe489)}},
    {UINT64_MAX,
     "lag/us-east-1/us-west-2",
     {UINT64_C(0xed8fa43d0d9f0eb3), UINT64_C(0x58c961a2379cce00), UINT64_C(0x29173f3682b59cb3),
      UINT64_C(0x2eaf3225bd374760)}},
};

static void test_the_draws_are_golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(golden); i++) {
        struct sim_random random;
        sim_random_init(&random, golden[i].seed, golden[i].stream);
        for (size_t draw = 0; draw < 4; draw++) {
            uint64_t drawn = sim_random_next(&random);
            if (drawn != golden[i].drawn[draw])
                fail_msg("seed %" PRIu64 " stream \"%s\" draw %zu: 0x%016" PRIx64, golden[i].seed,
                         golden[i].stream, draw, drawn);
        }
    }
}

/* The authors' reference: state 1, 2, 3, 4 gives these (as in the test vectors of rand_xoshiro). */
static void test_the_generator_is_xoshiro256_star_star(void **state)
{
    (void)state;
    static const uint64_t expected[] = {
        UINT64_C(11520),
        UINT64_C(0),
        UINT64_C(1509978240),
        UINT64_C(1215971899390074240),
        UINT64_C(1216172134540287360),
        UINT64_C(607988272756665600),
        UINT64_C(16172922978634559625),
        UINT64_C(8476171486693032832),
        UINT64_C(10595114339597558777),
        UINT64_C(2904607092377533576),
    };
    struct sim_random random = {{1, 2, 3, 4}};
    for (size_t i = 0; i < ARRAY_LEN(expected); i++)
        assert_true(sim_random_next(&random) == expected[i]);
}

static void test_streams_have_nothing_in_common(void **state)
{
    (void)state;
    struct sim_random streams[4];
    sim_random_init(&streams[0], 1, "a");
    sim_random_init(&streams[1], 2, "a");
    sim_random_init(&streams[2], 1, "b");
    sim_random_init(&streams[3], 1, "a/b");
    for (int draw = 0; draw < 1000; draw++) {
        uint64_t drawn[4];
        for (size_t i = 0; i < 4; i++) {
            drawn[i] = sim_random_next(&streams[i]);
            for (size_t j = 0; j < i; j++)
                assert_true(drawn[i] != drawn[j]);
        }
    }
}

static void test_draws_stay_in_their_bounds_and_reach_them(void **state)
{
    (void)state;
    static const struct {
        uint64_t low, high;
    } cases[] = {{0, 0}, {7, 7}, {0, 1}, {5, 14}, {0, UINT64_MAX}, {UINT64_MAX - 1, UINT64_MAX}};
    struct sim_random random;
    sim_random_init(&random, 3, "test");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool saw_low = false, saw_high = false;
        for (int draw = 0; draw < 1000; draw++) {
            uint64_t drawn = sim_random_between(&random, cases[i].low, cases[i].high);
            assert_true(drawn >= cases[i].low && drawn <= cases[i].high);
            saw_low = saw_low || drawn == cases[i].low;
            saw_high = saw_high || drawn == cases[i].high;
        }
        if (cases[i].high - cases[i].low < 100)
            assert_true(saw_low && saw_high);
    }
}

static void test_each_value_comes_equally_often(void **state)
{
    (void)state;
    struct sim_random random;
    sim_random_init(&random, 3, "test");
    unsigned counts[10] = {0};
    for (int draw = 0; draw < 100000; draw++)
        counts[sim_random_below(&random, 10)]++;
    for (size_t i = 0; i < 10; i++)
        assert_in_range(counts[i], 9600, 10400); /* four sigma */
}

static void test_a_chance_comes_at_its_rate(void **state)
{
    (void)state;
    static const struct {
        uint64_t rate_ppm;
        unsigned low, high;
    } cases[] = {{0, 0, 0},
                 {SIM_PPM, 100000, 100000},
                 {2 * SIM_PPM, 100000, 100000},
                 {SIM_PPM / 2, 49300, 50700},
                 {SIM_PPM / 1000, 60, 140}};
    struct sim_random random;
    sim_random_init(&random, 3, "test");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        unsigned count = 0;
        for (int draw = 0; draw < 100000; draw++)
            count += sim_random_chance(&random, cases[i].rate_ppm);
        assert_in_range(count, cases[i].low, cases[i].high);
    }
}

static void test_ids_are_stable_per_seed_and_differ(void **state)
{
    (void)state;
    struct sim_random random, again;
    sim_random_init(&random, 1, "ids");
    again = random;
    char first[SIM_UUID_TEXT_BYTES], second[SIM_UUID_TEXT_BYTES];
    sim_random_uuid(&random, first);
    sim_random_uuid(&again, second);
    assert_string_equal(first, second);
    assert_string_equal(first, "ba17d64f-60f1-59ab-967c-fde8edb5d94c");
    assert_int_equal(first[14], '5'); /* a version 5 UUID */
    sim_random_uuid(&random, second);
    assert_string_not_equal(first, second);
}

static void test_texts_are_drawn_from_their_alphabet(void **state)
{
    (void)state;
    struct sim_random random;
    sim_random_init(&random, 1, "text");
    char text[101];
    sim_random_text(&random, "ABC", text, 100);
    assert_int_equal(strlen(text), 100);
    assert_int_equal(strspn(text, "ABC"), 100);
    assert_non_null(strchr(text, 'C'));
    sim_random_text(&random, "ABC", text, 0);
    assert_string_equal(text, "");
}

static void test_fresh_seeds_differ_and_survive_a_double(void **state)
{
    (void)state;
    uint64_t first = sim_random_fresh_seed();
    assert_true(first != sim_random_fresh_seed());
    assert_true(first >> 53 == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_draws_are_golden),
        cmocka_unit_test(test_the_generator_is_xoshiro256_star_star),
        cmocka_unit_test(test_streams_have_nothing_in_common),
        cmocka_unit_test(test_draws_stay_in_their_bounds_and_reach_them),
        cmocka_unit_test(test_each_value_comes_equally_often),
        cmocka_unit_test(test_a_chance_comes_at_its_rate),
        cmocka_unit_test(test_ids_are_stable_per_seed_and_differ),
        cmocka_unit_test(test_texts_are_drawn_from_their_alphabet),
        cmocka_unit_test(test_fresh_seeds_differ_and_survive_a_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
