/* reserved_words.h -- the names that an expression may only use through a #placeholder.
 *
 * Source   Developer guide, "Reserved words in DynamoDB" (573 words). */
#ifndef EMULATORS_DYNAMODB_RESERVED_WORDS_H
#define EMULATORS_DYNAMODB_RESERVED_WORDS_H

#include "sim/core/base.h"

bool ddb_is_reserved_word(const char *name); /* in any case of letters */

#endif
