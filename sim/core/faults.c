/* The registry: faults in order of id. Those that are states of the network (a Region down, a link
 * cut, a skewed clock) act on it when they begin and are undone when they end; all others act when
 * a request asks. */
#include "sim/core/faults.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/faults_internal.h"

#define HIT_TEXT_BYTES 512

struct fault {
    struct sim_faults *faults;
    uint64_t id;
    struct sim_fault_spec spec; /* owns its strings */
    uint64_t began_us;
    uint64_t ends_us;
    uint64_t hit_count;
    uint64_t expiry_event;
    size_t region_count; /* Regions when it began: those after it are not cut off by it */
    struct sim_random random;
    char last_hit[HIT_TEXT_BYTES]; /* "" before the first */
};

struct listener {
    sim_fault_listener *run;
    void *context;
};

struct sim_faults {
    struct sim_sched *sched;
    struct sim_network *network;
    struct sim_trace *trace;
    uint64_t seed;
    uint64_t last_id;
    struct fault **faults;
    size_t count;
    sim_fault_checker *checker;
    void *checker_context;
    struct listener *listeners;
    size_t listener_count;
};

struct sim_faults *sim_faults_create(struct sim_sched *sched, struct sim_network *network,
                                     struct sim_trace *trace, uint64_t seed)
{
    PRE(sched != NULL);
    PRE(network != NULL);
    PRE(trace != NULL);
    struct sim_faults *faults = sim_alloc(sizeof *faults);
    faults->sched = sched;
    faults->network = network;
    faults->trace = trace;
    faults->seed = seed;
    return faults;
}

/* --- one fault
 * -------------------------------------------------------------------------------------- */

static void copy_spec(struct sim_fault_spec *to, const struct sim_fault_spec *from)
{
    *to = *from;
    for (size_t i = 0; i < SIM_FAULT_NAME_COUNT; i++) {
        const char *name = sim_fault_name_of(from, i);
        *sim_fault_name_in(to, i) = name != NULL ? sim_strdup(name) : NULL;
    }
    if (to->rate_ppm == 0)
        to->rate_ppm = SIM_PPM;
    if (to->kind == SIM_FAULT_ERROR && to->status == 0)
        to->status = 500;
}

static void destroy_fault(struct fault *fault)
{
    sim_sched_cancel(fault->faults->sched, fault->expiry_event);
    for (size_t i = 0; i < SIM_FAULT_NAME_COUNT; i++)
        free((char *)*sim_fault_name_in(&fault->spec, i));
    free(fault);
}

static void cut_between(struct sim_network *network, struct sim_region *from, struct sim_region *to,
                        bool on)
{
    struct sim_link *link = sim_network_link_get(network, from, to);
    if (on || link->cut_count > 0) /* the network may have been cleared meanwhile */
        sim_network_set_link_cut(network, link, on);
}

static void partition(struct sim_network *network, const struct fault *fault, bool on)
{
    const struct sim_fault_spec *spec = &fault->spec;
    if (spec->region == NULL) {
        struct sim_region *from = sim_network_region_find(network, spec->from);
        struct sim_region *to = sim_network_region_find(network, spec->to);
        if (from != NULL && to != NULL)
            cut_between(network, from, to, on);
        return;
    }
    struct sim_region *alone = sim_network_region_find(network, spec->region);
    size_t count = sim_network_region_count(network);
    for (size_t i = 0; alone != NULL && i < count && i < fault->region_count; i++) {
        struct sim_region *other = sim_network_region_by_index(network, i);
        if (other == alone)
            continue;
        cut_between(network, alone, other, on);
        cut_between(network, other, alone, on);
    }
}

/* Brings the network into the state that the fault stands for, or back out of it. */
static void act_on_network(const struct fault *fault, bool on)
{
    struct sim_network *network = fault->faults->network;
    const struct sim_fault_spec *spec = &fault->spec;
    struct sim_region *region = sim_network_region_find(network, spec->region);
    if (spec->kind == SIM_FAULT_PARTITION)
        partition(network, fault, on);
    else if (spec->kind == SIM_FAULT_REGION_DOWN && region != NULL)
        sim_network_set_region_down(network, region, on);
    else if (spec->kind == SIM_FAULT_CLOCK_SKEW && region != NULL)
        sim_network_set_skew(network, region,
                             on ? region->skew_us + spec->skew_us
                                : region->skew_us - spec->skew_us);
}

