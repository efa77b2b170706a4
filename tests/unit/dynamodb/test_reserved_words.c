/* Names that need a placeholder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "emulators/dynamodb/reserved_words.h"

static void test_words_are_found_in_any_case(void **state)
{
    static const struct {
        const char *name;
        bool is_reserved;
    } cases[] = {
        {"ABORT", true},
        {"zone", true},
        {"Name", true},
        {"status", true},
        {"DATA", true},
        {"ttl", true},
        {"Subtype", true},
        {"localtimestamp", true},
        {"NULL", true},
        {"year", true},
        {"ABORTS", false},
        {"ABOR", false},
        {"id", false},
        {"", false},
        {"a", false},
        {"zzz", false},
        {"name_", false},
        {"n\xc3\xa4me", false},
        {"price", false},
        {"orders", false},
        {"averyveryverylongnamethatnowordisaslongas", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (ddb_is_reserved_word(cases[i].name) != cases[i].is_reserved)
            fail_msg("%s", cases[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words_are_found_in_any_case)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
