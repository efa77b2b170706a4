/* drill_schema.h -- the published form of a drill file.
 *
 * Purpose  drill.schema.json, embedded, for editors. The reader does not use it: a test compares
 * its keys with the reader's own. */
#ifndef SIM_DRILL_DRILL_SCHEMA_H
#define SIM_DRILL_DRILL_SCHEMA_H

/* JSON Schema (draft 2020-12), NUL-terminated. */
const char *drill_schema(void);

#endif
