/* dns_message.c -- one DNS message in, one out. See dns.h.
 *
 * The library parses and builds; what it is given has been walked once here, so that a message with
 * two OPT records or a count that lies never reaches it. */
#include <string.h>

#include "emulators/route53/dns_question.h"
#include "emulators/route53/dns_wire.h"
#include "emulators/route53/query_log.h"
#include "emulators/route53/route53_internal.h"

#define HEADER_BYTES     12
#define UDP_PLAIN_MAX    512
#define OPTION_SUBNET    8
#define ADDITIONAL_MAX   16 /* RRsets of addresses beside an answer */
#define EXTENDED_BADVERS 1

/* What a query asks, beside its question. */
struct ask {
    const struct r53_dns_peer *peer;
    ldns_pkt *packet;
    ldns_rr *question;
    bool has_edns;
    uint8_t subnet[R53_SUBNET_OPTION_MAX]; /* the client subnet option as it came */
    size_t subnet_bytes;                   /* 0: none */
    struct r53_address subnet_address;
    uint8_t subnet_bits;
    uint8_t scope_bits; /* for which the answer is good */
};

static unsigned read_16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* --- looking before parsing
 * -----------------------------------------------------------------------
 */

/* Behind the name at at; 0: it runs out of the message. Pointers end a name. */
static size_t skip_name(const uint8_t *query, size_t bytes, size_t at)
{
    while (at < bytes) {
        uint8_t length = query[at];
        if (length == 0)
            return at + 1;
        if ((length & 0xC0) == 0xC0)
            return at + 2 <= bytes ? at + 2 : 0;
        if (length > 63)
            return 0;
        at += 1u + length;
    }
    return 0;
}

/* The records behind the question: how many are OPT; -1 if the message is not sound. */
static int count_options(const uint8_t *query, size_t bytes)
{
    size_t records = (size_t)read_16(query + 6) + read_16(query + 8) + read_16(query + 10);
    size_t at = skip_name(query, bytes, HEADER_BYTES);
    int options = 0;
    if (at == 0 || at + 4 > bytes)
        return -1;
    at += 4;
    for (size_t i = 0; i < records; i++) {
        at = skip_name(query, bytes, at);
        if (at == 0 || at + 10 > bytes || at + 10 + read_16(query + at + 8) > bytes)
            return -1;
        options += read_16(query + at) == LDNS_RR_TYPE_OPT ? 1 : 0;
        at += 10u + read_16(query + at + 8);
    }
    return options;
}

/* --- EDNS client subnet
 * ---------------------------------------------------------------------------
 */

static bool read_subnet(struct ask *ask, const uint8_t *option, size_t bytes)
{
    const unsigned family = bytes >= 4 ? read_16(option) : 0;
    const size_t address_bytes = family == 1 ? 4 : 16;
    const size_t given_bytes = bytes >= 4 ? (option[2] + 7u) / 8u : 0;
    if (bytes < 4 || (family != 1 && family != 2) || option[2] > 8 * address_bytes ||
        option[3] != 0 || bytes != 4 + given_bytes)
        return false;
    memcpy(ask->subnet, option, bytes);
    ask->subnet_bytes = bytes;
    ask->subnet_bits = option[2];
    ask->subnet_address = (struct r53_address){.byte_count = (uint8_t)address_bytes};
    memcpy(ask->subnet_address.bytes, option + 4, given_bytes);
    return true;
}

/* False: an option is malformed. */
static bool read_options(struct ask *ask)
{
    const ldns_rdf *data = ldns_pkt_edns_data(ask->packet);
    const uint8_t *bytes = data == NULL ? NULL : ldns_rdf_data(data);
    size_t left = data == NULL ? 0 : ldns_rdf_size(data);
    while (left >= 4) {
        size_t option_bytes = read_16(bytes + 2);
        if (option_bytes > left - 4)
            return false;
        if (read_16(bytes) == OPTION_SUBNET && ask->subnet_bytes == 0 &&
            !read_subnet(ask, bytes + 4, option_bytes))
            return false;
        bytes += 4 + option_bytes;
        left -= 4 + option_bytes;
    }
    return left == 0;
}

