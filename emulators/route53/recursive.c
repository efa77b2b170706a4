#include "emulators/route53/recursive.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "emulators/route53/dns_question.h"
#include "emulators/route53/route53_internal.h"

#define KEY_BYTES_MAX    (R53_NAME_WIRE_MAX + 40)
#define PREFETCH_SHARE   10 /* in the last tenth of its time an answer is asked for again */
#define NETWORK_BYTES_V4 3  /* a client without a subnet of its own counts with its /24 */
#define NETWORK_BYTES_V6 7

struct key {
    uint8_t bytes[KEY_BYTES_MAX];
    size_t length;
};

struct entry {
    struct key key;
    ldns_pkt *reply;
    uint64_t stored_us;
    uint64_t expires_us; /* UINT64_MAX: never */
    UT_hash_handle hh;   /* in the order in which they came */
};

struct r53_recursive {
    struct r53 *r53;
    struct r53_recursive_policy policy;
    struct entry *entries;
};

/* --- the cache ---------------------------------------------------------------------------------
 */

static void append(struct key *key, const void *bytes, size_t length)
{
    CHECK(key->length + length <= sizeof key->bytes);
    memcpy(key->bytes + key->length, bytes, length);
    key->length += length;
}

/* All that the bytes of an answer depend on, but for id and case. */
static void make_key(const struct r53_dns_question *question, const struct r53_dns_peer *peer,
                     struct key *key)
{
    const struct r53_address *address = &peer->address;
    const uint8_t flags[] = {(uint8_t)(question->type >> 8),
                             (uint8_t)question->type,
                             (uint8_t)(question->limit_bytes >> 8),
                             (uint8_t)question->limit_bytes,
                             question->has_edns,
                             (uint8_t)question->subnet_bytes};
    memset(key, 0, sizeof *key);
    append(key, question->name.wire, question->name.length_bytes);
    append(key, flags, sizeof flags);
    if (question->subnet_bytes > 0)
        append(key, question->subnet, question->subnet_bytes);
    else
        append(key, address->bytes, address->byte_count == 4 ? NETWORK_BYTES_V4 : NETWORK_BYTES_V6);
}

static void remove_entry(struct r53_recursive *recursive, struct entry *entry)
{
    HASH_DEL(recursive->entries, entry);
    ldns_pkt_free(entry->reply);
    free(entry);
}

static struct entry *find_entry(const struct r53_recursive *recursive, const struct key *key)
{
    struct entry *entry = NULL;
    HASH_FIND(hh, recursive->entries, key->bytes, key->length, entry);
    return entry;
}

static void keep(struct r53_recursive *recursive, const struct key *key, const ldns_pkt *reply,
                 uint64_t now_us, uint64_t lifetime_us)
{
    struct entry *entry = find_entry(recursive, key);
    if (entry != NULL)
        remove_entry(recursive, entry);
    if (HASH_COUNT(recursive->entries) >= R53_RECURSIVE_ENTRIES_MAX)
        remove_entry(recursive, recursive->entries);
    entry = sim_alloc(sizeof *entry);
    *entry =
        (struct entry){.key = *key,
                       .reply = ldns_pkt_clone(reply),
                       .stored_us = now_us,
                       .expires_us = lifetime_us == UINT64_MAX ? UINT64_MAX : now_us + lifetime_us};
    HASH_ADD_KEYPTR(hh, recursive->entries, entry->key.bytes, entry->key.length, entry);
}

void r53_recursive_clear(struct r53_recursive *recursive)
{
    while (recursive->entries != NULL)
        remove_entry(recursive, recursive->entries);
}

struct r53_recursive *r53_recursive_create(struct r53 *r53,
                                           const struct r53_recursive_policy *policy)
{
    struct r53_recursive *recursive = sim_alloc(sizeof *recursive);
    recursive->r53 = r53;
    recursive->policy = *policy;
    return recursive;
}

void r53_recursive_destroy(struct r53_recursive *recursive)
{
    if (recursive == NULL)
        return;
    r53_recursive_clear(recursive);
    free(recursive);
}

/* --- how long an answer is good ----------------------------------------------------------------
 */

static bool is_negative(const ldns_pkt *reply)
{
    return ldns_pkt_get_rcode(reply) == LDNS_RCODE_NXDOMAIN || ldns_pkt_ancount(reply) == 0;
}

