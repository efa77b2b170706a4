/* Network actions. There are no subnets here: a subnet of the experiment's Region stands for all
 * programs and simulated clients of the world in that Region. Traffic of the services themselves,
 * such as the replication of global tables, is not touched (FIS user guide, network actions). A
 * live client has no place in the world, so that these actions do not reach it. */
#include <string.h>

#include "emulators/fis/action_kind.h"
#include "sim/core/faults.h"

bool fis_begin_disrupt_connectivity(struct fis_action *action, const char **reason)
{
    const char *region = action->experiment->place.region;
    if (strcmp(fis_action_parameter(action, "scope"), "dynamodb") == 0) {
        const struct sim_fault_spec to_dynamodb = {
            .kind = SIM_FAULT_BLACK_HOLE, .service = "dynamodb", .from = region, .region = region};
        return fis_action_add_fault(action, &to_dynamodb, reason);
    }
    const struct sim_fault_spec leaving = {.kind = SIM_FAULT_BLACK_HOLE, .from = region};
    const struct sim_fault_spec entering = {
        .kind = SIM_FAULT_BLACK_HOLE, .service = "endpoint", .region = region};
    return fis_action_add_fault(action, &leaving, reason) &&
           fis_action_add_fault(action, &entering, reason);
}

bool fis_begin_disrupt_cross_region(struct fis_action *action, const char **reason)
{
    const char *region = action->experiment->place.region;
    const char *other = fis_action_parameter(action, "region");
    if (strcmp(region, other) == 0) {
        *reason = "The Region to isolate from is the experiment's own.";
        return false;
    }
    const struct sim_fault_spec crossing = {
        .kind = SIM_FAULT_BLACK_HOLE, .from = region, .to = other};
    return fis_action_add_fault(action, &crossing, reason);
}
