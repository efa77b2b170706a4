/* model_internal.h -- the steps of loading a model, shared by model*.c only. */
#ifndef EMULATORS_WIRE_MODEL_INTERNAL_H
#define EMULATORS_WIRE_MODEL_INTERNAL_H

#include <cjson/cJSON.h>

#include "emulators/wire/model.h"

struct wire_loader {
    struct sim_arena *arena; /* becomes the model's */
    const char *service_id;
    struct wire_shape *shapes; /* sorted by name */
    size_t shape_count;
    struct sim_error *error;
};

/* Fills loader->shapes from the "shapes" object: first all names and kinds, then what refers to
 * other shapes, so that a shape may contain itself. */
MUST_USE enum sim_result wire_model_load_shapes(struct wire_loader *loader, const cJSON *shapes);
/* Sets needs_check once all shapes are known, and leaves out of checks what has no constraint. */
void wire_model_prepare_checks(struct wire_loader *loader);

/* A text member of a fact, copied into the arena; NULL where it is absent. */
const char *wire_fact_text(struct wire_loader *loader, const cJSON *facts, const char *name);
bool wire_fact_flag(const cJSON *facts, const char *name);
int64_t wire_fact_number(const cJSON *facts, const char *name, int64_t fallback);
/* The shape that facts[name] names; NULL with *result INVALID when there is no such shape. */
MUST_USE enum sim_result wire_fact_shape(struct wire_loader *loader, const char *where,
                                         const char *name, const struct wire_shape **shape);

/* Where a member of that wire name probably stands in its shape's likely table. */
size_t wire_likely_slot(const char *wire_name);

#endif
