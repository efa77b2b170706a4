#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/core/clock.h"

#define START_US (UINT64_C(1767225600) * SIM_US_PER_S)

static struct sim_clock *virtual_clock(uint64_t start_us)
{
    return sim_clock_create(
        &(struct sim_clock_options){.mode = SIM_CLOCK_VIRTUAL, .start_us = start_us});
}

/* Until the machine's clock shows another microsecond count. */
static void pass_some_time(void)
{
    uint64_t began_us = sim_clock_machine_us();
    while (sim_clock_machine_us() < began_us + 2000)
        ;
}

static void test_virtual_time_moves_only_when_moved(void **state)
{
    (void)state;
    struct sim_clock *clock = virtual_clock(0);
    assert_int_equal(sim_clock_now_us(clock), START_US);
    pass_some_time();
    assert_int_equal(sim_clock_now_us(clock), START_US);
    sim_clock_move_to(clock, START_US + 5);
    assert_int_equal(sim_clock_now_us(clock), START_US + 5);
    sim_clock_restart(clock, 77);
    assert_int_equal(sim_clock_now_us(clock), 77);
    sim_clock_restart(clock, 0);
    assert_int_equal(sim_clock_now_us(clock), START_US);
    assert_int_equal(sim_clock_scale_ppm(clock), 0);
    sim_clock_destroy(clock);
}

static void test_real_time_goes_on_and_never_back(void **state)
{
    (void)state;
    struct sim_clock *clock = sim_clock_create(&(struct sim_clock_options){.mode = SIM_CLOCK_REAL});
    uint64_t last_us = sim_clock_now_us(clock);
    assert_true(last_us > UINT64_C(1700000000) * SIM_US_PER_S);
    uint64_t began_us = last_us;
    pass_some_time();
    for (int i = 0; i < 1000; i++) {
        uint64_t now_us = sim_clock_now_us(clock);
        assert_true(now_us >= last_us);
        last_us = now_us;
    }
    assert_true(last_us >= began_us + 2000);
    assert_int_equal(sim_clock_scale_ppm(clock), SIM_PPM);
    sim_clock_destroy(clock);
}

static void test_scaled_time_runs_faster_or_slower(void **state)
{
    (void)state;
    static const uint64_t scales_ppm[] = {SIM_PPM / 10, SIM_PPM, 1000 * SIM_PPM,
                                          SIM_CLOCK_SCALE_MAX_PPM};
    for (size_t i = 0; i < ARRAY_LEN(scales_ppm); i++) {
        struct sim_clock *clock = sim_clock_create(&(struct sim_clock_options){
            .mode = SIM_CLOCK_SCALED, .start_us = START_US, .scale_ppm = scales_ppm[i]});
        uint64_t before_us = sim_clock_machine_us();
        uint64_t shown_us = sim_clock_now_us(clock);
        pass_some_time();
        uint64_t passed_us = sim_clock_now_us(clock) - shown_us;
        uint64_t machine_us = sim_clock_machine_us() - before_us;
        assert_true(passed_us + 1 >= 2000 * scales_ppm[i] / SIM_PPM);
        assert_true(passed_us <= machine_us * (scales_ppm[i] / 10000) / 100 + 1);
        sim_clock_destroy(clock);
    }
}

static void test_a_change_of_mode_does_not_jump(void **state)
{
    (void)state;
    struct sim_clock *clock = virtual_clock(START_US);
    sim_clock_move_to(clock, START_US + 123);
    sim_clock_set_mode(clock, SIM_CLOCK_REAL, 0);
    uint64_t real_us = sim_clock_now_us(clock);
    assert_in_range(real_us, START_US + 123, START_US + 123 + SIM_US_PER_S);
    pass_some_time();
    real_us += 2000; /* what has passed is not taken back */
    sim_clock_set_mode(clock, SIM_CLOCK_SCALED, 2 * SIM_PPM);
    uint64_t scaled_us = sim_clock_now_us(clock);
    assert_in_range(scaled_us, real_us, real_us + 2 * SIM_US_PER_S);
    sim_clock_set_mode(clock, SIM_CLOCK_VIRTUAL, 0);
    uint64_t still_us = sim_clock_now_us(clock);
    assert_in_range(still_us, scaled_us, scaled_us + 2 * SIM_US_PER_S);
    pass_some_time();
    assert_int_equal(sim_clock_now_us(clock), still_us);
    assert_int_equal(sim_clock_mode(clock), SIM_CLOCK_VIRTUAL);
    sim_clock_destroy(clock);
}

static void test_the_wait_is_in_machine_time(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum sim_clock_mode mode;
        uint64_t scale_ppm, ahead_us, low_us, high_us;
    } cases[] = {
        {"virtual: waiting does not help", SIM_CLOCK_VIRTUAL, 0, 5, UINT64_MAX, UINT64_MAX},
        {"virtual and due", SIM_CLOCK_VIRTUAL, 0, 0, 0, 0},
        {"real", SIM_CLOCK_REAL, 0, 60 * SIM_US_PER_S, 50 * SIM_US_PER_S, 60 * SIM_US_PER_S},
        {"ten times as fast", SIM_CLOCK_SCALED, 10 * SIM_PPM, 600 * SIM_US_PER_S, 50 * SIM_US_PER_S,
         60 * SIM_US_PER_S},
        {"half as fast", SIM_CLOCK_SCALED, SIM_PPM / 2, 60 * SIM_US_PER_S, 110 * SIM_US_PER_S,
         120 * SIM_US_PER_S},
        {"for ever", SIM_CLOCK_SCALED, 1, UINT64_MAX / 2, UINT64_MAX - 1, UINT64_MAX - 1},
        {"very fast, very far", SIM_CLOCK_SCALED, SIM_CLOCK_SCALE_MAX_PPM, UINT64_MAX / 2,
         UINT64_MAX / 2 / 1000000 - SIM_US_PER_S * 20, UINT64_MAX / 2 / 1000000 + 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_clock *clock = sim_clock_create(&(struct sim_clock_options){
            .mode = cases[i].mode, .start_us = START_US, .scale_ppm = cases[i].scale_ppm});
        uint64_t wait_us =
            sim_clock_wall_wait_us(clock, sim_clock_now_us(clock) + cases[i].ahead_us);
        if (wait_us < cases[i].low_us || wait_us > cases[i].high_us)
            fail_msg("%s: %llu", cases[i].name, (unsigned long long)wait_us);
        assert_int_equal(sim_clock_wall_wait_us(clock, START_US - 1), 0);
        sim_clock_destroy(clock);
    }
}

static void test_times_are_written_in_iso_8601(void **state)
{
    (void)state;
    static const struct {
        uint64_t time_us;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {START_US, "2026-01-01T00:00:00.000Z"},
        {START_US + 1999, "2026-01-01T00:00:00.001Z"},
        {UINT64_C(951868799999999), "2000-02-29T23:59:59.999Z"},
        {UINT64_C(253402300799999999), "9999-12-31T23:59:59.999Z"},
        {UINT64_C(253402300800000000), "9999-12-31T23:59:59.999Z"},
        {UINT64_MAX, "9999-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[SIM_CLOCK_TEXT_BYTES];
        sim_clock_format(cases[i].time_us, text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_virtual_time_moves_only_when_moved),
        cmocka_unit_test(test_real_time_goes_on_and_never_back),
        cmocka_unit_test(test_scaled_time_runs_faster_or_slower),
        cmocka_unit_test(test_a_change_of_mode_does_not_jump),
        cmocka_unit_test(test_the_wait_is_in_machine_time),
        cmocka_unit_test(test_times_are_written_in_iso_8601),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
