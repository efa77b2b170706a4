/* world_file.h -- what a world file says, checked and in structs.
 *
 * Purpose  Pure reading: nothing is created here. Everything that a file alone can get wrong (an
 *          unknown key, a Region that the world does not have, a record that names no health check)
 *          is refused with its place before the first call is made. world_apply.h makes the calls.
 * Source   The keys are those of world.schema.json; a test keeps the two in step.
 * Owner    The arena given to the load owns everything. at is where an entry stands, for later
 *          messages.
 * Units    µs unless the name says otherwise. */
#ifndef TOPOLOGY_WORLD_FILE_H
#define TOPOLOGY_WORLD_FILE_H

#include "topology/application.h"
#include "topology/yaml_read.h"

struct topo_region_entry {
    const struct topo_node *at;
    const char *name;
    bool hosts_services; /* false: a place for clients, checkers and cluster endpoints only */
};

struct topo_link_entry {
    const struct topo_node *at;
    const char *from;
    const char *to;
    bool both_ways;
    const struct sim_lag *latency;     /* NULL: the default of the pair */
    const struct sim_lag *replication; /* NULL: the default of the pair */
    uint64_t drain_per_s;              /* 0: the default */
};

struct topo_timings {
    bool has_transient;       /* else by the clock: 0 on a virtual one */
    uint64_t transient_us;    /* how long CREATING, UPDATING, PENDING last */
    uint64_t dns_change_us;   /* how long a record change takes to reach the name servers */
    uint64_t dns_health_us;   /* how long a health verdict takes to reach them */
    bool has_expiry;          /* else the service's own delay */
    uint64_t expiry_least_us; /* an expired item goes this long after its time: drawn between */
    uint64_t expiry_most_us;
    bool service_times; /* real clients' requests take the service time, too */
};

struct topo_client_network_entry {
    const struct topo_node *at;
    const char *cidr;
    const char *region;
    const char *vpc; /* its clients are inside this VPC; NULL: in none */
};

/* Who may call, and for which account. */
struct topo_access_key_entry {
    const struct topo_node *at;
    const char *id;
    const char *secret;
    const char *account; /* twelve digits; NULL: the default account */
};

struct topo_texts {
    const char **values;
    size_t count;
};

struct topo_key_attribute {
    const char *name; /* NULL: no such key */
    const char *type; /* "S", "N" or "B" */
};

struct topo_table_link_entry { /* a lag of the table's own */
    const struct topo_node *at;
    const char *from;
    const char *to;
    bool both_ways;
    const struct sim_lag *replication;
};

struct topo_table_entry {
    const struct topo_node *at;
    const char *name;
    struct topo_key_attribute partition_key;
    struct topo_key_attribute sort_key;
    struct topo_texts regions; /* the first creates, the others are replicas */
    struct topo_table_link_entry *links;
    size_t link_count;
};

/* One of a world's application instances, by application and Region. */
struct topo_place {
    const char *application; /* NULL: none */
    const char *region;
};

struct topo_health_check_entry {
    const struct topo_node *at;
    const char *name;
    const char *routing_control; /* RECOVERY_CONTROL, or NULL */
    struct topo_place endpoint;  /* HTTP, when its application is not NULL */
    const char *path;            /* HTTP */
    int64_t interval_s;          /* HTTP: 10 or 30 */
    int64_t failure_threshold;   /* HTTP */
    struct topo_texts children;  /* CALCULATED, when there are any */
    int64_t health_threshold;    /* CALCULATED */
    bool is_inverted;
};

struct topo_record_entry {
    const struct topo_node *at;
    const char *name; /* without a dot at its end */
    const char *type;
    int64_t ttl_s;              /* -1: an alias has none */
    struct topo_texts values;   /* these, or */
    struct topo_place endpoint; /* the address of an application instance, or */
    const char *alias;          /* another record's name */
    const char *alias_zone;     /* NULL: this zone */
    bool evaluates_target_health;
    const char *set;      /* SetIdentifier, NULL: simple */
    int64_t weight;       /* -1: none */
    const char *region;   /* latency */
    const char *failover; /* "PRIMARY", "SECONDARY" */
    const char *health_check;
};

struct topo_zone_entry {
    const struct topo_node *at;
    const char *name;       /* without a dot at its end */
    struct topo_texts vpcs; /* some: a private zone of these */
    struct topo_record_entry *records;
    size_t record_count;
};

struct topo_control_entry {
    const struct topo_node *at;
    const char *name;
    bool is_on;
};

struct topo_safety_rule_entry {
    const struct topo_node *at;
    const char *name;
    const char *type; /* "ATLEAST", "AND", "OR" */
    int64_t threshold;
    bool is_inverted;
    uint64_t wait_us;
    struct topo_texts controls; /* assertion rule: these; else empty */
    struct topo_texts gating_controls;
    struct topo_texts target_controls;
};

struct topo_control_panel_entry {
    const struct topo_node *at;
    const char *name;
    struct topo_control_entry *controls;
    size_t control_count;
    struct topo_safety_rule_entry *safety_rules;
    size_t safety_rule_count;
};

struct topo_cluster_entry {
    const struct topo_node *at;
    const char *name;
    struct topo_control_panel_entry *panels;
    size_t panel_count;
};

struct topo_application_entry {
    const struct topo_node *at;
    const char *name;
    const struct topo_application *application; /* from the registry */
    struct topo_texts regions;
    int64_t port;
    const struct topo_node *parameters; /* a mapping, or NULL */
};

struct topo_world_file {
    const char *file;
    const char *name;
    const char *description; /* may be NULL */
    struct topo_region_entry *regions;
    size_t region_count;
    struct topo_link_entry *links;
    size_t link_count;
    struct topo_timings timings;
    struct topo_client_network_entry *client_networks;
    size_t client_network_count;
    struct topo_access_key_entry *access_keys;
    size_t access_key_count;
    bool throttles; /* tables refuse what exceeds their throughput */
    struct topo_table_entry *tables;
    size_t table_count;
    struct topo_health_check_entry *health_checks; /* children stand before their parents */
    size_t health_check_count;
    struct topo_zone_entry *zones;
    size_t zone_count;
    struct topo_cluster_entry *clusters;
    size_t cluster_count;
    struct topo_application_entry *applications;
    size_t application_count;
};

/* The programs that a world may run in its Regions; borrowed. */
struct topo_registry {
    const struct topo_application *const *applications;
    size_t count;
};

/* Checks a parsed file. INVALID with the first thing found wrong. */
MUST_USE enum sim_result topo_world_file_read(struct sim_arena *arena, const struct topo_node *root,
                                              const struct topo_registry *registry,
                                              const struct topo_world_file **file,
                                              struct sim_error *error);

/* Every section of the format with its keys, for the test that compares them with the schema. */
size_t topo_world_section_count(void);
const struct topo_section *topo_world_section_at(size_t index);

#endif
