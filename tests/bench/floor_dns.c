/* floor_dns.c -- the least that a DNS server does: packets received and sent in batches, parsed and
 * built by the DNS library, one fixed answer.
 *
 *     bench_floor_dns PORT          on 127.0.0.1, until a signal */
#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH        32
#define PACKET_BYTES 4096

static ldns_rr *answer; /* A 192.0.2.1; its owner is set for each question */

static size_t reply_to(const uint8_t *query, size_t bytes, uint8_t *reply)
{
    ldns_pkt *packet = NULL;
    ldns_pkt *made = NULL;
    uint8_t *wire = NULL;
    size_t used = 0;
    if (ldns_wire2pkt(&packet, query, bytes) != LDNS_STATUS_OK)
        return 0;
    if (ldns_rr_list_rr_count(ldns_pkt_question(packet)) == 1) {
        ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(packet), 0);
        ldns_rr *record = ldns_rr_clone(answer);
        made = ldns_pkt_new();
        ldns_pkt_set_id(made, ldns_pkt_id(packet));
        ldns_pkt_set_qr(made, true);
        ldns_pkt_set_aa(made, true);
        ldns_rr_set_owner(record, ldns_rdf_clone(ldns_rr_owner(question)));
        (void)ldns_pkt_push_rr(made, LDNS_SECTION_QUESTION, ldns_rr_clone(question));
        (void)ldns_pkt_push_rr(made, LDNS_SECTION_ANSWER, record);
        if (ldns_pkt2wire(&wire, made, &used) == LDNS_STATUS_OK && used <= PACKET_BYTES)
            memcpy(reply, wire, used);
        LDNS_FREE(wire);
        ldns_pkt_free(made);
    }
    ldns_pkt_free(packet);
    return used;
}

static void serve(int fd)
{
    static uint8_t queries[BATCH][PACKET_BYTES];
    static uint8_t replies[BATCH][PACKET_BYTES];
    struct mmsghdr in[BATCH];
    struct mmsghdr out[BATCH];
    struct iovec parts[2][BATCH];
    struct sockaddr_in peers[BATCH];
    int count = 0;
    for (size_t i = 0; i < BATCH; i++) {
        parts[0][i] = (struct iovec){queries[i], PACKET_BYTES};
        in[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &peers[i],
                                             .msg_namelen = sizeof(peers[i]),
                                             .msg_iov = &parts[0][i],
                                             .msg_iovlen = 1}};
    }
    count = recvmmsg(fd, in, BATCH, MSG_WAITFORONE, NULL);
    for (int i = 0; i < count; i++) {
        parts[1][i] = (struct iovec){replies[i], reply_to(queries[i], in[i].msg_len, replies[i])};
        out[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &peers[i],
                                              .msg_namelen = sizeof(peers[i]),
                                              .msg_iov = &parts[1][i],
                                              .msg_iovlen = 1}};
    }
    if (count > 0)
        (void)sendmmsg(fd, out, (unsigned)count, 0);
}

int main(int argument_count, char **arguments)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (argument_count != 2 ||
        ldns_rr_new_frm_str(&answer, ". 60 IN A 192.0.2.1", 0, NULL, NULL) != LDNS_STATUS_OK)
        return EXIT_FAILURE;
    ldns_rdf_deep_free(ldns_rr_owner(answer));
    ldns_rr_set_owner(answer, NULL);
    address.sin_port = htons((uint16_t)strtoul(arguments[1], NULL, 10));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        perror("bind");
        return EXIT_FAILURE;
    }
    while (true)
        serve(fd);
}
