/* Safety rules: assertion and gating rules of a control panel, as the control plane keeps them. */
#include "emulators/arc/arc_internal.h"

#include <stdlib.h>
#include <string.h>

static const char *const criterion_texts[] = {
    [ARC_ATLEAST] = "ATLEAST", [ARC_AND] = "AND", [ARC_OR] = "OR"};

static void add_arns(cJSON *object, const char *name, struct arc_resource *const *controls,
                     size_t count)
{
    cJSON *list = cJSON_AddArrayToObject(object, name);
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(controls[i]->arn));
}

static cJSON *rule_describe(const struct arc_resource *resource)
{
    const struct arc_rule *rule = &resource->rule;
    cJSON *object = cJSON_CreateObject();
    if (rule->is_gating) {
        add_arns(object, "GatingControls", rule->controls, rule->control_count);
        add_arns(object, "TargetControls", rule->targets, rule->target_count);
    } else {
        add_arns(object, "AssertedControls", rule->controls, rule->control_count);
    }
    cJSON_AddStringToObject(object, "ControlPanelArn", resource->parent->arn);
    cJSON_AddStringToObject(object, "Name", resource->name);
    cJSON_AddStringToObject(object, "Owner", resource->account);
    cJSON *config = cJSON_AddObjectToObject(object, "RuleConfig");
    cJSON_AddBoolToObject(config, "Inverted", rule->is_inverted);
    cJSON_AddNumberToObject(config, "Threshold", (double)rule->threshold);
    cJSON_AddStringToObject(config, "Type", criterion_texts[rule->criterion]);
    cJSON_AddStringToObject(object, "SafetyRuleArn", resource->arn);
    cJSON_AddStringToObject(object, "Status", arc_status_text(resource->status));
    cJSON_AddNumberToObject(object, "WaitPeriodMs", (double)(rule->wait_us / SIM_US_PER_MS));
    return object;
}

static enum wire_progress answer(struct wire_call *call, const struct arc_resource *rule)
{
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, rule->rule.is_gating ? "GatingRule" : "AssertionRule",
                          rule_describe(rule));
    return wire_succeed(call, output);
}

/* Resolves a list of ARNs to controls of the panel; *unknown is the first that is none. Without an
 * unknown one *controls is the caller's to free. */
static size_t controls_resolve(struct arc *arc, const struct arc_resource *panel, const cJSON *arns,
                               struct arc_resource ***controls, const char **unknown)
{
    size_t count = 0;
    *controls = sim_alloc_array((size_t)cJSON_GetArraySize(arns) + 1, sizeof **controls);
    const cJSON *arn;
    cJSON_ArrayForEach(arn, arns)
    {
        struct arc_resource *control = arc_resource_find(arc, ARC_CONTROL, arn->valuestring);
        if (control == NULL || control->parent != panel ||
            control->status == ARC_PENDING_DELETION) {
            *unknown = arn->valuestring;
            break;
        }
        (*controls)[count++] = control;
    }
    return count;
}

static enum arc_criterion criterion_by_text(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(criterion_texts); i++)
        if (strcmp(criterion_texts[i], text) == 0)
            return (enum arc_criterion)i;
    return ARC_ATLEAST; /* not reached: the wire has checked the enum */
}

static void config_read(struct arc_rule *rule, const cJSON *input)
{
    const cJSON *config = wire_member(input, "RuleConfig");
    rule->criterion = criterion_by_text(wire_text(config, "Type"));
    rule->threshold = wire_integer(config, "Threshold", 0);
    rule->is_inverted = wire_flag(config, "Inverted", false);
    rule->wait_us = (uint64_t)wire_integer(input, "WaitPeriodMs", 0) * SIM_US_PER_MS;
}

/* Why the members of a rule are not acceptable, or NULL. */
static const char *rule_problem(const cJSON *input, bool is_gating)
{
    int64_t threshold = wire_integer(wire_member(input, "RuleConfig"), "Threshold", 0);
    const char *list = is_gating ? "GatingControls" : "AssertedControls";
    if (wire_integer(input, "WaitPeriodMs", 0) < 0)
        return "WaitPeriodMs must not be negative.";
    if (threshold < 0)
        return "Threshold must not be negative.";
    if (cJSON_GetArraySize(wire_member(input, list)) == 0)
        return "A safety rule needs at least one routing control.";
    if (is_gating && cJSON_GetArraySize(wire_member(input, "TargetControls")) == 0)
        return "A gating rule needs at least one target control.";
    if (cJSON_GetArraySize(wire_member(input, list)) > ARC_RULE_CONTROLS_MAX ||
        cJSON_GetArraySize(wire_member(input, "TargetControls")) > ARC_RULE_CONTROLS_MAX)
        return "A safety rule names at most 100 routing controls.";
    return NULL;
}

static enum wire_progress create_rule(struct arc *arc, struct wire_call *call,
                                      struct arc_resource *panel, const cJSON *input,
                                      bool is_gating)
{
    struct arc_rule rule = {.is_gating = is_gating};
    const char *unknown = NULL;
    rule.control_count = controls_resolve(
        arc, panel, wire_member(input, is_gating ? "GatingControls" : "AssertedControls"),
        &rule.controls, &unknown);
    if (is_gating && unknown == NULL)
        rule.target_count = controls_resolve(arc, panel, wire_member(input, "TargetControls"),
                                             &rule.targets, &unknown);
    if (unknown != NULL) {
        free(rule.controls);
        free(rule.targets);
        return wire_fail(call, "ValidationException",
                         "Routing control %s does not exist in control panel %s.", unknown,
                         panel->arn);
    }
    config_read(&rule, input);
    struct arc_resource *created =
        arc_resource_create(arc, ARC_RULE, call->account, wire_text(input, "Name"),
                            wire_text(call->input, "ClientToken"), panel);
    created->rule = rule;
    arc_tags_set(created, wire_member(call->input, "Tags"));
    arc_resource_deploy(created);
    return answer(call, created);
}

