/* advance.h -- moves a virtual clock, and the holds that keep it still.
 *
 * Purpose  While real code outside runs on behalf of the simulation (between receiving its event
 *          and its next request to us) a hold keeps virtual time still. Advancing is therefore a
 *          goal, not a loop: it goes on whenever no hold is taken, and says when it got there.
 * Owner    sim_advance_create() gives, sim_advance_destroy() takes back. One goal at a time. */
#ifndef SIM_CORE_ADVANCE_H
#define SIM_CORE_ADVANCE_H

#include "sim/core/error.h"
#include "sim/core/sched.h"

struct sim_advance;

enum sim_advance_goal {
    SIM_ADVANCE_TO_TIME, /* until at_us; the clock then shows at_us */
    SIM_ADVANCE_TO_IDLE, /* until no foreground event is pending, at the latest at_us */
};

typedef void sim_advance_done(void *context, uint64_t events_ran);

MUST_USE struct sim_advance *sim_advance_create(struct sim_clock *clock, struct sim_sched *sched);
void sim_advance_destroy(struct sim_advance *advance);

/* How many events a start runs at once; the rest is for sim_advance_continue(). Without a loop:
 * all. A loop sets its own number, so that years of simulated time do not keep its sockets waiting.
 */
void sim_advance_set_batch(struct sim_advance *advance, size_t max_events);

/* Sets a goal and runs towards it as far as holds allow; done is called once it is reached (perhaps
 * before this returns). INVALID when the clock is not virtual or at_us lies in the past or behind
 * SIM_CLOCK_MAX_US; CONFLICT when another goal is under way. */
MUST_USE enum sim_result sim_advance_start(struct sim_advance *advance, enum sim_advance_goal goal,
                                           uint64_t at_us, sim_advance_done *done, void *context,
                                           struct sim_error *error);
bool sim_advance_is_running(const struct sim_advance *advance);
/* Runs on towards the goal for at most max_events; the loop calls it each turn. True: more to do
 * now. */
bool sim_advance_continue(struct sim_advance *advance, size_t max_events);
void sim_advance_abandon(struct sim_advance *advance); /* for reset: done is called with what ran */

/* Keeps the virtual clock still until the same number of releases. reason is for the console; the
 * string must live as long as the hold. */
void sim_hold_take(struct sim_advance *advance, const char *reason);
void sim_hold_release(struct sim_advance *advance);
size_t sim_hold_count(const struct sim_advance *advance);
/* Of the latest hold; NULL while there is none. */
const char *sim_hold_reason(const struct sim_advance *advance);

#endif
