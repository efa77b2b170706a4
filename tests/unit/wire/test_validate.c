#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/wire/types.h"
#include "emulators/wire/validate.h"
#include "tests/unit/wire/fixture_facts.h"

struct row {
    const char *operation, *input;
    const char *message; /* NULL: the input is good */
};

#define FAILED            "' failed to satisfy constraint: "
#define ONE               "1 validation error detected: Value "
#define TWO               "2 validation errors detected: Value "
#define NAME              "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
#define NULLED            "Member must not be null"
#define AT_LEAST(n)       "Member must have length greater than or equal to " #n
#define AT_MOST(n)        "Member must have length less than or equal to " #n
#define VALUE_AT_LEAST(n) "Member must have value greater than or equal to " #n
#define VALUE_AT_MOST(n)  "Member must have value less than or equal to " #n
#define ENUM(set)         "Member must satisfy enum value set: [" set "]"
#define KEY               "\"Key\":{\"a\":{\"S\":\"x\"}}"
#define TABLE             "\"TableName\":\"orders\""
#define SCHEMA            "\"KeySchema\":[{\"AttributeName\":\"a\",\"KeyType\":\"HASH\"}]"
#define DEFINITIONS       "\"AttributeDefinitions\":[{\"AttributeName\":\"a\",\"AttributeType\":\"S\"}]"
#define LONG_NAME                                                                                  \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"             \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"             \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"             \
    "aaaaaaaaaaaaaaaa"

