/* xoshiro256** by Blackman and Vigna (prng.di.unimi.it), seeded by splitmix64. The seed is mixed
 * before the name's hash is folded in, so that seeds 1, 2, 3 with one name have nothing in common.
 */
#include "sim/core/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <uuid/uuid.h>

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t hash_name(const char *name) /* FNV-1a */
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return hash;
}

void sim_random_init(struct sim_random *random, uint64_t seed, const char *stream_name)
{
    uint64_t state = seed;
    state = splitmix(&state) ^ hash_name(stream_name);
    for (size_t i = 0; i < ARRAY_LEN(random->state); i++)
        random->state[i] = splitmix(&state);
}

static uint64_t rotate_left(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

uint64_t sim_random_next(struct sim_random *random)
{
    uint64_t *s = random->state;
    uint64_t drawn = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return drawn;
}

uint64_t sim_random_below(struct sim_random *random, uint64_t bound)
{
    PRE(bound > 0);
    /* The lowest 2^64 mod bound draws are thrown away: what remains is a multiple of bound. */
    uint64_t unfair = (UINT64_MAX - bound + 1) % bound;
    uint64_t drawn;
    do
        drawn = sim_random_next(random);
    while (drawn < unfair);
    return drawn % bound;
}

uint64_t sim_random_between(struct sim_random *random, uint64_t low, uint64_t high)
{
    PRE(low <= high);
    if (low == 0 && high == UINT64_MAX)
        return sim_random_next(random);
    return low + sim_random_below(random, high - low + 1);
}

bool sim_random_chance(struct sim_random *random, uint64_t rate_ppm)
{
    return sim_random_below(random, SIM_PPM) < rate_ppm;
}

void sim_random_uuid(struct sim_random *random, char text[SIM_UUID_TEXT_BYTES])
{
    /* Namespace of regionlab's ids, itself a version 4 UUID. */
    static const uuid_t space = {0x5e, 0x1f, 0x0c, 0x7a, 0x9b, 0x42, 0x4d, 0x63,
                                 0x8a, 0x17, 0x2e, 0xd4, 0x60, 0xb9, 0x33, 0xc8};
    char name[16];
    for (size_t half = 0; half < 2; half++) {
        uint64_t drawn = sim_random_next(random);
        for (size_t i = 0; i < 8; i++) /* byte by byte: the same on every machine */
            name[half * 8 + i] = (char)(unsigned char)(drawn >> 8 * i);
    }
    uuid_t id;
    uuid_generate_sha1(id, space, name, sizeof name);
    uuid_unparse_lower(id, text);
}

void sim_random_text(struct sim_random *random, const char *alphabet, char *text, size_t length)
{
    size_t letters = strlen(alphabet);
    for (size_t i = 0; i < length; i++)
        text[i] = alphabet[sim_random_below(random, letters)];
    text[length] = '\0';
}

uint64_t sim_random_fresh_seed(void)
{
    uint64_t seed;
    ssize_t got;
    do
        got = getrandom(&seed, sizeof seed, 0);
    while (got < 0 && errno == EINTR);
    CHECK(got == (ssize_t)sizeof seed);
    return seed >> 11; /* 53 bits: whatever reads numbers as doubles keeps it exact */
}
