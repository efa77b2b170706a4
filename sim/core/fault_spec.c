#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sim/core/buffer.h"
#include "sim/core/duration.h"
#include "sim/core/faults_internal.h"

/* clang-format off */
const struct sim_fault_name sim_fault_names[SIM_FAULT_NAME_COUNT] = {
    {"region",    offsetof(struct sim_fault_spec, region),    true},
    {"service",   offsetof(struct sim_fault_spec, service),   false},
    {"operation", offsetof(struct sim_fault_spec, operation), false},
    {"resource",  offsetof(struct sim_fault_spec, resource),  false},
    {"from",      offsetof(struct sim_fault_spec, from),      true},
    {"to",        offsetof(struct sim_fault_spec, to),        true},
};

/* What a kind concerns. */
enum reach {
    REACH_REGION,
    REACH_CROSSING,
    REACH_REQUEST,
    REACH_NAME,
    REACH_DELIVERY,
    REACH_REPLICA,
    REACH_NONE,
};

static const struct kind {
    const char *name;
    enum reach reach;
} kinds[SIM_FAULT_KIND_COUNT] = {
    [SIM_FAULT_REGION_DOWN]       = {"region-down",       REACH_REGION},
    [SIM_FAULT_PARTITION]         = {"partition",         REACH_CROSSING},
    [SIM_FAULT_REFUSE]            = {"refuse",            REACH_REQUEST},
    [SIM_FAULT_RESET]             = {"reset",             REACH_REQUEST},
    [SIM_FAULT_BLACK_HOLE]        = {"black-hole",        REACH_REQUEST},
    [SIM_FAULT_ERROR]             = {"error",             REACH_REQUEST},
    [SIM_FAULT_THROTTLE]          = {"throttle",          REACH_REQUEST},
    [SIM_FAULT_LATENCY]           = {"latency",           REACH_REQUEST},
    [SIM_FAULT_NO_NAME]           = {"no-name",           REACH_NAME},
    [SIM_FAULT_CLOCK_SKEW]        = {"clock-skew",        REACH_NONE},
    [SIM_FAULT_PAUSE_REPLICATION] = {"pause-replication", REACH_DELIVERY},
    [SIM_FAULT_DENY_REPLICATION]  = {"deny-replication",  REACH_REPLICA},
};
/* clang-format on */

const char *sim_fault_kind_name(enum sim_fault_kind kind)
{
    PRE((unsigned)kind < SIM_FAULT_KIND_COUNT);
    return kinds[kind].name;
}

