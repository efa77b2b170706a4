/* test_places.c -- where a client is: distances and longest prefixes against slow oracles. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/route53/cidr.h"
#include "sim/core/random.h"

#define PAIRS  200000
#define ROUNDS 20000
#define BLOCKS 12

static double radians(int32_t hundredths)
{
    return hundredths / 100.0 * 3.14159265358979323846 / 180;
}

static double oracle_m(const struct r53_point *a, const struct r53_point *b)
{
    const double up = sin((radians(b->latitude_cdeg) - radians(a->latitude_cdeg)) / 2);
    const double across = sin((radians(b->longitude_cdeg) - radians(a->longitude_cdeg)) / 2);
    const double square =
        up * up + cos(radians(a->latitude_cdeg)) * cos(radians(b->latitude_cdeg)) * across * across;
    return 2 * 6371008.8 * asin(square > 1 ? 1 : sqrt(square));
}

static struct r53_point draw_point(struct sim_random *random)
{
    return (struct r53_point){(int32_t)sim_random_below(random, 18001) - 9000,
                              (int32_t)sim_random_below(random, 36001) - 18000};
}

static void test_distances_are_those_of_the_haversine_formula(void **state)
{
    struct sim_random random;
    (void)state;
    sim_random_init(&random, 1, "places");
    for (int i = 0; i < PAIRS; i++) {
        const struct r53_point a = draw_point(&random);
        struct r53_point b = draw_point(&random);
        double off_m = 0;
        if (i % 2 == 0) { /* near by */
            b.latitude_cdeg = a.latitude_cdeg < 0 ? a.latitude_cdeg + (int32_t)(i % 50)
                                                  : a.latitude_cdeg - (int32_t)(i % 50);
            b.longitude_cdeg = a.longitude_cdeg;
        }
        off_m = fabs((double)r53_distance_m(&a, &b) - oracle_m(&a, &b));
        /* half way around the Earth the formula itself loses digits */
        if (off_m > (oracle_m(&a, &b) > 19900000 ? 2000 : 40))
            fail_msg("%d/%d to %d/%d: off by %.0f m", a.latitude_cdeg, a.longitude_cdeg,
                     b.latitude_cdeg, b.longitude_cdeg, off_m);
        assert_int_equal(r53_distance_m(&a, &b), r53_distance_m(&b, &a));
        assert_int_equal(r53_distance_m(&a, &a), 0);
    }
}

static void test_biases_shrink_and_stretch(void **state)
{
    (void)state;
    assert_int_equal(r53_biased_distance_mm(1000, 0), 1000000);
    assert_int_equal(r53_biased_distance_mm(1000, 50), 500000);
    assert_int_equal(r53_biased_distance_mm(1000, 99), 10000);
    assert_int_equal(r53_biased_distance_mm(1000, -50), 2000000);
    assert_int_equal(r53_biased_distance_mm(1000, -99), 100000000);
    for (int bias = -98; bias <= 99; bias++)
        assert_true(r53_biased_distance_mm(5000000, bias) <
                    r53_biased_distance_mm(5000000, bias - 1));
}

/* Bit by bit. */
static bool oracle_covers(const struct r53_cidr_block *block, const struct r53_client *client)
{
    if (block->network.byte_count != client->address.byte_count ||
        block->prefix_bits > client->prefix_bits)
        return false;
    for (unsigned i = 0; i < block->prefix_bits; i++)
        if (((block->network.bytes[i / 8] ^ client->address.bytes[i / 8]) >> (7 - i % 8) & 1) != 0)
            return false;
    return true;
}

/* Few distinct bits, so that blocks nest and overlap. */
static void draw_address(struct sim_random *random, struct r53_address *address)
{
    *address = (struct r53_address){.byte_count = sim_random_chance(random, 500000) ? 4 : 16};
    for (size_t i = 0; i < address->byte_count; i++)
        address->bytes[i] =
            sim_random_chance(random, 800000) ? 0x20 : (uint8_t)(sim_random_below(random, 4) << 6);
}

static void clear_behind(struct r53_address *address, unsigned bits)
{
    for (unsigned i = bits; i < 8u * address->byte_count; i++)
        address->bytes[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
}

static void test_the_longest_block_that_covers_wins(void **state)
{
    struct sim_random random;
    (void)state;
    sim_random_init(&random, 2, "places");
    for (int round = 0; round < ROUNDS; round++) {
        struct r53_cidr_blocks blocks = {.count = 0};
        struct r53_client client = {.prefix_bits = 0};
        unsigned best = 0;
        const char *got = NULL;
        bool is_covered = false;
        for (int i = 0; i < BLOCKS; i++) {
            struct r53_cidr_block block = {.prefix_bits = 0};
            char text[R53_CIDR_TEXT_BYTES];
            struct r53_cidr_block again = {.prefix_bits = 0};
            draw_address(&random, &block.network);
            block.prefix_bits =
                (uint8_t)sim_random_below(&random, block.network.byte_count == 4 ? 25 : 49);
            clear_behind(&block.network, block.prefix_bits);
            (void)snprintf(block.location, sizeof(block.location), "%u", block.prefix_bits);
            r53_cidr_text(&block, text);
            assert_true(r53_cidr_parse(text, &again));
            assert_memory_equal(&again.network, &block.network, sizeof(again.network));
            if (r53_cidr_block_find(&blocks, &block) == NULL)
                r53_cidr_block_put(&blocks, &block);
        }
        draw_address(&random, &client.address);
        client.prefix_bits = (uint8_t)sim_random_below(&random, 8u * client.address.byte_count + 1);
        for (size_t i = 0; i < blocks.count; i++)
            if (oracle_covers(&blocks.items[i], &client)) {
                is_covered = true;
                best = blocks.items[i].prefix_bits > best ? blocks.items[i].prefix_bits : best;
            }
        got = r53_cidr_locate(&blocks, &client);
        assert_int_equal(got != NULL, is_covered);
        if (got != NULL)
            assert_int_equal(atoi(got), best);
        r53_cidr_blocks_free(&blocks);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distances_are_those_of_the_haversine_formula),
        cmocka_unit_test(test_biases_shrink_and_stretch),
        cmocka_unit_test(test_the_longest_block_that_covers_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
