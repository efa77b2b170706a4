/* Target tracking: once a minute, what was consumed in the minute before is compared with what is
 * provisioned.
 *
 * Two minutes in a row above the target value give more capacity, 15 in a row more than 20 points
 * below it less; either time so much that this minute's consumption would just meet the target. A
 * minute without any consumption counts as neither: DynamoDB then sends no datum, so that the
 * service does not scale in either. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "emulators/autoscaling/autoscaling_internal.h"
#include "emulators/wire/metrics.h"

/* Thousandths of a per cent in the whole, times the halves of a unit in a minute at one unit a
 * second: what makes a share of provisioned units comparable with consumed halves. */
#define WHOLE_VALUE      INT64_C(100000)
#define HALVES_OF_A_UNIT INT64_C(120)
#define KEY_BYTES        640 /* Region, account, names of a table and an index */

/* --- what is consumed ----------------------------------------------------------------------------
 */

/* What a table or index consumes, as one text; false: it does not fit, and nobody waits for it. */
static bool print_key(char key[KEY_BYTES], const char *region, const char *account,
                      const char *table, const char *index, bool is_write)
{
    int length = snprintf(key, KEY_BYTES, "%s/%s/%s/%s/%c", region, account, table,
                          index != NULL ? index : "", is_write ? 'w' : 'r');
    return length > 0 && length < KEY_BYTES;
}

/* Of the same units, by who wrote: they have been told as a whole. */
static bool is_a_part(const struct wire_datum *datum)
{
    return datum->dimension_count > 1 &&
           strcmp(datum->dimensions[datum->dimension_count - 1].name, "Source") == 0;
}

static void hear_consumed(void *context, const struct wire_datum *datum)
{
    struct aas *aas = context;
    struct aas_target *target = NULL;
    char key[KEY_BYTES];
    bool is_write = strcmp(datum->metric, "ConsumedWriteCapacityUnits") == 0;
    if ((!is_write && strcmp(datum->metric, "ConsumedReadCapacityUnits") != 0) ||
        datum->account == NULL || is_a_part(datum) ||
        !print_key(key, datum->region, datum->account, datum->dimensions[0].value,
                   datum->dimension_count > 1 ? datum->dimensions[1].value : NULL, is_write))
        return;
    HASH_FIND_STR(aas->heard, key, target);
    if (target == NULL)
        return;
    uint64_t minute = datum->at_us / AAS_MINUTE_US;
    if (target->current.number != minute) {
        target->previous = target->current;
        target->current = (struct aas_minute){.number = minute};
    }
    target->current.halves += (uint64_t)datum->value;
}

static uint64_t consumed_in(const struct aas_target *target, uint64_t minute)
{
    if (target->current.number == minute)
        return target->current.halves;
    return target->previous.number == minute ? target->previous.halves : 0;
}

/* --- deciding ------------------------------------------------------------------------------------
 */

/* The capacity with which that consumption would meet the target value. */
static int64_t capacity_for(const struct aas_policy *policy, uint64_t halves)
{
    int64_t share = policy->target_value * HALVES_OF_A_UNIT;
    return ((int64_t)halves * WHOLE_VALUE + share - 1) / share;
}

static int64_t within(const struct aas_target *target, int64_t units)
{
    if (units < target->min)
        return target->min;
    return units > target->max ? target->max : units;
}

static bool has_cooled(uint64_t scaled_us, uint64_t cooldown_us, uint64_t now_us)
{
    return scaled_us == 0 || now_us >= scaled_us + cooldown_us;
}

static void count_minute(struct aas_policy *policy, uint64_t halves, int64_t provisioned)
{
    int64_t consumed = (int64_t)halves * WHOLE_VALUE;
    int64_t unit = provisioned * HALVES_OF_A_UNIT;
    int64_t low = policy->target_value - AAS_SCALE_IN_BELOW;
    if (low < policy->target_value / 2)
        low = policy->target_value / 2;
    policy->minutes_above = consumed > policy->target_value * unit ? policy->minutes_above + 1 : 0;
    policy->minutes_below = halves > 0 && consumed < low * unit ? policy->minutes_below + 1 : 0;
}

