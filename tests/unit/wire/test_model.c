#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/wire/fixture_facts.h"

static void test_facts_of_every_service_load(void **state)
{
    (void)state;
    for (size_t i = 0; facts_paths[i] != NULL; i++) {
        struct facts facts;
        facts_open(&facts, "any", facts_paths[i]);
        assert_true(facts.model->operation_count > 0);
        assert_non_null(facts.model->endpoint_prefix);
        assert_non_null(facts.model->api_version);
        assert_non_null(facts.model->signing_name);
        facts_close(&facts);
    }
}

static void test_what_each_service_says_of_itself(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum wire_protocol protocol;
        const char *target_prefix, *signing_name, *internal_code, *validation_code;
        size_t operation_count;
    } rows[] = {
        {"emulators/dynamodb/api.json", PROTOCOL_JSON_1_0, "DynamoDB_20120810", "dynamodb",
         "InternalServerError", "ValidationException", 57},
        {"emulators/dynamodb/api_streams.json", PROTOCOL_JSON_1_0, "DynamoDBStreams_20120810",
         "dynamodb", "InternalServerError", "ValidationException", 4},
        {"emulators/route53/api.json", PROTOCOL_REST_XML, NULL, "route53", "InternalFailure",
         "InvalidInput", 71},
        {"emulators/arc/api_config.json", PROTOCOL_REST_JSON, NULL,
         "route53-recovery-control-config", "InternalServerException", "ValidationException", 25},
        {"emulators/arc/api_cluster.json", PROTOCOL_JSON_1_0, "ToggleCustomerAPI",
         "route53-recovery-cluster", "InternalServerException", "ValidationException", 4},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct facts facts;
        facts_open(&facts, "any", rows[i].path);
        assert_int_equal(facts.model->protocol, rows[i].protocol);
        if (rows[i].target_prefix == NULL)
            assert_null(facts.model->target_prefix);
        else
            assert_string_equal(facts.model->target_prefix, rows[i].target_prefix);
        assert_string_equal(facts.model->signing_name, rows[i].signing_name);
        assert_string_equal(facts.model->internal_code, rows[i].internal_code);
        assert_string_equal(facts.model->validation_code, rows[i].validation_code);
        assert_int_equal(facts.model->operation_count, rows[i].operation_count);
        facts_close(&facts);
    }
}

static void test_a_shape_may_contain_itself(void **state)
{
    (void)state;
    struct facts facts;
    facts_open(&facts, "dynamodb", "emulators/dynamodb/api.json");
    const struct wire_shape *value = wire_shape_find(facts.model, "AttributeValue");
    assert_non_null(value);
    const struct wire_member_fact *list = wire_member_fact_find(value, "L");
    assert_ptr_equal(list->shape->element, value);
    const struct wire_member_fact *map = wire_member_fact_find(value, "M");
    assert_ptr_equal(map->shape->value, value);
    facts_close(&facts);
}

static void test_every_member_is_found_by_its_wire_name(void **state)
{
    (void)state;
    for (size_t i = 0; facts_paths[i] != NULL; i++) {
        struct facts facts;
        facts_open(&facts, "any", facts_paths[i]);
        for (size_t s = 0; s < facts.model->shape_count; s++) {
            const struct wire_shape *shape = &facts.model->shapes[s];
            for (size_t m = 0; m < shape->member_count; m++) {
                const struct wire_member_fact *member = &shape->members[m];
                assert_ptr_equal(wire_member_fact_find(shape, member->wire_name), member);
                assert_ptr_equal(wire_member_fact_named(shape, member->name), member);
            }
            assert_null(wire_member_fact_find(shape, "NoSuchMember"));
        }
        for (size_t o = 0; o < facts.model->operation_count; o++)
            assert_ptr_equal(wire_operation_fact_find(facts.model, facts.model->operations[o].name),
                             &facts.model->operations[o]);
        assert_null(wire_operation_fact_find(facts.model, "NoSuchOperation"));
        facts_close(&facts);
    }
}

static void test_facts_of_the_rest_services(void **state)
{
    (void)state;
    struct facts facts;
    facts_open(&facts, "route53", "emulators/route53/api.json");
    const struct wire_operation_fact *create =
        wire_operation_fact_find(facts.model, "CreateHostedZone");
    assert_int_equal(create->status, 201);
    assert_string_equal(create->input_root, "CreateHostedZoneRequest");
    assert_string_equal(create->input_namespace, "https://route53.amazonaws.com/doc/2013-04-01/");
    assert_int_equal(wire_member_fact_find(create->output, "Location")->location, IN_HEADER);
    const struct wire_operation_fact *change =
        wire_operation_fact_find(facts.model, "ChangeResourceRecordSets");
    assert_string_equal(change->uri, "/2013-04-01/hostedzone/{Id}/rrset/");
    const struct wire_member_fact *id = wire_member_fact_named(change->input, "HostedZoneId");
    assert_string_equal(id->wire_name, "Id");
    assert_int_equal(id->location, IN_URI);
    const struct wire_shape *changes = wire_shape_find(facts.model, "Changes");
    assert_string_equal(changes->element_name, "Change");
    assert_int_equal(wire_error_shape_find(facts.model, "NoSuchHostedZone")->error_status, 404);
    assert_null(wire_error_shape_find(facts.model, "HostedZone"));
    facts_close(&facts);
}

