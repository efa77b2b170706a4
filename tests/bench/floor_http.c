/* The floor that regionlab's DynamoDB is held against: the same libmicrohttpd mode (its epoll
 * descriptor under our own epoll_wait, MHD_run, our own accept), cJSON parses the body, and SQLite
 * (floor_http/store.c) does what the service cannot do without:
 *
 *   PutItem             reads the old image, upserts, appends to the change log, in a savepoint
 *   GetItem             reads
 *   UpdateItem          reads and parses the item, changes one attribute, prints it and writes it
 *   TransactWriteItems  does each of its actions, puts and updates, in one savepoint
 *   BatchWriteItem      puts each of its items in one savepoint
 *   Query, Scan         read a range, or the table from its start, and join what they find
 *
 * What is put into the table "replicated" is written to two more databases in the same way, each
 * with its change log, since streams exist in each Region.
 *
 * No protocol, no validation, no expressions, no Regions.
 *
 *   bench_floor_http READY_FILE      writes "endpoint=http://127.0.0.1:PORT", ends by SIGTERM */
#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/floor_http/store.h"

#define BODY_MAX_BYTES   65536
#define ANSWER_MAX_BYTES ((size_t)1024 * 1024)
#define FLOOR_COPIES     2
#define ACCEPTS_MAX      64

struct floor {
    struct MHD_Daemon *daemon;
    struct floor_store store;
    struct floor_store copies[FLOOR_COPIES]; /* of the table "replicated" in other Regions */
    char *answer;                            /* ANSWER_MAX_BYTES */
    int listen_fd;
    uint16_t port;
};

struct body {
    size_t bytes;
    char data[BODY_MAX_BYTES + 1];
};

/* --- answers --------------------------------------------------------------------------------- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const void *data,
                              size_t bytes)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(bytes, (void *)(uintptr_t)data, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, "Content-Type", "application/x-amz-json-1.0");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* Appends to the answer; what is longer than its room is left out. */
static size_t append(struct floor *base, size_t used, const char *data, size_t bytes)
{
    if (bytes > ANSWER_MAX_BYTES - used)
        return used;
    memcpy(base->answer + used, data, bytes);
    return used + bytes;
}

/* --- writes ---------------------------------------------------------------------------------- */

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool add_part(const cJSON *attributes, const char *name, struct floor_key *key)
{
    const char *text = cJSON_GetStringValue(member(member(attributes, name), "S"));
    size_t bytes = text != NULL ? strlen(text) + 1 : 0;
    if (bytes == 0 || key->length_bytes + bytes > FLOOR_KEY_MAX_BYTES)
        return false;
    memcpy(key->bytes + key->length_bytes, text, bytes);
    key->length_bytes += bytes;
    return true;
}

static bool make_key(const cJSON *attributes, struct floor_key *key)
{
    key->length_bytes = 0;
    return add_part(attributes, "pk", key) && add_part(attributes, "sk", key);
}

static bool put_text(struct floor *base, const struct floor_key *key, const char *text,
                     size_t bytes)
{
    struct floor_text old = floor_read(&base->store, key);
    return floor_write(&base->store, key, old, (struct floor_text){text, bytes});
}

static bool put_tree(struct floor *base, const cJSON *item)
{
    struct floor_key key;
    if (!make_key(item, &key))
        return false;
    char *text = cJSON_PrintUnformatted(item);
    bool ok = text != NULL && put_text(base, &key, text, strlen(text));
    cJSON_free(text);
    return ok;
}

static bool update(struct floor *base, const cJSON *input)
{
    struct floor_key key;
    if (!make_key(member(input, "Key"), &key))
        return false;
    struct floor_text old = floor_read(&base->store, &key);
    cJSON *item =
        cJSON_ParseWithLength(old.data != NULL ? old.data : "{}", old.data != NULL ? old.bytes : 2);
    const cJSON *wanted = member(member(input, "ExpressionAttributeValues"), ":to");
    if (wanted == NULL ||
        !cJSON_ReplaceItemInObjectCaseSensitive(item, "status", cJSON_Duplicate(wanted, true))) {
        cJSON_Delete(item);
        return false;
    }
    char *text = cJSON_PrintUnformatted(item);
    bool ok = text != NULL &&
              floor_write(&base->store, &key, old, (struct floor_text){text, strlen(text)});
    cJSON_free(text);
    cJSON_Delete(item);
    return ok;
}

static bool copy_text(struct floor_store *store, const struct floor_key *key, const char *text,
                      size_t bytes)
{
    bool ok = floor_request_begin(store);
    ok = ok && floor_write(store, key, floor_read(store, key), (struct floor_text){text, bytes});
    return floor_request_end(store) && ok;
}

