/* schema.h -- the published form of a world file, for editors and other tools.
 *
 * Purpose  world.schema.json, embedded. The reader does not use it: a test compares its keys and
 *          required keys with the reader's own. */
#ifndef TOPOLOGY_SCHEMA_H
#define TOPOLOGY_SCHEMA_H

/* JSON Schema (draft 2020-12), NUL-terminated. */
const char *topo_world_schema(void);

#endif
