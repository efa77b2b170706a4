/* fixture_http.h -- a small HTTP server and raw clients in one thread: each wait of a client turns
 * the loop. Paths: /later waits for an answer, /drop gets none, /status/NNN answers that, /headers
 * and /place tell more, all others tell what the server saw. */
#ifndef TESTS_UNIT_CORE_FIXTURE_HTTP_H
#define TESTS_UNIT_CORE_FIXTURE_HTTP_H

#include "sim/core/http.h"

#define PATIENCE_US (5 * SIM_US_PER_S)
#define LATER_MAX   512

struct world {
    struct sim_clock *clock;
    struct sim_sched *sched;
    struct sim_advance *advance;
    struct sim_loop *loop;
    struct sim_http *http;
    struct sim_http_listener *listener;
    struct sim_http_request *later[LATER_MAX]; /* waiting for an answer */
    size_t later_count;
    unsigned handled;
    int peeked_fd; /* of the client whose answer we look out for, or 0 */
    bool commit_fails;
    bool was_answered_at_commit; /* its answer had left when the commit's hook ran */
};

/* On a virtual clock: what is real goes on while it stands still. */
int serve_set_up(void **state);
int serve_tear_down(void **state);
void serve_at(struct world *world, const char *address); /* becomes world->listener */
void serve_text(struct sim_http_request *request, int status, const char *text);
void serve_told(struct sim_http_request *request); /* answers with what the request says */
void serve_request(void *context, struct sim_http_request *request); /* the handler */
void serve_turn(struct world *world);
void serve_until_later(struct world *world, size_t count); /* so many requests wait */

enum ending { COMPLETE, CLOSED, RESET };

int client_connect_to(const char *address, uint16_t port); /* -1: refused, errno says why */
int client_connect(struct world *world);                   /* to world->listener */
void client_send_bytes(struct world *world, int fd, const char *data, size_t bytes);
void client_send(struct world *world, int fd, const char *text);
/* Reads one answer, or up to the end of the connection; one that does not come fails the test. */
enum ending client_receive(struct world *world, int fd, bool has_body, char *text, size_t room);
/* One request on a connection of its own. */
enum ending client_ask(struct world *world, const char *request, char *answer, size_t room);
void client_assert(struct world *world, const char *request, const char *expected);

#endif
