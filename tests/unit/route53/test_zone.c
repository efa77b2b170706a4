/* test_zone.c -- names, hosted zones, and the order and paging of lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/route53/name.h"
#include "tests/unit/route53/fixture_world.h"

#define ZONE "example.com"

static void test_names_are_kept_lower_case_and_shown_escaped(void **state)
{
    static const char label_63[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static const struct {
        const char *claim, *text, *shown;
        enum r53_name_fault fault;
    } cases[] = {
        {"a dot is added", "a.b", "a.b.", R53_NAME_OK},
        {"a dot may be there", "a.b.", "a.b.", R53_NAME_OK},
        {"letters become lower case", "A.B-c_D", "a.b-c_d.", R53_NAME_OK},
        {"a star is escaped", "*.b", "\\052.b.", R53_NAME_OK},
        {"an escape is one character", "\\052.b", "\\052.b.", R53_NAME_OK},
        {"an escaped letter is that letter", "\\101.b", "a.b.", R53_NAME_OK},
        {"a dot in a label", "a\\056b.c", "a\\056b.c.", R53_NAME_OK},
        {"an at sign", "@.b", "\\100.b.", R53_NAME_OK},
        {"a high byte", "\\344.b", "\\344.b.", R53_NAME_OK},
        {"the root", ".", ".", R53_NAME_OK},
        {"a label of 63", label_63, NULL, R53_NAME_OK},
        {"an empty name", "", NULL, R53_NAME_EMPTY},
        {"an empty label", "a..b", NULL, R53_NAME_LABEL_EMPTY},
        {"a dot first", ".a", NULL, R53_NAME_LABEL_EMPTY},
        {"two dots last", "a..", NULL, R53_NAME_LABEL_EMPTY},
        {"a blank", "a b", NULL, R53_NAME_UNSUPPORTED},
        {"an escape of two digits", "\\05.b", NULL, R53_NAME_UNSUPPORTED},
        {"an escape beyond a byte", "\\400.b", NULL, R53_NAME_UNSUPPORTED},
        {"a raw high byte", "\xc3\xa4.b", NULL, R53_NAME_UNSUPPORTED},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct r53_name name;
        char text[R53_NAME_TEXT_BYTES] = "";
        enum r53_name_fault fault = r53_name_parse(cases[i].text, &name);
        if (fault != cases[i].fault)
            fail_msg("%s: fault %d", cases[i].claim, (int)fault);
        if (fault == R53_NAME_OK)
            r53_name_text(name.wire, text);
        if (cases[i].shown != NULL && strcmp(text, cases[i].shown) != 0)
            fail_msg("%s: shown as %s", cases[i].claim, text);
    }
}

static void test_a_name_has_at_most_255_bytes(void **state)
{
    char text[400] = "";
    struct r53_name name;
    (void)state;
    for (int i = 0; i < 127; i++)
        (void)snprintf(text + 2 * i, sizeof(text) - (size_t)(2 * i), "a.");
    assert_int_equal(r53_name_parse(text, &name), R53_NAME_OK);
    assert_int_equal(name.length_bytes, 255);
    (void)snprintf(text + 254, sizeof(text) - 254, "a.");
    assert_int_equal(r53_name_parse(text, &name), R53_NAME_TOO_LONG);
    memset(text, 'a', 64);
    text[64] = '\0';
    assert_int_equal(r53_name_parse(text, &name), R53_NAME_LABEL_TOO_LONG);
}

static void test_a_zone_begins_with_ns_and_soa(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    r53_set_propagation(fixture.r53, SIM_US_PER_S, 0);
    assert_true(fixture_call(&fixture, "CreateHostedZone",
                             "{\"Name\":\"Example.com\",\"CallerReference\":\"r\","
                             "\"HostedZoneConfig\":{\"Comment\":\"c\"}}"));
    assert_string_equal(fixture_text(&fixture, "HostedZone.Name"), "example.com.");
    assert_string_equal(fixture_text(&fixture, "HostedZone.CallerReference"), "r");
    assert_string_equal(fixture_text(&fixture, "HostedZone.Config.Comment"), "c");
    assert_string_equal(fixture_text(&fixture, "ChangeInfo.Status"), "PENDING");
    assert_memory_equal(fixture_text(&fixture, "HostedZone.Id"), "/hostedzone/Z", 13);
    assert_memory_equal(fixture_text(&fixture, "Location"),
                        "https://route53.amazonaws.com/2013-04-01/hostedzone/Z", 53);
    assert_non_null(strstr(fixture_text(&fixture, "DelegationSet.NameServers.3"), ".awsdns-"));
    assert_true(fixture_callf(&fixture, "ListResourceRecordSets", "{\"HostedZoneId\":\"%s\"}",
                              strrchr(fixture_text(&fixture, "HostedZone.Id"), '/') + 1));
    assert_string_equal(fixture_text(&fixture, "ResourceRecordSets.0.Type"), "NS");
    assert_string_equal(fixture_text(&fixture, "ResourceRecordSets.1.Type"), "SOA");
    assert_non_null(strstr(fixture_text(&fixture, "ResourceRecordSets.1.ResourceRecords.0.Value"),
                           " awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"));
    fixture_fini(&fixture);
}

static void test_bad_zone_calls_get_the_services_errors(void **state)
{
    static const struct {
        const char *claim, *operation, *input, *code, *message;
    } cases[] = {
        {"a caller reference again", "CreateHostedZone",
         "{\"Name\":\"other.com\",\"CallerReference\":\"one\"}", "HostedZoneAlreadyExists",
         "A hosted zone has already been created with the specified caller reference."},
        {"a top-level domain", "CreateHostedZone", "{\"Name\":\"com\",\"CallerReference\":\"x\"}",
         "InvalidDomainName", NULL},
        {"a country", "CreateHostedZone", "{\"Name\":\"de.\",\"CallerReference\":\"x\"}",
         "InvalidDomainName", NULL},
        {"a wildcard", "CreateHostedZone", "{\"Name\":\"*.a.b\",\"CallerReference\":\"x\"}",
         "InvalidDomainName", NULL},
        {"an empty label", "CreateHostedZone", "{\"Name\":\"a..b\",\"CallerReference\":\"x\"}",
         "InvalidDomainName",
         "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'a..b'"},
        {"a private zone without a VPC", "CreateHostedZone",
         "{\"Name\":\"a.b\",\"CallerReference\":\"x\",\"HostedZoneConfig\":{\"PrivateZone\":true}}",
         "InvalidInput", NULL},
        {"a delegation set", "CreateHostedZone",
         "{\"Name\":\"a.b\",\"CallerReference\":\"x\",\"DelegationSetId\":\"N1\"}",
         "NoSuchDelegationSet", NULL},
        {"getting no zone", "GetHostedZone", "{\"Id\":\"Z1\"}", "NoSuchHostedZone",
         "No hosted zone found with ID: Z1"},
        {"deleting no zone", "DeleteHostedZone", "{\"Id\":\"/hostedzone/Z1\"}", "NoSuchHostedZone",
         "No hosted zone found with ID: Z1"},
        {"listing no zone", "ListResourceRecordSets", "{\"HostedZoneId\":\"Z1\"}",
         "NoSuchHostedZone", "No hosted zone found with ID: Z1"},
        {"changing no zone", "ChangeResourceRecordSets",
         "{\"HostedZoneId\":\"Z1\",\"ChangeBatch\":{\"Changes\":[{\"Action\":\"CREATE\","
         "\"ResourceRecordSet\":{\"Name\":\"a.b\",\"Type\":\"A\"}}]}}",
         "NoSuchHostedZone", "No hosted zone found with ID: Z1"},
        {"a page of nothing", "ListHostedZones", "{\"MaxItems\":\"0\"}", "InvalidInput", NULL},
        {"a page of words", "ListHostedZones", "{\"MaxItems\":\"x\"}", "InvalidInput", NULL},
        {"an id without a name", "ListHostedZonesByName", "{\"HostedZoneId\":\"Z1\"}",
         "InvalidInput", NULL},
        {"tags of no zone", "ListTagsForResource",
         "{\"ResourceType\":\"hostedzone\",\"ResourceId\":\"Z1\"}", "NoSuchHostedZone", NULL},
        {"an operation that is not here", "GetDNSSEC", "{\"HostedZoneId\":\"Z1\"}",
         "NotImplemented", NULL},
    };
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_true(fixture_call(&fixture, "CreateHostedZone",
                             "{\"Name\":\"one.com\",\"CallerReference\":\"one\"}"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (fixture_call(&fixture, cases[i].operation, cases[i].input))
            fail_msg("%s: succeeded", cases[i].claim);
        if (strcmp(fixture.code, cases[i].code) != 0 ||
            (cases[i].message != NULL && strcmp(fixture.message, cases[i].message) != 0))
            fail_msg("%s: got %s %s", cases[i].claim, fixture.code, fixture.message);
    }
    assert_true(fixture_call(&fixture, "GetHostedZoneCount", "{}"));
    assert_int_equal(wire_integer(fixture.output, "HostedZoneCount", -1), 1);
    fixture_fini(&fixture);
}

static void test_a_zone_with_records_cannot_be_deleted(void **state)
{
    struct fixture fixture;
    char answer[256];
    (void)state;
    fixture_init(&fixture);
    fixture_make_zone(&fixture, ZONE);
    fixture_add_records(&fixture, ZONE, "w A 1.1.1.1");
    assert_false(fixture_callf(&fixture, "DeleteHostedZone", "{\"Id\":\"%s\"}", fixture.zone_id));
    assert_string_equal(fixture.code, "HostedZoneNotEmpty");
    assert_string_equal(fixture.message,
                        "The specified hosted zone contains non-required resource record sets and "
                        "so cannot be deleted.");
    fixture_make_zone(&fixture, "empty.com");
    fixture_ask(&fixture, "empty.com", "A", NULL, answer, sizeof(answer));
    assert_string_equal(answer, "NODATA");
    assert_true(fixture_callf(&fixture, "DeleteHostedZone", "{\"Id\":\"%s\"}", fixture.zone_id));
    fixture_ask(&fixture, "empty.com", "A", NULL, answer, sizeof(answer));
    assert_string_equal(answer, "REFUSED");
    fixture_fini(&fixture);
}

/* "name type identifier" of each set, one a line. */
static void show_list(const struct fixture *fixture, char *text, size_t bytes)
{
    const cJSON *set = NULL;
    size_t used = 0;
    text[0] = '\0';
    cJSON_ArrayForEach(set, wire_member(fixture->output, "ResourceRecordSets"))
    {
        const char *identifier = wire_text(set, "SetIdentifier");
        used += (size_t)snprintf(text + used, bytes - used, "%s %s%s%s\n", wire_text(set, "Name"),
                                 wire_text(set, "Type"), identifier == NULL ? "" : " ",
                                 identifier == NULL ? "" : identifier);
    }
}

