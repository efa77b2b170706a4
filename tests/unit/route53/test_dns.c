/* test_dns.c -- DNS messages: bytes in, bytes out; and the sockets that carry them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <ldns/ldns.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "emulators/route53/dns.h"
#include "sim/core/loop.h"
#include "tests/unit/route53/fixture_world.h"

#define ZONE "example.com"

static const char zone_records[] =
    "www A 1.1.1.1;w6 AAAA ::1;c CNAME www.example.com;out CNAME www.example.org;* TXT \"star\";"
    "sub NS ns.sub.example.com;ns.sub A 1.1.1.53;mail MX 10_www.example.com;a.ent A 1.1.1.9;"
    "l A l:e=us-east-1 1.1.2.1;l A l:w=us-west-2 1.1.2.2";

static void make_world(struct fixture *fixture)
{
    fixture_init(fixture);
    fixture_make_zone(fixture, ZONE);
    fixture_add_records(fixture, ZONE, zone_records);
}

struct asked {
    const char *name;
    const char *type;
    int opcode;         /* 0 QUERY */
    int class;          /* 0 means IN */
    int edns;           /* UDP size; 0 without */
    int version;        /* of EDNS */
    const char *subnet; /* "192.0.2.0" as /24, or NULL */
    bool tcp;
};

/* The query as bytes. */
static size_t build(const struct asked *asked, uint8_t *bytes)
{
    ldns_rdf *name = ldns_dname_new_frm_str(asked->name);
    ldns_rr_class class = asked->class == 0 ? LDNS_RR_CLASS_IN : (ldns_rr_class)asked->class;
    ldns_pkt *packet =
        ldns_pkt_query_new(name, ldns_get_rr_type_by_name(asked->type), class, LDNS_RD);
    uint8_t *wire = NULL;
    size_t wire_bytes = 0;
    ldns_pkt_set_id(packet, 0x1234);
    ldns_pkt_set_opcode(packet, (ldns_pkt_opcode)asked->opcode);
    if (asked->edns > 0) {
        ldns_pkt_set_edns_udp_size(packet, (uint16_t)asked->edns);
        ldns_pkt_set_edns_version(packet, (uint8_t)asked->version);
    }
    if (asked->subnet != NULL) {
        uint8_t option[11] = {0, 8, 0, 7, 0, 1, 24, 0};
        uint8_t address[4];
        assert_int_equal(inet_pton(AF_INET, asked->subnet, address), 1);
        memcpy(option + 8, address, 3);
        ldns_pkt_set_edns_data(
            packet, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_UNKNOWN, sizeof(option), option));
    }
    assert_int_equal(ldns_pkt2wire(&wire, packet, &wire_bytes), LDNS_STATUS_OK);
    memcpy(bytes, wire, wire_bytes);
    LDNS_FREE(wire);
    ldns_pkt_free(packet);
    return wire_bytes;
}

/* The parsed reply; the caller frees it. NULL: silence. */
static ldns_pkt *ask(struct fixture *fixture, const struct asked *asked, const char *from,
                     size_t *reply_bytes)
{
    static const size_t max = R53_DNS_MESSAGE_MAX;
    struct r53_dns_peer peer = {.is_tcp = asked->tcp};
    uint8_t query[1024];
    uint8_t *reply = sim_alloc(max);
    ldns_pkt *packet = NULL;
    size_t query_bytes = build(asked, query);
    assert_true(r53_address_parse(from, &peer.address));
    *reply_bytes = r53_dns_handle(fixture->r53, &peer, query, query_bytes, reply);
    if (*reply_bytes > 0)
        assert_int_equal(ldns_wire2pkt(&packet, reply, *reply_bytes), LDNS_STATUS_OK);
    free(reply);
    return packet;
}

