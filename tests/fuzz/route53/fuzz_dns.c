/* fuzz_dns.c -- bytes as a DNS message over UDP and TCP: a sound reply or silence, never a crash.
 */
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "emulators/route53/dns.h"
#include "emulators/route53/recursive.h"
#include "tests/unit/route53/fixture_world.c" /* the world that the unit tests play in */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const char records[] =
    "www A 1.1.1.1,1.1.1.2;www AAAA ::1;c CNAME www.example.com;d CNAME c.example.com;"
    "* TXT \"star\";sub NS ns.sub.example.com;ns.sub A 1.1.1.53;mail MX 10_www.example.com;"
    "a.ent A 1.1.1.9;l A l:e=us-east-1 1.1.2.1;l A l:w=us-west-2 1.1.2.2;"
    "f A f:p=PRIMARY =>l hc:a;f A f:s=SECONDARY 1.1.3.1;w A w:a=1 1.1.4.1;w A w:b=0 =>f;"
    "m A m:1 1.1.5.1;m A m:2 1.1.5.2;g A g:d=* ->m;srv SRV 1_2_443_www.example.com;"
    "caa CAA 0_issue_\"ca\";ptr PTR www.example.com";

static void check_reply(const uint8_t *query, const uint8_t *reply, size_t bytes, size_t most)
{
    ldns_pkt *packet = NULL;
    if (bytes == 0)
        return;
    CHECK(bytes >= 12);
    CHECK(bytes <= most);
    CHECK(memcmp(query, reply, 2) == 0);
    CHECK((reply[2] & 0x80) != 0);
    CHECK(ldns_wire2pkt(&packet, reply, bytes) == LDNS_STATUS_OK);
    ldns_pkt_free(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct fixture *fixture; /* making the world costs more than thousands of messages */
    static uint8_t *reply;
    static struct r53_recursive *recursive;
    static const struct r53_recursive_policy policy = {.prefetches = true};
    struct r53_dns_peer peer = {.address = {.byte_count = 4, .bytes = {127, 0, 1, 1}}};
    if (fixture == NULL) {
        fixture = sim_alloc(sizeof(*fixture));
        reply = sim_alloc(R53_DNS_MESSAGE_MAX);
        fixture_init(fixture);
        sim_trace_set_hashing(fixture->core.trace, false);
        fixture_make_zone(fixture, "example.com");
        fixture_add_records(fixture, "example.com", records);
        fixture_make_zone(fixture, "sub.example.com");
        recursive = r53_recursive_create(fixture->r53, &policy);
    }
    check_reply(data, reply, r53_dns_handle(fixture->r53, &peer, data, bytes, reply),
                R53_DNS_UDP_MAX);
    peer.is_tcp = true;
    check_reply(data, reply, r53_dns_handle(fixture->r53, &peer, data, bytes, reply),
                R53_DNS_MESSAGE_MAX);
    for (int i = 0; i < 2; i++) /* asked, then from the cache */
        check_reply(data, reply, r53_recursive_handle(recursive, &peer, data, bytes, reply),
                    R53_DNS_MESSAGE_MAX);
    return 0;
}
