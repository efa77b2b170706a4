/* The floor that regionlab's DynamoDB is held against: the same libmicrohttpd mode (its epoll
 * descriptor under our own epoll_wait, MHD_run, our own accept), cJSON parses the body, and SQLite
 * does what the service cannot do without: for PutItem read the old image, upsert, append to the
 * change log, in a savepoint of one held transaction that is committed every 1000 requests; for
 * GetItem one read. No protocol, no validation, no expressions, no Regions.
 *
 *   bench_floor_http READY_FILE      writes "endpoint=http://127.0.0.1:PORT", ends by SIGTERM */
#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_MAX_BYTES  65536
#define COMMIT_REQUESTS 1000
#define KEY_MAX_BYTES   256
#define ACCEPTS_MAX     64

enum sql { BEGIN, SAVEPOINT, RELEASE, COMMIT, READ, UPSERT, LOG, SQL_COUNT };

static const char *const sql_texts[SQL_COUNT] = {
    [BEGIN] = "BEGIN",
    [SAVEPOINT] = "SAVEPOINT request",
    [RELEASE] = "RELEASE request",
    [COMMIT] = "COMMIT",
    [READ] = "SELECT item FROM items WHERE key=?1",
    [UPSERT] = "INSERT INTO items VALUES(?1,?2) ON CONFLICT(key) DO UPDATE SET item=excluded.item",
    [LOG] = "INSERT INTO log(key,old,new,at_us) VALUES(?1,?2,?3,?4)",
};

struct floor {
    struct MHD_Daemon *daemon;
    sqlite3 *database;
    sqlite3_stmt *statements[SQL_COUNT];
    unsigned requests_since_commit;
    int64_t request_count;
    int listen_fd;
    uint16_t port;
};

struct body {
    size_t bytes;
    char data[BODY_MAX_BYTES + 1];
};

/* --- storage --------------------------------------------------------------------------------- */

static bool open_database(struct floor *base)
{
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (sqlite3_open(":memory:", &base->database) != SQLITE_OK)
        return false;
    const char *set_up = "PRAGMA journal_mode=MEMORY;PRAGMA synchronous=OFF;"
                         "PRAGMA secure_delete=OFF;"
                         "CREATE TABLE items(key BLOB PRIMARY KEY, item BLOB) WITHOUT ROWID;"
                         "CREATE TABLE log(id INTEGER PRIMARY KEY, key BLOB, old BLOB, new BLOB,"
                         " at_us INTEGER)";
    if (sqlite3_exec(base->database, set_up, NULL, NULL, NULL) != SQLITE_OK)
        return false;
    for (size_t i = 0; i < SQL_COUNT; i++)
        if (sqlite3_prepare_v3(base->database, sql_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &base->statements[i], NULL) != SQLITE_OK)
            return false;
    return true;
}

static bool run(struct floor *base, enum sql sql)
{
    int code = sqlite3_step(base->statements[sql]);
    sqlite3_reset(base->statements[sql]);
    return code == SQLITE_DONE;
}

/* The item stays borrowed until the statement is reset. */
static bool read_item(struct floor *base, const char *key, size_t key_bytes, const void **item,
                      int *item_bytes)
{
    sqlite3_stmt *read = base->statements[READ];
    sqlite3_bind_blob(read, 1, key, (int)key_bytes, SQLITE_STATIC);
    if (sqlite3_step(read) != SQLITE_ROW)
        return false;
    *item = sqlite3_column_blob(read, 0);
    *item_bytes = sqlite3_column_bytes(read, 0);
    return true;
}

