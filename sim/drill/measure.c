#include "sim/drill/measure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void drill_text_trim(char *text)
{
    size_t length = strlen(text);
    size_t at = length; /* of the last character's first byte */
    while (at > 0 && length - at < 4 && ((unsigned char)text[at - 1] & 0xC0) == 0x80)
        at--;
    if (at == 0 || (unsigned char)text[at - 1] < 0xC0)
        return;
    unsigned char first = (unsigned char)text[--at];
    size_t wanted = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (length - at < wanted)
        text[at] = '\0';
}

void drill_text_copy(char *to, size_t to_bytes, const char *from)
{
    snprintf(to, to_bytes, "%s", from);
    drill_text_trim(to);
}

static void latencies_add(struct drill_latencies *latencies, uint64_t value_us)
{
    if (latencies->count == latencies->capacity) {
        latencies->capacity = latencies->capacity > 0 ? latencies->capacity * 2 : 64;
        latencies->values_us = sim_realloc_array(latencies->values_us, latencies->capacity,
                                                 sizeof *latencies->values_us);
    }
    latencies->values_us[latencies->count++] = value_us;
    latencies->is_sorted = false;
}

static int compare_values(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

uint64_t drill_latencies_percentile_us(struct drill_latencies *latencies, unsigned percent)
{
    PRE(percent >= 1 && percent <= 100);
    if (latencies->count == 0)
        return 0;
    if (!latencies->is_sorted)
        qsort(latencies->values_us, latencies->count, sizeof *latencies->values_us, compare_values);
    latencies->is_sorted = true;
    size_t rank = (latencies->count * percent + 99) / 100; /* nearest rank, from 1 */
    return latencies->values_us[rank - 1];
}

void drill_measures_init(struct drill_measures *measures, const struct drill_file *file,
                         uint64_t began_us)
{
    *measures = (struct drill_measures){
        .began_us = began_us,
        .duration_us = file->duration_us,
        .incident_us = file->incident_us,
        .leaves = file->leaves,
        .client_count = file->client_count,
    };
    measures->clients = sim_alloc_array(file->client_count, sizeof *measures->clients);
    measures->events = sim_alloc_array(DRILL_EVENTS_MAX, sizeof *measures->events);
}

static void bucket_fini(struct drill_bucket *bucket)
{
    free(bucket->latencies.values_us);
}

void drill_measures_fini(struct drill_measures *measures)
{
    for (size_t i = 0; i < measures->region_count; i++) {
        struct drill_region_measure *region = &measures->regions[i];
        for (size_t j = 0; j < region->bucket_count; j++)
            bucket_fini(&region->buckets[j]);
        bucket_fini(&region->total);
        free(region->buckets);
        free(region->operations.values_us);
    }
    for (size_t i = 0; i < measures->link_count; i++)
        free(measures->links[i].latencies.values_us);
    for (size_t i = 0; i < measures->write_count; i++) {
        free(measures->writes[i].table);
        free(measures->writes[i].key);
    }
    free(measures->regions);
    free(measures->links);
    free(measures->writes);
    free(measures->clients);
    free(measures->events);
}

/* Regions stand sorted by name, so that every output does. */
static struct drill_region_measure *region_get(struct drill_measures *measures, const char *name)
{
    size_t at = 0;
    while (at < measures->region_count && strcmp(measures->regions[at].name, name) < 0)
        at++;
    if (at < measures->region_count && strcmp(measures->regions[at].name, name) == 0)
        return &measures->regions[at];
    measures->regions =
        sim_realloc_array(measures->regions, measures->region_count + 1, sizeof *measures->regions);
    memmove(&measures->regions[at + 1], &measures->regions[at],
            (measures->region_count - at) * sizeof *measures->regions);
    measures->region_count++;
    struct drill_region_measure *region = &measures->regions[at];
    *region = (struct drill_region_measure){0};
    snprintf(region->name, sizeof region->name, "%s", name);
    region->bucket_count =
        (size_t)((measures->duration_us + DRILL_BUCKET_US - 1) / DRILL_BUCKET_US);
    region->buckets = sim_alloc_array(region->bucket_count, sizeof *region->buckets);
    return region;
}

static struct drill_link_measure *link_get(struct drill_measures *measures, const char *from,
                                           const char *to)
{
    size_t at = 0;
    for (; at < measures->link_count; at++) {
        int order = strcmp(measures->links[at].from, from);
        if (order == 0)
            order = strcmp(measures->links[at].to, to);
        if (order == 0)
            return &measures->links[at];
        if (order > 0)
            break;
    }
    measures->links =
        sim_realloc_array(measures->links, measures->link_count + 1, sizeof *measures->links);
    memmove(&measures->links[at + 1], &measures->links[at],
            (measures->link_count - at) * sizeof *measures->links);
    measures->link_count++;
    struct drill_link_measure *link = &measures->links[at];
    *link = (struct drill_link_measure){0};
    snprintf(link->from, sizeof link->from, "%s", from);
    snprintf(link->to, sizeof link->to, "%s", to);
    return link;
}

static void bucket_count_request(struct drill_bucket *bucket,
                                 const struct drill_request_record *record)
{
    bucket->requests++;
    bucket->failures += record->outcome == DRILL_REQUEST_FAILED;
    bucket->stale_reads += record->outcome == DRILL_REQUEST_STALE;
    latencies_add(&bucket->latencies, record->latency_us);
}

static void count_failure(struct drill_measures *measures,
                          const struct drill_request_record *record)
{
    size_t at = 0;
    while (at < measures->failure_count &&
           strcmp(measures->failures[at].detail, record->detail) != 0)
        at++;
    if (at == DRILL_FAILURES_MAX)
        return;
    struct drill_failure *failure = &measures->failures[at];
    if (at == measures->failure_count) {
        measures->failure_count++;
        snprintf(failure->detail, sizeof failure->detail, "%s", record->detail);
        failure->first_us = record->began_us;
    }
    failure->count++;
    failure->last_us = record->began_us;
}

static void count_for_client(struct drill_measures *measures,
                             const struct drill_request_record *record)
{
    struct drill_client_measure *client = &measures->clients[record->client];
    client->requests++;
    client->failures += record->outcome == DRILL_REQUEST_FAILED;
    client->stale_reads += record->outcome == DRILL_REQUEST_STALE;
    if (record->outcome != DRILL_REQUEST_FAILED)
        snprintf(client->last_region, sizeof client->last_region, "%s", record->region);
    uint64_t ended_us = record->began_us + record->latency_us;
    if (ended_us < measures->incident_us)
        return;
    /* One that was under way at the incident is bad if it failed, but not for where it was served:
     * it was sent there in time. */
    bool is_left = measures->leaves != NULL && strcmp(record->region, measures->leaves) == 0 &&
                   record->began_us >= measures->incident_us;
    client->requests_since++;
    client->is_last_bad = record->outcome == DRILL_REQUEST_FAILED || is_left;
    if (client->is_last_bad)
        client->last_bad_us = ended_us;
}

void drill_measure_request(struct drill_measures *measures,
                           const struct drill_request_record *record)
{
    PRE(record->client < measures->client_count);
    struct drill_region_measure *region = region_get(measures, record->region);
    size_t bucket = (size_t)(record->began_us / DRILL_BUCKET_US);
    if (bucket < region->bucket_count)
        bucket_count_request(&region->buckets[bucket], record);
    bucket_count_request(&region->total, record);
    count_for_client(measures, record);
    if (record->outcome == DRILL_REQUEST_FAILED)
        count_failure(measures, record);
}

void drill_measure_write(struct drill_measures *measures, const char *table, const char *key,
                         uint64_t acknowledged_us, const char *region)
{
    if (measures->write_count == measures->write_capacity) {
        measures->write_capacity =
            measures->write_capacity > 0 ? measures->write_capacity * 2 : 256;
        measures->writes =
            sim_realloc_array(measures->writes, measures->write_capacity, sizeof *measures->writes);
    }
    struct drill_write *write = &measures->writes[measures->write_count++];
    *write = (struct drill_write){
        .table = sim_strdup(table), .key = sim_strdup(key), .acknowledged_us = acknowledged_us};
    snprintf(write->region, sizeof write->region, "%s", region);
}

void drill_measure_note(struct drill_measures *measures, uint64_t at_us, const char *format, ...)
{
    if (measures->event_count == DRILL_EVENTS_MAX) {
        measures->events_left_out++;
        return;
    }
    struct drill_event *event = &measures->events[measures->event_count++];
    event->at_us = at_us;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event->text, sizeof event->text, format, arguments);
    va_end(arguments);
    drill_text_trim(event->text);
}