static const struct row dynamodb_rows[] = {
    /* --- names of tables: calls on items list them --- */
    {"GetItem", "{" TABLE "," KEY "}", NULL},
    {"GetItem", "{\"TableName\":\"a.b-c_1\"," KEY "}", NULL},
    {"GetItem", "{\"TableName\":\"arn:aws:dynamodb:us-east-1:000000000000:table/orders\"," KEY "}",
     NULL},
    {"GetItem", "{" KEY "}", ONE "null at 'tableName" FAILED NULLED},
    {"GetItem", "{" TABLE "}", ONE "null at 'key" FAILED NULLED},
    {"GetItem", "{}", TWO "null at 'tableName" FAILED NULLED "; Value null at 'key" FAILED NULLED},
    {"GetItem", "{\"TableName\":\"ab\"," KEY "}", ONE "'ab' at 'tableName" FAILED AT_LEAST(3)},
    {"GetItem", "{\"TableName\":\"a;\"," KEY "}",
     TWO "'a;' at 'tableName" FAILED NAME "; Value 'a;' at 'tableName" FAILED AT_LEAST(3)},
    {"GetItem", "{\"TableName\":\"\"," KEY "}", ONE "'' at 'tableName" FAILED AT_LEAST(1)},
    {"PutItem", "{\"TableName\":\"\",\"Item\":{},\"ReturnValues\":\"hi\"}",
     "1 validation error detected: Value at 'TableName" FAILED AT_LEAST(1)},
    {"PutItem", "{\"TableName\":\"\"}",
     TWO "'' at 'tableName" FAILED AT_LEAST(1) "; Value null at 'item" FAILED NULLED},
    {"UpdateItem", "{" TABLE ",\"Key\":{},\"ReturnConsumedCapacity\":\"a\",\"ReturnValues\":\"b\"}",
     "1 validation error detected: Failed to satisfy constraint: Member must satisfy enum value "
     "set: "
     "[ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"},
    {"BatchGetItem", "{\"RequestItems\":{\"orders\":{\"Keys\":[]}}}",
     "1 validation error detected: Value at 'RequestItems.orders.member.Keys" FAILED AT_LEAST(1)},
    {"CreateTable", "{}",
     "The parameter 'TableName' is required but was not present in the request"},
    {"GetItem", "{\"TableName\":\"" LONG_NAME "\"," KEY "}",
     ONE "'" LONG_NAME "' at 'tableName" FAILED AT_MOST(255)},
    {"GetItem", "{\"TableName\":\"\xc3\xa9\xc3\xa9\xc3\xa9\"," KEY "}",
     ONE "'\xc3\xa9\xc3\xa9\xc3\xa9' at 'tableName" FAILED NAME},
    {"GetItem", "{\"TableName\":\"\xc3\xa9\xc3\xa9\"," KEY "}",
     TWO "'\xc3\xa9\xc3\xa9' at 'tableName" FAILED NAME
         "; Value '\xc3\xa9\xc3\xa9' at 'tableName" FAILED AT_LEAST(3)},
    /* --- and the control plane looks at them first --- */
    {"DescribeTable", "{" TABLE "}", NULL},
    {"DescribeTable", "{}",
     "The parameter 'TableName' is required but was not present in the request"},
    {"DescribeTable", "{\"TableName\":\"ab\"}",
     "TableName must be at least 3 characters long and at most 255 characters long"},
    {"DescribeTable", "{\"TableName\":\"" LONG_NAME "\"}",
     "TableName must be at least 3 characters long and at most 255 characters long"},
    {"DescribeTable", "{\"TableName\":\"a;c\"}", ONE "'a;c' at 'tableName" FAILED NAME},
    {"DeleteTable", "{}",
     "The parameter 'TableName' is required but was not present in the request"},
    {"UpdateTable", "{}",
     "The parameter 'TableName' is required but was not present in the request"},
    {"DeleteTable", "{\"TableName\":\"ab\"}",
     "TableName must be at least 3 characters long and at most 255 characters long"},
    /* --- enums, in the service's own order --- */
    {"GetItem", "{" TABLE "," KEY ",\"ReturnConsumedCapacity\":\"TOTAL\"}", NULL},
    {"GetItem", "{" TABLE "," KEY ",\"ReturnConsumedCapacity\":\"hi\"}",
     ONE "'hi' at 'returnConsumedCapacity" FAILED ENUM("INDEXES, TOTAL, NONE")},
    {"GetItem", "{" TABLE "," KEY ",\"ReturnConsumedCapacity\":\"total\"}",
     ONE "'total' at 'returnConsumedCapacity" FAILED ENUM("INDEXES, TOTAL, NONE")},
    {"GetItem", "{" TABLE "," KEY ",\"ReturnConsumedCapacity\":\"\"}",
     ONE "'' at 'returnConsumedCapacity" FAILED ENUM("INDEXES, TOTAL, NONE")},
    {"PutItem", "{" TABLE ",\"Item\":{},\"ReturnValues\":\"x\"}",
     ONE "'x' at 'returnValues" FAILED ENUM("ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW")},
    {"PutItem", "{" TABLE ",\"Item\":{},\"ReturnItemCollectionMetrics\":\"x\"}",
     ONE "'x' at 'returnItemCollectionMetrics" FAILED ENUM("SIZE, NONE")},
    {"Scan", "{" TABLE ",\"ConditionalOperator\":\"x\"}",
     ONE "'x' at 'conditionalOperator" FAILED ENUM("OR, AND")},
    {"PutItem", "{" TABLE ",\"Item\":{},\"ConditionalOperator\":\"x\"}",
     "1 validation error detected: Failed to satisfy constraint: " ENUM("ALL, OR")},
    {"Query", "{" TABLE ",\"Select\":\"x\"}",
     ONE "'x' at 'select" FAILED ENUM(
         "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES")},
    {"Scan", "{" TABLE ",\"ScanFilter\":{\"a\":{\"ComparisonOperator\":\"x\"}}}",
     ONE "'x' at 'scanFilter.a.member.comparisonOperator" FAILED ENUM(
         "IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, "
         "CONTAINS")},
    {"Scan", "{" TABLE ",\"ScanFilter\":{\"a\":{}}}",
     ONE "null at 'scanFilter.a.member.comparisonOperator" FAILED NULLED},
    {"PutItem", "{" TABLE ",\"Item\":{},\"Expected\":{\"a\":{\"ComparisonOperator\":\"EQ\"}}}",
     NULL},
    /* --- PutItem lists in its own order --- */
    {"PutItem", "{" TABLE ",\"Item\":{\"a\":{\"S\":\"x\"}}}", NULL},
    {"PutItem",
     "{\"TableName\":\"abc;\",\"ReturnConsumedCapacity\":\"hi\",\"ReturnValues\":\"hi\"}",
     "4 validation errors detected: Value 'hi' at 'returnConsumedCapacity" FAILED ENUM(
         "INDEXES, TOTAL, NONE") "; Value 'abc;' at 'tableName" FAILED NAME
                                 "; Value null at 'item" FAILED NULLED
                                 "; Value 'hi' at 'returnValues" FAILED ENUM(
                                     "ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW")},
    {"PutItem", "{" TABLE ",\"Item\":{\"a\":{\"M\":{\"b\":{\"L\":[{\"N\":\"not one\"}]}}}}}", NULL},
    /* --- numbers --- */
    {"ListTables", "{}", NULL},
    {"ListTables", "{\"Limit\":1}", NULL},
    {"ListTables", "{\"Limit\":100,\"ExclusiveStartTableName\":\"abc\"}", NULL},
    {"ListTables", "{\"Limit\":0}", ONE "'0' at 'limit" FAILED VALUE_AT_LEAST(1)},
    {"ListTables", "{\"Limit\":-1}", ONE "'-1' at 'limit" FAILED VALUE_AT_LEAST(1)},
    {"ListTables", "{\"Limit\":101}", ONE "'101' at 'limit" FAILED VALUE_AT_MOST(100)},
    {"ListTables", "{\"Limit\":0.9}", ONE "'0' at 'limit" FAILED VALUE_AT_LEAST(1)},
    {"ListTables", "{\"Limit\":1e30}", ONE "'2147483647' at 'limit" FAILED VALUE_AT_MOST(100)},
    {"ListTables", "{\"ExclusiveStartTableName\":\"a;\"}",
     TWO "'a;' at 'exclusiveStartTableName" FAILED NAME
         "; Value 'a;' at 'exclusiveStartTableName" FAILED AT_LEAST(3)},
    {"ListTables", "{\"Limit\":0,\"ExclusiveStartTableName\":\"ab\"}",
     TWO "'0' at 'limit" FAILED VALUE_AT_LEAST(
         1) "; Value 'ab' at 'exclusiveStartTableName" FAILED AT_LEAST(3)},
    {"Scan", "{" TABLE ",\"Segment\":-1,\"TotalSegments\":0}",
     TWO "'0' at 'totalSegments" FAILED VALUE_AT_LEAST(
         1) "; Value '-1' at 'segment" FAILED VALUE_AT_LEAST(0)},
    {"Scan", "{" TABLE ",\"TotalSegments\":1000001}",
     ONE "'1000001' at 'totalSegments" FAILED VALUE_AT_MOST(1000000)},
    {"Scan", "{" TABLE ",\"Limit\":0}", ONE "'0' at 'limit" FAILED VALUE_AT_LEAST(1)},
    /* --- lists --- */
    {"GetItem", "{" TABLE "," KEY ",\"AttributesToGet\":[]}",
     ONE "'[]' at 'attributesToGet" FAILED AT_LEAST(1)},
    {"GetItem", "{" TABLE "," KEY ",\"AttributesToGet\":[\"a\",\"b\"]}", NULL},
    {"CreateTable", "{" TABLE "," DEFINITIONS "," SCHEMA "}", NULL},
    {"CreateTable", "{" TABLE "," DEFINITIONS ",\"KeySchema\":[]}",
     ONE "'[]' at 'keySchema" FAILED AT_LEAST(1)},
    {"CreateTable",
     "{" TABLE "," SCHEMA ",\"AttributeDefinitions\":[{},{\"AttributeName\":\"b\","
     "\"AttributeType\":\"x\"}]}",
     "3 validation errors detected: Value null at "
     "'attributeDefinitions.1.member.attributeName" FAILED NULLED
     "; Value null at 'attributeDefinitions.1.member.attributeType" FAILED NULLED
     "; Value 'x' at 'attributeDefinitions.2.member.attributeType" FAILED ENUM("B, N, S")},
    {"CreateTable",
     "{" TABLE "," DEFINITIONS ",\"KeySchema\":[{\"AttributeName\":\"a\","
     "\"KeyType\":\"x\"}]}",
     ONE "'x' at 'keySchema.1.member.keyType" FAILED ENUM("HASH, RANGE")},
    {"CreateTable", "{" TABLE "," DEFINITIONS "," SCHEMA ",\"BillingMode\":\"x\"}",
     ONE "'x' at 'billingMode" FAILED ENUM("PROVISIONED, PAY_PER_REQUEST")},
    {"CreateTable",
     "{" TABLE "," DEFINITIONS "," SCHEMA ",\"ProvisionedThroughput\":{"
     "\"ReadCapacityUnits\":-1,\"WriteCapacityUnits\":-2}}",
     TWO "'-2' at 'provisionedThroughput.writeCapacityUnits" FAILED VALUE_AT_LEAST(
         1) "; Value '-1' at 'provisionedThroughput.readCapacityUnits" FAILED VALUE_AT_LEAST(1)},
    {"CreateTable", "{" TABLE "," DEFINITIONS "," SCHEMA ",\"ProvisionedThroughput\":{}}",
     TWO "null at 'provisionedThroughput.writeCapacityUnits" FAILED NULLED
         "; Value null at 'provisionedThroughput.readCapacityUnits" FAILED NULLED},
    {"CreateTable",
     "{" TABLE "," DEFINITIONS "," SCHEMA ",\"GlobalSecondaryIndexes\":[{"
     "\"IndexName\":\"h;\"," SCHEMA ",\"Projection\":{\"ProjectionType\":\"x\"}}]}",
     "3 validation errors detected: Value 'h;' at 'globalSecondaryIndexes.1.member.indexName" FAILED
         NAME "; Value 'h;' at 'globalSecondaryIndexes.1.member.indexName" FAILED AT_LEAST(
             3) "; Value 'x' at 'globalSecondaryIndexes.1.member.projection.projectionType" FAILED
             ENUM("ALL, INCLUDE, KEYS_ONLY")},
    {"TransactWriteItems", "{\"TransactItems\":[]}",
     ONE "'[]' at 'transactItems" FAILED AT_LEAST(1)},
    {"TransactWriteItems", "{}", ONE "null at 'transactItems" FAILED NULLED},
    {"TransactWriteItems", "{\"TransactItems\":[{\"Put\":{\"TableName\":\"orders\"}}]}",
     ONE "null at 'transactItems.1.member.put.item" FAILED NULLED},
    /* --- maps --- */
    {"BatchGetItem", "{}", ONE "null at 'requestItems" FAILED NULLED},
    {"BatchGetItem", "{\"RequestItems\":{}}",
     "1 validation error detected: Value at 'RequestItems" FAILED AT_LEAST(1)},
    {"BatchGetItem", "{\"RequestItems\":{\"orders\":{\"Keys\":[{}]}}}", NULL},
    {"BatchGetItem", "{\"RequestItems\":{\"orders\":{}}}",
     ONE "null at 'requestItems.orders.member.keys" FAILED NULLED},
    {"BatchGetItem", "{\"RequestItems\":{\"a;\":{\"Keys\":[{}]}}}",
     ONE "'{\"a;\":{\"Keys\":[{}]}}' at 'requestItems" FAILED
         "Map keys must satisfy constraint: [" AT_MOST(255) ", " AT_LEAST(3) ", " NAME "]"},
    {"BatchWriteItem", "{\"RequestItems\":{\"orders\":[]}}",
     ONE "'{orders=[]}' at 'requestItems" FAILED
         "Map value must satisfy constraint: [" AT_MOST(25) ", " AT_LEAST(1) "]"},
    {"BatchWriteItem", "{\"RequestItems\":{\"orders\":[{\"PutRequest\":{}}]}}",
     ONE "null at 'requestItems.orders.member.1.member.putRequest.item" FAILED NULLED},
    /* --- ten are enough --- */
    {"CreateTable", "{" TABLE "," SCHEMA ",\"AttributeDefinitions\":[{},{},{},{},{},{},{},{}]}",
     "10 validation errors detected: Value null at "
     "'attributeDefinitions.1.member.attributeName" FAILED NULLED
     "; Value null at 'attributeDefinitions.1.member.attributeType" FAILED NULLED
     "; Value null at 'attributeDefinitions.2.member.attributeName" FAILED NULLED
     "; Value null at 'attributeDefinitions.2.member.attributeType" FAILED NULLED
     "; Value null at 'attributeDefinitions.3.member.attributeName" FAILED NULLED
     "; Value null at 'attributeDefinitions.3.member.attributeType" FAILED NULLED
     "; Value null at 'attributeDefinitions.4.member.attributeName" FAILED NULLED
     "; Value null at 'attributeDefinitions.4.member.attributeType" FAILED NULLED
     "; Value null at 'attributeDefinitions.5.member.attributeName" FAILED NULLED
     "; Value null at 'attributeDefinitions.5.member.attributeType" FAILED NULLED},
};

