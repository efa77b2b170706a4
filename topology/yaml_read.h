/* yaml_read.h -- typed values out of a tree, each refusal with its place.
 *
 * Purpose  Worlds and drills read their files by the same few functions, so that the same mistake
 *          gets the same sentence everywhere.
 * Use      topo_read_integer(topo_node_find(step, "count"), 1, 100, &count, error): a value of NULL
 *          (the key is absent) is no error and leaves *out, the default, as it was. Required keys
 *          are checked once by topo_check_section().
 * Owner    Texts belong to the tree.
 * Errors   INVALID, "FILE:LINE:COLUMN: what is wrong; what is allowed". */
#ifndef TOPOLOGY_YAML_READ_H
#define TOPOLOGY_YAML_READ_H

#include <cjson/cJSON.h>

#include "sim/core/lag.h"
#include "topology/yaml.h"

/* What one mapping of a file may hold. */
struct topo_key {
    const char *name;
    bool is_required;
};
struct topo_section {
    const char *name; /* as messages and the schema call it: "routing_control" */
    const struct topo_key *keys;
    size_t key_count;
};
#define TOPO_SECTION(section_name, section_keys)                                                   \
    {                                                                                              \
        (section_name), (section_keys), ARRAY_LEN(section_keys)                                    \
    }

/* node must be a mapping that holds nothing but the section's keys and all those required. */
MUST_USE enum sim_result topo_check_section(const struct topo_node *node,
                                            const struct topo_section *section,
                                            struct sim_error *error);
/* node must be of this kind; NULL is fine. */
MUST_USE enum sim_result topo_expect(const struct topo_node *node, enum topo_node_kind kind,
                                     struct sim_error *error);

/* Text is any scalar but an empty one. */
MUST_USE enum sim_result topo_read_text(const struct topo_node *value, const char **text,
                                        struct sim_error *error);
MUST_USE enum sim_result topo_read_integer(const struct topo_node *value, int64_t low, int64_t high,
                                           int64_t *number, struct sim_error *error);
/* true or false, without quotes */
MUST_USE enum sim_result topo_read_flag(const struct topo_node *value, bool *flag,
                                        struct sim_error *error);
/* "800ms"; between low_us and high_us */
MUST_USE enum sim_result topo_read_duration(const struct topo_node *value, uint64_t low_us,
                                            uint64_t high_us, uint64_t *duration_us,
                                            struct sim_error *error);
/* "20%" or 0.2 */
MUST_USE enum sim_result topo_read_rate(const struct topo_node *value, uint64_t *rate_ppm,
                                        struct sim_error *error);
/* As sim_lag_parse(); *lag is then the caller's, to end by sim_lag_fini(). */
MUST_USE enum sim_result topo_read_lag(const struct topo_node *value, struct sim_lag *lag,
                                       struct sim_error *error);
/* One of several words; *choice is its index. */
MUST_USE enum sim_result topo_read_choice(const struct topo_node *value, const char *const *words,
                                          size_t word_count, size_t *choice,
                                          struct sim_error *error);
/* Refuses value as none of the known names, with the nearest one or the whole list:
 * "there is no table 'ordrs'; did you mean 'orders'?" */
enum sim_result topo_fail_unknown(const struct topo_node *value, const char *what,
                                  const char *const *names, size_t count, struct sim_error *error);

/* What a value is called in a message: 'key', or an element of 'key'; in text. */
#define TOPO_LABEL_BYTES 128
const char *topo_node_label(const struct topo_node *value, char text[TOPO_LABEL_BYTES]);

/* Replaces what a text refers to ("${control.first.arn}"): *expanded is the text itself or lives
 * in memory of the callee's choice that outlives the conversion. */
typedef enum sim_result topo_expand_fn(void *context, const char *text, const char **expanded,
                                       struct sim_error *error);
/* A part of the tree as JSON, for inputs of API calls. Plain true, false, null and numbers keep
 * their type, everything else is text; expand (or NULL) sees every text. The caller deletes it. */
MUST_USE enum sim_result topo_node_to_json(const struct topo_node *node, topo_expand_fn *expand,
                                           void *context, cJSON **json, struct sim_error *error);

#endif