/* --- trace and listeners
 * ---------------------------------------------------------------------------- */

static const char *plane_name(enum sim_fault_plane plane)
{
    switch (plane) {
    case SIM_PLANE_CONTROL:
        return "control";
    case SIM_PLANE_DATA:
        return "data";
    case SIM_PLANE_ANY:
        break;
    }
    return NULL;
}

static void trace_began(struct sim_faults *faults, const struct fault *fault)
{
    const struct sim_fault_spec *spec = &fault->spec;
    struct sim_field fields[16];
    size_t count = 0;
    fields[count++] = FIELD_NUMBER("fault", fault->id);
    fields[count++] = FIELD_TEXT("kind", sim_fault_kind_name(spec->kind));
    for (size_t i = 0; i < SIM_FAULT_NAME_COUNT; i++) {
        const char *name = sim_fault_name_of(spec, i);
        if (name != NULL)
            fields[count++] = FIELD_TEXT(sim_fault_names[i].label, name);
    }
    if (spec->plane != SIM_PLANE_ANY)
        fields[count++] = FIELD_TEXT("plane", plane_name(spec->plane));
    if (spec->rate_ppm < SIM_PPM)
        fields[count++] = FIELD_NUMBER("rate_ppm", spec->rate_ppm);
    if (spec->duration_us > 0)
        fields[count++] = FIELD_NUMBER("duration_us", spec->duration_us);
    if (spec->kind == SIM_FAULT_LATENCY)
        fields[count++] = FIELD_NUMBER("latency_us", spec->latency_us);
    if (spec->kind == SIM_FAULT_CLOCK_SKEW)
        fields[count++] = FIELD_NUMBER("skew_us", spec->skew_us);
    if (spec->kind == SIM_FAULT_ERROR)
        fields[count++] = FIELD_NUMBER("status", spec->status);
    CHECK(count <= ARRAY_LEN(fields));
    sim_trace_write(faults->trace, "fault.began", spec->region, fields, count);
}

/* A listener may take itself off the list while it is called. */
static void tell(struct sim_faults *faults, const struct sim_fault_spec *spec, bool began)
{
    for (size_t i = 0; i < faults->listener_count;) {
        struct listener told = faults->listeners[i];
        told.run(told.context, spec, began);
        if (i < faults->listener_count && faults->listeners[i].run == told.run &&
            faults->listeners[i].context == told.context)
            i++;
    }
}

/* "dynamodb.PutItem on orders in us-east-1", "replication from us-east-1 to us-west-2" */
static void describe(const struct sim_fault_point *point, char text[HIT_TEXT_BYTES])
{
    const char *resource = point->resources != NULL  ? point->resources[0]
                           : point->resource != NULL ? point->resource
                                                     : NULL;
    if (resource == NULL)
        resource = "";
    char what[HIT_TEXT_BYTES / 2];
    if (point->service != NULL)
        snprintf(what, sizeof what, "%s%s%s", point->service, point->operation != NULL ? "." : "",
                 point->operation != NULL ? point->operation : "");
    else
        snprintf(what, sizeof what, "%s",
                 point->from != NULL && point->to != NULL ? "replication" : "request");
    snprintf(text, HIT_TEXT_BYTES, "%.100s%s%.100s%s%.63s%s%.63s%s%.63s", what,
             *resource != '\0' ? " on " : "", resource, point->region != NULL ? " in " : "",
             point->region != NULL ? point->region : "", point->from != NULL ? " from " : "",
             point->from != NULL ? point->from : "", point->to != NULL ? " to " : "",
             point->to != NULL ? point->to : "");
}

static void count_hit(struct fault *fault, const char *region, const char *what)
{
    fault->hit_count++;
    snprintf(fault->last_hit, sizeof fault->last_hit, "%s", what);
    sim_trace_emit(fault->faults->trace, "fault.hit", region, FIELD_NUMBER("fault", fault->id),
                   FIELD_TEXT("kind", sim_fault_kind_name(fault->spec.kind)),
                   FIELD_TEXT("what", what));
}

