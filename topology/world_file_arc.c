/* The clusters of a world file: control panels, routing controls, safety rules. */
#include <string.h>

#include "emulators/arc/arc.h"
#include "topology/world_file_internal.h"

#define THRESHOLD_MAX   100 /* routing controls of one panel */
#define WAIT_DEFAULT_US (5 * SIM_US_PER_S)
#define WAIT_MAX_US     (UINT64_C(3600) * SIM_US_PER_S)

static const char *const states[] = {"Off", "On"};
static const char *const rule_types[] = {"ATLEAST", "AND", "OR"};

/* A control's name stands for it in the whole file, so it is checked against all panels. */
static enum sim_result check_control_name(struct world_loader *loader, const struct topo_node *name)
{
    const struct topo_world_file *file = loader->file;
    enum sim_result result = RESULT_OK;
    for (size_t c = 0; c <= file->cluster_count && result == RESULT_OK; c++) {
        const struct topo_cluster_entry *cluster = &file->clusters[c];
        /* The cluster and the panel being read are those behind the complete ones. */
        size_t panel_count = cluster->panel_count + (c == file->cluster_count ? 1 : 0);
        for (size_t p = 0; p < panel_count && result == RESULT_OK; p++)
            result = world_check_unique(
                loader, name, "routing control", cluster->panels[p].controls,
                cluster->panels[p].control_count, sizeof(struct topo_control_entry));
    }
    return result;
}

static enum sim_result read_control(struct world_loader *loader, const struct topo_node *node,
                                    void *entry)
{
    struct topo_control_entry *control = entry;
    const struct topo_node *name = topo_node_find(node, "name");
    enum sim_result result = topo_read_text(name, &control->name, loader->error);
    if (result == RESULT_OK)
        result = check_control_name(loader, name);
    size_t state = 0;
    if (result == RESULT_OK)
        result = topo_read_choice(topo_node_find(node, "state"), states, ARRAY_LEN(states), &state,
                                  loader->error);
    control->is_on = state == 1;
    return result;
}

static enum sim_result read_rule_controls(struct world_loader *loader,
                                          const struct topo_control_panel_entry *panel,
                                          const struct topo_node *list, struct topo_texts *controls)
{
    enum sim_result result = world_read_texts(loader, list, controls);
    const struct topo_node *child = list != NULL && result == RESULT_OK ? list->first : NULL;
    for (; child != NULL && result == RESULT_OK; child = child->next)
        result =
            world_check_known(loader, child, "routing control in this control panel called",
                              panel->controls, panel->control_count, sizeof panel->controls[0]);
    return result;
}

/* An assertion rule watches controls; a gating rule lets gating controls guard targets. */
static enum sim_result check_rule_kind(struct world_loader *loader,
                                       const struct topo_safety_rule_entry *rule)
{
    bool asserts = rule->controls.count > 0;
    bool gates = rule->gating_controls.count > 0 || rule->target_controls.count > 0;
    bool gates_fully = rule->gating_controls.count > 0 && rule->target_controls.count > 0;
    if (asserts != gates && gates == gates_fully)
        return RESULT_OK;
    return topo_node_fail(rule->at, loader->error,
                          "a safety_rule needs either 'controls' (an assertion rule) or both "
                          "'gating_controls' and 'target_controls' (a gating rule)");
}

static enum sim_result read_safety_rule(struct world_loader *loader, const struct topo_node *node,
                                        void *entry)
{
    struct topo_safety_rule_entry *rule = entry;
    struct sim_error *error = loader->error;
    /* The panel being read is the one behind those that are complete. */
    const struct topo_cluster_entry *cluster = &loader->file->clusters[loader->file->cluster_count];
    const struct topo_control_panel_entry *panel = &cluster->panels[cluster->panel_count];
    const struct topo_node *name = topo_node_find(node, "name");
    enum sim_result result = topo_read_text(name, &rule->name, error);
    if (result == RESULT_OK)
        result = world_check_unique(loader, name, "safety rule", panel->safety_rules,
                                    panel->safety_rule_count, sizeof *rule);
    size_t type = 0;
    if (result == RESULT_OK)
        result = topo_read_choice(topo_node_find(node, "type"), rule_types, ARRAY_LEN(rule_types),
                                  &type, error);
    rule->type = rule_types[type];
    rule->threshold = 1;
    if (result == RESULT_OK)
        result = topo_read_integer(topo_node_find(node, "threshold"), 0, THRESHOLD_MAX,
                                   &rule->threshold, error);
    if (result == RESULT_OK)
        result = topo_read_flag(topo_node_find(node, "inverted"), &rule->is_inverted, error);
    rule->wait_us = WAIT_DEFAULT_US;
    if (result == RESULT_OK)
        result =
            topo_read_duration(topo_node_find(node, "wait"), 0, WAIT_MAX_US, &rule->wait_us, error);
    const struct {
        const char *key;
        struct topo_texts *controls;
    } lists[] = {
        {"controls", &rule->controls},
        {"gating_controls", &rule->gating_controls},
        {"target_controls", &rule->target_controls},
    };
    for (size_t i = 0; i < ARRAY_LEN(lists) && result == RESULT_OK; i++)
        result = read_rule_controls(loader, panel, topo_node_find(node, lists[i].key),
                                    lists[i].controls);
    return result == RESULT_OK ? check_rule_kind(loader, rule) : result;
}

