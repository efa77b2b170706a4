/* service.h -- what a service is to the wire layer: facts as data and a table of operations.
 *
 * Purpose  A handler never sees a protocol: it gets a cJSON input that has been checked against the
 *          facts in api.json and leaves a cJSON output or an error. Protocols, constraint texts,
 *          unknown operations and the coverage table come from the data.
 * Owner    Services and their tables are constants. */
#ifndef EMULATORS_WIRE_SERVICE_H
#define EMULATORS_WIRE_SERVICE_H

#include "sim/core/core.h"

struct wire_call;
struct wire_dispatcher;
struct wire_health;
struct wire_metrics;

enum wire_effect { EFFECT_READ, EFFECT_WRITE };
enum wire_plane { PLANE_CONTROL, PLANE_DATA };

/* DONE: output or error is set. LATER: the handler keeps the call and ends it by
 * wire_call_finish(). */
enum wire_progress { WIRE_DONE, WIRE_LATER };

/* state is what the service was registered with. */
typedef enum wire_progress wire_handler(void *state, struct wire_call *call);

struct wire_operation {
    const char *name;
    wire_handler *handle; /* NULL: exists at AWS, answered as not implemented */
    enum wire_effect effect;
    enum wire_plane plane;
};

enum wire_scope {
    SCOPE_REGIONAL, /* the Region must be one of the world's that hosts services */
    SCOPE_GLOBAL,   /* any AWS Region name is accepted and ignored (route53, ARC control plane) */
};

/* How a request for the service is known by its path when nothing else tells (REST services). */
struct wire_service {
    const char *id;     /* signing name and key for dispatch: "dynamodb", "route53" */
    const char *title;  /* for people: "DynamoDB" */
    const char *sdk_id; /* AWS_ENDPOINT_URL_<...>: "DYNAMODB" */
    enum wire_scope scope;
    const char
        *control_region; /* GLOBAL: where its control plane lives ("us-east-1"): down with it */
    const unsigned char *api_json; /* emulators/<service>/api.json, embedded by the build */
    const unsigned char *api_json_end;
    const struct wire_operation *operations; /* sorted by name */
    size_t operation_count;
    /* Operations that keep and tell a setting whose point is another service, for the coverage
     * page; sorted, ends with NULL. NULL: none. */
    const char *const *settings_only;
    /* Service time of one call, drawn when simulated clients call; NULL: 0. */
    uint64_t (*service_time_us)(void *state, const struct wire_call *call);
    /* Told when a call that will take time has arrived, its input checked; may leave something in
     * call->begun, in the call's arena. NULL: nobody wants to know. */
    void (*begin)(void *state, struct wire_call *call);
    const char *throttling_code; /* "ThrottlingException", for injected throttling */
    const char *throttling_message;
    /* What a call is about, for faults scoped to a resource: names, in the call's arena, the last
     * one NULL; or NULL. The input is not checked yet. NULL: such faults do not hit the service's
     * requests. */
    const char *const *(*resources)(const struct wire_call *call);
};

/* What every service gets when it is created. All borrowed for its lifetime. */
struct wire_host {
    struct sim_core *core;
    struct wire_dispatcher *dispatcher;
    struct wire_health *health;
    struct wire_metrics *metrics;
};

/* Embeds api.json: WIRE_EMBED(ddb_api_json, "emulators/dynamodb/api.json") defines
 * ddb_api_json[] and ddb_api_json_end[] (the build finds the path from the source root). */
#define WIRE_EMBED(symbol, path)                                                                   \
    __asm__(".section .rodata\n.global " #symbol "\n.global " #symbol "_end\n.balign 16\n" #symbol \
            ":\n.incbin \"" path "\"\n" #symbol "_end:\n.byte 0\n.previous\n");                    \
    extern const unsigned char symbol[];                                                           \
    extern const unsigned char symbol##_end[]

#endif
