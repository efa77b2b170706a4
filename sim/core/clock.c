/* Outside virtual mode the time shown is an anchor plus what the machine's monotonic clock counted
 * since, times the speed. A change of mode sets a new anchor at the time shown, so nothing jumps.
 */
#include "sim/core/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define VIRTUAL_START_US (UINT64_C(1767225600) * SIM_US_PER_S) /* 2026-01-01T00:00:00Z */

struct sim_clock {
    enum sim_clock_mode mode;
    uint64_t scale_ppm;
    uint64_t shown_us;   /* what the clock showed at the anchor; in virtual mode: shows */
    uint64_t machine_us; /* the monotonic clock at the anchor */
};

static uint64_t read_machine(clockid_t id)
{
    struct timespec at;
    CHECK(clock_gettime(id, &at) == 0);
    return (uint64_t)at.tv_sec * SIM_US_PER_S + (uint64_t)at.tv_nsec / 1000;
}

uint64_t sim_clock_machine_us(void)
{
    return read_machine(CLOCK_MONOTONIC);
}

static uint64_t scale_of(enum sim_clock_mode mode, uint64_t scale_ppm)
{
    switch (mode) {
    case SIM_CLOCK_REAL:
        return SIM_PPM;
    case SIM_CLOCK_SCALED:
        PRE(scale_ppm > 0);
        PRE(scale_ppm <= SIM_CLOCK_SCALE_MAX_PPM);
        return scale_ppm;
    case SIM_CLOCK_VIRTUAL:
        return 0;
    }
    CHECK(false);
    return 0;
}

struct sim_clock *sim_clock_create(const struct sim_clock_options *options)
{
    struct sim_clock *clock = sim_alloc(sizeof *clock);
    clock->mode = options->mode;
    clock->scale_ppm = scale_of(options->mode, options->scale_ppm);
    clock->machine_us = sim_clock_machine_us();
    if (options->mode == SIM_CLOCK_REAL)
        clock->shown_us = read_machine(CLOCK_REALTIME);
    else if (options->start_us != 0)
        clock->shown_us = options->start_us;
    else
        clock->shown_us =
            options->mode == SIM_CLOCK_VIRTUAL ? VIRTUAL_START_US : read_machine(CLOCK_REALTIME);
    return clock;
}

void sim_clock_destroy(struct sim_clock *clock)
{
    free(clock);
}

uint64_t sim_clock_now_us(const struct sim_clock *clock)
{
    if (clock->mode == SIM_CLOCK_VIRTUAL)
        return clock->shown_us;
    uint64_t elapsed_us = sim_clock_machine_us() - clock->machine_us;
    if (clock->scale_ppm == SIM_PPM)
        return clock->shown_us + elapsed_us;
    /* In two parts, so that the product cannot overflow within the century. */
    return clock->shown_us + elapsed_us / SIM_PPM * clock->scale_ppm +
           elapsed_us % SIM_PPM * clock->scale_ppm / SIM_PPM;
}

enum sim_clock_mode sim_clock_mode(const struct sim_clock *clock)
{
    return clock->mode;
}

uint64_t sim_clock_scale_ppm(const struct sim_clock *clock)
{
    return clock->scale_ppm;
}

void sim_clock_set_mode(struct sim_clock *clock, enum sim_clock_mode mode, uint64_t scale_ppm)
{
    uint64_t scale = scale_of(mode, scale_ppm);
    clock->shown_us = sim_clock_now_us(clock);
    clock->machine_us = sim_clock_machine_us();
    clock->mode = mode;
    clock->scale_ppm = scale;
}

void sim_clock_move_to(struct sim_clock *clock, uint64_t now_us)
{
    PRE(clock->mode == SIM_CLOCK_VIRTUAL);
    PRE(now_us >= clock->shown_us);
    clock->shown_us = now_us;
}

void sim_clock_restart(struct sim_clock *clock, uint64_t start_us)
{
    PRE(clock->mode == SIM_CLOCK_VIRTUAL);
    clock->shown_us = start_us != 0 ? start_us : VIRTUAL_START_US;
}

uint64_t sim_clock_wall_wait_us(const struct sim_clock *clock, uint64_t due_us)
{
    uint64_t now_us = sim_clock_now_us(clock);
    if (due_us <= now_us)
        return 0;
    if (clock->mode == SIM_CLOCK_VIRTUAL)
        return UINT64_MAX;
    uint64_t left_us = due_us - now_us;
    uint64_t whole = left_us / clock->scale_ppm;
    uint64_t part_us = left_us % clock->scale_ppm;
    if (whole > UINT64_MAX / SIM_PPM - SIM_PPM)
        return UINT64_MAX - 1;
    /* Rounded up: to wake a little late is to find the event due. */
    uint64_t part_ppm = part_us > UINT64_MAX / SIM_PPM / 2
                            ? part_us / (clock->scale_ppm / SIM_PPM)
                            : (part_us * SIM_PPM + clock->scale_ppm - 1) / clock->scale_ppm;
    return whole * SIM_PPM + part_ppm;
}

void sim_clock_format(uint64_t time_us, char text[SIM_CLOCK_TEXT_BYTES])
{
    time_t seconds = (time_t)(time_us / SIM_US_PER_S);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) == NULL || utc.tm_year > 9999 - 1900) {
        snprintf(text, SIM_CLOCK_TEXT_BYTES, "9999-12-31T23:59:59.999Z"); /* beyond any calendar */
        return;
    }
    char date[SIM_CLOCK_TEXT_BYTES];
    size_t length = strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    CHECK(length > 0);
    snprintf(text, SIM_CLOCK_TEXT_BYTES, "%.*s.%03uZ", (int)length, date,
             (unsigned)(time_us % SIM_US_PER_S / SIM_US_PER_MS));
}
