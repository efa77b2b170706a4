/* test_change.c -- ChangeResourceRecordSets: what is refused, with which words, and that nothing of
 * a refused batch stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/route53/fixture_world.h"

#define ZONE "example.com"

/* changes is JSON with ' for " and $Z for the zone's id; message too has $Z. */
struct row {
    const char *claim;
    const char *before; /* records in the short form */
    const char *changes;
    const char *code; /* "" succeeds */
    const char *message;
};

#define CREATE(fields) "[{'Action':'CREATE','ResourceRecordSet':{" fields "}}]"
#define UPSERT(fields) "[{'Action':'UPSERT','ResourceRecordSet':{" fields "}}]"
#define DELETE(fields) "[{'Action':'DELETE','ResourceRecordSet':{" fields "}}]"
#define SET(name, type, values)                                                                    \
    "'Name':'" name "','Type':'" type "','TTL':60,'ResourceRecords':[" values "]"
#define V(text) "{'Value':'" text "'}"
#define ALIAS(zone, name)                                                                          \
    "'AliasTarget':{'HostedZoneId':'" zone "','DNSName':'" name "','EvaluateTargetHealth':false}"
#define BATCH "InvalidChangeBatch"
#define INPUT "InvalidInput"
#define BAD(problem, value)                                                                        \
    "[Invalid Resource Record: 'FATAL problem: " problem " encountered with '" value "'']"

