/* fixture_fill.h -- short forms in the JSON of cases, written out.
 *
 * {"$text": [3, "ab", "end"]}        "abababend" (the end may be left out)
 * {"$join": ["a", {"$text": ...}]}   its texts, one after the other
 * {"$list": [3, x]}                  three times x; "%i" in its texts and names counts from 0
 * {"$map": [3, "k%i", x]}            an object of three members
 * {"$nest": [3, {"L": ["$in"]}, x]}  x within three wrappings
 * "$kept:name"                       what an earlier answer had where it was asked "$keep:name" */
#ifndef TESTS_UNIT_DYNAMODB_FIXTURE_FILL_H
#define TESTS_UNIT_DYNAMODB_FIXTURE_FILL_H

#include <cjson/cJSON.h>

/* A new tree, the caller's. kept: {name: value}. count: what "%i" is, or -1: "%i" stays. */
cJSON *json_fill(const cJSON *json, const cJSON *kept, int count);

#endif
