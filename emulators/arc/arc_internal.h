/* arc_internal.h -- the arc object and the handlers of its folder. */
#ifndef EMULATORS_ARC_ARC_INTERNAL_H
#define EMULATORS_ARC_ARC_INTERNAL_H

#include "emulators/arc/resource.h"
#include "emulators/wire/health.h"

/* The service's text for a second change while the first is under way. */
#define ARC_TEXT_CONCURRENT                                                                        \
    "Conflict occurred while attempting to change the same resource by multiple requests at the "  \
    "same time. Please retry."

#define ARC_ENDPOINT_URL_MAX 128

struct arc_endpoint {
    char
        url[ARC_ENDPOINT_URL_MAX + 1]; /* set by the command line, or drawn in the service's form */
    bool is_url_set;
    bool is_down;           /* out of service on its own */
    uint64_t window_second; /* the second for which updates are counted */
    unsigned window_updates;
};

struct arc {
    const struct wire_host *host;
    struct sim_random random; /* stream "arc/ids" */
    uint64_t transient_delay_us;
    struct arc_resource *resources; /* uthash by ARN, in order of creation */
    uint64_t made;                  /* how many there ever were */
    bool is_changed;                /* save.h: something must be written before the next commit */
    bool is_ending;                 /* what goes now stays in the data directory */
    struct sim_error save_failure;
    struct arc_endpoint endpoints[ARC_ENDPOINT_COUNT];
};

/* cluster.c */
wire_handler arc_create_cluster, arc_describe_cluster, arc_list_clusters, arc_update_cluster,
    arc_delete_cluster;
/* control_panel.c */
wire_handler arc_create_control_panel, arc_describe_control_panel, arc_list_control_panels,
    arc_update_control_panel, arc_delete_control_panel;
cJSON *arc_panel_describe(const struct arc_resource *panel);
struct arc_resource *arc_default_panel_create(struct arc_resource *cluster);
struct arc_resource *arc_default_panel_find(struct arc_resource *cluster);
/* Neither it nor its cluster is on its way in or out. */
bool arc_panel_takes_children(const struct arc_resource *panel);
/* routing_control.c */
wire_handler arc_create_routing_control, arc_describe_routing_control, arc_list_routing_controls,
    arc_update_routing_control, arc_delete_routing_control, arc_list_associated_health_checks;
/* safety_rule.c */
wire_handler arc_create_safety_rule, arc_describe_safety_rule, arc_list_safety_rules,
    arc_update_safety_rule, arc_delete_safety_rule;
/* tags.c */
void arc_tags_set(struct arc_resource *resource, const cJSON *tags); /* adds or replaces */
/* Would the resource (NULL: a new one) have more tags than it can with these added? */
bool arc_tags_are_too_many(const struct arc_resource *resource, const cJSON *tags);
enum wire_progress arc_fail_too_many_tags(struct wire_call *call);
wire_handler arc_list_tags, arc_tag_resource, arc_untag_resource, arc_get_resource_policy;
/* data_plane.c */
wire_handler arc_get_state, arc_list_states, arc_update_state, arc_update_states;

/* endpoint.c: index of one of the five Regions, or ARC_ENDPOINT_COUNT */
size_t arc_endpoint_index(const char *region);
bool arc_endpoint_is_live(const struct arc *arc, size_t index);
/* Live endpoints that the one at index reaches, itself included. */
size_t arc_endpoint_reachable_count(const struct arc *arc, size_t index);
void arc_endpoints_draw_urls(struct arc *arc);
#define ARC_QUORUM 3

/* "ResourceNotFoundException" of the control plane. */
enum wire_progress arc_not_found(struct wire_call *call, const char *what, const char *arn);

#endif
