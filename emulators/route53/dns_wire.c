#include "emulators/route53/dns_wire.h"

#include <string.h>

#define OFFSETS_MAX 64     /* suffixes that later names may point to */
#define POINTER_MAX 0x3FFF /* how far a pointer reaches */
#define POINTER     0xC000

struct writer {
    uint8_t *bytes;
    size_t used;
    size_t limit;
    bool is_over;
    uint16_t offsets[OFFSETS_MAX];
    size_t offset_count;
};

static void put(struct writer *writer, const void *bytes, size_t count)
{
    if (writer->is_over || count > writer->limit - writer->used) {
        writer->is_over = true;
        return;
    }
    memcpy(writer->bytes + writer->used, bytes, count);
    writer->used += count;
}

static void put_16(struct writer *writer, unsigned value)
{
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    put(writer, bytes, sizeof(bytes));
}

static void put_32(struct writer *writer, uint32_t value)
{
    put_16(writer, value >> 16);
    put_16(writer, value & 0xFFFF);
}

/* Is the name written at offset the same as name? Case counts: a name comes back as it was given.
 */
static bool is_written_at(const struct writer *writer, size_t offset, const uint8_t *name)
{
    const uint8_t *at = writer->bytes + offset;
    while (true) {
        if ((at[0] & 0xC0) == 0xC0) { /* pointers lead back only, so this ends */
            at = writer->bytes + (((size_t)at[0] & 0x3F) << 8 | at[1]);
            continue;
        }
        if (at[0] != name[0] || memcmp(at + 1, name + 1, at[0]) != 0)
            return false;
        if (at[0] == 0)
            return true;
        name += 1 + at[0];
        at += 1 + at[0];
    }
}

/* A pointer where a suffix stands already. Its own labels can be pointed to once it is whole. */
static void put_name(struct writer *writer, const uint8_t *name)
{
    size_t starts[LDNS_MAX_DOMAINLEN / 2 + 1];
    size_t start_count = 0;
    bool is_pointed = false;
    while (name[0] != 0 && !is_pointed && !writer->is_over) {
        for (size_t i = 0; i < writer->offset_count && !is_pointed; i++)
            if (is_written_at(writer, writer->offsets[i], name)) {
                put_16(writer, POINTER | writer->offsets[i]);
                is_pointed = true;
            }
        if (is_pointed)
            break;
        starts[start_count++] = writer->used;
        put(writer, name, 1u + name[0]);
        name += 1 + name[0];
    }
    if (!is_pointed)
        put(writer, name, 1);
    for (size_t i = 0; i < start_count && !writer->is_over; i++)
        if (writer->offset_count < OFFSETS_MAX && starts[i] <= POINTER_MAX)
            writer->offsets[writer->offset_count++] = (uint16_t)starts[i];
}

static bool compresses_rdata(ldns_rr_type type)
{
    return type == LDNS_RR_TYPE_NS || type == LDNS_RR_TYPE_CNAME || type == LDNS_RR_TYPE_SOA ||
           type == LDNS_RR_TYPE_PTR || type == LDNS_RR_TYPE_MX;
}

static void put_rdata(struct writer *writer, const ldns_rr *record)
{
    const size_t length_at = writer->used;
    size_t bytes = 0;
    put_16(writer, 0);
    for (size_t i = 0; i < ldns_rr_rd_count(record); i++) {
        const ldns_rdf *field = ldns_rr_rdf(record, i);
        if (ldns_rdf_get_type(field) == LDNS_RDF_TYPE_DNAME &&
            compresses_rdata(ldns_rr_get_type(record)))
            put_name(writer, ldns_rdf_data(field));
        else
            put(writer, ldns_rdf_data(field), ldns_rdf_size(field));
    }
    if (writer->is_over)
        return;
    bytes = writer->used - length_at - 2;
    writer->bytes[length_at] = (uint8_t)(bytes >> 8);
    writer->bytes[length_at + 1] = (uint8_t)bytes;
}

static void put_records(struct writer *writer, const ldns_rr_list *list, bool is_question)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list) && !writer->is_over; i++) {
        const ldns_rr *record = ldns_rr_list_rr(list, i);
        put_name(writer, ldns_rdf_data(ldns_rr_owner(record)));
        put_16(writer, ldns_rr_get_type(record));
        put_16(writer, ldns_rr_get_class(record));
        if (is_question)
            continue;
        put_32(writer, ldns_rr_ttl(record));
        put_rdata(writer, record);
    }
}

/* The OPT record, when the reply has EDNS. */
static void put_options(struct writer *writer, const ldns_pkt *packet)
{
    static const uint8_t root[1] = {0};
    const ldns_rdf *data = ldns_pkt_edns_data(packet);
    put(writer, root, sizeof(root));
    put_16(writer, LDNS_RR_TYPE_OPT);
    put_16(writer, ldns_pkt_edns_udp_size(packet));
    put_32(writer, (uint32_t)ldns_pkt_edns_extended_rcode(packet) << 24);
    put_16(writer, data == NULL ? 0 : (unsigned)ldns_rdf_size(data));
    if (data != NULL)
        put(writer, ldns_rdf_data(data), ldns_rdf_size(data));
}

static unsigned flags_of(const ldns_pkt *packet)
{
    return (ldns_pkt_qr(packet) ? 0x8000u : 0u) | (unsigned)ldns_pkt_get_opcode(packet) << 11 |
           (ldns_pkt_aa(packet) ? 0x0400u : 0u) | (ldns_pkt_tc(packet) ? 0x0200u : 0u) |
           (ldns_pkt_rd(packet) ? 0x0100u : 0u) | (ldns_pkt_ra(packet) ? 0x0080u : 0u) |
           (ldns_pkt_ad(packet) ? 0x0020u : 0u) | (ldns_pkt_cd(packet) ? 0x0010u : 0u) |
           (unsigned)ldns_pkt_get_rcode(packet);
}

size_t r53_dns_wire(const ldns_pkt *packet, uint8_t *bytes, size_t limit)
{
    struct writer writer = {.bytes = bytes, .limit = limit};
    const bool has_edns = ldns_pkt_edns(packet);
    put_16(&writer, ldns_pkt_id(packet));
    put_16(&writer, flags_of(packet));
    put_16(&writer, (unsigned)ldns_rr_list_rr_count(ldns_pkt_question(packet)));
    put_16(&writer, (unsigned)ldns_rr_list_rr_count(ldns_pkt_answer(packet)));
    put_16(&writer, (unsigned)ldns_rr_list_rr_count(ldns_pkt_authority(packet)));
    put_16(&writer,
           (unsigned)ldns_rr_list_rr_count(ldns_pkt_additional(packet)) + (has_edns ? 1u : 0u));
    put_records(&writer, ldns_pkt_question(packet), true);
    put_records(&writer, ldns_pkt_answer(packet), false);
    put_records(&writer, ldns_pkt_authority(packet), false);
    put_records(&writer, ldns_pkt_additional(packet), false);
    if (has_edns)
        put_options(&writer, packet);
    return writer.is_over ? 0 : writer.used;
}
