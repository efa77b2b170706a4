/* A binary heap of (time, sequence, slot). What an event runs stands in its slot, which also knows
 * the event's place in the heap, so that cancelling needs no search. An id is the event's sequence
 * number above its slot's number: unique, and found by looking into one slot. */
#include "sim/core/sched.h"

#include <stdlib.h>

#define SLOT_BITS  24u
#define SLOT_COUNT (UINT64_C(1) << SLOT_BITS) /* events pending at once */
#define NO_SLOT    UINT32_MAX

struct entry {
    uint64_t at_us;
    uint64_t sequence;
    uint32_t slot;
};

struct slot {
    sim_sched_fn *run;
    void *context;
    uint64_t sequence; /* 0 while free */
    size_t place;      /* in the heap */
    uint32_t next_free;
    bool background;
};

struct sim_sched {
    struct sim_clock *clock;
    struct entry *heap;
    struct slot *slots;
    size_t count;    /* entries in the heap */
    size_t used;     /* slots that were ever in use */
    size_t capacity; /* of both arrays */
    uint32_t first_free;
    size_t background_count;
    uint64_t sequence; /* of the event scheduled last */
    uint64_t ran_count;
};

struct sim_sched *sim_sched_create(struct sim_clock *clock)
{
    PRE(clock != NULL);
    struct sim_sched *sched = sim_alloc(sizeof *sched);
    sched->clock = clock;
    sched->first_free = NO_SLOT;
    return sched;
}

void sim_sched_destroy(struct sim_sched *sched)
{
    if (sched == NULL)
        return;
    free(sched->heap);
    free(sched->slots);
    free(sched);
}

/* The sequence goes on, so that an id from before means nothing afterwards. */
void sim_sched_clear(struct sim_sched *sched)
{
    for (size_t i = 0; i < sched->used; i++)
        sched->slots[i].sequence = 0;
    sched->count = 0;
    sched->used = 0;
    sched->first_free = NO_SLOT;
    sched->background_count = 0;
    sched->ran_count = 0;
}

static bool runs_before(const struct entry *a, const struct entry *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->sequence < b->sequence;
}

static void put(struct sim_sched *sched, size_t place, struct entry entry)
{
    sched->heap[place] = entry;
    sched->slots[entry.slot].place = place;
}

static void sift_up(struct sim_sched *sched, size_t place, struct entry entry)
{
    while (place > 0) {
        size_t parent = (place - 1) / 2;
        if (!runs_before(&entry, &sched->heap[parent]))
            break;
        put(sched, place, sched->heap[parent]);
        place = parent;
    }
    put(sched, place, entry);
}

static void sift_down(struct sim_sched *sched, size_t place, struct entry entry)
{
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= sched->count)
            break;
        if (child + 1 < sched->count && runs_before(&sched->heap[child + 1], &sched->heap[child]))
            child++;
        if (!runs_before(&sched->heap[child], &entry))
            break;
        put(sched, place, sched->heap[child]);
        place = child;
    }
    put(sched, place, entry);
}

/* Takes the entry at place out of the heap and frees its slot. */
static void take_out(struct sim_sched *sched, size_t place)
{
    uint32_t number = sched->heap[place].slot;
    struct slot *slot = &sched->slots[number];
    if (slot->background)
        sched->background_count--;
    slot->sequence = 0;
    slot->next_free = sched->first_free;
    sched->first_free = number;
    struct entry last = sched->heap[--sched->count];
    if (place == sched->count)
        return;
    if (place > 0 && runs_before(&last, &sched->heap[(place - 1) / 2]))
        sift_up(sched, place, last);
    else
        sift_down(sched, place, last);
}

static uint32_t take_slot(struct sim_sched *sched)
{
    if (sched->first_free != NO_SLOT) {
        uint32_t number = sched->first_free;
        sched->first_free = sched->slots[number].next_free;
        return number;
    }
    if (sched->used == sched->capacity) {
        sched->capacity = sched->capacity > 0 ? sched->capacity * 2 : 64;
        CHECK(sched->capacity <= SLOT_COUNT);
        sched->heap = sim_realloc_array(sched->heap, sched->capacity, sizeof *sched->heap);
        sched->slots = sim_realloc_array(sched->slots, sched->capacity, sizeof *sched->slots);
    }
    return (uint32_t)sched->used++;
}