/* "NOERROR aa an=1 ns=4 ar=0 | first answer" */
static void show(const ldns_pkt *packet, char *text, size_t bytes)
{
    char *rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(packet));
    const ldns_rr_list *answers = ldns_pkt_answer(packet);
    const ldns_rr_list *authority = ldns_pkt_authority(packet);
    size_t used = (size_t)snprintf(text, bytes, "%s%s%s an=%u ns=%u ar=%u", rcode,
                                   ldns_pkt_aa(packet) ? " aa" : "",
                                   ldns_pkt_tc(packet) ? " tc" : "", ldns_pkt_ancount(packet),
                                   ldns_pkt_nscount(packet), ldns_pkt_arcount(packet));
    free(rcode);
    for (size_t i = 0; i < ldns_rr_list_rr_count(answers); i++) {
        char *line = ldns_rr2str(ldns_rr_list_rr(answers, i));
        for (char *c = line; *c != '\0'; c++)
            *c = *c == '\t' ? ' ' : *c == '\n' ? '\0' : *c;
        used += (size_t)snprintf(text + used, bytes - used, " | %s", line);
        free(line);
    }
    if (ldns_rr_list_rr_count(answers) == 0 && ldns_rr_list_rr_count(authority) > 0) {
        char *type = ldns_rr_type2str(ldns_rr_get_type(ldns_rr_list_rr(authority, 0)));
        (void)snprintf(text + used, bytes - used, " | %s", type);
        free(type);
    }
}

static void test_messages_are_answered_as_by_an_authoritative_server(void **state)
{
    static const struct {
        const char *claim;
        struct asked asked;
        const char *from;
        const char *expect;
    } cases[] = {
        {"an address, with the zone's servers",
         {.name = "www.example.com.", .type = "A"},
         "127.0.0.1",
         "NOERROR aa an=1 ns=4 ar=0 | www.example.com. 60 IN A 1.1.1.1"},
        {"the question's letters come back",
         {.name = "wWw.ExAmPlE.com.", .type = "A"},
         "127.0.0.1",
         "NOERROR aa an=1 ns=4 ar=0 | wWw.ExAmPlE.com. 60 IN A 1.1.1.1"},
        {"a missing name with SOA",
         {.name = "x.www.example.com.", .type = "A"},
         "127.0.0.1",
         "NXDOMAIN aa an=0 ns=1 ar=0 | SOA"},
        {"a missing type with SOA",
         {.name = "www.example.com.", .type = "AAAA"},
         "127.0.0.1",
         "NOERROR aa an=0 ns=1 ar=0 | SOA"},
        {"an empty non-terminal",
         {.name = "ent.example.com.", .type = "A"},
         "127.0.0.1",
         "NOERROR aa an=0 ns=1 ar=0 | SOA"},
        {"a wildcard under the asked name",
         {.name = "x.example.com.", .type = "TXT"},
         "127.0.0.1",
         "NOERROR aa an=1 ns=4 ar=0 | x.example.com. 60 IN TXT \"star\""},
        {"a chain of CNAMEs",
         {.name = "c.example.com.", .type = "A"},
         "127.0.0.1",
         "NOERROR aa an=2 ns=4 ar=0 | c.example.com. 60 IN CNAME www.example.com. | "
         "www.example.com. "
         "60 IN A 1.1.1.1"},
        {"a CNAME out of the zone",
         {.name = "out.example.com.", .type = "A"},
         "127.0.0.1",
         "NOERROR aa an=1 ns=4 ar=0 | out.example.com. 60 IN CNAME www.example.org."},
        {"a referral with glue",
         {.name = "a.sub.example.com.", .type = "A"},
         "127.0.0.1",
         "NOERROR an=0 ns=1 ar=1 | NS"},
        {"the cut itself is a referral",
         {.name = "sub.example.com.", .type = "NS"},
         "127.0.0.1",
         "NOERROR an=0 ns=1 ar=1 | NS"},
        {"addresses beside an MX",
         {.name = "mail.example.com.", .type = "MX"},
         "127.0.0.1",
         "NOERROR aa an=1 ns=4 ar=1 | mail.example.com. 60 IN MX 10 www.example.com."},
        {"ANY gets one set",
         {.name = "www.example.com.", .type = "ANY"},
         "127.0.0.1",
         "NOERROR aa an=1 ns=4 ar=0 | www.example.com. 60 IN A 1.1.1.1"},
        {"a zone that is not ours",
         {.name = "www.example.org.", .type = "A"},
         "127.0.0.1",
         "REFUSED an=0 ns=0 ar=0"},
        {"the root", {.name = ".", .type = "NS"}, "127.0.0.1", "REFUSED an=0 ns=0 ar=0"},
        {"a transfer",
         {.name = "example.com.", .type = "AXFR", .tcp = true},
         "127.0.0.1",
         "REFUSED an=0 ns=0 ar=0"},
        {"another class",
         {.name = "www.example.com.", .type = "A", .class = 3},
         "127.0.0.1",
         "REFUSED an=0 ns=0 ar=0"},
        {"an update",
         {.name = "example.com.", .type = "SOA", .opcode = 5},
         "127.0.0.1",
         "NOTIMPL an=0 ns=0 ar=0"},
        {"the Region of a loopback address",
         {.name = "l.example.com.", .type = "A"},
         "127.0.3.1",
         "NOERROR aa an=1 ns=4 ar=0 | l.example.com. 60 IN A 1.1.2.2"},
        {"an address nobody knows is in the first Region",
         {.name = "l.example.com.", .type = "A"},
         "10.1.2.3",
         "NOERROR aa an=1 ns=4 ar=0 | l.example.com. 60 IN A 1.1.2.1"},
        {"a known client network",
         {.name = "l.example.com.", .type = "A"},
         "192.0.2.77",
         "NOERROR aa an=1 ns=4 ar=0 | l.example.com. 60 IN A 1.1.2.2"},
        {"the client subnet beats the source",
         {.name = "l.example.com.", .type = "A", .edns = 1232, .subnet = "192.0.2.0"},
         "127.0.1.1",
         "NOERROR aa an=1 ns=4 ar=0 | l.example.com. 60 IN A 1.1.2.2"},
        {"EDNS of a later version",
         {.name = "www.example.com.", .type = "A", .edns = 1232, .version = 1},
         "127.0.0.1",
         "NOERROR an=0 ns=0 ar=0"},
    };
    struct fixture fixture;
    (void)state;
    make_world(&fixture);
    assert_int_equal(r53_add_client_network(fixture.r53, "192.0.2.0/24", "us-west-2", NULL),
                     RESULT_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[4096];
        size_t bytes = 0;
        ldns_pkt *reply = ask(&fixture, &cases[i].asked, cases[i].from, &bytes);
        if (reply == NULL)
            fail_msg("%s: silence", cases[i].claim);
        show(reply, text, sizeof(text));
        if (strcmp(text, cases[i].expect) != 0)
            fail_msg("%s:\n got  %s\n want %s", cases[i].claim, text, cases[i].expect);
        assert_int_equal(ldns_pkt_id(reply), 0x1234);
        assert_true(ldns_pkt_qr(reply));
        assert_false(ldns_pkt_ra(reply));
        if (cases[i].asked.version > 0)
            assert_int_equal(ldns_pkt_edns_extended_rcode(reply), 1);
        if (cases[i].asked.subnet != NULL) {
            const ldns_rdf *data = ldns_pkt_edns_data(reply);
            assert_non_null(data);
            assert_int_equal(ldns_rdf_size(data), 11);
            assert_int_equal(ldns_rdf_data(data)[7], 24); /* the scope */
        }
        ldns_pkt_free(reply);
    }
    fixture_fini(&fixture);
}

