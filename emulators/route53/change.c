#include "emulators/route53/change.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/route53/route53_internal.h"
#include "emulators/route53/save.h"

void r53_delta_apply(const struct r53_delta *delta, struct r53_records *records)
{
    if (delta->old != NULL)
        r53_rrset_drop(r53_records_take(records, delta->old));
    if (delta->new != NULL)
        r53_rrset_drop(r53_records_put(records, delta->new));
}

void r53_delta_undo(const struct r53_delta *delta, struct r53_records *records)
{
    if (delta->new != NULL)
        r53_rrset_drop(r53_records_take(records, delta->new));
    if (delta->old != NULL)
        r53_rrset_drop(r53_records_put(records, delta->old));
}

static void serve(struct r53_rrset *set, struct r53_records *records)
{
    if (set == NULL)
        return;
    if (set->policy_instance_id == NULL)
        r53_rrset_drop(r53_records_put(records, set));
    for (size_t i = 0; i < set->tree_count; i++)
        r53_rrset_drop(r53_records_put(records, set->tree[i]));
}

static void unserve(const struct r53_rrset *set, struct r53_records *records)
{
    if (set == NULL)
        return;
    if (set->policy_instance_id == NULL)
        r53_rrset_drop(r53_records_take(records, set));
    for (size_t i = 0; i < set->tree_count; i++)
        r53_rrset_drop(r53_records_take(records, set->tree[i]));
}

void r53_delta_serve(const struct r53_delta *delta, struct r53_records *records)
{
    unserve(delta->old, records);
    serve(delta->new, records);
}

void r53_delta_unserve(const struct r53_delta *delta, struct r53_records *records)
{
    unserve(delta->new, records);
    serve(delta->old, records);
}

static void drop_deltas(struct r53_change *change)
{
    for (size_t i = 0; i < change->delta_count; i++) {
        r53_rrset_drop(change->deltas[i].old);
        r53_rrset_drop(change->deltas[i].new);
    }
    free(change->deltas);
    change->deltas = NULL;
    change->delta_count = 0;
}

static void destroy_change(struct r53_changes *changes, struct r53_change *change)
{
    HASH_DEL(changes->by_id, change);
    changes->count--;
    drop_deltas(change);
    r53_cidr_blocks_free(&change->blocks);
    free(change->comment);
    free(change);
}

void r53_changes_fini(struct r53 *r53)
{
    struct r53_change *change = NULL;
    struct r53_change *next = NULL;
    HASH_ITER(hh, r53->changes.by_id, change, next)
    {
        (void)sim_sched_cancel(r53->core->sched, change->event);
        destroy_change(&r53->changes, change);
    }
}

static void trace_change(const struct r53_change *change)
{
    sim_trace_emit(change->r53->core->trace, "route53.change", NULL,
                   FIELD_TEXT("zone", change->zone_id), FIELD_TEXT("id", change->id),
                   FIELD_TEXT("status", change->is_insync ? "INSYNC" : "PENDING"));
}

static void turn_insync(void *context)
{
    struct r53_change *change = context;
    struct r53_zone *zone = r53_zone_find(&change->r53->zones, change->zone_id);
    change->event = 0;
    change->is_insync = true;
    if (zone != NULL) {
        for (size_t i = 0; i < change->delta_count; i++)
            r53_delta_serve(&change->deltas[i], &zone->served);
        if (!zone->is_served)
            r53_zone_changed(change->r53, zone);
        zone->is_served = true;
        zone->pending_count--;
    }
    drop_deltas(change);
    trace_change(change);
    r53_change_changed(change);
}

static void turn_insync_cidr(void *context)
{
    struct r53_change *change = context;
    struct r53_cidr_collection *collection =
        r53_cidr_find(&change->r53->collections, change->collection_id);
    change->event = 0;
    change->is_insync = true;
    if (collection != NULL)
        r53_cidr_blocks_copy(&change->blocks, &collection->served);
    r53_cidr_blocks_free(&change->blocks);
    trace_change(change);
}

