/* A turn: wait, call whoever's descriptor is ready, run due events, go on with an advance of the
 * virtual clock, then the hooks of the turn's end. Watches that were given up in a turn are freed
 * at its end, since events for them may still stand in the list that epoll gave. */
#include "sim/core/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define READY_MAX        256  /* descriptors served in one turn */
#define EVENTS_MAX       1000 /* scheduled events in one turn: sockets are served between */
#define WAIT_MAX_US      (UINT64_C(60) * SIM_US_PER_S) /* look again at least so often */
#define FUNCTION_ROOM    8
#define SIGNAL_DRAIN_MAX 16

struct sim_watch {
    int fd;
    bool is_dead;
    sim_watch_fn *run;
    void *context;
    struct sim_watch *previous;
    struct sim_watch *next;
};

struct turn_end { /* run is NULL once forgotten */
    sim_turn_fn *run;
    void *context;
};

struct wait_limit {
    sim_wait_limit_fn *limit;
    void *context;
};

struct sim_loop {
    struct sim_clock *clock;
    struct sim_sched *sched;
    struct sim_advance *advance;
    int epoll_fd;
    struct sim_watch *watches; /* alive */
    struct sim_watch *dead;    /* freed at the end of the turn */
    struct turn_end *turn_ends;
    size_t turn_end_count;
    size_t turn_end_room;
    struct wait_limit *limits;
    size_t limit_count;
    size_t limit_room;
    bool is_in_turn;
    bool is_stopping;
    bool lacks_fine_wait; /* the kernel has no epoll_pwait2 */
    int signal_fd;        /* -1: signals are not ours */
    struct sim_watch *signal_watch;
    sigset_t mask_before;
};

static enum sim_result fail(const char *doing, struct sim_error *error)
{
    return sim_error_set(error, RESULT_IO, "loop: %s: %s", doing, strerror(errno));
}

enum sim_result sim_loop_create(struct sim_clock *clock, struct sim_sched *sched,
                                struct sim_advance *advance, struct sim_loop **loop,
                                struct sim_error *error)
{
    PRE(clock != NULL && sched != NULL && advance != NULL && loop != NULL);
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0)
        return fail("epoll_create1", error);
    struct sim_loop *fresh = sim_alloc(sizeof *fresh);
    fresh->clock = clock;
    fresh->sched = sched;
    fresh->advance = advance;
    sim_advance_set_batch(advance, EVENTS_MAX);
    fresh->epoll_fd = epoll_fd;
    fresh->signal_fd = -1;
    *loop = fresh;
    return RESULT_OK;
}

static void free_watches(struct sim_watch *watch)
{
    while (watch != NULL) {
        struct sim_watch *next = watch->next;
        free(watch);
        watch = next;
    }
}

/* A signal that arrived while we were ending must not kill us once it is unblocked. */
static void give_signals_back(struct sim_loop *loop)
{
    struct signalfd_siginfo info;
    for (int i = 0; i < SIGNAL_DRAIN_MAX; i++)
        if (read(loop->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
            break;
    close(loop->signal_fd);
    sigprocmask(SIG_SETMASK, &loop->mask_before, NULL);
}

void sim_loop_destroy(struct sim_loop *loop)
{
    if (loop == NULL)
        return;
    PRE(!loop->is_in_turn);
    if (loop->signal_fd >= 0)
        give_signals_back(loop);
    free_watches(loop->watches);
    free_watches(loop->dead);
    close(loop->epoll_fd);
    free(loop->turn_ends);
    free(loop->limits);
    free(loop);
}

/* --- watches --------------------------------------------------------------------------------- */

static uint32_t epoll_events(unsigned events)
{
    PRE((events & ~(SIM_LOOP_READ | SIM_LOOP_WRITE)) == 0);
    uint32_t wanted = 0;
    if (events & SIM_LOOP_READ)
        wanted |= EPOLLIN;
    if (events & SIM_LOOP_WRITE)
        wanted |= EPOLLOUT;
    return wanted;
}

enum sim_result sim_loop_watch(struct sim_loop *loop, int fd, unsigned events, sim_watch_fn *run,
                               void *context, struct sim_watch **watch, struct sim_error *error)
{
    PRE(run != NULL && watch != NULL);
    struct sim_watch *fresh = sim_alloc(sizeof *fresh);
    struct epoll_event wanted = {.events = epoll_events(events), .data.ptr = fresh};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &wanted) != 0) {
        free(fresh);
        return fail("epoll_ctl", error);
    }
    fresh->fd = fd;
    fresh->run = run;
    fresh->context = context;
    fresh->next = loop->watches;
    if (fresh->next != NULL)
        fresh->next->previous = fresh;
    loop->watches = fresh;
    *watch = fresh;
    return RESULT_OK;
}

