/* Clusters, control panels, routing controls with their states, safety rules. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topology/world_internal.h"

#define CONFIG_SERVICE   "route53-recovery-control-config"
#define CONFIG_REGION    "us-west-2"
#define CLUSTER_SERVICE  "route53-recovery-cluster"
#define STATES_A_CALL    10 /* UpdateRoutingControlStates takes no more */
#define US_PER_MS_SIGNED ((int64_t)SIM_US_PER_MS)

/* Calls the control plane and names the ARN in its answer, output.OBJECT.MEMBER. */
static enum sim_result create(struct topo_world *world, const struct topo_node *at,
                              const char *operation, cJSON *input, const char *object,
                              const char *member, const char *kind, const char *name,
                              struct sim_error *error)
{
    struct world_call call = {at, CONFIG_SERVICE, operation, CONFIG_REGION, NULL};
    cJSON *output = NULL;
    enum sim_result result = world_call(world, &call, input, &output, error);
    if (result != RESULT_OK)
        return result;
    const char *arn = wire_text(wire_member(output, object), member);
    if (arn != NULL)
        topo_names_add(world->names, arn, "%s.%s.arn", kind, name);
    else
        result = topo_node_fail(at, error, "%s answered without %s.%s", operation, object, member);
    cJSON_Delete(output);
    return result;
}

/* --- what a data directory has already ----------------------------------------------------------
 */

/* The element of a list with this name; safety rules stand one level deeper. */
static const cJSON *find_named(const cJSON *list, const char *name)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, list)
    {
        const cJSON *body = wire_member(element, "ASSERTION");
        if (body == NULL)
            body = wire_member(element, "GATING");
        if (body == NULL)
            body = element;
        const char *found = wire_text(body, "Name");
        if (found != NULL && strcmp(found, name) == 0)
            return body;
    }
    return NULL;
}

struct existing {
    const char *operation; /* that lists them */
    const char *list;
    const char *member; /* its ARN */
    const char *kind;   /* of names */
    const char *parent; /* member of the input, or NULL */
};

static const struct existing known_clusters = {"ListClusters", "Clusters", "ClusterArn", "cluster",
                                               NULL};
static const struct existing known_panels = {"ListControlPanels", "ControlPanels",
                                             "ControlPanelArn", "control_panel", "ClusterArn"};
static const struct existing known_controls = {"ListRoutingControls", "RoutingControls",
                                               "RoutingControlArn", "control", "ControlPanelArn"};
static const struct existing known_rules = {"ListSafetyRules", "SafetyRules", "SafetyRuleArn",
                                            "safety_rule", "ControlPanelArn"};

/* True: it is there, and its name is known from now on. It is left as it is. */
static bool exists_already(struct topo_world *world, const struct topo_node *at,
                           const struct existing *what, const char *parent_arn, const char *name)
{
    if (world->core.data == NULL)
        return false;
    struct world_call call = {at, CONFIG_SERVICE, what->operation, CONFIG_REGION, NULL};
    cJSON *input = cJSON_CreateObject();
    cJSON *output = NULL;
    struct sim_error error;
    if (what->parent != NULL)
        cJSON_AddStringToObject(input, what->parent, parent_arn);
    if (world_call(world, &call, input, &output, &error) != RESULT_OK)
        return false;
    const char *arn = wire_text(find_named(wire_member(output, what->list), name), what->member);
    if (arn != NULL)
        topo_names_add(world->names, arn, "%s.%s.arn", what->kind, name);
    cJSON_Delete(output);
    return arn != NULL;
}

static const char *arn_of(const struct topo_world *world, const char *kind, const char *name)
{
    char text[300];
    snprintf(text, sizeof text, "%s.%.250s.arn", kind, name);
    const char *arn = topo_names_find(world->names, text);
    return arn != NULL ? arn : "";
}

static cJSON *arns_of(const struct topo_world *world, const struct topo_texts *controls)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < controls->count; i++)
        cJSON_AddItemToArray(array,
                             cJSON_CreateString(arn_of(world, "control", controls->values[i])));
    return array;
}