/* clang-format off */
static const struct row rows[] = {
/* existence */
{"a set is created", "", CREATE(SET("w.example.com", "A", V("1.1.1.1"))), "", ""},
{"creating what exists", "w A 1.1.1.1", CREATE(SET("w.example.com", "A", V("1.1.1.1"))), BATCH,
 "[Tried to create resource record set [name='w.example.com.', type='A'] but it already exists]"},
{"creating an identifier that exists", "w A w:s=1 1.1.1.1", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'Weight':1,'SetIdentifier':'s'"), BATCH,
 "[Tried to create resource record set [name='w.example.com.', type='A', set-identifier='s'] but it already exists]"},
{"deleting what is not there", "", DELETE(SET("w.example.com", "A", V("1.1.1.1"))), BATCH,
 "[Tried to delete resource record set [name='w.example.com.', type='A'] but it was not found]"},
{"deleting an identifier that is not there", "w A w:s=1 1.1.1.1", DELETE(SET("w.example.com", "A", V("1.1.1.1")) ",'Weight':1,'SetIdentifier':'t'"), BATCH,
 "[Tried to delete resource record set [name='w.example.com.', type='A', set-identifier='t'] but it was not found]"},
{"deleting with another value", "w A 1.1.1.1", DELETE(SET("w.example.com", "A", V("1.1.1.2"))), BATCH,
 "[Tried to delete resource record set [name='w.example.com.', type='A'] but the values provided do not match the current values]"},
{"deleting with another TTL", "w A 1.1.1.1 ttl:30", DELETE(SET("w.example.com", "A", V("1.1.1.1"))), BATCH,
 "[Tried to delete resource record set [name='w.example.com.', type='A'] but the values provided do not match the current values]"},
{"deleting with another weight", "w A w:s=1 1.1.1.1", DELETE(SET("w.example.com", "A", V("1.1.1.1")) ",'Weight':2,'SetIdentifier':'s'"), BATCH,
 "[Tried to delete resource record set [name='w.example.com.', type='A', set-identifier='s'] but the values provided do not match the current values]"},
{"deleting gives the values in any order", "w A 1.1.1.1,1.1.1.2", DELETE(SET("w.example.com", "A", V("1.1.1.2") "," V("1.1.1.1"))), "", ""},
{"an upsert creates", "", UPSERT(SET("w.example.com", "A", V("1.1.1.1"))), "", ""},
{"an upsert replaces", "w A 1.1.1.2", UPSERT(SET("W.Example.com.", "A", V("1.1.1.1"))), "", ""},
{"delete and create of one set replace it", "w A 1.1.1.1",
 "[{'Action':'DELETE','ResourceRecordSet':{" SET("w.example.com", "A", V("1.1.1.1")) "}},{'Action':'CREATE','ResourceRecordSet':{" SET("w.example.com", "A", V("1.1.1.2")) "}}]", "", ""},
{"a type is exchanged in one batch", "w CNAME a.b.c",
 "[{'Action':'CREATE','ResourceRecordSet':{" SET("w.example.com", "A", V("1.1.1.1")) "}},{'Action':'DELETE','ResourceRecordSet':{" SET("w.example.com", "CNAME", V("a.b.c")) "}}]", "", ""},
{"the same set twice in a batch", "",
 "[{'Action':'UPSERT','ResourceRecordSet':{" SET("w.example.com", "A", V("1.1.1.1")) "}},{'Action':'UPSERT','ResourceRecordSet':{" SET("w.example.com", "A", V("1.1.1.2")) "}}]", BATCH,
 "[The request contains an invalid set of changes for a resource record set 'A w.example.com.']"},
{"all faults of a batch are told", "w A 1.1.1.1",
 "[{'Action':'CREATE','ResourceRecordSet':{" SET("w.example.com", "A", V("1.1.1.1")) "}},{'Action':'CREATE','ResourceRecordSet':{" SET("v.example.com", "A", V("1.1.1")) "}},{'Action':'CREATE','ResourceRecordSet':{" SET("u.example.org", "A", V("1.1.1.1")) "}}]", BATCH,
 "[Tried to create resource record set [name='w.example.com.', type='A'] but it already exists, "
 "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '1.1.1'', "
 "RRSet with DNS name u.example.org. is not permitted in zone example.com.]"},
/* place */
{"a name outside the zone", "", CREATE(SET("w.example.org", "A", V("1.1.1.1"))), BATCH, "[RRSet with DNS name w.example.org. is not permitted in zone example.com.]"},
{"a name that only ends alike", "", CREATE(SET("wexample.com", "A", V("1.1.1.1"))), BATCH, "[RRSet with DNS name wexample.com. is not permitted in zone example.com.]"},
{"a CNAME at the apex", "", CREATE(SET("example.com", "CNAME", V("a.b.c"))), BATCH, "[RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com.]"},
{"a CNAME beside another type", "w A 1.1.1.1", CREATE(SET("w.example.com", "CNAME", V("a.b.c"))), BATCH,
 "[RRSet of type CNAME with DNS name w.example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.]"},
{"another type beside a CNAME", "w CNAME a.b.c", CREATE(SET("w.example.com", "A", V("1.1.1.1"))), BATCH,
 "[RRSet of type A with DNS name w.example.com. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone example.com.]"},
{"the SOA stays", "", "[{'Action':'DELETE','ResourceRecordSet':$SOA}]", BATCH, "[A HostedZone must contain exactly one SOA record.]"},
/* policies */
{"a simple set beside routed ones", "w A w:s=1 1.1.1.1", CREATE(SET("w.example.com", "A", V("1.1.1.1"))), BATCH,
 "[RRSet with DNS name w.example.com., type A cannot be created as other RRSets exist with the same name and type.]"},
{"a weighted set beside a simple one", "w A 1.1.1.1", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'Weight':1,'SetIdentifier':'s'"), BATCH,
 "[RRSet with DNS name w.example.com., type A, SetIdentifier s cannot be created as a non-weighted set exists with the same name and type.]"},
{"a latency set beside a weighted one", "w A w:t=1 1.1.1.1", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'Region':'us-east-1','SetIdentifier':'s'"), BATCH,
 "[RRSet with DNS name w.example.com., type A, SetIdentifier s cannot be created as a non-latency set exists with the same name and type.]"},
{"a multivalue set beside another", "w A 1.1.1.1", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'MultiValueAnswer':true,'SetIdentifier':'s'"), BATCH,
 "[RRSet with DNS name w.example.com., type A, SetIdentifier \"s\" cannot be created because a non multivalue answer rrset exists with the same name and type.]"},
{"weighted sets with two TTLs", "w A w:t=1 1.1.1.1 ttl:30", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'Weight':1,'SetIdentifier':'s'"), BATCH,
 "[RRSet with DNS name w.example.com. and type A, SetIdentifier s cannot be created as weighted sets must contain the same TTL.]"},
{"two sets of a Region", "w A l:t=eu-west-1 1.1.1.1", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'Region':'eu-west-1','SetIdentifier':'s'"), BATCH,
 "[RRSet with DNS name w.example.com., type A, SetIdentifier s, and Region Name=eu-west-1 cannot be created because a latency RRSet with the same name, type and region already exists.]"},
{"two secondaries", "w A f:t=SECONDARY 1.1.1.1", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'Failover':'SECONDARY','SetIdentifier':'s'"), BATCH,
 "[RRSet with DNS name w.example.com., type A, SetIdentifier s, and Failover=SECONDARY cannot be created because a failover RRSet with the same name, type and failover already exists.]"},
{"two sets of a location", "w A g:t=DE 1.1.1.1", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'GeoLocation':{'CountryCode':'DE'},'SetIdentifier':'s'"), BATCH,
 "[RRSet with DNS name w.example.com., type A, SetIdentifier s, and GeoLocation CountryCode=DE cannot be created because a geolocation RRSet with the same name, type and location already exists.]"},
{"a primary without a check", "", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'Failover':'PRIMARY','SetIdentifier':'s'"), BATCH,
 "[A non-alias primary ResourceRecordSet must have an associated health check. No changes made.]"},
/* alias */
{"an alias to nothing", "", CREATE("'Name':'w.example.com','Type':'A'," ALIAS("$Z", "t.example.com")), BATCH,
 "[Tried to create an alias that targets t.example.com., type A in zone $Z, but that target was not found]"},
{"an alias to another type", "t AAAA ::1", CREATE("'Name':'w.example.com','Type':'A'," ALIAS("$Z", "t.example.com")), BATCH,
 "[Tried to create an alias that targets t.example.com., type A in zone $Z, but that target was not found]"},
{"an alias out of the zone", "", CREATE("'Name':'w.example.com','Type':'A'," ALIAS("$Z", "t.example.org")), BATCH,
 "[Tried to create an alias that targets t.example.org., type A in zone $Z, but the alias target name does not lie within the target zone, "
 "Tried to create an alias that targets t.example.org., type A in zone $Z, but that target was not found]"},
{"an alias and its target in one batch", "",
 "[{'Action':'CREATE','ResourceRecordSet':{'Name':'w.example.com','Type':'A'," ALIAS("/hostedzone/$Z", "t.example.com") "}},{'Action':'CREATE','ResourceRecordSet':{" SET("t.example.com", "A", V("1.1.1.1")) "}}]", "", ""},
{"an alias to itself", "", CREATE("'Name':'w.example.com','Type':'A'," ALIAS("$Z", "w.example.com")), BATCH,
 "[Tried to create an alias that targets w.example.com., type A in zone $Z, but that target leads back to the alias]"},
{"an alias loop", "a A 1.1.1.1;b A ->a", UPSERT("'Name':'a.example.com','Type':'A'," ALIAS("$Z", "b.example.com")), BATCH,
 "[Tried to create an alias that targets b.example.com., type A in zone $Z, but that target leads back to the alias]"},
{"an alias to a load balancer", "", CREATE("'Name':'w.example.com','Type':'A'," ALIAS("Z35SXDOTRQ7X7K", "my-lb.us-east-1.elb.amazonaws.com")), "", ""},
{"an alias to a load balancer of another Region's zone", "", CREATE("'Name':'w.example.com','Type':'A'," ALIAS("Z1H1FL5HABSF5", "my-lb.us-east-1.elb.amazonaws.com")), BATCH,
 "[Tried to create an alias that targets my-lb.us-east-1.elb.amazonaws.com., type A in zone Z1H1FL5HABSF5, but the alias target name does not lie within the target zone, "
 "Tried to create an alias that targets my-lb.us-east-1.elb.amazonaws.com., type A in zone Z1H1FL5HABSF5, but that target was not found]"},
{"an alias to a load balancer of a type that it has not", "", CREATE("'Name':'w.example.com','Type':'TXT'," ALIAS("Z35SXDOTRQ7X7K", "my-lb.us-east-1.elb.amazonaws.com")), BATCH,
 "[Tried to create an alias that targets my-lb.us-east-1.elb.amazonaws.com., type TXT in zone Z35SXDOTRQ7X7K, but that target was not found]"},
{"a geoproximity set needs one place", "", CREATE("'Name':'w.example.com','Type':'A','TTL':60,'ResourceRecords':[{'Value':'1.1.1.1'}],'SetIdentifier':'a','GeoProximityLocation':{'Bias':1}"), "InvalidInput",
 "Invalid request: Expected exactly one of [AWSRegion, LocalZoneGroup, or Coordinates], but found none in GeoProximityLocation"},
{"a geoproximity set has only one place", "", CREATE("'Name':'w.example.com','Type':'A','TTL':60,'ResourceRecords':[{'Value':'1.1.1.1'}],'SetIdentifier':'a','GeoProximityLocation':{'AWSRegion':'us-east-1','LocalZoneGroup':'us-east-1-bos-1'}"), "InvalidInput",
 "Invalid request: Expected exactly one of [AWSRegion, LocalZoneGroup, or Coordinates], but found more than one in GeoProximityLocation"},
{"a Local Zone group that nobody knows", "", CREATE("'Name':'w.example.com','Type':'A','TTL':60,'ResourceRecords':[{'Value':'1.1.1.1'}],'SetIdentifier':'a','GeoProximityLocation':{'LocalZoneGroup':'us-east-1-xyz-1'}"), "InvalidInput",
 "Invalid request: LocalZoneGroup is not a group that geoproximity knows"},
{"a latitude beyond the pole", "", CREATE("'Name':'w.example.com','Type':'A','TTL':60,'ResourceRecords':[{'Value':'1.1.1.1'}],'SetIdentifier':'a','GeoProximityLocation':{'Coordinates':{'Latitude':'90.01','Longitude':'0'}}"), "InvalidInput",
 "Invalid request: Latitude must be between -90 and 90"},
{"a CIDR collection that is not there", "", CREATE("'Name':'w.example.com','Type':'A','TTL':60,'ResourceRecords':[{'Value':'1.1.1.1'}],'SetIdentifier':'a','CidrRoutingConfig':{'CollectionId':'01234567-89ab-cdef-0123-456789abcdef','LocationName':'*'}"), BATCH,
 "[The CIDR collection with id 01234567-89ab-cdef-0123-456789abcdef does not exist.]"},
/* values */
{"a bad IPv4 address", "", CREATE(SET("w.example.com", "A", V("1.1.1.256"))), BATCH, BAD("ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)", "1.1.1.256")},
{"a bad IPv6 address", "", CREATE(SET("w.example.com", "AAAA", V("1.1.1.1"))), BATCH, BAD("AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)", "1.1.1.1")},
{"text without quotation marks", "", CREATE(SET("w.example.com", "TXT", V("hello"))), BATCH, BAD("InvalidCharacterString (Value should be enclosed in quotation marks)", "hello")},
{"text with an open quotation mark", "", CREATE(SET("w.example.com", "TXT", V("\\\"hello"))), BATCH, BAD("InvalidCharacterString (Value should be enclosed in quotation marks)", "\"hello")},
{"two texts", "", CREATE(SET("w.example.com", "TXT", V("\\\"a\\\" \\\"b\\\""))), "", ""},
{"a text of octal escapes", "", CREATE(SET("w.example.com", "TXT", V("\\\"a\\\\101\\\""))), "", ""},
{"an MX without a priority", "", CREATE(SET("w.example.com", "MX", V("mail.example.com"))), BATCH, BAD("MXRRDATAIllegalPriority (Value must be a priority of 0 to 65535 and a domain name)", "mail.example.com")},
{"an MX", "", CREATE(SET("w.example.com", "MX", V("10 mail.example.com"))), "", ""},
{"an SRV", "", CREATE(SET("_s._tcp.example.com", "SRV", V("1 2 443 w.example.com"))), "", ""},
{"an SRV with three fields", "", CREATE(SET("w.example.com", "SRV", V("1 2 w.example.com"))), BATCH, BAD("SRVRRDATAIllegalNumber (Value must be a priority, weight, port and domain name)", "1 2 w.example.com")},
{"a CAA", "", CREATE(SET("example.com", "CAA", V("0 issue \\\"ca.example.net\\\""))), "", ""},
{"a CAA without quotation marks", "", CREATE(SET("example.com", "CAA", V("0 issue ca.example.net"))), BATCH, BAD("InvalidCharacterString (Value should be enclosed in quotation marks)", "0 issue ca.example.net")},
{"a CNAME with an empty label", "", CREATE(SET("w.example.com", "CNAME", V("a..b"))), BATCH, BAD("DomainLabelEmpty (Domain label is empty)", "a..b")},
{"a PTR", "", CREATE(SET("1.example.com", "PTR", V("host.example.com"))), "", ""},
{"an NAPTR, TLSA, SSHFP, HTTPS, DS by the library", "",
 "[{'Action':'CREATE','ResourceRecordSet':{" SET("a.example.com", "NAPTR", V("100 10 \\\"U\\\" \\\"E2U+sip\\\" \\\"!^.*$!sip:a@b!\\\" .")) "}},"
 "{'Action':'CREATE','ResourceRecordSet':{" SET("a.example.com", "SSHFP", V("1 1 0123456789012345678901234567890123456789")) "}},"
 "{'Action':'CREATE','ResourceRecordSet':{" SET("a.example.com", "HTTPS", V("1 . alpn=h2")) "}}]", "", ""},
{"a malformed DS", "", CREATE(SET("w.example.com", "DS", V("nonsense"))), BATCH, BAD("RRDATAIllegalFormat (Value is malformed)", "nonsense")},
{"the same value twice", "", CREATE(SET("w.example.com", "A", V("1.1.1.1") "," V("1.1.1.1"))), BATCH, "[Duplicate Resource Record: '1.1.1.1']"},
{"two values for a CNAME", "", CREATE(SET("w.example.com", "CNAME", V("a.b.c") "," V("d.e.f"))), BATCH, "[RRSet with DNS name w.example.com., type CNAME contains more than one value.]"},
/* names */
{"an empty label", "", CREATE(SET("x..y", "A", V("1.1.1.1"))), BATCH, "[FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'x..y']"},
{"an empty name", "", CREATE(SET("", "A", V("1.1.1.1"))), BATCH, "[FATAL problem: DomainNameEmpty (Domain name is empty) encountered with '']"},
{"a blank in a name", "", CREATE(SET(" ", "A", V("1.1.1.1"))), BATCH, "[FATAL problem: UnsupportedCharacter (Value contains unsupported characters) encountered with ' ']"},
/* form */
{"neither values nor alias", "", CREATE("'Name':'w.example.com','Type':'A'"), INPUT,
 "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Action=CREATE, Name=w.example.com, Type=A, SetIdentifier=null]"},
{"values without a TTL", "", CREATE("'Name':'w.example.com','Type':'A','ResourceRecords':[{'Value':'1.1.1.1'}]"), INPUT,
 "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Action=CREATE, Name=w.example.com, Type=A, SetIdentifier=null]"},
{"values and alias", "", DELETE(SET("w.example.com", "A", V("1.1.1.1")) "," ALIAS("$Z", "t.example.com")), INPUT,
 "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found more than one in Change with [Action=DELETE, Name=w.example.com, Type=A, SetIdentifier=null]"},
{"an identifier without a policy", "", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'SetIdentifier':'s'"), INPUT,
 "Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, or MultiValueAnswer], but found none in Change with [Action=CREATE, Name=w.example.com, Type=A, SetIdentifier=s]"},
{"two policies", "", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'Weight':1,'Failover':'PRIMARY','SetIdentifier':'s'"), INPUT,
 "Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, or MultiValueAnswer], but found more than one in Change with [Action=CREATE, Name=w.example.com, Type=A, SetIdentifier=s]"},
{"a policy without an identifier", "", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'Weight':1"), INPUT,
 "Invalid request: Missing field 'SetIdentifier' in Change with [Action=CREATE, Name=w.example.com, Type=A, SetIdentifier=null]"},
{"a continent and a country", "", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'GeoLocation':{'CountryCode':'DE','ContinentCode':'EU'},'SetIdentifier':'s'"), INPUT,
 "Invalid request: Expected exactly one of [ContinentCode, or CountryCode], but found more than one in GeoLocation"},
{"a country that is none", "", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'GeoLocation':{'CountryCode':'ZZ'},'SetIdentifier':'s'"), INPUT,
 "Invalid request: Geolocation ZZ is not supported"},
{"a check that does not exist", "", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'HealthCheckId':'no-such'"), "NoSuchHealthCheck",
 "A health check with id no-such does not exist."},
{"a geoproximity set at a Region", "", CREATE(SET("w.example.com", "A", V("1.1.1.1")) ",'GeoProximityLocation':{'AWSRegion':'us-east-1'},'SetIdentifier':'s'"), "", ""},
};
/* clang-format on */

