/* Percent-encoding and query parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "sim/core/http.h"

static bool is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void test_escapes_are_decoded_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        bool in_query;
        const char *decoded; /* NULL: refused */
    } cases[] = {
        {"nothing", "", false, ""},
        {"nothing to do", "abc-_.~", false, "abc-_.~"},
        {"a blank", "a%20b", false, "a b"},
        {"upper and lower case digits", "%2F%2f%C3%a9", false, "//\xc3\xa9"},
        {"decoded once only", "%2541", false, "%41"},
        {"plus in a path", "a+b", false, "a+b"},
        {"plus in a query", "a+b", true, "a b"},
        {"an escaped plus in a query", "a%2Bb", true, "a+b"},
        {"no digits", "a%", false, NULL},
        {"one digit", "a%2", false, NULL},
        {"not a digit", "a%2g", false, NULL},
        {"not a digit first", "a%g2", false, NULL},
        {"a sign is no digit", "%+1", false, NULL},
        {"NUL", "a%00b", false, NULL},
    };
    struct sim_arena *arena = sim_arena_create();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *decoded =
            sim_url_decode(arena, cases[i].text, strlen(cases[i].text), cases[i].in_query);
        if (!is_same(decoded, cases[i].decoded))
            fail_msg("%s: \"%s\"", cases[i].name, decoded != NULL ? decoded : "(refused)");
    }
    assert_string_equal(sim_url_decode(arena, "ab%20cd", 5, false), "ab ");
    assert_null(sim_url_decode(arena, "ab%20cd", 4, false)); /* does not read on */
    sim_arena_destroy(arena);
}

static void test_query_parameters_are_found_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *name, *query, *parameter, *value;
    } cases[] = {
        {"the only one", "a=1", "a", "1"},
        {"among others", "x=0&a=1&b=2", "a", "1"},
        {"the first of two", "a=1&a=2", "a", "1"},
        {"the last", "b=2&a=1", "a", "1"},
        {"a flag", "list-type&a", "list-type", ""},
        {"an empty value", "a=&b", "a", ""},
        {"an equals sign in the value", "a=b=c", "a", "b=c"},
        {"escapes in the value", "a=%26+%3D", "a", "& ="},
        {"escapes in the name", "my%20name=1", "my name", "1"},
        {"empty pairs", "&&a=1&", "a", "1"},
        {"absent", "ab=1&b=a", "a", NULL},
        {"no query", "", "a", NULL},
        {"names have a case", "A=1", "a", NULL},
        {"a bad escape in the value", "a=%zz", "a", NULL},
        {"a bad escape elsewhere", "%zz=1&a=1", "a", "1"},
    };
    struct sim_arena *arena = sim_arena_create();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *value = sim_query_find(arena, cases[i].query, cases[i].parameter);
        if (!is_same(value, cases[i].value))
            fail_msg("%s: \"%s\"", cases[i].name, value != NULL ? value : "(absent)");
    }
    sim_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes_are_decoded_or_refused),
        cmocka_unit_test(test_query_parameters_are_found_by_name),
    };
    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
