/* test_cidr.c -- the operations of CIDR collections, and when DNS sees what they do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/route53/fixture_world.h"

#define NOBODY "01234567-89ab-cdef-0123-456789abcdef"

/* '%s' stands for the collection's id; code "" is success. */
static const struct {
    const char *claim, *operation, *input, *code, *message;
} rows[] = {
    {"the same name and reference again is the same collection", "CreateCidrCollection",
     "{\"Name\":\"places\",\"CallerReference\":\"places\"}", "", ""},
    {"the same name with another reference", "CreateCidrCollection",
     "{\"Name\":\"places\",\"CallerReference\":\"other\"}", "CidrCollectionAlreadyExistsException",
     "A CIDR collection with this name and a different caller reference already exists in this "
     "account."},
    {"another name with the same reference", "CreateCidrCollection",
     "{\"Name\":\"others\",\"CallerReference\":\"places\"}", "CidrCollectionAlreadyExistsException",
     "A CIDR collection with this name and a different caller reference already exists in this "
     "account."},
    {"a change at the present version", "ChangeCidrCollection",
     "{\"Id\":\"%s\",\"CollectionVersion\":2,\"Changes\":[{\"LocationName\":\"office\",\"Action\":"
     "\"PUT\",\"CidrList\":[\"203.0.113.0/24\",\"2001:db8::/48\"]}]}",
     "", ""},
    {"a change at an old version", "ChangeCidrCollection",
     "{\"Id\":\"%s\",\"CollectionVersion\":1,\"Changes\":[{\"LocationName\":\"office\",\"Action\":"
     "\"PUT\",\"CidrList\":[\"203.0.113.0/24\"]}]}",
     "CidrCollectionVersionMismatchException",
     "The CIDR collection version you provided, doesn't match the one in the CidrCollections "
     "operation."},
    {"a block that another location has", "ChangeCidrCollection",
     "{\"Id\":\"%s\",\"Changes\":[{\"LocationName\":\"home\",\"Action\":\"PUT\",\"CidrList\":["
     "\"198.51.100.0/24\"]}]}",
     "CidrBlockInUseException", "This CIDR block is already in use."},
    {"a block that its own location has", "ChangeCidrCollection",
     "{\"Id\":\"%s\",\"Changes\":[{\"LocationName\":\"office\",\"Action\":\"PUT\",\"CidrList\":["
     "\"198.51.100.0/24\"]}]}",
     "", ""},
    {"a block moves within one change", "ChangeCidrCollection",
     "{\"Id\":\"%s\",\"Changes\":[{\"LocationName\":\"office\",\"Action\":\"DELETE_IF_EXISTS\","
     "\"CidrList\":[\"198.51.100.0/24\"]},{\"LocationName\":\"home\",\"Action\":\"PUT\","
     "\"CidrList\":[\"198.51.100.0/24\"]}]}",
     "", ""},
    {"a block that is not there may be deleted", "ChangeCidrCollection",
     "{\"Id\":\"%s\",\"Changes\":[{\"LocationName\":\"x\",\"Action\":\"DELETE_IF_EXISTS\","
     "\"CidrList\":[\"10.0.0.0/8\"]}]}",
     "", ""},
    {"a block longer than /24", "ChangeCidrCollection",
     "{\"Id\":\"%s\",\"Changes\":[{\"LocationName\":\"x\",\"Action\":\"PUT\",\"CidrList\":["
     "\"10.0.0.0/25\"]}]}",
     "InvalidInput",
     "Invalid parameter : 10.0.0.0/25 is not a valid CIDR block: want an IPv4 network of /0 to /24 "
     "or an IPv6 network of /0 to /48."},
    {"an IPv6 block longer than /48", "ChangeCidrCollection",
     "{\"Id\":\"%s\",\"Changes\":[{\"LocationName\":\"x\",\"Action\":\"PUT\",\"CidrList\":["
     "\"2001:db8::/49\"]}]}",
     "InvalidInput",
     "Invalid parameter : 2001:db8::/49 is not a valid CIDR block: want an IPv4 network of /0 to "
     "/24 or an IPv6 network of /0 to /48."},
    {"a block with bits behind its prefix", "ChangeCidrCollection",
     "{\"Id\":\"%s\",\"Changes\":[{\"LocationName\":\"x\",\"Action\":\"PUT\",\"CidrList\":["
     "\"10.0.0.1/24\"]}]}",
     "InvalidInput",
     "Invalid parameter : 10.0.0.1/24 is not a valid CIDR block: want an IPv4 network of /0 to /24 "
     "or an IPv6 network of /0 to /48."},
    {"a collection that is not there", "ChangeCidrCollection",
     "{\"Id\":\"" NOBODY "\",\"Changes\":[{\"LocationName\":\"x\",\"Action\":\"PUT\",\"CidrList\":["
     "\"10.0.0.0/8\"]}]}",
     "NoSuchCidrCollectionException", "The CIDR collection you specified, doesn't exist."},
    {"blocks of a location that is not there", "ListCidrBlocks",
     "{\"CollectionId\":\"%s\",\"LocationName\":\"nowhere\"}", "NoSuchCidrLocationException",
     "The CIDR collection location doesn't match any locations in your account."},
    {"a page of no elements", "ListCidrLocations", "{\"CollectionId\":\"%s\",\"MaxResults\":\"0\"}",
     "InvalidInput", "Invalid parameter : MaxResults must be 1 or more."},
    {"a token that is none", "ListCidrCollections", "{\"NextToken\":\"x\"}", "InvalidInput",
     "Invalid parameter : NextToken is not valid."},
    {"a collection that is not empty stays", "DeleteCidrCollection", "{\"Id\":\"%s\"}",
     "CidrCollectionInUseException", "This CIDR collection is in use, and isn't empty."},
};

