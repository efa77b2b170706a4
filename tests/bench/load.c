/* A closed-loop load generator: so many keep-alive connections, each with one request under way,
 * until a fixed number of requests is answered.
 *
 *   bench_load ENDPOINT PID KIND REQUESTS CONNECTIONS KEYS [TABLE]
 *       prints "RATE CPU_US ERRORS": requests a second, CPU µs of process PID a request
 *       KIND: put get update query transact batch scan fill (load_kinds)
 *   bench_load ENDPOINT call OPERATION BODY
 *       sends one request and prints the answer's body; exits 0 for status 200
 *
 * Key k is the item k % 10 of the partition k / 10, so that a query of a partition finds ten. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX    1024
#define BODY_MAX_BYTES     16384
#define REQUEST_MAX_BYTES  (BODY_MAX_BYTES + 1024)
#define ANSWER_FIRST_BYTES 4096
#define IDLE_MAX_MS        20000
#define PARTITION_ITEMS    10
#define BATCH_ITEMS        25

#define KEY_FORMAT                                                                                 \
    "\"pk\":{\"S\":\"customer#%06" PRIu32 "\"},\"sk\":{\"S\":\"order#%06" PRIu32 "\"}"
#define ITEM_FORMAT                                                                                \
    "{" KEY_FORMAT ",\"status\":{\"S\":\"PLACED\"},\"total\":{\"N\":\"129.95\"},"                  \
    "\"lines\":{\"L\":[{\"M\":{\"sku\":{\"S\":\"sku-17\"},\"count\":{\"N\":\"2\"}}}]},"            \
    "\"note\":{\"S\":\"leave at the door\"}}"
#define UPDATE_FORMAT                                                                              \
    "{\"TableName\":\"%s\",\"Key\":{" KEY_FORMAT "},\"UpdateExpression\":\"SET #status = :to\","   \
    "\"ConditionExpression\":\"attribute_exists(pk) AND #status <> :never\","                      \
    "\"ExpressionAttributeNames\":{\"#status\":\"status\"},"                                       \
    "\"ExpressionAttributeValues\":{\":to\":{\"S\":\"PACKED\"},\":never\":{\"S\":\"CANCELLED\"}}}"

static const char head_format[] =
    "POST / HTTP/1.1\r\n"
    "Host: 127.0.0.1:%u\r\n"
    "Content-Type: application/x-amz-json-1.0\r\n"
    "X-Amz-Target: DynamoDB_20120810.%s\r\n"
    "X-Amz-Date: 20260101T000000Z\r\n"
    "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="
    "0000000000000000000000000000000000000000000000000000000000000000\r\n"
    "Content-Length: %zu\r\n\r\n";

struct client {
    int fd;
    size_t answer_bytes;
    size_t capacity_bytes;
    char *answer;
};

struct load {
    uint16_t port;
    const struct kind *kind;
    const char *operation;
    const char *body; /* NULL: made for each request, from the next key */
    const char *table;
    uint64_t state; /* of the key order: the same in each run */
    uint32_t key_count;
    uint32_t next_fill; /* the first key not filled yet */
    uint32_t unsent;
    uint32_t unanswered;
    uint32_t errors;
};

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* CPU time of a single-threaded process: exact where the kernel tells, else in ticks. */
static uint64_t cpu_us_of(long pid)
{
    char path[64];
    unsigned long long ran_ns = 0;
    snprintf(path, sizeof path, "/proc/%ld/schedstat", pid);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        int got = fscanf(file, "%llu", &ran_ns);
        fclose(file);
        if (got == 1 && ran_ns > 0)
            return ran_ns / 1000;
    }
    unsigned long long user = 0;
    unsigned long long kernel = 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    file = fopen(path, "r");
    if (file == NULL)
        return 0;
    int got = fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
                     &kernel);
    fclose(file);
    return got == 2 ? (user + kernel) * 1000000 / (unsigned long long)sysconf(_SC_CLK_TCK) : 0;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(port)};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&place, sizeof place) != 0) {
        perror("bench_load: connect");
        exit(1);
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* --- bodies ---------------------------------------------------------------------------------- */

static uint32_t next_key(struct load *load)
{
    load->state = load->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(load->state >> 33) % load->key_count;
}

static uint32_t partition_of(uint32_t key)
{
    return key / PARTITION_ITEMS;
}

static uint32_t rank_of(uint32_t key)
{
    return key % PARTITION_ITEMS;
}

static int put_body(struct load *load, char *body, size_t room)
{
    uint32_t key = next_key(load);
    return snprintf(body, room, "{\"TableName\":\"%s\",\"Item\":" ITEM_FORMAT "}", load->table,
                    partition_of(key), rank_of(key));
}

static int get_body(struct load *load, char *body, size_t room)
{
    uint32_t key = next_key(load);
    return snprintf(body, room, "{\"TableName\":\"%s\",\"Key\":{" KEY_FORMAT "}}", load->table,
                    partition_of(key), rank_of(key));
}

static int update_body(struct load *load, char *body, size_t room)
{
    uint32_t key = next_key(load);
    return snprintf(body, room, UPDATE_FORMAT, load->table, partition_of(key), rank_of(key));
}

static int query_body(struct load *load, char *body, size_t room)
{
    return snprintf(body, room,
                    "{\"TableName\":\"%s\",\"KeyConditionExpression\":\"pk = :pk\","
                    "\"ExpressionAttributeValues\":{\":pk\":{\"S\":\"customer#%06" PRIu32 "\"}}}",
                    load->table, partition_of(next_key(load)));
}

static int transact_body(struct load *load, char *body, size_t room)
{
    uint32_t key = next_key(load);
    uint32_t other = (key + 1) % load->key_count;
    return snprintf(body, room,
                    "{\"TransactItems\":[{\"Put\":{\"TableName\":\"%s\",\"Item\":" ITEM_FORMAT
                    "}},{\"Update\":" UPDATE_FORMAT "}]}",
                    load->table, partition_of(key), rank_of(key), load->table, partition_of(other),
                    rank_of(other));
}

static int items_body(struct load *load, uint32_t first, char *body, size_t room)
{
    int used = snprintf(body, room, "{\"RequestItems\":{\"%s\":[", load->table);
    for (uint32_t i = 0; i < BATCH_ITEMS; i++) {
        uint32_t key = (first + i) % load->key_count;
        used += snprintf(body + used, room - (size_t)used,
                         "%s{\"PutRequest\":{\"Item\":" ITEM_FORMAT "}}", i == 0 ? "" : ",",
                         partition_of(key), rank_of(key));
    }
    return used + snprintf(body + used, room - (size_t)used, "]}}");
}

static int batch_body(struct load *load, char *body, size_t room)
{
    return items_body(load, next_key(load), body, room);
}

static int fill_body(struct load *load, char *body, size_t room)
{
    uint32_t first = load->next_fill;
    load->next_fill += BATCH_ITEMS;
    return items_body(load, first, body, room);
}

static int scan_body(struct load *load, char *body, size_t room)
{
    return snprintf(body, room, "{\"TableName\":\"%s\",\"Limit\":1000}", load->table);
}

static const struct kind {
    const char *name;
    const char *operation;
    int (*make)(struct load *load, char *body, size_t room);
} kinds[] = {
    {"put", "PutItem", put_body},
    {"get", "GetItem", get_body},
    {"update", "UpdateItem", update_body},
    {"query", "Query", query_body},
    {"transact", "TransactWriteItems", transact_body},
    {"batch", "BatchWriteItem", batch_body},
    {"scan", "Scan", scan_body},
    {"fill", "BatchWriteItem", fill_body},
};

/* --- one request after the other ---------------------------------------------------------------
 */

static void send_next(struct load *load, struct client *client)
{
    char body[BODY_MAX_BYTES];
    char request[REQUEST_MAX_BYTES];
    const char *text = load->body;
    if (text == NULL) {
        (void)load->kind->make(load, body, sizeof body);
        text = body;
    }
    int head =
        snprintf(request, sizeof request, head_format, load->port, load->operation, strlen(text));
    int length = snprintf(request + head, sizeof request - (size_t)head, "%s", text);
    size_t bytes = (size_t)head + (size_t)length;
    if (bytes >= sizeof request ||
        send(client->fd, request, bytes, MSG_NOSIGNAL) != (ssize_t)bytes) {
        perror("bench_load: send"); /* so little fits into any socket's buffer */
        exit(1);
    }
    client->answer_bytes = 0;
    load->unsent--;
}

/* NULL until the answer is there as a whole; the room grows to what it says. */
static const char *complete_body(struct client *client)
{
    const char *end = strstr(client->answer, "\r\n\r\n");
    const char *length = end != NULL ? strcasestr(client->answer, "\r\nContent-Length:") : NULL;
    if (length == NULL || length > end)
        return NULL;
    size_t head_bytes = (size_t)(end + 4 - client->answer);
    size_t total_bytes = head_bytes + strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
    if (total_bytes >= client->capacity_bytes) {
        client->capacity_bytes = total_bytes + 1;
        client->answer = realloc(client->answer, client->capacity_bytes);
        if (client->answer == NULL)
            exit(1);
    }
    return client->answer_bytes >= total_bytes ? client->answer + head_bytes : NULL;
}

static void take_answer(struct load *load, struct client *client)
{
    ssize_t got = recv(client->fd, client->answer + client->answer_bytes,
                       client->capacity_bytes - 1 - client->answer_bytes, 0);
    if (got <= 0) {
        fprintf(stderr, "bench_load: the server ended the connection\n");
        exit(1);
    }
    client->answer_bytes += (size_t)got;
    client->answer[client->answer_bytes] = '\0';
    const char *body = complete_body(client);
    if (body == NULL)
        return;
    if (strncmp(client->answer, "HTTP/1.1 200", 12) != 0 && load->errors++ == 0)
        fprintf(stderr, "bench_load: first error: %s\n", client->answer);
    load->unanswered--;
    if (load->unsent > 0)
        send_next(load, client);
}

static void open_client(struct client *client, uint16_t port)
{
    client->fd = connect_to(port);
    client->capacity_bytes = ANSWER_FIRST_BYTES;
    client->answer = malloc(client->capacity_bytes);
    if (client->answer == NULL)
        exit(1);
}

static void close_client(struct client *client)
{
    close(client->fd);
    free(client->answer);
}

static void run(struct load *load, struct client *clients, size_t count)
{
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
        (void)epoll_ctl(epoll_fd, EPOLL_CTL_ADD, clients[i].fd, &event);
        if (load->unsent > 0)
            send_next(load, &clients[i]);
    }
    while (load->unanswered > 0) {
        struct epoll_event ready[64];
        int ready_count = epoll_wait(epoll_fd, ready, 64, IDLE_MAX_MS);
        if (ready_count == 0) {
            fprintf(stderr, "bench_load: no answer for %d s\n", IDLE_MAX_MS / 1000);
            exit(1);
        }
        for (int i = 0; i < ready_count; i++)
            take_answer(load, ready[i].data.ptr);
    }
    close(epoll_fd);
}

