/* The report for programs. The schema's version changes when a member changes its meaning. */
#include <stdlib.h>
#include <string.h>

#include "sim/drill/report_format.h"

#define SCHEMA "regionlab/drill-report/1"

static void add_number(cJSON *object, const char *name, uint64_t value)
{
    cJSON_AddNumberToObject(object, name, (double)value);
}

static cJSON *objectives_json(const struct drill *drill)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < DRILL_MEASURE_COUNT; i++) {
        const struct drill_objective *objective = &drill->file->objectives[i];
        static const char *const units[] = {
            [DRILL_UNIT_DURATION] = "us", [DRILL_UNIT_COUNT] = "count", [DRILL_UNIT_RATE] = "ppm"};
        if (!drill->measures.is_known[i] && !objective->is_set)
            continue;
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "name", drill_measures[i].key);
        cJSON_AddStringToObject(object, "unit", units[drill_measures[i].unit]);
        if (drill->measures.is_known[i] && drill->measures.values[i] != UINT64_MAX)
            add_number(object, "achieved", drill->measures.values[i]);
        else
            cJSON_AddNullToObject(object, "achieved");
        if (objective->is_set) {
            add_number(object, "least", objective->low);
            if (objective->high != UINT64_MAX)
                add_number(object, "most", objective->high);
            cJSON_AddBoolToObject(object, "met",
                                  drill_objective_is_met(drill, (enum drill_measure)i));
        }
        cJSON_AddItemToArray(list, object);
    }
    return list;
}

static cJSON *timeline_json(const struct drill *drill)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < drill->file->timeline_count; i++) {
        const struct drill_verdict *verdict = &drill->verdicts[i];
        cJSON *object = cJSON_CreateObject();
        add_number(object, "at_us", verdict->entry->at_us);
        cJSON_AddStringToObject(object, "name", drill_entry_name(verdict->entry));
        add_number(object, "line", verdict->entry->at->line);
        cJSON_AddBoolToObject(object, "judged", drill_entry_is_judged(verdict->entry));
        cJSON_AddBoolToObject(object, "held", verdict->held);
        add_number(object, "decided_us", verdict->decided_us);
        cJSON_AddStringToObject(object, "detail", verdict->detail);
        cJSON_AddItemToArray(list, object);
    }
    return list;
}

static void add_latencies(cJSON *object, struct drill_latencies *latencies)
{
    add_number(object, "count", latencies->count);
    if (latencies->count == 0)
        return;
    add_number(object, "p50_us", drill_latencies_percentile_us(latencies, 50));
    add_number(object, "p99_us", drill_latencies_percentile_us(latencies, 99));
    add_number(object, "max_us", drill_latencies_percentile_us(latencies, 100));
}

static cJSON *bucket_json(struct drill_bucket *bucket)
{
    cJSON *object = cJSON_CreateObject();
    add_number(object, "requests", bucket->requests);
    add_number(object, "failed", bucket->failures);
    add_number(object, "stale_reads", bucket->stale_reads);
    add_latencies(cJSON_AddObjectToObject(object, "latency"), &bucket->latencies);
    return object;
}

static cJSON *regions_json(struct drill *drill)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < drill->measures.region_count; i++) {
        struct drill_region_measure *region = &drill->measures.regions[i];
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "region", region->name);
        cJSON_AddItemToObject(object, "total", bucket_json(&region->total));
        cJSON *minutes = cJSON_AddArrayToObject(object, "minutes");
        for (size_t j = 0; j < region->bucket_count; j++)
            cJSON_AddItemToArray(minutes, bucket_json(&region->buckets[j]));
        add_latencies(cJSON_AddObjectToObject(object, "operations"), &region->operations);
        cJSON_AddItemToArray(list, object);
    }
    return list;
}

static cJSON *replication_json(struct drill *drill)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < drill->measures.link_count; i++) {
        struct drill_link_measure *link = &drill->measures.links[i];
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "from", link->from);
        cJSON_AddStringToObject(object, "to", link->to);
        add_latencies(object, &link->latencies);
        cJSON_AddItemToArray(list, object);
    }
    return list;
}

