/* drill_internal.h -- a drill under way, as the parts of this folder share it. */
#ifndef SIM_DRILL_DRILL_INTERNAL_H
#define SIM_DRILL_DRILL_INTERNAL_H

#include "sim/drill/drill.h"
#include "sim/drill/drill_file.h"
#include "sim/drill/measure.h"
#include "sim/drill/resolver.h"

struct drill_client;

/* What became of one expectation: a timeline entry of that kind, or a call's own outcome. */
struct drill_verdict {
    const struct drill_timeline_entry *entry;
    bool is_decided;
    bool held;
    uint64_t decided_us; /* since the drill began */
    char detail[240];
};

struct drill {
    struct sim_arena *arena;
    struct drill_options options;
    uint64_t seed;
    const struct drill_file *file;
    struct topo_world *world;
    struct drill_measures measures;
    struct drill_client *clients;      /* one for each of the file's */
    struct drill_verdict *verdicts;    /* one for each timeline entry */
    uint64_t *fault_ids;               /* one for each timeline entry; 0: none */
    struct sim_random operator_random; /* stream "operator" */
    uint64_t began_us;
    struct sim_error *error; /* where a failure while running goes */
    bool has_failed;         /* the file could not be played */
    bool is_over;            /* duration reached: clients start nothing new */
    bool is_ended;           /* being destroyed: nobody calls again */
    uint64_t events_ran;
    char trace_hash[SIM_TRACE_HASH_TEXT_BYTES];
    uint64_t trace_count;
};

uint64_t drill_now_us(const struct drill *drill); /* since the drill began */

/* client.c */
MUST_USE enum sim_result drill_clients_start(struct drill *drill, struct sim_error *error);
void drill_clients_destroy(struct drill *drill);
/* timeline.c */
MUST_USE enum sim_result drill_timeline_check(struct drill *drill, struct sim_error *error);
void drill_timeline_start(struct drill *drill);
/* writes.c: looks at every acknowledged write on all replicas */
void drill_writes_check_incident(struct drill *drill);
void drill_writes_check_end(struct drill *drill);

/* Did a measure meet its objective? True as well when none was set. */
bool drill_objective_is_met(const struct drill *drill, enum drill_measure measure);

#endif