/* The least TTL of the answer; of a negative one that of its SOA. */
static uint32_t least_ttl_s(const ldns_pkt *reply)
{
    const ldns_rr_list *records =
        is_negative(reply) ? ldns_pkt_authority(reply) : ldns_pkt_answer(reply);
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++) {
        uint32_t ttl_s = ldns_rr_ttl(ldns_rr_list_rr(records, i));
        least = ttl_s < least ? ttl_s : least;
    }
    return least == UINT32_MAX ? 0 : least;
}

static uint64_t lifetime_us(const struct r53_recursive_policy *policy, const ldns_pkt *reply)
{
    uint64_t time_us = (uint64_t)least_ttl_s(reply) * SIM_US_PER_S;
    bool is_denial = is_negative(reply);
    if (policy->ttl == R53_TTL_IGNORES)
        return 0;
    if (policy->ttl == R53_TTL_PINS && !is_denial)
        return UINT64_MAX;
    if (time_us < policy->minimum_us)
        time_us = policy->minimum_us;
    if (policy->maximum_us > 0 && time_us > policy->maximum_us)
        time_us = policy->maximum_us;
    if (is_denial && policy->negative_maximum_us > 0 && time_us > policy->negative_maximum_us)
        time_us = policy->negative_maximum_us;
    return time_us;
}

/* --- asking the authoritative side -------------------------------------------------------------
 */

static ldns_pkt *ask_bytes(struct r53_recursive *recursive, const struct r53_dns_peer *peer,
                           const uint8_t *query, size_t query_bytes)
{
    uint8_t *bytes = sim_alloc(R53_DNS_MESSAGE_MAX);
    ldns_pkt *reply = NULL;
    size_t used = r53_dns_handle(recursive->r53, peer, query, query_bytes, bytes);
    if (used > 0 && ldns_wire2pkt(&reply, bytes, used) != LDNS_STATUS_OK)
        reply = NULL;
    free(bytes);
    return reply;
}

/* The same question about another name; without a limit of size. */
static ldns_pkt *ask_name(struct r53_recursive *recursive, const struct r53_dns_peer *peer,
                          const struct r53_dns_question *question, const ldns_rdf *name)
{
    struct r53_dns_peer patient = *peer;
    uint8_t *query = NULL;
    size_t query_bytes = 0;
    ldns_pkt *reply = NULL;
    ldns_pkt *packet = ldns_pkt_query_new(ldns_rdf_clone(name), (ldns_rr_type)question->type,
                                          LDNS_RR_CLASS_IN, LDNS_RD);
    patient.is_tcp = true;
    if (question->subnet_bytes > 0)
        r53_dns_set_subnet(packet, question->subnet, question->subnet_bytes);
    if (ldns_pkt2wire(&query, packet, &query_bytes) == LDNS_STATUS_OK)
        reply = ask_bytes(recursive, &patient, query, query_bytes);
    LDNS_FREE(query);
    ldns_pkt_free(packet);
    return reply;
}

/* The end of the chain exists and has no record of that type. */
static bool has_soa(const ldns_pkt *reply)
{
    const ldns_rr_list *records = ldns_pkt_authority(reply);
    return ldns_rr_list_rr_count(records) > 0 &&
           ldns_rr_get_type(ldns_rr_list_rr(records, 0)) == LDNS_RR_TYPE_SOA;
}

/* Where the answer's CNAMEs lead to, if that is not answered; NULL otherwise. */
static const ldns_rdf *open_end(const ldns_pkt *reply, const struct r53_dns_question *question)
{
    const ldns_rr_list *answers = ldns_pkt_answer(reply);
    size_t count = ldns_rr_list_rr_count(answers);
    const ldns_rr *last = count > 0 ? ldns_rr_list_rr(answers, count - 1) : NULL;
    if (last == NULL || question->type == LDNS_RR_TYPE_CNAME ||
        ldns_rr_get_type(last) != LDNS_RR_TYPE_CNAME ||
        ldns_pkt_get_rcode(reply) != LDNS_RCODE_NOERROR || has_soa(reply))
        return NULL;
    return ldns_rr_rdf(last, 0);
}

static void add_records(ldns_pkt *to, ldns_pkt_section section, const ldns_rr_list *records)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++)
        (void)ldns_pkt_push_rr(to, section, ldns_rr_clone(ldns_rr_list_rr(records, i)));
}