/* ' to ", $Z to the zone's id, $SOA to its SOA set. */
static char *expand(const struct fixture *fixture, const char *text, const char *soa, bool quotes)
{
    size_t bytes = strlen(text) + 4096;
    char *made = sim_alloc(bytes);
    size_t used = 0;
    for (; *text != '\0' && used + 1024 < bytes; text++) {
        if (strncmp(text, "$Z", 2) == 0) {
            used += (size_t)snprintf(made + used, bytes - used, "%s", fixture->zone_id);
            text += 1;
        } else if (strncmp(text, "$SOA", 4) == 0) {
            used += (size_t)snprintf(made + used, bytes - used, "%s", soa);
            text += 3;
        } else {
            made[used++] = *text == '\'' && quotes ? '"' : *text;
        }
    }
    return made;
}

static char *list_all(struct fixture *fixture)
{
    assert_true(fixture_callf(fixture, "ListResourceRecordSets", "{\"HostedZoneId\":\"%s\"}",
                              fixture->zone_id));
    return cJSON_PrintUnformatted(fixture->output);
}

static void play(const struct row *row)
{
    struct fixture fixture;
    char *soa = NULL;
    char *changes = NULL;
    char *message = NULL;
    char *before = NULL;
    char *after = NULL;
    bool succeeded = false;
    fixture_init(&fixture);
    fixture_make_zone(&fixture, ZONE);
    fixture_add_records(&fixture, ZONE, row->before);
    assert_true(fixture_callf(&fixture, "ListResourceRecordSets",
                              "{\"HostedZoneId\":\"%s\",\"StartRecordName\":\"" ZONE
                              "\",\"StartRecordType\":\"SOA\",\"MaxItems\":\"1\"}",
                              fixture.zone_id));
    soa = cJSON_PrintUnformatted(
        cJSON_GetArrayItem(cJSON_GetObjectItem(fixture.output, "ResourceRecordSets"), 0));
    changes = expand(&fixture, row->changes, soa, true);
    message = expand(&fixture, row->message, soa, false);
    before = list_all(&fixture);
    succeeded = fixture_callf(&fixture, "ChangeResourceRecordSets",
                              "{\"HostedZoneId\":\"%s\",\"ChangeBatch\":{\"Changes\":%s}}",
                              fixture.zone_id, changes);
    if (succeeded != (row->code[0] == '\0') || strcmp(fixture.code, row->code) != 0 ||
        strcmp(fixture.message, message) != 0)
        fail_msg("%s:\n got  %s %s\n want %s %s", row->claim, fixture.code, fixture.message,
                 row->code, message);
    after = list_all(&fixture);
    if (!succeeded && strcmp(before, after) != 0)
        fail_msg("%s: something of a refused batch stayed", row->claim);
    if (succeeded && strcmp(before, after) == 0)
        fail_msg("%s: nothing changed", row->claim);
    free(soa);
    free(changes);
    free(message);
    free(before);
    free(after);
    fixture_fini(&fixture);
}

