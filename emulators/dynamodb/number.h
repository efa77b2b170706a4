/* number.h -- DynamoDB's numbers: exact decimals of 38 digits.
 *
 * Purpose  Parse, compare, add, subtract, print in the service's form, and turn into bytes whose
 *          memcmp order (shorter first) is the numeric order.
 * Source   Developer guide, "Data types: Number"; dynalite's recordings for the byte form.
 * Units    value = coefficient * 10^exponent, negated if is_negative. Every number here is normal:
 *          the coefficient has at most 38 digits and does not end in 0; zero is {0, 0, false}; the
 *          leading digit's decimal exponent is -130 to 125.
 * Errors   ValidationException with the service's text; outputs are untouched. */
#ifndef EMULATORS_DYNAMODB_NUMBER_H
#define EMULATORS_DYNAMODB_NUMBER_H

#include "emulators/dynamodb/ddb_error.h"

#define DDB_NUMBER_DIGITS_MAX 38
#define DDB_NUMBER_TEXT_BYTES 176 /* "-0." + 129 zeros + 38 digits + NUL, rounded up */
#define DDB_NUMBER_KEY_BYTES  24

__extension__ typedef unsigned __int128
    ddb_uint128; /* the one typedef: C has no plain name for it */

struct ddb_number {
    ddb_uint128 coefficient;
    int32_t exponent;
    bool is_negative;
};

MUST_USE bool ddb_number_parse(const char *text, struct ddb_number *number,
                               struct ddb_fault *fault);
int ddb_number_compare(const struct ddb_number *a, const struct ddb_number *b); /* <0, 0, >0 */
/* Exact; a result that needs more than 38 digits or leaves the range is refused. */
MUST_USE bool ddb_number_add(const struct ddb_number *a, const struct ddb_number *b,
                             struct ddb_number *sum, struct ddb_fault *fault);
MUST_USE bool ddb_number_subtract(const struct ddb_number *a, const struct ddb_number *b,
                                  struct ddb_number *difference, struct ddb_fault *fault);
/* Plain decimal without exponent; returns the length. */
size_t ddb_number_format(const struct ddb_number *number, char text[DDB_NUMBER_TEXT_BYTES]);
/* Order-preserving bytes; returns how many. */
size_t ddb_number_key(const struct ddb_number *number, uint8_t key[DDB_NUMBER_KEY_BYTES]);
/* Significant digits (0 for zero) and the decimal exponent of the first one. */
int32_t ddb_number_digit_count(const struct ddb_number *number);
int32_t ddb_number_magnitude(const struct ddb_number *number);

#endif