/* --- the registry
 * ----------------------------------------------------------------------------------- */

static void take_off(struct sim_faults *faults, size_t index)
{
    faults->count--;
    memmove(&faults->faults[index], &faults->faults[index + 1],
            (faults->count - index) * sizeof *faults->faults);
}

void sim_faults_clear_all(struct sim_faults *faults, uint64_t seed)
{
    while (faults->count > 0) {
        struct fault *fault = faults->faults[faults->count - 1];
        take_off(faults, faults->count - 1);
        act_on_network(fault, false);
        destroy_fault(fault);
    }
    faults->last_id = 0;
    faults->seed = seed;
}

void sim_faults_destroy(struct sim_faults *faults)
{
    if (faults == NULL)
        return;
    for (size_t i = 0; i < faults->count; i++)
        destroy_fault(faults->faults[i]);
    free(faults->faults);
    free(faults->listeners);
    free(faults);
}

void sim_faults_set_checker(struct sim_faults *faults, sim_fault_checker *checker, void *context)
{
    faults->checker = checker;
    faults->checker_context = context;
}

static size_t index_of(const struct sim_faults *faults, uint64_t id)
{
    for (size_t i = 0; i < faults->count; i++)
        if (faults->faults[i]->id == id)
            return i;
    return faults->count;
}

static void end_fault(struct sim_faults *faults, size_t index)
{
    struct fault *fault = faults->faults[index];
    take_off(faults, index);
    act_on_network(fault, false);
    sim_trace_emit(faults->trace, "fault.ended", fault->spec.region,
                   FIELD_NUMBER("fault", fault->id),
                   FIELD_TEXT("kind", sim_fault_kind_name(fault->spec.kind)),
                   FIELD_NUMBER("hits", fault->hit_count));
    tell(faults, &fault->spec, false);
    destroy_fault(fault);
}

static void expire(void *context)
{
    struct fault *fault = context;
    fault->expiry_event = 0;
    end_fault(fault->faults, index_of(fault->faults, fault->id));
}

enum sim_result sim_faults_add(struct sim_faults *faults, const struct sim_fault_spec *spec,
                               uint64_t *id, struct sim_error *error)
{
    PRE(spec != NULL);
    enum sim_result result = sim_fault_spec_check(spec, faults->network, error);
    if (result == RESULT_OK && faults->checker != NULL)
        result = faults->checker(faults->checker_context, spec, error);
    if (result != RESULT_OK)
        return result;
    if (faults->count == SIM_FAULTS_MAX)
        return sim_error_set(error, RESULT_LIMIT, "at most %d faults at a time", SIM_FAULTS_MAX);
    struct fault *fault = sim_alloc(sizeof *fault);
    fault->faults = faults;
    fault->id = ++faults->last_id;
    copy_spec(&fault->spec, spec);
    fault->region_count = sim_network_region_count(faults->network);
    char stream[40];
    snprintf(stream, sizeof stream, "fault/%" PRIu64, fault->id);
    sim_random_init(&fault->random, faults->seed, stream);
    fault->began_us = sim_sched_now_us(faults->sched);
    if (spec->duration_us > 0) {
        fault->ends_us = fault->began_us + spec->duration_us;
        fault->expiry_event = sim_sched_at(faults->sched, fault->ends_us, expire, fault);
    }
    faults->faults = sim_realloc_array(faults->faults, faults->count + 1, sizeof(struct fault *));
    faults->faults[faults->count++] = fault;
    if (id != NULL)
        *id = fault->id;
    act_on_network(fault, true);
    trace_began(faults, fault);
    if (spec->kind == SIM_FAULT_CLOCK_SKEW)
        count_hit(fault, spec->region, "the clock of the Region");
    tell(faults, spec, true);
    return RESULT_OK;
}

enum sim_result sim_faults_remove(struct sim_faults *faults, uint64_t id, struct sim_error *error)
{
    size_t index = index_of(faults, id);
    if (index == faults->count)
        return sim_error_set(error, RESULT_NOT_FOUND, "there is no fault %" PRIu64, id);
    end_fault(faults, index);
    return RESULT_OK;
}

