/* spelling.h -- "did you mean": the nearest allowed word to one that somebody mistyped.
 *
 * Owner    Returns one of the candidates, or NULL when none is near. */
#ifndef TOPOLOGY_SPELLING_H
#define TOPOLOGY_SPELLING_H

#include "sim/core/base.h"

#define TOPO_WORD_MAX_BYTES ((size_t)64) /* longer words get no suggestion */

/* Near means: at most one edit for every four letters (a word of three counts as four; case does
 * not count); the first of equals wins. */
const char *topo_spelling_nearest(const char *word, const char *const *candidates, size_t count);

#endif
