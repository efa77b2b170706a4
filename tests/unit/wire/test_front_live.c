/* test_front_live.c -- the front behind a real socket: the headers around an answer, no answer at
 * all, answers that come later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "emulators/wire/http_date.h"
#include "fixture_front.h"

#define TURNS_MAX 400
#define TURN_US   5000

struct live_world {
    struct front_world *world;
    struct wire_front *front;
    struct sim_loop *loop;
    struct sim_http *http;
    struct sim_http_listener *listener;
    char answer[8192];
    size_t answer_bytes;
};

static void handle(void *context, struct sim_http_request *request)
{
    static const struct wire_listener common = {0};
    struct live_world *live = context;
    wire_front_handle(live->front, &common, request);
}

static int make_world(void **state)
{
    struct live_world *live = sim_alloc(sizeof(*live));
    struct sim_error error;
    live->world = front_world_create();
    front_world_set_output(live->world, "{}");
    struct sim_core *core = front_world_core(live->world);
    if (sim_loop_create(core->clock, core->sched, core->advance, &live->loop, &error) !=
            RESULT_OK ||
        sim_http_create(live->loop, &live->http, &error) != RESULT_OK ||
        sim_http_listen(live->http, "127.0.0.1", 0, handle, live, &live->listener, &error) !=
            RESULT_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    live->front = wire_front_create(front_world_dispatcher(live->world));
    *state = live;
    return 0;
}

static int drop_world(void **state)
{
    struct live_world *live = *state;
    wire_dispatcher_abandon(front_world_dispatcher(live->world));
    wire_front_destroy(live->front);
    sim_http_destroy(live->http);
    sim_loop_destroy(live->loop);
    front_world_destroy(live->world);
    free(live);
    return 0;
}

static bool is_complete(const struct live_world *live)
{
    const char *blank = strstr(live->answer, "\r\n\r\n");
    const char *length = strstr(live->answer, "Content-Length: ");
    if (blank == NULL || length == NULL)
        return false;
    const size_t body_bytes = strtoul(length + 16, NULL, 10);
    return live->answer_bytes >= (size_t)(blank + 4 - live->answer) + body_bytes;
}

/* Sends text and turns the loop until the answer is there, the connection ends, or turns run out.
 * True: answered. */
static bool exchange(struct live_world *live, const char *text)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(sim_http_listener_port(live->listener))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
    live->answer_bytes = 0;
    live->answer[0] = '\0';
    for (int turn = 0; turn < TURNS_MAX && !is_complete(live); turn++) {
        struct sim_error error;
        assert_int_equal(sim_loop_turn(live->loop, TURN_US, &error), RESULT_OK);
        const size_t room = sizeof(live->answer) - 1 - live->answer_bytes;
        const ssize_t got = recv(fd, live->answer + live->answer_bytes, room, MSG_DONTWAIT);
        if (got == 0)
            break;
        if (got > 0)
            live->answer_bytes += (size_t)got;
        live->answer[live->answer_bytes] = '\0';
    }
    close(fd);
    return is_complete(live);
}

#define PUT                                                                                        \
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\n"           \
    "X-Amz-Target: DynamoDB_20120810.GetItem\r\n"
#define AUTH                                                                                       \
    "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/dynamodb/aws4_request, "   \
    "SignedHeaders=host, Signature=00\r\nX-Amz-Date: 20260101T000000Z\r\n"
#define BODY   "{\"TableName\":\"orders\",\"Key\":{\"k\":{\"S\":\"1\"}}}"
#define LENGTH "Content-Length: 44\r\n\r\n"
_Static_assert(sizeof(BODY) == 45, "LENGTH tells the body's");

static void assert_says(const struct live_world *live, const char *text)
{
    if (strstr(live->answer, text) == NULL)
        fail_msg("'%s' is not in: %s", text, live->answer);
}

