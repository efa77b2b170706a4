/* random.h -- the only source of chance: seeded, splittable by name.
 *
 * Purpose  Each component draws from a stream of its own name, so that a new draw in one place
 *          shifts nothing in another. The same (seed, name) gives the same draws on every machine.
 *          Generator: xoshiro256** (Blackman, Vigna), seeded by splitmix64 over seed and name.
 * Owner    struct sim_random is a plain value: copy it to branch it. */
#ifndef SIM_CORE_RANDOM_H
#define SIM_CORE_RANDOM_H

#include "sim/core/base.h"

struct sim_random {
    uint64_t state[4];
};

void sim_random_init(struct sim_random *random, uint64_t seed, const char *stream_name);

uint64_t sim_random_next(struct sim_random *random);                  /* all 64 bits */
uint64_t sim_random_below(struct sim_random *random, uint64_t bound); /* 0..bound-1, unbiased */
uint64_t sim_random_between(struct sim_random *random, uint64_t low, uint64_t high); /* inclusive */
bool sim_random_chance(struct sim_random *random, uint64_t rate_ppm);

/* A UUID, name-based (version 5 by libuuid) over 128 drawn bits: stable per seed. */
#define SIM_UUID_TEXT_BYTES 37
void sim_random_uuid(struct sim_random *random, char text[SIM_UUID_TEXT_BYTES]);

/* length characters drawn from alphabet, then a NUL; text holds length + 1. */
void sim_random_text(struct sim_random *random, const char *alphabet, char *text, size_t length);

/* A seed for a run that names none; the only non-repeatable draw, shown to the user so that the
 * run can be repeated. */
uint64_t sim_random_fresh_seed(void);

#endif
