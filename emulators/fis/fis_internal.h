/* fis_internal.h -- templates, experiments and what the files of this folder call of each other.
 *
 * Owner    struct fis owns templates and experiments; an experiment keeps a copy of its template's
 *          document, so that changing or deleting the template does not touch it.
 * Units    times in µs of the simulated clock. */
#ifndef EMULATORS_FIS_FIS_INTERNAL_H
#define EMULATORS_FIS_FIS_INTERNAL_H

#include "emulators/fis/fis.h"
#include "sim/core/random.h"

/* Quotas of a Region and account (FIS user guide, quotas). */
#define FIS_TEMPLATES_MAX         500
#define FIS_ACTIVE_MAX            5
#define FIS_ACTIONS_MAX           20
#define FIS_PARALLEL_MAX          10
#define FIS_STOP_CONDITIONS_MAX   5
#define FIS_TAGS_MAX              50
#define FIS_ACCOUNTS_MAX          40
#define FIS_GLOBAL_TABLES_MAX     60 /* targeted by tags */
#define FIS_DURATION_MAX_US       (UINT64_C(12) * 3600 * SIM_US_PER_S)
#define FIS_RETENTION_US          (UINT64_C(120) * 86400 * SIM_US_PER_S)
#define FIS_EXPERIMENTS_MAX       5000 /* finished ones beyond that go, oldest first: our choice */
#define FIS_ARN_MAX               192
#define FIS_ID_MAX                32
#define FIS_FAULTS_PER_ACTION_MAX 128

struct fis_place { /* templates and experiments belong to a Region and an account */
    char region[32];
    char account[13];
};

struct fis_template {
    char id[FIS_ID_MAX];
    char arn[FIS_ARN_MAX];
    struct fis_place place;
    char *client_token;
    cJSON *document; /* as GetExperimentTemplate tells it */
    cJSON *accounts; /* target account configurations: {account id: {roleArn, description}} */
    struct fis_template *prev;
    struct fis_template *next;
};

enum fis_status { /* of experiments and actions; not every one of both */
                  FIS_PENDING,
                  FIS_INITIATING,
                  FIS_RUNNING,
                  FIS_COMPLETED,
                  FIS_STOPPING,
                  FIS_STOPPED,
                  FIS_FAILED,
                  FIS_CANCELLED,
                  FIS_SKIPPED,
};

struct fis_action_kind;

struct fis_action {
    struct fis_experiment *experiment;
    const char *name;   /* in the experiment's document */
    const cJSON *facts; /* likewise: actionId, parameters, targets, startAfter */
    const struct fis_action_kind *kind;
    enum fis_status status;
    const char *reason; /* constant, or in the experiment's arena */
    uint64_t started_us;
    uint64_t ended_us; /* 0: not yet */
    uint64_t event;    /* its end */
    uint64_t fault_ids[FIS_FAULTS_PER_ACTION_MAX];
    size_t fault_count;
};

struct fis_experiment {
    struct fis *fis;
    struct sim_arena *arena; /* what lives as long as it does */
    char id[FIS_ID_MAX];
    char arn[FIS_ARN_MAX];
    struct fis_place place;
    char *client_token;
    char *template_id;
    cJSON *document; /* what GetExperiment tells and does not change: targets, tags, roleArn ... */
    cJSON *accounts;
    cJSON *resolved; /* array of {resourceType, targetName, targetInformation} once resolved */
    bool skips_all;
    enum fis_status status;
    const char *reason;
    const char *error_code; /* NULL: none */
    const char *error_location;
    uint64_t created_us;
    uint64_t started_us; /* 0: not yet */
    uint64_t ended_us;
    uint64_t event;       /* the next step of its state */
    uint64_t watch_event; /* the next look at the stop conditions */
    struct fis_action *actions;
    size_t action_count;
    struct fis_experiment *prev;
    struct fis_experiment *next;
};

struct fis_lever {
    struct fis_place place;
    bool is_engaged;
    char *reason;
    struct fis_lever *next;
};

struct fis {
    const struct wire_host *host;
    struct sim_random ids;
    struct sim_random choices; /* COUNT(n) and PERCENT(n) */
    uint64_t transient_delay_us;
    struct fis_template *templates;     /* in the order of creation */
    struct fis_experiment *experiments; /* likewise */
    struct fis_lever *levers;
};

/* template.c */
wire_handler fis_create_template, fis_get_template, fis_update_template, fis_delete_template,
    fis_list_templates;
struct fis_template *fis_template_find(struct fis *fis, const struct wire_call *call,
                                       const char *id);
void fis_template_remove(struct fis *fis, struct fis_template *found);
/* experiment.c */
wire_handler fis_start_experiment, fis_get_experiment, fis_stop_experiment, fis_list_experiments,
    fis_list_resolved_targets;
struct fis_experiment *fis_experiment_find(struct fis *fis, const struct wire_call *call,
                                           const char *id);
void fis_experiment_remove(struct fis_experiment *experiment);
const char *fis_status_name(enum fis_status status);
bool fis_status_is_final(enum fis_status status);
/* action_kind.c */
wire_handler fis_list_actions, fis_get_action, fis_list_target_types, fis_get_target_type;
/* safety_lever.c */
wire_handler fis_get_safety_lever, fis_update_safety_lever;
bool fis_lever_is_engaged(const struct fis *fis, const struct fis_place *place);
void fis_levers_remove(struct fis *fis);
/* account_configuration.c */
wire_handler fis_create_account, fis_get_account, fis_update_account, fis_delete_account,
    fis_list_accounts, fis_get_experiment_account, fis_list_experiment_accounts;
/* tags.c */
wire_handler fis_list_tags, fis_tag_resource, fis_untag_resource;

/* place.c */
struct fis_place fis_place_of(const struct wire_call *call);
bool fis_place_is(const struct fis_place *place, const struct wire_call *call);
/* "EXT" or "EXP" and letters and digits, into id and the ARN of that kind. */
void fis_identify(struct fis *fis, const struct fis_place *place, const char *prefix,
                  const char *kind, char id[FIS_ID_MAX], char arn[FIS_ARN_MAX]);
/* Times in answers are seconds, to the millisecond. */
void fis_add_time(cJSON *object, const char *name, uint64_t time_us);
/* A page of a list that is already filtered: nextToken is the number of items given before. Items
 * beyond the page are deleted; false: the call has failed with a wrong token. */
MUST_USE bool fis_page(struct wire_call *call, cJSON *output, const char *list_name);
enum wire_progress fis_invalid(struct wire_call *call, const char *format, ...) PRINTF_LIKE(2, 3);
enum wire_progress fis_not_found(struct wire_call *call, const char *what, const char *id);

#endif
