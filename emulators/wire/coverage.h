/* coverage.h -- which operations of each service answer here, as a page of Markdown.
 *
 * Purpose  The page in the docs is written from the operation tables and the facts, so that it
 *          cannot claim what the program does not do. */
#ifndef EMULATORS_WIRE_COVERAGE_H
#define EMULATORS_WIRE_COVERAGE_H

#include <stdio.h>

#include "emulators/wire/service.h"

struct wire_coverage {
    size_t implemented_count;
    size_t operation_count;
};

/* INVALID when a service's facts do not load. */
MUST_USE enum sim_result wire_coverage_count(const struct wire_service *service,
                                             struct wire_coverage *coverage,
                                             struct sim_error *error);
/* Writes the whole page: totals, then a table for each service in the order given. IO when file
 * takes no more. */
MUST_USE enum sim_result wire_coverage_write(FILE *file, const struct wire_service *const *services,
                                             size_t service_count, struct sim_error *error);

#endif
