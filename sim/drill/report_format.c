#include "sim/drill/report_format.h"

#include <inttypes.h>
#include <stdio.h>

/* Three figures or so: "0 ms", "8.25 ms", "845 ms", "2 s", "61.2 s". */
static void duration_format(uint64_t us, char *text)
{
    uint64_t tenths = us % SIM_US_PER_S / 100000;
    bool is_whole_second = us >= SIM_US_PER_S && us % SIM_US_PER_S == 0;
    if (us == 0)
        snprintf(text, DRILL_VALUE_TEXT_BYTES, "0 ms");
    else if (us < 10 * SIM_US_PER_MS && us % SIM_US_PER_MS != 0)
        snprintf(text, DRILL_VALUE_TEXT_BYTES, "%" PRIu64 ".%02" PRIu64 " ms", us / 1000,
                 us % 1000 / 10);
    else if (us < 10 * SIM_US_PER_S && !is_whole_second)
        snprintf(text, DRILL_VALUE_TEXT_BYTES, "%" PRIu64 " ms", us / SIM_US_PER_MS);
    else if (tenths == 0)
        snprintf(text, DRILL_VALUE_TEXT_BYTES, "%" PRIu64 " s", us / SIM_US_PER_S);
    else
        snprintf(text, DRILL_VALUE_TEXT_BYTES, "%" PRIu64 ".%" PRIu64 " s", us / SIM_US_PER_S,
                 tenths);
}

void drill_value_format(enum drill_unit unit, uint64_t value, char text[DRILL_VALUE_TEXT_BYTES])
{
    if (value == UINT64_MAX) {
        snprintf(text, DRILL_VALUE_TEXT_BYTES, "not recovered");
        return;
    }
    switch (unit) {
    case DRILL_UNIT_DURATION:
        duration_format(value, text);
        break;
    case DRILL_UNIT_COUNT:
        snprintf(text, DRILL_VALUE_TEXT_BYTES, "%" PRIu64, value);
        break;
    case DRILL_UNIT_RATE:
        snprintf(text, DRILL_VALUE_TEXT_BYTES, "%" PRIu64 ".%03" PRIu64 " %%", value / 10000,
                 value % 10000 / 10);
        break;
    }
}

void drill_objective_format(const struct drill *drill, enum drill_measure measure,
                            char text[DRILL_OBJECTIVE_TEXT_BYTES])
{
    const struct drill_objective *objective = &drill->file->objectives[measure];
    enum drill_unit unit = drill_measures[measure].unit;
    char low[DRILL_VALUE_TEXT_BYTES];
    char high[DRILL_VALUE_TEXT_BYTES];
    text[0] = '\0';
    if (!objective->is_set)
        return;
    drill_value_format(unit, objective->low, low);
    drill_value_format(unit, objective->high, high);
    if (objective->high == UINT64_MAX)
        snprintf(text, DRILL_OBJECTIVE_TEXT_BYTES, "at least %s", low);
    else if (objective->low == 0)
        snprintf(text, DRILL_OBJECTIVE_TEXT_BYTES, "at most %s", high);
    else
        snprintf(text, DRILL_OBJECTIVE_TEXT_BYTES, "%s to %s", low, high);
}

void drill_time_format(uint64_t at_us, char text[DRILL_VALUE_TEXT_BYTES])
{
    uint64_t seconds = at_us / SIM_US_PER_S;
    snprintf(text, DRILL_VALUE_TEXT_BYTES, "%02" PRIu64 ":%02" PRIu64 ".%03" PRIu64, seconds / 60,
             seconds % 60, at_us % SIM_US_PER_S / SIM_US_PER_MS);
}

const char *drill_entry_name(const struct drill_timeline_entry *entry)
{
    static const char *const kinds[] = {[DRILL_CALL] = "call",
                                        [DRILL_FAULT] = "fault",
                                        [DRILL_CLEAR] = "clear",
                                        [DRILL_EXPECT] = "expectation"};
    if (entry->name != NULL)
        return entry->name;
    if (entry->action == DRILL_EXPECT)
        return entry->expect.subject;
    return entry->action == DRILL_CALL ? entry->call.operation : kinds[entry->action];
}

bool drill_entry_is_judged(const struct drill_timeline_entry *entry)
{
    return entry->action == DRILL_CALL || entry->action == DRILL_EXPECT;
}
