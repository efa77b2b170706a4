/* distance.h -- how far two places on Earth are from each other, in whole metres.
 *
 * Purpose  Geoproximity routing. Integer arithmetic only: the same answer on every machine.
 * Units    Coordinates in hundredths of a degree, as precise as the API takes them. */
#ifndef EMULATORS_ROUTE53_DISTANCE_H
#define EMULATORS_ROUTE53_DISTANCE_H

#include "sim/core/base.h"

struct r53_point {
    int32_t latitude_cdeg;  /* -9000 to 9000, north is positive */
    int32_t longitude_cdeg; /* -18000 to 18000, east is positive */
};

/* Along the great circle, on a sphere of Earth's mean radius; to about 20 m. */
uint64_t r53_distance_m(const struct r53_point *a, const struct r53_point *b);
/* What a bias of -99 to 99 makes of a distance, in millimetres: a positive one shrinks it to
 * d * (1 - bias/100), a negative one stretches it to d / (1 + bias/100). */
uint64_t r53_biased_distance_mm(uint64_t distance_m, int bias);

#endif
