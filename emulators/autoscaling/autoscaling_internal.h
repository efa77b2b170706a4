/* autoscaling_internal.h -- targets, policies, scheduled actions and activities, and what the files
 * of this folder call of each other.
 *
 * Owner    struct aas owns targets and activities, a target its policies and scheduled actions. All
 *          lists are in the order of creation.
 * Units    times in µs of the simulated clock; capacity in units a second, what was consumed in
 *          halves of a unit; target values in thousandths of a per cent. */
#ifndef EMULATORS_AUTOSCALING_AUTOSCALING_INTERNAL_H
#define EMULATORS_AUTOSCALING_AUTOSCALING_INTERNAL_H

#include <uthash.h>

#include "emulators/autoscaling/autoscaling.h"
#include "emulators/autoscaling/schedule.h"
#include "sim/core/random.h"

/* Quotas (user guide, "Quotas for Application Auto Scaling"). */
#define AAS_TARGETS_MAX           5000 /* of DynamoDB, in a Region and account */
#define AAS_POLICIES_MAX          50   /* of a target */
#define AAS_SCHEDULED_ACTIONS_MAX 200
#define AAS_TAGS_MAX              50
#define AAS_ACTIVITIES_KEPT_US    (UINT64_C(42) * 86400 * SIM_US_PER_S)
#define AAS_ACTIVITIES_MAX        5000 /* older ones go: our choice */

#define AAS_MINUTE_US         (UINT64_C(60) * SIM_US_PER_S)
#define AAS_SCALE_OUT_MINUTES 2
#define AAS_SCALE_IN_MINUTES  15
#define AAS_SCALE_IN_BELOW    20000 /* of the target value: 20 per cent points */

struct aas_policy {
    char *name;
    char *arn;
    char id[SIM_UUID_TEXT_BYTES];
    cJSON *configuration; /* TargetTrackingScalingPolicyConfiguration as it was given */
    int64_t target_value; /* thousandths of a per cent */
    uint64_t scale_out_cooldown_us;
    uint64_t scale_in_cooldown_us;
    bool never_scales_in;
    uint64_t created_us;
    unsigned minutes_above;
    unsigned minutes_below;
    struct aas_policy *prev, *next;
};

struct aas_scheduled {
    struct aas_target *target;
    char *name;
    char *arn;
    char *expression;
    char *time_zone; /* NULL: none was given */
    struct aas_schedule schedule;
    cJSON *action; /* ScalableTargetAction */
    uint64_t created_us;
    uint64_t start_us; /* 0: from the creation */
    uint64_t end_us;   /* 0: never */
    uint64_t event;
    struct aas_scheduled *prev, *next;
};

struct aas_minute { /* what was consumed in one minute */
    uint64_t number;
    uint64_t halves;
};

struct aas_target {
    struct aas *aas;
    char *region;
    char *account;
    char *resource_id;
    char *table;
    char *index; /* NULL: the table itself */
    bool is_write;
    char *role_arn;
    char *arn;
    int64_t min;
    int64_t max;
    uint64_t created_us;
    bool is_scale_in_suspended, is_scale_out_suspended, is_schedule_suspended;
    cJSON *tags;            /* {key: value} */
    uint64_t scaled_out_us; /* the last time; 0: never */
    uint64_t scaled_in_us;
    struct aas_minute current, previous;
    struct aas_policy *policies;
    struct aas_scheduled *scheduled;
    struct aas_target *prev, *next;
    char *heard_key; /* while it is in heard; else NULL */
    UT_hash_handle hh;
};

struct aas_activity {
    char id[SIM_UUID_TEXT_BYTES];
    char *region;
    char *account;
    char *resource_id;
    bool is_index;
    bool is_write;
    char *description;
    char *cause;
    char *status; /* "Successful" */
    char *message;
    uint64_t at_us;
    struct aas_activity *prev, *next;
};

struct aas {
    const struct wire_host *host;
    struct sim_random ids;
    struct aas_target *targets;
    struct aas_activity *activities; /* the newest first */
    size_t activity_count;
    struct aas_target *heard; /* those with policies, by what they consume (tracking.c) */
    bool is_changed;          /* since it was saved (save.c) */
    uint64_t tick_event;      /* 0: nothing to look at */
};

uint64_t aas_now_us(const struct aas *aas);

