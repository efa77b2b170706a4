/* Clock routes: show, advance a virtual one, change mode and speed. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/console/control_internal.h"
#include "sim/core/duration.h"

#define IDLE_LIMIT_US (UINT64_C(3600) * SIM_US_PER_S)
#define SCALE_MIN     0.1
#define SCALE_MAX     100000.0

static const char *mode_text(enum sim_clock_mode mode)
{
    static const char *const texts[] = {
        [SIM_CLOCK_REAL] = "real", [SIM_CLOCK_SCALED] = "scaled", [SIM_CLOCK_VIRTUAL] = "virtual"};
    return texts[mode];
}

static cJSON *clock_json(const struct sim_core *core)
{
    char now[SIM_CLOCK_TEXT_BYTES];
    sim_clock_format(sim_clock_now_us(core->clock), now);
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "mode", mode_text(sim_clock_mode(core->clock)));
    cJSON_AddStringToObject(answer, "time", now);
    cJSON_AddNumberToObject(answer, "time_us", (double)sim_clock_now_us(core->clock));
    cJSON_AddNumberToObject(answer, "scale",
                            (double)sim_clock_scale_ppm(core->clock) / (double)SIM_PPM);
    cJSON_AddNumberToObject(answer, "pending_events", (double)sim_sched_pending_count(core->sched));
    cJSON_AddNumberToObject(answer, "holds", (double)sim_hold_count(core->advance));
    return answer;
}

void control_clock_show(struct control_exchange *exchange)
{
    const struct sim_core *core = &exchange->world->core;
    char now[SIM_CLOCK_TEXT_BYTES];
    sim_clock_format(sim_clock_now_us(core->clock), now);
    control_reply(exchange, clock_json(core), "%s, %s clock, %zu events pending, %zu holds", now,
                  mode_text(sim_clock_mode(core->clock)), sim_sched_pending_count(core->sched),
                  sim_hold_count(core->advance));
}

struct advance_context {
    struct control_exchange *exchange;
    uint64_t began_us;
};

static void advanced(void *context, uint64_t events_ran)
{
    const struct advance_context *advance = context;
    struct control_exchange *exchange = advance->exchange;
    struct control *control = exchange->control;
    const struct sim_core *core = &exchange->world->core;
    uint64_t now_us = sim_clock_now_us(core->clock);
    char now[SIM_CLOCK_TEXT_BYTES];
    char by[SIM_DURATION_TEXT_BYTES];
    sim_clock_format(now_us, now);
    sim_duration_format(now_us - advance->began_us, by);
    cJSON *answer = clock_json(core);
    cJSON_AddNumberToObject(answer, "advanced_us", (double)(now_us - advance->began_us));
    cJSON_AddNumberToObject(answer, "events_ran", (double)events_ran);
    control_reply(exchange, answer, "advanced by %s to %s, %" PRIu64 " events ran", by, now,
                  events_ran);
    control_waits_go_on(control);
}

/* "2026-01-01T00:05:00Z" or µs since the epoch */
bool control_time_parse(const char *text, uint64_t *time_us)
{
    struct tm parts = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    if (end != NULL && strcmp(end, "Z") == 0) {
        *time_us = (uint64_t)timegm(&parts) * SIM_US_PER_S;
        return parts.tm_year >= 70;
    }
    char *rest = NULL;
    errno = 0;
    *time_us = strtoull(text, &rest, 10);
    return text[0] >= '0' && text[0] <= '9' && *rest == '\0' && errno == 0;
}

/* Where the advance is to go; false when the exchange has failed. */
static bool goal_read(struct control_exchange *exchange, enum sim_advance_goal *goal,
                      uint64_t *until_us)
{
    const char *to = control_text(exchange, "to");
    const char *until = control_text(exchange, "until");
    bool has_by = control_text(exchange, "by") != NULL;
    if ((to != NULL) + (until != NULL) + has_by != 1) {
        control_fail(exchange, 400, "give exactly one of 'by', 'to' and 'until'");
        return false;
    }
    *goal = until != NULL ? SIM_ADVANCE_TO_IDLE : SIM_ADVANCE_TO_TIME;
    if (until != NULL && strcmp(until, "idle") != 0) {
        control_fail(exchange, 400, "'until' can only be \"idle\"");
        return false;
    }
    if (to != NULL && !control_time_parse(to, until_us)) {
        control_fail(exchange, 400, "\"%s\" is no time; allowed: 2026-01-01T00:05:00Z", to);
        return false;
    }
    if (to != NULL)
        return true;
    uint64_t duration_us = IDLE_LIMIT_US;
    if (!control_duration(exchange, has_by ? "by" : "limit", &duration_us))
        return false;
    *until_us = sim_clock_now_us(exchange->world->core.clock) + duration_us;
    return true;
}

void control_clock_advance(struct control_exchange *exchange)
{
    const struct sim_core *core = &exchange->world->core;
    enum sim_advance_goal goal = SIM_ADVANCE_TO_TIME;
    uint64_t until_us = 0;
    if (sim_clock_mode(core->clock) != SIM_CLOCK_VIRTUAL) {
        control_fail(exchange, 409,
                     "only a virtual clock can be advanced; this one runs by itself");
        return;
    }
    if (!goal_read(exchange, &goal, &until_us))
        return;
    struct advance_context *context = sim_arena_alloc(exchange->arena, sizeof *context);
    *context = (struct advance_context){exchange, sim_clock_now_us(core->clock)};
    struct sim_error error;
    if (sim_advance_start(core->advance, goal, until_us, advanced, context, &error) != RESULT_OK)
        control_fail_with(exchange, &error);
}

void control_clock_mode(struct control_exchange *exchange)
{
    struct sim_core *core = &exchange->world->core;
    const char *mode = control_text(exchange, "mode");
    const char *scale_text = control_text(exchange, "scale");
    if (mode == NULL || (strcmp(mode, "real") != 0 && strcmp(mode, "virtual") != 0 &&
                         strcmp(mode, "scaled") != 0)) {
        control_fail(exchange, 400, "'mode' is one of real, virtual, scaled");
        return;
    }
    uint64_t scale_ppm = SIM_PPM;
    if (strcmp(mode, "scaled") == 0) {
        char *end = NULL;
        double scale = scale_text != NULL ? strtod(scale_text, &end) : 0;
        if (scale_text == NULL || *end != '\0' || !(scale >= SCALE_MIN && scale <= SCALE_MAX)) {
            control_fail(exchange, 400, "'scale' is a number from 0.1 to 100000");
            return;
        }
        scale_ppm = (uint64_t)(scale * (double)SIM_PPM);
    }
    sim_advance_abandon(core->advance);
    sim_clock_set_mode(core->clock,
                       strcmp(mode, "real") == 0      ? SIM_CLOCK_REAL
                       : strcmp(mode, "virtual") == 0 ? SIM_CLOCK_VIRTUAL
                                                      : SIM_CLOCK_SCALED,
                       scale_ppm);
    control_clock_show(exchange);
}
