/* clock.h -- what time it is in the simulation.
 *
 * Purpose  The only module that reads the machine's time. Three modes: real, scaled (simulated time
 *          runs N times as fast) and virtual (time moves only when somebody moves it).
 * Owner    sim_clock_create() gives, sim_clock_destroy() takes back.
 * Units    microseconds since 1970-01-01T00:00:00Z. */
#ifndef SIM_CORE_CLOCK_H
#define SIM_CORE_CLOCK_H

#include "sim/core/base.h"

/* The fastest a scaled clock may run, a million times; 0 and more than this break a contract. */
#define SIM_CLOCK_SCALE_MAX_PPM (UINT64_C(1000000) * SIM_PPM)

/* 9999-12-31T23:59:59.999999Z: nobody moves a virtual clock behind the last year with four digits.
 */
#define SIM_CLOCK_MAX_US UINT64_C(253402300799999999)

enum sim_clock_mode { SIM_CLOCK_REAL, SIM_CLOCK_SCALED, SIM_CLOCK_VIRTUAL };

struct sim_clock;

struct sim_clock_options {
    enum sim_clock_mode mode;
    uint64_t start_us;  /* SCALED, VIRTUAL: first time shown; 0 = the machine's time now (SCALED),
                           2026-01-01T00:00:00Z (VIRTUAL) */
    uint64_t scale_ppm; /* SCALED: 10 * SIM_PPM is ten times as fast */
};

MUST_USE struct sim_clock *sim_clock_create(const struct sim_clock_options *options);
void sim_clock_destroy(struct sim_clock *clock);

uint64_t sim_clock_now_us(const struct sim_clock *clock); /* never goes back */
enum sim_clock_mode sim_clock_mode(const struct sim_clock *clock);
uint64_t
sim_clock_scale_ppm(const struct sim_clock *clock); /* SIM_PPM in real mode, 0 in virtual */

/* Changes mode or speed without a jump: the time shown goes on from where it is. */
void sim_clock_set_mode(struct sim_clock *clock, enum sim_clock_mode mode, uint64_t scale_ppm);

/* Virtual mode only; the scheduler alone calls it. now_us must not lie in the past. */
void sim_clock_move_to(struct sim_clock *clock, uint64_t now_us);

/* Starts again at start_us (virtual mode only): for reset. */
void sim_clock_restart(struct sim_clock *clock, uint64_t start_us);

/* The machine's time that passes until the simulated time due_us; 0 when due; UINT64_MAX in
 * virtual mode, where waiting does not help. */
uint64_t sim_clock_wall_wait_us(const struct sim_clock *clock, uint64_t due_us);

/* Time that passed on the machine, monotonic, for measuring cost; never for simulated behaviour. */
uint64_t sim_clock_machine_us(void);

/* "2026-01-01T00:00:00.000Z" into text (ISO 8601, UTC, milliseconds). */
#define SIM_CLOCK_TEXT_BYTES 32
void sim_clock_format(uint64_t time_us, char text[SIM_CLOCK_TEXT_BYTES]);

#endif
