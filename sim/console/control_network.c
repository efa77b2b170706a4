/* Regions and links: what they are, taking them down and up again. Down and partition are faults.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/console/control_internal.h"

static cJSON *region_json(const struct sim_region *region)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "region", region->name);
    cJSON_AddStringToObject(object, "address", region->address);
    cJSON_AddBoolToObject(object, "hosts_services", region->hosts_services);
    cJSON_AddBoolToObject(object, "up", region->down_count == 0);
    cJSON_AddNumberToObject(object, "skew_us", (double)region->skew_us);
    return object;
}

void control_regions_list(struct control_exchange *exchange)
{
    struct sim_network *network = exchange->world->core.network;
    cJSON *answer = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(answer, "regions");
    const char *lines = "";
    for (size_t i = 0; i < sim_network_region_count(network); i++) {
        const struct sim_region *region = sim_network_region_by_index(network, i);
        cJSON_AddItemToArray(list, region_json(region));
        lines = sim_arena_printf(
            exchange->arena, "%s%s%-16s %-12s %s%s", lines, i > 0 ? "\n" : "", region->name,
            region->address, region->down_count == 0 ? "up" : "DOWN",
            region->hosts_services ? "" : "   (no services: clients, checkers, cluster endpoint)");
    }
    control_reply(exchange, answer, "%s", lines);
}

void control_region_down(struct control_exchange *exchange)
{
    struct sim_region *region = control_region(exchange, "region");
    struct sim_fault_spec spec = {.kind = SIM_FAULT_REGION_DOWN};
    if (region == NULL || !control_duration(exchange, "duration", &spec.duration_us))
        return;
    spec.region = region->name;
    uint64_t id;
    struct sim_error error;
    if (sim_faults_add(exchange->world->core.faults, &spec, &id, &error) != RESULT_OK) {
        control_fail_with(exchange, &error);
        return;
    }
    cJSON *answer = region_json(region);
    cJSON_AddNumberToObject(answer, "fault", (double)id);
    control_reply(exchange, answer, "%s is down (fault %" PRIu64 ")", region->name, id);
}

static bool is_same(const char *left, const char *right)
{
    return left != NULL && right != NULL && strcmp(left, right) == 0;
}

/* Removes the faults of a kind with this scope (NULL: any); returns how many. */
static size_t remove_faults(struct sim_faults *faults, enum sim_fault_kind kind, const char *region,
                            const char *from, const char *to)
{
    size_t removed = 0;
    for (size_t i = sim_faults_count(faults); i-- > 0;) {
        struct sim_fault_view view;
        sim_faults_view(faults, i, &view);
        if (view.spec->kind != kind || (region != NULL && !is_same(view.spec->region, region)) ||
            (from != NULL && !is_same(view.spec->from, from)) ||
            (to != NULL && !is_same(view.spec->to, to)))
            continue;
        struct sim_error error;
        if (sim_faults_remove(faults, view.id, &error) == RESULT_OK)
            removed++;
    }
    return removed;
}

void control_region_up(struct control_exchange *exchange)
{
    struct sim_region *region = control_region(exchange, "region");
    if (region == NULL)
        return;
    size_t removed = remove_faults(exchange->world->core.faults, SIM_FAULT_REGION_DOWN,
                                   region->name, NULL, NULL);
    if (removed == 0) {
        control_fail(exchange, 409, "%s is up already", region->name);
        return;
    }
    control_reply(exchange, region_json(region), "%s is up", region->name);
}

static cJSON *link_json(const struct sim_link *link)
{
    char latency[SIM_LAG_TEXT_BYTES];
    char replication[SIM_LAG_TEXT_BYTES];
    sim_lag_format(&link->latency, latency);
    sim_lag_format(&link->replication, replication);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "from", link->from->name);
    cJSON_AddStringToObject(object, "to", link->to->name);
    cJSON_AddStringToObject(object, "latency", latency);
    cJSON_AddStringToObject(object, "lag", replication);
    cJSON_AddNumberToObject(object, "drain_per_s", (double)link->drain_per_s);
    cJSON_AddBoolToObject(object, "cut", link->cut_count > 0);
    return object;
}

static const char *link_line(struct sim_arena *arena, const struct sim_link *link)
{
    char latency[SIM_LAG_TEXT_BYTES];
    char replication[SIM_LAG_TEXT_BYTES];
    sim_lag_format(&link->latency, latency);
    sim_lag_format(&link->replication, replication);
    return sim_arena_printf(arena, "%s -> %s: latency %s, lag %s, drain %" PRIu64 "/s%s",
                            link->from->name, link->to->name, latency, replication,
                            link->drain_per_s, link->cut_count > 0 ? ", CUT" : "");
}

