/* The report for CI: one test case an objective and one an expectation. */
#include <inttypes.h>
#include <string.h>

#include "sim/drill/report_format.h"

static void print_escaped(FILE *stream, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        switch (*at) {
        case '&':
            fputs("&amp;", stream);
            break;
        case '<':
            fputs("&lt;", stream);
            break;
        case '>':
            fputs("&gt;", stream);
            break;
        case '"':
            fputs("&quot;", stream);
            break;
        default: /* other control characters have no place in XML 1.0 */
            fputc((unsigned char)*at < 0x20 ? ' ' : *at, stream);
        }
    }
}

static void print_case(FILE *stream, const struct drill *drill, const char *class_name,
                       const char *name, bool good, const char *achieved, const char *wanted)
{
    fprintf(stream, "    <testcase classname=\"%s\" name=\"", class_name);
    print_escaped(stream, name);
    if (good) {
        fputs("\"/>\n", stream);
        return;
    }
    fputs("\">\n      <failure message=\"", stream);
    print_escaped(stream, achieved);
    fputs("; wanted: ", stream);
    print_escaped(stream, wanted);
    fprintf(stream, "\">seed %" PRIu64 "\nreplay: regionlab drill ", drill->seed);
    print_escaped(stream, drill->file->path);
    fprintf(stream, " --seed %" PRIu64 "</failure>\n    </testcase>\n", drill->seed);
}

static void print_objective(FILE *stream, const struct drill *drill, enum drill_measure measure)
{
    char achieved[DRILL_VALUE_TEXT_BYTES] = "not measured";
    char wanted[DRILL_OBJECTIVE_TEXT_BYTES];
    if (drill->measures.is_known[measure])
        drill_value_format(drill_measures[measure].unit, drill->measures.values[measure], achieved);
    drill_objective_format(drill, measure, wanted);
    print_case(stream, drill, "objective", drill_measures[measure].title,
               drill_objective_is_met(drill, measure), achieved, wanted);
}

static void count(const struct drill *drill, unsigned *tests, unsigned *failures)
{
    *tests = 0;
    *failures = 0;
    for (size_t i = 0; i < DRILL_MEASURE_COUNT; i++) {
        *tests += drill->file->objectives[i].is_set;
        *failures += !drill_objective_is_met(drill, (enum drill_measure)i);
    }
    for (size_t i = 0; i < drill->file->timeline_count; i++) {
        bool is_judged = drill_entry_is_judged(drill->verdicts[i].entry);
        *tests += is_judged;
        *failures += is_judged && !drill->verdicts[i].held;
    }
}

void drill_report_junit(const struct drill *drill, FILE *stream)
{
    unsigned tests;
    unsigned failures;
    count(drill, &tests, &failures);
    fprintf(stream,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"");
    print_escaped(stream, drill->file->title);
    fprintf(stream, "\" tests=\"%u\" failures=\"%u\">\n", tests, failures);
    for (size_t i = 0; i < DRILL_MEASURE_COUNT; i++)
        if (drill->file->objectives[i].is_set)
            print_objective(stream, drill, (enum drill_measure)i);
    for (size_t i = 0; i < drill->file->timeline_count; i++) {
        const struct drill_verdict *verdict = &drill->verdicts[i];
        if (drill_entry_is_judged(verdict->entry))
            print_case(stream, drill, "timeline", drill_entry_name(verdict->entry), verdict->held,
                       verdict->detail, "what the drill says");
    }
    fputs("  </testsuite>\n</testsuites>\n", stream);
}
