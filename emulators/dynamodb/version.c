#include "emulators/dynamodb/version.h"

#include <string.h>

#include "emulators/dynamodb/planted_bugs.h"

int ddb_version_compare(struct sim_network *network, struct ddb_version a, struct ddb_version b)
{
    if (a.written_us != b.written_us)
        return a.written_us < b.written_us ? -1 : 1;
    if (a.origin == b.origin || a.written_us == 0)
        return 0;
    const char *name_a = sim_network_region_by_index(network, a.origin)->name;
    const char *name_b = sim_network_region_by_index(network, b.origin)->name;
    int order = strcmp(name_a, name_b) < 0 ? -1 : 1;
    return DDB_IS_PLANTED(DDB_PLANT_REVERSE_TIE) ? -order : order;
}

bool ddb_version_is_equal(struct ddb_version a, struct ddb_version b)
{
    return a.written_us == b.written_us && (a.origin == b.origin || a.written_us == 0);
}

void ddb_seen_add(struct ddb_seen *seen, struct ddb_version version)
{
    if (version.written_us == 0)
        return;
    size_t at = 0;
    while (at < seen->count && seen->newest[at].origin < version.origin)
        at++;
    if (at < seen->count && seen->newest[at].origin == version.origin) {
        if (seen->newest[at].written_us < version.written_us)
            seen->newest[at].written_us = version.written_us;
        return;
    }
    CHECK(seen->count < SIM_REGION_MAX);
    memmove(&seen->newest[at + 1], &seen->newest[at], (seen->count - at) * sizeof seen->newest[0]);
    seen->newest[at] = version;
    seen->count++;
}

void ddb_seen_decode(struct ddb_seen *seen, const void *bytes, size_t length,
                     struct ddb_version version)
{
    const unsigned char *byte = bytes;
    seen->count = 0;
    for (size_t at = 0; at + DDB_SEEN_ENTRY_BYTES <= length; at += DDB_SEEN_ENTRY_BYTES) {
        struct ddb_version entry = {.origin = byte[at]};
        for (size_t i = 1; i < DDB_SEEN_ENTRY_BYTES; i++)
            entry.written_us = entry.written_us << 8 | byte[at + i];
        if (entry.origin < SIM_REGION_MAX)
            ddb_seen_add(seen, entry);
    }
    ddb_seen_add(seen, version);
}

size_t ddb_seen_encode(const struct ddb_seen *seen, struct ddb_version version,
                       unsigned char bytes[DDB_SEEN_BYTES_MAX])
{
    size_t length = 0;
    for (size_t i = 0; i < seen->count; i++) {
        struct ddb_version entry = seen->newest[i];
        if (ddb_version_is_equal(entry, version))
            continue;
        bytes[length++] = (unsigned char)entry.origin;
        for (int shift = 56; shift >= 0; shift -= 8)
            bytes[length++] = (unsigned char)(entry.written_us >> shift);
    }
    return length;
}

void ddb_seen_merge(struct ddb_seen *seen, const struct ddb_seen *other)
{
    for (size_t i = 0; i < other->count; i++)
        ddb_seen_add(seen, other->newest[i]);
}

bool ddb_seen_includes(const struct ddb_seen *seen, struct ddb_version version)
{
    for (size_t i = 0; i < seen->count; i++) {
        if (seen->newest[i].origin == version.origin)
            return seen->newest[i].written_us >= version.written_us;
    }
    return version.written_us == 0;
}

_Static_assert(SIM_REGION_MAX <= 256, "an origin is stored in one byte");
