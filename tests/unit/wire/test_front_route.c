/* test_front_route.c -- which service, Region and account a request is for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fixture_front.h"

static int make_world(void **state)
{
    *state = front_world_create();
    return 0;
}

static int drop_world(void **state)
{
    front_world_destroy(*state);
    return 0;
}

struct row {
    const char *name, *request;
    const char *listener_region, *listener_service;
    const char *address;
    const char *service, *region, *account;
};

static void check_rows(struct front_world *world, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sim_arena *arena = sim_arena_create();
        const struct wire_listener listener = {rows[i].listener_region, rows[i].listener_service,
                                               NULL};
        struct front_message message;
        struct front_route route;
        struct wire_error error = {0};
        front_message_from_text(&message, arena, rows[i].request, "", 0);
        message.local_address = rows[i].address == NULL ? "127.0.0.1" : rows[i].address;
        const bool found =
            front_route_find(front_world_dispatcher(world), &listener, &message, &route, &error);
        const char *service = found ? route.service->id : "";
        const char *region = found ? route.region : "";
        const char *account = found ? route.account : "";
        if (strcmp(service, rows[i].service) != 0 || strcmp(region, rows[i].region) != 0 ||
            strcmp(account, rows[i].account) != 0)
            fail_msg("%s: got service '%s' Region '%s' account '%s' (%s)", rows[i].name, service,
                     region, account, error.message == NULL ? "" : error.message);
        sim_arena_destroy(arena);
    }
}

#define ZERO                  "000000000000"
#define DDB_TARGET            "X-Amz-Target: DynamoDB_20120810.GetItem\n"
#define AUTH(region, service) SIGNED("AKID", region, service)
#define HOST(name)            "Host: " name "\n"

static void test_the_first_that_tells_decides(void **state)
{
    static const struct row rows[] = {
        /* clang-format off */
        {"the scope tells both", "POST /\n" AUTH("us-west-2", "dynamodb") DDB_TARGET,
         NULL, NULL, NULL, "dynamodb", "us-west-2", ZERO},
        {"streams share the signing name; the target tells", "POST /\n" AUTH("us-west-2", "dynamodb")
         "X-Amz-Target: DynamoDBStreams_20120810.ListStreams\n",
         NULL, NULL, NULL, "dynamodbstreams", "us-west-2", ZERO},
        {"the target beats the scope", "POST /\n" AUTH("us-west-2", "route53") DDB_TARGET,
         NULL, NULL, NULL, "dynamodb", "us-west-2", ZERO},
        {"the listener's service beats the target", "POST /v1\n" AUTH("us-west-2", "dynamodb") DDB_TARGET,
         "eu-west-1", "route53-recovery-cluster", NULL, "route53-recovery-cluster", "eu-west-1", ZERO},
        {"the listener's Region beats the scope", "POST /\n" AUTH("us-west-2", "dynamodb") DDB_TARGET,
         "us-east-1", NULL, NULL, "dynamodb", "us-east-1", ZERO},
        {"so does a Region's own address", "POST /\n" AUTH("us-east-1", "dynamodb") DDB_TARGET,
         NULL, NULL, "127.0.2.1", "dynamodb", "us-west-2", ZERO},
        {"an address of nobody tells nothing", "POST /\n" AUTH("us-east-1", "dynamodb") DDB_TARGET,
         NULL, NULL, "127.0.99.1", "dynamodb", "us-east-1", ZERO},
        {"a scope beats the host", "POST /\n" AUTH("us-east-1", "dynamodb")
         HOST("route53.us-west-2.amazonaws.com"), NULL, NULL, NULL, "dynamodb", "us-east-1", ZERO},
        {"the host tells both", "POST /\n" HOST("dynamodb.us-west-2.amazonaws.com"),
         NULL, NULL, NULL, "dynamodb", "us-west-2", ZERO},
        {"the longest host prefix", "POST /\n" HOST("streams.dynamodb.us-west-2.amazonaws.com:4566"),
         NULL, NULL, NULL, "dynamodbstreams", "us-west-2", ZERO},
        {"a global service's host", "GET /\n" HOST("Route53.amazonaws.com"),
         NULL, NULL, NULL, "route53", "us-east-1", ZERO},
        {"LocalStack's form of host", "POST /\n" HOST("dynamodb.us-west-2.localhost.localstack.cloud:4566"),
         NULL, NULL, NULL, "dynamodb", "us-west-2", ZERO},
        {"an account's endpoint", "POST /\n" HOST("123456789012.ddb.us-west-2.amazonaws.com"),
         NULL, NULL, NULL, "dynamodb", "us-west-2", "123456789012"},
        {"a cluster's endpoint", "POST /v1\n" HOST("d33ae326.route53-recovery-cluster.us-west-2.amazonaws.com"),
         NULL, NULL, NULL, "route53-recovery-cluster", "us-west-2", ZERO},
        {"the version in the path", "GET /2013-04-01/nothing-here\n" HOST("localhost:4566"),
         NULL, NULL, NULL, "route53", "us-east-1", ZERO},
        {"an operation's path", "GET /controlpanels\n" HOST("127.0.0.1:4566"),
         NULL, NULL, NULL, "route53-recovery-control-config", "us-west-2", ZERO},
        {"nothing at all", "GET /\n" HOST("localhost:4566"),
         NULL, NULL, NULL, "dynamodb", "us-east-1", ZERO},
        {"nothing but an address of a Region", "GET /\n" HOST("127.0.2.1:4566"),
         NULL, NULL, "127.0.2.1", "dynamodb", "us-west-2", ZERO},
        {"twelve digits are an account", "POST /\n" SIGNED("210987654321", "us-east-1", "dynamodb"),
         NULL, NULL, NULL, "dynamodb", "us-east-1", "210987654321"},
        {"thirteen are a key", "POST /\n" SIGNED("2109876543210", "us-east-1", "dynamodb"),
         NULL, NULL, NULL, "dynamodb", "us-east-1", ZERO},
        {"a presigned query", "GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
         "AK%2F20260101%2Fus-west-2%2Fdynamodb%2Faws4_request\n",
         NULL, NULL, NULL, "dynamodb", "us-west-2", ZERO},
        {"SigV4a names its Region beside the scope", "POST /\nAuthorization: AWS4-ECDSA-P256-SHA256 "
         "Credential=AK/20260101/dynamodb/aws4_request, SignedHeaders=host, Signature=0\n"
         "X-Amz-Region-Set: us-west-2\n", NULL, NULL, NULL, "dynamodb", "us-west-2", ZERO},
        {"a Region set of several tells nothing", "POST /\nAuthorization: AWS4-ECDSA-P256-SHA256 "
         "Credential=AK/20260101/dynamodb/aws4_request, SignedHeaders=host, Signature=0\n"
         "X-Amz-Region-Set: us-west-2,us-east-1\n", NULL, NULL, NULL, "dynamodb", "us-east-1", ZERO},
        {"an unknown service", "POST /\n" AUTH("us-east-1", "sqs"), NULL, NULL, NULL, "", "", ""},
        {"an unknown target without a scope", "POST /\nX-Amz-Target: Kinesis_20131202.PutRecord\n",
         NULL, NULL, NULL, "", "", ""},
        {"an unknown path", "GET /bucket/key\n", NULL, NULL, NULL, "", "", ""},
        /* clang-format on */
    };
    check_rows(*state, rows, ARRAY_LEN(rows));
}

