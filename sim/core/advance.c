#include "sim/core/advance.h"

#include <stdlib.h>

struct sim_advance {
    struct sim_clock *clock;
    struct sim_sched *sched;
    bool running; /* a goal is set */
    bool pumping; /* run_on() is on the stack: a goal set by done() is its next lap, not a nest */
    enum sim_advance_goal goal;
    uint64_t at_us;
    sim_advance_done *done;
    void *context;
    uint64_t events_ran; /* towards this goal */
    size_t batch_events; /* how many a start runs at once */
    size_t hold_count;
    const char *hold_reason;
};

struct sim_advance *sim_advance_create(struct sim_clock *clock, struct sim_sched *sched)
{
    PRE(clock != NULL);
    PRE(sched != NULL);
    struct sim_advance *advance = sim_alloc(sizeof *advance);
    advance->clock = clock;
    advance->sched = sched;
    advance->batch_events = SIZE_MAX;
    return advance;
}

void sim_advance_set_batch(struct sim_advance *advance, size_t max_events)
{
    PRE(max_events > 0);
    advance->batch_events = max_events;
}

void sim_advance_destroy(struct sim_advance *advance)
{
    free(advance);
}

static void finish(struct sim_advance *advance)
{
    advance->running = false;
    if (advance->done != NULL)
        advance->done(advance->context, advance->events_ran);
}

/* One event towards the goal; false once it is reached (or time became the machine's again). */
static bool step(struct sim_advance *advance)
{
    if (sim_clock_mode(advance->clock) != SIM_CLOCK_VIRTUAL)
        return false;
    if (advance->goal == SIM_ADVANCE_TO_IDLE && sim_sched_foreground_count(advance->sched) == 0)
        return false;
    if (sim_sched_step(advance->sched, advance->at_us)) {
        advance->events_ran++;
        return true;
    }
    if (sim_clock_now_us(advance->clock) < advance->at_us)
        sim_clock_move_to(advance->clock, advance->at_us);
    return false;
}

static void run_on(struct sim_advance *advance, size_t max_events)
{
    if (advance->pumping)
        return;
    advance->pumping = true;
    size_t ran = 0;
    while (advance->running && advance->hold_count == 0 && ran < max_events) {
        if (step(advance))
            ran++;
        else if (advance->running)
            finish(advance);
    }
    advance->pumping = false;
}

enum sim_result sim_advance_start(struct sim_advance *advance, enum sim_advance_goal goal,
                                  uint64_t at_us, sim_advance_done *done, void *context,
                                  struct sim_error *error)
{
    if (sim_clock_mode(advance->clock) != SIM_CLOCK_VIRTUAL)
        return sim_error_set(error, RESULT_INVALID,
                             "only a virtual clock can be advanced; this one runs by itself");
    if (at_us < sim_clock_now_us(advance->clock))
        return sim_error_set(error, RESULT_INVALID, "cannot advance into the past");
    if (at_us > SIM_CLOCK_MAX_US)
        return sim_error_set(error, RESULT_INVALID, "cannot advance beyond the year 9999");
    if (advance->running)
        return sim_error_set(error, RESULT_CONFLICT, "another advance is under way");
    advance->running = true;
    advance->goal = goal;
    advance->at_us = at_us;
    advance->done = done;
    advance->context = context;
    advance->events_ran = 0;
    run_on(advance, advance->batch_events);
    return RESULT_OK;
}

bool sim_advance_is_running(const struct sim_advance *advance)
{
    return advance->running;
}

bool sim_advance_continue(struct sim_advance *advance, size_t max_events)
{
    run_on(advance, max_events);
    return advance->running && advance->hold_count == 0;
}

void sim_advance_abandon(struct sim_advance *advance)
{
    if (advance->running)
        finish(advance);
}

void sim_hold_take(struct sim_advance *advance, const char *reason)
{
    advance->hold_count++;
    advance->hold_reason = reason;
}

void sim_hold_release(struct sim_advance *advance)
{
    PRE(advance->hold_count > 0);
    advance->hold_count--;
}

size_t sim_hold_count(const struct sim_advance *advance)
{
    return advance->hold_count;
}

const char *sim_hold_reason(const struct sim_advance *advance)
{
    return advance->hold_count > 0 ? advance->hold_reason : NULL;
}