static void test_only_what_has_a_constraint_is_checked(void **state)
{
    (void)state;
    struct facts facts;
    facts_open(&facts, "dynamodb", "emulators/dynamodb/api.json");
    assert_false(wire_shape_find(facts.model, "AttributeValue")->needs_check);
    assert_false(wire_shape_find(facts.model, "PutItemInputAttributeMap")->needs_check);
    const struct wire_shape *put = wire_operation_fact_find(facts.model, "PutItem")->input;
    assert_true(put->needs_check);
    assert_string_equal(put->checks[0]->name, "ReturnConsumedCapacity");
    assert_string_equal(put->checks[1]->name, "TableName");
    for (size_t i = 0; i < put->check_count; i++)
        assert_string_not_equal(put->checks[i]->name, "ConditionExpression");
    facts_close(&facts);
}

#define HEAD "{\"protocol\":\"json\",\"jsonVersion\":\"1.0\",\"operations\":{"

static void test_facts_with_a_mistake_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *json, *message;
    } rows[] = {
        {"{", "fake api.json is not JSON"},
        {"{}", "fake api.json: protocol (none)  is unknown"},
        {"{\"protocol\":\"json\",\"jsonVersion\":\"9\"}",
         "fake api.json: protocol json 9 is unknown"},
        {HEAD "\"A\":{}},\"shapes\":{}}", "fake api.json: A has no method or uri"},
        {HEAD "\"A\":{\"method\":\"POST\",\"uri\":\"/\",\"input\":\"No\"}},\"shapes\":{}}",
         "fake api.json: A refers to shape No"},
        {HEAD "\"A\":{\"method\":\"POST\",\"uri\":\"/\",\"errors\":[\"No\"]}},\"shapes\":{}}",
         "fake api.json: A refers to shape No"},
        {HEAD
         "\"B\":{\"method\":\"POST\",\"uri\":\"/\"},\"A\":{\"method\":\"POST\",\"uri\":\"/\"}},"
         "\"shapes\":{}}",
         "fake api.json: operation A is out of order"},
        {HEAD "},\"shapes\":{\"A\":{\"type\":\"colour\"}}}",
         "fake api.json: A: type colour is unknown"},
        {HEAD "},\"shapes\":{\"A\":{}}}", "fake api.json: A: type (none) is unknown"},
        {HEAD "},\"shapes\":{\"B\":{\"type\":\"string\"},\"A\":{\"type\":\"string\"}}}",
         "fake api.json: shape A is out of order"},
        {HEAD "},\"shapes\":{\"A\":{\"type\":\"list\"}}}",
         "fake api.json: A refers to shape (none)"},
        {HEAD "},\"shapes\":{\"A\":{\"type\":\"structure\",\"members\":[{\"name\":\"M\","
              "\"shape\":\"A\",\"location\":\"moon\"}]}}}",
         "fake api.json: M: location moon is unknown"},
        {HEAD "},\"shapes\":{\"A\":{\"type\":\"structure\",\"payload\":\"M\"}}}",
         "fake api.json: A: payload M is unknown"},
        {HEAD "},\"shapes\":{\"A\":{\"type\":\"structure\",\"checkOrder\":[\"M\"]}}}",
         "fake api.json: A: checkOrder M is unknown"},
        {HEAD "},\"shapes\":{\"A\":{\"type\":\"string\",\"pattern\":\"[a\"}}}",
         "fake api.json: A: the form of pattern [a is unknown"},
        {HEAD "},\"shapes\":{\"A\":{\"type\":\"timestamp\",\"timestampFormat\":\"x\"}}}",
         "fake api.json: A: timestampFormat x is unknown"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wire_service service = {.id = "fake"};
        service.api_json = (const unsigned char *)rows[i].json;
        service.api_json_end = service.api_json + strlen(rows[i].json);
        struct wire_model *model = NULL;
        struct sim_error error;
        assert_int_equal(wire_model_load(&service, &model, &error), RESULT_INVALID);
        assert_null(model);
        assert_string_equal(error.message, rows[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_of_every_service_load),
        cmocka_unit_test(test_what_each_service_says_of_itself),
        cmocka_unit_test(test_a_shape_may_contain_itself),
        cmocka_unit_test(test_every_member_is_found_by_its_wire_name),
        cmocka_unit_test(test_facts_of_the_rest_services),
        cmocka_unit_test(test_only_what_has_a_constraint_is_checked),
        cmocka_unit_test(test_facts_with_a_mistake_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
