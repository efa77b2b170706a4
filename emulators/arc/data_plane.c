/* The data plane: states of routing controls, by any of the five cluster endpoints.
 *
 * An update is checked whole (batch size, controls, safety rules over the states after it), then
 * committed whole, or nothing happens. States are those of the quorum, so a read by any live
 * endpoint sees every committed update. */
#include <string.h>

#include "emulators/arc/arc_internal.h"
#include "emulators/arc/rule_evaluation.h"
#include "emulators/arc/save.h"

#define UPDATES_PER_SECOND 3 /* ARC quotas: mutating calls to a cluster endpoint per second */

static const char *state_text(bool is_on)
{
    return is_on ? "On" : "Off";
}

/* Requests by the common port go to the endpoint of the Region they are signed for. */
static size_t endpoint_of(const struct wire_call *call)
{
    return arc_endpoint_index(call->endpoint[0] != '\0' ? call->endpoint : call->region);
}

static enum wire_progress fail_unavailable(struct wire_call *call, const char *why)
{
    return wire_fail(call, "EndpointTemporarilyUnavailableException",
                     "The cluster endpoint isn't available. Try another cluster endpoint.%s", why);
}

/* True if the endpoint asked can serve; else the call has failed. */
static bool endpoint_serves(struct arc *arc, struct wire_call *call)
{
    size_t index = endpoint_of(call);
    if (index == ARC_ENDPOINT_COUNT) {
        fail_unavailable(call, " (The five are in us-east-1, us-west-2, eu-west-1, ap-northeast-1 "
                               "and ap-southeast-2.)");
        return false;
    }
    if (!arc_endpoint_is_live(arc, index) ||
        arc_endpoint_reachable_count(arc, index) < ARC_QUORUM) {
        fail_unavailable(call, "");
        return false;
    }
    return true;
}

static enum wire_progress fail_no_control(struct wire_call *call, const char *arn)
{
    cJSON *members = cJSON_CreateObject();
    cJSON_AddStringToObject(members, "resourceId", arn);
    cJSON_AddStringToObject(members, "resourceType", "RoutingControl");
    return wire_fail_with(call, "ResourceNotFoundException", members,
                          "Routing control %s does not exist.", arn);
}

enum wire_progress arc_get_state(void *state, struct wire_call *call)
{
    struct arc *arc = state;
    if (!endpoint_serves(arc, call))
        return WIRE_DONE;
    const char *arn = wire_text(call->input, "RoutingControlArn");
    const struct arc_resource *control = arc_resource_find(arc, ARC_CONTROL, arn);
    if (control == NULL)
        return fail_no_control(call, arn);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddStringToObject(output, "RoutingControlArn", control->arn);
    cJSON_AddStringToObject(output, "RoutingControlName", control->name);
    cJSON_AddStringToObject(output, "RoutingControlState", state_text(control->is_on));
    return wire_succeed(call, output);
}

static cJSON *state_describe(const struct arc_resource *control)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "ControlPanelArn", control->parent->arn);
    cJSON_AddStringToObject(object, "ControlPanelName", control->parent->name);
    cJSON_AddStringToObject(object, "Owner", control->account);
    cJSON_AddStringToObject(object, "RoutingControlArn", control->arn);
    cJSON_AddStringToObject(object, "RoutingControlName", control->name);
    cJSON_AddStringToObject(object, "RoutingControlState", state_text(control->is_on));
    return object;
}

enum wire_progress arc_list_states(void *state, struct wire_call *call)
{
    struct arc *arc = state;
    if (!endpoint_serves(arc, call))
        return WIRE_DONE;
    const char *panel_arn = wire_text(call->input, "ControlPanelArn");
    const struct arc_resource *panel = arc_resource_find(arc, ARC_PANEL, panel_arn);
    if (panel_arn != NULL && panel == NULL) {
        cJSON *members = cJSON_CreateObject();
        cJSON_AddStringToObject(members, "resourceId", panel_arn);
        cJSON_AddStringToObject(members, "resourceType", "ControlPanel");
        return wire_fail_with(call, "ResourceNotFoundException", members,
                              "Control panel %s does not exist.", panel_arn);
    }
    return arc_list_page(arc, call, ARC_CONTROL, panel, "RoutingControls", state_describe);
}

/* Three mutating calls a second for each endpoint. */
static bool is_throttled(struct arc *arc, struct wire_call *call)
{
    struct arc_endpoint *endpoint = &arc->endpoints[endpoint_of(call)];
    uint64_t second = wire_now_us(call) / SIM_US_PER_S;
    if (endpoint->window_second != second) {
        endpoint->window_second = second;
        endpoint->window_updates = 0;
    }
    return ++endpoint->window_updates > UPDATES_PER_SECOND;
}

static enum wire_progress fail_throttled(struct wire_call *call)
{
    cJSON *members = cJSON_CreateObject();
    cJSON_AddNumberToObject(members, "retryAfterSeconds", 1);
    return wire_fail_with(call, "ThrottlingException", members, "Rate exceeded");
}

static enum wire_progress fail_by_rule(struct wire_call *call, const struct arc_change *change,
                                       const struct arc_resource *rule)
{
    const char *controls = "";
    for (size_t i = 0; i < change->count; i++)
        controls = sim_arena_printf(call->arena, "%s%s%s %s", controls, i > 0 ? ", " : "",
                                    change->controls[i]->parent->id, change->controls[i]->id);
    cJSON *members = cJSON_CreateObject();
    cJSON_AddStringToObject(members, "resourceId", rule->arn);
    cJSON_AddStringToObject(members, "resourceType", "SafetyRule");
    sim_trace_emit(call->host->core->trace, "control.refused", call->endpoint,
                   FIELD_TEXT("rule", rule->name), FIELD_TEXT("caller", call->caller));
    return wire_fail_with(call, "ConflictException", members,
                          "Cannot modify control state for [%s] due to failed rule evaluation %s%s",
                          controls, rule->parent->id, rule->id);
}