/* --- asking
 * ----------------------------------------------------------------------------------------- */

void sim_faults_apply(struct sim_faults *faults, const struct sim_fault_point *point,
                      struct sim_fault_effect *effect)
{
    *effect = (struct sim_fault_effect){0};
    if (faults->count == 0)
        return;
    char what[HIT_TEXT_BYTES];
    bool described = false;
    bool ended = false;
    for (size_t i = 0; i < faults->count; i++) {
        struct fault *fault = faults->faults[i];
        enum sim_fault_kind kind;
        if (!sim_fault_matches(&fault->spec, point, &kind))
            continue;
        if (fault->spec.rate_ppm < SIM_PPM &&
            !sim_random_chance(&fault->random, fault->spec.rate_ppm))
            continue;
        if (kind != SIM_FAULT_LATENCY && ended)
            continue; /* drawn, but an earlier fault ended the request already */
        if (kind == SIM_FAULT_LATENCY)
            effect->latency_us += fault->spec.latency_us;
        else
            ended = true;
        if (!effect->hit || kind != SIM_FAULT_LATENCY) {
            effect->kind = kind;
            effect->status = fault->spec.status;
            effect->fault_id = fault->id;
        }
        effect->hit = true;
        if (!described)
            describe(point, what);
        described = true;
        count_hit(fault, point->region, what);
    }
}

void sim_faults_count_lost(struct sim_faults *faults, const struct sim_fault_point *point)
{
    char what[HIT_TEXT_BYTES];
    describe(point, what);
    for (size_t i = 0; i < faults->count; i++) {
        struct fault *fault = faults->faults[i];
        enum sim_fault_kind kind = fault->spec.kind;
        if ((kind == SIM_FAULT_REGION_DOWN || kind == SIM_FAULT_PARTITION) &&
            sim_fault_matches(&fault->spec, point, &kind))
            count_hit(fault, point->region, what);
    }
}

bool sim_faults_is_set(const struct sim_faults *faults, enum sim_fault_kind kind,
                       const struct sim_fault_point *point)
{
    for (size_t i = 0; i < faults->count; i++) {
        const struct sim_fault_spec *spec = &faults->faults[i]->spec;
        enum sim_fault_kind does;
        if (spec->kind == kind && sim_fault_matches(spec, point, &does))
            return true;
    }
    return false;
}

bool sim_faults_find(const struct sim_faults *faults, const struct sim_fault_point *point,
                     struct sim_fault_view *view)
{
    for (size_t i = 0; i < faults->count; i++) {
        enum sim_fault_kind does;
        if (!sim_fault_matches(&faults->faults[i]->spec, point, &does))
            continue;
        sim_faults_view(faults, i, view);
        return true;
    }
    return false;
}

void sim_faults_listen(struct sim_faults *faults, sim_fault_listener *listener, void *context)
{
    PRE(listener != NULL);
    faults->listeners =
        sim_realloc_array(faults->listeners, faults->listener_count + 1, sizeof *faults->listeners);
    faults->listeners[faults->listener_count++] =
        (struct listener){.run = listener, .context = context};
}

void sim_faults_unlisten(struct sim_faults *faults, sim_fault_listener *listener, void *context)
{
    for (size_t i = 0; i < faults->listener_count; i++) {
        struct listener *at = &faults->listeners[i];
        if (at->run != listener || at->context != context)
            continue;
        faults->listener_count--;
        memmove(at, at + 1, (faults->listener_count - i) * sizeof *at);
        return;
    }
}

size_t sim_faults_count(const struct sim_faults *faults)
{
    return faults->count;
}

void sim_faults_view(const struct sim_faults *faults, size_t index, struct sim_fault_view *view)
{
    PRE(index < faults->count);
    const struct fault *fault = faults->faults[index];
    *view = (struct sim_fault_view){
        .id = fault->id,
        .spec = &fault->spec,
        .began_us = fault->began_us,
        .ends_us = fault->ends_us,
        .hit_count = fault->hit_count,
        .last_hit = fault->last_hit[0] != '\0' ? fault->last_hit : NULL,
    };
}
