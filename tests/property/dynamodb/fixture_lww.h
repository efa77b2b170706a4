/* fixture_lww.h -- last writer wins, written down once more in a few lines: the oracle of the
 * exhaustive proof.
 *
 * What the service documents and nothing else: a write's time is its Region's clock, but later than
 * what it replaces; the greater time stays, at the same time the greater Region name. What a
 * replica has seen of an item is a plain set of writes (a bit each), so nothing here knows of the
 * version vectors of the code under test. */
#ifndef TESTS_PROPERTY_DYNAMODB_FIXTURE_LWW_H
#define TESTS_PROPERTY_DYNAMODB_FIXTURE_LWW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LWW_REGIONS 3
#define LWW_ITEMS   2
#define LWW_OPS     4

enum lww_kind {
    LWW_PUT,
    LWW_DELETE,
    LWW_PUT_NEW, /* if the item is not there */
    LWW_ADD,     /* 1 to its counter */
    LWW_PUT_BOTH /* a transaction over both items; arrives item by item */
};
#define LWW_KINDS 5

struct lww_op {
    size_t region;
    enum lww_kind kind;
    size_t item;
};

struct lww_value {
    bool exists;
    int put;     /* number of the operation that put it; -1: none, it began as a counter */
    int counter; /* 0: none */
};

struct lww_write { /* one write of one item */
    bool is_made;  /* its operation succeeded and changed something */
    uint64_t written_us;
    size_t region;
    struct lww_value value;
    unsigned past; /* writes that its replica had seen */
};

struct lww_replica { /* of one item in one Region */
    int current;     /* index of the write; -1: none ever */
    unsigned seen;
};

enum lww_event { LWW_NOTHING, LWW_INSERT, LWW_MODIFY, LWW_REMOVE }; /* of a stream */

struct lww_world {
    const char *const *names; /* of the Regions */
    const int64_t *skews_us;
    struct lww_write writes[LWW_OPS * LWW_ITEMS]; /* lww_index() */
    struct lww_replica replicas[LWW_REGIONS][LWW_ITEMS];
};

/* What happened to one item in one Region. */
struct lww_step {
    enum lww_event event;
    struct lww_value before;
    struct lww_value after;
    bool is_replaced; /* by what arrived; else that lost */
    int lost;         /* index of the write that was lost to what arrived; -1: none */
};

int lww_index(int op, size_t item);
void lww_begin(struct lww_world *world, const char *const *names, const int64_t *skews_us);
/* The operation runs in its Region; steps[item] for each item that it changed. False: its condition
 * failed, and nothing happened. */
bool lww_run(struct lww_world *world, const struct lww_op *op, int number, uint64_t now_us,
             struct lww_step steps[LWW_ITEMS]);
/* A write arrives in another Region. */
struct lww_step lww_arrive(struct lww_world *world, size_t region, int write);
struct lww_value lww_value(const struct lww_world *world, size_t region, size_t item);
/* The greatest of all writes of the item; -1: there was none. */
int lww_last_writer(const struct lww_world *world, size_t item);

#endif