const char *r53_client_region(struct r53 *r53, const struct r53_address *address)
{
    struct sim_network *network = r53->core->network;
    const char *region = r53_networks_find(&r53->networks, address);
    const struct sim_region *found = NULL;
    char text[16];
    if (region != NULL)
        return region;
    if (address->byte_count == 4 && address->bytes[0] == 127) {
        (void)snprintf(text, sizeof(text), "127.%u.%u.%u", address->bytes[1], address->bytes[2],
                       address->bytes[3]);
        found = sim_network_region_at_address(network, text);
    }
    if (found == NULL && sim_network_region_count(network) > 0)
        found = sim_network_region_by_index(network, 0);
    return found == NULL ? NULL : found->name;
}

/* --- building
 * -------------------------------------------------------------------------------------
 */

static ldns_rdf *name_rdf(const struct r53_name *name)
{
    return ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name->length_bytes, name->wire);
}

/* One record of an answer, under its owner. */
static void push(ldns_pkt *reply, ldns_pkt_section section, const ldns_rdf *owner, uint32_t ttl_s,
                 const struct r53_value *value)
{
    ldns_rr *record = ldns_rr_clone(value->record);
    ldns_rr_set_owner(record, ldns_rdf_clone(owner));
    ldns_rr_set_ttl(record, ttl_s);
    (void)ldns_pkt_push_rr(reply, section, record);
}

static void push_set(ldns_pkt *reply, ldns_pkt_section section, const struct r53_rrset *set,
                     uint32_t ttl_s)
{
    ldns_rdf *owner = name_rdf(&set->name);
    for (size_t i = 0; i < set->value_count; i++)
        push(reply, section, owner, ttl_s, &set->values[i]);
    ldns_rdf_deep_free(owner);
}

static void push_answers(ldns_pkt *reply, const struct ask *ask, const struct r53_result *result)
{
    for (size_t i = 0; i < result->pick_count; i++) {
        const struct r53_pick *pick = &result->picks[i];
        ldns_rdf *owner = pick->owner == NULL ? ldns_rdf_clone(ldns_rr_owner(ask->question))
                                              : name_rdf(pick->owner);
        for (size_t v = 0; v < pick->count; v++)
            push(reply, LDNS_SECTION_ANSWER, owner, pick->ttl_s, result->values[pick->first + v]);
        ldns_rdf_deep_free(owner);
    }
}

/* Addresses of a name that an answer points to, when the zone knows them. */
static void push_addresses(ldns_pkt *reply, const struct r53_resolver *resolver,
                           const struct r53_value *value)
{
    static const ldns_rr_type types[] = {LDNS_RR_TYPE_A, LDNS_RR_TYPE_AAAA};
    struct r53_name target;
    char why[R53_WHY_BYTES] = "";
    if (!r53_value_target(value, &target) || !r53_name_is_within(&target, &resolver->records->apex))
        return;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct r53_group *group = r53_group_at_name(resolver->records, &target, types[i]);
        struct r53_choice choice = {.why = why};
        ldns_rdf *owner = NULL;
        if (group == NULL)
            continue;
        r53_group_choose(resolver, group, &choice);
        owner = name_rdf(&target);
        for (size_t leaf = 0; leaf < choice.leaf_count; leaf++)
            for (size_t v = 0; v < choice.leaves[leaf]->value_count; v++)
                push(reply, LDNS_SECTION_ADDITIONAL, owner, choice.leaves[leaf]->ttl_s,
                     &choice.leaves[leaf]->values[v]);
        ldns_rdf_deep_free(owner);
    }
}

static void push_authority(ldns_pkt *reply, const struct r53_zone *zone,
                           const struct r53_result *result)
{
    const struct r53_group *servers = NULL;
    if (result->soa != NULL) {
        push_set(reply, LDNS_SECTION_AUTHORITY, result->soa, r53_negative_ttl_s(result->soa));
        return;
    }
    if (result->referral != NULL) {
        push_set(reply, LDNS_SECTION_AUTHORITY, result->referral, result->referral->ttl_s);
        return;
    }
    if (result->pick_count == 0 || result->picks[0].type == LDNS_RR_TYPE_NS)
        return;
    servers = r53_group_at_name(&zone->served, &zone->name, LDNS_RR_TYPE_NS);
    if (servers != NULL)
        push_set(reply, LDNS_SECTION_AUTHORITY, servers->sets[0], servers->sets[0]->ttl_s);
}

static void push_additional(ldns_pkt *reply, const struct r53_resolver *resolver,
                            const struct r53_result *result)
{
    const struct r53_rrset *referral = result->referral;
    for (size_t p = 0; p < result->pick_count; p++) {
        const struct r53_pick *pick = &result->picks[p];
        if (pick->type == LDNS_RR_TYPE_CNAME)
            continue;
        for (size_t v = 0; v < pick->count && v < ADDITIONAL_MAX; v++)
            push_addresses(reply, resolver, result->values[pick->first + v]);
    }
    for (size_t v = 0; referral != NULL && v < referral->value_count && v < ADDITIONAL_MAX; v++)
        push_addresses(reply, resolver, &referral->values[v]);
}