/* Names the rules that the caller chose to skip in the trace: who, when, which. */
static void audit_overrides(const struct wire_call *call, const struct arc_change *change)
{
    for (size_t i = 0; i < change->overridden_count; i++)
        sim_trace_emit(call->host->core->trace, "control.override", call->endpoint,
                       FIELD_TEXT("rule", change->overridden[i]->name),
                       FIELD_TEXT("caller", call->caller));
}

static void commit(struct arc *arc, const struct wire_call *call, const struct arc_change *change)
{
    struct arc_change changed = {0}; /* without those that stay as they are */
    for (size_t i = 0; i < change->count; i++) {
        if (change->controls[i]->is_on == change->is_on[i])
            continue;
        changed.controls[changed.count] = change->controls[i];
        changed.is_on[changed.count++] = change->is_on[i];
    }
    for (size_t i = 0; i < changed.count; i++) {
        struct arc_resource *control = changed.controls[i];
        control->is_on = changed.is_on[i];
        arc_resource_changed(control);
        sim_trace_emit(arc->host->core->trace, "control.changed", call->endpoint,
                       FIELD_TEXT("control", control->name), FIELD_TEXT("arn", control->arn),
                       FIELD_TEXT("state", state_text(control->is_on)),
                       FIELD_TEXT("caller", call->caller));
    }
    arc_rules_start_waiting(arc, &changed, wire_now_us(call));
    for (size_t i = 0; i < changed.count; i++)
        wire_health_tell_changed(arc->host->health, WIRE_HEALTH_ROUTING_CONTROL,
                                 changed.controls[i]->arn);
}

/* Rules to skip, resolved; false (the call has failed) for an ARN that is no safety rule. */
static bool overrides_resolve(struct arc *arc, struct wire_call *call, struct arc_change *change)
{
    const cJSON *arns = wire_member(call->input, "SafetyRulesToOverride");
    const struct arc_resource **rules = sim_arena_alloc_array(
        call->arena, (size_t)cJSON_GetArraySize(arns) + 1, sizeof(struct arc_resource *));
    const cJSON *arn;
    cJSON_ArrayForEach(arn, arns)
    {
        const struct arc_resource *rule = arc_resource_find(arc, ARC_RULE, arn->valuestring);
        if (rule == NULL) {
            cJSON *members = cJSON_CreateObject();
            cJSON_AddStringToObject(members, "resourceId", arn->valuestring);
            cJSON_AddStringToObject(members, "resourceType", "SafetyRule");
            wire_fail_with(call, "ResourceNotFoundException", members,
                           "Safety rule %s does not exist.", arn->valuestring);
            return false;
        }
        rules[change->overridden_count++] = rule;
    }
    change->overridden = rules;
    return true;
}

static enum wire_progress update(struct arc *arc, struct wire_call *call, struct arc_change *change)
{
    if (!overrides_resolve(arc, call, change))
        return WIRE_DONE;
    if (is_throttled(arc, call))
        return fail_throttled(call);
    const struct arc_resource *rule = arc_rule_blocking(arc, change, wire_now_us(call));
    if (rule != NULL)
        return fail_by_rule(call, change, rule);
    audit_overrides(call, change);
    commit(arc, call, change);
    return wire_succeed(call, NULL);
}

/* Adds one entry; false (the call has failed) for an unknown control. */
static bool change_add(struct arc *arc, struct wire_call *call, struct arc_change *change,
                       const cJSON *entry)
{
    const char *arn = wire_text(entry, "RoutingControlArn");
    struct arc_resource *control = arc_resource_find(arc, ARC_CONTROL, arn);
    if (control == NULL) {
        fail_no_control(call, arn);
        return false;
    }
    size_t index = 0; /* a control named twice gets the last state wanted */
    while (index < change->count && change->controls[index] != control)
        index++;
    change->controls[index] = control;
    change->is_on[index] = strcmp(wire_text(entry, "RoutingControlState"), "On") == 0;
    if (index == change->count)
        change->count++;
    return true;
}

enum wire_progress arc_update_state(void *state, struct wire_call *call)
{
    struct arc *arc = state;
    struct arc_change change = {0};
    if (!endpoint_serves(arc, call) || !change_add(arc, call, &change, call->input))
        return WIRE_DONE;
    return update(arc, call, &change);
}

static enum wire_progress fail_batch_size(struct wire_call *call)
{
    cJSON *members = cJSON_CreateObject();
    cJSON_AddStringToObject(members, "limitCode", "UpdateRoutingControlStateEntries");
    cJSON_AddStringToObject(members, "serviceCode", arc_cluster_service.id);
    return wire_fail_with(call, "ServiceLimitExceededException", members,
                          "At most %d routing controls can be updated in one call.", ARC_BATCH_MAX);
}

enum wire_progress arc_update_states(void *state, struct wire_call *call)
{
    struct arc *arc = state;
    struct arc_change change = {0};
    if (!endpoint_serves(arc, call))
        return WIRE_DONE;
    const cJSON *entries = wire_member(call->input, "UpdateRoutingControlStateEntries");
    if (cJSON_GetArraySize(entries) > ARC_BATCH_MAX)
        return fail_batch_size(call);
    const cJSON *entry;
    cJSON_ArrayForEach(entry, entries)
    {
        if (!change_add(arc, call, &change, entry))
            return WIRE_DONE;
    }
    return update(arc, call, &change);
}
