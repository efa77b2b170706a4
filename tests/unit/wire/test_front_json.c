/* test_front_json.c -- AWS JSON: which answer, in which order of checks, with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "fixture_front.h"

#define AUTH   SIGNED("AKID", "us-east-1", "dynamodb")
#define JSON10 "Content-Type: application/x-amz-json-1.0\n"
#define PUT    "POST /\n" JSON10 "X-Amz-Target: DynamoDB_20120810.PutItem\n"
#define CORAL  "{\"__type\":\"com.amazon.coral.service#"
#define DDB    "{\"__type\":\"com.amazonaws.dynamodb.v20120810#"

static int make_world(void **state)
{
    *state = front_world_create();
    front_world_set_output(*state, "{}");
    return 0;
}

static int drop_world(void **state)
{
    front_world_destroy(*state);
    return 0;
}

struct row {
    const char *name, *request;
    int status;
    const char *type, *body;
};

static void check_rows(struct front_world *world, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct front_answer *answer = front_world_play(world, NULL, NULL, rows[i].request);
        const struct front_reply *reply = &answer->reply;
        const char *type = reply->content_type == NULL ? "" : reply->content_type;
        if (reply->status != rows[i].status || strcmp(type, rows[i].type) != 0 ||
            reply->body_bytes != strlen(rows[i].body) ||
            memcmp(reply->body, rows[i].body, reply->body_bytes) != 0)
            fail_msg("%s: got %d %s %.*s", rows[i].name, reply->status, type,
                     (int)reply->body_bytes, reply->body);
    }
}

static void test_checks_come_in_the_services_order(void **state)
{
    static const char j10[] = "application/x-amz-json-1.0";
    static const struct row rows[] = {
        {"a good request", PUT AUTH "\n{\"TableName\":\"orders\",\"Item\":{}}", 200, j10, "{}"},
        {"health", "GET /\nHost: localhost:4566\n", 200, "text/plain",
         "healthy: dynamodb.us-east-1.amazonaws.com "},
        {"another method", "PUT /\n" JSON10 AUTH "\n{}", 404, "", "<UnknownOperationException/>\n"},
        {"another content type", "POST /\nContent-Type: text/plain\n" AUTH "\n{}", 404, "",
         "<UnknownOperationException/>\n"},
        {"no body, no target", "POST /\n" JSON10 "\n", 400, j10,
         CORAL "UnknownOperationException\"}"},
        {"neither type nor body nor target", "POST /\n\n", 400, "application/json",
         CORAL "UnknownOperationException\"}"},
        {"no body is told after the credentials", PUT AUTH "\n", 400, j10,
         CORAL "SerializationException\"}"},
        {"OPTIONS without an origin", "OPTIONS /\n" AUTH "\n", 404, "",
         "<UnknownOperationException/>\n"},
        {"broken JSON beats a missing target", "POST /\n" JSON10 "\n{\"a\":", 400, j10,
         CORAL "SerializationException\"}"},
        {"a second value behind the first", PUT AUTH "\n{} {}", 400, j10,
         CORAL "SerializationException\"}"},
        {"an array is no input", PUT AUTH "\n[]", 400, j10, CORAL "SerializationException\"}"},
        {"bytes that are not UTF-8", PUT AUTH "\n{\"TableName\":\"\xC3\x28\"}", 400, j10,
         CORAL "SerializationException\"}"},
        {"an escaped NUL would be lost", PUT AUTH "\n{\"TableName\":\"a\\u0000b\"}", 400, j10,
         CORAL "SerializationException\"}"},
        {"white space around is fine", PUT AUTH "\n \n{\"TableName\":\"orders\",\"Item\":{}} \r\n",
         200, j10, "{}"},
        {"missing target beats missing credentials", "POST /\n" JSON10 "\n{}", 400, j10,
         CORAL "UnknownOperationException\"}"},
        {"unknown operation", "POST /\n" JSON10 AUTH "X-Amz-Target: DynamoDB_20120810.Nope\n\n{}",
         400, j10, CORAL "UnknownOperationException\"}"},
        {"unknown version", "POST /\n" JSON10 AUTH "X-Amz-Target: DynamoDB_2011.PutItem\n\n{}", 400,
         j10, CORAL "UnknownOperationException\"}"},
        {"unsigned", PUT "\n{}", 400, j10,
         CORAL "MissingAuthenticationTokenException\",\"message\":\"Request is missing "
               "Authentication Token\"}"},
        {"missing credentials beat wrong types", PUT "\n{\"TableName\":1}", 400, j10,
         CORAL "MissingAuthenticationTokenException\",\"message\":\"Request is missing "
               "Authentication Token\"}"},
        {"wrong types beat constraints", PUT AUTH "\n{\"TableName\":1}", 400, j10,
         CORAL "SerializationException\",\"Message\":\"NUMBER_VALUE cannot be converted to "
               "String\"}"},
        {"a Region that is not there",
         PUT SIGNED("AKID", "eu-north-1", "dynamodb") "\n{\"TableName\":\"orders\",\"Item\":{}}",
         400, j10,
         DDB
         "UnknownRegion\",\"message\":\"Region eu-north-1 is not part of this world (us-east-1, "
         "us-west-2); sign for one of these, or add it to the topology\"}"},
        {"a Region without services",
         PUT SIGNED("AKID", "eu-west-1", "dynamodb") "\n{\"TableName\":\"orders\",\"Item\":{}}",
         400, j10,
         DDB "UnknownRegion\",\"message\":\"Region eu-west-1 is not part of this world (us-east-1, "
             "us-west-2); sign for one of these, or add it to the topology\"}"},
        {"application/json is echoed, parameters aside",
         "POST /\nContent-Type: application/json; charset=utf-8\n" AUTH
         "X-Amz-Target: DynamoDB_20120810.PutItem\n\n{\"TableName\":\"orders\",\"Item\":{}}",
         200, "application/json", "{}"},
        {"exists at AWS, not here",
         "POST /\n" JSON10 AUTH "X-Amz-Target: DynamoDB_20120810.ExportTableToPointInTime\n\n{}",
         501, j10,
         DDB "NotImplemented\",\"message\":\"dynamodb ExportTableToPointInTime exists at AWS but "
             "is not implemented here yet; see docs/reference/coverage.md\"}"},
    };
    check_rows(*state, rows, ARRAY_LEN(rows));
}

static void test_refuses_credentials_in_the_services_words(void **state)
{
    static const char j10[] = "application/x-amz-json-1.0";
#define SIG(text) PUT text "\n{}"
#define FULL      "SignedHeaders=host, Signature=00\nX-Amz-Date: 20260101T000000Z\n"
    static const struct row rows[] = {
        {"header and query at once",
         "POST /?X-Amz-Algorithm=AWS4-HMAC-SHA256\n" JSON10
         "X-Amz-Target: DynamoDB_20120810.PutItem\n" AUTH "\n{}",
         400, j10,
         CORAL "InvalidSignatureException\",\"message\":\"Found both 'X-Amz-Algorithm' as a "
               "query-string param and 'Authorization' as HTTP header.\"}"},
        {"not SigV4", SIG("Authorization: Basic YTpi\n"), 400, j10,
         CORAL "MissingAuthenticationTokenException\",\"message\":\"Request is missing "
               "Authentication Token\"}"},
        {"all parts missing", SIG("Authorization: AWS4-HMAC-SHA256 hello\n"), 400, j10,
         CORAL "IncompleteSignatureException\",\"message\":\"Authorization header requires "
               "'Credential' parameter. Authorization header requires 'Signature' parameter. "
               "Authorization header requires 'SignedHeaders' parameter. Authorization header "
               "requires existence of either a 'X-Amz-Date' or a 'Date' header. "
               "Authorization=AWS4-HMAC-SHA256 hello\"}"},
        {"a query without its parts",
         "POST /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260101T000000Z\n" JSON10
         "X-Amz-Target: DynamoDB_20120810.PutItem\n\n{}",
         400, j10,
         CORAL "IncompleteSignatureException\",\"message\":\"AWS query-string parameters must "
               "include 'X-Amz-Credential'. AWS query-string parameters must include "
               "'X-Amz-Signature'. AWS query-string parameters must include "
               "'X-Amz-SignedHeaders'. Re-examine the query-string parameters.\"}"},
        {"a date in another form",
         SIG("Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/dynamodb/aws4_request, "
             "SignedHeaders=host, Signature=00\nX-Amz-Date: yesterday\n"),
         400, j10,
         CORAL "IncompleteSignatureException\",\"message\":\"Date must be in ISO-8601 'basic "
               "format'. Got 'yesterday'. See http://en.wikipedia.org/wiki/ISO_8601\"}"},
        {"Host is not signed",
         SIG("Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/c/dynamodb/aws4_request, "
             "SignedHeaders=x-host;date, Signature=00\nX-Amz-Date: 20260101T000000Z\n"),
         400, j10,
         CORAL "InvalidSignatureException\",\"message\":\"'Host' must be a 'SignedHeader' in the "
               "AWS Authorization.\"}"},
        {"an unknown algorithm",
         SIG("Authorization: AWS4-MD5 "
             "Credential=a/20260101/us-east-1/dynamodb/aws4_request, " FULL),
         400, j10,
         CORAL "IncompleteSignatureException\",\"message\":\"Unsupported AWS 'algorithm': "
               "'AWS4-MD5' (only AWS4-HMAC-SHA256 for now). \"}"},
        {"a credential of three parts",
         SIG("Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/, " FULL), 400, j10,
         CORAL "IncompleteSignatureException\",\"message\":\"Credential must have exactly 5 "
               "slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b/c/'\"}"},
        {"a scope for something else",
         SIG("Authorization: AWS4-HMAC-SHA256 Credential=a/20250101/us-east-1/s3/aws3, " FULL), 400,
         j10,
         CORAL "InvalidSignatureException\",\"message\":\"Credential should be scoped to correct "
               "service: 'dynamodb'. Credential should be scoped with a valid terminator: "
               "'aws4_request', not 'aws3'. Date in Credential scope does not match YYYYMMDD from "
               "ISO-8601 version of date from HTTP: '20250101' != '20260101', from "
               "'20260101T000000Z'.\"}"},
        {"SigV4a has no Region in its scope",
         "POST /\n" JSON10 "X-Amz-Target: DynamoDB_20120810.GetItem\n"
         "Authorization: AWS4-ECDSA-P256-SHA256 Credential=a/20260101/dynamodb/aws4_request, " FULL
         "X-Amz-Region-Set: us-west-2\n\n{\"TableName\":\"orders\",\"Key\":{\"k\":{\"S\":\"1\"}}}",
         200, j10, "{}"},
        {"a presigned query",
         "POST /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260101T000000Z&X-Amz-Credential="
         "a%2F20260101%2Fus-east-1%2Fdynamodb%2Faws4_request&X-Amz-SignedHeaders=host&"
         "X-Amz-Signature=00\n" JSON10 "X-Amz-Target: DynamoDB_20120810.GetItem\n\n"
         "{\"TableName\":\"orders\",\"Key\":{\"k\":{\"S\":\"1\"}}}",
         200, j10, "{}"},
    };
#undef SIG
#undef FULL
    check_rows(*state, rows, ARRAY_LEN(rows));
}

static const char good[] = PUT AUTH "\n{\"TableName\":\"orders\",\"Item\":{}}";

static void test_prints_errors_with_the_services_namespace_and_spelling(void **state)
{
    static const struct {
        const char *code, *message, *members;
        int status;
        const char *body;
    } rows[] = {
        {"ResourceNotFoundException", "Requested resource not found", NULL, 400,
         DDB "ResourceNotFoundException\",\"message\":\"Requested resource not found\"}"},
        {"TransactionCanceledException", "no", "{\"CancellationReasons\":[{\"Code\":\"None\"}]}",
         400,
         DDB "TransactionCanceledException\",\"Message\":\"no\","
             "\"CancellationReasons\":[{\"Code\":\"None\"}]}"},
        {"InternalServerError", "Internal server error", NULL, 500,
         DDB "InternalServerError\",\"message\":\"Internal server error\"}"},
        {"AccessDeniedException", "no \"way\"\n", NULL, 400,
         CORAL "AccessDeniedException\",\"Message\":\"no \\\"way\\\"\\n\"}"},
        {"ValidationException", NULL, NULL, 400, DDB "ValidationException\"}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        front_world_set_error(*state, rows[i].code, rows[i].message, rows[i].members);
        const struct front_answer *answer = front_world_play(*state, NULL, NULL, good);
        assert_int_equal(answer->reply.status, rows[i].status);
        assert_string_equal(answer->reply.body, rows[i].body);
    }
    front_world_set_error(*state, NULL, NULL, NULL);
}

static void test_an_operation_without_output_answers_nothing_at_all(void **state)
{
    front_world_set_output(*state, NULL);
    const struct front_answer *answer =
        front_world_play(*state, NULL, NULL,
                         "POST /\n" JSON10 AUTH "X-Amz-Target: DynamoDB_20120810.TagResource\n\n"
                         "{\"ResourceArn\":\"arn\",\"Tags\":[]}");
    assert_int_equal(answer->reply.status, 200);
    assert_int_equal(answer->reply.body_bytes, 0);
    answer = front_world_play(*state, NULL, NULL, good);
    assert_string_equal(answer->reply.body, "{}");
    front_world_set_output(*state, "{}");
}

static void test_raw_json_of_a_handler_goes_out_as_it_is(void **state)
{
    front_world_set_output(*state, "{\"Item\":{\"k\":{\"N\":\"1\"}},\"Count\":1.5}");
    const struct front_answer *answer = front_world_play(*state, NULL, NULL, good);
    assert_string_equal(answer->reply.body, "{\"Item\":{\"k\":{\"N\":\"1\"}},\"Count\":1.5}");
    front_world_set_output(*state, "{}");
}

/* Deflates text; window_bits as zlib's deflateInit2 takes them. */
static size_t deflate_text(const char *text, size_t bytes, int window_bits, char *into, size_t room)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)text;
    stream.avail_in = (uInt)bytes;
    stream.next_out = (Bytef *)into;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    const size_t used = room - stream.avail_out;
    deflateEnd(&stream);
    return used;
}

