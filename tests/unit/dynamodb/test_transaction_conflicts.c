/* Calls that overlap on the simulated clock: who is refused, and that nothing stays taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/wire/metrics.h"
#include "sim/core/buffer.h"
#include "tests/unit/dynamodb/fixture_world.h"

#define SLOW_US (200 * SIM_US_PER_MS)
#define KEY(pk) "{'pk':{'S':'" pk "'},'sk':{'S':'s'}}"
#define PUT(pk) "{'Put':{'TableName':'tab','Item':" KEY(pk) "}}"
#define CHECK_OF(pk)                                                                               \
    "{'ConditionCheck':{'TableName':'tab','Key':" KEY(                                             \
        pk) ",'ConditionExpression':'attribute_not_exists(zz)'}}"
#define GET(pk) "{'Get':{'TableName':'tab','Key':" KEY(pk) "}}"
#define FAIL_PUT(pk)                                                                               \
    "{'Put':{'TableName':'tab','Item':" KEY(pk) ",'ConditionExpression':'attribute_exists(zz)'}}"
#define SQL_INSERT(pk) "{'Statement':'INSERT INTO tab VALUE {`pk`:`" pk "`,`sk`:`s`}'}"

struct answer {
    bool is_done;
    enum wire_outcome outcome;
    char text[600]; /* "ok {...}" or "Code: message [codes]" */
};

static char *with_double_quotes(const char *json)
{
    char *copy = sim_strdup(json);
    for (char *c = copy; *c != '\0'; c++) {
        if (*c == '\'')
            *c = '"';
        else if (*c == '`') /* a quote inside a text */
            *c = '\'';
    }
    return copy;
}

static void keep_answer(void *context, struct wire_call *call)
{
    struct answer *answer = context;
    answer->is_done = true;
    answer->outcome = call->outcome;
    if (call->outcome == WIRE_ERROR) {
        snprintf(answer->text, sizeof answer->text, "%s: %s", call->error.code,
                 call->error.message);
        return;
    }
    char *json = call->output != NULL ? cJSON_PrintUnformatted(call->output) : sim_strdup("");
    snprintf(answer->text, sizeof answer->text, "ok %s", json);
    free(json);
}

static void begin(struct world *world, const char *client, const char *operation, const char *json,
                  struct answer *answer)
{
    char *text = with_double_quotes(json);
    cJSON *input = cJSON_Parse(text);
    free(text);
    assert_non_null(input);
    struct wire_request request = {.service = "dynamodb",
                                   .operation = operation,
                                   .region = EAST,
                                   .client_region = client,
                                   .input = input};
    *answer = (struct answer){0};
    wire_dispatch(world->dispatcher, &request, keep_answer, answer);
    cJSON_Delete(input); /* the dispatcher keeps its own */
}

/* From now on each transaction takes 200 ms longer. */
static uint64_t slow_down(struct world *world, const char *operation)
{
    return world_break(world, &(struct sim_fault_spec){.kind = SIM_FAULT_LATENCY,
                                                       .region = EAST,
                                                       .service = "dynamodb",
                                                       .operation = operation,
                                                       .latency_us = SLOW_US,
                                                       .rate_ppm = SIM_PPM});
}

struct meeting {
    const char *name;
    const char *first_operation;
    const char *first;
    const char *second_operation;
    const char *second;
    const char *first_says;
    const char *second_says;
};

#define WRITE "TransactWriteItems"
#define READ  "TransactGetItems"
#define CANCELLED(codes)                                                                           \
    "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for "  \
    "specific reasons [" codes "]"
#define CONFLICT "TransactionConflictException: Transaction is ongoing for the item"