/* target.c */
wire_handler aas_register_target, aas_deregister_target, aas_describe_targets;
wire_handler aas_tag_resource, aas_untag_resource, aas_list_tags;
/* "dynamodb:table:WriteCapacityUnits" */
const char *aas_dimension_name(bool is_index, bool is_write);
/* Whether the call's ServiceNamespace and ScalableDimension (which may be missing) are what we
 * serve; else the call has failed. */
MUST_USE bool aas_check_namespace(struct wire_call *call);
/* The target that the call names; NULL: none. */
struct aas_target *aas_target_find(struct aas *aas, const struct wire_call *call);
/* "service namespace: dynamodb, resource ID: ..., scalable dimension: ..." of the call. */
const char *aas_call_place(const struct wire_call *call);
/* Whether a thing of that Region, account, resource and dimension is asked for by a Describe. */
bool aas_is_asked_for(const struct wire_call *call, const char *region, const char *account,
                      const char *resource_id, const char *dimension);
void aas_target_remove(struct aas_target *target);
/* Bounds may have changed: brings the capacity into them. cause: "minimum capacity was set to 5".
 */
void aas_target_keep_bounds(struct aas_target *target);

/* save.c: what is found again in a data directory. */
enum sim_result aas_save(void *aas, struct sim_error *error);
MUST_USE enum sim_result aas_load(struct aas *aas, struct sim_error *error);
/* As the Describe operations tell them, and made again of that; NULL or false: it is damaged. */
MUST_USE cJSON *aas_target_describe(const struct aas_target *target);
MUST_USE struct aas_target *aas_target_restore(struct aas *aas, const cJSON *saved);
MUST_USE cJSON *aas_policy_describe(const struct aas_target *target,
                                    const struct aas_policy *policy);
MUST_USE bool aas_policy_restore(struct aas_target *target, const cJSON *saved);
MUST_USE cJSON *aas_scheduled_describe(const struct aas_scheduled *scheduled);
MUST_USE bool aas_scheduled_restore(struct aas_target *target, const cJSON *saved);

/* page.c: cuts output's list to the page asked for; false: the call has failed with a wrong token.
 */
MUST_USE bool aas_page(struct wire_call *call, cJSON *output, const char *list_name);
void aas_add_time(cJSON *object, const char *name, uint64_t time_us);
/* Of a time in seconds; 0 where there is none. */
uint64_t aas_time_us(const cJSON *object, const char *name);

/* policy.c */
wire_handler aas_put_policy, aas_delete_policy, aas_describe_policies;
void aas_policy_remove(struct aas_target *target, struct aas_policy *policy);
/* The arena's: "TargetTracking-table/t-AlarmHigh-<id>". */
const char *aas_alarm_name(struct sim_arena *arena, const struct aas_target *target,
                           const struct aas_policy *policy, const char *kind);

/* scheduled_action.c */
wire_handler aas_put_scheduled, aas_delete_scheduled, aas_describe_scheduled;
void aas_scheduled_remove(struct aas_scheduled *scheduled);

/* activity.c */
wire_handler aas_describe_activities;
/* status: "Successful" or "Failed". All texts are copied. */
void aas_activity_add(const struct aas_target *target, const char *description, const char *cause,
                      const char *status, const char *message);
void aas_activities_remove(struct aas *aas);

/* tracking.c: after a policy came or went. Looking every minute begins with the first target that
 * has one and ends with the last. */
void aas_tracking_refresh(struct aas_target *target);

/* capacity.c: DynamoDB's side, by dispatch. */
enum aas_capacity_answer {
    AAS_CAPACITY_OK,
    AAS_CAPACITY_NO_TABLE,
    AAS_CAPACITY_NO_INDEX,
    AAS_CAPACITY_ON_DEMAND,
    AAS_CAPACITY_UNREACHABLE
};
struct aas_capacity {
    int64_t reads;
    int64_t writes;
    bool is_active;
    char other_replica[64]; /* a Region with another replica; "": none */
};
enum aas_capacity_answer aas_capacity_read(const struct aas_target *target,
                                           struct aas_capacity *capacity);
/* Changes the target's capacity and records the activity; false: it failed, which is recorded too.
 */
bool aas_scale(struct aas_target *target, const struct aas_capacity *capacity, int64_t units,
               const char *cause);

#endif
