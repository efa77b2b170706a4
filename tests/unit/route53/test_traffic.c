/* test_traffic.c -- traffic policies: documents, versions, instances and what DNS answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/route53/traffic.h"
#include "tests/unit/route53/fixture_world.h"

#define HEAD "{\"AWSPolicyFormatVersion\":\"2015-10-01\",\"RecordType\":\"A\","
#define ENDS                                                                                       \
    "\"Endpoints\":{\"e1\":{\"Type\":\"value\",\"Value\":\"192.0.2.1\"},"                          \
    "\"e2\":{\"Type\":\"value\",\"Value\":\"192.0.2.2\"}}"
#define SIMPLE HEAD "\"StartEndpoint\":\"e1\"," ENDS "}"

static bool create_policy(struct fixture *fixture, const char *operation, const char *member,
                          const char *value, const char *document)
{
    cJSON *input = cJSON_CreateObject();
    char *text = NULL;
    bool is_good = false;
    cJSON_AddStringToObject(input, member, value);
    cJSON_AddStringToObject(input, "Document", document);
    text = cJSON_PrintUnformatted(input);
    is_good = fixture_call(fixture, operation, text);
    free(text);
    cJSON_Delete(input);
    return is_good;
}

/* A policy and its instance at p.example.com; the policy's id, to be freed. */
static char *make_instance(struct fixture *fixture, const char *document)
{
    char *id = NULL;
    if (!create_policy(fixture, "CreateTrafficPolicy", "Name", "p", document))
        fail_msg("no policy: %s %s", fixture->code, fixture->message);
    id = strdup(fixture_text(fixture, "TrafficPolicy.Id"));
    if (!fixture_callf(fixture, "CreateTrafficPolicyInstance",
                       "{\"HostedZoneId\":\"%s\",\"Name\":\"p.example.com\",\"TTL\":60,"
                       "\"TrafficPolicyId\":\"%s\",\"TrafficPolicyVersion\":1}",
                       fixture->zone_id, id))
        fail_msg("no instance: %s %s", fixture->code, fixture->message);
    return id;
}

static void test_bad_documents_are_refused(void **state)
{
    static const struct {
        const char *claim, *document, *fault;
    } cases[] = {
        {"no JSON", "{", "not valid JSON"},
        {"a list", "[]", "not valid JSON"},
        {"no version", "{\"RecordType\":\"A\",\"StartEndpoint\":\"e1\"," ENDS "}",
         "AWSPolicyFormatVersion"},
        {"an unknown version",
         "{\"AWSPolicyFormatVersion\":\"2010-01-01\",\"RecordType\":\"A\",\"StartEndpoint\":\"e1\","
         "" ENDS "}",
         "AWSPolicyFormatVersion"},
        {"no type", "{\"AWSPolicyFormatVersion\":\"2015-10-01\",\"StartEndpoint\":\"e1\"," ENDS "}",
         "RecordType"},
        {"a type without routing",
         "{\"AWSPolicyFormatVersion\":\"2015-10-01\",\"RecordType\":\"NS\",\"StartEndpoint\":"
         "\"e1\"," ENDS "}",
         "RecordType"},
        {"no start", HEAD ENDS "}", "Exactly one of StartEndpoint and StartRule"},
        {"two starts", HEAD "\"StartEndpoint\":\"e1\",\"StartRule\":\"r\"," ENDS "}",
         "Exactly one of StartEndpoint and StartRule"},
        {"an endpoint that is not there", HEAD "\"StartEndpoint\":\"x\"," ENDS "}",
         "The endpoint 'x' is not defined."},
        {"a rule that is not there", HEAD "\"StartRule\":\"r\"," ENDS "}",
         "The rule 'r' is not defined."},
        {"a rule of no kind", HEAD "\"StartRule\":\"r\",\"Rules\":{\"r\":{}}," ENDS "}",
         "no valid RuleType"},
        {"a rule without branches",
         HEAD "\"StartRule\":\"r\",\"Rules\":{\"r\":{\"RuleType\":\"weighted\"}}," ENDS "}",
         "has no Items"},
        {"a branch without a target",
         HEAD "\"StartRule\":\"r\",\"Rules\":{\"r\":{\"RuleType\":\"weighted\",\"Items\":["
              "{\"Weight\":1}]}}," ENDS "}",
         "exactly one of EndpointReference and RuleReference"},
        {"a weight that is none",
         HEAD "\"StartRule\":\"r\",\"Rules\":{\"r\":{\"RuleType\":\"weighted\",\"Items\":["
              "{\"Weight\":\"many\",\"EndpointReference\":\"e1\"}]}}," ENDS "}",
         "Weight must be a number"},
        {"a place that is none",
         HEAD "\"StartRule\":\"r\",\"Rules\":{\"r\":{\"RuleType\":\"geo\",\"Locations\":["
              "{\"Country\":\"QQ\",\"EndpointReference\":\"e1\"}]}}," ENDS "}",
         "QQ"},
        {"a circle",
         HEAD "\"StartRule\":\"r\",\"Rules\":{\"r\":{\"RuleType\":\"failover\",\"Primary\":"
              "{\"RuleReference\":\"r\"}}}," ENDS "}",
         "leads back to itself"},
        {"a value that is no address",
         HEAD "\"StartEndpoint\":\"e\",\"Endpoints\":{\"e\":{\"Type\":\"value\",\"Value\":\"x\"}}}",
         "ARRDATAIllegalIPv4Address"},
        {"a load balancer that is none",
         HEAD "\"StartEndpoint\":\"e\",\"Endpoints\":{\"e\":{\"Type\":\"elastic-load-balancer\","
              "\"Value\":\"x.example.com\"}}}",
         "is not a elastic-load-balancer"},
    };
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (create_policy(&fixture, "CreateTrafficPolicy", "Name", "p", cases[i].document))
            fail_msg("%s: went through", cases[i].claim);
        if (strcmp(fixture.code, "InvalidTrafficPolicyDocument") != 0 ||
            strstr(fixture.message, cases[i].fault) == NULL)
            fail_msg("%s: %s %s", cases[i].claim, fixture.code, fixture.message);
    }
    fixture_fini(&fixture);
}