enum wire_progress arc_create_safety_rule(void *state, struct wire_call *call)
{
    struct arc *arc = state;
    const cJSON *assertion = wire_member(call->input, "AssertionRule");
    const cJSON *gating = wire_member(call->input, "GatingRule");
    if ((assertion == NULL) == (gating == NULL))
        return wire_fail(call, "ValidationException",
                         "Exactly one of AssertionRule and GatingRule must be given.");
    const cJSON *input = gating != NULL ? gating : assertion;
    const char *name = wire_text(input, "Name");
    const char *panel_arn = wire_text(input, "ControlPanelArn");
    struct arc_resource *panel = arc_resource_find(arc, ARC_PANEL, panel_arn);
    if (panel == NULL)
        return wire_fail(call, "ValidationException", "Control panel %s does not exist.",
                         panel_arn);
    struct arc_resource *known =
        arc_resource_by_token(arc, ARC_RULE, wire_text(call->input, "ClientToken"));
    if (known != NULL && known->parent == panel && strcmp(known->name, name) == 0)
        return answer(call, known);
    if (arc_resource_by_name(arc, ARC_RULE, panel, name) != NULL)
        return wire_fail(call, "ValidationException", "A safety rule named %s already exists.",
                         name);
    if (!arc_panel_takes_children(panel))
        return wire_fail(call, "ValidationException", ARC_TEXT_CONCURRENT);
    if (arc_resource_count(arc, ARC_RULE, panel) >= ARC_RULES_PER_PANEL)
        return wire_fail(call, "ValidationException",
                         "The limit of %d safety rules per control panel has been reached.",
                         ARC_RULES_PER_PANEL);
    if (arc_tags_are_too_many(NULL, wire_member(call->input, "Tags")))
        return arc_fail_too_many_tags(call);
    const char *problem = rule_problem(input, gating != NULL);
    if (problem != NULL)
        return wire_fail(call, "ValidationException", "%s", problem);
    return create_rule(arc, call, panel, input, gating != NULL);
}

enum wire_progress arc_describe_safety_rule(void *state, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "SafetyRuleArn");
    struct arc_resource *rule = arc_resource_find(state, ARC_RULE, arn);
    return rule != NULL ? answer(call, rule) : arc_not_found(call, "Safety rule", arn);
}

/* {"ASSERTION": {...}} or {"GATING": {...}} */
static cJSON *rule_describe_in_list(const struct arc_resource *rule)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, rule->rule.is_gating ? "GATING" : "ASSERTION",
                          rule_describe(rule));
    return object;
}

enum wire_progress arc_list_safety_rules(void *state, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "ControlPanelArn");
    struct arc_resource *panel = arc_resource_find(state, ARC_PANEL, arn);
    if (panel == NULL)
        return arc_not_found(call, "Control panel", arn);
    return arc_list_page(state, call, ARC_RULE, panel, "SafetyRules", rule_describe_in_list);
}

enum wire_progress arc_update_safety_rule(void *state, struct wire_call *call)
{
    const cJSON *assertion = wire_member(call->input, "AssertionRuleUpdate");
    const cJSON *gating = wire_member(call->input, "GatingRuleUpdate");
    if ((assertion == NULL) == (gating == NULL))
        return wire_fail(call, "ValidationException",
                         "Exactly one of AssertionRuleUpdate and GatingRuleUpdate must be given.");
    const cJSON *input = gating != NULL ? gating : assertion;
    const char *arn = wire_text(input, "SafetyRuleArn");
    const char *name = wire_text(input, "Name");
    struct arc_resource *rule = arc_resource_find(state, ARC_RULE, arn);
    if (rule == NULL || rule->rule.is_gating != (gating != NULL))
        return arc_not_found(call, "Safety rule", arn);
    struct arc_resource *other = arc_resource_by_name(state, ARC_RULE, rule->parent, name);
    if (other != NULL && other != rule)
        return wire_fail(call, "ValidationException", "A safety rule named %s already exists.",
                         name);
    if (wire_integer(input, "WaitPeriodMs", 0) < 0)
        return wire_fail(call, "ValidationException", "WaitPeriodMs must not be negative.");
    arc_resource_rename(rule, name);
    rule->rule.wait_us = (uint64_t)wire_integer(input, "WaitPeriodMs", 0) * SIM_US_PER_MS;
    return answer(call, rule);
}

enum wire_progress arc_delete_safety_rule(void *state, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "SafetyRuleArn");
    struct arc_resource *rule = arc_resource_find(state, ARC_RULE, arn);
    if (rule == NULL)
        return arc_not_found(call, "Safety rule", arn);
    if (rule->status == ARC_PENDING_DELETION)
        return wire_fail(call, "ValidationException", ARC_TEXT_CONCURRENT);
    arc_resource_retire(rule);
    return wire_succeed(call, NULL);
}
