/* report_format.h -- measures as people read them. */
#ifndef SIM_DRILL_REPORT_FORMAT_H
#define SIM_DRILL_REPORT_FORMAT_H

#include "sim/drill/drill_internal.h"

#define DRILL_VALUE_TEXT_BYTES     64
#define DRILL_OBJECTIVE_TEXT_BYTES 144

/* "61.2 s", "845 ms", "12", "99.95 %"; "not recovered" for a recovery that did not happen. */
void drill_value_format(enum drill_unit unit, uint64_t value, char text[DRILL_VALUE_TEXT_BYTES]);
/* "<= 90 s", "600 ms .. 1.2 s", ">= 99.9 %"; "" where no objective is set. */
void drill_objective_format(const struct drill *drill, enum drill_measure measure,
                            char text[DRILL_OBJECTIVE_TEXT_BYTES]);
/* "05:00.000" since the drill began. */
void drill_time_format(uint64_t at_us, char text[DRILL_VALUE_TEXT_BYTES]);
/* What an entry of the timeline is called: its name, or its kind. */
const char *drill_entry_name(const struct drill_timeline_entry *entry);
/* Can entries of this kind fail a drill, so that the report lists them? */
bool drill_entry_is_judged(const struct drill_timeline_entry *entry);

#endif