/* The client subnet comes back with the scope for which the answer is good. */
static void push_edns(ldns_pkt *reply, const struct ask *ask)
{
    uint8_t option[28] = {0, OPTION_SUBNET, 0, 0};
    if (!ask->has_edns)
        return;
    ldns_pkt_set_edns_udp_size(reply, R53_DNS_UDP_MAX);
    if (ask->subnet_bytes == 0)
        return;
    option[3] = (uint8_t)ask->subnet_bytes;
    memcpy(option + 4, ask->subnet, ask->subnet_bytes);
    option[7] = ask->scope_bits;
    ldns_pkt_set_edns_data(
        reply, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_UNKNOWN, ask->subnet_bytes + 4, option));
}

static ldns_pkt *new_reply(const struct ask *ask, ldns_pkt_rcode rcode)
{
    ldns_pkt *reply = ldns_pkt_new();
    ldns_pkt_set_id(reply, ldns_pkt_id(ask->packet));
    ldns_pkt_set_qr(reply, true);
    ldns_pkt_set_rd(reply, ldns_pkt_rd(ask->packet));
    ldns_pkt_set_rcode(reply, (uint8_t)rcode);
    (void)ldns_pkt_push_rr(reply, LDNS_SECTION_QUESTION, ldns_rr_clone(ask->question));
    push_edns(reply, ask);
    return reply;
}

static size_t size_limit(const struct ask *ask)
{
    size_t asked = ask->has_edns ? ldns_pkt_edns_udp_size(ask->packet) : 0;
    if (ask->peer->is_tcp)
        return R53_DNS_MESSAGE_MAX;
    if (asked < UDP_PLAIN_MAX)
        return UDP_PLAIN_MAX;
    return asked < R53_DNS_UDP_MAX ? asked : R53_DNS_UDP_MAX;
}

static void drop_section(ldns_pkt *reply, ldns_pkt_section section)
{
    switch ((int)section) {
    case LDNS_SECTION_ANSWER:
        ldns_rr_list_deep_free(ldns_pkt_answer(reply));
        ldns_pkt_set_answer(reply, ldns_rr_list_new());
        break;
    case LDNS_SECTION_AUTHORITY:
        ldns_rr_list_deep_free(ldns_pkt_authority(reply));
        ldns_pkt_set_authority(reply, ldns_rr_list_new());
        break;
    default:
        ldns_rr_list_deep_free(ldns_pkt_additional(reply));
        ldns_pkt_set_additional(reply, ldns_rr_list_new());
        break;
    }
    ldns_pkt_set_section_count(reply, section, 0);
}

/* The bytes of a reply; what does not fit goes: additional, authority, then all with TC set. */
static size_t write_reply(ldns_pkt *reply, const struct ask *ask, uint8_t *bytes)
{
    static const ldns_pkt_section sections[] = {LDNS_SECTION_ADDITIONAL, LDNS_SECTION_AUTHORITY,
                                                LDNS_SECTION_ANSWER};
    const size_t limit = size_limit(ask);
    const bool is_positive = ldns_pkt_ancount(reply) > 0;
    size_t used = 0;
    for (size_t i = 0; i <= ARRAY_LEN(sections); i++) {
        used = r53_dns_wire(reply, bytes, limit);
        if (used > 0 || i == ARRAY_LEN(sections))
            break;
        drop_section(reply, sections[i]);
        if (sections[i] == LDNS_SECTION_ANSWER ||
            (sections[i] == LDNS_SECTION_AUTHORITY && !is_positive))
            ldns_pkt_set_tc(reply, true);
    }
    return used;
}

/* --- answering
 * ------------------------------------------------------------------------------------
 */

static size_t reply_rcode(const struct ask *ask, ldns_pkt_rcode rcode, uint8_t extended,
                          uint8_t *bytes)
{
    ldns_pkt *reply = new_reply(ask, rcode);
    size_t used = 0;
    ldns_pkt_set_edns_extended_rcode(reply, extended);
    used = write_reply(reply, ask, bytes);
    ldns_pkt_free(reply);
    return used;
}

