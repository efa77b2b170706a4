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

/* Making an index touches every replica's store: all have it afterwards, or none. */
static void test_a_failing_store_makes_no_index_anywhere(void **state)
{
    static const char create[] =
        "{'TableName':'tab','AttributeDefinitions':[{'AttributeName':'gk','AttributeType':'S'}],"
        "'GlobalSecondaryIndexUpdates':[{'Create':{'IndexName':'idx','KeySchema':[{"
        "'AttributeName':'gk','KeyType':'HASH'}],'Projection':{'ProjectionType':'ALL'}}}]}";
    static const char *const regions[] = {EAST, WEST, EU};
    struct world *world = *state;
    world_make_global(world, "tab");
    for (size_t i = 0; i < ARRAY_LEN(regions); i++) {
        struct ddb_table *table = table_in(world, regions[i]);
        sim_store_fail_after(table->home->store, 1);
        world_expect_in("create", world_say(world, EAST, "UpdateTable", create),
                        "InternalServerError");
        sim_store_fail_after(table->home->store, 0);
        for (size_t k = 0; k < ARRAY_LEN(regions); k++) {
            const struct ddb_table *member = table_in(world, regions[k]);
            assert_int_equal(member->definition->index_count, 0);
            assert_int_equal(member->items.index_count, 0);
            assert_int_equal(member->status, DDB_TABLE_ACTIVE);
        }
    }
    world_expect_in("then", world_say(world, EAST, "UpdateTable", create), "'CREATING'");
    world_idle(world);
    for (size_t k = 0; k < ARRAY_LEN(regions); k++)
        assert_int_equal(table_in(world, regions[k])->index_states[0].status, DDB_INDEX_ACTIVE);
}

/* The steps of the filling are tried again. */
static void test_a_failing_store_only_delays_the_filling_of_an_index(void **state)
{
    static const char create[] =
        "{'TableName':'tab','AttributeDefinitions':[{'AttributeName':'sk','AttributeType':'S'}],"
        "'GlobalSecondaryIndexUpdates':[{'Create':{'IndexName':'idx','KeySchema':[{"
        "'AttributeName':'sk','KeyType':'HASH'}],'Projection':{'ProjectionType':'ALL'}}}]}";
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    assert_string_equal(
        world_say(world, EAST, "PutItem", "{'TableName':'tab','Item':" ITEM("kept") "}"), "{}");
    struct ddb_table *table = table_in(world, EAST);
    world_expect_in("create", world_say(world, EAST, "UpdateTable", create), "'CREATING'");
    sim_store_fail_after(table->home->store, 1);
    world_idle(world);
    sim_store_fail_after(table->home->store, 0);
    world_idle(world);
    assert_int_equal(table->index_states[0].status, DDB_INDEX_ACTIVE);
    assert_int_equal(table->index_totals[0].item_count, 1);
}

/* Nothing of an item that could not be deleted is gone; it is tried again. */
static void test_a_failing_store_only_delays_time_to_live(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    ddb_set_expiry_delay(world->ddb, 0, 0);
    struct ddb_table *table = table_in(world, EAST);
    static const char enable[] = "{'TableName':'tab','TimeToLiveSpecification':{'Enabled':true,"
                                 "'AttributeName':'ttl'}}";
    sim_store_fail_after(table->home->store, 1);
    world_expect_in("enable", world_say(world, EAST, "UpdateTimeToLive", enable),
                    "InternalServerError");
    sim_store_fail_after(table->home->store, 0);
    world_expect_in("disabled", world_say(world, EAST, "DescribeTimeToLive", "{'TableName':'tab'}"),
                    "'DISABLED'");
    world_expect_in("enable", world_say(world, EAST, "UpdateTimeToLive", enable), "true");
    world_idle(world);
    world_expect_in("put",
                    world_say(world, EAST, "PutItem",
                              "{'TableName':'tab','Item':{'pk':{'S':'a'},'sk':{'S':'s'},'ttl':{"
                              "'N':'1767225700'}}}"),
                    "{}");
    sim_store_fail_after(table->home->store, 1);
    world_advance(world, 110 * SIM_US_PER_S);
    sim_store_fail_after(table->home->store, 0);
    assert_int_equal(table->item_count, 1);
    world_advance(world, 120 * SIM_US_PER_S);
    assert_int_equal(table->item_count, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_failed_write_leaves_nothing),
        TEST(test_a_failed_delivery_is_tried_again),
        TEST(test_a_failed_create_leaves_no_table),
        cmocka_unit_test_setup_teardown(test_a_failing_store_makes_no_index_anywhere, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_failing_store_only_delays_the_filling_of_an_index,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_failing_store_only_delays_time_to_live, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
