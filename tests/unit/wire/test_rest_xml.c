/* test_rest_xml.c -- REST-XML: documents in and out, schema complaints, error envelopes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/wire/xml_read.h"
#include "fixture_front.h"

#define AUTH  SIGNED("AKID", "us-east-1", "route53")
#define NS    "https://route53.amazonaws.com/doc/2013-04-01/"
#define RRSET "POST /2013-04-01/hostedzone/Z1/rrset/\n" AUTH "\n"
#define ROOT  "ChangeResourceRecordSetsRequest"
#define BATCH(changes)                                                                             \
    RRSET "<" ROOT " xmlns=\"" NS "\"><ChangeBatch><Changes>" changes                              \
          "</Changes></ChangeBatch></" ROOT ">"
#define CHANGE(set)                                                                                \
    "<Change><Action>UPSERT</Action><ResourceRecordSet>" set "</ResourceRecordSet></Change>"

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

static void test_documents_become_typed_inputs(void **state)
{
    static const struct {
        const char *name, *request, *input;
    } rows[] = {
        {"a batch with every kind of value",
         BATCH(CHANGE(
             "<Name>a.example.com</Name><Type>A</Type><SetIdentifier>x &amp; y</SetIdentifier>"
             "<Weight>10</Weight><MultiValueAnswer>true</MultiValueAnswer><TTL> 60 </TTL>"
             "<ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord>"
             "<ResourceRecord><Value><![CDATA[<2>]]></Value></ResourceRecord></ResourceRecords>")),
         "{\"ChangeBatch\":{\"Changes\":[{\"Action\":\"UPSERT\",\"ResourceRecordSet\":{\"Name\":"
         "\"a.example.com\",\"Type\":\"A\",\"SetIdentifier\":\"x & y\",\"Weight\":10,"
         "\"MultiValueAnswer\":true,\"TTL\":60,\"ResourceRecords\":[{\"Value\":\"192.0.2.1\"},"
         "{\"Value\":\"<2>\"}]}}]},\"HostedZoneId\":\"Z1\"}"},
        {"any order, prefixes, comments and white space",
         RRSET
         "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- hello -->\n<r:" ROOT " xmlns:r=\"" NS
         "\">\n <r:ChangeBatch>\n  <r:Changes><r:Change><r:ResourceRecordSet><r:Type>A</r:Type>"
         "<!-- x --><r:Name>b</r:Name></r:ResourceRecordSet><r:Action>CREATE</r:Action>"
         "</r:Change></r:Changes>\n  <r:Comment/></r:ChangeBatch></r:" ROOT ">\n",
         "{\"ChangeBatch\":{\"Changes\":[{\"ResourceRecordSet\":{\"Type\":\"A\",\"Name\":\"b\"},"
         "\"Action\":\"CREATE\"}],\"Comment\":\"\"},\"HostedZoneId\":\"Z1\"}"},
        {"without the trailing slash, in another name space",
         "POST /2013-04-01/hostedzone/Z1/rrset\n" AUTH "\n<" ROOT " xmlns=\"urn:x\"><ChangeBatch>"
         "<Changes>" CHANGE("<Name>b</Name><Type>A</Type>") "</Changes></ChangeBatch></" ROOT ">",
         "{\"ChangeBatch\":{\"Changes\":[{\"Action\":\"UPSERT\",\"ResourceRecordSet\":{\"Name\":"
         "\"b\","
         "\"Type\":\"A\"}}]},\"HostedZoneId\":\"Z1\"}"},
        {"a query, with the names that travel",
         "GET /2013-04-01/hostedzone/Z1/rrset?name=a.b&type=A&maxitems=3\n" AUTH,
         "{\"HostedZoneId\":\"Z1\",\"StartRecordName\":\"a.b\",\"StartRecordType\":\"A\","
         "\"MaxItems\":\"3\"}"},
        {"a list of texts",
         "POST /2013-04-01/healthcheck\n" AUTH "\n<CreateHealthCheckRequest><CallerReference>r"
         "</CallerReference><HealthCheckConfig><Type>HTTP</Type><Port>80</Port><Regions><Region>"
         "us-east-1</Region><Region>us-west-2</Region><Region>eu-west-1</Region></Regions>"
         "</HealthCheckConfig></CreateHealthCheckRequest>",
         "{\"CallerReference\":\"r\",\"HealthCheckConfig\":{\"Type\":\"HTTP\",\"Port\":80,"
         "\"Regions\":[\"us-east-1\",\"us-west-2\",\"eu-west-1\"]}}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct front_answer *answer = front_world_play(*state, NULL, NULL, rows[i].request);
        if (answer->input == NULL || strcmp(answer->input, rows[i].input) != 0)
            fail_msg("%s: got %s; %s", rows[i].name, answer->input ? answer->input : "nothing",
                     answer->reply.body);
        assert_in_range(answer->reply.status, 200, 201);
    }
}

static void test_refuses_with_the_services_codes_and_words(void **state)
{
    static const struct {
        const char *name, *request;
        int status;
        const char *code, *message;
    } rows[] = {
        {"another document", RRSET "<ChangeBatch/>", 400, "MalformedInput",
         "ChangeBatch is not valid, expected ChangeResourceRecordSetsRequest"},
        {"no document", RRSET, 400, "MalformedInput",
         "The body is not well-formed XML, line 1: Document is empty"},
        {"an open tag", RRSET "<" ROOT ">", 400, "MalformedInput",
         "The body is not well-formed XML, line 1: Premature end of data in tag " ROOT " line 1"},
        {"a DTD", RRSET "<!DOCTYPE x [<!ENTITY e \"eee\">]><" ROOT ">&e;</" ROOT ">", 400,
         "MalformedInput", "A document type declaration is not allowed"},
        {"an entity of nobody", RRSET "<" ROOT ">&e;</" ROOT ">", 400, "MalformedInput",
         "The body is not well-formed XML, line 1: Entity 'e' not defined"},
        {"an incomplete element",
         BATCH(CHANGE("<Name>a</Name><Type>A</Type><AliasTarget><HostedZoneId>Z</HostedZoneId>"
                      "<DNSName>d</DNSName></AliasTarget>")),
         400, "InvalidInput",
         "Invalid XML ; cvc-complex-type.2.4.b: The content of element 'AliasTarget' is "
         "not complete. One of '{&quot;" NS "&quot;:EvaluateTargetHealth}' is expected."},
        {"an empty list that must have something", BATCH(""), 400, "InvalidInput",
         "Invalid XML ; cvc-complex-type.2.4.b: The content of element 'Changes' is not "
         "complete. One of '{&quot;" NS "&quot;:Change}' is expected."},
        {"an unknown element",
         RRSET "<" ROOT "><ChangeBatch><Changes/><Foo/></ChangeBatch></" ROOT ">", 400,
         "InvalidInput",
         "Invalid XML ; cvc-complex-type.2.4.b: The content of element 'Changes' is not "
         "complete. One of '{&quot;" NS "&quot;:Change}' is expected."},
        {"an unknown element first", RRSET "<" ROOT "><Foo/></" ROOT ">", 400, "InvalidInput",
         "Invalid XML ; cvc-complex-type.2.4.a: Invalid content was found starting with element "
         "'Foo'. One of '{&quot;" NS "&quot;:ChangeBatch}' is expected."},
        {"an element twice", BATCH(CHANGE("<Name>a</Name><Type>A</Type><Name>a</Name>")), 400,
         "InvalidInput", NULL},
        {"a word that is not in the enumeration",
         BATCH("<Change><Action>REPLACE</Action></Change>"), 400, "InvalidInput",
         "Invalid XML ; cvc-enumeration-valid: Value 'REPLACE' is not facet-valid with "
         "respect to enumeration '[CREATE, DELETE, UPSERT]'. It must be a value from the "
         "enumeration."},
        {"a number that is none", BATCH(CHANGE("<TTL>soon</TTL>")), 400, "InvalidInput",
         "Invalid XML ; cvc-datatype-valid.1.2.1: 'soon' is not a valid value for "
         "'long'."},
        {"a boolean that is none", BATCH(CHANGE("<MultiValueAnswer>yes</MultiValueAnswer>")), 400,
         "InvalidInput",
         "Invalid XML ; cvc-datatype-valid.1.2.1: 'yes' is not a valid value for "
         "'boolean'."},
        {"text between elements", BATCH("hello"), 400, "InvalidInput",
         "Invalid XML ; cvc-complex-type.2.3: Element 'Changes' cannot have character "
         "[children], because the type's content type is element-only."},
        {"elements inside a text", BATCH(CHANGE("<Name><b>a</b></Name>")), 400, "InvalidInput",
         "Invalid XML ; cvc-type.3.1.2: Element 'Name' is a simple type, so it must have "
         "no element information item [children]."},
        {"unsigned", "GET /2013-04-01/hostedzone/Z1\n", 403, "MissingAuthenticationToken",
         "Request is missing Authentication Token"},
        {"an unknown path", "GET /2013-04-01/nothing\n" AUTH, 404, "UnknownOperationException",
         "No operation of route53 is GET /2013-04-01/nothing"},
        {"a character that XML cannot carry", "GET /2013-04-01/\xEF\xBF\xBF\n" AUTH, 404,
         "UnknownOperationException", "No operation of route53 is GET /2013-04-01/?"},
        {"a bad escape", "GET /2013-04-01/hostedzone/%4\n" AUTH, 400, "InvalidInput",
         "The path holds a bad percent-encoding"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct front_answer *answer = front_world_play(*state, NULL, NULL, rows[i].request);
        char expected[2048];
        (void)snprintf(expected, sizeof(expected),
                       "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"" NS
                       "\"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error>"
                       "<RequestId>req</RequestId></ErrorResponse>",
                       rows[i].code, rows[i].message == NULL ? "" : rows[i].message);
        const size_t compared = rows[i].message == NULL
                                    ? (size_t)(strstr(expected, "<Message>") - expected)
                                    : strlen(expected) + 1;
        if (answer->reply.status != rows[i].status ||
            strncmp(answer->reply.body, expected, compared) != 0 || answer->input != NULL)
            fail_msg("%s: got %d %s", rows[i].name, answer->reply.status, answer->reply.body);
        assert_string_equal(answer->reply.content_type, "text/xml");
    }
}

static void test_deep_and_huge_documents_are_refused(void **state)
{
    struct sim_buffer body;
    sim_buffer_init(&body);
    for (size_t i = 0; i < 5000; i++)
        sim_buffer_append_text(&body, "<a>");
    const struct front_answer *answer =
        front_world_play_body(*state, NULL, NULL, "POST /2013-04-01/hostedzone/Z1/rrset/\n" AUTH,
                              body.data, body.length_bytes);
    assert_int_equal(answer->reply.status, 400);
    for (size_t i = 0; i < XML_READ_TAGS_MAX; i++)
        sim_buffer_append_text(&body, "<a/>");
    answer =
        front_world_play_body(*state, NULL, NULL, "POST /2013-04-01/hostedzone/Z1/rrset/\n" AUTH,
                              body.data, body.length_bytes);
    assert_int_equal(answer->reply.status, 413);
    sim_buffer_fini(&body);
}

static void test_answers_are_documents_in_the_models_order(void **state)
{
    front_world_set_output(
        *state, "{\"Location\":\"https://route53.amazonaws.com/2013-04-01/hostedzone/Z1\","
                "\"DelegationSet\":{\"NameServers\":[\"ns-1.a.\",\"ns-2.b.\"]},"
                "\"ChangeInfo\":{\"Status\":\"PENDING\",\"Id\":\"/change/C1\","
                "\"SubmittedAt\":1767225600.25},"
                "\"HostedZone\":{\"Id\":\"/hostedzone/Z1\",\"Name\":\"a<b.\",\"CallerReference\":"
                "\"r\",\"Config\":{\"PrivateZone\":false},\"ResourceRecordSetCount\":2}}");
    const struct front_answer *answer = front_world_play(
        *state, NULL, NULL,
        "POST /2013-04-01/hostedzone\n" AUTH "\n<CreateHostedZoneRequest xmlns=\"" NS
        "\"><Name>a.</Name><CallerReference>r</CallerReference></CreateHostedZoneRequest>");
    assert_int_equal(answer->reply.status, 201);
    assert_string_equal(front_answer_header(answer, "Location"),
                        "https://route53.amazonaws.com/2013-04-01/hostedzone/Z1");
    assert_string_equal(
        answer->reply.body,
        "<?xml version=\"1.0\"?>\n<CreateHostedZoneResponse xmlns=\"" NS "\"><HostedZone><Id>"
        "/hostedzone/Z1</Id><Name>a&lt;b.</Name><CallerReference>r</CallerReference><Config>"
        "<PrivateZone>false</PrivateZone></Config><ResourceRecordSetCount>2"
        "</ResourceRecordSetCount></HostedZone><ChangeInfo><Id>/change/C1</Id><Status>PENDING"
        "</Status><SubmittedAt>2026-01-01T00:00:00.250Z</SubmittedAt></ChangeInfo><DelegationSet>"
        "<NameServers><NameServer>ns-1.a.</NameServer><NameServer>ns-2.b.</NameServer>"
        "</NameServers></DelegationSet></CreateHostedZoneResponse>");
    front_world_set_output(*state, "{}");
}

static void test_statuses_of_errors_come_from_the_model(void **state)
{
    front_world_set_error(*state, "NoSuchHostedZone", "No hosted zone found with ID: Z1", NULL);
    const struct front_answer *answer =
        front_world_play(*state, NULL, NULL, "GET /2013-04-01/hostedzone/Z1\n" AUTH);
    assert_int_equal(answer->reply.status, 404);
    assert_string_equal(answer->reply.body,
                        "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"" NS
                        "\"><Error><Type>Sender</Type><Code>NoSuchHostedZone</Code><Message>No "
                        "hosted zone found with ID: Z1</Message></Error><RequestId>req</RequestId>"
                        "</ErrorResponse>");
    front_world_set_output(*state, "{}");
    answer = front_world_play(*state, NULL, NULL, "GET /2013-04-01/checkeripranges\n" AUTH);
    assert_int_equal(answer->reply.status, 501);
    assert_non_null(strstr(answer->reply.body, "<Type>Receiver</Type><Code>NotImplemented</Code>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents_become_typed_inputs),
        cmocka_unit_test(test_refuses_with_the_services_codes_and_words),
        cmocka_unit_test(test_deep_and_huge_documents_are_refused),
        cmocka_unit_test(test_answers_are_documents_in_the_models_order),
        cmocka_unit_test(test_statuses_of_errors_come_from_the_model),
    };
    return cmocka_run_group_tests(tests, make_world, drop_world);
}
