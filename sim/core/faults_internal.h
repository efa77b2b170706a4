/* faults_internal.h -- what a fault says, apart from the registry that keeps it: checks and
 * matching. */
#ifndef SIM_CORE_FAULTS_INTERNAL_H
#define SIM_CORE_FAULTS_INTERNAL_H

#include "sim/core/faults.h"

/* The names in a spec, so that copying, checking and tracing need no ladder. */
struct sim_fault_name {
    const char *label; /* "region" */
    size_t offset;     /* of the const char * in struct sim_fault_spec */
    bool is_region;
};
#define SIM_FAULT_NAME_COUNT 6
extern const struct sim_fault_name sim_fault_names[SIM_FAULT_NAME_COUNT];

const char **sim_fault_name_in(struct sim_fault_spec *spec, size_t index);
/* NULL for an empty one. */
const char *sim_fault_name_of(const struct sim_fault_spec *spec, size_t index);

/* Kind, required scope, ranges, Regions: all that can be said without upper layers. */
MUST_USE enum sim_result sim_fault_spec_check(const struct sim_fault_spec *spec,
                                              struct sim_network *network, struct sim_error *error);

/* Does spec concern point (rates aside)? *kind is then what it does to it. */
bool sim_fault_matches(const struct sim_fault_spec *spec, const struct sim_fault_point *point,
                       enum sim_fault_kind *kind);

#endif
