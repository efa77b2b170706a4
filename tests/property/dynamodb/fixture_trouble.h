/* fixture_trouble.h -- random faults between and in a few Regions, for the proofs: partitions in
 * one and in both directions, Regions down, replication paused or denied, clocks apart, slow links.
 */
#ifndef TESTS_PROPERTY_DYNAMODB_FIXTURE_TROUBLE_H
#define TESTS_PROPERTY_DYNAMODB_FIXTURE_TROUBLE_H

#include "tests/property/dynamodb/fixture_regions.h"

#define TROUBLE_MAX 5 /* faults at a time */

struct trouble {
    struct regions *regions;
    struct sim_random *random; /* the test's own */
    uint64_t faults[TROUBLE_MAX];
    size_t fault_count;
    uint64_t began_count; /* in all */
    uint64_t healed_us;   /* when the last one ended */
};

/* Adds a fault, or ends one. */
void trouble_stir(struct trouble *trouble);
void trouble_end(struct trouble *trouble); /* all of them */
/* Another lag and drain rate for replication on some link. */
void trouble_change_lag(struct trouble *trouble);

#endif
