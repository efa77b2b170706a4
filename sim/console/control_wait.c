/* Waiting: until DNS gives an answer, or until replication has nothing under way.
 *
 * The condition is looked at every CHECK_EVERY_US of simulated time. A virtual clock stands still
 * by itself, so a wait advances it until the condition holds (unless somebody else is advancing
 * it). */
#include <stdlib.h>
#include <string.h>

#include "sim/console/control_internal.h"

#define TIMEOUT_DEFAULT_US (UINT64_C(60) * SIM_US_PER_S)
#define CHECK_EVERY_US     (50 * SIM_US_PER_MS)

struct control_wait {
    struct control_exchange *exchange;
    struct control_wait *next;
    bool is_dns;
    const char *name, *type, *value, *client_region; /* DNS */
    const char *table;                               /* replication; NULL: all */
    uint64_t began_us;
    uint64_t deadline_us;
    uint64_t event;
    bool is_advancing; /* the advance under way is this wait's own */
};

/* The clock stops here once the wait is over, or somebody else stopped it. */
static void arrived(void *context, uint64_t events_ran)
{
    struct control_wait *wait = context;
    (void)events_ran;
    wait->is_advancing = false;
}

static void wait_remove(struct control_wait *wait)
{
    struct control *control = wait->exchange->control;
    struct control_wait **at = &control->waits;
    if (wait->is_advancing)
        sim_advance_abandon(control->world->core.advance);
    while (*at != wait)
        at = &(*at)->next;
    *at = wait->next;
    sim_sched_cancel(control->world->core.sched, wait->event);
    free(wait);
}

/* What one look saw. */
struct sight {
    uint64_t backlog;         /* replication */
    struct r53_answer answer; /* DNS */
};

static bool holds(const struct control_wait *wait, struct sight *sight)
{
    const struct topo_world *world = wait->exchange->world;
    if (!wait->is_dns) {
        sight->backlog = ddb_backlog(world->ddb, wait->table, NULL, NULL);
        return sight->backlog == 0;
    }
    r53_resolve(world->r53, wait->name, wait->type, wait->client_region, &sight->answer);
    for (size_t i = 0; i < sight->answer.value_count; i++)
        if (strcmp(sight->answer.values[i], wait->value) == 0)
            return true;
    return false;
}

/* In words; only for the last look, since the arena keeps what it gives until the answer. */
static const char *sight_text(const struct control_wait *wait, const struct sight *sight)
{
    struct sim_arena *arena = wait->exchange->arena;
    if (!wait->is_dns)
        return sim_arena_printf(arena, "%llu records are under way",
                                (unsigned long long)sight->backlog);
    const char *values = sight->answer.value_count > 0 ? "" : "nothing";
    for (size_t i = 0; i < sight->answer.value_count; i++)
        values =
            sim_arena_printf(arena, "%s%s%s", values, i > 0 ? ", " : "", sight->answer.values[i]);
    return sim_arena_printf(arena, "DNS answers %s", values);
}

static void look(void *context)
{
    struct control_wait *wait = context;
    struct control_exchange *exchange = wait->exchange;
    struct sim_core *core = &exchange->world->core;
    uint64_t now_us = sim_clock_now_us(core->clock);
    struct sight sight;
    wait->event = 0;
    bool done = holds(wait, &sight);
    if (!done && now_us < wait->deadline_us) {
        wait->event = sim_sched_at_background(core->sched, now_us + CHECK_EVERY_US, look, wait);
        return;
    }
    struct control *control = exchange->control;
    const char *seen = sight_text(wait, &sight);
    double waited_ms = (double)(now_us - wait->began_us) / 1000;
    uint64_t waited_us = now_us - wait->began_us;
    wait_remove(wait); /* before the answer, with which the exchange ends */
    if (done) {
        cJSON *answer = cJSON_CreateObject();
        cJSON_AddNumberToObject(answer, "waited_us", (double)waited_us);
        control_reply(exchange, answer, "%s after %.0f ms", seen, waited_ms);
    } else {
        control_fail(exchange, 408, "still not so after %.0f ms: %s", waited_ms, seen);
    }
    control_waits_go_on(control);
}

