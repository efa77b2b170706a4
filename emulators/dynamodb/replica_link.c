#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "emulators/dynamodb/latency_window.h"
#include "emulators/dynamodb/planted_bugs.h"
#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/table_lag.h"
#include "emulators/dynamodb/table_save.h"
#include "emulators/dynamodb/throttle.h"
#include "emulators/wire/metrics.h"

#define TRIM_EVERY_STEPS 64
#define RETRY_US         SIM_US_PER_S /* after an error of the receiving store */

struct ddb_item_order { /* keeps the records of one item in order; a shared hash only delays */
    uint64_t item_hash;
    uint64_t latest_due_us;
    size_t count; /* of the item's records in flight */
    UT_hash_handle hh;
};

/* --- is it open? -------------------------------------------------------------------------------
 */

struct sim_fault_point ddb_link_fault_point(const struct ddb_link *link)
{
    return (struct sim_fault_point){
        .region = ddb_region_name(link->to),
        .service = "dynamodb",
        .resource = link->to->name,
        .from = ddb_region_name(link->from),
        .to = ddb_region_name(link->to),
        .plane = SIM_PLANE_DATA,
    };
}

static bool is_passable(const struct ddb_link *link)
{
    const struct sim_link *network_link = link->network_link;
    struct sim_fault_point point = ddb_link_fault_point(link);
    return network_link->cut_count == 0 && network_link->from->down_count == 0 &&
           network_link->to->down_count == 0 &&
           !sim_faults_is_set(link->group->ddb->core->faults, SIM_FAULT_PAUSE_REPLICATION,
                              &point) &&
           !sim_faults_is_set(link->group->ddb->core->faults, SIM_FAULT_DENY_REPLICATION, &point);
}

/* --- the records in flight ---------------------------------------------------------------------
 */