/* Follows CNAMEs from zone to zone, as far as this world's zones reach. */
static void follow(struct r53_recursive *recursive, const struct r53_dns_peer *peer,
                   const struct r53_dns_question *question, ldns_pkt *reply)
{
    for (int hop = 0; hop < R53_CHAIN_MAX; hop++) {
        const ldns_rdf *name = open_end(reply, question);
        ldns_pkt *more = name != NULL ? ask_name(recursive, peer, question, name) : NULL;
        if (more == NULL)
            return;
        ldns_pkt_rcode rcode = ldns_pkt_get_rcode(more);
        if (rcode == LDNS_RCODE_NOERROR || rcode == LDNS_RCODE_NXDOMAIN) {
            add_records(reply, LDNS_SECTION_ANSWER, ldns_pkt_answer(more));
            add_records(reply, LDNS_SECTION_AUTHORITY, ldns_pkt_authority(more));
            ldns_pkt_set_rcode(reply, (uint8_t)rcode);
        }
        bool goes_on = rcode == LDNS_RCODE_NOERROR && ldns_pkt_ancount(more) > 0;
        ldns_pkt_free(more);
        if (!goes_on)
            return;
    }
}

/* A delegation to servers that are not here, or a name in none of our zones. */
static bool is_beyond_us(const ldns_pkt *reply)
{
    ldns_pkt_rcode rcode = ldns_pkt_get_rcode(reply);
    bool is_referral = rcode == LDNS_RCODE_NOERROR && ldns_pkt_ancount(reply) == 0 &&
                       !ldns_pkt_aa(reply) && ldns_pkt_nscount(reply) > 0;
    return rcode == LDNS_RCODE_REFUSED || is_referral;
}

static bool is_worth_keeping(const ldns_pkt *reply)
{
    ldns_pkt_rcode rcode = ldns_pkt_get_rcode(reply);
    return !ldns_pkt_tc(reply) && (rcode == LDNS_RCODE_NOERROR || rcode == LDNS_RCODE_NXDOMAIN);
}

/* --- answering ---------------------------------------------------------------------------------
 */

static void empty_reply(ldns_pkt *reply)
{
    ldns_rr_list_deep_free(ldns_pkt_answer(reply));
    ldns_rr_list_deep_free(ldns_pkt_authority(reply));
    ldns_rr_list_deep_free(ldns_pkt_additional(reply));
    ldns_pkt_set_answer(reply, ldns_rr_list_new());
    ldns_pkt_set_authority(reply, ldns_rr_list_new());
    ldns_pkt_set_additional(reply, ldns_rr_list_new());
    ldns_pkt_set_ancount(reply, 0);
    ldns_pkt_set_nscount(reply, 0);
    ldns_pkt_set_arcount(reply, 0);
}

static void set_ttls(ldns_rr_list *records, uint32_t ttl_s)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++)
        ldns_rr_set_ttl(ldns_rr_list_rr(records, i), ttl_s);
}

static size_t to_wire(const ldns_pkt *reply, uint8_t *bytes, size_t limit_bytes)
{
    uint8_t *wire = NULL;
    size_t used = 0;
    if (ldns_pkt2wire(&wire, reply, &used) != LDNS_STATUS_OK)
        return 0;
    if (used <= limit_bytes)
        memcpy(bytes, wire, used);
    else
        used = 0;
    LDNS_FREE(wire);
    return used;
}

/* left_us UINT64_MAX: the records tell their own TTL. */
static size_t write_reply(const ldns_pkt *kept, const struct r53_dns_question *question,
                          uint64_t left_us, uint8_t *bytes)
{
    ldns_pkt *reply = ldns_pkt_clone(kept);
    uint32_t left_s = (uint32_t)((left_us + SIM_US_PER_S - 1) / SIM_US_PER_S);
    ldns_rr_list_deep_free(ldns_pkt_question(reply));
    ldns_pkt_set_question(reply, ldns_rr_list_new());
    ldns_pkt_set_qdcount(reply, 0);
    (void)ldns_pkt_push_rr(reply, LDNS_SECTION_QUESTION, ldns_rr_clone(question->record));
    ldns_pkt_set_id(reply, question->id);
    ldns_pkt_set_rd(reply, question->is_recursion_wanted);
    ldns_pkt_set_aa(reply, false);
    ldns_pkt_set_ra(reply, true);
    if (left_us != UINT64_MAX) {
        set_ttls(ldns_pkt_answer(reply), left_s);
        set_ttls(ldns_pkt_authority(reply), left_s);
        set_ttls(ldns_pkt_additional(reply), left_s);
    }
    size_t used = to_wire(reply, bytes, question->limit_bytes);
    if (used == 0) {
        empty_reply(reply);
        ldns_pkt_set_tc(reply, true);
        used = to_wire(reply, bytes, question->limit_bytes);
    }
    ldns_pkt_free(reply);
    return used;
}

