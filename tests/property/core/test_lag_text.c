#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Random lags survive being written and read, their draws stay within bounds, and random texts are
 * taken or refused, never worse. REGIONLAB_SEED repeats one run. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/duration.h"
#include "sim/core/lag.h"

/* From microseconds to centuries, each magnitude equally often. */
static uint64_t any_duration(struct sim_random *random)
{
    uint64_t us = sim_random_next(random) >> sim_random_between(random, 12, 63);
    static const uint64_t units[] = {1, 1000, 1000000, 60000000, UINT64_C(3600000000)};
    if (sim_random_chance(random, SIM_PPM / 2)) {
        uint64_t unit = units[sim_random_below(random, ARRAY_LEN(units))];
        us = us % 1000 * unit;
    }
    return us <= SIM_DURATION_MAX_US ? us : SIM_DURATION_MAX_US;
}

static struct sim_lag any_lag(struct sim_random *random)
{
    struct sim_lag lag;
    uint64_t a_us = any_duration(random), b_us = any_duration(random);
    uint64_t low_us = a_us < b_us ? a_us : b_us, high_us = a_us < b_us ? b_us : a_us;
    switch (sim_random_below(random, 3)) {
    case 0:
        sim_lag_init_constant(&lag, a_us);
        break;
    case 1:
        sim_lag_init_uniform(&lag, low_us, high_us);
        break;
    default:
        low_us = low_us > 0 ? low_us : 1;
        sim_lag_init_lognormal(&lag, low_us, high_us > low_us ? high_us : low_us);
        break;
    }
    if (sim_random_chance(random, SIM_PPM / 2))
        lag.base_us = any_duration(random);
    return lag;
}

static void check_bounds(uint64_t seed, const struct sim_lag *lag, uint64_t sample_us)
{
    double low = (double)lag->low_us, high = (double)lag->high_us;
    if (lag->kind == SIM_LAG_CONSTANT)
        high = low;
    if (lag->kind == SIM_LAG_LOGNORMAL) { /* the table ends at 3.65 sigma: 1.57 times the p99's */
        double widest = pow(high / low, 1.57);
        high = low * widest;
        low = low / widest;
        if (high > (double)SIM_DURATION_MAX_US)
            high = (double)SIM_DURATION_MAX_US;
    }
    double drawn = (double)(sample_us - lag->base_us);
    if (sample_us < lag->base_us || drawn < low * 0.999 - 1 || drawn > high * 1.001 + 1)
        fail_msg("seed %" PRIu64 ": drew %" PRIu64 " from kind %d %" PRIu64 " %" PRIu64, seed,
                 sample_us, (int)lag->kind, lag->low_us, lag->high_us);
}

static void round_trip(uint64_t seed, struct sim_random *random)
{
    struct sim_lag lag = any_lag(random), read;
    char text[SIM_LAG_TEXT_BYTES], again[SIM_LAG_TEXT_BYTES];
    struct sim_error error;
    sim_lag_format(&lag, text);
    if (sim_lag_parse(text, &read, &error) != RESULT_OK)
        fail_msg("seed %" PRIu64 ": \"%s\": %s", seed, text, error.message);
    if (read.kind != lag.kind || read.low_us != lag.low_us || read.high_us != lag.high_us ||
        read.base_us != lag.base_us)
        fail_msg("seed %" PRIu64 ": \"%s\" is read as something else", seed, text);
    sim_lag_format(&read, again);
    assert_string_equal(text, again);
    struct sim_random left = *random, right = *random;
    for (int i = 0; i < 5; i++) {
        uint64_t sample_us = sim_lag_sample_us(&lag, &left);
        if (sample_us != sim_lag_sample_us(&read, &right))
            fail_msg("seed %" PRIu64 ": \"%s\" draws differently", seed, text);
        check_bounds(seed, &lag, sample_us);
    }
    *random = left;
    sim_lag_fini(&read);
}

/* A good text with some characters changed, or none at all of a good one. */
static void any_text(struct sim_random *random, char *text, size_t bytes)
{
    static const char alphabet[] = "0123456789.hmsu+-(), lognormaltrace";
    if (sim_random_chance(random, SIM_PPM / 4)) {
        sim_random_text(random, alphabet, text, sim_random_below(random, bytes - 1));
        return;
    }
    struct sim_lag lag = any_lag(random);
    sim_lag_format(&lag, text);
    size_t length = strlen(text);
    for (uint64_t i = sim_random_between(random, 1, 3); i > 0; i--) {
        size_t at = sim_random_below(random, length);
        if (sim_random_chance(random, SIM_PPM / 4))
            text[at] = (char)sim_random_between(random, 1, 255);
        else
            text[at] = alphabet[sim_random_below(random, sizeof alphabet - 1)];
    }
}

static void parse_anything(uint64_t seed, struct sim_random *random)
{
    char text[SIM_LAG_TEXT_BYTES];
    any_text(random, text, sizeof text);
    struct sim_lag lag = {.low_us = 42};
    struct sim_error error = {0};
    if (sim_lag_parse(text, &lag, &error) == RESULT_OK) {
        check_bounds(seed, &lag, sim_lag_sample_us(&lag, random));
        sim_lag_fini(&lag);
    } else if (error.message[0] == '\0' || lag.low_us != 42) {
        fail_msg("seed %" PRIu64 ": \"%s\" was refused without a word, or left a mark", seed, text);
    }
}

static void run(uint64_t seed)
{
    struct sim_random random;
    sim_random_init(&random, seed, "test/lag");
    for (int i = 0; i < 10000; i++) {
        round_trip(seed, &random);
        parse_anything(seed, &random);
    }
}

static void test_lags_survive_their_text_and_keep_their_bounds(void **state)
{
    (void)state;
    const char *wanted = getenv("REGIONLAB_SEED");
    if (wanted != NULL) {
        run(strtoull(wanted, NULL, 10));
        return;
    }
    uint64_t seeds = getenv("REGIONLAB_LONG") != NULL ? 200 : 5;
    printf("seeds 1 to %" PRIu64 ", 10000 lags and texts each\n", seeds);
    for (uint64_t seed = 1; seed <= seeds; seed++)
        run(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lags_survive_their_text_and_keep_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
