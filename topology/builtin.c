#include "topology/builtin.h"

#include <string.h>

#include "emulators/wire/service.h"

WIRE_EMBED(topo_two_region_orders, "topology/worlds/two-region-orders.yaml");

static const struct {
    const char *name;
    const char *summary;
    const unsigned char *begin;
    const unsigned char *end;
} worlds[] = {
    {"two-region-orders",
     "the orders application in two Regions behind latency records and routing controls",
     topo_two_region_orders, topo_two_region_orders_end},
};

size_t topo_builtin_count(void)
{
    return ARRAY_LEN(worlds);
}

void topo_builtin_get(size_t index, struct topo_builtin *builtin)
{
    PRE(index < ARRAY_LEN(worlds));
    *builtin = (struct topo_builtin){
        .name = worlds[index].name,
        .summary = worlds[index].summary,
        .text = (const char *)worlds[index].begin,
        .text_bytes = (size_t)(worlds[index].end - worlds[index].begin),
    };
}

bool topo_builtin_find(const char *name, struct topo_builtin *builtin)
{
    for (size_t i = 0; i < ARRAY_LEN(worlds); i++)
        if (strcmp(worlds[i].name, name) == 0) {
            topo_builtin_get(i, builtin);
            return true;
        }
    return false;
}