#define CHECK_CONFIG "\"HealthCheckConfig\":{\"Type\":\"TCP\""

static const struct row route53_rows[] = {
    {"CreateHostedZone", "{\"Name\":\"example.com\",\"CallerReference\":\"1\"}", NULL},
    {"CreateHostedZone", "{\"Name\":\"example.com\"}",
     ONE "null at 'callerReference" FAILED NULLED},
    {"CreateHostedZone", "{\"Name\":\"example.com\",\"CallerReference\":\"\"}",
     ONE "'' at 'callerReference" FAILED AT_LEAST(1)},
    {"CreateHealthCheck", "{\"CallerReference\":\"1\"," CHECK_CONFIG ",\"Port\":443}}", NULL},
    {"CreateHealthCheck", "{\"CallerReference\":\"1\"," CHECK_CONFIG ",\"Port\":70000}}",
     ONE "'70000' at 'healthCheckConfig.port" FAILED VALUE_AT_MOST(65535)},
    {"CreateHealthCheck", "{\"CallerReference\":\"1\"," CHECK_CONFIG ",\"FailureThreshold\":0}}",
     ONE "'0' at 'healthCheckConfig.failureThreshold" FAILED VALUE_AT_LEAST(1)},
    {"CreateHealthCheck",
     "{\"CallerReference\":\"1\"," CHECK_CONFIG ",\"IPAddress\":\"192.0.2.7\"}}", NULL},
    {"CreateHealthCheck",
     "{\"CallerReference\":\"1\"," CHECK_CONFIG ",\"IPAddress\":\"2001:db8::1\"}}", NULL},
    {"ChangeResourceRecordSets", "{\"HostedZoneId\":\"Z1\",\"ChangeBatch\":{\"Changes\":[]}}",
     ONE "'[]' at 'changeBatch.changes" FAILED AT_LEAST(1)},
    {"ChangeResourceRecordSets", "{\"HostedZoneId\":\"Z1\",\"ChangeBatch\":{\"Changes\":[{}]}}",
     TWO "null at 'changeBatch.changes.1.member.action" FAILED NULLED
         "; Value null at 'changeBatch.changes.1.member.resourceRecordSet" FAILED NULLED},
};

