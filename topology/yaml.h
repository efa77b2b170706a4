/* yaml.h -- YAML or JSON text as a tree that knows where each of its parts stood.
 *
 * Purpose  Worlds and drills are files that people write, so every complaint about them names file,
 *          line and column: "FILE:LINE:COLUMN: what is wrong; what is allowed".
 * Form     One document; mappings with text keys, sequences, scalars. Refused with a sentence:
 *          duplicate keys, anchors, aliases, tags, several documents, and what exceeds the limits.
 * Owner    The arena owns the tree. The text may go once it is parsed; file is copied.
 * Errors   INVALID with place and sentence, also for a file that cannot be read; NOT_FOUND for one
 *          that is not there; INVALID for what is too large, too.
 */
#ifndef TOPOLOGY_YAML_H
#define TOPOLOGY_YAML_H

#include "sim/core/arena.h"
#include "sim/core/error.h"

#define TOPO_YAML_MAX_BYTES ((size_t)1024 * 1024)
#define TOPO_YAML_MAX_DEPTH 32
#define TOPO_YAML_MAX_NODES ((size_t)100000)

enum topo_node_kind { TOPO_SCALAR, TOPO_SEQUENCE, TOPO_MAPPING };

struct topo_node {
    enum topo_node_kind kind;
    const char *file;
    size_t line;      /* from 1 */
    size_t column;    /* from 1, in characters */
    const char *text; /* SCALAR: without quotes, escapes resolved */
    bool is_plain; /* SCALAR: written without quotes, so that true or 12 may mean more than text */
    size_t count;  /* of children */
    const struct topo_node *first;  /* SEQUENCE, MAPPING: children in the order of the file */
    const struct topo_node *next;   /* the next sibling */
    const struct topo_node *key;    /* a MAPPING's child: its key; else NULL */
    const struct topo_node *parent; /* NULL for the root */
};

MUST_USE enum sim_result topo_yaml_parse(struct sim_arena *arena, const char *file,
                                         const char *text, size_t text_bytes,
                                         const struct topo_node **root, struct sim_error *error);
/* Reads and parses a file. */
MUST_USE enum sim_result topo_yaml_load(struct sim_arena *arena, const char *path,
                                        const struct topo_node **root, struct sim_error *error);

/* The value under a key; NULL if absent or if mapping is NULL or no mapping. */
const struct topo_node *topo_node_find(const struct topo_node *mapping, const char *key);

/* "FILE:LINE:COLUMN: sentence" into error; returns INVALID. */
enum sim_result topo_node_fail(const struct topo_node *node, struct sim_error *error,
                               const char *format, ...) PRINTF_LIKE(3, 4);

#endif