/* Nobody else moves the clock, and it cannot be moved: the wait would never end. */
static void fail_for_good(struct control_wait *wait, const struct sim_error *error)
{
    struct control_exchange *exchange = wait->exchange;
    wait->is_advancing = false;
    wait_remove(wait);
    control_fail_with(exchange, error);
}

/* The wait may be over, and gone, when this returns. */
static void start_advance(struct control_wait *wait)
{
    struct sim_core *core = &wait->exchange->world->core;
    struct sim_error error;
    if (sim_clock_mode(core->clock) != SIM_CLOCK_VIRTUAL || sim_advance_is_running(core->advance))
        return;
    wait->is_advancing = true;
    if (sim_advance_start(core->advance, SIM_ADVANCE_TO_TIME, wait->deadline_us + CHECK_EVERY_US,
                          arrived, wait, &error) != RESULT_OK)
        fail_for_good(wait, &error);
}

void control_waits_go_on(struct control *control)
{
    if (control->waits != NULL)
        start_advance(control->waits);
}

/* The Region whose client asks: the one given, else the world's first. */
static const char *client_region(struct control_exchange *exchange)
{
    const char *given = control_text(exchange, "client-region");
    return given != NULL ? given
                         : sim_network_region_by_index(exchange->world->core.network, 0)->name;
}

/* What Route 53 keeps; a wait for anything else would only end by its time-out. */
static bool is_record_type(const char *type)
{
    static const char *const known[] = {"A",   "AAAA",  "CAA",  "CNAME", "DS",  "HTTPS",
                                        "MX",  "NAPTR", "NS",   "PTR",   "SOA", "SPF",
                                        "SRV", "SSHFP", "SVCB", "TLSA",  "TXT"};
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(known[i], type) == 0)
            return true;
    return false;
}

static bool wait_read(struct control_exchange *exchange, struct control_wait *wait)
{
    const char *what = control_text(exchange, "for");
    uint64_t timeout_us = TIMEOUT_DEFAULT_US;
    if (what == NULL || (strcmp(what, "dns") != 0 && strcmp(what, "replication") != 0)) {
        control_fail(exchange, 400, "'for' is one of dns, replication");
        return false;
    }
    if (!control_duration(exchange, "timeout", &timeout_us))
        return false;
    if (control_text(exchange, "client-region") != NULL &&
        control_region(exchange, "client-region") == NULL)
        return false;
    *wait = (struct control_wait){
        .exchange = exchange,
        .is_dns = strcmp(what, "dns") == 0,
        .name = control_text(exchange, "name"),
        .type = control_text(exchange, "type"),
        .value = control_text(exchange, "value"),
        .client_region = client_region(exchange),
        .table = control_text(exchange, "table"),
        .began_us = sim_clock_now_us(exchange->world->core.clock),
    };
    wait->deadline_us = wait->began_us + timeout_us;
    if (wait->is_dns && wait->type != NULL && !is_record_type(wait->type)) {
        control_fail(exchange, 400, "'type' is a type of record like A or CNAME, not \"%s\"",
                     wait->type);
        return false;
    }
    if (!wait->is_dns && wait->table != NULL && !ddb_has_table(exchange->world->ddb, wait->table)) {
        control_fail(exchange, 404, "there is no table '%s'", wait->table);
        return false;
    }
    if (wait->is_dns && (wait->name == NULL || wait->type == NULL || wait->value == NULL)) {
        control_fail(exchange, 400, "waiting for dns needs 'name', 'type' and 'value'");
        return false;
    }
    return true;
}

void control_wait_for(struct control_exchange *exchange)
{
    struct control *control = exchange->control;
    struct control_wait *wait = sim_alloc(sizeof *wait);
    if (!wait_read(exchange, wait)) {
        free(wait);
        return;
    }
    wait->next = control->waits;
    control->waits = wait;
    wait->event = sim_sched_at_background(control->world->core.sched, wait->began_us, look, wait);
    start_advance(wait);
}

void control_waits_drop(struct control *control, const char *why)
{
    while (control->waits != NULL) {
        struct control_exchange *exchange = control->waits->exchange;
        wait_remove(control->waits);
        control_fail(exchange, 409, "%s", why);
    }
}