/* PRINTF_LIKE wants a literal; the rows' formats are ours. */
static void fill(const char *format, const char *id, char *text, size_t bytes)
{
    const char *mark = strstr(format, "%s");
    if (mark == NULL)
        (void)snprintf(text, bytes, "%s", format);
    else
        (void)snprintf(text, bytes, "%.*s%s%s", (int)(mark - format), format, id, mark + 2);
}

static void test_operations_answer_as_the_service(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture fixture;
        char input[1024];
        fixture_init(&fixture);
        fixture_add_block(&fixture, "office", "198.51.100.0/24");
        fill(rows[i].input, fixture.collection_id, input, sizeof(input));
        (void)fixture_call(&fixture, rows[i].operation, input);
        if (strcmp(fixture.code, rows[i].code) != 0 ||
            strcmp(fixture.message, rows[i].message) != 0)
            fail_msg("%s: got %s %s", rows[i].claim, fixture.code, fixture.message);
        fixture_fini(&fixture);
    }
}

static void test_lists_go_on_with_their_token(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture_add_block(&fixture, "b", "10.2.0.0/16");
    fixture_add_block(&fixture, "a", "10.1.0.0/16");
    fixture_add_block(&fixture, "a", "10.0.0.0/16");
    assert_true(fixture_callf(&fixture, "ListCidrBlocks",
                              "{\"CollectionId\":\"%s\",\"MaxResults\":\"2\"}",
                              fixture.collection_id));
    assert_string_equal(fixture_text(&fixture, "CidrBlocks.0.CidrBlock"), "10.0.0.0/16");
    assert_string_equal(fixture_text(&fixture, "CidrBlocks.1.CidrBlock"), "10.1.0.0/16");
    assert_string_equal(fixture_text(&fixture, "CidrBlocks.2.CidrBlock"), "");
    assert_true(fixture_callf(&fixture, "ListCidrBlocks",
                              "{\"CollectionId\":\"%s\",\"NextToken\":\"%s\"}",
                              fixture.collection_id, fixture_text(&fixture, "NextToken")));
    assert_string_equal(fixture_text(&fixture, "CidrBlocks.0.CidrBlock"), "10.2.0.0/16");
    assert_string_equal(fixture_text(&fixture, "NextToken"), "");
    assert_true(fixture_callf(&fixture, "ListCidrLocations", "{\"CollectionId\":\"%s\"}",
                              fixture.collection_id));
    assert_string_equal(fixture_text(&fixture, "CidrLocations.0.LocationName"), "a");
    assert_string_equal(fixture_text(&fixture, "CidrLocations.1.LocationName"), "b");
    assert_true(fixture_call(&fixture, "ListCidrCollections", "{}"));
    assert_string_equal(fixture_text(&fixture, "CidrCollections.0.Name"), "places");
    fixture_fini(&fixture);
}

