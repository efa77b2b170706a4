/* One token bucket: what it allows at which moment, and how on demand the rate follows the traffic.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/throughput_meter.h"

#define UNIT       (2 * DDB_HALF_UNIT)
#define SECOND_US  SIM_US_PER_S
#define BEGIN_US   (UINT64_C(1000000) * SECOND_US)
#define CENTURY_US (UINT64_C(36525) * 86400 * SECOND_US)
#define WINDOW_US  DDB_PEAK_WINDOW_US
#define WARM_UNITS 4000

static void use(struct ddb_meter *meter, int64_t units, uint64_t at_us)
{
    ddb_meter_take(meter, units * UNIT, at_us);
    assert_true(ddb_meter_is_consistent(meter));
}

static void test_a_bucket_allows_what_came_in(void **state)
{
    static const struct {
        const char *name;
        uint64_t rate;
        int64_t used_units; /* at the begin */
        uint64_t wait_us;
        int64_t cost;
        bool is_allowed;
    } cases[] = {
        {"a new one is full", 5, 0, 0, 1500 * UNIT, true},
        {"and no more than full, but for one request", 5, 0, 0, 1501 * UNIT, true},
        {"that is not full", 5, 1, 0, 1500 * UNIT, false},
        {"nothing is left", 5, 1500, 0, 1, false},
        {"a fifth of a second brings a unit", 5, 1500, 200000, UNIT, true},
        {"a microsecond less does not", 5, 1500, 199999, UNIT, false},
        {"a microsecond brings a little", 5, 1500, 1, 5, true},
        {"and no more", 5, 1500, 1, 6, false},
        {"debt is paid first", 5, 1510, 2000000, 1, false},
        {"then there is something", 5, 1510, 2000001, 1, true},
        {"300 seconds fill it", 5, 1500, 300 * SECOND_US, 1500 * UNIT, true},
        {"a little less do not", 5, 1500, 300 * SECOND_US - 1, 1500 * UNIT, false},
        {"a century does not overflow", 40000, 40000 * 300, CENTURY_US, 40000 * 300 * UNIT, true},
        {"the greatest rate does not either", DDB_RATE_MAX, 1, CENTURY_US, 1000000 * UNIT, true},
        {"a rate of nothing gives nothing", 0, 0, 300 * SECOND_US, UNIT, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ddb_meter meter = {0};
        ddb_meter_provision(&meter, cases[i].rate, BEGIN_US);
        use(&meter, cases[i].used_units, BEGIN_US);
        if (ddb_meter_allows(&meter, cases[i].cost, BEGIN_US + cases[i].wait_us) !=
            cases[i].is_allowed)
            fail_msg("%s", cases[i].name);
    }
}

static void test_a_change_of_the_rate_keeps_what_is_left(void **state)
{
    struct ddb_meter meter = {0};
    (void)state;
    ddb_meter_provision(&meter, 10, BEGIN_US);
    use(&meter, 3000, BEGIN_US);
    ddb_meter_provision(&meter, 100, BEGIN_US + SECOND_US); /* ten came in before */
    assert_true(ddb_meter_has_room(&meter, 10 * UNIT, BEGIN_US + SECOND_US));
    assert_false(ddb_meter_has_room(&meter, 10 * UNIT + 1, BEGIN_US + SECOND_US));
    assert_true(ddb_meter_has_room(&meter, 110 * UNIT, BEGIN_US + 2 * SECOND_US));
    ddb_meter_provision(&meter, 1, BEGIN_US + 400 * SECOND_US); /* less than what had come in */
    assert_true(ddb_meter_has_room(&meter, 300 * UNIT, BEGIN_US + 400 * SECOND_US));
    assert_false(ddb_meter_has_room(&meter, 300 * UNIT + 1, BEGIN_US + 400 * SECOND_US));
}

static void test_giving_back_restores(void **state)
{
    struct ddb_meter meter = {0};
    (void)state;
    ddb_meter_provision(&meter, 1, BEGIN_US);
    use(&meter, 100, BEGIN_US);
    ddb_meter_give_back(&meter, 100 * UNIT);
    assert_true(ddb_meter_has_room(&meter, 300 * UNIT, BEGIN_US));
    ddb_meter_give_back(&meter, UNIT); /* never above what it can hold */
    assert_true(ddb_meter_is_consistent(&meter));
}