static void scale(struct aas_target *target, struct aas_policy *policy,
                  const struct aas_capacity *capacity, int64_t units, bool is_out)
{
    struct sim_arena *arena = sim_arena_create();
    const char *alarm = aas_alarm_name(arena, target, policy, is_out ? "AlarmHigh" : "AlarmLow");
    const char *cause = sim_arena_printf(
        arena, "monitor alarm %s in state ALARM triggered policy %s", alarm, policy->name);
    if (aas_scale(target, capacity, units, cause)) {
        policy->minutes_above = 0;
        policy->minutes_below = 0;
        *(is_out ? &target->scaled_out_us : &target->scaled_in_us) = aas_now_us(target->aas);
    }
    sim_arena_destroy(arena);
}

static void look_at(struct aas_target *target, struct aas_policy *policy,
                    const struct aas_capacity *capacity, uint64_t halves)
{
    uint64_t now_us = aas_now_us(target->aas);
    int64_t provisioned = target->is_write ? capacity->writes : capacity->reads;
    count_minute(policy, halves, provisioned);
    int64_t wanted = within(target, capacity_for(policy, halves));
    if (!capacity->is_active)
        return; /* it is being changed: again in a minute */
    if (policy->minutes_above >= AAS_SCALE_OUT_MINUTES && wanted > provisioned &&
        !target->is_scale_out_suspended &&
        has_cooled(target->scaled_out_us, policy->scale_out_cooldown_us, now_us))
        scale(target, policy, capacity, wanted, true);
    else if (policy->minutes_below >= AAS_SCALE_IN_MINUTES && wanted < provisioned &&
             !policy->never_scales_in && !target->is_scale_in_suspended &&
             has_cooled(target->scaled_in_us, policy->scale_in_cooldown_us, now_us))
        scale(target, policy, capacity, wanted, false);
}

/* --- every minute --------------------------------------------------------------------------------
 */

static void tick(void *context);

static void schedule_tick(struct aas *aas)
{
    uint64_t next_us = (aas_now_us(aas) / AAS_MINUTE_US + 1) * AAS_MINUTE_US;
    aas->tick_event = sim_sched_at_background(aas->host->core->sched, next_us, tick, aas);
}

static void tick(void *context)
{
    struct aas *aas = context;
    uint64_t minute = aas_now_us(aas) / AAS_MINUTE_US - 1;
    struct aas_target *target;
    DL_FOREACH(aas->targets, target)
    {
        struct aas_capacity capacity;
        if (target->policies == NULL || aas_capacity_read(target, &capacity) != AAS_CAPACITY_OK)
            continue;
        uint64_t halves = consumed_in(target, minute);
        struct aas_policy *policy;
        DL_FOREACH(target->policies, policy)
        {
            look_at(target, policy, &capacity, halves);
        }
    }
    schedule_tick(aas);
}

static void begin_listening(struct aas *aas)
{
    wire_metrics_listen(aas->host->metrics, hear_consumed, aas);
    schedule_tick(aas);
}

static void end_listening(struct aas *aas)
{
    wire_metrics_unlisten(aas->host->metrics, hear_consumed, aas);
    (void)sim_sched_cancel(aas->host->core->sched, aas->tick_event);
    aas->tick_event = 0;
}

void aas_tracking_refresh(struct aas_target *target)
{
    struct aas *aas = target->aas;
    char key[KEY_BYTES];
    bool is_heard = target->heard_key != NULL;
    if (is_heard == (target->policies != NULL) ||
        !print_key(key, target->region, target->account, target->table, target->index,
                   target->is_write))
        return;
    if (is_heard) {
        HASH_DEL(aas->heard, target);
        free(target->heard_key);
        target->heard_key = NULL;
        if (aas->heard == NULL)
            end_listening(aas);
        return;
    }
    if (aas->heard == NULL)
        begin_listening(aas);
    target->heard_key = sim_strdup(key);
    HASH_ADD_KEYPTR(hh, aas->heard, target->heard_key, strlen(target->heard_key), target);
}