/* Tables that have a lag of their own on the link. */
static cJSON *table_lags_json(const struct ddb *ddb, const struct sim_link *link)
{
    cJSON *object = cJSON_CreateObject();
    struct ddb_table_lag_view view;
    for (size_t i = 0; ddb_table_lag_at(ddb, i, &view); i++) {
        char lag[SIM_LAG_TEXT_BYTES];
        sim_lag_format(view.lag, lag);
        if (view.from == link->from && view.to == link->to)
            cJSON_AddStringToObject(object, view.table, lag);
    }
    return object;
}

/* The link, and what is said about its tables in further lines. */
static const char *link_lines(struct sim_arena *arena, const struct sim_link *link,
                              const cJSON *table_lags)
{
    const char *lines = link_line(arena, link);
    const cJSON *lag = NULL;
    cJSON_ArrayForEach(lag, table_lags) lines =
        sim_arena_printf(arena, "%s\n  table %s: lag %s", lines, lag->string, lag->valuestring);
    return lines;
}

void control_links_list(struct control_exchange *exchange)
{
    struct sim_network *network = exchange->world->core.network;
    cJSON *answer = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(answer, "links");
    const char *lines = "";
    size_t count = sim_network_region_count(network);
    for (size_t i = 0; i < count * count; i++) {
        const struct sim_region *from = sim_network_region_by_index(network, i / count);
        const struct sim_region *to = sim_network_region_by_index(network, i % count);
        const struct sim_link *link = sim_network_link_get(network, from, to);
        if (from == to || !from->hosts_services || !to->hosts_services)
            continue;
        cJSON *object = link_json(link);
        cJSON *table_lags = table_lags_json(exchange->world->ddb, link);
        cJSON_AddItemToArray(list, object);
        lines = sim_arena_printf(exchange->arena, "%s%s%s", lines, lines[0] != '\0' ? "\n" : "",
                                 link_lines(exchange->arena, link, table_lags));
        cJSON_AddItemToObject(object, "tables", table_lags);
    }
    control_reply(exchange, answer, "%s", lines);
}

/* The link between 'from' and 'to'; NULL when the exchange has failed. */
static struct sim_link *link_read(struct control_exchange *exchange)
{
    struct sim_region *from = control_region(exchange, "from");
    struct sim_region *to = from != NULL ? control_region(exchange, "to") : NULL;
    if (to == NULL)
        return NULL;
    if (from == to) {
        control_fail(exchange, 400, "'from' and 'to' are the same Region");
        return NULL;
    }
    return sim_network_link_get(exchange->world->core.network, from, to);
}

static struct sim_link *link_back(struct control_exchange *exchange, const struct sim_link *link)
{
    return sim_network_link_get(exchange->world->core.network, link->to, link->from);
}

static bool is_both(struct control_exchange *exchange)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(exchange->input, "both"));
}

/* Parses a lag given by a key; *given says whether there was one. False: the exchange has failed.
 */
static bool lag_read(struct control_exchange *exchange, const char *key, struct sim_lag *lag,
                     bool *given)
{
    const char *text = control_text(exchange, key);
    struct sim_error error;
    *given = text != NULL;
    if (text == NULL || sim_lag_parse(text, lag, &error) == RESULT_OK)
        return true;
    *given = false;
    control_fail_with(exchange, &error);
    return false;
}

struct link_change {
    struct sim_lag lag, latency;
    bool has_lag, has_latency;
    uint64_t drain_per_s; /* 0: leave it */
};

static bool drain_read(struct control_exchange *exchange, uint64_t *drain_per_s)
{
    const char *text = control_text(exchange, "drain_per_s");
    if (text == NULL)
        return true;
    char *end = NULL;
    errno = 0;
    *drain_per_s = strtoull(text, &end, 10);
    if (text[0] >= '1' && text[0] <= '9' && *end == '\0' && errno == 0 && *drain_per_s <= 10000000)
        return true;
    control_fail(exchange, 400, "'drain_per_s' is a number from 1 to 10000000, not \"%s\"", text);
    return false;
}

static void link_change_apply(const struct link_change *change, struct sim_link *link)
{
    if (change->has_lag) {
        sim_lag_fini(&link->replication);
        sim_lag_copy(&link->replication, &change->lag);
    }
    if (change->has_latency) {
        sim_lag_fini(&link->latency);
        sim_lag_copy(&link->latency, &change->latency);
    }
    if (change->drain_per_s > 0)
        link->drain_per_s = change->drain_per_s;
}

static bool set_table_lag(struct control_exchange *exchange, const char *table,
                          const struct sim_link *link, const struct sim_lag *lag)
{
    struct sim_error error;
    if (ddb_set_table_lag(exchange->world->ddb, table, link->from, link->to, lag, &error) ==
        RESULT_OK)
        return true;
    control_fail_with(exchange, &error);
    return false;
}