static void test_an_unknown_service_is_told_what_there_is(void **state)
{
    const struct front_answer *answer =
        front_world_play(*state, NULL, NULL,
                         "POST /\nContent-Type: application/x-amz-json-1.0\n"
                         "X-Amz-Target: AmazonSQS.SendMessage\n" AUTH("us-east-1", "sqs") "\n{}");
    assert_int_equal(answer->reply.status, 501);
    assert_string_equal(
        answer->reply.body,
        "{\"__type\":\"UnknownService\",\"message\":\"Credential scope 'sqs' is not "
        "a service of this world; there are: dynamodb, dynamodbstreams, route53, "
        "route53-recovery-control-config, route53-recovery-cluster.\"}");
    answer = front_world_play(*state, NULL, NULL, "GET /<bucket>\n");
    assert_int_equal(answer->reply.status, 501);
    assert_string_equal(answer->reply.content_type, "text/xml");
    assert_non_null(strstr(answer->reply.body, "Path '/&lt;bucket&gt;' is not a service"));
}

static void test_the_handler_learns_place_and_caller(void **state)
{
    front_world_set_output(*state, "{}");
    const struct front_answer *answer =
        front_world_play(*state, NULL, "127.0.2.1",
                         "POST /\nContent-Type: application/x-amz-json-1.0\n" DDB_TARGET SIGNED(
                             "111122223333", "us-east-1",
                             "dynamodb") "\n"
                                         "{\"TableName\":\"orders\",\"Key\":{\"k\":{\"S\":\"1\"}},"
                                         "\"Unknown\":1,\"ReturnConsumedCapacity"
                                         "\":null}");
    assert_int_equal(answer->reply.status, 200);
    assert_string_equal(answer->region, "us-west-2");
    assert_string_equal(answer->account, "111122223333");
    assert_string_equal(answer->caller, "111122223333");
    assert_string_equal(answer->operation, "GetItem");
    assert_string_equal(answer->input, "{\"TableName\":\"orders\",\"Key\":{\"k\":{\"S\":\"1\"}}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_that_tells_decides),
        cmocka_unit_test(test_an_unknown_service_is_told_what_there_is),
        cmocka_unit_test(test_the_handler_learns_place_and_caller),
    };
    return cmocka_run_group_tests(tests, make_world, drop_world);
}
