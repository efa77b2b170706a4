/* Items: which writes were lost to others, and what each replica has. */
#include <inttypes.h>
#include <string.h>

#include "sim/console/control_internal.h"
#include "sim/core/buffer.h"
#include "sim/core/duration.h"

#define ITEM_SHOWN_BYTES 160 /* of an item, to people */

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text_in(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(member(object, name));
    return text != NULL ? text : "";
}

static uint64_t time_in(const cJSON *object, const char *name)
{
    const cJSON *number = member(object, name);
    return cJSON_IsNumber(number) ? (uint64_t)number->valuedouble : 0;
}

/* An item in one line, cut where it gets long, but in no character's middle. */
static const char *shown(struct sim_arena *arena, const cJSON *json)
{
    if (cJSON_IsNull(json))
        return "nothing";
    char *text = cJSON_PrintUnformatted(json);
    size_t length = strlen(text);
    size_t kept = length < ITEM_SHOWN_BYTES ? length : ITEM_SHOWN_BYTES;
    while (kept < length && ((unsigned char)text[kept] & 0xc0) == 0x80)
        kept--;
    const char *cut =
        sim_arena_printf(arena, "%.*s%s", (int)kept, text, kept < length ? "..." : "");
    cJSON_free(text);
    return cut;
}

/* --- conflicts -----------------------------------------------------------------------------------
 */

/* "1.2s later", or how a tie was decided. */
static const char *why(struct sim_arena *arena, const cJSON *conflict)
{
    const cJSON *winner = member(conflict, "winner");
    const cJSON *loser = member(conflict, "loser");
    char later[SIM_DURATION_TEXT_BYTES];
    char earlier[SIM_DURATION_TEXT_BYTES];
    if (strcmp(text_in(conflict, "reason"), "region-name") == 0)
        return "at the same time: the later Region name wins";
    sim_duration_format(time_in(winner, "writtenUs") - time_in(loser, "writtenUs"), later);
    if (!cJSON_IsTrue(member(conflict, "clockSkew")))
        return sim_arena_printf(arena, "%s later", later);
    sim_duration_format(time_in(loser, "committedUs") - time_in(winner, "committedUs"), earlier);
    return sim_arena_printf(arena, "%s later by its clock, but made %s earlier", later, earlier);
}

/* Who lost to whom and why, and below the two items. */
static void print_conflict(struct sim_arena *arena, struct sim_buffer *lines, const cJSON *conflict)
{
    const cJSON *winner = member(conflict, "winner");
    const cJSON *loser = member(conflict, "loser");
    char at[SIM_CLOCK_TEXT_BYTES];
    sim_clock_format(time_in(conflict, "at"), at);
    sim_buffer_printf(lines, "%s%s %s %s: the %s in %s lost to the %s in %s, %s",
                      lines->length_bytes > 0 ? "\n" : "", at, text_in(conflict, "table"),
                      shown(arena, member(conflict, "key")), text_in(loser, "write"),
                      text_in(loser, "region"), text_in(winner, "write"), text_in(winner, "region"),
                      why(arena, conflict));
    sim_buffer_printf(lines, "\n  lost  %s\n  stays %s", shown(arena, member(loser, "item")),
                      shown(arena, member(winner, "item")));
}

/* "10m": so long ago; or a time. */
static bool since_read(struct control_exchange *exchange, uint64_t *since_us)
{
    const char *text = control_text(exchange, "since");
    uint64_t now_us = sim_clock_now_us(exchange->world->core.clock);
    uint64_t ago_us = 0;
    struct sim_error error;
    *since_us = 0;
    if (text == NULL || control_time_parse(text, since_us))
        return true;
    if (sim_duration_parse(text, &ago_us, &error) == RESULT_OK) {
        *since_us = ago_us < now_us ? now_us - ago_us : 0;
        return true;
    }
    control_fail(exchange, 400, "'since' is a time such as 2026-01-01T00:05:00Z, or a duration");
    return false;
}

void control_conflicts(struct control_exchange *exchange)
{
    struct ddb_conflict_filter filter = {.table = control_text(exchange, "table")};
    if (!since_read(exchange, &filter.since_us))
        return;
    if (control_text(exchange, "region") != NULL) {
        const struct sim_region *region = control_region(exchange, "region");
        if (region == NULL)
            return;
        filter.region = region->name;
    }
    cJSON *answer = ddb_conflicts_of(exchange->world->ddb, &filter);
    struct sim_buffer lines;
    sim_buffer_init(&lines);
    const cJSON *conflict = NULL;
    cJSON_ArrayForEach(conflict, member(answer, "Conflicts"))
        print_conflict(exchange->arena, &lines, conflict);
    control_reply(exchange, answer, "%s", lines.length_bytes > 0 ? lines.data : "no conflicts");
    sim_buffer_fini(&lines);
}

/* --- one item on all replicas --------------------------------------------------------------------
 */

static void print_replica(struct control_exchange *exchange, struct sim_buffer *lines,
                          const cJSON *item, const cJSON *version)
{
    char at[SIM_CLOCK_TEXT_BYTES];
    sim_clock_format(time_in(version, "writtenUs"), at);
    bool is_known = cJSON_IsObject(version);
    bool is_deleted = cJSON_IsTrue(member(version, "deleted"));
    sim_buffer_printf(lines, "%s%s: %s", lines->length_bytes > 0 ? "\n" : "", item->string,
                      is_known && !is_deleted ? shown(exchange->arena, item) : "nothing");
    if (is_known)
        sim_buffer_printf(lines, ", %s in %s at %s", is_deleted ? "deleted" : "written",
                          text_in(version, "origin"), at);
}

/* The key comes as an object, or (by ctl) as its text. */
void control_probe(struct control_exchange *exchange)
{
    const char *table = control_text(exchange, "table");
    const cJSON *given = member(exchange->input, "key");
    cJSON *key =
        cJSON_IsString(given) ? cJSON_Parse(given->valuestring) : cJSON_Duplicate(given, true);
    if (table == NULL || !cJSON_IsObject(key)) {
        cJSON_Delete(key);
        control_fail(exchange, 400,
                     "give 'table' and 'key', for example {\"OrderId\": {\"S\": \"1\"}}");
        return;
    }
    cJSON *replicas = ddb_probe(exchange->world->ddb, table, key);
    cJSON *versions = ddb_probe_versions(exchange->world->ddb, table, key);
    cJSON_Delete(key);
    if (replicas == NULL) {
        control_fail(exchange, 404, "there is no table '%s', or the key does not fit it", table);
        return;
    }
    struct sim_buffer lines;
    sim_buffer_init(&lines);
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, replicas)
        print_replica(exchange, &lines, item, member(versions, item->string));
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddItemToObject(answer, "replicas", replicas);
    cJSON_AddItemToObject(answer, "versions", versions);
    control_reply(exchange, answer, "%s", lines.data);
    sim_buffer_fini(&lines);
}
