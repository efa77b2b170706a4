/* fixture_facts.h -- the services' facts for tests of the wire layer, which links no service. */
#ifndef TESTS_UNIT_WIRE_FIXTURE_FACTS_H
#define TESTS_UNIT_WIRE_FIXTURE_FACTS_H

#include "emulators/wire/model.h"

struct facts {
    struct wire_service service;
    struct wire_model *model;
    char *json;
};

extern const char *const facts_paths[]; /* ends with NULL */

/* Reads api.json (path from the source folder, where tests run) or takes the text as it is. */
void facts_open(struct facts *facts, const char *id, const char *path);
void facts_open_text(struct facts *facts, const char *id, const char *json);
void facts_close(struct facts *facts);
/* The same without loading a model: for services that a dispatcher is to load. */
void facts_read(struct facts *facts, const char *id, const char *path);

#endif