static void test_what_does_not_fit_is_cut_and_marked(void **state)
{
    struct fixture fixture;
    char line[4096] = "big A 10.0.0.0";
    static const struct {
        const char *claim;
        int edns;
        bool tcp, cut;
        size_t most;
    } cases[] = {
        {"512 bytes without EDNS", 0, false, true, 512},
        {"1232 by EDNS", 1232, false, true, 1232},
        {"4096 at most", 65000, false, true, 4096},
        {"all of it by TCP", 0, true, false, 65535},
    };
    (void)state;
    for (int i = 1; i < 300; i++)
        (void)snprintf(line + strlen(line), sizeof(line) - strlen(line), ",10.0.%d.%d", i / 256,
                       i % 256);
    make_world(&fixture);
    fixture_add_records(&fixture, ZONE, line);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct asked asked = {
            .name = "big.example.com.", .type = "A", .edns = cases[i].edns, .tcp = cases[i].tcp};
        size_t bytes = 0;
        ldns_pkt *reply = ask(&fixture, &asked, "127.0.0.1", &bytes);
        if (ldns_pkt_tc(reply) != cases[i].cut || bytes > cases[i].most ||
            ldns_pkt_ancount(reply) != (cases[i].cut ? 0 : 300))
            fail_msg("%s: %zu bytes, %u answers", cases[i].claim, bytes, ldns_pkt_ancount(reply));
        ldns_pkt_free(reply);
    }
    fixture_fini(&fixture);
}