static void test_the_wait_is_until_something_is_left(void **state)
{
    struct ddb_meter meter = {0};
    (void)state;
    ddb_meter_provision(&meter, 3, BEGIN_US);
    assert_int_equal(ddb_meter_wait_us(&meter, BEGIN_US), 0);
    use(&meter, 901, BEGIN_US);
    uint64_t wait_us = ddb_meter_wait_us(&meter, BEGIN_US);
    assert_int_equal(wait_us, 333334);
    assert_false(ddb_meter_has_any(&meter, BEGIN_US + wait_us - 1));
    assert_true(ddb_meter_has_any(&meter, BEGIN_US + wait_us));
}

static void test_on_demand_follows_the_greatest_second(void **state)
{
    static const struct {
        const char *name;
        int64_t units_a_second; /* in the first half hour */
        uint64_t maximum;
        uint64_t rate; /* after it */
        enum ddb_limit limit;
    } cases[] = {
        {"little traffic leaves it at what is warm", 100, 0, WARM_UNITS, DDB_LIMIT_TRAFFIC},
        {"double the peak", 6000, 0, 12000, DDB_LIMIT_TRAFFIC},
        {"up to the quota", 30000, 0, DDB_TABLE_UNITS_MAX, DDB_LIMIT_QUOTA},
        {"below the owner's maximum", 6000, 20000, 12000, DDB_LIMIT_TRAFFIC},
        {"up to the owner's maximum", 6000, 7000, 7000, DDB_LIMIT_MAXIMUM},
        {"a maximum below what is warm", 100, 7, 7, DDB_LIMIT_MAXIMUM},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ddb_meter meter = {0};
        ddb_meter_on_demand(&meter, WARM_UNITS, cases[i].maximum, BEGIN_US);
        uint64_t before = meter.units_per_s;
        use(&meter, cases[i].units_a_second / 2, BEGIN_US + 10);
        use(&meter, cases[i].units_a_second / 2, BEGIN_US + SECOND_US - 10);
        use(&meter, cases[i].units_a_second / 2, BEGIN_US + SECOND_US); /* another second */
        assert_true(ddb_meter_has_any(&meter, BEGIN_US + WINDOW_US - 1));
        if (meter.units_per_s != before)
            fail_msg("%s: it changed too early", cases[i].name);
        assert_true(ddb_meter_has_any(&meter, BEGIN_US + WINDOW_US));
        if (meter.units_per_s != cases[i].rate || meter.limit != cases[i].limit)
            fail_msg("%s: %llu units a second by limit %d", cases[i].name,
                     (unsigned long long)meter.units_per_s, (int)meter.limit);
        assert_true(ddb_meter_has_any(&meter, BEGIN_US + 5 * WINDOW_US)); /* it does not shrink */
        assert_int_equal(meter.units_per_s, cases[i].rate);
    }
}

static void test_a_change_of_the_mode_starts_full(void **state)
{
    struct ddb_meter meter = {0};
    (void)state;
    ddb_meter_provision(&meter, 1, BEGIN_US);
    use(&meter, 300, BEGIN_US);
    ddb_meter_on_demand(&meter, WARM_UNITS, 0, BEGIN_US);
    assert_true(ddb_meter_has_room(&meter, WARM_UNITS * 300 * UNIT, BEGIN_US));
    use(&meter, WARM_UNITS * 300, BEGIN_US);
    ddb_meter_on_demand(&meter, WARM_UNITS, 5, BEGIN_US); /* the same mode: nothing is given */
    assert_false(ddb_meter_has_any(&meter, BEGIN_US));
    ddb_meter_provision(&meter, 2, BEGIN_US);
    assert_true(ddb_meter_has_room(&meter, 600 * UNIT, BEGIN_US));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bucket_allows_what_came_in),
        cmocka_unit_test(test_a_change_of_the_rate_keeps_what_is_left),
        cmocka_unit_test(test_giving_back_restores),
        cmocka_unit_test(test_the_wait_is_until_something_is_left),
        cmocka_unit_test(test_on_demand_follows_the_greatest_second),
        cmocka_unit_test(test_a_change_of_the_mode_starts_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