struct r53_change *r53_change_submit_cidr(struct r53 *r53, struct r53_cidr_collection *collection)
{
    struct r53_change *change = sim_alloc(sizeof(*change));
    change->r53 = r53;
    r53_draw_id(r53, 'C', change->id);
    memcpy(change->collection_id, collection->id, sizeof(change->collection_id));
    change->submitted_us = sim_clock_now_us(r53->core->clock);
    r53_cidr_blocks_copy(&collection->wanted, &change->blocks);
    HASH_ADD_STR(r53->changes.by_id, id, change);
    r53->changes.count++;
    trace_change(change);
    if (collection->last_insync_us < change->submitted_us + r53->change_us)
        collection->last_insync_us = change->submitted_us + r53->change_us;
    if (r53->change_us == 0 && collection->last_insync_us <= change->submitted_us)
        turn_insync_cidr(change);
    else
        change->event =
            sim_sched_at(r53->core->sched, collection->last_insync_us, turn_insync_cidr, change);
    return change;
}

/* The hash keeps the order of submission, so its head is the oldest. */
bool r53_changes_make_room(struct r53_changes *changes)
{
    struct r53_change *change = NULL;
    struct r53_change *next = NULL;
    HASH_ITER(hh, changes->by_id, change, next)
    {
        if (changes->count < R53_CHANGE_MAX)
            return true;
        if (!change->is_insync)
            continue;
        r53_change_changed(change);
        destroy_change(changes, change);
    }
    return changes->count < R53_CHANGE_MAX;
}

struct r53_change *r53_change_submit(struct r53 *r53, struct r53_zone *zone,
                                     struct r53_delta *deltas, size_t delta_count,
                                     const char *comment)
{
    struct r53_change *change = sim_alloc(sizeof(*change));
    uint64_t now_us = sim_clock_now_us(r53->core->clock);
    uint64_t due_us = now_us + r53->change_us;
    change->r53 = r53;
    r53_draw_id(r53, 'C', change->id);
    memcpy(change->zone_id, zone->id, sizeof(change->zone_id));
    change->number = ++r53->made_count;
    change->submitted_us = now_us;
    change->comment = comment == NULL ? NULL : sim_strdup(comment);
    change->deltas = deltas;
    change->delta_count = delta_count;
    HASH_ADD_STR(r53->changes.by_id, id, change);
    r53->changes.count++;
    trace_change(change);
    /* One zone's changes reach DNS in their order, even when the delay was shortened between. */
    if (due_us < zone->last_insync_us)
        due_us = zone->last_insync_us;
    zone->last_insync_us = due_us;
    change->due_us = due_us;
    r53_change_changed(change);
    for (size_t i = 0; i < delta_count; i++) {
        r53_set_changed(r53, zone, deltas[i].old);
        r53_set_changed(r53, zone, deltas[i].new);
    }
    if (zone->pending_count++ == 0 && due_us <= now_us)
        turn_insync(change);
    else
        change->event = sim_sched_at(r53->core->sched, due_us, turn_insync, change);
    return change;
}

void r53_change_restore(struct r53 *r53, struct r53_change *change)
{
    struct r53_zone *zone = r53_zone_find(&r53->zones, change->zone_id);
    uint64_t now_us = sim_clock_now_us(r53->core->clock);
    change->r53 = r53;
    if (r53->made_count < change->number)
        r53->made_count = change->number;
    HASH_ADD_STR(r53->changes.by_id, id, change);
    r53->changes.count++;
    if (change->is_insync)
        return;
    if (zone != NULL) {
        zone->pending_count++;
        if (zone->last_insync_us < change->due_us)
            zone->last_insync_us = change->due_us;
    }
    change->event = sim_sched_at(
        r53->core->sched, change->due_us < now_us ? now_us : change->due_us, turn_insync, change);
}

struct r53_change *r53_change_find(const struct r53_changes *changes, const char *id)
{
    struct r53_change *change = NULL;
    const char *bare = r53_bare_id(id);
    HASH_FIND_STR(changes->by_id, bare, change);
    return change;
}
