/* Numbers: their form, limits, arithmetic and order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "emulators/dynamodb/number.h"

#define D38   "12345678901234567890123456789012345678"
#define NINES "99999999999999999999999999999999999999"
#define OVER                                                                                       \
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
#define UNDER                                                                                      \
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
#define DIGITS "Attempting to store more than 38 significant digits in a Number"
#define NOT    "The parameter cannot be converted to a numeric value"

/* clang-format off */
static const struct { const char *text, *normal, *fault; } forms[] = {
    {"0", "0", ""},
    {"-0", "0", ""},
    {"+3", "3", ""},
    {"007", "7", ""},
    {"1.0", "1", ""},
    {"1e3", "1000", ""},
    {"1E+3", "1000", ""},
    {".5", "0.5", ""},
    {"5.", "5", ""},
    {"-12.340", "-12.34", ""},
    {"0.0001200", "0.00012", ""},
    {"1e-20", "0.00000000000000000001", ""},
    {"100e-2", "1", ""},
    {D38, D38, ""},
    {"0." D38, "0." D38, ""},
    {D38 "000", D38 "000", ""},
    {"000" D38 ".000", D38, ""},
    {"0.0e126", "0", ""},
    {"0e125", "0", ""},
    {"1e-130", "0.0000000000000000000000000000000000000000000000000000000000000000000000000000000"
               "000000000000000000000000000000000000000000000000001", ""},
    {"1e125", "10000000000000000000000000000000000000000000000000000000000000000000000000000000000"
              "0000000000000000000000000000000000000000000", ""},
    {"", NULL, NOT ": "},
    {"abc", NULL, NOT ": abc"},
    {"NaN", NULL, NOT ": NaN"},
    {"Infinity", NULL, NOT ": Infinity"},
    {"0x10", NULL, NOT ": 0x10"},
    {" 1", NULL, NOT ":  1"},
    {"1 ", NULL, NOT ": 1 "},
    {"1e", NULL, NOT ": 1e"},
    {"1e+", NULL, NOT ": 1e+"},
    {".", NULL, NOT ": ."},
    {"+", NULL, NOT ": +"},
    {"--1", NULL, NOT ": --1"},
    {"1.2.3", NULL, NOT ": 1.2.3"},
    {"1,5", NULL, NOT ": 1,5"},
    {D38 "9", NULL, DIGITS},
    {"1.000000000000000000000000000000000000001", NULL, DIGITS},
    {"1e126", NULL, OVER},
    {"-1e126", NULL, OVER},
    {"1e9223372036854775807", NULL, OVER},
    {"1e9223372036854775808", NULL, NOT ": 1e9223372036854775808"},
    {"0e126", NULL, OVER},
    {"1e-131", NULL, UNDER},
    {"1e-9223372036854775808", NULL, UNDER},
    {"1e-9223372036854775809", NULL, NOT ": 1e-9223372036854775809"},
    {"0e99999999999", NULL, OVER},
    {"0e-131", NULL, UNDER},
    {D38 "9e200", NULL, OVER},
};

static const struct { const char *a, *b, *sum, *difference; } sums[] = {
    {"1", "2", "3", "-1"},
    {"0.1", "0.2", "0.3", "-0.1"},
    {"5", "5", "10", "0"},
    {"-5", "5", "0", "-10"},
    {"0", "-7", "-7", "7"},
    {"999", "1", "1000", "998"},
    {"1e20", "1e-10", "100000000000000000000.0000000001", "99999999999999999999.9999999999"},
    {NINES, "1", "100000000000000000000000000000000000000",
     "99999999999999999999999999999999999998"},
    {"100000000000000000000000000000000000000", "1", OVER, NINES},
    {NINES, "-" NINES, "0", OVER},
    {"150000000000000000000000000000000000000", NINES, OVER, "50000000000000000000000000000000000001"},
    {"200000000000000000000000000000000000000", NINES, OVER, OVER},
    {"1e50", "1", OVER, OVER},
    {"9e125", "9e125", OVER, "0"},
    {"1e-130", "9e-130", "1e-129", "-8e-130"},
    {"1.00000000000000000000000000000000000000e-130", "1e-130", "2e-130", "0"},
    {"1.5e-130", "1e-130", "2.5e-130", UNDER},
};

/* Ascending, with equal ones between bars. */
static const char *const ascending[] = {
    "-9.9999999999999999999999999999999999999e125", "-1e125", "-1000", "-999.5", "-100", "-99",
    "-10.01", "-10", "-9.99", "-2", "-1.5", "-1.05", "-1", "-0.5", "-0.1", "-0.09", "-1e-130", "0",
    "1e-130", "1.5e-130", "0.09", "0.1", "0.11", "0.5", "1", "1.05", "1.5", "2", "9.99", "10",
    "10.01", "11", "99", "100", "100.1", "999.5", "1000", "12345678901234567890123456789012345678",
    "1e125", "9.9999999999999999999999999999999999999e125",
};
/* clang-format on */

static struct ddb_number number_of(const char *text)
{
    struct ddb_number number = {0};
    bool is_good = ddb_number_parse(text, &number, NULL);
    if (!is_good)
        fail_msg("%s is no number", text);
    return number;
}

