/* Faults that name a table: which calls are about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dynamodb/fixture_world.h"

#define ARN   "arn:aws:dynamodb:us-east-1:000000000000:table/tab"
#define KEY   "{'pk':{'S':'a'},'sk':{'S':'1'}}"
#define OTHER "'TableName':'other'"

static const struct {
    const char *name;
    const char *operation;
    const char *input;
    bool is_hit;
} cases[] = {
    {"a name", "PutItem", "{'TableName':'tab','Item':" KEY "}", true},
    {"an ARN", "PutItem", "{'TableName':'" ARN "','Item':" KEY "}", true},
    {"another table", "PutItem", "{" OTHER ",'Item':" KEY "}", false},
    {"another table that begins alike", "GetItem", "{'TableName':'table','Key':" KEY "}", false},
    {"no table", "ListTables", "{}", false},
    {"a number for a name", "GetItem", "{'TableName':7,'Key':" KEY "}", false},
    {"the control plane", "DescribeTable", "{'TableName':'tab'}", true},
    {"tags of its ARN", "ListTagsOfResource", "{'ResourceArn':'" ARN "'}", true},
    {"tags of another ARN", "ListTagsOfResource", "{'ResourceArn':'" ARN "2'}", false},
    {"one of a batch", "BatchWriteItem",
     "{'RequestItems':{'other':[{'PutRequest':{'Item':" KEY "}}],"
     "'tab':[{'PutRequest':{'Item':" KEY "}}]}}",
     true},
    {"one of a batch by its ARN", "BatchGetItem", "{'RequestItems':{'" ARN "':{'Keys':[" KEY "]}}}",
     true},
    {"a batch of others", "BatchGetItem", "{'RequestItems':{'other':{'Keys':[" KEY "]}}}", false},
    {"a batch that is none", "BatchGetItem", "{'RequestItems':['tab']}", false},
    {"one of a transaction", "TransactWriteItems",
     "{'TransactItems':[{'Put':{" OTHER ",'Item':" KEY "}},"
     "{'ConditionCheck':{'TableName':'tab','Key':" KEY
     ",'ConditionExpression':'attribute_not_exists(pk)'}}]}",
     true},
    {"reads of a transaction", "TransactGetItems",
     "{'TransactItems':[{'Get':{'TableName':'" ARN "','Key':" KEY "}}]}", true},
    {"a transaction of others", "TransactWriteItems",
     "{'TransactItems':[{'Put':{" OTHER ",'Item':" KEY "}}]}", false},
    {"a statement that reads", "ExecuteStatement", "{'Statement':'SELECT * FROM \\\"tab\\\"'}",
     true},
    {"a statement that reads an index", "ExecuteStatement",
     "{'Statement':'SELECT * FROM \\\"tab\\\".\\\"by\\\"'}", true},
    {"a statement without quotes", "ExecuteStatement", "{'Statement':'select * from tab'}", true},
    {"a statement about another", "ExecuteStatement",
     "{'Statement':'SELECT tab FROM other WHERE tab = 1'}", false},
    {"a statement that is none", "ExecuteStatement", "{'Statement':'FROM'}", false},
    {"one of several statements", "BatchExecuteStatement",
     "{'Statements':[{'Statement':'DELETE FROM other WHERE pk = 1'},"
     "{'Statement':'UPDATE tab SET x = 1 WHERE pk = 1'}]}",
     true},
    {"a transaction of statements", "ExecuteTransaction",
     "{'TransactStatements':[{'Statement':'INSERT INTO tab VALUE {}'}]}", true},
};

static void test_a_fault_hits_the_calls_about_its_table(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    world_make_table(world, EAST, "other");
    struct sim_fault_spec spec = {.kind = SIM_FAULT_ERROR, .resource = "tab", .status = 503};
    (void)world_break(world, &spec);
    uint64_t hits = 0;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *said = world_say(world, EAST, cases[i].operation, cases[i].input);
        bool is_hit = strstr(said, "Service is temporarily unavailable") != NULL;
        if (is_hit != cases[i].is_hit)
            fail_msg("%s: %s", cases[i].name, said);
        hits += is_hit ? 1 : 0;
        struct sim_fault_view view;
        sim_faults_view(world->core.faults, 0, &view);
        if (view.hit_count != hits)
            fail_msg("%s: %d hits are counted", cases[i].name, (int)view.hit_count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_fault_hits_the_calls_about_its_table, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