static uint64_t schedule(struct sim_sched *sched, uint64_t at_us, sim_sched_fn *run, void *context,
                         bool background)
{
    PRE(run != NULL);
    uint64_t now_us = sim_clock_now_us(sched->clock);
    uint32_t number = take_slot(sched);
    struct entry entry = {
        .at_us = at_us > now_us ? at_us : now_us, .sequence = ++sched->sequence, .slot = number};
    sched->slots[number] = (struct slot){
        .run = run, .context = context, .sequence = entry.sequence, .background = background};
    if (background)
        sched->background_count++;
    sift_up(sched, sched->count++, entry);
    return entry.sequence << SLOT_BITS | number;
}

uint64_t sim_sched_at(struct sim_sched *sched, uint64_t at_us, sim_sched_fn *run, void *context)
{
    return schedule(sched, at_us, run, context, false);
}

uint64_t sim_sched_after(struct sim_sched *sched, uint64_t delay_us, sim_sched_fn *run,
                         void *context)
{
    uint64_t now_us = sim_clock_now_us(sched->clock);
    uint64_t at_us = delay_us < UINT64_MAX - now_us ? now_us + delay_us : UINT64_MAX;
    return schedule(sched, at_us, run, context, false);
}

uint64_t sim_sched_at_background(struct sim_sched *sched, uint64_t at_us, sim_sched_fn *run,
                                 void *context)
{
    return schedule(sched, at_us, run, context, true);
}

bool sim_sched_cancel(struct sim_sched *sched, uint64_t id)
{
    uint64_t number = id & (SLOT_COUNT - 1);
    uint64_t sequence = id >> SLOT_BITS;
    if (sequence == 0 || number >= sched->used || sched->slots[number].sequence != sequence)
        return false;
    take_out(sched, sched->slots[number].place);
    return true;
}

uint64_t sim_sched_now_us(const struct sim_sched *sched)
{
    return sim_clock_now_us(sched->clock);
}

size_t sim_sched_pending_count(const struct sim_sched *sched)
{
    return sched->count;
}

size_t sim_sched_foreground_count(const struct sim_sched *sched)
{
    return sched->count - sched->background_count;
}

bool sim_sched_next_at(const struct sim_sched *sched, uint64_t *at_us)
{
    if (sched->count == 0)
        return false;
    *at_us = sched->heap[0].at_us;
    return true;
}

uint64_t sim_sched_ran_count(const struct sim_sched *sched)
{
    return sched->ran_count;
}

bool sim_sched_step(struct sim_sched *sched, uint64_t limit_us)
{
    if (sched->count == 0 || sched->heap[0].at_us > limit_us)
        return false;
    struct entry next = sched->heap[0];
    struct slot slot = sched->slots[next.slot];
    take_out(sched, 0);
    /* It may lie in the past after a change from real to virtual time. */
    if (sim_clock_mode(sched->clock) == SIM_CLOCK_VIRTUAL &&
        next.at_us > sim_clock_now_us(sched->clock))
        sim_clock_move_to(sched->clock, next.at_us);
    sched->ran_count++;
    slot.run(slot.context);
    return true;
}

size_t sim_sched_run_due(struct sim_sched *sched, size_t max_events)
{
    uint64_t now_us = sim_clock_now_us(sched->clock);
    size_t ran = 0;
    while (ran < max_events && sim_sched_step(sched, now_us))
        ran++;
    return ran;
}

bool sim_sched_is_consistent(const struct sim_sched *sched)
{
    size_t background_count = 0;
    for (size_t i = 0; i < sched->count; i++) {
        const struct entry *entry = &sched->heap[i];
        const struct slot *slot = &sched->slots[entry->slot];
        if (entry->slot >= sched->used || slot->place != i || slot->sequence != entry->sequence)
            return false;
        if (i > 0 && runs_before(entry, &sched->heap[(i - 1) / 2]))
            return false;
        if (slot->background)
            background_count++;
    }
    size_t free_count = 0;
    for (uint32_t n = sched->first_free; n != NO_SLOT; n = sched->slots[n].next_free) {
        if (n >= sched->used || sched->slots[n].sequence != 0 || free_count >= sched->used)
            return false;
        free_count++;
    }
    return background_count == sched->background_count && free_count + sched->count == sched->used;
}