static void test_malformed_messages_get_formerr_or_silence(void **state)
{
    static const struct {
        const char *claim;
        const char *bytes;
        size_t count;
        int rcode; /* -1: silence */
    } cases[] = {
        {"nothing", "", 0, -1},
        {"eleven bytes", "\1\2\0\0\0\1\0\0\0\0\0", 11, -1},
        {"an answer", "\1\2\x80\0\0\1\0\0\0\0\0\0\0\0\1\0\1", 17, -1},
        {"no question", "\1\2\0\0\0\0\0\0\0\0\0\0", 12, 1},
        {"two questions", "\1\2\0\0\0\2\0\0\0\0\0\0\0\0\1\0\1\0\0\1\0\1", 22, 1},
        {"a question that is not there", "\1\2\0\0\0\1\0\0\0\0\0\0", 12, 1},
        {"a name that ends early", "\1\2\0\0\0\1\0\0\0\0\0\0\5abc", 16, 1},
        {"a pointer to itself", "\1\2\0\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1", 18, 1},
        {"a type cut off", "\1\2\0\0\0\1\0\0\0\0\0\0\1a\0\0", 16, 1},
        {"a record that is not there", "\1\2\0\0\0\1\0\1\0\0\0\0\1a\0\0\1\0\1", 19, 1},
        {"two OPT records",
         "\1\2\0\0\0\1\0\0\0\0\0\2\1a\0\0\1\0\1\0\0\x29\4\0\0\0\0\0\0\0\0\0\x29\4\0\0\0\0\0\0\0",
         41, 1},
        {"an option that is cut off",
         "\1\2\0\0\0\1\0\0\0\0\0\1\1a\0\0\1\0\1\0\0\x29\4\0\0\0\0\0\0\4\0\x08\0\7", 34, 1},
        {"a subnet of a strange family",
         "\1\2\0\0\0\1\0\0\0\0\0\1\1a\0\0\1\0\1\0\0\x29\4\0\0\0\0\0\0\x8\0\x08\0\4\0\x9\0\0", 38,
         1},
    };
    struct fixture fixture;
    const struct r53_dns_peer peer = {.address = {.byte_count = 4}};
    uint8_t *reply = sim_alloc(R53_DNS_MESSAGE_MAX);
    (void)state;
    make_world(&fixture);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t bytes = r53_dns_handle(fixture.r53, &peer, (const uint8_t *)cases[i].bytes,
                                      cases[i].count, reply);
        int rcode = bytes < 12 ? -1 : reply[3] & 0xF;
        if (rcode != cases[i].rcode)
            fail_msg("%s: rcode %d", cases[i].claim, rcode);
    }
    free(reply);
    fixture_fini(&fixture);
}

/* --- sockets
 * --------------------------------------------------------------------------------------
 */

static void turn_until_readable(struct sim_loop *loop, int fd)
{
    for (int i = 0; i < 200; i++) {
        struct pollfd wanted = {.fd = fd, .events = POLLIN};
        assert_int_equal(sim_loop_turn(loop, 10000, NULL), RESULT_OK);
        if (poll(&wanted, 1, 0) == 1)
            return;
    }
    fail_msg("no answer");
}

static int connect_to(uint16_t port, int type)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, type, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static struct sim_loop *make_loop(struct fixture *fixture)
{
    struct sim_loop *loop = NULL;
    assert_int_equal(sim_loop_create(fixture->core.clock, fixture->core.sched,
                                     fixture->core.advance, &loop, NULL),
                     RESULT_OK);
    assert_int_equal(r53_dns_listen(fixture->r53, loop, "127.0.0.1", 0, NULL), RESULT_OK);
    return loop;
}

static void test_udp_answers_many_packets(void **state)
{
    struct fixture fixture;
    struct sim_loop *loop = NULL;
    uint8_t query[512];
    uint8_t reply[4096];
    size_t bytes = build(&(struct asked){.name = "www.example.com.", .type = "A"}, query);
    int fd = -1;
    (void)state;
    make_world(&fixture);
    loop = make_loop(&fixture);
    fd = connect_to(r53_dns_port(fixture.r53), SOCK_DGRAM);
    for (int i = 0; i < 100; i++)
        assert_int_equal(send(fd, query, bytes, 0), bytes);
    for (int i = 0; i < 100; i++) {
        turn_until_readable(loop, fd);
        assert_true(recv(fd, reply, sizeof(reply), 0) > 12);
        assert_int_equal(reply[7], 1); /* one answer */
    }
    close(fd);
    r53_dns_close(fixture.r53);
    sim_loop_destroy(loop);
    fixture_fini(&fixture);
}

