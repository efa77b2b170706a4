/* version.h -- which write of an item is this, and which other writes had its writer seen?
 *
 * Purpose  A version is (time, origin Region). Between two versions of an item the greater one
 *          stays: by time, then by the order of the Region names. That decides the contents of all
 *          replicas and nothing else is needed for it.
 *          To tell a conflict from a succession, each stored item and each change-log record also
 *          carries what its replica had seen of the item: for each origin the newest version. A
 *          write whose `seen` includes another version was made knowingly after it; two versions of
 *          which neither includes the other were made without knowledge of each other.
 * Units    µs of the origin Region's clock, skew included.
 * Note     Times of one item never repeat at one origin (a local write takes at least the stored
 *          time + 1), so the newest time for each origin says all. */
#ifndef EMULATORS_DYNAMODB_VERSION_H
#define EMULATORS_DYNAMODB_VERSION_H

#include "sim/core/network.h"

struct ddb_version {
    uint64_t written_us; /* 0: no version at all */
    size_t origin;       /* index of the Region in the network */
};

/* -1, 0 or 1: a loses to, is, or wins over b. */
int ddb_version_compare(struct sim_network *network, struct ddb_version a, struct ddb_version b);
bool ddb_version_is_equal(struct ddb_version a, struct ddb_version b);

struct ddb_seen {
    size_t count;
    struct ddb_version newest[SIM_REGION_MAX]; /* one for each origin, in order of the origin */
};

/* Stored form: 9 bytes for each origin (index, time big-endian). An item that only its own version
 * ever touched has the empty form: the version itself always counts as seen. */
#define DDB_SEEN_ENTRY_BYTES 9
#define DDB_SEEN_BYTES_MAX   (SIM_REGION_MAX * DDB_SEEN_ENTRY_BYTES)

/* Reads the stored form and adds version (unless it is none). Foreign bytes are ignored. */
void ddb_seen_decode(struct ddb_seen *seen, const void *bytes, size_t length,
                     struct ddb_version version);
/* Returns the length; 0 when there is nothing but version. */
size_t ddb_seen_encode(const struct ddb_seen *seen, struct ddb_version version,
                       unsigned char bytes[DDB_SEEN_BYTES_MAX]);
void ddb_seen_add(struct ddb_seen *seen, struct ddb_version version);
void ddb_seen_merge(struct ddb_seen *seen, const struct ddb_seen *other);
bool ddb_seen_includes(const struct ddb_seen *seen, struct ddb_version version);

#endif