/* The client subnet, else the resolver itself. */
static struct r53_client client_of(struct r53 *r53, const struct ask *ask)
{
    struct r53_client client = {.address = ask->peer->address,
                                .prefix_bits = (uint8_t)(8 * ask->peer->address.byte_count)};
    if (ask->subnet_bytes > 0) {
        client.address = ask->subnet_address;
        client.prefix_bits = ask->subnet_bits;
    }
    client.region = r53_client_region(r53, &client.address);
    client.vpc_id = r53_networks_find(&r53->vpc_networks, &ask->peer->address);
    return client;
}

static struct r53_zone *query_and_log(struct r53 *r53, const struct ask *ask,
                                      const struct r53_name *name, ldns_rr_type type,
                                      const struct r53_client *client)
{
    struct r53_steps steps;
    steps.used = 0;
    steps.text[0] = '\0';
    r53->steps = &steps;
    struct r53_zone *zone = r53_query(r53, name, type, client, r53->result);
    r53->steps = NULL;
    r53_query_log_add(r53->query_log,
                      &(struct r53_logged){.at_us = sim_clock_now_us(r53->core->clock),
                                           .peer = ask->peer,
                                           .client = &client->address,
                                           .region = client->region,
                                           .name = name,
                                           .type = type,
                                           .result = r53->result,
                                           .is_refused = zone == NULL,
                                           .steps = &steps});
    return zone;
}

static size_t answer_question(struct r53 *r53, struct ask *ask, uint8_t *bytes)
{
    const ldns_rdf *owner = ldns_rr_owner(ask->question);
    const ldns_rr_type type = ldns_rr_get_type(ask->question);
    const struct r53_client client = client_of(r53, ask);
    struct r53_result *result = r53->result;
    struct r53_name name;
    struct r53_zone *zone = NULL;
    ldns_pkt *reply = NULL;
    size_t used = 0;
    if (!r53_name_from_wire(ldns_rdf_data(owner), ldns_rdf_size(owner), &name))
        return reply_rcode(ask, LDNS_RCODE_FORMERR, 0, bytes);
    zone = query_and_log(r53, ask, &name, type, &client);
    if (zone == NULL)
        return reply_rcode(ask, LDNS_RCODE_REFUSED, 0, bytes);
    if (result->is_silent)
        return 0;
    /* Answers that are the same for all are good for all: scope 0 (RFC 7871). */
    ask->scope_bits = result->depends_on_client ? ask->subnet_bits : 0;
    reply = new_reply(ask, (ldns_pkt_rcode)result->rcode);
    ldns_pkt_set_aa(reply, result->is_authoritative);
    push_answers(reply, ask, result);
    push_authority(reply, zone, result);
    if (result->pick_count > 0 || result->referral != NULL) {
        const struct r53_resolver resolver = r53_resolver_for(r53, zone, &client);
        push_additional(reply, &resolver, result);
    }
    used = write_reply(reply, ask, bytes);
    ldns_pkt_free(reply);
    return used;
}

/* A reply of the header alone: the query was not understood. */
static size_t reply_header(const uint8_t *query, ldns_pkt_rcode rcode, uint8_t *bytes)
{
    memset(bytes, 0, HEADER_BYTES);
    bytes[0] = query[0];
    bytes[1] = query[1];
    bytes[2] = (uint8_t)(0x80 | (query[2] & 0x79)); /* QR; opcode and RD as they came */
    bytes[3] = (uint8_t)rcode;
    return HEADER_BYTES;
}

static size_t answer_packet(struct r53 *r53, struct ask *ask, uint8_t *bytes)
{
    const ldns_rr_type type = ldns_rr_get_type(ask->question);
    const ldns_rr_class wanted = ldns_rr_get_class(ask->question);
    if (ask->has_edns && ldns_pkt_edns_version(ask->packet) > 0)
        return reply_rcode(ask, LDNS_RCODE_NOERROR, EXTENDED_BADVERS, bytes);
    if (!read_options(ask)) {
        ask->subnet_bytes = 0;
        return reply_rcode(ask, LDNS_RCODE_FORMERR, 0, bytes);
    }
    if (wanted != LDNS_RR_CLASS_IN || type == LDNS_RR_TYPE_AXFR || type == LDNS_RR_TYPE_IXFR)
        return reply_rcode(ask, LDNS_RCODE_REFUSED, 0, bytes);
    return answer_question(r53, ask, bytes);
}

