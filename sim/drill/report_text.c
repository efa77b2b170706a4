/* The report for people: what was achieved beside what was promised, Region by Region over time. */
#include <inttypes.h>
#include <string.h>

#include "sim/drill/report_format.h"

#define WIDTH_MIN     60
#define WIDTH_DEFAULT 100

struct pen {
    FILE *stream;
    unsigned width;
    bool colour;
};

static const char *paint(const struct pen *pen, const char *escape)
{
    return pen->colour ? escape : "";
}
#define BOLD(pen)  paint((pen), "\033[1m")
#define DIM(pen)   paint((pen), "\033[2m")
#define GREEN(pen) paint((pen), "\033[32m")
#define RED(pen)   paint((pen), "\033[31m")
#define PLAIN(pen) paint((pen), "\033[0m")

static const char *mark(const struct pen *pen, bool good)
{
    if (pen->colour)
        return good ? "\033[32m✓\033[0m" : "\033[31m✗\033[0m";
    return good ? "✓" : "✗";
}

static void heading(const struct pen *pen, const char *title)
{
    fprintf(pen->stream, "\n%s%s%s\n", BOLD(pen), title, PLAIN(pen));
}

static void print_head(const struct pen *pen, const struct drill *drill)
{
    char duration[DRILL_VALUE_TEXT_BYTES];
    drill_value_format(DRILL_UNIT_DURATION, drill->file->duration_us, duration);
    fprintf(pen->stream, "%s%s%s\n", BOLD(pen), drill->file->title, PLAIN(pen));
    fprintf(pen->stream, "%s%s drill · world %s · seed %" PRIu64 " · %s simulated%s\n", DIM(pen),
            drill->file->kind == DRILL_ISOLATION ? "isolation" : "recovery", drill->file->world,
            drill->seed, duration, PLAIN(pen));
}

static void print_objectives(const struct pen *pen, const struct drill *drill)
{
    heading(pen, "Objectives");
    for (size_t i = 0; i < DRILL_MEASURE_COUNT; i++) {
        enum drill_measure measure = (enum drill_measure)i;
        char achieved[DRILL_VALUE_TEXT_BYTES] = "not measured";
        char objective[DRILL_OBJECTIVE_TEXT_BYTES];
        bool is_set = drill->file->objectives[i].is_set;
        if (!drill->measures.is_known[i] && !is_set)
            continue;
        if (drill->measures.is_known[i])
            drill_value_format(drill_measures[i].unit, drill->measures.values[i], achieved);
        drill_objective_format(drill, measure, objective);
        fprintf(pen->stream, "  %s %-40s %14s   %s%s%s\n",
                is_set ? mark(pen, drill_objective_is_met(drill, measure)) : " ",
                drill_measures[i].title, achieved, DIM(pen), objective, PLAIN(pen));
    }
}

static void print_expectations(const struct pen *pen, const struct drill *drill)
{
    bool any = false;
    for (size_t i = 0; i < drill->file->timeline_count; i++) {
        const struct drill_verdict *verdict = &drill->verdicts[i];
        if (!drill_entry_is_judged(verdict->entry))
            continue;
        if (!any)
            heading(pen, "Timeline");
        any = true;
        char at[DRILL_VALUE_TEXT_BYTES];
        char decided[DRILL_VALUE_TEXT_BYTES];
        drill_time_format(verdict->entry->at_us, at);
        drill_time_format(verdict->decided_us, decided);
        fprintf(pen->stream, "  %s %s  %s\n", mark(pen, verdict->held), at,
                drill_entry_name(verdict->entry));
        fprintf(pen->stream, "              %s%s: %s%s\n", DIM(pen),
                verdict->is_decided ? decided : "never decided", verdict->detail, PLAIN(pen));
    }
}

static void print_region_minute(const struct pen *pen, size_t minute, struct drill_bucket *bucket)
{
    char p50[DRILL_VALUE_TEXT_BYTES] = "-";
    char p99[DRILL_VALUE_TEXT_BYTES] = "-";
    if (bucket->latencies.count > 0) {
        drill_value_format(DRILL_UNIT_DURATION,
                           drill_latencies_percentile_us(&bucket->latencies, 50), p50);
        drill_value_format(DRILL_UNIT_DURATION,
                           drill_latencies_percentile_us(&bucket->latencies, 99), p99);
    }
    fprintf(pen->stream, "    %3zu  %9" PRIu64 "  %8" PRIu64 "  %6" PRIu64 "  %10s  %10s\n", minute,
            bucket->requests, bucket->failures, bucket->stale_reads, p50, p99);
}

static void print_regions(const struct pen *pen, struct drill *drill)
{
    for (size_t i = 0; i < drill->measures.region_count; i++) {
        struct drill_region_measure *region = &drill->measures.regions[i];
        if (region->total.requests == 0)
            continue;
        char title[80];
        snprintf(title, sizeof title, "Requests served by %s",
                 region->name[0] != '\0' ? region->name : "no Region (name not resolved)");
        heading(pen, title);
        fprintf(pen->stream, "%s    min   requests    failed   stale         p50         p99%s\n",
                DIM(pen), PLAIN(pen));
        for (size_t j = 0; j < region->bucket_count; j++)
            print_region_minute(pen, j, &region->buckets[j]);
    }
}

