/* test_private.c -- private zones and their VPCs; reusable delegation sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/route53/dns.h"
#include "tests/unit/route53/fixture_world.h"

#define VPC(id)  "{\"VPCId\":\"" id "\",\"VPCRegion\":\"us-east-1\"}"
#define VPC_EAST VPC("vpc-0east")
#define VPC_WEST VPC("vpc-0west")

/* A private zone inside.test with www; its id, to be freed. */
static char *make_private_zone(struct fixture *fixture, const char *reference, const char *vpc)
{
    char *id = NULL;
    if (!fixture_callf(fixture, "CreateHostedZone",
                       "{\"Name\":\"inside.test\",\"CallerReference\":\"%s\",\"VPC\":%s}",
                       reference, vpc))
        fail_msg("no private zone: %s %s", fixture->code, fixture->message);
    id = strdup(strrchr(fixture_text(fixture, "HostedZone.Id"), '/') + 1);
    assert_true(fixture_callf(
        fixture, "ChangeResourceRecordSets",
        "{\"HostedZoneId\":\"%s\",\"ChangeBatch\":{\"Changes\":[{\"Action\":\"CREATE\","
        "\"ResourceRecordSet\":{\"Name\":\"www.inside.test\",\"Type\":\"A\",\"TTL\":60,"
        "\"ResourceRecords\":[{\"Value\":\"10.0.0.1\"}]}}]}}",
        id));
    return id;
}

/* rcode and address count of www.inside.test for a client at address; -1: no reply. */
static int ask(struct fixture *fixture, const char *address, int *answer_count)
{
    static const uint8_t query[] = {0,   1, 0,   0,   0,   1,   0,   0,   0,   0,   0,
                                    0,   3, 'w', 'w', 'w', 6,   'i', 'n', 's', 'i', 'd',
                                    'e', 4, 't', 'e', 's', 't', 0,   0,   1,   0,   1};
    struct r53_dns_peer peer = {.is_tcp = true};
    uint8_t *reply = malloc(R53_DNS_MESSAGE_MAX);
    size_t bytes = 0;
    int rcode = -1;
    assert_true(r53_address_parse(address, &peer.address));
    bytes = r53_dns_handle(fixture->r53, &peer, query, sizeof(query), reply);
    if (bytes >= 12) {
        rcode = reply[3] & 15;
        *answer_count = reply[6] * 256 + reply[7];
    }
    free(reply);
    return rcode;
}

