/* distance.c -- great-circle distances by the haversine formula, in fixed point. See distance.h. */
#include "emulators/route53/distance.h"

#define UNITS_PER_DEGREE INT64_C(10000) /* angles within are in ten-thousandths of a degree */
#define UNITS_PER_CDEG   (UNITS_PER_DEGREE / 100)
#define ONE              (INT64_C(1) << 28)
/* 10,000 units of arc on a sphere of 6,371,008.8 m, in centimetres */
#define CM_PER_DEGREE 11119508

/* sin of 0 to 90 degrees, times ONE */
/* clang-format off */
static const int32_t sines[91] = {
    0, 4684845, 9368262, 14048826, 18725111, 23395692, 28059146, 32714053, 37358995,
    41992557, 46613328, 51219900, 55810870, 60384839, 64940414, 69476208, 73990839, 78482932,
    82951118, 87394036, 91810333, 96198664, 100557692, 104886089, 109182536, 113445726, 117674359,
    121867147, 126022813, 130140091, 134217728, 138254480, 142249119, 146200428, 150107202, 153968252,
    157782402, 161548490, 165265369, 168931906, 172546985, 176109505, 179618379, 183072541, 186470936,
    189812531, 193096307, 196321264, 199486420, 202590810, 205633489, 208613531, 211530026, 214382087,
    217168846, 219889453, 222543079, 225128916, 227646177, 230094095, 232471924, 234778940, 237014440,
    239177743, 241268190, 243285144, 245227991, 247096140, 248889021, 250606087, 252246817, 253810710,
    255297290, 256706103, 258036722, 259288740, 260461776, 261555473, 262569497, 263503541, 264357318,
    265130570, 265823061, 266434579, 266964938, 267413978, 267781561, 268067575, 268271932, 268394572,
    268435456,
};
/* clang-format on */

/* sin of an angle from 0 to 90 degrees: the table's, turned on by the rest of a degree. */
static int64_t sine(int64_t angle)
{
    const int64_t degree = angle / UNITS_PER_DEGREE;
    const int64_t rest = angle % UNITS_PER_DEGREE;
    const int64_t radians = rest * 4685083 / UNITS_PER_DEGREE; /* pi / 180 * ONE */
    const int64_t square = radians * radians / ONE;
    const int64_t small_sine = radians - square * radians / ONE / 6;
    const int64_t small_cosine = ONE - square / 2 + square * square / ONE / 24;
    return (sines[degree] * small_cosine + sines[90 - degree] * small_sine) / ONE;
}

/* sin of any angle. */
static int64_t sine_of(int64_t angle)
{
    const int64_t half = 180 * UNITS_PER_DEGREE;
    int64_t sign = 1;
    angle %= 2 * half;
    if (angle < 0)
        angle += 2 * half;
    if (angle >= half) {
        angle -= half;
        sign = -1;
    }
    if (angle > half / 2)
        angle = half - angle;
    return sign * sine(angle);
}

static int64_t cosine_of(int64_t angle)
{
    return sine_of(angle + 90 * UNITS_PER_DEGREE);
}

struct vector {
    int64_t x, y, z;
};

static struct vector vector_of(const struct r53_point *point)
{
    const int64_t latitude = (int64_t)point->latitude_cdeg * UNITS_PER_CDEG;
    const int64_t longitude = (int64_t)point->longitude_cdeg * UNITS_PER_CDEG;
    const int64_t flat = cosine_of(latitude);
    return (struct vector){flat * cosine_of(longitude) / ONE, flat * sine_of(longitude) / ONE,
                           sine_of(latitude)};
}

/* The angle from 0 to 90 degrees whose sine, squared, is square (times ONE squared). */
static int64_t angle_of_square(int64_t square)
{
    int64_t low = 0;
    int64_t high = 90 * UNITS_PER_DEGREE;
    while (low < high) {
        const int64_t middle = (low + high + 1) / 2;
        const int64_t value = sine(middle);
        if (value * value <= square)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

uint64_t r53_distance_m(const struct r53_point *a, const struct r53_point *b)
{
    const struct vector from = vector_of(a);
    const struct vector to = vector_of(b);
    const int64_t x = (from.x - to.x) / 2;
    const int64_t y = (from.y - to.y) / 2;
    const int64_t z = (from.z - to.z) / 2;
    const int64_t half_angle = angle_of_square(x * x + y * y + z * z);
    return (uint64_t)half_angle * 2 * CM_PER_DEGREE / UNITS_PER_DEGREE / 100;
}

uint64_t r53_biased_distance_mm(uint64_t distance_m, int bias)
{
    PRE(bias > -100 && bias < 100);
    if (bias >= 0)
        return distance_m * 10 * (uint64_t)(100 - bias);
    return distance_m * 1000 * 100 / (uint64_t)(100 + bias);
}
