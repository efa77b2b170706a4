#include "topology/schema.h"

#include "emulators/wire/service.h"

WIRE_EMBED(topo_world_schema_json, "topology/world.schema.json");

const char *topo_world_schema(void)
{
    return (const char *)topo_world_schema_json; /* the embedding ends it with a NUL */
}
