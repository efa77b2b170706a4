#include "topology/regions.h"

#include <stdlib.h>
#include <string.h>

#include "topology/spelling.h"

#define MEASURED_COUNT          19
#define INSIDE_REGION_US        UINT64_C(200) /* 0.1 to 0.3 ms between hosts of one Region */
#define REPLICATION_PIPELINE_US (620 * SIM_US_PER_MS)
#define REPLICATION_WAIT_P50_US (120 * SIM_US_PER_MS)
#define REPLICATION_WAIT_P99_US (460 * SIM_US_PER_MS)

/* clang-format off */
static const char *const measured[MEASURED_COUNT] = {
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "ap-east-1",
    "me-south-1",
    "af-south-1",
};
static const uint16_t round_trip_ms[MEASURED_COUNT][MEASURED_COUNT] = {
    {  0,  11,  60,  73,  15, 113,  71,  76,  78,  86, 105,  94, 182, 236, 198, 152, 213, 193, 216},
    { 11,   0,  51,  49,  24, 125,  85,  86,  88,  96, 113, 104, 189, 220, 188, 155, 204, 203, 226},
    { 60,  51,   0,  21,  78, 190, 141, 137, 138, 146, 163, 153, 231, 181, 137, 112, 155, 253, 276},
    { 73,  49,  21,   0,  66, 180, 127, 145, 150, 158, 157, 171, 223, 163, 139, 101, 145, 260, 272},
    { 15,  24,  78,  66,   0, 124,  72,  89,  92, 100, 114, 108, 197, 221, 196, 155, 202, 207, 224},
    {113, 125, 190, 180, 124,   0, 184, 194, 196, 203, 217, 212, 299, 338, 309, 268, 315, 311, 329},
    { 71,  85, 141, 127,  72, 184,   0,  10,  17,  24,  36,  32, 118, 187, 254, 204, 220, 132, 151},
    { 76,  86, 137, 145,  89, 194,  10,   0,   8,  15,  27,  24, 113, 170, 274, 209, 211, 123, 143},
    { 78,  88, 138, 150,  92, 196,  17,   8,   0,   9,  28,  17, 107, 171, 273, 244, 200, 117, 147},
    { 86,  96, 146, 158, 100, 203,  24,  15,   9,   0,  20,  10, 112, 178, 282, 244, 203, 122, 199},
    {105, 113, 163, 157, 114, 217,  36,  27,  28,  20,   0,  30, 131, 196, 295, 265, 231, 143, 166},
    { 94, 104, 153, 171, 108, 212,  32,  24,  17,  10,  30,   0, 102, 159, 288, 233, 193, 129, 190},
    {182, 189, 231, 223, 197, 299, 118, 113, 107, 112, 131, 102,   0,  63, 143, 137,  98,  35, 292},
    {236, 220, 181, 163, 221, 338, 187, 170, 171, 178, 196, 159,  63,   0,  90,  77,  35,  91, 357},
    {198, 188, 137, 139, 196, 309, 254, 274, 273, 282, 295, 288, 143,  90,   0, 104, 128, 177, 413},
    {152, 155, 112, 101, 155, 268, 204, 209, 244, 244, 265, 233, 137,  77, 104,   0,  51, 171, 383},
    {213, 204, 155, 145, 202, 315, 220, 211, 200, 203, 231, 193,  98,  35, 128,  51,   0, 127, 383},
    {193, 203, 253, 260, 207, 311, 132, 123, 117, 122, 143, 129,  35,  91, 177, 171, 127,   0, 279},
    {216, 226, 276, 272, 224, 329, 151, 143, 147, 199, 166, 190, 292, 357, 413, 383, 383, 279,   0},
};

/* Every Region of the standard partition, sorted. near and extra_ms: not measured above, so counted
 * as its neighbour and this much more. */
