/* faults.h -- the one registry of everything that can be broken.
 *
 * Purpose  A fault is (scope) x (kind) x (rate, duration). The control API, drills, FIS and the
 *          console write here; whoever carries a request asks here. Nobody implements faults twice.
 *          A fault that can hit nothing is refused, and each fault counts what it hit.
 * Owner    Specs are copied. Ids count from 1 and are not used again until reset.
 * Note     Listeners (here, of the network, of the trace) only look: one that wants to add or end a
 *          fault schedules an event that does it.
 * Errors   INVALID with a sentence naming what is allowed. */
#ifndef SIM_CORE_FAULTS_H
#define SIM_CORE_FAULTS_H

#include "sim/core/network.h"
#include "sim/core/sched.h"
#include "sim/core/trace.h"

#define SIM_FAULTS_MAX        1000
#define SIM_FAULT_TEXT_MAX    255 /* characters of a name in a spec */
#define SIM_FAULT_SKEW_MAX_US ((int64_t)365 * 86400 * 1000000)

enum sim_fault_kind {
    SIM_FAULT_REGION_DOWN, /* scope region: refuses everything, delivers nothing */
    SIM_FAULT_PARTITION,   /* scope from, to (one direction), or region: cut from all others */
    SIM_FAULT_REFUSE,      /* connection refused */
    SIM_FAULT_RESET,       /* connection reset after the request was sent and acted on */
    SIM_FAULT_BLACK_HOLE,  /* no answer until the client's own time-out */
    SIM_FAULT_ERROR,       /* 5xx (status) at a rate */
    SIM_FAULT_THROTTLE,    /* the service's throttling error at a rate */
    SIM_FAULT_LATENCY,     /* added service time (latency) */
    SIM_FAULT_NO_NAME,     /* the DNS name in resource resolves to nothing */
    SIM_FAULT_CLOCK_SKEW,  /* scope region: skew_us */
    SIM_FAULT_PAUSE_REPLICATION, /* scope from, to and/or resource (table): replication waits */
    SIM_FAULT_DENY_REPLICATION,  /* scope region, perhaps resource (table): its replicas may no
                                    longer replicate, into or out of the Region */
    SIM_FAULT_KIND_COUNT,
};

enum sim_fault_plane { SIM_PLANE_ANY, SIM_PLANE_CONTROL, SIM_PLANE_DATA };

/* NULL or empty means "any". */
struct sim_fault_spec {
    enum sim_fault_kind kind;
    const char *region;    /* where the service or endpoint is */
    const char *service;   /* signing name: "dynamodb" */
    const char *operation; /* "PutItem" */
    const char *resource;  /* table, endpoint "address:port", or DNS name */
    const char *from;      /* link scope */
    const char *to;
    enum sim_fault_plane plane;
    uint64_t rate_ppm;    /* 0 means always (SIM_PPM) */
    uint64_t duration_us; /* 0: until cleared */
    uint64_t latency_us;  /* LATENCY */
    int64_t skew_us;      /* CLOCK_SKEW */
    int status;           /* ERROR: 500..599, 0 means 500 */
};

/* What is about to happen; asked once for each request, probe, delivery or DNS answer.
 *
 * A request or probe names region (and from: the client's Region, NULL for a live one); a delivery
 * between replicas names from and to and leaves region NULL; a DNS answer names resource. So:
 * REGION_DOWN   hits what goes to the Region (as REFUSE) or comes from it (as BLACK_HOLE);
 * PARTITION     hits what crosses from -> to, or from -> region, as BLACK_HOLE;
 * REFUSE, RESET, BLACK_HOLE, ERROR, THROTTLE, LATENCY hit requests and probes, no deliveries;
 *               spec.to means point.region there;
 * NO_NAME       hits by resource alone, without regard to case and a dot at the end;
 * PAUSE_REPLICATION and DENY_REPLICATION hit deliveries only;
 * CLOCK_SKEW    hits nothing here: it acts on the network, which counts as its one hit. */