static bool put_item(struct floor *base, const char *key, size_t key_bytes, const char *item,
                     size_t item_bytes)
{
    const void *old = NULL;
    int old_bytes = 0;
    bool ok = base->requests_since_commit > 0 || run(base, BEGIN);
    ok = ok && run(base, SAVEPOINT);
    (void)read_item(base, key, key_bytes, &old, &old_bytes);
    sqlite3_stmt *log = base->statements[LOG];
    sqlite3_bind_blob(log, 1, key, (int)key_bytes, SQLITE_STATIC);
    sqlite3_bind_blob(log, 2, old, old_bytes, SQLITE_TRANSIENT);
    sqlite3_bind_blob(log, 3, item, (int)item_bytes, SQLITE_STATIC);
    sqlite3_bind_int64(log, 4, base->request_count++);
    sqlite3_reset(base->statements[READ]);
    sqlite3_stmt *upsert = base->statements[UPSERT];
    sqlite3_bind_blob(upsert, 1, key, (int)key_bytes, SQLITE_STATIC);
    sqlite3_bind_blob(upsert, 2, item, (int)item_bytes, SQLITE_STATIC);
    ok = ok && run(base, UPSERT) && run(base, LOG) && run(base, RELEASE);
    if (++base->requests_since_commit == COMMIT_REQUESTS) {
        ok = ok && run(base, COMMIT);
        base->requests_since_commit = 0;
    }
    return ok;
}

/* --- requests -------------------------------------------------------------------------------- */

static size_t make_key(const cJSON *attributes, char key[KEY_MAX_BYTES])
{
    const char *const names[] = {"pk", "sk"};
    size_t used = 0;
    for (size_t i = 0; i < 2; i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(attributes, names[i]);
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(value, "S"));
        size_t bytes = text != NULL ? strlen(text) + 1 : 0;
        if (bytes == 0 || used + bytes > KEY_MAX_BYTES)
            return 0;
        memcpy(key + used, text, bytes);
        used += bytes;
    }
    return used;
}

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

static enum MHD_Result answer_put(struct floor *base, struct MHD_Connection *connection,
                                  const cJSON *input, const struct body *body)
{
    char key[KEY_MAX_BYTES];
    size_t key_bytes = make_key(cJSON_GetObjectItemCaseSensitive(input, "Item"), key);
    const char *item = strstr(body->data, "\"Item\":");
    if (key_bytes == 0 || item == NULL)
        return answer(connection, 400, "{}", 2);
    item += strlen("\"Item\":"); /* the item is the last member: up to the closing brace */
    size_t item_bytes = body->bytes - (size_t)(item - body->data) - 1;
    bool ok = put_item(base, key, key_bytes, item, item_bytes);
    return answer(connection, ok ? 200 : 500, "{}", 2);
}

static enum MHD_Result answer_get(struct floor *base, struct MHD_Connection *connection,
                                  const cJSON *input)
{
    char key[KEY_MAX_BYTES];
    char text[BODY_MAX_BYTES];
    const void *item = NULL;
    int item_bytes = 0;
    size_t key_bytes = make_key(cJSON_GetObjectItemCaseSensitive(input, "Key"), key);
    if (key_bytes == 0)
        return answer(connection, 400, "{}", 2);
    bool found = read_item(base, key, key_bytes, &item, &item_bytes);
    int text_bytes =
        found ? snprintf(text, sizeof text, "{\"Item\":%.*s}", item_bytes, (const char *)item)
              : snprintf(text, sizeof text, "{}");
    sqlite3_reset(base->statements[READ]);
    return answer(connection, 200, text, (size_t)text_bytes);
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
    const char *target = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Amz-Target");
    cJSON *input = cJSON_ParseWithLength(body->data, body->bytes);
    enum MHD_Result result = MHD_NO;
    if (input == NULL || target == NULL)
        result = answer(connection, 400, "{}", 2);
    else if (strstr(target, ".PutItem") != NULL)
        result = answer_put(context, connection, input, body);
    else
        result = answer_get(context, connection, input);
    cJSON_Delete(input);
    return result;
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
    base.daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, &base, MHD_OPTION_NOTIFY_COMPLETED,
                                   completed, NULL, MHD_OPTION_END);
    if (base.daemon == NULL || !open_database(&base) || !open_listener(&base)) {
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
    for (size_t i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(base.statements[i]);
    sqlite3_close(base.database);
    close(base.listen_fd);
    return 0;
}
