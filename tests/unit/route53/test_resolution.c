/* test_resolution.c -- zone + health + client -> answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/route53/fixture_world.h"

#define ZONE  "example.com"
#define DRAWS 200

/* One row: off names the routing controls that are Off; expect lists every answer that must come up
 * among many draws, and no other may. */
struct row {
    const char *claim;
    const char *records;
    const char *off;
    const char *region;
    const char *name;
    const char *type;
    const char *expect;
};

#define EAST "us-east-1"
#define WEST "us-west-2"
#define EU   "eu-west-1"

/* clang-format off */
static const struct row rows[] = {
/* simple and names */
{"a simple set gives its value", "www A 1.1.1.1", "", EAST, "www.example.com", "A", "1.1.1.1"},
{"a simple set gives all values", "www A 1.1.1.1,1.1.1.2", "", EAST, "www.example.com", "A", "1.1.1.1 1.1.1.2"},
{"a simple set is never left out for its health", "www A 1.1.1.1 hc:a", "a", EAST, "www.example.com", "A", "1.1.1.1"},
{"letters of a question do not matter", "www A 1.1.1.1", "", EAST, "WwW.eXample.COM", "A", "1.1.1.1"},
{"another type of a name is NODATA", "www A 1.1.1.1", "", EAST, "www.example.com", "AAAA", "NODATA"},
{"a name that is not there is NXDOMAIN", "www A 1.1.1.1", "", EAST, "w.example.com", "A", "NXDOMAIN"},
{"a name in no zone is REFUSED", "www A 1.1.1.1", "", EAST, "www.example.org", "A", "REFUSED"},
{"the apex answers", "@ A 1.1.1.1", "", EAST, "example.com", "A", "1.1.1.1"},
{"an empty non-terminal is NODATA", "a.b A 1.1.1.1", "", EAST, "b.example.com", "A", "NODATA"},
{"text values come back as written", "t TXT \"a_B\"", "", EAST, "t.example.com", "TXT", "\"a B\""},
/* wildcards */
{"a wildcard covers a missing name", "* A 1.1.1.1", "", EAST, "x.example.com", "A", "1.1.1.1"},
{"a wildcard covers deeper names", "* A 1.1.1.1", "", EAST, "x.y.example.com", "A", "1.1.1.1"},
{"a wildcard does not cover its parent", "* A 1.1.1.1", "", EAST, "example.com", "A", "NODATA"},
{"an exact name hides the wildcard for all types", "* A 1.1.1.1;x TXT \"t\"", "", EAST, "x.example.com", "A", "NODATA"},
{"an empty non-terminal hides the wildcard", "* A 1.1.1.1;a.x TXT \"t\"", "", EAST, "x.example.com", "A", "NODATA"},
{"a name below an existing one is not covered from above", "* A 1.1.1.1;x TXT \"t\"", "", EAST, "y.x.example.com", "A", "NXDOMAIN"},
{"the nearest wildcard wins", "* A 1.1.1.1;*.x A 1.1.1.2", "", EAST, "y.x.example.com", "A", "1.1.1.2"},
{"a wildcard without the type is NODATA", "* A 1.1.1.1", "", EAST, "x.example.com", "AAAA", "NODATA"},
{"a wildcard can be routed", "* A f:p=PRIMARY 1.1.1.1 hc:a;* A f:s=SECONDARY 1.1.1.2", "a", EAST, "x.example.com", "A", "1.1.1.2"},
/* CNAME and delegation */
{"a CNAME is followed in the zone", "w CNAME t.example.com;t A 1.1.1.1", "", EAST, "w.example.com", "A", "1.1.1.1 t.example.com."},
{"a CNAME out of the zone ends the answer", "w CNAME t.example.org", "", EAST, "w.example.com", "A", "t.example.org."},
{"a question for the CNAME itself stops there", "w CNAME t.example.com;t A 1.1.1.1", "", EAST, "w.example.com", "CNAME", "t.example.com."},
{"a CNAME to nowhere keeps the CNAME", "w CNAME t.example.com", "", EAST, "w.example.com", "A", "t.example.com."},
{"a CNAME loop ends", "a CNAME b.example.com;b CNAME a.example.com", "", EAST, "a.example.com", "A",
 "a.example.com. a.example.com. a.example.com. a.example.com. b.example.com. b.example.com. b.example.com. b.example.com. b.example.com."},
{"a routed CNAME chooses", "w CNAME f:p=PRIMARY a.example.org hc:a;w CNAME f:s=SECONDARY b.example.org", "a", EAST, "w.example.com", "A", "b.example.org."},
{"a name below a delegation is not ours", "sub NS ns.example.net;x.sub A 1.1.1.1", "", EAST, "x.sub.example.com", "A", "NODATA"},
{"the parent answers DS of a delegation", "sub NS ns.example.net;sub DS 1_8_2_0123456789012345678901234567890123456789012345678901234567890123", "", EAST, "sub.example.com", "DS",
 "1 8 2 0123456789012345678901234567890123456789012345678901234567890123"},
/* failover */
{"a healthy primary answers", "w A f:p=PRIMARY 1.1.1.1 hc:a;w A f:s=SECONDARY 1.1.1.2 hc:b", "", EAST, "w.example.com", "A", "1.1.1.1"},
{"an unhealthy primary gives way", "w A f:p=PRIMARY 1.1.1.1 hc:a;w A f:s=SECONDARY 1.1.1.2 hc:b", "a", EAST, "w.example.com", "A", "1.1.1.2"},
{"both unhealthy: the primary", "w A f:p=PRIMARY 1.1.1.1 hc:a;w A f:s=SECONDARY 1.1.1.2 hc:b", "a b", EAST, "w.example.com", "A", "1.1.1.1"},
{"a secondary without a check is always healthy", "w A f:p=PRIMARY 1.1.1.1 hc:a;w A f:s=SECONDARY 1.1.1.2", "a", EAST, "w.example.com", "A", "1.1.1.2"},
{"a lone unhealthy primary answers still", "w A f:p=PRIMARY 1.1.1.1 hc:a", "a", EAST, "w.example.com", "A", "1.1.1.1"},
{"a lone secondary answers", "w A f:s=SECONDARY 1.1.1.2", "", EAST, "w.example.com", "A", "1.1.1.2"},
{"an alias primary follows its target's health", "t A 1.1.1.1 hc:a;w A f:p=PRIMARY =>t;w A f:s=SECONDARY 1.1.1.2", "a", EAST, "w.example.com", "A", "1.1.1.2"},
{"an alias primary without evaluation does not", "t A 1.1.1.1 hc:a;w A f:p=PRIMARY ->t;w A f:s=SECONDARY 1.1.1.2", "a", EAST, "w.example.com", "A", "1.1.1.1"},
/* weighted */
{"weights give both", "w A w:a=1 1.1.1.1;w A w:b=1 1.1.1.2", "", EAST, "w.example.com", "A", "1.1.1.1|1.1.1.2"},
{"a weight of 0 beside another never answers", "w A w:a=0 1.1.1.1;w A w:b=1 1.1.1.2", "", EAST, "w.example.com", "A", "1.1.1.2"},
{"all weights 0 are equal", "w A w:a=0 1.1.1.1;w A w:b=0 1.1.1.2", "", EAST, "w.example.com", "A", "1.1.1.1|1.1.1.2"},
{"an unhealthy weighted set drops out", "w A w:a=200 1.1.1.1 hc:a;w A w:b=1 1.1.1.2", "a", EAST, "w.example.com", "A", "1.1.1.2"},
{"zero weights come in when no other is healthy", "w A w:a=5 1.1.1.1 hc:a;w A w:b=0 1.1.1.2;w A w:c=0 1.1.1.3", "a", EAST, "w.example.com", "A", "1.1.1.2|1.1.1.3"},
{"all unhealthy: by weight as if healthy", "w A w:a=1 1.1.1.1 hc:a;w A w:b=1 1.1.1.2 hc:a;w A w:c=0 1.1.1.3 hc:a", "a", EAST, "w.example.com", "A", "1.1.1.1|1.1.1.2"},
{"all unhealthy with weights 0: any", "w A w:a=0 1.1.1.1 hc:a;w A w:b=0 1.1.1.2 hc:a", "a", EAST, "w.example.com", "A", "1.1.1.1|1.1.1.2"},
{"all weights 0, one unhealthy", "w A w:a=0 1.1.1.1 hc:a;w A w:b=0 1.1.1.2", "a", EAST, "w.example.com", "A", "1.1.1.2"},
{"a set without a check stays for ever", "w A w:a=1 1.1.1.1 hc:a;w A w:b=1 1.1.1.2 hc:b;w A w:c=1 1.1.1.3", "a b", EAST, "w.example.com", "A", "1.1.1.3"},
{"a weighted set gives all its values", "w A w:a=1 1.1.1.1,1.1.1.2", "", EAST, "w.example.com", "A", "1.1.1.1 1.1.1.2"},
/* latency */
{"the client's own Region is nearest", "w A l:e=us-east-1 1.1.1.1;w A l:w=us-west-2 1.1.1.2", "", WEST, "w.example.com", "A", "1.1.1.2"},
{"a client elsewhere gets the nearest", "w A l:e=us-east-1 1.1.1.1;w A l:w=us-west-2 1.1.1.2", "", EU, "w.example.com", "A", "1.1.1.1"},
{"an unhealthy Region gives way to the next", "w A l:e=us-east-1 1.1.1.1 hc:a;w A l:w=us-west-2 1.1.1.2", "a", EAST, "w.example.com", "A", "1.1.1.2"},
{"the next best of three", "w A l:e=us-east-1 1.1.1.1 hc:a;w A l:o=us-east-2 1.1.1.2;w A l:w=us-west-2 1.1.1.3", "a", EAST, "w.example.com", "A", "1.1.1.2"},
{"all Regions unhealthy: the nearest", "w A l:e=us-east-1 1.1.1.1 hc:a;w A l:w=us-west-2 1.1.1.2 hc:a", "a", WEST, "w.example.com", "A", "1.1.1.2"},
{"a Region outside the world is farthest", "w A l:e=us-east-1 1.1.1.1;w A l:t=ap-northeast-1 1.1.1.2", "", WEST, "w.example.com", "A", "1.1.1.1"},
{"a client nowhere gets the first by name", "w A l:e=us-west-2 1.1.1.1;w A l:t=ap-northeast-1 1.1.1.2", "", NULL, "w.example.com", "A", "1.1.1.2"},
/* geolocation */
{"a state beats its country", "w A g:s=US-OR 1.1.1.1;w A g:c=US 1.1.1.2;w A g:d=* 1.1.1.3", "", WEST, "w.example.com", "A", "1.1.1.1"},
{"a country beats its continent", "w A g:c=US 1.1.1.1;w A g:k=@NA 1.1.1.2;w A g:d=* 1.1.1.3", "", WEST, "w.example.com", "A", "1.1.1.1"},
{"a continent beats the default", "w A g:k=@EU 1.1.1.1;w A g:d=* 1.1.1.2", "", EU, "w.example.com", "A", "1.1.1.1"},
{"elsewhere the default answers", "w A g:k=@EU 1.1.1.1;w A g:d=* 1.1.1.2", "", EAST, "w.example.com", "A", "1.1.1.2"},
{"without a default there is no answer", "w A g:k=@EU 1.1.1.1", "", EAST, "w.example.com", "A", "NODATA"},
{"an unhealthy area gives way to the larger", "w A g:c=US 1.1.1.1 hc:a;w A g:k=@NA 1.1.1.2", "a", EAST, "w.example.com", "A", "1.1.1.2"},
{"all areas unhealthy: the smallest", "w A g:c=US 1.1.1.1 hc:a;w A g:k=@NA 1.1.1.2 hc:a;w A g:d=* 1.1.1.3 hc:a", "a", EAST, "w.example.com", "A", "1.1.1.1"},
{"a healthy area elsewhere does not help", "w A g:c=US 1.1.1.1 hc:a;w A g:k=@EU 1.1.1.2", "a", EAST, "w.example.com", "A", "1.1.1.1"},
/* multivalue */
{"multivalue gives all the healthy", "w A m:a 1.1.1.1;w A m:b 1.1.1.2;w A m:c 1.1.1.3 hc:c", "c", EAST, "w.example.com", "A", "1.1.1.1 1.1.1.2"},
{"multivalue all unhealthy gives all", "w A m:a 1.1.1.1 hc:c;w A m:b 1.1.1.2 hc:c", "c", EAST, "w.example.com", "A", "1.1.1.1 1.1.1.2"},
/* alias trees */
{"an alias gives its target's values", "t A 1.1.1.1;w A ->t", "", EAST, "w.example.com", "A", "1.1.1.1"},
{"an alias of an alias", "t A 1.1.1.1;v A ->t;w A ->v", "", EAST, "w.example.com", "A", "1.1.1.1"},
{"an alias answers for its type only", "t A 1.1.1.1;w A ->t", "", EAST, "w.example.com", "AAAA", "NODATA"},
{"an alias at the apex", "t A 1.1.1.1;@ A ->t", "", EAST, "example.com", "A", "1.1.1.1"},
{"an unhealthy branch is backed out of",
 "e A w:1=1 1.1.1.1 hc:a;e A w:2=1 1.1.1.2 hc:a;x A w:1=1 1.1.2.1;x A w:2=1 1.1.2.2;"
 "w A l:e=us-east-1 =>e;w A l:x=us-west-2 =>x", "a", EAST, "w.example.com", "A", "1.1.2.1|1.1.2.2"},
{"a branch without evaluation is binding",
 "e A w:1=1 1.1.1.1 hc:a;e A w:2=1 1.1.1.2 hc:a;x A w:1=1 1.1.2.1;x A w:2=1 1.1.2.2;"
 "w A l:e=us-east-1 ->e;w A l:x=us-west-2 =>x", "a", EAST, "w.example.com", "A", "1.1.1.1|1.1.1.2"},
{"one unchecked leaf keeps its branch",
 "e A w:1=1 1.1.1.1 hc:a;e A w:2=1 1.1.1.2;x A w:1=1 1.1.2.1;w A l:e=us-east-1 =>e;w A l:x=us-west-2 =>x",
 "a", EAST, "w.example.com", "A", "1.1.1.2"},
{"a branch with a failed check of its own is out",
 "e A w:1=1 1.1.1.1;x A w:1=1 1.1.2.1;w A l:e=us-east-1 =>e hc:a;w A l:x=us-west-2 =>x", "a", EAST, "w.example.com", "A", "1.1.2.1"},
{"everything unhealthy: the primary branch by weight",
 "e A w:1=1 1.1.1.1 hc:a;e A w:2=1 1.1.1.2 hc:a;x A w:1=1 1.1.2.1 hc:a;w A f:p=PRIMARY =>e;w A f:s=SECONDARY =>x",
 "a", EAST, "w.example.com", "A", "1.1.1.1|1.1.1.2"},
{"three levels back out to the other Region",
 "e1 A 1.1.1.1 hc:a;e A f:p=PRIMARY =>e1;e A f:s=SECONDARY 1.1.1.2 hc:b;x A 1.1.2.1;"
 "w A l:e=us-east-1 =>e;w A l:x=us-west-2 =>x", "a b", EAST, "w.example.com", "A", "1.1.2.1"},
{"three levels stay while the secondary lives",
 "e1 A 1.1.1.1 hc:a;e A f:p=PRIMARY =>e1;e A f:s=SECONDARY 1.1.1.2 hc:b;x A 1.1.2.1;"
 "w A l:e=us-east-1 =>e;w A l:x=us-west-2 =>x", "a", EAST, "w.example.com", "A", "1.1.1.2"},
{"a shared branch is judged once for both",
 "t A 1.1.1.1 hc:a;w A w:1=1 =>t;w A w:2=1 =>t;w A w:3=1 1.1.1.3", "a", EAST, "w.example.com", "A", "1.1.1.3"},
};
/* clang-format on */

