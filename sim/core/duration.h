/* duration.h -- times and rates as people write them.
 *
 * Purpose  "800ms", "1.2s", "5m", "2h", "250us", "1h30m" to µs and back; "20%", "0.5" to ppm.
 * Errors   INVALID with a sentence that shows the text and the allowed forms. */
#ifndef SIM_CORE_DURATION_H
#define SIM_CORE_DURATION_H

#include "sim/core/error.h"

#define SIM_DURATION_MAX_US (UINT64_C(100) * 365 * 86400 * SIM_US_PER_S)

MUST_USE enum sim_result sim_duration_parse(const char *text, uint64_t *duration_us,
                                            struct sim_error *error);
/* "10m..30m", or one duration for both ends. */
MUST_USE enum sim_result sim_duration_range_parse(const char *text, uint64_t *least_us,
                                                  uint64_t *most_us, struct sim_error *error);
/* Shortest exact text: "800ms", "1.2s", "5m"; text holds SIM_DURATION_TEXT_BYTES. */
#define SIM_DURATION_TEXT_BYTES 32
void sim_duration_format(uint64_t duration_us, char *text);
/* "20%", "0.2%" or a fraction "0..1" */
MUST_USE enum sim_result sim_rate_parse(const char *text, uint64_t *rate_ppm,
                                        struct sim_error *error);

#endif