static const char list_records[] = "b TXT \"t\";a.b A 1.1.1.1;* A 1.1.1.1;@ MX 1_m.example.com;b A "
                                   "w:y=1 1.1.1.1;b A w:x=1 1.1.1.1;"
                                   "b AAAA ::1;b-c A 1.1.1.1;\\041b A 1.1.1.1;-b A 1.1.1.1";

static void test_lists_are_in_the_services_order(void **state)
{
    struct fixture fixture;
    char text[2048];
    (void)state;
    fixture_init(&fixture);
    fixture_make_zone(&fixture, ZONE);
    fixture_add_records(&fixture, ZONE, list_records);
    assert_true(fixture_callf(&fixture, "ListResourceRecordSets", "{\"HostedZoneId\":\"%s\"}",
                              fixture.zone_id));
    show_list(&fixture, text, sizeof(text));
    assert_string_equal(text, "example.com. MX\n"
                              "example.com. NS\n"
                              "example.com. SOA\n"
                              "-b.example.com. A\n"
                              "\\041b.example.com. A\n"
                              "\\052.example.com. A\n"
                              "b-c.example.com. A\n"
                              "b.example.com. A x\n"
                              "b.example.com. A y\n"
                              "b.example.com. AAAA\n"
                              "b.example.com. TXT\n"
                              "a.b.example.com. A\n");
    assert_string_equal(fixture_text(&fixture, "MaxItems"), "100");
    fixture_fini(&fixture);
}