static const struct meeting meetings[] = {
    {"two transactions over one item", WRITE, "{'TransactItems':[" PUT("a") "]}", WRITE,
     "{'TransactItems':[" PUT("b") "," PUT("a") "]}", "ok {}",
     CANCELLED("None, TransactionConflict")},
    {"a condition check takes its item too", WRITE, "{'TransactItems':[" CHECK_OF("a") "]}", WRITE,
     "{'TransactItems':[" PUT("a") "]}", "ok {}", CANCELLED("TransactionConflict")},
    {"two transactions over different items", WRITE, "{'TransactItems':[" PUT("a") "]}", WRITE,
     "{'TransactItems':[" PUT("b") "]}", "ok {}", "ok {}"},
    {"a conflict beside a failed condition", WRITE, "{'TransactItems':[" PUT("a") "]}", WRITE,
     "{'TransactItems':[" FAIL_PUT("b") "," PUT("c") "," PUT("a") "]}", "ok {}",
     CANCELLED("ConditionalCheckFailed, None, TransactionConflict")},
    {"a put inside a transaction", WRITE, "{'TransactItems':[" PUT("a") "]}", "PutItem",
     "{'TableName':'tab','Item':" KEY("a") "}", "ok {}", CONFLICT},
    {"an update inside a transaction", WRITE, "{'TransactItems':[" PUT("a") "]}", "UpdateItem",
     "{'TableName':'tab','Key':" KEY("a") "}", "ok {}", CONFLICT},
    {"a delete inside a transaction", WRITE, "{'TransactItems':[" PUT("a") "]}", "DeleteItem",
     "{'TableName':'tab','Key':" KEY("a") "}", "ok {}", CONFLICT},
    {"a put beside a transaction", WRITE, "{'TransactItems':[" PUT("a") "]}", "PutItem",
     "{'TableName':'tab','Item':" KEY("b") "}", "ok {}", "ok {}"},
    {"a get inside a transaction", WRITE, "{'TransactItems':[" PUT("a") "]}", "GetItem",
     "{'TableName':'tab','Key':" KEY("a") "}", "ok {}", "ok {}"},
    {"a query inside a transaction", WRITE, "{'TransactItems':[" PUT("a") "]}", "Query",
     "{'TableName':'tab','KeyConditionExpression':'pk = :p','ExpressionAttributeValues':{':p':{"
     "'S':'a'}}}",
     "ok {}", "ok {"},
    {"reads in a transaction meet a write", WRITE, "{'TransactItems':[" PUT("a") "]}", READ,
     "{'TransactItems':[" GET("b") "," GET("a") "]}", "ok {}",
     CANCELLED("None, TransactionConflict")},
    {"a write does not mind reads in a transaction", READ, "{'TransactItems':[" GET("a") "]}",
     "PutItem", "{'TableName':'tab','Item':" KEY("a") "}", "ok {", "ok {}"},
    {"two transactions that read", READ, "{'TransactItems':[" GET("a") "]}", READ,
     "{'TransactItems':[" GET("a") "]}", "ok {", "ok {"},
    {"a batch leaves the item to the client", WRITE, "{'TransactItems':[" PUT("a") "]}",
     "BatchWriteItem",
     "{'RequestItems':{'tab':[{'PutRequest':{'Item':" KEY("b") "}},{'DeleteRequest':{'Key':" KEY(
         "a") "}}]}}",
     "ok {}",
     "ok {\"UnprocessedItems\":{\"tab\":[{\"DeleteRequest\":{\"Key\":{\"pk\":{\"S\":\"a\"}"},
    {"the same token while it is under way", WRITE,
     "{'ClientRequestToken':'t','TransactItems':[" PUT("a") "]}", WRITE,
     "{'ClientRequestToken':'t','TransactItems':[" PUT("a") "]}", "ok {}",
     "TransactionInProgressException: "},
    {"another token over another item", WRITE,
     "{'ClientRequestToken':'t','TransactItems':[" PUT("a") "]}", WRITE,
     "{'ClientRequestToken':'u','TransactItems':[" PUT("b") "]}", "ok {}", "ok {}"},
    {"a statement inside a transaction", WRITE, "{'TransactItems':[" PUT("a") "]}",
     "ExecuteStatement", SQL_INSERT("a"), "ok {}", CONFLICT},
    {"a batch of statements tells the one", WRITE, "{'TransactItems':[" PUT("a") "]}",
     "BatchExecuteStatement", "{'Statements':[" SQL_INSERT("b") "," SQL_INSERT("a") "]}", "ok {}",
     "\"Error\":{\"Code\":\"TransactionConflict\",\"Message\":\"Transaction is ongoing"},
    {"transactions of statements", "ExecuteTransaction",
     "{'TransactStatements':[" SQL_INSERT("a") "]}", "ExecuteTransaction",
     "{'TransactStatements':[" SQL_INSERT("b") "," SQL_INSERT("a") "]}", "ok {",
     CANCELLED("None, TransactionConflict")},
    {"statements that read meet a write", WRITE, "{'TransactItems':[" PUT("a") "]}",
     "ExecuteTransaction",
     "{'TransactStatements':[{'Statement':'SELECT * FROM tab WHERE pk=`a` AND sk=`s`'}]}", "ok {}",
     CANCELLED("TransactionConflict")},
    {"a wrong transaction takes nothing", WRITE,
     "{'TransactItems':[" PUT("a") ",{'Put':{'TableName':'tab','Item':{'pk':{'N':'1'}}}}]}", WRITE,
     "{'TransactItems':[" PUT("a") "]}", CANCELLED("None, ValidationError"), "ok {}"},
};