enum sim_fault_kind sim_fault_kind_by_name(const char *name)
{
    for (size_t i = 0; name != NULL && i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return (enum sim_fault_kind)i;
    return SIM_FAULT_KIND_COUNT;
}

const char **sim_fault_name_in(struct sim_fault_spec *spec, size_t index)
{
    PRE(index < SIM_FAULT_NAME_COUNT);
    return (const char **)(void *)((char *)spec + sim_fault_names[index].offset);
}

const char *sim_fault_name_of(const struct sim_fault_spec *spec, size_t index)
{
    PRE(index < SIM_FAULT_NAME_COUNT);
    const char *const *name = (const void *)((const char *)spec + sim_fault_names[index].offset);
    return *name != NULL && **name != '\0' ? *name : NULL;
}

/* --- checks
 * --------------------------------------------------------------------------------------- */

static bool is_set(const char *text)
{
    return text != NULL && *text != '\0';
}

static enum sim_result check_scope(const struct sim_fault_spec *spec, struct sim_error *error)
{
    const char *name = sim_fault_kind_name(spec->kind);
    bool has_region = is_set(spec->region);
    bool has_from = is_set(spec->from);
    bool has_to = is_set(spec->to);
    switch (spec->kind) {
    case SIM_FAULT_REGION_DOWN:
    case SIM_FAULT_CLOCK_SKEW:
    case SIM_FAULT_DENY_REPLICATION:
        if (!has_region)
            return sim_error_set(error, RESULT_INVALID, "the fault %s needs a region", name);
        break;
    case SIM_FAULT_PARTITION:
        if (has_region ? has_from || has_to : !has_from || !has_to)
            return sim_error_set(error, RESULT_INVALID,
                                 "the fault %s needs from and to (one direction), or region (cut "
                                 "from all others)",
                                 name);
        if (!has_region && strcmp(spec->from, spec->to) == 0)
            return sim_error_set(error, RESULT_INVALID, "%s: from and to are both %s", name,
                                 spec->from);
        break;
    case SIM_FAULT_PAUSE_REPLICATION:
        if (!has_from && !has_to && !is_set(spec->resource))
            return sim_error_set(error, RESULT_INVALID,
                                 "the fault %s needs from, to or resource (a table)", name);
        break;
    case SIM_FAULT_NO_NAME:
        if (!is_set(spec->resource))
            return sim_error_set(error, RESULT_INVALID,
                                 "the fault %s needs the DNS name as resource", name);
        break;
    case SIM_FAULT_REFUSE:
    case SIM_FAULT_RESET:
    case SIM_FAULT_BLACK_HOLE:
    case SIM_FAULT_ERROR:
    case SIM_FAULT_THROTTLE:
    case SIM_FAULT_LATENCY:
    case SIM_FAULT_KIND_COUNT:
        break; /* no scope means every request */
    }
    return RESULT_OK;
}

/* A name that its kind would ignore is a mistake: the fault would hit more than was meant. */
static enum sim_result check_no_other_scope(const struct sim_fault_spec *spec,
                                            struct sim_error *error)
{
    enum reach reach = kinds[spec->kind].reach;
    if (reach != REACH_REGION && reach != REACH_NONE && reach != REACH_CROSSING &&
        reach != REACH_REPLICA)
        return RESULT_OK;
    for (size_t i = 0; i < SIM_FAULT_NAME_COUNT; i++) {
        bool wanted = strcmp(sim_fault_names[i].label, "region") == 0 ||
                      (reach == REACH_CROSSING && sim_fault_names[i].is_region) ||
                      (reach == REACH_REPLICA && strcmp(sim_fault_names[i].label, "resource") == 0);
        if (!wanted && sim_fault_name_of(spec, i) != NULL)
            return sim_error_set(error, RESULT_INVALID, "the fault %s takes no %s",
                                 sim_fault_kind_name(spec->kind), sim_fault_names[i].label);
    }
    return RESULT_OK;
}

static enum sim_result check_quantities(const struct sim_fault_spec *spec, struct sim_error *error)
{
    const char *name = sim_fault_kind_name(spec->kind);
    if (spec->rate_ppm > SIM_PPM)
        return sim_error_set(error, RESULT_INVALID, "the rate of a fault is at most 100%%");
    if (spec->duration_us > SIM_DURATION_MAX_US)
        return sim_error_set(error, RESULT_INVALID,
                             "the duration of a fault is at most 876000h (0: until cleared)");
    if (spec->plane != SIM_PLANE_ANY && spec->plane != SIM_PLANE_CONTROL &&
        spec->plane != SIM_PLANE_DATA)
        return sim_error_set(error, RESULT_INVALID, "the plane of a fault is control or data");
    if (spec->kind == SIM_FAULT_LATENCY &&
        (spec->latency_us == 0 || spec->latency_us > SIM_DURATION_MAX_US))
        return sim_error_set(error, RESULT_INVALID,
                             "the fault %s needs a latency above 0 and at most 876000h", name);
    if (spec->kind == SIM_FAULT_CLOCK_SKEW &&
        (spec->skew_us == 0 || spec->skew_us > SIM_FAULT_SKEW_MAX_US ||
         spec->skew_us < -SIM_FAULT_SKEW_MAX_US))
        return sim_error_set(error, RESULT_INVALID,
                             "the fault %s needs a skew other than 0, at most 8760h either way",
                             name);
    if (spec->kind == SIM_FAULT_ERROR && spec->status != 0 &&
        (spec->status < 500 || spec->status > 599))
        return sim_error_set(error, RESULT_INVALID,
                             "the status of the fault %s is 500 to 599, not %d", name,
                             spec->status);
    /* These hold or do not hold; they are not drawn for each request. */
    bool state = kinds[spec->kind].reach != REACH_REQUEST && spec->kind != SIM_FAULT_NO_NAME;
    if (state && spec->rate_ppm != 0 && spec->rate_ppm != SIM_PPM)
        return sim_error_set(error, RESULT_INVALID, "the fault %s takes no rate", name);
    return RESULT_OK;
}

static enum sim_result unknown_region(const char *label, const char *name,
                                      struct sim_network *network, struct sim_error *error)
{
    struct sim_buffer known;
    sim_buffer_init(&known);
    for (size_t i = 0; i < sim_network_region_count(network); i++)
        sim_buffer_printf(&known, "%s%s", i > 0 ? ", " : "",
                          sim_network_region_by_index(network, i)->name);
    enum sim_result result =
        sim_error_set(error, RESULT_INVALID, "%s: there is no Region \"%s\"; there are: %s", label,
                      name, known.length_bytes > 0 ? known.data : "none");
    sim_buffer_fini(&known);
    return result;
}

enum sim_result sim_fault_spec_check(const struct sim_fault_spec *spec, struct sim_network *network,
                                     struct sim_error *error)
{
    if ((unsigned)spec->kind >= SIM_FAULT_KIND_COUNT)
        return sim_error_set(error, RESULT_INVALID,
                             "unknown kind of fault; there are: region-down, partition, refuse, "
                             "reset, black-hole, error, throttle, latency, no-name, clock-skew, "
                             "pause-replication, deny-replication");
    for (size_t i = 0; i < SIM_FAULT_NAME_COUNT; i++) {
        const char *name = sim_fault_name_of(spec, i);
        if (name != NULL && strlen(name) > SIM_FAULT_TEXT_MAX)
            return sim_error_set(error, RESULT_INVALID, "%s of a fault has at most %d characters",
                                 sim_fault_names[i].label, SIM_FAULT_TEXT_MAX);
    }
    enum sim_result result = check_scope(spec, error);
    if (result == RESULT_OK)
        result = check_no_other_scope(spec, error);
    if (result == RESULT_OK)
        result = check_quantities(spec, error);
    for (size_t i = 0; result == RESULT_OK && i < SIM_FAULT_NAME_COUNT; i++) {
        const char *name = sim_fault_name_of(spec, i);
        if (name != NULL && sim_fault_names[i].is_region &&
            sim_network_region_find(network, name) == NULL)
            return unknown_region(sim_fault_names[i].label, name, network, error);
    }
    return result;
}

/* --- matching
 * ------------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
    return is_set(a) && is_set(b) && strcmp(a, b) == 0;
}

static bool any_or_same(const char *wanted, const char *found)
{
    return !is_set(wanted) || same(wanted, found);
}

/* A request may be about several. */
static bool resource_matches(const char *wanted, const struct sim_fault_point *point)
{
    if (point->resources == NULL)
        return any_or_same(wanted, point->resource);
    bool matches = !is_set(wanted);
    for (size_t i = 0; !matches && point->resources[i] != NULL; i++)
        matches = same(wanted, point->resources[i]);
    return matches;
}

static bool same_dns_name(const char *a, const char *b)
{
    if (!is_set(a) || !is_set(b))
        return false;
    size_t a_length = strlen(a), b_length = strlen(b);
    a_length -= a[a_length - 1] == '.';
    b_length -= b[b_length - 1] == '.';
    return a_length == b_length && strncasecmp(a, b, a_length) == 0;
}

static bool is_delivery(const struct sim_fault_point *point)
{
    return is_set(point->from) && is_set(point->to);
}

/* Where the point's message goes: a delivery's destination, a request's Region. */
static const char *destination(const struct sim_fault_point *point)
{
    return is_set(point->to) ? point->to : point->region;
}

static bool scope_matches(const struct sim_fault_spec *spec, const struct sim_fault_point *point)
{
    return any_or_same(spec->region, point->region) && any_or_same(spec->service, point->service) &&
           any_or_same(spec->operation, point->operation) &&
           resource_matches(spec->resource, point) && any_or_same(spec->from, point->from) &&
           any_or_same(spec->to, destination(point)) &&
           (spec->plane == SIM_PLANE_ANY || spec->plane == point->plane);
}

static bool region_matches(const struct sim_fault_spec *spec, const struct sim_fault_point *point,
                           enum sim_fault_kind *kind)
{
    if (same(spec->region, destination(point))) {
        *kind = SIM_FAULT_REFUSE;
        return true;
    }
    *kind = SIM_FAULT_BLACK_HOLE;
    return same(spec->region, point->from);
}

static bool crossing_matches(const struct sim_fault_spec *spec, const struct sim_fault_point *point)
{
    const char *to = destination(point);
    if (!is_set(point->from) || !is_set(to))
        return false;
    if (is_set(spec->region))
        return same(spec->region, point->from) != same(spec->region, to);
    return same(spec->from, point->from) && same(spec->to, to);
}

static bool replica_matches(const struct sim_fault_spec *spec, const struct sim_fault_point *point)
{
    return is_delivery(point) && any_or_same(spec->resource, point->resource) &&
           (same(spec->region, point->from) || same(spec->region, point->to));
}

bool sim_fault_matches(const struct sim_fault_spec *spec, const struct sim_fault_point *point,
                       enum sim_fault_kind *kind)
{
    *kind = spec->kind;
    switch (kinds[spec->kind].reach) {
    case REACH_REGION:
        return region_matches(spec, point, kind);
    case REACH_CROSSING:
        *kind = SIM_FAULT_BLACK_HOLE;
        return crossing_matches(spec, point);
    case REACH_REQUEST:
        return is_set(point->region) && !is_delivery(point) && scope_matches(spec, point);
    case REACH_NAME:
        return same_dns_name(spec->resource, point->resource);
    case REACH_DELIVERY:
        return is_delivery(point) && scope_matches(spec, point);
    case REACH_REPLICA:
        return replica_matches(spec, point);
    case REACH_NONE:
        return false;
    }
    return false;
}
