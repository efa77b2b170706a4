/* Faults of the registry that live as long as an action. */
#include "emulators/fis/action_kind.h"
#include "sim/core/faults.h"

bool fis_action_add_fault(struct fis_action *action, const struct sim_fault_spec *spec,
                          const char **reason)
{
    struct fis_experiment *experiment = action->experiment;
    struct sim_error error;
    uint64_t id = 0;
    if (action->fault_count == FIS_FAULTS_PER_ACTION_MAX) {
        *reason = "The action has too many targets.";
        return false;
    }
    if (sim_faults_add(experiment->fis->host->core->faults, spec, &id, &error) != RESULT_OK) {
        *reason = sim_arena_strdup(experiment->arena, error.message);
        return false;
    }
    action->fault_ids[action->fault_count++] = id;
    return true;
}

/* Somebody may have cleared one by hand: then it is gone already. */
void fis_action_clear_faults(struct fis_action *action)
{
    struct sim_error error;
    for (size_t i = 0; i < action->fault_count; i++)
        (void)!sim_faults_remove(action->experiment->fis->host->core->faults, action->fault_ids[i],
                                 &error);
    action->fault_count = 0;
}