struct sim_fault_point {
    const char *region;
    const char *service;
    const char *operation;
    const char *resource;
    const char *const *resources; /* all that a request is about, ends with NULL; then resource says
                                     nothing. NULL: only resource */
    const char *from;             /* replication: source and destination */
    const char *to;
    enum sim_fault_plane plane; /* CONTROL or DATA; ANY where neither applies */
};

struct sim_fault_effect {
    bool hit;
    enum sim_fault_kind kind; /* the one that ends the request; LATENCY if only delayed */
    uint64_t latency_us;      /* sum of added latency */
    int status;
    uint64_t fault_id;
};

struct sim_faults;

MUST_USE struct sim_faults *sim_faults_create(struct sim_sched *sched, struct sim_network *network,
                                              struct sim_trace *trace, uint64_t seed);
void sim_faults_destroy(struct sim_faults *faults);
void sim_faults_clear_all(struct sim_faults *faults,
                          uint64_t seed); /* undoes every fault, silently */

/* Upper layers know which services, operations, tables and names exist: returns NULL if the spec
 * can hit something, else what is wrong (a static or long-lived sentence goes into error). */
typedef enum sim_result sim_fault_checker(void *context, const struct sim_fault_spec *spec,
                                          struct sim_error *error);
void sim_faults_set_checker(struct sim_faults *faults, sim_fault_checker *checker, void *context);

MUST_USE enum sim_result sim_faults_add(struct sim_faults *faults,
                                        const struct sim_fault_spec *spec, uint64_t *id,
                                        struct sim_error *error);
MUST_USE enum sim_result sim_faults_remove(struct sim_faults *faults, uint64_t id,
                                           struct sim_error *error); /* NOT_FOUND */

/* Draws the rates of every matching fault, counts the hits, sums latency; the first fault (lowest
 * id) that ends the request decides. Costs nothing while no fault is set. */
void sim_faults_apply(struct sim_faults *faults, const struct sim_fault_point *point,
                      struct sim_fault_effect *effect);
/* An answer or delivery that sim_network_is_reachable() forbids: counts a hit for each fault that
 * holds the link cut or a Region down. Draws nothing; only from, to or region of point count. */
void sim_faults_count_lost(struct sim_faults *faults, const struct sim_fault_point *point);
/* The same as apply without drawing or counting: is a fault of this kind in force for the point? */
bool sim_faults_is_set(const struct sim_faults *faults, enum sim_fault_kind kind,
                       const struct sim_fault_point *point);

struct sim_fault_view;
/* The first fault that would hit the point, rates aside; false: none. Draws and counts nothing. */
bool sim_faults_find(const struct sim_faults *faults, const struct sim_fault_point *point,
                     struct sim_fault_view *view);

/* Called after a fault began or ended (spec is borrowed during the call). */
typedef void sim_fault_listener(void *context, const struct sim_fault_spec *spec, bool began);
void sim_faults_listen(struct sim_faults *faults, sim_fault_listener *listener, void *context);
void sim_faults_unlisten(struct sim_faults *faults, sim_fault_listener *listener, void *context);

struct sim_fault_view {
    uint64_t id;
    const struct sim_fault_spec *spec; /* borrowed until the fault is removed */
    uint64_t began_us;
    uint64_t ends_us; /* 0: until cleared */
    uint64_t hit_count;
    const char *last_hit; /* "dynamodb.PutItem in us-east-1", NULL before the first */
};
size_t sim_faults_count(const struct sim_faults *faults);
/* In order of id; index 0..count-1. */
void sim_faults_view(const struct sim_faults *faults, size_t index, struct sim_fault_view *view);

/* "region-down", "partition", ... both ways; KIND_COUNT for an unknown name. */
const char *sim_fault_kind_name(enum sim_fault_kind kind);
enum sim_fault_kind sim_fault_kind_by_name(const char *name);

#endif