static cJSON *clients_json(const struct drill *drill)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < drill->file->client_count; i++) {
        const struct drill_client_measure *client = &drill->measures.clients[i];
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "name", drill->file->clients[i].name);
        cJSON_AddStringToObject(object, "region", drill->file->clients[i].region);
        add_number(object, "requests", client->requests);
        add_number(object, "failed", client->failures);
        add_number(object, "stale_reads", client->stale_reads);
        cJSON_AddStringToObject(object, "last_served_by", client->last_region);
        cJSON_AddItemToArray(list, object);
    }
    return list;
}

static cJSON *events_json(const struct drill *drill)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < drill->measures.event_count; i++) {
        cJSON *object = cJSON_CreateObject();
        add_number(object, "at_us", drill->measures.events[i].at_us);
        cJSON_AddStringToObject(object, "event", drill->measures.events[i].text);
        cJSON_AddItemToArray(list, object);
    }
    return list;
}

static cJSON *failures_json(const struct drill *drill)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < drill->measures.failure_count; i++) {
        const struct drill_failure *failure = &drill->measures.failures[i];
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "detail", failure->detail);
        add_number(object, "count", failure->count);
        add_number(object, "first_us", failure->first_us);
        add_number(object, "last_us", failure->last_us);
        cJSON_AddItemToArray(list, object);
    }
    return list;
}

static cJSON *lost_json(const struct drill *drill)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < drill->measures.write_count; i++) {
        const struct drill_write *write = &drill->measures.writes[i];
        if (!write->is_lost)
            continue;
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "table", write->table);
        cJSON_AddItemToObject(object, "key", cJSON_Parse(write->key));
        cJSON_AddStringToObject(object, "region", write->region);
        add_number(object, "acknowledged_us", write->acknowledged_us);
        cJSON_AddItemToArray(list, object);
    }
    return list;
}

static cJSON *report_json(struct drill *drill)
{
    cJSON *report = cJSON_CreateObject();
    cJSON_AddStringToObject(report, "schema", SCHEMA);
    cJSON_AddStringToObject(report, "drill", drill->file->title);
    cJSON_AddStringToObject(report, "kind",
                            drill->file->kind == DRILL_ISOLATION ? "isolation" : "recovery");
    cJSON_AddStringToObject(report, "world", drill->file->world);
    /* As text: a seed has 64 bits, a JSON number in most readers 53. */
    cJSON_AddItemToObject(report, "seed",
                          cJSON_CreateString(sim_arena_printf(drill->arena, "%llu",
                                                              (unsigned long long)drill->seed)));
    add_number(report, "duration_us", drill->file->duration_us);
    add_number(report, "incident_us", drill->file->incident_us);
    cJSON_AddBoolToObject(report, "passed", drill_passed(drill));
    cJSON_AddItemToObject(report, "objectives", objectives_json(drill));
    cJSON_AddItemToObject(report, "timeline", timeline_json(drill));
    cJSON_AddItemToObject(report, "events", events_json(drill));
    add_number(report, "events_left_out", drill->measures.events_left_out);
    cJSON_AddItemToObject(report, "regions", regions_json(drill));
    cJSON_AddItemToObject(report, "replication", replication_json(drill));
    cJSON_AddItemToObject(report, "clients", clients_json(drill));
    cJSON_AddItemToObject(report, "failures", failures_json(drill));
    cJSON_AddItemToObject(report, "lost_writes", lost_json(drill));
    cJSON *trace = cJSON_AddObjectToObject(report, "trace");
    add_number(trace, "events", drill->trace_count);
    cJSON_AddStringToObject(trace, "sha256", drill->trace_hash);
    return report;
}

void drill_report_json(struct drill *drill, FILE *stream)
{
    cJSON *report = report_json(drill);
    char *text = cJSON_Print(report);
    fputs(text, stream);
    fputc('\n', stream);
    cJSON_free(text);
    cJSON_Delete(report);
}