static void test_batches_are_checked_with_the_services_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        play(&rows[i]);
}

/* A batch of count A sets in one change kind. */
static bool change_many(struct fixture *fixture, const char *action, int count)
{
    char *json = NULL;
    cJSON *input = cJSON_CreateObject();
    cJSON *changes =
        cJSON_AddArrayToObject(cJSON_AddObjectToObject(input, "ChangeBatch"), "Changes");
    bool succeeded = false;
    cJSON_AddStringToObject(input, "HostedZoneId", fixture->zone_id);
    for (int i = 0; i < count; i++) {
        char text[256];
        (void)snprintf(
            text, sizeof(text),
            "{\"Action\":\"%s\",\"ResourceRecordSet\":{\"Name\":\"n%d." ZONE
            "\",\"Type\":\"A\",\"TTL\":60,\"ResourceRecords\":[{\"Value\":\"1.1.1.1\"}]}}",
            action, i);
        cJSON_AddItemToArray(changes, cJSON_Parse(text));
    }
    json = cJSON_PrintUnformatted(input);
    succeeded = fixture_call(fixture, "ChangeResourceRecordSets", json);
    free(json);
    cJSON_Delete(input);
    return succeeded;
}

static void test_a_request_has_at_most_1000_values_and_upserts_count_twice(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture_make_zone(&fixture, ZONE);
    assert_false(change_many(&fixture, "CREATE", 1001));
    assert_string_equal(fixture.message, "[Number of records limit of 1000 exceeded.]");
    assert_false(change_many(&fixture, "UPSERT", 501));
    assert_true(change_many(&fixture, "CREATE", 1000));
    assert_true(change_many(&fixture, "UPSERT", 500));
    fixture_fini(&fixture);
}

