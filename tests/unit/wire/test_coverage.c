#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/wire/call.h"
#include "emulators/wire/coverage.h"

static enum wire_progress done(void *state, struct wire_call *call)
{
    (void)state;
    return wire_succeed(call, NULL);
}

static const char json[] =
    "{\"protocol\":\"json\",\"jsonVersion\":\"1.0\",\"apiVersion\":\"2026-01-01\",\"operations\":{"
    "\"Get\":{\"method\":\"POST\",\"uri\":\"/\"},\"Put\":{\"method\":\"POST\",\"uri\":\"/\"},"
    "\"Zap\":{\"method\":\"POST\",\"uri\":\"/\"}},\"shapes\":{}}";

static const struct wire_operation operations[] = {
    {"Get", done, EFFECT_READ, PLANE_DATA},
    {"Put", NULL, EFFECT_WRITE, PLANE_DATA},
};

static const struct wire_service service = {
    .id = "fake",
    .title = "Fake",
    .api_json = (const unsigned char *)json,
    .api_json_end = (const unsigned char *)json + sizeof(json) - 1,
    .operations = operations,
    .operation_count = ARRAY_LEN(operations),
};

static void test_the_page_says_what_answers(void **state)
{
    (void)state;
    const struct wire_service *const services[] = {&service};
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    assert_int_equal(wire_coverage_write(file, services, 1, NULL), RESULT_OK);
    fclose(file);
    assert_non_null(strstr(text, "| Fake | 1 | 3 |\n| all | 1 | 3 |\n"));
    assert_non_null(strstr(text, "\n## Fake\n\n`fake`, API 2026-01-01\n\n"
                                 "| operation | state | kind |\n|---|---|---|\n"
                                 "| Get | implemented | read, data plane |\n"
                                 "| Put | not implemented |  |\n"
                                 "| Zap | not implemented |  |\n"));
    free(text);
}

static void test_facts_that_do_not_load_are_an_error(void **state)
{
    (void)state;
    struct wire_service broken = service;
    const struct wire_service *const services[] = {&broken};
    broken.api_json_end = broken.api_json + 10;
    struct sim_error error;
    struct wire_coverage coverage = {7, 7};
    assert_int_equal(wire_coverage_count(&broken, &coverage, &error), RESULT_INVALID);
    assert_int_equal(coverage.operation_count, 7);
    assert_string_equal(error.message, "fake api.json is not JSON");
    FILE *file = fopen("/dev/null", "w");
    assert_int_equal(wire_coverage_write(file, services, 1, &error), RESULT_INVALID);
    fclose(file);
}

static void test_a_full_disk_is_an_error(void **state)
{
    (void)state;
    const struct wire_service *const services[] = {&service};
    FILE *file = fopen("/dev/full", "w");
    struct sim_error error;
    if (file == NULL)
        skip();
    assert_int_equal(wire_coverage_write(file, services, 1, &error), RESULT_IO);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_page_says_what_answers),
        cmocka_unit_test(test_facts_that_do_not_load_are_an_error),
        cmocka_unit_test(test_a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