/* The item is the last member: its text reaches up to the closing brace. */
static bool put_body(struct floor *base, const cJSON *input, const struct body *body)
{
    struct floor_key key;
    const char *item = strstr(body->data, "\"Item\":");
    if (item == NULL || !make_key(member(input, "Item"), &key))
        return false;
    item += strlen("\"Item\":");
    size_t bytes = body->bytes - (size_t)(item - body->data) - 1;
    const char *table = cJSON_GetStringValue(member(input, "TableName"));
    bool ok = put_text(base, &key, item, bytes);
    for (size_t i = 0; table != NULL && strcmp(table, "replicated") == 0 && i < FLOOR_COPIES; i++)
        ok = ok && copy_text(&base->copies[i], &key, item, bytes);
    return ok;
}

static bool put_batch(struct floor *base, const cJSON *input, const struct body *body)
{
    (void)body;
    bool ok = true;
    const cJSON *tables = member(input, "RequestItems");
    const cJSON *table = NULL;
    const cJSON *row = NULL;
    cJSON_ArrayForEach(table, tables) cJSON_ArrayForEach(row, table) ok =
        ok && put_tree(base, member(member(row, "PutRequest"), "Item"));
    return ok;
}

static bool transact(struct floor *base, const cJSON *input, const struct body *body)
{
    (void)body;
    bool ok = true;
    const cJSON *row = NULL;
    cJSON_ArrayForEach(row, member(input, "TransactItems"))
    {
        const cJSON *put = member(row, "Put");
        ok = ok && (put != NULL ? put_tree(base, member(put, "Item"))
                                : update(base, member(row, "Update")));
    }
    return ok;
}

static bool update_body(struct floor *base, const cJSON *input, const struct body *body)
{
    (void)body;
    return update(base, input);
}

static enum MHD_Result answer_write(struct floor *base, struct MHD_Connection *connection,
                                    const cJSON *input, const struct body *body,
                                    bool (*write)(struct floor *, const cJSON *,
                                                  const struct body *))
{
    bool ok = floor_request_begin(&base->store);
    ok = ok && write(base, input, body);
    floor_read_end(&base->store);
    ok = floor_request_end(&base->store) && ok;
    return answer(connection, ok ? 200 : 500, "{}", 2);
}

/* --- reads ----------------------------------------------------------------------------------- */

static enum MHD_Result answer_get(struct floor *base, struct MHD_Connection *connection,
                                  const cJSON *input)
{
    struct floor_key key;
    if (!make_key(member(input, "Key"), &key))
        return answer(connection, 400, "{}", 2);
    struct floor_text item = floor_read(&base->store, &key);
    size_t used = append(base, 0, "{", 1);
    if (item.data != NULL) {
        used = append(base, used, "\"Item\":", strlen("\"Item\":"));
        used = append(base, used, item.data, item.bytes);
    }
    used = append(base, used, "}", 1);
    floor_read_end(&base->store);
    return answer(connection, 200, base->answer, used);
}

static enum MHD_Result answer_range(struct floor *base, struct MHD_Connection *connection,
                                    const struct floor_key *prefix, int limit)
{
    struct floor_text item;
    size_t used = append(base, 0, "{\"Items\":[", strlen("{\"Items\":["));
    int count = 0;
    floor_range_begin(&base->store, prefix);
    while (count < limit && floor_range_next(&base->store, prefix, &item)) {
        if (count++ > 0)
            used = append(base, used, ",", 1);
        used = append(base, used, item.data, item.bytes);
    }
    floor_range_end(&base->store, prefix);
    char tail[64];
    int tail_bytes =
        snprintf(tail, sizeof tail, "],\"Count\":%d,\"ScannedCount\":%d}", count, count);
    used = append(base, used, tail, (size_t)tail_bytes);
    return answer(connection, 200, base->answer, used);
}

static enum MHD_Result answer_query(struct floor *base, struct MHD_Connection *connection,
                                    const cJSON *input)
{
    const cJSON *wanted = member(member(input, "ExpressionAttributeValues"), ":pk");
    const char *text = cJSON_GetStringValue(member(wanted, "S"));
    struct floor_key prefix = {0};
    if (text == NULL || strlen(text) >= FLOOR_KEY_MAX_BYTES)
        return answer(connection, 400, "{}", 2);
    prefix.length_bytes = strlen(text) + 1;
    memcpy(prefix.bytes, text, prefix.length_bytes);
    return answer_range(base, connection, &prefix, INT32_MAX);
}

static enum MHD_Result answer_scan(struct floor *base, struct MHD_Connection *connection,
                                   const cJSON *input)
{
    const cJSON *limit = member(input, "Limit");
    return answer_range(base, connection, NULL, cJSON_IsNumber(limit) ? limit->valueint : 1);
}

/* --- requests -------------------------------------------------------------------------------- */

static const struct operation {
    const char *name;
    bool (*write)(struct floor *base, const cJSON *input, const struct body *body);
    enum MHD_Result (*read)(struct floor *base, struct MHD_Connection *connection,
                            const cJSON *input);
} operations[] = {
    {"PutItem", put_body, NULL},
    {"GetItem", NULL, answer_get},
    {"UpdateItem", update_body, NULL},
    {"Query", NULL, answer_query},
    {"TransactWriteItems", transact, NULL},
    {"BatchWriteItem", put_batch, NULL},
    {"Scan", NULL, answer_scan},
};