static const char *field_text(const struct sim_trace_event *event, const char *name)
{
    const struct sim_field *field = sim_trace_field_find(event, name);
    return field != NULL && field->text != NULL ? field->text : "";
}

static int64_t field_number(const struct sim_trace_event *event, const char *name)
{
    const struct sim_field *field = sim_trace_field_find(event, name);
    return field != NULL ? field->number : 0;
}

/* "type: name value, name value" of an event that people want to see. */
static void note_event(struct drill_measures *measures, const struct sim_trace_event *event)
{
    char text[200] = "";
    size_t length = 0;
    for (size_t i = 0; i < event->field_count && length < sizeof text - 1; i++) {
        const struct sim_field *field = &event->fields[i];
        if (strcmp(field->name, "arn") == 0)
            continue;
        int written = field->kind == SIM_FIELD_TEXT
                          ? snprintf(text + length, sizeof text - length, " %s=%s", field->name,
                                     field->text != NULL ? field->text : "-")
                          : snprintf(text + length, sizeof text - length, " %s=%lld", field->name,
                                     (long long)field->number);
        length += written > 0 ? (size_t)written : 0;
    }
    drill_measure_note(measures, event->at_us - measures->began_us, "%s%s%s%s", event->type,
                       event->region != NULL ? " in " : "",
                       event->region != NULL ? event->region : "", text);
}

void drill_measure_trace(void *context, const struct sim_trace_event *event)
{
    static const char *const shown[] = {"control.changed", "control.refused", "control.override",
                                        "health.change",   "fault.began",     "fault.ended",
                                        "replica.state",   "cluster.endpoint"};
    struct drill_measures *measures = context;
    if (strcmp(event->type, "request") == 0) {
        if (strcmp(field_text(event, "service"), "dynamodb") == 0 && event->region != NULL)
            latencies_add(&region_get(measures, event->region)->operations,
                          (uint64_t)field_number(event, "latency_us"));
        return;
    }
    if (strcmp(event->type, "replication.applied") == 0) {
        latencies_add(&link_get(measures, field_text(event, "from"), event->region)->latencies,
                      (uint64_t)field_number(event, "lag_us"));
        return;
    }
    if (strcmp(event->type, "replication.conflict") == 0)
        measures->conflict_count++;
    for (size_t i = 0; i < ARRAY_LEN(shown); i++)
        if (strcmp(event->type, shown[i]) == 0)
            note_event(measures, event);
}