static enum sim_result make_control(struct topo_world *world, const char *cluster_arn,
                                    const char *panel_arn, const struct topo_control_entry *control,
                                    bool *is_new, struct sim_error *error)
{
    *is_new = !exists_already(world, control->at, &known_controls, panel_arn, control->name);
    if (!*is_new)
        return RESULT_OK;
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "ClusterArn", cluster_arn);
    cJSON_AddStringToObject(input, "ControlPanelArn", panel_arn);
    cJSON_AddStringToObject(input, "RoutingControlName", control->name);
    return create(world, control->at, "CreateRoutingControl", input, "RoutingControl",
                  "RoutingControlArn", "control", control->name, error);
}

/* Controls begin Off; the new ones that the file wants On are set in as few calls as possible. */
static enum sim_result switch_on(struct topo_world *world,
                                 const struct topo_control_panel_entry *panel, const bool *is_new,
                                 struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    size_t next = 0;
    while (next < panel->control_count && result == RESULT_OK) {
        cJSON *entries = cJSON_CreateArray();
        int count = 0;
        for (; next < panel->control_count && count < STATES_A_CALL; next++) {
            if (!panel->controls[next].is_on || !is_new[next])
                continue;
            cJSON *entry = cJSON_CreateObject();
            cJSON_AddStringToObject(entry, "RoutingControlArn",
                                    arn_of(world, "control", panel->controls[next].name));
            cJSON_AddStringToObject(entry, "RoutingControlState", "On");
            cJSON_AddItemToArray(entries, entry);
            count++;
        }
        cJSON *input = cJSON_CreateObject();
        cJSON_AddItemToObject(input, "UpdateRoutingControlStateEntries", entries);
        if (count == 0) {
            cJSON_Delete(input);
            break;
        }
        struct world_call call = {panel->at, CLUSTER_SERVICE, "UpdateRoutingControlStates",
                                  arc_endpoint_regions[0], arc_endpoint_regions[0]};
        result = world_call(world, &call, input, NULL, error);
    }
    return result;
}

static enum sim_result make_rule(struct topo_world *world, const char *panel_arn,
                                 const struct topo_safety_rule_entry *rule, struct sim_error *error)
{
    if (exists_already(world, rule->at, &known_rules, panel_arn, rule->name))
        return RESULT_OK;
    bool asserts = rule->controls.count > 0;
    const char *kind = asserts ? "AssertionRule" : "GatingRule";
    cJSON *input = cJSON_CreateObject();
    cJSON *body = cJSON_AddObjectToObject(input, kind);
    cJSON_AddStringToObject(body, "Name", rule->name);
    cJSON_AddStringToObject(body, "ControlPanelArn", panel_arn);
    cJSON_AddNumberToObject(body, "WaitPeriodMs",
                            (double)((int64_t)rule->wait_us / US_PER_MS_SIGNED));
    cJSON *config = cJSON_AddObjectToObject(body, "RuleConfig");
    cJSON_AddStringToObject(config, "Type", rule->type);
    cJSON_AddNumberToObject(config, "Threshold", (double)rule->threshold);
    cJSON_AddBoolToObject(config, "Inverted", rule->is_inverted);
    if (asserts) {
        cJSON_AddItemToObject(body, "AssertedControls", arns_of(world, &rule->controls));
    } else {
        cJSON_AddItemToObject(body, "GatingControls", arns_of(world, &rule->gating_controls));
        cJSON_AddItemToObject(body, "TargetControls", arns_of(world, &rule->target_controls));
    }
    return create(world, rule->at, "CreateSafetyRule", input, kind, "SafetyRuleArn", "safety_rule",
                  rule->name, error);
}

static enum sim_result create_panel(struct topo_world *world, const char *cluster_arn,
                                    const struct topo_control_panel_entry *panel,
                                    struct sim_error *error)
{
    if (exists_already(world, panel->at, &known_panels, cluster_arn, panel->name))
        return RESULT_OK;
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "ClusterArn", cluster_arn);
    cJSON_AddStringToObject(input, "ControlPanelName", panel->name);
    return create(world, panel->at, "CreateControlPanel", input, "ControlPanel", "ControlPanelArn",
                  "control_panel", panel->name, error);
}

