/* drill_file.h -- what a drill file says, checked and in structs; nothing runs here.
 *
 * Owner    The arena given to the load owns everything. at is where an entry stands.
 * Units    µs of simulated time since the drill began unless the name says otherwise. */
#ifndef SIM_DRILL_DRILL_FILE_H
#define SIM_DRILL_DRILL_FILE_H

#include "sim/core/faults.h"
#include "topology/yaml_read.h"

enum drill_kind { DRILL_ISOLATION, DRILL_RECOVERY };

/* How a client's resolver treats the TTL of an answer: that is what decides a real recovery time.
 */
enum drill_ttl { DRILL_TTL_HONOURS, DRILL_TTL_IGNORES, DRILL_TTL_PINS };

struct drill_resolver_options {
    enum drill_ttl ttl; /* HONOURS; IGNORES: asks every time; PINS: the first answer for ever */
    uint64_t minimum_ttl_us;  /* raised to this (some resolvers do) */
    uint64_t maximum_ttl_us;  /* lowered to this; 0: no limit */
    uint64_t negative_ttl_us; /* that a name does not exist is kept so long at most; 0: never */
    bool prefetches;          /* asks anew in the last tenth of the time, before it is needed */
    bool keeps_connection;    /* asks again only after a connection failed */
    uint64_t lookup_us;       /* what a look-up that is not cached costs */
};

struct drill_keep { /* variable <- array member of the answer */
    const char *variable;
    const char *member;
};
#define DRILL_KEEPS_MAX 8

struct drill_step {
    const struct topo_node *at;
    const char *method;
    const char *target; /* with {variables} */
    int64_t times;      /* prepare: how often */
    struct drill_keep keeps[DRILL_KEEPS_MAX];
    size_t keep_count;
    const char *write_table;           /* the step writes this item when it succeeds; NULL: none */
    const struct topo_node *write_key; /* DynamoDB JSON with {variables} */
    bool reads_own_write; /* 404 after this iteration's write succeeded is a stale read */
};

struct drill_client_options {
    const struct topo_node *at;
    const char *name;
    const char *region;
    const char *application;
    const char *host;
    struct drill_resolver_options resolver;
    uint64_t timeout_us;
    uint64_t starts_us;
    uint64_t every_us;
    int64_t iterations;
    const struct drill_step *prepare;
    size_t prepare_count;
    const struct drill_step *each;
    size_t each_count;
};

struct drill_call_entry {
    const char *service;
    const char *operation;
    const char *region;   /* where; NULL: the first of the world */
    const char *from;     /* where the operator sits; NULL: the first Region of the world */
    bool tries_endpoints; /* cluster endpoints in random order until one answers */
    const struct topo_node *input;
    const char *fails_with; /* expected error code; NULL: it must succeed */
};

struct drill_fault_entry {
    const char *name; /* for "clear"; may be NULL */
    struct sim_fault_spec spec;
};

enum drill_expectation { DRILL_EXPECT_DNS, DRILL_EXPECT_SERVED_BY };
struct drill_expect_entry {
    enum drill_expectation kind;
    const char *subject; /* DNS name or client */
    const char *from;    /* DNS: client Region */
    const char *wanted;  /* address or Region; may hold a ${reference} */
    uint64_t within_us;
};

enum drill_action { DRILL_CALL, DRILL_FAULT, DRILL_CLEAR, DRILL_EXPECT };
struct drill_timeline_entry {
    const struct topo_node *at;
    uint64_t at_us;
    const char *name; /* for people */
    enum drill_action action;
    struct drill_call_entry call;
    struct drill_fault_entry fault;
    const char *clear;
    struct drill_expect_entry expect;
};

/* The order in which objectives are reported. */
enum drill_measure {
    DRILL_RECOVERY_TIME,
    DRILL_RECOVERY_POINT,
    DRILL_MISSING_AT_INCIDENT,
    DRILL_LOST_WRITES,
    DRILL_FAILED_REQUESTS,
    DRILL_STALE_READS,
    DRILL_CONFLICTS,
    DRILL_AVAILABILITY,
    DRILL_REPLICATION_P50,
    DRILL_REPLICATION_P99,
    DRILL_OPERATION_P50,
    DRILL_OPERATION_P99,
    DRILL_MEASURE_COUNT,
};
enum drill_unit { DRILL_UNIT_DURATION, DRILL_UNIT_COUNT, DRILL_UNIT_RATE };
struct drill_measure_fact {
    const char *key;   /* in files and JSON: "recovery_time" */
    const char *title; /* for people */
    enum drill_unit unit;
    bool more_is_better; /* a single number is then the least allowed, else the most */
};
extern const struct drill_measure_fact drill_measures[DRILL_MEASURE_COUNT];

struct drill_objective {
    const struct topo_node *at;
    bool is_set;
    uint64_t low;  /* µs, count or ppm */
    uint64_t high; /* UINT64_MAX: none */
};

struct drill_file {
    const char *path;
    const char *title;
    const char *description; /* may be NULL */
    enum drill_kind kind;
    const char *world;
    const struct topo_node *world_at;
    uint64_t seed;
    uint64_t duration_us;
    uint64_t incident_us;
    const char *leaves; /* Region that traffic is to leave; NULL: none */
    const struct topo_node *leaves_at;
    const struct drill_client_options *clients;
    size_t client_count;
    const struct drill_timeline_entry *timeline; /* sorted by time, then order of the file */
    size_t timeline_count;
    struct drill_objective objectives[DRILL_MEASURE_COUNT];
};

/* root must outlive file; its file name is the drill's path. */
MUST_USE enum sim_result drill_file_read(struct sim_arena *arena, const struct topo_node *root,
                                         const struct drill_file **file, struct sim_error *error);
MUST_USE enum sim_result drill_file_load(struct sim_arena *arena, const char *path,
                                         const struct drill_file **file, struct sim_error *error);

/* Every section of the format, for the test that compares them with the published schema. */
size_t drill_section_count(void);
const struct topo_section *drill_section_at(size_t index);

#endif