static void tell(const struct r53_recursive *recursive, const struct r53_dns_question *question,
                 const char *source, uint64_t left_us)
{
    char name[R53_NAME_TEXT_BYTES];
    char *type = ldns_rr_type2str((ldns_rr_type)question->type);
    r53_name_text(question->name.wire, name);
    sim_trace_emit(recursive->r53->core->trace, "dns.resolver", NULL, FIELD_TEXT("name", name),
                   FIELD_TEXT("type", type), FIELD_TEXT("source", source),
                   FIELD_NUMBER("left_s", left_us == UINT64_MAX ? 0 : left_us / SIM_US_PER_S));
    LDNS_FREE(type);
}

struct asked {
    struct r53_recursive *recursive;
    const struct r53_dns_peer *peer;
    const struct r53_dns_question *question;
    const struct key *key;
    const uint8_t *query;
    size_t query_bytes;
    uint64_t now_us;
};

/* The authoritative answer, kept as long as the policy wants it. The caller frees it; NULL: nobody
 * answers. */
static ldns_pkt *ask(const struct asked *asked, const char *source)
{
    struct r53_recursive *recursive = asked->recursive;
    ldns_pkt *reply = ask_bytes(recursive, asked->peer, asked->query, asked->query_bytes);
    if (reply == NULL)
        return NULL;
    if (is_beyond_us(reply)) {
        empty_reply(reply);
        ldns_pkt_set_rcode(reply, LDNS_RCODE_SERVFAIL);
    }
    follow(recursive, asked->peer, asked->question, reply);
    uint64_t time_us = lifetime_us(&recursive->policy, reply);
    if (time_us > 0 && is_worth_keeping(reply))
        keep(recursive, asked->key, reply, asked->now_us, time_us);
    tell(recursive, asked->question, source, time_us);
    return reply;
}

static size_t answer_from_cache(const struct asked *asked, const struct entry *entry,
                                uint8_t *bytes)
{
    struct r53_recursive *recursive = asked->recursive;
    bool is_pinned = entry->expires_us == UINT64_MAX;
    uint64_t left_us = is_pinned ? UINT64_MAX : entry->expires_us - asked->now_us;
    uint64_t whole_us = is_pinned ? UINT64_MAX : entry->expires_us - entry->stored_us;
    tell(recursive, asked->question, "cache", left_us);
    size_t used = write_reply(entry->reply, asked->question, left_us, bytes);
    if (recursive->policy.prefetches && left_us < whole_us / PREFETCH_SHARE)
        ldns_pkt_free(ask(asked, "prefetch")); /* for the next one who asks */
    return used;
}

static size_t answer_anew(const struct asked *asked, uint8_t *bytes)
{
    ldns_pkt *reply = ask(asked, "asked");
    if (reply == NULL)
        return 0;
    uint64_t time_us = lifetime_us(&asked->recursive->policy, reply);
    bool keeps_ttl = time_us == 0 || time_us == UINT64_MAX;
    size_t used = write_reply(reply, asked->question, keeps_ttl ? UINT64_MAX : time_us, bytes);
    ldns_pkt_free(reply);
    return used;
}

size_t r53_recursive_handle(struct r53_recursive *recursive, const struct r53_dns_peer *peer,
                            const uint8_t *query, size_t query_bytes, uint8_t *reply)
{
    struct r53_dns_question question;
    struct key key;
    if (!r53_dns_question_read(peer, query, query_bytes, &question))
        return r53_dns_handle(recursive->r53, peer, query, query_bytes, reply);
    make_key(&question, peer, &key);
    const struct asked asked = {.recursive = recursive,
                                .peer = peer,
                                .question = &question,
                                .key = &key,
                                .query = query,
                                .query_bytes = query_bytes,
                                .now_us = sim_clock_now_us(recursive->r53->core->clock)};
    const struct entry *entry = find_entry(recursive, &key);
    bool is_fresh = entry != NULL && asked.now_us < entry->expires_us;
    size_t used = is_fresh ? answer_from_cache(&asked, entry, reply) : answer_anew(&asked, reply);
    ldns_rr_free(question.record);
    return used;
}
