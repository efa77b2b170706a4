/* fixture_arc.h -- both routing-control services behind a real dispatcher, on a virtual clock. */
#ifndef TESTS_UNIT_ARC_FIXTURE_ARC_H
#define TESTS_UNIT_ARC_FIXTURE_ARC_H

#include "emulators/arc/arc.h"
#include "emulators/wire/dispatch.h"
#include "emulators/wire/health.h"

#define ARN_BYTES 257

/* Five Regions with an endpoint each and one without; what the last call answered. */
struct arc_lab {
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct arc *arc;
    enum wire_outcome outcome;
    char code[64];
    char message[1024];
    int status;
    cJSON *members; /* of the error's body, or NULL */
    cJSON *output;  /* NULL after an error */
    char trace[8192];
    char statuses[2048]; /* "NAME STATUS" a line, from the trace */
    char told[2048];     /* ARNs of which health was told, one a line */
};

int arc_lab_set_up(void **state);
int arc_lab_tear_down(void **state);

/* One call; the answer lives until the next. endpoint NULL: the control plane. The format makes
 * the input's JSON. */
const cJSON *arc_lab_ask(struct arc_lab *lab, const char *endpoint, const char *operation,
                         const char *format, ...) PRINTF_LIKE(4, 5);
/* The same, and a failed test unless it succeeded. */
const cJSON *arc_lab_do(struct arc_lab *lab, const char *endpoint, const char *operation,
                        const char *format, ...) PRINTF_LIKE(4, 5);
/* The last call must have failed like this; part must stand in the message. */
void arc_lab_expect_error(const struct arc_lab *lab, const char *code, int status,
                          const char *part);
void arc_lab_run_for(struct arc_lab *lab, uint64_t duration_us);
uint64_t arc_lab_add_fault(struct arc_lab *lab, const struct sim_fault_spec *spec);
void arc_lab_remove_fault(struct arc_lab *lab, uint64_t id);

/* "Cluster.Status" of the last answer. */
const char *arc_lab_text(const struct arc_lab *lab, const char *object, const char *member);

/* What most tests need first, DEPLOYED; the ARN is left in arn. */
void arc_lab_cluster(struct arc_lab *lab, const char *name, char *arn);
void arc_lab_default_panel(struct arc_lab *lab, const char *cluster, char *arn);
void arc_lab_panel(struct arc_lab *lab, const char *cluster, const char *name, char *arn);
void arc_lab_control(struct arc_lab *lab, const char *cluster, const char *panel, const char *name,
                     char *arn);
/* type "ATLEAST", "AND", "OR"; lists are JSON arrays' contents; targets NULL: an assertion rule. */
struct arc_lab_rule {
    const char *panel, *name, *type, *controls, *targets;
    int threshold;
    bool inverted;
    int wait_ms;
};
void arc_lab_rule(struct arc_lab *lab, const struct arc_lab_rule *rule, char *arn);
/* On or Off by the endpoint in us-east-1, after a second so that nothing is throttled. */
const cJSON *arc_lab_switch(struct arc_lab *lab, const char *control, bool on);
bool arc_lab_is_on(struct arc_lab *lab, const char *endpoint, const char *control);

#endif
