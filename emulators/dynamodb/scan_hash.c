/* MD5 (RFC 1321), as a hash of short keys. Own code because libcrypto spends more on fetching the
 * algorithm than on a key of one block, and its start-up would count against ours. */
#include "emulators/dynamodb/scan_hash.h"

#include <string.h>

#define BLOCK_BYTES 64

static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};
static const uint8_t rotations[4][4] = {
    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static uint32_t read_little(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t turn(uint32_t sum, unsigned bits)
{
    return sum << bits | sum >> (32 - bits);
}

/* Four steps, after which the four words stand where they stood. The compiler unrolls the rounds:
 * an item's key is hashed for each request. */
#define ROUND(index, function, first, step)                                                        \
    for (unsigned i = 0; i < 16; i += 4) {                                                         \
        const uint32_t *sine = sines + (size_t)(index)*16 + i;                                     \
        const uint8_t *by = rotations[index];                                                      \
        a = b + turn(a + function(b, c, d) + sine[0] + words[((first) + (step)*i) % 16], by[0]);   \
        d = a + turn(d + function(a, b, c) + sine[1] + words[((first) + (step) * (i + 1)) % 16],   \
                     by[1]);                                                                       \
        c = d + turn(c + function(d, a, b) + sine[2] + words[((first) + (step) * (i + 2)) % 16],   \
                     by[2]);                                                                       \
        b = c + turn(b + function(c, d, a) + sine[3] + words[((first) + (step) * (i + 3)) % 16],   \
                     by[3]);                                                                       \
    }
#define MIX_1(x, y, z) (((x) & (y)) | (~(x) & (z)))
#define MIX_2(x, y, z) (((z) & (x)) | (~(z) & (y)))
#define MIX_3(x, y, z) ((x) ^ (y) ^ (z))
#define MIX_4(x, y, z) ((y) ^ ((x) | ~(z)))

static void mix(uint32_t state[4], const uint8_t *block)
{
    uint32_t words[16];
    uint32_t a = state[0];
    uint32_t b = state[1];
    uint32_t c = state[2];
    uint32_t d = state[3];
    for (unsigned i = 0; i < 16; i++)
        words[i] = read_little(block + (size_t)4 * i);
    ROUND(0, MIX_1, 0, 1)
    ROUND(1, MIX_2, 1, 5)
    ROUND(2, MIX_3, 5, 3)
    ROUND(3, MIX_4, 0, 7)
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

uint32_t ddb_scan_hash(const uint8_t *key, size_t key_bytes)
{
    static const char prefix[] = "Outliers";
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    uint8_t block[BLOCK_BYTES];
    size_t used = sizeof prefix - 1;
    uint64_t total_bits = ((uint64_t)used + key_bytes) * 8;
    memcpy(block, prefix, used);
    for (size_t i = 0; i < key_bytes; i++) {
        block[used++] = key[i];
        if (used == BLOCK_BYTES) {
            mix(state, block);
            used = 0;
        }
    }
    block[used++] = 0x80;
    if (used > BLOCK_BYTES - 8) {
        memset(block + used, 0, BLOCK_BYTES - used);
        mix(state, block);
        used = 0;
    }
    memset(block + used, 0, BLOCK_BYTES - used);
    for (unsigned i = 0; i < 8; i++)
        block[BLOCK_BYTES - 8 + i] = (uint8_t)(total_bits >> (8 * i));
    mix(state, block);
    uint32_t first = state[0]; /* the digest is little-endian, its first bytes count most */
    return first << 24 | (first & 0xff00) << 8 | (first >> 8 & 0xff00) | first >> 24;
}
