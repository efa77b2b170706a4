/* check.h -- health checks: what they watch, what they say, and when DNS hears of it.
 *
 * Purpose  A check's verdict follows its checkers (endpoint types), its children (CALCULATED), a
 *          routing control (RECOVERY_CONTROL) or an alarm (CLOUDWATCH_METRIC). The verdict reaches
 *          DNS after the propagation delay.
 * Source   Route 53 developer guide, "How Route 53 determines whether a health check is healthy",
 *          "Values that you specify when you create or update health checks".
 * Owner    struct r53_checks owns its checks, and these their pending events.
 * Units    times in µs of the simulated clock. */
#ifndef EMULATORS_ROUTE53_CHECK_H
#define EMULATORS_ROUTE53_CHECK_H

#include <cjson/cJSON.h>

#include "emulators/route53/zone.h"
#include "sim/core/random.h"

#define R53_CHECK_MAX             200 /* quota */
#define R53_CHECK_CHILDREN_MAX    255
#define R53_CHECK_REFERENCES_MAX  1000 /* of deleted checks, remembered */
#define R53_CHECKER_REGION_COUNT  8
#define R53_CHECKER_COUNT         16 /* two in each Region */
#define R53_HEALTHY_SHARE_PERCENT 18 /* more than this of the checkers: healthy */
#define R53_STATUS_BYTES          256

extern const char *const r53_checker_regions[R53_CHECKER_REGION_COUNT];

struct r53;
struct r53_check;
struct r53_probe;
struct r53_verdict;

enum r53_check_family {
    R53_CHECK_ENDPOINT,
    R53_CHECK_CALCULATED,
    R53_CHECK_CONTROL,
    R53_CHECK_ALARM,
};

struct r53_check_type {
    const char *name; /* "HTTP_STR_MATCH" */
    enum r53_check_family family;
    bool is_tcp;
    bool is_tls;
    bool searches;
};

/* What one checker saw. */
struct r53_observation {
    uint64_t at_us; /* 0: nothing yet */
    char status[R53_STATUS_BYTES];
};

struct r53_checker {
    struct r53_check *check;
    size_t index; /* 0..15; two neighbours share a Region */
    bool is_used; /* its Region is among those of the check */
    bool is_healthy;
    uint32_t passed_in_a_row;
    uint32_t failed_in_a_row;
    struct r53_observation last;
    struct r53_observation last_failure;
    uint64_t event;          /* the next probe; 0: none */
    struct r53_probe *probe; /* under way, or NULL */
};

/* What a CLOUDWATCH_METRIC check knows of its alarm. */
enum r53_alarm_state { R53_ALARM_INSUFFICIENT_DATA, R53_ALARM_OK, R53_ALARM_ALARM };
struct r53_alarm {
    enum r53_alarm_state state;
    bool was_healthy; /* by the latest state that said something; true before there was one */
    cJSON
        *configuration; /* CloudWatchAlarmConfiguration, as of the check's latest change; or NULL */
    uint64_t event;     /* the next look; 0: none */
};

struct r53_check {
    struct r53 *r53;
    char id[SIM_UUID_TEXT_BYTES];
    char *caller_reference;
    cJSON *config; /* HealthCheckConfig with its defaults filled in */
    const struct r53_check_type *type;
    int64_t version;
    struct r53_tags tags;
    struct r53_checker checkers[R53_CHECKER_COUNT]; /* ENDPOINT */
    struct r53_alarm alarm;                         /* ALARM */
    bool is_silent; /* the latest real probe timed out: on a virtual clock the next waits less */
    bool verdict;   /* what the API says now */
    bool served;    /* what DNS goes by */
    struct r53_verdict *on_the_way; /* to DNS, earliest first */
};

struct r53_checks {
    struct r53_check **by_id; /* sorted */
    size_t count;
    char *spent_references[R53_CHECK_REFERENCES_MAX]; /* a ring */
    size_t spent_count;
    struct r53_probe *probes; /* under way, also of deleted checks */
    uint64_t metrics_event;   /* the next minute's; 0: there was no check yet */
};