static void test_inflates_bodies_within_the_limit(void **state)
{
    static const char plain[] = "{\"TableName\":\"orders\",\"Item\":{}}";
    static const struct {
        const char *name, *encoding;
        int window_bits;
    } kinds[] = {{"gzip", "gzip", 15 + 16}, {"zlib", "deflate", 15}, {"raw", "deflate", -15}};
    char packed[256];
    char head[512];
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const size_t bytes =
            deflate_text(plain, sizeof(plain) - 1, kinds[i].window_bits, packed, sizeof(packed));
        (void)snprintf(head, sizeof(head), PUT AUTH "Content-Encoding: %s\n", kinds[i].encoding);
        const struct front_answer *answer =
            front_world_play_body(*state, NULL, NULL, head, packed, bytes);
        if (answer->reply.status != 200)
            fail_msg("%s: %s", kinds[i].name, answer->reply.body);
        answer = front_world_play_body(*state, NULL, NULL, head, packed, bytes - 5);
        if (answer->reply.status != 500)
            fail_msg("%s cut short: %s", kinds[i].name, answer->reply.body);
    }
}

static void test_a_bomb_is_too_large(void **state)
{
    const size_t bytes = SIM_HTTP_BODY_MAX_BYTES + 1;
    char *zeros = sim_alloc(bytes);
    char *packed = sim_alloc(1024 * 1024);
    const size_t packed_bytes = deflate_text(zeros, bytes, 15 + 16, packed, 1024 * 1024);
    const struct front_answer *answer = front_world_play_body(
        *state, NULL, NULL, PUT AUTH "Content-Encoding: gzip\n", packed, packed_bytes);
    assert_int_equal(answer->reply.status, 413);
    free(packed);
    free(zeros);
}