/* False: what the header says cannot be. */
static bool parse_query(struct ask *ask, const uint8_t *query, size_t query_bytes)
{
    int options = read_16(query + 4) == 1 ? count_options(query, query_bytes) : -1;
    if (options < 0 || options > 1 ||
        ldns_wire2pkt(&ask->packet, query, query_bytes) != LDNS_STATUS_OK)
        return false;
    ask->has_edns = options == 1;
    ask->question = ldns_rr_list_rr(ldns_pkt_question(ask->packet), 0);
    return true;
}

static bool is_plain(const uint8_t *query, size_t query_bytes)
{
    return query_bytes >= HEADER_BYTES && (query[2] & 0x80) == 0 &&
           (query[2] >> 3 & 0xF) == LDNS_PACKET_QUERY;
}

static bool take_question(struct ask *ask, struct r53_dns_question *question)
{
    const ldns_rdf *owner = ldns_rr_owner(ask->question);
    const ldns_rr_type type = ldns_rr_get_type(ask->question);
    if ((ask->has_edns && ldns_pkt_edns_version(ask->packet) > 0) || !read_options(ask) ||
        ldns_rr_get_class(ask->question) != LDNS_RR_CLASS_IN || type == LDNS_RR_TYPE_AXFR ||
        type == LDNS_RR_TYPE_IXFR || type == LDNS_RR_TYPE_ANY ||
        !r53_name_from_wire(ldns_rdf_data(owner), ldns_rdf_size(owner), &question->name))
        return false;
    question->id = ldns_pkt_id(ask->packet);
    question->is_recursion_wanted = ldns_pkt_rd(ask->packet);
    question->type = type;
    question->limit_bytes = size_limit(ask);
    question->has_edns = ask->has_edns;
    question->subnet_bytes = ask->subnet_bytes;
    memcpy(question->subnet, ask->subnet, sizeof question->subnet);
    question->record = ldns_rr_clone(ask->question);
    return true;
}

bool r53_dns_question_read(const struct r53_dns_peer *peer, const uint8_t *query,
                           size_t query_bytes, struct r53_dns_question *question)
{
    struct ask ask = {.peer = peer};
    if (!is_plain(query, query_bytes) || !parse_query(&ask, query, query_bytes))
        return false;
    bool is_taken = ask.question != NULL && take_question(&ask, question);
    ldns_pkt_free(ask.packet);
    return is_taken;
}

void r53_dns_set_subnet(ldns_pkt *query, const uint8_t *subnet, size_t subnet_bytes)
{
    uint8_t option[R53_SUBNET_OPTION_MAX + 4] = {0, OPTION_SUBNET, 0, (uint8_t)subnet_bytes};
    PRE(subnet_bytes <= R53_SUBNET_OPTION_MAX);
    memcpy(option + 4, subnet, subnet_bytes);
    ldns_pkt_set_edns_udp_size(query, R53_DNS_UDP_MAX);
    ldns_pkt_set_edns_data(query,
                           ldns_rdf_new_frm_data(LDNS_RDF_TYPE_UNKNOWN, subnet_bytes + 4, option));
}

size_t r53_dns_handle(struct r53 *r53, const struct r53_dns_peer *peer, const uint8_t *query,
                      size_t query_bytes, uint8_t *reply)
{
    struct ask ask = {.peer = peer};
    size_t used = 0;
    if (query_bytes < HEADER_BYTES || (query[2] & 0x80) != 0)
        return 0; /* too short to answer, or itself an answer: never start a ping-pong */
    if ((query[2] >> 3 & 0xF) != LDNS_PACKET_QUERY)
        return reply_header(query, LDNS_RCODE_NOTIMPL, reply);
    if (!parse_query(&ask, query, query_bytes))
        return reply_header(query, LDNS_RCODE_FORMERR, reply);
    used = ask.question == NULL ? reply_header(query, LDNS_RCODE_FORMERR, reply)
                                : answer_packet(r53, &ask, reply);
    ldns_pkt_free(ask.packet);
    return used;
}

size_t r53_dns_truncated(const uint8_t *query, size_t query_bytes, uint8_t *reply)
{
    size_t end = 0;
    if (query_bytes < HEADER_BYTES || (query[2] & 0xF8) != 0 || read_16(query + 4) != 1)
        return 0; /* an answer, another opcode, not one question */
    end = skip_name(query, query_bytes, HEADER_BYTES);
    if (end == 0 || end + 4 > query_bytes)
        return 0;
    memcpy(reply, query, end + 4);
    (void)reply_header(query, LDNS_RCODE_NOERROR, reply);
    reply[2] |= 2; /* TC */
    reply[5] = 1;
    return end + 4;
}
