/* sched.h -- what happens when: the event queue.
 *
 * Purpose  A heap keyed by (time, sequence): equal times fire in the order in which they were
 *          scheduled. In virtual mode running an event moves the clock to its time.
 * Owner    The scheduler borrows context until the event ran or was cancelled; nobody frees it
 * here. Units    times in µs of the simulated clock. */
#ifndef SIM_CORE_SCHED_H
#define SIM_CORE_SCHED_H

#include "sim/core/clock.h"

struct sim_sched;

typedef void sim_sched_fn(void *context);

MUST_USE struct sim_sched *sim_sched_create(struct sim_clock *clock);
void sim_sched_destroy(struct sim_sched *sched); /* pending events are dropped, not run */
void sim_sched_clear(struct sim_sched *sched);   /* drops all pending events: for reset */

/* Schedules run(context); a time in the past means now. The id is never 0 and never used again. */
uint64_t sim_sched_at(struct sim_sched *sched, uint64_t at_us, sim_sched_fn *run, void *context);
uint64_t sim_sched_after(struct sim_sched *sched, uint64_t delay_us, sim_sched_fn *run,
                         void *context);
/* The same for housekeeping that repeats for ever (probes, sweeps): such events do not count as
 * work when somebody advances the clock "to idle". */
uint64_t sim_sched_at_background(struct sim_sched *sched, uint64_t at_us, sim_sched_fn *run,
                                 void *context);
/* False if the event has run already, was cancelled, or id is 0. */
bool sim_sched_cancel(struct sim_sched *sched, uint64_t id);

uint64_t sim_sched_now_us(const struct sim_sched *sched); /* its clock's time */
size_t sim_sched_pending_count(const struct sim_sched *sched);
size_t sim_sched_foreground_count(const struct sim_sched *sched);
bool sim_sched_next_at(const struct sim_sched *sched, uint64_t *at_us); /* false: nothing pending */
uint64_t sim_sched_ran_count(const struct sim_sched *sched); /* events run since create or clear */

/* Runs the earliest event if it is due no later than limit_us (virtual: moves the clock to it).
 * False if there was none. */
bool sim_sched_step(struct sim_sched *sched, uint64_t limit_us);
/* Runs what is due by the clock now; at most max_events. Returns how many ran. */
size_t sim_sched_run_due(struct sim_sched *sched, size_t max_events);

bool sim_sched_is_consistent(const struct sim_sched *sched);

#endif