static void test_an_instance_answers_by_its_tree(void **state)
{
    static const struct {
        const char *claim, *rules, *region, *value;
    } cases[] = {
        {"latency",
         "{\"r\":{\"RuleType\":\"latency\",\"Regions\":["
         "{\"Region\":\"us-east-1\",\"EndpointReference\":\"e1\"},"
         "{\"Region\":\"eu-west-1\",\"EndpointReference\":\"e2\"}]}}",
         "eu-west-1", "192.0.2.2"},
        {"geolocation",
         "{\"r\":{\"RuleType\":\"geo\",\"Locations\":["
         "{\"Continent\":\"EU\",\"EndpointReference\":\"e2\"},"
         "{\"IsDefault\":\"true\",\"EndpointReference\":\"e1\"}]}}",
         "us-west-2", "192.0.2.1"},
        {"a weight of zero beside one",
         "{\"r\":{\"RuleType\":\"weighted\",\"Items\":["
         "{\"Weight\":\"0\",\"EndpointReference\":\"e1\"},"
         "{\"Weight\":5,\"EndpointReference\":\"e2\"}]}}",
         "us-east-1", "192.0.2.2"},
        {"failover",
         "{\"r\":{\"RuleType\":\"failover\",\"Primary\":{\"EndpointReference\":\"e1\"},"
         "\"Secondary\":{\"EndpointReference\":\"e2\"}}}",
         "us-east-1", "192.0.2.1"},
        {"a rule under a rule, twice",
         "{\"r\":{\"RuleType\":\"latency\",\"Regions\":["
         "{\"Region\":\"us-east-1\",\"RuleReference\":\"s\",\"EvaluateTargetHealth\":true},"
         "{\"Region\":\"eu-west-1\",\"RuleReference\":\"s\"}]},"
         "\"s\":{\"RuleType\":\"weighted\",\"Items\":[{\"Weight\":1,\"EndpointReference\":\"e2\"}]"
         "}}",
         "us-east-1", "192.0.2.2"},
        {"geoproximity",
         "{\"r\":{\"RuleType\":\"geoproximity\",\"GeoproximityLocations\":["
         "{\"Region\":\"aws:route53:us-east-1\",\"EndpointReference\":\"e1\"},"
         "{\"Latitude\":\"53.3\",\"Longitude\":\"-6.2\",\"Bias\":\"1\",\"EndpointReference\":"
         "\"e2\"}]}}",
         "eu-west-1", "192.0.2.2"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture fixture;
        struct r53_answer answer;
        char document[2048];
        fixture_init(&fixture);
        (void)fixture_make_zone(&fixture, "example.com");
        (void)snprintf(document, sizeof(document),
                       HEAD "\"StartRule\":\"r\",\"Rules\":%s," ENDS "}", cases[i].rules);
        free(make_instance(&fixture, document));
        r53_resolve(fixture.r53, "p.example.com", "A", cases[i].region, &answer);
        if (answer.value_count != 1 || strcmp(answer.values[0], cases[i].value) != 0 ||
            answer.ttl_s != 60)
            fail_msg("%s: %zu %s %u", cases[i].claim, answer.value_count, answer.values[0],
                     answer.ttl_s);
        fixture_fini(&fixture);
    }
}

static void test_an_instance_is_one_record_set_that_comes_and_goes(void **state)
{
    struct fixture fixture;
    struct r53_answer answer;
    char *policy = NULL;
    char *instance = NULL;
    (void)state;
    fixture_init(&fixture);
    r53_set_propagation(fixture.r53, SIM_US_PER_S, 0);
    (void)fixture_make_zone(&fixture, "example.com");
    policy = make_instance(&fixture, SIMPLE);
    instance = strdup(fixture_text(&fixture, "TrafficPolicyInstance.Id"));
    assert_string_equal(fixture_text(&fixture, "TrafficPolicyInstance.State"), "Creating");
    assert_string_equal(fixture_text(&fixture, "TrafficPolicyInstance.Name"), "p.example.com.");
    assert_true(fixture_callf(&fixture, "ListResourceRecordSets", "{\"HostedZoneId\":\"%s\"}",
                              fixture.zone_id));
    assert_string_equal(fixture_text(&fixture, "ResourceRecordSets.2.Name"), "p.example.com.");
    assert_string_equal(fixture_text(&fixture, "ResourceRecordSets.2.TrafficPolicyInstanceId"),
                        instance);
    assert_string_equal(fixture_text(&fixture, "ResourceRecordSets.3.Name"), "");
    assert_false(fixture_callf(&fixture, "DeleteHostedZone", "{\"Id\":\"%s\"}", fixture.zone_id));
    assert_string_equal(fixture.code, "HostedZoneNotEmpty");
    while (sim_sched_step(fixture.core.sched, UINT64_MAX))
        ;
    assert_true(fixture_callf(&fixture, "GetTrafficPolicyInstance", "{\"Id\":\"%s\"}", instance));
    assert_string_equal(fixture_text(&fixture, "TrafficPolicyInstance.State"), "Applied");
    r53_resolve(fixture.r53, "p.example.com", "A", NULL, &answer);
    assert_string_equal(answer.values[0], "192.0.2.1");

    assert_true(create_policy(&fixture, "CreateTrafficPolicyVersion", "Id", policy,
                              HEAD "\"StartEndpoint\":\"e2\"," ENDS "}"));
    assert_true(fixture_callf(&fixture, "UpdateTrafficPolicyInstance",
                              "{\"Id\":\"%s\",\"TTL\":9,\"TrafficPolicyId\":\"%s\","
                              "\"TrafficPolicyVersion\":2}",
                              instance, policy));
    assert_string_equal(fixture_text(&fixture, "TrafficPolicyInstance.State"), "Updating");
    r53_resolve(fixture.r53, "p.example.com", "A", NULL, &answer);
    assert_string_equal(answer.values[0], "192.0.2.1");
    while (sim_sched_step(fixture.core.sched, UINT64_MAX))
        ;
    r53_resolve(fixture.r53, "p.example.com", "A", NULL, &answer);
    assert_string_equal(answer.values[0], "192.0.2.2");
    assert_int_equal(answer.ttl_s, 9);

    assert_true(
        fixture_callf(&fixture, "DeleteTrafficPolicyInstance", "{\"Id\":\"%s\"}", instance));
    while (sim_sched_step(fixture.core.sched, UINT64_MAX))
        ;
    r53_resolve(fixture.r53, "p.example.com", "A", NULL, &answer);
    assert_int_equal(answer.rcode, 3);
    assert_true(fixture_callf(&fixture, "DeleteHostedZone", "{\"Id\":\"%s\"}", fixture.zone_id));
    free(policy);
    free(instance);
    fixture_fini(&fixture);
}

static void test_policies_and_instances_refuse_what_the_service_refuses(void **state)
{
    struct fixture fixture;
    char *policy = NULL;
    (void)state;
    fixture_init(&fixture);
    (void)fixture_make_zone(&fixture, "example.com");
    policy = make_instance(&fixture, SIMPLE);
    const struct {
        const char *claim, *operation, *input, *code;
    } cases[] = {
        {"a name again", "CreateTrafficPolicyInstance",
         "{\"HostedZoneId\":\"%2$s\",\"Name\":\"P.example.com.\",\"TTL\":1,\"TrafficPolicyId\":"
         "\"%1$s\",\"TrafficPolicyVersion\":1}",
         "TrafficPolicyInstanceAlreadyExists"},
        {"a version that is not there", "CreateTrafficPolicyInstance",
         "{\"HostedZoneId\":\"%2$s\",\"Name\":\"q.example.com\",\"TTL\":1,\"TrafficPolicyId\":"
         "\"%1$s\",\"TrafficPolicyVersion\":2}",
         "NoSuchTrafficPolicy"},
        {"a zone that is not there", "CreateTrafficPolicyInstance",
         "{\"HostedZoneId\":\"Z1\",\"Name\":\"q.example.com\",\"TTL\":1,\"TrafficPolicyId\":"
         "\"%1$s\",\"TrafficPolicyVersion\":1}",
         "NoSuchHostedZone"},
        {"a name outside", "CreateTrafficPolicyInstance",
         "{\"HostedZoneId\":\"%2$s\",\"Name\":\"q.example.org\",\"TTL\":1,\"TrafficPolicyId\":"
         "\"%1$s\",\"TrafficPolicyVersion\":1}",
         "InvalidInput"},
        {"a policy in use", "DeleteTrafficPolicy", "{\"Id\":\"%1$s\",\"Version\":1}",
         "TrafficPolicyInUse"},
        {"a policy that is not there", "GetTrafficPolicy", "{\"Id\":\"x\",\"Version\":1}",
         "NoSuchTrafficPolicy"},
        {"an instance that is not there", "GetTrafficPolicyInstance", "{\"Id\":\"x\"}",
         "NoSuchTrafficPolicyInstance"},
        {"versions of none", "ListTrafficPolicyVersions", "{\"Id\":\"x\"}", "NoSuchTrafficPolicy"},
        {"instances of a zone that is not there", "ListTrafficPolicyInstancesByHostedZone",
         "{\"HostedZoneId\":\"Z1\"}", "NoSuchHostedZone"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char input[512] = "";
        const char *at = cases[i].input;
        while (*at != '\0') { /* %1$s: the policy, %2$s: the zone */
            size_t used = strlen(input);
            if (strncmp(at, "%1$s", 4) == 0 || strncmp(at, "%2$s", 4) == 0) {
                (void)snprintf(input + used, sizeof(input) - used, "%s",
                               at[1] == '1' ? policy : fixture.zone_id);
                at += 4;
            } else {
                input[used] = *at++;
                input[used + 1] = '\0';
            }
        }
        if (fixture_call(&fixture, cases[i].operation, input))
            fail_msg("%s: went through", cases[i].claim);
        if (strcmp(fixture.code, cases[i].code) != 0)
            fail_msg("%s: %s %s", cases[i].claim, fixture.code, fixture.message);
    }
    assert_false(create_policy(&fixture, "CreateTrafficPolicy", "Name", "p", SIMPLE));
    assert_string_equal(fixture.code, "TrafficPolicyAlreadyExists");
    assert_true(fixture_callf(&fixture, "UpdateTrafficPolicyComment",
                              "{\"Id\":\"%s\",\"Version\":1,\"Comment\":\"c\"}", policy));
    assert_string_equal(fixture_text(&fixture, "TrafficPolicy.Comment"), "c");
    free(policy);
    fixture_fini(&fixture);
}

static void test_an_instance_beside_another_record_has_failed(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    (void)fixture_make_zone(&fixture, "example.com");
    assert_true(fixture_callf(
        &fixture, "ChangeResourceRecordSets",
        "{\"HostedZoneId\":\"%s\",\"ChangeBatch\":{\"Changes\":[{\"Action\":\"CREATE\","
        "\"ResourceRecordSet\":{\"Name\":\"p.example.com\",\"Type\":\"A\",\"TTL\":60,"
        "\"ResourceRecords\":[{\"Value\":\"192.0.2.7\"}]}}]}}",
        fixture.zone_id));
    free(make_instance(&fixture, SIMPLE));
    assert_string_equal(fixture_text(&fixture, "TrafficPolicyInstance.State"), "Failed");
    assert_non_null(
        strstr(fixture_text(&fixture, "TrafficPolicyInstance.Message"), "but it already exists"));
    fixture_fini(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_documents_are_refused),
        cmocka_unit_test(test_an_instance_answers_by_its_tree),
        cmocka_unit_test(test_an_instance_is_one_record_set_that_comes_and_goes),
        cmocka_unit_test(test_policies_and_instances_refuse_what_the_service_refuses),
        cmocka_unit_test(test_an_instance_beside_another_record_has_failed),
    };
    return cmocka_run_group_tests_name("traffic policies", tests, NULL, NULL);
}
