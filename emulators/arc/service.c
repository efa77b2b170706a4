/* The two services of routing control: their operations, and the arc object behind both. */
#include <stdlib.h>

#include "emulators/arc/save.h"

WIRE_EMBED(arc_config_api, "emulators/arc/api_config.json");
WIRE_EMBED(arc_cluster_api, "emulators/arc/api_cluster.json");

/* clang-format off */
static const struct wire_operation config_operations[] = {
    {"CreateCluster",                     arc_create_cluster,                EFFECT_WRITE, PLANE_CONTROL},
    {"CreateControlPanel",                arc_create_control_panel,          EFFECT_WRITE, PLANE_CONTROL},
    {"CreateRoutingControl",              arc_create_routing_control,        EFFECT_WRITE, PLANE_CONTROL},
    {"CreateSafetyRule",                  arc_create_safety_rule,            EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteCluster",                     arc_delete_cluster,                EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteControlPanel",                arc_delete_control_panel,          EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteRoutingControl",              arc_delete_routing_control,        EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteSafetyRule",                  arc_delete_safety_rule,            EFFECT_WRITE, PLANE_CONTROL},
    {"DescribeCluster",                   arc_describe_cluster,              EFFECT_READ,  PLANE_CONTROL},
    {"DescribeControlPanel",              arc_describe_control_panel,        EFFECT_READ,  PLANE_CONTROL},
    {"DescribeRoutingControl",            arc_describe_routing_control,      EFFECT_READ,  PLANE_CONTROL},
    {"DescribeSafetyRule",                arc_describe_safety_rule,          EFFECT_READ,  PLANE_CONTROL},
    {"GetResourcePolicy",                 arc_get_resource_policy,           EFFECT_READ,  PLANE_CONTROL},
    {"ListAssociatedRoute53HealthChecks", arc_list_associated_health_checks, EFFECT_READ,  PLANE_CONTROL},
    {"ListClusters",                      arc_list_clusters,                 EFFECT_READ,  PLANE_CONTROL},
    {"ListControlPanels",                 arc_list_control_panels,           EFFECT_READ,  PLANE_CONTROL},
    {"ListRoutingControls",               arc_list_routing_controls,         EFFECT_READ,  PLANE_CONTROL},
    {"ListSafetyRules",                   arc_list_safety_rules,             EFFECT_READ,  PLANE_CONTROL},
    {"ListTagsForResource",               arc_list_tags,                     EFFECT_READ,  PLANE_CONTROL},
    {"TagResource",                       arc_tag_resource,                  EFFECT_WRITE, PLANE_CONTROL},
    {"UntagResource",                     arc_untag_resource,                EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateCluster",                     arc_update_cluster,                EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateControlPanel",                arc_update_control_panel,          EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateRoutingControl",              arc_update_routing_control,        EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateSafetyRule",                  arc_update_safety_rule,            EFFECT_WRITE, PLANE_CONTROL},
};

static const struct wire_operation cluster_operations[] = {
    {"GetRoutingControlState",     arc_get_state,     EFFECT_READ,  PLANE_DATA},
    {"ListRoutingControls",        arc_list_states,   EFFECT_READ,  PLANE_DATA},
    {"UpdateRoutingControlState",  arc_update_state,  EFFECT_WRITE, PLANE_DATA},
    {"UpdateRoutingControlStates", arc_update_states, EFFECT_WRITE, PLANE_DATA},
};
/* clang-format on */

const struct wire_service arc_config_service = {
    .id = "route53-recovery-control-config",
    .title = "ARC routing control (control plane)",
    .sdk_id = "ROUTE53_RECOVERY_CONTROL_CONFIG",
    .scope = SCOPE_GLOBAL,
    .control_region = "us-west-2",
    .api_json = arc_config_api,
    .api_json_end = arc_config_api_end,
    .operations = config_operations,
    .operation_count = ARRAY_LEN(config_operations),
    .throttling_code = "ThrottlingException",
    .throttling_message = "Rate exceeded",
};

const struct wire_service arc_cluster_service = {
    .id = "route53-recovery-cluster",
    .title = "ARC routing control (data plane)",
    .sdk_id = "ROUTE53_RECOVERY_CLUSTER",
    .scope = SCOPE_GLOBAL,
    .control_region = NULL, /* five Regions: each endpoint falls on its own */
    .api_json = arc_cluster_api,
    .api_json_end = arc_cluster_api_end,
    .operations = cluster_operations,
    .operation_count = ARRAY_LEN(cluster_operations),
    .throttling_code = "ThrottlingException",
    .throttling_message = "Rate exceeded",
};

static enum wire_health_status control_health(void *state, const char *id)
{
    const struct arc_resource *control = arc_resource_find(state, ARC_CONTROL, id);
    if (control == NULL)
        return WIRE_HEALTH_UNKNOWN;
    return control->is_on ? WIRE_HEALTHY : WIRE_UNHEALTHY;
}

static void start(struct arc *arc)
{
    sim_random_init(&arc->random, arc->host->core->seed, "arc/ids");
    arc->transient_delay_us = 0;
    arc_endpoints_draw_urls(arc);
}

enum sim_result arc_create(const struct wire_host *host, struct arc **arc, struct sim_error *error)
{
    struct arc *created = sim_alloc(sizeof *created);
    created->host = host;
    start(created);
    wire_health_provide(host->health, WIRE_HEALTH_ROUTING_CONTROL, control_health, created);
    *arc = created; /* the caller destroys it after an error as well */
    if (host->core->data == NULL)
        return RESULT_OK;
    sim_data_add_saver(host->core->data, arc_save, created);
    return arc_load(created, error);
}

static void remove_all(struct arc *arc)
{
    arc->is_ending = true; /* a reset has emptied the data directory already */
    while (arc->resources != NULL)
        arc_resource_remove(arc->resources);
    arc->is_ending = false;
    arc->made = 0;
}

void arc_destroy(struct arc *arc)
{
    if (arc == NULL)
        return;
    if (arc->host->core->data != NULL)
        sim_data_remove_saver(arc->host->core->data, arc);
    remove_all(arc);
    free(arc);
}

void arc_reset(struct arc *arc)
{
    remove_all(arc);
    for (size_t i = 0; i < ARC_ENDPOINT_COUNT; i++) {
        arc->endpoints[i].is_down = false;
        arc->endpoints[i].window_updates = 0;
        arc->endpoints[i].window_second = 0;
    }
    start(arc);
}

void arc_set_transient_delay(struct arc *arc, uint64_t delay_us)
{
    arc->transient_delay_us = delay_us;
}
