/* The zones, records and health checks of a world file. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/core/duration.h"
#include "topology/world_file_internal.h"

#define TTL_MAX_S             INT32_MAX
#define CALCULATED_CHILDREN   255
#define FAILURE_THRESHOLD_MAX 10
#define WEIGHT_MAX            255

static const char *const record_types[] = {"A",  "AAAA", "CAA", "CNAME", "MX",
                                           "NS", "PTR",  "SPF", "SRV",   "TXT"};
static const char *const failover_roles[] = {"PRIMARY", "SECONDARY"};

/* Controls are named across all panels. names may be NULL: only counts. */
static size_t collect_controls(const struct topo_world_file *file, const char **names)
{
    size_t count = 0;
    for (size_t c = 0; c < file->cluster_count; c++)
        for (size_t p = 0; p < file->clusters[c].panel_count; p++) {
            const struct topo_control_panel_entry *panel = &file->clusters[c].panels[p];
            for (size_t i = 0; i < panel->control_count; i++, count++)
                if (names != NULL)
                    names[count] = panel->controls[i].name;
        }
    return count;
}

static enum sim_result check_control_known(struct world_loader *loader,
                                           const struct topo_node *value)
{
    size_t count = collect_controls(loader->file, NULL);
    const char **names = sim_alloc_array(count + 1, sizeof *names);
    collect_controls(loader->file, names);
    bool is_known = false;
    for (size_t i = 0; i < count && !is_known; i++)
        is_known = strcmp(names[i], value->text) == 0;
    enum sim_result result = RESULT_OK;
    if (!is_known)
        result = topo_fail_unknown(value, "routing control", names, count, loader->error);
    free(names);
    return result;
}