static void turn_off(struct fixture *fixture, const char *names)
{
    char copy[64];
    char *rest = NULL;
    (void)snprintf(copy, sizeof(copy), "%s", names);
    for (char *name = strtok_r(copy, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest))
        fixture_turn(fixture, name, false);
}

/* Is answer among the "|"-separated ones? Its index, or -1. */
static int index_of(const char *expect, const char *answer)
{
    int index = 0;
    while (true) {
        size_t length = strcspn(expect, "|");
        if (strlen(answer) == length && strncmp(expect, answer, length) == 0)
            return index;
        if (expect[length] == '\0')
            return -1;
        expect += length + 1;
        index++;
    }
}

static void play(const struct row *row)
{
    struct fixture fixture;
    unsigned seen = 0;
    unsigned wanted = 1;
    fixture_init(&fixture);
    fixture_make_zone(&fixture, ZONE);
    fixture_add_records(&fixture, ZONE, row->records);
    turn_off(&fixture, row->off);
    for (const char *c = row->expect; *c != '\0'; c++)
        wanted = *c == '|' ? wanted * 2 + 1 : wanted;
    for (int i = 0; i < DRAWS; i++) {
        char answer[4096];
        int index = 0;
        fixture_ask(&fixture, row->name, row->type, row->region, answer, sizeof(answer));
        index = index_of(row->expect, answer);
        if (index < 0)
            fail_msg("%s: got \"%s\", want \"%s\"", row->claim, answer, row->expect);
        seen |= BIT(index);
    }
    if (seen != wanted)
        fail_msg("%s: not all of \"%s\" came up", row->claim, row->expect);
    fixture_fini(&fixture);
}