static int call(uint16_t port, const char *operation, const char *body)
{
    struct client client;
    struct load load = {.port = port, .operation = operation, .body = body};
    load.unsent = load.unanswered = 1;
    open_client(&client, port);
    run(&load, &client, 1);
    puts(complete_body(&client));
    close_client(&client);
    return load.errors == 0 ? 0 : 1;
}

static int measure(struct load *load, long pid, size_t connections)
{
    uint32_t requests = load->unsent;
    struct client *clients = calloc(connections, sizeof *clients);
    if (clients == NULL)
        return 1;
    for (size_t i = 0; i < connections; i++)
        open_client(&clients[i], load->port);
    uint64_t cpu_before_us = cpu_us_of(pid);
    uint64_t began_us = now_us();
    run(load, clients, connections);
    uint64_t took_us = now_us() - began_us;
    uint64_t cpu_us = cpu_us_of(pid) - cpu_before_us;
    printf("%.0f %.2f %" PRIu32 "\n", (double)requests * 1e6 / (double)took_us,
           (double)cpu_us / (double)requests, load->errors);
    for (size_t i = 0; i < connections; i++)
        close_client(&clients[i]);
    free(clients);
    return load->errors == 0 ? 0 : 1;
}

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const char *colon = argc > 1 ? strrchr(argv[1], ':') : NULL;
    uint16_t port = colon != NULL ? (uint16_t)strtoul(colon + 1, NULL, 10) : 0;
    if (port != 0 && argc == 5 && strcmp(argv[2], "call") == 0)
        return call(port, argv[3], argv[4]);
    const struct kind *kind = argc > 3 ? find_kind(argv[3]) : NULL;
    if (port == 0 || argc < 7 || argc > 8 || kind == NULL) {
        fputs("usage: bench_load ENDPOINT PID KIND REQUESTS CONNECTIONS KEYS [TABLE]\n"
              "       bench_load ENDPOINT call OPERATION BODY\n",
              stderr);
        return 2;
    }
    struct load load = {
        .port = port,
        .kind = kind,
        .operation = kind->operation,
        .table = argc == 8 ? argv[7] : "bench",
        .key_count = (uint32_t)strtoul(argv[6], NULL, 10),
    };
    load.unsent = load.unanswered = (uint32_t)strtoul(argv[4], NULL, 10);
    size_t connections = strtoul(argv[5], NULL, 10);
    if (load.unsent == 0 || connections == 0 || connections > CONNECTIONS_MAX ||
        load.key_count < BATCH_ITEMS || strlen(load.table) > 200) {
        fputs("bench_load: counts must be 1 or more (keys 25), connections at most 1024\n", stderr);
        return 2;
    }
    return measure(&load, strtol(argv[2], NULL, 10), connections);
}
