/* save.h -- clusters, panels, controls with their states, and rules in the data directory.
 *
 * Purpose  One document a resource, in the order of creation: parents before children, controls
 *          before rules. Whoever changes a resource calls arc_resource_changed() in the same turn;
 *          the saver writes before the commit. What was PENDING is so again after a start.
 * Note     Without a data directory nothing happens. */
#ifndef EMULATORS_ARC_SAVE_H
#define EMULATORS_ARC_SAVE_H

#include "emulators/arc/arc_internal.h"

void arc_resource_changed(struct arc_resource *resource);
/* It is about to go. */
void arc_resource_unsave(struct arc_resource *resource);

/* A saver (data.h); context is the struct arc. */
enum sim_result arc_save(void *context, struct sim_error *error);
MUST_USE enum sim_result arc_load(struct arc *arc, struct sim_error *error);

#endif