static const struct row arc_rows[] = {
    {"CreateCluster", "{\"ClusterName\":\"one\"}", NULL},
    {"CreateCluster", "{}", ONE "null at 'clusterName" FAILED NULLED},
    {"CreateCluster", "{\"ClusterName\":\"a b\"}",
     ONE "'a b' at 'clusterName" FAILED "Member must satisfy regular expression pattern: ^\\S+$"},
    {"ListClusters", "{\"MaxResults\":0}", ONE "'0' at 'maxResults" FAILED VALUE_AT_LEAST(1)},
    {"CreateCluster", "{\"ClusterName\":\"one\",\"Tags\":{\"k\":\"a b\"}}",
     ONE "'{k=a b}' at 'tags" FAILED "Map value must satisfy constraint: [" AT_MOST(
         256) ", " AT_LEAST(0) ", Member must satisfy regular expression pattern: ^\\S+$]"},
};

static void check_row(const struct facts *facts, const struct row *row)
{
    const struct wire_operation_fact *operation =
        wire_operation_fact_find(facts->model, row->operation);
    assert_non_null(operation);
    struct sim_arena *arena = sim_arena_create();
    struct wire_error error = {0};
    cJSON *input = cJSON_Parse(row->input);
    assert_non_null(input);
    if (!wire_convert(facts->model, operation->input, input, arena, &error))
        fail_msg("%s %s: %s", row->operation, row->input, error.message);
    bool is_good = wire_validate(facts->model, operation, input, arena, &error);
    if (is_good != (row->message == NULL))
        fail_msg("%s %s: %s", row->operation, row->input, is_good ? "is good" : error.message);
    if (!is_good) {
        if (strcmp(error.message, row->message) != 0)
            fail_msg("%s %s\n  %s\nnot\n  %s", row->operation, row->input, error.message,
                     row->message);
        assert_string_equal(error.code, facts->model->validation_code);
        assert_int_equal(error.status, 400);
    }
    cJSON_Delete(input);
    sim_arena_destroy(arena);
}