void sim_loop_rewatch(struct sim_loop *loop, struct sim_watch *watch, unsigned events)
{
    PRE(!watch->is_dead);
    struct epoll_event wanted = {.events = epoll_events(events), .data.ptr = watch};
    int changed = epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &wanted);
    CHECK(changed == 0); /* fails only for a descriptor that was closed under the watch */
}

void sim_loop_unwatch(struct sim_loop *loop, struct sim_watch *watch)
{
    if (watch == NULL)
        return;
    PRE(!watch->is_dead);
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    if (watch->previous != NULL)
        watch->previous->next = watch->next;
    else
        loop->watches = watch->next;
    if (watch->next != NULL)
        watch->next->previous = watch->previous;
    watch->is_dead = true;
    watch->next = loop->dead;
    loop->dead = watch;
}

static void bury_dead(struct sim_loop *loop)
{
    struct sim_watch *dead = loop->dead;
    loop->dead = NULL;
    free_watches(dead);
}

/* --- hooks ----------------------------------------------------------------------------------- */

void sim_loop_at_turn_end(struct sim_loop *loop, sim_turn_fn *run, void *context)
{
    PRE(run != NULL);
    if (loop->turn_end_count == loop->turn_end_room) {
        loop->turn_end_room += FUNCTION_ROOM;
        loop->turn_ends =
            sim_realloc_array(loop->turn_ends, loop->turn_end_room, sizeof *loop->turn_ends);
    }
    loop->turn_ends[loop->turn_end_count++] = (struct turn_end){run, context};
}

void sim_loop_limit_wait(struct sim_loop *loop, sim_wait_limit_fn *limit, void *context)
{
    PRE(limit != NULL);
    if (loop->limit_count == loop->limit_room) {
        loop->limit_room += FUNCTION_ROOM;
        loop->limits = sim_realloc_array(loop->limits, loop->limit_room, sizeof *loop->limits);
    }
    loop->limits[loop->limit_count++] = (struct wait_limit){limit, context};
}

/* Only marks: the lists may be walked right now. */
void sim_loop_forget(struct sim_loop *loop, const void *context)
{
    for (size_t i = 0; i < loop->turn_end_count; i++)
        if (loop->turn_ends[i].context == context)
            loop->turn_ends[i].run = NULL;
    for (size_t i = 0; i < loop->limit_count; i++)
        if (loop->limits[i].context == context)
            loop->limits[i].limit = NULL;
}

static void drop_forgotten(struct sim_loop *loop)
{
    size_t kept = 0;
    for (size_t i = 0; i < loop->turn_end_count; i++)
        if (loop->turn_ends[i].run != NULL)
            loop->turn_ends[kept++] = loop->turn_ends[i];
    loop->turn_end_count = kept;
    kept = 0;
    for (size_t i = 0; i < loop->limit_count; i++)
        if (loop->limits[i].limit != NULL)
            loop->limits[kept++] = loop->limits[i];
    loop->limit_count = kept;
}

static void run_turn_ends(struct sim_loop *loop)
{
    for (size_t i = 0; i < loop->turn_end_count; i++)
        if (loop->turn_ends[i].run != NULL)
            loop->turn_ends[i].run(loop->turn_ends[i].context);
}

/* --- waiting --------------------------------------------------------------------------------- */

static uint64_t wait_of_limits(const struct sim_loop *loop)
{
    uint64_t wait_us = UINT64_MAX;
    for (size_t i = 0; i < loop->limit_count; i++) {
        if (loop->limits[i].limit == NULL)
            continue;
        uint64_t limit_us = loop->limits[i].limit(loop->limits[i].context);
        if (limit_us < wait_us)
            wait_us = limit_us;
    }
    return wait_us;
}

/* How long until simulated time has something to do. */
static uint64_t wait_of_events(const struct sim_loop *loop)
{
    uint64_t at_us = 0;
    bool has_event = sim_sched_next_at(loop->sched, &at_us);
    if (sim_clock_mode(loop->clock) == SIM_CLOCK_VIRTUAL) {
        bool can_advance =
            sim_advance_is_running(loop->advance) && sim_hold_count(loop->advance) == 0;
        bool is_due = has_event && at_us <= sim_clock_now_us(loop->clock);
        return can_advance || is_due ? 0 : UINT64_MAX;
    }
    if (!has_event)
        return UINT64_MAX;
    return sim_clock_wall_wait_us(loop->clock, at_us);
}

static int wait_coarsely(int epoll_fd, struct epoll_event *ready, uint64_t wait_us)
{
    uint64_t wait_ms = (wait_us + SIM_US_PER_MS - 1) / SIM_US_PER_MS; /* never too early: no spin */
    return epoll_wait(epoll_fd, ready, READY_MAX, (int)wait_ms);
}

