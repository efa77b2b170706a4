/* What is on its way between replicas, for people and programs. */
#include <inttypes.h>
#include <string.h>

#include "sim/console/control_internal.h"
#include "sim/core/buffer.h"
#include "sim/core/duration.h"

static uint64_t number_in(const cJSON *object, const char *name)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(number) ? (uint64_t)number->valuedouble : 0;
}

static const char *text_in(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text != NULL ? text : "";
}

/* "812ms", "59.2s": to the millisecond. */
static const char *span(struct sim_arena *arena, const cJSON *object, const char *name)
{
    char text[SIM_DURATION_TEXT_BYTES];
    uint64_t ms = (number_in(object, name) + SIM_US_PER_MS / 2) / SIM_US_PER_MS;
    sim_duration_format(ms * SIM_US_PER_MS, text);
    return sim_arena_strdup(arena, text);
}

/* "paused by fault 3 (partition)", "draining, write-capacity", "open" */
static const char *state(struct sim_arena *arena, const cJSON *link)
{
    const char *reason = text_in(link, "reason");
    uint64_t fault = number_in(link, "fault");
    if (fault > 0)
        return sim_arena_printf(arena, "%s by fault %" PRIu64 " (%s)", text_in(link, "state"),
                                fault, reason);
    return sim_arena_printf(arena, "%s%s%s", text_in(link, "state"), reason[0] != '\0' ? ", " : "",
                            reason);
}

static const char *latency(struct sim_arena *arena, const cJSON *link)
{
    const cJSON *latency = cJSON_GetObjectItemCaseSensitive(link, "latency");
    if (number_in(latency, "count") == 0)
        return "nothing arrived in the last minute";
    return sim_arena_printf(arena, "latency p50 %s, p99 %s, max %s", span(arena, latency, "p50_us"),
                            span(arena, latency, "p99_us"), span(arena, latency, "max_us"));
}

static const char *line(struct sim_arena *arena, const cJSON *link)
{
    const char *oldest = "";
    if (cJSON_GetObjectItemCaseSensitive(link, "oldest_us") != NULL)
        oldest = sim_arena_printf(arena, " (oldest %s)", span(arena, link, "oldest_us"));
    return sim_arena_printf(
        arena,
        "%s %s -> %s: %s, %" PRIu64 " pending%s, %" PRIu64 " applied, %" PRIu64 " superseded, %s",
        text_in(link, "table"), text_in(link, "from"), text_in(link, "to"), state(arena, link),
        number_in(link, "pending"), oldest, number_in(link, "applied"),
        number_in(link, "superseded"), latency(arena, link));
}

void control_replication(struct control_exchange *exchange)
{
    const char *table = control_text(exchange, "table");
    struct ddb *ddb = exchange->world->ddb;
    if (table != NULL && !ddb_has_table(ddb, table)) {
        control_fail(exchange, 404, "there is no table '%s'", table);
        return;
    }
    cJSON *links = ddb_replication(ddb, table);
    struct sim_buffer lines;
    sim_buffer_init(&lines);
    const cJSON *link = NULL;
    cJSON_ArrayForEach(link, links) sim_buffer_printf(
        &lines, "%s%s", lines.length_bytes > 0 ? "\n" : "", line(exchange->arena, link));
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddItemToObject(answer, "links", links);
    control_reply(exchange, answer, "%s",
                  lines.length_bytes > 0 ? lines.data : "no table has replicas");
    sim_buffer_fini(&lines);
}