static enum sim_result make_panel(struct topo_world *world, const char *cluster_arn,
                                  const struct topo_control_panel_entry *panel,
                                  struct sim_error *error)
{
    enum sim_result result = create_panel(world, cluster_arn, panel, error);
    if (result != RESULT_OK)
        return result;
    const char *panel_arn = arn_of(world, "control_panel", panel->name);
    bool *is_new = sim_alloc_array(panel->control_count + 1, sizeof *is_new);
    for (size_t i = 0; i < panel->control_count && result == RESULT_OK; i++)
        result =
            make_control(world, cluster_arn, panel_arn, &panel->controls[i], &is_new[i], error);
    /* States first: afterwards a rule would begin its waiting period with them. */
    if (result == RESULT_OK)
        result = switch_on(world, panel, is_new, error);
    free(is_new);
    for (size_t i = 0; i < panel->safety_rule_count && result == RESULT_OK; i++)
        result = make_rule(world, panel_arn, &panel->safety_rules[i], error);
    return result;
}

static enum sim_result make_cluster(struct topo_world *world,
                                    const struct topo_cluster_entry *cluster,
                                    struct sim_error *error)
{
    if (exists_already(world, cluster->at, &known_clusters, NULL, cluster->name))
        return RESULT_OK;
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "ClusterName", cluster->name);
    return create(world, cluster->at, "CreateCluster", input, "Cluster", "ClusterArn", "cluster",
                  cluster->name, error);
}

static void name_the_only_one(struct topo_world *world, const char *kind, const char *name)
{
    topo_names_add(world->names, arn_of(world, kind, name), "%s.arn", kind);
}

/* Short names for what a file has one of. */
static void add_short_names(struct topo_world *world)
{
    const struct topo_world_file *file = world->file;
    size_t panel_count = 0, rule_count = 0;
    const char *panel_name = NULL, *rule_name = NULL;
    for (size_t c = 0; c < file->cluster_count; c++)
        for (size_t p = 0; p < file->clusters[c].panel_count; p++) {
            const struct topo_control_panel_entry *panel = &file->clusters[c].panels[p];
            panel_name = panel->name;
            panel_count++;
            rule_count += panel->safety_rule_count;
            if (panel->safety_rule_count > 0)
                rule_name = panel->safety_rules[0].name;
        }
    if (file->cluster_count == 1) {
        name_the_only_one(world, "cluster", file->clusters[0].name);
        for (size_t i = 0; i < ARC_ENDPOINT_COUNT; i++)
            topo_names_add(world->names, arc_endpoint_regions[i], "cluster.endpoint.%s",
                           arc_endpoint_regions[i]);
    }
    if (panel_count == 1)
        name_the_only_one(world, "control_panel", panel_name);
    if (rule_count == 1)
        name_the_only_one(world, "safety_rule", rule_name);
}

enum sim_result world_make_clusters(struct topo_world *world, struct sim_error *error)
{
    const struct topo_world_file *file = world->file;
    enum sim_result result = RESULT_OK;
    for (size_t c = 0; c < file->cluster_count && result == RESULT_OK; c++) {
        const struct topo_cluster_entry *cluster = &file->clusters[c];
        result = make_cluster(world, cluster, error);
        const char *cluster_arn = arn_of(world, "cluster", cluster->name);
        for (size_t p = 0; p < cluster->panel_count && result == RESULT_OK; p++)
            result = make_panel(world, cluster_arn, &cluster->panels[p], error);
        for (size_t i = 0; i < ARC_ENDPOINT_COUNT; i++)
            topo_names_add(world->names, arc_endpoint_regions[i], "cluster.%s.endpoint.%s",
                           cluster->name, arc_endpoint_regions[i]);
    }
    if (result == RESULT_OK)
        add_short_names(world);
    return result;
}
