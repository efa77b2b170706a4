#include "sim/drill/drill_schema.h"

#include "emulators/wire/service.h"

WIRE_EMBED(drill_schema_json, "sim/drill/drill.schema.json");

const char *drill_schema(void)
{
    return (const char *)drill_schema_json; /* the embedding ends it with a NUL */
}
