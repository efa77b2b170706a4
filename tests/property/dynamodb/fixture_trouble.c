#include "tests/property/dynamodb/fixture_trouble.h"

static uint64_t below(struct trouble *trouble, uint64_t bound)
{
    return sim_random_below(trouble->random, bound);
}

static void mend(struct trouble *trouble, size_t number)
{
    regions_mend(trouble->regions, trouble->faults[number]);
    trouble->faults[number] = trouble->faults[--trouble->fault_count];
    trouble->healed_us = regions_now_us(trouble->regions);
}

static void choose(struct trouble *trouble, struct sim_fault_spec *spec)
{
    static const enum sim_fault_kind kinds[] = {SIM_FAULT_PARTITION,   SIM_FAULT_PARTITION,
                                                SIM_FAULT_REGION_DOWN, SIM_FAULT_PAUSE_REPLICATION,
                                                SIM_FAULT_CLOCK_SKEW,  SIM_FAULT_DENY_REPLICATION};
    const char *const *names = trouble->regions->names;
    size_t from = below(trouble, REGIONS_MAX);
    size_t to = (from + 1 + below(trouble, REGIONS_MAX - 1)) % REGIONS_MAX;
    size_t choice = below(trouble, ARRAY_LEN(kinds));
    spec->kind = kinds[choice];
    if (choice == 0 || spec->kind == SIM_FAULT_PAUSE_REPLICATION) {
        spec->from = names[from];
        spec->to = names[to];
    } else {
        spec->region = names[from];
    }
    if (spec->kind == SIM_FAULT_CLOCK_SKEW) {
        spec->skew_us = (int64_t)below(trouble, 20 * SIM_US_PER_S) - (int64_t)(10 * SIM_US_PER_S);
        spec->skew_us += spec->skew_us == 0 ? 1 : 0;
    }
}

void trouble_stir(struct trouble *trouble)
{
    bool is_full = trouble->fault_count == TROUBLE_MAX;
    if (is_full || (trouble->fault_count > 0 && below(trouble, 2) == 0)) {
        mend(trouble, below(trouble, trouble->fault_count));
        return;
    }
    struct sim_fault_spec spec = {0};
    struct sim_error error;
    uint64_t id = 0;
    choose(trouble, &spec);
    if (sim_faults_add(trouble->regions->core.faults, &spec, &id, &error) != RESULT_OK)
        return; /* a second skew of one Region and the like */
    trouble->faults[trouble->fault_count++] = id;
    trouble->began_count++;
}

void trouble_end(struct trouble *trouble)
{
    while (trouble->fault_count > 0)
        mend(trouble, 0);
}

void trouble_change_lag(struct trouble *trouble)
{
    struct sim_network *network = trouble->regions->core.network;
    const struct sim_region *from =
        sim_network_region_by_index(network, below(trouble, REGIONS_MAX));
    const struct sim_region *to = sim_network_region_by_index(network, below(trouble, REGIONS_MAX));
    struct sim_link *link = sim_network_link_get(network, from, to);
    uint64_t low_us = below(trouble, SIM_US_PER_S);
    sim_lag_fini(&link->replication);
    sim_lag_init_uniform(&link->replication, low_us, low_us + below(trouble, 5 * SIM_US_PER_S));
    link->drain_per_s = 1 + below(trouble, 5000);
}