static void test_a_change_reaches_dns_when_it_turns_insync(void **state)
{
    struct fixture fixture;
    char id[64];
    char answer[256];
    (void)state;
    fixture_init(&fixture);
    fixture_make_zone(&fixture, ZONE);
    r53_set_propagation(fixture.r53, 30 * SIM_US_PER_S, 0);
    fixture_add_records(&fixture, ZONE, "w A 1.1.1.1");
    assert_string_equal(fixture_text(&fixture, "ChangeInfo.Status"), "PENDING");
    (void)snprintf(id, sizeof(id), "%s", fixture_text(&fixture, "ChangeInfo.Id"));
    assert_true(fixture_callf(&fixture, "ListResourceRecordSets",
                              "{\"HostedZoneId\":\"%s\",\"StartRecordName\":\"w." ZONE "\"}",
                              fixture.zone_id));
    assert_string_equal(fixture_text(&fixture, "ResourceRecordSets.0.Name"), "w." ZONE ".");
    fixture_advance(&fixture, 30 * SIM_US_PER_S - 1);
    assert_true(fixture_callf(&fixture, "GetChange", "{\"Id\":\"%s\"}", id));
    assert_string_equal(fixture_text(&fixture, "ChangeInfo.Status"), "PENDING");
    fixture_ask(&fixture, "w." ZONE, "A", "us-east-1", answer, sizeof(answer));
    assert_string_equal(answer, "NXDOMAIN");
    fixture_advance(&fixture, 1);
    assert_true(fixture_callf(&fixture, "GetChange", "{\"Id\":\"%s\"}", strrchr(id, '/') + 1));
    assert_string_equal(fixture_text(&fixture, "ChangeInfo.Status"), "INSYNC");
    fixture_ask(&fixture, "w." ZONE, "A", "us-east-1", answer, sizeof(answer));
    assert_string_equal(answer, "1.1.1.1");
    assert_false(fixture_call(&fixture, "GetChange", "{\"Id\":\"C123\"}"));
    assert_string_equal(fixture.code, "NoSuchChange");
    fixture_fini(&fixture);
}

