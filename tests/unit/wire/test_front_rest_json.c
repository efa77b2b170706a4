/* test_front_rest_json.c -- REST-JSON: paths, labels, queries, bodies, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fixture_front.h"

#define AUTH SIGNED("AKID", "us-west-2", "route53-recovery-control-config")
#define JSON "Content-Type: application/json\n"
#define ARN  "arn:aws:route53-recovery-control::000000000000:"

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

static void test_inputs_come_from_path_query_and_body(void **state)
{
    static const struct {
        const char *name, *request, *operation, *input;
    } rows[] = {
        {"an encoded ARN is one label",
         "GET "
         "/cluster/arn%3Aaws%3Aroute53-recovery-control%3A%3A000000000000%3Acluster%2F12\n" AUTH,
         "DescribeCluster", "{\"ClusterArn\":\"" ARN "cluster/12\"}"},
        {"one that is not encoded spans segments", "GET /cluster/" ARN "cluster/12\n" AUTH,
         "DescribeCluster", "{\"ClusterArn\":\"" ARN "cluster/12\"}"},
        {"so does one with more template behind it",
         "GET /controlpanel/" ARN "controlpanel/ab/safetyrules\n" AUTH, "ListSafetyRules",
         "{\"ControlPanelArn\":\"" ARN "controlpanel/ab\"}"},
        {"a trailing slash makes no difference", "GET /cluster/\n" AUTH, "ListClusters", "{}"},
        {"query parameters are typed", "GET /cluster?MaxResults=7&NextToken=a%20b+c&Other=1\n" AUTH,
         "ListClusters", "{\"MaxResults\":7,\"NextToken\":\"a b c\"}"},
        {"a repeated parameter is a list", "DELETE /tags/arn%3Ax?TagKeys=a&TagKeys=b\n" AUTH,
         "UntagResource", "{\"ResourceArn\":\"arn:x\",\"TagKeys\":[\"a\",\"b\"]}"},
        {"members of the body",
         "POST /cluster\n" JSON AUTH "\n{\"ClusterName\":\"c\",\"Tags\":{\"k\":\"v\"},\"x\":1}",
         "CreateCluster", "{\"ClusterName\":\"c\",\"Tags\":{\"k\":\"v\"}}"},
        {"a body cannot overwrite the path",
         "DELETE /tags/arn%3Ax?TagKeys=a\n" JSON AUTH "\n{\"ResourceArn\":\"other\"}",
         "UntagResource", "{\"ResourceArn\":\"arn:x\",\"TagKeys\":[\"a\"]}"},
    };
    front_world_set_output(*state, "{}");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct front_answer *answer = front_world_play(*state, NULL, NULL, rows[i].request);
        if (answer->input == NULL || strcmp(answer->input, rows[i].input) != 0 ||
            strcmp(answer->operation, rows[i].operation) != 0)
            fail_msg("%s: %s got %s; %s", rows[i].name, answer->operation ? answer->operation : "",
                     answer->input ? answer->input : "nothing", answer->reply.body);
        assert_int_equal(answer->reply.status, 200);
        assert_string_equal(answer->reply.content_type, "application/json");
        assert_string_equal(answer->reply.body, "{}");
    }
}

static void test_refusals_carry_the_error_type_in_a_header(void **state)
{
    static const struct {
        const char *name, *request, *type;
        int status;
        const char *body;
    } rows[] = {
        {"no such path", "GET /nothing\n" AUTH, "UnknownOperationException", 404,
         "{\"message\":\"No operation of route53-recovery-control-config is GET /nothing\"}"},
        {"no such method", "PATCH /cluster\n" AUTH, "UnknownOperationException", 404,
         "{\"message\":\"No operation of route53-recovery-control-config is PATCH /cluster\"}"},
        {"unsigned", "GET /cluster\n", "MissingAuthenticationTokenException", 403,
         "{\"message\":\"Request is missing Authentication Token\"}"},
        {"a number that is none", "GET /cluster?MaxResults=x\n" AUTH, "SerializationException", 400,
         "{\"message\":\"STRING_VALUE cannot be converted to Integer\"}"},
        {"a bad escape", "GET /cluster/%zz\n" AUTH, "SerializationException", 400,
         "{\"message\":\"The path holds a bad percent-encoding\"}"},
        {"an encoded NUL", "GET /cluster/a%00b\n" AUTH, "SerializationException", 400,
         "{\"message\":\"The path holds a bad percent-encoding\"}"},
        {"bytes that are not UTF-8", "GET /cluster?NextToken=%ff\n" AUTH, "SerializationException",
         400, "{\"message\":\"The query holds a bad percent-encoding\"}"},
        {"broken JSON", "POST /cluster\n" JSON AUTH "\n{", "SerializationException", 400,
         "{\"message\":\"the body is not one JSON value\"}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct front_answer *answer = front_world_play(*state, NULL, NULL, rows[i].request);
        const char *type = front_answer_header(answer, "x-amzn-ErrorType");
        if (answer->reply.status != rows[i].status || type == NULL ||
            strcmp(type, rows[i].type) != 0 || strcmp(answer->reply.body, rows[i].body) != 0)
            fail_msg("%s: got %d %s %s", rows[i].name, answer->reply.status, type,
                     answer->reply.body);
    }
}

static void test_statuses_of_errors_come_from_the_model(void **state)
{
    static const struct {
        const char *code;
        int status;
    } rows[] = {{"ConflictException", 409},           {"ServiceQuotaExceededException", 402},
                {"ResourceNotFoundException", 404},   {"InternalServerException", 500},
                {"SomethingOfNoModelException", 400}, {"ThrottlingException", 429}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        front_world_set_error(*state, rows[i].code, "text", NULL);
        const struct front_answer *answer = front_world_play(
            *state, NULL, NULL, "POST /cluster\n" JSON AUTH "\n{\"ClusterName\":\"c\"}");
        if (answer->reply.status != rows[i].status)
            fail_msg("%s: got %d", rows[i].code, answer->reply.status);
        assert_string_equal(answer->reply.body, "{\"message\":\"text\"}");
    }
}

static void test_outputs_are_printed_by_their_shapes(void **state)
{
    static const char output[] = "{\"Cluster\":{\"ClusterArn\":\"a\\\"b\",\"ClusterEndpoints\":"
                                 "[{\"Endpoint\":\"http://127.0.0.1:1/v1\",\"Region\":\"r\"}],"
                                 "\"Status\":\"PENDING\"}}";
    front_world_set_output(*state, output);
    const struct front_answer *answer = front_world_play(
        *state, NULL, NULL, "POST /cluster\n" JSON AUTH "\n{\"ClusterName\":\"c\"}");
    assert_string_equal(answer->reply.body, output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs_come_from_path_query_and_body),
        cmocka_unit_test(test_refusals_carry_the_error_type_in_a_header),
        cmocka_unit_test(test_statuses_of_errors_come_from_the_model),
        cmocka_unit_test(test_outputs_are_printed_by_their_shapes),
    };
    return cmocka_run_group_tests(tests, make_world, drop_world);
}