static void test_five_collections_are_the_most(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (int i = 0; i < 6; i++)
        assert_int_equal(fixture_callf(&fixture, "CreateCidrCollection",
                                       "{\"Name\":\"n%d\",\"CallerReference\":\"r%d\"}", i, i),
                         i < 5);
    assert_string_equal(fixture.code, "LimitsExceeded");
    fixture_fini(&fixture);
}

static void test_dns_sees_a_change_when_it_is_insync(void **state)
{
    struct fixture fixture;
    char answer[256];
    char change[64];
    (void)state;
    fixture_init(&fixture);
    fixture_make_zone(&fixture, "example.com");
    fixture_add_block(&fixture, "office", "198.51.100.0/24");
    fixture_add_records(&fixture, "example.com", "w A c:o=office 192.0.2.1;w A c:d=* 192.0.2.2");
    r53_set_propagation(fixture.r53, 20 * SIM_US_PER_S, 0);
    assert_true(fixture_callf(&fixture, "ChangeCidrCollection",
                              "{\"Id\":\"%s\",\"Changes\":[{\"LocationName\":\"office\",\"Action\":"
                              "\"PUT\",\"CidrList\":[\"203.0.113.0/24\"]}]}",
                              fixture.collection_id));
    (void)snprintf(change, sizeof(change), "%s", fixture_text(&fixture, "Id"));
    for (int seconds = 0; seconds <= 20; seconds += 10) {
        assert_true(fixture_callf(&fixture, "GetChange", "{\"Id\":\"%s\"}", change));
        assert_string_equal(fixture_text(&fixture, "ChangeInfo.Status"),
                            seconds < 20 ? "PENDING" : "INSYNC");
        fixture_ask_from(&fixture, "w.example.com", "A", "203.0.113.0/24", answer, sizeof(answer));
        assert_string_equal(answer, seconds < 20 ? "192.0.2.2" : "192.0.2.1");
        fixture_advance(&fixture, 10 * SIM_US_PER_S);
    }
    fixture_fini(&fixture);
}

static void test_an_empty_collection_that_no_set_names_may_go(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture_make_zone(&fixture, "example.com");
    fixture_add_block(&fixture, "office", "198.51.100.0/24");
    fixture_add_records(&fixture, "example.com", "w A c:d=* 192.0.2.2");
    assert_true(fixture_callf(&fixture, "ChangeCidrCollection",
                              "{\"Id\":\"%s\",\"Changes\":[{\"LocationName\":\"office\",\"Action\":"
                              "\"DELETE_IF_EXISTS\",\"CidrList\":[\"198.51.100.0/24\"]}]}",
                              fixture.collection_id));
    assert_false(
        fixture_callf(&fixture, "DeleteCidrCollection", "{\"Id\":\"%s\"}", fixture.collection_id));
    assert_string_equal(fixture.code, "CidrCollectionInUseException");
    assert_true(fixture_callf(
        &fixture, "ChangeResourceRecordSets",
        "{\"HostedZoneId\":\"%s\",\"ChangeBatch\":{\"Changes\":[{\"Action\":\"DELETE\","
        "\"ResourceRecordSet\":{\"Name\":\"w.example.com\",\"Type\":\"A\",\"TTL\":60,"
        "\"SetIdentifier\":\"d\",\"CidrRoutingConfig\":{\"CollectionId\":\"%s\",\"LocationName\":"
        "\"*\"},\"ResourceRecords\":[{\"Value\":\"192.0.2.2\"}]}}]}}",
        fixture.zone_id, fixture.collection_id));
    assert_true(
        fixture_callf(&fixture, "DeleteCidrCollection", "{\"Id\":\"%s\"}", fixture.collection_id));
    assert_false(
        fixture_callf(&fixture, "DeleteCidrCollection", "{\"Id\":\"%s\"}", fixture.collection_id));
    assert_string_equal(fixture.code, "NoSuchCidrCollectionException");
    fixture_fini(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations_answer_as_the_service),
        cmocka_unit_test(test_lists_go_on_with_their_token),
        cmocka_unit_test(test_five_collections_are_the_most),
        cmocka_unit_test(test_dns_sees_a_change_when_it_is_insync),
        cmocka_unit_test(test_an_empty_collection_that_no_set_names_may_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