static void test_pages_join_to_the_whole_list(void **state)
{
    struct fixture fixture;
    char whole[2048];
    (void)state;
    fixture_init(&fixture);
    fixture_make_zone(&fixture, ZONE);
    fixture_add_records(&fixture, ZONE, list_records);
    assert_true(fixture_callf(&fixture, "ListResourceRecordSets", "{\"HostedZoneId\":\"%s\"}",
                              fixture.zone_id));
    show_list(&fixture, whole, sizeof(whole));
    for (int size = 1; size <= 12; size++) {
        char joined[4096] = "";
        char input[512];
        int pages = 0;
        (void)snprintf(input, sizeof(input), "{\"HostedZoneId\":\"%s\",\"MaxItems\":\"%d\"}",
                       fixture.zone_id, size);
        while (true) {
            char page[2048];
            cJSON *next = cJSON_Parse(input);
            char *printed = NULL;
            assert_true(fixture_call(&fixture, "ListResourceRecordSets", input));
            show_list(&fixture, page, sizeof(page));
            (void)strncat(joined, page, sizeof(joined) - strlen(joined) - 1);
            pages++;
            cJSON_DeleteItemFromObject(next, "StartRecordName");
            cJSON_DeleteItemFromObject(next, "StartRecordType");
            cJSON_DeleteItemFromObject(next, "StartRecordIdentifier");
            cJSON_AddStringToObject(next, "StartRecordName",
                                    fixture_text(&fixture, "NextRecordName"));
            cJSON_AddStringToObject(next, "StartRecordType",
                                    fixture_text(&fixture, "NextRecordType"));
            if (fixture_text(&fixture, "NextRecordIdentifier")[0] != '\0')
                cJSON_AddStringToObject(next, "StartRecordIdentifier",
                                        fixture_text(&fixture, "NextRecordIdentifier"));
            printed = cJSON_PrintUnformatted(next);
            (void)snprintf(input, sizeof(input), "%s", printed);
            free(printed);
            cJSON_Delete(next);
            if (!wire_flag(fixture.output, "IsTruncated", false))
                break;
        }
        assert_string_equal(joined, whole);
        assert_int_equal(pages, (12 + size - 1) / size);
    }
    fixture_fini(&fixture);
}

