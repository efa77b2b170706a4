#include "emulators/dynamodb/service_time.h"

#include <stdlib.h>
#include <string.h>

enum work { WORK_ITEM, WORK_RANGE, WORK_BATCH, WORK_TRANSACTION, WORK_CONTROL, WORK_COUNT };

static const struct {
    uint64_t base_us;
    uint64_t median_us; /* added to the base */
    uint64_t p99_us;
} distributions[WORK_COUNT] = {
    [WORK_ITEM] = {2000, 1200, 4000},        /* 2 to 6 ms */
    [WORK_RANGE] = {2500, 1500, 5000},       /* 2.5 to 7.5 ms */
    [WORK_BATCH] = {3000, 2000, 7000},       /* 3 to 10 ms */
    [WORK_TRANSACTION] = {8000, 2000, 6000}, /* 8 to 14 ms */
    [WORK_CONTROL] = {6000, 2000, 6000},     /* 6 to 12 ms */
};

static const struct {
    const char *operation;
    enum work work;
} works[] = {
    {"BatchExecuteStatement", WORK_BATCH},
    {"BatchGetItem", WORK_BATCH},
    {"BatchWriteItem", WORK_BATCH},
    {"ExecuteTransaction", WORK_TRANSACTION},
    {"GetRecords", WORK_RANGE},
    {"Query", WORK_RANGE},
    {"Scan", WORK_RANGE},
    {"TransactGetItems", WORK_TRANSACTION},
    {"TransactWriteItems", WORK_TRANSACTION},
};

struct ddb_service_times {
    struct sim_lag lags[WORK_COUNT];
    struct sim_random random;
};

struct ddb_service_times *ddb_service_times_create(uint64_t seed)
{
    struct ddb_service_times *times = sim_alloc(sizeof *times);
    for (size_t i = 0; i < WORK_COUNT; i++) {
        sim_lag_init_lognormal(&times->lags[i], distributions[i].median_us,
                               distributions[i].p99_us);
        times->lags[i].base_us = distributions[i].base_us;
    }
    sim_random_init(&times->random, seed, "dynamodb/service-time");
    return times;
}

void ddb_service_times_destroy(struct ddb_service_times *times)
{
    for (size_t i = 0; times != NULL && i < WORK_COUNT; i++)
        sim_lag_fini(&times->lags[i]);
    free(times);
}

static enum work work_of(const struct wire_operation *operation)
{
    for (size_t i = 0; i < ARRAY_LEN(works); i++) {
        if (strcmp(works[i].operation, operation->name) == 0)
            return works[i].work;
    }
    return operation->plane == PLANE_CONTROL ? WORK_CONTROL : WORK_ITEM;
}

uint64_t ddb_service_time_us(struct ddb_service_times *times,
                             const struct wire_operation *operation)
{
    return sim_lag_sample_us(&times->lags[work_of(operation)], &times->random);
}
