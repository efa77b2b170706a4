/* Control panels: routing controls that change together, and the rules that guard them. */
#include "emulators/arc/arc_internal.h"

#include <string.h>

#define DEFAULT_PANEL_NAME "DefaultControlPanel"

cJSON *arc_panel_describe(const struct arc_resource *panel)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "ClusterArn", panel->parent->arn);
    cJSON_AddStringToObject(object, "ControlPanelArn", panel->arn);
    cJSON_AddBoolToObject(object, "DefaultControlPanel", panel->is_default_panel);
    cJSON_AddStringToObject(object, "Name", panel->name);
    cJSON_AddStringToObject(object, "Owner", panel->account);
    cJSON_AddNumberToObject(object, "RoutingControlCount",
                            (double)arc_resource_count(panel->arc, ARC_CONTROL, panel));
    cJSON_AddStringToObject(object, "Status", arc_status_text(panel->status));
    return object;
}

static enum wire_progress answer(struct wire_call *call, const struct arc_resource *panel)
{
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "ControlPanel", arc_panel_describe(panel));
    return wire_succeed(call, output);
}

struct arc_resource *arc_default_panel_create(struct arc_resource *cluster)
{
    struct arc_resource *panel = arc_resource_create(cluster->arc, ARC_PANEL, cluster->account,
                                                     DEFAULT_PANEL_NAME, NULL, cluster);
    panel->is_default_panel = true;
    arc_resource_deploy(panel);
    return panel;
}

struct arc_resource *arc_default_panel_find(struct arc_resource *cluster)
{
    struct arc_resource *panel = NULL;
    while ((panel = arc_resource_next(cluster->arc, ARC_PANEL, cluster, panel)) != NULL)
        if (panel->is_default_panel)
            return panel;
    return NULL;
}

bool arc_panel_takes_children(const struct arc_resource *panel)
{
    return panel->status == ARC_DEPLOYED && panel->parent->status != ARC_PENDING_DELETION;
}

enum wire_progress arc_create_control_panel(void *state, struct wire_call *call)
{
    struct arc *arc = state;
    const char *cluster_arn = wire_text(call->input, "ClusterArn");
    const char *name = wire_text(call->input, "ControlPanelName");
    const char *token = wire_text(call->input, "ClientToken");
    struct arc_resource *cluster = arc_resource_find(arc, ARC_CLUSTER, cluster_arn);
    if (cluster == NULL)
        return arc_not_found(call, "Cluster", cluster_arn);
    struct arc_resource *panel = arc_resource_by_token(arc, ARC_PANEL, token);
    if (panel != NULL && panel->parent == cluster && strcmp(panel->name, name) == 0)
        return answer(call, panel);
    if (panel != NULL || arc_resource_by_name(arc, ARC_PANEL, cluster, name) != NULL)
        return wire_fail(call, "ConflictException", "A control panel named %s already exists.",
                         name);
    if (cluster->status != ARC_DEPLOYED)
        return wire_fail(call, "ConflictException", ARC_TEXT_CONCURRENT);
    if (arc_resource_count(arc, ARC_PANEL, cluster) >= ARC_PANELS_PER_CLUSTER)
        return wire_fail(call, "ServiceQuotaExceededException",
                         "The limit of %d control panels per cluster has been reached.",
                         ARC_PANELS_PER_CLUSTER);
    if (arc_tags_are_too_many(NULL, wire_member(call->input, "Tags")))
        return arc_fail_too_many_tags(call);
    panel = arc_resource_create(arc, ARC_PANEL, call->account, name, token, cluster);
    arc_tags_set(panel, wire_member(call->input, "Tags"));
    arc_resource_deploy(panel);
    return answer(call, panel);
}

enum wire_progress arc_describe_control_panel(void *state, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "ControlPanelArn");
    struct arc_resource *panel = arc_resource_find(state, ARC_PANEL, arn);
    return panel != NULL ? answer(call, panel) : arc_not_found(call, "Control panel", arn);
}

enum wire_progress arc_list_control_panels(void *state, struct wire_call *call)
{
    const char *cluster_arn = wire_text(call->input, "ClusterArn");
    struct arc_resource *cluster = arc_resource_find(state, ARC_CLUSTER, cluster_arn);
    if (cluster_arn != NULL && cluster == NULL)
        return arc_not_found(call, "Cluster", cluster_arn);
    return arc_list_page(state, call, ARC_PANEL, cluster, "ControlPanels", arc_panel_describe);
}

enum wire_progress arc_update_control_panel(void *state, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "ControlPanelArn");
    const char *name = wire_text(call->input, "ControlPanelName");
    struct arc_resource *panel = arc_resource_find(state, ARC_PANEL, arn);
    if (panel == NULL)
        return arc_not_found(call, "Control panel", arn);
    struct arc_resource *other = arc_resource_by_name(state, ARC_PANEL, panel->parent, name);
    if (other != NULL && other != panel)
        return wire_fail(call, "ConflictException", "A control panel named %s already exists.",
                         name);
    arc_resource_rename(panel, name);
    return answer(call, panel);
}

enum wire_progress arc_delete_control_panel(void *state, struct wire_call *call)
{
    struct arc *arc = state;
    const char *arn = wire_text(call->input, "ControlPanelArn");
    struct arc_resource *panel = arc_resource_find(arc, ARC_PANEL, arn);
    if (panel == NULL)
        return arc_not_found(call, "Control panel", arn);
    if (panel->is_default_panel)
        return wire_fail(call, "ValidationException",
                         "The default control panel is deleted with its cluster.");
    if (panel->status != ARC_DEPLOYED)
        return wire_fail(call, "ConflictException", ARC_TEXT_CONCURRENT);
    if (arc_resource_next(arc, ARC_CONTROL, panel, NULL) != NULL ||
        arc_resource_next(arc, ARC_RULE, panel, NULL) != NULL)
        return wire_fail(call, "ConflictException",
                         "The control panel %s still has routing controls or safety rules.", arn);
    arc_resource_retire(panel);
    return wire_succeed(call, NULL);
}
