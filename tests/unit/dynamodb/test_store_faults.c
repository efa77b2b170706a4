/* When the store fails, a call changes nothing: no item, no record, no counter, and the next try
 * finds everything as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/replica.h"
#include "tests/unit/dynamodb/fixture_world.h"

#define ITEM(pk) "{'pk':{'S':'" pk "'},'sk':{'S':'1'}}"
#define PUT(pk)  "{'Put':{'TableName':'tab','Item':" ITEM(pk) "}}"

static struct ddb_table *table_in(struct world *world, const char *region)
{
    return ddb_table_find(ddb_region_find(world->ddb, region), WIRE_ACCOUNT_DEFAULT, "tab");
}

static void test_a_failed_write_leaves_nothing(void **state)
{
    static const struct {
        const char *operation;
        const char *input;
    } calls[] = {
        {"PutItem", "{'TableName':'tab','Item':" ITEM("a") "}"},
        {"UpdateItem", "{'TableName':'tab','Key':" ITEM("a") "}"},
        {"DeleteItem", "{'TableName':'tab','Key':" ITEM("kept") "}"},
        {"TransactWriteItems",
         "{'TransactItems':[" PUT("a") "," PUT("b") "],'ClientRequestToken':'t'}"},
        {"BatchWriteItem", "{'RequestItems':{'tab':[{'PutRequest':{'Item':" ITEM(
                               "a") "}},{'DeleteRequest':{'Key':" ITEM("kept") "}}]}}"},
    };
    struct world *world = *state;
    world_make_global(world, "tab");
    assert_string_equal(
        world_say(world, EAST, "PutItem", "{'TableName':'tab','Item':" ITEM("kept") "}"), "{}");
    world_idle(world);
    struct ddb_table *table = table_in(world, EAST);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        unsigned failures = 0;
        for (unsigned n = 1; n < 20; n++) {
            uint64_t sequence = table->log.last_sequence;
            sim_store_fail_after(table->home->store, n);
            const char *said = world_say(world, EAST, calls[i].operation, calls[i].input);
            sim_store_fail_after(table->home->store, 0);
            if (strstr(said, "failed as asked") == NULL)
                break; /* it has fewer writes than that, and succeeded */
            failures++;
            world_expect_in(calls[i].operation, said, "InternalServerError");
            assert_int_equal(table->log.last_sequence, sequence);
            assert_int_equal(table->item_count, 1);
            assert_int_equal(ddb_backlog(world->ddb, NULL, NULL, NULL), 0);
            world_expect_in("the item", world_say(world, EAST, "Scan", "{'TableName':'tab'}"),
                            "{'Items':[" ITEM("kept") "],'Count':1");
        }
        assert_true(failures >= 2); /* a record and a row at least */
        world_idle(world);
        (void)world_say(world, EAST, "DeleteItem", "{'TableName':'tab','Key':" ITEM("a") "}");
        (void)world_say(world, EAST, "DeleteItem", "{'TableName':'tab','Key':" ITEM("b") "}");
        (void)world_say(world, EAST, "PutItem", "{'TableName':'tab','Item':" ITEM("kept") "}");
        world_idle(world);
    }
}

static void test_a_failed_delivery_is_tried_again(void **state)
{
    struct world *world = *state;
    world_make_global(world, "tab");
    struct ddb_table *west = table_in(world, WEST);
    (void)world_say(world, EAST, "PutItem", "{'TableName':'tab','Item':" ITEM("a") "}");
    sim_store_fail_after(west->home->store, 1);
    world_advance(world, 800 * SIM_US_PER_MS);
    assert_int_equal(west->item_count, 0);
    assert_int_equal(ddb_backlog(world->ddb, "tab", EAST, WEST), 1);
    world_advance(world, SIM_US_PER_S);
    assert_int_equal(west->item_count, 1);
    assert_int_equal(ddb_backlog(world->ddb, "tab", EAST, WEST), 0);
}

static void test_a_failed_create_leaves_no_table(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "first"); /* opens the store */
    struct sim_store *store = ddb_region_find(world->ddb, EAST)->store;
    static const char create[] =
        "{'TableName':'tab','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':[{"
        "'AttributeName':'pk','AttributeType':'S'}],'KeySchema':[{'AttributeName':'pk','KeyType':"
        "'HASH'}]}";
    for (unsigned n = 1; n <= 2; n++) {
        sim_store_fail_after(store, n);
        world_expect_in("create", world_say(world, EAST, "CreateTable", create),
                        "InternalServerError");
        world_expect_in("list", world_say(world, EAST, "ListTables", "{}"),
                        "{'TableNames':['first']}");
    }
    sim_store_fail_after(store, 0);
    world_expect_in("create", world_say(world, EAST, "CreateTable", create), "CREATING");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_failed_write_leaves_nothing),
        TEST(test_a_failed_delivery_is_tried_again),
        TEST(test_a_failed_create_leaves_no_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