static void check_rows(const char *path, const struct row *rows, size_t count)
{
    struct facts facts;
    facts_open(&facts, "any", path);
    for (size_t i = 0; i < count; i++)
        check_row(&facts, &rows[i]);
    facts_close(&facts);
}

static void test_dynamodb_lists_what_fails(void **state)
{
    (void)state;
    check_rows("emulators/dynamodb/api.json", dynamodb_rows, ARRAY_LEN(dynamodb_rows));
}

static void test_route53_lists_what_fails(void **state)
{
    (void)state;
    check_rows("emulators/route53/api.json", route53_rows, ARRAY_LEN(route53_rows));
}

static void test_arc_lists_what_fails(void **state)
{
    (void)state;
    check_rows("emulators/arc/api_config.json", arc_rows, ARRAY_LEN(arc_rows));
}

static void test_lengths_count_utf16_units_and_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *input;
        bool is_good;
    } rows[] = {
        {"{\"Text\":\"abcd\"}", true},
        {"{\"Text\":\"abcde\"}", false},
        {"{\"Text\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}", true},
        {"{\"Text\":\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\"}", true}, /* two units each */
        {"{\"Text\":\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80x\"}", false},
        {"{\"Blob\":\"YWJj\"}", true},
        {"{\"Blob\":\"YWI=\"}", true},
        {"{\"Blob\":\"YWJjZA==\"}", false},
    };
    struct facts facts;
    facts_open_text(&facts, "fake",
                    "{\"protocol\":\"json\",\"jsonVersion\":\"1.0\",\"operations\":{\"Do\":{"
                    "\"method\":\"POST\",\"uri\":\"/\",\"input\":\"In\"}},\"shapes\":{"
                    "\"Blob\":{\"type\":\"blob\",\"max\":3},"
                    "\"In\":{\"type\":\"structure\",\"members\":[{\"name\":\"Text\",\"shape\":"
                    "\"Text\"},{\"name\":\"Blob\",\"shape\":\"Blob\"}]},"
                    "\"Text\":{\"type\":\"string\",\"max\":4}}}");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sim_arena *arena = sim_arena_create();
        struct wire_error error;
        cJSON *input = cJSON_Parse(rows[i].input);
        if (wire_validate(facts.model, facts.model->operations, input, arena, &error) !=
            rows[i].is_good)
            fail_msg("%s", rows[i].input);
        cJSON_Delete(input);
        sim_arena_destroy(arena);
    }
    facts_close(&facts);
}

static void test_a_huge_value_is_shown_in_part(void **state)
{
    (void)state;
    struct facts facts;
    facts_open(&facts, "dynamodb", "emulators/dynamodb/api.json");
    size_t length = 1000000;
    char *text = malloc(length + 1);
    memset(text, 'x', length);
    text[length] = '\0';
    cJSON *input = cJSON_Parse("{" KEY "}");
    cJSON_AddStringToObject(input, "TableName", text);
    struct sim_arena *arena = sim_arena_create();
    struct wire_error error;
    assert_false(wire_validate(facts.model, wire_operation_fact_find(facts.model, "GetItem"), input,
                               arena, &error));
    assert_in_range(strlen(error.message), 65536, 66500);
    cJSON_Delete(input);
    free(text);
    sim_arena_destroy(arena);
    facts_close(&facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dynamodb_lists_what_fails),
        cmocka_unit_test(test_route53_lists_what_fails),
        cmocka_unit_test(test_arc_lists_what_fails),
        cmocka_unit_test(test_lengths_count_utf16_units_and_bytes),
        cmocka_unit_test(test_a_huge_value_is_shown_in_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
