/* loop.h -- the one epoll loop: sockets, the event queue, and what ends a turn.
 *
 * Purpose  Waits for file descriptors and for the next event by the clock, runs both in one thread.
 *          On a virtual clock what is due now runs, and later events only while an advance is under
 * way. Owner    A watch is owned by the loop and borrows its context until sim_loop_unwatch().
 * Errors   IO. */
#ifndef SIM_CORE_LOOP_H
#define SIM_CORE_LOOP_H

#include "sim/core/advance.h"

struct sim_loop;
struct sim_watch;

#define SIM_LOOP_READ  1u
#define SIM_LOOP_WRITE 2u

/* events: what is ready; errors and hang-ups are reported as READ|WRITE. */
typedef void sim_watch_fn(void *context, int fd, unsigned events);
typedef void sim_turn_fn(void *context);

MUST_USE enum sim_result sim_loop_create(struct sim_clock *clock, struct sim_sched *sched,
                                         struct sim_advance *advance, struct sim_loop **loop,
                                         struct sim_error *error);
void sim_loop_destroy(struct sim_loop *loop);

MUST_USE enum sim_result sim_loop_watch(struct sim_loop *loop, int fd, unsigned events,
                                        sim_watch_fn *run, void *context, struct sim_watch **watch,
                                        struct sim_error *error);
void sim_loop_rewatch(struct sim_loop *loop, struct sim_watch *watch, unsigned events);
/* Allowed from any call, its own too: it is not called again, not even in this turn. Unwatch first,
 * then close the descriptor. */
void sim_loop_unwatch(struct sim_loop *loop, struct sim_watch *watch);

/* run(context) at the end of each turn that did something, in the order added: commit first, then
 * the answers go out. A wait that ended by a limit (below) counts as something. */
void sim_loop_at_turn_end(struct sim_loop *loop, sim_turn_fn *run, void *context);
/* A module with a time-out of its own (libmicrohttpd, libcurl): called before each wait, returns
 * the longest wait in µs it can bear, UINT64_MAX for any. */
typedef uint64_t sim_wait_limit_fn(void *context);
void sim_loop_limit_wait(struct sim_loop *loop, sim_wait_limit_fn *limit, void *context);
/* Drops what was added with this context by the two calls above; allowed at any time. */
void sim_loop_forget(struct sim_loop *loop, const void *context);

MUST_USE enum sim_result sim_loop_run(struct sim_loop *loop,
                                      struct sim_error *error); /* until stop */
void sim_loop_stop(struct sim_loop *loop);
/* One turn; waits at most max_wait_us. */
MUST_USE enum sim_result sim_loop_turn(struct sim_loop *loop, uint64_t max_wait_us,
                                       struct sim_error *error);
/* SIGINT and SIGTERM (by signalfd) end sim_loop_run(); SIGPIPE is ignored. */
MUST_USE enum sim_result sim_loop_stop_on_signals(struct sim_loop *loop, struct sim_error *error);

#endif