static int wait_ready(struct sim_loop *loop, struct epoll_event *ready, uint64_t wait_us)
{
    if (wait_us > WAIT_MAX_US)
        wait_us = WAIT_MAX_US;
    if (wait_us == 0 || loop->lacks_fine_wait)
        return wait_coarsely(loop->epoll_fd, ready, wait_us);
    struct timespec wait = {
        .tv_sec = (time_t)(wait_us / SIM_US_PER_S),
        .tv_nsec = (long)(wait_us % SIM_US_PER_S) * 1000,
    };
    int count = epoll_pwait2(loop->epoll_fd, ready, READY_MAX, &wait, NULL);
    if (count < 0 && (errno == ENOSYS || errno == EPERM)) {
        loop->lacks_fine_wait = true; /* an old kernel, or a sandbox that does not know the call */
        return wait_coarsely(loop->epoll_fd, ready, wait_us);
    }
    return count;
}

/* --- turns ----------------------------------------------------------------------------------- */

static void serve_ready(const struct epoll_event *ready, int count)
{
    for (int i = 0; i < count; i++) {
        struct sim_watch *watch = ready[i].data.ptr;
        if (watch->is_dead) /* given up by a call before it in this turn */
            continue;
        unsigned events = 0;
        if (ready[i].events & EPOLLIN)
            events |= SIM_LOOP_READ;
        if (ready[i].events & EPOLLOUT)
            events |= SIM_LOOP_WRITE;
        if (ready[i].events & (EPOLLERR | EPOLLHUP))
            events = SIM_LOOP_READ | SIM_LOOP_WRITE;
        watch->run(watch->context, watch->fd, events);
    }
}

/* True if any event ran. What is due runs on a virtual clock as well: only time stands still there.
 */
static bool run_simulated_time(struct sim_loop *loop)
{
    uint64_t ran_before = sim_sched_ran_count(loop->sched);
    (void)sim_sched_run_due(loop->sched, EVENTS_MAX);
    bool was_running = sim_advance_is_running(loop->advance);
    (void)sim_advance_continue(loop->advance, EVENTS_MAX);
    return was_running || sim_sched_ran_count(loop->sched) != ran_before;
}

enum sim_result sim_loop_turn(struct sim_loop *loop, uint64_t max_wait_us, struct sim_error *error)
{
    PRE(!loop->is_in_turn);
    loop->is_in_turn = true;
    uint64_t limit_us = wait_of_limits(loop);
    uint64_t wait_us = wait_of_events(loop);
    bool is_limited = limit_us <= wait_us && limit_us <= max_wait_us;
    if (is_limited)
        wait_us = limit_us;
    if (wait_us > max_wait_us)
        wait_us = max_wait_us;

    enum sim_result result = RESULT_OK;
    struct epoll_event ready[READY_MAX];
    int count = wait_ready(loop, ready, wait_us);
    if (count < 0 && errno != EINTR)
        result = fail("epoll_wait", error);
    serve_ready(ready, count);
    bool did_something = run_simulated_time(loop) || count > 0 || is_limited;
    if (did_something)
        run_turn_ends(loop);
    bury_dead(loop);
    drop_forgotten(loop);
    loop->is_in_turn = false;
    return result;
}

enum sim_result sim_loop_run(struct sim_loop *loop, struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    while (!loop->is_stopping && result == RESULT_OK)
        result = sim_loop_turn(loop, UINT64_MAX, error);
    loop->is_stopping = false;
    return result;
}

void sim_loop_stop(struct sim_loop *loop)
{
    loop->is_stopping = true;
}

/* --- signals --------------------------------------------------------------------------------- */

static void take_signal(void *context, int fd, unsigned events)
{
    (void)events;
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) == (ssize_t)sizeof info)
        sim_loop_stop(context);
}

enum sim_result sim_loop_stop_on_signals(struct sim_loop *loop, struct sim_error *error)
{
    PRE(loop->signal_fd < 0);
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &wanted, &loop->mask_before) != 0)
        return fail("sigprocmask", error);
    loop->signal_fd = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
    enum sim_result result = loop->signal_fd >= 0 ? RESULT_OK : fail("signalfd", error);
    if (result == RESULT_OK)
        result = sim_loop_watch(loop, loop->signal_fd, SIM_LOOP_READ, take_signal, loop,
                                &loop->signal_watch, error);
    if (result != RESULT_OK) {
        if (loop->signal_fd >= 0)
            close(loop->signal_fd);
        loop->signal_fd = -1;
        sigprocmask(SIG_SETMASK, &loop->mask_before, NULL);
    }
    return result;
}
