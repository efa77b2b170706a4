/* world_file_internal.h -- what the parts of the world file's reader share. */
#ifndef TOPOLOGY_WORLD_FILE_INTERNAL_H
#define TOPOLOGY_WORLD_FILE_INTERNAL_H

#include "topology/world_file.h"

struct world_loader {
    struct sim_arena *arena;
    const struct topo_registry *registry;
    struct topo_world_file *file; /* filled in the order of the checks */
    struct sim_error *error;
};

/* Fills one entry (zeroed but for "at") from its node, which fits the section. */
typedef enum sim_result world_entry_fn(struct world_loader *loader, const struct topo_node *node,
                                       void *entry);
/* Memory for as many entries as a list has elements (none for NULL). */
void *world_alloc_entries(struct world_loader *loader, const struct topo_node *list,
                          size_t entry_bytes);
/* Reads a list into entries, each of which begins with "at"; *count grows with each, so that read
 * can look at the ones before. NULL means an empty list. */
MUST_USE enum sim_result world_read_list(struct world_loader *loader, const struct topo_node *list,
                                         const struct topo_section *section, size_t entry_bytes,
                                         world_entry_fn *read, void *entries, size_t *count);
MUST_USE enum sim_result world_read_texts(struct world_loader *loader, const struct topo_node *list,
                                          struct topo_texts *texts);
/* A key in a file that must name one of the world's Regions; must_host: one with services. */
MUST_USE enum sim_result world_read_region(struct world_loader *loader,
                                           const struct topo_node *value, bool must_host,
                                           const char **region);
/* The lag belongs to the loader's arena. */
MUST_USE enum sim_result world_read_lag(struct world_loader *loader, const struct topo_node *value,
                                        const struct sim_lag **lag);
MUST_USE enum sim_result world_read_regions(struct world_loader *loader,
                                            const struct topo_node *list,
                                            struct topo_texts *regions);
MUST_USE enum sim_result world_read_place(struct world_loader *loader,
                                          const struct topo_node *value, struct topo_place *place);
/* Refuses a name that an earlier entry has. entries are count structs of entry_bytes that begin
 * with "at" and then "name". */
MUST_USE enum sim_result world_check_unique(struct world_loader *loader,
                                            const struct topo_node *value, const char *what,
                                            const void *entries, size_t count, size_t entry_bytes);
/* Refuses a name that no entry has. */
MUST_USE enum sim_result world_check_known(struct world_loader *loader,
                                           const struct topo_node *value, const char *what,
                                           const void *entries, size_t count, size_t entry_bytes);
/* The sections that have a file of their own. */
enum sim_result world_read_access_keys(struct world_loader *loader, const struct topo_node *list);
enum sim_result world_read_dynamodb(struct world_loader *loader, const struct topo_node *node);
enum sim_result world_read_arc(struct world_loader *loader, const struct topo_node *node);
enum sim_result world_read_route53(struct world_loader *loader, const struct topo_node *node);

extern const struct topo_section world_section_world;
extern const struct topo_section world_section_region;
extern const struct topo_section world_section_link;
extern const struct topo_section world_section_timings;
extern const struct topo_section world_section_client_network;
extern const struct topo_section world_section_access_key;
extern const struct topo_section world_section_dynamodb;
extern const struct topo_section world_section_table;
extern const struct topo_section world_section_table_link;
extern const struct topo_section world_section_key;
extern const struct topo_section world_section_arc;
extern const struct topo_section world_section_cluster;
extern const struct topo_section world_section_control_panel;
extern const struct topo_section world_section_routing_control;
extern const struct topo_section world_section_safety_rule;
extern const struct topo_section world_section_route53;
extern const struct topo_section world_section_health_check;
extern const struct topo_section world_section_zone;
extern const struct topo_section world_section_record;
extern const struct topo_section world_section_alias;
extern const struct topo_section world_section_endpoint;
extern const struct topo_section world_section_application;

#endif
