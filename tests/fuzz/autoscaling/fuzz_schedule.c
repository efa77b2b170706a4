/* Any text as the expression of a scheduled action: parsed or refused, and what is parsed comes
 * next after the moment asked about. */
#include <stdlib.h>
#include <string.h>

#include "emulators/autoscaling/schedule.h"

#define AFTER_US (UINT64_C(1767225600) * SIM_US_PER_S)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct aas_schedule schedule;
    uint64_t at_us = 0;
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (aas_schedule_parse(text, &schedule) &&
        aas_schedule_next(&schedule, AFTER_US, AFTER_US, &at_us))
        CHECK(at_us > AFTER_US);
    free(text);
    return 0;
}