static void test_a_list_begins_at_the_first_set_not_before_the_start(void **state)
{
    static const struct {
        const char *claim, *start, *first;
    } cases[] = {
        {"a name that is there", "\"StartRecordName\":\"b.example.com\"", "b.example.com. A x\n"},
        {"a name between", "\"StartRecordName\":\"b-d.example.com\"", "b.example.com. A x\n"},
        {"a type", "\"StartRecordName\":\"b.example.com\",\"StartRecordType\":\"AAAA\"",
         "b.example.com. AAAA\n"},
        {"a type between", "\"StartRecordName\":\"b.example.com\",\"StartRecordType\":\"CNAME\"",
         "b.example.com. TXT\n"},
        {"an identifier",
         "\"StartRecordName\":\"b.example.com\",\"StartRecordType\":\"A\","
         "\"StartRecordIdentifier\":"
         "\"y\"",
         "b.example.com. A y\n"},
        {"the end", "\"StartRecordName\":\"z.example.com\"", ""},
        {"a type alone is refused", "\"StartRecordType\":\"A\"", NULL},
        {"a bad name is refused", "\"StartRecordName\":\"a..b\"", NULL},
    };
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture_make_zone(&fixture, ZONE);
    fixture_add_records(&fixture, ZONE, list_records);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[2048] = "";
        bool succeeded = fixture_callf(&fixture, "ListResourceRecordSets",
                                       "{\"HostedZoneId\":\"%s\",\"MaxItems\":\"1\",%s}",
                                       fixture.zone_id, cases[i].start);
        if (succeeded)
            show_list(&fixture, text, sizeof(text));
        if (succeeded != (cases[i].first != NULL) ||
            (succeeded && strcmp(text, cases[i].first) != 0))
            fail_msg("%s: got \"%s\" %s", cases[i].claim, text, fixture.code);
    }
    fixture_fini(&fixture);
}

static void test_zones_are_listed_by_name_and_by_id(void **state)
{
    static const char *const names[] = {"b.com", "a.org", "a.com", "x.b.com"};
    static const char *const sorted[] = {"a.com.", "b.com.", "x.b.com.", "a.org."};
    struct fixture fixture;
    char next[64] = "";
    size_t count = 0;
    (void)state;
    fixture_init(&fixture);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        fixture_make_zone(&fixture, names[i]);
    assert_true(fixture_call(&fixture, "ListHostedZonesByName", "{}"));
    for (size_t i = 0; i < ARRAY_LEN(sorted); i++) {
        char path[64];
        (void)snprintf(path, sizeof(path), "HostedZones.%zu.Name", i);
        assert_string_equal(fixture_text(&fixture, path), sorted[i]);
    }
    assert_true(fixture_call(&fixture, "ListHostedZonesByName",
                             "{\"DNSName\":\"b.com\",\"MaxItems\":\"1\"}"));
    assert_string_equal(fixture_text(&fixture, "HostedZones.0.Name"), "b.com.");
    assert_string_equal(fixture_text(&fixture, "NextDNSName"), "x.b.com.");
    do {
        assert_true(fixture_callf(&fixture, "ListHostedZones", "{\"MaxItems\":\"3\"%s%s%s}",
                                  next[0] == '\0' ? "" : ",\"Marker\":\"", next,
                                  next[0] == '\0' ? "" : "\""));
        count += (size_t)cJSON_GetArraySize(wire_member(fixture.output, "HostedZones"));
        (void)snprintf(next, sizeof(next), "%s", fixture_text(&fixture, "NextMarker"));
    } while (wire_flag(fixture.output, "IsTruncated", false));
    assert_int_equal(count, ARRAY_LEN(names));
    fixture_fini(&fixture);
}