static void test_who_is_refused(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(meetings); i++) {
        const struct meeting *meeting = &meetings[i];
        for (size_t is_live = 0; is_live < 2; is_live++) {
            void *own = NULL;
            world_setup(&own);
            struct world *world = own;
            const char *client = is_live ? NULL : EAST;
            struct answer first, second;
            world_make_table(world, EAST, "tab");
            slow_down(world, meeting->first_operation);
            begin(world, client, meeting->first_operation, meeting->first, &first);
            world_advance(world, SLOW_US / 4);
            begin(world, client, meeting->second_operation, meeting->second, &second);
            world_advance(world, SLOW_US * 3);
            assert_true(first.is_done && second.is_done);
            world_expect_in(meeting->name, first.text, meeting->first_says);
            world_expect_in(meeting->name, second.text, meeting->second_says);
            /* nothing stays taken */
            struct answer third;
            begin(world, client, WRITE, "{'TransactItems':[" PUT("a") "," PUT("b") "]}", &third);
            world_advance(world, SLOW_US * 2);
            world_expect_in(meeting->name, third.text, "ok {}");
            world_teardown(&own);
        }
    }
    (void)state;
}

static void test_reads_of_a_transaction_meet_a_plain_write(void **state)
{
    struct world *world = *state;
    struct answer put, reads;
    world_make_table(world, EAST, "tab");
    slow_down(world, "PutItem");
    begin(world, EAST, "PutItem", "{'TableName':'tab','Item':" KEY("a") "}", &put);
    world_advance(world, 10 * SIM_US_PER_MS);
    begin(world, EAST, READ, "{'TransactItems':[" GET("a") "]}", &reads);
    world_advance(world, SLOW_US * 2);
    world_expect_in("put", put.text, "ok {}");
    world_expect_in("reads", reads.text, CANCELLED("TransactionConflict"));
}

static void test_a_region_that_dies_leaves_nothing(void **state)
{
    struct world *world = *state;
    struct answer lost, later;
    world_make_table(world, EAST, "tab");
    uint64_t slow = slow_down(world, WRITE);
    begin(world, EAST, WRITE, "{'TransactItems':[" PUT("a") "," PUT("b") "]}", &lost);
    world_advance(world, SLOW_US / 2);
    uint64_t down =
        world_break(world, &(struct sim_fault_spec){.kind = SIM_FAULT_REGION_DOWN, .region = EAST});
    world_advance(world, SIM_US_PER_MS);
    world_mend(world, down);
    world_mend(world, slow);
    /* at once, while the lost call's time would still run */
    begin(world, EAST, WRITE, "{'TransactItems':[" PUT("b") "]}", &later);
    world_advance(world, 30 * SIM_US_PER_MS);
    world_expect_in("later", later.text, "ok {}");
    world_advance(world, 100 * SIM_US_PER_S);
    assert_true(lost.is_done);
    assert_int_equal(lost.outcome, WIRE_TIMED_OUT);
    assert_string_equal(world_say(world, EAST, "GetItem", "{'TableName':'tab','Key':" KEY("a") "}"),
                        "{}");
}

static void test_the_work_goes_on_when_the_client_leaves(void **state)
{
    struct world *world = *state;
    struct answer first;
    world_make_table(world, EAST, "tab");
    slow_down(world, WRITE);
    begin(world, EAST, WRITE, "{'TransactItems':[" PUT("a") "]}", &first);
    world_advance(world, SLOW_US / 2);
    wire_dispatcher_abandon(world->dispatcher); /* as a reset does: nothing may stay claimed */
    assert_true(first.is_done);
    assert_int_equal(first.outcome, WIRE_RESET);
    struct answer second;
    begin(world, NULL, "PutItem", "{'TableName':'tab','Item':" KEY("a") "}", &second);
    assert_string_equal(second.text, "ok {}");
}

static void count_conflicts(void *context, const struct wire_datum *datum)
{
    if (strcmp(datum->metric, "TransactionConflict") != 0)
        return;
    assert_string_equal(datum->dimensions[0].value, "tab");
    *(int64_t *)context += datum->value;
}

static void test_conflicts_are_counted_by_item(void **state)
{
    struct world *world = *state;
    struct answer first, second;
    int64_t count = 0;
    struct wire_metrics *metrics = wire_dispatcher_host(world->dispatcher)->metrics;
    world_make_table(world, EAST, "tab");
    wire_metrics_listen(metrics, count_conflicts, &count);
    slow_down(world, WRITE);
    begin(world, EAST, WRITE, "{'TransactItems':[" PUT("a") "," PUT("b") "]}", &first);
    world_advance(world, SIM_US_PER_MS);
    begin(world, EAST, WRITE, "{'TransactItems':[" PUT("a") "," PUT("c") "," PUT("b") "]}",
          &second);
    world_advance(world, SLOW_US * 2);
    wire_metrics_unlisten(metrics, count_conflicts, &count);
    world_expect_in("second", second.text, "[TransactionConflict, None, TransactionConflict]");
    assert_int_equal(count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_refused),
        cmocka_unit_test_setup_teardown(test_reads_of_a_transaction_meet_a_plain_write, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_region_that_dies_leaves_nothing, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_the_work_goes_on_when_the_client_leaves, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_conflicts_are_counted_by_item, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
