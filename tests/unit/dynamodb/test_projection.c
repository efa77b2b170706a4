/* The part of an item that a projection asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "emulators/dynamodb/projection.h"
#include "tests/unit/dynamodb/fixture_expression.h"

#define ITEM                                                                                       \
    "{'a':{'S':'x'},'b':{'N':'1'},'x.y':{'S':'dots'},"                                             \
    "'l':{'L':[{'S':'0'},{'S':'1'},{'M':{'k':{'S':'k2'},'o':{'S':'o2'}}},{'S':'3'}]},"             \
    "'m':{'M':{'p':{'S':'mp'},'q':{'L':[{'S':'q0'},{'S':'q1'}]},'r':{'M':{'s':{'S':'ms'}}}}}}"

/* clang-format off */
static const struct { const char *text, *result; } cases[] = {
    {NULL, ITEM},
    {"a", "{'a':{'S':'x'}}"},
    {"a, b", "{'a':{'S':'x'},'b':{'N':'1'}}"},
    {"#dots", "{'x.y':{'S':'dots'}}"},
    {"gone", "{}"},
    {"gone, b", "{'b':{'N':'1'}}"},
    {"a.gone", "{}"},
    {"a[0]", "{}"},
    {"l.k", "{}"},
    {"m[0]", "{}"},
    {"m.gone", "{}"},
    {"l[9]", "{}"},
    {"m.r.gone.gone", "{}"},
    {"m.p", "{'m':{'M':{'p':{'S':'mp'}}}}"},
    {"m.p, m.r.s", "{'m':{'M':{'p':{'S':'mp'},'r':{'M':{'s':{'S':'ms'}}}}}}"},
    {"m.q[1], m.q[0], m.p", "{'m':{'M':{'p':{'S':'mp'},'q':{'L':[{'S':'q0'},{'S':'q1'}]}}}}"},
    {"l[3], l[0]", "{'l':{'L':[{'S':'0'},{'S':'3'}]}}"},
    {"l[2].o, l[1]", "{'l':{'L':[{'S':'1'},{'M':{'o':{'S':'o2'}}}]}}"},
    {"l[2].o, l[2].k", "{'l':{'L':[{'M':{'k':{'S':'k2'},'o':{'S':'o2'}}}]}}"},
    {"l[0].gone, l[3]", "{'l':{'L':[{'S':'3'}]}}"},
    {"l[2]", "{'l':{'L':[{'M':{'k':{'S':'k2'},'o':{'S':'o2'}}}]}}"},
    {"m.gone, l[0]", "{'l':{'L':[{'S':'0'}]}}"},
};
/* clang-format on */

static void test_paths_pick_and_merge(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        const cJSON *item = fixture_item(&fixture, ITEM);
        const struct ddb_binding *binding = NULL;
        if (cases[i].text != NULL)
            binding = fixture_bind(&fixture, DDB_EXPRESSION_PROJECTION, cases[i].text,
                                   "{'#dots':'x.y'}", NULL);
        cJSON *built = ddb_projection_build(binding, item);
        if (strcmp(fixture_print(&fixture, built), cases[i].result) != 0)
            fail_msg("%s gives %s", cases[i].text, fixture_print(&fixture, built));
        cJSON_Delete(built);
        expression_fixture_fini(&fixture);
    }
}

static void test_names_pick_at_the_top_even_with_dots_and_repeats(void **state)
{
    static const char *const names[] = {"x.y", "a", "no", "a"};
    (void)state;
    struct expression_fixture fixture;
    expression_fixture_init(&fixture);
    const struct ddb_binding *binding =
        ddb_projection_of_names(fixture.arena, names, ARRAY_LEN(names));
    cJSON *built = ddb_projection_build(binding, fixture_item(&fixture, ITEM));
    assert_string_equal(fixture_print(&fixture, built), "{'a':{'S':'x'},'x.y':{'S':'dots'}}");
    cJSON_Delete(built);
    expression_fixture_fini(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_pick_and_merge),
        cmocka_unit_test(test_names_pick_at_the_top_even_with_dots_and_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