/* FNV-1a */
static uint64_t hash_item(const struct ddb_key_blob *key)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < key->length_bytes; i++)
        hash = (hash ^ key->bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

static void keep_item_order(struct ddb_link *link, struct ddb_delivery *delivery)
{
    struct ddb_item_order *order = NULL;
    HASH_FIND(hh, link->order, &delivery->item_hash, sizeof delivery->item_hash, order);
    if (order == NULL) {
        order = sim_alloc(sizeof *order);
        order->item_hash = delivery->item_hash;
        HASH_ADD(hh, link->order, item_hash, sizeof order->item_hash, order);
    }
    if (delivery->due_us < order->latest_due_us && !DDB_IS_PLANTED(DDB_PLANT_OVERTAKE))
        delivery->due_us = order->latest_due_us; /* at the same time: in order of scheduling */
    order->latest_due_us = delivery->due_us;
    order->count++;
}

static void drop_item_order(struct ddb_link *link, const struct ddb_delivery *delivery)
{
    struct ddb_item_order *order = NULL;
    HASH_FIND(hh, link->order, &delivery->item_hash, sizeof delivery->item_hash, order);
    CHECK(order != NULL);
    if (--order->count > 0)
        return;
    HASH_DEL(link->order, order);
    free(order);
}

static struct ddb_delivery *take_in(struct ddb_link *link, const struct ddb_change *change,
                                    struct ddb_record *record)
{
    struct ddb_delivery *delivery = sim_alloc(sizeof *delivery);
    *delivery = (struct ddb_delivery){
        .previous = link->last,
        .link = link,
        .sequence = change->sequence,
        .due_us = change->committed_us + ddb_link_lag_us(link),
        .item_hash = hash_item(&change->key),
        .record = ddb_record_take(record),
        .state = DDB_DELIVERY_WAITING,
    };
    keep_item_order(link, delivery);
    if (link->last != NULL)
        link->last->next = delivery;
    else
        link->first = delivery;
    link->last = delivery;
    link->in_flight_count++;
    link->read_sequence = change->sequence;
    return delivery;
}

static void unlink_first(struct ddb_link *link)
{
    struct ddb_delivery *first = link->first;
    link->first = first->next;
    if (link->first != NULL)
        link->first->previous = NULL;
    else
        link->last = NULL;
    link->in_flight_count--;
    if (first->state == DDB_DELIVERY_DONE)
        link->done_count--;
    ddb_record_give(first->record);
    free(first);
}

uint64_t ddb_link_position(const struct ddb_link *link)
{
    return link->first != NULL ? link->first->sequence - 1 : link->read_sequence;
}

uint64_t ddb_link_count_behind(const struct ddb_link *link)
{
    return link->pending_count + link->done_count;
}

/* The record is decided; what stands before it in the log perhaps not. */
static void mark_done(struct ddb_link *link, struct ddb_delivery *delivery)
{
    drop_item_order(link, delivery);
    ddb_record_give(delivery->record);
    delivery->record = NULL;
    delivery->state = DDB_DELIVERY_DONE;
    link->done_count++;
    if (link->pending_count > 0) /* a damaged data directory may have told too few */
        link->pending_count--;
    while (link->first != NULL && link->first->state == DDB_DELIVERY_DONE)
        unlink_first(link);
    ddb_table_counted(link->from);
    ddb_tombstone_link_moved(link);
    if (++link->steps % TRIM_EVERY_STEPS == 0)
        ddb_table_trim_log(link->from);
}

/* --- delivering --------------------------------------------------------------------------------
 */

static void record_latency(struct ddb_link *link, uint64_t committed_us)
{
    uint64_t now_us = ddb_now_us(link->group->ddb);
    ddb_latency_note(&link->latency, now_us, now_us - committed_us);
    struct wire_datum datum = {
        .region = ddb_region_name(link->from),
        .account = link->from->account,
        .name_space = "AWS/DynamoDB",
        .metric = "ReplicationLatency",
        .dimensions = {{"TableName", link->from->name},
                       {"ReceivingRegion", ddb_region_name(link->to)}},
        .dimension_count = 2,
        .value = (int64_t)(now_us - committed_us),
        .unit = "Microseconds",
        .at_us = now_us,
    };
    wire_metric_record(link->group->ddb->host->metrics, &datum);
}

static void tell_error(const struct ddb_link *link, const struct sim_error *error)
{
    sim_trace_emit(link->group->ddb->core->trace, "store.error", ddb_region_name(link->from),
                   FIELD_TEXT("table", link->from->name), FIELD_TEXT("error", error->message));
}

static bool deliver_change(struct ddb_link *link, const struct ddb_change *change)
{
    bool is_decided = ddb_replica_apply(link, change);
    if (is_decided)
        record_latency(link, change->committed_us);
    return is_decided;
}

/* False: the log or the receiving store failed, and the record is as undecided as before. */
static bool deliver(struct ddb_link *link, struct ddb_delivery *delivery)
{
    if (delivery->record != NULL)
        return deliver_change(link, &delivery->record->change);
    struct sim_arena *arena = sim_arena_create();
    struct ddb_change change;
    struct sim_error error;
    bool found = false;
    bool is_decided = false;
    if (ddb_log_next(&link->from->log, delivery->sequence - 1, DDB_LOG_LOCAL, arena, &change,
                     &found, &error) != RESULT_OK) {
        tell_error(link, &error);
    } else {
        CHECK(found && change.sequence == delivery->sequence); /* not trimmed before we passed */
        is_decided = deliver_change(link, &change);
    }
    sim_arena_destroy(arena);
    return is_decided;
}

static void schedule(struct ddb_link *link, struct ddb_delivery *delivery, uint64_t at_us);

/* There is nothing but replicated records up to sequence. */
static void pass_replicated(struct ddb_link *link, uint64_t sequence)
{
    link->read_sequence = sequence;
    ddb_table_counted(link->from);
    ddb_tombstone_link_moved(link);
}

/* The next record that is in the log and not yet in flight; NULL at its end. */
static struct ddb_delivery *read_next(struct ddb_link *link)
{
    struct ddb_change_log *log = &link->from->log;
    if (link->read_sequence >= log->last_sequence)
        return NULL;
    struct sim_arena *arena = sim_arena_create();
    struct ddb_change change;
    struct sim_error error;
    struct ddb_delivery *delivery = NULL;
    bool found = false;
    if (ddb_log_next(log, link->read_sequence, DDB_LOG_LOCAL, arena, &change, &found, &error) !=
        RESULT_OK)
        tell_error(link, &error);
    else if (found)
        delivery = take_in(link, &change, NULL);
    else
        pass_replicated(link, log->last_sequence);
    sim_arena_destroy(arena);
    return delivery;
}

static void fill_window(struct ddb_link *link)
{
    while (link->is_open && !link->is_draining && link->in_flight_count < DDB_LINK_WINDOW) {
        struct ddb_delivery *delivery = read_next(link);
        if (delivery == NULL)
            return;
        schedule(link, delivery, delivery->due_us);
    }
}

static void begin_waiting(struct ddb_link *link);

static void run_delivery(void *context)
{
    struct ddb_delivery *delivery = context;
    struct ddb_link *link = delivery->link;
    delivery->event = 0;
    if (ddb_throttle_replication_wait_us(link->to) > 0) {
        delivery->state = DDB_DELIVERY_WAITING;
        begin_waiting(link);
        return;
    }
    if (!deliver(link, delivery)) {
        schedule(link, delivery, ddb_now_us(link->group->ddb) + RETRY_US);
        return;
    }
    mark_done(link, delivery);
    fill_window(link);
}

static void schedule(struct ddb_link *link, struct ddb_delivery *delivery, uint64_t at_us)
{
    delivery->state = DDB_DELIVERY_SCHEDULED;
    delivery->event = sim_sched_at(link->group->ddb->core->sched, at_us, run_delivery, delivery);
}

/* --- draining ----------------------------------------------------------------------------------
 */

static void run_drain(void *context);

static void schedule_drain(struct ddb_link *link)
{
    link->drain_event =
        sim_sched_at(link->group->ddb->core->sched, link->drain_next_us, run_drain, link);
}

/* The rate is kept exactly: what the division leaves over is carried on. */
static void next_drain_slot(struct ddb_link *link)
{
    uint64_t rate = link->network_link->drain_per_s > 0 ? link->network_link->drain_per_s : 1;
    link->drain_remainder += SIM_US_PER_S % rate;
    link->drain_next_us += SIM_US_PER_S / rate + link->drain_remainder / rate;
    link->drain_remainder %= rate;
}

static void tell_backlog(struct ddb_link *link, const char *event)
{
    sim_trace_emit(link->group->ddb->core->trace, event, ddb_region_name(link->to),
                   FIELD_TEXT("table", link->to->name),
                   FIELD_TEXT("from", ddb_region_name(link->from)),
                   FIELD_NUMBER("records", link->pending_count));
}

static void finish_drain(struct ddb_link *link)
{
    link->is_draining = false;
    if (link->has_backlog)
        tell_backlog(link, "replication.drained");
    link->has_backlog = false;
    for (struct ddb_delivery *delivery = link->first; delivery != NULL; delivery = delivery->next) {
        if (delivery->state == DDB_DELIVERY_WAITING)
            schedule(link, delivery, delivery->due_us);
    }
    fill_window(link);
}

/* While draining nothing is scheduled, and what is done at the front is gone. */
static void run_drain(void *context)
{
    struct ddb_link *link = context;
    link->drain_event = 0;
    struct ddb_delivery *delivery = link->first != NULL ? link->first : read_next(link);
    if (delivery == NULL || delivery->due_us > ddb_now_us(link->group->ddb)) {
        finish_drain(link);
        return;
    }
    CHECK(delivery->state == DDB_DELIVERY_WAITING);
    uint64_t wait_us = ddb_throttle_replication_wait_us(link->to);
    if (wait_us > 0) {
        link->drain_next_us = ddb_now_us(link->group->ddb) + wait_us;
        schedule_drain(link);
        return;
    }
    if (deliver(link, delivery)) {
        mark_done(link, delivery);
        next_drain_slot(link);
    } else {
        link->drain_next_us += RETRY_US;
    }
    schedule_drain(link);
}

/* --- opening and closing -----------------------------------------------------------------------
 */

static void note_backlog(struct ddb_link *link)
{
    if (link->has_backlog || link->pending_count == 0)
        return;
    link->has_backlog = true;
    tell_backlog(link, "replication.backlog");
}

static void unschedule_all(struct ddb_link *link)
{
    struct sim_sched *sched = link->group->ddb->core->sched;
    for (struct ddb_delivery *delivery = link->first; delivery != NULL; delivery = delivery->next) {
        if (delivery->state != DDB_DELIVERY_SCHEDULED)
            continue;
        (void)sim_sched_cancel(sched, delivery->event);
        delivery->event = 0;
        delivery->state = DDB_DELIVERY_WAITING;
    }
}

/* The replica has no write capacity left: everything waits, and goes on in the order of the log. */
static void begin_waiting(struct ddb_link *link)
{
    struct ddb *ddb = link->group->ddb;
    unschedule_all(link);
    note_backlog(link);
    link->is_draining = true;
    link->drain_next_us = ddb_now_us(ddb) + ddb_throttle_replication_wait_us(link->to);
    link->drain_remainder = 0;
    schedule_drain(link);
}

static void close_link(struct ddb_link *link)
{
    (void)sim_sched_cancel(link->group->ddb->core->sched, link->drain_event);
    link->is_open = false;
    link->is_draining = false;
    link->drain_event = 0;
    unschedule_all(link);
    note_backlog(link);
}

static void open_link(struct ddb_link *link)
{
    link->is_open = true;
    link->is_draining = link->pending_count > 0;
    if (!link->is_draining) {
        fill_window(link);
        return;
    }
    link->drain_next_us = ddb_now_us(link->group->ddb);
    link->drain_remainder = 0;
    schedule_drain(link);
}

void ddb_link_refresh(struct ddb_link *link)
{
    bool is_open = is_passable(link);
    if (is_open == link->is_open)
        return;
    if (is_open)
        open_link(link);
    else
        close_link(link);
}

/* --- news from the log -------------------------------------------------------------------------
 */

void ddb_link_notice(struct ddb_link *link, const struct ddb_change *change,
                     struct ddb_record **record)
{
    bool is_next = link->read_sequence + 1 == change->sequence;
    if (change->is_replicated) { /* not for us; whoever reads on later skips it */
        if (is_next)
            pass_replicated(link, change->sequence);
        return;
    }
    link->pending_count++;
    if (!link->is_open) {
        struct sim_fault_point point = ddb_link_fault_point(link);
        struct sim_fault_effect effect;
        sim_faults_apply(link->group->ddb->core->faults, &point, &effect); /* counts the hit */
        note_backlog(link);
    } else if (!link->is_draining && is_next && link->in_flight_count < DDB_LINK_WINDOW) {
        if (*record == NULL)
            *record = ddb_record_create(change, &link->group->ddb->record_bytes);
        struct ddb_delivery *delivery = take_in(link, change, *record);
        schedule(link, delivery, delivery->due_us);
    }
}

/* --- making and ending -------------------------------------------------------------------------
 */

/* A link that starts in the past has what is local after that position before it. */
static uint64_t count_pending(struct ddb_table *from, uint64_t after_sequence)
{
    uint64_t count = 0;
    struct sim_error error;
    if (ddb_log_count_local(&from->log, after_sequence, &count, &error) != RESULT_OK)
        sim_trace_emit(from->ddb->core->trace, "store.error", ddb_region_name(from),
                       FIELD_TEXT("table", from->name), FIELD_TEXT("error", error.message));
    return count;
}

struct ddb_link *ddb_link_create(struct ddb_group *group, struct ddb_table *from,
                                 struct ddb_table *to, uint64_t read_sequence,
                                 uint64_t pending_count)
{
    struct ddb_link *link = sim_alloc(sizeof *link);
    link->group = group;
    link->from = from;
    link->to = to;
    link->network_link =
        sim_network_link_get(group->ddb->core->network, from->home->place, to->home->place);
    link->read_sequence = read_sequence;
    link->own_lag = ddb_table_lag_find(group->ddb, from->name, from->home->place, to->home->place);
    link->pending_count =
        pending_count != DDB_PENDING_UNKNOWN ? pending_count : count_pending(from, read_sequence);
    return link;
}

void ddb_link_destroy(struct ddb_link *link)
{
    struct sim_sched *sched = link->group->ddb->core->sched;
    (void)sim_sched_cancel(sched, link->drain_event);
    while (link->first != NULL) {
        (void)sim_sched_cancel(sched, link->first->event);
        unlink_first(link);
    }
    while (link->order != NULL) {
        struct ddb_item_order *order = link->order;
        HASH_DEL(link->order, order);
        free(order);
    }
    free(link->latency);
    free(link);
}
