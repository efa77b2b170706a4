/* pattern.h -- the regular expressions of the API models.
 *
 * Purpose  A text must match as a whole, as the services' matcher has it. Patterns are a subset of
 *          Java's: classes with ranges and negation, \d \w \s \S \D \W, \p{Print} \p{ASCII}, \uHHHH
 *          and \xHH, groups, alternatives, * + ? {n,m}, ^ and $ (which are implied).
 * Cost     Linear in the text: all alternatives are followed at once, nothing is tried again.
 * Owner    A pattern lives in the arena that it was compiled into. */
#ifndef EMULATORS_WIRE_PATTERN_H
#define EMULATORS_WIRE_PATTERN_H

#include "sim/core/arena.h"

struct wire_pattern;

/* NULL where the text is not of the subset, or would need more than WIRE_PATTERN_STATES_MAX. */
#define WIRE_PATTERN_STATES_MAX 4096
MUST_USE struct wire_pattern *wire_pattern_compile(struct sim_arena *arena, const char *pattern);
/* text is UTF-8; a byte that is none counts as the code point of its value. */
bool wire_pattern_matches(const struct wire_pattern *pattern, const char *text);

#endif
