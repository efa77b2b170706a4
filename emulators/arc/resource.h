/* resource.h -- what clusters, control panels, routing controls and safety rules have in common.
 *
 * Purpose  One registry by ARN: names, life cycle (PENDING, DEPLOYED, PENDING_DELETION, gone),
 *          tags, idempotency tokens, parents. A cluster is the parent of panels, a panel of
 *          controls and rules.
 * Owner    The arc object owns every resource; pointers are good until it is gone.
 * Source   ARC developer guide and API references, routing control.
 */
#ifndef EMULATORS_ARC_RESOURCE_H
#define EMULATORS_ARC_RESOURCE_H

#include <uthash.h>

#include "emulators/arc/arc.h"

#define ARC_ARN_MAX           256
#define ARC_NAME_MAX          64
#define ARC_TOKEN_MAX         64
#define ARC_RULE_CONTROLS_MAX 100

#define ARC_CLUSTERS_PER_ACCOUNT 2
#define ARC_PANELS_PER_CLUSTER   50
#define ARC_CONTROLS_PER_PANEL   100
#define ARC_CONTROLS_PER_CLUSTER 300
#define ARC_RULES_PER_PANEL      20

enum arc_kind { ARC_CLUSTER, ARC_PANEL, ARC_CONTROL, ARC_RULE };
enum arc_status { ARC_PENDING, ARC_DEPLOYED, ARC_PENDING_DELETION };
enum arc_criterion { ARC_ATLEAST, ARC_AND, ARC_OR };

struct arc_resource;

/* The rule's lists hold borrowed controls; a control that a rule names cannot be deleted. */
struct arc_rule {
    bool is_gating;
    enum arc_criterion criterion;
    int64_t threshold;
    bool is_inverted;
    uint64_t wait_us;
    uint64_t quiet_until_us;        /* wait period under way until then */
    struct arc_resource **controls; /* asserted (assertion) or gating (gating) controls */
    size_t control_count;
    struct arc_resource **targets; /* gating: the controls that are gated; NULL for assertions */
    size_t target_count;
};

struct arc_resource {
    struct arc *arc;
    enum arc_kind kind;
    char arn[ARC_ARN_MAX];
    char id[64]; /* last part of the ARN */
    char name[ARC_NAME_MAX + 1];
    char account[13];
    char client_token[ARC_TOKEN_MAX + 1]; /* "" if none was given */
    enum arc_status status;
    uint64_t status_event; /* pending change of status, 0 if none */
    struct arc_resource *parent;
    cJSON *tags;       /* object */
    UT_hash_handle hh; /* by arn */
    uint64_t number;   /* in the order of creation, from 1 */
    bool is_changed;   /* save.h */

    bool is_default_panel; /* ARC_PANEL */
    bool is_dual_stack;    /* ARC_CLUSTER */
    bool is_on;            /* ARC_CONTROL: its committed state */
    struct arc_rule rule;  /* ARC_RULE */
};

struct arc_resource *arc_resource_create(struct arc *arc, enum arc_kind kind, const char *account,
                                         const char *name, const char *client_token,
                                         struct arc_resource *parent);
/* At once: for reset, and for panels that go with their cluster. */
void arc_resource_remove(struct arc_resource *resource);
/* PENDING (again) now, DEPLOYED after the transient delay. */
void arc_resource_deploy(struct arc_resource *resource);
/* PENDING_DELETION now, gone after the transient delay. */
void arc_resource_retire(struct arc_resource *resource);

/* By ARN; NULL for another kind or an unknown one. */
struct arc_resource *arc_resource_find(struct arc *arc, enum arc_kind kind, const char *arn);
/* In order of creation: previous NULL starts. parent NULL means any. */
struct arc_resource *arc_resource_next(struct arc *arc, enum arc_kind kind,
                                       const struct arc_resource *parent,
                                       struct arc_resource *previous);
size_t arc_resource_count(struct arc *arc, enum arc_kind kind, const struct arc_resource *parent);
struct arc_resource *arc_resource_by_token(struct arc *arc, enum arc_kind kind, const char *token);
struct arc_resource *arc_resource_by_name(struct arc *arc, enum arc_kind kind,
                                          const struct arc_resource *parent, const char *name);

void arc_resource_rename(struct arc_resource *resource, const char *name);

const char *arc_status_text(enum arc_status status);

/* One page of a list: items in order of creation rendered by describe. A NextToken is the number of
 * items already given. */
#define ARC_PAGE_DEFAULT 500
enum wire_progress arc_list_page(struct arc *arc, struct wire_call *call, enum arc_kind kind,
                                 const struct arc_resource *parent, const char *list_name,
                                 cJSON *(*describe)(const struct arc_resource *resource));

#endif
