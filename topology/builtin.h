/* builtin.h -- the worlds that come with the program. */
#ifndef TOPOLOGY_BUILTIN_H
#define TOPOLOGY_BUILTIN_H

#include "sim/core/base.h"

struct topo_builtin {
    const char *name;    /* "two-region-orders" */
    const char *summary; /* one line for people */
    const char *text;    /* the world file */
    size_t text_bytes;
};

size_t topo_builtin_count(void);
void topo_builtin_get(size_t index, struct topo_builtin *builtin);
bool topo_builtin_find(const char *name, struct topo_builtin *builtin);

#endif