static void test_answers_follow_the_routing_rules(void **state)
{
    (void)state;
    assert_true(ARRAY_LEN(rows) >= 60);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        play(&rows[i]);
}

static void test_multivalue_gives_at_most_eight(void **state)
{
    struct fixture fixture;
    char lines[1024] = "";
    struct r53_answer answer;
    (void)state;
    for (int i = 0; i < 12; i++)
        (void)snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), "w A m:s%d 1.1.1.%d;",
                       i, i);
    fixture_init(&fixture);
    fixture_make_zone(&fixture, ZONE);
    fixture_add_records(&fixture, ZONE, lines);
    for (int i = 0; i < 50; i++) {
        r53_resolve(fixture.r53, "w." ZONE, "A", EAST, &answer);
        assert_int_equal(answer.value_count, 8);
        for (size_t a = 0; a < 8; a++)
            for (size_t b = 0; b < a; b++)
                assert_string_not_equal(answer.values[a], answer.values[b]);
    }
    fixture_fini(&fixture);
}

static void test_ttl_is_the_smallest_of_the_answer(void **state)
{
    static const struct {
        const char *claim, *records, *name;
        uint32_t ttl_s;
    } cases[] = {
        {"a set's own", "w A 1.1.1.1 ttl:30", "w." ZONE, 30},
        {"an alias has its target's", "t A 1.1.1.1 ttl:17;w A ->t", "w." ZONE, 17},
        {"a chain has its smallest", "w CNAME t." ZONE " ttl:300;t A 1.1.1.1 ttl:20", "w." ZONE,
         20},
        {"nothing has the negative TTL", "w A 1.1.1.1", "v." ZONE, 900},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture fixture;
        struct r53_answer answer;
        fixture_init(&fixture);
        fixture_make_zone(&fixture, ZONE);
        fixture_add_records(&fixture, ZONE, cases[i].records);
        r53_resolve(fixture.r53, cases[i].name, "A", EAST, &answer);
        if (answer.ttl_s != cases[i].ttl_s)
            fail_msg("%s: got %u", cases[i].claim, answer.ttl_s);
        fixture_fini(&fixture);
    }
}

