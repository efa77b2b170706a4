/* saved_json.h -- numbers of 64 bits in documents: as text, because a JSON number has 53 bits. */
#ifndef EMULATORS_DYNAMODB_SAVED_JSON_H
#define EMULATORS_DYNAMODB_SAVED_JSON_H

#include <cjson/cJSON.h>

#include "sim/core/base.h"

/* 0 is left out: it is what a missing one reads as. */
void ddb_saved_add_number(cJSON *object, const char *name, uint64_t number);
uint64_t ddb_saved_number(const cJSON *object, const char *name);

#endif
