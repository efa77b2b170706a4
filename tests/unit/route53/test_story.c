/* test_story.c -- a failover second by second, and that it is the same in every run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/route53/fixture_world.h"

#define ZONE "example.com"

struct story {
    struct sim_trace *trace;
    char text[8192];
};

static const char *field_text(const struct sim_trace_event *event, const char *name)
{
    const struct sim_field *field = sim_trace_field_find(event, name);
    return field == NULL || field->text == NULL ? "" : field->text;
}

/* Seconds, type and what counts; ids are left out. */
static void tell(void *context, const struct sim_trace_event *event)
{
    struct story *story = context;
    size_t used = strlen(story->text);
    uint64_t ms = (event->at_us - sim_trace_began_us(story->trace)) / 1000;
    if (strcmp(event->type, "request") == 0) /* dispatch's own */
        return;
    (void)snprintf(story->text + used, sizeof(story->text) - used, "%llu.%03llu %s %s%s%s%s%s%s\n",
                   (unsigned long long)(ms / 1000), (unsigned long long)(ms % 1000), event->type,
                   field_text(event, "status"), field_text(event, "cause")[0] ? " by " : "",
                   field_text(event, "cause"), field_text(event, "values"),
                   field_text(event, "why")[0] ? " because " : "", field_text(event, "why"));
}

static void ask_quietly(struct fixture *fixture)
{
    char answer[64];
    fixture_ask(fixture, "w." ZONE, "A", "us-east-1", answer, sizeof(answer));
}

/* A change, a control that goes Off, and an answer every five seconds. */
static void play(struct fixture *fixture, struct story *story)
{
    fixture_init(fixture);
    fixture_make_zone(fixture, ZONE);
    fixture_check(fixture, "east");
    r53_set_propagation(fixture->r53, 10 * SIM_US_PER_S, 5 * SIM_US_PER_S);
    sim_trace_restart(fixture->core.trace);
    *story = (struct story){.trace = fixture->core.trace};
    sim_trace_listen(fixture->core.trace, tell, story);
    fixture_add_records(fixture, ZONE,
                        "e A 1.1.1.1 hc:east;x A 1.1.2.1;w A l:east=us-east-1 =>e;"
                        "w A l:west=us-west-2 =>x");
    ask_quietly(fixture);
    fixture_advance(fixture, 10 * SIM_US_PER_S);
    ask_quietly(fixture);
    fixture_turn(fixture, "east", false);
    ask_quietly(fixture);
    fixture_advance(fixture, 10 * SIM_US_PER_S);
    ask_quietly(fixture);
    fixture_turn(fixture, "east", true);
    fixture_advance(fixture, 10 * SIM_US_PER_S);
    ask_quietly(fixture);
}

/* "....health.served": the times that are drawn are not compared. */
static void hide_drawn_times(char *text)
{
    for (char *line = strstr(text, " health.served"); line != NULL;
         line = strstr(line + 1, " health.served"))
        for (char *c = line - 1; c >= text && *c != '\n'; c--)
            *c = '?';
}

static void test_a_failover_is_told_by_the_trace(void **state)
{
    struct fixture fixture;
    struct story story;
    (void)state;
    play(&fixture, &story);
    hide_drawn_times(story.text);
    assert_string_equal(story.text, "0.000 route53.change PENDING\n"
                                    "0.000 dns.answer \n"
                                    "10.000 route53.change INSYNC\n"
                                    "10.000 dns.answer 1.1.1.1 because east\n"
                                    "10.000 health.change Unhealthy by routing control\n"
                                    "10.000 dns.answer 1.1.1.1 because east\n"
                                    "?????? health.served Unhealthy by propagation\n"
                                    "20.000 dns.answer 1.1.2.1 because west\n"
                                    "20.000 health.change Healthy by routing control\n"
                                    "?????? health.served Healthy by propagation\n"
                                    "30.000 dns.answer 1.1.1.1 because east\n");
    fixture_fini(&fixture);
}

static void test_the_same_seed_gives_the_same_trace(void **state)
{
    struct fixture worlds[2];
    struct story stories[2];
    char hashes[2][SIM_TRACE_HASH_TEXT_BYTES];
    (void)state;
    for (size_t i = 0; i < 2; i++) /* both live at once: they must not notice each other */
        play(&worlds[i], &stories[i]);
    for (size_t i = 0; i < 2; i++)
        sim_trace_hash(worlds[i].core.trace, hashes[i]);
    assert_string_equal(hashes[0], hashes[1]);
    assert_string_equal(stories[0].text, stories[1].text);
    for (size_t i = 0; i < 2; i++)
        fixture_fini(&worlds[i]);
}

