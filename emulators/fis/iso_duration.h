/* iso_duration.h -- ISO 8601 durations as FIS writes them: "PT5M", "PT1H30M", "P1D".
 *
 * Errors   false for any other text: no weeks, months or years, no fractions, nothing above 100
 *          days (callers have a smaller limit of their own). */
#ifndef EMULATORS_FIS_ISO_DURATION_H
#define EMULATORS_FIS_ISO_DURATION_H

#include "sim/core/base.h"

MUST_USE bool fis_duration_parse(const char *text, uint64_t *duration_us);

#endif
