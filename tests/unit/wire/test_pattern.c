#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/wire/pattern.h"

static void test_a_pattern_is_matched_by_the_whole_text(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool matches;
    } rows[] = {
        {"[a-zA-Z0-9_.-]+", "orders.v1-x_2", true},
        {"[a-zA-Z0-9_.-]+", "", false},
        {"[a-zA-Z0-9_.-]+", "orders;", false},
        {"[a-zA-Z0-9_.-]+", " orders", false},
        {"^\\S+$", "no-space", true},
        {"^\\S+$", "a space", false},
        {"^\\d{12}$", "123456789012", true},
        {"^\\d{12}$", "12345678901", false},
        {"^\\d{12}$", "1234567890123", false},
        {"[0-9]{3,5}", "12", false},
        {"[0-9]{3,5}", "123", true},
        {"[0-9]{3,5}", "12345", true},
        {"[0-9]{3,5}", "123456", false},
        {"a{2,}", "a", false},
        {"a{2,}", "aaaa", true},
        {"a{0,1}b", "b", true},
        {"a?b", "aab", false},
        {"(ab)*", "", true},
        {"(ab)*", "abab", true},
        {"(ab)*", "aba", false},
        {"(?:ab|cd){2}", "abcd", true},
        {"(?:ab|cd){2}", "ab", false},
        {"a|b|", "", true},
        {"^[^\\$]+$", "x", true},
        {"^[^\\$]+$", "x$", false},
        {".*\\S.*", "   ", false},
        {".*\\S.*", "  x ", true},
        {"[-+]?[0-9]{1,2}(\\.[0-9]{0,2})?", "-12.5", true},
        {"[-+]?[0-9]{1,2}(\\.[0-9]{0,2})?", "123", false},
        {"\\p{ASCII}+", "caf\xc3\xa9", false},
        {"\\p{Print}+", "caf\n", false},
        {"[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\r\\n\\t]*",
         "\xf0\x9f\x98\x80 \t", true},
        {"[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\r\\n\\t]*", "\x01", false},
        {"[\\u00A1-\\u00FF]", "\xc3\xa9", true},
        {"[0-9A-Za-z_\\-\\*]+", "a*-", true},
        {"[,;:|\\t ]", "\t", true},
        {"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", "12341234-1234-1234-1234-123412341234",
         true},
        {"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", "12341234-1234-1234-123412341234", false},
        {"[A-Za-z0-9][A-Za-z0-9\\-\\_\\.]{0,126}[A-Za-z0-9]", "a-b", true},
        {"[A-Za-z0-9][A-Za-z0-9\\-\\_\\.]{0,126}[A-Za-z0-9]", "a", false},
        {"^[a-z0-9A-Z]+[\\.\\-\\w]*[a-z0-9A-Z]+$", "my.bucket", true},
        {"^[a-z0-9A-Z]+[\\.\\-\\w]*[a-z0-9A-Z]+$", ".bucket", false},
        {"x", "\xff", false},
    };
    struct sim_arena *arena = sim_arena_create();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wire_pattern *pattern = wire_pattern_compile(arena, rows[i].pattern);
        assert_non_null(pattern);
        if (wire_pattern_matches(pattern, rows[i].text) != rows[i].matches)
            fail_msg("%s on \"%s\"", rows[i].pattern, rows[i].text);
    }
    sim_arena_destroy(arena);
}

static void test_what_is_no_pattern_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "[a",
        "(a",
        "a)",
        "*a",
        "a{3,2}",
        "a{2",
        "a{9999}",
        "\\p{Greek}",
        "a\\",
        "[b-a]",
        "\\uD8",
        "((((((((((((((((((a))))))))))))))))))",
        "(a{999}){999}",
    };
    struct sim_arena *arena = sim_arena_create();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (wire_pattern_compile(arena, rows[i]) != NULL)
            fail_msg("%s compiled", rows[i]);
    sim_arena_destroy(arena);
}

static void test_a_long_text_takes_no_longer_than_its_length(void **state)
{
    (void)state;
    struct sim_arena *arena = sim_arena_create();
    struct wire_pattern *pattern = wire_pattern_compile(arena, "^(a+)+[a]*b$");
    size_t length = 200000; /* exponential in a matcher that goes back */
    char *text = sim_arena_alloc(arena, length + 1);
    memset(text, 'a', length);
    assert_false(wire_pattern_matches(pattern, text));
    text[length - 1] = 'b';
    assert_true(wire_pattern_matches(pattern, text));
    sim_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pattern_is_matched_by_the_whole_text),
        cmocka_unit_test(test_what_is_no_pattern_is_refused),
        cmocka_unit_test(test_a_long_text_takes_no_longer_than_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