static bool clear_table_lag(struct control_exchange *exchange, const char *table,
                            const struct sim_link *link)
{
    struct ddb *ddb = exchange->world->ddb;
    bool had = ddb_clear_table_lag(ddb, table, link->from, link->to);
    if (is_both(exchange) && ddb_clear_table_lag(ddb, table, link->to, link->from))
        had = true;
    if (!had)
        control_fail(exchange, 409, "the table '%s' has no lag of its own from %s to %s", table,
                     link->from->name, link->to->name);
    return had;
}

static void reply_table_lag(struct control_exchange *exchange, const char *table,
                            const struct sim_link *link, const char *lag)
{
    cJSON *answer = link_json(link);
    cJSON_AddItemToObject(answer, "tables", table_lags_json(exchange->world->ddb, link));
    bool both = is_both(exchange);
    control_reply(exchange, answer, "table %s, %s %s %s: lag %s", table, link->from->name,
                  both ? "<->" : "->", link->to->name, lag);
}

static void table_lag_set(struct control_exchange *exchange, const char *table,
                          const struct sim_link *link)
{
    const char *text = control_text(exchange, "lag");
    if (text == NULL || control_text(exchange, "latency") != NULL ||
        control_text(exchange, "drain_per_s") != NULL) {
        control_fail(exchange, 400, "a 'table' has a 'lag' of its own and nothing else");
        return;
    }
    if (!ddb_has_table(exchange->world->ddb, table)) {
        control_fail(exchange, 404, "there is no table '%s'", table);
        return;
    }
    struct sim_lag lag;
    bool given = false;
    if (strcmp(text, "default") == 0) {
        if (clear_table_lag(exchange, table, link))
            reply_table_lag(exchange, table, link, text);
        return;
    }
    if (!lag_read(exchange, "lag", &lag, &given))
        return;
    if (set_table_lag(exchange, table, link, &lag) &&
        (!is_both(exchange) || set_table_lag(exchange, table, link_back(exchange, link), &lag)))
        reply_table_lag(exchange, table, link, text);
    sim_lag_fini(&lag);
}

void control_link_set(struct control_exchange *exchange)
{
    const char *table = control_text(exchange, "table");
    struct sim_link *link = link_read(exchange);
    struct link_change change = {0};
    if (link != NULL && table != NULL)
        table_lag_set(exchange, table, link);
    if (link == NULL || table != NULL || !lag_read(exchange, "lag", &change.lag, &change.has_lag))
        return;
    if (lag_read(exchange, "latency", &change.latency, &change.has_latency) &&
        drain_read(exchange, &change.drain_per_s)) {
        link_change_apply(&change, link);
        if (is_both(exchange))
            link_change_apply(&change, link_back(exchange, link));
        control_reply(exchange, link_json(link), "%s%s", link_line(exchange->arena, link),
                      is_both(exchange) ? " (and back)" : "");
    }
    if (change.has_lag)
        sim_lag_fini(&change.lag);
    if (change.has_latency)
        sim_lag_fini(&change.latency);
}

static bool cut(struct control_exchange *exchange, const struct sim_link *link,
                uint64_t duration_us)
{
    const struct sim_fault_spec spec = {.kind = SIM_FAULT_PARTITION,
                                        .from = link->from->name,
                                        .to = link->to->name,
                                        .duration_us = duration_us};
    uint64_t id;
    struct sim_error error;
    if (sim_faults_add(exchange->world->core.faults, &spec, &id, &error) == RESULT_OK)
        return true;
    control_fail_with(exchange, &error);
    return false;
}

void control_link_partition(struct control_exchange *exchange)
{
    uint64_t duration_us = 0;
    struct sim_link *link = link_read(exchange);
    if (link == NULL || !control_duration(exchange, "duration", &duration_us))
        return;
    bool both = is_both(exchange);
    if (!cut(exchange, link, duration_us) ||
        (both && !cut(exchange, link_back(exchange, link), duration_us)))
        return;
    control_reply(exchange, link_json(link), "%s %s %s is cut", link->from->name,
                  both ? "<->" : "->", link->to->name);
}

void control_link_heal(struct control_exchange *exchange)
{
    struct sim_link *link = link_read(exchange);
    if (link == NULL)
        return;
    struct sim_faults *faults = exchange->world->core.faults;
    size_t removed =
        remove_faults(faults, SIM_FAULT_PARTITION, NULL, link->from->name, link->to->name);
    if (is_both(exchange))
        removed +=
            remove_faults(faults, SIM_FAULT_PARTITION, NULL, link->to->name, link->from->name);
    if (removed == 0) {
        control_fail(exchange, 409, "%s -> %s is not cut", link->from->name, link->to->name);
        return;
    }
    uint64_t backlog = ddb_backlog(exchange->world->ddb, NULL, link->from->name, link->to->name);
    cJSON *answer = link_json(link);
    cJSON_AddNumberToObject(answer, "backlog", (double)backlog);
    control_reply(exchange, answer, "%s %s %s is whole again, %" PRIu64 " records to drain",
                  link->from->name, is_both(exchange) ? "<->" : "->", link->to->name, backlog);
}
