/* fixture_regions.h -- a few Regions on a virtual clock with one table, for the proofs about global
 * tables.
 *
 * Purpose  Calls through dispatch, the clock, replicas that join, what a Region stores of an item.
 * Owner    regions_begin() ... regions_end(); an answer's output is the caller's to delete.
 * Errors   What cannot go wrong fails the test, naming the world's number (its seed). */
#ifndef TESTS_PROPERTY_DYNAMODB_FIXTURE_REGIONS_H
#define TESTS_PROPERTY_DYNAMODB_FIXTURE_REGIONS_H

#include "emulators/dynamodb/replica.h"
#include "emulators/wire/dispatch.h"

#define REGIONS_MAX   3
#define REGIONS_TABLE "tab" /* partition key "pk", a number */

struct regions {
    uint64_t seed;
    const char *const *names; /* of Regions, REGIONS_MAX */
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct ddb *ddb;
};

struct regions_answer {
    enum wire_outcome outcome;
    cJSON *output; /* parsed anew, as a client would */
    char code[64]; /* of an error, else "" */
};

/* Numbers of the order in which the network knows them are not the order of their names. */
extern const char *const regions_eventual[REGIONS_MAX];
/* Three of one set in which strong groups are allowed. */
extern const char *const regions_strong[REGIONS_MAX];

void regions_begin(struct regions *regions, uint64_t seed, const char *const *names);
void regions_end(struct regions *regions);

/* A live client's call. In format each ' becomes ". */
struct regions_answer regions_ask(struct regions *regions, size_t region, const char *service,
                                  const char *operation, const char *format, ...) PRINTF_LIKE(5, 6);
/* Makes the input of such a call; the caller deletes it. */
MUST_USE cJSON *regions_input(const char *format, ...) PRINTF_LIKE(1, 2);
/* What a call's client would read. */
void regions_take_answer(struct regions_answer *answer, const struct wire_call *call);

uint64_t regions_now_us(const struct regions *regions);
void regions_advance_to(struct regions *regions, uint64_t at_us);
void regions_advance_to_idle(struct regions *regions);

/* The table in Region 0, with a stream of both images where asked. */
void regions_create_table(struct regions *regions, bool has_stream);
void regions_join(struct regions *regions, size_t region); /* and waits until it is ACTIVE */
/* The empty table becomes a strong group of all Regions, the last one a witness where asked. */
void regions_make_strong(struct regions *regions, bool has_witness);

struct ddb_table *regions_table(const struct regions *regions, size_t region); /* or NULL */
/* What the Region stores: *item is the caller's; NULL for a tombstone or nothing. */
struct ddb_version regions_stored(const struct regions *regions, size_t region, uint64_t key,
                                  cJSON **item);

uint64_t regions_break(struct regions *regions, const struct sim_fault_spec *spec);
void regions_mend(struct regions *regions, uint64_t fault);

#endif
