/* action_kind.h -- the actions that experiments can take, as data.
 *
 * Purpose  One row an action: what it is called, what it targets, its parameters, how it begins. An
 *          action that AWS has and this emulator has not is no row: templates that name it are
 *          refused.
 * Source   FIS user guide, "AWS FIS actions reference". */
#ifndef EMULATORS_FIS_ACTION_KIND_H
#define EMULATORS_FIS_ACTION_KIND_H

#include "emulators/fis/fis_internal.h"

struct fis_parameter {
    const char *name;
    const char *description;
    bool is_required;
    const char *const *allowed; /* ends with NULL; NULL: any text (a duration is checked as one) */
};

#define FIS_PARAMETERS_MAX 4

struct fis_target_kind {
    const char *resource_type; /* "aws:dynamodb:global-table" */
    const char *description;
};

/* Begins what the action breaks. False: *reason says why it failed, and nothing stays broken. */
typedef bool fis_action_begin(struct fis_action *action, const char **reason);
typedef void fis_action_end(struct fis_action *action);

struct fis_action_kind {
    const char *id;
    const char *description;
    const char *target_key; /* "Tables"; NULL: no targets */
    const struct fis_target_kind *target;
    struct fis_parameter parameters[FIS_PARAMETERS_MAX]; /* ends with a NULL name */
    fis_action_begin *begin;                             /* NULL: nothing to do */
    fis_action_end *end;                                 /* besides clearing its faults */
};

const struct fis_action_kind *fis_action_kind_find(const char *id);
const struct fis_target_kind *fis_target_kind_find(const char *resource_type);
/* The parameter's text, NULL if absent. */
const char *fis_action_parameter(const struct fis_action *action, const char *name);
/* 0 for an action without a duration: it is complete as soon as it has begun. */
uint64_t fis_action_duration_us(const struct fis_action *action);

/* action_replication.c, action_network.c, action_alarm.c */
fis_action_begin fis_begin_pause_replication, fis_begin_disrupt_connectivity,
    fis_begin_disrupt_cross_region, fis_begin_assert_alarm_state;
fis_action_end fis_end_pause_replication;

/* action_fault.c: a fault of the registry that lasts as long as the action. */
MUST_USE bool fis_action_add_fault(struct fis_action *action, const struct sim_fault_spec *spec,
                                   const char **reason);
void fis_action_clear_faults(struct fis_action *action);

#endif
