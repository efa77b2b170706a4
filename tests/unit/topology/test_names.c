/* References and what they stand for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "topology/names.h"

static struct topo_names *make_names(void)
{
    struct topo_names *names = topo_names_create();
    topo_names_add(names, "arn:second", "control.%s.arn", "second");
    topo_names_add(names, "Z1", "zone.%s.id", "a.example.com");
    topo_names_add(names, "arn:first", "control.%s.arn", "first");
    topo_names_add(names, "late", "control.%s.arn", "first");
    return names;
}

static void test_references_are_replaced(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expanded, *message;
    } cases[] = {
        {"plain", "plain", NULL},
        {"", "", NULL},
        {"${control.first.arn}", "arn:first", NULL},
        {"<${control.first.arn}|${zone.a.example.com.id}>", "<arn:first|Z1>", NULL},
        {"$ $x {y} $${control.first.arn}", "$ $x {y} ${control.first.arn}", NULL},
        {"${control.frist.arn}", NULL,
         "this world has nothing called '${control.frist.arn}'; did you mean "
         "'${control.first.arn}'?"},
        {"${}", NULL,
         "this world has nothing called '${}'; names look like '${control.NAME.arn}' or "
         "'${zone.NAME.id}'"},
        {"a ${control", NULL, "'${control' lacks the '}' that ends it"},
    };
    struct topo_names *names = make_names();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_arena *arena = sim_arena_create();
        const char *expanded = NULL;
        struct sim_error error = {0};
        enum sim_result result = topo_names_expand(names, arena, cases[i].text, &expanded, &error);
        bool same = cases[i].expanded == NULL
                        ? result == RESULT_INVALID && strcmp(error.message, cases[i].message) == 0
                        : result == RESULT_OK && strcmp(expanded, cases[i].expanded) == 0;
        if (!same)
            fail_msg("%s: became %s (%s)", cases[i].text, expanded != NULL ? expanded : "nothing",
                     error.message);
        sim_arena_destroy(arena);
    }
    topo_names_destroy(names);
}

static void test_names_are_listed_in_order_and_the_first_stays(void **state)
{
    (void)state;
    struct topo_names *names = make_names();
    assert_int_equal(topo_names_count(names), 3);
    const char *name = NULL, *value = NULL;
    topo_names_at(names, 0, &name, &value);
    assert_string_equal(name, "control.first.arn");
    assert_string_equal(value, "arn:first");
    topo_names_at(names, 2, &name, &value);
    assert_string_equal(name, "zone.a.example.com.id");
    assert_null(topo_names_find(names, "control.third.arn"));
    topo_names_clear(names);
    assert_int_equal(topo_names_count(names), 0);
    assert_null(topo_names_find(names, "control.first.arn"));
    topo_names_destroy(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references_are_replaced),
        cmocka_unit_test(test_names_are_listed_in_order_and_the_first_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