void r53_checks_clear(struct r53 *r53);   /* checks go; probes under way lose their check */
void r53_checks_destroy(struct r53 *r53); /* probes as well: nobody may answer them any more */
struct r53_check *r53_check_find(const struct r53_checks *checks, const char *id);
/* What DNS goes by; a check that does not exist (any more) does not make anything unhealthy. */
bool r53_check_is_served_healthy(const struct r53_checks *checks, const char *id);
bool r53_check_reference_is_spent(const struct r53_checks *checks, const char *reference);

/* Takes config. The verdict counts at once. */
struct r53_check *r53_check_add(struct r53 *r53, const char *reference, cJSON *config);
/* One found in the data directory; takes config. */
struct r53_check *r53_check_restore(struct r53 *r53, const char *id, const char *reference,
                                    cJSON *config);
/* All verdicts from what is known now, and DNS goes by them at once. */
void r53_checks_judge_anew(struct r53_checks *checks);
void r53_check_replace_config(struct r53_check *check, cJSON *config); /* takes it */
void r53_check_remove(struct r53_check *check);                        /* and destroys it */
/* Looks again; a new verdict is traced and sent on its way, and parents look as well. */
void r53_check_reconsider(struct r53_check *check, const char *cause);
/* One probe's outcome. */
void r53_checker_record(struct r53_checker *checker, bool passed, const char *status);
/* A routing control changed. */
void r53_checks_hear_control(struct r53 *r53, const char *arn);

/* How many of the checkers that have probed say healthy. */
struct r53_tally {
    size_t healthy;
    size_t reporting;
};
struct r53_tally r53_check_tally(const struct r53_check *check);
size_t r53_check_healthy_children(const struct r53_check *check);

/* check_config.c: NULL: *fault (R53_FAULT_BYTES) says why, *code is its error code. old is NULL at
 * creation; at an update input has only what changes. */
MUST_USE cJSON *r53_check_config(const struct r53_checks *checks, const cJSON *old,
                                 const cJSON *input, const char **code, char *fault);
const struct r53_check_type *r53_check_type_find(const char *name);
/* Whether a config that was read from a file has all that a check goes by. */
bool r53_check_config_is_sound(const cJSON *config);

/* check_alarm.c: begin copies the alarm's configuration and looks at it from now on; a check that
 * follows no alarm is left alone. */
void r53_alarm_begin(struct r53_check *check);
void r53_alarm_end(struct r53_check *check);
bool r53_alarm_says_healthy(const struct r53_check *check);
void r53_checks_hear_alarm(struct r53 *r53, const char *arn); /* looks now, not at the next poll */
/* What the alarm of this config cannot be followed for, in words; NULL: nothing, or there is no
 * such alarm (yet). */
const char *r53_alarm_fault(const struct r53 *r53, const cJSON *config);

/* check_metrics.c: AWS/Route53 in us-east-1, each minute of simulated time. */
void r53_metrics_begin(struct r53 *r53);
void r53_metrics_end(struct r53 *r53);
/* How long one probe took, for checks that measure it. */
struct r53_latency {
    uint64_t connect_us;
    uint64_t handshake_us; /* 0: no TLS */
    uint64_t first_byte_us;
};
void r53_metrics_record_latency(const struct r53_checker *checker,
                                const struct r53_latency *latency);

/* check_place.c: where checkers stand. The Region of the world that a checker asks from: its own,
 * else the nearest; NULL: the world has none. */
const struct sim_region *r53_checker_place(const struct r53_checker *checker);
/* Published ranges: a checker's address is in the one of the same index. */
extern const char *const r53_checker_ranges[R53_CHECKER_COUNT];
#define R53_CHECKER_ADDRESS_BYTES 16
void r53_checker_address(size_t checker, char text[R53_CHECKER_ADDRESS_BYTES]);

/* check_probe.c */
void r53_check_start_probes(struct r53_check *check);
void r53_check_stop_probes(struct r53_check *check);
void r53_probes_destroy(struct r53 *r53);

#endif
