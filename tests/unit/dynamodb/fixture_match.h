/* fixture_match.h -- is this JSON what a case wants?
 *
 * The same values in the same order, object members in any order, and nothing else, but for:
 * "$any"                  any value
 * "$keep:name"            any value, kept for "$kept:name" in later requests
 * "$contains:text"        a text with this in it
 * {"$length": 3}          a list of three
 * {"$unordered": [...]}   a list of these in any order
 * {"a": 1, "...": ""}     an object that may have other members too
 * {"a": "$absent"}        an object without a */
#ifndef TESTS_UNIT_DYNAMODB_FIXTURE_MATCH_H
#define TESTS_UNIT_DYNAMODB_FIXTURE_MATCH_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#define MATCH_WHERE_BYTES 512

/* False: where tells the place and kind of the first difference. */
bool json_match(const cJSON *wanted, const cJSON *got, cJSON *kept, char where[MATCH_WHERE_BYTES]);

#endif
