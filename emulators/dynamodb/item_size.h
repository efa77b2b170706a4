/* item_size.h -- how many bytes an item counts for: limits, capacity, stream records.
 *
 * Source   Developer guide, "DynamoDB item sizes and formats"; the rule for numbers is measured
 *          (dynalite). Units bytes. Values must be normal. */
#ifndef EMULATORS_DYNAMODB_ITEM_SIZE_H
#define EMULATORS_DYNAMODB_ITEM_SIZE_H

#include <cjson/cJSON.h>

#include "sim/core/base.h"

#define DDB_ITEM_BYTES_MAX ((size_t)409600) /* 400 KB, names included */

size_t ddb_value_size_bytes(const cJSON *value);
size_t ddb_item_size_bytes(const cJSON *item); /* also of a Key map; NULL counts 0 */

#endif
