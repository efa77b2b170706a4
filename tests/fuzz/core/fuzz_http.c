/* Whatever bytes a client sends, the HTTP server stands, and can be ended at any point. The handler
 * answers at once, later, or never, by the first letter of the path.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/core/http.h"

#define TURNS_MAX 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct world {
    struct sim_clock *clock;
    struct sim_sched *sched;
    struct sim_advance *advance;
    struct sim_loop *loop;
    struct sim_http *http;
    struct sim_http_listener *listener;
    struct sim_http_request *later; /* the last that waits */
};

static void reply(struct sim_http_request *request)
{
    char *name = sim_query_find(request->arena, request->query, "name");
    size_t path_bytes = strlen(request->path);
    char *path = sim_url_decode(request->arena, request->path, path_bytes, false);
    const char *host = sim_http_header_find(request, "Host");
    const struct sim_http_header headers[] = {
        {"X-Name", name != NULL ? name : "none"},
        {"X-Path", path != NULL ? path : "bad"},
        {"X-Host", host != NULL ? host : "none"},
    };
    sim_http_reply(request, &(struct sim_http_reply){
                                .status = request->body_too_large ? 413 : 200,
                                .headers = headers,
                                .header_count = ARRAY_LEN(headers),
                                .body = request->body,
                                .body_bytes = request->body_bytes,
                            });
}

static void handle(void *context, struct sim_http_request *request)
{
    struct world *world = context;
    CHECK(request->body[request->body_bytes] == '\0');
    switch (request->path[0] != '\0' ? request->path[1] : '\0') {
    case 'd':
        sim_http_drop(request);
        break;
    case 'l':
        if (world->later != NULL)
            reply(world->later);
        world->later = request;
        break;
    case 'n': /* never */
        break;
    default:
        reply(request);
    }
}

static void start(struct world *world)
{
    world->clock = sim_clock_create(&(struct sim_clock_options){.mode = SIM_CLOCK_VIRTUAL});
    world->sched = sim_sched_create(world->clock);
    world->advance = sim_advance_create(world->clock, world->sched);
    enum sim_result result =
        sim_loop_create(world->clock, world->sched, world->advance, &world->loop, NULL);
    CHECK(result == RESULT_OK);
    result = sim_http_create(world->loop, &world->http, NULL);
    CHECK(result == RESULT_OK);
    result = sim_http_listen(world->http, "127.0.0.1", 0, handle, world, &world->listener, NULL);
    CHECK(result == RESULT_OK);
}

static void end(struct world *world)
{
    sim_http_destroy(world->http);
    sim_loop_destroy(world->loop);
    sim_advance_destroy(world->advance);
    sim_sched_destroy(world->sched);
    sim_clock_destroy(world->clock);
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(port)};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* Ends by a reset: hundreds of thousands of connections must not fill the ports with TIME_WAIT.
     */
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    int connected = connect(fd, (struct sockaddr *)&place, sizeof place);
    CHECK(connected == 0);
    return fd;
}

/* The first byte says how the rest is cut into two sends. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 2)
        return 0;
    struct world world = {0};
    start(&world);
    int fd = connect_to(sim_http_listener_port(world.listener));
    size_t rest_bytes = bytes - 1;
    size_t first_bytes = rest_bytes * data[0] / 256;
    (void)send(fd, data + 1, first_bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    enum sim_result result = sim_loop_turn(world.loop, 0, NULL);
    CHECK(result == RESULT_OK);
    (void)send(fd, data + 1 + first_bytes, rest_bytes - first_bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        char answer[4096];
        result = sim_loop_turn(world.loop, 0, NULL);
        CHECK(result == RESULT_OK);
        (void)recv(fd, answer, sizeof answer, MSG_DONTWAIT);
    }
    close(fd);
    end(&world);
    return 0;
}