static void test_test_dns_answer_tells_what_dns_would(void **state)
{
    static const struct {
        const char *claim, *more, *code, *rcode, *first;
    } cases[] = {
        {"the resolver is in us-east-1", "\"RecordName\":\"w.example.com\"", "", "NOERROR",
         "1.1.1.1"},
        {"a client subnet elsewhere",
         "\"RecordName\":\"w.example.com\",\"EDNS0ClientSubnetIP\":\"192.0.2.1\"", "", "NOERROR",
         "1.1.2.1"},
        {"a resolver elsewhere", "\"RecordName\":\"w.example.com\",\"ResolverIP\":\"192.0.2.1\"",
         "", "NOERROR", "1.1.2.1"},
        {"a name that is not there", "\"RecordName\":\"v.example.com\"", "", "NXDOMAIN", ""},
        {"a name outside the zone", "\"RecordName\":\"v.example.org\"", "InvalidInput", "", ""},
        {"an address that is none", "\"RecordName\":\"w.example.com\",\"ResolverIP\":\"nonsense\"",
         "InvalidInput", "", ""},
        {"a mask without an address",
         "\"RecordName\":\"w.example.com\",\"EDNS0ClientSubnetMask\":\"24\"", "InvalidInput", "",
         ""},
        {"a mask too long",
         "\"RecordName\":\"w.example.com\",\"EDNS0ClientSubnetIP\":\"192.0.2.1\","
         "\"EDNS0ClientSubnetMask\":\"33\"",
         "InvalidInput", "", ""},
    };
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_int_equal(r53_add_client_network(fixture.r53, "192.0.2.0/24", "us-west-2", NULL),
                     RESULT_OK);
    fixture_make_zone(&fixture, ZONE);
    fixture_add_records(&fixture, ZONE, "w A l:e=us-east-1 1.1.1.1;w A l:w=us-west-2 1.1.2.1");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool succeeded = fixture_callf(&fixture, "TestDNSAnswer",
                                       "{\"HostedZoneId\":\"%s\",\"RecordType\":\"A\",%s}",
                                       fixture.zone_id, cases[i].more);
        if (strcmp(fixture.code, cases[i].code) != 0 ||
            (succeeded && (strcmp(fixture_text(&fixture, "ResponseCode"), cases[i].rcode) != 0 ||
                           strcmp(fixture_text(&fixture, "RecordData.0"), cases[i].first) != 0)))
            fail_msg("%s: %s %s", cases[i].claim, fixture.code,
                     fixture_text(&fixture, "RecordData.0"));
    }
    fixture_fini(&fixture);
}

static void test_client_networks_are_checked_and_the_longest_prefix_wins(void **state)
{
    static const char *const bad[] = {"192.0.2.0", "192.0.2.0/33", "nonsense/8", "192.0.2.0/-1",
                                      "::/129",    "192.0.2.0/8x", "/8"};
    struct fixture fixture;
    struct sim_error error;
    char text[64] = "";
    (void)state;
    fixture_init(&fixture);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (r53_add_client_network(fixture.r53, bad[i], "us-east-1", &error) != RESULT_INVALID)
            fail_msg("%s was taken", bad[i]);
    assert_non_null(strstr(error.message, "want an address and a prefix"));
    assert_int_equal(r53_add_client_network(fixture.r53, "10.0.0.0/8", "us-east-1", NULL),
                     RESULT_OK);
    assert_int_equal(r53_add_client_network(fixture.r53, "10.1.0.0/15", "us-west-2", NULL),
                     RESULT_OK);
    assert_int_equal(r53_add_client_network(fixture.r53, "2001:db8::/33", "eu-west-1", NULL),
                     RESULT_OK);
    fixture_make_zone(&fixture, ZONE);
    fixture_add_records(&fixture, ZONE,
                        "w A l:e=us-east-1 1.1.1.1;w A l:w=us-west-2 1.1.2.1;w A l:u=eu-west-1 "
                        "1.1.3.1");
    static const struct {
        const char *address, *answer;
    } cases[] = {{"10.2.0.1", "1.1.1.1"},
                 {"10.1.2.3", "1.1.2.1"},
                 {"10.0.2.3", "1.1.2.1"},
                 {"2001:db8:7fff::1", "1.1.3.1"},
                 {"2001:db8:8000::1", "1.1.1.1"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_true(fixture_callf(&fixture, "TestDNSAnswer",
                                  "{\"HostedZoneId\":\"%s\",\"RecordType\":\"A\",\"RecordName\":"
                                  "\"w.example.com\",\"ResolverIP\":\"%s\"}",
                                  fixture.zone_id, cases[i].address));
        (void)snprintf(text, sizeof(text), "%s", fixture_text(&fixture, "RecordData.0"));
        if (strcmp(text, cases[i].answer) != 0)
            fail_msg("%s: %s", cases[i].address, text);
    }
    fixture_fini(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_failover_is_told_by_the_trace),
        cmocka_unit_test(test_the_same_seed_gives_the_same_trace),
        cmocka_unit_test(test_test_dns_answer_tells_what_dns_would),
        cmocka_unit_test(test_client_networks_are_checked_and_the_longest_prefix_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