static const struct region_fact {
    const char *name;
    const char *near;
    uint16_t extra_ms;
} regions[] = {
    {"af-south-1",     NULL,             0},
    {"ap-east-1",      NULL,             0},
    {"ap-east-2",      "ap-east-1",      20}, /* estimate */
    {"ap-northeast-1", NULL,             0},
    {"ap-northeast-2", "ap-northeast-1", 31}, /* published, about 2017 */
    {"ap-northeast-3", "ap-northeast-1", 9},  /* 8 to 10 */
    {"ap-south-1",     NULL,             0},
    {"ap-south-2",     "ap-south-1",     20}, /* estimate */
    {"ap-southeast-1", NULL,             0},
    {"ap-southeast-2", NULL,             0},
    {"ap-southeast-3", "ap-southeast-1", 15}, /* estimate */
    {"ap-southeast-4", "ap-southeast-2", 12}, /* estimate */
    {"ap-southeast-5", "ap-southeast-1", 10}, /* estimate */
    {"ap-southeast-6", "ap-southeast-2", 30}, /* estimate */
    {"ap-southeast-7", "ap-southeast-1", 30}, /* estimate */
    {"ca-central-1",   NULL,             0},
    {"ca-west-1",      "us-west-2",      20}, /* estimate */
    {"eu-central-1",   NULL,             0},
    {"eu-central-2",   "eu-central-1",   8},  /* about 8 */
    {"eu-north-1",     NULL,             0},
    {"eu-south-1",     NULL,             0},
    {"eu-south-2",     "eu-west-3",      25}, /* about 25 */
    {"eu-west-1",      NULL,             0},
    {"eu-west-2",      NULL,             0},
    {"eu-west-3",      NULL,             0},
    {"il-central-1",   "eu-south-1",     45}, /* estimate */
    {"me-central-1",   "me-south-1",     12}, /* estimate */
    {"me-south-1",     NULL,             0},
    {"mx-central-1",   "us-east-2",      50}, /* estimate */
    {"sa-east-1",      NULL,             0},
    {"us-east-1",      NULL,             0},
    {"us-east-2",      NULL,             0},
    {"us-west-1",      NULL,             0},
    {"us-west-2",      NULL,             0},
};
/* clang-format on */

size_t topo_region_name_count(void)
{
    return ARRAY_LEN(regions);
}

const char *topo_region_name_at(size_t index)
{
    PRE(index < ARRAY_LEN(regions));
    return regions[index].name;
}

static int compare_name(const void *name, const void *fact)
{
    return strcmp(name, ((const struct region_fact *)fact)->name);
}

static const struct region_fact *find_region(const char *name)
{
    return bsearch(name, regions, ARRAY_LEN(regions), sizeof regions[0], compare_name);
}

bool topo_region_name_exists(const char *name)
{
    return find_region(name) != NULL;
}

enum sim_result topo_region_name_check(const char *name, struct sim_error *error)
{
    if (topo_region_name_exists(name))
        return RESULT_OK;
    const char *names[ARRAY_LEN(regions)];
    for (size_t i = 0; i < ARRAY_LEN(regions); i++)
        names[i] = regions[i].name;
    const char *nearest = topo_spelling_nearest(name, names, ARRAY_LEN(regions));
    if (nearest != NULL)
        return sim_error_set(error, RESULT_INVALID, "'%.64s' is no AWS Region; did you mean '%s'?",
                             name, nearest);
    return sim_error_set(error, RESULT_INVALID,
                         "'%.64s' is no AWS Region; a Region is called, for example, 'us-east-1'",
                         name);
}

static size_t measured_index(const char *name)
{
    for (size_t i = 0; i < MEASURED_COUNT; i++)
        if (strcmp(measured[i], name) == 0)
            return i;
    CHECK(false && "every Region is measured or near one that is");
    return 0;
}

uint64_t topo_round_trip_us(const char *from, const char *to)
{
    const struct region_fact *a = find_region(from);
    const struct region_fact *b = find_region(to);
    PRE(a != NULL);
    PRE(b != NULL);
    if (a == b)
        return INSIDE_REGION_US;
    size_t a_index = measured_index(a->near != NULL ? a->near : a->name);
    size_t b_index = measured_index(b->near != NULL ? b->near : b->name);
    uint64_t ms = (uint64_t)round_trip_ms[a_index][b_index] + a->extra_ms + b->extra_ms;
    return ms * SIM_US_PER_MS;
}

void topo_latency_default(const char *from, const char *to, struct sim_lag *lag)
{
    uint64_t one_way_us = topo_round_trip_us(from, to) / 2;
    sim_lag_init_lognormal(lag, one_way_us, one_way_us + one_way_us / 10 + 200);
}

void topo_replication_default(const char *from, const char *to, struct sim_lag *lag)
{
    sim_lag_init_lognormal(lag, REPLICATION_WAIT_P50_US, REPLICATION_WAIT_P99_US);
    lag->base_us = REPLICATION_PIPELINE_US + topo_round_trip_us(from, to) / 2;
}