static void test_tcp_answers_many_queries_on_one_connection(void **state)
{
    struct fixture fixture;
    struct sim_loop *loop = NULL;
    uint8_t query[514];
    uint8_t reply[65537];
    size_t bytes = build(&(struct asked){.name = "www.example.com.", .type = "A"}, query + 2);
    int fd = -1;
    (void)state;
    query[0] = (uint8_t)(bytes >> 8);
    query[1] = (uint8_t)bytes;
    make_world(&fixture);
    loop = make_loop(&fixture);
    fd = connect_to(r53_dns_port(fixture.r53), SOCK_STREAM);
    for (int i = 0; i < 50; i++) /* all but the last byte: cut anywhere */
        assert_int_equal(send(fd, query, bytes + 2, 0), bytes + 2);
    for (int i = 0; i < 50; i++) {
        size_t length = 0;
        turn_until_readable(loop, fd);
        assert_int_equal(recv(fd, reply, 2, MSG_WAITALL), 2);
        length = (size_t)reply[0] << 8 | reply[1];
        assert_int_equal(recv(fd, reply, length, MSG_WAITALL), length);
        assert_int_equal(reply[7], 1);
    }
    assert_int_equal(send(fd, query, 5, 0), 5); /* in two pieces */
    assert_int_equal(sim_loop_turn(loop, 1000, NULL), RESULT_OK);
    assert_int_equal(send(fd, query + 5, bytes - 3, 0), bytes - 3);
    turn_until_readable(loop, fd);
    assert_int_equal(recv(fd, reply, 2, MSG_WAITALL), 2);
    close(fd);
    r53_dns_close(fixture.r53);
    sim_loop_destroy(loop);
    fixture_fini(&fixture);
}

static void test_idle_tcp_connections_do_not_keep_others_out(void **state)
{
    struct fixture fixture;
    struct sim_loop *loop = NULL;
    int fds[300];
    uint8_t query[514];
    uint8_t reply[2];
    size_t bytes = build(&(struct asked){.name = "www.example.com.", .type = "A"}, query + 2);
    (void)state;
    query[0] = (uint8_t)(bytes >> 8);
    query[1] = (uint8_t)bytes;
    make_world(&fixture);
    loop = make_loop(&fixture);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        fds[i] = connect_to(r53_dns_port(fixture.r53), SOCK_STREAM);
        assert_int_equal(sim_loop_turn(loop, 0, NULL), RESULT_OK);
    }
    assert_int_equal(send(fds[299], query, bytes + 2, 0), bytes + 2);
    turn_until_readable(loop, fds[299]);
    assert_int_equal(recv(fds[299], reply, 2, MSG_WAITALL), 2);
    assert_int_equal(recv(fds[0], reply, 1, 0), 0); /* the longest idle one was closed */
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    assert_int_equal(sim_loop_turn(loop, 0, NULL), RESULT_OK);
    r53_dns_close(fixture.r53);
    sim_loop_destroy(loop);
    fixture_fini(&fixture);
}

static void test_a_taken_port_is_a_clear_error(void **state)
{
    struct fixture first;
    struct fixture second;
    struct sim_loop *loop = NULL;
    struct sim_error error;
    (void)state;
    make_world(&first);
    fixture_init(&second);
    loop = make_loop(&first);
    assert_int_equal(r53_dns_listen(second.r53, loop, "127.0.0.1", r53_dns_port(first.r53), &error),
                     RESULT_IO);
    assert_non_null(strstr(error.message, "cannot serve DNS on 127.0.0.1 port"));
    assert_int_equal(r53_dns_listen(second.r53, loop, "nonsense", 0, &error), RESULT_IO);
    assert_int_equal(r53_dns_port(second.r53), 0);
    r53_dns_close(first.r53);
    sim_loop_destroy(loop);
    fixture_fini(&first);
    fixture_fini(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_are_answered_as_by_an_authoritative_server),
        cmocka_unit_test(test_what_does_not_fit_is_cut_and_marked),
        cmocka_unit_test(test_malformed_messages_get_formerr_or_silence),
        cmocka_unit_test(test_udp_answers_many_packets),
        cmocka_unit_test(test_tcp_answers_many_queries_on_one_connection),
        cmocka_unit_test(test_idle_tcp_connections_do_not_keep_others_out),
        cmocka_unit_test(test_a_taken_port_is_a_clear_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
