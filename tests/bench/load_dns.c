/* load_dns.c -- asks a DNS server by UDP, 64 questions under way, and counts its answers.
 *
 *     bench_load_dns PORT PID QUESTIONS NAMES ZONE
 *
 * Names are n0.ZONE .. of type A, in turn. Prints answers a second, and the server's CPU in µs an
 * answer (by /proc/PID/schedstat). A question without an answer within a second is lost. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define WINDOW 64

static double cpu_us(const char *pid)
{
    char path[64];
    double spent_ns = 0;
    FILE *file = NULL;
    (void)snprintf(path, sizeof(path), "/proc/%.20s/schedstat", pid);
    file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%lf", &spent_ns) != 1)
        exit(EXIT_FAILURE);
    (void)fclose(file);
    return spent_ns / 1000;
}

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t put_labels(uint8_t *at, const char *name)
{
    size_t used = 0;
    while (*name != '\0') {
        size_t bytes = strcspn(name, ".");
        at[used++] = (uint8_t)bytes;
        memcpy(at + used, name, bytes);
        used += bytes;
        name += bytes + (name[bytes] == '.' ? 1 : 0);
    }
    at[used++] = 0;
    return used;
}

static size_t make_query(uint8_t *query, unsigned number, unsigned names, const char *zone)
{
    static const uint8_t tail[4] = {0, 1, 0, 1};
    char name[256];
    size_t used = 12;
    memset(query, 0, 12);
    query[0] = (uint8_t)(number >> 8);
    query[1] = (uint8_t)number;
    query[5] = 1;
    (void)snprintf(name, sizeof(name), "n%u.%.200s", number % names, zone);
    used += put_labels(query + used, name);
    memcpy(query + used, tail, sizeof(tail));
    return used + sizeof(tail);
}

static unsigned exchange(int fd, unsigned first, unsigned names, const char *zone)
{
    static uint8_t packets[WINDOW][512];
    struct mmsghdr messages[WINDOW] = {0};
    struct iovec parts[WINDOW];
    unsigned good = 0;
    unsigned got = 0;
    for (unsigned i = 0; i < WINDOW; i++) {
        parts[i] = (struct iovec){packets[i], make_query(packets[i], first + i, names, zone)};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    if (sendmmsg(fd, messages, WINDOW, 0) != WINDOW)
        return 0;
    while (got < WINDOW) {
        int count = 0;
        for (unsigned i = 0; i < WINDOW; i++)
            parts[i].iov_len = sizeof(packets[i]);
        count = recvmmsg(fd, messages, WINDOW - got, MSG_WAITFORONE, NULL);
        if (count <= 0)
            break; /* the time-out: lost */
        got += (unsigned)count;
        for (int i = 0; i < count; i++)
            good += (packets[i][3] & 0xF) == 0 && packets[i][7] > 0 ? 1 : 0;
    }
    return good;
}

int main(int argument_count, char **arguments)
{
    const struct timeval second = {.tv_sec = 1};
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    double start_s = 0;
    double start_us = 0;
    unsigned good = 0;
    unsigned asked = 0;
    if (argument_count != 6)
        return EXIT_FAILURE;
    address.sin_port = htons((uint16_t)strtoul(arguments[1], NULL, 10));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)) != 0)
        return EXIT_FAILURE;
    start_s = now_s();
    start_us = cpu_us(arguments[2]);
    for (; asked < strtoul(arguments[3], NULL, 10); asked += WINDOW)
        good += exchange(fd, asked, (unsigned)strtoul(arguments[4], NULL, 10), arguments[5]);
    printf("%.0f %.3f %u %u\n", good / (now_s() - start_s),
           (cpu_us(arguments[2]) - start_us) / good, good, asked);
    return good == asked ? EXIT_SUCCESS : EXIT_FAILURE;
}
