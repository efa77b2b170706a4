/* Item sizes, to the byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "emulators/dynamodb/item_size.h"
#include "tests/unit/dynamodb/fixture_expression.h"

/* clang-format off */
static const struct { const char *item; size_t size_bytes; } cases[] = {
    {NULL, 0},
    {"{}", 0},
    {"{'shirt-color':{'S':'R'},'shirt-size':{'S':'M'}}", 23}, /* the guide's example */
    {"{'id':{'S':'test'}}", 6},
    {"{'a':{'S':''}}", 1},
    {"{'\xc3\xa9':{'S':'\xc3\xa9'}}", 4},
    {"{'a':{'B':'AQID'}}", 4},
    {"{'a':{'B':'AQ=='}}", 2},
    {"{'a':{'BOOL':false}}", 2},
    {"{'a':{'NULL':true}}", 2},
    {"{'a':{'N':'0'}}", 2},
    {"{'a':{'N':'1'}}", 3},
    {"{'a':{'N':'10'}}", 3},
    {"{'a':{'N':'12'}}", 3},
    {"{'a':{'N':'0.12'}}", 3},
    {"{'a':{'N':'1.2'}}", 4},
    {"{'a':{'N':'123'}}", 4},
    {"{'a':{'N':'1234'}}", 4},
    {"{'a':{'N':'-1'}}", 4},
    {"{'a':{'N':'12345678901234567890123456789012345678'}}", 21},
    {"{'a':{'SS':['a','bb']}}", 4},
    {"{'a':{'NS':['1','12']}}", 5},
    {"{'a':{'BS':['AQID','AQ==']}}", 5},
    {"{'a':{'L':[]}}", 4},
    {"{'a':{'L':[{'S':'ab'},{'BOOL':true}]}}", 9},
    {"{'a':{'M':{}}}", 4},
    {"{'a':{'M':{'bc':{'S':'d'}}}}", 8},
    {"{'a':{'M':{'b':{'L':[{'M':{}}]}}}}", 13},
};
/* clang-format on */

static void test_names_and_values_count(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct expression_fixture fixture;
        expression_fixture_init(&fixture);
        size_t size_bytes = ddb_item_size_bytes(fixture_item(&fixture, cases[i].item));
        if (size_bytes != cases[i].size_bytes)
            fail_msg("%s: %zu, not %zu", cases[i].item, size_bytes, cases[i].size_bytes);
        expression_fixture_fini(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names_and_values_count)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
