#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "sim/core/buffer.h"

static const struct {
    const char *name, *text, *json;
} strings[] = {
    {"empty", "", "\"\""},
    {"plain", "us-east-1", "\"us-east-1\""},
    {"quote and backslash", "a\"b\\c", "\"a\\\"b\\\\c\""},
    {"named controls", "\n\r\t", "\"\\n\\r\\t\""},
    {"other controls", "\x01\x1f", "\"\\u0001\\u001f\""},
    {"UTF-8 stays", "\xc3\xa9\xe2\x82\xac", "\"\xc3\xa9\xe2\x82\xac\""},
    {"delete stays", "\x7f", "\"\x7f\""},
    {"escape at both ends", "\"x\"", "\"\\\"x\\\"\""},
};

static void test_json_strings_are_escaped(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(strings); i++) {
        struct sim_buffer buffer;
        sim_buffer_init(&buffer);
        sim_buffer_append_json_string(&buffer, strings[i].text);
        if (strcmp(buffer.data, strings[i].json) != 0)
            fail_msg("%s: %s", strings[i].name, buffer.data);
        assert_int_equal(buffer.length_bytes, strlen(strings[i].json));
        sim_buffer_fini(&buffer);
    }
}

static void test_appending_grows_and_stays_terminated(void **state)
{
    (void)state;
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    size_t expected = 0;
    for (int i = 0; i < 1000; i++) {
        sim_buffer_printf(&buffer, "%04d", i);
        sim_buffer_append_text(&buffer, ",");
        expected += 5;
        assert_int_equal(buffer.length_bytes, expected);
        assert_int_equal(buffer.data[expected], '\0');
    }
    assert_memory_equal(buffer.data + 4990, "0998,0999,", 10);
    sim_buffer_append(&buffer, "a\0b", 3);
    assert_int_equal(buffer.length_bytes, expected + 3);
    sim_buffer_append(&buffer, NULL, 0);
    assert_int_equal(buffer.length_bytes, expected + 3);
    sim_buffer_fini(&buffer);
}

static void test_clear_keeps_the_memory_and_take_hands_it_over(void **state)
{
    (void)state;
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    sim_buffer_append_text(&buffer, "first");
    const char *memory = buffer.data;
    sim_buffer_clear(&buffer);
    assert_string_equal(buffer.data, "");
    sim_buffer_append_text(&buffer, "second");
    assert_ptr_equal(buffer.data, memory);
    char *taken = sim_buffer_take(&buffer);
    assert_string_equal(taken, "second");
    assert_null(buffer.data);
    assert_int_equal(buffer.length_bytes, 0);
    free(taken);
    taken = sim_buffer_take(&buffer); /* of an empty one: an empty text */
    assert_string_equal(taken, "");
    free(taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_strings_are_escaped),
        cmocka_unit_test(test_appending_grows_and_stays_terminated),
        cmocka_unit_test(test_clear_keeps_the_memory_and_take_hands_it_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