static void print_latency_line(const struct pen *pen, const char *name,
                               struct drill_latencies *latencies)
{
    char p50[DRILL_VALUE_TEXT_BYTES];
    char p99[DRILL_VALUE_TEXT_BYTES];
    if (latencies->count == 0)
        return;
    drill_value_format(DRILL_UNIT_DURATION, drill_latencies_percentile_us(latencies, 50), p50);
    drill_value_format(DRILL_UNIT_DURATION, drill_latencies_percentile_us(latencies, 99), p99);
    fprintf(pen->stream, "    %-44s %8zu  %10s  %10s\n", name, latencies->count, p50, p99);
}

static void print_latencies(const struct pen *pen, struct drill *drill)
{
    heading(pen, "Latencies");
    fprintf(pen->stream, "%s    %-44s %8s  %10s  %10s%s\n", DIM(pen), "", "count", "p50", "p99",
            PLAIN(pen));
    for (size_t i = 0; i < drill->measures.link_count; i++) {
        struct drill_link_measure *link = &drill->measures.links[i];
        char name[120];
        snprintf(name, sizeof name, "replication %s -> %s", link->from, link->to);
        print_latency_line(pen, name, &link->latencies);
    }
    for (size_t i = 0; i < drill->measures.region_count; i++) {
        char name[80];
        snprintf(name, sizeof name, "DynamoDB operations in %s", drill->measures.regions[i].name);
        print_latency_line(pen, name, &drill->measures.regions[i].operations);
    }
}

static void print_failures(const struct pen *pen, const struct drill *drill)
{
    if (drill->measures.failure_count == 0)
        return;
    heading(pen, "Failed requests");
    for (size_t i = 0; i < drill->measures.failure_count; i++) {
        const struct drill_failure *failure = &drill->measures.failures[i];
        char first[DRILL_VALUE_TEXT_BYTES];
        char last[DRILL_VALUE_TEXT_BYTES];
        drill_time_format(failure->first_us, first);
        drill_time_format(failure->last_us, last);
        fprintf(pen->stream, "    %6" PRIu64 "  %s (%s to %s)\n", failure->count, failure->detail,
                first, last);
    }
}

#define LOST_SHOWN 20

static void print_lost(const struct pen *pen, const struct drill *drill)
{
    size_t shown = 0;
    for (size_t i = 0; i < drill->measures.write_count; i++) {
        const struct drill_write *write = &drill->measures.writes[i];
        if (!write->is_lost)
            continue;
        if (shown == 0)
            heading(pen, "Lost writes (acknowledged, and in no Region that is up)");
        if (++shown > LOST_SHOWN)
            break;
        char at[DRILL_VALUE_TEXT_BYTES];
        drill_time_format(write->acknowledged_us, at);
        fprintf(pen->stream, "    %s  %s %s in %s\n", at, write->table, write->key, write->region);
    }
    if (shown > LOST_SHOWN)
        fprintf(pen->stream, "    ... more in the JSON report\n");
}

static void print_events(const struct pen *pen, const struct drill *drill)
{
    if (drill->measures.event_count == 0)
        return;
    heading(pen, "Events");
    for (size_t i = 0; i < drill->measures.event_count; i++) {
        const struct drill_event *event = &drill->measures.events[i];
        char at[DRILL_VALUE_TEXT_BYTES];
        drill_time_format(event->at_us, at);
        char text[sizeof event->text];
        size_t room = pen->width - 16;
        drill_text_copy(text, room < sizeof text ? room + 1 : sizeof text, event->text);
        fprintf(pen->stream, "    %s  %s\n", at, text);
    }
    if (drill->measures.events_left_out > 0)
        fprintf(pen->stream, "    ... and %" PRIu64 " more in the trace\n",
                drill->measures.events_left_out);
}

void drill_report_text(struct drill *drill, FILE *stream, unsigned width, bool colour)
{
    if (width == 0)
        width = WIDTH_DEFAULT;
    const struct pen pen = {
        .stream = stream, .width = width > WIDTH_MIN ? width : WIDTH_MIN, .colour = colour};
    bool passed = drill_passed(drill);
    print_head(&pen, drill);
    print_objectives(&pen, drill);
    print_expectations(&pen, drill);
    print_events(&pen, drill);
    print_regions(&pen, drill);
    print_latencies(&pen, drill);
    print_failures(&pen, drill);
    print_lost(&pen, drill);
    fprintf(stream, "\n%s%s%s  %s%" PRIu64 " trace events, sha256 %.16s…%s\n",
            passed ? GREEN(&pen) : RED(&pen), passed ? "PASSED" : "FAILED", PLAIN(&pen), DIM(&pen),
            drill->trace_count, drill->trace_hash, PLAIN(&pen));
}