static enum sim_result read_panel(struct world_loader *loader, const struct topo_node *node,
                                  void *entry)
{
    struct topo_control_panel_entry *panel = entry;
    const struct topo_world_file *file = loader->file;
    const struct topo_node *name = topo_node_find(node, "name");
    enum sim_result result = topo_read_text(name, &panel->name, loader->error);
    for (size_t c = 0; c <= file->cluster_count && result == RESULT_OK; c++)
        result = world_check_unique(loader, name, "control panel", file->clusters[c].panels,
                                    file->clusters[c].panel_count, sizeof *panel);
    const struct topo_node *controls = topo_node_find(node, "routing_controls");
    panel->controls = world_alloc_entries(loader, controls, sizeof *panel->controls);
    if (result == RESULT_OK)
        result = world_read_list(loader, controls, &world_section_routing_control,
                                 sizeof *panel->controls, read_control, panel->controls,
                                 &panel->control_count);
    const struct topo_node *rules = topo_node_find(node, "safety_rules");
    panel->safety_rules = world_alloc_entries(loader, rules, sizeof *panel->safety_rules);
    if (result == RESULT_OK)
        result =
            world_read_list(loader, rules, &world_section_safety_rule, sizeof *panel->safety_rules,
                            read_safety_rule, panel->safety_rules, &panel->safety_rule_count);
    return result;
}

static enum sim_result check_endpoint_regions(struct world_loader *loader,
                                              const struct topo_node *node)
{
    const struct topo_world_file *file = loader->file;
    for (size_t i = 0; i < ARC_ENDPOINT_COUNT; i++) {
        bool exists = false;
        for (size_t r = 0; r < file->region_count; r++)
            exists = exists || strcmp(file->regions[r].name, arc_endpoint_regions[i]) == 0;
        if (!exists)
            return topo_node_fail(node, loader->error,
                                  "a cluster has endpoints in five Regions, and '%s' is not in "
                                  "this world; add {name: %s, services: false} to 'regions'",
                                  arc_endpoint_regions[i], arc_endpoint_regions[i]);
    }
    return RESULT_OK;
}

static enum sim_result read_cluster(struct world_loader *loader, const struct topo_node *node,
                                    void *entry)
{
    struct topo_cluster_entry *cluster = entry;
    const struct topo_world_file *file = loader->file;
    const struct topo_node *name = topo_node_find(node, "name");
    enum sim_result result = topo_read_text(name, &cluster->name, loader->error);
    if (result == RESULT_OK)
        result = world_check_unique(loader, name, "cluster", file->clusters, file->cluster_count,
                                    sizeof *cluster);
    if (result == RESULT_OK)
        result = check_endpoint_regions(loader, node);
    const struct topo_node *panels = topo_node_find(node, "control_panels");
    cluster->panels = world_alloc_entries(loader, panels, sizeof *cluster->panels);
    if (result == RESULT_OK)
        result =
            world_read_list(loader, panels, &world_section_control_panel, sizeof *cluster->panels,
                            read_panel, cluster->panels, &cluster->panel_count);
    return result;
}

enum sim_result world_read_arc(struct world_loader *loader, const struct topo_node *node)
{
    if (node == NULL)
        return RESULT_OK;
    enum sim_result result = topo_check_section(node, &world_section_arc, loader->error);
    if (result != RESULT_OK)
        return result;
    struct topo_world_file *file = loader->file;
    const struct topo_node *clusters = topo_node_find(node, "clusters");
    file->clusters = world_alloc_entries(loader, clusters, sizeof *file->clusters);
    return world_read_list(loader, clusters, &world_section_cluster, sizeof *file->clusters,
                           read_cluster, file->clusters, &file->cluster_count);
}