static enum MHD_Result answer_body(struct floor *base, struct MHD_Connection *connection,
                                   const struct body *body)
{
    const char *target = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Amz-Target");
    const char *dot = target != NULL ? strchr(target, '.') : NULL;
    cJSON *input = cJSON_ParseWithLength(body->data, body->bytes);
    enum MHD_Result result = MHD_NO;
    for (size_t i = 0; dot != NULL && i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(operations[i].name, dot + 1) != 0)
            continue;
        result = operations[i].write != NULL
                     ? answer_write(base, connection, input, body, operations[i].write)
                     : operations[i].read(base, connection, input);
        break;
    }
    cJSON_Delete(input);
    return result;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *bytes, void **slot)
{
    (void)url;
    (void)method;
    (void)version;
    struct body *body = *slot;
    if (body == NULL) {
        body = malloc(sizeof *body);
        if (body == NULL)
            return MHD_NO;
        body->bytes = 0;
        *slot = body;
        return MHD_YES;
    }
    if (*bytes > 0) {
        if (*bytes > BODY_MAX_BYTES - body->bytes)
            return MHD_NO;
        memcpy(body->data + body->bytes, data, *bytes);
        body->bytes += *bytes;
        *bytes = 0;
        return MHD_YES;
    }
    body->data[body->bytes] = '\0';
    return answer_body(context, connection, body);
}

static void completed(void *context, struct MHD_Connection *connection, void **slot,
                      enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    free(*slot);
}

/* --- sockets --------------------------------------------------------------------------------- */

static bool open_listener(struct floor *base)
{
    struct sockaddr_in place = {.sin_family = AF_INET};
    socklen_t bytes = sizeof place;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    base->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(base->listen_fd, (struct sockaddr *)&place, sizeof place) != 0 ||
        listen(base->listen_fd, 1024) != 0 ||
        getsockname(base->listen_fd, (struct sockaddr *)&place, &bytes) != 0)
        return false;
    base->port = ntohs(place.sin_port);
    return true;
}

static void accept_clients(struct floor *base)
{
    for (int i = 0; i < ACCEPTS_MAX; i++) {
        struct sockaddr_in peer;
        socklen_t bytes = sizeof peer;
        int fd = accept4(base->listen_fd, (struct sockaddr *)&peer, &bytes,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        (void)MHD_add_connection(base->daemon, fd, (struct sockaddr *)&peer, bytes);
    }
}

static void serve(struct floor *base)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    int daemon_fd = MHD_get_daemon_info(base->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    const int fds[] = {base->listen_fd, signal_fd, daemon_fd};
    for (size_t i = 0; i < 3; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fds[i]};
        (void)epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fds[i], &event);
    }
    for (;;) {
        struct epoll_event ready[8];
        unsigned long long timeout_ms = 0;
        bool has_timeout = MHD_get_timeout(base->daemon, &timeout_ms) == MHD_YES;
        int count = epoll_wait(epoll_fd, ready, 8, has_timeout ? (int)timeout_ms : -1);
        for (int i = 0; i < count; i++) {
            if (ready[i].data.fd == signal_fd)
                goto end;
            if (ready[i].data.fd == base->listen_fd)
                accept_clients(base);
        }
        (void)MHD_run(base->daemon);
    }
end:
    close(epoll_fd);
    close(signal_fd);
}

int main(int argc, char **argv)
{
    struct floor base = {0};
    if (argc != 2) {
        fputs("usage: bench_floor_http READY_FILE\n", stderr);
        return 2;
    }
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
                     MHD_USE_SUPPRESS_DATE_NO_CLOCK;
    base.answer = malloc(ANSWER_MAX_BYTES);
    base.daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, &base, MHD_OPTION_NOTIFY_COMPLETED,
                                   completed, NULL, MHD_OPTION_END);
    if (base.daemon == NULL || base.answer == NULL || !floor_store_open(&base.store) ||
        !floor_store_open(&base.copies[0]) || !floor_store_open(&base.copies[1]) ||
        !open_listener(&base)) {
        fputs("bench_floor_http: cannot start\n", stderr);
        return 1;
    }
    FILE *ready = fopen(argv[1], "w");
    if (ready == NULL) {
        perror(argv[1]);
        return 1;
    }
    fprintf(ready, "endpoint=http://127.0.0.1:%u\n", base.port);
    fclose(ready);
    serve(&base);
    MHD_stop_daemon(base.daemon);
    floor_store_close(&base.store);
    for (size_t i = 0; i < FLOOR_COPIES; i++)
        floor_store_close(&base.copies[i]);
    free(base.answer);
    close(base.listen_fd);
    return 0;
}
