#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/core/error.h"

static void test_a_failure_is_one_line(void **state)
{
    (void)state;
    struct sim_error error = {0};
    assert_int_equal(sim_error_set(&error, RESULT_LIMIT, "%d %s", 3, "tables"), RESULT_LIMIT);
    assert_int_equal(error.result, RESULT_LIMIT);
    assert_string_equal(error.message, "3 tables");
}

static void test_no_error_wanted_is_no_crash(void **state)
{
    (void)state;
    assert_int_equal(sim_error_set(NULL, RESULT_IO, "disk"), RESULT_IO);
}

static void test_a_long_sentence_is_cut_not_overrun(void **state)
{
    (void)state;
    char text[4000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    struct sim_error error;
    assert_int_equal(sim_error_set(&error, RESULT_INVALID, "%s", text), RESULT_INVALID);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_failure_is_one_line),
        cmocka_unit_test(test_no_error_wanted_is_no_crash),
        cmocka_unit_test(test_a_long_sentence_is_cut_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