static void test_too_many_values_are_refused_before_they_are_built(void **state)
{
    const size_t bytes = 2 * FRONT_JSON_VALUES_MAX + 64;
    char *body = sim_alloc(bytes);
    memset(body, '[', bytes);
    const struct front_answer *answer =
        front_world_play_body(*state, NULL, NULL, PUT AUTH, body, bytes);
    assert_int_equal(answer->reply.status, 413);
    memset(body, ',', bytes); /* inside a string it is only text */
    static const char start[] = "{\"TableName\":\"orders\",\"x\":\"";
    memcpy(body, start, sizeof(start) - 1);
    memcpy(body + bytes - 2, "\"}", 2);
    answer = front_world_play_body(*state, NULL, NULL, PUT AUTH, body, bytes);
    assert_int_equal(answer->reply.status, 400); /* Item is missing */
    assert_non_null(strstr(answer->reply.body, "ValidationException"));
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checks_come_in_the_services_order),
        cmocka_unit_test(test_refuses_credentials_in_the_services_words),
        cmocka_unit_test(test_prints_errors_with_the_services_namespace_and_spelling),
        cmocka_unit_test(test_an_operation_without_output_answers_nothing_at_all),
        cmocka_unit_test(test_raw_json_of_a_handler_goes_out_as_it_is),
        cmocka_unit_test(test_inflates_bodies_within_the_limit),
        cmocka_unit_test(test_a_bomb_is_too_large),
        cmocka_unit_test(test_too_many_values_are_refused_before_they_are_built),
    };
    return cmocka_run_group_tests(tests, make_world, drop_world);
}
