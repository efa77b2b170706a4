/* fixture_linearizability.h -- could one register, with each operation taking effect at one moment
 * between its call and its answer, have given these answers?
 *
 * Source   The search of Wing and Gong ("Testing and Verifying Concurrent Objects", J. Parallel
 *          Distrib. Comput. 17, 1993) in the form of Lowe ("Testing for linearizability", Concurr.
 *          Comput. Pract. Exp. 29(4), 2017): calls and returns in a doubly linked list, and a
 * memory of which sets of operations in which state were tried already; the form that Porcupine
 *          uses, too. A history over many items is linearizable when each item's is (Herlihy and
 *          Wing 1990), so the caller gives one item at a time (P-compositionality).
 * Unknown  An operation without an answer may have taken effect at any time after its call, or
 *          never: it has a call and no return. */
#ifndef TESTS_PROPERTY_DYNAMODB_FIXTURE_LINEARIZABILITY_H
#define TESTS_PROPERTY_DYNAMODB_FIXTURE_LINEARIZABILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIN_ABSENT  (-1)
#define LIN_OPS_MAX 256 /* of one item */

enum lin_kind {
    LIN_READ,     /* gave value */
    LIN_WRITE,    /* of value; LIN_ABSENT: a delete */
    LIN_SWAP,     /* of expected for value: done */
    LIN_NOT_SWAP, /* it was not expected */
    LIN_ADD,      /* of 1, absent counts as 0; gave value */
};

struct lin_op {
    enum lin_kind kind;
    int64_t value;
    int64_t expected;
    uint64_t called_us;
    uint64_t returned_us;
    bool is_unknown; /* whether it happened: no return, and no value of an ADD */
};

bool lin_check(const struct lin_op *ops, size_t count);

#endif
