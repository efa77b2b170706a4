/* Every key of a world file. world.schema.json says the same for editors; a test compares. */
#include "topology/world_file_internal.h"

#define REQUIRED true
#define OPTIONAL false

/* clang-format off */
static const struct topo_key world_keys[] = {
    {"world", REQUIRED}, {"description", OPTIONAL}, {"regions", REQUIRED}, {"links", OPTIONAL},
    {"timings", OPTIONAL}, {"client_networks", OPTIONAL}, {"applications", OPTIONAL},
    {"dynamodb", OPTIONAL}, {"arc", OPTIONAL}, {"route53", OPTIONAL}, {"access_keys", OPTIONAL},
};
static const struct topo_key region_keys[] = {{"name", REQUIRED}, {"services", OPTIONAL}};
static const struct topo_key link_keys[] = {
    {"from", REQUIRED}, {"to", REQUIRED}, {"both_ways", OPTIONAL}, {"latency", OPTIONAL},
    {"replication", OPTIONAL}, {"drain_per_s", OPTIONAL},
};
static const struct topo_key timings_keys[] = {
    {"transient", OPTIONAL}, {"dns_change", OPTIONAL}, {"dns_health", OPTIONAL},
    {"expiry", OPTIONAL}, {"service_times", OPTIONAL},
};
static const struct topo_key client_network_keys[] = {
    {"cidr", REQUIRED}, {"region", REQUIRED}, {"vpc", OPTIONAL},
};
static const struct topo_key access_key_keys[] = {
    {"id", REQUIRED}, {"secret", REQUIRED}, {"account", OPTIONAL},
};
static const struct topo_key application_keys[] = {
    {"name", REQUIRED}, {"regions", REQUIRED}, {"port", OPTIONAL}, {"parameters", OPTIONAL},
};
static const struct topo_key dynamodb_keys[] = {{"tables", OPTIONAL}, {"throttling", OPTIONAL}};
static const struct topo_key table_keys[] = {
    {"name", REQUIRED}, {"partition_key", REQUIRED}, {"sort_key", OPTIONAL}, {"regions", REQUIRED},
    {"links", OPTIONAL},
};
static const struct topo_key table_link_keys[] = {
    {"from", REQUIRED}, {"to", REQUIRED}, {"both_ways", OPTIONAL}, {"replication", REQUIRED},
};
static const struct topo_key key_keys[] = {{"name", REQUIRED}, {"type", OPTIONAL}};
static const struct topo_key arc_keys[] = {{"clusters", REQUIRED}};
static const struct topo_key cluster_keys[] = {{"name", REQUIRED}, {"control_panels", OPTIONAL}};
static const struct topo_key control_panel_keys[] = {
    {"name", REQUIRED}, {"routing_controls", OPTIONAL}, {"safety_rules", OPTIONAL},
};
static const struct topo_key routing_control_keys[] = {{"name", REQUIRED}, {"state", OPTIONAL}};
static const struct topo_key safety_rule_keys[] = {
    {"name", REQUIRED}, {"type", REQUIRED}, {"threshold", OPTIONAL}, {"inverted", OPTIONAL},
    {"wait", OPTIONAL}, {"controls", OPTIONAL}, {"gating_controls", OPTIONAL},
    {"target_controls", OPTIONAL},
};
static const struct topo_key route53_keys[] = {{"health_checks", OPTIONAL}, {"zones", OPTIONAL}};
static const struct topo_key health_check_keys[] = {
    {"name", REQUIRED}, {"routing_control", OPTIONAL}, {"endpoint", OPTIONAL}, {"path", OPTIONAL},
    {"interval", OPTIONAL}, {"failure_threshold", OPTIONAL}, {"children", OPTIONAL},
    {"health_threshold", OPTIONAL}, {"inverted", OPTIONAL},
};
static const struct topo_key zone_keys[] = {
    {"name", REQUIRED}, {"vpcs", OPTIONAL}, {"records", OPTIONAL},
};
static const struct topo_key record_keys[] = {
    {"name", REQUIRED}, {"type", REQUIRED}, {"ttl", OPTIONAL}, {"values", OPTIONAL},
    {"endpoint", OPTIONAL}, {"alias", OPTIONAL}, {"set", OPTIONAL}, {"weight", OPTIONAL},
    {"region", OPTIONAL}, {"failover", OPTIONAL}, {"health_check", OPTIONAL},
};
static const struct topo_key alias_keys[] = {
    {"name", REQUIRED}, {"zone", OPTIONAL}, {"evaluate_target_health", OPTIONAL},
};
static const struct topo_key endpoint_keys[] = {{"application", REQUIRED}, {"region", REQUIRED}};

#define SECTION(name) \
    const struct topo_section world_section_##name = TOPO_SECTION(#name, name##_keys)
SECTION(world);
SECTION(region);
SECTION(link);
SECTION(timings);
SECTION(client_network);
SECTION(application);
SECTION(access_key);
SECTION(dynamodb);
SECTION(table);
SECTION(table_link);
SECTION(key);
SECTION(arc);
SECTION(cluster);
SECTION(control_panel);
SECTION(routing_control);
SECTION(safety_rule);
SECTION(route53);
SECTION(health_check);
SECTION(zone);
SECTION(record);
SECTION(alias);
SECTION(endpoint);

static const struct topo_section *const sections[] = {
    &world_section_world,           &world_section_region,         &world_section_link,
    &world_section_timings,         &world_section_client_network, &world_section_application,
    &world_section_dynamodb,        &world_section_table,          &world_section_table_link, &world_section_key,
    &world_section_arc,             &world_section_cluster,        &world_section_control_panel,
    &world_section_routing_control, &world_section_safety_rule,    &world_section_route53,
    &world_section_health_check,    &world_section_zone,           &world_section_record,
    &world_section_alias,           &world_section_endpoint,       &world_section_access_key,
};
/* clang-format on */

size_t topo_world_section_count(void)
{
    return ARRAY_LEN(sections);
}

const struct topo_section *topo_world_section_at(size_t index)
{
    PRE(index < ARRAY_LEN(sections));
    return sections[index];
}