static void test_an_answer_carries_the_services_headers(void **state)
{
    struct live_world *live = *state;
    assert_true(exchange(live, PUT AUTH LENGTH BODY));
    assert_says(live, "HTTP/1.1 200 ");
    assert_says(live, "Content-Type: application/x-amz-json-1.0\r\n");
    assert_says(live, "x-amz-crc32: 2745614147\r\n"); /* of "{}" */
    assert_says(live, "Server: Server\r\n");
    assert_says(live, "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n");
    assert_says(live, "\r\n\r\n{}");
    const char *id = strstr(live->answer, "x-amzn-RequestId: ");
    assert_non_null(id);
    assert_int_equal(strspn(id + 18, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 52);
    assert_null(strstr(live->answer, "Access-Control"));
}

static void test_one_date_header_only(void **state)
{
    struct live_world *live = *state;
    assert_true(exchange(live, PUT AUTH LENGTH BODY));
    const char *first = strstr(live->answer, "Date: ");
    assert_non_null(first);
    assert_null(strstr(first + 1, "\nDate: "));
}

static void test_foreign_content_is_answered_as_the_service_does(void **state)
{
    struct live_world *live = *state;
    assert_true(exchange(live, "DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    assert_says(live, "HTTP/1.1 404 ");
    assert_says(live, "x-amz-crc32: 3552371480\r\n");
    assert_says(live, "\r\n\r\n<UnknownOperationException/>\n");
    assert_says(live, "x-amzn-RequestId: ");
}

static void test_browsers_may_read_answers(void **state)
{
    struct live_world *live = *state;
    assert_true(exchange(live, PUT AUTH "Origin: http://localhost:3000\r\n" LENGTH BODY));
    assert_says(live, "Access-Control-Allow-Origin: *\r\n");
    assert_true(exchange(live, "OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a\r\n"
                               "Access-Control-Request-Headers: x-amz-target\r\n"
                               "Access-Control-Request-Method: POST\r\n\r\n"));
    assert_says(live, "HTTP/1.1 200 ");
    assert_says(live, "Access-Control-Allow-Origin: *\r\n");
    assert_says(live, "Access-Control-Allow-Headers: x-amz-target\r\n");
    assert_says(live, "Access-Control-Allow-Methods: POST\r\n");
    assert_says(live, "Access-Control-Max-Age: 172800\r\n");
}

static void add_fault(struct live_world *live, enum sim_fault_kind kind, uint64_t *id)
{
    const struct sim_fault_spec spec = {.kind = kind, .region = "us-east-1", .service = "dynamodb"};
    struct sim_error error;
    if (sim_faults_add(front_world_core(live->world)->faults, &spec, id, &error) != RESULT_OK)
        fail_msg("%s", error.message);
}

static void clear_fault(struct live_world *live, uint64_t id)
{
    struct sim_error error;
    assert_int_equal(sim_faults_remove(front_world_core(live->world)->faults, id, &error),
                     RESULT_OK);
}

static void test_faults_of_the_connection_end_it_without_an_answer(void **state)
{
    static const enum sim_fault_kind kinds[] = {SIM_FAULT_REFUSE, SIM_FAULT_RESET};
    struct live_world *live = *state;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        uint64_t id = 0;
        add_fault(live, kinds[i], &id);
        assert_false(exchange(live, PUT AUTH LENGTH BODY));
        assert_int_equal(live->answer_bytes, 0);
        clear_fault(live, id);
    }
    assert_true(exchange(live, PUT AUTH LENGTH BODY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_carries_the_services_headers),
        cmocka_unit_test(test_one_date_header_only),
        cmocka_unit_test(test_foreign_content_is_answered_as_the_service_does),
        cmocka_unit_test(test_browsers_may_read_answers),
        cmocka_unit_test(test_faults_of_the_connection_end_it_without_an_answer),
    };
    return cmocka_run_group_tests(tests, make_world, drop_world);
}