/* A check follows a control, probes an endpoint, or counts its children. */
static enum sim_result check_kind(struct world_loader *loader, const struct topo_node *node)
{
    static const char *const kinds[] = {"routing_control", "endpoint", "children"};
    size_t given = 0;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        given += topo_node_find(node, kinds[i]) != NULL;
    if (given != 1)
        return topo_node_fail(node, loader->error,
                              "a health_check needs exactly one of 'routing_control', 'endpoint' "
                              "and 'children'");
    static const struct {
        const char *key, *belongs_to;
    } rows[] = {
        {"path", "endpoint"},
        {"interval", "endpoint"},
        {"failure_threshold", "endpoint"},
        {"health_threshold", "children"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct topo_node *value = topo_node_find(node, rows[i].key);
        if (value != NULL && topo_node_find(node, rows[i].belongs_to) == NULL)
            return topo_node_fail(value->key, loader->error,
                                  "'%s' is for a health_check with '%s' only", rows[i].key,
                                  rows[i].belongs_to);
    }
    return RESULT_OK;
}

static enum sim_result read_probe(struct world_loader *loader, const struct topo_node *node,
                                  struct topo_health_check_entry *check)
{
    struct sim_error *error = loader->error;
    const struct topo_node *path = topo_node_find(node, "path");
    const struct topo_node *interval = topo_node_find(node, "interval");
    check->path = "/";
    check->failure_threshold = 3;
    enum sim_result result =
        world_read_place(loader, topo_node_find(node, "endpoint"), &check->endpoint);
    if (result == RESULT_OK)
        result = topo_read_text(path, &check->path, error);
    if (result == RESULT_OK && check->path[0] != '/')
        result = topo_node_fail(path, error, "'path' must begin with '/', as in '/health'");
    uint64_t interval_us = 30 * SIM_US_PER_S;
    if (result == RESULT_OK)
        result = topo_read_duration(interval, 0, SIM_DURATION_MAX_US, &interval_us, error);
    check->interval_s = (int64_t)(interval_us / SIM_US_PER_S);
    if (result == RESULT_OK && interval_us != 10 * SIM_US_PER_S && interval_us != 30 * SIM_US_PER_S)
        result = topo_node_fail(interval, error, "'interval' must be 10s or 30s, not '%.64s'",
                                interval->text);
    if (result == RESULT_OK)
        result = topo_read_integer(topo_node_find(node, "failure_threshold"), 1,
                                   FAILURE_THRESHOLD_MAX, &check->failure_threshold, error);
    return result;
}

static enum sim_result read_children(struct world_loader *loader, const struct topo_node *node,
                                     struct topo_health_check_entry *check)
{
    const struct topo_world_file *file = loader->file;
    const struct topo_node *children = topo_node_find(node, "children");
    enum sim_result result = world_read_texts(loader, children, &check->children);
    const struct topo_node *child =
        children != NULL && result == RESULT_OK ? children->first : NULL;
    for (; child != NULL && result == RESULT_OK; child = child->next)
        result = world_check_known(loader, child, "earlier health check", file->health_checks,
                                   file->health_check_count, sizeof *check);
    check->health_threshold = 1;
    if (result == RESULT_OK)
        result = topo_read_integer(topo_node_find(node, "health_threshold"), 0, CALCULATED_CHILDREN,
                                   &check->health_threshold, loader->error);
    return result;
}

static enum sim_result read_health_check(struct world_loader *loader, const struct topo_node *node,
                                         void *entry)
{
    struct topo_health_check_entry *check = entry;
    const struct topo_node *name = topo_node_find(node, "name");
    const struct topo_node *control = topo_node_find(node, "routing_control");
    enum sim_result result = topo_read_text(name, &check->name, loader->error);
    if (result == RESULT_OK)
        result = world_check_unique(loader, name, "health check", loader->file->health_checks,
                                    loader->file->health_check_count, sizeof *check);
    if (result == RESULT_OK)
        result = check_kind(loader, node);
    if (result == RESULT_OK)
        result = topo_read_text(control, &check->routing_control, loader->error);
    if (result == RESULT_OK && control != NULL)
        result = check_control_known(loader, control);
    if (result == RESULT_OK)
        result = read_probe(loader, node, check);
    if (result == RESULT_OK)
        result = read_children(loader, node, check);
    if (result == RESULT_OK)
        result =
            topo_read_flag(topo_node_find(node, "inverted"), &check->is_inverted, loader->error);
    return result;
}

/* A domain name without the dot that may end it. */
static enum sim_result read_domain_name(struct world_loader *loader, const struct topo_node *value,
                                        const char **name)
{
    const char *read = NULL;
    enum sim_result result = topo_read_text(value, &read, loader->error);
    if (result != RESULT_OK || read == NULL)
        return result;
    size_t length = strlen(read);
    if (length > 1 && read[length - 1] == '.')
        length--;
    if (length > 253 || read[0] == '.' || strpbrk(read, " \t\n/") != NULL)
        return topo_node_fail(value, loader->error, "'%.64s' is no domain name", read);
    *name = sim_arena_strndup(loader->arena, read, length);
    return RESULT_OK;
}

static bool is_inside_zone(const char *name, const char *zone)
{
    size_t name_length = strlen(name), zone_length = strlen(zone);
    if (name_length < zone_length)
        return false;
    const char *end = name + (name_length - zone_length);
    return strcasecmp(end, zone) == 0 && (end == name || end[-1] == '.');
}

static enum sim_result read_alias(struct world_loader *loader, const struct topo_node *value,
                                  struct topo_record_entry *record)
{
    if (value == NULL)
        return RESULT_OK;
    const struct topo_world_file *file = loader->file;
    enum sim_result result = topo_check_section(value, &world_section_alias, loader->error);
    if (result == RESULT_OK)
        result = read_domain_name(loader, topo_node_find(value, "name"), &record->alias);
    const struct topo_node *zone = topo_node_find(value, "zone");
    if (result == RESULT_OK)
        result = read_domain_name(loader, zone, &record->alias_zone);
    if (result == RESULT_OK && zone != NULL)
        result = world_check_known(loader, zone, "zone", file->zones, file->zone_count + 1,
                                   sizeof file->zones[0]);
    if (result == RESULT_OK)
        result = topo_read_flag(topo_node_find(value, "evaluate_target_health"),
                                &record->evaluates_target_health, loader->error);
    return result;
}

/* What the record answers: values, an instance's address, or another record. */
static enum sim_result read_answer(struct world_loader *loader, const struct topo_node *node,
                                   struct topo_record_entry *record)
{
    struct sim_error *error = loader->error;
    const struct topo_node *values = topo_node_find(node, "values");
    const struct topo_node *endpoint = topo_node_find(node, "endpoint");
    const struct topo_node *alias = topo_node_find(node, "alias");
    const struct topo_node *ttl = topo_node_find(node, "ttl");
    if ((values != NULL) + (endpoint != NULL) + (alias != NULL) != 1)
        return topo_node_fail(node, error,
                              "a record needs exactly one of 'values', 'endpoint' and 'alias'");
    if (alias != NULL && ttl != NULL)
        return topo_node_fail(ttl->key, error,
                              "an alias has no 'ttl' of its own; it takes its target's");
    if (alias == NULL && ttl == NULL)
        return topo_node_fail(node, error, "a record needs the key 'ttl', as in 'ttl: 60s'");
    enum sim_result result = world_read_texts(loader, values, &record->values);
    if (result == RESULT_OK)
        result = world_read_place(loader, endpoint, &record->endpoint);
    if (result == RESULT_OK && endpoint != NULL && strcmp(record->type, "A") != 0)
        result = topo_node_fail(endpoint, error,
                                "'endpoint' gives an IPv4 address, so 'type' must be A");
    if (result == RESULT_OK)
        result = read_alias(loader, alias, record);
    uint64_t ttl_us = 0;
    if (result == RESULT_OK)
        result = topo_read_duration(ttl, 0, (uint64_t)TTL_MAX_S * SIM_US_PER_S, &ttl_us, error);
    if (result == RESULT_OK && ttl_us % SIM_US_PER_S != 0)
        result = topo_node_fail(ttl, error, "'ttl' must be whole seconds, not '%.64s'", ttl->text);
    record->ttl_s = alias != NULL ? -1 : (int64_t)(ttl_us / SIM_US_PER_S);
    return result;
}

/* Which of several records with one name answers. */
static enum sim_result read_policy(struct world_loader *loader, const struct topo_node *node,
                                   struct topo_record_entry *record)
{
    struct sim_error *error = loader->error;
    const struct topo_node *set = topo_node_find(node, "set");
    const struct topo_node *weight = topo_node_find(node, "weight");
    const struct topo_node *region = topo_node_find(node, "region");
    const struct topo_node *failover = topo_node_find(node, "failover");
    int policies = (weight != NULL) + (region != NULL) + (failover != NULL);
    if (policies > 1)
        return topo_node_fail(node, error,
                              "a record has at most one of 'weight', 'region' and 'failover'");
    if ((set != NULL) != (policies == 1))
        return topo_node_fail(node, error,
                              "'set' names one of several records that share a name: it goes with "
                              "'weight', 'region' or 'failover', and each of them needs it");
    enum sim_result result = topo_read_text(set, &record->set, error);
    record->weight = -1;
    if (result == RESULT_OK)
        result = topo_read_integer(weight, 0, WEIGHT_MAX, &record->weight, error);
    if (result == RESULT_OK)
        result = world_read_region(loader, region, false, &record->region);
    size_t role = 0;
    if (result == RESULT_OK)
        result =
            topo_read_choice(failover, failover_roles, ARRAY_LEN(failover_roles), &role, error);
    record->failover = failover != NULL ? failover_roles[role] : NULL;
    return result;
}

static enum sim_result read_record(struct world_loader *loader, const struct topo_node *node,
                                   void *entry)
{
    struct topo_record_entry *record = entry;
    const struct topo_world_file *file = loader->file;
    const struct topo_zone_entry *zone = &file->zones[file->zone_count]; /* being read */
    const struct topo_node *name = topo_node_find(node, "name");
    const struct topo_node *check = topo_node_find(node, "health_check");
    enum sim_result result = read_domain_name(loader, name, &record->name);
    if (result == RESULT_OK && !is_inside_zone(record->name, zone->name))
        result = topo_node_fail(name, loader->error, "'%.64s' is not inside the zone '%.64s'",
                                record->name, zone->name);
    size_t type = 0;
    if (result == RESULT_OK)
        result = topo_read_choice(topo_node_find(node, "type"), record_types,
                                  ARRAY_LEN(record_types), &type, loader->error);
    record->type = record_types[type];
    if (result == RESULT_OK)
        result = read_answer(loader, node, record);
    if (result == RESULT_OK)
        result = read_policy(loader, node, record);
    if (result == RESULT_OK)
        result = topo_read_text(check, &record->health_check, loader->error);
    if (result == RESULT_OK && check != NULL)
        result = world_check_known(loader, check, "health check", file->health_checks,
                                   file->health_check_count, sizeof file->health_checks[0]);
    return result;
}

/* A private zone's VPCs: each one is that of a client network. */
static enum sim_result read_vpcs(struct world_loader *loader, const struct topo_node *node,
                                 struct topo_zone_entry *zone)
{
    const struct topo_world_file *file = loader->file;
    enum sim_result result = world_read_texts(loader, node, &zone->vpcs);
    for (size_t i = 0; i < zone->vpcs.count && result == RESULT_OK; i++) {
        bool is_known = false;
        for (size_t n = 0; n < file->client_network_count; n++)
            is_known =
                is_known || (file->client_networks[n].vpc != NULL &&
                             strcmp(file->client_networks[n].vpc, zone->vpcs.values[i]) == 0);
        if (!is_known)
            result = topo_node_fail(node, loader->error,
                                    "no client network is in the VPC '%.64s'; give one 'vpc: "
                                    "%.64s'",
                                    zone->vpcs.values[i], zone->vpcs.values[i]);
    }
    return result;
}

static enum sim_result read_zone(struct world_loader *loader, const struct topo_node *node,
                                 void *entry)
{
    struct topo_zone_entry *zone = entry;
    const struct topo_world_file *file = loader->file;
    const struct topo_node *name = topo_node_find(node, "name");
    enum sim_result result = read_domain_name(loader, name, &zone->name);
    if (result == RESULT_OK)
        result =
            world_check_unique(loader, name, "zone", file->zones, file->zone_count, sizeof *zone);
    if (result == RESULT_OK)
        result = read_vpcs(loader, topo_node_find(node, "vpcs"), zone);
    const struct topo_node *records = topo_node_find(node, "records");
    zone->records = world_alloc_entries(loader, records, sizeof *zone->records);
    if (result == RESULT_OK)
        result = world_read_list(loader, records, &world_section_record, sizeof *zone->records,
                                 read_record, zone->records, &zone->record_count);
    return result;
}

enum sim_result world_read_route53(struct world_loader *loader, const struct topo_node *node)
{
    if (node == NULL)
        return RESULT_OK;
    enum sim_result result = topo_check_section(node, &world_section_route53, loader->error);
    if (result != RESULT_OK)
        return result;
    struct topo_world_file *file = loader->file;
    const struct topo_node *checks = topo_node_find(node, "health_checks");
    file->health_checks = world_alloc_entries(loader, checks, sizeof *file->health_checks);
    result =
        world_read_list(loader, checks, &world_section_health_check, sizeof *file->health_checks,
                        read_health_check, file->health_checks, &file->health_check_count);
    const struct topo_node *zones = topo_node_find(node, "zones");
    file->zones = world_alloc_entries(loader, zones, sizeof *file->zones);
    if (result == RESULT_OK)
        result = world_read_list(loader, zones, &world_section_zone, sizeof *file->zones, read_zone,
                                 file->zones, &file->zone_count);
    return result;
}