static void test_the_nearest_served_zone_answers(void **state)
{
    struct fixture fixture;
    char answer[256];
    (void)state;
    fixture_init(&fixture);
    fixture_make_zone(&fixture, "b.com");
    fixture_add_records(&fixture, "b.com", "w.a A 1.1.1.1");
    r53_set_propagation(fixture.r53, SIM_US_PER_S, 0);
    fixture_make_zone(&fixture, "a.b.com");
    fixture_add_records(&fixture, "a.b.com", "w A 1.1.1.2");
    fixture_ask(&fixture, "w.a.b.com", "A", NULL, answer, sizeof(answer));
    assert_string_equal(answer, "1.1.1.1");
    fixture_advance(&fixture, SIM_US_PER_S);
    fixture_ask(&fixture, "w.a.b.com", "A", NULL, answer, sizeof(answer));
    assert_string_equal(answer, "1.1.1.2");
    fixture_fini(&fixture);
}

static void test_tags_and_comments_are_kept(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture_make_zone(&fixture, ZONE);
    assert_true(fixture_callf(&fixture, "UpdateHostedZoneComment",
                              "{\"Id\":\"%s\",\"Comment\":\"hello\"}", fixture.zone_id));
    assert_string_equal(fixture_text(&fixture, "HostedZone.Config.Comment"), "hello");
    assert_true(fixture_callf(&fixture, "ChangeTagsForResource",
                              "{\"ResourceType\":\"hostedzone\",\"ResourceId\":\"%s\",\"AddTags\":"
                              "[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"b\",\"Value\":\"2\"}]}",
                              fixture.zone_id));
    assert_true(fixture_callf(&fixture, "ChangeTagsForResource",
                              "{\"ResourceType\":\"hostedzone\",\"ResourceId\":\"%s\",\"AddTags\":"
                              "[{\"Key\":\"b\",\"Value\":\"3\"}],\"RemoveTagKeys\":[\"a\"]}",
                              fixture.zone_id));
    assert_true(fixture_callf(&fixture, "ListTagsForResource",
                              "{\"ResourceType\":\"hostedzone\",\"ResourceId\":\"%s\"}",
                              fixture.zone_id));
    assert_string_equal(fixture_text(&fixture, "ResourceTagSet.Tags.0.Key"), "b");
    assert_string_equal(fixture_text(&fixture, "ResourceTagSet.Tags.0.Value"), "3");
    assert_string_equal(fixture_text(&fixture, "ResourceTagSet.Tags.1.Key"), "");
    fixture_fini(&fixture);
}

static void test_reset_leaves_nothing_and_ids_begin_again(void **state)
{
    struct fixture fixture;
    char id[64];
    (void)state;
    fixture_init(&fixture);
    r53_set_propagation(fixture.r53, SIM_US_PER_S, SIM_US_PER_S);
    (void)snprintf(id, sizeof(id), "%s", fixture_make_zone(&fixture, ZONE));
    fixture_add_records(&fixture, ZONE, "w A f:p=PRIMARY 1.1.1.1 hc:a");
    fixture_turn(&fixture, "a", false);
    r53_reset(fixture.r53);
    assert_true(fixture_call(&fixture, "GetHostedZoneCount", "{}"));
    assert_int_equal(wire_integer(fixture.output, "HostedZoneCount", -1), 0);
    fixture_advance(&fixture, 60 * SIM_US_PER_S);
    assert_string_equal(fixture_make_zone(&fixture, ZONE), id);
    fixture_fini(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_kept_lower_case_and_shown_escaped),
        cmocka_unit_test(test_a_name_has_at_most_255_bytes),
        cmocka_unit_test(test_a_zone_begins_with_ns_and_soa),
        cmocka_unit_test(test_bad_zone_calls_get_the_services_errors),
        cmocka_unit_test(test_a_zone_with_records_cannot_be_deleted),
        cmocka_unit_test(test_lists_are_in_the_services_order),
        cmocka_unit_test(test_pages_join_to_the_whole_list),
        cmocka_unit_test(test_a_list_begins_at_the_first_set_not_before_the_start),
        cmocka_unit_test(test_zones_are_listed_by_name_and_by_id),
        cmocka_unit_test(test_the_nearest_served_zone_answers),
        cmocka_unit_test(test_tags_and_comments_are_kept),
        cmocka_unit_test(test_reset_leaves_nothing_and_ids_begin_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