static void test_a_name_can_be_made_to_resolve_to_nothing(void **state)
{
    struct fixture fixture;
    char answer[256];
    uint64_t id = 0;
    struct sim_fault_spec spec = {.kind = SIM_FAULT_NO_NAME, .resource = "w.example.com"};
    struct sim_fault_spec nowhere = {.kind = SIM_FAULT_NO_NAME, .resource = "v.example.com"};
    struct sim_error error;
    (void)state;
    fixture_init(&fixture);
    sim_faults_set_checker(fixture.core.faults, wire_fault_check, fixture.dispatcher);
    fixture_make_zone(&fixture, ZONE);
    fixture_add_records(&fixture, ZONE, "w A 1.1.1.1;x A 1.1.1.2");
    assert_int_not_equal(sim_faults_add(fixture.core.faults, &nowhere, &id, &error), RESULT_OK);
    assert_int_equal(sim_faults_add(fixture.core.faults, &spec, &id, &error), RESULT_OK);
    fixture_ask(&fixture, "w.example.com", "A", EAST, answer, sizeof(answer));
    assert_string_equal(answer, "NODATA");
    fixture_ask(&fixture, "x.example.com", "A", EAST, answer, sizeof(answer));
    assert_string_equal(answer, "1.1.1.2");
    assert_int_equal(sim_faults_remove(fixture.core.faults, id, &error), RESULT_OK);
    fixture_ask(&fixture, "w.example.com", "A", EAST, answer, sizeof(answer));
    assert_string_equal(answer, "1.1.1.1");
    fixture_fini(&fixture);
}

static uint64_t eu_is_near(void *context, const char *client_region, const char *record_region)
{
    (void)context;
    (void)client_region;
    return strcmp(record_region, EU) == 0 ? 1 : 1000;
}

static void test_the_topology_may_say_what_latency_is(void **state)
{
    struct fixture fixture;
    char answer[256];
    (void)state;
    fixture_init(&fixture);
    fixture_make_zone(&fixture, ZONE);
    fixture_add_records(&fixture, ZONE, "w A l:a=us-east-1 1.1.1.1;w A l:b=eu-west-1 1.1.1.2");
    r53_set_latency(fixture.r53, eu_is_near, NULL);
    fixture_ask(&fixture, "w.example.com", "A", EAST, answer, sizeof(answer));
    assert_string_equal(answer, "1.1.1.2");
    fixture_fini(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_follow_the_routing_rules),
        cmocka_unit_test(test_multivalue_gives_at_most_eight),
        cmocka_unit_test(test_ttl_is_the_smallest_of_the_answer),
        cmocka_unit_test(test_a_name_can_be_made_to_resolve_to_nothing),
        cmocka_unit_test(test_the_topology_may_say_what_latency_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
