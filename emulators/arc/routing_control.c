/* Routing controls as the control plane sees them; their states live in the data plane. */
#include "emulators/arc/arc_internal.h"

#include <string.h>

static cJSON *control_describe(const struct arc_resource *control)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "ControlPanelArn", control->parent->arn);
    cJSON_AddStringToObject(object, "Name", control->name);
    cJSON_AddStringToObject(object, "Owner", control->account);
    cJSON_AddStringToObject(object, "RoutingControlArn", control->arn);
    cJSON_AddStringToObject(object, "Status", arc_status_text(control->status));
    return object;
}

static enum wire_progress answer(struct wire_call *call, const struct arc_resource *control)
{
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "RoutingControl", control_describe(control));
    return wire_succeed(call, output);
}

static size_t cluster_control_count(struct arc *arc, const struct arc_resource *cluster)
{
    size_t count = 0;
    struct arc_resource *panel = NULL;
    while ((panel = arc_resource_next(arc, ARC_PANEL, cluster, panel)) != NULL)
        count += arc_resource_count(arc, ARC_CONTROL, panel);
    return count;
}

static enum wire_progress create_in_panel(struct arc *arc, struct wire_call *call,
                                          struct arc_resource *panel)
{
    const char *name = wire_text(call->input, "RoutingControlName");
    const char *token = wire_text(call->input, "ClientToken");
    struct arc_resource *control = arc_resource_by_token(arc, ARC_CONTROL, token);
    if (control != NULL && control->parent == panel && strcmp(control->name, name) == 0)
        return answer(call, control);
    if (control != NULL || arc_resource_by_name(arc, ARC_CONTROL, panel, name) != NULL)
        return wire_fail(call, "ConflictException", "A routing control named %s already exists.",
                         name);
    if (!arc_panel_takes_children(panel))
        return wire_fail(call, "ConflictException", ARC_TEXT_CONCURRENT);
    if (arc_resource_count(arc, ARC_CONTROL, panel) >= ARC_CONTROLS_PER_PANEL)
        return wire_fail(call, "ServiceQuotaExceededException",
                         "The limit of %d routing controls per control panel has been reached.",
                         ARC_CONTROLS_PER_PANEL);
    if (cluster_control_count(arc, panel->parent) >= ARC_CONTROLS_PER_CLUSTER)
        return wire_fail(call, "ServiceQuotaExceededException",
                         "The limit of %d routing controls per cluster has been reached.",
                         ARC_CONTROLS_PER_CLUSTER);
    control = arc_resource_create(arc, ARC_CONTROL, call->account, name, token, panel);
    arc_resource_deploy(control);
    return answer(call, control);
}

enum wire_progress arc_create_routing_control(void *state, struct wire_call *call)
{
    struct arc *arc = state;
    const char *cluster_arn = wire_text(call->input, "ClusterArn");
    const char *panel_arn = wire_text(call->input, "ControlPanelArn");
    struct arc_resource *cluster = arc_resource_find(arc, ARC_CLUSTER, cluster_arn);
    if (cluster == NULL)
        return arc_not_found(call, "Cluster", cluster_arn);
    struct arc_resource *panel = panel_arn != NULL ? arc_resource_find(arc, ARC_PANEL, panel_arn)
                                                   : arc_default_panel_find(cluster);
    if (panel == NULL || panel->parent != cluster)
        return arc_not_found(call, "Control panel", panel_arn != NULL ? panel_arn : "");
    return create_in_panel(arc, call, panel);
}

enum wire_progress arc_describe_routing_control(void *state, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "RoutingControlArn");
    struct arc_resource *control = arc_resource_find(state, ARC_CONTROL, arn);
    return control != NULL ? answer(call, control) : arc_not_found(call, "Routing control", arn);
}

enum wire_progress arc_list_routing_controls(void *state, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "ControlPanelArn");
    struct arc_resource *panel = arc_resource_find(state, ARC_PANEL, arn);
    if (panel == NULL)
        return arc_not_found(call, "Control panel", arn);
    return arc_list_page(state, call, ARC_CONTROL, panel, "RoutingControls", control_describe);
}

enum wire_progress arc_update_routing_control(void *state, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "RoutingControlArn");
    const char *name = wire_text(call->input, "RoutingControlName");
    struct arc_resource *control = arc_resource_find(state, ARC_CONTROL, arn);
    if (control == NULL)
        return arc_not_found(call, "Routing control", arn);
    struct arc_resource *other = arc_resource_by_name(state, ARC_CONTROL, control->parent, name);
    if (other != NULL && other != control)
        return wire_fail(call, "ConflictException", "A routing control named %s already exists.",
                         name);
    arc_resource_rename(control, name);
    return answer(call, control);
}

static bool is_listed(const struct arc_resource *control, struct arc_resource *const *list,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == control)
            return true;
    return false;
}

static struct arc_resource *rule_naming(struct arc *arc, const struct arc_resource *control)
{
    struct arc_resource *rule = NULL;
    while ((rule = arc_resource_next(arc, ARC_RULE, control->parent, rule)) != NULL)
        if (is_listed(control, rule->rule.controls, rule->rule.control_count) ||
            is_listed(control, rule->rule.targets, rule->rule.target_count))
            return rule;
    return NULL;
}

enum wire_progress arc_delete_routing_control(void *state, struct wire_call *call)
{
    struct arc *arc = state;
    const char *arn = wire_text(call->input, "RoutingControlArn");
    struct arc_resource *control = arc_resource_find(arc, ARC_CONTROL, arn);
    if (control == NULL)
        return arc_not_found(call, "Routing control", arn);
    if (control->status != ARC_DEPLOYED)
        return wire_fail(call, "ConflictException", ARC_TEXT_CONCURRENT);
    const struct arc_resource *rule = rule_naming(arc, control);
    if (rule != NULL)
        return wire_fail(call, "ConflictException",
                         "The routing control %s is used by the safety rule %s.", arn, rule->arn);
    arc_resource_retire(control);
    return wire_succeed(call, NULL);
}

static void add_watcher(void *context, const char *watcher_id)
{
    cJSON_AddItemToArray(context, cJSON_CreateString(watcher_id));
}

enum wire_progress arc_list_associated_health_checks(void *state, struct wire_call *call)
{
    struct arc *arc = state;
    const char *arn = wire_text(call->input, "RoutingControlArn");
    if (arc_resource_find(arc, ARC_CONTROL, arn) == NULL)
        return arc_not_found(call, "Routing control", arn);
    cJSON *output = cJSON_CreateObject();
    cJSON *ids = cJSON_AddArrayToObject(output, "HealthCheckIds");
    wire_health_visit_watchers(arc->host->health, WIRE_HEALTH_ROUTING_CONTROL, arn, add_watcher,
                               ids);
    return wire_succeed(call, output);
}