static void test_a_private_zone_answers_inside_its_vpcs_only(void **state)
{
    struct fixture fixture;
    char *id = NULL;
    int count = 0;
    (void)state;
    fixture_init(&fixture);
    assert_int_equal(r53_add_vpc_network(fixture.r53, "10.1.0.0/16", "vpc-0east", NULL), RESULT_OK);
    assert_int_equal(r53_add_vpc_network(fixture.r53, "10.2.0.0/16", "vpc-0west", NULL), RESULT_OK);
    id = make_private_zone(&fixture, "one", VPC_EAST);
    assert_int_equal(ask(&fixture, "10.1.3.4", &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(ask(&fixture, "10.2.3.4", &count), 5);
    assert_int_equal(ask(&fixture, "127.0.0.1", &count), 5);
    assert_true(fixture_callf(&fixture, "AssociateVPCWithHostedZone",
                              "{\"HostedZoneId\":\"%s\",\"VPC\":%s}", id, VPC_WEST));
    assert_string_equal(fixture_text(&fixture, "ChangeInfo.Status"), "PENDING");
    assert_int_equal(ask(&fixture, "10.2.3.4", &count), 0);
    assert_true(fixture_callf(&fixture, "DisassociateVPCFromHostedZone",
                              "{\"HostedZoneId\":\"%s\",\"VPC\":%s}", id, VPC_EAST));
    assert_int_equal(ask(&fixture, "10.1.3.4", &count), 5);
    free(id);
    fixture_fini(&fixture);
}

static void test_inside_a_vpc_the_private_zone_hides_the_public_one(void **state)
{
    struct fixture fixture;
    char *id = NULL;
    int count = 0;
    (void)state;
    fixture_init(&fixture);
    (void)fixture_make_zone(&fixture, "www.inside.test"); /* public, longer, without addresses */
    assert_int_equal(r53_add_vpc_network(fixture.r53, "10.1.0.0/16", "vpc-0east", NULL), RESULT_OK);
    id = make_private_zone(&fixture, "one", VPC_EAST);
    assert_int_equal(ask(&fixture, "10.1.3.4", &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(ask(&fixture, "192.0.2.1", &count), 0);
    assert_int_equal(count, 0);
    free(id);
    fixture_fini(&fixture);
}

static void test_a_private_zone_tells_its_vpcs(void **state)
{
    struct fixture fixture;
    char *id = NULL;
    (void)state;
    fixture_init(&fixture);
    (void)fixture_make_zone(&fixture, "example.com");
    id = make_private_zone(&fixture, "one", VPC_EAST);
    assert_true(fixture_callf(&fixture, "GetHostedZone", "{\"Id\":\"%s\"}", id));
    assert_string_equal(fixture_text(&fixture, "VPCs.0.VPCId"), "vpc-0east");
    assert_string_equal(fixture_text(&fixture, "VPCs.0.VPCRegion"), "us-east-1");
    assert_null(cJSON_GetObjectItem(fixture.output, "DelegationSet"));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(
        cJSON_GetObjectItem(cJSON_GetObjectItem(fixture.output, "HostedZone"), "Config"),
        "PrivateZone")));
    assert_true(
        fixture_call(&fixture, "ListHostedZones", "{\"HostedZoneType\":\"PrivateHostedZone\"}"));
    assert_string_equal(fixture_text(&fixture, "HostedZones.0.Name"), "inside.test.");
    assert_string_equal(fixture_text(&fixture, "HostedZones.1.Name"), "");
    assert_true(fixture_call(&fixture, "ListHostedZonesByVPC",
                             "{\"VPCId\":\"vpc-0east\",\"VPCRegion\":\"us-east-1\"}"));
    assert_string_equal(fixture_text(&fixture, "HostedZoneSummaries.0.HostedZoneId"), id);
    assert_string_not_equal(fixture_text(&fixture, "HostedZoneSummaries.0.Owner.OwningAccount"),
                            "");
    assert_true(fixture_call(&fixture, "ListHostedZonesByVPC",
                             "{\"VPCId\":\"vpc-0east\",\"VPCRegion\":\"us-west-2\"}"));
    assert_string_equal(fixture_text(&fixture, "HostedZoneSummaries.0.HostedZoneId"), "");
    free(id);
    fixture_fini(&fixture);
}

static void test_authorizations_come_and_go(void **state)
{
    struct fixture fixture;
    char *id = NULL;
    (void)state;
    fixture_init(&fixture);
    id = make_private_zone(&fixture, "one", VPC_EAST);
    for (int i = 3; i > 0; i--)
        assert_true(fixture_callf(&fixture, "CreateVPCAssociationAuthorization",
                                  "{\"HostedZoneId\":\"%s\",\"VPC\":{\"VPCId\":\"vpc-%d\","
                                  "\"VPCRegion\":\"us-east-1\"}}",
                                  id, i));
    assert_true(fixture_callf(&fixture, "ListVPCAssociationAuthorizations",
                              "{\"HostedZoneId\":\"%s\",\"MaxResults\":\"2\"}", id));
    assert_string_equal(fixture_text(&fixture, "VPCs.1.VPCId"), "vpc-2");
    assert_string_equal(fixture_text(&fixture, "NextToken"), "vpc-3");
    assert_true(fixture_callf(&fixture, "ListVPCAssociationAuthorizations",
                              "{\"HostedZoneId\":\"%s\",\"NextToken\":\"vpc-3\"}", id));
    assert_string_equal(fixture_text(&fixture, "VPCs.0.VPCId"), "vpc-3");
    assert_string_equal(fixture_text(&fixture, "NextToken"), "");
    assert_true(fixture_callf(&fixture, "DeleteVPCAssociationAuthorization",
                              "{\"HostedZoneId\":\"%s\",\"VPC\":%s}", id, VPC("vpc-3")));
    assert_false(fixture_callf(&fixture, "DeleteVPCAssociationAuthorization",
                               "{\"HostedZoneId\":\"%s\",\"VPC\":%s}", id, VPC("vpc-3")));
    assert_string_equal(fixture.code, "VPCAssociationAuthorizationNotFound");
    free(id);
    fixture_fini(&fixture);
}

static void test_bad_vpc_calls_get_the_services_errors(void **state)
{
    /* %s: the private zone's id, or the public one's */
    static const struct {
        const char *claim, *operation, *vpc;
        bool is_public;
        const char *code, *message;
    } cases[] = {
        {"a public zone", "AssociateVPCWithHostedZone", VPC_WEST, true, "PublicZoneVPCAssociation",
         NULL},
        {"authorizing for a public zone", "CreateVPCAssociationAuthorization", VPC_WEST, true,
         "PublicZoneVPCAssociation", NULL},
        {"no VPC id", "AssociateVPCWithHostedZone", VPC("subnet-1"), false, "InvalidVPCId",
         "The VPC ID is invalid."},
        {"an empty VPC id", "AssociateVPCWithHostedZone", VPC("vpc-"), false, "InvalidVPCId",
         "The VPC ID is invalid."},
        {"no Region", "AssociateVPCWithHostedZone", "{\"VPCId\":\"vpc-1\"}", false, "InvalidInput",
         NULL},
        {"twice", "AssociateVPCWithHostedZone", VPC_EAST, false, "ConflictingDomainExists", NULL},
        {"not associated", "DisassociateVPCFromHostedZone", VPC_WEST, false,
         "VPCAssociationNotFound", NULL},
        {"the last one", "DisassociateVPCFromHostedZone", VPC_EAST, false, "LastVPCAssociation",
         NULL},
        {"not authorized", "DeleteVPCAssociationAuthorization", VPC_WEST, false,
         "VPCAssociationAuthorizationNotFound", NULL},
    };
    struct fixture fixture;
    char *id = NULL;
    (void)state;
    fixture_init(&fixture);
    id = make_private_zone(&fixture, "one", VPC_EAST);
    (void)fixture_make_zone(&fixture, "example.com");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (fixture_callf(&fixture, cases[i].operation, "{\"HostedZoneId\":\"%s\",\"VPC\":%s}",
                          cases[i].is_public ? fixture.zone_id : id, cases[i].vpc))
            fail_msg("%s: went through", cases[i].claim);
        if (strcmp(fixture.code, cases[i].code) != 0 ||
            (cases[i].message != NULL && strcmp(fixture.message, cases[i].message) != 0))
            fail_msg("%s: %s %s", cases[i].claim, fixture.code, fixture.message);
    }
    assert_false(fixture_call(&fixture, "CreateHostedZone",
                              "{\"Name\":\"inside.test\",\"CallerReference\":\"two\","
                              "\"VPC\":" VPC_EAST "}"));
    assert_string_equal(fixture.code, "ConflictingDomainExists");
    assert_false(fixture_callf(&fixture, "TestDNSAnswer",
                               "{\"HostedZoneId\":\"%s\",\"RecordName\":\"www.inside.test\","
                               "\"RecordType\":\"A\"}",
                               id));
    assert_string_equal(fixture.code, "InvalidInput");
    free(id);
    fixture_fini(&fixture);
}

static void test_zones_share_the_servers_of_a_reusable_set(void **state)
{
    struct fixture fixture;
    char *id = NULL;
    char *server = NULL;
    (void)state;
    fixture_init(&fixture);
    assert_true(
        fixture_call(&fixture, "CreateReusableDelegationSet", "{\"CallerReference\":\"d\"}"));
    assert_memory_equal(fixture_text(&fixture, "DelegationSet.Id"), "/delegationset/N", 16);
    assert_string_equal(fixture_text(&fixture, "DelegationSet.CallerReference"), "d");
    assert_memory_equal(fixture_text(&fixture, "Location"),
                        "https://route53.amazonaws.com/2013-04-01/delegationset/N", 56);
    id = strdup(fixture_text(&fixture, "DelegationSet.Id"));
    server = strdup(fixture_text(&fixture, "DelegationSet.NameServers.2"));
    assert_true(fixture_callf(
        &fixture, "CreateHostedZone",
        "{\"Name\":\"one.test\",\"CallerReference\":\"1\",\"DelegationSetId\":\"%s\"}", id));
    assert_string_equal(fixture_text(&fixture, "DelegationSet.NameServers.2"), server);
    assert_string_equal(fixture_text(&fixture, "DelegationSet.Id"), id);
    static const char *const related[] = {"one.test", "a.one.test"};
    for (size_t i = 0; i < ARRAY_LEN(related); i++) {
        assert_false(
            fixture_callf(&fixture, "CreateHostedZone",
                          "{\"Name\":\"%s\",\"CallerReference\":\"2\",\"DelegationSetId\":\"%s\"}",
                          related[i], id));
        assert_string_equal(fixture.code, "ConflictingDomainExists");
    }
    assert_true(fixture_callf(&fixture, "ListHostedZones", "{\"DelegationSetId\":\"%s\"}", id));
    assert_string_equal(fixture_text(&fixture, "HostedZones.0.Name"), "one.test.");
    assert_true(fixture_callf(
        &fixture, "GetReusableDelegationSetLimit",
        "{\"DelegationSetId\":\"%s\",\"Type\":\"MAX_ZONES_BY_REUSABLE_DELEGATION_SET\"}", id));
    assert_int_equal(cJSON_GetObjectItem(fixture.output, "Count")->valueint, 1);
    assert_false(fixture_callf(&fixture, "DeleteReusableDelegationSet", "{\"Id\":\"%s\"}", id));
    assert_string_equal(fixture.code, "DelegationSetInUse");
    free(id);
    free(server);
    fixture_fini(&fixture);
}

static void test_delegation_sets_are_listed_in_pages_and_deleted(void **state)
{
    struct fixture fixture;
    char *next = NULL;
    (void)state;
    fixture_init(&fixture);
    (void)fixture_make_zone(&fixture, "example.com");
    assert_true(fixture_callf(&fixture, "CreateReusableDelegationSet",
                              "{\"CallerReference\":\"a\",\"HostedZoneId\":\"%s\"}",
                              fixture.zone_id));
    assert_false(fixture_callf(&fixture, "CreateReusableDelegationSet",
                               "{\"CallerReference\":\"b\",\"HostedZoneId\":\"%s\"}",
                               fixture.zone_id));
    assert_string_equal(fixture.code, "DelegationSetAlreadyReusable");
    assert_false(fixture_call(&fixture, "CreateReusableDelegationSet",
                              "{\"CallerReference\":\"b\",\"HostedZoneId\":\"Z1\"}"));
    assert_string_equal(fixture.code, "HostedZoneNotFound");
    assert_false(
        fixture_call(&fixture, "CreateReusableDelegationSet", "{\"CallerReference\":\"a\"}"));
    assert_string_equal(fixture.code, "DelegationSetAlreadyCreated");
    assert_true(
        fixture_call(&fixture, "CreateReusableDelegationSet", "{\"CallerReference\":\"b\"}"));
    assert_true(fixture_call(&fixture, "ListReusableDelegationSets", "{\"MaxItems\":\"1\"}"));
    next = strdup(fixture_text(&fixture, "NextMarker"));
    assert_string_not_equal(next, "");
    assert_true(fixture_callf(&fixture, "ListReusableDelegationSets", "{\"Marker\":\"%s\"}", next));
    assert_string_equal(fixture_text(&fixture, "NextMarker"), "");
    assert_string_equal(strrchr(fixture_text(&fixture, "DelegationSets.0.Id"), '/') + 1, next);
    assert_false(fixture_call(&fixture, "GetReusableDelegationSet", "{\"Id\":\"N0\"}"));
    assert_string_equal(fixture.code, "NoSuchDelegationSet");
    free(next);
    fixture_fini(&fixture);
}

static void test_a_zone_has_one_query_logging_configuration(void **state)
{
#define ARN "arn:aws:logs:us-east-1:000000000000:log-group:g"
    static const struct {
        const char *claim, *operation, *input, *code; /* $: the zone's id */
    } cases[] = {
        {"a second one", "CreateQueryLoggingConfig",
         "{\"HostedZoneId\":\"$\",\"CloudWatchLogsLogGroupArn\":\"" ARN "\"}",
         "QueryLoggingConfigAlreadyExists"},
        {"for no zone", "CreateQueryLoggingConfig",
         "{\"HostedZoneId\":\"Z1\",\"CloudWatchLogsLogGroupArn\":\"" ARN "\"}", "NoSuchHostedZone"},
        {"to no log group", "CreateQueryLoggingConfig",
         "{\"HostedZoneId\":\"$\",\"CloudWatchLogsLogGroupArn\":\"g\"}", "InvalidInput"},
        {"one that is not there", "GetQueryLoggingConfig", "{\"Id\":\"x\"}",
         "NoSuchQueryLoggingConfig"},
        {"deleting none", "DeleteQueryLoggingConfig", "{\"Id\":\"x\"}", "NoSuchQueryLoggingConfig"},
        {"those of no zone", "ListQueryLoggingConfigs", "{\"HostedZoneId\":\"Z1\"}",
         "NoSuchHostedZone"},
    };
    struct fixture fixture;
    char *id = NULL;
    (void)state;
    fixture_init(&fixture);
    (void)fixture_make_zone(&fixture, "example.com");
    assert_true(fixture_callf(&fixture, "CreateQueryLoggingConfig",
                              "{\"HostedZoneId\":\"%s\",\"CloudWatchLogsLogGroupArn\":\"" ARN "\"}",
                              fixture.zone_id));
    id = strdup(fixture_text(&fixture, "QueryLoggingConfig.Id"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char input[256];
        const char *dollar = strchr(cases[i].input, '$');
        if (dollar == NULL)
            (void)snprintf(input, sizeof(input), "%s", cases[i].input);
        else
            (void)snprintf(input, sizeof(input), "%.*s%s%s", (int)(dollar - cases[i].input),
                           cases[i].input, fixture.zone_id, dollar + 1);
        if (fixture_call(&fixture, cases[i].operation, input))
            fail_msg("%s: went through", cases[i].claim);
        if (strcmp(fixture.code, cases[i].code) != 0)
            fail_msg("%s: %s %s", cases[i].claim, fixture.code, fixture.message);
    }
    assert_true(fixture_callf(&fixture, "GetQueryLoggingConfig", "{\"Id\":\"%s\"}", id));
    assert_string_equal(fixture_text(&fixture, "QueryLoggingConfig.CloudWatchLogsLogGroupArn"),
                        ARN);
    assert_true(fixture_callf(&fixture, "DeleteHostedZone", "{\"Id\":\"%s\"}", fixture.zone_id));
    assert_true(fixture_call(&fixture, "ListQueryLoggingConfigs", "{}"));
    assert_string_equal(fixture_text(&fixture, "QueryLoggingConfigs.0.Id"), "");
    free(id);
    fixture_fini(&fixture);
#undef ARN
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_private_zone_answers_inside_its_vpcs_only),
        cmocka_unit_test(test_inside_a_vpc_the_private_zone_hides_the_public_one),
        cmocka_unit_test(test_a_private_zone_tells_its_vpcs),
        cmocka_unit_test(test_authorizations_come_and_go),
        cmocka_unit_test(test_bad_vpc_calls_get_the_services_errors),
        cmocka_unit_test(test_zones_share_the_servers_of_a_reusable_set),
        cmocka_unit_test(test_delegation_sets_are_listed_in_pages_and_deleted),
        cmocka_unit_test(test_a_zone_has_one_query_logging_configuration),
    };
    return cmocka_run_group_tests_name("private zones and delegation sets", tests, NULL, NULL);
}