static void test_texts_come_back_in_the_services_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct ddb_fault fault = {.arena = sim_arena_create(), .wording = DDB_WORDING_CURRENT};
        struct ddb_number number = {0};
        char text[DDB_NUMBER_TEXT_BYTES];
        bool is_good = ddb_number_parse(forms[i].text, &number, &fault);
        if (is_good != (forms[i].normal != NULL))
            fail_msg("%s: taken: %d", forms[i].text, is_good);
        if (!is_good)
            assert_string_equal(fault.message, forms[i].fault);
        if (is_good) {
            size_t length = ddb_number_format(&number, text);
            assert_string_equal(text, forms[i].normal);
            assert_int_equal(length, strlen(text));
        }
        sim_arena_destroy(fault.arena);
    }
}

/* The older checks have 32 bits for an exponent, and wrap. */
static void test_the_older_wording_reads_narrow_exponents(void **state)
{
    static const struct {
        const char *text;
        const char *fault;
    } rows[] = {
        {"", NOT},
        {"1e2147483647", UNDER},
        {"1e2147483648", NOT ": 1e2147483648"},
        {"1e-2147483648", NOT ": 1e-2147483648"},
        {"1.5e-2147483647", NOT ": 1.5e-2147483647"},
        {"1e2147483646", OVER},
        {"1e-2147483647", UNDER},
        {"-1e99999999999", NOT ": -1e99999999999"},
        {"1e126", OVER},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ddb_fault fault = {.arena = sim_arena_create(), .wording = DDB_WORDING_OLDER};
        struct ddb_number number = {0};
        assert_false(ddb_number_parse(rows[i].text, &number, &fault));
        assert_string_equal(fault.message, rows[i].fault);
        sim_arena_destroy(fault.arena);
    }
}

static void check_arithmetic(const struct ddb_number *result, bool is_good,
                             const struct ddb_fault *fault, const char *wanted)
{
    struct ddb_number number;
    if (!is_good)
        assert_string_equal(fault->message, wanted);
    else if (!ddb_number_parse(wanted, &number, NULL) || ddb_number_compare(result, &number) != 0)
        fail_msg("the result is not %s", wanted);
}

static void test_arithmetic_is_exact_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sums); i++) {
        struct ddb_fault fault = {.arena = sim_arena_create()};
        struct ddb_number a = number_of(sums[i].a);
        struct ddb_number b = number_of(sums[i].b);
        struct ddb_number result = {0};
        bool is_good = ddb_number_add(&a, &b, &result, &fault);
        check_arithmetic(&result, is_good, &fault, sums[i].sum);
        is_good = ddb_number_add(&b, &a, &result, &fault);
        check_arithmetic(&result, is_good, &fault, sums[i].sum);
        is_good = ddb_number_subtract(&a, &b, &result, &fault);
        check_arithmetic(&result, is_good, &fault, sums[i].difference);
        sim_arena_destroy(fault.arena);
    }
}

static int compare_keys(const struct ddb_number *a, const struct ddb_number *b)
{
    uint8_t left[DDB_NUMBER_KEY_BYTES];
    uint8_t right[DDB_NUMBER_KEY_BYTES];
    size_t left_bytes = ddb_number_key(a, left);
    size_t right_bytes = ddb_number_key(b, right);
    int order = memcmp(left, right, left_bytes < right_bytes ? left_bytes : right_bytes);
    return order != 0 ? order : (left_bytes > right_bytes) - (left_bytes < right_bytes);
}

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static void test_comparison_and_key_bytes_follow_the_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ascending); i++)
        for (size_t j = 0; j < ARRAY_LEN(ascending); j++) {
            struct ddb_number a = number_of(ascending[i]);
            struct ddb_number b = number_of(ascending[j]);
            int wanted = (i > j) - (i < j);
            if (sign(ddb_number_compare(&a, &b)) != wanted || sign(compare_keys(&a, &b)) != wanted)
                fail_msg("%s against %s", ascending[i], ascending[j]);
        }
}

static void test_key_bytes_are_the_ones_that_the_service_was_seen_to_use(void **state)
{
    /* dynalite: exponent of a hundred, then pairs plus one; mirrored and closed by 102 below 0 */
    static const struct {
        const char *text;
        uint8_t key[6];
        size_t key_bytes;
    } cases[] = {
        {"0", {0x80}, 1},
        {"1", {0xc1, 2}, 2},
        {"10", {0xc1, 11}, 2},
        {"100", {0xc2, 2}, 2},
        {"123.4", {0xc2, 2, 24, 41}, 4},
        {"0.01", {0xc0, 2}, 2},
        {"-1", {0x3e, 100, 102}, 3},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ddb_number number = number_of(cases[i].text);
        uint8_t key[DDB_NUMBER_KEY_BYTES];
        assert_int_equal(ddb_number_key(&number, key), cases[i].key_bytes);
        assert_memory_equal(key, cases[i].key, cases[i].key_bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_come_back_in_the_services_form),
        cmocka_unit_test(test_the_older_wording_reads_narrow_exponents),
        cmocka_unit_test(test_arithmetic_is_exact_or_refused),
        cmocka_unit_test(test_comparison_and_key_bytes_follow_the_value),
        cmocka_unit_test(test_key_bytes_are_the_ones_that_the_service_was_seen_to_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