static void test_changes_of_a_zone_do_not_overtake_each_other(void **state)
{
    struct fixture fixture;
    char answer[256];
    (void)state;
    fixture_init(&fixture);
    fixture_make_zone(&fixture, ZONE);
    r53_set_propagation(fixture.r53, 30 * SIM_US_PER_S, 0);
    fixture_add_records(&fixture, ZONE, "w A w:a=1 1.1.1.1");
    r53_set_propagation(fixture.r53, 0, 0);
    fixture_add_records(&fixture, ZONE, "w A w:b=0 1.1.1.2");
    fixture_ask(&fixture, "w." ZONE, "A", "us-east-1", answer, sizeof(answer));
    assert_string_equal(answer, "NXDOMAIN");
    fixture_advance(&fixture, 30 * SIM_US_PER_S);
    fixture_ask(&fixture, "w." ZONE, "A", "us-east-1", answer, sizeof(answer));
    assert_string_equal(answer, "1.1.1.1");
    fixture_fini(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches_are_checked_with_the_services_words),
        cmocka_unit_test(test_a_request_has_at_most_1000_values_and_upserts_count_twice),
        cmocka_unit_test(test_a_change_reaches_dns_when_it_turns_insync),
        cmocka_unit_test(test_changes_of_a_zone_do_not_overtake_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
