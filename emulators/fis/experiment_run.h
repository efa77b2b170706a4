/* experiment_run.h -- an experiment on its way: pending, initiating, running, and how it ends.
 *
 * How it works
 *   Each step is an event. Half the transient delay after the start an experiment is initiating,
 *   after the other half its targets are resolved and it runs: every action whose startAfter are
 *   done begins, ten at most at a time. An action with a duration ends by its event. When nothing
 *   is left, the experiment is completed. A failed action, a stop condition's alarm, StopExperiment
 *   or an engaged safety lever undo what runs and cancel what has not begun. */
#ifndef EMULATORS_FIS_EXPERIMENT_RUN_H
#define EMULATORS_FIS_EXPERIMENT_RUN_H

#include "emulators/fis/fis_internal.h"

void fis_experiment_begin(struct fis_experiment *experiment);
/* stopping now, stopped after the transient delay. The reason is a constant. */
void fis_experiment_stop(struct fis_experiment *experiment, const char *reason);
/* Undoes what its actions broke, at once: before it is removed. */
void fis_experiment_undo(struct fis_experiment *experiment);

#endif
