/* scan_hash.h -- the hash of a partition key that gives Scans their order.
 *
 * Source   dynalite found md5("Outliers" + key bytes) to reproduce the order of AWS's Scans; the
 *          first four bytes are enough of it. The same on every machine. */
#ifndef EMULATORS_DYNAMODB_SCAN_HASH_H
#define EMULATORS_DYNAMODB_SCAN_HASH_H

#include "sim/core/base.h"

uint32_t ddb_scan_hash(const uint8_t *key, size_t key_bytes);

#endif
